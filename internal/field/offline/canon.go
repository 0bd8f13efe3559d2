package offline

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"zhudian/internal/fault"
)

// canonical writes a value as JSON in one way only: names in order, nothing escaped that need not be. The page does the same.
func canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fault.Wrap(err, "write canonical JSON")
	}
	out := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	out = bytes.ReplaceAll(out, []byte(`\u2028`), []byte("\u2028")) // the encoder escapes these two all the same
	return bytes.ReplaceAll(out, []byte(`\u2029`), []byte("\u2029")), nil
}

// seal is the digest of a record without its hash.
func (r Record) seal() (string, error) {
	v := map[string]any{"id": r.ID, "kind": r.Kind, "by": r.By, "at": r.At, "after": r.After, "base": r.Base, "was": r.Was, "body": r.Body}
	if r.After == nil {
		v["after"] = []string{}
	}
	if r.Was == nil {
		v["was"] = map[string]any{}
	}
	if r.Body == nil {
		v["body"] = map[string]any{}
	}
	raw, err := canonical(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// Digest is the digest that a phone puts on a record.
func Digest(r Record) (string, error) { return r.seal() }
