package auth

import (
	"context"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// row is an account with its person's name and its secrets, as stored.
type row struct {
	stored
	Name string `db:"name"`
}

// stored is what auth_account holds.
type stored struct {
	ID         string `db:"id"`
	Person     string `db:"person_id"`
	Duty       string `db:"duty"`
	Login      string `db:"login"`
	LoginKey   string `db:"login_key"`
	Unit       string `db:"unit"`
	Node       string `db:"node"`
	Chain      string `db:"chain"`
	Roles      string `db:"roles"`
	Hash       string `db:"password_hash"`
	PasswordAt int64  `db:"password_at"`
	MustChange bool   `db:"must_change"`
	Disabled   bool   `db:"disabled"`
	Seed       string `db:"factor_seed"`
	FactorOn   bool   `db:"factor_on"`
	FactorStep int64  `db:"factor_step"`
	Lang       string `db:"lang"`
	Density    string `db:"density"`
	Theme      string `db:"theme"`
	CreatedAt  int64  `db:"created_at"`
	SeenAt     int64  `db:"seen_at"`
	Version    int64  `db:"version"`
}

func (r row) account() Account {
	return Account{
		ID: r.ID, Person: r.Person, Name: r.Name, Login: r.Login, Unit: r.Unit, Node: r.Node, Roles: splitRoles(r.Roles),
		Disabled: r.Disabled, MustChange: r.MustChange, SecondFactor: r.FactorOn, CreatedAt: r.CreatedAt, SeenAt: r.SeenAt,
		Version: r.Version,
	}
}

const accountColumns = `a.id, a.person_id, p.name, a.duty, a.login, a.login_key, a.unit, a.node, a.chain, a.roles,
	a.password_hash, a.password_at, a.must_change, a.disabled, a.factor_seed, a.factor_on, a.factor_step,
	a.lang, a.density, a.theme, a.created_at, a.seen_at, a.version`

const accountFrom = ` FROM auth_account a JOIN auth_person p ON p.id = a.person_id`

type personRow struct {
	ID        string `db:"id"`
	Name      string `db:"name"`
	Duty      string `db:"duty"`
	CreatedAt int64  `db:"created_at"`
}

func personByID(ctx context.Context, tx *db.Tx, id string) (personRow, bool, error) {
	return db.Maybe[personRow](ctx, tx, `SELECT id, name, duty, created_at FROM auth_person WHERE id = ?`, id)
}

func insertAccount(ctx context.Context, tx *db.Tx, r row, withPerson bool) error {
	if withPerson {
		if err := db.Insert(ctx, tx, "auth_person", personRow{r.Person, r.Name, r.Duty, r.CreatedAt}); err != nil {
			return err
		}
	}
	return db.Insert(ctx, tx, "auth_account", r.stored)
}

// accountByName finds an account by its id or its login.
func accountByName(ctx context.Context, tx *db.Tx, name string) (row, error) {
	return db.One[row](ctx, tx, `SELECT `+accountColumns+accountFrom+` WHERE a.id = ? OR a.login_key = ?`, name, fold(name))
}

func accountByLogin(ctx context.Context, tx *db.Tx, login string) (row, bool, error) {
	return db.Maybe[row](ctx, tx, `SELECT `+accountColumns+accountFrom+` WHERE a.login_key = ?`, fold(login))
}

func accountsBy(ctx context.Context, tx *db.Tx, in ListAccounts, after string, limit int) ([]row, error) {
	where, args := []string{"a.login_key > ?"}, []any{after}
	if q := fold(in.Q); q != "" {
		like := db.Like(q)
		where = append(where, `(a.login_key LIKE ? ESCAPE '\' OR lower(p.name) LIKE ? ESCAPE '\')`)
		args = append(args, like, like)
	}
	if in.Role != "" {
		where, args = append(where, `(',' || a.roles || ',') LIKE ?`), append(args, "%,"+string(in.Role)+",%")
	}
	if in.Unit != "" {
		where, args = append(where, `a.unit = ?`), append(args, in.Unit)
	}
	return db.All[row](ctx, tx, `SELECT `+accountColumns+accountFrom+` WHERE `+strings.Join(where, " AND ")+
		` ORDER BY a.login_key LIMIT ?`, append(args, limit)...)
}

// saveAccount writes what can change of an account, unless somebody else was faster.
func saveAccount(ctx context.Context, tx *db.Tx, r *row) error {
	n, err := db.Exec(ctx, tx, `UPDATE auth_account SET unit = ?, node = ?, chain = ?, roles = ?, password_hash = ?, password_at = ?,
		must_change = ?, disabled = ?, factor_seed = ?, factor_on = ?, factor_step = ?, version = version + 1
		WHERE id = ? AND version = ?`, r.Unit, r.Node, r.Chain, r.Roles, r.Hash, r.PasswordAt, r.MustChange, r.Disabled, r.Seed,
		r.FactorOn, r.FactorStep, r.ID, r.Version)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "stale", "别人刚改过这个账号，请再试一次。", "Somebody has just changed this account; try again.")
	}
	r.Version++
	return err
}

