package pipeline_test

import (
	"net/url"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/pipeline"
)

func newLead(w *apptest.World) pipeline.NewLead {
	return pipeline.NewLead{
		Title: "结构件二厂", Company: w.ID["company"], Source: "visit", From: "visit/" + w.ID["visit"], Team: "shenzhen.520602", Industry: "39", Amount: 500_000_000,
		Said: "要两千平方米厂房，用电八百千伏安。", Needs: pipeline.Needs{Hall: 2000, Power: 800},
	}
}

func TestRecordLead_refusals(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for name, x := range map[string]struct {
			login string
			edit  func(*pipeline.NewLead)
			want  string
		}{
			"no title":          {"officer", func(in *pipeline.NewLead) { in.Title = "" }, "required"},
			"an unknown firm":   {"officer", func(in *pipeline.NewLead) { in.Company = "none" }, "unknown_company"},
			"no such industry":  {"officer", func(in *pipeline.NewLead) { in.Industry = "Z99" }, "unknown_industry"},
			"another's team":    {"stranger", func(*pipeline.NewLead) {}, "not_your_team"},
			"an absurd hall":    {"officer", func(in *pipeline.NewLead) { in.Needs.Hall = 99_000_000 }, "out_of_range"},
			"a negative amount": {"officer", func(in *pipeline.NewLead) { in.Amount = -1 }, "negative"},
			"a wrong source":    {"officer", func(in *pipeline.NewLead) { in.Source = "rumour" }, "not_a_choice"},
			"not for a reader":  {"assessor", func(*pipeline.NewLead) {}, "not_allowed"},
		} {
			in := newLead(w)
			x.edit(&in)
			if _, err := w.Pipeline.RecordLead(w.As(x.login), in); !fault.Has(err, x.want) {
				t.Errorf("%s: %v, want %s", name, err, x.want)
			}
		}
		in := newLead(w)
		in.ID = "lead-1"
		a, err := w.Pipeline.RecordLead(w.As("officer"), in)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := w.Pipeline.RecordLead(w.As("officer"), in); err != nil || b.Code != a.Code {
			t.Errorf("the same again: %+v %v", b, err)
		}
		in.Title = "另一件"
		if _, err := w.Pipeline.RecordLead(w.As("officer"), in); !fault.Has(err, "id_reused") {
			t.Errorf("other content under the same id: %v", err)
		}
	})
}

// TestJudgeLead: another person judges; only a valid lead counts, and only once.
func TestJudgeLead(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		l, err := w.Pipeline.RecordLead(w.As("officer"), newLead(w))
		if err != nil || l.Unit != "520602" || l.Industry != "C39" {
			t.Fatalf("%+v %v", l, err)
		}
		if _, err := w.Pipeline.GetLead(w.As("neighbour"), pipeline.ByID{ID: l.ID}); !fault.Is(err, fault.NotFound) {
			t.Errorf("the neighbour: %v", err)
		}
		judge := func(login string, in pipeline.Judge) error {
			in.ID = l.ID
			_, err := w.Pipeline.JudgeLead(w.As(login), in)
			return err
		}
		for _, x := range []struct {
			login string
			in    pipeline.Judge
			want  string
		}{
			{"officer", pipeline.Judge{Valid: true, Opinion: apptest.Favourable, Reason: "好"}, "not_allowed"},
			{"neighbour", pipeline.Judge{Valid: true, Opinion: apptest.Favourable, Reason: "好"}, "not_found"},
			{"county", pipeline.Judge{Valid: true, Opinion: apptest.Favourable}, "required"},
			{"county", pipeline.Judge{Valid: true, Opinion: apptest.Favourable, Reason: "好", Version: 9}, "stale"},
			{"county", pipeline.Judge{Valid: true, Opinion: apptest.Favourable, Reason: "四条都符合。", Version: 1}, ""},
			{"county", pipeline.Judge{Valid: false, Reason: "反悔"}, "not_new"},
		} {
			if err := judge(x.login, x.in); x.want == "" && err != nil || x.want != "" && !fault.Has(err, x.want) {
				t.Errorf("%s %+v: %v, want %q", x.login, x.in, err, x.want)
			}
		}
		rec, err := w.Pipeline.GetLead(w.As("officer"), pipeline.ByID{ID: l.ID})
		if err != nil || rec.State != "qualified" || rec.Claim == nil || rec.Claim.Measure != "lead.qualified" || rec.Needs.Hall != 2000 {
			t.Fatalf("%+v %v", rec, err)
		}
		if _, err := w.Pipeline.LandLead(w.As("county"), pipeline.Landed{ID: l.ID, Project: "none"}); !fault.Has(err, "not_found") {
			t.Errorf("an unknown project: %v", err)
		}
		out, err := w.Pipeline.LandLead(w.As("county"), pipeline.Landed{ID: l.ID, Project: w.ID["project"]})
		if err != nil || out.State != "landed" || out.Landing != "520602" {
			t.Errorf("%+v %v", out, err)
		}
		own := newLead(w)
		own.Team = ""
		if l, err = w.Pipeline.RecordLead(w.As("county"), own); err != nil {
			t.Fatal(err)
		}
		if err := judge("county", pipeline.Judge{Valid: true, Opinion: apptest.Favourable, Reason: "自己判"}); !fault.Has(err, "same_person") {
			t.Errorf("one's own lead: %v", err)
		}
	})
}

