package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/station"
)

// Lead is what a company may want to build, before there is a project.
type Lead struct {
	ID        string `db:"id" json:"id"`
	Code      string `db:"code" json:"code"` // XS-2020-0317
	Title     string `db:"title" json:"title"`
	Company   string `db:"company_id" json:"company"`
	Source    string `db:"source" json:"source" enum:"visit,referral,association,portal,event,other"`
	From      string `db:"origin_subject" json:"from,omitempty"` // the record it came from: visit/0192…
	Node      string `db:"node_id" json:"-"`
	Unit      string `db:"unit_id" json:"unit"` // whose lead it is
	Team      string `db:"team_id" json:"team,omitempty"`
	Industry  string `db:"industry" json:"industry"`
	Chain     string `db:"chain" json:"chain,omitempty"`
	Amount    int64  `db:"amount" json:"amount" doc:"fen, as the company says"`
	Said      string `db:"said" json:"said"`
	NeedsText string `db:"needs" json:"-"`
	State     string `db:"state" json:"state" enum:"new,qualified,refused,landed"`
	Verdict   string `db:"verdict" json:"verdict,omitempty"`
	JudgedBy  string `db:"judged_by" json:"judged_by,omitempty"`
	JudgedOn  string `db:"judged_on" json:"judged_on,omitempty"`
	Landing   string `db:"landing_unit" json:"landing,omitempty"` // unit that accepted it
	Project   string `db:"project_id" json:"project,omitempty"`
	FoundOn   string `db:"found_on" json:"found_on"`
	CreatedBy string `db:"created_by" json:"created_by"`
	CreatedAt int64  `db:"created_at" json:"-"`
	UpdatedAt int64  `db:"updated_at" json:"updated_at"`
	Version   int64  `db:"version" json:"version"`

	Next        string `db:"next_step" json:"next,omitempty" enum:"answer,verdict,feedback,progress," doc:"what it waits for"`
	DueOn       string `db:"due_on" json:"due_on,omitempty" doc:"until when"`
	RaisedOn    string `db:"raised_on" json:"-"` // after this day whoever stands above sees it
	OpinionText string `db:"opinion" json:"-"`
	Protected   string `db:"protected_until" json:"protected_until,omitempty" doc:"until when no other unit may have the company"`

	Needs   Needs   `db:"-" json:"needs"`
	Opinion Opinion `db:"-" json:"opinion"`
}

const leadColumns = `l.id, l.code, l.title, l.company_id, l.source, l.origin_subject, l.node_id, l.unit_id, l.team_id, l.industry, l.chain, l.amount, l.said, l.needs, l.state,
	l.verdict, l.judged_by, l.judged_on, l.landing_unit, l.project_id, l.found_on, l.created_by, l.created_at, l.updated_at, l.version,
	l.next_step, l.due_on, l.raised_on, l.opinion, l.protected_until`

// Needs are what a place must have for the company to come. Zero and "" mean that nothing was said.
type Needs struct {
	Hall     int64  `json:"hall,omitempty" minimum:"0" maximum:"10000000" doc:"floor area of halls, m²"`
	Height   int64  `json:"height,omitempty" minimum:"0" maximum:"10000" doc:"clear height, cm"`
	Load     int64  `json:"load,omitempty" minimum:"0" maximum:"100000" doc:"floor load, kg/m²"`
	Power    int64  `json:"power,omitempty" minimum:"0" maximum:"10000000" doc:"kVA"`
	Steam    int64  `json:"steam,omitempty" minimum:"0" maximum:"10000" doc:"t/h"`
	Land     int64  `json:"land,omitempty" minimum:"0" maximum:"1000000" doc:"mu (亩)"`
	Workers  int64  `json:"workers,omitempty" minimum:"0" maximum:"1000000"`
	Rent     int64  `json:"rent,omitempty" minimum:"0" maximum:"1000000" doc:"most it pays, fen per m² and month"`
	Sewage   string `json:"sewage,omitempty" enum:"domestic,industrial,heavy," doc:"class of sewage it makes"`
	Chemical bool   `json:"chemical,omitempty" doc:"must stand in a qualified chemical park"`
}

// Empty reports that nothing was said.
func (n Needs) Empty() bool { return n == Needs{} }

// LeadSubject is how the claim of a lead is named.
func (l Lead) LeadSubject() string { return "lead/" + l.ID }

// leadSources in the order in which they are shown.
var leadSources = []string{"visit", "referral", "association", "event", "portal", "other"}

