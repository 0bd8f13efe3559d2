package verify

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

const rulesPath = "/verify/rules"

func (s *Service) mountRules(m *web.Mux) {
	web.Get(m, "/api/v1/rules", "claim.read", s.RulesInForce, web.Doc("The rules that look at claims, as they are in force"))
	web.Post(m, "/api/v1/rules/{code}", "rule.edit", s.Change, web.Doc("Make a new version of a rule"))
	web.Post(m, "/api/v1/rules/try", "claim.read", s.Try, web.Doc("What rules would notice in claims of a time, with other limits if given; nothing is stored"))

	m.Page("GET "+rulesPath, "claim.read", s.rulesPage)
	m.Page("GET "+rulesPath+"/{code}", "claim.read", s.rulePage)
	m.Page("POST "+rulesPath+"/{code}", "rule.edit", s.rulePosted)
	m.Page("POST "+rulesPath+"/{code}/try", "claim.read", s.ruleTried)
}

func ruleURL(code string) string { return rulesPath + "/" + url.PathEscape(code) }

func (s *Service) rulesPage(r *http.Request) (templ.Component, error) {
	list, err := s.RulesInForce(r.Context(), struct{}{})
	if err != nil {
		return nil, err
	}
	return rulesPage(list.Items), nil
}

// In gives the rule's name in a language.
func (r RuleInForce) name(ctx context.Context) string {
	return words(r.NameZH, r.NameEN).In(web.Lang(ctx))
}

func (r RuleInForce) about(ctx context.Context) string {
	return words(r.AboutZH, r.AboutEN).In(web.Lang(ctx))
}

func (r RuleInForce) kinds(ctx context.Context) string {
	names := make([]string, len(r.Kinds))
	for i, k := range r.Kinds {
		names[i] = kindName(ctx, k)
	}
	return strings.Join(names, web.T(ctx, "rule.and"))
}

// limitsText words the limits of a version, 120 · 5.
func limitsText(ctx context.Context, code string, n map[string]int64, list []string) string {
	r, err := ruleByCode(code)
	if err != nil {
		return ""
	}
	var out []string
	for _, l := range r.Limits {
		out = append(out, l.Name.In(web.Lang(ctx))+" "+web.Int(n[l.Key]))
	}
	if r.List != nil {
		out = append(out, r.List.Name.In(web.Lang(ctx))+web.T(ctx, "rule.colon")+strings.Join(list, " "))
	}
	return strings.Join(out, web.T(ctx, "rule.semicolon"))
}

// ruleView is one rule: what it is, how it is set, what it would notice, who changed it.
type ruleView struct {
	rule     Rule
	now      RuleInForce
	form     web.FormState
	tried    *Tried
	history  []ruleRow
	people   map[string]string
	lang     string
	editable bool
}

func (s *Service) rulePage(r *http.Request) (templ.Component, error) {
	v, err := s.seeRule(r, nil)
	if err != nil {
		return nil, err
	}
	return rulePage(v), nil
}

// seeRule reads a rule; form is what was typed, nil to begin with what is in force.
func (s *Service) seeRule(r *http.Request, form *web.FormState) (*ruleView, error) {
	ctx := r.Context()
	rule, err := ruleByCode(r.PathValue("code"))
	if err != nil {
		return nil, err
	}
	list, err := s.RulesInForce(ctx, struct{}{})
	if err != nil {
		return nil, err
	}
	v := &ruleView{rule: rule, lang: web.Lang(ctx), editable: web.May(ctx, "rule.edit")}
	v.now = list.Items[slices.IndexFunc(list.Items, func(x RuleInForce) bool { return x.Code == rule.Code })]
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if v.history, err = s.versions(ctx, tx, rule.Code); err != nil {
			return err
		}
		ids := make([]string, len(v.history))
		for i, x := range v.history {
			ids[i] = x.MadeBy
		}
		v.people, err = auth.Names(ctx, tx, ids)
		return err
	})
	if form != nil {
		v.form = *form
	} else {
		v.form = v.fresh(ctx)
	}
	return v, err
}

// fresh is the form as the rule stands, and the last three months to try it on.
func (v *ruleView) fresh(ctx context.Context) web.FormState {
	today := web.Today(ctx)
	from := today
	if t, err := time.Parse(time.DateOnly, today); err == nil {
		from = t.AddDate(0, -3, 1).Format(time.DateOnly)
	}
	pairs := []string{"risk", strconv.FormatInt(v.now.Risk, 10), "version", strconv.FormatInt(v.now.Version, 10), "words", strings.Join(v.now.Words, "\n"), "from", from, "through", today}
	if v.now.Enabled {
		pairs = append(pairs, "enabled", "true")
	}
	for i, l := range v.rule.Limits {
		pairs = append(pairs, limitField(i), strconv.FormatInt(v.now.Limits[l.Key], 10))
	}
	return web.FormOf(pairs...)
}

func limitField(i int) string { return fmt.Sprintf("limits[%d].n", i) }

