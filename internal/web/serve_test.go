package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/a-h/templ"
)

var update = flag.Bool("update", false, "write the goldens")

// TestOpenAPI keeps the document of the test routes, and finds it the same twice.
func TestOpenAPI(t *testing.T) {
	got, err := testMux(t).OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if again, _ := testMux(t).OpenAPI(); !bytes.Equal(got, again) {
			t.Fatal("the document changes from run to run")
		}
	}
	const golden = "testdata/openapi.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("differs from " + golden + "; look at it and run with -update")
	}
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]any `json:"content"`
			} `json:"responses"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(got, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" || doc.Paths["/api/v1/things"]["post"].Responses["422"].Content["application/problem+json"] == nil {
		t.Error("the errors are not documented")
	}
	if w := ask(testMux(t), sent{"GET", "/api/openapi.json", "", nil}); w.Code != 200 || w.Body.String() != string(want) {
		t.Error("the served document differs")
	}
	if w := ask(testMux(t), sent{"GET", "/api/docs", "", nil}); w.Code != 200 || !strings.Contains(w.Body.String(), "/api/v1/things/{id}") {
		t.Error("the documentation page")
	}
}

func TestSqueezed(t *testing.T) {
	m := testMux(t)
	long := strings.Repeat("一二三", 2000)
	m.Page("GET /long", "", func(*http.Request) (templ.Component, error) { return Plain(long), nil }, Public)
	m.Page("GET /short", "", func(*http.Request) (templ.Component, error) { return Plain("x"), nil }, Public)
	m.Raw("GET /stream", "", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		for range 3 {
			_, _ = io.WriteString(w, "a,b\n")
			_ = http.NewResponseController(w).Flush()
		}
	}, Public)
	m.Raw("GET /binary", "", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		_, _ = io.WriteString(w, long)
	}, Public)
	gz := map[string]string{"Accept-Encoding": "br, gzip"}
	for path, want := range map[string]bool{"/long": true, "/short": false, "/stream": true, "/binary": false, Asset("zd.css"): true, Asset("vendor/inter-latin.woff2"): false} {
		w := ask(m, sent{"GET", path, "", gz})
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != want || w.Code != 200 {
			t.Errorf("%s: %d, compressed %v", path, w.Code, got)
			continue
		}
		if want {
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(z); err != nil || path == "/long" && string(b) != long || path == "/stream" && string(b) != "a,b\na,b\na,b\n" {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	for _, h := range []string{"", "gzip;q=0", "identity"} {
		if w := ask(m, sent{"GET", "/long", "", map[string]string{"Accept-Encoding": h}}); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%q: compressed", h)
		}
	}
}

func TestStatic(t *testing.T) {
	m := testMux(t)
	w := ask(m, sent{"GET", Asset("zd.js"), "", nil})
	tag := w.Header().Get("Etag")
	if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := ask(m, sent{"GET", Asset("zd.js"), "", map[string]string{"If-None-Match": tag}}); w.Code != 304 || w.Body.Len() > 0 {
		t.Errorf("not modified: %d", w.Code)
	}
	if w := ask(m, sent{"GET", "/static/oldbuild/zd.js", "", nil}); w.Code != 200 || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("old build: %d %v", w.Code, w.Header())
	}
	for _, p := range []string{"/static/x/../mux.go", "/static/x/..%2f..%2fmux.go", "/static/x/nothing", "/static/x/vendor"} {
		if w := ask(m, sent{"GET", p, "", nil}); w.Code == 200 {
			t.Errorf("%s is served", p)
		}
	}
}

// TestPrefs: the choices of the top bar are kept in cookies and lead back to this site only.
func TestPrefs(t *testing.T) {
	m := testMux(t)
	h := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Bearer ok"}
	w := ask(m, sent{"POST", "/shell/prefs", "lang=en&next=/companies", h})
	if c := w.Result().Cookies(); w.Code != 303 || w.Header().Get("Location") != "/companies" || len(c) != 1 || c[0].Name != "zd_lang" || !c[0].HttpOnly {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := ask(m, sent{"POST", "/shell/prefs", "lang=en&next=//evil.example", h}); w.Header().Get("Location") != "/" {
		t.Errorf("leads to %s", w.Header().Get("Location"))
	}
	if w := ask(m, sent{"POST", "/shell/prefs", "lang=xx", h}); w.Code != 422 {
		t.Errorf("lang xx: %d", w.Code)
	}
	if w := ask(m, sent{"POST", "/shell/as-of", "date=2020-09-30&book=filed&next=/", h}); w.Code != 303 || !strings.Contains(w.Header().Get("Set-Cookie"), "zd_asof=2020-09-30.filed") {
		t.Errorf("as-of: %d %v", w.Code, w.Header())
	}
	if w := ask(m, sent{"POST", "/shell/as-of", "date=2020-09-31&book=filed", h}); w.Code != 422 {
		t.Errorf("31 September: %d", w.Code)
	}
}

// TestAsOf: the URL beats the cookie, the cookie the default; chips follow, their own question comes first.
func TestAsOf(t *testing.T) {
	m := New(Options{Shell: func(*http.Request) Shell { return Shell{AsOf: AsOf{Date: "2020-12-15", Book: "recognised"}} }})
	m.Page("GET /fig", "", func(*http.Request) (templ.Component, error) {
		return Prose(Fig(FigProps{Value: "843"}), Fig(FigProps{Value: "1", Query: map[string][]string{"through": {"2019-12-31"}}})), nil
	}, Public)
	for _, c := range []struct{ query, cookie, want string }{
		{"", "", "book=recognised&amp;through=2020-12-15"},
		{"", "zd_asof=2020-09-30.filed", "book=filed&amp;through=2020-09-30"},
		{"?as_of=2020-06-30", "zd_asof=2020-09-30.filed", "book=filed&amp;through=2020-06-30"},
		{"?as_of=x&as_book=y", "zd_asof=bad", "book=recognised&amp;through=2020-12-15"},
	} {
		w := ask(m, sent{"GET", "/fig" + c.query, "", map[string]string{"Cookie": c.cookie}})
		if b := w.Body.String(); !strings.Contains(b, c.want) || !strings.Contains(b, "through=2019-12-31") {
			t.Errorf("%+v: %s", c, b)
		}
	}
}

// TestNav: what a person may not see is not there.
func TestNav(t *testing.T) {
	m := New(Options{Guard: func(r *http.Request, _ string) (*http.Request, error) { return r, nil }, Shell: func(*http.Request) Shell {
		return Shell{Person: &Person{Name: "x"}, Can: func(p string) bool { return p == "visit.read" }}
	}})
	m.Nav(NavItem{Key: "visits", Icon: "walk", URL: "/visits", Perm: "visit.read", Group: GroupField})
	m.Nav(NavItem{Key: "audit", Icon: "history", URL: "/admin/audit", Perm: "audit.read", Group: GroupAdmin})
	m.Page("GET /", AnyPerson, func(*http.Request) (templ.Component, error) { return App(PageProps{Title: "x", Nav: "visits"}), nil })
	b := ask(m, sent{"GET", "/", "", map[string]string{"Accept-Language": "zh"}}).Body.String()
	if !strings.Contains(b, "走访") || strings.Contains(b, "/admin/audit") || strings.Contains(b, "管理") {
		t.Error("the menu shows too much or too little")
	}
}

// TestPart: htmx gets the fragment alone, a browser the page around it; public pages say how to be cached.
func TestPart(t *testing.T) {
	m := New(Options{})
	m.Page("GET /part", "", func(r *http.Request) (templ.Component, error) {
		frag := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			_, _ = io.WriteString(w, "<main>")
			defer func() { _, _ = io.WriteString(w, "</main>") }()
			return templ.Fragment("rows").Render(templ.WithChildren(ctx, Plain("rows")), w)
		})
		return Part(r, frag, "rows"), nil
	}, Public, Cache("public, max-age=60"))
	if w := ask(m, sent{"GET", "/part", "", nil}); w.Body.String() != "<main>rows</main>" || w.Header().Get("Cache-Control") != "public, max-age=60" {
		t.Errorf("page: %s %v", w.Body, w.Header())
	}
	if w := ask(m, sent{"GET", "/part", "", map[string]string{"HX-Request": "true"}}); w.Body.String() != "rows" {
		t.Errorf("part: %s", w.Body)
	}
}

// TestPanicMidway: when half an answer is out, the connection is cut instead of ending well.
func TestPanicMidway(t *testing.T) {
	m := testMux(t)
	m.Raw("GET /half", "", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 5000))
		panic("midway")
	}, Public)
	defer func() {
		if recover() != http.ErrAbortHandler { //nolint:errorlint // net/http compares it the same way
			t.Error("the half answer looks whole")
		}
	}()
	ask(m, sent{"GET", "/half", "", nil})
}