// NewLead is what recording a lead needs.
type NewLead struct {
	ID       string `json:"id,omitempty" maxLength:"40" doc:"made by the client, for safe repeats"`
	Title    string `json:"title" maxLength:"120"`
	Company  string `json:"company"`
	Source   string `json:"source" enum:"visit,referral,association,portal,event,other"`
	From     string `json:"from,omitempty" maxLength:"80" doc:"the record it came from, e.g. visit/0192…"`
	Unit     string `json:"unit,omitempty" doc:"whose lead it is; default the team's unit, or one's own"`
	Team     string `json:"team,omitempty"`
	Industry string `json:"industry" doc:"GB/T 4754, e.g. C39"`
	Chain    string `json:"chain,omitempty"`
	Amount   int64  `json:"amount,omitempty" money:"wan" minimum:"0" doc:"fen, as the company says"`
	Said     string `json:"said" maxLength:"2000" doc:"what the company wants, in words"`
	Needs    Needs  `json:"needs,omitempty"`
}

// RecordLead writes a lead down. It counts only after somebody else has judged it valid.
// Faults: Invalid, not_your_team, id_reused.
func (s *Service) RecordLead(ctx context.Context, in NewLead) (out Lead, err error) {
	who, err := audit.Require(ctx, "lead.create")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if in.Team != "" {
			t, err := station.TeamInScope(ctx, tx, who.Node, in.Team)
			if fault.Is(err, fault.NotFound) {
				return fault.BadField("team", "not_your_team", "请选择您所在的队伍。", "Choose a team of yours.")
			} else if err != nil {
				return err
			}
			in.Unit = t.Unit
		} else if in.Unit == "" {
			in.Unit = who.Unit
		}
		if in.Team == "" && in.Unit != who.Unit {
			if err := org.Require(ctx, tx, who.Node, in.Unit); err != nil {
				return fault.BadField("unit", "not_your_unit", "单位不在您的范围内。", "The unit is outside your scope.")
			}
		}
		if again, err := repeated(ctx, tx, in.ID, in); err != nil {
			return err
		} else if again {
			out, err = leadInScope(ctx, tx, who, in.ID)
			return err
		}
		out, err = RecordLeadIn(ctx, tx, in)
		return err
	})
	return out, err
}

// RecordLeadIn is RecordLead inside the caller's transaction; the caller has checked permission and scope, and has
// filled Unit.
func RecordLeadIn(ctx context.Context, tx *db.Tx, in NewLead) (Lead, error) {
	who, _ := audit.Who(ctx)
	l := Lead{
		ID: in.ID, Title: strings.TrimSpace(in.Title), Company: in.Company, Source: in.Source, From: in.From, Node: in.Unit, Unit: in.Unit, Team: in.Team,
		Industry: in.Industry, Chain: in.Chain, Amount: in.Amount, Said: strings.TrimSpace(in.Said), Needs: in.Needs, State: "new", FoundOn: tx.Today(),
		CreatedBy: who.Person, CreatedAt: db.Micros(tx.Now()), UpdatedAt: db.Micros(tx.Now()), Version: 1, OpinionText: "{}",
	}
	if err := l.await("answer", l.FoundOn, answerDays); err != nil {
		return l, err
	}
	if l.ID == "" {
		l.ID = tx.ID()
	}
	if l.Team != "" {
		l.Node = l.Team
	}
	if err := l.check(ctx, tx); err != nil {
		return l, err
	}
	n, err := db.One[int64](ctx, tx, `INSERT INTO pipeline_counter (year, n) VALUES (?, 1) ON CONFLICT (year) DO UPDATE SET n = pipeline_counter.n + 1 RETURNING n`, "lead "+tx.Today()[:4])
	if err != nil {
		return l, err
	}
	l.Code = fmt.Sprintf("XS-%s-%04d", tx.Today()[:4], n)
	if err := db.Insert(ctx, tx, "pipeline_lead", l); err != nil {
		return l, err
	}
	if err := l.protect(ctx, tx); err != nil {
		return l, err
	}
	return l, audit.Note(ctx, tx, "lead.record", l.LeadSubject(), nil, map[string]any{"code": l.Code, "company": l.Company, "source": l.Source, "unit": l.Unit})
}

func (l *Lead) check(ctx context.Context, tx *db.Tx) error {
	k, err := learn(ctx, tx, []string{l.Company}, []string{l.Team}, nil)
	if err != nil {
		return err
	}
	var c fault.Checks
	c.Require("title", l.Title, "线索名称", "The title")
	c.Require("said", l.Said, "企业想做什么", "What the company wants")
	if _, known := k.companies[l.Company]; !known {
		c.Add("company", "unknown_company", "请选择资源库里的企业；没有的先录入。", "Choose a company of the library; enter it first if it is not there.")
	}
	if !slices.Contains(leadSources, l.Source) {
		c.Add("source", "not_a_choice", "请选择线索来源。", "Choose where it came from.")
	}
	if l.Industry = k.lettered(l.Industry); l.Industry == "" {
		c.Add("industry", "unknown_industry", "请选择国民经济行业。", "Choose an industry of GB/T 4754.")
	}
	if l.Chain != "" && k.dir.CodeName("chain", l.Chain, "zh") == l.Chain {
		c.Add("chain", "unknown_code", "请从列表中选择产业链。", "Choose a value of the list.")
	}
	if l.Amount < 0 {
		c.Add("amount", "negative", "金额不能是负数。", "An amount cannot be negative.")
	}
	l.Needs.check(&c)
	raw, err := json.Marshal(l.Needs)
	if err != nil {
		return fault.Wrap(err, "encode needs")
	}
	l.NeedsText = string(raw)
	return c.Err()
}

