package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

var (
	cheap = Cost{Memory: 64, Passes: 1, Threads: 1}
	noon  = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
)

const password = "correct horse battery"

// world is a service with its routes, on a clock that the test moves.
type world struct {
	*Service
	t   *testing.T
	mux *web.Mux

	mu    sync.Mutex
	at    time.Time
	waits int
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// each runs a test on both engines with one account per role, named like the role.
func each(t *testing.T, test func(t *testing.T, w *world), change ...func(*Options)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := &world{t: t, at: noon}
		o := Options{
			Key: bytes.Repeat([]byte{7}, KeyLen), Clock: w.clock, Cost: cheap,
			Wait: func(context.Context, time.Duration) { w.waits++ },
		}
		for _, f := range change {
			f(&o)
		}
		w.Service = New(d, o)
		w.mux = muxOf(w.Service)
		var list []AddAccount
		for _, r := range Roles {
			list = append(list, AddAccount{Login: string(r), Name: "某" + string(r), Unit: "520000", Roles: []Role{r}, Password: password})
		}
		w.seed(list...)
		test(t, w)
	})
}

// muxOf serves the routes of a service.
func muxOf(s *Service) *web.Mux {
	m := web.New(web.Options{Guard: s.Guard, Once: s.Once, SignIn: SignInPath})
	s.Mount(m)
	return m
}

func (w *world) system() context.Context {
	return audit.With(w.t.Context(), audit.System("root"))
}

func (w *world) seed(list ...AddAccount) (out []Account) {
	w.t.Helper()
	ctx := w.system()
	err := w.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = w.Seed(ctx, tx, list)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// as is the context of somebody who is signed in, for calling use cases.
func (w *world) as(login string) context.Context {
	w.t.Helper()
	a, err := w.ActorFor(w.t.Context(), login, "web")
	if err != nil {
		w.t.Fatal(err)
	}
	return audit.With(w.t.Context(), a)
}

func (w *world) account(login string) Account {
	w.t.Helper()
	a, err := w.Get(w.system(), AccountID{login})
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// browser is one client with a cookie jar of one.
type browser struct {
	w      *world
	cookie string
	bearer string
	from   string
	key    string   // Idempotency-Key
	mux    *web.Mux // another server; nil is the world's own
}

func (w *world) browser() *browser { return &browser{w: w, from: "10.0.0.1:999"} }

// do sends JSON and gives status and body.
func (b *browser) do(method, path string, in any) (int, string) {
	b.w.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		b.w.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(b.w.t.Context(), method, path, bytes.NewReader(body))
	if in == nil {
		r = httptest.NewRequestWithContext(b.w.t.Context(), method, path, nil)
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Origin", "http://example.com")
	r.RemoteAddr = b.from
	if b.cookie != "" {
		r.AddCookie(&http.Cookie{Name: cookiePlain, Value: b.cookie})
	}
	if b.key != "" {
		r.Header.Set("Idempotency-Key", b.key)
	}
	if b.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+b.bearer)
	}
	rec := httptest.NewRecorder()
	if b.mux == nil {
		b.mux = b.w.mux
	}
	b.mux.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		if c.Name == cookiePlain {
			b.cookie = c.Value
		}
	}
	return rec.Code, rec.Body.String()
}

func (b *browser) signIn(login, code string) (int, string) {
	b.w.t.Helper()
	return b.do("POST", "/api/v1/session", SignIn{Login: login, Password: password, Code: code})
}

func (b *browser) mustSignIn(login string) *browser {
	b.w.t.Helper()
	if status, body := b.signIn(login, ""); status != 200 {
		b.w.t.Fatal(login, status, body)
	}
	return b
}

// in tells whether the browser is signed in.
func (b *browser) in() bool {
	b.w.t.Helper()
	status, body := b.do("GET", "/api/v1/session", nil)
	if status != 200 && status != 401 {
		b.w.t.Fatal(status, body)
	}
	return status == 200
}

func want(t *testing.T, err error, code string) {
	t.Helper()
	if code == "" && err != nil || code != "" && !fault.Has(err, code) {
		t.Errorf("want %q, got %v", code, err)
	}
}

// noted counts the records of an action in the trail.
func (w *world) noted(action string) (n int64) {
	w.t.Helper()
	err := w.DB.Read(w.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = db.One[int64](ctx, tx, `SELECT count(*) FROM audit_record WHERE action = ?`, action)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}
