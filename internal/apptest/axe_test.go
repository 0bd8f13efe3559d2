package apptest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
)

// stop is one page that somebody looks at; status 0 is 200.
type stop struct {
	login, path string
	status      int
}

// stops are the pages of the program, each as one who works with it: lists, records, forms, errors. The braces name records of
// the world. TestAxe_everyPage holds this list against the router.
func stops() []stop {
	return []stop{
		{"", "/login", 0},
		{"", "/portal/", 0},
		{"", "/portal/articles/{article}", 0},
		{"", "/portal/articles/{withdrawn}", 0},
		{"", "/portal/articles/{news}", 0},
		{"", "/portal/trace", 0},
		{"", "/portal/trace/{code}", 0},
		{"", "/portal/figures?code={code}&key=visits", 0},
		{"", "/portal/articles/none", 404},
		{"", "/portal/news", 0},
		{"", "/portal/news?q=无此词", 0},
		{"", "/portal/service", 0},
		{"", "/portal/send/plan", 0},
		{"", "/portal/send/complaint", 0},
		{"", "/portal/receipt", 0},
		{"", "/portal/conferences/{conference}", 0},
		{"", "/portal/visit/{vouch}", 0},
		{"", "/portal/visit/AAAAAAAAAAAAAAAA", 404},
		{"", "/portal/sites", 0},
		{"", "/portal/sites?q=无此园区", 0},
		{"", "/portal/sites/{site}", 0},
		{"", "/portal/chains", 0},
		{"", "/portal/chains/data", 0},
		{"", "/api/docs", 0},
		{"officer", "/", 0},
		{"officer", "/visits", 0},
		{"officer", "/visits/new", 0},
		{"officer", "/visits/{visit}", 0},
		{"officer", "/visits/{visit}/edit", 0},
		{"officer", "/visits/{vouched}", 0},
		{"officer", "/companies/{twin}", 0},
		{"officer", "/plan", 0},
		{"captain", "/plan", 0},
		{"officer", "/plan/new", 0},
		{"officer", "/plan/{errand}", 0},
		{"officer", "/reports", 0},
		{"captain", "/reports?period=2020-12", 0},
		{"officer", "/reports/shenzhen.520602.2020-12-14", 0},
		{"captain", "/reports/{report}", 0},
		{"officer", "/sweeps", 0},
		{"officer", "/sweeps/coverage", 0},
		{"officer", "/sweeps/coverage?by=building", 0},
		{"officer", "/sweeps/new", 0},
		{"officer", "/sweeps/{building}", 0},
		{"neighbour", "/sweeps/{building}", 0},
		{"officer", "/sweeps/edit/{building}", 0},
		{"officer", "/sweeps/doors/{door}", 0},
		{"officer", "/sweeps/doors/{quiet}", 0},
		{"officer", "/visits/new?door={door}", 0},
		{"captain", "/sweeps/import", 0},
		{"officer", "/companies", 0},
		{"officer", "/companies/new", 0},
		{"officer", "/companies/{company}", 0},
		{"officer", "/companies/{company}/edit", 0},
		{"officer", "/contacts", 0},
		{"officer", "/referrals", 0},
		{"officer", "/referrals/new?from={company}", 0},
		{"officer", "/referrals/{referral}", 0},
		{"officer", "/tours", 0},
		{"officer", "/tours/new", 0},
		{"officer", "/tours/{tour}/edit", 0},
		{"officer", "/account", 0},
		{"officer", "/account/factor", 0},
		{"officer", "/search?q=测试", 0},
		{"officer", "/nowhere", 404},
		{"officer", "/admin/users", 403},
		{"officer", "/leads/new", 0},
		{"branch", "/", 0},
		{"branch", "/verify", 0},
		{"captain", "/", 0},
		{"officer", "/field", 0},
		{"captain", "/field/held", 0},
		{"captain", "/stations", 0},
		{"captain", "/stations/batches/new", 0},
		{"captain", "/stations/teams/new", 0},
		{"captain", "/stations/deployments/new", 0},
		{"captain", "/imports", 0},
		{"captain", "/imports/{import}", 0},
		{"captain", "/companies/duplicates", 0},
		{"captain", "/companies/merge?keep={company}&gone={twin}", 0},
		{"captain", "/verify/withdraw?claim={visitclaim}", 0},
		{"county", "/", 0},
		{"county", "/tours/{tour}", 0},
		{"county", "/tours/{held}", 0},
		{"officer", "/tours/{closed}", 0},
		{"county", "/projects/new", 0},
		{"county", "/projects/{project}", 0},
		{"county", "/projects?view=board", 0},
		{"county", "/projects/{project}/edit", 0},
		{"county", "/projects/{project}?tab=stages", 0},
		{"city", "/projects/{project}?tab=stages", 0},
		{"county", "/projects/{project}/move?to=R2", 0},
		{"county", "/projects/{project}/move?to=C1", 0},
		{"county", "/projects/{project}/status", 0},
		{"county", "/projects/{project}/progress", 0},
		{"city", "/projects/health", 0},
		{"city", "/projects/rates", 0},
		{"county", "/projects/{project}?tab=promises", 0},
		{"county", "/projects/{project}/promise", 0},
		{"county", "/projects/{project}/settle?promise={promise}", 0},
		{"province", "/admin/gates", 0},
		{"county", "/projects/{project}/sign", 0},
		{"county", "/projects/{project}/funds", 0},
		{"county", "/funds/{funds}/edit", 0},
		{"county", "/events", 0},
		{"county", "/events/new", 0},
		{"county", "/events/{event}", 0},
		{"county", "/events/{event}/edit", 0},
		{"county", "/stations/deployments/{deployment}/end", 0},
		{"county", "/stations/deployments/{deployment}", 0},
		{"captain", "/stations/parties", 0},
		{"captain", "/stations/parties/new", 0},
		{"captain", "/stations/parties/{party}", 0},
		{"captain", "/stations/parties/{party}/meetings/new", 0},
		{"captain", "/stations/meetings/{gathering}", 0},
		{"captain", "/stations/meetings/{gathering}/edit", 0},
		{"leader", "/stations/parties", 403},
		{"officer", "/stations/deployments/{deployment}", 0},
		{"county", "/leads", 0},
		{"county", "/leads/{lead}", 0},
		{"county", "/briefs", 0},
		{"officer", "/briefs/lead/{large}", 0},
		{"leader", "/briefs/lead/{large}", 0},
		{"county", "/sites", 0},
		{"county", "/sites?view=map", 0},
		{"county", "/sites/new", 0},
		{"county", "/sites/{site}", 0},
		{"county", "/sites/edit/{site}", 0},
		{"county", "/sites/offers/new?site={site}", 0},
		{"county", "/sites/offers/{offer}", 0},
		{"county", "/sites/imports", 0},
		{"county", "/sites/imports/{offers}", 0},
		{"county", "/sites/chains", 0},
		{"county", "/sites/chains/data", 0},
		{"city", "/sites/chains/data", 0},
		{"city", "/leads/disputes", 0},
		{"city", "/leads/disputes/{dispute}", 0},
		{"county", "/splits", 0},
		{"neighbour", "/splits/{split}", 0},
		{"county", "/projects/{project}/split", 0},
		{"county", "/splits/transfer?lead={qualified}", 0},
		{"county", "/match", 0},
		{"county", "/match?lead={qualified}", 0},
		{"county", "/match?site={site}", 0},
		{"county", "/match/sendings", 0},
		{"neighbour", "/match/sendings/{sending}", 0},
		{"county", "/match/sendings/new?lead={qualified}", 0},
		{"county", "/match/tally", 0},
		{"province", "/match/weights", 0},
		{"county", "/directives", 0},
		{"county", "/directives/{directive}", 0},
		{"county", "/tickets", 0},
		{"county", "/tickets/{ticket}", 0},
		{"city", "/", 0},
		{"city", "/verify", 0},
		{"county", "/verify?state=all&claim={returned}", 0},
		{"city", "/verify/rules", 0},
		{"province", "/verify/draws", 0},
		{"province", "/verify/draws/{draw}", 0},
		{"province", "/verify/draws/new", 0},
		{"province", "/verify/rules/R04", 0},
		{"province", "/figures/compare?old=2020-11-30", 0},
		{"county", "/figures/definitions", 0},
		{"province", "/", 0},
		{"province", "/verify?claim={fundsclaim}", 0},
		{"province", "/projects", 0},
		{"province", "/projects/{project}/credit", 0},
		{"province", "/funds", 0},
		{"province", "/funds/{funds}", 0},
		{"province", "/figures", 0},
		{"province", "/figures?measure=contract.amount&book=filed", 0},
		{"province", "/figures#fig=" + apptest.Path("/figures/drawer?measure=visit.enterprise&through=2020-12-16&book=recognised"), 0},
		{"province", "/ledger", 0},
		{"province", "/periods", 0},
		{"province", "/stations/new", 0},
		{"province", "/admin/units", 0},
		{"province", "/admin/units/520602", 0},
		{"leader", "/", 0},
		{"leader", "/dashboard", 0},
		{"leader", "/screen", 0},
		{"province", "/targets", 0},
		{"assessor", "/assess", 0},
		{"assessor", "/assess/runs/new", 0},
		{"assessor", "/assess/runs/{run}?check=true", 0},
		{"assessor", "/assess/runs/{run}/520602", 0},
		{"county", "/assess/runs/{run}/520602", 0},
		{"province", "/assess/runs/{run}/520602", 0},
		{"assessor", "/assess/runs/{run}/520602/fact.filed", 0},
		{"province", "/assess/schemes/county.1", 0},
		{"assessor", "/assess/schemes/county.1/edit", 0},
		{"officer", "/stations/handovers", 0},
		{"officer", "/stations/handovers/new", 0},
		{"officer", "/stations/handovers/{handover}", 0},
		{"county", "/stations/handovers/{handover}", 0},
		{"assessor", "/assess/rulings", 0},
		{"assessor", "/assess/rulings/new", 0},
		{"province", "/assess/rulings/{ruling}", 0},
		{"leader", "/bulletins/{submitted}", 0},
		{"leader", "/directives/new?subject=project/{project}", 0},
		{"leader", "/directives/{directive}", 0},
		{"leader", "/directives/trips", 0},
		{"leader", "/directives/trips/new", 0},
		{"leader", "/directives/trips/{trip}", 0},
		{"service", "/", 0},
		{"service", "/tickets/new", 0},
		{"editor", "/", 0},
		{"editor", "/bulletins", 0},
		{"editor", "/bulletins/new", 0},
		{"editor", "/bulletins/{draft}", 0},
		{"editor", "/bulletins/{draft}/edit", 0},
		{"editor", "/bulletins/{signed}", 0},
		{"editor", "/admin/articles", 0},
		{"editor", "/admin/articles/new", 0},
		{"editor", "/admin/articles/{pending}/edit", 0},
		{"editor", "/conferences", 0},
		{"editor", "/conferences/new", 0},
		{"editor", "/conferences/{conference}", 0},
		{"editor", "/conferences/{meeting}", 0},
		{"editor", "/conferences/{meeting}/edit", 0},
		{"service", "/", 0},
		{"service", "/admin/inbox", 0},
		{"service", "/admin/inbox/{inbox}", 0},
		{"service", "/admin/inbox/{taken}", 0},
		{"investor", "/", 0},
		{"investor", "/tickets", 0},
		{"investor", "/tickets/new", 0},
		{"investor", "/tickets/{own}", 0},
		{"sysadmin", "/", 0},
		{"sysadmin", "/admin/users", 0},
		{"sysadmin", "/admin/users/new", 0},
		{"sysadmin", "/admin/users/{user}", 0},
		{"secadmin", "/admin/users/{user}", 0},
		{"sysadmin", "/admin/settings", 0},
		{"auditor", "/", 0},
		{"auditor", "/admin/audit", 0},
		{"auditor", "/admin/audit/chains", 0},
		{"auditor", "/admin/audit/520600/1", 0},
	}
}

