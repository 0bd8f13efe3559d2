package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Record is one line of the trail. Change is JSON: {"before":…,"after":…} with the fields that differ.
type Record struct {
	Chain   string `db:"chain" json:"chain"`
	Seq     int64  `db:"seq" json:"seq"`
	At      int64  `db:"at" json:"at"`
	Person  string `db:"person_id" json:"person"`
	Account string `db:"account_id" json:"account"`
	Unit    string `db:"unit_id" json:"unit"`
	Roles   string `db:"roles" json:"roles"`
	Source  string `db:"source" json:"source"`
	Action  string `db:"action" json:"action"`
	Object  string `db:"object" json:"object"`
	Change  string `db:"change" json:"change"`
	Prev    string `db:"prev" json:"prev"`
	Hash    string `db:"hash" json:"hash"`
}

// Entry is something to note: before or after may be nil.
type Entry struct {
	Action string
	Object string // "company/0192…"
	Before any
	After  any
}

// Note adds one record in the caller's transaction; if it fails, the action fails.
// before and after are structs or maps without personal data; equal fields are left out.
func Note(ctx context.Context, tx *db.Tx, action, object string, before, after any) error {
	return Notes(ctx, tx, []Entry{{action, object, before, after}})
}

// Notes adds several records. They are numbered and written at the end of the transaction, all together: the head of
// the chain, which every action of an area needs, is held for no longer than that.
func Notes(ctx context.Context, tx *db.Tx, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	who, ok := Who(ctx)
	if !ok {
		return fault.New(fault.Unauthenticated, "sign_in", "请先登录。", "Sign in first.")
	}
	chain := who.Chain
	if chain == "" {
		chain = "root"
	}
	left := tx.AtEnd(pending{}, func() db.Finisher { return &notes{map[string][]Record{}, map[string]*db.Answer[head]{}} }).(*notes)
	for _, e := range entries {
		change, err := changeOf(e.Before, e.After)
		if err != nil {
			return fault.Wrap(err, "audit "+e.Action)
		}
		left.byChain[chain] = append(left.byChain[chain], Record{
			Chain: chain, At: db.Micros(tx.Now()), Person: who.Person, Account: who.Account, Unit: who.Unit,
			Roles: strings.Join(who.Roles, ","), Source: who.Source, Action: e.Action, Object: e.Object, Change: change,
		})
	}
	return nil
}

// notes are the records of a transaction that is not at its end yet.
type notes struct {
	byChain map[string][]Record
	heads   map[string]*db.Answer[head]
}

type pending struct{}

type head struct {
	Seq  int64  `db:"seq"`
	Hash string `db:"hash"`
}

// Foresee locks the chains by writing their heads, in a fixed order.
func (n *notes) Foresee(ctx context.Context, tx *db.Tx) {
	for _, chain := range slices.Sorted(maps.Keys(n.byChain)) {
		if n.heads[chain] == nil {
			n.heads[chain] = askHead(ctx, tx, chain)
		}
	}
}

// Finish numbers the records, links and writes them.
func (n *notes) Finish(ctx context.Context, tx *db.Tx) error {
	n.Foresee(ctx, tx)
	for _, chain := range slices.Sorted(maps.Keys(n.byChain)) {
		last, ok, err := n.heads[chain].Maybe(ctx)
		if err == nil && !ok {
			last, err = firstHead(ctx, tx, chain)
		}
		if err != nil {
			return err
		}
		rows := n.byChain[chain]
		for i := range rows {
			r := &rows[i]
			r.Seq, r.Prev = last.Seq+1, last.Hash
			r.Hash = r.digest()
			last = head{r.Seq, r.Hash}
		}
		if err := db.Insert(ctx, tx, "audit_record", rows); err != nil {
			return err
		}
		if err := db.Do(ctx, tx, `UPDATE audit_head SET seq = ?, hash = ? WHERE chain = ?`, last.Seq, last.Hash, chain); err != nil {
			return err
		}
	}
	return nil
}

// askHead locks a chain by writing its head. A chain without a head gives no row.
func askHead(ctx context.Context, tx *db.Tx, chain string) *db.Answer[head] {
	db.Queue(ctx, tx, "audit "+chain)
	return db.Ask[head](ctx, tx, `UPDATE audit_head SET seq = seq WHERE chain = ? RETURNING seq, hash`, chain)
}

