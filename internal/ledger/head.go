package ledger

import (
	"context"

	"zhudian/internal/db"
)

// Head is the last link of a chain.
type Head struct {
	Chain      string `db:"chain" json:"chain"`
	Seq        int64  `db:"seq" json:"seq"`
	Hash       string `db:"hash" json:"hash"`
	RecordedAt int64  `db:"recorded_at" json:"recorded_at"`
}

// takeHeads locks chains by writing their heads, and reads the periods after that.
func takeHeads(ctx context.Context, tx *db.Tx, chains []string, byChain map[string][]*draft) (map[string]Head, books, error) {
	asked := make([]*db.Answer[Head], len(chains))
	for i, chain := range chains {
		db.Queue(ctx, tx, "ledger "+chain)
		asked[i] = askHead(ctx, tx, chain, len(byChain[chain]))
	}
	events, cutoff := askPeriods(ctx, tx), CutoffDay.Ask(ctx, tx)
	tx.NearEnd(ctx)
	heads := map[string]Head{}
	for i, chain := range chains {
		h, ok, err := asked[i].Maybe(ctx)
		if err == nil && !ok {
			h, err = firstHead(ctx, tx, chain, len(byChain[chain]))
			events = askPeriods(ctx, tx)
		}
		if err != nil {
			return nil, books{}, err
		}
		heads[chain] = h
	}
	list, err := events.All(ctx)
	if err != nil {
		return nil, books{}, err
	}
	last, err := cutoff(ctx)
	return heads, booksOf(list, last), err
}

// askHead reserves n numbers and sets a time that never runs backwards. A chain without a head gives no row.
func askHead(ctx context.Context, tx *db.Tx, chain string, n int) *db.Answer[Head] {
	now := db.Micros(tx.Now())
	return db.Ask[Head](ctx, tx, `UPDATE ledger_head SET seq = seq + ?, recorded_at = CASE WHEN recorded_at > ? THEN recorded_at ELSE ? END
		WHERE chain = ? RETURNING chain, seq, hash, recorded_at`, int64(n), now, now, chain)
}

// firstHead makes the head of a new chain; of two transactions that make it at the same time one waits for the other.
func firstHead(ctx context.Context, tx *db.Tx, chain string, n int) (Head, error) {
	return db.One[Head](ctx, tx, `INSERT INTO ledger_head (chain, seq, hash, recorded_at) VALUES (?, ?, '', ?)
		ON CONFLICT (chain) DO UPDATE SET seq = ledger_head.seq + excluded.seq,
			recorded_at = CASE WHEN ledger_head.recorded_at > excluded.recorded_at THEN ledger_head.recorded_at ELSE excluded.recorded_at END
		RETURNING chain, seq, hash, recorded_at`, chain, int64(n), db.Micros(tx.Now()))
}

// State names what every answer depends on in this snapshot: the ends of the chains and which companies are the same.
// While it stays, the same question has the same answer.
func State(ctx context.Context, tx *db.Tx) (string, error) {
	return db.One[string](ctx, tx, `SELECT (SELECT CAST(coalesce(sum(seq), 0) AS TEXT) FROM ledger_head) || '/' ||
		(SELECT CAST(count(*) AS TEXT) || '/' || CAST(coalesce(max(recorded_at), 0) AS TEXT) || '/' || CAST(coalesce(max(undone_at), 0) AS TEXT) FROM ledger_alias)`)
}
