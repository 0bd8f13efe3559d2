package pipeline_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/pipeline"
	"zhudian/internal/verify"
)

// all is what the first gates ask for after signing.
var all = pipeline.Details{
	LocalName: "铜仁测试精密有限公司", LocalUSCC: "91310000MA0000015F", Equity: "深圳测试精密 100%", NationalCode: "2020-520602-39-03-118264", Site: "灯塔产业园 A7", ProduceDue: "2021-06-30",
}

func papers(kinds ...string) []pipeline.NewPaper {
	out := make([]pipeline.NewPaper, len(kinds))
	for i, k := range kinds {
		out[i] = pipeline.NewPaper{Kind: k, File: slip()[0]}
	}
	return out
}

// move files a move of the world's project with everything its gate asks for.
func move(t *testing.T, w *apptest.World, to, on string) (pipeline.Project, error) {
	t.Helper()
	in := pipeline.NewMove{To: to, On: on, Instead: "另行补交"}
	in.Project, in.Details = w.ID["project"], all
	for _, g := range pipeline.DefaultGates().Gates {
		if g.Stage == to {
			for _, k := range g.Papers {
				if !strings.HasSuffix(k, "?") {
					in.Papers = append(in.Papers, papers(k)...)
				}
			}
		}
	}
	return w.Pipeline.Move(w.As("county"), in)
}

func must(t *testing.T, _ pipeline.Project, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func confirm(w *apptest.World, login, stage string, pass bool) error {
	_, err := w.Pipeline.ConfirmMove(w.As(login), pipeline.ConfirmMove{Project: w.ID["project"], Stage: stage, Pass: pass, Reason: "缺章"})
	return err
}

// reach brings the world's project through stages, one after the other, on one day.
func reach(t *testing.T, w *apptest.World, stages ...string) {
	t.Helper()
	for _, s := range stages {
		p, err := move(t, w, s, "2020-12-14")
		must(t, p, err)
		if s != "C1" && s != "P2" {
			if err := confirm(w, "city", s, true); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	}
}

func moveOf(t *testing.T, w *apptest.World, stage string) pipeline.Move {
	t.Helper()
	rec, err := w.Pipeline.Get(w.As("county"), pipeline.ByID{ID: w.ID["project"]})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range rec.Moves {
		if m.Stage == stage {
			return m
		}
	}
	t.Fatalf("no move to %s", stage)
	return pipeline.Move{}
}

// TestMove_startCountsByVerification: works begin when three persons have said so; sent back, the project stands where it
// stood; withdrawn, it stands there again.
func TestMove_startCountsByVerification(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		reach(t, w, "R1", "R2", "R3", "C1")
		subject := moveOf(t, w, "C1").Subject()
		if got := figure(t, w, "project.started", "filed", "location", "520602"); got != "1" {
			t.Errorf("filed: %s", got)
		}
		decide(t, w, subject, verify.Return, "city")
		if p := project(t, w, w.ID["project"]); p.Stage != "R3" || figure(t, w, "project.started", "filed", "location", "") != "0" {
			t.Errorf("sent back: stage %s", p.Stage)
		}
		if _, err := w.Verify.Appeal(w.As("county"), verify.NewAppeal{Claim: claimOf(t, w, subject).ID, Reason: "许可证已附"}); err != nil {
			t.Fatal(err)
		}
		if p := project(t, w, w.ID["project"]); p.Stage != "C1" || figure(t, w, "project.started", "filed", "location", "") != "1" {
			t.Errorf("appealed: stage %s", p.Stage)
		}
		decide(t, w, subject, verify.Return, "province")
		reach(t, w, "C1")
		decide(t, w, subject, verify.Pass, "city", "province")
		if m := moveOf(t, w, "C1"); m.State != pipeline.Confirmed || m.DecidedBy != w.Person("province") {
			t.Errorf("recognised: %+v", m)
		}
		if got := figure(t, w, "project.started", "recognised", "location", "520602"); got != "1" {
			t.Errorf("recognised: %s", got)
		}
		shares := []pipeline.Share{{Unit: "520602", Share: 700_000}, {Unit: "520603", Share: 300_000}}
		if _, err := w.Pipeline.SetCredit(w.As("province"), pipeline.Credit{Project: w.ID["project"], Shares: shares, Reason: "agreed"}); err != nil {
			t.Fatal(err)
		}
		if got := figure(t, w, "project.started", "recognised", "credit", "520603"); got != "0.300000" && got != "300000" && got != "0.3" {
			t.Errorf("the neighbour's credit for the start: %s", got)
		}
		reach(t, w, "C2", "P1", "P2")
		decide(t, w, moveOf(t, w, "P2").Subject(), verify.Pass, "city", "province")
		if got := figure(t, w, "project.produced", "recognised", "location", ""); got != "1" || project(t, w, w.ID["project"]).Stage != "P2" {
			t.Errorf("producing: %s", got)
		}
		claim := claimOf(t, w, moveOf(t, w, "P2").Subject())
		if _, err := w.Verify.Withdraw(w.As("province"), verify.Withdrawal{Claim: claim.ID, Reason: "没有投产"}); err != nil {
			t.Fatal(err)
		}
		if p := project(t, w, w.ID["project"]); p.Stage != "P1" || figure(t, w, "project.produced", "recognised", "location", "") != "0" {
			t.Errorf("withdrawn: stage %s", p.Stage)
		}
	})
}

