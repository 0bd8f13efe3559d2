package assess

import (
	"cmp"
	"math/big"
	"slices"
)

// Score is one line of the why: what was divided by what, or, of a bonus or deduction, what was counted and how much of
// that does not count; and the points. Weights and points are hundredths of a
// point, ratios millionths.
type Score struct {
	Run         string `db:"run_id" json:"-"`
	Subject     string `db:"subject" json:"-"`
	Line        int64  `db:"line" json:"line"`
	Kind        string `db:"kind" json:"kind" enum:"indicator,bonus,deduction,veto"`
	Item        string `db:"item" json:"item"`
	HasData     bool   `db:"has_data" json:"has_data"`
	Weight      int64  `db:"weight" json:"weight"` // of the scheme
	Spread      int64  `db:"spread" json:"spread"` // with its part of what has no data
	Numerator   int64  `db:"numerator" json:"numerator"`
	Denominator int64  `db:"denominator" json:"denominator"`
	Ratio       int64  `db:"ratio" json:"ratio"` // capped
	Points      int64  `db:"points" json:"points"`
	TopAsk      string `db:"top_ask" json:"top_ask,omitempty"` // question of the figure page
	BottomAsk   string `db:"bottom_ask" json:"bottom_ask,omitempty"`
}

// Result is what a subject comes to.
type Result struct {
	Run      string `db:"run_id" json:"-"`
	Subject  string `db:"subject" json:"subject"`
	Group    string `db:"grp" json:"group"`
	Covered  int64  `db:"covered" json:"covered"` // weight of the scheme that has data
	Base     int64  `db:"base" json:"base"`
	Bonus    int64  `db:"bonus" json:"bonus"`
	Deducted int64  `db:"deducted" json:"deducted"`
	Vetoed   bool   `db:"vetoed" json:"vetoed,omitempty"` // something leaves nothing of the total
	Total    int64  `db:"total" json:"total"`
	Place    int64  `db:"place" json:"place,omitempty"` // inside the group; 0 without data
}

const (
	full    = 1_000_000 // a ratio of one
	hundred = 100       // hundredths in a point
)

// share gives top ÷ bottom ÷ goal, at most one and at least nothing. The bottom is greater than nothing.
func share(top, bottom, goal int64) int64 {
	if goal == 0 {
		goal = whole
	}
	if top <= 0 {
		return 0
	}
	n := new(big.Int).Mul(big.NewInt(top), big.NewInt(full*whole))
	d := new(big.Int).Mul(big.NewInt(bottom), big.NewInt(goal))
	n.Add(n, new(big.Int).Rsh(d, 1))
	n.Quo(n, d)
	if !n.IsInt64() || n.Int64() > full {
		return full
	}
	return n.Int64()
}

// weigh gives each line its points under weights by item; nil takes those of the lines. The weight of what has no data
// is spread over the rest in proportion, to the hundredth, so that the whole stays a hundred points.
func weigh(lines []Score, weights map[string]int64) ([]Score, Result) {
	out, r := slices.Clone(lines), Result{}
	var sum int64
	var order []int
	for i, s := range out {
		if s.Kind == "indicator" {
			if weights != nil {
				out[i].Weight = weights[s.Item] * hundred
			}
			if s.HasData {
				sum += out[i].Weight
				order = append(order, i)
			}
		}
	}
	r.Covered = sum
	if sum > 0 {
		spread(out, order, sum)
	}
	for i := range out {
		s := &out[i]
		switch s.Kind {
		case "indicator":
			s.Points = (s.Spread*s.Ratio + full/2) / full
			r.Base += s.Points
		case "bonus":
			r.Bonus += s.Points
		case "veto":
			r.Vetoed = r.Vetoed || s.Numerator > 0
		default:
			r.Deducted += s.Points
		}
	}
	if !r.Vetoed {
		r.Total = max(r.Base+r.Bonus-r.Deducted, 0)
	}
	return out, r
}

// spread divides a hundred points over the lines by the largest remainder.
func spread(out []Score, order []int, sum int64) {
	left, rest := int64(whole*hundred), map[int]int64{}
	for _, i := range order {
		n := out[i].Weight * whole * hundred
		out[i].Spread, rest[i] = n/sum, n%sum
		left -= out[i].Spread
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest[b], rest[a]) })
	for _, i := range order[:left] {
		out[i].Spread++
	}
}

// rank gives places inside each group: equal totals share one; a subject without any data has none.
func rank(list []Result) {
	slices.SortFunc(list, func(a, b Result) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(b.Total, a.Total), cmp.Compare(a.Subject, b.Subject))
	})
	place, last := int64(0), Result{}
	n := int64(0)
	for i := range list {
		r := &list[i]
		if i == 0 || r.Group != last.Group {
			n, place = 0, 0
		}
		if r.Covered == 0 {
			r.Place = 0
			continue
		}
		n++
		if place == 0 || r.Total != last.Total {
			place = n
		}
		r.Place, last = place, *r
	}
}
