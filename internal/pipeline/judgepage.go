package pipeline

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/web"
)

// mayJudge: somebody else than the finder judges.
func (v *leadRecord) mayJudge(ctx context.Context) bool {
	return v.rec.State == "new" && web.May(ctx, "lead.judge") && v.rec.CreatedBy != v.who.Person
}

type judgeForm struct {
	Valid   bool    `json:"valid"`
	Opinion Opinion `json:"opinion"`
	Reason  string  `json:"reason" maxLength:"500"`
	Version int64   `json:"version"`
}

func (s *Service) judgePosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[judgeForm](r)
	if err == nil {
		_, err = s.JudgeLead(r.Context(), Judge{ID: r.PathValue("id"), Valid: in.Valid, Opinion: in.Opinion, Reason: in.Reason, Version: in.Version})
	}
	return s.leadDone(r, err, "lead.judged_toast")
}

// gradeChoices are the grades of an aspect, each with its word.
func gradeChoices(ctx context.Context) []web.Choice {
	return web.Coded(ctx, "", "lead.grade", grades...)
}

// partSteps are the four parts of a valid lead as a list to tick off, each with what it rests on.
func (v *leadRecord) partSteps(ctx context.Context) []web.Step {
	o := v.rec.Opinion
	var graded []string
	for _, a := range o.aspects() {
		graded = append(graded, web.T(ctx, "lead.aspect."+a.key)+" "+web.T(ctx, "lead.grade."+cmp.Or(a.grade, "none")))
	}
	rests := map[string]string{"fit": graded[0], "proposal": o.Proposal, "favourable": strings.Join(graded[1:], " · "), "report": o.Report}
	var out []web.Step
	for _, p := range v.rec.Parts {
		out = append(out, web.Step{Text: web.T(ctx, "lead.part."+p.Key), Done: p.Met, When: rests[p.Key]})
	}
	return out
}

type stepForm struct {
	Said    string `json:"said" maxLength:"1000"`
	Version int64  `json:"version"`
}

func (s *Service) stepPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[stepForm](r)
	if err == nil {
		_, err = s.StepLead(r.Context(), NewStep{ID: r.PathValue("id"), Said: in.Said, Version: in.Version})
	}
	return s.leadDone(r, err, "lead.step_toast")
}

// stepLabel says what is to be written down next.
func (v *leadRecord) stepLabel(ctx context.Context) string {
	if v.rec.Next == "verdict" {
		return web.T(ctx, "lead.step.progress")
	}
	return web.T(ctx, "lead.step."+v.rec.Next)
}

// leadsBlock is what the workbench shows of leads: disputes to decide, what one has to do by tomorrow, and what others let
// pass.
func (s *Service) leadsBlock(r *http.Request) (templ.Component, error) {
	who, err := audit.Require(r.Context(), "lead.read")
	if err != nil {
		return nil, err
	}
	var open Disputes
	if who.May("dispute.decide") {
		if open, err = s.ListDisputes(r.Context(), DisputeFilter{State: "open", Page: db.Page{Limit: 6}}); err != nil {
			return nil, err
		}
	}
	var list []Lead
	err = s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		list, err = dueLeads(ctx, tx, who, 6)
		return err
	})
	if err != nil {
		return nil, err
	}
	var firms []Lead
	for _, x := range open.Items {
		firms = append(firms, x.FirstLead)
	}
	v, err := s.leadSight(r.Context(), firms)
	if err != nil {
		return nil, err
	}
	return templ.Join(openDisputesPart(open.Items, v), dueLeadsPart(list)), nil
}
