package org

import (
	"context"
	"slices"
	"sort"
	"strings"
	"sync"

	"zhudian/internal/db"
)

// Region is a place of China by GB/T 2260, or 999000 for abroad.
type Region struct {
	Code      string `db:"code" json:"code"`
	Level     string `db:"level" json:"level"`
	Parent    string `db:"parent" json:"parent,omitempty"`
	Name      string `db:"name" json:"name"`
	ValidFrom string `db:"valid_from" json:"valid_from"`
	ValidTo   string `db:"valid_to" json:"valid_to"`
	Successor string `db:"successor" json:"successor,omitempty"`
}

// Industry is a section, division, group or class of GB/T 4754.
type Industry struct {
	Code   string `db:"code" json:"code"`
	Parent string `db:"parent" json:"parent,omitempty"`
	Level  int64  `db:"level" json:"level"` // 1 section … 4 class
	ZH     string `db:"zh" json:"zh"`
	EN     string `db:"en" json:"en,omitempty"`
}

// Title gives the name in a language.
func (i Industry) Title(lang string) string { return title(lang, i.ZH, i.EN) }

// Code is one entry of a short dated list: wheel, chain, farm_line, cooperation.
type Code struct {
	List      string `db:"list" json:"list"`
	Code      string `db:"code" json:"code"`
	ZH        string `db:"zh" json:"zh"`
	EN        string `db:"en" json:"en"`
	Sort      int64  `db:"sort_key" json:"-"`
	ValidFrom string `db:"valid_from" json:"valid_from"`
	ValidTo   string `db:"valid_to" json:"valid_to"`
}

// Title gives the name in a language.
func (c Code) Title(lang string) string { return title(lang, c.ZH, c.EN) }

// Group is one membership of a region in a group, or one dated pairing of a region with a partner.
type Group struct {
	Kind      string `db:"kind" json:"kind"`
	Code      string `db:"code" json:"code"`
	ZH        string `db:"zh" json:"zh"`
	EN        string `db:"en" json:"en"`
	Region    string `db:"region" json:"region"`
	Partner   string `db:"partner" json:"partner,omitempty"`
	ValidFrom string `db:"valid_from" json:"valid_from"`
	ValidTo   string `db:"valid_to" json:"valid_to"`
}

func title(lang, zh, en string) string {
	if lang == "en" && en != "" {
		return en
	}
	return zh
}

// span is a dated parent of a unit.
type span struct{ id, from, to string }

// Directory is the reference data as of one transaction, in memory and never changed: keep it for the length
// of that transaction, not longer.
type Directory struct {
	version    string
	units      map[string]Unit
	order      []string // unit codes, sorted
	parents    map[string][]span
	children   map[string][]span
	regions    map[string]Region
	inside     map[string][]string
	industries map[string]Industry
	indOrder   []string
	groups     []Group
	codes      []Code
	byName     *places // for Locate
}

// kept holds the last directories by version. Versions digest the content, so databases may share the map.
var kept struct {
	sync.Mutex
	list []*Directory
}

const keepDirectories = 4

// Open gives the directory as this transaction sees it; the cost is one point query when nothing changed.
func Open(ctx context.Context, tx *db.Tx) (*Directory, error) {
	version, err := db.One[string](ctx, tx, `SELECT version FROM org_version WHERE id = 1`)
	if err != nil {
		return nil, err
	}
	kept.Lock()
	for _, d := range kept.list {
		if d.version == version {
			kept.Unlock()
			return d, nil
		}
	}
	kept.Unlock()
	d, err := readDirectory(ctx, tx, version)
	if err != nil || version == "" {
		return d, err // an empty database is not worth keeping
	}
	kept.Lock()
	defer kept.Unlock()
	kept.list = append(kept.list, d)
	if len(kept.list) > keepDirectories {
		kept.list = slices.Clone(kept.list[1:])
	}
	return d, nil
}

// Unit gives a unit. Fault: NotFound "unit_unknown".
func (d *Directory) Unit(code string) (Unit, error) {
	u, ok := d.units[code]
	if !ok {
		return u, unknownUnit(code)
	}
	return u, nil
}

// UnitName gives the short name of a unit in a language; an unknown code is its own name.
func (d *Directory) UnitName(code, lang string) string {
	if u, ok := d.units[code]; ok {
		return u.Title(lang)
	}
	return code
}

// Units gives every unit that exists on a day ("" = ever), ordered by code.
func (d *Directory) Units(day string) []Unit {
	out := make([]Unit, 0, len(d.order))
	for _, c := range d.order {
		if u := d.units[c]; day == "" || u.On(day) {
			out = append(out, u)
		}
	}
	return out
}

// Children gives the units directly under a unit on a day; "" gives the roots. A unit that ended is not listed.
func (d *Directory) Children(code, day string) []Unit {
	out := []Unit{}
	if code == "" {
		for _, u := range d.Units(day) {
			if u.Parent == "" {
				out = append(out, u)
			}
		}
		return out
	}
	for _, s := range d.children[code] {
		if u := d.units[s.id]; s.from <= day && day < s.to && u.On(day) {
			out = append(out, u)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Sort < out[j].Sort })
	return out
}

