package verify

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// Fall is one figure that falls when a fact is withdrawn; amounts of money are fen.
type Fall struct {
	Measure string `json:"measure"`
	Unit    string `json:"unit,omitempty" doc:"Of the figure's place; empty for everything in scope"`
	Now     int64  `json:"now"`
	After   int64  `json:"after"`

	in  ledger.FiguresIn
	now ledger.Figure
}

// Consequence is what a withdrawal would do, to be read before it is done.
type Consequence struct {
	Claim   Claim  `json:"claim"`
	Figures []Fall `json:"figures"`
	Period  string `json:"period" doc:"Month the reversal is booked in"`
}

// Foresee tells which figures of the recognised book fall, and by how much, when a fact is withdrawn.
// Faults: those of Withdraw but for the reason.
func (s *Service) Foresee(ctx context.Context, in ByID) (out Consequence, err error) {
	who, err := audit.Require(ctx, "claim.withdraw")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = s.foresee(ctx, tx, who, in.ID)
		return err
	})
	return out, err
}

func (s *Service) foresee(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (out Consequence, err error) {
	if out.Claim, err = s.claimInScope(ctx, tx, who, id); err != nil {
		return out, err
	}
	c := out.Claim
	if err := mayWithdraw(who, c); err != nil {
		return out, err
	}
	out.Period = tx.Today()[:7]
	standing, err := ledger.StandingMeasures(ctx, tx, ledger.Round{Claim: c.ID, Round: c.Standing}, ledger.Recognised)
	if err != nil {
		return out, err
	}
	for _, measure := range slices.Sorted(maps.Keys(standing)) {
		for _, unit := range []string{c.Unit, ""} {
			f := Fall{Measure: measure, Unit: unit, in: ledger.FiguresIn{
				Measure: []string{measure}, Through: max(tx.Today(), c.OccurredOn), Book: string(ledger.Recognised), Unit: unit,
			}}
			sum, err := ledger.FiguresOf(ctx, tx, who.Node, f.in)
			if fault.Is(err, fault.NotFound) {
				continue // the place is not the person's to ask about
			}
			if err != nil {
				return out, err
			}
			f.now = sum.Figures[0]
			f.Now, f.After = f.now.Value.N, f.now.Value.N-standing[measure]
			out.Figures = append(out.Figures, f)
		}
	}
	return out, nil
}

// mayOffer reports whether a person could withdraw a claim; it only decides what is shown.
func mayOffer(who audit.Actor, c Claim) bool { return mayWithdraw(who, c) == nil }

type withdrawView struct {
	Consequence
	rd   *reader
	form web.FormState
}

func (s *Service) withdrawPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		Claim string `json:"claim" maxLength:"36"`
	}](r)
	if err != nil {
		return nil, err
	}
	v, err := s.withdrawView(r.Context(), in.Claim)
	return withdrawPage(v), err
}

func (s *Service) withdrawView(ctx context.Context, id string) (v withdrawView, err error) {
	who, err := audit.Require(ctx, "claim.withdraw")
	if err != nil {
		return v, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if v.rd, err = s.reader(ctx, tx); err != nil {
			return err
		}
		if v.Consequence, err = s.foresee(ctx, tx, who, id); err != nil {
			return err
		}
		return v.rd.places(ctx, v.Claim.Node, v.Claim.Unit, who.Node)
	})
	return v, err
}

func (s *Service) withdrawPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[Withdrawal](r)
	if err == nil {
		_, err = s.Withdraw(ctx, in)
	}
	if err == nil {
		return web.RedirectToast(claimURL(in.Claim), web.Toast{Text: web.T(ctx, "verify.withdrawn_toast")}), nil
	}
	v, bad := s.withdrawView(ctx, in.Claim)
	if bad != nil {
		return nil, bad
	}
	v.form = web.NewForm(r, err)
	return web.Retry(withdrawPage(v), err)
}

func claimURL(id string) string {
	return "/verify?" + url.Values{"state": {"all"}, "claim": {id}}.Encode()
}

func withdrawURL(id string) string { return "/verify/withdraw?" + url.Values{"claim": {id}}.Encode() }

// place is where a figure counts.
func (v withdrawView) place(ctx context.Context, f Fall) string {
	if f.Unit == "" {
		return web.T(ctx, "verify.everything")
	}
	return v.rd.place(f.Unit)
}

func (f Fall) shown(ctx context.Context, n int64) string {
	return ledger.Show(ctx, ledger.Unit(f.now.Unit), ledger.Number{N: n}).String()
}
