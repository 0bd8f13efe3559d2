package assess

import (
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/db"
)

const runColumns = `r.id, r.code, r.version, r.body, r.node_id, r.station_id, r.from_day, r.through_day, r.known, r.set_at, r.made_by, r.made_at, r.state,
	r.notice_on, r.appeal_until, r.published_on, r.published_by, r.row_version`

// seen limits to the runs that a person may see: those who assess see every run of their scope; the assessed see a run
// that is out and has something of theirs.
func seen(tx *db.Tx, who audit.Actor) (string, []any) {
	if who.May("assess.run") || who.May("assess.publish") {
		return `EXISTS (SELECT 1 FROM org_scope o WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = r.node_id)`, []any{who.Node, tx.Today(), tx.Today()}
	}
	return `r.state IN ('notice', 'published') AND EXISTS (SELECT 1 FROM assess_result x JOIN org_scope o ON o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
		AND o.node_id = x.subject WHERE x.run_id = r.id)`, []any{who.Node, tx.Today(), tx.Today()}
}

func runInScope(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Run, error) {
	cond, args := seen(tx, who)
	r, err := db.One[Run](ctx, tx, `SELECT `+runColumns+` FROM assess_run r WHERE r.id = ? AND `+cond, append([]any{id}, args...)...)
	return r, absent(err)
}

func runs(ctx context.Context, tx *db.Tx, who audit.Actor, key []string, size int) ([]Run, error) {
	cond, args := seen(tx, who)
	if key != nil {
		cond += " AND r.id < ?"
		args = append(args, key[0])
	}
	return db.All[Run](ctx, tx, `SELECT `+runColumns+` FROM assess_run r WHERE `+cond+` ORDER BY r.id DESC LIMIT ?`, append(args, size)...)
}

func resultsOf(ctx context.Context, tx *db.Tx, run string) ([]Result, error) {
	return db.All[Result](ctx, tx, `SELECT run_id, subject, grp, covered, base, bonus, deducted, vetoed, total, place FROM assess_result WHERE run_id = ?
		ORDER BY grp, total DESC, subject`, run)
}

// scoresOf gives the lines of a run, of one subject or of all.
func scoresOf(ctx context.Context, tx *db.Tx, run, subject string) ([]Score, error) {
	cond, args := "", []any{run}
	if subject != "" {
		cond, args = " AND subject = ?", append(args, subject)
	}
	return db.All[Score](ctx, tx, `SELECT run_id, subject, line, kind, item, has_data, weight, spread, numerator, denominator, ratio, points, top_ask, bottom_ask
		FROM assess_score WHERE run_id = ?`+cond+` ORDER BY subject, line`, args...)
}

const appealColumns = `a.id, a.run_id, a.subject, a.item, a.reason, a.filed_by, a.filed_on, a.state, a.answer, a.answered_by, a.answered_on`

func appealsOf(ctx context.Context, tx *db.Tx, run string) ([]Appeal, error) {
	return db.All[Appeal](ctx, tx, `SELECT `+appealColumns+` FROM assess_appeal a WHERE a.run_id = ? ORDER BY a.filed_on, a.id`, run)
}

// inView gives which of a run's subjects a person may see.
func inView(ctx context.Context, tx *db.Tx, who audit.Actor, run string) (map[string]bool, error) {
	list, err := db.All[string](ctx, tx, `SELECT x.subject FROM assess_result x JOIN org_scope o ON o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = x.subject
		WHERE x.run_id = ?`, who.Node, tx.Today(), tx.Today(), run)
	out := map[string]bool{}
	for _, id := range list {
		out[id] = true
	}
	return out, err
}
