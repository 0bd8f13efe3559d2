package demo

import (
	"context"
	"slices"

	"zhudian/internal/auth"
	"zhudian/internal/company"
)

// library enters the companies and associations, as the stations' member books would have been.
func (m *maker) library(ctx context.Context) error {
	m.at("2019-02-26", 9, 0)
	all := slices.Concat(m.p.firms, m.p.halls, m.p.earlier, m.p.eastern)
	ctx = m.as(ctx, "library", "520000", auth.Province)
	for part := range slices.Chunk(all, 1000) {
		in := make([]company.Create, len(part))
		for i, f := range part {
			in[i] = f.create()
		}
		made, err := m.Company.CreateAll(ctx, in)
		if err != nil {
			return err
		}
		for i, f := range part {
			f.id = made[i].ID
		}
		m.add(len(part))
	}
	return nil
}

func (f *firm) create() company.Create {
	c := company.Create{
		Facts:  company.Facts{Kind: f.kind, Name: f.name, CreditCode: f.code, Industry: f.industry[1:], Region: f.region, Address: f.address, Status: "active"},
		Source: "demo",
	}
	if f.capital > 0 {
		c.Capital, c.Currency = &f.capital, "CNY"
	}
	for _, t := range f.tags {
		c.Tags = append(c.Tags, company.Tag{Code: t, Source: "demo"})
	}
	return c
}
