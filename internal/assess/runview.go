package assess

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// meet learns the names of people.
func (v *sight) meet(ctx context.Context, tx *db.Tx, people []string) (err error) {
	v.people, err = auth.Names(ctx, tx, people)
	return err
}

func (v *sight) person(id string) string {
	if n := v.people[id]; n != "" {
		return n
	}
	return web.Nil
}

type runsView struct {
	*sight
	list    RunList
	schemes []Scheme
	form    web.FormState
}

// inForce are the schemes that a run can take: the latest version of each.
func (v *runsView) inForce(ctx context.Context) []web.Choice {
	var out []web.Choice
	for _, s := range v.schemes {
		if s.State == "approved" && !slices.ContainsFunc(out, func(c web.Choice) bool { return c.Value == s.Plan.Code }) {
			out = append(out, web.Choice{Value: s.Plan.Code, Text: schemeName(ctx, s.Plan, s.Version)})
		}
	}
	return out
}

func schemeName(ctx context.Context, p Plan, version int64) string {
	return p.Name.In(web.Lang(ctx)) + " v" + strconv.FormatInt(version, 10)
}

func (v *runsView) schemeOf(ctx context.Context, r Run) string {
	if p, err := planOf(r.Body); err == nil {
		return schemeName(ctx, p, r.Scheme)
	}
	return r.Code
}

func (v *sight) stationOptions(none string) []web.Choice {
	out := []web.Choice{{Text: none}}
	for _, s := range v.stations {
		out = append(out, web.Choice{Value: s.ID, Text: v.station(s.ID)})
	}
	return out
}

func stateTone(state string) string {
	return map[string]string{"published": "act", "notice": "due", "withdrawn": "hollow"}[state]
}

// runView is a run as a page, of everybody or of one subject.
type runView struct {
	*sight
	rec   Report
	form  web.FormState
	tried map[string]string // weights by key
}

func (v *runView) title(ctx context.Context) string {
	return schemeName(ctx, v.rec.Plan, v.rec.Scheme)
}

// groups are the results by group, in the order of the plan.
func (v *runView) groups(ctx context.Context) []resultGroup {
	var out []resultGroup
	for _, r := range v.rec.Results {
		if n := len(out); n == 0 || out[n-1].code != r.Group {
			out = append(out, resultGroup{code: r.Group, name: v.groupName(ctx, r.Group)})
		}
		out[len(out)-1].list = append(out[len(out)-1].list, r)
	}
	return out
}

type resultGroup struct {
	code, name string
	list       []Listed
}

func (v *runView) groupName(ctx context.Context, code string) string {
	n, err := strconv.Atoi(code)
	if err != nil || n >= len(v.rec.Plan.Groups) {
		return code
	}
	return v.rec.Plan.Groups[n].Name.In(web.Lang(ctx))
}

// points shows hundredths of a point.
func points(n int64) string { return web.Fixed(n, 2, 2) }

// worth shows what a line gives or takes; a veto takes everything.
func (v *runView) worth(ctx context.Context, l line) string {
	switch {
	case l.Kind != "veto":
		return points(l.Points)
	case l.Numerator > 0:
		return web.T(ctx, "assess.veto")
	}
	return web.Nil
}

// line is one line of the why, in words.
type line struct {
	Score
	name    string
	formula string
	why     string // there is no data because
	top     amount
	bottom  amount
	cleared bool // a deduction leaves nothing of it
	target  bool // the bottom is a target, not a figure
	divided bool
	less    bool   // the bottom is taken from the top
	found   string // address of the rulings that are counted
}

// amount is the top or bottom of a line: a figure, or a number of records with the page that lists them.
type amount struct {
	web.FigProps
	records string
}

