package auth

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"zhudian/internal/fault"
	"zhudian/internal/web"
)

const usersPath = "/admin/users"

func (s *Service) mountUsers(m *web.Mux) {
	m.Nav(web.NavItem{Key: "users", Icon: "users", URL: usersPath, Perm: "user.read", Group: web.GroupAdmin, Order: 10})
	m.Search("users", "users", "user.read", s.findUsers)
	m.Page("GET "+usersPath, "user.read", s.usersPage)
	m.Page("GET "+usersPath+"/new", "user.create", s.newUserPage)
	m.Page("POST "+usersPath, "user.create", s.newUserPosted)
	m.Page("GET "+usersPath+"/{id}", "user.read", s.userPage)
	m.Page("POST "+usersPath+"/{id}/reset", "user.reset", s.resetPosted)
	m.Page("POST "+usersPath+"/{id}/grant", "user.grant", s.grantPosted)
	for verb, do := range map[string]struct {
		permission string
		use        func(context.Context, AccountID) (Account, error)
	}{
		"disable":      {"user.disable", s.Disable},
		"enable":       {"user.disable", s.Enable},
		"unlock":       {"user.unlock", s.Unlock},
		"clear-factor": {"user.factor", s.ClearFactor},
	} {
		m.Page("POST "+usersPath+"/{id}/"+verb, do.permission, func(r *http.Request) (templ.Component, error) {
			a, err := do.use(r.Context(), AccountID{r.PathValue("id")})
			return s.toast(r, userURL(a), "users.saved"), err
		})
	}
}

// findUsers answers the search box of the top bar by login name and person.
func (s *Service) findUsers(ctx context.Context, text string, limit int) (web.Hits, error) {
	page, err := s.List(ctx, ListAccounts{Q: text, Limit: limit})
	return web.HitsOf(page.Accounts, func(a Account) web.Hit { return web.Hit{Title: a.Name, Meta: a.Login, URL: userURL(a)} }), err
}

func userURL(a Account) string { return usersPath + "/" + url.PathEscape(a.ID) }

type usersProps struct {
	in   ListAccounts
	page Accounts
	unit func(code string) string
}

func (s *Service) unitNames(ctx context.Context) func(string) string {
	return func(code string) string { return s.opt.UnitName(ctx, code, web.Lang(ctx)) }
}

func (s *Service) usersPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[ListAccounts](r)
	if err != nil {
		return nil, err
	}
	page, err := s.List(r.Context(), in)
	p := usersProps{in: in, page: page, unit: s.unitNames(r.Context())}
	if web.IsFragment(r) {
		return userRows(p), err
	}
	return usersPage(p), err
}

// nextPart is the address of the following part of the list, or "".
func (p usersProps) nextPart() string {
	if p.page.Next == "" {
		return ""
	}
	return usersPath + "?" + url.Values{"q": {p.in.Q}, "role": {string(p.in.Role)}, "unit": {p.in.Unit}, "after": {p.page.Next}}.Encode()
}

func (p usersProps) filtered() string {
	if p.in.Q == "" && p.in.Role == "" && p.in.Unit == "" {
		return ""
	}
	return usersPath
}

// newUser is the form of a new account; roles come by a grant.
type newUser struct {
	Login string `json:"login"`
	Name  string `json:"name"`
	Unit  string `json:"unit"`
	Node  string `json:"node"`
}

func (s *Service) newUserPage(*http.Request) (templ.Component, error) {
	return newUserPage(web.FormState{}, s.opt.UnitSource), nil
}

func (s *Service) newUserPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[newUser](r)
	var out Added
	if err == nil {
		out, err = s.Add(ctx, AddAccount{Login: in.Login, Name: in.Name, Unit: in.Unit, Node: in.Node})
	}
	if err != nil {
		return web.Retry(newUserPage(web.NewForm(r, err), s.opt.UnitSource), err)
	}
	return s.handOver(ctx, "users.created", out), nil
}

// handOver shows a password that somebody is to be told, this once.
func (s *Service) handOver(ctx context.Context, title string, a Added) templ.Component {
	return secretPage("users", web.T(ctx, title)+" · "+a.Account.Login, web.T(ctx, "users.handover"), []string{a.Password},
		web.T(ctx, "users.done"), userURL(a.Account))
}

func (s *Service) resetPosted(r *http.Request) (templ.Component, error) {
	out, err := s.Reset(r.Context(), AccountID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	return s.handOver(r.Context(), "users.reset_done", out), nil
}

func (s *Service) userPage(r *http.Request) (templ.Component, error) {
	a, err := s.Get(r.Context(), AccountID{r.PathValue("id")})
	return userPage(a, grantState(a), s.opt.UnitSource, s.unitNames(r.Context())), err
}

// grantState is the form of a grant as it stands.
func grantState(a Account) web.FormState {
	pairs := []string{"unit", a.Unit, "node", a.Node}
	for _, r := range a.Roles {
		pairs = append(pairs, "roles", string(r))
	}
	return web.FormOf(pairs...)
}

func (s *Service) grantPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[Grant](r)
	if err == nil {
		in.ID = r.PathValue("id")
		_, err = s.Grant(ctx, in)
	}
	if err == nil {
		return s.toast(r, usersPath+"/"+url.PathEscape(in.ID), "users.saved"), nil
	}
	if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
		return nil, err
	}
	a, bad := s.Get(ctx, AccountID{r.PathValue("id")})
	if bad != nil {
		return nil, bad
	}
	return userPage(a, web.NewForm(r, err), s.opt.UnitSource, s.unitNames(ctx)), err
}

// roleChoices are the roles for a filter.
func roleChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "users.any_role")}}
	for _, r := range Roles {
		out = append(out, web.Choice{Value: string(r), Text: web.T(ctx, "role."+string(r))})
	}
	return out
}

// stateOf is an account's state as word and tone.
func stateOf(ctx context.Context, a Account) (text, tone string) {
	switch {
	case a.Disabled:
		return web.T(ctx, "users.disabled"), "alarm"
	case a.MustChange:
		return web.T(ctx, "users.must_change"), "due"
	}
	return web.T(ctx, "users.open"), "act"
}

func onOff(ctx context.Context, on bool) string {
	if on {
		return web.T(ctx, "users.on")
	}
	return web.T(ctx, "users.off")
}
