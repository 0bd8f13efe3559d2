package ledger

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"zhudian/internal/db"
)

// answer is what the entries up to some heads sum to. The hash of a head names all entries before it, so an answer
// holds wherever the chains pass through those heads, and later entries are all that must be added.
type answer struct {
	heads []Head // by chain
	cells []Cell // by key; shared, never changed
	used  int64  // the turn in which it was last asked for
}

// answers keeps the latest answer to a question as known now, least used out first.
type answers struct {
	lock  sync.Mutex
	byKey map[string]answer
	cells int
	turn  int64
}

// keepCells bounds what is kept, about 100 bytes each; keepBiggest a single answer.
const (
	keepCells   = 200_000
	keepBiggest = 50_000
)

var kept = answers{byKey: map[string]answer{}}

func (a *answers) get(key string) (answer, bool) {
	a.lock.Lock()
	defer a.lock.Unlock()
	x, ok := a.byKey[key]
	if ok {
		a.turn++
		x.used = a.turn
		a.byKey[key] = x
	}
	return x, ok
}

func (a *answers) put(key string, x answer) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.drop(key)
	if len(x.cells) > keepBiggest {
		return
	}
	for a.cells+len(x.cells)+len(a.byKey) > keepCells {
		oldest := ""
		for k, y := range a.byKey {
			if oldest == "" || y.used < a.byKey[oldest].used {
				oldest = k
			}
		}
		a.drop(oldest)
	}
	a.turn++
	x.used = a.turn
	a.byKey[key] = x
	a.cells += len(x.cells)
}

func (a *answers) drop(key string) {
	a.cells -= len(a.byKey[key].cells)
	delete(a.byKey, key)
}

// askKept answers a question as known now: from what is kept and the entries since, or with compute.
func (q Question) askKept(ctx context.Context, tx *db.Tx, compute func() ([]Cell, error)) ([]Cell, error) {
	heads, err := Heads(ctx, tx)
	if err != nil {
		return nil, err
	}
	q.Known = Known{}
	text, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	key := string(text)
	old, ok := kept.get(key)
	var news []Head // where the chains that have grown were
	if ok {
		if news, ok, err = grown(ctx, tx, old.heads, heads); err != nil {
			return nil, err
		}
	}
	cells := old.cells
	switch {
	case !ok:
		cells, err = compute()
	case len(news) > 0:
		cells, err = q.since(ctx, tx, cells, news)
	default:
		return cells, nil
	}
	if err == nil {
		kept.put(key, answer{heads: heads, cells: cells})
	}
	return cells, err
}

// grown gives the old heads of the chains that have grown since; false when some chain does not pass through its old head.
func grown(ctx context.Context, tx *db.Tx, old, now []Head) (out []Head, ok bool, err error) {
	before := make(map[string]Head, len(old))
	for _, h := range old {
		before[h.Chain] = h
	}
	for _, h := range now {
		was, known := before[h.Chain]
		delete(before, h.Chain)
		was.Chain = h.Chain
		switch {
		case was.Seq == h.Seq:
			if was.Hash != h.Hash {
				return nil, false, nil
			}
		case was.Seq > h.Seq:
			return nil, false, nil
		case known:
			hash, found, err := db.Maybe[string](ctx, tx, `SELECT hash FROM ledger_entry WHERE chain = ? AND seq = ?`, h.Chain, was.Seq)
			if err != nil || !found || hash != was.Hash {
				return nil, false, err
			}
			out = append(out, was)
		default:
			out = append(out, was)
		}
	}
	return out, len(before) == 0, nil
}

// since adds the entries after the old heads to cells.
func (q Question) since(ctx context.Context, tx *db.Tx, cells []Cell, old []Head) ([]Cell, error) {
	parts := make([]part, len(old))
	for i, h := range old {
		// The limit keeps the planner from reading all entries of the measure instead of the few that are new.
		w := where{args: []any{h.Chain, h.Seq}}
		parts[i] = q.sum("(SELECT * FROM ledger_entry WHERE chain = ? AND seq > ? ORDER BY seq LIMIT 9223372036854775807) e", w)
	}
	fresh, err := gather(ctx, tx, parts)
	if err != nil || len(fresh) == 0 {
		return cells, err
	}
	out := make([]Cell, 0, len(cells)+len(fresh))
	for _, x := range fresh {
		n, found := slices.BinarySearchFunc(cells, x, byKey)
		out = append(out, cells[:n]...)
		cells = cells[n:]
		if found {
			x.Value += cells[0].Value
			x.N += cells[0].N
			cells = cells[1:]
		}
		out = append(out, x)
	}
	return append(out, cells...), nil
}

func byKey(a, b Cell) int { return slices.Compare(a.Key, b.Key) }

func keyText(key []string) string { return strings.Join(key, "\x1f") }
