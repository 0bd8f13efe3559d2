package assess_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/assess"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

func year(scheme string) assess.Start {
	return assess.Start{Scheme: scheme, From: "2020-01-01", Through: "2020-12-15"}
}

func run(t *testing.T, w *apptest.World, in assess.Start) assess.Run {
	t.Helper()
	r, err := w.Assess.Assess(w.As("assessor"), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func report(t *testing.T, w *apptest.World, login string, in assess.RunIn) assess.Report {
	t.Helper()
	out, err := w.Assess.Report(w.As(login), in)
	if err != nil {
		t.Fatalf("%s: %v", login, err)
	}
	return out
}

func score(t *testing.T, r assess.Report, item string) assess.Score {
	t.Helper()
	i := slices.IndexFunc(r.Scores, func(s assess.Score) bool { return s.Item == item })
	if i < 0 {
		t.Fatalf("no line %s", item)
	}
	return r.Scores[i]
}

func target(t *testing.T, w *apptest.World, node, measure string, value int64) {
	t.Helper()
	if _, err := w.Assess.SetTarget(w.As("province"), assess.SetTarget{Node: node, Measure: measure, Year: "2020", Value: value}); err != nil {
		t.Fatal(err)
	}
}

// TestRun: points by hand, the weight of what has no data is spread, the same again later, and what the assessed see.
func TestRun(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Live()
		target(t, w, "520602", "contract.amount", 3_660_000_000) // of 366 days: 350 ask for 35 million yuan
		target(t, w, "520602", "project.strong", 2)
		r := run(t, w, year("county"))
		got := report(t, w, "assessor", assess.RunIn{ID: r.ID, Subject: "520602"})
		// contract 8: 18.5 of 35 million; strong 12: 0 of 1; chain 5: 0 of 1; timely 1: all; nothing else has data, 26 of 100
		c := score(t, got, "contract")
		if c.Numerator != 1_850_000_000 || c.Denominator != 3_500_000_000 || c.Ratio != 528_571 || c.Weight != 800 || c.Spread != 3077 || c.Points != 1626 {
			t.Errorf("%+v", c)
		}
		if f := score(t, got, "funds"); f.HasData || f.Spread != 0 || f.Points != 0 {
			t.Errorf("funds without a target: %+v", f)
		}
		if res := got.Results[0]; res.Covered != 2600 || res.Total != 2011 || res.Place != 1 || res.Size != 1 {
			t.Errorf("%+v", res)
		}
		var sum int64
		for _, s := range got.Scores {
			sum += s.Spread
		}
		if sum != 10_000 {
			t.Errorf("the weights come to %d hundredths", sum)
		}
		evidence(t, w, c)

		// later facts, targets and versions change nothing that was made
		w.Clock.Set(w.Clock.Now().Add(time.Hour))
		w.Recognise("funds/"+w.ID["funds"], "city", "province")
		target(t, w, "520602", "contract.amount", 1)
		again, err := w.Assess.Replay(w.As("assessor"), assess.ByID{ID: r.ID})
		if err != nil || !again.Same || again.Scores == 0 {
			t.Errorf("%+v %v", again, err)
		}
		if next := report(t, w, "assessor", assess.RunIn{ID: run(t, w, year("county")).ID, Subject: "520602"}); score(t, next, "contract").Ratio != 1_000_000 || !score(t, next, "industry").HasData {
			t.Errorf("a new run does not see what is new: %+v", next.Scores)
		}

		what := report(t, w, "assessor", assess.RunIn{ID: r.ID, Subject: "520602", Key: []string{"strong", "chain"}, Weight: []string{"0", "0"}})
		if !what.WhatIf || what.Results[0].Total != 5809 {
			t.Errorf("nearly all weight on contracts: %+v", what.Results)
		}
		if _, err := w.Assess.Report(w.As("assessor"), assess.RunIn{ID: r.ID, Key: []string{"strong"}, Weight: []string{"-3"}}); !fault.Has(err, "bad_weights") {
			t.Errorf("a negative weight: %v", err)
		}
	})
}

