package company

import (
	"cmp"
	"context"
	"net/url"

	"zhudian/internal/web"
)

func tagTone(code string) string {
	switch code {
	case "in_guizhou":
		return "act"
	case "discredited":
		return "alarm"
	}
	return ""
}

// list is the frame of the list: filters, selection bar and foot.
func (v listProps) list(ctx context.Context) web.ListProps {
	total, more := v.total()
	province := v.In.Province
	if province == "" {
		province = "440000" // most of what stations visit lies there; the others are behind the filter button
	}
	p := web.ListProps{
		Action: "/companies", ClearURL: v.clear(), Unit: web.T(ctx, "company.unit"), Loaded: len(v.List.Items), Total: total, AtLeast: more,
		Next: v.next(), Query: v.Query.Encode(),
		Filters: []web.FilterProps{
			{Name: "q", Label: web.T(ctx, "company.search"), Kind: "search", Value: v.In.Q},
			{Name: "kind", Label: web.T(ctx, "company.kind"), Value: v.In.Kind, Choices: v.kinds(ctx, true)},
			{Name: "city", Label: web.T(ctx, "company.city"), Value: v.In.City, Choices: v.cities(ctx, province)},
			{Name: "section", Label: web.T(ctx, "company.industry"), Value: v.In.Section, Choices: append([]web.Choice{any0(ctx)}, v.sections()...)},
			{Name: "tag", Label: web.T(ctx, "company.tags"), Value: v.In.Tag, Choices: append([]web.Choice{any0(ctx)}, v.tags()...)},
		},
		MoreFilters: moreFilters(v), MoreSet: v.set(),
		Sorts: []web.Choice{{Value: "recent", Text: web.T(ctx, "company.sort.recent")}, {Value: "name", Text: web.T(ctx, "company.sort.name")}}, Sort: cmp.Or(v.In.Sort, "recent"),
	}
	if v.In.Q != "" {
		p.Sorts = append([]web.Choice{{Value: "best", Text: web.T(ctx, "company.sort.best")}}, p.Sorts...)
		p.Sort = cmp.Or(v.In.Sort, "best")
	}
	if web.May(ctx, "company.merge") {
		p.Bulk = append(p.Bulk, web.BulkAction{Text: web.T(ctx, "company.merge"), Icon: "git-merge", URL: "/companies/merge/choose"})
	}
	if web.May(ctx, "company.export") {
		p.Bulk = append(p.Bulk, web.BulkAction{Text: web.T(ctx, "company.export"), Icon: "download", URL: "/companies/export"})
	}
	if len(v.List.Items) == 0 {
		p.Empty = emptyList(v)
	}
	return p
}

func (v listProps) selectable(ctx context.Context) bool {
	return web.May(ctx, "company.merge") || web.May(ctx, "company.export")
}

// columns are the heads of the list, in the order of listLine.
func (v listProps) columns(ctx context.Context) []web.Col {
	var out []web.Col
	if v.selectable(ctx) {
		out = append(out, web.Col{Check: true})
	}
	out = append(out,
		web.Col{Text: web.T(ctx, "company.name")},
		web.Col{Text: web.T(ctx, "company.tags"), Width: 132, Wide: true},
		web.Col{Text: web.T(ctx, "company.credit_code"), Width: 166, Wide: true},
		web.Col{Text: web.T(ctx, "company.industry"), Width: 160, Wide: true},
		web.Col{Text: web.T(ctx, "company.region"), Width: 92},
		web.Col{Text: web.T(ctx, "company.capital"), Unit: web.MoneyUnit(ctx, web.Wan), Num: true, Width: 136, Wide: true})
	if v.Wired {
		out = append(out,
			web.Col{Text: web.T(ctx, "company.intent"), Width: 60, Wide: true},
			web.Col{Text: web.T(ctx, "company.visits"), Num: true, Width: 64, Wide: true},
			web.Col{Text: web.T(ctx, "company.last"), Num: true, Width: 72})
	}
	return append(out, web.Col{Text: web.T(ctx, "company.status"), Width: 96, Wide: v.Wired})
}

// listProps is the list page.
type listProps struct {
	In    Query
	List  List
	Work  map[string]Around
	Hint  bool // nothing is stored yet
	Query url.Values
	Wired bool // other features tell what is around a company
	pickers
}

func (s *Service) listView(ctx context.Context, in Query) (listProps, error) {
	p, err := s.pickers(ctx)
	if err != nil {
		return listProps{}, err
	}
	v := listProps{In: in, pickers: p, Query: in.values(), Wired: s.Work != nil}
	in.Total = true
	if v.List, err = s.List(ctx, in); err != nil {
		return v, err
	}
	v.Hint = len(v.List.Items) == 0 && len(v.Query) == 0
	if s.Work != nil && len(v.List.Items) > 0 {
		ids := make([]string, len(v.List.Items))
		for i, c := range v.List.Items {
			ids[i] = c.ID
		}
		v.Work, err = s.Work.Around(ctx, ids)
	}
	return v, err
}

// values gives the filters as they stand in an address, without paging.
func (in Query) values() url.Values {
	q := url.Values{}
	for k, v := range map[string]string{
		"q": in.Q, "kind": in.Kind, "province": in.Province, "city": in.City, "region": in.Region, "section": in.Section,
		"industry": in.Industry, "tag": in.Tag, "status": in.Status, "source": in.Source, "sort": in.Sort,
	} {
		if v != "" {
			q.Set(k, v)
		}
	}
	return q
}

func (v listProps) next() string {
	if v.List.Next == "" {
		return ""
	}
	q := v.In.values()
	q.Set("after", v.List.Next)
	return "/companies?" + q.Encode()
}

func (v listProps) total() (int64, bool) {
	if v.List.Total == nil {
		return -1, false
	}
	if *v.List.Total > MaxTotal {
		return MaxTotal, true
	}
	return *v.List.Total, false
}

// set counts the filters behind the filter button.
func (v listProps) set() int {
	n := 0
	for _, s := range []string{v.In.Province, v.In.Status, v.In.Source, v.In.Region, v.In.Industry} {
		if s != "" {
			n++
		}
	}
	return n
}

func (v listProps) clear() string {
	q := v.In.values()
	q.Del("sort")
	if len(q) == 0 {
		return ""
	}
	return "/companies"
}

// filters names the conditions in force, for an empty list.
func (v listProps) filters(ctx context.Context) []string {
	var out []string
	add := func(text string) {
		if text != "" {
			out = append(out, text)
		}
	}
	add(v.In.Q)
	if v.In.Kind != "" {
		add(web.T(ctx, "company.kind."+v.In.Kind))
	}
	for _, code := range []string{v.In.Province, v.In.City, v.In.Region} {
		add(v.d.RegionName(code))
	}
	for _, code := range []string{v.In.Section, v.In.Industry} {
		add(v.d.IndustryName(code, v.lang))
	}
	if v.In.Tag != "" {
		add(v.tagName(v.In.Tag))
	}
	if v.In.Status != "" {
		add(web.T(ctx, "company.status."+v.In.Status))
	}
	return out
}
