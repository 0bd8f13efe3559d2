package field_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/ledger"
	"zhudian/internal/verify"
)

const team = "shenzhen.520602"

func figure(t *testing.T, w *apptest.World, code, book string) string {
	t.Helper()
	var out ledger.Figures
	err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = ledger.FiguresOf(ctx, tx, "", ledger.FiguresIn{Measure: []string{code}, Book: book, Through: "2020-12-31"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Figures[0].Value.String()
}

func decide(t *testing.T, w *apptest.World, subject string, logins ...string) {
	t.Helper()
	for _, login := range logins {
		var c verify.Claim
		var hash string
		err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
			if c, _, err = verify.ClaimOf(ctx, tx, subject); err == nil {
				hash, err = verify.CurrentHash(ctx, tx, c.ID)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Verify.Decide(w.As(login), verify.Decision{Claim: c.ID, Verdict: verify.Pass, ContentHash: hash}); err != nil {
			t.Fatalf("%s on %s: %v", login, subject, err)
		}
	}
}

func visit(t *testing.T, w *apptest.World, login string) field.VisitRecord {
	t.Helper()
	rec, err := w.Field.GetVisit(w.As(login), field.ByID{ID: w.ID["visit"]})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// edit is the visit as it stands, to be changed.
func edit(rec field.VisitRecord) field.EditVisit {
	return field.EditVisit{Version: rec.Version, Record: field.Record{
		ID: rec.ID, Team: rec.Team, Company: rec.Company, Day: rec.Day, Way: rec.Way, Visited: rec.Visited,
		Said: rec.Said, Intent: rec.Intent, Wants: rec.Wants, With: rec.With, Officers: rec.Officers,
	}}
}

// TestEditVisit_corrections: before recognition an edit starts checking again; after it the recognised version stands,
// text included, until the correction is recognised.
func TestEditVisit_corrections(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		officer, subject := w.As("officer"), "visit/"+w.ID["visit"]
		in := edit(visit(t, w, "officer"))
		in.NextStep, in.NextOn = "约考察", "2020-12-20"
		rec, err := w.Field.EditVisit(officer, in)
		if err != nil || rec.Claim.Round != 1 || rec.NextStep != "约考察" || rec.Version != 2 {
			t.Fatalf("what no verdict binds files nothing: %+v %v", rec.Claim, err)
		}
		decide(t, w, subject, "branch")
		in = edit(rec)
		in.NextStep, in.NextOn, in.Day = rec.NextStep, rec.NextOn, "2020-12-14"
		if rec, err = w.Field.EditVisit(officer, in); err != nil || rec.Claim.Round != 2 || rec.Claim.State != verify.Filed || rec.Day != "2020-12-14" {
			t.Fatalf("an edit before recognition: %+v %v", rec.Claim, err)
		}
		if got := figure(t, w, "visit.enterprise", "reviewed"); got != "0" {
			t.Errorf("the verdict on the old content still counts: %s", got)
		}
		decide(t, w, subject, "branch", "captain")

		in = edit(rec)
		in.Said, in.Intent, in.NextStep, in.NextOn = "更正：对方要两栋标准厂房，明年三月前投产。", "A", rec.NextStep, rec.NextOn
		stood := rec.Said
		if rec, err = w.Field.EditVisit(officer, in); err != nil {
			t.Fatal(err)
		}
		if !rec.Claim.Correcting() || rec.Said != stood || rec.Intent != "B" || rec.Pending == nil || rec.Pending.Said != in.Said {
			t.Fatalf("while the correction is checked: %q %s %+v", rec.Said, rec.Intent, rec.Pending)
		}
		again := edit(rec)
		again.Intent = "C"
		if _, err := w.Field.EditVisit(officer, again); !fault.Has(err, "under_correction") {
			t.Errorf("a second correction: %v", err)
		}
		decide(t, w, subject, "branch", "captain")
		rec = visit(t, w, "officer")
		if rec.Said != in.Said || rec.Intent != "A" || rec.Pending != nil || rec.Claim.Correcting() || rec.NextStep != "约考察" {
			t.Errorf("after the correction: %q %s %+v", rec.Said, rec.Intent, rec.Pending)
		}
		if got := figure(t, w, "visit.enterprise", "recognised"); got != "1" {
			t.Errorf("recognised visits: %s", got)
		}
		phone := edit(rec)
		phone.Way = "phone"
		if _, err := w.Field.EditVisit(officer, phone); !fault.Has(err, "recognised_counts") {
			t.Errorf("a recognised visit became a phone call: %v", err)
		}
	})
}

func TestEditVisit_refusals(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		rec := visit(t, w, "officer")
		for name, x := range map[string]struct {
			who, code string
			change    func(*field.EditVisit)
		}{
			"an old version":     {"officer", "stale", func(in *field.EditVisit) { in.Version = 7; in.Intent = "D" }},
			"tomorrow":           {"officer", "future_date", func(in *field.EditVisit) { in.Day = "2020-12-17" }},
			"30 February":        {"officer", "not_a_date", func(in *field.EditVisit) { in.Day = "2020-02-30" }},
			"no words":           {"officer", "too_short", func(in *field.EditVisit) { in.Said = "好" }},
			"a file nobody has":  {"officer", "file_unknown", func(in *field.EditVisit) { in.Evidence = []verify.Evidence{{Blob: strings.Repeat("0", 64)}} }},
			"the neighbour":      {"neighbour", "not_found", func(*field.EditVisit) {}},
			"somebody who reads": {"editor", "not_allowed", func(*field.EditVisit) {}},
			"no share left":      {"officer", "share_total", func(in *field.EditVisit) { in.With = []field.Share{{Team: "shenzhen.520603", Share: 1_000_000}} }},
		} {
			in := edit(rec)
			x.change(&in)
			_, err := w.Field.EditVisit(w.As(x.who), in)
			if !fault.Has(err, x.code) {
				t.Errorf("%s: %v, want %s", name, err, x.code)
			}
			if x.code == "stale" && (len(fault.Of(err).Fields) != 1 || fault.Of(err).Fields[0].Fix != rec.Intent) {
				t.Errorf("stale names %+v, want the intent as it is now", fault.Of(err).Fields)
			}
		}
		if got := visit(t, w, "officer"); got.Version != rec.Version || got.Claim.Round != 1 {
			t.Errorf("a refused edit left version %d, round %d", got.Version, got.Claim.Round)
		}
	})
}

