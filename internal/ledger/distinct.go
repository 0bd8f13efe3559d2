package ledger

import (
	"context"
	"slices"

	"zhudian/internal/db"
)

// counted gives the column of the companies, projects or investors that are counted, and joins their table.
func (q Question) counted(table string, w *where) (joined, who string) {
	who = "e.company_id"
	switch q.Count {
	case "project":
		who = "e.project_id"
	case "investor", "investor.industrial":
		table += " JOIN ledger_party p ON p.entry_id = e.id"
		who = "p.company_id"
	}
	if q.Count == "investor.industrial" { // mining, manufacturing, power and water: sections B, C and D
		w.add("substr(p.industry, 1, 1) IN ('B', 'C', 'D')")
	}
	w.add(who + " <> ''")
	return table, who
}

// countDistinct turns sums whose keys end in a company, project or investor into the number of those with something
// left after reversals, each under the name it is known by at that moment.
func (q Question) countDistinct(ctx context.Context, tx *db.Tx, sums []Cell) ([]Cell, error) {
	at := q.Known.At
	if at == 0 {
		at = 1<<62 - 1
	}
	names := map[string]string{}
	err := EachAlias(ctx, tx, at, func(a Alias) error {
		names[a.Company] = a.SameAs
		return nil
	})
	if err != nil {
		return nil, err
	}
	one := map[string]*Cell{}
	for _, x := range sums {
		last := len(x.Key) - 1
		key := x.Key
		if same, ok := names[x.Key[last]]; ok {
			key = append(slices.Clone(x.Key[:last]), same)
		}
		c := one[keyText(key)]
		if c == nil {
			c = &Cell{Key: key}
			one[keyText(key)] = c
		}
		c.Value += x.Value
		c.N += x.N
	}
	groups := map[string]*Cell{}
	for _, x := range one {
		if x.Value <= 0 {
			continue
		}
		key := x.Key[:len(x.Key)-1]
		g := groups[keyText(key)]
		if g == nil {
			g = &Cell{Key: key}
			groups[keyText(key)] = g
		}
		g.Value++
		g.N += x.N
	}
	out := make([]Cell, 0, len(groups))
	for _, g := range groups {
		out = append(out, *g)
	}
	slices.SortFunc(out, byKey)
	return out, nil
}
