package apptest_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
)

// workbook is the least that passes for an xlsx, with more parts.
func workbook(more map[string]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	parts := map[string]string{
		"[Content_Types].xml": `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
		"xl/workbook.xml":     `<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets/></workbook>`,
	}
	for name, text := range more {
		parts[name] = text
	}
	for name, text := range parts {
		f, _ := z.Create(name)
		_, _ = f.Write([]byte(text))
	}
	_ = z.Close()
	return b.Bytes()
}

// flood is a picture of 60,000 by 60,000 that fits into a few bytes.
func flood() []byte {
	head := make([]byte, 13)
	binary.BigEndian.PutUint32(head, 60_000)
	binary.BigEndian.PutUint32(head[4:], 60_000)
	copy(head[8:], []byte{8, 6, 0, 0, 0})
	chunk := append([]byte("IHDR"), head...)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
}

// sendFile posts a file as a form of the program would.
func sendFile(t *testing.T, w *apptest.World, c *http.Client, path, name string, raw []byte) (int, string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = form.Close()
	r := w.Request("POST", path, body.String())
	r.Header.Set("Content-Type", form.FormDataContentType())
	return w.Do(c, r)
}

// TestBadFiles sends files that are not what they say, or that would burst: each is refused at once, as the field file, in Chinese,
// and nothing is kept.
func TestBadFiles(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	c := w.Client("captain")
	kept := func() (n int) {
		_ = w.Files.Each(t.Context(), func(string, int64) error { n++; return nil })
		return n
	}
	before := kept()
	ole := append([]byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}, make([]byte, 4096)...)
	for _, x := range []struct {
		name, file, code string // code of the evidence's refusal
		raw              []byte
	}{
		{"a picture too wide to open", "a.png", "file_pixels", flood()},
		{"a drawing with a script that says it is a picture", "a.png", "file_content", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)},
		{"a program that says it is an invoice", "发票\u202efdp.exe", "file_type", []byte("MZ\x90\x00")},
		{"a workbook that unpacks to a flood", "bomb.xlsx", "file_bomb", workbook(map[string]string{"xl/worksheets/sheet1.xml": strings.Repeat("\x00", 64<<20)})},
		{"a workbook with entities", "laughs.xlsx", "file_doctype", workbook(map[string]string{"xl/workbook.xml": `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">]><workbook>&a;</workbook>`})},
		{"a workbook that climbs out", "slip.xlsx", "file_entries", workbook(map[string]string{"../../x": "x"})},
		{"a workbook with macros under another name", "macro.xlsx", "file_macro", workbook(map[string]string{"xl/vbaProject.bin": "x"})},
		{"a workbook behind a password", "locked.xlsx", "file_encrypted", ole},
		{"nothing", "empty.pdf", "file_empty", nil},
	} {
		for _, path := range []string{"/api/v1/evidence", "/api/v1/imports"} {
			begin := time.Now()
			status, text := sendFile(t, w, c, path, x.file, x.raw)
			var p struct {
				Code   string
				Detail string
				Errors []struct{ Field, Code, Detail string }
			}
			if err := json.Unmarshal([]byte(text), &p); err != nil || status < 400 || status > 499 || !stable.MatchString(p.Code) {
				t.Errorf("%s at %s: %d %.300s", x.name, path, status, text)
				continue
			}
			if len(p.Errors) > 0 && (p.Errors[0].Field != "file" || !chinese(p.Errors[0].Detail)) {
				t.Errorf("%s at %s: %.300s", x.name, path, text)
			}
			if path == "/api/v1/evidence" && !strings.Contains(text, `"`+x.code+`"`) {
				t.Errorf("%s: %.300s, want %s", x.name, text, x.code)
			}
			t.Logf("%s at %s: %d in %v", x.name, path, status, time.Since(begin))
		}
	}
	if kept() != before {
		t.Errorf("%d files are kept, %d before", kept(), before)
	}
}

// TestBadFiles_names stores good evidence under names that are paths, devices or too long: the file lies under its digest, the name is
// clean and short.
func TestBadFiles_names(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	c := w.Client("captain")
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../../../../etc/cron.d/x.png", `..\..\x.png`, "CON.png", strings.Repeat("长", 300) + ".png"} {
		status, text := sendFile(t, w, c, "/api/v1/evidence", name, picture.Bytes())
		var out struct {
			Files []struct{ Name, SHA256 string }
		}
		if err := json.Unmarshal([]byte(text), &out); status != http.StatusCreated || err != nil || len(out.Files) != 1 {
			t.Errorf("%.40s: %d %.300s", name, status, text)
			continue
		}
		if got := out.Files[0].Name; len(got) > 255 || strings.ContainsAny(got, `/\`) || strings.Contains(got, "..") {
			t.Errorf("%.40s is kept as %q", name, got)
		}
	}
}

// TestCrossSite_cookie sends what a page of somebody else's can send with a person's cookie.
func TestCrossSite_cookie(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	c := w.Client("officer")
	before := counts(t, w)
	for name, set := range map[string]func(http.Header){
		"a form of plain text":        func(h http.Header) { h.Set("Content-Type", "text/plain"); h.Set("Sec-Fetch-Site", "cross-site") },
		"no word of where it is from": func(h http.Header) { h.Del("Sec-Fetch-Site") },
		"another origin":              func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "https://evil.example") },
	} {
		r := w.Request("POST", "/api/v1/companies", `{"name":"别处来的有限公司"}`)
		set(r.Header)
		if status, text := w.Do(c, r); status != http.StatusForbidden {
			t.Errorf("%s: %d %.200s", name, status, text)
		}
	}
	if counts(t, w) != before {
		t.Error("something was stored")
	}
}