// TestRetract: only the filer takes back, only before recognition; the record stays and can be filed again.
func TestRetract(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		in := field.Retract{ID: w.ID["visit"], Reason: "记错了企业"}
		if _, err := w.Field.RetractVisit(w.As("county"), in); !fault.Has(err, "not_yours") {
			t.Errorf("somebody else's filing: %v", err)
		}
		if _, err := w.Field.RetractVisit(w.As("officer"), field.Retract{ID: in.ID}); !fault.Has(err, "required") {
			t.Errorf("without a reason: %v", err)
		}
		decide(t, w, "visit/"+in.ID, "branch")
		rec, err := w.Field.RetractVisit(w.As("officer"), in)
		if err != nil || rec.Claim.State != verify.Withdrawn {
			t.Fatalf("%+v %v", rec.Claim, err)
		}
		for _, book := range []string{"filed", "reviewed"} {
			if got := figure(t, w, "visit.enterprise", book); got != "0" {
				t.Errorf("%s after taking back: %s", book, got)
			}
		}
		if _, err := w.Field.RetractVisit(w.As("officer"), in); !fault.Has(err, "not_waiting") {
			t.Errorf("taken back twice: %v", err)
		}
		change := edit(rec)
		change.Day = "2020-12-11"
		if rec, err = w.Field.EditVisit(w.As("officer"), change); err != nil || rec.Claim.State != verify.Filed {
			t.Fatalf("filed again: %+v %v", rec.Claim, err)
		}
		decide(t, w, "visit/"+in.ID, "branch", "captain")
		if _, err := w.Field.RetractVisit(w.As("officer"), in); !fault.Has(err, "already_recognised") {
			t.Errorf("a recognised visit: %v", err)
		}
	})
}

