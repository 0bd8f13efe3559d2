// Package sheet reads and writes tables as CSV and XLSX: rows one by one in flat memory, each with its number
// in the file and, when it cannot be read, its reason. It knows text encodings, the traps of spreadsheets
// (numbers that lost digits, day numbers, formulas in text) and the bounds of what is accepted.
package sheet

import (
	"bytes"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"zhudian/internal/fault"
)

// Bounds of a table that a person may upload.
const (
	MaxBytes   = 20 << 20
	MaxRows    = 100_000
	MaxColumns = 200
	MaxCell    = 32_000 // characters
)

// Options widen the bounds for the command line; the zero value is what a page uses.
type Options struct {
	Bytes int64  // 0 = MaxBytes
	Rows  int    // 0 = MaxRows, -1 = no bound
	Sheet string // XLSX: the sheet to read; "" = the first that is not hidden
}

// Row is one line of a table. N counts from 1 as the person's program shows it. Fault is set when the line
// could not be read whole; Cells is then nil.
type Row struct {
	N     int
	Cells []string
	Fault *Problem
}

// Cell gives a cell without its outer blanks; "" when the line is shorter.
func (r Row) Cell(i int) string {
	if i < 0 || i >= len(r.Cells) {
		return ""
	}
	return strings.TrimSpace(r.Cells[i])
}

// Problem is one thing wrong with one row.
type Problem struct {
	Row    int         `json:"row"`
	Column string      `json:"column,omitempty"`
	Value  string      `json:"value,omitempty"`
	Code   string      `json:"code"`
	Words  fault.Words `json:"words"`
	Fix    string      `json:"fix,omitempty"`
}

// Of makes a problem of a field at fault.
func Of(row int, value string, f fault.Field) Problem {
	return Problem{Row: row, Column: f.Name, Value: value, Code: f.Code, Words: f.Words, Fix: f.Fix}
}

func rowProblem(n int, code, zh, en string) *Problem {
	return &Problem{Row: n, Code: code, Words: fault.Words{ZH: zh, EN: en}}
}

// File is an open table. Next gives its rows until io.EOF.
type File struct {
	source   source
	rows     int
	max      int
	Encoding string   // of a CSV: utf-8, gb18030, utf-16le, utf-16be
	Sheets   []string // of an XLSX: the sheets one can choose from
	Date1904 bool     // of an XLSX: its day numbers count from 1904
}

type source interface {
	next() (Row, error)
	close() error
}

// Open looks at name and content and opens the table. Its faults: TooLarge "file_too_large"; Invalid
// "file_type", "file_content", "file_empty" and those of blob.ScanOffice.
func Open(r io.ReaderAt, size int64, name string, o Options) (*File, error) {
	if o.Bytes == 0 {
		o.Bytes = MaxBytes
	}
	if o.Rows == 0 {
		o.Rows = MaxRows
	}
	if size > o.Bytes {
		return nil, fault.New(fault.TooLarge, "file_too_large",
			"文件超过 "+strconv.FormatInt(o.Bytes>>20, 10)+" MB。请拆分，或请管理员用命令行导入。",
			"The file is larger than "+strconv.FormatInt(o.Bytes>>20, 10)+" MB. Split it, or ask the administrator to import it from the command line.")
	}
	if size == 0 {
		return nil, bad("file_empty", "文件是空的。", "The file is empty.")
	}
	head := make([]byte, 8)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, fault.Wrap(err, "read the table")
	}
	head = head[:n]
	f := &File{max: o.Rows}
	switch ext := strings.ToLower(path.Ext(name)); {
	case ext == ".xlsx":
		err := f.openXLSX(r, size, o)
		return f, err
	case ext == ".xls" || bytes.HasPrefix(head, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		return nil, bad("file_type", "这是旧版 Excel 格式。请在 Excel 或 WPS 中另存为 xlsx 再导入。",
			"This is the old Excel format. Save it as xlsx and import that.")
	case ext == ".csv" || ext == ".txt" || ext == ".tsv":
		if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
			return nil, bad("file_content", "这个文件其实是 xlsx。请把扩展名改回 .xlsx 再导入。",
				"This file is really an xlsx. Give it back its extension and import it.")
		}
		err := f.openCSV(r, size)
		return f, err
	}
	return nil, bad("file_type", "请用 xlsx 或 csv 文件导入。", "Import an xlsx or csv file.")
}

// Next gives the next row that is not blank, or io.EOF. Its fault: Invalid "too_many_rows".
func (f *File) Next() (Row, error) {
	for {
		row, err := f.source.next()
		if err != nil {
			return row, err
		}
		if row.Fault == nil && blank(row.Cells) {
			continue
		}
		f.rows++
		if f.max > 0 && f.rows > f.max+1 { // one is the head
			n := strconv.Itoa(f.max)
			return row, bad("too_many_rows", "超过 "+n+" 行。请拆成几个文件，或请管理员用命令行导入。",
				"More than "+n+" rows. Split the file, or ask the administrator to import it from the command line.")
		}
		return bound(row), nil
	}
}

// Close lets go of the file's memory and temporary files.
func (f *File) Close() error { return f.source.close() }

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// bound turns a row that breaks the bounds into one that says so.
func bound(r Row) Row {
	if r.Fault != nil {
		return r
	}
	for len(r.Cells) > 0 && strings.TrimSpace(r.Cells[len(r.Cells)-1]) == "" {
		r.Cells = r.Cells[:len(r.Cells)-1]
	}
	switch {
	case len(r.Cells) > MaxColumns:
		r.Fault = rowProblem(r.N, "too_many_columns", "这一行超过 200 列。", "This row has more than 200 columns.")
	default:
		for i, c := range r.Cells {
			if len(c) > MaxCell && utf8.RuneCountInString(c) > MaxCell {
				r.Fault = rowProblem(r.N, "cell_too_long", "第 "+strconv.Itoa(i+1)+" 列超过 32000 字。", "Column "+strconv.Itoa(i+1)+" has more than 32,000 characters.")
				break
			}
		}
	}
	if r.Fault != nil {
		r.Cells = nil
	}
	return r
}

func bad(code, zh, en string) error { return fault.BadField("file", code, zh, en) }
