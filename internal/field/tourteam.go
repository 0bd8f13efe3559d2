package field

import (
	"context"
	"slices"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

// tourTeam is one team of a joint tour; a tour of one team alone has none.
type tourTeam struct {
	Tour  string `db:"tour_id" json:"-"`
	Team  string `db:"team_id" json:"team"`
	Line  int64  `db:"line" json:"-"`
	Share int64  `db:"share" json:"share"`
}

// tourTeamsOf: the lead team holds what the others do not.
func tourTeamsOf(t Tour, with []Share) []tourTeam {
	if len(with) == 0 {
		return nil
	}
	rest := int64(ledger.Whole)
	out := []tourTeam{{t.ID, t.Team, 0, 0}}
	for i, w := range with {
		out = append(out, tourTeam{t.ID, w.Team, int64(i + 1), w.Share})
		rest -= w.Share
	}
	out[0].Share = rest
	return out
}

func saveTourTeams(ctx context.Context, tx *db.Tx, t Tour, with []Share) error {
	if _, err := db.Exec(ctx, tx, `DELETE FROM field_tour_team WHERE tour_id = ?`, t.ID); err != nil {
		return err
	}
	return db.Insert(ctx, tx, "field_tour_team", tourTeamsOf(t, with))
}

// tourTeams gives the teams of joint tours, the lead first.
func tourTeams(ctx context.Context, tx *db.Tx, tours []string) (map[string][]tourTeam, error) {
	out := map[string][]tourTeam{}
	for part := range slices.Chunk(tours, 500) {
		err := db.Each(ctx, tx, `SELECT tour_id, team_id, line, share FROM field_tour_team WHERE tour_id IN `+db.In(len(part))+` ORDER BY tour_id, line`, db.Args(part), func(t tourTeam) error {
			out[t.Tour] = append(out[t.Tour], t)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// learnTours reads what filing tours needs.
func learnTours(ctx context.Context, tx *db.Tx, tours []Tour) (*known, error) {
	var firms, teams, ids []string
	for _, t := range tours {
		firms, teams, ids = append(firms, t.Company), append(teams, t.Team), append(ids, t.ID)
	}
	joint, err := tourTeams(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	for _, list := range joint {
		for _, t := range list {
			teams = append(teams, t.Team)
		}
	}
	k, err := learn(ctx, tx, firms, teams)
	if err == nil {
		k.joint = joint
	}
	return k, err
}

// tourShares is the credit of the teams of a joint tour.
func (k *known) tourShares(teams []tourTeam, day string) ([]ledger.Share, error) {
	var out []ledger.Share
	for _, t := range teams {
		x, err := k.dims(t.Team, day)
		if err != nil {
			return nil, err
		}
		out = append(out, ledger.Share{City: x.City, County: x.County, Unit: x.Unit, Team: x.Team, Station: x.Station, PPM: t.Share})
	}
	return out, nil
}

// freeTour refuses a second tour of a company on one day by a team that brings it already, alone or with others.
func freeTour(ctx context.Context, tx *db.Tx, p Plan) error {
	teams := []string{p.Team}
	for _, w := range p.With {
		teams = append(teams, w.Team)
	}
	in := db.In(len(teams))
	args := slices.Concat([]any{p.Company, p.Day, p.ID}, db.Args(teams), db.Args(teams))
	_, again, err := db.Maybe[string](ctx, tx, `SELECT t.id FROM field_tour t WHERE t.company_id = ? AND t.day = ? AND t.id <> ? AND (t.team_id IN `+in+`
		OR EXISTS (SELECT 1 FROM field_tour_team x WHERE x.tour_id = t.id AND x.team_id IN `+in+`))`, args...)
	if err == nil && again {
		err = fault.BadField("company", "already_touring", "这家企业当天的考察已登记过；几支队伍一起接来的，只登记一次，写明各自份额。",
			"This company's tour on that day is recorded already; what several teams brought is one tour with their shares.")
	}
	return err
}
