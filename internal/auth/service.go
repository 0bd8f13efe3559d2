// Package auth knows people and their accounts, signs them in, and says who may do what. It puts the acting
// person into the context as an audit.Actor; features ask audit.Require for a permission of its table.
//
// Lifetimes run on the real clock, also in the demo, whose records live on a clock of their own.
package auth

import (
	"context"
	"log/slog"
	"time"

	"zhudian/internal/db"
)

// Options of a Service. Key and Clock must be given.
type Options struct {
	// Key is the installation's secret (KeyLen bytes): it seals the second factors.
	Key []byte
	// Clock is the real clock; not that of the records, which a demo shifts.
	Clock func() time.Time
	// DemandSecondFactor keeps verifiers, signers and administrators out of everything but their own account
	// until they have one. Off in the demo alone.
	DemandSecondFactor bool
	// Lifetimes of a session; zero means 30 minutes idle, 10 for those who verify or administer, 12 hours in all.
	Idle, StrictIdle, Absolute time.Duration
	// MaxSessions an account may have at once; the oldest ends. Zero means 3.
	MaxSessions int
	// Cost of a password guess; zero means Standard.
	Cost Cost
	// Place checks that a unit and a scope node exist and gives the audit chain of their area. Nil accepts any.
	Place func(ctx context.Context, tx *db.Tx, unit, node string) (chain string, err error)
	// UnitName names a unit to a person, in zh or en. Nil shows the code.
	UnitName func(ctx context.Context, unit, lang string) string
	// Front gives what the sign-in page shows beside its form; nil for nothing.
	Front func(context.Context) Front
	// Knobs are the settings that an administrator may turn; Facts what the server was started with, by key of a word.
	Knobs []db.Knob
	Facts func() [][2]string
	// UnitSource is an address that finds units by typing, for the administration's forms; "" asks for codes.
	UnitSource string
	// Wait delays a source that keeps failing; nil really waits.
	Wait func(ctx context.Context, d time.Duration)

	Logger *slog.Logger
}

// Service signs people in and keeps their accounts.
type Service struct {
	DB    *db.DB
	opt   Options
	gate  *gate
	twins twins
	dummy string // the hash that unknown logins are compared with, so that they take as long
}

// New makes a service on an open database.
func New(d *db.DB, o Options) *Service {
	if len(o.Key) != KeyLen || o.Clock == nil {
		panic("auth: Options need a key of 32 bytes and a clock")
	}
	o.Idle = orElse(o.Idle, 30*time.Minute)
	o.StrictIdle = orElse(o.StrictIdle, 10*time.Minute)
	o.Absolute = orElse(o.Absolute, 12*time.Hour)
	o.MaxSessions = orElse(o.MaxSessions, 3)
	o.Cost = orElse(o.Cost, Standard)
	if o.Wait == nil {
		o.Wait = wait
	}
	if o.UnitName == nil {
		o.UnitName = func(_ context.Context, unit, _ string) string { return unit }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Service{DB: d, opt: o, gate: newGate(), dummy: o.Cost.hash(newSecret())}
}

// now is the real time in whole microseconds.
func (s *Service) now() time.Time { return s.opt.Clock().UTC().Truncate(time.Microsecond) }

func orElse[T comparable](v, other T) T {
	var zero T
	if v == zero {
		return other
	}
	return v
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
