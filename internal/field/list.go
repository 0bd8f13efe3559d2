package field

import (
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/verify"
)

// VisitFilter narrows a list of visits. What is left out does not limit.
type VisitFilter struct {
	Station string `json:"station,omitempty"`
	Team    string `json:"team,omitempty"`
	Kind    string `json:"kind,omitempty" enum:"enterprise,association"`
	Way     string `json:"way,omitempty" enum:"onsite,received,meeting,phone,video"`
	Intent  string `json:"intent,omitempty" enum:"A,B,C,D"`
	Month   string `json:"month,omitempty" pattern:"^[0-9]{4}-[0-9]{2}$" doc:"YYYY-MM"`
	State   string `json:"state,omitempty" enum:"none,filed,reviewed,recognised,returned,correcting,withdrawn" doc:"of the claim"`
	Mine    bool   `json:"mine,omitempty" doc:"only those one recorded"`
	Company string `json:"company,omitempty"`
	Q       string `json:"q,omitempty" maxLength:"100" doc:"in the company's name"`
	db.Page
}

// Visits is a part of a list; Next is the cursor of the following part, "" at the end.
type Visits struct {
	Items []Visit `json:"items"`
	Next  string  `json:"next,omitempty"`
}

// ListVisits gives the visits of the teams in scope, newest first.
func (s *Service) ListVisits(ctx context.Context, in VisitFilter) (out Visits, err error) {
	who, err := audit.Require(ctx, "visit.read")
	if err != nil {
		return out, err
	}
	out.Items = []Visit{}
	size, key, err := pageOf(in.Page)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		w := clauses{args: []any{who.Node, tx.Today(), tx.Today()}}
		w.is("v.station_id", in.Station)
		w.is("v.team_id", in.Team)
		w.is("v.kind", in.Kind)
		w.is("v.way", in.Way)
		w.is("v.intent", in.Intent)
		w.is("v.company_id", in.Company)
		w.month("v.day", in.Month)
		w.claimed(in.State)
		w.named(tx.Engine(), "v.company_id", in.Q)
		if in.Mine {
			w.add("v.created_by = ?", who.Person)
		}
		if key != nil {
			w.add("(v.day, v.id) < (?, ?)", key[0], key[1])
		}
		join := ""
		if in.State != "" {
			join = claimOf + `'visit/' || v.id`
		}
		out.Items, err = db.All[Visit](ctx, tx, `SELECT `+visitColumns+` FROM field_visit v`+scoped+`v.node_id`+join+` WHERE `+w.sql()+
			` ORDER BY v.day DESC, v.id DESC LIMIT ?`, append(w.args, size+1)...)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].Day, out.Items[size-1].ID)
	}
	return out, err
}

func pageOf(p db.Page) (int, []string, error) {
	size, err := p.Size()
	if err != nil {
		return 0, nil, err
	}
	key, err := p.Keys(2)
	return size, key, err
}

// TourFilter narrows a list of tours.
type TourFilter struct {
	As      string `json:"as,omitempty" enum:"sending,receiving,waiting" doc:"sending: brought by one's teams (default); receiving: received by one's units; waiting: to be confirmed by them"`
	Station string `json:"station,omitempty"`
	Team    string `json:"team,omitempty"`
	Month   string `json:"month,omitempty" pattern:"^[0-9]{4}-[0-9]{2}$"`
	Stage   string `json:"stage,omitempty" enum:"planned,confirmed,refused,cancelled"`
	State   string `json:"state,omitempty" enum:"none,filed,reviewed,recognised,returned,correcting,withdrawn" doc:"of the claim"`
	Company string `json:"company,omitempty"`
	Q       string `json:"q,omitempty" maxLength:"100"`
	db.Page
}

// Tours is a part of a list.
type Tours struct {
	Items []Tour `json:"items"`
	Next  string `json:"next,omitempty"`
}

// ListTours gives tours, newest first; those that wait for confirmation with the earliest day first.
func (s *Service) ListTours(ctx context.Context, in TourFilter) (out Tours, err error) {
	who, err := audit.Require(ctx, "tour.read")
	if err != nil {
		return out, err
	}
	out.Items = []Tour{}
	size, key, err := pageOf(in.Page)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		w := clauses{args: []any{who.Node, tx.Today(), tx.Today()}}
		node, order, after := "t.node_id", "DESC", "<"
		if in.As == "receiving" || in.As == "waiting" {
			node = "t.receiver"
		}
		if in.As == "waiting" {
			order, after = "ASC", ">"
			w.is("t.state", "planned")
			w.add("t.created_by <> ?", who.Person)
		}
		w.is("t.station_id", in.Station)
		w.is("t.team_id", in.Team)
		w.is("t.state", in.Stage)
		w.is("t.company_id", in.Company)
		w.month("t.day", in.Month)
		w.claimed(in.State)
		w.named(tx.Engine(), "t.company_id", in.Q)
		if key != nil {
			w.add("(t.day, t.id) "+after+" (?, ?)", key[0], key[1])
		}
		join := ""
		if in.State != "" {
			join = claimOf + `'tour/' || t.id`
		}
		out.Items, err = db.All[Tour](ctx, tx, `SELECT `+tourColumns+` FROM field_tour t`+scoped+node+join+` WHERE `+w.sql()+
			` ORDER BY t.day `+order+`, t.id `+order+` LIMIT ?`, append(w.args, size+1)...)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].Day, out.Items[size-1].ID)
	}
	return out, err
}

