package sheet

import (
	"errors"
	"io"
	"regexp"
	"strings"

	"zhudian/internal/fault"
)

// Column is one column a feature understands.
type Column struct {
	Key      string      // the JSON name of the value
	Words    fault.Words // what it is called in a template
	Names    []string    // other heads that mean it
	Required bool        // the table must have it
}

// Head is the head row of a table and what its columns mean.
type Head struct {
	Row   int            // its number in the file
	Cells []string       // as written
	Index map[string]int // key → column
}

// headScan is how far down a head may stand: agencies put titles and notes above it.
const headScan = 10

var (
	headNote = regexp.MustCompile(`[（(\[【][^（()）\[\]【】]*[）)\]】]`)
	headJunk = strings.NewReplacer(" ", "", "*", "", ":", "", "_", "", "-", "", "\n", "", "\r", "", "/", "", "、", "")
)

// headKey folds what people vary in heads: width, blanks, stars, bracketed notes, case.
func headKey(s string) string {
	s = headNote.ReplaceAllString(s, "")
	return strings.ToLower(headJunk.Replace(Fold(s)))
}

// Head finds the head row among the first rows: the one that names most of the columns. given maps a
// column's position to a key, or to "" for "leave out", where the person chose by hand; nil when not.
// Rows above it are passed over. Its faults: Invalid "no_head", "column_missing".
func (f *File) Head(columns []Column, given map[int]string) (Head, error) {
	best, seen := Head{}, []Row{}
	for len(seen) < headScan {
		row, err := f.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return best, err
		}
		seen = append(seen, row)
		h := Head{Row: row.N, Cells: row.Cells, Index: match(row.Cells, columns)}
		if len(h.Index) > len(best.Index) {
			best = h
		}
	}
	if len(best.Index) == 0 && len(seen) > 0 && given != nil {
		best = Head{Row: seen[0].N, Cells: seen[0].Cells, Index: map[string]int{}}
	}
	if best.Row == 0 {
		return best, noHead(columns)
	}
	back := seen
	for i, r := range seen {
		if r.N == best.Row {
			back = seen[i+1:]
		}
	}
	f.source = &replay{rows: back, then: f.source}
	f.rows -= len(back)
	for i, key := range given {
		for k, at := range best.Index {
			if at == i || k == key {
				delete(best.Index, k)
			}
		}
		if key != "" {
			best.Index[key] = i
		}
	}
	return best, best.missing(columns)
}

func noHead(columns []Column) error {
	var name fault.Words
	if len(columns) > 0 {
		name = columns[0].Words
	}
	return bad("no_head", "没有找到表头行。请在第一行写列名，如“"+name.ZH+"”。", "No head row found. Name the columns in the first row, e.g. “"+name.EN+"”.")
}

func (h Head) missing(columns []Column) error {
	var c fault.Checks
	for _, col := range columns {
		if _, ok := h.Index[col.Key]; col.Required && !ok {
			c.Add(col.Key, "column_missing", "表中没有“"+col.Words.ZH+"”这一列。", "The table has no column “"+col.Words.EN+"”.")
		}
	}
	return c.Err()
}

func match(cells []string, columns []Column) map[string]int {
	out := map[string]int{}
	used := map[int]bool{}
	byName := map[string]string{}
	for _, c := range columns {
		for _, n := range append([]string{c.Key, c.Words.ZH, c.Words.EN}, c.Names...) {
			if k := headKey(n); k != "" && byName[k] == "" {
				byName[k] = c.Key
			}
		}
	}
	for i, cell := range cells {
		key, ok := byName[headKey(cell)]
		if _, twice := out[key]; ok && !twice && !used[i] {
			out[key], used[i] = i, true
		}
	}
	return out
}

// Value gives a row's cell under a key; "" when the table has no such column.
func (h Head) Value(r Row, key string) string {
	i, ok := h.Index[key]
	if !ok {
		return ""
	}
	return r.Cell(i)
}

// Unit gives the unit of money that the head of a column names: "元", "万元", "亿元", or "".
func (h Head) Unit(key string) string {
	i, ok := h.Index[key]
	if !ok || i >= len(h.Cells) {
		return ""
	}
	for _, u := range []string{"亿元", "万元", "元"} {
		if strings.Contains(h.Cells[i], u) {
			return u
		}
	}
	return ""
}

// replay gives rows again that were read in search of the head.
type replay struct {
	rows []Row
	then source
}

func (r *replay) next() (Row, error) {
	if len(r.rows) == 0 {
		return r.then.next()
	}
	row := r.rows[0]
	r.rows = r.rows[1:]
	return row, nil
}

func (r *replay) close() error { return r.then.close() }
