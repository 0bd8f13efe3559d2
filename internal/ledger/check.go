package ledger

import (
	"context"
	"fmt"

	"zhudian/internal/db"
)

// Proof is what checking the whole ledger found. Broken empty means that it is whole: every chain unbroken to
// its head, every credit equal to its entry, every kept sum equal to its entries.
type Proof struct {
	Entries int64    `json:"entries"`
	Chains  []Head   `json:"chains"`
	Broken  []string `json:"broken"`
}

// Check proves the ledger by recomputing it from its entries.
func Check(ctx context.Context, tx *db.Tx) (Proof, error) {
	p := Proof{Broken: []string{}}
	var err error
	if p.Chains, err = Heads(ctx, tx); err != nil {
		return p, err
	}
	for _, h := range p.Chains {
		if err := p.chain(ctx, tx, h); err != nil {
			return p, err
		}
	}
	for _, c := range comparisons {
		if err := p.compare(ctx, tx, c.what, c.text); err != nil {
			return p, err
		}
	}
	return p, nil
}

// checkChunk is how many entries are held in memory at once.
const checkChunk = 2000

// chain walks one chain from its first entry and recomputes every hash.
func (p *Proof) chain(ctx context.Context, tx *db.Tx, h Head) error {
	at, broken, err := walkChain(ctx, tx, h.Chain, joint{})
	p.Entries += at.seq
	switch {
	case err != nil:
		return err
	case broken != "":
		p.Broken = append(p.Broken, broken)
	case at.seq != h.Seq || at.hash != h.Hash:
		p.Broken = append(p.Broken, headBroken(h, at.seq))
	}
	return nil
}

func headBroken(h Head, seq int64) string {
	return fmt.Sprintf("chain %s ends at %d, its head says %d", h.Chain, seq, h.Seq)
}

// walkChain recomputes a chain after a link that is known to be good, to its end or its first break: what follows
// a break proves nothing.
func walkChain(ctx context.Context, tx *db.Tx, chain string, at joint) (joint, string, error) {
	for {
		rows, err := db.All[Entry](ctx, tx, `SELECT `+entryColumns+` FROM ledger_entry WHERE chain = ? AND seq > ? ORDER BY seq LIMIT ?`, chain, at.seq, checkChunk)
		if err != nil {
			return at, "", err
		}
		drafts := make([]*draft, len(rows))
		for i := range rows {
			drafts[i] = &draft{Entry: rows[i]}
		}
		if err := attach(ctx, tx, drafts); err != nil {
			return at, "", err
		}
		for _, d := range drafts {
			if why := d.breaks(at); why != "" {
				return at, fmt.Sprintf("chain %s, entry %d: %s", chain, at.seq+1, why), nil
			}
			at = joint{d.Seq, d.RecordedAt, d.Hash}
		}
		if len(rows) < checkChunk {
			return at, "", nil
		}
	}
}

// breaks says why an entry does not follow a link, or nothing.
func (d *draft) breaks(at joint) string {
	switch {
	case d.Seq != at.seq+1:
		return fmt.Sprintf("%d entries are missing", d.Seq-at.seq-1)
	case d.Prev != at.hash:
		return "it does not follow its predecessor"
	case d.RecordedAt < at.recorded:
		return "it was recorded before its predecessor"
	case d.Hash != d.digest():
		return "its content was changed"
	}
	return ""
}

