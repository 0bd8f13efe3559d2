package company

import (
	"context"

	"github.com/a-h/templ"

	"zhudian/internal/web"
)

func (p formProps) title(ctx context.Context) string {
	if p.New {
		return web.T(ctx, "company.new")
	}
	return web.T(ctx, "company.edit_title", p.Name)
}

func (p formProps) back() string {
	if p.New {
		return "/companies"
	}
	return recordURL(p.ID)
}

func (p formProps) crumbs(ctx context.Context) []web.Crumb {
	out := []web.Crumb{{Text: web.T(ctx, "company.title"), URL: "/companies"}}
	if !p.New {
		out = append(out, web.Crumb{Text: p.Name, URL: recordURL(p.ID)})
	}
	return out
}

// hinting asks for likely duplicates while one types.
func (p formProps) hinting() templ.Attributes {
	return templ.Attributes{"hx-get": "/companies/hints", "hx-trigger": "input changed delay:250ms, load", "hx-target": "#hints",
		"hx-include": "#f-name, #f-credit_code, #hint-except", "hx-sync": "#hints:replace"}
}
