package bulletin

import (
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
)

// ByID names a document.
type ByID struct {
	ID string `path:"id" json:"id"`
}

// View is a document with its slots answered now and, when signed, as they were frozen.
type View struct {
	Document Document `json:"document"`
	Now      []Value  `json:"now"`
	Frozen   []Value  `json:"frozen,omitempty"`
	Moved    []string `json:"moved,omitempty"` // keys of slots whose value is no longer the frozen one
	Blocks   []Block  `json:"-"`
	Hash     string   `json:"hash,omitempty"` // of the manifest
	Known    int64    `json:"known_at,omitempty"`
	Heads    int64    `json:"entries_known,omitempty"` // entries known when it was signed, all chains together
}

// Get gives a document, previewed with live figures. Fault: not_found.
func (s *Service) Get(ctx context.Context, in ByID) (out View, err error) {
	who, err := audit.Require(ctx, "bulletin.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		d, err := inScope(ctx, tx, who.Node, in.ID)
		if err != nil {
			return err
		}
		out, err = view(ctx, tx, d)
		return err
	})
	return out, err
}

func view(ctx context.Context, tx *db.Tx, d Document) (View, error) {
	out, err := frozen(ctx, tx, d)
	if err != nil {
		return out, err
	}
	if out.Now, err = answer(ctx, tx, d.Node, d, d.Slots, ledger.Known{}, false); err != nil {
		return out, err
	}
	show := byKey(out.Now)
	if d.State == Signed {
		for _, f := range out.Frozen {
			if now := show[f.Key]; now != nil && f.Cited == nil && now.Value != f.Value {
				out.Moved = append(out.Moved, f.Key)
			}
		}
		return out, nil
	}
	out.Blocks = blocksOf(d.Body, show)
	return out, nil
}

// frozen is a document with what its signature froze; nothing is asked of the ledger.
func frozen(ctx context.Context, tx *db.Tx, d Document) (View, error) {
	out := View{Document: d}
	if d.State != Signed {
		return out, nil
	}
	m, err := ManifestOf(ctx, tx, d.TraceCode)
	if err != nil {
		return out, err
	}
	out.Frozen, out.Hash, out.Known = m.Manifest.Slots, m.Hash, m.Manifest.Known
	for _, seq := range m.Manifest.Heads {
		out.Heads += seq
	}
	out.Blocks = blocksOf(d.Body, byKey(out.Frozen))
	return out, nil
}

// Filter narrows the list of documents.
type Filter struct {
	db.Page
	State string `query:"state" json:"state,omitempty" enum:"draft,submitted,signed,"`
	Kind  string `query:"kind" json:"kind,omitempty" enum:"press,brief,report,"`
}

// List is one part of the documents in scope, newest change first.
type List struct {
	Items []Document `json:"items"`
	Next  string     `json:"next,omitempty"`
}

// List gives the documents in scope.
func (s *Service) List(ctx context.Context, in Filter) (out List, err error) {
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
		if in.Kind != "" {
			where, args = where+" AND d.kind = ?", append(args, in.Kind)
		}
		if key != nil {
			at, err := parseCursor(key[0])
			if err != nil {
				return err
			}
			where, args = where+" AND (d.updated_at, d.id) < (?, ?)", append(args, at, key[1])
		}
		out.Items, err = db.All[Document](ctx, tx, `SELECT `+documentColumns+` FROM bulletin_document d`+scopeJoin+` WHERE `+where+
			` ORDER BY d.updated_at DESC, d.id DESC LIMIT ?`, append(args, size+1)...)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		last := out.Items[size-1]
		out.Next = db.Cursor(itoa(last.UpdatedAt), last.ID)
	}
	return out, err
}

// SignedByID gives a signed document for the public side, whatever the scope, with its figures as they were frozen: the
// ledger is not asked again. Faults: not_found, not_submitted.
func SignedByID(ctx context.Context, tx *db.Tx, id string) (View, error) {
	d, err := byID(ctx, tx, id)
	if err != nil {
		return View{}, err
	}
	if d.State != Signed {
		return View{}, notSubmitted()
	}
	return frozen(ctx, tx, d)
}

// Version is one saved text of a document.
type Version struct {
	Version int64  `db:"version" json:"version"`
	Title   string `db:"title" json:"title"`
	Body    string `db:"body" json:"body"`
	By      string `db:"by_person" json:"by"`
	At      int64  `db:"at" json:"at"`
}

// Versions lists them.
type Versions struct {
	Versions []Version `json:"versions"`
}

// History gives the saved texts of a document, newest first. Fault: not_found.
func (s *Service) History(ctx context.Context, in ByID) (out Versions, err error) {
	who, err := audit.Require(ctx, "bulletin.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := inScope(ctx, tx, who.Node, in.ID); err != nil {
			return err
		}
		out.Versions, err = db.All[Version](ctx, tx, `SELECT version, title, body, by_person, at FROM bulletin_version WHERE document_id = ? ORDER BY version DESC`, in.ID)
		return err
	})
	return out, err
}
