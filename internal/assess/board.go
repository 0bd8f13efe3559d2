package assess

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/station"
)

// BoardIn asks for the figures of the dashboard.
type BoardIn struct {
	Unit    string `json:"unit,omitempty" maxLength:"40" doc:"unit; default what one's account covers"`
	Station string `json:"station,omitempty" maxLength:"40"`
	Span    string `json:"span,omitempty" enum:"year,all" default:"year" doc:"since 1 January, or since the beginning"`
	Measure string `json:"measure,omitempty" enum:"contract.amount,funds.received,project.signed,project.started,project.produced,tour,visit.enterprise" default:"contract.amount" doc:"measure of the map, the places and the flows"`
	Through string `json:"through,omitempty" format:"date" doc:"last business date; default the as-of of the page"`
	Book    string `json:"book,omitempty" enum:"filed,reviewed,recognised"`
	Known   string `json:"known,omitempty" maxLength:"40" doc:"what the ledger knew at that time; default now"`
}

// Board is the dashboard: figures, and the same figures by place, origin, kind and month. Money is in fen.
type Board struct {
	Question ledger.FiguresIn `json:"question"`
	Measure  string           `json:"measure"`
	Base     string           `json:"base"` // last day that Before answers for
	Figures  []Compared       `json:"figures"`
	Funnel   []string         `json:"funnel"` // codes of Figures, in their order of life
	Counties []Part           `json:"counties"`
	Cities   []Part           `json:"cities"`
	Flows    []Flow           `json:"flows"`
	Wheels   []Part           `json:"wheels"`
	Sections []Part           `json:"sections"`
	Months   []Part           `json:"months"`
	Projects []Part           `json:"projects"` // the largest contracts
	Unfunded []Part           `json:"unfunded"` // signed more than half a year ago, no money yet: the largest
	Stuck    Stuck            `json:"stuck"`
	Targets  []Progress       `json:"targets"`
}

// Compared is a figure and what it was before: over the same days a year earlier, or at the end of the last quarter
// when it counts from the beginning.
type Compared struct {
	ledger.Figure
	Before ledger.Number `json:"before"`
}

// Part is a share of the board's measure.
type Part struct {
	Key   string `json:"key"`
	Value int64  `json:"value"`
	N     int64  `json:"entries"`
}

// Flow is what went from a city of origin to a prefecture.
type Flow struct {
	From  string `json:"from"` // front of a GB/T 2260 code
	To    string `json:"to"`
	Value int64  `json:"value"`
}

// Stuck counts what does not move.
type Stuck struct {
	Unfunded       int64 `json:"unfunded"`        // projects signed more than half a year ago without money
	UnfundedAmount int64 `json:"unfunded_amount"` // their contracts
	FundsFiled     int64 `json:"funds_filed"`     // money filed and not recognised yet
}

// shown are the twelve figures; the first six stand on the wall.
var shown = []string{
	"project.registered", "contract.amount", "funds.received", "visit.total", "tour", "deployment",
	"lead.qualified", "project.signed", "project.started", "project.produced", "investor.distinct", "funds.rate",
}

var funnel = []string{"visit.total", "tour", "project.signed", "project.funded", "project.started", "project.produced"}

const (
	most     = 8   // rows of a list
	halfYear = 180 // days after which a contract without money is stuck
)

// Board gives the dashboard within one's scope. Faults: not_found, not_allowed; Malformed.
func (s *Service) Board(ctx context.Context, in BoardIn) (out Board, err error) {
	who, err := audit.Require(ctx, "figures.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = s.board(ctx, tx, who, in)
		return err
	})
	return out, err
}

func (s *Service) board(ctx context.Context, tx *db.Tx, who audit.Actor, in BoardIn) (out Board, err error) {
	if in.Unit != "" {
		if err := org.Require(ctx, tx, who.Node, in.Unit); err != nil {
			return out, err
		}
	}
	if in.Station != "" {
		if _, err := station.ByID(ctx, tx, in.Station); err != nil {
			return out, absent(err)
		}
	}
	q := ledger.FiguresIn{Through: in.Through, Book: in.Book, Known: in.Known, Unit: in.Unit, Station: in.Station}.AsShown(ctx)
	if q.Through == "" {
		q.Through = tx.Today()
	}
	if in.Span != "all" && len(q.Through) == len(time.DateOnly) {
		q.From = q.Through[:4] + "-01-01"
	}
	if in.Measure == "" {
		in.Measure = "contract.amount"
	}
	state, err := ledger.State(ctx, tx)
	if err != nil {
		return out, err
	}
	key, err := json.Marshal([]any{who.Node, q, in.Measure})
	if err != nil {
		return out, err
	}
	out, err = s.boards.get(state, string(key), func() (Board, error) {
		c := &composer{tx: tx, root: who.Node, b: Board{Question: q, Measure: in.Measure, Funnel: funnel}}
		err := c.compose(ctx)
		return c.b, err
	})
	if err != nil {
		return out, err
	}
	out.Targets, err = progress(ctx, tx, who, out)
	return out, err
}

// composer puts a board together inside one snapshot.
type composer struct {
	tx   *db.Tx
	root string
	q    ledger.Question
	b    Board
}

