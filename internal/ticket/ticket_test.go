package ticket_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/ticket"
	"zhudian/internal/verify"
)

func file(t *testing.T, w *apptest.World, login string) ticket.Ticket {
	t.Helper()
	in := ticket.File{Kind: "land", Title: "标准厂房不够用", Text: "二期设备月底到，缺两千平方米厂房。", Unit: "520602"}
	if login != "investor" {
		in.Company = w.ID["company"]
	}
	out, err := w.Ticket.File(w.As(login), in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func figure(t *testing.T, w *apptest.World, code, book string) string {
	t.Helper()
	var out ledger.Figures
	err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = ledger.FiguresOf(ctx, tx, "", ledger.FiguresIn{Measure: []string{code}, Book: book, Through: "2021-12-31"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Figures[0].Value.String()
}

// step is one line of a table: who does what, and the code of the refusal, "" when it is taken.
type step struct {
	login string
	act   ticket.Act
	want  string
}

func walk(t *testing.T, w *apptest.World, id string, steps []step) {
	t.Helper()
	for _, x := range steps {
		x.act.ID = id
		_, err := w.Ticket.Take(w.As(x.login), x.act)
		if x.want == "" && err != nil || x.want != "" && !fault.Has(err, x.want) {
			t.Errorf("%s %s: %v, want %q", x.login, x.act.Kind, err, x.want)
		}
	}
}

// TestWalk: from the request to the figure, with everybody kept to their part.
func TestWalk(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		x := file(t, w, "investor")
		if x.DueOn != "2020-12-31" || x.FirstDueAt-x.FiledAt != (24*time.Hour).Microseconds() || x.Source != "account" || !strings.HasPrefix(x.Receipt, "FW-") || len(x.Receipt) != 14 {
			t.Errorf("%+v", x)
		}
		walk(t, w, x.ID, []step{
			{"neighbour", ticket.Act{Kind: "answer", Text: "不归我管"}, "not_found"},
			{"investor", ticket.Act{Kind: "answer", Text: "自己答"}, "not_allowed"},
			{"investor", ticket.Act{Kind: "rate", Rating: 5}, "wrong_state"},
			{"county", ticket.Act{Kind: "answer"}, "required"},
			{"county", ticket.Act{Kind: "answer", Text: "已安排专人对接。"}, ""},
			{"county", ticket.Act{Kind: "note", Text: "内部：" + apptest.Canary}, ""},
			{"county", ticket.Act{Kind: "handover", Unit: "520603", Text: "不在我县"}, "not_allowed"},
			{"city", ticket.Act{Kind: "handover", Unit: "440300", Text: "转深圳"}, "not_your_unit"},
			{"city", ticket.Act{Kind: "handover", Unit: "520602", Text: "原单位"}, "same_unit"},
			{"county", ticket.Act{Kind: "resolve", Text: "已调剂 2,100 平方米。", Version: 1}, "stale"},
			{"county", ticket.Act{Kind: "resolve", Text: "已调剂 2,100 平方米。"}, ""},
			{"county", ticket.Act{Kind: "close", Text: "不等了"}, "too_early"},
			{"county", ticket.Act{Kind: "rate", Rating: 5}, "not_allowed"},
			{"investor", ticket.Act{Kind: "rate", Rating: 6}, "out_of_range"},
			{"investor", ticket.Act{Kind: "rate", Rating: 5, Text: "很快"}, ""},
		})
		own, err := w.Ticket.Get(w.As("investor"), ticket.ByID{ID: x.ID})
		if err != nil || own.State != "closed" || len(own.Steps) != 4 || own.Claim != nil {
			t.Errorf("what the investor sees: %+v %v", own, err)
		}
		for _, st := range own.Steps {
			if st.Inside || st.Person != "" {
				t.Errorf("the investor sees %+v", st)
			}
		}
		if figure(t, w, "ticket.closed", "filed") != "1" || figure(t, w, "ticket.closed", "recognised") != "0" {
			t.Error("a closed request is filed and not yet recognised")
		}
		decide(t, w, x.Subject(), "city", "province")
		if got := [3]string{figure(t, w, "ticket.closed", "recognised"), figure(t, w, "ticket.in_time", "recognised"), figure(t, w, "ticket.satisfied", "recognised")}; got != [3]string{"1", "100.0", "100.0"} {
			t.Errorf("closed, in time, satisfied: %v", got)
		}
		walk(t, w, x.ID, []step{{"investor", ticket.Act{Kind: "reopen", Text: "又漏水"}, "counted"}})
	})
}

// TestReopen: before it is recognised a closed request can be reopened, and its claim ends.
func TestReopen(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		x := file(t, w, "investor")
		walk(t, w, x.ID, []step{
			{"county", ticket.Act{Kind: "resolve", Text: "已办。"}, ""},
			{"investor", ticket.Act{Kind: "rate", Rating: 2}, ""},
			{"investor", ticket.Act{Kind: "reopen", Text: "没解决"}, ""},
		})
		if got := figure(t, w, "ticket.closed", "filed"); got != "0" {
			t.Errorf("a reopened request still counts: %s", got)
		}
		walk(t, w, x.ID, []step{
			{"county", ticket.Act{Kind: "resolve", Text: "这次办了。"}, ""},
			{"investor", ticket.Act{Kind: "rate", Rating: 4}, ""},
		})
		if got := figure(t, w, "ticket.closed", "filed"); got != "1" {
			t.Errorf("closed again: %s", got)
		}
		w.Clock.Set(apptest.Now.AddDate(0, 0, 17))
		walk(t, w, x.ID, []step{{"investor", ticket.Act{Kind: "reopen", Text: "太晚"}, "too_late"}})
	})
}

