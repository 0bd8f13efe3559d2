package apptest_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/field/offline"
)

// The goals of the field page, on a phone: how soon it is there the first time and how much it weighs, and how soon what it carries
// opens and is filtered on a slow processor. Each benchmark reports the share of the goal that was used: below 1 it is met.
const (
	firstLoad  = 2 * time.Second
	firstBytes = 400_000
	openFilter = time.Second
	slowdown   = 4
)

// weigh counts what is answered, as it goes over the wire.
type weigh struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (w weigh) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.n.Add(int64(n))
	return n, err
}

func (w weigh) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// BenchmarkFieldLoad opens the page in a browser that has never seen it, until its PIN can be set and it would open without a
// network. The bytes are all that the server sent, what the worker keeps included.
func BenchmarkFieldLoad(b *testing.B) {
	w := apptest.Open(b, db.SQLite)
	n := between(b, w)
	var took time.Duration
	for b.Loop() {
		phone := browse(b, w)
		phone.do(emulation.SetDeviceMetricsOverride(390, 844, 1, true))
		phone.as("officer")
		n.sent.Store(0)
		at := time.Now()
		phone.open("/field")
		phone.soon(`document.querySelector('[name="again"]')`)
		took += time.Since(at)
		phone.is(`navigator.serviceWorker.controller`)
	}
	each := took / time.Duration(b.N)
	b.ReportMetric(float64(each.Milliseconds()), "ms/load")
	b.ReportMetric(float64(n.sent.Load()), "bytes")
	b.ReportMetric(float64(each)/float64(firstLoad), "of-2s")
	b.ReportMetric(float64(n.sent.Load())/firstBytes, "of-400kB")
}

// BenchmarkFieldOpen opens a phone that carries 5,000 records and filters its organisations, on a processor four times slower. The
// time that a PIN takes on purpose is measured apart and left out.
func BenchmarkFieldOpen(b *testing.B) {
	w := apptest.Open(b, db.SQLite)
	between(b, w)
	load(b, w, 2450)
	phone := browse(b, w)
	phone.enrol("officer")
	var carried int
	phone.to("#/firms")
	phone.soon(`document.querySelector('[name="q"]') && document.querySelectorAll(".zf-list li").length > 20`)
	phone.do(chromedp.Evaluate(`import(performance.getEntriesByType("resource").map(e => e.name).find(n => /store[^/]*\.js/.test(n))).then(s => Object.values(s.library).reduce((n, m) => n + (m?.size ?? 0), 0))`, &carried, wait))
	phone.do(emulation.SetCPUThrottlingRate(slowdown))
	var opened, filtered, pinned float64
	for b.Loop() {
		phone.do(chromedp.Reload())
		phone.is(`document.querySelector('[name="pin"]')`)
		phone.put("pin", pin)
		var ms [2]float64
		phone.do(chromedp.Evaluate(pinTime, &ms[0], wait), chromedp.Evaluate(openTime, &ms[1], wait))
		pinned, opened = pinned+ms[0], opened+max(0, ms[1]-ms[0])
		phone.to("#/firms")
		phone.is(`document.querySelectorAll(".zf-list li").length > 20`)
		phone.do(chromedp.Evaluate(filterTime, &ms[0], wait))
		filtered += ms[0]
	}
	each := func(ms float64) float64 { return ms / float64(b.N) }
	goal := float64(openFilter.Milliseconds())
	b.ReportMetric(float64(carried), "records")
	b.ReportMetric(each(pinned), "pin-ms")
	b.ReportMetric(each(opened), "open-ms")
	b.ReportMetric(each(filtered), "filter-ms")
	b.ReportMetric((each(opened)+each(filtered))/goal, "of-1s")
}

// pinTime is what deriving a key from a PIN costs, which is slow on purpose.
const pinTime = `(async () => {
	const key = await crypto.subtle.importKey("raw", new TextEncoder().encode("246813"), "PBKDF2", false, ["deriveBits"]);
	const at = performance.now();
	await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(16), iterations: 600000 }, key, 256);
	return performance.now() - at;
})()`

// openTime is from the PIN to the first screen.
const openTime = `new Promise(done => {
	const at = performance.now();
	new MutationObserver((_, o) => { if (document.querySelector(".zf-head")) { o.disconnect(); requestAnimationFrame(() => done(performance.now() - at)); } }).observe(document.body, { childList: true, subtree: true });
	document.querySelector("form").requestSubmit();
})`

// filterTime is from a typed name to the list that shows it alone.
const filterTime = `new Promise(done => {
	const box = document.querySelector('[name="q"]'), at = performance.now();
	box.value = "离线002345";
	box.dispatchEvent(new Event("input", { bubbles: true }));
	const look = () => (document.querySelectorAll(".zf-list li").length === 1 ? done(performance.now() - at) : requestAnimationFrame(look));
	requestAnimationFrame(look);
})`

// load lets an officer have met so many companies, with a person each.
func load(b *testing.B, w *apptest.World, firms int) {
	b.Helper()
	by := personOf(w, "officer")
	var list []offline.Record
	for n := 1; n <= firms; n++ {
		id := uuid(1, n)
		for _, r := range []offline.Record{
			{ID: id, Kind: "company", Body: map[string]any{"kind": "enterprise", "name": fmt.Sprintf("深圳市离线%06d电子有限公司", n)}},
			{ID: uuid(2, n), Kind: "contact", After: []string{id}, Body: map[string]any{"company": id, "name": "王先生", "basis": "card"}},
			{ID: uuid(3, n), Kind: "visit", After: []string{id}, Body: map[string]any{"team": "shenzhen.520602", "company": id, "day": "2020-12-14", "way": "onsite", "said": "谈了厂房租约到期，想看碧江。", "intent": "B"}},
		} {
			r.By = by
			list = append(list, sealedBy(b, r))
		}
		if len(list) < 150 && n < firms {
			continue
		}
		out, err := w.Offline.Sync(w.As("officer"), offline.Batch{Now: db.Micros(time.Now()), Records: list})
		if err != nil || out.Receipts[0].State != offline.Stored {
			b.Fatal(err, out)
		}
		list = list[:0]
	}
}

// soon is is with a look every frame instead of twenty times a second, for what is measured.
func (b *tab) soon(js string) {
	b.t.Helper()
	var ok bool
	b.do(chromedp.Evaluate(`new Promise(done => { const look = () => { try { if (`+js+`) return done(true); } catch {} requestAnimationFrame(look); }; look(); })`, &ok, wait))
}
