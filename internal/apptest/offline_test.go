package apptest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/field/offline"
)

// uuid is an id as a phone makes it, told apart by numbers.
func uuid(kind, n int) string { return fmt.Sprintf("01766b00-%04x-7000-8000-%012x", kind, n) }

// sealedBy puts the digest on a record, by the page's own rule: names in order, nothing escaped that need not be.
func sealedBy(t testing.TB, r offline.Record) offline.Record {
	t.Helper()
	sum, err := offline.Digest(r)
	if err != nil {
		t.Fatal(err)
	}
	r.Hash = sum
	return r
}

func personOf(w *apptest.World, login string) string {
	who, _ := audit.Who(w.As(login))
	return who.Person
}

// outing is what a phone recorded: companies met for the first time, people there, and visits to them.
func outing(t testing.TB, w *apptest.World, n int) []offline.Record {
	t.Helper()
	by := personOf(w, "officer")
	var out []offline.Record
	add := func(r offline.Record) {
		r.By, r.At = by, db.Micros(w.DB.Now())
		out = append(out, sealedBy(t, r))
	}
	for i := range n / 4 {
		firm, contact := uuid(1, i), uuid(2, i)
		add(offline.Record{ID: firm, Kind: "company", Body: map[string]any{"kind": "enterprise", "name": fmt.Sprintf("深圳市离线%04d电子有限公司", i), "address": "深圳市福田区"}})
		add(offline.Record{ID: contact, Kind: "contact", After: []string{firm}, Body: map[string]any{"company": firm, "name": fmt.Sprintf("王%d", i), "basis": "card"}})
		for k, day := range []string{"2020-12-14", "2020-12-15"} {
			add(offline.Record{ID: uuid(3+k, i), Kind: "visit", After: []string{firm, contact}, Body: map[string]any{
				"team": "shenzhen.520602", "company": firm, "contact": contact, "day": day, "way": "onsite", "said": "谈了厂房租约 <到期> & 用工\u2028，想看碧江。", "intent": "B",
			}})
		}
	}
	return out
}

// send sends records in batches and gives the receipts by id.
func send(ctx context.Context, t testing.TB, w *apptest.World, list []offline.Record, size int) map[string]offline.Receipt {
	t.Helper()
	out := map[string]offline.Receipt{}
	for part := range slices.Chunk(list, size) {
		got, err := w.Offline.Sync(ctx, offline.Batch{Now: db.Micros(time.Now()), Records: part})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Receipts) != len(part) {
			t.Fatalf("%d receipts for %d records", len(got.Receipts), len(part))
		}
		for _, r := range got.Receipts {
			out[r.ID] = r
		}
	}
	return out
}

func rowsOf(t testing.TB, w *apptest.World, table string) (n int64) {
	t.Helper()
	err := w.DB.Read(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = db.One[int64](ctx, tx, `SELECT count(*) FROM `+table)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestOffline_shuffled: a thousand records come in any order, some twice, whole batches again: there are exactly a thousand
// rows, and the same record has the same receipt, whatever its way.
func TestOffline_shuffled(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		ctx := w.As("officer")
		list := outing(t, w, 1000)
		before := rowsOf(t, w, "company_company") + rowsOf(t, w, "company_contact") + rowsOf(t, w, "field_visit")
		var first map[string]offline.Receipt
		for round := range 5 {
			dice := rand.New(rand.NewPCG(7, uint64(round))) //nolint:gosec // a test that repeats
			mixed := slices.Clone(list)
			for range 200 {
				mixed = append(mixed, list[dice.IntN(len(list))])
			}
			dice.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
			send(ctx, t, w, mixed, 100)
			got := send(ctx, t, w, list, 100)
			if first == nil {
				first = got
			}
			if !reflect.DeepEqual(first, got) {
				t.Fatalf("round %d: other receipts", round)
			}
		}
		for id, r := range first {
			if r.State != offline.Stored {
				t.Fatalf("%s: %+v", id, r)
			}
		}
		after := rowsOf(t, w, "company_company") + rowsOf(t, w, "company_contact") + rowsOf(t, w, "field_visit")
		if after-before != 1000 || rowsOf(t, w, "field_inbox") != 1000 {
			t.Errorf("%d rows and %d in the inbox, want 1000", after-before, rowsOf(t, w, "field_inbox"))
		}
	})
}

