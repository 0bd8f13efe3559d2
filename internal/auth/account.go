package auth

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Account is a way in for one person. Unit is the unit it belongs to, Node the root of what it may see.
type Account struct {
	ID           string `json:"id"`
	Person       string `json:"person" doc:"Id of the human being; four eyes compare persons"`
	Name         string `json:"name"`
	Login        string `json:"login"`
	Unit         string `json:"unit"`
	Node         string `json:"node"`
	Roles        []Role `json:"roles"`
	Disabled     bool   `json:"disabled"`
	MustChange   bool   `json:"must_change" doc:"The password was given by somebody else and must be changed"`
	SecondFactor bool   `json:"second_factor"`
	CreatedAt    int64  `json:"created_at"`
	SeenAt       int64  `json:"seen_at" doc:"Last sign-in, microseconds since 1970; 0 for never"`
	Version      int64  `json:"version"`
}

// AddAccount opens an account. With Person it is a further one of a person already known; else a new person of
// that Name is made. Roles are given by Grant, or here by code that acts as the system.
type AddAccount struct {
	Login    string `json:"login" maxLength:"200"`
	Name     string `json:"name" maxLength:"200"`
	Person   string `json:"person,omitempty"`
	Unit     string `json:"unit,omitempty"`
	Node     string `json:"node,omitempty" doc:"Root of what the account may see; the unit when empty"`
	Roles    []Role `json:"roles,omitempty"`
	Password string `json:"password,omitempty" doc:"Invented when empty" maxLength:"1000"`
}

// Added is a new account with the password to hand over, which is shown this once.
type Added struct {
	Account  Account `json:"account"`
	Password string  `json:"password,omitempty"`
}

// Add opens an account whose password must be changed at the first sign-in.
// Faults: not_allowed, the fields' own, login taken (Conflict exists), roles_apart.
func (s *Service) Add(ctx context.Context, in AddAccount) (out Added, err error) {
	who, err := audit.Require(ctx, "user.create")
	if err != nil {
		return out, err
	}
	if len(in.Roles) > 0 && !who.May("user.grant") {
		return out, fault.BadField("roles", "grant_apart", "角色由安全管理员授予，开户时请留空。",
			"Roles are granted by the security administrator; leave them empty here.")
	}
	r, err := s.newRow(in)
	if err != nil {
		return out, err
	}
	if in.Password == "" {
		out.Password = makePassword()
		in.Password = out.Password
	}
	if r.Hash, err = s.hash(ctx, in.Password); err != nil {
		return out, err
	}
	r.MustChange = true
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := s.insert(ctx, tx, &r, in.Person); err != nil {
			return err
		}
		out.Account = r.account()
		return audit.Note(ctx, tx, "user.create", "account/"+r.ID, nil, trace(r))
	})
	if fault.Has(err, "exists") {
		err = fault.BadField("login", "taken", "已有这个账号。", "This login is taken.")
	}
	return out, err
}

// newRow checks what is asked for and fills a row but for its ids and its password.
func (s *Service) newRow(in AddAccount) (row, error) {
	var c fault.Checks
	r := row{stored: stored{
		Login: checkLogin(&c, in.Login), Unit: in.Unit, Node: orElse(in.Node, in.Unit),
		Lang: "zh", Density: "normal", Theme: "light", Version: 1,
	}}
	r.LoginKey = fold(r.Login)
	if in.Person == "" {
		r.Name = checkName(&c, "name", in.Name)
	}
	if in.Password != "" {
		checkPassword(&c, "password", in.Password, r.Login)
	}
	checkRoles(&c, "roles", in.Roles)
	r.Roles = joinRoles(in.Roles)
	r.Duty, _ = dutyOf(in.Roles)
	r.PasswordAt = db.Micros(s.now())
	return r, c.Err()
}

func checkRoles(c *fault.Checks, field string, roles []Role) {
	for _, r := range roles {
		if !slices.Contains(Roles, r) {
			c.Add(field, "unknown_role", "没有“"+string(r)+"”这个角色。", "There is no role “"+string(r)+"”.")
		}
	}
	if _, ok := dutyOf(roles); !ok {
		c.Add(field, "roles_apart", "系统、安全、审计管理员各自独立，不能与别的角色兼任。",
			"The system, security and audit administrators stand apart and hold no other role.")
	}
}

