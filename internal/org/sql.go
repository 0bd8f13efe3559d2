package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sort"

	"zhudian/internal/db"
)

type node struct {
	ID   string `db:"id"`
	Kind string `db:"kind"`
}

type scopeRow struct {
	Root string `db:"root_id"`
	Node string `db:"node_id"`
	From string `db:"valid_from"`
	To   string `db:"valid_to"`
}

func insertNodes(ctx context.Context, tx *db.Tx, list []node) error {
	return db.Insert(ctx, tx, "org_node", list)
}

func insertLinks(ctx context.Context, tx *db.Tx, list []Link) error {
	return db.Insert(ctx, tx, "org_edge", list)
}

func hasNode(ctx context.Context, tx *db.Tx, id string) (bool, error) {
	_, ok, err := db.Maybe[string](ctx, tx, `SELECT id FROM org_node WHERE id = ?`, id)
	return ok, err
}

func linksAbove(ctx context.Context, tx *db.Tx, child string) ([]Link, error) {
	return db.All[Link](ctx, tx, `SELECT parent, child, valid_from, valid_to FROM org_edge WHERE child = ?`, child)
}

func endLinks(ctx context.Context, tx *db.Tx, parent, child, day string) error {
	if _, err := db.Exec(ctx, tx, `DELETE FROM org_edge WHERE parent = ? AND child = ? AND valid_from >= ?`, parent, child, day); err != nil {
		return err
	}
	_, err := db.Exec(ctx, tx, `UPDATE org_edge SET valid_to = ? WHERE parent = ? AND child = ? AND valid_to > ?`, day, parent, child, day)
	return err
}

// descendants gives a node and everything that ever was under it.
func descendants(ctx context.Context, tx *db.Tx, id string) ([]string, error) {
	return db.All[string](ctx, tx, `WITH RECURSIVE below (id) AS (
			SELECT CAST(? AS TEXT) UNION SELECT e.child FROM org_edge e JOIN below b ON e.parent = b.id)
		SELECT id FROM below`, id)
}

func replaceScope(ctx context.Context, tx *db.Tx, nodes []string, rows []scopeRow) error {
	for _, n := range nodes {
		if _, err := db.Exec(ctx, tx, `DELETE FROM org_scope WHERE node_id = ?`, n); err != nil {
			return err
		}
	}
	sort.Slice(rows, func(i, j int) bool {
		a, b := rows[i], rows[j]
		return a.Root < b.Root || a.Root == b.Root && (a.Node < b.Node || a.Node == b.Node && a.From < b.From)
	})
	return db.Insert(ctx, tx, "org_scope", rows)
}

func inScope(ctx context.Context, tx *db.Tx, root, node, day string) (bool, error) {
	_, ok, err := db.Maybe[string](ctx, tx, `SELECT node_id FROM org_scope
		WHERE root_id = ? AND node_id = ? AND valid_from <= ? AND valid_to > ?`, root, node, day, day)
	return ok, err
}

// touch gives the reference data a new version: a digest of the old one and of what changed.
func touch(ctx context.Context, tx *db.Tx, change any) error {
	old, err := db.One[string](ctx, tx, `UPDATE org_version SET version = version WHERE id = 1 RETURNING version`)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(change)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(append([]byte(old+"\n"), raw...))
	_, err = db.Exec(ctx, tx, `UPDATE org_version SET version = ? WHERE id = 1`, hex.EncodeToString(sum[:]))
	return err
}

const unitColumns = `code, kind, parent, name, short, agency, en, region, valid_from, valid_to, successor, sort_key, version`

func unitRow(ctx context.Context, tx *db.Tx, code string) (Unit, bool, error) {
	return db.Maybe[Unit](ctx, tx, `SELECT `+unitColumns+` FROM org_unit WHERE code = ?`, code)
}

// saveUnit writes the columns that may change; false when somebody else saved first.
func saveUnit(ctx context.Context, tx *db.Tx, u Unit, seen int64) (bool, error) {
	n, err := db.Exec(ctx, tx, `UPDATE org_unit SET kind = ?, parent = ?, name = ?, short = ?, agency = ?, en = ?, region = ?,
			valid_from = ?, valid_to = ?, successor = ?, sort_key = ?, version = version + 1
		WHERE code = ? AND version = ?`,
		u.Kind, u.Parent, u.Name, u.Short, u.Agency, u.EN, u.Region, u.ValidFrom, u.ValidTo, u.Successor, u.Sort, u.Code, seen)
	return n == 1, err
}

func readDirectory(ctx context.Context, tx *db.Tx, version string) (*Directory, error) {
	d := &Directory{
		version: version, units: map[string]Unit{}, parents: map[string][]span{}, children: map[string][]span{},
		regions: map[string]Region{}, inside: map[string][]string{}, industries: map[string]Industry{},
	}
	err := db.Each(ctx, tx, `SELECT `+unitColumns+` FROM org_unit ORDER BY sort_key, code`, nil, func(u Unit) error {
		d.units[u.Code] = u
		d.order = append(d.order, u.Code)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = db.Each(ctx, tx, `SELECT e.parent, e.child, e.valid_from, e.valid_to FROM org_edge e
		JOIN org_unit c ON c.code = e.child JOIN org_unit p ON p.code = e.parent ORDER BY e.parent, e.child, e.valid_from`, nil, func(l Link) error {
		d.parents[l.Child] = append(d.parents[l.Child], span{l.Parent, l.From, l.To})
		d.children[l.Parent] = append(d.children[l.Parent], span{l.Child, l.From, l.To})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = db.Each(ctx, tx, `SELECT code, level, parent, name, valid_from, valid_to, successor FROM org_region ORDER BY code`, nil, func(r Region) error {
		d.regions[r.Code] = r
		d.inside[r.Parent] = append(d.inside[r.Parent], r.Code)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = db.Each(ctx, tx, `SELECT code, parent, level, zh, en FROM org_industry ORDER BY level, code`, nil, func(i Industry) error {
		d.industries[i.Code] = i
		d.indOrder = append(d.indOrder, i.Code)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if d.groups, err = db.All[Group](ctx, tx, `SELECT kind, code, zh, en, region, partner, valid_from, valid_to
		FROM org_group ORDER BY kind, code, region, valid_from`); err != nil {
		return nil, err
	}
	d.codes, err = db.All[Code](ctx, tx, `SELECT list, code, zh, en, sort_key, valid_from, valid_to FROM org_code ORDER BY list, sort_key, valid_from`)
	d.byName = indexPlaces(d)
	return d, err
}
