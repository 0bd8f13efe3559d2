package field_test

import (
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/company"
	"zhudian/internal/fault"
	"zhudian/internal/field"
)

func firm(t *testing.T, w *apptest.World, name string) string {
	t.Helper()
	c, err := w.Company.Create(w.As("officer"), company.Create{Facts: company.Facts{Kind: "enterprise", Name: name, Industry: "39", Region: "440305"}})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

// TestPlanErrand: a line of the plan, who else goes there, and the visit that makes it done.
func TestPlanErrand(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		other := firm(t, w, "深圳市甲测试有限公司")
		in := field.NewErrand{ID: "e1", Team: team, Company: other, Day: "2020-12-17", At: "10:30", Purpose: "看厂房"}
		mine, err := w.Field.PlanErrand(w.As("officer"), in)
		if err != nil || len(mine.Clashes) != 0 || mine.Person == "" {
			t.Fatalf("%+v %v", mine, err)
		}
		if again, err := w.Field.PlanErrand(w.As("officer"), in); err != nil || again.ID != mine.ID {
			t.Errorf("sent twice: %+v %v", again, err)
		}
		theirs, err := w.Field.PlanErrand(w.As("stranger"), field.NewErrand{Team: neighbourTeam, Company: other, Day: "2020-12-18"})
		if err != nil || len(theirs.Clashes) != 1 || theirs.Clashes[0] != (field.Clash{Kind: "planned", Day: "2020-12-17"}) {
			t.Errorf("the other county is told that somebody goes, not who: %+v %v", theirs.Clashes, err)
		}
		visited, err := w.Field.PlanErrand(w.As("stranger"), field.NewErrand{Team: neighbourTeam, Company: w.ID["company"], Day: "2020-12-18"})
		if err != nil || len(visited.Clashes) != 1 || visited.Clashes[0] != (field.Clash{Kind: "visited", Day: "2020-12-15"}) {
			t.Errorf("visited yesterday: %+v %v", visited.Clashes, err)
		}
		if week, err := w.Field.WeekPlan(w.As("captain"), field.WeekFilter{}); err != nil || len(week.Items) != 3 || week.From != "2020-12-14" || week.Items[0].Clashes[0].Team != neighbourTeam {
			t.Errorf("the captain sees both teams: %+v %v", week, err)
		}
		if week, err := w.Field.WeekPlan(w.As("neighbour"), field.WeekFilter{}); err != nil || len(week.Items) != 2 {
			t.Errorf("a county sees its own: %+v %v", week, err)
		}
		w.Clock.Set(apptest.Now.AddDate(0, 0, 1))
		v, err := w.Field.RecordVisit(w.As("officer"), field.Record{Team: team, Company: other, Day: "2020-12-17", Way: "onsite", Said: "看了样品，愿意下月考察。", Intent: "A", NextStep: "寄资料", NextOn: "2020-12-22"})
		if err != nil {
			t.Fatal(err)
		}
		week, err := w.Field.WeekPlan(w.As("officer"), field.WeekFilter{Mine: true})
		if err != nil || len(week.Items) != 1 || week.Items[0].State != "done" || week.Items[0].Visit != v.ID {
			t.Errorf("done by its visit: %+v %v", week, err)
		}
		if _, err := w.Field.DropErrand(w.As("officer"), field.Retract{ID: mine.ID, Reason: "不去了"}); !fault.Has(err, "not_planned") {
			t.Errorf("what is done is dropped: %v", err)
		}
		if _, err := w.Field.DropErrand(w.As("officer"), field.Retract{ID: theirs.ID, Reason: "不去了"}); !fault.Has(err, "not_found") {
			t.Errorf("another county's line: %v", err)
		}
		if out, err := w.Field.MoveErrand(w.As("neighbour"), field.MoveErrand{ID: theirs.ID, Version: 1, Day: "2020-12-21"}); err != nil || out.Day != "2020-12-21" || out.Version != 2 {
			t.Errorf("moved: %+v %v", out, err)
		}
		if out, err := w.Field.DropErrand(w.As("stranger"), field.Retract{ID: theirs.ID, Reason: "对方出差"}); err != nil || out.State != "dropped" {
			t.Errorf("dropped: %+v %v", out, err)
		}
	})
}

// TestTaskPool: what falls due, what is warm and old, and what nobody has seen; not what is planned already.
func TestTaskPool(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		due, warm, fresh := firm(t, w, "深圳市甲测试有限公司"), firm(t, w, "深圳市乙测试有限公司"), firm(t, w, "深圳市丙测试有限公司")
		for _, r := range []field.Record{
			{Company: due, Day: "2020-12-14", Intent: "C", NextStep: "寄资料", NextOn: "2020-12-18"},
			{Company: warm, Day: "2020-11-10", Intent: "A"},
		} {
			r.Team, r.Way, r.Said = team, "onsite", "谈了厂房和用电，下次再约。"
			if _, err := w.Field.RecordVisit(w.As("officer"), r); err != nil {
				t.Fatal(err)
			}
		}
		want := map[string]string{due: "due", warm: "warm", fresh: "new"}
		for range 2 {
			pool, err := w.Field.TaskPool(w.As("officer"), field.PoolFilter{Team: team})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, c := range pool.Items {
				got[c.Company] = c.Source
			}
			for id, source := range want {
				if got[id] != source {
					t.Errorf("%s: %q, want %q", id, got[id], source)
				}
			}
			if _, err := w.Field.PlanErrand(w.As("officer"), field.NewErrand{Team: team, Company: due, Day: "2020-12-17", Source: "due"}); err != nil && !fault.Has(err, "already_planned") {
				t.Fatal(err)
			}
			want[due] = ""
		}
		if _, err := w.Field.TaskPool(w.As("officer"), field.PoolFilter{Team: neighbourTeam}); !fault.Has(err, "not_found") {
			t.Errorf("another county's pool: %v", err)
		}
	})
}

// TestPlanErrand_refusals: what a plan must not say.
func TestPlanErrand_refusals(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		good := field.NewErrand{Team: team, Company: w.ID["company"], Day: "2020-12-17"}
		for name, x := range map[string]struct {
			code   string
			change func(*field.NewErrand)
		}{
			"nothing":          {"required", func(e *field.NewErrand) { e.Company = "" }},
			"both":             {"one_of_two", func(e *field.NewErrand) { e.Building = "b" }},
			"no such building": {"unknown_building", func(e *field.NewErrand) { e.Company, e.Building = "", "b" }},
			"no such company":  {"unknown_company", func(e *field.NewErrand) { e.Company = "none" }},
			"yesterday":        {"past_date", func(e *field.NewErrand) { e.Day = "2020-12-15" }},
			"next year":        {"future_date", func(e *field.NewErrand) { e.Day = "2021-12-15" }},
			"half past many":   {"not_a_time", func(e *field.NewErrand) { e.At = "25:30" }},
			"their team":       {"not_your_team", func(e *field.NewErrand) { e.Team = neighbourTeam }},
			"a strange source": {"unknown", func(e *field.NewErrand) { e.Source = "rumour" }},
		} {
			in := good
			x.change(&in)
			if _, err := w.Field.PlanErrand(w.As("officer"), in); !fault.Has(err, x.code) {
				t.Errorf("%s: %v, want %s", name, err, x.code)
			}
		}
		if _, err := w.Field.PlanErrand(w.As("officer"), good); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Field.PlanErrand(w.As("officer"), good); !fault.Has(err, "already_planned") {
			t.Errorf("twice: %v", err)
		}
	})
}
