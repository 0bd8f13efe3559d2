package pipeline

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"zhudian/internal/web"
)

const disputesPath = leadsPath + "/disputes"

func disputeURL(id string) string { return disputesPath + "/" + url.PathEscape(id) }

func (s *Service) mountDisputes(m *web.Mux) {
	web.Get(m, "/api/v1/disputes", "dispute.decide", s.ListDisputes, web.Doc("Disputes about who talked with a company first, for whoever decides them"))
	web.Get(m, "/api/v1/disputes/{id}", "dispute.decide", s.GetDispute, web.Doc("One dispute with both leads and what either side said"))
	web.Post(m, "/api/v1/disputes/{id}/decide", "dispute.decide", s.DecideDispute, web.Doc("Rule whose the company is"))
	web.Post(m, "/api/v1/leads/{id}/pleas", "lead.create", s.Plead, web.Status(http.StatusCreated), web.Doc("Say something for one's side in the dispute of a lead"))
	m.Page("GET "+disputesPath, "dispute.decide", s.disputesPage)
	m.Page("GET "+disputesPath+"/{id}", "dispute.decide", s.disputePage)
	m.Page("POST "+disputesPath+"/{id}/decide", "dispute.decide", s.decidePosted)
	m.Page("POST "+leadsPath+"/{id}/pleas", "lead.create", s.pleaPosted)
}

type disputeList struct {
	*leadSight
	in   DisputeFilter
	list Disputes
}

func (s *Service) disputesPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[DisputeFilter](r)
	if err != nil {
		return nil, err
	}
	v := &disputeList{in: in}
	if v.list, err = s.ListDisputes(r.Context(), in); err != nil {
		return nil, err
	}
	var leads []Lead
	for _, x := range v.list.Items {
		leads = append(leads, x.FirstLead)
	}
	if v.leadSight, err = s.leadSight(r.Context(), leads); err != nil {
		return nil, err
	}
	return disputesView(v), nil
}

func (v *disputeList) props(ctx context.Context) web.ListProps {
	p := web.ListProps{Action: disputesPath, Unit: web.T(ctx, "lead.dispute_item"), Loaded: len(v.list.Items), Total: -1, Filters: []web.FilterProps{
		{Name: "state", Label: web.T(ctx, "lead.state"), Value: v.in.State, Choices: anyOf(ctx, "lead.dispute.", "open", "first", "second", "both")},
	}}
	q := url.Values{}
	if v.in.State != "" {
		q.Set("state", v.in.State)
		p.ClearURL, p.Query = disputesPath, q.Encode()
	}
	if v.list.Next != "" {
		q.Set("after", v.list.Next)
		p.Next = disputesPath + "?" + q.Encode()
	}
	if len(v.list.Items) == 0 {
		p.Empty = noDisputes()
	}
	return p
}

type disputeView struct {
	*leadSight
	rec  DisputeRecord
	form web.FormState
}

func (s *Service) openDispute(r *http.Request, form web.FormState) (*disputeView, error) {
	v := &disputeView{form: form}
	var err error
	if v.rec, err = s.GetDispute(r.Context(), ByID{r.PathValue("id")}); err != nil {
		return nil, err
	}
	people := []string{v.rec.DecidedBy}
	for _, p := range v.rec.Pleas {
		people = append(people, p.CreatedBy)
	}
	v.leadSight, err = s.leadSight(r.Context(), []Lead{v.rec.FirstLead, v.rec.SecondLead}, people...)
	return v, err
}

func (s *Service) disputePage(r *http.Request) (templ.Component, error) {
	v, err := s.openDispute(r, web.FormOf("state", "first"))
	if err != nil {
		return nil, err
	}
	return disputePageView(v), nil
}

type decideForm struct {
	State  string `json:"state" enum:"first,second,both"`
	Reason string `json:"reason" maxLength:"500"`
}

func (s *Service) decidePosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[decideForm](r)
	if err == nil {
		_, err = s.DecideDispute(r.Context(), Decide{ID: r.PathValue("id"), State: in.State, Reason: in.Reason})
	}
	if err == nil {
		return web.RedirectToast(disputeURL(r.PathValue("id")), web.Toast{Text: web.T(r.Context(), "lead.decided_toast")}), nil
	}
	v, bad := s.openDispute(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(disputePageView(v), err)
}

type pleaForm struct {
	Plea string `json:"plea" maxLength:"1000"`
}

func (s *Service) pleaPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[pleaForm](r)
	if err == nil {
		_, err = s.Plead(r.Context(), Pleading{ID: r.PathValue("id"), Said: in.Plea})
	}
	return s.leadDone(r, err, "lead.plea_toast")
}

// side gives what whoever decides sees of one of the two leads.
func (v *disputeView) side(ctx context.Context, l Lead) []web.Fact {
	return []web.Fact{
		{Label: web.T(ctx, "lead.name"), Text: l.Title, URL: leadURL(l.ID)},
		{Label: web.T(ctx, "lead.unit"), Text: v.unit(l.Unit)},
		{Label: web.T(ctx, "lead.found_on"), Text: l.FoundOn},
		{Label: web.T(ctx, "lead.found_by"), Text: v.people[l.CreatedBy]},
		{Label: web.T(ctx, "lead.source"), Text: web.T(ctx, "lead.source."+l.Source)},
		{Label: web.T(ctx, "lead.state"), Text: web.T(ctx, "lead.state."+l.State)},
		{Label: web.T(ctx, "lead.amount"), Text: web.Money(ctx, l.Amount, web.Wan).String()},
	}
}

// pleas gives what one of the two sides said.
func (v *disputeView) pleas(lead string) []Plea {
	var out []Plea
	for _, p := range v.rec.Pleas {
		if p.Lead == lead {
			out = append(out, p)
		}
	}
	return out
}

func disputeTone(state string) string {
	if state == "open" {
		return "due"
	}
	return "act"
}

// ruledFor says to one side what the ruling means for it: won, lost or both.
func ruledFor(o *Overlap) string {
	switch o.State {
	case "both":
		return "both"
	case o.Side:
		return "won"
	}
	return "lost"
}
