package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/portal"
)

// aged is a form that has stood long enough for a reader without scripts.
func aged(w *apptest.World, kind, title string) portal.Send {
	in := apptest.Letter(w, kind, title)
	w.Clock.Set(w.Clock.Now().Add(30 * time.Second))
	return in
}

// TestReceive_human: what no person sent is refused with words, and nothing of it is stored.
func TestReceive_human(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for _, x := range []struct {
			name   string
			change func(*portal.Send)
			code   string
		}{
			{"an input that people do not see", func(in *portal.Send) { in.Website = "https://x.example" }, "robot"},
			{"no form", func(in *portal.Send) { in.Token = "" }, "form_expired"},
			{"a form of its own making", func(in *portal.Send) { in.Token = "BBBB" + in.Token[4:] }, "form_expired"},
			{"as fast as no person types", func(in *portal.Send) { in.Token = w.Portal.Inbox.NewForm() }, "too_soon"},
			{"a proof of nothing", func(in *portal.Send) { in.Token, in.Proof = w.Portal.Inbox.NewForm(), "1" }, "too_soon"},
			{"no consent", func(in *portal.Send) { in.Consent = false }, "required"},
			{"no way to answer", func(in *portal.Send) { in.Phone = "" }, "required"},
			{"no telephone", func(in *portal.Send) { in.Phone = "12" }, "phone"},
			{"a kind that is none", func(in *portal.Send) { in.Kind = "gossip" }, "not_a_choice"},
		} {
			in := aged(w, "plan", "意向")
			x.change(&in)
			_, err := w.Portal.Inbox.Receive(t.Context(), in, "192.0.2.9")
			refused(t, x.name, err, x.code)
		}
		old := aged(w, "plan", "意向")
		w.Clock.Set(w.Clock.Now().Add(3 * time.Hour))
		_, err := w.Portal.Inbox.Receive(t.Context(), old, "192.0.2.9")
		refused(t, "a form of the morning", err, "form_expired")
		quick := apptest.Letter(w, "complaint", "投诉")
		quick.Firm, quick.Name, quick.Phone, quick.Proof = "", "", "", apptest.Proof(quick.Token)
		_, err = w.Portal.Inbox.Receive(t.Context(), quick, "192.0.2.9")
		refused(t, "with proof at once, and without a name", err, "")
		list, err := w.Portal.Inbox.List(w.As("service"), portal.DeskFilter{})
		must(t, err)
		if len(list.Items) != 1 || list.Items[0].Title != "投诉" {
			t.Errorf("stored: %+v", list.Items)
		}
	})
}

// TestReceive_once: who clicks twice gets the same number; another text by the same form gets none.
func TestReceive_once(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		in := aged(w, "plan", "意向")
		first, err := w.Portal.Inbox.Receive(t.Context(), in, "192.0.2.1")
		must(t, err)
		again, err := w.Portal.Inbox.Receive(t.Context(), in, "192.0.2.1")
		must(t, err)
		if first.Receipt == "" || again.Receipt != first.Receipt || first.DueOn != "2020-12-19" || first.Unit != "520602" {
			t.Errorf("%+v %+v", first, again)
		}
		in.Text = "另一件事"
		_, err = w.Portal.Inbox.Receive(t.Context(), in, "192.0.2.1")
		refused(t, "other words by the same form", err, "form_expired")
	})
}

// TestReceive_flood: a robot that posts a thousand times over HTTP, with proofs, gets ten of them in; each other one is told why.
func TestReceive_flood(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		var lock sync.Mutex
		answers := map[int]int{}
		var running sync.WaitGroup
		for range 4 {
			client := w.Client("")
			running.Go(func() {
				for range 250 {
					token := w.Portal.Inbox.NewForm()
					f := url.Values{"firm": {"f"}, "name": {"n"}, "phone": {"13900139000"}, "title": {"t"}, "text": {"x"}, "consent": {"true"}, "token": {token}, "proof": {apptest.Proof(token)}}
					r := w.Request("POST", "/portal/send/plan", f.Encode())
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					r.Header.Set("Accept", "text/html")
					status, body := w.Do(client, r)
					if status != http.StatusOK && !strings.Contains(body, "提交太多") {
						t.Errorf("%d without a word why", status)
					}
					lock.Lock()
					answers[status]++
					lock.Unlock()
				}
			})
		}
		running.Wait()
		if answers[http.StatusOK] != 10 || answers[http.StatusTooManyRequests] != 990 {
			t.Errorf("answers by status: %v", answers)
		}
		n := count(t, w, `SELECT count(*) FROM portal_inbox`)
		if n != 10 {
			t.Errorf("%d stored", n)
		}
		w.Clock.Set(w.Clock.Now().Add(2 * time.Hour))
		_, err := w.Portal.Inbox.Receive(t.Context(), aged(w, "plan", "次日"), "127.0.0.1")
		refused(t, "two hours later", err, "")
	})
}

