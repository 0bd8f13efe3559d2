package ticket

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/verify"
)

// Step is one thing that happened to a request.
type Step struct {
	ID     string `db:"id" json:"id"`
	Ticket string `db:"ticket_id" json:"-"`
	Kind   string `db:"kind" json:"kind" enum:"file,answer,note,handover,escalate,resolve,rate,close,reopen"`
	Text   string `db:"body" json:"text,omitempty"`
	Inside bool   `db:"inside" json:"inside,omitempty"` // not shown to the investor
	From   string `db:"from_unit" json:"from,omitempty"`
	To     string `db:"to_unit" json:"to,omitempty"`
	Rating int64  `db:"rating" json:"rating,omitempty"`
	Person string `db:"person_id" json:"person,omitempty"`
	Unit   string `db:"unit_id" json:"unit"`
	At     int64  `db:"at" json:"at"`
}

// Act is what somebody does about a request.
type Act struct {
	ID      string `path:"id" json:"id"`
	Kind    string `json:"kind" enum:"answer,note,handover,escalate,resolve,rate,close,reopen"`
	Text    string `json:"text,omitempty" maxLength:"2000"`
	Unit    string `json:"unit,omitempty" doc:"who takes it over, of kind handover"`
	Rating  int64  `json:"rating,omitempty" minimum:"0" maximum:"5" doc:"1 to 5, of kind rate; of kind close what the investor said on the phone"`
	Version int64  `json:"version,omitempty" doc:"the version that was seen; another one in the meantime is a conflict"`
}

// rule says who may take a step, from which states, and what it needs.
type rule struct {
	kind   string
	perm   string
	own    bool // by the investor whose request it is, else by the unit in charge
	from   []string
	to     string
	words  bool
	inside bool
}

// The days after which a request without a rating may be closed, and within which a closed one may be reopened.
const (
	silentDays = 7
	reopenDays = 15
)

var rules = []rule{
	{"answer", "ticket.answer", false, []string{"open"}, "open", true, false},
	{"note", "ticket.answer", false, []string{"open", "answered"}, "", true, true},
	{"handover", "ticket.assign", false, []string{"open"}, "open", true, true},
	{"escalate", "ticket.answer", false, []string{"open"}, "open", true, true},
	{"resolve", "ticket.answer", false, []string{"open"}, "answered", true, false},
	{"close", "ticket.answer", false, []string{"answered"}, "closed", true, true},
	{"rate", "ticket.rate", true, []string{"answered"}, "closed", false, false},
	{"reopen", "ticket.rate", true, []string{"answered", "closed"}, "open", true, false},
}

// Take takes one step. Faults: not_found, not_allowed, wrong_state, stale, too_early (closing without a rating),
// too_late and counted (reopening); Invalid.
func (s *Service) Take(ctx context.Context, in Act) (out Ticket, err error) {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.kind == in.Kind })
	if i < 0 {
		return out, fault.BadField("kind", "not_a_choice", "没有这种操作。", "There is no such step.")
	}
	r := rules[i]
	who, err := audit.Require(ctx, r.perm)
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = seen(ctx, tx, who, in.ID); err != nil {
			return err
		}
		if ok, err := r.may(ctx, tx, who, out); err != nil {
			return err
		} else if !ok {
			return fault.New(fault.Forbidden, "not_allowed", "只有提出诉求的人可以评价或重开，只有办理单位可以办理。", "Only its sender rates or reopens a request, only the unit in charge handles it.")
		}
		if in.Version != 0 && in.Version != out.Version {
			return stale()
		}
		if err := r.check(ctx, tx, who, out, in); err != nil {
			return err
		}
		return r.apply(ctx, tx, who, &out, in)
	})
	return out, err
}

// may reports whether the actor stands on the right side of a request that they see: the investor's, or above the unit
// in charge. Who took a request in sees it and does not handle it.
func (r rule) may(ctx context.Context, tx *db.Tx, who audit.Actor, t Ticket) (bool, error) {
	if r.own || investor(who) {
		return r.own && t.Investor == who.Person, nil
	}
	return org.InScope(ctx, tx, who.Node, t.Unit)
}

func stale() error {
	return fault.New(fault.Conflict, "stale", "这件诉求刚有新进展，请刷新后再试。", "Something has just happened to this request; reload and try again.")
}

func (r rule) check(ctx context.Context, tx *db.Tx, who audit.Actor, t Ticket, in Act) error {
	if !slices.Contains(r.from, t.State) {
		return fault.New(fault.Conflict, "wrong_state", "这件诉求现在不能这样操作，请刷新看最新状态。", "This cannot be done in the request's present state; reload to see it.")
	}
	var c fault.Checks
	if r.words {
		c.Require("text", in.Text, "说明", "A few words")
	}
	c.AtMost("text", strings.TrimSpace(in.Text), 2000)
	switch r.kind {
	case "rate":
		if in.Rating < 1 || in.Rating > 5 {
			c.Add("rating", "out_of_range", "请给 1 至 5 分。", "Give 1 to 5.")
		}
	case "close":
		if in.Rating == 0 && tx.Today() < daysFrom(t.AnsweredOn, silentDays) {
			return fault.New(fault.Conflict, "too_early", "答复满 7 天仍没有评价的才能直接办结；或电话回访后填上评分。", "Without a rating it can be closed seven days after the answer; or ring up and enter the rating.")
		}
	case "handover":
		return r.checkUnit(ctx, tx, who, t, in, &c)
	case "reopen":
		return r.checkReopen(ctx, tx, t, &c)
	}
	return c.Err()
}

