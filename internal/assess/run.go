package assess

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/station"
)

// Run is one assessment. It keeps the scheme as it was and what the ledger knew, so that it can be worked out again.
type Run struct {
	ID          string `db:"id" json:"id"`
	Code        string `db:"code" json:"scheme"`
	Scheme      int64  `db:"version" json:"scheme_version"`
	Body        string `db:"body" json:"-"`
	Node        string `db:"node_id" json:"node"`
	Station     string `db:"station_id" json:"station,omitempty"`
	From        string `db:"from_day" json:"from"`
	Through     string `db:"through_day" json:"through"`
	Known       string `db:"known" json:"-"`
	SetAt       int64  `db:"set_at" json:"-"` // targets set up to then were used
	MadeBy      string `db:"made_by" json:"made_by"`
	MadeAt      int64  `db:"made_at" json:"made_at"`
	State       string `db:"state" json:"state" enum:"internal,notice,published,withdrawn"`
	NoticeOn    string `db:"notice_on" json:"notice_on,omitempty"`
	AppealUntil string `db:"appeal_until" json:"appeal_until,omitempty"`
	PublishedOn string `db:"published_on" json:"published_on,omitempty"`
	PublishedBy string `db:"published_by" json:"-"`
	Version     int64  `db:"row_version" json:"version"`
}

// Start asks for an assessment.
type Start struct {
	Scheme  string `json:"scheme" maxLength:"40" doc:"code of the scheme"`
	Version int64  `json:"version,omitempty" doc:"default the latest in force"`
	From    string `json:"from" format:"date"`
	Through string `json:"through" format:"date"`
	Station string `json:"station,omitempty" maxLength:"40" doc:"of teams: the station"`
}

// Assess works a scheme out for a period, as of what the ledger knows now. Nobody assesses a unit or team in which they
// stand. Faults: Invalid; not_allowed, recused.
func (s *Service) Assess(ctx context.Context, in Start) (out Run, err error) {
	who, err := audit.Require(ctx, "assess.run")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = assess(ctx, tx, who, in)
		return err
	})
	return out, err
}

func assess(ctx context.Context, tx *db.Tx, who audit.Actor, in Start) (Run, error) {
	sch, err := in.check(ctx, tx)
	if err != nil {
		return Run{}, err
	}
	body, err := sch.Plan.json()
	if err != nil {
		return Run{}, err
	}
	known, err := knownNow(ctx, tx)
	if err != nil {
		return Run{}, err
	}
	text, err := json.Marshal(known)
	if err != nil {
		return Run{}, err
	}
	at := db.Micros(tx.Now())
	r := Run{
		ID: tx.ID(), Code: sch.Plan.Code, Scheme: sch.Version, Body: body, Node: who.Node, Station: in.Station, From: in.From, Through: in.Through,
		Known: string(text), SetAt: at, MadeBy: who.Person, MadeAt: at, State: "internal", Version: 1,
	}
	subjects, err := subjectsOf(ctx, tx, sch.Plan, r.Node, r.Station, r.Through)
	if err != nil {
		return r, err
	}
	if len(subjects) == 0 {
		return r, fault.BadField("scheme", "nobody", "您的范围内没有这个办法考评的对象。", "Nothing in your scope is assessed by this scheme.")
	}
	if err := keepOut(ctx, tx, who, subjects); err != nil {
		return r, err
	}
	e := r.evaluation(tx, sch.Plan, known, subjects)
	results, scores, err := e.workOut(ctx, r.ID)
	if err != nil {
		return r, err
	}
	if err := db.Insert(ctx, tx, "assess_run", r); err != nil {
		return r, err
	}
	if err := db.Insert(ctx, tx, "assess_result", results); err != nil {
		return r, err
	}
	if err := db.Insert(ctx, tx, "assess_score", scores); err != nil {
		return r, err
	}
	for i := range e.counted {
		e.counted[i].Run = r.ID
	}
	if len(e.counted) > 0 {
		if err := db.Insert(ctx, tx, "assess_counted", e.counted); err != nil {
			return r, err
		}
	}
	return r, audit.Note(ctx, tx, "assess.run", "assess/"+r.ID, nil, map[string]any{"scheme": r.Code, "version": r.Scheme, "from": r.From, "through": r.Through, "subjects": len(subjects)})
}

// knownNow is what the ledger knows, named by the time of its last entry: an earlier question never sees a later one.
func knownNow(ctx context.Context, tx *db.Tx) (ledger.Known, error) {
	heads, err := ledger.Heads(ctx, tx)
	out := ledger.Known{Heads: map[string]int64{}}
	for _, h := range heads {
		out.Heads[h.Chain] = h.Seq
		out.At = max(out.At, h.RecordedAt)
	}
	return out, err
}

