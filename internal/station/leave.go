package station

import (
	"context"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Leave is some days on which somebody who is deployed is away (请假). It says no more of the reason than its kind.
type Leave struct {
	ID         string `db:"id" json:"id"`
	Deployment string `db:"deployment_id" json:"deployment"`
	Kind       string `db:"kind" json:"kind" enum:"annual,personal,sick,other"`
	From       string `db:"from_on" json:"from"`
	Until      string `db:"until_on" json:"until" doc:"the last day away"`
	State      string `db:"state" json:"state" enum:"asked,approved,refused,withdrawn"`
	AskedBy    string `db:"asked_by" json:"asked_by"`
	AskedAt    int64  `db:"asked_at" json:"asked_at"`
	AnsweredBy string `db:"answered_by" json:"answered_by,omitempty"`
	AnsweredAt int64  `db:"answered_at" json:"answered_at,omitempty"`
	Why        string `db:"why" json:"why,omitempty"`
	Version    int64  `db:"version" json:"version"`
}

const leaveColumns = `l.id, l.deployment_id, l.kind, l.from_on, l.until_on, l.state, l.asked_by, l.asked_at, l.answered_by, l.answered_at, l.why, l.version`

// AskLeave asks for days away.
type AskLeave struct {
	Deployment string `json:"deployment" maxLength:"40"`
	Kind       string `json:"kind" enum:"annual,personal,sick,other"`
	From       string `json:"from" format:"date"`
	Until      string `json:"until" format:"date" doc:"the last day away"`
}

// AskLeave asks for leave of somebody deployed in one's scope; another person answers.
// Faults: not_found; Invalid (outside_deployment, before_start, overlaps).
func (s *Service) AskLeave(ctx context.Context, in AskLeave) (out Leave, err error) {
	who, err := audit.Require(ctx, "leave.ask")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		d, err := deploymentInScope(ctx, tx, who.Node, in.Deployment)
		if err != nil {
			return err
		}
		batch, err := batchByID(ctx, tx, d.Batch)
		if err != nil {
			return err
		}
		if err := in.check(d, lastDay(d, batch)); err != nil {
			return err
		}
		// locks the deployment, so that two who ask at once see each other's days
		if err := db.Do(ctx, tx, `UPDATE station_deployment SET version = version WHERE id = ?`, d.ID); err != nil {
			return err
		}
		other, found, err := db.Maybe[Leave](ctx, tx, `SELECT `+leaveColumns+` FROM station_leave l WHERE l.deployment_id = ? AND l.state IN ('asked', 'approved')
			AND l.from_on <= ? AND l.until_on >= ? LIMIT 1`, d.ID, in.Until, in.From)
		if err != nil {
			return err
		}
		if found {
			return fault.BadField("from", "overlaps", "这几天里 "+other.From+" 至 "+other.Until+" 已请过假。", "Leave from "+other.From+" to "+other.Until+" is among these days already.")
		}
		out = Leave{ID: tx.ID(), Deployment: d.ID, Kind: in.Kind, From: in.From, Until: in.Until, State: "asked", AskedBy: who.Person, AskedAt: db.Micros(tx.Now()), Version: 1}
		if err := db.Insert(ctx, tx, "station_leave", out); err != nil {
			return err
		}
		return out.note(ctx, tx, "leave.ask")
	})
	return out, err
}

func (in AskLeave) check(d Deployment, last string) error {
	var c fault.Checks
	switch in.Kind {
	case "annual", "personal", "sick", "other":
	default:
		c.Add("kind", "not_a_choice", "请选择请假类别。", "Choose the kind of leave.")
	}
	checkDay(&c, "from", in.From, true)
	checkDay(&c, "until", in.Until, true)
	if err := c.Err(); err != nil {
		return err
	}
	if in.Until < in.From {
		c.Add("until", "before_start", "结束日期早于开始日期。", "It ends before it starts.")
	}
	if in.From < d.StartsOn || in.From > last {
		c.Add("from", "outside_deployment", "不在派驻的起止之内。", "That lies outside the deployment.")
	} else if in.Until > last {
		c.Add("until", "outside_deployment", "不在派驻的起止之内。", "That lies outside the deployment.")
	}
	return c.Err()
}

// note writes the trail: whose leave and of what kind is not said there.
func (l Leave) note(ctx context.Context, tx *db.Tx, action string) error {
	return audit.Note(ctx, tx, action, "leave/"+l.ID, nil, map[string]string{"from": l.From, "until": l.Until, "state": l.State})
}

// AnswerLeave approves or refuses.
type AnswerLeave struct {
	ID      string `path:"id" json:"id" maxLength:"40"`
	Version int64  `json:"version" doc:"as last seen"`
	Approve bool   `json:"approve,omitempty" doc:"otherwise it is refused, with a reason"`
	Why     string `json:"why,omitempty" maxLength:"200"`
}

