package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"testing"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
)

// TestDraw: a spot check comes out the same whenever it is drawn again, also after what it drew was withdrawn; big and
// flagged claims are in it; who had a part in a claim does not check it; a result is written once.
func TestDraw(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newSite(t, d)
		checker := actor("checker", "520000", "province")
		x.roles["checker"] = checker
		as := func(name string) context.Context { return audit.With(t.Context(), x.roles[name]) }
		var ids []string
		for i := range 20 {
			fen, c := int64(1000+i), Case{}
			switch i {
			case 3:
				fen = 60_000_000_000
			case 7:
				c = manyTimes
			}
			claim := x.file(t, fmt.Sprint(i), fen, c)
			ids = append(ids, claim.ID)
			for _, who := range []string{"city", "province"} {
				if i == 19 && who == "province" {
					continue // not recognised: not in it
				}
				if _, err := x.s.Decide(as(who), Decision{Claim: claim.ID, Verdict: Pass, ContentHash: x.hash(t, claim.ID)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		in := NewDraw{Title: "一季度", Route: ProjectRoute, From: "2020-12-01", Through: "2020-12-31", Seed: "3367.23", Permille: 100, Big: 50_000_000_000, Flagged: true}
		for name, bad := range map[string]func(n *NewDraw){
			"seed": func(n *NewDraw) { n.Seed = " " }, "title": func(n *NewDraw) { n.Title = "" }, "route": func(n *NewDraw) { n.Route = "all" }, "span": func(n *NewDraw) { n.Through = "2020-11-01" },
			"part": func(n *NewDraw) { n.Permille = 0 }, "nothing": func(n *NewDraw) { n.From, n.Through = "2019-01-01", "2019-01-31" }, "big": func(n *NewDraw) { n.Big = -1 },
		} {
			wrong := in
			bad(&wrong)
			if _, err := x.s.MakeDraw(as("province"), wrong); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := x.s.MakeDraw(as("city"), in); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the city drew: %v", err)
		}
		draw, err := x.s.MakeDraw(as("province"), in)
		if err != nil || draw.Population != 19 {
			t.Fatalf("%v %+v", err, draw)
		}
		report, err := x.s.OpenDraw(as("checker"), ByID{ID: draw.ID})
		why := map[string]string{}
		for _, r := range report.Items {
			why[r.Claim] = r.Why
		}
		if err != nil || !report.Again || len(why) < 3 || why[ids[3]] == "" || why[ids[7]] == "" || why[ids[19]] != "" {
			t.Fatalf("%v %+v", err, report)
		}
		one := report.Items[0].Claim
		check := func(who string, in CheckResult) error {
			in.Draw = draw.ID
			_, err := x.s.Check(as(who), in)
			return err
		}
		if err := check("province", CheckResult{Claim: one, Result: "holds"}); !fault.Has(err, "same_person") {
			t.Errorf("a verifier checked: %v", err)
		}
		if err := check("checker", CheckResult{Claim: one, Result: "wrong"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a note: %v", err)
		}
		if err := check("checker", CheckResult{Claim: ids[19], Result: "holds"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("not drawn: %v", err)
		}
		status(t, x.form(t, "checker", drawURL(draw.ID)+"/check", url.Values{"claim": {one}, "result": {"wrong"}, "note": {""}}), 422, "查出的问题")
		status(t, x.form(t, "checker", drawURL(draw.ID)+"/check", url.Values{"claim": {one}, "result": {"wrong"}, "note": {"章是假的"}}), 303)
		if err := check("checker", CheckResult{Claim: one, Result: "holds"}); !fault.Has(err, "already_checked") {
			t.Errorf("twice: %v", err)
		}
		if _, err := x.s.Withdraw(as("checker"), Withdrawal{Claim: one, Reason: "章是假的"}); err != nil {
			t.Fatal(err)
		}
		var after DrawReport
		w := x.get(t, "checker", "/api/v1/draws/"+draw.ID)
		if err := json.Unmarshal(w.Body.Bytes(), &after); err != nil || !after.Again {
			t.Errorf("drawn again after a withdrawal: %v %s", err, w.Body)
		}
		status(t, x.get(t, "checker", drawURL(draw.ID)), 200, "章是假的", "与台账一致", "3367.23", "合格率 0.0%")
		status(t, x.get(t, "checker", "/verify/draws"), 200, "一季度", "不属实 1 项")
		status(t, x.get(t, "neighbour", drawURL(draw.ID)), 404)
	})
}
