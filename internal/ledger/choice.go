package ledger

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

// choices fills the pickers with what the person may ask for.
func (s *Service) choices(ctx context.Context, tx *db.Tx, sp *speaker, who audit.Actor, x *explorer) error {
	c := &x.choice
	for _, m := range Measures {
		c.measures = append(c.measures, web.Choice{Value: m.Code, Text: m.Name.In(sp.lang)})
	}
	for _, f := range Formulas {
		c.measures = append(c.measures, web.Choice{Value: f.Code, Text: f.Name.In(sp.lang)})
	}
	c.stations = []web.Choice{{Text: web.T(ctx, "ledger.all")}}
	if s.Names != nil {
		list, err := s.Names.Stations(ctx, tx, sp.lang)
		if err != nil {
			return err
		}
		for _, st := range list {
			c.stations = append(c.stations, web.Choice{Value: st.Code, Text: st.Name})
		}
	}
	c.units = unitChoices(ctx, sp, who.Node, x.in.Through)
	for _, by := range []string{"city", "county", "station", "team", "batch", "section", "industry", "wheel", "chain", "mode", "origin_city", "visited", "pairing", "month", "period", "year"} {
		c.bys = append(c.bys, web.Choice{Value: by, Text: web.T(ctx, "ledger.dim."+by)})
	}
	for _, d := range []string{"city", "county", "team", "batch", "industry", "wheel", "chain", "mode", "origin", "visited", "pairing", "tag", "event", "period"} {
		c.dims = append(c.dims, web.Choice{Value: d, Text: web.T(ctx, "ledger.dim."+d)})
	}
	return s.knownChoices(ctx, tx, x)
}

func unitChoices(ctx context.Context, sp *speaker, root, day string) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "ledger.all")}}
	var under func(code string, depth int)
	under = func(code string, depth int) {
		for _, u := range sp.dir.Children(code, day) {
			if u.Kind == org.City || u.Kind == org.County {
				out = append(out, web.Choice{Value: u.Code, Text: strings.Repeat("\u3000", depth) + u.Title(sp.lang)})
			}
			if depth < 2 {
				under(u.Code, depth+1)
			}
		}
	}
	if _, err := sp.dir.Unit(root); err == nil {
		under(root, 0)
	}
	return out
}

// knownChoices offers now, and what was known when each month closed.
func (s *Service) knownChoices(ctx context.Context, tx *db.Tx, x *explorer) error {
	closes, err := db.All[PeriodEvent](ctx, tx, `SELECT id, period, kind, at, person_id, asked_by, reason, '' AS heads
		FROM ledger_period_event WHERE kind = 'close' ORDER BY at DESC LIMIT 12`)
	out := []web.Choice{{Text: web.T(ctx, "ledger.now")}}
	seen := x.in.Known == ""
	for _, e := range closes {
		v := closeTime(e)
		seen = seen || v == x.in.Known
		out = append(out, web.Choice{Value: v, Text: web.T(ctx, "ledger.at_close", e.Period)})
	}
	if !seen {
		out = append(out, web.Choice{Value: x.in.Known, Text: knownText(ctx, x.in.Known)})
	}
	x.choice.knowns = out
	return err
}

// knownText words a known time as it was asked for.
func knownText(ctx context.Context, known string) string {
	if known == "" {
		return web.T(ctx, "ledger.now")
	}
	if t, err := time.Parse(time.RFC3339Nano, known); err == nil {
		return web.MomentFull(t)
	}
	return strings.Replace(known, "T", " ", 1)
}

// maxValues is how many values of a dimension are offered by name.
const maxValues = 400

// listValues offers, by name, the values that a dimension has within the question. A dimension that cannot be grouped
// by is typed.
func (x *explorer) listValues(ctx context.Context, tx *db.Tx, sp *speaker, root string) error {
	if x.in.Dim == "" {
		return nil
	}
	ask := x.in.of(x.about.Code)
	ask.By = []string{x.in.Dim}
	out, err := FiguresOf(ctx, tx, root, ask)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Malformed) {
		x.typed = true
		return nil
	}
	if err != nil {
		return err
	}
	var keys []string
	for _, g := range out.Figures[0].Groups {
		if k := g.Key[x.in.Dim]; k != "" && k != none {
			keys = append(keys, k)
		}
	}
	x.typed = len(keys) == 0 || len(keys) > maxValues
	if x.typed {
		return nil
	}
	if err := sp.learn(ctx, x.in.Dim, keys); err != nil {
		return err
	}
	for _, k := range keys {
		x.values = append(x.values, web.Choice{Value: k, Text: sp.word(ctx, x.in.Dim, k)})
	}
	slices.SortFunc(x.values, func(a, b web.Choice) int { return strings.Compare(a.Text, b.Text) })
	return nil
}
