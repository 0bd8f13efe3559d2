package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// clientIP walks X-Forwarded-For from the right past trusted proxies; anything a stranger wrote is ignored.
func (m *Mux) clientIP(r *http.Request) string {
	peer := peerOf(r)
	if !m.trusted(peer) {
		return peer
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		ip, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		peer = ip.Unmap().String()
		if !m.trusted(peer) {
			break
		}
	}
	return peer
}

func peerOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func (m *Mux) trusted(addr string) bool {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return false
	}
	for _, p := range m.opt.Proxies {
		if p.Contains(ip.Unmap()) {
			return true
		}
	}
	return false
}

// secure tells whether the browser speaks TLS, to us or to a trusted proxy in front of us.
func (m *Mux) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	if m.trusted(peerOf(r)) && r.Header.Get("X-Forwarded-Proto") == "https" {
		return true
	}
	return strings.HasPrefix(m.opt.PublicURL, "https://")
}

// NewServer is an http.Server with limits against slow and oversized clients. WriteTimeout is generous
// because exports stream; a handler that streams longer extends it with http.ResponseController.
func NewServer(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr: addr, Handler: h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      120 * time.Second,
		IdleTimeout:       90 * time.Second,
		MaxHeaderBytes:    64 << 10,
	}
}
