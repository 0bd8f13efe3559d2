package pipeline

import (
	"context"
	"maps"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// Split is an agreement about who is credited for a project, or for a lead that goes to another unit (份额协议). Whoever has a
// share, before or after, is a party; it holds when a person of each has signed.
type Split struct {
	ID         string `db:"id" json:"id"`
	Subject    string `db:"subject" json:"subject" doc:"project/0192… or lead/0192…"`
	Unit       string `db:"unit_id" json:"unit" doc:"where the project or lead stands"`
	Measure    string `db:"measure" json:"measure,omitempty" enum:"contract,funds," doc:"default both"`
	To         string `db:"to_unit" json:"to,omitempty" doc:"who gets the lead"`
	State      string `db:"state" json:"state" enum:"open,agreed,refused,withdrawn"`
	Reason     string `db:"reason" json:"reason"`
	ProposedBy string `db:"proposed_by" json:"proposed_by"`
	ProposedAt int64  `db:"proposed_at" json:"proposed_at"`
	ClosedAt   int64  `db:"closed_at" json:"closed_at,omitempty"`

	Shares  []Share `db:"-" json:"shares"`
	Parties []Party `db:"-" json:"parties"`
}

const splitColumns = `x.id, x.subject, x.unit_id, x.measure, x.to_unit, x.state, x.reason, x.proposed_by, x.proposed_at, x.closed_at`

// Party is a unit that must sign.
type Party struct {
	Split      string `db:"split_id" json:"-"`
	Unit       string `db:"unit_id" json:"unit"`
	State      string `db:"state" json:"state" enum:"signed,refused,"`
	Said       string `db:"said" json:"said,omitempty"`
	AnsweredBy string `db:"answered_by" json:"answered_by,omitempty"`
	AnsweredAt int64  `db:"answered_at" json:"answered_at,omitempty"`
}

const partyColumns = `split_id, unit_id, state, said, answered_by, answered_at`

type splitShare struct {
	Split string `db:"split_id"`
	Line  int64  `db:"line"`
	Share
}

// NewSplit proposes who is credited for a project.
type NewSplit struct {
	Project string  `json:"project"`
	Measure string  `json:"measure,omitempty" enum:"contract,funds," doc:"default both"`
	Shares  []Share `json:"shares" minItems:"1" maxItems:"10"`
	Reason  string  `json:"reason" maxLength:"500"`
}

// ProposeSplit proposes shares to their parties. Whoever proposes for one of several parties has signed for it.
// Faults: not_found, share_total, same_shares, split_open; Invalid.
func (s *Service) ProposeSplit(ctx context.Context, in NewSplit) (out Split, err error) {
	who, err := audit.Require(ctx, "credit.sign")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := inScope(ctx, tx, who.Node, in.Project)
		if err != nil {
			return err
		}
		out = Split{Subject: p.registration(), Unit: p.Unit, Measure: in.Measure, Reason: in.Reason, Shares: in.Shares}
		holders := map[string]bool{}
		changed := false
		for _, m := range measuresOf(in.Measure) {
			now, err := creditBy(ctx, tx, p.ID, m)
			if err != nil {
				return err
			}
			if len(now) == 0 {
				now = []Share{p.ownShare()}
			}
			for _, x := range now {
				holders[x.Unit] = true
			}
			changed = changed || !slices.Equal(now, in.Shares)
		}
		if !changed {
			return fault.BadField("shares", "same_shares", "与现在的份额一样。", "These are the shares as they are.")
		}
		return out.propose(ctx, tx, who, holders)
	})
	return out, err
}

// ownShare is who is credited for a project when nothing was agreed.
func (p Project) ownShare() Share {
	unit := p.Unit
	if p.Team != "" {
		_, unit, _ = strings.Cut(p.Team, ".")
	}
	return Share{Unit: unit, Team: p.Team, Share: 1_000_000}
}

// Transfer proposes to give a lead to another unit.
type Transfer struct {
	ID      string  `path:"id" json:"id" doc:"the lead"`
	To      string  `json:"to"`
	Shares  []Share `json:"shares" minItems:"1" maxItems:"10" doc:"of the project that will come of it"`
	Reason  string  `json:"reason" maxLength:"500"`
	Version int64   `json:"version,omitempty"`
}

