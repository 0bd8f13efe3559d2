package apptest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/field"
)

// road stands between the phone and the program: it can be away, be a hotel's, or break off in the middle.
type road struct {
	w    *apptest.World
	mode atomic.Value // up, down, portal, cut
	port string
	srv  *http.Server
	hits atomic.Int64
	sent atomic.Int64 // bytes
}

func between(t testing.TB, w *apptest.World) *road {
	t.Helper()
	n := &road{w: w}
	n.mode.Store("up")
	n.listen(t, "127.0.0.1:0")
	t.Cleanup(func() { _ = n.srv.Close() })
	w.URL = "http://" + n.port
	return n
}

func (n *road) listen(t testing.TB, addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	n.port = ln.Addr().String()
	n.srv = &http.Server{Handler: n, ReadHeaderTimeout: time.Minute}
	go func() { _ = n.srv.Serve(ln) }()
}

// restart ends every connection, as a server does that stops, and comes up again at the same address.
func (n *road) restart(t *testing.T) {
	t.Helper()
	_ = n.srv.Close()
	n.listen(t, n.port)
}

func (n *road) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.hits.Add(1)
	switch n.mode.Load() {
	case "down":
		panic(http.ErrAbortHandler)
	case "portal":
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<h1>酒店 Wi-Fi 登录</h1>")
	case "cut": // the server took it in, and died before it answered
		n.w.Mux.ServeHTTP(httptest.NewRecorder(), r)
		if strings.HasSuffix(r.URL.Path, "/sync") {
			n.mode.Store("down")
		}
		panic(http.ErrAbortHandler)
	default:
		n.w.Mux.ServeHTTP(weigh{w, &n.sent}, r)
	}
}

const pin = "246813"

// enrol opens the field page on a phone of an account and sets its PIN.
func (b *tab) enrol(login string) {
	b.t.Helper()
	b.do(emulation.SetDeviceMetricsOverride(390, 844, 1, true))
	b.as(login)
	b.open("/field")
	b.is(`document.querySelector('[name="again"]')`)
	b.put("pin", pin)
	b.put("again", pin)
	b.js(`document.querySelector("form").requestSubmit()`)
	b.is(`document.querySelector(".zf-tabs")`)
	b.is(`navigator.serviceWorker.controller && document.querySelector("h1").textContent.includes("12-16")`)
}

// put fills a control of the field page as typing does.
func (b *tab) put(name, value string) {
	b.t.Helper()
	b.is(`document.querySelector('[name="` + name + `"]')`)
	b.js(`(() => { const e = document.querySelector('[name="` + name + `"]'); e.value = ` + quoted(value) + `; e.dispatchEvent(new Event("input", {bubbles: true})); })()`)
}

func (b *tab) unlock() {
	b.t.Helper()
	b.is(`document.querySelector('[name="pin"]')`)
	b.put("pin", pin)
	b.js(`document.querySelector("form").requestSubmit()`)
	b.is(`document.querySelector(".zf-head")`)
}

func (b *tab) to(hash string) {
	b.t.Helper()
	b.js(`location.hash = ` + quoted(hash))
}

// visits records a visit in the form that is open.
func (b *tab) visits(said string) {
	b.t.Helper()
	b.is(`document.querySelector('[name="said"]')`)
	b.put("said", said)
	b.js(`document.querySelector('[name="intent"][value="B"]').click()`)
	b.js(`document.querySelector(".zf-act button").click()`)
	b.is(`!document.querySelector('[name="said"]')`)
}

// unsent waits until so many records wait on the phone.
func (b *tab) unsent(n int) {
	b.t.Helper()
	if n == 0 {
		b.is(`document.querySelector(".zf-bars") && !document.querySelector(".zf-bar b")`)
		return
	}
	b.has(".zf-bar b", fmt.Sprintf("%d 条未发送", n))
}

