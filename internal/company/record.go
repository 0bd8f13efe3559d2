package company

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// Tag is a standing of a company, with where and when it was found: world500, listed, leading … (list "standing").
type Tag struct {
	Code   string `db:"tag" json:"code" maxLength:"40"`
	Source string `db:"source" json:"source,omitempty" maxLength:"200"`
	On     string `db:"on_date" json:"on,omitempty" maxLength:"10"`
	Note   string `db:"note" json:"note,omitempty" maxLength:"200"`
}

// Record is a company with its standing.
type Record struct {
	Company
	Standing []Tag  `json:"tags,omitempty"`
	Asked    string `json:"asked,omitempty"` // the id that was asked for, when that record was merged into this one

	Silence *Silence `json:"silence,omitempty"` // it asked not to be contacted
}

// ByID names a record.
type ByID struct {
	ID string `path:"id" json:"id" maxLength:"36"`
}

// Get gives a company; the id of a merged one gives the record it became. Fault: NotFound.
func (s *Service) Get(ctx context.Context, in ByID) (out Record, err error) {
	if _, err := audit.Require(ctx, "company.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = get(ctx, tx, in.ID); err != nil {
			return err
		}
		silent, err := Silent(ctx, tx, []string{out.ID})
		if s, ok := silent[out.ID]; ok {
			out.Silence = &s
		}
		return err
	})
	return out, err
}

func get(ctx context.Context, tx *db.Tx, id string) (Record, error) {
	asked := ""
	for range 8 {
		c, ok, err := companyByID(ctx, tx, id)
		if err != nil {
			return Record{}, err
		}
		if !ok {
			return Record{}, absentCompany()
		}
		if c.MergedInto == "" {
			rec, err := recordOf(ctx, tx, c)
			rec.Asked = asked
			return rec, err
		}
		if asked == "" {
			asked = id
		}
		id = c.MergedInto
	}
	return Record{}, absentCompany()
}

func recordOf(ctx context.Context, tx *db.Tx, c Company) (Record, error) {
	tags, err := tagsOf(ctx, tx, c.ID)
	if len(tags) == 0 {
		tags = nil
	}
	return Record{Company: c, Standing: tags}, err
}

func absentCompany() error {
	return fault.New(fault.NotFound, "company_unknown", "资源库里没有这家单位。", "There is no such organisation in the library.")
}

// Edit is the input of the use case of that name: the whole record as the person wants it, and the version
// they saw. Tags nil leaves the standing as it is.
type Edit struct {
	ID      string `path:"id" json:"id" maxLength:"36"`
	Version int64  `json:"version"`
	Facts
	Tags []Tag `json:"tags,omitempty" maxItems:"20"`
}

// Edit changes a company. A new name keeps the old one as a former name.
// Faults: NotFound; Invalid per field; Conflict "stale" with the present value of each field that differs,
// Conflict "company_exists".
func (s *Service) Edit(ctx context.Context, in Edit) (out Record, err error) {
	if _, err := audit.Require(ctx, "company.edit"); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = edit(ctx, tx, in)
		return err
	})
	return out, err
}

