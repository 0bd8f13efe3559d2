package assess

import (
	"context"
	"slices"

	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/match"
	"zhudian/internal/pipeline"
	"zhudian/internal/station"
	"zhudian/internal/verify"
)

// Tally counts records that are no entries of the ledger (台账之外的记录), such as promises that fell due. A run keeps what
// it counted, record by record, so that its scores can be walked and worked out again when the records go on.
type Tally struct {
	Code string
	Name fault.Words
	of   tallier
	half bool // counts the records that went well, not all of them
}

// Counted is what one record adds to a tally of a unit or team.
type Counted struct {
	Run     string `db:"run_id" json:"-"`
	Tally   string `db:"tally" json:"tally"`
	Subject string `db:"subject" json:"subject"`
	Record  string `db:"record" json:"record" doc:"project/0192…; month/2020-11 stands for the facts of that month"`
	Title   string `db:"title" json:"title,omitempty"`
	On      string `db:"on_day" json:"on,omitempty"`
	N       int64  `db:"n" json:"n"`
}

// tallied is a record with its unit and team: how much it adds to the whole, and how much of that went well.
type tallied struct {
	unit, team, record, title, on string
	all, well                     int64
}

type tallier func(context.Context, *evaluation) ([]tallied, error)

// Tallies are what a scheme may count beside the measures of the ledger. Those of a pair come from one reading.
var Tallies = []Tally{
	{Code: "promise.due", Name: words("承诺已到期的项目", "Projects with promises due"), of: promises},
	{Code: "promise.kept", Name: words("到期承诺全部兑现的项目", "Projects that kept every promise due"), of: promises, half: true},
	{Code: "check.done", Name: words("抽查的数据", "Facts spot-checked"), of: checks},
	{Code: "check.passed", Name: words("抽查合格的数据", "Facts that passed the spot check"), of: checks, half: true},
	{Code: "fact.filed", Name: words("上报的数据", "Facts filed"), of: filings},
	{Code: "fact.in_time", Name: words("按月度日历及时上报的数据", "Facts filed in time by the monthly calendar"), of: filings, half: true},
	{Code: "handover.asked", Name: words("应交接的企业", "Companies to hand over"), of: handovers},
	{Code: "handover.complete", Name: words("交接完整的企业", "Companies handed over completely"), of: handovers, half: true},
	{Code: "sending.accepted", Name: words("输送被外县承接的线索", "Leads sent that another county accepted"), of: sendings},
	{Code: "referral.signed", Name: words("以商招商签约的项目", "Projects signed through referrals"), of: referrals},
}

func tallyOf(code string) (Tally, bool) {
	i := slices.IndexFunc(Tallies, func(t Tally) bool { return t.Code == code })
	if i < 0 {
		return Tally{}, false
	}
	return Tallies[i], true
}

// tally counts by subject: from what the run kept when it is worked out again, else from the records.
func (e *evaluation) tally(ctx context.Context, t Tally) (map[string]int64, error) {
	if got, ok := e.asked[t.Code]; ok {
		return got, nil
	}
	if !e.replayed {
		list, err := t.of(ctx, e)
		if err != nil {
			return nil, err
		}
		e.keep(t, list)
	}
	out := map[string]int64{}
	for _, c := range e.counted {
		if c.Tally == t.Code {
			out[c.Subject] += c.N
		}
	}
	e.asked[t.Code] = out
	return out, nil
}

// keep notes the records of those who are assessed.
func (e *evaluation) keep(t Tally, list []tallied) {
	from := len(e.counted)
	for _, r := range list {
		c := Counted{Tally: t.Code, Subject: r.unit, Record: r.record, Title: r.title, On: r.on, N: r.all}
		if e.plan.Kind == "team" {
			c.Subject = r.team
		}
		if t.half {
			c.N = r.well
		}
		if c.N == 0 || !slices.ContainsFunc(e.subjects, func(s subject) bool { return s.id == c.Subject }) {
			continue
		}
		same := func(x Counted) bool {
			return x.Tally == c.Tally && x.Subject == c.Subject && x.Record == c.Record && x.On == c.On
		}
		if i := slices.IndexFunc(e.counted[from:], same); i >= 0 {
			e.counted[from+i].N += c.N // drawn twice, or sent on twice, in one day
			continue
		}
		e.counted = append(e.counted, c)
	}
}

