// Package directive keeps what leaders ask for (督办): an instruction on a record or on none, the units that own it,
// its deadline, what was done about it, and the leader's own trips. Nothing in it is a figure of the ledger.
package directive

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// Directive is one instruction of a leader.
type Directive struct {
	ID         string `db:"id" json:"id"`
	Number     string `db:"number" json:"number"` // year and serial: 2020-003
	Title      string `db:"title" json:"title"`
	Text       string `db:"body" json:"text"`
	Subject    string `db:"subject" json:"subject,omitempty"` // the record it is about: project/0192…
	Leader     string `db:"leader_id" json:"leader"`
	Node       string `db:"node_id" json:"-"` // of the leader: whoever stands there or above sees it
	IssuedOn   string `db:"issued_on" json:"issued_on"`
	DueOn      string `db:"due_on" json:"due_on"`
	State      string `db:"state" json:"state" enum:"open,reported,closed,cancelled"`
	Progress   int64  `db:"progress" json:"progress" minimum:"0" maximum:"100"`
	MovedOn    string `db:"moved_on" json:"moved_on"` // day of the last progress
	ReportedBy string `db:"reported_by" json:"reported_by,omitempty"`
	ReportedOn string `db:"reported_on" json:"reported_on,omitempty"`
	ClosedBy   string `db:"closed_by" json:"closed_by,omitempty"`
	ClosedOn   string `db:"closed_on" json:"closed_on,omitempty"`
	CreatedBy  string `db:"created_by" json:"-"`
	CreatedAt  int64  `db:"created_at" json:"-"`
	Version    int64  `db:"version" json:"version"`
}

// Listed is a directive in a list, with its light and the unit that leads.
type Listed struct {
	Directive
	Light string `db:"light" json:"light" enum:"green,yellow,red,none"`
	Lead  string `db:"lead_node" json:"lead"`
}

// Owner is a unit or station that carries a directive out.
type Owner struct {
	Directive string `db:"directive_id" json:"-"`
	Node      string `db:"node_id" json:"node"`
	Leads     bool   `db:"leads" json:"leads"`
}

// Record is what a directive is about, as somebody may see it.
type Record struct{ Title, URL string }

// Records knows the records of the packages above. Fault: NotFound, also for what lies outside the actor's scope.
type Records interface {
	Record(ctx context.Context, tx *db.Tx, who audit.Actor, subject string) (Record, error)
}

// Service keeps directives and trips.
type Service struct {
	DB      *db.DB
	Files   *blob.Store
	Records Records
}

// Issue is what an instruction needs.
type Issue struct {
	Title   string   `json:"title" maxLength:"120"`
	Text    string   `json:"text" maxLength:"2000"`
	Subject string   `json:"subject,omitempty" maxLength:"80" doc:"the record it is about, e.g. project/0192…"`
	Leader  string   `json:"leader,omitempty" doc:"person whose instruction it is; default oneself, if one is a leader"`
	Lead    string   `json:"lead" doc:"unit or station that leads"`
	With    []string `json:"with,omitempty" maxItems:"20" doc:"units and stations that help"`
	DueOn   string   `json:"due_on" format:"date"`
}

// Issue writes an instruction down. A leader issues their own; the leader's office issues for a leader of its scope.
// Faults: Invalid, with the field of what is missing, out of scope or in the past.
func (s *Service) Issue(ctx context.Context, in Issue) (out Directive, err error) {
	who, err := audit.Require(ctx, "directive.issue")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = s.issue(ctx, tx, who, in)
		return err
	})
	return out, err
}

func (s *Service) issue(ctx context.Context, tx *db.Tx, who audit.Actor, in Issue) (Directive, error) {
	leader, err := leaderFor(ctx, tx, who, in.Leader)
	if err != nil {
		return Directive{}, err
	}
	d := Directive{
		ID: tx.ID(), Title: strings.TrimSpace(in.Title), Text: strings.TrimSpace(in.Text), Subject: strings.TrimSpace(in.Subject),
		Leader: leader.Person, Node: leader.Node, IssuedOn: tx.Today(), DueOn: in.DueOn, State: "open", MovedOn: tx.Today(),
		CreatedBy: who.Person, CreatedAt: db.Micros(tx.Now()), Version: 1,
	}
	owners, err := s.check(ctx, tx, who, &d, in)
	if err != nil {
		return d, err
	}
	if d.Number, err = nextNumber(ctx, tx); err != nil {
		return d, err
	}
	if err := db.Insert(ctx, tx, "directive_directive", d); err != nil {
		return d, err
	}
	if err := db.Insert(ctx, tx, "directive_owner", owners); err != nil {
		return d, err
	}
	if _, err := addStep(ctx, tx, who, Step{Directive: d.ID, Kind: "issue", Text: d.Text, DueOn: d.DueOn}); err != nil {
		return d, err
	}
	return d, audit.Note(ctx, tx, "directive.issue", "directive/"+d.ID, nil, map[string]any{"number": d.Number, "leader": d.Leader, "subject": d.Subject, "due_on": d.DueOn, "lead": in.Lead})
}

