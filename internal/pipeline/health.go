package pipeline

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

// A flag is one test of a project's health. It is computed from what is on record whenever somebody looks, and never typed.
// The condition speaks of pipeline_project p; days gives its arguments.
type flag struct {
	code string
	cond string
	days func(today string) []any
}

const (
	hasStage  = `EXISTS (SELECT 1 FROM pipeline_move m WHERE m.project_id = p.id AND m.stage = '%' AND m.state <> 'refused')`
	startedBy = `EXISTS (SELECT 1 FROM pipeline_move m WHERE m.project_id = p.id AND m.stage = 'C1' AND m.state <> 'refused' AND m.reached_on <= ?)`
	paidSince = `EXISTS (SELECT 1 FROM pipeline_funds f WHERE f.project_id = p.id AND f.received_on > ?)`
	paidSoFar = `(SELECT CAST(coalesce(sum(f.amount), 0) AS BIGINT) FROM pipeline_funds f WHERE f.project_id = p.id)`
	anySince  = `(p.signed_on > ? OR EXISTS (SELECT 1 FROM pipeline_funds f WHERE f.project_id = p.id AND f.received_on > ?)
		OR EXISTS (SELECT 1 FROM pipeline_move m WHERE m.project_id = p.id AND m.reached_on > ?)
		OR EXISTS (SELECT 1 FROM pipeline_progress g WHERE g.project_id = p.id AND g.month >= substr(?, 1, 7)))`
	dueBefore = `EXISTS (SELECT 1 FROM pipeline_detail d WHERE d.project_id = p.id AND d.field = '%' AND d.value < ?)`
)

func has(stage string) string { return strings.ReplaceAll(hasStage, "%", stage) }
func due(field string) string { return strings.ReplaceAll(dueBefore, "%", field) }

// going are the projects that are tested: those that go on.
const going = `p.status = 'normal' AND `

// flags are the tests: the four of 项目体检, then more, the zombie last.
var flags = []flag{
	{"not_started", `p.signed_on <> '' AND p.signed_on <= ? AND NOT ` + has("C1"), func(t string) []any { return []any{back(t, 365)} }},
	{"dry", startedBy + ` AND NOT ` + has("P2") + ` AND NOT ` + paidSince, func(t string) []any { return []any{back(t, 91), back(t, 91)} }},
	{"thin", startedBy + ` AND p.amount > 0 AND ` + paidSoFar + ` * 100 < p.amount * 15`, func(t string) []any { return []any{back(t, 183)} }},
	{"mismatch", `p.amount > 0 AND EXISTS (SELECT 1 FROM pipeline_progress g WHERE g.project_id = p.id
		AND g.month = (SELECT max(x.month) FROM pipeline_progress x WHERE x.project_id = p.id) AND abs(g.percent * (p.amount / 100) - ` + paidSoFar + `) > p.amount / 100 * 30)`, nil},
	{"silent", `p.signed_on <> '' AND NOT ` + has("P2") + ` AND NOT ` + anySince, func(t string) []any { d := back(t, 91); return []any{d, d, d, d} }},
	{"framework_expired", `p.signed_on = '' AND EXISTS (SELECT 1 FROM pipeline_move m WHERE m.project_id = p.id AND m.stage = 'Q1' AND m.state <> 'refused' AND m.reached_on <= ?)`, func(t string) []any { return []any{back(t, 183)} }},
	{"start_overdue", `NOT ` + has("C1") + ` AND ` + due("start_due"), func(t string) []any { return []any{t} }},
	{"produce_overdue", `NOT ` + has("P2") + ` AND ` + due("produce_due"), func(t string) []any { return []any{t} }},
	{"gap", has("P2") + ` AND NOT ` + has("C1"), nil},
	{"zombie", `p.signed_on <> '' AND p.signed_on <= ? AND NOT ` + has("P2") + ` AND NOT ` + anySince, func(t string) []any { d := back(t, 183); return []any{back(t, 365), d, d, d, d} }},
}

func back(today string, days int) string {
	t, _ := time.Parse(time.DateOnly, today)
	return t.AddDate(0, 0, -days).Format(time.DateOnly)
}

// Flags lists the codes of the tests in their order.
func Flags() []string {
	out := make([]string, len(flags))
	for i, f := range flags {
		out[i] = f.code
	}
	return out
}

// where is the condition of a test with its arguments.
func (f flag) where(today string) (string, []any) {
	if f.days == nil {
		return going + f.cond, nil
	}
	return going + f.cond, f.days(today)
}

