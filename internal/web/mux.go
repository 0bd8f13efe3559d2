package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sort"
	"sync"

	"github.com/a-h/templ"

	"zhudian/internal/fault"
)

// Options wires the kit to the rest of the program. Everything is optional; without a Guard every route
// that is not public answers 401.
type Options struct {
	// Guard admits a request to a route that is not public: it finds the acting person, checks the
	// permission and returns the request carrying both, or a fault.
	Guard func(r *http.Request, perm string) (*http.Request, error)
	// Identify attaches the signed-in person, if there is one, on every route; it never refuses.
	Identify func(r *http.Request) *http.Request
	// Once carries out a request with an Idempotency-Key, or gives what was answered to it before. Without it the
	// header means nothing.
	Once func(ctx context.Context, key, content string, do func(context.Context) (Answer, error)) (Answer, error)
	// Shell tells who is signed in, what the menu counts and which as-of the page has.
	Shell func(r *http.Request) Shell
	// SavePrefs keeps a changed language, density or theme with the person; the cookie is set anyway.
	SavePrefs func(ctx context.Context, p Prefs) error
	// Observe is told of every answer.
	Observe func(Seen)
	Logger  *slog.Logger
	// PublicURL is where browsers find the server, e.g. https://zd.example.cn; "" means as asked.
	PublicURL string
	// Proxies are the addresses whose X-Forwarded-For and -Proto are believed.
	Proxies []netip.Prefix
	// SignIn is the page strangers are sent to; default /signin.
	SignIn string
	// Version stands in the OpenAPI document.
	Version string
}

// Mux routes requests to pages, endpoints and files, and keeps the manifest of them.
type Mux struct {
	opt      Options
	log      *slog.Logger
	inner    *http.ServeMux
	routes   []Route
	nav      []NavItem
	commands []Command
	search   []searcher
	api      *apiDoc
	chain    http.Handler
	once     sync.Once
}

// New makes a mux with the kit's own routes: static files, shell preferences and the API document.
func New(opt Options) *Mux {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if opt.SignIn == "" {
		opt.SignIn = "/signin"
	}
	m := &Mux{opt: opt, log: opt.Logger, inner: http.NewServeMux(), api: newAPIDoc(opt.Version)}
	m.mountStatic()
	m.mountShell()
	m.mountSearch()
	m.mountAPIDoc()
	m.inner.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		m.fail(w, m.enter(r), notFound())
	})
	return m
}

// Page serves an HTML page or fragment. A component returned together with a fault is shown with the
// status of the fault (a form with its errors); a fault alone becomes a notice or an error page.
func (m *Mux) Page(pattern, perm string, h func(*http.Request) (templ.Component, error), opts ...Option) {
	rt := newRoute(pattern, perm, opts)
	m.handle(rt, func(w http.ResponseWriter, r *http.Request) {
		c, err := h(r)
		m.answer(w, r, rt, c, err)
	})
}

// Raw serves files, exports and streams: h writes the response itself.
func (m *Mux) Raw(pattern, perm string, h http.HandlerFunc, opts ...Option) {
	m.handle(newRoute(pattern, perm, opts), h)
}

// Fail answers a Raw request with a fault, as a page, notice or problem document.
func (m *Mux) Fail(w http.ResponseWriter, r *http.Request, err error) { m.fail(w, r, err) }

// Routes lists every route in order of pattern and method.
func (m *Mux) Routes() []Route {
	out := append([]Route(nil), m.routes...)
	sort.Slice(out, func(i, j int) bool {
		if out[i].Pattern != out[j].Pattern {
			return out[i].Pattern < out[j].Pattern
		}
		return out[i].Method < out[j].Method
	})
	return out
}

// handle registers a route behind the guard and the body limit.
func (m *Mux) handle(rt Route, h http.HandlerFunc) {
	rt.handler = h
	m.routes = append(m.routes, rt)
	m.inner.HandleFunc(rt.goPattern(), func(w http.ResponseWriter, r *http.Request) {
		r = m.enter(r)
		frameOf(r.Context()).header = w.Header()
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, rt.maxBody)
		}
		if !rt.Public {
			var err error
			if r, err = m.admit(r, rt.Perm); err != nil {
				m.fail(w, r, err)
				return
			}
			w.Header().Set("Cache-Control", "no-store")
		} else {
			w.Header().Set("Cache-Control", first(rt.cache, "no-cache"))
		}
		h(w, m.dress(r))
	})
}

// admit asks the guard; without one nobody is let in.
func (m *Mux) admit(r *http.Request, perm string) (*http.Request, error) {
	if m.opt.Guard == nil {
		return r, fault.New(fault.Unauthenticated, "sign_in", "请先登录。", "Sign in first.")
	}
	in, err := m.opt.Guard(r, perm)
	if in != nil {
		r = in
	}
	return r, err
}

// ServeHTTP runs the middleware and then the route.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.once.Do(func() { m.chain = m.observed(m.recovered(m.secured(m.squeezed(m.defended(m.inner))))) })
	m.chain.ServeHTTP(w, r)
}

func notFound() *fault.Error {
	return fault.New(fault.NotFound, "not_found", "没有这一页，或不在您的范围内。", "No such page, or it is outside your scope.")
}
