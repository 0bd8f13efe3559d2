package auth

import (
	"context"
	"encoding/base32"
	"strings"
	"testing"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
)

// TestGrant_apart tries every set of administrations and mixtures with work, by the use case and by bare SQL.
func TestGrant_apart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		parts := []Role{SysAdmin, SecAdmin, Auditor, Officer}
		for set := 1; set < 1<<len(parts); set++ {
			var roles []Role
			for i, r := range parts {
				if set&(1<<i) != 0 {
					roles = append(roles, r)
				}
			}
			code := ""
			if len(roles) > 1 {
				code = "roles_apart"
			}
			_, err := w.Grant(w.as("secadmin"), Grant{ID: "service", Roles: roles, Unit: "520000"})
			want(t, err, code)
			if len(roles) < 2 {
				continue
			}
			err = w.DB.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				_, err := db.Exec(ctx, tx, `UPDATE auth_account SET roles = ? WHERE login_key = 'service'`, joinRoles(roles))
				return err
			})
			if err == nil {
				t.Errorf("the table takes %v", roles)
			}
		}
	})
}

// TestGrant_person: a person's accounts share one duty.
func TestGrant_person(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		secadmin := w.account("secadmin")
		_, err := w.Add(w.system(), AddAccount{Login: "second", Person: secadmin.Person, Roles: []Role{Auditor}})
		want(t, err, "roles_apart")
		_, err = w.Add(w.system(), AddAccount{Login: "second", Person: secadmin.Person, Roles: []Role{Officer}})
		want(t, err, "roles_apart")
		second, err := w.Add(w.system(), AddAccount{Login: "second", Person: w.account("officer").Person, Roles: []Role{Editor}})
		want(t, err, "")
		_, err = w.Grant(w.as("secadmin"), Grant{ID: second.Account.ID, Roles: []Role{Auditor}})
		want(t, err, "roles_apart")
		_, err = w.Grant(w.as("secadmin"), Grant{ID: "editor", Roles: []Role{Auditor}})
		want(t, err, "")
		if a := w.account("editor"); len(a.Roles) != 1 || a.Roles[0] != Auditor {
			t.Errorf("roles are %v", a.Roles)
		}
		err = w.DB.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := db.Exec(ctx, tx, `UPDATE auth_account SET duty = 'auditor', roles = 'auditor' WHERE login_key = 'officer'`)
			return err
		})
		if err == nil {
			t.Error("the table takes two duties of one person")
		}
	})
}

func TestGrant_notOneself(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, err := w.Grant(w.as("secadmin"), Grant{ID: "secadmin", Roles: []Role{Province}})
		want(t, err, "own_account")
		own, err := w.Add(w.system(), AddAccount{Login: "secadmin2", Person: w.account("secadmin").Person})
		want(t, err, "")
		_, err = w.Grant(w.as("secadmin"), Grant{ID: own.Account.ID, Roles: []Role{SecAdmin}})
		want(t, err, "own_account")
		for _, login := range []string{"sysadmin", "auditor", "leader", "province", "officer"} {
			_, err := w.Grant(w.as(login), Grant{ID: "officer", Roles: []Role{Province}})
			want(t, err, "not_allowed")
		}
		_, err = w.Disable(w.as("sysadmin"), AccountID{"sysadmin"})
		want(t, err, "own_account")
		_, err = w.Add(w.as("sysadmin"), AddAccount{Login: "friend", Name: "朋友", Roles: []Role{Province}})
		want(t, err, "grant_apart")
		_, err = w.Grant(w.as("secadmin"), Grant{ID: "officer", Roles: []Role{County}, Version: 99})
		want(t, err, "stale")
		_, err = w.Grant(w.as("secadmin"), Grant{ID: "officer", Roles: []Role{"boss"}})
		want(t, err, "unknown_role")
	})
}

