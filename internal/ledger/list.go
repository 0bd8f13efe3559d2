package ledger

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/web"
)

// ledgerList is the page of entries.
type ledgerList struct {
	in     FiguresIn
	about  meaning
	out    Entries
	words  []string
	places map[string]string // unit code → name
	choice choices
	heads  []Head
}

func (s *Service) listPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Query[EntriesIn](r)
	if err != nil {
		return nil, err
	}
	in.FiguresIn = in.AsShown(ctx)
	if len(in.Measure) == 0 {
		in.Measure = []string{"contract.amount"}
	}
	l := &ledgerList{in: in.FiguresIn, places: map[string]string{}}
	if l.about, err = about(ctx, in.Measure[0]); err != nil {
		return nil, err
	}
	if l.out, err = s.Drill(ctx, in); err != nil {
		return nil, err
	}
	if err := s.fillList(ctx, l); err != nil {
		return nil, err
	}
	return listPage(l), nil
}

func (s *Service) fillList(ctx context.Context, l *ledgerList) error {
	who, err := audit.Require(ctx, "ledger.read")
	if err != nil {
		return err
	}
	return s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		sp, err := s.speaker(ctx, tx)
		if err != nil {
			return err
		}
		for _, w := range l.in.conditions() {
			l.words = append(l.words, sp.chip(ctx, w))
		}
		for _, e := range l.out.Items {
			l.places[e.Unit] = sp.dir.UnitName(e.Unit, sp.lang)
		}
		x := &explorer{in: exploreIn{FiguresIn: l.in}, about: l.about}
		if err := s.choices(ctx, tx, sp, who, x); err != nil {
			return err
		}
		l.choice = x.choice
		l.heads, err = Heads(ctx, tx)
		return err
	})
}

// links is how many entries all chains hold.
func (l *ledgerList) links() (n int64) {
	for _, h := range l.heads {
		n += h.Seq
	}
	return n
}

func (l *ledgerList) props(ctx context.Context) web.ListProps {
	all := web.Choice{Text: web.T(ctx, "ledger.all")}
	books := make([]web.Choice, len(Books))
	for i, b := range Books {
		books[i] = web.Choice{Value: string(b), Text: web.T(ctx, "book."+string(b))}
	}
	p := web.ListProps{
		Action: "/ledger", Unit: web.T(ctx, "ledger.entries_word"), Loaded: len(l.out.Items), Total: l.out.N, ClearURL: "/ledger",
		Filters: []web.FilterProps{
			{Name: "measure", Label: web.T(ctx, "ledger.measure"), Value: l.about.Code, Choices: l.choice.measures},
			{Name: "book", Label: web.T(ctx, "ledger.book"), Value: l.in.Book, Choices: books},
			{Name: "from", Label: web.T(ctx, "ledger.from"), Kind: "date", Value: l.in.From},
			{Name: "through", Label: web.T(ctx, "ledger.through"), Kind: "date", Value: l.in.Through},
			{Name: "station", Label: web.T(ctx, "ledger.dim.station"), Value: l.in.Station, Choices: l.choice.stations},
			{Name: "unit", Label: web.T(ctx, "ledger.dim.unit"), Value: l.in.Unit, Choices: append([]web.Choice{all}, l.choice.units[1:]...)},
		}, Foot: listFoot(l),
	}
	if l.out.Next != "" {
		q := l.in.Query()
		q.Set("after", l.out.Next)
		p.Next = "/ledger?" + q.Encode()
	}
	if len(l.out.Items) == 0 {
		p.Empty = listEmpty(l)
	}
	return p
}

// figure is the sum of the whole list.
func (l *ledgerList) figure() Figure {
	f := Figure{Code: l.about.Code, Unit: string(l.about.Unit), Value: l.out.Total, N: l.out.N}
	if l.about.Kind != "" && l.about.Kind != "sum" {
		f.Value.None = true // entries of several measures, or companies counted once: their sum says nothing
	}
	return f
}

func (l *ledgerList) deltaUnit(ctx context.Context) string {
	if l.about.Unit == Fen {
		return web.MoneyUnit(ctx, web.Wan)
	}
	return UnitName(ctx, l.about.Unit)
}

func (l *ledgerList) delta(ctx context.Context, e EntryLine) string {
	c := certificate{in: l.in}
	return c.amount(ctx, e)
}

// recordURL is where the record of an entry stands, "" when the person may not see it.
func (e EntryLine) recordURL() string { return RecordURL(e.Subject, e.Station, e.Project) }

// RecordURL gives the page of the record that a claim's subject names: visit/x, funds/x, … Station and project tell
// where those are that have no page of their own. An unknown subject gives "".
func RecordURL(subject, station, project string) string {
	kind, id, _ := strings.Cut(subject, "/")
	switch kind {
	case "visit", "tour", "event", "ticket", "lead":
		return "/" + kind + "s/" + url.PathEscape(id)
	case "project", "contract":
		return "/projects/" + url.PathEscape(id)
	case "funds", "stage":
		if project != "" {
			return "/projects/" + url.PathEscape(project)
		}
	case "deployment":
		if station != "" {
			return "/stations?station=" + url.QueryEscape(station)
		}
		return "/stations"
	}
	return ""
}
