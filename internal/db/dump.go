package db

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"zhudian/internal/fault"
)

// A table of the schema, in the order in which the migrations make them: what is referred to comes first.
type table struct {
	name    string
	columns []string
	flags   map[string]bool // columns that hold BOOLEAN
}

var (
	createTable = regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\);`)
	columnLine  = regexp.MustCompile(`(?m)^  ([a-z0-9_]+) (TEXT|BIGINT|BOOLEAN)\b`)
	addColumn   = regexp.MustCompile(`(?m)^ALTER TABLE (\w+) ADD COLUMN ([a-z0-9_]+) (TEXT|BIGINT|BOOLEAN)\b`)
	dropColumn  = regexp.MustCompile(`(?m)^ALTER TABLE (\w+) DROP COLUMN ([a-z0-9_]+);`)
	nameColumn  = regexp.MustCompile(`(?m)^ALTER TABLE (\w+) RENAME COLUMN ([a-z0-9_]+) TO ([a-z0-9_]+);`)
)

// tables reads the schema from the migrations that both engines share. What an engine keeps for itself (full-text
// indexes) is not among them: it is made again from the rest.
func tables() ([]table, error) {
	steps, err := migrations(Postgres)
	if err != nil {
		return nil, err
	}
	var out []table
	for _, m := range steps {
		if m.twin {
			continue
		}
		for _, t := range createTable.FindAllStringSubmatch(m.text, -1) {
			x := table{name: t[1], flags: map[string]bool{}}
			for _, c := range columnLine.FindAllStringSubmatch(t[2], -1) {
				x.columns = append(x.columns, c[1])
				x.flags[c[1]] = c[2] == "BOOLEAN"
			}
			out = append(out, x)
		}
		if err := alter(out, m.version, m.text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// alter changes the columns of the tables the way a migration does: it adds, then drops, then renames.
func alter(list []table, version, text string) error {
	find := func(name string) (*table, error) {
		i := slices.IndexFunc(list, func(t table) bool { return t.name == name })
		if i < 0 {
			return nil, fmt.Errorf("%s: no table %s to alter", version, name)
		}
		return &list[i], nil
	}
	for _, c := range addColumn.FindAllStringSubmatch(text, -1) {
		t, err := find(c[1])
		if err != nil {
			return err
		}
		t.columns, t.flags[c[2]] = append(t.columns, c[2]), c[3] == "BOOLEAN"
	}
	for _, c := range dropColumn.FindAllStringSubmatch(text, -1) {
		t, err := find(c[1])
		if err != nil {
			return err
		}
		t.columns = slices.DeleteFunc(t.columns, func(x string) bool { return x == c[2] })
	}
	for _, c := range nameColumn.FindAllStringSubmatch(text, -1) {
		t, err := find(c[1])
		if err != nil {
			return err
		}
		if i := slices.Index(t.columns, c[2]); i >= 0 {
			t.columns[i], t.flags[c[3]] = c[3], t.flags[c[2]]
		}
	}
	return nil
}

// Line is one line of a dump: a table's columns, or a row of the table named last, or a piece of another kind.
type Line struct {
	Table   string            `json:"table,omitempty"`
	Columns []string          `json:"columns,omitempty"`
	Row     []any             `json:"row,omitempty"`
	Kind    string            `json:"kind,omitempty"`
	Data    map[string]string `json:"data,omitempty"`
}

// Dump writes every row of every table as JSON lines, the same text from either engine.
func Dump(ctx context.Context, tx *Tx, w io.Writer) (rows int64, err error) {
	list, err := tables()
	if err != nil {
		return 0, fault.Wrap(err, "read the schema")
	}
	buf := bufio.NewWriterSize(w, 1<<20)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	for _, t := range list {
		n, err := dumpTable(ctx, tx, enc, t)
		if err != nil {
			return rows, err
		}
		rows += n
	}
	return rows, fault.Wrap(buf.Flush(), "write the dump")
}

func dumpTable(ctx context.Context, tx *Tx, enc *json.Encoder, t table) (n int64, err error) {
	if err := enc.Encode(Line{Table: t.name, Columns: t.columns}); err != nil {
		return 0, fault.Wrap(err, "write the dump")
	}
	text := "SELECT " + strings.Join(t.columns, ", ") + " FROM " + t.name + " ORDER BY " + strings.Join(t.columns, ", ")
	res, err := tx.run.query(ctx, text, nil)
	if err != nil {
		return 0, explain(err, text)
	}
	defer res.Close() //nolint:errcheck // what broke the reading is told by the rows
	values := make([]any, len(t.columns))
	targets := make([]any, len(t.columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for res.Next() {
		if err := res.Scan(targets...); err != nil {
			return n, explain(err, text)
		}
		for i, c := range t.columns {
			values[i] = plainValue(values[i], t.flags[c])
		}
		if err := enc.Encode(Line{Row: values}); err != nil {
			return n, fault.Wrap(err, "write the dump")
		}
		n++
	}
	return n, explain(res.Err(), text)
}

// plainValue makes a driver's value one that both engines write alike.
func plainValue(v any, flag bool) any {
	if b, ok := v.([]byte); ok {
		v = string(b)
	}
	if n, ok := v.(int64); ok && flag {
		return n != 0
	}
	return v
}

// Undump reads a dump into a migrated database whose tables are empty. Other kinds of line go to other.
// Faults: bad_dump (Invalid), not_empty (Conflict).
func Undump(ctx context.Context, tx *Tx, r io.Reader, other func(Line) error) (rows int64, err error) {
	list, err := tables()
	if err != nil {
		return 0, fault.Wrap(err, "read the schema")
	}
	known := map[string]table{}
	for _, t := range list {
		known[t.name] = t
	}
	if err := mustBeEmpty(ctx, tx); err != nil {
		return 0, err
	}
	if err := clearTables(ctx, tx, list); err != nil {
		return 0, err
	}
	dec := json.NewDecoder(bufio.NewReaderSize(r, 1<<20))
	dec.UseNumber()
	var in intake
	for {
		var l Line
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			return rows, in.flush(ctx, tx)
		} else if err != nil {
			return rows, badDump(err)
		}
		switch {
		case l.Table != "":
			if err := in.open(ctx, tx, known, l); err != nil {
				return rows, err
			}
		case l.Kind != "":
			if err := other(l); err != nil {
				return rows, err
			}
		default:
			if err := in.take(ctx, tx, l.Row); err != nil {
				return rows, err
			}
			rows++
		}
	}
}

func badDump(err error) error {
	return fault.New(fault.Invalid, "bad_dump", "这不是本程序导出的完整文件，什么也没有写入。", "This is not a whole export of this program; nothing was stored.").Because(err)
}

func mustBeEmpty(ctx context.Context, tx *Tx) error {
	for _, t := range []string{"ledger_entry", "auth_account", "company_company", "verify_claim"} {
		if _, some, err := Maybe[int](ctx, tx, "SELECT 1 FROM "+t+" LIMIT 1"); err != nil {
			return err
		} else if some {
			return fault.New(fault.Conflict, "not_empty", "目标数据库里已有数据，没有动它。请换一个空的。", "The target database holds data already and was left alone; choose an empty one.")
		}
	}
	return nil
}

// intake gathers the rows of the table that is being read.
type intake struct {
	table   table
	columns []string
	rows    [][]any
}

func (in *intake) open(ctx context.Context, tx *Tx, known map[string]table, l Line) error {
	if err := in.flush(ctx, tx); err != nil {
		return err
	}
	t, ok := known[l.Table]
	if !ok {
		return badDump(fmt.Errorf("table %s is unknown", l.Table))
	}
	for _, c := range l.Columns {
		if _, ok := t.flags[c]; !ok {
			return badDump(fmt.Errorf("column %s of table %s is unknown", c, l.Table))
		}
	}
	in.table, in.columns = t, l.Columns
	return nil
}

// clearTables takes out what migrations and the reference data put there: it gives way to what was exported. The tables are
// in the order in which they were made, so none is emptied before those that point at it.
func clearTables(ctx context.Context, tx *Tx, list []table) error {
	for _, t := range slices.Backward(list) {
		if there, err := hasTable(ctx, tx, t.name); err != nil { // an earlier release's schema lacks some
			return err
		} else if !there {
			continue
		}
		if _, some, err := Maybe[int](ctx, tx, "SELECT 1 FROM "+t.name+" LIMIT 1"); err != nil {
			return err
		} else if !some {
			continue
		}
		if _, err := Exec(ctx, tx, "DELETE FROM "+t.name); err != nil {
			return err
		}
	}
	return nil
}

func (in *intake) take(ctx context.Context, tx *Tx, row []any) error {
	if len(row) != len(in.columns) {
		return badDump(fmt.Errorf("a row of table %s has %d values", in.table.name, len(row)))
	}
	for i, v := range row {
		n, ok := v.(json.Number)
		if !ok {
			continue
		}
		whole, err := n.Int64()
		if err != nil {
			return badDump(err)
		}
		row[i] = whole
	}
	in.rows = append(in.rows, row)
	if len(in.rows) < 256 {
		return nil
	}
	return in.flush(ctx, tx)
}

// flush writes the gathered rows in the few sizes whose statements stay prepared.
func (in *intake) flush(ctx context.Context, tx *Tx) error {
	for from := 0; from < len(in.rows); {
		n := 1
		for _, step := range steps {
			if len(in.rows)-from >= step {
				n = step
				break
			}
		}
		one := In(len(in.columns))
		text := "INSERT INTO " + in.table.name + " (" + strings.Join(in.columns, ",") + ") VALUES " + one + strings.Repeat(","+one, n-1)
		var args []any
		for _, r := range in.rows[from : from+n] {
			args = append(args, r...)
		}
		if _, err := Exec(ctx, tx, text, args...); err != nil {
			return err
		}
		from += n
	}
	in.rows = in.rows[:0]
	return nil
}
