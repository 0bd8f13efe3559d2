package org_test

import (
	"context"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

func write(t testing.TB, d *db.DB, fn func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func loaded(t testing.TB, d *db.DB) {
	t.Helper()
	write(t, d, org.Load)
}

func directory(t testing.TB, d *db.DB) *org.Directory {
	t.Helper()
	var out *org.Directory
	err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = org.Open(ctx, tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLoad(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		loaded(t, d)
		loaded(t, d) // a second run changes nothing
		dir := directory(t, d)
		for _, day := range []string{"2019-11-20", "2020-12-15", "2023-06-30"} {
			n := map[org.Kind]int{}
			for _, u := range dir.Units(day) {
				n[u.Kind]++
			}
			if n[org.Province] != 1 || n[org.City] != 10 || n[org.County] != 88 || n[org.Platform] != 8 || n[org.Park] < 25 {
				t.Errorf("%s: %v", day, n)
			}
			if got := len(dir.Children("520000", day)); got != 10 {
				t.Errorf("%s: %d cities", day, got)
			}
		}
		if a, b := len(dir.IndustriesIn("")), len(dir.IndustriesIn("C")); a != 20 || b != 31 {
			t.Errorf("%d sections, %d divisions in C", a, b)
		}
		if got := len(dir.Codes("wheel", "2020-12-15")); got != 4 {
			t.Errorf("%d wheels", got)
		}
		if got := len(dir.Codes("chain", "2020-12-15")); got != 10 {
			t.Errorf("%d industries of a thousand hundred million", got)
		}
	})
}

func TestDirectory(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	loaded(t, d)
	dir := directory(t, d)

	for _, c := range []struct{ unit, day, city, county, chain string }{
		{"520602", "2020-12-15", "520600", "520602", "520600"},
		{"520600", "2020-12-15", "520600", "", "520600"},
		{"520000", "2020-12-15", "", "", "520000"},
		{"GA00", "2020-12-15", "GA00", "", "GA00"},
		{"GA01", "2020-12-15", "GA00", "", "GA00"},
		{"TR03", "2020-12-15", "520600", "520602", "520600"},
		{"BJ02", "2020-12-15", "520500", "520522", "520500"}, // 黔西 was a county until 2021
		{"BJ02", "2021-06-01", "520500", "520581", "520500"},
		{"520221", "2020-01-01", "520200", "520221", "520200"},
		{"520221", "2022-01-01", "520200", "520221", "520200"}, // a late fact of an ended unit keeps its place
		{"520204", "2019-01-01", "520200", "520204", "520200"}, // before its time: its first day counts
	} {
		p, err := dir.Path(c.unit, c.day)
		if err != nil || p.Province != "520000" || p.City != c.city || p.County != c.county {
			t.Errorf("%s on %s: %+v %v", c.unit, c.day, p, err)
		}
		if chain, err := dir.ChainOf(c.unit); err != nil || chain != c.chain {
			t.Errorf("%s: chain %s %v", c.unit, chain, err)
		}
	}
	if _, err := dir.Path("999", "2020-01-01"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown unit: %v", err)
	}
	if got := dir.Latest("520221"); got != "520204" {
		t.Errorf("水城县 became %s", got)
	}
	for _, c := range []struct{ unit, day, partner string }{
		{"520602", "2020-12-15", "320500"},
		{"520602", "2021-01-01", "441900"},
		{"520622", "2013-02-03", ""},
		{"520500", "2015-01-01", "440300"},
		{"520500", "2020-01-01", "440100"},
		{"520100", "2020-01-01", ""},
		{"GA00", "2022-01-01", ""},
	} {
		if got := dir.Partner(c.unit, c.day); got != c.partner {
			t.Errorf("partner of %s on %s: %q", c.unit, c.day, got)
		}
	}
	if !dir.InGroup("pearl_delta", "440305", "2020-03-01") || dir.InGroup("pearl_delta", "440500", "2020-03-01") || !dir.InGroup("pearl_delta", "441900", "2019-03-01") {
		t.Error("Pearl delta")
	}
	if got := dir.RegionName("440305"); got != "广东省深圳市南山区" {
		t.Errorf("got %s", got)
	}
	if got := dir.RegionName("110105"); got != "北京市朝阳区" {
		t.Errorf("got %s", got)
	}
	if dir.RegionAt("440305001", "city") != "440300" || dir.Section("39") != "C" || dir.IndustryName("39", "en") == "" {
		t.Error("levels")
	}
	if dir.UnitName("520602", "zh") != "碧江区" || dir.UnitName("520602", "en") != "Bijiang District" {
		t.Error("names")
	}
}

func TestLocate(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	loaded(t, d)
	dir := directory(t, d)
	for _, c := range [][4]string{
		{"广东", "深圳", "深圳市龙岗区龙岗街道龙园路116号", "440307"},
		{"广东", "佛山", "佛山市南海区西樵岭西工业区", "440605"},
		{"", "", "广东省广州市海珠区赤岗西路214号", "440105"},
		{"", "", "深圳市前海深港合作区", "440300"},
		{"广东", "东莞", "东莞市长安镇", "441900"},
		{"北京市", "", "北京市朝阳区建国路", "110105"},
		{"贵州省", "黔东南", "凯里市韶山路", "522601"},
		{"香港特别行政区", "", "", "810000"},
		{"广东", "", "", "440000"},
		{"", "", "", ""},
		{"火星", "", "N/A", ""},
	} {
		if got := dir.Locate(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%v: got %s", c, got)
		}
	}
}

func inScope(t testing.TB, d *db.DB, root, node string) (ok bool) {
	t.Helper()
	err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		ok, err = org.InScope(ctx, tx, root, node)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestScope_teamsAndStations(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		loaded(t, d)
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			if err := org.AddNode(ctx, tx, "shenzhen", "station", org.Link{Parent: "520000"}); err != nil {
				return err
			}
			if err := org.AddNode(ctx, tx, "team-a", "team", org.Link{Parent: "520602"}, org.Link{Parent: "shenzhen"}); err != nil {
				return err
			}
			return org.AddNode(ctx, tx, "team-b", "team", org.Link{Parent: "520603"}, org.Link{Parent: "shenzhen"})
		})
		for _, c := range []struct {
			root, node string
			want       bool
		}{
			{"520000", "team-a", true},
			{"520600", "team-a", true},
			{"520602", "team-a", true},
			{"shenzhen", "team-a", true},
			{"team-a", "team-a", true},
			{"520602", "team-b", false},
			{"shenzhen", "520602", false},
			{"520100", "team-a", false},
			{"team-a", "520602", false},
			{"520200", "520221", true},
			{"520204", "520221", true},
			{"520600", "TR03", true},
			{"nobody", "team-a", false},
		} {
			if got := inScope(t, d, c.root, c.node); got != c.want {
				t.Errorf("%s sees %s: %v", c.root, c.node, got)
			}
		}
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			return org.Disconnect(ctx, tx, "shenzhen", "team-a", tx.Today())
		})
		if inScope(t, d, "shenzhen", "team-a") || !inScope(t, d, "520000", "team-a") {
			t.Error("the team left the station, not its county")
		}
		for code, link := range map[string]org.Link{
			"scope_circle": {Parent: "team-b", Child: "520000"},
			"node_unknown": {Parent: "520000", Child: "ghost"},
			"span":         {Parent: "520100", Child: "team-b", From: "2021-01-01", To: "2021-01-01"},
		} {
			err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error { return org.Connect(ctx, tx, link) })
			if !fault.Has(err, code) {
				t.Errorf("%s: %v", code, err)
			}
		}
	})
}

