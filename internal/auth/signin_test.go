package auth

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
)

func TestSignIn_lockout(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser()
		wrongly := func(b *browser) (int, string) {
			return b.do("POST", "/api/v1/session", SignIn{Login: "officer", Password: "wrong"})
		}
		for i := range 5 {
			status, body := wrongly(b)
			if status != 401 || !strings.Contains(body, "wrong_sign_in") {
				t.Fatalf("try %d: %d %s", i+1, status, body)
			}
			left := []string{"再错 4 次", "再错 3 次", "再错 2 次", "再错 1 次", "已锁定 15 分钟"}[i]
			if !strings.Contains(body, left) {
				t.Errorf("try %d does not say %s: %s", i+1, left, body)
			}
			w.pass(time.Minute)
		}
		if status, body := b.signIn("officer", ""); status != 429 || !strings.Contains(body, "locked") {
			t.Errorf("the sixth try, with the right password, is %d %s", status, body)
		}
		if other := (&browser{w: w, from: "10.0.0.2:1"}); true {
			if status, body := other.signIn("officer", ""); status != 200 {
				t.Errorf("from elsewhere: %d %s", status, body)
			}
		}
		w.pass(14*time.Minute - time.Second)
		if status, _ := b.signIn("officer", ""); status != 429 {
			t.Errorf("a second before the time it is %d", status)
		}
		w.pass(time.Second)
		if status, body := b.signIn("officer", ""); status != 200 {
			t.Errorf("after 15 minutes it is %d %s", status, body)
		}
		if n := w.noted("session.refused"); n != 5 {
			t.Errorf("%d refusals noted, want 5", n)
		}
		wrongly(b)
		if status, body := wrongly(b); status != 401 || !strings.Contains(body, "再错 3 次") {
			t.Errorf("a success forgets the failures before it: %s", body)
		}
	})
}

// TestSignIn_unlock: the security administrator lets somebody in again.
func TestSignIn_unlock(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser()
		for range 5 {
			b.do("POST", "/api/v1/session", SignIn{Login: "officer", Password: "wrong"})
		}
		if _, err := w.Unlock(w.as("sysadmin"), AccountID{"officer"}); err == nil {
			t.Error("the system administrator unlocks")
		}
		if _, err := w.Unlock(w.as("secadmin"), AccountID{"officer"}); err != nil {
			t.Fatal(err)
		}
		b.mustSignIn("officer")
	})
}

// TestSignIn_alike: unknown, wrong and disabled cannot be told apart.
func TestSignIn_alike(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if _, err := w.Disable(w.as("secadmin"), AccountID{"editor"}); err != nil {
			t.Fatal(err)
		}
		w.seed(AddAccount{Login: "nopass", Name: "无密码", Roles: []Role{Officer}})
		var bodies []string
		for i, in := range []SignIn{
			{Login: "officer", Password: "wrong"},
			{Login: "nobody", Password: "wrong"},
			{Login: "admin'--", Password: "x"},
			{Login: "editor", Password: password},
			{Login: "nopass", Password: ""},
			{Login: "nopass", Password: noPassword},
			{Login: strings.Repeat("长", 90), Password: "x"},
			{Login: "", Password: ""},
		} {
			for range 6 { // until it is locked, and once more
				b := &browser{w: w, from: "10.0.1." + string(rune('0'+i)) + ":1"}
				status, body := b.do("POST", "/api/v1/session", in)
				bodies = append(bodies, body)
				if at := len(bodies) - 1; body != bodies[at%6] || status != map[bool]int{true: 429, false: 401}[at%6 == 5] {
					t.Errorf("%+v, try %d: %d %s", in, at%6+1, status, body)
				}
			}
		}
	})
}

func TestSignIn_source(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser()
		spray := func(n int) (status int) {
			for i := range n {
				status, _ = b.do("POST", "/api/v1/session", SignIn{Login: "user" + strings.Repeat("x", i), Password: "wrong"})
			}
			return status
		}
		if spray(20); w.waits != 0 {
			t.Errorf("delayed after %d failures", w.waits)
		}
		if status := spray(30); status != 401 || w.waits != 30 {
			t.Errorf("from the 21st on each is delayed: %d, %d waits", status, w.waits)
		}
		if status, body := b.signIn("officer", ""); status != 429 || !strings.Contains(body, "source_stopped") {
			t.Errorf("after 50 failures: %d %s", status, body)
		}
		w.pass(10 * time.Minute)
		b.mustSignIn("officer")
	})
}