func otherRoles(ctx context.Context, tx *db.Tx, person, except string) ([]string, error) {
	return db.All[string](ctx, tx, `SELECT roles FROM auth_account WHERE person_id = ? AND id <> ?`, person, except)
}

// saveDuty changes the duty of a person and, by cascade, of their accounts, whose roles are emptied first:
// the table refuses roles that do not go with the duty.
func saveDuty(ctx context.Context, tx *db.Tx, person, duty string) error {
	if _, err := db.Exec(ctx, tx, `UPDATE auth_account SET roles = '' WHERE person_id = ?`, person); err != nil {
		return err
	}
	_, err := db.Exec(ctx, tx, `UPDATE auth_person SET duty = ? WHERE id = ?`, duty, person)
	return err
}

func savePrefs(ctx context.Context, tx *db.Tx, account, lang, density, theme string) error {
	_, err := db.Exec(ctx, tx, `UPDATE auth_account SET lang = CASE WHEN ? <> '' THEN ? ELSE lang END,
		density = CASE WHEN ? <> '' THEN ? ELSE density END, theme = CASE WHEN ? <> '' THEN ? ELSE theme END WHERE id = ?`,
		lang, lang, density, density, theme, theme, account)
	return err
}

// endEverything ends the sessions and tokens of an account.
func endEverything(ctx context.Context, tx *db.Tx, account string) error {
	for _, table := range []string{"auth_session", "auth_token"} {
		if _, err := db.Exec(ctx, tx, `DELETE FROM `+table+` WHERE account_id = ?`, account); err != nil {
			return err
		}
	}
	return nil
}

// failuresOf gives the instants of the latest failed tries of a login from a source, newest first.
func failuresOf(ctx context.Context, tx *db.Tx, who, source string, since int64) ([]int64, error) {
	return db.All[int64](ctx, tx, `SELECT at FROM auth_failure WHERE who = ? AND source = ? AND at > ?
		ORDER BY at DESC LIMIT ?`, who, source, since, lockAfter)
}

func failuresFrom(ctx context.Context, tx *db.Tx, source string, since int64) (int64, error) {
	return db.One[int64](ctx, tx, `SELECT count(*) FROM auth_failure WHERE source = ? AND at > ?`, source, since)
}

type failureRow struct {
	ID     string `db:"id"`
	Who    string `db:"who"`
	Source string `db:"source"`
	At     int64  `db:"at"`
}

func addFailure(ctx context.Context, tx *db.Tx, who, source string, at, forget int64) error {
	if _, err := db.Exec(ctx, tx, `DELETE FROM auth_failure WHERE at < ?`, forget); err != nil {
		return err
	}
	return db.Insert(ctx, tx, "auth_failure", failureRow{tx.ID(), who, source, at})
}

// forgetFailures forgets those of one source, or of all when source is "".
func forgetFailures(ctx context.Context, tx *db.Tx, who, source string) error {
	_, err := db.Exec(ctx, tx, `DELETE FROM auth_failure WHERE who = ? AND (source = ? OR ? = '')`, who, source, source)
	return err
}
