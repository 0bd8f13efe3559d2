package blob

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"zhudian/internal/fault"
)

func pngBytes(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegBytes(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pdfBytes(extra string) []byte {
	return []byte("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n" + extra + "\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n")
}

type part struct {
	name, body string
	head       func(*zip.FileHeader)
}

func office(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		h := &zip.FileHeader{Name: p.name, Method: zip.Deflate}
		if p.head != nil {
			p.head(h)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, p.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var (
	types = part{name: "[Content_Types].xml", body: `<?xml version="1.0"?><Types></Types>`}
	book  = part{name: "xl/workbook.xml", body: `<workbook/>`}
	text  = part{name: "word/document.xml", body: `<document/>`}
)

// hugePNG is a small file that claims 60000 x 60000 pixels.
func hugePNG() []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	ihdr := make([]byte, 17)
	copy(ihdr, "IHDR")
	binary.BigEndian.PutUint32(ihdr[4:], 60000)
	binary.BigEndian.PutUint32(ihdr[8:], 60000)
	ihdr[12], ihdr[13] = 8, 2
	_ = binary.Write(&b, binary.BigEndian, uint32(13))
	b.Write(ihdr)
	_ = binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(ihdr))
	b.Write(make([]byte, 2000))
	return b.Bytes()
}

func TestPut_verdicts(t *testing.T) {
	liar := office(t, types, book, part{name: "xl/a.xml", body: "<a>" + strings.Repeat("x", 50<<20)})
	liar = patchSizes(t, liar, "xl/a.xml", 10)
	cases := []struct {
		what, name string
		data       []byte
		code       string // "" = stored
	}{
		{"a picture", "现场.PNG", pngBytes(t), ""},
		{"a photo", "a.jpeg", jpegBytes(t), ""},
		{"a scan", "凭证.pdf", pdfBytes(""), ""},
		{"a sheet", "a.xlsx", office(t, types, book), ""},
		{"a text", "a.docx", office(t, types, text), ""},
		{"disguised program", "发票\u202Efdp.exe", pdfBytes(""), "file_type"},
		{"web page", "a.html", []byte("<html>"), "file_type"},
		{"vector picture", "a.svg", []byte("<svg/>"), "file_type"},
		{"svg as png", "a.png", []byte(`<svg onload="alert(1)">`), "file_content"},
		{"pdf as jpg", "a.jpg", pdfBytes(""), "file_content"},
		{"docx as xlsx", "a.xlsx", office(t, types, text), "file_content"},
		{"polyglot pdf", "poly.pdf", []byte("%PDF-1.7<script>alert(1)</script>"), "file_broken"},
		{"locked pdf", "a.pdf", pdfBytes("2 0 obj<</Encrypt 3 0 R>>endobj"), "file_encrypted"},
		{"empty", "a.pdf", nil, "file_empty"},
		{"pixel flood", "a.png", hugePNG(), "file_pixels"},
		{"cut png", "a.png", pngBytes(t)[:40], "file_broken"},
		{"png with a tail", "a.png", append(pngBytes(t), "<script>"...), "file_broken"},
		{"cut jpg", "a.jpg", bytes.TrimSuffix(jpegBytes(t), []byte{0xFF, 0xD9}), "file_broken"},
		{"ole", "a.xlsx", append(bytes.Clone(oleMagic), make([]byte, 600)...), "file_encrypted"},
		{"macro by name", "a.xlsx", office(t, types, book, part{name: "xl/vbaProject.bin", body: "x"}), "file_macro"},
		{"macro by type", "a.xlsx", office(t, part{name: types.name, body: "<Types>application/vnd.ms-excel.sheet.macroEnabled.main+xml"}, book), "file_macro"},
		{"dde", "a.xlsx", office(t, types, book, part{name: "xl/externalLinks/externalLink1.xml", body: "<externalLink><ddeLink/>"}), "file_macro"},
		{"doctype", "a.xlsx", office(t, types, part{name: book.name, body: `<?xml version="1.0"?> <!DOCTYPE lolz [<!ENTITY a "ha">]><workbook/>`}), "file_doctype"},
		{"doctype behind a comment", "a.docx", office(t, types, part{name: text.name, body: `<!-- x --><!doctype a><document/>`}), "file_doctype"},
		{"sixteen-bit xml", "a.docx", office(t, types, part{name: text.name, body: "\xFF\xFE<\x00a\x00"}), "file_doctype"},
		{"bomb", "bomb.xlsx", office(t, types, book, part{name: "xl/z.xml", body: "<a>" + strings.Repeat("0", 20<<20)}), "file_bomb"},
		{"liar", "liar.xlsx", liar, "file_broken"},
		{"slip", "slip.xlsx", office(t, types, book, part{name: "../../x", body: "x"}), "file_entries"},
		{"absolute", "slip.xlsx", office(t, types, book, part{name: "/etc/x", body: "x"}), "file_entries"},
		{"twice", "slip.xlsx", office(t, types, book, part{name: "XL/workbook.xml", body: "x"}), "file_entries"},
		{"symlink", "slip.xlsx", office(t, types, book, part{name: "l", body: "/etc", head: func(h *zip.FileHeader) { h.SetMode(os.ModeSymlink | 0o777) }}), "file_entries"},
	}
	many := []part{types, book}
	for i := range 2001 {
		many = append(many, part{name: "p/" + strings.Repeat("a", i%50) + string(rune('a'+i%26)) + time.Duration(i).String(), body: ""})
	}
	cases = append(cases, struct {
		what, name string
		data       []byte
		code       string
	}{"crowd", "a.xlsx", office(t, many...), "file_bomb"})
	dir := t.TempDir()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	stored := 0
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			begin := time.Now()
			m, err := s.Put(context.Background(), bytes.NewReader(c.data), c.name)
			if c.code != "" {
				if !fault.Has(err, c.code) || !fault.Is(err, fault.Invalid) {
					t.Fatalf("got %v, want %s", err, c.code)
				}
				if d := time.Since(begin); d > 2*time.Second {
					t.Errorf("refusing took %v", d)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			stored++
			r, err := s.Open(context.Background(), m.Digest)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.Close() }()
			back, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(back, c.data) || m.Size != int64(len(c.data)) {
				t.Fatalf("came back different: %v", err)
			}
		})
	}
	if n := countFiles(t, dir); n != stored {
		t.Errorf("%d files on disk, %d stored", n, stored)
	}
}

