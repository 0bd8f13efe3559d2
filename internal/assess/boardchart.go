package assess

import (
	"context"
	"net/url"

	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

func drawer(q ledger.FiguresIn) string { return "/figures/drawer?" + q.Query().Encode() }

// point is a value as a chart draws it.
func (v *boardView) point(ctx context.Context, n int64) *float64 {
	scale := 0
	if unitOf(v.Measure) == ledger.Fen {
		scale = web.Yi.Power(ctx)
	}
	return web.Value(n, scale)
}

func (v *boardView) cell(ctx context.Context, n int64) string {
	if unitOf(v.Measure) == ledger.Fen {
		return web.MoneyCell(ctx, n, web.Yi)
	}
	return web.Int(n)
}

// countyMap draws the measure on the counties of the province.
func (v *boardView) countyMap(ctx context.Context, wall bool) web.ChartProps {
	rows := map[string]Part{}
	for _, p := range v.Counties {
		rows[p.Key] = p
	}
	d := web.ChartData{Kind: "map", Open: -1, Geo: web.Asset("guizhou-counties.json"), NoData: web.T(ctx, "ledger.map_none")}
	s := web.ChartSeries{Name: ledger.NameOf(ctx, v.Measure)}
	var seen []float64
	for _, u := range v.dir.Units(v.Question.Through) {
		if u.Kind != org.County {
			continue
		}
		d.X = append(d.X, u.Code)
		p, has := rows[u.Code]
		var value *float64
		text, link := u.Title(v.lang)+" · "+d.NoData, ""
		if has {
			value = v.point(ctx, p.Value)
			seen = append(seen, *value)
			text, link = u.Title(v.lang)+" "+v.cell(ctx, p.Value)+" "+headUnit(ctx, v.Measure), drawer(narrow(v.Question, v.Measure, "county", u.Code))
		}
		s.Values, s.Text, s.Link = append(s.Values, value), append(s.Text, text), append(s.Link, link)
	}
	d.Series, d.Breaks = []web.ChartSeries{s}, ledger.Breaks(seen)
	out := web.ChartProps{
		ID: "c-map", Title: web.T(ctx, "board.map", s.Name), Meta: headUnit(ctx, v.Measure) + " · " + web.T(ctx, "ledger.map_schematic"), Height: "l",
		Data: d, TableURL: v.tableURL(v.Measure, "county"), Label: web.T(ctx, "board.map_label", s.Name, web.Int(int64(len(v.Counties)))),
	}
	if wall {
		out.Height, out.TableURL = "xl", ""
		v.flowsOnMap(ctx, &out.Data)
		out.Meta = headUnit(ctx, v.Measure) + " · " + web.T(ctx, "screen.map_meta")
	}
	return out
}

// seats are where the prefectures' names stand on the map, in degrees.
var seats = map[string][2]float64{
	"520100": {106.71, 26.70}, "520200": {104.95, 26.10}, "520300": {107.05, 28.05}, "520400": {105.95, 26.05}, "520500": {105.35, 27.20},
	"520600": {108.75, 27.85}, "522300": {105.35, 25.30}, "522600": {108.55, 26.45}, "522700": {107.45, 25.95}, "GA00": {106.45, 26.38},
}

// away is where flows come in: Shenzhen lies beyond the south-eastern corner of the picture.
var away = [2]float64{109.45, 24.85}

// flowsOnMap marks the prefectures with their share and draws what came to each.
func (v *boardView) flowsOnMap(ctx context.Context, d *web.ChartData) {
	for _, p := range v.Cities {
		at, ok := seats[p.Key]
		if !ok {
			continue
		}
		text := v.word(ctx, "city", p.Key) + " " + v.cell(ctx, p.Value)
		d.Marks = append(d.Marks, web.ChartMark{At: at, Text: text})
		if p.Value > 0 {
			d.Flows = append(d.Flows, web.ChartFlow{From: away, To: at, Value: *v.point(ctx, p.Value), Text: text})
		}
	}
	name := web.T(ctx, "screen.away")
	if v.in.Station != "" {
		name = v.station(v.in.Station)
	}
	d.Marks = append(d.Marks, web.ChartMark{At: away, Text: name, Big: true})
}

// sankey draws the flows from cities of origin to prefectures.
func (v *boardView) sankey(ctx context.Context) web.ChartProps {
	d := web.ChartData{Kind: "sankey", Open: -1, Series: []web.ChartSeries{}}
	for _, f := range v.Flows {
		q := narrow(v.Question, v.Measure, "city", f.To)
		link := ""
		if f.From != "" {
			link = drawer(narrow(q, v.Measure, "origin_city", f.From))
		}
		d.Links = append(d.Links, web.ChartLink{
			From: v.word(ctx, "origin_city", f.From), To: v.word(ctx, "city", f.To), Value: *v.point(ctx, f.Value),
			Text: v.cell(ctx, f.Value) + " " + headUnit(ctx, v.Measure), Link: link,
		})
	}
	return web.ChartProps{
		ID: "c-flow", Title: web.T(ctx, "board.flows"), Meta: ledger.NameOf(ctx, v.Measure) + " · " + headUnit(ctx, v.Measure), Height: "l", Data: d,
		TableURL: v.tableURL(v.Measure, "origin_city"), Label: web.T(ctx, "board.flows_label"),
	}
}

// monthChart draws the measure month by month.
func (v *boardView) monthChart(ctx context.Context, height string) web.ChartProps {
	d := web.ChartData{Kind: "bar", Open: -1, X: []string{}}
	s := web.ChartSeries{Name: ledger.NameOf(ctx, v.Measure)}
	months := v.Months[max(0, len(v.Months)-14):]
	for i, m := range months {
		if m.Key == v.Question.Through[:7] && v.Question.Through[8:] < "28" {
			d.Open = i
		}
		d.X = append(d.X, m.Key[2:])
		q := v.Question
		q.From, q.Through, q.Measure = m.Key+"-01", min(endOf(m.Key), v.Question.Through), []string{v.Measure}
		s.Values, s.Text, s.Link = append(s.Values, v.point(ctx, m.Value)), append(s.Text, v.cell(ctx, m.Value)), append(s.Link, drawer(q))
	}
	d.Series = []web.ChartSeries{s}
	return web.ChartProps{
		ID: "c-months", Title: web.T(ctx, "board.months", s.Name), Meta: headUnit(ctx, v.Measure), Height: height, Data: d,
		TableURL: v.tableURL(v.Measure, "month"), Label: web.T(ctx, "board.months_label", s.Name),
	}
}

func projectURL(id string) string { return "/projects/" + url.PathEscape(id) }