// lines words the scores of the subject by the plan.
func (v *runView) lines(ctx context.Context, kind string) []line {
	var out []line
	lang := web.Lang(ctx)
	for _, s := range v.rec.Scores {
		if s.Kind != kind {
			continue
		}
		l := line{Score: s, name: s.Item}
		if kind == "indicator" {
			for _, x := range v.rec.Plan.Indicators {
				if x.Key == s.Item {
					l.name, l.formula, l.divided, l.target = x.Name.In(lang), formula(ctx, v.sight, x), x.Top != nil, x.Target != ""
					l.why = v.why(ctx, x)
					l.top, l.bottom = v.amount(ctx, x.Top, s.Numerator, s.TopAsk), v.amount(ctx, x.Bottom, s.Denominator, s.BottomAsk)
					if l.target {
						measure, _ := aimed(x.Target)
						l.bottom = v.amount(ctx, &Term{Measure: measure, Basis: x.Top.Basis}, s.Denominator, "")
					}
					l.cleared = s.HasData && s.Ratio == 0 && v.clears(x.Key)
				}
			}
		}
		for _, x := range slices.Concat(v.rec.Plan.Bonus, v.rec.Plan.Deductions) {
			if kind != "indicator" && x.Key == s.Item {
				l.name, l.why, l.divided = x.Name.In(lang), x.NoData.In(lang), x.Count != nil
				l.formula = web.T(ctx, "assess.each", points(x.Each))
				if x.Most > 0 {
					l.formula += web.T(ctx, "assess.most", points(x.Most))
				}
				l.top, l.bottom = v.amount(ctx, x.Count, s.Numerator, s.TopAsk), v.amount(ctx, x.Less, s.Denominator, s.BottomAsk)
				l.less = x.Less != nil
				l.found = v.found(x.Found, s.Subject)
			}
		}
		for _, x := range v.rec.Plan.Vetoes {
			if kind == "veto" && x.Key == s.Item {
				l.name, l.formula, l.found = x.Name.In(lang), web.T(ctx, "assess.veto_text"), v.found(x.Found, s.Subject)
			}
		}
		out = append(out, l)
	}
	return out
}

// found is the address of the rulings of a kind about a subject.
func (v *runView) found(kind, subject string) string {
	if kind == "" {
		return ""
	}
	return rulingsPath + "?" + web.Values("kind", kind, "node", subject).Encode()
}

// why says why an indicator has no data: the scheme's reason, a missing target, or nothing to divide by.
func (v *runView) why(ctx context.Context, x Indicator) string {
	switch {
	case x.Top == nil:
		return x.NoData.In(web.Lang(ctx))
	case x.Target != "":
		return web.T(ctx, "assess.no_target")
	}
	return web.T(ctx, "assess.no_bottom")
}

// formula writes an indicator as it is computed.
func formula(ctx context.Context, v *sight, x Indicator) string {
	if x.Top == nil {
		return web.Nil
	}
	bottom := ""
	if x.Target != "" {
		bottom = web.T(ctx, "assess.target_of", targetName(ctx, x.Target))
	} else {
		bottom = v.term(ctx, *x.Bottom)
	}
	out := v.term(ctx, *x.Top) + " ÷ " + bottom
	if x.Goal != 0 && x.Goal != whole {
		out += " ÷ " + strconv.FormatInt(x.Goal, 10) + "%"
	}
	return "min(1, " + out + ")"
}

func (v *sight) term(ctx context.Context, t Term) string {
	if tally, ok := tallyOf(t.Measure); ok {
		return tally.Name.In(v.lang)
	}
	out := ledger.NameOf(ctx, t.Measure)
	var conds []string
	for _, w := range t.Where {
		dim, value, _ := strings.Cut(w, ":")
		switch dim {
		case "industry":
			value = v.dir.IndustryName(value, v.lang)
		case "chain":
			value = v.dir.CodeName("chain", value, v.lang)
			if w == "chain:*" {
				value = web.T(ctx, "assess.any_chain")
			}
		case "tag":
			name := v.dir.CodeName("standing", value, v.lang)
			if key := "assess.tag." + value; web.HasText(key) {
				name = web.T(ctx, key)
			}
			value = name
		}
		conds = append(conds, value)
	}
	if t.Basis == string(ledger.ByCredit) {
		conds = append(conds, web.T(ctx, "ledger.basis.credit"))
	}
	if len(conds) > 0 {
		out += web.T(ctx, "assess.only", strings.Join(conds, web.T(ctx, "assess.or")))
	}
	return out
}

