// Package pipeline follows projects from the day they are registered to the money that arrives. Each step that
// counts is a claim: registration, formal contract, every payment.
package pipeline

import (
	"context"
	"fmt"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/blob"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/verify"
)

// Project is an investment in preparation or under contract. Counted is what figures are made of: after
// recognition it changes only when a correction has been recognised.
type Project struct {
	ID     string `db:"id" json:"id"`
	Code   string `db:"code" json:"code"` // ZD-2020-0317
	Name   string `db:"name" json:"name"`
	Nature string `db:"nature" json:"nature" enum:"introduced,upgrade,expansion"`
	Stage  string `db:"stage" json:"stage" enum:"L2,L3,L4,Q1,Q2,R1,R2,R3,C1,C2,P1,P2,P3"`
	Status string `db:"status" json:"status" enum:"normal,paused,lost,terminated,in_doubt,merged"`
	Node   string `db:"node_id" json:"-"`
	Counted
	Lead       string `db:"lead_company" json:"lead_company"`
	ContractNo string `db:"contract_no" json:"contract_no,omitempty"`
	Summary    string `db:"summary" json:"summary,omitempty"`
	NextStep   string `db:"next_step" json:"next_step,omitempty"`
	NextOn     string `db:"next_on" json:"next_on,omitempty"`
	CreatedBy  string `db:"created_by" json:"created_by"`
	CreatedAt  int64  `db:"created_at" json:"created_at"`
	UpdatedAt  int64  `db:"updated_at" json:"updated_at"`
	Version    int64  `db:"version" json:"version"`

	Investors []string `db:"-" json:"investors"` // company ids, the lead first
}

// Counted are the fields of a project that its ledger entries freeze.
type Counted struct {
	Unit         string `db:"unit_id" json:"unit"`
	Team         string `db:"team_id" json:"team,omitempty"`
	Batch        string `db:"batch_id" json:"batch,omitempty"`
	Industry     string `db:"industry" json:"industry"`
	Wheel        string `db:"wheel" json:"wheel"`
	Chain        string `db:"chain" json:"chain,omitempty"`
	Mode         string `db:"mode" json:"mode,omitempty"`
	Event        string `db:"event_id" json:"event,omitempty"`
	Origin       string `db:"origin" json:"origin"`
	Tags         string `db:"tags" json:"tags,omitempty"`
	RegisteredOn string `db:"registered_on" json:"registered_on"`
	SignedOn     string `db:"signed_on" json:"signed_on,omitempty"`
	Amount       int64  `db:"amount" json:"amount" doc:"fen"`
}

const projectColumns = `p.id, p.code, p.name, p.nature, p.stage, p.status, p.node_id, p.unit_id, p.team_id, p.batch_id, p.lead_company, p.industry, p.wheel, p.chain, p.mode,
	p.event_id, p.origin, p.tags, p.registered_on, p.signed_on, p.amount, p.contract_no, p.summary, p.next_step, p.next_on, p.created_by, p.created_at, p.updated_at, p.version`

// Subjects of the claims a project has.
func (p Project) registration() string { return "project/" + p.ID }
func (p Project) contract() string     { return "contract/" + p.ID }

// Signed reports whether the project has a formal contract.
func (p Project) Signed() bool { return p.SignedOn != "" }

// Service keeps projects and funds.
type Service struct {
	DB      *db.DB
	Files   *blob.Store  // evidence
	Targets Targets      // of units; nil knows none
	Papers  field.Papers // writes briefs
}

// Register is what registering a project needs.
type Register struct {
	ID           string   `json:"id,omitempty" doc:"made by the client, for safe repeats"`
	Name         string   `json:"name" maxLength:"120"`
	Nature       string   `json:"nature" enum:"introduced,upgrade,expansion" default:"introduced"`
	Unit         string   `json:"unit" doc:"where it lands: county, park or platform"`
	Team         string   `json:"team,omitempty" doc:"the stationed team that brought it"`
	Investors    []string `json:"investors" minItems:"1" maxItems:"20" doc:"company ids, the lead first"`
	Industry     string   `json:"industry" doc:"GB/T 4754, e.g. C39"`
	Wheel        string   `json:"wheel" enum:"industry,urban,farming,tourism"`
	Chain        string   `json:"chain,omitempty" doc:"industry chain"`
	Mode         string   `json:"mode,omitempty" doc:"cooperation mode"`
	Event        string   `json:"event,omitempty"`
	Tags         []string `json:"tags,omitempty" maxItems:"10"`
	RegisteredOn string   `json:"registered_on"`
	Summary      string   `json:"summary,omitempty" maxLength:"2000"`
	Late         string   `json:"late_reason,omitempty" doc:"needed when the month is closed"`
}

// Register takes a project into the register and claims it as registered.
// Faults: Invalid, not_found (unit out of scope), period_closed, id_reused.
func (s *Service) Register(ctx context.Context, in Register) (out Project, err error) {
	who, err := audit.Require(ctx, "project.create")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := inReach(ctx, tx, who, in.Unit, in.Team); err != nil {
			return err
		}
		if again, err := repeated(ctx, tx, in.ID, in); err != nil {
			return err
		} else if again {
			list, err := byIDs(ctx, tx, []string{in.ID}) // a team registers what its county then keeps: the answer is theirs all the same
			if err == nil {
				out = list[0]
			}
			return err
		}
		list, err := RegisterIn(ctx, tx, []Register{in})
		if err != nil {
			return err
		}
		out = list[0]
		return nil
	})
	return out, err
}

