package ledger

import (
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/web"
)

// Mount serves figures, entries and periods, as JSON and as pages.
func (s *Service) Mount(m *web.Mux) {
	web.Get(m, "/api/v1/figures", "figures.read", s.Figures, web.Doc("Figures: sums and named figures as of a date, in a book, as known at a time"))
	web.Get(m, "/api/v1/ledger/entries", "ledger.read", s.Drill, web.Doc("The entries behind a figure, newest first"))
	web.Get(m, "/api/v1/figures/compare", "ledger.read", s.Compare, web.Doc("How the figures of one day, as known then, became those of another: restated and later parts, and the entries that restated them"))
	web.Get(m, "/api/v1/ledger/verify", "ledger.verify", s.Prove, web.Doc("Recompute the whole ledger: chains, sums and credits"))
	web.Get(m, "/api/v1/ledger/chains", "figures.read", s.Chains, web.Doc("How far each chain is proved"))
	web.Get(m, "/api/v1/periods", "figures.read", s.ListPeriods, web.Doc("Booked months and their state"))
	web.Post(m, "/api/v1/periods/close", "period.close", s.ClosePeriod, web.Doc("Close a month that has ended"))
	web.Post(m, "/api/v1/periods/ask-reopen", "period.reopen", s.AskReopen, web.Doc("Ask for a closed month to be opened again"))
	web.Post(m, "/api/v1/periods/reopen", "period.reopen", s.Reopen, web.Doc("Agree to open a month again; not the person who asked"))

	m.Page("GET /figures", "figures.read", s.explorePage)
	m.Page("GET /figures/drawer", "figures.read", s.drawerPage)
	m.Page("GET /figures/chain", "figures.read", s.chainState)
	web.Get(m, "/api/v1/figures/definitions", "figures.read", s.Define, web.Doc("The figures of one scope under every definition, side by side"))
	m.Page("GET "+definitionsPath, "figures.read", s.definitionPage)
	m.Page("GET "+comparePath, "ledger.read", s.comparePage)
	m.Raw("GET /figures/export", "figures.export", s.exportFile(m))
	m.Page("GET /ledger", "ledger.read", s.listPage)
	m.Page("GET /periods", "period.read", s.periodsPage)
	m.Page("POST /periods/close", "period.close", s.periodForm(s.ClosePeriod, "closed"))
	m.Page("POST /periods/ask-reopen", "period.reopen", s.periodForm(s.AskReopen, "asked"))
	m.Page("POST /periods/reopen", "period.reopen", s.periodForm(s.Reopen, "reopened"))

	m.Nav(web.NavItem{Key: "figures", Icon: "chart-dots-3", URL: "/figures", Perm: "figures.read", Group: web.GroupVerify, Order: 2, Go: "f", Phone: true})
	m.Nav(web.NavItem{Key: "ledger", Icon: "notebook", URL: "/ledger", Perm: "ledger.read", Group: web.GroupVerify, Order: 3, Go: "l"})
	m.Nav(web.NavItem{Key: "periods", Icon: "lock", URL: "/periods", Perm: "period.read", Group: web.GroupVerify, Order: 4})
}

// Prove recomputes the whole ledger in one snapshot. It reads every entry: for auditors and at night.
// Faults: sign_in, not_allowed.
func (s *Service) Prove(ctx context.Context, _ struct{}) (out Proof, err error) {
	if _, err := audit.Require(ctx, "ledger.verify"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = Check(ctx, tx)
		return err
	})
	return out, err
}
