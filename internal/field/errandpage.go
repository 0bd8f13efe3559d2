package field

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/web"
)

func (s *Service) mountPlan(m *web.Mux) {
	web.Get(m, "/api/v1/plan", "plan.read", s.WeekPlan, web.Doc("A week's plan of the teams in scope"))
	web.Post(m, "/api/v1/plan", "plan.edit", s.PlanErrand, web.Status(http.StatusCreated), web.Doc("Plan a visit or a sweep, and learn who else goes there"))
	web.Get(m, "/api/v1/plan/pool", "plan.read", s.TaskPool, web.Doc("Companies that call for a visit of a team, and why"))
	web.Post(m, "/api/v1/plan/{id}/move", "plan.edit", s.MoveErrand, web.Doc("Another day or purpose"))
	web.Post(m, "/api/v1/plan/{id}/drop", "plan.edit", s.DropErrand, web.Doc("Take it out of the plan"))
	m.Page("GET /plan", "plan.read", s.weekPage)
	m.Page("GET /plan/new", "plan.edit", s.newErrandPage)
	m.Page("POST /plan", "plan.edit", s.newErrandPosted)
	m.Raw("GET /plan/buildings", "sweep.read", s.pickBuildings(m))
	m.Page("GET /plan/{id}", "plan.edit", s.errandPage)
	m.Page("POST /plan/{id}/move", "plan.edit", s.movePosted)
	m.Page("POST /plan/{id}/drop", "plan.edit", s.dropPosted)
	m.Nav(web.NavItem{Key: "plan", Icon: "calendar-check", URL: "/plan", Perm: "plan.read", Group: web.GroupField, Order: 0})
	m.Command(web.Command{Key: "plan_new", Icon: "calendar-check", URL: "/plan/new", Perm: "plan.edit"})
}

func weekURL(week, team string, mine bool) string {
	q := web.Values("week", week, "team", team, "mine", yes(mine)).Encode()
	if q != "" {
		q = "?" + q
	}
	return "/plan" + q
}

// weekView is the plan of a week as a page.
type weekView struct {
	*sight
	in        WeekFilter
	week      Week
	team      string // whose pool is shown; "" when the person has several teams and chose none
	pool      Pool
	buildings map[string]string
}

func (s *Service) weekPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Query[WeekFilter](r)
	if err != nil {
		return nil, err
	}
	v := &weekView{in: in, team: in.Team}
	if v.week, err = s.WeekPlan(ctx, in); err != nil {
		return nil, err
	}
	if v.sight, err = s.sight(ctx, named{}); err != nil {
		return nil, err
	}
	if v.team == "" && len(v.mine) == 1 {
		v.team = v.mine[0].ID
	}
	if v.team != "" && v.who.May("plan.edit") {
		if v.pool, err = s.TaskPool(ctx, PoolFilter{v.team}); err != nil {
			return nil, err
		}
	}
	n, ids := v.names()
	if v.sight, err = s.sight(ctx, n); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		v.buildings, err = buildingNames(ctx, tx, ids)
		return err
	})
	if err != nil {
		return nil, err
	}
	return weekPage(v), nil
}

func (v *weekView) names() (n named, buildings []string) {
	for _, e := range v.week.Items {
		n.companies, n.people = append(n.companies, e.Company), append(n.people, e.Person)
		if e.Building != "" {
			buildings = append(buildings, e.Building)
		}
	}
	for _, c := range v.pool.Items {
		n.companies = append(n.companies, c.Company)
	}
	return n, buildings
}

// weekDay is one day of the plan.
type weekDay struct {
	day   string
	items []Errand
}

// days are Monday to Friday, and the days of the weekend that hold something.
func (v *weekView) days() []weekDay {
	var out []weekDay
	for i := range 7 {
		d := weekDay{day: daysAfter(v.week.From, i)}
		for _, e := range v.week.Items {
			if e.Day == d.day {
				d.items = append(d.items, e)
			}
		}
		if i < 5 || len(d.items) > 0 {
			out = append(out, d)
		}
	}
	return out
}

