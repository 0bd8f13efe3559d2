package field

import (
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/db"
)

// Met is the latest visit of an organisation, as far as the acting person may see.
type Met struct {
	Company string `db:"company_id" json:"company"`
	Day     string `db:"day" json:"day"`
	Intent  string `db:"intent" json:"intent"`
	Level   string `db:"met_level" json:"met_level"`
}

// MetBy lists the organisations that teams in a person's scope have met, the latest first.
func MetBy(ctx context.Context, tx *db.Tx, who audit.Actor, most int) ([]Met, error) {
	return db.All[Met](ctx, tx, `SELECT company_id, day, intent, met_level FROM (
			SELECT v.company_id, v.day, v.intent, v.met_level, row_number() OVER (PARTITION BY v.company_id ORDER BY v.day DESC, v.id DESC) AS place
			FROM field_visit v`+scoped+`v.node_id) t
		WHERE place = 1 ORDER BY day DESC, company_id LIMIT ?`, who.Node, tx.Today(), tx.Today(), most)
}

// Carried lists the visits somebody needs on the way: their own since a day, and those in scope that left something to do
// until another.
func Carried(ctx context.Context, tx *db.Tx, who audit.Actor, since, until string, most int) ([]Visit, error) {
	return db.All[Visit](ctx, tx, `SELECT `+visitColumns+` FROM field_visit v`+scoped+`v.node_id
		WHERE (v.created_by = ? AND v.day >= ?) OR (v.next_on >= ? AND v.next_on <= ?) ORDER BY v.day DESC, v.id DESC LIMIT ?`,
		who.Node, tx.Today(), tx.Today(), who.Person, since, since, until, most)
}

// VisitIn gives a visit in the acting person's scope, inside the caller's transaction. Fault: not_found.
func VisitIn(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (VisitRecord, error) {
	return visitRecord(ctx, tx, who.Node, id)
}

// Holding is a building that a team in scope holds now, with the day since when what was found counts.
type Holding struct {
	Building
	Team  string
	Until string
	Since string
}

// HeldNow gives the buildings that teams in a person's scope hold today, and their doors: whole buildings, as long as no more
// than most doors come together; full reports that some were left out.
func HeldNow(ctx context.Context, tx *db.Tx, who audit.Actor, most int) (held []Holding, doors []Door, full bool, err error) {
	leases, err := db.All[Lease](ctx, tx, `SELECT `+leaseColumns+` FROM field_lease l`+scoped+`l.node_id WHERE l.from_day <= ? AND l.until_day >= ? ORDER BY l.until_day, l.id LIMIT 200`,
		who.Node, tx.Today(), tx.Today(), tx.Today(), tx.Today())
	if err != nil {
		return nil, nil, false, err
	}
	for _, l := range leases {
		b, err := buildingByID(ctx, tx, l.Building)
		if err != nil {
			return nil, nil, false, err
		}
		since, err := batchStart(ctx, tx, b.City)
		if err != nil {
			return nil, nil, false, err
		}
		list, err := doorsOf(ctx, tx, who, b.ID)
		if err != nil {
			return nil, nil, false, err
		}
		if len(doors)+len(list) > most {
			full = true
			continue
		}
		held = append(held, Holding{Building: b, Team: l.Team, Until: l.Until, Since: since})
		doors = append(doors, list...)
	}
	return held, doors, full, nil
}

// ErrandsDue lists what is planned of somebody's teams for them or for all, until a day; what was planned first comes first.
func ErrandsDue(ctx context.Context, tx *db.Tx, who audit.Actor, since, until string, most int) ([]Errand, error) {
	return db.All[Errand](ctx, tx, `SELECT `+errandColumns+` FROM field_errand p`+scoped+`p.node_id WHERE p.state = 'planned' AND p.day >= ? AND p.day <= ?
		AND (p.person_id = ? OR p.person_id = '') ORDER BY p.day, p.at_time, p.id LIMIT ?`, who.Node, tx.Today(), tx.Today(), since, until, who.Person, most)
}

// BuildingName is what a building is called. Fault: not_found.
func BuildingName(ctx context.Context, tx *db.Tx, id string) (string, error) {
	b, err := buildingByID(ctx, tx, id)
	return b.Name, err
}
