package org

import (
	"context"
	"errors"
	"io"
	"strconv"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/sheet"
)

// Table is a file of units or industries to read.
type Table struct {
	File   io.ReaderAt
	Size   int64
	Name   string
	DryRun bool
}

// Tally counts what an import did with the rows of a table, and why it refused some.
type Tally struct {
	Created   int             `json:"created"`
	Updated   int             `json:"updated"`
	Unchanged int             `json:"unchanged"`
	Refused   []sheet.Problem `json:"refused,omitempty"`
}

// Done is the number of rows.
func (t Tally) Done() int {
	rows := map[int]bool{}
	for _, p := range t.Refused {
		rows[p.Row] = true
	}
	return t.Created + t.Updated + t.Unchanged + len(rows)
}

// UnitColumns are what ImportUnits reads.
var UnitColumns = []sheet.Column{
	{Key: "code", Words: fault.Words{ZH: "编码", EN: "Code"}, Names: []string{"单位编码", "代码"}, Required: true},
	{Key: "kind", Words: fault.Words{ZH: "类别", EN: "Kind"}, Required: true},
	{Key: "parent", Words: fault.Words{ZH: "上级编码", EN: "Parent"}, Names: []string{"上级"}},
	{Key: "name", Words: fault.Words{ZH: "名称", EN: "Name"}, Names: []string{"单位名称"}, Required: true},
	{Key: "short", Words: fault.Words{ZH: "简称", EN: "Short name"}},
	{Key: "agency", Words: fault.Words{ZH: "投促机构", EN: "Agency"}, Names: []string{"机构名称"}},
	{Key: "en", Words: fault.Words{ZH: "英文名", EN: "English name"}},
	{Key: "region", Words: fault.Words{ZH: "区划代码", EN: "Region"}},
	{Key: "valid_from", Words: fault.Words{ZH: "开始日期", EN: "Valid from"}},
	{Key: "valid_to", Words: fault.Words{ZH: "结束日期", EN: "Valid to"}},
	{Key: "successor", Words: fault.Words{ZH: "继任编码", EN: "Successor"}},
}

var kindNames = map[string]Kind{"省": Province, "市": City, "市州": City, "县": County, "区县": County, "平台": Platform, "园区": Park, "开发区": Park, "办事处": Office}

// ImportUnits adds and changes units by a table, parents before children. All rows or none are stored: a tree
// with holes helps nobody. Faults: those of the table; Invalid "rows_refused" with the first reasons.
func (s *Service) ImportUnits(ctx context.Context, in Table) (out Tally, err error) {
	if _, err := audit.Require(ctx, "org.import"); err != nil {
		return out, err
	}
	return s.importRows(ctx, in, UnitColumns, importUnit)
}

func importUnit(ctx context.Context, tx *db.Tx, f *sheet.File, h sheet.Head, r sheet.Row) (string, error) {
	in := SaveUnit{Unit: Unit{
		Code: h.Value(r, "code"), Kind: Kind(h.Value(r, "kind")), Parent: h.Value(r, "parent"), Name: h.Value(r, "name"),
		Short: h.Value(r, "short"), Agency: h.Value(r, "agency"), EN: h.Value(r, "en"), Region: h.Value(r, "region"), Successor: h.Value(r, "successor"),
	}}
	if k, ok := kindNames[string(in.Kind)]; ok {
		in.Kind = k
	}
	for _, d := range []struct {
		key string
		to  *string
	}{{"valid_from", &in.ValidFrom}, {"valid_to", &in.ValidTo}} {
		v := h.Value(r, d.key)
		if v == "" || v == First || v == Last {
			*d.to = v
			continue
		}
		day, bad := sheet.Date(v, f.Date1904)
		if bad != nil {
			return "", fault.BadField(d.key, bad.Code, bad.Words.ZH, bad.Words.EN)
		}
		*d.to = day
	}
	if old, ok, err := unitRow(ctx, tx, in.Code); err != nil {
		return "", err
	} else if ok {
		in.Version = old.Version
		in.fill(h, old)
	}
	_, what, err := saveOne(ctx, tx, in)
	return what, err
}

// fill keeps what stands in columns the table does not have.
func (in *SaveUnit) fill(h sheet.Head, old Unit) {
	for _, f := range []struct {
		key  string
		to   *string
		have string
	}{
		{"parent", &in.Parent, old.Parent},
		{"short", &in.Short, old.Short},
		{"agency", &in.Agency, old.Agency},
		{"en", &in.EN, old.EN},
		{"region", &in.Region, old.Region},
		{"valid_from", &in.ValidFrom, old.ValidFrom},
		{"valid_to", &in.ValidTo, old.ValidTo},
		{"successor", &in.Successor, old.Successor},
	} {
		if _, ok := h.Index[f.key]; !ok {
			*f.to = f.have
		}
	}
}