// TestTour_correct: the receiving county mends a confirmed tour; the officer who brought it does not.
func TestTour_correct(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id := w.ID["tour"]
		plan := field.Plan{ID: id, Team: team, Company: w.ID["company"], Receiver: "520602", Day: "2020-12-16", Heads: 4}
		moved, err := w.Field.EditTour(w.As("officer"), field.EditTour{Plan: plan, Version: 1})
		if err != nil || moved.Day != "2020-12-16" || moved.Heads != 4 {
			t.Fatalf("%+v %v", moved, err)
		}
		if _, err := w.Field.EditTour(w.As("officer"), field.EditTour{Plan: plan, Version: 1}); !fault.Has(err, "stale") {
			t.Errorf("an old version: %v", err)
		}
		if _, err := w.Field.ConfirmTour(w.As("county"), field.Confirmation{Tour: id, Came: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Field.EditTour(w.As("officer"), field.EditTour{Plan: plan, Version: 3}); !fault.Has(err, "not_planned") {
			t.Errorf("a confirmed plan: %v", err)
		}
		decide(t, w, "tour/"+id, "branch", "captain")
		fix := field.CorrectTour{ID: id, Version: 3, Day: "2020-12-15", Heads: 6}
		if _, err := w.Field.CorrectTour(w.As("neighbour"), fix); !fault.Is(err, fault.NotFound) {
			t.Errorf("the neighbour: %v", err)
		}
		stands, err := w.Field.CorrectTour(w.As("county"), fix)
		if err != nil || stands.Heads != 4 || stands.Day != "2020-12-16" {
			t.Fatalf("while it is checked: %+v %v", stands, err)
		}
		decide(t, w, "tour/"+id, "branch", "captain")
		rec, err := w.Field.GetTour(w.As("officer"), field.ByID{ID: id})
		if err != nil || rec.Heads != 6 || rec.Day != "2020-12-15" || figure(t, w, "tour", "recognised") != "1" {
			t.Errorf("after it: %+v %v", rec.Tour, err)
		}
	})
}

// TestRepeat: the same id and content is one record and one answer; other content is a conflict.
func TestRepeat(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		plan := field.Plan{ID: "client-1", Team: team, Company: w.ID["company"], Receiver: "520602", Day: "2020-12-20", Heads: 2}
		hold := field.Hold{ID: "client-2", Unit: "520602", Name: "推介会", Kind: "promotion", Day: "2020-12-15"}
		for range 2 {
			tour, err := w.Field.PlanTour(w.As("officer"), plan)
			if err != nil || tour.ID != plan.ID {
				t.Errorf("tour: %+v %v", tour, err)
			}
			event, err := w.Field.HoldEvent(w.As("county"), hold)
			if err != nil || event.ID != hold.ID {
				t.Errorf("event: %+v %v", event, err)
			}
		}
		plan.Heads++
		hold.Name = "签约会"
		if _, err := w.Field.PlanTour(w.As("officer"), plan); !fault.Has(err, "id_reused") {
			t.Errorf("tour with other content: %v", err)
		}
		if _, err := w.Field.HoldEvent(w.As("county"), hold); !fault.Has(err, "id_reused") {
			t.Errorf("event with other content: %v", err)
		}
	})
}