// plain reads all that the browser keeps for the page: what lies there in clear.
func (b *tab) plain() string {
	b.t.Helper()
	var out string
	b.do(chromedp.Evaluate(`(async () => {
		const out = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), location.href, document.cookie];
		for (const name of await caches.keys()) for (const r of await (await caches.open(name)).matchAll()) out.push(r.url, await r.text());
		const db = await new Promise(done => { const q = indexedDB.open("zhudian-field"); q.onsuccess = () => done(q.result); });
		for (const store of db.objectStoreNames) {
			const all = await new Promise(done => { const q = db.transaction(store).objectStore(store).getAll(); q.onsuccess = () => done(q.result); });
			const keys = await new Promise(done => { const q = db.transaction(store).objectStore(store).getAllKeys(); q.onsuccess = () => done(q.result); });
			out.push(store, JSON.stringify(keys));
			const walk = v => {
				if (v instanceof CryptoKey) out.push("key", String(v.extractable));
				else if (v instanceof ArrayBuffer || ArrayBuffer.isView(v)) out.push(new TextDecoder().decode(v));
				else if (v && typeof v === "object") Object.values(v).forEach(walk);
				else out.push(String(v));
			};
			all.forEach(walk);
		}
		db.close();
		return out.join("\n");
	})()`, &out, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return out
}

// TestField is the whole day of an officer in a browser: load, lose the network, record, reload, have the server restarted, come
// back, and find everything in the books once.
func TestField(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	w.Live()
	n := between(t, w)
	b := browse(t, w)
	b.enrol("officer")
	b.to("#/firms")
	b.has(".zf-list", "深圳市测试精密")

	n.mode.Store("down")
	b.to("#/company?name=" + "深圳市电梯间科技有限公司")
	b.is(`document.querySelector('[name="credit_code"]')`)
	b.js(`document.querySelector(".zf-act button").click()`)
	b.has("h1", "电梯间科技")
	b.js(`document.querySelector(".zf-act button").click()`)
	b.is(`document.querySelector('[name="said"]')`)
	b.put("name", "电梯王")
	b.js(`document.querySelector('[name="consent"]').click()`)
	b.visits("离线谈的：厂房租约到期，" + apptest.Canary)
	b.unsent(3)
	b.to("#/firm/" + w.ID["company"])
	b.js(`0`)
	b.is(`document.querySelector(".zf-act button")`)
	b.has("h1", "测试精密")
	b.js(`document.querySelector(".zf-act button").click()`)
	b.is(`document.querySelector('[name="said"]')`)
	b.put("said", "写了一半就关掉了页面")
	b.is(`document.querySelector(".zf-saved").textContent.includes("已自动存")`)
	if text := b.plain(); strings.Contains(text, apptest.Canary) || strings.Contains(text, "电梯") || strings.Contains(text, "测试精密") || strings.Contains(text, "写了一半") || strings.Contains(text, "zdf_") || strings.Contains(text, "true") && strings.Contains(text, "key\ntrue") {
		t.Fatal("a record lies open on the phone")
	}

	b.open("/field") // from the phone alone: the network is gone
	b.unlock()
	b.unsent(3)
	b.to("#/visit?company=" + w.ID["company"])
	b.is(`document.querySelector('[name="said"]').value === "写了一半就关掉了页面"`)
	b.visits("写了一半就关掉了页面，现在写完。")
	b.unsent(4)

	n.restart(t)
	n.mode.Store("portal")
	b.to("#/outbox")
	b.is(`document.querySelector(".zf-act button")`)
	b.js(`document.querySelector(".zf-act button").click()`)
	b.has(".zf-note", "网络要求先登录")
	b.unsent(4)

	n.mode.Store("cut") // the server dies after it has stored them
	b.is(`!document.querySelector(".zf-act button").disabled`)
	b.js(`document.querySelector(".zf-act button").click()`)
	b.is(`document.querySelector(".zf-note")?.textContent.includes("没有网络")`)
	b.unsent(4)
	n.mode.Store("up")
	b.is(`!document.querySelector(".zf-act button").disabled`)
	b.js(`document.querySelector(".zf-act button").click()`)
	b.has("section", "已入库")
	b.unsent(0)

	// the inbox of the world holds one record before
	for table, want := range map[string]int64{"field_visit": 4, "company_contact": 2, "field_inbox": 5} {
		if got := rowsOf(t, w, table); got != want {
			t.Errorf("%s: %d rows, want %d", table, got, want)
		}
	}
	b.is(`document.documentElement.scrollWidth <= innerWidth`)
	for _, c := range b.complaints() {
		if !strings.Contains(c, "net::ERR") && !strings.Contains(c, "Failed to load resource") {
			t.Error("the console: " + c)
		}
	}
}

// TestField_closed: the page is closed while it sends; opened again it sends the rest, and nothing is there twice.
func TestField_closed(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	n := between(t, w)
	b := browse(t, w)
	b.enrol("officer")
	n.mode.Store("down")
	b.many(30)
	n.mode.Store("cut")
	b.js(`dispatchEvent(new Event("online"))`)
	b.is(`true`)
	for end := time.Now().Add(10 * time.Second); n.mode.Load() != "down" && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	b.do(chromedp.Navigate("about:blank"))
	n.mode.Store("up")
	b.open("/field")
	b.unlock()
	b.unsent(0)
	if got := rowsOf(t, w, "field_visit"); got != 31 {
		t.Errorf("%d visits, want 31", got)
	}
}

// many puts visits of so many days into the outbox by the page's own modules.
func (b *tab) many(n int) {
	b.t.Helper()
	b.do(chromedp.Evaluate(fmt.Sprintf(`(async () => {
		const base = document.querySelector('script[type="module"]').src.replace(/app\.js$/, "");
		const store = await import(base + "store.js");
		const vault = await import(base + "vault.js");
		for (let i = 0; i < %d; i++) {
			const day = new Date(Date.UTC(2020, 10, 1 + i)).toISOString().slice(0, 10);
			await store.record({ id: vault.newID(), kind: "visit", title: "x" + i, body: { team: "shenzhen.520602", company: %s, day, way: "onsite", said: "离线记的第 " + i + " 条走访记录", intent: "B" } });
		}
	})()`, n, quoted(b.w.ID["company"])), nil, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// TestField_limits: the 501st unsent record is refused before anything is lost, and a full phone says so and keeps what was typed.
func TestField_limits(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	n := between(t, w)
	b := browse(t, w)
	b.enrol("officer")
	n.mode.Store("down")
	b.js(`(() => { const put = IDBObjectStore.prototype.put; IDBObjectStore.prototype.put = function (...a) {
		if (window.phoneIsFull) throw new DOMException("full", "QuotaExceededError");
		return put.apply(this, a);
	}; window.phoneIsFull = true; })()`)
	b.to("#/visit?company=" + w.ID["company"])
	b.is(`document.querySelector('[name="said"]')`)
	b.put("said", "手机满了也不能丢的这段话。")
	b.js(`document.querySelector('[name="intent"][value="B"]').click()`)
	b.has(".zf-saved", "手机存满了")
	b.js(`document.querySelector(".zf-act button").click()`)
	b.has("#zf-toast", "手机存满了")
	b.is(`document.querySelector('[name="said"]').value === "手机满了也不能丢的这段话。"`)
	b.js(`window.phoneIsFull = false`)
	b.js(`document.querySelector(".zf-act button").click()`)
	b.unsent(1)
	b.many(499)
	b.unsent(500)
	b.to("#/visit?company=" + w.ID["company"])
	b.is(`document.querySelector('[name="said"]')`)
	b.put("said", "第五百零一条，先发送再说。")
	b.js(`document.querySelector('[name="intent"][value="B"]').click()`)
	b.js(`document.querySelector(".zf-act button").click()`)
	b.has("#zf-toast", "500")
	b.is(`document.querySelector('[name="said"]').value.startsWith("第五百零一条")`)
}

// TestField_revoked: a revoked phone is empty as soon as it hears of it, open or closed; ten wrong PINs empty it as well.
func TestField_revoked(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	n := between(t, w)
	b := browse(t, w)
	empty := func() {
		t.Helper()
		b.is(`(async () => true)()`)
		if text := b.plain(); strings.Contains(text, "key\nfalse") || !strings.Contains(text, "outbox\n[]") || !strings.Contains(text, "library\n[]") || !strings.Contains(text, "meta\n[]") {
			t.Fatalf("something is left on the phone: %.400s", text)
		}
	}
	revoke := func() {
		t.Helper()
		_, text := w.Do(w.Client("officer"), w.Request("GET", "/api/v1/account/devices", ""))
		var list struct{ Devices []struct{ ID string } }
		if err := json.Unmarshal([]byte(text), &list); err != nil || len(list.Devices) != 1 {
			t.Fatal(text)
		}
		if status, text := w.Do(w.Client("officer"), w.Request("DELETE", "/api/v1/account/devices/"+list.Devices[0].ID, "")); status != http.StatusOK {
			t.Fatal(text)
		}
	}
	b.enrol("officer")
	n.mode.Store("down")
	b.many(3)
	n.mode.Store("up")
	revoke()
	b.js(`dispatchEvent(new Event("online"))`)
	b.has(".zf-note", "已停用")
	empty()

	b.enrol("officer")
	revoke()
	b.open("/field")
	b.has(".zf-note", "已停用")
	empty()

	b.enrol("officer")
	b.open("/field")
	for range 10 {
		b.is(`document.querySelector('[name="pin"]') && !document.querySelector("form button").disabled`)
		b.put("pin", "000000")
		b.js(`document.querySelector("form").requestSubmit()`)
		b.is(`!document.querySelector("form button")?.disabled`)
	}
	b.has(".zf-note", "已清除")
	empty()
}

// TestField_conflict: the visit was changed on the web meanwhile. Both versions stand side by side, and what is chosen is stored.
func TestField_conflict(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	n := between(t, w)
	b := browse(t, w)
	b.enrol("officer")
	n.mode.Store("down")
	b.to("#/trip/" + w.ID["visit"])
	b.is(`document.querySelector('[name="said"]')`)
	b.put("said", "手机上改的：还谈了物流和用工。")
	b.put("next_step", "发资料")
	b.js(`document.querySelector(".zf-act button").click()`)
	b.unsent(1)
	v := getVisit(t, w)
	v.Said = "网页上改的：还谈了电价和土地。"
	editVisit(t, w, v)
	n.mode.Store("up")
	b.to("#/outbox")
	b.js(`dispatchEvent(new Event("online"))`)
	b.has(".zf-list", "两边都改过")
	b.js(`document.querySelector(".zf-list a").click()`)
	b.has(".zf-side", "网页上改的")
	b.has(".zf-side", "手机上改的")
	b.js(`document.querySelector('.zf-sides [value="mine"]').click(); document.querySelector(".zf-sides").requestSubmit()`)
	b.has("section", "已入库")
	b.unsent(0)
	v = getVisit(t, w)
	if v.Said != "手机上改的：还谈了物流和用工。" || v.NextStep != "发资料" {
		t.Errorf("%+v", v)
	}
}

// TestField_refused: what a rule refuses needs attention with the server's reason, and is mended and sent under its id; a company
// that the library has already is exchanged for it, and the visit goes with it.
func TestField_refused(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	n := between(t, w)
	b := browse(t, w)
	b.enrol("officer")
	n.mode.Store("down")
	b.to("#/company")
	b.is(`document.querySelector('[name="credit_code"]')`)
	b.put("name", "深圳市代码写错有限公司")
	b.put("credit_code", "91310000MA0000105F")
	b.js(`document.querySelector(".zf-act button").click()`)
	b.has("h1", "代码写错")
	n.mode.Store("up")
	b.to("#/outbox")
	b.js(`dispatchEvent(new Event("online"))`)
	b.has("section", "要处理")
	b.js(`document.querySelector(".zf-list a").click()`)
	b.has(".zf-note.alarm", "校验位")
	b.js(`document.querySelector(".zf-act button").click()`)
	b.is(`document.querySelector('[name="credit_code"]')?.value === "91310000MA0000105F"`)
	b.put("credit_code", "91310000MA0000015F")
	b.js(`document.querySelector(".zf-act button").click()`)
	b.has("section", "已入库")

	n.mode.Store("down")
	b.to("#/company")
	b.is(`document.querySelector('[name="credit_code"]')?.value === ""`)
	b.put("name", "深圳市测试精密有限公司")
	b.put("address", "深圳市南山区")
	b.js(`document.querySelector(".zf-act button").click()`)
	b.has("h1", "测试精密")
	b.js(`document.querySelector(".zf-act button").click()`)
	b.visits("以为是新企业，其实资源库里有。")
	b.unsent(2)
	n.mode.Store("up")
	b.to("#/outbox")
	b.js(`dispatchEvent(new Event("online"))`)
	b.has("section", "要处理")
	b.js(`[...document.querySelectorAll(".zf-list a")].find(a => a.textContent.includes("没有接受")).click()`)
	b.click("button", "改用资源库里的那一家")
	b.unsent(0)
	if got := rowsOf(t, w, "field_visit"); got != 2 {
		t.Errorf("%d visits", got)
	}
}

func getVisit(t *testing.T, w *apptest.World) field.VisitRecord {
	t.Helper()
	v, err := w.Field.GetVisit(w.As("officer"), field.ByID{ID: w.ID["visit"]})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func editVisit(t *testing.T, w *apptest.World, v field.VisitRecord) {
	t.Helper()
	_, err := w.Field.EditVisit(w.As("officer"), field.EditVisit{Version: v.Version, Record: field.Record{
		ID: v.ID, Team: v.Team, Company: v.Company, Day: v.Day, Way: v.Way, Said: v.Said, Intent: v.Intent, NextStep: v.NextStep, NextOn: v.NextOn,
	}})
	if err != nil {
		t.Fatal(err)
	}
}
