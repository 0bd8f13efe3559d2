package db

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver, registered as "pgx"

	"zhudian/internal/fault"
)

// retries bounds how often a write starts again after it lost a race.
const retries = 10

func (d *DB) openPostgres(ctx context.Context, o Options) error {
	pool, err := sql.Open("pgx", o.DSN)
	if err != nil {
		return fault.Wrap(err, "open PostgreSQL")
	}
	pool.SetMaxOpenConns(24)
	pool.SetMaxIdleConns(24)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	d.pg = pool
	return fault.Wrap(pool.PingContext(ctx), "reach PostgreSQL")
}

func (d *DB) pgRead(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	conn, err := d.pg.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return asFault(err)
	}
	defer conn.Rollback() //nolint:errcheck // a read has nothing to lose
	tx := &Tx{db: d, now: d.Now(), run: pgRunner{conn}}
	return asFault(fn(context.WithValue(ctx, txKey{}, tx), tx))
}

func (d *DB) pgWrite(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	for try := 1; ; try++ {
		err := d.pgTry(ctx, fn)
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

func (d *DB) pgTry(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	conn, err := d.pg.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer conn.Rollback() //nolint:errcheck // after a commit it does nothing; after an error the first error counts
	tx := &Tx{db: d, now: d.Now(), run: pgRunner{conn}}
	if err := fn(context.WithValue(ctx, txKey{}, tx), tx); err != nil {
		return err
	}
	if err := conn.Commit(); err != nil {
		return err
	}
	d.grouped(1)
	tx.committed()
	return nil
}

// lostRace: serialization failure or deadlock, told by number.
func lostRace(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

type pgRunner struct{ tx *sql.Tx }

func (r pgRunner) exec(ctx context.Context, text string, args []any) (sql.Result, error) {
	return r.tx.ExecContext(ctx, bind(text), args...)
}

func (r pgRunner) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	return r.tx.QueryContext(ctx, bind(text), args...)
}
