package ledger

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"zhudian/internal/web"
)

// heading says whose figure stands big: 合同投资额 · 驻点 深圳.
func (x *explorer) heading() string {
	return strings.Join(append([]string{x.title}, x.words...), " · ")
}

// facts is the line under the figures: the span, the basis, what was known.
func (x *explorer) facts(ctx context.Context) []string {
	out := []string{spanText(ctx, x.in.FiguresIn)}
	if x.in.Known != "" {
		out = append(out, web.T(ctx, "ledger.known")+" "+knownText(ctx, x.in.Known))
	}
	return append(out, web.T(ctx, "ledger.basis."+x.in.Basis))
}

// spanText is the business dates of a question: 2019-11-20 至 2020-12-15, or 截至 2020-12-15.
func spanText(ctx context.Context, in FiguresIn) string {
	if in.From == "" {
		return web.T(ctx, "ledger.span_through", in.Through)
	}
	return web.T(ctx, "ledger.span", in.From, in.Through)
}

func (x *explorer) hint(ctx context.Context) string { return web.T(ctx, "ledger.open_hint") }

func (x *explorer) basisText(ctx context.Context) string {
	parts := []string{headUnit(ctx, x.about.Unit, x.money), web.T(ctx, "book.basis."+x.in.Book), web.T(ctx, "ledger.basis_text."+x.in.Basis)}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// adds reports whether the parts of the figure add up to it, so that shares and sums so far make sense.
func (x *explorer) adds() bool { return x.about.Kind == "" || x.about.Kind == "sum" }

func (x *explorer) top() int64 {
	top := int64(1)
	for _, r := range x.rows {
		top = max(top, r.value.N)
	}
	return top
}

// besideMoney is the unit of money of the i-th column beside the figure.
func (x *explorer) besideMoney(i int) web.Unit {
	if i < len(x.related) {
		return moneyUnit(x.related[i].Value.N)
	}
	return x.money
}

func (x *explorer) columns(ctx context.Context) []web.Col {
	cols := []web.Col{{Text: web.T(ctx, "ledger.dim."+x.by)}, {Text: x.about.Name, Unit: headUnit(ctx, x.about.Unit, x.money), Num: true, Width: 126}}
	if x.adds() {
		cols = append(cols, web.Col{Text: web.T(ctx, "ledger.share_bar"), Hidden: true, Width: 104, Wide: true}, web.Col{Text: web.T(ctx, "ledger.share"), Unit: "%", Num: true, Width: 68, Wide: true})
	}
	for i, c := range x.cols {
		cols = append(cols, web.Col{Text: c.Name, Unit: headUnit(ctx, c.Unit, x.besideMoney(i)), Num: true, Width: 112, Wide: true})
	}
	return cols
}

func (x *explorer) pageURL(change func(url.Values)) string {
	in := x.in.FiguresIn
	in.By = []string{x.by}
	q := in.Query()
	if x.in.View != "" {
		q.Set("view", x.in.View)
	}
	change(q)
	return "/figures?" + q.Encode()
}

// fields are the parts of the address, for a form that adds to it.
func (x *explorer) fields() [][2]string {
	u, _ := url.Parse(x.pageURL(func(url.Values) {})) // made here
	var out [][2]string
	for k, vs := range u.Query() {
		for _, v := range vs {
			out = append(out, [2]string{k, v})
		}
	}
	slices.SortFunc(out, func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) })
	return out
}

func (x *explorer) viewURL(view string) string {
	return x.pageURL(func(q url.Values) {
		q.Del("view")
		if view != "" {
			q.Set("view", view)
		}
	})
}

func (x *explorer) without(i int) string {
	return x.pageURL(func(q url.Values) {
		if rest := slices.Delete(slices.Clone(x.in.Where), i, i+1); len(rest) > 0 {
			q["where"] = rest
		} else {
			q.Del("where")
		}
	})
}

func (x *explorer) entriesURL() string { return "/ledger?" + x.in.of(x.about.Code).Query().Encode() }

func (in FiguresIn) exportURL(what, by, format string) string {
	if what == "groups" {
		in.By = []string{by}
	} else {
		in.By = nil
	}
	q := in.Query()
	q.Set("what", what)
	q.Set("format", format)
	return "/figures/export?" + q.Encode()
}

// monthChart draws the new of each month and what stood at its end.
func (x *explorer) monthChart(ctx context.Context) web.ChartProps {
	scale := 0
	if x.about.Unit == Fen {
		scale = x.money.Power(ctx)
	}
	d := web.ChartData{Kind: "month", Open: -1, X: []string{}}
	fresh, sum := web.ChartSeries{Name: web.T(ctx, "ledger.new")}, web.ChartSeries{Name: web.T(ctx, "ledger.so_far_right")}
	for i, m := range x.months {
		d.X = append(d.X, chartMonth(x.months, i))
		fresh.Values = append(fresh.Values, point(m.New, scale))
		fresh.Text = append(fresh.Text, cellIn(ctx, x.about.Unit, m.New, x.money))
		fresh.Link = append(fresh.Link, m.in.drawer())
		sum.Values = append(sum.Values, point(m.Sum, scale))
		sum.Link = append(sum.Link, m.so_far.drawer())
		if m.open {
			d.Open = i
		}
	}
	title := web.T(ctx, "ledger.monthly")
	switch {
	case x.about.Kind == "ratio":
		d.Kind, d.Series = "line", []web.ChartSeries{sum}
		d.Series[0].Name, title = x.about.Name, web.T(ctx, "ledger.at_month_end")
	case !x.adds():
		d.Kind, d.Series = "bar", []web.ChartSeries{fresh}
		title = web.T(ctx, "ledger.per_month")
	default:
		d.Series = []web.ChartSeries{fresh, sum}
	}
	return web.ChartProps{
		ID: "c-month", Title: title, Meta: x.basisText(ctx), TableURL: x.viewURL("table"), Data: d,
		Label: web.T(ctx, "ledger.chart_label", x.about.Name, spanText(ctx, x.in.FiguresIn), Show(ctx, x.about.Unit, x.fig.Value).String()),
	}
}

func point(n Number, scale int) *float64 {
	if n.None {
		return nil
	}
	return web.Value(n.N, scale+n.Places)
}

// chartMonth labels a month on the axis: with its year at the beginning and each January.
func chartMonth(ms []month, i int) string {
	m := ms[i].Month
	if i == 0 || strings.HasSuffix(m, "-01") {
		return m[2:]
	}
	return m[5:]
}