// TestMove_correction: after recognition another day is a correction, and the recognised day stands until it has passed.
func TestMove_correction(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		reach(t, w, "R1", "R2", "R3", "C1")
		subject := moveOf(t, w, "C1").Subject()
		decide(t, w, subject, verify.Pass, "city", "province")
		p, err := move(t, w, "C1", "2020-12-15")
		must(t, p, err)
		if m := moveOf(t, w, "C1"); m.ReachedOn != "2020-12-14" || m.State != pipeline.Confirmed {
			t.Errorf("while it is checked: %+v", m)
		}
		decide(t, w, subject, verify.Pass, "city", "province")
		if m := moveOf(t, w, "C1"); m.ReachedOn != "2020-12-15" {
			t.Errorf("after the correction: %+v", m)
		}
		if got := figure(t, w, "project.started", "recognised", "location", ""); got != "1" {
			t.Errorf("counted %s times", got)
		}
	})
}

func TestMove_refusals(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id := w.ID["project"]
		bare := func(to, on string) error {
			_, err := w.Pipeline.Move(w.As("county"), pipeline.NewMove{Prepare: pipeline.Prepare{Project: id}, To: to, On: on})
			return err
		}
		with := func(d pipeline.Details) error {
			_, err := w.Pipeline.Prepare(w.As("county"), pipeline.Prepare{Project: id, Details: d})
			return err
		}
		for name, x := range map[string]struct {
			err  error
			code string
		}{
			"start before registration": {bare("C1", "2020-12-14"), "stage_order"},
			"back to talks":             {bare("L3", "2020-12-14"), "stage_order"},
			"the contract by a move":    {bare("Q2", "2020-12-14"), "not_a_move"},
			"no such stage":             {bare("Z9", "2020-12-14"), "unknown"},
			"nothing attached":          {bare("R1", "2020-12-14"), "required"},
			"before the contract":       {bare("R1", "2020-12-09"), "before_stage"},
			"tomorrow":                  {bare("R1", "2020-12-31"), "future_date"},
			"a credit code too short":   {with(pipeline.Details{LocalUSCC: "9131"}), "credit_code_length"},
			"a project code of fancy":   {with(pipeline.Details{NationalCode: "520602-1"}), "not_a_code"},
			"30 February":               {with(pipeline.Details{StartDue: "2021-02-30"}), "not_a_date"},
		} {
			if !fault.Has(x.err, x.code) {
				t.Errorf("%s: %v, want %s", name, x.err, x.code)
			}
		}
		rec, err := w.Pipeline.Get(w.As("county"), pipeline.ByID{ID: id})
		if err != nil || rec.Next != "R1" || !slices.Equal(rec.Missing, []string{"local_name", "local_uscc", "equity", "licence"}) {
			t.Errorf("the next stage %s misses %q %v", rec.Next, rec.Missing, err)
		}
		p, err := move(t, w, "R1", "2020-12-14")
		must(t, p, err)
		if err := confirm(w, "county", "R1", true); !fault.Has(err, "same_person") {
			t.Errorf("one's own move: %v", err)
		}
		if err := confirm(w, "neighbour", "R1", true); !fault.Has(err, "not_found") {
			t.Errorf("the neighbour confirms: %v", err)
		}
		if err := confirm(w, "city", "R1", false); err != nil {
			t.Fatal(err)
		}
		if err := confirm(w, "city", "R1", true); !fault.Has(err, "not_waiting") || project(t, w, id).Stage != "Q2" {
			t.Errorf("a refused move: %v, stage %s", err, project(t, w, id).Stage)
		}
		reach(t, w, "R1", "R2")
		if p, err := move(t, w, "R1", "2020-12-15"); !fault.Has(err, "after_stage") {
			t.Errorf("registered after it was filed: %+v %v", p, err)
		}
		other, err := w.Pipeline.Register(w.As("county"), pipeline.Register{Name: "同码", Unit: "520602", Investors: []string{w.ID["company"]}, Industry: "39", Wheel: "industry", RegisteredOn: "2020-12-01"})
		must(t, other, err)
		if _, err := w.Pipeline.Prepare(w.As("county"), pipeline.Prepare{Project: other.ID, Details: all}); !fault.Has(err, "code_used") {
			t.Errorf("a project code used twice: %v", err)
		}
		if _, err := w.Pipeline.Prepare(w.As("county"), pipeline.Prepare{Project: other.ID, Papers: papers("love_letter")}); !fault.Has(err, "unknown") {
			t.Errorf("an unknown kind of evidence: %v", err)
		}
	})
}

