package field_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/field"
)

const neighbourTeam = "shenzhen.520603"

// tower is a building with so many doors on each of its floors.
func tower(t testing.TB, w *apptest.World, name string, floors, doors int64) (field.Building, []field.Door) {
	t.Helper()
	b, err := w.Field.SaveBuilding(w.As("captain"), field.NewBuilding{District: "440304", Block: "车公庙", Name: name, Kind: "tower", Floors: floors})
	if err != nil {
		t.Fatal(err)
	}
	for f := range floors {
		for d := range doors {
			room := string(rune('A' + d))
			if _, err := w.Field.SaveDoor(w.As("captain"), field.NewDoor{Building: b.ID, Floor: f + 1, Room: room}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b, doorsOf(t, w, b.ID)
}

func doorsOf(t testing.TB, w *apptest.World, building string) []field.Door {
	t.Helper()
	out, err := w.Field.Doors(w.As("captain"), field.ByID{ID: building})
	if err != nil {
		t.Fatal(err)
	}
	return out.Items
}

func take(t testing.TB, w *apptest.World, login, building, team string) field.Lease {
	t.Helper()
	l, err := w.Field.TakeBuilding(w.As(login), field.NewLease{Building: building, Team: team})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestSweep goes through a lease: one team at a time, what is found at the doors, a refusal that keeps all teams away,
// and what another county learns of it.
func TestSweep(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		b, doors := tower(t, w, "泰云大厦", 2, 2)
		knock := field.NewKnock{ID: "k1", Door: doors[0].ID, State: "met", Note: "谈了十分钟"}
		if _, err := w.Field.RecordKnock(w.As("officer"), knock); !fault.Has(err, "not_leased") {
			t.Errorf("a door of a building nobody holds: %v", err)
		}
		lease := take(t, w, "officer", b.ID, team)
		if lease.From != "2020-12-16" || lease.Until != "2020-12-29" {
			t.Errorf("fourteen days: %+v", lease)
		}
		if _, err := w.Field.TakeBuilding(w.As("stranger"), field.NewLease{Building: b.ID, Team: neighbourTeam}); !fault.Has(err, "leased") {
			t.Errorf("a second county takes it: %v", err)
		}
		if _, err := w.Field.RecordKnock(w.As("stranger"), field.NewKnock{Door: doors[0].ID, State: "met"}); !fault.Has(err, "not_leased") {
			t.Errorf("a second county knocks: %v", err)
		}
		first, err := w.Field.RecordKnock(w.As("officer"), knock)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Field.RecordKnock(w.As("officer"), knock); err != nil || again != first {
			t.Errorf("sent twice: %+v %v", again, err)
		}
		knock.State = "nobody"
		if _, err := w.Field.RecordKnock(w.As("officer"), knock); !fault.Has(err, "id_reused") {
			t.Errorf("another content under the id: %v", err)
		}
		for i, state := range []string{"", "refused", "vacant"} {
			if state == "" {
				continue
			}
			if _, err := w.Field.RecordKnock(w.As("officer"), field.NewKnock{Door: doors[i].ID, State: state}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := w.Field.GetBuilding(w.As("stranger"), field.ByID{ID: b.ID})
		if err != nil {
			t.Fatal(err)
		}
		if want := (field.Tally{Doors: 4, Reached: 3, Met: 1, Refused: 1, Away: 1, Quiet: 1}); got.Tally != want || got.Share() != 750 || got.MetShare() != 250 {
			t.Errorf("the building: %+v", got.Tally)
		}
		if got.Lease == nil || got.Lease.Own() || got.Lease.Until != lease.Until || got.Lease.ID != "" || got.Lease.CreatedBy != "" {
			t.Errorf("what another county learns of the lease: %+v", got.Lease)
		}
		if own, err := w.Field.GetBuilding(w.As("county"), field.ByID{ID: b.ID}); err != nil || !own.Lease.Own() {
			t.Errorf("the team's own county: %+v %v", own.Lease, err)
		}
		for login, n := range map[string]int{"officer": 3, "county": 3, "captain": 3, "stranger": 0, "neighbour": 0} {
			if list, err := w.Field.ListKnocks(w.As(login), field.KnockFilter{Building: b.ID}); err != nil || len(list.Items) != n {
				t.Errorf("%s sees %d knocks %v, want %d", login, len(list.Items), err, n)
			}
		}
		if seen := doorsOf(t, w, b.ID); seen[1].QuietUntil != "2021-03-16" || seen[1].State != "refused" || seen[2].State != "vacant" || seen[0].State != "met" {
			t.Errorf("the doors: %+v", seen)
		}
		handOver(t, w, b, lease, doors)
	})
}

// handOver gives the building to the neighbour, for whom the refusal holds as well.
func handOver(t *testing.T, w *apptest.World, b field.Building, lease field.Lease, doors []field.Door) {
	t.Helper()
	if _, err := w.Field.EndLease(w.As("stranger"), field.ByID{ID: lease.ID}); !fault.Has(err, "not_found") {
		t.Errorf("another county ends the lease: %v", err)
	}
	if ended, err := w.Field.EndLease(w.As("officer"), field.ByID{ID: lease.ID}); err != nil || ended.Until != "2020-12-16" {
		t.Fatalf("handed back: %+v %v", ended, err)
	}
	if _, err := w.Field.EndLease(w.As("officer"), field.ByID{ID: lease.ID}); !fault.Has(err, "lease_ended") {
		t.Errorf("handed back twice: %v", err)
	}
	if _, err := w.Field.TakeBuilding(w.As("stranger"), field.NewLease{Building: b.ID, Team: neighbourTeam}); !fault.Has(err, "leased") {
		t.Errorf("two counties on one day: %v", err)
	}
	w.Clock.Set(apptest.Now.AddDate(0, 0, 1))
	take(t, w, "stranger", b.ID, neighbourTeam)
	if _, err := w.Field.RecordKnock(w.As("stranger"), field.NewKnock{Door: doors[1].ID, State: "nobody"}); !fault.Has(err, "cooling_down") {
		t.Errorf("a door that refused: %v", err)
	}
	if _, err := w.Field.RecordKnock(w.As("stranger"), field.NewKnock{Door: doors[1].ID, State: "moved", Occupant: "新来的公司"}); err != nil {
		t.Errorf("looking at the door is no knock: %v", err)
	}
	w.Clock.Set(apptest.Now.AddDate(0, 0, 2))
	if _, err := w.Field.RecordKnock(w.As("stranger"), field.NewKnock{Door: doors[1].ID, State: "met"}); err != nil {
		t.Errorf("whoever refused has left: %v", err)
	}
	if late, err := w.Field.RecordKnock(w.As("officer"), field.NewKnock{Door: doors[3].ID, State: "refused", Day: "2020-12-16"}); err != nil || late.Lease != lease.ID {
		t.Errorf("a knock of the day before, sent late: %+v %v", late, err)
	}
	if _, err := w.Field.RecordKnock(w.As("officer"), field.NewKnock{Door: doors[3].ID, State: "nobody", Day: "2020-12-17"}); !fault.Has(err, "not_leased") {
		t.Errorf("a day after the lease: %v", err)
	}
}

// TestSweep_visit: a visit that names the door is the knock as well, and brings its company to the door.
func TestSweep_visit(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		b, doors := tower(t, w, "泰云大厦", 1, 2)
		in := field.Record{ID: "v1", Team: team, Company: w.ID["company"], Day: "2020-12-16", Way: "onsite", Said: "对方想看厂房，约下周再谈。", Intent: "A", Door: doors[0].ID}
		if _, err := w.Field.RecordVisit(w.As("officer"), in); !fault.Has(err, "not_leased") {
			t.Errorf("a door nobody holds: %v", err)
		}
		take(t, w, "officer", b.ID, team)
		for range 2 {
			if _, err := w.Field.RecordVisit(w.As("officer"), in); err != nil {
				t.Fatal(err)
			}
		}
		knocks, err := w.Field.ListKnocks(w.As("officer"), field.KnockFilter{Visit: "v1"})
		if err != nil || len(knocks.Items) != 1 || knocks.Items[0].State != "met" {
			t.Fatalf("%+v %v", knocks, err)
		}
		seen := doorsOf(t, w, b.ID)[0]
		if seen.State != "met" || seen.Company != w.ID["company"] || seen.Occupant != "深圳市测试精密有限公司" || seen.Intent != "A" {
			t.Errorf("the door: %+v", seen)
		}
		if out, err := w.Field.Doors(w.As("stranger"), field.ByID{ID: b.ID}); err != nil || out.Items[0].Intent != "" || out.Items[0].State != "met" {
			t.Errorf("what another county sees of the talk: %+v %v", out.Items[0], err)
		}
	})
}

// TestSweep_refusals: what must not be stored says why, by field.
func TestSweep_refusals(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		b, doors := tower(t, w, "泰云大厦", 1, 1)
		take(t, w, "officer", b.ID, team)
		far := 200.0
		for name, x := range map[string]struct {
			code string
			do   func() error
		}{
			"no such district": {"unknown_region", func() error {
				return building(w, field.NewBuilding{District: "440300", Name: "楼", Kind: "tower", Floors: 3})
			}},
			"the same name": {"exists", func() error {
				return building(w, field.NewBuilding{District: "440304", Name: " 泰云大厦 ", Kind: "tower", Floors: 3})
			}},
			"no floor": {"out_of_range", func() error { return building(w, field.NewBuilding{District: "440304", Name: "楼", Kind: "tower"}) }},
			"outside China": {"out_of_range", func() error {
				return building(w, field.NewBuilding{District: "440304", Name: "楼", Kind: "tower", Floors: 3, Lng: &far, Lat: &far})
			}},
			"an unknown kind": {"unknown", func() error {
				return building(w, field.NewBuilding{District: "440304", Name: "楼", Kind: "hut", Floors: 3})
			}},
			"a floor too high":  {"out_of_range", func() error { return door(w, field.NewDoor{Building: b.ID, Floor: 2, Room: "A"}) }},
			"the same room":     {"exists", func() error { return door(w, field.NewDoor{Building: b.ID, Floor: 1, Room: "A"}) }},
			"a firm nobody has": {"unknown_company", func() error { return door(w, field.NewDoor{Building: b.ID, Floor: 1, Room: "B", Company: "none"}) }},
			"no such building":  {"not_found", func() error { return door(w, field.NewDoor{Building: "none", Floor: 1, Room: "B"}) }},
			"an old door": {"stale", func() error {
				return door(w, field.NewDoor{ID: doors[0].ID, Version: 9, Building: b.ID, Floor: 1, Room: "A"})
			}},
			"no state":           {"required", func() error { return knock(w, field.NewKnock{Door: doors[0].ID}) }},
			"tomorrow":           {"future_date", func() error { return knock(w, field.NewKnock{Door: doors[0].ID, State: "met", Day: "2020-12-17"}) }},
			"30 February":        {"not_a_date", func() error { return knock(w, field.NewKnock{Door: doors[0].ID, State: "met", Day: "2020-02-30"}) }},
			"no such door":       {"unknown_door", func() error { return knock(w, field.NewKnock{Door: "none", State: "met"}) }},
			"a visit of nobody":  {"unknown_visit", func() error { return knock(w, field.NewKnock{Door: doors[0].ID, State: "met", Visit: "none"}) }},
			"fifteen days":       {"future_date", func() error { return lease(w, field.NewLease{Building: b.ID, Team: team, Until: "2020-12-30"}) }},
			"a day gone by":      {"past_date", func() error { return lease(w, field.NewLease{Building: b.ID, Team: team, Until: "2020-12-15"}) }},
			"somebody's team":    {"not_your_team", func() error { return lease(w, field.NewLease{Building: b.ID, Team: neighbourTeam}) }},
			"a building of none": {"not_found", func() error { return lease(w, field.NewLease{Building: "none", Team: team}) }},
		} {
			if err := x.do(); !fault.Has(err, x.code) {
				t.Errorf("%s: %v, want %s", name, err, x.code)
			}
		}
		if seen := doorsOf(t, w, b.ID); len(seen) != 1 || seen[0].State != "" {
			t.Errorf("something was stored: %+v", seen)
		}
	})
}

