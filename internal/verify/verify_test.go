package verify

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
)

// as makes a person act with roles at a unit of the small world below: province P, city C, counties A and B.
func as(person, node string, perms ...string) context.Context {
	held := map[string]bool{"claim.read": true}
	for _, p := range perms {
		held[p] = true
	}
	return audit.With(context.Background(), audit.Actor{
		Person: person, Account: person + ".1", Unit: node, Node: node, Chain: "P",
		Can: func(p string) bool { return held[p] },
	})
}

var (
	filer    = as("filer", "A")
	city     = as("city", "C", "claim.review.project")
	province = as("province", "P", "claim.review.project", "claim.recognise.project", "claim.withdraw")
	other    = as("other", "P", "claim.review.project", "claim.recognise.project", "claim.withdraw")
	nextDoor = as("neighbour", "B", "claim.review.project", "claim.recognise.project", "claim.withdraw")
)

func world(t *testing.T, d *db.DB) *Service {
	t.Helper()
	err := d.Write(filer, func(ctx context.Context, tx *db.Tx) error {
		for _, n := range []struct{ id, parent string }{{"P", ""}, {"C", "P"}, {"A", "C"}, {"B", "C"}} {
			var links []org.Link
			if n.parent != "" {
				links = []org.Link{{Parent: n.parent}}
			}
			if err := org.AddNode(ctx, tx, n.id, "unit", links...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return &Service{DB: d}
}

func filing(fen int64, files ...string) Filing {
	f := Filing{
		Kind: "contract", Subject: "contract/1", Title: "二期", Route: ProjectRoute, Node: "A", Unit: "A", City: "C", Content: map[string]any{"fen": fen},
		Facts: []ledger.Fact{{Measure: "contract.amount", Delta: fen, OccurredOn: "2020-12-01", Dims: ledger.Dims{Province: "P", City: "C", County: "A", Unit: "A"}}},
	}
	for _, x := range files {
		f.Evidence = append(f.Evidence, Evidence{Blob: x, Name: x + ".pdf", Type: "application/pdf", Size: 1})
	}
	return f
}

func file(t *testing.T, d *db.DB, ctx context.Context, f Filing) Claim {
	t.Helper()
	var out []Claim
	err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = File(ctx, tx, []Filing{f})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

func (s *Service) say(t *testing.T, ctx context.Context, claim string, v Verdict) error {
	t.Helper()
	var hash string
	err := s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		hash, err = CurrentHash(ctx, tx, claim)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Decide(ctx, Decision{Claim: claim, Verdict: v, Reason: "because", ContentHash: hash})
	return err
}

func books(t *testing.T, d *db.DB) string {
	t.Helper()
	var out []string
	err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		for _, b := range ledger.Books {
			cells, err := ledger.Ask(ctx, tx, ledger.Question{Measure: "contract.amount", Book: b, Through: "2020-12-31"})
			if err != nil {
				return err
			}
			out = append(out, fmt.Sprint(cells[0].Value))
		}
		p, err := ledger.Check(ctx, tx)
		if len(p.Broken) > 0 {
			t.Errorf("broken: %v", p.Broken)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

func want(t *testing.T, d *db.DB, what, figures string) {
	t.Helper()
	if got := books(t, d); got != figures {
		t.Errorf("%s: books %s, want %s", what, got, figures)
	}
}

func TestDecide_threeLevelsPostToThreeBooks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		c := file(t, d, filer, filing(500, "f1"))
		want(t, d, "filed", "500 0 0")
		if err := s.say(t, city, c.ID, Pass); err != nil {
			t.Fatal(err)
		}
		want(t, d, "reviewed", "500 500 0")
		if err := s.say(t, province, c.ID, Pass); err != nil {
			t.Fatal(err)
		}
		want(t, d, "recognised", "500 500 500")
		if err := s.say(t, other, c.ID, Pass); !fault.Has(err, "not_waiting") {
			t.Errorf("a fourth verdict: %v", err)
		}
	})
}

func TestDecide_refuses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		c := file(t, d, filer, filing(500))
		for _, x := range []struct {
			name string
			ctx  context.Context
			code string
		}{
			{"the filer", as("filer", "A", "claim.review.project"), "same_person"},
			{"the filer's second account above", as("filer", "P", "claim.review.project", "claim.recognise.project", "claim.withdraw"), "same_person"},
			{"the county next door", nextDoor, "not_found"},
			{"an officer without the level", as("reader", "C"), "not_your_level"},
			{"a recogniser before the review", as("p", "P", "claim.recognise.project", "claim.withdraw"), "not_your_level"},
			{"nobody", context.Background(), "sign_in"},
		} {
			_, err := s.Decide(x.ctx, Decision{Claim: c.ID, Verdict: Pass, ContentHash: "x"})
			if x.code == "same_person" {
				err = s.say(t, x.ctx, c.ID, Pass)
			}
			if !fault.Has(err, x.code) {
				t.Errorf("%s: %v, want %s", x.name, err, x.code)
			}
		}
		if _, err := s.Decide(city, Decision{Claim: c.ID, Verdict: Pass, ContentHash: "old"}); !fault.Has(err, "changed_meanwhile") {
			t.Errorf("a verdict on other content: %v", err)
		}
		if _, err := s.Decide(city, Decision{Claim: c.ID, Verdict: Return}); !fault.Has(err, "required") {
			t.Errorf("a return without a reason: %v", err)
		}
		if err := s.say(t, province, c.ID, Pass); err == nil {
			if err := s.say(t, province, c.ID, Pass); !fault.Has(err, "same_person") {
				t.Errorf("two levels by one person: %v", err)
			}
		}
		err := d.Write(filer, func(ctx context.Context, tx *db.Tx) error {
			_, err := db.Exec(ctx, tx, `INSERT INTO verify_step (claim_id, round, seq, level, verdict, person_id, account_id, unit_id, at, reason, content_hash, evidence_hash, filed_by)
				VALUES (?, 1, 9, 'recognised', 'pass', 'filer', 'x', 'P', 1, '', '', '', 'filer')`, c.ID)
			return err
		})
		if err == nil {
			t.Error("the database let a filer judge")
		}
	})
}

func TestFile_editBeforeRecognitionVoidsVerdicts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		c := file(t, d, filer, filing(500))
		if err := s.say(t, city, c.ID, Pass); err != nil {
			t.Fatal(err)
		}
		c = file(t, d, filer, filing(700))
		if c.State != Filed || c.Round != 2 {
			t.Fatalf("%+v", c)
		}
		want(t, d, "edited", "700 0 0")
		if err := s.say(t, city, c.ID, Return); err != nil {
			t.Fatal(err)
		}
		want(t, d, "returned", "0 0 0")
		file(t, d, filer, filing(650))
		want(t, d, "filed again", "650 0 0")
	})
}

