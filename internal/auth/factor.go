package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the algorithm of the one-time codes every phone knows
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// The one-time codes of RFC 6238 as phones compute them: HMAC-SHA1, 6 digits, a new one every 30 seconds.
const (
	factorStep    = 30 * time.Second
	factorDigits  = 6
	factorSeedLen = 20
	recoveryCodes = 10
)

var factorText = base32.StdEncoding.WithPadding(base32.NoPadding)

// codeAt gives the code of a step.
func codeAt(seed []byte, step int64) string {
	var msg [8]byte
	binary.BigEndian.PutUint64(msg[:], uint64(step)) //nolint:gosec // steps since 1970
	h := hmac.New(sha1.New, seed)
	h.Write(msg[:])
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", factorDigits, n%1_000_000)
}

// stepAt is the number of the step that t falls into.
func stepAt(t time.Time) int64 { return t.Unix() / int64(factorStep/time.Second) }

// checkFactor holds a code against the seed of an account at the current step, or against its recovery codes, and
// uses it up. used tells that the code was right and had been used before.
func (s *Service) checkFactor(ctx context.Context, tx *db.Tx, r *row, code string) (ok, used bool, err error) {
	code = strings.ToLower(strings.NewReplacer(" ", "", "\u3000", "").Replace(fold(code)))
	if len(code) != factorDigits {
		ok, err = useRecovery(ctx, tx, r.ID, digest(code))
		return ok, false, err
	}
	seed, err := s.seedOf(*r)
	if err != nil {
		return false, false, err
	}
	step := stepAt(s.now())
	if subtle.ConstantTimeCompare([]byte(codeAt(seed, step)), []byte(code)) != 1 {
		return false, false, nil
	}
	ok, err = takeStep(ctx, tx, r.ID, step)
	r.FactorStep = step
	return ok, !ok, err
}

func (s *Service) seedOf(r row) ([]byte, error) {
	text, err := s.unseal("factor", r.ID, r.Seed)
	if err != nil {
		return nil, fault.Wrap(fmt.Errorf("the key of the data folder does not open this account's second factor: %w", err), "second factor")
	}
	return factorText.DecodeString(text)
}

// Enrolment is what a phone needs to make codes. It counts once ConfirmFactor has seen a first code.
type Enrolment struct {
	Secret string `json:"secret" doc:"Base32 text to type into the app"`
	URL    string `json:"url" doc:"otpauth address, also drawn as a QR code on the page"`
}

// EnrolFactor begins to set up a second factor for the acting person's own account.
// Faults: not_allowed, has_factor (Conflict).
func (s *Service) EnrolFactor(ctx context.Context, _ struct{}) (out Enrolment, err error) {
	who, err := audit.Require(ctx, Self)
	if err != nil {
		return out, err
	}
	seed := make([]byte, factorSeedLen)
	_, _ = rand.Read(seed) // never fails
	out = enrolment(who.Login, factorText.EncodeToString(seed))
	_, err = s.change(ctx, who.Account, 0, "account.factor.begin", func(_ context.Context, _ *db.Tx, r *row) error {
		if r.FactorOn {
			return fault.New(fault.Conflict, "has_factor", "已开通两步验证。要换手机，请先停用。",
				"The second factor is on already; to change the phone, switch it off first.")
		}
		r.Seed, err = s.seal("factor", r.ID, out.Secret)
		return err
	})
	return out, err
}

func enrolment(login, secret string) Enrolment {
	return Enrolment{Secret: secret, URL: "otpauth://totp/" + url.PathEscape("驻点:"+login) + "?" +
		url.Values{"secret": {secret}, "issuer": {"驻点"}}.Encode()}
}

// begun gives the enrolment that the acting person began and has not confirmed yet. Fault: not_begun.
func (s *Service) begun(ctx context.Context) (out Enrolment, err error) {
	who, err := audit.Require(ctx, Self)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := accountByName(ctx, tx, who.Account)
		if err != nil {
			return err
		}
		if r.Seed == "" || r.FactorOn {
			return notBegun()
		}
		seed, err := s.seedOf(r)
		out = enrolment(r.Login, factorText.EncodeToString(seed))
		return err
	})
	return out, err
}

func notBegun() error {
	return fault.New(fault.Conflict, "not_begun", "请先开始设置两步验证。", "Begin to set up the second factor first.")
}

// Code is a one-time code.
type Code struct {
	Code string `json:"code" maxLength:"40"`
}

// Recovery holds codes for the day the phone is lost; each works once. They are shown this once.
type Recovery struct {
	Codes []string `json:"codes"`
}

// ConfirmFactor switches the second factor on after a first right code. Faults: not_allowed, wrong_code, not_begun.
func (s *Service) ConfirmFactor(ctx context.Context, in Code) (out Recovery, err error) {
	who, err := audit.Require(ctx, Self)
	if err != nil {
		return out, err
	}
	for range recoveryCodes {
		out.Codes = append(out.Codes, grouped(16, 4))
	}
	_, err = s.change(ctx, who.Account, 0, "account.factor.on", func(ctx context.Context, tx *db.Tx, r *row) error {
		if r.Seed == "" || r.FactorOn {
			return notBegun()
		}
		if ok, _, err := s.checkFactor(ctx, tx, r, in.Code); err != nil || !ok {
			return orWrongCode(err)
		}
		r.FactorOn = true
		return setRecovery(ctx, tx, r.ID, out.Codes)
	})
	if err != nil {
		return Recovery{}, err
	}
	return out, nil
}

func orWrongCode(err error) error {
	if err != nil {
		return err
	}
	return fault.BadField("code", "wrong_code", "验证码不对，或已用过。请用手机上最新的 6 位数。",
		"The code is wrong or has been used; take the newest 6 digits on your phone.")
}

// DropFactor switches the acting person's own second factor off, against a code of it.
// Faults: not_allowed, wrong_code, factor_demanded.
func (s *Service) DropFactor(ctx context.Context, in Code) (Account, error) {
	who, err := audit.Require(ctx, Self)
	if err != nil {
		return Account{}, err
	}
	return s.change(ctx, who.Account, 0, "account.factor.off", func(ctx context.Context, tx *db.Tx, r *row) error {
		if !r.FactorOn {
			return nil
		}
		if ok, _, err := s.checkFactor(ctx, tx, r, in.Code); err != nil || !ok {
			return orWrongCode(err)
		}
		return clearFactor(ctx, tx, r)
	})
}

// ClearFactor takes the second factor from somebody who lost their phone and their recovery codes, and ends
// their sessions. Faults: not_allowed, not_found, own_account.
func (s *Service) ClearFactor(ctx context.Context, in AccountID) (Account, error) {
	who, err := audit.Require(ctx, "user.factor")
	if err != nil {
		return Account{}, err
	}
	return s.change(ctx, in.ID, 0, "user.factor", func(ctx context.Context, tx *db.Tx, r *row) error {
		if r.Person == who.Person {
			return notOwn()
		}
		if err := clearFactor(ctx, tx, r); err != nil {
			return err
		}
		return endEverything(ctx, tx, r.ID)
	})
}

func clearFactor(ctx context.Context, tx *db.Tx, r *row) error {
	r.Seed, r.FactorOn = "", false
	return setRecovery(ctx, tx, r.ID, nil)
}
