package ledger

import (
	"context"
	"sync"

	"zhudian/internal/audit"
	"zhudian/internal/db"
)

// addUp sums the entries behind a question one by one, without the kept sums, as a check on them.
func addUp(ctx context.Context, tx *db.Tx, q Question, codes []string) (sum, n int64, err error) {
	type row struct {
		Sum int64 `db:"s"`
		N   int64 `db:"n"`
	}
	counted, w := q.lines(codes)
	r, err := db.One[row](ctx, tx, `SELECT CAST(COALESCE(sum(x.d), 0) AS BIGINT) AS s, count(*) AS n FROM (
		SELECT `+counted.text()+` AS d FROM ledger_entry e WHERE `+w.text()+`) x`, append(counted.args, w.args...)...)
	return r.Sum, r.N, err
}

// stroll remembers to which link each chain has been recomputed since the program started. What was recomputed
// cannot change any more: the tables refuse it. `zhudian ledger verify` starts from the first link every time.
type stroll struct {
	mu   sync.Mutex
	done map[string]joint
}

type joint struct {
	seq, recorded int64
	hash          string
}

// ChainState is how far a chain was recomputed, and its break, if any.
type ChainState struct {
	Chain  string `json:"chain"`
	Seq    int64  `json:"seq"`
	Hash   string `json:"hash"`
	Broken string `json:"broken,omitempty"`
}

// Chains recomputes every hash that was added since it last looked and says where each chain stands.
// The first call after a start walks the whole ledger. Faults: sign_in, not_allowed.
func (s *Service) Chains(ctx context.Context, _ struct{}) (out struct {
	Chains []ChainState `json:"chains"`
}, err error,
) {
	if _, err := audit.Require(ctx, "figures.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		heads, err := Heads(ctx, tx)
		if err != nil {
			return err
		}
		for _, h := range heads {
			c, err := s.walked.to(ctx, tx, h)
			if err != nil {
				return err
			}
			out.Chains = append(out.Chains, c)
		}
		return nil
	})
	return out, err
}

// to recomputes a chain from where it was left to its head in this snapshot.
func (w *stroll) to(ctx context.Context, tx *db.Tx, h Head) (ChainState, error) {
	w.mu.Lock()
	from := w.done[h.Chain]
	w.mu.Unlock()
	out := ChainState{Chain: h.Chain, Seq: h.Seq, Hash: h.Hash}
	if from.seq > h.Seq { // another request is ahead of this snapshot
		return out, nil
	}
	at, broken, err := walkChain(ctx, tx, h.Chain, from)
	if err != nil {
		return out, err
	}
	if broken == "" && (at.seq != h.Seq || at.hash != h.Hash) {
		broken = headBroken(h, at.seq)
	}
	out.Seq, out.Broken = at.seq, broken
	if broken == "" {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.done == nil {
			w.done = map[string]joint{}
		}
		if w.done[h.Chain].seq < at.seq {
			w.done[h.Chain] = at
		}
	}
	return out, nil
}
