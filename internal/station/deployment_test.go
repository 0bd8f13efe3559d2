package station_test

import (
	"context"
	"slices"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/station"
	"zhudian/internal/verify"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// named: the fault has the code, and the field when one is given.
func named(t *testing.T, name string, err error, code, field string) {
	t.Helper()
	switch {
	case code == "" && err != nil, code != "" && !fault.Has(err, code):
		t.Errorf("%s: %v, want %q", name, err, code)
	case field != "" && !slices.ContainsFunc(fault.Of(err).Fields, func(f fault.Field) bool { return f.Name == field }):
		t.Errorf("%s: fields %+v, want %s", name, fault.Of(err).Fields, field)
	}
}

// figure is a measure in a book, as its county sees it.
func figure(t *testing.T, w *apptest.World, login, book string) string {
	t.Helper()
	out, err := w.Ledger.Figures(w.As(login), ledger.FiguresIn{Measure: []string{"deployment"}, Book: book, Through: "2020-12-31"})
	must(t, err)
	return out.Figures[0].Value.String()
}

// TestDeploy_rules: people, batch and dates fit each other, or nobody is sent.
func TestDeploy_rules(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		_, err := w.Station.AddBatch(w.As("province"), station.NewBatch{Station: "shenzhen", Number: 1, StartsOn: "2020-11-01", EndsOn: "2020-11-30"})
		must(t, err)
		_, err = w.Station.Add(w.As("province"), station.Station{ID: "delta", Name: "长三角驻点", Region: "310000", Unit: "520000", OpenedOn: "2020-12-01"})
		must(t, err)
		_, err = w.Station.AddBatch(w.As("province"), station.NewBatch{Station: "delta", Number: 1, StartsOn: "2020-12-01"})
		must(t, err)
		one := func(p station.Person) []station.Person { return []station.Person{{Name: "好人"}, p} }
		for _, x := range []struct {
			name, login, batch, team string
			people                   []station.Person
			code, field              string
		}{
			{"a batch of another station", "county", "delta.1", "shenzhen.520602", one(station.Person{Name: "甲"}), "other_station", "batch"},
			{"a batch that is not", "county", "shenzhen.99", "shenzhen.520602", one(station.Person{Name: "甲"}), "unknown_batch", "batch"},
			{"a team that is not", "county", "shenzhen.1", "shenzhen.999999", one(station.Person{Name: "甲"}), "not_your_team", "team"},
			{"a neighbour's team", "county", "shenzhen.1", "shenzhen.520603", one(station.Person{Name: "甲"}), "not_your_team", "team"},
			{"nobody", "county", "shenzhen.1", "shenzhen.520602", nil, "required", "people"},
			{"somebody without a name", "county", "shenzhen.1", "shenzhen.520602", one(station.Person{Name: " "}), "required", "people[1].name"},
			{"before the batch", "county", "shenzhen.1", "shenzhen.520602", one(station.Person{Name: "甲", StartsOn: "2020-10-31"}), "outside_batch", "people[1].starts_on"},
			{"after the batch", "county", "shenzhen.1", "shenzhen.520602", one(station.Person{Name: "甲", StartsOn: "2020-12-01"}), "outside_batch", "people[1].starts_on"},
			{"leaving before coming", "county", "shenzhen.1", "shenzhen.520602", one(station.Person{Name: "甲", StartsOn: "2020-11-10", EndsOn: "2020-11-09"}), "before_start", "people[1].ends_on"},
			{"a day that never was", "county", "shenzhen.1", "shenzhen.520602", one(station.Person{Name: "甲", StartsOn: "2020-11-31"}), "not_a_date", "people[1].starts_on"},
			{"the same person twice", "county", "shenzhen.1", "shenzhen.520602", []station.Person{{ID: "p1", Name: "甲"}, {ID: "p1", Name: "甲"}}, "exists", ""},
			{"a first day to come", "county", "shenzhen.3", "shenzhen.520602", one(station.Person{Name: "甲", StartsOn: "2021-01-01"}), "future_date", ""},
			{"by an officer", "officer", "shenzhen.1", "shenzhen.520602", one(station.Person{Name: "甲"}), "not_allowed", ""},
			{"by the province", "province", "shenzhen.1", "shenzhen.520602", one(station.Person{Name: "甲"}), "not_allowed", ""},
		} {
			_, err := w.Station.Deploy(w.As(x.login), station.Deploy{Batch: x.batch, Team: x.team, People: x.people})
			named(t, x.name, err, x.code, x.field)
		}
		list, err := w.Station.ListDeployments(w.As("captain"), station.Filter{})
		must(t, err)
		if len(list.Items) != 0 || figure(t, w, "captain", "filed") != "0" {
			t.Errorf("%d people were sent by refused lists, the filed book says %s", len(list.Items), figure(t, w, "captain", "filed"))
		}
		out, err := w.Station.Deploy(w.As("county"), station.Deploy{Batch: "shenzhen.1", Team: "shenzhen.520602", People: []station.Person{{ID: "p1", Name: " 甲 "}, {Name: "乙", StartsOn: "2020-11-30", EndsOn: "2021-03-01"}}})
		must(t, err)
		if d := out.Items[0]; d.Name != "甲" || d.StartsOn != "2020-11-01" || d.Person != "p1" || out.Items[1].Person == "" {
			t.Errorf("%+v", out.Items)
		}
		_, err = w.Station.Deploy(w.As("county"), station.Deploy{Batch: "shenzhen.1", Team: "shenzhen.520602", People: []station.Person{{ID: "p1", Name: "甲"}}})
		named(t, "the same person again in the batch", err, "exists", "")
		_, err = w.Station.Deploy(w.As("county"), station.Deploy{Batch: "shenzhen.3", Team: "shenzhen.520602", People: []station.Person{{ID: "p1", Name: "甲"}}})
		named(t, "the same person in the next batch, not yet back", err, "overlaps", "people[0].starts_on")
		_, err = w.Station.Deploy(w.As("county"), station.Deploy{Batch: "shenzhen.3", Team: "shenzhen.520602", People: []station.Person{{ID: out.Items[1].Person, Name: "乙", StartsOn: "2021-03-02"}}})
		named(t, "a first day to come", err, "future_date", "")
	})
}

