package ledger

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/db"
)

type rollupKey struct {
	Measure    string `db:"measure"`
	Book       Book   `db:"book"`
	OccurredOn string `db:"occurred_on"`
	RecordedOn string `db:"recorded_on"`
	Chain      string `db:"chain"`
	Province   string `db:"province"`
	City       string `db:"city"`
	County     string `db:"county"`
	Unit       string `db:"unit_id"`
	Team       string `db:"team_id"`
	Station    string `db:"station_id"`
}

type monthKey struct {
	Measure  string `db:"measure"`
	Book     Book   `db:"book"`
	Month    string `db:"month"`
	Province string `db:"province"`
	City     string `db:"city"`
	County   string `db:"county"`
	Unit     string `db:"unit_id"`
	Team     string `db:"team_id"`
	Station  string `db:"station_id"`
}

type tally struct {
	Total int64 `db:"total"`
	N     int64 `db:"n"`
}

type rollupRow struct {
	rollupKey
	tally
}

type monthRow struct {
	monthKey
	tally
}

// roll adds new entries to the sums, in a fixed order of keys so that two transactions never wait for each other in a ring.
func roll(ctx context.Context, tx *db.Tx, entries []Entry) error {
	days := map[rollupKey]tally{}
	months := map[monthKey]tally{}
	for i := range entries {
		e := &entries[i]
		dk, mk := keysOf(e)
		d, m := days[dk], months[mk]
		days[dk] = tally{d.Total + e.Delta, d.N + 1}
		months[mk] = tally{m.Total + e.Delta, m.N + 1}
	}
	dayRows := make([]rollupRow, 0, len(days))
	for k, t := range days {
		dayRows = append(dayRows, rollupRow{k, t})
	}
	slices.SortFunc(dayRows, func(a, b rollupRow) int { return strings.Compare(a.order(), b.order()) })
	monthRows := make([]monthRow, 0, len(months))
	for k, t := range months {
		monthRows = append(monthRows, monthRow{k, t})
	}
	slices.SortFunc(monthRows, func(a, b monthRow) int { return strings.Compare(a.order(), b.order()) })
	err := db.Upsert(ctx, tx, "ledger_rollup", dayRows, `ON CONFLICT (measure, book, occurred_on, recorded_on, chain, province, city, county, unit_id, team_id, station_id)
		DO UPDATE SET total = ledger_rollup.total + excluded.total, n = ledger_rollup.n + excluded.n`)
	if err != nil {
		return err
	}
	return db.Upsert(ctx, tx, "ledger_rollup_month", monthRows, `ON CONFLICT (measure, book, month, province, city, county, unit_id, team_id, station_id)
		DO UPDATE SET total = ledger_rollup_month.total + excluded.total, n = ledger_rollup_month.n + excluded.n`)
}

func keysOf(e *Entry) (rollupKey, monthKey) {
	return rollupKey{e.Measure, e.Book, e.OccurredOn, db.Today(db.FromMicros(e.RecordedAt)), e.Chain, e.Province, e.City, e.County, e.Unit, e.Team, e.Station},
		monthKey{e.Measure, e.Book, e.OccurredOn[:7], e.Province, e.City, e.County, e.Unit, e.Team, e.Station}
}

func (k rollupKey) order() string {
	return strings.Join([]string{k.Measure, string(k.Book), k.OccurredOn, k.RecordedOn, k.Chain, k.Province, k.City, k.County, k.Unit, k.Team, k.Station}, "\x00")
}

func (k monthKey) order() string {
	return strings.Join([]string{k.Measure, string(k.Book), k.Month, k.Province, k.City, k.County, k.Unit, k.Team, k.Station}, "\x00")
}
