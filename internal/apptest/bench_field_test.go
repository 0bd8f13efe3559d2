package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/field/offline"
)

// BenchmarkFieldSync takes in what phones recorded, a hundred records at a time: companies, people and visits, each synced to
// the disk before it is answered. One operation is one record.
func BenchmarkFieldSync(b *testing.B) {
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) {
			w := apptest.Open(b, engine)
			ctx := w.As("officer")
			by := personOf(w, "officer")
			n, sent := 0, 0
			b.ResetTimer()
			for sent < b.N {
				var list []offline.Record
				for range 25 {
					n++
					firm := uuid(1, n)
					for k, r := range []offline.Record{
						{ID: firm, Kind: "company", Body: map[string]any{"kind": "enterprise", "name": fmt.Sprintf("深圳市离线%06d电子有限公司", n)}},
						{ID: uuid(2, n), Kind: "contact", After: []string{firm}, Body: map[string]any{"company": firm, "name": "王先生", "basis": "card"}},
						{ID: uuid(3, n), Kind: "visit", After: []string{firm}, Body: map[string]any{"team": "shenzhen.520602", "company": firm, "day": "2020-12-14", "way": "onsite", "said": "谈了厂房租约到期，想看碧江。", "intent": "B"}},
						{ID: uuid(4, n), Kind: "visit", After: []string{firm}, Body: map[string]any{"team": "shenzhen.520602", "company": firm, "day": "2020-12-15", "way": "onsite", "said": "再谈用工和物流，约了考察。", "intent": "A"}},
					} {
						r.By, r.At = by, int64(k)
						list = append(list, sealedBy(b, r))
					}
				}
				out, err := w.Offline.Sync(ctx, offline.Batch{Now: db.Micros(time.Now()), Records: list})
				if err != nil || len(out.Receipts) != len(list) || out.Receipts[len(list)-1].State != offline.Stored {
					b.Fatal(err, out)
				}
				sent += len(list)
			}
			b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
