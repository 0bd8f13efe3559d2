package ledger

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/web"
)

// drawerIn is the address of a drawer, or of the next entries of one.
type drawerIn struct {
	FiguresIn
	After string `json:"after,omitempty"`
}

// certificate is what the drawer says of one figure.
type certificate struct {
	in      FiguresIn
	about   meaning
	fig     Figure
	books   []Figure
	parts   []Figure // of a ratio, growth or sum: the figures it is made of
	partsIn []FiguresIn
	words   []string
	knownAt time.Time
	close   PeriodEvent // the last month that closed; zero when none
	months  []month
	since   Figure // what was added since the end of the last quarter
	quarter string // that end
	entries Entries
	places  map[string]string // unit code → name
	adds    bool              // the entries were added up one by one and gave the figure
	checked bool
	chains  []string
}

// drawerEntries is how many entries the drawer shows at once; proofLimit is how many are added up one by one while
// a person waits.
const (
	drawerEntries = 20
	proofLimit    = 200_000
)

func (s *Service) drawerPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[drawerIn](r)
	if err != nil {
		return nil, err
	}
	c, err := s.certify(r.Context(), in)
	if err != nil {
		return nil, err
	}
	if in.After != "" {
		return moreEntries(c), nil
	}
	return drawer(c), nil
}

// certify gathers the birth certificate of a figure in one snapshot.
func (s *Service) certify(ctx context.Context, in drawerIn) (c *certificate, err error) {
	who, err := audit.Require(ctx, "figures.read")
	if err != nil {
		return nil, err
	}
	in.FiguresIn = in.AsShown(ctx)
	in.Basis, in.By = cmp.Or(in.Basis, string(Location)), nil
	if len(in.Measure) == 0 {
		in.Measure = []string{"contract.amount"}
	}
	in.Measure = strings.Split(in.Measure[0], ",")[:1]
	c = &certificate{in: in.FiguresIn}
	if c.about, err = about(ctx, in.Measure[0]); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		sp, err := s.speaker(ctx, tx)
		if err != nil {
			return err
		}
		steps := []func(context.Context, *db.Tx, *speaker, audit.Actor) error{c.figures, c.madeOf, c.trend, c.told}
		if in.After != "" {
			steps = nil
		}
		for _, step := range steps {
			if err := step(ctx, tx, sp, who); err != nil {
				return err
			}
		}
		if !who.May("ledger.read") || c.about.Kind == "ratio" || acrossYears(c.about.Kind) {
			return nil
		}
		return s.behind(ctx, tx, sp, who, c, in.After)
	})
	return c, err
}

// figures asks for the value in each of the three books.
func (c *certificate) figures(ctx context.Context, tx *db.Tx, _ *speaker, who audit.Actor) error {
	for _, b := range Books {
		in := c.in
		in.Book = string(b)
		out, err := FiguresOf(ctx, tx, who.Node, in)
		if err != nil {
			return err
		}
		c.books = append(c.books, out.Figures[0])
		if in.Book == c.in.Book {
			c.fig = out.Figures[0]
		}
		c.knownAt, _ = time.Parse(time.RFC3339Nano, out.Known)
	}
	return nil
}

// madeOf asks for the parts of a named figure, each of which has a certificate of its own.
func (c *certificate) madeOf(ctx context.Context, tx *db.Tx, _ *speaker, who audit.Actor) error {
	add := func(in FiguresIn) error {
		out, err := FiguresOf(ctx, tx, who.Node, in)
		if err == nil {
			c.parts, c.partsIn = append(c.parts, out.Figures[0]), append(c.partsIn, in)
		}
		return err
	}
	switch c.about.Kind {
	case "ratio", "sum", "distinct":
		for _, code := range c.about.Of {
			if err := add(c.in.of(code)); err != nil {
				return err
			}
		}
	case "highest":
		years := []YearValue{{From: c.in.From, Through: c.in.Through}}
		for _, y := range append(years, c.fig.Years...) {
			in := c.in.of(c.about.Of[0])
			in.From, in.Through = y.From, y.Through
			if err := add(in); err != nil {
				return err
			}
		}
	case "growth":
		now := c.in.of(c.about.Of[0])
		before := now
		before.From, before.Through = yearEarlier(now.From), yearEarlier(now.Through)
		for _, in := range []FiguresIn{now, before} {
			if err := add(in); err != nil {
				return err
			}
		}
	}
	return nil
}

