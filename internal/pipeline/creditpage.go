package pipeline

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/fault"
	"zhudian/internal/web"
)

func (s *Service) creditPage(r *http.Request) (templ.Component, error) {
	v, err := s.record(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	f, err := s.form(r.Context(), shareState(v.Shares, "measure", ""))
	if err != nil {
		return nil, err
	}
	return creditPage(v, f), nil
}

// creditIn is the form of the shares.
type creditIn struct {
	Measure string    `json:"measure" enum:"contract,funds,"`
	Shares  []shareIn `json:"shares"`
	Reason  string    `json:"reason" maxLength:"200"`
}

func (s *Service) creditPosted(r *http.Request) (templ.Component, error) {
	return s.posted(r, func(ctx context.Context, id string) error {
		in, err := web.Form[creditIn](r)
		if err != nil {
			return err
		}
		shares, err := sharesFrom(in.Shares)
		if err != nil {
			return err
		}
		if len(shares) == 0 {
			return fault.BadField("shares", "required", "请写明各方的份额。", "Give the shares.")
		}
		_, err = s.SetCredit(ctx, Credit{Project: id, Measure: in.Measure, Shares: shares, Reason: in.Reason})
		return err
	}, "project.credit_toast", creditPage)
}
