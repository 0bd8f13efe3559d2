package verify

import (
	"context"
	"sync"
	"testing"

	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
)

var (
	appellant = as("filer", "A", "claim.submit")
	colleague = as("colleague", "A", "claim.submit")
	cityToo   = as("city.two", "C", "claim.review.project")
)

func appeal(ctx context.Context, s *Service, claim string) error {
	_, err := s.Appeal(ctx, NewAppeal{Claim: claim, Reason: "合同第三页写明了金额。"})
	return err
}

// TestAppeal_judgedByOthers: the same content counts as filed again; whoever returned it may not judge it, another may.
func TestAppeal_judgedByOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		c := file(t, d, filer, filing(500, "f1"))
		if err := appeal(appellant, s, c.ID); !fault.Has(err, "not_returned") {
			t.Errorf("before any verdict: %v", err)
		}
		if err := s.say(t, city, c.ID, Return); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []struct {
			who  context.Context
			in   NewAppeal
			want string
		}{
			{filer, NewAppeal{Claim: c.ID, Reason: "对"}, "not_allowed"},
			{colleague, NewAppeal{Claim: c.ID, Reason: "对"}, "not_yours"},
			{as("neighbour", "B", "claim.submit"), NewAppeal{Claim: c.ID, Reason: "对"}, "not_found"},
			{appellant, NewAppeal{Claim: c.ID, Reason: " "}, "required"},
		} {
			if _, err := s.Appeal(bad.who, bad.in); !fault.Has(err, bad.want) {
				t.Errorf("%v, want %s", err, bad.want)
			}
		}
		want(t, d, "returned", "0 0 0")
		if err := appeal(appellant, s, c.ID); err != nil {
			t.Fatal(err)
		}
		want(t, d, "appealed", "500 0 0")
		got, err := s.Open(city, ByID{ID: c.ID})
		if err != nil || got.MayJudge || got.WhyNot != "returned_it" || got.Appeal == nil || got.Appeal.Returned != "because" || len(got.Evidence) != 1 || got.Claim.Round != 2 {
			t.Errorf("%+v %v", got, err)
		}
		if got.Rounds[0].ContentHash != got.Rounds[1].ContentHash || got.Rounds[0].EvidenceHash != got.Rounds[1].EvidenceHash {
			t.Error("the appeal says something else")
		}
		if err := s.say(t, city, c.ID, Pass); !fault.Has(err, "returned_it") {
			t.Errorf("by whoever returned it: %v", err)
		}
		if err := s.say(t, cityToo, c.ID, Pass); err != nil {
			t.Fatal(err)
		}
		if err := s.say(t, province, c.ID, Pass); err != nil {
			t.Fatal(err)
		}
		want(t, d, "recognised", "500 500 500")
	})
}

// TestAppeal_once: returned again it is mended or left; a new filing may be appealed anew.
func TestAppeal_once(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		c := file(t, d, filer, filing(500))
		for _, who := range []context.Context{city, cityToo} {
			if err := s.say(t, who, c.ID, Return); err != nil {
				t.Fatal(err)
			}
			err := appeal(appellant, s, c.ID)
			if again := fault.Has(err, "appealed_once"); (err != nil) != again || again != (who == cityToo) {
				t.Fatalf("%v", err)
			}
		}
		want(t, d, "returned twice", "0 0 0")
		file(t, d, filer, filing(450))
		if err := s.say(t, cityToo, c.ID, Return); err != nil {
			t.Fatal(err)
		}
		if err := appeal(appellant, s, c.ID); err != nil {
			t.Errorf("a new filing: %v", err)
		}
		want(t, d, "the new filing appealed", "450 0 0")
	})
}

// TestAppeal_levelAbove: where one person alone reviews, the level above may review the appeal; recognition needs another person.
func TestAppeal_levelAbove(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		c := file(t, d, filer, filing(500))
		if err := s.say(t, city, c.ID, Return); err != nil {
			t.Fatal(err)
		}
		if err := appeal(appellant, s, c.ID); err != nil {
			t.Fatal(err)
		}
		above := as("above", "P", "claim.recognise.project")
		list, err := s.Inbox(above, Queue{})
		if err != nil || len(list.Items) != 1 {
			t.Fatalf("the inbox of the level above: %+v %v", list, err)
		}
		if list, err := s.Inbox(city, Queue{}); err != nil || len(list.Items) != 0 {
			t.Errorf("the inbox of whoever returned it: %+v %v", list, err)
		}
		if err := s.say(t, above, c.ID, Pass); err != nil {
			t.Fatal(err)
		}
		if err := s.say(t, above, c.ID, Pass); !fault.Has(err, "same_person") {
			t.Errorf("both levels by one person: %v", err)
		}
		if err := s.say(t, province, c.ID, Pass); err != nil {
			t.Fatal(err)
		}
		want(t, d, "recognised", "500 500 500")
	})
}

// TestAppeal_correction: while the appeal of a correction is judged the recognised figure stands.
func TestAppeal_correction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		s.Register("contract", Kind{Apply: func(context.Context, *db.Tx, string, string) error { return nil }})
		c := file(t, d, filer, filing(500))
		for _, who := range []context.Context{city, province} {
			if err := s.say(t, who, c.ID, Pass); err != nil {
				t.Fatal(err)
			}
		}
		file(t, d, filer, filing(400))
		if err := s.say(t, city, c.ID, Return); err != nil {
			t.Fatal(err)
		}
		want(t, d, "correction returned", "500 500 500")
		if err := appeal(appellant, s, c.ID); err != nil {
			t.Fatal(err)
		}
		want(t, d, "correction appealed", "400 500 500")
		for _, who := range []context.Context{cityToo, province} {
			if err := s.say(t, who, c.ID, Pass); err != nil {
				t.Fatal(err)
			}
		}
		want(t, d, "corrected", "400 400 400")
	})
}

// TestAppeal_together: of twenty at once one opens a round.
func TestAppeal_together(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		c := file(t, d, filer, filing(500))
		if err := s.say(t, city, c.ID, Return); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		errs := make([]error, 20)
		for i := range errs {
			all.Go(func() { errs[i] = appeal(appellant, s, c.ID) })
		}
		all.Wait()
		done := 0
		for _, err := range errs {
			if err == nil {
				done++
			} else if !fault.Has(err, "not_returned") {
				t.Error(err)
			}
		}
		if done != 1 {
			t.Errorf("%d appeals", done)
		}
		want(t, d, "appealed", "500 0 0")
	})
}
