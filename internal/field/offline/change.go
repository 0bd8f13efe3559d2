package offline

import (
	"context"
	"maps"
	"slices"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/verify"
)

// changeable are the fields of a visit that a phone may change.
var changeable = map[string]func(*field.Record) *string{
	"day":       func(r *field.Record) *string { return &r.Day },
	"from":      func(r *field.Record) *string { return &r.From },
	"to":        func(r *field.Record) *string { return &r.To },
	"way":       func(r *field.Record) *string { return &r.Way },
	"purpose":   func(r *field.Record) *string { return &r.Purpose },
	"address":   func(r *field.Record) *string { return &r.Address },
	"met_level": func(r *field.Record) *string { return &r.MetLevel },
	"said":      func(r *field.Record) *string { return &r.Said },
	"intent":    func(r *field.Record) *string { return &r.Intent },
	"wants":     func(r *field.Record) *string { return &r.Wants },
	"next_step": func(r *field.Record) *string { return &r.NextStep },
	"next_on":   func(r *field.Record) *string { return &r.NextOn },
}

// change lays the changed fields of a visit over what it is now. A field that somebody else changed meanwhile to another
// value makes a conflict: nothing is stored and both values go back, for a person to choose.
func (t *taker) change(ctx context.Context, e entry, r *Receipt) error {
	id, _ := e.Body["id"].(string)
	rec, err := t.s.Field.GetVisit(ctx, field.ByID{ID: id})
	if err != nil {
		return err
	}
	now := presentOf(rec)
	r.Object, r.Version = id, rec.Version
	next, theirs, err := lay(now, e.Was, e.Body)
	if err != nil {
		return err
	}
	if len(theirs) > 0 {
		r.State, r.Code, r.Theirs = Conflict, "changed", theirs
		return nil
	}
	var added []verify.Evidence
	for _, d := range digestsOf(e.Body) {
		added = append(added, verify.Evidence{Blob: d})
	}
	next.Evidence = t.evidence(added)
	if same(now, next) && len(next.Evidence) == 0 {
		return t.unchanged(ctx, e, r)
	}
	r.Version++
	_, err = t.s.Field.EditVisit(t.booked(ctx, e, *r), field.EditVisit{Record: next, Version: rec.Version})
	return err
}

// lay gives the record as it will be, or the fields in which both sides differ from what the phone had seen.
func lay(now field.Record, was, body map[string]any) (next field.Record, theirs map[string]any, err error) {
	next = now
	var c fault.Checks
	for _, name := range slices.Sorted(maps.Keys(body)) {
		at, ok := changeable[name]
		if !ok {
			if name != "id" && name != "evidence" {
				c.Add(name, "unknown_field", "这一项不能在手机上改。", "This cannot be changed on a phone.")
			}
			continue
		}
		mine, ok := body[name].(string)
		if !ok {
			c.Add(name, "wrong_type", "须是文字。", "Must be a text.")
			continue
		}
		seen, _ := was[name].(string)
		have := *at(&now)
		if have != mine && have != seen {
			if theirs == nil {
				theirs = map[string]any{}
			}
			theirs[name] = have
		}
		*at(&next) = mine
	}
	return next, theirs, c.Err()
}

func same(a, b field.Record) bool {
	for _, at := range changeable {
		if *at(&a) != *at(&b) {
			return false
		}
	}
	return true
}

// unchanged settles a change that the record has already.
func (t *taker) unchanged(ctx context.Context, e entry, r *Receipt) error {
	r.State = Same
	row := t.rowOf(e)
	row.State, row.Receipt = string(Stored), receiptText(*r)
	err := t.s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := audit.Require(ctx, "visit.edit"); err != nil {
			return err
		}
		return settle(ctx, tx, row)
	})
	if err == nil {
		t.note(row)
	}
	return err
}

// presentOf is a visit as its last edit left it: a correction that is being checked counts as what it says.
func presentOf(v field.VisitRecord) field.Record {
	if v.Pending != nil {
		in := *v.Pending
		in.ID, in.Team = v.ID, v.Team
		return in
	}
	return field.Record{
		ID: v.ID, Team: v.Team, With: v.With, Officers: v.Officers, Company: v.Company, Day: v.Day, From: v.From, To: v.To, Way: v.Way, Purpose: v.Purpose,
		Visited: v.Visited, Address: v.Address, Contact: v.Contact, MetLevel: v.MetLevel, Said: v.Said, Intent: v.Intent, Wants: v.Wants,
		NextStep: v.NextStep, NextOn: v.NextOn, DeviceAt: v.DeviceAt,
	}
}
