package field_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/ledger"
)

// TestTour_reception: invitation, reception plan, confirmation, sheet; each by the side whose turn it is.
func TestTour_reception(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id, county := w.ID["tour"], w.As("county")
		plan := field.Arrange{ID: id, Programme: "09:00 看标准厂房；14:00 座谈", Sites: "碧江经开区", Leaders: "分管副区长"}
		if _, err := w.Field.ArrangeTour(w.As("neighbour"), plan); !fault.Has(err, "not_found") {
			t.Errorf("another county arranges: %v", err)
		}
		if _, err := w.Field.ArrangeTour(w.As("officer"), plan); !fault.Has(err, "not_allowed") {
			t.Errorf("the officer who invites arranges: %v", err)
		}
		if _, err := w.Field.ArrangeTour(county, field.Arrange{ID: id, Programme: " "}); !fault.Has(err, "required") {
			t.Errorf("a plan that says nothing: %v", err)
		}
		rec, err := w.Field.ArrangeTour(county, plan)
		if err != nil || rec.Reception.Version != 1 || rec.State != "planned" {
			t.Fatalf("%+v %v", rec.Reception, err)
		}
		if _, err := w.Field.ArrangeTour(county, plan); !fault.Has(err, "stale") {
			t.Errorf("arranged twice: %v", err)
		}
		sheet := field.CloseTour{ID: id, Version: 1, Sites: "碧江经开区、灯塔园区", Leaders: "分管副区长", Outcome: "愿意租 3000 平米", NextStep: "一周内报价"}
		if _, err := w.Field.CloseTour(county, sheet); !fault.Has(err, "not_confirmed") {
			t.Errorf("closed before it was confirmed: %v", err)
		}
		if _, err := w.Field.ConfirmTour(county, field.Confirmation{Tour: id, Came: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Field.CloseTour(county, field.CloseTour{ID: id, Version: 1}); !fault.Has(err, "required") {
			t.Errorf("an empty sheet: %v", err)
		}
		if rec, err = w.Field.CloseTour(county, sheet); err != nil || rec.Reception.ClosedBy == "" || rec.Outcome != sheet.Outcome || rec.Reception.Programme == "" {
			t.Fatalf("%+v %v", rec.Reception, err)
		}
		if got := figure(t, w, "tour", "filed"); got != "1" {
			t.Errorf("tours after the sheet: %s", got)
		}
		sheet.Version = 2
		if _, err := w.Field.CloseTour(county, sheet); !fault.Has(err, "tour_over") {
			t.Errorf("closed twice: %v", err)
		}
		paper(t, w, id)
	})
}

// paper reads the sheet as a Word file.
func paper(t *testing.T, w *apptest.World, id string) {
	t.Helper()
	if status, _ := w.Do(w.Client("neighbour"), w.Request("GET", "/tours/"+id+"/sheet", "")); status != 404 {
		t.Errorf("another county reads the sheet: %d", status)
	}
	status, body := w.Do(w.Client("county"), w.Request("GET", "/tours/"+id+"/sheet", ""))
	z, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	if status != 200 || err != nil {
		t.Fatal(status, err)
	}
	f, err := z.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	for _, want := range []string{"考察接待单", "深圳市测试精密有限公司", "碧江经开区、灯塔园区", "愿意租 3000 平米", "一周内报价"} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("the sheet does not say %s %v", want, err)
		}
	}
}

// TestTour_joint: what two teams bring is one tour with two credits, and neither brings it again.
func TestTour_joint(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		in := field.Plan{Team: team, Company: w.ID["company"], Receiver: "520602", Day: "2020-12-16", Heads: 5, With: []field.Share{{Team: neighbourTeam, Share: 400_000}}}
		for code, with := range map[string][]field.Share{
			"unknown_team": {{Team: team, Share: 1}}, "share_total": {{Team: neighbourTeam, Share: 1_000_000}}, "share_range": {{Team: neighbourTeam}},
		} {
			bad := in
			bad.With = with
			if _, err := w.Field.PlanTour(w.As("officer"), bad); !fault.Has(err, code) {
				t.Errorf("%v: %v, want %s", with, err, code)
			}
		}
		tour, err := w.Field.PlanTour(w.As("officer"), in)
		if err != nil {
			t.Fatal(err)
		}
		again := field.Plan{Team: neighbourTeam, Company: in.Company, Receiver: "520603", Day: in.Day, Heads: 5}
		if _, err := w.Field.PlanTour(w.As("stranger"), again); !fault.Has(err, "already_touring") {
			t.Errorf("the other team brings it again: %v", err)
		}
		if _, err := w.Field.ConfirmTour(w.As("county"), field.Confirmation{Tour: tour.ID, Came: true}); err != nil {
			t.Fatal(err)
		}
		decide(t, w, "tour/"+tour.ID, "branch", "captain")
		if rec, err := w.Field.GetTour(w.As("officer"), field.ByID{ID: tour.ID}); err != nil || len(rec.With) != 1 || rec.With[0] != in.With[0] {
			t.Errorf("%+v %v", rec.With, err)
		}
		if got := figure(t, w, "tour", "recognised"); got != "1" {
			t.Errorf("a joint tour counts %s times", got)
		}
		credit := map[string]string{}
		err = w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
			out, err := ledger.FiguresOf(ctx, tx, "", ledger.FiguresIn{Measure: []string{"tour"}, Through: "2020-12-31", Basis: "credit", By: []string{"county"}})
			if err != nil {
				return err
			}
			for _, g := range out.Figures[0].Groups {
				credit[g.Key["county"]] = g.Value.String()
			}
			return nil
		})
		if err != nil || credit["520602"] != "0.600000" || credit["520603"] != "0.400000" {
			t.Errorf("credits: %v %v", credit, err)
		}
	})
}
