package field

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/verify"
)

// Event is a promotion or signing event; projects first signed there carry it.
type Event struct {
	ID        string `db:"id" json:"id"`
	Node      string `db:"node_id" json:"-"`
	Unit      string `db:"unit_id" json:"unit"` // unit that holds it
	Station   string `db:"station_id" json:"station,omitempty"`
	Team      string `db:"team_id" json:"team,omitempty"`
	Name      string `db:"name" json:"name"`
	Kind      string `db:"kind" json:"kind" enum:"promotion,signing,poverty,visit,other"`
	Day       string `db:"day" json:"day"`
	Place     string `db:"place" json:"place,omitempty"`
	Summary   string `db:"summary" json:"summary,omitempty"`
	Programme string `db:"programme" json:"programme,omitempty" doc:"what happens when, one line each"`
	Guests    string `db:"guests" json:"guests,omitempty" doc:"who comes, one line each"`
	CreatedBy string `db:"created_by" json:"created_by"`
	Version   int64  `db:"version" json:"version"`
}

const eventColumns = `e.id, e.node_id, e.unit_id, e.station_id, e.team_id, e.name, e.kind, e.day, e.place, e.summary, e.programme, e.guests, e.created_by, e.version`

// Subject is how the claim of the event is named.
func (e Event) Subject() string { return "event/" + e.ID }

// Hold is what recording an event needs.
type Hold struct {
	ID        string `json:"id,omitempty" maxLength:"40"`
	Unit      string `json:"unit"`
	Team      string `json:"team,omitempty" doc:"the stationed team that held it, if one did"`
	Name      string `json:"name" maxLength:"120"`
	Kind      string `json:"kind" enum:"promotion,signing,poverty,visit,other"`
	Day       string `json:"day"`
	Place     string `json:"place,omitempty" maxLength:"120"`
	Summary   string `json:"summary,omitempty" maxLength:"2000"`
	Programme string `json:"programme,omitempty" maxLength:"2000"`
	Guests    string `json:"guests,omitempty" maxLength:"2000"`
	Late      string `json:"late_reason,omitempty"`
}

// HoldEvent records an event and claims it. Faults: Invalid, not_your_unit, period_closed.
func (s *Service) HoldEvent(ctx context.Context, in Hold) (out Event, err error) {
	who, err := audit.Require(ctx, "event.create")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, node := range []string{in.Team, in.Unit} {
			if node == "" {
				continue
			}
			if ok, err := org.InScope(ctx, tx, who.Node, node); err != nil {
				return err
			} else if !ok {
				return fault.BadField("unit", "not_your_unit", "主办单位不在您的范围内。", "The unit that holds it is outside your scope.")
			}
			break // a station's event is in the scope of its team
		}
		if known, err := posted(ctx, tx, in.ID, bodyHash(in)); err != nil {
			return err
		} else if known {
			out, err = eventInScope(ctx, tx, who.Node, in.ID)
			return err
		}
		out, err = HoldEventIn(ctx, tx, in)
		return err
	})
	return out, err
}

// HoldEventIn is HoldEvent inside the caller's transaction; the caller has checked permission and scope.
func HoldEventIn(ctx context.Context, tx *db.Tx, in Hold) (Event, error) {
	who, _ := audit.Who(ctx)
	e := Event{
		ID: in.ID, Node: in.Unit, Unit: in.Unit, Team: in.Team, Name: clean(in.Name), Kind: in.Kind, Day: in.Day, Place: clean(in.Place),
		Summary: strings.TrimSpace(in.Summary), Programme: lines(in.Programme), Guests: lines(in.Guests), CreatedBy: who.Person, Version: 1,
	}
	if e.ID == "" {
		e.ID = tx.ID()
	}
	k, err := learn(ctx, tx, nil, []string{in.Team})
	if err != nil {
		return e, err
	}
	var c fault.Checks
	c.Require("name", e.Name, "活动名称", "The event's name")
	checkDay(&c, "day", e.Day, tx.Today(), "活动日期", "The day of the event")
	c.AtMost("programme", e.Programme, 2000).AtMost("guests", e.Guests, 2000)
	if _, err := k.dir.Unit(e.Unit); err != nil {
		c.Add("unit", "unknown_unit", "请选择主办单位。", "Choose the unit that holds it.")
	}
	if !slices.Contains([]string{"promotion", "signing", "poverty", "visit", "other"}, e.Kind) {
		c.Add("kind", "unknown", "请选择活动类型。", "Choose the kind of event.")
	}
	if in.Team != "" && k.teams[in.Team].ID == "" {
		c.Add("team", "unknown_team", "没有这支驻点队伍。", "There is no such team.")
	}
	if err := c.Err(); err != nil {
		return e, err
	}
	if t, ok := k.teams[in.Team]; ok {
		e.Station, e.Node = t.Station, t.ID
	}
	if err := db.Insert(ctx, tx, "field_event", e); err != nil {
		return e, err
	}
	f, err := e.filing(ctx, tx, in.Late)
	if err == nil {
		_, err = verify.File(ctx, tx, []verify.Filing{f})
	}
	return e, err
}

// lines tidies a text of one thing a line: empty lines go.
func lines(s string) string {
	var out []string
	for _, l := range strings.Split(s, "\n") {
		if l = clean(l); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

// filing is what is claimed of an event.
func (e Event) filing(ctx context.Context, tx *db.Tx, late string) (verify.Filing, error) {
	place, err := org.Path(ctx, tx, e.Unit, e.Day)
	return verify.Filing{
		Kind: "event", Subject: e.Subject(), Title: e.Name, Route: verify.FieldRoute, Node: e.Node, Unit: e.Unit,
		City: place.City, Late: late, Content: map[string]any{"name": e.Name, "kind": e.Kind, "day": e.Day, "unit": e.Unit, "team": e.Team},
		Facts: []ledger.Fact{{Measure: "event.held", Delta: 1, OccurredOn: e.Day, Dims: ledger.Dims{
			Province: place.Province, City: place.City, County: place.County,
			Unit: e.Unit, Team: e.Team, Station: e.Station, Event: e.ID, Tags: "|event:" + e.Kind + "|",
		}}},
	}, err
}

// EventKinds gives the kinds of events by id; unknown ids are left out.
func EventKinds(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error) {
	out := map[string]string{}
	type row struct {
		ID   string `db:"id"`
		Kind string `db:"kind"`
	}
	for part := range slices.Chunk(ids, 500) {
		err := db.Each(ctx, tx, `SELECT id, kind FROM field_event WHERE id IN `+db.In(len(part)), db.Args(part), func(r row) error {
			out[r.ID] = r.Kind
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// EventNames gives the names of events by id.
func EventNames(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error) {
	type row struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
	out := map[string]string{}
	err := db.Each(ctx, tx, `SELECT id, name FROM field_event WHERE id IN `+db.In(len(ids)), db.Args(ids), func(r row) error {
		out[r.ID] = r.Name
		return nil
	})
	return out, err
}

// RecentEvents gives the newest events of the whole province: a project may have been signed at anybody's.
func RecentEvents(ctx context.Context, tx *db.Tx, most int) ([]Event, error) {
	return db.All[Event](ctx, tx, `SELECT `+eventColumns+` FROM field_event e ORDER BY e.day DESC, e.id DESC LIMIT ?`, most)
}
