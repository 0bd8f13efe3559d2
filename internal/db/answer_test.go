package db_test

import (
	"context"
	"errors"
	"testing"

	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
)

type thing struct {
	ID string `db:"id"`
	N  int64  `db:"n"`
}

// things runs a test on a table of its own.
func things(t *testing.T, test func(t *testing.T, d *db.DB)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := db.Exec(ctx, tx, `CREATE TABLE thing (id TEXT PRIMARY KEY, n BIGINT NOT NULL)`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		test(t, d)
	})
}

func count(t *testing.T, d *db.DB) (n int64) {
	t.Helper()
	err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = db.One[int64](ctx, tx, `SELECT count(*) FROM thing`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What waits to be sent is seen by every later query of the transaction, in order, and its error undoes all of it.
func TestInsert_waits(t *testing.T) {
	things(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			if err := db.Insert(ctx, tx, "thing", thing{"a", 1}); err != nil {
				return err
			}
			before := db.Ask[int64](ctx, tx, `SELECT n FROM thing WHERE id = ?`, "a")
			if err := db.Do(ctx, tx, `UPDATE thing SET n = ? WHERE id = ?`, 2, "a"); err != nil {
				return err
			}
			after, err := db.One[int64](ctx, tx, `SELECT n FROM thing WHERE id = ?`, "a")
			if err != nil || after != 2 {
				t.Error(after, err)
			}
			if was, err := before.One(ctx); err != nil || was != 1 {
				t.Error(was, err)
			}
			many := make([]any, 100)
			for i := range many {
				many[i] = "x"
			}
			if _, ok, err := db.Maybe[string](ctx, tx, `SELECT id FROM thing WHERE id IN `+db.In(100), many...); ok || err != nil {
				t.Error(ok, err)
			}
			return db.Insert(ctx, tx, "thing", []thing{{"b", 1}, {"c", 1}})
		})
		if err != nil || count(t, d) != 3 {
			t.Fatal(err, count(t, d))
		}
		err = d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			if err := db.Insert(ctx, tx, "thing", thing{"d", 1}); err != nil {
				return err
			}
			return db.Insert(ctx, tx, "thing", thing{"a", 1})
		})
		if !fault.Is(err, fault.Conflict) || count(t, d) != 3 {
			t.Fatal(err, count(t, d))
		}
	})
}

type last struct {
	n   int64
	err error
}

func (l *last) Foresee(context.Context, *db.Tx) {}

func (l *last) Finish(ctx context.Context, tx *db.Tx) error {
	if err := db.Insert(ctx, tx, "thing", thing{"last", l.n}); err != nil {
		return err
	}
	return l.err
}

// A Finisher runs once, after everything else, and its error undoes everything.
func TestAtEnd(t *testing.T) {
	things(t, func(t *testing.T, d *db.DB) {
		run := func(fails error) error {
			return d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				for range 3 {
					tx.AtEnd("key", func() db.Finisher { return &last{err: fails} }).(*last).n++
				}
				return db.Insert(ctx, tx, "thing", thing{"first", 0})
			})
		}
		if err := run(errors.New("no")); err == nil || count(t, d) != 0 {
			t.Fatal(err, count(t, d))
		}
		if err := run(nil); err != nil || count(t, d) != 2 {
			t.Fatal(err, count(t, d))
		}
		err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			n, err := db.One[int64](ctx, tx, `SELECT n FROM thing WHERE id = ?`, "last")
			if n != 3 {
				t.Error(n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// A caller who leaves, or a statement that fails, costs others nothing: the next one finds a clean connection.
func TestWrite_leavesNothingOpen(t *testing.T) {
	things(t, func(t *testing.T, d *db.DB) {
		for i := range 40 {
			ctx, cancel := context.WithCancel(t.Context())
			err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				if err := db.Insert(ctx, tx, "thing", thing{"gone", 1}); err != nil {
					return err
				}
				if i%2 == 0 {
					_, err := db.Exec(ctx, tx, `INSERT INTO thing (id, n) VALUES (?, ?)`, "gone", 1)
					return err
				}
				cancel()
				return ctx.Err()
			})
			cancel()
			if err == nil && i%2 == 0 {
				t.Fatal("stored twice")
			}
		}
		if err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := db.Exec(ctx, tx, `DELETE FROM thing`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return db.Insert(ctx, tx, "thing", thing{"read", 1})
		})
		if err == nil || count(t, d) != 0 {
			t.Fatal("a read wrote", err, count(t, d))
		}
	})
}
