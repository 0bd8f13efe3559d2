package field

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/station"
	"zhudian/internal/verify"
)

// Vouch is the other side's word on a visit: a link that the officer may show, by which the company confirms the visit,
// corrects its data or asks not to be contacted. It is answered once.
type Vouch struct {
	ID         string `db:"id" json:"id"`
	Visit      string `db:"visit_id" json:"visit"`
	Node       string `db:"node_id" json:"-"`
	Digest     string `db:"digest" json:"-"`
	Nonce      string `db:"nonce" json:"-"`
	ExpiresAt  int64  `db:"expires_at" json:"expires_at"`
	MadeBy     string `db:"made_by" json:"made_by"`
	MadeAt     int64  `db:"made_at" json:"made_at"`
	AnsweredAt int64  `db:"answered_at" json:"answered_at,omitempty"`
	Confirmed  bool   `db:"confirmed" json:"confirmed,omitempty"`
	NoContact  bool   `db:"no_contact" json:"no_contact,omitempty"`
	Sealed     string `db:"sealed" json:"-"`
	Settled    string `db:"settled" json:"settled,omitempty" enum:"waiting,adopted,declined" doc:"what became of the corrections"`
	SettledBy  string `db:"settled_by" json:"settled_by,omitempty"`
	SettledAt  int64  `db:"settled_at" json:"settled_at,omitempty"`
	Version    int64  `db:"version" json:"version"`

	Code    string      `db:"-" json:"code,omitempty" doc:"of the link, while it can be answered"`
	Suggest *Suggestion `db:"-" json:"suggestion,omitempty" doc:"what the company wants corrected, while it waits"`
}

const vouchColumns = `q.id, q.visit_id, q.node_id, q.digest, q.nonce, q.expires_at, q.made_by, q.made_at, q.answered_at, q.confirmed, q.no_contact, q.sealed, q.settled,
	q.settled_by, q.settled_at, q.version`

// Suggestion is what a company says of itself.
type Suggestion struct {
	Name    string `json:"name,omitempty" maxLength:"120"`
	Address string `json:"address,omitempty" maxLength:"200"`
	Text    string `json:"text,omitempty" maxLength:"500"`
}

func (s Suggestion) empty() bool { return s == Suggestion{} }

// vouchLife is how long a link can be answered.
const vouchLife = 14 * 24 * time.Hour

// code is what stands in the link: 80 bits that only the installation's key gives, so that nobody guesses another.
func (s *Service) code(v Vouch) string {
	h := hmac.New(sha256.New, s.Key)
	h.Write([]byte("vouch " + v.ID + " " + v.Nonce))
	return base32.NewEncoding("23456789ABCDEFGHJKLMNPQRSTUVWXYZ").WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:10])
}

func codeDigest(code string) string {
	sum := sha256.Sum256([]byte(strings.ToUpper(code)))
	return hex.EncodeToString(sum[:])
}

// MakeVouch gives the link of a visit, a fresh one when the last has expired. Faults: not_found, answered.
func (s *Service) MakeVouch(ctx context.Context, in ByID) (out Vouch, err error) {
	who, err := audit.Require(ctx, "visit.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		visit, err := visitInScope(ctx, tx, who.Node, in.ID)
		if err != nil {
			return err
		}
		old, ok, err := vouchOf(ctx, tx, visit.ID)
		if err != nil {
			return err
		}
		now := tx.Now()
		switch {
		case ok && old.AnsweredAt > 0:
			return fault.New(fault.Conflict, "answered", "对方已经答复过这次走访。", "The other side has answered for this visit.")
		case ok && old.ExpiresAt > db.Micros(now):
			out, out.Code = old, s.code(old)
			return nil
		}
		out = Vouch{ID: tx.ID(), Visit: visit.ID, Node: visit.Node, Nonce: tx.ID(), ExpiresAt: db.Micros(now.Add(vouchLife)), MadeBy: who.Person, MadeAt: db.Micros(now), Version: 1}
		out.Code = s.code(out)
		out.Digest = codeDigest(out.Code)
		if ok {
			if _, err := db.Exec(ctx, tx, `DELETE FROM field_vouch WHERE id = ?`, old.ID); err != nil {
				return err
			}
		}
		if err := db.Insert(ctx, tx, "field_vouch", out); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "vouch.make", visit.Subject(), nil, map[string]any{"expires": db.Today(db.FromMicros(out.ExpiresAt))})
	})
	return out, err
}

