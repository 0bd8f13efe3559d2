package field

import (
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
)

// Around tells the library what is known of companies from visits the acting person may see: how many, when the
// last was, and the grade of intent it noted. It answers nothing to those who may not read visits.
func (s *Service) Around(ctx context.Context, companies []string) (map[string]company.Around, error) {
	out := map[string]company.Around{}
	who, ok := audit.Who(ctx)
	if !ok || !who.May("visit.read") || len(companies) == 0 {
		return out, nil
	}
	type line struct {
		Company string `db:"company_id"`
		N       int64  `db:"n"`
		Last    string `db:"day"`
		Intent  string `db:"intent"`
	}
	err := s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		args := append([]any{who.Node, tx.Today(), tx.Today()}, db.Args(companies)...)
		return db.Each(ctx, tx, `SELECT company_id, n, day, intent FROM (
				SELECT v.company_id, v.day, v.intent, count(*) OVER (PARTITION BY v.company_id) AS n,
					row_number() OVER (PARTITION BY v.company_id ORDER BY v.day DESC, v.id DESC) AS place
				FROM field_visit v JOIN org_scope o ON o.node_id = v.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
				WHERE v.company_id IN `+db.In(len(companies))+`) t
			WHERE place = 1`, args, func(l line) error {
			out[l.Company] = company.Around{Visits: l.N, Last: l.Last, Intent: l.Intent}
			return nil
		})
	})
	return out, err
}
