package match_test

import (
	"net/url"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/match"
)

// TestRoute_fromLead: the page of a lead shows who was asked and what they said; the next is asked after the last gave it back.
func TestRoute_fromLead(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		lead := w.ID["qualified"]
		part := func() string {
			status, body := w.Do(w.Client("county"), w.Request("GET", "/match/sendings/of?lead="+lead, ""))
			if status != 200 {
				t.Fatalf("%d %s", status, body)
			}
			return body
		}
		if body := part(); !strings.Contains(body, "万山") || strings.Contains(body, "/match/sendings/new") {
			t.Errorf("while 万山 thinks: %s", body)
		}
		if status, _ := w.Do(w.Client("neighbour"), w.Request("GET", "/match/sendings/of?lead="+lead, "")); status != 404 {
			t.Errorf("to whom the lead is not shown: %d", status)
		}
		if _, err := w.Match.AnswerSending(w.As("neighbour"), match.Answer{ID: w.ID["sending"], Reason: "power", Words: "变压器不够"}); err != nil {
			t.Fatal(err)
		}
		if body := part(); !strings.Contains(body, "变压器不够") || !strings.Contains(body, "/match/sendings/new?lead="+lead) {
			t.Errorf("given back: %s", body)
		}
		for _, x := range []struct {
			unit   string
			status int
			holds  string
		}{{"", 422, "choose"}, {"520603", 409, "choose"}, {"520621", 303, ""}} {
			r := w.Request("POST", "/match/sendings", url.Values{"lead": {lead}, "choose": {"true"}, "unit": {x.unit}, "note": {"请看用电"}}.Encode())
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			status, body := w.Do(w.Client("county"), r)
			if status != x.status || !strings.Contains(body, x.holds) {
				t.Errorf("to %q: %d %s", x.unit, status, body)
			}
		}
	})
}
