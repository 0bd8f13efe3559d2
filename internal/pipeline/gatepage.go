package pipeline

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

const gatesPath = "/admin/gates"

// gatesView is the page of what the stages demand.
type gatesView struct {
	list  GatesList
	now   Gates
	state web.FormState
	names map[string]string
	who   audit.Actor
}

func (s *Service) openGates(ctx context.Context, state web.FormState) (gatesView, error) {
	v := gatesView{state: state}
	var err error
	if v.list, err = s.ListGates(ctx, struct{}{}); err != nil {
		return v, err
	}
	v.who, _ = audit.Who(ctx)
	v.now = v.list.inForce()
	if len(state.Values) == 0 {
		v.state.Values = web.FormOf().Values
		for i, g := range v.now.Gates {
			at := "gates[" + strconv.Itoa(i) + "]."
			v.state.Values.Set(at+"days", strconv.FormatInt(g.Days, 10))
			v.state.Values[at+"fields"], v.state.Values[at+"papers"], v.state.Values[at+"roles"] = g.Fields, g.Papers, g.Roles
			if g.Skip {
				v.state.Values.Set(at+"skip", "true")
			}
		}
	}
	var people []string
	for _, g := range v.list.Items {
		people = append(people, g.CreatedBy, g.ApprovedBy)
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		v.names, err = auth.Names(ctx, tx, slices.DeleteFunc(people, func(p string) bool { return p == "" }))
		return err
	})
	return v, err
}

func (s *Service) gatesPage(r *http.Request) (templ.Component, error) {
	v, err := s.openGates(r.Context(), web.FormState{})
	if err != nil {
		return nil, err
	}
	return gatesPage(v), nil
}

func (s *Service) gatesPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[NewGates](r)
	if err == nil {
		_, err = s.ProposeGates(r.Context(), in)
	}
	return s.gatesDone(r, web.NewForm(r, err), err, "project.gates_proposed")
}

func (s *Service) gatesApproved(r *http.Request) (templ.Component, error) {
	in, err := web.Form[ApproveGates](r)
	if err == nil {
		_, err = s.ApproveGates(r.Context(), in)
	}
	state := web.FormState{}
	if err != nil {
		state.Fault = fault.Of(err)
	}
	return s.gatesDone(r, state, err, "project.gates_approved")
}

func (s *Service) gatesDone(r *http.Request, state web.FormState, err error, toast string) (templ.Component, error) {
	if err == nil {
		return web.RedirectToast(gatesPath, web.Toast{Text: web.T(r.Context(), toast)}), nil
	}
	v, bad := s.openGates(r.Context(), state)
	if bad != nil {
		return nil, bad
	}
	return web.Retry(gatesPage(v), err)
}

// mayApprove: somebody else than the author, and nothing older than what holds.
func (v gatesView) mayApprove(ctx context.Context, g Gates) bool {
	return web.May(ctx, "gate.edit") && g.ApprovedBy == "" && g.Version > v.list.InForce && g.CreatedBy != v.who.Person
}

// fieldWords, paperWords and roleWords say what a gate demands.
func fieldWords(ctx context.Context, g Gate) string {
	return joined(ctx, g.Fields, func(k string) string { return web.T(ctx, "project.detail."+k) })
}

func paperWords(ctx context.Context, g Gate) string {
	if g.Stage == signedQ {
		return joined(ctx, append([]string{""}, g.Papers...), func(k string) string {
			if k == "" {
				return web.T(ctx, "project.need.contract")
			}
			return paperWord(ctx, k)
		})
	}
	return joined(ctx, g.Papers, func(k string) string { return paperWord(ctx, k) })
}

func paperWord(ctx context.Context, k string) string {
	if kind, may := strings.CutSuffix(k, "?"); may {
		return web.T(ctx, "project.paper_or_reason", web.T(ctx, "project.paper."+kind))
	}
	return web.T(ctx, "project.paper."+k)
}

func roleWords(ctx context.Context, g Gate) string {
	if fixed(g.Stage) {
		return web.T(ctx, "project.need.by.verified")
	}
	return joined(ctx, g.Roles, func(k string) string { return web.T(ctx, "project.role."+k) })
}

func joined(ctx context.Context, keys []string, word func(string) string) string {
	if len(keys) == 0 {
		return web.Nil
	}
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = word(k)
	}
	return strings.Join(out, web.T(ctx, "project.comma"))
}

func fieldChoices(ctx context.Context) []web.Choice {
	return web.Coded(ctx, "", "project.detail", detailKeys...)
}

func paperChoices(ctx context.Context) []web.Choice {
	var out []web.Choice
	for _, k := range paperKinds {
		out = append(out, web.Choice{Value: k, Text: paperWord(ctx, k)}, web.Choice{Value: k + "?", Text: paperWord(ctx, k+"?")})
	}
	return out
}

// fixed reports whether a stage is passed by verification and not by a role that confirms.
func fixed(stage string) bool { return stage == inTalks || stage == signedQ || counts[stage] != "" }

func gateNote(ctx context.Context, g Gates) string {
	if g.Note == "" {
		return web.T(ctx, "project.gates_first")
	}
	return g.Note
}