func edit(ctx context.Context, tx *db.Tx, in Edit) (Record, error) {
	who, _ := audit.Who(ctx)
	old, err := get(ctx, tx, in.ID)
	if err != nil {
		return old, err
	}
	if old.Asked != "" {
		return old, fault.New(fault.Conflict, "merged", "这一条已并入“"+old.Name+"”，请改那一条。", "This record was merged into “"+old.Name+"”; edit that one.")
	}
	d, err := org.Open(ctx, tx)
	if err != nil {
		return old, err
	}
	if in.Name != "" && fullKey(in.Name) != fullKey(old.Name) && !slices.Contains(in.Former, old.Name) {
		in.Former = append(slices.Clone(in.Former), old.Name)
	}
	r, err := in.prepare(d, tx.Today())
	if err != nil {
		return old, err
	}
	if in.Tags != nil {
		if err := checkTags(d, in.Tags); err != nil {
			return old, err
		}
	}
	if in.Version != old.Version {
		return old, stale(old.Facts, r.Facts)
	}
	keep(&r, old)
	if in.Tags != nil {
		r.TagCodes = joinTags(in.Tags)
	}
	if err := refuseTwin(ctx, tx, r); err != nil {
		return old, err
	}
	ok, err := saveCompany(ctx, tx, r, in.Version)
	if err != nil {
		return old, err
	}
	if !ok {
		return old, stale(old.Facts, r.Facts)
	}
	if err := saveNames(ctx, tx, r); err != nil {
		return old, err
	}
	if in.Tags != nil {
		if err := deleteTags(ctx, tx, r.ID); err != nil {
			return old, err
		}
		if err := insertTags(ctx, tx, r.ID, who.Person, in.Tags); err != nil {
			return old, err
		}
	}
	if err := audit.Note(ctx, tx, "company.edit", "company/"+r.ID, old.forAudit(), r.forAudit()); err != nil {
		return old, err
	}
	return get(ctx, tx, r.ID)
}

// keep carries over what an edit does not touch.
func keep(r *row, old Record) {
	r.ID, r.Number, r.Source, r.MergedInto = old.ID, old.Number, old.Source, old.MergedInto
	r.Version, r.CreatedAt, r.CreatedBy, r.TagCodes = old.Version, old.CreatedAt, old.CreatedBy, old.TagCodes
}

// stale shows for each field that differs what stands now, so that the person can choose.
func stale(now, mine Facts) error {
	f := fault.New(fault.Conflict, "stale",
		"您打开之后别人改过这一条。您的内容没有写入，请对照后再保存。",
		"Somebody changed this record after you opened it. Nothing was stored; compare and save again.")
	differs := func(name, have, want string) {
		if have != want {
			shown := have
			if shown == "" {
				shown = "（空）"
			}
			f.Fields = append(f.Fields, fault.Field{
				Name: name, Code: "changed", Fix: have,
				Words: fault.Words{ZH: "现在是：" + shown, EN: "Now: " + have},
			})
		}
	}
	differs("kind", now.Kind, mine.Kind)
	differs("name", now.Name, mine.Name)
	differs("credit_code", now.CreditCode, mine.CreditCode)
	differs("former", strings.Join(now.Former, "；"), strings.Join(mine.Former, "；"))
	differs("industry", now.Industry, mine.Industry)
	differs("region", now.Region, mine.Region)
	differs("address", now.Address, mine.Address)
	differs("capital", now.capitalText(), mine.capitalText())
	differs("status", now.Status, mine.Status)
	differs("registered_on", now.RegisteredOn, mine.RegisteredOn)
	differs("reg_type", now.RegType, mine.RegType)
	differs("business", now.Business, mine.Business)
	return f
}

func joinTags(tags []Tag) string {
	if len(tags) == 0 {
		return ""
	}
	codes := make([]string, len(tags))
	for i, t := range tags {
		codes[i] = t.Code
	}
	slices.Sort(codes)
	return "|" + strings.Join(slices.Compact(codes), "|") + "|"
}

func checkTags(d *org.Directory, tags []Tag) error {
	var c fault.Checks
	seen := map[string]bool{}
	for i, t := range tags {
		at := "tags[" + itoa(i) + "].code"
		if !slices.ContainsFunc(d.Codes("standing", ""), func(x org.Code) bool { return x.Code == t.Code }) {
			c.Add(at, "tag_unknown", "没有资质标签“"+t.Code+"”。", "There is no standing “"+t.Code+"”.")
		}
		if seen[t.Code] {
			c.Add(at, "tag_twice", "同一标签只能加一次。", "A standing can be given once.")
		}
		seen[t.Code] = true
	}
	return c.Err()
}