// patchSizes writes another unpacked size for one part into local header and directory.
func patchSizes(t *testing.T, b []byte, name string, size uint32) []byte {
	t.Helper()
	b = bytes.Clone(b)
	at := bytes.LastIndex(b, []byte(name)) - 46
	if at < 0 || string(b[at:at+4]) != "PK\x01\x02" {
		t.Fatal("no directory entry")
	}
	binary.LittleEndian.PutUint32(b[at+24:], size)
	return b
}

func countFiles(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPut_limitAndRepeat(t *testing.T) {
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	big := append(pdfBytes(""), make([]byte, Limit)...)
	if _, err := s.Put(ctx, bytes.NewReader(big), "a.pdf"); !fault.Is(err, fault.TooLarge) {
		t.Fatalf("got %v", err)
	}
	a, err := s.Put(ctx, bytes.NewReader(pdfBytes("")), "a.pdf")
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Put(ctx, bytes.NewReader(pdfBytes("")), "b.pdf")
	if err != nil || a.Digest != b.Digest {
		t.Fatalf("same bytes, %v and %v: %v", a, b, err)
	}
	n := 0
	if err := s.Each(ctx, func(d string, size int64) error {
		n++
		if d != a.Digest || size != a.Size {
			t.Errorf("lists %s %d", d, size)
		}
		return nil
	}); err != nil || n != 1 {
		t.Fatalf("%d files, %v", n, err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Put(gone, bytes.NewReader(pdfBytes("x")), "c.pdf"); err == nil {
		t.Fatal("stored for a request that is gone")
	}
}

func TestOpen_refusesAltered(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	m, err := s.Put(ctx, bytes.NewReader(pdfBytes("")), "a.pdf")
	if err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(dir, m.Digest[:2], m.Digest)
	data, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	data[12] ^= 1
	if err := os.WriteFile(p, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(ctx, m.Digest); !fault.Has(err, "file_altered") {
		t.Fatalf("got %v", err)
	}
	if _, err := s.Put(ctx, bytes.NewReader(pdfBytes("")), "a.pdf"); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(ctx, m.Digest); err != nil {
		t.Fatalf("the good bytes did not replace the altered ones: %v", err)
	}
	for _, d := range []string{"", "../../etc/passwd", strings.Repeat("0", 64), strings.ToUpper(m.Digest)} {
		if _, err := s.Open(ctx, d); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", d, err)
		}
	}
}

func TestOpen_sweepsOldUploads(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); err != nil {
		t.Fatal(err)
	}
	stale, fresh := filepath.Join(dir, tempDir, "stale"), filepath.Join(dir, tempDir, "fresh")
	for _, p := range []string{stale, fresh} {
		if err := os.WriteFile(p, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(stale, old, old); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("the stale upload is still there")
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error("the fresh upload is gone")
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"../../../../etc/cron.d/x": "x",
		`C:\temp\到账 回单.pdf`:        "到账 回单.pdf",
		"CON.xlsx":                 "_CON.xlsx",
		"com1.pdf":                 "_com1.pdf",
		"a%00.pdf":                 "a%00.pdf",
		"发票\u202Efdp.exe":          "发票[U+202E]fdp.exe",
		"a\x00b.pdf":               "a[U+0000]b.pdf",
		"..":                       "file",
		"":                         "file",
		"x/":                       "file",
	} {
		if got := CleanName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	long := CleanName(strings.Repeat("长", 300) + ".pdf")
	if len(long) > maxName || !strings.HasSuffix(long, "长.pdf") {
		t.Errorf("cut to %q (%d)", long, len(long))
	}
}

func FuzzCleanName(f *testing.F) {
	f.Add("../a\x00.pdf")
	f.Add(strings.Repeat("长", 300))
	f.Fuzz(func(t *testing.T, s string) {
		got := CleanName(s)
		if got == "" || got == "." || got == ".." || len(got) > maxName || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\x00\n\r") {
			t.Fatalf("%q → %q", s, got)
		}
	})
}

func FuzzScanOffice(f *testing.F) {
	f.Add(office(f, types, book))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := ScanOffice(bytes.NewReader(b), int64(len(b)), XLSX)
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	})
}
