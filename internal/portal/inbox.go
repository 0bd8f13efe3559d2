package portal

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// Item is one thing that somebody of the public sent in. What they wrote is sealed under a key of its own.
type Item struct {
	ID         string `db:"id" json:"id"`
	Receipt    string `db:"receipt" json:"receipt"` // number that its sender quotes; it cannot be guessed
	Kind       string `db:"kind" json:"kind" enum:"plan,service,complaint"`
	Unit       string `db:"unit_id" json:"unit"` // where the sender wants it handled
	Lang       string `db:"lang" json:"lang"`    // in which to answer
	Sealed     string `db:"sealed" json:"-"`
	Form       string `db:"form" json:"-"` // digest of the form it came by, which serves once
	State      string `db:"state" json:"state" enum:"new,accepted,refused"`
	ReceivedAt int64  `db:"received_at" json:"received_at"`
	ReceivedOn string `db:"received_on" json:"received_on"`
	DueOn      string `db:"due_on" json:"due_on"`
	DecidedBy  string `db:"decided_by" json:"decided_by,omitempty"`
	DecidedAt  int64  `db:"decided_at" json:"decided_at,omitempty"`
	Reason     string `db:"reason" json:"reason,omitempty"`         // of a refusal; the sender reads it
	Outcome    string `db:"outcome" json:"outcome,omitempty"`       // lead/0192… or ticket/0192…
	OutcomeNo  string `db:"outcome_no" json:"outcome_no,omitempty"` // its number
	ErasedAt   int64  `db:"erased_at" json:"erased_at,omitempty"`
	Version    int64  `db:"version" json:"version"`
}

const itemColumns = `i.id, i.receipt, i.kind, i.unit_id, i.lang, i.sealed, i.form, i.state, i.received_at, i.received_on, i.due_on, i.decided_by, i.decided_at, i.reason,
	i.outcome, i.outcome_no, i.erased_at, i.version`

// Letter is what a sender wrote; it is stored sealed.
type Letter struct {
	Firm  string `json:"firm,omitempty" maxLength:"120"`
	Name  string `json:"name,omitempty" maxLength:"60"`
	Phone string `json:"phone,omitempty" maxLength:"30"`
	Email string `json:"email,omitempty" maxLength:"120"`
	Title string `json:"title" maxLength:"120"`
	Text  string `json:"text" maxLength:"2000"`
}

// sendKinds are what one can send in.
var sendKinds = []string{"plan", "service", "complaint"}

// answerDays is within how many days somebody must have decided what becomes of it.
var answerDays = map[string]int{"plan": 3, "service": 1, "complaint": 3}

// Inbox takes in what the public sends. Its database is the one that is written to; the public pages may read through
// another, which is not.
type Inbox struct {
	DB  *db.DB
	Key []byte // of the forms

	senders, guesses, tries limiter
}

// Send is the form of a sender.
type Send struct {
	Kind string `json:"kind"`
	Letter
	Unit    string `json:"unit,omitempty" doc:"where it shall be handled; default the province"`
	Consent bool   `json:"consent"`
	Website string `json:"website,omitempty"` // no person sees this input
	Token   string `json:"token"`
	Proof   string `json:"proof,omitempty"`
	Lang    string `json:"-"`
}

// Receive takes in what somebody sent from an address, and gives its receipt number. It is the only thing that the
// public writes. The same form sent again gives the same number. Faults: Invalid (also robot), too_soon and
// form_expired (Conflict), too_many (TooMany).
func (s *Inbox) Receive(ctx context.Context, in Send, address string) (out Item, err error) {
	now := s.DB.Now()
	if !s.tries.take(address, now, triesPerHour) {
		return out, tooMany()
	}
	if err := in.check(); err != nil {
		return out, err
	}
	if err := s.human(in, now); err != nil {
		return out, err
	}
	ctx = audit.With(ctx, audit.Actor{Person: "stranger", Account: "stranger", Source: "portal", Chain: "root"})
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = s.receive(ctx, tx, in, address)
		return err
	})
	return out, err
}

