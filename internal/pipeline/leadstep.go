package pipeline

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// A lead is answered, judged, reported back to whoever brought it, and then moved on every two weeks. A term counts in
// calendar days from the day the lead was found; progress counts from the last step.
const (
	answerDays       = 1
	verdictDays      = 3
	verdictLargeDays = 7 // of a large lead: a hundred million or a company of a 500 list
	feedbackDays     = 7
	progressDays     = 14
)

// LeadStep is something done about a lead, in words.
type LeadStep struct {
	ID        string `db:"id" json:"id"`
	Lead      string `db:"lead_id" json:"lead"`
	Kind      string `db:"kind" json:"kind" enum:"answer,feedback,progress"`
	DoneOn    string `db:"done_on" json:"done_on"`
	Said      string `db:"said" json:"said"`
	CreatedBy string `db:"created_by" json:"created_by"`
	CreatedAt int64  `db:"created_at" json:"created_at"`
}

// await sets what the lead waits for. Whoever stands above hears of it when the term has passed once more.
func (l *Lead) await(step, from string, days int) error {
	l.Next, l.DueOn, l.RaisedOn = step, "", ""
	if step == "" {
		return nil
	}
	day, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return fault.Wrap(err, "read the day of a lead")
	}
	l.DueOn, l.RaisedOn = day.AddDate(0, 0, days).Format(time.DateOnly), day.AddDate(0, 0, 2*days).Format(time.DateOnly)
	return nil
}

// Late reports that the step is overdue on a day.
func (l Lead) Late(day string) bool { return l.DueOn != "" && l.DueOn < day }

// NewStep says what was done about a lead.
type NewStep struct {
	ID      string `path:"id" json:"id"`
	Said    string `json:"said" maxLength:"1000"`
	Version int64  `json:"version,omitempty"`
}

// StepLead writes down what was done about a lead: the first answer to the company, the feedback to whoever brought the
// lead, or how it goes on, whichever the lead waits for; while it waits for its verdict it is progress and moves nothing.
// Faults: not_found, lead_closed, stale; Invalid.
func (s *Service) StepLead(ctx context.Context, in NewStep) (out Lead, err error) {
	who, err := audit.Require(ctx, "lead.create")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = leadInScope(ctx, tx, who, in.ID); err != nil {
			return err
		}
		if in.Version != 0 && in.Version != out.Version {
			return staleLead()
		}
		if out.Next == "" {
			return fault.New(fault.Conflict, "lead_closed", "这条线索已经办结，不再跟进。", "This lead is closed; there is nothing more to follow up.")
		}
		var c fault.Checks
		if err := c.Require("said", in.Said, "办了什么", "What was done").AtMost("said", in.Said, 1000).Err(); err != nil {
			return err
		}
		return out.step(ctx, tx, who, strings.TrimSpace(in.Said))
	})
	return out, err
}

func (l *Lead) step(ctx context.Context, tx *db.Tx, who audit.Actor, said string) error {
	x := LeadStep{ID: tx.ID(), Lead: l.ID, Kind: "progress", DoneOn: tx.Today(), Said: said, CreatedBy: who.Person, CreatedAt: db.Micros(tx.Now())}
	if slices.Contains([]string{"answer", "feedback"}, l.Next) {
		x.Kind = l.Next
	}
	if err := db.Insert(ctx, tx, "pipeline_lead_step", x); err != nil {
		return err
	}
	if err := l.after(ctx, tx); err != nil {
		return err
	}
	if err := l.save(ctx, tx); err != nil {
		return err
	}
	return audit.Note(ctx, tx, "lead.step", l.LeadSubject(), nil, map[string]any{"kind": x.Kind, "next": l.Next, "due_on": l.DueOn})
}

// after sets what follows the step that was just done.
func (l *Lead) after(ctx context.Context, tx *db.Tx) error {
	switch {
	case l.Next == "answer":
		firms, err := company.Briefs(ctx, tx, []string{l.Company})
		if err != nil {
			return err
		}
		days := verdictDays
		if large(firms[l.Company].Tags, l.Amount) {
			days = verdictLargeDays
		}
		return l.await("verdict", l.FoundOn, days)
	case l.State == "new":
		return nil // the verdict stays due
	case l.State == "qualified":
		return l.await("progress", tx.Today(), progressDays)
	}
	return l.await("", "", 0)
}

func stepsOf(ctx context.Context, tx *db.Tx, lead string) ([]LeadStep, error) {
	return db.All[LeadStep](ctx, tx, `SELECT id, lead_id, kind, done_on, said, created_by, created_at FROM pipeline_lead_step WHERE lead_id = ? ORDER BY created_at DESC, id DESC LIMIT 200`, lead)
}

// dueLeads gives what the actor's own unit or team has to do by tomorrow, and what units below it let pass twice the
// term; the oldest first.
func dueLeads(ctx context.Context, tx *db.Tx, who audit.Actor, limit int) ([]Lead, error) {
	tomorrow := db.Today(tx.Now().AddDate(0, 0, 1))
	args := append(leadArgs(tx, who.Node), who.Unit, who.Unit, who.Node, tomorrow, tx.Today(), limit)
	return readLeadsBy(ctx, tx, "l.due_on, l.id", leadVisible+` AND l.due_on <> ''
		AND ((l.unit_id = ? OR l.landing_unit = ? OR l.node_id = ?) AND l.due_on <= ? OR l.raised_on < ?)`, args...)
}
