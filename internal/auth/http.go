package auth

import (
	"net/http"

	"zhudian/internal/web"
)

// Mount serves sign-in, the person's own account and the administration of accounts.
func (s *Service) Mount(m *web.Mux) {
	s.mountSignIn(m)
	s.mountAccount(m)
	s.mountUsers(m)
	s.mountSettings(m)
	s.mountDevices(m)

	web.Post(m, "/api/v1/session", "", s.SignIn, web.Public, web.Doc("Sign in; the answer sets the session cookie"))
	web.Get(m, "/api/v1/session", Self, s.WhoAmI, web.Doc("Who is signed in, and what they may do"))
	web.Delete(m, "/api/v1/session", Self, s.SignOut, web.Doc("Sign out"))

	web.Post(m, "/api/v1/account/password", Self, s.ChangePassword, web.Doc("Change one's own password"))
	web.Get(m, "/api/v1/account/sessions", Self, s.Sessions, web.Doc("Where one is signed in"))
	web.Delete(m, "/api/v1/account/sessions/{id}", Self, s.EndSession, web.Doc("End one of one's own sessions"))
	web.Get(m, "/api/v1/account/tokens", Self, s.Tokens, web.Doc("One's own tokens"))
	web.Post(m, "/api/v1/account/tokens", Self, s.IssueToken, web.Status(http.StatusCreated), web.Doc("Issue a token; its secret is shown this once"))
	web.Delete(m, "/api/v1/account/tokens/{id}", Self, s.RevokeToken, web.Doc("End a token"))
	web.Post(m, "/api/v1/account/factor", Self, s.EnrolFactor, web.Status(http.StatusCreated), web.Doc("Begin to set up a second factor"))
	web.Post(m, "/api/v1/account/factor/confirm", Self, s.ConfirmFactor, web.Doc("Switch the second factor on with a first code"))
	web.Post(m, "/api/v1/account/factor/drop", Self, s.DropFactor, web.Doc("Switch the second factor off with a code"))

	web.Get(m, "/api/v1/accounts", "user.read", s.List, web.Doc("Accounts by login"))
	web.Post(m, "/api/v1/accounts", "user.create", s.Add, web.Status(http.StatusCreated), web.Doc("Open an account"))
	web.Get(m, "/api/v1/accounts/{id}", "user.read", s.Get, web.Doc("One account, by id or login"))
	web.Post(m, "/api/v1/accounts/{id}/reset", "user.reset", s.Reset, web.Doc("Give an account a new password"))
	web.Post(m, "/api/v1/accounts/{id}/disable", "user.disable", s.Disable, web.Doc("Close an account from the next request on"))
	web.Post(m, "/api/v1/accounts/{id}/enable", "user.disable", s.Enable, web.Doc("Open a disabled account again"))
	web.Post(m, "/api/v1/accounts/{id}/grant", "user.grant", s.Grant, web.Doc("Set the roles and the place of an account"))
	web.Post(m, "/api/v1/accounts/{id}/unlock", "user.unlock", s.Unlock, web.Doc("Forget the failed sign-ins of an account"))
	web.Post(m, "/api/v1/accounts/{id}/clear-factor", "user.factor", s.ClearFactor, web.Doc("Take away a lost second factor"))
}
