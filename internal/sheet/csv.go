package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"zhudian/internal/fault"
)

// maxQuotedLines bounds a quoted cell. A quote that is never closed would otherwise swallow the rest of the
// file; this way one row is reported and reading goes on with the line after it.
const (
	maxQuotedLines = 200
	maxLine        = 1 << 20
)

type csvSource struct {
	r       *bufio.Reader
	gb      bool
	comma   byte
	line    int      // physical lines taken so far
	pending [][]byte // lines read ahead of a quote that was never closed
	eof     bool
}

func (f *File) openCSV(r io.ReaderAt, size int64) error {
	name, skip, err := detect(r, size)
	if err != nil {
		return fault.Wrap(err, "read the table")
	}
	f.Encoding = name
	in := io.Reader(io.NewSectionReader(r, skip, size-skip))
	switch name {
	case "utf-16le":
		in = transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder())
	case "utf-16be":
		in = transform.NewReader(in, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder())
	}
	s := &csvSource{r: bufio.NewReaderSize(in, 64<<10), gb: name == "gb18030"}
	head, _ := s.r.Peek(32 << 10)
	s.comma = guessComma(head)
	f.source = s
	return nil
}

// detect tells the encoding and the length of the mark at the start. Without a mark the lines decide: all
// valid UTF-8, else whichever of UTF-8 and GB18030 reads more of them.
func detect(r io.ReaderAt, size int64) (string, int64, error) {
	head := make([]byte, min(size, 4096))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return "", 0, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		return "utf-8", 3, nil
	case bytes.HasPrefix(head, []byte("\xFF\xFE")):
		return "utf-16le", 2, nil
	case bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return "utf-16be", 2, nil
	}
	even, odd := 0, 0
	for i, b := range head {
		if b == 0 && i%2 == 0 {
			even++
		} else if b == 0 {
			odd++
		}
	}
	if n := max(1, len(head)/20); even > n || odd > n { // Latin text in UTF-16 is every other byte nil
		if odd > even {
			return "utf-16le", 0, nil
		}
		return "utf-16be", 0, nil
	}
	badUTF, badGB := 0, 0
	in := bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 64<<10)
	for {
		line, err := in.ReadSlice('\n')
		if !utf8.Valid(line) && !errors.Is(err, bufio.ErrBufferFull) {
			badUTF++
			if _, ok := fromGB(line); !ok {
				badGB++
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return "", 0, err
		}
	}
	if badUTF > 0 && badGB < badUTF {
		return "gb18030", 0, nil
	}
	return "utf-8", 0, nil
}

// fromGB decodes GB18030 and reports whether every byte meant something. U+FFFD itself is 84 31 A4 37.
func fromGB(b []byte) (string, bool) {
	if isASCII(b) {
		return string(b), true
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	if err != nil {
		return "", false
	}
	bad := bytes.Count(out, []byte("\uFFFD")) > bytes.Count(b, []byte{0x84, 0x31, 0xA4, 0x37})
	return string(out), !bad
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func guessComma(head []byte) byte {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := byte(','), 0
	for _, c := range []byte(",\t;") {
		if n := bytes.Count(line, []byte{c}); n > most {
			best, most = c, n
		}
	}
	return best
}

func (s *csvSource) close() error { return nil }

// take gives the next physical line without its end.
func (s *csvSource) take() ([]byte, error) {
	if len(s.pending) > 0 {
		line := s.pending[0]
		s.pending = s.pending[1:]
		s.line++
		return line, nil
	}
	if s.eof {
		return nil, io.EOF
	}
	var line []byte
	for {
		part, err := s.r.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			return nil, bad("line_too_long", "第 "+strconv.Itoa(s.line+1)+" 行超过 1 MB，不像表格。", "Line "+strconv.Itoa(s.line+1)+" is longer than 1 MB; this does not look like a table.")
		}
		line = append(line, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if errors.Is(err, io.EOF) {
			s.eof = true
			if len(line) == 0 {
				return nil, io.EOF
			}
		} else if err != nil {
			return nil, fault.Wrap(err, "read the table")
		}
		break
	}
	s.line++
	return bytes.TrimRight(line, "\r\n"), nil
}

func (s *csvSource) next() (Row, error) {
	first, err := s.take()
	if err != nil {
		return Row{}, err
	}
	row := Row{N: s.line}
	text := first
	var ahead [][]byte
	cells, open := split(text, s.comma)
	for open {
		more, err := s.take()
		if errors.Is(err, io.EOF) || err == nil && (len(ahead)+1 >= maxQuotedLines || len(text)+len(more) > maxLine) {
			if err == nil {
				ahead = append(ahead, more)
			}
			s.line -= len(ahead)
			s.pending = append(ahead, s.pending...)
			row.Fault = rowProblem(row.N, "quote_open", "这一行有引号没有成对。", "A quotation mark in this row is never closed.")
			return row, nil
		}
		if err != nil {
			return row, err
		}
		ahead = append(ahead, more)
		text = append(append(append([]byte{}, text...), '\n'), more...)
		if bytes.IndexByte(more, '"') >= 0 {
			cells, open = split(text, s.comma)
		}
	}
	return s.decode(row, text, cells), nil
}

func (s *csvSource) decode(row Row, text []byte, cells [][]byte) Row {
	if bytes.IndexByte(text, 0) >= 0 {
		row.Fault = rowProblem(row.N, "control_character", "这一行含有不可见的控制字符。", "This row holds invisible control characters.")
		return row
	}
	row.Cells = make([]string, len(cells))
	for i, c := range cells {
		var ok bool
		if s.gb {
			row.Cells[i], ok = fromGB(c)
		} else {
			row.Cells[i], ok = string(c), utf8.Valid(c)
		}
		if !ok {
			row.Cells = nil
			row.Fault = rowProblem(row.N, "bad_encoding", "第 "+strconv.Itoa(i+1)+" 列的文字编码损坏，读不出来。请用 UTF-8 或 GB18030 重新导出。",
				"The text in column "+strconv.Itoa(i+1)+" is damaged and cannot be read. Export it again in UTF-8 or GB18030.")
			return row
		}
	}
	return row
}

// split cuts one record. A quote opens a cell only at its start; inside, two quotes mean one. open tells that
// the last cell's quote is not closed yet.
func split(text []byte, comma byte) (cells [][]byte, open bool) {
	for {
		if len(text) == 0 || text[0] != '"' {
			i := bytes.IndexByte(text, comma)
			if i < 0 {
				return append(cells, text), false
			}
			cells, text = append(cells, text[:i]), text[i+1:]
			continue
		}
		var cell []byte
		text = text[1:]
		for {
			i := bytes.IndexByte(text, '"')
			if i < 0 {
				return cells, true
			}
			cell = append(cell, text[:i]...)
			text = text[i+1:]
			if len(text) == 0 || text[0] != '"' {
				break
			}
			cell = append(cell, '"')
			text = text[1:]
		}
		i := bytes.IndexByte(text, comma)
		if i < 0 {
			return append(cells, append(cell, text...)), false
		}
		cells, text = append(cells, append(cell, text[:i]...)), text[i+1:]
	}
}

// Unsafe undoes Safe, so that a table we wrote reads back as it was.
func Unsafe(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && risky(rest) {
		return rest
	}
	return s
}