// evidence asks the ledger the question that the score names: it must give the score's number.
func evidence(t *testing.T, w *apptest.World, s assess.Score) {
	t.Helper()
	q, err := url.ParseQuery(s.TopAsk)
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.Ledger.Figures(w.As("assessor"), ledger.FiguresIn{From: q.Get("from"), Through: q.Get("through"), Known: q.Get("known"), Book: q.Get("book"), Where: q["where"], Measure: q["measure"]})
	if err != nil || out.Figures[0].Value.N != s.Numerator {
		t.Errorf("the evidence of %s gives %+v, the score says %d (%v)", s.Item, out.Figures, s.Numerator, err)
	}
}

func TestRun_refusals(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for name, x := range map[string]struct {
			login string
			edit  func(*assess.Start)
			want  string
		}{
			"a county does not assess": {"county", func(*assess.Start) {}, "not_allowed"},
			"no such scheme":           {"assessor", func(in *assess.Start) { in.Scheme = "none" }, "no_such_scheme"},
			"no such version":          {"assessor", func(in *assess.Start) { in.Version = 7 }, "no_such_scheme"},
			"no date":                  {"assessor", func(in *assess.Start) { in.From = "1/1/2020" }, "not_a_date"},
			"backwards":                {"assessor", func(in *assess.Start) { in.From = "2020-12-16" }, "bad_span"},
			"two years":                {"assessor", func(in *assess.Start) { in.From = "2019-12-01" }, "one_year"},
			"the future":               {"assessor", func(in *assess.Start) { in.Through = "2020-12-31" }, "in_the_future"},
			"teams of no station":      {"assessor", func(in *assess.Start) { in.Scheme = "team" }, "no_such_station"},
		} {
			in := year("county")
			x.edit(&in)
			if _, err := w.Assess.Assess(w.As(x.login), in); !fault.Has(err, x.want) {
				t.Errorf("%s: %v, want %s", name, err, x.want)
			}
		}
	})
}

// TestRecused: an assessor who stands inside what is assessed stands aside.
func TestRecused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		err := w.DB.Write(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
			_, err := w.Auth.Seed(ctx, tx, []auth.AddAccount{{Login: "inside", Name: "内部", Unit: "520602", Node: "520602", Roles: []auth.Role{auth.Assessor}, Password: apptest.Password}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Assess.Assess(w.As("inside"), year("county")); !fault.Has(err, "recused") {
			t.Errorf("an assessor of the county itself: %v", err)
		}
		if _, err := w.Assess.Assess(w.As("assessor"), assess.Start{Scheme: "team", From: "2020-10-12", Through: "2020-12-15", Station: "shenzhen"}); err != nil {
			t.Errorf("teams: %v", err)
		}
	})
}

