package assess

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/verify"
)

// Ruling is something established about a unit or team beside the ledger, with the document it rests on (认定). It counts
// from the moment another person confirms it.
type Ruling struct {
	ID           string `db:"id" json:"id"`
	Kind         string `db:"kind" json:"kind"`
	Node         string `db:"node_id" json:"node"`
	FoundOn      string `db:"found_on" json:"found_on"`
	Source       string `db:"source" json:"source"`
	Reason       string `db:"reason" json:"reason"`
	Blob         string `db:"blob" json:"blob,omitempty"`
	Name         string `db:"name" json:"file,omitempty"`
	Type         string `db:"type" json:"-"`
	Size         int64  `db:"size" json:"-"`
	MadeBy       string `db:"made_by" json:"made_by"`
	MadeAt       int64  `db:"made_at" json:"made_at"`
	ConfirmedBy  string `db:"confirmed_by" json:"confirmed_by,omitempty"`
	ConfirmedAt  int64  `db:"confirmed_at" json:"confirmed_at,omitempty"`
	WithdrawnBy  string `db:"withdrawn_by" json:"withdrawn_by,omitempty"`
	WithdrawnAt  int64  `db:"withdrawn_at" json:"withdrawn_at,omitempty"`
	WithdrawnWhy string `db:"withdrawn_why" json:"withdrawn_why,omitempty"`
}

// State is waiting, confirmed or withdrawn.
func (f Ruling) State() string {
	switch {
	case f.WithdrawnAt > 0:
		return "withdrawn"
	case f.ConfirmedAt > 0:
		return "confirmed"
	}
	return "waiting"
}

// RulingKinds are what can be found.
var RulingKinds = []struct {
	Code string
	Name fault.Words
}{
	{"false_entry", words("查实的虚假数据", "Confirmed false entry")},
	{"unlawful_policy", words("违规优惠政策", "Unlawful preferential policy")},
	{"late_report", words("逾期未报的报表", "Report not filed in time")},
	{"commended", words("上级通报表扬", "Commended by a superior")},
}

func isRulingKind(code string) bool { return rulingName(code).ZH != "" }

func rulingName(code string) fault.Words {
	for _, k := range RulingKinds {
		if k.Code == code {
			return k.Name
		}
	}
	return fault.Words{}
}

const rulingColumns = `f.id, f.kind, f.node_id, f.found_on, f.source, f.reason, f.blob, f.name, f.type, f.size, f.made_by, f.made_at, f.confirmed_by, f.confirmed_at,
	f.withdrawn_by, f.withdrawn_at, f.withdrawn_why`

// confirmed counts the rulings of a kind by subject, dated inside a period, as they stood before a moment:
// what happened in the same microsecond is left to later runs, so that working one out again gives the same.
func confirmed(ctx context.Context, tx *db.Tx, kind, from, through string, at int64) (map[string]int64, error) {
	type row struct {
		Node string `db:"node_id"`
		N    int64  `db:"n"`
	}
	out := map[string]int64{}
	err := db.Each(ctx, tx, `SELECT node_id, count(*) AS n FROM assess_ruling WHERE kind = ? AND found_on >= ? AND found_on <= ?
		AND confirmed_at > 0 AND confirmed_at < ? AND (withdrawn_at = 0 OR withdrawn_at >= ?) GROUP BY node_id`, []any{kind, from, through, at, at}, func(r row) error {
		out[r.Node] = r.N
		return nil
	})
	return out, err
}

// NewRuling is what a ruling needs.
type NewRuling struct {
	Kind     string            `json:"kind" maxLength:"40"`
	Node     string            `json:"node" maxLength:"64" doc:"county or team"`
	FoundOn  string            `json:"found_on" format:"date"`
	Source   string            `json:"source" maxLength:"200" doc:"number of the document, or who established it"`
	Reason   string            `json:"reason" maxLength:"2000"`
	Evidence []verify.Evidence `json:"evidence,omitempty" maxItems:"1"`
}

