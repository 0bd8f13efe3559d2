package field

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// visitList is the list of visits as a page.
type visitList struct {
	*sight
	in   VisitFilter
	list Visits
}

func visitsOf(list []Visit) named {
	var n named
	for _, x := range list {
		n.companies, n.people, n.subjects = append(n.companies, x.Company), append(n.people, x.CreatedBy), append(n.subjects, x.Subject())
	}
	return n
}

func (s *Service) visitsPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Query[VisitFilter](r)
	if err != nil {
		return nil, err
	}
	list, err := s.ListVisits(ctx, in)
	if err != nil {
		return nil, err
	}
	n := visitsOf(list.Items)
	if in.Company != "" {
		n.companies = append(n.companies, in.Company)
	}
	ask := figuresOf(ctx, in.Station, in.Team, in.Month, "visit.enterprise", "visit.association")
	if in.Company != "" {
		ask.Where = append(ask.Where, "company:"+in.Company)
	}
	v, err := s.sight(ctx, n, ask)
	if err != nil {
		return nil, err
	}
	return visitsPage(&visitList{v, in, list}), nil
}

func (v *visitList) props(ctx context.Context) web.ListProps {
	in := v.in
	q := web.Values("station", in.Station, "team", in.Team, "kind", in.Kind, "way", in.Way, "intent", in.Intent, "month", in.Month, "state", in.State,
		"company", in.Company, "q", in.Q, "mine", yes(in.Mine))
	p := web.ListProps{
		Action: "/visits", Unit: web.T(ctx, "field.visit_unit"), Loaded: len(v.list.Items), Total: -1, Query: q.Encode(), Foot: visitTotals(v), MoreFilters: moreVisitFilters(v),
		MoreSet: count(in.Kind, in.Way, in.Station, yes(in.Mine)), Filters: []web.FilterProps{
			{Name: "q", Label: web.T(ctx, "field.company_name"), Kind: "search", Value: in.Q},
			{Name: "team", Label: web.T(ctx, "field.team"), Value: in.Team, Choices: v.teamChoices(ctx, in.Station)},
			{Name: "intent", Label: web.T(ctx, "field.intent"), Value: in.Intent, Choices: web.Coded(ctx, web.T(ctx, "field.any"), "field.intent", "A", "B", "C", "D")},
			{Name: "state", Label: web.T(ctx, "field.state"), Value: in.State, Choices: web.Coded(ctx, web.T(ctx, "field.any"), "field.claim", claimStates...)},
			{Name: "month", Label: web.T(ctx, "field.month"), Kind: "month", Value: in.Month},
			{Name: "company", Kind: "hidden", Value: in.Company},
		},
	}
	if len(v.mine) < 2 {
		p.Filters = append(p.Filters[:1], p.Filters[2:]...)
	}
	if len(q) > 0 {
		p.ClearURL = "/visits"
	}
	p.Next = next("/visits", q, v.list.Next)
	if len(v.list.Items) == 0 {
		p.Empty = noVisits(p.ClearURL != "")
	}
	return p
}

// partial reports that the list is narrower than the sums under it, which know place and time only.
func (v *visitList) partial() bool {
	in := v.in
	return count(in.Kind, in.Way, in.Intent, in.State, in.Q, yes(in.Mine)) > 0
}

// visitView is one visit as a page.
type visitView struct {
	*sight
	rec     VisitRecord
	trail   []verify.TrailLine
	retract web.FormState

	link, qr string // by which the company answers
}

func (s *Service) visitPage(r *http.Request) (templ.Component, error) {
	v, err := s.openVisit(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	v.link = s.link(r, v.rec.Vouch)
	if v.qr, err = qrOf(v.link); err != nil {
		return nil, err
	}
	return visitPage(v), nil
}

func (s *Service) openVisit(ctx context.Context, id string) (*visitView, error) {
	rec, err := s.GetVisit(ctx, ByID{id})
	if err != nil {
		return nil, err
	}
	n := visitsOf([]Visit{rec.Visit})
	if rec.Pending != nil {
		n.companies = append(n.companies, rec.Pending.Company)
	}
	v := &visitView{rec: rec}
	if v.sight, err = s.sight(ctx, n, ledger.FiguresIn{Measure: []string{"visit.total"}, Where: []string{"company:" + rec.Company}}); err != nil {
		return nil, err
	}
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		v.trail, err = verify.Trail(ctx, tx, []string{rec.Subject()}, nil)
		return err
	})
}

func (v *visitView) counts() bool { return v.rec.Counts() }

// mayRetract: one's own filing, while nobody has recognised it.
func (v *visitView) mayRetract() bool {
	c := v.rec.Claim
	return c != nil && c.Standing == 0 && (c.State == verify.Filed || c.State == verify.Reviewed) && c.FiledBy == v.who.Person && v.who.May("visit.edit")
}

