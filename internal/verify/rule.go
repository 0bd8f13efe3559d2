package verify

import (
	"slices"
	"strings"

	"zhudian/internal/fault"
)

// Rule is one way in which a claim may be wrong. It gives a reason to look, never a verdict: a person decides.
type Rule struct {
	Code   string
	Kinds  []string // of claims it looks at
	Name   fault.Words
	About  fault.Words
	Risk   int64 // how far up a hit moves a claim in the inbox, 1 to 9, unless a later version says otherwise
	Limits []Limit
	List   *WordList

	look func(c *Case, at limits) []fault.Words
}

// Limit is a number that the province may turn.
type Limit struct {
	Key      string
	Name     fault.Words
	Min, Max int64
	Default  int64
}

// WordList is a list of words that the province may change.
type WordList struct {
	Name    fault.Words
	Default []string
}

// limits are the numbers and words a rule is asked with.
type limits struct {
	n     map[string]int64
	words []string
}

func (l limits) of(key string) int64 { return l.n[key] }

func say(zh, en string) []fault.Words { return []fault.Words{{ZH: zh, EN: en}} }

var (
	onFunds     = []string{"funds"}
	onContracts = []string{"contract"}
	onVisits    = []string{"visit"}
	onProjects  = []string{"project", "contract", "funds", "stage"}
	onRecords   = append([]string{"visit", "tour", "event"}, onProjects...)
)

// Rules are all there are, in the order of their codes. R01 to R22 are those of the field's own practice.
var Rules = slices.SortedFunc(slices.Values(slices.Concat(moneyRules, contractRules, proofRules, visitRules, paceRules)),
	func(a, b Rule) int { return strings.Compare(a.Code, b.Code) })

func ruleByCode(code string) (Rule, error) {
	i := slices.IndexFunc(Rules, func(r Rule) bool { return r.Code == code })
	if i < 0 {
		return Rule{}, fault.New(fault.NotFound, "not_found", "没有这条规则。", "There is no such rule.")
	}
	return Rules[i], nil
}

// setting is a rule as it is in force: on or off, its risk, its limits.
type setting struct {
	Rule
	version int64
	on      bool
	at      limits
}

func (r Rule) asShipped() setting {
	s := setting{Rule: r, on: true, at: limits{n: map[string]int64{}}}
	for _, l := range r.Limits {
		s.at.n[l.Key] = l.Default
	}
	if r.List != nil {
		s.at.words = r.List.Default
	}
	return s
}

// findings are what the rules in force see in a case of a kind.
func findings(rules []setting, kind string, c *Case) []Finding {
	var out []Finding
	for _, r := range rules {
		if !r.on || !slices.Contains(r.Kinds, kind) {
			continue
		}
		said := r.look(c, r.at)
		if len(said) == 0 {
			continue
		}
		f := Finding{Rule: r.Code, Version: r.version, Risk: r.Risk, TitleZH: r.Name.ZH, TitleEN: r.Name.EN}
		for i, w := range said {
			if i > 0 {
				f.DetailZH, f.DetailEN = f.DetailZH+" ", f.DetailEN+" "
			}
			f.DetailZH, f.DetailEN = f.DetailZH+w.ZH, f.DetailEN+w.EN
		}
		out = append(out, f)
	}
	return out
}