func flagByCode(code string) (flag, bool) {
	i := slices.IndexFunc(flags, func(f flag) bool { return f.code == code })
	if i < 0 {
		return flag{}, false
	}
	return flags[i], true
}

// health gives the tests that some projects fail, by project.
func health(ctx context.Context, tx *db.Tx, ids []string) (map[string][]string, error) {
	out := map[string][]string{}
	if len(ids) == 0 {
		return out, nil
	}
	type line struct {
		Project string `db:"id"`
		Flag    string `db:"flag"`
	}
	for part := range slices.Chunk(ids, 100) {
		var parts []string
		var args []any
		for _, f := range flags {
			cond, more := f.where(tx.Today())
			parts = append(parts, `SELECT p.id, '`+f.code+`' AS flag FROM pipeline_project p WHERE p.id IN `+db.In(len(part))+` AND `+cond)
			args = append(append(args, db.Args(part)...), more...)
		}
		err := db.Each(ctx, tx, strings.Join(parts, " UNION ALL "), args, func(l line) error {
			out[l.Project] = append(out[l.Project], l.Flag)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for id := range out {
		slices.SortFunc(out[id], func(a, b string) int { return slices.Index(Flags(), a) - slices.Index(Flags(), b) })
	}
	return out, nil
}

// Checkup counts the projects that fail a test.
type Checkup struct {
	Code  string `json:"code"`
	Count int64  `json:"count"`
}

// CheckupIn narrows a check-up.
type CheckupIn struct {
	Unit string `query:"unit" json:"unit,omitempty"`
}

// Checkups are the tests of the projects in scope.
type Checkups struct {
	Through string    `json:"through"`
	Tested  int64     `json:"tested"`
	Items   []Checkup `json:"items"`
}

// Health tests every project in scope that goes on, as of today.
func (s *Service) Health(ctx context.Context, in CheckupIn) (out Checkups, err error) {
	who, err := audit.Require(ctx, "project.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Through, out.Items = tx.Today(), []Checkup{}
		from := ` FROM pipeline_project p` + scopeJoin
		base := []any{who.Node, tx.Today(), tx.Today()}
		if in.Unit != "" {
			if err := org.Require(ctx, tx, who.Node, in.Unit); err != nil {
				return err
			}
			from += ` JOIN org_scope u ON u.node_id = p.unit_id AND u.root_id = ?`
			base = append(base, in.Unit)
		}
		if out.Tested, err = db.One[int64](ctx, tx, `SELECT count(*)`+from+` WHERE p.status = 'normal'`, base...); err != nil {
			return err
		}
		for _, f := range flags {
			cond, more := f.where(tx.Today())
			n, err := db.One[int64](ctx, tx, `SELECT count(DISTINCT p.id)`+from+` WHERE `+cond, append(slices.Clone(base), more...)...)
			if err != nil {
				return err
			}
			out.Items = append(out.Items, Checkup{f.code, n})
		}
		return nil
	})
	return out, err
}

func (s *Service) mountHealth(m *web.Mux) {
	web.Get(m, "/api/v1/projects/health", "project.read", s.Health, web.Doc("Tests that projects in scope fail"))
	web.Post(m, "/api/v1/projects/{project}/progress", "project.edit", s.progressStored, web.Status(http.StatusCreated), web.Doc("File a month's sheet of the works"))
	web.Get(m, "/api/v1/projects/rates", "figures.read", s.Rates, web.Doc("Rates of contracts kept, works begun, money received and production, by version"))
	m.Page("GET "+listPath+"/rates", "figures.read", s.ratesPage)
	m.Page("GET "+listPath+"/health", "project.read", s.healthPage)
	m.Page("GET "+listPath+"/{id}/progress", "project.edit", s.progressPage)
	m.Page("POST "+listPath+"/{id}/progress", "project.edit", s.progressPosted, web.MaxBody(maxUpload))
	m.Raw("GET "+listPath+"/{id}/progress/{month}/file", "evidence.read", s.sheet(m))
}

func (s *Service) healthPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[CheckupIn](r)
	if err != nil {
		return nil, err
	}
	out, err := s.Health(r.Context(), in)
	if err != nil {
		return nil, err
	}
	v := listView{}
	v.in.Unit = in.Unit
	if err := s.DB.Read(r.Context(), v.fill); err != nil {
		return nil, err
	}
	return healthPage(v, out), nil
}
