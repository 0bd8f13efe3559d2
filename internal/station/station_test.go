package station_test

import (
	"net/url"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/fault"
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