func (s *Inbox) receive(ctx context.Context, tx *db.Tx, in Send, address string) (Item, error) {
	form := digestOf(in.Token)
	old, found, err := db.Maybe[Item](ctx, tx, `SELECT `+itemColumns+` FROM portal_inbox i WHERE i.form = ?`, form)
	if err != nil || found {
		return old, s.sameAgain(ctx, tx, old, in, err)
	}
	if !s.senders.take(address, tx.Now(), sendsPerHour) {
		return old, tooMany()
	}
	n, err := db.One[int64](ctx, tx, `SELECT count(*) FROM portal_inbox WHERE received_at > ?`, db.Micros(tx.Now().Add(-time.Hour)))
	if err != nil {
		return old, err
	}
	if n >= allPerHour {
		return old, tooMany()
	}
	i := Item{
		ID: tx.ID(), Kind: in.Kind, Unit: in.Unit, Lang: in.Lang, Form: form, State: "new", ReceivedAt: db.Micros(tx.Now()), ReceivedOn: tx.Today(),
		DueOn: daysFrom(tx.Now(), answerDays[in.Kind]), Version: 1,
	}
	i.Receipt = receipt(i.ID)
	if i.Unit, err = wished(ctx, tx, in.Unit); err != nil {
		return i, err
	}
	secret := company.NewSecret()
	if i.Sealed, err = company.Seal(secret, i.ID, in.Letter); err != nil {
		return i, err
	}
	if err := db.Insert(ctx, tx, "portal_inbox", i); err != nil {
		return i, err
	}
	if err := db.Do(ctx, tx, `INSERT INTO portal_key (inbox_id, secret) VALUES (?, ?)`, i.ID, secret); err != nil {
		return i, err
	}
	return i, audit.Note(ctx, tx, "inbox.receive", i.Subject(), nil, map[string]any{"kind": i.Kind, "unit": i.Unit, "due_on": i.DueOn})
}

// Subject is how the trail and what becomes of it name an item.
func (i Item) Subject() string { return "inbox/" + i.ID }

// sameAgain answers a form that came before: whoever sends other words by it is no reader who clicked twice.
func (s *Inbox) sameAgain(ctx context.Context, tx *db.Tx, old Item, in Send, err error) error {
	if err != nil {
		return err
	}
	l, err := letterOf(ctx, tx, old)
	if err != nil {
		return err
	}
	if l == nil || *l != in.Letter || old.Kind != in.Kind {
		return formExpired()
	}
	return nil
}

// letterOf opens what a sender wrote; nil once it was erased.
func letterOf(ctx context.Context, tx *db.Tx, i Item) (*Letter, error) {
	secret, ok, err := db.Maybe[string](ctx, tx, `SELECT secret FROM portal_key WHERE inbox_id = ?`, i.ID)
	if err != nil || !ok {
		return nil, err
	}
	var l Letter
	return &l, company.Unseal(secret, i.ID, i.Sealed, &l)
}

// wished is the unit that a sender chose; nobody is refused for a unit that has ended.
func wished(ctx context.Context, tx *db.Tx, code string) (string, error) {
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return "", err
	}
	province := ""
	for _, u := range dir.Units(tx.Today()) {
		if u.Code == code && (u.Kind == org.City || u.Kind == org.County) {
			return code, nil
		}
		if u.Kind == org.Province && province == "" {
			province = u.Code
		}
	}
	return province, nil
}

func (in *Send) check() error {
	var c fault.Checks
	if !slices.Contains(sendKinds, in.Kind) {
		c.Add("kind", "not_a_choice", "没有这种来件。", "There is no such form.")
	}
	l := &in.Letter
	for _, t := range []*string{&l.Firm, &l.Name, &l.Phone, &l.Email, &l.Title, &l.Text} {
		*t = strings.TrimSpace(strings.ReplaceAll(*t, "\r", ""))
	}
	if in.Kind == "plan" {
		c.Require("firm", l.Firm, "企业名称", "The company")
	}
	if in.Kind != "complaint" {
		c.Require("name", l.Name, "称呼", "Your name")
		if l.Phone == "" && l.Email == "" {
			c.Add("phone", "required", "电话和邮箱请至少填一个，以便回复。", "Give a telephone number or an e-mail address, so that we can answer.")
		}
	}
	if l.Phone != "" {
		phone, bad := company.Phone(l.Phone)
		if bad != nil {
			c.AddField(*bad)
		} else {
			l.Phone = phone
		}
	}
	if l.Email != "" && (strings.Count(l.Email, "@") != 1 || strings.ContainsAny(l.Email, " ,;<>") || l.Email[0] == '@' || strings.HasSuffix(l.Email, "@")) {
		c.Add("email", "email", "电子邮箱的样子应为 name@example.com。", "An e-mail address looks like name@example.com.")
	}
	c.Require("title", l.Title, "标题", "The subject").Require("text", l.Text, "内容", "The text")
	if !in.Consent {
		c.Add("consent", "required", "请同意只为办理此事使用您的联系方式。", "Agree that your details are used to handle this matter.")
	}
	return c.Err()
}

// receipt makes the number from the random part of an id: 50 bits, so that no other can be guessed.
func receipt(id string) string {
	sum := sha256.Sum256([]byte("inbox " + id))
	s := base32.NewEncoding("23456789ABCDEFGHJKLMNPQRSTUVWXYZ").WithPadding(base32.NoPadding).EncodeToString(sum[:7])
	return "TZ-" + s[:5] + "-" + s[5:10]
}

func digestOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func daysFrom(t time.Time, n int) string {
	return t.In(db.Zone()).AddDate(0, 0, n).Format(time.DateOnly)
}
