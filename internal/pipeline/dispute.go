package pipeline

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// protectionDays is how long whoever talked with a company first keeps others from it (首谈首报).
const protectionDays = 60

// Dispute is two units' leads on one company within the protection of the first (首谈归属争议). The sides do not see each
// other; the unit above both sees and decides.
type Dispute struct {
	ID        string `db:"id" json:"id"`
	First     string `db:"first_id" json:"first"`
	Second    string `db:"second_id" json:"second"`
	Superior  string `db:"superior" json:"superior" doc:"the lowest unit above both"`
	State     string `db:"state" json:"state" enum:"open,first,second,both"`
	Reason    string `db:"reason" json:"reason,omitempty"`
	OpenedAt  int64  `db:"opened_at" json:"opened_at"`
	DecidedBy string `db:"decided_by" json:"decided_by,omitempty"`
	DecidedAt int64  `db:"decided_at" json:"decided_at,omitempty"`
}

const disputeColumns = `x.id, x.first_id, x.second_id, x.superior, x.state, x.reason, x.opened_at, x.decided_by, x.decided_at`

// Plea is what one side says for itself.
type Plea struct {
	ID        string `db:"id" json:"id"`
	Dispute   string `db:"dispute_id" json:"dispute"`
	Lead      string `db:"lead_id" json:"lead"`
	Said      string `db:"said" json:"said"`
	CreatedBy string `db:"created_by" json:"created_by"`
	CreatedAt int64  `db:"created_at" json:"created_at"`
}

// protect gives a new lead its protection, or opens a dispute with the lead that stands under one.
func (l *Lead) protect(ctx context.Context, tx *db.Tx) error {
	list, err := readLeadsBy(ctx, tx, "l.found_on, l.id", `l.company_id = ? AND l.id <> ? AND l.protected_until >= ? AND l.state IN ('new', 'qualified')`, l.Company, l.ID, tx.Today(), 1)
	if err != nil {
		return err
	}
	if len(list) == 0 || slices.Contains([]string{list[0].Unit, list[0].Landing}, l.Unit) {
		l.Protected, err = dayAfter(l.FoundOn, protectionDays)
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, tx, `UPDATE pipeline_lead SET protected_until = ? WHERE id = ?`, l.Protected, l.ID)
		return err
	}
	return openDispute(ctx, tx, list[0], *l)
}

func openDispute(ctx context.Context, tx *db.Tx, first, second Lead) error {
	d, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	up, err := aboveBoth(d, first.Unit, second.Unit, tx.Today())
	if err != nil {
		return err
	}
	x := Dispute{ID: tx.ID(), First: first.ID, Second: second.ID, Superior: up, State: "open", OpenedAt: db.Micros(tx.Now())}
	if err := db.Insert(ctx, tx, "pipeline_dispute", x); err != nil {
		return err
	}
	for _, l := range []Lead{first, second} {
		if err := audit.Note(ctx, tx, "lead.dispute", l.LeadSubject(), nil, map[string]any{"dispute": x.ID, "superior": up}); err != nil {
			return err
		}
	}
	return nil
}

// aboveBoth gives the lowest unit above two: their city when it is one, else the province.
func aboveBoth(d *org.Directory, one, other, day string) (string, error) {
	a, err := d.Path(one, day)
	if err != nil {
		return "", err
	}
	b, err := d.Path(other, day)
	if err != nil {
		return "", err
	}
	if a.City != "" && a.City == b.City && a.City != one && b.City != other {
		return a.City, nil
	}
	return a.Province, nil
}

func dayAfter(day string, n int) (string, error) {
	t, err := time.Parse(time.DateOnly, day)
	return t.AddDate(0, 0, n).Format(time.DateOnly), fault.Wrap(err, "read the day of a lead")
}

// disputeOf gives the dispute in which a lead stands; an open one before a decided one.
func disputeOf(ctx context.Context, tx *db.Tx, lead string) (Dispute, bool, error) {
	return db.Maybe[Dispute](ctx, tx, `SELECT `+disputeColumns+` FROM pipeline_dispute x WHERE x.first_id = ? OR x.second_id = ?
		ORDER BY CASE x.state WHEN 'open' THEN 0 ELSE 1 END, x.opened_at DESC, x.id LIMIT 1`, lead, lead)
}

// undisputed bars a verdict on a second lead while the unit above has not decided.
func (l Lead) undisputed(ctx context.Context, tx *db.Tx) error {
	_, open, err := db.Maybe[string](ctx, tx, `SELECT x.id FROM pipeline_dispute x WHERE x.second_id = ? AND x.state = 'open'`, l.ID)
	if err == nil && open {
		err = fault.New(fault.Conflict, "in_dispute", "首谈归属还在裁定，裁定之后再研判。", "Who talked with the company first is being decided; the verdict comes after that.")
	}
	return err
}

// Pleading is what one side says for itself in the dispute of its lead.
type Pleading struct {
	ID   string `path:"id" json:"id" doc:"the lead"`
	Said string `json:"plea" maxLength:"1000"`
}

