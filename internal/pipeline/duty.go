package pipeline

import (
	"context"

	"zhudian/internal/db"
)

// Duty is how the promises of one side of a project stood on a day: how many had fallen due, and how many of them were
// kept. What was waived is owed no more.
type Duty struct {
	Project string `db:"project_id"`
	Name    string `db:"name"`
	Unit    string `db:"unit_id"`
	Side    string `db:"side"`
	Due     int64  `db:"due"`
	Kept    int64  `db:"kept"`
}

// DutiesBy gives the duties of every project by a day, inclusive; a side to which nothing had fallen due is left out.
func DutiesBy(ctx context.Context, tx *db.Tx, day string) ([]Duty, error) {
	return db.All[Duty](ctx, tx, `SELECT r.project_id, p.name, p.unit_id, r.side, COUNT(*) AS due, SUM(CASE WHEN r.state = 'met' AND r.settled_on <= ? THEN 1 ELSE 0 END) AS kept
		FROM pipeline_promise r JOIN pipeline_project p ON p.id = r.project_id
		WHERE r.due_on <= ? AND (r.state <> 'waived' OR r.settled_on > ?) GROUP BY r.project_id, p.name, p.unit_id, r.side ORDER BY r.project_id, r.side`, day, day, day)
}
