package org

import (
	"context"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Service holds the use cases on places and code lists.
type Service struct {
	DB *db.DB
}

func (s *Service) directory(ctx context.Context) (d *Directory, today string, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		today = tx.Today()
		d, err = Open(ctx, tx)
		return err
	})
	return d, today, err
}

// UnitQuery asks for units that exist on a day (default today): the children of Parent, or all.
type UnitQuery struct {
	Day    string `query:"day" json:"day,omitempty" format:"date"`
	Parent string `query:"parent" json:"parent,omitempty" maxLength:"32"`
	Kind   string `query:"kind" json:"kind,omitempty" enum:"province,city,county,platform,park,office"`
}

// UnitList is a list of units.
type UnitList struct {
	Items []Unit `json:"items"`
}

// Units lists units in the order of their codes.
func (s *Service) Units(ctx context.Context, in UnitQuery) (UnitList, error) {
	out := UnitList{Items: []Unit{}}
	d, today, err := s.directory(ctx)
	if err != nil {
		return out, err
	}
	if in.Day == "" {
		in.Day = today
	}
	list := d.Units(in.Day)
	if in.Parent != "" {
		if _, err := d.Unit(in.Parent); err != nil {
			return out, err
		}
		list = d.Children(in.Parent, in.Day)
	}
	for _, u := range list {
		if in.Kind == "" || string(u.Kind) == in.Kind {
			out.Items = append(out.Items, u)
		}
	}
	return out, nil
}

// SaveUnit is the input of the use case of that name. Version 0 adds a unit. A change of parent takes effect
// on Since, by default today; before it the unit stays where it was.
type SaveUnit struct {
	Unit
	Since string `json:"since,omitempty" format:"date"`
}

// SaveUnit adds or changes a unit. Faults: Invalid per field, "scope_circle"; Conflict "exists", "stale".
func (s *Service) SaveUnit(ctx context.Context, in SaveUnit) (out Unit, err error) {
	if _, err := audit.Require(ctx, "org.edit"); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, _, err = saveOne(ctx, tx, in)
		return err
	})
	return out, err
}

// saveOne stores one unit and reports what it did: created, updated or unchanged.
func saveOne(ctx context.Context, tx *db.Tx, in SaveUnit) (Unit, string, error) {
	u, err := in.check(ctx, tx)
	if err != nil {
		return u, "", err
	}
	if in.Since == "" {
		in.Since = tx.Today()
	}
	old, known, err := unitRow(ctx, tx, u.Code)
	if err != nil {
		return u, "", err
	}
	if !known {
		u.Version = 1
		if err := db.Insert(ctx, tx, "org_unit", u); err != nil {
			return u, "", err
		}
		if err := AddNode(ctx, tx, u.Code, "unit", u.links()...); err != nil {
			return u, "", err
		}
		if err := touch(ctx, tx, u); err != nil {
			return u, "", err
		}
		return u, "created", audit.Note(ctx, tx, "unit.create", "unit/"+u.Code, nil, u)
	}
	if in.Version == 0 {
		return old, "", fault.New(fault.Conflict, "exists", "编码 "+u.Code+" 已用于“"+old.Name+"”。", "The code "+u.Code+" is taken by “"+old.Name+"”.")
	}
	u.Version = old.Version
	if u == old {
		return old, "unchanged", nil
	}
	ok, err := saveUnit(ctx, tx, u, in.Version)
	if err == nil && !ok {
		err = fault.New(fault.Conflict, "stale", "您打开之后别人改过这个单位，请刷新后再改。", "Somebody changed this unit after you opened it; reload.")
	}
	if err != nil {
		return old, "", err
	}
	if err := relink(ctx, tx, old, u, in.Since); err != nil {
		return old, "", err
	}
	u.Version++
	if err := touch(ctx, tx, u); err != nil {
		return u, "", err
	}
	return u, "updated", audit.Note(ctx, tx, "org.edit", "unit/"+u.Code, old, u)
}

// links are the edges above a unit: its parent while it lasts, its successor from then on.
func (u Unit) links() []Link {
	var out []Link
	if u.Parent != "" {
		out = append(out, Link{Parent: u.Parent, From: u.ValidFrom, To: u.linkEnd()})
	}
	if u.Successor != "" && u.ValidTo != Last {
		out = append(out, Link{Parent: u.Successor, From: u.ValidTo, To: Last})
	}
	return out
}

// linkEnd is when the parent stops seeing a unit: when a successor takes over. A unit that simply ended stays
// in sight with its records.
func (u Unit) linkEnd() string {
	if u.Successor != "" {
		return u.ValidTo
	}
	return Last
}

// relink moves the edges of a unit when its parent, end or successor changed.
func relink(ctx context.Context, tx *db.Tx, old, u Unit, since string) error {
	if old.Parent != u.Parent {
		if old.Parent != "" {
			if err := Disconnect(ctx, tx, old.Parent, u.Code, since); err != nil {
				return err
			}
		}
		if u.Parent != "" {
			if err := Connect(ctx, tx, Link{Parent: u.Parent, Child: u.Code, From: max(since, u.ValidFrom), To: u.linkEnd()}); err != nil {
				return err
			}
		}
	}
	if old.Successor == u.Successor && old.ValidTo == u.ValidTo {
		return nil
	}
	if old.Successor != "" {
		if err := Disconnect(ctx, tx, old.Successor, u.Code, First); err != nil {
			return err
		}
	}
	if u.Successor == "" {
		return nil
	}
	if u.Parent != "" {
		if err := Disconnect(ctx, tx, u.Parent, u.Code, u.ValidTo); err != nil {
			return err
		}
	}
	if u.ValidTo == Last {
		return nil
	}
	return Connect(ctx, tx, Link{Parent: u.Successor, Child: u.Code, From: u.ValidTo, To: Last})
}