// TestStatus: the status stands apart from the stage, needs its reason, and holds the project where it is.
func TestStatus(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		set := func(login string, in pipeline.NewStatus) error {
			in.Project = w.ID["project"]
			if in.On == "" {
				in.On = "2020-12-15"
			}
			_, err := w.Pipeline.SetStatus(w.As(login), in)
			return err
		}
		for name, x := range map[string]struct {
			who  string
			in   pipeline.NewStatus
			code string
		}{
			"no reason":           {"county", pipeline.NewStatus{Status: "paused"}, "required"},
			"whose doing":         {"county", pipeline.NewStatus{Status: "terminated", Reason: "x"}, "required"},
			"lost to nowhere":     {"county", pipeline.NewStatus{Status: "lost", Reason: "x"}, "required"},
			"the same":            {"county", pipeline.NewStatus{Status: "normal", Reason: "x"}, "same_status"},
			"a zombie by hand":    {"county", pipeline.NewStatus{Status: "zombie", Reason: "x"}, "unknown"},
			"doubt by the county": {"county", pipeline.NewStatus{Status: "in_doubt", Reason: "x"}, "in_doubt"},
			"merged with nothing": {"county", pipeline.NewStatus{Status: "merged", Reason: "x", Target: "ZD-2020-9999"}, "not_found"},
			"the neighbour":       {"neighbour", pipeline.NewStatus{Status: "paused", Reason: "x"}, "not_found"},
			"an officer":          {"officer", pipeline.NewStatus{Status: "paused", Reason: "x"}, "not_allowed"},
			"before it was":       {"county", pipeline.NewStatus{Status: "paused", Reason: "x", On: "2020-11-01"}, "before_registration"},
		} {
			if err := set(x.who, x.in); !fault.Has(err, x.code) {
				t.Errorf("%s: %v, want %s", name, err, x.code)
			}
		}
		if err := set("county", pipeline.NewStatus{Status: "terminated", Cause: "investor", Reason: "资金链断裂"}); err != nil {
			t.Fatal(err)
		}
		if _, err := move(t, w, "R1", "2020-12-15"); !fault.Has(err, "not_normal") {
			t.Errorf("a terminated project moves: %v", err)
		}
		if got := figure(t, w, "project.signed", "filed", "location", ""); got != "1" {
			t.Errorf("a status changed a figure: %s", got)
		}
		if err := set("county", pipeline.NewStatus{Status: "normal", Reason: "新投资人接手"}); err != nil {
			t.Fatal(err)
		}
		rec, err := w.Pipeline.Get(w.As("county"), pipeline.ByID{ID: w.ID["project"]})
		if err != nil || len(rec.Statuses) != 2 || rec.Statuses[1].Cause != "investor" {
			t.Errorf("%+v %v", rec.Statuses, err)
		}
		other, err := w.Pipeline.Register(w.As("county"), pipeline.Register{Name: "重复", Unit: "520602", Investors: []string{w.ID["company"]}, Industry: "39", Wheel: "industry", RegisteredOn: "2020-12-01"})
		must(t, other, err)
		if err := set("county", pipeline.NewStatus{Status: "merged", Reason: "同一项目", Target: other.Code}); !fault.Has(err, "still_counts") {
			t.Errorf("merged while it counts: %v", err)
		}
	})
}

