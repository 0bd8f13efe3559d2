package ledger

import (
	"context"
	"encoding/json"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Period is the state of one booked month.
type Period struct {
	Period string `json:"period"` // YYYY-MM
	State  string `json:"state" enum:"open,preliminary,closed,reopen_asked"`
	At     int64  `json:"at,omitempty"`     // of the last event
	By     string `json:"by,omitempty"`     // person of the last event
	Reason string `json:"reason,omitempty"` // of the last event
}

// PeriodEvent is one closing, request to reopen, or reopening.
type PeriodEvent struct {
	ID      string `db:"id" json:"id"`
	Period  string `db:"period" json:"period"`
	Kind    string `db:"kind" json:"kind"`
	At      int64  `db:"at" json:"at"`
	Person  string `db:"person_id" json:"person"`
	AskedBy string `db:"asked_by" json:"asked_by,omitempty"`
	Reason  string `db:"reason" json:"reason"`
	Heads   string `db:"heads" json:"-"`

	Preliminary bool `db:"preliminary" json:"preliminary,omitempty" doc:"of December: late facts are still booked in it, with a reason"`
}

func closedFault(month, open string) error {
	return &fault.Error{Kind: fault.Closed, Code: "period_closed", Words: fault.Words{
		ZH: month + " 已关账，这一笔可记入 " + open + "，须写明理由。",
		EN: month + " is closed. Book it in " + open + " with a reason.",
	}, Fields: []fault.Field{{Name: "late_reason", Code: "required", Words: fault.Words{ZH: "请写明迟报理由。", EN: "Say why it is late."}}}}
}

func openBooks(ctx context.Context, tx *db.Tx) (books, error) {
	list, err := askPeriods(ctx, tx).All(ctx)
	if err != nil {
		return books{}, err
	}
	cutoff, err := CutoffDay.Of(ctx, tx)
	return booksOf(list, cutoff), err
}

func askPeriods(ctx context.Context, tx *db.Tx) *db.Answer[PeriodEvent] {
	return db.Ask[PeriodEvent](ctx, tx, `SELECT `+eventColumns+`, '' AS heads FROM ledger_period_event ORDER BY at, id`)
}

const eventColumns = `id, period, kind, at, person_id, asked_by, reason, preliminary`

// PeriodFor tells in which month a fact of a date would be booked now, and whether it would be late.
func PeriodFor(ctx context.Context, tx *db.Tx, occurredOn string) (string, bool, error) {
	open, err := openBooks(ctx, tx)
	if err != nil || len(occurredOn) < len(time.DateOnly) {
		return "", false, err
	}
	p, late := open.periodFor(occurredOn)
	return p, late, nil
}

// Close is what closing a month needs.
type Close struct {
	Period string `json:"period" doc:"month to close, YYYY-MM"`
	Reason string `json:"reason,omitempty"`
}

// ClosePeriod closes a month that has ended: nothing more is booked in it, and its sums and the last hash of
// every chain are recorded. December closes twice: first preliminarily, when late facts are still booked in it with a
// reason, then finally. Faults: bad_period, period_running, period_closed.
func (s *Service) ClosePeriod(ctx context.Context, in Close) (out PeriodEvent, err error) {
	who, err := audit.Require(ctx, "period.close")
	if err != nil {
		return out, err
	}
	if _, err := time.Parse("2006-01", in.Period); err != nil {
		return out, fault.BadField("period", "bad_period", "月份写作 2020-11 这样。", "Write the month like 2020-11.")
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if in.Period >= tx.Today()[:7] {
			return fault.BadField("period", "period_running", "这个月还没有结束，不能关账。", "The month has not ended yet.")
		}
		heads, err := holdAllHeads(ctx, tx)
		if err != nil {
			return err
		}
		open, err := openBooks(ctx, tx)
		if err != nil {
			return err
		}
		if open.closed[in.Period] {
			return fault.New(fault.Closed, "period_closed", in.Period+" 已经关账。", in.Period+" is closed already.")
		}
		out = PeriodEvent{ID: tx.ID(), Period: in.Period, Kind: "close", At: db.Micros(tx.Now()), Person: who.Person, Reason: oneLine(in.Reason), Heads: heads}
		out.Preliminary = twice(in.Period) && !open.preliminary[in.Period]
		if err := db.Insert(ctx, tx, "ledger_period_event", out); err != nil {
			return err
		}
		if err := freezeTotals(ctx, tx, out.ID, in.Period); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "period.close", "period/"+in.Period, nil, out)
	})
	return out, err
}

// holdAllHeads locks every chain by writing its head, so that no entry slips past a closing month.
func holdAllHeads(ctx context.Context, tx *db.Tx) (string, error) {
	if _, err := db.Exec(ctx, tx, `UPDATE ledger_head SET seq = seq`); err != nil {
		return "", err
	}
	heads, err := Heads(ctx, tx)
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(heads)
	return string(raw), err
}

