package pipeline

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/web"
)

const (
	splitsPath   = "/splits"
	transferPath = splitsPath + "/transfer"
)

func splitURL(id string) string { return splitsPath + "/" + url.PathEscape(id) }

func (s *Service) mountSplits(m *web.Mux) {
	web.Get(m, "/api/v1/splits", "credit.sign", s.ListSplits, web.Doc("Agreements about credit of one's projects and leads, and those to which one's units are a party"))
	web.Get(m, "/api/v1/splits/{id}", "credit.sign", s.GetSplit, web.Doc("One agreement with its parties"))
	web.Post(m, "/api/v1/projects/{project}/splits", "credit.sign", s.ProposeSplit, web.Status(http.StatusCreated), web.Doc("Propose who is credited for a project"))
	web.Post(m, "/api/v1/leads/{id}/transfer", "credit.sign", s.TransferLead, web.Status(http.StatusCreated), web.Doc("Propose to give a lead to another unit, with the shares of what comes of it"))
	web.Post(m, "/api/v1/splits/{id}/answer", "credit.sign", s.AnswerSplit, web.Doc("Sign or refuse an agreement for one's own unit"))
	web.Post(m, "/api/v1/splits/{id}/withdraw", "credit.sign", s.WithdrawSplit, web.Doc("Take a proposal back"))
	m.Page("GET "+splitsPath, "credit.sign", s.splitsPage)
	m.Page("GET "+splitsPath+"/waiting", "credit.sign", s.splitsBlock)
	m.Page("GET "+splitsPath+"/{id}", "credit.sign", s.splitPage)
	m.Page("POST "+splitsPath+"/{id}/answer", "credit.sign", s.splitAnswered)
	m.Page("POST "+splitsPath+"/{id}/withdraw", "credit.sign", s.splitWithdrawn)
	m.Page("GET "+listPath+"/{id}/split", "credit.sign", s.proposePage)
	m.Page("POST "+listPath+"/{id}/split", "credit.sign", s.proposePosted)
	m.Page("GET "+transferPath, "credit.sign", s.transferPage)
	m.Page("POST "+transferPath, "credit.sign", s.transferPosted)
}

// splitSight is what the pages of agreements show beside their records.
type splitSight struct {
	lang   string
	who    audit.Actor
	own    []string // units for which one signs
	dir    *org.Directory
	teams  map[string]string
	people map[string]string
}

func (s *Service) splitSight(ctx context.Context, list []SplitRecord) (*splitSight, error) {
	v := &splitSight{lang: web.Lang(ctx), teams: map[string]string{}}
	v.who, _ = audit.Who(ctx)
	var people []string
	for _, x := range list {
		people = append(people, x.ProposedBy)
		for _, p := range x.Parties {
			people = append(people, p.AnsweredBy)
		}
	}
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if v.dir, err = org.Open(ctx, tx); err != nil {
			return err
		}
		v.own = signsFor(v.dir, v.who.Unit, tx.Today())
		all, err := station.EveryTeam(ctx, tx)
		for _, t := range all {
			v.teams[t.ID] = t.Name
		}
		if err != nil {
			return err
		}
		v.people, err = auth.Names(ctx, tx, people)
		return err
	})
}

func (v *splitSight) unit(code string) string { return v.dir.UnitName(code, v.lang) }

func (v *splitSight) parts(shares []Share) []web.SharePart {
	out := make([]web.SharePart, len(shares))
	for i, x := range shares {
		out[i] = web.SharePart{Text: v.unit(x.Unit), Millionths: x.Share}
		if n := v.teams[x.Team]; n != "" && v.lang != "en" {
			out[i].Text = n
		}
	}
	return out
}

// mayAnswer reports that one's unit is a party which has not answered.
func (v *splitSight) mayAnswer(x Split) bool {
	return x.State == "open" && slices.ContainsFunc(x.Parties, func(p Party) bool { return p.State == "" && slices.Contains(v.own, p.Unit) })
}

// name titles an agreement: a project by its name, a lead by its code.
func (x SplitRecord) name() string {
	if x.Name != "" {
		return x.Name
	}
	return x.Code
}

// signs words how many of the parties have signed.
func (x Split) signs(ctx context.Context) string {
	n := 0
	for _, p := range x.Parties {
		if p.signed() {
			n++
		}
	}
	return web.T(ctx, "split.signed_of", n, len(x.Parties))
}

func (x Split) subjectURL() string {
	kind, id, _ := strings.Cut(x.Subject, "/")
	if kind == "lead" {
		return leadURL(id)
	}
	return projectURL(id)
}

type splitList struct {
	*splitSight
	in   SplitFilter
	list Splits
}

func (s *Service) splitsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[SplitFilter](r)
	if err != nil {
		return nil, err
	}
	v := &splitList{in: in}
	if v.list, err = s.ListSplits(r.Context(), in); err != nil {
		return nil, err
	}
	if v.splitSight, err = s.splitSight(r.Context(), v.list.Items); err != nil {
		return nil, err
	}
	return splitsView(v), nil
}

