package assess

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// spare is how many empty rows each part of the page ends with.
const spare = 2

type planView struct {
	*schemeView
}

// rows counts the rows of a part: those with values, and empty ones.
func (v *planView) rows(part string) int {
	n := 0
	for v.form.Values.Has(fmt.Sprintf("%s[%d].name", part, n)) {
		n++
	}
	for n > 0 && v.form.Value(fmt.Sprintf("%s[%d].name", part, n-1)) == "" {
		n--
	}
	return n + spare
}

// opened shows a row whose fields have a fault.
func (v *planView) opened(at string) bool {
	if v.form.Fault == nil {
		return false
	}
	for _, f := range v.form.Fault.Fields {
		if strings.HasPrefix(f.Name, at) {
			return true
		}
	}
	return false
}

func (v *planView) rowTitle(ctx context.Context, at string) string {
	if name := v.form.Value(at + "name"); name != "" {
		if en := v.form.Value(at + "name_en"); en != "" && v.lang == "en" {
			return en
		}
		return name
	}
	return web.T(ctx, "assess.plan_add")
}

func (v *planView) rowMeta(ctx context.Context, at string) string {
	for _, f := range []struct{ name, text string }{{"weight", "assess.plan_weight"}, {"each", "assess.each"}} {
		if n := v.form.Value(at + f.name); n != "" {
			return web.T(ctx, f.text, n)
		}
	}
	return ""
}

func measureChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.Nil}}
	for _, m := range ledger.Measures {
		out = append(out, web.Choice{Value: m.Code, Text: ledger.NameOf(ctx, m.Code)})
	}
	for _, t := range Tallies {
		out = append(out, web.Choice{Value: t.Code, Text: t.Name.In(web.Lang(ctx))})
	}
	return out
}

// bottomChoices are the targets and the measures.
func bottomChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.Nil}}
	for _, m := range targetMeasures {
		out = append(out, web.Choice{Value: targetOf + m, Text: web.T(ctx, "assess.target_of", targetName(ctx, m))})
	}
	return append(out, measureChoices(ctx)[1:]...)
}

// indicatorChoices are the indicators of the plan as it is saved.
func (v *planView) indicatorChoices() []web.Choice {
	out := []web.Choice{{Text: web.Nil}}
	for _, x := range v.scheme.Plan.Indicators {
		out = append(out, web.Choice{Value: x.Key, Text: x.Name.In(v.lang)})
	}
	return out
}

func basisChoices(ctx context.Context) []web.Choice {
	return []web.Choice{{Text: web.T(ctx, "ledger.basis.location")}, {Value: string(ledger.ByCredit), Text: web.T(ctx, "ledger.basis.credit")}}
}

func (s *Service) editPage(r *http.Request) (templ.Component, error) { return s.planForm(r, nil) }

func (s *Service) planForm(r *http.Request, form *web.FormState) (templ.Component, error) {
	v := &planView{&schemeView{}}
	var err error
	if v.scheme, err = s.Scheme(r.Context(), ByID{r.PathValue("id")}); err != nil {
		return nil, err
	}
	v.form = web.FormState{Values: valuesOf(v.scheme.Plan)}
	if form != nil {
		v.form = *form
	}
	v.sight, err = s.see(r)
	return planPage(v), err
}

// editPosted writes the plan: a draft is written again, a version in force gives a new draft.
func (s *Service) editPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	f, err := web.Form[planForm](r)
	form := web.NewForm(r, err)
	old, bad := s.Scheme(ctx, ByID{r.PathValue("id")})
	if bad != nil {
		return nil, bad
	}
	var out Scheme
	if err == nil {
		d := Draft{}
		if old.State == "draft" {
			d.ID = old.ID
		}
		if d.Plan, err = f.plan(old.Plan); err != nil {
			form = web.NewForm(r, err)
		} else if out, err = s.SaveScheme(ctx, d); err != nil {
			form = web.FormState{Values: valuesOf(d.Plan), Fault: fault.Of(err)} // its faults do not count the rows that were left out
		}
	}
	if err == nil {
		return web.RedirectToast(schemeURL(out.ID), web.Toast{Text: web.T(ctx, "assess.scheme_saved", web.Int(out.Version))}), nil
	}
	page, bad := s.planForm(r, &form)
	if bad != nil {
		return nil, bad
	}
	return web.Retry(page, err)
}
