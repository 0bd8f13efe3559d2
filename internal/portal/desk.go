package portal

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/pipeline"
	"zhudian/internal/ticket"
)

// Received is an item as staff see it, its sender masked unless revealed.
type Received struct {
	Item
	Letter
	Erased bool `json:"erased,omitempty"`
}

// DeskFilter narrows the desk's list.
type DeskFilter struct {
	State string `json:"state,omitempty" enum:"new,accepted,refused,all" default:"new"`
	Kind  string `json:"kind,omitempty" enum:"plan,service,complaint,"`
	db.Page
}

// Desk is a part of the desk's list; Next is the cursor of the following part.
type Desk struct {
	Items []Received `json:"items"`
	Next  string     `json:"next,omitempty"`
}

const deskScope = ` FROM portal_inbox i JOIN org_scope o ON o.node_id = i.unit_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?`

// List gives what was sent to one's units, the nearest deadline first.
func (s *Inbox) List(ctx context.Context, in DeskFilter) (out Desk, err error) {
	who, err := audit.Require(ctx, "inbox.read")
	if err != nil {
		return out, err
	}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(2)
	if err != nil {
		return out, err
	}
	out.Items = []Received{}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		where, args := []string{"1 = 1"}, []any{who.Node, tx.Today(), tx.Today()}
		and := func(text string, more ...any) { where, args = append(where, text), append(args, more...) }
		switch in.State {
		case "", "new":
			and("i.state = 'new'")
		case "all":
		default:
			and("i.state = ?", in.State)
		}
		if in.Kind != "" {
			and("i.kind = ?", in.Kind)
		}
		if key != nil {
			and("(i.due_on, i.id) > (?, ?)", key[0], key[1])
		}
		list, err := db.All[Item](ctx, tx, `SELECT `+itemColumns+deskScope+` WHERE `+strings.Join(where, " AND ")+` ORDER BY i.due_on, i.id LIMIT ?`, append(args, size+1)...)
		if err != nil {
			return err
		}
		if len(list) > size {
			list = list[:size]
			out.Next = db.Cursor(list[size-1].DueOn, list[size-1].ID)
		}
		for _, i := range list {
			r, err := opened(ctx, tx, i, false)
			if err != nil {
				return err
			}
			out.Items = append(out.Items, r)
		}
		return nil
	})
	return out, err
}

// opened reads what the sender wrote; unless full, it cannot be used to ring them up.
func opened(ctx context.Context, tx *db.Tx, i Item, full bool) (Received, error) {
	r := Received{Item: i}
	l, err := letterOf(ctx, tx, i)
	if err != nil {
		return r, err
	}
	if l == nil {
		r.Erased = true
		return r, nil
	}
	r.Letter = *l
	if !full {
		p := company.Person{Phone: l.Phone, Email: l.Email}.Masked()
		r.Phone, r.Email = p.Phone, p.Email
	}
	return r, nil
}

// ItemID names an item.
type ItemID struct {
	ID string `path:"id" json:"id"`
}

// Get gives one item, its sender masked. Fault: not_found.
func (s *Inbox) Get(ctx context.Context, in ItemID) (out Received, err error) {
	who, err := audit.Require(ctx, "inbox.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		i, err := itemInScope(ctx, tx, who.Node, in.ID)
		if err != nil {
			return err
		}
		out, err = opened(ctx, tx, i, false)
		return err
	})
	return out, err
}

func itemInScope(ctx context.Context, tx *db.Tx, root, id string) (Item, error) {
	return db.One[Item](ctx, tx, `SELECT `+itemColumns+deskScope+` WHERE i.id = ?`, root, tx.Today(), tx.Today(), id)
}

// Reveal gives one sender's telephone number and address in full and records that.
// Faults: not_found, erased, reveal_limit.
func (s *Inbox) Reveal(ctx context.Context, in ItemID) (out Received, err error) {
	who, err := audit.Require(ctx, "inbox.decide")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		i, err := itemInScope(ctx, tx, who.Node, in.ID)
		if err != nil {
			return err
		}
		if i.ErasedAt > 0 {
			return erased()
		}
		n, err := company.CountReveal(ctx, tx, who.Person)
		if err != nil {
			return err
		}
		if out, err = opened(ctx, tx, i, true); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "inbox.reveal", i.Subject(), nil, map[string]int64{"today": n})
	})
	return out, err
}

