package company

import (
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/web"
)

func (s *Service) breakSilenceForm(r *http.Request) (templ.Component, error) {
	in, err := web.Form[BreakSilence](r)
	in.ID = r.PathValue("id")
	if err == nil {
		_, err = s.BreakSilence(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(recordURL(in.ID), web.Toast{Text: web.T(r.Context(), "company.silence_broken")}), nil
	}
	rec, bad := s.Get(r.Context(), ByID{in.ID})
	if bad != nil {
		return nil, bad
	}
	v, bad := s.recordView(r.Context(), rec)
	if bad != nil {
		return nil, bad
	}
	v.Break = web.NewForm(r, err)
	return web.Retry(recordView(v), err)
}