func (in SaveUnit) check(ctx context.Context, tx *db.Tx) (Unit, error) {
	u := in.Unit
	d, err := Open(ctx, tx)
	if err != nil {
		return u, err
	}
	var c fault.Checks
	u.Code, u.Name = strings.TrimSpace(u.Code), strings.TrimSpace(u.Name)
	c.Require("code", u.Code, "编码", "The code")
	c.Require("name", u.Name, "名称", "The name")
	if strings.Trim(u.Code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" || len(u.Code) > 32 {
		c.Add("code", "code", "编码只用大写字母、数字和连字符，如 520602 或 GA00。", "A code has capital letters, digits and hyphens, e.g. 520602 or GA00.")
	}
	switch u.Kind {
	case Province, City, County, Platform, Park, Office:
	default:
		c.Add("kind", "not_allowed_value", "类别只能是 province、city、county、platform、park、office。", "The kind must be province, city, county, platform, park or office.")
	}
	for name, code := range map[string]string{"parent": u.Parent, "successor": u.Successor} {
		if _, known := d.units[code]; code != "" && !known || code != "" && code == u.Code {
			c.Add(name, "unit_unknown", "没有编码为 "+code+" 的单位。", "There is no unit "+code+".")
		}
	}
	if u.Parent == "" && u.Kind != Province {
		c.Add("parent", "required", "请填上级单位。", "Give the unit above it.")
	}
	if _, known := d.regions[u.Region]; u.Region != "" && !known {
		c.Add("region", "region_unknown", "没有区划代码 "+u.Region+"。", "There is no region "+u.Region+".")
	}
	u.ValidFrom, u.ValidTo = orElse(u.ValidFrom, First), orElse(u.ValidTo, Last)
	for name, day := range map[string]string{"valid_from": u.ValidFrom, "valid_to": u.ValidTo, "since": orElse(in.Since, First)} {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			c.Add(name, "not_a_date", "“"+day+"”不是日期，请写成 2020-12-15。", "“"+day+"” is not a date; write it like 2020-12-15.")
		}
	}
	if u.ValidFrom >= u.ValidTo {
		c.Add("valid_to", "span", "结束日期须晚于开始日期。", "The end must be later than the start.")
	}
	u.Sort = u.Code
	return u, c.Err()
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// RegionQuery asks for the regions under one (Parent), or those whose name holds Q.
type RegionQuery struct {
	Parent string `query:"parent" json:"parent,omitempty" maxLength:"12"`
	Q      string `query:"q" json:"q,omitempty" maxLength:"40"`
}

// RegionList is a list of regions.
type RegionList struct {
	Items []Region `json:"items"`
}

// maxFound bounds what a search by name gives.
const maxFound = 30

// Regions lists regions: under a parent, or by name, provinces before cities before counties.
func (s *Service) Regions(ctx context.Context, in RegionQuery) (RegionList, error) {
	out := RegionList{Items: []Region{}}
	d, today, err := s.directory(ctx)
	if err != nil {
		return out, err
	}
	if in.Q == "" {
		out.Items = append(out.Items, d.RegionsIn(in.Parent)...)
		return out, nil
	}
	out.Items = d.findRegions(strings.TrimSpace(in.Q), today)
	return out, nil
}

func (d *Directory) findRegions(text, today string) []Region {
	found := map[string][]Region{}
	var walk func(parent string)
	walk = func(parent string) {
		for _, code := range d.inside[parent] {
			r := d.regions[code]
			if r.ValidFrom <= today && today < r.ValidTo && !dummyName(r.Name) && (strings.Contains(r.Name, text) || strings.HasPrefix(r.Code, text)) {
				found[r.Level] = append(found[r.Level], r)
			}
			walk(code)
		}
	}
	walk("")
	out := []Region{}
	for _, level := range []string{"province", "city", "county", "town"} {
		out = append(out, found[level]...)
	}
	return out[:min(len(out), maxFound)]
}

// IndustryQuery asks for the industries under one; "" gives the sections.
type IndustryQuery struct {
	Parent string `query:"parent" json:"parent,omitempty" maxLength:"8"`
}

// IndustryList is a list of industries.
type IndustryList struct {
	Items []Industry `json:"items"`
}

// Industries lists GB/T 4754 level by level.
func (s *Service) Industries(ctx context.Context, in IndustryQuery) (IndustryList, error) {
	d, _, err := s.directory(ctx)
	if err != nil {
		return IndustryList{}, err
	}
	return IndustryList{Items: append([]Industry{}, d.IndustriesIn(in.Parent)...)}, nil
}

// CodeQuery asks for a code list on a day, by default today.
type CodeQuery struct {
	List string `query:"list" json:"list" enum:"wheel,chain,farm_line,cooperation,standing"`
	Day  string `query:"day" json:"day,omitempty" format:"date"`
}

// CodeList is a short list of codes.
type CodeList struct {
	Items []Code `json:"items"`
}

// Codes gives one of the short lists.
func (s *Service) Codes(ctx context.Context, in CodeQuery) (CodeList, error) {
	d, today, err := s.directory(ctx)
	if err != nil {
		return CodeList{}, err
	}
	return CodeList{Items: append([]Code{}, d.Codes(in.List, orElse(in.Day, today))...)}, nil
}
