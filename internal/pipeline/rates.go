package pipeline

import (
	"context"
	"math/big"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// Rate is one named formula over the projects of a place, always with its numerator, denominator, cohort and version. Two
// versions of one rate stand side by side: the wide and the strict.
type Rate struct {
	Code    string        `json:"code"`
	Version int           `json:"version"`
	Money   bool          `json:"money,omitempty" doc:"numerator and denominator are fen, else projects"`
	Num     int64         `json:"numerator"`
	Den     int64         `json:"denominator"`
	Percent ledger.Number `json:"percent"`
	Target  int64         `json:"target,omitempty" doc:"per cent that is often asked for"`

	// Measures whose ledger sum the number is, "" when it is a part of one.
	numOf, denOf string
}

// RatesIn asks for the rates of a place as of a day.
type RatesIn struct {
	Unit    string `query:"unit" json:"unit,omitempty"`
	Through string `query:"through" json:"through,omitempty" doc:"last business date, inclusive; default today"`
	Known   string `query:"known" json:"known,omitempty" doc:"what the ledger knew at that time; default now"`
	Book    string `query:"book" json:"book,omitempty" enum:"filed,reviewed,recognised" default:"recognised"`
}

// Rates are the rates of a place.
type Rates struct {
	Through string `json:"through"`
	Book    string `json:"book"`
	Items   []Rate `json:"items"`
}

// tally is what the ledger and the records say of one project up to the day.
type tally struct {
	signed, amount, funds, started, produced int64
	signedOn, startedOn                      string
	ended                                    bool // terminated by the day
	produceDue                               string
	owed, unkept                             map[string]int64 // due promises by side
}

// Rates computes the rates of domain practice from the ledger and what the records say beside it.
// Faults: not_found (a unit out of scope), bad_date.
func (s *Service) Rates(ctx context.Context, in RatesIn) (out Rates, err error) {
	who, err := audit.Require(ctx, "project.read")
	if err != nil {
		return out, err
	}
	if _, err := audit.Require(ctx, "figures.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		all, fig, err := tallies(ctx, tx, who.Node, in)
		if err != nil {
			return err
		}
		out.Through, out.Book = fig.Through, fig.Book
		out.Items = ratesOf(all, fig.Through)
		return nil
	})
	return out, err
}

// tallies reads every project that was signed by the day.
func tallies(ctx context.Context, tx *db.Tx, root string, in RatesIn) (map[string]*tally, ledger.Figures, error) {
	all := map[string]*tally{}
	fig, err := ledger.FiguresOf(ctx, tx, root, ledger.FiguresIn{
		Measure: []string{"project.signed", "contract.amount", "funds.received", "project.started", "project.produced"}, Through: in.Through, Known: in.Known, Book: in.Book, Unit: in.Unit, By: []string{"project", "date"},
	})
	if err != nil {
		return nil, fig, err
	}
	for _, f := range fig.Figures {
		for _, g := range f.Groups {
			x := all[g.Key["project"]]
			if x == nil {
				x = &tally{owed: map[string]int64{}, unkept: map[string]int64{}}
				all[g.Key["project"]] = x
			}
			x.add(f.Code, g.Value.N, g.Key["date"])
		}
	}
	return all, fig, beside(ctx, tx, all, fig.Through)
}

func (x *tally) add(code string, n int64, day string) {
	switch code {
	case "project.signed":
		if x.signed += n; n > 0 {
			x.signedOn = day
		}
	case "contract.amount":
		x.amount += n
	case "funds.received":
		x.funds += n
	case "project.started":
		if x.started += n; n > 0 {
			x.startedOn = day
		}
	case "project.produced":
		x.produced += n
	}
}