// insert stores the account, and its person when it is a new one.
func (s *Service) insert(ctx context.Context, tx *db.Tx, r *row, person string) error {
	if s.opt.Place != nil {
		chain, err := s.opt.Place(ctx, tx, r.Unit, r.Node)
		if err != nil {
			return err
		}
		r.Chain = chain
	}
	r.ID, r.CreatedAt = tx.ID(), db.Micros(tx.Now())
	if person == "" {
		r.Person = tx.ID()
		return insertAccount(ctx, tx, *r, true)
	}
	p, ok, err := personByID(ctx, tx, person)
	switch {
	case err != nil:
		return err
	case !ok:
		return fault.BadField("person", "unknown", "没有这个人。", "No such person.")
	case p.Duty != r.Duty && r.Roles != "":
		return rolesApart()
	}
	r.Person, r.Name, r.Duty = p.ID, p.Name, p.Duty
	return insertAccount(ctx, tx, *r, false)
}

func rolesApart() error {
	return fault.BadField("roles", "roles_apart",
		"此人另有账号担任别的职责；三员须专人专任。", "This person has another duty by another account; the three administrators are dedicated persons.")
}

// AccountID names an account by its id or its login.
type AccountID struct {
	ID string `json:"id"`
}

// Get gives one account. Faults: not_allowed, not_found.
func (s *Service) Get(ctx context.Context, in AccountID) (out Account, err error) {
	if _, err := audit.Require(ctx, "user.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := accountByName(ctx, tx, in.ID)
		out = r.account()
		return err
	})
	return out, err
}

// ListAccounts asks for accounts in the order of their logins. Q finds part of a login or name.
type ListAccounts struct {
	Q     string `json:"q,omitempty"`
	Role  Role   `json:"role,omitempty"`
	Unit  string `json:"unit,omitempty"`
	Limit int    `json:"limit,omitempty"`
	After string `json:"after,omitempty"`
}

// Accounts is part of the list; Next is the cursor of the following part, or "".
type Accounts struct {
	Accounts []Account `json:"accounts"`
	Next     string    `json:"next,omitempty"`
}

// List gives accounts by login. Faults: not_allowed, out_of_range, bad_cursor.
func (s *Service) List(ctx context.Context, in ListAccounts) (out Accounts, err error) {
	out.Accounts = []Account{}
	if _, err := audit.Require(ctx, "user.read"); err != nil {
		return out, err
	}
	page := db.Page{Limit: in.Limit, After: in.After}
	size, err := page.Size()
	if err != nil {
		return out, err
	}
	after, err := page.Keys(1)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		rows, err := accountsBy(ctx, tx, in, append(after, "")[0], size+1)
		for i, r := range rows {
			if i == size {
				out.Next = db.Cursor(rows[i-1].LoginKey)
				break
			}
			out.Accounts = append(out.Accounts, r.account())
		}
		return err
	})
	return out, err
}

// change applies fn to an account in one transaction, with its trace in the trail. version 0 takes any.
func (s *Service) change(ctx context.Context, name string, version int64, action string, fn func(context.Context, *db.Tx, *row) error) (out Account, err error) {
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := accountByName(ctx, tx, name)
		if err != nil {
			return err
		}
		if version != 0 && version != r.Version {
			return fault.New(fault.Conflict, "stale", "别人刚改过这个账号，请看过新的内容再改。",
				"Somebody has just changed this account; look at it again first.")
		}
		before := trace(r)
		if err := fn(ctx, tx, &r); err != nil {
			return err
		}
		if err := saveAccount(ctx, tx, &r); err != nil {
			return err
		}
		out = r.account()
		return audit.Note(ctx, tx, action, "account/"+r.ID, before, trace(r))
	})
	return out, err
}

// Reset gives an account a new password to hand over and ends its sessions and tokens. The second factor stays,
// so that who resets a password cannot act in the other's name. Faults: not_allowed, not_found.
func (s *Service) Reset(ctx context.Context, in AccountID) (out Added, err error) {
	if _, err := audit.Require(ctx, "user.reset"); err != nil {
		return out, err
	}
	out.Password = makePassword()
	hash, err := s.hash(ctx, out.Password)
	if err != nil {
		return out, err
	}
	out.Account, err = s.change(ctx, in.ID, 0, "user.reset", func(ctx context.Context, tx *db.Tx, r *row) error {
		r.Hash, r.PasswordAt, r.MustChange = hash, db.Micros(s.now()), true
		return endEverything(ctx, tx, r.ID)
	})
	return out, err
}

