package sheet

import (
	"errors"
	"io"

	"zhudian/internal/fault"
)

// Refused is one row of an import that was not stored, with its cells and every reason.
type Refused struct {
	Row      int       `json:"row"`
	Problems []Problem `json:"problems"`
	Cells    []string  `json:"cells"`
}

// Tally counts the rows of an import; Done is the sum of the others.
type Tally struct {
	Done      int64 `json:"done"`
	Created   int64 `json:"created"`
	Updated   int64 `json:"updated"`
	Unchanged int64 `json:"unchanged"`
	Refused   int64 `json:"refused"`
}

// Report is a table of refused rows under way: row, reasons, and the row as it was, so that it can be mended and
// imported again.
type Report struct {
	out     *Writer
	columns []Column
	lang    string
}

// NewReport starts a report of a table with some columns; head is the head of the imported table.
func NewReport(w io.Writer, format Format, lang string, columns []Column, head []string) (*Report, error) {
	out, err := NewWriter(w, format, "未导入")
	if err != nil {
		return nil, err
	}
	names := fault.Words{ZH: "行号", EN: "Row"}
	why := fault.Words{ZH: "没有导入的原因", EN: "Why it was not imported"}
	return &Report{out, columns, lang}, out.Head(append([]string{names.In(lang), why.In(lang)}, head...)...)
}

// Add writes one row.
func (r *Report) Add(x Refused) error {
	why := ""
	for i, p := range x.Problems {
		if i > 0 {
			why += "\n"
		}
		if name := ColumnName(r.columns, p.Column, r.lang); name != "" {
			why += name + "："
		}
		why += p.Words.In(r.lang)
	}
	cells := []any{int64(x.Row), why}
	for _, c := range x.Cells {
		cells = append(cells, c)
	}
	return r.out.Row(cells...)
}

// Close finishes the report.
func (r *Report) Close() error { return r.out.Close() }

// ColumnName gives the name of a column by its key; "" when there is none.
func ColumnName(columns []Column, key, lang string) string {
	for _, c := range columns {
		if c.Key == key {
			return c.Words.In(lang)
		}
	}
	return ""
}

// ReaderAt reads at places of a stored file.
func ReaderAt(f io.ReadSeeker) io.ReaderAt {
	if r, ok := f.(io.ReaderAt); ok {
		return r
	}
	return &seekReader{f}
}

type seekReader struct{ f io.ReadSeeker }

func (s *seekReader) ReadAt(p []byte, at int64) (int, error) {
	if _, err := s.f.Seek(at, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(s.f, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