func (v *weekView) done() int {
	n := 0
	for _, e := range v.week.Items {
		if e.State == "done" {
			n++
		}
	}
	return n
}

// meta sums up the week in words.
func (v *weekView) meta(ctx context.Context) string {
	planned := 0
	for _, e := range v.week.Items {
		if e.State != "dropped" {
			planned++
		}
	}
	return web.T(ctx, "plan.meta", v.week.From, v.week.Until, planned, v.done())
}

func dayName(ctx context.Context, from, day string) string {
	for i := range 7 {
		if daysAfter(from, i) == day {
			return web.T(ctx, "plan.day."+strconv.Itoa(i+1))
		}
	}
	return ""
}

func (v *weekView) title(e Errand) string {
	if e.Building != "" {
		return cmp.Or(v.buildings[e.Building], e.Building)
	}
	return v.company(e.Company)
}

func (v *weekView) url(e Errand) string {
	switch {
	case e.State == "done":
		return visitURL(e.Visit)
	case e.Building != "":
		return buildingURL(e.Building)
	}
	return "/companies/" + url.PathEscape(e.Company)
}

// tabs turn the weeks, and choose between one's own lines and the team's.
func (v *weekView) tabs(ctx context.Context) []web.Tab {
	return []web.Tab{
		{Text: web.T(ctx, "plan.all"), URL: weekURL(v.in.Week, v.in.Team, false), On: !v.in.Mine},
		{Text: web.T(ctx, "plan.mine"), URL: weekURL(v.in.Week, v.in.Team, true), On: v.in.Mine},
	}
}

// clashText says who else goes there, as far as the reader may know.
func (v *sight) clashText(ctx context.Context, c Clash) string {
	who := web.T(ctx, "plan.another_team")
	if c.Team != "" {
		who = v.sender(c.Team)
	}
	return web.T(ctx, "plan.clash."+c.Kind, who, web.ShortDate(ctx, c.Day))
}

// poolParts are the candidates by why they call for a visit.
func (v *weekView) poolParts() [][]Candidate {
	var out [][]Candidate
	for _, source := range []string{"due", "lead", "warm", "new"} {
		var part []Candidate
		for _, c := range v.pool.Items {
			if c.Source == source {
				part = append(part, c)
			}
		}
		if len(part) > 0 {
			out = append(out, part)
		}
	}
	return out
}

func candidateText(ctx context.Context, c Candidate) string {
	switch c.Source {
	case "due":
		return web.T(ctx, "plan.due_text", cmp.Or(c.Text, web.T(ctx, "field.next_step")), web.ShortDate(ctx, c.Day))
	case "warm":
		return web.T(ctx, "plan.warm_text", c.Intent, web.ShortDate(ctx, c.Day))
	case "lead":
		return c.Text
	}
	return ""
}

// errandForm is a line of the plan as its form posts it.
type errandView struct {
	*sight
	state    web.FormState
	rec      *Errand
	drop     web.FormState
	building []web.Choice
	clashes  []Clash
	title    string
}

func (s *Service) errandOf(ctx context.Context, state web.FormState, rec *Errand) (*errandView, error) {
	v := &errandView{state: state, rec: rec, drop: web.FormState{}, building: []web.Choice{{}}}
	firms, ids := slices.Clone(state.Values["company"]), slices.Clone(state.Values["building"])
	if rec != nil {
		firms, ids = append(firms, rec.Company), append(ids, rec.Building)
	}
	var err error
	if v.sight, err = s.sight(ctx, named{companies: firms}); err != nil {
		return nil, err
	}
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		names, err := buildingNames(ctx, tx, ids)
		if err != nil {
			return err
		}
		if id := state.Value("building"); names[id] != "" {
			v.building = append(v.building, web.Choice{Value: id, Text: names[id]})
		}
		if rec == nil {
			return nil
		}
		if v.title = v.company(rec.Company); rec.Building != "" {
			v.title = names[rec.Building]
		}
		found, err := clashes(ctx, tx, v.who, rec.Team, []string{rec.Company})
		v.clashes = found[rec.Company]
		return err
	})
}

