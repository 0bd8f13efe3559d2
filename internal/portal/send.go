package portal

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/match"
	"zhudian/internal/org"
	"zhudian/internal/ticket"
	"zhudian/internal/web"
)

// mountSend serves the ways in: forms, the look-up by receipt number, and what they are for.
func (s *Service) mountSend(m *web.Mux) {
	m.Page("GET /portal/service", "", s.kept(s.servicePage), web.Public)
	m.Page("GET /portal/send/{kind}", "", s.sendPage, web.Public, web.Cache("no-store"))
	m.Page("POST /portal/send/{kind}", "", s.sendPosted, web.Public, web.Cache("no-store"), web.MaxBody(64<<10))
	m.Page("GET /portal/receipt", "", s.receiptPage, web.Public)
	m.Page("POST /portal/receipt", "", s.receiptPosted, web.Public, web.Cache("no-store"), web.MaxBody(4<<10))
}

func sendURL(kind string) string { return "/portal/send/" + kind }

func kindIcon(kind string) string {
	return map[string]string{"plan": "send", "service": "headset", "complaint": "message"}[kind]
}

// sendView is one form.
type sendView struct {
	kind  string
	token string
	form  web.FormState
	units []web.Choice
	keep  int64 // days after a refusal
}

func (s *Service) sendPage(r *http.Request) (templ.Component, error) {
	form, err := s.about(r)
	if err != nil {
		return nil, err
	}
	v, err := s.sendForm(r, s.Inbox.NewForm(), form)
	if err != nil {
		return nil, err
	}
	return sendFormView(s, v), nil
}

// about fills a form with the site whose page led to it: what it is called, and where it lies.
func (s *Service) about(r *http.Request) (form web.FormState, err error) {
	id := r.URL.Query().Get("site")
	if id == "" {
		return form, nil
	}
	err = s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		rec, err := match.PublicSite(ctx, tx, id)
		if fault.Is(err, fault.NotFound) {
			return nil // an old link: the form is as good without
		} else if err != nil {
			return err
		}
		dir, err := org.Open(ctx, tx)
		if err != nil {
			return err
		}
		form = web.FormOf("title", web.T(ctx, "portal.about_site", rec.Title(web.Lang(ctx))), "unit", match.CountyOf(dir, rec.Site, tx.Today()))
		return nil
	})
	return form, err
}

func (s *Service) sendForm(r *http.Request, token string, form web.FormState) (sendView, error) {
	v := sendView{kind: r.PathValue("kind"), token: token, form: form}
	if !slices.Contains(sendKinds, v.kind) {
		return v, absent()
	}
	var err error
	if v.units, err = s.placesOf(r.Context()); err != nil {
		return v, err
	}
	err = s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		v.keep, err = KeepDays.Of(ctx, tx)
		return err
	})
	return v, err
}

// placesOf lists where one may want to be answered: the province, or one of its prefectures and counties.
func (s *Service) placesOf(ctx context.Context) (out []web.Choice, err error) {
	lang := web.Lang(ctx)
	out = []web.Choice{{Text: web.T(ctx, "inbox.anywhere")}}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		dir, err := org.Open(ctx, tx)
		if err != nil {
			return err
		}
		for _, u := range dir.Units(tx.Today()) {
			if u.Kind != org.City {
				continue
			}
			out = append(out, web.Choice{Value: u.Code, Text: u.Title(lang)})
			for _, c := range dir.Children(u.Code, tx.Today()) {
				if c.Kind == org.County {
					out = append(out, web.Choice{Value: c.Code, Text: u.Title(lang) + " · " + c.Title(lang)})
				}
			}
		}
		return nil
	})
	return out, err
}

func (s *Service) sendPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[Send](r)
	in.Kind, in.Lang = r.PathValue("kind"), web.Lang(r.Context())
	var i Item
	if err == nil {
		i, err = s.Inbox.Receive(r.Context(), in, web.ClientIP(r.Context()))
	}
	if err == nil {
		return sentView(s, i), nil
	}
	token := in.Token
	if fault.Has(err, "form_expired") || token == "" {
		token = s.Inbox.NewForm()
	}
	v, bad := s.sendForm(r, token, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(sendFormView(s, v), err)
}

func (s *Service) servicePage(*http.Request) (templ.Component, error) { return serviceView(s), nil }

func (s *Service) receiptPage(*http.Request) (templ.Component, error) {
	return receiptView(s, web.FormState{}, nil), nil
}

func (s *Service) receiptPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[struct {
		Number string `json:"number" maxLength:"40"`
	}](r)
	if err != nil {
		return web.Retry(receiptView(s, web.NewForm(r, err), nil), err)
	}
	p, err := s.Inbox.Look(r.Context(), in.Number, web.ClientIP(r.Context()), web.Lang(r.Context()))
	if fault.Is(err, fault.NotFound) {
		err = fault.BadField("number", "no_such_receipt", "没有这个回执号，请核对后再查。", "There is no such receipt number; check it and try again.")
		return web.Retry(receiptView(s, web.NewForm(r, err), nil), err)
	} else if err != nil {
		return nil, err
	}
	return receiptView(s, web.FormOf("number", p.Receipt), &p), nil
}

// shownSteps are the steps that tell a sender something.
func (p Progress) shownSteps() (out []ticket.Step) {
	if p.Request == nil {
		return nil
	}
	for _, st := range p.Request.Steps {
		if st.Kind != "file" || st.Text != "" {
			out = append(out, st)
		}
	}
	return out
}