// TestSignIn_sideBySide: tries at the same time get no more guesses than tries one after the other.
func TestSignIn_sideBySide(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var group sync.WaitGroup
		var mu sync.Mutex
		counted := map[int]int{}
		for range 30 {
			group.Go(func() {
				status, _ := w.browser().do("POST", "/api/v1/session", SignIn{Login: "officer", Password: "wrong"})
				mu.Lock()
				defer mu.Unlock()
				counted[status]++
			})
		}
		group.Wait()
		if counted[401]+counted[429]+counted[503] != 30 {
			t.Errorf("answers %v", counted)
		}
		if status, _ := w.browser().signIn("officer", ""); status != 429 {
			t.Errorf("then the right password is %d", status)
		}
	})
}

// TestSignIn_lockedMeanwhile: a right guess that looked at the lock before the failures were stored opens nothing.
func TestSignIn_lockedMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r, err := w.knock(t.Context(), "officer", password)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			_, err := w.SignIn(t.Context(), SignIn{Login: "officer", Password: "wrong"})
			want(t, err, "wrong_sign_in")
		}
		_, err = w.open(t.Context(), r, "")
		want(t, err, "locked")
	})
}

func TestSignIn_rehash(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.opt.Cost = Cost{Memory: 128, Passes: 2, Threads: 1}
		w.browser().mustSignIn("officer")
		w.opt.Cost = cheap
		err := w.DB.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			r, err := accountByName(ctx, tx, "officer")
			if !strings.Contains(r.Hash, "m=128,t=2") {
				t.Errorf("the hash is still %s", r.Hash)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.browser().mustSignIn("officer")
	})
}

// TestSignIn_raceWithReset: a password that was right a moment ago opens nothing after a reset.
func TestSignIn_raceWithReset(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r, err := w.knock(t.Context(), "officer", password)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Reset(w.as("sysadmin"), AccountID{"officer"}); err != nil {
			t.Fatal(err)
		}
		_, err = w.open(t.Context(), r, "")
		want(t, err, "stale")
	})
}

func TestSession_lifetimes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			login string
			idle  time.Duration
		}{{"officer", 30 * time.Minute}, {"county", 10 * time.Minute}, {"secadmin", 10 * time.Minute}} {
			b := w.browser().mustSignIn(c.login)
			w.pass(c.idle - time.Second)
			if !b.in() {
				t.Errorf("%s is out a second early", c.login)
			}
			w.pass(c.idle + time.Second)
			if b.in() {
				t.Errorf("%s is still in after idling", c.login)
			}
		}
		b := w.browser().mustSignIn("officer")
		for range 35 {
			w.pass(20 * time.Minute)
			if !b.in() {
				t.Fatal("out although in use")
			}
		}
		w.pass(20*time.Minute - time.Second)
		if !b.in() {
			t.Error("out before 12 hours")
		}
		w.pass(2 * time.Second)
		if b.in() {
			t.Error("in after 12 hours")
		}
		b = w.browser().mustSignIn("officer")
		w.pass(-time.Hour)
		if b.in() {
			t.Error("a clock set back makes sessions immortal")
		}
	})
}

func TestSession_fixationAndReuse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser()
		b.cookie = "chosen-by-an-attacker"
		b.mustSignIn("officer")
		if b.cookie == "chosen-by-an-attacker" {
			t.Error("the id did not change at sign-in")
		}
		first := b.cookie
		b.mustSignIn("officer")
		if old := (&browser{w: w, cookie: first, from: "10.0.0.9:1"}); old.in() {
			t.Error("the session that came with the sign-in still works")
		}
		second := b.cookie
		if status, body := b.do("DELETE", "/api/v1/session", nil); status != 200 {
			t.Fatal(status, body)
		}
		if b.cookie != "" || (&browser{w: w, cookie: second, from: "10.0.0.9:1"}).in() {
			t.Error("the session works after signing out")
		}
		// the stored id is a digest: what is in the database is no cookie
		b.mustSignIn("officer")
		if (&browser{w: w, cookie: digest(b.cookie), from: "10.0.0.9:1"}).in() {
			t.Error("the stored id is the secret")
		}
	})
}

func TestSession_atMostThree(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var all []*browser
		for range 4 {
			all = append(all, w.browser().mustSignIn("officer"))
			w.pass(time.Second)
		}
		for i, b := range all {
			if b.in() != (i > 0) {
				t.Errorf("session %d is in: %v", i, i == 0)
			}
		}
		status, body := all[3].do("GET", "/api/v1/account/sessions", nil)
		if status != 200 || strings.Count(body, `"id"`) != 3 || strings.Count(body, `"current":true`) != 1 {
			t.Error(status, body)
		}
		if status, _ := all[3].do("DELETE", "/api/v1/account/sessions/"+digest(all[1].cookie), nil); status != 200 || all[1].in() {
			t.Error("a session of one's own cannot be ended", status)
		}
		stranger := w.browser().mustSignIn("editor")
		if status, _ := stranger.do("DELETE", "/api/v1/account/sessions/"+digest(all[2].cookie), nil); status != 404 || !all[2].in() {
			t.Error("somebody else ended the session", status)
		}
	})
}

