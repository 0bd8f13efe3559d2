package directive

import (
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

const columns = `d.id, d.number, d.title, d.body, d.subject, d.leader_id, d.node_id, d.issued_on, d.due_on, d.state, d.progress, d.moved_on,
	d.reported_by, d.reported_on, d.closed_by, d.closed_on, d.created_by, d.created_at, d.version`

// light is the rule of the lights, in one place: red is late, yellow is due within three days or has not moved for
// seven. What was reported in time is green while it waits to be accepted. Arguments: lightArgs.
const light = `CASE WHEN d.state IN ('closed', 'cancelled') THEN 'none'
	WHEN d.state = 'reported' THEN CASE WHEN d.reported_on > d.due_on THEN 'red' ELSE 'green' END
	WHEN d.due_on < ? THEN 'red' WHEN d.due_on <= ? OR d.moved_on <= ? THEN 'yellow' ELSE 'green' END`

func lightArgs(tx *db.Tx) []any {
	return []any{tx.Today(), daysFrom(tx.Today(), soonDays), daysFrom(tx.Today(), -staleDays)}
}

// visible limits to what an owner in one's scope carries out, and to what leaders in one's scope asked for.
// Arguments: visibleArgs.
const visible = `(EXISTS (SELECT 1 FROM org_scope o WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = d.node_id)
	OR EXISTS (SELECT 1 FROM directive_owner w JOIN org_scope o ON o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = w.node_id WHERE w.directive_id = d.id))`

func visibleArgs(tx *db.Tx, root string) []any {
	return []any{root, tx.Today(), tx.Today(), root, tx.Today(), tx.Today()}
}

func inScope(ctx context.Context, tx *db.Tx, root, id string) (Directive, error) {
	d, err := db.One[Directive](ctx, tx, `SELECT `+columns+` FROM directive_directive d WHERE d.id = ? AND `+visible, append([]any{id}, visibleArgs(tx, root)...)...)
	return d, absent(err)
}

func absent(err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "not_found", "没有这一页，或不在您的范围内。", "No such page, or it is outside your scope.")
	}
	return err
}

func ownersOf(ctx context.Context, tx *db.Tx, id string) ([]Owner, error) {
	return db.All[Owner](ctx, tx, `SELECT directive_id, node_id, leads FROM directive_owner WHERE directive_id = ? ORDER BY leads DESC, node_id`, id)
}

func stepsOf(ctx context.Context, tx *db.Tx, id string) ([]Step, error) {
	steps, err := db.All[Step](ctx, tx, `SELECT id, directive_id, kind, body, progress, due_on, person_id, unit_id, at FROM directive_step WHERE directive_id = ? ORDER BY at DESC, id DESC`, id)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, st := range steps {
		at[st.ID] = i
	}
	err = db.Each(ctx, tx, `SELECT id, step_id, directive_id, blob, name, type, size FROM directive_file WHERE directive_id = ? ORDER BY id`, []any{id}, func(f File) error {
		i := at[f.Step]
		steps[i].Files = append(steps[i].Files, f)
		return nil
	})
	return steps, err
}

// list reads one part of a list, the nearest deadline first.
func list(ctx context.Context, tx *db.Tx, who audit.Actor, in Filter, key []string, size int) ([]Listed, error) {
	where, args := []string{visible}, append(lightArgs(tx), visibleArgs(tx, who.Node)...)
	add := func(text string, vs ...any) { where, args = append(where, text), append(args, vs...) }
	switch in.State {
	case "", "live":
		add("d.state IN ('open', 'reported')")
	case "all":
	default:
		add("d.state = ?", in.State)
	}
	if in.Leader != "" {
		add("d.leader_id = ?", in.Leader)
	}
	if in.Subject != "" {
		add("d.subject = ?", in.Subject)
	}
	if in.Owner != "" {
		add("EXISTS (SELECT 1 FROM directive_owner w WHERE w.directive_id = d.id AND w.node_id = ?)", in.Owner)
	}
	if q := strings.TrimSpace(in.Q); q != "" {
		add(`(d.title LIKE ? ESCAPE '\' OR d.number LIKE ? ESCAPE '\')`, db.Like(q), db.Like(q))
	}
	if key != nil {
		add("(d.due_on, d.id) > (?, ?)", key[0], key[1])
	}
	outer := ""
	if in.Light != "" {
		outer = " WHERE x.light = ?"
		args = append(args, in.Light)
	}
	return db.All[Listed](ctx, tx, `SELECT * FROM (SELECT `+columns+`, `+light+` AS light,
		(SELECT w.node_id FROM directive_owner w WHERE w.directive_id = d.id AND w.leads) AS lead_node
		FROM directive_directive d WHERE `+strings.Join(where, " AND ")+`) x`+outer+` ORDER BY x.due_on, x.id LIMIT ?`, append(args, size)...)
}

