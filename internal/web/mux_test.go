package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"zhudian/internal/fault"
)

type makeIn struct {
	ID     string   `json:"id,omitempty"`
	Name   string   `json:"name"`
	Amount int64    `json:"amount" money:"wan" minimum:"0"`
	Tags   []string `json:"tags"`
	On     string   `json:"on" format:"date"`
}

type makeOut struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Fen  int64  `json:"fen"`
}

type listIn struct {
	ID    string `json:"id"`
	Limit int    `json:"limit"`
	State string `json:"state"`
}

func makeUse(_ context.Context, in makeIn) (makeOut, error) {
	if in.Name == "boom" {
		return makeOut{}, fault.Wrap(http.ErrBodyNotAllowed, "SELECT secret FROM t")
	}
	if in.Name == "" {
		return makeOut{}, fault.BadField("name", "required", "请填写名称。", "Name is required.")
	}
	return makeOut{in.ID, in.Name, in.Amount}, nil
}

// testMux is a mux with one route of each sort and a guard that lets the bearer of "ok" in.
func testMux(t *testing.T) *Mux {
	t.Helper()
	m := New(Options{Version: "test", Guard: func(r *http.Request, perm string) (*http.Request, error) {
		if r.Header.Get("Authorization") == "Bearer ok" || strings.Contains(r.Header.Get("Cookie"), "sid=ok") {
			return r, nil
		}
		return nil, fault.New(fault.Unauthenticated, "sign_in", "请先登录。", "Sign in first.")
	}, Shell: func(r *http.Request) Shell {
		return Shell{Person: &Person{Name: "杨昌慧"}, Can: func(string) bool { return true }}
	}})
	Post(m, "/api/v1/things", "thing.create", makeUse, Status(201))
	Put(m, "/api/v1/things/{id}", "thing.update", makeUse)
	Get(m, "/api/v1/things/{id}", "thing.read", func(_ context.Context, in listIn) (listIn, error) { return in, nil })
	m.Page("GET /things", "thing.read", func(*http.Request) (templ.Component, error) { return templ.Raw("<p>things</p>"), nil })
	m.Page("POST /things", "thing.create", func(r *http.Request) (templ.Component, error) {
		in, err := Form[makeIn](r)
		if err == nil {
			_, err = makeUse(r.Context(), in)
		}
		if err != nil {
			return Retry(templ.Raw("<form>again</form>"), err)
		}
		return RedirectToast("/things", Toast{Text: "done"}), nil
	})
	m.Page("GET /panic", "", func(*http.Request) (templ.Component, error) { panic("secret detail") }, Public)
	m.Page("GET /gone", "", func(*http.Request) (templ.Component, error) {
		return nil, fault.Wrap(http.ErrBodyNotAllowed, "SELECT secret FROM t")
	}, Public)
	return m
}

type sent struct {
	method, path, body string
	header             map[string]string
}

func ask(m http.Handler, s sent) *httptest.ResponseRecorder {
	r := httptest.NewRequest(s.method, s.path, strings.NewReader(s.body))
	for k, v := range s.header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w
}

func TestEndpoint(t *testing.T) {
	m := testMux(t)
	js := map[string]string{"Authorization": "Bearer ok", "Content-Type": "application/json"}
	for _, c := range []struct {
		name         string
		in           sent
		status       int
		code, inBody string
	}{
		{"made", sent{"POST", "/api/v1/things", `{"name":"x","amount":5}`, js}, 201, "", `"fen":5`},
		{"unknown field", sent{"POST", "/api/v1/things", `{"name":"x","status":"verified"}`, js}, 422, "invalid", `"field":"status","code":"unknown_field"`},
		{"other case is unknown", sent{"POST", "/api/v1/things", `{"NAME":"x"}`, js}, 422, "invalid", `unknown_field`},
		{"wrong type", sent{"POST", "/api/v1/things", `{"name":7}`, js}, 422, "invalid", `"code":"not_text"`},
		{"below minimum", sent{"POST", "/api/v1/things", `{"name":"x","amount":-1}`, js}, 422, "invalid", `不能小于 0`},
		{"too large for int64", sent{"POST", "/api/v1/things", `{"name":"x","amount":1e30}`, js}, 422, "invalid", `"field":"amount"`},
		{"not JSON", sent{"POST", "/api/v1/things", `{"name":`, js}, 400, "bad_json", ""},
		{"two values", sent{"POST", "/api/v1/things", `{"name":"x"}{"name":"y"}`, js}, 400, "bad_json", ""},
		{"text/plain", sent{"POST", "/api/v1/things", `{"name":"x"}`, map[string]string{"Authorization": "Bearer ok", "Content-Type": "text/plain"}}, 400, "bad_content_type", ""},
		{"rule of the use case", sent{"POST", "/api/v1/things", `{}`, js}, 422, "invalid", `"field":"name","code":"required"`},
		{"query on a POST", sent{"POST", "/api/v1/things?x=1", `{"name":"x"}`, js}, 400, "unknown_filter", ""},
		{"too large", sent{"POST", "/api/v1/things", `{"name":"` + strings.Repeat("x", 1<<20) + `"}`, js}, 413, "body_too_large", ""},
		{"path fills id", sent{"PUT", "/api/v1/things/7", `{"name":"x"}`, js}, 200, "", `"id":"7"`},
		{"path against body", sent{"PUT", "/api/v1/things/7", `{"id":"8","name":"x"}`, js}, 422, "invalid", `path_mismatch`},
		{"query", sent{"GET", "/api/v1/things/7?limit=20&state=a", "", js}, 200, "", `{"id":"7","limit":20,"state":"a"}`},
		{"unknown filter", sent{"GET", "/api/v1/things/7?stat=a", "", js}, 400, "unknown_filter", ""},
		{"bad filter", sent{"GET", "/api/v1/things/7?limit=x", "", js}, 400, "bad_filter", `"field":"limit"`},
		{"stranger", sent{"GET", "/api/v1/things/7", "", nil}, 401, "sign_in", ""},
		{"no such endpoint", sent{"GET", "/api/v1/nothing", "", js}, 404, "not_found", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(m, c.in)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.inBody) {
				t.Fatalf("got %d %s", w.Code, w.Body)
			}
			if c.code == "" {
				return
			}
			var p Problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			if p.Code != c.code || p.Status != c.status || p.Title == "" || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("got %+v, %s", p, w.Header().Get("Content-Type"))
			}
		})
	}
}

func TestFault_neverShowsCause(t *testing.T) {
	m := testMux(t)
	for _, s := range []sent{
		{"POST", "/api/v1/things", `{"name":"boom"}`, map[string]string{"Authorization": "Bearer ok", "Content-Type": "application/json"}},
		{"GET", "/gone", "", nil},
		{"GET", "/gone", "", map[string]string{"HX-Request": "true"}},
		{"GET", "/panic", "", nil},
		{"GET", "/panic", "", map[string]string{"Accept-Encoding": "gzip"}},
	} {
		w := ask(m, s)
		if w.Code != 500 {
			t.Errorf("%s: %d", s.path, w.Code)
		}
		if strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "goroutine") {
			t.Errorf("%s shows its cause: %s", s.path, w.Body)
		}
	}
}

func TestRoute_needsPermission(t *testing.T) {
	for _, f := range []func(m *Mux){
		func(m *Mux) { m.Raw("GET /x", "", nil) },
		func(m *Mux) { m.Raw("GET /x", "a.b", nil, Public) },
		func(m *Mux) { m.Raw("/x", "a.b", nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("registered")
				}
			}()
			f(New(Options{}))
		}()
	}
}
