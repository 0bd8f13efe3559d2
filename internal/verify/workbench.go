package verify

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// Block is what another package puts on the workbench: a fragment loaded by its address, for those with the permission.
type Block struct{ URL, Perm string }

// workbench is what a person finds in the morning: the figures of their unit, what waits, what changed. It stands in
// this package because it needs claims and figures; the packages below add blocks by address.
type workbench struct {
	me       audit.Actor
	rd       *reader
	tab      string
	cells    []web.StripCell
	in       ledger.FiguresIn
	scope    string
	tabs     []benchTab
	queue    []Queued
	groups   []Group
	more     bool
	waiting  int64
	late     int64
	lateSum  int64 // money of what is overdue, in fen
	moves    []move
	funds    []fundMonth
	month    string // the month that reports are due for
	dates    []benchDate
	blocks   []string
	figures  bool
	verifies bool
}

type benchTab struct {
	key string
	n   int64
}

// benchDate is one step of closing a month.
type benchDate struct{ key, day string }

// move is a recent verdict in scope.
type move struct {
	Step
	Title   string `db:"title"`
	Kind    string `db:"kind"`
	Subject string `db:"subject"`
	Delta   int64  `db:"delta"`
	Measure string `db:"measure"`
}

// fundMonth is the money received in a month, by the book it stands in.
type fundMonth struct {
	month string
	books [3]int64 // filed, reviewed, recognised
}

// benchRows is how much of the queue the workbench shows.
const benchRows = 10

func (s *Service) workbenchPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		Tab string `json:"tab,omitempty" enum:"waiting,returned,doubt,mine"`
	}](r)
	if err != nil {
		return nil, err
	}
	b, err := s.bench(r.Context(), in.Tab)
	if err != nil {
		return nil, err
	}
	return benchPage(b), nil
}

func (s *Service) bench(ctx context.Context, tab string) (*workbench, error) {
	who, err := audit.Require(ctx, auth.Self)
	if err != nil {
		return nil, err
	}
	b := &workbench{me: who, tab: tab, figures: who.May("figures.read"), verifies: who.May("claim.read")}
	for _, x := range s.Blocks {
		if who.May(x.Perm) {
			b.blocks = append(b.blocks, x.URL)
		}
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if b.rd, err = s.reader(ctx, tx); err != nil {
			return err
		}
		if err := b.rd.places(ctx, who.Node); err != nil {
			return err
		}
		b.scope = b.rd.place(who.Node)
		if b.figures {
			if err := b.strip(ctx, tx); err != nil {
				return err
			}
		}
		if b.verifies {
			if err := s.queues(ctx, tx, b); err != nil {
				return err
			}
			return b.changes(ctx, tx)
		}
		return nil
	})
	return b, err
}

// strip asks for the figures of the person's own scope, money also in the other books.
func (b *workbench) strip(ctx context.Context, tx *db.Tx) error {
	b.in = ledger.FiguresIn{}.AsShown(ctx)
	ask := func(book string, codes ...string) (map[string]ledger.Figure, error) {
		in := b.in
		in.Book, in.Measure = book, codes
		out, err := ledger.FiguresOf(ctx, tx, b.me.Node, in)
		got := map[string]ledger.Figure{}
		for _, f := range out.Figures {
			got[f.Code] = f
		}
		return got, err
	}
	main, err := ask(b.in.Book, "project.signed", "contract.amount", "funds.received", "visit.enterprise", "visit.association", "tour", "funds.rate")
	if err != nil {
		return err
	}
	others := map[string]map[string]ledger.Figure{}
	for _, book := range ledger.Books {
		if string(book) != b.in.Book {
			if others[string(book)], err = ask(string(book), "project.signed", "contract.amount", "funds.received", "tour", "visit.enterprise"); err != nil {
				return err
			}
		}
	}
	for _, code := range []string{"project.signed", "contract.amount", "funds.received", "visit.enterprise", "tour", "funds.rate"} {
		c := web.StripCell{Label: ledger.NameOf(ctx, code), Fig: ledger.Chip(ctx, b.in, main[code])}
		switch code {
		case "funds.rate":
			c.Meta = rateMeta(b.in, main["funds.received"], main["contract.amount"])
		default:
			c.Meta = booksMeta(b.in, code, others)
		}
		b.cells = append(b.cells, c)
	}
	return b.fundMonths(ctx, tx)
}

