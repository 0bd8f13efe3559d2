package assess_test

import (
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/assess"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

func figure(t *testing.T, b assess.Board, code string) assess.Compared {
	t.Helper()
	for _, f := range b.Figures {
		if f.Code == code {
			return f
		}
	}
	t.Fatalf("no figure %s", code)
	return assess.Compared{}
}

// TestBoard: the figures are those of the ledger, within scope, and follow what is posted.
func TestBoard(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		before, err := w.Assess.Board(w.As("leader"), assess.BoardIn{})
		if err != nil || figure(t, before, "contract.amount").Value.N != 0 || len(before.Projects) != 0 {
			t.Fatalf("nothing is recognised yet: %+v %v", before.Figures, err)
		}
		w.Live()
		b, err := w.Assess.Board(w.As("leader"), assess.BoardIn{})
		if err != nil {
			t.Fatal(err)
		}
		if got := figure(t, b, "contract.amount"); got.Value.N != 1_850_000_000 || got.Before.N != 0 || b.Question.From != "2020-01-01" {
			t.Errorf("%+v from %s: the board did not follow the ledger", got, b.Question.From)
		}
		if len(b.Counties) != 1 || b.Counties[0].Key != "520602" || len(b.Projects) != 1 || b.Projects[0].Key != w.ID["project"] {
			t.Errorf("counties %+v, projects %+v", b.Counties, b.Projects)
		}
		if len(b.Flows) != 1 || b.Flows[0].From != "4403" || b.Flows[0].To != "520600" || b.Flows[0].Value != 1_850_000_000 {
			t.Errorf("flows %+v", b.Flows)
		}
		if b.Stuck.FundsFiled != 500_000_000 || b.Stuck.Unfunded != 0 {
			t.Errorf("stuck %+v", b.Stuck)
		}
		next, err := w.Assess.Board(w.As("neighbour"), assess.BoardIn{})
		if err != nil || figure(t, next, "contract.amount").Value.N != 0 || len(next.Projects)+len(next.Counties) != 0 {
			t.Errorf("another county sees %+v %v", next.Projects, err)
		}
		for _, in := range []assess.BoardIn{{Unit: "520602"}, {Unit: "999999"}, {Station: "nowhere"}} {
			if _, err := w.Assess.Board(w.As("neighbour"), in); !fault.Has(err, "not_found") {
				t.Errorf("%+v: %v", in, err)
			}
		}
		later, err := w.Assess.Board(w.As("leader"), assess.BoardIn{Through: "2021-06-30", Span: "all"})
		if err != nil || later.Stuck.Unfunded != 1 || later.Stuck.UnfundedAmount != 1_850_000_000 || later.Base != "2021-03-31" {
			t.Errorf("half a year later: %+v %s %v", later.Stuck, later.Base, err)
		}
	})
}

// TestTargets: the level above sets them, setting again counts, and progress stands beside the days that passed.
func TestTargets(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Live()
		set := func(login string, in assess.SetTarget) error {
			_, err := w.Assess.SetTarget(w.As(login), in)
			return err
		}
		good := assess.SetTarget{Node: "520602", Measure: "contract.amount", Year: "2020", Value: 3_700_000_000}
		for name, x := range map[string]struct {
			login string
			edit  func(*assess.SetTarget)
			want  string
		}{
			"a county sets none":       {"county", func(*assess.SetTarget) {}, "not_allowed"},
			"not its own":              {"city", func(in *assess.SetTarget) { in.Node = "520600" }, "own_target"},
			"another prefecture":       {"city", func(in *assess.SetTarget) { in.Node = "520100" }, "not_your_unit"},
			"a measure without":        {"province", func(in *assess.SetTarget) { in.Measure = "deployment" }, "not_a_choice"},
			"a negative one":           {"province", func(in *assess.SetTarget) { in.Value = -1 }, "out_of_range"},
			"no year":                  {"province", func(in *assess.SetTarget) { in.Year = "20x0" }, "not_a_year"},
			"a station is not a place": {"province", func(in *assess.SetTarget) { in.Node = "shenzhen" }, "not_your_unit"},
		} {
			in := good
			x.edit(&in)
			if err := set(x.login, in); !fault.Has(err, x.want) {
				t.Errorf("%s: %v, want %s", name, err, x.want)
			}
		}
		first := good
		first.Value = 1
		if err := set("province", first); err != nil {
			t.Fatal(err)
		}
		w.Clock.Set(w.Clock.Now().Add(1e9))
		if err := set("city", good); err != nil {
			t.Fatal(err)
		}
		b, err := w.Assess.Board(w.As("county"), assess.BoardIn{})
		if err != nil || len(b.Targets) != 1 {
			t.Fatal(b.Targets, err)
		}
		if p := b.Targets[0]; p.Value != 3_700_000_000 || p.Done.Value.N != 1_850_000_000 || p.Days != 351 || p.OfDays != 366 {
			t.Errorf("%+v", p)
		}
		list, err := w.Assess.Targets(w.As("city"), assess.TargetIn{Measure: "contract.amount"})
		if err != nil || len(list.Items) != 1 || list.Items[0].Done.Value.N != 1_850_000_000 {
			t.Errorf("%+v %v", list, err)
		}
		for measure, done := range map[string]int64{"project.signed": 1, "project.strong": 0} {
			target(t, w, "520602", measure, 4)
			all, err := w.Assess.Targets(w.As("city"), assess.TargetIn{Measure: measure})
			if err != nil || len(all.Items) != 1 || all.Items[0].Done.Value.N != done {
				t.Errorf("%s: %+v %v, want %d done", measure, all, err, done)
			}
		}
		if list, err = w.Assess.Targets(w.As("neighbour"), assess.TargetIn{Measure: "contract.amount"}); err != nil || len(list.Items) != 0 {
			t.Errorf("the neighbour sees %+v %v", list, err)
		}
	})
}

func TestBoard_pages(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	w.Live()
	leader := w.Client("leader")
	for path, want := range map[string]string{
		"/dashboard": "1,850", "/screen": "data-wall", "/dashboard?span=all&measure=tour&unit=520602": "碧江", "/targets": "还没有目标",
	} {
		status, body := w.Do(leader, w.Request("GET", path, ""))
		if status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d, without %q", path, status, want)
		}
	}
	if status, _ := w.Do(leader, w.Request("GET", "/dashboard?unit=999999", "")); status != 404 {
		t.Errorf("an unknown unit: %d", status)
	}
	if status, _ := w.Do(leader, w.Request("GET", "/dashboard?colour=red", "")); status != 400 {
		t.Errorf("an unknown filter: %d", status)
	}
}
