package demo

import (
	"context"
	"fmt"
	"slices"
	"sort"

	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/field"
	"zhudian/internal/ledger"
	"zhudian/internal/pipeline"
	"zhudian/internal/station"
	"zhudian/internal/verify"
)

// agenda is what happens on each day, besides what waits for a verdict.
type agenda struct {
	field     map[string]map[string]map[string][]outing // by station, day and team
	registers map[string][]*deal
	signs     map[string][]*deal
	pays      map[string][]due
	steps     map[string][]stride
}

type due struct {
	deal *deal
	payment
}

// work goes through the days, from the first contract of 2019 to the eve of the opening: what was done is
// recorded, the day after it is reviewed, the day after that recognised, and on the tenth the month before is closed.
func (m *maker) work(ctx context.Context) error {
	m.pending = pending{
		reviews: map[[2]string][]string{}, recognised: map[string][]string{}, tours: map[string][]field.Tour{},
		projects: map[string][]string{}, steps: map[string][]pipeline.ConfirmMove{},
	}
	a := m.agenda()
	for t := day("2019-03-01"); text(t) <= end; t = t.AddDate(0, 0, 1) {
		if err := m.today(ctx, a, text(t)); err != nil {
			return fmt.Errorf("%s: %w", text(t), err)
		}
	}
	return nil
}

func (m *maker) agenda() *agenda {
	a := &agenda{field: map[string]map[string]map[string][]outing{}, registers: map[string][]*deal{}, signs: map[string][]*deal{}, pays: map[string][]due{}, steps: map[string][]stride{}}
	enterpriseLeft, associationLeft := enterprisesEnd-enterprisesCut, associationsEnd-associationsCut
	a.field[shenzhen] = m.fieldwork(shenzhen, []span{
		{start, "2020-01-17", m.p.firms, 4_800, 900},
		{start, "2020-01-17", m.p.halls, 900, 0},
		{"2020-03-24", cut, m.p.firms, enterprisesCut - 4_800, toursCut - 900},
		{"2020-03-24", cut, m.p.halls, associationsCut - 900, 0},
		{"2020-10-12", end, m.p.firms, enterpriseLeft, toursEnd - toursCut},
		{"2020-10-12", end, m.p.halls, associationLeft, 0},
	})
	a.field[yangtze] = m.fieldwork(yangtze, []span{{"2020-05-06", end, m.p.eastern, 1_150, 140}})
	m.total += 1_150 + 140
	for _, d := range slices.Concat(m.p.deals, m.p.live) {
		a.registers[d.registered] = append(a.registers[d.registered], d)
		a.signs[d.signed] = append(a.signs[d.signed], d)
		for _, x := range d.payments {
			on := x.day
			if x.late {
				on = "2020-12-11"
			}
			a.pays[on] = append(a.pays[on], due{d, x})
		}
		for _, x := range d.steps {
			a.steps[x.day] = append(a.steps[x.day], stride{d, x})
		}
	}
	return a
}

// today does one day's work.
func (m *maker) today(ctx context.Context, a *agenda, on string) error {
	m.at(on, 8, 30)
	for i, b := range batches {
		if b.starts == on {
			if err := m.deploy(ctx, i); err != nil {
				return err
			}
		}
	}
	if on == "2020-05-06" {
		if err := m.deployEast(ctx); err != nil {
			return err
		}
	}
	for _, e := range events {
		if e.day == on {
			if err := m.hold(ctx, e.name, e.day, e.unit, e.place); err != nil {
				return err
			}
		}
	}
	if err := m.verdicts(ctx, on); err != nil {
		return err
	}
	m.at(on, 16, 0)
	if err := m.service(ctx, on); err != nil {
		return err
	}
	m.at(on, 16, 30)
	if err := m.hunt(ctx, on); err != nil {
		return err
	}
	m.at(on, 17, 0)
	if err := m.projects(ctx, a, on); err != nil {
		return err
	}
	if err := m.sweep(ctx, on); err != nil {
		return err
	}
	m.at(on, 20, 0)
	if err := m.evening(ctx, a, on); err != nil {
		return err
	}
	if on == end {
		return m.settle(ctx)
	}
	if on[8:] == "10" {
		return m.closeMonth(ctx, on)
	}
	return nil
}

// verdicts gives, in the morning, the verdicts on what came in before.
func (m *maker) verdicts(ctx context.Context, on string) error {
	m.at(on, 9, 30)
	if err := m.recogniseField(ctx); err != nil {
		return err
	}
	m.at(on, 10, 30)
	if err := m.recogniseProjects(ctx); err != nil {
		return err
	}
	m.at(on, 11, 0)
	if err := m.reviewField(ctx); err != nil {
		return err
	}
	m.at(on, 14, 0)
	if err := m.confirmSteps(ctx); err != nil {
		return err
	}
	return m.reviewProjects(ctx)
}

