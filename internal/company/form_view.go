package company

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/sheet"
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
	return templ.Attributes{
		"hx-get": "/companies/hints", "hx-trigger": "input changed delay:250ms, load", "hx-target": "#hints",
		"hx-include": "#f-name, #f-credit_code, #hint-except", "hx-sync": "#hints:replace",
	}
}

// formProps is the form of a company.
type formProps struct {
	New    bool
	ID     string
	Name   string
	Action string
	State  web.FormState
	Twin   string // the record that this would repeat
	pickers
}

func formOf(rec Record) web.FormState {
	capital := ""
	if rec.Capital != nil {
		capital = trimZeros(sheet.Fixed{N: *rec.Capital, Digits: 6}.String())
	}
	currency := rec.Currency
	if currency == "" {
		currency = "CNY"
	}
	s := web.FormOf("version", itoa(int(rec.Version)), "kind", rec.Kind, "name", rec.Name, "credit_code", rec.CreditCode, "former", strings.Join(rec.Former, "\n"),
		"industry", rec.Industry, "region", rec.Region, "address", rec.Address, "capital", capital, "currency", currency, "status", rec.Status,
		"registered_on", rec.RegisteredOn, "reg_type", rec.RegType, "business", rec.Business)
	for _, t := range rec.Standing {
		s.Values.Add("tags", t.Code)
	}
	return s
}
