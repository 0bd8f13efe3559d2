package bulletin

import (
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

type guestRow struct {
	Conference string `db:"conference_id"`
	Company    string `db:"company_id"`
	Position   int64  `db:"position"`
}

type paperRow struct {
	Conference string `db:"conference_id"`
	Document   string `db:"document_id"`
	Position   int64  `db:"position"`
}

func (c Conference) keepLists(ctx context.Context, tx *db.Tx) error {
	for i, g := range c.Guests {
		if err := db.Insert(ctx, tx, "bulletin_guest", guestRow{c.ID, g, int64(i)}); err != nil {
			return err
		}
	}
	for i, p := range c.Papers {
		if err := db.Insert(ctx, tx, "bulletin_paper", paperRow{c.ID, p, int64(i)}); err != nil {
			return err
		}
	}
	return nil
}

func (c *Conference) save(ctx context.Context, tx *db.Tx) error {
	c.UpdatedAt = db.Micros(tx.Now())
	n, err := db.Exec(ctx, tx, `UPDATE bulletin_conference SET title = ?, held_on = ?, held_at = ?, place = ?, speakers = ?, state = ?, updated_at = ?, published_by = ?, published_at = ?,
		version = version + 1 WHERE id = ? AND version = ?`, c.Title, c.HeldOn, c.HeldAt, c.Place, c.Speakers, c.State, c.UpdatedAt, c.PublishedBy, c.PublishedAt, c.ID, c.Version)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再试。", "Somebody changed this meanwhile; reload and try again.")
	}
	c.Version++
	return err
}

func conferenceInScope(ctx context.Context, tx *db.Tx, root, id string) (Conference, error) {
	c, err := db.One[Conference](ctx, tx, `SELECT `+conferenceColumns+` FROM bulletin_conference d`+scopeJoin+` WHERE d.id = ?`, root, tx.Today(), tx.Today(), id)
	if err != nil {
		return c, err
	}
	err = c.lists(ctx, tx)
	return c, err
}

func (c *Conference) lists(ctx context.Context, tx *db.Tx) (err error) {
	if c.Guests, err = db.All[string](ctx, tx, `SELECT company_id FROM bulletin_guest WHERE conference_id = ? ORDER BY position`, c.ID); err != nil {
		return err
	}
	c.Papers, err = db.All[string](ctx, tx, `SELECT document_id FROM bulletin_paper WHERE conference_id = ? ORDER BY position`, c.ID)
	return err
}

// ConferenceFilter narrows the list of press conferences.
type ConferenceFilter struct {
	db.Page
	State string `query:"state" json:"state,omitempty" enum:"planned,published,"`
}

// ConferenceList is a part of them; Next is the cursor of the following part.
type ConferenceList struct {
	Items []Conference `json:"items"`
	Next  string       `json:"next,omitempty"`
}

// Conferences lists the press conferences in scope, the latest first.
func (s *Service) Conferences(ctx context.Context, in ConferenceFilter) (out ConferenceList, err error) {
	who, err := audit.Require(ctx, "bulletin.read")
	if err != nil {
		return out, err
	}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(2)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		where, args := "1 = 1", []any{who.Node, tx.Today(), tx.Today()}
		if in.State != "" {
			where, args = where+" AND d.state = ?", append(args, in.State)
		}
		if key != nil {
			where, args = where+" AND (d.held_on, d.id) < (?, ?)", append(args, key[0], key[1])
		}
		out.Items, err = db.All[Conference](ctx, tx, `SELECT `+conferenceColumns+` FROM bulletin_conference d`+scopeJoin+` WHERE `+where+` ORDER BY d.held_on DESC, d.id DESC LIMIT ?`, append(args, size+1)...)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].HeldOn, out.Items[size-1].ID)
	}
	return out, err
}

// Held is a press conference with its guests named and its pack checked.
type Held struct {
	Conference
	Names  map[string]string `json:"names"` // of the guests
	Papers []Paper           `json:"pack"`
}

// Conference gives one press conference, its pack checked against the ledger as it stands. Fault: not_found.
func (s *Service) Conference(ctx context.Context, in ByID) (out Held, err error) {
	who, err := audit.Require(ctx, "bulletin.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out.Conference, err = conferenceInScope(ctx, tx, who.Node, in.ID); err != nil {
			return err
		}
		if out.Names, err = guestNames(ctx, tx, out.Guests); err != nil {
			return err
		}
		out.Papers, err = papersOf(ctx, tx, out.Conference)
		return err
	})
	return out, err
}

func guestNames(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error) {
	firms, err := company.Briefs(ctx, tx, ids)
	out := map[string]string{}
	for id, b := range firms {
		out[id] = b.Name
	}
	return out, err
}

// PublishedConference gives a conference whose pack is public, with its guests named, whatever the scope. Fault: not_found.
func PublishedConference(ctx context.Context, tx *db.Tx, id string) (out Conference, names map[string]string, err error) {
	if out, err = db.One[Conference](ctx, tx, `SELECT `+conferenceColumns+` FROM bulletin_conference d WHERE d.id = ? AND d.state = 'published'`, id); err != nil {
		return out, nil, err
	}
	if err := out.lists(ctx, tx); err != nil {
		return out, nil, err
	}
	names, err = guestNames(ctx, tx, out.Guests)
	return out, names, err
}

// PublishedConferences gives the latest conferences whose packs are public.
func PublishedConferences(ctx context.Context, tx *db.Tx, most int) ([]Conference, error) {
	return db.All[Conference](ctx, tx, `SELECT `+conferenceColumns+` FROM bulletin_conference d WHERE d.state = 'published' ORDER BY d.held_on DESC, d.id DESC LIMIT ?`, most)
}
