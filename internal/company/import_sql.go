package company

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"zhudian/internal/db"
)

// library is what is stored already of the companies of one batch.
type library struct {
	byCode  map[string]Company
	byIdent map[string][]Company
}

type identLine struct {
	Company
	Ident string `db:"ident"`
}

// lookUp reads the companies the rows may mean, in a few queries by indexed keys.
func lookUp(ctx context.Context, tx *db.Tx, rows []parsed) (library, error) {
	lib := library{byCode: map[string]Company{}, byIdent: map[string][]Company{}}
	var codes, idents []string
	for _, p := range rows {
		if p.row.CreditCode != "" {
			codes = append(codes, p.row.CreditCode)
		}
		idents = append(idents, p.row.Ident)
	}
	for part := range slices.Chunk(codes, 500) {
		err := db.Each(ctx, tx, `SELECT `+companyColumns+` FROM company_company c WHERE c.merged_into = '' AND c.credit_code <> '' AND c.credit_code IN `+db.In(len(part)),
			db.Args(part), func(c Company) error {
				lib.byCode[c.CreditCode] = c
				return nil
			})
		if err != nil {
			return lib, err
		}
	}
	merged := map[string]string{} // ident of a gone record → the record it became
	for part := range slices.Chunk(idents, 500) {
		err := db.Each(ctx, tx, `SELECT `+companyColumns+`, c.ident FROM company_company c WHERE c.ident IN `+db.In(len(part)), db.Args(part), func(l identLine) error {
			if l.MergedInto != "" {
				merged[l.Ident] = l.ID
				return nil
			}
			lib.byIdent[l.Ident] = append(lib.byIdent[l.Ident], l.Company)
			return nil
		})
		if err != nil {
			return lib, err
		}
	}
	for ident, id := range merged {
		if len(lib.byIdent[ident]) > 0 {
			continue
		}
		rec, err := get(ctx, tx, id)
		if err != nil {
			return lib, err
		}
		lib.byIdent[ident] = []Company{rec.Company}
	}
	return lib, nil
}

// find gives the stored company a row means, the zero company when there is none, and many when it may mean several.
func (l library) find(p parsed) (c Company, many bool) {
	if c, ok := l.byCode[p.row.CreditCode]; ok && p.row.CreditCode != "" {
		return c, false
	}
	var fit []Company
	for _, c := range l.byIdent[p.row.Ident] {
		if p.row.CreditCode == "" || c.CreditCode == "" {
			fit = append(fit, c)
		}
	}
	switch len(fit) {
	case 0:
		return Company{}, false
	case 1:
		return fit[0], false
	}
	return Company{}, true
}

func insertMany(ctx context.Context, tx *db.Tx, rows []row, names []nameRow, tags []tagRow) error {
	for part := range slices.Chunk(rows, 200) {
		if err := db.Insert(ctx, tx, "company_company", part); err != nil {
			return err
		}
	}
	if err := db.Insert(ctx, tx, "company_name", names); err != nil {
		return err
	}
	return db.Insert(ctx, tx, "company_tag", tags)
}

// digestOf is what the audit trail keeps of a batch of new companies: how many, and a digest of their facts.
func digestOf(list []parsed) any {
	h := sha256.New()
	for _, p := range list {
		fmt.Fprintf(h, "%d\t%s\t%s\n", p.line.N, p.row.CreditCode, p.row.Ident)
	}
	return map[string]any{"created": len(list), "first_row": list[0].line.N, "digest": hex.EncodeToString(h.Sum(nil))}
}
