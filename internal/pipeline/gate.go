package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// The stages at which the program itself does something: a project begins in talks, and its formal contract is recorded
// by Sign.
const (
	inTalks = "L2"
	signedQ = "Q2"
)

// Stages lists the stages of a project in their order.
var Stages = []string{"L2", "L3", "L4", "Q1", "Q2", "R1", "R2", "R3", "C1", "C2", "P1", "P2", "P3"}

// counts names the measure that reaching a stage adds one to. Those moves are verified at three levels; the others are
// confirmed by another person.
var counts = map[string]string{"C1": "project.started", "P2": "project.produced"}

// Gate says what a stage demands of a project that enters it.
type Gate struct {
	Stage  string   `json:"stage" enum:"L2,L3,L4,Q1,Q2,R1,R2,R3,C1,C2,P1,P2,P3"`
	Fields []string `json:"fields" doc:"required fields of the project"`
	Papers []string `json:"papers" doc:"required kinds of evidence; with ? behind it a reason may stand in"`
	Roles  []string `json:"roles" doc:"who may confirm the move; moves that count are verified at three levels instead"`
	Days   int64    `json:"days" minimum:"0" maximum:"3650" doc:"days a project may stay in the stage; 0 for any number"`
	Skip   bool     `json:"skip" doc:"the stage may be passed over"`
}

// Gates are one version of what the stages demand.
type Gates struct {
	Version    int64  `db:"version" json:"version"`
	Text       string `db:"gates" json:"-"`
	Note       string `db:"note" json:"note"`
	CreatedBy  string `db:"created_by" json:"created_by,omitempty"`
	CreatedOn  string `db:"created_on" json:"created_on,omitempty"`
	ApprovedBy string `db:"approved_by" json:"approved_by,omitempty"`
	ValidFrom  string `db:"valid_from" json:"valid_from,omitempty"` // "" until another person put it in force
	Gates      []Gate `db:"-" json:"gates"`
}

// DefaultGates are version 1.
func DefaultGates() Gates {
	county, city, both := []string{"county", "city", "province"}, []string{"city", "province"}, []string{"county", "city"}
	return Gates{Version: 1, Gates: []Gate{
		{Stage: "L2", Days: 180, Roles: county},
		{Stage: "L3", Papers: []string{"reception"}, Roles: county, Days: 30, Skip: true},
		{Stage: "L4", Papers: []string{"review_minutes", "fair_review", "legal_review", "impact_note?"}, Roles: both, Days: 90, Skip: true},
		{Stage: "Q1", Papers: []string{"framework"}, Roles: city, Days: 183, Skip: true},
		{Stage: "Q2", Days: 92},
		{Stage: "R1", Fields: []string{"local_name", "local_uscc", "equity"}, Papers: []string{"licence"}, Roles: county, Days: 92},
		{Stage: "R2", Fields: []string{"national_code"}, Papers: []string{"filing"}, Roles: county, Days: 180},
		{Stage: "R3", Fields: []string{"site"}, Papers: []string{"land", "planning?", "impact?", "energy?"}, Roles: county, Days: 180},
		{Stage: "C1", Papers: []string{"build_contract", "permit?", "site_photo"}, Days: 92},
		{Stage: "C2", Fields: []string{"produce_due"}, Papers: []string{"progress_sheet"}, Roles: county, Days: 1095},
		{Stage: "P1", Papers: []string{"acceptance"}, Roles: city, Days: 180},
		{Stage: "P2", Papers: []string{"sales_invoice", "power_bill?", "insurance?"}, Days: 1095},
		{Stage: "P3", Papers: []string{"statistics_entry"}, Roles: city},
	}}
}

// gateRoles are the roles a gate may name, paperKinds the kinds of evidence.
var (
	gateRoles  = []string{"county", "city", "province"}
	paperKinds = []string{
		"talks", "demand_list", "reception", "review_minutes", "fair_review", "legal_review", "impact_note", "framework", "investor_licence", "credit_proof",
		"licence", "equity_proof", "filing", "land", "planning", "impact", "energy", "build_contract", "permit", "site_photo", "progress_sheet", "progress_payment",
		"invoice", "acceptance", "commissioning", "sales_invoice", "power_bill", "insurance", "statistics_entry", "tax_proof", "other",
	}
)

// of gives the gate of a stage.
func (g Gates) of(stage string) Gate {
	for _, x := range g.Gates {
		if x.Stage == stage {
			return x
		}
	}
	return Gate{Stage: stage}
}

// order is the place of a stage, -1 for none.
func order(stage string) int { return slices.Index(Stages, stage) }

// GatesList holds every version, the newest first, and the one in force.
type GatesList struct {
	InForce int64   `json:"in_force"`
	Items   []Gates `json:"items"`
}

// ListGates gives all versions of the gates.
func (s *Service) ListGates(ctx context.Context, _ struct{}) (out GatesList, err error) {
	if _, err := audit.Require(ctx, "project.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = gatesList(ctx, tx)
		return err
	})
	return out, err
}

func gatesList(ctx context.Context, tx *db.Tx) (GatesList, error) {
	all, err := db.All[Gates](ctx, tx, `SELECT version, gates, note, created_by, created_on, approved_by, valid_from FROM pipeline_gates ORDER BY version DESC`)
	out := GatesList{InForce: 1, Items: append(all, DefaultGates())}
	if err != nil {
		return out, err
	}
	for i := range all {
		g := &out.Items[i]
		if err := json.Unmarshal([]byte(g.Text), &g.Gates); err != nil {
			return out, fault.Wrap(err, "read gates")
		}
		if g.ApprovedBy != "" && out.InForce < g.Version {
			out.InForce = g.Version
		}
	}
	return out, nil
}