// MakeRuling writes a ruling down; it counts when another person confirms it. Faults: Invalid; not_allowed, recused.
func (s *Service) MakeRuling(ctx context.Context, in NewRuling) (out Ruling, err error) {
	who, err := audit.Require(ctx, "assess.run")
	if err != nil {
		return out, err
	}
	if err := verify.Stored(ctx, s.Files, in.Evidence); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := in.check(ctx, tx, who); err != nil {
			return err
		}
		if err := keepOut(ctx, tx, who, []subject{{id: in.Node}}); err != nil {
			return err
		}
		out = Ruling{ID: tx.ID(), Kind: in.Kind, Node: in.Node, FoundOn: in.FoundOn, Source: in.Source, Reason: in.Reason, MadeBy: who.Person, MadeAt: db.Micros(tx.Now())}
		for _, e := range in.Evidence {
			out.Blob, out.Name, out.Type, out.Size = e.Blob, e.Name, e.Type, e.Size
		}
		if err := db.Insert(ctx, tx, "assess_ruling", out); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "assess.ruling", "ruling/"+out.ID, nil, map[string]any{"kind": out.Kind, "node": out.Node, "found_on": out.FoundOn})
	})
	return out, err
}

func (in *NewRuling) check(ctx context.Context, tx *db.Tx, who audit.Actor) error {
	in.Source, in.Reason = strings.TrimSpace(in.Source), strings.TrimSpace(in.Reason)
	var c fault.Checks
	if !isRulingKind(in.Kind) {
		c.Add("kind", "not_a_choice", "没有这种认定。", "There is no such kind of ruling.")
	}
	c.Require("node", in.Node, "对象", "The unit or team")
	c.Require("source", in.Source, "依据", "The source")
	c.Require("reason", in.Reason, "事由", "The reason")
	if _, err := time.Parse(time.DateOnly, in.FoundOn); err != nil {
		c.Add("found_on", "not_a_date", "日期写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
	} else if in.FoundOn > tx.Today() {
		c.Add("found_on", "in_the_future", "日期不能晚于今天。", "The day cannot be later than today.")
	}
	if err := c.Err(); err != nil {
		return err
	}
	if ok, err := org.InScope(ctx, tx, who.Node, in.Node); err != nil || !ok {
		c.Add("node", "not_a_choice", "没有这个单位或队伍。", "There is no such unit or team.")
	}
	return c.Err()
}

// RulingIn filters the list.
type RulingIn struct {
	db.Page
	Node  string `json:"node,omitempty" maxLength:"64"`
	Kind  string `json:"kind,omitempty" maxLength:"40"`
	State string `json:"state,omitempty" enum:"waiting,confirmed,withdrawn"`
}

// RulingList is a part of the rulings, newest first.
type RulingList struct {
	Items []Ruling `json:"items"`
	Next  string   `json:"next,omitempty"`
}

// Rulings lists what a person may see: those who assess everything in their scope, the others what is confirmed about
// what lies below them.
func (s *Service) Rulings(ctx context.Context, in RulingIn) (out RulingList, err error) {
	who, err := audit.Require(ctx, "assess.read")
	if err != nil {
		return out, err
	}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(1)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		cond, args := seenRuling(tx, who)
		for _, f := range []struct{ text, value string }{{"f.node_id = ?", in.Node}, {"f.kind = ?", in.Kind}} {
			if f.value != "" {
				cond, args = cond+" AND "+f.text, append(args, f.value)
			}
		}
		switch in.State {
		case "waiting":
			cond += " AND f.confirmed_at = 0 AND f.withdrawn_at = 0"
		case "confirmed":
			cond += " AND f.confirmed_at > 0 AND f.withdrawn_at = 0"
		case "withdrawn":
			cond += " AND f.withdrawn_at > 0"
		}
		if key != nil {
			cond, args = cond+" AND f.id < ?", append(args, key[0])
		}
		out.Items, err = db.All[Ruling](ctx, tx, `SELECT `+rulingColumns+` FROM assess_ruling f WHERE `+cond+` ORDER BY f.id DESC LIMIT ?`, append(args, size+1)...)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].ID)
	}
	return out, err
}

func seenRuling(tx *db.Tx, who audit.Actor) (string, []any) {
	cond := `EXISTS (SELECT 1 FROM org_scope o WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = f.node_id)`
	if !who.May("assess.run") && !who.May("assess.publish") {
		cond += " AND f.confirmed_at > 0"
	}
	return cond, []any{who.Node, tx.Today(), tx.Today()}
}

