package field

import (
	"context"
	"strings"

	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// clauses gathers conditions and their arguments.
type clauses struct {
	text []string
	args []any
}

func (c *clauses) add(text string, args ...any) {
	c.text = append(c.text, text)
	c.args = append(c.args, args...)
}

// is adds an equality, if there is a value to be equal to.
func (c *clauses) is(column, value string) {
	if value != "" {
		c.add(column+" = ?", value)
	}
}

func (c *clauses) sql() string {
	if len(c.text) == 0 {
		return "1 = 1"
	}
	return strings.Join(c.text, " AND ")
}

// named adds a search for companies, by name, pinyin or code.
func (c *clauses) named(engine db.Engine, column, q string) {
	if q = strings.TrimSpace(q); q == "" {
		return
	}
	query, args, ok := company.Named(engine, q)
	if !ok {
		c.add("1 = 0")
		return
	}
	c.add(column+` IN (`+query+`)`, args...)
}

// month adds that a day lies in a month, or in a year.
func (c *clauses) month(column, month string) {
	if month != "" {
		c.add(column+" >= ? AND "+column+" <= ?", month+"-01", month+"-31")
	}
}

// claimed adds a condition on the claim c of a record.
func (c *clauses) claimed(state string) {
	switch state {
	case "":
	case "none":
		c.add("c.id IS NULL")
	case "recognised":
		c.add("c.standing_round > 0")
	case "correcting":
		c.add("c.standing_round > 0 AND c.standing_round <> c.round AND c.state IN ('filed', 'reviewed')")
	default:
		c.add("c.standing_round = 0 AND c.state = ?", state)
	}
}

// scoped is the join that limits a list to what lies under a node; arguments: root, today, today.
const scoped = ` JOIN org_scope o ON o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = `

const claimOf = ` LEFT JOIN verify_claim c ON c.subject = `

func visitInScope(ctx context.Context, tx *db.Tx, root, id string) (Visit, error) {
	v, err := db.One[Visit](ctx, tx, `SELECT `+visitColumns+` FROM field_visit v`+scoped+`v.node_id WHERE v.id = ?`, root, tx.Today(), tx.Today(), id)
	return v, absent(err)
}

// tourInScope: the team that brings it and the unit that receives it both see a tour.
func tourInScope(ctx context.Context, tx *db.Tx, root, id string) (Tour, error) {
	t, err := db.One[Tour](ctx, tx, `SELECT `+tourColumns+` FROM field_tour t WHERE t.id = ? AND EXISTS (SELECT 1 FROM org_scope o
		WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id IN (t.node_id, t.receiver))`, id, root, tx.Today(), tx.Today())
	return t, absent(err)
}

func eventInScope(ctx context.Context, tx *db.Tx, root, id string) (Event, error) {
	e, err := db.One[Event](ctx, tx, `SELECT `+eventColumns+` FROM field_event e`+scoped+`e.node_id WHERE e.id = ?`, root, tx.Today(), tx.Today(), id)
	return e, absent(err)
}

func absent(err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "not_found", "没有这一页，或不在您的范围内。", "No such page, or it is outside your scope.")
	}
	return err
}

// teamsOfVisit gives the teams of a visit, the lead first.
func teamsOfVisit(ctx context.Context, tx *db.Tx, id string) ([]visitTeam, error) {
	return db.All[visitTeam](ctx, tx, `SELECT visit_id, team_id, line, company_id, day, share FROM field_visit_team WHERE visit_id = ? ORDER BY line`, id)
}

func peopleOfVisit(ctx context.Context, tx *db.Tx, id string) ([]Officer, error) {
	type row struct {
		Person string `db:"person_id"`
		Name   string `db:"name"`
	}
	var out []Officer
	err := db.Each(ctx, tx, `SELECT person_id, name FROM field_visit_person WHERE visit_id = ? ORDER BY person_id`, []any{id}, func(r row) error {
		if strings.HasPrefix(r.Person, "name ") {
			r.Person = ""
		}
		out = append(out, Officer(r))
		return nil
	})
	return out, err
}

// posted notes that a client sent a content under an id; it reports true when that was sent before.
// Fault: id_reused, when it was with other content.
func posted(ctx context.Context, tx *db.Tx, id, hash string) (bool, error) {
	if id == "" {
		return false, nil
	}
	n, err := db.Exec(ctx, tx, `INSERT INTO field_posted (id, body_hash) VALUES (?, ?) ON CONFLICT (id) DO NOTHING`, id, hash)
	if err != nil || n > 0 {
		return false, err
	}
	old, err := db.One[string](ctx, tx, `SELECT body_hash FROM field_posted WHERE id = ?`, id)
	if err != nil {
		return true, err
	}
	return true, sameBody(old, hash)
}

// EventTitle is an event as others choose it.
type EventTitle struct {
	ID   string `db:"id" json:"id"`
	Name string `db:"name" json:"name"`
	Day  string `db:"day" json:"day"`
}

// EventTitles lists events by day, the latest first; with ids only those.
func EventTitles(ctx context.Context, tx *db.Tx, ids ...string) ([]EventTitle, error) {
	if len(ids) > 0 {
		return db.All[EventTitle](ctx, tx, `SELECT id, name, day FROM field_event WHERE id IN `+db.In(len(ids)), db.Args(ids)...)
	}
	return db.All[EventTitle](ctx, tx, `SELECT id, name, day FROM field_event ORDER BY day DESC, id DESC LIMIT 200`)
}