// TestJudgeLead_parts: a valid verdict names each part that is missing; a refusal needs none.
func TestJudgeLead_parts(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		l, err := w.Pipeline.RecordLead(w.As("officer"), newLead(w))
		if err != nil {
			t.Fatal(err)
		}
		for name, x := range map[string]struct {
			edit func(*pipeline.Opinion)
			want string
		}{
			"no proposal":               {func(o *pipeline.Opinion) { o.Proposal = " " }, "required"},
			"nobody looked":             {func(o *pipeline.Opinion) { o.Report = "" }, "required"},
			"an aspect not looked at":   {func(o *pipeline.Opinion) { o.Energy = "" }, "required"},
			"an aspect against":         {func(o *pipeline.Opinion) { o.Environment = "bad" }, "against"},
			"an industry that may fit":  {func(o *pipeline.Opinion) { o.Industry = "doubt" }, "no_fit"},
			"a word that is no grade":   {func(o *pipeline.Opinion) { o.Market = "fine" }, "not_a_choice"},
			"a proposal without an end": {func(o *pipeline.Opinion) { o.Proposal = strings.Repeat("长", 201) }, "too_long"},
		} {
			in := pipeline.Judge{ID: l.ID, Valid: true, Opinion: apptest.Favourable, Reason: "好"}
			x.edit(&in.Opinion)
			if _, err := w.Pipeline.JudgeLead(w.As("county"), in); !fault.Has(err, x.want) {
				t.Errorf("%s: %v, want %s", name, err, x.want)
			}
		}
		out, err := w.Pipeline.JudgeLead(w.As("county"), pipeline.Judge{ID: l.ID, Reason: "只是打听政策", Opinion: pipeline.Opinion{Industry: "bad"}})
		if err != nil || out.State != "refused" || out.Next != "feedback" {
			t.Fatalf("%+v %v", out, err)
		}
		rec, err := w.Pipeline.GetLead(w.As("officer"), pipeline.ByID{ID: l.ID})
		if err != nil || rec.Opinion.Industry != "bad" || rec.Parts[0].Met || rec.Claim != nil {
			t.Errorf("%+v %v", rec, err)
		}
		if out, err = w.Pipeline.StepLead(w.As("officer"), pipeline.NewStep{ID: l.ID, Said: "已告知企业"}); err != nil || out.Next != "" || out.DueOn != "" {
			t.Errorf("after the feedback of a refusal nothing is due: %+v %v", out, err)
		}
		if _, err = w.Pipeline.StepLead(w.As("officer"), pipeline.NewStep{ID: l.ID, Said: "再说"}); !fault.Has(err, "lead_closed") {
			t.Errorf("a closed lead: %v", err)
		}
	})
}

