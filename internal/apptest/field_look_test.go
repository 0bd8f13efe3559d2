package apptest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/web"
)

// TestField_words: every text that the page's scripts ask for is in the catalogue, and the worker keeps every script there is.
func TestField_words(t *testing.T) {
	list, err := filepath.Glob(root + "/internal/web/static/field/*.js")
	if err != nil || len(list) < 15 {
		t.Fatal(err, len(list))
	}
	whole, part := regexp.MustCompile(`\bt\("([a-z_.A-Z]+)"[,)]`), regexp.MustCompile(`\bt\("([a-z_.]+\.)" \+`)
	keys := web.Texts("zh", "offline.")
	w := apptest.Open(t, db.SQLite)
	_, worker := w.Do(w.Client(""), w.Request("GET", "/field/sw.js", ""))
	for _, file := range list {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range whole.FindAllStringSubmatch(string(text), -1) {
			if keys[m[1]] == "" {
				t.Errorf("%s: no text offline.%s", filepath.Base(file), m[1])
			}
		}
		for _, m := range part.FindAllStringSubmatch(string(text), -1) {
			found := false
			for k := range keys {
				found = found || strings.HasPrefix(k, m[1])
			}
			if !found {
				t.Errorf("%s: no text begins with offline.%s", filepath.Base(file), m[1])
			}
		}
		if name := filepath.Base(file); name != "sw.js" && !strings.Contains(worker, "/field/"+name+`"`) {
			t.Errorf("the worker does not keep %s", name)
		}
	}
}

// TestField_axe opens every screen of the field page, in both languages: nothing serious for axe, nothing wider than the phone.
func TestField_axe(t *testing.T) {
	if testing.Short() {
		t.Skip("opens every screen in a browser")
	}
	t.Parallel()
	script, err := os.ReadFile(root + "/internal/web/testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	w := livedIn(t)
	n := between(t, w)
	b := browse(t, w)
	b.enrol("officer")
	n.mode.Store("down")
	b.many(2)
	var first string
	b.to("#/outbox")
	b.is(`document.querySelector('.zf-list a[href^="#/item/"]')`)
	b.do(chromedp.Evaluate(`document.querySelector('.zf-list a[href^="#/item/"]').getAttribute("href")`, &first))
	for _, lang := range []string{"zh", "en"} {
		b.js(`localStorage.setItem("zf-lang", "` + lang + `")`)
		b.do(chromedp.Reload())
		b.is(`document.querySelector('[name="pin"]')`)
		b.sound(string(script), lang+" door")
		b.unlock()
		for _, at := range []string{"#/", "#/firms", "#/firm/" + w.ID["company"], "#/visit", "#/visit?company=" + w.ID["company"], "#/trip/" + w.ID["visit"], "#/company", "#/contact?company=" + w.ID["company"], "#/sweep", "#/tower/" + w.ID["building"], "#/door/" + w.ID["door"], "#/door/" + w.ID["quiet"], "#/visit?door=" + w.ID["door"], "#/outbox", first, "#/phone"} {
			b.to(at)
			b.is(`document.querySelector(".zf-main") && location.hash === ` + quoted(at))
			b.do(chromedp.Sleep(150e6))
			b.sound(string(script), lang+" "+at)
		}
	}
}

// sound asks axe about the screen, and whether it fits.
func (b *tab) sound(script, where string) {
	b.t.Helper()
	var found []violation
	var wide string
	b.do(chromedp.Evaluate(script, nil), chromedp.Evaluate(runAxe, &found, wait), chromedp.Evaluate(tooWide, &wide))
	for _, f := range found {
		b.t.Errorf("%s: %s (%s) %s: %s", where, f.ID, f.Impact, f.HTML, f.Why)
	}
	if wide != "" {
		b.t.Errorf("%s: wider than the phone: %s", where, wide)
	}
}
