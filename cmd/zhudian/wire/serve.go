package wire

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/demo"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/portal"
	"zhudian/internal/web"
)

// Serving says how pages are served.
type Serving struct {
	Logger    *slog.Logger
	PublicURL string
	Proxies   []netip.Prefix
	OwnPortal bool // the public pages have a listener of their own and are not on the staff one
	Version   string
	Metrics   string // token for /metrics from elsewhere than this machine; "" allows none
}

// Handlers gives the staff handler and, with OwnPortal, the public one.
func (a *App) Handlers(ctx context.Context, s Serving) (staff, outside http.Handler, err error) {
	a.Portal.PublicURL, a.Field.PublicURL = s.PublicURL, s.PublicURL
	m := a.Mux(s)
	go a.Company.RunImports(ctx, s.Logger)
	go a.Company.RunPairs(ctx, s.Logger)
	go a.Portal.Inbox.RunSweeps(ctx, s.Logger)
	go a.Verify.RunRules(ctx, s.Logger)
	go a.Portal.Inbox.RunAnswers(ctx, s.Logger)
	go a.Offline.RunReleases(ctx, s.Logger)
	if !s.OwnPortal {
		return m, m, nil
	}
	own := web.New(web.Options{Shell: a.publicShell, Observe: a.meters.seen, Logger: s.Logger, PublicURL: s.PublicURL, Proxies: s.Proxies, Version: s.Version})
	public, err := a.readerPortal(ctx)
	if err != nil {
		return nil, nil, err
	}
	public.MountPublic(own)
	own.Page("GET /{$}", "", func(*http.Request) (templ.Component, error) { return web.Redirect("/portal/"), nil }, web.Public)
	a.mountHealth(own)
	return m, own, nil
}

// readerPortal is the portal on a connection that cannot write: whoever gets in by the public pages can change nothing
// but the inbox, and that only by its one use case.
func (a *App) readerPortal(ctx context.Context) (*portal.Service, error) {
	d, err := db.Open(ctx, db.Options{DSN: a.Config.DSN, Now: a.Clock.Now, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	a.public = d
	return &portal.Service{DB: d, Agency: a.Portal.Agency, PublicURL: a.Portal.PublicURL, Inbox: a.Portal.Inbox, Files: a.Files, Apart: true}, nil
}

// publicShell knows the day and nobody.
func (a *App) publicShell(*http.Request) web.Shell {
	now := a.Clock.Now()
	return web.Shell{Now: now, Today: db.Today(now)}
}

// Mux mounts every feature.
func (a *App) Mux(s Serving) *web.Mux {
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	a.version, a.portalApart, a.publicURL = s.Version, s.OwnPortal, s.PublicURL
	m := web.New(web.Options{
		Guard: a.Auth.Guard, Identify: a.Auth.Identify, Shell: a.shell(s), SavePrefs: a.Auth.SavePrefs, Logger: s.Logger,
		Once: a.Auth.Once, Observe: a.meters.seen, PublicURL: s.PublicURL, Proxies: s.Proxies, Version: s.Version, SignIn: "/login",
	})
	a.Auth.Mount(m)
	a.Audit.Mount(m)
	(&org.Service{DB: a.DB}).Mount(m)
	a.Company.Mount(m)
	a.Bulletin.Mount(m)
	a.Portal.Mount(m)
	if !s.OwnPortal {
		a.Portal.MountPublic(m)
	}
	a.Ledger.Mount(m)
	a.Verify.Mount(m)
	a.Station.Mount(m)
	a.Field.Mount(m)
	a.Offline.Mount(m)
	a.Pipeline.Mount(m)
	a.Match.Mount(m)
	a.Ticket.Mount(m)
	a.Directive.Mount(m)
	a.Assess.Mount(m)
	a.mountHealth(m)
	a.mountMetrics(m, s.Metrics)
	return m
}

// mountHealth answers whether the process lives, and whether it can serve.
func (a *App) mountHealth(m *web.Mux) {
	ok := func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") }
	m.Raw("GET /healthz", "", ok, web.Public)
	m.Raw("GET /readyz", "", func(w http.ResponseWriter, r *http.Request) {
		n, err := a.DB.Pending(r.Context())
		if err != nil || n > 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = fmt.Fprintln(w, "not ready")
			return
		}
		ok(w, r)
	}, web.Public)
}

// shell fills the frame of every page: who is signed in, what waits, which day it is.
func (a *App) shell(s Serving) func(*http.Request) web.Shell {
	return func(r *http.Request) web.Shell {
		now := a.Clock.Now()
		page := !strings.HasPrefix(r.URL.Path, "/api/")
		out := a.Auth.Shell(r.Context(), page)
		out.Now, out.Today, out.Version, out.Counts = now, db.Today(now), s.Version, map[string]web.Count{}
		out.AsOf = web.AsOf{Date: out.Today, Book: string(ledger.Recognised)}
		if a.IsDemo {
			out.Badge, out.AsOf.Date = "demo", demo.LastDay
		}
		if who, ok := audit.Who(r.Context()); ok {
			out.ProfileURL, out.SignOutURL = "/account", "/logout"
			if page {
				a.count(r.Context(), who, &out)
			}
		}
		return out
	}
}

// count puts what waits beside the menu items. A count that cannot be read is left out.
func (a *App) count(ctx context.Context, who audit.Actor, out *web.Shell) {
	_ = a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if who.May("inbox.read") {
			n, late, err := portal.Waiting(ctx, tx, who)
			if err != nil {
				return err
			}
			if n > 0 {
				out.Counts["inbox"] = web.Count{N: n, Alarm: late > 0}
			}
		}
		if !who.May("claim.read") {
			return nil
		}
		n, late, err := a.Verify.Waiting(ctx, tx, who)
		if err == nil && n > 0 {
			out.Counts["verify"] = web.Count{N: n, Alarm: late > 0}
		}
		return err
	})
}
