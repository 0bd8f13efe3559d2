package field

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/web"
)

// coverageView is how far places were swept, as table, bars and map.
type coverageView struct {
	*sight
	in     CoverageFilter
	sum    Coverage
	places []place
	dots   []dot
	box    box
}

// dot is a building on the map.
type dot struct {
	ID       string `db:"id"`
	Name     string `db:"name"`
	District string `db:"district"`
	Lng      int64  `db:"lng"`
	Lat      int64  `db:"lat"`
	Tally
}

func (s *Service) coveragePage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Query[CoverageFilter](r)
	if err != nil {
		return nil, err
	}
	v := &coverageView{in: in}
	if v.sum, err = s.Coverage(ctx, in); err != nil {
		return nil, err
	}
	if v.sight, err = s.sight(ctx, named{}); err != nil {
		return nil, err
	}
	if _, err := audit.Require(ctx, "sweep.read"); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if v.places, err = placesOf(ctx, tx); err != nil {
			return err
		}
		var w clauses
		w.is("b.city", in.City)
		w.is("b.district", in.District)
		v.dots, err = db.All[dot](ctx, tx, `SELECT b.id, b.name, b.district, b.lng, b.lat, `+tallyColumns+` FROM field_building b LEFT JOIN field_door d ON d.building_id = b.id
			WHERE b.lng <> 0 AND `+w.sql()+` GROUP BY b.id, b.name, b.district, b.lng, b.lat ORDER BY b.id LIMIT ?`,
			append(append(tallyArgs(v.sum.Since, tx.Today()), w.args...), maxCovered)...)
		return err
	})
	if err != nil {
		return nil, err
	}
	v.box = boxOf(v.dots)
	return coveragePage(v), nil
}

// by are the grains of the table as tabs of tags.
func (v *coverageView) by(ctx context.Context) []web.Tab {
	var out []web.Tab
	for _, by := range []string{"district", "block", "building"} {
		q := web.Values("by", by, "city", v.in.City, "district", v.in.District, "since", v.in.Since, "all", yes(v.in.All))
		out = append(out, web.Tab{Text: web.T(ctx, "sweep.by."+by), URL: "/sweeps/coverage?" + q.Encode(), On: v.sum.By == by})
	}
	return out
}

// span are the choices of what counts: the present batch, or all that was ever found.
func (v *coverageView) span(ctx context.Context) []web.Tab {
	at := func(all string) string {
		return "/sweeps/coverage?" + web.Values("by", v.in.By, "city", v.in.City, "district", v.in.District, "all", all).Encode()
	}
	return []web.Tab{
		{Text: web.T(ctx, "sweep.this_batch"), URL: at(""), On: !v.in.All},
		{Text: web.T(ctx, "sweep.ever"), URL: at("true"), On: v.in.All},
	}
}

func (v *coverageView) sinceText(ctx context.Context) string {
	if v.sum.Since == "" {
		return web.T(ctx, "sweep.since_ever")
	}
	return web.T(ctx, "sweep.since", v.sum.Since)
}

func (v *coverageView) name(c Covered) string {
	switch {
	case c.Building != "":
		return c.Name
	case v.sum.By == "block":
		return cmp.Or(c.Block, web.Nil)
	}
	return districtName(v.dir, c.District)
}

func (v *coverageView) url(c Covered) string {
	if c.Building != "" {
		return buildingURL(c.Building)
	}
	return "/sweeps?" + web.Values("district", c.District, "block", c.Block).Encode()
}

// columns are the heads of the table; each district is its own.
func (v *coverageView) columns(ctx context.Context) []web.Col {
	out := []web.Col{{Text: web.T(ctx, "sweep.by."+v.sum.By)}}
	if v.sum.By != "district" {
		out = append(out, web.Col{Text: web.T(ctx, "sweep.district"), Width: 96, Wide: true})
	}
	return append(out,
		web.Col{Text: web.T(ctx, "sweep.buildings"), Num: true, Width: 64, Wide: true},
		web.Col{Text: web.T(ctx, "sweep.held_now"), Num: true, Width: 84, Wide: true},
		web.Col{Text: web.T(ctx, "sweep.doors"), Num: true, Width: 64},
		web.Col{Text: web.T(ctx, "sweep.reached"), Num: true, Width: 64},
		web.Col{Text: web.T(ctx, "sweep.share"), Unit: "%", Num: true, Width: 72},
		web.Col{Text: web.T(ctx, "sweep.share"), Hidden: true, Width: 140, Wide: true},
		web.Col{Text: web.T(ctx, "sweep.state.met"), Num: true, Width: 64},
		web.Col{Text: web.T(ctx, "sweep.state.nobody"), Num: true, Width: 64, Wide: true},
		web.Col{Text: web.T(ctx, "sweep.quiet_doors"), Num: true, Width: 72, Wide: true},
		web.Col{Text: web.T(ctx, "sweep.away"), Num: true, Width: 128, Wide: true})
}