// TestPublish: nothing is seen before the notice, appeals are answered by another person, and nothing is published before
// the days are over.
func TestPublish(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Live()
		r := run(t, w, year("county"))
		if _, err := w.Assess.Report(w.As("county"), assess.RunIn{ID: r.ID}); !fault.Has(err, "not_found") {
			t.Errorf("the assessed see a run that is not out: %v", err)
		}
		step := func(login, kind, want string) {
			t.Helper()
			_, err := w.Assess.Take(w.As(login), assess.Move{ID: r.ID, Kind: kind})
			if want == "" && err != nil || want != "" && !fault.Has(err, want) {
				t.Errorf("%s %s: %v, want %q", login, kind, err, want)
			}
		}
		step("county", "notice", "not_allowed")
		step("province", "publish", "wrong_state")
		step("assessor", "notice", "")
		seen := report(t, w, "county", assess.RunIn{ID: r.ID})
		if len(seen.Results) != 1 || seen.Results[0].Subject != "520602" || seen.Results[0].Place != 0 || seen.AppealUntil != "2020-12-23" {
			t.Errorf("the county sees %+v until %s", seen.Results, seen.AppealUntil)
		}
		if _, err := w.Assess.Report(w.As("county"), assess.RunIn{ID: r.ID, Subject: "520603"}); !fault.Has(err, "not_found") {
			t.Errorf("another county's score: %v", err)
		}
		file := func(login, subject, item, reason, want string) (a assess.Appeal) {
			t.Helper()
			a, err := w.Assess.Appeal(w.As(login), assess.NewAppeal{Run: r.ID, Subject: subject, Item: item, Reason: reason})
			if want == "" && err != nil || want != "" && !fault.Has(err, want) {
				t.Errorf("appeal of %s for %s: %v, want %q", login, subject, err, want)
			}
			return a
		}
		file("county", "520603", "contract", "不服", "not_yours")
		file("county", "520602", "beauty", "不服", "not_a_choice")
		file("county", "520602", "contract", " ", "required")
		a := file("county", "520602", "contract", "合同额少计一笔", "")
		answer := func(login, text, want string) {
			t.Helper()
			_, err := w.Assess.Answer(w.As(login), assess.Reply{ID: a.ID, Answer: text})
			if want == "" && err != nil || want != "" && !fault.Has(err, want) {
				t.Errorf("%s answers: %v, want %q", login, err, want)
			}
		}
		answer("assessor", "核过了", "same_person")
		answer("province", "", "required")
		step("province", "publish", "too_early")
		w.Clock.Set(time.Date(2020, 12, 24, 2, 0, 0, 0, time.UTC))
		step("province", "publish", "appeals_open")
		answer("province", "框架协议不计入。", "")
		answer("province", "再答", "wrong_state")
		file("county", "520602", "contract", "迟了", "too_late")
		step("province", "publish", "")
		if seen = report(t, w, "county", assess.RunIn{ID: r.ID}); seen.State != "published" || seen.Results[0].Place == 0 || len(seen.Appeals) != 1 {
			t.Errorf("%+v", seen)
		}
		step("province", "withdraw", "")
		if _, err := w.Assess.Report(w.As("county"), assess.RunIn{ID: r.ID}); !fault.Has(err, "not_found") {
			t.Errorf("the assessed see a run that was taken back: %v", err)
		}
	})
}

