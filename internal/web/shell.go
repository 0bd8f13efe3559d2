package web

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// Shell is what the frame of every page shows; package auth and the features fill it for each request.
type Shell struct {
	Person  *Person // nil for a stranger
	Lang    string  // zh or en; "" leaves it to cookie and browser
	Density string  // compact, normal or roomy; "" leaves it to the cookie
	Theme   string  // light or dark
	AsOf    AsOf    // default as-of of the figures; a URL or cookie overrides it
	Can     func(perm string) bool
	Counts  map[string]Count // by NavItem.Key
	Tasks   int              // background tasks running
	Notices int              // notices not yet read
	Agency  string           // whose installation this is, e.g. 贵州省投资促进局
	Version string
	Badge   string // e.g. the demo clock; "" for none
	// Where the parts of the top bar lead; "" leaves the part out.
	TasksURL, NoticesURL, ProfileURL, SignOutURL string
	Now                                          time.Time // the clock of the installation; the demo runs on its own
	Today                                        string    // business date; "" takes it from Now
}

// Person is the signed-in person as the top bar shows them.
type Person struct{ Name, Unit, Role, Login string }

// Count is the number beside a menu item; Alarm when something in it is overdue.
type Count struct {
	N     int64
	Alarm bool
}

// AsOf is the date, book and known-at time that every figure of a page answers for.
type AsOf struct {
	Date  string // YYYY-MM-DD, business date, inclusive
	Book  string // filed, reviewed or recognised
	Known string // RFC 3339, or "" for now
}

// Prefs are the choices a person makes in the top bar; empty ones are unchanged.
type Prefs struct{ Lang, Density, Theme string }

// frame is what the kit keeps in the context of a request.
type frame struct {
	shell   Shell
	lang    string
	path    string // path and query, for links that come back here
	toast   *Toast
	secure  bool
	client  string
	header  http.Header // of the answer being made
	request *http.Request
	nav     []NavItem
	cmds    []Command
	dress   bool
}

type frameKey struct{}

func frameOf(ctx context.Context) *frame {
	if f, ok := ctx.Value(frameKey{}).(*frame); ok {
		return f
	}
	return &frame{lang: "zh"}
}

// WithLang gives a context its language outside a request, e.g. in a command.
func WithLang(ctx context.Context, lang string) context.Context {
	f := *frameOf(ctx)
	f.lang = oneOf(lang, "zh", "en")
	return context.WithValue(ctx, frameKey{}, &f)
}

// WithShell gives a context a shell outside a request: for tests and for documents made by a command.
func WithShell(ctx context.Context, s Shell) context.Context {
	f := *frameOf(ctx)
	f.shell = s
	if s.Lang != "" {
		f.lang = oneOf(s.Lang, "zh", "en")
	}
	return context.WithValue(ctx, frameKey{}, &f)
}

// ShellOf gives the shell of the request.
func ShellOf(ctx context.Context) Shell { return frameOf(ctx).shell }

// Secure reports whether the browser reached the server over TLS, directly or through a trusted proxy.
func Secure(ctx context.Context) bool { return frameOf(ctx).secure }

// ClientIP is the address of the person's machine; forwarded headers count only from trusted proxies.
func ClientIP(ctx context.Context) string { return frameOf(ctx).client }

// May reports whether the signed-in person has the permission; it only decides what is shown.
func May(ctx context.Context, perm string) bool {
	s := ShellOf(ctx)
	if perm == "" || perm == AnyPerson {
		return s.Person != nil || perm == ""
	}
	return s.Can != nil && s.Can(perm)
}

// enter starts the request's frame: language, address, scheme. It runs before the guard.
func (m *Mux) enter(r *http.Request) *http.Request {
	if _, ok := r.Context().Value(frameKey{}).(*frame); ok {
		return r
	}
	f := &frame{path: r.URL.RequestURI(), secure: m.secure(r), client: m.clientIP(r), request: r}
	f.lang = langOf(r, "")
	r = r.WithContext(context.WithValue(r.Context(), frameKey{}, f))
	if m.opt.Identify != nil {
		if in := m.opt.Identify(r); in != nil {
			r = in
		}
	}
	return r
}

// dress completes the frame once the person is known: shell, menu, as-of, toast.
func (m *Mux) dress(r *http.Request) *http.Request {
	r = m.enter(r)
	f := *frameOf(r.Context())
	if f.dress {
		return r
	}
	f.dress = true
	if m.opt.Shell != nil {
		f.shell = m.opt.Shell(r)
	}
	f.lang = langOf(r, f.shell.Lang)
	f.shell.Lang = f.lang
	f.shell.Density = oneOf(first(f.shell.Density, cookie(r, "zd_density")), "normal", "compact", "roomy")
	f.shell.Theme = oneOf(first(f.shell.Theme, cookie(r, "zd_theme")), "light", "dark")
	f.shell.AsOf = asOfFrom(r, f.shell.AsOf)
	f.toast = toastOf(r)
	f.nav, f.cmds = m.nav, m.commands
	return r.WithContext(context.WithValue(r.Context(), frameKey{}, &f))
}

// asOfFrom lets the URL (as_of, as_book, as_known) and then the cookie override the default.
func asOfFrom(r *http.Request, def AsOf) AsOf {
	a := def
	if d, b, ok := strings.Cut(cookie(r, "zd_asof"), "."); ok {
		a = a.with(d, b, "")
	}
	q := r.URL.Query()
	a = a.with(q.Get("as_of"), q.Get("as_book"), q.Get("as_known"))
	a.Book = oneOf(a.Book, "recognised", "reviewed", "filed")
	return a
}

func (a AsOf) with(date, book, known string) AsOf {
	if _, err := time.Parse(time.DateOnly, date); err == nil {
		a.Date = date
	}
	switch book {
	case "filed", "reviewed", "recognised":
		a.Book = book
	}
	if _, err := time.Parse(time.RFC3339, known); err == nil {
		a.Known = known
	}
	return a
}

// reserved are query names the kit reads on every page; no page refuses them as unknown.
var reserved = map[string]bool{"as_of": true, "as_book": true, "as_known": true, "lang": true}

func cookie(r *http.Request, name string) string {
	if c, err := r.Cookie(name); err == nil {
		return c.Value
	}
	return ""
}

// oneOf returns v when allowed, else the first allowed value.
func oneOf(v string, allowed ...string) string {
	for _, a := range allowed {
		if v == a {
			return v
		}
	}
	return allowed[0]
}

func first(vs ...string) string {
	for _, v := range vs {
		if v != "" {
			return v
		}
	}
	return ""
}
