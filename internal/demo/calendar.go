package demo

import (
	"math/rand/v2"
	"time"

	"zhudian/internal/db"
)

// day parses a date of this package's own tables.
func day(s string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, db.Zone())
	if err != nil {
		panic("demo: bad date " + s)
	}
	return t
}

func text(t time.Time) string { return t.Format(time.DateOnly) }

// holidays on which nobody worked: new year, spring festival and the epidemic's first weeks, the national holiday.
var holidays = []struct{ from, to string }{{"2020-01-18", "2020-03-23"}, {"2020-05-01", "2020-05-05"}, {"2020-06-25", "2020-06-27"}, {"2020-10-01", "2020-10-08"}}

// workday reports whether people worked on a day.
func workday(t time.Time) bool {
	if t.Weekday() == time.Sunday {
		return false
	}
	s := text(t)
	for _, h := range holidays {
		if s >= h.from && s <= h.to {
			return false
		}
	}
	return true
}

// workdays lists the days on which people worked, from and to inclusive.
func workdays(from, to string) []string {
	var out []string
	for t := day(from); text(t) <= to; t = t.AddDate(0, 0, 1) {
		if workday(t) {
			out = append(out, text(t))
		}
	}
	return out
}

// spanOf is the part of a month between two dates.
func spanOf(month, from, to string) (string, string) {
	first := month + "-01"
	last := text(day(first).AddDate(0, 1, -1))
	return max(first, from), min(last, to)
}

// dateIn draws a working day of a month between two dates.
func dateIn(rng *rand.Rand, month, from, to string) string {
	first, last := spanOf(month, from, to)
	days := workdays(first, last)
	if len(days) == 0 { // the epidemic: contracts were signed by video
		return text(day(first).AddDate(0, 0, rng.IntN(20)))
	}
	return pick(rng, days)
}
