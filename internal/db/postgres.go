package db

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"zhudian/internal/fault"
)

// retries bounds how often a transaction starts again after it lost a race.
const retries = 10

func (d *DB) openPostgres(ctx context.Context, o Options) error {
	config, err := pgxpool.ParseConfig(o.DSN)
	if err != nil {
		return fault.Wrap(err, "open PostgreSQL")
	}
	config.MaxConns = 24
	config.MaxConnIdleTime = 5 * time.Minute
	if o.ReadOnly {
		config.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	}
	if d.pg, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fault.Wrap(err, "open PostgreSQL")
	}
	return fault.Wrap(d.pg.Ping(ctx), "reach PostgreSQL")
}

func (d *DB) pgRead(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return d.pgRun(ctx, "begin isolation level repeatable read read only", "rollback", fn)
}

func (d *DB) pgWrite(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return d.pgRun(ctx, "begin", "commit", fn)
}

func (d *DB) pgRun(ctx context.Context, begin, end string, fn func(ctx context.Context, tx *Tx) error) error {
	for try := 1; ; try++ {
		err := d.pgTry(ctx, begin, end, fn)
		if err == nil || try == retries || !lostRace(err) {
			return asFault(err)
		}
		pause := time.Duration(rand.IntN(1<<min(try, 6))+1) * time.Millisecond //nolint:gosec // jitter
		select {
		case <-ctx.Done():
			return asFault(ctx.Err())
		case <-time.After(pause):
		}
	}
}

func (d *DB) pgTry(ctx context.Context, begin, end string, fn func(ctx context.Context, tx *Tx) error) error {
	conn, err := d.pg.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release() // one that still has a transaction, or an answer to read, is closed instead
	run := &pgRunner{conn: conn.Conn(), begin: begin}
	tx := &Tx{db: d, now: d.Now(), run: run}
	if err := tx.call(ctx, fn); err != nil {
		run.rollback(ctx)
		return err
	}
	if err := run.finish(ctx, end); err != nil {
		run.rollback(ctx)
		return err
	}
	d.grouped(1)
	tx.committed()
	return nil
}

// lostRace: serialization failure or deadlock, told by number, or a connection that broke before it was used.
func lostRace(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "40001" || pg.Code == "40P01"
	}
	return pgconn.SafeToRetry(err)
}

// pgRunner is one transaction on one connection. What needs no answer waits, and goes to the server together with the
// next statement that does, or with the commit: the locks of a busy chain are held for a few round trips only.
type pgRunner struct {
	conn   *pgx.Conn
	begin  string // not sent yet
	queued []pgStatement
	args   int // of what is queued
}

type pgStatement struct {
	text string
	args []any
	read func(rows) error // of a query
}

const (
	// freshPlan is the number of arguments from which a query is planned each time. PostgreSQL keeps the plan of a
	// prepared statement, and the one it made for a long list over an empty table reads all of the table ever after.
	freshPlan = 16
	// queueArgs and queueTexts bound what waits.
	queueArgs  = 20_000
	queueTexts = 64
)

func (r *pgRunner) later(ctx context.Context, text string, args []any) error {
	return r.wait(ctx, pgStatement{text: text, args: args})
}

func (r *pgRunner) ask(ctx context.Context, text string, args []any, read func(rows) error) error {
	if len(args) >= freshPlan {
		return readNow(ctx, r, text, args, read)
	}
	return r.wait(ctx, pgStatement{text, args, read})
}

func (r *pgRunner) wait(ctx context.Context, s pgStatement) error {
	r.queued = append(r.queued, s)
	r.args += len(s.args)
	if len(r.queued) < queueTexts && r.args < queueArgs {
		return nil
	}
	return r.flush(ctx)
}

