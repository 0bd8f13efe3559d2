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
)

// Knock is what a team found at a door on a day. It stays as it is; what the team says later on the same day stands
// instead of it.
type Knock struct {
	ID        string `db:"id" json:"id"`
	Door      string `db:"door_id" json:"door"`
	Building  string `db:"building_id" json:"building"`
	Lease     string `db:"lease_id" json:"lease"`
	Node      string `db:"node_id" json:"-"`
	Team      string `db:"team_id" json:"team"`
	Day       string `db:"day" json:"day"`
	State     string `db:"state" json:"state" enum:"met,nobody,refused,moved,vacant,not_a_target"`
	Person    string `db:"person_id" json:"person"`
	Visit     string `db:"visit_id" json:"visit,omitempty"`
	Occupant  string `db:"occupant" json:"occupant,omitempty"`
	Note      string `db:"note" json:"note,omitempty"`
	DeviceAt  int64  `db:"device_at" json:"device_at,omitempty"`
	BodyHash  string `db:"body_hash" json:"-"`
	CreatedAt int64  `db:"created_at" json:"created_at"`
}

const knockColumns = `k.id, k.door_id, k.building_id, k.lease_id, k.node_id, k.team_id, k.day, k.state, k.person_id, k.visit_id, k.occupant, k.note, k.device_at, k.body_hash, k.created_at`

// DoorStates are what a knock may find, in the order in which they are shown.
var DoorStates = []string{"met", "nobody", "refused", "moved", "vacant", "not_a_target"}

// quietDays is for how long nobody knocks after a refusal.
const quietDays = 90

// NewKnock is what recording a knock needs.
type NewKnock struct {
	ID       string `json:"id,omitempty" maxLength:"40" doc:"made by the client, for safe repeats"`
	Door     string `json:"door"`
	Day      string `json:"day,omitempty" doc:"default today"`
	State    string `json:"state" enum:"met,nobody,refused,moved,vacant,not_a_target"`
	Visit    string `json:"visit,omitempty" doc:"the visit that came of it"`
	Occupant string `json:"occupant,omitempty" maxLength:"120" doc:"the name on the door, when it is another than known"`
	Company  string `json:"company,omitempty" doc:"the occupant in the library"`
	Note     string `json:"note,omitempty" maxLength:"200"`
	DeviceAt int64  `json:"device_at,omitempty"`
}

// RecordKnock records what was found at a door of a building that a team in scope holds on that day. The same id with
// the same content gives the first answer. Faults: Invalid, not_found, not_leased, cooling_down, id_reused.
func (s *Service) RecordKnock(ctx context.Context, in NewKnock) (out Knock, err error) {
	if _, err = audit.Require(ctx, "sweep.work"); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = recordKnock(ctx, tx, in, "")
		return err
	})
	return out, err
}

// RecordKnocksIn is RecordKnock for many, inside the caller's transaction; the caller has checked the permission.
func RecordKnocksIn(ctx context.Context, tx *db.Tx, in []NewKnock) error {
	for _, k := range in {
		if _, err := recordKnock(ctx, tx, k, ""); err != nil {
			return err
		}
	}
	return nil
}

