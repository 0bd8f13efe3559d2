package apptest_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"zhudian/internal/apptest"
)

// tab is a page of a browser on the program.
type tab struct {
	t   testing.TB
	ctx context.Context
	w   *apptest.World

	mu   sync.Mutex
	said []string // what the console complained of since the last look
}

// browse opens a browser on a world that lives as long as the test; without one the test does not run.
func browse(t testing.TB, w *apptest.World) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("NOT RUN: no chromium here")
	}
	dir, err := os.MkdirTemp("", "walk") // not TempDir: Chromium may still write while it goes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(dir), chromedp.WindowSize(1440, 900), chromedp.Flag("disable-component-update", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	first, _ := chromedp.NewContext(ctx)
	t.Cleanup(func() { _ = chromedp.Cancel(first) }) // waits for the browser to end
	first, cancel = context.WithTimeout(first, 10*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: first, w: w}
	chromedp.ListenTarget(first, func(ev any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := ev.(type) {
		case *log.EventEntryAdded:
			if e.Entry.Level == log.LevelError {
				b.said = append(b.said, e.Entry.Text+" "+e.Entry.URL)
			}
		case *page.EventJavascriptDialogOpening:
			b.said = append(b.said, "a dialog: "+string(e.Type)+" "+e.Message)
			go func() { _ = chromedp.Run(first, page.HandleJavaScriptDialog(true)) }()
		case *runtime.EventExceptionThrown:
			b.said = append(b.said, e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError {
				b.said = append(b.said, "console.error")
			}
		}
	})
	if err := chromedp.Run(first, network.Enable()); err != nil { // the first run starts the browser, for as long as the context lives
		t.Fatal(err)
	}
	return b
}

// complaints gives what the console said since the last look.
func (b *tab) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.said
	b.said = nil
	return out
}

// as signs the tab in by the cookie of an account; "" signs out. The language is Chinese whatever the browser says. The page of
// who was there before is left first, or what it still asks for would come from nobody.
func (b *tab) as(login string) {
	b.t.Helper()
	b.do(chromedp.Navigate("about:blank"))
	b.do(network.ClearBrowserCookies(), network.SetCookie("zd_lang", "zh").WithURL(b.w.URL))
	if login == "" {
		return
	}
	at, err := url.Parse(b.w.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.w.Client(login).Jar.Cookies(at) {
		b.do(network.SetCookie(c.Name, c.Value).WithURL(b.w.URL).WithHTTPOnly(true))
	}
}

func (b *tab) do(as ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, as...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.w.URL + path))
}

// is evaluates an expression until it is true; while a page is being replaced there may be no document to ask.
func (b *tab) is(js string) {
	b.t.Helper()
	var ok bool
	var err error
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); {
		ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second) // an open dialog answers nothing
		err = chromedp.Run(ctx, chromedp.Evaluate("!!("+js+")", &ok))
		cancel()
		if err == nil && ok {
			return
		}
		if b.ctx.Err() != nil {
			b.t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	var at string
	_ = chromedp.Run(b.ctx, chromedp.Evaluate(`location.href + "\n" + (document.querySelector("[data-summary]")?.innerHTML ?? "") + "\n" + (document.querySelector("main") ?? document.body).innerText.slice(0, 800)`, &at))
	b.t.Fatalf("never true: %s (last error: %v) at %s", js, err, at)
}

// has waits until the text of an element holds some words.
func (b *tab) has(sel, text string) {
	b.t.Helper()
	b.is(`[...document.querySelectorAll(` + quoted(sel) + `)].some(e => e.textContent.includes(` + quoted(text) + `))`)
}

// js evaluates for its effect.
func (b *tab) js(script string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(script, nil))
}

func quoted(s string) string { return "`" + strings.ReplaceAll(s, "`", "\\`") + "`" }

// wait gives a promise's value.
func wait(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