func (c *composer) compose(ctx context.Context) (err error) {
	if c.q, err = ledger.Resolve(ctx, c.tx, c.root, c.b.Question); err != nil {
		return err
	}
	if err := c.figures(ctx); err != nil {
		return err
	}
	for _, part := range []struct {
		into    *[]Part
		measure string
		by      string
	}{
		{&c.b.Counties, c.b.Measure, "county"},
		{&c.b.Cities, c.b.Measure, "city"},
		{&c.b.Months, c.b.Measure, "month"},
		{&c.b.Wheels, "contract.amount", "wheel"},
		{&c.b.Sections, "contract.amount", "section"},
	} {
		if *part.into, err = c.parts(ctx, part.measure, part.by); err != nil {
			return err
		}
	}
	slices.SortFunc(c.b.Months, func(a, b Part) int { return compare(a.Key, b.Key) })
	if err := c.flows(ctx); err != nil {
		return err
	}
	return c.projects(ctx)
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// figures asks for the figures now and before.
func (c *composer) figures(ctx context.Context) error {
	codes := append(slices.Clone(shown), "project.funded", "visit.enterprise", "visit.association")
	now := c.b.Question
	now.Measure = codes
	before := now
	before.From, before.Through = earlier(now.From, now.Through)
	c.b.Base = before.Through
	a, err := ledger.FiguresOf(ctx, c.tx, c.root, now)
	if err != nil {
		return err
	}
	b, err := ledger.FiguresOf(ctx, c.tx, c.root, before)
	if err != nil {
		return err
	}
	for i, f := range a.Figures {
		c.b.Figures = append(c.b.Figures, Compared{f, b.Figures[i].Value})
	}
	return nil
}

// earlier gives the span to compare with: the same days of the year before, or, for a span without a first day, the
// end of the quarter before.
func earlier(from, through string) (string, string) {
	t, err := time.Parse(time.DateOnly, through)
	if err != nil {
		return from, through // refused when it is asked
	}
	if from == "" {
		quarter := time.Date(t.Year(), (t.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
		return "", quarter.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	if t.Month() == time.February && t.Day() == 29 {
		t = t.AddDate(0, 0, -1)
	}
	t = t.AddDate(-1, 0, 0)
	return t.Format("2006") + from[4:], t.Format(time.DateOnly)
}

// parts gives a measure by one dimension, the largest first.
func (c *composer) parts(ctx context.Context, measure string, by string) ([]Part, error) {
	q := c.q
	q.Measure, q.By = measure, []string{by}
	cells, err := ledger.Ask(ctx, c.tx, q)
	out := []Part{}
	for _, x := range cells {
		if x.Value != 0 {
			out = append(out, Part{x.Key[0], x.Value, x.N})
		}
	}
	largest(out)
	return out, err
}

func largest(list []Part) {
	slices.SortFunc(list, func(a, b Part) int {
		switch {
		case a.Value > b.Value:
			return -1
		case a.Value < b.Value:
			return 1
		}
		return compare(a.Key, b.Key)
	})
}

// flows gives the measure from the cities it came from to the prefectures it went to: the largest origins, the others
// together under "".
func (c *composer) flows(ctx context.Context) error {
	q := c.q
	q.Measure, q.By = c.b.Measure, []string{"origin_city", "city"}
	cells, err := ledger.Ask(ctx, c.tx, q)
	if err != nil {
		return err
	}
	sums := map[string]int64{}
	for _, x := range cells {
		sums[x.Key[0]] += x.Value
	}
	var origins []Part
	for k, v := range sums {
		if k != "" {
			origins = append(origins, Part{Key: k, Value: v})
		}
	}
	largest(origins)
	origins = origins[:min(len(origins), most)]
	flows := map[[2]string]int64{}
	for _, x := range cells {
		from := x.Key[0]
		if !slices.ContainsFunc(origins, func(p Part) bool { return p.Key == from }) {
			from = ""
		}
		if x.Key[1] != "" && x.Value > 0 {
			flows[[2]string{from, x.Key[1]}] += x.Value
		}
	}
	c.b.Flows = []Flow{}
	for k, v := range flows {
		c.b.Flows = append(c.b.Flows, Flow{k[0], k[1], v})
	}
	slices.SortFunc(c.b.Flows, func(a, b Flow) int {
		switch {
		case a.Value != b.Value:
			return int(min(max(b.Value-a.Value, -1), 1))
		case a.From != b.From:
			return compare(a.From, b.From)
		}
		return compare(a.To, b.To)
	})
	return nil
}

// projects finds the largest contracts of the span, the contracts of more than half a year without money, and the
// money that waits to be recognised.
func (c *composer) projects(ctx context.Context) error {
	var err error
	if c.b.Projects, err = c.parts(ctx, "contract.amount", "project"); err != nil {
		return err
	}
	c.b.Projects = c.b.Projects[:min(len(c.b.Projects), most)]
	whole := *c
	whole.q.From = ""
	through, err := time.Parse(time.DateOnly, c.q.Through)
	if err != nil {
		return nil // refused when it was asked
	}
	old := whole
	old.q.Through = through.AddDate(0, 0, -halfYear).Format(time.DateOnly)
	signed, err := old.parts(ctx, "contract.amount", "project")
	if err != nil {
		return err
	}
	paid, err := whole.parts(ctx, "funds.received", "project")
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for _, p := range paid {
		has[p.Key] = true
	}
	c.b.Unfunded = []Part{}
	for _, p := range signed {
		if has[p.Key] {
			continue
		}
		c.b.Stuck.Unfunded++
		c.b.Stuck.UnfundedAmount += p.Value
		if len(c.b.Unfunded) < most {
			c.b.Unfunded = append(c.b.Unfunded, p)
		}
	}
	return whole.waiting(ctx, &c.b.Stuck)
}

// waiting compares the book of what was filed with that of what was recognised.
func (c composer) waiting(ctx context.Context, s *Stuck) error {
	for book, sign := range map[ledger.Book]int64{ledger.Filed: 1, ledger.Recognised: -1} {
		q := c.q
		q.Measure, q.Book, q.By = "funds.received", book, nil
		cells, err := ledger.Ask(ctx, c.tx, q)
		if err != nil {
			return err
		}
		s.FundsFiled += sign * cells[0].Value
	}
	return nil
}
