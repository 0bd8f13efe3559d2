package ledger

import (
	"context"

	"zhudian/internal/db"
)

// CountedClaim is a claim that adds to a figure; Amount is its money in fen, 0 for counts.
type CountedClaim struct {
	Claim  string `db:"claim_id"`
	Amount int64  `db:"amount"`
}

// CountedClaims gives the claims that add to some measures in the words of a question, as known then, by id. The answer
// can be had again at any time. Faults: as Figures.
func CountedClaims(ctx context.Context, tx *db.Tx, root string, in FiguresIn) ([]CountedClaim, error) {
	q, err := Resolve(ctx, tx, root, in)
	if err != nil {
		return nil, err
	}
	codes, err := measuresOf(in.Measure)
	if err != nil {
		return nil, err
	}
	_, w := q.lines(codes)
	return db.All[CountedClaim](ctx, tx, `SELECT e.claim_id, CAST(sum(CASE WHEN e.measure IN ('contract.amount', 'funds.received') THEN e.delta ELSE 0 END) AS BIGINT) AS amount
		FROM ledger_entry e WHERE `+w.text()+` GROUP BY e.claim_id HAVING sum(e.delta) <> 0 ORDER BY e.claim_id`, w.args...)
}
