package db

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"zhudian/internal/fault"
)

// errAbsent is the answer for "no row": absent and out of scope look alike.
func errAbsent() error {
	return fault.New(fault.NotFound, "not_found", "没有这一页，或不在您的范围内。", "No such page, or it is outside your scope.")
}

// One gives the single row of a query. No row is a NotFound fault.
func One[T any](ctx context.Context, tx *Tx, text string, args ...any) (T, error) {
	out, ok, err := Maybe[T](ctx, tx, text, args...)
	if err == nil && !ok {
		err = errAbsent()
	}
	return out, err
}

// Maybe gives the first row of a query and whether there was one.
func Maybe[T any](ctx context.Context, tx *Tx, text string, args ...any) (out T, ok bool, err error) {
	err = Each(ctx, tx, text, args, func(row T) error {
		if !ok {
			out, ok = row, true
		}
		return nil
	})
	return out, ok, err
}

// All gives every row of a query; an empty result is an empty slice, not nil.
func All[T any](ctx context.Context, tx *Tx, text string, args ...any) ([]T, error) {
	out := []T{}
	err := Each(ctx, tx, text, args, func(row T) error {
		out = append(out, row)
		return nil
	})
	return out, err
}

// Each streams the rows of a query. Columns go to the fields whose `db` tag names them; a column without
// a field is an error, so that a query and its struct cannot drift apart.
func Each[T any](ctx context.Context, tx *Tx, text string, args []any, fn func(T) error) error {
	found, err := tx.run.query(ctx, text, args)
	if err != nil {
		return explain(err, text)
	}
	defer found.Close() //nolint:errcheck // a failed read shows in Err
	return each(found, text, fn)
}

func each[T any](found rows, text string, fn func(T) error) error {
	scan, err := scannerFor[T](found)
	if err != nil {
		return explain(err, text)
	}
	for found.Next() {
		var row T
		if err := scan(found, &row); err != nil {
			return explain(err, text)
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return explain(found.Err(), text)
}

// Answer is what a query that was asked with Ask gives.
type Answer[T any] struct {
	tx    *Tx
	rows  []T
	ready bool
	err   error
}

// Ask asks a query whose rows are wanted a little later. On PostgreSQL queries that are asked one after the other
// travel together, and arrive when the first answer is looked at.
func Ask[T any](ctx context.Context, tx *Tx, text string, args ...any) *Answer[T] {
	a := &Answer[T]{tx: tx, rows: []T{}}
	a.err = tx.run.ask(ctx, text, args, func(found rows) error {
		a.ready = true
		return each(found, text, func(row T) error {
			a.rows = append(a.rows, row)
			return nil
		})
	})
	return a
}

// All gives every row, as the function All does.
func (a *Answer[T]) All(ctx context.Context) ([]T, error) {
	if a.err == nil && !a.ready {
		a.err = a.tx.run.flush(ctx)
	}
	return a.rows, a.err
}

// Maybe gives the first row and whether there is one.
func (a *Answer[T]) Maybe(ctx context.Context) (out T, ok bool, err error) {
	list, err := a.All(ctx)
	if err != nil || len(list) == 0 {
		return out, false, err
	}
	return list[0], true, nil
}

// One gives the single row. No row is a NotFound fault.
func (a *Answer[T]) One(ctx context.Context) (T, error) {
	out, ok, err := a.Maybe(ctx)
	if err == nil && !ok {
		err = errAbsent()
	}
	return out, err
}

func explain(err error, text string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w [%s]", err, strings.Join(strings.Fields(text), " "))
}

func scannerFor[T any](found rows) (func(rows, *T) error, error) {
	typ := reflect.TypeFor[T]()
	if typ.Kind() != reflect.Struct || typ.Implements(reflect.TypeFor[sql.Scanner]()) {
		return func(r rows, out *T) error { return r.Scan(out) }, nil
	}
	cols, err := found.Columns()
	if err != nil {
		return nil, err
	}
	fields := fieldsOf(typ)
	index := make([][]int, len(cols))
	for i, c := range cols {
		f, ok := fields.byColumn[c]
		if !ok {
			return nil, fmt.Errorf("column %s has no field in %s", c, typ)
		}
		index[i] = f
	}
	targets := make([]any, len(cols))
	return func(r rows, out *T) error {
		v := reflect.ValueOf(out).Elem()
		for i, f := range index {
			targets[i] = v.FieldByIndex(f).Addr().Interface()
		}
		return r.Scan(targets...)
	}, nil
}

type structFields struct {
	columns  []string
	index    [][]int
	byColumn map[string][]int
}

var fieldCache sync.Map // reflect.Type → *structFields

func fieldsOf(typ reflect.Type) *structFields {
	if v, ok := fieldCache.Load(typ); ok {
		return v.(*structFields)
	}
	out := &structFields{byColumn: map[string][]int{}}
	collect(typ, nil, out)
	fieldCache.Store(typ, out)
	return out
}

// collect walks the `db` tags; the fields of an embedded struct count as the outer one's.
func collect(typ reflect.Type, at []int, out *structFields) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		path := append(append([]int{}, at...), i)
		tag := f.Tag.Get("db")
		if f.Anonymous && tag == "" && f.Type.Kind() == reflect.Struct {
			collect(f.Type, path, out)
			continue
		}
		if tag == "" || tag == "-" {
			continue
		}
		out.columns = append(out.columns, tag)
		out.index = append(out.index, path)
		out.byColumn[tag] = path
	}
}

