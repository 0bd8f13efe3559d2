package pipeline

import (
	"context"
	"net/url"

	"zhudian/internal/db"
	"zhudian/internal/field"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/web"
)

// listView is the list of projects with what its page shows beside the rows.
type listView struct {
	in       Filter
	view     string // board, else the table
	list     List
	chips    map[string]web.FigProps
	dir      *org.Directory
	stations []station.Station
	events   []field.EventTitle
}

func (v *listView) fill(ctx context.Context, tx *db.Tx) (err error) {
	if v.dir, err = org.Open(ctx, tx); err != nil {
		return err
	}
	if v.stations, err = station.All(ctx, tx); err != nil {
		return err
	}
	if v.events, err = field.EventTitles(ctx, tx); err != nil {
		return err
	}
	v.chips, err = ledger.Chips(ctx, tx, v.question())
	return err
}

// question is the figures' form of the list's filters, so that the totals above it are sums and not counts of rows.
func (v *listView) question() ledger.FiguresIn {
	q := ledger.FiguresIn{Measure: []string{"project.registered", "project.signed", "contract.amount", "funds.received"}, Station: v.in.Station, Unit: v.in.Unit}
	for _, x := range []struct{ dim, v string }{{"wheel", v.in.Wheel}, {"mode", v.in.Mode}, {"industry", v.in.Industry}, {"event", v.in.Event}, {"company", v.in.Company}} {
		if x.v != "" {
			q.Where = append(q.Where, x.dim+":"+x.v)
		}
	}
	return q
}

func (v listView) query() url.Values {
	q := url.Values{}
	for k, x := range map[string]string{
		"unit": v.in.Unit, "station": v.in.Station, "stage": v.in.Stage, "status": v.in.Status, "health": v.in.Health, "industry": v.in.Industry, "wheel": v.in.Wheel, "mode": v.in.Mode,
		"nature": v.in.Nature, "event": v.in.Event, "state": v.in.State, "company": v.in.Company, "q": v.in.Q,
	} {
		if x != "" {
			q.Set(k, x)
		}
	}
	return q
}

func (v listView) props(ctx context.Context) web.ListProps {
	lang := web.Lang(ctx)
	p := web.ListProps{Action: listPath, Unit: web.T(ctx, "project.unit"), Loaded: len(v.list.Items), Total: -1, Filters: []web.FilterProps{
		{Name: "q", Label: web.T(ctx, "project.search"), Kind: "search", Value: v.in.Q, Placeholder: web.T(ctx, "project.search")},
		{Name: "unit", Label: web.T(ctx, "project.place"), Value: v.in.Unit, Choices: v.places(ctx)},
		{Name: "station", Label: web.T(ctx, "project.station"), Value: v.in.Station, Choices: v.stationChoices(ctx)},
		{Name: "wheel", Label: web.T(ctx, "project.wheel"), Value: v.in.Wheel, Choices: codes(ctx, v.dir, "wheel", true)},
		{Name: "state", Label: web.T(ctx, "project.state"), Value: v.in.State, Choices: anyOf(ctx, "project.state.", "filed", "reviewed", "recognised", "returned", "correcting")},
	}, MoreFilters: moreFilters(v, lang), Empty: noProjects(v)}
	p.Views = v.views(ctx)
	if v.view != "" {
		p.Filters = append(p.Filters, web.FilterProps{Name: "view", Kind: "hidden", Value: v.view})
	}
	for _, x := range []string{v.in.Stage, v.in.Status, v.in.Health, v.in.Industry, v.in.Mode, v.in.Nature, v.in.Event} {
		if x != "" {
			p.MoreSet++
		}
	}
	q := v.query()
	if len(q) > 0 {
		p.ClearURL = listPath
	}
	if v.list.Next != "" {
		q.Set("after", v.list.Next)
		p.Next = listPath + "?" + q.Encode()
	}
	return p
}

// places lists the prefectures and counties of the directory.
func (v listView) places(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "project.all")}}
	for _, u := range v.dir.Units(web.Today(ctx)) {
		if u.Kind == org.City || u.Kind == org.County {
			out = append(out, web.Choice{Value: u.Code, Text: u.Title(web.Lang(ctx))})
		}
	}
	return out
}

func (v listView) stationChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "project.all")}}
	for _, s := range v.stations {
		out = append(out, web.Choice{Value: s.ID, Text: s.Name})
	}
	return out
}

func (v listView) eventChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "project.all")}}
	for _, e := range v.events {
		out = append(out, web.Choice{Value: e.ID, Text: e.Day + " " + e.Name})
	}
	return out
}

func codes(ctx context.Context, dir *org.Directory, list string, withAll bool) []web.Choice {
	var out []web.Choice
	if withAll {
		out = append(out, web.Choice{Text: web.T(ctx, "project.all")})
	}
	for _, c := range dir.Codes(list, web.Today(ctx)) {
		out = append(out, web.Choice{Value: c.Code, Text: c.Title(web.Lang(ctx))})
	}
	return out
}

func anyOf(ctx context.Context, prefix string, codes ...string) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "project.all")}}
	for _, c := range codes {
		out = append(out, web.Choice{Value: c, Text: web.T(ctx, prefix+c)})
	}
	return out
}

func industries(ctx context.Context, dir *org.Directory) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "project.choose")}}
	for _, section := range dir.IndustriesIn("") {
		for _, d := range dir.IndustriesIn(section.Code) {
			out = append(out, web.Choice{Value: section.Code + d.Code, Text: section.Code + d.Code + " " + d.Title(web.Lang(ctx))})
		}
	}
	return out
}

// industryName names C39 the way the directory knows it.
func industryName(dir *org.Directory, code, lang string) string {
	if len(code) > 1 && code[0] >= 'A' {
		return code + " " + dir.IndustryName(code[1:], lang)
	}
	return code + " " + dir.IndustryName(code, lang)
}

// fundsView is the list of payments.
type fundsView struct {
	in    FundsFilter
	list  FundsList
	chips map[string]web.FigProps
}

func (v fundsView) query() url.Values {
	q := url.Values{}
	for k, x := range map[string]string{"q": v.in.Q, "month": v.in.Month, "state": v.in.State} {
		if x != "" {
			q.Set(k, x)
		}
	}
	return q
}

func (v fundsView) props(ctx context.Context) web.ListProps {
	p := web.ListProps{Action: fundsPath, Unit: web.T(ctx, "project.payments"), Loaded: len(v.list.Items), Total: -1, Filters: []web.FilterProps{
		{Name: "q", Label: web.T(ctx, "project.voucher_no"), Kind: "search", Value: v.in.Q, Placeholder: web.T(ctx, "project.voucher_no")},
		{Name: "month", Label: web.T(ctx, "project.month"), Kind: "month", Value: v.in.Month},
		{Name: "state", Label: web.T(ctx, "project.state"), Value: v.in.State, Choices: anyOf(ctx, "project.state.", "filed", "reviewed", "recognised", "returned", "correcting")},
	}, Empty: noFunds(v)}
	q := v.query()
	if len(q) > 0 {
		p.ClearURL = fundsPath
	}
	if v.list.Next != "" {
		q.Set("after", v.list.Next)
		p.Next = fundsPath + "?" + q.Encode()
	}
	return p
}
