package field

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

const reportsPath = "/reports"

func (s *Service) mountReports(m *web.Mux) {
	web.Get(m, "/api/v1/reports", "report.read", s.ListReports, web.Doc("Weekly or monthly reports of the teams in scope, with what each filed"))
	web.Get(m, "/api/v1/reports/{id}", "report.read", s.GetReport, web.Doc("One team's week or month: numbers, work and what was said"))
	web.Put(m, "/api/v1/reports/{id}", "report.write", s.WriteReport, web.Doc("Write the three lines, and hand the report in"))
	web.Post(m, "/api/v1/reports/{id}/note", "report.note", s.NoteReport, web.Doc("Mark a report as read, with a remark"))
	m.Page("GET "+reportsPath, "report.read", s.reportsPage)
	m.Raw("GET "+reportsPath+"/excel", "report.read", s.reportsExcel(m))
	m.Page("GET "+reportsPath+"/{id}", "report.read", s.reportPage)
	m.Page("POST "+reportsPath+"/{id}", "report.write", s.reportPosted)
	m.Page("POST "+reportsPath+"/{id}/note", "report.note", s.notePosted)
	m.Raw("GET "+reportsPath+"/{id}/word", "report.read", s.reportWord(m))
	m.Raw("GET "+reportsPath+"/{id}/excel", "report.read", s.reportExcel(m))
	m.Nav(web.NavItem{Key: "reports", Icon: "report", URL: reportsPath, Perm: "report.read", Group: web.GroupField, Order: 6})
}

func reportURL(id string) string { return reportsPath + "/" + url.PathEscape(id) }

func reportTone(stage string) string {
	return map[string]string{"unsaid": "hollow", "draft": "hollow", "handed": "due", "noted": "act"}[stage]
}

// stage is the state of a report, or that nobody has written anything.
func (r Report) stage() string {
	if r.Version == 0 {
		return "unsaid"
	}
	return r.State
}

// listMeasures are the numbers of the list; the page has them all.
var listMeasures = []string{"visit.enterprise", "visit.association", "tour", "lead.qualified"}

// reportsView is the list of a period as a page.
type reportsView struct {
	*sight
	in   ReportFilter
	list ReportList
}

func (s *Service) reportsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[ReportFilter](r)
	if err != nil {
		return nil, err
	}
	v, err := s.listedReports(r.Context(), in)
	if err != nil {
		return nil, err
	}
	return reportsPage(v), nil
}

func (s *Service) listedReports(ctx context.Context, in ReportFilter) (*reportsView, error) {
	v := &reportsView{in: in}
	var err error
	if v.list, err = s.ListReports(ctx, in); err != nil {
		return nil, err
	}
	var n named
	for _, r := range v.list.Items {
		n.people = append(n.people, r.HandedBy, r.WrittenBy)
	}
	v.sight, err = s.sight(ctx, n)
	return v, err
}

func (v *reportsView) meta(ctx context.Context) string {
	handed := 0
	for _, r := range v.list.Items {
		if r.HandedAt > 0 {
			handed++
		}
	}
	return web.T(ctx, "report.meta."+v.list.Kind, v.list.From, v.list.Until, len(v.list.Items), handed)
}

// at is the list of another period.
func (v *reportsView) at(s Span) string {
	return reportsPath + "?" + web.Values("period", s.period(), "station", v.in.Station).Encode()
}

func (v *reportsView) excel() string {
	return reportsPath + "/excel?" + web.Values("period", v.list.period(), "station", v.in.Station).Encode()
}

// current is the present week or month.
func (v *reportsView) current() Span { return spanNow(v.list.Kind, v.today) }

func spanNow(kind, today string) Span {
	day := monday(today)
	if kind == "month" {
		day = today[:len("2006-01")]
	}
	s, _ := spanOf(day)
	return s
}

func (v *reportsView) tabs(ctx context.Context) []web.Tab {
	week, month := spanNow("week", v.list.From), spanNow("month", v.list.From)
	return []web.Tab{
		{Text: web.T(ctx, "report.week"), URL: v.at(week), On: v.list.Kind == "week"},
		{Text: web.T(ctx, "report.month"), URL: v.at(month), On: v.list.Kind == "month"},
	}
}

func (v *reportsView) columns(ctx context.Context) []web.Col {
	out := []web.Col{{Text: web.T(ctx, "field.team")}}
	for i, code := range listMeasures {
		out = append(out, web.Col{Text: ledger.NameOf(ctx, code), Num: true, Width: 124, Wide: i > 0})
	}
	return append(out, web.Col{Text: web.T(ctx, "report.state"), Width: 112}, web.Col{Text: web.T(ctx, "report.signed"), Width: 160, Wide: true})
}

func (v *reportsView) chip(ctx context.Context, r ReportLine, code string) web.FigProps {
	n, ok := r.Work[code]
	if !ok {
		return web.FigProps{}
	}
	in := ledger.FiguresIn{From: v.list.From, Through: min(v.list.Until, v.today), Book: string(ledger.Filed), Where: []string{"team:" + r.Team}}
	unit := ledger.Items
	if m, err := ledger.MeasureByCode(code); err == nil {
		unit = m.Unit
	}
	return ledger.Chip(ctx, in, ledger.Figure{Code: code, Unit: string(unit), Value: n})
}

// signed is who handed a report in, and when.
func (v *sight) signed(r Report) string {
	if r.HandedAt == 0 {
		return web.Nil
	}
	return v.person(r.HandedBy) + " " + db.Today(db.FromMicros(r.HandedAt))
}

