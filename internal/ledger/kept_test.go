package ledger

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
)

// TestAsk_keptAnswers posts, reverses, merges companies and rolls back in two ledgers whose chains bear the same names, and
// holds what is kept against an answer computed anew.
func TestAsk_keptAnswers(t *testing.T) {
	questions := []Question{
		{By: []string{"county", "month"}},
		{},
		{By: []string{"origin_city", "city"}},
		{By: []string{"project"}, Basis: ByCredit},
		{Count: "company"},
		{Count: "company", By: []string{"county"}},
		{Where: []Filter{{Dim: "station", Values: []string{"shenzhen"}}}, By: []string{"date"}},
	}
	dbtest.Each(t, func(t *testing.T, one *db.DB) {
		two := dbtest.Open(t, one.Engine())
		now := one.Now()
		steps := 0
		rapid.Check(t, func(rt *rapid.T) {
			d := one
			if rapid.Bool().Draw(rt, "other ledger") {
				d = two
			}
			steps++
			if one.Engine() == db.Postgres && steps > 40 {
				return
			}
			id := fmt.Sprintf("k%d", steps)
			dims := rapid.SampledFrom([]Dims{bijiang, wanshan, gaoxin}).Draw(rt, "place")
			dims.Company = rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "company")
			dims.Origin = rapid.SampledFrom([]string{"440300", "310000"}).Draw(rt, "origin")
			dims.Project = rapid.SampledFrom([]string{"p", "q"}).Draw(rt, "project")
			day := now.AddDate(0, 0, -rapid.IntRange(0, 70).Draw(rt, "daysAgo")).In(db.Zone()).Format(time.DateOnly)
			undone := errors.New("rolled back")
			end := rapid.SampledFrom([]error{nil, nil, nil, undone}).Draw(rt, "end")
			delta := rapid.Int64Range(1, 99).Draw(rt, "delta")
			reversed := rapid.Bool().Draw(rt, "reversed")
			merged := rapid.IntRange(0, 9).Draw(rt, "merged") == 0
			err := d.Write(acting("test"), func(ctx context.Context, tx *db.Tx) error {
				err := Post(ctx, tx, Filed, []Posting{{ID: tx.ID(), Claim: id, Round: 1, Fact: contract(dims, delta, day)}})
				if err == nil && reversed {
					err = Reverse(ctx, tx, []Round{{id, 1}}, Books, "void")
				}
				if err == nil && merged {
					err = SameCompany(ctx, tx, "a", "b")
				}
				if err == nil {
					err = compare(ctx, tx, questions)
				}
				if err != nil {
					return err
				}
				return end
			})
			if !errors.Is(err, end) {
				rt.Fatal(err)
			}
			err = d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error { return compare(ctx, tx, questions) })
			if err != nil {
				rt.Fatal(err)
			}
		})
	})
}

// compare asks what is known now, which may be kept, and what was known at these heads, which is not.
func compare(ctx context.Context, tx *db.Tx, questions []Question) error {
	heads, err := KnownNow(ctx, tx)
	if err != nil {
		return err
	}
	heads.At = 0
	for _, q := range questions {
		q.Measure, q.Book, q.Through = "contract.amount", Filed, "2030-12-31"
		got, err := Ask(ctx, tx, q)
		if err != nil {
			return err
		}
		q.Known = heads
		want, err := Ask(ctx, tx, q)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(got, want) {
			return fmt.Errorf("by %v count %q: kept %v, anew %v", q.By, q.Count, got, want)
		}
	}
	return nil
}
