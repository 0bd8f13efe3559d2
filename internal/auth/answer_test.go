package auth

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"zhudian/internal/db"
)

func (w *world) rows(table string) (n int64) {
	w.t.Helper()
	err := w.DB.Read(w.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = db.One[int64](ctx, tx, `SELECT count(*) FROM `+table)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestOnce_sameKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser().mustSignIn("officer")
		b.key = "a-1"
		status, first := b.do("POST", "/api/v1/account/tokens", NewToken{Name: "手机", Days: 3})
		if status != 201 || !strings.Contains(first, "secret") {
			t.Fatal(status, first)
		}
		// the same values in another order and spacing are the same content
		if status, again := b.do("POST", "/api/v1/account/tokens", map[string]any{"days": 3, "name": "手机"}); status != 201 || again != first {
			t.Errorf("repeated: %d %s, want %s", status, again, first)
		}
		if n := w.rows("auth_token"); n != 1 {
			t.Errorf("%d tokens, want 1", n)
		}
		if status, body := b.do("POST", "/api/v1/account/tokens", NewToken{Name: "电脑", Days: 3}); status != 409 || !strings.Contains(body, "idempotency_key_reused") {
			t.Errorf("other content: %d %s", status, body)
		}
		if status, body := b.do("POST", "/api/v1/account/password", ChangePassword{Old: "x", New: "y"}); status != 409 {
			t.Errorf("other address: %d %s", status, body)
		}
		// another person's key is another key
		other := w.browser().mustSignIn("branch")
		other.key = "a-1"
		if status, body := other.do("POST", "/api/v1/account/tokens", NewToken{Name: "手机", Days: 3}); status != 201 || body == first {
			t.Errorf("other person: %d %s", status, body)
		}
		w.pass(25 * time.Hour)
		late := w.browser().mustSignIn("officer")
		late.key = "a-1"
		if status, body := late.do("POST", "/api/v1/account/tokens", NewToken{Name: "手机", Days: 3}); status != 201 || body == first {
			t.Errorf("a day later: %d %s", status, body)
		}
		if n := w.rows("auth_answer"); n != 1 {
			t.Errorf("%d answers kept, want the last day's alone", n)
		}
	})
}

func TestOnce_failureTakesNoKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser().mustSignIn("officer")
		b.key = "f-1"
		if status, body := b.do("POST", "/api/v1/account/tokens", NewToken{Name: "", Days: 3}); status != 422 {
			t.Fatal(status, body)
		}
		if status, body := b.do("POST", "/api/v1/account/tokens", NewToken{Name: "手机", Days: 3}); status != 201 {
			t.Errorf("put right: %d %s", status, body)
		}
		b.key = "有空格 "
		if status, body := b.do("POST", "/api/v1/account/tokens", NewToken{Name: "手机", Days: 3}); status != 400 || !strings.Contains(body, "bad_idempotency_key") {
			t.Errorf("bad key: %d %s", status, body)
		}
	})
}

// TestOnce_lostAnswer: the work was stored and the program died before it could answer.
func TestOnce_lostAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser().mustSignIn("officer")
		b.key = "l-1"
		if status, body := b.do("POST", "/api/v1/account/tokens", NewToken{Name: "手机", Days: 3}); status != 201 {
			t.Fatal(status, body)
		}
		err := w.DB.Write(w.system(), func(ctx context.Context, tx *db.Tx) error {
			_, err := db.Exec(ctx, tx, `UPDATE auth_answer SET status = 0, body = ''`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		if status, body := b.do("POST", "/api/v1/account/tokens", NewToken{Name: "手机", Days: 3}); status != 409 || !strings.Contains(body, "idempotency_unanswered") {
			t.Errorf("%d %s", status, body)
		}
		if n := w.rows("auth_token"); n != 1 {
			t.Errorf("%d tokens, want 1", n)
		}
	})
}

func TestOnce_twins(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser().mustSignIn("officer")
		// half of them ask another server on the same database
		second := muxOf(New(w.DB, w.opt))
		bodies := make([]string, 16)
		var all sync.WaitGroup
		for i := range bodies {
			all.Go(func() {
				one := *b
				one.key = "t-1"
				if i%2 == 1 {
					one.mux = second
				}
				status, body := one.do("POST", "/api/v1/account/tokens", NewToken{Name: "手机", Days: 3})
				if status != 201 {
					t.Errorf("twin %d: %d %s", i, status, body)
				}
				bodies[i] = body
			})
		}
		all.Wait()
		for i, body := range bodies {
			if body != bodies[0] {
				t.Errorf("twin %d has another answer: %s", i, body)
			}
		}
		if n := w.rows("auth_token"); n != 1 {
			t.Errorf("%d tokens, want 1", n)
		}
	})
}
