package pipeline

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

const leadsPath = "/leads"

func leadURL(id string) string { return leadsPath + "/" + url.PathEscape(id) }

func (s *Service) mountLeads(m *web.Mux) {
	m.Nav(web.NavItem{Key: "leads", Icon: "bulb", URL: leadsPath, Perm: "lead.read", Group: web.GroupLibrary, Order: 25, Go: "l"})
	m.Command(web.Command{Key: "lead", Icon: "bulb", URL: leadsPath + "/new", Perm: "lead.create"})
	web.Get(m, "/api/v1/leads", "lead.read", s.ListLeads, web.Doc("Leads of one's teams and units, and those one's units accepted"))
	web.Post(m, "/api/v1/leads", "lead.create", s.RecordLead, web.Status(http.StatusCreated), web.Doc("Write a lead down"))
	web.Get(m, "/api/v1/leads/{id}", "lead.read", s.GetLead, web.Doc("One lead with its claim"))
	web.Post(m, "/api/v1/leads/{id}/judge", "lead.judge", s.JudgeLead, web.Doc("Say whether a lead is valid; a valid one is claimed"))
	web.Post(m, "/api/v1/leads/{id}/steps", "lead.create", s.StepLead, web.Doc("Write down what was done about a lead; it then waits for the next step"))
	web.Post(m, "/api/v1/leads/{id}/land", "lead.judge", s.LandLead, web.Doc("Join a lead to the project that came of it"))
	m.Page("GET "+leadsPath, "lead.read", s.leadsPage)
	m.Page("GET "+leadsPath+"/new", "lead.create", s.newLeadPage)
	m.Page("POST "+leadsPath, "lead.create", s.newLeadPosted)
	m.Page("GET "+leadsPath+"/waiting", "lead.read", s.leadsBlock)
	m.Page("GET "+leadsPath+"/{id}", "lead.read", s.leadPage)
	m.Page("POST "+leadsPath+"/{id}/steps", "lead.create", s.stepPosted)
	m.Page("POST "+leadsPath+"/{id}/judge", "lead.judge", s.judgePosted)
	m.Page("POST "+leadsPath+"/{id}/land", "lead.judge", s.landPosted)
	s.mountDisputes(m)
	m.Search("leads", "bulb", "lead.read", s.findLeads)
}

func (s *Service) findLeads(ctx context.Context, text string, limit int) (web.Hits, error) {
	list, err := s.ListLeads(ctx, LeadFilter{Q: text, Page: db.Page{Limit: limit}})
	return web.HitsOf(list.Items, func(l Lead) web.Hit { return web.Hit{Title: l.Title, Meta: l.Code, URL: leadURL(l.ID)} }), err
}

// leadSight is what the pages of leads show beside their records.
type leadSight struct {
	lang     string
	who      audit.Actor
	dir      *org.Directory
	firms    map[string]company.Brief
	people   map[string]string
	teams    []station.Team // in scope
	claims   map[string]verify.Claim
	projects []web.Choice // of the lead's company, in scope
	chips    map[string]web.FigProps
}

// leadSight reads what stands around leads; more are the people that are named beside them.
func (s *Service) leadSight(ctx context.Context, list []Lead, more ...string) (*leadSight, error) {
	v := &leadSight{lang: web.Lang(ctx)}
	v.who, _ = audit.Who(ctx)
	var firms, people, subjects []string
	for _, l := range list {
		firms, people, subjects = append(firms, l.Company), append(people, l.CreatedBy, l.JudgedBy), append(subjects, l.LeadSubject())
	}
	people = append(people, more...)
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if v.dir, err = org.Open(ctx, tx); err != nil {
			return err
		}
		if v.firms, err = company.Briefs(ctx, tx, firms); err != nil {
			return err
		}
		if v.people, err = auth.Names(ctx, tx, people); err != nil {
			return err
		}
		if v.teams, err = visibleTeams(ctx, tx); err != nil {
			return err
		}
		if v.claims, err = verify.ClaimsOf(ctx, tx, subjects); err != nil {
			return err
		}
		v.chips, err = ledger.Chips(ctx, tx, ledger.FiguresIn{Measure: []string{"lead.qualified"}})
		return err
	})
}

func (v *leadSight) unit(code string) string { return v.dir.UnitName(code, v.lang) }

func (v *leadSight) firm(id string) string { return v.firms[id].Name }

type leadList struct {
	*leadSight
	in   LeadFilter
	list Leads
}

func (s *Service) leadsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[LeadFilter](r)
	if err != nil {
		return nil, err
	}
	v := &leadList{in: in}
	if v.list, err = s.ListLeads(r.Context(), in); err != nil {
		return nil, err
	}
	if v.leadSight, err = s.leadSight(r.Context(), v.list.Items); err != nil {
		return nil, err
	}
	return leadsView(v), nil
}