// Plead writes down what one side says. Faults: not_found, no_dispute; Invalid.
func (s *Service) Plead(ctx context.Context, in Pleading) (out Plea, err error) {
	who, err := audit.Require(ctx, "lead.create")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		l, err := leadInScope(ctx, tx, who, in.ID)
		if err != nil {
			return err
		}
		x, ok, err := disputeOf(ctx, tx, l.ID)
		if err != nil {
			return err
		}
		if !ok || x.State != "open" {
			return fault.New(fault.Conflict, "no_dispute", "这条线索没有待裁定的争议。", "No dispute about this lead waits to be decided.")
		}
		said := strings.TrimSpace(in.Said)
		var c fault.Checks
		if err := c.Require("plea", said, "陈述", "What you say").AtMost("plea", said, 1000).Err(); err != nil {
			return err
		}
		out = Plea{ID: tx.ID(), Dispute: x.ID, Lead: l.ID, Said: said, CreatedBy: who.Person, CreatedAt: db.Micros(tx.Now())}
		if err := db.Insert(ctx, tx, "pipeline_plea", out); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "lead.plead", l.LeadSubject(), nil, map[string]any{"dispute": x.ID})
	})
	return out, err
}

// Decide is the ruling in a dispute.
type Decide struct {
	ID     string `path:"id" json:"id"`
	State  string `json:"state" enum:"first,second,both" doc:"whose the company is; both go on together"`
	Reason string `json:"reason" maxLength:"500" doc:"both sides read it"`
}

// DecideDispute rules whose the company is. Only the unit above both decides, by a person who found neither lead. Who
// loses keeps a lead that counts already but no protection; a lead that was not judged yet is refused.
// Faults: not_found, decided, same_person; Invalid.
func (s *Service) DecideDispute(ctx context.Context, in Decide) (out Dispute, err error) {
	who, err := audit.Require(ctx, "dispute.decide")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = disputeAbove(ctx, tx, who, in.ID); err != nil {
			return err
		}
		if err := in.check(out); err != nil {
			return err
		}
		sides := map[string]Lead{}
		for side, id := range map[string]string{"first": out.First, "second": out.Second} {
			if sides[side], err = leadByID(ctx, tx, id); err != nil {
				return err
			}
			if sides[side].CreatedBy == who.Person {
				return fault.New(fault.Conflict, "same_person", "不能裁定自己记的线索，须由另一人裁定。", "You cannot decide about your own lead; another person must.")
			}
		}
		return out.decide(ctx, tx, who, in, sides)
	})
	return out, err
}

func (in *Decide) check(x Dispute) error {
	if x.State != "open" {
		return fault.New(fault.Conflict, "decided", "这件争议已经裁定。", "This dispute has been decided.")
	}
	var c fault.Checks
	if !slices.Contains([]string{"first", "second", "both"}, in.State) {
		c.Add("state", "not_a_choice", "请选择归属。", "Choose whose it is.")
	}
	in.Reason = strings.TrimSpace(in.Reason)
	return c.Require("reason", in.Reason, "裁定理由", "The reason").AtMost("reason", in.Reason, 500).Err()
}

func (x *Dispute) decide(ctx context.Context, tx *db.Tx, who audit.Actor, in Decide, sides map[string]Lead) error {
	x.State, x.Reason, x.DecidedBy, x.DecidedAt = in.State, in.Reason, who.Person, db.Micros(tx.Now())
	n, err := db.Exec(ctx, tx, `UPDATE pipeline_dispute SET state = ?, reason = ?, decided_by = ?, decided_at = ? WHERE id = ? AND state = 'open'`, x.State, x.Reason, x.DecidedBy, x.DecidedAt, x.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return staleLead()
	}
	for _, side := range []string{"first", "second"} {
		l := sides[side]
		if in.State == side || in.State == "both" {
			err = l.win(ctx, tx, side)
		} else {
			err = l.lose(ctx, tx, who, in.Reason)
		}
		if err != nil {
			return err
		}
		if err := audit.Note(ctx, tx, "lead.ruling", l.LeadSubject(), nil, map[string]any{"dispute": x.ID, "ruling": in.State}); err != nil {
			return err
		}
	}
	return nil
}

// win: a second lead is protected from the ruling on; a first one keeps what it has.
func (l *Lead) win(ctx context.Context, tx *db.Tx, side string) (err error) {
	if side == "first" {
		return nil
	}
	if l.Protected, err = dayAfter(tx.Today(), protectionDays); err != nil {
		return err
	}
	return l.save(ctx, tx)
}

// lose ends the protection, and the lead when nobody judged it yet.
func (l *Lead) lose(ctx context.Context, tx *db.Tx, who audit.Actor, reason string) error {
	l.Protected = ""
	if l.State == "new" {
		l.State, l.Verdict, l.JudgedBy, l.JudgedOn = "refused", reason, who.Person, tx.Today()
		if err := l.await("feedback", l.FoundOn, feedbackDays); err != nil {
			return err
		}
	}
	return l.save(ctx, tx)
}