// evening: teams write up their visits, and three times a month the receiving units confirm the tours.
func (m *maker) evening(ctx context.Context, a *agenda, on string) error {
	for _, at := range []string{shenzhen, yangtze} {
		byTeam := a.field[at][on]
		teams := make([]string, 0, len(byTeam))
		for team := range byTeam {
			teams = append(teams, team)
		}
		sort.Strings(teams)
		for _, team := range teams {
			if err := m.recordField(ctx, at, team, byTeam[team]); err != nil {
				return err
			}
		}
	}
	switch on[8:] {
	case "09", "19", "29": // before the month is closed on the tenth
		return m.confirmTours(ctx)
	}
	if on == end {
		return m.confirmTours(ctx)
	}
	return nil
}

// settle brings everything of the last days through before the account is drawn up.
func (m *maker) settle(ctx context.Context) error {
	for hour := 21; hour <= 22; hour++ {
		m.at(end, hour, 0)
		if err := m.reviewField(ctx); err != nil {
			return err
		}
		if err := m.reviewProjects(ctx); err != nil {
			return err
		}
		m.at(end, hour, 30)
		if err := m.recogniseField(ctx); err != nil {
			return err
		}
		if err := m.recogniseProjects(ctx); err != nil {
			return err
		}
	}
	return nil
}

// closeMonth closes the month before, on the tenth; a December on the tenth of January preliminarily, and finally a month
// later.
func (m *maker) closeMonth(ctx context.Context, on string) error {
	before := text(day(on[:7]+"-01").AddDate(0, 0, -1))[:7]
	if before < "2019-03" {
		return nil
	}
	m.at(on, 18, 0)
	in := m.as(ctx, "province", "520000", auth.Province)
	if on[5:7] == "02" && before > "2020" {
		if _, err := m.Ledger.ClosePeriod(in, ledger.Close{Period: text(day(on[:7]+"-01").AddDate(0, 0, -32))[:7], Reason: "年度终结"}); err != nil {
			return err
		}
	}
	_, err := m.Ledger.ClosePeriod(in, ledger.Close{Period: before})
	return err
}

func (m *maker) deployEast(ctx context.Context) error {
	byTeam := map[string][]station.Person{}
	for i, team := range m.teams[yangtze] {
		for range 3 + i%2 {
			byTeam[team] = append(byTeam[team], station.Person{Name: m.p.names.person(), Duty: "队员"})
		}
	}
	return m.sendAll(ctx, yangtze, "1", byTeam)
}

func (m *maker) hold(ctx context.Context, name, on, unit, place string) error {
	return m.DB.Write(m.as(ctx, "officer "+shenzhen+".520000", "520000", auth.Captain), func(ctx context.Context, tx *db.Tx) error {
		e, err := field.HoldEventIn(ctx, tx, field.Hold{
			Unit: unit, Team: shenzhen + "." + unit, Name: name, Kind: "poverty", Day: on, Place: place,
			Summary: "驻点队会同县区举办，现场签约。",
		})
		if err != nil {
			return err
		}
		m.events = append(m.events, e.ID)
		m.pending.file(shenzhen, m.reviewer(unit), e.Subject())
		return nil
	})
}

// projects registers, signs and pays what is due on a day, one transaction per landing unit.
func (m *maker) projects(ctx context.Context, a *agenda, on string) error {
	byUnit := map[string]*dayOfUnit{}
	of := func(unit string) *dayOfUnit {
		if byUnit[unit] == nil {
			byUnit[unit] = &dayOfUnit{}
		}
		return byUnit[unit]
	}
	for _, d := range a.registers[on] {
		of(d.unit).registers = append(of(d.unit).registers, d)
	}
	for _, d := range a.signs[on] {
		of(d.unit).signs = append(of(d.unit).signs, d)
	}
	for _, x := range a.steps[on] {
		of(x.deal.unit).steps = append(of(x.deal.unit).steps, x)
	}
	for _, x := range a.pays[on] {
		of(x.deal.unit).pays = append(of(x.deal.unit).pays, x)
	}
	units := make([]string, 0, len(byUnit))
	for u := range byUnit {
		units = append(units, u)
	}
	sort.Strings(units)
	for _, u := range units {
		if err := m.unitDay(ctx, u, byUnit[u]); err != nil {
			return err
		}
	}
	return nil
}

