package ledger

import (
	"context"
	"slices"
	"testing"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
)

// TestDefinitions: the kinds of money and the years of signing come to the whole; what is left out is left out of the
// entries as well.
func TestDefinitions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d}
		pay := func(id string, fen int64, tags string) {
			dims := bijiang
			dims.Tags = tags
			write(t, d, func(ctx context.Context, tx *db.Tx) error {
				return Post(ctx, tx, Recognised, []Posting{{ID: id, Claim: id, Round: 1, Fact: Fact{Measure: "funds.received", Delta: fen, OccurredOn: "2020-12-01", Dims: dims}}})
			})
		}
		pay("a", 1, "|fund:fixed|signed:2020|")
		pay("b", 20, "|fund:working|signed:2020|")
		pay("c", 300, "|fund:foreign|signed:2019|")
		pay("d", 4000, "|") // before kinds were recorded
		in := FiguresIn{Through: "2020-12-15"}
		who := audit.With(t.Context(), audit.Actor{Person: "p", Can: func(string) bool { return true }})
		out, err := s.Define(who, in)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int64{}
		for _, x := range out.Items {
			got[x.Definition.Code] = x.Figure.Value.N
		}
		for code, want := range map[string]int64{"funds.all": 4321, "funds.fixed": 4001, "funds.no_working": 4301, "funds.domestic": 4021, "funds.new": 21, "funds.carried": 4300} {
			if got[code] != want {
				t.Errorf("%s: %d, want %d", code, got[code], want)
			}
		}
		fixed := Definitions[slices.IndexFunc(Definitions, func(d Definition) bool { return d.Code == "funds.fixed" })]
		q := in.under(fixed, "2020-12-15")
		err = d.Read(who, func(ctx context.Context, tx *db.Tx) error {
			_, ids, err := Answer(ctx, tx, "", q, Known{}, true)
			if len(ids) != 2 {
				t.Errorf("the figure stands on %v", ids)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if _, err := s.Define(who, FiguresIn{Through: "15/12/2020"}); !fault.Is(err, fault.Malformed) {
			t.Errorf("no date: %v", err)
		}
	})
}
