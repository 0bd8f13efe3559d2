package verify

import (
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// TakeBack is the filer withdrawing what was not recognised yet: the entries of every book are reversed and the claim
// ends as withdrawn. The caller has checked that the actor may see the subject.
// Faults: not_yours, already_recognised, not_waiting.
func TakeBack(ctx context.Context, tx *db.Tx, who audit.Actor, subject, reason string) (Claim, error) {
	c, err := droppable(ctx, tx, subject)
	if err != nil {
		return c, err
	}
	if c.FiledBy != who.Person {
		return c, fault.New(fault.Conflict, "not_yours", "只有申报人能撤回。", "Only the person who filed it can take it back.")
	}
	return drop(ctx, tx, c, reason)
}

// Drop ends a claim because its record no longer says so, e.g. a closed request that was reopened. It is for what was
// not recognised yet. Faults: already_recognised, not_waiting.
func Drop(ctx context.Context, tx *db.Tx, subject, reason string) error {
	c, err := droppable(ctx, tx, subject)
	if err == nil {
		_, err = drop(ctx, tx, c, reason)
	}
	return err
}

// droppable holds the claim of a subject that waits and was never recognised.
func droppable(ctx context.Context, tx *db.Tx, subject string) (Claim, error) {
	c, ok, err := ClaimOf(ctx, tx, subject)
	if err != nil {
		return c, err
	}
	if ok {
		if err := hold(ctx, tx, []string{c.ID}); err != nil {
			return c, err
		}
		c, ok, err = ClaimOf(ctx, tx, subject)
	}
	switch {
	case err != nil:
		return c, err
	case !ok || c.State == Withdrawn:
		return c, fault.New(fault.Conflict, "not_waiting", "这一项没有在核实，不用撤回。", "This is not being checked; there is nothing to take back.")
	case c.Standing > 0:
		return c, fault.New(fault.Conflict, "already_recognised", "已认定的只能由认定一级撤销。", "What is recognised can be withdrawn by the recognising level only.")
	}
	return c, nil
}

func drop(ctx context.Context, tx *db.Tx, c Claim, reason string) (Claim, error) {
	if err := ledger.Reverse(ctx, tx, []ledger.Round{{Claim: c.ID, Round: c.Round}}, ledger.Books, "taken back"); err != nil {
		return c, err
	}
	c.State, c.Doubt, c.DueOn, c.MovedAt = Withdrawn, "", "", db.Micros(tx.Now())
	if _, err := db.Exec(ctx, tx, `UPDATE verify_claim SET state = ?, doubt = '', due_on = '', moved_at = ? WHERE id = ?`, string(Withdrawn), c.MovedAt, c.ID); err != nil {
		return c, err
	}
	return c, audit.Note(ctx, tx, "claim.take_back", c.Subject, nil, map[string]any{"claim": c.ID, "round": c.Round, "reason_digest": Digest(reason)})
}

// Seals are the three verdicts of a claim as a row shows them. While a correction is checked the recognised version
// stands, and so do its seals.
func (c Claim) Seals() web.Seals {
	switch {
	case c.ID == "":
		return web.SealsFor("")
	case c.State == Withdrawn:
		return web.Seals{Filed: web.SealVoid, Reviewed: web.SealVoid, Recognised: web.SealVoid}
	case c.Standing > 0:
		return web.SealsFor(string(ledger.Recognised))
	case c.State == Returned:
		return web.Seals{Filed: web.SealDone, Reviewed: web.SealBack, Recognised: web.SealWait}
	}
	return web.SealsFor(string(c.State))
}

// EvidenceOf gives the files of a claim's current round, to be named again in its next one.
func EvidenceOf(ctx context.Context, tx *db.Tx, c Claim) ([]Evidence, error) {
	return db.All[Evidence](ctx, tx, `SELECT id, claim_id, round, blob, name, type, size, added_by, added_at
		FROM verify_evidence WHERE claim_id = ? AND round = ? ORDER BY id`, c.ID, c.Round)
}

// ContentOf gives what a claim's current round says, as canonical JSON.
func ContentOf(ctx context.Context, tx *db.Tx, c Claim) (string, error) {
	return db.One[string](ctx, tx, `SELECT content FROM verify_round WHERE claim_id = ? AND round = ?`, c.ID, c.Round)
}
