package match

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/pipeline"
)

// Sending is a lead pushed to a unit, which accepts it or gives it back with a reason within 48 hours. What the unit
// may know before it accepts is in here; the lead and its company are shown to those alone who see the lead.
type Sending struct {
	ID         string `db:"id" json:"id"`
	Lead       string `db:"lead_id" json:"lead,omitempty" doc:"left out for those who do not see the lead"`
	LeadNode   string `db:"lead_node" json:"-"`
	LeadUnit   string `db:"lead_unit" json:"from"`
	Turn       int64  `db:"turn" json:"turn" doc:"which candidate of the lead this is"`
	Unit       string `db:"unit_id" json:"unit"`
	Site       string `db:"site_id" json:"site,omitempty"`
	State      string `db:"state" json:"state" enum:"sent,accepted,returned,lapsed"`
	Industry   string `db:"industry" json:"industry"`
	Chain      string `db:"chain" json:"chain,omitempty"`
	Amount     int64  `db:"amount" json:"amount" doc:"fen"`
	Origin     string `db:"origin" json:"origin,omitempty" doc:"GB/T 2260 of the city the company comes from"`
	NeedsText  string `db:"needs" json:"-"`
	Note       string `db:"note" json:"note,omitempty"`
	SentBy     string `db:"sent_by" json:"sent_by"`
	SentAt     int64  `db:"sent_at" json:"sent_at"`
	DueAt      int64  `db:"due_at" json:"due_at"`
	AnsweredBy string `db:"answered_by" json:"answered_by,omitempty"`
	AnsweredAt int64  `db:"answered_at" json:"answered_at,omitempty"`
	Reason     string `db:"reason" json:"reason,omitempty" enum:"space,power,environment,industry,policy,labour,other"`
	Words      string `db:"words" json:"words,omitempty"`
	Version    int64  `db:"version" json:"version"`

	Needs   pipeline.Needs `db:"-" json:"needs"`
	Company string         `db:"-" json:"company,omitempty" doc:"left out for those who do not see the lead"`
	LeadOf  *pipeline.Lead `db:"-" json:"-"`
}

const sendingColumns = `x.id, x.lead_id, x.lead_node, x.lead_unit, x.turn, x.unit_id, x.site_id, x.state, x.industry, x.chain, x.amount, x.origin, x.needs, x.note, x.sent_by, x.sent_at,
	x.due_at, x.answered_by, x.answered_at, x.reason, x.words, x.version`

// answerWithin is how long a unit has.
const answerWithin = 48 * time.Hour

// reasons for giving a lead back, in the order in which they are shown.
var reasons = []string{"space", "power", "environment", "industry", "policy", "labour", "other"}

func (x Sending) subject() string { return "sending/" + x.ID }

// seenBy fills what the actor may see: the needs for everybody, lead and company for those who see the lead. One that
// nobody answered in time is shown as lapsed.
func seenBy(ctx context.Context, tx *db.Tx, who audit.Actor, list []Sending) error {
	var ids []string
	for _, x := range list {
		ids = append(ids, x.Lead)
	}
	leads := map[string]pipeline.Lead{}
	if len(ids) > 0 && who.May("lead.read") {
		var err error
		if leads, err = pipeline.LeadsSeen(ctx, tx, who, ids); err != nil {
			return err
		}
	}
	for i := range list {
		x := &list[i]
		if err := json.Unmarshal([]byte(x.NeedsText), &x.Needs); err != nil {
			return fault.Wrap(err, "read the needs of a sending")
		}
		if l, ok := leads[x.Lead]; ok {
			x.LeadOf, x.Company = &l, l.Company
		} else {
			x.Lead = ""
		}
		if x.State == "sent" && x.DueAt < db.Micros(tx.Now()) {
			x.State = "lapsed"
		}
	}
	return nil
}

// Send pushes a lead to a unit.
type Send struct {
	Lead string `json:"lead"`
	Unit string `json:"unit,omitempty" doc:"who is to accept it; default the unit of the site"`
	Site string `json:"site,omitempty" doc:"the site it was matched to"`
	Note string `json:"note,omitempty" maxLength:"500" doc:"for the unit; must not name the company"`
}

// Send pushes a valid lead of one's scope to a unit. The next unit is asked only after the last one gave the lead back
// or let 48 hours pass. Faults: Invalid; not_found, not_qualified, landed, waiting (another unit has it), returned_before.
func (s *Service) Send(ctx context.Context, in Send) (out Sending, err error) {
	who, err := audit.Require(ctx, "sending.send")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = send(ctx, tx, who, in)
		return err
	})
	return out, err
}