// Path gives the place of a unit on a day, itself included. For a day outside the unit's own span the nearest
// day inside it counts, so a late fact still has a place. Fault: NotFound.
func (d *Directory) Path(code, day string) (Place, error) {
	var p Place
	u, err := d.Unit(code)
	if err != nil {
		return p, err
	}
	if day < u.ValidFrom {
		day = u.ValidFrom
	}
	for range 8 { // deeper than any administration; a guard against a circle
		switch u.Kind {
		case Province:
			p.Province = u.Code
		case City:
			p.City = u.Code
		case County:
			p.County = u.Code
		case Platform, Park, Office: // no rank of their own
		}
		next, ok := d.parentOn(u, day)
		if !ok {
			return p, nil
		}
		u = next
	}
	return p, nil
}

// parentOn gives the parent on a day; after a unit's end its last parent that is not its successor.
func (d *Directory) parentOn(u Unit, day string) (Unit, bool) {
	best := -1
	list := d.parents[u.Code]
	for i, s := range list {
		if s.id == u.Successor {
			continue
		}
		if s.from <= day && day < s.to {
			best = i
			break
		}
		if best < 0 || s.from > list[best].from {
			best = i
		}
	}
	if best < 0 {
		return Unit{}, false
	}
	p, ok := d.units[list[best].id]
	return p, ok
}

// ChainOf gives the ledger chain of a unit. Fault: NotFound.
func (d *Directory) ChainOf(code string) (string, error) {
	p, err := d.Path(code, Last)
	return p.Chain(), err
}

// Latest follows successors to the code in use now: 520221 gives 520204. It also folds regions.
func (d *Directory) Latest(code string) string {
	for range 8 {
		next := d.units[code].Successor
		if next == "" {
			next = d.regions[code].Successor
		}
		if next == "" {
			return code
		}
		code = next
	}
	return code
}

// Region gives a region and whether the code is known.
func (d *Directory) Region(code string) (Region, bool) {
	r, ok := d.regions[code]
	return r, ok
}

// RegionName gives the name from the province down to the region: "广东省深圳市南山区"; "" for an unknown code.
func (d *Directory) RegionName(code string) string {
	var parts []string
	for range 5 {
		r, ok := d.regions[code]
		if !ok {
			break
		}
		if !dummyName(r.Name) {
			parts = append(parts, r.Name)
		}
		code = r.Parent
	}
	slices.Reverse(parts)
	return strings.Join(parts, "")
}

func dummyName(s string) bool {
	return s == "市辖区" || s == "县" || s == "省直辖县级行政区划" || s == "自治区直辖县级行政区划"
}

// RegionsIn gives the regions directly under a region; "" gives the provinces.
func (d *Directory) RegionsIn(code string) []Region {
	out := make([]Region, 0, len(d.inside[code]))
	for _, c := range d.inside[code] {
		out = append(out, d.regions[c])
	}
	return out
}

// RegionAt gives the region of a level ("province", "city", "county") at or above a code, "" when there is none.
func (d *Directory) RegionAt(code, level string) string {
	for range 5 {
		r, ok := d.regions[code]
		if !ok {
			return ""
		}
		if r.Level == level {
			return code
		}
		code = r.Parent
	}
	return ""
}

// InGroup reports whether a region lies in a group ("pearl_delta") on a day, itself or by a region above it.
func (d *Directory) InGroup(group, region, day string) bool {
	for range 5 {
		for _, g := range d.groups {
			if g.Kind == "group" && g.Code == group && g.Region == region && g.ValidFrom <= day && day < g.ValidTo {
				return true
			}
		}
		r, ok := d.regions[region]
		if !ok || r.Parent == "" {
			return false
		}
		region = r.Parent
	}
	return false
}

// Groups gives the memberships and pairings, in the order of the data.
func (d *Directory) Groups() []Group { return slices.Clone(d.groups) }

// Partner gives the eastern city paired with the prefecture of a unit on a day, "" when there is none.
func (d *Directory) Partner(unit, day string) string {
	p, err := d.Path(unit, day)
	if err != nil {
		return ""
	}
	for _, g := range d.groups {
		if g.Kind == "pairing" && g.Region == p.City && g.ValidFrom <= day && day < g.ValidTo {
			return g.Partner
		}
	}
	return ""
}

// Industry gives an industry and whether the code is known.
func (d *Directory) Industry(code string) (Industry, bool) {
	i, ok := d.industries[code]
	return i, ok
}

// IndustryName gives the name in a language; "" for an unknown code.
func (d *Directory) IndustryName(code, lang string) string {
	return d.industries[code].Title(lang)
}

// Section gives the section letter of an industry code: C for 39; "" for an unknown code.
func (d *Directory) Section(code string) string {
	for range 4 {
		i, ok := d.industries[code]
		if !ok {
			return ""
		}
		if i.Parent == "" {
			return code
		}
		code = i.Parent
	}
	return ""
}

// IndustriesIn gives the industries directly under one; "" gives the sections.
func (d *Directory) IndustriesIn(parent string) []Industry {
	var out []Industry
	for _, c := range d.indOrder {
		if i := d.industries[c]; i.Parent == parent {
			out = append(out, i)
		}
	}
	return out
}

// Codes gives the entries of a list valid on a day ("" = ever), in their order.
func (d *Directory) Codes(list, day string) []Code {
	var out []Code
	for _, c := range d.codes {
		if c.List == list && (day == "" || c.ValidFrom <= day && day < c.ValidTo) {
			out = append(out, c)
		}
	}
	return out
}

// CodeName gives the name of a list's entry in a language; an unknown code is its own name.
func (d *Directory) CodeName(list, code, lang string) string {
	for _, c := range d.codes {
		if c.List == list && c.Code == code {
			return c.Title(lang)
		}
	}
	return code
}
