package pipeline

import (
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// The states of a move.
const (
	MoveFiled = "filed"
	Confirmed = "confirmed"
	Refused   = "refused"
)

// Move is a project reaching a stage.
type Move struct {
	ID        string `db:"id" json:"id"`
	Project   string `db:"project_id" json:"project"`
	Stage     string `db:"stage" json:"stage"`
	ReachedOn string `db:"reached_on" json:"reached_on"`
	State     string `db:"state" json:"state" enum:"filed,confirmed,refused"`
	Gates     int64  `db:"gates" json:"gates" doc:"version of the gates it passed"`
	Instead   string `db:"instead" json:"instead,omitempty" doc:"reason that stands in for evidence"`
	MovedBy   string `db:"moved_by" json:"moved_by"`
	MovedAt   int64  `db:"moved_at" json:"moved_at"`
	DecidedBy string `db:"decided_by" json:"decided_by,omitempty"`
	DecidedAt int64  `db:"decided_at" json:"decided_at,omitempty"`
	Reason    string `db:"reason" json:"reason,omitempty"`
}

const moveColumns = `id, project_id, stage, reached_on, state, gates, instead, moved_by, moved_at, decided_by, decided_at, reason`

// Subject is how the claim of a move that counts is named.
func (m Move) Subject() string { return "stage/" + m.ID }

// NewMove moves a project to a stage.
type NewMove struct {
	Prepare
	To      string `json:"to" enum:"L3,L4,Q1,R1,R2,R3,C1,C2,P1,P2,P3"`
	On      string `json:"on" doc:"the day it was reached"`
	Instead string `json:"instead,omitempty" maxLength:"500" doc:"why evidence that may be replaced is missing"`
	Late    string `json:"late_reason,omitempty"`
	Version int64  `json:"version,omitempty" doc:"of the project as last seen"`
}

// Move files that a project has reached a stage. What counts is verified at three levels, the rest is confirmed by
// another person. Faults: not_found, stale, not_normal, stage_order, not_a_move (Conflict); Invalid, naming what the gate
// misses; period_closed, under_correction.
func (s *Service) Move(ctx context.Context, in NewMove) (out Project, err error) {
	who, err := audit.Require(ctx, "project.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := inScope(ctx, tx, who.Node, in.Project); err != nil {
			return err
		}
		if _, err := MoveIn(ctx, tx, []NewMove{in}); err != nil {
			return err
		}
		out, err = inScope(ctx, tx, who.Node, in.Project)
		return err
	})
	return out, err
}

func (s *Service) moveStored(ctx context.Context, in NewMove) (Project, error) {
	if err := verify.Stored(ctx, s.Files, filesOf(in.Papers)); err != nil {
		return Project{}, err
	}
	return s.Move(ctx, in)
}

