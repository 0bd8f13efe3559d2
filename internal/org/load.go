package org

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

//go:embed data/*.tsv
var dataFiles embed.FS

const loadedSetting = "org.data"

// Load brings the reference data of this program into the database: units that are not there yet, and the
// regions, industries, groups and code lists. It changes nothing when this data is loaded already; what an
// agency edited or imported stays.
func Load(ctx context.Context, tx *db.Tx) error {
	digest, err := dataDigest()
	if err != nil {
		return fault.Wrap(err, "read reference data")
	}
	have, err := db.Setting(ctx, tx, loadedSetting)
	if err != nil || have == digest {
		return err
	}
	for _, step := range []func(context.Context, *db.Tx) error{loadRegions, loadIndustries, loadGroups, loadCodes, loadUnits} {
		if err := step(ctx, tx); err != nil {
			return fault.Wrap(err, "load reference data")
		}
	}
	if err := touch(ctx, tx, digest); err != nil {
		return err
	}
	return db.SetSetting(ctx, tx, loadedSetting, digest)
}

func dataDigest() (string, error) {
	list, err := dataFiles.ReadDir("data")
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, f := range list {
		raw, err := dataFiles.ReadFile("data/" + f.Name())
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n", f.Name(), len(raw))
		h.Write(raw)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// table reads one of our own tab-separated files: comment lines, a head, then rows of the same width.
func table(name string) ([][]string, error) {
	raw, err := dataFiles.ReadFile("data/" + name)
	if err != nil {
		return nil, err
	}
	var out [][]string
	width := 0
	for line := range bytes.Lines(raw) {
		text := strings.TrimRight(string(line), "\r\n")
		if strings.HasPrefix(text, "#") || text == "" {
			continue
		}
		cells := strings.Split(text, "\t")
		if width == 0 {
			width = len(cells)
			continue
		}
		if len(cells) != width {
			return nil, fmt.Errorf("%s: %d cells in %q", name, len(cells), text)
		}
		out = append(out, cells)
	}
	return out, nil
}

// fresh keeps the rows whose key the table does not hold yet.
func fresh[T any](ctx context.Context, tx *db.Tx, keys string, rows []T, key func(T) string) ([]T, error) {
	have := map[string]bool{}
	err := db.Each(ctx, tx, keys, nil, func(k string) error {
		have[k] = true
		return nil
	})
	return slices.DeleteFunc(rows, func(r T) bool { return have[key(r)] }), err
}

func loadRegions(ctx context.Context, tx *db.Tx) error {
	changed, err := table("region-changes.tsv")
	if err != nil {
		return err
	}
	var rows []Region
	dated := map[string]bool{}
	for _, c := range changed {
		dated[c[0]] = true
		rows = append(rows, Region{Code: c[0], Level: c[1], Parent: c[2], Name: c[3], ValidFrom: c[4], ValidTo: c[5], Successor: c[6]})
	}
	plain, err := table("regions.tsv")
	if err != nil {
		return err
	}
	for _, c := range plain {
		if !dated[c[0]] {
			rows = append(rows, Region{Code: c[0], Level: c[1], Parent: c[2], Name: c[3], ValidFrom: First, ValidTo: Last})
		}
	}
	if rows, err = fresh(ctx, tx, `SELECT code FROM org_region`, rows, func(r Region) string { return r.Code }); err != nil {
		return err
	}
	return db.Insert(ctx, tx, "org_region", rows)
}

func loadIndustries(ctx context.Context, tx *db.Tx) error {
	list, err := table("industries.tsv")
	if err != nil {
		return err
	}
	var rows []Industry
	for _, c := range list {
		rows = append(rows, Industry{Code: c[0], Parent: c[1], Level: industryLevel(c[0]), ZH: c[2], EN: c[3]})
	}
	if rows, err = fresh(ctx, tx, `SELECT code FROM org_industry`, rows, func(i Industry) string { return i.Code }); err != nil {
		return err
	}
	return db.Insert(ctx, tx, "org_industry", rows)
}

// industryLevel tells the level by the code: C, 39, 391, 3911.
func industryLevel(code string) int64 {
	return int64(len(code))
}

func loadGroups(ctx context.Context, tx *db.Tx) error {
	list, err := table("groups.tsv")
	if err != nil {
		return err
	}
	var rows []Group
	for _, c := range list {
		rows = append(rows, Group{Kind: c[0], Code: c[1], ZH: c[2], EN: c[3], Region: c[4], Partner: c[5], ValidFrom: c[6], ValidTo: c[7]})
	}
	rows, err = fresh(ctx, tx, `SELECT kind || '/' || code || '/' || region || '/' || partner || '/' || valid_from FROM org_group`, rows, func(g Group) string {
		return g.Kind + "/" + g.Code + "/" + g.Region + "/" + g.Partner + "/" + g.ValidFrom
	})
	if err != nil {
		return err
	}
	return db.Insert(ctx, tx, "org_group", rows)
}

func loadCodes(ctx context.Context, tx *db.Tx) error {
	list, err := table("codes.tsv")
	if err != nil {
		return err
	}
	var rows []Code
	for i, c := range list {
		rows = append(rows, Code{List: c[0], Code: c[1], ZH: c[2], EN: c[3], ValidFrom: c[4], ValidTo: c[5], Sort: int64(i)})
	}
	rows, err = fresh(ctx, tx, `SELECT list || '/' || code || '/' || valid_from FROM org_code`, rows, func(c Code) string {
		return c.List + "/" + c.Code + "/" + c.ValidFrom
	})
	if err != nil {
		return err
	}
	return db.Insert(ctx, tx, "org_code", rows)
}

func loadUnits(ctx context.Context, tx *db.Tx) error {
	list, err := table("units.tsv")
	if err != nil {
		return err
	}
	units := make([]Unit, 0, len(list))
	for _, c := range list {
		units = append(units, Unit{
			Code: c[0], Kind: Kind(c[1]), Parent: c[2], Name: c[3], Short: c[4], Agency: c[5], EN: c[6],
			Region: c[7], ValidFrom: c[8], ValidTo: c[9], Successor: c[10], Sort: c[0], Version: 1,
		})
	}
	links := linksOf(units)
	rows, err := fresh(ctx, tx, `SELECT code FROM org_unit`, units, func(u Unit) string { return u.Code })
	if err != nil {
		return err
	}
	isNew := map[string]bool{}
	nodes := make([]node, 0, len(rows))
	for _, u := range rows {
		isNew[u.Code] = true
		nodes = append(nodes, node{ID: u.Code, Kind: "unit"})
	}
	links = slices.DeleteFunc(links, func(l Link) bool { return !isNew[l.Child] })
	if err := db.Insert(ctx, tx, "org_unit", rows); err != nil {
		return err
	}
	if err := insertNodes(ctx, tx, nodes); err != nil {
		return err
	}
	if err := insertLinks(ctx, tx, links); err != nil {
		return err
	}
	return refreshNodes(ctx, tx, nodes)
}

// linksOf gives the dated edges of a list of units. Under a unit that took over from another, its parts
// belonged to the predecessor before; a unit that ended lies under its successor from that day on, so that
// whoever took over still sees its records.
func linksOf(units []Unit) []Link {
	byCode := map[string]Unit{}
	before := map[string]Unit{}
	for _, u := range units {
		byCode[u.Code] = u
		if u.Successor != "" {
			before[u.Successor] = u
		}
	}
	var out []Link
	add := func(parent, child, from, to string) {
		if parent != "" && from < to {
			out = append(out, Link{parent, child, from, to})
		}
	}
	for _, u := range units {
		end := Last
		if u.Successor != "" {
			end = u.ValidTo
			add(u.Successor, u.Code, u.ValidTo, Last)
		}
		p := byCode[u.Parent]
		if old, ok := before[p.Code]; ok && p.Code != "" {
			add(old.Code, u.Code, max(u.ValidFrom, old.ValidFrom), old.ValidTo)
		}
		add(u.Parent, u.Code, max(u.ValidFrom, p.ValidFrom), end)
	}
	return out
}

// refreshNodes computes the closure of many nodes at once.
func refreshNodes(ctx context.Context, tx *db.Tx, nodes []node) error {
	above := map[string][]Link{}
	err := db.Each(ctx, tx, `SELECT parent, child, valid_from, valid_to FROM org_edge`, nil, func(l Link) error {
		above[l.Child] = append(above[l.Child], l)
		return nil
	})
	if err != nil {
		return err
	}
	w := &walk{parents: func(child string) ([]Link, error) { return above[child], nil }}
	ids := make([]string, 0, len(nodes))
	var rows []scopeRow
	for _, n := range nodes {
		list, err := w.rows(n.ID)
		if err != nil {
			return err
		}
		ids, rows = append(ids, n.ID), append(rows, list...)
	}
	return replaceScope(ctx, tx, ids, rows)
}
