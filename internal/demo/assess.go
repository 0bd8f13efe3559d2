package demo

import (
	"context"

	"zhudian/internal/assess"
)

// goals are the targets of 2020 of an ordinary county; a prefecture's are those of its counties together and some more.
var goals = []struct {
	measure       string
	county, extra int64
}{
	{"funds.received", 720_000_000_00, 100_000_000_00},
	{"contract.amount", 1_900_000_000_00, 300_000_000_00},
	{"project.signed", 9, 4},
	{"project.strong", 2, 1},
}

// teamGoals are those of a team at the station.
var teamGoals = []struct {
	measure string
	value   int64
}{
	{"visit.enterprise", 330}, {"tour", 56}, {"lead.qualified", 20}, {"project.signed", 9}, {"contract.amount", 1_900_000_000_00}, {"funds.received", 720_000_000_00},
}

// assessed sets the targets of the year, and has the assessor work out the counties' year and the third batch of teams:
// one is open to appeals, the other is not shown yet.
func (m *maker) assessed(ctx context.Context) error {
	m.at("2020-01-13", 10, 0)
	if _, err := m.Assess.SetTargets(m.of(ctx, "province"), m.targets()); err != nil {
		return err
	}
	m.at("2020-12-16", 8, 0)
	in := m.of(ctx, "assessor")
	r, err := m.Assess.Assess(in, assess.Start{Scheme: "county", From: "2020-01-01", Through: "2020-12-15"})
	if err != nil {
		return err
	}
	if _, err := m.Assess.Take(in, assess.Move{ID: r.ID, Kind: "notice"}); err != nil {
		return err
	}
	_, err = m.Assess.Assess(in, assess.Start{Scheme: "team", Station: shenzhen, From: "2020-10-12", Through: "2020-12-15"})
	return err
}

func (m *maker) targets() []assess.SetTarget {
	var out []assess.SetTarget
	set := func(node, measure string, value int64) {
		out = append(out, assess.SetTarget{Node: node, Measure: measure, Year: "2020", Value: value})
	}
	for _, g := range goals {
		var province int64
		for _, c := range prefectures {
			city := g.extra
			for i, county := range m.p.places.counties[c.code] {
				n := g.county * int64(70+(i*23)%61) / 100 // counties differ in size
				set(county, g.measure, n)
				city += n
			}
			set(c.code, g.measure, city)
			province += city
		}
		set("520000", g.measure, province)
	}
	for _, t := range m.teams[shenzhen] {
		for _, g := range teamGoals {
			set(t, g.measure, g.value)
		}
	}
	return out
}
