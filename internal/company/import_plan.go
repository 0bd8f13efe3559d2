package company

import (
	"context"
	"hash/fnv"
	"io"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/sheet"
)

// plan is what a batch will do.
type plan struct {
	create  []parsed
	update  []change
	refused []sheet.Refused
	same    int64
	keys    map[rowKey]int32
	records map[rowKey]int32
}

type change struct {
	old Record
	p   parsed
	row row
	add []string // standing to add
}

func (pl plan) add(t sheet.Tally) sheet.Tally {
	t.Created += int64(len(pl.create))
	t.Updated += int64(len(pl.update))
	t.Unchanged += pl.same
	t.Refused += int64(len(pl.refused))
	t.Done = t.Created + t.Updated + t.Unchanged + t.Refused
	return t
}

func (r *importRun) remember(p parsed) {
	if len(p.problems) == 0 {
		for _, k := range p.keys() {
			if r.byKey[k] == 0 {
				r.byKey[k] = int32(p.line.N)
			}
		}
	}
}

// keys are the identities a row may be known by. Rows with two different codes are two companies even at one
// address, so the name counts as a key of its own only where a row has no code.
func (p parsed) keys() []rowKey {
	if p.row.CreditCode != "" {
		return []rowKey{keyOf("", p.row.CreditCode), keyOf("with/", p.row.Ident)}
	}
	return []rowKey{keyOf("bare/", p.row.Ident)}
}

// rowKey stands for an identity in memory: a file may have a million.
type rowKey [16]byte

func keyOf(kind, id string) (k rowKey) {
	h := fnv.New128a()
	_, _ = io.WriteString(h, kind)
	_, _ = io.WriteString(h, id)
	h.Sum(k[:0])
	return k
}

// clash gives the earlier row that means the same company, 0 when there is none.
func (p parsed) clash(seen func(rowKey) int32) int32 {
	if p.row.CreditCode != "" {
		if n := seen(keyOf("", p.row.CreditCode)); n > 0 {
			return n
		}
		return seen(keyOf("bare/", p.row.Ident))
	}
	if n := seen(keyOf("bare/", p.row.Ident)); n > 0 {
		return n
	}
	return seen(keyOf("with/", p.row.Ident))
}

func refusal(p parsed) sheet.Refused {
	return sheet.Refused{Row: p.line.N, Problems: p.problems, Cells: p.line.Cells}
}

func rowFault(p parsed, column, code, zh, en, fix string) sheet.Refused {
	p.problems = append(p.problems, sheet.Problem{Row: p.line.N, Column: column, Code: code, Words: fault.Words{ZH: zh, EN: en}, Fix: fix})
	return refusal(p)
}

// plan decides what becomes of each row, against the library as this transaction sees it.
func (r *importRun) plan(ctx context.Context, tx *db.Tx, rows []parsed) (plan, error) {
	pl := plan{keys: map[rowKey]int32{}, records: map[rowKey]int32{}}
	var good []parsed
	for _, p := range rows {
		if len(p.problems) > 0 {
			pl.refused = append(pl.refused, refusal(p))
			continue
		}
		first := p.clash(func(k rowKey) int32 { return max(r.byKey[k], pl.keys[k]) })
		if first > 0 {
			pl.refused = append(pl.refused, rowFault(p, "name", "duplicate_row", "与第 "+itoa(int(first))+" 行是同一家单位，只取了前一行。", "The same organisation as row "+itoa(int(first))+"; only that row was taken.", ""))
			continue
		}
		for _, k := range p.keys() {
			pl.keys[k] = int32(p.line.N)
		}
		good = append(good, p)
	}
	known, err := lookUp(ctx, tx, good)
	if err != nil {
		return pl, err
	}
	for _, p := range good {
		if err := r.planRow(ctx, tx, &pl, known, p); err != nil {
			return pl, err
		}
	}
	return pl, nil
}

func (r *importRun) planRow(ctx context.Context, tx *db.Tx, pl *plan, known library, p parsed) error {
	old, many := known.find(p)
	if many {
		pl.refused = append(pl.refused, rowFault(p, "credit_code", "ambiguous", "库里有几家同名同址的单位，请填信用代码指明是哪一家。", "Several organisations have this name and address; give the credit code of the one meant.", ""))
		return nil
	}
	if old.ID == "" && r.in.Policy == "update" {
		pl.refused = append(pl.refused, rowFault(p, "name", "company_unknown", "资源库里没有这家单位，本次只更新已有的，没有新建。", "The library does not have this organisation; this import only updates.", ""))
		return nil
	}
	if old.ID == "" {
		pl.create = append(pl.create, p)
		return nil
	}
	n := max(r.byRecord[keyOf("", old.ID)], pl.records[keyOf("", old.ID)])
	if n > 0 && p.row.CreditCode != "" && old.CreditCode == "" {
		pl.create = append(pl.create, p) // an earlier row gave that record another code: these are two
		return nil
	}
	if n > 0 {
		pl.refused = append(pl.refused, rowFault(p, "name", "duplicate_row", "与第 "+itoa(int(n))+" 行是同一家单位，只取了前一行。", "The same organisation as row "+itoa(int(n))+"; only that row was taken.", old.ID))
		return nil
	}
	pl.records[keyOf("", old.ID)] = int32(p.line.N)
	if r.in.Policy == "create" {
		pl.same++
		return nil
	}
	var err error
	if p.given["former"] {
		if old.Former, err = formerNames(ctx, tx, old.ID); err != nil {
			return err
		}
	}
	c, changed := overlay(old, p)
	if !changed {
		pl.same++
		return nil
	}
	full, err := get(ctx, tx, old.ID) // rare enough to read again, with names and standing
	if err != nil {
		return err
	}
	c, _ = overlay(full.Company, p)
	c.old = full
	pl.update = append(pl.update, c)
	return nil
}

// overlay lays a row's values over a stored company and tells whether anything differs.
func overlay(old Company, p parsed) (change, bool) {
	f, x := old.Facts, p.row.Facts
	set := func(key string, have *string, value string) {
		if p.given[key] && value != "" {
			*have = value
		}
	}
	if fullKey(f.Name) != fullKey(x.Name) {
		f.Former = uniq(append(f.Former[:len(f.Former):len(f.Former)], f.Name))
		f.Name = x.Name
	}
	if p.given["kind"] {
		f.Kind = x.Kind
	}
	if f.CreditCode == "" {
		f.CreditCode = x.CreditCode
	}
	if p.given["former"] {
		f.Former = uniq(append(f.Former[:len(f.Former):len(f.Former)], x.Former...))
	}
	set("industry", &f.Industry, x.Industry)
	set("region", &f.Region, x.Region)
	set("address", &f.Address, x.Address)
	set("status", &f.Status, x.Status)
	set("registered_on", &f.RegisteredOn, x.RegisteredOn)
	set("reg_type", &f.RegType, x.RegType)
	set("business", &f.Business, x.Business)
	if p.given["capital"] {
		f.Capital, f.Currency = x.Capital, x.Currency
	}
	have := map[string]bool{}
	for _, t := range old.Tags() {
		have[t] = true
	}
	c := change{p: p}
	for _, t := range p.tags {
		if !have[t] {
			c.add = append(c.add, t)
		}
	}
	c.row.Company = old
	c.row.Facts = f
	return c, len(c.add) > 0 || !sameFacts(old.Facts, f)
}
