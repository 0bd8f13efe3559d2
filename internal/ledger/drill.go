package ledger

import (
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
)

// EntriesIn asks for the entries behind a figure, with the figure's own words.
type EntriesIn struct {
	FiguresIn
	db.Page
}

// Entries is one part of the entries behind a figure, newest business date first.
type Entries struct {
	Total Number      `json:"total"` // of the whole question
	N     int64       `json:"entries"`
	Items []EntryLine `json:"items"`
	Next  string      `json:"next,omitempty"`
}

// EntryLine is an entry with the subject of its claim, to walk on to the record.
type EntryLine struct {
	Entry
	// Counted is what this entry adds to the figure: its delta, or with basis credit the credited part of it
	// (millionths for counts).
	Counted int64  `db:"counted" json:"counted"`
	Subject string `db:"subject" json:"subject"`
	Title   string `db:"title" json:"title"`
	State   string `db:"state" json:"state"`
}

// Drill gives the entries that add up to one measure's figure. Sums are open to every reader of figures; entries
// need ledger.read. Faults: as Figures; needs_measure (Malformed).
func (s *Service) Drill(ctx context.Context, in EntriesIn) (out Entries, err error) {
	who, err := audit.Require(ctx, "ledger.read")
	if err != nil {
		return out, err
	}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(2)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		q, err := Resolve(ctx, tx, who.Node, in.FiguresIn)
		if err != nil {
			return err
		}
		codes, err := drillable(in.Measure)
		if err != nil {
			return err
		}
		if out, err = drill(ctx, tx, q, codes, size, key); err != nil {
			return err
		}
		return s.name(ctx, tx, who.Node, out.Items)
	})
	return out, err
}

// name adds what each entry's claim is about, where the person may see it.
func (s *Service) name(ctx context.Context, tx *db.Tx, root string, items []EntryLine) error {
	claims := make([]string, len(items))
	for i, e := range items {
		claims[i] = e.Claim
	}
	found, err := s.Claims.Subjects(ctx, tx, root, claims)
	for i := range items {
		x := found[items[i].Claim]
		items[i].Subject, items[i].Title, items[i].State = x.Subject, x.Title, x.State
	}
	return err
}

// drillable gives the measures behind the codes asked for.
func drillable(asked []string) ([]string, error) {
	codes, err := wanted(asked, Question{})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, code := range codes {
		if f, ok := FormulaByCode(code); ok {
			out = append(out, f.Of...)
		} else {
			out = append(out, code)
		}
	}
	return out, nil
}

func drill(ctx context.Context, tx *db.Tx, q Question, codes []string, size int, key []string) (out Entries, err error) {
	for _, code := range codes {
		q.Measure = code
		cells, err := Ask(ctx, tx, q)
		if err != nil {
			return out, err
		}
		out.Total.N += cells[0].Value
		if m := measureByCode[code]; q.Basis == ByCredit && !m.Money() {
			out.Total.Places = 6
		}
		out.N += cells[0].N
	}
	counted, w := q.lines(codes)
	if key != nil {
		w.add("(e.occurred_on, e.id) < (?, ?)", key[0], key[1])
	}
	out.Items, err = db.All[EntryLine](ctx, tx, `SELECT `+prefixed+`, `+counted.text()+` AS counted,
		'' AS subject, '' AS title, '' AS state FROM ledger_entry e WHERE `+w.text()+` ORDER BY e.occurred_on DESC, e.id DESC LIMIT ?`,
		append(append(counted.args, w.args...), size+1)...)
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		last := out.Items[size-1]
		out.Next = db.Cursor(last.OccurredOn, last.ID)
	}
	return out, err
}

// prefixed is entryColumns of the table e.
var prefixed = "e." + strings.Join(strings.Fields(strings.ReplaceAll(entryColumns, ",", " ")), ", e.")

