package ledger

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// TestMaps: each place of the outlines is named once and has a shape.
func TestMaps(t *testing.T) {
	for by, n := range map[string]int{"county": 88, "city": 9} {
		raw, err := os.ReadFile("../web/static/" + outlines[by])
		if err != nil {
			t.Fatal(err)
		}
		var geo struct {
			Features []struct {
				Properties struct{ Name, Code string }
				Geometry   struct{ Coordinates []any }
			}
		}
		if err := json.Unmarshal(raw, &geo); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, f := range geo.Features {
			if len(f.Properties.Code) != 6 || seen[f.Properties.Code] || f.Properties.Name == "" || len(f.Geometry.Coordinates) == 0 {
				t.Errorf("%s: %+v", by, f.Properties)
			}
			seen[f.Properties.Code] = true
		}
		if len(seen) != n {
			t.Errorf("%d places by %s, want %d", len(seen), by, n)
		}
	}
}

func TestBreaks(t *testing.T) {
	for _, c := range []struct{ in, want []float64 }{
		{nil, []float64{0}}, {[]float64{0.2, 0.4}, []float64{0}}, {[]float64{12, 35, 7, 88, 410, 3, 19, 64, 5, 27}, []float64{0, 7, 10, 30, 80}},
	} {
		if got := breaks(c.in); !slices.Equal(got, c.want) {
			t.Errorf("breaks(%v) = %v, want %v", c.in, got, c.want)
		}
	}
}