func rulingInScope(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Ruling, error) {
	cond, args := seenRuling(tx, who)
	f, err := db.One[Ruling](ctx, tx, `SELECT `+rulingColumns+` FROM assess_ruling f WHERE f.id = ? AND `+cond, append([]any{id}, args...)...)
	return f, absent(err)
}

// Ruling gives one. Fault: not_found.
func (s *Service) Ruling(ctx context.Context, in ByID) (out Ruling, err error) {
	who, err := audit.Require(ctx, "assess.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = rulingInScope(ctx, tx, who, in.ID)
		return err
	})
	return out, err
}

// Confirm makes a ruling count. Faults: not_found, same_person, recused, wrong_state.
func (s *Service) Confirm(ctx context.Context, in ByID) (out Ruling, err error) {
	return s.settle(ctx, in.ID, "assess.ruling_confirm", func(tx *db.Tx, who audit.Actor, f *Ruling) error {
		if f.State() != "waiting" {
			return fault.New(fault.Conflict, "wrong_state", "这条认定已经办过。", "This ruling has been dealt with.")
		}
		if f.MadeBy == who.Person {
			return fault.New(fault.Forbidden, "same_person", "提出和确认须由两人。", "Whoever wrote it down does not confirm it.")
		}
		f.ConfirmedBy, f.ConfirmedAt = who.Person, db.Micros(tx.Now())
		return nil
	})
}

// Withdrawal takes a ruling back.
type Withdrawal struct {
	ID  string `path:"id" json:"id"`
	Why string `json:"why" maxLength:"1000"`
}

// Withdraw takes a ruling back; assessments made before keep it, later ones do not count it. Faults: not_found,
// recused, wrong_state; Invalid.
func (s *Service) Withdraw(ctx context.Context, in Withdrawal) (out Ruling, err error) {
	in.Why = strings.TrimSpace(in.Why)
	var c fault.Checks
	c.Require("why", in.Why, "理由", "The reason")
	if err := c.Err(); err != nil {
		return out, err
	}
	return s.settle(ctx, in.ID, "assess.ruling_withdraw", func(tx *db.Tx, who audit.Actor, f *Ruling) error {
		if f.State() == "withdrawn" {
			return fault.New(fault.Conflict, "wrong_state", "这条认定已经撤回。", "This ruling has been taken back.")
		}
		f.WithdrawnBy, f.WithdrawnAt, f.WithdrawnWhy = who.Person, db.Micros(tx.Now()), in.Why
		return nil
	})
}

func (s *Service) settle(ctx context.Context, id, action string, do func(*db.Tx, audit.Actor, *Ruling) error) (out Ruling, err error) {
	who, err := audit.Require(ctx, "assess.publish")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = rulingInScope(ctx, tx, who, id); err != nil {
			return err
		}
		if err := keepOut(ctx, tx, who, []subject{{id: out.Node}}); err != nil {
			return err
		}
		was := out
		if err := do(tx, who, &out); err != nil {
			return err
		}
		n, err := db.Exec(ctx, tx, `UPDATE assess_ruling SET confirmed_by = ?, confirmed_at = ?, withdrawn_by = ?, withdrawn_at = ?, withdrawn_why = ?
			WHERE id = ? AND confirmed_at = ? AND withdrawn_at = ?`,
			out.ConfirmedBy, out.ConfirmedAt, out.WithdrawnBy, out.WithdrawnAt, out.WithdrawnWhy, out.ID, was.ConfirmedAt, was.WithdrawnAt)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "stale", "别人刚办过这条认定，请看过新的状态再办。", "Somebody has just dealt with this ruling; look at its new state first.")
		}
		if err != nil {
			return err
		}
		return audit.Note(ctx, tx, action, "ruling/"+out.ID, nil, map[string]any{"state": out.State()})
	})
	return out, err
}

// nodesAssessed are the counties and teams that stand below a person.
func nodesAssessed(ctx context.Context, tx *db.Tx, who audit.Actor) ([]string, error) {
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return nil, err
	}
	under, err := db.All[string](ctx, tx, `SELECT node_id FROM org_scope WHERE root_id = ? AND valid_from <= ? AND valid_to > ? ORDER BY node_id`, who.Node, tx.Today(), tx.Today())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(under, func(id string) bool {
		u, err := dir.Unit(id)
		return err == nil && u.Kind != org.County || err != nil && !strings.Contains(id, ".")
	}), nil
}
