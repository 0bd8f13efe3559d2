package company

import (
	"context"
	"slices"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// Branch is a company in the tree of referrals, with what came of it: the furthest it got, as recognised.
type Branch struct {
	Company  string    `json:"company"`
	Name     string    `json:"name"`
	Referral *Referral `json:"referral,omitempty" doc:"by which it came; none for the first"`
	Stage    string    `json:"stage,omitempty" enum:"visited,toured,signed,funded,started,produced"`
	Branches []*Branch `json:"branches,omitempty"`

	chips map[string]web.FigProps
}

// referralStages are the measures that tell how far a company got, from the first visit to the factory.
var referralStages = []struct{ stage, measure string }{
	{"visited", "visit.enterprise"}, {"toured", "tour"}, {"signed", "project.signed"}, {"funded", "funds.received"}, {"started", "project.started"}, {"produced", "project.produced"},
}

// maxBranches is how many companies one tree shows.
const maxBranches = 200

// ReferralTree gives the tree a company stands in, from the first who introduced somebody, as far as one's scope reaches.
func (s *Service) ReferralTree(ctx context.Context, in ByID) (out Branch, err error) {
	who, err := audit.Require(ctx, "referral.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		rec, err := get(ctx, tx, in.ID)
		if err != nil {
			return err
		}
		root, err := topOf(ctx, tx, who, rec.ID)
		if err != nil {
			return err
		}
		all, err := growTree(ctx, tx, who, root)
		if err != nil {
			return err
		}
		err = dressTree(ctx, tx, all)
		out = *root
		return err
	})
	return out, err
}

// topOf climbs to the first introducer one may see.
func topOf(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (*Branch, error) {
	for range referralDepth {
		f, ok, err := db.Maybe[Referral](ctx, tx, `SELECT `+referralColumns+` FROM company_referral f`+referralScope+` WHERE f.to_id = ?`, who.Node, tx.Today(), tx.Today(), id)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		id = f.From
	}
	return &Branch{Company: id}, nil
}

// growTree adds whom each introduced, level by level, and gives all of the tree.
func growTree(ctx context.Context, tx *db.Tx, who audit.Actor, root *Branch) (map[string]*Branch, error) {
	all, level := map[string]*Branch{root.Company: root}, []string{root.Company}
	for len(level) > 0 && len(all) < maxBranches {
		list, err := db.All[Referral](ctx, tx, `SELECT `+referralColumns+` FROM company_referral f`+referralScope+` WHERE f.from_id IN `+db.In(len(level))+` ORDER BY f.day, f.id LIMIT ?`,
			slices.Concat([]any{who.Node, tx.Today(), tx.Today()}, db.Args(level), []any{maxBranches - len(all)})...)
		if err != nil {
			return nil, err
		}
		level = level[:0]
		for _, f := range list {
			if all[f.To] != nil {
				continue
			}
			b := &Branch{Company: f.To, Referral: &f}
			all[f.From].Branches = append(all[f.From].Branches, b)
			all[f.To] = b
			level = append(level, f.To)
		}
	}
	return all, nil
}

// dressTree names the companies and says how far each got.
func dressTree(ctx context.Context, tx *db.Tx, all map[string]*Branch) error {
	ids := make([]string, 0, len(all))
	for id := range all {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	names, err := Briefs(ctx, tx, ids)
	if err != nil {
		return err
	}
	for id, b := range all {
		b.Name, b.chips = names[id].Name, map[string]web.FigProps{}
	}
	got, err := stagesOf(ctx, tx, ids)
	for id, chips := range got {
		for _, x := range referralStages {
			if c, ok := chips[x.measure]; ok {
				all[id].Stage, all[id].chips[x.measure] = x.stage, c
			}
		}
	}
	return err
}

// stagesOf gives the recognised figures of companies by measure; those that are zero are left out.
func stagesOf(ctx context.Context, tx *db.Tx, ids []string) (map[string]map[string]web.FigProps, error) {
	out := map[string]map[string]web.FigProps{}
	if len(ids) == 0 {
		return out, nil
	}
	ask := ledger.FiguresIn{Book: string(ledger.Recognised)}
	for _, id := range ids {
		ask.Where = append(ask.Where, "company:"+id)
	}
	for _, x := range referralStages {
		ask.Measure = []string{x.measure}
		chips, err := ledger.GroupChips(ctx, tx, ask, "company")
		if err != nil {
			return nil, err
		}
		for id, c := range chips {
			if slices.Contains(ids, id) && c.Value != "0" && c.Value != "0.00" {
				if out[id] == nil {
					out[id] = map[string]web.FigProps{}
				}
				out[id][x.measure] = c
			}
		}
	}
	return out, nil
}