// parts of pages, files and probes: not pages by themselves.
var notPages = regexp.MustCompile(`/export|/hints$|/chain$|/drawer$|/excel$|/file$|/template$|/report$|/part$|/word$|/sheet$|^/pick/|\.png$|^/evidence/|^/static/|^/healthz$|^/readyz$|openapi\.json|^/(visits/companies|plan/buildings)$|^/companies/\{id\}/contacts$|^/verify/of$|\.xml$|^/robots\.txt$|/waiting$|/about$|^/directives/(owners$|files/)|^/match/(fits|sendings/of)$|^/stations/parties/claims$|^/sites/photos/|^/projects/\{id\}/papers/|^/portal/photos/|^/metrics$|^/field/(sw\.js|app\.webmanifest)$|^/api/v1/`)

// TestAxe_everyPage: a new page must be looked at, too.
func TestAxe_everyPage(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	for _, route := range w.Mux.Routes() {
		if route.Method != "GET" || route.JSON || notPages.MatchString(route.Pattern) {
			continue
		}
		shape := regexp.MustCompile("^" + regexp.MustCompile(`\\\{[a-z_]+\\\}`).ReplaceAllString(regexp.QuoteMeta(strings.TrimSuffix(route.Pattern, "{$}")), `[^/]+`) + "$")
		found := false
		for _, s := range stops() {
			path, _, _ := strings.Cut(strings.ReplaceAll(s.path, "#", "?"), "?")
			found = found || shape.MatchString(path)
		}
		if !found {
			t.Errorf("no stop of TestAxe looks at %s", route.Pattern)
		}
	}
}

