package apptest_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
)

var link = regexp.MustCompile(`(?:href|hx-get)="(/[^"#]*)"`)

// maxLinks bounds the walk of one account.
const maxLinks = 150

// TestLinks follows the links of the pages each account starts from: none leads nowhere, and none is offered to
// somebody who may not follow it.
func TestLinks(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	for _, login := range apptest.Logins() {
		client := w.Client(login)
		seen, queue := map[string]string{"/": ""}, []string{"/"}
		for n := 0; len(queue) > 0 && n < maxLinks; n++ {
			at := queue[0]
			queue = queue[1:]
			r := w.Request("GET", at, "")
			r.Header.Set("Accept", "text/html")
			status, text := w.Do(client, r)
			if status >= http.StatusBadRequest {
				t.Errorf("%s: %s links to %s, which answers %d", login, seen[at], at, status)
				continue
			}
			for _, m := range link.FindAllStringSubmatch(text, -1) {
				to := strings.ReplaceAll(m[1], "&amp;", "&")
				if _, known := seen[to]; known || strings.HasPrefix(to, "/static/") || strings.Contains(to, "export") || strings.Contains(to, "{") {
					continue
				}
				seen[to] = at
				queue = append(queue, to)
			}
		}
	}
}
