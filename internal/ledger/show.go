package ledger

import (
	"context"
	"net/url"
	"strings"

	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// meaning is what a page says of a measure or named figure.
type meaning struct {
	Code    string
	Name    string
	Meaning string
	Version int
	Since   string
	Unit    Unit
	Kind    string   // "" for a measure, else the kind of the formula
	Of      []string // of a formula
}

// about gives what a code means, in the language of ctx. Fault: unknown_measure.
func about(ctx context.Context, code string) (meaning, error) {
	in := func(w fault.Words) string { return w.In(web.Lang(ctx)) }
	if f, ok := FormulaByCode(code); ok {
		return meaning{code, in(f.Name), in(f.Meaning), f.Version, f.Since, f.Unit, f.Kind, f.Of}, nil
	}
	m, err := MeasureByCode(code)
	return meaning{Code: code, Name: in(m.Name), Meaning: in(m.Meaning), Version: m.Version, Since: m.Since, Unit: m.Unit}, err
}

// NameOf gives the name of a measure or named figure in the language of ctx; an unknown code is its own name.
func NameOf(ctx context.Context, code string) string {
	m, err := about(ctx, code)
	if err != nil {
		return code
	}
	return m.Name
}

// unitKeys are the catalogue keys of the units that are counted in.
var unitKeys = map[Unit]string{Visits: "visits", Persons: "persons", Items: "items", Events: "events", Requests: "requests", Firms: "firms", SinceYear: "since"}

// UnitName gives the unit of a measure in the language of ctx; money and rates have none of their own.
func UnitName(ctx context.Context, u Unit) string {
	if k := unitKeys[u]; k != "" {
		return web.T(ctx, "ledger.unit."+k)
	}
	if u == Percent {
		return "%"
	}
	return ""
}

// hundredMillion is one 亿元 in fen: the size from which money is shown in it.
const hundredMillion = 10_000_000_000

// Show words a value of a measure: money in 亿元 or 万元 by its size, counts with separators.
func Show(ctx context.Context, u Unit, n Number) web.Amount {
	return showIn(ctx, u, n, moneyUnit(n.N))
}

func moneyUnit(fen int64) web.Unit {
	if fen >= hundredMillion || fen <= -hundredMillion {
		return web.Yi
	}
	return web.Wan
}

func showIn(ctx context.Context, u Unit, n Number, money web.Unit) web.Amount {
	switch {
	case n.None:
		return web.Amount{Value: web.Nil}
	case u == Fen:
		return web.Money(ctx, n.N, money)
	case u == Percent:
		return web.Amount{Value: web.Fixed(n.N, n.Places, n.Places), Unit: "%"}
	case u == SinceYear: // a year has no separators
		return web.Amount{Value: n.String(), Unit: UnitName(ctx, u)}
	case n.Places > 0: // counts that credit splits
		return web.Amount{Value: web.Fixed(n.N, n.Places, 2), Unit: UnitName(ctx, u)}
	}
	return web.Amount{Value: web.Int(n.N), Unit: UnitName(ctx, u)}
}

// cellIn is a value in a column whose head carries the unit.
func cellIn(ctx context.Context, u Unit, n Number, money web.Unit) string {
	if u == Fen && !n.None {
		return web.MoneyCell(ctx, n.N, money)
	}
	return showIn(ctx, u, n, money).Value
}

// headUnit is the unit in the head of such a column.
func headUnit(ctx context.Context, u Unit, money web.Unit) string {
	if u == Fen {
		return web.MoneyUnit(ctx, money)
	}
	return UnitName(ctx, u)
}

// exact is the figure to the fen, for the line under a rounded one; "" for counts.
func exact(ctx context.Context, u Unit, n Number) string {
	if u != Fen || n.None {
		return ""
	}
	return web.Money(ctx, n.N, web.Yuan).String()
}

// Query writes a question as the address asks it, in the names of the command line.
func (in FiguresIn) Query() url.Values {
	q := url.Values{}
	for _, p := range []struct{ name, value string }{
		{"from", in.From},
		{"through", in.Through},
		{"known", in.Known},
		{"book", in.Book},
		{"station", in.Station},
		{"unit", in.Unit},
		{"basis", in.Basis},
	} {
		if p.value != "" && !(p.name == "basis" && p.value == string(Location)) {
			q.Set(p.name, p.value)
		}
	}
	for _, list := range []struct {
		name   string
		values []string
	}{{"measure", in.Measure}, {"where", in.Where}, {"by", in.By}} {
		for _, v := range list.values {
			q.Add(list.name, v)
		}
	}
	return q
}

// of is the question for another measure, without groups.
func (in FiguresIn) of(measure string) FiguresIn {
	in.Measure, in.By = []string{measure}, nil
	return in
}

// with is the question narrowed by one more condition.
func (in FiguresIn) with(dim, value string) FiguresIn {
	switch dim {
	case "section":
		dim = "industry"
	case "origin_city":
		dim = "origin"
	}
	if value == "" {
		value = none
	}
	in.Where = append(append([]string(nil), in.Where...), dim+":"+value)
	return in
}

// address is the page of a question; drawer its drawer.
func (in FiguresIn) address() string { return "/figures?" + in.Query().Encode() }

func (in FiguresIn) drawer() string { return "/figures/drawer?" + in.Query().Encode() }

// conditions lists the filters of a question as dim:value.
func (in FiguresIn) conditions() []string {
	var out []string
	if in.Station != "" {
		out = append(out, "station:"+in.Station)
	}
	if in.Unit != "" {
		out = append(out, "unit:"+in.Unit)
	}
	return append(out, in.Where...)
}

// Chip is the figure chip of an answer to in, for this package's and other packages' pages.
func Chip(ctx context.Context, in FiguresIn, f Figure) web.FigProps {
	a := Show(ctx, Unit(f.Unit), f.Value)
	return chipOf(ctx, in, f.Code, Unit(f.Unit), f.Value, a.Value, a.Unit)
}

func chipOf(ctx context.Context, in FiguresIn, code string, u Unit, n Number, value, unit string) web.FigProps {
	return web.FigProps{Value: value, Unit: unit, Query: in.of(code).Query(), Title: NameOf(ctx, code), Exact: exact(ctx, u, n)}
}

// AsShown fills in what a page's as-of says where the question leaves it out.
func (in FiguresIn) AsShown(ctx context.Context) FiguresIn {
	a := web.ShellOf(ctx).AsOf
	for _, p := range []struct {
		value *string
		other string
	}{{&in.Through, a.Date}, {&in.Book, a.Book}, {&in.Known, a.Known}} {
		if strings.TrimSpace(*p.value) == "" {
			*p.value = p.other
		}
	}
	return in
}
