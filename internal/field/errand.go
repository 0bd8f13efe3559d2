package field

import (
	"cmp"
	"context"
	"slices"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/station"
)

// Errand is one line of the week's plan: a company to visit, or a building to sweep, on a day. A visit of the team to
// the company makes it done.
type Errand struct {
	ID        string `db:"id" json:"id"`
	Node      string `db:"node_id" json:"-"`
	Team      string `db:"team_id" json:"team"`
	Person    string `db:"person_id" json:"person,omitempty" doc:"whose it is; empty means the whole team's"`
	Company   string `db:"company_id" json:"company,omitempty"`
	Building  string `db:"building_id" json:"building,omitempty"`
	Day       string `db:"day" json:"day"`
	At        string `db:"at_time" json:"at,omitempty" doc:"HH:MM"`
	Purpose   string `db:"purpose" json:"purpose,omitempty"`
	Source    string `db:"source" json:"source" enum:"own,due,warm,lead,new" doc:"from where in the pool it came"`
	State     string `db:"state" json:"state" enum:"planned,done,dropped"`
	Visit     string `db:"visit_id" json:"visit,omitempty" doc:"the visit that did it"`
	Reason    string `db:"reason" json:"reason,omitempty" doc:"why it was dropped"`
	CreatedBy string `db:"created_by" json:"created_by"`
	CreatedAt int64  `db:"created_at" json:"created_at"`
	Version   int64  `db:"version" json:"version"`

	Clashes []Clash `db:"-" json:"clashes,omitempty"`
}

const errandColumns = `p.id, p.node_id, p.team_id, p.person_id, p.company_id, p.building_id, p.day, p.at_time, p.purpose, p.source, p.state, p.visit_id, p.reason,
	p.created_by, p.created_at, p.version`

// Subject is how the trail names the errand.
func (e Errand) Subject() string { return "errand/" + e.ID }

// Clash says that another team plans to visit the company, or was there lately; which team, in one's scope only.
type Clash struct {
	Kind string `json:"kind" enum:"planned,visited"`
	Day  string `json:"day"`
	Team string `json:"team,omitempty"`
}

// clashDays is how long after another team's visit one had better not come, too.
const clashDays = 14

// planDays is how far ahead one plans.
const planDays = 60

// errandSources are the parts of the pool; own is none of them.
var errandSources = []string{"own", "due", "warm", "lead", "new"}

// NewErrand is what planning needs: a company or a building.
type NewErrand struct {
	ID       string `json:"id,omitempty" maxLength:"40" doc:"made by the client, for safe repeats"`
	Team     string `json:"team"`
	Company  string `json:"company,omitempty"`
	Building string `json:"building,omitempty"`
	Day      string `json:"day"`
	At       string `json:"at,omitempty" doc:"HH:MM"`
	Purpose  string `json:"purpose,omitempty" maxLength:"200"`
	Source   string `json:"source,omitempty" enum:"own,due,warm,lead,new"`
}

// PlanErrand puts a company or building into the plan of a team, and says who else goes there; that is for people to
// settle and refuses nothing. Faults: Invalid, not_your_team, already_planned, id_reused.
func (s *Service) PlanErrand(ctx context.Context, in NewErrand) (out Errand, err error) {
	who, err := audit.Require(ctx, "plan.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := station.TeamInScope(ctx, tx, who.Node, in.Team); err != nil {
			return fault.BadField("team", "not_your_team", "请选择您所在的队伍。", "Choose a team of yours.")
		}
		if known, err := posted(ctx, tx, in.ID, bodyHash(in)); err != nil {
			return err
		} else if known {
			out, err = errandInScope(ctx, tx, who.Node, in.ID)
			return err
		}
		if out, err = PlanErrandIn(ctx, tx, in); err != nil {
			return err
		}
		found, err := clashes(ctx, tx, who, out.Team, []string{out.Company})
		out.Clashes = found[out.Company]
		return err
	})
	return out, err
}

// PlanErrandIn is PlanErrand inside the caller's transaction; the caller has checked permission and scope.
func PlanErrandIn(ctx context.Context, tx *db.Tx, in NewErrand) (Errand, error) {
	who, _ := audit.Who(ctx)
	e := Errand{
		ID: in.ID, Node: in.Team, Team: in.Team, Company: in.Company, Building: in.Building, Day: in.Day, At: in.At, Purpose: clean(in.Purpose), Source: cmp.Or(in.Source, "own"),
		State: "planned", CreatedBy: who.Person, CreatedAt: db.Micros(tx.Now()), Version: 1,
	}
	if e.ID == "" {
		e.ID = tx.ID()
	}
	if who.Node == in.Team { // who leads others plans for the team
		e.Person = who.Person
	}
	if err := e.check(ctx, tx); err != nil {
		return e, err
	}
	if err := db.Insert(ctx, tx, "field_errand", e); err != nil {
		return e, err
	}
	return e, audit.Note(ctx, tx, "errand.plan", e.Subject(), nil, map[string]any{"team": e.Team, "company": e.Company, "building": e.Building, "day": e.Day})
}

