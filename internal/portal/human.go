package portal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"zhudian/internal/fault"
)

// Against robots, without asking a service outside: every form carries a signed time and serves once; a browser with
// JavaScript proves some work while the person types, one without lets the form stand for a while; an input that people
// do not see must stay empty; and an address, and all of them together, send so many in an hour.
const (
	formLife     = 2 * time.Hour
	formSlow     = 20 * time.Second // without proof
	proofBits    = 16
	triesPerHour = 60  // of an address, refused ones too
	sendsPerHour = 10  // of an address: a company's people share one
	allPerHour   = 300 // together
	wrongPerHour = 10  // receipt numbers that were not
)

// NewForm makes the token of a form that is shown now.
func (s *Inbox) NewForm() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(s.DB.Now().UnixMicro())) //nolint:gosec // after 1970
	_, _ = rand.Read(b[8:])                                           // never fails
	return base64.RawURLEncoding.EncodeToString(append(b[:], s.sign(b[:])...))
}

func (s *Inbox) sign(b []byte) []byte {
	h := hmac.New(sha256.New, s.Key)
	h.Write(b)
	return h.Sum(nil)[:16]
}

// human refuses what no person sent.
func (s *Inbox) human(in Send, now time.Time) error {
	if in.Website != "" {
		return fault.BadField("website", "robot", "这一格请留空：它是用来辨认机器的。", "Leave this empty: it tells machines from people.")
	}
	raw, err := base64.RawURLEncoding.DecodeString(in.Token)
	if err != nil || len(raw) != 32 || !hmac.Equal(raw[16:], s.sign(raw[:16])) {
		return formExpired()
	}
	age := now.Sub(time.UnixMicro(int64(binary.BigEndian.Uint64(raw[:8])))) //nolint:gosec // we wrote it
	switch {
	case age < 0 || age > formLife:
		return formExpired()
	case proven(in.Token, in.Proof) || age >= formSlow:
		return nil
	}
	left := strconv.Itoa(int((formSlow - age + time.Second - 1) / time.Second))
	return fault.New(fault.Conflict, "too_soon", "为防机器提交，请过 "+left+" 秒再点一次“提交”，您填的都在。", "To keep machines out, please press Send again in "+left+" seconds; what you wrote is still here.")
}

// proven reports whether a proof belongs to a token: their digest begins with so many zero bits.
func proven(token, proof string) bool {
	if proof == "" || len(proof) > 20 {
		return false
	}
	sum := sha256.Sum256([]byte(token + ":" + proof))
	return bits.LeadingZeros64(binary.BigEndian.Uint64(sum[:8])) >= proofBits
}

func formExpired() error {
	return fault.New(fault.Conflict, "form_expired", "这张表已过期或已用过，我们换了一张新的，您填的都在，请稍后再点一次“提交”。", "This form expired or was used; here is a fresh one with what you wrote. Please press Send again in a moment.")
}

func tooMany() error {
	return fault.New(fault.TooMany, "too_many", "近一小时收到的提交太多，请过一小时再来，或打服务电话。", "Too many were sent in the last hour; please come back in an hour, or ring the service line.")
}

// limiter counts what came from an address within an hour. It is kept in memory: an address is a person's, and a
// restart that forgets does no harm.
type limiter struct {
	lock sync.Mutex
	seen map[string][]time.Time
}

const addressesMost = 20_000

// room reports whether an address may do it once more; take counts it as well.
func (l *limiter) room(address string, now time.Time, most int) bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	return len(l.recent(address, now)) < most
}

func (l *limiter) take(address string, now time.Time, most int) bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	list := l.recent(address, now)
	if len(list) >= most {
		return false
	}
	if len(l.seen) >= addressesMost {
		l.sweep(now)
	}
	l.seen[network(address)] = append(list, now)
	return true
}

// recent gives what an address did in the last hour.
func (l *limiter) recent(address string, now time.Time) []time.Time {
	if l.seen == nil {
		l.seen = map[string][]time.Time{}
	}
	list := l.seen[network(address)]
	for len(list) > 0 && now.Sub(list[0]) >= time.Hour {
		list = list[1:]
	}
	return list
}

// sweep forgets the addresses that were quiet for an hour, and all of them when that does not help.
func (l *limiter) sweep(now time.Time) {
	for a, list := range l.seen {
		if now.Sub(list[len(list)-1]) >= time.Hour {
			delete(l.seen, a)
		}
	}
	if len(l.seen) >= addressesMost {
		clear(l.seen)
	}
}

// network is what one household or office has: an IPv4 address, or the first half of an IPv6 address.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}
