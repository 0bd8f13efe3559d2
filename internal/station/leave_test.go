package station_test

import (
	"context"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/audit"
	"zhudian/internal/station"
)

// sent deploys somebody of 碧江 with the third batch.
func sent(t *testing.T, w *apptest.World, p station.Person) station.Deployment {
	t.Helper()
	out, err := w.Station.Deploy(w.As("county"), station.Deploy{Batch: "shenzhen.3", Team: "shenzhen.520602", People: []station.Person{p}})
	must(t, err)
	return out.Items[0]
}

// days are those on duty and on leave through the world's today.
func days(t *testing.T, w *apptest.World, id string, duty, leave int64) {
	t.Helper()
	d, err := w.Station.Deployment(w.As("leader"), station.DeploymentID{ID: id})
	if err != nil || d.OnDuty != duty || d.OnLeave != leave {
		t.Errorf("%d days on duty, %d of leave, want %d and %d: %v", d.OnDuty, d.OnLeave, duty, leave, err)
	}
}

// TestLeave: asked for by one, answered by another; only approved days are taken off, the count of people sent never changes.
func TestLeave(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		d := sent(t, w, station.Person{Name: "龙家瑞", StartsOn: "2020-12-01", EndsOn: "2020-12-31"})
		days(t, w, d.ID, 16, 0)
		ask := station.AskLeave{Deployment: d.ID, Kind: "sick", From: "2020-12-15", Until: "2020-12-18"}
		for _, x := range []struct {
			name, code, field string
			spoil             func(*station.AskLeave)
		}{
			{"a kind that is not", "not_a_choice", "kind", func(a *station.AskLeave) { a.Kind = "打卡" }},
			{"no first day", "not_a_date", "from", func(a *station.AskLeave) { a.From = "" }},
			{"a day that never was", "not_a_date", "until", func(a *station.AskLeave) { a.Until = "2020-12-32" }},
			{"backwards", "before_start", "until", func(a *station.AskLeave) { a.Until = "2020-12-14" }},
			{"before the deployment", "outside_deployment", "from", func(a *station.AskLeave) { a.From = "2020-11-30" }},
			{"after the deployment", "outside_deployment", "until", func(a *station.AskLeave) { a.Until = "2021-01-01" }},
		} {
			in := ask
			x.spoil(&in)
			_, err := w.Station.AskLeave(w.As("officer"), in)
			named(t, x.name, err, x.code, x.field)
		}
		_, err := w.Station.AskLeave(w.As("stranger"), ask)
		named(t, "another county asks", err, "not_found", "")
		_, err = w.Station.AskLeave(w.As("leader"), ask)
		named(t, "a reader asks", err, "not_allowed", "")
		l, err := w.Station.AskLeave(w.As("county"), ask)
		must(t, err)
		_, err = w.Station.AskLeave(w.As("officer"), station.AskLeave{Deployment: d.ID, Kind: "other", From: "2020-12-18", Until: "2020-12-19"})
		named(t, "a day asked for twice", err, "overlaps", "from")
		days(t, w, d.ID, 16, 0)

		answer := station.AnswerLeave{ID: l.ID, Version: l.Version, Approve: true}
		_, err = w.Station.AnswerLeave(w.As("county"), answer)
		named(t, "who asked answers", err, "same_person", "")
		who, _ := audit.Who(w.As("captain"))
		who.Person = d.Person
		_, err = w.Station.AnswerLeave(audit.With(context.Background(), who), answer)
		named(t, "who goes answers", err, "same_person", "")
		_, err = w.Station.AnswerLeave(w.As("officer"), answer)
		named(t, "who does not lead answers", err, "not_allowed", "")
		_, err = w.Station.AnswerLeave(w.As("captain"), station.AnswerLeave{ID: l.ID, Version: 7, Approve: true})
		named(t, "an old version", err, "stale", "")
		_, err = w.Station.AnswerLeave(w.As("captain"), station.AnswerLeave{ID: l.ID, Version: l.Version})
		named(t, "refused without a reason", err, "required", "why")
		waiting, err := w.Station.Leaves(w.As("captain"), station.LeaveFilter{Waiting: true})
		if err != nil || len(waiting.Items) != 1 {
			t.Errorf("waiting: %+v %v", waiting, err)
		}
		l, err = w.Station.AnswerLeave(w.As("captain"), answer)
		must(t, err)
		days(t, w, d.ID, 14, 2) // the 15th and today, the 16th
		answer.Version = l.Version
		_, err = w.Station.AnswerLeave(w.As("captain"), answer)
		named(t, "answered twice", err, "wrong_state", "")

		end := station.EndLeave{ID: l.ID, Version: l.Version, Back: "2020-12-19"}
		_, err = w.Station.EndLeave(w.As("captain"), end)
		named(t, "back after the leave", err, "outside_leave", "back")
		end.Back = "2020-12-16"
		_, err = w.Station.EndLeave(w.As("county"), end)
		named(t, "who asked says that it ended", err, "same_person", "")
		l, err = w.Station.EndLeave(w.As("captain"), end)
		if err != nil || l.Until != "2020-12-15" || l.State != "approved" {
			t.Errorf("%+v %v", l, err)
		}
		days(t, w, d.ID, 15, 1)
		l, err = w.Station.EndLeave(w.As("captain"), station.EndLeave{ID: l.ID, Version: l.Version, Back: "2020-12-15"})
		if err != nil || l.State != "withdrawn" {
			t.Errorf("not taken: %+v %v", l, err)
		}
		days(t, w, d.ID, 16, 0)
		if got := figure(t, w, "captain", "filed"); got != "1" {
			t.Errorf("%s people sent", got)
		}
	})
}