// TestReceive_everywhere: many addresses together are let in so often and no more.
func TestReceive_everywhere(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		in := 0
		for i := range 320 {
			s := apptest.Letter(w, "plan", "意向")
			s.Proof = apptest.Proof(s.Token)
			_, err := w.Portal.Inbox.Receive(t.Context(), s, fmt.Sprintf("2001:db8:%x::1", i))
			if err == nil {
				in++
				continue
			}
			refused(t, "one of too many", err, "too_many")
		}
		if in != 300 {
			t.Errorf("%d came in", in)
		}
	})
}

func count(t *testing.T, w *apptest.World, text string) (n int64) {
	t.Helper()
	must(t, w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = db.One[int64](ctx, tx, text)
		return err
	}))
	return n
}

// TestLook: a receipt number tells its sender where things stand and nobody what was sent; every wrong number is answered alike, and who
// guesses must wait, even with a right one.
func TestLook(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		i, err := w.Portal.Inbox.Receive(t.Context(), aged(w, "service", "用电"), "192.0.2.1")
		must(t, err)
		p, err := w.Portal.Inbox.Look(t.Context(), strings.ToLower(" "+i.Receipt), "192.0.2.1", "zh")
		must(t, err)
		if p.State != "new" || p.Unit != "碧江区" || p.Request != nil {
			t.Errorf("%+v", p)
		}
		_, err = w.Portal.Inbox.Accept(w.As("service"), portal.Accept{ID: i.ID, Kind: "energy"})
		must(t, err)
		p, err = w.Portal.Inbox.Look(t.Context(), i.Receipt, "192.0.2.1", "zh")
		must(t, err)
		if p.State != "accepted" || p.Request == nil || p.Request.State != "open" || p.Number == "" {
			t.Errorf("%+v", p)
		}
		if again, err := w.Portal.Inbox.Look(t.Context(), p.Number, "192.0.2.1", "zh"); err != nil || again.Request == nil {
			t.Errorf("by the number of the request: %+v %v", again, err)
		}
		var words []string
		for _, wrong := range []string{"TZ-AAAAA-AAAAA", i.Receipt[:len(i.Receipt)-1] + "I", i.ID, "' OR 1=1", "", "TZ-", "FW-22222-22222", "x", "y", "z"} {
			_, err := w.Portal.Inbox.Look(t.Context(), wrong, "192.0.2.7", "zh")
			refused(t, wrong, err, "no_such_receipt")
			words = append(words, fmt.Sprint(err))
		}
		for _, x := range words {
			if x != words[0] {
				t.Errorf("wrong numbers are told apart: %q %q", x, words[0])
			}
		}
		_, err = w.Portal.Inbox.Look(t.Context(), i.Receipt, "192.0.2.7", "zh")
		refused(t, "the eleventh, though right", err, "too_many")
		_, err = w.Portal.Inbox.Look(t.Context(), i.Receipt, "192.0.2.8", "zh")
		refused(t, "from another address", err, "")
		w.Clock.Set(w.Clock.Now().Add(time.Hour))
		_, err = w.Portal.Inbox.Look(t.Context(), i.Receipt, "192.0.2.7", "zh")
		refused(t, "an hour later", err, "")
	})
}

// TestLook_page: the page of a receipt shows neither the words nor the sender.
func TestLook_page(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		i, err := w.Portal.Inbox.Receive(t.Context(), aged(w, "plan", "意向"), "192.0.2.1")
		must(t, err)
		client := w.Client("")
		ask := func(number string) (int, string) {
			r := w.Request("POST", "/portal/receipt", url.Values{"number": {number}}.Encode())
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Accept", "text/html")
			return w.Do(client, r)
		}
		status, body := ask(i.Receipt)
		if status != http.StatusOK || !strings.Contains(body, "待处理") || strings.Contains(body, apptest.Canary) || strings.Contains(body, "来件人") || strings.Contains(body, "13900139000") {
			t.Errorf("%d %.2000s", status, body)
		}
		if status, body := ask("TZ-AAAAA-AAAAA"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "没有这个回执号") {
			t.Errorf("%d %.500s", status, body)
		}
	})
}

