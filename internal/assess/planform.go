package assess

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

// planForm is a plan as the fields of a page. An empty row, and one whose name was cleared, is left out; lists are written
// with commas.
type planForm struct {
	Groups     []groupRow     `json:"groups"`
	Indicators []indicatorRow `json:"indicators"`
	Bonus      []extraRow     `json:"bonus"`
	Deductions []extraRow     `json:"deductions"`
	Vetoes     []vetoRow      `json:"vetoes"`
}

type groupRow struct {
	Key    string `json:"key" maxLength:"4"` // its place, where it was there before
	Name   string `json:"name" maxLength:"60"`
	NameEN string `json:"name_en" maxLength:"120"`
	Units  string `json:"units" maxLength:"2000"`
	Under  string `json:"under" maxLength:"200"`
	Ends   string `json:"ends" maxLength:"60"`
	Kinds  string `json:"kinds" maxLength:"60"`
}

type termRow struct {
	Measure string `json:"measure" maxLength:"60"`
	Where   string `json:"where" maxLength:"500"`
	Basis   string `json:"basis"`
}

type indicatorRow struct {
	Key      string  `json:"key" maxLength:"40"`
	Name     string  `json:"name" maxLength:"60"`
	NameEN   string  `json:"name_en" maxLength:"120"`
	Weight   int64   `json:"weight"`
	Goal     int64   `json:"goal"`
	Top      termRow `json:"top"`
	Bottom   termRow `json:"bottom"`
	Cohort   bool    `json:"cohort"`
	NoData   string  `json:"no_data" maxLength:"200"`
	NoDataEN string  `json:"no_data_en" maxLength:"300"`
}

type extraRow struct {
	Key      string  `json:"key" maxLength:"40"`
	Name     string  `json:"name" maxLength:"60"`
	NameEN   string  `json:"name_en" maxLength:"120"`
	Each     string  `json:"each" maxLength:"10"`
	Most     string  `json:"most" maxLength:"10"`
	Count    termRow `json:"count"`
	Less     termRow `json:"less"`
	Cohort   bool    `json:"cohort"`
	Clears   string  `json:"clears" maxLength:"40"`
	Found    string  `json:"found"`
	NoData   string  `json:"no_data" maxLength:"200"`
	NoDataEN string  `json:"no_data_en" maxLength:"300"`
}

type vetoRow struct {
	Key    string `json:"key" maxLength:"40"`
	Name   string `json:"name" maxLength:"60"`
	NameEN string `json:"name_en" maxLength:"120"`
	Found  string `json:"found"`
}

// targetOf marks a denominator that is a target rather than a measure.
const targetOf = "target:"

// plan puts the rows into a plan of the same code and kind. Faults: Invalid, under the names of the fields.
func (f planForm) plan(old Plan) (Plan, error) {
	var c fault.Checks
	p := Plan{Code: old.Code, Kind: old.Kind, Name: old.Name, Cards: old.Cards}
	for _, r := range f.Groups {
		if r != (groupRow{}) && (r.Name != "" || r.Key == "") {
			g := Grouping{Name: named(r.Name, r.NameEN), Units: listed(r.Units), Under: listed(r.Under), Ends: listed(r.Ends)}
			for _, k := range listed(r.Kinds) {
				g.Kinds = append(g.Kinds, org.Kind(k))
			}
			p.Groups = append(p.Groups, g)
		}
	}
	keys := map[string]bool{}
	for _, r := range f.Indicators {
		if r == (indicatorRow{}) || r.Name == "" && r.Key != "" {
			continue
		}
		x := Indicator{
			Key: keyed(r.Key, "indicator", keys), Name: named(r.Name, r.NameEN), Weight: r.Weight, Goal: r.Goal, Top: r.Top.term(), Cohort: r.Cohort,
			NoData: named(r.NoData, r.NoDataEN),
		}
		if target, ok := strings.CutPrefix(r.Bottom.Measure, targetOf); ok {
			x.Target = target
			if r.Bottom.Where != "" || r.Bottom.Basis != "" {
				c.Add(fmt.Sprintf("indicators[%d].bottom.measure", len(p.Indicators)), "target_has_no_conditions", "目标没有条件和口径，请清空。", "A target takes no conditions and no basis; clear them.")
			}
		} else {
			x.Bottom = r.Bottom.term()
		}
		p.Indicators = append(p.Indicators, x)
	}
	p.Bonus = extrasOf(&c, "bonus", f.Bonus, keys)
	p.Deductions = extrasOf(&c, "deductions", f.Deductions, keys)
	for _, r := range f.Vetoes {
		if r != (vetoRow{}) && (r.Name != "" || r.Key == "") {
			p.Vetoes = append(p.Vetoes, Veto{Key: keyed(r.Key, "veto", keys), Name: named(r.Name, r.NameEN), Found: r.Found})
		}
	}
	return p, c.Err()
}

