package ledger

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
)

// TestCalendar: every day lies in the span of its own month and of no other, whatever the cutoff.
func TestCalendar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Calendar{Cutoff: rapid.Int64Range(CutoffDay.Min, CutoffDay.Max).Draw(t, "cutoff")}
		day := time.Date(2019, 1, 1+rapid.IntRange(0, 1500).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		text := day.Format(time.DateOnly)
		own := c.Month(text)
		for _, month := range []string{day.AddDate(0, 0, -20).Format("2006-01"), text[:7], nextMonth(text[:7])} {
			from, through := c.Span(month)
			if in := from <= text && text <= through; in != (month == own) {
				t.Fatalf("%s is booked in %s; %s is %s to %s", text, own, month, from, through)
			}
		}
	})
	c := Calendar{Cutoff: 25, File: 3, Review: 5, Recognise: 8, Close: 10}
	for day, want := range map[string]string{"2020-11-25": "2020-11", "2020-11-26": "2020-12", "2020-12-31": "2021-01", "2020-02-29": "2020-03"} {
		if got := c.Month(day); got != want {
			t.Errorf("%s is booked in %s, want %s", day, got, want)
		}
	}
	if got := c.Due("2020-12", Reviewed); got != "2021-01-05" {
		t.Errorf("due on %s", got)
	}
}

// TestDecember: closed preliminarily it takes late facts with a reason, closed finally it takes none.
func TestDecember(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d}
		month := fmt.Sprintf("%d-12", time.Now().Year()-1)
		n := 0
		post := func(reason string) error {
			n++
			return d.Write(acting("a"), func(ctx context.Context, tx *db.Tx) error {
				id := fmt.Sprint("e", n)
				return Post(ctx, tx, Filed, []Posting{{ID: id, Claim: id, Round: 1, Reason: reason, Fact: contract(bijiang, 5, month+"-10")}})
			})
		}
		booked := func(month string) (sum int64) {
			for _, c := range ask(t, d, Question{Measure: "contract.amount", Book: Filed, Through: db.Today(time.Now()), Where: []Filter{{Dim: "period", Values: []string{month}}}}) {
				sum += c.Value
			}
			return sum
		}
		done := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		done(post(""))
		first, err := s.ClosePeriod(acting("a"), Close{Period: month})
		done(err)
		if !first.Preliminary {
			t.Error("the first closing is final")
		}
		if err := post(""); !fault.Has(err, "period_closed") {
			t.Errorf("late without a reason: %v", err)
		}
		done(post("voucher came later"))
		if got := booked(month); got != 10 {
			t.Errorf("December holds %d", got)
		}
		if _, err := s.AskReopen(acting("a"), Close{Period: month, Reason: "x"}); !fault.Has(err, "period_open") {
			t.Errorf("a month that is open is reopened: %v", err)
		}
		last, err := s.ClosePeriod(acting("a"), Close{Period: month})
		done(err)
		if last.Preliminary {
			t.Error("the second closing is preliminary")
		}
		done(post("still later"))
		if got := booked(month); got != 10 {
			t.Errorf("the closed December holds %d", got)
		}
		if got := booked(nextMonth(month)); got != 5 {
			t.Errorf("January holds %d", got)
		}
		if _, err := s.ClosePeriod(acting("a"), Close{Period: month}); !fault.Has(err, "period_closed") {
			t.Errorf("a third time: %v", err)
		}
	})
}

// TestCutoff: days after the cutoff are booked in the next month from the change on; what was booked stays.
func TestCutoff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		month := time.Now().AddDate(0, -2, 0).Format("2006-01")
		post := func(id string) {
			write(t, d, func(ctx context.Context, tx *db.Tx) error {
				return Post(ctx, tx, Filed, []Posting{{ID: id, Claim: id, Round: 1, Fact: contract(bijiang, 5, month+"-26")}})
			})
		}
		post("a")
		write(t, d, func(ctx context.Context, tx *db.Tx) error { return db.SetSetting(ctx, tx, CutoffDay.Key, "25") })
		post("b")
		for _, m := range []string{month, nextMonth(month)} {
			if got := ask(t, d, Question{Measure: "contract.amount", Book: Filed, Through: month + "-28", Where: []Filter{{Dim: "period", Values: []string{m}}}}); len(got) != 1 || got[0].Value != 5 {
				t.Errorf("%s: %+v", m, got)
			}
		}
	})
}