// firstHead makes the head of a new chain; of two transactions that make it at the same time one waits for the other.
func firstHead(ctx context.Context, tx *db.Tx, chain string) (head, error) {
	return db.One[head](ctx, tx, `INSERT INTO audit_head (chain, seq, hash) VALUES (?, 0, '')
		ON CONFLICT (chain) DO UPDATE SET seq = audit_head.seq RETURNING seq, hash`, chain)
}

// digest is SHA-256 over the previous hash and the fields, each with its length so that no two records collide.
func (r Record) digest() string {
	h := sha256.New()
	for _, f := range []string{
		"audit1", r.Prev, r.Chain, strconv.FormatInt(r.Seq, 10), strconv.FormatInt(r.At, 10), r.Person, r.Account,
		r.Unit, r.Roles, r.Source, r.Action, r.Object, r.Change,
	} {
		fmt.Fprintf(h, "%d:%s\n", len(f), f)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// changeOf keeps the fields that differ; a creation keeps all of after, a removal all of before.
func changeOf(before, after any) (string, error) {
	if before == nil && after != nil {
		raw, err := json.Marshal(map[string]any{"after": after})
		return string(raw), err
	}
	b, err := asMap(before)
	if err != nil {
		return "", err
	}
	a, err := asMap(after)
	if err != nil {
		return "", err
	}
	for k, v := range b {
		if w, ok := a[k]; ok && bytes.Equal(v, w) {
			delete(a, k)
			delete(b, k)
		}
	}
	out := map[string]map[string]json.RawMessage{}
	if len(b) > 0 {
		out["before"] = b
	}
	if len(a) > 0 {
		out["after"] = a
	}
	raw, err := json.Marshal(out)
	return string(raw), err
}

func asMap(v any) (map[string]json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	out := map[string]json.RawMessage{}
	err = json.Unmarshal(raw, &out)
	return out, err
}

// History gives the records about one object, newest first, at most limit.
func History(ctx context.Context, tx *db.Tx, object string, limit int) ([]Record, error) {
	return db.All[Record](ctx, tx, `SELECT chain, seq, at, person_id, account_id, unit_id, roles, source, action, object, change, prev, hash
		FROM audit_record WHERE object = ? ORDER BY at DESC, seq DESC LIMIT ?`, object, limit)
}

// Broken is the first record at which a chain does not hold.
type Broken struct {
	Chain string `json:"chain"`
	Seq   int64  `json:"seq"`
	Why   string `json:"why"`
}

// Verify recomputes every chain from its first record. It gives the number of records and what is broken;
// a nil slice means that the trail is whole.
func Verify(ctx context.Context, tx *db.Tx) (int64, []Broken, error) {
	var n int64
	var broken []Broken
	last := map[string]Record{}
	bad := map[string]bool{}
	note := func(chain string, seq int64, why string) {
		if !bad[chain] {
			bad[chain] = true
			broken = append(broken, Broken{chain, seq, why})
		}
	}
	err := db.Each(ctx, tx, `SELECT chain, seq, at, person_id, account_id, unit_id, roles, source, action, object, change, prev, hash
		FROM audit_record ORDER BY chain, seq`, nil, func(r Record) error {
		n++
		before := last[r.Chain]
		last[r.Chain] = r
		switch {
		case r.Seq != before.Seq+1:
			note(r.Chain, before.Seq+1, "missing")
		case r.Prev != before.Hash:
			note(r.Chain, r.Seq, "does not follow its predecessor")
		case r.Hash != r.digest():
			note(r.Chain, r.Seq, "content changed")
		}
		return nil
	})
	if err != nil {
		return n, nil, err
	}
	type head struct {
		Chain string `db:"chain"`
		Seq   int64  `db:"seq"`
		Hash  string `db:"hash"`
	}
	heads, err := db.All[head](ctx, tx, `SELECT chain, seq, hash FROM audit_head ORDER BY chain`)
	for _, h := range heads {
		if l := last[h.Chain]; l.Seq != h.Seq || l.Hash != h.Hash {
			note(h.Chain, l.Seq, "tail cut or head changed")
		}
	}
	return n, broken, err
}