// TestLeave_seen: its kind is seen by who leads and by the one who asked, by no other reader, and never in the trail.
func TestLeave_seen(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		d := sent(t, w, station.Person{Name: "龙家瑞", StartsOn: "2020-12-01", Kind: "posting"})
		l, err := w.Station.AskLeave(w.As("county"), station.AskLeave{Deployment: d.ID, Kind: "sick", From: "2020-12-15", Until: "2022-01-04"})
		must(t, err) // a posting goes on when its batch has ended
		for login, want := range map[string]int{"county": 1, "captain": 1, "officer": 0, "stranger": 0} {
			list, err := w.Station.Leaves(w.As(login), station.LeaveFilter{})
			if err != nil || len(list.Items) != want {
				t.Errorf("%s sees %d: %v", login, len(list.Items), err)
			}
		}
		_, err = w.Station.WithdrawLeave(w.As("officer"), station.LeaveID{ID: l.ID, Version: 1})
		named(t, "a colleague takes it back", err, "not_found", "")
		_, err = w.Station.WithdrawLeave(w.As("captain"), station.LeaveID{ID: l.ID, Version: 1})
		named(t, "the captain takes it back", err, "not_yours", "")
		_, page := w.Do(w.Client("officer"), w.Request("GET", "/stations/deployments/"+d.ID, ""))
		if !strings.Contains(page, "龙家瑞") || strings.Contains(page, "病假</b>") {
			t.Error("the page of a colleague tells the kind of leave")
		}
		_, page = w.Do(w.Client("captain"), w.Request("GET", "/stations/deployments/"+d.ID, ""))
		if !strings.Contains(page, "病假</b>") || !strings.Contains(page, "/stations/leaves/"+l.ID+"/answer") {
			t.Error("the captain cannot answer")
		}
		_, err = w.Station.WithdrawLeave(w.As("county"), station.LeaveID{ID: l.ID, Version: 1})
		must(t, err)
		if status, file := w.Do(w.Client("captain"), w.Request("GET", "/stations/deployments/excel?station=shenzhen", "")); status != 200 || !strings.HasPrefix(file, "PK") {
			t.Errorf("export: %d", status)
		}
	})
}
