package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// FiguresIn asks for figures with the names of the command line: the JSON endpoint, the page and `zhudian figures` share it.
type FiguresIn struct {
	From    string   `query:"from" json:"from,omitempty" doc:"first business date"`
	Through string   `query:"through" json:"through,omitempty" doc:"last business date, inclusive; default today"`
	Known   string   `query:"known" json:"known,omitempty" doc:"what the ledger knew at that time, RFC 3339 or a date; default now"`
	Book    string   `query:"book" json:"book,omitempty" enum:"filed,reviewed,recognised" default:"recognised"`
	Measure []string `query:"measure" json:"measure,omitempty" doc:"measures and named figures; default all"`
	Station string   `query:"station" json:"station,omitempty"`
	Unit    string   `query:"unit" json:"unit,omitempty"`
	Where   []string `query:"where" json:"where,omitempty" doc:"dim:value, repeatable; values of one dimension are alternatives"`
	By      []string `query:"by" json:"by,omitempty" doc:"dimensions to group by"`
	Basis   string   `query:"basis" json:"basis,omitempty" enum:"location,credit" default:"location"`
}

// Figures is the answer: one element per measure and named figure.
type Figures struct {
	From    string   `json:"from,omitempty"`
	Through string   `json:"through"`
	Known   string   `json:"known"`
	Book    string   `json:"book"`
	Basis   string   `json:"basis"`
	Figures []Figure `json:"figures"`
}

// Figure is one number. Money is in fen; a rate over nothing is null.
type Figure struct {
	Code   string      `json:"code"`
	Value  Number      `json:"value"`
	Unit   string      `json:"unit"`
	N      int64       `json:"entries"`
	Groups []Group     `json:"groups,omitempty"`
	Years  []YearValue `json:"years,omitempty"` // that “highest since” compares with, the nearest first
}

// Group is one part of a figure.
type Group struct {
	Key   map[string]string `json:"key"`
	Value Number            `json:"value"`
	N     int64             `json:"entries"`
}

// Figures answers questions within the acting person's scope. Counts that credit splits are shown to the
// millionth. Faults: sign_in, not_allowed, and those of Ask, all Malformed.
func (s *Service) Figures(ctx context.Context, in FiguresIn) (out Figures, err error) {
	who, err := audit.Require(ctx, "figures.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = FiguresOf(ctx, tx, who.Node, in)
		return err
	})
	return out, err
}

// FiguresOf is Figures inside the caller's snapshot, limited to what lies under root.
func FiguresOf(ctx context.Context, tx *db.Tx, root string, in FiguresIn) (Figures, error) {
	q, err := Resolve(ctx, tx, root, in)
	if err != nil {
		return Figures{}, err
	}
	out := Figures{From: q.From, Through: q.Through, Book: string(q.Book), Basis: string(q.Basis), Known: db.FromMicros(q.Known.At).Format(time.RFC3339Nano)}
	codes, err := wanted(in.Measure, q)
	if err != nil {
		return out, err
	}
	for _, code := range codes {
		f, err := one(ctx, tx, code, q)
		if err != nil {
			return out, err
		}
		out.Figures = append(out.Figures, f)
	}
	return out, nil
}

