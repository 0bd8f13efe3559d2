package company

import (
	"context"
	"slices"

	"zhudian/internal/db"
)

// Door is what the registry says of a company's house: when it was founded, and who else is registered there.
type Door struct {
	ID        string `db:"id"`
	FoundedOn string `db:"registered_on"`
	Others    int64  `db:"others"` // companies registered at the same address
}

// Doors gives the doors of companies, by company.
func Doors(ctx context.Context, tx *db.Tx, ids []string) (map[string]Door, error) {
	out := map[string]Door{}
	for part := range slices.Chunk(ids, 500) {
		err := db.Each(ctx, tx, `SELECT c.id, c.registered_on, CASE WHEN c.address = '' THEN 0 ELSE
			(SELECT count(*) FROM (SELECT 1 FROM company_company o WHERE o.address = c.address AND o.id <> c.id AND o.merged_into = '' LIMIT 1000) n) END AS others
			FROM company_company c WHERE c.id IN `+db.In(len(part)), db.Args(part), func(d Door) error {
			out[d.ID] = d
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PhoneShares counts, for each contact, the companies at which its phone stands.
func PhoneShares(ctx context.Context, tx *db.Tx, contacts []string) (map[string]int64, error) {
	type row struct {
		ID string `db:"id"`
		N  int64  `db:"n"`
	}
	out := map[string]int64{}
	for part := range slices.Chunk(contacts, 500) {
		err := db.Each(ctx, tx, `SELECT c.id, (SELECT count(DISTINCT o.company_id) FROM company_contact o WHERE o.phone_digest = c.phone_digest AND o.erased_at = 0) AS n
			FROM company_contact c WHERE c.phone_digest <> '' AND c.id IN `+db.In(len(part)), db.Args(part), func(r row) error {
			out[r.ID] = r.N
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
