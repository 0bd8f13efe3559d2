package assess

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

// Target is what a unit or team is to reach of a measure in a year. Money is in fen.
type Target struct {
	ID      string `db:"id" json:"id"`
	Node    string `db:"node_id" json:"node"`
	Measure string `db:"measure" json:"measure"`
	Year    string `db:"year" json:"year"`
	Value   int64  `db:"value" json:"value"`
	SetBy   string `db:"set_by" json:"-"`
	SetAt   int64  `db:"set_at" json:"-"`
}

// Progress is a target and how far it is reached, beside how much of the year has passed.
type Progress struct {
	Target
	Done    ledger.Figure `json:"done"`
	Days    int64         `json:"days"`    // of the year, up to the last business date
	OfDays  int64         `json:"of_days"` // days of the year
	Through string        `json:"through"`
}

// due is what the target asks for by the date of the progress.
func (p Progress) due() int64 { return prorated(p.Value, p.Days, p.OfDays) }

// strongTarget is a target for the projects of strong enterprises (优强企业), by what they were when they signed.
const strongTarget = "project.strong"

// targetMeasures can have a target: measures, and the strong enterprises' part of one.
var targetMeasures = []string{"funds.received", "contract.amount", "project.signed", strongTarget, "project.started", "project.produced", "visit.enterprise", "tour", "lead.qualified"}

// aimed is the measure that a target is set for, and the conditions that leave its part.
func aimed(target string) (measure string, where []string) {
	if target == strongTarget {
		return "project.signed", strong
	}
	return target, nil
}

func targetName(ctx context.Context, target string) string {
	if target == strongTarget {
		return web.T(ctx, "target.strong")
	}
	return ledger.NameOf(ctx, target)
}

// towards is the question how far a target is reached.
func towards(q ledger.FiguresIn, target string) ledger.FiguresIn {
	measure, where := aimed(target)
	q.Measure, q.Where = []string{measure}, append(slices.Clone(q.Where), where...)
	return q
}

// SetTarget is what setting a target needs.
type SetTarget struct {
	Node    string `json:"node" maxLength:"64" doc:"unit or team"`
	Measure string `json:"measure" maxLength:"40"`
	Year    string `json:"year" maxLength:"4"`
	Value   int64  `json:"value" minimum:"0" doc:"fen, or a count"`
}

// SetTarget sets what a unit or team below one's own is to reach; the province sets its own too. Setting it again
// keeps the earlier value for assessments that used it. Faults: Invalid.
func (s *Service) SetTarget(ctx context.Context, in SetTarget) (out Target, err error) {
	list, err := s.SetTargets(ctx, []SetTarget{in})
	if err != nil {
		return out, err
	}
	return list[0], nil
}

// SetTargets sets several at once: all of them, or none.
func (s *Service) SetTargets(ctx context.Context, in []SetTarget) (out []Target, err error) {
	who, err := audit.Require(ctx, "target.edit")
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out = nil
		var notes []audit.Entry
		for _, x := range in {
			if err := x.check(ctx, tx, who); err != nil {
				return err
			}
			t := Target{tx.ID(), x.Node, x.Measure, x.Year, x.Value, who.Person, db.Micros(tx.Now())}
			out = append(out, t)
			notes = append(notes, audit.Entry{Action: "target.set", Object: "target/" + t.ID, After: map[string]any{"node": t.Node, "measure": t.Measure, "year": t.Year, "value": t.Value}})
		}
		if err := db.Insert(ctx, tx, "assess_target", out); err != nil {
			return err
		}
		return audit.Notes(ctx, tx, notes)
	})
	return out, err
}

