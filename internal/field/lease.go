package field

import (
	"context"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/station"
)

// Lease is a team holding a building for a few days: nobody else knocks there meanwhile. It ends by itself, or when
// it is handed back. Of a lease outside one's scope only the building and the days are told.
type Lease struct {
	ID        string `db:"id" json:"id,omitempty"`
	Building  string `db:"building_id" json:"building"`
	Node      string `db:"node_id" json:"-"`
	Team      string `db:"team_id" json:"team,omitempty"`
	Station   string `db:"station_id" json:"station,omitempty"`
	Batch     string `db:"batch_id" json:"batch,omitempty"`
	From      string `db:"from_day" json:"from"`
	Until     string `db:"until_day" json:"until" doc:"last day"`
	Planned   string `db:"planned_on" json:"planned,omitempty" doc:"last day as it was taken"`
	EndedBy   string `db:"ended_by" json:"ended_by,omitempty"`
	CreatedBy string `db:"created_by" json:"created_by,omitempty"`
	CreatedAt int64  `db:"created_at" json:"created_at,omitempty"`
	Version   int64  `db:"version" json:"version,omitempty"`
}

const leaseColumns = `l.id, l.building_id, l.node_id, l.team_id, l.station_id, l.batch_id, l.from_day, l.until_day, l.planned_on, l.ended_by, l.created_by, l.created_at, l.version`

// Subject is how the trail names the lease.
func (l Lease) Subject() string { return "lease/" + l.ID }

// Own reports whether the lease lies in the scope of the person it was read for.
func (l Lease) Own() bool { return l.Team != "" }

// leaseDays is the longest lease.
const leaseDays = 14

// NewLease is a team taking a building.
type NewLease struct {
	ID       string `json:"id,omitempty" maxLength:"40" doc:"made by the client, for safe repeats"`
	Building string `json:"building"`
	Team     string `json:"team"`
	Until    string `json:"until,omitempty" doc:"last day, at most 14 days with today; default all of them"`
}

// TakeBuilding leases a building to a team from today. Faults: Invalid, not_your_team, not_found, leased, id_reused.
func (s *Service) TakeBuilding(ctx context.Context, in NewLease) (out Lease, err error) {
	who, err := audit.Require(ctx, "sweep.work")
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
			out, err = ownLease(ctx, tx, who.Node, in.ID)
			return err
		}
		out, err = TakeBuildingIn(ctx, tx, in)
		return err
	})
	return out, err
}

// TakeBuildingIn is TakeBuilding inside the caller's transaction; the caller has checked permission and scope.
func TakeBuildingIn(ctx context.Context, tx *db.Tx, in NewLease) (Lease, error) {
	who, _ := audit.Who(ctx)
	today := tx.Today()
	last := db.Today(tx.Now().AddDate(0, 0, leaseDays-1))
	if in.Until == "" {
		in.Until = last
	}
	var c fault.Checks
	checkDay(&c, "until", in.Until, last, "认领截止日", "The last day of the lease")
	if in.Until < today {
		c.Add("until", "past_date", "认领截止日不能早于今天（"+today+"）。", "The lease cannot end before today ("+today+").")
	}
	if err := c.Err(); err != nil {
		return Lease{}, err
	}
	if n, err := db.Exec(ctx, tx, `UPDATE field_building SET leases = leases + 1 WHERE id = ?`, in.Building); err != nil {
		return Lease{}, err
	} else if n == 0 {
		return Lease{}, absent(fault.New(fault.NotFound, "not_found", "", ""))
	}
	if other, taken, err := db.Maybe[Lease](ctx, tx, `SELECT `+leaseColumns+` FROM field_lease l WHERE l.building_id = ? AND l.until_day >= ? ORDER BY l.until_day DESC`, in.Building, today); err != nil {
		return other, err
	} else if taken {
		return other, leasedUntil(other.Until)
	}
	places, err := station.PlacesOf(ctx, tx, []string{in.Team})(ctx)
	if err != nil {
		return Lease{}, err
	}
	k := known{batches: map[string][]station.Batch{in.Team: places[in.Team].Batches}}
	l := Lease{
		ID: in.ID, Building: in.Building, Node: in.Team, Team: in.Team, Station: places[in.Team].Station, Batch: k.batchOn(in.Team, today), From: today, Until: in.Until,
		Planned: in.Until, CreatedBy: who.Person, CreatedAt: db.Micros(tx.Now()), Version: 1,
	}
	if l.ID == "" {
		l.ID = tx.ID()
	}
	if err := db.Insert(ctx, tx, "field_lease", l); err != nil {
		return l, err
	}
	return l, audit.Note(ctx, tx, "lease.take", l.Subject(), nil, map[string]any{"building": l.Building, "team": l.Team, "until": l.Until})
}

// leasedUntil does not say by whom: another county's work is its own affair.
func leasedUntil(day string) error {
	return fault.New(fault.Conflict, "leased", "这栋楼已被认领至 "+day+"，到期或交还后的次日可再认领。",
		"The building is taken until "+day+"; it can be taken again the day after it ends or is handed back.")
}