func (s *Service) retractPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[Retract](r)
	if err == nil {
		_, err = s.RetractVisit(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(visitURL(in.ID), web.Toast{Text: web.T(r.Context(), "field.retracted")}), nil
	}
	v, bad := s.openVisit(r.Context(), r.PathValue("id"))
	if bad != nil {
		return nil, bad
	}
	v.retract = web.NewForm(r, err)
	return web.Retry(visitPage(v), err)
}

// visitForm is a visit as the form posts it: shares in percent, people as one line.
type visitForm struct {
	ID       string     `json:"id" maxLength:"40"`
	Version  int64      `json:"version"`
	Team     string     `json:"team"`
	Company  string     `json:"company"`
	Day      string     `json:"day" format:"date"`
	From     string     `json:"from"`
	To       string     `json:"to"`
	Way      string     `json:"way"`
	Purpose  string     `json:"purpose" maxLength:"200"`
	Address  string     `json:"address" maxLength:"200"`
	Door     string     `json:"door" maxLength:"40"`
	MetLevel string     `json:"met_level" enum:"chair,general,deputy,department,other"`
	Said     string     `json:"said" maxLength:"4000"`
	Intent   string     `json:"intent"`
	Wants    string     `json:"wants" maxLength:"2000"`
	NextStep string     `json:"next_step" maxLength:"200"`
	NextOn   string     `json:"next_on" format:"date"`
	Officers string     `json:"officers" maxLength:"400"`
	With     []withForm `json:"with"`
	Late     string     `json:"late_reason" maxLength:"200"`
}

type withForm struct {
	Team  string `json:"team"`
	Share string `json:"share"`
}

func (f visitForm) record() (Record, error) {
	in := Record{
		ID: f.ID, Team: f.Team, Company: f.Company, Day: f.Day, From: f.From, To: f.To, Way: f.Way, Purpose: f.Purpose, Address: f.Address, Door: f.Door,
		MetLevel: f.MetLevel, Said: f.Said, Intent: f.Intent, Wants: f.Wants, NextStep: f.NextStep, NextOn: f.NextOn, Late: f.Late,
	}
	var c fault.Checks
	in.With = sharesOf(&c, f.With)
	for _, name := range words(f.Officers) {
		if len([]rune(name)) > 40 {
			c.Add("officers", "too_long", "姓名最多 40 个字，用顿号分开。", "A name has at most 40 characters; put commas between names.")
		}
		in.Officers = append(in.Officers, Officer{Name: name})
	}
	if len(in.Officers) > 12 {
		c.Add("officers", "too_many", "同行人最多 12 位。", "At most 12 people.")
	}
	return in, c.Err()
}

// sharesOf reads the shares of other teams, given in percent.
func sharesOf(c *fault.Checks, with []withForm) []Share {
	var out []Share
	for i, w := range with {
		if w.Team == "" && strings.TrimSpace(w.Share) == "" {
			continue
		}
		c.Require("with["+strconv.Itoa(i)+"].team", w.Team, "份额所属的队伍", "The team of the share")
		ppm, bad := web.ParseDecimal(strings.TrimSuffix(strings.TrimSpace(w.Share), "%"), 4)
		if bad != nil {
			bad.Name = "with[" + strconv.Itoa(i) + "].share"
			c.AddField(*bad)
		}
		out = append(out, Share{w.Team, ppm}) // percent with 4 decimals are millionths
	}
	return out
}

// visitFormView is the form with its choices.
type visitFormView struct {
	*sight
	state  web.FormState
	action string
	rec    *VisitRecord // when one is edited
	twin   string       // address of the record that stands in the way
}

func (s *Service) visitFormOf(ctx context.Context, state web.FormState, rec *VisitRecord) (*visitFormView, error) {
	v := &visitFormView{state: state, action: "/visits", rec: rec}
	if rec != nil {
		v.action = visitURL(rec.ID)
	}
	var err error
	v.sight, err = s.sight(ctx, named{companies: state.Values["company"]})
	return v, err
}

func (s *Service) newVisitPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Query[struct {
		Company string `json:"company"`
		Door    string `json:"door"`
	}](r)
	if err != nil {
		return nil, err
	}
	id, err := s.newID(ctx)
	if err != nil {
		return nil, err
	}
	state := web.FormOf("id", id, "day", web.Today(ctx), "way", "onsite", "company", in.Company)
	if in.Door != "" {
		if err := s.atDoor(ctx, state, in.Door); err != nil {
			return nil, err
		}
	}
	v, err := s.visitFormOf(ctx, state, nil)
	if err == nil && len(v.mine) == 1 {
		v.state.Values.Set("team", v.mine[0].ID)
	}
	if err != nil {
		return nil, err
	}
	return visitFormPage(v), nil
}