// post sends a form as a browser does.
func post(w *apptest.World, c *http.Client, path string, values ...string) (int, string) {
	form := url.Values{}
	for i := 0; i+1 < len(values); i += 2 {
		form.Add(values[i], values[i+1])
	}
	r := w.Request("POST", path, form.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	return w.Do(c, r)
}

func TestVisitForm(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Client("officer")
		base := []string{"id", "f-1", "team", team, "company", w.ID["company"], "way", "onsite", "intent", "B", "said", "谈了用电、用工和物流，约下周再见。"}
		for name, x := range map[string]struct {
			values []string
			want   string
		}{
			"no company":   {[]string{"team", team, "way", "onsite", "intent", "B", "said", "谈了用电、用工和物流。", "day", "2020-12-14"}, `id="f-company-e"`},
			"30 February":  {append([]string{"day", "2020-02-30"}, base...), `id="f-day-e"`},
			"an odd share": {append([]string{"day", "2020-12-14", "with[0].team", "shenzhen.520603", "with[0].share", "abc"}, base...), `id="f-with-0-share-e"`},
			"twice a day":  {append([]string{"day", "2020-12-15"}, base...), `href="/visits/` + w.ID["visit"] + `"`},
			"a closed no":  {append([]string{"day", "2020-12-14", "status", "recognised"}, base...), "没有这一项"},
		} {
			status, body := post(w, c, "/visits", x.values...)
			if status != 422 || !strings.Contains(body, x.want) {
				t.Errorf("%s: %d, no %s", name, status, x.want)
			}
		}
		list, err := w.Field.ListVisits(w.As("officer"), field.VisitFilter{})
		if err != nil || len(list.Items) != 1 {
			t.Fatalf("refused forms stored %d visits: %v", len(list.Items)-1, err)
		}
		for range 2 { // a double click is one visit
			if status, body := post(w, c, "/visits", append([]string{"day", "2020-12-14", "officers", "田野、吴倩", "with[0].team", "shenzhen.520603", "with[0].share", "30"}, base...)...); status != 303 {
				t.Fatalf("%d %.300s", status, body)
			}
		}
		rec, err := w.Field.GetVisit(w.As("officer"), field.ByID{ID: "f-1"})
		if err != nil || len(rec.Officers) != 2 || len(rec.With) != 1 || rec.With[0].Share != 300_000 || rec.Claim.State != verify.Filed {
			t.Fatalf("%+v %v", rec, err)
		}
		status, body := post(w, c, "/visits/f-1", append([]string{"version", "9", "day", "2020-12-13"}, base[2:]...)...)
		if status != 409 || !strings.Contains(body, "2020-12-14") {
			t.Errorf("an old version: %d", status)
		}
		if status, _ := post(w, c, "/visits/f-1", append([]string{"version", strconv.FormatInt(rec.Version, 10), "day", "2020-12-13"}, base[2:]...)...); status != 303 {
			t.Errorf("an edit: %d", status)
		}
		if status, _ := post(w, w.Client("stranger"), "/visits/f-1/retract", "reason", "x"); status != 404 {
			t.Errorf("a stranger: %d", status)
		}
		if status, _ := w.Do(c, w.Request("GET", "/api/v1/visits?sort=amount;DROP", "")); status != 400 {
			t.Errorf("an unknown filter: %d", status)
		}
	})
}

// TestPages_bothLanguages opens the pages: no text key shows itself, nothing of another county's is in them.
func TestPages_bothLanguages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		event, err := w.Field.HoldEvent(w.As("county"), field.Hold{Unit: "520602", Name: "推介会", Kind: "promotion", Day: "2020-12-15"})
		if err != nil {
			t.Fatal(err)
		}
		paths := []string{
			"/visits", "/visits?state=filed&month=2020-12", "/visits?state=returned", "/visits/new", "/visits/" + w.ID["visit"], "/visits/" + w.ID["visit"] + "/edit", "/tours", "/tours?as=waiting",
			"/tours?as=receiving", "/tours/new", "/tours/" + w.ID["tour"], "/tours/" + w.ID["tour"] + "/edit", "/events", "/events/new", "/events/" + event.ID, "/stations", "/stations/deployments/new",
		}
		county, neighbour := w.Client("county"), w.Client("neighbour")
		for _, path := range paths {
			for _, lang := range []string{"zh", "en"} {
				sep := "?"
				if strings.Contains(path, "?") {
					sep = "&"
				}
				status, body := w.Do(county, w.Request("GET", path+sep+"lang="+lang, ""))
				if status != 200 {
					t.Errorf("%s: %d %.200s", path, status, body)
				}
				for _, key := range []string{">field.", ">station.", ">trail.", `"field.`} {
					if strings.Contains(body, key) {
						t.Errorf("%s in %s shows a key %s", path, lang, key)
					}
				}
			}
			status, body := w.Do(neighbour, w.Request("GET", path, ""))
			own := !strings.Contains(path, w.ID["visit"]) && !strings.Contains(path, w.ID["tour"]) && !strings.Contains(path, event.ID)
			if own && status != 200 || !own && status != 404 || strings.Contains(body, apptest.Canary) {
				t.Errorf("%s gives the neighbour %d, or what is not theirs", path, status)
			}
		}
		if status, body := w.Do(county, w.Request("GET", "/visits/companies?q=测试精密", "")); status != 200 || !strings.Contains(body, w.ID["company"]) {
			t.Errorf("the picker: %d %s", status, body)
		}
	})
}
