package org_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

var noon = time.Date(2020, 12, 16, 4, 0, 0, 0, time.UTC)

func admin(deny string) context.Context {
	return audit.With(context.Background(), audit.Actor{Person: "p", Node: "520000", Chain: "520000", Can: func(p string) bool { return p != deny }})
}

func TestSaveUnit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		loaded(t, d)
		s := &org.Service{DB: d}
		ctx := admin("")
		park := org.SaveUnit{Unit: org.Unit{Code: "TR99", Kind: org.Park, Parent: "520602", Name: "灯塔产业园", Short: "灯塔园"}}
		u, err := s.SaveUnit(ctx, park)
		if err != nil || u.Version != 1 || u.ValidTo != org.Last {
			t.Fatalf("%+v %v", u, err)
		}
		if dir := directory(t, d); dir.UnitName("TR99", "zh") != "灯塔园" {
			t.Error("the copy in memory is old")
		}
		if !inScope(t, d, "520602", "TR99") || inScope(t, d, "520603", "TR99") {
			t.Error("scope of a new unit")
		}
		if _, err := s.SaveUnit(ctx, park); !fault.Has(err, "exists") {
			t.Errorf("the same code: %v", err)
		}
		u.Parent = "520603"
		moved, err := s.SaveUnit(ctx, org.SaveUnit{Unit: u, Since: "2020-12-01"})
		if err != nil || moved.Version != 2 {
			t.Fatalf("%+v %v", moved, err)
		}
		dir := directory(t, d)
		for day, county := range map[string]string{"2020-11-30": "520602", "2020-12-01": "520603"} {
			if p, err := dir.Path("TR99", day); err != nil || p.County != county {
				t.Errorf("on %s it stood in %+v %v", day, p, err)
			}
		}
		if inScope(t, d, "520602", "TR99") || !inScope(t, d, "520603", "TR99") || !inScope(t, d, "520600", "TR99") {
			t.Error("scope after the move")
		}
		u.Short = "另一个简称"
		if _, err := s.SaveUnit(ctx, org.SaveUnit{Unit: u}); !fault.Has(err, "stale") {
			t.Errorf("stale: %v", err)
		}
		moved.ValidTo, moved.Successor = "2020-12-10", "TR03"
		if _, err := s.SaveUnit(ctx, org.SaveUnit{Unit: moved}); err != nil {
			t.Fatal(err)
		}
		if inScope(t, d, "520603", "TR99") || !inScope(t, d, "TR03", "TR99") || !inScope(t, d, "520602", "TR99") {
			t.Error("who took over sees what was taken over")
		}
		if directory(t, d).Latest("TR99") != "TR03" {
			t.Error("successor")
		}
		_, err = s.SaveUnit(ctx, org.SaveUnit{Unit: org.Unit{Code: "小写x", Kind: "x", Parent: "nobody", Region: "x", ValidFrom: "2020-02-30", ValidTo: "2020-01-01"}})
		for _, code := range []string{"required", "code", "not_allowed_value", "unit_unknown", "region_unknown", "not_a_date", "span"} {
			if !fault.Has(err, code) {
				t.Errorf("%s is missing in %v", code, err)
			}
		}
		top := org.Unit{Code: "520602", Kind: org.County, Parent: "TR03", Name: "碧江区", Version: 1, ValidFrom: org.First, ValidTo: org.Last}
		if _, err := s.SaveUnit(ctx, org.SaveUnit{Unit: top}); !fault.Has(err, "scope_circle") {
			t.Errorf("under its own park: %v", err)
		}
		if _, err := s.SaveUnit(admin("org.edit"), park); !fault.Is(err, fault.Forbidden) {
			t.Errorf("without permission: %v", err)
		}
	}, dbtest.At(noon))
}

// A rolled-back change never reaches the copy in memory, and the next change is seen.
func TestDirectory_followsCommits(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	loaded(t, d)
	s := &org.Service{DB: d}
	err := d.Write(admin(""), func(ctx context.Context, tx *db.Tx) error {
		if _, err := db.Exec(ctx, tx, `UPDATE org_unit SET short = '没有写成' WHERE code = '520602'`); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, tx, `UPDATE org_version SET version = 'x'`); err != nil {
			return err
		}
		dir, err := org.Open(ctx, tx)
		if err != nil || dir.UnitName("520602", "zh") != "没有写成" {
			t.Errorf("inside: %v", err)
		}
		return fault.New(fault.Conflict, "undo", "", "")
	})
	if !fault.Has(err, "undo") {
		t.Fatal(err)
	}
	dir := directory(t, d)
	if dir.UnitName("520602", "zh") != "碧江区" {
		t.Fatal("an undone change is visible")
	}
	u, err := dir.Unit("520602")
	if err != nil {
		t.Fatal(err)
	}
	u.Short = "碧江"
	if _, err := s.SaveUnit(admin(""), org.SaveUnit{Unit: u}); err != nil {
		t.Fatal(err)
	}
	if directory(t, d).UnitName("520602", "zh") != "碧江" {
		t.Error("a change is not visible")
	}
}

func table(name, text string, dry bool) org.Table {
	return org.Table{File: strings.NewReader(text), Size: int64(len(text)), Name: name, DryRun: dry}
}

