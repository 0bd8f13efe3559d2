package demo

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/field"
)

// blocks are the parts of the city whose buildings are swept, each with a place on the map. The buildings have invented names.
var blocks = []struct {
	district, name string
	lng, lat       float64
}{
	{"福田区", "车公庙", 114.026, 22.534},
	{"福田区", "华强北", 114.085, 22.546},
	{"福田区", "上梅林", 114.059, 22.568},
	{"罗湖区", "笋岗", 114.103, 22.563},
	{"南山区", "科技园", 113.948, 22.540},
	{"南山区", "西丽", 113.956, 22.581},
	{"宝安区", "新安", 113.888, 22.556},
	{"宝安区", "沙井", 113.810, 22.735},
	{"龙岗区", "坂田", 114.067, 22.640},
	{"龙岗区", "龙城", 114.246, 22.722},
	{"龙华区", "民治", 114.035, 22.625},
	{"光明区", "凤凰", 113.921, 22.752},
}

// perBlock is how many buildings each of them has in the demo.
const perBlock = 5

var (
	houseA = []string{"泰", "云", "景", "海", "金", "汇", "卓", "安", "华", "润", "星", "嘉"}
	houseB = []string{"然", "谷", "岸", "澜", "铭", "越", "信", "御", "川", "辉", "栎", "桥"}
	houseC = []string{"大厦", "中心", "广场", "科技楼", "创新园", "电子市场"}
)

// turn is a team holding a building for some days of autumn.
type turn struct {
	taken    string
	team     string // unit of the team
	building int
	share    int // of the doors, in percent, that it comes to
}

// turns are the leases of the demo: some over, three running on the morning of the opening.
var turns = []turn{
	{"2020-10-19", "520602", 0, 96},
	{"2020-10-19", "520100", 20, 80},
	{"2020-10-26", "520300", 21, 100},
	{"2020-11-02", "520602", 1, 90},
	{"2020-11-02", "520500", 30, 70},
	{"2020-11-09", "520603", 5, 85},
	{"2020-11-16", "520300", 22, 60},
	{"2020-11-16", "520602", 2, 100},
	{"2020-11-23", "520100", 40, 75},
	{"2020-11-30", "520500", 31, 90},
	{"2020-12-07", "520603", 6, 55},
	{"2020-12-09", "520100", 41, 30},
	{"2020-12-11", "520602", 3, 45},
}

// liveBuilding is the one the officer of the demo holds.
const liveBuilding = 3

// sweeps keeps what the days of the demo need of buildings.
type sweeps struct {
	rng       *rand.Rand
	ids       []string // of the buildings, in the order of the table
	doors     [][]field.Door
	scheduled map[string][]knocking
}

type knocking struct {
	team string
	in   []field.NewKnock
}

