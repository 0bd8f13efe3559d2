package pipeline_test

import (
	"strings"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/pipeline"
	"zhudian/internal/verify"
)

// TestRates: every rate by hand, over one project that started in time and one that was signed, owed and ended.
func TestRates(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id := w.ID["project"]
		reach(t, w, "R1", "R2", "R3", "C1")
		other, err := w.Pipeline.Register(w.As("county"), pipeline.Register{Name: "另一个", Unit: "520602", Investors: []string{w.ID["company"]}, Industry: "39", Wheel: "industry", RegisteredOn: "2020-12-01"})
		must(t, other, err)
		_, err = w.Pipeline.Sign(w.As("county"), pipeline.Sign{Project: other.ID, SignedOn: "2020-12-11", Amount: 150_000_000})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Pipeline.Receive(w.As("county"), pipeline.Receive{Project: id, Amount: 370_000_000, ReceivedOn: "2020-12-15", VoucherKind: "bank_slip", VoucherNo: "R1", Evidence: slip()}); err != nil {
			t.Fatal(err)
		}
		for _, side := range []string{"government", "investor"} {
			p, err := promised(w, side, "site", "2020-12-14")
			if err != nil {
				t.Fatal(err)
			}
			if side == "government" {
				if _, err := w.Pipeline.SettlePromise(w.As("county"), pipeline.Settle{Project: id, Promise: p.ID, State: "met", On: "2020-12-15", Evidence: slip()[0]}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, s := range []string{"project/" + id, "contract/" + id, "contract/" + other.ID, moveOf(t, w, "C1").Subject()} {
			decide(t, w, s, verify.Pass, "city", "province")
		}
		if _, err := w.Pipeline.SetStatus(w.As("county"), pipeline.NewStatus{Project: other.ID, Status: "terminated", Cause: "investor", Reason: "x", On: "2020-12-16"}); err != nil {
			t.Fatal(err)
		}
		ask := func(in pipeline.RatesIn) map[string]string {
			t.Helper()
			out, err := w.Pipeline.Rates(w.As("city"), in)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, r := range out.Items {
				got[r.Code+string(rune('0'+r.Version))] = r.Percent.String()
			}
			return got
		}
		for _, x := range []struct {
			in   pipeline.RatesIn
			code string
			want string
		}{
			{pipeline.RatesIn{}, "kept1", "50.00"},
			{pipeline.RatesIn{}, "kept2", "0.00"},
			{pipeline.RatesIn{}, "kept.government2", "100.00"},
			{pipeline.RatesIn{}, "kept.investor2", "0.00"},
			{pipeline.RatesIn{}, "started1", "50.00"},
			{pipeline.RatesIn{}, "started2", "null"},
			{pipeline.RatesIn{}, "funded1", "0.00"},
			{pipeline.RatesIn{Book: "filed"}, "funded1", "18.50"},
			{pipeline.RatesIn{Book: "filed"}, "funded2", "20.00"},
			{pipeline.RatesIn{}, "produced1", "0.00"},
			{pipeline.RatesIn{}, "produced2", "null"},
			{pipeline.RatesIn{Through: "2020-12-15"}, "kept1", "100.00"},
			{pipeline.RatesIn{Through: "2020-12-13"}, "kept2", "null"},
			{pipeline.RatesIn{Unit: "520603"}, "started1", "null"},
		} {
			if got := ask(x.in)[x.code]; got != x.want {
				t.Errorf("%s of %+v: %s, want %s", x.code, x.in, got, x.want)
			}
		}
		w.Clock.Set(time.Date(2022, 1, 5, 1, 0, 0, 0, time.UTC))
		got := ask(pipeline.RatesIn{})
		if got["started2"] != "50.00" || got["produced2"] != "0.00" {
			t.Errorf("a year on: %v", got)
		}
		if _, err := w.Pipeline.Rates(w.As("county"), pipeline.RatesIn{Unit: "520603"}); err != nil && !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		if _, err := w.Pipeline.Rates(w.As("city"), pipeline.RatesIn{Through: "soon"}); !fault.Has(err, "bad_date") {
			t.Errorf("a day that is none: %v", err)
		}
	})
}

func TestRatesPage(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	if status, body := w.Do(w.Client("province"), w.Request("GET", "/projects/rates", "")); status != 200 || !strings.Contains(body, "履约率（政府方）") {
		t.Errorf("%d", status)
	}
	if status, _ := w.Do(w.Client("sysadmin"), w.Request("GET", "/projects/rates", "")); status != 403 {
		t.Errorf("an administrator: %d", status)
	}
}
