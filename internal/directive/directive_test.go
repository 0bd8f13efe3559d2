package directive_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/directive"
	"zhudian/internal/fault"
)

// given is an instruction of the leader about the world's project, led by 碧江区.
func given(t *testing.T, w *apptest.World, due string) directive.Directive {
	t.Helper()
	d, err := w.Directive.Issue(w.As("leader"), directive.Issue{
		Title: "催办项目用地", Text: "请碧江区尽快落实用地，月底前报结果。", Subject: "project/" + w.ID["project"], Lead: "520602", With: []string{"520600", "520602"}, DueOn: due,
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func get(t *testing.T, w *apptest.World, login, id string) directive.Dossier {
	t.Helper()
	d, err := w.Directive.Get(w.As(login), directive.ByID{ID: id})
	if err != nil {
		t.Fatalf("%s: %v", login, err)
	}
	return d
}

func TestIssue_refusals(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		good := directive.Issue{Title: "事项", Text: "批示", Lead: "520602", DueOn: "2020-12-31"}
		for name, x := range map[string]struct {
			login string
			edit  func(*directive.Issue)
			want  string
		}{
			"no title":                 {"leader", func(in *directive.Issue) { in.Title = " " }, "required"},
			"a deadline in the past":   {"leader", func(in *directive.Issue) { in.DueOn = "2020-12-01" }, "in_the_past"},
			"no date":                  {"leader", func(in *directive.Issue) { in.DueOn = "31/12/2020" }, "not_a_date"},
			"a deadline far away":      {"leader", func(in *directive.Issue) { in.DueOn = "2099-01-01" }, "too_far"},
			"an unknown unit":          {"leader", func(in *directive.Issue) { in.Lead = "999999" }, "not_your_unit"},
			"a record nobody knows":    {"leader", func(in *directive.Issue) { in.Subject = "project/none" }, "not_found"},
			"another kind of record":   {"leader", func(in *directive.Issue) { in.Subject = "account/1" }, "not_found"},
			"in another leader's name": {"leader", func(in *directive.Issue) { in.Leader = "somebody" }, "not_you"},
			"nobody's instruction":     {"province", func(*directive.Issue) {}, "no_such_leader"},
			"a county gives none":      {"county", func(*directive.Issue) {}, "not_allowed"},
		} {
			in := good
			x.edit(&in)
			if _, err := w.Directive.Issue(w.As(x.login), in); !fault.Has(err, x.want) {
				t.Errorf("%s: %v, want %s", name, err, x.want)
			}
		}
		if out, err := w.Directive.List(w.As("leader"), directive.Filter{}); err != nil || len(out.Items) != 1 {
			t.Errorf("refused instructions were stored: %+v %v", out, err)
		}
	})
}

// TestSteps: the units report, the leader's side closes, by another person; everybody else is told so.
func TestSteps(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		d := given(t, w, "2020-12-31")
		if d.Number != "2020-002" {
			t.Errorf("number %s", d.Number)
		}
		if _, err := w.Directive.Get(w.As("neighbour"), directive.ByID{ID: d.ID}); !fault.Has(err, "not_found") {
			t.Errorf("a county that is no owner: %v", err)
		}
		if got := get(t, w, "county", d.ID); !slices.Equal(got.May, []string{"progress", "report"}) || len(got.Owners) != 2 || !got.Owners[0].Leads || got.About.Title == "" {
			t.Errorf("the county may %v, owners %+v, about %+v", got.May, got.Owners, got.About)
		}
		take := func(login string, in directive.Act) error {
			in.ID = d.ID
			_, err := w.Directive.Take(w.As(login), in)
			return err
		}
		for _, x := range []struct {
			login string
			act   directive.Act
			want  string // code of the refusal, "" when it is taken
		}{
			{"county", directive.Act{Kind: "accept"}, "not_allowed"},
			{"leader", directive.Act{Kind: "accept"}, "wrong_state"},
			{"county", directive.Act{Kind: "progress", Progress: 40}, "required"},
			{"county", directive.Act{Kind: "progress", Progress: 100, Text: "办完"}, "out_of_range"},
			{"county", directive.Act{Kind: "progress", Progress: 40, Text: "已协调两次"}, ""},
			{"county", directive.Act{Kind: "progress", Progress: 30, Text: "倒退"}, "out_of_range"},
			{"county", directive.Act{Kind: "progress", Progress: 50, Text: "旧页面", Version: 1}, "stale"},
			{"province", directive.Act{Kind: "extend", Text: "等批复", DueOn: "2020-12-20"}, "not_later"},
			{"province", directive.Act{Kind: "extend", Text: "等批复", DueOn: "2021-01-15"}, ""},
			{"province", directive.Act{Kind: "report", Text: "省里代报"}, ""},
			{"province", directive.Act{Kind: "accept"}, "same_person"},
			{"leader", directive.Act{Kind: "return", Text: "缺批复文件"}, ""},
			{"county", directive.Act{Kind: "report", Text: "批复已下"}, ""},
			{"province", directive.Act{Kind: "accept"}, ""},
			{"county", directive.Act{Kind: "progress", Progress: 95, Text: "又动"}, "wrong_state"},
			{"leader", directive.Act{Kind: "fly"}, "not_a_choice"},
		} {
			err := take(x.login, x.act)
			if x.want == "" && err != nil || x.want != "" && !fault.Has(err, x.want) {
				t.Errorf("%s %s: %v, want %q", x.login, x.act.Kind, err, x.want)
			}
		}
		got := get(t, w, "leader", d.ID)
		if got.State != "closed" || got.DueOn != "2021-01-15" || got.Progress != 100 || len(got.Steps) != 7 || got.Light != "none" || len(got.May) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// TestLights: the rule is one SQL text; here it meets every border.
func TestLights(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		d := given(t, w, "2020-12-31")
		for _, x := range []struct{ state, due, moved, reported, want string }{
			{"open", "2020-12-31", "2020-12-16", "", "green"},
			{"open", "2020-12-31", "2020-12-10", "", "green"},
			{"open", "2020-12-31", "2020-12-09", "", "yellow"},
			{"open", "2020-12-20", "2020-12-16", "", "green"},
			{"open", "2020-12-19", "2020-12-16", "", "yellow"},
			{"open", "2020-12-16", "2020-12-16", "", "yellow"},
			{"open", "2020-12-15", "2020-12-16", "", "red"},
			{"reported", "2020-12-10", "2020-12-10", "2020-12-10", "green"},
			{"reported", "2020-12-10", "2020-12-11", "2020-12-11", "red"},
			{"cancelled", "2020-12-10", "2020-12-11", "", "none"},
		} {
			err := w.DB.Write(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
				_, err := db.Exec(ctx, tx, `UPDATE directive_directive SET state = ?, due_on = ?, moved_on = ?, reported_on = ? WHERE id = ?`, x.state, x.due, x.moved, x.reported, d.ID)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := get(t, w, "leader", d.ID).Light; got != x.want {
				t.Errorf("%+v: %s", x, got)
			}
			out, err := w.Directive.List(w.As("leader"), directive.Filter{State: "all", Light: "red"})
			if err != nil || slices.ContainsFunc(out.Items, func(x directive.Listed) bool { return x.ID == d.ID }) != (x.want == "red") {
				t.Errorf("%+v in the list of red ones: %d %v", x, len(out.Items), err)
			}
		}
	})
}

func TestTrips(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		in := directive.NewTrip{Kind: "trip", Title: "带队赴深圳招商", Day: "2020-12-10", Until: "2020-12-12", Region: "440300", Companies: []string{w.ID["company"], w.ID["company"]}, Outcome: "见了一家"}
		trip, err := w.Directive.SaveTrip(w.As("leader"), in)
		if err != nil || len(trip.Companies) != 1 {
			t.Fatal(trip, err)
		}
		in.ID, in.Version, in.Until = trip.ID, 1, "2020-12-09"
		if _, err := w.Directive.SaveTrip(w.As("leader"), in); !fault.Has(err, "before_start") {
			t.Errorf("ends before it starts: %v", err)
		}
		in.Until, in.Companies = "2020-12-13", []string{"none"}
		if _, err := w.Directive.SaveTrip(w.As("leader"), in); !fault.Has(err, "unknown_company") {
			t.Errorf("an unknown company: %v", err)
		}
		in.Companies = nil
		if trip, err = w.Directive.SaveTrip(w.As("leader"), in); err != nil || trip.Version != 2 {
			t.Errorf("%+v %v", trip, err)
		}
		if _, err = w.Directive.SaveTrip(w.As("leader"), in); !fault.Has(err, "stale") {
			t.Errorf("an old page: %v", err)
		}
		if out, err := w.Directive.ListTrips(w.As("province"), directive.TripFilter{Year: "2020"}); err != nil || len(out.Items) != 1 || len(out.Items[0].Companies) != 0 {
			t.Errorf("%+v %v", out, err)
		}
		if _, err := w.Directive.GetTrip(w.As("county"), directive.ByID{ID: trip.ID}); !fault.Has(err, "not_found") {
			t.Errorf("the county: %v", err)
		}
	})
}

// TestPages: what the leader writes on the page stands on the county's workbench; a form that is refused comes back filled.
func TestPages(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	leader, county := w.Client("leader"), w.Client("county")
	post := func(form url.Values) (int, string) {
		r := w.Request("POST", "/directives", form.Encode())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "text/html")
		return w.Do(leader, r)
	}
	form := url.Values{"title": {"用地问题"}, "text": {"请速办"}, "lead": {"520602"}, "due_on": {""}, "subject": {"project/" + w.ID["project"]}}
	if status, body := post(form); status != 422 || !strings.Contains(body, `id="f-due_on-e"`) || !strings.Contains(body, "请速办") {
		t.Fatalf("%d, the form is not shown again", status)
	}
	form.Set("due_on", "2020-12-17")
	if status, body := post(form); status != 303 {
		t.Fatalf("%d %.300s", status, body)
	}
	status, body := w.Do(county, w.Request("GET", "/directives/waiting", ""))
	if status != 200 || !strings.Contains(body, "用地问题") {
		t.Errorf("the county's workbench: %d %.300s", status, body)
	}
}
