package auth

import (
	"context"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// ChangePassword is a person's own change of password.
type ChangePassword struct {
	Old string `json:"old" maxLength:"1000"`
	New string `json:"new" maxLength:"1000"`
}

// ChangePassword replaces the acting person's password and ends all their sessions but a fresh one for this
// browser. Faults: wrong_password, length, common, contains_login, same.
func (s *Service) ChangePassword(ctx context.Context, in ChangePassword) (Account, error) {
	who, err := audit.Require(ctx, Self)
	if err != nil {
		return Account{}, err
	}
	r := visitOf(ctx).row
	if r.ID == "" {
		return Account{}, signInFirst()
	}
	if err := s.confirm(ctx, r, in.Old); err != nil {
		return Account{}, err
	}
	var c fault.Checks
	checkPassword(&c, "new", in.New, who.Login)
	if in.New == in.Old {
		c.Add("new", "same", "新密码与旧密码相同。", "The new password is the old one.")
	}
	if c.Err() != nil {
		return Account{}, c.Err()
	}
	hash, err := s.hash(ctx, in.New)
	if err != nil {
		return Account{}, err
	}
	secret, now := newSecret(), db.Micros(s.now())
	out, err := s.change(ctx, who.Account, r.Version, "account.password", func(ctx context.Context, tx *db.Tx, r *row) error {
		r.Hash, r.PasswordAt, r.MustChange = hash, now, false
		if err := trimSessions(ctx, tx, r.ID, 0, 0); err != nil || who.Session == "" {
			return err
		}
		return db.Insert(ctx, tx, "auth_session", sessionRow{
			ID: digest(secret), Account: r.ID, CreatedAt: now, SeenAt: now, Client: sourceOf(ctx), Agent: agentOf(ctx),
		})
	})
	if err == nil && who.Session != "" {
		web.SetCookie(ctx, s.cookie(ctx, secret))
	}
	return out, err
}

// confirm asks for the present password once more; wrong ones count like failed sign-ins.
func (s *Service) confirm(ctx context.Context, r row, password string) error {
	who, source := s.whoOf(r.Login), sourceOf(ctx)
	if _, _, err := s.mayTry(ctx, r.Login, who, source); err != nil {
		return err
	}
	if err := s.gate.enter(ctx); err != nil {
		return err
	}
	ok, _ := s.opt.Cost.matches(r.Hash, password)
	s.gate.leave()
	if ok {
		return nil
	}
	if err := s.refuse(ctx, r, who, source, "wrong_sign_in"); !fault.Is(err, fault.Unauthenticated) {
		return err
	}
	return fault.BadField("old", "wrong_password", "现在的密码不对。", "The present password is wrong.")
}

// Session is a place where a person is signed in.
type Session struct {
	ID        string `json:"id"`
	Client    string `json:"client" doc:"Address it was opened from"`
	Agent     string `json:"agent" doc:"Browser, as it calls itself"`
	CreatedAt int64  `json:"created_at"`
	SeenAt    int64  `json:"seen_at"`
	Current   bool   `json:"current"`
}

// Sessions of the acting person, the latest first.
type Sessions struct {
	Sessions []Session `json:"sessions"`
}

// Sessions lists where the acting person is signed in.
func (s *Service) Sessions(ctx context.Context, _ struct{}) (out Sessions, err error) {
	out.Sessions = []Session{}
	who, err := audit.Require(ctx, Self)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		life, err := s.lifetimes(ctx, tx)
		if err != nil {
			return err
		}
		rows, err := sessionsOf(ctx, tx, who.Account)
		for _, r := range rows {
			if s.now().After(db.FromMicros(r.SeenAt).Add(life.of(visitOf(ctx).row))) {
				continue
			}
			out.Sessions = append(out.Sessions, Session{r.ID, r.Client, r.Agent, r.CreatedAt, r.SeenAt, r.ID == who.Session})
		}
		return err
	})
	return out, err
}

// ID names one thing of the acting person's own.
type ID struct {
	ID string `json:"id"`
}

// EndSession ends one of the acting person's sessions. Fault: not_found.
func (s *Service) EndSession(ctx context.Context, in ID) (struct{}, error) {
	return struct{}{}, s.endOwn(ctx, "auth_session", in.ID, "account.session.end")
}