// newID is an id for what a form is going to send, so that sending it twice is safe.
func (s *Service) newID(ctx context.Context) (id string, err error) {
	return id, s.DB.Read(ctx, func(_ context.Context, tx *db.Tx) error {
		id = tx.ID()
		return nil
	})
}

// take reads a posted visit with its files.
func (s *Service) take(r *http.Request) (Record, int64, error) {
	f, err := web.Form[visitForm](r)
	if err != nil {
		return Record{}, 0, err
	}
	in, err := f.record()
	if err != nil {
		return in, f.Version, err
	}
	files, err := web.Files(r, "evidence")
	if err == nil && len(files) > 0 {
		if _, err = audit.Require(r.Context(), "evidence.add"); err == nil {
			in.Evidence, err = verify.Attach(r.Context(), s.Files, files, "evidence")
		}
	}
	return in, f.Version, err
}

func (s *Service) newVisitPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, _, err := s.take(r)
	var out Visit
	if err == nil {
		out, err = s.RecordVisit(ctx, in)
	}
	if err != nil {
		return s.visitAgain(r, err, in, nil)
	}
	key := "field.recorded"
	if !out.Counts() {
		key = "field.recorded_uncounted"
	}
	return web.RedirectToast(visitURL(out.ID), web.Toast{Text: web.T(ctx, key)}), nil
}

// visitAgain shows the form as it was sent with what was wrong, and leads to the record that stands in the way.
func (s *Service) visitAgain(r *http.Request, err error, in Record, rec *VisitRecord) (templ.Component, error) {
	v, bad := s.visitFormOf(r.Context(), web.NewForm(r, err), rec)
	if bad != nil {
		return nil, bad
	}
	if fault.Has(err, "already_visited") {
		v.twin = s.twin(r.Context(), in)
	}
	if rec != nil && fault.Has(err, "stale") { // having compared, the next save is meant
		v.state.Values.Set("version", strconv.FormatInt(rec.Version, 10))
	}
	return web.Retry(visitFormPage(v), err)
}

// twin is the address of the visit to the same organisation on the same day, "" when it lies out of scope.
func (s *Service) twin(ctx context.Context, in Record) (address string) {
	teams := []string{in.Team}
	for _, w := range in.With {
		teams = append(teams, w.Team)
	}
	who, _ := audit.Who(ctx)
	_ = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error { // without it the message stands alone
		id, err := db.One[string](ctx, tx, `SELECT visit_id FROM field_visit_team WHERE company_id = ? AND day = ? AND team_id IN `+db.In(len(teams))+` LIMIT 1`,
			append([]any{in.Company, in.Day}, db.Args(teams)...)...)
		if err == nil {
			_, err = visitInScope(ctx, tx, who.Node, id)
		}
		if err == nil {
			address = visitURL(id)
		}
		return err
	})
	return address
}

func (s *Service) editVisitPage(r *http.Request) (templ.Component, error) {
	rec, err := s.GetVisit(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	v, err := s.visitFormOf(r.Context(), visitState(rec), &rec)
	if err != nil {
		return nil, err
	}
	return visitFormPage(v), nil
}

// visitState is the form of a visit as it stands.
func visitState(rec VisitRecord) web.FormState {
	names := make([]string, len(rec.Officers))
	for i, o := range rec.Officers {
		names[i] = o.Name
	}
	pairs := []string{
		"version", strconv.FormatInt(rec.Version, 10), "team", rec.Team, "company", rec.Company, "day", rec.Day, "from", rec.From, "to", rec.To,
		"way", rec.Way, "purpose", rec.Purpose, "address", rec.Address, "met_level", rec.MetLevel, "said", rec.Said, "intent", rec.Intent, "wants", rec.Wants,
		"next_step", rec.NextStep, "next_on", rec.NextOn, "officers", strings.Join(names, "、"),
	}
	return web.FormOf(append(pairs, sharePairs(rec.With)...)...)
}

func (s *Service) editVisitPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	rec, bad := s.GetVisit(ctx, ByID{r.PathValue("id")})
	if bad != nil {
		return nil, bad
	}
	in, version, err := s.take(r)
	in.ID, in.Team = rec.ID, rec.Team
	in.Visited, in.Contact = rec.Visited, rec.Contact // the form does not ask for them
	if err == nil {
		var out VisitRecord
		if out, err = s.EditVisit(ctx, EditVisit{Record: in, Version: version}); err == nil {
			key := "field.saved"
			if out.Claim != nil && out.Claim.Correcting() {
				key = "field.correcting"
			}
			return web.RedirectToast(visitURL(rec.ID), web.Toast{Text: web.T(ctx, key)}), nil
		}
	}
	return s.visitAgain(r, err, in, &rec)
}
