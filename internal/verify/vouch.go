package verify

import (
	"context"

	"zhudian/internal/db"
)

// Vouched reports whether the other side confirmed what the present round says.
func (c Claim) Vouched() bool { return c.VouchedRound > 0 && c.VouchedRound == c.Round }

// Vouch marks the present round of a subject's claim as confirmed by the other side. It is no verdict: it decides
// nothing and helps those who do. A subject without a claim is left alone.
func Vouch(ctx context.Context, tx *db.Tx, subject string) error {
	return db.Do(ctx, tx, `UPDATE verify_claim SET vouched_round = round WHERE subject = ?`, subject)
}
