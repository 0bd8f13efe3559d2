package ledger

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

// exploreIn is the address of the explorer: a question, how to show it, and a condition being added.
type exploreIn struct {
	FiguresIn
	View string `json:"view,omitempty" enum:"chart,table"`
	// A condition being added: its dimension, before its value is chosen.
	Dim string `json:"-"`
}

// explorer is everything the page of a question shows.
type explorer struct {
	in      exploreIn
	about   meaning
	fig     Figure
	title   string
	related []Figure
	conds   []string
	words   []string // of conds
	months  []month
	rows    []groupRow
	more    int // groups that are not shown
	by      string
	places  []Named // of the map
	values  []web.Choice
	typed   bool      // the values of the dimension cannot be listed
	cols    []meaning // beside the main figure
	money   web.Unit
	choice  choices
	chart   bool
	drill   bool
	export  bool
}

type month struct {
	Month      string
	New, Sum   Number
	in, so_far FiguresIn
	open       bool
}

type groupRow struct {
	key, name string
	in        FiguresIn
	value     Number
	beside    []Number
	n         int64
}

// choices fill the pickers.
type choices struct {
	measures, stations, units, bys, knowns, dims []web.Choice
}

// maxGroups is how many groups the page shows; the rest is in the export.
const maxGroups = 200

// beside lists what stands next to a measure in tables and under the big figure.
var beside = map[string][]string{
	"contract.amount":     {"project.signed", "funds.received", "funds.rate"},
	"funds.received":      {"contract.amount", "project.signed", "funds.rate"},
	"funds.rate":          {"funds.received", "contract.amount", "project.signed"},
	"project.signed":      {"contract.amount", "funds.received", "investor.distinct"},
	"project.registered":  {"project.signed", "contract.amount", "funds.received"},
	"project.started":     {"project.signed", "project.produced", "funds.received"},
	"project.produced":    {"project.signed", "project.started", "funds.received"},
	"visit.enterprise":    {"visit.association", "visit.total", "company.visited"},
	"visit.association":   {"visit.enterprise", "visit.total"},
	"visit.total":         {"visit.enterprise", "visit.association", "company.visited"},
	"company.visited":     {"visit.enterprise"},
	"tour":                {"visit.enterprise", "project.signed"},
	"deployment":          {"visit.enterprise", "tour"},
	"investor.distinct":   {"investor.industrial", "project.signed"},
	"investor.industrial": {"investor.distinct", "project.signed"},
	"contract.mean":       {"contract.amount", "project.signed"},
	"contract.growth":     {"contract.amount"},
	"funds.growth":        {"funds.received"},
	"project.growth":      {"project.signed"},
}

func (s *Service) explorePage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	if to := addedCondition(r.URL); to != "" {
		return web.Redirect(to), nil
	}
	in, err := web.Query[exploreIn](r)
	if err != nil {
		return nil, err
	}
	in.Dim = r.URL.Query().Get("_dim") // of the form, not of the question
	x, err := s.explore(ctx, in)
	if err != nil {
		return nil, err
	}
	return explorePage(x), nil
}

// addedCondition moves the condition typed into _dim and _value into the address; "" when there is none.
func addedCondition(u *url.URL) string {
	q := u.Query()
	dim, value := q.Get("_dim"), strings.TrimSpace(q.Get("_value"))
	if value == "" && (dim != "" || !q.Has("_dim")) {
		return ""
	}
	q.Del("_dim")
	q.Del("_value")
	if dim != "" && value != "" {
		q.Add("where", dim+":"+value)
	}
	for k, v := range q {
		if len(v) == 1 && v[0] == "" {
			q.Del(k)
		}
	}
	return "/figures?" + q.Encode()
}

// explore answers the question of the page in one snapshot.
func (s *Service) explore(ctx context.Context, in exploreIn) (x *explorer, err error) {
	who, err := audit.Require(ctx, "figures.read")
	if err != nil {
		return nil, err
	}
	in.FiguresIn = in.AsShown(ctx)
	in.Basis = cmp.Or(in.Basis, string(Location))
	if len(in.Measure) == 0 {
		in.Measure = []string{"contract.amount"}
	}
	in.Measure = strings.Split(in.Measure[0], ",")[:1]
	x = &explorer{in: in, conds: in.conditions(), drill: who.May("ledger.read"), export: who.May("figures.export")}
	if x.about, err = about(ctx, in.Measure[0]); err != nil {
		return nil, err
	}
	if acrossYears(x.about.Kind) && in.From == "" { // needs both days: the year so far
		x.in.From = yearStart(in.Through)
	}
	x.by = x.in.group()
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		sp, err := s.speaker(ctx, tx)
		if err != nil {
			return err
		}
		for _, step := range []func(context.Context, *db.Tx, *speaker, string) error{x.answer, x.perMonth, x.perGroup} {
			if err := step(ctx, tx, sp, who.Node); err != nil {
				return err
			}
		}
		for _, w := range x.conds {
			x.words = append(x.words, sp.chip(ctx, w))
		}
		x.learnPlaces(sp)
		if err := x.listValues(ctx, tx, sp, who.Node); err != nil {
			return err
		}
		return s.choices(ctx, tx, sp, who, x)
	})
	return x, err
}

// group is the dimension to group by: the first asked for, else what stands below the unit in view.
func (in exploreIn) group() string {
	for _, list := range in.By {
		for _, by := range strings.Split(list, ",") {
			if by != "" {
				return by
			}
		}
	}
	return ""
}

func yearStart(day string) string {
	if len(day) < 4 {
		return ""
	}
	return day[:4] + "-01-01"
}

