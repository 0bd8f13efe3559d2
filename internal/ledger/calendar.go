package ledger

import (
	"context"
	"fmt"
	"time"

	"zhudian/internal/db"
)

// The monthly calendar (月度日历): which days a month takes in, and until when the counties file it, the prefectures review
// it, the province recognises it and closes it, as days of the month after.
var (
	CutoffDay    = db.Knob{Key: "cutoff_day", Min: 20, Max: 31, Default: 31}
	FileDay      = db.Knob{Key: "file_day", Min: 1, Max: 20, Default: 3}
	ReviewDay    = db.Knob{Key: "review_day", Min: 1, Max: 24, Default: 5}
	RecogniseDay = db.Knob{Key: "recognise_day", Min: 1, Max: 26, Default: 8}
	CloseDay     = db.Knob{Key: "close_day", Min: 1, Max: 28, Default: 10}
)

// CalendarKnobs are what an administrator turns.
var CalendarKnobs = []db.Knob{CutoffDay, FileDay, ReviewDay, RecogniseDay, CloseDay}

// Calendar is the monthly calendar in force.
type Calendar struct {
	Cutoff    int64 `json:"cutoff_day" doc:"last day of a month; 31 is the month's own last day, days after it belong to the next month"`
	File      int64 `json:"file_day" doc:"of the next month: the counties have filed"`
	Review    int64 `json:"review_day" doc:"the prefectures have reviewed"`
	Recognise int64 `json:"recognise_day" doc:"the province has recognised"`
	Close     int64 `json:"close_day" doc:"the month is closed"`
}

// CalendarOf gives the calendar in force.
func CalendarOf(ctx context.Context, tx *db.Tx) (c Calendar, err error) {
	got, err := db.Knobs(ctx, tx, CalendarKnobs...)
	if err != nil {
		return c, err
	}
	return Calendar{got[CutoffDay.Key], got[FileDay.Key], got[ReviewDay.Key], got[RecogniseDay.Key], got[CloseDay.Key]}, nil
}

// Month gives the month that a day belongs to, YYYY-MM.
func (c Calendar) Month(day string) string { return monthOf(day, c.Cutoff) }

// Span gives the first and the last day of a month.
func (c Calendar) Span(month string) (from, through string) {
	first, err := time.Parse("2006-01", month)
	if err != nil {
		return month + "-01", month + "-28" // a month was checked
	}
	begin, end := first, first.AddDate(0, 1, -1)
	if before := first.AddDate(0, 0, -1); int64(before.Day()) > c.Cutoff {
		begin = first.AddDate(0, -1, int(c.Cutoff))
	}
	if int64(end.Day()) > c.Cutoff {
		end = first.AddDate(0, 0, int(c.Cutoff)-1)
	}
	return begin.Format(time.DateOnly), end.Format(time.DateOnly)
}

// Day gives the date on which a step of a month is due: a day of the month after.
func (c Calendar) Day(month string, day int64) string {
	return fmt.Sprintf("%s-%02d", nextMonth(month), day)
}

// Due gives the date by which facts of a month reach a book: filed, reviewed or recognised.
func (c Calendar) Due(month string, b Book) string {
	return c.Day(month, map[Book]int64{Filed: c.File, Reviewed: c.Review, Recognised: c.Recognise}[b])
}

// monthOf books the days after the cutoff in the next month.
func monthOf(day string, cutoff int64) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil || int64(t.Day()) <= cutoff {
		return day[:len("2006-01")]
	}
	return nextMonth(day[:len("2006-01")])
}

// twice reports whether a month is closed twice: December, preliminarily for the bulletin of the year, and finally when
// the late vouchers of the year are in (31 January).
func twice(month string) bool { return month[len("2006-"):] == "12" }

// books knows which months are closed, and where the days of a month end.
type books struct {
	closed      map[string]bool
	preliminary map[string]bool
	cutoff      int64
}

// periodFor gives the month that a fact of a day is booked in: its own while that is open, else the next open one, and
// whether it is late. After its preliminary closing December takes facts as late ones.
func (c books) periodFor(day string) (string, bool) {
	own := monthOf(day, c.cutoff)
	p := own
	for c.closed[p] {
		p = nextMonth(p)
	}
	return p, p != own || c.preliminary[p]
}

func nextMonth(m string) string {
	t, _ := time.Parse("2006-01", m) // m comes from a checked date
	return t.AddDate(0, 1, 0).Format("2006-01")
}

func booksOf(events []PeriodEvent, cutoff int64) books {
	out := books{map[string]bool{}, map[string]bool{}, cutoff}
	for _, e := range events {
		switch {
		case e.Kind == "close" && e.Preliminary:
			out.preliminary[e.Period] = true
		case e.Kind == "close":
			out.closed[e.Period] = true
		case e.Kind == "reopen":
			delete(out.closed, e.Period)
			delete(out.preliminary, e.Period)
		}
	}
	return out
}