func (s *Service) newErrandPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Query[struct {
		Company  string `json:"company"`
		Building string `json:"building"`
	}](r)
	if err != nil {
		return nil, err
	}
	id, err := s.newID(ctx)
	if err != nil {
		return nil, err
	}
	v, err := s.errandOf(ctx, web.FormOf("id", id, "company", in.Company, "building", in.Building, "day", web.Today(ctx)), nil)
	if err != nil {
		return nil, err
	}
	if len(v.mine) == 1 {
		v.state.Values.Set("team", v.mine[0].ID)
	}
	return errandFormPage(v), nil
}

func (s *Service) newErrandPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[NewErrand](r)
	var out Errand
	if err == nil {
		out, err = s.PlanErrand(ctx, in)
	}
	if err == nil {
		toast := web.Toast{Text: web.T(ctx, "plan.planned", out.Day)}
		if len(out.Clashes) > 0 {
			toast.Text = web.T(ctx, "plan.planned_clash", out.Day)
		}
		return web.RedirectToast(weekURL(out.Day, "", false), toast), nil
	}
	v, bad := s.errandOf(ctx, web.NewForm(r, err), nil)
	if bad != nil {
		return nil, bad
	}
	return web.Retry(errandFormPage(v), err)
}

// openErrand reads one line of the plan.
func (s *Service) openErrand(ctx context.Context, id string) (e Errand, err error) {
	who, err := audit.Require(ctx, "plan.edit")
	if err != nil {
		return e, err
	}
	return e, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, err = errandInScope(ctx, tx, who.Node, id)
		return err
	})
}

func (s *Service) errandPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	e, err := s.openErrand(ctx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	v, err := s.errandOf(ctx, web.FormOf("version", strconv.FormatInt(e.Version, 10), "day", e.Day, "at", e.At, "purpose", e.Purpose), &e)
	if err != nil {
		return nil, err
	}
	return errandPage(v), nil
}

func (s *Service) movePosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[MoveErrand](r)
	if err == nil {
		_, err = s.MoveErrand(ctx, in)
	}
	if err == nil {
		return web.RedirectToast(weekURL(in.Day, "", false), web.Toast{Text: web.T(ctx, "field.saved")}), nil
	}
	return s.errandAgain(r, err, false)
}

func (s *Service) dropPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[Retract](r)
	var out Errand
	if err == nil {
		out, err = s.DropErrand(ctx, in)
	}
	if err == nil {
		return web.RedirectToast(weekURL(out.Day, "", false), web.Toast{Text: web.T(ctx, "plan.dropped")}), nil
	}
	return s.errandAgain(r, err, true)
}

// errandAgain shows the line with the form that was refused as it was sent.
func (s *Service) errandAgain(r *http.Request, err error, drop bool) (templ.Component, error) {
	ctx := r.Context()
	e, bad := s.openErrand(ctx, r.PathValue("id"))
	if bad != nil {
		return nil, bad
	}
	state := web.NewForm(r, err)
	if drop {
		state = web.FormOf("version", strconv.FormatInt(e.Version, 10), "day", e.Day, "at", e.At, "purpose", e.Purpose)
	}
	v, bad := s.errandOf(ctx, state, &e)
	if bad != nil {
		return nil, bad
	}
	if drop {
		v.drop = web.NewForm(r, err)
	}
	return web.Retry(errandPage(v), err)
}

// choosable are the days for which one may still plan: the working days left of this week or the one shown.
func (v *weekView) choosable(ctx context.Context) []web.Choice {
	from := max(v.week.From, monday(v.today))
	var out []web.Choice
	for len(out) == 0 {
		for i := range 5 {
			if d := daysAfter(from, i); d >= v.today {
				out = append(out, web.Choice{Value: d, Text: dayName(ctx, from, d) + " " + web.ShortDate(ctx, d)})
			}
		}
		from = daysAfter(from, 7)
	}
	return out
}
