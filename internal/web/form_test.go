package web

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"zhudian/internal/fault"
)

type ctxT = context.Context

type share struct {
	Unit string `json:"unit"`
	Part int64  `json:"part"`
}

type state string

type page struct {
	Limit int    `json:"limit"`
	After string `json:"after"`
}

type bigForm struct {
	page
	Name   string   `json:"name" maxLength:"40"`
	State  state    `json:"state" enum:"talks,signed"`
	Amount int64    `json:"amount" money:"wan"`
	On     string   `json:"on" format:"date"`
	Ready  bool     `json:"ready"`
	Floor  *int64   `json:"floor"`
	Tags   []string `json:"tags"`
	Shares []share  `json:"shares"`
	Secret string   `json:"-"`
}

func form(body string) (bigForm, error) {
	r := httptest.NewRequest("POST", "/x?name=fromquery", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return Form[bigForm](r)
}

func TestForm(t *testing.T) {
	floor := int64(12)
	in, err := form("name=凌汐&state=signed&amount=2,160.5&on=2020/12/5&ready=0&ready=on&floor=１２&tags=a&tags=b&shares[0].unit=碧江&shares[0].part=7&shares[1].unit=万山&limit=20&_next=/x")
	if err != nil {
		t.Fatal(err)
	}
	want := bigForm{
		page: page{Limit: 20}, Name: "凌汐", State: "signed", Amount: 2160500000, On: "2020-12-05", Ready: true, Floor: &floor,
		Tags: []string{"a", "b"}, Shares: []share{{"碧江", 7}, {"万山", 0}},
	}
	if !reflect.DeepEqual(in, want) {
		t.Errorf("got %+v", in)
	}
	if in, err = form("floor=&amount=&on=&tags="); err != nil || in.Floor != nil || in.Tags != nil {
		t.Errorf("blank inputs: %+v %v", in, err)
	}
}

func TestForm_refuses(t *testing.T) {
	for body, code := range map[string]string{
		"status=verified": "unknown_field", "Secret=x": "unknown_field", "hidden=x": "unknown_field", "-=x": "unknown_field", "page.limit=1": "unknown_field",
		"shares[0].x=1": "unknown_field", "shares[2000].unit=x": "unknown_field", "shares[-1].unit=x": "unknown_field", "name.x=1": "unknown_field",
		"name=a&name=b": "repeated", "amount=1.5亿": "other_unit", "amount=NaN": "not_number", "on=2020-02-30": "no_such_day", "ready=maybe": "not_boolean", "state=verified": "not_a_choice", "name=" + strings.Repeat("长", 41): "too_long",
		"name=a%E2%80%8Bb": "invisible_character", "name=%E2%80%AEfdp.exe": "invisible_character", "limit=99999999999999999999": "too_large",
	} {
		_, err := form(body)
		if !fault.Is(err, fault.Invalid) || !fault.Has(err, code) {
			t.Errorf("%s: %v", body, err)
		}
	}
	r := httptest.NewRequest("POST", "/x", strings.NewReader(`{"name":"x"}`))
	r.Header.Set("Content-Type", "text/plain")
	if _, err := Form[bigForm](r); !fault.Has(err, "bad_content_type") {
		t.Errorf("text/plain: %v", err)
	}
}

func TestForm_multipart(t *testing.T) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("name", "回单")
	f, _ := w.CreateFormFile("files", "a.pdf")
	_, _ = f.Write([]byte("%PDF-1.7"))
	_ = w.Close()
	r := httptest.NewRequest("POST", "/x", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	in, err := Form[bigForm](r)
	if err != nil || in.Name != "回单" {
		t.Fatalf("%+v %v", in, err)
	}
	fs, err := Files(r, "files")
	if err != nil || len(fs) != 1 {
		t.Fatalf("%v %v", fs, err)
	}
	if b, err := ReadFile(fs[0], 100); err != nil || string(b) != "%PDF-1.7" {
		t.Errorf("%s %v", b, err)
	}
	if _, err := ReadFile(fs[0], 3); !fault.Is(err, fault.TooLarge) {
		t.Errorf("over the limit: %v", err)
	}
}

func TestQuery(t *testing.T) {
	for q, code := range map[string]string{"limit=5&as_of=2020-12-15&lang=en": "", "stat=x": "unknown_filter", "limit=x": "bad_filter", "state=x": "bad_filter", "limit=1;x": "bad_query", "limit=1&limit=2": "bad_filter"} {
		r := httptest.NewRequest("GET", "/x", nil)
		r.URL.RawQuery = q
		_, err := Query[bigForm](r)
		if (err == nil) != (code == "") || err != nil && (fault.Of(err).Code != code || StatusOf(err) != 400) {
			t.Errorf("%s: %v", q, err)
		}
	}
}

func TestFormPage(t *testing.T) {
	m := testMux(t)
	h := map[string]string{"Authorization": "Bearer ok", "Content-Type": "application/x-www-form-urlencoded"}
	w := ask(m, sent{"POST", "/things", "name=", h})
	if w.Code != 422 || !strings.Contains(w.Body.String(), "again") {
		t.Errorf("the form does not come back: %d %s", w.Code, w.Body)
	}
	h["HX-Request"] = "true"
	if w = ask(m, sent{"POST", "/things", "name=x", h}); w.Header().Get("HX-Redirect") != "/things" || len(w.Result().Cookies()) != 1 {
		t.Errorf("htmx redirect: %v", w.Header())
	}
	if w = ask(m, sent{"POST", "/things", "name=boom", h}); w.Code != 500 || w.Header().Get("HX-Retarget") != "#zd-notice" {
		t.Errorf("htmx notice: %d %v", w.Code, w.Header())
	}
}

// FuzzForm: no body makes the binder panic, and what it accepts it can say again.
func FuzzForm(f *testing.F) {
	for _, s := range []string{"name=x&amount=1", "shares[0].unit=a&shares[0][part]=2", "shares[][x]=1", "a.b.c=1", "tags=a&tags=b", "%zz", "floor=1&floor=2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if _, err := url.ParseQuery(body); err != nil || len(body) > 4096 {
			return
		}
		in, err := form(body)
		if err == nil && invisible(in.Name) >= 0 {
			t.Fatalf("%q lets %q through", body, in.Name)
		}
		if err != nil && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Malformed) {
			t.Fatalf("%q: %v", body, err)
		}
	})
}

// TestForm_emptyFile: browsers send a file input without a file as an empty value; that is no field of its own.
func TestForm_emptyFile(t *testing.T) {
	type visit struct {
		Said string `json:"said"`
	}
	body := "--x\r\nContent-Disposition: form-data; name=\"said\"\r\n\r\nwords\r\n--x\r\nContent-Disposition: form-data; name=\"evidence\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--x--\r\n"
	r := httptest.NewRequest("POST", "/visits", strings.NewReader(body))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	if in, err := Form[visit](r); err != nil || in.Said != "words" {
		t.Errorf("%+v %v", in, err)
	}
}
