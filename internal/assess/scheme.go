package assess

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
)

// Plan is a scheme as data: who is assessed in which groups, by which indicators with which weights, what is added and
// taken off, and what leaves nothing. Whoever reads it can work a score out by hand.
type Plan struct {
	Code       string      `json:"code" maxLength:"40"`
	Kind       string      `json:"kind" enum:"county,team"`
	Name       fault.Words `json:"name"`
	Groups     []Grouping  `json:"groups" doc:"ranks stand inside a group only; the first that fits takes the subject"`
	Indicators []Indicator `json:"indicators"`
	Bonus      []Extra     `json:"bonus,omitempty"`
	Deductions []Extra     `json:"deductions,omitempty"`
	Vetoes     []Veto      `json:"vetoes,omitempty"`
	Cards      bool        `json:"cards,omitempty" doc:"show yellow and red cards; off unless switched on"`
}

// Grouping says who is compared with whom. What is left out does not limit.
type Grouping struct {
	Name  fault.Words `json:"name"`
	Units []string    `json:"units,omitempty" doc:"codes"`
	Under []string    `json:"under,omitempty" doc:"codes of prefectures"`
	Ends  []string    `json:"ends,omitempty" doc:"last characters of the unit's name"`
	Kinds []org.Kind  `json:"kinds,omitempty"`
}

// Indicator is min(1, top ÷ bottom ÷ goal) × weight. Its bottom is a target or a term. Without either it has no data
// yet and says why.
type Indicator struct {
	Key    string      `json:"key" maxLength:"40"`
	Name   fault.Words `json:"name"`
	Weight int64       `json:"weight" minimum:"0" maximum:"100"`
	Top    *Term       `json:"top,omitempty"`
	Bottom *Term       `json:"bottom,omitempty"`
	Target string      `json:"target,omitempty" doc:"measure whose target, in proportion to the days of the period, is the bottom"`
	Goal   int64       `json:"goal,omitempty" minimum:"0" maximum:"1000" doc:"per cent at which the indicator is full; 0 is 100"`
	Cohort bool        `json:"cohort,omitempty" doc:"of the projects that have the bottom's entries 12 to 24 months before the last day"`
	NoData fault.Words `json:"no_data,omitzero" doc:"why there is no data yet"`
}

// Term is a sum over the ledger, or a tally. The condition chain:* takes every declared chain of industry.
type Term struct {
	Measure string   `json:"measure" doc:"of the ledger, or the code of a tally"`
	Where   []string `json:"where,omitempty"`
	Basis   string   `json:"basis,omitempty" enum:"location,credit"`
}

// Extra is added or taken off for each one that is counted.
type Extra struct {
	Key    string      `json:"key" maxLength:"40"`
	Name   fault.Words `json:"name"`
	Each   int64       `json:"each" doc:"hundredths of a point"`
	Most   int64       `json:"most,omitempty" doc:"hundredths of a point; 0 does not limit"`
	Count  *Term       `json:"count,omitempty"`
	Less   *Term       `json:"less,omitempty" doc:"taken from the count"`
	Cohort bool        `json:"cohort,omitempty" doc:"of the projects that have the count's entries 12 to 24 months before the last day"`
	Clears string      `json:"clears,omitempty" doc:"of a deduction: key of the indicator of which nothing is left"`
	Found  string      `json:"found,omitempty" doc:"kind of the rulings that are counted, where the ledger has none"`
	NoData fault.Words `json:"no_data,omitzero"`
}

// Veto leaves nothing of the total when there is a ruling of its kind (一票否决).
type Veto struct {
	Key   string      `json:"key" maxLength:"40"`
	Name  fault.Words `json:"name"`
	Found string      `json:"found" doc:"kind of the rulings"`
}

// whole is what the weights come to.
const whole = 100

