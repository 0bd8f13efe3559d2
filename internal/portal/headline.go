package portal

import (
	"context"

	"github.com/a-h/templ"

	"zhudian/internal/bulletin"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// headlineCodes are the figures of the sign-in page, in this order, as far as the newest article prints them.
var headlineCodes = []string{"project.signed", "contract.amount", "funds.received", "visit.total", "tour"}

// Headline shows figures of the newest article if a signed document stands behind it, else nil. With apart, the public
// pages are served elsewhere and the figures do not open. It reads the frozen manifest only: anybody may ask for the
// sign-in page as often as they like.
func (s *Service) Headline(ctx context.Context, apart bool) (templ.Component, error) {
	list, err := s.Front(ctx, "", 1)
	if err != nil || len(list) == 0 || list[0].Document == "" {
		return nil, err
	}
	var m bulletin.SignedFigures
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		m, err = bulletin.FrozenOf(ctx, tx, list[0].Document)
		return err
	})
	values := pickHeadlines(m.Manifest.Slots)
	if err != nil || len(values) == 0 {
		return nil, err
	}
	return headlines(m.Code, values, apart), nil
}

// pickHeadlines takes the first value of each figure: the document's own scope comes before its parts.
func pickHeadlines(frozen []bulletin.Value) (out []bulletin.Value) {
	for _, code := range headlineCodes {
		for _, v := range frozen {
			if v.Code == code && v.Cited == nil {
				out = append(out, v)
				break
			}
		}
	}
	return out
}

func headlineCells(ctx context.Context, code string, values []bulletin.Value, plain bool) []web.StripCell {
	out := make([]web.StripCell, len(values))
	for i, v := range values {
		f := figOf(code, v)
		f.Unit, f.Plain = v.Suffix, plain
		if web.Lang(ctx) != "zh" { // the document is Chinese, its numbers are for everybody
			a := ledger.Show(ctx, ledger.Unit(v.Unit), v.Value)
			f.Value, f.Unit = a.Value, a.Unit
		}
		out[i] = web.StripCell{Label: ledger.NameOf(ctx, v.Code), Fig: f}
	}
	return out
}
