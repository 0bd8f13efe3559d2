package company

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/web"
)

const pairsPath = "/companies/duplicates"

// pairsProps is the review queue as a page.
type pairsProps struct {
	List  PairList
	State string
	pickers
}

func pairsURL(state string) string {
	if state == PairOpen {
		return pairsPath
	}
	return pairsPath + "?state=" + state
}

func (v pairsProps) next() string {
	return pairsPath + "?" + url.Values{"state": {v.State}, "after": {v.List.Next}}.Encode()
}

func (s *Service) pairsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[Pairs](r)
	if err != nil {
		return nil, err
	}
	if in.State == "" {
		in.State = PairOpen
	}
	v := pairsProps{State: in.State}
	if v.List, err = s.Pairs(r.Context(), in); err != nil {
		return nil, err
	}
	v.pickers, err = s.pickers(r.Context())
	return pairsView(v), err
}

// pairPosted decides on a pair and goes back to the part of the queue it was decided in.
func (s *Service) pairPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[struct {
		JudgePair
		From string `json:"from"`
	}](r)
	if err != nil {
		return nil, err
	}
	if _, err := s.JudgePair(r.Context(), in.JudgePair); err != nil {
		return nil, err
	}
	to := PairOpen
	if in.From == PairLater || in.From == PairApart {
		to = in.From
	}
	return web.RedirectToast(pairsURL(to), web.Toast{Text: web.T(r.Context(), "company.pair_did."+in.State)}), nil
}

func (v pairsProps) tabs(ctx context.Context) (out []web.Tab) {
	for _, state := range []string{PairOpen, PairLater, PairApart} {
		out = append(out, web.Tab{Text: web.T(ctx, "company.pairs."+state), URL: pairsURL(state), On: state == v.State})
	}
	return out
}

// moves are the decisions that may be taken here, besides merging.
func (v pairsProps) moves() []string {
	switch v.State {
	case PairLater:
		return []string{PairApart, PairOpen}
	case PairApart:
		return []string{PairOpen}
	}
	return []string{PairApart, PairLater}
}

// registry says in one line which organisation it is.
func (v pairsProps) registry(ctx context.Context, h Hint) string {
	code := h.CreditCode
	if code == "" {
		code = web.T(ctx, "company.code_missing")
	}
	parts := []string{code}
	for _, s := range []string{v.d.RegionName(h.Region), h.Address} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " · ")
}
