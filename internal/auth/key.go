package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"zhudian/internal/fault"
)

// KeyLen is the length in bytes of the installation's secret key.
const KeyLen = 32

// LoadKey reads the installation's secret key from a file of 64 hexadecimal digits, and makes the file,
// readable by its owner alone, when it is not there yet. Who loses it must enrol every second factor again.
func LoadKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		return ParseKey(string(text))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(err, "read the secret key")
	}
	key := make([]byte, KeyLen)
	_, _ = rand.Read(key) // never fails
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fault.Wrap(err, "make the secret key")
	}
	_, err = file.WriteString(hex.EncodeToString(key) + "\n")
	for _, step := range []func() error{file.Sync, file.Close} {
		if e := step(); err == nil {
			err = e
		}
	}
	return key, fault.Wrap(err, "write the secret key")
}

// ParseKey reads a secret key of 64 hexadecimal digits.
func ParseKey(text string) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != KeyLen {
		return nil, fault.New(fault.Invalid, "bad_key", "密钥须是 64 位十六进制数。", "The secret key must be 64 hexadecimal digits.")
	}
	return key, nil
}

// derive makes a key for one use, so that what is sealed for one cannot be opened as another.
func derive(key []byte, use string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("zhudian auth " + use))
	return h.Sum(nil)
}

// seal encrypts a text and binds it to a use and an owner.
func (s *Service) seal(use, owner, plain string) (string, error) {
	box, err := s.box(use)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return base64.RawURLEncoding.EncodeToString(box.Seal(nonce, nonce, []byte(plain), []byte(owner))), nil
}

func (s *Service) unseal(use, owner, sealed string) (string, error) {
	box, err := s.box(use)
	if err != nil {
		return "", err
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < box.NonceSize() {
		return "", fmt.Errorf("auth: not a sealed %s", use)
	}
	plain, err := box.Open(nil, raw[:box.NonceSize()], raw[box.NonceSize():], []byte(owner))
	return string(plain), err
}

func (s *Service) box(use string) (cipher.AEAD, error) {
	block, err := aes.NewCipher(derive(s.opt.Key, use))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// whoOf is a keyed digest of what was typed as a login: it may be a password typed in the wrong box.
func (s *Service) whoOf(login string) string {
	h := hmac.New(sha256.New, derive(s.opt.Key, "login"))
	h.Write([]byte(fold(login)))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// digest is how random secrets are kept; they are too long to be guessed, so they need no salt.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// newSecret is a random text of 256 bits.
func newSecret() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	return base64.RawURLEncoding.EncodeToString(raw)
}
