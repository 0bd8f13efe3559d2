package portal

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/field"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

// mountAnswers serves the links by which companies vouch for visits.
func (s *Service) mountAnswers(m *web.Mux) {
	m.Page("GET /portal/visit/{code}", "", s.visitAsked, web.Public, web.Cache("no-store"))
	m.Page("POST /portal/visit/{code}", "", s.visitAnswered, web.Public, web.Cache("no-store"), web.MaxBody(16<<10))
}

// answerView is the page behind a link.
type answerView struct {
	code  string
	asked field.Asked
	unit  string
	form  web.FormState
}

func (s *Service) askedOf(r *http.Request, form web.FormState) (v answerView, err error) {
	v = answerView{code: r.PathValue("code"), form: form}
	if v.asked, err = s.Inbox.Visit(r.Context(), s.DB, v.code, web.ClientIP(r.Context())); err != nil {
		return v, err
	}
	return v, s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		dir, err := org.Open(ctx, tx)
		if err == nil {
			v.unit = dir.UnitName(v.asked.Unit, web.Lang(ctx))
		}
		return err
	})
}

func (s *Service) visitAsked(r *http.Request) (templ.Component, error) {
	v, err := s.askedOf(r, web.FormState{})
	if err != nil {
		return nil, err
	}
	return answerForm(s, v), nil
}

func (s *Service) visitAnswered(r *http.Request) (templ.Component, error) {
	in, err := web.Form[VisitAnswer](r)
	if err == nil {
		err = s.Inbox.AnswerVisit(r.Context(), in, web.ClientIP(r.Context()))
	}
	if err == nil {
		return answerThanks(s, in), nil
	}
	v, bad := s.askedOf(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(answerForm(s, v), err)
}
