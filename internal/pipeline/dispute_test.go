package pipeline_test

import (
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/company"
	"zhudian/internal/fault"
	"zhudian/internal/pipeline"
)

// overlap makes the lead of 碧江 and then one of 万山 on the same company, within the protection of the first.
func overlap(t *testing.T, w *apptest.World) (first, second pipeline.Lead) {
	t.Helper()
	in := newLead(w)
	in.Company = firmOf(t, w)
	first, err := w.Pipeline.RecordLead(w.As("officer"), in)
	if err != nil || first.Protected != "2021-02-14" {
		t.Fatalf("the first is protected for sixty days: %+v %v", first, err)
	}
	in.Title, in.Team = "机密二厂", "shenzhen.520603"
	if second, err = w.Pipeline.RecordLead(w.As("stranger"), in); err != nil || second.Protected != "" {
		t.Fatalf("the second is kept without protection: %+v %v", second, err)
	}
	return first, second
}

// firmOf makes a company on which nobody has a lead yet.
func firmOf(t *testing.T, w *apptest.World) string {
	t.Helper()
	c, err := w.Company.Create(w.As("officer"), company.Create{Facts: company.Facts{Kind: "enterprise", Name: "首谈测试电子有限公司", Industry: "39", Region: "440305"}})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

func open(t *testing.T, w *apptest.World) pipeline.DisputeRecord {
	t.Helper()
	list, err := w.Pipeline.ListDisputes(w.As("city"), pipeline.DisputeFilter{State: "open"})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	return list.Items[0]
}

// TestDispute_sides: neither side learns of the other, on page or API; no verdict before the ruling; the unit above sees both.
func TestDispute_sides(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		first, second := overlap(t, w)
		x := open(t, w)
		if x.Superior != "520600" || x.FirstLead.ID != first.ID || x.SecondLead.ID != second.ID {
			t.Errorf("%+v", x)
		}
		for login, own := range map[string]string{"officer": first.ID, "stranger": second.ID} {
			if _, err := w.Pipeline.Plead(w.As(login), pipeline.Pleading{ID: own, Said: "十月就谈过，" + login}); err != nil {
				t.Fatal(err)
			}
			rec, err := w.Pipeline.GetLead(w.As(login), pipeline.ByID{ID: own})
			if err != nil || rec.Overlap == nil || rec.Overlap.Superior != "520600" || len(rec.Overlap.Pleas) != 1 {
				t.Errorf("%s: %+v %v", login, rec.Overlap, err)
			}
		}
		for login, secret := range map[string][]string{"officer": {second.ID, "机密二厂", "stranger"}, "stranger": {first.ID, "结构件二厂", "officer"}} {
			own := map[string]string{"officer": first.ID, "stranger": second.ID}[login]
			for _, path := range []string{"/leads/" + own, "/api/v1/leads/" + own, "/leads", "/leads/waiting"} {
				status, body := w.Do(w.Client(login), w.Request("GET", path, ""))
				for _, word := range secret {
					if status != 200 || strings.Contains(body, word) {
						t.Errorf("%s at %s: %d, holds %q: %t", login, path, status, word, strings.Contains(body, word))
					}
				}
			}
		}
		if _, err := w.Pipeline.JudgeLead(w.As("neighbour"), pipeline.Judge{ID: second.ID, Valid: true, Opinion: apptest.Favourable, Reason: "好"}); !fault.Has(err, "in_dispute") {
			t.Errorf("a verdict on the second: %v", err)
		}
		if rec, err := w.Pipeline.GetDispute(w.As("province"), pipeline.ByID{ID: x.ID}); err != nil || len(rec.Pleas) != 2 {
			t.Errorf("%+v %v", rec, err)
		}
		if _, body := w.Do(w.Client("city"), w.Request("GET", "/leads/waiting", "")); !strings.Contains(body, x.ID) {
			t.Error("the dispute is not on the workbench of the city")
		}
	})
}

func TestDecideDispute(t *testing.T) {
	for ruling, want := range map[string]struct{ first, second, until string }{
		"first":  {"new", "refused", ""},
		"second": {"refused", "new", "2021-02-14"},
		"both":   {"new", "new", "2021-02-14"},
	} {
		t.Run(ruling, func(t *testing.T) {
			apptest.Each(t, func(t *testing.T, w *apptest.World) {
				first, second := overlap(t, w)
				x := open(t, w)
				in := pipeline.Decide{ID: x.ID, State: ruling, Reason: "十月已有走访记录。"}
				for _, bad := range []struct {
					login string
					in    pipeline.Decide
					want  string
				}{
					{"county", in, "not_allowed"},
					{"city", pipeline.Decide{ID: "none", State: ruling, Reason: "好"}, "not_found"},
					{"city", pipeline.Decide{ID: x.ID, State: "nobody", Reason: "好"}, "not_a_choice"},
					{"city", pipeline.Decide{ID: x.ID, State: ruling, Reason: " "}, "required"},
				} {
					if _, err := w.Pipeline.DecideDispute(w.As(bad.login), bad.in); !fault.Has(err, bad.want) {
						t.Errorf("%s: %v, want %s", bad.login, err, bad.want)
					}
				}
				if _, err := w.Pipeline.DecideDispute(w.As("city"), in); err != nil {
					t.Fatal(err)
				}
				if _, err := w.Pipeline.DecideDispute(w.As("city"), in); !fault.Has(err, "decided") {
					t.Errorf("a second ruling: %v", err)
				}
				a, err := w.Pipeline.GetLead(w.As("officer"), pipeline.ByID{ID: first.ID})
				if err != nil || a.State != want.first || a.Overlap.Reason != in.Reason || (a.Protected == "") != (ruling == "second") {
					t.Errorf("the first: %+v %v", a, err)
				}
				b, err := w.Pipeline.GetLead(w.As("stranger"), pipeline.ByID{ID: second.ID})
				if err != nil || b.State != want.second || b.Protected != want.until {
					t.Errorf("the second: %+v %v", b, err)
				}
				if _, err := w.Pipeline.Plead(w.As("officer"), pipeline.Pleading{ID: first.ID, Said: "再说一句"}); !fault.Has(err, "no_dispute") {
					t.Errorf("a plea after the ruling: %v", err)
				}
			})
		})
	}
}

// TestProtection_ends: after sixty days, and for the unit itself, there is nothing to dispute.
func TestProtection_ends(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		in := newLead(w)
		in.Company = firmOf(t, w)
		for range 2 {
			if l, err := w.Pipeline.RecordLead(w.As("officer"), in); err != nil || l.Protected == "" {
				t.Fatalf("one's own: %+v %v", l, err)
			}
		}
		w.Clock.Set(apptest.Now.AddDate(0, 0, 61))
		in.Team = "shenzhen.520603"
		if l, err := w.Pipeline.RecordLead(w.As("stranger"), in); err != nil || l.Protected == "" {
			t.Errorf("after the protection: %+v %v", l, err)
		}
		if list, err := w.Pipeline.ListDisputes(w.As("province"), pipeline.DisputeFilter{}); err != nil || len(list.Items) != 0 {
			t.Errorf("%+v %v", list, err)
		}
	})
}