func tripInScope(ctx context.Context, tx *db.Tx, root, id string) (Trip, error) {
	t, err := db.One[Trip](ctx, tx, `SELECT `+tripColumns+` FROM directive_trip t JOIN org_scope o ON o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = t.node_id
		WHERE t.id = ?`, root, tx.Today(), tx.Today(), id)
	if err != nil {
		return t, absent(err)
	}
	list := []Trip{t}
	err = withCompanies(ctx, tx, list)
	return list[0], err
}

func trips(ctx context.Context, tx *db.Tx, who audit.Actor, in TripFilter, key []string, size int) ([]Trip, error) {
	where, args := []string{"1 = 1"}, []any{who.Node, tx.Today(), tx.Today()}
	add := func(text string, vs ...any) { where, args = append(where, text), append(args, vs...) }
	if in.Leader != "" {
		add("t.leader_id = ?", in.Leader)
	}
	if in.Kind != "" {
		add("t.kind = ?", in.Kind)
	}
	if in.Year != "" {
		add("t.day >= ? AND t.day <= ?", in.Year+"-01-01", in.Year+"-12-31")
	}
	if key != nil {
		add("(t.day, t.id) < (?, ?)", key[0], key[1])
	}
	out, err := db.All[Trip](ctx, tx, `SELECT `+tripColumns+` FROM directive_trip t JOIN org_scope o ON o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = t.node_id
		WHERE `+strings.Join(where, " AND ")+` ORDER BY t.day DESC, t.id DESC LIMIT ?`, append(args, size)...)
	if err != nil {
		return nil, err
	}
	return out, withCompanies(ctx, tx, out)
}

func withCompanies(ctx context.Context, tx *db.Tx, list []Trip) error {
	if len(list) == 0 {
		return nil
	}
	at, ids := map[string]int{}, []string{}
	for i, t := range list {
		at[t.ID], ids = i, append(ids, t.ID)
	}
	type row struct {
		Trip    string `db:"trip_id"`
		Company string `db:"company_id"`
	}
	return db.Each(ctx, tx, `SELECT trip_id, company_id FROM directive_trip_company WHERE trip_id IN `+db.In(len(ids))+` ORDER BY trip_id, company_id`, db.Args(ids), func(r row) error {
		list[at[r.Trip]].Companies = append(list[at[r.Trip]].Companies, r.Company)
		return nil
	})
}

// leadersIn lists the leaders whose directives and trips lie in one's scope.
func leadersIn(ctx context.Context, tx *db.Tx, root string) ([]auth.Holder, error) {
	all, err := auth.Holders(ctx, tx, auth.Leader)
	if err != nil {
		return nil, err
	}
	out := []auth.Holder{}
	for _, l := range all {
		ok, err := org.InScope(ctx, tx, root, l.Node)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, l)
		}
	}
	return out, nil
}

// fileInScope gives a file of a directive that the actor may see.
func (s *Service) fileInScope(ctx context.Context, id string) (out File, err error) {
	who, err := audit.Require(ctx, "directive.read")
	if err != nil {
		return out, err
	}
	return out, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = db.One[File](ctx, tx, `SELECT id, step_id, directive_id, blob, name, type, size FROM directive_file WHERE id = ?`, id)
		if err != nil {
			return absent(err)
		}
		_, err = inScope(ctx, tx, who.Node, out.Directive)
		return err
	})
}

// nodesInScope lists the units and stations under the actor, the highest first.
func (s *Service) nodesInScope(ctx context.Context) (out []string, err error) {
	who, err := audit.Require(ctx, "directive.issue")
	if err != nil {
		return nil, err
	}
	return out, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = db.All[string](ctx, tx, `SELECT n.id FROM org_scope o JOIN org_node n ON n.id = o.node_id AND n.kind IN ('unit', 'station')
			WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? ORDER BY n.kind, n.id`, who.Node, tx.Today(), tx.Today())
		return err
	})
}
