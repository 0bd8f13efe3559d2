package assess

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

type schemeView struct {
	*sight
	scheme Scheme
	form   web.FormState
}

// typed is what stands in a field of the form: what was typed last, or what the version holds.
func (v *schemeView) typed(name string, n int64) string {
	if v.form.Values.Has(name) {
		return v.form.Value(name)
	}
	if strings.HasPrefix(name, "goal.") && n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func (v *schemeView) meta(ctx context.Context) string {
	s := v.scheme
	if s.Version == 1 {
		return web.T(ctx, "assess.comes_with")
	}
	out := web.T(ctx, "assess.scheme_state."+s.State) + " · " + v.person(s.MadeBy)
	if s.ApprovedBy != "" {
		out += " · " + web.T(ctx, "assess.approved_by", v.person(s.ApprovedBy), db.FromMicros(s.ApprovedAt).In(db.Zone()).Format(time.DateOnly))
	}
	return out
}

// cards is the state of the switch of cards.
func (v *schemeView) cards() web.FormState {
	if v.form.Values != nil || !v.scheme.Plan.Cards {
		return v.form
	}
	return web.FormOf("cards", "true")
}

func (v *schemeView) saveText(ctx context.Context) string {
	if v.scheme.State == "draft" {
		return web.T(ctx, "assess.save_draft")
	}
	return web.T(ctx, "assess.new_version")
}

func goalText(x Indicator) string {
	if x.Goal == 0 {
		return "100%"
	}
	return strconv.FormatInt(x.Goal, 10) + "%"
}

// counted says what an extra counts.
func (v *schemeView) counted(ctx context.Context, x Extra) string {
	switch {
	case x.Count != nil:
		out := v.term(ctx, *x.Count)
		if x.Less != nil {
			out += " − " + v.term(ctx, *x.Less)
		}
		if x.Clears != "" {
			out += web.T(ctx, "assess.clears")
		}
		return out
	case x.Found != "":
		out := web.T(ctx, "assess.found", rulingName(x.Found).In(v.lang))
		if x.Clears != "" {
			out += web.T(ctx, "assess.clears")
		}
		return out
	}
	return web.T(ctx, "assess.no_data", x.NoData.In(v.lang))
}

func (s *Service) schemePage(r *http.Request) (templ.Component, error) { return s.schemeForm(r, nil) }

func (s *Service) schemeForm(r *http.Request, form *web.FormState) (templ.Component, error) {
	v := &schemeView{}
	var err error
	if v.scheme, err = s.Scheme(r.Context(), ByID{r.PathValue("id")}); err != nil {
		return nil, err
	}
	if form != nil {
		v.form = *form
	}
	if v.sight, err = s.see(r, v.scheme.MadeBy, v.scheme.ApprovedBy); err != nil {
		return nil, err
	}
	return schemePage(v), nil
}

// schemePosted writes the weights, goals and cards of the form over the plan of the version it was shown with: a draft
// is written again, a version in force gives a new draft.
func (s *Service) schemePosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[struct {
		Weight map[string]string `json:"weight"`
		Goal   map[string]string `json:"goal"`
		Cards  bool              `json:"cards"`
	}](r)
	if err != nil {
		return nil, err
	}
	old, err := s.Scheme(ctx, ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	d := Draft{Plan: old.Plan}
	if old.State == "draft" {
		d.ID = old.ID
	}
	d.Plan.Cards = in.Cards
	d.Plan.Indicators = slices.Clone(old.Plan.Indicators)
	err = rate(d.Plan.Indicators, in.Weight, in.Goal)
	var out Scheme
	if err == nil {
		out, err = s.SaveScheme(ctx, d)
	}
	if err == nil {
		return web.RedirectToast(schemeURL(out.ID), web.Toast{Text: web.T(ctx, "assess.scheme_saved", web.Int(out.Version))}), nil
	}
	form := web.NewForm(r, err)
	page, bad := s.schemeForm(r, &form)
	if bad != nil {
		return nil, bad
	}
	return web.Retry(page, err)
}

// rate puts typed weights and goals into the indicators. A goal that is left empty is 100 %.
func rate(list []Indicator, weights, goals map[string]string) error {
	var c fault.Checks
	for i := range list {
		x := &list[i]
		for _, f := range []struct {
			name, text string
			into       *int64
		}{{"weight." + x.Key, weights[x.Key], &x.Weight}, {"goal." + x.Key, goals[x.Key], &x.Goal}} {
			*f.into = 0
			if f.text == "" {
				continue
			}
			n, bad := web.ParseInt(f.text)
			if bad != nil {
				bad.Name = f.name
				c.AddField(*bad)
			}
			*f.into = n
		}
	}
	return c.Err()
}

func (s *Service) approvePosted(r *http.Request) (templ.Component, error) {
	out, err := s.Approve(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	return web.RedirectToast(schemeURL(out.ID), web.Toast{Text: web.T(r.Context(), "assess.approved")}), nil
}
