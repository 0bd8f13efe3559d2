package ledger

import (
	"context"
	"time"

	"zhudian/internal/db"
)

// KnownAt resolves a moment to one number per chain: the last entry recorded at or before it. Chains that had
// none are left out. The answer can be stored and asked again; later entries do not change it.
func KnownAt(ctx context.Context, tx *db.Tx, at time.Time) (Known, error) {
	us := db.Micros(at)
	out := Known{At: us, Heads: map[string]int64{}}
	type place struct {
		Chain string `db:"chain"`
		First int64  `db:"first_seq"`
		Last  int64  `db:"last_seq"`
	}
	rows, err := db.All[place](ctx, tx, `SELECT d.chain, d.first_seq, d.last_seq FROM ledger_day d
		JOIN (SELECT chain, max(day) AS day FROM ledger_day WHERE day <= ? GROUP BY chain) m ON m.chain = d.chain AND m.day = d.day`,
		db.Today(at))
	if err != nil {
		return out, err
	}
	for _, r := range rows {
		seq, ok, err := db.Maybe[int64](ctx, tx, `SELECT seq FROM ledger_entry WHERE chain = ? AND seq >= ? AND seq <= ? AND recorded_at <= ?
			ORDER BY seq DESC LIMIT 1`, r.Chain, r.First, r.Last, us)
		if err != nil {
			return out, err
		}
		if !ok {
			seq = r.First - 1
		}
		if seq > 0 {
			out.Heads[r.Chain] = seq
		}
	}
	return out, nil
}

// KnownNow gives the heads of all chains in the caller's snapshot.
func KnownNow(ctx context.Context, tx *db.Tx) (Known, error) {
	heads, err := Heads(ctx, tx)
	out := Known{At: db.Micros(tx.Now()), Heads: map[string]int64{}}
	for _, h := range heads {
		out.Heads[h.Chain] = h.Seq
	}
	return out, err
}

// knownDay is the day on which a chain ends in a known state, and the numbers recorded on it up to that end.
type knownDay struct {
	day         string
	first, last int64
}

func knownDays(ctx context.Context, tx *db.Tx, heads map[string]int64) (map[string]knownDay, error) {
	type row struct {
		Day   string `db:"day"`
		First int64  `db:"first_seq"`
	}
	out := map[string]knownDay{}
	for chain, seq := range heads {
		r, ok, err := db.Maybe[row](ctx, tx, `SELECT day, first_seq FROM ledger_day WHERE chain = ? AND first_seq <= ? ORDER BY day DESC LIMIT 1`, chain, seq)
		if err != nil {
			return nil, err
		}
		if ok {
			out[chain] = knownDay{r.Day, r.First, seq}
		}
	}
	return out, nil
}

// months is a span of days cut into whole months and the days left at its ends.
type months struct {
	first, last string // whole months, inclusive; first > last when there are none
	edges       [][2]string
}

// splitSpan cuts from … through. An empty from means the beginning.
func splitSpan(from, through string) months {
	var out months
	end, _ := time.Parse(time.DateOnly, through) // the question was checked
	monthEnd := end.AddDate(0, 0, 1).Day() == 1
	out.first, out.last = "0000-01", end.Format("2006-01")
	if !monthEnd {
		out.last = end.AddDate(0, 0, -end.Day()).Format("2006-01")
	}
	if from != "" {
		start, _ := time.Parse(time.DateOnly, from)
		out.first = start.Format("2006-01")
		if start.Day() != 1 {
			out.first = start.AddDate(0, 1, 1-start.Day()).Format("2006-01")
		}
	}
	if from != "" && out.first > out.last {
		return months{first: "1", last: "0", edges: [][2]string{{from, through}}} // no whole month inside
	}
	if from != "" && from[8:] != "01" {
		out.edges = append(out.edges, [2]string{from, from[:7] + "-31"})
	}
	if !monthEnd {
		out.edges = append(out.edges, [2]string{through[:7] + "-01", through})
	}
	return out
}
