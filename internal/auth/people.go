package auth

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// AddPeople makes persons without an account, such as members of a team who never sign in, and gives their ids
// in the same order. The caller has checked the permission. Faults: the names' own, as people[i].
func AddPeople(ctx context.Context, tx *db.Tx, names []string) ([]string, error) {
	var c fault.Checks
	ids, rows := make([]string, len(names)), make([]personRow, len(names))
	for i, n := range names {
		ids[i] = tx.ID()
		rows[i] = personRow{ids[i], checkName(&c, fmt.Sprintf("people[%d]", i), n), "business", db.Micros(tx.Now())}
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	return ids, db.Insert(ctx, tx, "auth_person", rows)
}

// Names gives the names of persons by id; an unknown id is left out.
func Names(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for len(ids) > 0 {
		n := min(len(ids), 500)
		part := ids[:n]
		ids = ids[n:]
		rows, err := db.All[personRow](ctx, tx, `SELECT id, name, duty, created_at FROM auth_person WHERE id IN `+db.In(n), db.Args(part)...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.ID] = r.Name
		}
	}
	return out, nil
}

// Seed opens accounts in the caller's transaction, with the same rules as Add, roles included and no change of
// password demanded; an account without a password cannot be signed in to. It is for the system alone.
// Faults: not_allowed; the fields' own, as accounts[i].login; exists.
func (s *Service) Seed(ctx context.Context, tx *db.Tx, in []AddAccount) ([]Account, error) {
	if _, err := audit.Require(ctx, "user.seed"); err != nil {
		return nil, err
	}
	var c fault.Checks
	rows := make([]row, len(in))
	for i, a := range in {
		password := a.Password
		a.Password = "" // a demo's password is known to all and need not be good
		r, err := s.newRow(a)
		if err := c.Merge(fmt.Sprintf("accounts[%d].", i), err); err != nil {
			return nil, err
		}
		in[i].Password, rows[i] = password, r
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	s.hashAll(in, rows)
	out := make([]Account, len(in))
	notes := make([]audit.Entry, len(in))
	for i := range rows {
		if err := s.insert(ctx, tx, &rows[i], in[i].Person); err != nil {
			return nil, err
		}
		out[i] = rows[i].account()
		notes[i] = audit.Entry{Action: "user.create", Object: "account/" + rows[i].ID, After: trace(rows[i])}
	}
	return out, audit.Notes(ctx, tx, notes)
}

// noPassword is a hash that nothing matches.
const noPassword = "!"

// hashAll gives each row a hash with its own salt, on all cores.
func (s *Service) hashAll(in []AddAccount, rows []row) {
	var group sync.WaitGroup
	turns := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range in {
		rows[i].Hash = noPassword
		if in[i].Password == "" {
			continue
		}
		turns <- struct{}{}
		group.Go(func() {
			rows[i].Hash = s.opt.Cost.hash(in[i].Password)
			<-turns
		})
	}
	group.Wait()
}

// ActorFor is an account as an actor of a source that did not sign in, such as the command line's --as or the
// demo's officers. Faults: not_found, disabled.
func (s *Service) ActorFor(ctx context.Context, login, source string) (out audit.Actor, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := accountByName(ctx, tx, login)
		if err != nil {
			return err
		}
		if r.Disabled {
			return fault.New(fault.Forbidden, "disabled", "账号 "+r.Login+" 已停用。", "The account "+r.Login+" is disabled.")
		}
		out = actorOf(r, source, "")
		return nil
	})
	return out, err
}

// FindPeople gives the persons whose id or login is the text or whose name holds it, at most a hundred.
func FindPeople(ctx context.Context, tx *db.Tx, text string) ([]string, error) {
	return db.All[string](ctx, tx, `SELECT p.id FROM auth_person p WHERE p.id = ? OR p.name LIKE ? ESCAPE '\' OR EXISTS (
		SELECT 1 FROM auth_account a WHERE a.person_id = p.id AND a.login_key = ?) ORDER BY p.id LIMIT 100`, text, db.Like(text), fold(text))
}

// Holder is somebody who holds a role, and where they stand.
type Holder struct {
	Person string `db:"person_id"`
	Name   string `db:"name"`
	Unit   string `db:"unit"`
	Node   string `db:"node"`
}

// Holders lists who holds a role with an account that is not shut, by name.
func Holders(ctx context.Context, tx *db.Tx, role Role) ([]Holder, error) {
	return db.All[Holder](ctx, tx, `SELECT a.person_id, p.name, a.unit, a.node FROM auth_account a JOIN auth_person p ON p.id = a.person_id
		WHERE ',' || a.roles || ',' LIKE ? AND NOT a.disabled ORDER BY p.name, a.id`, "%,"+string(role)+",%")
}