func TestAdd_rules(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			in   AddAccount
			code string
		}{
			{AddAccount{Login: "ｏｆｆｉｃｅｒ", Name: "重名"}, "taken"},
			{AddAccount{Login: "Officer", Name: "重名"}, "taken"},
			{AddAccount{Login: "ａｄｍｉｎ", Name: "冒名"}, "reserved"},
			{AddAccount{Login: "张三\u200b", Name: "冒名"}, "invisible"},
			{AddAccount{Login: "zhangsan", Name: "张\u200b三"}, "invisible"},
			{AddAccount{Login: "zhangsan"}, "required"},
			{AddAccount{Login: "zhangsan", Name: "张三", Password: "short"}, "length"},
			{AddAccount{Login: "zhangsan", Person: "no-such-person"}, "unknown"},
			{AddAccount{Login: "zhangsan", Name: "张三", Unit: "520602"}, ""},
		} {
			added, err := w.Add(w.as("sysadmin"), c.in)
			want(t, err, c.code)
			if c.code == "" && (len(added.Password) < 20 || !added.Account.MustChange || added.Account.Node != "520602") {
				t.Errorf("%+v", added)
			}
		}
		_, err := w.Add(w.as("secadmin"), AddAccount{Login: "lisi", Name: "李四"})
		want(t, err, "not_allowed")
	})
}

func TestList_pages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var got []string
		for after := ""; ; {
			page, err := w.List(w.as("sysadmin"), ListAccounts{Limit: 4, After: after})
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range page.Accounts {
				got = append(got, a.Login)
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if len(got) != len(Roles) || got[0] != "assessor" || got[13] != "sysadmin" {
			t.Errorf("%v", got)
		}
		for in, n := range map[ListAccounts]int{{Q: "adm"}: 2, {Q: "某off"}: 1, {Q: "%"}: 0, {Role: City}: 1, {Unit: "1"}: 0} {
			page, err := w.List(w.as("secadmin"), in)
			if err != nil || len(page.Accounts) != n {
				t.Errorf("%+v: %d, %v", in, len(page.Accounts), err)
			}
		}
		_, err := w.List(w.as("secadmin"), ListAccounts{Limit: 201})
		want(t, err, "out_of_range")
		_, err = w.List(w.as("auditor"), ListAccounts{})
		want(t, err, "not_allowed")
	})
}

// phone makes codes of a secret at the world's time.
func (w *world) phone(secret string, shift time.Duration) string {
	w.t.Helper()
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		w.t.Fatal(err)
	}
	return codeAt(seed, stepAt(w.clock().Add(shift)))
}

func (w *world) enrol(login string) (secret string, codes []string) {
	w.t.Helper()
	e, err := w.EnrolFactor(w.as(login), struct{}{})
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = w.ConfirmFactor(w.as(login), Code{"000000"})
	want(w.t, err, "wrong_code")
	r, err := w.ConfirmFactor(w.as(login), Code{w.phone(e.Secret, 0)})
	if err != nil || len(r.Codes) != recoveryCodes || !strings.Contains(e.URL, e.Secret) {
		w.t.Fatal(r, err)
	}
	w.pass(time.Minute)
	return e.Secret, r.Codes
}

func TestFactor_signIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		secret, recovery := w.enrol("county")
		b := w.browser()
		if status, body := b.signIn("county", ""); status != 401 || !strings.Contains(body, "code_needed") || b.cookie != "" {
			t.Errorf("without a code: %d %s", status, body)
		}
		for _, shift := range []time.Duration{-factorStep, factorStep} {
			if status, _ := b.signIn("county", w.phone(secret, shift)); status != 401 {
				t.Errorf("a code of another step (%v) is %d", shift, status)
			}
		}
		code := w.phone(secret, 0)
		if status, body := b.signIn("county", code[:3]+" "+code[3:]); status != 200 {
			t.Fatalf("with the code: %d %s", status, body)
		}
		if status, body := w.browser().signIn("county", code); status != 401 || !strings.Contains(body, "code_reused") {
			t.Errorf("the same code again: %d %s", status, body)
		}
		w.pass(time.Minute)
		if status, _ := w.browser().signIn("county", recovery[3]); status != 200 {
			t.Error("a recovery code does not open")
		}
		if status, _ := w.browser().signIn("county", recovery[3]); status != 401 {
			t.Error("a recovery code opens twice")
		}
		_, err := w.EnrolFactor(w.as("county"), struct{}{})
		want(t, err, "has_factor")
		w.secretFree(secret, recovery[4], password, b.cookie)
		_, err = w.DropFactor(w.as("county"), Code{"123456"})
		want(t, err, "wrong_code")
		_, err = w.DropFactor(w.as("county"), Code{w.phone(secret, 0)})
		want(t, err, "")
		w.browser().mustSignIn("county")
	})
}