func extrasOf(c *fault.Checks, part string, rows []extraRow, keys map[string]bool) (out []Extra) {
	for _, r := range rows {
		if r == (extraRow{}) || r.Name == "" && r.Key != "" {
			continue
		}
		x := Extra{Key: keyed(r.Key, part, keys), Name: named(r.Name, r.NameEN), Count: r.Count.term(), Less: r.Less.term(), Cohort: r.Cohort, Clears: r.Clears, Found: r.Found, NoData: named(r.NoData, r.NoDataEN)}
		for _, n := range []struct {
			name, text string
			into       *int64
		}{{"each", r.Each, &x.Each}, {"most", r.Most, &x.Most}} {
			if n.text == "" {
				continue
			}
			v, bad := web.ParseDecimal(n.text, 2)
			if bad != nil {
				bad.Name = fmt.Sprintf("%s[%d].%s", part, len(out), n.name)
				c.AddField(*bad)
			}
			*n.into = v
		}
		out = append(out, x)
	}
	return out
}

// keyed keeps the key of a row, or gives a new row one that no other has.
func keyed(key, part string, keys map[string]bool) string {
	for n := 1; key == "" || keys[key]; n++ {
		key = part + "_" + strconv.Itoa(n)
	}
	keys[key] = true
	return key
}

// named fills a missing English name with the Chinese one.
func named(zh, en string) fault.Words {
	zh, en = strings.TrimSpace(zh), strings.TrimSpace(en)
	if en == "" {
		en = zh
	}
	return words(zh, en)
}

func listed(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",，、;； \t", r) })
}

func (r termRow) term() *Term {
	if r == (termRow{}) {
		return nil
	}
	return &Term{Measure: r.Measure, Where: listed(r.Where), Basis: r.Basis}
}

// valuesOf gives a plan as the values of its fields.
func valuesOf(p Plan) url.Values {
	v := url.Values{}
	for i, g := range p.Groups {
		kinds := make([]string, len(g.Kinds))
		for j, k := range g.Kinds {
			kinds[j] = string(k)
		}
		set(v, fmt.Sprintf("groups[%d].", i), "key", strconv.Itoa(i), "name", g.Name.ZH, "name_en", g.Name.EN, "units", joined(g.Units), "under", joined(g.Under), "ends", joined(g.Ends), "kinds", joined(kinds))
	}
	for i, x := range p.Indicators {
		at := fmt.Sprintf("indicators[%d].", i)
		set(v, at, "key", x.Key, "name", x.Name.ZH, "name_en", x.Name.EN, "weight", strconv.FormatInt(x.Weight, 10), "goal", someInt(x.Goal), "no_data", x.NoData.ZH, "no_data_en", x.NoData.EN)
		setTerm(v, at+"top.", x.Top)
		setTerm(v, at+"bottom.", x.Bottom)
		if x.Target != "" {
			v.Set(at+"bottom.measure", targetOf+x.Target)
		}
		if x.Cohort {
			v.Set(at+"cohort", "true")
		}
	}
	for part, list := range map[string][]Extra{"bonus": p.Bonus, "deductions": p.Deductions} {
		for i, x := range list {
			at := fmt.Sprintf("%s[%d].", part, i)
			set(v, at, "key", x.Key, "name", x.Name.ZH, "name_en", x.Name.EN, "each", somePoints(x.Each), "most", somePoints(x.Most), "clears", x.Clears, "found", x.Found, "no_data", x.NoData.ZH, "no_data_en", x.NoData.EN)
			setTerm(v, at+"count.", x.Count)
			setTerm(v, at+"less.", x.Less)
			if x.Cohort {
				v.Set(at+"cohort", "true")
			}
		}
	}
	for i, x := range p.Vetoes {
		set(v, fmt.Sprintf("vetoes[%d].", i), "key", x.Key, "name", x.Name.ZH, "name_en", x.Name.EN, "found", x.Found)
	}
	return v
}

func set(v url.Values, at string, pairs ...string) {
	for pair := range slices.Chunk(pairs, 2) {
		v.Set(at+pair[0], pair[1])
	}
}

func setTerm(v url.Values, at string, t *Term) {
	if t != nil {
		set(v, at, "measure", t.Measure, "where", joined(t.Where), "basis", t.Basis)
	}
}

func joined(list []string) string { return strings.Join(list, ", ") }

func someInt(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func somePoints(n int64) string {
	if n == 0 {
		return ""
	}
	return web.Fixed(n, 2, 2)
}
