package apptest_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
)

// The data of each release stands in testdata/release: VERSION.jsonl.gz is an export, VERSION.migrations.txt the
// migrations that release had, VERSION.said.csv what it said of its data. A stored release is never written again.
const releases = "testdata/release"

// saidThen is what every later program must say of a release's data, byte for byte: figures that will always exist, in the one
// format that does not grow, and both proofs.
func saidThen(t *testing.T, p place) string {
	t.Helper()
	var b strings.Builder
	for _, book := range []string{"filed", "reviewed", "recognised"} {
		b.WriteString(book + "\n")
		b.WriteString(zhudian(t, p, "figures", "--through", "2020-12-31", "--format", "csv", "--book", book, "--by", "county,month",
			"--measure", "visit.enterprise,contract.amount"))
	}
	return b.String() + zhudian(t, p, "ledger", "verify") + zhudian(t, p, "audit", "verify")
}

// TestFreeze_release stores the data of a release; it runs for make freeze alone.
func TestFreeze_release(t *testing.T) {
	version := os.Getenv("ZHUDIAN_FREEZE")
	if version == "" {
		t.Skip("only make freeze writes a release's data")
	}
	w, _ := worldWithEvidence(t, db.SQLite)
	plain := filepath.Join(t.TempDir(), "all.jsonl")
	zhudian(t, placeOf(w), "export", plain)
	if err := os.MkdirAll(releases, 0o750); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(releases, version)
	f, err := os.OpenFile(name+".jsonl.gz", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // a file of the repository
	if err != nil {
		t.Fatal(err)
	}
	zipped, _ := gzip.NewWriterLevel(f, gzip.BestCompression)
	_, err = zipped.Write([]byte(read(t, plain)))
	if err := errors.Join(err, zipped.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	versions, err := db.Versions()
	if err != nil {
		t.Fatal(err)
	}
	for end, text := range map[string]string{".migrations.txt": strings.Join(versions, "\n") + "\n", ".said.csv": saidThen(t, placeOf(w))} {
		if err := os.WriteFile(name+end, []byte(text), 0o644); err != nil { //nolint:gosec // a file of the repository
			t.Fatal(err)
		}
	}
}

// TestRelease_migrates puts the data of every release into the schema it was written for, runs the migrations that came later, and
// asks what the release was asked: the answers must be the same bytes, on both engines.
func TestRelease_migrates(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(releases, "*.jsonl.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no releases are stored (%v)", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".jsonl.gz")
		for _, engine := range dbtest.Engines {
			t.Run(filepath.Base(name)+"/"+string(engine), func(t *testing.T) {
				p := newPlace(t, engine)
				fill(t, p.dsn, file, strings.Fields(read(t, name+".migrations.txt")))
				if want, got := read(t, name+".said.csv"), saidThen(t, p); got != want {
					t.Errorf("now it says\n%s\nthe release said\n%s", got, want)
				}
			})
		}
	}
}

// fill makes the database as a release left it and migrates it to today's schema.
func fill(t *testing.T, dsn, file string, versions []string) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close() //nolint:errcheck // what it holds is looked at afterwards
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	zipped, err := gzip.NewReader(f)
	if err == nil {
		err = d.MigrateAs(t.Context(), versions)
	}
	if err == nil {
		err = d.Write(t.Context(), undump(zipped))
	}
	if err == nil {
		err = d.Migrate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// undump reads the rows; the evidence files of an export stay where they are.
func undump(r io.Reader) func(context.Context, *db.Tx) error {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := db.Undump(ctx, tx, r, func(db.Line) error { return nil })
		return err
	}
}
