package pipeline

import (
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// splitVisible limits to agreements of one's projects and leads and those to which a unit of one's scope is a party.
// Arguments: splitArgs.
const splitVisible = `EXISTS (SELECT 1 FROM org_scope o WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
	AND (o.node_id = x.unit_id OR o.node_id IN (SELECT p.unit_id FROM pipeline_split_party p WHERE p.split_id = x.id)))`

func splitInScope(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Split, error) {
	x, err := db.One[Split](ctx, tx, `SELECT `+splitColumns+` FROM pipeline_split x WHERE x.id = ? AND `+splitVisible, append([]any{id}, leadArgs(tx, who.Node)...)...)
	if fault.Is(err, fault.NotFound) {
		return x, fault.New(fault.NotFound, "not_found", "没有这份协议。", "There is no such agreement.")
	}
	if err != nil {
		return x, err
	}
	list := []Split{x}
	err = withParties(ctx, tx, list)
	return list[0], err
}

// withParties reads the shares and the parties of agreements.
func withParties(ctx context.Context, tx *db.Tx, list []Split) error {
	at := make(map[string]*Split, len(list))
	ids := make([]string, len(list))
	for i := range list {
		ids[i], at[list[i].ID] = list[i].ID, &list[i]
	}
	err := db.Each(ctx, tx, `SELECT split_id, line, unit_id, team_id, share FROM pipeline_split_share WHERE split_id IN `+db.In(len(ids))+` ORDER BY split_id, line`, db.Args(ids), func(r splitShare) error {
		at[r.Split].Shares = append(at[r.Split].Shares, r.Share)
		return nil
	})
	if err != nil {
		return err
	}
	return db.Each(ctx, tx, `SELECT `+partyColumns+` FROM pipeline_split_party WHERE split_id IN `+db.In(len(ids))+` ORDER BY split_id, unit_id`, db.Args(ids), func(p Party) error {
		at[p.Split].Parties = append(at[p.Split].Parties, p)
		return nil
	})
}

// splitsOf gives the newest agreements about a project or lead; the caller has checked its scope.
func splitsOf(ctx context.Context, tx *db.Tx, subject string, limit int) ([]Split, error) {
	list, err := db.All[Split](ctx, tx, `SELECT `+splitColumns+` FROM pipeline_split x WHERE x.subject = ? ORDER BY x.proposed_at DESC, x.id DESC LIMIT ?`, subject, limit)
	if err != nil || len(list) == 0 {
		return list, err
	}
	return list, withParties(ctx, tx, list)
}

// SplitFilter narrows a list of agreements.
type SplitFilter struct {
	State string `json:"state,omitempty" enum:"open,agreed,refused,withdrawn"`
	Mine  bool   `json:"mine,omitempty" doc:"only those that wait for a signature of one's unit"`
	db.Page
}

// Splits is a part of a list.
type Splits struct {
	Items []SplitRecord `json:"items"`
	Next  string        `json:"next,omitempty"`
}

// SplitRecord is an agreement with what its parties may know of its subject. Of a lead that is not theirs they learn no
// company.
type SplitRecord struct {
	Split
	Code     string `json:"code"`
	Name     string `json:"name,omitempty" doc:"of a project"`
	Industry string `json:"industry,omitempty"`
	Amount   int64  `json:"amount,omitempty" doc:"fen; of the contract, or as the company says"`
}

// ListSplits gives the agreements of one's projects and leads and those to which one's units are a party, the newest first.
func (s *Service) ListSplits(ctx context.Context, in SplitFilter) (out Splits, err error) {
	who, err := audit.Require(ctx, "credit.sign")
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
		list, err := splits(ctx, tx, who, in, key, size+1)
		if err != nil {
			return err
		}
		if len(list) > size {
			list = list[:size]
			out.Next = db.Cursor(micros(list[size-1].ProposedAt), list[size-1].ID)
		}
		if err := withParties(ctx, tx, list); err != nil {
			return err
		}
		out.Items, err = withSubjects(ctx, tx, list)
		return err
	})
	return out, err
}

func splits(ctx context.Context, tx *db.Tx, who audit.Actor, in SplitFilter, key []string, size int) ([]Split, error) {
	where, args := splitVisible, leadArgs(tx, who.Node)
	add := func(text string, vs ...any) { where, args = where+" AND "+text, append(args, vs...) }
	if in.State != "" {
		add("x.state = ?", in.State)
	}
	if in.Mine {
		d, err := org.Open(ctx, tx)
		if err != nil {
			return nil, err
		}
		own := signsFor(d, who.Unit, tx.Today())
		add(`x.state = 'open' AND EXISTS (SELECT 1 FROM pipeline_split_party p WHERE p.split_id = x.id AND p.state = '' AND p.unit_id IN `+db.In(len(own))+`)`, db.Args(own)...)
	}
	if key != nil {
		at, err := parseMicros(key[0])
		if err != nil {
			return nil, err
		}
		add("(x.proposed_at, x.id) < (?, ?)", at, key[1])
	}
	return db.All[Split](ctx, tx, `SELECT `+splitColumns+` FROM pipeline_split x WHERE `+where+` ORDER BY x.proposed_at DESC, x.id DESC LIMIT ?`, append(args, size)...)
}

// withSubjects reads what the agreements are about.
func withSubjects(ctx context.Context, tx *db.Tx, list []Split) ([]SplitRecord, error) {
	var projects, leads []string
	for _, x := range list {
		if kind, id, _ := strings.Cut(x.Subject, "/"); kind == "project" {
			projects = append(projects, id)
		} else {
			leads = append(leads, id)
		}
	}
	about := map[string]SplitRecord{}
	found, err := byIDs(ctx, tx, projects)
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		about[p.registration()] = SplitRecord{Code: p.Code, Name: p.Name, Industry: p.Industry, Amount: p.Amount}
	}
	others, err := readLeads(ctx, tx, "l.id IN "+db.In(len(leads)), append(db.Args(leads), len(leads))...)
	if err != nil {
		return nil, err
	}
	for _, l := range others {
		about[l.LeadSubject()] = SplitRecord{Code: l.Code, Industry: l.Industry, Amount: l.Amount}
	}
	out := make([]SplitRecord, len(list))
	for i, x := range list {
		out[i] = about[x.Subject]
		out[i].Split = x
	}
	return out, nil
}

// GetSplit gives one agreement. Fault: not_found.
func (s *Service) GetSplit(ctx context.Context, in ByID) (out SplitRecord, err error) {
	who, err := audit.Require(ctx, "credit.sign")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		x, err := splitInScope(ctx, tx, who, in.ID)
		if err != nil {
			return err
		}
		list, err := withSubjects(ctx, tx, []Split{x})
		if err == nil {
			out = list[0]
		}
		return err
	})
	return out, err
}
