package company

import (
	"context"
	"io"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/sheet"
)

// Problems gives the first refused rows of one's import, at most limit.
func (s *Service) Problems(ctx context.Context, id string, limit int) (out []sheet.Refused, err error) {
	who, err := audit.Require(ctx, "company.import")
	if err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := jobByID(ctx, tx, who.Person, id); err != nil {
			return err
		}
		return eachRefused(ctx, tx, id, limit, func(r sheet.Refused) error {
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
		rep, err := sheet.NewReport(w, format, who.Lang, Columns, j.job().Head)
		if err != nil {
			return err
		}
		if err := eachRefused(ctx, tx, id, -1, rep.Add); err != nil {
			return err
		}
		return rep.Close()
	})
}