// TransferLead proposes that another unit gets the lead, and what share each will have of what comes of it. Nothing moves
// before every party has signed. Faults: not_found, stale, closed_lead, in_dispute, split_open, share_total; Invalid.
func (s *Service) TransferLead(ctx context.Context, in Transfer) (out Split, err error) {
	who, err := audit.Require(ctx, "credit.sign")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		l, err := leadInScope(ctx, tx, who, in.ID)
		if err != nil {
			return err
		}
		if in.Version != 0 && in.Version != l.Version {
			return staleLead()
		}
		if err := l.movable(ctx, tx); err != nil {
			return err
		}
		d, err := org.Open(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := d.Unit(in.To); err != nil || in.To == l.Unit {
			return fault.BadField("to", "unknown_unit", "请选择接收线索的另一个单位。", "Choose another unit to get the lead.")
		}
		out = Split{Subject: l.LeadSubject(), Unit: l.Unit, To: in.To, Reason: in.Reason, Shares: in.Shares}
		holders := map[string]bool{l.Unit: true, in.To: true}
		if l.Landing != "" {
			holders[l.Landing] = true
		}
		return out.propose(ctx, tx, who, holders)
	})
	return out, err
}

// movable says why a lead may not go to another unit, if it may not.
func (l Lead) movable(ctx context.Context, tx *db.Tx) error {
	if l.State != "new" && l.State != "qualified" {
		return fault.New(fault.Conflict, "closed_lead", "只有待研判或有效、还没落地的线索可以移交。", "Only a lead that is still open can be transferred.")
	}
	x, ok, err := disputeOf(ctx, tx, l.ID)
	if err == nil && ok && x.State == "open" {
		err = fault.New(fault.Conflict, "in_dispute", "首谈归属还在裁定，裁定之后再移交。", "Who talked with the company first is being decided; transfer it after that.")
	}
	return err
}

// propose checks and keeps the agreement with its parties, which are those who hold a share today and those who would.
func (x *Split) propose(ctx context.Context, tx *db.Tx, who audit.Actor, holders map[string]bool) error {
	d, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	x.Reason = strings.TrimSpace(x.Reason)
	var c fault.Checks
	if err := c.Require("reason", x.Reason, "理由", "A reason").AtMost("reason", x.Reason, 500).Err(); err != nil {
		return err
	}
	if err := checkShares(d, x.Shares); err != nil {
		return err
	}
	if err := noOpenSplit(ctx, tx, x.Subject); err != nil {
		return err
	}
	x.ID, x.State, x.ProposedBy, x.ProposedAt = tx.ID(), "open", who.Person, db.Micros(tx.Now())
	for _, s := range x.Shares {
		holders[s.Unit] = true
	}
	own := signsFor(d, who.Unit, tx.Today())
	for _, unit := range slices.Sorted(maps.Keys(holders)) {
		p := Party{Split: x.ID, Unit: unit}
		if len(holders) > 1 && slices.Contains(own, unit) && !slices.ContainsFunc(x.Parties, Party.signed) {
			p.State, p.AnsweredBy, p.AnsweredAt = "signed", who.Person, x.ProposedAt
		}
		x.Parties = append(x.Parties, p)
	}
	if err := x.keep(ctx, tx); err != nil {
		return err
	}
	return audit.Note(ctx, tx, "credit.propose", x.Subject, nil, x)
}

func (p Party) signed() bool { return p.State == "signed" }

// signsFor lists the units for which somebody of a unit signs: their own and, of a county, its parks and platforms.
func signsFor(d *org.Directory, unit, day string) []string {
	out := []string{unit}
	place, err := d.Path(unit, day)
	if err != nil || place.County != unit {
		return out
	}
	for _, u := range d.Children(unit, day) {
		out = append(out, u.Code)
	}
	return out
}

func (x *Split) keep(ctx context.Context, tx *db.Tx) error {
	if err := db.Insert(ctx, tx, "pipeline_split", *x); err != nil {
		return err
	}
	lines := make([]splitShare, len(x.Shares))
	for i, s := range x.Shares {
		lines[i] = splitShare{x.ID, int64(i), s}
	}
	if err := db.Insert(ctx, tx, "pipeline_split_share", lines); err != nil {
		return err
	}
	return db.Insert(ctx, tx, "pipeline_split_party", x.Parties)
}

// noOpenSplit bars a second agreement, or a ruling, while one waits for its signatures.
func noOpenSplit(ctx context.Context, tx *db.Tx, subject string) error {
	_, open, err := db.Maybe[string](ctx, tx, `SELECT id FROM pipeline_split WHERE subject = ? AND state = 'open'`, subject)
	if err == nil && open {
		err = fault.New(fault.Conflict, "split_open", "已有一份份额协议在等各方签字；先等它签完，或撤回它。", "An agreement about the shares waits for its signatures; let it be signed or withdraw it first.")
	}
	return err
}
