package directive

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// Trip is what a leader did in person: a trip to companies, a meeting, guests received.
type Trip struct {
	ID        string   `db:"id" json:"id"`
	Leader    string   `db:"leader_id" json:"leader"`
	Node      string   `db:"node_id" json:"-"`
	Kind      string   `db:"kind" json:"kind" enum:"trip,meeting,reception"`
	Title     string   `db:"title" json:"title"`
	Day       string   `db:"day" json:"day"`
	Until     string   `db:"until_day" json:"until,omitempty"`
	Region    string   `db:"region" json:"region,omitempty"`
	Place     string   `db:"place" json:"place,omitempty"`
	Outcome   string   `db:"outcome" json:"outcome,omitempty"`
	NextStep  string   `db:"next_step" json:"next_step,omitempty"`
	CreatedBy string   `db:"created_by" json:"-"`
	Version   int64    `db:"version" json:"version"`
	Companies []string `db:"-" json:"companies,omitempty"`
}

const tripColumns = `t.id, t.leader_id, t.node_id, t.kind, t.title, t.day, t.until_day, t.region, t.place, t.outcome, t.next_step, t.created_by, t.version`

// tripKinds in the order in which they are shown.
var tripKinds = []string{"trip", "meeting", "reception"}

// NewTrip is what recording a trip needs; with an id it changes that trip.
type NewTrip struct {
	ID        string   `json:"id,omitempty" maxLength:"40" doc:"of the trip to change; left out to record one"`
	Leader    string   `json:"leader,omitempty" doc:"default oneself, if one is a leader"`
	Kind      string   `json:"kind" enum:"trip,meeting,reception"`
	Title     string   `json:"title" maxLength:"120"`
	Day       string   `json:"day" format:"date"`
	Until     string   `json:"until,omitempty" format:"date"`
	Region    string   `json:"region,omitempty" doc:"GB/T 2260"`
	Place     string   `json:"place,omitempty" maxLength:"120"`
	Companies []string `json:"companies,omitempty" maxItems:"50" doc:"companies met"`
	Outcome   string   `json:"outcome,omitempty" maxLength:"2000"`
	NextStep  string   `json:"next_step,omitempty" maxLength:"500"`
	Version   int64    `json:"version,omitempty"`
}

// SaveTrip records a trip or changes one. Faults: Invalid, not_found, stale.
func (s *Service) SaveTrip(ctx context.Context, in NewTrip) (out Trip, err error) {
	who, err := audit.Require(ctx, "directive.issue")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = s.saveTrip(ctx, tx, who, in)
		return err
	})
	return out, err
}

func (s *Service) saveTrip(ctx context.Context, tx *db.Tx, who audit.Actor, in NewTrip) (Trip, error) {
	leader, err := leaderFor(ctx, tx, who, in.Leader)
	if err != nil {
		return Trip{}, err
	}
	t := Trip{
		ID: in.ID, Leader: leader.Person, Node: leader.Node, Kind: in.Kind, Title: strings.TrimSpace(in.Title), Day: in.Day, Until: in.Until, Region: in.Region,
		Place: strings.TrimSpace(in.Place), Outcome: strings.TrimSpace(in.Outcome), NextStep: strings.TrimSpace(in.NextStep), CreatedBy: who.Person, Version: in.Version + 1,
		Companies: slices.Compact(slices.Sorted(slices.Values(in.Companies))),
	}
	if err := t.check(ctx, tx); err != nil {
		return t, err
	}
	if t.ID == "" {
		t.ID, t.Version = tx.ID(), 1
		if err := db.Insert(ctx, tx, "directive_trip", t); err != nil {
			return t, err
		}
		return t, t.link(ctx, tx, "trip.record", nil)
	}
	old, err := tripInScope(ctx, tx, who.Node, t.ID)
	if err != nil {
		return t, err
	}
	if in.Version != old.Version {
		return t, fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再试。", "Somebody changed this meanwhile; reload and try again.")
	}
	if _, err := db.Exec(ctx, tx, `UPDATE directive_trip SET leader_id = ?, node_id = ?, kind = ?, title = ?, day = ?, until_day = ?, region = ?, place = ?, outcome = ?, next_step = ?,
		version = ? WHERE id = ?`, t.Leader, t.Node, t.Kind, t.Title, t.Day, t.Until, t.Region, t.Place, t.Outcome, t.NextStep, t.Version, t.ID); err != nil {
		return t, err
	}
	if _, err := db.Exec(ctx, tx, `DELETE FROM directive_trip_company WHERE trip_id = ?`, t.ID); err != nil {
		return t, err
	}
	return t, t.link(ctx, tx, "trip.edit", old)
}

// link writes the companies of a trip and the note of the change.
func (t Trip) link(ctx context.Context, tx *db.Tx, action string, before any) error {
	type row struct {
		Trip    string `db:"trip_id"`
		Company string `db:"company_id"`
	}
	var rows []row
	for _, c := range t.Companies {
		rows = append(rows, row{t.ID, c})
	}
	if len(rows) > 0 {
		if err := db.Insert(ctx, tx, "directive_trip_company", rows); err != nil {
			return err
		}
	}
	return audit.Note(ctx, tx, action, "trip/"+t.ID, before, t)
}

func (t Trip) check(ctx context.Context, tx *db.Tx) error {
	var c fault.Checks
	c.Require("title", t.Title, "事由", "The purpose")
	c.AtMost("title", t.Title, 120)
	c.AtMost("place", t.Place, 120)
	c.AtMost("outcome", t.Outcome, 2000)
	c.AtMost("next_step", t.NextStep, 500)
	if !slices.Contains(tripKinds, t.Kind) {
		c.Add("kind", "not_a_choice", "请选择行程类型。", "Choose the kind of trip.")
	}
	checkSpan(&c, t.Day, t.Until)
	if t.Region != "" {
		dir, err := org.Open(ctx, tx)
		if err != nil {
			return err
		}
		if _, ok := dir.Region(t.Region); !ok {
			c.Add("region", "unknown_region", "没有这个行政区划代码。", "There is no such region.")
		}
	}
	known, err := company.Briefs(ctx, tx, t.Companies)
	if err != nil {
		return err
	}
	if len(known) < len(t.Companies) {
		c.Add("companies", "unknown_company", "有企业不在资源库里，请先录入。", "A company is not in the library; enter it first.")
	}
	return c.Err()
}

// TripFilter narrows a list of trips.
type TripFilter struct {
	Leader string `json:"leader,omitempty"`
	Kind   string `json:"kind,omitempty" enum:"trip,meeting,reception"`
	Year   string `json:"year,omitempty" pattern:"^[0-9]{4}$"`
	db.Page
}

// Trips is a part of a list.
type Trips struct {
	Items []Trip `json:"items"`
	Next  string `json:"next,omitempty"`
}

// ListTrips gives the trips of the leaders in one's scope, newest first.
func (s *Service) ListTrips(ctx context.Context, in TripFilter) (out Trips, err error) {
	who, err := audit.Require(ctx, "directive.read")
	if err != nil {
		return out, err
	}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(2)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Items, err = trips(ctx, tx, who, in, key, size+1)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].Day, out.Items[size-1].ID)
	}
	return out, err
}

// GetTrip gives one trip. Fault: not_found.
func (s *Service) GetTrip(ctx context.Context, in ByID) (out Trip, err error) {
	who, err := audit.Require(ctx, "directive.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = tripInScope(ctx, tx, who.Node, in.ID)
		return err
	})
	return out, err
}
