package ledger_test

import (
	"context"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
)

// TestHighest: “highest since” names the first of the years in a row that lie below, compares no year in which the ledger was not kept
// yet, and is no figure at all when last year's same days were as high.
func TestHighest(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for _, x := range []struct {
			name  string
			years map[string]int64 // amounts on 10 March
			want  string
			named int
		}{
			{"nothing before", map[string]int64{"2020": 5}, "null", 0},
			{"above last year", map[string]int64{"2019": 4, "2020": 5}, "2019", 1},
			{"above three years", map[string]int64{"2017": 1, "2018": 4, "2019": 2, "2020": 5}, "2017", 3},
			{"below one of them", map[string]int64{"2017": 9, "2018": 4, "2019": 2, "2020": 5}, "2018", 3},
			{"as high as last year", map[string]int64{"2019": 5, "2020": 5}, "null", 1},
			{"a year without any", map[string]int64{"2017": 1, "2019": 2, "2020": 5}, "2017", 3},
		} {
			project := "p-" + x.name
			must(t, w.DB.Write(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
				var list []ledger.Posting
				for y, n := range x.years {
					id := tx.ID()
					list = append(list, ledger.Posting{ID: id, Claim: id, Round: 1, Reason: "补录", Fact: ledger.Fact{Measure: "contract.amount", Delta: n, OccurredOn: y + "-03-10", Dims: ledger.Dims{Province: "520000", City: "520600", County: "520602", Unit: "520602", Project: project}}})
				}
				return ledger.Post(ctx, tx, ledger.Recognised, list)
			}))
			must(t, w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
				in := ledger.FiguresIn{From: "2020-03-01", Through: "2020-08-31", Measure: []string{"contract.highest"}, Where: []string{"project:" + project}}
				out, err := ledger.FiguresOf(ctx, tx, "520000", in)
				if err != nil {
					return err
				}
				f := out.Figures[0]
				if f.Value.String() != x.want || len(f.Years) != x.named {
					t.Errorf("%s: %s of %d years, want %s of %d", x.name, f.Value, len(f.Years), x.want, x.named)
				}
				_, ids, err := ledger.Answer(ctx, tx, "520000", in, ledger.Known{}, true)
				if err != nil || len(ids) != len(x.years) {
					t.Errorf("%s: %d entries behind it, %v", x.name, len(ids), err)
				}
				return nil
			}))
		}
		must(t, w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
			_, err := ledger.FiguresOf(ctx, tx, "520000", ledger.FiguresIn{Through: "2020-08-31", Measure: []string{"contract.highest"}})
			if err == nil || !strings.Contains(err.Error(), "needs_from") {
				t.Errorf("without a first day: %v", err)
			}
			return nil
		}))
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