// TestScheme: weights come to a hundred, nothing divides by nothing, two persons, and a version in force stays.
func TestScheme(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for _, p := range assess.Defaults {
			if _, err := w.Assess.SaveScheme(w.As("assessor"), assess.Draft{Plan: p}); err != nil {
				t.Errorf("%s: %v", p.Code, err)
			}
		}
		for name, x := range map[string]struct {
			edit func(*assess.Plan)
			want string
		}{
			"weights":         {func(p *assess.Plan) { p.Indicators[0].Weight = 24 }, "weights_sum"},
			"negative weight": {func(p *assess.Plan) { p.Indicators[0].Weight, p.Indicators[1].Weight = -5, 38 }, "out_of_range"},
			"divides by air":  {func(p *assess.Plan) { p.Indicators[0].Target = "" }, "divides_by_nothing"},
			"two bottoms":     {func(p *assess.Plan) { p.Indicators[0].Bottom = &assess.Term{Measure: "tour"} }, "two_denominators"},
			"unknown measure": {func(p *assess.Plan) { p.Indicators[0].Top = &assess.Term{Measure: "joy"} }, "unknown_measure"},
			"bad condition":   {func(p *assess.Plan) { p.Indicators[0].Top = &assess.Term{Measure: "tour", Where: []string{"x'; DROP"}} }, "bad_filter"},
			"same key":        {func(p *assess.Plan) { p.Indicators[1].Key = p.Indicators[0].Key }, "not_unique"},
			"no reason":       {func(p *assess.Plan) { p.Indicators[4].Top, p.Indicators[4].Bottom = nil, nil }, "no_formula"},
			"nobody's group":  {func(p *assess.Plan) { p.Groups = nil }, "required"},
			"tally by tag": {func(p *assess.Plan) {
				p.Indicators[4].Top = &assess.Term{Measure: "promise.kept", Where: []string{"tag:listed"}}
			}, "tally_has_no_conditions"},
			"tally of cohort":  {func(p *assess.Plan) { p.Indicators[4].Cohort = true }, "ledger_only"},
			"clears nothing":   {func(p *assess.Plan) { p.Deductions[0].Clears = "none" }, "not_a_choice"},
			"half a cohort":    {func(p *assess.Plan) { p.Deductions[1].Less = nil }, "required"},
			"another code":     {func(p *assess.Plan) { p.Code = "mine" }, "not_a_choice"},
			"bonus of nothing": {func(p *assess.Plan) { p.Bonus[0].Count = nil }, "counts_nothing"},
		} {
			p := assess.Defaults[0]
			p.Indicators, p.Bonus, p.Deductions = slices.Clone(p.Indicators), slices.Clone(p.Bonus), slices.Clone(p.Deductions)
			x.edit(&p)
			if _, err := w.Assess.SaveScheme(w.As("assessor"), assess.Draft{Plan: p}); !fault.Has(err, x.want) {
				t.Errorf("%s: %v, want %s", name, err, x.want)
			}
		}
		p := assess.Defaults[0]
		if _, err := w.Assess.SaveScheme(w.As("assessor"), assess.Draft{ID: "county.1", Plan: p}); !fault.Has(err, "scheme_in_force") {
			t.Errorf("version 1: %v", err)
		}
		p.Cards = true
		d, err := w.Assess.SaveScheme(w.As("province"), assess.Draft{ID: "county.2", Plan: p})
		if err != nil || d.Version != 2 {
			t.Fatal(d, err)
		}
		if _, err := w.Assess.Approve(w.As("province"), assess.ByID{ID: d.ID}); !fault.Has(err, "same_person") {
			t.Errorf("the same person: %v", err)
		}
		if r := run(t, w, year("county")); r.Scheme != 1 {
			t.Errorf("a draft was used: %+v", r)
		}
		if _, err := w.Assess.Approve(w.As("province2"), assess.ByID{ID: d.ID}); err != nil {
			t.Fatal(err)
		}
		if r := run(t, w, year("county")); r.Scheme != 2 {
			t.Errorf("version 2 is in force: %+v", r)
		}
		if _, err := w.Assess.SaveScheme(w.As("province"), assess.Draft{ID: d.ID, Plan: p}); !fault.Has(err, "scheme_in_force") {
			t.Errorf("a scheme changed after a run: %v", err)
		}
	})
}

func TestRun_pages(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	w.Live()
	target(t, w, "520602", "contract.amount", 3_660_000_000)
	target(t, w, "520602", "project.strong", 2)
	assessor := w.Client("assessor")
	post := func(path string, form url.Values) (int, string) {
		r := w.Request("POST", path, form.Encode())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "text/html")
		return w.Do(assessor, r)
	}
	if status, body := post("/assess/runs", url.Values{"scheme": {"county"}, "from": {"2020-01-01"}, "through": {"2021-01-05"}}); status != 422 || !strings.Contains(body, "f-through-e") {
		t.Errorf("%d %.200s", status, body)
	}
	r := run(t, w, year("county"))
	for path, want := range map[string]string{
		"/assess": "县区年度考评 v1", "/assess/runs/new": "f-scheme", "/assess/runs/" + r.ID: "碧江", "/assess/runs/" + r.ID + "?check=true": "完全一致",
		"/assess/runs/" + r.ID + "/520602": "16.26", "/assess/runs/" + r.ID + "?key=strong&weight=0&key=chain&weight=0": "58.09", "/assess/schemes/county.1": "weight.funds",
	} {
		if status, body := w.Do(assessor, w.Request("GET", path, "")); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d, without %q", path, status, want)
		}
	}
	form := url.Values{}
	for _, x := range assess.Defaults[0].Indicators {
		form.Set("weight."+x.Key, fmt.Sprint(x.Weight))
		form.Set("goal."+x.Key, fmt.Sprint(x.Goal))
	}
	form.Set("weight.funds", "20")
	if status, body := post("/assess/schemes/county.1", form); status != 422 || !strings.Contains(body, "现为 95") {
		t.Errorf("%d, weights that do not come to 100", status)
	}
	form.Set("weight.contract", "13")
	if status, body := post("/assess/schemes/county.1", form); status != 303 {
		t.Errorf("%d %.300s", status, body)
	}
}