// check notes numbers that no factory has.
func (n Needs) check(c *fault.Checks) {
	for _, x := range []struct {
		field string
		v     int64
		most  int64
	}{{"hall", n.Hall, 10_000_000}, {"height", n.Height, 10_000}, {"load", n.Load, 100_000}, {"power", n.Power, 10_000_000}, {"steam", n.Steam, 10_000}, {"land", n.Land, 1_000_000}, {"workers", n.Workers, 1_000_000}, {"rent", n.Rent, 1_000_000}} {
		if x.v < 0 || x.v > x.most {
			c.Add("needs."+x.field, "out_of_range", fmt.Sprintf("应在 0 与 %d 之间。", x.most), fmt.Sprintf("Between 0 and %d.", x.most))
		}
	}
	if n.Sewage != "" && !slices.Contains([]string{"domestic", "industrial", "heavy"}, n.Sewage) {
		c.Add("needs.sewage", "not_a_choice", "请选择排水类别。", "Choose the class of sewage.")
	}
}

func staleLead() error {
	return fault.New(fault.Conflict, "stale", "别人刚改过这条线索，请刷新后再试。", "Somebody has just changed this lead; reload and try again.")
}

func (l *Lead) save(ctx context.Context, tx *db.Tx) error {
	raw, err := json.Marshal(l.Opinion)
	if err != nil {
		return fault.Wrap(err, "encode an opinion")
	}
	l.UpdatedAt, l.OpinionText = db.Micros(tx.Now()), string(raw)
	n, err := db.Exec(ctx, tx, `UPDATE pipeline_lead SET state = ?, verdict = ?, judged_by = ?, judged_on = ?, landing_unit = ?, project_id = ?, next_step = ?, due_on = ?, raised_on = ?, opinion = ?, protected_until = ?,
		updated_at = ?, version = version + 1 WHERE id = ? AND version = ?`, l.State, l.Verdict, l.JudgedBy, l.JudgedOn, l.Landing, l.Project, l.Next, l.DueOn, l.RaisedOn, l.OpinionText, l.Protected, l.UpdatedAt, l.ID, l.Version)
	if err == nil && n == 0 {
		err = staleLead()
	}
	l.Version++
	return err
}

// Accept lets a unit have a lead: whoever stands there sees it from now on. The caller has checked that the lead was
// offered to the unit.
func Accept(ctx context.Context, tx *db.Tx, id, unit string) error {
	l, err := leadByID(ctx, tx, id)
	if err != nil {
		return err
	}
	l.Landing = unit
	if l.Next == "progress" {
		before := l
		if err := l.await("progress", tx.Today(), progressDays); err != nil {
			return err
		}
		if before.DueOn > l.DueOn { // to accept a lead hurries nobody
			l.DueOn, l.RaisedOn = before.DueOn, before.RaisedOn
		}
	}
	if err := l.save(ctx, tx); err != nil {
		return err
	}
	return audit.Note(ctx, tx, "lead.accept", l.LeadSubject(), nil, map[string]any{"landing": unit})
}

// Landed is the project that came of a lead.
type Landed struct {
	ID      string `path:"id" json:"id"`
	Project string `json:"project"`
	Version int64  `json:"version,omitempty"`
}

// LandLead joins a valid lead to the project that came of it. Faults: not_found, not_qualified, stale; Invalid.
func (s *Service) LandLead(ctx context.Context, in Landed) (out Lead, err error) {
	who, err := audit.Require(ctx, "lead.judge")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = leadInScope(ctx, tx, who, in.ID); err != nil {
			return err
		}
		if in.Version != 0 && in.Version != out.Version {
			return staleLead()
		}
		if out.State != "qualified" {
			return fault.New(fault.Conflict, "not_qualified", "只有有效且未落地的线索可以关联项目。", "Only a valid lead without a project can be joined to one.")
		}
		p, err := inScope(ctx, tx, who.Node, in.Project)
		if fault.Is(err, fault.NotFound) {
			return fault.BadField("project", "not_found", "没有这个项目，或不在您的范围内。", "There is no such project, or it is outside your scope.")
		} else if err != nil {
			return err
		}
		if !slices.Contains(p.Investors, out.Company) {
			return fault.BadField("project", "other_company", "这个项目的投资方里没有线索的企业。", "The lead's company is not among this project's investors.")
		}
		out.State, out.Project, out.Landing = "landed", p.ID, p.Unit
		if err := out.await("", "", 0); err != nil {
			return err
		}
		if err := out.save(ctx, tx); err != nil {
			return err
		}
		if err := out.inherit(ctx, tx, p.ID); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "lead.land", out.LeadSubject(), nil, map[string]any{"project": p.ID})
	})
	return out, err
}