func TestFile_correctionStandsUntilEachLevelPasses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		applied := ""
		s.Register("contract", Kind{Apply: func(_ context.Context, _ *db.Tx, _, content string) error {
			applied = content
			return nil
		}})
		c := file(t, d, filer, filing(500))
		for _, who := range []context.Context{city, province} {
			if err := s.say(t, who, c.ID, Pass); err != nil {
				t.Fatal(err)
			}
		}
		c = file(t, d, filer, filing(400))
		if !c.Correcting() {
			t.Fatalf("%+v", c)
		}
		want(t, d, "correction filed", "400 500 500")
		if err := s.say(t, city, c.ID, Pass); err != nil {
			t.Fatal(err)
		}
		want(t, d, "correction reviewed", "400 400 500")
		if err := s.say(t, province, c.ID, Return); err != nil {
			t.Fatal(err)
		}
		want(t, d, "correction returned", "500 500 500")
		c = file(t, d, filer, filing(450))
		want(t, d, "corrected again", "450 500 500")
		for _, who := range []context.Context{city, province} {
			if err := s.say(t, who, c.ID, Pass); err != nil {
				t.Fatal(err)
			}
		}
		want(t, d, "correction recognised", "450 450 450")
		if applied != `{"fen":450}` {
			t.Errorf("applied %s", applied)
		}
		if _, err := s.Foresee(city, ByID{ID: c.ID}); !fault.Has(err, "not_allowed") {
			t.Errorf("a city foresees: %v", err)
		}
		if _, err := s.Withdraw(province, Withdrawal{Claim: c.ID, Reason: "double"}); err != nil {
			t.Fatal(err)
		}
		want(t, d, "withdrawn", "0 0 0")
	})
}

func TestDecide_fiftyAtOnceOneWins(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		c := file(t, d, filer, filing(500))
		var mu sync.Mutex
		var wg sync.WaitGroup
		won := 0
		for i := range 50 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				who := as(fmt.Sprintf("city%d", i), "C", "claim.review.project")
				if err := s.say(t, who, c.ID, Pass); err == nil {
					mu.Lock()
					won++
					mu.Unlock()
				}
			}()
		}
		wg.Wait()
		if won != 1 {
			t.Errorf("%d verdicts went through", won)
		}
		want(t, d, "after the rush", "500 500 0")
	})
}

func TestInbox_holdsWhatWaitsForMe(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		c := file(t, d, filer, filing(500))
		for _, x := range []struct {
			name string
			who  context.Context
			n    int
		}{{"city", city, 1}, {"filer", as("filer", "C", "claim.review.project"), 0}, {"neighbour", nextDoor, 0}, {"province may not yet", as("p", "P", "claim.recognise.project", "claim.withdraw"), 0}} {
			got, err := s.Inbox(x.who, Queue{})
			if err != nil || len(got.Items) != x.n {
				t.Errorf("%s: %d items, %v", x.name, len(got.Items), err)
			}
		}
		got, err := s.Open(city, ByID{ID: c.ID})
		if err != nil || !got.MayJudge {
			t.Errorf("%+v %v", got, err)
		}
		if _, err := s.Open(nextDoor, ByID{ID: c.ID}); !fault.Is(err, fault.NotFound) {
			t.Errorf("neighbour opened it: %v", err)
		}
	})
}