func visitOf(w *apptest.World, n int, said string) offline.Record {
	return offline.Record{ID: uuid(9, n), Kind: "visit", By: personOf(w, "officer"), At: db.Micros(w.DB.Now()), Body: map[string]any{
		"team": "shenzhen.520602", "company": w.ID["company"], "day": fmt.Sprintf("2020-12-%02d", n), "way": "onsite", "said": said, "intent": "B",
	}}
}

func one(ctx context.Context, t *testing.T, w *apptest.World, r offline.Record) offline.Receipt {
	t.Helper()
	return send(ctx, t, w, []offline.Record{r}, 1)[r.ID]
}

// TestOffline_twins: the same record fifty times at once is one row with fifty equal receipts; other content under its id is
// refused and changes nothing.
func TestOffline_twins(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		ctx := w.As("officer")
		r := sealedBy(t, visitOf(w, 10, "谈了厂房和用电，愿来看看。"))
		var mu sync.Mutex
		var got []offline.Receipt
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				out, err := w.Offline.Sync(ctx, offline.Batch{Now: db.Micros(time.Now()), Records: []offline.Record{r}})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				got = append(got, out.Receipts...)
			})
		}
		all.Wait()
		for _, x := range got {
			if len(got) != 50 || !reflect.DeepEqual(x, got[0]) || x.State != offline.Stored {
				t.Fatalf("%d receipts, one is %+v", len(got), x)
			}
		}
		other := r
		other.Body = map[string]any{"team": "shenzhen.520602", "company": w.ID["company"], "day": "2020-12-10", "way": "onsite", "said": "改过的内容，另一回事情。", "intent": "A"}
		if x := one(ctx, t, w, sealedBy(t, other)); x.State != offline.Conflict || x.Code != "id_reused" {
			t.Errorf("other content: %+v", x)
		}
		if n := rowsOf(t, w, "field_visit"); n != 2 {
			t.Errorf("%d visits, want that of the world and one", n)
		}
	})
}

// TestOffline_refusals: each bad record is refused by itself, with a reason, and stores nothing; the good one beside them is stored.
func TestOffline_refusals(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		ctx := w.As("officer")
		good := sealedBy(t, visitOf(w, 10, "谈了厂房和用电，愿来看看。"))
		alter := visitOf(w, 11, "谈了厂房和用电，愿来看看。")
		alter = sealedBy(t, alter)
		alter.Body["intent"] = "A"
		theirs := visitOf(w, 12, "谈了厂房和用电，愿来看看。")
		theirs.By = personOf(w, "stranger")
		unknown := visitOf(w, 13, "谈了厂房和用电，愿来看看。")
		unknown.Body["verified_by"] = "me"
		future := visitOf(w, 17, "谈了厂房和用电，愿来看看。")
		kind := visitOf(w, 14, "谈了厂房和用电，愿来看看。")
		kind.Kind = "money"
		short := visitOf(w, 9, "短")
		team := visitOf(w, 8, "谈了厂房和用电，愿来看看。")
		team.Body["team"] = "shenzhen.520603"
		id := visitOf(w, 7, "谈了厂房和用电，愿来看看。")
		id.ID = "../../etc/passwd"
		bad := map[string]offline.Record{
			"altered": alter, "not_yours": sealedBy(t, theirs), "unknown_field": sealedBy(t, unknown), "future_date": sealedBy(t, future),
			"unknown_kind": sealedBy(t, kind), "too_short": sealedBy(t, short), "not_your_team": sealedBy(t, team), "bad_id": sealedBy(t, id),
		}
		list := []offline.Record{good}
		for _, r := range bad {
			list = append(list, r)
		}
		got := send(ctx, t, w, list, 50)
		for code, r := range bad {
			x := got[r.ID]
			found := x.Code == code
			for _, f := range x.Errors {
				found = found || f.Code == code
			}
			if x.State != offline.Refused || !found || x.Detail == "" {
				t.Errorf("%s: %+v", code, x)
			}
		}
		if got[good.ID].State != offline.Stored || rowsOf(t, w, "field_inbox") != 1 {
			t.Errorf("the good one: %+v; %d in the inbox", got[good.ID], rowsOf(t, w, "field_inbox"))
		}
		mended := visitOf(w, 9, "现在写够了字数，谈了用工。")
		if x := one(ctx, t, w, sealedBy(t, mended)); x.State != offline.Stored {
			t.Errorf("mended under its id: %+v", x)
		}
	})
}

