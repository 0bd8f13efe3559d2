package verify

import (
	"context"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
)

// TestDrawer_fromFigureToVerdict walks in a browser from a chip to the entries, the evidence and the verdicts.
func TestDrawer_fromFigureToVerdict(t *testing.T) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here")
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if d.Engine() != db.SQLite {
			t.Skip("one engine is enough for the browser")
		}
		x := newSite(t, d)
		c := x.file(t, "1", 185_000_000_000, Case{})
		hash := x.hash(t, c.ID)
		status(t, x.form(t, "city", "/verify/decide", url.Values{"claim": {c.ID}, "hash": {hash}, "verdict": {"approve"}}), 303)
		srv := httptest.NewServer(x.mux)
		defer srv.Close()
		dir, err := os.MkdirTemp("", "drawer") // not TempDir: Chromium may still write while it goes
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(dir), chromedp.WindowSize(1440, 900))
		ctx, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
		defer cancel()
		ctx, cancel = chromedp.NewContext(ctx)
		defer cancel()
		ctx, cancel = context.WithTimeout(ctx, 60*time.Second)
		defer cancel()
		holds := func(js string) {
			t.Helper()
			var ok bool
			for range 80 {
				if err := chromedp.Run(ctx, chromedp.Evaluate("!!("+js+")", &ok)); err != nil {
					t.Fatal(err)
				}
				if ok {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
			t.Errorf("never true: %s", js)
		}
		err = chromedp.Run(ctx, network.SetCookie("as", "city").WithDomain("127.0.0.1").WithPath("/"),
			chromedp.Navigate(srv.URL+"/figures?measure=project.signed&book=reviewed"))
		if err != nil {
			t.Fatal(err)
		}
		holds(`document.documentElement.classList.contains("js")`)
		// another measure: the address, the figure and the chart follow
		err = chromedp.Run(ctx, chromedp.Evaluate(`(() => { const s = document.querySelector("select[name=measure]"); s.value = "contract.amount"; s.dispatchEvent(new Event("change", {bubbles: true})) })()`, nil))
		if err != nil {
			t.Fatal(err)
		}
		holds(`location.search.includes("contract.amount")`)
		holds(`document.querySelector(".zd-bigfig").textContent.includes("18.50")`)
		holds(`document.querySelector("[data-chart] canvas")`)
		err = chromedp.Run(ctx, chromedp.Click(".zd-bigfig .zd-fig", chromedp.ByQuery))
		if err != nil {
			t.Fatal(err)
		}
		has := func(sel, text string) {
			t.Helper()
			holds(`document.querySelector("` + sel + `")?.textContent.includes("` + text + `")`)
		}
		has("#zd-drawer .zd-value", "18.50")
		has("#zd-drawer .zd-drawer-foot", "分文不差")
		has("#zd-drawer .zd-drawer-foot", "链完整至 #2")
		has("#zd-drawer .zd-entry", "项目1")
		if err := chromedp.Run(ctx, chromedp.Click("#zd-drawer .zd-entry summary", chromedp.ByQuery)); err != nil {
			t.Fatal(err)
		}
		has("#zd-drawer .zd-trail", "签章页.png")
		holds(`document.querySelectorAll("#zd-drawer .zd-trail .zd-stamp").length === 3`)
		holds(`document.querySelector("#zd-drawer .zd-trail .zd-stamp.reviewed") && document.querySelector("#zd-drawer .zd-trail .zd-stamp.wait")`)
		holds(`document.querySelector("#zd-drawer .zd-trail a[href^='/evidence/']")`)
	})
}
