package apptest

import "zhudian/internal/station"

// posted sends two people of 碧江 to the station: one has leave that is approved and leave that waits; an officer hands over.
func (w *World) posted() {
	sent, err := w.Station.Deploy(w.As("county"), station.Deploy{Batch: "shenzhen.3", Team: "shenzhen.520602", People: []station.Person{{Name: "龙家瑞", Duty: "队长"}, {Name: "吴倩"}}})
	w.must(err)
	w.ID["deployment"] = sent.Items[0].ID
	for kind, days := range map[string][2]string{"leave": {"2020-12-14", "2020-12-18"}, "asked": {"2020-12-28", "2020-12-31"}} {
		l, err := w.Station.AskLeave(w.As("officer"), station.AskLeave{Deployment: w.ID["deployment"], Kind: "annual", From: days[0], Until: days[1]})
		w.must(err)
		w.ID[kind] = l.ID
	}
	_, err = w.Station.AnswerLeave(w.As("captain"), station.AnswerLeave{ID: w.ID["leave"], Version: 1, Approve: true})
	w.must(err)
	left, err := w.Station.BeginHandover(w.As("officer"), station.NewHandover{Team: "shenzhen.520602", To: w.Person("county")})
	w.must(err)
	w.ID["handover"] = left.ID
}

// branch is the temporary party branch of the station with a secretary and a meeting that decided on a claim.
func (w *World) branch() {
	p, err := w.Station.FoundParty(w.As("captain"), station.NewParty{Station: "shenzhen", Name: "深圳驻点临时党总支", From: "2020-10-12"})
	w.must(err)
	w.ID["party"] = p.ID
	p, err = w.Station.AddMember(w.As("captain"), station.NewMember{Party: p.ID, Name: "欧阳敏", Duty: "secretary", From: "2020-10-12"})
	w.must(err)
	g, err := w.Station.WriteMeeting(w.As("captain"), station.WriteMeeting{
		Party: p.ID, Kind: "committee", Day: "2020-12-11", Agenda: "核实一周数据" + Canary, Present: []string{p.Members[0].ID},
		Decisions: []station.Decision{{Words: "同意认定。", Claims: []string{w.ID["visitclaim"]}}},
	})
	w.must(err)
	w.ID["gathering"] = g.ID
}
