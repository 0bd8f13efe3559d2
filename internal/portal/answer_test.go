package portal_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/portal"
	"zhudian/internal/verify"
)

// linked is the code of the world's visit.
func linked(t *testing.T, w *apptest.World) string {
	t.Helper()
	v, err := w.Field.MakeVouch(w.As("officer"), field.ByID{ID: w.ID["visit"]})
	must(t, err)
	return v.Code
}

// TestAnswerVisit: the company confirms, corrects and asks for silence, once; the staff side takes it over.
func TestAnswerVisit(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		ctx, in := t.Context(), portal.VisitAnswer{Code: linked(t, w), Confirmed: true, NoContact: true, Name: "深圳市测试精密有限公司", Address: "深圳市南山区新址一号", Text: "请找行政部"}
		if again, err := w.Field.MakeVouch(w.As("officer"), field.ByID{ID: w.ID["visit"]}); err != nil || again.Code != in.Code {
			t.Errorf("asked for twice, the link is another: %+v %v", again, err)
		}
		if _, err := w.Field.MakeVouch(w.As("stranger"), field.ByID{ID: w.ID["visit"]}); !fault.Has(err, "not_found") {
			t.Errorf("another county makes a link: %v", err)
		}
		must(t, w.Portal.Inbox.AnswerVisit(ctx, in, "192.0.2.1"))
		refused(t, "answered twice", w.Portal.Inbox.AnswerVisit(ctx, in, "192.0.2.1"), "link_over")
		for range 2 {
			_, err := w.Portal.Inbox.TakeAnswers(ctx)
			must(t, err)
		}
		rec, err := w.Field.GetVisit(w.As("officer"), field.ByID{ID: w.ID["visit"]})
		must(t, err)
		if !rec.Claim.Vouched() || !rec.Vouch.Confirmed || rec.Vouch.Code != "" || rec.Vouch.Suggest == nil || *rec.Vouch.Suggest != (field.Suggestion{Address: in.Address, Text: in.Text}) {
			t.Errorf("taken over: %+v %+v", rec.Claim, rec.Vouch)
		}
		if _, err := w.Field.PlanErrand(w.As("officer"), field.NewErrand{Team: "shenzhen.520602", Company: w.ID["company"], Day: "2020-12-18"}); !fault.Has(err, "no_contact") {
			t.Errorf("planned all the same: %v", err)
		}
		if list, err := w.Field.WaitingVouches(w.As("officer"), struct{}{}); err != nil || len(list.Items) != 1 {
			t.Errorf("%+v %v", list, err)
		}
		_, err = w.Field.SettleVouch(w.As("officer"), field.SettleVouch{ID: w.ID["visit"], Adopt: true})
		must(t, err)
		_, err = w.Field.SettleVouch(w.As("officer"), field.SettleVouch{ID: w.ID["visit"]})
		refused(t, "settled twice", err, "nothing_waits")
		firm, err := w.Company.Get(w.As("officer"), company.ByID{ID: w.ID["company"]})
		if err != nil || firm.Address != in.Address || firm.Silence == nil {
			t.Errorf("the library: %+v %v", firm, err)
		}
		must(t, w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
			n, err := db.One[int64](ctx, tx, `SELECT (SELECT count(*) FROM field_vouch_key) + (SELECT count(*) FROM field_vouch WHERE sealed <> '') + (SELECT count(*) FROM portal_answer WHERE sealed <> '')`)
			if n != 0 {
				t.Errorf("%d pieces of what the company wrote are left", n)
			}
			return err
		}))
		_, err = w.Company.BreakSilence(w.As("officer"), company.BreakSilence{ID: firm.ID, Reason: "企业主动来访"})
		must(t, err)
		if _, err = w.Company.BreakSilence(w.As("officer"), company.BreakSilence{ID: firm.ID, Reason: "再来"}); !fault.Has(err, "not_silent") {
			t.Errorf("broken twice: %v", err)
		}
	})
}