func building(w *apptest.World, in field.NewBuilding) error {
	_, err := w.Field.SaveBuilding(w.As("captain"), in)
	return err
}

func door(w *apptest.World, in field.NewDoor) error {
	_, err := w.Field.SaveDoor(w.As("officer"), in)
	return err
}

func knock(w *apptest.World, in field.NewKnock) error {
	_, err := w.Field.RecordKnock(w.As("officer"), in)
	return err
}

func lease(w *apptest.World, in field.NewLease) error {
	_, err := w.Field.TakeBuilding(w.As("officer"), in)
	return err
}

// TestTakeBuilding_together: of those who take a building at the same moment one has it.
func TestTakeBuilding_together(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		b, _ := tower(t, w, "泰云大厦", 1, 1)
		var all sync.WaitGroup
		took := make(chan string, 8)
		for i := range 8 {
			login, who := "officer", team
			if i%2 == 1 {
				login, who = "stranger", neighbourTeam
			}
			ctx := w.As(login)
			all.Go(func() {
				switch _, err := w.Field.TakeBuilding(ctx, field.NewLease{Building: b.ID, Team: who}); {
				case err == nil:
					took <- who
				case !fault.Has(err, "leased"):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if len(took) != 1 {
			t.Errorf("%d teams hold it", len(took))
		}
	})
}

// TestSweep_property: whatever two counties do with a building, no day of it belongs to both, every knock lies in a lease
// of its team, and nobody knocks in the ninety days after a refusal unless the occupant has left.
func TestSweep_property(t *testing.T) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			w := apptest.Open(t, engine)
			n := 0
			today := apptest.Now
			rapid.Check(t, func(rt *rapid.T) {
				n++
				b, doors := tower(t, w, "楼"+time.Duration(n).String(), 1, 1)
				for range rapid.IntRange(4, 14).Draw(rt, "steps") {
					who := rapid.SampledFrom([]string{"officer", "stranger"}).Draw(rt, "who")
					of := map[string]string{"officer": team, "stranger": neighbourTeam}[who]
					switch rapid.SampledFrom([]string{"take", "end", "knock", "knock", "wait"}).Draw(rt, "step") {
					case "take":
						until := today.AddDate(0, 0, rapid.IntRange(0, 13).Draw(rt, "days"))
						_, _ = w.Field.TakeBuilding(w.As(who), field.NewLease{Building: b.ID, Team: of, Until: db.Today(until)})
					case "end":
						list, _ := w.Field.ListLeases(w.As(who), field.LeaseFilter{Building: b.ID, Running: true})
						for _, l := range list.Items {
							_, _ = w.Field.EndLease(w.As(who), field.ByID{ID: l.ID})
						}
					case "knock":
						back := rapid.IntRange(0, 3).Draw(rt, "back")
						_, _ = w.Field.RecordKnock(w.As(who), field.NewKnock{
							Door: doors[0].ID, Day: db.Today(today.AddDate(0, 0, -back)), State: rapid.SampledFrom(field.DoorStates).Draw(rt, "state"),
						})
					case "wait":
						today = today.AddDate(0, 0, rapid.IntRange(1, 40).Draw(rt, "wait"))
						w.Clock.Set(today)
					}
				}
				leases, knocks := told(t, w, b.ID)
				checkLeases(rt, leases, knocks)
				checkQuiet(rt, knocks)
			})
		})
	}
}

