package gallery

import (
	"context"
	"flag"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"
)

var (
	update = flag.Bool("update", false, "write the goldens")
	shots  = flag.String("shots", "", "folder to put pictures of every page into")
)

var build = regexp.MustCompile(`/static/[0-9a-f]{10}/`)

// TestGolden keeps the markup of the main part of every page; run with -update after a wanted change.
func TestGolden(t *testing.T) {
	m := Mux()
	for path := range pages {
		name := "testdata/" + first(strings.ReplaceAll(strings.Trim(path, "/"), "/", "-"), "workbench") + ".html"
		w := httptest.NewRecorder()
		m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
			continue
		}
		got := build.ReplaceAllString(w.Body.String(), "/static/BUILD/")
		if name != "testdata/workbench.html" { // one page keeps its frame for all
			got = mainPart(got)
		}
		got = strings.ReplaceAll(got, "><", ">\n<")
		if *update {
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from %s near %q", path, name, difference(got, string(want)))
		}
	}
}

// mainPart is a page without its frame; a page without a main part is kept whole.
func mainPart(page string) string {
	i, j := strings.Index(page, "<main"), strings.LastIndex(page, "</main>")
	if i < 0 || j < i {
		return page
	}
	return page[i : j+len("</main>")]
}

// TestNoInline holds the pages to the content policy: no inline script, style or handler.
func TestNoInline(t *testing.T) {
	bad := regexp.MustCompile(`(?i)<[^>]+\s(style|on[a-z]+|hx-on[^=]*)=|<style|<script(?:\s+id="[^"]*")?>|javascript:`)
	m := Mux()
	for path := range pages {
		w := httptest.NewRecorder()
		m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if hit := bad.FindString(w.Body.String()); hit != "" {
			t.Errorf("%s holds %s", path, hit)
		}
	}
}

// TestShots takes pictures with Chromium when asked: go test -run Shots -shots DIR.
func TestShots(t *testing.T) {
	if *shots == "" {
		t.Skip("no -shots folder")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: Mux(), ReadHeaderTimeout: time.Second}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	paths := make([]string, 0, len(pages))
	for p := range pages {
		paths = append(paths, p)
	}
	sort.Strings(paths)
	paths = append(paths, "/figures#fig=%2Ffigures%2Fdrawer")
	only := os.Getenv("SHOT")
	for _, p := range paths {
		if p == "/figures/drawer" || only != "" && !strings.Contains(p, only) {
			continue
		}
		for _, size := range []string{"1440,900", "390,844"} {
			name := strings.NewReplacer("/", "_", "#", "_", "%", "").Replace(p) + "-" + strings.Split(size, ",")[0] + ".png"
			ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
			cmd := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
				"--disable-background-networking", "--disable-component-update", "--no-first-run", "--user-data-dir="+t.TempDir(),
				"--window-size="+size, "--virtual-time-budget=4000", "--enable-logging=stderr",
				"--screenshot="+filepath.Join(*shots, name), "http://"+l.Addr().String()+p)
			out, err := cmd.CombinedOutput()
			cancel()
			if err != nil {
				t.Errorf("%s: %v", p, err)
			}
			for _, line := range strings.Split(string(out), "\n") {
				if strings.Contains(line, "CONSOLE") {
					t.Logf("%s: %s", p, line)
				}
			}
		}
	}
}

func difference(a, b string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[max(0, i-40):min(len(a), i+80)]
		}
	}
	return "the end"
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
