package ledger

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// Definition (口径) is one way to count a measure: all of it, or what some conditions leave. It never changes; another meaning
// is another version with its own first day. Since it is nothing but conditions, a figure under it opens to its entries
// like any other.
type Definition struct {
	Code    string      `json:"code"`
	Version int         `json:"version"`
	Since   string      `json:"since"`
	Measure string      `json:"measure"`
	Name    fault.Words `json:"name"`
	Meaning fault.Words `json:"meaning"`
	Where   []string    `json:"where,omitempty" doc:"conditions; {year} stands for the year of the last day"`
}

// Definitions are the ways to count, the headline's first.
var Definitions = []Definition{
	{
		Code: "funds.all", Version: 1, Since: sinceStart, Measure: "funds.received",
		Name:    fault.Words{ZH: "全部到位资金", EN: "All funds"},
		Meaning: fault.Words{ZH: "认定的外来到位资金，不分类别。", EN: "Outside funds recognised, of every kind."},
	},
	{
		Code: "funds.fixed", Version: 1, Since: sinceStart, Measure: "funds.received", Where: []string{"tag!:fund:working", "tag!:fund:in_kind", "tag!:fund:foreign"},
		Name:    fault.Words{ZH: "固定资产投资口径", EN: "Fixed assets"},
		Meaning: fault.Words{ZH: "不含流动资金、实物出资和外资；没有记类别的按固定资产计。", EN: "Without working capital, money in kind and foreign money; what has no kind counts as fixed assets."},
	},
	{
		Code: "funds.no_working", Version: 1, Since: sinceStart, Measure: "funds.received", Where: []string{"tag!:fund:working"},
		Name:    fault.Words{ZH: "不含流动资金", EN: "Without working capital"},
		Meaning: fault.Words{ZH: "固定资产、实物出资和外资。", EN: "Fixed assets, money in kind and foreign money."},
	},
	{
		Code: "funds.domestic", Version: 1, Since: sinceStart, Measure: "funds.received", Where: []string{"tag!:fund:foreign"},
		Name:    fault.Words{ZH: "不含外资", EN: "Domestic"},
		Meaning: fault.Words{ZH: "外资另行统计，不与内资相加。", EN: "Foreign money is counted apart and never added to domestic money."},
	},
	{
		Code: "funds.new", Version: 1, Since: sinceStart, Measure: "funds.received", Where: []string{"tag:signed:{year}"},
		Name:    fault.Words{ZH: "当年签约项目到位", EN: "Of projects signed this year"},
		Meaning: fault.Words{ZH: "截止日所在年度签约的项目的到位资金。", EN: "Funds of the projects signed in the year of the last day."},
	},
	{
		Code: "funds.carried", Version: 1, Since: sinceStart, Measure: "funds.received", Where: []string{"tag!:signed:{year}"},
		Name:    fault.Words{ZH: "往年签约项目结转", EN: "Carried over"},
		Meaning: fault.Words{ZH: "此前年度签约的项目的到位资金。", EN: "Funds of the projects signed in earlier years."},
	},
	{
		Code: "contract.all", Version: 1, Since: sinceStart, Measure: "contract.amount",
		Name:    fault.Words{ZH: "全部合同投资额", EN: "All contracts"},
		Meaning: fault.Words{ZH: "正式合同的投资额，含增资扩产和技改的增量。", EN: "Formal contracts, with what expansions and upgrades add."},
	},
	{
		Code: "contract.new", Version: 1, Since: sinceStart, Measure: "contract.amount", Where: []string{"tag:introduced"},
		Name:    fault.Words{ZH: "只计新引进项目", EN: "New projects alone"},
		Meaning: fault.Words{ZH: "不含增资扩产和技改。", EN: "Without expansions and upgrades."},
	},
	{
		Code: "contract.industrial", Version: 1, Since: sinceStart, Measure: "contract.amount", Where: []string{"industry:B", "industry:C", "industry:D"},
		Name:    fault.Words{ZH: "只计工业", EN: "Industry alone"},
		Meaning: fault.Words{ZH: "采矿、制造、电热气水（B、C、D）。", EN: "Mining, manufacturing, power, gas and water (sections B, C, D)."},
	},
	{
		Code: "project.all", Version: 1, Since: sinceStart, Measure: "project.signed",
		Name:    fault.Words{ZH: "全部签约项目", EN: "All projects signed"},
		Meaning: fault.Words{ZH: "签了正式合同的项目，首签计一次。", EN: "Projects with a formal contract, the first signing counts once."},
	},
	{
		Code: "project.new", Version: 1, Since: sinceStart, Measure: "project.signed", Where: []string{"tag:introduced"},
		Name:    fault.Words{ZH: "只计新引进项目", EN: "New projects alone"},
		Meaning: fault.Words{ZH: "不含增资扩产和技改。", EN: "Without expansions and upgrades."},
	},
	{
		Code: "project.industrial", Version: 1, Since: sinceStart, Measure: "project.signed", Where: []string{"industry:B", "industry:C", "industry:D"},
		Name:    fault.Words{ZH: "只计工业", EN: "Industry alone"},
		Meaning: fault.Words{ZH: "采矿、制造、电热气水（B、C、D）。", EN: "Mining, manufacturing, power, gas and water (sections B, C, D)."},
	},
}