// TestStepLead: answer within a day, verdict within three or seven, feedback within a week, then every two weeks; what
// is overdue is found by the filter, on the workbench of its unit, and after twice the term by those above.
func TestStepLead(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		in := newLead(w)
		l, err := w.Pipeline.RecordLead(w.As("officer"), in)
		if err != nil {
			t.Fatal(err)
		}
		in.Amount = 20_000_000_000
		big, err := w.Pipeline.RecordLead(w.As("officer"), in)
		if err != nil {
			t.Fatal(err)
		}
		waits := func(got pipeline.Lead, next, due string) {
			t.Helper()
			if got.Next != next || got.DueOn != due {
				t.Errorf("waits for %s until %s, want %s until %s", got.Next, got.DueOn, next, due)
			}
		}
		step := func(login, id, said string) pipeline.Lead {
			t.Helper()
			out, err := w.Pipeline.StepLead(w.As(login), pipeline.NewStep{ID: id, Said: said})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		late := func(login string) (n int) {
			t.Helper()
			list, err := w.Pipeline.ListLeads(w.As(login), pipeline.LeadFilter{Late: true, Company: w.ID["company"]})
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range list.Items {
				if x.ID == l.ID || x.ID == big.ID {
					n++
				}
			}
			return n
		}
		onBench := func(login string) bool {
			t.Helper()
			status, body := w.Do(w.Client(login), w.Request("GET", "/leads/waiting", ""))
			if status != 200 {
				t.Fatalf("%s: %d", login, status)
			}
			return strings.Contains(body, l.ID)
		}
		waits(l, "answer", "2020-12-17")
		waits(step("officer", big.ID, "已电话回应"), "verdict", "2020-12-23")
		if late("officer") != 0 || !onBench("county") || onBench("city") || onBench("neighbour") {
			t.Error("on the first day nothing is late; due tomorrow is on the unit's workbench alone")
		}
		w.Clock.Set(apptest.Now.AddDate(0, 0, 3))
		if late("officer") != 1 || late("neighbour") != 0 || !onBench("city") {
			t.Error("three days later one answer is late, and after twice the term the city hears of it")
		}
		waits(step("officer", l.ID, "已上门回应"), "verdict", "2020-12-19")
		waits(step("officer", l.ID, "补了方案"), "verdict", "2020-12-19")
		out, err := w.Pipeline.JudgeLead(w.As("county"), pipeline.Judge{ID: l.ID, Valid: true, Opinion: apptest.Favourable, Reason: "好"})
		if err != nil {
			t.Fatal(err)
		}
		waits(out, "feedback", "2020-12-23")
		waits(step("county", l.ID, "已告知推荐人"), "progress", "2021-01-02")
		w.Clock.Set(apptest.Now.AddDate(0, 0, 10))
		waits(step("officer", l.ID, "约了看厂房"), "progress", "2021-01-09")
		rec, err := w.Pipeline.GetLead(w.As("county"), pipeline.ByID{ID: l.ID})
		if err != nil || len(rec.Steps) != 4 || rec.Steps[0].Kind != "progress" || rec.Steps[1].Kind != "feedback" || rec.Steps[3].Kind != "answer" {
			t.Errorf("%+v %v", rec.Steps, err)
		}
		for name, x := range map[string]struct {
			login string
			in    pipeline.NewStep
			want  string
		}{
			"no words":         {"officer", pipeline.NewStep{ID: l.ID, Said: " "}, "required"},
			"an old version":   {"officer", pipeline.NewStep{ID: l.ID, Said: "好", Version: 1}, "stale"},
			"the neighbour":    {"neighbour", pipeline.NewStep{ID: l.ID, Said: "好"}, "not_found"},
			"not for a reader": {"assessor", pipeline.NewStep{ID: l.ID, Said: "好"}, "not_allowed"},
		} {
			if _, err := w.Pipeline.StepLead(w.As(x.login), x.in); !fault.Has(err, x.want) {
				t.Errorf("%s: %v, want %s", name, err, x.want)
			}
		}
	})
}

func TestLeadPages(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	c := w.Client("officer")
	form := url.Values{"title": {"二厂"}, "company": {w.ID["company"]}, "said": {"要厂房"}, "source": {"visit"}, "industry": {"39"}, "amount": {"5,000"}, "team": {"shenzhen.520602"}, "needs.hall": {"many"}}
	post := func() (int, string) {
		r := w.Request("POST", "/leads", form.Encode())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "text/html")
		return w.Do(c, r)
	}
	if status, body := post(); status != 422 || !strings.Contains(body, `id="f-needs-hall-e"`) || !strings.Contains(body, "要厂房") {
		t.Fatalf("%d %.200s", status, body)
	}
	form.Set("needs.hall", "2000")
	if status, body := post(); status != 303 {
		t.Fatalf("%d %.300s", status, body)
	}
	list, err := w.Pipeline.ListLeads(w.As("officer"), pipeline.LeadFilter{Q: "二厂"})
	if err != nil || len(list.Items) != 1 || list.Items[0].Amount != 5000*10000*100 || list.Items[0].Needs.Hall != 2000 {
		t.Errorf("%+v %v", list, err)
	}
}