// told are the leases and the knocks of a building, the knocks as they were recorded.
func told(t *testing.T, w *apptest.World, building string) (leases []field.Lease, knocks []field.Knock) {
	t.Helper()
	list, err := w.Field.ListLeases(w.As("captain"), field.LeaseFilter{Building: building})
	if err != nil {
		t.Fatal(err)
	}
	err = w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
		knocks, err = db.All[field.Knock](ctx, tx, `SELECT id, team_id, day, state, lease_id FROM field_knock WHERE building_id = ? ORDER BY created_at, id`, building)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items, knocks
}

func checkLeases(rt *rapid.T, leases []field.Lease, knocks []field.Knock) {
	byID := map[string]field.Lease{}
	for i, a := range leases {
		byID[a.ID] = a
		if from, err := time.Parse(time.DateOnly, a.From); err != nil || a.Until > from.AddDate(0, 0, 13).Format(time.DateOnly) || a.Until < a.From {
			rt.Errorf("a lease of too many days: %+v", a)
		}
		for _, b := range leases[i+1:] {
			if a.From <= b.Until && b.From <= a.Until {
				rt.Errorf("two leases on one day: %+v %+v", a, b)
			}
		}
	}
	for _, k := range knocks {
		if l := byID[k.Lease]; l.Team != k.Team || k.Day < l.From || k.Day > l.Until {
			rt.Errorf("a knock outside its lease: %+v %+v", k, l)
		}
	}
}

// checkQuiet: when a knock was recorded, no refusal known until then kept everybody away from the door.
func checkQuiet(rt *rapid.T, knocks []field.Knock) {
	for i, k := range knocks {
		if k.State == "moved" || k.State == "vacant" || k.State == "not_a_target" {
			continue
		}
		stood := map[string]string{} // by team and day
		for _, b := range knocks[:i] {
			stood[b.Day+b.Team] = b.State
		}
		for _, b := range knocks[:i] {
			day, _ := time.Parse(time.DateOnly, b.Day)
			same := b.Team == k.Team && b.Day == k.Day
			if stood[b.Day+b.Team] != "refused" || same || b.Day > k.Day || k.Day > day.AddDate(0, 0, 90).Format(time.DateOnly) {
				continue
			}
			left := false
			for at, state := range stood {
				left = left || at[:10] > b.Day && at[:10] <= k.Day && (state == "moved" || state == "vacant")
			}
			if !left {
				rt.Errorf("%s knocked on %s, refused on %s: %+v", k.Team, k.Day, b.Day, knocks)
			}
		}
	}
}
