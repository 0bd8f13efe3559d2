package match

import (
	"context"
	"strconv"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/org"
)

// sendingVisible limits to what was sent from one's scope and to what units of one's scope received. Arguments: scopeArgs.
const sendingVisible = `EXISTS (SELECT 1 FROM org_scope o WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id IN (x.unit_id, x.lead_node, x.lead_unit))`

func scopeArgs(tx *db.Tx, root string) []any { return []any{root, tx.Today(), tx.Today()} }

// sendingInScope gives a sending as stored: whoever hands it on lets seenBy cover the company first.
func sendingInScope(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Sending, error) {
	x, err := db.One[Sending](ctx, tx, `SELECT `+sendingColumns+` FROM match_sending x WHERE x.id = ? AND `+sendingVisible, append([]any{id}, scopeArgs(tx, who.Node)...)...)
	return x, absent(err)
}

// SendingFilter narrows a list of sendings.
type SendingFilter struct {
	State string `json:"state,omitempty" enum:"sent,accepted,returned,lapsed"`
	Side  string `json:"side,omitempty" enum:"in,out" doc:"in: to units of one's scope; out: leads of one's scope"`
	Unit  string `json:"unit,omitempty" maxLength:"32" doc:"receiving unit"`
	Lead  string `json:"lead,omitempty" maxLength:"40"`
	db.Page
}

// Sendings is a part of a list; Next is the cursor of the following part.
type Sendings struct {
	Items []Sending `json:"items"`
	Next  string    `json:"next,omitempty"`
}

// ListSendings gives what was sent from one's scope or to it, newest first.
func (s *Service) ListSendings(ctx context.Context, in SendingFilter) (out Sendings, err error) {
	who, err := audit.Require(ctx, "sending.read")
	if err != nil {
		return out, err
	}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	at, id, err := microsKey(in.Page)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out.Items, err = sendings(ctx, tx, who, in, at, id, size+1); err != nil {
			return err
		}
		if len(out.Items) > size {
			out.Items = out.Items[:size]
			out.Next = db.Cursor(strconv.FormatInt(out.Items[size-1].SentAt, 10), out.Items[size-1].ID)
		}
		return seenBy(ctx, tx, who, out.Items)
	})
	return out, err
}

func sendings(ctx context.Context, tx *db.Tx, who audit.Actor, in SendingFilter, at int64, id string, size int) ([]Sending, error) {
	where, args := []string{sendingVisible}, scopeArgs(tx, who.Node)
	add := func(text string, vs ...any) { where, args = append(where, text), append(args, vs...) }
	now := db.Micros(tx.Now())
	switch in.State {
	case "":
	case "sent":
		add("x.state = 'sent' AND x.due_at >= ?", now)
	case "lapsed":
		add("(x.state = 'lapsed' OR x.state = 'sent' AND x.due_at < ?)", now)
	default:
		add("x.state = ?", in.State)
	}
	inside := `EXISTS (SELECT 1 FROM org_scope o WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id `
	switch in.Side {
	case "in":
		add(inside+`= x.unit_id)`, scopeArgs(tx, who.Node)...)
	case "out":
		add(inside+`IN (x.lead_node, x.lead_unit))`, scopeArgs(tx, who.Node)...)
	}
	if in.Unit != "" {
		add("x.unit_id = ?", in.Unit)
	}
	if in.Lead != "" { // by a lead one sees: its id is not for the others
		add("x.lead_id = ? AND "+inside+`IN (x.lead_node, x.lead_unit))`, append([]any{in.Lead}, scopeArgs(tx, who.Node)...)...)
	}
	if id != "" {
		add("(x.sent_at, x.id) < (?, ?)", at, id)
	}
	return db.All[Sending](ctx, tx, `SELECT `+sendingColumns+` FROM match_sending x WHERE `+strings.Join(where, " AND ")+` ORDER BY x.sent_at DESC, x.id DESC LIMIT ?`, append(args, size)...)
}

