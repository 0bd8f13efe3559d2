package field

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// tourList is the list of tours as a page.
type tourList struct {
	*sight
	in      TourFilter
	list    Tours
	waiting int // to be confirmed by the person's units, up to a page
}

func toursOf(list []Tour) named {
	var n named
	for _, x := range list {
		n.companies, n.people, n.subjects = append(n.companies, x.Company), append(n.people, x.CreatedBy, x.ConfirmedBy), append(n.subjects, x.Subject())
	}
	return n
}

func (s *Service) toursPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Query[TourFilter](r)
	if err != nil {
		return nil, err
	}
	v := &tourList{in: in}
	if v.list, err = s.ListTours(ctx, in); err != nil {
		return nil, err
	}
	if web.May(ctx, "tour.confirm") {
		waiting, err := s.ListTours(ctx, TourFilter{As: "waiting", Page: db.Page{Limit: db.PageMax}})
		if err != nil {
			return nil, err
		}
		v.waiting = len(waiting.Items)
	}
	v.sight, err = s.sight(ctx, toursOf(v.list.Items), figuresOf(ctx, in.Station, in.Team, in.Month, "tour"))
	if err != nil {
		return nil, err
	}
	return toursPage(v), nil
}

// tabs are the two sides of a tour, and what waits for the receiving one.
func (v *tourList) tabs(ctx context.Context) []web.Tab {
	as := cmp.Or(v.in.As, "sending")
	out := []web.Tab{{Text: web.T(ctx, "field.as.sending"), URL: "/tours", On: as == "sending"}}
	if web.May(ctx, "tour.confirm") {
		out = append(out, web.Tab{Text: web.T(ctx, "field.as.waiting"), URL: "/tours?as=waiting", On: as == "waiting", N: int64(v.waiting)})
	}
	return append(out, web.Tab{Text: web.T(ctx, "field.as.receiving"), URL: "/tours?as=receiving", On: as == "receiving"})
}

func (v *tourList) props(ctx context.Context) web.ListProps {
	in := v.in
	q := web.Values("as", in.As, "station", in.Station, "team", in.Team, "month", in.Month, "stage", in.Stage, "state", in.State, "company", in.Company, "q", in.Q)
	p := web.ListProps{Action: "/tours", Unit: web.T(ctx, "field.tour_unit"), Loaded: len(v.list.Items), Total: -1, Query: q.Encode(), Foot: tourTotals(v), Filters: []web.FilterProps{
		{Name: "as", Kind: "hidden", Value: in.As},
		{Name: "company", Kind: "hidden", Value: in.Company},
		{Name: "q", Label: web.T(ctx, "field.company_name"), Kind: "search", Value: in.Q},
		{Name: "stage", Label: web.T(ctx, "field.stage"), Value: in.Stage, Choices: web.Coded(ctx, web.T(ctx, "field.any"), "field.tour", "planned", "confirmed", "refused", "cancelled")},
		{Name: "state", Label: web.T(ctx, "field.state"), Value: in.State, Choices: web.Coded(ctx, web.T(ctx, "field.any"), "field.claim", claimStates...)},
		{Name: "month", Label: web.T(ctx, "field.month"), Kind: "month", Value: in.Month},
	}}
	if len(v.mine) > 1 {
		p.Filters = append(p.Filters, web.FilterProps{Name: "team", Label: web.T(ctx, "field.team"), Value: in.Team, Choices: v.teamChoices(ctx, in.Station)})
	}
	if count(in.Station, in.Team, in.Month, in.Stage, in.State, in.Company, in.Q) > 0 {
		p.ClearURL = "/tours"
		if in.As != "" {
			p.ClearURL += "?as=" + in.As
		}
	}
	p.Next = next("/tours", q, v.list.Next)
	if len(v.list.Items) == 0 {
		p.Empty = noTours(v, p.ClearURL != "")
	}
	return p
}

func tourTone(state string) string {
	switch state {
	case "confirmed":
		return "act"
	case "planned":
		return "due"
	case "refused":
		return "alarm"
	}
	return "hollow"
}

