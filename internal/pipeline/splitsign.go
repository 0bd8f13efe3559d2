package pipeline

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// AnswerSplit is what a party says to an agreement.
type AnswerSplit struct {
	ID    string `path:"id" json:"id"`
	State string `json:"state" enum:"signed,refused"`
	Said  string `json:"said,omitempty" maxLength:"500" doc:"why not; all parties read it"`
}

// AnswerSplit signs or refuses an agreement for one's own unit. One person signs for one party, and never alone for their own
// proposal. The last signature puts the shares into force; a refusal ends the agreement.
// Faults: not_found, split_closed, not_a_party, same_person; Invalid.
func (s *Service) AnswerSplit(ctx context.Context, in AnswerSplit) (out Split, err error) {
	who, err := audit.Require(ctx, "credit.sign")
	if err != nil {
		return out, err
	}
	in.Said = strings.TrimSpace(in.Said)
	if err := in.check(); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = splitInScope(ctx, tx, who, in.ID); err != nil {
			return err
		}
		if err := out.hold(ctx, tx); err != nil {
			return err
		}
		p, err := out.party(ctx, tx, who)
		if err != nil {
			return err
		}
		p.State, p.Said, p.AnsweredBy, p.AnsweredAt = in.State, in.Said, who.Person, db.Micros(tx.Now())
		if _, err := db.Exec(ctx, tx, `UPDATE pipeline_split_party SET state = ?, said = ?, answered_by = ?, answered_at = ? WHERE split_id = ? AND unit_id = ?`, p.State, p.Said, p.AnsweredBy, p.AnsweredAt, out.ID, p.Unit); err != nil {
			return err
		}
		if err := audit.Note(ctx, tx, map[string]string{"signed": "credit.sign", "refused": "credit.refuse"}[in.State], out.Subject, nil, map[string]any{"split": out.ID, "party": p.Unit}); err != nil {
			return err
		}
		switch {
		case in.State == "refused":
			return out.close(ctx, tx, "refused")
		case !slices.ContainsFunc(out.Parties, func(p Party) bool { return !p.signed() }):
			return out.agree(ctx, tx)
		}
		return nil
	})
	return out, err
}

func (in AnswerSplit) check() error {
	var c fault.Checks
	switch in.State {
	case "signed":
	case "refused":
		c.Require("said", in.Said, "不同意的理由", "Why you do not agree")
	default:
		c.Add("state", "not_a_choice", "请选择签字或不同意。", "Choose to sign or to refuse.")
	}
	return c.AtMost("said", in.Said, 500).Err()
}

// hold locks an open agreement and reads what its parties have said until now.
func (x *Split) hold(ctx context.Context, tx *db.Tx) error {
	n, err := db.Exec(ctx, tx, `UPDATE pipeline_split SET state = state WHERE id = ? AND state = 'open'`, x.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "split_closed", "这份协议已经签定或终止。", "This agreement has been concluded or ended.")
	}
	x.Parties, err = db.All[Party](ctx, tx, `SELECT `+partyColumns+` FROM pipeline_split_party WHERE split_id = ? ORDER BY unit_id`, x.ID)
	return err
}

// party gives the party that a person may answer for. The person counts and not the account.
func (x *Split) party(ctx context.Context, tx *db.Tx, who audit.Actor) (*Party, error) {
	d, err := org.Open(ctx, tx)
	if err != nil {
		return nil, err
	}
	own := signsFor(d, who.Unit, tx.Today())
	i := slices.IndexFunc(x.Parties, func(p Party) bool { return p.State == "" && slices.Contains(own, p.Unit) })
	if i < 0 {
		return nil, fault.New(fault.Conflict, "not_a_party", "这份协议没有等您单位签字的一方。", "No party of this agreement waits for a signature of your unit.")
	}
	alone := len(x.Parties) == 1 && x.ProposedBy == who.Person
	if alone || slices.ContainsFunc(x.Parties, func(p Party) bool { return p.AnsweredBy == who.Person }) {
		return nil, fault.New(fault.Conflict, "same_person", "一个人只能代表一方签字，也不能独自签自己提的协议，须由另一人签。", "One person signs for one party, and never alone for their own proposal; another person must sign.")
	}
	return &x.Parties[i], nil
}

// close ends the agreement.
func (x *Split) close(ctx context.Context, tx *db.Tx, state string) error {
	x.State, x.ClosedAt = state, db.Micros(tx.Now())
	_, err := db.Exec(ctx, tx, `UPDATE pipeline_split SET state = ?, closed_at = ? WHERE id = ?`, x.State, x.ClosedAt, x.ID)
	return err
}

// agree puts the agreement into force: the shares of a project at once, those of a lead when a project comes of it.
func (x *Split) agree(ctx context.Context, tx *db.Tx) error {
	if err := x.close(ctx, tx, "agreed"); err != nil {
		return err
	}
	kind, id, _ := strings.Cut(x.Subject, "/")
	if kind == "project" {
		return setCredit(ctx, tx, id, x.Measure, x.Shares, x.Reason)
	}
	l, err := leadByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := l.movable(ctx, tx); err != nil {
		return err
	}
	return l.pass(ctx, tx, *x)
}

// pass gives a lead to another unit; its team still sees it, and what counted for it counts for those who agreed.
func (l *Lead) pass(ctx context.Context, tx *db.Tx, x Split) error {
	from := l.Unit
	l.Unit, l.Landing = x.To, x.To
	if _, err := db.Exec(ctx, tx, `UPDATE pipeline_lead SET unit_id = ? WHERE id = ?`, l.Unit, l.ID); err != nil {
		return err
	}
	if err := l.save(ctx, tx); err != nil {
		return err
	}
	d, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	credit, err := (&known{dir: d}).creditOf(x.Shares, tx.Today())
	if err != nil {
		return err
	}
	if err := reshare(ctx, tx, []string{l.LeadSubject()}, credit, x.Reason); err != nil {
		return err
	}
	return audit.Note(ctx, tx, "lead.transfer", l.LeadSubject(), map[string]any{"unit": from}, map[string]any{"unit": l.Unit, "split": x.ID})
}

// inherit gives a project the shares that were agreed for the lead it came of.
func (l Lead) inherit(ctx context.Context, tx *db.Tx, project string) error {
	list, err := splitsOf(ctx, tx, l.LeadSubject(), 20)
	if err != nil {
		return err
	}
	for _, x := range list { // newest first
		if x.State == "agreed" {
			return setCredit(ctx, tx, project, "", x.Shares, x.Reason)
		}
	}
	return nil
}

// WithdrawSplit takes a proposal back; whoever may propose for the project or lead may. Faults: not_found, split_closed.
func (s *Service) WithdrawSplit(ctx context.Context, in ByID) (out Split, err error) {
	who, err := audit.Require(ctx, "credit.sign")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = splitInScope(ctx, tx, who, in.ID); err != nil {
			return err
		}
		if out.ProposedBy != who.Person {
			if err := org.Require(ctx, tx, who.Node, out.Unit); err != nil {
				return fault.New(fault.Forbidden, "not_allowed", "只有提出的一方或其上级能撤回。", "Only whoever proposed it, or the unit above, withdraws it.")
			}
		}
		if err := out.hold(ctx, tx); err != nil {
			return err
		}
		if err := out.close(ctx, tx, "withdrawn"); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "credit.withdraw", out.Subject, nil, map[string]any{"split": out.ID})
	})
	return out, err
}
