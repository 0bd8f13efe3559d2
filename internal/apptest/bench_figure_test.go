package apptest_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
)

// BenchmarkFigure asks for a figure by county and month over a million entries; ZHUDIAN_BENCH_ENTRIES says otherwise.
// What is beyond a million is copied in SQL, see copies.
func BenchmarkFigure(b *testing.B) {
	entries := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("ZHUDIAN_BENCH_ENTRIES")); err == nil {
		entries = n
	}
	engines(b, func(b *testing.B, engine db.Engine) {
		w := apptest.Open(b, engine)
		begin := time.Now()
		posted := min(entries, 1_000_000)
		post(b, w, posted)
		b.Logf("%d entries posted in %v", posted, time.Since(begin).Round(time.Second))
		copies(b, w, entries/posted)
		analyze(b, w.DB)
		for name, in := range map[string]ledger.FiguresIn{
			"by-county-month":       {Through: "2020-12-15", Book: "recognised", Measure: []string{"contract.amount"}, By: []string{"county,month"}},
			"one-total":             {Through: "2020-12-15", Book: "recognised", Measure: []string{"contract.amount"}},
			"by-county-inside-days": {From: "2020-03-10", Through: "2020-11-12", Book: "recognised", Measure: []string{"contract.amount"}, By: []string{"county"}},
		} {
			ask := func(_, _ int) {
				err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
					_, err := ledger.FiguresOf(ctx, tx, "520000", in)
					return err
				})
				if err != nil {
					b.Error(err)
				}
			}
			b.Run(name, func(b *testing.B) { together(b, ask) })
			b.Run(name+"-alone", func(b *testing.B) { by(b, 1, ask) })
		}
	})
}

// post fills the ledger in batches, over five years, 90 counties and 9 chains.
func post(b *testing.B, w *apptest.World, n int) {
	b.Helper()
	const batch = 5000
	for from := 0; from < n; from += batch {
		err := w.DB.Write(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
			list := make([]ledger.Posting, 0, batch)
			for i := from; i < min(n, from+batch); i++ {
				city := 520100 + i%9*100
				county := strconv.Itoa(city + 1 + i/9%10)
				id := tx.ID()
				list = append(list, ledger.Posting{ID: id, Claim: id, Round: 1, Reason: "补录", Fact: ledger.Fact{
					Measure: "contract.amount", Delta: int64(1000 + i), OccurredOn: Day(i % 1800),
					Dims: ledger.Dims{Province: "520000", City: strconv.Itoa(city), County: county, Unit: county, Project: id, Team: "shenzhen." + county, Station: "shenzhen", Industry: "C39"},
				}})
			}
			return ledger.Post(ctx, tx, ledger.Recognised, list)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// copies makes n of every entry, with the sums and heads that so many would have. The copies have no credit lines and
// no hashes of their own, which a figure does not read: this is for sizes that would take an hour to post.
func copies(b *testing.B, w *apptest.World, n int) {
	b.Helper()
	if n < 2 {
		return
	}
	begin := time.Now()
	rebuild := unindexed(b, w)
	for i := 1; i < n; i++ {
		err := w.DB.Write(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
			_, err := db.Exec(ctx, tx, `INSERT INTO ledger_entry SELECT ? || e.id, e.form, e.chain, e.seq + h.seq * ?, e.measure, e.book, e.delta, e.occurred_on, e.period,
				e.recorded_at, e.province, e.city, e.county, e.unit_id, e.team_id, e.station_id, e.batch_id, e.company_id, e.project_id, e.event_id, e.industry, e.wheel,
				e.industry_chain, e.mode, e.origin, e.visited, e.pairing, e.tags, ? || e.claim_id, e.round, e.reason, e.reverses, e.prev, e.hash
				FROM ledger_entry e JOIN ledger_head h ON h.chain = e.chain WHERE e.seq <= h.seq ORDER BY e.id`, fmt.Sprintf("f%d-", i), i, fmt.Sprintf("f%d-", i)) // ids that ascend, as ours do
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	rebuild()
	err := w.DB.Write(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
		for _, text := range []string{
			`UPDATE ledger_rollup SET total = total * ?, n = n * ?`, `UPDATE ledger_rollup_month SET total = total * ?, n = n * ?`,
			`UPDATE ledger_head SET seq = seq * ? WHERE ? > 0`, `UPDATE ledger_day SET last_seq = last_seq * ? WHERE ? > 0`,
		} {
			if _, err := db.Exec(ctx, tx, text, n, n); err != nil {
				return err
			}
		}
		type both struct {
			Entries int64 `db:"e"`
			Kept    int64 `db:"k"`
		}
		x, err := db.One[both](ctx, tx, `SELECT (SELECT CAST(sum(delta) AS BIGINT) FROM ledger_entry) AS e, (SELECT CAST(sum(total) AS BIGINT) FROM ledger_rollup_month) AS k`)
		if err == nil && x.Entries != x.Kept {
			err = fmt.Errorf("the entries sum to %d, the kept sums to %d", x.Entries, x.Kept)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("copied to %d times as many in %v", n, time.Since(begin).Round(time.Second))
}

// unindexed drops the indexes of the entries, which rows by the million would fill at random places, and returns what makes them again.
func unindexed(b *testing.B, w *apptest.World) (rebuild func()) {
	b.Helper()
	type index struct {
		Name string `db:"name"`
		Text string `db:"text"`
	}
	list := `SELECT name, sql AS text FROM sqlite_master WHERE type = 'index' AND tbl_name = 'ledger_entry' AND sql IS NOT NULL`
	if w.DB.Engine() == db.Postgres {
		list = `SELECT indexname AS name, indexdef AS text FROM pg_indexes WHERE tablename = 'ledger_entry' AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key'`
	}
	var indexes []index
	each := func(text func(index) string) {
		for _, i := range indexes {
			err := w.DB.Write(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
				_, err := db.Exec(ctx, tx, text(i))
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
		indexes, err = db.All[index](ctx, tx, list)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	each(func(i index) string { return "DROP INDEX " + i.Name })
	return func() { each(func(i index) string { return i.Text }) }
}