// TestDesk: those it was sent to see an item, others do not; a plan becomes a lead that somebody else judges, the rest a request; what was
// decided is decided.
func TestDesk(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		send := func(kind, unit string) portal.Item {
			in := aged(w, kind, kind)
			in.Unit = unit
			i, err := w.Portal.Inbox.Receive(t.Context(), in, "192.0.2.1")
			must(t, err)
			return i
		}
		plan, complaint, province := send("plan", "520602"), send("complaint", "520602"), send("service", "")
		for login, want := range map[string]int{"service": 3, "province": 3, "city": 2, "county": 2, "neighbour": 0} {
			list, err := w.Portal.Inbox.List(w.As(login), portal.DeskFilter{})
			must(t, err)
			if len(list.Items) != want {
				t.Errorf("%s sees %d, want %d", login, len(list.Items), want)
			}
			for _, i := range list.Items {
				if i.Phone != "139****9000" {
					t.Errorf("%s sees the telephone %q", login, i.Phone)
				}
			}
		}
		_, err := w.Portal.Inbox.List(w.As("officer"), portal.DeskFilter{})
		refused(t, "an officer", err, "not_allowed")
		_, err = w.Portal.Inbox.Get(w.As("neighbour"), portal.ItemID{ID: plan.ID})
		refused(t, "the neighbour county", err, "not_found")
		_, err = w.Portal.Inbox.Accept(w.As("county"), portal.Accept{ID: province.ID, Kind: "land"})
		refused(t, "a county takes what was sent to the province", err, "not_found")
		_, err = w.Portal.Inbox.Accept(w.As("county"), portal.Accept{ID: plan.ID, NewName: "来件企业有限公司"})
		refused(t, "a lead without an industry", err, "unknown_industry")
		_, err = w.Portal.Inbox.Accept(w.As("county"), portal.Accept{ID: plan.ID, Industry: "39"})
		refused(t, "a lead without a company", err, "unknown_company")
		done, err := w.Portal.Inbox.Accept(w.As("county"), portal.Accept{ID: plan.ID, NewName: "来件企业有限公司", Industry: "39", Text: "建一条产线", Keep: true})
		must(t, err)
		if !strings.HasPrefix(done.Outcome, "lead/") || !strings.HasPrefix(done.OutcomeNo, "XS-2020-") || done.State != "accepted" {
			t.Errorf("%+v", done)
		}
		_, err = w.Portal.Inbox.Accept(w.As("county"), portal.Accept{ID: plan.ID, NewName: "来件企业有限公司", Industry: "39"})
		refused(t, "twice", err, "decided")
		if n := count(t, w, `SELECT count(*) FROM company_contact WHERE source = 'portal'`); n != 1 {
			t.Errorf("%d contacts kept", n)
		}
		_, err = w.Portal.Inbox.Refuse(w.As("city"), portal.Refuse{ID: complaint.ID})
		refused(t, "a refusal without a word", err, "required")
		_, err = w.Portal.Inbox.Refuse(w.As("city"), portal.Refuse{ID: complaint.ID, Version: 9, Reason: "重复"})
		refused(t, "what was not seen", err, "stale")
		_, err = w.Portal.Inbox.Refuse(w.As("city"), portal.Refuse{ID: complaint.ID, Reason: "与另一件重复，已并案办理"})
		must(t, err)
		p, err := w.Portal.Inbox.Look(t.Context(), complaint.Receipt, "192.0.2.1", "zh")
		if err != nil || p.State != "refused" || p.Reason != "与另一件重复，已并案办理" {
			t.Errorf("%+v %v", p, err)
		}
	})
}