// tourView is one tour as a page.
type tourView struct {
	*sight
	rec      TourRecord
	trail    []verify.TrailLine
	receives bool // the person stands on the receiving side
	sends    bool // and on the side that brings it
	form     web.FormState
	arrange  web.FormState
	close    web.FormState
}

func (s *Service) tourPage(r *http.Request) (templ.Component, error) {
	v, err := s.openTour(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return tourPage(v), nil
}

func (s *Service) openTour(ctx context.Context, id string) (*tourView, error) {
	rec, err := s.GetTour(ctx, ByID{id})
	if err != nil {
		return nil, err
	}
	v := &tourView{rec: rec, form: web.FormState{}, arrange: web.FormState{}, close: web.FormState{}}
	if v.sight, err = s.sight(ctx, toursOf([]Tour{rec.Tour}), ledger.FiguresIn{Measure: []string{"tour"}, Where: []string{"company:" + rec.Company}}); err != nil {
		return nil, err
	}
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if v.receives, err = org.InScope(ctx, tx, v.who.Node, rec.Receiver); err != nil {
			return err
		}
		if v.sends, err = org.InScope(ctx, tx, v.who.Node, rec.Node); err != nil {
			return err
		}
		v.trail, err = verify.Trail(ctx, tx, []string{rec.Subject()}, nil)
		return err
	})
}

func (v *tourView) mayConfirm() bool {
	return v.receives && v.rec.State == "planned" && v.rec.CreatedBy != v.who.Person && v.who.May("tour.confirm")
}

func (v *tourView) mayCorrect() bool {
	return v.receives && v.rec.State == "confirmed" && v.rec.CreatedBy != v.who.Person && v.who.May("tour.confirm") && (v.rec.Claim == nil || !v.rec.Claim.Correcting())
}

func (v *tourView) mayEdit() bool {
	return v.sends && v.rec.State == "planned" && v.who.May("tour.edit")
}

// tourForm is what the forms of a tour's record post.
type tourForm struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Came    bool   `json:"came"`
	Day     string `json:"day" format:"date"`
	Heads   int64  `json:"heads"`
	Outcome string `json:"outcome" maxLength:"1000"`
	Remark  string `json:"remark" maxLength:"500"`
	Reason  string `json:"reason" maxLength:"200"`
	Late    string `json:"late_reason" maxLength:"200"`
}

