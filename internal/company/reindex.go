package company

import (
	"context"

	"zhudian/internal/db"
)

// Reindex makes the search index of every company anew from its record: after the records came from an export,
// which leaves out what an engine keeps for itself.
func Reindex(ctx context.Context, tx *db.Tx) error {
	type row struct {
		Num  int64  `db:"num"`
		ID   string `db:"id"`
		Name string `db:"name"`
		Key  string `db:"name_key"`
		Code string `db:"credit_code"`
	}
	last := int64(0)
	for {
		list, err := db.All[row](ctx, tx, `SELECT num, id, name, name_key, credit_code FROM company_company WHERE num > ? AND merged_into = '' ORDER BY num LIMIT 500`, last)
		if err != nil || len(list) == 0 {
			return err
		}
		find := make([]searchRow, len(list))
		for i, r := range list {
			former, err := formerNames(ctx, tx, r.ID)
			if err != nil {
				return err
			}
			find[i] = searchRow{r.Num, tokens(append([]string{r.Name}, former...), []string{r.Key}, r.Code)}
			last = r.Num
		}
		if err := putSearch(ctx, tx, find, true); err != nil {
			return err
		}
	}
}