func (v *leadList) props(ctx context.Context) web.ListProps {
	q := url.Values{}
	for k, x := range map[string]string{"q": v.in.Q, "state": v.in.State, "source": v.in.Source, "team": v.in.Team, "company": v.in.Company} {
		if x != "" {
			q.Set(k, x)
		}
	}
	for k, on := range map[string]bool{"mine": v.in.Mine, "late": v.in.Late} {
		if on {
			q.Set(k, "true")
		}
	}
	p := web.ListProps{Action: leadsPath, Unit: web.T(ctx, "lead.item"), Loaded: len(v.list.Items), Total: -1, Query: q.Encode(), Foot: leadTotal(v), Filters: []web.FilterProps{
		{Name: "q", Label: web.T(ctx, "lead.search"), Kind: "search", Value: v.in.Q},
		{Name: "state", Label: web.T(ctx, "lead.state"), Value: v.in.State, Choices: anyOf(ctx, "lead.state.", "new", "qualified", "refused", "landed")},
		{Name: "source", Label: web.T(ctx, "lead.source"), Value: v.in.Source, Choices: anyOf(ctx, "lead.source.", leadSources...)},
		{Name: "late", Label: web.T(ctx, "lead.next"), Value: q.Get("late"), Choices: []web.Choice{{Text: web.T(ctx, "project.all")}, {Value: "true", Text: web.T(ctx, "lead.late")}}},
		{Name: "company", Kind: "hidden", Value: v.in.Company},
	}}
	if len(q) > 0 {
		p.ClearURL = leadsPath
	}
	if v.list.Next != "" {
		q.Set("after", v.list.Next)
		p.Next = leadsPath + "?" + q.Encode()
	}
	if len(v.list.Items) == 0 {
		p.Empty = noLeads(p.ClearURL != "")
	}
	return p
}

type leadRecord struct {
	*leadSight
	rec  LeadRecord
	form web.FormState
}

func (s *Service) openLead(r *http.Request, form web.FormState) (*leadRecord, error) {
	ctx := r.Context()
	v := &leadRecord{form: form}
	var err error
	if v.rec, err = s.GetLead(ctx, ByID{r.PathValue("id")}); err != nil {
		return nil, err
	}
	var people []string
	for _, x := range v.rec.Steps {
		people = append(people, x.CreatedBy)
	}
	if v.rec.Overlap != nil {
		for _, p := range v.rec.Overlap.Pleas {
			people = append(people, p.CreatedBy)
		}
	}
	if v.leadSight, err = s.leadSight(ctx, []Lead{v.rec.Lead}, people...); err != nil {
		return nil, err
	}
	if v.rec.State == "qualified" && v.who.May("project.read") {
		list, err := s.List(ctx, Filter{Company: v.rec.Company})
		if err != nil {
			return nil, err
		}
		for _, p := range list.Items {
			v.projects = append(v.projects, web.Choice{Value: p.ID, Text: p.Code + " " + p.Name})
		}
	}
	return v, nil
}

func (s *Service) leadPage(r *http.Request) (templ.Component, error) {
	v, err := s.openLead(r, web.FormState{})
	if err != nil {
		return nil, err
	}
	return leadView(v), nil
}

func (v *leadRecord) facts(ctx context.Context) []web.Fact {
	l := v.rec.Lead
	out := []web.Fact{
		{Label: web.T(ctx, "lead.company"), Text: v.firm(l.Company), URL: "/companies/" + url.PathEscape(l.Company)},
		{Label: web.T(ctx, "lead.industry"), Text: v.dir.IndustryName(l.Industry[min(1, len(l.Industry)-1):], v.lang)},
		{Label: web.T(ctx, "lead.amount"), Text: web.Money(ctx, l.Amount, web.Wan).String()},
		{Label: web.T(ctx, "lead.source"), Text: web.T(ctx, "lead.source."+l.Source)},
		{Label: web.T(ctx, "lead.unit"), Text: v.unit(l.Unit)},
		{Label: web.T(ctx, "lead.found_on"), Text: l.FoundOn},
		{Label: web.T(ctx, "lead.found_by"), Text: v.people[l.CreatedBy]},
	}
	if l.Chain != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "lead.chain"), Text: v.dir.CodeName("chain", l.Chain, v.lang)})
	}
	if l.Next != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "lead.next"), Text: web.T(ctx, "lead.next."+l.Next) + " · " + l.DueOn})
	}
	if l.Protected >= web.Today(ctx) {
		out = append(out, web.Fact{Label: web.T(ctx, "lead.protected"), Text: web.T(ctx, "lead.until", l.Protected)})
	}
	if l.JudgedOn != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "lead.judged"), Text: l.JudgedOn + " · " + v.people[l.JudgedBy]})
	}
	if l.Landing != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "lead.landing"), Text: v.unit(l.Landing)})
	}
	if l.Project != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "lead.project"), Text: web.T(ctx, "lead.open_project"), URL: projectURL(l.Project)})
	}
	return out
}

