// Package apptest is for tests alone: a whole program per engine, with a small known world in it.
package apptest

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"zhudian/cmd/zhudian/wire"
	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/demo"
	"zhudian/internal/directive"
	"zhudian/internal/field"
	"zhudian/internal/match"
	"zhudian/internal/pipeline"
	"zhudian/internal/station"
	"zhudian/internal/ticket"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// Password of every account of the world.
const Password = "a quiet river bends north"

// World is 铜仁 with its counties 碧江 (520602) and 万山 (520603), one team of each at a station in Shenzhen, an
// account per role, and one record of each kind that belongs to 碧江.
type World struct {
	*wire.App
	T   testing.TB
	Mux *web.Mux
	URL string

	// Records of 碧江, by kind: visit, tour, project, funds, claim, company, contact.
	ID map[string]string
}

// accounts of the world: login, unit, node, role.
var accounts = []struct {
	login, unit, node string
	role              auth.Role
}{
	{"leader", "520000", "520000", auth.Leader},
	{"province", "520000", "520000", auth.Province},
	{"province2", "520000", "520000", auth.Province},
	{"city", "520600", "520600", auth.City},
	{"county", "520602", "520602", auth.County},
	{"neighbour", "520603", "520603", auth.County},
	{"captain", "520000", "shenzhen", auth.Captain},
	{"branch", "520600", "520600", auth.Branch},
	{"officer", "520602", "shenzhen.520602", auth.Officer},
	{"stranger", "520603", "shenzhen.520603", auth.Officer},
	{"assessor", "520000", "520000", auth.Assessor},
	{"editor", "520000", "520000", auth.Editor},
	{"service", "520000", "520000", auth.ServiceDesk},
	{"investor", "520602", "520602", auth.Investor},
	{"sysadmin", "520000", "520000", auth.SysAdmin},
	{"secadmin", "520000", "520000", auth.SecAdmin},
	{"auditor", "520000", "520000", auth.Auditor},
}

// Logins lists the accounts.
func Logins() []string {
	out := make([]string, len(accounts))
	for i, a := range accounts {
		out[i] = a.login
	}
	return out
}

// Now is when the world begins: the morning after the demo's last day.
var Now = time.Date(2020, 12, 16, 1, 0, 0, 0, time.UTC)

// Each runs a test on a world of its own on each engine.
func Each(t *testing.T, test func(t *testing.T, w *World)) {
	t.Helper()
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) { test(t, Open(t, engine)) })
	}
}