func (e Errand) check(ctx context.Context, tx *db.Tx) error {
	var c fault.Checks
	today := tx.Today()
	checkDay(&c, "day", e.Day, daysAfter(today, planDays), "日期", "The day")
	if validDay(e.Day) && e.Day < today {
		c.Add("day", "past_date", "计划不能早于今天（"+today+"）。", "A plan cannot lie before today ("+today+").")
	}
	checkTime(&c, "at", e.At)
	c.AtMost("purpose", e.Purpose, 200)
	if !slices.Contains(errandSources, e.Source) {
		c.Add("source", "unknown", "没有这个来源。", "There is no such source.")
	}
	switch {
	case e.Company != "" && e.Building != "":
		c.Add("building", "one_of_two", "企业和楼宇只选一个。", "Choose a company or a building, not both.")
	case e.Company == "" && e.Building == "":
		c.Add("company", "required", "请选择企业或楼宇。", "Choose a company or a building.")
	case e.Company != "":
		firms, err := company.Briefs(ctx, tx, []string{e.Company})
		if err != nil {
			return err
		}
		if firms[e.Company].ID == "" {
			c.Add("company", "unknown_company", "请从资源库中选择企业或商协会；没有的先录入。", "Choose a company or association of the library; enter it first if it is missing.")
		}
		silent, err := company.Silent(ctx, tx, []string{e.Company})
		if err != nil {
			return err
		}
		if s, ok := silent[e.Company]; ok {
			c.Add("company", "no_contact", "这家企业 "+s.Since+" 起要求不再联系。", "This company asked on "+s.Since+" not to be contacted.")
		}
	default:
		if _, err := buildingByID(ctx, tx, e.Building); fault.Is(err, fault.NotFound) {
			c.Add("building", "unknown_building", "没有这栋楼。", "There is no such building.")
		} else if err != nil {
			return err
		}
	}
	if err := c.Err(); err != nil {
		return err
	}
	day, again, err := db.Maybe[string](ctx, tx, `SELECT p.day FROM field_errand p WHERE p.team_id = ? AND p.company_id = ? AND p.building_id = ? AND p.state = 'planned' AND p.day >= ? AND p.id <> ?`,
		e.Team, e.Company, e.Building, today, e.ID)
	if err == nil && again {
		err = fault.BadField("company", "already_planned", "本队已排在 "+day+"。", "Your team has it in the plan for "+day+".")
	}
	return err
}

func errandInScope(ctx context.Context, tx *db.Tx, root, id string) (Errand, error) {
	e, err := db.One[Errand](ctx, tx, `SELECT `+errandColumns+` FROM field_errand p`+scoped+`p.node_id WHERE p.id = ?`, root, tx.Today(), tx.Today(), id)
	return e, absent(err)
}

// MoveErrand is another day, time or purpose of an errand.
type MoveErrand struct {
	ID      string `json:"id"`
	Version int64  `json:"version" doc:"as last seen"`
	Day     string `json:"day"`
	At      string `json:"at,omitempty"`
	Purpose string `json:"purpose,omitempty" maxLength:"200"`
}

// MoveErrand changes an errand that is still planned. Faults: not_found, not_planned, stale, Invalid.
func (s *Service) MoveErrand(ctx context.Context, in MoveErrand) (out Errand, err error) {
	return s.changeErrand(ctx, in.ID, func(ctx context.Context, tx *db.Tx, e Errand) error {
		next := e
		next.Day, next.At, next.Purpose = in.Day, in.At, clean(in.Purpose)
		if err := next.check(ctx, tx); err != nil {
			return err
		}
		n, err := db.Exec(ctx, tx, `UPDATE field_errand SET day = ?, at_time = ?, purpose = ?, version = version + 1 WHERE id = ? AND version = ?`, next.Day, next.At, next.Purpose, e.ID, in.Version)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改。", "Somebody changed this meanwhile; reload and try again.")
		}
		if err != nil {
			return err
		}
		return audit.Note(ctx, tx, "errand.move", e.Subject(), map[string]any{"day": e.Day}, map[string]any{"day": next.Day})
	})
}

// DropErrand takes an errand out of the plan, with a reason. Faults: not_found, not_planned, reason required.
func (s *Service) DropErrand(ctx context.Context, in Retract) (out Errand, err error) {
	var c fault.Checks
	c.Require("reason", in.Reason, "原因", "A reason").AtMost("reason", in.Reason, 200)
	if err := c.Err(); err != nil {
		return out, err
	}
	return s.changeErrand(ctx, in.ID, func(ctx context.Context, tx *db.Tx, e Errand) error {
		if _, err := db.Exec(ctx, tx, `UPDATE field_errand SET state = 'dropped', reason = ?, version = version + 1 WHERE id = ?`, clean(in.Reason), e.ID); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "errand.drop", e.Subject(), map[string]any{"state": e.State}, map[string]any{"state": "dropped"})
	})
}

