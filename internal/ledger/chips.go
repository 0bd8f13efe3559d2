package ledger

import (
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// Chips gives the figure chips of a question by code, within the acting person's scope and as of the page's date, book
// and known time. Without the permission to read figures it gives none; a span that ends before it begins has no value.
func Chips(ctx context.Context, tx *db.Tx, in FiguresIn) (map[string]web.FigProps, error) {
	who, ok := audit.Who(ctx)
	if !ok || !who.May("figures.read") {
		return nil, nil
	}
	figures, err := FiguresOf(ctx, tx, who.Node, in.AsShown(ctx))
	if fault.Has(err, "bad_span") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := map[string]web.FigProps{}
	for _, f := range figures.Figures {
		out[f.Code] = Chip(ctx, in, f)
	}
	return out, nil
}

// GroupChips is Chips for one measure and one dimension: a chip for each value of it.
func GroupChips(ctx context.Context, tx *db.Tx, in FiguresIn, by string) (map[string]web.FigProps, error) {
	who, ok := audit.Who(ctx)
	if !ok || !who.May("figures.read") {
		return nil, nil
	}
	asked := in.AsShown(ctx)
	asked.By = []string{by}
	figures, err := FiguresOf(ctx, tx, who.Node, asked)
	if fault.Has(err, "bad_span") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := map[string]web.FigProps{}
	for _, f := range figures.Figures {
		for _, g := range f.Groups {
			out[g.Key[by]] = Chip(ctx, in.with(by, g.Key[by]), Figure{Code: f.Code, Unit: f.Unit, Value: g.Value, N: g.N})
		}
	}
	return out, nil
}

// BookedIn gives the month in which each claim's round was filed into the books, by claim.
func BookedIn(ctx context.Context, tx *db.Tx, claims []string) (map[string]string, error) {
	type row struct {
		Claim  string `db:"claim_id"`
		Period string `db:"period"`
	}
	out := map[string]string{}
	if len(claims) == 0 {
		return out, nil
	}
	err := db.Each(ctx, tx, `SELECT claim_id, max(period) AS period FROM ledger_entry WHERE claim_id IN `+db.In(len(claims))+` AND book = 'filed' AND reverses = ''
		GROUP BY claim_id`, db.Args(claims), func(r row) error {
		out[r.Claim] = r.Period
		return nil
	})
	return out, err
}
