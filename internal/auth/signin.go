package auth

import (
	"context"
	"net/netip"
	"strconv"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// Limits of failed tries: so many of one login from one source lock it there; so many from one source slow it
// down, then stop it for a while. A county office may share one address, so only failures count.
const (
	lockAfter  = 5
	lockWindow = 15 * time.Minute
	lockFor    = 15 * time.Minute

	slowAfter    = 20
	stopAfter    = 50
	sourceWindow = 10 * time.Minute
	slowBy       = time.Second

	failuresKept = time.Hour
)

// SignIn is who wants in. Code is that of the second factor, or a recovery code, where the account has one.
type SignIn struct {
	Login    string `json:"login" maxLength:"200"`
	Password string `json:"password" maxLength:"1000"`
	Code     string `json:"code,omitempty" maxLength:"40"`
}

// SignIn checks who it is and opens a session, whose cookie goes out with the answer.
// Faults: wrong_sign_in, code_needed, wrong_code (all Unauthenticated), locked, source_stopped (TooMany), busy_sign_in.
// An unknown login, a disabled account and a wrong password answer alike and take alike.
func (s *Service) SignIn(ctx context.Context, in SignIn) (Me, error) {
	r, err := s.knock(ctx, in.Login, in.Password)
	if err != nil {
		return Me{}, err
	}
	if r.FactorOn && in.Code == "" {
		return Me{}, fault.New(fault.Unauthenticated, "code_needed", "请输入手机上的 6 位验证码。", "Enter the 6 digits shown on your phone.")
	}
	return s.open(ctx, r, in.Code)
}

// knock checks login and password and nothing more.
func (s *Service) knock(ctx context.Context, login, password string) (row, error) {
	source, who := sourceOf(ctx), s.whoOf(login)
	r, known, err := s.mayTry(ctx, login, who, source)
	if err != nil {
		return row{}, err
	}
	hash := s.dummy
	if known && !r.Disabled && r.Hash != noPassword {
		hash = r.Hash
	}
	if err := s.gate.enter(ctx); err != nil {
		return row{}, err
	}
	ok, stale := s.opt.Cost.matches(hash, password)
	s.gate.leave()
	if !ok || hash == s.dummy {
		return row{}, s.refuse(ctx, r, who, source, "wrong_sign_in")
	}
	if stale {
		r.Hash, err = s.hash(ctx, password) // renewed below the old one when the session opens
	}
	return r, err
}

// mayTry refuses a login that is locked from this source and a source that failed too often.
func (s *Service) mayTry(ctx context.Context, login, who, source string) (r row, known bool, err error) {
	var tries []int64
	var failed int64
	now := s.now()
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if tries, err = failuresOf(ctx, tx, who, source, db.Micros(now.Add(-lockWindow-lockFor))); err != nil {
			return err
		}
		if failed, err = failuresFrom(ctx, tx, source, db.Micros(now.Add(-sourceWindow))); err != nil {
			return err
		}
		r, known, err = accountByLogin(ctx, tx, login)
		return err
	})
	switch {
	case err != nil:
		return r, false, err
	case failed >= stopAfter:
		return r, false, fault.New(fault.TooMany, "source_stopped", "从这里登录失败的次数太多，请 10 分钟后再试。",
			"Too many sign-ins from here have failed; try again in 10 minutes.")
	case failed >= slowAfter:
		s.opt.Wait(ctx, slowBy)
	}
	if until, locked := lockedUntil(tries, now); locked {
		return r, false, lockedFault(until)
	}
	return r, known, nil
}

// lockedUntil: five failures within the window lock for a while from the fifth on. tries are newest first.
func lockedUntil(tries []int64, now time.Time) (time.Time, bool) {
	if len(tries) < lockAfter {
		return time.Time{}, false
	}
	latest, fifth := db.FromMicros(tries[0]), db.FromMicros(tries[lockAfter-1])
	until := latest.Add(lockFor)
	return until, latest.Sub(fifth) <= lockWindow && now.Before(until)
}

func lockedFault(until time.Time) error {
	at := until.In(db.Zone()).Format("15:04")
	return fault.New(fault.TooMany, "locked", "错得太多，此账号在这里锁定到 "+at+"。忘了密码请找本单位系统管理员。",
		"Too many wrong tries: this login is locked here until "+at+". If you forgot the password, ask your system administrator.")
}

