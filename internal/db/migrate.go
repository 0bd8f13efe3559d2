package db

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"sort"
	"strings"

	"zhudian/internal/fault"
)

//go:embed migration/*.sql
var migrationFiles embed.FS

// A migration is one numbered step, forward only, in one transaction. Its file is PostgreSQL spelling and
// serves both engines; what has no common spelling (triggers, full text) has a .sqlite.sql and a .postgres.sql twin.
type migration struct {
	version string // "0030_ledger_entry"
	text    string // already in the engine's spelling
	sum     string // of the file as written, so a changed file is noticed
	twin    bool   // spelled for one engine alone
}

func migrations(engine Engine) ([]migration, error) {
	names, err := fs.Glob(migrationFiles, "migration/*.sql")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var out []migration
	for _, name := range names {
		version := strings.TrimSuffix(strings.TrimPrefix(name, "migration/"), ".sql")
		base, twin, isTwin := strings.Cut(version, ".")
		if isTwin && twin != string(engine) {
			continue
		}
		raw, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		text := string(raw)
		if engine == SQLite && !isTwin {
			text = forSQLite(text)
		}
		sum := sha256.Sum256(raw)
		out = append(out, migration{version: base, text: text, sum: hex.EncodeToString(sum[:]), twin: isTwin})
	}
	return out, nil
}

var (
	wideTypes = regexp.MustCompile(`\b(BIGINT|BOOLEAN)\b`)
	tableEnd  = regexp.MustCompile(`(?m)^\);`)
)

// forSQLite changes the two type names SQLite does not know and makes every table STRICT, without which
// it would keep a text in a number column and say nothing.
func forSQLite(text string) string {
	return tableEnd.ReplaceAllString(wideTypes.ReplaceAllString(text, "INTEGER"), ") STRICT;")
}

// Migrate brings the database to this program's schema. A database that is newer than the program is refused.
func (d *DB) Migrate(ctx context.Context) error {
	return d.migrate(ctx, func(string) bool { return true })
}

// MigrateAs brings an empty database to the schema of an earlier release, which had only the given versions; Migrate
// then takes it further. For tests of migrations on what was released.
func (d *DB) MigrateAs(ctx context.Context, versions []string) error {
	return d.migrate(ctx, func(version string) bool { return slices.Contains(versions, version) })
}

// Versions lists this program's migrations in the order in which they run; it is the same on both engines.
func Versions() ([]string, error) {
	steps, err := migrations(SQLite)
	out := make([]string, len(steps))
	for i, m := range steps {
		out[i] = m.version
	}
	return out, err
}

func (d *DB) migrate(ctx context.Context, wanted func(version string) bool) error {
	steps, err := migrations(d.engine)
	if err != nil {
		return fault.Wrap(err, "read migrations")
	}
	done, err := d.applied(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, m := range steps {
		known[m.version] = true
		if !wanted(m.version) {
			continue
		}
		if sum, ok := done[m.version]; ok {
			if sum != m.sum {
				return fault.Wrap(fmt.Errorf("migration %s was changed after it ran", m.version), "migrate")
			}
			continue
		}
		if err := d.apply(ctx, m); err != nil {
			return fault.Wrap(fmt.Errorf("%s: %w", m.version, err), "migrate")
		}
	}
	for version := range done {
		if !known[version] {
			return fault.New(fault.Unavailable, "newer_schema",
				"数据库由更新的版本写过（"+version+"），请换用同样新或更新的程序。",
				"The database was written by a newer version ("+version+"); use a program at least as new.")
		}
	}
	return nil
}

// Pending counts the migrations that have not run; on a new database that is all of them.
func (d *DB) Pending(ctx context.Context) (int, error) {
	steps, err := migrations(d.engine)
	if err != nil {
		return 0, err
	}
	var n int
	err = d.Read(ctx, func(ctx context.Context, tx *Tx) error {
		have, err := hasTable(ctx, tx, "db_migration")
		if err != nil || !have {
			n = len(steps)
			return err
		}
		ran, err := One[int](ctx, tx, `SELECT count(*) FROM db_migration`)
		n = len(steps) - ran
		return err
	})
	return n, err
}

func (d *DB) applied(ctx context.Context) (map[string]string, error) {
	type row struct {
		Version string `db:"version"`
		Sum     string `db:"sum"`
	}
	out := map[string]string{}
	err := d.Write(ctx, func(ctx context.Context, tx *Tx) error {
		if tx.Engine() == Postgres { // two servers may start at once
			if _, err := Exec(ctx, tx, `SELECT pg_advisory_xact_lock(7239001)`); err != nil {
				return err
			}
		}
		if _, err := Exec(ctx, tx, `CREATE TABLE IF NOT EXISTS db_migration (version TEXT PRIMARY KEY, sum TEXT NOT NULL, at BIGINT NOT NULL)`); err != nil {
			return err
		}
		rows, err := All[row](ctx, tx, `SELECT version, sum FROM db_migration`)
		for _, r := range rows {
			out[r.Version] = r.Sum
		}
		return err
	})
	return out, err
}

func (d *DB) apply(ctx context.Context, m migration) error {
	return d.Write(ctx, func(ctx context.Context, tx *Tx) error {
		if tx.Engine() == Postgres {
			if _, err := Exec(ctx, tx, `SELECT pg_advisory_xact_lock(7239001)`); err != nil {
				return err
			}
			if _, done, err := Maybe[string](ctx, tx, `SELECT version FROM db_migration WHERE version = ?`, m.version); err != nil || done {
				return err
			}
		}
		for _, statement := range splitStatements(m.text) {
			if _, err := Exec(ctx, tx, statement); err != nil {
				return err
			}
		}
		_, err := Exec(ctx, tx, `INSERT INTO db_migration (version, sum, at) VALUES (?, ?, ?)`, m.version, m.sum, Micros(tx.Now()))
		return err
	})
}

func hasTable(ctx context.Context, tx *Tx, name string) (bool, error) {
	text := `SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?`
	if tx.Engine() == Postgres {
		text = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename = ?`
	}
	_, ok, err := Maybe[string](ctx, tx, text, name)
	return ok, err
}

// splitStatements cuts a file at semicolons that end a line, but not inside $$ … $$ or BEGIN … END bodies.
func splitStatements(text string) []string {
	var out []string
	var b strings.Builder
	inDollar, inBody := false, false
	for _, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "--") || (trimmed == "" && b.Len() == 0) {
			continue
		}
		b.WriteString(line + "\n")
		if strings.Count(line, "$$")%2 == 1 {
			inDollar = !inDollar
		}
		if !inDollar && strings.EqualFold(trimmed, "BEGIN") {
			inBody = true
		}
		if inBody && strings.EqualFold(trimmed, "END;") {
			inBody = false
		}
		if strings.HasSuffix(trimmed, ";") && !inDollar && !inBody {
			out = append(out, b.String())
			b.Reset()
		}
	}
	if strings.TrimSpace(b.String()) != "" {
		out = append(out, b.String())
	}
	return out
}
