package assess

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/web"
)

// subject is a county or team with its group.
type subject struct {
	id    string
	group string // its number, two digits, so that groups sort
	dim   string // by which the ledger knows it
}

// evaluation works a plan out for a period, as of a known state.
type evaluation struct {
	tx       *db.Tx
	plan     Plan
	dir      *org.Directory
	node     string
	from     string
	through  string
	known    ledger.Known
	setAt    int64
	dim      string
	subjects []subject
	targets  map[string]map[string]Target
	asked    map[string]map[string]int64 // answers by question, each by subject
	counted  []Counted                   // records that are no entries
	replayed bool                        // counted is what the run kept
}

// subjectsOf lists who is assessed: the counties under a node, or the teams of a station whose work lies under it.
func subjectsOf(ctx context.Context, tx *db.Tx, plan Plan, node, at, day string) ([]subject, error) {
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return nil, err
	}
	under, err := db.All[string](ctx, tx, `SELECT node_id FROM org_scope WHERE root_id = ? AND valid_from <= ? AND valid_to > ? ORDER BY node_id`, node, tx.Today(), tx.Today())
	if err != nil {
		return nil, err
	}
	var out []subject
	add := func(id, unit, dim string) error {
		u, err := dir.Unit(unit)
		if err != nil {
			return err
		}
		place, err := dir.Path(unit, day)
		if err != nil {
			return err
		}
		if g := plan.groupOf(u, place); g >= 0 {
			out = append(out, subject{id, twoDigits(g), dim})
		}
		return nil
	}
	if plan.Kind == "county" {
		for _, u := range dir.Units(day) {
			if _, in := slices.BinarySearch(under, u.Code); in && u.Kind == org.County {
				if err := add(u.Code, u.Code, "county"); err != nil {
					return nil, err
				}
			}
		}
		return out, nil
	}
	teams, err := station.EveryTeam(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, t := range teams {
		if _, in := slices.BinarySearch(under, t.ID); in && t.Station == at && t.Since <= day {
			if err := add(t.ID, t.Unit, "team"); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func twoDigits(n int) string { return string([]byte{byte('0' + n/10%10), byte('0' + n%10)}) }

// scores works out every line of every subject.
func (e *evaluation) scores(ctx context.Context) (map[string][]Score, error) {
	e.asked = map[string]map[string]int64{}
	e.dim = "county"
	if e.plan.Kind == "team" {
		e.dim = "team"
	}
	var err error
	if e.dir, err = org.Open(ctx, e.tx); err != nil {
		return nil, err
	}
	if e.targets, err = targets(ctx, e.tx, e.through[:4], e.setAt); err != nil {
		return nil, err
	}
	out := map[string][]Score{}
	line := int64(0)
	for _, x := range e.plan.Indicators {
		line++
		if err := e.indicator(ctx, x, line, out); err != nil {
			return nil, err
		}
	}
	for _, part := range []struct {
		kind string
		list []Extra
	}{{"bonus", e.plan.Bonus}, {"deduction", e.plan.Deductions}} {
		for _, x := range part.list {
			line++
			if err := e.extra(ctx, x, part.kind, line, out); err != nil {
				return nil, err
			}
		}
	}
	for _, x := range e.plan.Vetoes {
		line++
		if err := e.extra(ctx, Extra{Key: x.Key, Found: x.Found}, "veto", line, out); err != nil {
			return nil, err
		}
	}
	e.clear(out)
	for id := range out {
		slices.SortFunc(out[id], func(a, b Score) int { return int(a.Line - b.Line) })
	}
	return out, nil
}

func (e *evaluation) indicator(ctx context.Context, x Indicator, line int64, out map[string][]Score) error {
	var top, bottom map[string]int64
	var err error
	var fewProjects map[string][]string
	switch {
	case x.Top == nil:
	case x.Cohort:
		top, bottom, fewProjects, err = e.cohort(ctx, x)
	default:
		top, err = e.sum(ctx, *x.Top)
		if err == nil && x.Bottom != nil {
			bottom, err = e.sum(ctx, *x.Bottom)
		}
	}
	if err != nil {
		return err
	}
	for _, sub := range e.subjects {
		s := Score{Subject: sub.id, Line: line, Kind: "indicator", Item: x.Key, Weight: x.Weight * hundred}
		if x.Top != nil {
			s.Numerator, s.Denominator = top[sub.id], bottom[sub.id]
			if x.Target != "" {
				s.Denominator = e.target(sub.id, x)
			}
			s.TopAsk, s.BottomAsk = e.questions(x, sub, fewProjects[sub.id])
		}
		if s.Denominator > 0 {
			s.HasData, s.Ratio = true, share(s.Numerator, s.Denominator, x.Goal)
		}
		out[sub.id] = append(out[sub.id], s)
	}
	return nil
}

// target is what the days of the period ask of a yearly target; 0 without one. Counts that credit splits are millionths.
func (e *evaluation) target(id string, x Indicator) int64 {
	t, ok := e.targets[id][x.Target]
	if !ok {
		return 0
	}
	n := prorated(t.Value, daysOf(e.from, e.through), yearDays(e.through))
	if x.Top.millionths() {
		n *= full
	}
	return n
}

// millionths reports whether the term's values are millionths of one.
func (t *Term) millionths() bool {
	return t != nil && t.Basis == string(ledger.ByCredit) && unitOf(t.Measure) != ledger.Fen
}

// clear leaves nothing of the indicators that a deduction clears.
func (e *evaluation) clear(out map[string][]Score) {
	for _, x := range e.plan.Deductions {
		for id, lines := range out {
			if x.Clears == "" || !slices.ContainsFunc(lines, func(s Score) bool { return s.Kind == "deduction" && s.Item == x.Key && s.Numerator > s.Denominator }) {
				continue
			}
			for i := range lines {
				if lines[i].Kind == "indicator" && lines[i].Item == x.Clears {
					out[id][i].Ratio = 0
				}
			}
		}
	}
}

func (e *evaluation) extra(ctx context.Context, x Extra, kind string, line int64, out map[string][]Score) error {
	count, less, projects, err := e.countOf(ctx, x)
	if err != nil {
		return err
	}
	for _, sub := range e.subjects {
		s := Score{Subject: sub.id, Line: line, Kind: kind, Item: x.Key, HasData: x.Count != nil || x.Found != ""}
		if s.HasData {
			s.Numerator, s.Denominator = count[sub.id], less[sub.id]
			s.Points = max(s.Numerator-s.Denominator, 0) * x.Each
			if x.Most > 0 {
				s.Points = min(s.Points, x.Most)
			}
		}
		if x.Count != nil {
			// of a cohort the count is what an indicator divides by
			s.BottomAsk, s.TopAsk = e.questions(Indicator{Top: x.Less, Bottom: x.Count, Cohort: x.Cohort}, sub, projects[sub.id])
		}
		out[sub.id] = append(out[sub.id], s)
	}
	return nil
}

// countOf counts what an extra counts and what is taken from it; of a cohort, with the projects.
func (e *evaluation) countOf(ctx context.Context, x Extra) (count, less map[string]int64, projects map[string][]string, err error) {
	switch {
	case x.Found != "":
		count, err = confirmed(ctx, e.tx, x.Found, e.from, e.through, e.setAt)
	case x.Count != nil && x.Cohort:
		less, count, projects, err = e.cohort(ctx, Indicator{Top: x.Less, Bottom: x.Count})
	case x.Count != nil:
		if count, err = e.sum(ctx, *x.Count); err == nil && x.Less != nil {
			less, err = e.sum(ctx, *x.Less)
		}
	}
	return count, less, projects, err
}

// question is a term as the ledger is asked, as of the known state.
func (e *evaluation) question(ctx context.Context, t Term, from, through string, by ...string) (ledger.Question, error) {
	in := ledger.FiguresIn{From: from, Through: through, Book: string(ledger.Recognised), Basis: t.Basis, Where: e.where(t)}
	q, err := ledger.Resolve(ctx, e.tx, e.node, in)
	q.Measure, q.By, q.Known = t.Measure, by, e.known
	return q, err
}

// where spells out the declared chains.
func (e *evaluation) where(t Term) []string {
	var out []string
	for _, w := range t.Where {
		if w != "chain:*" {
			out = append(out, w)
			continue
		}
		for _, c := range e.dir.Codes("chain", e.through) {
			out = append(out, "chain:"+c.Code)
		}
	}
	return out
}

// sum asks for a term by subject; the same term is asked once.
func (e *evaluation) sum(ctx context.Context, t Term) (map[string]int64, error) {
	if tally, ok := tallyOf(t.Measure); ok {
		return e.tally(ctx, tally)
	}
	key := t.Measure + "\x1f" + t.Basis + "\x1f" + strings.Join(t.Where, "\x1f")
	if got, ok := e.asked[key]; ok {
		return got, nil
	}
	q, err := e.question(ctx, t, e.from, e.through, e.dim)
	if err != nil {
		return nil, err
	}
	cells, err := ledger.Ask(ctx, e.tx, q)
	out := map[string]int64{}
	for _, c := range cells {
		out[c.Key[0]] = c.Value
	}
	e.asked[key] = out
	return out, err
}

// cohort sums the bottom over its entries of 12 to 24 months before the last day, and the top over the projects that
// have them, from the beginning.
func (e *evaluation) cohort(ctx context.Context, x Indicator) (top, bottom map[string]int64, projects map[string][]string, err error) {
	from, through := cohortDays(e.through)
	ask := func(t Term, from, through string) ([]ledger.Cell, error) {
		q, err := e.question(ctx, t, from, through, e.dim, "project")
		if err != nil {
			return nil, err
		}
		return ledger.Ask(ctx, e.tx, q)
	}
	cells, err := ask(*x.Bottom, from, through)
	if err != nil {
		return nil, nil, nil, err
	}
	top, bottom, projects = map[string]int64{}, map[string]int64{}, map[string][]string{}
	in := map[string]bool{}
	for _, c := range cells {
		if c.Value > 0 {
			bottom[c.Key[0]] += c.Value
			projects[c.Key[0]] = append(projects[c.Key[0]], c.Key[1])
			in[c.Key[0]+"\x1f"+c.Key[1]] = true
		}
	}
	if cells, err = ask(*x.Top, "", e.through); err != nil {
		return nil, nil, nil, err
	}
	for _, c := range cells {
		if in[c.Key[0]+"\x1f"+c.Key[1]] {
			top[c.Key[0]] += c.Value
		}
	}
	return top, bottom, projects, nil
}

// cohortDays are the days from 24 to 12 months before one, the day 12 months before included.
func cohortDays(through string) (string, string) {
	t, err := time.Parse(time.DateOnly, through)
	if err != nil {
		return through, through // the period was checked
	}
	return t.AddDate(-2, 0, 1).Format(time.DateOnly), t.AddDate(-1, 0, 0).Format(time.DateOnly)
}

// mostProjects is how many projects an address can name.
const mostProjects = 30

// questions are the addresses that answer a score's top and bottom.
func (e *evaluation) questions(x Indicator, sub subject, projects []string) (top, bottom string) {
	if !x.Cohort {
		if x.Top != nil {
			top = e.ask(*x.Top, sub, e.from, e.through)
		}
		if x.Bottom != nil {
			bottom = e.ask(*x.Bottom, sub, e.from, e.through)
		}
		return top, bottom
	}
	from, through := cohortDays(e.through)
	bottom = e.ask(*x.Bottom, sub, from, through)
	if n := len(projects); n > 0 && n <= mostProjects {
		t := *x.Top
		t.Where = slices.Clone(t.Where)
		for _, p := range projects {
			t.Where = append(t.Where, "project:"+p)
		}
		top = e.ask(t, sub, "", e.through)
	}
	return top, bottom
}

// ask is the question that gives a term: of the figure page, or of what the run counted.
func (e *evaluation) ask(t Term, sub subject, from, through string) string {
	if t.tallied() {
		return web.Values(tallyParam, t.Measure).Encode()
	}
	in := ledger.FiguresIn{
		From: from, Through: through, Known: db.FromMicros(e.known.At).Format(time.RFC3339Nano), Book: string(ledger.Recognised), Basis: t.Basis,
		Measure: []string{t.Measure}, Where: append(e.where(t), sub.dim+":"+sub.id),
	}
	return in.Query().Encode()
}

// recused reports whether a person has an account that stands inside, or leads, something that is assessed.
func recused(ctx context.Context, tx *db.Tx, who audit.Actor, subjects []subject) (bool, error) {
	assessed := map[string]bool{}
	for _, s := range subjects {
		assessed[s.id] = true
	}
	nodes, err := standings(ctx, tx, who)
	if err != nil {
		return false, err
	}
	for _, n := range nodes {
		inside, err := db.All[string](ctx, tx, `SELECT DISTINCT root_id FROM org_scope WHERE node_id = ? AND valid_from <= ? AND valid_to > ?`, n.Node, tx.Today(), tx.Today())
		if err != nil {
			return false, err
		}
		leads := []string{}
		if n.leads {
			if leads, err = db.All[string](ctx, tx, `SELECT DISTINCT node_id FROM org_scope WHERE root_id = ? AND valid_from <= ? AND valid_to > ?`, n.Node, tx.Today(), tx.Today()); err != nil {
				return false, err
			}
		}
		if slices.ContainsFunc(slices.Concat(inside, leads), func(id string) bool { return assessed[id] }) {
			return true, nil
		}
	}
	return false, nil
}
