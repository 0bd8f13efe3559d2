package apptest_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/ledger"
	"zhudian/internal/pipeline"
	"zhudian/internal/verify"
)

// BenchmarkVerify measures the verification room: the inbox with 10,000 open claims, what the rules take over them, the
// approval of 5,000 clean visits in one action, and the closing of a month of 100,000 entries. Goals: page p95 80 ms; 20 ms a
// claim and 100,000 in 60 s; 2 s; 5 s.
func BenchmarkVerify(b *testing.B) {
	engines(b, func(b *testing.B, engine db.Engine) {
		w := apptest.Open(b, engine)
		firms := someCompanies(b, w, 6_000)
		payments(b, w, firms[:100], 100)
		visits := visitsOf(b, w, firms[:5_000])
		begin := time.Now()
		w.Look()
		rules := time.Since(begin)
		analyze(b, w.DB)
		b.Run("rules", func(b *testing.B) {
			for b.Loop() {
				_ = rules // looking again would find everything looked at
			}
			b.ReportMetric(float64(rules.Microseconds())/15_200, "µs/claim")
			b.ReportMetric(rules.Seconds()/15_200*100_000, "s/100k")
		})
		for name, path := range map[string]string{"inbox-page": "/verify", "inbox-by-due": "/verify?order=due", "inbox-json": "/api/v1/claims?limit=50"} {
			b.Run(name, func(b *testing.B) {
				client := w.Client("city")
				by(b, 4, func(_, _ int) {
					if status, body := w.Do(client, w.Request("GET", path, "")); status != 200 {
						b.Errorf("%d %.200s", status, body)
					}
				})
			})
		}
		b.Run("approve-5000", func(b *testing.B) {
			approve(b, w, visits)
		})
		b.Run("close-100k", func(b *testing.B) { closeMonth(b, w) })
	})
}

// payments files projects, their contracts, and payments to each: 10,000 claims that wait for the prefecture.
func payments(b *testing.B, w *apptest.World, firms []string, each int) {
	b.Helper()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 90, 60))); err != nil {
		b.Fatal(err)
	}
	m, err := w.Files.Put(b.Context(), &picture, "进账单.png")
	if err != nil {
		b.Fatal(err)
	}
	proof := []verify.Evidence{{Blob: m.Digest, Name: m.Name, Type: m.Type.MIME(), Size: m.Size}}
	err = w.DB.Write(w.As("county"), func(ctx context.Context, tx *db.Tx) error {
		var in []pipeline.Register
		for i, firm := range firms {
			in = append(in, pipeline.Register{
				Name: fmt.Sprintf("第%d号装备制造项目", i), Unit: "520602", Investors: []string{firm}, Industry: "C35", Wheel: "industry", RegisteredOn: "2020-10-12",
			})
		}
		made, err := pipeline.RegisterIn(ctx, tx, in)
		if err != nil {
			return err
		}
		var signed []pipeline.Sign
		var paid []pipeline.Receive
		for i, p := range made {
			signed = append(signed, pipeline.Sign{Project: p.ID, SignedOn: "2020-10-20", Amount: 50_000_000_000, ContractNo: fmt.Sprintf("合-%d", i), Evidence: proof})
			for n := range each {
				paid = append(paid, pipeline.Receive{
					Project: p.ID, Amount: int64(100_000_000 + n*1_234_567 + i), ReceivedOn: Day(n % 50), VoucherKind: "bank_slip", VoucherNo: fmt.Sprintf("V-%d-%d", i, n),
					Payer: fmt.Sprintf("投资方%d", i), Payee: p.Name, UseOf: "设备款", Evidence: proof,
				})
			}
		}
		if _, err := pipeline.SignIn(ctx, tx, signed); err != nil {
			return err
		}
		_, err = pipeline.ReceiveIn(ctx, tx, paid)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// visitsOf records visits of ten officers, ten a day each, and gives the ids.
func visitsOf(b *testing.B, w *apptest.World, firms []string) (ids []string) {
	b.Helper()
	words := []rune("厂房用电土地人工物流原料订单出口设备扩产租金补贴环评气价仓储研发零件装配包装检测铝材电池光学磷矿茶叶辣椒菌菇旅游康养数据算力")
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // any words will do
	who, _ := audit.Who(w.As("officer"))
	for from := 0; from < len(firms); from += 10 {
		who.Person = fmt.Sprintf("officer %d", from/10%10)
		err := w.DB.Write(audit.With(b.Context(), who), func(ctx context.Context, tx *db.Tx) error {
			in := make([]field.Record, 10)
			for i := range in {
				said := make([]rune, 40)
				for k := range said {
					said[k] = words[random.IntN(len(words))]
				}
				in[i] = field.Record{Team: "shenzhen.520602", Company: firms[from+i], Day: Day(from / 100), Way: "onsite", Said: string(said), Intent: "C"}
			}
			made, err := field.RecordVisitsIn(ctx, tx, in)
			for _, v := range made {
				ids = append(ids, "visit/"+v.ID)
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return ids
}

// approve passes all visits that no rule noticed in one transaction, and rolls it back: the next round is as the first.
func approve(b *testing.B, w *apptest.World, subjects []string) {
	var in []verify.Decision
	err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
		found, err := verify.ClaimsOf(ctx, tx, subjects)
		if err != nil {
			return err
		}
		var ids []string
		for _, s := range subjects {
			if found[s].Risk == 0 {
				ids = append(ids, found[s].ID)
			}
		}
		hashes, err := verify.HashesOf(ctx, tx, ids)
		for _, id := range ids {
			in = append(in, verify.Decision{Claim: id, Verdict: verify.Pass, ContentHash: hashes[id]})
		}
		return err
	})
	if err != nil || len(in) < len(subjects)*9/10 {
		b.Fatal(len(in), err)
	}
	enough := fault.New(fault.Conflict, "enough", "回滚。", "Rolled back.")
	for b.Loop() {
		err := w.DB.Write(w.As("branch"), func(ctx context.Context, tx *db.Tx) error {
			if _, err := w.Verify.DecideIn(ctx, tx, in); err != nil {
				return err
			}
			return enough
		})
		if !fault.Has(err, "enough") {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(in)), "visits")
}

// closeMonth closes a month of 100,000 entries again and again.
func closeMonth(b *testing.B, w *apptest.World) {
	counties := places(b, w)
	for range 20 {
		err := w.DB.Write(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
			list := make([]ledger.Posting, 5000)
			for i := range list {
				list[i] = mixedPosting(i, tx.ID(), counties)
				list[i].Fact.OccurredOn = fmt.Sprintf("2020-11-%02d", 1+i%30)
			}
			return ledger.Post(ctx, tx, ledger.Recognised, list)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	analyze(b, w.DB)
	for b.Loop() {
		if _, err := w.Ledger.ClosePeriod(w.As("province"), ledger.Close{Period: "2020-11"}); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		reopen(b, w)
		b.StartTimer()
	}
}

func reopen(b *testing.B, w *apptest.World) {
	b.Helper()
	err := w.DB.Write(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
		_, err := db.Exec(ctx, tx, `INSERT INTO ledger_period_event (id, period, kind, at, person_id, asked_by, reason, heads) VALUES (?, '2020-11', 'reopen', ?, 'a', 'b', '', '')`, tx.ID(), db.Micros(tx.Now())+1)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	w.Clock.Set(w.Clock.Now().Add(time.Second))
}
