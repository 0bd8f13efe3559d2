package apptest_test

import (
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/company"
	"zhudian/internal/fault"
)

// TestReferral: who introduced whom, once and without circles; the tree says how far each got, by the ledger alone.
func TestReferral(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		officer := w.As("officer")
		firm := func(name string) string {
			c, err := w.Company.Create(officer, company.Create{Facts: company.Facts{Kind: "enterprise", Name: name, Industry: "39", Region: "440305"}})
			if err != nil {
				t.Fatal(err)
			}
			return c.ID
		}
		a, b, c := w.ID["company"], firm("深圳市被荐甲有限公司"), firm("深圳市被荐乙有限公司")
		for _, x := range [][2]string{{a, b}, {b, c}} {
			if _, err := w.Company.Refer(officer, company.NewReferral{From: x[0], To: x[1], Day: "2020-12-15", Note: apptest.Canary}); err != nil {
				t.Fatal(err)
			}
		}
		for code, in := range map[string]company.NewReferral{
			"referral_circle": {From: c, To: a, Day: "2020-12-15"}, "referred_already": {From: a, To: c, Day: "2020-12-15"}, "unknown_company": {From: a, To: "none", Day: "2020-12-15"},
			"future_date": {From: c, To: firm("深圳市被荐丙有限公司"), Day: "2020-12-17"}, "not_a_date": {From: a, To: b, Day: "soon"}, "unknown": {From: a, To: b, Day: "2020-12-15", Subject: "project/1"},
		} {
			if _, err := w.Company.Refer(officer, in); !fault.Has(err, code) {
				t.Errorf("%+v: %v, want %s", in, err, code)
			}
		}
		if _, err := w.Company.Refer(officer, company.NewReferral{From: a, To: a, Day: "2020-12-15"}); !fault.Has(err, "referral_circle") {
			t.Errorf("itself: %v", err)
		}
		w.Recognise("visit/"+w.ID["visit"], "branch", "captain")
		tree, err := w.Company.ReferralTree(officer, company.ByID{ID: c})
		if err != nil || tree.Company != a || tree.Stage != "signed" && tree.Stage != "visited" || len(tree.Branches) != 1 || tree.Branches[0].Company != b || len(tree.Branches[0].Branches) != 1 || tree.Branches[0].Branches[0].Stage != "" {
			t.Errorf("%+v %v", tree, err)
		}
		if other, err := w.Company.ReferralTree(w.As("stranger"), company.ByID{ID: b}); err != nil || other.Company != b || len(other.Branches) != 0 {
			t.Errorf("another county sees %+v %v", other, err)
		}
		list, err := w.Company.ListReferrals(w.As("captain"), company.ReferralFilter{Thanked: "no", Q: "被荐乙"})
		if err != nil || len(list.Items) != 1 {
			t.Fatalf("%+v %v", list, err)
		}
		f := list.Items[0]
		if _, err := w.Company.ThankReferral(w.As("stranger"), company.Thank{ID: f.ID, Version: 1, Day: "2020-12-16", Thanks: "感谢信"}); !fault.Has(err, "not_found") {
			t.Errorf("another county thanks: %v", err)
		}
		if _, err := w.Company.ThankReferral(officer, company.Thank{ID: f.ID, Version: 1, Day: "2020-12-14", Thanks: "感谢信"}); !fault.Has(err, "out_of_range") {
			t.Errorf("thanked before: %v", err)
		}
		if _, err := w.Company.ThankReferral(officer, company.Thank{ID: f.ID, Version: 1, Day: "2020-12-16", Thanks: "感谢信"}); err != nil {
			t.Error(err)
		}
		merged(t, w, a, b)
		tree, err = w.Company.ReferralTree(officer, company.ByID{ID: c})
		if err != nil || tree.Company != a || len(tree.Branches) != 1 || tree.Branches[0].Company != c {
			t.Errorf("after the merge: %+v %v", tree, err)
		}
	})
}

// merged makes one record of two.
func merged(t *testing.T, w *apptest.World, keep, gone string) {
	t.Helper()
	k, err := w.Company.Get(w.As("captain"), company.ByID{ID: keep})
	if err != nil {
		t.Fatal(err)
	}
	g, err := w.Company.Get(w.As("captain"), company.ByID{ID: gone})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Company.Merge(w.As("captain"), company.Merge{Keep: keep, Gone: gone, KeepSeen: k.Version, GoneSeen: g.Version}); err != nil {
		t.Fatal(err)
	}
}

// TestReferral_page: the tree stands on the page of each company of it.
func TestReferral_page(t *testing.T) {
	w := livedIn(t)
	_, page := w.Do(w.Client("officer"), w.Request("GET", "/referrals/about?company="+w.ID["twin"], ""))
	if !strings.Contains(page, "深圳市测试精密有限公司") || !strings.Contains(page, "data-fig") {
		t.Errorf("%.600s", page)
	}
}
