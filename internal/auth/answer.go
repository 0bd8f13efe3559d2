package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// answersKept is how long an answer is given again, on the real clock.
const answersKept = 24 * time.Hour

// A request waits for the answer of its twin on another server, looking again a bounded number of times.
const (
	answerPause = 50 * time.Millisecond
	answerLooks = 60
)

// Once carries out what a person asked under a key of theirs, or gives the answer it had before. The key is taken in
// the transaction of the first write, so a request that failed has taken none, and of twins one alone is carried out.
// Faults: sign_in (Unauthenticated); idempotency_key_reused, idempotency_unanswered (Conflict); those of do.
func (s *Service) Once(ctx context.Context, key, content string, do func(context.Context) (web.Answer, error)) (web.Answer, error) {
	who, err := audit.Require(ctx, Self)
	if err != nil {
		return web.Answer{}, err
	}
	a := answerRow{Person: who.Person, Key: digest(key), Content: s.contentOf(content), At: db.Micros(s.now())}
	defer s.twins.take(a.Person + " " + a.Key)()
	if out, found, err := s.answered(ctx, a); found || err != nil {
		return out, err
	}
	inner, taken := db.Before(ctx, func(ctx context.Context, tx *db.Tx) error { return takeKey(ctx, tx, a, s.oldest()) })
	out, err := do(inner)
	switch {
	case fault.Has(err, "idempotency_taken"): // a twin on another server was first
		out, found, err := s.answered(ctx, a)
		if err == nil && !found {
			err = unanswered()
		}
		return out, err
	case err != nil:
		if taken() && refused(err) {
			s.giveBack(ctx, a)
		}
		return out, err
	}
	s.keepAnswer(ctx, a, out)
	return out, nil
}

// refused tells a fault of what was asked from one of the machinery, after which nobody knows what was stored.
func refused(err error) bool {
	k := fault.Of(err).Kind
	return k != fault.Internal && k != fault.Unavailable
}

func (s *Service) oldest() int64 { return db.Micros(s.now().Add(-answersKept)) }

// contentOf is a keyed digest: what was asked may be a password.
func (s *Service) contentOf(content string) string {
	h := hmac.New(sha256.New, derive(s.opt.Key, "content"))
	h.Write([]byte(content))
	return hex.EncodeToString(h.Sum(nil))
}

// answered looks for the answer of a key, and waits a little for one that is being made on another server.
func (s *Service) answered(ctx context.Context, a answerRow) (web.Answer, bool, error) {
	for look := 1; ; look++ {
		var row answerRow
		var found bool
		err := s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			row, found, err = answerOf(ctx, tx, a.Person, a.Key, s.oldest())
			return err
		})
		switch {
		case err != nil || !found:
			return web.Answer{}, false, err
		case row.Content != a.Content:
			return web.Answer{}, false, fault.New(fault.Conflict, "idempotency_key_reused",
				"这个 Idempotency-Key 已经用在另一件事上，没有执行。新的请求请换一个新键。",
				"This Idempotency-Key was used for something else; nothing was carried out. Give a new request a new key.")
		case row.Status != 0:
			body, err := s.unseal("answer", a.Person+a.Key, row.Body)
			return web.Answer{Status: int(row.Status), Body: []byte(body)}, true, fault.Wrap(err, "read a kept answer")
		case look == answerLooks || row.At < a.At-answerLooks*answerPause.Microseconds():
			return web.Answer{}, false, unanswered()
		}
		wait(ctx, answerPause)
		if err := ctx.Err(); err != nil {
			return web.Answer{}, false, fault.Wrap(err, "wait for a twin")
		}
	}
}

func unanswered() error {
	return fault.New(fault.Conflict, "idempotency_unanswered",
		"同一键的请求还在办理，或者办完后没有留下答复。请先查看是否已有记录，再决定是否换新键重发。",
		"A request with this key is still being carried out, or its answer was lost. Look whether the record is there before you send it again with a new key.")
}

// keepAnswer stores the answer. The work is done already: if that fails, the person still gets theirs.
func (s *Service) keepAnswer(ctx context.Context, a answerRow, out web.Answer) {
	sealed, err := s.seal("answer", a.Person+a.Key, string(out.Body))
	if err == nil {
		a.Status, a.Body = int64(out.Status), sealed
		err = s.DB.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *db.Tx) error {
			return saveAnswer(ctx, tx, a, s.oldest())
		})
	}
	if err != nil {
		s.opt.Logger.WarnContext(ctx, "answer not kept", "cause", err.Error())
	}
}

// giveBack frees the key of a request that was refused after it had written something, such as a failed try.
func (s *Service) giveBack(ctx context.Context, a answerRow) {
	err := s.DB.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *db.Tx) error { return freeKey(ctx, tx, a) })
	if err != nil {
		s.opt.Logger.WarnContext(ctx, "key not given back", "cause", err.Error())
	}
}

// twins lets requests of one key pass one after the other.
type twins struct {
	mu   sync.Mutex
	held map[string]*twin
}

type twin struct {
	sync.Mutex
	n int // who holds it or waits for it
}

func (t *twins) take(key string) (release func()) {
	t.mu.Lock()
	if t.held == nil {
		t.held = map[string]*twin{}
	}
	one := t.held[key]
	if one == nil {
		one = &twin{}
		t.held[key] = one
	}
	one.n++
	t.mu.Unlock()
	one.Lock()
	return func() {
		one.Unlock()
		t.mu.Lock()
		defer t.mu.Unlock()
		if one.n--; one.n == 0 {
			delete(t.held, key)
		}
	}
}

type answerRow struct {
	Person  string `db:"person_id"`
	Key     string `db:"key"`
	Content string `db:"content"`
	At      int64  `db:"at"`
	Status  int64  `db:"status"`
	Body    string `db:"body"`
}

func answerOf(ctx context.Context, tx *db.Tx, person, key string, oldest int64) (answerRow, bool, error) {
	return db.Maybe[answerRow](ctx, tx, `SELECT person_id, key, content, at, status, body FROM auth_answer
		WHERE person_id = ? AND key = ? AND at >= ?`, person, key, oldest)
}

// takeKey claims a key. Fault: idempotency_taken (Conflict) when a twin has it.
func takeKey(ctx context.Context, tx *db.Tx, a answerRow, oldest int64) error {
	n, err := db.Exec(ctx, tx, `INSERT INTO auth_answer (person_id, key, content, at, status, body) VALUES (?, ?, ?, ?, 0, '')
		ON CONFLICT (person_id, key) DO UPDATE SET content = excluded.content, at = excluded.at, status = 0, body = ''
		WHERE auth_answer.at < ?`, a.Person, a.Key, a.Content, a.At, oldest)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "idempotency_taken", "同一键的请求正在办理。", "A request with this key is being carried out.")
	}
	return err
}

func saveAnswer(ctx context.Context, tx *db.Tx, a answerRow, oldest int64) error {
	if _, err := db.Exec(ctx, tx, `DELETE FROM auth_answer WHERE at < ?`, oldest); err != nil {
		return err
	}
	return db.Upsert(ctx, tx, "auth_answer", a, `ON CONFLICT (person_id, key) DO UPDATE SET status = excluded.status, body = excluded.body`)
}

func freeKey(ctx context.Context, tx *db.Tx, a answerRow) error {
	_, err := db.Exec(ctx, tx, `DELETE FROM auth_answer WHERE person_id = ? AND key = ? AND status = 0`, a.Person, a.Key)
	return err
}
