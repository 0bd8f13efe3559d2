package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"zhudian/internal/fault"
)

// TestHeaders: every route, asked in every way, answers with the security headers, errors included.
func TestHeaders(t *testing.T) {
	m := testMux(t)
	Get(m, "/api/v1/panic", "", func(ctx ctxT, in struct{}) (struct{}, error) { panic("x") }, Public)
	want := map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Content-Security-Policy": policy,
	}
	seen := map[int]bool{}
	for _, rt := range append(m.Routes(), Route{Method: "GET", Pattern: "/nowhere"}, Route{Method: "PATCH", Pattern: "/things"},
		Route{Method: "GET", Pattern: "/api/v1/things/7?stat=x"}) {
		path := strings.NewReplacer("{build}", "x", "{name...}", "zd.css", "{id}", "7").Replace(rt.Pattern)
		for _, h := range []map[string]string{
			nil,
			{"Authorization": "Bearer ok"},
			{"HX-Request": "true"},
			{"Accept-Encoding": "gzip", "Authorization": "Bearer ok"},
			{"Cookie": "sid=ok", "Sec-Fetch-Site": "cross-site"},
		} {
			w := ask(m, sent{rt.Method, path, "", h})
			seen[w.Code] = true
			for k, v := range want {
				if w.Header().Get(k) != v {
					t.Errorf("%s %s → %d: %s = %q", rt.Method, path, w.Code, k, w.Header().Get(k))
				}
			}
			if !rt.Public && rt.Perm != "" && w.Code < 300 && w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s %s may be stored", rt.Method, path)
			}
		}
	}
	for _, code := range []int{200, 303, 400, 401, 403, 404, 500} {
		if !seen[code] {
			t.Errorf("no answer was %d: %v", code, seen)
		}
	}
	for _, bad := range []string{"unsafe-inline", "unsafe-eval", "http:", "https:", "*"} {
		if strings.Contains(policy, bad) {
			t.Errorf("policy allows %s", bad)
		}
	}
}

// TestCrossSite: an unsafe request with the session cookie passes only when the browser says it comes from
// this very origin.
func TestCrossSite(t *testing.T) {
	const host = "zd.example"
	for _, c := range []struct {
		name   string
		header map[string]string
		want   int
	}{
		{"same origin by Sec-Fetch-Site", map[string]string{"Sec-Fetch-Site": "same-origin"}, 303},
		{"typed by the person", map[string]string{"Sec-Fetch-Site": "none"}, 303},
		{"same origin by Origin", map[string]string{"Origin": "https://" + host}, 303},
		{"both", map[string]string{"Origin": "https://" + host, "Sec-Fetch-Site": "same-origin"}, 303},
		{"cross site", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"same site, other host", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"other origin", map[string]string{"Origin": "https://evil.example"}, 403},
		{"other scheme", map[string]string{"Origin": "http://" + host}, 403},
		{"other scheme, claimed same", map[string]string{"Origin": "http://" + host, "Sec-Fetch-Site": "same-origin"}, 403},
		{"other port", map[string]string{"Origin": "https://" + host + ":8443"}, 403},
		{"null origin", map[string]string{"Origin": "null"}, 403},
		{"neither", nil, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := testMux(t)
			m.opt.PublicURL = "https://" + host
			h := map[string]string{"Cookie": "sid=ok", "Content-Type": "application/x-www-form-urlencoded"}
			for k, v := range c.header {
				h[k] = v
			}
			r := httptest.NewRequest("POST", "https://"+host+"/things", strings.NewReader("name=x"))
			for k, v := range h {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			m.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
		})
	}
	t.Run("a token needs no origin", func(t *testing.T) {
		w := ask(testMux(t), sent{"POST", "/things", "name=x", map[string]string{
			"Authorization": "Bearer ok", "Sec-Fetch-Site": "cross-site",
			"Content-Type": "application/x-www-form-urlencoded",
		}})
		if w.Code != 303 {
			t.Errorf("got %d", w.Code)
		}
	})
	t.Run("an empty token is none", func(t *testing.T) {
		w := ask(testMux(t), sent{"POST", "/things", "name=x", map[string]string{
			"Authorization": "Bearer ", "Cookie": "sid=ok",
			"Content-Type": "application/x-www-form-urlencoded",
		}})
		if w.Code != 403 {
			t.Errorf("got %d", w.Code)
		}
	})
	t.Run("reading is free", func(t *testing.T) {
		w := ask(testMux(t), sent{"GET", "/things", "", map[string]string{"Cookie": "sid=ok", "Sec-Fetch-Site": "cross-site"}})
		if w.Code != 200 {
			t.Errorf("got %d", w.Code)
		}
	})
}