// Open makes a world on one engine and serves it on loopback until the test ends.
func Open(t testing.TB, engine db.Engine) *World {
	t.Helper()
	ctx := context.Background()
	a, err := wire.Open(ctx, wire.Config{Data: t.TempDir(), DSN: dbtest.DSN(t, engine), Demo: true, Rand: demo.Source(7)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	a.Clock.Set(Now)
	w := &World{App: a, T: t, ID: map[string]string{}}
	w.people(ctx)
	w.records(ctx)
	a.Clock.Set(Now.Add(time.Hour))
	w.Mux = a.Mux(wire.Serving{})
	server := httptest.NewServer(w.Mux)
	t.Cleanup(server.Close)
	w.URL = server.URL
	return w
}

func (w *World) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// System acts as the installation.
func System() context.Context {
	return audit.With(context.Background(), audit.System("520000"))
}

func (w *World) people(context.Context) {
	var in []auth.AddAccount
	for _, a := range accounts {
		in = append(in, auth.AddAccount{Login: a.login, Name: "测试 " + a.login, Unit: a.unit, Node: a.node, Roles: []auth.Role{a.role}, Password: Password})
	}
	w.must(w.DB.Write(System(), func(ctx context.Context, tx *db.Tx) error {
		if err := wire.LoadReference(ctx, tx); err != nil {
			return err
		}
		if _, err := station.AddIn(ctx, tx, station.Station{ID: "shenzhen", Name: "深圳驻点", Region: "440300", Unit: "520000", OpenedOn: "2019-11-20"}); err != nil {
			return err
		}
		for _, u := range []string{"520602", "520603"} {
			if _, err := station.AddTeamIn(ctx, tx, station.Team{Station: "shenzhen", Unit: u}); err != nil {
				return err
			}
		}
		_, err := station.AddBatchIn(ctx, tx, station.Batch{Station: "shenzhen", Number: 3, StartsOn: "2020-10-12"})
		return err
	}))
	w.must(w.DB.Write(System(), func(ctx context.Context, tx *db.Tx) error {
		_, err := w.Auth.Seed(ctx, tx, in)
		return err
	}))
}

// As acts for an account, as if signed in.
func (w *World) As(login string) context.Context {
	w.T.Helper()
	who, err := w.Auth.ActorFor(context.Background(), login, "web")
	w.must(err)
	return audit.With(context.Background(), who)
}

// Person is who stands behind an account.
func (w *World) Person(login string) string {
	w.T.Helper()
	who, err := w.Auth.ActorFor(context.Background(), login, "web")
	w.must(err)
	return who.Person
}

// Canary stands in every private text of 碧江: it must never reach anybody outside its scope.
const Canary = "CANARY-7f3a"

func (w *World) records(context.Context) {
	firm, err := w.Company.Create(w.As("officer"), company.Create{Facts: company.Facts{Kind: "enterprise", Name: "深圳市测试精密有限公司", Industry: "39", Region: "440305", Address: "深圳市南山区"}})
	w.must(err)
	w.ID["company"] = firm.ID
	visit, err := w.Field.RecordVisit(w.As("officer"), field.Record{Team: "shenzhen.520602", Company: firm.ID, Day: "2020-12-15", Way: "onsite", Said: "谈了厂房和用电，" + Canary, Intent: "B"})
	w.must(err)
	w.ID["visit"] = visit.ID
	tour, err := w.Field.PlanTour(w.As("officer"), field.Plan{Team: "shenzhen.520602", Company: firm.ID, Receiver: "520602", Day: "2020-12-15", Heads: 3, Route: Canary})
	w.must(err)
	w.ID["tour"] = tour.ID
	project, err := w.Pipeline.Register(w.As("county"), pipeline.Register{
		Name: "碧江" + Canary + "项目", Unit: "520602", Team: "shenzhen.520602", Investors: []string{firm.ID}, Industry: "39",
		Wheel: "industry", RegisteredOn: "2020-12-01", Summary: Canary,
	})
	w.must(err)
	w.ID["project"] = project.ID
	_, err = w.Pipeline.Sign(w.As("county"), pipeline.Sign{Project: project.ID, SignedOn: "2020-12-10", Amount: 1_850_000_000})
	w.must(err)
	lead, err := w.Pipeline.RecordLead(w.As("officer"), pipeline.NewLead{
		Title: "线索" + Canary, Company: firm.ID, Source: "visit", Team: "shenzhen.520602", Industry: "39", Said: Canary, Needs: pipeline.Needs{Hall: 2000, Power: 800},
	})
	w.must(err)
	w.ID["lead"] = lead.ID
	w.places(firm.ID)
	given, err := w.Directive.Issue(w.As("leader"), directive.Issue{Title: "催办" + Canary, Text: Canary, Subject: "project/" + project.ID, Lead: "520602", DueOn: "2020-12-31"})
	w.must(err)
	w.ID["directive"] = given.ID
	asked, err := w.Ticket.File(w.As("county"), ticket.File{Kind: "land", Title: "用地" + Canary, Text: Canary, Unit: "520602", Company: firm.ID})
	w.must(err)
	w.ID["ticket"] = asked.ID
	w.must(w.DB.Read(System(), func(ctx context.Context, tx *db.Tx) error {
		c, _, err := verify.ClaimOf(ctx, tx, "contract/"+project.ID)
		w.ID["claim"] = c.ID
		return err
	}))
}

// Favourable is an opinion on a lead with all four parts of a valid one.
var Favourable = pipeline.Opinion{
	Industry: "good", Market: "good", Technology: "good", Environment: "doubt", Energy: "good", Benefit: "good", Proposal: "投资意向书，2020-12-01", Report: "小组 12 月 2 日看过工厂",
}

// places are a site of 碧江 with a hall, and a lead of 碧江 that is offered to 万山, which must not learn whose it is.
func (w *World) places(firm string) {
	site, err := w.Match.SaveSite(w.As("county"), match.NewSite{Kind: "park", Name: "碧江测试园区", Chains: []string{"data"}, Published: true, Source: "园区管委会", AsOf: "2020-12-01"})
	w.must(err)
	w.ID["site"] = site.ID
	offer, err := w.Match.SaveOffer(w.As("county"), match.NewOffer{Site: site.ID, Kind: "hall", Title: "一号厂房", Hall: 5000, Height: 900, Load: 1500, Power: 1000, Price: 1000, Source: "园区管委会", AsOf: "2020-12-01"})
	w.must(err)
	w.ID["offer"] = offer.ID
	node, err := w.Match.SaveNode(w.As("province"), match.NewNode{Chain: "data", Name: "精密结构件", Stream: "up", Published: true})
	w.must(err)
	w.ID["node"] = node.ID
	lead, err := w.Pipeline.RecordLead(w.As("officer"), pipeline.NewLead{
		Title: "扩产" + Canary, Company: firm, Source: "visit", Team: "shenzhen.520602", Industry: "39", Chain: "data", Said: Canary, Needs: pipeline.Needs{Hall: 3000},
	})
	w.must(err)
	_, err = w.Pipeline.JudgeLead(w.As("county"), pipeline.Judge{ID: lead.ID, Valid: true, Reason: "有方案", Opinion: Favourable})
	w.must(err)
	w.ID["qualified"] = lead.ID
	sent, err := w.Match.Send(w.As("county"), match.Send{Lead: lead.ID, Unit: "520603"})
	w.must(err)
	w.ID["sending"] = sent.ID
}

// Client is a browser of one account; "" is nobody.
func (w *World) Client(login string) *http.Client {
	w.T.Helper()
	jar, err := cookiejar.New(nil)
	w.must(err)
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if login == "" {
		return c
	}
	res, err := c.Do(w.Request("POST", "/api/v1/session", `{"login":"`+login+`","password":"`+Password+`"}`))
	w.must(err)
	defer res.Body.Close() //nolint:errcheck // read below
	if res.StatusCode >= 300 {
		body, _ := io.ReadAll(res.Body)
		w.T.Fatalf("sign in as %s: %d %s", login, res.StatusCode, body)
	}
	return c
}

// Request is what a page of the program itself would send.
func (w *World) Request(method, path, body string) *http.Request {
	w.T.Helper()
	r, err := http.NewRequest(method, w.URL+path, strings.NewReader(body))
	w.must(err)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Accept-Language", "zh")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// Do sends a request and gives status and body.
func (w *World) Do(c *http.Client, r *http.Request) (int, string) {
	w.T.Helper()
	res, err := c.Do(r)
	w.must(err)
	defer res.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(res.Body)
	w.must(err)
	return res.StatusCode, string(body)
}

// Token gives a bearer token of an account.
func (w *World) Token(login string) string {
	w.T.Helper()
	out, err := w.Auth.IssueTokenFor(System(), login, auth.NewToken{Name: "test", Days: 1})
	w.must(err)
	return out.Secret
}

// Path escapes a path segment.
func Path(s string) string { return url.PathEscape(s) }
