package field_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/ledger"
)

const week = team + ".2020-12-14"

func filedOf(t *testing.T, r field.ReportRecord, measure string) ledger.Number {
	t.Helper()
	for _, f := range r.Figures {
		if f.Measure == measure {
			return f.Filed
		}
	}
	t.Fatalf("no %s in %+v", measure, r.Figures)
	return ledger.Number{}
}

// TestReport: the numbers and the work are there before anybody writes; what was handed in keeps its numbers; the
// captain notes it, and then it stands.
func TestReport(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		due := firm(t, w, "深圳市到期测试有限公司")
		if _, err := w.Field.RecordVisit(w.As("officer"), field.Record{Team: team, Company: due, Day: "2020-12-14", Way: "onsite", Said: "谈了厂房和用电，下次再约。", Intent: "A", NextStep: "寄资料", NextOn: "2020-12-16"}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Field.PlanErrand(w.As("officer"), field.NewErrand{Team: team, Company: due, Day: "2020-12-22"}); err != nil {
			t.Fatal(err)
		}
		r, err := w.Field.GetReport(w.As("officer"), field.ByID{ID: week})
		if err != nil || r.Version != 0 || r.State != "draft" || r.Until != "2020-12-20" {
			t.Fatalf("%+v %v", r.Report, err)
		}
		if got := filedOf(t, r, "visit.enterprise"); got.N != 2 {
			t.Errorf("visits filed: %v", got)
		}
		kinds := map[string]int{}
		for _, x := range r.Work {
			kinds[x.Kind]++
		}
		if kinds["visit"] != 2 || kinds["tour"] != 1 || kinds["lead"] != 2 {
			t.Errorf("work: %v", kinds)
		}
		if len(r.Due) != 1 || r.Due[0].Kept || len(r.Planned) != 1 {
			t.Errorf("due %+v, planned %+v", r.Due, r.Planned)
		}
		if !strings.Contains(r.Draft.Results, "深圳市到期测试有限公司") || !strings.Contains(r.Draft.Problems, "1 项未办") || !strings.Contains(r.Draft.Plans, "已排 1 家") {
			t.Errorf("draft: %+v", r.Draft)
		}
		if _, err := w.Field.WriteReport(w.As("officer"), field.WriteReport{ID: week, Hand: true, Results: "谈成两家"}); !fault.Has(err, "required") {
			t.Errorf("handed in half: %v", err)
		}
		in := field.WriteReport{ID: week, Results: "谈成两家", Plans: "去东莞", Hand: true}
		said, err := w.Field.WriteReport(w.As("officer"), in)
		if err != nil || said.State != "handed" || said.Version != 1 {
			t.Fatalf("%+v %v", said, err)
		}
		if _, err := w.Field.WriteReport(w.As("officer"), in); !fault.Has(err, "stale") {
			t.Errorf("written twice over one version: %v", err)
		}
		w.Clock.Set(w.Clock.Now().Add(time.Hour))
		if _, err := w.Field.RecordVisit(w.As("officer"), field.Record{Team: team, Company: due, Day: "2020-12-16", Way: "onsite", Said: "资料已经送到，月底前给答复。", Intent: "A"}); err != nil {
			t.Fatal(err)
		}
		r, err = w.Field.GetReport(w.As("captain"), field.ByID{ID: week})
		if err != nil || filedOf(t, r, "visit.enterprise").N != 2 || !r.Due[0].Kept {
			t.Errorf("what was handed in has moved: %+v %v", r.Figures, err)
		}
		if _, err := w.Field.NoteReport(w.As("officer"), field.NoteReport{ID: week, Version: 1}); !fault.Has(err, "not_allowed") {
			t.Errorf("the officer notes it: %v", err)
		}
		out, err := w.Field.NoteReport(w.As("captain"), field.NoteReport{ID: week, Version: 1, Remark: "东莞先联系商会"})
		if err != nil || out.State != "noted" {
			t.Fatalf("%+v %v", out, err)
		}
		in.Version = 2
		if _, err := w.Field.WriteReport(w.As("officer"), in); !fault.Has(err, "report_noted") {
			t.Errorf("changed after it was noted: %v", err)
		}
	})
}

// TestReport_refusals: what no report is, and who sees which.
func TestReport_refusals(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for _, id := range []string{"none", team + ".2020-12-15", team + ".2020-13", team + ".", neighbourTeam + ".2020-12-14", "nowhere.2020-12-14"} {
			if _, err := w.Field.GetReport(w.As("officer"), field.ByID{ID: id}); !fault.Has(err, "not_found") {
				t.Errorf("%s: %v", id, err)
			}
		}
		if _, err := w.Field.WriteReport(w.As("officer"), field.WriteReport{ID: neighbourTeam + ".2020-12-14", Results: "x"}); !fault.Has(err, "not_found") {
			t.Errorf("another team's: %v", err)
		}
		if _, err := w.Field.WriteReport(w.As("officer"), field.WriteReport{ID: team + ".2020-12-21", Results: "x"}); !fault.Has(err, "not_begun") {
			t.Errorf("next week's: %v", err)
		}
		if _, err := w.Field.NoteReport(w.As("captain"), field.NoteReport{ID: week}); !fault.Has(err, "not_handed") {
			t.Errorf("noted before it came: %v", err)
		}
		if _, err := w.Field.ListReports(w.As("captain"), field.ReportFilter{Period: "2020-12-15"}); !fault.Has(err, "not_a_period") {
			t.Errorf("a Tuesday: %v", err)
		}
		month, err := w.Field.ListReports(w.As("captain"), field.ReportFilter{Period: "2020-12"})
		if err != nil || len(month.Items) != 2 || month.Kind != "month" || month.Items[0].Work["visit.enterprise"].N != 1 {
			t.Errorf("the captain's month: %+v %v", month, err)
		}
		if own, err := w.Field.ListReports(w.As("officer"), field.ReportFilter{}); err != nil || len(own.Items) != 1 || own.From != "2020-12-14" {
			t.Errorf("the officer's week: %+v %v", own, err)
		}
	})
}

// TestReport_files: the page, the Word file and the tables say the same.
func TestReport_files(t *testing.T) {
	w := apptest.Open(t, "sqlite")
	c := w.Client("officer")
	get := func(path string) string {
		status, body := w.Do(c, w.Request("GET", path, ""))
		if status != http.StatusOK {
			t.Fatalf("%s: %d %.200s", path, status, body)
		}
		return body
	}
	if page := get("/reports/" + week); !strings.Contains(page, "深圳市测试精密有限公司") || !strings.Contains(page, "data-fig") {
		t.Errorf("the page lacks the company or its chips")
	}
	for path, part := range map[string]string{"/word": "word/document.xml", "/excel": "xl/worksheets/sheet1.xml"} {
		body := get("/reports/" + week + path)
		z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
		if err != nil {
			t.Fatal(path, err)
		}
		var text bytes.Buffer
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(&text, r)
		}
		if _, err := z.Open(part); err != nil || !strings.Contains(text.String(), "深圳市测试精密有限公司") {
			t.Errorf("%s: %v, the company is missing", path, err)
		}
	}
	get("/reports/excel?period=2020-12")
}
