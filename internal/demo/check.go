package demo

import (
	"context"
	"sort"

	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/field"
	"zhudian/internal/verify"
)

// pending is what waits for a verdict: subjects by who judges next.
type pending struct {
	reviews    map[[2]string][]string  // by station and prefecture
	recognised map[string][]string     // by station
	tours      map[string][]field.Tour // by receiving unit
	projects   map[string][]string     // to be reviewed, by prefecture
	provincial []string                // to be recognised by the province
}

func (p *pending) project(prefecture, subject string) {
	p.projects[prefecture] = append(p.projects[prefecture], subject)
}

func (p *pending) file(station, prefecture, subject string) {
	k := [2]string{station, prefecture}
	p.reviews[k] = append(p.reviews[k], subject)
}

// reviewField: each prefecture's branch reviews what its teams filed.
func (m *maker) reviewField(ctx context.Context) error {
	var keys [][2]string
	for k := range m.pending.reviews {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i][0]+keys[i][1] < keys[j][0]+keys[j][1] })
	for _, k := range keys {
		subjects := m.pending.reviews[k]
		if err := m.pass(m.as(ctx, "branch "+k[1], k[1], auth.Branch), subjects); err != nil {
			return err
		}
		m.pending.recognised[k[0]] = append(m.pending.recognised[k[0]], subjects...)
	}
	clear(m.pending.reviews)
	return nil
}

// recogniseField: the station's captain recognises for the general branch.
func (m *maker) recogniseField(ctx context.Context) error {
	for _, at := range []string{shenzhen, yangtze} {
		subjects := m.pending.recognised[at]
		if len(subjects) == 0 {
			continue
		}
		if err := m.pass(m.as(ctx, "captain "+at, at, auth.Captain), subjects); err != nil {
			return err
		}
		delete(m.pending.recognised, at)
	}
	return nil
}

// pass lets an acting person pass the claims of some subjects, in transactions of bounded size.
func (m *maker) pass(ctx context.Context, subjects []string) error {
	const most = 1000
	for from := 0; from < len(subjects); from += most {
		part := subjects[from:min(from+most, len(subjects))]
		if err := m.look(ctx); err != nil {
			return err
		}
		err := m.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			found, err := verify.ClaimsOf(ctx, tx, part)
			if err != nil {
				return err
			}
			ids := make([]string, len(part))
			for i, s := range part {
				ids[i] = found[s].ID
			}
			hashes, err := verify.HashesOf(ctx, tx, ids)
			if err != nil {
				return err
			}
			in := make([]verify.Decision, len(ids))
			for i, id := range ids {
				in[i] = verify.Decision{Claim: id, Verdict: verify.Pass, ContentHash: hashes[id]}
			}
			_, err = m.Verify.DecideIn(ctx, tx, in)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// look has the rules see what waits; what was judged they saw before.
func (m *maker) look(ctx context.Context) error {
	for n := 1; n > 0; {
		var err error
		if n, err = m.Verify.LookOver(ctx); err != nil {
			return err
		}
	}
	return nil
}