// reportView is one report as a page.
type reportView struct {
	*sight
	rec        ReportRecord
	buildings  map[string]string
	form, note web.FormState
}

// shownWork is how many things the page lists; the table has them all.
const shownWork = 100

func (s *Service) openReport(ctx context.Context, id string) (*reportView, error) {
	rec, err := s.GetReport(ctx, ByID{id})
	if err != nil {
		return nil, err
	}
	n := named{people: []string{rec.WrittenBy, rec.HandedBy, rec.NotedBy}}
	var towers []string
	for _, w := range rec.Work {
		n.companies, n.subjects = append(n.companies, w.Company), append(n.subjects, w.Subject())
	}
	for _, d := range rec.Due {
		n.companies = append(n.companies, d.Company)
	}
	for _, e := range rec.Planned {
		n.companies = append(n.companies, e.Company)
		if e.Building != "" {
			towers = append(towers, e.Building)
		}
	}
	v := &reportView{rec: rec}
	if v.sight, err = s.sight(ctx, n); err != nil {
		return nil, err
	}
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		v.buildings, err = buildingNames(ctx, tx, towers)
		return err
	})
}

func (v *reportView) title(ctx context.Context) string {
	return web.T(ctx, "report.of."+v.rec.Kind, v.team(v.rec.Team))
}

func (v *reportView) listURL() string {
	return reportsPath + "?" + web.Values("period", v.rec.period()).Encode()
}

// mayWrite: the team's people, until the report was noted.
func (v *reportView) mayWrite() bool {
	return v.who.May("report.write") && v.rec.State != "noted" && v.rec.From <= v.today
}

func (v *reportView) mayNote() bool {
	return v.who.May("report.note") && v.rec.State == "handed" && v.rec.HandedBy != v.who.Person
}

// said are the lines as they stand; before the first word, the draft.
func (v *reportView) said() Lines {
	if v.rec.Version == 0 {
		return v.rec.Draft
	}
	return Lines{v.rec.Results, v.rec.Problems, v.rec.Plans}
}

func (v *reportView) linesMeta(ctx context.Context) string {
	if v.mayWrite() && v.rec.Version == 0 {
		return web.T(ctx, "report.drafted")
	}
	return ""
}

func (v *reportView) lineFacts(ctx context.Context) []web.Fact {
	return []web.Fact{
		{Label: web.T(ctx, "report.results"), Text: v.rec.Results},
		{Label: web.T(ctx, "report.problems"), Text: v.rec.Problems},
		{Label: web.T(ctx, "report.plans."+v.rec.Kind), Text: v.rec.Plans},
	}
}

func (v *reportView) facts(ctx context.Context) []web.Fact {
	r := v.rec.Report
	out := []web.Fact{
		{Label: web.T(ctx, "field.team"), Text: v.team(r.Team)},
		{Label: web.T(ctx, "report.period"), Text: r.From + " – " + r.Until},
	}
	if r.WrittenBy != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "report.written_by"), Text: v.person(r.WrittenBy)})
	}
	if r.HandedAt > 0 {
		out = append(out, web.Fact{Label: web.T(ctx, "report.handed"), Text: v.person(r.HandedBy) + " " + web.MomentFull(db.FromMicros(r.HandedAt))})
	}
	if r.NotedAt > 0 {
		out = append(out, web.Fact{Label: web.T(ctx, "report.noted"), Text: v.person(r.NotedBy) + " " + web.MomentFull(db.FromMicros(r.NotedAt))})
	}
	return out
}

func (v *reportView) chip(ctx context.Context, f ReportFigure, book ledger.Book, span Span, n ledger.Number) web.FigProps {
	return ledger.Chip(ctx, v.rec.ask(book, span, v.today), ledger.Figure{Code: f.Measure, Unit: f.Unit, Value: n})
}

// what names a thing that was done.
func (v *reportView) what(w WorkDone) string {
	switch {
	case w.Company == "":
		return w.Name
	case w.Name == "":
		return v.company(w.Company)
	}
	return w.Name + " · " + v.company(w.Company)
}

func workURL(w WorkDone) string { return "/" + w.Kind + "s/" + url.PathEscape(w.ID) }

func (v *reportView) errandName(e Errand) string {
	if e.Building != "" {
		return v.buildings[e.Building]
	}
	return v.company(e.Company)
}

func (s *Service) reportPage(r *http.Request) (templ.Component, error) {
	v, err := s.openReport(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return reportPage(v), nil
}

func (s *Service) reportPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[WriteReport](r)
	if err == nil {
		_, err = s.WriteReport(r.Context(), in)
	}
	said := "report.saved"
	if in.Hand {
		said = "report.handed_in"
	}
	return s.reportDone(r, said, err, func(v *reportView, f web.FormState) { v.form = f })
}

func (s *Service) notePosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[NoteReport](r)
	if err == nil {
		_, err = s.NoteReport(r.Context(), in)
	}
	return s.reportDone(r, "report.noted_toast", err, func(v *reportView, f web.FormState) { v.note = f })
}

func (s *Service) reportDone(r *http.Request, said string, err error, put func(*reportView, web.FormState)) (templ.Component, error) {
	id := r.PathValue("id")
	if err == nil {
		return web.RedirectToast(reportURL(id), web.Toast{Text: web.T(r.Context(), said)}), nil
	}
	v, bad := s.openReport(r.Context(), id)
	if bad != nil {
		return nil, bad
	}
	put(v, web.NewForm(r, err))
	return web.Retry(reportPage(v), err)
}
