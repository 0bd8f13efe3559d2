package wire

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// meters count what the program does, for the monitoring of an installation. They hold patterns of routes, levels and
// numbers, never a person, a record or an address.
type meters struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	groups   prometheus.Histogram
}

func newMeters(a *App) *meters {
	m := &meters{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "zhudian_request_seconds", Help: "Requests and how long they took, by method, pattern of the route and status.",
			Buckets: []float64{0.005, 0.025, 0.1, 0.3, 1, 3, 10},
		}, []string{"method", "route", "status"}),
		groups: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "zhudian_commit_writes", Help: "How many writes shared one commit.", Buckets: prometheus.ExponentialBuckets(1, 2, 9),
		}),
	}
	m.registry.MustRegister(m.requests, m.groups, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), readings{a})
	return m
}

func (m *meters) seen(s web.Seen) {
	m.requests.WithLabelValues(s.Method, s.Pattern, strconv.Itoa(s.Status)).Observe(s.Took.Seconds())
}

func (m *meters) committed(writes int) { m.groups.Observe(float64(writes)) }

// mountMetrics serves them to this machine, and to others with the token. Whoever came through a proxy is not this
// machine, whatever the last hop is. To everybody else there is no such page.
func (a *App) mountMetrics(m *web.Mux, token string) {
	h := promhttp.HandlerFor(a.meters.registry, promhttp.HandlerOpts{DisableCompression: true})
	m.Raw("GET /metrics", "", func(w http.ResponseWriter, r *http.Request) {
		if !fromHere(r) && !holds(r, token) {
			m.Fail(w, r, fault.New(fault.NotFound, "not_found", "没有这一页。", "No such page."))
			return
		}
		h.ServeHTTP(w, r)
	}, web.Public)
}

func fromHere(r *http.Request) bool {
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	ip, err := netip.ParseAddr(web.ClientIP(r.Context()))
	return err == nil && ip.Unmap().IsLoopback()
}

func holds(r *http.Request, token string) bool {
	scheme, got, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return token != "" && strings.EqualFold(scheme, "bearer") && subtle.ConstantTimeCompare([]byte(strings.TrimSpace(got)), []byte(token)) == 1
}

// readings answers what is read from the database when somebody asks.
type readings struct{ a *App }

var (
	postedDesc = prometheus.NewDesc("zhudian_ledger_entries_total", "Entries of the ledger, reversals included.", nil, nil)
	openDesc   = prometheus.NewDesc("zhudian_claims_open", "Claims that wait for a verdict, by the level that has to give it.", []string{"route", "level"}, nil)
	connDesc   = prometheus.NewDesc("zhudian_db_connections", "Connections to the database.", []string{"pool", "state"}, nil)
	waitsDesc  = prometheus.NewDesc("zhudian_db_waits_total", "How often a connection was waited for.", []string{"pool"}, nil)
	waitedDesc = prometheus.NewDesc("zhudian_db_wait_seconds_total", "How long connections were waited for.", []string{"pool"}, nil)
	queueDesc  = prometheus.NewDesc("zhudian_db_queue", "Writes that wait for the one connection that writes.", nil, nil)
)

// Describe tells the registry what there is.
func (readings) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{postedDesc, openDesc, connDesc, waitsDesc, waitedDesc, queueDesc} {
		out <- d
	}
}

// Collect reads the pools, and the records if the database answers soon.
func (c readings) Collect(out chan<- prometheus.Metric) {
	for _, p := range c.a.DB.Pools() {
		for state, n := range map[string]int{"used": p.InUse, "idle": p.Idle} {
			out <- prometheus.MustNewConstMetric(connDesc, prometheus.GaugeValue, float64(n), p.Name, state)
		}
		out <- prometheus.MustNewConstMetric(waitsDesc, prometheus.CounterValue, float64(p.Waits), p.Name)
		out <- prometheus.MustNewConstMetric(waitedDesc, prometheus.CounterValue, p.Waited.Seconds(), p.Name)
		if p.Name == "write" {
			out <- prometheus.MustNewConstMetric(queueDesc, prometheus.GaugeValue, float64(p.Queued))
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := c.a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		posted, err := ledger.Posted(ctx, tx)
		if err != nil {
			return err
		}
		open, err := verify.OpenByLevel(ctx, tx)
		if err != nil {
			return err
		}
		out <- prometheus.MustNewConstMetric(postedDesc, prometheus.CounterValue, float64(posted))
		for _, o := range open {
			out <- prometheus.MustNewConstMetric(openDesc, prometheus.GaugeValue, float64(o.N), string(o.Route), string(o.Level))
		}
		return nil
	})
	if err != nil {
		out <- prometheus.NewInvalidMetric(postedDesc, err)
	}
}
