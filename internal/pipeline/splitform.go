package pipeline

import (
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/web"
)

// proposeIn is the form of an agreement.
type proposeIn struct {
	Measure string    `json:"measure" enum:"contract,funds,"`
	Shares  []shareIn `json:"shares"`
	Reason  string    `json:"reason" maxLength:"500"`
}

// transferIn is the form of a lead's transfer.
type transferIn struct {
	Lead    string    `json:"lead"`
	To      string    `json:"to"`
	Version int64     `json:"version"`
	Shares  []shareIn `json:"shares"`
	Reason  string    `json:"reason" maxLength:"500"`
}

func (s *Service) proposePage(r *http.Request) (templ.Component, error) {
	v, err := s.record(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	shares := v.Shares
	if len(shares) == 0 {
		shares = []Share{v.Project.ownShare()}
	}
	f, err := s.form(r.Context(), shareState(shares, "measure", ""))
	if err != nil {
		return nil, err
	}
	return proposePage(v, f), nil
}

func (s *Service) proposePosted(r *http.Request) (templ.Component, error) {
	ctx, id := r.Context(), r.PathValue("id")
	in, err := web.Form[proposeIn](r)
	var shares []Share
	if err == nil {
		shares, err = sharesFrom(in.Shares)
	}
	var x Split
	if err == nil {
		x, err = s.ProposeSplit(ctx, NewSplit{Project: id, Measure: in.Measure, Shares: shares, Reason: in.Reason})
	}
	if err == nil {
		return web.RedirectToast(splitURL(x.ID), web.Toast{Text: web.T(ctx, "split.proposed_toast")}), nil
	}
	v, bad := s.record(ctx, id)
	if bad != nil {
		return nil, bad
	}
	f, bad := s.form(ctx, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(proposePage(v, f), err)
}

func (s *Service) transferPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		Lead string `json:"lead"`
	}](r)
	if err != nil {
		return nil, err
	}
	rec, err := s.GetLead(r.Context(), ByID{in.Lead})
	if err != nil {
		return nil, err
	}
	f, err := s.form(r.Context(), shareState([]Share{{Unit: rec.Unit, Team: rec.Team, Share: 300_000}}))
	if err != nil {
		return nil, err
	}
	return transferPage(rec, f), nil
}

func (s *Service) transferPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[transferIn](r)
	var shares []Share
	if err == nil {
		shares, err = sharesFrom(in.Shares)
	}
	var x Split
	if err == nil {
		x, err = s.TransferLead(ctx, Transfer{ID: in.Lead, To: in.To, Shares: shares, Reason: in.Reason, Version: in.Version})
	}
	if err == nil {
		return web.RedirectToast(splitURL(x.ID), web.Toast{Text: web.T(ctx, "split.proposed_toast")}), nil
	}
	rec, bad := s.GetLead(ctx, ByID{r.PostFormValue("lead")})
	if bad != nil {
		return nil, bad
	}
	f, bad := s.form(ctx, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(transferPage(rec, f), err)
}