// TestGates: a new version is written by one, put in force by another, and changes what a move needs.
func TestGates(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		next := pipeline.DefaultGates().Gates
		propose := func(change func([]pipeline.Gate)) (pipeline.Gates, error) {
			var list []pipeline.Gate
			raw, _ := json.Marshal(next)
			_ = json.Unmarshal(raw, &list)
			change(list)
			return w.Pipeline.ProposeGates(w.As("province"), pipeline.NewGates{Gates: list, Note: "补要素"})
		}
		for name, x := range map[string]struct {
			change func([]pipeline.Gate)
			code   string
		}{
			"another order":         {func(g []pipeline.Gate) { g[5], g[6] = g[6], g[5] }, "out_of_order"},
			"an unknown field":      {func(g []pipeline.Gate) { g[5].Fields = []string{"mood"} }, "unknown"},
			"an unknown paper":      {func(g []pipeline.Gate) { g[5].Papers = []string{"mood?"} }, "unknown"},
			"the start passed over": {func(g []pipeline.Gate) { g[8].Skip = true }, "must_pass"},
			"nobody confirms":       {func(g []pipeline.Gate) { g[5].Roles = nil }, "required"},
			"a negative time":       {func(g []pipeline.Gate) { g[5].Days = -1 }, "out_of_range"},
		} {
			if _, err := propose(x.change); !fault.Has(err, x.code) {
				t.Errorf("%s: %v, want %s", name, err, x.code)
			}
		}
		v2, err := propose(func(g []pipeline.Gate) {
			g[2].Skip = false                                   // L4 must be reached before a contract
			g[5].Fields, g[5].Papers = []string{"staff"}, nil   // R1
			g[4].Fields = []string{"start_due"}                 // Q2
			g[6].Roles, g[6].Papers = []string{"province"}, nil // R2
		})
		if err != nil || v2.Version != 2 {
			t.Fatal(v2.Version, err)
		}
		if _, err := w.Pipeline.ApproveGates(w.As("province"), pipeline.ApproveGates{Version: 2}); !fault.Has(err, "same_person") {
			t.Errorf("approved by its author: %v", err)
		}
		p, err := move(t, w, "R1", "2020-12-14") // version 1 still holds
		must(t, p, err)
		if _, err := w.Pipeline.ApproveGates(w.As("province2"), pipeline.ApproveGates{Version: 2}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Pipeline.ApproveGates(w.As("province2"), pipeline.ApproveGates{Version: 2}); !fault.Has(err, "in_force") {
			t.Errorf("approved twice: %v", err)
		}
		if _, err := move(t, w, "R1", "2020-12-14"); !fault.Has(err, "stage_order") { // the review is missing now
			t.Errorf("without a review: %v", err)
		}
		other, err := w.Pipeline.Register(w.As("county"), pipeline.Register{Name: "新项目", Unit: "520602", Investors: []string{w.ID["company"]}, Industry: "39", Wheel: "industry", RegisteredOn: "2020-12-01"})
		must(t, other, err)
		sign := pipeline.Sign{Project: other.ID, SignedOn: "2020-12-12", Amount: 100_000_00}
		if _, err := w.Pipeline.Sign(w.As("county"), sign); !fault.Has(err, "stage_order") {
			t.Errorf("signed without a review: %v", err)
		}
		review := pipeline.NewMove{To: "L4", On: "2020-12-10"}
		review.Project, review.Papers = other.ID, papers("review_minutes", "fair_review", "legal_review", "impact_note")
		if _, err := w.Pipeline.Move(w.As("county"), review); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Pipeline.Sign(w.As("county"), sign); !fault.Has(err, "required") {
			t.Errorf("signed without the agreed start: %v", err)
		}
		if _, err := w.Pipeline.Prepare(w.As("county"), pipeline.Prepare{Project: other.ID, Details: pipeline.Details{StartDue: "2021-05-01"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Pipeline.Sign(w.As("county"), sign); err != nil {
			t.Error(err)
		}
	})
}

// TestStagePages: the form keeps what was uploaded when the gate still misses something, the record shows what is missing,
// the board counts.
func TestStagePages(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	id := w.ID["project"]
	get := func(login, path string) (int, string) { return w.Do(w.Client(login), w.Request("GET", path, "")) }
	if status, body := get("county", "/projects/"+id); status != 200 || !strings.Contains(body, "推进到“注册”还缺 5 项") || !strings.Contains(body, "营业执照") {
		t.Errorf("the record: %d %v", status, strings.Contains(body, "还缺"))
	}
	if status, body := get("county", "/projects/"+id+"/move?to=C1"); status != 200 || !strings.Contains(body, "顺序不对") {
		t.Errorf("a stage too early: %d", status)
	}
	version := func() string { return verOf(project(t, w, id)) }
	status, body := uploadTo(t, w, "county", "/projects/"+id+"/move", "papers.licence", "to", "R1", "on", "2020-12-14", "version", version(), "details.local_name", "铜仁测试")
	if status != 422 || !strings.Contains(body, "已有：a.pdf") || !strings.Contains(body, `id="f-details-equity-e"`) || !strings.Contains(body, `value="铜仁测试"`) {
		t.Fatalf("%d %.400s", status, body)
	}
	status, body = upload(t, w, "county", "/projects/"+id+"/move", "", "to", "R1", "on", "2020-12-14", "version", version(), "details.local_name", "铜仁测试", "details.local_uscc", "91310000MA0000015F", "details.equity", "独资")
	if status != 303 {
		t.Fatalf("%d %.400s", status, body)
	}
	if status, body := get("city", "/"); status != 200 || !strings.Contains(body, "/projects/waiting") {
		t.Errorf("the workbench has no block: %d", status)
	}
	if status, body := get("city", "/projects/waiting"); status != 200 || !strings.Contains(body, "碧江") {
		t.Errorf("waiting: %d %s", status, body)
	}
	if status, body := upload(t, w, "city", "/projects/"+id+"/confirm", "", "stage", "R1", "pass", "false"); status != 422 || !strings.Contains(body, "退回的理由") {
		t.Errorf("refused without a reason: %d", status)
	}
	if status, _ := upload(t, w, "city", "/projects/"+id+"/confirm", "", "stage", "R1", "pass", "true", "reason", ""); status != 303 {
		t.Errorf("confirmed: %d", status)
	}
	rec, err := w.Pipeline.Get(w.As("county"), pipeline.ByID{ID: id})
	if err != nil || len(rec.Papers) != 1 {
		t.Fatal(rec.Papers, err)
	}
	if status, _ := get("county", "/projects/"+id+"/papers/"+rec.Papers[0].ID); status != 200 {
		t.Errorf("the file: %d", status)
	}
	if status, _ := get("neighbour", "/projects/"+id+"/papers/"+rec.Papers[0].ID); status != 404 {
		t.Errorf("the neighbour reads the file: %d", status)
	}
	if status, body := get("county", "/projects?view=board"); status != 200 || !strings.Contains(body, "1 个 · 0.19亿元") {
		t.Errorf("the board: %d", status)
	}
	if status, _ := get("neighbour", "/api/v1/projects/board?stage=nowhere"); status != 400 {
		t.Errorf("an unknown stage: %d", status)
	}
	board, err := w.Pipeline.Board(w.As("neighbour"), pipeline.Filter{})
	for _, c := range board.Columns {
		if err != nil || c.Count != 0 {
			t.Errorf("the neighbour's board: %+v %v", c, err)
		}
	}
}
