// Package bulletin composes figures into documents. A document's numbers are slots, each a question to the
// ledger; a second person's signature freezes them into a manifest from which every digit can be walked back.
package bulletin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

// Slot is one number of a document: a question, or a citation.
type Slot struct {
	Key      string   `json:"key" pattern:"^[a-z][a-z0-9_]{0,30}$" doc:"stands in the text as {{key}}"`
	Title    string   `json:"title" maxLength:"60"`
	Question Question `json:"question"`
	Citation string   `json:"citation,omitempty" doc:"id of a cited fact, instead of a question"`
}

// Question is what a slot asks. Dates, station and book left empty are the document's.
type Question struct {
	Measure string   `json:"measure"`
	From    string   `json:"from,omitempty"`
	Through string   `json:"through,omitempty"`
	Station string   `json:"station,omitempty" doc:"- for all stations"`
	Unit    string   `json:"unit,omitempty"`
	Where   []string `json:"where,omitempty"`
	Book    string   `json:"book,omitempty"`
	Basis   string   `json:"basis,omitempty"`
	Show    string   `json:"show,omitempty" enum:"yi,wan,yuan,count,percent," doc:"how the value is written"`
}

// Value is a slot answered.
type Value struct {
	Key    string        `json:"key"`
	Title  string        `json:"title"`
	Asked  Question      `json:"question"` // with the document's defaults filled in
	Code   string        `json:"code"`     // measure or named figure
	Value  ledger.Number `json:"value"`
	Unit   string        `json:"unit"`
	Text   string        `json:"text"`   // as printed, without its unit: 1,777.02
	Suffix string        `json:"suffix"` // 亿元, 个, %
	N      int64         `json:"entries"`
	Digest string        `json:"digest,omitempty"` // SHA-256 of the entry ids, sorted, one a line
	Cited  *Citation     `json:"citation,omitempty"`

	Years []ledger.YearValue `json:"years,omitempty"` // that “highest since” compared with
}

// filled puts the document's defaults into a question.
func (q Question) filled(d Document) Question {
	fill := func(v *string, other string) {
		if *v == "" {
			*v = other
		}
	}
	fill(&q.Through, d.Through)
	fill(&q.From, d.From)
	fill(&q.Book, d.Book)
	fill(&q.Basis, string(ledger.Location))
	fill(&q.Station, d.Station)
	if q.Station == "-" {
		q.Station = ""
	}
	return q
}

func (q Question) figures() ledger.FiguresIn {
	return ledger.FiguresIn{From: q.From, Through: q.Through, Book: q.Book, Measure: []string{q.Measure}, Station: q.Station, Unit: q.Unit, Where: q.Where, Basis: q.Basis}
}

// answer asks the slots of a document, within root, as known at heads (nil: now). With digests it also names the
// entries behind each value.
func answer(ctx context.Context, tx *db.Tx, root string, d Document, slots []Slot, known ledger.Known, digests bool) ([]Value, error) {
	out := make([]Value, 0, len(slots))
	for _, s := range slots {
		if s.Citation != "" {
			v, err := cite(ctx, tx, s)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
			continue
		}
		v, err := one(ctx, tx, root, d, s, known, digests)
		if err != nil {
			return nil, inSlot(s, err)
		}
		out = append(out, v)
	}
	return out, nil
}

// inSlot says which slot is at fault.
func inSlot(s Slot, err error) error {
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		return err
	}
	return fault.BadField("slots."+s.Key, f.Code, "数字槽“"+s.Title+"”："+f.Words.ZH, "Slot "+s.Key+": "+f.Words.EN)
}

func one(ctx context.Context, tx *db.Tx, root string, d Document, s Slot, known ledger.Known, digests bool) (Value, error) {
	q := s.Question.filled(d)
	v := Value{Key: s.Key, Title: s.Title, Asked: q, Code: q.Measure}
	fig, ids, err := ledger.Answer(ctx, tx, root, q.figures(), known, digests)
	if err != nil {
		return v, err
	}
	v.Value, v.Unit, v.N, v.Years = fig.Value, fig.Unit, fig.N, fig.Years
	v.Text, v.Suffix = Written(fig.Value, ledger.Unit(fig.Unit), q.Show)
	if digests {
		v.Digest = DigestOf(ids)
	}
	return v, nil
}

// DigestOf binds a set of entries: SHA-256 of their ids, sorted, one a line.
func DigestOf(ids []string) string {
	sorted := slices.Sorted(slices.Values(ids))
	sum := sha256.Sum256([]byte(strings.Join(sorted, "\n")))
	return hex.EncodeToString(sum[:])
}

// Written gives a value as documents print it: money in 亿元 with two decimals unless asked otherwise.
func Written(v ledger.Number, unit ledger.Unit, show string) (text, suffix string) {
	if v.None {
		return "—", string(unit)
	}
	if unit == ledger.SinceYear {
		return v.String(), string(unit)
	}
	if unit != ledger.Fen {
		return group(v), string(unit)
	}
	switch show {
	case "yuan":
		return group(ledger.Number{N: v.N, Places: 2}), "元"
	case "wan":
		return group(round(v.N, 6, 2)), "万元"
	}
	return trimMoney(group(round(v.N, 10, 2))), "亿元"
}

// trimMoney writes whole amounts of 亿 without their zeros: 13, not 13.00.
func trimMoney(s string) string { return strings.TrimSuffix(s, ".00") }

// round gives n divided by ten to the power scale, with some decimals, half away from zero.
func round(n int64, scale, decimals int) ledger.Number {
	div := int64(1)
	for range scale - decimals {
		div *= 10
	}
	half := div / 2
	if n < 0 {
		half = -half
	}
	return ledger.Number{N: (n + half) / div, Places: decimals}
}

// group writes thousands separators.
func group(v ledger.Number) string {
	s := v.String()
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:]
	}
	whole, frac, has := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if has {
		whole += "." + frac
	}
	return sign + whole
}
