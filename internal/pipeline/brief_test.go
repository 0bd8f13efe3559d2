package pipeline_test

import (
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/company"
	"zhudian/internal/fault"
	"zhudian/internal/pipeline"
)

// TestBrief: a large lead has a page to the leaders, made of what the books know and three things its author adds.
func TestBrief(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		officer := w.As("officer")
		if _, err := w.Pipeline.GetBrief(officer, pipeline.BriefOf{Kind: "lead", ID: w.ID["lead"]}); !fault.Has(err, "not_large") {
			t.Errorf("a small lead: %v", err)
		}
		lead, err := w.Pipeline.RecordLead(officer, pipeline.NewLead{Title: "电池材料", Company: w.ID["company"], Source: "visit", Team: "shenzhen.520602", Industry: "39", Amount: 10_000_000_000, Said: "要 200 亩地"})
		if err != nil {
			t.Fatal(err)
		}
		of := pipeline.BriefOf{Kind: "lead", ID: lead.ID}
		b, err := w.Pipeline.GetBrief(officer, of)
		if err != nil || b.Version != 0 || b.Firm.ID != w.ID["company"] || b.Demand != "要 200 亩地" || b.Host != "520602" {
			t.Fatalf("%+v %v", b, err)
		}
		if _, err := w.Pipeline.GetBrief(w.As("neighbour"), of); !fault.Has(err, "not_found") {
			t.Errorf("another county's: %v", err)
		}
		in := pipeline.WriteBrief{Kind: "lead", ID: lead.ID, Judgement: "资金落实", Host: "520602", Request: "请省里对接用地", Hand: true}
		for code, change := range map[string]func(*pipeline.WriteBrief){
			"required": func(x *pipeline.WriteBrief) { x.Request = " " }, "unknown_unit": func(x *pipeline.WriteBrief) { x.Host = "999999" },
			"too_long": func(x *pipeline.WriteBrief) { x.Judgement = strings.Repeat("长", 501) }, "stale": func(x *pipeline.WriteBrief) { x.Version = 4 },
		} {
			bad := in
			change(&bad)
			if _, err := w.Pipeline.WriteBrief(officer, bad); !fault.Has(err, code) {
				t.Errorf("%v, want %s", err, code)
			}
		}
		w.Recognise("visit/"+w.ID["visit"], "branch", "captain")
		if _, err := w.Pipeline.WriteBrief(officer, in); err != nil {
			t.Fatal(err)
		}
		got, err := w.Pipeline.GetBrief(w.As("leader"), of)
		if err != nil || got.State != "handed" || got.Visits.N != 1 || got.Judgement != "资金落实" {
			t.Errorf("the leader reads %+v %v", got, err)
		}
		if list, err := w.Pipeline.ListBriefs(w.As("leader"), pipeline.BriefFilter{}); err != nil || len(list.Items) != 1 {
			t.Errorf("%+v %v", list, err)
		}
		if list, err := w.Pipeline.ListBriefs(w.As("neighbour"), pipeline.BriefFilter{}); err != nil || len(list.Items) != 0 {
			t.Errorf("another county lists %+v %v", list, err)
		}
	})
}

// TestBrief_standing: a company of the three lists of 500 deserves a brief, whatever the amount.
func TestBrief_standing(t *testing.T) {
	w := apptest.Open(t, "sqlite")
	c, err := w.Company.Create(w.As("officer"), company.Create{Facts: company.Facts{Kind: "enterprise", Name: "中国强企测试有限公司", Industry: "39", Region: "440305"}, Tags: []company.Tag{{Code: "china500"}}})
	if err != nil {
		t.Fatal(err)
	}
	lead, err := w.Pipeline.RecordLead(w.As("officer"), pipeline.NewLead{Title: "小试线", Company: c.ID, Source: "visit", Team: "shenzhen.520602", Industry: "39", Said: "先看看"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Pipeline.GetBrief(w.As("officer"), pipeline.BriefOf{Kind: "lead", ID: lead.ID}); err != nil {
		t.Error(err)
	}
	status, body := w.Do(w.Client("officer"), w.Request("GET", "/briefs/lead/"+lead.ID+"/word", ""))
	if status != 200 || !strings.HasPrefix(body, "PK") {
		t.Errorf("the Word file: %d", status)
	}
}