func (x *explorer) answer(ctx context.Context, tx *db.Tx, sp *speaker, root string) error {
	if x.by == "" {
		x.by = rankBelow(sp.dir, x.in.Unit, root)
	}
	ask := x.in.FiguresIn
	ask.By, ask.Measure = nil, append([]string{x.about.Code}, beside[x.about.Code]...)
	out, err := FiguresOf(ctx, tx, root, ask)
	if err != nil {
		return err
	}
	x.fig, x.related = out.Figures[0], out.Figures[1:]
	x.money = moneyUnit(x.fig.Value.N)
	x.title = x.about.Name
	return nil
}

// rankBelow is the rank of the units directly under the unit in view.
func rankBelow(dir *org.Directory, unit, root string) string {
	if unit == "" {
		unit = root
	}
	u, err := dir.Unit(unit)
	switch {
	case err != nil:
		return "city"
	case u.Kind == org.Province:
		return "city"
	case u.Kind == org.City:
		return "county"
	}
	return "month"
}

// perMonth asks for the figures of each month and adds them up to what stood at its end.
func (x *explorer) perMonth(ctx context.Context, tx *db.Tx, _ *speaker, root string) error {
	codes := []string{x.about.Code}
	switch x.about.Kind {
	case "growth", "highest":
		return nil
	case "ratio":
		codes = x.about.Of
	}
	ask := x.in.FiguresIn
	ask.Measure, ask.By = codes, []string{"month"}
	out, err := FiguresOf(ctx, tx, root, ask)
	if err != nil {
		return err
	}
	per := map[string][]int64{}
	places := 0
	for i, f := range out.Figures {
		for _, g := range f.Groups {
			m := g.Key["month"]
			if per[m] == nil {
				per[m] = make([]int64, len(codes))
			}
			per[m][i] = g.Value.N
			places = g.Value.Places
		}
	}
	x.months = x.monthRows(per, places)
	x.chart = len(x.months) > 0
	return nil
}

func (x *explorer) monthRows(per map[string][]int64, places int) []month {
	var out []month
	if len(per) == 0 {
		return nil
	}
	keys := make([]string, 0, len(per))
	for m := range per {
		keys = append(keys, m)
	}
	slices.Sort(keys)
	sums := make([]int64, len(x.about.Of)+1)
	f, _ := FormulaByCode(x.about.Code)
	for m := keys[0]; m <= x.in.Through[:7]; m = nextMonth(m) {
		v := per[m]
		if v == nil {
			v = make([]int64, len(sums))
		}
		row := month{Month: m, open: m == x.in.Through[:7] && x.in.Through < lastDay(m)}
		for i := range v {
			sums[i] += v[i]
		}
		if x.about.Kind == "ratio" {
			row.New, row.Sum = rate(f, v[0], v[1]), rate(f, sums[0], sums[1])
		} else {
			row.New, row.Sum = Number{N: v[0], Places: places}, Number{N: sums[0], Places: places}
		}
		row.in, row.so_far = x.in.of(x.about.Code), x.in.of(x.about.Code)
		row.in.From, row.in.Through = max(m+"-01", x.in.From), min(lastDay(m), x.in.Through)
		row.so_far.Through = row.in.Through
		out = append(out, row)
	}
	return out
}

func lastDay(month string) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return month + "-31"
	}
	return t.AddDate(0, 1, -1).Format(time.DateOnly)
}

// perGroup asks for the table: the figure and what stands beside it, by the chosen dimension.
func (x *explorer) perGroup(ctx context.Context, tx *db.Tx, sp *speaker, root string) error {
	ask := x.in.FiguresIn
	ask.By = []string{x.by}
	ask.Measure = []string{x.about.Code}
	for _, code := range beside[x.about.Code] {
		m, err := about(ctx, code)
		if err != nil {
			return err
		}
		x.cols = append(x.cols, m)
		ask.Measure = append(ask.Measure, code)
	}
	out, err := FiguresOf(ctx, tx, root, ask)
	if err != nil {
		return err
	}
	rows := map[string]*groupRow{}
	var order []*groupRow
	for i, f := range out.Figures {
		for _, g := range f.Groups {
			k := g.Key[x.by]
			r := rows[k]
			if r == nil {
				r = &groupRow{key: k, value: Number{None: x.about.Kind == "ratio" || acrossYears(x.about.Kind)}, beside: make([]Number, len(x.cols))}
				for j, c := range x.cols {
					r.beside[j].None = c.Kind == "ratio" || acrossYears(c.Kind)
				}
				rows[k] = r
				order = append(order, r)
			}
			if i == 0 {
				r.value, r.n = g.Value, g.N
			} else {
				r.beside[i-1] = g.Value
			}
		}
	}
	return x.keepRows(ctx, sp, order)
}

func (x *explorer) keepRows(ctx context.Context, sp *speaker, order []*groupRow) error {
	timely := x.by == "month" || x.by == "year" || x.by == "date" || x.by == "period"
	sort.SliceStable(order, func(i, j int) bool {
		if timely {
			return order[i].key > order[j].key
		}
		return order[i].value.N > order[j].value.N
	})
	if len(order) > maxGroups {
		x.more = len(order) - maxGroups
		order = order[:maxGroups]
	}
	ids := make([]string, len(order))
	for i, r := range order {
		ids[i] = r.key
	}
	if err := sp.learn(ctx, x.by, ids); err != nil {
		return err
	}
	for _, r := range order {
		r.name = sp.word(ctx, x.by, r.key)
		r.in = x.in.with(x.by, r.key)
		x.rows = append(x.rows, *r)
	}
	return nil
}