// sweep does what belongs to sweeps on a day.
func (m *maker) sweep(ctx context.Context, on string) error {
	m.at(on, 17, 30)
	if on == "2020-10-12" {
		if err := m.buildings(ctx); err != nil {
			return err
		}
	}
	for _, t := range turns {
		if t.taken == on {
			if err := m.takeTurn(ctx, t); err != nil {
				return err
			}
		}
	}
	m.at(on, 19, 0)
	for _, k := range m.sweeps.scheduled[on] {
		err := m.DB.Write(m.as(ctx, "officer "+k.team, k.team, auth.Officer), func(ctx context.Context, tx *db.Tx) error {
			return field.RecordKnocksIn(ctx, tx, k.in)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// buildings imports the table of buildings and doors that the station was given.
func (m *maker) buildings(ctx context.Context) error {
	m.sweeps = sweeps{rng: rand.New(rand.NewPCG(seed, 1)), scheduled: map[string][]knocking{}}
	table := m.houseTable()
	as := m.as(ctx, "captain "+shenzhen, shenzhen, auth.Captain)
	if _, err := m.Field.ImportBuildings(as, field.ImportBuildings{Table: bytes.NewReader(table), Size: int64(len(table)), Name: "楼宇底册.csv"}); err != nil {
		return err
	}
	list, err := m.Field.ListBuildings(as, field.BuildingFilter{Page: db.Page{Limit: db.PageMax}})
	if err != nil {
		return err
	}
	at := map[string]string{}
	for _, b := range list.Items {
		at[b.Block+b.Name] = b.ID
	}
	for i := range len(blocks) * perBlock {
		id := at[blocks[i/perBlock].name+houseName(i)]
		doors, err := m.Field.Doors(as, field.ByID{ID: id})
		if err != nil {
			return fmt.Errorf("%s: %w", houseName(i), err)
		}
		m.sweeps.ids, m.sweeps.doors = append(m.sweeps.ids, id), append(m.sweeps.doors, doors.Items)
	}
	return nil
}

func houseName(i int) string {
	return houseA[(i*5+i/12)%len(houseA)] + houseB[(i*7+i/5)%len(houseB)] + houseC[i%len(houseC)]
}

// houseTable is the table as the street offices keep it: most doors with the name on them.
func (m *maker) houseTable() []byte {
	rng := m.sweeps.rng
	var b strings.Builder
	b.WriteString("城市,区县,片区,楼宇名称,类型,地址,总层数,经度,纬度,楼层,房号,单位名称\n")
	firm := investors + 400
	for i := range len(blocks) * perBlock {
		x, top := blocks[i/perBlock], 8+rng.IntN(18)
		kind := []string{"楼宇", "楼宇", "楼宇", "楼宇", "园区", "专业市场"}[i%len(houseC)]
		if i == liveBuilding {
			top = 12
		}
		lng, lat := x.lng+float64(rng.IntN(240)-120)/1e4, x.lat+float64(rng.IntN(160)-80)/1e4
		for f := top; f > top-6-i%3; f-- {
			for r := range 4 {
				name := ""
				if rng.IntN(10) < 7 {
					name = m.p.firms[firm%len(m.p.firms)].name
					firm++
				}
				fmt.Fprintf(&b, "深圳市,%s,%s,%s,%s,深圳市%s%s,%d,%.4f,%.4f,%d,%d%02d,%s\n", x.district, x.name, houseName(i), kind, x.district, x.name, top, lng, lat, f, f, r+1, name)
			}
		}
	}
	return []byte(b.String())
}

// takeTurn leases a building and lays out what its team finds there in the following days.
func (m *maker) takeTurn(ctx context.Context, t turn) error {
	team := shenzhen + "." + t.team
	_, err := m.Field.TakeBuilding(m.as(ctx, "officer "+team, team, auth.Officer), field.NewLease{Building: m.sweeps.ids[t.building], Team: team})
	if err != nil {
		return err
	}
	doors := m.sweeps.doors[t.building]
	days := workdays(t.taken, min(text(day(t.taken).AddDate(0, 0, 10)), end))
	n := len(doors) * t.share / 100
	for i, part := range slices.Collect(slices.Chunk(doors[:n], (n+len(days)-1)/len(days))) {
		k := knocking{team: team}
		for _, d := range part {
			k.in = append(k.in, field.NewKnock{Door: d.ID, State: m.found(d)})
		}
		m.sweeps.scheduled[days[i]] = append(m.sweeps.scheduled[days[i]], k)
	}
	return nil
}

// found is what a team finds at a door: empty ones have no name on them.
func (m *maker) found(d field.Door) string {
	if d.Occupant == "" {
		return pick(m.sweeps.rng, []string{"vacant", "vacant", "nobody", "moved"})
	}
	return pick(m.sweeps.rng, []string{"met", "met", "met", "met", "met", "nobody", "nobody", "nobody", "not_a_target", "not_a_target", "moved", "refused"})
}

// atDoors is where the visits of the last evening were: in the building that the officer holds, at doors not yet knocked at.
func (m *maker) atDoors(in []field.Record) {
	doors := m.sweeps.doors[liveBuilding]
	for i := range min(len(in), len(doors)/2) {
		if in[i].Way == "onsite" {
			in[i].Door = doors[len(doors)/2+2*i%(len(doors)/2)].ID
		}
	}
}

// liveWeek is the week of the officer: visits to make, the building to go on with; a neighbour plans one of the visits, too.
func (m *maker) liveWeek(ctx context.Context) error {
	m.at("2020-12-16", 8, 5)
	for i, x := range []struct {
		unit, day, at, purpose, source string
		firm                           int // counted behind the investors; -1 for the building
	}{
		{"520602", "2020-12-16", "10:30", "谈扩产和用地", "warm", 140},
		{"520602", "2020-12-16", "14:30", "约定的回访", "due", 141},
		{"520602", "2020-12-17", "09:30", "看样品，问搬迁意向", "new", 142},
		{"520602", "2020-12-17", "", "接着走 7 至 10 层", "own", -1},
		{"520602", "2020-12-18", "10:00", "请商会引荐会员", "own", 143},
		{"520602", "2020-12-18", "15:00", "谈标准厂房", "warm", 144},
		{"520603", "2020-12-18", "11:00", "首次拜访", "new", 142},
	} {
		team := shenzhen + "." + x.unit
		in := field.NewErrand{Team: team, Day: x.day, At: x.at, Purpose: x.purpose, Source: x.source}
		if x.firm < 0 {
			in.Building = m.sweeps.ids[liveBuilding]
		} else {
			in.Company = m.p.firms[investors+x.firm].id
		}
		err := m.DB.Write(m.as(ctx, "officer "+team, team, auth.Officer), func(ctx context.Context, tx *db.Tx) error {
			_, err := field.PlanErrandIn(ctx, tx, in)
			return err
		})
		if err != nil {
			return fmt.Errorf("line %d of the week: %w", i, err)
		}
	}
	return nil
}