// beside adds what is no figure of the ledger: who had ended by the day, what was due by then. It reads the province once
// and keeps what belongs to the projects asked for.
func beside(ctx context.Context, tx *db.Tx, all map[string]*tally, through string) error {
	type line struct {
		Project string `db:"project_id"`
		Value   string `db:"value"`
	}
	err := db.Each(ctx, tx, `SELECT s.project_id, s.status AS value FROM pipeline_status s WHERE s.since_on <= ? ORDER BY s.since_on, s.set_at, s.id`, []any{through}, func(l line) error {
		if x := all[l.Project]; x != nil {
			x.ended = l.Value == "terminated"
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = db.Each(ctx, tx, `SELECT project_id, value FROM pipeline_detail WHERE field = 'produce_due'`, nil, func(l line) error {
		if x := all[l.Project]; x != nil {
			x.produceDue = l.Value
		}
		return nil
	})
	if err != nil {
		return err
	}
	duties, err := DutiesBy(ctx, tx, through)
	for _, d := range duties {
		if x := all[d.Project]; x != nil {
			x.owed[d.Side], x.unkept[d.Side] = d.Due, d.Due-d.Kept
		}
	}
	return err
}

// ratesOf applies the formulas.
func ratesOf(all map[string]*tally, through string) []Rate {
	year, two := yearsBefore(through, 1), yearsBefore(through, 2)
	r := map[string]*Rate{}
	list := []*Rate{
		{Code: "kept", Version: 1, Target: 90, denOf: "project.signed"},
		{Code: "kept", Version: 2, Target: 90},
		{Code: "kept.government", Version: 2},
		{Code: "kept.investor", Version: 2},
		{Code: "started", Version: 1, Target: 80, numOf: "project.started", denOf: "project.signed"},
		{Code: "started", Version: 2, Target: 80},
		{Code: "funded", Version: 1, Money: true, Target: 30, numOf: "funds.received", denOf: "contract.amount"},
		{Code: "funded", Version: 2, Money: true, Target: 30},
		{Code: "produced", Version: 1, numOf: "project.produced", denOf: "project.signed"},
		{Code: "produced", Version: 2},
	}
	for _, x := range list {
		r[x.Code+string(rune('0'+x.Version))] = x
	}
	for _, x := range all {
		count(r["kept1"], x.signed, x.signed > 0 && !x.ended)
		for _, side := range []string{"government", "investor"} {
			count(r["kept."+side+"2"], min(x.owed[side], 1), x.unkept[side] == 0)
		}
		count(r["kept2"], min(x.owed["government"]+x.owed["investor"], 1), x.unkept["government"]+x.unkept["investor"] == 0)
		r["started1"].Num, r["started1"].Den = r["started1"].Num+x.started, r["started1"].Den+x.signed
		if x.signedOn > two && x.signedOn <= year {
			count(r["started2"], x.signed, x.started > 0 && x.startedOn <= yearsBefore(x.signedOn, -1))
		}
		r["funded1"].Num, r["funded1"].Den = r["funded1"].Num+x.funds, r["funded1"].Den+x.amount
		if !x.ended {
			r["funded2"].Num, r["funded2"].Den = r["funded2"].Num+x.funds, r["funded2"].Den+x.amount
		}
		r["produced1"].Num, r["produced1"].Den = r["produced1"].Num+x.produced, r["produced1"].Den+x.signed
		if x.produceDue != "" && x.produceDue <= through {
			count(r["produced2"], x.signed, x.produced > 0)
		}
	}
	out := make([]Rate, len(list))
	for i, x := range list {
		x.Percent = percent(x.Num, x.Den)
		out[i] = *x
	}
	return out
}

// percent gives num ÷ den in per cent with two decimals, rounded half up, exactly; none over nothing.
func percent(num, den int64) ledger.Number {
	if den <= 0 {
		return ledger.Number{Places: 2, None: true}
	}
	n := new(big.Int).Mul(big.NewInt(num), big.NewInt(20_000))
	n.Add(n, big.NewInt(den)).Div(n, new(big.Int).Mul(big.NewInt(den), big.NewInt(2)))
	return ledger.Number{N: n.Int64(), Places: 2}
}

// count adds a project to a rate's denominator, and to its numerator when it is one of those looked for.
func count(r *Rate, n int64, is bool) {
	r.Den += n
	if is {
		r.Num += n
	}
}

func yearsBefore(day string, n int) string {
	t, _ := time.Parse(time.DateOnly, day) // of the ledger
	return t.AddDate(-n, 0, 0).Format(time.DateOnly)
}

// ratesView is the page of the rates.
type ratesView struct {
	listView
	out   Rates
	chips map[string]web.FigProps
}

func (s *Service) ratesPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		Unit string `json:"unit,omitempty" maxLength:"20"`
	}](r)
	if err != nil {
		return nil, err
	}
	shown := ledger.FiguresIn{Unit: in.Unit}.AsShown(r.Context())
	v := ratesView{}
	v.in.Unit = in.Unit
	if v.out, err = s.Rates(r.Context(), RatesIn{Unit: in.Unit, Through: shown.Through, Known: shown.Known, Book: shown.Book}); err != nil {
		return nil, err
	}
	err = s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		if err := v.fill(ctx, tx); err != nil {
			return err
		}
		v.chips, err = ledger.Chips(ctx, tx, ledger.FiguresIn{Unit: in.Unit, Measure: []string{"project.signed", "contract.amount", "funds.received", "project.started", "project.produced"}})
		return err
	})
	if err != nil {
		return nil, err
	}
	return ratesPage(v), nil
}

// number shows a numerator or denominator: a chip when it is a ledger sum.
func (v ratesView) number(ctx context.Context, r Rate, n int64, of string) templ.Component {
	if f, ok := v.chips[of]; ok && of != "" {
		return web.Fig(f)
	}
	if r.Money {
		return web.AmountText(web.Money(ctx, n, web.Yi))
	}
	return web.AmountText(web.Amount{Value: web.Int(n)})
}
