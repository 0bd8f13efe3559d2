package apptest_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"zhudian/cmd/zhudian/wire"
	"zhudian/internal/apptest"
)

// TestMetrics: this machine and the holder of the token see them; nobody else finds the page; no text of a record or
// a person is in them.
func TestMetrics(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		const token = "a-token-of-more-than-16"
		m := w.App.Mux(wire.Serving{Metrics: token})
		ask := func(from, bearer, forwarded string) (int, string) {
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil)
			r.RemoteAddr = from
			if bearer != "" {
				r.Header.Set("Authorization", "Bearer "+bearer)
			}
			if forwarded != "" {
				r.Header.Set("X-Forwarded-For", forwarded)
			}
			rec := httptest.NewRecorder()
			m.ServeHTTP(rec, r)
			return rec.Code, rec.Body.String()
		}
		for _, c := range []struct {
			from, bearer, forwarded string
			status                  int
		}{
			{"127.0.0.1:9", "", "", 200},
			{"[::1]:9", "", "", 200},
			{"10.1.2.3:9", "", "", 404},
			{"127.0.0.1:9", "", "10.1.2.3", 404},
			{"10.1.2.3:9", "wrong", "", 404},
			{"10.1.2.3:9", token, "", 200},
			{"127.0.0.1:9", token, "10.1.2.3", 200},
		} {
			if status, _ := ask(c.from, c.bearer, c.forwarded); status != c.status {
				t.Errorf("%+v: %d", c, status)
			}
		}
		client := w.Client("county")
		for _, path := range []string{"/projects/" + w.ID["project"], "/projects/none", "/nowhere/" + apptest.Canary} {
			w.Do(client, w.Request("GET", path, ""))
		}
		_, text := ask("127.0.0.1:9", "", "")
		for _, want := range []string{
			`zhudian_request_seconds_count{method="GET",route="/projects/{id}",status="200"} 1`,
			`zhudian_request_seconds_count{method="GET",route="/projects/{id}",status="404"} 1`,
			`zhudian_claims_open{level="reviewed",route="project"}`, "zhudian_ledger_entries_total", "zhudian_db_connections{",
			"zhudian_commit_writes_count", "go_goroutines",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no %s", want)
			}
		}
		for _, secret := range []string{apptest.Canary, w.ID["project"], "520602"} {
			if strings.Contains(text, secret) {
				t.Errorf("the metrics hold %q", secret)
			}
		}
	})
}
