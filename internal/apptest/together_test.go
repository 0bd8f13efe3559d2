package apptest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/field"
	"zhudian/internal/ledger"
)

// Many people write at once to the same chains, some of them in vain: every chain stays whole, without a gap.
func TestTogether_chainsStayWhole(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		const clients, each = 12, 6
		var all sync.WaitGroup
		for c := range clients {
			login, team := "officer", "shenzhen.520602"
			if c%2 == 1 {
				login, team = "stranger", "shenzhen.520603"
			}
			ctx := w.As(login)
			all.Go(func() {
				for n := range each {
					firm, err := w.Company.Create(ctx, company.Create{Facts: company.Facts{Kind: "enterprise", Name: fmt.Sprintf("同时企业%d号%d厂有限公司", c, n), Industry: "39", Region: "440305"}})
					if err != nil {
						t.Error(err)
						continue
					}
					in := field.Record{Team: team, Company: firm.ID, Day: "2020-12-14", Way: "onsite", Said: "谈了厂房、用电和今后的打算", Intent: "C"}
					if _, err := w.Field.RecordVisit(ctx, in); err != nil {
						t.Error(err)
					}
					if _, err := w.Field.RecordVisit(ctx, in); err == nil {
						t.Error("the same visit twice")
					}
				}
			})
		}
		all.Wait()
		err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
			proof, err := ledger.Check(ctx, tx)
			if err != nil {
				return err
			}
			if len(proof.Broken) > 0 {
				t.Error(proof.Broken)
			}
			_, broken, err := audit.Verify(ctx, tx)
			if len(broken) > 0 {
				t.Error(broken)
			}
			if err != nil {
				return err
			}
			n, err := db.One[int64](ctx, tx, `SELECT count(*) FROM field_visit WHERE day = ?`, "2020-12-14")
			if n != clients*each {
				t.Errorf("%d visits", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
