package company

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/web"
)

const referralsPath = "/referrals"

func referralURL(id string) string { return referralsPath + "/" + url.PathEscape(id) }

func (s *Service) mountReferrals(m *web.Mux) {
	web.Get(m, "/api/v1/referrals", "referral.read", s.ListReferrals, web.Doc("Who introduced whom, in scope, newest first"))
	web.Post(m, "/api/v1/referrals", "referral.write", s.Refer, web.Status(http.StatusCreated), web.Doc("Record that a company introduced another"))
	web.Get(m, "/api/v1/referrals/{id}", "referral.read", s.GetReferral, web.Doc("One referral"))
	web.Post(m, "/api/v1/referrals/{id}/thank", "referral.write", s.ThankReferral, web.Doc("Record how the introducer was thanked"))
	web.Get(m, "/api/v1/companies/{id}/referrals", "referral.read", s.ReferralTree, web.Doc("The tree of referrals a company stands in, with how far each got"))
	m.Page("GET "+referralsPath, "referral.read", s.referralsPage)
	m.Page("GET "+referralsPath+"/new", "referral.write", s.newReferralPage)
	m.Page("POST "+referralsPath, "referral.write", s.referralPosted)
	m.Page("GET "+referralsPath+"/about", "referral.read", s.referralTreePart)
	m.Page("GET "+referralsPath+"/{id}", "referral.read", s.referralPage)
	m.Page("POST "+referralsPath+"/{id}/thank", "referral.write", s.thankPosted)
	m.Nav(web.NavItem{Key: "referrals", Icon: "affiliate", URL: referralsPath, Perm: "referral.read", Group: web.GroupLibrary, Order: 3})
}

// referralsView is the list as a page, or one of it.
type referralsView struct {
	in     ReferralFilter
	list   Referrals
	names  map[string]Brief
	people map[string]string
	stages map[string]map[string]web.FigProps
	form   web.FormState
}

func (v *referralsView) fill(ctx context.Context, tx *db.Tx, more ...string) (err error) {
	ids, to, people := more, []string{}, []string{}
	for _, f := range v.list.Items {
		ids, to, people = append(ids, f.From, f.To), append(to, f.To), append(people, f.CreatedBy)
	}
	if v.names, err = Briefs(ctx, tx, ids); err != nil {
		return err
	}
	if v.people, err = auth.Names(ctx, tx, people); err != nil {
		return err
	}
	v.stages, err = stagesOf(ctx, tx, to)
	return err
}

// stage is the furthest a company got, with its figure.
func (v *referralsView) stage(id string) (stage string, chip web.FigProps) {
	for _, x := range referralStages {
		if c, ok := v.stages[id][x.measure]; ok {
			stage, chip = x.stage, c
		}
	}
	return stage, chip
}

func (v *referralsView) props(ctx context.Context) web.ListProps {
	q := web.Values("q", v.in.Q, "thanked", v.in.Thanked, "month", v.in.Month)
	p := web.ListProps{Action: referralsPath, Unit: web.T(ctx, "referral.unit"), Loaded: len(v.list.Items), Total: -1, Query: q.Encode(), Filters: []web.FilterProps{
		{Name: "q", Label: web.T(ctx, "company.search"), Kind: "search", Value: v.in.Q},
		{Name: "thanked", Label: web.T(ctx, "referral.thanks"), Value: v.in.Thanked, Choices: web.Coded(ctx, web.T(ctx, "field.any"), "referral.thanked", "yes", "no")},
		{Name: "month", Label: web.T(ctx, "field.month"), Kind: "month", Value: v.in.Month},
	}}
	if len(q) > 0 {
		p.ClearURL = referralsPath
	}
	if v.list.Next != "" {
		q.Set("after", v.list.Next)
		p.Next = referralsPath + "?" + q.Encode()
	}
	if len(v.list.Items) == 0 {
		p.Empty = noReferrals()
	}
	return p
}

func (s *Service) referralsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[ReferralFilter](r)
	if err != nil {
		return nil, err
	}
	v := &referralsView{in: in}
	if v.list, err = s.ListReferrals(r.Context(), in); err != nil {
		return nil, err
	}
	if err := s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error { return v.fill(ctx, tx) }); err != nil {
		return nil, err
	}
	return referralList(v), nil
}

func (s *Service) newReferralPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		From    string `json:"from" maxLength:"40"`
		Subject string `json:"subject" maxLength:"80"`
	}](r)
	if err != nil {
		return nil, err
	}
	return s.referralForm(r.Context(), web.FormOf("from", in.From, "subject", in.Subject, "day", web.Today(r.Context())))
}

func (s *Service) referralForm(ctx context.Context, form web.FormState) (templ.Component, error) {
	v := &referralsView{form: form}
	err := s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if form.Value("id") == "" {
			form.Values.Set("id", tx.ID())
		}
		return v.fill(ctx, tx, form.Value("from"), form.Value("to"))
	})
	return referralFormPage(v), err
}

func (v *referralsView) chosen(field string) []web.Choice {
	out := []web.Choice{{}}
	if b, ok := v.names[v.form.Value(field)]; ok {
		out = append(out, web.Choice{Value: v.form.Value(field), Text: b.Name})
	}
	return out
}

func (s *Service) referralPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[NewReferral](r)
	var out Referral
	if err == nil {
		out, err = s.Refer(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(referralURL(out.ID), web.Toast{Text: web.T(r.Context(), "referral.recorded")}), nil
	}
	page, bad := s.referralForm(r.Context(), web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(page, err)
}

func (s *Service) openReferral(r *http.Request, form web.FormState) (*referralsView, error) {
	f, err := s.GetReferral(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	v := &referralsView{list: Referrals{Items: []Referral{f}}, form: form}
	return v, s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error { return v.fill(ctx, tx) })
}

func (s *Service) referralPage(r *http.Request) (templ.Component, error) {
	v, err := s.openReferral(r, web.FormOf("day", web.Today(r.Context())))
	if err != nil {
		return nil, err
	}
	return referralRecord(v, v.list.Items[0]), nil
}

func (s *Service) thankPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[Thank](r)
	if err == nil {
		_, err = s.ThankReferral(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(referralURL(in.ID), web.Toast{Text: web.T(r.Context(), "referral.thanked_toast")}), nil
	}
	v, bad := s.openReferral(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(referralRecord(v, v.list.Items[0]), err)
}

// referralTreePart is the tree on a company's page.
func (s *Service) referralTreePart(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		Company string `json:"company" maxLength:"40"`
	}](r)
	if err != nil {
		return nil, err
	}
	tree, err := s.ReferralTree(r.Context(), ByID{in.Company})
	if err != nil {
		return nil, err
	}
	return referralTree(&tree, in.Company), nil
}

func referralFacts(ctx context.Context, v *referralsView, f Referral) []web.Fact {
	out := []web.Fact{
		{Label: web.T(ctx, "referral.from"), Text: v.names[f.From].Name, URL: recordURL(f.From)},
		{Label: web.T(ctx, "referral.to"), Text: v.names[f.To].Name, URL: recordURL(f.To)},
		{Label: web.T(ctx, "referral.day"), Text: f.Day},
	}
	if kind, id, ok := strings.Cut(f.Subject, "/"); ok {
		out = append(out, web.Fact{Label: web.T(ctx, "referral.at"), Text: web.T(ctx, "referral.at."+kind), URL: "/" + kind + "s/" + url.PathEscape(id)})
	}
	if f.Note != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "referral.note"), Text: f.Note})
	}
	return append(out, web.Fact{Label: web.T(ctx, "referral.by"), Text: v.people[f.CreatedBy]})
}