// TestOffline_clock: the phone's clock says 2099. The day that was recorded stays, and the record is marked for those who check it.
func TestOffline_clock(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		ctx := w.As("officer")
		r := visitOf(w, 10, "谈了厂房和用电，愿来看看。")
		r.At = 4_070_908_800_000_000
		r = sealedBy(t, r)
		out, err := w.Offline.Sync(ctx, offline.Batch{Now: r.At + 5_000_000, Records: []offline.Record{r}})
		if err != nil || out.Receipts[0].State != offline.Stored || !out.Receipts[0].Skewed {
			t.Fatalf("%v %+v", err, out)
		}
		v, err := w.Field.GetVisit(ctx, field.ByID{ID: r.ID})
		if err != nil || v.Day != "2020-12-10" || v.Skew < 3e8 {
			t.Fatalf("%v %+v", err, v)
		}
		w.Look()
		n := int64(0)
		err = w.DB.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			n, err = db.One[int64](ctx, tx, `SELECT count(*) FROM verify_finding WHERE claim_id = ? AND rule = 'R30'`, v.Claim.ID)
			return err
		})
		if err != nil || n != 1 {
			t.Errorf("%v, %d findings", err, n)
		}
	})
}

// TestOffline_held: what comes before what it builds on waits where the station lead sees it, is stored when that comes, or is
// applied or dropped by the lead. What it says is sealed meanwhile.
func TestOffline_held(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		ctx := w.As("officer")
		list := outing(t, w, 8)
		for _, i := range []int{3, 2, 7} {
			if x := one(ctx, t, w, list[i]); x.State != offline.Held || x.Code != "chain" {
				t.Fatalf("%+v", x)
			}
		}
		for _, login := range []string{"officer", "county"} {
			if _, err := w.Offline.HeldList(w.As(login), struct{}{}); !fault.Has(err, "not_allowed") {
				t.Errorf("as %s: %v", login, err)
			}
		}
		held, err := w.Offline.HeldList(w.As("captain"), struct{}{})
		if err != nil || len(held.Items) != 3 || held.Items[0].Missing != 2 {
			t.Fatalf("%v %+v", err, held)
		}
		err = w.DB.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			bodies, err := db.All[string](ctx, tx, `SELECT body FROM field_inbox`)
			if strings.Contains(strings.Join(bodies, ""), "谈了") || strings.Contains(strings.Join(bodies, ""), "onsite") {
				t.Error("what is held lies open")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Offline.ApplyHeld(w.As("captain"), offline.ByID{ID: list[7].ID}); !fault.Has(err, "held_refused") {
			t.Errorf("applied without its company: %v", err)
		}
		got := send(ctx, t, w, list[:2], 2) // the first chain is whole now
		if got[list[0].ID].State != offline.Stored || one(ctx, t, w, list[2]).State != offline.Stored || one(ctx, t, w, list[3]).State != offline.Stored {
			t.Errorf("%+v", got)
		}
		if _, err := w.Offline.DropHeld(w.As("captain"), offline.DropHeld{ID: list[7].ID}); !fault.Has(err, "required") {
			t.Errorf("dropped without a reason: %v", err)
		}
		if _, err := w.Offline.DropHeld(w.As("captain"), offline.DropHeld{ID: list[7].ID, Reason: "重复记录"}); err != nil {
			t.Error(err)
		}
		if x := one(ctx, t, w, list[7]); x.State != offline.Dropped || x.Detail != "重复记录" {
			t.Errorf("%+v", x)
		}
		w.Clock.Set(w.Clock.Now().Add(73 * 3600e9))
		lone := visitOf(w, 11, "它所依据的记录永远不会来。")
		lone.After = []string{uuid(8, 8)}
		lone = sealedBy(t, lone)
		if x := one(ctx, t, w, lone); x.State != offline.Held {
			t.Fatalf("%+v", x)
		}
		w.Clock.Set(w.Clock.Now().Add(73 * 3600e9))
		send(ctx, t, w, []offline.Record{sealedBy(t, visitOf(w, 12, "另一条走访记录，谈用工。"))}, 1)
		if x := one(ctx, t, w, lone); x.State != offline.Held && x.State != offline.Stored {
			t.Errorf("after 72 hours: %+v", x)
		}
		if v, err := w.Field.GetVisit(ctx, field.ByID{ID: lone.ID}); err != nil || v.Day != "2020-12-11" {
			t.Errorf("after 72 hours it is tried as it is: %v", err)
		}
	})
}

