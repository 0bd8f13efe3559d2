package verify

import (
	"context"

	"zhudian/internal/db"
)

// Seen gives those claims of the ids that stand under root today.
func Seen(ctx context.Context, tx *db.Tx, root string, ids []string) ([]Claim, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	args := append([]any{root, tx.Today(), tx.Today()}, db.Args(ids)...)
	return db.All[Claim](ctx, tx, `SELECT `+claimColumns+` FROM verify_claim c
		JOIN org_scope o ON o.node_id = c.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
		WHERE c.id IN `+db.In(len(ids))+` ORDER BY c.occurred_on, c.id`, args...)
}

// Titled finds claims of field work under root by a part of their title, the latest first.
func Titled(ctx context.Context, tx *db.Tx, root, q string, limit int) ([]Claim, error) {
	return db.All[Claim](ctx, tx, `SELECT `+claimColumns+` FROM verify_claim c
		JOIN org_scope o ON o.node_id = c.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
		WHERE c.route = ? AND c.title LIKE ? ESCAPE '\' ORDER BY c.filed_at DESC, c.id DESC LIMIT ?`, root, tx.Today(), tx.Today(), FieldRoute, db.Like(q), limit)
}
