package web

import (
	"context"
	"net/http"

	"zhudian/internal/fault"
)

// Answer is what an endpoint answered: enough to answer the same again.
type Answer struct {
	Status int
	Body   []byte
}

const (
	onceHeader = "Idempotency-Key"
	maxKey     = 200
)

// repeats reports whether the route takes an Idempotency-Key: keys belong to a person, so a public route has none.
func (r Route) repeats() bool { return r.JSON && r.Method == http.MethodPost && !r.Public }

// repeatable answers a request that carries a key. What counts as its content is the address and the values as they were
// understood, so that another order of fields or another spacing is the same content.
func (m *Mux) repeatable(w http.ResponseWriter, r *http.Request, key []string, in any, do func(context.Context) (Answer, error)) {
	if len(key) != 1 || !plainKey(key[0]) {
		m.fail(w, r, fault.New(fault.Malformed, "bad_idempotency_key", "Idempotency-Key 须是 1 至 200 个可见的 ASCII 字符，只给一次。",
			"Idempotency-Key must be 1 to 200 visible ASCII characters, given once."))
		return
	}
	out, err := m.opt.Once(r.Context(), key[0], r.Method+" "+r.URL.Path+"\n"+string(jsonOf(in)), do)
	if err == nil && out.Body == nil {
		err = fault.Wrap(errUnwritten, "answer "+r.URL.Path)
	}
	if err != nil {
		m.fail(w, r, err)
		return
	}
	sendJSON(w, out.Status, "application/json", out.Body)
}

type unwrittenError struct{}

func (unwrittenError) Error() string { return "the answer cannot be written as JSON" }

var errUnwritten error = unwrittenError{}

func plainKey(key string) bool {
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return key != "" && len(key) <= maxKey
}