func (r *pgRunner) exec(ctx context.Context, text string, args []any) (int64, error) {
	if len(args) == 0 { // may be a change of the schema, which what follows must see
		if err := r.flush(ctx); err != nil {
			return 0, err
		}
		tag, err := r.conn.Exec(ctx, text)
		return tag.RowsAffected(), err
	}
	sent := r.send(ctx, pgStatement{text: text, args: args})
	defer sent.Close() //nolint:errcheck // a failed statement shows in what it gives
	if err := r.settle(sent); err != nil {
		return 0, err
	}
	tag, err := sent.Exec()
	if err != nil {
		return 0, err
	}
	return tag.RowsAffected(), sent.Close()
}

func (r *pgRunner) query(ctx context.Context, text string, args []any) (rows, error) {
	if len(args) >= freshPlan {
		if err := r.flush(ctx); err != nil {
			return nil, err
		}
		out, err := r.conn.Query(ctx, bind(text), append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
		return &pgRows{Rows: out}, err
	}
	sent := r.send(ctx, pgStatement{text: text, args: args})
	if err := r.settle(sent); err != nil {
		_ = sent.Close()
		return nil, err
	}
	out, err := sent.Query()
	if err != nil {
		_ = sent.Close()
		return nil, err
	}
	return &pgRows{out, sent}, nil
}

// send sends everything that waits, and then more, in one go.
func (r *pgRunner) send(ctx context.Context, more ...pgStatement) pgx.BatchResults {
	var batch pgx.Batch
	if r.begin != "" {
		batch.Queue(r.begin)
	}
	for _, s := range r.queued {
		batch.Queue(bind(s.text), s.args...)
	}
	for _, s := range more {
		batch.Queue(bind(s.text), s.args...)
	}
	return r.conn.SendBatch(ctx, &batch)
}

// settle reads the answers of everything that waited.
func (r *pgRunner) settle(sent pgx.BatchResults) error {
	if r.begin != "" {
		if _, err := sent.Exec(); err != nil {
			return err
		}
		r.begin = ""
	}
	queued := r.queued
	r.queued, r.args = nil, 0
	for _, s := range queued {
		if err := s.settle(sent); err != nil {
			return explain(err, s.text)
		}
	}
	return nil
}

func (s pgStatement) settle(sent pgx.BatchResults) error {
	if s.read == nil {
		_, err := sent.Exec()
		return err
	}
	found, err := sent.Query()
	if err != nil {
		return err
	}
	defer found.Close()
	return s.read(&pgRows{Rows: found})
}

func (r *pgRunner) flush(ctx context.Context) error {
	if r.begin == "" && len(r.queued) == 0 {
		return nil
	}
	sent := r.send(ctx)
	if err := r.settle(sent); err != nil {
		_ = sent.Close()
		return err
	}
	return sent.Close()
}

// finish sends what waits together with the end of the transaction.
func (r *pgRunner) finish(ctx context.Context, end string) error {
	if r.begin != "" && len(r.queued) == 0 {
		return nil // nothing was asked
	}
	sent := r.send(ctx, pgStatement{text: end})
	defer sent.Close() //nolint:errcheck // as in exec
	if err := r.settle(sent); err != nil {
		return err
	}
	if _, err := sent.Exec(); err != nil {
		return err
	}
	return sent.Close()
}

// rollback undoes what was begun; if it cannot, the pool closes the connection, which undoes it as well.
func (r *pgRunner) rollback(ctx context.Context) {
	if r.conn.IsClosed() || r.conn.PgConn().TxStatus() == 'I' {
		return
	}
	_, _ = r.conn.Exec(context.WithoutCancel(ctx), "rollback")
}

// pgRows are the answer of one query, perhaps the last of several that were sent together.
type pgRows struct {
	pgx.Rows
	sent pgx.BatchResults
}

func (r *pgRows) Columns() ([]string, error) {
	fields := r.FieldDescriptions()
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.Name
	}
	return out, nil
}

func (r *pgRows) Close() error {
	r.Rows.Close()
	if r.sent == nil {
		return r.Err()
	}
	return r.sent.Close()
}
