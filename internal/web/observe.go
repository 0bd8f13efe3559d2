package web

import (
	"net/http"
	"time"
)

// Seen is one answered request, for whoever counts them: the pattern of its route, never its address.
type Seen struct {
	Method, Pattern string
	Status          int
	Took            time.Duration
}

// observed tells Options.Observe about every answer, also that of a panic.
func (m *Mux) observed(next http.Handler) http.Handler {
	if m.opt.Observe == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now() //nolint:forbidigo // a duration, not a time of record
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		cut := true
		defer func() {
			s := Seen{Method: r.Method, Pattern: patternOf(r), Status: sw.status, Took: time.Since(began)} //nolint:forbidigo // as above
			if cut {
				s.Status = http.StatusInternalServerError
			}
			m.opt.Observe(s)
		}()
		next.ServeHTTP(sw, r)
		cut = false
	})
}

// patternOf is the path of the route that net/http chose; "" when none was.
func patternOf(r *http.Request) string {
	p := r.Pattern
	if len(p) > len(r.Method) && p[:len(r.Method)] == r.Method {
		p = p[len(r.Method)+1:]
	}
	if p == "/" {
		return ""
	}
	return p
}

// statusWriter remembers the status of the answer.
type statusWriter struct {
	http.ResponseWriter
	status int
	sent   bool
}

func (s *statusWriter) WriteHeader(code int) {
	if code >= 200 && !s.sent {
		s.status, s.sent = code, true
	}
	s.ResponseWriter.WriteHeader(code)
}

func (s *statusWriter) Write(b []byte) (int, error) {
	s.sent = true
	return s.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (s *statusWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }
