package company

import (
	"context"
	"slices"

	"zhudian/internal/db"
)

// Brief is what other packages need to know of a company or association: registry facts alone.
type Brief struct {
	ID       string `db:"id" json:"id"`
	Kind     string `db:"kind" json:"kind"` // enterprise or association
	Name     string `db:"name" json:"name"`
	Industry string `db:"industry" json:"industry,omitempty"` // GB/T 4754 with its section letter, e.g. C39
	Origin   string `db:"origin" json:"origin,omitempty"`     // GB/T 2260 code of the city it comes from
	Region   string `db:"region" json:"region,omitempty"`     // GB/T 2260 code of where it is, as fine as known
	Tags     string `db:"tags" json:"tags,omitempty"`         // standing tags, "|listed|top500|", "" when none
	Capital  int64  `db:"capital" json:"capital,omitempty"`   // registered capital in fen, 0 when unknown
}

// Briefs gives the registry facts of many companies by id; ids of merged companies give the one they became.
// Unknown ids are left out.
func Briefs(ctx context.Context, tx *db.Tx, ids []string) (map[string]Brief, error) {
	out := map[string]Brief{}
	for part := range slices.Chunk(ids, 500) {
		err := db.Each(ctx, tx, `SELECT id, kind, name, industry, origin, region, tags, capital FROM company_company WHERE id IN `+db.In(len(part)),
			db.Args(part), func(b Brief) error {
				out[b.ID] = b
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