// refuse records a failed try and words it; the words say nothing about whether the account exists.
func (s *Service) refuse(ctx context.Context, r row, who, source, code string) error {
	now := s.now()
	var tries []int64
	err := s.DB.Write(stranger(ctx, r.Chain), func(ctx context.Context, tx *db.Tx) error {
		if err := addFailure(ctx, tx, who, source, db.Micros(now), db.Micros(now.Add(-failuresKept))); err != nil {
			return err
		}
		var err error
		if tries, err = failuresOf(ctx, tx, who, source, db.Micros(now.Add(-lockWindow))); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "session.refused", objectOf(r, who), nil, map[string]string{"why": code})
	})
	if err != nil {
		return err
	}
	return wrong(code, lockAfter-len(tries))
}

func wrong(code string, left int) error {
	zh, en, field := "账号或密码不对。", "Login or password is wrong.", "password"
	if code != "wrong_sign_in" {
		zh, en, field = "验证码不对，或已用过。", "The code is wrong or has been used.", "code"
	}
	if left > 0 {
		n := strconv.Itoa(left)
		zh += "再错 " + n + " 次，此账号锁定 15 分钟。"
		en += " After " + n + " more wrong tries this login is locked for 15 minutes."
	} else {
		zh += "此账号已锁定 15 分钟。"
		en += " This login is now locked for 15 minutes."
	}
	f := fault.New(fault.Unauthenticated, code, zh, en)
	f.Fields = []fault.Field{{Name: field, Code: code, Words: f.Words}}
	return f
}

// open checks the second factor and starts a session, both in the transaction that looks at the lock once more:
// tries that ran side by side do not get more guesses than tries one after the other.
func (s *Service) open(ctx context.Context, r row, code string) (me Me, err error) {
	source, who, now := sourceOf(ctx), s.whoOf(r.Login), s.now()
	secret, refused := newSecret(), ""
	var whole time.Duration
	err = s.DB.Write(actingAs(ctx, r), func(ctx context.Context, tx *db.Tx) error {
		refused = ""
		tries, err := failuresOf(ctx, tx, who, source, db.Micros(now.Add(-lockWindow-lockFor)))
		if err != nil {
			return err
		}
		if until, locked := lockedUntil(tries, now); locked {
			return lockedFault(until)
		}
		if r.FactorOn {
			ok, used, err := s.checkFactor(ctx, tx, &r, code)
			if err != nil {
				return err
			}
			if !ok {
				refused = map[bool]string{true: "code_reused", false: "wrong_code"}[used]
				return nil
			}
		}
		if err := forgetFailures(ctx, tx, who, source); err != nil {
			return err
		}
		if err := s.start(ctx, tx, r, secret, source); err != nil {
			return err
		}
		life, err := s.lifetimes(ctx, tx)
		if err != nil {
			return err
		}
		whole = life.whole
		return audit.Note(ctx, tx, "session.open", "account/"+r.ID, nil, map[string]bool{"second_factor": r.FactorOn})
	})
	if err != nil {
		return me, err
	}
	if refused != "" {
		return me, s.refuse(ctx, r, who, source, refused)
	}
	web.SetCookie(ctx, s.cookie(ctx, secret))
	return s.me(ctx, r, now.Add(whole)), nil
}

// stranger is the actor of a failed try: nobody we know, from a place we know.
func stranger(ctx context.Context, chain string) context.Context {
	return audit.With(ctx, audit.Actor{Person: "stranger", Account: "stranger", Source: "web", Chain: chain})
}

func actingAs(ctx context.Context, r row) context.Context {
	return audit.With(ctx, actorOf(r, "web", ""))
}

func objectOf(r row, who string) string {
	if r.ID != "" {
		return "account/" + r.ID
	}
	return "login/" + who
}

// sourceOf is the address a try comes from; a network of IPv6 counts as one.
func sourceOf(ctx context.Context) string {
	ip := web.ClientIP(ctx)
	if a, err := netip.ParseAddr(ip); err == nil && a.Is6() && !a.Is4In6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip
}

// hash makes the hash of a new password, in turn with the sign-ins.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	if err := s.gate.enter(ctx); err != nil {
		return "", err
	}
	defer s.gate.leave()
	return s.opt.Cost.hash(password), nil
}
