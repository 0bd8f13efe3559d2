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

type tally struct{ total, n int64 }

// roll adds new entries to the sums, one statement per distinct key rather than per entry.
func roll(ctx context.Context, tx *db.Tx, entries []Entry) error {
	days := map[rollupKey]tally{}
	months := map[monthKey]tally{}
	for i := range entries {
		e := &entries[i]
		dk, mk := keysOf(e)
		d, m := days[dk], months[mk]
		days[dk] = tally{d.total + e.Delta, d.n + 1}
		months[mk] = tally{m.total + e.Delta, m.n + 1}
	}
	for _, k := range sortedKeys(days, rollupKey.order) {
		t := days[k]
		_, err := db.Exec(ctx, tx, `INSERT INTO ledger_rollup (measure, book, occurred_on, recorded_on, chain, province, city, county, unit_id, team_id, station_id, total, n)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (measure, book, occurred_on, recorded_on, chain, province, city, county, unit_id, team_id, station_id)
			DO UPDATE SET total = ledger_rollup.total + excluded.total, n = ledger_rollup.n + excluded.n`,
			k.Measure, string(k.Book), k.OccurredOn, k.RecordedOn, k.Chain, k.Province, k.City, k.County, k.Unit, k.Team, k.Station, t.total, t.n)
		if err != nil {
			return err
		}
	}
	for _, k := range sortedKeys(months, monthKey.order) {
		t := months[k]
		_, err := db.Exec(ctx, tx, `INSERT INTO ledger_rollup_month (measure, book, month, province, city, county, unit_id, team_id, station_id, total, n)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (measure, book, month, province, city, county, unit_id, team_id, station_id)
			DO UPDATE SET total = ledger_rollup_month.total + excluded.total, n = ledger_rollup_month.n + excluded.n`,
			k.Measure, string(k.Book), k.Month, k.Province, k.City, k.County, k.Unit, k.Team, k.Station, t.total, t.n)
		if err != nil {
			return err
		}
	}
	return nil
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

// sortedKeys fixes the order in which sums are written, so that two transactions never wait for each other in a ring.
func sortedKeys[K comparable](m map[K]tally, order func(K) string) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int { return strings.Compare(order(a), order(b)) })
	return keys
}
