package match

import (
	"context"
	"slices"
	"strconv"

	"zhudian/internal/org"
	"zhudian/internal/web"
)

// MapProps says how sites are drawn on the map of counties.
type MapProps struct {
	Dir    *org.Directory
	Sites  []Site
	Site   func(id string) string   // address of a site
	County func(code string) string // address of the sites of a county
	Table  string                   // where the same stands as a table
}

// CountyOf gives the county a site lies in: of its unit, else its region; "" when it lies in none.
func CountyOf(dir *org.Directory, s Site, day string) string {
	if p, err := dir.Path(s.Unit, day); err == nil && p.County != "" {
		return p.County
	}
	if u, err := dir.Unit(s.Region); err == nil && u.Kind == org.County {
		return u.Code
	}
	return ""
}

// MapOf draws sites as points, by kind, on the counties, which are shaded by how many they have. The list beside it
// says the same without scripts.
func MapOf(ctx context.Context, p MapProps) web.ChartProps {
	lang, today := web.Lang(ctx), web.Today(ctx)
	d := web.ChartData{Kind: "map", Open: -1, Geo: web.Asset("guizhou-counties.json"), NoData: web.T(ctx, "site.map_none"), Breaks: []float64{1, 2, 3, 5}}
	for _, k := range SiteKinds {
		d.Groups = append(d.Groups, web.T(ctx, "site.kind."+k))
	}
	n, placed := map[string]int{}, 0
	for _, s := range p.Sites {
		county := CountyOf(p.Dir, s, today)
		n[county]++
		if s.LngMicro != 0 {
			placed++
			d.Points = append(d.Points, web.ChartPoint{At: [2]float64{s.Lng, s.Lat}, Group: slices.Index(SiteKinds, s.Kind), Text: s.Title(lang) + " · " + p.Dir.UnitName(s.Unit, lang), URL: p.Site(s.ID)})
		}
	}
	s := web.ChartSeries{Name: web.T(ctx, "site.title")}
	for _, u := range p.Dir.Units(today) {
		if u.Kind != org.County {
			continue
		}
		d.X = append(d.X, u.Code)
		var v *float64
		text, url := u.Title(lang)+" · "+d.NoData, ""
		if c := n[u.Code]; c > 0 {
			v, text, url = web.Value(int64(c), 0), u.Title(lang)+" "+web.T(ctx, "site.n", strconv.Itoa(c)), p.County(u.Code)
		}
		s.Values, s.Text, s.URL = append(s.Values, v), append(s.Text, text), append(s.URL, url)
	}
	d.Series = []web.ChartSeries{s}
	return web.ChartProps{
		ID: "c-sites", Title: web.T(ctx, "site.map"), Meta: web.T(ctx, "site.schematic"), Height: "xl", Data: d, TableURL: p.Table,
		Label: web.T(ctx, "site.map_label", strconv.Itoa(len(p.Sites)), strconv.Itoa(placed)),
	}
}
