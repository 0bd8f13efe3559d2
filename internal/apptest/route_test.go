package apptest_test

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/web"
)

var wildcard = regexp.MustCompile(`\{[a-z_]+(\.\.\.)?\}`)

// pathOf fills the wildcards of a route with the id of the record its path speaks of.
func pathOf(w *apptest.World, pattern string) string {
	id, last := "00000000-0000-7000-8000-000000000000", -1 // the last such word counts: /sites/offers/{id} is an offer
	for word, kind := range map[string]string{"visits": "visit", "tours": "tour", "projects": "project", "funds": "funds", "claims": "claim", "companies": "company", "verify": "claim", "directives": "directive", "tickets": "ticket", "leads": "lead", "sites": "site", "offers": "offer", "sendings": "sending"} {
		if i := strings.LastIndex(pattern, "/"+word); i > last && w.ID[kind] != "" {
			id, last = w.ID[kind], i
		}
	}
	return wildcard.ReplaceAllString(strings.TrimSuffix(pattern, "{$}"), id)
}

// TestRoutes asks every route of the router as every account, and as nobody: whoever lacks the permission is refused,
// nothing answers with a failure of its own, and no text of one county reaches the other.
func TestRoutes(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	clients := map[string]*http.Client{"": w.Client("")}
	for _, login := range apptest.Logins() {
		clients[login] = w.Client(login)
	}
	roles := map[string]auth.Role{"": "", "province2": auth.Province, "neighbour": auth.County, "stranger": auth.Officer, "service": auth.ServiceDesk}
	asked := 0
	for _, route := range w.Mux.Routes() {
		if strings.HasPrefix(route.Pattern, "/static/") || strings.Contains(route.Pattern, "/logout") || strings.HasSuffix(route.Pattern, "/session") && route.Method == "DELETE" {
			continue // signing out would end the walk
		}
		for login, client := range clients {
			asked++
			body := ""
			if route.JSON && route.Method != "GET" {
				body = "{}"
			}
			r := w.Request(route.Method, pathOf(w, route.Pattern), body)
			if body == "" && route.Method != "GET" {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			status, text := w.Do(client, r)
			who := "as " + login
			role, named := roles[login]
			if !named {
				role = auth.Role(login)
			}
			checkAnswer(t, route, who, role, status, text)
			if login == "neighbour" || login == "stranger" || login == "investor" || login == "" || login == "sysadmin" {
				if strings.Contains(text, apptest.Canary) && login != "investor" {
					t.Errorf("%s %s %s shows a text of another county", route.Method, route.Pattern, who)
				}
			}
		}
	}
	if asked < 1000 {
		t.Errorf("only %d requests: is the router empty?", asked)
	}
}

func checkAnswer(t *testing.T, route web.Route, who string, role auth.Role, status int, text string) {
	t.Helper()
	allowed := route.Public || (role != "" && (route.Perm == web.AnyPerson || auth.May([]auth.Role{role}, route.Perm)))
	switch {
	case status >= 500 && !strings.HasSuffix(route.Pattern, "/readyz"):
		t.Errorf("%s %s %s: %d %.300s", route.Method, route.Pattern, who, status, text)
	case !allowed && role == "" && status != http.StatusUnauthorized && status != http.StatusSeeOther && status != http.StatusFound:
		t.Errorf("%s %s %s: %d, want to be sent to sign in", route.Method, route.Pattern, who, status)
	case !allowed && role != "" && status != http.StatusForbidden:
		t.Errorf("%s %s %s: %d, want 403", route.Method, route.Pattern, who, status)
	case allowed && !route.Public && (status == http.StatusUnauthorized || status == http.StatusForbidden):
		if !strings.Contains(text, "not_your_level") && !strings.Contains(text, "not_allowed") {
			t.Errorf("%s %s %s: %d, the permission %s should do", route.Method, route.Pattern, who, status, route.Perm)
		}
	}
}

// TestOpenAPI_golden holds the public contract: a change of it is read in the diff of docs/openapi.json.
func TestOpenAPI_golden(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	got, err := w.Mux.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	file := root + "/docs/openapi.json"
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil { //nolint:gosec // a document of the repository
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != string(got) {
		t.Errorf("docs/openapi.json is not what the program serves (%v); run make golden and read the diff", err)
	}
}
