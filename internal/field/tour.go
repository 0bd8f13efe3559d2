package field

import (
	"context"
	"fmt"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/station"
	"zhudian/internal/verify"
)

// Tour is a company coming to see a county: it counts once the receiving county has confirmed it.
type Tour struct {
	ID          string `db:"id" json:"id"`
	Node        string `db:"node_id" json:"-"`
	Team        string `db:"team_id" json:"team"`
	Station     string `db:"station_id" json:"station"`
	Batch       string `db:"batch_id" json:"batch,omitempty"`
	Company     string `db:"company_id" json:"company"`
	Receiver    string `db:"receiver" json:"receiver"` // unit that receives
	Day         string `db:"day" json:"day"`
	Until       string `db:"until_day" json:"until,omitempty"`
	Heads       int64  `db:"heads" json:"heads"`
	Level       string `db:"level" json:"level,omitempty"`
	Route       string `db:"route" json:"route,omitempty"`
	Host        string `db:"host" json:"host,omitempty"`
	Outcome     string `db:"outcome" json:"outcome,omitempty"`
	State       string `db:"state" json:"state" enum:"planned,confirmed,refused,cancelled"`
	ConfirmedBy string `db:"confirmed_by" json:"confirmed_by,omitempty"`
	ConfirmedAt int64  `db:"confirmed_at" json:"confirmed_at,omitempty"`
	Remark      string `db:"remark" json:"remark,omitempty"`
	CreatedBy   string `db:"created_by" json:"created_by"`
	Account     string `db:"account_id" json:"-"`
	CreatedAt   int64  `db:"created_at" json:"created_at"`
	Version     int64  `db:"version" json:"version"`
}

const tourColumns = `t.id, t.node_id, t.team_id, t.station_id, t.batch_id, t.company_id, t.receiver, t.day, t.until_day, t.heads, t.level, t.route, t.host, t.outcome,
	t.state, t.confirmed_by, t.confirmed_at, t.remark, t.created_by, t.account_id, t.created_at, t.version`

// Subject is how the claim of the tour is named.
func (t Tour) Subject() string { return "tour/" + t.ID }

// Plan is what planning a tour needs.
type Plan struct {
	ID       string  `json:"id,omitempty" maxLength:"40" doc:"made by the client, for safe repeats"`
	Team     string  `json:"team"`
	With     []Share `json:"with,omitempty" maxItems:"5" doc:"other teams of a joint tour, with their credit: it counts once"`
	Company  string  `json:"company"`
	Receiver string  `json:"receiver" doc:"county, park or platform that receives"`
	Day      string  `json:"day" doc:"first day"`
	Until    string  `json:"until,omitempty"`
	Heads    int64   `json:"heads" minimum:"1" maximum:"500"`
	Level    string  `json:"level,omitempty" enum:"chair,general,deputy,department,other,"`
	Route    string  `json:"route,omitempty" maxLength:"500"`
	Host     string  `json:"host,omitempty" maxLength:"120"`
}

// PlanTour records a tour that a team brings. Faults: Invalid, not_your_team, already_touring, id_reused.
func (s *Service) PlanTour(ctx context.Context, in Plan) (out Tour, err error) {
	who, err := audit.Require(ctx, "tour.create")
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
			out, err = tourInScope(ctx, tx, who.Node, in.ID)
			return err
		}
		list, err := PlanToursIn(ctx, tx, []Plan{in})
		if err != nil {
			return err
		}
		out = list[0]
		return nil
	})
	return out, err
}

