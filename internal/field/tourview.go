package field

import (
	"context"
	"strconv"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/web"
)

func (v *tourView) facts(ctx context.Context) []web.Fact {
	t := v.rec.Tour
	day := t.Day
	if t.Until != "" && t.Until != t.Day {
		day += " – " + t.Until
	}
	out := []web.Fact{
		{Label: web.T(ctx, "field.enterprise"), Comp: companyLink(v.sight, t.Company)},
		{Label: web.T(ctx, "field.receiver"), Text: v.unit(t.Receiver)},
		{Label: web.T(ctx, "field.day"), Text: day},
		{Label: web.T(ctx, "field.heads"), Text: strconv.FormatInt(t.Heads, 10)},
		{Label: web.T(ctx, "field.team"), Text: v.team(t.Team)},
		{Label: web.T(ctx, "field.officer"), Text: v.person(t.CreatedBy)},
	}
	if t.Level != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "field.met_tour"), Text: web.T(ctx, "field.level."+t.Level)})
	}
	if t.Host != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "field.host"), Text: t.Host})
	}
	for _, w := range v.rec.With {
		out = append(out, web.Fact{Label: web.T(ctx, "field.joint"), Text: v.team(w.Team) + " " + web.Share(w.Share)})
	}
	if t.ConfirmedBy != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "field.confirmed_by"), Text: v.person(t.ConfirmedBy) + " · " + web.Moment(ctx, db.FromMicros(t.ConfirmedAt))})
	}
	if f, ok := v.chips["tour"]; ok {
		out = append(out, web.Fact{Label: web.T(ctx, "field.tours_so_far"), Comp: figFact(f)})
	}
	return out
}

func planTitle(ctx context.Context, v *planView) string {
	if v.rec != nil {
		return web.T(ctx, "field.edit_tour")
	}
	return web.T(ctx, "field.plan_tour")
}

func planSubmit(ctx context.Context, v *planView) string {
	if v.rec != nil {
		return web.T(ctx, "field.save")
	}
	return web.T(ctx, "field.plan_submit")
}

func arrangeText(ctx context.Context, v *tourView) string {
	if v.rec.Reception != nil {
		return web.T(ctx, "reception.rearrange")
	}
	return web.T(ctx, "reception.arrange")
}

// sharePairs fills the form's fields of the other teams.
func sharePairs(with []Share) []string {
	var out []string
	for i, w := range with {
		at := "with[" + strconv.Itoa(i) + "]."
		out = append(out, at+"team", w.Team, at+"share", strings.TrimRight(strings.TrimRight(web.Fixed(w.Share, 4, 4), "0"), "."))
	}
	return out
}
