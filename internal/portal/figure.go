package portal

import (
	"context"

	"zhudian/internal/bulletin"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

// smallCell is the least number of entries a part may be made of and still be shown by itself.
const smallCell = 3

// figure opens one slot of a published manifest.
func (s *Service) figure(ctx context.Context, code, key string) (out Figure, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		m, err := bulletin.ManifestOf(ctx, tx, code)
		if err != nil {
			return err
		}
		if err := isPublic(ctx, tx, m.Manifest.Document); err != nil {
			return err
		}
		for _, v := range m.Manifest.Slots {
			if v.Key == key && v.Cited == nil {
				out = Figure{Code: m.Code, Value: v, Known: m.Manifest.Known}
				out.Parts, err = parts(ctx, tx, m.Manifest, v)
				return err
			}
		}
		return fault.New(fault.NotFound, "not_found", "没有这个数字。", "No such figure.")
	})
	return out, err
}

// parts splits a sum by prefecture as it was known at signing. Named figures have no parts that add up.
func parts(ctx context.Context, tx *db.Tx, m bulletin.Manifest, v bulletin.Value) ([]Part, error) {
	if _, err := ledger.MeasureByCode(v.Code); err != nil {
		return nil, nil
	}
	q, err := ledger.Resolve(ctx, tx, m.Scope, ledger.FiguresIn{
		From: v.Asked.From, Through: v.Asked.Through, Book: v.Asked.Book, Station: v.Asked.Station,
		Unit: v.Asked.Unit, Where: v.Asked.Where, Basis: v.Asked.Basis, By: []string{"city"},
	})
	if err != nil {
		return nil, err
	}
	q.Measure, q.Known = v.Code, ledger.Known{At: m.Known, Heads: m.Heads}
	cells, err := ledger.Ask(ctx, tx, q)
	if err != nil {
		return nil, err
	}
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return nil, err
	}
	return fold(ctx, dir, cells), nil
}

// fold hides small cells. When only one would be hidden, the smallest shown one goes with it, or the hidden one
// could be had by subtraction.
func fold(ctx context.Context, dir *org.Directory, cells []ledger.Cell) []Part {
	small := 0
	for _, c := range cells {
		if c.N < smallCell {
			small++
		}
	}
	least := -1
	if small == 1 {
		for i, c := range cells {
			if c.N >= smallCell && (least < 0 || c.N < cells[least].N) {
				least = i
			}
		}
	}
	var out []Part
	rest := Part{Name: web.T(ctx, "portal.rest")}
	for i, c := range cells {
		if c.N < smallCell || i == least {
			rest.Value.N += c.Value
			rest.N += c.N
			continue
		}
		name := dir.UnitName(c.Key[0], web.Lang(ctx))
		if c.Key[0] == "" {
			name = web.T(ctx, "portal.province")
		}
		out = append(out, Part{Name: name, Value: ledger.Number{N: c.Value}, N: c.N})
	}
	if rest.N > 0 {
		out = append(out, rest)
	}
	return out
}

// fewBehind refuses a “highest since” claim that so few entries make that it would tell of one firm. Fault: too_few.
func fewBehind(list []bulletin.Value) error {
	for _, v := range list {
		if v.Unit == string(ledger.SinceYear) && v.N < smallCell {
			return fault.New(fault.Conflict, "too_few", "“"+v.Title+"”背后不足三笔，公开后会透露个别企业；请从文中去掉这句再签发。", "Fewer than three entries stand behind “"+v.Title+"”: published, it would tell of single firms. Take the claim out and sign again.")
		}
	}
	return nil
}

// shownValue writes a part the way its figure is written.
func (f Figure) shownValue(n ledger.Number) string {
	text, _ := bulletin.Written(n, ledger.Unit(f.Value.Unit), f.Value.Asked.Show)
	return text
}
