package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"

	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/pipeline"
	"zhudian/internal/verify"
)

// step is a stage that a deal reaches on a day.
type step struct{ stage, day string }

// way is how far a deal goes.
type way struct {
	owed    map[string]string // ids of its promises by what settles them
	steps   []step
	dossier verify.Evidence // the file that proves its stages, once it was made
}

// stride is a step of a deal.
type stride struct {
	deal *deal
	step
}

// pace is how long after the step before a project reaches a stage, in days, and how many of a hundred do at all.
var pace = []struct {
	stage       string
	least, most int
	of100       int
}{
	{"R1", 12, 40, 95}, {"R2", 10, 45, 92}, {"R3", 15, 60, 88}, {"C1", 10, 60, 84}, {"C2", 10, 30, 96}, {"P1", 70, 170, 70}, {"P2", 10, 35, 90}, {"P3", 90, 160, 50},
}

// makeSteps lets the projects that money arrived at go on: some to works and production, some stuck on the way. What is
// drawn here is drawn apart, so that nothing else of the plan depends on it.
func (p *plan) makeSteps(seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 20201216)) //nolint:gosec // the demo must come out the same every time
	for _, d := range p.deals {
		if len(d.payments) == 0 {
			continue
		}
		at := d.signed
		for _, x := range pace {
			if rng.IntN(100) >= x.of100 {
				break
			}
			days := workdays(text(day(at).AddDate(0, 0, x.least+rng.IntN(x.most-x.least))), end)
			if len(days) == 0 {
				break
			}
			at = days[0]
			d.steps = append(d.steps, step{x.stage, at})
		}
	}
}

// stride files the steps of a unit's projects.
func (m *maker) stride(ctx context.Context, tx *db.Tx, list []stride) error {
	if len(list) == 0 {
		return nil
	}
	in := make([]pipeline.NewMove, len(list))
	for i, x := range list {
		in[i] = pipeline.NewMove{To: x.stage, On: x.day}
		in[i].Project, in[i].Details = x.deal.id, m.details(x)
		for _, g := range pipeline.DefaultGates().Gates {
			for _, kind := range g.Papers {
				if g.Stage == x.stage {
					in[i].Papers = append(in[i].Papers, pipeline.NewPaper{Kind: strings.TrimSuffix(kind, "?"), File: x.deal.dossier})
				}
			}
		}
	}
	made, err := pipeline.MoveIn(ctx, tx, in)
	if err != nil {
		return err
	}
	for i, move := range made {
		if err := m.promises(ctx, tx, list[i]); err != nil {
			return err
		}
		city := list[i].deal.city
		if x := move.Stage; x == "C1" || x == "P2" {
			m.pending.project(city, move.Subject())
		} else {
			m.pending.steps[city] = append(m.pending.steps[city], pipeline.ConfirmMove{Project: move.Project, Stage: x, Pass: true})
		}
	}
	return nil
}

// promises: registered, a project writes down what the two sides owe; the site settles the county's, the start the investor's.
// Under construction it files its first sheet.
func (m *maker) promises(ctx context.Context, tx *db.Tx, x stride) error {
	d, n := x.deal, m.number(x.deal)
	switch x.stage {
	case "R1":
		d.owed = map[string]string{}
		for _, in := range []pipeline.NewPromise{
			{Side: "government", Kind: "site", Title: "交付标准厂房", Owner: m.p.places.names[d.unit] + "产业园", DueOn: text(day(d.signed).AddDate(0, 0, 90+n%4*30)), Breach: "逾期按日免租金"},
			{Side: "investor", Kind: "start", Title: "按期开工", Owner: d.lead.name, DueOn: text(day(d.signed).AddDate(0, 0, 150+n%5*40)), Breach: "逾期六个月收回用地"},
		} {
			in.Project = d.id
			made, err := pipeline.AddPromiseIn(ctx, tx, in)
			if err != nil {
				return err
			}
			d.owed[map[string]string{"site": "R3", "start": "C1"}[in.Kind]] = made.ID
		}
	case "R3", "C1":
		if d.owed[x.stage] == "" {
			return nil
		}
		_, err := pipeline.SettlePromiseIn(ctx, tx, pipeline.Settle{Project: d.id, Promise: d.owed[x.stage], State: "met", On: x.day, Evidence: d.dossier})
		return err
	case "C2":
		_, err := pipeline.FileProgressIn(ctx, tx, pipeline.NewProgress{Project: d.id, Month: x.day[:7], Percent: int64(10 + n%50), Invested: d.amount / 100 * int64(5+n%20), Sheet: d.dossier})
		return err
	}
	return nil
}

