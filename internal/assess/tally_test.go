package assess_test

import (
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/assess"
	"zhudian/internal/audit"
	"zhudian/internal/fault"
	"zhudian/internal/pipeline"
	"zhudian/internal/verify"
)

// TestTallies: promises and spot checks are counted record by record; what becomes of the records later leaves the run as
// it was; a confirmed false entry leaves nothing of the indicator it concerns.
func TestTallies(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Live()
		owed, err := w.Pipeline.AddPromise(w.As("county"), pipeline.NewPromise{Project: w.ID["project"], Side: "government", Kind: "permit", Title: "办环评", Owner: "碧江区", DueOn: "2020-12-14"})
		if err != nil {
			t.Fatal(err)
		}
		draw, err := w.Verify.OpenDraw(w.As("province"), verify.ByID{ID: w.ID["draw"]})
		if err != nil || len(draw.Items) == 0 {
			t.Fatalf("%+v %v", draw, err)
		}
		checker, _ := audit.Who(w.As("province"))
		checker.Person = "somebody else"
		for _, d := range draw.Items {
			if _, err := w.Verify.Check(audit.With(t.Context(), checker), verify.CheckResult{Draw: d.Draw, Claim: d.Claim, Result: "holds"}); err != nil {
				t.Fatal(err)
			}
		}
		drawn := int64(len(draw.Items))
		ask := func(id, tally string) assess.CountedList {
			t.Helper()
			out, err := w.Assess.Counted(w.As("county"), assess.CountedIn{ID: id, Subject: "520602", Tally: tally})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}

		first := run(t, w, year("county"))
		got := report(t, w, "assessor", assess.RunIn{ID: first.ID, Subject: "520602"})
		if duty := score(t, got, "duty"); !duty.HasData || duty.Numerator != 0 || duty.Denominator != 1 {
			t.Errorf("a promise that was not kept: %+v", duty)
		}
		if checked := score(t, got, "checked"); checked.Numerator != drawn || checked.Ratio != 1_000_000 {
			t.Errorf("%d checked claims hold: %+v", drawn, checked)
		}

		if _, err := w.Pipeline.SettlePromise(w.As("city"), pipeline.Settle{Project: owed.Project, Promise: owed.ID, State: "waived", On: "2020-12-15", Reason: "补充协议"}); err != nil {
			t.Fatal(err)
		}
		if f := find(t, w, "false_entry"); f.ID != "" {
			if _, err := w.Assess.Confirm(w.As("province"), assess.ByID{ID: f.ID}); err != nil {
				t.Fatal(err)
			}
		}
		w.Clock.Set(w.Clock.Now().Add(time.Minute))
		if again, err := w.Assess.Replay(w.As("assessor"), assess.ByID{ID: first.ID}); err != nil || !again.Same {
			t.Errorf("worked out again: %+v %v", again, err)
		}
		second := run(t, w, year("county"))
		got = report(t, w, "assessor", assess.RunIn{ID: second.ID, Subject: "520602"})
		if duty := score(t, got, "duty"); duty.HasData {
			t.Errorf("nothing is owed any more: %+v", duty)
		}
		if checked := score(t, got, "checked"); checked.Numerator != drawn || checked.Points != 0 || checked.Spread == 0 {
			t.Errorf("a false entry leaves %+v", checked)
		}

		_, err = w.Assess.Take(w.As("assessor"), assess.Move{ID: first.ID, Version: first.Version, Kind: "notice"})
		if err != nil {
			t.Fatal(err)
		}
		if list := ask(first.ID, "promise.due"); list.N != 1 || list.Items[0].Record != "project/"+w.ID["project"] || list.Items[0].Title == "" {
			t.Errorf("what was due: %+v", list)
		}
		if list := ask(first.ID, "check.passed"); list.N != drawn {
			t.Errorf("what passed: %+v", list)
		}
		if _, err := w.Assess.Counted(w.As("neighbour"), assess.CountedIn{ID: first.ID, Subject: "520602", Tally: "promise.due"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("another county reads on: %v", err)
		}
		if _, err := w.Assess.Counted(w.As("county"), assess.CountedIn{ID: first.ID, Subject: "520602", Tally: "joy"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("no such tally: %v", err)
		}
	})
}

// TestUnstarted: a project signed a year and a half ago takes points off until it starts.
func TestUnstarted(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Live()
		w.Clock.Set(time.Date(2022, 1, 10, 2, 0, 0, 0, time.UTC))
		r := run(t, w, assess.Start{Scheme: "county", From: "2021-01-01", Through: "2021-12-31"})
		got := report(t, w, "assessor", assess.RunIn{ID: r.ID, Subject: "520602"})
		if s := score(t, got, "unstarted"); s.Numerator != 1 || s.Denominator != 0 || s.Points != 30 || s.TopAsk == "" {
			t.Errorf("%+v", s)
		}
	})
}