// Exec runs a statement and gives the number of rows it changed.
func Exec(ctx context.Context, tx *Tx, text string, args ...any) (int64, error) {
	n, err := tx.run.exec(ctx, text, args)
	return n, explain(err, text)
}

// Do runs a statement whose number of rows nobody asks for. On PostgreSQL it goes to the server with the next
// statement that is asked for something, or with the commit, and its error comes then; so do Insert and Upsert.
func Do(ctx context.Context, tx *Tx, text string, args ...any) error {
	return explain(tx.run.later(ctx, text, args), text)
}

// Settle sends what waits to the server, so that its errors come now: for those who must tell a person what is wrong.
func Settle(ctx context.Context, tx *Tx) error { return asFault(tx.run.flush(ctx)) }

// Queue makes writers of one busy row come one after the other, in the order in which they asked, until they commit.
// Without it PostgreSQL wakes all who wait at each commit, and all but one go to sleep again; SQLite has one writer anyway.
// It is no lock that others must respect: writing the row is.
func Queue(ctx context.Context, tx *Tx, row string) {
	if tx.db.engine == Postgres {
		_ = Ask[string](ctx, tx, `SELECT CAST(pg_advisory_xact_lock(hashtextextended(?, 0)) AS TEXT)`, row) // if it fails, so does what follows
	}
}

// steps are the numbers of rows one INSERT carries: few texts, so that each stays prepared.
var steps = []int{64, 16, 4, 1}

// Insert writes one struct, or each struct of a slice, to the columns its `db` tags name.
// A row that is already there is a Conflict with the code exists.
func Insert(ctx context.Context, tx *Tx, table string, row any) error {
	return Upsert(ctx, tx, table, row, "")
}

// Upsert is Insert with an ON CONFLICT clause for rows that are already there.
func Upsert(ctx context.Context, tx *Tx, table string, row any, onConflict string) error {
	v := reflect.ValueOf(row)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Slice {
		return insertRows(ctx, tx, table, onConflict, v.Type(), func(int) reflect.Value { return v }, 0, 1)
	}
	typ := v.Type().Elem()
	for from := 0; from < v.Len(); {
		n := 1
		for _, step := range steps {
			if v.Len()-from >= step {
				n = step
				break
			}
		}
		if err := insertRows(ctx, tx, table, onConflict, typ, v.Index, from, from+n); err != nil {
			return err
		}
		from += n
	}
	return nil
}

func insertRows(ctx context.Context, tx *Tx, table, onConflict string, typ reflect.Type, at func(int) reflect.Value, from, to int) error {
	f := fieldsOf(typ)
	args := make([]any, 0, (to-from)*len(f.columns))
	for i := from; i < to; i++ {
		row := at(i)
		for _, path := range f.index {
			args = append(args, row.FieldByIndex(path).Interface())
		}
	}
	return asFault(tx.run.later(ctx, insertText(table, onConflict, typ, to-from), args))
}

var insertTexts sync.Map // insertKey → text

type insertKey struct {
	table, onConflict string
	typ               reflect.Type
	rows              int
}

func insertText(table, onConflict string, typ reflect.Type, rows int) string {
	key := insertKey{table, onConflict, typ, rows}
	if v, ok := insertTexts.Load(key); ok {
		return v.(string)
	}
	columns := fieldsOf(typ).columns
	one := In(len(columns))
	text := "INSERT INTO " + table + " (" + strings.Join(columns, ",") + ") VALUES " + one + strings.Repeat(","+one, rows-1)
	if onConflict != "" {
		text += " " + onConflict
	}
	insertTexts.Store(key, text)
	return text
}

// Like finds a text inside a column, whatever signs the text has; the query says LIKE ? ESCAPE '\'.
func Like(q string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q) + "%"
}
