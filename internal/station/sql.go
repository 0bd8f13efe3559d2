package station

import (
	"context"

	"zhudian/internal/db"
)

const (
	stationColumns    = `id, name, name_en, region, unit_id, opened_on, closed_on`
	teamColumns       = `t.id, t.station_id, t.unit_id, t.name, t.since`
	batchColumns      = `id, station_id, number, name, starts_on, ends_on`
	deploymentColumns = `d.id, d.batch_id, d.team_id, d.node_id, d.person_id, d.name, d.duty, d.kind, d.starts_on, d.ends_on, d.created_by, d.version`
	inScope           = ` JOIN org_scope o ON o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = `
)

// ByID gives a station. Fault: NotFound.
func ByID(ctx context.Context, tx *db.Tx, id string) (Station, error) {
	return db.One[Station](ctx, tx, `SELECT `+stationColumns+` FROM station_station WHERE id = ?`, id)
}

// TeamByID gives a team. Fault: NotFound.
func TeamByID(ctx context.Context, tx *db.Tx, id string) (Team, error) {
	return db.One[Team](ctx, tx, `SELECT `+teamColumns+` FROM station_team t WHERE t.id = ?`, id)
}

// TeamInScope gives a team that stands under root today. Fault: NotFound.
func TeamInScope(ctx context.Context, tx *db.Tx, root, id string) (Team, error) {
	return db.One[Team](ctx, tx, `SELECT `+teamColumns+` FROM station_team t`+inScope+`t.id WHERE t.id = ?`, root, tx.Today(), tx.Today(), id)
}

// Place is a team with what belongs to its station.
type Place struct {
	Team
	Home    Station
	Batches []Batch // in order
}

// PlacesOf asks for teams with their stations; the answer leaves out unknown teams.
func PlacesOf(ctx context.Context, tx *db.Tx, teams []string) func(context.Context) (map[string]Place, error) {
	of := ` IN (SELECT station_id FROM station_team WHERE id IN ` + db.In(len(teams)) + `)`
	list := db.Ask[Team](ctx, tx, `SELECT `+teamColumns+` FROM station_team t WHERE t.id IN `+db.In(len(teams)), db.Args(teams)...)
	homes := db.Ask[Station](ctx, tx, `SELECT `+stationColumns+` FROM station_station WHERE id`+of, db.Args(teams)...)
	batches := db.Ask[Batch](ctx, tx, `SELECT `+batchColumns+` FROM station_batch WHERE station_id`+of+` ORDER BY number`, db.Args(teams)...)
	return func(ctx context.Context) (map[string]Place, error) {
		all, err := list.All(ctx)
		if err != nil {
			return nil, err
		}
		stations, err := homes.All(ctx)
		if err != nil {
			return nil, err
		}
		every, err := batches.All(ctx)
		if err != nil {
			return nil, err
		}
		byStation := map[string]Place{}
		for _, s := range stations {
			byStation[s.ID] = Place{Home: s}
		}
		for _, b := range every {
			p := byStation[b.Station]
			p.Batches = append(p.Batches, b)
			byStation[b.Station] = p
		}
		out := map[string]Place{}
		for _, t := range all {
			p := byStation[t.Station]
			p.Team = t
			out[t.ID] = p
		}
		return out, nil
	}
}

// TeamsInScope lists the teams under root today.
func TeamsInScope(ctx context.Context, tx *db.Tx, root string) ([]Team, error) {
	return db.All[Team](ctx, tx, `SELECT `+teamColumns+` FROM station_team t`+inScope+`t.id ORDER BY t.id`, root, tx.Today(), tx.Today())
}

// BatchOn gives the batch that was at a station on a day, if any: the last one that had started.
func BatchOn(ctx context.Context, tx *db.Tx, station, day string) (Batch, bool, error) {
	return db.Maybe[Batch](ctx, tx, `SELECT `+batchColumns+` FROM station_batch WHERE station_id = ? AND starts_on <= ? ORDER BY starts_on DESC LIMIT 1`, station, day)
}

// All lists every station.
func All(ctx context.Context, tx *db.Tx) ([]Station, error) {
	return db.All[Station](ctx, tx, `SELECT `+stationColumns+` FROM station_station ORDER BY opened_on, id`)
}

// BatchesOf gives the batches of a station in order.
func BatchesOf(ctx context.Context, tx *db.Tx, station string) ([]Batch, error) {
	return db.All[Batch](ctx, tx, `SELECT `+batchColumns+` FROM station_batch WHERE station_id = ? ORDER BY number`, station)
}

func batchByID(ctx context.Context, tx *db.Tx, id string) (Batch, error) {
	return db.One[Batch](ctx, tx, `SELECT `+batchColumns+` FROM station_batch WHERE id = ?`, id)
}

// EveryTeam lists all teams, for their names.
func EveryTeam(ctx context.Context, tx *db.Tx) ([]Team, error) {
	return db.All[Team](ctx, tx, `SELECT `+teamColumns+` FROM station_team t ORDER BY t.id`)
}