// clears reports whether a deduction leaves nothing of an indicator of the subject.
func (v *runView) clears(key string) bool {
	for _, x := range v.rec.Plan.Deductions {
		if x.Clears == key && slices.ContainsFunc(v.rec.Scores, func(s Score) bool { return s.Kind == "deduction" && s.Item == x.Key && s.Points > 0 }) {
			return true
		}
	}
	return false
}

// amount shows a score's top or bottom: the same question, as known when the run was made.
func (v *runView) amount(ctx context.Context, t *Term, n int64, ask string) amount {
	if t == nil {
		return amount{}
	}
	if tally, ok := tallyOf(t.Measure); ok {
		return amount{web.FigProps{Value: web.Int(n), Title: tally.Name.In(v.lang)}, countedURL(v.rec.ID, v.rec.Results[0].Subject, t.Measure)}
	}
	u := unitOf(t.Measure)
	num := ledger.Number{N: n}
	if t.millionths() {
		num.Places = 6
	}
	a := ledger.Show(ctx, u, num)
	q, err := url.ParseQuery(ask)
	return amount{FigProps: web.FigProps{Value: a.Value, Unit: a.Unit, Query: q, Title: ledger.NameOf(ctx, t.Measure), Plain: err != nil || ask == ""}}
}

func (v *runView) facts(ctx context.Context) []web.Fact {
	r := v.rec
	out := []web.Fact{
		{Label: web.T(ctx, "assess.scheme"), Text: v.title(ctx), URL: schemeURL(r.Code + "." + strconv.FormatInt(r.Scheme, 10))},
		{Label: web.T(ctx, "assess.period"), Text: web.T(ctx, "ledger.span", r.From, r.Through)},
		{Label: web.T(ctx, "assess.made_at"), Text: web.MomentFull(db.FromMicros(r.MadeAt))},
		{Label: web.T(ctx, "assess.made_by"), Text: v.person(r.MadeBy)},
		{Label: web.T(ctx, "assess.state"), Text: web.T(ctx, "assess.state."+r.State)},
	}
	if r.Station != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "ledger.dim.station"), Text: v.station(r.Station)})
	}
	if r.AppealUntil != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "assess.appeal_until"), Text: r.AppealUntil})
	}
	if r.PublishedOn != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "assess.published_on"), Text: r.PublishedOn + " · " + v.person(r.PublishedBy)})
	}
	return out
}

// moves are the steps that the page offers; the use case decides.
func (v *runView) moves(ctx context.Context) []string {
	var out []string
	switch {
	case v.rec.State == "internal" && web.May(ctx, "assess.run"):
		out = append(out, "notice")
	case v.rec.State == "notice" && web.May(ctx, "assess.publish"):
		out = append(out, "publish")
	}
	if v.rec.State != "withdrawn" && web.May(ctx, "assess.publish") {
		out = append(out, "withdraw")
	}
	return out
}

func (v *runView) mayAppeal(ctx context.Context) bool {
	return v.rec.State == "notice" && web.May(ctx, "assess.appeal")
}

func (v *runView) itemChoices(ctx context.Context) []web.Choice {
	var out []web.Choice
	for _, kind := range []string{"indicator", "bonus", "deduction", "veto"} {
		for _, l := range v.lines(ctx, kind) {
			out = append(out, web.Choice{Value: l.Item, Text: l.name})
		}
	}
	return out
}

func (v *runView) itemName(ctx context.Context, key string) string {
	for _, c := range v.itemChoices(ctx) {
		if c.Value == key {
			return c.Text
		}
	}
	return key
}

// weightOf is the weight of an indicator on this page: as it is tried, else of the scheme.
func (v *runView) weightOf(x Indicator) string {
	if n, ok := v.tried[x.Key]; ok {
		return n
	}
	return strconv.FormatInt(x.Weight, 10)
}

func cardTone(card string) string { return map[string]string{"red": "alarm", "yellow": "due"}[card] }

func moveKind(kind string) web.ButtonKind {
	if kind == "withdraw" {
		return web.Warning
	}
	return web.Outlined
}
