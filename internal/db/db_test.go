package db

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"zhudian/internal/fault"
)

func openTest(t testing.TB) *DB {
	t.Helper()
	d, err := Open(context.Background(), Options{DSN: filepath.Join(t.TempDir(), "t.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	err = d.Write(context.Background(), func(ctx context.Context, tx *Tx) error {
		_, err := Exec(ctx, tx, `CREATE TABLE thing (id TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

type thing struct {
	ID string `db:"id"`
	N  int64  `db:"n"`
}

func TestWrite_membersOfOneGroupFailAlone(t *testing.T) {
	d := openTest(t)
	var wg sync.WaitGroup
	errs := make([]error, 40)
	for i := range errs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[i] = d.Write(context.Background(), func(ctx context.Context, tx *Tx) error {
				if err := Insert(ctx, tx, "thing", thing{tx.ID(), int64(i)}); err != nil {
					return err
				}
				if i%4 == 0 {
					return errors.New("undo me")
				}
				return nil
			})
		}()
	}
	wg.Wait()
	var stored []int64
	err := d.Read(context.Background(), func(ctx context.Context, tx *Tx) (err error) {
		stored, err = All[int64](ctx, tx, `SELECT n FROM thing`)
		return err
	})
	if err != nil || len(stored) != 30 {
		t.Fatalf("stored %d rows, %v; want the 30 that succeeded", len(stored), err)
	}
	for i, err := range errs {
		if (err != nil) != (i%4 == 0) {
			t.Errorf("write %d: %v", i, err)
		}
	}
}

func TestWrite_panicReachesItsCallerAndUndoes(t *testing.T) {
	d := openTest(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = d.Write(context.Background(), func(ctx context.Context, tx *Tx) error {
			_ = Insert(ctx, tx, "thing", thing{"a", 1})
			panic("boom")
		})
	}()
	err := d.Read(context.Background(), func(ctx context.Context, tx *Tx) error {
		_, ok, err := Maybe[thing](ctx, tx, `SELECT id, n FROM thing`)
		if ok {
			t.Error("the row of a panicking write was kept")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWrite_insideWritePanics(t *testing.T) {
	d := openTest(t)
	defer func() {
		if recover() == nil {
			t.Error("a nested write must panic, not hang")
		}
	}()
	_ = d.Write(context.Background(), func(ctx context.Context, tx *Tx) error {
		return d.Write(ctx, func(context.Context, *Tx) error { return nil })
	})
}

func TestInsert_sameKeyIsConflict(t *testing.T) {
	d := openTest(t)
	put := func() error {
		return d.Write(context.Background(), func(ctx context.Context, tx *Tx) error {
			return Insert(ctx, tx, "thing", []thing{{"a", 1}})
		})
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	if err := put(); !fault.Is(err, fault.Conflict) {
		t.Fatalf("got %v", err)
	}
}

func TestRebind(t *testing.T) {
	for in, want := range map[string]string{
		"a = ? AND b IN (?,?)":           "a = $1 AND b IN ($2,$3)",
		"x = '?' AND y = ?":              "x = '?' AND y = $1",
		"x = 'it''s ?' -- why?\nAND ? ":  "x = 'it''s ?' -- why?\nAND $1 ",
		`"odd?" = ?`:                     `"odd?" = $1`,
		"-- only a comment with ?":       "-- only a comment with ?",
		"a - ? > b":                      "a - $1 > b",
		"unterminated '? and then some?": "unterminated '? and then some?",
	} {
		if got := rebind(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzRebind(f *testing.F) {
	f.Add("a = ? AND 'b''?' -- c")
	f.Fuzz(func(t *testing.T, in string) { _ = rebind(in) })
}

func TestIDs_riseOnAStandingClock(t *testing.T) {
	d := openTest(t)
	at := time.Date(2020, 12, 16, 1, 0, 0, 0, time.UTC)
	last := ""
	for range 20000 {
		id := d.ids.next(at)
		if id <= last || len(id) != 36 || id[14] != '7' {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
}

func TestToday_isShanghai(t *testing.T) {
	if got := Today(time.Date(2020, 12, 15, 16, 0, 0, 0, time.UTC)); got != "2020-12-16" {
		t.Fatal(got)
	}
}

func BenchmarkWrite_sixteenClients(b *testing.B) {
	d := openTest(b)
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := d.Write(context.Background(), func(ctx context.Context, tx *Tx) error {
				return Insert(ctx, tx, "thing", thing{tx.ID(), 1})
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
}

// A closed database is one file: whoever copies it has everything.
func TestClose_leavesNoLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.db")
	d, err := Open(context.Background(), Options{DSN: file})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(file + "-*"); len(left) > 0 {
		t.Fatalf("left behind: %v", left)
	}
}
