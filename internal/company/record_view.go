package company

import (
	"context"
	"net/url"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/web"
)

func mergeURL(keep, gone string) string {
	return "/companies/merge?" + url.Values{"keep": {keep}, "gone": {gone}}.Encode()
}

func (v recordProps) tagBoxes() []web.Tag {
	var out []web.Tag
	for _, t := range v.Rec.Standing {
		out = append(out, web.Tag{Text: v.tagName(t.Code), Tone: tagTone(t.Code)})
	}
	return out
}

func (v recordProps) facts(ctx context.Context) []web.Fact {
	c := v.Rec.Company
	capital := ""
	if c.Capital != nil && c.Currency == "CNY" {
		capital = web.Money(ctx, *c.Capital, web.Wan).String()
	} else if c.Capital != nil {
		capital = capitalShown(ctx, c.Facts) + " " + web.T(ctx, "company.wan_any")
	}
	out := []web.Fact{
		{Label: web.T(ctx, "company.kind"), Text: web.T(ctx, "company.kind."+c.Kind)},
		{Label: web.T(ctx, "company.industry"), Text: v.industryName(c)},
		{Label: web.T(ctx, "company.region"), Text: v.d.RegionName(c.Region)},
		{Label: web.T(ctx, "company.address"), Text: c.Address},
		{Label: web.T(ctx, "company.capital"), Text: capital},
		{Label: web.T(ctx, "company.status"), Text: statusName(ctx, c.Status)},
		{Label: web.T(ctx, "company.registered_on"), Text: c.RegisteredOn},
		{Label: web.T(ctx, "company.reg_type"), Text: c.RegType},
	}
	if len(c.Former) > 0 {
		out = append(out, web.Fact{Label: web.T(ctx, "company.former"), Text: strings.Join(c.Former, "；")})
	}
	if c.Business != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "company.business"), Text: c.Business})
	}
	return out
}

func (v recordProps) standing() []web.Fact {
	var out []web.Fact
	for _, t := range v.Rec.Standing {
		text := strings.Trim(t.Source+" · "+t.On, " ·")
		out = append(out, web.Fact{Label: v.tagName(t.Code), Text: text})
	}
	return out
}

func (v recordProps) about(ctx context.Context) []web.Fact {
	source := v.Rec.Source
	if key := "company.via." + source; web.HasText(key) {
		source = web.T(ctx, key)
	}
	if id, ok := strings.CutPrefix(source, "import/"); ok {
		source = web.T(ctx, "company.from_import")
		return []web.Fact{{Label: web.T(ctx, "company.source"), Text: source, URL: "/companies?source=" + url.QueryEscape("import/"+id)},
			{Label: web.T(ctx, "company.updated"), Text: web.MomentFull(db.FromMicros(v.Rec.UpdatedAt))}}
	}
	return []web.Fact{{Label: web.T(ctx, "company.source"), Text: source}, {Label: web.T(ctx, "company.updated"), Text: web.MomentFull(db.FromMicros(v.Rec.UpdatedAt))}}
}

func (l trailLine) second(ctx context.Context) string {
	parts := strings.Join(l.Fields, web.T(ctx, "company.list_comma"))
	if l.Source != "" && l.Source != "web" && web.HasText("company.via."+l.Source) {
		if parts != "" {
			parts += " · "
		}
		parts += web.T(ctx, "company.via."+l.Source)
	}
	return parts
}
