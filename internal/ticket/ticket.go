// Package ticket is the service to investors (贵人服务): their requests, the unit in charge, the clock that runs, the
// answers, and what the investor thought of them. A request that was closed is claimed and counts in the ledger.
package ticket

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// Ticket is one request of an investor.
type Ticket struct {
	ID         string `db:"id" json:"id"`
	Receipt    string `db:"receipt" json:"receipt"` // number that its sender quotes; it cannot be guessed
	Kind       string `db:"kind" json:"kind"`
	Title      string `db:"title" json:"title"`
	Text       string `db:"body" json:"text"`
	Company    string `db:"company_id" json:"company,omitempty"`
	Project    string `db:"project_id" json:"project,omitempty"`
	Investor   string `db:"investor_id" json:"-"` // person whose request it is, when they have an account
	Contact    string `db:"contact_id" json:"contact,omitempty"`
	Source     string `db:"source" json:"source" enum:"account,portal,phone,visit"`
	Unit       string `db:"unit_id" json:"unit"` // in charge
	State      string `db:"state" json:"state" enum:"open,answered,closed"`
	FiledAt    int64  `db:"filed_at" json:"filed_at"`
	FiledOn    string `db:"filed_on" json:"filed_on"`
	FirstDueAt int64  `db:"first_due_at" json:"first_due_at"` // a first answer is due 24 hours after filing
	FirstAt    int64  `db:"first_at" json:"first_at,omitempty"`
	DueOn      string `db:"due_on" json:"due_on"`
	AnsweredBy string `db:"answered_by" json:"-"`
	AnsweredOn string `db:"answered_on" json:"answered_on,omitempty"`
	ClosedOn   string `db:"closed_on" json:"closed_on,omitempty"`
	Rating     int64  `db:"rating" json:"rating,omitempty" minimum:"0" maximum:"5"`
	Escalated  bool   `db:"escalated" json:"escalated,omitempty"`
	Reopened   int64  `db:"reopened" json:"reopened,omitempty"`
	Follows    string `db:"follows" json:"follows,omitempty"` // the closed request that it goes on from
	CreatedBy  string `db:"created_by" json:"-"`
	Version    int64  `db:"version" json:"version"`
}

// Subject is how the claim of a closed request is named.
func (t Ticket) Subject() string { return "ticket/" + t.ID }

// Kind is a kind of request and the days it may take.
type Kind struct {
	Code string `json:"code"`
	Days int    `json:"days"`
}

// Kinds lists the kinds of request in the order in which they are shown; days are calendar days.
var Kinds = []Kind{
	{"land", 15}, {"energy", 10}, {"labour", 15}, {"finance", 20}, {"policy", 20}, {"permit", 10}, {"tax", 10}, {"living", 15}, {"complaint", 15}, {"other", 10},
}

// FirstAnswer is how long the first answer may take.
const FirstAnswer = 24 * time.Hour

func kindOf(code string) (Kind, bool) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Code == code })
	if i < 0 {
		return Kind{}, false
	}
	return Kinds[i], true
}

// Service keeps requests.
type Service struct{ DB *db.DB }

// File is what a request needs.
type File struct {
	Kind    string `json:"kind" enum:"land,energy,labour,finance,policy,permit,tax,living,complaint,other"`
	Title   string `json:"title" maxLength:"120"`
	Text    string `json:"text" maxLength:"2000"`
	Unit    string `json:"unit,omitempty" doc:"in charge; default one's own"`
	Company string `json:"company,omitempty"`
	Project string `json:"project,omitempty"`
	Contact string `json:"contact,omitempty" doc:"who asked, when staff files for them"`
	Source  string `json:"source,omitempty" enum:"account,portal,phone,visit,"`
	Follows string `json:"follows,omitempty" doc:"closed request that this goes on from"`
}