// SendingRecord is a sending with what the actor may do about it.
type SendingRecord struct {
	Sending
	Answers bool `json:"answers"` // the actor may accept it or give it back
	Again   bool `json:"again"`   // the actor may send the lead to another unit
}

// GetSending gives one sending. Fault: not_found.
func (s *Service) GetSending(ctx context.Context, in ByID) (out SendingRecord, err error) {
	who, err := audit.Require(ctx, "sending.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		x, err := sendingInScope(ctx, tx, who, in.ID)
		if err != nil {
			return err
		}
		list := []Sending{x}
		if err := seenBy(ctx, tx, who, list); err != nil {
			return err
		}
		out.Sending = list[0]
		out.Again = out.LeadOf != nil && out.LeadOf.Landing == "" && out.LeadOf.State == "qualified" && (out.State == "returned" || out.State == "lapsed") && who.May("sending.send")
		if out.State == "sent" && x.SentBy != who.Person && who.May("sending.answer") {
			out.Answers, err = org.InScope(ctx, tx, who.Node, x.Unit)
		}
		return err
	})
	return out, err
}

// Tally is how one unit dealt with what it was sent.
type Tally struct {
	Unit     string           `json:"unit"`
	Sent     int64            `json:"sent" doc:"still waiting"`
	Accepted int64            `json:"accepted"`
	Returned int64            `json:"returned"`
	Lapsed   int64            `json:"lapsed"`
	Reasons  map[string]int64 `json:"reasons,omitempty" doc:"returns by reason"`
}

// Tallies are the tallies of units.
type Tallies struct {
	Items []Tally `json:"items"`
}

// SendingTally counts the answers of each unit, within what the actor may see.
func (s *Service) SendingTally(ctx context.Context, _ struct{}) (out Tallies, err error) {
	who, err := audit.Require(ctx, "sending.read")
	if err != nil {
		return out, err
	}
	type row struct {
		Unit   string `db:"unit_id"`
		State  string `db:"state"`
		Reason string `db:"reason"`
		N      int64  `db:"n"`
	}
	out.Items = []Tally{}
	at := map[string]int{}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		return db.Each(ctx, tx, `SELECT y.unit_id, y.state, y.reason, CAST(count(*) AS BIGINT) AS n FROM (
			SELECT x.unit_id, CASE WHEN x.state = 'sent' AND x.due_at < ? THEN 'lapsed' ELSE x.state END AS state, x.reason FROM match_sending x WHERE `+sendingVisible+`) y
			GROUP BY y.unit_id, y.state, y.reason ORDER BY y.unit_id, y.state, y.reason`, append([]any{db.Micros(tx.Now())}, scopeArgs(tx, who.Node)...), func(r row) error {
			i, there := at[r.Unit]
			if !there {
				i, at[r.Unit] = len(out.Items), len(out.Items)
				out.Items = append(out.Items, Tally{Unit: r.Unit, Reasons: map[string]int64{}})
			}
			t := &out.Items[i]
			switch r.State {
			case "sent":
				t.Sent += r.N
			case "accepted":
				t.Accepted += r.N
			case "lapsed":
				t.Lapsed += r.N
			default:
				t.Returned += r.N
				t.Reasons[r.Reason] += r.N
			}
			return nil
		})
	})
	return out, err
}

// AcceptedBetween gives the leads that one unit sent and another accepted from one day through another.
func AcceptedBetween(ctx context.Context, tx *db.Tx, from, through string) ([]Sending, error) {
	since, until, err := db.Days(from, through)
	if err != nil {
		return nil, err
	}
	return db.All[Sending](ctx, tx, `SELECT `+sendingColumns+` FROM match_sending x WHERE x.state = 'accepted' AND x.unit_id <> x.lead_unit AND x.answered_at >= ? AND x.answered_at < ?
		ORDER BY x.id`, since, until)
}
