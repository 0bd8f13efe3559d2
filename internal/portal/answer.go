package portal

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/field"
)

// VisitAnswer is what a company says of a visit, by the link it was shown.
type VisitAnswer struct {
	Code      string `json:"code" maxLength:"40"`
	Confirmed bool   `json:"confirmed"`
	NoContact bool   `json:"no_contact"`
	Name      string `json:"name" maxLength:"120"`
	Address   string `json:"address" maxLength:"200"`
	Text      string `json:"text" maxLength:"500"`
}

// answer leaves out what the library says already.
func (in VisitAnswer) answer(a field.Asked) (out field.Answer, err error) {
	out = field.Answer{Confirmed: in.Confirmed, NoContact: in.NoContact, Suggest: field.Suggestion{
		Name: strings.Join(strings.Fields(in.Name), " "), Address: strings.Join(strings.Fields(in.Address), " "), Text: strings.TrimSpace(in.Text),
	}}
	if out.Suggest.Name == a.Company {
		out.Suggest.Name = ""
	}
	if out.Suggest.Address == a.Address {
		out.Suggest.Address = ""
	}
	var c fault.Checks
	c.AtMost("name", out.Suggest.Name, 120).AtMost("address", out.Suggest.Address, 200).AtMost("text", out.Suggest.Text, 500)
	if out == (field.Answer{}) {
		c.Add("confirmed", "required", "请至少选一项，或改一处。", "Tick one of them, or change something.")
	}
	return out, c.Err()
}

func linkOver() error {
	return fault.New(fault.NotFound, "link_over", "这个链接无效、已过期或已用过。", "This link is wrong, has expired or was used.")
}

// Visit gives what a link asks, reading from the database that the public pages have. A wrong code, one that expired and
// one that was used are answered alike and as late, and an address that guesses is let wait. Faults: link_over, too_many.
func (s *Inbox) Visit(ctx context.Context, from *db.DB, code, address string) (out field.Asked, err error) {
	now := s.DB.Now()
	if !s.guesses.room(address, now, wrongPerHour) {
		return out, tooMany()
	}
	timer := time.NewTimer(lookTime)
	defer timer.Stop()
	err = from.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = openLink(ctx, tx, code)
		return err
	})
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	if fault.Is(err, fault.NotFound) {
		s.guesses.take(address, now, wrongPerHour)
		return field.Asked{}, linkOver()
	}
	return out, err
}

// openLink gives what a link asks that nobody has answered.
func openLink(ctx context.Context, tx *db.Tx, code string) (field.Asked, error) {
	out, err := field.VouchByCode(ctx, tx, code)
	if err != nil {
		return out, err
	}
	_, answered, err := db.Maybe[string](ctx, tx, `SELECT id FROM portal_answer WHERE vouch_id = ?`, out.ID)
	if err == nil && answered {
		err = linkOver()
	}
	return out, err
}

// AnswerVisit takes in what a company says by its link, once. Beside Receive it is all that the public writes.
// Faults: Invalid, link_over, too_many.
func (s *Inbox) AnswerVisit(ctx context.Context, in VisitAnswer, address string) error {
	if !s.tries.take(address, s.DB.Now(), triesPerHour) {
		return tooMany()
	}
	asked, err := s.Visit(ctx, s.DB, in.Code, address)
	if err != nil {
		return err
	}
	said, err := in.answer(asked)
	if err != nil {
		return err
	}
	ctx = audit.With(ctx, audit.Actor{Person: "stranger", Account: "stranger", Source: "portal", Chain: "root"})
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := openLink(ctx, tx, in.Code); fault.Is(err, fault.NotFound) {
			return linkOver()
		} else if err != nil {
			return err
		}
		id, secret := tx.ID(), company.NewSecret()
		sealed, err := company.Seal(secret, id, said)
		if err != nil {
			return err
		}
		n, err := db.Exec(ctx, tx, `INSERT INTO portal_answer (id, vouch_id, sealed, received_at, taken_at) VALUES (?, ?, ?, ?, 0) ON CONFLICT (vouch_id) DO NOTHING`, id, asked.ID, sealed, db.Micros(tx.Now()))
		if err == nil && n == 0 {
			err = linkOver()
		}
		if err != nil {
			return err
		}
		if err := db.Do(ctx, tx, `INSERT INTO portal_key (inbox_id, secret) VALUES (?, ?)`, id, secret); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "inbox.answer", "vouch/"+asked.ID, nil, nil)
	})
}

// TakeAnswers hands over to the staff side what companies answered, and gives how many. What was handed over is
// destroyed here.
func (s *Inbox) TakeAnswers(ctx context.Context) (n int, err error) {
	type row struct {
		ID     string `db:"id"`
		Vouch  string `db:"vouch_id"`
		Sealed string `db:"sealed"`
		Secret string `db:"secret"`
	}
	ctx = audit.With(ctx, audit.System("root"))
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := db.All[row](ctx, tx, `SELECT a.id, a.vouch_id, a.sealed, k.secret FROM portal_answer a JOIN portal_key k ON k.inbox_id = a.id WHERE a.taken_at = 0 ORDER BY a.id LIMIT ?`, sweepAtOnce)
		if err != nil {
			return err
		}
		for _, r := range list {
			var said field.Answer
			if err := company.Unseal(r.Secret, r.ID, r.Sealed, &said); err != nil {
				return err
			}
			if err := field.TakeAnswer(ctx, tx, r.Vouch, said); err != nil {
				return err
			}
			if _, err := db.Exec(ctx, tx, `DELETE FROM portal_key WHERE inbox_id = ?`, r.ID); err != nil {
				return err
			}
			if _, err := db.Exec(ctx, tx, `UPDATE portal_answer SET sealed = '', taken_at = ? WHERE id = ?`, db.Micros(tx.Now()), r.ID); err != nil {
				return err
			}
		}
		n = len(list)
		return nil
	})
	return n, err
}

// answersEvery is how soon the staff side learns what a company answered.
const answersEvery = 10 * time.Second

// RunAnswers hands answers over until ctx ends. Each server runs one.
func (s *Inbox) RunAnswers(ctx context.Context, log *slog.Logger) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	for ctx.Err() == nil {
		if _, err := s.TakeAnswers(ctx); err != nil && ctx.Err() == nil {
			log.LogAttrs(ctx, slog.LevelError, "take over what companies answered", slog.String("cause", err.Error()))
		}
		select {
		case <-ctx.Done():
		case <-time.After(answersEvery):
		}
	}
}
