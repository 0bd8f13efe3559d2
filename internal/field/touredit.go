package field

import (
	"context"
	"encoding/json"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
)

// EditTour changes a plan that has not been decided yet. Its team stays.
type EditTour struct {
	Plan
	Version int64 `json:"version" doc:"as last seen"`
}

func staleTour() error {
	return fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改；您填的内容还在。", "Somebody changed this meanwhile; reload and try again.")
}

// EditTour applies a change to a planned tour. Faults: not_found, stale, not_planned, Invalid, already_touring.
func (s *Service) EditTour(ctx context.Context, in EditTour) (out Tour, err error) {
	who, err := audit.Require(ctx, "tour.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		old, err := ownTour(ctx, tx, who, in.ID)
		if err != nil {
			return err
		}
		if old.State != "planned" {
			return notPlanned()
		}
		in.Team = old.Team
		teams := []string{in.Team}
		for _, w := range in.With {
			teams = append(teams, w.Team)
		}
		k, err := learn(ctx, tx, []string{in.Company}, teams)
		if err != nil {
			return err
		}
		if err := k.checkTour(ctx, tx, in.Plan); err != nil {
			return err
		}
		n, err := db.Exec(ctx, tx, `UPDATE field_tour SET batch_id = ?, company_id = ?, receiver = ?, day = ?, until_day = ?, heads = ?, level = ?, route = ?, host = ?,
			version = version + 1 WHERE id = ? AND version = ? AND state = 'planned'`,
			k.batchOn(old.Station, in.Day), in.Company, in.Receiver, in.Day, in.Until, in.Heads, in.Level, clean(in.Route), clean(in.Host), old.ID, in.Version)
		if err != nil {
			return err
		}
		if n == 0 {
			return staleTour()
		}
		if err := saveTourTeams(ctx, tx, old, in.With); err != nil {
			return err
		}
		if out, err = tourInScope(ctx, tx, who.Node, old.ID); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "tour.edit", old.Subject(), old, out)
	})
	return out, err
}

// ownTour is a tour of a team in scope: the receiving side sees it too, but does not plan it.
func ownTour(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Tour, error) {
	t, err := db.One[Tour](ctx, tx, `SELECT `+tourColumns+` FROM field_tour t`+scoped+`t.node_id WHERE t.id = ?`, who.Node, tx.Today(), tx.Today(), id)
	return t, absent(err)
}

// CancelTour ends a plan. Faults: not_found, not_planned, reason required.
func (s *Service) CancelTour(ctx context.Context, in Retract) (out Tour, err error) {
	who, err := audit.Require(ctx, "tour.edit")
	if err != nil {
		return out, err
	}
	var c fault.Checks
	if err := c.Require("reason", in.Reason, "取消原因", "A reason").Err(); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		old, err := ownTour(ctx, tx, who, in.ID)
		if err != nil {
			return err
		}
		n, err := db.Exec(ctx, tx, `UPDATE field_tour SET state = 'cancelled', remark = ?, version = version + 1 WHERE id = ? AND state = 'planned'`, clean(in.Reason), old.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return notPlanned()
		}
		if out, err = tourInScope(ctx, tx, who.Node, old.ID); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "tour.cancelled", old.Subject(), map[string]any{"state": old.State}, map[string]any{"state": out.State})
	})
	return out, err
}

// CorrectTour is the receiving county mending what it confirmed.
type CorrectTour struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Day     string `json:"day" format:"date"`
	Heads   int64  `json:"heads" minimum:"1" maximum:"500"`
	Outcome string `json:"outcome,omitempty" maxLength:"1000"`
	Late    string `json:"late_reason,omitempty"`
}

