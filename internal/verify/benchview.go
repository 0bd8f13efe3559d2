package verify

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/a-h/templ"

	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// booksMeta names the figure in the other two books, each a chip.
func booksMeta(in ledger.FiguresIn, code string, others map[string]map[string]ledger.Figure) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var parts []templ.Component
		for _, book := range ledger.Books {
			f, ok := others[string(book)][code]
			if !ok {
				continue
			}
			sep := ""
			if len(parts) > 0 {
				sep = " · "
			}
			q := in
			q.Book = string(book)
			p := ledger.Chip(ctx, q, f)
			p.Unit = ""
			parts = append(parts, web.Plain(sep+web.T(ctx, "book.short."+string(book))+" "), web.Fig(p))
		}
		return web.Prose(parts...).Render(ctx, w)
	})
}

func rateMeta(in ledger.FiguresIn, received, contracted ledger.Figure) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		a, b := ledger.Chip(ctx, in, received), ledger.Chip(ctx, in, contracted)
		a.Unit, b.Unit = "", ""
		return web.Prose(web.Fig(a), web.Plain(" ÷ "), web.Fig(b)).Render(ctx, w)
	})
}

func (b *workbench) meta(ctx context.Context) string {
	parts := []string{web.LongDate(ctx, web.Today(ctx)), b.scope}
	if b.month != "" {
		parts = append(parts, web.T(ctx, "workbench.period_open", b.month))
	}
	return strings.Join(parts, " · ")
}

func (b *workbench) facts(ctx context.Context) []string {
	return []string{b.scope, web.T(ctx, "ledger.span_through", b.in.Through)}
}

func (b *workbench) tabBar(ctx context.Context) []web.Tab {
	var out []web.Tab
	for _, t := range b.tabs {
		out = append(out, web.Tab{Text: web.T(ctx, "verify.state."+t.key), N: t.n, URL: "/?tab=" + t.key, On: t.key == b.tab})
	}
	return out
}

func (b *workbench) queueURL() string {
	if b.tab == "waiting" {
		return "/verify"
	}
	return "/verify?state=" + b.tab
}

func (b *workbench) claimURL(c Queued) string {
	in := verifyIn{Claim: c.ID}
	if b.tab != "waiting" {
		in.State = b.tab
	}
	return in.address()
}

func (b *workbench) groupURL(g Group) string {
	return verifyIn{Queue: Queue{Kind: "visit", Team: g.Team, Day: g.Day}}.address()
}

// dueNow reports whether a date is the next one to keep.
func (b *workbench) dueNow(ctx context.Context, i int) bool {
	today := web.Today(ctx)
	return b.dates[i].day >= today && (i == 0 || b.dates[i-1].day < today)
}

// fundChart shows the months of money by how far it was verified.
func (b *workbench) fundChart(ctx context.Context) web.ChartProps {
	d := web.ChartData{Kind: "stack", Open: -1, X: []string{}}
	rec := web.ChartSeries{Name: web.T(ctx, "workbench.recognised")}
	rev := web.ChartSeries{Name: web.T(ctx, "workbench.to_recognise")}
	fil := web.ChartSeries{Name: web.T(ctx, "workbench.to_review")}
	scale := web.Wan.Power(ctx)
	for _, m := range b.funds {
		d.X = append(d.X, m.month[2:])
		in := b.in
		in.From, in.Through, in.Measure = m.month+"-01", "", []string{"funds.received"}
		link := func(book ledger.Book) string {
			q := in
			q.Book = string(book)
			q.Through = min(endOf(m.month), b.in.Through)
			return "/figures/drawer?" + q.Query().Encode()
		}
		for _, p := range []struct {
			s    *web.ChartSeries
			v    int64
			book ledger.Book
		}{{&rec, m.books[2], ledger.Recognised}, {&rev, m.books[1] - m.books[2], ledger.Reviewed}, {&fil, m.books[0] - m.books[1], ledger.Filed}} {
			p.s.Values = append(p.s.Values, web.Value(max(p.v, 0), scale))
			p.s.Text = append(p.s.Text, web.MoneyCell(ctx, p.v, web.Wan))
			p.s.Link = append(p.s.Link, link(p.book))
		}
	}
	d.Series = []web.ChartSeries{rec, rev, fil}
	q := b.in
	q.Measure, q.By = []string{"funds.received"}, []string{"month"}
	return web.ChartProps{
		ID: "c-funds", Title: web.T(ctx, "workbench.funds"), Meta: web.MoneyUnit(ctx, web.Wan) + " · " + web.T(ctx, "workbench.by_day"), Data: d,
		TableURL: "/figures?view=table&" + q.Query().Encode(), Label: web.T(ctx, "workbench.funds_label"),
	}
}

// moveText says what a verdict did.
func (m move) text(ctx context.Context) string {
	return web.T(ctx, "workbench.did."+string(m.Verdict), web.T(ctx, "book."+string(m.Level)))
}

func (m move) url() string { return verifyIn{Queue: Queue{State: "all"}, Claim: m.Claim}.address() }

func (m move) amount(ctx context.Context) string {
	return amountOf(ctx, Claim{Measure: m.Measure, Delta: m.Delta}).String()
}

// duties are the pages of an administrator, who has no business of the agency.
func (b *workbench) duties() []string {
	var out []string
	for _, d := range dutyPages {
		if b.me.May(d.perm) {
			out = append(out, d.key)
		}
	}
	return out
}

var dutyPages = []struct{ key, perm, url string }{
	{"people", "user.read", "/admin/users"}, {"account", "account.self", "/account"},
}

func dutyURL(key string) string {
	for _, d := range dutyPages {
		if d.key == key {
			return d.url
		}
	}
	return "/"
}

func endOf(month string) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return month + "-31"
	}
	return t.AddDate(0, 1, -1).Format(time.DateOnly)
}
