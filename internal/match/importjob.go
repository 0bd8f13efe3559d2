package match

import (
	"context"
	"io"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/sheet"
)

// OfferImport is a table of offers that somebody gave. It is looked at as often as they like and stored when they say so;
// storing it again changes nothing.
type OfferImport struct {
	ID         string `db:"id" json:"id"`
	Person     string `db:"person_id" json:"-"`
	Name       string `db:"name" json:"name"`
	File       string `db:"file" json:"-"` // SHA-256
	Size       int64  `db:"size" json:"size"`
	Created    int64  `db:"created" json:"created"` // of the rows, when it was stored
	Updated    int64  `db:"updated" json:"updated"`
	Unchanged  int64  `db:"unchanged" json:"unchanged"`
	Refused    int64  `db:"refused" json:"refused"`
	UploadedAt int64  `db:"uploaded_at" json:"uploaded_at"`
	StoredAt   int64  `db:"stored_at" json:"stored_at,omitempty"`
}

const importColumns = `m.id, m.person_id, m.name, m.file, m.size, m.created, m.updated, m.unchanged, m.refused, m.uploaded_at, m.stored_at`

// tally is how the rows ended when the table was stored.
func (m OfferImport) tally() sheet.Tally {
	return sheet.Tally{Done: m.Created + m.Updated + m.Unchanged + m.Refused, Created: m.Created, Updated: m.Updated, Unchanged: m.Unchanged, Refused: m.Refused}
}

// UploadOffers keeps a table of offers; nothing of it is stored yet. Faults: those of blob.PutTable and of reading its head.
func (s *Service) UploadOffers(ctx context.Context, name string, r io.Reader) (out OfferImport, err error) {
	who, err := audit.Require(ctx, "site.edit")
	if err != nil {
		return out, err
	}
	meta, err := s.Files.PutTable(ctx, r, name)
	if err != nil {
		return out, err
	}
	out = OfferImport{Person: who.Person, Name: meta.Name, File: meta.Digest, Size: meta.Size}
	if _, err := s.runImport(ctx, out, true, nil); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.ID, out.UploadedAt = tx.ID(), db.Micros(tx.Now())
		return db.Insert(ctx, tx, "match_import", out)
	})
	return out, err
}

// OfferCheck is what would become of each row of a table now.
type OfferCheck struct {
	OfferImport
	Check    sheet.Tally     `json:"check" doc:"what would become of the rows if it were stored now"`
	Problems []sheet.Refused `json:"problems" doc:"the first rows that would stay out"`
	head     []string
}

// shownProblems is how many refused rows a page names; the report has all of them.
const shownProblems = 50

// CheckOffers looks at one's own table. Fault: not_found.
func (s *Service) CheckOffers(ctx context.Context, in ByID) (out OfferCheck, err error) {
	if out.OfferImport, err = s.ownImport(ctx, in.ID); err != nil {
		return out, err
	}
	out.Problems = []sheet.Refused{}
	done, err := s.runImport(ctx, out.OfferImport, true, func(x sheet.Refused) error {
		if len(out.Problems) < shownProblems {
			out.Problems = append(out.Problems, x)
		}
		return nil
	})
	out.Check, out.head = done.Tally, done.Head.Cells
	return out, err
}

// StoreOffers stores one's own table. Fault: not_found.
func (s *Service) StoreOffers(ctx context.Context, in ByID) (out OfferImport, err error) {
	if out, err = s.ownImport(ctx, in.ID); err != nil {
		return out, err
	}
	done, err := s.runImport(ctx, out, false, nil)
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Created, out.Updated, out.Unchanged, out.Refused, out.StoredAt = done.Created, done.Updated, done.Unchanged, done.Refused, db.Micros(tx.Now())
		if err := db.Do(ctx, tx, `UPDATE match_import SET created = ?, updated = ?, unchanged = ?, refused = ?, stored_at = ? WHERE id = ?`,
			out.Created, out.Updated, out.Unchanged, out.Refused, out.StoredAt, out.ID); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "offer.import", "import/"+out.ID, nil, map[string]any{
			"file": out.File, "created": out.Created, "updated": out.Updated, "unchanged": out.Unchanged, "refused": out.Refused,
		})
	})
	return out, err
}

// ReportOffers writes the rows of one's own table that stay out, with their reasons. Fault: not_found.
func (s *Service) ReportOffers(ctx context.Context, in ByID, format sheet.Format, w io.Writer) error {
	check, err := s.CheckOffers(ctx, in)
	if err != nil {
		return err
	}
	who, _ := audit.Who(ctx)
	rep, err := sheet.NewReport(w, format, who.Lang, OfferColumns, check.head)
	if err != nil {
		return err
	}
	if _, err := s.runImport(ctx, check.OfferImport, true, rep.Add); err != nil {
		return err
	}
	return rep.Close()
}

func (s *Service) runImport(ctx context.Context, m OfferImport, dry bool, report func(sheet.Refused) error) (out ImportedOffers, err error) {
	f, err := s.Files.Open(ctx, m.File)
	if err != nil {
		return out, err
	}
	defer func() { _ = f.Close() }()
	return s.ImportOffers(ctx, ImportOffers{Table: sheet.ReaderAt(f), Size: m.Size, Name: m.Name, DryRun: dry, Report: report})
}

func (s *Service) ownImport(ctx context.Context, id string) (out OfferImport, err error) {
	who, err := audit.Require(ctx, "site.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = db.One[OfferImport](ctx, tx, `SELECT `+importColumns+` FROM match_import m WHERE m.id = ? AND m.person_id = ?`, id, who.Person)
		return absent(err)
	})
	return out, err
}

// OfferImports are one's own tables, newest first.
type OfferImports struct {
	Items []OfferImport `json:"items"`
}

// OfferImports lists one's last 20 tables.
func (s *Service) OfferImports(ctx context.Context, _ struct{}) (out OfferImports, err error) {
	who, err := audit.Require(ctx, "site.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Items, err = db.All[OfferImport](ctx, tx, `SELECT `+importColumns+` FROM match_import m WHERE m.person_id = ? ORDER BY m.uploaded_at DESC, m.id DESC LIMIT 20`, who.Person)
		return err
	})
	return out, err
}