// TestErase: nothing that a sender wrote stands in the database in clear, not in the trail either; once erased nobody can read it, and the
// receipt still says what became of it.
func TestErase(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		i, err := w.Portal.Inbox.Receive(t.Context(), aged(w, "complaint", "标题"+apptest.Canary), "192.0.2.1")
		must(t, err)
		var dump strings.Builder
		must(t, w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
			_, err := db.Dump(ctx, tx, &dump)
			return err
		}))
		for _, line := range strings.Split(dump.String(), "\n") {
			if strings.Contains(line, i.ID) && (strings.Contains(line, apptest.Canary) || strings.Contains(line, "139001") || strings.Contains(line, "来件人")) {
				t.Errorf("in clear: %s", line)
			}
		}
		full, err := w.Portal.Inbox.Reveal(w.As("service"), portal.ItemID{ID: i.ID})
		if err != nil || full.Phone != "13900139000" {
			t.Errorf("%+v %v", full, err)
		}
		_, err = w.Portal.Inbox.Erase(w.As("service"), portal.Erase{ID: i.ID, Reason: "本人要求"})
		refused(t, "what nobody decided", err, "undecided")
		_, err = w.Portal.Inbox.Refuse(w.As("service"), portal.Refuse{ID: i.ID, Reason: "请向信访部门反映"})
		must(t, err)
		_, err = w.Portal.Inbox.Erase(w.As("county"), portal.Erase{ID: i.ID, Reason: "本人要求"})
		refused(t, "by a county", err, "not_allowed")
		_, err = w.Portal.Inbox.Erase(w.As("service"), portal.Erase{ID: i.ID})
		refused(t, "without a ground", err, "required")
		_, err = w.Portal.Inbox.Erase(w.As("service"), portal.Erase{ID: i.ID, Reason: "本人要求"})
		must(t, err)
		gone, err := w.Portal.Inbox.Get(w.As("service"), portal.ItemID{ID: i.ID})
		if err != nil || !gone.Erased || gone.Letter != (portal.Letter{}) {
			t.Errorf("%+v %v", gone, err)
		}
		_, err = w.Portal.Inbox.Reveal(w.As("service"), portal.ItemID{ID: i.ID})
		refused(t, "look at who was erased", err, "erased")
		if n := count(t, w, `SELECT count(*) FROM portal_key`); n != 0 {
			t.Errorf("%d keys are left", n)
		}
		p, err := w.Portal.Inbox.Look(t.Context(), i.Receipt, "192.0.2.1", "zh")
		if err != nil || p.State != "refused" {
			t.Errorf("%+v %v", p, err)
		}
	})
}

// TestReveal_limit: the thirty people a day are of the inbox and the library together.
func TestReveal_limit(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		i, err := w.Portal.Inbox.Receive(t.Context(), aged(w, "plan", "意向"), "192.0.2.1")
		must(t, err)
		for range 30 {
			_, err := w.Portal.Inbox.Reveal(w.As("service"), portal.ItemID{ID: i.ID})
			must(t, err)
		}
		_, err = w.Portal.Inbox.Reveal(w.As("service"), portal.ItemID{ID: i.ID})
		refused(t, "the thirty-first", err, "reveal_limit")
	})
}

// TestSweep: what was refused is erased once it was kept as long as the setting says, and nothing else is; the receipt
// still answers, and the trail says why without saying whose.
func TestSweep(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		inbox := w.Portal.Inbox
		item := map[string]portal.Item{}
		for _, name := range []string{"refused", "waits", "taken", "refused later"} {
			i, err := inbox.Receive(t.Context(), aged(w, "service", name), "192.0.2.1")
			must(t, err)
			item[name] = i
		}
		no := func(name string) {
			_, err := inbox.Refuse(w.As("service"), portal.Refuse{ID: item[name].ID, Reason: "不属于投资者诉求"})
			must(t, err)
		}
		no("refused")
		_, err := inbox.Accept(w.As("service"), portal.Accept{ID: item["taken"].ID, Kind: "energy"})
		must(t, err)
		if _, body := w.Do(w.Client("service"), w.Request("GET", "/admin/inbox/"+item["refused"].ID, "")); !strings.Contains(body, "2021-01-15") {
			t.Error("the page does not say until when it is kept")
		}
		for _, x := range []struct {
			name string
			days int
			gone int
		}{{"the day before", 29, 0}, {"the day after", 2, 1}, {"again", 0, 0}, {"with a longer time", 20, 0}} {
			w.Clock.Set(w.Clock.Now().AddDate(0, 0, x.days))
			if x.name == "the day after" {
				no("refused later")
			}
			if x.name == "with a longer time" {
				must(t, w.DB.Write(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
					return db.SetSetting(ctx, tx, portal.KeepDays.Key, "60")
				}))
				w.Clock.Set(w.Clock.Now().AddDate(0, 0, 20))
			}
			if n, err := inbox.Sweep(context.Background()); err != nil || n != x.gone {
				t.Errorf("%s: %d erased, want %d, %v", x.name, n, x.gone, err)
			}
		}
		for name, gone := range map[string]bool{"refused": true, "waits": false, "taken": false, "refused later": false} {
			got, err := inbox.Get(w.As("service"), portal.ItemID{ID: item[name].ID})
			if err != nil || got.Erased != gone {
				t.Errorf("%s: erased %v, %v", name, got.Erased, err)
			}
		}
		if p, err := inbox.Look(t.Context(), item["refused"].Receipt, "192.0.2.1", "zh"); err != nil || p.State != "refused" {
			t.Errorf("%+v %v", p, err)
		}
		if n := count(t, w, `SELECT count(*) FROM audit_record WHERE action = 'inbox.expire'`); n != 1 {
			t.Errorf("%d records of it", n)
		}
	})
}
