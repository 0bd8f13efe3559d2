package gallery

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser opens Chromium on the gallery and fails the test for anything the page complains of: a refused
// inline style, a missing file, a script error.
func browser(t *testing.T, width, height int) (context.Context, string) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here")
	}
	srv := httptest.NewServer(Mux())
	t.Cleanup(srv.Close)
	dir, err := os.MkdirTemp("", "gallery") // not TempDir: Chromium may still write while it goes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(dir), chromedp.WindowSize(width, height), chromedp.Flag("disable-component-update", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	tab, _ := chromedp.NewContext(ctx)
	t.Cleanup(func() { _ = chromedp.Cancel(tab) }) // waits for the browser to end
	ctx, cancel = context.WithTimeout(tab, 60*time.Second)
	t.Cleanup(cancel)
	var mu sync.Mutex
	var said []string
	chromedp.ListenTarget(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := ev.(type) {
		case *log.EventEntryAdded:
			if e.Entry.Level == log.LevelError {
				said = append(said, e.Entry.Text+" "+e.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			said = append(said, e.ExceptionDetails.Error())
		}
	})
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, s := range said {
			t.Errorf("the page complains: %s", s)
		}
	})
	return ctx, srv.URL
}

func do(t *testing.T, ctx context.Context, as ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, as...); err != nil {
		t.Fatal(err)
	}
}

