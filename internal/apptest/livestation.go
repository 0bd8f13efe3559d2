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