// NeedLines words what a company needs, one line for each thing that it said.
func NeedLines(ctx context.Context, n Needs) []web.Fact {
	var out []web.Fact
	for _, x := range []struct {
		key string
		v   int64
	}{{"hall", n.Hall}, {"height", n.Height}, {"load", n.Load}, {"power", n.Power}, {"steam", n.Steam}, {"land", n.Land}, {"workers", n.Workers}} {
		if x.v > 0 {
			out = append(out, web.Fact{Label: web.T(ctx, "lead.need."+x.key), Text: web.Int(x.v) + " " + web.T(ctx, "lead.need_unit."+x.key)})
		}
	}
	if n.Rent > 0 {
		out = append(out, web.Fact{Label: web.T(ctx, "lead.need.rent"), Text: web.Fixed(n.Rent, 2, 2) + " " + web.T(ctx, "lead.need_unit.rent")})
	}
	if n.Sewage != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "lead.need.sewage"), Text: web.T(ctx, "lead.sewage."+n.Sewage)})
	}
	if n.Chemical {
		out = append(out, web.Fact{Label: web.T(ctx, "lead.need.chemical"), Text: web.T(ctx, "lead.yes")})
	}
	return out
}

// mayTransfer reports that one may propose to give the lead to another unit.
func (v *leadRecord) mayTransfer(ctx context.Context) bool {
	free := v.rec.Overlap == nil || v.rec.Overlap.State != "open"
	return free && (v.rec.State == "new" || v.rec.State == "qualified") && web.May(ctx, "credit.sign")
}

// large reports that the lead deserves a brief.
func (v *leadRecord) large() bool {
	return large(v.firms[v.rec.Company].Tags, v.rec.Amount)
}

type landForm struct {
	Project string `json:"project"`
	Version int64  `json:"version"`
}

func (s *Service) landPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[landForm](r)
	if err == nil {
		_, err = s.LandLead(r.Context(), Landed{ID: r.PathValue("id"), Project: in.Project, Version: in.Version})
	}
	return s.leadDone(r, err, "lead.landed_toast")
}

func (s *Service) leadDone(r *http.Request, err error, key string) (templ.Component, error) {
	if err == nil {
		return web.RedirectToast(leadURL(r.PathValue("id")), web.Toast{Text: web.T(r.Context(), key)}), nil
	}
	v, bad := s.openLead(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(leadView(v), err)
}

type leadForm struct {
	*leadSight
	state web.FormState
}

func (s *Service) leadFormOf(ctx context.Context, state web.FormState) (*leadForm, error) {
	v := &leadForm{state: state}
	var err error
	v.leadSight, err = s.leadSight(ctx, []Lead{{Company: state.Value("company")}})
	return v, err
}

func (s *Service) newLeadPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Query[struct {
		Company string `json:"company"`
		From    string `json:"from" maxLength:"80"`
	}](r)
	if err != nil {
		return nil, err
	}
	v, err := s.leadFormOf(ctx, web.FormOf("company", in.Company, "from", in.From, "source", "visit"))
	if err != nil {
		return nil, err
	}
	if err := s.DB.Read(ctx, func(_ context.Context, tx *db.Tx) error { v.state.Values.Set("id", tx.ID()); return nil }); err != nil {
		return nil, err
	}
	if len(v.teams) == 1 {
		v.state.Values.Set("team", v.teams[0].ID)
	}
	if b, ok := v.firms[in.Company]; ok {
		v.state.Values.Set("industry", b.Industry)
	}
	return newLeadView(v), nil
}

func (s *Service) newLeadPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[NewLead](r)
	var out Lead
	if err == nil {
		out, err = s.RecordLead(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(leadURL(out.ID), web.Toast{Text: web.T(r.Context(), "lead.recorded", out.Code)}), nil
	}
	if fault.Is(err, fault.NotFound) {
		return nil, err
	}
	v, bad := s.leadFormOf(r.Context(), web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(newLeadView(v), err)
}

func (v *leadForm) firmChoice() []web.Choice {
	if id := v.state.Value("company"); id != "" {
		return []web.Choice{{Value: id, Text: v.firm(id)}}
	}
	return nil
}

func (v *leadForm) teamChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "lead.no_team")}}
	for _, t := range v.teams {
		out = append(out, web.Choice{Value: t.ID, Text: t.Name})
	}
	return out
}

func leadTone(state string) string {
	return map[string]string{"new": "due", "qualified": "act", "landed": "act"}[state]
}

func version(n int64) string { return strconv.FormatInt(n, 10) }
