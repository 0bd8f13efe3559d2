package verify

import (
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

// File opens a claim for each filing, or a new round of the claim its subject has, and posts to the filed book.
//
// What a new round does depends on where the last one is. Before recognition it voids the verdicts given so far:
// the entries of every book are reversed and checking starts again. After recognition it is a correction: the
// recognised figure stands and each book changes over when its level passes the new version.
// The claims come back in the order of the filings. Faults: those of ledger.Post; under_correction.
func File(ctx context.Context, tx *db.Tx, filings []Filing) ([]Claim, error) {
	who, ok := audit.Who(ctx)
	if !ok {
		return nil, fault.New(fault.Unauthenticated, "sign_in", "请先登录。", "Sign in first.")
	}
	known, err := bySubject(ctx, tx, filings)
	if err != nil {
		return nil, err
	}
	days, err := paceOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	var in intake
	out := make([]Claim, len(filings))
	for i, f := range filings {
		if len(f.Facts) == 0 {
			return nil, fault.Wrap(fault.New(fault.Internal, "internal", "", ""), "a filing without facts")
		}
		old, seen := known[f.Subject]
		if f.By == nil {
			f.By = &Filer{who.Person, who.Account}
		}
		c := claimOf(tx, days, f, old)
		if seen {
			if err := replace(ctx, tx, old); err != nil {
				return nil, err
			}
			if err := update(ctx, tx, c); err != nil {
				return nil, err
			}
		} else {
			in.claims = append(in.claims, c)
		}
		if err := in.add(tx, c, f); err != nil {
			return nil, err
		}
		out[i] = c
	}
	return out, in.store(ctx, tx)
}

func bySubject(ctx context.Context, tx *db.Tx, filings []Filing) (map[string]Claim, error) {
	out := map[string]Claim{}
	for from := 0; from < len(filings); from += 500 {
		var subjects []string
		for _, f := range filings[from:min(from+500, len(filings))] {
			subjects = append(subjects, f.Subject)
		}
		err := db.Each(ctx, tx, `SELECT `+claimColumns+` FROM verify_claim c WHERE c.subject IN `+db.In(len(subjects)), db.Args(subjects), func(c Claim) error {
			out[c.Subject] = c
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// claimOf is the claim as the filing makes it; old is its last round, or empty.
func claimOf(tx *db.Tx, days pace, f Filing, old Claim) Claim {
	id := old.ID
	if id == "" {
		id = tx.ID()
	}
	main := f.Facts[0]
	for _, x := range f.Facts { // money tells a verifier more than a count of one
		if m, err := ledger.MeasureByCode(x.Measure); err == nil && m.Money() {
			main = x
		}
	}
	return Claim{
		ID: id, Kind: f.Kind, Subject: f.Subject, Title: f.Title, Route: f.Route, Node: f.Node, Unit: f.Unit, City: f.City,
		Measure: main.Measure, Delta: main.Delta, OccurredOn: main.OccurredOn,
		State: Filed, Round: old.Round + 1, Standing: old.Standing,
		FiledBy: f.By.Person, FiledAt: db.Micros(tx.Now()), MovedAt: db.Micros(tx.Now()), DueOn: days.due(tx.Now(), f.Route, main.OccurredOn, ledger.Reviewed),
	}
}

// replace takes the last round out of the books as far as the new one demands. For a correction only the filed
// book changes over at once, because filing is its level.
func replace(ctx context.Context, tx *db.Tx, old Claim) error {
	if old.Correcting() {
		return fault.New(fault.Conflict, "under_correction", "这一项正在更正中，请等本次更正办完，或先撤回更正。",
			"A correction of this is being checked; wait for it or take it back first.")
	}
	rounds := []ledger.Round{{Claim: old.ID, Round: old.Round}}
	if old.Standing > 0 {
		return ledger.Reverse(ctx, tx, []ledger.Round{{Claim: old.ID, Round: old.Standing}}, []ledger.Book{ledger.Filed}, "corrected")
	}
	return ledger.Reverse(ctx, tx, rounds, ledger.Books, "edited")
}

func update(ctx context.Context, tx *db.Tx, c Claim) error {
	_, err := db.Exec(ctx, tx, `UPDATE verify_claim SET title = ?, node_id = ?, unit_id = ?, city = ?, measure = ?, delta = ?, occurred_on = ?, state = ?,
		round = ?, doubt = '', risk = 0, appealed_against = ?, filed_by = ?, filed_at = ?, moved_at = ?, due_on = ? WHERE id = ?`,
		c.Title, c.Node, c.Unit, c.City, c.Measure, c.Delta, c.OccurredOn, string(c.State), c.Round, c.AppealedAgainst, c.FiledBy, c.FiledAt, c.MovedAt, c.DueOn, c.ID)
	return err
}

// intake gathers the rows of many filings, so that a thousand visits cost a handful of statements.
type intake struct {
	claims   []Claim
	rounds   []Round
	evidence []Evidence
	postings []ledger.Posting
	notes    []audit.Entry
}

func (in *intake) add(tx *db.Tx, c Claim, f Filing) error {
	text, hash, err := contentOf(f.Content)
	if err != nil {
		return err
	}
	r := Round{
		Claim: c.ID, Round: c.Round, Content: text, ContentHash: hash, EvidenceHash: evidenceHash(f.Evidence),
		FiledBy: f.By.Person, FiledAccount: f.By.Account, FiledAt: c.FiledAt,
	}
	in.rounds = append(in.rounds, r)
	for _, e := range f.Evidence {
		e.ID, e.Claim, e.Round, e.AddedBy, e.AddedAt = tx.ID(), c.ID, c.Round, f.By.Person, c.FiledAt
		in.evidence = append(in.evidence, e)
	}
	for _, fact := range f.Facts {
		in.postings = append(in.postings, ledger.Posting{Claim: c.ID, Round: c.Round, Reason: f.Late, Fact: fact})
	}
	in.notes = append(in.notes, audit.Entry{Action: "claim.file", Object: c.Subject, After: map[string]any{
		"claim": c.ID, "round": c.Round, "content_hash": hash, "evidence_hash": r.EvidenceHash,
	}})
	return nil
}

func (in *intake) store(ctx context.Context, tx *db.Tx) error {
	for _, rows := range []struct {
		table string
		rows  any
	}{
		{"verify_claim", in.claims}, {"verify_round", in.rounds}, {"verify_evidence", in.evidence},
	} {
		if err := db.Insert(ctx, tx, rows.table, rows.rows); err != nil {
			return err
		}
	}
	if err := audit.Notes(ctx, tx, in.notes); err != nil {
		return err
	}
	return ledger.Post(ctx, tx, ledger.Filed, in.postings)
}
