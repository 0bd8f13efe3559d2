package apptest_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
)

// fill types into a field.
func (b *tab) fill(name, text string) {
	b.t.Helper()
	b.is(`document.querySelector('main form:not([hidden]) [name="` + name + `"]')`)
	b.js(`(() => { const e = document.querySelector('main form:not([hidden]) [name="` + name + `"]'); e.focus(); e.value = ""; })()`)
	b.do(input.InsertText(text))
}

// click follows a link or button by its words.
func (b *tab) click(sel, text string) {
	b.t.Helper()
	b.has(sel, text)
	b.js(`[...document.querySelectorAll(` + quoted(sel) + `)].find(e => e.textContent.includes(` + quoted(text) + `)).click()`)
}

// ready waits for the page's own script, which the keyboard needs.
func (b *tab) ready(path string) {
	b.t.Helper()
	b.is(`location.pathname.startsWith(` + quoted(path) + `) && document.readyState === "complete" && document.documentElement.classList.contains("js")`)
}

func (b *tab) keys(text string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(text))
}

// leads presses keys that lead to another page. On a busy machine the two keys of a jump may come too far apart, or before the
// script listens: then they are pressed again, as a person would.
func (b *tab) leads(text, path string) {
	b.t.Helper()
	there := `location.pathname === ` + quoted(path)
	for range 3 {
		b.is(`document.readyState === "complete" && document.documentElement.classList.contains("js")`)
		b.keys(text)
		var ok bool
		_ = chromedp.Run(b.ctx, chromedp.Poll(there, &ok, chromedp.WithPollingTimeout(3*time.Second))) // not there: once more
		if ok {
			break
		}
	}
	b.ready(path)
}

// enter presses Enter as a keyboard does: a page that takes the key down for itself hears nothing more of it.
func (b *tab) enter() {
	b.t.Helper()
	key := func(kind input.KeyType) *input.DispatchKeyEventParams {
		return input.DispatchKeyEvent(kind).WithKey("Enter").WithCode("Enter").WithWindowsVirtualKeyCode(13)
	}
	b.do(key(input.KeyDown).WithText("\r"), key(input.KeyUp))
}

// pickOne types into a choice and takes the first that is offered.
func (b *tab) pickOne(name, text string) {
	b.t.Helper()
	id := `document.getElementById("f-` + name + `-ts-control")`
	b.is(id)
	b.js(id + `.focus()`)
	b.do(input.InsertText(text))
	b.is(`document.querySelector(".ts-dropdown .option.active")?.textContent.includes(` + quoted(text) + `)`)
	b.enter()
	b.is(`document.querySelector('[name="` + name + `"]').value !== ""`)
}

// strip is the figure of a measure on the workbench.
func (b *tab) strip(text, value string) {
	b.t.Helper()
	b.open("/")
	b.ready("/")
	b.is(`[...document.querySelectorAll(".zd-strip > *")].some(c => c.textContent.includes(` + quoted(text) + `) && c.querySelector(".zd-fig").textContent.trim().startsWith(` + quoted(value) + `))`)
}

// TestWalk is the main job from the first key to the public page: an officer records a company and a visit by keyboard, the branch
// reviews, the captain recognises, the figure moves and opens to its evidence; an editor composes, a second person signs, and the
// public reads it with its trace code.
func TestWalk(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	b := browse(t, w)

	b.as("")
	b.open("/")
	b.ready("/login")
	b.fill("login", "officer")
	b.fill("password", apptest.Password)
	b.keys(kb.Enter)
	b.is(`location.pathname === "/" && document.documentElement.classList.contains("js")`)
	b.leads("gc", "/companies")
	b.leads("c", "/companies/new")
	b.fill("name", "深圳市走查电子有限公司")
	b.js(`document.querySelector('[name="name"]').focus()`)
	b.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2)))
	b.has("h1, .zd-h1", "深圳市走查电子有限公司")
	b.leads("gv", "/visits")
	b.leads("c", "/visits/new")
	b.pickOne("company", "走查电子")
	b.js(`document.querySelector('[name="way"][value="onsite"]').click(); document.querySelector('[name="intent"][value="A"]').click()`)
	b.fill("said", "总经理愿到碧江看厂房，问用电和用工。")
	b.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2)))
	b.is(`/^\/visits\/[0-9a-f-]+$/.test(location.pathname)`)
	b.has(".zd-said", "总经理愿到碧江看厂房")
	var record string
	b.do(chromedp.Evaluate(`location.pathname`, &record))

	b.as("leader")
	b.strip("拜访", "0")
	for _, login := range []string{"branch", "captain"} {
		b.as(login)
		b.open("/verify")
		b.ready("/verify")
		b.pass("走查电子")
	}
	b.as("leader")
	b.strip("拜访", "1")
	b.opens(record)

	code := b.publishes()
	b.as("")
	b.readsPublic(code)
	for _, c := range b.complaints() {
		t.Error("the console: " + c)
	}
}

// pass takes the visits of the day in a group.
func (b *tab) pass(name string) {
	b.t.Helper()
	b.is(`[...document.querySelectorAll(".zd-inbox a")].length > 0`)
	b.click(".zd-inbox a", "2020-12-16")
	b.has(".zd-batchrows", name)
	b.click("button", "通过")
	b.is(`!document.querySelector(".zd-batchrows")?.textContent.includes(` + quoted(name) + `)`)
}

