package ticket

import (
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

const columns = `t.id, t.receipt, t.kind, t.title, t.body, t.company_id, t.project_id, t.investor_id, t.contact_id, t.source, t.unit_id, t.state, t.filed_at, t.filed_on,
	t.first_due_at, t.first_at, t.due_on, t.answered_by, t.answered_on, t.closed_on, t.rating, t.escalated, t.reopened, t.follows, t.created_by, t.version`

// visible limits to what the actor may see: an investor to their own, staff to the units under them and to what they
// took in themselves.
func visible(tx *db.Tx, who audit.Actor) (string, []any) {
	if investor(who) {
		return `t.investor_id = ?`, []any{who.Person}
	}
	return `(t.created_by = ? OR EXISTS (SELECT 1 FROM org_scope o WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = t.unit_id))`,
		[]any{who.Person, who.Node, tx.Today(), tx.Today()}
}

// seen gives a request that the actor may see; absent and out of scope look alike.
func seen(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Ticket, error) {
	cond, args := visible(tx, who)
	t, err := db.One[Ticket](ctx, tx, `SELECT `+columns+` FROM ticket_ticket t WHERE t.id = ? AND `+cond, append([]any{id}, args...)...)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "not_found", "没有这一页，或不在您的范围内。", "No such page, or it is outside your scope.")
	}
	return t, err
}

// InScope gives the title of a request that the actor may see, for other packages. Fault: not_found.
func InScope(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (string, error) {
	t, err := seen(ctx, tx, who, id)
	return t.Title, err
}

func stepsOf(ctx context.Context, tx *db.Tx, id string, all bool) ([]Step, error) {
	cond := ""
	if !all {
		cond = " AND NOT inside"
	}
	return db.All[Step](ctx, tx, `SELECT id, ticket_id, kind, body, inside, from_unit, to_unit, rating, person_id, unit_id, at FROM ticket_step WHERE ticket_id = ?`+cond+` ORDER BY at DESC, id DESC`, id)
}

func list(ctx context.Context, tx *db.Tx, who audit.Actor, in Filter, key []string, size int) ([]Ticket, error) {
	cond, args := visible(tx, who)
	where := []string{cond}
	add := func(text string, vs ...any) { where, args = append(where, text), append(args, vs...) }
	switch in.State {
	case "", "live":
		add("t.state IN ('open', 'answered')")
	case "all":
	default:
		add("t.state = ?", in.State)
	}
	now := db.Micros(tx.Now())
	switch in.Clock {
	case "late":
		add("t.state = 'open' AND (t.due_on < ? OR t.first_at = 0 AND t.first_due_at < ?)", tx.Today(), now)
	case "soon":
		add("t.state = 'open' AND t.due_on >= ? AND t.due_on <= ? AND NOT (t.first_at = 0 AND t.first_due_at < ?)", tx.Today(), daysFrom(tx.Today(), 3), now)
	case "unanswered":
		add("t.state = 'open' AND t.first_at = 0")
	}
	for col, v := range map[string]string{"t.kind": in.Kind, "t.company_id": in.Company, "t.unit_id": in.Unit} {
		if v != "" {
			add(col+" = ?", v)
		}
	}
	if q := strings.TrimSpace(in.Q); q != "" {
		add(`(t.title LIKE ? ESCAPE '\' OR t.receipt LIKE ? ESCAPE '\')`, db.Like(q), db.Like(strings.ToUpper(q)))
	}
	if key != nil {
		add("(t.due_on, t.id) > (?, ?)", key[0], key[1])
	}
	return db.All[Ticket](ctx, tx, `SELECT `+columns+` FROM ticket_ticket t WHERE `+strings.Join(where, " AND ")+` ORDER BY t.due_on, t.id LIMIT ?`, append(args, size)...)
}
