package apptest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// goldens are the pages whose main part is kept as it is meant to look, by file name: a change of one is read in its diff.
var goldens = map[string]stop{
	"workbench":    {"branch", "/", 0},
	"visits":       {"officer", "/visits", 0},
	"visit":        {"officer", "/visits/{visit}", 0},
	"company":      {"officer", "/companies/{company}", 0},
	"lead":         {"county", "/leads/{lead}", 0},
	"project":      {"county", "/projects/{project}", 0},
	"claim":        {"province", "/verify?claim={fundsclaim}", 0},
	"bulletin":     {"editor", "/bulletins/{signed}", 0},
	"directive":    {"county", "/directives/{directive}", 0},
	"ticket":       {"investor", "/tickets/{own}", 0},
	"portal":       {"", "/portal/articles/{article}", 0},
	"visit-wanted": {"officer", "/visits/new", 0},
}

var (
	mainPart = regexp.MustCompile(`(?s)<main\b.*</main>`)
	versions = regexp.MustCompile(`/static/[0-9a-f]{10}/`)
	ids      = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	drawn    = regexp.MustCompile(`src="data:image/png;base64,[^"]*"|http://127\.0\.0\.1:[0-9]+/portal/visit/[0-9A-Z]+`)
)

// TestGolden_pages holds the main part of feature pages; -update writes them. Times are those of the world, which
// are always the same; ids are left out, since each new record of the world moves them, and so are codes that chance draws.
func TestGolden_pages(t *testing.T) {
	w := livedIn(t)
	fill := filler(w)
	for name, s := range goldens {
		r := w.Request("GET", fill.Replace(s.path), "")
		r.Header.Set("Accept", "text/html")
		status, page := w.Do(w.Client(s.login), r)
		got := versions.ReplaceAllString(mainPart.FindString(page), "/static/")
		got = drawn.ReplaceAllString(ids.ReplaceAllString(got, "ID"), "DRAWN")
		got = strings.ReplaceAll(got, "><", ">\n<") + "\n"
		if status != 200 || len(got) < 200 {
			t.Errorf("%s: %d, no main part", s.path, status)
			continue
		}
		file := filepath.Join("testdata", "page", name+".html")
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // documents of the repository
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil { //nolint:gosec // as above
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != got {
			t.Errorf("%s differs from %s: read the diff after -update\n%s", s.path, file, firstDifference(string(want), got))
		}
	}
}

// firstDifference is the first line in which two texts differ.
func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "want " + a[i] + "\ngot  " + b[i]
		}
	}
	return "one is longer"
}