// check refuses a plan that could not be computed or explained.
func (p Plan) check() error {
	var c fault.Checks
	c.Require("name", p.Name.ZH, "名称", "The name")
	if p.Kind != "county" && p.Kind != "team" {
		c.Add("kind", "not_a_choice", "考评对象只有 county 和 team。", "Counties and teams are assessed.")
	}
	sum, keys := int64(0), map[string]bool{}
	for i, x := range p.Indicators {
		at := fmt.Sprintf("indicators[%d]", i)
		sum += x.Weight
		if x.Weight < 0 || x.Weight > whole {
			c.Add(at+".weight", "out_of_range", "权重在 0 到 100 之间。", "A weight lies between 0 and 100.")
		}
		c.Require(at+".name", x.Name.ZH, "名称", "The name")
		unique(&c, at, x.Key, keys)
		x.check(&c, at)
	}
	if sum != whole {
		c.Add("weights", "weights_sum", fmt.Sprintf("权重之和应为 100，现为 %d。", sum), fmt.Sprintf("The weights must come to 100; they come to %d.", sum))
	}
	for i, x := range p.Bonus {
		x.check(&c, fmt.Sprintf("bonus[%d]", i), keys)
	}
	for i, x := range p.Deductions {
		x.check(&c, fmt.Sprintf("deductions[%d]", i), keys)
	}
	for i, x := range p.Deductions {
		if x.Clears != "" && !slices.ContainsFunc(p.Indicators, func(n Indicator) bool { return n.Key == x.Clears }) {
			c.Add(fmt.Sprintf("deductions[%d].clears", i), "not_a_choice", "请选本办法里的指标。", "Choose an indicator of this scheme.")
		}
	}
	for i, x := range p.Vetoes {
		at := fmt.Sprintf("vetoes[%d]", i)
		c.Require(at+".name", x.Name.ZH, "名称", "The name")
		unique(&c, at, x.Key, keys)
		if !isRulingKind(x.Found) {
			c.Add(at+".found", "not_a_choice", "没有这种认定。", "There is no such kind of ruling.")
		}
	}
	if len(p.Groups) == 0 {
		c.Add("groups", "required", "至少分一组。", "There is at least one group.")
	}
	for i, g := range p.Groups {
		c.Require(fmt.Sprintf("groups[%d].name", i), g.Name.ZH, "组名", "The name of the group")
	}
	return c.Err()
}

func unique(c *fault.Checks, at, key string, keys map[string]bool) {
	if key == "" || keys[key] {
		c.Add(at+".key", "not_unique", "编码不能空，也不能重复。", "Each line has a key of its own.")
	}
	keys[key] = true
}

func (x Extra) check(c *fault.Checks, at string, keys map[string]bool) {
	c.Require(at+".name", x.Name.ZH, "名称", "The name")
	unique(c, at, x.Key, keys)
	switch {
	case x.Count == nil && x.Found == "" && x.NoData.ZH == "":
		c.Add(at+".count", "counts_nothing", "“"+x.Name.ZH+"”没有计数的度量或认定。", x.Name.EN+" counts nothing.")
	case x.Cohort && (x.Count == nil || x.Less == nil):
		c.Add(at+".less.measure", "required", "按签约年份数的，要有数什么、减去什么。", "What is counted over a cohort needs a count and what is taken from it.")
	case x.Cohort && (x.Count.tallied() || x.Less.tallied()):
		c.Add(at+".cohort", "ledger_only", "按签约年份数的，只能用台账的度量。", "A cohort is of measures of the ledger.")
	case x.Count != nil && x.Found != "":
		c.Add(at+".found", "counts_twice", "“"+x.Name.ZH+"”只能数一样：度量或认定。", x.Name.EN+" counts a measure or rulings, not both.")
	case x.Found != "" && !isRulingKind(x.Found):
		c.Add(at+".found", "not_a_choice", "没有这种认定。", "There is no such kind of ruling.")
	}
	if x.Each < 0 || x.Each > whole*hundred {
		c.Add(at+".each", "out_of_range", "每个的分数在 0 到 100 之间。", "Each is worth 0 to 100 points.")
	}
	if x.Most < 0 || x.Most > whole*hundred {
		c.Add(at+".most", "out_of_range", "最多的分数在 0 到 100 之间。", "At most 0 to 100 points.")
	}
	x.Count.check(c, at+".count")
	x.Less.check(c, at+".less")
}

