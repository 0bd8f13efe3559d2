package org

import (
	"context"
	"sort"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Link is one dated edge of the scope graph: who stands at Parent may see what lies at Child.
// From and To are business dates, To exclusive; "" means without bound.
type Link struct {
	Parent string `db:"parent" json:"parent"`
	Child  string `db:"child" json:"child"`
	From   string `db:"valid_from" json:"valid_from"`
	To     string `db:"valid_to" json:"valid_to"`
}

// AddNode makes a node of the scope graph and links it under its parents; Child of each link may be left out.
// A team has two parents, its unit and its station. Faults: Conflict "exists", Invalid "node_unknown", "scope_circle".
func AddNode(ctx context.Context, tx *db.Tx, id, kind string, parents ...Link) error {
	if err := insertNodes(ctx, tx, []node{{ID: id, Kind: kind}}); err != nil {
		return err
	}
	for i := range parents {
		parents[i].Child = id
	}
	if len(parents) == 0 {
		return refresh(ctx, tx, id)
	}
	return Connect(ctx, tx, parents...)
}

// Connect adds edges and keeps the closure. Faults: Invalid "node_unknown", "span", "scope_circle"; Conflict "exists".
func Connect(ctx context.Context, tx *db.Tx, links ...Link) error {
	for i, l := range links {
		if l.From == "" {
			l.From = First
		}
		if l.To == "" {
			l.To = Last
		}
		if l.From >= l.To {
			return fault.BadField("valid_to", "span", "结束日期须晚于开始日期。", "The end must be later than the start.")
		}
		for _, id := range []string{l.Parent, l.Child} {
			if ok, err := hasNode(ctx, tx, id); err != nil {
				return err
			} else if !ok {
				return fault.BadField("parent", "node_unknown", "没有编号为 "+id+" 的单位、驻点或队伍。", "There is no unit, station or team "+id+".")
			}
		}
		links[i] = l
	}
	if err := insertLinks(ctx, tx, links); err != nil {
		return err
	}
	return refreshChildren(ctx, tx, links)
}

// Disconnect ends the edges from parent to child on a day: from then on the parent sees the child no more by
// this way. Edges that would start on that day or later are removed.
func Disconnect(ctx context.Context, tx *db.Tx, parent, child, day string) error {
	if err := endLinks(ctx, tx, parent, child, day); err != nil {
		return err
	}
	return refresh(ctx, tx, child)
}

// InScope reports whether a person standing at root sees node today.
func InScope(ctx context.Context, tx *db.Tx, root, node string) (bool, error) {
	return inScope(ctx, tx, root, node, tx.Today())
}

// NodeExists gives a NotFound fault for a node that the scope graph has not.
func NodeExists(ctx context.Context, tx *db.Tx, id string) error {
	ok, err := hasNode(ctx, tx, id)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "node_unknown", "没有编号为 "+id+" 的单位、驻点或队伍。", "There is no unit, station or team "+id+".")
	}
	return err
}

// Require is InScope as a fault: out of scope and absent look alike (NotFound).
func Require(ctx context.Context, tx *db.Tx, root, node string) error {
	ok, err := InScope(ctx, tx, root, node)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "not_found", "没有这一页，或不在您的范围内。", "No such page, or it is outside your scope.")
	}
	return err
}

func refreshChildren(ctx context.Context, tx *db.Tx, links []Link) error {
	done := map[string]bool{}
	for _, l := range links {
		if done[l.Child] {
			continue
		}
		done[l.Child] = true
		if err := refresh(ctx, tx, l.Child); err != nil {
			return err
		}
	}
	return nil
}

// refresh computes the closure above a node and above everything under it anew. Upward the graph is narrow,
// so this reads a handful of rows for a team and a few hundred for a prefecture.
func refresh(ctx context.Context, tx *db.Tx, id string) error {
	below, err := descendants(ctx, tx, id)
	if err != nil {
		return err
	}
	w := &walk{parents: func(child string) ([]Link, error) { return linksAbove(ctx, tx, child) }}
	var rows []scopeRow
	for _, n := range below {
		list, err := w.rows(n)
		if err != nil {
			return err
		}
		rows = append(rows, list...)
	}
	return replaceScope(ctx, tx, below, rows)
}

// spans are the days on which one node lies under another: sorted, never touching.
type spans []period

type period struct{ from, to string }

// clip keeps what lies inside one period.
func (s spans) clip(p period) spans {
	var out spans
	for _, x := range s {
		from, to := max(x.from, p.from), min(x.to, p.to)
		if from < to {
			out = append(out, period{from, to})
		}
	}
	return out
}

// join gives the union of two sets.
func (s spans) join(t spans) spans {
	all := append(append(spans{}, s...), t...)
	sort.Slice(all, func(i, j int) bool { return all[i].from < all[j].from })
	var out spans
	for _, p := range all {
		if n := len(out); n > 0 && p.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, p.to)
			continue
		}
		out = append(out, p)
	}
	return out
}

// walk computes closures upward, each node once.
type walk struct {
	parents func(child string) ([]Link, error)
	known   map[string]map[string]spans
	open    map[string]bool
}

func (w *walk) above(id string) (map[string]spans, error) {
	if got, ok := w.known[id]; ok {
		return got, nil
	}
	if w.known == nil {
		w.known, w.open = map[string]map[string]spans{}, map[string]bool{}
	}
	if w.open[id] {
		return nil, fault.BadField("parent", "scope_circle", "上下级关系成了环："+id+"。", "The tree would become a circle at "+id+".")
	}
	w.open[id] = true
	defer delete(w.open, id)
	out := map[string]spans{id: {{First, Last}}}
	links, err := w.parents(id)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		up, err := w.above(l.Parent)
		if err != nil {
			return nil, err
		}
		for root, s := range up {
			if part := s.clip(period{l.From, l.To}); len(part) > 0 {
				out[root] = out[root].join(part)
			}
		}
	}
	w.known[id] = out
	return out, nil
}

func (w *walk) rows(id string) ([]scopeRow, error) {
	up, err := w.above(id)
	if err != nil {
		return nil, err
	}
	var out []scopeRow
	for root, s := range up {
		for _, p := range s {
			out = append(out, scopeRow{Root: root, Node: id, From: p.from, To: p.to})
		}
	}
	return out, nil
}