func vouchOf(ctx context.Context, tx *db.Tx, visit string) (Vouch, bool, error) {
	return db.Maybe[Vouch](ctx, tx, `SELECT `+vouchColumns+` FROM field_vouch q WHERE q.visit_id = ?`, visit)
}

// Asked is what the other side sees of a visit: what it knows itself, and who asks.
type Asked struct {
	ID      string // of the link
	Company string
	Address string
	Day     string
	Unit    string // that came
}

// VouchByCode gives what a link asks, while it can be answered. Fault: not_found, whatever is the matter with it.
func VouchByCode(ctx context.Context, tx *db.Tx, code string) (out Asked, err error) {
	v, err := db.One[Vouch](ctx, tx, `SELECT `+vouchColumns+` FROM field_vouch q WHERE q.digest = ? AND q.answered_at = 0 AND q.expires_at > ?`, codeDigest(code), db.Micros(tx.Now()))
	if err != nil {
		return out, err
	}
	visit, err := db.One[Visit](ctx, tx, `SELECT `+visitColumns+` FROM field_visit v WHERE v.id = ?`, v.Visit)
	if err != nil {
		return out, err
	}
	firms, err := company.Briefs(ctx, tx, []string{visit.Company})
	if err != nil {
		return out, err
	}
	firm := firms[visit.Company]
	cards, err := company.Cards(ctx, tx, []string{firm.ID})
	if err != nil {
		return out, err
	}
	team, err := station.TeamByID(ctx, tx, visit.Team)
	return Asked{ID: v.ID, Company: firm.Name, Address: cards[firm.ID].Address, Day: visit.Day, Unit: team.Unit}, err
}

// Answer is what the other side said by a link.
type Answer struct {
	Confirmed bool       `json:"confirmed"`
	NoContact bool       `json:"no_contact"`
	Suggest   Suggestion `json:"suggest"`
}

// TakeAnswer takes over what a company said, once: the claim of the visit shows that it was confirmed, the company is not
// contacted any more if it asked so, and its corrections wait for an officer. A link that is gone or answered is left alone.
func TakeAnswer(ctx context.Context, tx *db.Tx, id string, in Answer) error {
	v, ok, err := db.Maybe[Vouch](ctx, tx, `SELECT `+vouchColumns+` FROM field_vouch q WHERE q.id = ? AND q.answered_at = 0`, id)
	if err != nil || !ok {
		return err
	}
	visit, err := db.One[Visit](ctx, tx, `SELECT `+visitColumns+` FROM field_visit v WHERE v.id = ?`, v.Visit)
	if err != nil {
		return err
	}
	settled, sealed := "", ""
	if !in.Suggest.empty() {
		secret := company.NewSecret()
		if sealed, err = company.Seal(secret, v.ID, in.Suggest); err != nil {
			return err
		}
		settled = "waiting"
		if err := db.Do(ctx, tx, `INSERT INTO field_vouch_key (vouch_id, secret) VALUES (?, ?)`, v.ID, secret); err != nil {
			return err
		}
	}
	_, err = db.Exec(ctx, tx, `UPDATE field_vouch SET answered_at = ?, confirmed = ?, no_contact = ?, sealed = ?, settled = ?, version = version + 1 WHERE id = ?`,
		db.Micros(tx.Now()), in.Confirmed, in.NoContact, sealed, settled, v.ID)
	if err != nil {
		return err
	}
	if in.Confirmed {
		if err := verify.Vouch(ctx, tx, visit.Subject()); err != nil {
			return err
		}
	}
	if in.NoContact {
		if err := company.KeepSilence(ctx, tx, company.Silence{Company: visit.Company, Source: visit.Subject()}); err != nil {
			return err
		}
	}
	return audit.Note(ctx, tx, "vouch.answer", visit.Subject(), nil, map[string]any{"confirmed": in.Confirmed, "no_contact": in.NoContact, "corrections": settled == "waiting"})
}

