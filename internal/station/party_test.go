package station_test

import (
	"context"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/station"
	"zhudian/internal/verify"
)

// TestParty: founded where one leads, one secretary at a time, seen by captains and branches of the place alone.
func TestParty(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		captain := w.As("captain")
		good := station.NewParty{Station: "shenzhen", Name: "临时党总支", From: "2020-10-12", Until: "2021-10-11"}
		for _, x := range []struct {
			name, code, field string
			spoil             func(*station.NewParty)
		}{
			{"no name", "required", "name", func(p *station.NewParty) { p.Name = " " }},
			{"no station", "unknown_station", "station", func(p *station.NewParty) { p.Station = "none" }},
			{"another unit", "not_yours", "unit", func(p *station.NewParty) { p.Unit = "110000" }},
			{"a term that ends first", "before_start", "until", func(p *station.NewParty) { p.Until = "2020-10-11" }},
		} {
			in := good
			x.spoil(&in)
			_, err := w.Station.FoundParty(captain, in)
			named(t, x.name, err, x.code, x.field)
		}
		for _, login := range []string{"leader", "province", "county", "officer", "editor", "assessor"} {
			_, err := w.Station.FoundParty(w.As(login), good)
			named(t, login+" founds", err, "not_allowed", "")
			_, err = w.Station.Parties(w.As(login), station.TeamFilter{})
			named(t, login+" reads", err, "not_allowed", "")
		}
		p, err := w.Station.FoundParty(captain, good)
		must(t, err)
		p, err = w.Station.AddMember(captain, station.NewMember{Party: p.ID, Name: "欧阳敏", Duty: "secretary", From: "2020-10-12"})
		must(t, err)
		_, err = w.Station.AddMember(captain, station.NewMember{Party: p.ID, Name: "又一人", Duty: "secretary", From: "2020-12-01"})
		named(t, "a second secretary", err, "one_secretary", "duty")
		_, err = w.Station.EndMember(captain, station.EndMember{Party: p.ID, Member: p.Members[0].ID, Until: "2020-10-11"})
		named(t, "left before joining", err, "before_start", "until")
		_, err = w.Station.EndMember(captain, station.EndMember{Party: p.ID, Member: p.Members[0].ID, Until: "2020-11-30"})
		must(t, err)
		_, err = w.Station.AddMember(captain, station.NewMember{Party: p.ID, Name: "又一人", Duty: "secretary", From: "2020-12-01"})
		must(t, err)
		var told []struct {
			Text string `db:"text"`
		}
		must(t, w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
			told, err = db.All[struct {
				Text string `db:"text"`
			}](ctx, tx, `SELECT change AS text FROM audit_record WHERE action LIKE 'party.%'`)
			return err
		}))
		if len(told) != 4 {
			t.Errorf("%d things in the trail", len(told))
		}
		for _, x := range told {
			if strings.Contains(x.Text, "欧阳敏") || strings.Contains(x.Text, "又一人") {
				t.Errorf("the trail names a member: %s", x.Text)
			}
		}
	})
}

// TestMeeting: those present were members on that day, decisions name claims that one may see, and mending needs the last version.
func TestMeeting(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		captain := w.As("captain")
		p, err := w.Station.FoundParty(captain, station.NewParty{Station: "shenzhen", Name: "临时党总支", From: "2020-10-12"})
		must(t, err)
		p, err = w.Station.AddMember(captain, station.NewMember{Party: p.ID, Name: "欧阳敏", Duty: "secretary", From: "2020-10-12"})
		must(t, err)
		var visit verify.Claim
		must(t, w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
			visit, _, err = verify.ClaimOf(ctx, tx, "visit/"+w.ID["visit"])
			return err
		}))
		good := station.WriteMeeting{
			Party: p.ID, Kind: "committee", Day: "2020-12-11", Agenda: "核实数据", Present: []string{p.Members[0].ID},
			Decisions: []station.Decision{{Words: "同意认定。", Claims: []string{visit.ID}}, {}},
		}
		for _, x := range []struct {
			name, code, field string
			spoil             func(*station.WriteMeeting)
		}{
			{"to come", "future_date", "day", func(g *station.WriteMeeting) { g.Day = "2021-01-01" }},
			{"a kind that is not", "not_a_choice", "kind", func(g *station.WriteMeeting) { g.Kind = "party" }},
			{"no agenda", "required", "agenda", func(g *station.WriteMeeting) { g.Agenda = " " }},
			{"nobody there", "required", "present", func(g *station.WriteMeeting) { g.Present = nil }},
			{"before they joined", "not_a_member", "present", func(g *station.WriteMeeting) { g.Day = "2020-10-11" }},
			{"a claim that is not", "unknown_claim", "decisions[0].claims", func(g *station.WriteMeeting) {
				g.Decisions = []station.Decision{{Words: "同意", Claims: []string{"none"}}}
			}},
			{"claims without words", "required", "decisions[0].words", func(g *station.WriteMeeting) {
				g.Decisions = []station.Decision{{Claims: []string{visit.ID}}}
			}},
		} {
			in := good
			x.spoil(&in)
			_, err := w.Station.WriteMeeting(captain, in)
			named(t, x.name, err, x.code, x.field)
		}
		_, err = w.Station.WriteMeeting(w.As("leader"), good)
		named(t, "a leader writes", err, "not_allowed", "")
		g, err := w.Station.WriteMeeting(captain, good)
		must(t, err)
		if len(g.Decisions) != 1 || g.Version != 1 {
			t.Errorf("%+v", g)
		}
		mend := good
		mend.ID, mend.Minutes = g.ID, "补记"
		_, err = w.Station.WriteMeeting(captain, mend)
		named(t, "mended from nowhere", err, "stale", "")
		mend.Version = 1
		_, err = w.Station.WriteMeeting(captain, mend)
		must(t, err)
		back, err := w.Station.Meeting(captain, station.PartyID{ID: g.ID})
		if err != nil || back.Minutes != "补记" || len(back.Decisions) != 1 || back.Decisions[0].Claims[0] != visit.ID || len(back.Present) != 1 {
			t.Errorf("%+v %v", back, err)
		}
		far, _ := audit.Who(captain)
		far.Node = "520603"
		_, err = w.Station.Meeting(audit.With(context.Background(), far), station.PartyID{ID: g.ID})
		named(t, "from another place", err, "not_found", "")
		c := w.Client("captain")
		if status, file := w.Do(c, w.Request("GET", "/stations/meetings/"+g.ID+"/word", "")); status != 200 || !strings.HasPrefix(file, "PK") {
			t.Errorf("word: %d", status)
		}
		if _, found := w.Do(c, w.Request("GET", "/stations/parties/claims?q="+visit.ID[:4], "")); !strings.HasPrefix(found, "[") {
			t.Errorf("the picker answers %s", found)
		}
		if status, _ := w.Do(w.Client("leader"), w.Request("GET", "/stations/meetings/"+g.ID, "")); status != 403 {
			t.Errorf("a leader reads: %d", status)
		}
	})
}
