package field

import (
	"context"
	"slices"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/station"
)

func learn(ctx context.Context, tx *db.Tx, firms, teams []string) (*known, error) {
	k := &known{
		teams: map[string]station.Team{}, stations: map[string]station.Station{}, batches: map[string][]station.Batch{},
		visitedBefore: map[string]bool{}, takenHere: map[string]bool{},
	}
	slices.Sort(teams)
	places := station.PlacesOf(ctx, tx, slices.Compact(teams))
	var err error
	if k.dir, err = org.Open(ctx, tx); err != nil {
		return nil, err
	}
	if k.companies, err = company.Briefs(ctx, tx, firms); err != nil {
		return nil, err
	}
	found, err := places(ctx)
	for id, p := range found { // of a team that is missing, the check of the record says so
		k.teams[id], k.stations[p.Home.ID], k.batches[p.Home.ID] = p.Team, p.Home, p.Batches
	}
	return k, err
}

func knowVisits(ctx context.Context, tx *db.Tx, in []Record) (*known, error) {
	var firms, teams, days []string
	for _, r := range in {
		firms = append(firms, r.Company)
		teams = append(teams, r.Team)
		for _, w := range r.With {
			teams = append(teams, w.Team)
		}
		days = append(days, r.Day)
	}
	slices.Sort(days)
	days = slices.Compact(days)
	who, _ := audit.Who(ctx)
	k, err := learn(ctx, tx, firms, teams)
	if err != nil {
		return nil, err
	}
	k.by = who.Person
	err = k.learnVisited(ctx, tx, firms, days)
	return k, err
}

// learnVisited notes which organisations anybody visited before, and which team was there on one of the days.
func (k *known) learnVisited(ctx context.Context, tx *db.Tx, firms, days []string) error {
	for part := range slices.Chunk(firms, 500) {
		args := db.Args(part)
		before := db.Ask[string](ctx, tx, `SELECT DISTINCT company_id FROM field_visit WHERE company_id IN `+db.In(len(part)), args...)
		here := db.Ask[visitTeam](ctx, tx, `SELECT visit_id, team_id, line, company_id, day, share FROM field_visit_team
			WHERE company_id IN `+db.In(len(part))+` AND day >= ? AND day <= ?`, append(args, days[0], days[len(days)-1])...)
		seen, err := before.All(ctx)
		if err != nil {
			return err
		}
		for _, id := range seen {
			k.visitedBefore[id] = true
		}
		taken, err := here.All(ctx)
		if err != nil {
			return err
		}
		for _, t := range taken {
			k.takenHere[t.key()] = true
		}
	}
	return nil
}

func (k *known) batchOn(stationID, day string) string {
	out := ""
	for _, b := range k.batches[stationID] {
		if b.StartsOn <= day {
			out = b.ID
		}
	}
	return out
}

// dims gives the place of a team's work on a day: the unit that sent it.
func (k *known) dims(team, day string) (ledger.Dims, error) {
	t := k.teams[team]
	place, err := k.dir.Path(t.Unit, day)
	return ledger.Dims{Province: place.Province, City: place.City, County: place.County, Unit: t.Unit, Team: t.ID, Station: t.Station}, err
}