// comparisons each list keys on which two ways of adding up disagree.
var comparisons = []struct{ what, text string }{
	{"daily sums", `SELECT k FROM (
		SELECT measure || ' ' || book || ' ' || occurred_on || ' ' || chain || ' ' || unit_id || ' ' || team_id AS k, total AS v, n FROM ledger_rollup
		UNION ALL
		SELECT measure || ' ' || book || ' ' || occurred_on || ' ' || chain || ' ' || unit_id || ' ' || team_id, -delta, -1 FROM ledger_entry
		) u GROUP BY k HAVING sum(v) <> 0 OR sum(n) <> 0 ORDER BY k LIMIT 5`},
	{"monthly sums", `SELECT k FROM (
		SELECT measure || ' ' || book || ' ' || month || ' ' || city || ' ' || unit_id || ' ' || team_id AS k, total AS v, n FROM ledger_rollup_month
		UNION ALL
		SELECT measure || ' ' || book || ' ' || substr(occurred_on, 1, 7) || ' ' || city || ' ' || unit_id || ' ' || team_id, -delta, -1 FROM ledger_entry
		) u GROUP BY k HAVING sum(v) <> 0 OR sum(n) <> 0 ORDER BY k LIMIT 5`},
	{"credit of money", `SELECT e.id AS k FROM ledger_entry e JOIN ledger_credit c ON c.entry_id = e.id
		WHERE e.measure IN ('contract.amount', 'funds.received') GROUP BY e.id, e.delta HAVING sum(c.delta) <> e.delta OR sum(c.share) <> 1000000 LIMIT 5`},
	{"credit of counts", `SELECT e.id AS k FROM ledger_entry e JOIN ledger_credit c ON c.entry_id = e.id
		WHERE e.measure NOT IN ('contract.amount', 'funds.received') GROUP BY e.id, e.delta HAVING sum(c.delta) <> e.delta * 1000000 OR sum(c.share) <> 1000000 LIMIT 5`},
	{"entries without credit", `SELECT e.id AS k FROM ledger_entry e WHERE NOT EXISTS (SELECT 1 FROM ledger_credit c WHERE c.entry_id = e.id) LIMIT 5`},
	{"reversals", `SELECT r.id AS k FROM ledger_entry r LEFT JOIN ledger_entry e ON e.id = r.reverses
		WHERE r.reverses <> '' AND (e.id IS NULL OR e.reverses <> '' OR e.delta + r.delta <> 0 OR e.measure <> r.measure OR e.book <> r.book) LIMIT 5`},
}

func (p *Proof) compare(ctx context.Context, tx *db.Tx, what, text string) error {
	keys, err := db.All[string](ctx, tx, text)
	for _, k := range keys {
		p.Broken = append(p.Broken, what+" differ at "+k)
	}
	return err
}

// Alias is a company that turned out to be another.
type Alias struct {
	Company string `db:"company_id" json:"company"`
	SameAs  string `db:"same_as" json:"same_as"`
}

// EachAlias gives the aliases in force at a moment (microseconds).
func EachAlias(ctx context.Context, tx *db.Tx, at int64, fn func(Alias) error) error {
	return db.Each(ctx, tx, `SELECT company_id, same_as FROM ledger_alias WHERE recorded_at <= ? AND (undone_at = 0 OR undone_at > ?) ORDER BY company_id`, []any{at, at}, fn)
}

// EachEntry gives every entry of the chains up to the given numbers, chain by chain, oldest first, with its credit
// lines and parties.
func EachEntry(ctx context.Context, tx *db.Tx, heads map[string]int64, fn func(Entry, []Credit, []Party) error) error {
	for _, chain := range sortedChains(heads) {
		for seq := int64(0); seq < heads[chain]; {
			rows, err := db.All[Entry](ctx, tx, `SELECT `+entryColumns+` FROM ledger_entry WHERE chain = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
				chain, seq, heads[chain], checkChunk)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			drafts := make([]*draft, len(rows))
			for i := range rows {
				drafts[i] = &draft{Entry: rows[i]}
			}
			if err := attach(ctx, tx, drafts); err != nil {
				return err
			}
			for _, d := range drafts {
				parties := make([]Party, len(d.parties))
				for i, p := range d.parties {
					parties[i] = Party{p.Company, p.Industry}
				}
				if err := fn(d.Entry, d.credits, parties); err != nil {
					return err
				}
				seq = d.Seq
			}
		}
	}
	return nil
}