// TestDeploy_counts: each person is one claim of the team; it counts in the book of the level it reached, and three persons verify it.
func TestDeploy_counts(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		out, err := w.Station.Deploy(w.As("county"), station.Deploy{Batch: "shenzhen.3", Team: "shenzhen.520602", People: []station.Person{{Name: "甲"}, {Name: "乙"}}})
		must(t, err)
		books := func(want ...string) {
			t.Helper()
			for i, book := range []string{"filed", "reviewed", "recognised"} {
				if got := figure(t, w, "captain", book); got != want[i] {
					t.Errorf("%s: %s, want %s", book, got, want[i])
				}
			}
		}
		books("2", "0", "0")
		var c verify.Claim
		must(t, w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
			c, _, err = verify.ClaimOf(ctx, tx, out.Items[0].Subject())
			return err
		}))
		d, err := w.Verify.Open(w.As("captain"), verify.ByID{ID: c.ID})
		must(t, err)
		pass := verify.Decision{Claim: c.ID, Verdict: verify.Pass, ContentHash: d.Round.ContentHash}
		filer, _ := audit.Who(w.As("county"))
		branch, _ := audit.Who(w.As("branch"))
		branch.Person = filer.Person
		_, err = w.Verify.Decide(audit.With(context.Background(), branch), pass)
		named(t, "the filer reviews by another account", err, "same_person", "")
		_, err = w.Verify.Decide(w.As("captain"), pass)
		named(t, "the captain before the branch", err, "not_your_level", "")
		_, err = w.Verify.Decide(w.As("branch"), pass)
		must(t, err)
		books("2", "1", "0")
		_, err = w.Verify.Decide(w.As("captain"), pass)
		must(t, err)
		books("2", "1", "1")
		for login, want := range map[string]string{"county": "1", "neighbour": "0", "leader": "1"} {
			if got := figure(t, w, login, "recognised"); got != want {
				t.Errorf("%s sees %s people sent, want %s", login, got, want)
			}
		}
	})
}