// opens a chip of the workbench down to the record and the verdicts.
func (b *tab) opens(record string) {
	b.t.Helper()
	b.js(`[...document.querySelectorAll(".zd-strip > *")].find(c => c.textContent.includes("拜访")).querySelector(".zd-fig").click()`)
	b.is(`!document.getElementById("zd-drawer").hidden && document.querySelector("#zd-drawer .zd-entry")`)
	b.has("#zd-drawer .zd-entry", "走查电子")
	b.is(`(() => { // what the drawer shows may still be replaced: open the entry until it stays open
		const e = document.querySelector("#zd-drawer .zd-entry");
		if (e && !e.open) e.querySelector("summary").click();
		return document.querySelectorAll("#zd-drawer .zd-trail .zd-stamp.recognised").length > 0;
	})()`)
	b.is(`document.querySelector("#zd-drawer .zd-trail a").getAttribute("href") === ` + quoted(record))
	b.keys(kb.Escape)
	b.is(`document.getElementById("zd-drawer").hidden`)
}

// publishes takes a bulletin from the editor by the leader's signature to the portal; it gives its trace code.
func (b *tab) publishes() (code string) {
	b.t.Helper()
	b.as("editor")
	b.open("/bulletins/new")
	b.ready("/bulletins/new")
	b.js(`document.querySelector('[name="template"]').value = "brief"; document.querySelector('[name="station"]').value = "shenzhen"`)
	b.click("button", "起草")
	b.is(`/^\/bulletins\/[0-9a-f-]+\/edit$/.test(location.pathname)`)
	b.fill("title", "走查简报：拜访{{enterprises}}家次")
	b.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2)))
	b.is(`/^\/bulletins\/[0-9a-f-]+$/.test(location.pathname)`)
	var at string
	b.do(chromedp.Evaluate(`location.pathname`, &at))
	b.click("button", "提请签发")
	b.is(`!document.querySelector('form[action$="/submit"]')`)
	b.as("leader")
	b.open(at)
	b.is(`document.querySelector('form[action$="/sign"] button')`)
	b.js(`document.querySelector('form[action$="/sign"] button').click()`)
	b.is(`document.querySelector(".zd-titleline .zd-code")?.textContent.startsWith("ZD-")`)
	b.do(chromedp.Evaluate(`document.querySelector(".zd-titleline .zd-code").textContent.trim()`, &code))
	b.as("editor")
	b.open(at)
	b.click("a.btn", "发布")
	b.ready("/admin/articles/new")
	b.is(`document.querySelector('[name="document"]').value !== ""`)
	b.js(`document.querySelector('form[data-form] button[type="submit"]').click()`)
	b.is(`location.pathname === "/admin/articles" && document.querySelector('form[action$="/publish"] button')`)
	b.js(`document.querySelector('form[action$="/publish"] button').click()`)
	b.is(`document.querySelector('form[action$="/withdraw"]')`)
	return code
}

// readsPublic is a stranger: the article, its trace, its figure, larger letters, the other language.
func (b *tab) readsPublic(code string) {
	b.t.Helper()
	b.open("/portal/")
	b.click("a", "走查简报：拜访1家次")
	b.is(`document.querySelector(".zp-article h1")`)
	b.has(".zp-trace", code)
	b.is(`document.readyState === "complete"`)
	b.js(`document.querySelector('[data-size="large"]').click()`)
	b.is(`document.documentElement.classList.contains("js") && document.readyState === "complete" && document.querySelector(".zp-article.large") && document.querySelector('[data-size="large"]').getAttribute("aria-current")`)
	b.js(`document.querySelector(".zp-article .zd-fig").click()`)
	b.is(`!document.getElementById("zd-drawer").hidden && document.getElementById("zd-drawer").textContent.trim() !== ""`)
	b.open("/portal/trace?code=" + code)
	b.is(`location.pathname === "/portal/trace/` + code + `"`)
	b.open("/login")
	b.click(".zd-langwords button", "English")
	b.is(`document.documentElement.lang === "en" && document.body.textContent.includes("Sign in")`)
}

// TestWalk_phone: on a phone an officer goes by the bar at the bottom, and what was typed stays when there is no network.
func TestWalk_phone(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	b := browse(t, w)
	b.as("officer")
	b.do(emulation.SetDeviceMetricsOverride(390, 844, 2, true), emulation.SetTouchEmulationEnabled(true))
	b.open("/")
	b.ready("/")
	b.js(`document.querySelector('.zd-phonebar a[href="/visits"]').click()`)
	b.ready("/visits")
	b.open("/visits/new")
	b.ready("/visits/new")
	b.pickOne("company", "测试精密")
	b.js(`document.querySelector('[name="way"][value="onsite"]').click(); document.querySelector('[name="intent"][value="B"]').click()`)
	b.fill("said", "手机上记的：谈了物流和用工。")
	b.js(`document.querySelector('[name="day"]').value = "2020-12-14"`)
	offline := func(off bool) {
		b.do(chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := network.EmulateNetworkConditionsByRule([]*network.Conditions{{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}}).Do(ctx)
			return err
		}))
	}
	offline(true)
	b.js(`document.querySelector("form[data-form] button[type=submit]").click()`)
	b.is(`document.getElementById("zd-notice").textContent.trim() !== ""`)
	b.is(`location.pathname === "/visits/new" && document.querySelector('[name="said"]').value.startsWith("手机上记的")`)
	b.complaints() // the console names the lost network
	offline(false)
	time.Sleep(50 * time.Millisecond)
	b.js(`document.querySelector("form[data-form] button[type=submit]").click()`)
	b.is(`/^\/visits\/[0-9a-f-]+$/.test(location.pathname)`)
	b.has(".zd-said", "手机上记的")
	b.is(`document.documentElement.scrollWidth <= innerWidth`)
	for _, c := range b.complaints() {
		t.Error("the console: " + c)
	}
}
