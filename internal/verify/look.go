package verify

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

// lookEvery is how often new claims are looked for; lookAtOnce bounds what one turn reads.
const (
	lookEvery  = 2 * time.Second
	lookAtOnce = 200
)

// RunRules has the rules look at what is filed, and at the pictures of its evidence, until the context ends.
func (s *Service) RunRules(ctx context.Context, log *slog.Logger) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	for {
		n, err := s.LookOver(ctx)
		if err != nil && ctx.Err() == nil {
			log.LogAttrs(ctx, slog.LevelError, "look at what was filed", slog.String("cause", err.Error()))
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookEvery):
		}
	}
}

// LookOver has the rules look at some of the claims, and pictures, that they have not seen. It reports how many.
func (s *Service) LookOver(ctx context.Context) (int, error) {
	pictures, err := s.lookAtPictures(ctx)
	if err != nil {
		return 0, err
	}
	var list []Claim
	var found map[string][]Finding
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err = db.All[Claim](ctx, tx, `SELECT `+claimColumns+` FROM verify_claim c WHERE c.looked < c.round ORDER BY c.id LIMIT ?`, lookAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		found, err = s.look(ctx, tx, list)
		return err
	})
	if err != nil || len(list) == 0 {
		return pictures, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return keep(ctx, tx, list, found) })
	return pictures + len(list), err
}

// look says what the rules in force see in claims.
func (s *Service) look(ctx context.Context, tx *db.Tx, list []Claim) (map[string][]Finding, error) {
	rules, err := inForce(ctx, tx)
	if err != nil {
		return nil, err
	}
	cases, err := s.casesOf(ctx, tx, list)
	if err != nil {
		return nil, err
	}
	out := map[string][]Finding{}
	for _, c := range list {
		out[c.ID] = findings(rules, c.Kind, cases[c.ID])
	}
	return out, nil
}

// lookFirst has the rules look at claims that are about to be passed and that they have not seen. What they find now
// nobody can have read. Fault: findings_unread.
func (s *Service) lookFirst(ctx context.Context, tx *db.Tx, list []Claim, in []Decision) error {
	var unseen []Claim
	for i, c := range list {
		if c.Looked < c.Round && in[i].Verdict == Pass {
			unseen = append(unseen, c)
		}
	}
	if len(unseen) == 0 {
		return nil
	}
	found, err := s.look(ctx, tx, unseen)
	if err != nil {
		return err
	}
	for _, c := range unseen {
		if len(found[c.ID]) > 0 {
			return unread()
		}
	}
	return keep(ctx, tx, unseen, found)
}

func unread() error {
	return fault.New(fault.Conflict, "findings_unread", "规则提示还没有看。请先看提示，再通过。", "Read what the rules found before you approve.")
}

// keep writes findings that a claim's round does not have yet, and moves it up in the inbox. A claim that went on to
// another round meanwhile is looked at again.
func keep(ctx context.Context, tx *db.Tx, list []Claim, found map[string][]Finding) error {
	was, err := noticed(ctx, tx, list)
	if err != nil {
		return err
	}
	now, err := claims(ctx, tx, idsOf(list))
	if err != nil {
		return err
	}
	var rows []Finding
	var calm []string // in which nothing new was found
	for i, c := range list {
		if now[i].Round != c.Round {
			continue
		}
		var more int64
		for _, f := range found[c.ID] {
			if was[c.ID][f.Rule] {
				continue
			}
			f.Claim, f.Round = c.ID, c.Round
			rows, more = append(rows, f), more+f.Risk
		}
		if more == 0 {
			calm = append(calm, c.ID)
			continue
		}
		if _, err := db.Exec(ctx, tx, `UPDATE verify_claim SET looked = round, risk = risk + ? WHERE id = ?`, more, c.ID); err != nil {
			return err
		}
	}
	for ids := range slices.Chunk(calm, 500) {
		if _, err := db.Exec(ctx, tx, `UPDATE verify_claim SET looked = round WHERE id IN `+db.In(len(ids)), db.Args(ids)...); err != nil {
			return err
		}
	}
	return db.Insert(ctx, tx, "verify_finding", rows)
}

func idsOf(list []Claim) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = c.ID
	}
	return out
}

// pace lets the rule on fast checking see how many projects and payments the reviewer passed within the hour, these
// included; the next level reads it.
func (b *batch) pace(ctx context.Context, tx *db.Tx) error {
	var passed []Claim
	for i, c := range b.moved {
		if b.steps[i].Verdict == Pass && b.steps[i].Level == ledger.Reviewed && c.Route == ProjectRoute {
			passed = append(passed, c)
		}
	}
	if len(passed) == 0 {
		return nil
	}
	n, err := passedSince(ctx, tx, b.who, tx.Now().Add(-time.Hour))
	if err != nil {
		return err
	}
	rules, err := inForce(ctx, tx)
	if err != nil {
		return err
	}
	found := map[string][]Finding{}
	for _, c := range passed {
		found[c.ID] = findings(rules, c.Kind, &Case{Pace: n})
	}
	return keep(ctx, tx, passed, found)
}

func passedSince(ctx context.Context, tx *db.Tx, who audit.Actor, since time.Time) (int64, error) {
	return db.One[int64](ctx, tx, `SELECT count(*) FROM verify_step s JOIN verify_claim c ON c.id = s.claim_id
		WHERE s.person_id = ? AND s.at > ? AND s.verdict = 'pass' AND c.route = ?`, who.Person, db.Micros(since), string(ProjectRoute))
}