// TestEscalate: upwards to the common superior, which hands it on; nobody stands above the province.
func TestEscalate(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		x := file(t, w, "county")
		walk(t, w, x.ID, []step{
			{"county", ticket.Act{Kind: "escalate", Text: "两县有争议"}, ""},
			{"county", ticket.Act{Kind: "answer", Text: "已不在我这里"}, "not_allowed"},
			{"city", ticket.Act{Kind: "handover", Unit: "520603", Text: "由万山办"}, ""},
			{"neighbour", ticket.Act{Kind: "escalate", Text: "办不了"}, ""},
			{"city", ticket.Act{Kind: "escalate", Text: "要省里定"}, ""},
			{"province", ticket.Act{Kind: "escalate", Text: "再往上"}, "no_superior"},
			{"service", ticket.Act{Kind: "resolve", Text: "省里已定。"}, ""},
		})
		w.Clock.Set(apptest.Now.AddDate(0, 0, 8))
		walk(t, w, x.ID, []step{{"service", ticket.Act{Kind: "close", Text: "满七天没有评价"}, ""}})
		if got := figure(t, w, "ticket.satisfied", "filed"); got != "null" {
			t.Errorf("nobody rated, and yet: %s", got)
		}
	})
}

func TestScope(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		other := file(t, w, "county")
		mine := file(t, w, "investor")
		for _, in := range []ticket.Filter{{}, {State: "all"}, {Q: other.Receipt}, {Clock: "unanswered"}} {
			out, err := w.Ticket.List(w.As("investor"), in)
			for _, x := range out.Items {
				if x.ID != mine.ID {
					t.Errorf("%+v shows the investor another's request", in)
				}
			}
			if err != nil {
				t.Error(err)
			}
		}
		if _, err := w.Ticket.Get(w.As("investor"), ticket.ByID{ID: other.ID}); !fault.Has(err, "not_found") {
			t.Errorf("another's request: %v", err)
		}
		err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
			_, err := ticket.ByReceipt(ctx, tx, "FW-22222-22222")
			return err
		})
		if !fault.Has(err, "no_such_receipt") {
			t.Errorf("a guessed number: %v", err)
		}
	})
}

func TestPages(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	c := w.Client("investor")
	post := func(path string, form url.Values) (int, string) {
		r := w.Request("POST", path, form.Encode())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "text/html")
		return w.Do(c, r)
	}
	form := url.Values{"kind": {""}, "title": {"用电"}, "text": {"增容"}, "unit": {"520602"}}
	if status, body := post("/tickets", form); status != 422 || !strings.Contains(body, `id="f-kind-e"`) || !strings.Contains(body, "增容") {
		t.Fatalf("%d %.300s", status, body)
	}
	form.Set("kind", "energy")
	if status, body := post("/tickets", form); status != 303 {
		t.Fatalf("%d %.300s", status, body)
	}
	if status, body := w.Do(w.Client("service"), w.Request("GET", "/tickets/waiting", "")); status != 200 || !strings.Contains(body, "用电") {
		t.Errorf("the service desk's workbench: %d %.300s", status, body)
	}
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