// chart shows the part of the doors that was reached, place by place.
func (v *coverageView) chart(ctx context.Context) web.ChartProps {
	d := web.ChartData{Kind: "hbar", Open: -1, Series: []web.ChartSeries{{Name: web.T(ctx, "sweep.reached")}}}
	for _, c := range v.sum.Items {
		d.X = append(d.X, v.name(c))
		d.Series[0].Values = append(d.Series[0].Values, web.Value(c.Share(), 1))
		d.Series[0].Text = append(d.Series[0].Text, web.Rate(c.Reached, c.Doors, 1)+"%  "+web.Int(c.Reached)+" / "+web.Int(c.Doors))
	}
	height := "m"
	if len(d.X) > 6 {
		height = "l"
	}
	return web.ChartProps{
		ID: "c-coverage", Title: web.T(ctx, "sweep.share_by_district"), Meta: "% · " + v.sinceText(ctx), Height: height, Data: d, TableURL: "#coverage",
		Label: web.T(ctx, "sweep.chart_label", web.Rate(v.sum.Total.Reached, v.sum.Total.Doors, 1)),
	}
}

// box is the part of the earth that the map shows, in a picture 1000 wide.
type box struct{ west, east, south, north, high float64 }

const mapWide = 1000

func boxOf(dots []dot) (b box) {
	for i, d := range dots {
		lng, lat := float64(d.Lng)/1e6, float64(d.Lat)/1e6
		if i == 0 {
			b = box{west: lng, east: lng, south: lat, north: lat}
		}
		b.west, b.east, b.south, b.north = min(b.west, lng), max(b.east, lng), min(b.south, lat), max(b.north, lat)
	}
	b.west, b.east, b.south, b.north = b.west-.02, b.east+.02, b.south-.02, b.north+.02
	b.high = math.Round(min(900, max(260, mapWide*(b.north-b.south)/((b.east-b.west)*math.Cos((b.south+b.north)/2*math.Pi/180)))))
	return b
}

func (b box) view() string { return "0 0 1000 " + strconv.FormatFloat(b.high, 'f', 0, 64) }

func (b box) x(lng int64) string {
	return strconv.FormatFloat((float64(lng)/1e6-b.west)/(b.east-b.west)*mapWide, 'f', 1, 64)
}

func (b box) y(lat int64) string {
	return strconv.FormatFloat((b.north-float64(lat)/1e6)/(b.north-b.south)*b.high, 'f', 1, 64)
}

// step is the colour of a dot: none, up to a third, two thirds, nine tenths, more.
func (d dot) step() string {
	switch n := d.Share(); {
	case d.Reached == 0:
		return "s0"
	case n < 333:
		return "s1"
	case n < 667:
		return "s2"
	case n < 900:
		return "s3"
	}
	return "s4"
}

// size of a dot grows with its doors.
func (d dot) size() string { return strconv.FormatFloat(6+math.Sqrt(float64(d.Doors)), 'f', 1, 64) }

// label is a district's name in the middle of its buildings.
type label struct{ text, x, y string }

func (v *coverageView) labels() []label {
	sums := map[string][3]int64{}
	var order []string
	for _, d := range v.dots {
		s := sums[d.District]
		if s[0] == 0 {
			order = append(order, d.District)
		}
		sums[d.District] = [3]int64{s[0] + 1, s[1] + d.Lng, max(s[2], d.Lat)}
	}
	var out []label
	for _, c := range order {
		s := sums[c]
		out = append(out, label{districtName(v.dir, c), v.box.x(s[1] / s[0]), v.box.y(s[2] + 9000)})
	}
	return out
}