// recordKnock: with a team, the lease must be that team's.
func recordKnock(ctx context.Context, tx *db.Tx, in NewKnock, team string) (Knock, error) {
	who, _ := audit.Who(ctx)
	hash := bodyHash(in)
	if in.Day == "" {
		in.Day = tx.Today()
	}
	in.Note, in.Occupant = clean(in.Note), clean(in.Occupant)
	// writing the door first makes those who knock at it come one after the other
	n, err := db.Exec(ctx, tx, `UPDATE field_door SET changed_at = ?, version = version + 1 WHERE id = ?`, db.Micros(tx.Now()), in.Door)
	if err != nil {
		return Knock{}, err
	}
	if in.ID != "" {
		old, known, err := db.Maybe[Knock](ctx, tx, `SELECT `+knockColumns+` FROM field_knock k`+scoped+`k.node_id WHERE k.id = ?`, who.Node, tx.Today(), tx.Today(), in.ID)
		if err != nil {
			return old, err
		}
		if known {
			return old, sameBody(old.BodyHash, hash)
		}
	}
	if err := in.check(n > 0, tx.Today()); err != nil {
		return Knock{}, err
	}
	door, err := doorByID(ctx, tx, in.Door)
	if err != nil {
		return Knock{}, err
	}
	lease, err := leaseOn(ctx, tx, who.Node, door.Building, team, in.Day)
	if err != nil {
		return Knock{}, err
	}
	k := Knock{
		ID: in.ID, Door: door.ID, Building: door.Building, Lease: lease.ID, Node: lease.Node, Team: lease.Team, Day: in.Day, State: in.State, Person: who.Person,
		Visit: in.Visit, Occupant: in.Occupant, Note: in.Note, DeviceAt: in.DeviceAt, BodyHash: hash, CreatedAt: db.Micros(tx.Now()),
	}
	if k.ID == "" {
		k.ID = tx.ID()
	}
	if err := k.belongs(ctx, tx, who, &door, in.Company); err != nil {
		return k, err
	}
	if err := k.stand(ctx, tx, door); err != nil {
		return k, err
	}
	if err := db.Insert(ctx, tx, "field_knock", k); err != nil {
		return k, err
	}
	return k, audit.Note(ctx, tx, "door.knock", door.Subject(), nil, map[string]any{"team": k.Team, "day": k.Day, "state": k.State})
}

func (in NewKnock) check(there bool, today string) error {
	var c fault.Checks
	if !there {
		c.Add("door", "unknown_door", "没有这个单元，请刷新。", "There is no such door; reload.")
	}
	if !slices.Contains(DoorStates, in.State) {
		c.Add("state", "required", "请选择门上的情况。", "Say what you found.")
	}
	checkDay(&c, "day", in.Day, today, "敲门日期", "The day")
	c.AtMost("note", in.Note, 200).AtMost("occupant", in.Occupant, 120).AtMost("id", in.ID, 40)
	return c.Err()
}

// belongs checks the visit and the company that a knock names, and takes over who is behind the door now.
func (k *Knock) belongs(ctx context.Context, tx *db.Tx, who audit.Actor, door *Door, firm string) error {
	if k.Visit != "" {
		v, err := visitInScope(ctx, tx, who.Node, k.Visit)
		if fault.Is(err, fault.NotFound) {
			return fault.BadField("visit", "unknown_visit", "没有这次走访，或不在您的范围内。", "There is no such visit, or it is outside your scope.")
		} else if err != nil {
			return err
		}
		if firm == "" {
			firm = v.Company
		}
	}
	if k.Occupant != "" && k.Occupant != door.Occupant {
		door.Occupant, door.Company = k.Occupant, ""
	}
	if firm == "" || firm == door.Company {
		return nil
	}
	found, err := company.Briefs(ctx, tx, []string{firm})
	if err != nil {
		return err
	}
	if found[firm].ID == "" {
		return fault.BadField("company", "unknown_company", "请从资源库中选择企业或商协会；没有的先录入。", "Choose a company or association of the library; enter it first if it is missing.")
	}
	door.Company = firm
	if k.Occupant == "" {
		door.Occupant = found[firm].Name
	}
	return nil
}

// stand works out what the door is with the new knock, and writes it. Fault: cooling_down.
func (k Knock) stand(ctx context.Context, tx *db.Tx, door Door) error {
	before, err := db.All[Knock](ctx, tx, `SELECT `+knockColumns+` FROM field_knock k WHERE k.door_id = ?`, door.ID)
	if err != nil {
		return err
	}
	if until := quietFor(before, k); until != "" {
		return coolingDown(until)
	}
	now := standing(append(before, k))
	return db.Do(ctx, tx, `UPDATE field_door SET occupant = ?, company_id = ?, state = ?, state_on = ?, quiet_until = ? WHERE id = ?`,
		door.Occupant, door.Company, now.state, now.on, now.quiet, door.ID)
}

