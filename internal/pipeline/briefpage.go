package pipeline

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/field"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

const briefsPath = "/briefs"

func (s *Service) mountBriefs(m *web.Mux) {
	web.Get(m, "/api/v1/briefs", "brief.read", s.ListBriefs, web.Doc("Briefs on large leads and projects in scope, the last written first"))
	web.Get(m, "/api/v1/briefs/{kind}/{id}", "brief.read", s.GetBrief, web.Doc("The brief of a large lead or project"))
	web.Put(m, "/api/v1/briefs/{kind}/{id}", "brief.write", s.WriteBrief, web.Doc("Write the judgement, the county suggested and the request; hand it in"))
	m.Page("GET "+briefsPath, "brief.read", s.briefsPage)
	m.Page("GET "+briefsPath+"/{kind}/{id}", "brief.read", s.briefPage)
	m.Page("POST "+briefsPath+"/{kind}/{id}", "brief.write", s.briefPosted)
	m.Raw("GET "+briefsPath+"/{kind}/{id}/word", "brief.read", s.briefWord(m))
	m.Nav(web.NavItem{Key: "briefs", Icon: "file-text", URL: briefsPath, Perm: "brief.read", Group: web.GroupLibrary, Order: 45})
}

func briefURL(subject string) string { return briefsPath + "/" + subject }

func briefTone(state string) string {
	return map[string]string{"draft": "hollow", "handed": "act"}[state]
}

type briefList struct {
	in     BriefFilter
	list   BriefList
	people map[string]string
	dir    *org.Directory
	lang   string
}

func (s *Service) briefsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[BriefFilter](r)
	if err != nil {
		return nil, err
	}
	v := &briefList{in: in, lang: web.Lang(r.Context())}
	if v.list, err = s.ListBriefs(r.Context(), in); err != nil {
		return nil, err
	}
	var people []string
	for _, b := range v.list.Items {
		people = append(people, b.WrittenBy)
	}
	err = s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		if v.people, err = auth.Names(ctx, tx, people); err != nil {
			return err
		}
		v.dir, err = org.Open(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return briefsView(v), nil
}

func (v *briefList) host(code string) string {
	if code == "" {
		return web.Nil
	}
	return v.dir.UnitName(code, v.lang)
}

func (v *briefList) props(ctx context.Context) web.ListProps {
	q := web.Values("state", v.in.State)
	p := web.ListProps{Action: briefsPath, Unit: web.T(ctx, "brief.item"), Loaded: len(v.list.Items), Total: -1, Query: q.Encode(), Filters: []web.FilterProps{
		{Name: "state", Label: web.T(ctx, "brief.state"), Value: v.in.State, Choices: anyOf(ctx, "brief.state.", "draft", "handed")},
	}}
	if len(q) > 0 {
		p.ClearURL = briefsPath
	}
	if v.list.Next != "" {
		q.Set("after", v.list.Next)
		p.Next = briefsPath + "?" + q.Encode()
	}
	if len(v.list.Items) == 0 {
		p.Empty = noBriefs()
	}
	return p
}

// briefView is one brief as a page.
type briefView struct {
	rec    BriefRecord
	who    audit.Actor
	lang   string
	dir    *org.Directory
	people map[string]string
	chip   web.FigProps
	form   web.FormState
}

func (s *Service) openBrief(r *http.Request, form web.FormState) (*briefView, error) {
	ctx := r.Context()
	v := &briefView{form: form, lang: web.Lang(ctx)}
	v.who, _ = audit.Who(ctx)
	var err error
	if v.rec, err = s.GetBrief(ctx, BriefOf{r.PathValue("kind"), r.PathValue("id")}); err != nil {
		return nil, err
	}
	v.chip = ledger.Chip(ctx, visitsOf(v.rec.Firm.ID), ledger.Figure{Code: "visit.total", Unit: string(ledger.Visits), Value: v.rec.Visits})
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if v.dir, err = org.Open(ctx, tx); err != nil {
			return err
		}
		v.people, err = auth.Names(ctx, tx, []string{v.rec.WrittenBy})
		return err
	})
}

func (v *briefView) mayWrite() bool { return v.who.May("brief.write") }

// matter is where the lead or project is.
func (v *briefView) matter() string { return "/" + strings.Replace(v.rec.Subject, "/", "s/", 1) }

