package field

import (
	"context"
	"strings"

	"zhudian/internal/web"
)

func visitTags(ctx context.Context, v Visit) []web.Tag {
	return []web.Tag{{Text: web.T(ctx, "field.kind."+v.Kind)}, {Text: web.T(ctx, "field.way."+v.Way)}, {Text: web.T(ctx, "field.intent_tag", v.Intent), Tone: intentTone(v.Intent)}}
}

func (v *visitView) facts(ctx context.Context) []web.Fact {
	r := v.rec
	out := []web.Fact{
		{Label: web.T(ctx, "field.kind."+r.Kind), Comp: companyLink(v.sight, r.Company)},
		{Label: web.T(ctx, "field.day"), Text: strings.TrimSpace(r.Day + " " + strings.Trim(r.From+"–"+r.To, "–"))},
		{Label: web.T(ctx, "field.team"), Text: v.team(r.Team)},
		{Label: web.T(ctx, "field.officer"), Text: v.person(r.CreatedBy)},
	}
	var names []string
	for _, o := range r.Officers {
		names = append(names, o.Name)
	}
	for _, f := range []struct{ key, text string }{
		{"field.officers", strings.Join(names, web.T(ctx, "field.comma"))},
		{"field.purpose", r.Purpose},
		{"field.visited", v.dir.RegionName(r.Visited)},
		{"field.address", r.Address},
	} {
		if f.text != "" {
			out = append(out, web.Fact{Label: web.T(ctx, f.key), Text: f.text})
		}
	}
	if r.MetLevel != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "field.met"), Text: web.T(ctx, "field.level."+r.MetLevel)})
	}
	for _, w := range r.With {
		out = append(out, web.Fact{Label: web.T(ctx, "field.joint"), Text: v.team(w.Team) + " " + web.Share(w.Share)})
	}
	first := "field.return_visit"
	if r.First {
		first = "field.first_visit"
	}
	out = append(out, web.Fact{Label: web.T(ctx, "field.which"), Text: web.T(ctx, first)})
	if f, ok := v.chips["visit.total"]; ok {
		out = append(out, web.Fact{Label: web.T(ctx, "field.visits_so_far"), Comp: figFact(f)})
	}
	return out
}

func visitFormTitle(ctx context.Context, v *visitFormView) string {
	switch {
	case v.rec == nil:
		return web.T(ctx, "field.record_visit")
	case v.rec.Claim != nil && v.rec.Claim.Standing > 0:
		return web.T(ctx, "field.correct_visit")
	}
	return web.T(ctx, "field.edit_visit")
}

func visitSubmit(ctx context.Context, v *visitFormView) string {
	switch {
	case v.rec == nil:
		return web.T(ctx, "field.submit")
	case v.rec.Claim != nil && v.rec.Claim.Standing > 0:
		return web.T(ctx, "field.submit_correction")
	}
	return web.T(ctx, "field.save")
}

func newCompany(ctx context.Context) string {
	if web.May(ctx, "company.create") {
		return web.T(ctx, "field.new_company")
	}
	return ""
}

func (v *visitFormView) companyChoice(field string) []web.Choice {
	return v.chosen(v.state, field)
}

// chosen is the company a form has chosen already; the others are found by typing.
func (v *sight) chosen(s web.FormState, field string) []web.Choice {
	out := []web.Choice{{}}
	for _, id := range s.Values[field] {
		if id != "" {
			out = append(out, web.Choice{Value: id, Text: v.company(id)})
		}
	}
	return out
}

func intentChoices(ctx context.Context) []web.Choice {
	out := web.Coded(ctx, "", "field.intent", "A", "B", "C", "D")
	for i := range out {
		out[i].Hint = web.T(ctx, "field.intent_means."+out[i].Value)
	}
	return out
}

func (v *sight) formTeams(ctx context.Context) []web.Choice {
	out := v.teamChoices(ctx, "")
	out[0] = web.Choice{}
	return out
}

// partners are the other teams of the stations the person works at.
func (v *sight) partners(lead string) []web.Choice {
	here := map[string]bool{}
	for _, t := range v.mine {
		here[t.Station] = true
	}
	out := []web.Choice{{}}
	for _, s := range v.stations {
		if !here[s.ID] {
			continue
		}
		for _, id := range sortedTeams(v.teams, s.ID) {
			if id != lead {
				out = append(out, web.Choice{Value: id, Text: v.team(id)})
			}
		}
	}
	return out
}

func (v *visitFormView) backURL() string {
	if v.rec != nil {
		return visitURL(v.rec.ID)
	}
	return "/visits"
}

// openMore shows the further fields when one of them holds something or is at fault.
func (v *visitFormView) openMore() bool {
	for _, name := range []string{"from", "to", "met_level", "purpose", "address", "wants", "officers", "with[0].team", "with[0].share", "with[1].team", "with[1].share", "with", "evidence"} {
		if v.state.Field(name) != nil || v.state.Value(name) != "" {
			return true
		}
	}
	return false
}