// TestAnswerVisit_edited: what was confirmed is what was said then, not what it was changed to.
func TestAnswerVisit_edited(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		must(t, w.Portal.Inbox.AnswerVisit(t.Context(), portal.VisitAnswer{Code: linked(t, w), Confirmed: true}, "192.0.2.1"))
		_, err := w.Portal.Inbox.TakeAnswers(t.Context())
		must(t, err)
		rec, err := w.Field.GetVisit(w.As("officer"), field.ByID{ID: w.ID["visit"]})
		must(t, err)
		rec, err = w.Field.EditVisit(w.As("officer"), field.EditVisit{Version: rec.Version, Record: field.Record{ID: rec.ID, Team: rec.Team, Company: rec.Company, Day: "2020-12-14", Way: rec.Way, Said: rec.Said, Intent: "A"}})
		if err != nil || rec.Claim.Vouched() {
			t.Errorf("confirmed still: %+v %v", rec.Claim, err)
		}
	})
}

// TestAnswerVisit_refusals: a wrong link, one that expired and one that guesses learn nothing.
func TestAnswerVisit_refusals(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		code := linked(t, w)
		refused(t, "nothing said", w.Portal.Inbox.AnswerVisit(t.Context(), portal.VisitAnswer{Code: code}, "192.0.2.1"), "required")
		refused(t, "too much said", w.Portal.Inbox.AnswerVisit(t.Context(), portal.VisitAnswer{Code: code, Text: strings.Repeat("长", 501)}, "192.0.2.1"), "too_long")
		for range 10 {
			_, err := w.Portal.Inbox.Visit(t.Context(), w.DB, "AAAAAAAAAAAAAAAA", "192.0.2.7")
			refused(t, "a code of one's own", err, "link_over")
		}
		_, err := w.Portal.Inbox.Visit(t.Context(), w.DB, code, "192.0.2.7")
		refused(t, "who guesses", err, "too_many")
		if _, err = w.Portal.Inbox.Visit(t.Context(), w.DB, code, "192.0.2.8"); err != nil {
			t.Errorf("who does not: %v", err)
		}
		w.Clock.Set(w.Clock.Now().Add(15 * 24 * time.Hour))
		_, err = w.Portal.Inbox.Visit(t.Context(), w.DB, code, "192.0.2.8")
		refused(t, "a fortnight later", err, "link_over")
		if fresh := linked(t, w); fresh == code || len(fresh) != 16 {
			t.Errorf("a fresh link: %s", fresh)
		}
	})
}

// TestAnswerVisit_page: the page says what the company knows itself and nothing of the talk, and works as a form.
func TestAnswerVisit_page(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	code := linked(t, w)
	nobody := w.Client("")
	status, page := w.Do(nobody, w.Request("GET", "/portal/visit/"+code, ""))
	if status != http.StatusOK || !strings.Contains(page, "深圳市测试精密有限公司") || strings.Contains(page, apptest.Canary) || strings.Contains(page, w.ID["visit"]) {
		t.Errorf("%d, or the page says too much", status)
	}
	r := w.Request("POST", "/portal/visit/"+code, "confirmed=true")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if status, page = w.Do(nobody, r); status != http.StatusOK || !strings.Contains(page, "收到，谢谢") {
		t.Errorf("sent: %d", status)
	}
	if status, _ = w.Do(nobody, w.Request("GET", "/portal/visit/"+code, "")); status != http.StatusNotFound {
		t.Errorf("after the answer: %d", status)
	}
	_, err := w.Portal.Inbox.TakeAnswers(t.Context())
	must(t, err)
	for login, want := range map[string]string{"officer": "/visits/" + w.ID["visit"], "branch": "/verify/of?claim="} {
		path := want
		if login == "branch" {
			must(t, w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
				c, _, err := verify.ClaimOf(ctx, tx, "visit/"+w.ID["visit"])
				path += c.ID
				return err
			}))
		}
		if _, page := w.Do(w.Client(login), w.Request("GET", path, "")); !strings.Contains(page, "企业已确认") {
			t.Errorf("%s does not see that the company confirmed", login)
		}
	}
}
