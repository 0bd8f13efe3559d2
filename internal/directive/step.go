package directive

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

// Step is one thing that happened to a directive.
type Step struct {
	ID        string `db:"id" json:"id"`
	Directive string `db:"directive_id" json:"-"`
	Kind      string `db:"kind" json:"kind" enum:"issue,progress,report,accept,return,extend,remind,cancel"`
	Text      string `db:"body" json:"text,omitempty"`
	Progress  int64  `db:"progress" json:"progress,omitempty"`
	DueOn     string `db:"due_on" json:"due_on,omitempty"`
	Person    string `db:"person_id" json:"person"`
	Unit      string `db:"unit_id" json:"unit"`
	At        int64  `db:"at" json:"at"`
	Files     []File `db:"-" json:"files,omitempty"`
}

// File is what proves a step.
type File struct {
	ID        string `db:"id" json:"id"`
	Step      string `db:"step_id" json:"-"`
	Directive string `db:"directive_id" json:"-"`
	Blob      string `db:"blob" json:"sha256"`
	Name      string `db:"name" json:"name"`
	Type      string `db:"type" json:"type"`
	Size      int64  `db:"size" json:"size"`
}

// Act is what somebody does about a directive.
type Act struct {
	ID       string            `path:"id" json:"id"`
	Kind     string            `json:"kind" enum:"progress,report,accept,return,extend,remind,cancel"`
	Text     string            `json:"text,omitempty" maxLength:"2000"`
	Progress int64             `json:"progress,omitempty" minimum:"0" maximum:"100" doc:"per cent, of kind progress"`
	DueOn    string            `json:"due_on,omitempty" format:"date" doc:"new deadline, of kind extend"`
	Evidence []verify.Evidence `json:"evidence,omitempty" maxItems:"20"`
	Version  int64             `json:"version,omitempty" doc:"the version that was seen; another one in the meantime is a conflict"`
}

// rule says who may take a step, from which states, where it leads, and whether it needs words.
type rule struct {
	kind   string
	perm   string
	owners bool // by an owner, else by the leader's side
	from   []string
	to     string
	words  bool
}

// rules are the steps after the first one. A directive is closed by the leader's side alone, and never by the person
// who reported it done.
var rules = []rule{
	{"progress", "directive.report", true, []string{"open"}, "open", true},
	{"report", "directive.report", true, []string{"open"}, "reported", true},
	{"accept", "directive.close", false, []string{"reported"}, "closed", false},
	{"return", "directive.close", false, []string{"reported"}, "open", true},
	{"extend", "directive.close", false, []string{"open", "reported"}, "open", true},
	{"remind", "directive.close", false, []string{"open"}, "open", false},
	{"cancel", "directive.close", false, []string{"open", "reported"}, "cancelled", true},
}

// Take takes one step. Faults: not_found, not_allowed, not_yours (only an owner reports), wrong_state, same_person,
// stale; Invalid.
func (s *Service) Take(ctx context.Context, in Act) (out Directive, err error) {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.kind == in.Kind })
	if i < 0 {
		return out, fault.BadField("kind", "not_a_choice", "没有这种操作。", "There is no such step.")
	}
	r := rules[i]
	who, err := audit.Require(ctx, r.perm)
	if err != nil {
		return out, err
	}
	if err := verify.Stored(ctx, s.Files, in.Evidence); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = inScope(ctx, tx, who.Node, in.ID); err != nil {
			return err
		}
		if err := r.may(ctx, tx, who, out); err != nil {
			return err
		}
		if in.Version != 0 && in.Version != out.Version {
			return fault.New(fault.Conflict, "stale", "别人刚更新过这件督办，请刷新后再试。", "Somebody has just updated this directive; reload and try again.")
		}
		if err := r.check(tx, who, out, in); err != nil {
			return err
		}
		return r.apply(ctx, tx, who, &out, in)
	})
	return out, err
}

// may says whether the actor stands on the right side of a directive that they see.
func (r rule) may(ctx context.Context, tx *db.Tx, who audit.Actor, d Directive) error {
	if !r.owners {
		if ok, err := org.InScope(ctx, tx, who.Node, d.Node); err != nil || ok || d.Leader == who.Person {
			return err
		}
		return fault.New(fault.Forbidden, "not_allowed", "只有批示领导一方可以这样做。", "Only the leader's side may do this.")
	}
	owned, err := db.One[int64](ctx, tx, `SELECT COUNT(*) FROM directive_owner w JOIN org_scope o ON o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = w.node_id
		WHERE w.directive_id = ?`, who.Node, tx.Today(), tx.Today(), d.ID)
	if err == nil && owned == 0 {
		err = fault.New(fault.Forbidden, "not_allowed", "只有承办单位可以报进展。", "Only the units that carry it out report on it.")
	}
	return err
}