// secretFree reads every text of every table of this package and looks for secrets.
func (w *world) secretFree(secrets ...string) {
	w.t.Helper()
	err := w.DB.Read(w.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		texts, err := db.All[string](ctx, tx, `SELECT password_hash || factor_seed || login FROM auth_account
			UNION ALL SELECT id || agent FROM auth_session UNION ALL SELECT hash || name FROM auth_token
			UNION ALL SELECT hash FROM auth_recovery UNION ALL SELECT who FROM auth_failure
			UNION ALL SELECT change || object FROM audit_record`)
		for _, text := range texts {
			for _, s := range secrets {
				if strings.Contains(text, s) {
					w.t.Errorf("the secret %q stands in the database", s)
				}
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestFactor_demanded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser()
		if _, body := b.signIn("secadmin", ""); !strings.Contains(body, `"needs":"enrol_factor"`) {
			t.Error(body)
		}
		if status, body := b.do("GET", "/api/v1/accounts", nil); status != 403 || !strings.Contains(body, "enrol_factor") {
			t.Errorf("%d %s", status, body)
		}
		issued, err := w.IssueTokenFor(w.system(), "secadmin", NewToken{Name: "脚本"})
		if err != nil {
			t.Fatal(err)
		}
		if status, _ := (&browser{w: w, bearer: issued.Secret, from: "[::1]:1"}).do("GET", "/api/v1/accounts", nil); status != 403 {
			t.Errorf("a token goes round the second factor: %d", status)
		}
		w.enrol("secadmin")
		if status, body := b.do("GET", "/api/v1/accounts", nil); status != 200 {
			t.Errorf("once enrolled: %d %s", status, body)
		}
		if status, _ := w.browser().signIn("officer", ""); status != 200 {
			t.Error("an officer needs none")
		}
		_, err = w.ClearFactor(w.as("sysadmin"), AccountID{"secadmin"})
		want(t, err, "not_allowed")
	}, func(o *Options) { o.DemandSecondFactor = true })
}

// TestReset_factorStays: who resets a password cannot sign in as the other.
func TestReset_factorStays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.enrol("city")
		added, err := w.Reset(w.as("sysadmin"), AccountID{"city"})
		if err != nil {
			t.Fatal(err)
		}
		status, body := w.browser().do("POST", "/api/v1/session", SignIn{Login: "city", Password: added.Password})
		if status != 401 || !strings.Contains(body, "code_needed") {
			t.Errorf("%d %s", status, body)
		}
	})
}

func TestPeople_names(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		err := w.DB.Write(w.system(), func(ctx context.Context, tx *db.Tx) error {
			ids, err := AddPeople(ctx, tx, []string{"王一", "王二"})
			if err != nil {
				return err
			}
			names, err := Names(ctx, tx, append(ids, "unknown"))
			if len(names) != 2 || names[ids[1]] != "王二" {
				t.Errorf("%v", names)
			}
			_, err2 := AddPeople(ctx, tx, []string{"王三", "王\u200b四"})
			want(t, err2, "invisible")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestSeed_systemOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		err := w.DB.Write(w.as("secadmin"), func(ctx context.Context, tx *db.Tx) error {
			_, err := w.Seed(ctx, tx, []AddAccount{{Login: "own", Name: "自己人", Roles: []Role{Province}}})
			return err
		})
		want(t, err, "not_allowed")
		_, err = w.IssueTokenFor(w.as("sysadmin"), "province", NewToken{Name: "x"})
		want(t, err, "not_allowed")
		n, broken, err := func() (n int64, broken []audit.Broken, err error) {
			err = w.DB.Read(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
				n, broken, err = audit.Verify(ctx, tx)
				return err
			})
			return n, broken, err
		}()
		if n < int64(len(Roles)) || broken != nil || err != nil {
			t.Error(n, broken, err)
		}
	})
}
