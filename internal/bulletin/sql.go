package bulletin

import (
	"context"
	"encoding/json"
	"strconv"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

const scopeJoin = ` JOIN org_scope o ON o.node_id = d.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?`

type slotRow struct {
	Document string `db:"document_id"`
	Key      string `db:"key"`
	Position int64  `db:"position"`
	Title    string `db:"title"`
	Question string `db:"question"`
	Citation string `db:"citation_id"`
}

// inScope gives a document under root, with its slots. Fault: NotFound.
func inScope(ctx context.Context, tx *db.Tx, root, id string) (Document, error) {
	d, err := db.One[Document](ctx, tx, `SELECT `+documentColumns+` FROM bulletin_document d`+scopeJoin+` WHERE d.id = ?`, root, tx.Today(), tx.Today(), id)
	if err != nil {
		return d, err
	}
	d.Slots, err = slotsOf(ctx, tx, id)
	return d, err
}

// byID gives a document whatever its scope, for what is public.
func byID(ctx context.Context, tx *db.Tx, id string) (Document, error) {
	d, err := db.One[Document](ctx, tx, `SELECT `+documentColumns+` FROM bulletin_document d WHERE d.id = ?`, id)
	if err != nil {
		return d, err
	}
	d.Slots, err = slotsOf(ctx, tx, id)
	return d, err
}

func slotsOf(ctx context.Context, tx *db.Tx, document string) ([]Slot, error) {
	out := []Slot{}
	err := db.Each(ctx, tx, `SELECT document_id, key, position, title, question, citation_id FROM bulletin_slot WHERE document_id = ? ORDER BY position`,
		[]any{document}, func(r slotRow) error {
			s := Slot{Key: r.Key, Title: r.Title, Citation: r.Citation}
			if err := json.Unmarshal([]byte(r.Question), &s.Question); err != nil {
				return fault.Wrap(err, "read a slot")
			}
			out = append(out, s)
			return nil
		})
	return out, err
}

// save writes a document over the version it was read at. Fault: stale.
func save(ctx context.Context, tx *db.Tx, d *Document) error {
	d.UpdatedAt = db.Micros(tx.Now())
	n, err := db.Exec(ctx, tx, `UPDATE bulletin_document SET title = ?, kind = ?, issue_no = ?, station_id = ?, from_on = ?, through = ?, book = ?, body = ?, state = ?,
		submitted_by = ?, signed_by = ?, updated_at = ?, submitted_at = ?, signed_at = ?, trace_code = ?, replaces = ?, version = version + 1 WHERE id = ? AND version = ?`,
		d.Title, d.Kind, d.IssueNo, d.Station, d.From, d.Through, d.Book, d.Body, string(d.State), d.SubmittedBy, d.SignedBy, d.UpdatedAt, d.SubmittedAt,
		d.SignedAt, d.TraceCode, d.Replaces, d.ID, d.Version)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "stale", "别人刚改过这份稿件，请刷新后再改。", "Somebody changed this document meanwhile; reload and try again.")
	}
	d.Version++
	return err
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func parseCursor(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fault.New(fault.Malformed, "bad_cursor", "翻页位置无效，请从第一页重新开始。", "The page cursor is not valid; start again from the first page.")
	}
	return n, nil
}
