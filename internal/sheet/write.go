package sheet

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"zhudian/internal/fault"
)

// Format is a kind of table we write.
type Format string

// The kinds of table we write.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// MIME gives the media type of a table.
func (f Format) MIME() string {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// Fixed is a decimal number held as an integer: Fixed{123456, 2} is 1234.56. Money in yuan is Fixed{fen, 2},
// in 万元 Fixed{fen, 6}. It is written as a number, exactly.
type Fixed struct {
	N      int64
	Digits int
}

// String gives the number with all its digits.
func (f Fixed) String() string {
	sign, n := "", f.N
	digits := strconv.FormatUint(magnitude(n), 10)
	if n < 0 {
		sign = "-"
	}
	if f.Digits == 0 {
		return sign + digits
	}
	if len(digits) <= f.Digits {
		digits = strings.Repeat("0", f.Digits-len(digits)+1) + digits
	}
	at := len(digits) - f.Digits
	return sign + digits[:at] + "." + digits[at:]
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-(n + 1)) + 1
	}
	return uint64(n)
}

// Writer writes a table row by row in flat memory. Texts never become formulas, whoever opens the file.
type Writer struct {
	csv    *csv.Writer
	buf    *bufio.Writer
	out    io.Writer
	book   *excelize.File
	stream *excelize.StreamWriter
	bold   int
	n      int
}

// NewWriter starts a table; title names the sheet of an XLSX. Close finishes it.
func NewWriter(w io.Writer, f Format, title string) (*Writer, error) {
	if f == CSV {
		buf := bufio.NewWriter(w)
		if _, err := buf.WriteString("\uFEFF"); err != nil { // so that spreadsheets see UTF-8
			return nil, err
		}
		return &Writer{csv: csv.NewWriter(buf), buf: buf}, nil
	}
	book := excelize.NewFile()
	name := sheetName(title)
	if err := book.SetSheetName("Sheet1", name); err != nil {
		return nil, fault.Wrap(err, "name the sheet")
	}
	bold, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, fault.Wrap(err, "style the sheet")
	}
	s, err := book.NewStreamWriter(name)
	if err != nil {
		return nil, fault.Wrap(err, "start the sheet")
	}
	return &Writer{out: w, book: book, stream: s, bold: bold}, nil
}

func sheetName(s string) string {
	s = strings.NewReplacer(":", "", `\`, "", "/", "", "?", "", "*", "", "[", "", "]", "", "'", "").Replace(s)
	if r := []rune(s); len(r) > 31 {
		s = string(r[:31])
	}
	if s == "" {
		return "Sheet1"
	}
	return s
}

// Head writes the head row; it stays in sight when one scrolls.
func (w *Writer) Head(names ...string) error {
	if w.stream != nil {
		if err := w.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
			return fault.Wrap(err, "fix the head")
		}
		cells := make([]any, len(names))
		for i, n := range names {
			cells[i] = excelize.Cell{StyleID: w.bold, Value: n}
			if err := w.stream.SetColWidth(i+1, i+1, float64(max(10, min(40, 2*len([]rune(n))+6)))); err != nil {
				return fault.Wrap(err, "set the width")
			}
		}
		return w.put(cells)
	}
	cells := make([]any, len(names))
	for i, n := range names {
		cells[i] = n
	}
	return w.Row(cells...)
}

// Row writes one row. Cells are string, int, int64, Fixed, bool or nil.
func (w *Writer) Row(cells ...any) error {
	if w.csv == nil {
		for i, c := range cells {
			if f, ok := c.(Fixed); ok {
				cells[i] = f.cell()
			}
		}
		return w.put(cells)
	}
	text := make([]string, len(cells))
	for i, c := range cells {
		switch v := c.(type) {
		case nil:
		case string:
			text[i] = Safe(v)
		default:
			text[i] = fmt.Sprint(v)
		}
	}
	return fault.Wrap(w.csv.Write(text), "write the table")
}

// cell gives the value for a spreadsheet, whose numbers hold 15 digits; a longer one stays a text.
func (f Fixed) cell() any {
	s := f.String()
	if len(strings.Trim(strings.ReplaceAll(s, ".", ""), "-0")) > 15 {
		return s
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	return v
}

func (w *Writer) put(cells []any) error {
	w.n++
	at, err := excelize.CoordinatesToCellName(1, w.n)
	if err != nil {
		return fault.Wrap(err, "write the table")
	}
	return fault.Wrap(w.stream.SetRow(at, cells), "write the table")
}

// Close finishes the table.
func (w *Writer) Close() error {
	if w.csv != nil {
		w.csv.Flush()
		if err := w.csv.Error(); err != nil {
			return fault.Wrap(err, "write the table")
		}
		return fault.Wrap(w.buf.Flush(), "write the table")
	}
	if err := w.stream.Flush(); err != nil {
		return fault.Wrap(err, "write the table")
	}
	_, err := w.book.WriteTo(w.out)
	if e := w.book.Close(); err == nil {
		err = e
	}
	return fault.Wrap(err, "write the table")
}

// Safe makes a text harmless in a CSV that a spreadsheet opens: one that could start a formula gets a leading
// apostrophe. Unsafe takes it off again; between the two nothing is lost.
func Safe(s string) string {
	if risky(s) {
		return "'" + s
	}
	return s
}

// risky texts are those that start a formula, behind any apostrophes that Safe may have put there.
func risky(s string) bool {
	s = strings.TrimLeft(s, "'")
	return s != "" && strings.ContainsAny(s[:firstRune(s)], "=+-@\t\r\n\x00＝＋－＠")
}

func firstRune(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}
