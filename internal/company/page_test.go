package company

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/sheet"
	"zhudian/internal/web"
)

// site is the library behind the web kit, seen by one person.
type site struct {
	t   *testing.T
	s   *Service
	mux *web.Mux
}

func openSite(t *testing.T, ctx context.Context) *site {
	t.Helper()
	s := withFiles(t, world(t, dbtest.Open(t, db.SQLite)))
	who, _ := audit.Who(ctx)
	m := web.New(web.Options{
		Guard: func(r *http.Request, _ string) (*http.Request, error) {
			return r.WithContext(audit.With(r.Context(), who)), nil
		},
		Shell: func(*http.Request) web.Shell {
			return web.Shell{Person: &web.Person{Name: "张三"}, Can: who.May, Today: "2020-12-16"}
		},
	})
	s.Mount(m)
	return &site{t, s, m}
}

func (s *site) do(method, path, kind string, body io.Reader) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, path, body)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	return w
}

func (s *site) get(path string) string {
	s.t.Helper()
	w := s.do("GET", path, "", nil)
	if w.Code != http.StatusOK {
		s.t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

func (s *site) post(path string, form url.Values) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.do("POST", path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (s *site) upload(path, name string, data []byte) *httptest.ResponseRecorder {
	s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = f.Write(data)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	_ = w.Close()
	return s.do("POST", path, w.FormDataContentType(), &b)
}

// rawKey is a text of the catalogue that was not found.
var rawKey = regexp.MustCompile(`>\s*(company|org|nav|web)\.[a-z_.]+\s*<`)

func TestPages(t *testing.T) {
	s := openSite(t, as("zhang", "520602"))
	evil := `<img src=x onerror=alert(1)>"><button hx-post="/logout" hx-trigger="load">`
	w := s.post("/companies", url.Values{
		"name": {evil}, "kind": {"enterprise"}, "capital": {"５,000.5"}, "currency": {"CNY"}, "address": {"深圳市南山区"},
		"former": {"甲厂\r\n乙厂"}, "tags": {"listed", "high_tech"}, "registered_on": {"2015年3月2日"},
	})
	if w.Code != http.StatusSeeOther {
		t.Fatalf("create: %d %s", w.Code, w.Body)
	}
	at := w.Header().Get("Location")
	id := strings.TrimPrefix(at, "/companies/")
	c := must[Record](t)(s.s.Get(as("zhang", "520602"), ByID{id}))
	if *c.Capital != 5000_5000_00 || len(c.Former) != 2 || c.TagCodes != "|high_tech|listed|" || c.RegisteredOn != "2015-03-02" || c.Name != evil {
		t.Errorf("stored as %+v", c)
	}
	must[Contact](t)(s.s.AddContact(as("zhang", "520602"), AddContact{Company: id, Person: Person{Name: evil, Phone: "13800138000"}, Basis: "card"}))
	other := must[Record](t)(s.s.Create(as("zhang", "520602"), Create{Facts: Facts{Name: "另一家"}}))
	for _, path := range []string{
		"/companies", "/companies?q=img&city=440300&sort=name", "/companies?q=没有", at, at + "/edit", at + "/contacts", "/companies/new", "/contacts", "/contacts?q=8000",
		"/search?q=img", "/search?q=8000", "/companies/hints?name=" + url.QueryEscape(evil), "/companies/merge?keep=" + id + "&gone=" + other.ID, "/imports",
	} {
		for _, lang := range []string{"zh", "en"} {
			sep := "?"
			if strings.Contains(path, "?") {
				sep = "&"
			}
			body := s.get(path + sep + "lang=" + lang)
			if strings.Contains(body, "<img src=x") || strings.Contains(body, `<button hx-post="/logout"`) {
				t.Errorf("%s lets markup through", path)
			}
			if k := rawKey.FindString(body); k != "" {
				t.Errorf("%s shows %s", path, k)
			}
			if strings.Contains(body, "13800138000") {
				t.Errorf("%s shows a phone", path)
			}
		}
	}
}

func TestForms_refuse(t *testing.T) {
	s := openSite(t, as("zhang", "520602"))
	w := s.post("/companies", url.Values{"name": {""}, "kind": {"enterprise"}, "credit_code": {"9131OO00MA0000015F"}, "capital": {"1.5亿"}, "currency": {"CNY"}})
	body := w.Body.String()
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(body, "15000") || !strings.Contains(body, `value="9131OO00MA0000015F"`) {
		t.Errorf("%d, the text and the offered value are missing: %s", w.Code, body)
	}
	if w = s.post("/companies", url.Values{"name": {"x"}, "status": {"verified"}, "verified_by": {"me"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("an unknown field: %d", w.Code)
	}
	rec := must[Record](t)(s.s.Create(as("zhang", "520602"), Create{Facts: Facts{Name: "甲公司"}}))
	edit := url.Values{"name": {"乙公司"}, "kind": {"enterprise"}, "version": {"1"}, "currency": {"CNY"}}
	if w = s.post("/companies/"+rec.ID, edit); w.Code != http.StatusSeeOther {
		t.Fatalf("edit: %d %s", w.Code, w.Body)
	}
	edit.Set("name", "丙公司")
	w = s.post("/companies/"+rec.ID, edit)
	body = w.Body.String()
	if w.Code != http.StatusConflict || !strings.Contains(body, "乙公司") || !strings.Contains(body, `value="丙公司"`) || !strings.Contains(body, `name="version" value="2"`) {
		t.Errorf("a stale edit: %d %s", w.Code, body)
	}
	if w = s.do("GET", "/companies?amount=1", "", nil); w.Code != http.StatusBadRequest {
		t.Errorf("an unknown filter: %d", w.Code)
	}
	if w = s.do("GET", "/api/v1/companies?limit=1000000000", "", nil); w.Code != http.StatusBadRequest {
		t.Errorf("a huge page: %d", w.Code)
	}
	for _, id := range []string{"00000000-0000-0000-0000-000000000000", "..%2f..%2fetc%2fpasswd"} {
		if w = s.do("GET", "/companies/"+id, "", nil); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", id, w.Code)
		}
	}
	for path, name := range map[string]string{"a.svg": "file_type", "a.xls": "file_type"} {
		if w = s.upload("/api/v1/imports", path, []byte("<svg/>")); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), name) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestAPI(t *testing.T) {
	s := openSite(t, as("zhang", "520602"))
	w := s.do("POST", "/api/v1/companies", "application/json", strings.NewReader(`{"id":"01-a","name":"甲公司","credit_code":"`+madeCode(1)+`","capital":500000000,"tags":[{"code":"listed"}]}`))
	if w.Code != http.StatusCreated {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w = s.do("POST", "/api/v1/companies", "application/json", strings.NewReader(`{"name":"x","status":"active","org_id":"440305"}`)); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("an unknown field: %d %s", w.Code, w.Body)
	}
	var l List
	if err := json.Unmarshal([]byte(s.get("/api/v1/companies?q=jia&total=true")), &l); err != nil || len(l.Items) != 1 || *l.Total != 1 || *l.Items[0].Capital != 500000000 {
		t.Errorf("%+v %v", l, err)
	}
	w = s.do("PUT", "/api/v1/companies/01-a", "application/json", strings.NewReader(`{"id":"01-a","version":1,"name":"甲公司","address":"深圳市福田区"}`))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"region":"440304"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = s.do("GET", "/companies/export?format=csv", "", nil)
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") || !strings.Contains(w.Body.String(), "甲公司") {
		t.Errorf("export: %d %v", w.Code, w.Header())
	}
	w = s.post("/companies/export", url.Values{"ids": {"01-a"}})
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != sheet.XLSX.MIME() {
		t.Errorf("export of a choice: %d %v", w.Code, w.Header())
	}
	if w = s.post("/companies/merge/choose", url.Values{"ids": {"01-a"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("merging one: %d", w.Code)
	}
	if w = s.do("GET", "/imports/template", "", nil); w.Code != http.StatusOK || w.Body.Len() < 1000 {
		t.Errorf("template: %d", w.Code)
	}
}

func TestImport_onThePage(t *testing.T) {
	s := openSite(t, as("zhang", "520602"))
	w := s.upload("/imports", "名录.csv", append(dirtyTable(20), "坏公司,123,,,,,,,\n"...))
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	at := w.Header().Get("Location")
	if body := s.get(at); !strings.Contains(body, at+"/part") {
		t.Error("the page does not look again while it is checked")
	}
	oneRun(t, s.s)
	for _, lang := range []string{"zh", "en"} {
		body := s.get(at + "?lang=" + lang)
		if k := rawKey.FindString(body); k != "" || !strings.Contains(body, "mapping[0]") || !strings.Contains(body, at+"/report") {
			t.Errorf("ready page: %s %s", k, body)
		}
	}
	form := url.Values{}
	for i, key := range []string{"name", "credit_code", "", "", "", "", "", "", "address"} {
		form.Set("mapping["+itoa(i)+"]", key)
	}
	if w = s.post(at+"/check", form); w.Code != http.StatusSeeOther {
		t.Fatalf("check: %d %s", w.Code, w.Body)
	}
	oneRun(t, s.s)
	if w = s.post(at+"/start", nil); w.Code != http.StatusSeeOther {
		t.Fatalf("start: %d %s", w.Code, w.Body)
	}
	oneRun(t, s.s)
	if body := s.get(at); strings.Contains(body, "/part") || !strings.Contains(body, "/companies?source=import/") {
		t.Error("the page of a finished import")
	}
	l := must[List](t)(s.s.List(as("zhang", "520602"), Query{}))
	if len(l.Items) != 20 || l.Items[0].Capital != nil || l.Items[0].Address == "" {
		t.Errorf("%d stored, %+v", len(l.Items), l.Items[0])
	}
	if w = s.do("GET", at+"/report?format=csv", "", nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "坏公司") {
		t.Errorf("report: %d %s", w.Code, w.Body)
	}
	if w = s.post(at+"/cancel", nil); w.Code != http.StatusConflict {
		t.Errorf("cancel when done: %d", w.Code)
	}
}