// lines gives the conditions on the entries behind a question about the measures, and the SQL of what each of them adds.
// With basis credit an entry counts when a credit line of it lies in the places asked for, and adds those lines.
func (q Question) lines(codes []string) (counted, w where) {
	w.add("e.measure IN "+db.In(len(codes)), db.Args(codes)...)
	w.add("e.book = ? AND e.occurred_on >= ? AND e.occurred_on <= ?", string(q.Book), q.From, q.Through)
	if q.Known.Heads != nil {
		q.Known.limit(&w)
	}
	counted.conds = []string{"e.delta"}
	if q.Basis != ByCredit {
		q.filters(&w, "e.", "e.")
		return counted, w
	}
	places, rest := q, q
	places.Where, rest.Where = nil, nil
	for _, f := range q.Where {
		if dimensions[f.Dim].place && f.Dim != "province" { // credit lines do not repeat the province
			places.Where = append(places.Where, f)
		} else {
			rest.Where = append(rest.Where, f)
		}
	}
	rest.filters(&w, "e.", "e.")
	var c where
	c.add("c.entry_id = e.id")
	places.filters(&c, "c.", "c.")
	w.add("EXISTS (SELECT 1 FROM ledger_credit c WHERE "+c.text()+")", c.args...)
	counted = where{conds: []string{"(SELECT CAST(sum(c.delta) AS BIGINT) FROM ledger_credit c WHERE " + c.text() + ")"}, args: c.args}
	return counted, w
}

// Claims tells what claims are about; package verify, which stands below, provides it. Entries hold claim ids alone.
type Claims interface {
	// Subjects leaves out the claims that lie outside root.
	Subjects(ctx context.Context, tx *db.Tx, root string, claims []string) (map[string]Subject, error)
}

// Subject is what a claim is about.
type Subject struct {
	Claim   string `db:"id" json:"-"`
	Subject string `db:"subject" json:"subject"`
	Title   string `db:"title" json:"title"`
	State   string `db:"state" json:"state"`
}

// Answer gives one figure as known at some heads (nil heads: now), and with ids the entries behind it: every entry
// that the question's measures, dates and filters take in.
func Answer(ctx context.Context, tx *db.Tx, root string, in FiguresIn, known Known, ids bool) (Figure, []string, error) {
	q, err := Resolve(ctx, tx, root, in)
	if err != nil {
		return Figure{}, nil, err
	}
	if known.Heads != nil {
		q.Known = known
	}
	codes, err := wanted(in.Measure, q)
	if err != nil {
		return Figure{}, nil, err
	}
	fig, err := one(ctx, tx, codes[0], q)
	if err != nil || !ids {
		return fig, nil, err
	}
	list, err := entryIDs(ctx, tx, q, codes[0])
	return fig, list, err
}

// entryIDs lists the entries a figure is made of; a growth takes in both years.
func entryIDs(ctx context.Context, tx *db.Tx, q Question, code string) ([]string, error) {
	measures, spans := []string{code}, [][2]string{{q.From, q.Through}}
	if f, ok := FormulaByCode(code); ok {
		measures = f.Of
		if f.Kind == "growth" {
			spans = append(spans, [2]string{yearEarlier(q.From), yearEarlier(q.Through)})
		}
	}
	var out []string
	for _, span := range spans {
		w := where{}
		w.add("e.measure IN "+db.In(len(measures)), db.Args(measures)...)
		w.add("e.book = ? AND e.occurred_on >= ? AND e.occurred_on <= ?", string(q.Book), span[0], span[1])
		if q.Known.Heads != nil {
			q.Known.limit(&w)
		}
		from, place := "ledger_entry e", "e."
		if q.Basis == ByCredit {
			from, place = "ledger_entry e JOIN ledger_credit c ON c.entry_id = e.id", "c."
		}
		q.filters(&w, "e.", place)
		ids, err := db.All[string](ctx, tx, `SELECT DISTINCT e.id FROM `+from+` WHERE `+w.text(), w.args...)
		if err != nil {
			return nil, err
		}
		out = append(out, ids...)
	}
	return out, nil
}

// Standing is what a round of a claim adds to a measure in a book, after reversals.
func Standing(ctx context.Context, tx *db.Tx, claim string, round int64, book Book, measure string) (int64, error) {
	return db.One[int64](ctx, tx, `SELECT CAST(COALESCE(sum(delta), 0) AS BIGINT) FROM ledger_entry WHERE claim_id = ? AND round = ? AND book = ? AND measure = ?`,
		claim, round, string(book), measure)
}

// StandingMeasures is what a round of a claim adds to a book, by measure, after reversals.
func StandingMeasures(ctx context.Context, tx *db.Tx, round Round, book Book) (map[string]int64, error) {
	type row struct {
		Measure string `db:"measure"`
		N       int64  `db:"n"`
	}
	rows, err := db.All[row](ctx, tx, `SELECT measure, CAST(sum(delta) AS BIGINT) AS n FROM ledger_entry
		WHERE claim_id = ? AND round = ? AND book = ? GROUP BY measure HAVING sum(delta) <> 0`, round.Claim, round.Round, string(book))
	out := map[string]int64{}
	for _, r := range rows {
		out[r.Measure] = r.N
	}
	return out, err
}
