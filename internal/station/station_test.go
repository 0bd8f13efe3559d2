package station_test

import (
	"net/url"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/station"
)

func TestDeployForm(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		batch, err := w.Station.AddBatch(w.As("captain"), station.NewBatch{Station: "shenzhen", Number: 9, StartsOn: "2020-12-01"})
		if err != nil {
			t.Fatal(err)
		}
		c := w.Client("county")
		send := func(people, starts string) (int, string) {
			r := w.Request("POST", "/stations/deployments/new", url.Values{"team": {"shenzhen.520602"}, "batch": {batch.ID}, "people": {people}, "starts_on": {starts}}.Encode())
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Accept", "text/html")
			return w.Do(c, r)
		}
		for name, x := range map[string]struct{ people, starts, want string }{
			"nobody":           {" \n\t\n", "", `id="f-people-e"`},
			"a duty alone":     {"龙家瑞\t队长\n\t队员", "", "第 2 行"},
			"before the batch": {"龙家瑞", "2020-11-01", `id="f-starts_on-e"`},
			"a long name":      {strings.Repeat("长", 41), "", "第 1 行"},
		} {
			if status, body := send(x.people, x.starts); status != 422 || !strings.Contains(body, x.want) {
				t.Errorf("%s: %d, no %s", name, status, x.want)
			}
		}
		before, err := w.Station.ListDeployments(w.As("county"), station.Filter{Batch: batch.ID})
		if err != nil || len(before.Items) != 0 {
			t.Fatalf("refused lists stored %d people: %v", len(before.Items), err)
		}
		if status, body := send("龙家瑞\t副科长\r\n吴倩，队员\n\n田野 队员\nLi Lei\n", ""); status != 303 {
			t.Fatalf("%d %.300s", status, body)
		}
		after, err := w.Station.ListDeployments(w.As("county"), station.Filter{Batch: batch.ID})
		got := map[string]string{}
		for _, d := range after.Items {
			got[d.Name] = d.Duty
		}
		if err != nil || len(got) != 4 || got["龙家瑞"] != "副科长" || got["吴倩"] != "队员" || got["田野"] != "队员" || got["Li Lei"] != "" {
			t.Errorf("%+v %v", got, err)
		}
		if other, err := w.Station.ListDeployments(w.As("neighbour"), station.Filter{}); err != nil || len(other.Items) != 0 {
			t.Errorf("the neighbour sees %d: %v", len(other.Items), err)
		}
	})
}

func TestPlanning_scope(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		if _, err := w.Station.Add(w.As("province"), station.Station{ID: "delta", Name: "长三角驻点", Region: "310000", Unit: "520000", OpenedOn: "2020-12-01"}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Station.AddBatch(w.As("captain"), station.NewBatch{Station: "delta", Number: 1, StartsOn: "2020-12-01"}); !fault.Has(err, "not_your_station") {
			t.Errorf("a captain plans at another station: %v", err)
		}
		if _, err := w.Station.AddTeam(w.As("captain"), station.NewTeam{Station: "shenzhen", Unit: "520602"}); !fault.Has(err, "exists") {
			t.Errorf("the same team again: %v", err)
		}
		if _, err := w.Station.AddTeam(w.As("captain"), station.NewTeam{Station: "shenzhen", Unit: "999999"}); !fault.Has(err, "unknown_unit") {
			t.Errorf("an unknown unit: %v", err)
		}
		if _, err := w.Station.AddBatch(w.As("county"), station.NewBatch{Station: "shenzhen", Number: 5, StartsOn: "2020-12-01"}); !fault.Has(err, "not_allowed") {
			t.Errorf("a county plans a batch: %v", err)
		}
	})
}

// TestEndDeployment: somebody leaves early; that one was sent counts as before, and from the next day on the person may
// go elsewhere.
func TestEndDeployment(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		batch, err := w.Station.AddBatch(w.As("captain"), station.NewBatch{Station: "shenzhen", Number: 8, StartsOn: "2020-12-01", EndsOn: "2021-01-31"})
		if err != nil {
			t.Fatal(err)
		}
		sent, err := w.Station.Deploy(w.As("county"), station.Deploy{Batch: batch.ID, Team: "shenzhen.520602", People: []station.Person{{Name: "龙家瑞"}}})
		if err != nil {
			t.Fatal(err)
		}
		d := sent.Items[0]
		count := func() int64 {
			out, err := w.Ledger.Figures(w.As("province"), ledger.FiguresIn{Measure: []string{"deployment"}, Through: "2021-01-31", Book: "filed"})
			if err != nil {
				t.Fatal(err)
			}
			return out.Figures[0].Value.N
		}
		before := count()
		next := station.Deploy{Batch: "shenzhen.3", Team: "shenzhen.520602", People: []station.Person{{ID: d.Person, Name: "龙家瑞", StartsOn: "2020-12-11"}}}
		if _, err := w.Station.Deploy(w.As("county"), next); !fault.Has(err, "invalid") || !strings.Contains(err.Error(), "overlaps") && fault.Of(err).Fields[0].Code != "overlaps" {
			t.Errorf("in two places at once: %v", err)
		}
		for name, x := range map[string]struct {
			in    station.EndDeployment
			field string
		}{
			"no reason":     {station.EndDeployment{EndsOn: "2020-12-10"}, "required"},
			"before it was": {station.EndDeployment{EndsOn: "2020-11-30", Reason: "调回"}, "before_start"},
			"not early":     {station.EndDeployment{EndsOn: "2021-01-31", Reason: "调回"}, "not_early"},
		} {
			x.in.ID, x.in.Version = d.ID, 1
			if _, err := w.Station.EndDeployment(w.As("county"), x.in); !fault.Has(err, "invalid") || fault.Of(err).Fields[0].Code != x.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		in := station.EndDeployment{ID: d.ID, Version: 1, EndsOn: "2020-12-10", Reason: "原单位急用"}
		if _, err := w.Station.EndDeployment(w.As("neighbour"), in); !fault.Is(err, fault.NotFound) {
			t.Errorf("the neighbour ends it: %v", err)
		}
		out, err := w.Station.EndDeployment(w.As("county"), in)
		if err != nil || out.EndsOn != "2020-12-10" || count() != before {
			t.Errorf("%+v %v, counted %d, before %d", out, err, count(), before)
		}
		if _, err := w.Station.EndDeployment(w.As("county"), in); !fault.Has(err, "stale") && !fault.Has(err, "invalid") {
			t.Errorf("twice: %v", err)
		}
		if _, err := w.Station.Deploy(w.As("county"), next); err != nil {
			t.Errorf("sent again the day after: %v", err)
		}
	})
}