// is evaluates an expression until it is true; while a page is being replaced there may be no document to ask.
func is(t *testing.T, ctx context.Context, js string) {
	t.Helper()
	var ok bool
	var err error
	for range 200 {
		err = chromedp.Run(ctx, chromedp.Evaluate("!!("+js+")", &ok))
		if err == nil && ok {
			return
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("never true: %s (last error: %v)", js, err)
}

// TestDrawer: a chip opens the drawer, keeps the question in the address, Esc closes it and gives the focus
// back; the address alone opens it again.
func TestDrawer(t *testing.T) {
	ctx, url := browser(t, 1440, 900)
	do(t, ctx, chromedp.Navigate(url+"/"), chromedp.Click(".zd-strip .zd-fig", chromedp.ByQuery))
	is(t, ctx, `!document.getElementById("zd-drawer").hidden && document.querySelector(".zd-value")`)
	is(t, ctx, `location.hash.startsWith("#fig=") && document.querySelector(".zd-strip .zd-fig").getAttribute("aria-expanded") === "true"`)
	is(t, ctx, `document.querySelector(".zd-main").getBoundingClientRect().right <= document.getElementById("zd-drawer").getBoundingClientRect().left + 1`)
	var address string
	do(t, ctx, chromedp.Location(&address), chromedp.KeyEvent(kb.Escape))
	is(t, ctx, `document.getElementById("zd-drawer").hidden && location.hash === "" && document.activeElement.matches(".zd-strip .zd-fig")`)
	do(t, ctx, chromedp.KeyEvent(kb.Enter)) // Tab and Enter work as a click
	is(t, ctx, `!document.getElementById("zd-drawer").hidden`)
	do(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(address))
	is(t, ctx, `!document.getElementById("zd-drawer").hidden && document.querySelector(".zd-books [aria-checked=true]")`)
}

// TestListKeys: j, k, x and Shift-click choose rows; the bar counts them and takes all.
func TestListKeys(t *testing.T) {
	ctx, url := browser(t, 1440, 900)
	do(t, ctx, chromedp.Navigate(url+"/companies"))
	is(t, ctx, `document.documentElement.classList.contains("js") && document.querySelector("[data-selected]").textContent === "已选 2 家"`)
	do(t, ctx, chromedp.Click("[data-select-none].btn", chromedp.ByQuery))
	is(t, ctx, `getComputedStyle(document.querySelector(".zd-selbar")).display === "none"`)
	do(t, ctx, chromedp.Evaluate(`document.querySelector("tr.cur").classList.remove("cur"); document.activeElement.blur()`, nil))
	do(t, ctx, chromedp.KeyEvent("jjx"))
	is(t, ctx, `document.querySelectorAll("#zd-rows tr")[1].matches(".cur:has(input:checked)")`)
	do(t, ctx, chromedp.KeyEvent("k"))
	is(t, ctx, `document.querySelectorAll("#zd-rows tr")[0].matches(".cur")`)
	do(t, ctx, chromedp.Evaluate(`document.querySelectorAll("[name=ids]")[5].dispatchEvent(new MouseEvent("click", {bubbles: true, shiftKey: true}))`, nil))
	is(t, ctx, `document.querySelector("[data-selected]").textContent === "已选 5 家"`)
	do(t, ctx, chromedp.Click("[data-select-all]", chromedp.ByQuery))
	is(t, ctx, `document.querySelector("[data-selected]").textContent === "已选 3,214 家"`)
	do(t, ctx, chromedp.Click(".zd-listfoot [value=compact]", chromedp.ByQuery))
	is(t, ctx, `document.documentElement.dataset.density === "compact" && document.querySelector("#zd-rows td").offsetHeight <= 33`)
	do(t, ctx, chromedp.KeyEvent("/"))
	is(t, ctx, `document.activeElement.id === "q-q"`)
	do(t, ctx, chromedp.KeyEvent("jjj"))
	is(t, ctx, `document.activeElement.value.endsWith("jjj")`) // typing is not moving
	is(t, ctx, `location.search.endsWith("jjj&station=sz&industry=C&seen=30&sort=-seen&col=code") && document.activeElement.id === "q-q"`)
}

// TestPalette: Ctrl-K opens it, typing narrows, Enter goes; keys do nothing while an input method composes.
func TestPalette(t *testing.T) {
	ctx, url := browser(t, 1440, 900)
	do(t, ctx, chromedp.Navigate(url+"/"))
	is(t, ctx, `document.documentElement.classList.contains("js")`)
	do(t, ctx, chromedp.Evaluate(`document.dispatchEvent(new KeyboardEvent("keydown", {key: "k", ctrlKey: true, bubbles: true, isComposing: true}))`, nil))
	is(t, ctx, `!document.querySelector("dialog[open]")`)
	do(t, ctx, chromedp.Evaluate(`document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "?", bubbles: true}))`, nil))
	is(t, ctx, `document.getElementById("zd-keys").open`)
	do(t, ctx, chromedp.Evaluate(`document.getElementById("zd-keys").close()`, nil))
	do(t, ctx, chromedp.Evaluate(`document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "k", ctrlKey: true, bubbles: true}))`, nil))
	is(t, ctx, `document.getElementById("zd-palette").open && document.activeElement.matches("#zd-palette input")`)
	if dir := *shots; dir != "" {
		var b []byte
		do(t, ctx, chromedp.CaptureScreenshot(&b))
		_ = os.WriteFile(dir+"/palette.png", b, 0o644)
	}
	do(t, ctx, chromedp.KeyEvent("资源"))
	is(t, ctx, `document.querySelectorAll("#zd-commands li:not([hidden])").length === 1`)
	do(t, ctx, chromedp.KeyEvent(kb.Enter))
	is(t, ctx, `location.pathname === "/companies" && document.documentElement.classList.contains("js")`)
	do(t, ctx, chromedp.KeyEvent("gp"))
	is(t, ctx, `location.pathname === "/projects"`)
}

// TestFormHelp: the summary has the focus, a fix fills its value, leaving asks.
func TestFormHelp(t *testing.T) {
	ctx, url := browser(t, 390, 844)
	do(t, ctx, chromedp.Navigate(url+"/forms"))
	is(t, ctx, `document.activeElement.matches("[data-summary]")`)
	do(t, ctx, chromedp.Click(`[data-for=f-amount]`, chromedp.ByQuery))
	is(t, ctx, `document.getElementById("f-amount").value === "15000" && !document.getElementById("f-amount").matches(".is-bad")`)
	is(t, ctx, `(() => { const e = new Event("beforeunload", {cancelable: true}); dispatchEvent(e); return e.defaultPrevented; })()`)
	do(t, ctx, chromedp.Evaluate(`document.querySelector("form[data-form]").remove()`, nil))
}

// TestNarrow: no page is wider than a phone, and every control on it is tall enough for a thumb.
func TestNarrow(t *testing.T) {
	ctx, url := browser(t, 390, 844)
	for path := range pages {
		if path == "/figures/drawer" {
			continue
		}
		do(t, ctx, chromedp.Navigate(url+path))
		var over string
		do(t, ctx, chromedp.Evaluate(`document.documentElement.scrollWidth > innerWidth ? [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".zd-scroll,.zd-tablebox,.zd-filters,.zd-tabs,.zd-stages,.zd-side,.zd-tagtabs")).map(e => e.className || e.tagName).slice(0, 5).join(" | ") || "page" : ""`, &over))
		if over != "" {
			t.Errorf("%s is wider than the phone: %s", path, over)
		}
		do(t, ctx, chromedp.Evaluate(`document.querySelector("form[data-form]")?.remove()`, nil))
	}
}

// TestAxe looks for serious faults of accessibility.
func TestAxe(t *testing.T) {
	script, err := os.ReadFile("../testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	ctx, url := browser(t, 1440, 900)
	for path := range pages {
		if path == "/figures/drawer" {
			continue
		}
		p := path
		if p == "/figures" {
			p += "#fig=%2Ffigures%2Fdrawer"
		}
		do(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(url+p), chromedp.Sleep(400*time.Millisecond), chromedp.Evaluate(string(script), nil))
		var found []string
		err := chromedp.Run(ctx, chromedp.Evaluate(`axe.run().then(r => r.violations.filter(v => ["serious", "critical"].includes(v.impact)).flatMap(v => v.nodes.slice(0, 3).map(n => v.id + ": " + n.html.slice(0, 160) + " — " + (n.any[0]?.message ?? ""))))`,
			&found, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Errorf("%s: %s", path, strings.ReplaceAll(f, "\n", " "))
		}
		do(t, ctx, chromedp.Evaluate(`document.querySelector("form[data-form]")?.remove()`, nil))
	}
}
