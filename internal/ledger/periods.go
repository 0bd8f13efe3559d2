package ledger

import (
	"context"
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
	p := &periodPage{me: who.Person, counts: map[string]periodCount{}}
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
		rows, err := db.All[periodCount](ctx, tx, `SELECT period, count(*) AS n,
			CAST(sum(CASE WHEN substr(occurred_on, 1, 7) <> period THEN 1 ELSE 0 END) AS BIGINT) AS late
			FROM ledger_entry WHERE book = 'recognised' GROUP BY period`)
		for _, c := range rows {
			p.counts[c.Period] = c
		}
		return err
	})
	return p, err
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
		if m := p.out.Periods[i]; m.State == "open" && m.Period < p.now {
			return m.Period
		}
	}
	return ""
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
