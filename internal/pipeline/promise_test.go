package pipeline_test

import (
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/pipeline"
)

func promised(w *apptest.World, side, kind, due string) (pipeline.Promise, error) {
	return w.Pipeline.AddPromise(w.As("county"), pipeline.NewPromise{Project: w.ID["project"], Side: side, Kind: kind, Title: "交付 A7 厂房", Owner: "碧江经开区", DueOn: due})
}

// TestPromise: both sides owe; kept needs proof, given up needs another person, late is computed.
func TestPromise(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id := w.ID["project"]
		add := func(change func(*pipeline.NewPromise)) error {
			in := pipeline.NewPromise{Project: id, Side: "government", Kind: "site", Title: "x", Owner: "x", DueOn: "2020-12-20"}
			change(&in)
			_, err := w.Pipeline.AddPromise(w.As("county"), in)
			return err
		}
		r, err := promised(w, "government", "site", "2020-12-14")
		if err != nil {
			t.Fatal(err)
		}
		settle := func(login string, change func(*pipeline.Settle)) error {
			in := pipeline.Settle{Project: id, Promise: r.ID, State: "met", On: "2020-12-15", Evidence: slip()[0]}
			change(&in)
			_, err := w.Pipeline.SettlePromise(w.As(login), in)
			return err
		}
		for name, x := range map[string]struct {
			err  error
			code string
		}{
			"of nobody":                       {add(func(p *pipeline.NewPromise) { p.Side = "both" }), "not_a_choice"},
			"without an owner":                {add(func(p *pipeline.NewPromise) { p.Owner = " " }), "required"},
			"before the contract":             {add(func(p *pipeline.NewPromise) { p.DueOn = "2020-12-01" }), "before_contract"},
			"30 February":                     {add(func(p *pipeline.NewPromise) { p.DueOn = "2021-02-30" }), "not_a_date"},
			"an instalment of nothing":        {add(func(p *pipeline.NewPromise) { p.Kind, p.Side = "instalment", "investor" }), "required"},
			"an instalment of the government": {add(func(p *pipeline.NewPromise) { p.Kind, p.Amount = "instalment", 1 }), "not_theirs"},
			"kept without proof":              {settle("county", func(s *pipeline.Settle) { s.Evidence.Blob = "" }), "required"},
			"kept tomorrow":                   {settle("county", func(s *pipeline.Settle) { s.On = "2020-12-30" }), "future_date"},
			"broken without a reason":         {settle("county", func(s *pipeline.Settle) { s.State = "broken" }), "required"},
			"waived by its writer":            {settle("county", func(s *pipeline.Settle) { s.State, s.Reason = "waived", "x" }), "same_person"},
			"settled as open":                 {settle("county", func(s *pipeline.Settle) { s.State = "open" }), "not_a_choice"},
			"by the neighbour":                {settle("neighbour", func(*pipeline.Settle) {}), "not_found"},
			"another promise":                 {settle("county", func(s *pipeline.Settle) { s.Promise = "none" }), "not_found"},
		} {
			if !fault.Has(x.err, x.code) {
				t.Errorf("%s: %v, want %s", name, x.err, x.code)
			}
		}
		if r.Standing("2020-12-14") != "open" || r.Standing("2020-12-15") != "late" {
			t.Errorf("late: %s", r.Standing("2020-12-15"))
		}
		if err := settle("county", func(*pipeline.Settle) {}); err != nil {
			t.Fatal(err)
		}
		if err := settle("city", func(s *pipeline.Settle) { s.State, s.Reason = "waived", "x" }); !fault.Has(err, "settled") {
			t.Errorf("settled twice: %v", err)
		}
		other, err := promised(w, "investor", "start", "2021-03-01")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Pipeline.SettlePromise(w.As("city"), pipeline.Settle{Project: id, Promise: other.ID, State: "waived", On: "2020-12-15", Reason: "补充协议"}); err != nil {
			t.Fatal(err)
		}
		rec, err := w.Pipeline.Get(w.As("county"), pipeline.ByID{ID: id})
		if err != nil || len(rec.Promises) != 2 || rec.Promises[0].Standing("2020-12-16") != "met_late" || rec.Promises[1].State != "waived" {
			t.Errorf("%+v %v", rec.Promises, err)
		}
	})
}

func TestPromisePages(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	id := w.ID["project"]
	if status, body := upload(t, w, "county", "/projects/"+id+"/promise", "", "side", "investor", "kind", "instalment", "title", "首期出资", "owner", "测试精密", "amount", "", "due_on", "2020-12-15"); status != 422 || !strings.Contains(body, `id="f-amount-e"`) {
		t.Errorf("no amount: %d", status)
	}
	if status, body := upload(t, w, "county", "/projects/"+id+"/promise", "", "side", "investor", "kind", "instalment", "title", "首期出资", "owner", "测试精密", "amount", "500", "due_on", "2020-12-15"); status != 303 {
		t.Fatalf("%d %.300s", status, body)
	}
	if status, body := w.Do(w.Client("county"), w.Request("GET", "/projects/waiting", "")); status != 200 || !strings.Contains(body, "首期出资") {
		t.Errorf("the workbench is silent: %d", status)
	}
	rec, err := w.Pipeline.Get(w.As("county"), pipeline.ByID{ID: id})
	if err != nil || len(rec.Promises) != 1 {
		t.Fatal(rec.Promises, err)
	}
	r := rec.Promises[0].ID
	if status, body := uploadTo(t, w, "county", "/projects/"+id+"/settle", "evidence", "promise", r, "state", "met", "on", "2020-12-16", "reason", ""); status != 303 {
		t.Fatalf("%d %.300s", status, body)
	}
	if status, body := w.Do(w.Client("county"), w.Request("GET", "/projects/"+id+"?tab=promises", "")); status != 200 || !strings.Contains(body, "逾期履行") || !strings.Contains(body, "500.00") {
		t.Errorf("the record: %d", status)
	}
	if status, _ := w.Do(w.Client("county"), w.Request("GET", "/projects/"+id+"/promises/"+r+"/file", "")); status != 200 {
		t.Errorf("the proof: %d", status)
	}
	if status, _ := w.Do(w.Client("neighbour"), w.Request("GET", "/projects/"+id+"/promises/"+r+"/file", "")); status != 404 {
		t.Errorf("the neighbour reads the proof: %d", status)
	}
}
