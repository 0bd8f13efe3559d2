package demo

import (
	"context"
	"sort"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/station"
)

// Password of every demo account.
const Password = "zhudian-demo"

// accounts are the ways into the demo, one per role.
var accounts = []struct {
	login, name, unit, node string
	role                    auth.Role
}{
	{"leader", "石启航", "520000", "520000", auth.Leader},
	{"province", "周文博", "520000", "520000", auth.Province},
	{"city", "任书远", "520600", "520600", auth.City},
	{"county", "杨慧敏", "520602", "520602", auth.County},
	{"captain", "罗启明", "520000", shenzhen, auth.Captain},
	{"branch", "田海燕", "520600", "520600", auth.Branch},
	{"officer", "龙家俊", "520602", shenzhen + ".520602", auth.Officer},
	{"assessor", "潘静", "520000", "520000", auth.Assessor},
	{"editor", "冉晓波", "520000", "520000", auth.Editor},
	{"service", "姚琳", "520000", "520000", auth.ServiceDesk},
	{"investor", "陈志远", "520602", "520602", auth.Investor},
	{"sysadmin", "安国涛", "520000", "520000", auth.SysAdmin},
	{"secadmin", "谢雪梅", "520000", "520000", auth.SecAdmin},
	{"auditor", "唐成勇", "520000", "520000", auth.Auditor},
}

// staff opens the stations, the teams and batches, the accounts, and invents everybody else.
func (m *maker) staff(ctx context.Context) error {
	m.at("2019-02-25", 9, 0)
	err := m.DB.Write(m.system(ctx), func(ctx context.Context, tx *db.Tx) error {
		for _, s := range []station.Station{
			{ID: shenzhen, Name: "深圳驻点", NameEN: "Shenzhen", Region: "440300", Unit: "520000", OpenedOn: start},
			{ID: yangtze, Name: "长三角驻点", NameEN: "Yangtze delta", Region: "310000", Unit: "520000", OpenedOn: "2020-05-06"},
		} {
			if _, err := station.AddIn(ctx, tx, s); err != nil {
				return err
			}
		}
		if err := m.makeTeams(ctx, tx); err != nil {
			return err
		}
		for _, b := range batches {
			if _, err := station.AddBatchIn(ctx, tx, station.Batch{Station: shenzhen, Number: b.number, StartsOn: b.starts, EndsOn: b.ends}); err != nil {
				return err
			}
		}
		if _, err := station.AddBatchIn(ctx, tx, station.Batch{Station: yangtze, Number: 1, StartsOn: "2020-05-06"}); err != nil {
			return err
		}
		return m.makePeople(ctx, tx)
	})
	if err != nil {
		return err
	}
	return m.openAccounts(ctx)
}

// makeTeams: every county, prefecture and the province sends a team to Shenzhen; four prefectures send one east.
func (m *maker) makeTeams(ctx context.Context, tx *db.Tx) error {
	m.teams = map[string][]string{}
	units := []string{"520000"}
	for _, c := range prefectures {
		units = append(units, c.code)
		units = append(units, m.p.places.counties[c.code]...)
	}
	for _, list := range []struct {
		station string
		units   []string
	}{{shenzhen, units}, {yangtze, []string{"520000", "520100", "520300", "520600", "522700"}}} {
		for _, u := range list.units {
			t, err := station.AddTeamIn(ctx, tx, station.Team{Station: list.station, Unit: u})
			if err != nil {
				return err
			}
			m.teams[list.station] = append(m.teams[list.station], t.ID)
		}
	}
	return nil
}

// makePeople invents one officer per team, one filer per landing unit, one reviewer per prefecture and the rest.
func (m *maker) makePeople(ctx context.Context, tx *db.Tx) error {
	var jobs []string
	for _, teams := range m.teams {
		for _, t := range teams {
			jobs = append(jobs, "officer "+t)
		}
	}
	for unit := range m.p.places.names {
		jobs = append(jobs, "county "+unit)
	}
	for _, c := range append([]string{"520000"}, citiesOf()...) {
		jobs = append(jobs, "city "+c, "branch "+c)
	}
	jobs = append(jobs, "province", "captain "+shenzhen, "captain "+yangtze, "library")
	sort.Strings(jobs)
	names := make([]string, len(jobs))
	for i := range jobs {
		names[i] = m.p.names.person()
	}
	ids, err := auth.AddPeople(ctx, tx, names)
	for i, job := range jobs {
		m.people[job] = ids[i]
	}
	return err
}

func citiesOf() []string {
	out := make([]string, len(prefectures))
	for i, c := range prefectures {
		out[i] = c.code
	}
	return out
}

// openAccounts gives the demo's accounts to the people who did the work, so that a visitor finds it under "mine".
func (m *maker) openAccounts(ctx context.Context) error {
	var in []auth.AddAccount
	for _, a := range accounts {
		in = append(in, auth.AddAccount{Login: a.login, Name: a.name, Unit: a.unit, Node: a.node, Roles: []auth.Role{a.role}, Password: Password})
	}
	var made []auth.Account
	err := m.DB.Write(m.system(ctx), func(ctx context.Context, tx *db.Tx) (err error) {
		made, err = m.Auth.Seed(ctx, tx, in)
		return err
	})
	if err != nil {
		return err
	}
	m.accts = map[string]audit.Actor{}
	for i, a := range accounts {
		if m.accts[a.login], err = m.Auth.ActorFor(ctx, a.login, "demo"); err != nil {
			return err
		}
		if job, ok := map[string]string{
			"province": "province", "city": "city 520600", "county": "county 520602", "captain": "captain " + shenzhen,
			"branch": "branch 520600", "officer": "officer " + shenzhen + ".520602",
		}[a.login]; ok {
			m.people[job] = made[i].Person
		}
	}
	return nil
}

// deploy sends the people of a batch, on its first day.
func (m *maker) deploy(ctx context.Context, i int) error {
	b := batches[i]
	byTeam := map[string][]station.Person{}
	teams := m.teams[shenzhen]
	for n := range b.people {
		team := teams[n%len(teams)]
		byTeam[team] = append(byTeam[team], station.Person{Name: m.p.names.person(), Duty: "队员"})
	}
	return m.sendAll(ctx, shenzhen, itoa(int(b.number)), byTeam)
}

func (m *maker) sendAll(ctx context.Context, at, number string, byTeam map[string][]station.Person) error {
	for _, team := range m.teams[at] {
		people := byTeam[team]
		if len(people) == 0 {
			continue
		}
		unit := team[len(at)+1:]
		err := m.DB.Write(m.as(ctx, "officer "+team, unit, auth.County), func(ctx context.Context, tx *db.Tx) error {
			made, err := station.DeployIn(ctx, tx, station.Deploy{Batch: at + "." + number, Team: team, People: people})
			for _, d := range made {
				m.pending.file(at, m.reviewer(unit), d.Subject())
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reviewer is the prefecture whose branch reviews a unit's field work; the province's team has its own.
func (m *maker) reviewer(unit string) string {
	if path, err := m.dir.Path(unit, end); err == nil && path.City != "" {
		return path.City
	}
	return "520000"
}
