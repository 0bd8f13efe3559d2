package field

import (
	"context"

	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/station"
)

// mostLeft is how many companies one handover lists.
const mostLeft = 500

// LeftBy lists the companies that somebody leaves behind in a team: those whose last visit, made or joined by them, found
// them warm (A or B) or left a step open.
func (s *Service) LeftBy(ctx context.Context, tx *db.Tx, team, person string) ([]station.HandoverItem, error) {
	type row struct {
		Company  string `db:"company_id"`
		Day      string `db:"day"`
		Intent   string `db:"intent"`
		Said     string `db:"said"`
		NextStep string `db:"next_step"`
		NextOn   string `db:"next_on"`
	}
	rows, err := db.All[row](ctx, tx, `SELECT v.company_id, v.day, v.intent, v.said, v.next_step, v.next_on FROM field_visit v
		WHERE v.team_id = ? AND (v.created_by = ? OR EXISTS (SELECT 1 FROM field_visit_person p WHERE p.visit_id = v.id AND p.person_id = ?))
			AND (v.intent IN ('A', 'B') OR v.next_step <> '')
			AND NOT EXISTS (SELECT 1 FROM field_visit x WHERE x.company_id = v.company_id AND x.team_id = v.team_id AND (x.day > v.day OR x.day = v.day AND x.id > v.id))
		ORDER BY v.intent, v.day DESC, v.id LIMIT ?`, team, person, person, mostLeft)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.Company
	}
	names, err := company.Briefs(ctx, tx, ids)
	out := make([]station.HandoverItem, len(rows))
	for i, r := range rows {
		out[i] = station.HandoverItem{
			Subject: "company/" + r.Company, Title: names[r.Company].Name, LastOn: r.Day, Intent: r.Intent, Said: r.Said, NextStep: r.NextStep, NextOn: r.NextOn,
		}
	}
	return out, err
}
