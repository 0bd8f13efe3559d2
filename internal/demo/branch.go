package demo

import (
	"context"

	"zhudian/internal/station"
	"zhudian/internal/verify"
)

// offDuty is the leave of 碧江's people: one was away, another waits for an answer.
func (m *maker) offDuty(ctx context.Context) error {
	m.at("2020-11-20", 9, 0)
	in := m.of(ctx, "officer")
	people, err := m.Station.ListDeployments(in, station.Filter{Station: shenzhen, Team: "shenzhen.520602"})
	if err != nil || len(people.Items) < 2 {
		return err
	}
	away, err := m.Station.AskLeave(in, station.AskLeave{Deployment: people.Items[0].ID, Kind: "personal", From: "2020-11-23", Until: "2020-11-25"})
	if err != nil {
		return err
	}
	if _, err := m.Station.AnswerLeave(m.of(ctx, "captain"), station.AnswerLeave{ID: away.ID, Version: away.Version, Approve: true}); err != nil {
		return err
	}
	m.at("2020-12-15", 18, 0)
	_, err = m.Station.AskLeave(in, station.AskLeave{Deployment: people.Items[1].ID, Kind: "annual", From: "2020-12-21", Until: "2020-12-24"})
	return err
}

// branch is the temporary party branch of the station with a meeting that decided on data. The names are invented.
func (m *maker) branch(ctx context.Context) error {
	m.at("2020-10-14", 9, 0)
	in := m.of(ctx, "captain")
	p, err := m.Station.FoundParty(in, station.NewParty{Station: shenzhen, Name: "驻深圳临时党总支", From: "2020-10-14"})
	if err != nil {
		return err
	}
	for _, x := range []station.NewMember{{Name: "佟立言", Duty: "secretary"}, {Name: "卜静怡", Duty: "deputy"}, {Name: "施远航", Duty: "committee"}, {Name: "漆文彬", Duty: "member"}} {
		x.Party, x.From = p.ID, "2020-10-14"
		if p, err = m.Station.AddMember(in, x); err != nil {
			return err
		}
	}
	waiting, err := m.Verify.Inbox(in, verify.Queue{State: "recognised", Kind: "visit"})
	if err != nil {
		return err
	}
	decision := station.Decision{Words: "对 11 月走访按千分之十抽查回访；核对下列走访的谈话记录和现场照片。"}
	for _, c := range waiting.Items[:min(2, len(waiting.Items))] {
		decision.Claims = append(decision.Claims, c.ID)
	}
	meeting := station.WriteMeeting{
		Party: p.ID, Kind: "committee", Day: "2020-12-10", Place: "驻点会议室", Agenda: "一、通报 11 月走访核实情况\n二、研究数据抽查",
		Minutes: "会议听取各组走访数据核实情况，要求一线干部当天记录、当天上传，不代填、不补填。", Decisions: []station.Decision{decision},
	}
	for _, x := range p.Members {
		meeting.Present = append(meeting.Present, x.ID)
	}
	m.at("2020-12-10", 17, 0)
	_, err = m.Station.WriteMeeting(in, meeting)
	return err
}
