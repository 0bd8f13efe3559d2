package company

import (
	"strings"
	"testing"

	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
	"zhudian/internal/sheet"
)

func TestImport_policy(t *testing.T) {
	const table = "企业名称,信用代码,注册地址\n甲公司,,深圳市南山区\n乙公司,,贵阳市\n"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		old := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "甲公司", Address: "深圳市南山区"}}))
		run := func(text, policy string, whole bool) (Imported, []sheet.Refused) {
			t.Helper()
			return runImport(ctx, t, s, []byte(text), "a.csv", func(in *Import) { in.Policy, in.Whole = policy, whole })
		}
		changed := strings.Replace(table, "甲公司,,深圳市南山区", "甲公司,"+madeCode(5)+",深圳市南山区", 1)
		out, refused := run(changed, "update", true)
		if out.Tally != (sheet.Tally{Done: 1, Refused: 1}) || len(refused) != 1 || refused[0].Problems[0].Code != "company_unknown" {
			t.Errorf("whole: %+v %+v", out.Tally, refused)
		}
		if now := must[Record](t)(s.Get(ctx, ByID{old.ID})); now.CreditCode != "" {
			t.Error("a whole import stored a part")
		}
		if out, _ = run(changed, "create", false); out.Tally != (sheet.Tally{Done: 2, Created: 1, Unchanged: 1}) {
			t.Errorf("create: %+v", out.Tally)
		}
		if now := must[Record](t)(s.Get(ctx, ByID{old.ID})); now.CreditCode != "" {
			t.Error("create changed what was there")
		}
		if out, _ = run(changed, "update", true); out.Tally != (sheet.Tally{Done: 2, Updated: 1, Unchanged: 1}) {
			t.Errorf("update: %+v", out.Tally)
		}
		if now := must[Record](t)(s.Get(ctx, ByID{old.ID})); now.CreditCode != madeCode(5) {
			t.Error("update changed nothing")
		}
		_, err := s.Import(ctx, Import{Table: strings.NewReader(table), Size: int64(len(table)), Name: "a.csv", Policy: "all"})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("another policy: %v", err)
		}
	})
}

// What a person once said of a table's columns holds for the next table with the same heads.
func TestJob_remembersMapping(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := withFiles(t, world(t, d))
		ctx := as("zhang", "520602")
		look := func(person, table string) Job {
			t.Helper()
			c := as(person, "520602")
			j := must[Job](t)(s.Upload(c, "a.csv", strings.NewReader(table)))
			oneRun(t, s)
			return must[Job](t)(s.Job(c, ByID{j.ID}))
		}
		j := look("zhang", "企业名称,来处,住在\n甲公司,x,深圳市南山区\n")
		must[Job](t)(s.Recheck(ctx, Recheck{ID: j.ID, Mapping: map[int]string{0: "name", 1: "", 2: "address"}, Policy: "create"}))
		oneRun(t, s)
		if j = must[Job](t)(s.Job(ctx, ByID{j.ID})); j.State != Ready || j.Policy != "create" || j.Index["address"] != 2 {
			t.Fatalf("%+v", j)
		}
		must[Job](t)(s.Cancel(ctx, ByID{j.ID}))
		if j = look("zhang", "企业名称,来处,住在\n乙公司,y,贵阳市\n"); j.State != Ready || j.Index["address"] != 2 || j.Policy != "" {
			t.Errorf("not remembered: %+v", j)
		}
		if j = look("wu", "企业名称,来处,住在\n丙公司,y,贵阳市\n"); j.State != Ready || len(j.Mapping) != 0 {
			t.Errorf("somebody else's choice: %+v", j)
		}
		if _, err := s.Recheck(ctx, Recheck{ID: j.ID, Policy: "all"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("another policy: %v", err)
		}
	})
}
