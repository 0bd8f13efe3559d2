package web

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"zhudian/internal/fault"
)

// policy is the one content policy of the product: nothing but our own files, no inline script or style.
// Tabler's style sheet holds pictures as data: addresses; a photo just taken is a blob:.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
	"font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; frame-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

// secured puts the security headers on every response, errors included.
func (m *Mux) secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()")
		if m.secure(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// recovered turns a panic into a 500 page with a reference; the stack goes to the log only.
func (m *Mux) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tw := &tracked{ResponseWriter: w}
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares the panic's value the same way
				panic(v)
			}
			m.log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.Any("value", v),
				slog.String("path", r.URL.Path), slog.String("stack", string(debug.Stack())))
			if tw.wrote {
				panic(http.ErrAbortHandler) // half a page is out: cut the connection so nobody takes it for whole
			}
			m.failSafe(tw, r)
		}()
		next.ServeHTTP(tw, r)
	})
}

// failSafe answers after a panic; should the error page itself panic, plain text must do.
func (m *Mux) failSafe(w *tracked, r *http.Request) {
	defer func() {
		if v := recover(); v != nil && !w.wrote {
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		}
	}()
	m.fail(w, m.enter(r), fault.Wrap(errPanic, "serve"))
}

type panicError struct{}

func (panicError) Error() string { return "panic, see the entry before" }

var errPanic error = panicError{}

// tracked remembers whether anything has been sent.
type tracked struct {
	http.ResponseWriter
	wrote bool
}

func (t *tracked) WriteHeader(code int) {
	if code >= 200 {
		t.wrote = true
	}
	t.ResponseWriter.WriteHeader(code)
}

func (t *tracked) Write(b []byte) (int, error) {
	t.wrote = true
	return t.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// defended refuses requests another site made the browser send. net/http compares hosts only and lets a
// request without Sec-Fetch-Site and Origin pass, so a cookie without either, and an origin of the other
// scheme, are refused here as well. A bearer token cannot be sent by another site and needs no defence;
// whoever reads the session must prefer the token over the cookie.
func (m *Mux) defended(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !safeMethod(r.Method) && !bearer(r) {
			if reason := m.crossSite(cross, r); reason != "" {
				m.log.LogAttrs(r.Context(), slog.LevelWarn, "cross-site request refused",
					slog.String("reason", reason), slog.String("path", r.URL.Path), slog.String("client", m.clientIP(r)))
				m.fail(w, m.enter(r), fault.New(fault.Forbidden, "cross_site",
					"这个请求不是从本系统页面发出的，没有执行。", "The request did not come from a page of this system and was not carried out."))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (m *Mux) crossSite(cross *http.CrossOriginProtection, r *http.Request) string {
	if err := cross.Check(r); err != nil {
		return "other origin"
	}
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if site == "" && origin == "" && len(r.Cookies()) > 0 {
		return "cookie without origin"
	}
	if origin != "" && origin != "null" {
		want := "http://"
		if m.secure(r) {
			want = "https://"
		}
		if !strings.EqualFold(origin, want+r.Host) {
			return "other scheme or host"
		}
	}
	return ""
}

func safeMethod(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

func bearer(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "bearer") && strings.TrimSpace(token) != ""
}
