package station_test

import (
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/fault"
	"zhudian/internal/station"
)

// TestHandover: the companies of the one who leaves, written, passed on, given back, accepted by the successor alone.
func TestHandover(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		officer, county := w.As("officer"), w.As("county")
		if _, err := w.Station.BeginHandover(officer, station.NewHandover{Team: "shenzhen.520602", To: w.Person("officer")}); !fault.Has(err, "not_a_choice") {
			t.Errorf("to oneself: %v", err)
		}
		if _, err := w.Station.BeginHandover(officer, station.NewHandover{Team: "shenzhen.520603", To: w.Person("county")}); !fault.Has(err, "not_your_team") {
			t.Errorf("of another team: %v", err)
		}
		h, err := w.Station.BeginHandover(officer, station.NewHandover{Team: "shenzhen.520602", To: w.Person("county")})
		if err != nil || len(h.Items) != 1 || h.Items[0].Subject != "company/"+w.ID["company"] || h.Items[0].Intent != "B" || h.Complete != 0 {
			t.Fatalf("%+v %v", h, err)
		}
		write := station.WriteHandover{ID: h.ID, Version: h.Version, Words: "请先联系总经理。", Hand: true, Lines: []station.HandoverLine{{Subject: h.Items[0].Subject, NextStep: "送厂房资料", NextOn: "2020-12-21", Note: "要三相电。"}}}
		if _, err := w.Station.WriteHandover(county, write); !fault.Has(err, "not_yours") {
			t.Errorf("the successor writes: %v", err)
		}
		bad := write
		bad.Lines = []station.HandoverLine{{Subject: h.Items[0].Subject, NextOn: "周一"}, {Subject: "company/none"}}
		if _, err := w.Station.WriteHandover(officer, bad); len(fault.Of(err).Fields) != 2 {
			t.Errorf("a wrong day and a strange company: %v", err)
		}
		if _, err := w.Station.AnswerHandover(county, station.AnswerHandover{ID: h.ID, Accept: true}); !fault.Has(err, "wrong_state") {
			t.Errorf("accepted before it was passed on: %v", err)
		}
		if h, err = w.Station.WriteHandover(officer, write); err != nil || h.State != "handed" || h.Complete != 1 {
			t.Fatalf("%+v %v", h, err)
		}
		if list, err := w.Station.Handovers(county, station.HandoverFilter{Waiting: true}); err != nil || len(list.Items) != 1 {
			t.Errorf("waiting: %+v %v", list, err)
		}
		if _, err := w.Station.AnswerHandover(officer, station.AnswerHandover{ID: h.ID, Accept: true}); !fault.Has(err, "not_yours") {
			t.Errorf("accepted by the one who leaves: %v", err)
		}
		if _, err := w.Station.AnswerHandover(county, station.AnswerHandover{ID: h.ID}); !fault.Is(err, fault.Invalid) {
			t.Errorf("given back without a reason: %v", err)
		}
		if h, err = w.Station.AnswerHandover(county, station.AnswerHandover{ID: h.ID, Version: h.Version, Why: "缺联系人"}); err != nil || h.State != "draft" || h.ReturnedWhy == "" {
			t.Fatalf("%+v %v", h, err)
		}
		if _, err := w.Station.WriteHandover(officer, write); !fault.Has(err, "stale") {
			t.Errorf("an old version: %v", err)
		}
		write.Version = h.Version
		if h, err = w.Station.WriteHandover(officer, write); err != nil {
			t.Fatal(err)
		}
		if h, err = w.Station.AnswerHandover(county, station.AnswerHandover{ID: h.ID, Accept: true}); err != nil || h.State != "accepted" || h.Items[0].Note != "要三相电。" {
			t.Fatalf("%+v %v", h, err)
		}
		if list, err := w.Station.Handovers(w.As("stranger"), station.HandoverFilter{}); err != nil || len(list.Items) != 0 {
			t.Errorf("another county sees %+v %v", list.Items, err)
		}
	})
}
