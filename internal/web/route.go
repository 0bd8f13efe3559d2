package web

import (
	"net/http"
	"strings"
)

// AnyPerson as a permission admits everyone who has signed in.
const AnyPerson = "any_person"

// Route is one line of the manifest: what is served, and to whom.
type Route struct {
	Method  string // GET, POST, PUT, DELETE
	Pattern string // path with {wildcards}
	Perm    string // permission asked for, AnyPerson, or "" when Public
	Public  bool   // served without signing in
	JSON    bool   // an endpoint of the OpenAPI document

	maxBody int64
	status  int
	cache   string
	summary string
	handler http.Handler
}

// Option changes how one route is served.
type Option func(*Route)

// Public serves a route to everyone; its permission must be "".
func Public(r *Route) { r.Public = true }

// MaxBody raises (or lowers) the limit of the request body, in bytes.
func MaxBody(n int64) Option { return func(r *Route) { r.maxBody = n } }

// Status sets the status of success, e.g. 201; the default is 200.
func Status(code int) Option { return func(r *Route) { r.status = code } }

// Cache sets the Cache-Control of a public route; the default is no-cache. Other routes are never stored.
func Cache(control string) Option { return func(r *Route) { r.cache = control } }

// Doc gives the endpoint its summary in the OpenAPI document.
func Doc(summary string) Option { return func(r *Route) { r.summary = summary } }

// defaultBody is the limit of a request body that states no other.
const defaultBody = 1 << 20

// newRoute reads a pattern like "GET /companies/{id}" and refuses a route that says nothing about who may
// use it. A mistake here is a defect of the program, so it panics at start.
func newRoute(pattern, perm string, opts []Option) Route {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok || method == "" || !strings.HasPrefix(path, "/") {
		panic("web: pattern must be \"METHOD /path\": " + pattern)
	}
	r := Route{Method: method, Pattern: path, Perm: perm, maxBody: defaultBody, status: http.StatusOK}
	for _, o := range opts {
		o(&r)
	}
	switch {
	case r.Public && perm != "":
		panic("web: a public route has no permission: " + pattern)
	case !r.Public && r.cache != "":
		panic("web: only a public route may be cached: " + pattern)
	case !r.Public && perm == "":
		panic("web: a route needs a permission or web.Public: " + pattern)
	}
	return r
}

// goPattern is the pattern as net/http wants it: a path ending in "/" means that path alone.
func (r Route) goPattern() string {
	if strings.HasSuffix(r.Pattern, "/") {
		return r.Method + " " + r.Pattern + "{$}"
	}
	return r.Method + " " + r.Pattern
}