func (in SetTarget) check(ctx context.Context, tx *db.Tx, who audit.Actor) error {
	var c fault.Checks
	c.Require("node", in.Node, "单位", "The unit")
	if !slices.Contains(targetMeasures, in.Measure) {
		c.Add("measure", "not_a_choice", "这个度量不设目标。", "This measure has no targets.")
	}
	if t, err := time.Parse("2006", in.Year); err != nil || t.Year() < 2019 || t.Year() > 2099 {
		c.Add("year", "not_a_year", "年份写作 2020 这样。", "Write the year like 2020.")
	}
	if in.Value < 0 || in.Value > 1e16 {
		c.Add("value", "out_of_range", "目标不能是负数，也不能大得离谱。", "A target is neither negative nor beyond belief.")
	}
	if in.Node != "" {
		ok, err := org.InScope(ctx, tx, who.Node, in.Node)
		if err != nil {
			return err
		}
		dir, err := org.Open(ctx, tx)
		if err != nil {
			return err
		}
		u, no := dir.Unit(in.Node)
		switch {
		case !ok, no != nil && !strings.Contains(in.Node, "."), no == nil && u.Kind == org.Office:
			c.Add("node", "not_your_unit", "这个单位不在您的范围内。", "This unit is outside your scope.")
		case in.Node == who.Node && u.Kind != org.Province:
			c.Add("node", "own_target", "本单位的目标由上一级下达。", "One's own target is set by the level above.")
		}
	}
	return c.Err()
}

// targets gives what was set for a year up to a moment, the last value of each: by node and measure.
func targets(ctx context.Context, tx *db.Tx, year string, at int64, nodes ...string) (map[string]map[string]Target, error) {
	out := map[string]map[string]Target{}
	cond, args := "", []any{year, at}
	if len(nodes) > 0 {
		cond, args = " AND node_id IN "+db.In(len(nodes)), append(args, db.Args(nodes)...)
	}
	err := db.Each(ctx, tx, `SELECT id, node_id, measure, year, value, set_by, set_at FROM assess_target WHERE year = ? AND set_at <= ?`+cond+` ORDER BY set_at, id`, args, func(t Target) error {
		if out[t.Node] == nil {
			out[t.Node] = map[string]Target{}
		}
		out[t.Node][t.Measure] = t
		return nil
	})
	return out, err
}

// YearTarget is what is set for a unit, measure and year; false when nothing is.
func (s *Service) YearTarget(ctx context.Context, tx *db.Tx, unit, measure, year string) (int64, bool, error) {
	set, err := targets(ctx, tx, year, now, unit)
	t, ok := set[unit][measure]
	return t.Value, ok, err
}

// now is later than any target was set.
const now = 1<<63 - 1

// progress gives the targets of the unit that a board is about.
func progress(ctx context.Context, tx *db.Tx, who audit.Actor, b Board) ([]Progress, error) {
	node := b.Question.Unit
	if node == "" {
		node = who.Node
	}
	out := []Progress{}
	if b.Question.Station != "" || len(b.Question.Through) < 4 {
		return out, nil
	}
	set, err := targets(ctx, tx, b.Question.Through[:4], now, node)
	if err != nil || len(set[node]) == 0 {
		return out, err
	}
	q := b.Question
	q.From = q.Through[:4] + "-01-01"
	for _, m := range targetMeasures {
		t, ok := set[node][m]
		if !ok {
			continue
		}
		done, err := ledger.FiguresOf(ctx, tx, who.Node, towards(q, m))
		if err != nil {
			return nil, err
		}
		out = append(out, Progress{Target: t, Done: done.Figures[0], Through: q.Through, Days: daysOf(q.From, q.Through), OfDays: yearDays(q.Through)})
	}
	return out, nil
}

// daysOf counts the days from one to the other, both included.
func daysOf(from, through string) int64 {
	a, err := time.Parse(time.DateOnly, from)
	b, err2 := time.Parse(time.DateOnly, through)
	if err != nil || err2 != nil || b.Before(a) {
		return 0
	}
	return int64(b.Sub(a).Hours()/24) + 1
}

func yearDays(day string) int64 { return daysOf(day[:4]+"-01-01", day[:4]+"-12-31") }

// TargetIn asks for the targets of a year.
type TargetIn struct {
	Year    string `json:"year,omitempty" maxLength:"4" doc:"default this year"`
	Measure string `json:"measure,omitempty" maxLength:"40" default:"funds.received"`
}

// TargetList is the targets of one measure, each with how far it is reached.
type TargetList struct {
	Year    string     `json:"year"`
	Measure string     `json:"measure"`
	Items   []Progress `json:"items"`
}

