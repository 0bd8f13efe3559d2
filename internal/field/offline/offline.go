// Package offline lets a phone work without a network: it gives the page /field and what that page carries along, and
// takes in what was recorded on it. Each record goes through the same use case as on the web, once, however often it comes.
package offline

import (
	"context"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/blob"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/field"
	"zhudian/internal/web"
)

// Service takes in what phones recorded. Key seals what is held.
type Service struct {
	DB      *db.DB
	Files   *blob.Store
	Field   *field.Service
	Company *company.Service
	Key     []byte
	// Clock is the real clock, which phones go by too; not that of the records, which a demo shifts.
	Clock func() time.Time
	// As gives somebody as they act by their phone, for what their phone had left behind.
	As func(ctx context.Context, account string) (audit.Actor, error)
}

// Batch is what a phone sends at once, in any order.
type Batch struct {
	Now     int64    `json:"now" doc:"the phone's clock when it sent this, microseconds since 1970"`
	Records []Record `json:"records" maxItems:"200"`
}

// Record is one thing that was recorded on a phone. With Base it changes a record of the server: Body names it and holds the
// changed fields alone, Was what they were when the phone last saw them.
type Record struct {
	ID    string         `json:"id" maxLength:"36" doc:"made by the phone: a UUID"`
	Kind  string         `json:"kind" maxLength:"20" doc:"visit, company, contact, door"`
	By    string         `json:"by" maxLength:"40" doc:"the person who recorded it"`
	At    int64          `json:"at" doc:"the phone's clock when it was recorded"`
	After []string       `json:"after" maxItems:"20" doc:"records of the phone that it builds on"`
	Base  int64          `json:"base" doc:"version it changes; 0 for something new"`
	Was   map[string]any `json:"was" doc:"the changed fields as last seen"`
	Body  map[string]any `json:"body" doc:"the input of the use case of its kind"`
	Hash  string         `json:"hash" maxLength:"64" doc:"SHA-256 of the record without this field, as canonical JSON"`
}

// State is what became of a record.
type State string

// The states of a receipt. Same, stored and dropped settle a record; the others leave it with the phone.
const (
	Stored   State = "stored"   // in the books
	Same     State = "same"     // nothing had to change
	Conflict State = "conflict" // both sides changed it, or the id holds something else
	Held     State = "held"     // waits for what it builds on
	Refused  State = "refused"  // a rule says no: to be mended
	Dropped  State = "dropped"  // the station lead let it go while it was held
)

// Receipt answers one record. The same record gets the same receipt, however often it comes.
type Receipt struct {
	ID      string             `json:"id"`
	State   State              `json:"state" enum:"stored,same,conflict,held,refused,dropped"`
	Hash    string             `json:"hash" doc:"of the record as it was understood; it must be the phone's own"`
	Object  string             `json:"object,omitempty" doc:"the record of the server"`
	Version int64              `json:"version,omitempty" doc:"of that record"`
	Skewed  bool               `json:"skewed,omitempty" doc:"the phone's clock was far from the server's"`
	Code    string             `json:"code,omitempty"`
	Detail  string             `json:"detail,omitempty"`
	Errors  []web.ProblemField `json:"errors,omitempty"`
	Theirs  map[string]any     `json:"theirs,omitempty" doc:"in a conflict, the fields as they are now"`
}

// Answers are the receipts of a batch, in its order. A record without one is to be sent again.
type Answers struct {
	Now      int64     `json:"now" doc:"the server's clock"`
	Receipts []Receipt `json:"receipts"`
}

// Limits of a phone.
const (
	MaxUnsent  = 500  // records of one's own that wait on the phone
	MaxCarried = 5000 // records that are carried along
	maxSkew    = 10 * 60 * 1_000_000
)
