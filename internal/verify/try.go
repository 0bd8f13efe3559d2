package verify

import (
	"context"
	"slices"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Try asks what rules would notice in claims of a time, with other limits than those in force if given.
type Try struct {
	From    string           `query:"from" json:"from" doc:"first day of what is claimed"`
	Through string           `query:"through" json:"through" doc:"last day"`
	Code    string           `query:"code" json:"code,omitempty" doc:"one rule; all when empty"`
	Limits  map[string]int64 `json:"limits,omitempty"`
	Words   []string         `json:"words,omitempty"`
}

// Tried is what the rules would notice.
type Tried struct {
	Looked int64       `json:"looked" doc:"claims that a rule looked at"`
	Hits   []TriedRule `json:"hits"`
	Sample []TriedHit  `json:"sample" doc:"the first claims that a rule would notice"`
}

// TriedRule counts for one rule.
type TriedRule struct {
	Code string `json:"code"`
	N    int64  `json:"n" doc:"claims it would notice"`
	Was  int64  `json:"was" doc:"claims it did notice when they were filed"`
}

// TriedHit is one claim that a rule would notice.
type TriedHit struct {
	Claim Claim   `json:"claim"`
	Found Finding `json:"finding"`
	Was   bool    `json:"was"`
}

// triedShown is how many claims a trial names; triedAtOnce is how many are read in one snapshot.
const (
	triedShown  = 50
	triedAtOnce = 500
)

// Try runs rules over the claims of a time in the actor's scope. Nothing is stored.
// Faults: not_allowed, not_found, Invalid.
func (s *Service) Try(ctx context.Context, in Try) (out Tried, err error) {
	who, err := audit.Require(ctx, "claim.read")
	if err != nil {
		return out, err
	}
	if days, ok := daysBetween(in.From, in.Through); !ok || days < 0 || days > 366 {
		return out, fault.BadField("from", "bad_span", "请给出不超过一年的起止日期。", "Give a first and last day, at most a year apart.")
	}
	rules, err := s.tryRules(ctx, in)
	if err != nil {
		return out, err
	}
	counts := map[string]*TriedRule{}
	var kinds []string
	for _, r := range rules {
		counts[r.Code] = &TriedRule{Code: r.Code}
		kinds = append(kinds, r.Kinds...)
	}
	after := ""
	for more := true; more; {
		err := s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
			list, err := triedClaims(ctx, tx, who, in, unique(kinds), after)
			if err != nil || len(list) == 0 {
				more = false
				return err
			}
			after = list[len(list)-1].ID
			out.Looked += int64(len(list))
			return s.tryOver(ctx, tx, rules, list, counts, &out)
		})
		if err != nil {
			return out, err
		}
	}
	for _, r := range rules {
		out.Hits = append(out.Hits, *counts[r.Code])
	}
	return out, nil
}

// tryRules gives the rules to try: those in force, or one with other limits.
func (s *Service) tryRules(ctx context.Context, in Try) (out []setting, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = inForce(ctx, tx)
		return err
	})
	if err != nil || in.Code == "" {
		return out, err
	}
	r, err := ruleByCode(in.Code)
	if err != nil {
		return nil, err
	}
	now := out[slices.IndexFunc(out, func(x setting) bool { return x.Code == r.Code })]
	if in.Limits != nil || in.Words != nil {
		next, err := ChangeRule{Code: in.Code, Risk: now.Risk, Limits: in.Limits, Words: in.Words, Reason: "-"}.applied(r)
		if err != nil {
			return nil, err
		}
		now.at = next.at
	}
	now.on = true
	return []setting{now}, nil
}

func triedClaims(ctx context.Context, tx *db.Tx, who audit.Actor, in Try, kinds []string, after string) ([]Claim, error) {
	args := append([]any{who.Node, tx.Today(), tx.Today()}, db.Args(kinds)...)
	return db.All[Claim](ctx, tx, `SELECT `+claimColumns+` FROM verify_claim c `+inScope+` WHERE c.kind IN `+db.In(len(kinds))+`
		AND c.occurred_on >= ? AND c.occurred_on <= ? AND c.id > ? ORDER BY c.id LIMIT ?`, append(args, in.From, in.Through, after, triedAtOnce)...)
}

// tryOver looks at some claims and adds to the counts.
func (s *Service) tryOver(ctx context.Context, tx *db.Tx, rules []setting, list []Claim, counts map[string]*TriedRule, out *Tried) error {
	cases, err := s.casesOf(ctx, tx, list)
	if err != nil {
		return err
	}
	was, err := noticed(ctx, tx, list)
	if err != nil {
		return err
	}
	for _, c := range list {
		for rule := range was[c.ID] {
			if counts[rule] != nil {
				counts[rule].Was++
			}
		}
		for _, f := range findings(rules, c.Kind, cases[c.ID]) {
			counts[f.Rule].N++
			if len(out.Sample) < triedShown {
				out.Sample = append(out.Sample, TriedHit{Claim: c, Found: f, Was: was[c.ID][f.Rule]})
			}
		}
	}
	return nil
}

// casesOf gives claims that stand, as the rules see them.
func (s *Service) casesOf(ctx context.Context, tx *db.Tx, list []Claim) (map[string]*Case, error) {
	out := map[string]*Case{}
	byKind := map[string][]Claim{}
	for _, c := range list {
		out[c.ID] = &Case{}
		byKind[c.Kind] = append(byKind[c.Kind], c)
	}
	for kind, part := range byKind {
		if k := s.kinds[kind]; k.Cases != nil {
			if err := k.Cases(ctx, tx, part, out); err != nil {
				return nil, err
			}
		}
	}
	return out, proofs(ctx, tx, list, out)
}

// noticed says which rules saw something in the current rounds of claims.
func noticed(ctx context.Context, tx *db.Tx, list []Claim) (map[string]map[string]bool, error) {
	type row struct {
		Claim string `db:"claim_id"`
		Rule  string `db:"rule"`
	}
	out := map[string]map[string]bool{}
	for part := range slices.Chunk(list, 500) {
		ids := make([]string, len(part))
		for i, c := range part {
			ids[i] = c.ID
		}
		err := db.Each(ctx, tx, `SELECT f.claim_id, f.rule FROM verify_finding f JOIN verify_claim c ON c.id = f.claim_id AND c.round = f.round
			WHERE c.id IN `+db.In(len(ids)), db.Args(ids), func(r row) error {
			if out[r.Claim] == nil {
				out[r.Claim] = map[string]bool{}
			}
			out[r.Claim][r.Rule] = true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