// MoveIn is Move for many, of different projects, inside the caller's transaction; the caller has checked permission and
// scope. It gives the moves as they stand now: while a correction is checked, the recognised one.
func MoveIn(ctx context.Context, tx *db.Tx, in []NewMove) ([]Move, error) {
	who, _ := audit.Who(ctx)
	ids := make([]string, len(in))
	for i, x := range in {
		ids[i] = x.Project
		if err := keep(ctx, tx, who, x.Prepare); err != nil {
			return nil, prefixed(err, i, len(in))
		}
	}
	projects, err := byIDs(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	k, err := knowProjects(ctx, tx, projects)
	if err != nil {
		return nil, err
	}
	ways, err := courses(ctx, tx, projects)
	if err != nil {
		return nil, err
	}
	var filings []verify.Filing
	for i, x := range in {
		filing, err := k.move(ctx, tx, &projects[i], ways[projects[i].ID], x)
		if err != nil {
			return nil, prefixed(err, i, len(in))
		}
		if filing != nil {
			filings = append(filings, *filing)
		}
	}
	out := make([]Move, len(in))
	for i, x := range in {
		out[i] = ways[x.Project].moves[x.To]
	}
	_, err = verify.File(ctx, tx, filings)
	return out, err
}

// move checks one move and writes it down. The filing is nil when the stage does not count.
func (k *known) move(ctx context.Context, tx *db.Tx, p *Project, way *course, in NewMove) (*verify.Filing, error) {
	who, _ := audit.Who(ctx)
	if in.Version != 0 && in.Version != p.Version {
		return nil, stale()
	}
	if err := way.admit(in, tx.Today()); err != nil {
		return nil, err
	}
	m, again := way.moves[in.To]
	old := m
	if !again {
		m = Move{ID: tx.ID(), Project: p.ID, Stage: in.To}
	}
	m.ReachedOn, m.State, m.Gates, m.Instead = in.On, MoveFiled, way.gates.Version, strings.TrimSpace(in.Instead)
	m.MovedBy, m.MovedAt, m.DecidedBy, m.DecidedAt, m.Reason = who.Person, db.Micros(tx.Now()), "", 0, ""
	way.moves[in.To] = m
	var filing *verify.Filing
	if counts[in.To] != "" {
		claim, _, err := verify.ClaimOf(ctx, tx, m.Subject())
		if err != nil {
			return nil, err
		}
		f, err := k.milestone(ctx, tx, *p, m, way, in.Late)
		if err != nil {
			return nil, err
		}
		filing = &f
		if claim.Standing > 0 { // the recognised version stands until the correction is recognised
			m, way.moves[in.To] = old, old
		}
	}
	if err := m.save(ctx, tx); err != nil {
		return nil, err
	}
	p.Stage = way.stage()
	if err := save(ctx, tx, p); err != nil {
		return nil, err
	}
	return filing, audit.Note(ctx, tx, "project.move", "project/"+p.ID, map[string]any{"stage": way.project.Stage}, map[string]any{"stage": in.To, "reached_on": in.On, "gates": way.gates.Version})
}

func (m Move) save(ctx context.Context, tx *db.Tx) error {
	_, err := db.Exec(ctx, tx, `INSERT INTO pipeline_move (`+moveColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (project_id, stage) DO UPDATE SET reached_on = excluded.reached_on, state = excluded.state, gates = excluded.gates, instead = excluded.instead,
		moved_by = excluded.moved_by, moved_at = excluded.moved_at, decided_by = excluded.decided_by, decided_at = excluded.decided_at, reason = excluded.reason`,
		m.ID, m.Project, m.Stage, m.ReachedOn, m.State, m.Gates, m.Instead, m.MovedBy, m.MovedAt, m.DecidedBy, m.DecidedAt, m.Reason)
	return err
}

// admit says why a project may not move, if it may not: its status, the order of the stages, the day, what is missing.
func (c *course) admit(in NewMove, today string) error {
	if c.project.Status != Normal {
		return notNormal()
	}
	if err := c.inOrder(in.To); err != nil {
		return err
	}
	var checks fault.Checks
	checkDay(&checks, "on", in.On, today, "到达日期", "The day it was reached")
	c.checkBetween(&checks, in.To, in.On)
	c.checkNeeds(&checks, in)
	checks.AtMost("instead", in.Instead, 500)
	return checks.Err()
}

// admitContract is admit for the formal contract, which is signed and not moved to.
func (c *course) admitContract(checks *fault.Checks, on string) error {
	if c.project.Status != Normal {
		return notNormal()
	}
	if missed := c.skipped(signedQ); len(missed) > 0 {
		return outOfOrder(missed, signedQ)
	}
	if on != "" && on < c.project.RegisteredOn {
		checks.Add("signed_on", "before_registration", "签约日期早于登记日期 "+c.project.RegisteredOn+"。", "It was signed before it was registered on "+c.project.RegisteredOn+".")
	}
	for _, s := range c.passed() {
		if day := c.reached(s); s != inTalks && on < day {
			checks.Add("signed_on", "before_stage", "早于“"+stageName(s).ZH+"”的日期 "+day+"。", "It is before "+stageName(s).EN+", "+day+".")
			break
		}
	}
	c.checkNeeds(checks, NewMove{To: signedQ})
	return nil
}

func notNormal() error {
	return fault.New(fault.Conflict, "not_normal", "项目现在不是“正常”状态，先恢复正常再推进。", "The project's status is not normal; set it to normal before it moves.")
}

func outOfOrder(missed []string, to string) error {
	zh, en := stageNames(missed)
	return fault.New(fault.Conflict, "stage_order", "顺序不对：还没有到“"+zh+"”，不能到“"+stageName(to).ZH+"”。",
		"Out of order: "+en+" must be reached before "+stageName(to).EN+".")
}

// inOrder refuses what is no move, and a stage before which others must be reached.
func (c *course) inOrder(to string) error {
	switch {
	case to == signedQ:
		return fault.New(fault.Conflict, "not_a_move", "正式合同请用“登记签约”。", "A formal contract is recorded by signing.")
	case order(to) <= 0:
		return fault.BadField("to", "unknown", "没有这个阶段。", "There is no such stage.")
	}
	if missed := c.skipped(to); len(missed) > 0 {
		return outOfOrder(missed, to)
	}
	if c.reached(to) == "" && order(c.stage()) > order(to) {
		return fault.New(fault.Conflict, "stage_order", "顺序不对：项目已到“"+stageName(c.stage()).ZH+"”，不能回到“"+stageName(to).ZH+"”。",
			"Out of order: the project is at "+stageName(c.stage()).EN+" already.")
	}
	return nil
}

// checkBetween notes a day before the stage before, or after the stage behind.
func (c *course) checkBetween(checks *fault.Checks, to, on string) {
	for _, s := range Stages {
		day := c.reached(s)
		switch {
		case day == "" || s == to || on == "":
		case order(s) < order(to) && on < day:
			checks.Add("on", "before_stage", "早于“"+stageName(s).ZH+"”的日期 "+day+"。", "It is before "+stageName(s).EN+", "+day+".")
			return
		case order(s) > order(to) && on > day:
			checks.Add("on", "after_stage", "晚于“"+stageName(s).ZH+"”的日期 "+day+"。", "It is after "+stageName(s).EN+", "+day+".")
			return
		}
	}
}

// checkNeeds notes what the gate misses, one fault for each field and kind of file.
func (c *course) checkNeeds(checks *fault.Checks, in NewMove) {
	excused := strings.TrimSpace(in.Instead) != ""
	for _, n := range c.needs(in.To) {
		switch {
		case n.Provided:
		case !n.Paper:
			checks.Add("details."+n.Key, "required", "到“"+stageName(in.To).ZH+"”要先填这一项。", "Needed for "+stageName(in.To).EN+".")
		case n.Instead && excused:
		case n.Instead:
			checks.Add("papers."+n.Key, "required_or_reason", "请上传；没有的话，在“缺件说明”里写明原因。", "Upload it, or say why it is missing.")
		default:
			checks.Add("papers."+n.Key, "required", "到“"+stageName(in.To).ZH+"”要先上传这份材料。", "Needed for "+stageName(in.To).EN+".")
		}
	}
}

// milestone is the claim of a move that counts.
func (k *known) milestone(ctx context.Context, tx *db.Tx, p Project, m Move, way *course, late string) (verify.Filing, error) {
	f, d, err := k.filing(p, "stage", m.Subject(), m.ReachedOn, late)
	if err != nil {
		return f, err
	}
	shares, err := k.credit(ctx, tx, p.ID, "contract", m.ReachedOn)
	if err != nil {
		return f, err
	}
	said := map[string]any{"project": p.ID, "stage": m.Stage, "reached_on": m.ReachedOn}
	if m.Instead != "" {
		said["instead"] = verify.Digest(m.Instead)
	}
	for _, key := range way.gates.of(m.Stage).Fields {
		said[key] = way.details[key]
	}
	f.Title, f.Content = p.Name+" · "+stageName(m.Stage).ZH, said
	for _, x := range way.filed(m.Stage) {
		f.Evidence = append(f.Evidence, verify.Evidence{Blob: x.Blob, Name: x.Name, Type: x.Type, Size: x.Size})
	}
	f.Facts = []ledger.Fact{{Measure: counts[m.Stage], Delta: 1, OccurredOn: m.ReachedOn, Dims: d, Parties: k.parties(p), Shares: shares}}
	return f, nil
}

func stageName(stage string) fault.Words { return wordsOf("project.stage." + stage) }

func wordsOf(key string) fault.Words {
	return fault.Words{ZH: web.Text("zh", key), EN: web.Text("en", key)}
}

// stageNames joins the names of stages.
func stageNames(list []string) (zh, en string) {
	var a, b []string
	for _, s := range list {
		a, b = append(a, stageName(s).ZH), append(b, stageName(s).EN)
	}
	return strings.Join(a, "”“"), strings.Join(b, ", ")
}
