package ledger

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

const comparePath = "/figures/compare"

// compareView is the page of two answers side by side.
type compareView struct {
	in     CompareIn
	out    Comparison
	about  string // the measure whose restating entries are shown; "" for all
	places map[string]string
}

func (s *Service) comparePage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[CompareIn](r)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	in.FiguresIn = in.AsShown(ctx)
	if in.Old == "" {
		in.Old = monthBefore(in.Through)
	}
	v := &compareView{in: in, places: map[string]string{}}
	if len(in.Measure) == 1 {
		v.about = in.Measure[0]
	}
	if v.out, err = s.Compare(ctx, in); err != nil {
		return nil, err
	}
	if v.about != "" { // the table shows every measure
		whole := in
		whole.Measure, whole.After = nil, ""
		all, err := s.Compare(ctx, whole)
		if err != nil {
			return nil, err
		}
		v.out.Moves = all.Moves
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		dir, err := org.Open(ctx, tx)
		for _, e := range v.out.Restated {
			v.places[e.Unit] = dir.UnitName(e.Unit, web.Lang(ctx))
		}
		return err
	})
	return comparePage(v), err
}

// monthBefore is the last day of the month before a day's.
func monthBefore(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, -t.Day()).Format(time.DateOnly)
}

// compareURL leads to what changed since a day, as it was known at a moment.
func compareURL(in FiguresIn, old string, known time.Time) string {
	q := in.Query()
	q.Del("measure")
	q.Set("old", old)
	q.Set("old_known", known.In(db.Zone()).Format(time.RFC3339Nano))
	return comparePath + "?" + q.Encode()
}

// sinceClose leads to what changed about a month since it was closed.
func (p *periodPage) sinceClose(m Period) string {
	from, through := p.out.Calendar.Span(m.Period)
	return compareURL(FiguresIn{From: from, Through: through, Book: string(Recognised)}, through, db.FromMicros(m.At))
}

// of is the same page for the entries of one measure.
func (v *compareView) of(code string) string {
	q := v.query()
	q.Set("measure", code)
	return comparePath + "?" + q.Encode() + "#restated"
}

func (v *compareView) query() url.Values {
	q := v.in.Query()
	q.Set("old", v.in.Old)
	q.Set("old_known", v.in.OldKnown)
	if v.in.OldKnown == "" {
		q.Del("old_known")
	}
	q.Del("measure")
	return q
}

func (v *compareView) more() string {
	q := v.query()
	if v.about != "" {
		q.Set("measure", v.about)
	}
	q.Set("after", v.out.Next)
	return comparePath + "?" + q.Encode() + "#restated"
}

// shown leaves out the measures in which nothing stands at either time.
func (v *compareView) shown() []Moved {
	var out []Moved
	for _, m := range v.out.Moves {
		if m.Old.N != 0 || m.New.N != 0 || m.Entries > 0 {
			out = append(out, m)
		}
	}
	return out
}

// amount words one of the four numbers of a move; change says it is a difference.
func (m Moved) amount(ctx context.Context, n Number, change bool) string {
	text := Show(ctx, Unit(m.Unit), n).String()
	if change && n.N > 0 {
		return "+" + text
	}
	if n.N == 0 && change {
		return web.Nil
	}
	return strings.Replace(text, "-", "−", 1)
}

// fig is the chip of the older or the newer number.
func (v *compareView) fig(ctx context.Context, m Moved, newer bool) web.FigProps {
	in, n := v.in.FiguresIn, m.New
	if !newer {
		in.Through, in.Known, n = v.out.Old, v.in.OldKnown, m.Old
		if in.Known == "" {
			in.Known = v.out.Old
		}
	}
	return Chip(ctx, in.of(m.Code), Figure{Code: m.Code, Value: n, Unit: m.Unit})
}

// why says what kind of change an entry is.
func why(ctx context.Context, e EntryLine) string {
	key := "late"
	switch {
	case e.Reverses != "":
		key = "reversed"
	case e.Reason == "correction":
		key = "corrected"
	}
	return web.T(ctx, "compare.why."+key)
}

// changeText words what an entry adds or takes away.
func changeText(ctx context.Context, e EntryLine) string {
	m := Moved{Code: e.Measure, Unit: string(measureByCode[e.Measure].Unit)}
	return m.amount(ctx, Number{N: e.Delta}, true)
}