func erased() error {
	return fault.New(fault.Closed, "erased", "来件人的资料已销毁，无法恢复。", "The sender's data was erased and cannot be restored.")
}

// Accept makes a lead of a plan, or a request of the rest.
type Accept struct {
	ID       string `path:"id" json:"id"`
	Version  int64  `json:"version,omitempty"`
	Unit     string `json:"unit,omitempty" doc:"who takes it on; default the unit that the sender wished"`
	Company  string `json:"company,omitempty" doc:"of the library"`
	NewName  string `json:"new_name,omitempty" maxLength:"120" doc:"a company that the library does not have yet"`
	Title    string `json:"title,omitempty" maxLength:"120" doc:"default the sender's"`
	Text     string `json:"text,omitempty" maxLength:"2000" doc:"default the sender's"`
	Industry string `json:"industry,omitempty" doc:"of a lead, GB/T 4754"`
	Kind     string `json:"kind,omitempty" enum:"land,energy,labour,finance,policy,permit,tax,living,complaint,other," doc:"of a request"`
	Keep     bool   `json:"keep,omitempty" doc:"keep the sender as a contact of the company"`
}

// Accept takes an item on: a plan becomes a lead of a company, the rest a request to investor service.
// Faults: not_found, decided, erased, stale; those of RecordLead and of filing a request; Invalid.
func (s *Inbox) Accept(ctx context.Context, in Accept) (Item, error) {
	return s.decide(ctx, in.ID, in.Version, "accept", func(ctx context.Context, tx *db.Tx, who audit.Actor, i *Item) error {
		r, err := opened(ctx, tx, *i, true)
		if err != nil {
			return err
		}
		if r.Erased {
			return erased()
		}
		if in.Unit == "" {
			in.Unit = i.Unit
		}
		if err := org.Require(ctx, tx, who.Node, in.Unit); err != nil {
			return fault.BadField("unit", "not_your_unit", "单位不在您的范围内。", "The unit is outside your scope.")
		}
		if in.Title = strings.TrimSpace(in.Title); in.Title == "" {
			in.Title = r.Title
		}
		if in.Text = strings.TrimSpace(in.Text); in.Text == "" {
			in.Text = r.Text
		}
		if in.Company, err = firmOf(ctx, tx, in); err != nil {
			return err
		}
		contact := ""
		if in.Keep {
			if contact, err = keepSender(ctx, tx, in, r.Letter); err != nil {
				return err
			}
		}
		i.State = "accepted"
		if i.Kind == "plan" {
			l, err := pipeline.RecordLeadIn(ctx, tx, pipeline.NewLead{Title: in.Title, Company: in.Company, Source: "portal", From: i.Subject(), Unit: in.Unit, Industry: in.Industry, Said: in.Text})
			i.Outcome, i.OutcomeNo = l.LeadSubject(), l.Code
			return err
		}
		if in.Kind == "" && i.Kind == "complaint" {
			in.Kind = "complaint"
		}
		t, err := ticket.FileIn(ctx, tx, ticket.File{Kind: in.Kind, Title: in.Title, Text: in.Text, Unit: in.Unit, Company: in.Company, Contact: contact, Source: "portal"})
		i.Outcome, i.OutcomeNo = t.Subject(), t.Receipt
		return err
	})
}

// firmOf is the company of an item: the one that was picked, or a new one of the library.
func firmOf(ctx context.Context, tx *db.Tx, in Accept) (string, error) {
	if in.Company != "" || strings.TrimSpace(in.NewName) == "" {
		return in.Company, nil
	}
	rec, err := company.CreateIn(ctx, tx, company.Create{Facts: company.Facts{Kind: company.Enterprise, Name: in.NewName}, Source: "portal"})
	if err != nil && fault.Of(err).Kind != fault.Internal {
		f := fault.Of(err)
		return "", fault.BadField("new_name", f.Code, f.Words.ZH, f.Words.EN)
	}
	return rec.ID, err
}

// keepSender makes the sender a contact of the company, sealed there under a key of their own.
func keepSender(ctx context.Context, tx *db.Tx, in Accept, l Letter) (string, error) {
	if in.Company == "" || l.Name == "" {
		return "", fault.BadField("keep", "no_company", "要存为联系人，须有企业和称呼。", "To keep a contact, there must be a company and a name.")
	}
	c, err := company.AddContactIn(ctx, tx, company.AddContact{Company: in.Company, Person: company.Person{Name: l.Name, Phone: l.Phone, Email: l.Email}, Basis: "consent", Source: "portal"})
	return c.ID, err
}