// TestAxe opens every page as one who works with it, on a desk and on a phone: nothing that axe calls serious or critical, no page
// wider than its window, no complaint of the console, no key of the catalogue where a text should be.
func TestAxe(t *testing.T) {
	if testing.Short() {
		t.Skip("opens every page in a browser")
	}
	t.Parallel()
	script, err := os.ReadFile(root + "/internal/web/testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	w := livedIn(t)
	fill := filler(w)
	keys := missingKey(t)
	b := browse(t, w)
	login := "?"
	for _, s := range stops() {
		if s.login != login {
			login = s.login
			b.as(login)
		}
		look(t, b, string(script), keys, s, fill.Replace(s.path))
	}
}

// livedIn is the world with something on every page.
func livedIn(t *testing.T) *apptest.World {
	t.Helper()
	w := apptest.Open(t, db.SQLite)
	w.Live()
	d, err := w.Auth.ActorFor(t.Context(), "officer", "web")
	if err != nil {
		t.Fatal(err)
	}
	w.ID["user"] = d.Account
	return w
}

func filler(w *apptest.World) *strings.Replacer {
	var pairs []string
	for kind, id := range w.ID {
		pairs = append(pairs, "{"+kind+"}", id)
	}
	return strings.NewReplacer(pairs...)
}

// TestNarrow_english: English words are longer; no page is wider than a phone for them.
func TestNarrow_english(t *testing.T) {
	if testing.Short() {
		t.Skip("opens every page in a browser")
	}
	t.Parallel()
	w := livedIn(t)
	fill := filler(w)
	b := browse(t, w)
	b.do(emulation.SetDeviceMetricsOverride(390, 844, 1, false))
	login := "?"
	for _, s := range stops() {
		if s.login != login {
			login = s.login
			b.as(login)
		}
		path, part, _ := strings.Cut(fill.Replace(s.path), "#")
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		b.open(path + sep + "lang=en#" + part)
		var wide string
		b.do(chromedp.Evaluate(settled, nil, wait), chromedp.Evaluate(tooWide, &wide))
		if wide != "" {
			t.Errorf("%s as %q: wider than a phone: %s", s.path, s.login, wide)
		}
	}
}

type violation struct{ ID, Impact, HTML, Why string }

const runAxe = `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r => r.violations
	.filter(v => ["serious", "critical"].includes(v.impact)).flatMap(v => v.nodes.slice(0, 3).map(n => ({id: v.id, impact: v.impact, html: n.html.slice(0, 200),
	why: [...n.any, ...n.all, ...n.none].map(c => c.message).join("; ")}))))`

const tooWide = `document.documentElement.scrollWidth <= innerWidth ? "" : [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && e.offsetParent)
	.map(e => e.tagName + "." + e.className).slice(0, 5).join(" | ") || "page"`

// settled waits until what the page loads by itself is there, a second at most.
const settled = `new Promise(done => {
	const ready = () => document.readyState === "complete" && !document.querySelector(".htmx-request") && [...document.querySelectorAll("[data-chart]:not([data-later])")].every(e => e.querySelector("canvas"));
	let n = 0;
	const again = () => (ready() && n > 1) || n > 40 ? done(1) : (n++, setTimeout(again, 25));
	again();
})`

const shownText = `[document.title, document.body.innerText, ...[...document.querySelectorAll("[title],[aria-label],[placeholder],[alt]")]
	.flatMap(e => ["title", "aria-label", "placeholder", "alt"].map(a => e.getAttribute(a) ?? ""))].join("\n")`

// look opens one page at both sizes.
func look(t *testing.T, b *tab, script string, keys *regexp.Regexp, s stop, path string) {
	t.Helper()
	who := fmt.Sprintf("%s as %q", s.path, s.login)
	for _, size := range [][2]int64{{1440, 900}, {390, 844}} {
		at := fmt.Sprintf("%s at %d", who, size[0])
		b.do(emulation.SetDeviceMetricsOverride(size[0], size[1], 1, false))
		if size[0] == 1440 {
			var res *network.Response
			res, err := chromedp.RunResponse(b.ctx, chromedp.Navigate(b.w.URL+path))
			if err != nil {
				t.Fatal(at, err)
			}
			if want := max(s.status, 200*b2i(s.status == 0)); int(res.Status) != want {
				t.Errorf("%s: status %d, want %d", at, res.Status, want)
			}
			b.do(chromedp.Evaluate(settled, nil, wait), chromedp.Evaluate(script, nil))
		} else {
			b.do(chromedp.Evaluate(settled, nil, wait)) // the new width reaches the page a frame later
		}
		var wide, text string
		var found []violation
		b.do(chromedp.Evaluate(tooWide, &wide), chromedp.Evaluate(runAxe, &found, wait), chromedp.Evaluate(shownText, &text))
		if wide != "" {
			t.Errorf("%s: wider than the window: %s", at, wide)
		}
		for _, f := range found {
			t.Errorf("%s: %s %s: %s — %s", at, f.Impact, f.ID, strings.ReplaceAll(f.HTML, "\n", " "), f.Why)
		}
		if key := keys.FindString(text); key != "" && s.path != "/api/docs" /* it names permissions */ {
			t.Errorf("%s: the key %q stands where a text should", at, key)
		}
	}
	for _, c := range b.complaints() {
		if s.status == 0 || !strings.Contains(c, fmt.Sprint(s.status)) {
			t.Errorf("%s: the console: %s", who, c)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// missingKey finds a key of the catalogue shown as it is: words and dots after the first word of a known key, and no code of a
// measure or formula.
func missingKey(t *testing.T) *regexp.Regexp {
	t.Helper()
	spaces := map[string]bool{}
	files, err := filepath.Glob(root + "/internal/web/text/zh/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no catalogue", err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		var m map[string]string
		if err == nil {
			err = json.Unmarshal(raw, &m)
		}
		if err != nil {
			t.Fatal(err)
		}
		for k := range m {
			first, _, _ := strings.Cut(k, ".")
			spaces[first] = true
		}
	}
	for _, m := range ledger.Measures {
		first, _, _ := strings.Cut(m.Code, ".")
		delete(spaces, first)
	}
	for _, f := range ledger.Formulas {
		first, _, _ := strings.Cut(f.Code, ".")
		delete(spaces, first)
	}
	var names []string
	for s := range spaces {
		names = append(names, regexp.QuoteMeta(s))
	}
	return regexp.MustCompile(`(?m)(?:^|[\s（(：])(?:` + strings.Join(names, "|") + `)\.[a-z][a-z0-9_.]*[a-z0-9]`)
}