func TestImportUnits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		loaded(t, d)
		s := &org.Service{DB: d}
		good := "编码,类别,上级编码,名称,简称\nHN01,园区,520602,新园区,新园\nHN02,park,HN01,园中园,园中园\n520602,区县,520600,碧江区,碧江区\n"
		if dry, err := s.ImportUnits(admin(""), table("a.csv", good, true)); err != nil || dry.Created != 2 || dry.Unchanged != 1 || len(dry.Refused) != 0 {
			t.Fatalf("dry run %+v %v", dry, err)
		}
		if _, err := directory(t, d).Unit("HN01"); err == nil {
			t.Fatal("a dry run stored something")
		}
		if got, err := s.ImportUnits(admin(""), table("a.csv", good, false)); err != nil || got.Created != 2 || got.Done() != 3 {
			t.Fatalf("%+v %v", got, err)
		}
		if again, err := s.ImportUnits(admin(""), table("a.csv", good, false)); err != nil || again.Unchanged != 3 {
			t.Errorf("a second run %+v %v", again, err)
		}
		if p, err := directory(t, d).Path("HN02", "2020-12-16"); err != nil || p.County != "520602" || !inScope(t, d, "520600", "HN02") {
			t.Errorf("%+v %v", p, err)
		}
		bad, err := s.ImportUnits(admin(""), table("a.csv", good+"HN03,园区,nobody,x,x\nHN04,园区,520602,,x\n", false))
		if !fault.Is(err, fault.Invalid) || len(bad.Refused) != 2 || !fault.Has(err, "unit_unknown") {
			t.Errorf("%+v %v", bad, err)
		}
		if dirty, err := s.ImportUnits(admin(""), table("a.csv", "编码,类别,名称,开始日期\nHN05,园区,x,2020-13-01\n", true)); err != nil || len(dirty.Refused) != 1 || dirty.Refused[0].Row != 2 {
			t.Errorf("%+v %v", dirty, err)
		}
	})
}

func TestImportIndustries(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	loaded(t, d)
	s := &org.Service{DB: d}
	text := "code\tlevel\tparent\ttitle\n39\t2\tC\t计算机、通信和其他电子设备制造业\n391\t3\t39\t计算机制造\n3911\t4\t391\t计算机整机制造\n"
	if got, err := s.ImportIndustries(admin(""), table("a.tsv", text, false)); err != nil || got.Created != 2 || got.Unchanged != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	dir := directory(t, d)
	if dir.Section("3911") != "C" || dir.IndustryName("391", "zh") != "计算机制造" || dir.IndustryName("39", "en") == "" {
		t.Error("the finer levels")
	}
	if _, err := s.ImportIndustries(admin(""), table("a.tsv", "code\ttitle\n9991\t没有上级\nX\t?\n", false)); !fault.Has(err, "industry_unknown") || !fault.Has(err, "code") {
		t.Errorf("%v", err)
	}
}

func TestPages(t *testing.T) {
	d := dbtest.Open(t, db.SQLite, dbtest.At(noon))
	loaded(t, d)
	s := &org.Service{DB: d}
	who, _ := audit.Who(admin(""))
	m := web.New(web.Options{
		Guard: func(r *http.Request, _ string) (*http.Request, error) {
			return r.WithContext(audit.With(r.Context(), who)), nil
		},
		Shell: func(*http.Request) web.Shell { return web.Shell{Person: &web.Person{Name: "张三"}, Can: who.May} },
	})
	s.Mount(m)
	do := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if body != "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		w := httptest.NewRecorder()
		m.ServeHTTP(w, r)
		return w
	}
	raw := regexp.MustCompile(`>\s*(org|nav)\.[a-z_.]+\s*<`)
	for path, want := range map[string]string{
		"/admin/units": "铜仁高新区", "/admin/units?day=2020-01-01": "水城县", "/admin/units/TR03": "贵州碧江经济开发区", "/admin/units/new": "name=\"code\"",
		"/api/v1/units?parent=520600": "520602", "/api/v1/regions?q=南山区": "440305", "/api/v1/industries?parent=C": "电气机械", "/api/v1/codes?list=wheel": "tourism",
		"/pick/regions?q=南山": "广东省深圳市南山区", "/pick/units?q=碧江": "TR03",
	} {
		for _, lang := range []string{"", "zh", "en"} {
			at := path
			if lang != "" && !strings.HasPrefix(path, "/api") && !strings.HasPrefix(path, "/pick") {
				at += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "lang=" + lang
			}
			u, err := url.Parse(at)
			if err != nil {
				t.Fatal(err)
			}
			u.RawQuery = u.Query().Encode()
			w := do("GET", u.String(), "")
			if w.Code != http.StatusOK || lang != "en" && !strings.Contains(w.Body.String(), want) || raw.MatchString(w.Body.String()) {
				t.Errorf("%s: %d, want %s in %.300s", at, w.Code, want, w.Body)
			}
		}
	}
	form := "code=TR77&kind=park&name=新园&parent=520602&version=0"
	if w := do("POST", "/admin/units", form); w.Code != http.StatusSeeOther {
		t.Errorf("add: %d %s", w.Code, w.Body)
	}
	if w := do("POST", "/admin/units/TR77", "code=TR77&kind=park&name=&parent=520602&version=1"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("without a name: %d", w.Code)
	}
	if w := do("GET", "/admin/units/nobody", ""); w.Code != http.StatusNotFound {
		t.Errorf("nobody: %d", w.Code)
	}
}
