package assess

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// Mount serves the dashboard, the wall and targets.
func (s *Service) Mount(m *web.Mux) {
	web.Get(m, "/api/v1/dashboard", "figures.read", s.Board, web.Doc("The dashboard of a unit or station: figures, funnel, places, flows, what is stuck"))
	web.Get(m, "/api/v1/targets", "figures.read", s.Targets, web.Doc("Targets of a year and how far they are reached"))
	web.Post(m, "/api/v1/targets", "target.edit", s.SetTarget, web.Status(http.StatusCreated), web.Doc("Set what a unit or team is to reach in a year"))

	m.Page("GET /dashboard", "figures.read", s.boardPage)
	m.Page("GET /screen", "figures.read", s.screenPage)
	m.Page("GET "+targetsPath, "figures.read", s.targetsPage)
	m.Page("POST "+targetsPath, "target.edit", s.targetPosted)

	s.mountRuns(m)
	s.mountRulings(m)

	m.Nav(web.NavItem{Key: "dashboard", Icon: "layout-dashboard", URL: "/dashboard", Perm: "figures.read", Group: web.GroupTop, Order: 20, Go: "d"})
	m.Nav(web.NavItem{Key: "screen", Icon: "device-desktop-analytics", URL: "/screen", Perm: "figures.read", Group: web.GroupResult, Order: 40})
}

const targetsPath = "/targets"

func (s *Service) boardPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[BoardIn](r)
	if err != nil {
		return nil, err
	}
	v, err := s.viewBoard(r.Context(), in)
	if err != nil {
		return nil, err
	}
	return boardPage(v), nil
}

// screenPage counts from the beginning unless it is asked otherwise.
func (s *Service) screenPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[BoardIn](r)
	if err != nil {
		return nil, err
	}
	if !r.URL.Query().Has("span") {
		in.Span = "all"
	}
	ctx := r.Context()
	v, err := s.viewBoard(ctx, in)
	if err != nil {
		return nil, err
	}
	var posted int64
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		posted, err = ledger.Posted(ctx, tx)
		return err
	})
	return screenPage(v, posted), err
}

func clock(ctx context.Context) string { return web.ShellOf(ctx).Now.In(db.Zone()).Format("15:04") }

// spanText is the dates that the wall answers for.
func spanText(ctx context.Context, v *boardView) string { return v.facts(ctx)[1] }

type targetForm struct {
	Node    string `json:"node"`
	Measure string `json:"measure"`
	Year    string `json:"year"`
	Value   string `json:"value" maxLength:"24"`
}

type targetsView struct {
	*sight
	list TargetList
	form web.FormState
}

func (s *Service) targetsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[TargetIn](r)
	if err != nil {
		return nil, err
	}
	v, err := s.viewTargets(r.Context(), in, nil)
	if err != nil {
		return nil, err
	}
	return targetsPage(v), nil
}

func (s *Service) viewTargets(ctx context.Context, in TargetIn, form *web.FormState) (*targetsView, error) {
	v := &targetsView{}
	var err error
	if v.list, err = s.Targets(ctx, in); err != nil {
		return nil, err
	}
	v.form = web.FormOf("measure", v.list.Measure, "year", v.list.Year)
	if form != nil {
		v.form = *form
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		v.sight, err = see(ctx, tx)
		return err
	})
	return v, err
}

func (s *Service) targetPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	f, err := web.Form[targetForm](r)
	in := SetTarget{Node: f.Node, Measure: f.Measure, Year: f.Year}
	if err == nil {
		in.Value, err = typed(f.Measure, f.Value)
	}
	if err == nil {
		_, err = s.SetTarget(ctx, in)
	}
	if err == nil {
		return web.RedirectToast(targetsPath+"?year="+in.Year+"&measure="+in.Measure, web.Toast{Text: web.T(ctx, "target.saved")}), nil
	}
	form := web.NewForm(r, err)
	v, bad := s.viewTargets(ctx, TargetIn{}, &form)
	if bad != nil {
		return nil, bad
	}
	return web.Retry(targetsPage(v), err)
}