func (v *splitList) props(ctx context.Context) web.ListProps {
	q := url.Values{}
	if v.in.State != "" {
		q.Set("state", v.in.State)
	}
	if v.in.Mine {
		q.Set("mine", "true")
	}
	p := web.ListProps{Action: splitsPath, Unit: web.T(ctx, "split.item"), Loaded: len(v.list.Items), Total: -1, Query: q.Encode(), Filters: []web.FilterProps{
		{Name: "state", Label: web.T(ctx, "split.state"), Value: v.in.State, Choices: anyOf(ctx, "split.state.", "open", "agreed", "refused", "withdrawn")},
		{Name: "mine", Label: web.T(ctx, "split.whose"), Value: q.Get("mine"), Choices: []web.Choice{{Text: web.T(ctx, "project.all")}, {Value: "true", Text: web.T(ctx, "split.mine")}}},
	}}
	if len(q) > 0 {
		p.ClearURL = splitsPath
	}
	if v.list.Next != "" {
		q.Set("after", v.list.Next)
		p.Next = splitsPath + "?" + q.Encode()
	}
	if len(v.list.Items) == 0 {
		p.Empty = noSplits()
	}
	return p
}

// splitsBlock is what the workbench shows: the agreements that wait for a signature of one's unit.
func (s *Service) splitsBlock(r *http.Request) (templ.Component, error) {
	list, err := s.ListSplits(r.Context(), SplitFilter{Mine: true, Page: db.Page{Limit: 6}})
	if err != nil {
		return nil, err
	}
	return openSplitsPart(list.Items), nil
}

type splitView struct {
	*splitSight
	rec  SplitRecord
	form web.FormState
}

func (s *Service) openSplit(r *http.Request, form web.FormState) (*splitView, error) {
	v := &splitView{form: form}
	var err error
	if v.rec, err = s.GetSplit(r.Context(), ByID{r.PathValue("id")}); err != nil {
		return nil, err
	}
	v.splitSight, err = s.splitSight(r.Context(), []SplitRecord{v.rec})
	return v, err
}

func (s *Service) splitPage(r *http.Request) (templ.Component, error) {
	v, err := s.openSplit(r, web.FormState{})
	if err != nil {
		return nil, err
	}
	return splitPageView(v), nil
}

func (v *splitView) facts(ctx context.Context) []web.Fact {
	x := v.rec
	out := []web.Fact{{Label: web.T(ctx, "split.code"), Text: x.Code}, {Label: web.T(ctx, "split.place"), Text: v.unit(x.Unit)}}
	if x.Name != "" {
		out[0] = web.Fact{Label: web.T(ctx, "split.project"), Text: x.Code + " " + x.Name}
	}
	if slices.Contains(v.own, x.Unit) || v.who.Person == x.ProposedBy {
		out[0].URL = x.subjectURL()
	}
	if x.To != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "split.to"), Text: v.unit(x.To)})
	} else {
		out = append(out, web.Fact{Label: web.T(ctx, "split.measure"), Text: web.T(ctx, measureKey(x.Measure))})
	}
	if x.Industry != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "lead.industry"), Text: v.dir.IndustryName(x.Industry[min(1, len(x.Industry)-1):], v.lang)})
	}
	if x.Amount > 0 {
		out = append(out, web.Fact{Label: web.T(ctx, "split.amount"), Text: web.Money(ctx, x.Amount, web.Wan).String()})
	}
	return append(out, web.Fact{Label: web.T(ctx, "split.proposed"), Text: web.Moment(ctx, db.FromMicros(x.ProposedAt)) + " · " + v.people[x.ProposedBy]})
}

func measureKey(measure string) string {
	if measure == "" {
		return "split.measure.both"
	}
	return "split.measure." + measure
}

// mayWithdraw reports that one may take the proposal back.
func (v *splitView) mayWithdraw() bool {
	return v.rec.State == "open" && (v.who.Person == v.rec.ProposedBy || slices.Contains(v.own, v.rec.Unit))
}

type splitForm struct {
	State string `json:"state" enum:"signed,refused"`
	Said  string `json:"said" maxLength:"500"`
}

func (s *Service) splitAnswered(r *http.Request) (templ.Component, error) {
	in, err := web.Form[splitForm](r)
	if err == nil {
		_, err = s.AnswerSplit(r.Context(), AnswerSplit{ID: r.PathValue("id"), State: in.State, Said: in.Said})
	}
	return s.splitDone(r, err, "split.answered_toast")
}

func (s *Service) splitWithdrawn(r *http.Request) (templ.Component, error) {
	_, err := s.WithdrawSplit(r.Context(), ByID{r.PathValue("id")})
	return s.splitDone(r, err, "split.withdrawn_toast")
}

func (s *Service) splitDone(r *http.Request, err error, key string) (templ.Component, error) {
	if err == nil {
		return web.RedirectToast(splitURL(r.PathValue("id")), web.Toast{Text: web.T(r.Context(), key)}), nil
	}
	v, bad := s.openSplit(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(splitPageView(v), err)
}

func splitTone(state string) string {
	return map[string]string{"open": "due", "agreed": "act"}[state]
}

func partyIcon(p Party) string {
	if p.signed() {
		return "check"
	}
	return "x"
}
