package auth

import (
	"context"
	"net/http"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// SignInPath is the page strangers are sent to.
const SignInPath = "/login"

// The session cookie. Over TLS its name binds it to this very host; plain HTTP exists on loopback only.
const (
	cookieSecure = "__Host-zhudian"
	cookiePlain  = "zhudian"
)

// Me is who is signed in.
type Me struct {
	Account      string   `json:"account"`
	Person       string   `json:"person"`
	Login        string   `json:"login"`
	Name         string   `json:"name"`
	Unit         string   `json:"unit"`
	UnitName     string   `json:"unit_name"`
	Node         string   `json:"node"`
	Roles        []Role   `json:"roles"`
	Permissions  []string `json:"permissions"`
	Lang         string   `json:"lang"`
	SecondFactor bool     `json:"second_factor"`
	Needs        string   `json:"needs,omitempty" enum:"change_password,enrol_factor" doc:"What must be done before anything else is allowed"`
	ExpiresAt    int64    `json:"expires_at" doc:"End at the latest, microseconds since 1970"`
}

func (s *Service) me(ctx context.Context, r row, expires time.Time) Me {
	me := Me{
		Account: r.ID, Person: r.Person, Login: r.Login, Name: r.Name, Unit: r.Unit, UnitName: s.opt.UnitName(ctx, r.Unit, r.Lang),
		Node: r.Node, Roles: splitRoles(r.Roles), Lang: r.Lang, SecondFactor: r.FactorOn, Needs: s.needs(r),
		ExpiresAt: db.Micros(expires), Permissions: []string{},
	}
	for _, p := range Permissions() {
		if me.Needs == "" && May(me.Roles, p) || p == Self {
			me.Permissions = append(me.Permissions, p)
		}
	}
	return me
}

// needs is what an account must do before it may do anything else.
func (s *Service) needs(r row) string {
	switch {
	case r.MustChange:
		return "change_password"
	case s.opt.DemandSecondFactor && !r.FactorOn && Strong(splitRoles(r.Roles)):
		return "enrol_factor"
	}
	return ""
}

// actorOf is an account as the rest of the program sees it; with needs it may only see to itself.
func actorOf(r row, source, needs string) audit.Actor {
	roles := splitRoles(r.Roles)
	a := audit.Actor{
		Person: r.Person, Account: r.ID, Login: r.Login, Name: r.Name, Unit: r.Unit, Node: r.Node, Chain: r.Chain,
		Source: source, Lang: r.Lang,
		Can: func(p string) bool { return p == Self || needs == "" && May(roles, p) },
	}
	for _, role := range roles {
		a.Roles = append(a.Roles, string(role))
	}
	return a
}

// start opens a session in the sign-in's transaction: the session that came with the request ends, as do those
// beyond the number an account may have, and a hash of another cost is renewed.
func (s *Service) start(ctx context.Context, tx *db.Tx, r row, secret, source string) error {
	now := db.Micros(s.now())
	life, err := s.lifetimes(ctx, tx)
	if err != nil {
		return err
	}
	if err := signedIn(ctx, tx, r, now); err != nil {
		return err
	}
	if old := secretOf(ctx); old != "" {
		if err := endSession(ctx, tx, r.ID, digest(old)); err != nil {
			return err
		}
	}
	if err := trimSessions(ctx, tx, r.ID, life.most-1, db.Micros(s.now().Add(-life.whole))); err != nil {
		return err
	}
	return db.Insert(ctx, tx, "auth_session", sessionRow{
		ID: digest(secret), Account: r.ID, CreatedAt: now, SeenAt: now, Client: source, Agent: agentOf(ctx),
	})
}

func (s *Service) cookie(ctx context.Context, secret string) *http.Cookie {
	c := &http.Cookie{Name: cookiePlain, Value: secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if web.Secure(ctx) {
		c.Name, c.Secure = cookieSecure, true
	}
	if secret == "" {
		c.MaxAge = -1
	}
	return c
}

// visit is whom a request was recognised as.
type visit struct {
	row   row
	needs string
	until time.Time
}

type visitKey struct{}

func visitOf(ctx context.Context) visit {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v
}

// secretOf is the secret of the session cookie that came with the request.
func secretOf(ctx context.Context) string {
	if web.Secure(ctx) {
		return web.Cookie(ctx, cookieSecure)
	}
	return web.Cookie(ctx, cookiePlain)
}

func agentOf(ctx context.Context) string { return clip(web.Agent(ctx), 200) }

func clip(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if invisibleAt(string(r)) > 0 {
			return -1
		}
		return r
	}, s)
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// Guard admits a request to a route: it recognises the person by bearer token or cookie, afresh each time, so that
// what was revoked is refused at the next request, and checks the permission.
// Faults: sign_in, bad_token (Unauthenticated), not_allowed, change_password, enrol_factor (Forbidden).
func (s *Service) Guard(r *http.Request, permission string) (*http.Request, error) {
	r, err := s.recognise(r)
	if err != nil {
		return r, err
	}
	if permission == Self {
		return r, nil
	}
	switch visitOf(r.Context()).needs {
	case "change_password":
		return r, fault.New(fault.Forbidden, "change_password", "这是别人给的密码。请先到“我的账号”换成自己的密码。",
			"This password was given to you. First change it under “My account”.")
	case "enrol_factor":
		return r, fault.New(fault.Forbidden, "enrol_factor", "您的角色须两步验证。请先到“我的账号”开通。",
			"Your role needs a second factor. First set it up under “My account”.")
	}
	if permission == web.AnyPerson {
		return r, nil
	}
	_, err = audit.Require(r.Context(), permission)
	return r, err
}

// Identify attaches the person if there is one and never refuses. The kit's own files are the same for everybody
// and many to a page, so nobody is looked up for them.
func (s *Service) Identify(r *http.Request) *http.Request {
	if strings.HasPrefix(r.URL.Path, "/static/") {
		return r
	}
	if in, err := s.recognise(r); err == nil {
		return in
	}
	return r
}

func (s *Service) recognise(r *http.Request) (*http.Request, error) {
	if _, ok := audit.Who(r.Context()); ok && visitOf(r.Context()).row.ID != "" {
		return r, nil // done already for this request
	}
	var v visit
	var err error
	source, session := "web", ""
	bearer := r.Header.Get("Authorization")
	if secret, is := deviceSecret(bearer); is {
		source = "phone"
		session, err = s.byDevice(r.Context(), &v, secret)
	} else if bearer != "" {
		source = "api"
		err = s.byToken(r.Context(), &v, bearer)
	} else {
		session, err = s.bySession(r.Context(), &v)
	}
	if err != nil {
		return r, err
	}
	v.needs = s.needs(v.row)
	actor := actorOf(v.row, source, v.needs)
	actor.Session = session
	if source == "phone" {
		actor = onPhone(actor, session)
	}
	ctx := context.WithValue(r.Context(), visitKey{}, v)
	return r.WithContext(audit.With(ctx, actor)), nil
}

func signInFirst() error {
	return fault.New(fault.Unauthenticated, "sign_in", "请先登录。", "Sign in first.")
}

// bySession recognises the cookie's session: known, its account open, neither idle nor old for too long.
func (s *Service) bySession(ctx context.Context, v *visit) (id string, err error) {
	secret := secretOf(ctx)
	if secret == "" {
		return "", signInFirst()
	}
	id = digest(secret)
	var found openSession
	var ok bool
	var life lifetimes
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if life, err = s.lifetimes(ctx, tx); err != nil {
			return err
		}
		found, ok, err = sessionByID(ctx, tx, id)
		return err
	})
	if err != nil {
		return "", err
	}
	now, seen := s.now(), db.FromMicros(found.SessionSeen)
	idle := life.of(found.row)
	v.row, v.until = found.row, db.FromMicros(found.SessionCreated).Add(life.whole)
	if !ok || found.Disabled || now.After(v.until) || now.After(seen.Add(idle)) || seen.After(now.Add(5*time.Minute)) {
		return "", signInFirst()
	}
	if now.Sub(seen) > idle/60 {
		s.touch(ctx, id, now)
	}
	return id, nil
}