// PlanToursIn is PlanTour for many, inside the caller's transaction; the caller has checked permission and scope.
func PlanToursIn(ctx context.Context, tx *db.Tx, in []Plan) ([]Tour, error) {
	who, _ := audit.Who(ctx)
	var firms, teams []string
	for _, p := range in {
		firms, teams = append(firms, p.Company), append(teams, p.Team)
		for _, w := range p.With {
			teams = append(teams, w.Team)
		}
	}
	k, err := learn(ctx, tx, firms, teams)
	if err != nil {
		return nil, err
	}
	var rows []Tour
	var joint []tourTeam
	var notes []audit.Entry
	for i, p := range in {
		if err := k.checkTour(ctx, tx, p); err != nil {
			return nil, prefixed(err, i, len(in))
		}
		team := k.teams[p.Team]
		t := Tour{
			ID: p.ID, Node: team.ID, Team: team.ID, Station: team.Station, Batch: k.batchOn(team.Station, p.Day), Company: p.Company, Receiver: p.Receiver,
			Day: p.Day, Until: p.Until, Heads: p.Heads, Level: p.Level, Route: clean(p.Route), Host: clean(p.Host), State: "planned",
			CreatedBy: who.Person, Account: who.Account, CreatedAt: db.Micros(tx.Now()), Version: 1,
		}
		if t.ID == "" {
			t.ID = tx.ID()
		}
		rows, joint = append(rows, t), append(joint, tourTeamsOf(t, p.With)...)
		notes = append(notes, audit.Entry{Action: "tour.plan", Object: t.Subject(), After: map[string]any{"team": t.Team, "company": t.Company, "receiver": t.Receiver, "day": t.Day}})
	}
	if err := db.Insert(ctx, tx, "field_tour", rows); err != nil {
		return nil, err
	}
	if err := db.Insert(ctx, tx, "field_tour_team", joint); err != nil {
		return nil, err
	}
	return rows, audit.Notes(ctx, tx, notes)
}

func (k *known) checkTour(ctx context.Context, tx *db.Tx, p Plan) error {
	var c fault.Checks
	if k.teams[p.Team].ID == "" {
		c.Add("team", "unknown_team", "请选择队伍。", "Choose a team.")
	}
	if k.companies[p.Company].ID == "" {
		c.Add("company", "unknown_company", "请从资源库中选择企业。", "Choose a company of the library.")
	}
	if _, err := k.dir.Unit(p.Receiver); err != nil {
		c.Add("receiver", "unknown_unit", "请选择接待的县区、开发区或平台。", "Choose the county, park or platform that receives.")
	}
	limit := db.Today(tx.Now().AddDate(1, 0, 0)) // a tour is planned at most a year ahead
	checkDay(&c, "day", p.Day, limit, "考察日期", "The first day")
	if p.Until != "" {
		checkDay(&c, "until", p.Until, limit, "结束日期", "The last day")
		if p.Until < p.Day {
			c.Add("until", "before_start", "结束日期早于开始日期。", "It ends before it starts.")
		}
	}
	if p.Heads < 1 || p.Heads > 500 {
		c.Add("heads", "out_of_range", "人数从 1 到 500。", "From 1 to 500 people.")
	}
	k.checkWith(&c, p.Team, p.With)
	if err := c.Err(); err != nil {
		return err
	}
	return freeTour(ctx, tx, p)
}

// Confirmation is the receiving county's word on a tour.
type Confirmation struct {
	Tour    string `json:"tour"`
	Came    bool   `json:"came" doc:"true: the tour took place; false: it did not"`
	Outcome string `json:"outcome,omitempty" maxLength:"1000"`
	Remark  string `json:"remark,omitempty" maxLength:"500" doc:"needed when it did not take place"`
	Late    string `json:"late_reason,omitempty"`
}

// ConfirmTour is the receiving county saying that the tour took place, by another person than the officer who
// planned it; it is then claimed in the officer's name. Faults: not_found, same_person, not_planned, not_yet, Invalid.
func (s *Service) ConfirmTour(ctx context.Context, in Confirmation) (out Tour, err error) {
	who, err := audit.Require(ctx, "tour.confirm")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		t, err := db.One[Tour](ctx, tx, `SELECT `+tourColumns+` FROM field_tour t JOIN org_scope o ON o.node_id = t.receiver AND o.root_id = ?
			AND o.valid_from <= ? AND o.valid_to > ? WHERE t.id = ?`, who.Node, tx.Today(), tx.Today(), in.Tour)
		if err != nil {
			return err
		}
		list, err := ConfirmToursIn(ctx, tx, []Tour{t}, []Confirmation{in})
		if err != nil {
			return err
		}
		out = list[0]
		return nil
	})
	return out, err
}

