package sheet

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"zhudian/internal/blob"
	"zhudian/internal/fault"
)

type xlsxSource struct {
	book *excelize.File
	rows *excelize.Rows
	n    int
}

func (f *File) openXLSX(r io.ReaderAt, size int64, o Options) (err error) {
	if err := blob.ScanOffice(r, size, blob.XLSX); err != nil {
		return err
	}
	defer recovered(&err)
	book, err := excelize.OpenReader(io.NewSectionReader(r, 0, size), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: 200 << 20, UnzipXMLSizeLimit: 8 << 20,
	})
	if err != nil {
		return brokenBook(err)
	}
	for _, s := range book.GetSheetList() {
		if visible, err := book.GetSheetVisible(s); err == nil && visible {
			f.Sheets = append(f.Sheets, s)
		}
	}
	name := o.Sheet
	if name == "" && len(f.Sheets) > 0 {
		name = f.Sheets[0]
	}
	rows, err := book.Rows(name)
	if err != nil {
		_ = book.Close()
		return brokenBook(err)
	}
	if p, err := book.GetWorkbookProps(); err == nil && p.Date1904 != nil {
		f.Date1904 = *p.Date1904
	}
	f.source = &xlsxSource{book: book, rows: rows}
	return nil
}

func (s *xlsxSource) next() (row Row, err error) {
	defer recovered(&err)
	for s.rows.Next() {
		s.n++
		cells, err := s.rows.Columns()
		if err != nil {
			return row, brokenBook(err)
		}
		if len(cells) == 0 {
			continue
		}
		for i, c := range cells {
			cells[i] = asShown(c)
		}
		return Row{N: s.n, Cells: cells}, nil
	}
	if err := s.rows.Error(); err != nil {
		return row, brokenBook(err)
	}
	return row, io.EOF
}

func (s *xlsxSource) close() error {
	_ = s.rows.Close()
	return s.book.Close()
}

// recovered turns a panic of the parser on a malformed book into a fault.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = brokenBook(fmt.Errorf("panic: %v", p))
	}
}

func brokenBook(cause error) error {
	f := fault.Of(bad("file_broken", "这个 xlsx 文件已损坏或不完整。请在 Excel 或 WPS 中打开后另存，再导入。",
		"This xlsx file is damaged or incomplete. Open it in Excel or WPS, save it again, and import that."))
	return f.Because(cause)
}

// longFraction is a number as the file holds it when the machine's fraction is not what the person typed.
var longFraction = regexp.MustCompile(`^-?\d*\.\d+(E-?\d{1,2})?$`)

// asShown gives a stored number the 15 digits that a spreadsheet shows: 1234.5600000000001 is 1234.56.
func asShown(s string) string {
	if len(s) < 4 || !longFraction.MatchString(s) || len(strings.TrimLeft(s, "-0."))-1 < 15 && !strings.Contains(s, "E") {
		return s
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	if err != nil {
		return s
	}
	return strconv.FormatFloat(short, 'f', -1, 64)
}
