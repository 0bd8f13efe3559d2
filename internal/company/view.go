package company

import (
	"context"

	"zhudian/internal/db"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

// Around is what other features know around a company, within the scope of who asks.
type Around struct {
	Visits int64
	Last   string // date of the last visit
	Intent string // the grade it noted, A to D
}

// Surroundings are answered by the features that know visits and talks.
type Surroundings interface {
	Around(ctx context.Context, companies []string) (map[string]Around, error)
}

// Panel is a part of the record page that another feature serves; {id} in URL stands for the company.
type Panel struct{ Title, URL, Perm string }

// pickers are the choices of forms and filters in one language.
type pickers struct {
	d    *org.Directory
	lang string
}

func (s *Service) pickers(ctx context.Context) (p pickers, err error) {
	p.lang = web.Lang(ctx)
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		p.d, err = org.Open(ctx, tx)
		return err
	})
	return p, err
}

func any0(ctx context.Context) web.Choice { return web.Choice{Text: web.T(ctx, "company.any")} }

func (p pickers) kinds(ctx context.Context, all bool) []web.Choice {
	out := []web.Choice{{Value: Enterprise, Text: web.T(ctx, "company.kind.enterprise")}, {Value: Association, Text: web.T(ctx, "company.kind.association")}}
	if all {
		out = append([]web.Choice{any0(ctx)}, out...)
	}
	return out
}

func (p pickers) statuses(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "company.unknown")}}
	for _, s := range Statuses {
		out = append(out, web.Choice{Value: s, Text: web.T(ctx, "company.status."+s)})
	}
	return out
}

func (p pickers) currencies() []web.Choice {
	out := []web.Choice{{Value: "CNY", Text: "CNY"}}
	for _, c := range currencies {
		if c.code != "CNY" {
			out = append(out, web.Choice{Value: c.code, Text: c.code})
		}
	}
	return out
}

func (p pickers) tags() []web.Choice {
	var out []web.Choice
	for _, c := range p.d.Codes("standing", "") {
		out = append(out, web.Choice{Value: c.Code, Text: c.Title(p.lang)})
	}
	return out
}

func (p pickers) sections() []web.Choice {
	var out []web.Choice
	for _, i := range p.d.IndustriesIn("") {
		out = append(out, web.Choice{Value: i.Code, Text: i.Code + " " + i.Title(p.lang)})
	}
	return out
}

// industries are the sections with their divisions under them.
func (p pickers) industries(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "company.unknown")}}
	for _, s := range p.d.IndustriesIn("") {
		out = append(out, web.Choice{Value: s.Code, Text: s.Code + " " + s.Title(p.lang)})
		for _, i := range p.d.IndustriesIn(s.Code) {
			out = append(out, web.Choice{Value: i.Code, Text: "　" + s.Code + i.Code + " " + i.Title(p.lang)})
		}
	}
	return out
}

// regionChoice is the chosen region, for a picker that finds the others by typing.
func (p pickers) regionChoice(code string) []web.Choice {
	out := []web.Choice{{}}
	if code != "" {
		out = append(out, web.Choice{Value: code, Text: p.d.RegionName(code)})
	}
	return out
}

func (p pickers) cities(ctx context.Context, province string) []web.Choice {
	out := []web.Choice{any0(ctx)}
	for _, r := range p.d.RegionsIn(province) {
		if r.Level == "city" && r.ValidTo == org.Last {
			out = append(out, web.Choice{Value: r.Code, Text: r.Name})
		}
	}
	return out
}

func (p pickers) provinces(ctx context.Context) []web.Choice {
	out := []web.Choice{any0(ctx)}
	for _, r := range p.d.RegionsIn("") {
		out = append(out, web.Choice{Value: r.Code, Text: r.Name})
	}
	return out
}

// industryName gives "C39 计算机、通信和其他电子设备制造业"; short leaves it at a word or two.
func (p pickers) industryName(c Company) string {
	if c.Industry == "" {
		return ""
	}
	code := c.Industry
	if code != c.Section {
		code = c.Section + code
	}
	return code + " " + p.d.IndustryName(c.Industry, p.lang)
}

func (p pickers) tagName(code string) string { return p.d.CodeName("standing", code, p.lang) }

// place is the finest name of where a company is, without what stands above it.
func (p pickers) place(c Company) string {
	r, ok := p.d.Region(c.Region)
	if !ok {
		return ""
	}
	return r.Name
}

// capitalShown is a cell of the column of registered capital; another currency than yuan is named.
func capitalShown(ctx context.Context, c Facts) string {
	switch {
	case c.Capital == nil:
		return web.Nil
	case c.Currency != "CNY":
		return c.Currency + " " + web.Fixed(*c.Capital, 6, 0)
	case web.Lang(ctx) == "en" || *c.Capital%1_0000_00 != 0:
		return web.MoneyCell(ctx, *c.Capital, web.Wan)
	}
	return web.Fixed(*c.Capital, 6, 0)
}

func statusTone(status string) string {
	switch status {
	case "active":
		return "act"
	case "revoked", "cancelled":
		return "alarm"
	case "suspended", "moved":
		return "due"
	}
	return "hollow"
}

func statusName(ctx context.Context, status string) string {
	if status == "" {
		return ""
	}
	return web.T(ctx, "company.status."+status)
}
