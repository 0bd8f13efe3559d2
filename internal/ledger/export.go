package ledger

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/sheet"
	"zhudian/internal/web"
)

// ExportIn asks for a table: the groups of a question, or the entries behind it.
type ExportIn struct {
	FiguresIn
	What   string `json:"what,omitempty" enum:"groups,entries" default:"groups"`
	Format string `json:"format,omitempty" enum:"csv,xlsx" default:"xlsx"`
}

// Export writes a table. Who took what, as known when, is recorded before the first row leaves. Texts never become
// formulas. Faults: sign_in, not_allowed (entries need ledger.read too), those of Figures.
func (s *Service) Export(ctx context.Context, in ExportIn, w io.Writer) error {
	who, err := audit.Require(ctx, "figures.export")
	if err != nil {
		return err
	}
	if in.What == "entries" {
		if _, err := audit.Require(ctx, "ledger.read"); err != nil {
			return err
		}
	}
	in.FiguresIn = in.AsShown(ctx)
	var known Known
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		q, err := Resolve(ctx, tx, who.Node, in.FiguresIn)
		if err != nil {
			return err
		}
		if known = q.Known; known.Heads == nil {
			if known, err = KnownNow(ctx, tx); err != nil {
				return err
			}
		}
		return audit.Note(ctx, tx, "figures.export", "figures", nil, map[string]any{"what": in.What, "format": in.Format, "question": in.Query().Encode(), "known": known})
	})
	if err != nil {
		return err
	}
	return s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		sp, err := s.speaker(ctx, tx)
		if err != nil {
			return err
		}
		out, err := sheet.NewWriter(w, sheet.Format(cmp.Or(in.Format, "xlsx")), web.T(ctx, "ledger.figures"))
		if err != nil {
			return err
		}
		x := exporter{s: s, sp: sp, root: who.Node, in: in.FiguresIn, known: known, out: out}
		if in.What == "entries" {
			err = x.entries(ctx, tx)
		} else {
			err = x.groups(ctx, tx)
		}
		if err != nil {
			return err
		}
		return out.Close()
	})
}

// exporter writes the rows of one table.
type exporter struct {
	s     *Service
	sp    *speaker
	root  string
	in    FiguresIn
	known Known
	out   *sheet.Writer
}

// cellOf is a number as a spreadsheet holds it: money in yuan.
func cellOf(u Unit, n Number) any {
	switch {
	case n.None:
		return nil
	case u == Fen:
		return sheet.Fixed{N: n.N, Digits: 2}
	case n.Places > 0:
		return sheet.Fixed{N: n.N, Digits: n.Places}
	}
	return n.N
}

func unitCell(ctx context.Context, u Unit) string {
	if u == Fen {
		return web.T(ctx, "unit.yuan")
	}
	return UnitName(ctx, u)
}

func (x *exporter) groups(ctx context.Context, tx *db.Tx) error {
	out, err := FiguresOf(ctx, tx, x.root, x.in)
	if err != nil {
		return err
	}
	var by []string
	for _, list := range x.in.By {
		by = append(by, strings.Split(list, ",")...)
	}
	head := []string{web.T(ctx, "ledger.measure")}
	for _, b := range by {
		head = append(head, web.T(ctx, "ledger.dim."+b), web.T(ctx, "ledger.code_of", web.T(ctx, "ledger.dim."+b)))
	}
	head = append(head, web.T(ctx, "ledger.value"), web.T(ctx, "ledger.unit_word"), web.T(ctx, "ledger.entries_word"), web.T(ctx, "ledger.book"), web.T(ctx, "ledger.from"), web.T(ctx, "ledger.through"), web.T(ctx, "ledger.known"))
	if err := x.out.Head(head...); err != nil {
		return err
	}
	tail := func(n int64) []any {
		return []any{n, web.T(ctx, "book."+out.Book), out.From, out.Through, out.Known}
	}
	for _, f := range out.Figures {
		u := Unit(f.Unit)
		row := []any{NameOf(ctx, f.Code)}
		for range by {
			row = append(row, web.T(ctx, "ledger.all"), "")
		}
		if err := x.out.Row(append(append(row, cellOf(u, f.Value), unitCell(ctx, u)), tail(f.N)...)...); err != nil {
			return err
		}
		for _, g := range f.Groups {
			row := []any{NameOf(ctx, f.Code)}
			for _, b := range by {
				row = append(row, x.sp.word(ctx, b, g.Key[b]), g.Key[b])
			}
			if err := x.out.Row(append(append(row, cellOf(u, g.Value), unitCell(ctx, u)), tail(g.N)...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// exportPart is how many entries are held at once.
const exportPart = 10_000

// entries writes every entry, part by part, with its place in its chain and its hash.
func (x *exporter) entries(ctx context.Context, tx *db.Tx) error {
	q, err := Resolve(ctx, tx, x.root, x.in)
	if err != nil {
		return err
	}
	q.Known = x.known // what came in after the record of this export is not in it
	codes, err := drillable(x.in.Measure)
	if err != nil {
		return err
	}
	var head []string
	for _, k := range []string{"col.day", "col.what", "measure", "col.delta", "unit_word", "book", "dim.unit", "dim.station", "dim.team", "dim.industry", "dim.origin", "dim.period", "reason", "reverses", "col.link", "col.seq", "col.recorded", "col.hash", "entry"} {
		head = append(head, web.T(ctx, "ledger."+k))
	}
	if err := x.out.Head(head...); err != nil {
		return err
	}
	var key []string
	for {
		part, err := drill(ctx, tx, q, codes, exportPart, key)
		if err != nil {
			return err
		}
		if err := x.s.name(ctx, tx, x.root, part.Items); err != nil {
			return err
		}
		for _, e := range part.Items {
			if err := x.out.Row(x.line(ctx, e)...); err != nil {
				return err
			}
		}
		if part.Next == "" {
			return nil
		}
		last := part.Items[len(part.Items)-1]
		key = []string{last.OccurredOn, last.ID}
	}
}

func (x *exporter) line(ctx context.Context, e EntryLine) []any {
	m := measureByCode[e.Measure]
	n := Number{N: e.Counted}
	if x.in.Basis == string(ByCredit) && !m.Money() {
		n.Places = 6
	}
	word := func(dim, v string) string {
		if v == "" {
			return ""
		}
		return x.sp.word(ctx, dim, v)
	}
	return []any{
		e.OccurredOn, titleOf(ctx, e), NameOf(ctx, e.Measure), cellOf(m.Unit, n), unitCell(ctx, m.Unit), web.T(ctx, "book."+string(e.Book)),
		word("unit", e.Unit), word("station", e.Station), word("team", e.Team), word("industry", e.Industry), word("origin", e.Origin), e.Period,
		reasonText(ctx, e.Reason), e.Reverses, e.Chain, e.Seq, web.MomentFull(db.FromMicros(e.RecordedAt)), e.Hash, e.ID,
	}
}

// exportFile serves an export as a file to save. A fault before the first byte is answered as a fault.
func (s *Service) exportFile(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in, err := web.Query[ExportIn](r)
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		in.Format = cmp.Or(in.Format, "xlsx")
		name := "zhudian-" + cmp.Or(in.What, "groups") + "-" + cmp.Or(in.Through, web.Today(r.Context())) + "." + in.Format
		out := &web.Download{W: w, Format: sheet.Format(in.Format), Name: name}
		out.Done(m, r, s.Export(r.Context(), in, out))
	}
}
