// Package assess is what leaders read: the dashboard and the wall, yearly targets, and assessments (考评): schemes as
// data, runs over a period as of a known state of the ledger, every score with its why. It reads the ledger, and rulings of its own.
package assess

import (
	"zhudian/internal/blob"
	"zhudian/internal/db"
)

// Service answers for dashboards, targets, schemes and runs.
type Service struct {
	DB    *db.DB
	Files *blob.Store // what rulings rest on

	boards memo
}
