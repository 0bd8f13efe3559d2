package bulletin

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

// Manifest is what a signature froze: the questions, their values, the entries behind them by digest, and the last
// entry of every chain that was known.
type Manifest struct {
	Document string            `json:"document"`
	Title    string            `json:"title"`
	TextHash string            `json:"text_hash"` // SHA-256 of the text with its marks
	Scope    string            `json:"scope"`     // unit under which every question is asked
	Known    int64             `json:"known_at"`  // microseconds
	Heads    map[string]int64  `json:"heads"`     // number of the last entry, by chain
	Hashes   map[string]string `json:"hashes"`    // hash of the last entry, by chain
	Slots    []Value           `json:"slots"`
	Formulas []ledger.Formula  `json:"formulas"`
}

type manifestRow struct {
	Code     string `db:"code"`
	Document string `db:"document_id"`
	Content  string `db:"content"`
	Hash     string `db:"hash"`
	At       int64  `db:"at"`
	Person   string `db:"person_id"`
}

// Sign puts a second person's name to a submitted document: every slot is answered as the ledger stands at this
// moment and frozen with the digest of its entries. Whoever drafted or submitted cannot sign.
// Faults: not_found, stale, not_submitted, same_person, unchecked (a citation nobody checked), not_highest (a claim
// that does not hold).
func (s *Service) Sign(ctx context.Context, in Step) (Document, error) {
	return s.step(ctx, "bulletin.sign", in, func(ctx context.Context, tx *db.Tx, who audit.Actor, d *Document) error {
		switch {
		case d.State != Submitted:
			return notSubmitted()
		case who.Person == d.DraftedBy || who.Person == d.SubmittedBy:
			return fault.New(fault.Conflict, "same_person", "起草或提请签发的人不能签发，须由另一人签。", "Whoever drafted or submitted cannot sign; another person must.")
		}
		m, err := freeze(ctx, tx, *d)
		if err != nil {
			return err
		}
		raw, err := json.Marshal(m)
		if err != nil {
			return fault.Wrap(err, "encode a manifest")
		}
		sum := sha256.Sum256(raw)
		d.State, d.SignedBy, d.SignedAt = Signed, who.Person, db.Micros(tx.Now())
		d.TraceCode = traceCode(d.Through, sum)
		return db.Insert(ctx, tx, "bulletin_manifest", manifestRow{d.TraceCode, d.ID, string(raw), hex.EncodeToString(sum[:]), d.SignedAt, who.Person})
	}, "sign")
}

// freeze answers every slot at the present heads. The heads are read first, so that what is posted meanwhile stays out.
func freeze(ctx context.Context, tx *db.Tx, d Document) (Manifest, error) {
	m := Manifest{Document: d.ID, Title: d.Title, TextHash: textHash(d.Body), Scope: d.Node}
	heads, err := ledger.Heads(ctx, tx)
	if err != nil {
		return m, err
	}
	known := ledger.Known{At: db.Micros(tx.Now()), Heads: map[string]int64{}}
	m.Known, m.Heads, m.Hashes = known.At, known.Heads, map[string]string{}
	for _, h := range heads {
		m.Heads[h.Chain], m.Hashes[h.Chain] = h.Seq, h.Hash
	}
	if m.Slots, err = answer(ctx, tx, d.Node, d, d.Slots, known, true); err != nil {
		return m, err
	}
	seen := map[string]bool{}
	for _, v := range m.Slots {
		if v.Cited != nil && v.Cited.CheckedBy == "" {
			return m, fault.BadField("slots."+v.Key, "unchecked", "引用“"+v.Title+"”还没有第二人核对。", "Nobody has checked the citation "+v.Key+".")
		}
		if v.Unit == string(ledger.SinceYear) && v.Value.None {
			return m, fault.BadField("slots."+v.Key, "not_highest", "“"+v.Title+"”不成立：上年同期不低于本期，或台账里没有可比的年份。", "The claim of "+v.Key+" does not hold: last year's same days were as high, or there is no year to compare with.")
		}
		if f, ok := ledger.FormulaByCode(v.Code); ok && !seen[v.Code] {
			seen[v.Code] = true
			m.Formulas = append(m.Formulas, f)
		}
	}
	return m, nil
}

// traceCode is short enough to read out: ZD, the as-of day, four letters of the manifest's hash and two check digits.
func traceCode(through string, sum [32]byte) string {
	letters := base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding).EncodeToString(sum[:5])
	check := 0
	for _, c := range letters {
		check = (check*31 + int(c)) % 97
	}
	return fmt.Sprintf("ZD-%s%s-%s-%02d", through[5:7], through[8:10], letters[:6], check)
}

func textHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// ByCode names a manifest by its trace code.
type ByCode struct {
	Code string `path:"code" json:"-"`
}

// SignedFigures is a signed document's manifest for people and programs.
type SignedFigures struct {
	Code     string   `json:"code"`
	Hash     string   `json:"hash"`
	SignedAt int64    `json:"signed_at"`
	Manifest Manifest `json:"manifest"`
}

// ManifestOf gives the manifest of a trace code. It holds sums and digests, nothing about persons.
// Fault: not_found.
func ManifestOf(ctx context.Context, tx *db.Tx, code string) (SignedFigures, error) {
	return manifest(ctx, tx, "code", strings.ToUpper(strings.TrimSpace(code)))
}

// FrozenOf gives the manifest of a document without asking the ledger again. Fault: not_found.
func FrozenOf(ctx context.Context, tx *db.Tx, document string) (SignedFigures, error) {
	return manifest(ctx, tx, "document_id", document)
}

func manifest(ctx context.Context, tx *db.Tx, column, value string) (out SignedFigures, err error) {
	r, err := db.One[manifestRow](ctx, tx, `SELECT code, document_id, content, hash, at, person_id FROM bulletin_manifest WHERE `+column+` = ?`, value)
	if err != nil {
		return out, err
	}
	if textHash(r.Content) != r.Hash {
		return out, fault.Wrap(fmt.Errorf("manifest %s was changed", r.Code), "read a manifest")
	}
	out = SignedFigures{Code: r.Code, Hash: r.Hash, SignedAt: r.At}
	return out, fault.Wrap(json.Unmarshal([]byte(r.Content), &out.Manifest), "read a manifest")
}
