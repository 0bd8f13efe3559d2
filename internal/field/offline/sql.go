package offline

import (
	"context"
	"slices"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// inboxRow is a record that was taken in.
type inboxRow struct {
	ID         string `db:"id"`
	Person     string `db:"person_id"`
	Account    string `db:"account_id"`
	Node       string `db:"node_id"`
	Kind       string `db:"kind"`
	Hash       string `db:"hash"`
	State      string `db:"state"`
	Code       string `db:"code"`
	Waits      string `db:"waits"` // ids it builds on, joined by spaces
	Body       string `db:"body"`  // sealed, while held
	Receipt    string `db:"receipt"`
	DeviceAt   int64  `db:"device_at"`
	Skew       int64  `db:"skew"` // seconds
	ReceivedAt int64  `db:"received_at"`
	Version    int64  `db:"version"`
}

const inboxColumns = `i.id, i.person_id, i.account_id, i.node_id, i.kind, i.hash, i.state, i.code, i.waits, i.body, i.receipt, i.device_at, i.skew, i.received_at, i.version`

func inboxByID(ctx context.Context, tx *db.Tx, ids []string) (map[string]inboxRow, error) {
	out := map[string]inboxRow{}
	for part := range slices.Chunk(ids, 500) {
		err := db.Each(ctx, tx, `SELECT `+inboxColumns+` FROM field_inbox i WHERE i.id IN `+db.In(len(part)), db.Args(part), func(r inboxRow) error {
			out[r.ID] = r
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// settle writes that a record is in the books, in the transaction that puts it there. Fault: inbox_taken, when a twin did.
func settle(ctx context.Context, tx *db.Tx, r inboxRow) error {
	n, err := db.Exec(ctx, tx, `INSERT INTO field_inbox (id, person_id, account_id, node_id, kind, hash, state, code, waits, body, receipt, device_at, skew, received_at, version)
		VALUES (?, ?, ?, ?, ?, ?, 'stored', '', ?, '', ?, ?, ?, ?, 1)
		ON CONFLICT (id) DO UPDATE SET state = 'stored', code = '', body = '', hash = excluded.hash, waits = excluded.waits, receipt = excluded.receipt,
			version = field_inbox.version + 1
		WHERE field_inbox.state = 'held' AND field_inbox.person_id = excluded.person_id`,
		r.ID, r.Person, r.Account, r.Node, r.Kind, r.Hash, r.Waits, r.Receipt, r.DeviceAt, r.Skew, r.ReceivedAt)
	if err == nil && n == 0 {
		err = errTaken
	}
	return err
}

var errTaken = fault.New(fault.Conflict, "inbox_taken", "这条记录正在写入。", "This record is being stored.")

// hold keeps a record until what it builds on comes. While it is held, a newer content of the same person replaces it.
func hold(ctx context.Context, tx *db.Tx, r inboxRow) error {
	n, err := db.Exec(ctx, tx, `INSERT INTO field_inbox (id, person_id, account_id, node_id, kind, hash, state, code, waits, body, receipt, device_at, skew, received_at, version)
		VALUES (?, ?, ?, ?, ?, ?, 'held', ?, ?, ?, '', ?, ?, ?, 1)
		ON CONFLICT (id) DO UPDATE SET code = excluded.code, hash = excluded.hash, waits = excluded.waits, body = excluded.body, version = field_inbox.version + 1
		WHERE field_inbox.state = 'held' AND field_inbox.person_id = excluded.person_id`,
		r.ID, r.Person, r.Account, r.Node, r.Kind, r.Hash, r.Code, r.Waits, r.Body, r.DeviceAt, r.Skew, r.ReceivedAt)
	if err == nil && n == 0 {
		err = errTaken
	}
	return err
}

// release forgets a held record that its phone has back, refused.
func release(ctx context.Context, tx *db.Tx, person, id string) error {
	_, err := db.Exec(ctx, tx, `DELETE FROM field_inbox WHERE id = ? AND person_id = ? AND state = 'held'`, id, person)
	return err
}

// heldBy lists what is held of one person, the oldest first.
func heldBy(ctx context.Context, tx *db.Tx, person string) ([]inboxRow, error) {
	return db.All[inboxRow](ctx, tx, `SELECT `+inboxColumns+` FROM field_inbox i WHERE i.person_id = ? AND i.state = 'held' ORDER BY i.received_at, i.id LIMIT 500`, person)
}

// heldUnder lists what is held under a node of the scope graph.
func heldUnder(ctx context.Context, tx *db.Tx, root string, most int) ([]inboxRow, error) {
	return db.All[inboxRow](ctx, tx, `SELECT `+inboxColumns+` FROM field_inbox i JOIN org_scope o ON o.node_id = i.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
		WHERE i.state = 'held' ORDER BY i.received_at, i.id LIMIT ?`, root, tx.Today(), tx.Today(), most)
}

// heldBefore lists what is held since before an instant, the oldest first, after a row.
func heldBefore(ctx context.Context, tx *db.Tx, before int64, after inboxRow, most int) ([]inboxRow, error) {
	return db.All[inboxRow](ctx, tx, `SELECT `+inboxColumns+` FROM field_inbox i WHERE i.state = 'held' AND i.received_at < ? AND (i.received_at, i.id) > (?, ?)
		ORDER BY i.received_at, i.id LIMIT ?`, before, after.ReceivedAt, after.ID, most)
}

func heldOne(ctx context.Context, tx *db.Tx, root, id string) (inboxRow, error) {
	return db.One[inboxRow](ctx, tx, `SELECT `+inboxColumns+` FROM field_inbox i JOIN org_scope o ON o.node_id = i.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
		WHERE i.id = ? AND i.state = 'held'`, root, tx.Today(), tx.Today(), id)
}

// drop lets a held record go.
func drop(ctx context.Context, tx *db.Tx, r inboxRow) error {
	n, err := db.Exec(ctx, tx, `UPDATE field_inbox SET state = 'dropped', body = '', receipt = ?, version = version + 1 WHERE id = ? AND state = 'held'`, r.Receipt, r.ID)
	if err == nil && n == 0 {
		err = errTaken
	}
	return err
}

// fileRow is a file that a phone sent.
type fileRow struct {
	Person string `db:"person_id"`
	SHA256 string `db:"sha256"`
	Name   string `db:"name"`
	Type   string `db:"type"`
	Size   int64  `db:"size"`
}

func saveFile(ctx context.Context, tx *db.Tx, f fileRow) error {
	return db.Upsert(ctx, tx, "field_file", f, `ON CONFLICT (person_id, sha256) DO UPDATE SET name = excluded.name, type = excluded.type`)
}

func filesOf(ctx context.Context, tx *db.Tx, person string, digests []string) (map[string]fileRow, error) {
	out := map[string]fileRow{}
	if len(digests) == 0 {
		return out, nil
	}
	err := db.Each(ctx, tx, `SELECT person_id, sha256, name, type, size FROM field_file WHERE person_id = ? AND sha256 IN `+db.In(len(digests)),
		append([]any{person}, db.Args(digests)...), func(f fileRow) error {
			out[f.SHA256] = f
			return nil
		})
	return out, err
}

func manifestAt(ctx context.Context, tx *db.Tx, holder string, seq int64) (string, bool, error) {
	return db.Maybe[string](ctx, tx, `SELECT manifest FROM field_download WHERE holder = ? AND seq = ?`, holder, seq)
}

// saveManifest keeps what was given under a new cursor, beside the one the phone named; older ones go.
func saveManifest(ctx context.Context, tx *db.Tx, holder string, since int64, manifest string) (seq int64, err error) {
	last, _, err := db.Maybe[int64](ctx, tx, `SELECT COALESCE(max(seq), 0) FROM field_download WHERE holder = ?`, holder)
	if err != nil {
		return 0, err
	}
	if _, err := db.Exec(ctx, tx, `DELETE FROM field_download WHERE holder = ? AND seq <> ?`, holder, since); err != nil {
		return 0, err
	}
	_, err = db.Exec(ctx, tx, `INSERT INTO field_download (holder, seq, manifest) VALUES (?, ?, ?)`, holder, last+1, manifest)
	return last + 1, err
}
