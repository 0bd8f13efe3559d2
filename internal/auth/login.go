package auth

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// Front is what the sign-in page shows beside its form; the agency's own.
type Front struct {
	Agency  string
	Version string
	Figures templ.Component // public figures; nil for none
	Map     templ.Component // outline of the agency's area; nil for none
}

type frontProps struct {
	front Front
	form  web.FormState
	next  string
}

type signInForm struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Next     string `json:"next"`
}

type codeForm struct {
	Ticket string `json:"ticket"`
	Code   string `json:"code"`
	Next   string `json:"next"`
}

func (s *Service) mountSignIn(m *web.Mux) {
	m.Page("GET "+SignInPath, "", s.signInPage, web.Public)
	m.Page("POST "+SignInPath, "", s.signInPosted, web.Public)
	m.Page("POST "+SignInPath+"/code", "", s.codePosted, web.Public)
	m.Page("POST /logout", Self, s.signOutPosted)
}

func (s *Service) front(ctx context.Context, form web.FormState, next string) frontProps {
	p := frontProps{form: form, next: next}
	if s.opt.Front != nil {
		p.front = s.opt.Front(ctx)
	}
	return p
}

func (s *Service) signInPage(r *http.Request) (templ.Component, error) {
	next := web.SafePath(r.URL.Query().Get("next"))
	if in, err := s.recognise(r); err == nil {
		if _, ok := audit.Who(in.Context()); ok {
			return web.Redirect(next), nil
		}
	}
	return loginPage(s.front(r.Context(), web.FormState{}, next)), nil
}

func (s *Service) signInPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[signInForm](r)
	ctx, next := r.Context(), web.SafePath(in.Next)
	var found row
	if err == nil {
		found, err = s.knock(ctx, in.Login, in.Password)
	}
	if err == nil && found.FactorOn {
		ticket, err := s.ticket(found)
		return codePage(s.front(r.Context(), web.FormState{}, next), found.Name, ticket), err
	}
	return s.enter(r, found, "", next, err, func(form web.FormState) templ.Component { return loginPage(s.front(r.Context(), form, next)) })
}

// enter opens the session and leads on, or shows the form again with what was wrong.
func (s *Service) enter(r *http.Request, found row, code, next string, err error, again func(web.FormState) templ.Component) (templ.Component, error) {
	var me Me
	if err == nil {
		me, err = s.open(r.Context(), found, code)
	}
	switch {
	case err != nil && fault.Is(err, fault.Internal):
		return nil, err
	case err != nil:
		return again(web.NewForm(r, err)), err
	case me.Needs != "":
		return web.Redirect(accountPath), nil
	}
	return web.Redirect(next), nil
}

func (s *Service) codePosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[codeForm](r)
	next := web.SafePath(in.Next)
	if err != nil {
		return nil, err
	}
	found, err := s.ticketHolder(r.Context(), in.Ticket)
	if err != nil {
		return loginPage(s.front(r.Context(), web.NewForm(r, err), next)), err
	}
	return s.enter(r, found, in.Code, next, nil, func(form web.FormState) templ.Component {
		return codePage(s.front(r.Context(), form, next), found.Name, in.Ticket)
	})
}

func (s *Service) signOutPosted(r *http.Request) (templ.Component, error) {
	if _, err := s.SignOut(r.Context(), struct{}{}); err != nil {
		return nil, err
	}
	return web.Redirect(SignInPath), nil
}

// ticketLife is how long somebody may look for their phone.
const ticketLife = 5 * time.Minute

// ticket says that the password of an account was right a moment ago. It goes through the browser between the
// two steps, sealed; a change of the account makes it worthless.
func (s *Service) ticket(r row) (string, error) {
	return s.seal("ticket", "", strings.Join([]string{
		r.ID, strconv.FormatInt(r.Version, 10), strconv.FormatInt(s.now().Add(ticketLife).Unix(), 10),
	}, " "))
}

func (s *Service) ticketHolder(ctx context.Context, ticket string) (r row, err error) {
	old := fault.New(fault.Unauthenticated, "ticket_old", web.Text("zh", "signin.ticket_old"), web.Text("en", "signin.ticket_old"))
	text, err := s.unseal("ticket", "", ticket)
	if err != nil {
		return r, old
	}
	part := strings.Fields(text)
	until, err := strconv.ParseInt(part[2], 10, 64)
	if err != nil || s.now().Unix() >= until {
		return r, old
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err = accountByName(ctx, tx, part[0])
		return err
	})
	if err == nil && strconv.FormatInt(r.Version, 10) != part[1] {
		err = old
	}
	return r, err
}

// must makes an input required without a mark, where nothing is optional; focus puts the cursor into it.
func must(focus bool) templ.Attributes { return templ.Attributes{"required": true, "autofocus": focus} }

// OutlineOfGuizhou is a schematic outline of the province for Front.Map; an agency elsewhere gives its own.
func OutlineOfGuizhou() templ.Component {
	return templ.Raw(`<svg viewBox="0 0 1000 866"><use href="` + web.Asset("guizhou.svg") + `#m"></use></svg>`)
}
