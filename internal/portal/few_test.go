package portal

import (
	"context"
	"testing"

	"zhudian/internal/bulletin"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

// TestFewBehind: a “highest since” claim does not become public when it tells of single firms, and of the years that it
// was compared with those are not shown that few entries make.
func TestFewBehind(t *testing.T) {
	claim := func(n int64) bulletin.Value {
		return bulletin.Value{Title: "何年以来最高", Code: "contract.highest", Unit: string(ledger.SinceYear), N: n}
	}
	for _, x := range []struct {
		name string
		list []bulletin.Value
		code string
	}{
		{"two entries", []bulletin.Value{claim(3), claim(2)}, "too_few"},
		{"three entries", []bulletin.Value{claim(3)}, ""},
		{"a sum of one entry is not a claim", []bulletin.Value{{Code: "contract.amount", Unit: string(ledger.Fen), N: 1}}, ""},
	} {
		if err := fewBehind(x.list); x.code == "" && err != nil || x.code != "" && !fault.Has(err, x.code) {
			t.Errorf("%s: %v", x.name, err)
		}
	}
	year := func(n, fen int64) string {
		return yearText(context.Background(), claim(9), ledger.YearValue{From: "2019-03-01", Through: "2019-08-31", Value: ledger.Number{N: fen}, N: n})
	}
	few := year(2, 1_000_000_00)
	if shown := year(3, 1_000_000_00); few == shown || few != year(0, 1_000_000_00) {
		t.Errorf("two entries: %q, three: %q", few, shown)
	}
	if nothing := year(0, 0); nothing == few {
		t.Errorf("a year without any: %q", nothing)
	}
}
