package verify

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// batchRow is one visit of a group.
type batchRow struct {
	Queued
	Hash  string
	Words []web.ClaimValue // the values that differ within a group
}

// fillBatch reads what each visit of the group says, and the hash that a verdict on it binds.
func (s *Service) fillBatch(ctx context.Context, tx *db.Tx, d *desk, items []Queued) error {
	ids := make([]string, len(items))
	for i, c := range items {
		ids[i] = c.ID
	}
	if len(ids) == 0 {
		return nil
	}
	rounds, err := db.All[Round](ctx, tx, `SELECT r.claim_id, r.round, r.content, r.content_hash, r.evidence_hash, r.filed_by, r.filed_account, r.filed_at
		FROM verify_round r JOIN verify_claim c ON c.id = r.claim_id AND c.round = r.round WHERE c.id IN `+db.In(len(ids)), db.Args(ids)...)
	if err != nil {
		return err
	}
	said := map[string]Round{}
	var people []string
	for _, r := range rounds {
		said[r.Claim] = r
		people = append(people, r.FiledBy)
	}
	if err := d.rd.meet(ctx, people...); err != nil {
		return err
	}
	for _, c := range items {
		r := said[c.ID]
		values, err := d.rd.values(ctx, c.Kind, r.Content)
		if err != nil {
			return err
		}
		d.batch = append(d.batch, batchRow{Queued: c, Hash: r.ContentHash, Words: values})
	}
	return nil
}

// word is one value of the visit by its label's key, "" when it says nothing.
func (b batchRow) word(ctx context.Context, key string) string {
	for _, v := range b.Words {
		if v.Label == web.T(ctx, "verify.field."+key) {
			return v.Text
		}
	}
	return ""
}

// batchIn is the form of a group: what was ticked, each with the hash that was on the page.
type batchIn struct {
	IDs []string `json:"ids"`
	All string   `json:"all,omitempty"`
}

// batchPage passes the ticked visits of a group, all of them or none. What a rule noticed is not passed in a batch.
func (s *Service) batchPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	at, err := web.Query[verifyIn](r)
	if err != nil {
		return nil, err
	}
	in, err := web.Form[batchIn](r)
	if err != nil {
		return nil, err
	}
	if len(in.IDs) == 0 {
		return nil, fault.BadField("ids", "required", "请先选中要通过的走访。", "Choose the visits to approve.")
	}
	var ds []Decision
	var ids []string
	for _, pair := range in.IDs {
		id, hash, _ := strings.Cut(pair, ".")
		ds, ids = append(ds, Decision{Claim: id, Verdict: Pass, ContentHash: hash}), append(ids, id)
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.One[int64](ctx, tx, `SELECT count(*) FROM verify_finding f JOIN verify_claim c ON c.id = f.claim_id AND c.round = f.round
			WHERE c.id IN `+db.In(len(ids)), db.Args(ids)...)
		if err == nil && n > 0 {
			err = fault.New(fault.Conflict, "findings_unread", "有规则提示的须逐条看过再通过。", "Those that a rule noticed must be read one by one.")
		}
		if err != nil {
			return err
		}
		_, err = s.DecideIn(ctx, tx, ds)
		return err
	})
	if err != nil {
		return nil, err
	}
	to := verifyIn{}
	if len(ids) == 1 || at.After != "" {
		to = at
	}
	return web.RedirectToast(to.address(), web.Toast{Text: web.T(ctx, "verify.batch_done", len(ids))}), nil
}
