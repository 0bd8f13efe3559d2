package auth

import (
	"context"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

type sessionRow struct {
	ID        string `db:"id"`
	Account   string `db:"account_id"`
	CreatedAt int64  `db:"created_at"`
	SeenAt    int64  `db:"seen_at"`
	Client    string `db:"client"`
	Agent     string `db:"agent"`
}

// openSession is a session with its account.
type openSession struct {
	row
	SessionCreated int64 `db:"session_created_at"`
	SessionSeen    int64 `db:"session_seen_at"`
}

func sessionByID(ctx context.Context, tx *db.Tx, id string) (openSession, bool, error) {
	return db.Maybe[openSession](ctx, tx, `SELECT `+accountColumns+`, s.created_at AS session_created_at, s.seen_at AS session_seen_at`+
		accountFrom+` JOIN auth_session s ON s.account_id = a.id WHERE s.id = ?`, id)
}

func sessionsOf(ctx context.Context, tx *db.Tx, account string) ([]sessionRow, error) {
	return db.All[sessionRow](ctx, tx, `SELECT id, account_id, created_at, seen_at, client, agent FROM auth_session
		WHERE account_id = ? ORDER BY seen_at DESC, id`, account)
}

func touchSession(ctx context.Context, tx *db.Tx, id string, now int64) error {
	_, err := db.Exec(ctx, tx, `UPDATE auth_session SET seen_at = ? WHERE id = ? AND seen_at < ?`, now, id, now)
	return err
}

func endSession(ctx context.Context, tx *db.Tx, account, id string) error {
	_, err := db.Exec(ctx, tx, `DELETE FROM auth_session WHERE id = ? AND account_id = ?`, id, account)
	return err
}

// trimSessions leaves the keep latest sessions of an account, and none opened before oldest.
func trimSessions(ctx context.Context, tx *db.Tx, account string, keep int, oldest int64) error {
	_, err := db.Exec(ctx, tx, `DELETE FROM auth_session WHERE account_id = ? AND (created_at < ? OR id NOT IN (
		SELECT id FROM auth_session WHERE account_id = ? ORDER BY seen_at DESC, id LIMIT ?))`, account, oldest, account, keep)
	return err
}

// signedIn notes the sign-in on the account and renews its hash. It fails when the account changed since its
// password was checked: another password, other roles, disabled.
func signedIn(ctx context.Context, tx *db.Tx, r row, now int64) error {
	n, err := db.Exec(ctx, tx, `UPDATE auth_account SET seen_at = ?, password_hash = ? WHERE id = ? AND version = ? AND disabled = FALSE`,
		now, r.Hash, r.ID, r.Version)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "stale", "这个账号刚有变动，请重新登录。", "This account has just changed; sign in again.")
	}
	return err
}

// takeStep uses up a step of the one-time codes; false when it, or a later one, was used before.
func takeStep(ctx context.Context, tx *db.Tx, account string, step int64) (bool, error) {
	n, err := db.Exec(ctx, tx, `UPDATE auth_account SET factor_step = ? WHERE id = ? AND factor_step < ?`, step, account, step)
	return n == 1, err
}

func useRecovery(ctx context.Context, tx *db.Tx, account, hash string) (bool, error) {
	n, err := db.Exec(ctx, tx, `DELETE FROM auth_recovery WHERE account_id = ? AND hash = ?`, account, hash)
	return n == 1, err
}

// setRecovery replaces the recovery codes of an account.
func setRecovery(ctx context.Context, tx *db.Tx, account string, codes []string) error {
	if _, err := db.Exec(ctx, tx, `DELETE FROM auth_recovery WHERE account_id = ?`, account); err != nil {
		return err
	}
	type recoveryRow struct {
		Account string `db:"account_id"`
		Hash    string `db:"hash"`
	}
	rows := make([]recoveryRow, len(codes))
	for i, c := range codes {
		rows[i] = recoveryRow{account, digest(c)}
	}
	return db.Insert(ctx, tx, "auth_recovery", rows)
}

type tokenRow struct {
	ID        string `db:"id"`
	Account   string `db:"account_id"`
	Name      string `db:"name"`
	Hash      string `db:"hash"`
	CreatedAt int64  `db:"created_at"`
	ExpiresAt int64  `db:"expires_at"`
	UsedAt    int64  `db:"used_at"`
}

func (t tokenRow) token() Token { return Token{t.ID, t.Name, t.CreatedAt, t.ExpiresAt, t.UsedAt} }

// openToken is a token with its account.
type openToken struct {
	row
	TokenID      string `db:"token_id"`
	TokenExpires int64  `db:"token_expires_at"`
	TokenUsed    int64  `db:"token_used_at"`
}

func tokenByHash(ctx context.Context, tx *db.Tx, hash string) (openToken, bool, error) {
	return db.Maybe[openToken](ctx, tx, `SELECT `+accountColumns+`, t.id AS token_id, t.expires_at AS token_expires_at, t.used_at AS token_used_at`+
		accountFrom+` JOIN auth_token t ON t.account_id = a.id WHERE t.hash = ?`, hash)
}

func tokensOf(ctx context.Context, tx *db.Tx, account string, now int64) ([]tokenRow, error) {
	return db.All[tokenRow](ctx, tx, `SELECT id, account_id, name, hash, created_at, expires_at, used_at FROM auth_token
		WHERE account_id = ? AND expires_at > ? ORDER BY created_at, id`, account, now)
}

func touchToken(ctx context.Context, tx *db.Tx, id string, now int64) error {
	_, err := db.Exec(ctx, tx, `UPDATE auth_token SET used_at = ? WHERE id = ?`, now, id)
	return err
}