func TestGuard_revocation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		issued, err := w.IssueToken(w.as("officer"), NewToken{Name: "测试"})
		if err != nil {
			t.Fatal(err)
		}
		token := &browser{w: w, bearer: issued.Secret, from: "10.0.0.3:1"}
		b := w.browser().mustSignIn("officer")
		if !b.in() || !token.in() {
			t.Fatal("not in")
		}
		if _, err := w.Grant(w.as("secadmin"), Grant{ID: "officer", Roles: []Role{Editor}, Unit: "520000"}); err != nil {
			t.Fatal(err)
		}
		for _, x := range []*browser{b, token} {
			if _, body := x.do("GET", "/api/v1/session", nil); !strings.Contains(body, "bulletin.draft") || strings.Contains(body, "visit.create") {
				t.Errorf("the new roles do not hold at the next request: %s", body)
			}
		}
		if _, err := w.Disable(w.as("secadmin"), AccountID{"officer"}); err != nil {
			t.Fatal(err)
		}
		if b.in() || token.in() {
			t.Error("a disabled account is in")
		}
		if _, err := w.Enable(w.as("secadmin"), AccountID{"officer"}); err != nil {
			t.Fatal(err)
		}
		if b.in() || token.in() {
			t.Error("what was ended lives again when the account is opened")
		}
		b.mustSignIn("officer")
		if _, err := w.Reset(w.as("sysadmin"), AccountID{"officer"}); err != nil {
			t.Fatal(err)
		}
		if b.in() {
			t.Error("in after a reset")
		}
	})
}

func TestGuard_routes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, rt := range w.mux.Routes() {
			if rt.Public || !strings.HasPrefix(rt.Pattern, "/api/") {
				continue
			}
			path := strings.ReplaceAll(rt.Pattern, "{id}", "officer")
			if status, body := w.browser().do(rt.Method, path, nil); status != 401 {
				t.Errorf("a stranger at %s %s: %d %s", rt.Method, path, status, body)
			}
			if (&browser{w: w, bearer: "zd_no", from: "10.0.0.3:1"}).in() {
				t.Error("a made-up token is in")
			}
			if strings.HasPrefix(rt.Perm, "user.") {
				b := w.browser().mustSignIn("province")
				if status, body := b.do(rt.Method, path, map[string]any{}); status != 403 && status != 422 {
					t.Errorf("province at %s %s: %d %s", rt.Method, path, status, body)
				}
			}
		}
	})
}

// TestGuard_bearerAlone: a header that does not hold is refused even beside a good cookie.
func TestGuard_bearerAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser().mustSignIn("officer")
		b.bearer = "zd_wrong"
		if b.in() {
			t.Error("the cookie helped a wrong token out")
		}
		b.bearer, b.cookie = "", ""
		issued, err := w.IssueToken(w.as("county"), NewToken{Name: "同步", Days: 2})
		if err != nil {
			t.Fatal(err)
		}
		b.bearer = issued.Secret
		if _, body := b.do("GET", "/api/v1/session", nil); !strings.Contains(body, `"login":"county"`) {
			t.Error(body)
		}
		if status, body := b.do("POST", "/api/v1/account/tokens", NewToken{Name: "再来"}); status != http.StatusForbidden {
			t.Errorf("a token made a token: %d %s", status, body)
		}
		w.pass(48*time.Hour - time.Second)
		if !b.in() {
			t.Error("the token ended early")
		}
		w.pass(time.Second)
		if b.in() {
			t.Error("the token outlives its time")
		}
	})
}

func TestGuard_passwordFirst(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		added, err := w.Add(audit.With(t.Context(), audit.System("")), AddAccount{Login: "newcomer", Name: "新人", Unit: "520600", Roles: []Role{SysAdmin}})
		if err != nil {
			t.Fatal(err)
		}
		b := w.browser()
		status, body := b.do("POST", "/api/v1/session", SignIn{Login: "newcomer", Password: added.Password})
		if status != 200 || !strings.Contains(body, `"needs":"change_password"`) || strings.Contains(body, "user.create") {
			t.Fatal(status, body)
		}
		if status, body := b.do("GET", "/api/v1/accounts", nil); status != 403 || !strings.Contains(body, "change_password") {
			t.Errorf("before the change: %d %s", status, body)
		}
		if status, body := b.do("POST", "/api/v1/account/password", ChangePassword{Old: "wrong", New: password}); status != 422 {
			t.Errorf("with a wrong old one: %d %s", status, body)
		}
		before := b.cookie
		if status, body := b.do("POST", "/api/v1/account/password", ChangePassword{Old: added.Password, New: password}); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		if b.cookie == before || !b.in() {
			t.Error("the session is not renewed with the password")
		}
		if status, body := b.do("GET", "/api/v1/accounts", nil); status != 200 {
			t.Errorf("after the change: %d %s", status, body)
		}
	})
}