// touch notes that a session is in use. A request that only reads must not fail or wait long for that.
func (s *Service) touch(ctx context.Context, session string, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return touchSession(ctx, tx, session, db.Micros(now))
	})
	if err != nil {
		s.opt.Logger.WarnContext(ctx, "session not touched", "cause", err.Error())
	}
}

// WhoAmI tells who is signed in. Fault: sign_in.
func (s *Service) WhoAmI(ctx context.Context, _ struct{}) (Me, error) {
	if _, err := audit.Require(ctx, Self); err != nil {
		return Me{}, err
	}
	v := visitOf(ctx)
	return s.me(ctx, v.row, v.until), nil
}

// SignOut ends the session of the request. It is no fault to have none.
func (s *Service) SignOut(ctx context.Context, _ struct{}) (struct{}, error) {
	web.SetCookie(ctx, s.cookie(ctx, ""))
	web.ResponseHeader(ctx).Set("Clear-Site-Data", `"cache"`) // not "storage": unsent field records live there
	who, ok := audit.Who(ctx)
	if !ok || who.Session == "" {
		return struct{}{}, nil
	}
	return struct{}{}, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := endSession(ctx, tx, who.Account, who.Session); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "session.close", "account/"+who.Account, nil, nil)
	})
}

// Shell is what the frame of a page shows of the person; the caller adds the rest. Without a page nothing is read for it.
func (s *Service) Shell(ctx context.Context, page bool) web.Shell {
	who, ok := audit.Who(ctx)
	if !ok {
		return web.Shell{}
	}
	r := visitOf(ctx).row
	sh := web.Shell{Lang: r.Lang, Density: r.Density, Theme: r.Theme, Can: who.May}
	sh.Person = &web.Person{Name: r.Name, Login: r.Login, Unit: r.Unit}
	if page {
		sh.Person.Unit = s.opt.UnitName(ctx, r.Unit, r.Lang)
	}
	if roles := splitRoles(r.Roles); len(roles) > 0 {
		sh.Person.Role = web.Text(r.Lang, "role."+string(roles[0]))
	}
	return sh
}

// SavePrefs keeps a changed language, density or theme with the person; a stranger keeps theirs in a cookie.
func (s *Service) SavePrefs(ctx context.Context, p web.Prefs) error {
	who, ok := audit.Who(ctx)
	if !ok || visitOf(ctx).row.ID == "" {
		return nil
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return savePrefs(ctx, tx, who.Account, p.Lang, p.Density, p.Theme)
	})
}
