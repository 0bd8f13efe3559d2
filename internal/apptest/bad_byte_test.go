package apptest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"zhudian/cmd/zhudian/wire"
	"zhudian/internal/apptest"
	"zhudian/internal/company"
	"zhudian/internal/db"
)

// The rows of trust.md's forty bad inputs are tested where the rule stands: 1–3, 5–10, 15, 18–21, 23, 24 and 37 in TestBadInput,
// 4 in package auth, 11–14 in TestHostileNames and the export tests of company, 16, 17, 24, 25 and 32 in packages sheet and web,
// 26–31 and 33–35 in packages blob and sheet and in TestBadFile, 38 in package web, 40 in TestBadInput_repeats; 25 over HTTP
// and 39 here. 22 (no field takes an identity number) and 36 (nothing calls out) have nothing to try.

// TestBadBytes_characters: characters that only GB18030 holds come in as they are; bytes that are no text are refused.
func TestBadBytes_characters(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		rare := append([]byte("company,region\n"), 0xC9, 0xEE, 0xDB, 0xDA, 0xCA, 0xD0, 0xFE, 0x9F, 0x99, 0x33, 0xA9, 0x32) // 深圳市䶮𬭎
		rare = append(rare, 0xB5, 0xE7, 0xD7, 0xD3, ',', '4', '4', '0', '3', '0', '5', '\n')                               // 电子
		head := []byte("\xC6\xF3\xD2\xB5\xC3\xFB\xB3\xC6")                                                                 // 企业名称
		job, err := w.Company.Upload(w.As("captain"), "rare.csv", bytes.NewReader(bytes.Replace(rare, []byte("company"), head, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Company.RunOneImport(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Company.Start(w.As("captain"), company.ByID{ID: job.ID}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Company.RunOneImport(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, err := w.Company.List(w.As("captain"), company.Query{Q: "䶮𬭎"})
		if err != nil || len(list.Items) != 1 || list.Items[0].Name != "深圳市䶮𬭎电子" {
			t.Errorf("%+v %v", list.Items, err)
		}
		status, body := w.Do(w.Client("officer"), w.Request("POST", "/api/v1/companies", "{\"name\":\"\xC9\xEE\xDB\xDA\"}"))
		if status != http.StatusBadRequest || !strings.Contains(body, "not_utf8") {
			t.Errorf("bytes that are no UTF-8: %d %.200s", status, body)
		}
		r := w.Request("POST", "/companies", "name=%C9%EE%DB%DA&kind=enterprise")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "text/html")
		if status, body := w.Do(w.Client("officer"), r); status != http.StatusUnprocessableEntity || !strings.Contains(body, `id="f-name-e"`) {
			t.Errorf("a form that is no UTF-8: %d %.200s", status, body)
		}
	})
}

// TestBadBytes_log: what a stranger sends cannot write a line of the log, names nobody in it, and does not pass for another address.
func TestBadBytes_log(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	var log bytes.Buffer
	server := httptest.NewServer(w.App.Mux(wire.Serving{Logger: slog.New(slog.NewJSONHandler(&log, nil))}))
	defer server.Close()
	forged := "x\r\n{\"level\":\"info\",\"msg\":\"login ok\",\"user\":\"root\"}\x1b[2J"
	for _, path := range []string{"/api/v1/companies/%0A%7B%22msg%22%3A%22login%20ok%22%7D", "/api/v1/companies?q=%0d%0alogin%20ok", "/login"} {
		raw := "GET " + path + " HTTP/1.1\r\nHost: x\r\nUser-Agent: " + forged + "\r\nX-Forwarded-For: 127.0.0.1\r\nConnection: close\r\n\r\n"
		conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte(raw))
		_, _ = io.ReadAll(conn)
		_ = conn.Close()
	}
	w.URL = server.URL
	for _, x := range []struct{ method, path, body string }{
		{"POST", "/api/v1/session", `{"login":"admin\r\n{\"msg\":\"login ok\"}","password":"13800138000"}`},
		{"POST", "/api/v1/contacts", `{"company":"none\nlogin ok","name":"张三丰","phone":"13800138000","basis":"card"}`},
		{"POST", "/api/v1/session", "{\"login\":\"\x1b[2J\",\"password\":\"x\"}"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), x.method, server.URL+x.path, strings.NewReader(x.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		w.Do(w.Client("officer"), r)
	}
	for _, line := range strings.Split(strings.TrimSpace(log.String()), "\n") {
		var record map[string]any
		if line != "" && json.Unmarshal([]byte(line), &record) != nil {
			t.Errorf("a line of the log that the program did not write: %q", line)
		}
		if record["msg"] == "login ok" {
			t.Errorf("a forged line: %q", line)
		}
	}
	for _, private := range []string{"13800138000", "张三丰", "\x1b[2J"} {
		if strings.Contains(log.String(), private) {
			t.Errorf("the log holds %q:\n%s", private, log.String())
		}
	}
}
