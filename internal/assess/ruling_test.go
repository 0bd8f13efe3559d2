package assess_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"zhudian/internal/apptest"
	"zhudian/internal/assess"
	"zhudian/internal/fault"
)

func find(t *testing.T, w *apptest.World, kind string) assess.Ruling {
	t.Helper()
	f, err := w.Assess.MakeRuling(w.As("assessor"), assess.NewRuling{Kind: kind, Node: "520602", FoundOn: "2020-06-01", Source: "文 1 号", Reason: "查实。"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestRuling: a ruling counts from its confirmation by another person, a veto leaves nothing, and what was assessed
// before stays as it was.
func TestRuling(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Live()
		target(t, w, "520602", "contract.amount", 3_660_000_000)
		entry, policy := find(t, w, "false_entry"), find(t, w, "unlawful_policy")
		before := run(t, w, year("county"))
		if got := report(t, w, "assessor", assess.RunIn{ID: before.ID, Subject: "520602"}); got.Results[0].Total == 0 || score(t, got, "false").Numerator != 0 {
			t.Fatalf("what nobody confirmed counts: %+v", got.Results[0])
		}
		if list, err := w.Assess.Rulings(w.As("county"), assess.RulingIn{}); err != nil || len(list.Items) != 0 {
			t.Errorf("the county sees what is not confirmed: %v %v", list.Items, err)
		}
		if _, err := w.Assess.Confirm(w.As("assessor"), assess.ByID{ID: entry.ID}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the assessor confirms: %v", err)
		}
		if _, err := w.Assess.Confirm(w.As("province"), assess.ByID{ID: entry.ID}); err != nil {
			t.Fatal(err)
		}
		w.Clock.Set(w.Clock.Now().Add(time.Minute))
		second := report(t, w, "assessor", assess.RunIn{ID: run(t, w, year("county")).ID, Subject: "520602"})
		if s := score(t, second, "false"); s.Numerator != 1 || s.Points != 200 || second.Results[0].Deducted != 200 || second.Results[0].Vetoed {
			t.Errorf("deduction %+v of %+v", s, second.Results[0])
		}
		if _, err := w.Assess.Confirm(w.As("leader"), assess.ByID{ID: policy.ID}); err != nil {
			t.Fatal(err)
		}
		w.Clock.Set(w.Clock.Now().Add(time.Minute))
		third := run(t, w, year("county"))
		if got := report(t, w, "assessor", assess.RunIn{ID: third.ID, Subject: "520602"}); !got.Results[0].Vetoed || got.Results[0].Total != 0 {
			t.Errorf("a veto leaves %+v", got.Results[0])
		}
		if _, err := w.Assess.Withdraw(w.As("province"), assess.Withdrawal{ID: policy.ID, Why: "复核后不成立。"}); err != nil {
			t.Fatal(err)
		}
		w.Clock.Set(w.Clock.Now().Add(time.Minute))
		for id, vetoed := range map[string]bool{third.ID: true, run(t, w, year("county")).ID: false} {
			got := report(t, w, "assessor", assess.RunIn{ID: id, Subject: "520602"})
			if again, err := w.Assess.Replay(w.As("assessor"), assess.ByID{ID: id}); err != nil || !again.Same || got.Results[0].Vetoed != vetoed {
				t.Errorf("replay %+v, vetoed %v, want %v: %v", again, got.Results[0].Vetoed, vetoed, err)
			}
		}
		if list, err := w.Assess.Rulings(w.As("county"), assess.RulingIn{Kind: "false_entry", State: "confirmed"}); err != nil || len(list.Items) != 1 {
			t.Errorf("the county sees %v %v", list.Items, err)
		}
	})
}

// TestScheme_editedOnThePage adds an indicator, drops one, and gives a veto; weights that do not come to 100 are refused.
func TestScheme_editedOnThePage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		client := w.Client("assessor")
		const at = "/assess/schemes/team.1/edit"
		_, page := w.Do(client, w.Request("GET", at, ""))
		form := fields(t, page)
		form.Set("indicators[9].name", "") // discipline: 3
		form.Set("indicators[10].name", "专精特新企业签约")
		form.Set("indicators[10].weight", "4")
		form.Set("indicators[10].top.measure", "project.signed")
		form.Set("indicators[10].top.where", "tag:little_giant，tag:champion")
		form.Set("indicators[10].bottom.measure", "target:project.signed")
		form.Set("vetoes[0].name", "组织造假")
		form.Set("vetoes[0].found", "false_entry")
		post := func() (int, string) {
			r := w.Request("POST", at, form.Encode())
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return w.Do(client, r)
		}
		if status, body := post(); status != 422 || !strings.Contains(body, "权重之和应为 100，现为 101") || !strings.Contains(body, "专精特新企业签约") {
			t.Fatalf("%d %.3000s", status, body)
		}
		form.Set("indicators[10].weight", "3")
		if status, body := post(); status != 303 {
			t.Fatalf("%d %.3000s", status, body)
		}
		got, err := w.Assess.Scheme(w.As("assessor"), assess.ByID{ID: "team.2"})
		if err != nil {
			t.Fatal(err)
		}
		p := got.Plan
		last := p.Indicators[len(p.Indicators)-1]
		if len(p.Indicators) != 10 || last.Target != "project.signed" || len(last.Top.Where) != 2 || len(p.Vetoes) != 1 || got.State != "draft" {
			t.Errorf("%+v", p)
		}
		old, err := w.Assess.Scheme(w.As("assessor"), assess.ByID{ID: "team.1"})
		if err != nil || !reflect.DeepEqual(old.Plan.Groups, p.Groups) || !reflect.DeepEqual(old.Plan.Indicators[:9], p.Indicators[:9]) {
			t.Errorf("what was not touched changed: %+v", p)
		}
	})
}

// fields are the values of a page's largest form, as a browser would send them.
func fields(t *testing.T, page string) url.Values {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	best := url.Values{}
	for n := range doc.Descendants() {
		if n.Data != "form" {
			continue
		}
		form := url.Values{}
		for f := range n.Descendants() {
			collect(form, f)
		}
		if len(form) > len(best) {
			best = form
		}
	}
	return best
}

func collect(form url.Values, n *html.Node) {
	attr := map[string]string{}
	for _, a := range n.Attr {
		attr[a.Key] = a.Val
	}
	_, on := attr["checked"]
	switch {
	case attr["name"] == "":
	case n.Data == "select":
		form.Set(attr["name"], chosen(n))
	case n.Data == "input" && (attr["type"] != "checkbox" || on):
		form.Set(attr["name"], attr["value"])
	}
}

func chosen(n *html.Node) string {
	for o := range n.Descendants() {
		for _, a := range o.Attr {
			if a.Key == "selected" {
				for _, b := range o.Attr {
					if b.Key == "value" {
						return b.Val
					}
				}
			}
		}
	}
	return ""
}