// AnswerLeave approves or refuses leave: who leads the team does it, neither the one who asked nor the one who goes.
// Faults: not_found, same_person, wrong_state, stale; Invalid.
func (s *Service) AnswerLeave(ctx context.Context, in AnswerLeave) (Leave, error) {
	return s.stepLeave(ctx, in.ID, in.Version, "leave.answer", func(tx *db.Tx, who audit.Actor, l *Leave, d Deployment) (string, error) {
		if who.Person == l.AskedBy || who.Person == d.Person {
			return "", fault.New(fault.Forbidden, "same_person", "请假要由另一个人批准。", "Somebody else has to answer this.")
		}
		if l.State != "asked" {
			return "", leaveState()
		}
		l.AnsweredBy, l.AnsweredAt, l.Why = who.Person, db.Micros(tx.Now()), strings.TrimSpace(in.Why)
		var c fault.Checks
		c.AtMost("why", l.Why, 200)
		if in.Approve {
			l.State = "approved"
			return "leave.approve", c.Err()
		}
		c.Require("why", l.Why, "不批准的理由", "The reason")
		l.State = "refused"
		return "leave.refuse", c.Err()
	})
}

// EndLeave says from which day somebody was back.
type EndLeave struct {
	ID      string `path:"id" json:"id" maxLength:"40"`
	Version int64  `json:"version" doc:"as last seen"`
	Back    string `json:"back" format:"date" doc:"the first day back on duty"`
}

// EndLeave ends approved leave before its last day (销假); back on its first day means that it was not taken at all.
// Faults: not_found, same_person, wrong_state, stale; Invalid (outside_leave).
func (s *Service) EndLeave(ctx context.Context, in EndLeave) (Leave, error) {
	return s.stepLeave(ctx, in.ID, in.Version, "leave.answer", func(_ *db.Tx, who audit.Actor, l *Leave, d Deployment) (string, error) {
		if who.Person == l.AskedBy || who.Person == d.Person {
			return "", fault.New(fault.Forbidden, "same_person", "销假要由另一个人办。", "Somebody else has to enter this.")
		}
		if l.State != "approved" {
			return "", leaveState()
		}
		var c fault.Checks
		checkDay(&c, "back", in.Back, true)
		if err := c.Err(); err != nil {
			return "", err
		}
		switch {
		case in.Back < l.From || in.Back > l.Until:
			c.Add("back", "outside_leave", "返岗日期应在 "+l.From+" 至 "+l.Until+" 之间。", "Between "+l.From+" and "+l.Until+".")
		case in.Back == l.From:
			l.State = "withdrawn"
		default:
			l.Until = addDays(in.Back, -1)
		}
		return "leave.end", c.Err()
	})
}

// WithdrawLeave takes back what nobody has answered yet; who asked does it.
// Faults: not_found, not_yours, wrong_state, stale.
func (s *Service) WithdrawLeave(ctx context.Context, in LeaveID) (Leave, error) {
	return s.stepLeave(ctx, in.ID, in.Version, "leave.ask", func(_ *db.Tx, who audit.Actor, l *Leave, _ Deployment) (string, error) {
		if who.Person != l.AskedBy {
			return "", fault.New(fault.Forbidden, "not_yours", "只有申请人可以撤回。", "Only the one who asked takes it back.")
		}
		if l.State != "asked" {
			return "", leaveState()
		}
		l.State = "withdrawn"
		return "leave.withdraw", nil
	})
}

// LeaveID names one as it was last seen.
type LeaveID struct {
	ID      string `path:"id" json:"id" maxLength:"40"`
	Version int64  `json:"version" doc:"as last seen"`
}

func leaveState() error {
	return fault.New(fault.Conflict, "wrong_state", "这次请假现在不能这样办，请刷新看最新状态。", "The state of this leave does not allow it; reload to see it.")
}

func (s *Service) stepLeave(ctx context.Context, id string, version int64, perm string, do func(*db.Tx, audit.Actor, *Leave, Deployment) (string, error)) (out Leave, err error) {
	who, err := audit.Require(ctx, perm)
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		var d Deployment
		out, err = db.One[Leave](ctx, tx, `SELECT `+leaveColumns+` FROM station_leave l WHERE l.id = ?`, id)
		if err == nil {
			d, err = deploymentInScope(ctx, tx, who.Node, out.Deployment)
		}
		if err == nil && !mayReadLeave(who, out, d) {
			err = fault.New(fault.NotFound, "not_found", "没有这次请假。", "There is no such leave.")
		}
		if err != nil {
			return err
		}
		stale := fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改。", "Somebody changed this meanwhile; reload and try again.")
		if version != out.Version {
			return stale
		}
		action, err := do(tx, who, &out, d)
		if err != nil {
			return err
		}
		out.Version++
		n, err := db.Exec(ctx, tx, `UPDATE station_leave SET until_on = ?, state = ?, answered_by = ?, answered_at = ?, why = ?, version = ? WHERE id = ? AND version = ?`,
			out.Until, out.State, out.AnsweredBy, out.AnsweredAt, out.Why, out.Version, out.ID, out.Version-1)
		if err == nil && n == 0 {
			err = stale
		}
		if err != nil {
			return err
		}
		return out.note(ctx, tx, action)
	})
	return out, err
}

