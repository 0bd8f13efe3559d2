package offline

import (
	"context"
	"log/slog"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// releaseAtOnce is how many held records are read at a time.
const releaseAtOnce = 100

// ReleaseOverdue tries the records that waited longer than patience for what they build on, in the name of who recorded
// them, and gives how many were stored. It needs no phone: one that is lost sends no more. What is refused stays held,
// where the station lead sees it.
func (s *Service) ReleaseOverdue(ctx context.Context) (n int, err error) {
	ctx = audit.With(ctx, audit.System("root"))
	var after inboxRow
	for {
		var rows []inboxRow
		err := s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			rows, err = heldBefore(ctx, tx, db.Micros(tx.Now())-patience, after, releaseAtOnce)
			return err
		})
		if err != nil {
			return n, err
		}
		for _, row := range rows {
			done, err := s.releaseRow(ctx, row)
			if err != nil {
				return n, err
			}
			if done {
				n++
			}
		}
		if len(rows) < releaseAtOnce {
			return n, nil
		}
		after = rows[len(rows)-1]
	}
}

// releaseRow reports whether a record was stored. That its rule or its owner says no is no failure of the release.
func (s *Service) releaseRow(ctx context.Context, row inboxRow) (bool, error) {
	r, err := s.applyRow(ctx, row, "zh")
	if err != nil {
		if k := fault.Of(err).Kind; k == fault.Internal || k == fault.Unavailable || ctx.Err() != nil {
			return false, err
		}
		return false, nil
	}
	if r.State != Stored && r.State != Same {
		return false, nil
	}
	return true, s.noteHeld(ctx, "held.release", row.ID, "")
}

// releaseEvery is how often held records are looked at.
const releaseEvery = time.Hour

// RunReleases tries what is overdue now and every hour, until ctx ends. Each server runs one; two that try the same record
// store it once.
func (s *Service) RunReleases(ctx context.Context, log *slog.Logger) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	for ctx.Err() == nil {
		if n, err := s.ReleaseOverdue(ctx); err != nil && ctx.Err() == nil {
			log.LogAttrs(ctx, slog.LevelError, "release held records", slog.String("cause", err.Error()))
		} else if n > 0 {
			log.LogAttrs(ctx, slog.LevelInfo, "released held records", slog.Int("n", n))
		}
		select {
		case <-ctx.Done():
		case <-time.After(releaseEvery):
		}
	}
}