func (s *Service) changeErrand(ctx context.Context, id string, change func(context.Context, *db.Tx, Errand) error) (out Errand, err error) {
	who, err := audit.Require(ctx, "plan.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, err := errandInScope(ctx, tx, who.Node, id)
		if err != nil {
			return err
		}
		if e.State != "planned" {
			return fault.New(fault.Conflict, "not_planned", "这一项已完成或已取消。", "This was done or dropped already.")
		}
		if err := change(ctx, tx, e); err != nil {
			return err
		}
		out, err = errandInScope(ctx, tx, who.Node, id)
		return err
	})
	return out, err
}

// doErrands makes done what visits were planned for: the earliest errand of the team for the company, from a week
// before the visit to a week after.
func doErrands(ctx context.Context, tx *db.Tx, visits []Visit) error {
	firms := make([]string, 0, len(visits))
	for _, v := range visits {
		firms = append(firms, v.Company)
	}
	slices.Sort(firms)
	open := map[string][]Errand{}
	for part := range slices.Chunk(slices.Compact(firms), 500) {
		list, err := db.All[Errand](ctx, tx, `SELECT `+errandColumns+` FROM field_errand p WHERE p.state = 'planned' AND p.company_id IN `+db.In(len(part))+` ORDER BY p.day, p.id`, db.Args(part)...)
		if err != nil {
			return err
		}
		for _, e := range list {
			open[e.Team+" "+e.Company] = append(open[e.Team+" "+e.Company], e)
		}
	}
	for _, v := range visits {
		key := v.Team + " " + v.Company
		i := slices.IndexFunc(open[key], func(e Errand) bool { return e.Day >= daysAfter(v.Day, -7) && e.Day <= daysAfter(v.Day, 7) })
		if i < 0 {
			continue
		}
		if err := db.Do(ctx, tx, `UPDATE field_errand SET state = 'done', visit_id = ?, version = version + 1 WHERE id = ?`, v.ID, open[key][i].ID); err != nil {
			return err
		}
		open[key] = slices.Delete(open[key], i, i+1)
	}
	return nil
}

// WeekFilter asks for the plan of a week.
type WeekFilter struct {
	Week string `json:"week,omitempty" doc:"a day of the week; default today"`
	Team string `json:"team,omitempty"`
	Mine bool   `json:"mine,omitempty" doc:"only one's own and those of the whole team"`
}

// Week is a plan from Monday to Sunday.
type Week struct {
	From  string   `json:"from"`
	Until string   `json:"until"`
	Items []Errand `json:"items"`
}

// maxErrands is how many lines a week shows; a station of sixty officers plans fewer.
const maxErrands = 1000

// WeekPlan gives the plan of a week of the teams in scope, with the clashes of what is still planned. Fault: Invalid.
func (s *Service) WeekPlan(ctx context.Context, in WeekFilter) (out Week, err error) {
	who, err := audit.Require(ctx, "plan.read")
	if err != nil {
		return out, err
	}
	if in.Week != "" && !validDay(in.Week) {
		return out, fault.BadField("week", "not_a_date", "日期写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.From = monday(cmp.Or(in.Week, tx.Today()))
		out.Until = daysAfter(out.From, 6)
		w := clauses{args: []any{who.Node, tx.Today(), tx.Today()}}
		w.add("p.day >= ? AND p.day <= ?", out.From, out.Until)
		w.is("p.team_id", in.Team)
		if in.Mine {
			w.add("(p.person_id = ? OR p.person_id = '')", who.Person)
		}
		out.Items, err = db.All[Errand](ctx, tx, `SELECT `+errandColumns+` FROM field_errand p`+scoped+`p.node_id WHERE `+w.sql()+` ORDER BY p.day, p.at_time, p.id LIMIT ?`, append(w.args, maxErrands)...)
		if err != nil {
			return err
		}
		byTeam := map[string][]string{}
		for _, e := range out.Items {
			if e.State == "planned" && e.Company != "" {
				byTeam[e.Team] = append(byTeam[e.Team], e.Company)
			}
		}
		for team, firms := range byTeam {
			found, err := clashes(ctx, tx, who, team, firms)
			if err != nil {
				return err
			}
			for i := range out.Items {
				if e := &out.Items[i]; e.Team == team && e.State == "planned" {
					e.Clashes = found[e.Company]
				}
			}
		}
		return nil
	})
	return out, err
}

// monday is the first day of the week of a day.
func monday(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7).Format(time.DateOnly)
}