// trend asks for what stood at the end of each month, and what the last quarter end compares with.
func (c *certificate) trend(ctx context.Context, tx *db.Tx, sp *speaker, who audit.Actor) error {
	if acrossYears(c.about.Kind) || c.about.Kind == "distinct" {
		return nil
	}
	x := &explorer{in: exploreIn{FiguresIn: c.in}, about: c.about}
	if err := x.perMonth(ctx, tx, sp, who.Node); err != nil {
		return err
	}
	c.months = x.months
	if c.about.Kind == "ratio" || len(c.months) < 2 {
		return nil
	}
	c.quarter = quarterEnd(c.in.Through)
	if c.quarter < c.in.From || c.quarter <= c.months[0].Month {
		c.quarter = ""
		return nil
	}
	out, err := FiguresOf(ctx, tx, who.Node, c.sinceIn())
	if err == nil {
		c.since = out.Figures[0]
	}
	return err
}

// sinceIn asks for what was added after the quarter's end.
func (c *certificate) sinceIn() FiguresIn {
	in := c.in
	t, _ := time.Parse(time.DateOnly, c.quarter)
	in.From = t.AddDate(0, 0, 1).Format(time.DateOnly)
	return in
}

// quarterEnd is the last day of a quarter before a day.
func quarterEnd(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	first := time.Date(t.Year(), (t.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, -1).Format(time.DateOnly)
}

// told words the filters and finds the last closing.
func (c *certificate) told(ctx context.Context, tx *db.Tx, sp *speaker, who audit.Actor) error {
	for _, w := range c.in.conditions() {
		c.words = append(c.words, sp.chip(ctx, w))
	}
	if c.in.Unit == "" {
		c.words = append(c.words, web.T(ctx, "ledger.dim.unit")+" "+scopeName(ctx, sp, who.Node))
	}
	c.words = append(c.words, web.T(ctx, "ledger.basis."+c.in.Basis))
	var err error
	c.close, _, err = db.Maybe[PeriodEvent](ctx, tx, `SELECT id, period, kind, at, person_id, asked_by, reason, '' AS heads
		FROM ledger_period_event WHERE kind = 'close' ORDER BY at DESC, id DESC LIMIT 1`)
	return err
}

// scopeName says whose figures a person sees.
func scopeName(ctx context.Context, sp *speaker, root string) string {
	if _, err := sp.dir.Unit(root); err == nil {
		return sp.dir.UnitName(root, sp.lang)
	}
	if strings.Contains(root, ".") {
		return sp.word(ctx, "team", root)
	}
	return sp.word(ctx, "station", root)
}

// behind reads a part of the entries, and adds all of them up as a check on the figure.
func (s *Service) behind(ctx context.Context, tx *db.Tx, sp *speaker, who audit.Actor, c *certificate, after string) error {
	q, err := Resolve(ctx, tx, who.Node, c.in)
	if err != nil {
		return err
	}
	codes, err := drillable(c.in.Measure)
	if err != nil {
		return err
	}
	key, err := db.Page{After: after}.Keys(2)
	if err != nil {
		return err
	}
	if c.entries, err = drill(ctx, tx, q, codes, drawerEntries, key); err != nil {
		return err
	}
	if err := s.name(ctx, tx, who.Node, c.entries.Items); err != nil {
		return err
	}
	c.places = map[string]string{}
	for _, e := range c.entries.Items {
		c.places[e.Unit] = sp.dir.UnitName(e.Unit, sp.lang)
		if !slices.Contains(c.chains, e.Chain) {
			c.chains = append(c.chains, e.Chain)
		}
	}
	if after != "" || c.entries.N > proofLimit {
		return nil
	}
	sum, n, err := addUp(ctx, tx, q, codes)
	c.checked = true
	c.adds = sum == c.entries.Total.N && n == c.entries.N
	if c.about.Kind != "distinct" {
		c.adds = c.adds && sum == c.fig.Value.N
	}
	return err
}

// chainState is the fragment at the foot of the drawer: it walks what was added to the chains since it last looked.
func (s *Service) chainState(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		Chain []string `json:"chain"`
	}](r)
	if err != nil {
		return nil, err
	}
	all, err := s.Chains(r.Context(), struct{}{})
	if err != nil {
		return nil, err
	}
	var seq int64
	n, broken := 0, ""
	for _, c := range all.Chains {
		if len(in.Chain) > 0 && !slices.Contains(in.Chain, c.Chain) {
			continue
		}
		n++
		seq += c.Seq
		if c.Broken != "" {
			broken = c.Broken
		}
	}
	return chainText(n, seq, broken), nil
}