// The stored closure equals reachability computed day by day from the edges.
func TestScope_isReachability(t *testing.T) {
	const nodes, days = 7, 6
	day := func(i int) string { return fmt.Sprintf("2020-01-%02d", i+1) }
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			d := dbtest.Open(t, engine)
			round := 0
			rapid.Check(t, func(rt *rapid.T) {
				round++
				id := func(i int) string { return fmt.Sprintf("r%d-n%d", round, i) }
				type edge struct{ p, c, from, to int }
				var edges []edge
				write(t, d, func(ctx context.Context, tx *db.Tx) error {
					for i := range nodes {
						if err := org.AddNode(ctx, tx, id(i), "unit"); err != nil {
							return err
						}
					}
					return nil
				})
				for range rapid.IntRange(0, 14).Draw(rt, "steps") {
					c := rapid.IntRange(1, nodes-1).Draw(rt, "child")
					p := rapid.IntRange(0, c-1).Draw(rt, "parent")
					from := rapid.IntRange(0, days-1).Draw(rt, "from")
					to := rapid.IntRange(from+1, days).Draw(rt, "to")
					cut := rapid.Bool().Draw(rt, "cut")
					err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
						if cut {
							return org.Disconnect(ctx, tx, id(p), id(c), day(from))
						}
						return org.Connect(ctx, tx, org.Link{Parent: id(p), Child: id(c), From: day(from), To: day(to)})
					})
					if fault.Is(err, fault.Conflict) {
						continue
					}
					if err != nil {
						rt.Fatal(err)
					}
					if !cut {
						edges = append(edges, edge{p, c, from, to})
						continue
					}
					var kept []edge
					for _, e := range edges {
						if e.p == p && e.c == c {
							if e.from >= from {
								continue
							}
							e.to = min(e.to, from)
						}
						kept = append(kept, e)
					}
					edges = kept
				}
				type row struct {
					Root string `db:"root_id"`
					Node string `db:"node_id"`
					N    int    `db:"n"`
				}
				for at := range days {
					want := map[string]bool{}
					for i := range nodes {
						reach := map[int]bool{i: true}
						for range nodes {
							for _, e := range edges {
								if reach[e.p] && e.from <= at && at < e.to {
									reach[e.c] = true
								}
							}
						}
						for j := range reach {
							want[id(i)+">"+id(j)] = true
						}
					}
					got := 0
					err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
						return db.Each(ctx, tx, `SELECT root_id, node_id, count(*) AS n FROM org_scope
							WHERE valid_from <= ? AND valid_to > ? AND root_id LIKE ? GROUP BY root_id, node_id`,
							[]any{day(at), day(at), fmt.Sprintf("r%d-%%", round)}, func(r row) error {
								got++
								if r.N != 1 || !want[r.Root+">"+r.Node] {
									rt.Fatalf("day %d: %+v is not reachable or stands twice", at, r)
								}
								return nil
							})
					})
					if err != nil {
						rt.Fatal(err)
					}
					if got != len(want) {
						rt.Fatalf("day %d: %d rows, want %d", at, got, len(want))
					}
				}
			})
		})
	}
}
