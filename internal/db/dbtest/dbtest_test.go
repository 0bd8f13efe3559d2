package dbtest_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
)

// TestEach_fresh shows that every test starts from the migrations alone: the table made here is new each time.
func TestEach_fresh(t *testing.T) {
	for range 2 {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				if _, err := db.Exec(ctx, tx, `CREATE TABLE dbtest_mark (n BIGINT NOT NULL)`); err != nil {
					return err
				}
				_, err := db.Exec(ctx, tx, `INSERT INTO dbtest_mark (n) VALUES (?)`, 1)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestAt_clock shows that a test can fix the time of its transactions.
func TestAt_clock(t *testing.T) {
	at := time.Date(2020, 12, 15, 1, 2, 3, 0, time.UTC)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(_ context.Context, tx *db.Tx) error {
			if !tx.Now().Equal(at) {
				t.Errorf("now is %v, want %v", tx.Now(), at)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}, dbtest.At(at))
}

// TestCluster_diesWithProcess kills a test process as hard as can be and waits for its cluster to be gone.
func TestCluster_diesWithProcess(t *testing.T) {
	if os.Getenv("DBTEST_CHILD") == "1" {
		println("dsn " + dbtest.EmptyDSN(t, db.Postgres))
		time.Sleep(time.Minute)
		return
	}
	dbtest.EmptyDSN(t, db.Postgres) // skips where PostgreSQL is missing
	child := exec.Command(os.Args[0], "-test.run=^TestCluster_diesWithProcess$")
	child.Env = append(os.Environ(), "DBTEST_CHILD=1")
	out, err := child.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var dir string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, after, ok := strings.Cut(lines.Text(), "host="); ok {
			dir = strings.ReplaceAll(after, "%2F", "/")
			break
		}
	}
	if _, err := os.Stat(dir); dir == "" || err != nil {
		t.Fatalf("the child names no cluster: %q %v", dir, err)
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the cluster in %s outlived its test process", dir)
		}
	}
}