func (x Indicator) check(c *fault.Checks, at string) {
	switch {
	case x.Top == nil && x.Bottom == nil && x.Target == "":
		if x.NoData.ZH == "" {
			c.Add(at+".top.measure", "no_formula", "“"+x.Name.ZH+"”没有公式，须写明为什么没有数据。", x.Name.EN+" has no formula and must say why there is no data.")
		}
	case x.Top == nil:
		c.Add(at+".top.measure", "required", "“"+x.Name.ZH+"”缺分子。", x.Name.EN+" has no numerator.")
	case x.Bottom == nil && x.Target == "":
		c.Add(at+".bottom.measure", "divides_by_nothing", "“"+x.Name.ZH+"”除以空：须有目标或分母。", x.Name.EN+" divides by nothing: give it a target or a denominator.")
	case x.Bottom != nil && x.Target != "":
		c.Add(at+".bottom.measure", "two_denominators", "“"+x.Name.ZH+"”只能有一个分母。", x.Name.EN+" has two denominators.")
	case x.Cohort && x.Bottom == nil:
		c.Add(at+".bottom.measure", "required", "按签约年份算的指标须有分母。", "An indicator over a cohort needs a denominator.")
	}
	if x.Cohort && (x.Top.tallied() || x.Bottom.tallied()) {
		c.Add(at+".cohort", "ledger_only", "按签约年份算的，只能用台账的度量。", "A cohort is of measures of the ledger.")
	}
	if x.Target != "" && !slices.Contains(targetMeasures, x.Target) {
		c.Add(at+".target", "not_a_choice", "这个度量不设目标。", "This measure has no targets.")
	}
	if x.Goal < 0 || x.Goal > 1000 {
		c.Add(at+".goal", "out_of_range", "满分线在 1% 到 1000% 之间。", "The goal lies between 1% and 1000%.")
	}
	x.Top.check(c, at+".top")
	x.Bottom.check(c, at+".bottom")
}

func (t *Term) tallied() bool {
	if t == nil {
		return false
	}
	_, is := tallyOf(t.Measure)
	return is
}

func (t *Term) check(c *fault.Checks, at string) {
	if t == nil {
		return
	}
	if _, ok := tallyOf(t.Measure); ok {
		if len(t.Where) > 0 {
			c.Add(at+".where", "tally_has_no_conditions", "台账之外的记录没有条件，请清空。", "What is counted outside the ledger takes no conditions; clear them.")
		}
		if t.Basis != "" && t.Basis != string(ledger.Location) {
			c.Add(at+".basis", "not_a_choice", "台账之外的记录只按属地数。", "What is counted outside the ledger is counted by location.")
		}
		return
	}
	if _, err := ledger.MeasureByCode(t.Measure); err != nil {
		c.Add(at+".measure", "unknown_measure", "请选台账里的度量，或台账之外的记录。", "Choose a measure of the ledger, or a tally of records.")
	}
	for _, w := range t.Where {
		dim, value, ok := strings.Cut(w, ":")
		if !ok || value == "" || !slices.Contains(ledger.Dimensions(), dim) || dim == "section" || dim == "origin_city" {
			c.Add(at+".where", "bad_filter", "筛选写作 维度:值。", "Write a condition as dimension:value.")
		}
	}
	if t.Basis != "" && t.Basis != string(ledger.Location) && t.Basis != string(ledger.ByCredit) {
		c.Add(at+".basis", "not_a_choice", "口径只有 location 和 credit。", "The bases are location and credit.")
	}
}

// groupOf gives the group of a unit: the first that fits, or -1.
func (p Plan) groupOf(u org.Unit, place org.Place) int {
	return slices.IndexFunc(p.Groups, func(g Grouping) bool {
		return fits(g.Units, u.Code) && fits(g.Under, place.City) && fits(g.Kinds, u.Kind) &&
			(len(g.Ends) == 0 || slices.ContainsFunc(g.Ends, func(end string) bool { return strings.HasSuffix(u.Name, end) }))
	})
}

func fits[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

func (p Plan) json() (string, error) {
	b, err := json.Marshal(p)
	return string(b), err
}

func planOf(body string) (p Plan, err error) {
	err = json.Unmarshal([]byte(body), &p)
	return p, fault.Wrap(err, "read a scheme")
}

// terms of the two schemes that come with the program.
func of(measure string, where ...string) *Term { return &Term{Measure: measure, Where: where} }

func credited(measure string) *Term { return &Term{Measure: measure, Basis: string(ledger.ByCredit)} }

func words(zh, en string) fault.Words { return fault.Words{ZH: zh, EN: en} }
