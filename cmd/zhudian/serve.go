package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"zhudian/cmd/zhudian/wire"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// Listen are the flags of serving.
type Listen struct {
	Addr         string   `help:"Address to listen on." env:"ZHUDIAN_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	PortalAddr   string   `help:"A listener of its own for the public pages." env:"ZHUDIAN_PORTAL_ADDR" placeholder:"HOST:PORT"`
	TLSCert      string   `name:"tls-cert" help:"Certificate file." env:"ZHUDIAN_TLS_CERT" placeholder:"FILE"`
	TLSKey       string   `name:"tls-key" help:"Key file of the certificate." env:"ZHUDIAN_TLS_KEY" placeholder:"FILE"`
	PublicURL    string   `name:"public-url" help:"Address at which browsers find the server." env:"ZHUDIAN_PUBLIC_URL" placeholder:"URL"`
	TrustedProxy []string `name:"trusted-proxy" help:"Address or network of a proxy that adds TLS." env:"ZHUDIAN_TRUSTED_PROXY" placeholder:"CIDR"`
	Metrics      string   `name:"metrics-token" help:"Token with which /metrics is answered to other machines than this." env:"ZHUDIAN_METRICS_TOKEN" placeholder:"TOKEN"`
	MetricsFile  string   `name:"metrics-token-file" help:"A file that holds it." env:"ZHUDIAN_METRICS_TOKEN_FILE" placeholder:"FILE"`
}

type serveCmd struct{ Listen }

// Run serves until it is told to stop.
func (c *serveCmd) Run(ctx context.Context, g *Globals) error {
	a, done, err := g.openWrite(ctx)
	if err != nil {
		return err
	}
	defer done.Close() //nolint:errcheck // every acknowledged write is on disk already
	if err := a.Prepare(ctx); err != nil {
		return err
	}
	return c.serve(ctx, a)
}

func (l *Listen) serve(ctx context.Context, a *wire.App) error {
	proxies, err := l.check()
	if err != nil {
		return err
	}
	token, err := l.metricsToken()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	staff, public, err := a.Handlers(ctx, wire.Serving{Logger: log, PublicURL: l.PublicURL, Proxies: proxies, OwnPortal: l.PortalAddr != "", Version: version, Metrics: token})
	if err != nil {
		return err
	}
	servers := []*http.Server{web.NewServer(l.Addr, staff)}
	if l.PortalAddr != "" {
		servers = append(servers, web.NewServer(l.PortalAddr, public))
	}
	failed := make(chan error, len(servers))
	for _, s := range servers {
		ln, err := net.Listen("tcp", s.Addr)
		if err != nil {
			return fault.New(fault.Unavailable, "address_in_use", "不能在 "+s.Addr+" 上监听，换一个 --addr 试试。", "Cannot listen on "+s.Addr+"; try another --addr.").Because(err)
		}
		fmt.Fprintf(os.Stderr, "驻点 Zhudian: %s://%s/\n", l.scheme(), ln.Addr())
		go func() { failed <- l.listen(s, ln) }()
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	return errors.Join(err, drain(servers))
}

// metricsToken reads the token; one that could be guessed is refused.
func (l *Listen) metricsToken() (string, error) {
	token := l.Metrics
	if l.MetricsFile != "" {
		raw, err := os.ReadFile(l.MetricsFile)
		if err != nil {
			return "", fault.Wrap(err, "read --metrics-token-file")
		}
		token = strings.TrimSpace(string(raw))
	}
	if (token != "" || l.MetricsFile != "") && len(token) < 16 {
		return "", fault.BadField("metrics-token", "too_short", "令牌至少 16 个字符。", "The token needs 16 characters at least.")
	}
	return token, nil
}

func (l *Listen) scheme() string {
	if l.TLSCert != "" {
		return "https"
	}
	return "http"
}

func (l *Listen) listen(s *http.Server, ln net.Listener) error {
	var err error
	if l.TLSCert != "" {
		err = s.ServeTLS(ln, l.TLSCert, l.TLSKey)
	} else {
		err = s.Serve(ln)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// drain lets running requests finish, for ten seconds at most.
func drain(servers []*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var err error
	for _, s := range servers {
		err = errors.Join(err, s.Shutdown(ctx))
	}
	return err
}

// check refuses to listen beyond this machine in clear text.
func (l *Listen) check() ([]netip.Prefix, error) {
	var proxies []netip.Prefix
	for _, text := range l.TrustedProxy {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err2 := netip.ParseAddr(text)
			if err2 != nil {
				return nil, fault.BadField("trusted-proxy", "bad_address", "不是地址或网段："+text, "Not an address or network: "+text)
			}
			p = netip.PrefixFrom(addr, addr.BitLen())
		}
		proxies = append(proxies, p)
	}
	for _, addr := range []string{l.Addr, l.PortalAddr} {
		if addr != "" && !loopback(addr) && l.TLSCert == "" && len(proxies) == 0 {
			return nil, fault.New(fault.Invalid, "clear_text", "不在本机地址上监听时，须有 --tls-cert 和 --tls-key，或由 --trusted-proxy 指明的代理加密。",
				"Listening beyond loopback needs --tls-cert and --tls-key, or a proxy named by --trusted-proxy.")
		}
	}
	return proxies, nil
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