// wanted lists the codes to answer: those asked for, or every measure and every named figure that fits.
func wanted(asked []string, q Question) ([]string, error) {
	var out []string
	for _, list := range asked {
		for _, code := range strings.Split(list, ",") {
			if _, ok := FormulaByCode(code); !ok {
				if _, err := MeasureByCode(code); err != nil {
					return nil, err
				}
			}
			out = append(out, code)
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	for _, m := range Measures {
		out = append(out, m.Code)
	}
	for _, f := range Formulas {
		if !acrossYears(f.Kind) || q.From != "" {
			out = append(out, f.Code)
		}
	}
	return out, nil
}

// one computes a figure and, where asked, its groups.
func one(ctx context.Context, tx *db.Tx, code string, q Question) (Figure, error) {
	whole := q
	whole.By = nil
	unit, cells, err := evaluate(ctx, tx, code, whole)
	if err != nil {
		return Figure{}, err
	}
	out := Figure{Code: code, Unit: string(unit), Value: Number{}}
	if len(cells) > 0 {
		out.Value, out.N = cells[0].Value, cells[0].N
	}
	if f, ok := FormulaByCode(code); ok && f.Kind == "highest" {
		if out.Value.N == 0 {
			out.Value.None = true
		}
		if out.Years, err = Earlier(ctx, tx, f, whole); err != nil {
			return out, err
		}
	}
	if len(q.By) == 0 {
		return out, nil
	}
	_, cells, err = evaluate(ctx, tx, code, q)
	for _, c := range cells {
		g := Group{Key: map[string]string{}, Value: c.Value, N: c.N}
		for i, by := range q.By {
			g.Key[by] = c.Key[i]
		}
		out.Groups = append(out.Groups, g)
	}
	return out, err
}

func evaluate(ctx context.Context, tx *db.Tx, code string, q Question) (Unit, []Value, error) {
	if f, ok := FormulaByCode(code); ok {
		v, err := Evaluate(ctx, tx, f, q)
		return f.Unit, v, err
	}
	m, err := MeasureByCode(code)
	if err != nil {
		return "", nil, err
	}
	q.Measure = code
	cells, err := Ask(ctx, tx, q)
	out := make([]Value, len(cells))
	for i, c := range cells {
		out[i] = Value{Key: c.Key, N: c.N, Value: Number{N: c.Value}}
		if q.Basis == ByCredit && !m.Money() {
			out[i].Value.Places = 6
		}
	}
	return m.Unit, out, err
}

// Resolve turns the words of a request into a question without a measure, limited to what lies under root.
// An empty root limits nothing: only the command line of the installation asks so.
func Resolve(ctx context.Context, tx *db.Tx, root string, in FiguresIn) (Question, error) {
	q := Question{
		From: in.From, Through: in.Through, Book: Book(cmp.Or(in.Book, string(Recognised))), Basis: Basis(cmp.Or(in.Basis, string(Location))),
		Measure: Measures[0].Code,
	}
	if q.Through == "" {
		q.Through = tx.Today()
	}
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return q, err
	}
	for _, list := range in.By {
		for _, by := range strings.Split(list, ",") {
			if by != "" {
				q.By = append(q.By, by)
			}
		}
	}
	words := slices.Clone(in.Where)
	if in.Station != "" {
		words = append(words, "station:"+in.Station)
	}
	if in.Unit != "" {
		words = append(words, "unit:"+in.Unit)
	}
	if q.Where, err = filters(dir, words); err != nil {
		return q, err
	}
	if root != "" {
		q.Where = append(q.Where, scopeFilter(dir, root))
	}
	if q.Known, err = resolveKnown(ctx, tx, in.Known); err != nil {
		return q, err
	}
	return q, q.check()
}

// none as the value of a condition asks for the entries without that dimension.
const none = "-"

// filters reads dim:value words; several values of one dimension are alternatives. Words dim!:value leave entries out.
func filters(dir *org.Directory, words []string) ([]Filter, error) {
	var out []Filter
	at := map[string]int{}
	for _, w := range words {
		dim, value, ok := strings.Cut(w, ":")
		if !ok || value == "" {
			return nil, fault.New(fault.Malformed, "bad_filter", "筛选写作 维度:值，例如 county:520602。", "Write a filter as dimension:value, e.g. county:520602.")
		}
		if value == none {
			value = ""
		}
		dim, not := strings.CutSuffix(dim, "!")
		f := narrow(dir, dim, value)
		f.Not = not
		key := fmt.Sprint(f.Dim, not)
		i, seen := at[key]
		if !seen {
			at[key] = len(out)
			out = append(out, f)
			continue
		}
		out[i].Values = append(out[i].Values, f.Values...)
	}
	return out, nil
}

// narrow puts a unit at its own rank, so that the sums by rank serve, and spells out a group of regions.
func narrow(dir *org.Directory, dim, value string) Filter {
	switch dim {
	case "unit":
		return Filter{Dim: rankOf(dir, value), Values: []string{value}}
	case "origin", "visited":
		var members []string
		for _, g := range dir.Groups() {
			if g.Kind == "group" && g.Code == value {
				members = append(members, g.Region)
			}
		}
		if members != nil {
			return Filter{Dim: dim, Values: members}
		}
	}
	return Filter{Dim: dim, Values: []string{value}}
}

func rankOf(dir *org.Directory, code string) string {
	u, err := dir.Unit(code)
	if err != nil {
		return "unit"
	}
	switch u.Kind {
	case org.Province:
		return "province"
	case org.City:
		return "city"
	case org.County:
		return "county"
	default:
		return "unit"
	}
}

// scopeFilter limits a question to what lies under a node of the scope graph: a unit's places, a station's or a
// team's work.
func scopeFilter(dir *org.Directory, root string) Filter {
	if _, err := dir.Unit(root); err == nil {
		return Filter{Dim: rankOf(dir, root), Values: []string{root}}
	}
	if strings.Contains(root, ".") {
		return Filter{Dim: "team", Values: []string{root}}
	}
	return Filter{Dim: "station", Values: []string{root}}
}

// resolveKnown: empty means now. A date means its end in Shanghai.
func resolveKnown(ctx context.Context, tx *db.Tx, text string) (Known, error) {
	if text == "" {
		return Known{At: db.Micros(tx.Now())}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, db.Zone()); err == nil {
		return KnownAt(ctx, tx, t.AddDate(0, 0, 1).Add(-time.Microsecond))
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, text, db.Zone()); err == nil {
			return KnownAt(ctx, tx, t)
		}
	}
	return Known{}, fault.New(fault.Malformed, "bad_known", "已知时间写作 2020-12-16 或 2020-12-16T10:05。", "Write the known time as 2020-12-16 or 2020-12-16T10:05.")
}