// Defined is a figure under a definition.
type Defined struct {
	Definition Definition `json:"definition"`
	Figure     Figure     `json:"figure"`
}

// DefinedFigures are the figures of one scope under every definition.
type DefinedFigures struct {
	Through string    `json:"through"`
	Book    string    `json:"book"`
	Items   []Defined `json:"items"`
}

// conditions are those of the definition for a last day.
func (d Definition) conditions(through string) []string {
	out := slices.Clone(d.Where)
	for i := range out {
		out[i] = strings.ReplaceAll(out[i], "{year}", through[:len("2006")])
	}
	return out
}

// under is a question under a definition.
func (in FiguresIn) under(d Definition, through string) FiguresIn {
	in = in.of(d.Measure)
	in.Where = append(slices.Clone(in.Where), d.conditions(through)...)
	return in
}

// Define gives the figures of a scope under every definition in force on the last day. Faults: those of Figures.
func (s *Service) Define(ctx context.Context, in FiguresIn) (out DefinedFigures, err error) {
	who, err := audit.Require(ctx, "figures.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		q, err := Resolve(ctx, tx, who.Node, in)
		if err != nil {
			return err
		}
		out = DefinedFigures{Through: q.Through, Book: string(q.Book)}
		for _, d := range Definitions {
			if d.Since > q.Through {
				continue
			}
			got, err := FiguresOf(ctx, tx, who.Node, in.under(d, q.Through))
			if err != nil {
				return err
			}
			out.Items = append(out.Items, Defined{d, got.Figures[0]})
		}
		return nil
	})
	return out, err
}

const definitionsPath = "/figures/definitions"

type definitionView struct {
	in    FiguresIn
	out   DefinedFigures
	units []web.Choice
}

func (s *Service) definitionPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[FiguresIn](r)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	v := &definitionView{in: in.AsShown(ctx)}
	if v.out, err = s.Define(ctx, v.in); err != nil {
		return nil, err
	}
	who, err := audit.Require(ctx, "figures.read")
	if err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		sp, err := s.speaker(ctx, tx)
		if err == nil {
			v.units = unitChoices(ctx, sp, who.Node, v.out.Through)
		}
		return err
	})
	return definitionPage(v), err
}

// groups are the figures of each measure, the headline first.
func (v *definitionView) groups() [][]Defined {
	var out [][]Defined
	for _, x := range v.out.Items {
		if n := len(out); n == 0 || out[n-1][0].Definition.Measure != x.Definition.Measure {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], x)
	}
	return out
}

func (v *definitionView) fig(ctx context.Context, x Defined) web.FigProps {
	return Chip(ctx, v.in.under(x.Definition, v.out.Through), x.Figure)
}

// part is how much of the headline a definition leaves, in per cent.
func (x Defined) part(of Defined) string {
	return web.Rate(x.Figure.Value.N, of.Figure.Value.N, 1) + "%"
}
