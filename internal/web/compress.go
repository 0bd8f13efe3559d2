package web

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// squeezed compresses text answers on the way out. Pages hold no secret token that an attacker could guess
// byte by byte, so compressing them together with echoed input gives nothing away.
func (m *Mux) squeezed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !acceptsGzip(r) || r.Header.Get("Range") != "" {
			next.ServeHTTP(w, r)
			return
		}
		z := &zipWriter{ResponseWriter: w}
		next.ServeHTTP(z, r)
		z.finish() // after a panic the answer is the error page's, so not deferred
	})
}

const minZip = 1024 // below this a compressed answer is hardly smaller

var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, 5)
	return z
}}

// zipWriter holds back the first bytes until it knows whether compressing pays.
type zipWriter struct {
	http.ResponseWriter
	status  int
	held    []byte
	z       *gzip.Writer
	decided bool
}

func (z *zipWriter) WriteHeader(code int) {
	if code < 200 {
		z.ResponseWriter.WriteHeader(code)
		return
	}
	if z.status == 0 {
		z.status = code
	}
}

func (z *zipWriter) Write(b []byte) (int, error) {
	if z.status == 0 {
		z.status = http.StatusOK
	}
	if !z.decided {
		z.held = append(z.held, b...)
		if len(z.held) < minZip {
			return len(b), nil
		}
		return len(b), z.decide(true)
	}
	if z.z != nil {
		return z.z.Write(b)
	}
	return z.ResponseWriter.Write(b)
}

// decide sends the header and the bytes held back, compressed when the answer is long text.
func (z *zipWriter) decide(long bool) error {
	z.decided = true
	h := z.Header()
	if h.Get("Content-Type") == "" && len(z.held) > 0 {
		h.Set("Content-Type", http.DetectContentType(z.held))
	}
	if compressible(h.Get("Content-Type")) {
		h.Add("Vary", "Accept-Encoding")
		if long && h.Get("Content-Encoding") == "" && z.status != http.StatusPartialContent {
			h.Set("Content-Encoding", "gzip")
			h.Del("Content-Length")
			z.z = zippers.Get().(*gzip.Writer)
			z.z.Reset(z.ResponseWriter)
		}
	}
	z.ResponseWriter.WriteHeader(z.status)
	if len(z.held) == 0 {
		return nil
	}
	var err error
	if z.z != nil {
		_, err = z.z.Write(z.held)
	} else {
		_, err = z.ResponseWriter.Write(z.held)
	}
	z.held = nil
	return err
}

func (z *zipWriter) finish() {
	if !z.decided && z.status != 0 {
		_ = z.decide(false)
	}
	if z.z != nil {
		_ = z.z.Close()
		zippers.Put(z.z)
		z.z = nil
	}
}

// Flush sends what there is, for streams.
func (z *zipWriter) Flush() {
	if !z.decided && z.status != 0 {
		_ = z.decide(true)
	}
	if z.z != nil {
		_ = z.z.Flush()
	}
	_ = http.NewResponseController(z.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController set deadlines on the connection.
func (z *zipWriter) Unwrap() http.ResponseWriter { return z.ResponseWriter }

func compressible(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	switch kind {
	case "application/json", "application/problem+json", "application/manifest+json", "application/x-ndjson",
		"image/svg+xml", "application/xml":
		return true
	}
	return strings.HasPrefix(kind, "text/") && kind != "text/event-stream"
}

func acceptsGzip(r *http.Request) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name != "gzip" && name != "*" {
			continue
		}
		w, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(q), "q="), 64)
		return err != nil || w > 0
	}
	return false
}
