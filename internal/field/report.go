package field

import (
	"context"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/station"
	"zhudian/internal/verify"
)

// Report is a team's week or month: numbers and work are read from the books, three lines are written. It exists for
// every team and period, so there is nothing to create; what was said of it is stored.
type Report struct {
	ID        string `db:"id" json:"id"` // team.day for a week from that Monday, team.month for a month
	Node      string `db:"node_id" json:"-"`
	Results   string `db:"results" json:"results"`
	Problems  string `db:"problems" json:"problems"`
	Plans     string `db:"plans" json:"plans"`
	State     string `db:"state" json:"state" enum:"draft,handed,noted"`
	WrittenBy string `db:"written_by" json:"written_by,omitempty"`
	WrittenAt int64  `db:"written_at" json:"written_at,omitempty"`
	HandedBy  string `db:"handed_by" json:"handed_by,omitempty"`
	HandedAt  int64  `db:"handed_at" json:"handed_at,omitempty" doc:"numbers are as the ledger knew them then"`
	NotedBy   string `db:"noted_by" json:"noted_by,omitempty"`
	NotedAt   int64  `db:"noted_at" json:"noted_at,omitempty"`
	Remark    string `db:"remark" json:"remark,omitempty"`
	Version   int64  `db:"version" json:"version"`

	Team string `db:"-" json:"team"`
	Span
}

const reportColumns = `r.id, r.node_id, r.results, r.problems, r.plans, r.state, r.written_by, r.written_at, r.handed_by, r.handed_at, r.noted_by, r.noted_at, r.remark, r.version`

// Subject is how the trail names a report.
func (r Report) Subject() string { return "report/" + r.ID }

// Span is a week from Monday to Sunday, or a month.
type Span struct {
	Kind  string `db:"-" json:"kind" enum:"week,month"`
	From  string `db:"-" json:"from"`
	Until string `db:"-" json:"until"`
}

// spanOf reads a period: the Monday of a week, or a month.
func spanOf(period string) (Span, bool) {
	if from, until := monthSpan(period); from != "" {
		return Span{"month", from, until}, true
	}
	return Span{"week", period, daysAfter(period, 6)}, validDay(period) && monday(period) == period
}

// period is how a span is named.
func (s Span) period() string {
	if s.Kind == "month" {
		return s.From[:len("2006-01")]
	}
	return s.From
}

// step is the span so many periods later.
func (s Span) step(n int) Span {
	next := daysAfter(s.From, 7*n)
	if s.Kind == "month" {
		first, _ := time.Parse(time.DateOnly, s.From) // a span holds days
		next = first.AddDate(0, n, 0).Format("2006-01")
	}
	out, _ := spanOf(next)
	return out
}

// reportOf is the report of a team and period before anybody said anything. Fault: not_found.
func reportOf(id string) (Report, error) {
	i := strings.LastIndexByte(id, '.')
	span, ok := spanOf(id[i+1:])
	if i < 0 || !ok {
		return Report{}, fault.New(fault.NotFound, "not_found", "没有这份报告。", "There is no such report.")
	}
	return Report{ID: id, Node: id[:i], State: "draft", Team: id[:i], Span: span}, nil
}

// reportInScope gives the report of a team in scope. Fault: not_found.
func reportInScope(ctx context.Context, tx *db.Tx, root, id string) (Report, error) {
	out, err := reportOf(id)
	if err != nil {
		return out, err
	}
	if _, err := station.TeamInScope(ctx, tx, root, out.Team); err != nil {
		return out, absent(err)
	}
	said, ok, err := db.Maybe[Report](ctx, tx, `SELECT `+reportColumns+` FROM field_report r WHERE r.id = ?`, id)
	if ok {
		said.Team, said.Span = out.Team, out.Span
		out = said
	}
	return out, err
}

// WriteReport are the three lines of a report.
type WriteReport struct {
	ID       string `json:"id"`
	Version  int64  `json:"version,omitempty" doc:"as last seen; 0 when nothing was said yet"`
	Results  string `json:"results" maxLength:"1000" doc:"what came of it"`
	Problems string `json:"problems,omitempty" maxLength:"1000"`
	Plans    string `json:"plans,omitempty" maxLength:"1000" doc:"what comes next"`
	Hand     bool   `json:"hand,omitempty" doc:"hand it in: the numbers stay as they are now"`
}

