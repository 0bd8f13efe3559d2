package pipeline

import (
	"context"
	"encoding/json"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
)

// LeadFilter narrows a list of leads.
type LeadFilter struct {
	State   string `json:"state,omitempty" enum:"new,qualified,refused,landed"`
	Source  string `json:"source,omitempty" enum:"visit,referral,association,portal,event,other"`
	Team    string `json:"team,omitempty"`
	Company string `json:"company,omitempty"`
	Mine    bool   `json:"mine,omitempty" doc:"only those one found"`
	Late    bool   `json:"late,omitempty" doc:"only those whose next step is overdue"`
	Q       string `json:"q,omitempty" maxLength:"100" doc:"in the title, the code or the company's name"`
	db.Page
}

// Leads is a part of a list.
type Leads struct {
	Items []Lead `json:"items"`
	Next  string `json:"next,omitempty"`
}

// ListLeads gives the leads of one's teams and units, and those one's units accepted; what was touched last comes first.
func (s *Service) ListLeads(ctx context.Context, in LeadFilter) (out Leads, err error) {
	who, err := audit.Require(ctx, "lead.read")
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
		out.Items, err = leads(ctx, tx, who, in, key, size+1)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(micros(out.Items[size-1].UpdatedAt), out.Items[size-1].ID)
	}
	return out, err
}

// leadVisible limits to the leads of one's scope and those that a unit there accepted. Arguments: leadArgs.
const leadVisible = `EXISTS (SELECT 1 FROM org_scope o WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id IN (l.node_id, l.unit_id, l.landing_unit))`

func leadArgs(tx *db.Tx, root string) []any { return []any{root, tx.Today(), tx.Today()} }

func leads(ctx context.Context, tx *db.Tx, who audit.Actor, in LeadFilter, key []string, size int) ([]Lead, error) {
	where, args := leadVisible, leadArgs(tx, who.Node)
	add := func(text string, vs ...any) { where, args = where+" AND "+text, append(args, vs...) }
	for _, x := range []struct{ col, v string }{{"l.state", in.State}, {"l.source", in.Source}, {"l.team_id", in.Team}, {"l.company_id", in.Company}} {
		if x.v != "" {
			add(x.col+" = ?", x.v)
		}
	}
	if in.Mine {
		add("l.created_by = ?", who.Person)
	}
	if in.Late {
		add("l.due_on <> '' AND l.due_on < ?", tx.Today())
	}
	if text := strings.TrimSpace(in.Q); text != "" {
		q := db.Like(text)
		cond, more := `l.title LIKE ? ESCAPE '\' OR l.code LIKE ? ESCAPE '\'`, []any{q, q}
		if query, args, ok := company.Named(tx.Engine(), text); ok {
			cond, more = cond+` OR l.company_id IN (`+query+`)`, append(more, args...)
		}
		add("("+cond+")", more...)
	}
	if key != nil {
		at, err := parseMicros(key[0])
		if err != nil {
			return nil, err
		}
		add("(l.updated_at, l.id) < (?, ?)", at, key[1])
	}
	return readLeads(ctx, tx, where, append(args, size)...)
}

// leadsWhere gives the leads that the actor may see and that meet a condition.
func leadsWhere(ctx context.Context, tx *db.Tx, who audit.Actor, cond string, more []any, size int) ([]Lead, error) {
	args := append(leadArgs(tx, who.Node), more...)
	return readLeads(ctx, tx, leadVisible+" AND "+cond, append(args, size)...)
}

func readLeads(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Lead, error) {
	return readLeadsBy(ctx, tx, "l.updated_at DESC, l.id DESC", where, args...)
}

func readLeadsBy(ctx context.Context, tx *db.Tx, order, where string, args ...any) ([]Lead, error) {
	out, err := db.All[Lead](ctx, tx, `SELECT `+leadColumns+` FROM pipeline_lead l WHERE `+where+` ORDER BY `+order+` LIMIT ?`, args...)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if err := out[i].read(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// read takes the needs and the opinion out of their texts.
func (l *Lead) read() error {
	if err := json.Unmarshal([]byte(l.OpinionText), &l.Opinion); err != nil {
		return fault.Wrap(err, "read the opinion of a lead")
	}
	return fault.Wrap(json.Unmarshal([]byte(l.NeedsText), &l.Needs), "read a lead's needs")
}

func leadInScope(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Lead, error) {
	l, err := db.One[Lead](ctx, tx, `SELECT `+leadColumns+` FROM pipeline_lead l WHERE l.id = ? AND `+leadVisible, append([]any{id}, leadArgs(tx, who.Node)...)...)
	if err != nil {
		return l, err
	}
	err = l.read()
	return l, err
}

// LeadInScope gives a lead that the actor may see, for other packages. Fault: not_found.
func LeadInScope(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Lead, error) {
	return leadInScope(ctx, tx, who, id)
}

// OpenLeads gives the valid leads that the actor may see and no place has accepted, for other packages, newest first.
func OpenLeads(ctx context.Context, tx *db.Tx, who audit.Actor, limit int) ([]Lead, error) {
	return leadsWhere(ctx, tx, who, "l.state = 'qualified' AND l.landing_unit = ''", nil, limit)
}

// LeadsFound gives the leads that a team found in a span and that the actor may see, for other packages, newest first.
func LeadsFound(ctx context.Context, tx *db.Tx, who audit.Actor, team, from, until string, limit int) ([]Lead, error) {
	return leadsWhere(ctx, tx, who, "l.team_id = ? AND l.found_on >= ? AND l.found_on <= ?", []any{team, from, until}, limit)
}

// LeadsSeen gives those of some leads that the actor may see, by id, for other packages.
func LeadsSeen(ctx context.Context, tx *db.Tx, who audit.Actor, ids []string) (map[string]Lead, error) {
	list, err := leadsWhere(ctx, tx, who, "l.id IN "+db.In(len(ids)), db.Args(ids), len(ids))
	out := make(map[string]Lead, len(list))
	for _, l := range list {
		out[l.ID] = l
	}
	return out, err
}

func leadByID(ctx context.Context, tx *db.Tx, id string) (Lead, error) {
	l, err := db.One[Lead](ctx, tx, `SELECT `+leadColumns+` FROM pipeline_lead l WHERE l.id = ?`, id)
	if err != nil {
		return l, err
	}
	err = l.read()
	return l, err
}

// LeadRecord is a lead with what was done about it and its claim.
type LeadRecord struct {
	Lead
	Parts []Part        `json:"parts" doc:"the four that make a lead valid"`
	Steps []LeadStep    `json:"steps"`
	Claim *verify.Claim `json:"claim,omitempty"`

	Overlap *Overlap `json:"overlap,omitempty" doc:"the dispute about who talked with the company first"`
}

// GetLead gives one lead. Fault: not_found.
func (s *Service) GetLead(ctx context.Context, in ByID) (out LeadRecord, err error) {
	who, err := audit.Require(ctx, "lead.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out.Lead, err = leadInScope(ctx, tx, who, in.ID); err != nil {
			return err
		}
		out.Parts = out.Opinion.Parts()
		if out.Steps, err = stepsOf(ctx, tx, out.ID); err != nil {
			return err
		}
		if out.Overlap, err = overlapOf(ctx, tx, out.ID); err != nil {
			return err
		}
		c, ok, err := verify.ClaimOf(ctx, tx, out.LeadSubject())
		if ok {
			out.Claim = &c
		}
		return err
	})
	return out, err
}
