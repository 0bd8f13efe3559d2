package auth

import (
	"context"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// byToken recognises an Authorization header. One that is there and does not hold is refused; a cookie sent
// beside it never helps out.
func (s *Service) byToken(ctx context.Context, v *visit, header string) error {
	scheme, secret, _ := strings.Cut(header, " ")
	secret = strings.TrimSpace(secret)
	bad := fault.New(fault.Unauthenticated, "bad_token", "令牌无效或已到期，请换一个。", "The token is not valid or has expired; issue another.")
	if !strings.EqualFold(scheme, "Bearer") || !strings.HasPrefix(secret, tokenPrefix) {
		return bad
	}
	var found openToken
	var ok bool
	err := s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		found, ok, err = tokenByHash(ctx, tx, digest(secret))
		return err
	})
	if err != nil {
		return err
	}
	now := s.now()
	v.row, v.until = found.row, db.FromMicros(found.TokenExpires)
	if !ok || found.Disabled || !now.Before(v.until) {
		return bad
	}
	if now.Sub(db.FromMicros(found.TokenUsed)) > tokenTouch {
		err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			return touchToken(ctx, tx, found.TokenID, db.Micros(now))
		})
		if err != nil {
			s.opt.Logger.WarnContext(ctx, "token not touched", "cause", err.Error())
		}
	}
	return nil
}
