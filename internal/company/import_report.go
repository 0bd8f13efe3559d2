package company

import (
	"context"
	"io"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/sheet"
)

// Problems gives the first refused rows of one's import, at most limit.
func (s *Service) Problems(ctx context.Context, id string, limit int) (out []Refused, err error) {
	who, err := audit.Require(ctx, "company.import")
	if err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := jobByID(ctx, tx, who.Person, id); err != nil {
			return err
		}
		return eachRefused(ctx, tx, id, limit, func(r Refused) error {
			out = append(out, r)
			return nil
		})
	})
	return out, err
}

// WriteReport writes the refused rows of one's import as a table: row, reasons, and the row as it was, so that
// it can be mended and imported again.
func (s *Service) WriteReport(ctx context.Context, id string, format sheet.Format, w io.Writer) error {
	who, err := audit.Require(ctx, "company.import")
	if err != nil {
		return err
	}
	return s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		j, err := jobByID(ctx, tx, who.Person, id)
		if err != nil {
			return err
		}
		rep, err := NewReport(w, format, who.Lang, j.job().Head)
		if err != nil {
			return err
		}
		if err := eachRefused(ctx, tx, id, -1, rep.Add); err != nil {
			return err
		}
		return rep.Close()
	})
}

// Report is a table of refused rows under way.
type Report struct {
	out  *sheet.Writer
	lang string
}

// NewReport starts a report; head is the head of the imported table.
func NewReport(w io.Writer, format sheet.Format, lang string, head []string) (*Report, error) {
	out, err := sheet.NewWriter(w, format, "未导入")
	if err != nil {
		return nil, err
	}
	names := fault.Words{ZH: "行号", EN: "Row"}
	why := fault.Words{ZH: "没有导入的原因", EN: "Why it was not imported"}
	return &Report{out, lang}, out.Head(append([]string{names.In(lang), why.In(lang)}, head...)...)
}

// Add writes one row.
func (r *Report) Add(x Refused) error {
	why := ""
	for i, p := range x.Problems {
		if i > 0 {
			why += "\n"
		}
		if name := columnName(p.Column, r.lang); name != "" {
			why += name + "："
		}
		why += p.Words.In(r.lang)
	}
	cells := []any{int64(x.Row), why}
	for _, c := range x.Cells {
		cells = append(cells, c)
	}
	return r.out.Row(cells...)
}

// Close finishes the report.
func (r *Report) Close() error { return r.out.Close() }

func columnName(key, lang string) string {
	for _, c := range Columns {
		if c.Key == key {
			return c.Words.In(lang)
		}
	}
	return ""
}
