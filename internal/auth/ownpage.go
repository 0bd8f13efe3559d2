package auth

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/skip2/go-qrcode"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// accountPath is where a person sees to their own account.
const accountPath = "/account"

func (s *Service) mountAccount(m *web.Mux) {
	m.Page("GET "+accountPath, Self, s.accountPage)
	m.Page("POST "+accountPath+"/password", Self, s.passwordPosted)
	m.Page("POST "+accountPath+"/factor", Self, s.factorPosted)
	m.Page("GET "+accountPath+"/factor", Self, s.factorPage)
	m.Page("POST "+accountPath+"/factor/confirm", Self, s.confirmPosted)
	m.Page("POST "+accountPath+"/factor/drop", Self, s.dropPosted)
	m.Page("POST "+accountPath+"/sessions/end", Self, s.sessionEndPosted)
	m.Page("POST "+accountPath+"/devices/end", Self, s.deviceEndPosted)
	m.Page("POST "+accountPath+"/tokens", Self, s.tokenPosted)
	m.Page("POST "+accountPath+"/tokens/end", Self, s.tokenEndPosted)
}

// accountProps is the person's own page; each form keeps its own state.
type accountProps struct {
	me                      Me
	sessions                []Session
	devices                 []Device
	tokens                  []Token
	password, factor, token web.FormState
}

func (s *Service) own(ctx context.Context) (p accountProps, err error) {
	if p.me, err = s.WhoAmI(ctx, struct{}{}); err != nil {
		return p, err
	}
	list, err := s.Sessions(ctx, struct{}{})
	if err != nil {
		return p, err
	}
	phones, err := s.Devices(ctx, struct{}{})
	if err != nil {
		return p, err
	}
	p.devices = phones.Devices
	tokens, err := s.Tokens(ctx, struct{}{})
	p.sessions, p.tokens = list.Sessions, tokens.Tokens
	return p, err
}

func (s *Service) accountPage(r *http.Request) (templ.Component, error) {
	p, err := s.own(r.Context())
	return accountPage(p), err
}

// again shows the page with one form as it was sent and what was wrong with it.
func (s *Service) again(r *http.Request, err error, put func(*accountProps, web.FormState)) (templ.Component, error) {
	if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
		return nil, err
	}
	p, bad := s.own(r.Context())
	if bad != nil {
		return nil, bad
	}
	put(&p, web.NewForm(r, err))
	return accountPage(p), err
}

func (s *Service) passwordPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[ChangePassword](r)
	if err == nil {
		_, err = s.ChangePassword(r.Context(), in)
	}
	if err != nil {
		return s.again(r, err, func(p *accountProps, f web.FormState) { p.password = f })
	}
	return s.toast(r, accountPath, "account.changed"), nil
}

func (s *Service) toast(r *http.Request, to, key string) templ.Component {
	return web.RedirectToast(to, web.Toast{Text: web.T(r.Context(), key)})
}

func (s *Service) factorPosted(r *http.Request) (templ.Component, error) {
	if _, err := s.EnrolFactor(r.Context(), struct{}{}); err != nil {
		return nil, err
	}
	return web.Redirect(accountPath + "/factor"), nil
}

func (s *Service) factorPage(r *http.Request) (templ.Component, error) {
	e, err := s.begun(r.Context())
	if fault.Has(err, "not_begun") {
		return web.Redirect(accountPath), nil
	}
	return enrolPage(e, qrOf(e.URL), web.FormState{}), err
}

// qrOf draws an address as a picture that stands in the page itself; "" when it is too long to draw.
func qrOf(address string) string {
	png, err := qrcode.Encode(address, qrcode.Medium, 440)
	if err != nil {
		return ""
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(png)
}

func (s *Service) confirmPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[Code](r)
	var out Recovery
	if err == nil {
		out, err = s.ConfirmFactor(ctx, in)
	}
	if fault.Is(err, fault.Invalid) {
		e, bad := s.begun(ctx)
		if bad != nil {
			return nil, bad
		}
		return enrolPage(e, qrOf(e.URL), web.NewForm(r, err)), err
	}
	return secretPage("account", web.T(ctx, "account.factor_done"), web.T(ctx, "account.recovery_text"), out.Codes,
		web.T(ctx, "account.recovery_kept"), accountPath), err
}

func (s *Service) dropPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[Code](r)
	if err == nil {
		_, err = s.DropFactor(r.Context(), in)
	}
	if err != nil {
		return s.again(r, err, func(p *accountProps, f web.FormState) { p.factor = f })
	}
	return s.toast(r, accountPath, "account.factor_dropped"), nil
}

func (s *Service) sessionEndPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[ID](r)
	if err == nil {
		_, err = s.EndSession(r.Context(), in)
	}
	return s.toast(r, accountPath, "account.ended"), err
}

func (s *Service) deviceEndPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[ID](r)
	if err == nil {
		_, err = s.RevokeDevice(r.Context(), in)
	}
	return s.toast(r, accountPath, "account.device_ended"), err
}

func (s *Service) tokenPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[NewToken](r)
	var out Issued
	if err == nil {
		out, err = s.IssueToken(ctx, in)
	}
	if err != nil {
		return s.again(r, err, func(p *accountProps, f web.FormState) { p.token = f })
	}
	return secretPage("account", out.Token.Name, web.T(ctx, "account.token_secret"), []string{out.Secret}, web.T(ctx, "users.done"), accountPath), nil
}

func (s *Service) tokenEndPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[ID](r)
	if err == nil {
		_, err = s.RevokeToken(r.Context(), in)
	}
	return s.toast(r, accountPath, "account.token_ended"), err
}

func meFacts(ctx context.Context, me Me) []web.Fact {
	return []web.Fact{
		{Label: web.T(ctx, "account.name"), Text: me.Name},
		{Label: web.T(ctx, "account.login"), Text: me.Login},
		{Label: web.T(ctx, "account.unit"), Text: me.UnitName},
		{Label: web.T(ctx, "account.roles"), Text: roleNames(ctx, me.Roles)},
		{Label: web.T(ctx, "account.node"), Text: me.Node},
	}
}

func roleNames(ctx context.Context, roles []Role) string {
	var names []string
	for _, r := range roles {
		names = append(names, web.T(ctx, "role."+string(r)))
	}
	if len(names) == 0 {
		return web.T(ctx, "users.no_roles")
	}
	return strings.Join(names, " · ")
}

// since is an instant in words, or "never".
func since(ctx context.Context, micros int64) string {
	if micros == 0 {
		return web.T(ctx, "users.never")
	}
	return web.Moment(ctx, db.FromMicros(micros))
}

// browserName is the part of a browser's long name that a person recognises.
func browserName(agent string) string {
	kind := ""
	for _, k := range []string{"MicroMessenger", "Edg", "OPR", "Firefox", "Chrome", "Safari", "curl"} {
		if strings.Contains(agent, k+"/") {
			kind = map[string]string{"Edg": "Edge", "OPR": "Opera", "MicroMessenger": "微信"}[k]
			kind = orElse(kind, k)
			break
		}
	}
	for _, system := range []string{"Windows", "Android", "iPhone", "iPad", "Macintosh", "Linux"} {
		if kind != "" && strings.Contains(agent, system) {
			return kind + " · " + strings.Replace(system, "Macintosh", "macOS", 1)
		}
	}
	return orElse(kind, orElse(clip(agent, 40), "—"))
}

// mayShow reports whether the acting person holds a permission, for parts of pages.
func mayShow(ctx context.Context, permission string) bool {
	who, ok := audit.Who(ctx)
	return ok && who.May(permission)
}