// EndLease hands a building back: today is the last day. Faults: not_found, lease_ended.
func (s *Service) EndLease(ctx context.Context, in ByID) (out Lease, err error) {
	who, err := audit.Require(ctx, "sweep.work")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		old, err := ownLease(ctx, tx, who.Node, in.ID)
		if err != nil {
			return err
		}
		today := tx.Today()
		n, err := db.Exec(ctx, tx, `UPDATE field_lease SET until_day = ?, ended_by = ?, version = version + 1 WHERE id = ? AND until_day >= ? AND ended_by = ''`, today, who.Person, old.ID, today)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "lease_ended", "这次认领已经结束。", "This lease has ended already.")
		}
		if out, err = ownLease(ctx, tx, who.Node, old.ID); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "lease.end", old.Subject(), map[string]any{"until": old.Until}, map[string]any{"until": out.Until})
	})
	return out, err
}

func ownLease(ctx context.Context, tx *db.Tx, root, id string) (Lease, error) {
	l, err := db.One[Lease](ctx, tx, `SELECT `+leaseColumns+` FROM field_lease l`+scoped+`l.node_id WHERE l.id = ?`, root, tx.Today(), tx.Today(), id)
	return l, absent(err)
}

// LeaseFilter narrows the list of leases.
type LeaseFilter struct {
	Building string `json:"building,omitempty"`
	Team     string `json:"team,omitempty"`
	Running  bool   `json:"running,omitempty" doc:"only those that have not ended"`
	db.Page
}

// Leases is a part of a list.
type Leases struct {
	Items []Lease `json:"items"`
	Next  string  `json:"next,omitempty"`
}

// ListLeases gives the leases of the teams in scope, the last to end first.
func (s *Service) ListLeases(ctx context.Context, in LeaseFilter) (out Leases, err error) {
	who, err := audit.Require(ctx, "sweep.read")
	if err != nil {
		return out, err
	}
	out.Items = []Lease{}
	size, key, err := pageOf(in.Page)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		w := clauses{args: []any{who.Node, tx.Today(), tx.Today()}}
		w.is("l.building_id", in.Building)
		w.is("l.team_id", in.Team)
		if in.Running {
			w.add("l.until_day >= ?", tx.Today())
		}
		if key != nil {
			w.add("(l.until_day, l.id) < (?, ?)", key[0], key[1])
		}
		out.Items, err = db.All[Lease](ctx, tx, `SELECT `+leaseColumns+` FROM field_lease l`+scoped+`l.node_id WHERE `+w.sql()+` ORDER BY l.until_day DESC, l.id DESC LIMIT ?`, append(w.args, size+1)...)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].Until, out.Items[size-1].ID)
	}
	return out, err
}

// runningLeases gives the lease each building is under today; of those out of scope only the days.
func runningLeases(ctx context.Context, tx *db.Tx, root string, buildings []string) (map[string]Lease, error) {
	out := map[string]Lease{}
	if len(buildings) == 0 {
		return out, nil
	}
	in := db.In(len(buildings))
	held, err := db.All[Lease](ctx, tx, `SELECT `+leaseColumns+` FROM field_lease l WHERE l.until_day >= ? AND l.building_id IN `+in, append([]any{tx.Today()}, db.Args(buildings)...)...)
	if err != nil {
		return nil, err
	}
	mine, err := db.All[string](ctx, tx, `SELECT l.id FROM field_lease l`+scoped+`l.node_id WHERE l.until_day >= ? AND l.building_id IN `+in,
		append([]any{root, tx.Today(), tx.Today(), tx.Today()}, db.Args(buildings)...)...)
	if err != nil {
		return nil, err
	}
	own := map[string]bool{}
	for _, id := range mine {
		own[id] = true
	}
	for _, l := range held {
		if !own[l.ID] {
			l = Lease{Building: l.Building, From: l.From, Until: l.Until}
		}
		out[l.Building] = l
	}
	return out, nil
}

// leaseOn gives the lease in scope that covers a building on a day; team "" means any. Fault: not_leased.
func leaseOn(ctx context.Context, tx *db.Tx, root, building, team, day string) (Lease, error) {
	w := clauses{args: []any{root, tx.Today(), tx.Today()}}
	w.is("l.building_id", building)
	w.is("l.team_id", team)
	w.add("l.from_day <= ? AND l.until_day >= ?", day, day)
	l, ok, err := db.Maybe[Lease](ctx, tx, `SELECT `+leaseColumns+` FROM field_lease l`+scoped+`l.node_id WHERE `+w.sql()+` ORDER BY l.from_day DESC`, w.args...)
	if err == nil && !ok {
		err = fault.New(fault.Conflict, "not_leased", "这栋楼当天没有由您的队伍认领；先认领，再敲门。", "Your team does not hold the building on that day; take it before you knock.")
	}
	return l, err
}

// batchStart is the first day of the batch that is at the stations of a city now, "" when there is none.
func batchStart(ctx context.Context, tx *db.Tx, city string) (string, error) {
	stations, err := station.All(ctx, tx)
	out := ""
	for _, st := range stations {
		if err != nil || st.Region != city {
			continue
		}
		var b station.Batch
		if b, _, err = station.BatchOn(ctx, tx, st.ID, tx.Today()); b.StartsOn > out {
			out = b.StartsOn
		}
	}
	return out, err
}

// daysAfter is a day so many days later.
func daysAfter(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}