// host is the county suggested, as the field shows it.
func (v *briefView) host() []web.Choice {
	out := []web.Choice{{}}
	if code := cmp.Or(v.form.Value("host"), v.rec.Host); code != "" {
		out = append(out, web.Choice{Value: code, Text: v.dir.UnitName(code, v.lang)})
	}
	return out
}

// lines are what the books say, in the order of the page.
func (v *briefView) lines(ctx context.Context) []web.Fact {
	r := v.rec
	firm := []string{r.Firm.Name, v.dir.RegionName(cmp.Or(r.Firm.Region, r.Firm.Origin))}
	for _, code := range strings.Split(strings.Trim(r.Firm.Tags, "|"), "|") {
		if code != "" {
			firm = append(firm, v.dir.CodeName("standing", code, v.lang))
		}
	}
	if r.Firm.Capital > 0 {
		firm = append(firm, web.T(ctx, "brief.capital", web.Money(ctx, r.Firm.Capital, web.Wan).String()))
	}
	out := []web.Fact{
		{Label: web.T(ctx, "brief.investor"), Text: strings.Join(firm, " · "), URL: "/companies/" + url.PathEscape(r.Firm.ID)},
		{Label: web.T(ctx, "brief.project"), Text: r.Title + " · " + v.dir.IndustryName(r.Industry[min(1, max(0, len(r.Industry)-1)):], v.lang), URL: v.matter()},
		{Label: web.T(ctx, "brief.amount"), Text: web.Money(ctx, r.Amount, web.Yi).String()},
		{Label: web.T(ctx, "brief.demand"), Text: cmp.Or(r.Demand, web.Nil)},
	}
	return append(out, NeedLines(ctx, r.Needs)...)
}

func (s *Service) briefPage(r *http.Request) (templ.Component, error) {
	v, err := s.openBrief(r, web.FormState{})
	if err != nil {
		return nil, err
	}
	return briefSheet(v), nil
}

func (s *Service) briefPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[WriteBrief](r)
	var out BriefRecord
	if err == nil {
		out, err = s.WriteBrief(r.Context(), in)
	}
	if err == nil {
		said := "brief.saved"
		if in.Hand {
			said = "brief.handed_in"
		}
		return web.RedirectToast(briefURL(out.Subject), web.Toast{Text: web.T(r.Context(), said)}), nil
	}
	v, bad := s.openBrief(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(briefSheet(v), err)
}

// briefWord sends the page as a Word file.
func (s *Service) briefWord(m *web.Mux) http.HandlerFunc {
	return field.SendPaper(s.Papers, m, "brief", "项目专报", func(r *http.Request) (field.Paper, error) {
		ctx := r.Context()
		v, err := s.openBrief(r, web.FormState{})
		if err != nil {
			return field.Paper{}, err
		}
		rows := [][]string{{web.T(ctx, "brief.line"), web.T(ctx, "brief.text")}}
		for _, f := range v.lines(ctx) {
			rows = append(rows, []string{f.Label, f.Text})
		}
		rows = append(rows,
			[]string{web.T(ctx, "brief.visits"), v.chip.Value + " " + v.chip.Unit},
			[]string{web.T(ctx, "brief.judgement"), cmp.Or(v.rec.Judgement, web.Nil)},
			[]string{web.T(ctx, "brief.host"), v.hostName()},
			[]string{web.T(ctx, "brief.request"), cmp.Or(v.rec.Request, web.Nil)})
		return field.Paper{
			Title: web.T(ctx, "brief.of", v.rec.Title), Agency: v.dir.UnitName(v.rec.Unit, v.lang), Date: web.LongDate(ctx, web.Today(ctx)), Parts: []field.PaperPart{{Rows: rows}},
		}, nil
	})
}

func (v *briefView) hostName() string {
	if v.rec.Host == "" {
		return web.Nil
	}
	return v.dir.UnitName(v.rec.Host, v.lang)
}

// facts are the side of the page.
func (v *briefView) facts(ctx context.Context) []web.Fact {
	out := []web.Fact{{Label: web.T(ctx, "brief.unit"), Text: v.dir.UnitName(v.rec.Unit, v.lang)}}
	if v.rec.WrittenBy != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "brief.written"), Text: v.people[v.rec.WrittenBy] + " " + db.Today(db.FromMicros(v.rec.WrittenAt))})
	}
	if v.rec.HandedAt > 0 {
		out = append(out, web.Fact{Label: web.T(ctx, "brief.handed"), Text: web.MomentFull(db.FromMicros(v.rec.HandedAt))})
	}
	return out
}