type dayOfUnit struct {
	registers, signs []*deal
	pays             []due
	steps            []stride
}

func (m *maker) unitDay(ctx context.Context, unit string, today *dayOfUnit) error {
	proofs, err := m.proofs(ctx, today)
	if err != nil {
		return err
	}
	err = m.DB.Write(m.as(ctx, "county "+unit, unit, auth.County), func(ctx context.Context, tx *db.Tx) error {
		if err := m.register(ctx, tx, today.registers); err != nil {
			return err
		}
		if err := m.sign(ctx, tx, today.signs, proofs.contracts); err != nil {
			return err
		}
		if err := m.receive(ctx, tx, today.pays, proofs.vouchers); err != nil {
			return err
		}
		return m.stride(ctx, tx, today.steps)
	})
	m.add(len(today.signs))
	return err
}

func (m *maker) register(ctx context.Context, tx *db.Tx, deals []*deal) error {
	in := make([]pipeline.Register, len(deals))
	for i, d := range deals {
		in[i] = pipeline.Register{
			Name: d.name, Nature: d.nature, Unit: d.unit, Team: d.team, Investors: []string{d.lead.id}, Industry: d.industry, Wheel: d.wheel,
			Chain: d.chain, Mode: d.mode, RegisteredOn: d.registered, Summary: "投资方拟在当地建设" + d.name + "。",
		}
		for _, o := range d.others {
			in[i].Investors = append(in[i].Investors, o.id)
		}
		if d.tag != "" {
			in[i].Tags = []string{d.tag}
		}
	}
	made, err := pipeline.RegisterIn(ctx, tx, in)
	for i, p := range made {
		deals[i].id = p.ID
		if !deals[i].live {
			m.pending.project(deals[i].city, "project/"+p.ID)
		}
	}
	return err
}

func (m *maker) sign(ctx context.Context, tx *db.Tx, deals []*deal, proofs []verify.Evidence) error {
	in := make([]pipeline.Sign, len(deals))
	for i, d := range deals {
		in[i] = pipeline.Sign{Project: d.id, SignedOn: d.signed, Amount: d.amount, ContractNo: "黔投合〔" + d.signed[:4] + "〕" + d.id[len(d.id)-4:] + "号", Evidence: proofs[i : i+1]}
		if d.event >= 0 {
			in[i].Event = m.events[d.event]
		}
	}
	_, err := pipeline.SignIn(ctx, tx, in)
	for _, d := range deals {
		if !d.live {
			m.pending.project(d.city, "contract/"+d.id)
		}
	}
	return err
}

func (m *maker) receive(ctx context.Context, tx *db.Tx, list []due, proofs []verify.Evidence) error {
	in := make([]pipeline.Receive, len(list))
	for i, x := range list {
		in[i] = pipeline.Receive{
			Project: x.deal.id, Amount: x.amount, ReceivedOn: x.day, VoucherKind: x.kind, VoucherNo: x.no, Payer: x.deal.lead.name,
			Payee: x.deal.name, UseOf: "项目建设款", Evidence: proofs[i : i+1],
		}
		switch { // some of it is no money for buildings
		case x.kind == "equipment_list":
			in[i].Kind, in[i].UseOf = "in_kind", "设备作价出资"
		case x.amount/wan%11 == 0:
			in[i].Kind, in[i].UseOf = "working", "流动资金"
		}
		if x.late {
			in[i].Late = "银行进账单补发，11 月关账后才收到。"
		}
	}
	made, err := pipeline.ReceiveIn(ctx, tx, in)
	for i, f := range made {
		m.pending.project(list[i].deal.city, f.Subject())
	}
	return err
}

// reviewProjects: each prefecture reviews what its counties filed; where the landing unit is the prefecture's own
// rank, another person of the province does.
func (m *maker) reviewProjects(ctx context.Context) error {
	cities := make([]string, 0, len(m.pending.projects))
	for c := range m.pending.projects {
		cities = append(cities, c)
	}
	sort.Strings(cities)
	for _, c := range cities {
		subjects := m.pending.projects[c]
		if err := m.pass(m.as(ctx, "city "+c, c, auth.City), subjects); err != nil {
			return err
		}
		m.pending.provincial = slices.Concat(m.pending.provincial, subjects)
	}
	clear(m.pending.projects)
	return nil
}

// recogniseProjects: the province recognises.
func (m *maker) recogniseProjects(ctx context.Context) error {
	subjects := m.pending.provincial
	m.pending.provincial = nil
	return m.pass(m.as(ctx, "province", "520000", auth.Province), subjects)
}
