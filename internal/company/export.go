package company

import (
	"context"
	"io"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/org"
	"zhudian/internal/sheet"
)

// Export asks for the whole list of a query as a table; the page in it is ignored.
type Export struct {
	Query
	Format sheet.Format `query:"format" json:"format,omitempty" enum:"csv,xlsx" default:"xlsx"`
	IDs    []string     `query:"ids" json:"ids,omitempty" maxItems:"1000"` // only these, when given
}

// Export writes the companies of a query as a table, row by row, and notes in the audit trail who took how
// many by which filter. The table reads back through Import.
func (s *Service) Export(ctx context.Context, in Export, w io.Writer) (rows int64, err error) {
	who, err := audit.Require(ctx, "company.export")
	if err != nil {
		return 0, err
	}
	if in.Format != sheet.CSV {
		in.Format = sheet.XLSX
	}
	out, err := sheet.NewWriter(w, in.Format, "资源库")
	if err != nil {
		return 0, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		rows, err = exportRows(ctx, tx, who, in, out)
		return err
	})
	if err != nil {
		return rows, err
	}
	if err := out.Close(); err != nil {
		return rows, err
	}
	return rows, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return audit.Note(ctx, tx, "company.export", "company", nil, map[string]any{"filter": in.Query, "chosen": len(in.IDs), "rows": rows, "format": in.Format})
	})
}

func exportRows(ctx context.Context, tx *db.Tx, who audit.Actor, in Export, out *sheet.Writer) (int64, error) {
	d, err := org.Open(ctx, tx)
	if err != nil {
		return 0, err
	}
	heads := make([]string, len(Columns))
	for i, c := range Columns {
		heads[i] = c.Words.In(who.Lang)
	}
	if err := out.Head(heads...); err != nil {
		return 0, err
	}
	sel, err := in.selection(ctx, tx, who)
	if err != nil || sel.none {
		return 0, err
	}
	if len(in.IDs) > 0 {
		if len(in.IDs) > 1000 {
			return 0, malformed("ids", itoa(len(in.IDs)), "≤ 1000")
		}
		sel.and("c.id IN "+db.In(len(in.IDs)), db.Args(in.IDs)...)
	}
	in.Page = db.Page{}
	order, err := in.keyset(&sel, tx.Engine())
	if err != nil {
		return 0, err
	}
	var n int64
	err = db.Each(ctx, tx, `SELECT `+companyColumns+sel.sql()+` ORDER BY `+order, sel.args, func(c Company) error {
		n++
		return out.Row(exportCells(d, c)...)
	})
	return n, err
}
