package portal

import (
	"context"
	"log/slog"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
)

// KeepDays is after how many days the data of a sender whose matter was refused is destroyed.
var KeepDays = db.Knob{Key: "inbox_keep", Min: 7, Max: 365, Default: 30}

// keptUntil is the day on which a refused item is erased; "" for one that was not refused.
func (i Item) keptUntil(days int64) string {
	if i.State != "refused" || i.ErasedAt > 0 {
		return ""
	}
	return daysFrom(db.FromMicros(i.DecidedAt), int(days))
}

// sweepAtOnce is how many items one transaction erases.
const sweepAtOnce = 200

// Sweep erases what was refused and kept long enough, as an erasure by hand does, and gives how many that were.
func (s *Inbox) Sweep(ctx context.Context) (n int, err error) {
	ctx = audit.With(ctx, audit.System("root"))
	for {
		var list []Item
		err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			days, err := KeepDays.Of(ctx, tx)
			if err != nil {
				return err
			}
			before := db.Micros(tx.Now().AddDate(0, 0, -int(days)))
			list, err = db.All[Item](ctx, tx, `SELECT `+itemColumns+` FROM portal_inbox i WHERE i.state = 'refused' AND i.erased_at = 0 AND i.decided_at < ? ORDER BY i.id LIMIT ?`, before, sweepAtOnce)
			if err != nil {
				return err
			}
			for k := range list {
				if err := list[k].erase(ctx, tx, "inbox.expire", map[string]any{"days": days}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		if n += len(list); len(list) < sweepAtOnce {
			return n, nil
		}
	}
}

// erase destroys the key of what a sender wrote, and notes it in the trail.
func (i *Item) erase(ctx context.Context, tx *db.Tx, action string, why any) error {
	i.ErasedAt = db.Micros(tx.Now())
	if _, err := db.Exec(ctx, tx, `DELETE FROM portal_key WHERE inbox_id = ?`, i.ID); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, tx, `UPDATE portal_inbox SET sealed = '', erased_at = ?, version = version + 1 WHERE id = ?`, i.ErasedAt, i.ID); err != nil {
		return err
	}
	return audit.Note(ctx, tx, action, i.Subject(), nil, why)
}

// RunSweeps erases what is due now and every hour, until ctx ends. Each server runs one.
func (s *Inbox) RunSweeps(ctx context.Context, log *slog.Logger) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	for ctx.Err() == nil {
		if n, err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			log.LogAttrs(ctx, slog.LevelError, "erase refused letters", slog.String("cause", err.Error()))
		} else if n > 0 {
			log.LogAttrs(ctx, slog.LevelInfo, "erased refused letters", slog.Int("n", n))
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Hour):
		}
	}
}
