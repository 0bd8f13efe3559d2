package apptest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
)

// benchClients ask at the same time.
const benchClients = 16

// engines runs a benchmark on both.
func engines(b *testing.B, run func(b *testing.B, engine db.Engine)) {
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) { run(b, engine) })
	}
}

// together lets all clients do a thing at once, see by.
func together(b *testing.B, do func(client, n int)) { by(b, benchClients, do) }

// by lets clients do a thing again and again, 256 times per iteration in all, and reports the times of one.
func by(b *testing.B, clients int, do func(client, n int)) {
	each := 256 / clients
	var lock sync.Mutex
	var took []time.Duration
	turn := 0
	begin := time.Now()
	for b.Loop() {
		var running sync.WaitGroup
		for c := range clients {
			running.Go(func() {
				own := make([]time.Duration, 0, each)
				for n := range each {
					at := time.Now()
					do(c, turn*each+n)
					own = append(own, time.Since(at))
				}
				lock.Lock()
				took = append(took, own...)
				lock.Unlock()
			})
		}
		running.Wait()
		turn++
	}
	whole := time.Since(begin)
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*95/100]), "p95-ms")
	b.ReportMetric(float64(len(took))/whole.Seconds(), "ops/s")
}

// analyze gives PostgreSQL the statistics that its background job would have made.
func analyze(b *testing.B, d *db.DB) {
	b.Helper()
	err := d.Write(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
		_, err := db.Exec(ctx, tx, `ANALYZE`)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// thousands is a table of n companies.
func thousands(n int) []byte {
	var t bytes.Buffer
	t.WriteString("企业名称,注册资金,所在省份,地区,注册地址\n")
	words := []string{"凌汐", "佳泰", "宏图", "穗丰", "研创", "裕通", "鹏达", "科远"}
	trades := []string{"科技", "连接器", "智能装备", "包装", "照明", "动力电池", "新材料"}
	for i := range n {
		fmt.Fprintf(&t, "深圳市%s%s%d有限公司,%d万人民币,广东,深圳,深圳市南山区科技%d路%d号\n", words[i%len(words)], trades[i%len(trades)], i, 50+i%900, i%97, i)
	}
	return t.Bytes()
}

func importThousands(b *testing.B, w *apptest.World, n int) {
	b.Helper()
	raw := thousands(n)
	out, err := w.Company.Import(w.As("province"), company.Import{Table: bytes.NewReader(raw), Size: int64(len(raw)), Name: "bench.csv", Source: "import/bench"})
	if err != nil || out.Created < int64(n)*9/10 {
		b.Fatal(err, out.Tally)
	}
	analyze(b, w.DB)
}

// BenchmarkList asks over HTTP, with scope and permission, for 50 of 100,000 companies, as JSON and as a page.
func BenchmarkList(b *testing.B) {
	engines(b, func(b *testing.B, engine db.Engine) {
		w := apptest.Open(b, engine)
		importThousands(b, w, 100_000)
		token := w.Token("county")
		browser := w.Client("county")
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchClients}}
		browser.Transport = client.Transport
		for name, path := range map[string]string{"json": "/api/v1/companies?limit=50", "page": "/companies?limit=50", "json-search": "/api/v1/companies?limit=50&q=" + apptest.Path("连接器")} {
			b.Run(name, func(b *testing.B) {
				together(b, func(_, _ int) {
					r, _ := http.NewRequest("GET", w.URL+path, nil)
					ask := browser
					if strings.HasPrefix(name, "json") {
						ask = client
						r.Header.Set("Authorization", "Bearer "+token)
					}
					res, err := ask.Do(r)
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
					if res.StatusCode != http.StatusOK {
						b.Error(res.Status)
					}
				})
			})
		}
	})
}

