package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"zhudian/internal/fault"
)

// Cost is how dear one guess at a password is made. A hash of another cost is renewed at the next sign-in.
type Cost struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// Standard is the cost of the product: 19 MiB and two passes, about 30 ms on an ordinary core.
var Standard = Cost{Memory: 19 << 10, Passes: 2, Threads: 1}

const saltLen, keyLen = 16, 32

// hash makes the usual text of argon2id: $argon2id$v=19$m=…,t=…,p=…$salt$key.
func (c Cost) hash(password string) string {
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // never fails
	key := argon2.IDKey([]byte(password), salt, c.Passes, c.Memory, c.Threads, keyLen)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Passes, c.Threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// matches compares a password with a hash; stale tells that the hash has another cost than c.
// A text that is no hash matches nothing.
func (c Cost) matches(hash, password string) (ok, stale bool) {
	var version int
	var was Cost
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, true
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, true
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &was.Memory, &was.Passes, &was.Threads); err != nil ||
		was.Memory == 0 || was.Memory > 1<<20 || was.Passes == 0 || was.Passes > 100 || was.Threads == 0 {
		return false, true
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) < 16 || len(want) > 64 {
		return false, true
	}
	got := argon2.IDKey([]byte(password), salt, was.Passes, was.Memory, was.Threads, uint32(len(want))) //nolint:gosec // 16 to 64
	return subtle.ConstantTimeCompare(got, want) == 1, was != c
}

// gate lets as many hashes run at once as there are cores; more wait in a bounded queue, the rest are turned away.
type gate struct {
	slots   chan struct{}
	waiting atomic.Int64
}

const gateQueue = 50

func newGate() *gate { return &gate{slots: make(chan struct{}, runtime.GOMAXPROCS(0))} }

// enter waits for a turn; the caller must leave. Fault: busy_sign_in (Unavailable).
func (g *gate) enter(ctx context.Context) error {
	if g.waiting.Add(1) > gateQueue {
		g.waiting.Add(-1)
		return fault.New(fault.Unavailable, "busy_sign_in", "现在登录的人太多，请过几秒再试。", "Too many people are signing in; try again in a few seconds.")
	}
	defer g.waiting.Add(-1)
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "cancelled", "操作被中断，请再试一次。", "The request was interrupted; try again.").Because(ctx.Err())
	}
}

func (g *gate) leave() { <-g.slots }

// Limits of passwords, in characters. What is typed is taken as it is, spaces included.
const (
	passwordMin = 12
	passwordMax = 200
)

// common are passwords everybody tries first, in the folded form, as far as they are long enough to be chosen.
var common = strings.Fields(`
	123456789012 1234567890123 12345678901234 123456789123 111111111111 000000000000 888888888888 666666666666
	123123123123 112233445566 121212121212 abcdefghijkl abcdef123456 abcd12345678 abc123456789 a12345678901
	qwertyuiop12 qwertyuiop123 qwertyuiopasdf 1qaz2wsx3edc 1q2w3e4r5t6y qazwsxedcrfv zaq12wsxcde3 asdfghjkl123
	password1234 password12345 password123456 passwordpassword p@ssw0rd1234 administrator welcome12345
	woaini123456 woaini1314520 iloveyou1234 wodemima1234 mima12345678 admin1234567 admin12345678 admin123456789
	guizhou12345 guizhou123456 shenzhen12345 shenzhen123456 guiyang12345 guiyang123456 zhaoshang1234
	zhaoshangyinzi touzicujinju zhudianzhaoshang touziguizhou zhudian12345 zhudian123456 changeme1234 letmein12345
`)

// checkPassword holds a new password against the rules. Faults: length, common, contains_login.
func checkPassword(c *fault.Checks, field, password, login string) {
	folded := fold(password)
	distinct := map[rune]bool{}
	for _, r := range folded {
		distinct[r] = true
	}
	listed := false
	for _, p := range common {
		listed = listed || p == folded
	}
	switch n := utf8.RuneCountInString(password); {
	case n < passwordMin || n > passwordMax || !utf8.ValidString(password):
		c.Add(field, "length", "密码须是 12 至 200 个字符。一句自己记得住的话最好。",
			"A password has 12 to 200 characters. A sentence you can remember is best.")
	case listed, len(distinct) < 5:
		c.Add(field, "common", "这个密码太常见，一猜就中，请换一个。", "This password is among the first anybody tries; choose another.")
	case utf8.RuneCountInString(login) >= 4 && strings.Contains(folded, fold(login)):
		c.Add(field, "contains_login", "密码里不能含有账号。", "A password must not contain the login.")
	}
}

// makePassword invents a password to be handed over once: 20 letters and digits without 0 and 1, 100 bits.
func makePassword() string { return grouped(20, 5) }

// grouped invents n letters and digits in groups that can be read out.
func grouped(n, size int) string {
	text := strings.ToLower(rand.Text())[:n] // 5 bits each
	var b strings.Builder
	for i, r := range text {
		if i > 0 && i%size == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return b.String()
}