// IndustryColumns are what ImportIndustries reads.
var IndustryColumns = []sheet.Column{
	{Key: "code", Words: fault.Words{ZH: "代码", EN: "Code"}, Names: []string{"行业代码"}, Required: true},
	{Key: "title", Words: fault.Words{ZH: "名称", EN: "Title"}, Names: []string{"行业名称", "zh", "name"}, Required: true},
	{Key: "en", Words: fault.Words{ZH: "英文名", EN: "English title"}},
	{Key: "parent", Words: fault.Words{ZH: "上级代码", EN: "Parent"}, Names: []string{"上级"}},
}

// ImportIndustries adds and changes levels of GB/T 4754 by a table, all rows or none. The parent of a group or
// class is the code without its last digit; a division must be there or name its section.
func (s *Service) ImportIndustries(ctx context.Context, in Table) (out Tally, err error) {
	if _, err := audit.Require(ctx, "org.import"); err != nil {
		return out, err
	}
	return s.importRows(ctx, in, IndustryColumns, importIndustry)
}

func importIndustry(ctx context.Context, tx *db.Tx, _ *sheet.File, h sheet.Head, r sheet.Row) (string, error) {
	i := Industry{Code: h.Value(r, "code"), Parent: h.Value(r, "parent"), ZH: h.Value(r, "title"), EN: h.Value(r, "en")}
	i.Level = industryLevel(i.Code)
	var c fault.Checks
	c.Require("title", i.ZH, "名称", "The title")
	letter := len(i.Code) == 1 && i.Code >= "A" && i.Code <= "T"
	if !letter && (len(i.Code) < 2 || len(i.Code) > 4 || !allDigits(i.Code)) {
		c.Add("code", "code", "“"+i.Code+"”不是国标行业代码（如 C、39、391、3911）。", "“"+i.Code+"” is not a code of GB/T 4754 (like C, 39, 391, 3911).")
		return "", c.Err()
	}
	old, known, err := db.Maybe[Industry](ctx, tx, `SELECT code, parent, level, zh, en FROM org_industry WHERE code = ?`, i.Code)
	if err != nil {
		return "", err
	}
	if known && i.Parent == "" {
		i.Parent = old.Parent
	}
	if i.Parent == "" && i.Level > 2 {
		i.Parent = i.Code[:len(i.Code)-1]
	}
	if !letter {
		if _, ok, err := db.Maybe[string](ctx, tx, `SELECT code FROM org_industry WHERE code = ?`, i.Parent); err != nil {
			return "", err
		} else if !ok {
			c.Add("parent", "industry_unknown", "没有上级行业“"+i.Parent+"”。", "There is no industry “"+i.Parent+"” above it.")
		}
	}
	if err := c.Err(); err != nil {
		return "", err
	}
	if i.EN == "" {
		i.EN = old.EN
	}
	switch {
	case known && i == old:
		return "unchanged", nil
	case known:
		_, err = db.Exec(ctx, tx, `UPDATE org_industry SET parent = ?, level = ?, zh = ?, en = ? WHERE code = ?`, i.Parent, i.Level, i.ZH, i.EN, i.Code)
		return "updated", err
	}
	return "created", db.Insert(ctx, tx, "org_industry", i)
}

func allDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}

type rowImport func(ctx context.Context, tx *db.Tx, f *sheet.File, h sheet.Head, r sheet.Row) (string, error)

// errDry undoes a dry run.
var errDry = fault.New(fault.Conflict, "dry_run", "只核对，未写入。", "A dry run; nothing was stored.")

func (s *Service) importRows(ctx context.Context, in Table, columns []sheet.Column, one rowImport) (out Tally, err error) {
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out = Tally{}
		f, err := sheet.Open(in.File, in.Size, in.Name, sheet.Options{})
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		h, err := f.Head(columns, nil)
		if err != nil {
			return err
		}
		if err := out.run(ctx, tx, f, h, one); err != nil {
			return err
		}
		if in.DryRun {
			return errDry
		}
		if len(out.Refused) > 0 {
			return out.fault()
		}
		if err := touch(ctx, tx, out); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "org.import", "org", nil, map[string]any{"file": in.Name, "created": out.Created, "updated": out.Updated})
	})
	if fault.Has(err, "dry_run") {
		err = nil
	}
	return out, err
}

func (t *Tally) run(ctx context.Context, tx *db.Tx, f *sheet.File, h sheet.Head, one rowImport) error {
	for {
		r, err := f.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if r.Fault != nil {
			t.Refused = append(t.Refused, *r.Fault)
			continue
		}
		what, err := one(ctx, tx, f, h, r)
		switch {
		case fault.Is(err, fault.Invalid):
			for _, x := range fault.Of(err).Fields {
				t.Refused = append(t.Refused, sheet.Of(r.N, h.Value(r, x.Name), x))
			}
		case err != nil:
			return err
		case what == "created":
			t.Created++
		case what == "updated":
			t.Updated++
		default:
			t.Unchanged++
		}
	}
}

// fault words the first reasons, each with its row.
func (t Tally) fault() error {
	var c fault.Checks
	for i, p := range t.Refused {
		if i == 20 {
			break
		}
		n := strconv.Itoa(p.Row)
		c.Add("rows["+n+"]."+p.Column, p.Code, "第 "+n+" 行："+p.Words.ZH, "Row "+n+": "+p.Words.EN)
	}
	return c.Err()
}