func send(ctx context.Context, tx *db.Tx, who audit.Actor, in Send) (Sending, error) {
	l, err := pipeline.LeadInScope(ctx, tx, who, in.Lead)
	if err != nil {
		return Sending{}, absent(err)
	}
	switch {
	case l.State != "qualified":
		return Sending{}, fault.New(fault.Conflict, "not_qualified", "只有研判有效、未落地的线索可以输送。", "Only a valid lead without a project can be sent.")
	case l.Landing != "":
		return Sending{}, fault.New(fault.Conflict, "landed", "已有单位接收了这条线索。", "A unit has accepted this lead already.")
	}
	firms, err := company.Briefs(ctx, tx, []string{l.Company})
	if err != nil {
		return Sending{}, err
	}
	x := Sending{
		ID: tx.ID(), Lead: l.ID, LeadNode: l.Node, LeadUnit: l.Unit, Turn: 1, Unit: in.Unit, Site: in.Site, State: "sent", Industry: l.Industry, Chain: l.Chain, Amount: l.Amount,
		Origin: firms[l.Company].Origin, NeedsText: l.NeedsText, Note: strings.TrimSpace(in.Note), SentBy: who.Person, SentAt: db.Micros(tx.Now()),
		DueAt: db.Micros(tx.Now().Add(answerWithin)), Version: 1, Needs: l.Needs, Company: l.Company, LeadOf: &l,
	}
	if err := x.check(ctx, tx, firms[l.Company].Name); err != nil {
		return x, err
	}
	if err := x.follow(ctx, tx); err != nil {
		return x, err
	}
	if err := db.Insert(ctx, tx, "match_sending", x); err != nil {
		return x, err
	}
	return x, audit.Note(ctx, tx, "sending.send", x.subject(), nil, map[string]any{"unit": x.Unit, "turn": x.Turn, "due_at": x.DueAt})
}

// check checks where it goes, and that the note does not give the company away.
func (x *Sending) check(ctx context.Context, tx *db.Tx, firm string) error {
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	var c fault.Checks
	if x.Site != "" {
		site, err := siteByID(ctx, tx, x.Site)
		switch {
		case fault.Is(err, fault.NotFound):
			c.Add("site", "not_found", "没有这处载体。", "There is no such site.")
		case err != nil:
			return err
		case x.Unit == "":
			x.Unit = site.Unit
		}
	}
	u, err := dir.Unit(x.Unit)
	if err != nil || !u.On(tx.Today()) || !slices.Contains([]org.Kind{org.County, org.Park, org.Platform}, u.Kind) {
		c.Add("unit", "unknown_unit", "请选择县区、园区或平台。", "Choose a county, park or platform.")
	} else if x.Unit == x.LeadUnit {
		c.Add("unit", "own_unit", "线索本来就在这个单位，不用输送。", "The lead is this unit's own already.")
	}
	c.AtMost("note", x.Note, 500)
	if core := dir.TrimPlace(firm); names(x.Note, firm) || names(x.Note, core) {
		c.Add("note", "names_company", "接收前不能透露企业名称，请删去。", "The company stays unnamed until the lead is accepted; take its name out.")
	}
	return c.Err()
}

// names reports whether a text holds a company's name, or the part of it that tells it apart: its first four characters
// without the place.
func names(text, firm string) bool {
	r := []rune(firm)
	if len(r) < 2 {
		return false
	}
	return strings.Contains(text, string(r[:min(4, len(r))]))
}