// fundMonths asks for the money of the last six months in each book.
func (b *workbench) fundMonths(ctx context.Context, tx *db.Tx) error {
	through, err := time.Parse(time.DateOnly, b.in.Through)
	if err != nil {
		return nil // an as-of that is no date was refused before
	}
	first := time.Date(through.Year(), through.Month()-5, 1, 0, 0, 0, 0, time.UTC)
	at := map[string]*fundMonth{}
	for i := range 6 {
		b.funds = append(b.funds, fundMonth{month: first.AddDate(0, i, 0).Format("2006-01")})
	}
	for i := range b.funds {
		at[b.funds[i].month] = &b.funds[i]
	}
	for i, book := range ledger.Books {
		in := b.in
		in.From, in.Book, in.By, in.Measure = first.Format(time.DateOnly), string(book), []string{"month"}, []string{"funds.received"}
		out, err := ledger.FiguresOf(ctx, tx, b.me.Node, in)
		if err != nil {
			return err
		}
		for _, g := range out.Figures[0].Groups {
			if m := at[g.Key["month"]]; m != nil {
				m.books[i] = g.Value.N
			}
		}
	}
	return nil
}

// queues reads the tab in view, counts the others, and what is late.
func (s *Service) queues(ctx context.Context, tx *db.Tx, b *workbench) error {
	var err error
	if b.waiting, b.late, err = s.Waiting(ctx, tx, b.me); err != nil {
		return err
	}
	b.tabs = append(b.tabs, benchTab{"waiting", b.waiting})
	for _, key := range []string{"returned", "doubt", "mine"} {
		n, err := Queue{State: key, live: true}.count(ctx, tx, b.me)
		if err != nil {
			return err
		}
		b.tabs = append(b.tabs, benchTab{key, n})
	}
	if b.tab == "" {
		b.tab = "waiting"
		if b.waiting == 0 && !b.judges() && b.tabs[3].n > 0 {
			b.tab = "mine"
		}
	}
	q := Queue{State: b.tab, single: b.tab == "waiting", live: true}
	if b.queue, err = q.read(ctx, tx, b.me, nil, benchRows); err != nil {
		return err
	}
	if b.tab == "waiting" {
		if b.groups, err = (Queue{}).groups(ctx, tx, b.me); err != nil {
			return err
		}
	}
	b.more = len(b.queue) > benchRows || len(b.queue)+len(b.groups) > benchRows
	b.queue = b.queue[:min(len(b.queue), benchRows)]
	b.groups = b.groups[:min(len(b.groups), max(benchRows-len(b.queue), 3))]
	if b.late > 0 {
		b.lateSum, err = Queue{Late: true}.money(ctx, tx, b.me)
		if err != nil {
			return err
		}
	}
	for _, g := range b.groups {
		if err := b.rd.places(ctx, g.Team); err != nil {
			return err
		}
	}
	ids := make([]string, len(b.queue))
	for i, c := range b.queue {
		ids[i] = c.FiledBy
	}
	return b.rd.meet(ctx, ids...)
}

// judges reports whether the person decides at some level.
func (b *workbench) judges() bool {
	for _, p := range []string{"claim.review.field", "claim.recognise.field", "claim.review.project", "claim.recognise.project"} {
		if b.me.May(p) {
			return true
		}
	}
	return false
}

// changes reads the last verdicts in scope and the dates of the month that is being closed.
func (b *workbench) changes(ctx context.Context, tx *db.Tx) error {
	var err error
	b.moves, err = db.All[move](ctx, tx, `SELECT s.claim_id, s.round, s.seq, s.level, s.verdict, s.person_id, s.account_id, s.unit_id, s.at, s.reason,
		s.content_hash, s.evidence_hash, s.filed_by, c.title, c.kind, c.subject, c.delta, c.measure
		FROM verify_claim c JOIN org_scope o ON o.node_id = c.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
		JOIN verify_step s ON s.claim_id = c.id AND s.at = c.moved_at
		WHERE c.moved_at > ? AND (c.kind <> 'visit' OR s.verdict <> 'pass') ORDER BY c.moved_at DESC, c.id LIMIT 8`,
		b.me.Node, tx.Today(), tx.Today(), db.Micros(tx.Now().AddDate(0, 0, -14)))
	if err != nil {
		return err
	}
	people := make([]string, len(b.moves))
	for i, m := range b.moves {
		people[i] = m.Person
	}
	calendar, err := ledger.CalendarOf(ctx, tx)
	if err != nil {
		return err
	}
	b.month, b.dates = closing(calendar, tx.Today())
	return b.rd.meet(ctx, people...)
}

// closing gives the month that is closed next and its days by the monthly calendar.
func closing(c ledger.Calendar, today string) (string, []benchDate) {
	month := c.Month(today)
	if first, err := time.Parse("2006-01", month); err == nil {
		if before := first.AddDate(0, -1, 0).Format("2006-01"); c.Day(before, c.Close) >= today { // still being closed
			month = before
		}
	}
	return month, []benchDate{
		{"filed", c.Due(month, ledger.Filed)}, {"reviewed", c.Due(month, ledger.Reviewed)}, {"recognised", c.Due(month, ledger.Recognised)}, {"close", c.Day(month, c.Close)},
	}
}