// inReach: a county registers what lands with it; a field officer what their own team brings.
func inReach(ctx context.Context, tx *db.Tx, who audit.Actor, unit, team string) error {
	ok, err := org.InScope(ctx, tx, who.Node, unit)
	if err != nil || ok {
		return err
	}
	if team != "" {
		if ok, err = org.InScope(ctx, tx, who.Node, team); err != nil || ok {
			return err
		}
	}
	return fault.BadField("unit", "not_your_unit", "落地单位不在您的范围内。", "The landing unit is outside your scope.")
}

// RegisterIn is Register for many, inside the caller's transaction; the caller has checked permission and scope.
func RegisterIn(ctx context.Context, tx *db.Tx, in []Register) ([]Project, error) {
	who, _ := audit.Who(ctx)
	k, err := know(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	var rows []Project
	var investors []investor
	for i, r := range in {
		p, err := k.project(tx, who, r)
		if err != nil {
			return nil, prefixed(err, i, len(in))
		}
		if p.Code, err = nextCode(ctx, tx, r.RegisteredOn[:4]); err != nil {
			return nil, err
		}
		rows = append(rows, p)
		for line, id := range p.Investors {
			investors = append(investors, investor{p.ID, id, int64(line)})
		}
	}
	if err := db.Insert(ctx, tx, "pipeline_project", rows); err != nil {
		return nil, err
	}
	if err := db.Insert(ctx, tx, "pipeline_investor", investors); err != nil {
		return nil, err
	}
	filings := make([]verify.Filing, len(rows))
	for i, p := range rows {
		if filings[i], err = k.registration(p, in[i].Late); err != nil {
			return nil, err
		}
	}
	_, err = verify.File(ctx, tx, filings)
	return rows, err
}

type investor struct {
	Project string `db:"project_id"`
	Company string `db:"company_id"`
	Line    int64  `db:"line"`
}

// prefixed says which of many inputs is at fault.
func prefixed(err error, i, n int) error {
	if n == 1 || !fault.Is(err, fault.Invalid) {
		return err
	}
	f := fault.Of(err)
	for j := range f.Fields {
		f.Fields[j].Name = fmt.Sprintf("items[%d].%s", i, f.Fields[j].Name)
	}
	return f
}

// nextCode counts projects by year.
func nextCode(ctx context.Context, tx *db.Tx, year string) (string, error) {
	n, err := db.One[int64](ctx, tx, `INSERT INTO pipeline_counter (year, n) VALUES (?, 1)
		ON CONFLICT (year) DO UPDATE SET n = pipeline_counter.n + 1 RETURNING n`, year)
	return fmt.Sprintf("ZD-%s-%04d", year, n), err
}

// project checks one input and makes the row.
func (k *known) project(tx *db.Tx, who audit.Actor, in Register) (Project, error) {
	p := Project{
		ID: in.ID, Name: strings.TrimSpace(in.Name), Nature: in.Nature, Stage: inTalks, Status: Normal, Node: in.Unit, Summary: strings.TrimSpace(in.Summary),
		Counted: Counted{
			Unit: in.Unit, Team: in.Team, Industry: in.Industry, Wheel: in.Wheel, Chain: in.Chain, Mode: in.Mode, Event: in.Event,
			RegisteredOn: in.RegisteredOn, Tags: joinTags(in.Tags),
		},
		Investors: in.Investors, CreatedBy: who.Person, CreatedAt: db.Micros(tx.Now()), UpdatedAt: db.Micros(tx.Now()), Version: 1,
	}
	if p.ID == "" {
		p.ID = tx.ID()
	}
	if p.Nature == "" {
		p.Nature = "introduced"
	}
	var c fault.Checks
	c.Require("name", p.Name, "项目名称", "The project's name")
	switch p.Nature {
	case "introduced", "upgrade", "expansion":
	default:
		c.Add("nature", "unknown", "项目性质只有引进、技改、增资扩产。", "The natures are introduced, upgrade and expansion.")
	}
	k.checkCounted(&c, p.Counted, tx.Today())
	lead := k.checkInvestors(&c, p.Investors)
	if err := c.Err(); err != nil {
		return p, err
	}
	p.Lead, p.Origin, p.Industry = lead.ID, lead.Origin, k.lettered(p.Industry)
	if b, ok := k.batchOn(p.Team, p.RegisteredOn); ok {
		p.Batch = b
	}
	return p, nil
}

func joinTags(tags []string) string {
	if len(tags) == 0 {
		return ""
	}
	return "|" + strings.Join(tags, "|") + "|"
}

// checkDay notes a date that is none, or lies in the future.
func checkDay(c *fault.Checks, field, day, today, labelZH, labelEN string) {
	if day == "" {
		c.Require(field, day, labelZH, labelEN)
		return
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		c.Add(field, "not_a_date", labelZH+"写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
		return
	}
	if day > today {
		c.Add(field, "future_date", labelZH+"不能晚于今天（"+today+"）。", labelEN+" cannot be later than today ("+today+").")
	}
}

// known is what checking and filing projects reads, once for many.
type known struct {
	dir       *org.Directory
	companies map[string]company.Brief
	teams     map[string]station.Team
	batches   map[string][]station.Batch // by station
	events    map[string]string          // kind of each event
}
