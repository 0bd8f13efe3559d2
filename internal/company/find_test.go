package company

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
)

func TestFind(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		capital := int64(100_000_000_00)
		for _, c := range []Create{
			{Facts: Facts{Name: "深圳市怡亚通供应链股份有限公司", CreditCode: madeCode(11), Status: "active", Capital: &capital}, Tags: []Tag{{Code: "listed"}}},
			{Facts: Facts{Name: "怡亚通", Address: "贵阳市"}},
			{Facts: Facts{Name: "贵州怡亚通贸易有限公司", Status: "cancelled", CreditCode: madeCode(12)}},
			{Facts: Facts{Name: "怡亚包装有限公司", Former: []string{"怡亚通包装厂"}}},
			{Facts: Facts{Name: "華強電子有限公司"}},
		} {
			must[Record](t)(s.Create(ctx, c))
		}
		for q, want := range map[string]string{
			"怡亚通":                  "怡亚通|深圳市怡亚通供应链股份有限公司|贵州怡亚通贸易有限公司|怡亚包装有限公司",
			"怡亞通":                  "怡亚通|深圳市怡亚通供应链股份有限公司|贵州怡亚通贸易有限公司|怡亚包装有限公司",
			"怡亚":                   "怡亚通|怡亚包装有限公司|深圳市怡亚通供应链股份有限公司|贵州怡亚通贸易有限公司",
			"yyt":                  "深圳市怡亚通供应链股份有限公司|怡亚通|贵州怡亚通贸易有限公司",
			"yiyatonggongyinglian": "深圳市怡亚通供应链股份有限公司",
			"华强电子":                 "華強電子有限公司",
			"hqdz":                 "華強電子有限公司",
			madeCode(11):           "深圳市怡亚通供应链股份有限公司",
			madeCode(11)[8:17]:     "深圳市怡亚通供应链股份有限公司",
			madeCode(11)[:17]:      "深圳市怡亚通供应链股份有限公司",
			madeCode(11)[:10]:      "深圳市怡亚通供应链股份有限公司|贵州怡亚通贸易有限公司",
			"没有":                   "", "。": "", "": "",
		} {
			found := must[FoundCompanies](t)(s.Find(ctx, Find{Q: q}))
			var names []string
			for _, c := range found.Items {
				names = append(names, c.Name)
			}
			if got := strings.Join(names, "|"); got != want || found.Total != int64(len(names)) {
				t.Errorf("%q finds %s (%d), want %s", q, got, found.Total, want)
			}
		}
		if _, err := s.Find(as("x", "520602", "company.read"), Find{Q: "怡"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("without permission: %v", err)
		}
	})
}

// What is just so named comes first however light it is among the many that hold the word, and a company that gains
// standing is found before them.
func TestFind_amongMany(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		light := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "包装有限公司", Status: "cancelled"}}))
		runImport(ctx, t, s, dirtyTable(9000), "a.csv", nil)
		found := must[FoundCompanies](t)(s.Find(ctx, Find{Q: "包装有限公司"}))
		if found.Items[0].ID != light.ID {
			t.Errorf("first is %s", found.Items[0].Name)
		}
		found = must[FoundCompanies](t)(s.Find(ctx, Find{Q: "包装", Limit: 3}))
		if found.Total != 1126 || len(found.Items) != 3 || found.Items[0].ID != light.ID {
			t.Errorf("%d, first %v", found.Total, found.Items[0])
		}
		last := must[List](t)(s.List(ctx, Query{Q: "传动技术", Sort: "name", Page: db.Page{Limit: 1}})).Items[0]
		must[Record](t)(s.Edit(ctx, Edit{ID: last.ID, Version: last.Version, Facts: last.Facts, Tags: []Tag{{Code: "world500"}}}))
		if l := must[List](t)(s.List(ctx, Query{Q: "传动技术"})); l.Items[0].ID != last.ID {
			t.Errorf("the heaviest of a list is %s, want %s", l.Items[0].Name, last.Name)
		}
	})
}

// A search walks the index in its own order: no sorting, no look at companies that are not among the best.
func TestFind_plan(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	world(t, d)
	for q, codes := range map[string]bool{"科技": false, "深": false, "yyt": false, "91440300": true} {
		l, ok := lookFor(db.SQLite, q)
		if !ok || (l.codes != "") != codes {
			t.Fatalf("%q is read as %+v", q, l)
		}
		plan := planOf(t, d, `SELECT `+foundColumns+` FROM (`+l.best(db.SQLite, "1000")+`) f JOIN company_company c ON c.num = f.num`, l.args...)
		if strings.Contains(plan, "SCAN c\n") || !codes && strings.Contains(plan, "USE TEMP B-TREE") || codes && !strings.Contains(plan, "company_company_code") {
			t.Errorf("%q:\n%s", q, plan)
		}
	}
}

func planOf(t *testing.T, d *db.DB, text string, args ...any) string {
	t.Helper()
	type step struct {
		ID      int64  `db:"id"`
		Parent  int64  `db:"parent"`
		NotUsed int64  `db:"notused"`
		Detail  string `db:"detail"`
	}
	var b strings.Builder
	err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		return db.Each(ctx, tx, `EXPLAIN QUERY PLAN `+text, args, func(s step) error {
			_, err := fmt.Fprintln(&b, s.Detail)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A load that was cut short before its search text was made is made whole by the next start.
func TestRefresh(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		stop := 0
		out, _ := runImport(ctx, t, s, dirtyTable(60_000), "a.csv", func(in *Import) {
			in.Bulk = true
			in.Stop = func() bool { stop++; return stop > 2 }
		})
		if !out.Stopped || out.Created == 0 {
			t.Fatalf("%+v", out)
		}
		if l := must[FoundCompanies](t)(s.Find(ctx, Find{Q: "包装"})); l.Total == 0 {
			t.Error("stopped, and nothing of what was stored is found")
		}
		err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			if err := clearSearch(ctx, tx); err != nil {
				return err
			}
			if err := dropIndexes(ctx, tx); err != nil {
				return err
			}
			return db.SetSetting(ctx, tx, searchSetting, "behind")
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		if l := must[FoundCompanies](t)(s.Find(ctx, Find{Q: "包装"})); l.Total != out.Created/8 {
			t.Errorf("%d found", l.Total)
		}
		err = d.Write(ctx, dropIndexes) // they are there to be dropped
		if err != nil {
			t.Fatal(err)
		}
		if raw := must[string](t)(settingOf(d, indexSetting)); strings.Count(raw, "CREATE INDEX") != 6 {
			t.Errorf("indexes: %s", raw)
		}
	})
}

func settingOf(d *db.DB, key string) (v string, err error) {
	err = d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		v, err = db.Setting(ctx, tx, key)
		return err
	})
	return v, err
}
