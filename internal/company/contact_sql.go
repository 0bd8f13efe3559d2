package company

import (
	"context"
	"strconv"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/sheet"
)

const contactColumns = `k.id, k.company_id, k.node_id, k.sealed, k.phone_tail, k.phone_digest, k.name_digest, k.basis, k.source, k.version,
	k.created_at, k.created_by, k.erased_at, c.name AS company_name, COALESCE(s.secret, '') AS secret`

const contactTables = ` FROM company_contact k
	JOIN company_company c ON c.id = k.company_id
	JOIN org_scope o ON o.node_id = k.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
	LEFT JOIN company_key s ON s.contact_id = k.id`

func contactByID(ctx context.Context, tx *db.Tx, root, id string) (contactLine, error) {
	return db.One[contactLine](ctx, tx, `SELECT `+contactColumns+contactTables+` WHERE k.id = ?`, root, tx.Today(), tx.Today(), id)
}

func contacts(ctx context.Context, tx *db.Tx, who audit.Actor, in Contacts) (ContactList, error) {
	out := ContactList{Items: []Contact{}}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(1)
	if err != nil {
		return out, err
	}
	where, args := []string{"1 = 1"}, []any{who.Node, tx.Today(), tx.Today()}
	and := func(text string, more ...any) {
		where = append(where, text)
		args = append(args, more...)
	}
	if in.Company != "" {
		and("k.company_id = ?", in.Company)
	}
	if q := sheet.Fold(in.Q); q != "" {
		secret, err := digestKey(ctx, tx, false)
		if err != nil {
			return out, err
		}
		phone, bad := Phone(q)
		switch {
		case isDigits(q, 4):
			and("k.phone_tail <> '' AND k.phone_tail = ?", digest(secret, "tail", q))
		case bad == nil:
			and("k.phone_digest <> '' AND k.phone_digest = ?", digest(secret, "phone", phone))
		default:
			and("k.name_digest <> '' AND k.name_digest = ?", digest(secret, "name", fullKey(q)))
		}
	}
	if key != nil {
		and("k.id < ?", key[0])
	}
	rows, err := db.All[contactLine](ctx, tx, `SELECT `+contactColumns+contactTables+` WHERE `+strings.Join(where, " AND ")+
		` ORDER BY k.id DESC LIMIT `+strconv.Itoa(size+1), args...)
	if err != nil {
		return out, err
	}
	if len(rows) > size {
		rows = rows[:size]
		out.Next = db.Cursor(rows[size-1].ID)
	}
	for _, r := range rows {
		c, err := r.contact(false)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, c)
	}
	return out, nil
}

// companiesByPhone gives the companies of contacts in scope whose number is the text, or ends in its 4 digits.
func companiesByPhone(ctx context.Context, tx *db.Tx, who audit.Actor, text string) ([]string, error) {
	q := sheet.Fold(text)
	phone, bad := Phone(q)
	if !who.May("contact.read") || !isDigits(q, 4) && (bad != nil || len(phone) < 7) {
		return nil, nil
	}
	secret, err := digestKey(ctx, tx, false)
	if err != nil || secret == "" {
		return nil, err
	}
	column, value := "k.phone_digest", digest(secret, "phone", phone)
	if isDigits(q, 4) {
		column, value = "k.phone_tail", digest(secret, "tail", q)
	}
	return db.All[string](ctx, tx, `SELECT DISTINCT k.company_id FROM company_contact k
		JOIN org_scope o ON o.node_id = k.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
		WHERE `+column+` <> '' AND `+column+` = ? LIMIT 200`, who.Node, tx.Today(), tx.Today(), value)
}

// samePhone gives the id of a contact in scope with the same number at the same company, "" when there is none.
func samePhone(ctx context.Context, tx *db.Tx, root string, r contactRow) (string, error) {
	if r.PhoneDigest == "" {
		return "", nil
	}
	id, _, err := db.Maybe[string](ctx, tx, `SELECT k.id FROM company_contact k
		JOIN org_scope o ON o.node_id = k.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
		WHERE k.phone_digest = ? AND k.phone_digest <> '' AND k.company_id = ? AND k.id <> ?`, root, tx.Today(), tx.Today(), r.PhoneDigest, r.Company, r.ID)
	return id, err
}

func insertContact(ctx context.Context, tx *db.Tx, r contactRow, secret string) error {
	if err := db.Insert(ctx, tx, "company_contact", r); err != nil {
		return err
	}
	_, err := db.Exec(ctx, tx, `INSERT INTO company_key (contact_id, secret) VALUES (?, ?)`, r.ID, secret)
	return err
}

func saveContact(ctx context.Context, tx *db.Tx, r contactRow, seen int64) (bool, error) {
	n, err := db.Exec(ctx, tx, `UPDATE company_contact SET sealed = ?, phone_tail = ?, phone_digest = ?, name_digest = ?, basis = ?, version = version + 1
		WHERE id = ? AND version = ? AND erased_at = 0`, r.Sealed, r.PhoneTail, r.PhoneDigest, r.NameDigest, r.Basis, r.ID, seen)
	return n == 1, err
}

func eraseContact(ctx context.Context, tx *db.Tx, id string) error {
	if _, err := db.Exec(ctx, tx, `DELETE FROM company_key WHERE contact_id = ?`, id); err != nil {
		return err
	}
	_, err := db.Exec(ctx, tx, `UPDATE company_contact SET sealed = '', phone_tail = '', phone_digest = '', name_digest = '', erased_at = ?, version = version + 1
		WHERE id = ?`, db.Micros(tx.Now()), id)
	return err
}

// countReveal adds one to what a person has revealed today and gives the sum.
func countReveal(ctx context.Context, tx *db.Tx, person string) (int64, error) {
	return db.One[int64](ctx, tx, `INSERT INTO company_reveal (person_id, day, n) VALUES (?, ?, 1)
		ON CONFLICT (person_id, day) DO UPDATE SET n = company_reveal.n + 1 RETURNING n`, person, tx.Today())
}
