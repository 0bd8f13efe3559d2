package ledger

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// YearValue is what the same days of an earlier year gave.
type YearValue struct {
	From    string `json:"from"`
	Through string `json:"through"`
	Value   Number `json:"value"`
	N       int64  `json:"entries"` // behind it
}

// Year is how texts name it.
func (y YearValue) Year() string { return y.Through[:4] }

const (
	// wholeWithin is how late in its days a year's own entries may begin for the year to be compared: entries that begin
	// later show that the ledger was not kept from the start of those days.
	wholeWithin = 31
	// yearsMost bounds how far back one looks.
	yearsMost = 30
)

// acrossYears reports whether a kind of formula compares spans of days, and so needs their first.
func acrossYears(kind string) bool { return kind == "growth" || kind == "highest" }

// Earlier gives what the same days of each earlier year in the ledger gave, the nearest year first. A year is compared
// when the ledger's own entries of the question begin no later than a month into its days.
func Earlier(ctx context.Context, tx *db.Tx, f Formula, q Question) ([]YearValue, error) {
	q.Measure, q.By = f.Of[0], nil
	cells, spans, err := earlier(ctx, tx, q)
	if err != nil {
		return nil, err
	}
	out := make([]YearValue, len(spans))
	for i, s := range spans {
		out[i] = YearValue{From: s[0], Through: s[1]}
		if len(cells[i]) > 0 {
			out[i].Value.N, out[i].N = cells[i][0].Value, cells[i][0].N
		}
	}
	return out, nil
}

// earlier asks the question of each earlier year that can be compared.
func earlier(ctx context.Context, tx *db.Tx, q Question) (cells [][]Cell, spans [][2]string, err error) {
	spans, err = yearSpans(ctx, tx, q)
	for _, s := range spans {
		before := q
		before.From, before.Through = s[0], s[1]
		list, err := Ask(ctx, tx, before)
		if err != nil {
			return nil, nil, err
		}
		cells = append(cells, list)
	}
	return cells, spans, err
}

// yearSpans are the same days of the years that can be compared, the nearest first.
func yearSpans(ctx context.Context, tx *db.Tx, q Question) (out [][2]string, err error) {
	if q.From == "" {
		return nil, fault.New(fault.Malformed, "needs_from", "“以来最高”须指明起始日期。", "“Highest since” needs its first day.")
	}
	first, found, err := firstDay(ctx, tx, q)
	if err != nil || !found {
		return nil, err
	}
	from, through := q.From, q.Through
	for range yearsMost {
		from, through = yearEarlier(from), yearEarlier(through)
		if first > dayAfter(from, wholeWithin) {
			break
		}
		out = append(out, [2]string{from, through})
	}
	return out, nil
}

// firstDay is the business date of the first entry that a question takes in, whatever its own dates.
func firstDay(ctx context.Context, tx *db.Tx, q Question) (string, bool, error) {
	w := where{}
	w.add("e.measure = ? AND e.book = ?", q.Measure, string(q.Book))
	if q.Known.Heads != nil {
		q.Known.limit(&w)
	}
	from, place := "ledger_entry e", "e."
	if q.Basis == ByCredit {
		from, place = "ledger_entry e JOIN ledger_credit c ON c.entry_id = e.id", "c."
	}
	q.filters(&w, "e.", place)
	return db.Maybe[string](ctx, tx, `SELECT e.occurred_on FROM `+from+` WHERE `+w.text()+` ORDER BY e.occurred_on LIMIT 1`, w.args...)
}

func dayAfter(day string, n int) string {
	t, _ := time.Parse(time.DateOnly, day) // the question was checked
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}

// rise gives, per group, the first of the years in a row that these days are above; no value where last year's same
// days were as high, or where no year can be compared.
func rise(ctx context.Context, tx *db.Tx, f Formula, q Question) ([]Value, error) {
	q.Measure = f.Of[0]
	now, err := Ask(ctx, tx, q)
	if err != nil {
		return nil, err
	}
	years, spans, err := earlier(ctx, tx, q)
	if err != nil {
		return nil, err
	}
	out := make([]Value, len(now))
	for i, c := range now {
		out[i] = Value{Key: c.Key, N: c.N, Value: Number{None: true}}
		for j, cells := range years {
			k := slices.IndexFunc(cells, func(x Cell) bool { return strings.Join(x.Key, "\x1f") == strings.Join(c.Key, "\x1f") })
			if k >= 0 && cells[k].Value >= c.Value || c.Value <= 0 {
				break
			}
			out[i].Value = Number{N: yearOf(spans[j][1])}
		}
	}
	return out, nil
}

func yearOf(day string) int64 {
	t, _ := time.Parse(time.DateOnly, day) // made by us
	return int64(t.Year())
}
