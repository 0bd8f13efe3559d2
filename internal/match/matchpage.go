package match

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/fault"
	"zhudian/internal/pipeline"
	"zhudian/internal/web"
)

// matchView is what fits: sites for a lead, leads for a site, or the leads to begin with.
type matchView struct {
	*sight
	lead  *LeadMatch
	site  *SiteMatch
	leads []pipeline.Lead // valid and not accepted by any place yet
	form  web.FormState   // of a sending that was refused
}

type matchQuery struct {
	Lead string `json:"lead" maxLength:"40"`
	Site string `json:"site" maxLength:"40"`
}

func (s *Service) matchPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[matchQuery](r)
	if err != nil {
		return nil, err
	}
	v, err := s.openMatch(r.Context(), in)
	if err != nil {
		return nil, err
	}
	switch {
	case v.lead != nil:
		return leadMatchView(v), nil
	case v.site != nil:
		return siteMatchView(v), nil
	}
	return matchStart(v), nil
}

func (s *Service) openMatch(ctx context.Context, in matchQuery) (*matchView, error) {
	v := &matchView{}
	var names seen
	switch {
	case in.Lead != "":
		m, err := s.MatchLead(ctx, ByID{in.Lead})
		if err != nil {
			return nil, err
		}
		v.lead, names.firms = &m, []string{m.Lead.Company}
	case in.Site != "":
		m, err := s.MatchSite(ctx, ByID{in.Site})
		if err != nil {
			return nil, err
		}
		v.site = &m
		for _, f := range m.Leads {
			names.firms = append(names.firms, f.Lead.Company)
		}
		for _, g := range m.Targets {
			names.firms = append(names.firms, g.Companies...)
		}
	default:
		list, err := s.OpenLeads(ctx, struct{}{})
		if err != nil {
			return nil, err
		}
		v.leads = list.Items
		for _, l := range list.Items {
			names.firms = append(names.firms, l.Company)
		}
	}
	var err error
	v.sight, err = s.sight(ctx, names)
	return v, err
}

// fitsPart is the block on the record of a site: the leads that fit it best.
func (s *Service) fitsPart(r *http.Request) (templ.Component, error) {
	in, err := web.Query[matchQuery](r)
	if err != nil {
		return nil, err
	}
	if in.Site == "" {
		return nil, fault.BadField("site", "required", "请指明载体。", "Name the site.")
	}
	v, err := s.openMatch(r.Context(), matchQuery{Site: in.Site})
	if err != nil {
		return nil, err
	}
	v.site.Leads = v.site.Leads[:min(5, len(v.site.Leads))]
	return fitsView(v), nil
}

// judged words how many sites were judged, how many pass, and what put the others out, the most frequent first.
func (v *matchView) judged(ctx context.Context) string {
	m := v.lead
	codes := make([]string, 0, len(m.Failed))
	for c := range m.Failed {
		codes = append(codes, c)
	}
	slices.SortFunc(codes, func(a, b string) int {
		if m.Failed[a] != m.Failed[b] {
			return int(m.Failed[b] - m.Failed[a])
		}
		return strings.Compare(a, b)
	})
	text := web.T(ctx, "match.judged", web.Int(int64(m.Sites)), web.Int(int64(m.Passed)))
	for i, c := range codes {
		lead := web.T(ctx, "match.also")
		if i == 0 {
			lead = web.T(ctx, "match.out_by")
		}
		text += lead + web.T(ctx, "match.filter."+c[len("fail."):]) + " " + web.Int(m.Failed[c])
	}
	return text
}

// offer names an offer of the sites shown.
func (v *matchView) offer(id string) string {
	if v.lead != nil {
		return v.lead.offers[id].Title
	}
	return v.site.offers[id].Title
}

// weightsView is the page of the weights.
type weightsView struct {
	*sight
	list WeightsList
	now  Weights
	form web.FormState
}

func (s *Service) openWeights(ctx context.Context, form web.FormState) (*weightsView, error) {
	v := &weightsView{form: form}
	var err error
	if v.list, err = s.ListWeights(ctx, struct{}{}); err != nil {
		return nil, err
	}
	v.now = v.list.inForce()
	if len(form.Values) == 0 {
		v.form = web.FormOf()
		for c, n := range v.now.Parts {
			v.form.Values.Set("parts."+c, itoa(n))
		}
	}
	var people []string
	for _, w := range v.list.Items {
		people = append(people, w.CreatedBy, w.ApprovedBy)
	}
	v.sight, err = s.sight(ctx, seen{people: people})
	return v, err
}

func (s *Service) weightsPage(r *http.Request) (templ.Component, error) {
	v, err := s.openWeights(r.Context(), web.FormState{})
	if err != nil {
		return nil, err
	}
	return weightsPageView(v), nil
}

func (s *Service) weightsPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[struct {
		Parts struct {
			Chain      int64 `json:"chain"`
			Space      int64 `json:"space"`
			Energy     int64 `json:"energy"`
			Labour     int64 `json:"labour"`
			Logistics  int64 `json:"logistics"`
			Cost       int64 `json:"cost"`
			Neighbours int64 `json:"neighbours"`
			Policy     int64 `json:"policy"`
			Record     int64 `json:"record"`
			Tie        int64 `json:"tie"`
			Fairness   int64 `json:"fairness"`
		} `json:"parts"`
		Note string `json:"note" maxLength:"500"`
	}](r)
	if err == nil {
		p := in.Parts
		_, err = s.ProposeWeights(r.Context(), NewWeights{Note: in.Note, Parts: map[string]int64{
			"chain": p.Chain, "space": p.Space, "energy": p.Energy, "labour": p.Labour, "logistics": p.Logistics, "cost": p.Cost, "neighbours": p.Neighbours,
			"policy": p.Policy, "record": p.Record, "tie": p.Tie, "fairness": p.Fairness,
		}})
	}
	return s.weightsDone(r, err, "match.proposed")
}

func (s *Service) approvePosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[ApproveWeights](r)
	if err == nil {
		_, err = s.ApproveWeights(r.Context(), in)
	}
	return s.weightsDone(r, err, "match.approved")
}

func (s *Service) weightsDone(r *http.Request, err error, key string) (templ.Component, error) {
	if err == nil {
		return web.RedirectToast(weightsPath, web.Toast{Text: web.T(r.Context(), key)}), nil
	}
	form := web.FormState{Fault: fault.Of(err)}
	if key == "match.proposed" {
		form = web.NewForm(r, err)
	}
	v, bad := s.openWeights(r.Context(), form)
	if bad != nil {
		return nil, bad
	}
	if v.form.Fault == nil {
		v.form.Fault = form.Fault
	}
	return web.Retry(weightsPageView(v), err)
}

// mayApprove: somebody else than the author, and nothing older than what holds.
func (v *weightsView) mayApprove(ctx context.Context, w Weights) bool {
	return web.May(ctx, "match.weigh") && w.ApprovedBy == "" && w.Version > v.list.InForce && w.CreatedBy != v.who.Person
}
