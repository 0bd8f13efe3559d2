package ticket

import (
	"context"
	"slices"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
)

// Filter narrows a list of requests. What is left out does not limit, but for State, which is live.
type Filter struct {
	State   string `json:"state,omitempty" enum:"live,open,answered,closed,all" default:"live"`
	Clock   string `json:"clock,omitempty" enum:"late,soon,unanswered" doc:"late: past a deadline; soon: due within three days; unanswered: without a first answer"`
	Kind    string `json:"kind,omitempty" enum:"land,energy,labour,finance,policy,permit,tax,living,complaint,other"`
	Unit    string `json:"unit,omitempty"`
	Company string `json:"company,omitempty"`
	Q       string `json:"q,omitempty" maxLength:"100" doc:"in the subject or the receipt number"`
	db.Page
}

// Tickets is a part of a list; Next is the cursor of the following part.
type Tickets struct {
	Items []Ticket `json:"items"`
	Next  string   `json:"next,omitempty"`
}

// List gives the requests one's units handle, or an investor's own, the nearest deadline first.
func (s *Service) List(ctx context.Context, in Filter) (out Tickets, err error) {
	who, err := audit.Require(ctx, "ticket.read")
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
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Items, err = list(ctx, tx, who, in, key, size+1)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].DueOn, out.Items[size-1].ID)
	}
	return out, err
}

// ByID names a request.
type ByID struct {
	ID string `path:"id" json:"id"`
}

// Dossier is a request with its steps; an investor is not shown what was said inside, nor by whom.
type Dossier struct {
	Ticket
	Steps []Step        `json:"steps"` // newest first
	Claim *verify.Claim `json:"claim,omitempty"`
	May   []string      `json:"may"` // the steps the actor may take now
}

// Get gives one request. Fault: not_found.
func (s *Service) Get(ctx context.Context, in ByID) (out Dossier, err error) {
	who, err := audit.Require(ctx, "ticket.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out.Ticket, err = seen(ctx, tx, who, in.ID); err != nil {
			return err
		}
		if out.Steps, err = stepsOf(ctx, tx, in.ID, !investor(who)); err != nil {
			return err
		}
		if out.May, err = mayTake(ctx, tx, who, out.Ticket); err != nil {
			return err
		}
		if investor(who) {
			for i := range out.Steps {
				out.Steps[i].Person = ""
			}
			return nil
		}
		c, ok, err := verify.ClaimOf(ctx, tx, out.Subject())
		if ok {
			out.Claim = &c
		}
		return err
	})
	return out, err
}

// mayTake lists the steps that the actor may take now.
func mayTake(ctx context.Context, tx *db.Tx, who audit.Actor, t Ticket) ([]string, error) {
	out := []string{}
	for _, r := range rules {
		if !who.May(r.perm) || !slices.Contains(r.from, t.State) {
			continue
		}
		if r.kind == "reopen" && t.State == "closed" && tx.Today() > daysFrom(t.ClosedOn, reopenDays) {
			continue
		}
		ok, err := r.may(ctx, tx, who, t)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, r.kind)
		}
	}
	return out, nil
}

// Public is what the sender of a request sees by its receipt number, without signing in.
type Public struct {
	Ticket
	Steps []Step
}

// ByReceipt finds a request by its number. Fault: not_found, for a number that nobody was given.
func ByReceipt(ctx context.Context, tx *db.Tx, number string) (out Public, err error) {
	out.Ticket, err = db.One[Ticket](ctx, tx, `SELECT `+columns+` FROM ticket_ticket t WHERE t.receipt = ?`, number)
	if fault.Is(err, fault.NotFound) {
		return out, fault.New(fault.NotFound, "no_such_receipt", "没有这个回执号，请核对后再查。", "There is no such receipt number; check it and try again.")
	}
	if err == nil {
		out.Steps, err = stepsOf(ctx, tx, out.ID, false)
	}
	return out, err
}

// firms reads the names of the companies of a list.
func firms(ctx context.Context, tx *db.Tx, list []Ticket) (map[string]company.Brief, error) {
	var ids []string
	for _, t := range list {
		if t.Company != "" {
			ids = append(ids, t.Company)
		}
	}
	return company.Briefs(ctx, tx, ids)
}