func TestStatusTable(t *testing.T) {
	want := map[fault.Kind]int{
		fault.Internal: 500, fault.Malformed: 400, fault.Invalid: 422, fault.Unauthenticated: 401, fault.Forbidden: 403,
		fault.NotFound: 404, fault.Conflict: 409, fault.Closed: 409, fault.TooLarge: 413, fault.TooMany: 429, fault.Unavailable: 503,
	}
	if len(want) != len(statusOf) {
		t.Fatal("the table has another length")
	}
	for k, s := range want {
		if got := StatusOf(fault.New(k, "x", "", "")); got != s {
			t.Errorf("%v → %d", k, got)
		}
		for _, lang := range []string{"zh", "en"} {
			for _, p := range []string{"status.", "fault."} {
				if Text(lang, p+statusKey(s)) == p+statusKey(s) {
					t.Errorf("no text %s%s", p, statusKey(s))
				}
			}
		}
	}
	if StatusOf(http.ErrBodyNotAllowed) != 500 {
		t.Error("another error is not 500")
	}
}

func TestStranger(t *testing.T) {
	m := testMux(t)
	for _, c := range []struct {
		in     sent
		code   int
		header string
		want   string
	}{
		{sent{"GET", "/things?x=1", "", nil}, 303, "Location", "/signin?next=%2Fthings%3Fx%3D1"},
		{sent{"GET", "/things", "", map[string]string{"HX-Request": "true", "HX-Current-URL": "https://x/projects?a=b"}}, 401, "HX-Redirect", "/signin?next=%2Fprojects%3Fa%3Db"},
		{sent{"POST", "/things", "", nil}, 303, "Location", "/signin"},
		{sent{"GET", "/things", "", map[string]string{"Accept": "application/json"}}, 401, "Content-Type", "application/problem+json"},
	} {
		w := ask(m, c.in)
		if w.Code != c.code || w.Header().Get(c.header) != c.want {
			t.Errorf("%+v: %d %s", c.in, w.Code, w.Header().Get(c.header))
		}
	}
}

func TestSafePath(t *testing.T) {
	for _, p := range []string{
		"", "x", "//evil.example/", `/\evil.example`, "/\\/evil", "https://evil.example", "javascript:alert(1)", "/\t/evil.example",
		"/\n//evil", "/%0d%0aSet-Cookie:x", "///evil", "/%5cevil.example", "/%2f%2fevil.example/..", "/%2Fevil.example", "\u2028/x", "/a\u2028b", "//user@evil", "/\x00", "@evil", "/\x7f", "http:/x", "/\u0085x", "%2F%2Fevil.example", "\\\\evil", "/\r/evil",
	} {
		if got := SafePath(p); got != "/" {
			t.Errorf("SafePath(%q) = %q", p, got)
		}
	}
	for _, p := range []string{"/", "/companies?q=a%2Fb&x=//y", "/projects/1#fig=2", "/a//b"} {
		if got := SafePath(p); got != p {
			t.Errorf("SafePath(%q) = %q", p, got)
		}
	}
}

func TestClientIP(t *testing.T) {
	m := New(Options{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for _, c := range []struct{ peer, forwarded, want string }{
		{"203.0.113.9:1", "127.0.0.1", "203.0.113.9"},
		{"10.0.0.1:1", "198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:1", "127.0.0.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"},
		{"10.0.0.1:1", "nonsense", "10.0.0.1"},
		{"10.0.0.1:1", "", "10.0.0.1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := m.clientIP(r); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