// withVouch adds the other side's word to a visit.
func (s *Service) withVouch(ctx context.Context, tx *db.Tx, rec *VisitRecord) error {
	v, ok, err := vouchOf(ctx, tx, rec.ID)
	if err != nil || !ok {
		return err
	}
	if v.AnsweredAt == 0 && v.ExpiresAt > db.Micros(tx.Now()) {
		v.Code = s.code(v)
	}
	if v.Settled == "waiting" {
		if v.Suggest, err = suggestionOf(ctx, tx, v); err != nil {
			return err
		}
	}
	rec.Vouch = &v
	return nil
}

func suggestionOf(ctx context.Context, tx *db.Tx, v Vouch) (*Suggestion, error) {
	secret, err := db.One[string](ctx, tx, `SELECT secret FROM field_vouch_key WHERE vouch_id = ?`, v.ID)
	if err != nil {
		return nil, err
	}
	var out Suggestion
	return &out, company.Unseal(secret, v.ID, v.Sealed, &out)
}

// SettleVouch says what becomes of a company's corrections.
type SettleVouch struct {
	ID    string `json:"id" doc:"of the visit"`
	Adopt bool   `json:"adopt" doc:"name and address go into the library; the text is for the officer to act on"`
}

// SettleVouch adopts or declines what a company wants corrected; then what it wrote is destroyed. Faults: not_found,
// nothing_waits, and those of editing a company.
func (s *Service) SettleVouch(ctx context.Context, in SettleVouch) (out VisitRecord, err error) {
	who, err := audit.Require(ctx, "visit.edit")
	if err != nil {
		return out, err
	}
	rec, err := s.GetVisit(ctx, ByID{in.ID})
	if err != nil {
		return out, err
	}
	if rec.Vouch == nil || rec.Vouch.Suggest == nil {
		return out, nothingWaits()
	}
	state := "declined"
	if in.Adopt {
		state = "adopted"
		if err := s.correct(ctx, rec.Company, *rec.Vouch.Suggest); err != nil {
			return out, err
		}
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `UPDATE field_vouch SET settled = ?, settled_by = ?, settled_at = ?, sealed = '', version = version + 1 WHERE id = ? AND version = ?`,
			state, who.Person, db.Micros(tx.Now()), rec.Vouch.ID, rec.Vouch.Version)
		if err == nil && n == 0 {
			err = nothingWaits()
		}
		if err != nil {
			return err
		}
		if _, err := db.Exec(ctx, tx, `DELETE FROM field_vouch_key WHERE vouch_id = ?`, rec.Vouch.ID); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "vouch.settle", rec.Subject(), nil, map[string]string{"settled": state})
	})
	if err != nil {
		return out, err
	}
	return s.GetVisit(ctx, ByID{in.ID})
}

func nothingWaits() error {
	return fault.New(fault.Conflict, "nothing_waits", "没有待处理的更正建议。", "No correction waits here.")
}

// correct puts a company's own name and address into the library. Doing it twice changes nothing more.
func (s *Service) correct(ctx context.Context, id string, in Suggestion) error {
	library := &company.Service{DB: s.DB}
	rec, err := library.Get(ctx, company.ByID{ID: id})
	if err != nil {
		return err
	}
	facts := rec.Facts
	if in.Name != "" {
		facts.Name = in.Name
	}
	if in.Address != "" {
		facts.Address = in.Address
	}
	if facts.Name == rec.Name && facts.Address == rec.Address {
		return nil
	}
	_, err = library.Edit(ctx, company.Edit{ID: rec.ID, Version: rec.Version, Facts: facts})
	return err
}

// WaitingVouches lists the visits in scope whose company wants something corrected.
func (s *Service) WaitingVouches(ctx context.Context, _ struct{}) (out Visits, err error) {
	who, err := audit.Require(ctx, "visit.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Items, err = db.All[Visit](ctx, tx, `SELECT `+visitColumns+` FROM field_visit v JOIN field_vouch q ON q.visit_id = v.id`+scoped+`v.node_id
			WHERE q.settled = 'waiting' ORDER BY q.answered_at, v.id LIMIT 100`, who.Node, tx.Today(), tx.Today())
		return err
	})
	return out, err
}
