package field

import (
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Reception is how the receiving unit receives a tour: what it prepared, and the sheet it closes the tour with.
type Reception struct {
	Tour       string `db:"tour_id" json:"-"`
	Programme  string `db:"programme" json:"programme,omitempty"`
	Sites      string `db:"sites" json:"sites,omitempty" doc:"counties, parks and plots that are seen"`
	Leaders    string `db:"leaders" json:"leaders,omitempty" doc:"who of the receiving side is met"`
	CostCentre string `db:"cost_centre" json:"cost_centre,omitempty"`
	NextStep   string `db:"next_step" json:"next_step,omitempty"`
	ArrangedBy string `db:"arranged_by" json:"arranged_by"`
	ArrangedAt int64  `db:"arranged_at" json:"arranged_at"`
	ClosedBy   string `db:"closed_by" json:"closed_by,omitempty"`
	ClosedAt   int64  `db:"closed_at" json:"closed_at,omitempty"`
	Version    int64  `db:"version" json:"version"`
}

const receptionColumns = `tour_id, programme, sites, leaders, cost_centre, next_step, arranged_by, arranged_at, closed_by, closed_at, version`

// Arrange is the receiving unit's plan for a tour.
type Arrange struct {
	ID         string `json:"id" doc:"of the tour"`
	Version    int64  `json:"version,omitempty" doc:"of the reception as last seen; 0 for the first plan"`
	Programme  string `json:"programme" maxLength:"2000" doc:"what happens when"`
	Sites      string `json:"sites,omitempty" maxLength:"500"`
	Leaders    string `json:"leaders,omitempty" maxLength:"200"`
	CostCentre string `json:"cost_centre,omitempty" maxLength:"80"`
}

// ArrangeTour keeps how a tour will be received; it counts nothing. Faults: not_found, stale, tour_over, Invalid.
func (s *Service) ArrangeTour(ctx context.Context, in Arrange) (out TourRecord, err error) {
	var c fault.Checks
	c.Require("programme", in.Programme, "接待安排", "The programme")
	c.AtMost("programme", in.Programme, 2000).AtMost("sites", in.Sites, 500).AtMost("leaders", in.Leaders, 200).AtMost("cost_centre", in.CostCentre, 80)
	return s.receive(ctx, in.ID, in.Version, c.Err(), func(t *Tour, r *Reception, _ closer) (string, error) {
		if t.State != "planned" && t.State != "confirmed" {
			return "", tourOver()
		}
		r.Programme, r.Sites, r.Leaders, r.CostCentre = strings.TrimSpace(in.Programme), clean(in.Sites), clean(in.Leaders), clean(in.CostCentre)
		return "tour.arrange", nil
	})
}

func tourOver() error {
	return fault.New(fault.Conflict, "tour_over", "这次考察已经结束或取消，不能再改接待。", "This tour is over; its reception cannot be changed.")
}

// CloseTour is the reception sheet: what was seen, who was met, and what comes next.
type CloseTour struct {
	ID         string `json:"id" doc:"of the tour"`
	Version    int64  `json:"version,omitempty" doc:"of the reception as last seen; 0 when nothing was planned"`
	Sites      string `json:"sites" maxLength:"500"`
	Leaders    string `json:"leaders,omitempty" maxLength:"200"`
	CostCentre string `json:"cost_centre,omitempty" maxLength:"80"`
	Outcome    string `json:"outcome" maxLength:"1000"`
	NextStep   string `json:"next_step" maxLength:"200"`
}

// CloseTour closes a confirmed tour with its sheet. What is verified of the tour stays as it is.
// Faults: not_found, stale, not_confirmed, tour_over, Invalid.
func (s *Service) CloseTour(ctx context.Context, in CloseTour) (out TourRecord, err error) {
	var c fault.Checks
	c.Require("sites", in.Sites, "看了哪些地方", "The places seen")
	c.Require("outcome", in.Outcome, "考察结果", "The outcome")
	c.Require("next_step", in.NextStep, "下一步", "The next step")
	c.AtMost("sites", in.Sites, 500).AtMost("leaders", in.Leaders, 200).AtMost("cost_centre", in.CostCentre, 80).AtMost("outcome", in.Outcome, 1000).AtMost("next_step", in.NextStep, 200)
	return s.receive(ctx, in.ID, in.Version, c.Err(), func(t *Tour, r *Reception, by closer) (string, error) {
		if t.State != "confirmed" {
			return "", fault.New(fault.Conflict, "not_confirmed", "确认成行后才能填接待单。", "The sheet is filled in once the tour is confirmed.")
		}
		r.Sites, r.Leaders, r.CostCentre, r.NextStep = clean(in.Sites), clean(in.Leaders), clean(in.CostCentre), clean(in.NextStep)
		r.ClosedBy, r.ClosedAt, t.Outcome = by.person, by.at, strings.TrimSpace(in.Outcome)
		return "tour.close", nil
	})
}

// closer is who acts, and when.
type closer struct {
	person string
	at     int64
}

// receive changes the reception of a tour that a unit in scope receives.
func (s *Service) receive(ctx context.Context, id string, version int64, bad error, change func(*Tour, *Reception, closer) (string, error)) (out TourRecord, err error) {
	who, err := audit.Require(ctx, "tour.confirm")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		t, err := db.One[Tour](ctx, tx, `SELECT `+tourColumns+` FROM field_tour t`+scoped+`t.receiver WHERE t.id = ?`, who.Node, tx.Today(), tx.Today(), id)
		if err != nil {
			return absent(err)
		}
		if bad != nil {
			return bad
		}
		r, err := receptionOf(ctx, tx, t.ID)
		if err != nil {
			return err
		}
		if r == nil {
			r = &Reception{Tour: t.ID, ArrangedBy: who.Person, ArrangedAt: db.Micros(tx.Now())}
		}
		if r.ClosedBy != "" {
			return tourOver()
		}
		if r.Version != version {
			return staleTour()
		}
		said := t.Outcome
		action, err := change(&t, r, closer{who.Person, db.Micros(tx.Now())})
		if err != nil {
			return err
		}
		if t.Outcome != said {
			if _, err := db.Exec(ctx, tx, `UPDATE field_tour SET outcome = ?, version = version + 1 WHERE id = ?`, t.Outcome, t.ID); err != nil {
				return err
			}
		}
		if err := r.save(ctx, tx); err != nil {
			return err
		}
		if err := audit.Note(ctx, tx, action, t.Subject(), nil, map[string]any{"receiver": t.Receiver, "version": r.Version}); err != nil {
			return err
		}
		out, err = tourRecord(ctx, tx, who.Node, t.ID)
		return err
	})
	return out, err
}

func receptionOf(ctx context.Context, tx *db.Tx, tour string) (*Reception, error) {
	r, ok, err := db.Maybe[Reception](ctx, tx, `SELECT `+receptionColumns+` FROM field_reception WHERE tour_id = ?`, tour)
	if err != nil || !ok {
		return nil, err
	}
	return &r, nil
}

// save writes a reception over the version it was read at. Fault: stale.
func (r *Reception) save(ctx context.Context, tx *db.Tx) error {
	r.Version++
	if r.Version == 1 {
		return db.Insert(ctx, tx, "field_reception", *r)
	}
	n, err := db.Exec(ctx, tx, `UPDATE field_reception SET programme = ?, sites = ?, leaders = ?, cost_centre = ?, next_step = ?, closed_by = ?, closed_at = ?, version = ? WHERE tour_id = ? AND version = ?`,
		r.Programme, r.Sites, r.Leaders, r.CostCentre, r.NextStep, r.ClosedBy, r.ClosedAt, r.Version, r.Tour, r.Version-1)
	if err == nil && n == 0 {
		err = staleTour()
	}
	return err
}
