package verify

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/ledger"
)

// shared files a contract of the county whose credit is split with its neighbour.
func (x *site) shared(t *testing.T) Claim {
	t.Helper()
	dims := ledger.Dims{Province: "520000", City: "520600", County: "520602", Unit: "520602", Industry: "C39"}
	return file(t, x.d, audit.With(t.Context(), x.roles["county"]), Filing{
		Kind: "contract", Subject: "contract/s", Title: "=合办", Route: ProjectRoute,
		Node: "520602", Unit: "520602", City: "520600", Content: map[string]any{"amount": 1000},
		Facts: []ledger.Fact{
			{Measure: "contract.amount", Delta: 100_000_000, OccurredOn: "2020-12-01", Dims: dims, Shares: []ledger.Share{
				{City: "520600", County: "520602", Unit: "520602", PPM: 700_000}, {City: "520600", County: "520603", Unit: "520603", PPM: 300_000},
			}},
			{Measure: "project.signed", Delta: 1, OccurredOn: "2020-12-01", Dims: dims, Shares: []ledger.Share{
				{City: "520600", County: "520602", Unit: "520602", PPM: 700_000}, {City: "520600", County: "520603", Unit: "520603", PPM: 300_000},
			}},
		},
	})
}

// TestFigures_creditDrillsToParts: with basis credit a county sees the entries it has a share in, each with its part,
// and they add up to the figure; by location the neighbour has none.
func TestFigures_creditDrillsToParts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newSite(t, d)
		x.shared(t)
		for _, c := range []struct{ query, figure, entries string }{
			{"measure=contract.amount&book=filed&unit=520603&basis=credit", `"value":30000000,`, `"counted":30000000`},
			{"measure=contract.amount&book=filed&unit=520602&basis=credit", `"value":70000000,`, `"counted":70000000`},
			{"measure=contract.amount&book=filed&basis=credit", `"value":100000000,`, `"counted":100000000`},
			{"measure=project.signed&book=filed&unit=520603&basis=credit", `"value":0.300000,`, `"counted":300000`},
			{"measure=contract.amount&book=filed&unit=520603", `"value":0,`, `"items":[]`},
			{"measure=contract.amount&book=filed&where=industry:C", `"value":100000000,`, `"counted":100000000`},
			{"measure=contract.amount&book=filed&where=wheel:-", `"value":100000000,`, `"counted":100000000`},
			{"measure=contract.amount&book=filed&where=industry:-", `"value":0,`, `"items":[]`},
		} {
			status(t, x.get(t, "province", "/api/v1/figures?"+c.query), 200, c.figure)
			status(t, x.get(t, "province", "/api/v1/ledger/entries?"+c.query), 200, c.entries)
			w := x.get(t, "province", "/figures/drawer?"+c.query)
			status(t, w, 200, "分文不差")
			if strings.Contains(w.Body.String(), "不一致") {
				t.Errorf("%s: the drawer finds a difference", c.query)
			}
		}
		status(t, x.get(t, "province", "/figures?measure=contract.amount&book=filed&by=county&basis=credit"), 200, "碧江区", "万山区", "0.30")
		status(t, x.get(t, "service", "/figures/drawer?measure=contract.amount&book=filed"), 200, "台账权限")
		status(t, x.get(t, "service", "/api/v1/ledger/entries?measure=contract.amount"), 403)
		status(t, x.get(t, "province", "/figures?where=nonsense:1"), 400)
		status(t, x.get(t, "sysadmin", "/figures"), 403)
	})
}

// TestDrawer_saysWhenSumsDiffer: the foot is a check and not a slogan: a kept sum that was tampered with shows.
func TestDrawer_saysWhenSumsDiffer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newSite(t, d)
		x.shared(t)
		const drawer = "/figures/drawer?measure=contract.amount&book=filed"
		status(t, x.get(t, "province", drawer), 200, "分文不差")
		status(t, x.get(t, "province", "/figures/chain"), 200, "链完整至 #2")
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			for _, table := range []string{"ledger_rollup", "ledger_rollup_month"} {
				if _, err := db.Exec(ctx, tx, `UPDATE `+table+` SET total = total + 1 WHERE measure = 'contract.amount'`); err != nil {
					return err
				}
			}
			_, err := db.Exec(ctx, tx, `UPDATE ledger_head SET hash = 'x'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		status(t, x.get(t, "province", drawer), 200, "分录之和与此数不一致")
		status(t, x.get(t, "province", "/figures/chain"), 200, "链断开")
	})
}

// TestPeriods: a month closes with a form, reopening needs another person, and each refusal comes back as the page.
func TestPeriods(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newSite(t, d)
		x.shared(t)
		x.roles["other"] = actor("other", "520000", "province")
		status(t, x.get(t, "county", "/periods"), 200, "2020-12", "开放")
		month := url.Values{"period": {"2020-12"}}
		status(t, x.form(t, "county", "/periods/close", month), 403)
		status(t, x.form(t, "province", "/periods/close", month), 303)
		status(t, x.get(t, "province", "/periods"), 200, "初结 2020-12", "终结")
		status(t, x.form(t, "province", "/periods/close", month), 303)
		status(t, x.form(t, "province", "/periods/close", month), 409, "已经关账")
		status(t, x.form(t, "province", "/periods/ask-reopen", month), 422, "理由")
		month.Set("reason", "漏报一笔")
		status(t, x.form(t, "province", "/periods/ask-reopen", month), 303)
		status(t, x.form(t, "province", "/periods/reopen", month), 409, "另一人")
		status(t, x.get(t, "other", "/periods"), 200, "同意重开")
		status(t, x.form(t, "other", "/periods/reopen", month), 303)
		status(t, x.get(t, "province", "/api/v1/periods"), 200, `"state":"open"`)
	})
}

// TestExport: what leaves is recorded, texts cannot become formulas, and entries need the ledger.
func TestExport(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newSite(t, d)
		x.shared(t)
		w := x.get(t, "province", "/figures/export?what=entries&format=csv&measure=contract.amount&book=filed")
		status(t, w, 200, "'=合办", "1000000.00")
		if !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("headers %v", w.Header())
		}
		status(t, x.get(t, "province", "/figures/export?what=groups&format=xlsx&measure=contract.amount&by=county&book=filed"), 200, "PK")
		status(t, x.get(t, "service", "/figures/export?what=groups"), 403)
		err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			n, err := db.One[int64](ctx, tx, `SELECT count(*) FROM audit_record WHERE action = 'figures.export'`)
			if n != 2 {
				t.Errorf("%d exports recorded, want 2", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