// File takes a request in: an investor's own, or one that staff heard on the phone or on a visit.
// Faults: Invalid; not_found (Follows).
func (s *Service) File(ctx context.Context, in File) (out Ticket, err error) {
	who, err := audit.Require(ctx, "ticket.create")
	if err != nil {
		return out, err
	}
	if investor(who) {
		in.Source, in.Contact = "account", ""
	} else if in.Source == "" || in.Source == "account" {
		in.Source = "phone"
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if in.Follows != "" {
			if _, err := seen(ctx, tx, who, in.Follows); err != nil {
				return err
			}
		}
		out, err = FileIn(ctx, tx, in)
		return err
	})
	return out, err
}

// FileIn is File inside the caller's transaction; the caller has checked the permission.
func FileIn(ctx context.Context, tx *db.Tx, in File) (Ticket, error) {
	who, _ := audit.Who(ctx)
	now := tx.Now()
	t := Ticket{
		ID: tx.ID(), Kind: in.Kind, Title: strings.TrimSpace(in.Title), Text: strings.TrimSpace(in.Text), Company: in.Company, Project: in.Project, Contact: in.Contact,
		Source: in.Source, Unit: in.Unit, State: "open", FiledAt: db.Micros(now), FiledOn: tx.Today(), FirstDueAt: db.Micros(now.Add(FirstAnswer)),
		Follows: in.Follows, CreatedBy: who.Person, Version: 1,
	}
	if investor(who) {
		t.Investor = who.Person
	}
	if t.Unit == "" {
		t.Unit = who.Unit
	}
	t.Receipt = receipt(t.ID)
	if err := t.check(ctx, tx, who); err != nil {
		return t, err
	}
	k, _ := kindOf(t.Kind) // checked
	t.DueOn = daysFrom(t.FiledOn, k.Days)
	if err := db.Insert(ctx, tx, "ticket_ticket", t); err != nil {
		return t, err
	}
	if err := addStep(ctx, tx, who, Step{Ticket: t.ID, Kind: "file", To: t.Unit}); err != nil {
		return t, err
	}
	return t, audit.Note(ctx, tx, "ticket.file", t.Subject(), nil, map[string]any{"kind": t.Kind, "unit": t.Unit, "company": t.Company, "source": t.Source, "due_on": t.DueOn})
}

func (t Ticket) check(ctx context.Context, tx *db.Tx, who audit.Actor) error {
	var c fault.Checks
	if _, ok := kindOf(t.Kind); !ok {
		c.Add("kind", "not_a_choice", "请选择诉求类别。", "Choose the kind of request.")
	}
	c.Require("title", t.Title, "诉求标题", "The subject")
	c.Require("text", t.Text, "诉求内容", "The request")
	c.AtMost("title", t.Title, 120)
	c.AtMost("text", t.Text, 2000)
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	if _, err := dir.Unit(t.Unit); err != nil {
		c.Add("unit", "unknown_unit", "请选择办理单位。", "Choose the unit in charge.")
	} else if !investor(who) && t.Source != "portal" {
		if ok, err := org.InScope(ctx, tx, who.Node, t.Unit); err != nil {
			return err
		} else if !ok && who.Unit != t.Unit {
			c.Add("unit", "not_your_unit", "办理单位不在您的范围内；可交给您自己的单位，再报上级协调。", "The unit is outside your scope; give it to your own and have it escalated.")
		}
	}
	if t.Company != "" {
		found, err := company.Briefs(ctx, tx, []string{t.Company})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			c.Add("company", "unknown_company", "资源库里没有这家企业。", "The library has no such company.")
		}
	}
	return c.Err()
}

// receipt makes the number from the random part of an id: 50 bits, so that no other can be guessed.
func receipt(id string) string {
	sum := sha256.Sum256([]byte("ticket " + id))
	s := base32.NewEncoding("23456789ABCDEFGHJKLMNPQRSTUVWXYZ").WithPadding(base32.NoPadding).EncodeToString(sum[:7])
	return "FW-" + s[:5] + "-" + s[5:10]
}

// investor reports whether the actor sees their own requests alone.
func investor(who audit.Actor) bool { return slices.Contains(who.Roles, string(auth.Investor)) }

// daysFrom gives the day n days after another.
func daysFrom(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day // the clock's own date always parses
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}