func (s *Service) endOwn(ctx context.Context, table, id, action string) error {
	who, err := audit.Require(ctx, Self)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `DELETE FROM `+table+` WHERE id = ? AND account_id = ?`, id, who.Account)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "not_found", "没有这一项，可能已经失效。", "There is no such entry; it may have ended already.")
		}
		return audit.Note(ctx, tx, action, "account/"+who.Account, nil, nil)
	})
}

// Token lets a program act in a person's name.
type Token struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	CreatedAt int64  `json:"created_at"`
	ExpiresAt int64  `json:"expires_at"`
	UsedAt    int64  `json:"used_at" doc:"About when it was last used; 0 for never"`
}

// Tokens of the acting person.
type Tokens struct {
	Tokens []Token `json:"tokens"`
}

// Tokens lists the acting person's tokens that still work.
func (s *Service) Tokens(ctx context.Context, _ struct{}) (out Tokens, err error) {
	out.Tokens = []Token{}
	who, err := audit.Require(ctx, Self)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		rows, err := tokensOf(ctx, tx, who.Account, db.Micros(s.now()))
		for _, r := range rows {
			out.Tokens = append(out.Tokens, r.token())
		}
		return err
	})
	return out, err
}

// Limits of tokens.
const (
	tokenDays    = 90
	tokenDaysMax = 366
	tokensMax    = 20
	tokenPrefix  = "zd_"
)

// NewToken asks for a token that ends by itself after Days (90 when empty, at most 366).
type NewToken struct {
	Name string `json:"name" maxLength:"200"`
	Days int    `json:"days,omitempty"`
}

// Issued is a new token. Secret is what goes after "Authorization: Bearer "; it is shown this once.
type Issued struct {
	Token  Token  `json:"token"`
	Secret string `json:"secret"`
}

// IssueToken makes a token of the acting person's own account: it may do what the account may, no more.
// Faults: required, out_of_range, too_many, by_token (a token cannot make tokens).
func (s *Service) IssueToken(ctx context.Context, in NewToken) (Issued, error) {
	who, err := audit.Require(ctx, Self)
	if err != nil {
		return Issued{}, err
	}
	if who.Source == "api" {
		return Issued{}, fault.New(fault.Forbidden, "by_token", "令牌不能再签发令牌，请登录后办。", "A token cannot issue tokens; sign in to do it.")
	}
	return s.issue(ctx, who.Account, in)
}

// IssueTokenFor makes a token for any account; for the command line on the server itself. Fault: not_allowed, not_found.
func (s *Service) IssueTokenFor(ctx context.Context, login string, in NewToken) (Issued, error) {
	if _, err := audit.Require(ctx, "user.token"); err != nil {
		return Issued{}, err
	}
	return s.issue(ctx, login, in)
}

func (s *Service) issue(ctx context.Context, account string, in NewToken) (out Issued, err error) {
	var c fault.Checks
	in.Name = checkName(&c, "name", in.Name)
	in.Days = orElse(in.Days, tokenDays)
	if in.Days < 1 || in.Days > tokenDaysMax {
		c.Add("days", "out_of_range", "有效期须在 1 至 366 天之间。", "A token lasts 1 to 366 days.")
	}
	if err := c.Err(); err != nil {
		return out, err
	}
	out.Secret = tokenPrefix + newSecret()
	now := s.now()
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := accountByName(ctx, tx, account)
		if err != nil {
			return err
		}
		have, err := tokensOf(ctx, tx, r.ID, db.Micros(now))
		if err != nil {
			return err
		}
		if len(have) >= tokensMax {
			return fault.BadField("name", "too_many", "最多 20 个令牌，请先停用不用的。", "At most 20 tokens; end those not in use first.")
		}
		t := tokenRow{
			ID: tx.ID(), Account: r.ID, Name: in.Name, Hash: digest(out.Secret), CreatedAt: db.Micros(now),
			ExpiresAt: db.Micros(now.AddDate(0, 0, in.Days)),
		}
		out.Token = t.token()
		if err := db.Insert(ctx, tx, "auth_token", t); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "account.token", "account/"+r.ID, nil, map[string]any{"token": t.ID, "expires_at": t.ExpiresAt})
	})
	return out, err
}

// RevokeToken ends one of the acting person's tokens. Fault: not_found.
func (s *Service) RevokeToken(ctx context.Context, in ID) (struct{}, error) {
	return struct{}{}, s.endOwn(ctx, "auth_token", in.ID, "account.token.end")
}

// tokenTouch is how often the use of a token is noted.
const tokenTouch = time.Hour
