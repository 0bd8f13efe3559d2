package company

import (
	"context"
	"encoding/json"
	"net/url"
	"sort"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
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
		return []web.Fact{
			{Label: web.T(ctx, "company.source"), Text: source, URL: "/companies?source=" + url.QueryEscape("import/"+id)},
			{Label: web.T(ctx, "company.updated"), Text: web.MomentFull(db.FromMicros(v.Rec.UpdatedAt))},
		}
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

// recordProps is the record page.
type recordProps struct {
	Rec    Record
	Hints  []Hint
	Trail  []trailLine
	Panels []Panel
	Break  web.FormState // that ends a silence
	pickers
}

type trailLine struct {
	Icon, Who, What, Source string
	At                      time.Time
	Fields                  []string
	Changes                 []audit.Change
}

func (s *Service) recordView(ctx context.Context, rec Record) (v recordProps, err error) {
	if v.pickers, err = s.pickers(ctx); err != nil {
		return v, err
	}
	v.Rec = rec
	out, err := s.Suggest(ctx, Suggest{Name: rec.Name, Except: rec.ID})
	if err != nil {
		return v, err
	}
	for _, h := range out.Hints {
		if h.Likeness >= 70 {
			v.Hints = append(v.Hints, h)
		}
	}
	for _, p := range s.Panels {
		if web.May(ctx, p.Perm) {
			v.Panels = append(v.Panels, Panel{p.Title, strings.ReplaceAll(p.URL, "{id}", url.QueryEscape(rec.ID)), p.Perm})
		}
	}
	v.Trail, err = s.trail(ctx, rec.ID)
	return v, err
}

// trail reads what was done to a company, newest first.
func (s *Service) trail(ctx context.Context, id string) ([]trailLine, error) {
	var list []audit.Record
	var names map[string]string
	err := s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if list, err = audit.History(ctx, tx, "company/"+id, 30); err != nil {
			return err
		}
		var ids []string
		for _, r := range list {
			ids = append(ids, r.Person)
		}
		names, err = auth.Names(ctx, tx, uniq(ids))
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []trailLine
	for _, r := range list {
		l := trailLine{
			Icon: "edit", Who: names[r.Person], What: web.T(ctx, "company.did."+strings.TrimPrefix(r.Action, "company.")), Source: r.Source,
			At: db.FromMicros(r.At), Fields: changedFields(ctx, r), Changes: audit.Edited(r),
		}
		switch r.Action {
		case "company.create":
			l.Icon, l.Fields = "plus", nil
		case "company.merge", "company.merged":
			l.Icon = "git-merge"
		}
		out = append(out, l)
	}
	return out, nil
}

// changedFields names what a change touched.
func changedFields(ctx context.Context, r audit.Record) []string {
	var change map[string]map[string]json.RawMessage
	if json.Unmarshal([]byte(r.Change), &change) != nil {
		return nil
	}
	keys := map[string]bool{}
	for _, side := range change {
		for k := range side {
			keys[k] = true
		}
	}
	var out []string
	for k := range keys {
		if key := "company." + k; web.HasText(key) {
			out = append(out, web.T(ctx, key))
		}
	}
	sort.Strings(out)
	return out
}
