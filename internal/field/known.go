package field

import (
	"context"
	"fmt"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/verify"
)

func learn(ctx context.Context, tx *db.Tx, firms, teams []string) (*known, error) {
	k := &known{
		teams: map[string]station.Team{}, stations: map[string]station.Station{}, batches: map[string][]station.Batch{},
		perDay: map[string]int64{}, visitedBefore: map[string]bool{}, takenHere: map[string]bool{},
	}
	var err error
	if k.dir, err = org.Open(ctx, tx); err != nil {
		return nil, err
	}
	if k.companies, err = company.Briefs(ctx, tx, firms); err != nil {
		return nil, err
	}
	for _, id := range teams {
		if err := k.learnTeam(ctx, tx, id); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func (k *known) learnTeam(ctx context.Context, tx *db.Tx, id string) error {
	if _, seen := k.teams[id]; seen || id == "" {
		return nil
	}
	t, err := station.TeamByID(ctx, tx, id)
	if fault.Is(err, fault.NotFound) {
		return nil // the check of the record says so
	} else if err != nil {
		return err
	}
	k.teams[id] = t
	if _, seen := k.stations[t.Station]; seen {
		return nil
	}
	if k.stations[t.Station], err = station.ByID(ctx, tx, t.Station); err != nil {
		return err
	}
	k.batches[t.Station], err = station.BatchesOf(ctx, tx, t.Station)
	return err
}

func knowVisits(ctx context.Context, tx *db.Tx, in []Record) (*known, error) {
	var firms, teams []string
	days := map[string]bool{}
	for _, r := range in {
		firms = append(firms, r.Company)
		teams = append(teams, r.Team)
		for _, w := range r.With {
			teams = append(teams, w.Team)
		}
		days[r.Day] = true
	}
	k, err := learn(ctx, tx, firms, teams)
	if err != nil {
		return nil, err
	}
	who, _ := audit.Who(ctx)
	k.by = who.Person
	for day := range days {
		if k.perDay[day], err = db.One[int64](ctx, tx, `SELECT count(*) FROM field_visit WHERE created_by = ? AND day = ?`, who.Person, day); err != nil {
			return nil, err
		}
	}
	err = k.learnVisited(ctx, tx, firms)
	return k, err
}

// learnVisited notes which organisations anybody visited before.
func (k *known) learnVisited(ctx context.Context, tx *db.Tx, firms []string) error {
	for from := 0; from < len(firms); from += 500 {
		part := firms[from:min(from+500, len(firms))]
		err := db.Each(ctx, tx, `SELECT DISTINCT company_id FROM field_visit WHERE company_id IN `+db.In(len(part)), db.Args(part), func(id string) error {
			k.visitedBefore[id] = true
			return nil
		})
		if err != nil {
			return err
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

// visitsADay is how many visits one officer can hardly pass honestly.
const visitsADay = 12

func (k *known) visitFindings(v Visit) []verify.Finding {
	k.perDay[v.Day]++
	if n := k.perDay[v.Day]; n > visitsADay {
		return []verify.Finding{{
			Rule: "R16", TitleZH: "一天走访过多", TitleEN: "Too many in one day",
			DetailZH: fmt.Sprintf("同一人 %s 已记 %d 条走访。", v.Day, n), DetailEN: fmt.Sprintf("The same officer recorded %d visits on %s.", n, v.Day),
		}}
	}
	return nil
}
