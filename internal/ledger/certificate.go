package ledger

import (
	"context"
	"net/url"
	"strconv"

	"zhudian/internal/db"
	"zhudian/internal/web"
)

// hasEntries reports whether the figure is a sum or a count over entries, and not a rate of two figures.
func (c *certificate) hasEntries() bool { return c.about.Kind != "ratio" && !acrossYears(c.about.Kind) }

// props puts the certificate in the fixed order of the drawer.
func (c *certificate) props(ctx context.Context) web.DrawerProps {
	u := c.about.Unit
	p := web.DrawerProps{
		Name: c.about.Name, Code: c.about.Code, Amount: Show(ctx, u, c.fig.Value), Exact: exact(ctx, u, c.fig.Value),
		Book: c.in.Book, Definition: c.about.Meaning, Version: web.T(ctx, "ledger.version", c.about.Version), Filters: c.words,
		Span: spanText(ctx, c.in), Known: c.knownText(ctx), Jumps: c.jumps(ctx), OpenURL: c.in.address(), EntryCount: c.entries.N,
	}
	p.CiteText = c.cite(ctx, p.Amount)
	for i, b := range Books {
		in := c.in
		in.Book = string(b)
		p.Books = append(p.Books, web.BookValue{Book: string(b), Value: cellIn(ctx, u, c.books[i].Value, moneyUnit(c.fig.Value.N)), URL: in.drawer()})
	}
	if c.about.Kind != "" || c.in.Basis == string(ByCredit) {
		p.Note = madeOfNote(c)
	}
	c.drawn(ctx, &p)
	if !c.hasEntries() {
		p.NoEntries, p.Check = true, web.T(ctx, "ledger.of_parts")
		return p
	}
	p.EntryMeta = web.T(ctx, "ledger.newest_first")
	if u == Fen || c.about.Code == "" {
		p.EntryMeta += " · " + web.MoneyUnit(ctx, web.Wan)
	}
	c.proof(ctx, &p)
	return p
}

// proof fills the foot: what was checked, and how.
func (c *certificate) proof(ctx context.Context, p *web.DrawerProps) {
	if !web.May(ctx, "ledger.read") {
		p.EntryCount, p.Check = c.fig.N, web.T(ctx, "ledger.not_shown")
		return
	}
	p.Counts = []string{web.T(ctx, "ledger.n_entries", web.Int(c.entries.N))}
	switch {
	case !c.checked:
		p.Check = web.T(ctx, "ledger.too_many", web.Int(c.entries.N))
	case c.adds && c.about.Kind == "distinct":
		p.Check = web.T(ctx, "ledger.distinct_checked")
	case c.adds:
		p.Check = web.T(ctx, "ledger.adds_up")
	default:
		p.Check, p.Broken = web.T(ctx, "ledger.differs"), true
	}
	p.CheckMore = checkMore(c)
	if web.May(ctx, "figures.export") {
		p.Export = c.in.exportURL("entries", "", "xlsx")
	}
}

// drawn adds the small line of what stood at the end of each month.
func (c *certificate) drawn(ctx context.Context, p *web.DrawerProps) {
	if len(c.months) < 2 {
		return
	}
	u, money := c.about.Unit, moneyUnit(c.fig.Value.N)
	p.TrendTitle = web.T(ctx, "ledger.trend", headUnit(ctx, u, money))
	points := make([]web.TrendPoint, len(c.months))
	for i, m := range c.months {
		points[i] = web.TrendPoint{Value: m.Sum.N}
		if i%3 == 2 || i == len(c.months)-1 && i%3 != 0 {
			points[i].Label = chartMonth(c.months, i)
		}
		if i == len(c.months)-1 || c.quarter != "" && m.Month == c.quarter[:7] && i < len(c.months)-1 {
			points[i].Text = cellIn(ctx, u, m.Sum, money)
		}
	}
	p.Trend = web.Trend(web.T(ctx, "ledger.trend_label", c.about.Name, Show(ctx, u, c.fig.Value).String()), points)
	if c.quarter != "" {
		p.TrendMeta = sinceMeta(c)
	}
}

func (c *certificate) knownText(ctx context.Context) string {
	at := web.MomentFull(c.knownAt)
	if c.in.Known == "" {
		return web.T(ctx, "ledger.known_now", at)
	}
	return at
}

// jumps ask the same of another moment: of now, of the last closing, of the end of the last quarter.
func (c *certificate) jumps(ctx context.Context) []web.Crumb {
	to := func(known, text string) web.Crumb {
		in := c.in
		in.Known = known
		return web.Crumb{Text: text, URL: in.drawer()}
	}
	var out []web.Crumb
	if c.in.Known != "" {
		out = append(out, to("", web.T(ctx, "ledger.jump_now")))
	}
	if c.close.At > 0 {
		if at := closeTime(c.close); at != c.in.Known {
			out = append(out, to(at, web.T(ctx, "ledger.jump_close", c.close.Period)))
		}
	}
	if q := quarterEnd(c.in.Through); len(out) < 2 && q != "" && q != c.in.Known {
		out = append(out, to(q, web.T(ctx, "ledger.jump_day", web.ShortDate(ctx, q))))
	}
	return out
}

// cite is the figure as a text to paste: what, whose, as of when, in which book, known when, and where it is explained.
func (c *certificate) cite(ctx context.Context, a web.Amount) string {
	return web.T(ctx, "ledger.cite", c.about.Name, a.String(), spanText(ctx, c.in), web.T(ctx, "book.basis."+c.in.Book), web.MomentFull(c.knownAt), c.in.address())
}

func (c *certificate) amount(ctx context.Context, e EntryLine) string {
	m := measureByCode[e.Measure]
	n := Number{N: e.Counted}
	if c.in.Basis == string(ByCredit) && !m.Money() {
		n.Places = 6
	}
	return web.Signed(cellIn(ctx, m.Unit, n, web.Wan))
}

func (c *certificate) moreURL() string {
	q := c.in.Query()
	q.Set("after", c.entries.Next)
	return "/figures/drawer?" + q.Encode()
}

func (c *certificate) chainURL() string {
	return "/figures/chain?" + url.Values{"chain": c.chains}.Encode()
}

// seals are how far the claim behind an entry has come: at least to the entry's own book.
func (e EntryLine) seals() web.Seals {
	switch Book(e.State) {
	case Filed, Reviewed, Recognised:
		return web.SealsFor(e.State)
	}
	return web.SealsFor(string(e.Book))
}

// trailURL is the fragment with record, evidence and verdicts of the round that was posted.
func (e EntryLine) trailURL() string {
	return "/verify/of?" + url.Values{"claim": {e.Claim}, "round": {strconv.FormatInt(e.Round, 10)}}.Encode()
}

// titleOf is what an entry is about; outside the person's scope its measure alone is said.
func titleOf(ctx context.Context, e EntryLine) string {
	if e.Title != "" {
		return e.Title
	}
	return web.T(ctx, "ledger.out_of_scope", NameOf(ctx, e.Measure))
}

// reasonText words the reasons that the program writes itself; those of people stand as written.
func reasonText(ctx context.Context, reason string) string {
	if k := reasonKeys[reason]; k != "" {
		return web.T(ctx, "ledger.reason."+k)
	}
	return reason
}

var reasonKeys = map[string]string{
	"returned": "returned", "edited": "edited", "corrected": "corrected", "correction": "correction",
	"correction returned": "undone",
}

// closeTime is the moment of a closing, as an address names it.
func closeTime(e PeriodEvent) string {
	return db.FromMicros(e.At).In(db.Zone()).Format("2006-01-02T15:04:05-07:00")
}