// coolingDown does not say who was refused.
func coolingDown(until string) error {
	return fault.New(fault.Conflict, "cooling_down", "这一户已拒访，至 "+until+" 任何队伍都不再敲门。", "Visits were refused here; no team knocks until "+until+".")
}

// stands is what the knocks at a door come to.
type stands struct{ state, on, quiet string }

// standing is what a door is after its knocks: the last one's state, and until when a refusal keeps everybody away.
// Whoever refused is gone once the door was found empty or moved out of.
func standing(knocks []Knock) (out stands) {
	for _, k := range valid(knocks) {
		out.state, out.on = k.State, k.Day
		switch k.State {
		case "refused":
			out.quiet = daysAfter(k.Day, quietDays)
		case "moved", "vacant":
			out.quiet = ""
		}
	}
	return out
}

// valid gives the knocks by day, of each team and day the last.
func valid(knocks []Knock) []Knock {
	list := slices.Clone(knocks)
	slices.SortStableFunc(list, func(a, b Knock) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.CreatedAt, b.CreatedAt)) })
	last := map[string]int{}
	for i, k := range list {
		last[k.Team+" "+k.Day] = i
	}
	out := list[:0:0]
	for i, k := range list {
		if last[k.Team+" "+k.Day] == i {
			out = append(out, k)
		}
	}
	return out
}

// quietFor is until when nobody may do what a knock did, "" when it was all right: to look at a door is, to knock in the
// days after a refusal is not. A team may say something else of the same day.
func quietFor(before []Knock, k Knock) string {
	if k.State == "moved" || k.State == "vacant" || k.State == "not_a_target" {
		return ""
	}
	var known []Knock
	for _, b := range valid(before) {
		if b.Day < k.Day || b.Day == k.Day && b.Team != k.Team {
			known = append(known, b)
		}
	}
	if q := standing(known).quiet; q >= k.Day {
		return q
	}
	return ""
}

// KnockFilter narrows the list of knocks.
type KnockFilter struct {
	Building string `json:"building,omitempty"`
	Door     string `json:"door,omitempty"`
	Visit    string `json:"visit,omitempty"`
	Team     string `json:"team,omitempty"`
	Mine     bool   `json:"mine,omitempty" doc:"only one's own"`
	db.Page
}

// Knocks is a part of a list.
type Knocks struct {
	Items []Knock `json:"items"`
	Next  string  `json:"next,omitempty"`
}

// ListKnocks gives the knocks of the teams in scope, newest first.
func (s *Service) ListKnocks(ctx context.Context, in KnockFilter) (out Knocks, err error) {
	who, err := audit.Require(ctx, "sweep.read")
	if err != nil {
		return out, err
	}
	out.Items = []Knock{}
	size, key, err := pageOf(in.Page)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		w := clauses{args: []any{who.Node, tx.Today(), tx.Today()}}
		w.is("k.building_id", in.Building)
		w.is("k.door_id", in.Door)
		w.is("k.visit_id", in.Visit)
		w.is("k.team_id", in.Team)
		if in.Mine {
			w.add("k.person_id = ?", who.Person)
		}
		if key != nil {
			w.add("(k.day, k.id) < (?, ?)", key[0], key[1])
		}
		out.Items, err = db.All[Knock](ctx, tx, `SELECT `+knockColumns+` FROM field_knock k`+scoped+`k.node_id WHERE `+w.sql()+` ORDER BY k.day DESC, k.id DESC LIMIT ?`, append(w.args, size+1)...)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].Day, out.Items[size-1].ID)
	}
	return out, err
}

// validDay reports whether a text is a day.
func validDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