// tourAct answers a form of the record: done, or the record with the form as it was sent.
func (s *Service) tourAct(r *http.Request, done string, use func(context.Context, tourForm) error) (templ.Component, error) {
	in, err := web.Form[tourForm](r)
	if err == nil {
		err = use(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(tourURL(in.ID), web.Toast{Text: web.T(r.Context(), done)}), nil
	}
	v, bad := s.openTour(r.Context(), r.PathValue("id"))
	if bad != nil {
		return nil, bad
	}
	v.form = web.NewForm(r, err)
	return web.Retry(tourPage(v), err)
}

func (s *Service) confirmTourPosted(r *http.Request) (templ.Component, error) {
	return s.tourAct(r, "field.tour_decided", func(ctx context.Context, in tourForm) error {
		_, err := s.ConfirmTour(ctx, Confirmation{Tour: in.ID, Came: in.Came, Outcome: in.Outcome, Remark: in.Remark, Late: in.Late})
		return err
	})
}

func (s *Service) correctTourPosted(r *http.Request) (templ.Component, error) {
	return s.tourAct(r, "field.correcting", func(ctx context.Context, in tourForm) error {
		_, err := s.CorrectTour(ctx, CorrectTour{ID: in.ID, Version: in.Version, Day: in.Day, Heads: in.Heads, Outcome: in.Outcome, Late: in.Late})
		return err
	})
}

func (s *Service) cancelTourPosted(r *http.Request) (templ.Component, error) {
	return s.tourAct(r, "field.tour_cancelled", func(ctx context.Context, in tourForm) error {
		_, err := s.CancelTour(ctx, Retract{ID: in.ID, Reason: in.Reason})
		return err
	})
}

// planForm is a tour as the form posts it.
type planForm struct {
	ID       string     `json:"id" maxLength:"40"`
	Version  int64      `json:"version"`
	Team     string     `json:"team"`
	Company  string     `json:"company"`
	Receiver string     `json:"receiver"`
	Day      string     `json:"day" format:"date"`
	Until    string     `json:"until" format:"date"`
	Heads    int64      `json:"heads"`
	Level    string     `json:"level" enum:"chair,general,deputy,department,other"`
	Route    string     `json:"route" maxLength:"500"`
	Host     string     `json:"host" maxLength:"120"`
	With     []withForm `json:"with"`
}

func (f planForm) plan() (Plan, error) {
	var c fault.Checks
	p := Plan{ID: f.ID, Team: f.Team, Company: f.Company, Receiver: f.Receiver, Day: f.Day, Until: f.Until, Heads: f.Heads, Level: f.Level, Route: f.Route, Host: f.Host}
	p.With = sharesOf(&c, f.With)
	return p, c.Err()
}

type planView struct {
	*sight
	state  web.FormState
	action string
	rec    *TourRecord
}

func (s *Service) planOf(ctx context.Context, state web.FormState, rec *TourRecord) (*planView, error) {
	v := &planView{state: state, action: "/tours", rec: rec}
	if rec != nil {
		v.action = tourURL(rec.ID)
	}
	var err error
	v.sight, err = s.sight(ctx, named{companies: state.Values["company"]})
	return v, err
}

func (v *planView) receiver() []web.Choice {
	out := []web.Choice{{}}
	if code := v.state.Value("receiver"); code != "" {
		out = append(out, web.Choice{Value: code, Text: v.unit(code)})
	}
	return out
}

func (s *Service) newTourPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Query[struct {
		Company string `json:"company"`
	}](r)
	if err != nil {
		return nil, err
	}
	id, err := s.newID(ctx)
	if err != nil {
		return nil, err
	}
	v, err := s.planOf(ctx, web.FormOf("id", id, "company", in.Company, "heads", "1"), nil)
	if err == nil && len(v.mine) == 1 {
		v.state.Values.Set("team", v.mine[0].ID)
		v.state.Values.Set("receiver", v.mine[0].Unit)
	}
	if err != nil {
		return nil, err
	}
	return planPage(v), nil
}

func (s *Service) newTourPosted(r *http.Request) (templ.Component, error) {
	f, err := web.Form[planForm](r)
	var out Tour
	var in Plan
	if err == nil {
		in, err = f.plan()
	}
	if err == nil {
		out, err = s.PlanTour(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(tourURL(out.ID), web.Toast{Text: web.T(r.Context(), "field.tour_planned")}), nil
	}
	v, bad := s.planOf(r.Context(), web.NewForm(r, err), nil)
	if bad != nil {
		return nil, bad
	}
	return web.Retry(planPage(v), err)
}

func (s *Service) editTourPage(r *http.Request) (templ.Component, error) {
	rec, err := s.GetTour(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	if rec.State != "planned" {
		return nil, notPlanned()
	}
	v, err := s.planOf(r.Context(), web.FormOf(append(sharePairs(rec.With), "version", strconv.FormatInt(rec.Version, 10), "team", rec.Team, "company", rec.Company, "receiver", rec.Receiver,
		"day", rec.Day, "until", rec.Until, "heads", strconv.FormatInt(rec.Heads, 10), "level", rec.Level, "route", rec.Route, "host", rec.Host)...), &rec)
	if err != nil {
		return nil, err
	}
	return planPage(v), nil
}

func (s *Service) editTourPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	if _, err := audit.Require(ctx, "tour.edit"); err != nil {
		return nil, err
	}
	f, err := web.Form[planForm](r)
	var in Plan
	if err == nil {
		in, err = f.plan()
	}
	if err == nil {
		_, err = s.EditTour(ctx, EditTour{Plan: in, Version: f.Version})
	}
	if err == nil {
		return web.RedirectToast(tourURL(f.ID), web.Toast{Text: web.T(ctx, "field.saved")}), nil
	}
	rec, bad := s.GetTour(ctx, ByID{r.PathValue("id")})
	if bad != nil {
		return nil, bad
	}
	v, bad := s.planOf(ctx, web.NewForm(r, err), &rec)
	if bad != nil {
		return nil, bad
	}
	return web.Retry(planPage(v), err)
}