func (r rule) check(tx *db.Tx, who audit.Actor, d Directive, in Act) error {
	if !slices.Contains(r.from, d.State) {
		return fault.New(fault.Conflict, "wrong_state", "这件督办现在不能这样操作，请刷新看最新状态。", "This cannot be done in the directive's present state; reload to see it.")
	}
	if r.kind == "accept" && d.ReportedBy == who.Person {
		return fault.New(fault.Conflict, "same_person", "报请办结的人不能自己销号，须由另一人确认。", "Whoever reported it done cannot close it; another person must.")
	}
	var c fault.Checks
	if r.words {
		c.Require("text", in.Text, "说明", "A few words")
	}
	c.AtMost("text", strings.TrimSpace(in.Text), 2000)
	switch r.kind {
	case "progress":
		if in.Progress < d.Progress || in.Progress > 99 {
			c.Add("progress", "out_of_range", "进度只能往前，最多 99；办完请用“报请办结”。", "Progress moves forward, up to 99; when it is done, report it done.")
		}
	case "extend":
		dueDay(&c, "due_on", in.DueOn, tx.Today())
		if in.DueOn != "" && in.DueOn <= d.DueOn {
			c.Add("due_on", "not_later", "新期限须晚于 "+d.DueOn+"。", "The new deadline must be later than "+d.DueOn+".")
		}
	}
	return c.Err()
}

// apply writes the step and what it does to the directive.
func (r rule) apply(ctx context.Context, tx *db.Tx, who audit.Actor, d *Directive, in Act) error {
	before := *d
	d.State = r.to
	switch r.kind {
	case "progress":
		d.Progress, d.MovedOn = in.Progress, tx.Today()
	case "report":
		d.Progress, d.MovedOn, d.ReportedBy, d.ReportedOn = 100, tx.Today(), who.Person, tx.Today()
	case "accept":
		d.ClosedBy, d.ClosedOn = who.Person, tx.Today()
	case "return":
		d.ReportedBy, d.ReportedOn, d.Progress = "", "", 90
	case "extend":
		d.DueOn, d.State = in.DueOn, before.State
	}
	n, err := db.Exec(ctx, tx, `UPDATE directive_directive SET state = ?, progress = ?, moved_on = ?, due_on = ?, reported_by = ?, reported_on = ?, closed_by = ?, closed_on = ?,
		version = version + 1 WHERE id = ? AND version = ?`, d.State, d.Progress, d.MovedOn, d.DueOn, d.ReportedBy, d.ReportedOn, d.ClosedBy, d.ClosedOn, d.ID, d.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "stale", "别人刚更新过这件督办，请刷新后再试。", "Somebody has just updated this directive; reload and try again.")
	}
	d.Version++
	step := Step{Directive: d.ID, Kind: r.kind, Text: strings.TrimSpace(in.Text)}
	if r.kind == "progress" || r.kind == "report" {
		step.Progress = d.Progress
	}
	if r.kind == "extend" {
		step.DueOn = d.DueOn
	}
	id, err := addStep(ctx, tx, who, step)
	if err != nil {
		return err
	}
	if err := attach(ctx, tx, d.ID, id, in.Evidence); err != nil {
		return err
	}
	return audit.Note(ctx, tx, "directive."+r.kind, "directive/"+d.ID, before, *d)
}

func addStep(ctx context.Context, tx *db.Tx, who audit.Actor, st Step) (string, error) {
	st.ID, st.Person, st.Unit, st.At = tx.ID(), who.Person, who.Unit, db.Micros(tx.Now())
	return st.ID, db.Insert(ctx, tx, "directive_step", st)
}

func attach(ctx context.Context, tx *db.Tx, directive, step string, files []verify.Evidence) error {
	var rows []File
	for _, e := range files {
		rows = append(rows, File{ID: tx.ID(), Step: step, Directive: directive, Blob: e.Blob, Name: e.Name, Type: e.Type, Size: e.Size})
	}
	if len(rows) == 0 {
		return nil
	}
	return db.Insert(ctx, tx, "directive_file", rows)
}

// Days of the rules for the yellow light.
const (
	soonDays  = 3 // days left
	staleDays = 7 // days without progress
)

// daysFrom gives the day n days after another.
func daysFrom(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day // the clock's own date always parses
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}