// ruleForm is what the page sends; limits stand in the order of the rule's.
type ruleForm struct {
	Enabled bool  `json:"enabled,omitempty"`
	Risk    int64 `json:"risk"`
	Limits  []struct {
		N int64 `json:"n"`
	} `json:"limits,omitempty" maxItems:"10"`
	Words   string `json:"words,omitempty" maxLength:"2000"`
	Reason  string `json:"reason,omitempty" maxLength:"500"`
	Version int64  `json:"version"`
	From    string `json:"from,omitempty"`
	Through string `json:"through,omitempty"`
}

func (f ruleForm) limits(r Rule) map[string]int64 {
	out := map[string]int64{}
	for i, l := range f.Limits {
		if i < len(r.Limits) {
			out[r.Limits[i].Key] = l.N
		}
	}
	return out
}

func (f ruleForm) words(r Rule) []string {
	if r.List == nil {
		return nil
	}
	return append([]string{}, strings.Fields(f.Words)...)
}

func (s *Service) rulePosted(r *http.Request) (templ.Component, error) {
	rule, err := ruleByCode(r.PathValue("code"))
	if err != nil {
		return nil, err
	}
	f, err := web.Form[ruleForm](r)
	if err == nil {
		_, err = s.Change(r.Context(), ChangeRule{Code: rule.Code, Enabled: f.Enabled, Risk: f.Risk, Limits: f.limits(rule), Words: f.words(rule), Reason: f.Reason, Version: f.Version})
	}
	if err == nil {
		return web.RedirectToast(ruleURL(rule.Code), web.Toast{Text: web.T(r.Context(), "rule.saved")}), nil
	}
	return s.ruleAgain(r, rule, err)
}

// ruleAgain shows what was typed with what is wrong.
func (s *Service) ruleAgain(r *http.Request, rule Rule, err error) (templ.Component, error) {
	form := web.NewForm(r, underLimits(rule, err))
	v, bad := s.seeRule(r, &form)
	if bad != nil {
		return nil, bad
	}
	return web.Retry(rulePage(v), err)
}

// underLimits names the fields of the form where the use case names limits.
func underLimits(r Rule, err error) error {
	f := fault.Of(err)
	for i, l := range r.Limits {
		for j := range f.Fields {
			if f.Fields[j].Name == "limits."+l.Key {
				f.Fields[j].Name = limitField(i)
			}
		}
	}
	return f
}

// ruleTried shows what the rule would notice with what was typed. Nothing is stored.
func (s *Service) ruleTried(r *http.Request) (templ.Component, error) {
	rule, err := ruleByCode(r.PathValue("code"))
	if err != nil {
		return nil, err
	}
	f, err := web.Form[ruleForm](r)
	var tried Tried
	if err == nil {
		tried, err = s.Try(r.Context(), Try{Code: rule.Code, From: f.From, Through: f.Through, Limits: f.limits(rule), Words: f.words(rule)})
	}
	if err != nil {
		return s.ruleAgain(r, rule, err)
	}
	form := web.NewForm(r, nil)
	v, err := s.seeRule(r, &form)
	if err != nil {
		return nil, err
	}
	v.tried = &tried
	return rulePage(v), nil
}

func (v *ruleView) facts(ctx context.Context) []web.Fact {
	out := []web.Fact{
		{Label: web.T(ctx, "rule.kinds"), Text: v.now.kinds(ctx)},
		{Label: web.T(ctx, "rule.version"), Text: ruleVersion(ctx, v.now.Version)},
		{Label: web.T(ctx, "rule.risk"), Text: web.Int(v.now.Risk)},
	}
	if limits := limitsText(ctx, v.rule.Code, v.now.Limits, v.now.Words); limits != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "rule.limits"), Text: limits})
	}
	return append(out, web.Fact{Label: web.T(ctx, "rule.recent"), Text: web.Int(v.now.Recent)})
}

func ruleVersion(ctx context.Context, n int64) string {
	if n == 0 {
		return web.T(ctx, "rule.shipped")
	}
	return web.T(ctx, "rule.nth", n)
}

// limitsOf words the limits of an earlier version.
func (v *ruleView) limitsOf(ctx context.Context, row ruleRow) string {
	s, err := row.setting(v.rule)
	if err != nil {
		return ""
	}
	on := web.T(ctx, "rule.off")
	if row.Enabled {
		on = web.T(ctx, "rule.on")
	}
	out := on + " · " + web.T(ctx, "rule.risk") + " " + web.Int(row.Risk)
	if limits := limitsText(ctx, v.rule.Code, s.at.n, s.at.words); limits != "" {
		out += " · " + limits
	}
	return out
}

// triedText says how many claims the rule would notice, and how many it did.
func (v *ruleView) triedText(ctx context.Context) string {
	h := v.tried.Hits[0]
	return web.T(ctx, "rule.tried", v.tried.Looked, h.N, h.Was)
}