// CorrectTour files a confirmed tour anew with another day or number of people, by somebody else than the officer who
// brought it. A recognised tour stays as it is until the correction is recognised.
// Faults: not_found, stale, not_confirmed, same_person, Invalid, under_correction, period_closed.
func (s *Service) CorrectTour(ctx context.Context, in CorrectTour) (out Tour, err error) {
	who, err := audit.Require(ctx, "tour.confirm")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		old, err := db.One[Tour](ctx, tx, `SELECT `+tourColumns+` FROM field_tour t`+scoped+`t.receiver WHERE t.id = ?`, who.Node, tx.Today(), tx.Today(), in.ID)
		if err != nil {
			return absent(err)
		}
		next, err := in.apply(old, who, tx.Today())
		if err != nil {
			return err
		}
		if out, err = refileTour(ctx, tx, old, next, in.Late); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "tour.correct", old.Subject(), map[string]any{"day": old.Day, "heads": old.Heads}, map[string]any{"day": next.Day, "heads": next.Heads})
	})
	return out, err
}

func (in CorrectTour) apply(t Tour, who audit.Actor, today string) (Tour, error) {
	switch {
	case t.State != "confirmed":
		return t, fault.New(fault.Conflict, "not_confirmed", "这次考察还没有确认，不用更正。", "This tour was not confirmed; there is nothing to correct.")
	case t.CreatedBy == who.Person:
		return t, fault.New(fault.Conflict, "same_person", "您是登记人，须由接待单位的另一人更正。", "You planned this tour; another person of the receiving unit must correct it.")
	case t.Version != in.Version:
		return t, staleTour()
	}
	var c fault.Checks
	checkDay(&c, "day", in.Day, today, "考察日期", "The first day")
	if in.Heads < 1 || in.Heads > 500 {
		c.Add("heads", "out_of_range", "人数从 1 到 500。", "From 1 to 500 people.")
	}
	t.Day, t.Heads, t.Outcome, t.ConfirmedBy = in.Day, in.Heads, strings.TrimSpace(in.Outcome), who.Person
	return t, c.Err()
}

func refileTour(ctx context.Context, tx *db.Tx, old, next Tour, late string) (Tour, error) {
	k, err := learnTours(ctx, tx, []Tour{next})
	if err != nil {
		return old, err
	}
	claim, _, err := verify.ClaimOf(ctx, tx, old.Subject())
	if err != nil {
		return old, err
	}
	if old.Day != next.Day || old.Heads != next.Heads {
		f, err := k.tourFiling(next, late)
		if err != nil {
			return old, err
		}
		if _, err := verify.File(ctx, tx, []verify.Filing{f}); err != nil {
			return old, err
		}
		if claim.Standing > 0 { // the recognised version stands until the correction is recognised
			next.Day, next.Heads, next.ConfirmedBy = old.Day, old.Heads, old.ConfirmedBy
		}
	}
	err = saveTour(ctx, tx, &next)
	return next, err
}

func saveTour(ctx context.Context, tx *db.Tx, t *Tour) error {
	n, err := db.Exec(ctx, tx, `UPDATE field_tour SET day = ?, until_day = CASE WHEN until_day <> '' AND until_day < ? THEN '' ELSE until_day END, heads = ?,
		outcome = ?, confirmed_by = ?, version = version + 1 WHERE id = ? AND version = ?`, t.Day, t.Day, t.Heads, t.Outcome, t.ConfirmedBy, t.ID, t.Version)
	if err == nil && n == 0 {
		return staleTour()
	}
	t.Version++
	return err
}

// applyTour writes a recognised correction back.
func applyTour(ctx context.Context, tx *db.Tx, id, text string) error {
	var c struct {
		Day         string `json:"day"`
		Heads       int64  `json:"heads"`
		ConfirmedBy string `json:"confirmed_by"`
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return fault.Wrap(err, "read a recognised correction")
	}
	t, err := db.One[Tour](ctx, tx, `SELECT `+tourColumns+` FROM field_tour t WHERE t.id = ?`, id)
	if err != nil {
		return err
	}
	before := t
	t.Day, t.Heads, t.ConfirmedBy = c.Day, c.Heads, c.ConfirmedBy
	if err := saveTour(ctx, tx, &t); err != nil {
		return err
	}
	return audit.Note(ctx, tx, "tour.applied", t.Subject(), map[string]any{"day": before.Day, "heads": before.Heads}, map[string]any{"day": t.Day, "heads": t.Heads})
}
