package ledger

import (
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// CompareIn asks how the figures of one day, as they were known then, became those of another: the later answer in the
// words of figures, the earlier by its last day and what was known.
type CompareIn struct {
	FiguresIn
	Old      string `query:"old" json:"old,omitempty" doc:"last business date of the earlier answer; default that of the later one"`
	OldKnown string `query:"old_known" json:"old_known,omitempty" doc:"what the ledger knew then; default the end of that day"`
	db.Page
}

// Comparison is two answers and all that lies between them.
type Comparison struct {
	From     string  `json:"from,omitempty"`
	Old      string  `json:"old"`
	OldKnown string  `json:"old_known"`
	New      string  `json:"new"`
	Known    string  `json:"known"`
	Book     string  `json:"book"`
	Moves    []Moved `json:"moves"`
	// Restated are the entries that changed the earlier days afterwards, the latest first.
	Restated []EntryLine `json:"restated"`
	Next     string      `json:"next,omitempty"`
}

// Moved is one measure: new = old + restated + later.
type Moved struct {
	Code     string `json:"code"`
	Unit     string `json:"unit"`
	Old      Number `json:"old"`
	Restated Number `json:"restated" doc:"what changed about the days of the earlier answer: late facts, corrections, withdrawals"`
	Later    Number `json:"later" doc:"facts of later days"`
	New      Number `json:"new"`
	Entries  int64  `json:"entries" doc:"that restated it"`
}

// Compare puts two answers side by side and says why they differ. Rates have no sum and are left out.
// Faults: as Figures.
func (s *Service) Compare(ctx context.Context, in CompareIn) (out Comparison, err error) {
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
		older, newer, err := in.questions(ctx, tx, who.Node)
		if err != nil {
			return err
		}
		out = Comparison{From: newer.From, Old: older.Through, OldKnown: in.OldKnown, New: newer.Through, Known: in.Known, Book: string(newer.Book)}
		codes, err := measuresOf(in.Measure)
		if err != nil {
			return err
		}
		for _, code := range codes {
			m, err := move(ctx, tx, older, newer, code)
			if err != nil {
				return err
			}
			out.Moves = append(out.Moves, m)
		}
		if err := restated(ctx, tx, older, newer, codes, size, key, &out); err != nil {
			return err
		}
		return s.name(ctx, tx, who.Node, out.Restated)
	})
	return out, err
}

// questions are the two answers asked for. What was known is fixed for both, so that nothing moves in between.
func (in *CompareIn) questions(ctx context.Context, tx *db.Tx, root string) (older, newer Question, err error) {
	if in.Through == "" {
		in.Through = tx.Today()
	}
	if in.Old == "" {
		in.Old = in.Through
	}
	if in.OldKnown == "" {
		in.OldKnown = in.Old
	}
	if in.Old > in.Through {
		return older, newer, fault.New(fault.Malformed, "bad_span", "前一时点的截止日期晚于后一时点。", "The earlier answer's last day is later than the other's.")
	}
	in.By = nil
	before := in.FiguresIn
	before.Through, before.Known = in.Old, in.OldKnown
	if older, err = Resolve(ctx, tx, root, before); err != nil {
		return older, newer, err
	}
	if newer, err = Resolve(ctx, tx, root, in.FiguresIn); err != nil {
		return older, newer, err
	}
	if newer.Known.Heads == nil {
		newer.Known, err = KnownNow(ctx, tx)
	}
	for chain, seq := range older.Known.Heads {
		if newer.Known.Heads[chain] < seq {
			return older, newer, fault.New(fault.Malformed, "bad_known", "前一时点的已知时间晚于后一时点。", "The earlier answer knew more than the later one.")
		}
	}
	return older, newer, err
}

// measuresOf gives the measures asked for, all when none is named.
func measuresOf(asked []string) ([]string, error) {
	var out []string
	for _, list := range asked {
		for _, code := range strings.Split(list, ",") {
			if _, err := MeasureByCode(code); err != nil {
				return nil, err
			}
			out = append(out, code)
		}
	}
	if len(out) == 0 {
		for _, m := range Measures {
			out = append(out, m.Code)
		}
	}
	return out, nil
}

// move asks three times: then, the same days as known later, and later.
func move(ctx context.Context, tx *db.Tx, older, newer Question, code string) (Moved, error) {
	m := measureByCode[code]
	out := Moved{Code: code, Unit: string(m.Unit)}
	places := 0
	if newer.Basis == ByCredit && !m.Money() {
		places = 6
	}
	again := newer
	again.Through = older.Through
	older.Measure, again.Measure, newer.Measure = code, code, code
	var sums [3]int64
	for i, q := range []Question{older, again, newer} {
		cells, err := Ask(ctx, tx, q)
		if err != nil {
			return out, err
		}
		sums[i] = cells[0].Value
	}
	number := func(n int64) Number { return Number{N: n, Places: places} }
	out.Old, out.Restated, out.Later, out.New = number(sums[0]), number(sums[1]-sums[0]), number(sums[2]-sums[1]), number(sums[2])
	between := older.restating(newer, []string{code})
	var err error
	out.Entries, err = db.One[int64](ctx, tx, `SELECT count(*) FROM ledger_entry e WHERE `+between.text(), between.args...)
	return out, err
}

// restating gives the conditions on the entries of the earlier days that the later answer knows and the earlier did not.
func (q Question) restating(newer Question, codes []string) where {
	newer.Through = q.Through
	_, w := newer.lines(codes)
	for _, chain := range sortedChains(q.Known.Heads) {
		w.add("(e.chain <> ? OR e.seq > ?)", chain, q.Known.Heads[chain])
	}
	return w
}

func restated(ctx context.Context, tx *db.Tx, older, newer Question, codes []string, size int, key []string, out *Comparison) error {
	w := older.restating(newer, codes)
	if key != nil {
		w.add("(e.occurred_on, e.id) < (?, ?)", key[0], key[1])
	}
	same := newer
	same.Through = older.Through
	counted, _ := same.lines(codes)
	var err error
	out.Restated, err = db.All[EntryLine](ctx, tx, `SELECT `+prefixed+`, `+counted.text()+` AS counted, '' AS subject, '' AS title, '' AS state
		FROM ledger_entry e WHERE `+w.text()+` ORDER BY e.occurred_on DESC, e.id DESC LIMIT ?`, append(append(counted.args, w.args...), size+1)...)
	if len(out.Restated) > size {
		out.Restated = out.Restated[:size]
		last := out.Restated[size-1]
		out.Next = db.Cursor(last.OccurredOn, last.ID)
	}
	return err
}
