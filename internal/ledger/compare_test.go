package ledger

import (
	"context"
	"testing"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// unnamed is a ledger whose claims are all out of sight.
type unnamed struct{}

func (unnamed) Subjects(context.Context, *db.Tx, string, []string) (map[string]Subject, error) {
	return nil, nil
}

// TestCompare: what is between two answers is said to the fen: late facts and reversals of the earlier days on one
// side, facts of later days on the other.
func TestCompare(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Write(audit.With(t.Context(), audit.System("520000")), org.Load); err != nil {
			t.Fatal(err)
		}
		post := func(claim string, fen int64, day string) {
			t.Helper()
			write(t, d, func(ctx context.Context, tx *db.Tx) error {
				return Post(ctx, tx, Filed, []Posting{{ID: tx.ID(), Claim: claim, Round: 1, Fact: contract(bijiang, fen, day)}})
			})
		}
		post("one", 100, "2020-11-10")
		post("two", 1000, "2020-11-20")
		time.Sleep(2 * time.Millisecond)
		said := d.Now().Format(time.RFC3339Nano)
		time.Sleep(2 * time.Millisecond)
		post("late", 20, "2020-11-30")
		post("later", 3, "2020-12-02")
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			return Reverse(ctx, tx, []Round{{"one", 1}}, Books, "void")
		})
		s := &Service{DB: d, Claims: unnamed{}}
		who := audit.With(t.Context(), audit.Actor{Person: "a", Account: "a", Unit: "520000", Node: "520000", Can: func(string) bool { return true }})
		in := CompareIn{FiguresIn: FiguresIn{Through: "2020-12-31", Book: "filed", Measure: []string{"contract.amount"}}, Old: "2020-11-30", OldKnown: said}
		out, err := s.Compare(who, in)
		if err != nil {
			t.Fatal(err)
		}
		m := out.Moves[0]
		if m.Old.N != 1100 || m.Restated.N != -80 || m.Later.N != 3 || m.New.N != 1023 || m.Entries != 2 || len(out.Restated) != 2 {
			t.Errorf("%+v %+v", m, out.Restated)
		}
		sum := int64(0)
		for _, e := range out.Restated {
			sum += e.Counted
		}
		if sum != m.Restated.N {
			t.Errorf("the entries add up to %d, not %d", sum, m.Restated.N)
		}
		in.Limit = 1
		first, err := s.Compare(who, in)
		if err != nil || len(first.Restated) != 1 || first.Next == "" {
			t.Fatalf("%v %+v", err, first)
		}
		in.After = first.Next
		if second, err := s.Compare(who, in); err != nil || len(second.Restated) != 1 || second.Next != "" || second.Restated[0].ID == first.Restated[0].ID {
			t.Errorf("%v %+v", err, second)
		}
		for name, bad := range map[string]CompareIn{
			"turned round": {FiguresIn: FiguresIn{Through: "2020-11-01"}, Old: "2020-12-01"},
			"knew more":    {FiguresIn: FiguresIn{Through: "2020-12-31", Known: said}, Old: "2020-11-30", OldKnown: d.Now().Format(time.RFC3339Nano)},
			"a rate":       {FiguresIn: FiguresIn{Through: "2020-12-31", Measure: []string{"funds.rate"}}},
			"no date":      {FiguresIn: FiguresIn{Through: "2020-12-31"}, Old: "2020-13-01"},
		} {
			if _, err := s.Compare(who, bad); !fault.Is(err, fault.Malformed) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
