package bulletin

import (
	"context"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

// Citation is a fact from outside the ledger. It is printed marked 引用 and never opens like a figure.
type Citation struct {
	ID        string `db:"id" json:"id"`
	Name      string `db:"name" json:"name"`
	Value     string `db:"value" json:"value"` // as printed, with its unit: 3.2%
	Source    string `db:"source" json:"source"`
	SourceOn  string `db:"source_on" json:"source_on"`
	EnteredBy string `db:"entered_by" json:"entered_by"`
	EnteredAt int64  `db:"entered_at" json:"entered_at"`
	CheckedBy string `db:"checked_by" json:"checked_by,omitempty"`
	CheckedAt int64  `db:"checked_at" json:"checked_at,omitempty"`
}

const citationColumns = `id, name, value, source, source_on, entered_by, entered_at, checked_by, checked_at`

// Cite is what a citation needs.
type Cite struct {
	Name     string `json:"name" maxLength:"80"`
	Value    string `json:"value" maxLength:"40"`
	Source   string `json:"source" maxLength:"200"`
	SourceOn string `json:"source_on"`
}

// AddCitation records a fact from outside. Faults: Invalid, not_allowed.
func (s *Service) AddCitation(ctx context.Context, in Cite) (out Citation, err error) {
	who, err := audit.Require(ctx, "citation.create")
	if err != nil {
		return out, err
	}
	var c fault.Checks
	c.Require("name", in.Name, "名称", "The name").Require("value", in.Value, "数值", "The value").Require("source", in.Source, "出处", "The source")
	if _, err := time.Parse(time.DateOnly, in.SourceOn); err != nil {
		c.Add("source_on", "not_a_date", "出处日期写作 2020-12-15 这样。", "Write the source's date like 2020-12-15.")
	}
	if err := c.Err(); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out = Citation{
			ID: tx.ID(), Name: strings.TrimSpace(in.Name), Value: strings.TrimSpace(in.Value), Source: strings.TrimSpace(in.Source), SourceOn: in.SourceOn,
			EnteredBy: who.Person, EnteredAt: db.Micros(tx.Now()),
		}
		if err := db.Insert(ctx, tx, "bulletin_citation", out); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "citation.add", "citation/"+out.ID, nil, out)
	})
	return out, err
}

// CitationID names a citation.
type CitationID struct {
	ID string `path:"id" json:"id"`
}

// CheckCitation is a second person saying that the source says so. Faults: not_found, same_person, checked.
func (s *Service) CheckCitation(ctx context.Context, in CitationID) (out Citation, err error) {
	who, err := audit.Require(ctx, "citation.check")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = db.One[Citation](ctx, tx, `SELECT `+citationColumns+` FROM bulletin_citation WHERE id = ?`, in.ID); err != nil {
			return err
		}
		if out.EnteredBy == who.Person {
			return fault.New(fault.Conflict, "same_person", "录入人不能核对自己的引用。", "Whoever entered a citation cannot check it.")
		}
		if out.CheckedBy != "" {
			return fault.New(fault.Conflict, "checked", "这条引用已经核对过。", "This citation was checked already.")
		}
		out.CheckedBy, out.CheckedAt = who.Person, db.Micros(tx.Now())
		if _, err := db.Exec(ctx, tx, `UPDATE bulletin_citation SET checked_by = ?, checked_at = ? WHERE id = ?`, out.CheckedBy, out.CheckedAt, out.ID); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "citation.check", "citation/"+out.ID, nil, map[string]any{"value": out.Value})
	})
	return out, err
}

// Citations is the list of them.
type Citations struct {
	Citations []Citation `json:"citations"`
}

// ListCitations gives the newest hundred citations.
func (s *Service) ListCitations(ctx context.Context, _ struct{}) (out Citations, err error) {
	if _, err := audit.Require(ctx, "bulletin.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Citations, err = db.All[Citation](ctx, tx, `SELECT `+citationColumns+` FROM bulletin_citation ORDER BY entered_at DESC LIMIT 100`)
		return err
	})
	return out, err
}

// cite answers a slot that shows a citation.
func cite(ctx context.Context, tx *db.Tx, s Slot) (Value, error) {
	c, err := db.One[Citation](ctx, tx, `SELECT `+citationColumns+` FROM bulletin_citation WHERE id = ?`, s.Citation)
	if err != nil {
		return Value{}, fault.BadField("slots."+s.Key, "unknown_citation", "引用“"+s.Title+"”不存在。", "The citation of slot "+s.Key+" does not exist.")
	}
	return Value{Key: s.Key, Title: s.Title, Text: c.Value, Value: ledger.Number{None: true}, Cited: &c}, nil
}