// WriteReport keeps the lines of a report, and hands it in. One that was handed in can be changed until it is noted;
// saved without being handed in, it is a draft again. Faults: not_found, stale, not_begun, report_noted, Invalid.
func (s *Service) WriteReport(ctx context.Context, in WriteReport) (out Report, err error) {
	var c fault.Checks
	in.Results, in.Problems, in.Plans = strings.TrimSpace(in.Results), strings.TrimSpace(in.Problems), strings.TrimSpace(in.Plans)
	c.AtMost("results", in.Results, 1000).AtMost("problems", in.Problems, 1000).AtMost("plans", in.Plans, 1000)
	if in.Hand {
		c.Require("results", in.Results, "成效", "What came of it").Require("plans", in.Plans, "下一步打算", "What comes next")
	}
	return s.changeReport(ctx, "report.write", in.ID, in.Version, c.Err(), func(tx *db.Tx, r *Report, who audit.Actor) (string, error) {
		if r.State == "noted" {
			return "", fault.New(fault.Conflict, "report_noted", "这份报告已阅，不能再改；新情况写进下一期。", "This report was noted and cannot be changed; put what is new into the next one.")
		}
		if r.From > tx.Today() {
			return "", fault.New(fault.Conflict, "not_begun", "这一期还没有开始。", "This period has not begun.")
		}
		r.Results, r.Problems, r.Plans, r.WrittenBy, r.WrittenAt = in.Results, in.Problems, in.Plans, who.Person, db.Micros(tx.Now())
		r.State, r.HandedBy, r.HandedAt = "draft", "", 0
		if !in.Hand {
			return "report.write", nil
		}
		r.State, r.HandedBy, r.HandedAt = "handed", who.Person, r.WrittenAt
		return "report.hand", nil
	})
}

// NoteReport is the word of who leads the team.
type NoteReport struct {
	ID      string `json:"id"`
	Version int64  `json:"version" doc:"as last seen"`
	Remark  string `json:"remark,omitempty" maxLength:"500"`
}

// NoteReport marks a report as read by who leads the station, with a remark. Faults: not_found, stale, not_handed, own_report.
func (s *Service) NoteReport(ctx context.Context, in NoteReport) (out Report, err error) {
	var c fault.Checks
	c.AtMost("remark", in.Remark, 500)
	return s.changeReport(ctx, "report.note", in.ID, in.Version, c.Err(), func(tx *db.Tx, r *Report, who audit.Actor) (string, error) {
		switch {
		case r.State != "handed":
			return "", fault.New(fault.Conflict, "not_handed", "这份报告还没有报上来，或已阅过。", "This report was not handed in, or was noted already.")
		case r.HandedBy == who.Person:
			return "", fault.New(fault.Forbidden, "own_report", "自己报的由别人阅。", "What you handed in is noted by somebody else.")
		}
		r.State, r.NotedBy, r.NotedAt, r.Remark = "noted", who.Person, db.Micros(tx.Now()), strings.TrimSpace(in.Remark)
		return "report.note", nil
	})
}

func (s *Service) changeReport(ctx context.Context, perm, id string, version int64, bad error, change func(*db.Tx, *Report, audit.Actor) (string, error)) (out Report, err error) {
	who, err := audit.Require(ctx, perm)
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = reportInScope(ctx, tx, who.Node, id); err != nil {
			return err
		}
		if bad != nil {
			return bad
		}
		if out.Version != version {
			return staleReport()
		}
		action, err := change(tx, &out, who)
		if err != nil {
			return err
		}
		if err := out.save(ctx, tx); err != nil {
			return err
		}
		return audit.Note(ctx, tx, action, out.Subject(), nil, map[string]any{
			"state": out.State, "results": verify.Digest(out.Results), "problems": verify.Digest(out.Problems), "plans": verify.Digest(out.Plans), "remark": verify.Digest(out.Remark),
		})
	})
	return out, err
}

func staleReport() error {
	return fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改。", "Somebody changed this meanwhile; reload and try again.")
}

// save writes a report over the version it was read at. Fault: stale.
func (r *Report) save(ctx context.Context, tx *db.Tx) error {
	r.Version++
	n, err := db.Exec(ctx, tx, `INSERT INTO field_report (id, node_id, results, problems, plans, state, written_by, written_at, handed_by, handed_at, noted_by, noted_at, remark, version)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET results = excluded.results, problems = excluded.problems, plans = excluded.plans, state = excluded.state, written_by = excluded.written_by,
		written_at = excluded.written_at, handed_by = excluded.handed_by, handed_at = excluded.handed_at, noted_by = excluded.noted_by, noted_at = excluded.noted_at,
		remark = excluded.remark, version = excluded.version WHERE field_report.version = excluded.version - 1`,
		r.ID, r.Node, r.Results, r.Problems, r.Plans, r.State, r.WrittenBy, r.WrittenAt, r.HandedBy, r.HandedAt, r.NotedBy, r.NotedAt, r.Remark, r.Version)
	if err == nil && n == 0 {
		err = staleReport()
	}
	return err
}
