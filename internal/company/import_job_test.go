package company

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
	"zhudian/internal/sheet"
)

func withFiles(t testing.TB, s *Service) *Service {
	t.Helper()
	s.Files = must[*blob.Store](t)(blob.Open(t.TempDir()))
	return s
}

func oneRun(t testing.TB, s *Service) {
	t.Helper()
	if did := must[bool](t)(s.RunOneImport(context.Background())); !did {
		t.Fatal("no import was waiting")
	}
}

func TestJob(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := withFiles(t, world(t, d))
		ctx := as("zhang", "520602")
		data := append(dirtyTable(1500), "坏公司,123,,,,,,,\n"...)
		j := must[Job](t)(s.Upload(ctx, "名录.csv", bytes.NewReader(data)))
		if j.State != Checking {
			t.Fatalf("%+v", j)
		}
		if _, err := s.Upload(ctx, "名录.csv", bytes.NewReader(data)); !fault.Is(err, fault.TooMany) {
			t.Errorf("a second one: %v", err)
		}
		if _, err := s.Job(as("wu", "520602"), ByID{j.ID}); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody else's: %v", err)
		}
		if _, err := s.Start(ctx, ByID{j.ID}); !fault.Has(err, "import_state") {
			t.Errorf("started before it was looked at: %v", err)
		}
		oneRun(t, s)
		j = must[Job](t)(s.Job(ctx, ByID{j.ID}))
		if j.State != Ready || j.Tally != (sheet.Tally{Done: 1501, Created: 1500, Refused: 1}) || j.Total != 1501 || j.Index["name"] != 0 || len(j.Head) != 9 {
			t.Fatalf("after the check: %+v", j)
		}
		if l := must[List](t)(s.List(ctx, Query{})); len(l.Items) != 0 {
			t.Fatal("the check stored something")
		}
		if bad := must[[]sheet.Refused](t)(s.Problems(ctx, j.ID, 10)); len(bad) != 1 || bad[0].Row != 1502 || bad[0].Problems[0].Code != "credit_code_length" {
			t.Errorf("problems: %+v", bad)
		}
		must[Job](t)(s.Start(ctx, ByID{j.ID}))
		oneRun(t, s)
		j = must[Job](t)(s.Job(ctx, ByID{j.ID}))
		if j.State != Done || j.Tally != (sheet.Tally{Done: 1501, Created: 1500, Refused: 1}) || j.EndedAt == 0 {
			t.Fatalf("after the run: %+v", j)
		}
		var b bytes.Buffer
		if err := s.WriteReport(ctx, j.ID, sheet.CSV, &b); err != nil || !strings.Contains(b.String(), "1502,统一社会信用代码：") || !strings.Contains(b.String(), "坏公司,123") {
			t.Errorf("report %q %v", b.String(), err)
		}
		if l := must[List](t)(s.List(ctx, Query{Source: "import/" + j.ID, Total: true})); *l.Total != 1500 {
			t.Errorf("%d by source", *l.Total)
		}
		if _, err := s.Cancel(ctx, ByID{j.ID}); !fault.Has(err, "import_state") {
			t.Errorf("cancelled when done: %v", err)
		}
		if jobs := must[Jobs](t)(s.Jobs(ctx, struct{}{})); len(jobs.Items) != 1 {
			t.Errorf("%d jobs", len(jobs.Items))
		}
	})
}

func TestJob_mappingByHand(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	s := withFiles(t, world(t, d))
	ctx := as("zhang", "520602")
	j := must[Job](t)(s.Upload(ctx, "a.csv", strings.NewReader("甲列,乙列\n某公司,深圳市南山区\n")))
	oneRun(t, s)
	if j = must[Job](t)(s.Job(ctx, ByID{j.ID})); j.State != Failed || j.Code != "no_head" {
		t.Fatalf("%+v", j)
	}
	if _, err := s.Recheck(ctx, Recheck{ID: j.ID, Mapping: map[int]string{0: "nonsense"}}); !fault.Has(err, "column_unknown") {
		t.Errorf("nonsense: %v", err)
	}
	must[Job](t)(s.Recheck(ctx, Recheck{ID: j.ID, Mapping: map[int]string{0: "name", 1: "address"}}))
	oneRun(t, s)
	if j = must[Job](t)(s.Job(ctx, ByID{j.ID})); j.State != Ready || j.Tally.Created != 1 {
		t.Fatalf("%+v", j)
	}
	if j = must[Job](t)(s.Cancel(ctx, ByID{j.ID})); j.State != Cancelled {
		t.Errorf("%+v", j)
	}
	if did := must[bool](t)(s.RunOneImport(context.Background())); did {
		t.Error("a cancelled import ran")
	}
}

// A run that dies half way is taken up where it stopped, by whoever runs next, and counts right.
func TestJob_survivesItsServer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := withFiles(t, world(t, d))
		ctx := as("zhang", "520602")
		j := must[Job](t)(s.Upload(ctx, "a.csv", bytes.NewReader(dirtyTable(4500))))
		oneRun(t, s)
		must[Job](t)(s.Start(ctx, ByID{j.ID}))
		dying, kill := context.WithCancel(context.Background())
		go func() {
			for {
				if now, err := s.Job(ctx, ByID{j.ID}); err == nil && now.State == Running && now.Tally.Done > 0 {
					kill()
					return
				}
			}
		}()
		_, err := s.RunOneImport(dying)
		half := must[Job](t)(s.Job(ctx, ByID{j.ID}))
		if err == nil || half.State != Running || half.Tally.Done == 0 || half.Tally.Done >= 4500 {
			t.Skipf("the run was too quick to be killed: %v %+v", err, half)
		}
		if did := must[bool](t)(s.RunOneImport(context.Background())); did {
			t.Fatal("a fresh job was taken from a living server")
		}
		err = d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			_, err := db.Exec(ctx, tx, `UPDATE company_import SET beat_at = ?`, db.Micros(tx.Now())-2*staleBeat.Microseconds())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		oneRun(t, s)
		if j = must[Job](t)(s.Job(ctx, ByID{j.ID})); j.State != Done || j.Tally != (sheet.Tally{Done: 4500, Created: 4500}) {
			t.Errorf("%+v", j)
		}
		err = d.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
			n, err := db.One[int64](ctx, tx, `SELECT count(*) FROM company_company`)
			if n != 4500 {
				t.Errorf("%d stored", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestJob_runsInTheBackground(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	s := withFiles(t, world(t, d))
	ctx := as("zhang", "520602")
	running, stop := context.WithCancel(context.Background())
	done := make(chan bool)
	go func() { s.RunImports(running, nil); close(done) }()
	j := must[Job](t)(s.Upload(ctx, "a.csv", bytes.NewReader(dirtyTable(50))))
	wait := func(state string) {
		t.Helper()
		for range 200 {
			if must[Job](t)(s.Job(ctx, ByID{j.ID})).State == state {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Fatalf("never %s", state)
	}
	wait(Ready)
	must[Job](t)(s.Start(ctx, ByID{j.ID}))
	wait(Done)
	stop()
	<-done
}