// TestOffline_change: two phones change one visit. Fields that only one of them changed are laid together; what both changed goes
// back with both values, and nothing is overwritten silently.
func TestOffline_change(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		ctx := w.As("officer")
		edit := func(n int, was, body map[string]any) offline.Receipt {
			body["id"] = w.ID["visit"]
			return one(ctx, t, w, sealedBy(t, offline.Record{ID: uuid(5, n), Kind: "visit", By: personOf(w, "officer"), At: 1, Base: 1, Was: was, Body: body}))
		}
		said := "谈了厂房和用电，" + apptest.Canary
		if x := edit(1, map[string]any{"intent": "B"}, map[string]any{"intent": "A"}); x.State != offline.Stored || x.Version != 2 {
			t.Fatalf("first: %+v", x)
		}
		if x := edit(2, map[string]any{"next_step": ""}, map[string]any{"next_step": "发资料"}); x.State != offline.Stored || x.Version != 3 {
			t.Fatalf("another field: %+v", x)
		}
		if x := edit(3, map[string]any{"intent": "B", "said": said}, map[string]any{"intent": "D", "said": said + " 又补充。"}); x.State != offline.Conflict || x.Theirs["intent"] != "A" || len(x.Theirs) != 1 || x.Version != 3 {
			t.Fatalf("both: %+v", x)
		}
		if x := edit(4, map[string]any{"intent": "B"}, map[string]any{"intent": "A"}); x.State != offline.Same {
			t.Errorf("nothing to change: %+v", x)
		}
		if x := edit(5, map[string]any{"team": ""}, map[string]any{"team": "shenzhen.520603"}); x.State != offline.Refused {
			t.Errorf("the team: %+v", x)
		}
		v, err := w.Field.GetVisit(ctx, field.ByID{ID: w.ID["visit"]})
		if err != nil || v.Intent != "A" || v.NextStep != "发资料" || v.Said != said {
			t.Errorf("%v %+v", err, v.Visit)
		}
		far := sealedBy(t, offline.Record{ID: uuid(5, 9), Kind: "visit", By: personOf(w, "stranger"), Base: 1, Was: map[string]any{"intent": "A"}, Body: map[string]any{"id": w.ID["visit"], "intent": "D"}})
		if x := one(w.As("stranger"), t, w, far); x.State != offline.Refused || x.Code != "not_found" {
			t.Errorf("a visit of another county: %+v", x)
		}
	})
}

// phone is a client that sends as an enrolled phone does.
func phone(t *testing.T, w *apptest.World, login string) (auth.Enrolled, func(method, path, body string) (int, string)) {
	t.Helper()
	status, text := w.Do(w.Client(login), w.Request("POST", "/api/v1/account/devices", "{}"))
	var got auth.Enrolled
	if err := json.Unmarshal([]byte(text), &got); err != nil || status != http.StatusCreated {
		t.Fatalf("%d %s", status, text)
	}
	return got, func(method, path, body string) (int, string) {
		r := w.Request(method, path, body)
		r.Header.Set("Authorization", "Bearer "+got.Secret)
		return w.Do(w.Client(""), r)
	}
}

// TestOffline_device: a phone may do what the field page needs and no more; a revoked one nothing, and it learns why.
func TestOffline_device(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		got, ask := phone(t, w, "officer")
		if status, text := ask("GET", "/api/v1/field/delta", ""); status != http.StatusOK || !strings.Contains(text, w.ID["company"]) {
			t.Fatalf("%d %.300s", status, text)
		}
		for _, path := range []string{"/api/v1/account/tokens", "/api/v1/projects", "/api/v1/account/devices", "/api/v1/ledger/entries"} {
			if status, text := ask("GET", path, ""); status != http.StatusForbidden {
				t.Errorf("%s: %d %.200s", path, status, text)
			}
		}
		if status, _ := ask("POST", "/api/v1/account/devices", "{}"); status != http.StatusForbidden {
			t.Errorf("a phone enrols another: %d", status)
		}
		if status, _ := w.Do(w.Client("stranger"), w.Request("POST", "/api/v1/account/devices", `{"id":"`+got.Device.ID+`"}`)); status != http.StatusNotFound {
			t.Errorf("somebody else's phone: %d", status)
		}
		state := "/api/v1/devices/" + got.Device.ID
		if _, text := w.Do(w.Client(""), w.Request("GET", state, "")); !strings.Contains(text, `"open"`) {
			t.Error(text)
		}
		if status, _ := w.Do(w.Client("stranger"), w.Request("DELETE", "/api/v1/account/devices/"+got.Device.ID, "")); status != http.StatusNotFound {
			t.Errorf("a stranger revokes it: %d", status)
		}
		if status, _ := w.Do(w.Client("officer"), w.Request("DELETE", "/api/v1/account/devices/"+got.Device.ID, "")); status != http.StatusOK {
			t.Errorf("revoke: %d", status)
		}
		if status, text := ask("POST", "/api/v1/field/sync", `{"now":1,"records":[]}`); status != http.StatusUnauthorized || !strings.Contains(text, "device_revoked") {
			t.Errorf("%d %s", status, text)
		}
		if _, text := w.Do(w.Client(""), w.Request("GET", state, "")); !strings.Contains(text, `"revoked"`) {
			t.Error(text)
		}
	})
}