// TestDeploy_late: a first day in a closed month needs a reason and counts in the open one.
func TestDeploy_late(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		_, err := w.Ledger.ClosePeriod(w.As("province"), ledger.Close{Period: "2020-10"})
		must(t, err)
		late := station.Deploy{Batch: "shenzhen.3", Team: "shenzhen.520602", People: []station.Person{{Name: "甲"}}}
		_, err = w.Station.Deploy(w.As("county"), late)
		named(t, "without a reason", err, "period_closed", "")
		late.Late = "名单补报"
		_, err = w.Station.Deploy(w.As("county"), late)
		must(t, err)
		if got := figure(t, w, "county", "filed"); got != "1" {
			t.Errorf("filed: %s", got)
		}
	})
}

// TestPlanning_fields: stations, teams and batches name the field at fault.
func TestPlanning_fields(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		good := station.Station{ID: "delta", Name: "长三角驻点", Region: "310000", Unit: "520000", OpenedOn: "2020-12-01"}
		for _, x := range []struct {
			field, code string
			spoil       func(*station.Station)
		}{
			{"id", "bad_code", func(s *station.Station) { s.ID = "Δ" }},
			{"id", "bad_code", func(s *station.Station) { s.ID = "" }},
			{"name", "required", func(s *station.Station) { s.Name = " " }},
			{"region", "unknown_region", func(s *station.Station) { s.Region = "999999" }},
			{"unit", "not_your_unit", func(s *station.Station) { s.Unit = "999999" }},
			{"opened_on", "not_a_date", func(s *station.Station) { s.OpenedOn = "" }},
			{"closed_on", "not_a_date", func(s *station.Station) { s.ClosedOn = "2020-02-30" }},
			{"closed_on", "before_start", func(s *station.Station) { s.ClosedOn = "2020-11-30" }},
		} {
			in := good
			x.spoil(&in)
			_, err := w.Station.Add(w.As("province"), in)
			named(t, "a station "+x.code, err, x.code, x.field)
		}
		for _, x := range []struct {
			field, code string
			in          station.NewBatch
		}{
			{"number", "out_of_range", station.NewBatch{Station: "shenzhen", Number: 0, StartsOn: "2020-12-01"}},
			{"number", "out_of_range", station.NewBatch{Station: "shenzhen", Number: 1000, StartsOn: "2020-12-01"}},
			{"number", "exists", station.NewBatch{Station: "shenzhen", Number: 3, StartsOn: "2020-12-01"}},
			{"starts_on", "not_a_date", station.NewBatch{Station: "shenzhen", Number: 4}},
			{"ends_on", "before_start", station.NewBatch{Station: "shenzhen", Number: 4, StartsOn: "2020-12-01", EndsOn: "2020-11-30"}},
			{"station", "not_your_station", station.NewBatch{Station: "none", Number: 4, StartsOn: "2020-12-01"}},
		} {
			_, err := w.Station.AddBatch(w.As("captain"), x.in)
			named(t, "a batch "+x.code, err, x.code, x.field)
		}
		for _, x := range []struct {
			field, code string
			in          station.NewTeam
		}{
			{"unit", "unknown_unit", station.NewTeam{Station: "shenzhen", Unit: ""}},
			{"since", "not_a_date", station.NewTeam{Station: "shenzhen", Unit: "520604", Since: "2020-02-30"}},
			{"station", "not_your_station", station.NewTeam{Station: "none", Unit: "520604"}},
		} {
			_, err := w.Station.AddTeam(w.As("captain"), x.in)
			named(t, "a team", err, x.code, x.field)
		}
		all, err := w.Station.List(w.As("province"), struct{}{})
		must(t, err)
		if len(all.Stations) != 1 || len(all.Stations[0].Batches) != 1 || len(all.Stations[0].Teams) != 2 {
			t.Errorf("something was stored: %+v", all)
		}
	})
}
