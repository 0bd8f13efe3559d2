package ledger

import (
	"context"

	"zhudian/internal/db"
)

// Service answers questions and closes periods. Posting has no endpoint: package verify does it.
type Service struct {
	DB     *db.DB
	Claims Claims
	Names  Names // nil shows codes

	walked stroll // how far the chains have been recomputed since the start
}

// SameCompany records that one company turned out to be another, from now on; distinct counts follow.
// Companies that already counted as the first now count as the other too.
func SameCompany(ctx context.Context, tx *db.Tx, company, sameAs string) error {
	now := db.Micros(tx.Now())
	earlier, err := db.All[string](ctx, tx, `SELECT company_id FROM ledger_alias WHERE same_as = ? AND undone_at = 0`, company)
	if err != nil {
		return err
	}
	for _, c := range append(earlier, company) {
		if _, err := db.Exec(ctx, tx, `UPDATE ledger_alias SET undone_at = ? WHERE company_id = ? AND undone_at = 0`, now, c); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, tx, `INSERT INTO ledger_alias (company_id, same_as, recorded_at, undone_at) VALUES (?, ?, ?, 0)`, c, sameAs, now); err != nil {
			return err
		}
	}
	return nil
}

// NotSameCompany takes back SameCompany, from now on; what was counted in between stays as it was known.
func NotSameCompany(ctx context.Context, tx *db.Tx, company string) error {
	_, err := db.Exec(ctx, tx, `UPDATE ledger_alias SET undone_at = ? WHERE company_id = ? AND undone_at = 0`, db.Micros(tx.Now()), company)
	return err
}

// Posted counts the entries of every chain: the number of a chain's last link is how many it has.
func Posted(ctx context.Context, tx *db.Tx) (int64, error) {
	return db.One[int64](ctx, tx, `SELECT CAST(coalesce(sum(seq), 0) AS BIGINT) FROM ledger_head`)
}
