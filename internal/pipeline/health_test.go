package pipeline_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/pipeline"
	"zhudian/internal/verify"
)

func flagsOf(t *testing.T, w *apptest.World, id string) []string {
	t.Helper()
	rec, err := w.Pipeline.Get(w.As("county"), pipeline.ByID{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range rec.Health { // the list finds the same projects by the same test
		list, err := w.Pipeline.List(w.As("county"), pipeline.Filter{Health: f})
		if err != nil || !slices.ContainsFunc(list.Items, func(x pipeline.Item) bool { return x.ID == id }) {
			t.Errorf("the list by %s does not have it: %v", f, err)
		}
	}
	return rec.Health
}

func wantFlags(t *testing.T, when string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", when, got, want)
	}
}

// TestHealth: the tests follow from dates and money as time goes by; nobody types them.
func TestHealth(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id := w.ID["project"]
		later := func(days int) { w.Clock.Set(apptest.Now.AddDate(0, 0, days)) }
		wantFlags(t, "at first", flagsOf(t, w, id))
		frame, err := w.Pipeline.Register(w.As("county"), pipeline.Register{Name: "框架", Unit: "520602", Investors: []string{w.ID["company"]}, Industry: "39", Wheel: "industry", RegisteredOn: "2020-12-01"})
		must(t, frame, err)
		in := pipeline.NewMove{To: "Q1", On: "2020-12-10"}
		in.Project, in.Papers, in.Details = frame.ID, papers("framework"), pipeline.Details{StartDue: "2021-03-01"}
		if _, err := w.Pipeline.Move(w.As("county"), in); err != nil {
			t.Fatal(err)
		}
		later(80)
		wantFlags(t, "after eighty days", flagsOf(t, w, frame.ID), "start_overdue")
		later(120)
		wantFlags(t, "after four months", flagsOf(t, w, id), "silent")
		later(200)
		wantFlags(t, "a framework after half a year", flagsOf(t, w, frame.ID), "framework_expired", "start_overdue")
		later(400)
		wantFlags(t, "after a year", flagsOf(t, w, id), "not_started", "silent", "zombie")
		out, err := w.Pipeline.Health(w.As("city"), pipeline.CheckupIn{Unit: "520602"})
		if err != nil || out.Tested != 2 || out.Items[0].Code != "not_started" || out.Items[0].Count != 1 {
			t.Errorf("%+v %v", out, err)
		}
		if _, err := w.Pipeline.Health(w.As("county"), pipeline.CheckupIn{Unit: "520603"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("the county next door: %v", err)
		}
		if _, err := w.Pipeline.SetStatus(w.As("county"), pipeline.NewStatus{Project: id, Status: "paused", Reason: "x", On: "2021-12-01"}); err != nil {
			t.Fatal(err)
		}
		wantFlags(t, "a paused project", flagsOf(t, w, id))
	})
}

// TestProgress: sheets of the works come after the start, forward only, with their file; they stand against the money.
func TestProgress(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id := w.ID["project"]
		file := func(login, month string, percent int64, sheet []verify.Evidence) error {
			in := pipeline.NewProgress{Project: id, Month: month, Percent: percent, Invested: 100_000_00}
			if len(sheet) > 0 {
				in.Sheet = sheet[0]
			}
			_, err := w.Pipeline.FileProgress(w.As(login), in)
			return err
		}
		if err := file("county", "2020-12", 5, slip()); !fault.Has(err, "not_started") {
			t.Errorf("before the start: %v", err)
		}
		reach(t, w, "R1", "R2", "R3", "C1")
		w.Clock.Set(time.Date(2021, 3, 20, 1, 0, 0, 0, time.UTC))
		for name, x := range map[string]struct {
			err  error
			code string
		}{
			"no file":           {file("county", "2021-01", 5, nil), "required"},
			"before the start":  {file("county", "2020-11", 5, slip()), "out_of_range"},
			"next month":        {file("county", "2021-04", 5, slip()), "out_of_range"},
			"no month":          {file("county", "2021-13", 5, slip()), "not_a_month"},
			"more than all":     {file("county", "2021-01", 101, slip()), "out_of_range"},
			"the neighbour":     {file("neighbour", "2021-01", 5, slip()), "not_found"},
			"by the prefecture": {file("city", "2021-01", 5, slip()), "not_allowed"},
		} {
			if !fault.Has(x.err, x.code) {
				t.Errorf("%s: %v, want %s", name, x.err, x.code)
			}
		}
		for _, err := range []error{file("county", "2021-02", 40, slip()), file("county", "2021-01", 10, slip()), file("county", "2021-02", 45, slip())} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := file("county", "2021-03", 44, slip()); !fault.Has(err, "goes_back") {
			t.Errorf("backwards: %v", err)
		}
		wantFlags(t, "works without money", flagsOf(t, w, id), "dry", "mismatch")
		w.Clock.Set(time.Date(2021, 7, 1, 1, 0, 0, 0, time.UTC))
		wantFlags(t, "half a year on", flagsOf(t, w, id), "dry", "thin", "mismatch", "silent", "produce_overdue")
		pay := pipeline.Receive{Project: id, Amount: 900_000_000, ReceivedOn: "2021-06-29", VoucherKind: "bank_slip", VoucherNo: "H1", Evidence: slip()}
		if _, err := w.Pipeline.Receive(w.As("county"), pay); err != nil {
			t.Fatal(err)
		}
		wantFlags(t, "paid", flagsOf(t, w, id), "produce_overdue")
	})
}

func TestHealthPages(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	reach(t, w, "R1", "R2", "R3", "C1")
	id := w.ID["project"]
	if status, body := uploadTo(t, w, "county", "/projects/"+id+"/progress", "sheet", "month", "2020-12", "percent", "60", "invested", "120"); status != 303 {
		t.Fatalf("%d %.300s", status, body)
	}
	if status, body := w.Do(w.Client("county"), w.Request("GET", "/projects/"+id, "")); status != 200 || !strings.Contains(body, "资金与形象进度不符") || !strings.Contains(body, "120.00") {
		t.Errorf("the record: %d", status)
	}
	if status, _ := w.Do(w.Client("neighbour"), w.Request("GET", "/projects/"+id+"/progress/2020-12/file", "")); status != 404 {
		t.Errorf("the neighbour reads the sheet: %d", status)
	}
	if status, body := w.Do(w.Client("city"), w.Request("GET", "/projects/health", "")); status != 200 || !strings.Contains(body, "health=mismatch") {
		t.Errorf("the check-up: %d", status)
	}
	if status, _ := w.Do(w.Client("city"), w.Request("GET", "/projects?health=fever", "")); status != 400 {
		t.Errorf("an unknown test: %d", status)
	}
}
