package company

import (
	"context"
	"encoding/json"
	"time"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/sheet"
)

const jobSelect = `SELECT id, name, file, size, state, mapping, actor, person_id, node_id, total, done, created, updated, unchanged, refused,
	problem, stop_asked, created_at, started_at, ended_at, beat_at FROM company_import`

func jobByID(ctx context.Context, tx *db.Tx, person, id string) (jobRow, error) {
	return db.One[jobRow](ctx, tx, jobSelect+` WHERE id = ? AND person_id = ?`, id, person)
}

// countJobs counts the jobs that work or wait for work, of one person or of all.
func countJobs(ctx context.Context, tx *db.Tx, person string) (int64, error) {
	text, args := `SELECT count(*) FROM company_import WHERE state IN ('checking', 'queued', 'running')`, []any{}
	if person != "" {
		text, args = text+` AND person_id = ?`, append(args, person)
	}
	return db.One[int64](ctx, tx, text, args...)
}

// claimJob takes the oldest waiting job, or one whose runner has gone silent.
func claimJob(ctx context.Context, tx *db.Tx, stale time.Duration) (jobRow, bool, error) {
	now := db.Micros(tx.Now())
	j, ok, err := db.Maybe[jobRow](ctx, tx, jobSelect+` WHERE state IN ('checking', 'queued', 'running') AND beat_at < ?
		ORDER BY created_at, id LIMIT 1`, now-stale.Microseconds())
	if err != nil || !ok {
		return j, false, err
	}
	state := j.State
	if state == Queued {
		state = Running
	}
	n, err := db.Exec(ctx, tx, `UPDATE company_import SET state = ?, beat_at = ?, started_at = CASE WHEN started_at = 0 THEN ? ELSE started_at END
		WHERE id = ? AND state = ? AND beat_at = ?`, state, now, now, j.ID, j.State, j.BeatAt)
	j.State, j.BeatAt = state, now
	return j, n == 1, err
}

// beatJob notes progress; losing the job to another runner undoes the batch.
func beatJob(ctx context.Context, tx *db.Tx, j jobRow) (int64, error) {
	now := max(db.Micros(tx.Now()), j.BeatAt+1)
	n, err := db.Exec(ctx, tx, `UPDATE company_import SET done = ?, created = ?, updated = ?, unchanged = ?, refused = ?, beat_at = ?
		WHERE id = ? AND beat_at = ?`, j.Done, j.Created, j.Updated, j.Unchanged, j.Refused, now, j.ID, j.BeatAt)
	if err == nil && n == 0 {
		err = lostJob()
	}
	return now, err
}

func lostJob() error {
	return fault.New(fault.Conflict, "import_taken", "另一台服务器已接手这次导入。", "Another server has taken over this import.")
}

// stirJob shows that the runner lives and tells whether the person asked to stop.
func stirJob(ctx context.Context, tx *db.Tx, j jobRow) (stop bool, beat int64, err error) {
	beat = max(db.Micros(tx.Now()), j.BeatAt+1)
	n, err := db.Exec(ctx, tx, `UPDATE company_import SET beat_at = ? WHERE id = ? AND beat_at = ?`, beat, j.ID, j.BeatAt)
	if err != nil || n == 0 {
		return true, j.BeatAt, err
	}
	stop, err = db.One[bool](ctx, tx, `SELECT stop_asked FROM company_import WHERE id = ?`, j.ID)
	return stop, beat, err
}

func finishJob(ctx context.Context, tx *db.Tx, j jobRow, state, problem string) error {
	n, err := db.Exec(ctx, tx, `UPDATE company_import SET state = ?, problem = ?, ended_at = ? WHERE id = ? AND beat_at = ?`,
		state, problem, db.Micros(tx.Now()), j.ID, j.BeatAt)
	if err == nil && n == 0 {
		err = lostJob()
	}
	return err
}

func saveJob(ctx context.Context, tx *db.Tx, j, seen jobRow) error {
	n, err := db.Exec(ctx, tx, `UPDATE company_import SET state = ?, mapping = ?, total = ?, done = ?, created = ?, updated = ?, unchanged = ?,
			refused = ?, problem = ?, beat_at = ?
		WHERE id = ? AND state = ? AND beat_at = ?`, j.State, j.Mapping, j.Total, j.Done, j.Created, j.Updated, j.Unchanged, j.Refused, j.Problem,
		j.BeatAt, j.ID, seen.State, seen.BeatAt)
	if err == nil && n == 0 {
		err = lostJob()
	}
	return err
}

// stopJob ends a job that waits, and asks the runner of one that works to stop.
func stopJob(ctx context.Context, tx *db.Tx, person, id string) error {
	if _, err := db.Exec(ctx, tx, `UPDATE company_import SET stop_asked = TRUE WHERE id = ? AND person_id = ? AND state IN ('checking', 'running')`, id, person); err != nil {
		return err
	}
	_, err := db.Exec(ctx, tx, `UPDATE company_import SET state = 'cancelled', ended_at = ? WHERE id = ? AND person_id = ? AND state IN ('ready', 'queued', 'failed')`,
		db.Micros(tx.Now()), id, person)
	return err
}

func dropRefused(ctx context.Context, tx *db.Tx, id string) error {
	_, err := db.Exec(ctx, tx, `DELETE FROM company_import_row WHERE import_id = ?`, id)
	return err
}

func eachRefused(ctx context.Context, tx *db.Tx, id string, limit int, fn func(sheet.Refused) error) error {
	type line struct {
		Row      int64  `db:"row_no"`
		Problems string `db:"problems"`
		Cells    string `db:"cells"`
	}
	return db.Each(ctx, tx, `SELECT row_no, problems, cells FROM company_import_row WHERE import_id = ? ORDER BY row_no`+limitText(limit), []any{id}, func(l line) error {
		r := sheet.Refused{Row: int(l.Row)}
		if err := json.Unmarshal([]byte(l.Problems), &r.Problems); err != nil {
			return fault.Wrap(err, "read the report")
		}
		if err := json.Unmarshal([]byte(l.Cells), &r.Cells); err != nil {
			return fault.Wrap(err, "read the report")
		}
		return fn(r)
	})
}
