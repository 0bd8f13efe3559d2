package company

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/sheet"
)

// A person's data is sealed under a key of its own. Without the row in company_key nobody can open it, in this
// database or in any copy taken after the key is gone.

// NewSecret makes the key of one person's data.
func NewSecret() string { return newSecret() }

// Seal encrypts what is known of somebody under their key; the id it belongs to is bound to it.
func Seal(secret, id string, v any) (string, error) { return seal(secret, id, v) }

// Unseal opens what Seal closed into v.
func Unseal(secret, id, sealed string, v any) error { return open(secret, id, sealed, v) }

func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawStdEncoding.EncodeToString(b)
}

func cipherOf(secret string) (cipher.AEAD, error) {
	key, err := base64.RawStdEncoding.DecodeString(secret)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal encrypts a person's data; the contact's id is bound to it, so that sealed texts cannot be swapped.
func seal(secret, id string, v any) (string, error) {
	aead, err := cipherOf(secret)
	if err != nil {
		return "", fault.Wrap(err, "seal a contact")
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return "", fault.Wrap(err, "seal a contact")
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce)
	return base64.RawStdEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, []byte(id))), nil
}

func unseal(secret, id, sealed string) (p Person, err error) {
	err = open(secret, id, sealed, &p)
	return p, err
}

func open(secret, id, sealed string, v any) error {
	aead, err := cipherOf(secret)
	if err != nil {
		return fault.Wrap(err, "open a contact")
	}
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err == nil && len(raw) < aead.NonceSize() {
		err = errors.New("sealed text is cut")
	}
	if err == nil {
		raw, err = aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], []byte(id))
	}
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	return fault.Wrap(err, "open a contact")
}

const digestSetting = "company.digest"

// digestKey is the installation's key for digests of names and phones; made on first use when tx may write.
func digestKey(ctx context.Context, tx *db.Tx, mayWrite bool) (string, error) {
	key, err := db.Setting(ctx, tx, digestSetting)
	if err != nil || key != "" || !mayWrite {
		return key, err
	}
	key = newSecret()
	return key, db.SetSetting(ctx, tx, digestSetting, key)
}

func digest(key, what, value string) string {
	if key == "" || value == "" {
		return ""
	}
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(what + "\n" + value))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Phone reads a telephone number as people write it: mobile numbers of 11 digits, with or without +86; fixed
// lines with area code; Hong Kong and Macao with their prefix. A nil field means that it is good. Code: phone.
func Phone(text string) (string, *fault.Field) {
	s := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", "－", "").Replace(sheet.Fold(text))
	for _, p := range []string{"+86", "0086", "86"} {
		if t, ok := strings.CutPrefix(s, p); ok && len(t) >= 10 {
			s = t
			break
		}
	}
	digits := strings.TrimPrefix(s, "+")
	ok := digits != "" && strings.Trim(digits, "0123456789") == ""
	switch {
	case !ok:
	case strings.HasPrefix(s, "+852") || strings.HasPrefix(s, "+853"):
		ok = len(digits) == 11
	case strings.HasPrefix(s, "+"):
		ok = len(digits) >= 8 && len(digits) <= 15
	case s[0] == '1':
		ok = len(s) == 11 && s[1] >= '3'
	case s[0] == '0':
		ok = len(s) >= 10 && len(s) <= 12
	default:
		ok = len(s) >= 7 && len(s) <= 8 || strings.HasPrefix(s, "400") && len(s) == 10
	}
	if !ok {
		return "", &fault.Field{Name: "phone", Code: "phone", Words: fault.Words{
			ZH: "“" + text + "”不是电话号码。手机填 11 位，座机带区号，如 0755-12345678。",
			EN: "“" + text + "” is not a telephone number. Use 11 digits for a mobile, or the area code first for a fixed line.",
		}}
	}
	return s, nil
}

// mask hides the middle of a number: 138****8000.
func mask(phone string) string {
	if len(phone) < 7 {
		return strings.Repeat("*", len(phone))
	}
	return phone[:3] + strings.Repeat("*", len(phone)-7) + phone[len(phone)-4:]
}

func tail(phone string) string {
	if len(phone) < 4 {
		return phone
	}
	return phone[len(phone)-4:]
}