// EventFilter narrows a list of events.
type EventFilter struct {
	Station string `json:"station,omitempty"`
	Kind    string `json:"kind,omitempty" enum:"promotion,signing,poverty,visit,other"`
	Month   string `json:"month,omitempty" pattern:"^[0-9]{4}-[0-9]{2}$"`
	State   string `json:"state,omitempty" enum:"none,filed,reviewed,recognised,returned,correcting,withdrawn" doc:"of the claim"`
	Q       string `json:"q,omitempty" maxLength:"100" doc:"in the name"`
	db.Page
}

// Events is a part of a list.
type Events struct {
	Items []Event `json:"items"`
	Next  string  `json:"next,omitempty"`
}

// ListEvents gives the events in scope, newest first.
func (s *Service) ListEvents(ctx context.Context, in EventFilter) (out Events, err error) {
	who, err := audit.Require(ctx, "event.read")
	if err != nil {
		return out, err
	}
	out.Items = []Event{}
	size, key, err := pageOf(in.Page)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		w := clauses{args: []any{who.Node, tx.Today(), tx.Today()}}
		w.is("e.station_id", in.Station)
		w.is("e.kind", in.Kind)
		w.month("e.day", in.Month)
		w.claimed(in.State)
		if in.Q != "" {
			w.add(`e.name LIKE ? ESCAPE '\'`, db.Like(in.Q))
		}
		if key != nil {
			w.add("(e.day, e.id) < (?, ?)", key[0], key[1])
		}
		join := ""
		if in.State != "" {
			join = claimOf + `'event/' || e.id`
		}
		out.Items, err = db.All[Event](ctx, tx, `SELECT `+eventColumns+` FROM field_event e`+scoped+`e.node_id`+join+` WHERE `+w.sql()+
			` ORDER BY e.day DESC, e.id DESC LIMIT ?`, append(w.args, size+1)...)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].Day, out.Items[size-1].ID)
	}
	return out, err
}

// ByID names a record.
type ByID struct {
	ID string `json:"id"`
}

// VisitRecord is a visit with what belongs to it.
type VisitRecord struct {
	Visit
	With     []Share       `json:"with,omitempty"` // other teams of a joint visit
	Officers []Officer     `json:"officers,omitempty"`
	Claim    *verify.Claim `json:"claim,omitempty"`
	Pending  *Record       `json:"correction,omitempty"` // what the correction being checked says
	Vouch    *Vouch        `json:"vouch,omitempty"`      // the other side's word
}

// GetVisit gives a visit in scope. Fault: not_found.
func (s *Service) GetVisit(ctx context.Context, in ByID) (out VisitRecord, err error) {
	who, err := audit.Require(ctx, "visit.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = visitRecord(ctx, tx, who.Node, in.ID); err != nil {
			return err
		}
		return s.withVouch(ctx, tx, &out)
	})
	return out, err
}

func visitRecord(ctx context.Context, tx *db.Tx, root, id string) (out VisitRecord, err error) {
	if out.Visit, err = visitInScope(ctx, tx, root, id); err != nil {
		return out, err
	}
	teams, err := teamsOfVisit(ctx, tx, id)
	if err != nil {
		return out, err
	}
	for _, t := range teams {
		if t.Team != out.Team {
			out.With = append(out.With, Share{t.Team, t.Share})
		}
	}
	if out.Officers, err = peopleOfVisit(ctx, tx, id); err != nil {
		return out, err
	}
	c, ok, err := verify.ClaimOf(ctx, tx, out.Subject())
	if err != nil || !ok {
		return out, err
	}
	out.Claim = &c
	if c.Correcting() {
		out.Pending, err = pendingOf(ctx, tx, id)
	}
	return out, err
}

// TourRecord is a tour with its claim.
type TourRecord struct {
	Tour
	With      []Share       `json:"with,omitempty"` // other teams of a joint tour
	Reception *Reception    `json:"reception,omitempty"`
	Claim     *verify.Claim `json:"claim,omitempty"`
}

// GetTour gives a tour in scope of who brings or who receives it. Fault: not_found.
func (s *Service) GetTour(ctx context.Context, in ByID) (out TourRecord, err error) {
	who, err := audit.Require(ctx, "tour.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = tourRecord(ctx, tx, who.Node, in.ID)
		return err
	})
	return out, err
}

func tourRecord(ctx context.Context, tx *db.Tx, root, id string) (out TourRecord, err error) {
	if out.Tour, err = tourInScope(ctx, tx, root, id); err != nil {
		return out, err
	}
	teams, err := tourTeams(ctx, tx, []string{id})
	if err != nil {
		return out, err
	}
	for _, t := range teams[id] {
		if t.Team != out.Team {
			out.With = append(out.With, Share{t.Team, t.Share})
		}
	}
	if out.Reception, err = receptionOf(ctx, tx, id); err != nil {
		return out, err
	}
	c, ok, err := verify.ClaimOf(ctx, tx, out.Subject())
	if ok {
		out.Claim = &c
	}
	return out, err
}

// EventRecord is an event with its claim.
type EventRecord struct {
	Event
	Claim *verify.Claim `json:"claim,omitempty"`
}

// GetEvent gives an event in scope. Fault: not_found.
func (s *Service) GetEvent(ctx context.Context, in ByID) (out EventRecord, err error) {
	who, err := audit.Require(ctx, "event.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out.Event, err = eventInScope(ctx, tx, who.Node, in.ID); err != nil {
			return err
		}
		c, ok, err := verify.ClaimOf(ctx, tx, out.Subject())
		if ok {
			out.Claim = &c
		}
		return err
	})
	return out, err
}
