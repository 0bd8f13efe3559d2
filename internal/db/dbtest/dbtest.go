// Package dbtest gives each test a fresh, migrated database of its own: a SQLite file copied from a
// migrated one, and a PostgreSQL database cloned from a migrated template. There are no mocks.
//
//	dbtest.Each(t, func(t *testing.T, d *db.DB) { … })
//
// PostgreSQL needs no setting up beyond its programs being installed: the first test that asks starts a
// throw-away cluster, which dies with the test process. Without the programs the PostgreSQL half of a
// test is skipped with the words NOT RUN; where CI=true it fails instead.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"zhudian/internal/db"
)

// Engines are the databases every test passes on, in the order Each runs them.
var Engines = []db.Engine{db.SQLite, db.Postgres}

// Option changes how a test's database is opened.
type Option func(*db.Options)

// Clock makes now the time of every transaction.
func Clock(now func() time.Time) Option {
	return func(o *db.Options) { o.Now = now }
}

// At fixes the time of every transaction.
func At(t time.Time) Option {
	return Clock(func() time.Time { return t })
}

// Each runs test as the subtests "sqlite" and "postgres", each on a fresh migrated database.
func Each(t *testing.T, test func(t *testing.T, d *db.DB), options ...Option) {
	t.Helper()
	for _, engine := range Engines {
		t.Run(string(engine), func(t *testing.T) { test(t, Open(t, engine, options...)) })
	}
}

// Open returns a fresh migrated database, closed and thrown away when the test ends.
func Open(t testing.TB, engine db.Engine, options ...Option) *db.DB {
	t.Helper()
	return open(t, DSN(t, engine), options)
}

// DSN names a fresh migrated database that nobody has opened yet, for tests that start the program itself.
func DSN(t testing.TB, engine db.Engine) string {
	t.Helper()
	if engine == db.Postgres {
		return server(t).clone(t, template)
	}
	file := filepath.Join(t.TempDir(), "zhudian.db")
	image, err := migrated()
	if err != nil {
		t.Fatalf("dbtest: migrate SQLite: %v", err)
	}
	if err := os.WriteFile(file, image, 0o600); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return file
}

// EmptyDSN names a database without any table, for tests of the migrations themselves.
func EmptyDSN(t testing.TB, engine db.Engine) string {
	t.Helper()
	if engine == db.Postgres {
		return server(t).clone(t, "template0")
	}
	return filepath.Join(t.TempDir(), "zhudian.db")
}

func open(t testing.TB, dsn string, options []Option) *db.DB {
	t.Helper()
	o := db.Options{DSN: dsn}
	for _, set := range options {
		set(&o)
	}
	d, err := db.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("dbtest: open %s: %v", dsn, err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// migrated is the content of a migrated SQLite file, made once per process.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "zhudian-sqlite-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "zhudian.db")
	if err := migrate(file); err != nil {
		return nil, err
	}
	return os.ReadFile(file) // #nosec G304 -- made just above
})

func migrate(dsn string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d, err := db.Open(ctx, db.Options{DSN: dsn})
	if err != nil {
		return err
	}
	if err := d.Migrate(ctx); err != nil {
		_ = d.Close()
		return err
	}
	return d.Close()
}
