package pipeline

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhudian/internal/db"
)

// course is the way a project has come: its moves, and what was gathered for the next.
type course struct {
	project Project
	gates   Gates
	moves   map[string]Move // by stage
	details map[string]string
	papers  []Paper
}

// courses reads the ways of some projects.
func courses(ctx context.Context, tx *db.Tx, list []Project) (map[string]*course, error) {
	gates, err := gatesNow(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := map[string]*course{}
	var ids []string
	for _, p := range list {
		if out[p.ID] == nil {
			out[p.ID] = &course{project: p, gates: gates, moves: map[string]Move{}, details: map[string]string{}}
			ids = append(ids, p.ID)
		}
	}
	for part := range slices.Chunk(ids, 500) {
		err := db.Each(ctx, tx, `SELECT `+moveColumns+` FROM pipeline_move WHERE project_id IN `+db.In(len(part)), db.Args(part), func(m Move) error {
			out[m.Project].moves[m.Stage] = m
			return nil
		})
		if err != nil {
			return nil, err
		}
		type line struct {
			Project string `db:"project_id"`
			Field   string `db:"field"`
			Value   string `db:"value"`
		}
		err = db.Each(ctx, tx, `SELECT project_id, field, value FROM pipeline_detail WHERE project_id IN `+db.In(len(part)), db.Args(part), func(l line) error {
			out[l.Project].details[l.Field] = l.Value
			return nil
		})
		if err != nil {
			return nil, err
		}
		err = db.Each(ctx, tx, `SELECT `+paperColumns+` FROM pipeline_paper WHERE project_id IN `+db.In(len(part))+` ORDER BY added_at, id`, db.Args(part), func(p Paper) error {
			out[p.Project].papers = append(out[p.Project].papers, p)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func courseOf(ctx context.Context, tx *db.Tx, p Project) (*course, error) {
	all, err := courses(ctx, tx, []Project{p})
	if err != nil {
		return nil, err
	}
	return all[p.ID], nil
}

// reached gives the day on which a stage was reached, "" when it was not.
func (c *course) reached(stage string) string {
	switch stage {
	case inTalks:
		return c.project.RegisteredOn
	case signedQ:
		return c.project.SignedOn
	}
	if m, ok := c.moves[stage]; ok && m.State != Refused {
		return m.ReachedOn
	}
	return ""
}

// stage is the last one that was reached.
func (c *course) stage() string {
	at := inTalks
	for _, s := range Stages {
		if c.reached(s) != "" {
			at = s
		}
	}
	return at
}

// passed lists the stages that were reached, in their order.
func (c *course) passed() []string {
	return slices.DeleteFunc(slices.Clone(Stages), func(s string) bool { return c.reached(s) == "" })
}

// skipped lists the stages before one that were not reached although they must be.
func (c *course) skipped(to string) []string {
	var out []string
	for _, s := range Stages[:max(order(to), 0)] {
		if c.reached(s) == "" && !c.gates.of(s).Skip {
			out = append(out, s)
		}
	}
	return out
}

// next is the stage that comes after the present one, passing over what may be; "" at the end.
func (c *course) next() string {
	for _, s := range Stages[order(c.stage())+1:] {
		if !c.gates.of(s).Skip {
			return s
		}
	}
	return ""
}

// choices are the stages a project may move to by Move: the next one, and those before it that may be passed over.
func (c *course) choices() []string {
	var out []string
	for _, s := range Stages[order(c.stage())+1:] {
		if s == signedQ {
			break
		}
		out = append(out, s)
		if !c.gates.of(s).Skip {
			break
		}
	}
	return out
}

// need is one thing that a gate asks for.
type need struct {
	Paper    bool
	Key      string
	Instead  bool // a reason may stand in for it
	Value    string
	On       string // day on which a file came
	PaperID  string
	Provided bool
}

// needs are what a gate asks for, with what there is.
func (c *course) needs(stage string) []need {
	g := c.gates.of(stage)
	var out []need
	for _, f := range g.Fields {
		out = append(out, need{Key: f, Value: c.details[f], Provided: c.details[f] != ""})
	}
	for _, k := range g.Papers {
		n := need{Paper: true, Key: strings.TrimSuffix(k, "?"), Instead: strings.HasSuffix(k, "?")}
		for _, p := range c.papers {
			if p.Kind == n.Key {
				n.Provided, n.Value, n.PaperID, n.On = true, p.Name, p.ID, db.Today(db.FromMicros(p.AddedAt))
			}
		}
		out = append(out, n)
	}
	return out
}

// filed are the files of a gate, for a verdict to bind.
func (c *course) filed(stage string) []Paper {
	var out []Paper
	for _, n := range c.needs(stage) {
		for _, p := range c.papers {
			if n.Paper && p.Kind == n.Key {
				out = append(out, p)
			}
		}
	}
	return out
}

// daysIn counts the days in a stage: to the next one that was reached, else to today.
func (c *course) daysIn(stage, today string) int {
	from, to := c.reached(stage), today
	for _, s := range Stages[order(stage)+1:] {
		if d := c.reached(s); d != "" {
			to = d
			break
		}
	}
	return daysBetween(from, to)
}

func daysBetween(from, to string) int {
	a, errA := time.Parse(time.DateOnly, from)
	b, errB := time.Parse(time.DateOnly, to)
	if errA != nil || errB != nil {
		return 0
	}
	return int(b.Sub(a).Hours() / 24)
}

// dueOn is the day until which a project may stay in a stage, "" for ever.
func (c *course) dueOn(stage string) string {
	days := c.gates.of(stage).Days
	from, err := time.Parse(time.DateOnly, c.reached(stage))
	if days == 0 || err != nil {
		return ""
	}
	return from.AddDate(0, 0, int(days)).Format(time.DateOnly)
}
