package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
)

// Toast is a short word of what was done, with a way to undo it. Errors are never a toast only.
type Toast struct {
	Text string `json:"t"`
	// Undo is a path to POST to within 8 seconds; "" when it cannot be undone.
	Undo string `json:"u,omitempty"`
}

type redirect struct {
	to    string
	toast *Toast
}

// Redirect answers a form with the page to go to: 303 to browsers, HX-Redirect to htmx. A target outside
// this site becomes "/".
func Redirect(to string) templ.Component { return redirect{to: SafePath(to)} }

// RedirectToast is Redirect with a toast shown on the next page.
func RedirectToast(to string, t Toast) templ.Component { return redirect{to: SafePath(to), toast: &t} }

// Render writes nothing; the mux answers with headers.
func (redirect) Render(context.Context, io.Writer) error { return nil }

// responder is a component that answers with headers instead of HTML.
type responder interface {
	write(w http.ResponseWriter, r *http.Request)
}

// IsRedirect reports whether a page is an answer of headers, with nothing to draw.
func IsRedirect(c templ.Component) bool { return isRedirect(c) }

func isRedirect(c templ.Component) bool { _, ok := c.(responder); return ok }

func (rd redirect) write(w http.ResponseWriter, r *http.Request) {
	if rd.toast != nil {
		b, _ := json.Marshal(rd.toast)
		setCookie(w, r, toastCookie, base64.RawURLEncoding.EncodeToString(b), 30)
	}
	if isHTMX(r) {
		w.Header().Set("HX-Redirect", rd.to)
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Location", rd.to)
	w.WriteHeader(http.StatusSeeOther)
}

// SafePath returns p when it is a path of this site, else "/". It answers every "next=" of a form.
func SafePath(p string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") {
		return "/"
	}
	for _, c := range p {
		if c < 0x20 || c == 0x7f || c == '\\' || c == 0x85 || c == 0x2028 || c == 0x2029 {
			return "/"
		}
	}
	u, err := url.Parse(p)
	if err != nil || u.Host != "" || u.Scheme != "" || u.User != nil || strings.HasPrefix(u.Path, "//") ||
		strings.HasPrefix(u.Path, "/\\") || strings.ContainsAny(u.Path, "\r\n\t\x00") {
		return "/"
	}
	return p
}

// pathOf keeps the path and query of an absolute URL sent by htmx.
func pathOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "/"
	}
	return SafePath(u.RequestURI())
}

func query(k, v string) string { return url.Values{k: {v}}.Encode() }

const toastCookie = "zd_toast"

func toastOf(r *http.Request) *Toast {
	c, err := r.Cookie(toastCookie)
	if err != nil || c.Value == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return nil
	}
	var t Toast
	if json.Unmarshal(b, &t) != nil || t.Text == "" {
		return nil
	}
	if t.Undo != "" {
		t.Undo = SafePath(t.Undo)
	}
	return &t
}

// spendToast forgets the toast once a whole page has shown it.
func spendToast(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && !isHTMX(r) && toastOf(r) != nil {
		setCookie(w, r, toastCookie, "", -1)
	}
}

// setCookie sets one of the kit's small cookies; none of them is a secret or a right.
func setCookie(w http.ResponseWriter, r *http.Request, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true,
		Secure: Secure(r.Context()), SameSite: http.SameSiteLaxMode,
	})
}

// Values makes the query of an address from names and values, leaving out what is empty.
func Values(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}