// Heads gives the last link of every chain, in the order of the chains.
func Heads(ctx context.Context, tx *db.Tx) ([]Head, error) {
	return db.All[Head](ctx, tx, `SELECT chain, seq, hash, recorded_at FROM ledger_head ORDER BY chain`)
}

func freezeTotals(ctx context.Context, tx *db.Tx, event, period string) error {
	_, err := db.Exec(ctx, tx, `INSERT INTO ledger_period_total (event_id, measure, book, unit_id, total, n)
		SELECT ?, measure, book, unit_id, CAST(sum(delta) AS BIGINT), count(*) FROM ledger_entry WHERE period = ? GROUP BY measure, book, unit_id`, event, period)
	return err
}

// AskReopen asks for a closed month to be opened again; another person must agree.
// Faults: period_open, reason required.
func (s *Service) AskReopen(ctx context.Context, in Close) (out PeriodEvent, err error) {
	return s.reopenStep(ctx, in, "ask_reopen", "")
}

// Reopen agrees to a request to open a month again. Whoever asked cannot agree.
// Faults: period_open, not_asked, same_person.
func (s *Service) Reopen(ctx context.Context, in Close) (out PeriodEvent, err error) {
	return s.reopenStep(ctx, in, "reopen", "ask_reopen")
}

func (s *Service) reopenStep(ctx context.Context, in Close, kind, after string) (out PeriodEvent, err error) {
	who, err := audit.Require(ctx, "period.reopen")
	if err != nil {
		return out, err
	}
	var c fault.Checks
	if err := c.Require("reason", in.Reason, "理由", "A reason").Err(); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := holdAllHeads(ctx, tx); err != nil {
			return err
		}
		last, ok, err := lastEvent(ctx, tx, in.Period)
		if err != nil {
			return err
		}
		switch {
		case !ok || last.Kind == "reopen" || last.Preliminary:
			return fault.New(fault.Conflict, "period_open", in.Period+" 没有关账，不用重开。", in.Period+" is not closed.")
		case after != "" && last.Kind != after:
			return fault.New(fault.Conflict, "not_asked", "还没有人申请重开 "+in.Period+"。", "Nobody has asked to reopen "+in.Period+".")
		case after != "" && last.Person == who.Person:
			return fault.New(fault.Conflict, "same_person", "重开须由申请人以外的另一人同意。", "Another person than the one who asked must agree.")
		}
		out = PeriodEvent{ID: tx.ID(), Period: in.Period, Kind: kind, At: db.Micros(tx.Now()), Person: who.Person, Reason: oneLine(in.Reason), Heads: "[]"}
		if after != "" {
			out.AskedBy = last.Person
		}
		if err := db.Insert(ctx, tx, "ledger_period_event", out); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "period."+kind, "period/"+in.Period, nil, out)
	})
	return out, err
}

func lastEvent(ctx context.Context, tx *db.Tx, period string) (PeriodEvent, bool, error) {
	return db.Maybe[PeriodEvent](ctx, tx, `SELECT `+eventColumns+`, heads
		FROM ledger_period_event WHERE period = ? ORDER BY at DESC, id DESC LIMIT 1`, period)
}

// Periods lists every month that has entries or events, newest first, with its state.
type Periods struct {
	Periods []Period      `json:"periods"`
	Events  []PeriodEvent `json:"events"`

	Calendar Calendar `json:"calendar"`
}

// ListPeriods gives the states of the months and the events behind them.
func (s *Service) ListPeriods(ctx context.Context, _ struct{}) (out Periods, err error) {
	if _, err := audit.Require(ctx, "figures.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Events, err = db.All[PeriodEvent](ctx, tx, `SELECT `+eventColumns+`, '' AS heads
			FROM ledger_period_event ORDER BY at DESC, id DESC`)
		if err != nil {
			return err
		}
		if out.Calendar, err = CalendarOf(ctx, tx); err != nil {
			return err
		}
		first, ok, err := db.Maybe[string](ctx, tx, `SELECT month FROM ledger_rollup_month ORDER BY month LIMIT 1`)
		if err != nil || !ok {
			return err
		}
		out.Periods = monthsBetween(first, tx.Today()[:7], out.Events)
		return nil
	})
	return out, err
}

// monthsBetween lists the months from first to last, newest first; events are newest first too.
func monthsBetween(first, last string, events []PeriodEvent) []Period {
	latest := map[string]PeriodEvent{}
	for _, e := range events {
		if _, seen := latest[e.Period]; !seen {
			latest[e.Period] = e
		}
	}
	var out []Period
	for m := first; m <= last; m = nextMonth(m) {
		e := latest[m]
		state := map[string]string{"close": "closed", "ask_reopen": "reopen_asked"}[e.Kind]
		switch {
		case e.Preliminary:
			state = "preliminary"
		case state == "":
			state = "open"
		}
		out = append([]Period{{Period: m, State: state, At: e.At, By: e.Person, Reason: e.Reason}}, out...)
	}
	return out
}