func (in Start) check(ctx context.Context, tx *db.Tx) (Scheme, error) {
	var c fault.Checks
	c.Require("scheme", in.Scheme, "办法", "The scheme")
	for field, day := range map[string]string{"from": in.From, "through": in.Through} {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			c.Add(field, "not_a_date", "日期写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
		}
	}
	if err := c.Err(); err != nil {
		return Scheme{}, err
	}
	switch {
	case in.From > in.Through:
		c.Add("through", "bad_span", "起始日期晚于截止日期。", "The first day is later than the last.")
	case in.From[:4] != in.Through[:4]:
		c.Add("through", "one_year", "考评期要在同一年内：目标按年下达。", "The period lies within one year: targets are yearly.")
	case in.Through > tx.Today():
		c.Add("through", "in_the_future", "截止日期不能晚于今天。", "The last day cannot be later than today.")
	}
	list, err := schemes(ctx, tx)
	if err != nil {
		return Scheme{}, err
	}
	i := slices.IndexFunc(list, func(s Scheme) bool {
		return s.Plan.Code == in.Scheme && s.State == "approved" && (in.Version == 0 || s.Version == in.Version)
	})
	if i < 0 {
		c.Add("scheme", "no_such_scheme", "没有这个生效的考评办法。", "No such scheme is in force.")
		return Scheme{}, c.Err()
	}
	if list[i].Plan.Kind == "team" || in.Station != "" {
		if _, err := station.ByID(ctx, tx, in.Station); fault.Is(err, fault.NotFound) {
			c.Add("station", "no_such_station", "请选择驻点。", "Choose the station.")
		} else if err != nil {
			return Scheme{}, err
		}
	}
	return list[i], c.Err()
}

func (r Run) evaluation(tx *db.Tx, plan Plan, known ledger.Known, subjects []subject) *evaluation {
	return &evaluation{tx: tx, plan: plan, node: r.Node, from: r.From, through: r.Through, known: known, setAt: r.SetAt, subjects: subjects}
}

// workOut computes every result and score of a run.
func (e *evaluation) workOut(ctx context.Context, run string) ([]Result, []Score, error) {
	lines, err := e.scores(ctx)
	if err != nil {
		return nil, nil, err
	}
	var results []Result
	var scores []Score
	for _, sub := range e.subjects {
		list, res := weigh(lines[sub.id], nil)
		res.Run, res.Subject, res.Group = run, sub.id, sub.group
		for i := range list {
			list[i].Run = run
		}
		results, scores = append(results, res), append(scores, list...)
	}
	rank(results)
	return results, scores, nil
}

// Replayed says whether a run, worked out again from what it kept, is the same to the hundredth.
type Replayed struct {
	Same     bool     `json:"same"`
	Scores   int      `json:"scores"`
	Differ   []string `json:"differ"` // subjects
	KnownAt  string   `json:"known_at"`
	Subjects int      `json:"subjects"`
}

// Replay works a run out again: the scheme as it was, what the ledger knew, the targets set until then, and the records
// that it counted beside the ledger.
// Faults: not_found, not_allowed.
func (s *Service) Replay(ctx context.Context, in ByID) (out Replayed, err error) {
	who, err := audit.Require(ctx, "assess.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := runInScope(ctx, tx, who, in.ID)
		if err != nil {
			return err
		}
		out, err = replay(ctx, tx, r)
		return err
	})
	return out, err
}

func replay(ctx context.Context, tx *db.Tx, r Run) (out Replayed, err error) {
	plan, err := planOf(r.Body)
	if err != nil {
		return out, err
	}
	var known ledger.Known
	if err := json.Unmarshal([]byte(r.Known), &known); err != nil {
		return out, fault.Wrap(err, "read what a run knew")
	}
	results, err := resultsOf(ctx, tx, r.ID)
	if err != nil {
		return out, err
	}
	scores, err := scoresOf(ctx, tx, r.ID, "")
	if err != nil {
		return out, err
	}
	dim := plan.Kind
	var subjects []subject
	for _, x := range results {
		subjects = append(subjects, subject{x.Subject, x.Group, dim})
	}
	e := r.evaluation(tx, plan, known, subjects)
	e.replayed = true
	if e.counted, err = keptBy(ctx, tx, r.ID, "", ""); err != nil {
		return out, err
	}
	again, lines, err := e.workOut(ctx, r.ID)
	if err != nil {
		return out, err
	}
	out = Replayed{Scores: len(scores), Subjects: len(results), Differ: []string{}, KnownAt: db.FromMicros(known.At).Format(time.RFC3339)}
	of := func(list []Score, id string) (out []Score) {
		for _, x := range list {
			if x.Subject == id {
				x.TopAsk, x.BottomAsk = "", ""
				out = append(out, x)
			}
		}
		return out
	}
	for _, x := range results {
		i := slices.IndexFunc(again, func(y Result) bool { return y.Subject == x.Subject })
		if i < 0 || again[i] != x || !reflect.DeepEqual(of(scores, x.Subject), of(lines, x.Subject)) {
			out.Differ = append(out.Differ, x.Subject)
		}
	}
	out.Same = len(out.Differ) == 0
	return out, nil
}

// standing is an account of a person: where it stands, and whether it leads what lies below.
type standing struct {
	auth.Holder
	leads bool
}

// standings are the accounts of a person that do the work that is assessed, and the one that acts.
func standings(ctx context.Context, tx *db.Tx, who audit.Actor) ([]standing, error) {
	out := []standing{{auth.Holder{Person: who.Person, Node: who.Node}, false}}
	for _, role := range []auth.Role{auth.Captain, auth.Branch, auth.Officer, auth.County} {
		list, err := auth.Holders(ctx, tx, role)
		if err != nil {
			return nil, err
		}
		for _, h := range list {
			if h.Person == who.Person {
				out = append(out, standing{h, role == auth.Captain || role == auth.Branch})
			}
		}
	}
	return out, nil
}

func keepOut(ctx context.Context, tx *db.Tx, who audit.Actor, subjects []subject) error {
	is, err := recused(ctx, tx, who, subjects)
	if err == nil && is {
		err = fault.New(fault.Forbidden, "recused", "您在被考评的单位或队伍中任职，应当回避，请由其他考评人员办理。", "You belong to what is assessed and stand aside: another assessor does this.")
	}
	return err
}
