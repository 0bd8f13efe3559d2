package verify

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// Appeal is why somebody wants others to look again at what was returned (申诉).
type Appeal struct {
	Claim    string `db:"claim_id" json:"-"`
	Round    int64  `db:"round" json:"round"` // that the appeal opened
	Reason   string `db:"reason" json:"reason"`
	Returned string `db:"returned" json:"returned" doc:"the reason for which it was returned"`
	Against  string `db:"against" json:"against" doc:"the person who returned it"`
	By       string `db:"appealed_by" json:"by"`
	At       int64  `db:"appealed_at" json:"at"`
}

const appealColumns = `claim_id, round, reason, returned, against, appealed_by, appealed_at`

// NewAppeal is a returned claim and why it should stand as it is.
type NewAppeal struct {
	Claim  string `json:"claim"`
	Reason string `json:"reason" maxLength:"1000"`
}

// Appeal has what was returned judged again as it was: the same content and evidence in a new round, by others than whoever
// returned it. Its first level may also be judged by the next, when nobody else is there. Once for each filing, by the filer.
// Faults: not_found, not_returned, not_yours, appealed_once; Invalid.
func (s *Service) Appeal(ctx context.Context, in NewAppeal) (out Claim, err error) {
	who, err := audit.Require(ctx, "claim.submit")
	if err != nil {
		return out, err
	}
	in.Reason = strings.TrimSpace(in.Reason)
	var c fault.Checks
	if err := c.Require("reason", in.Reason, "申诉理由", "Why it should stand").AtMost("reason", in.Reason, 1000).Err(); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := hold(ctx, tx, []string{in.Claim}); err != nil {
			return err
		}
		if out, err = s.claimInScope(ctx, tx, who, in.Claim); err != nil {
			return err
		}
		if err := mayAppeal(who, out); err != nil {
			return err
		}
		return s.appeal(ctx, tx, who, &out, in.Reason)
	})
	return out, err
}

func mayAppeal(who audit.Actor, c Claim) error {
	switch {
	case c.State != Returned:
		return fault.New(fault.Conflict, "not_returned", "只有被退回的可以申诉。", "Only what was returned can be appealed.")
	case c.FiledBy != who.Person:
		return fault.New(fault.Conflict, "not_yours", "只有申报人能申诉。", "Only the person who filed it can appeal.")
	case c.Appealed():
		return fault.New(fault.Conflict, "appealed_once", "这一项已申诉过一次，仍被退回；请按退回理由改好再报。", "This was appealed once and returned again; mend it as the reason says and file it anew.")
	}
	return nil
}

// Appealed reports that the claim's round is an appeal.
func (c Claim) Appealed() bool { return c.AppealedAgainst != "" }

func (s *Service) appeal(ctx context.Context, tx *db.Tx, who audit.Actor, c *Claim, reason string) error {
	rounds, steps, err := history(ctx, tx, []Claim{*c})
	if err != nil {
		return err
	}
	last := steps[c.ID][len(steps[c.ID])-1] // the return, since the claim is returned
	if err := replace(ctx, tx, *c); err != nil {
		return err
	}
	old := ledger.Round{Claim: c.ID, Round: c.Round}
	days, err := paceOf(ctx, tx)
	if err != nil {
		return err
	}
	c.Round, c.State, c.Doubt, c.FiledAt, c.MovedAt = c.Round+1, Filed, "", db.Micros(tx.Now()), db.Micros(tx.Now())
	c.DueOn = days.due(tx.Now(), c.Route, c.OccurredOn, ledger.Reviewed)
	c.AppealedAgainst = last.Person
	if err := update(ctx, tx, *c); err != nil {
		return err
	}
	r := rounds[c.ID]
	r.Round, r.FiledBy, r.FiledAccount, r.FiledAt = c.Round, who.Person, who.Account, c.FiledAt
	if err := db.Insert(ctx, tx, "verify_round", r); err != nil {
		return err
	}
	if err := again(ctx, tx, old, *c, who); err != nil {
		return err
	}
	a := Appeal{Claim: c.ID, Round: c.Round, Reason: reason, Returned: last.Reason, Against: last.Person, By: who.Person, At: c.FiledAt}
	if err := db.Insert(ctx, tx, "verify_appeal", a); err != nil {
		return err
	}
	if err := s.tell(ctx, tx, *c, ""); err != nil {
		return err
	}
	return audit.Note(ctx, tx, "claim.appeal", c.Subject, nil, map[string]any{"claim": c.ID, "round": c.Round, "content_hash": r.ContentHash, "evidence_hash": r.EvidenceHash})
}

// again says in the new round what the old one said, with the same evidence.
func again(ctx context.Context, tx *db.Tx, old ledger.Round, c Claim, who audit.Actor) error {
	files, err := EvidenceOf(ctx, tx, Claim{ID: old.Claim, Round: old.Round})
	if err != nil {
		return err
	}
	for i := range files {
		files[i].ID, files[i].Round, files[i].AddedBy, files[i].AddedAt = tx.ID(), c.Round, who.Person, c.FiledAt
	}
	if err := db.Insert(ctx, tx, "verify_evidence", files); err != nil {
		return err
	}
	return ledger.Again(ctx, tx, old, c.Round, "appeal")
}

// appealOf gives the appeal that opened the claim's round, if one did.
func appealOf(ctx context.Context, tx *db.Tx, c Claim) (*Appeal, error) {
	if !c.Appealed() {
		return nil, nil
	}
	a, err := db.One[Appeal](ctx, tx, `SELECT `+appealColumns+` FROM verify_appeal WHERE claim_id = ? AND round = ?`, c.ID, c.Round)
	return &a, err
}

func (s *Service) appealPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[NewAppeal](r)
	if err == nil {
		_, err = s.Appeal(ctx, in)
	}
	if err == nil {
		return web.RedirectToast(claimURL(in.Claim), web.Toast{Text: web.T(ctx, "verify.appealed_toast")}), nil
	}
	d, bad := s.desk(ctx, verifyIn{Queue: Queue{State: "all"}, Claim: in.Claim})
	if bad != nil {
		return nil, bad
	}
	d.protest = web.NewForm(r, err)
	return web.Retry(deskPage(d), err)
}

// mayAppeal reports that the person who looks may appeal.
func (d *desk) mayAppeal() bool {
	return d.me.May("claim.submit") && mayAppeal(d.me, d.open.Claim) == nil
}
