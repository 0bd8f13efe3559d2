package web

import (
	"encoding/json"
	"strconv"

	"github.com/a-h/templ"
)

// ChartProps is a chart: declarative data drawn by chart.js, a link to the same data as a table, and one
// sentence for those who cannot see it.
type ChartProps struct {
	ID       string // names the chart; nothing on the page depends on it
	Title    string
	Meta     string // unit and basis: the unit stands here, never on the axis
	Label    string // the sentence for screen readers
	TableURL string // "看表"
	Height   string // s 92, m 180 (default), l 320, xl 560
	Data     ChartData
	Head     templ.Component // further controls at the right
	Later    bool            // drawn when it comes into view: on public pages the library would keep readers waiting
}

// ChartData is what chart.js draws. Values are for drawing only; texts are made in Go.
type ChartData struct {
	Kind   string        `json:"kind"` // bar, stack, line, month (bars and cumulative line), hbar, map, sankey
	X      []string      `json:"x,omitempty"`
	Series []ChartSeries `json:"series"`
	// Open is the index of the unfinished month, outlined; -1 for none.
	Open int `json:"open"`
	// Map: the address of the GeoJSON, its name key, the break points, the flows and the names written on it.
	Geo    string      `json:"geo,omitempty"`
	Breaks []float64   `json:"breaks,omitempty"`
	Flows  []ChartFlow `json:"flows,omitempty"`
	Marks  []ChartMark `json:"marks,omitempty"`
	// Map: things at their places, and the names of their groups, which are its legend.
	Points []ChartPoint `json:"points,omitempty"`
	Groups []string     `json:"groups,omitempty"`
	NoData string       `json:"noData,omitempty"`
	// Sankey: what went from one place to another.
	Links []ChartLink `json:"links,omitempty"`
}

// spec is the data as chart.js reads it: an attribute, because scripts in swapped parts are dropped.
func (d ChartData) spec() (string, error) {
	b, err := json.Marshal(d)
	return string(b), err
}

// ChartSeries is one series; a nil value is a gap. Text labels the points, Link opens the drawer for each, URL is a page
// that each leads to.
type ChartSeries struct {
	Name   string     `json:"name"`
	Values []*float64 `json:"values"`
	Text   []string   `json:"text,omitempty"`
	Link   []string   `json:"link,omitempty"`
	URL    []string   `json:"url,omitempty"`
}

// ChartFlow is a flow on a map between two places, wide by amount.
type ChartFlow struct {
	From  [2]float64 `json:"from"`
	To    [2]float64 `json:"to"`
	Value float64    `json:"value"`
	Text  string     `json:"text"`
}

// ChartMark is a name written on a map.
type ChartMark struct {
	At   [2]float64 `json:"at"`
	Text string     `json:"text"`
	Big  bool       `json:"big,omitempty"`
}

// ChartPoint is a thing at its place on a map; Group is the index of its group, URL its page.
type ChartPoint struct {
	At    [2]float64 `json:"at"`
	Text  string     `json:"text"`
	Group int        `json:"group"`
	URL   string     `json:"url"`
}

// ChartLink is one band of a Sankey chart; Link opens the drawer.
type ChartLink struct {
	From  string  `json:"from"`
	To    string  `json:"to"`
	Value float64 `json:"value"`
	Text  string  `json:"text"`
	Link  string  `json:"link,omitempty"`
}

// Value makes a point of a chart from an exact integer: n / 10^scale.
func Value(n int64, scale int) *float64 {
	v := float64(n) / float64(pow10(scale))
	return &v
}

func (p ChartProps) heightClass() string { return "h-" + first(p.Height, "m") }

// TrendPoint is one point of the small line in the drawer; marked ones carry their figure.
type TrendPoint struct {
	Label string // on the axis, or ""
	Value int64
	Text  string // figure of a marked point
}

const trendW, trendH = 470, 72

// trendXY places point i within the line's box.
func trendXY(ps []TrendPoint, i int) (x, y int64) {
	hi, lo := int64(1), int64(0)
	for _, p := range ps {
		hi, lo = max(hi, p.Value), min(lo, p.Value)
	}
	x = 2
	if len(ps) > 1 {
		x = 2 + int64(i)*(trendW-66)/int64(len(ps)-1)
	}
	up, _ := ratio(ps[i].Value-lo, hi-lo, 3)
	return x, trendH - 4 - up*(trendH-20)/1000
}

func num(n int64) string { return strconv.FormatInt(n, 10) }

// trendLine is the points as an SVG path; area closes it to the axis.
func trendLine(ps []TrendPoint, area bool) string {
	if len(ps) == 0 {
		return ""
	}
	s := ""
	for i := range ps {
		x, y := trendXY(ps, i)
		if i == 0 {
			s = "M"
		} else {
			s += "L"
		}
		s += num(x) + " " + num(y)
	}
	if area {
		x, _ := trendXY(ps, len(ps)-1)
		s += "L" + num(x) + " " + num(trendH) + "L2 " + num(trendH) + "Z"
	}
	return s
}

// trendAnchor keeps the text of a marked point inside the picture.
func trendAnchor(ps []TrendPoint, i int) string {
	if i == len(ps)-1 {
		return "start"
	}
	return "end"
}

func trendAt(ps []TrendPoint, i int) (x, y, tx, ty string) {
	px, py := trendXY(ps, i)
	if i == len(ps)-1 {
		return num(px), num(py), num(px + 6), num(py + 4)
	}
	return num(px), num(py), num(px), num(py - 8)
}
