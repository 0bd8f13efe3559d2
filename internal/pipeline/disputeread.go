package pipeline

import (
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// disputeVisible limits to disputes that one's scope is to decide. Arguments: leadArgs.
const disputeVisible = `EXISTS (SELECT 1 FROM org_scope o WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = x.superior)`

func disputeAbove(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Dispute, error) {
	x, err := db.One[Dispute](ctx, tx, `SELECT `+disputeColumns+` FROM pipeline_dispute x WHERE x.id = ? AND `+disputeVisible, append([]any{id}, leadArgs(tx, who.Node)...)...)
	if fault.Is(err, fault.NotFound) {
		return x, fault.New(fault.NotFound, "not_found", "没有这件争议。", "There is no such dispute.")
	}
	return x, err
}

// DisputeFilter narrows a list of disputes.
type DisputeFilter struct {
	State string `json:"state,omitempty" enum:"open,first,second,both"`
	db.Page
}

// Disputes is a part of a list.
type Disputes struct {
	Items []DisputeRecord `json:"items"`
	Next  string          `json:"next,omitempty"`
}

// DisputeRecord is a dispute with both leads and what either side said, for whoever decides.
type DisputeRecord struct {
	Dispute
	FirstLead  Lead   `json:"first_lead"`
	SecondLead Lead   `json:"second_lead"`
	Pleas      []Plea `json:"pleas"`
}

// ListDisputes gives the disputes that one's unit and those below it decide, the newest first.
func (s *Service) ListDisputes(ctx context.Context, in DisputeFilter) (out Disputes, err error) {
	who, err := audit.Require(ctx, "dispute.decide")
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
		list, err := disputes(ctx, tx, who, in, key, size+1)
		if err != nil {
			return err
		}
		if len(list) > size {
			list = list[:size]
			out.Next = db.Cursor(micros(list[size-1].OpenedAt), list[size-1].ID)
		}
		out.Items, err = withLeads(ctx, tx, list)
		return err
	})
	return out, err
}

func disputes(ctx context.Context, tx *db.Tx, who audit.Actor, in DisputeFilter, key []string, size int) ([]Dispute, error) {
	where, args := disputeVisible, leadArgs(tx, who.Node)
	if in.State != "" {
		where, args = where+" AND x.state = ?", append(args, in.State)
	}
	if key != nil {
		at, err := parseMicros(key[0])
		if err != nil {
			return nil, err
		}
		where, args = where+" AND (x.opened_at, x.id) < (?, ?)", append(args, at, key[1])
	}
	return db.All[Dispute](ctx, tx, `SELECT `+disputeColumns+` FROM pipeline_dispute x WHERE `+where+` ORDER BY x.opened_at DESC, x.id DESC LIMIT ?`, append(args, size)...)
}

func withLeads(ctx context.Context, tx *db.Tx, list []Dispute) ([]DisputeRecord, error) {
	var ids []string
	for _, x := range list {
		ids = append(ids, x.First, x.Second)
	}
	all, err := readLeads(ctx, tx, "l.id IN "+db.In(len(ids)), append(db.Args(ids), len(ids))...)
	byID := make(map[string]Lead, len(all))
	for _, l := range all {
		byID[l.ID] = l
	}
	out := make([]DisputeRecord, len(list))
	for i, x := range list {
		out[i] = DisputeRecord{Dispute: x, FirstLead: byID[x.First], SecondLead: byID[x.Second], Pleas: []Plea{}}
	}
	return out, err
}

// GetDispute gives one dispute to whoever decides it. Fault: not_found.
func (s *Service) GetDispute(ctx context.Context, in ByID) (out DisputeRecord, err error) {
	who, err := audit.Require(ctx, "dispute.decide")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		x, err := disputeAbove(ctx, tx, who, in.ID)
		if err != nil {
			return err
		}
		list, err := withLeads(ctx, tx, []Dispute{x})
		if err != nil {
			return err
		}
		out = list[0]
		out.Pleas, err = pleasOf(ctx, tx, x.ID)
		return err
	})
	return out, err
}

func pleasOf(ctx context.Context, tx *db.Tx, dispute string) ([]Plea, error) {
	return db.All[Plea](ctx, tx, `SELECT id, dispute_id, lead_id, said, created_by, created_at FROM pipeline_plea WHERE dispute_id = ? ORDER BY created_at, id LIMIT 200`, dispute)
}

// Overlap is what one side may know of the dispute of its lead: that there is one, who decides it, what it said itself, and
// the ruling. Of the other side it learns nothing.
type Overlap struct {
	Side     string `json:"side" enum:"first,second"`
	Superior string `json:"superior"`
	State    string `json:"state" enum:"open,first,second,both"`
	Reason   string `json:"reason,omitempty"`
	Pleas    []Plea `json:"pleas"`
}

func overlapOf(ctx context.Context, tx *db.Tx, lead string) (*Overlap, error) {
	x, ok, err := disputeOf(ctx, tx, lead)
	if err != nil || !ok {
		return nil, err
	}
	out := &Overlap{Side: "first", Superior: x.Superior, State: x.State, Reason: x.Reason, Pleas: []Plea{}}
	if x.Second == lead {
		out.Side = "second"
	}
	all, err := pleasOf(ctx, tx, x.ID)
	for _, p := range all {
		if p.Lead == lead {
			out.Pleas = append(out.Pleas, p)
		}
	}
	return out, err
}