// promises takes the projects to which a promise of either side had fallen due by the last day.
func promises(ctx context.Context, e *evaluation) ([]tallied, error) {
	duties, err := pipeline.DutiesBy(ctx, e.tx, e.through)
	var out []tallied
	for _, d := range duties {
		record := "project/" + d.Project
		if n := len(out); n == 0 || out[n-1].record != record {
			out = append(out, tallied{unit: d.Unit, record: record, title: d.Name, all: 1, well: 1})
		}
		if d.Kept < d.Due {
			out[len(out)-1].well = 0
		}
	}
	return out, err
}

func checks(ctx context.Context, e *evaluation) ([]tallied, error) {
	list, err := verify.OutcomesOf(ctx, e.tx, e.from, e.through)
	out := make([]tallied, len(list))
	for i, o := range list {
		out[i] = tallied{unit: o.Unit, team: o.Node, record: "claim/" + o.Claim, title: o.Title, on: dayOf(o.At), all: 1, well: one(o.Holds)}
	}
	return out, err
}

func filings(ctx context.Context, e *evaluation) ([]tallied, error) {
	list, err := verify.FilingsOf(ctx, e.tx, e.from, e.through)
	out := make([]tallied, len(list))
	for i, f := range list {
		out[i] = tallied{unit: f.Unit, record: "month/" + f.Month, title: f.Month, all: f.Facts, well: f.Early}
	}
	return out, err
}

func handovers(ctx context.Context, e *evaluation) ([]tallied, error) {
	list, err := station.HandedBetween(ctx, e.tx, e.from, e.through)
	out := make([]tallied, len(list))
	for i, h := range list {
		out[i] = tallied{team: h.Team, record: "handover/" + h.ID, on: dayOf(h.HandedAt), all: h.Count, well: h.Complete}
	}
	return out, err
}

func sendings(ctx context.Context, e *evaluation) ([]tallied, error) {
	list, err := match.AcceptedBetween(ctx, e.tx, e.from, e.through)
	out := make([]tallied, len(list))
	for i, x := range list {
		out[i] = tallied{unit: x.LeadUnit, team: x.LeadNode, record: "sending/" + x.ID, on: dayOf(x.AnsweredAt), all: 1}
	}
	return out, err
}

// referrals takes the signings, as recognised, of companies that another company had introduced.
func referrals(ctx context.Context, e *evaluation) ([]tallied, error) {
	introduced, err := company.Introduced(ctx, e.tx, e.through)
	if err != nil || len(introduced) == 0 {
		return nil, err
	}
	q, err := e.question(ctx, Term{Measure: "project.signed"}, e.from, e.through, e.dim, "company", "project")
	if err != nil {
		return nil, err
	}
	cells, err := ledger.Ask(ctx, e.tx, q)
	var out []tallied
	for _, c := range cells {
		if introduced[c.Key[1]] && c.Value > 0 {
			out = append(out, tallied{unit: c.Key[0], team: c.Key[0], record: "project/" + c.Key[2], all: c.Value})
		}
	}
	return out, err
}

func one(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

func dayOf(at int64) string { return db.Today(db.FromMicros(at)) }

// keptBy gives what a run counted: of one subject and tally, or everything.
func keptBy(ctx context.Context, tx *db.Tx, run, subject, tally string) ([]Counted, error) {
	cond, args := "", []any{run}
	if subject != "" {
		cond, args = " AND subject = ? AND tally = ?", append(args, subject, tally)
	}
	return db.All[Counted](ctx, tx, `SELECT run_id, tally, subject, record, title, on_day, n FROM assess_counted WHERE run_id = ?`+cond+` ORDER BY tally, subject, on_day, record`, args...)
}