// TestOffline_delta: the second download is the difference; what left the scope is named to be forgotten; another county's records
// never come; people come masked.
func TestOffline_delta(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Live()
		ctx := w.As("officer")
		whole, err := w.Offline.Download(ctx, offline.Since{})
		if err != nil || !whole.Reset || len(whole.Firms) == 0 || len(whole.Trips) == 0 || len(whole.People) != 1 || strings.Contains(whole.People[0].Phone, "0013800") {
			t.Fatalf("%v %+v", err, whole)
		}
		again, err := w.Offline.Download(ctx, offline.Since{Since: whole.Seq})
		if err != nil || again.Reset || again.Seq != whole.Seq || len(again.Firms)+len(again.Trips)+len(again.People)+len(again.Gone) != 0 {
			t.Fatalf("nothing changed: %v %+v", err, again)
		}
		r := sealedBy(t, visitOf(w, 10, "谈了厂房和用电，愿来看看。"))
		one(ctx, t, w, r)
		if _, err := w.Company.Erase(w.As("captain"), eraseOf(w.ID["contact"])); err != nil {
			t.Fatal(err)
		}
		next, err := w.Offline.Download(ctx, offline.Since{Since: whole.Seq})
		if err != nil || next.Reset || len(next.Trips) != 1 || next.Trips[0].ID != r.ID || !slices.Contains(next.Gone, w.ID["contact"]) {
			t.Fatalf("%v %+v", err, next)
		}
		lost, err := w.Offline.Download(ctx, offline.Since{Since: whole.Seq}) // the answer before never arrived
		if err != nil || lost.Reset || len(lost.Trips) != 1 || len(lost.Gone) != len(next.Gone) {
			t.Fatalf("%v %+v", err, lost)
		}
		other, err := w.Offline.Download(w.As("stranger"), offline.Since{})
		if raw, _ := json.Marshal(other); err != nil || strings.Contains(string(raw), apptest.Canary) || strings.Contains(string(raw), w.ID["visit"]) {
			t.Errorf("%v %s", err, raw)
		}
		if old, err := w.Offline.Download(ctx, offline.Since{Since: 999}); err != nil || !old.Reset {
			t.Errorf("an unknown cursor: %v %+v", err, old.Reset)
		}
	})
}

func eraseOf(contact string) company.Erase { return company.Erase{ID: contact, Reason: "本人要求"} }

// TestOffline_overdue: the server tries by itself what waited for 72 hours, once; what a rule refuses stays held.
func TestOffline_overdue(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		ctx := w.As("officer")
		lone, orphan := visitOf(w, 11, "它所依据的记录永远不会来。"), outing(t, w, 4)[3]
		lone.After = []string{uuid(8, 8)}
		lone = sealedBy(t, lone)
		for _, r := range []offline.Record{lone, orphan} {
			if x := one(ctx, t, w, r); x.State != offline.Held {
				t.Fatalf("%+v", x)
			}
		}
		for i, wait := range []struct{ hours, stored int }{{71, 0}, {2, 1}, {0, 0}} {
			w.Clock.Set(w.Clock.Now().Add(time.Duration(wait.hours) * time.Hour))
			if n, err := w.Offline.ReleaseOverdue(t.Context()); err != nil || n != wait.stored {
				t.Errorf("%d: released %d, want %d: %v", i, n, wait.stored, err)
			}
		}
		if v, err := w.Field.GetVisit(ctx, field.ByID{ID: lone.ID}); err != nil || v.CreatedBy != w.Person("officer") {
			t.Errorf("the visit: %+v %v", v, err)
		}
		held, err := w.Offline.HeldList(w.As("captain"), struct{}{})
		if err != nil || len(held.Items) != 1 || held.Items[0].ID != orphan.ID || !held.Items[0].Overdue {
			t.Errorf("held still: %+v %v", held, err)
		}
		if x := one(ctx, t, w, lone); x.State != offline.Stored {
			t.Errorf("its phone comes back and is told %+v", x)
		}
	})
}