// BenchmarkVisit records visits over HTTP: token, scope, audit trail, claim and ledger entry, on disk before the answer.
func BenchmarkVisit(b *testing.B) {
	engines(b, func(b *testing.B, engine db.Engine) {
		w := apptest.Open(b, engine)
		firms := someCompanies(b, w, 40_000)
		token := w.Token("officer")
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchClients}}
		var next atomic.Int64
		together(b, func(_, _ int) {
			n := int(next.Add(1))
			day := Day(n % 365) // nobody makes thousands of visits in a day
			body := strings.ReplaceAll(visitWith(`"day":"`+day+`"`), "COMPANY", firms[n%len(firms)])
			r, _ := http.NewRequest("POST", w.URL+"/api/v1/visits", strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/json")
			res, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			text, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if res.StatusCode != http.StatusCreated {
				b.Errorf("%s %.300s", res.Status, text)
			}
		})
	})
}

// Day is the nth business day before the world's own.
func Day(n int) string { return db.Today(apptest.Now.AddDate(0, 0, -1-n)) }

func someCompanies(b *testing.B, w *apptest.World, n int) (ids []string) {
	b.Helper()
	importThousands(b, w, n)
	err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
		ids, err = db.All[string](ctx, tx, `SELECT id FROM company_company WHERE source = ?`, "import/bench")
		return err
	})
	if err != nil || len(ids) == 0 {
		b.Fatal(err)
	}
	return ids
}

// BenchmarkImport imports 100,000 companies with the program itself and reports rows per second and its largest memory.
func BenchmarkImport(b *testing.B) {
	const rows = 100_000
	file := filepath.Join(b.TempDir(), "companies.csv")
	if err := os.WriteFile(file, thousands(rows), 0o600); err != nil {
		b.Fatal(err)
	}
	engines(b, func(b *testing.B, engine db.Engine) {
		for b.Loop() {
			p := place{dir: b.TempDir(), dsn: dbtest.DSN(b, engine)}
			zhudian(b, p, "migrate")
			cmd := exec.Command(builtProgram(b), p.args("import", "companies", file)...) //nolint:gosec // the program under test
			begin := time.Now()
			var said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &said, &said
			if err := cmd.Start(); err != nil {
				b.Fatal(err)
			}
			ended := make(chan error)
			go func() { ended <- cmd.Wait() }()
			// what the kernel reports at the end would count this test's own memory, from before the program was loaded
			peak := 0.0
			for running := true; running; {
				select {
				case err := <-ended:
					if err != nil {
						b.Fatalf("%v\n%s", err, &said)
					}
					running = false
				case <-time.After(20 * time.Millisecond):
					peak = max(peak, statusMB(cmd.Process.Pid, "VmHWM:"))
				}
			}
			b.ReportMetric(rows/time.Since(begin).Seconds(), "rows/s")
			b.ReportMetric(peak, "peak-MB")
		}
	})
}

// BenchmarkStart makes the demo, moves it to PostgreSQL as well, and measures on each engine how soon a server on it
// answers and what memory that holds when idle.
func BenchmarkStart(b *testing.B) {
	made := place{dir: filepath.Join(b.TempDir(), "demo")}
	run := func(p place, args ...string) time.Duration {
		begin := time.Now()
		cmd := exec.Command(builtProgram(b), p.args(args...)...) //nolint:gosec // the program under test
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		return time.Since(begin)
	}
	demo := run(made, "demo", "--no-serve")
	engines(b, func(b *testing.B, engine db.Engine) {
		p, unit, took := made, "demo-s", demo
		if engine == db.Postgres {
			file := filepath.Join(b.TempDir(), "all.jsonl")
			run(made, "export", file)
			p = place{dir: b.TempDir(), dsn: dbtest.EmptyDSN(b, engine)}
			unit, took = "moved-s", run(p, "import", "all", file)
		}
		var ready []time.Duration
		var idle []float64
		for b.Loop() {
			s := serve(b, p)
			ready = append(ready, s.ready)
			time.Sleep(2 * time.Second)
			idle = append(idle, statusMB(s.cmd.Process.Pid, "VmRSS:"))
			s.kill()
		}
		slices.Sort(ready)
		slices.Sort(idle)
		b.ReportMetric(float64(ready[len(ready)/2].Microseconds())/1000, "ready-ms")
		b.ReportMetric(idle[len(idle)/2], "idle-MB")
		b.ReportMetric(took.Seconds(), unit)
	})
}

// statusMB is a size that the kernel tells of a process; 0 where there is no /proc, and after its end.
func statusMB(pid int, size string) float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, size); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}