func (r rule) checkUnit(ctx context.Context, tx *db.Tx, who audit.Actor, t Ticket, in Act, c *fault.Checks) error {
	ok, err := org.InScope(ctx, tx, who.Node, in.Unit)
	if err != nil {
		return err
	}
	switch {
	case !ok:
		c.Add("unit", "not_your_unit", "接办单位不在您的范围内；请改用“报上级协调”。", "That unit is outside your scope; escalate it instead.")
	case in.Unit == t.Unit:
		c.Add("unit", "same_unit", "它就在这个单位。", "This unit has it already.")
	}
	return c.Err()
}

func (r rule) checkReopen(ctx context.Context, tx *db.Tx, t Ticket, c *fault.Checks) error {
	if err := c.Err(); err != nil || t.State != "closed" {
		return err
	}
	if tx.Today() > daysFrom(t.ClosedOn, reopenDays) {
		return fault.New(fault.Conflict, "too_late", "办结满 15 天，不能重开；请接着另提一件。", "It was closed more than 15 days ago; send a new request that follows this one.")
	}
	claim, ok, err := verify.ClaimOf(ctx, tx, t.Subject())
	if err == nil && ok && claim.Standing > 0 {
		err = fault.New(fault.Conflict, "counted", "这件诉求已认定入账，不能重开；请接着另提一件。", "It has been recognised and counts; send a new request that follows this one.")
	}
	return err
}

// apply writes the step and what it does to the request.
func (r rule) apply(ctx context.Context, tx *db.Tx, who audit.Actor, t *Ticket, in Act) error {
	st := Step{Ticket: t.ID, Kind: r.kind, Text: strings.TrimSpace(in.Text), Inside: r.inside, Rating: in.Rating}
	was := t.State
	if r.to != "" {
		t.State = r.to
	}
	switch r.kind {
	case "answer", "resolve":
		if t.FirstAt == 0 {
			t.FirstAt = db.Micros(tx.Now())
		}
		if r.kind == "resolve" {
			t.AnsweredBy, t.AnsweredOn = who.Person, tx.Today()
		}
	case "handover":
		st.From, st.To, t.Unit, t.Escalated = t.Unit, in.Unit, in.Unit, false
	case "escalate":
		up, err := superior(ctx, tx, t.Unit)
		if err != nil {
			return err
		}
		st.From, st.To, t.Unit, t.Escalated = t.Unit, up, up, true
	case "rate", "close":
		t.Rating, t.ClosedOn = in.Rating, tx.Today()
	case "reopen":
		k, _ := kindOf(t.Kind)
		t.Reopened, t.DueOn, t.AnsweredOn, t.ClosedOn, t.Rating = t.Reopened+1, daysFrom(tx.Today(), k.Days), "", "", 0
	}
	if err := t.save(ctx, tx); err != nil {
		return err
	}
	if err := addStep(ctx, tx, who, st); err != nil {
		return err
	}
	if err := audit.Note(ctx, tx, "ticket."+r.kind, t.Subject(), map[string]any{"state": was}, map[string]any{"state": t.State, "unit": t.Unit, "rating": t.Rating}); err != nil {
		return err
	}
	switch {
	case t.State == "closed":
		return claim(ctx, tx, *t)
	case was == "closed":
		return verify.Drop(ctx, tx, t.Subject(), "reopened")
	}
	return nil
}

// superior is the unit above another; of the province it is the province itself.
func superior(ctx context.Context, tx *db.Tx, unit string) (string, error) {
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return "", err
	}
	place, err := dir.Path(unit, tx.Today())
	if err != nil {
		return "", err
	}
	if place.City != "" && place.City != unit {
		return place.City, nil
	}
	if place.Province != unit {
		return place.Province, nil
	}
	return "", fault.New(fault.Conflict, "no_superior", "已在省级，没有更上一级。", "It is with the province already; nobody stands above.")
}

func (t *Ticket) save(ctx context.Context, tx *db.Tx) error {
	n, err := db.Exec(ctx, tx, `UPDATE ticket_ticket SET unit_id = ?, state = ?, first_at = ?, due_on = ?, answered_by = ?, answered_on = ?, closed_on = ?, rating = ?, escalated = ?,
		reopened = ?, version = version + 1 WHERE id = ? AND version = ?`, t.Unit, t.State, t.FirstAt, t.DueOn, t.AnsweredBy, t.AnsweredOn, t.ClosedOn, t.Rating, t.Escalated, t.Reopened, t.ID, t.Version)
	if err == nil && n == 0 {
		err = stale()
	}
	t.Version++
	return err
}

func addStep(ctx context.Context, tx *db.Tx, who audit.Actor, st Step) error {
	st.ID, st.Person, st.Unit, st.At = tx.ID(), who.Person, who.Unit, db.Micros(tx.Now())
	return db.Insert(ctx, tx, "ticket_step", st)
}
