package verify

import (
	"context"

	"zhudian/internal/db"
	"zhudian/internal/ledger"
)

// Outcome is what the spot check of one claim came to.
type Outcome struct {
	Draw  string `db:"draw_id"`
	Claim string `db:"claim_id"`
	Title string `db:"title"`
	Node  string `db:"node_id"`
	Unit  string `db:"unit_id"`
	At    int64  `db:"checked_at"`
	Holds bool   `db:"holds"`
}

// OutcomesOf gives what the spot checks of facts of a span of days came to, whenever they were made.
func OutcomesOf(ctx context.Context, tx *db.Tx, from, through string) ([]Outcome, error) {
	return db.All[Outcome](ctx, tx, `SELECT d.draw_id, d.claim_id, c.title, c.node_id, c.unit_id, d.checked_at, d.result = 'holds' AS holds
		FROM verify_drawn d JOIN verify_claim c ON c.id = d.claim_id WHERE d.result <> '' AND c.occurred_on >= ? AND c.occurred_on <= ? ORDER BY d.draw_id, d.line`, from, through)
}

// Filings counts the facts of a unit in a month that went along the project route, and those filed in time.
type Filings struct {
	Unit, Month  string
	Facts, Early int64
}

// FilingsOf counts, by unit and month, how the facts of a span of days were filed: in time is by the day of the
// monthly calendar, in the first round. Facts that were withdrawn do not count.
func FilingsOf(ctx context.Context, tx *db.Tx, from, through string) ([]Filings, error) {
	type fact struct {
		Unit string `db:"unit_id"`
		Day  string `db:"occurred_on"`
		At   int64  `db:"filed_at"`
	}
	var out []Filings
	calendar, err := ledger.CalendarOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	limits := map[string]int64{}
	err = db.Each(ctx, tx, `SELECT c.unit_id, c.occurred_on, r.filed_at FROM verify_claim c JOIN verify_round r ON r.claim_id = c.id AND r.round = 1
		WHERE c.route = 'project' AND c.state <> 'withdrawn' AND c.occurred_on >= ? AND c.occurred_on <= ? ORDER BY c.unit_id, c.occurred_on`, []any{from, through}, func(f fact) error {
		month := calendar.Month(f.Day)
		if _, ok := limits[month]; !ok {
			by, err := db.DayStart(calendar.Due(month, ledger.Filed))
			if err != nil {
				return err
			}
			limits[month] = db.Micros(by.AddDate(0, 0, 1))
		}
		if n := len(out); n == 0 || out[n-1].Unit != f.Unit || out[n-1].Month != month {
			out = append(out, Filings{Unit: f.Unit, Month: month})
		}
		last := &out[len(out)-1]
		last.Facts++
		if f.At < limits[month] {
			last.Early++
		}
		return nil
	})
	return out, err
}