// details are what a project tells of itself when it reaches a stage.
func (m *maker) details(x stride) (d pipeline.Details) {
	n := m.number(x.deal)
	switch x.stage {
	case "R1":
		d.LocalName, d.LocalUSCC, d.Equity = x.deal.name+"有限公司", creditCode("520000", 500_000+n), x.deal.lead.name+" 100%"
		d.StartDue = text(day(x.deal.signed).AddDate(0, 0, 150+n%5*40))
	case "R2":
		d.NationalCode = fmt.Sprintf("%s-%s-%02d-%02d-%06d", x.day[:4], countyCode(x.deal.unit), 10+n%40, 1+n%5, 100_000+n)
	case "R3":
		d.Site = m.p.places.names[x.deal.unit] + "产业园"
	case "C2":
		d.ProduceDue = text(day(x.day).AddDate(0, 0, 120+n%4*60))
	}
	return d
}

// number is a deal's place in the plan.
func (m *maker) number(d *deal) int {
	for i, x := range m.p.deals {
		if x == d {
			return i
		}
	}
	return 0
}

// countyCode is a code of six digits for a unit that may have one of our own.
func countyCode(unit string) string {
	if len(unit) == 6 && strings.Trim(unit, "0123456789") == "" {
		return unit
	}
	return "520000"
}

// confirmSteps: each prefecture confirms what its counties filed the day before.
func (m *maker) confirmSteps(ctx context.Context) error {
	cities := make([]string, 0, len(m.pending.steps))
	for c := range m.pending.steps {
		cities = append(cities, c)
	}
	sort.Strings(cities)
	for _, c := range cities {
		list := m.pending.steps[c]
		err := m.DB.Write(m.as(ctx, "city "+c, c, auth.City), func(ctx context.Context, tx *db.Tx) error {
			return pipeline.ConfirmIn(ctx, tx, list)
		})
		if err != nil {
			return err
		}
	}
	clear(m.pending.steps)
	return nil
}

// liveSteps: projects of 碧江区 whose next stage waits to be confirmed, one that is paused and one that ended.
func (m *maker) liveSteps(ctx context.Context) error {
	var mine []*deal
	for _, d := range m.p.deals {
		if n := len(d.steps); d.unit == "520602" && n > 0 && (d.steps[n-1].stage == "R1" || d.steps[n-1].stage == "R2") && len(mine) < 4 {
			mine = append(mine, d)
		}
	}
	m.at(end, 23, 50)
	return m.DB.Write(m.as(ctx, "county 520602", "520602", auth.County), func(ctx context.Context, tx *db.Tx) error {
		for i, d := range mine {
			if i < 2 {
				next := map[string]string{"R1": "R2", "R2": "R3"}[d.steps[len(d.steps)-1].stage]
				if err := m.stride(ctx, tx, []stride{{d, step{next, end}}}); err != nil {
					return err
				}
				continue
			}
			in := pipeline.NewStatus{Project: d.id, On: "2020-12-10", Status: "paused", Reason: "用地指标尚未批下，等下一批次。"}
			if i == 3 {
				in.Status, in.Cause, in.Reason = "terminated", "investor", "投资方调整布局，来函终止。"
			}
			if _, err := pipeline.SetStatusIn(ctx, tx, in); err != nil {
				return err
			}
		}
		return nil
	})
}