// check gathers everything that is wrong with an instruction.
func (s *Service) check(ctx context.Context, tx *db.Tx, who audit.Actor, d *Directive, in Issue) ([]Owner, error) {
	var c fault.Checks
	c.Require("title", d.Title, "事项", "The matter")
	c.Require("text", d.Text, "批示内容", "The instruction")
	c.AtMost("title", d.Title, 120)
	c.AtMost("text", d.Text, 2000)
	c.Require("lead", in.Lead, "牵头单位", "The leading unit")
	dueDay(&c, "due_on", d.DueOn, tx.Today())
	owners := []Owner{{d.ID, in.Lead, true}}
	for _, n := range in.With {
		if n != in.Lead && !slices.ContainsFunc(owners, func(o Owner) bool { return o.Node == n }) {
			owners = append(owners, Owner{d.ID, n, false})
		}
	}
	for i, o := range owners {
		if o.Node == "" {
			continue
		}
		field := "with"
		if i == 0 {
			field = "lead"
		}
		if ok, err := org.InScope(ctx, tx, who.Node, o.Node); err != nil {
			return nil, err
		} else if !ok {
			c.Add(field, "not_your_unit", "承办单位不在您的范围内："+o.Node+"。", "This unit is outside your scope: "+o.Node+".")
		}
	}
	if d.Subject != "" {
		_, err := s.Records.Record(ctx, tx, who, d.Subject)
		if fault.Is(err, fault.NotFound) {
			c.Add("subject", "not_found", "没有这条记录，或不在您的范围内。", "There is no such record, or it is outside your scope.")
		} else if err != nil {
			return nil, err
		}
	}
	return owners, c.Err()
}

// leaderFor gives the leader whose instruction it is: oneself, or a leader in one's scope when one's office writes it.
func leaderFor(ctx context.Context, tx *db.Tx, who audit.Actor, person string) (auth.Holder, error) {
	leaders, err := auth.Holders(ctx, tx, auth.Leader)
	if err != nil {
		return auth.Holder{}, err
	}
	self := slices.Contains(who.Roles, string(auth.Leader))
	if person == "" && self {
		person = who.Person
	}
	if self && person != who.Person {
		return auth.Holder{}, fault.BadField("leader", "not_you", "领导只能以本人名义批示。", "A leader gives instructions in their own name only.")
	}
	for _, l := range leaders {
		if l.Person != person {
			continue
		}
		if ok, err := org.InScope(ctx, tx, who.Node, l.Node); err != nil || ok {
			return l, err
		}
	}
	return auth.Holder{}, fault.BadField("leader", "no_such_leader", "请选择作出批示的领导。", "Choose the leader whose instruction it is.")
}

// nextNumber gives the year and the next serial: 2020-003.
func nextNumber(ctx context.Context, tx *db.Tx) (string, error) {
	year := tx.Today()[:4]
	n, err := db.One[int64](ctx, tx, `INSERT INTO directive_number (year, last) VALUES (?, 1) ON CONFLICT (year) DO UPDATE SET last = directive_number.last + 1 RETURNING last`, year)
	return fmt.Sprintf("%s-%03d", year, n), err
}

func dueDay(c *fault.Checks, field, day, today string) {
	if day == "" {
		c.Require(field, day, "办结期限", "The deadline")
		return
	}
	t, err := time.Parse(time.DateOnly, day)
	switch {
	case err != nil:
		c.Add(field, "not_a_date", "日期写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
	case day < today:
		c.Add(field, "in_the_past", "期限不能早于今天（"+today+"）。", "The deadline cannot be earlier than today ("+today+").")
	default:
		if now, err := time.Parse(time.DateOnly, today); err == nil && t.After(now.AddDate(3, 0, 0)) {
			c.Add(field, "too_far", "期限最远三年。", "The deadline is at most three years away.")
		}
	}
}

// checkSpan checks the first and the last day of something.
func checkSpan(c *fault.Checks, day, until string) {
	for field, v := range map[string]string{"day": day, "until": until} {
		if v == "" {
			if field == "day" {
				c.Require(field, v, "日期", "The date")
			}
			continue
		}
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			c.Add(field, "not_a_date", "日期写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
		}
	}
	if until != "" && until < day {
		c.Add("until", "before_start", "结束日期早于开始日期。", "It ends before it starts.")
	}
}
