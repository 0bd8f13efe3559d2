package company

import (
	"context"

	"zhudian/internal/web"
)

// mergeProps is the merge page.
type mergeProps struct {
	Keep, Gone Record
	Lines      []mergeLine
	State      web.FormState
}

type mergeLine struct {
	Name, Label, Keep, Gone string
	TakeGone                bool // what is chosen at first: the kept one's, unless that is empty
}

// twoCodes tells that the records are two organisations by their codes.
func (v mergeProps) twoCodes() bool {
	return v.Keep.CreditCode != "" && v.Gone.CreditCode != "" && v.Keep.CreditCode != v.Gone.CreditCode
}

func (s *Service) mergeView(ctx context.Context, in pair) (v mergeProps, err error) {
	if v.Keep, err = s.Get(ctx, ByID{in.Keep}); err != nil {
		return v, err
	}
	if v.Gone, err = s.Get(ctx, ByID{in.Gone}); err != nil {
		return v, err
	}
	p, err := s.pickers(ctx)
	if err != nil {
		return v, err
	}
	add := func(name, keep, gone string) {
		if keep != gone {
			v.Lines = append(v.Lines, mergeLine{name, web.T(ctx, "company."+name), keep, gone, keep == "" || keep == web.Nil})
		}
	}
	a, b := v.Keep, v.Gone
	add("kind", web.T(ctx, "company.kind."+a.Kind), web.T(ctx, "company.kind."+b.Kind))
	add("name", a.Name, b.Name)
	add("credit_code", a.CreditCode, b.CreditCode)
	add("industry", p.industryName(a.Company), p.industryName(b.Company))
	add("region", p.d.RegionName(a.Region), p.d.RegionName(b.Region))
	add("address", a.Address, b.Address)
	add("capital", capitalShown(ctx, a.Facts), capitalShown(ctx, b.Facts))
	add("status", statusName(ctx, a.Status), statusName(ctx, b.Status))
	add("registered_on", a.RegisteredOn, b.RegisteredOn)
	add("reg_type", a.RegType, b.RegType)
	add("business", a.Business, b.Business)
	return v, nil
}
