package demo

import (
	"context"
	"sort"
	"time"

	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/field"
)

// outing is one visit or tour of a team, before it is recorded.
type outing struct {
	team string
	day  string
	firm *firm
	tour bool
	to   string // receiving unit of a tour
}

// fieldwork plans every visit and tour of a station and gives them by the day on which they are recorded: teams
// write up their week on Friday evening.
func (m *maker) fieldwork(at string, spans []span) map[string]map[string][]outing {
	out := map[string]map[string][]outing{} // by recording day and team
	taken := map[string]bool{}
	for _, s := range spans {
		days := workdays(s.from, s.to)
		for i := range s.visits + s.tours {
			o := m.outing(at, s, i, days, taken)
			on := writeUpDay(o.day, s.to)
			if out[on] == nil {
				out[on] = map[string][]outing{}
			}
			out[on][o.team] = append(out[on][o.team], o)
		}
	}
	return out
}

// span is a stretch of days with so many visits and tours in it.
type span struct {
	from, to      string
	firms         []*firm
	visits, tours int
}

func (m *maker) outing(at string, s span, i int, days []string, taken map[string]bool) outing {
	rng := m.p.rng
	teams := m.teams[at]
	for {
		o := outing{team: teams[i%len(teams)], day: pick(rng, days), firm: pick(rng, s.firms), tour: i >= s.visits}
		key := o.team + o.day + o.firm.name
		if o.tour {
			key += "tour"
			o.to = m.receiver(o.team[len(at)+1:])
		}
		if !taken[key] {
			taken[key] = true
			return o
		}
	}
}

// receiver is where a team's guests are shown round: at home, or in a county of the team's prefecture.
func (m *maker) receiver(unit string) string {
	if m.p.places.counties[unit] == nil && unit != "520000" {
		return unit
	}
	city := unit
	if unit == "520000" {
		city = pick(m.p.rng, prefectures).code
	}
	if counties := m.p.places.counties[city]; len(counties) > 0 {
		return pick(m.p.rng, counties)
	}
	return city
}

// writeUpDay is the next Friday, but not after the last day of the span.
func writeUpDay(on, last string) string {
	t := day(on)
	for t.Weekday() != time.Friday {
		t = t.AddDate(0, 0, 1)
	}
	return min(text(t), last)
}

var purposes = []string{"初次拜访", "回访", "对接项目", "邀请考察", "推介产业园区"}

// recordField writes up one team's outings of some days, in one transaction.
func (m *maker) recordField(ctx context.Context, at, team string, list []outing) error {
	sort.SliceStable(list, func(i, j int) bool { return list[i].day < list[j].day })
	unit := team[len(at)+1:]
	var visits []field.Record
	var tours []field.Plan
	for _, o := range list {
		if o.tour {
			tours = append(tours, field.Plan{
				Team: team, Company: o.firm.id, Receiver: o.to, Day: o.day, Heads: int64(2 + m.p.rng.IntN(8)),
				Level: pick(m.p.rng, []string{"chair", "general", "deputy", "department"}), Host: "投资促进局",
			})
			continue
		}
		visits = append(visits, m.visit(team, o))
	}
	err := m.DB.Write(m.as(ctx, "officer "+team, unit, auth.Officer), func(ctx context.Context, tx *db.Tx) error {
		made, err := field.RecordVisitsIn(ctx, tx, visits)
		if err != nil {
			return err
		}
		for _, v := range made {
			m.pending.file(at, m.reviewer(unit), v.Subject())
		}
		planned, err := field.PlanToursIn(ctx, tx, tours)
		if err != nil {
			return err
		}
		for _, t := range planned {
			m.pending.tours[t.Receiver] = append(m.pending.tours[t.Receiver], t)
		}
		return nil
	})
	m.add(len(list))
	return err
}

func (m *maker) visit(team string, o outing) field.Record {
	rng := m.p.rng
	r := field.Record{
		Team: team, Company: o.firm.id, Day: o.day, Way: "onsite", Purpose: pick(rng, purposes), Visited: o.firm.region, Said: talk(o),
		Intent: pick(rng, []string{"A", "B", "B", "C", "C", "C", "D"}), MetLevel: pick(rng, []string{"chair", "general", "deputy", "department", "department", "other"}),
	}
	if rng.IntN(12) == 0 {
		r.Way = "received"
	}
	if r.Intent == "A" {
		r.NextStep, r.NextOn = "邀请赴黔考察", text(day(o.day).AddDate(0, 0, 14))
	}
	return r
}

// confirmTours is a receiving unit saying that its guests came.
func (m *maker) confirmTours(ctx context.Context) error {
	var receivers []string
	for unit := range m.pending.tours {
		receivers = append(receivers, unit)
	}
	sort.Strings(receivers)
	for _, unit := range receivers {
		tours := m.pending.tours[unit]
		in := make([]field.Confirmation, len(tours))
		for i, t := range tours {
			in[i] = field.Confirmation{Tour: t.ID, Came: true, Outcome: "看了园区和厂房，愿意继续商谈。"}
		}
		err := m.DB.Write(m.as(ctx, "county "+unit, unit, auth.County), func(ctx context.Context, tx *db.Tx) error {
			_, err := field.ConfirmToursIn(ctx, tx, tours, in)
			return err
		})
		if err != nil {
			return err
		}
		for _, t := range tours {
			m.pending.file(t.Station, m.reviewer(t.Team[len(t.Station)+1:]), t.Subject())
		}
	}
	clear(m.pending.tours)
	return nil
}