// Refuse says no to an item, with a reason that its sender reads.
type Refuse struct {
	ID      string `path:"id" json:"id"`
	Version int64  `json:"version,omitempty"`
	Reason  string `json:"reason" maxLength:"300"`
}

// Refuse closes an item without taking it on. Faults: not_found, decided, stale; Invalid "reason".
func (s *Inbox) Refuse(ctx context.Context, in Refuse) (Item, error) {
	return s.decide(ctx, in.ID, in.Version, "refuse", func(_ context.Context, _ *db.Tx, _ audit.Actor, i *Item) error {
		var c fault.Checks
		i.State, i.Reason = "refused", strings.TrimSpace(in.Reason)
		return c.Require("reason", i.Reason, "不予受理的理由，来件人会看到", "The reason, which the sender will read").Err()
	})
}

func (s *Inbox) decide(ctx context.Context, id string, seen int64, verb string, do func(context.Context, *db.Tx, audit.Actor, *Item) error) (out Item, err error) {
	who, err := audit.Require(ctx, "inbox.decide")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = itemInScope(ctx, tx, who.Node, id); err != nil {
			return err
		}
		switch {
		case seen != 0 && seen != out.Version:
			return staleItem()
		case out.State != "new":
			return fault.New(fault.Conflict, "decided", "这件来件已经处理过。", "This has been decided already.")
		}
		if err := do(ctx, tx, who, &out); err != nil {
			return err
		}
		out.DecidedBy, out.DecidedAt = who.Person, db.Micros(tx.Now())
		n, err := db.Exec(ctx, tx, `UPDATE portal_inbox SET state = ?, decided_by = ?, decided_at = ?, reason = ?, outcome = ?, outcome_no = ?, version = version + 1 WHERE id = ? AND version = ?`,
			out.State, out.DecidedBy, out.DecidedAt, out.Reason, out.Outcome, out.OutcomeNo, out.ID, out.Version)
		if err == nil && n == 0 {
			err = staleItem()
		}
		if err != nil {
			return err
		}
		out.Version++
		return audit.Note(ctx, tx, "inbox."+verb, out.Subject(), nil, map[string]any{"state": out.State, "outcome": out.Outcome})
	})
	return out, err
}

func staleItem() error {
	return fault.New(fault.Conflict, "stale", "别人刚处理过这件来件，请刷新后再试。", "Somebody has just handled this; reload and try again.")
}

// Erase is the input of the use case of that name.
type Erase struct {
	ID     string `path:"id" json:"id"`
	Reason string `json:"reason" maxLength:"200"`
}

// Erase destroys the key of what a sender wrote, for good; that something came in, and what became of it, stays.
// Faults: not_found, undecided; Invalid "reason".
func (s *Inbox) Erase(ctx context.Context, in Erase) (out Item, err error) {
	who, err := audit.Require(ctx, "inbox.erase")
	if err != nil {
		return out, err
	}
	if strings.TrimSpace(in.Reason) == "" {
		return out, fault.BadField("reason", "required", "请写明销毁的缘由，如“本人要求”。", "Give the reason, e.g. “at their request”.")
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = itemInScope(ctx, tx, who.Node, in.ID); err != nil || out.ErasedAt > 0 {
			return err
		}
		if out.State == "new" {
			return fault.New(fault.Conflict, "undecided", "还没有处理的来件不能销毁；请先受理或不予受理。", "What nobody has decided is not erased; take it on or refuse it first.")
		}
		return out.erase(ctx, tx, "inbox.erase", map[string]string{"reason": in.Reason})
	})
	return out, err
}

// Waiting counts what waits for a decision in one's units, and how much of it is late.
func Waiting(ctx context.Context, tx *db.Tx, who audit.Actor) (n, late int64, err error) {
	due, err := db.All[string](ctx, tx, `SELECT i.due_on`+deskScope+` WHERE i.state = 'new'`, who.Node, tx.Today(), tx.Today())
	for _, d := range due {
		if d < tx.Today() {
			late++
		}
	}
	return int64(len(due)), late, err
}

// ticketKinds are the kinds of request, in their order.
func ticketKinds() []string {
	var out []string
	for _, k := range ticket.Kinds {
		out = append(out, k.Code)
	}
	return slices.Clip(out)
}
