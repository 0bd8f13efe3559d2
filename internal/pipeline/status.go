package pipeline

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
)

// Normal is the status of a project that goes on.
const Normal = "normal"

// statuses lists what may be set by hand, causes why an investment ends. A zombie is computed and never typed.
var (
	statuses = []string{"normal", "paused", "lost", "terminated", "in_doubt", "merged"}
	causes   = []string{"investor", "government", "policy", "force_majeure"}
)

// Status is one change of a project's status.
type Status struct {
	ID      string `db:"id" json:"id"`
	Project string `db:"project_id" json:"-"`
	Status  string `db:"status" json:"status"`
	Cause   string `db:"cause" json:"cause,omitempty"`
	Reason  string `db:"reason" json:"reason"`
	Target  string `db:"target" json:"target,omitempty"` // where it was lost to, or the project it is the same as
	SinceOn string `db:"since_on" json:"since_on"`
	SetBy   string `db:"set_by" json:"set_by"`
	SetAt   int64  `db:"set_at" json:"set_at"`
}

const statusColumns = `id, project_id, status, cause, reason, target, since_on, set_by, set_at`

// NewStatus changes the status of a project. The stage stays what it is.
type NewStatus struct {
	Project string `json:"project"`
	Status  string `json:"status" enum:"normal,paused,lost,terminated,in_doubt,merged"`
	Cause   string `json:"cause,omitempty" enum:"investor,government,policy,force_majeure," doc:"why it was terminated"`
	Reason  string `json:"reason" maxLength:"500"`
	Target  string `json:"target,omitempty" maxLength:"120" doc:"lost: the place it went to; merged: the code of the project it is the same as"`
	On      string `json:"on" doc:"since when"`
	Version int64  `json:"version,omitempty"`
}

// SetStatus says that a project is paused, lost, ended, in doubt, the same as another, or goes on again. A project in doubt
// is freed by a person of the level that may confirm stages. Figures follow claims alone: what counted goes on counting
// until its claim is withdrawn. Faults: not_found, stale, same_status, in_doubt, still_counts; Invalid.
func (s *Service) SetStatus(ctx context.Context, in NewStatus) (out Project, err error) {
	who, err := audit.Require(ctx, "project.status")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := inScope(ctx, tx, who.Node, in.Project); err != nil {
			return err
		}
		out, err = SetStatusIn(ctx, tx, in)
		return err
	})
	return out, err
}

// SetStatusIn is SetStatus inside the caller's transaction; the caller has checked permission and scope.
func SetStatusIn(ctx context.Context, tx *db.Tx, in NewStatus) (Project, error) {
	who, _ := audit.Who(ctx)
	list, err := byIDs(ctx, tx, []string{in.Project})
	if err != nil {
		return Project{}, err
	}
	p := list[0]
	if in.Version != 0 && in.Version != p.Version {
		return p, stale()
	}
	if err := in.check(ctx, tx, who, p); err != nil {
		return p, err
	}
	row := Status{
		ID: tx.ID(), Project: p.ID, Status: in.Status, Cause: in.Cause, Reason: strings.TrimSpace(in.Reason), Target: strings.TrimSpace(in.Target),
		SinceOn: in.On, SetBy: who.Person, SetAt: db.Micros(tx.Now()),
	}
	if err := db.Insert(ctx, tx, "pipeline_status", row); err != nil {
		return p, err
	}
	before := p.Status
	p.Status = in.Status
	if err := save(ctx, tx, &p); err != nil {
		return p, err
	}
	return p, audit.Note(ctx, tx, "project.status", "project/"+p.ID, map[string]any{"status": before}, map[string]any{"status": in.Status, "cause": in.Cause, "since_on": in.On})
}

func (in NewStatus) check(ctx context.Context, tx *db.Tx, who audit.Actor, p Project) error {
	switch {
	case in.Status == p.Status:
		return fault.New(fault.Conflict, "same_status", "项目已经是这个状态。", "The project has this status already.")
	case (p.Status == "in_doubt" || in.Status == "in_doubt") && !slices.ContainsFunc(who.Roles, func(r string) bool { return r == "city" || r == "province" }):
		return fault.New(fault.Forbidden, "in_doubt", "存疑由市、省核实人员设置和解除。", "Only those who verify, at city or province, set and clear a doubt.")
	}
	var c fault.Checks
	c.Require("reason", in.Reason, "原因", "The reason")
	c.AtMost("reason", in.Reason, 500)
	c.AtMost("target", in.Target, 120)
	checkDay(&c, "on", in.On, tx.Today(), "起始日期", "The day it began")
	if in.On != "" && in.On < p.RegisteredOn {
		c.Add("on", "before_registration", "早于登记日期 "+p.RegisteredOn+"。", "It is before the day of registration, "+p.RegisteredOn+".")
	}
	if !slices.Contains(statuses, in.Status) {
		c.Add("status", "unknown", "请选择状态。", "Choose a status.")
	}
	if in.Status == "terminated" && !slices.Contains(causes, in.Cause) {
		c.Add("cause", "required", "终止要写明是哪一方的原因。", "Say whose doing it was.")
	}
	if in.Status == "lost" && strings.TrimSpace(in.Target) == "" {
		c.Add("target", "required", "请写明去了哪里；不知道就写“不详”。", "Say where it went; write unknown if nobody knows.")
	}
	if in.Status == "merged" {
		if err := checkMerged(ctx, tx, who, &c, p, strings.TrimSpace(in.Target)); err != nil {
			return err
		}
	}
	return c.Err()
}

// checkMerged: what is the same as another project must not count beside it.
func checkMerged(ctx context.Context, tx *db.Tx, who audit.Actor, c *fault.Checks, p Project, code string) error {
	other, found, err := db.Maybe[string](ctx, tx, `SELECT p.id FROM pipeline_project p`+scopeJoin+` WHERE p.code = ?`, who.Node, tx.Today(), tx.Today(), code)
	if err != nil {
		return err
	}
	if !found || other == p.ID {
		c.Add("target", "not_found", "请写合并到的项目编号，如 ZD-2020-0317。", "Give the code of the project it is the same as, like ZD-2020-0317.")
		return nil
	}
	subjects := []string{p.registration()}
	for _, m := range creditMeasures {
		more, err := creditSubjects(ctx, tx, p.ID, m)
		if err != nil {
			return err
		}
		subjects = append(subjects, more...)
	}
	claims, err := verify.ClaimsOf(ctx, tx, subjects)
	if err != nil {
		return err
	}
	for _, x := range claims {
		if x.State != verify.Withdrawn && (x.State != verify.Returned || x.Standing > 0) {
			return fault.New(fault.Conflict, "still_counts", "这个项目还有计入数字的记录，请先由认定一级撤销，再合并；否则会重复计数。",
				"Something of this project still counts; the recognising level must withdraw it first, or it would count twice.")
		}
	}
	return nil
}