// Targets lists the targets of the units in one's scope that have one. Faults: not_allowed; Malformed.
func (s *Service) Targets(ctx context.Context, in TargetIn) (out TargetList, err error) {
	who, err := audit.Require(ctx, "figures.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = targetList(ctx, tx, who, in)
		return err
	})
	return out, err
}

func targetList(ctx context.Context, tx *db.Tx, who audit.Actor, in TargetIn) (TargetList, error) {
	out := TargetList{Year: in.Year, Measure: in.Measure, Items: []Progress{}}
	q := ledger.FiguresIn{}.AsShown(ctx)
	if q.Through == "" {
		q.Through = tx.Today()
	}
	if out.Year == "" && len(q.Through) >= 4 {
		out.Year = q.Through[:4]
	}
	if out.Measure == "" {
		out.Measure = targetMeasures[0]
	}
	if !slices.Contains(targetMeasures, out.Measure) {
		return out, fault.New(fault.Malformed, "unknown_measure", "这个度量不设目标。", "This measure has no targets.")
	}
	q = towards(q, out.Measure)
	q.From = out.Year + "-01-01"
	q.Through = min(q.Through, out.Year+"-12-31")
	set, err := targets(ctx, tx, out.Year, now)
	if err != nil {
		return out, err
	}
	nodes, err := db.All[string](ctx, tx, `SELECT DISTINCT o.node_id FROM org_scope o JOIN assess_target t ON t.node_id = o.node_id AND t.year = ? AND t.measure = ?
		WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? ORDER BY o.node_id`, out.Year, out.Measure, who.Node, tx.Today(), tx.Today())
	if err != nil || q.From > q.Through {
		return out, err
	}
	sums := map[string]ledger.Figure{}
	for _, by := range []string{"province", "city", "county", "team"} {
		q.By = []string{by}
		got, err := ledger.FiguresOf(ctx, tx, who.Node, q)
		if err != nil {
			return out, err
		}
		f := got.Figures[0]
		for _, g := range f.Groups {
			if by != "team" || strings.Contains(g.Key[by], ".") {
				sums[g.Key[by]] = ledger.Figure{Code: f.Code, Unit: f.Unit, Value: g.Value, N: g.N}
			}
		}
	}
	m, err := ledger.MeasureByCode(q.Measure[0])
	if err != nil {
		return out, err
	}
	for _, n := range nodes {
		p := Progress{Target: set[n][out.Measure], Done: sums[n], Through: q.Through, Days: daysOf(q.From, q.Through), OfDays: yearDays(q.Through)}
		p.Done.Code, p.Done.Unit = m.Code, string(m.Unit)
		out.Items = append(out.Items, p)
	}
	return out, nil
}

// prorated is the part of a yearly value that falls on some of its days, rounded half up.
func prorated(value, days, of int64) int64 {
	if of == 0 {
		return value
	}
	whole, rest := value/of, value%of
	return whole*days + (rest*days*2+of)/(2*of)
}

func absent(err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "not_found", "没有这一页，或不在您的范围内。", "No such page, or it is outside your scope.")
	}
	return err
}

// narrow is a question limited by one more condition, as the figure page writes it.
func narrow(q ledger.FiguresIn, measure, dim, value string) ledger.FiguresIn {
	switch dim {
	case "section":
		dim = "industry"
	case "origin_city":
		dim = "origin"
	}
	if value == "" {
		value = "-"
	}
	q.Where = append(slices.Clone(q.Where), fmt.Sprintf("%s:%s", dim, value))
	q.Measure, q.By = []string{measure}, nil
	return q
}

// endOf is the last day of a month.
func endOf(month string) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return month + "-31"
	}
	return t.AddDate(0, 1, -1).Format(time.DateOnly)
}

// typed reads a target as the form has it: money in 亿元, else a whole number.
func typed(measure, text string) (int64, error) {
	var c fault.Checks
	c.Require("value", text, "目标", "The target")
	if err := c.Err(); err != nil {
		return 0, err
	}
	n, bad := web.ParseInt(text)
	if unitOf(measure) == ledger.Fen {
		n, bad = web.ParseMoney(text, web.Yi)
	}
	if bad != nil {
		bad.Name = "value"
		return 0, c.AddField(*bad).Err()
	}
	return n, nil
}