// mayReadLeave: who leads the team reads all of it, everybody else what they asked for or what is theirs.
func mayReadLeave(who audit.Actor, l Leave, d Deployment) bool {
	return who.May("leave.answer") || l.AskedBy == who.Person || d.Person == who.Person
}

// lastDay is the day until which somebody is to stay; a posting without a day stays on.
func lastDay(d Deployment, b Batch) string {
	switch {
	case d.EndsOn != "":
		return d.EndsOn
	case d.Kind != "posting" && b.EndsOn != "":
		return b.EndsOn
	}
	return forever
}

const forever = "9999-12-31"

// count says how many days somebody was there through a day, and how many of the days of the deployment they were on leave.
func (d *Deployment) count(b Batch, through string, leaves []Leave) {
	last := min(lastDay(*d, b), through)
	d.OnDuty, d.OnLeave = daysBetween(d.StartsOn, last), 0
	for _, l := range leaves {
		if l.Deployment == d.ID && l.State == "approved" {
			d.OnLeave += daysBetween(max(l.From, d.StartsOn), min(l.Until, last))
		}
	}
	d.OnDuty -= d.OnLeave
}

// daysBetween counts both days; none when they are the wrong way round.
func daysBetween(from, until string) int64 {
	a, errA := time.Parse(time.DateOnly, from)
	b, errB := time.Parse(time.DateOnly, until)
	if errA != nil || errB != nil || b.Before(a) {
		return 0
	}
	return int64(b.Sub(a)/(24*time.Hour)) + 1
}

func addDays(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}

// countAll fills in the days of a list.
func countAll(ctx context.Context, tx *db.Tx, list []Deployment) error {
	if len(list) == 0 {
		return nil
	}
	var ids, batches []string
	for _, d := range list {
		ids, batches = append(ids, d.ID), append(batches, d.Batch)
	}
	found, err := db.All[Batch](ctx, tx, `SELECT `+batchColumns+` FROM station_batch WHERE id IN `+db.In(len(batches)), db.Args(batches)...)
	if err != nil {
		return err
	}
	byID := map[string]Batch{}
	for _, b := range found {
		byID[b.ID] = b
	}
	leaves, err := db.All[Leave](ctx, tx, `SELECT `+leaveColumns+` FROM station_leave l WHERE l.state = 'approved' AND l.deployment_id IN `+db.In(len(ids)), db.Args(ids)...)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].count(byID[list[i].Batch], tx.Today(), leaves)
	}
	return nil
}

// Leaves is a list of them.
type Leaves struct {
	Items []Leave `json:"items"`
}

// LeaveFilter narrows the list.
type LeaveFilter struct {
	Deployment string `json:"deployment,omitempty" maxLength:"40"`
	Waiting    bool   `json:"waiting,omitempty" doc:"only what waits for me to answer"`
}

// Leaves lists the leave of the teams in scope, newest first, at most 500: all of it to those who answer, to others their own.
func (s *Service) Leaves(ctx context.Context, in LeaveFilter) (out Leaves, err error) {
	who, err := audit.Require(ctx, "leave.ask")
	if err != nil {
		return out, err
	}
	cond, args := "1 = 1", []any{who.Node, "", ""}
	if in.Deployment != "" {
		cond, args = cond+" AND l.deployment_id = ?", append(args, in.Deployment)
	}
	if in.Waiting {
		cond, args = cond+" AND l.state = 'asked' AND l.asked_by <> ? AND d.person_id <> ?", append(args, who.Person, who.Person)
	}
	switch {
	case who.May("leave.answer"):
	case in.Waiting:
		return Leaves{Items: []Leave{}}, nil
	default:
		cond, args = cond+" AND (l.asked_by = ? OR d.person_id = ?)", append(args, who.Person, who.Person)
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		args[1], args[2] = tx.Today(), tx.Today()
		out.Items, err = db.All[Leave](ctx, tx, `SELECT `+leaveColumns+` FROM station_leave l JOIN station_deployment d ON d.id = l.deployment_id`+inScope+`d.node_id
			WHERE `+cond+` ORDER BY l.from_on DESC, l.id DESC LIMIT 500`, args...)
		return err
	})
	return out, err
}
