package apptest_test

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/assess"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
)

// mixed posts what a province posts in a year, n entries in one book: of a hundred, 60 visits, 12 of associations,
// 12 tours, 8 payments, 2 each of registered, signed, contract and started: 88 counties, 9 chains, one year.
func mixed(b *testing.B, w *apptest.World, n int) {
	b.Helper()
	counties := places(b, w)
	const batch = 5000
	for from := 0; from < n; from += batch {
		err := w.DB.Write(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
			list := make([]ledger.Posting, 0, batch)
			for i := from; i < min(n, from+batch); i++ {
				list = append(list, mixedPosting(i, tx.ID(), counties))
			}
			return ledger.Post(ctx, tx, ledger.Recognised, list)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func mixedPosting(i int, id string, counties []string) ledger.Posting {
	county := counties[(i/100+i)%len(counties)]
	d := ledger.Dims{
		Province: "520000", City: county[:4] + "00", County: county, Unit: county, Team: "shenzhen." + county, Station: "shenzhen",
		Industry: []string{"C39", "C13", "I65", "A01"}[i%4], Wheel: []string{"industry", "farming", "tourism", "urban"}[i%4], Origin: []string{"440300", "440100", "310000"}[i%3],
	}
	f := ledger.Fact{Delta: 1, OccurredOn: Day(i % 350), Dims: d}
	switch k := i % 100; {
	case k < 60:
		f.Measure = "visit.enterprise"
	case k < 72:
		f.Measure = "visit.association"
	case k < 84:
		f.Measure = "tour"
	case k < 92:
		f.Measure, f.Delta, f.Dims.Project = "funds.received", int64(100+i), "p"+strconv.Itoa(i/100)
	default:
		f.Measure, f.Dims.Project = []string{"project.registered", "project.signed", "contract.amount", "project.started"}[(k-92)/2], "p"+strconv.Itoa(i/100)
		if f.Measure == "contract.amount" {
			f.Delta = int64(1000 + i)
		}
	}
	return ledger.Posting{ID: id, Claim: id, Round: 1, Reason: "补录", Fact: f}
}

// places are the counties of the world.
func places(b *testing.B, w *apptest.World) (out []string) {
	b.Helper()
	err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = db.All[string](ctx, tx, `SELECT code FROM org_unit WHERE kind = 'county' AND valid_from <= '2020-01-01' AND valid_to > '2020-12-31' ORDER BY code`)
		return err
	})
	if err != nil || len(out) < 80 {
		b.Fatal(len(out), err)
	}
	return out
}

// BenchmarkBoard asks for the dashboard over a million entries of one year, and assesses the counties over it. Fresh asks
// after each posting, so that what is kept must be brought up to date.
func BenchmarkBoard(b *testing.B) {
	entries := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("ZHUDIAN_BENCH_ENTRIES")); err == nil {
		entries = n
	}
	engines(b, func(b *testing.B, engine db.Engine) {
		w := apptest.Open(b, engine)
		begin := time.Now()
		mixed(b, w, entries)
		b.Logf("%d entries posted in %v", entries, time.Since(begin).Round(time.Second))
		analyze(b, w.DB)
		ask := func(login string, in assess.BoardIn) func(int, int) {
			ctx := w.As(login)
			return func(_, _ int) {
				if _, err := w.Assess.Board(ctx, in); err != nil {
					b.Error(err)
				}
			}
		}
		in := assess.BoardIn{Through: "2020-12-15"}
		b.Run("kept", func(b *testing.B) { together(b, ask("leader", in)) })
		b.Run("fresh-alone", func(b *testing.B) {
			n := entries
			for b.Loop() {
				b.StopTimer()
				mixedOne(b, w, n)
				n++
				b.StartTimer()
				ask("leader", in)(0, 0)
			}
		})
		b.Run("assess-counties", func(b *testing.B) {
			for b.Loop() {
				if _, err := w.Assess.Assess(w.As("assessor"), assess.Start{Scheme: "county", From: "2020-01-01", Through: "2020-12-15"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

func mixedOne(b *testing.B, w *apptest.World, i int) {
	b.Helper()
	counties := places(b, w)
	err := w.DB.Write(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
		return ledger.Post(ctx, tx, ledger.Recognised, []ledger.Posting{mixedPosting(i, tx.ID(), counties)})
	})
	if err != nil {
		b.Fatal(err)
	}
}
