package apptest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestDemo makes the demo province with the program and walks from its published figures to an outside verifier:
// the station's figures are those of its announcement to the last digit, and the verifier, which uses nothing of ours,
// finds every one of them in the export, and notices when one digit of it is changed.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("makes the whole demo province")
	}
	p := place{dir: t.TempDir()}
	makeDemo(t, p)
	for _, day := range []string{"2020-12-15", "2020-09-30"} {
		want, err := os.ReadFile("testdata/demo/" + day + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		if got := zhudian(t, p, "figures", "--station", "shenzhen", "--through", day); got != string(want) {
			t.Errorf("figures through %s:\n%s\nwant:\n%s", day, got, want)
		}
	}
	if out := zhudian(t, p, "ledger", "verify"); !strings.Contains(out, "chains, sums and credits are whole") {
		t.Errorf("ledger verify: %s", out)
	}
	verifyOutside(t, p)
}

func makeDemo(t *testing.T, p place) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, builtProgram(t), "demo", "--no-serve", "--data", p.dir).CombinedOutput() //nolint:gosec // the program under test
	if err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
}

var traceCode = regexp.MustCompile(`ZD-[0-9A-Z-]+`)

func verifyOutside(t *testing.T, p place) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("NOT RUN: the outside verifier needs python3; apt-get install python3")
	}
	code := traceCode.FindString(publishedPage(t, p))
	if code == "" {
		t.Fatal("the demo publishes no article with a trace code")
	}
	file := filepath.Join(t.TempDir(), "export.jsonl")
	zhudian(t, p, "ledger", "export", "--manifest", code, "-o", file)
	run := func() (string, error) {
		out, err := exec.CommandContext(t.Context(), python, root+"/docs/verifier/verify_manifest.py", file).CombinedOutput() //nolint:gosec // our own script
		return string(out), err
	}
	if out, err := run(); err != nil {
		t.Errorf("the outside verifier disagrees: %v\n%s", err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(text, []byte(`"delta":1,`), []byte(`"delta":2,`), 1)
	if bytes.Equal(changed, text) {
		t.Fatal("the export has no delta of 1 to change")
	}
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run(); err == nil {
		t.Errorf("the outside verifier overlooks a changed entry:\n%s", out)
	}
}

var articleLink = regexp.MustCompile(`/portal/articles/[0-9a-f-]+`)

// publishedPage is the newest article as anybody reads it.
func publishedPage(t *testing.T, p place) string {
	t.Helper()
	s := serve(t, p)
	defer s.kill()
	return fetch(t, s.url+articleLink.FindString(fetch(t, s.url+"/portal/")))
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url) //nolint:gosec // our own server
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d %v", url, res.StatusCode, err)
	}
	return string(b)
}
