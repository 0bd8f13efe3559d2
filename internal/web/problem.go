package web

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/fault"
)

// Problem is an error as JSON callers see it (RFC 9457), in the language of the person.
type Problem struct {
	Type      string         `json:"type" doc:"Always about:blank; the code identifies the error" example:"about:blank"`
	Title     string         `json:"title" doc:"The status in words"`
	Status    int            `json:"status" doc:"The HTTP status"`
	Code      string         `json:"code" doc:"Stable code to match on" example:"period_closed"`
	Detail    string         `json:"detail,omitempty" doc:"What went wrong and what to do, in the language asked for"`
	Errors    []ProblemField `json:"errors,omitempty" doc:"The values at fault"`
	Reference string         `json:"reference,omitempty" doc:"Number to quote to the administrator"`
}

// ProblemField is one value at fault.
type ProblemField struct {
	Field  string `json:"field" doc:"JSON name of the value" example:"rows[3].amount"`
	Code   string `json:"code" doc:"Stable code" example:"check_digit"`
	Detail string `json:"detail" doc:"What is wrong and what would do"`
	Fix    string `json:"fix,omitempty" doc:"A value that would be accepted"`
}

// problemOf puts a fault into one language.
func problemOf(ctx context.Context, f *fault.Error, ref string) Problem {
	lang := Lang(ctx)
	p := Problem{Type: "about:blank", Status: StatusOf(f), Code: f.Code, Detail: f.Words.In(lang), Reference: ref}
	p.Title = T(ctx, "status."+statusKey(p.Status))
	p.Errors = ProblemFields(f, lang)
	return p
}

func statusKey(status int) string {
	return strings.ToLower(strings.ReplaceAll(http.StatusText(status), " ", "_"))
}

// newReference makes the short number a person quotes and the log holds.
func newReference() string {
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	s := base32.NewEncoding("23456789ABCDEFGHJKLMNPQRSTUVWXYZ").WithPadding(base32.NoPadding).EncodeToString(b[:])
	return s[:4] + "-" + s[4:]
}

// fail answers with a fault: problem+json to JSON callers, a notice to htmx, a page to browsers. The cause
// goes to the log with the reference and never to the person.
func (m *Mux) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := ordinary(err)
	status := StatusOf(f)
	ref := ""
	if f.Kind == fault.Internal {
		if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			return // the person has gone; nobody reads an answer
		}
		ref = newReference()
		m.log.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("reference", ref),
			slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("cause", err.Error()))
	} else if f.Err != nil {
		m.log.LogAttrs(r.Context(), slog.LevelInfo, "request refused", slog.String("code", f.Code),
			slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("cause", f.Err.Error()))
	}
	h := w.Header()
	for _, k := range []string{"Content-Length", "Content-Disposition", "Content-Encoding", "Etag", "Last-Modified"} {
		h.Del(k)
	}
	h.Set("Cache-Control", "no-store")
	switch {
	case wantsJSON(r):
		writeJSON(w, status, "application/problem+json", problemOf(r.Context(), f, ref))
	case f.Kind == fault.Unauthenticated:
		m.sendToSignIn(w, r, f)
	case isHTMX(r):
		h.Set("HX-Retarget", "#zd-notice")
		h.Set("HX-Reswap", "innerHTML")
		m.render(w, m.dress(r), status, faultNotice(f, ref))
	default:
		m.render(w, m.dress(r), status, faultPage(f, ref))
	}
}

// sendToSignIn takes a stranger to the sign-in page, and back here afterwards when it was a page.
func (m *Mux) sendToSignIn(w http.ResponseWriter, r *http.Request, f *fault.Error) {
	to := m.opt.SignIn
	if r.URL.Path == to {
		m.render(w, m.dress(r), http.StatusUnauthorized, faultPage(f, ""))
		return
	}
	back := r.URL.RequestURI()
	if isHTMX(r) {
		back = pathOf(r.Header.Get("HX-Current-URL"))
	} else if r.Method != http.MethodGet {
		back = "/"
	}
	if back != "" && back != "/" {
		to += "?" + query("next", back)
	}
	if isHTMX(r) {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// answer writes what a page handler returned.
func (m *Mux) answer(w http.ResponseWriter, r *http.Request, rt Route, c templ.Component, err error) {
	if err != nil && (c == nil || isRedirect(c) || !shows(fault.Of(ordinary(err)).Kind)) {
		m.fail(w, r, err)
		return
	}
	status := rt.status
	if err != nil {
		status = StatusOf(ordinary(err))
	}
	if rd, ok := c.(responder); ok {
		rd.write(w, r)
		return
	}
	if c == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	m.render(w, r, status, c)
}

// shows reports whether a page may be drawn with such a fault beside what was typed. When there is no such record,
// no permission or no answer from below, there is nothing to draw.
func shows(k fault.Kind) bool {
	switch k {
	case fault.NotFound, fault.Forbidden, fault.Unavailable, fault.Internal:
		return false
	default:
		return true
	}
}

// render writes a component as HTML. It is rendered whole before the first byte, so a failure inside a
// template is an error page and never half a page with status 200.
func (m *Mux) render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) {
	buf := templ.GetBuffer()
	defer templ.ReleaseBuffer(buf)
	if err := c.Render(r.Context(), buf); err != nil {
		if status == http.StatusInternalServerError { // the error page itself is broken
			m.log.Error("error page failed", "cause", err.Error())
			http.Error(w, http.StatusText(status), status)
			return
		}
		m.fail(w, r, fault.Wrap(err, "render "+r.URL.Path))
		return
	}
	spendToast(w, r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Add("Vary", "HX-Request, Cookie, Accept-Language")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(buf.Bytes())
	}
}

func writeJSON(w http.ResponseWriter, status int, kind string, v any) {
	b := jsonOf(v)
	if b == nil {
		status, kind = http.StatusInternalServerError, "application/problem+json"
		b = []byte(`{"type":"about:blank","status":500,"code":"internal"}` + "\n")
	}
	sendJSON(w, status, kind, b)
}

// jsonOf is a value as one line of JSON; nil when it cannot be written.
func jsonOf(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return append(b, '\n')
}

func sendJSON(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Add("Vary", "Accept-Language, Cookie, Authorization")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// wantsJSON tells JSON callers from browsers: by path for the API, else by what they accept.
func wantsJSON(r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "/api/") && r.URL.Path != "/api/docs" {
		return true
	}
	a := r.Header.Get("Accept")
	return strings.Contains(a, "json") && !strings.Contains(a, "html")
}

// isHTMX tells a fragment request from a whole page.
func isHTMX(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-Boosted") == "" &&
		r.Header.Get("HX-History-Restore-Request") == ""
}

// IsFragment reports whether the browser asked for a part of a page by htmx.
func IsFragment(r *http.Request) bool { return isHTMX(r) }