// ConfirmToursIn is ConfirmTour for many tours of the caller's scope, inside the caller's transaction.
func ConfirmToursIn(ctx context.Context, tx *db.Tx, tours []Tour, in []Confirmation) ([]Tour, error) {
	who, _ := audit.Who(ctx)
	k, err := learnTours(ctx, tx, tours)
	if err != nil {
		return nil, err
	}
	var filings []verify.Filing
	var notes []audit.Entry
	for i := range tours {
		t := &tours[i]
		if err := in[i].apply(t, who, tx); err != nil {
			return nil, err
		}
		n, err := db.Exec(ctx, tx, `UPDATE field_tour SET state = ?, confirmed_by = ?, confirmed_at = ?, outcome = ?, remark = ?, version = version + 1
			WHERE id = ? AND state = 'planned'`, t.State, t.ConfirmedBy, t.ConfirmedAt, t.Outcome, t.Remark, t.ID)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, notPlanned()
		}
		notes = append(notes, audit.Entry{Action: "tour." + t.State, Object: t.Subject(), After: map[string]any{"by": who.Person}})
		if t.State == "confirmed" {
			f, err := k.tourFiling(*t, in[i].Late)
			if err != nil {
				return nil, err
			}
			filings = append(filings, f)
		}
	}
	if err := audit.Notes(ctx, tx, notes); err != nil {
		return nil, err
	}
	_, err = verify.File(ctx, tx, filings)
	return tours, err
}

func notPlanned() error {
	return fault.New(fault.Conflict, "not_planned", "这次考察已有结论，不用再确认。", "This tour has been decided already.")
}

func (in Confirmation) apply(t *Tour, who audit.Actor, tx *db.Tx) error {
	switch {
	case t.State != "planned":
		return notPlanned()
	case t.CreatedBy == who.Person:
		return fault.New(fault.Conflict, "same_person", "您是登记人，须由接待单位的另一人确认。", "You planned this tour; another person of the receiving county must confirm it.")
	case in.Came && t.Day > tx.Today():
		return fault.New(fault.Conflict, "not_yet", "考察还没有开始，不能确认。", "The tour has not begun; it cannot be confirmed yet.")
	case !in.Came && strings.TrimSpace(in.Remark) == "":
		return fault.BadField("remark", "required", "请写明没有成行的原因。", "Say why it did not take place.")
	}
	t.State = "refused"
	if in.Came {
		t.State = "confirmed"
	}
	t.ConfirmedBy, t.ConfirmedAt, t.Outcome, t.Remark = who.Person, db.Micros(tx.Now()), strings.TrimSpace(in.Outcome), strings.TrimSpace(in.Remark)
	return nil
}

// tourFiling counts a tour at the place that received it, with the credit of the team that brought it.
func (k *known) tourFiling(t Tour, late string) (verify.Filing, error) {
	firm := k.companies[t.Company]
	team, err := k.dims(t.Team, t.Day)
	if err != nil {
		return verify.Filing{}, err
	}
	place, err := k.dir.Path(t.Receiver, t.Day)
	if err != nil {
		return verify.Filing{}, err
	}
	d := ledger.Dims{
		Province: place.Province, City: place.City, County: place.County, Unit: t.Receiver, Team: t.Team, Station: t.Station, Batch: t.Batch,
		Company: t.Company, Industry: firm.Industry, Origin: firm.Origin, Tags: firm.Tags,
	}
	shares := []ledger.Share{{City: team.City, County: team.County, Unit: team.Unit, Team: team.Team, Station: team.Station, PPM: ledger.Whole}}
	content := map[string]any{"company": t.Company, "receiver": t.Receiver, "day": t.Day, "heads": t.Heads, "team": t.Team, "confirmed_by": t.ConfirmedBy}
	if joint := k.joint[t.ID]; len(joint) > 0 {
		content["teams"] = joint
		if shares, err = k.tourShares(joint, t.Day); err != nil {
			return verify.Filing{}, err
		}
	}
	return verify.Filing{
		Kind: "tour", Subject: t.Subject(), Title: fmt.Sprintf("%s · %d 人", firm.Name, t.Heads), Route: verify.FieldRoute, Node: t.Node,
		Unit: team.Unit, City: team.City, Late: late, By: &verify.Filer{Person: t.CreatedBy, Account: t.Account}, Content: content,
		Facts: []ledger.Fact{{Measure: "tour", Delta: 1, OccurredOn: t.Day, Dims: d, Shares: shares}},
	}, nil
}
