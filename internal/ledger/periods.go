package ledger

import (
	"context"
	"fmt"
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// periodPage is the page of the months.
type periodPage struct {
	out    Periods
	people map[string]string
	counts map[string]periodCount
	now    string // running month
	open   string // the month whose form is open, with the state of the form
	form   web.FormState
	me     string
}

// periodCount is what a month holds in the recognised book.
type periodCount struct {
	Period string `db:"period"`
	N      int64  `db:"n"`
	Late   int64  `db:"late"`
}

func (s *Service) periodsPage(r *http.Request) (templ.Component, error) {
	p, err := s.periods(r.Context())
	if err != nil {
		return nil, err
	}
	return periodsPage(p), nil
}

func (s *Service) periods(ctx context.Context) (*periodPage, error) {
	who, err := audit.Require(ctx, "period.read")
	if err != nil {
		return nil, err
	}
	p := &periodPage{me: who.Person}
	if p.out, err = s.ListPeriods(ctx, struct{}{}); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		p.now = tx.Today()[:7]
		var ids []string
		for _, e := range p.out.Events {
			ids = append(ids, e.Person)
		}
		if p.people, err = auth.Names(ctx, tx, ids); err != nil {
			return err
		}
		p.counts, err = countPeriods(ctx, tx, p.out.Calendar)
		return err
	})
	return p, err
}

// countPeriods counts what stands in each month, and how much of it belongs to a month before.
func countPeriods(ctx context.Context, tx *db.Tx, c Calendar) (map[string]periodCount, error) {
	type row struct {
		Period string `db:"period"`
		Day    string `db:"day"` // one of those that belong together
		N      int64  `db:"n"`
	}
	out := map[string]periodCount{}
	err := db.Each(ctx, tx, `SELECT period, max(occurred_on) AS day, count(*) AS n FROM ledger_entry WHERE book = 'recognised'
		GROUP BY period, substr(occurred_on, 1, 7), substr(occurred_on, 9, 2) > ?`, []any{fmt.Sprintf("%02d", c.Cutoff)}, func(r row) error {
		x := out[r.Period]
		x.Period, x.N = r.Period, x.N+r.N
		if c.Month(r.Day) < r.Period {
			x.Late += r.N
		}
		out[r.Period] = x
		return nil
	})
	return out, err
}

// periodForm serves one of the three steps as a form: done, it comes back to the page; refused, it shows the form again.
func (s *Service) periodForm(step func(context.Context, Close) (PeriodEvent, error), done string) func(*http.Request) (templ.Component, error) {
	return func(r *http.Request) (templ.Component, error) {
		ctx := r.Context()
		in, err := web.Form[Close](r)
		if err == nil {
			if _, err = step(ctx, in); err == nil {
				return web.RedirectToast("/periods", web.Toast{Text: web.T(ctx, "ledger.period."+done, in.Period)}), nil
			}
		}
		p, perr := s.periods(ctx)
		if perr != nil {
			return nil, perr
		}
		p.open, p.form = in.Period, web.FormState{Values: r.PostForm, Fault: fault.Of(err)}
		return web.Retry(periodsPage(p), err)
	}
}

func (p *periodPage) formOf(month string) web.FormState {
	if p.open == month {
		return p.form
	}
	return web.FormOf("period", month)
}

// tone is the colour of a month's state.
func (p *periodPage) tone(m Period) string {
	switch m.State {
	case "reopen_asked":
		return "due"
	case "preliminary":
		return "due"
	case "closed":
		return "act"
	}
	return "hollow"
}

func (p *periodPage) stateText(ctx context.Context, m Period) string {
	if m.State == "open" && m.Period >= p.now {
		return web.T(ctx, "ledger.period.running")
	}
	return web.T(ctx, "ledger.period.state."+m.State)
}

// next is the first month that may be closed: months close in order.
func (p *periodPage) next() string {
	for i := len(p.out.Periods) - 1; i >= 0; i-- {
		if m := p.out.Periods[i]; (m.State == "open" || m.State == "preliminary") && m.Period < p.now {
			return m.Period
		}
	}
	return ""
}

// closing is the key of the words for closing a month: a December is closed twice.
func closing(m Period) string {
	switch {
	case m.State == "preliminary":
		return "close_finally"
	case twice(m.Period):
		return "close_first"
	}
	return "close"
}

func (e PeriodEvent) key() string {
	switch {
	case e.Kind == "close" && e.Preliminary:
		return "close_first"
	case e.Kind == "close" && twice(e.Period):
		return "close_finally"
	}
	return e.Kind
}

// steps are the days of the calendar for a month, in words.
func (p *periodPage) steps(ctx context.Context, month string) string {
	c := p.out.Calendar
	return web.T(ctx, "ledger.period.calendar", month, c.Due(month, Filed), c.Due(month, Reviewed), c.Due(month, Recognised), c.Day(month, c.Close))
}

// days says where a month ends.
func (p *periodPage) days(ctx context.Context) string {
	if c := p.out.Calendar; c.Cutoff < CutoffDay.Max {
		return web.T(ctx, "ledger.period.cutoff", c.Cutoff)
	}
	return web.T(ctx, "ledger.period.whole_months")
}

func eventIcon(kind string) string {
	switch kind {
	case "close":
		return "lock"
	case "reopen":
		return "lock-open"
	}
	return "help-circle"
}
