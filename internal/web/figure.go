package web

import (
	"context"
	"io"
	"net/url"

	"github.com/a-h/templ"
)

// FigProps is a figure chip. Query is the question the drawer answers: measure, through, book, filters.
// as-of and book of the page fill in through, book and known where Query leaves them out.
type FigProps struct {
	Value string // digits as shown, made by Money, Int or Rate
	Unit  string
	Query url.Values
	Title string // what it is, for the tooltip: 合同投资额 · 深圳
	Stale bool   // later entries exist than the as-of shown
	Moved bool   // changed since it was signed
	Exact string // exact value, for the tooltip
	// Plain shows the figure without a drawer: a nil value, or no permission to drill.
	Plain bool
	// Base is the page that answers; default /figures, the portal has its own.
	Base string
}

// query is the question with the page's as-of filled in.
func (p FigProps) query(ctx context.Context) url.Values {
	q := url.Values{}
	for k, v := range p.Query {
		q[k] = v
	}
	a := ShellOf(ctx).AsOf
	for _, d := range []pair{{"through", a.Date}, {"book", a.Book}, {"known", a.Known}} {
		if !q.Has(d.name) && d.value != "" {
			q.Set(d.name, d.value)
		}
	}
	return q
}

func (p FigProps) base() string { return first(p.Base, "/figures") }

// tip says what the figure is, as of when and in which book.
func (p FigProps) tip(ctx context.Context) string {
	q := p.query(ctx)
	asof, book := "", ""
	if d := q.Get("through"); d != "" {
		asof = T(ctx, "fig.through", d)
	}
	if b := q.Get("book"); b != "" {
		book = T(ctx, "book."+b)
	}
	s := joinDots(p.Title, asof, book)
	if p.Exact != "" {
		s = joinDots(s, p.Exact)
	}
	if p.Stale {
		s = joinDots(s, T(ctx, "fig.stale"))
	}
	if p.Moved {
		s = joinDots(s, T(ctx, "fig.moved"))
	}
	return s
}

// Fig is the figure chip: the door from a number to the entries behind it. Without JavaScript it is a link
// to the figures page; with it the drawer opens. It writes no blank around itself, so it can stand inside
// Chinese text.
func Fig(p FigProps) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		_, err := io.WriteString(w, p.html(ctx)+unitHTML(p.Unit))
		return err
	})
}

func (p FigProps) html(ctx context.Context) string {
	esc := templ.EscapeString[string]
	if p.Plain || p.Value == Nil || p.Value == "" {
		class := "zd-figtext"
		if p.Value == Nil || p.Value == "" {
			class += " nil"
		}
		return `<span class="` + class + `">` + esc(first(p.Value, Nil)) + `</span>`
	}
	class := "zd-fig"
	if p.Stale {
		class += " stale"
	}
	if p.Moved {
		class += " moved"
	}
	q := p.query(ctx).Encode()
	return `<a class="` + class + `" href="` + esc(p.base()+"?"+q) + `" data-fig="` + esc(p.base()+"/drawer?"+q) +
		`" title="` + esc(p.tip(ctx)) + `" aria-expanded="false" aria-haspopup="dialog">` + esc(p.Value) + `</a>`
}

func unitHTML(unit string) string {
	if unit == "" {
		return ""
	}
	return `<span class="zd-unit">` + templ.EscapeString(unit) + `</span>`
}

// AmountText is digits and unit that open nothing.
func AmountText(a Amount) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(a.Value)+unitHTML(a.Unit))
		return err
	})
}

// AmountCell is an amount in a table whose units differ by row: the unit has a slot of its own.
func AmountCell(a Amount) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(a.Value)+`<span class="zd-unit slot">`+templ.EscapeString(a.Unit)+`</span>`)
		return err
	})
}

// StripCell is one figure of a strip with a meta line under it.
type StripCell struct {
	Label string
	Fig   FigProps
	Meta  templ.Component // other books or a comparison
}

// AsOfProps is the line under a strip: who, where, which span, which book.
type AsOfProps struct {
	Book  string
	Facts []string // 碧江区, 深圳驻点, 2019-11-20 至 2020-12-15
	Hint  string
}

// DrawerProps is the figure drawer, from head to foot in its fixed order.
type DrawerProps struct {
	Name, Code string
	Amount     Amount
	Exact      string // 177,702,000,000.00 元; "" for counts
	Counts     []string
	Book       string
	Stamp      string // four characters; "" takes the book's
	Books      []BookValue
	Definition string
	Version    string // 口径 v3
	Versions   string // address of all versions
	Filters    []string
	Span       string // 2019-11-20 至 2020-12-15
	Known      string // 2020-12-16 10:05（现在）
	Jumps      []Crumb
	Trend      templ.Component
	TrendMeta  templ.Component
	TrendTitle string
	EntryCount int64
	EntryMeta  string          // 新的在前 · 万元
	OpenURL    string          // the whole page
	CiteText   string          // text to copy as a citation
	Check      string          // 分录之和 = 此数，分文不差 · 链完整至 #48,217
	CheckMore  templ.Component // further checks, after Check
	Broken     bool            // the check failed: alarm
	NoEntries  bool            // the figure is not a sum over entries of its own
	Export     string
	Note       templ.Component
}

// BookValue is one cell of the book switch.
type BookValue struct{ Book, Value, URL string }

// EntryProps is one row of the drawer's entries; children of Entry show record, evidence and verdicts.
type EntryProps struct {
	Date    string
	Name    string
	Place   string
	Amount  string // signed
	Seals   Seals
	Reverse bool // 冲
	Open    bool
	Src     string // fragment loaded when opened; "" when the children are there
}
