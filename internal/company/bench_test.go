package company

import (
	"context"
	"slices"
	"testing"
	"time"

	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
)

// BenchmarkList reports the 95th percentile of lists and searches over 100,000 companies.
func BenchmarkList(b *testing.B) {
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) {
			s := world(b, dbtest.Open(b, engine))
			ctx := as("zhang", "520602")
			runImport(ctx, b, s, dirtyTable(100_000), "a.csv", nil)
			if engine == db.Postgres {
				err := s.DB.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
					_, err := db.Exec(ctx, tx, `ANALYZE`)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			for name, q := range map[string]Query{
				"plain": {}, "city": {City: "440300"}, "by-name": {Sort: "name"}, "total": {Total: true}, "two-characters": {Q: "佳泰"}, "common": {Q: "公司"},
				"one-character": {Q: "深"}, "phrase": {Q: "连接器123"}, "initials": {Q: "jtljq"}, "letters": {Q: "jt"}, "code": {Q: madeCode(4711)}, "rare": {Q: "佳泰 99999"},
				"searched-city": {Q: "佳泰", City: "440300"}, "searched-by-name": {Q: "佳泰", Sort: "name"}, "none": {Q: "没有这家"},
			} {
				b.Run(name, func(b *testing.B) {
					var took []time.Duration
					for b.Loop() {
						begin := time.Now()
						must[List](b)(s.List(ctx, q))
						took = append(took, time.Since(begin))
					}
					slices.Sort(took)
					b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
				})
			}
			for name, in := range map[string]Suggest{"suggest": {Name: "深圳市佳泰连接器"}, "suggest-short": {Name: "佳泰"}, "suggest-none": {Name: "贵州无此一家"}} {
				b.Run(name, func(b *testing.B) {
					var took []time.Duration
					for b.Loop() {
						begin := time.Now()
						must[Suggested](b)(s.Suggest(ctx, in))
						took = append(took, time.Since(begin))
					}
					slices.Sort(took)
					b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
				})
			}
		})
	}
}