func (l GatesList) inForce() Gates {
	for _, g := range l.Items {
		if g.Version == l.InForce {
			return g
		}
	}
	return DefaultGates()
}

// gatesNow are the gates in force.
func gatesNow(ctx context.Context, tx *db.Tx) (Gates, error) {
	l, err := gatesList(ctx, tx)
	return l.inForce(), err
}

// NewGates is a proposal of gates: all of them, in the order of the stages.
type NewGates struct {
	Gates []Gate `json:"gates" minItems:"13" maxItems:"13"`
	Note  string `json:"note" maxLength:"500" doc:"why"`
}

// ProposeGates writes a new version down. It holds once another person has put it in force. Faults: Invalid.
func (s *Service) ProposeGates(ctx context.Context, in NewGates) (out Gates, err error) {
	who, err := audit.Require(ctx, "gate.edit")
	if err != nil {
		return out, err
	}
	out = Gates{Gates: in.Gates, Note: strings.TrimSpace(in.Note), CreatedBy: who.Person}
	if err := out.check(); err != nil {
		return out, err
	}
	raw, err := json.Marshal(out.Gates)
	if err != nil {
		return out, fault.Wrap(err, "encode gates")
	}
	out.Text = string(raw)
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		last, err := db.One[int64](ctx, tx, `SELECT CAST(coalesce(max(version), 1) AS BIGINT) FROM pipeline_gates`)
		if err != nil {
			return err
		}
		out.Version, out.CreatedOn = last+1, tx.Today()
		if err := db.Insert(ctx, tx, "pipeline_gates", out); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "gates.propose", "gates/"+strconv.FormatInt(out.Version, 10), nil, out.Gates)
	})
	return out, err
}

func (g Gates) check() error {
	var c fault.Checks
	c.Require("note", g.Note, "理由", "The reason")
	c.AtMost("note", g.Note, 500)
	if len(g.Gates) != len(Stages) {
		c.Add("gates", "incomplete", fmt.Sprintf("应有 %d 个阶段，按顺序写全。", len(Stages)), fmt.Sprintf("Give all %d stages in their order.", len(Stages)))
		return c.Err()
	}
	for i, x := range g.Gates {
		at := fmt.Sprintf("gates[%d].", i)
		if x.Stage != Stages[i] {
			c.Add(at+"stage", "out_of_order", "这里应是 "+Stages[i]+"。", "This should be "+Stages[i]+".")
			continue
		}
		x.checkIn(&c, at)
	}
	return c.Err()
}

func (x Gate) checkIn(c *fault.Checks, at string) {
	if x.Days < 0 || x.Days > 3650 {
		c.Add(at+"days", "out_of_range", "应在 0 与 3650 之间。", "Between 0 and 3650.")
	}
	for _, f := range x.Fields {
		if !slices.Contains(detailKeys, f) {
			c.Add(at+"fields", "unknown", "没有这个字段："+f+"。", "There is no such field: "+f+".")
		}
	}
	for _, p := range x.Papers {
		if !slices.Contains(paperKinds, strings.TrimSuffix(p, "?")) {
			c.Add(at+"papers", "unknown", "没有这种材料："+p+"。", "There is no such kind of evidence: "+p+".")
		}
	}
	for _, r := range x.Roles {
		if !slices.Contains(gateRoles, r) {
			c.Add(at+"roles", "unknown", "确认角色只有县、市、省："+r+"。", "The roles are county, city and province: "+r+".")
		}
	}
	switch {
	case fixed(x.Stage):
		if x.Skip {
			c.Add(at+"skip", "must_pass", "这一阶段进入数字，不能跳过。", "Figures are made of this stage; it cannot be passed over.")
		}
	case len(x.Roles) == 0:
		c.Add(at+"roles", "required", "请至少选一个可以确认的角色。", "Choose at least one role that may confirm.")
	}
}

// ApproveGates names a version to be put in force.
type ApproveGates struct {
	Version int64 `path:"version" json:"version"`
}

// ApproveGates puts a version in force from today; its author cannot. Faults: not_found, same_person, in_force (it holds
// already, or a newer one does).
func (s *Service) ApproveGates(ctx context.Context, in ApproveGates) (out Gates, err error) {
	who, err := audit.Require(ctx, "gate.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := gatesList(ctx, tx)
		if err != nil {
			return err
		}
		for _, g := range list.Items {
			if g.Version == in.Version {
				out = g
			}
		}
		switch {
		case out.Version == 0:
			return fault.New(fault.NotFound, "not_found", "没有这一版。", "There is no such version.")
		case out.Version <= list.InForce:
			return fault.New(fault.Conflict, "in_force", "这一版或更新的版本已经生效。", "This version or a newer one holds already.")
		case out.CreatedBy == who.Person:
			return fault.New(fault.Conflict, "same_person", "不能批准自己提的关口，须由另一人批准。", "You cannot approve your own gates; another person must.")
		}
		out.ApprovedBy, out.ValidFrom = who.Person, tx.Today()
		if _, err := db.Exec(ctx, tx, `UPDATE pipeline_gates SET approved_by = ?, valid_from = ? WHERE version = ? AND approved_by = ''`, out.ApprovedBy, out.ValidFrom, out.Version); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "gates.approve", "gates/"+strconv.FormatInt(out.Version, 10), nil, map[string]any{"valid_from": out.ValidFrom})
	})
	return out, err
}