// follow closes the turn before this one: an open one bars the way unless its time is over.
func (x *Sending) follow(ctx context.Context, tx *db.Tx) error {
	before, err := db.All[Sending](ctx, tx, `SELECT `+sendingColumns+` FROM match_sending x WHERE x.lead_id = ? ORDER BY x.turn`, x.Lead)
	if err != nil {
		return err
	}
	for _, b := range before {
		x.Turn = b.Turn + 1
		switch {
		case b.State == "sent" && b.DueAt >= db.Micros(tx.Now()):
			return fault.New(fault.Conflict, "waiting", "上一个单位还在 48 小时内，等它接收或退回再转送。", "Another unit still has its 48 hours; wait for it to accept or give back.")
		case b.State == "returned" && b.Unit == x.Unit:
			return fault.New(fault.Conflict, "returned_before", "这个单位已经退回过，请另选一个。", "This unit has given the lead back before; choose another.")
		case b.State == "sent":
			n, err := db.Exec(ctx, tx, `UPDATE match_sending SET state = 'lapsed', version = version + 1 WHERE id = ? AND state = 'sent'`, b.ID)
			if err == nil && n == 0 {
				err = stale()
			}
			if err != nil {
				return err
			}
			if err := audit.Note(ctx, tx, "sending.lapse", b.subject(), map[string]any{"state": "sent"}, map[string]any{"state": "lapsed"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Answer is what the receiving unit says.
type Answer struct {
	ID      string `path:"id" json:"id"`
	Accept  bool   `json:"accept"`
	Reason  string `json:"reason,omitempty" enum:"space,power,environment,industry,policy,labour,other," doc:"of giving it back"`
	Words   string `json:"words,omitempty" maxLength:"500"`
	Version int64  `json:"version,omitempty"`
}

// AnswerSending accepts a lead or gives it back. The unit itself answers, or one above it, by another person than the
// one who sent it. Whoever accepts sees the lead and its company from then on.
// Faults: not_found, not_allowed, same_person, answered, lapsed, stale; Invalid.
func (s *Service) AnswerSending(ctx context.Context, in Answer) (out Sending, err error) {
	who, err := audit.Require(ctx, "sending.answer")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = sendingInScope(ctx, tx, who, in.ID); err != nil {
			return err
		}
		if err := in.check(); err != nil {
			return err
		}
		if err := out.mayAnswer(ctx, tx, who, in); err != nil {
			return err
		}
		if err := out.answer(ctx, tx, who, in); err != nil {
			return err
		}
		list := []Sending{out}
		err = seenBy(ctx, tx, who, list)
		out = list[0]
		return err
	})
	return out, err
}

func (x *Sending) mayAnswer(ctx context.Context, tx *db.Tx, who audit.Actor, in Answer) error {
	if ok, err := org.InScope(ctx, tx, who.Node, x.Unit); err != nil || !ok {
		return orFault(err, fault.New(fault.Forbidden, "not_allowed", "只有接收单位和它的上级可以答复。", "Only the receiving unit and those above it answer."))
	}
	switch {
	case x.State != "sent":
		return fault.New(fault.Conflict, "answered", "这次输送已经有了结果。", "This sending has its result already.")
	case x.DueAt < db.Micros(tx.Now()):
		return fault.New(fault.Conflict, "lapsed", "已过 48 小时，由输送方另选单位或重新推送。", "The 48 hours are over; the sender chooses another unit or sends it anew.")
	case x.SentBy == who.Person:
		return fault.New(fault.Conflict, "same_person", "不能接收自己推送的线索，须由另一人答复。", "You cannot answer what you sent; another person must.")
	case in.Version != 0 && in.Version != x.Version:
		return stale()
	}
	return nil
}

func (in Answer) check() error {
	var c fault.Checks
	if !in.Accept && !slices.Contains(reasons, in.Reason) {
		c.Add("reason", "required", "退回要选原因。", "Choose why it goes back.")
	}
	if !in.Accept {
		c.Require("words", strings.TrimSpace(in.Words), "具体情况", "The particulars")
	}
	c.AtMost("words", in.Words, 500)
	return c.Err()
}

func (x *Sending) answer(ctx context.Context, tx *db.Tx, who audit.Actor, in Answer) error {
	x.State, x.Reason, x.Words, x.AnsweredBy, x.AnsweredAt = "accepted", "", strings.TrimSpace(in.Words), who.Person, db.Micros(tx.Now())
	if !in.Accept {
		x.State, x.Reason = "returned", in.Reason
	}
	n, err := db.Exec(ctx, tx, `UPDATE match_sending SET state = ?, reason = ?, words = ?, answered_by = ?, answered_at = ?, version = version + 1 WHERE id = ? AND version = ? AND state = 'sent'`,
		x.State, x.Reason, x.Words, x.AnsweredBy, x.AnsweredAt, x.ID, x.Version)
	if err == nil && n == 0 {
		err = stale()
	}
	if err != nil {
		return err
	}
	x.Version++
	if err := audit.Note(ctx, tx, "sending."+map[bool]string{true: "accept", false: "return"}[in.Accept], x.subject(), map[string]any{"state": "sent"}, map[string]any{"state": x.State, "reason": x.Reason}); err != nil {
		return err
	}
	if in.Accept {
		return pipeline.Accept(ctx, tx, x.Lead, x.Unit)
	}
	return nil
}