// Disable closes an account from the next request on. Faults: not_allowed, not_found, own_account.
func (s *Service) Disable(ctx context.Context, in AccountID) (Account, error) {
	who, err := audit.Require(ctx, "user.disable")
	if err != nil {
		return Account{}, err
	}
	return s.change(ctx, in.ID, 0, "user.disable", func(ctx context.Context, tx *db.Tx, r *row) error {
		if r.Person == who.Person {
			return notOwn()
		}
		r.Disabled = true
		return endEverything(ctx, tx, r.ID)
	})
}

// Enable opens a disabled account again. Faults: not_allowed, not_found.
func (s *Service) Enable(ctx context.Context, in AccountID) (Account, error) {
	if _, err := audit.Require(ctx, "user.disable"); err != nil {
		return Account{}, err
	}
	return s.change(ctx, in.ID, 0, "user.enable", func(_ context.Context, _ *db.Tx, r *row) error {
		r.Disabled = false
		return nil
	})
}

// Grant sets what an account may do and where. Version is the one last seen; 0 takes any.
type Grant struct {
	ID      string `json:"id"`
	Roles   []Role `json:"roles"`
	Unit    string `json:"unit"`
	Node    string `json:"node,omitempty"`
	Version int64  `json:"version,omitempty"`
}

// Grant gives roles and a place; it holds from the next request on. Nobody grants to themselves.
// Faults: not_allowed, not_found, own_account, unknown_role, roles_apart, stale.
func (s *Service) Grant(ctx context.Context, in Grant) (Account, error) {
	who, err := audit.Require(ctx, "user.grant")
	if err != nil {
		return Account{}, err
	}
	var c fault.Checks
	if checkRoles(&c, "roles", in.Roles); c.Err() != nil {
		return Account{}, c.Err()
	}
	return s.change(ctx, in.ID, in.Version, "user.grant", func(ctx context.Context, tx *db.Tx, r *row) error {
		if r.Person == who.Person {
			return notOwn()
		}
		r.Unit, r.Node = in.Unit, orElse(in.Node, in.Unit)
		if s.opt.Place != nil {
			r.Chain, err = s.opt.Place(ctx, tx, r.Unit, r.Node)
			if fault.Is(err, fault.NotFound) {
				return fault.BadField("unit", "unknown_unit", "没有这个单位。", "There is no such unit.")
			}
			if err != nil {
				return err
			}
		}
		duty, _ := dutyOf(in.Roles)
		if duty != r.Duty && len(in.Roles) > 0 {
			if err := changeDuty(ctx, tx, r, duty); err != nil {
				return err
			}
		}
		r.Roles = joinRoles(in.Roles)
		return nil
	})
}

// changeDuty moves a person between business and an administration; only one who holds nothing else can move.
func changeDuty(ctx context.Context, tx *db.Tx, r *row, duty string) error {
	others, err := otherRoles(ctx, tx, r.Person, r.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(others, func(roles string) bool { return roles != "" }) {
		return rolesApart()
	}
	r.Duty = duty
	return saveDuty(ctx, tx, r.Person, duty)
}

func notOwn() error {
	return fault.New(fault.Forbidden, "own_account", "不能给自己授权或停用自己，请另一位管理员办。",
		"Nobody grants to or disables themselves; ask another administrator.")
}

// Unlock forgets the failed tries of a login, from every source. Faults: not_allowed, not_found.
func (s *Service) Unlock(ctx context.Context, in AccountID) (Account, error) {
	if _, err := audit.Require(ctx, "user.unlock"); err != nil {
		return Account{}, err
	}
	return s.change(ctx, in.ID, 0, "user.unlock", func(ctx context.Context, tx *db.Tx, r *row) error {
		return forgetFailures(ctx, tx, s.whoOf(r.Login), "")
	})
}

// trace is what the trail keeps of an account: no name, no secret.
func trace(r row) map[string]any {
	return map[string]any{
		"person": r.Person, "unit": r.Unit, "node": r.Node, "roles": strings.Split(r.Roles, ","), "disabled": r.Disabled,
		"must_change": r.MustChange, "second_factor": r.FactorOn, "password_at": r.PasswordAt,
	}
}
