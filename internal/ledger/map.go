package ledger

import (
	"context"
	"slices"

	"zhudian/internal/org"
	"zhudian/internal/web"
)

// outlines are the outlines that a grouping can be drawn on.
var outlines = map[string]string{"county": "guizhou-counties.json", "city": "guizhou-prefectures.json"}

// mapped reports whether the groups are places of a map.
func (x *explorer) mapped() bool {
	return outlines[x.by] != "" && len(x.rows) > 0 && x.about.Kind != "growth"
}

// learnPlaces keeps the names of every place of the map: one without entries is named as well.
func (x *explorer) learnPlaces(sp *speaker) {
	kind := map[string]org.Kind{"county": org.County, "city": org.City}[x.by]
	for _, u := range sp.dir.Units(x.in.Through) {
		if outlines[x.by] != "" && u.Kind == kind {
			x.places = append(x.places, Named{u.Code, u.Title(sp.lang)})
		}
	}
}

// placeMap draws the groups on the map; the table below says the same without scripts.
func (x *explorer) placeMap(ctx context.Context) web.ChartProps {
	scale := 0
	if x.about.Unit == Fen {
		scale = x.money.Power(ctx)
	}
	rows := map[string]groupRow{}
	for _, r := range x.rows {
		rows[r.key] = r
	}
	d := web.ChartData{Kind: "map", Open: -1, Geo: web.Asset(outlines[x.by]), NoData: web.T(ctx, "ledger.map_none")}
	s := web.ChartSeries{Name: x.about.Name}
	var seen []float64
	for _, p := range x.places {
		d.X = append(d.X, p.Code)
		r, has := rows[p.Code]
		var v *float64
		text, link := p.Name+" · "+d.NoData, ""
		if has && !r.value.None {
			v = point(r.value, scale)
			seen = append(seen, *v)
			text, link = p.Name+" "+cellIn(ctx, x.about.Unit, r.value, x.money)+headUnit(ctx, x.about.Unit, x.money), r.in.drawer()
		}
		s.Values, s.Text, s.Link = append(s.Values, v), append(s.Text, text), append(s.Link, link)
	}
	d.Series, d.Breaks = []web.ChartSeries{s}, breaks(seen)
	return web.ChartProps{
		ID: "c-map", Title: web.T(ctx, "ledger.map", web.T(ctx, "ledger.dim."+x.by)), Meta: x.basisText(ctx) + " · " + web.T(ctx, "ledger.map_schematic"),
		Height: "l", Data: d, TableURL: "#by",
		Label: web.T(ctx, "ledger.chart_label", x.about.Name, spanText(ctx, x.in.FiguresIn), Show(ctx, x.about.Unit, x.fig.Value).String()),
	}
}

// breaks parts values into at most five classes of about the same number of places, at round numbers.
func breaks(values []float64) []float64 {
	slices.Sort(values)
	out := []float64{0}
	for i := 1; i < 5 && len(values) > 0; i++ {
		b := roundDown(values[len(values)*i/5])
		if b > out[len(out)-1] {
			out = append(out, b)
		}
	}
	return out
}

// roundDown keeps the first digit of a number.
func roundDown(v float64) float64 {
	unit := 1.0
	for unit*10 <= v {
		unit *= 10
	}
	if v < 1 {
		return 0
	}
	return float64(int64(v/unit)) * unit
}
