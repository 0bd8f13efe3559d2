package verify

import (
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

// moveBooks does in the ledger what the verdicts said. First verdicts go together; corrections one by one,
// because each exchanges one version for another.
func moveBooks(ctx context.Context, tx *db.Tx, b *batch) error {
	pass := map[ledger.Book][]ledger.Round{}
	var back []ledger.Round
	for i, c := range b.moved {
		r := ledger.Round{Claim: c.ID, Round: c.Round}
		step := b.steps[i]
		switch {
		case step.Verdict == Doubt:
		case c.Standing > 0:
			if err := moveCorrection(ctx, tx, c, step); err != nil {
				return err
			}
		case step.Verdict == Pass:
			pass[step.Level] = append(pass[step.Level], r)
		case step.Verdict == Return:
			back = append(back, r)
		}
	}
	if err := ledger.Reverse(ctx, tx, back, ledger.Books, "returned"); err != nil {
		return err
	}
	if err := ledger.Advance(ctx, tx, pass[ledger.Reviewed], ledger.Filed, ""); err != nil {
		return err
	}
	return ledger.Advance(ctx, tx, pass[ledger.Recognised], ledger.Reviewed, "")
}

// moveCorrection: a level that passes takes the old version out of its book and puts the new one in, together;
// a return takes the new version out of the books it reached and says the old one there again.
func moveCorrection(ctx context.Context, tx *db.Tx, c Claim, step Step) error {
	fresh := ledger.Round{Claim: c.ID, Round: c.Round}
	old := ledger.Round{Claim: c.ID, Round: c.Standing}
	if step.Verdict == Pass {
		from := ledger.Filed
		if step.Level == ledger.Recognised {
			from = ledger.Reviewed
		}
		if err := ledger.Reverse(ctx, tx, []ledger.Round{old}, []ledger.Book{step.Level}, "corrected"); err != nil {
			return err
		}
		return ledger.Advance(ctx, tx, []ledger.Round{fresh}, from, "correction")
	}
	return undoCorrection(ctx, tx, fresh, old, step.Level)
}

func undoCorrection(ctx context.Context, tx *db.Tx, fresh, old ledger.Round, at ledger.Book) error {
	reached := []ledger.Book{ledger.Filed}
	if at == ledger.Recognised {
		reached = append(reached, ledger.Reviewed)
	}
	if err := ledger.Reverse(ctx, tx, []ledger.Round{fresh}, reached, "correction returned"); err != nil {
		return err
	}
	return ledger.Restore(ctx, tx, old, reached, "correction returned")
}

// Withdrawal takes a recognised fact out of the figures.
type Withdrawal struct {
	Claim  string `json:"claim"`
	Reason string `json:"reason" maxLength:"500"`
}

// Withdraw reverses a recognised fact in every book. It needs the recognising level, another person than the
// filer, and a reason. Faults: not_allowed, not_found, same_person, not_recognised, under_correction.
func (s *Service) Withdraw(ctx context.Context, in Withdrawal) (out Claim, err error) {
	who, err := audit.Require(ctx, "claim.read")
	if err != nil {
		return out, err
	}
	var c fault.Checks
	if err := c.Require("reason", in.Reason, "撤销理由", "A reason").Err(); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := hold(ctx, tx, []string{in.Claim}); err != nil {
			return err
		}
		out, err = s.claimInScope(ctx, tx, who, in.Claim)
		if err != nil {
			return err
		}
		if err := mayWithdraw(who, out); err != nil {
			return err
		}
		return s.withdraw(ctx, tx, who, &out, strings.TrimSpace(in.Reason))
	})
	return out, err
}

func mayWithdraw(who audit.Actor, c Claim) error {
	switch {
	case !who.May("claim.withdraw") || !who.May(permission(ledger.Recognised, c.Route)):
		return fault.New(fault.Forbidden, "not_your_level", "只有认定一级可以撤销。", "Only the recognising level may withdraw.")
	case c.Correcting():
		return fault.New(fault.Conflict, "under_correction", "这一项正在更正中，请先办完更正。", "A correction of this is being checked; decide it first.")
	case c.Standing == 0:
		return fault.New(fault.Conflict, "not_recognised", "这一项没有认定过，退回即可。", "This was never recognised; return it instead.")
	case who.Person == c.FiledBy:
		return fault.New(fault.Conflict, "same_person", "您是申报人，须由另一人撤销。", "You filed this; another person must withdraw it.")
	}
	return nil
}

func (s *Service) withdraw(ctx context.Context, tx *db.Tx, who audit.Actor, c *Claim, reason string) error {
	rounds, steps, err := history(ctx, tx, []Claim{*c})
	if err != nil {
		return err
	}
	r := rounds[c.ID]
	step := Step{
		Claim: c.ID, Round: c.Round, Seq: int64(len(steps[c.ID]) + 1), Level: ledger.Recognised, Verdict: withdraw, Person: who.Person,
		Account: who.Account, Unit: who.Unit, At: db.Micros(tx.Now()), Reason: reason, ContentHash: r.ContentHash, EvidenceHash: r.EvidenceHash, FiledBy: c.FiledBy,
	}
	if err := db.Insert(ctx, tx, "verify_step", step); err != nil {
		return err
	}
	if err := ledger.Reverse(ctx, tx, []ledger.Round{{Claim: c.ID, Round: c.Standing}}, ledger.Books, reason); err != nil {
		return err
	}
	c.State, c.Standing, c.MovedAt, c.DueOn = Withdrawn, 0, step.At, ""
	if _, err := db.Exec(ctx, tx, `UPDATE verify_claim SET state = ?, standing_round = 0, moved_at = ?, due_on = '' WHERE id = ?`, string(Withdrawn), step.At, c.ID); err != nil {
		return err
	}
	if err := s.tell(ctx, tx, *c, ""); err != nil {
		return err
	}
	return audit.Note(ctx, tx, "claim.withdraw", c.Subject, nil, map[string]any{"claim": c.ID, "reason_digest": Digest(reason)})
}

// Open counts the claims that wait for a verdict of one level.
type Open struct {
	Route Route
	Level ledger.Book
	N     int64
}

// OpenByLevel counts the claims that wait, by route and level.
func OpenByLevel(ctx context.Context, tx *db.Tx) ([]Open, error) {
	type row struct {
		Route Route `db:"route"`
		State State `db:"state"`
		N     int64 `db:"n"`
	}
	rows, err := db.All[row](ctx, tx, `SELECT route, state, count(*) AS n FROM verify_claim WHERE state IN (?, ?) GROUP BY route, state`, Filed, Reviewed)
	var out []Open
	for _, r := range rows {
		if level, waits := (Claim{State: r.State}).Level(); waits {
			out = append(out, Open{r.Route, level, r.N})
		}
	}
	return out, err
}
