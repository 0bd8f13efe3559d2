package ledger

import (
	"context"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// A Formula is a named figure computed from measures. Versions never change; a new meaning is a new version
// with its own first day.
type Formula struct {
	Code    string      `json:"code"`
	Version int         `json:"version"`
	Since   string      `json:"since"`
	Unit    Unit        `json:"unit"`
	Name    fault.Words `json:"name"`
	Meaning fault.Words `json:"meaning"`
	Kind    string      `json:"kind" enum:"sum,ratio,growth,distinct,highest"`
	Of      []string    `json:"of"`              // measures: summed, or numerator and denominator, or grown
	Tags    []string    `json:"tags,omitempty"`  // for each of Of, the tag its entries must carry; "" for none
	Count   string      `json:"count,omitempty"` // for distinct: company, project, investor, investor.industrial
	Places  int         `json:"places"`          // decimals of a rate
}

// Formulas lists every named figure.
var Formulas = []Formula{
	{
		Code: "visit.total", Version: 1, Since: sinceStart, Unit: Visits, Kind: "sum", Of: []string{"visit.enterprise", "visit.association"},
		Name:    fault.Words{ZH: "总计拜访", EN: "Visits in all"},
		Meaning: fault.Words{ZH: "拜访企业与拜访商协会之和，两类互不重叠。", EN: "Enterprise and association visits together; the two never overlap."},
	},
	{
		Code: "investor.distinct", Version: 1, Since: sinceStart, Unit: Firms, Kind: "distinct", Of: []string{"project.signed"}, Count: "investor",
		Name:    fault.Words{ZH: "引进企业", EN: "Investors"},
		Meaning: fault.Words{ZH: "签约项目的投资企业，同一企业只计一家。", EN: "Companies investing in signed projects, each counted once."},
	},
	{
		Code: "investor.industrial", Version: 1, Since: sinceStart, Unit: Firms, Kind: "distinct", Of: []string{"project.signed"}, Count: "investor.industrial",
		Name:    fault.Words{ZH: "其中工业企业", EN: "Industrial investors"},
		Meaning: fault.Words{ZH: "引进企业中，国民经济行业为采矿、制造、电热气水（B、C、D）的。", EN: "Investors in mining, manufacturing, power, gas and water (sections B, C, D)."},
	},
	{
		Code: "company.visited", Version: 1, Since: sinceStart, Unit: Firms, Kind: "distinct", Of: []string{"visit.enterprise"}, Count: "company",
		Name:    fault.Words{ZH: "拜访企业数", EN: "Enterprises visited"},
		Meaning: fault.Words{ZH: "拜访过的不同企业，拜访多次只计一家。", EN: "Different enterprises visited, each counted once however often."},
	},
	{
		Code: "project.funded", Version: 1, Since: sinceStart, Unit: Items, Kind: "distinct", Of: []string{"funds.received"}, Count: "project",
		Name:    fault.Words{ZH: "资金到位项目", EN: "Funded projects"},
		Meaning: fault.Words{ZH: "有资金到位的项目，同一项目到位几笔都只计一个。", EN: "Projects that received money, each counted once however many payments."},
	},
	{
		Code: "funds.rate", Version: 1, Since: sinceStart, Unit: Percent, Kind: "ratio", Of: []string{"funds.received", "contract.amount"}, Places: 2,
		Name:    fault.Words{ZH: "资金到位率", EN: "Funding rate"},
		Meaning: fault.Words{ZH: "到位资金除以合同投资额，同一范围、同一截止日。", EN: "Funds received over contracted investment, same scope, same day."},
	},
	{
		Code: "contract.mean", Version: 1, Since: sinceStart, Unit: Fen, Kind: "ratio", Of: []string{"contract.amount", "project.signed"},
		Name:    fault.Words{ZH: "平均合同额", EN: "Mean contract"},
		Meaning: fault.Words{ZH: "合同投资额除以签约项目数。", EN: "Contracted investment over signed projects."},
	},
	{
		Code: "contract.growth", Version: 1, Since: sinceStart, Unit: Percent, Kind: "growth", Of: []string{"contract.amount"}, Places: 1,
		Name:    fault.Words{ZH: "合同额同比", EN: "Contracts, year on year"},
		Meaning: fault.Words{ZH: "本期合同投资额比上年同期的增长；须指明起止日期。", EN: "Growth over the same days a year earlier; needs both dates."},
	},
	{
		Code: "funds.growth", Version: 1, Since: sinceStart, Unit: Percent, Kind: "growth", Of: []string{"funds.received"}, Places: 1,
		Name:    fault.Words{ZH: "到位资金同比", EN: "Funds, year on year"},
		Meaning: fault.Words{ZH: "本期到位资金比上年同期的增长；须指明起止日期。", EN: "Growth over the same days a year earlier; needs both dates."},
	},
	{
		Code: "project.growth", Version: 1, Since: sinceStart, Unit: Percent, Kind: "growth", Of: []string{"project.signed"}, Places: 1,
		Name:    fault.Words{ZH: "签约项目同比", EN: "Projects, year on year"},
		Meaning: fault.Words{ZH: "本期签约项目数比上年同期的增长；须指明起止日期。", EN: "Growth over the same days a year earlier; needs both dates."},
	},
	{
		Code: "contract.highest", Version: 1, Since: sinceStart, Unit: SinceYear, Kind: "highest", Of: []string{"contract.amount"},
		Name:    fault.Words{ZH: "合同额何年以来最高", EN: "Contracts, highest since"},
		Meaning: fault.Words{ZH: highestZH, EN: highestEN},
	},
	{
		Code: "funds.highest", Version: 1, Since: sinceStart, Unit: SinceYear, Kind: "highest", Of: []string{"funds.received"},
		Name:    fault.Words{ZH: "到位资金何年以来最高", EN: "Funds, highest since"},
		Meaning: fault.Words{ZH: highestZH, EN: highestEN},
	},
	{
		Code: "project.highest", Version: 1, Since: sinceStart, Unit: SinceYear, Kind: "highest", Of: []string{"project.signed"},
		Name:    fault.Words{ZH: "签约项目何年以来最高", EN: "Projects, highest since"},
		Meaning: fault.Words{ZH: highestZH, EN: highestEN},
	},
	{
		Code: "ticket.in_time", Version: 1, Since: sinceStart, Unit: Percent, Kind: "ratio", Of: []string{"ticket.closed", "ticket.closed"}, Tags: []string{TagInTime, ""}, Places: 1,
		Name:    fault.Words{ZH: "诉求按期办结率", EN: "Requests answered in time"},
		Meaning: fault.Words{ZH: "办结诉求中，24 小时内首次答复且在期限内办结的占比。", EN: "Of the requests closed, those first answered within 24 hours and settled by their deadline."},
	},
	{
		Code: "ticket.satisfied", Version: 1, Since: sinceStart, Unit: Percent, Kind: "ratio", Of: []string{"ticket.closed", "ticket.closed"}, Tags: []string{TagSatisfied, TagRated}, Places: 1,
		Name:    fault.Words{ZH: "投资者满意率", EN: "Satisfied investors"},
		Meaning: fault.Words{ZH: "投资者评过分的办结诉求中，4 分和 5 分的占比。", EN: "Of the closed requests that investors rated, those with 4 or 5 out of 5."},
	},
}

const (
	highestZH = "本期高于台账里此前各年同期，直到哪一年；数是最早的那一年。只与起始后一个月内已有分录的年份比，上年同期不低于本期时没有这个数；须指明起止日期。"
	highestEN = "These days are above the same days of every year back to this one. A year is compared when its entries begin within a month; when last year's same days were as high there is no such figure. Needs both dates."
)

// Tags that formulas ask for; package ticket sets them when a request is closed.
const (
	TagInTime    = "in_time"
	TagRated     = "rated"
	TagSatisfied = "satisfied"
)

// FormulaByCode finds a named figure.
func FormulaByCode(code string) (Formula, bool) {
	for _, f := range Formulas {
		if f.Code == code {
			return f, true
		}
	}
	return Formula{}, false
}

// Number is an exact decimal: N divided by ten to the Places. JSON shows it as a plain number.
type Number struct {
	N      int64
	Places int
	None   bool // there is no such value: a rate over nothing
}

// String writes the number without separators: 129.3, 38343, -0.5.
func (n Number) String() string {
	if n.None {
		return "null"
	}
	s := strconv.FormatInt(n.N, 10)
	if n.Places == 0 {
		return s
	}
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for len(s) <= n.Places {
		s = "0" + s
	}
	return sign + s[:len(s)-n.Places] + "." + s[len(s)-n.Places:]
}

// MarshalJSON writes a number, or null.
func (n Number) MarshalJSON() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalJSON reads what MarshalJSON wrote.
func (n *Number) UnmarshalJSON(raw []byte) error {
	s := string(raw)
	if s == "null" {
		*n = Number{None: true}
		return nil
	}
	whole, frac, _ := strings.Cut(s, ".")
	v, err := strconv.ParseInt(whole+frac, 10, 64)
	*n = Number{N: v, Places: len(frac)}
	return err
}

// ratio gives a ÷ b × scale, rounded half away from zero, exactly.
func ratio(a, b, scale int64) (int64, bool) {
	if b == 0 {
		return 0, false
	}
	num := new(big.Int).Mul(big.NewInt(a), big.NewInt(scale))
	den := big.NewInt(b)
	if den.Sign() < 0 {
		num.Neg(num)
		den.Neg(den)
	}
	half := new(big.Int).Rsh(den, 1)
	if num.Sign() < 0 {
		half.Neg(half)
	}
	// half of an odd denominator is rounded down, which is right: the exact half cannot occur
	q := new(big.Int).Quo(num.Add(num, half), den)
	return q.Int64(), q.IsInt64()
}

// Evaluate computes a named figure for the rest of a question; its Measure and Count are ignored.
// It gives one value per group in the order of the first measure's groups.
func Evaluate(ctx context.Context, tx *db.Tx, f Formula, q Question) ([]Value, error) {
	switch f.Kind {
	case "sum":
		return combine(ctx, tx, f, q, func(v []int64) Number { return Number{N: total(v)} })
	case "distinct":
		q.Count = f.Count
		return combine(ctx, tx, f, q, func(v []int64) Number { return Number{N: v[0]} })
	case "ratio":
		return combine(ctx, tx, f, q, func(v []int64) Number { return rate(f, v[0], v[1]) })
	}
	if f.Kind == "highest" {
		return rise(ctx, tx, f, q)
	}
	return grow(ctx, tx, f, q)
}

// Value is one group of a named figure.
type Value struct {
	Key   []string
	Value Number
	N     int64
}

func total(vs []int64) (sum int64) {
	for _, v := range vs {
		sum += v
	}
	return sum
}

func rate(f Formula, a, b int64) Number {
	scale := int64(1)
	if f.Unit == Percent {
		scale = 100
	}
	for range f.Places {
		scale *= 10
	}
	n, ok := ratio(a, b, scale)
	return Number{N: n, Places: f.Places, None: !ok}
}

func combine(ctx context.Context, tx *db.Tx, f Formula, q Question, join func([]int64) Number) ([]Value, error) {
	groups := map[string][]int64{}
	counts := map[string]int64{}
	keys := map[string][]string{}
	var order []string
	for i, code := range f.Of {
		ask := q
		ask.Measure = code
		if len(f.Tags) > 0 && f.Tags[i] != "" {
			ask.Where = append(slices.Clone(q.Where), Filter{Dim: "tag", Values: []string{f.Tags[i]}})
		}
		cells, err := Ask(ctx, tx, ask)
		if err != nil {
			return nil, err
		}
		for _, c := range cells {
			k := strings.Join(c.Key, "\x1f")
			if groups[k] == nil {
				groups[k] = make([]int64, len(f.Of))
				keys[k] = c.Key
				order = append(order, k)
			}
			groups[k][i] = c.Value
			counts[k] += c.N
			if len(f.Tags) > 0 { // the parts are one measure: the whole holds the part
				counts[k] = max(counts[k]-c.N, c.N)
			}
		}
	}
	out := make([]Value, len(order))
	for i, k := range order {
		out[i] = Value{Key: keys[k], Value: join(groups[k]), N: counts[k]}
	}
	return out, nil
}

// grow compares with the same days a year earlier. Both are asked of the same known state.
func grow(ctx context.Context, tx *db.Tx, f Formula, q Question) ([]Value, error) {
	if q.From == "" {
		return nil, fault.New(fault.Malformed, "needs_from", "同比须指明起始日期。", "A year-on-year figure needs its first day.")
	}
	q.Measure = f.Of[0]
	now, err := Ask(ctx, tx, q)
	if err != nil {
		return nil, err
	}
	before := q
	before.From, before.Through = yearEarlier(q.From), yearEarlier(q.Through)
	then, err := Ask(ctx, tx, before)
	if err != nil {
		return nil, err
	}
	base := map[string]int64{}
	for _, c := range then {
		base[strings.Join(c.Key, "\x1f")] = c.Value
	}
	out := make([]Value, len(now))
	for i, c := range now {
		b := base[strings.Join(c.Key, "\x1f")]
		out[i] = Value{Key: c.Key, Value: rate(f, c.Value-b, b), N: c.N}
	}
	return out, nil
}

// yearEarlier gives the same day a year before; 29 February becomes 28 February.
func yearEarlier(day string) string {
	t, _ := time.Parse(time.DateOnly, day) // the question was checked
	if t.Month() == time.February && t.Day() == 29 {
		t = t.AddDate(0, 0, -1)
	}
	return t.AddDate(-1, 0, 0).Format(time.DateOnly)
}
