package company

import (
	"context"
	"strings"

	"zhudian/internal/web"
)

func bases(ctx context.Context) []web.Choice {
	var out []web.Choice
	for _, b := range Bases {
		out = append(out, web.Choice{Value: b, Text: basisName(ctx, b)})
	}
	return out
}

func basisName(ctx context.Context, basis string) string { return web.T(ctx, "company.basis."+basis) }

func joined(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, " · ")
}

func contactCols(ctx context.Context, withCompany bool) []web.Col {
	out := []web.Col{{Text: web.T(ctx, "company.person"), Width: 120}}
	if withCompany {
		out = append(out, web.Col{Text: web.T(ctx, "company.name")})
	}
	return append(out,
		web.Col{Text: web.T(ctx, "company.post"), Width: 140, Wide: true},
		web.Col{Text: web.T(ctx, "company.phone"), Width: 130},
		web.Col{Text: web.T(ctx, "company.wechat"), Width: 130, Wide: true},
		web.Col{Text: web.T(ctx, "company.email"), Width: 180, Wide: true},
		web.Col{Text: web.T(ctx, "company.basis"), Width: 110, Wide: true},
		web.Col{Text: web.T(ctx, "company.reveal"), Num: true, Width: 96, Hidden: true})
}

func contactList(ctx context.Context, in Contacts, list []Contact, next string) web.ListProps {
	p := web.ListProps{
		Action: "/contacts", Unit: web.T(ctx, "company.people_unit"), Loaded: len(list), Total: -1, Next: next,
		Filters: []web.FilterProps{{Name: "q", Label: web.T(ctx, "company.contact_search"), Kind: "search", Value: in.Q}},
	}
	if in.Q != "" || in.Company != "" {
		p.ClearURL = "/contacts"
	}
	if len(list) == 0 {
		props := web.EmptyProps{Icon: "address-book", Title: web.T(ctx, "company.contacts_none"), Text: web.T(ctx, "company.contacts_none_text")}
		if in.Q != "" {
			props = web.EmptyProps{Icon: "filter-off", Title: web.T(ctx, "company.no_match"), Text: web.T(ctx, "company.contact_search_text"), Filters: []string{in.Q}}
		}
		p.Empty = web.Empty(props)
	}
	return p
}
