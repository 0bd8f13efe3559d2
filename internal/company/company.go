// Package company is the resource library: enterprises and associations with their registry facts, their
// standing, and the people one knows there. Registry facts are visible to all staff; people only by scope.
package company

import (
	"context"
	"slices"
	"strings"
	"sync"

	"zhudian/internal/audit"
	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/sheet"
)

// The kinds of organisation in the library; they are the words of the measures visit.enterprise and visit.association.
const (
	Enterprise  = "enterprise"
	Association = "association"
)

// Statuses are the states a registry knows, "" meaning not known.
var Statuses = []string{"active", "suspended", "moved", "revoked", "cancelled", "other"}

// Service holds the use cases of the library.
type Service struct {
	DB    *db.DB
	Files *blob.Store // where uploaded tables wait for their import

	// What other features add to the pages; each may be missing.
	Work   Surroundings
	Panels []Panel

	once sync.Once
	ring chan struct{} // rung when an import waits
}

// Facts are what a registry says of an organisation. Capital is in hundredths of Currency's unit, nil when
// not known. Region is a GB/T 2260 code; when left out it is read from the address.
type Facts struct {
	Kind         string   `db:"kind" json:"kind,omitempty" enum:"enterprise,association" default:"enterprise"`
	Name         string   `db:"name" json:"name" maxLength:"200"`
	CreditCode   string   `db:"credit_code" json:"credit_code,omitempty" maxLength:"40"`
	Former       []string `db:"-" json:"former,omitempty" maxItems:"20"`
	Industry     string   `db:"industry" json:"industry,omitempty" maxLength:"8"`
	Region       string   `db:"region" json:"region,omitempty" maxLength:"12"`
	Address      string   `db:"address" json:"address,omitempty" maxLength:"300"`
	Capital      *int64   `db:"capital" json:"capital,omitempty" minimum:"0"`
	Currency     string   `db:"currency" json:"currency,omitempty" maxLength:"3"`
	Status       string   `db:"status" json:"status,omitempty" enum:",active,suspended,moved,revoked,cancelled,other"`
	RegisteredOn string   `db:"registered_on" json:"registered_on,omitempty" maxLength:"10"`
	RegType      string   `db:"reg_type" json:"reg_type,omitempty" maxLength:"80"`
	Business     string   `db:"business" json:"business,omitempty" maxLength:"6000"`
}

// Company is one organisation of the library as stored.
type Company struct {
	ID     string `db:"id" json:"id"`
	Number int64  `db:"num" json:"number"`
	Facts
	Section    string `db:"section" json:"section,omitempty"`
	City       string `db:"city" json:"city,omitempty"`
	Province   string `db:"province" json:"province,omitempty"`
	TagCodes   string `db:"tags" json:"standing,omitempty"` // "|listed|china500|"
	Source     string `db:"source" json:"source,omitempty"`
	MergedInto string `db:"merged_into" json:"merged_into,omitempty"`
	Version    int64  `db:"version" json:"version"`
	CreatedAt  int64  `db:"created_at" json:"created_at"` // µs UTC
	UpdatedAt  int64  `db:"updated_at" json:"updated_at"`
	CreatedBy  string `db:"created_by" json:"created_by"`
}

// Tags gives the standing codes as a list.
func (c Company) Tags() []string {
	if c.TagCodes == "" {
		return nil
	}
	return strings.Split(strings.Trim(c.TagCodes, "|"), "|")
}

// row is a company with the columns that are derived from it.
type row struct {
	Company
	NameKey  string `db:"name_key"`
	NameSort string `db:"name_sort"`
	Ident    string `db:"ident"`
	Weight   int64  `db:"weight"` // as inserted; later written with the search text alone
}

// Create is the input of the use case of that name. ID may be made by the caller; repeating it is safe.
type Create struct {
	ID string `json:"id,omitempty" maxLength:"36"`
	Facts
	Tags   []Tag  `json:"tags,omitempty" maxItems:"20"`
	Source string `json:"source,omitempty" maxLength:"100"`
}

// Create adds an organisation. A name is enough. Likely duplicates are not refused (Suggest shows them while
// typing), the same credit code or, without one, the same name at the same address is.
// Faults: Invalid per field; Conflict "company_exists", "id_reused".
func (s *Service) Create(ctx context.Context, in Create) (out Record, err error) {
	list, err := s.CreateAll(ctx, []Create{in})
	if err != nil {
		return out, err
	}
	return list[0], nil
}

// CreateAll adds many organisations in one transaction: all or none. Field names in faults start with
// "rows[i]." when there is more than one.
func (s *Service) CreateAll(ctx context.Context, in []Create) (out []Record, err error) {
	who, err := audit.Require(ctx, "company.create")
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = createAll(ctx, tx, who, in)
		return err
	})
	return out, err
}

// CreateIn is Create inside the caller's transaction.
func CreateIn(ctx context.Context, tx *db.Tx, in Create) (Record, error) {
	who, err := audit.Require(ctx, "company.create")
	if err != nil {
		return Record{}, err
	}
	list, err := createAll(ctx, tx, who, []Create{in})
	if err != nil {
		return Record{}, err
	}
	return list[0], nil
}

func createAll(ctx context.Context, tx *db.Tx, who audit.Actor, in []Create) ([]Record, error) {
	d, err := org.Open(ctx, tx)
	if err != nil {
		return nil, err
	}
	var checks fault.Checks
	rows := make([]row, len(in))
	for i, c := range in {
		r, err := c.prepare(d, tx.Today())
		if err == nil {
			err = checkTags(d, c.Tags)
		}
		prefix := ""
		if len(in) > 1 {
			prefix = "rows[" + itoa(i) + "]."
		}
		if err := checks.Merge(prefix, err); err != nil {
			return nil, err
		}
		r.ID, r.Source, r.CreatedBy = c.ID, c.Source, who.Person
		rows[i] = r
	}
	if err := checks.Err(); err != nil {
		return nil, err
	}
	return store(ctx, tx, in, rows)
}

func store(ctx context.Context, tx *db.Tx, in []Create, rows []row) ([]Record, error) {
	out := make([]Record, len(rows))
	var fresh []int
	for i, r := range rows {
		old, same, err := repeated(ctx, tx, r)
		if err != nil {
			return nil, err
		}
		if same {
			out[i] = old
			continue
		}
		if err := refuseTwin(ctx, tx, r); err != nil {
			return nil, err
		}
		fresh = append(fresh, i)
	}
	first, err := takeNumbers(ctx, tx, len(fresh))
	if err != nil {
		return nil, err
	}
	var add []row
	var notes []audit.Entry
	for n, i := range fresh {
		r := &rows[i]
		if r.ID == "" {
			r.ID = tx.ID()
		}
		r.Number, r.Version = first+int64(n), 1
		r.CreatedAt, r.UpdatedAt = db.Micros(tx.Now()), db.Micros(tx.Now())
		r.TagCodes = joinTags(in[i].Tags)
		r.Weight = r.weigh()
		add = append(add, *r)
		out[i] = Record{Company: r.Company, Standing: in[i].Tags}
		notes = append(notes, audit.Entry{Action: "company.create", Object: "company/" + r.ID, After: r.forAudit()})
	}
	if err := insertCompanies(ctx, tx, add); err != nil {
		return nil, err
	}
	for _, i := range fresh {
		if err := insertTags(ctx, tx, rows[i].ID, rows[i].CreatedBy, in[i].Tags); err != nil {
			return nil, err
		}
	}
	return out, audit.Notes(ctx, tx, notes)
}

// repeated looks for an earlier answer to the same id: same content gives it again, other content is refused.
func repeated(ctx context.Context, tx *db.Tx, r row) (Record, bool, error) {
	if r.ID == "" {
		return Record{}, false, nil
	}
	old, ok, err := companyByID(ctx, tx, r.ID)
	if err != nil || !ok {
		return Record{}, false, err
	}
	if !sameFacts(old.Facts, r.Facts) {
		return Record{}, false, fault.New(fault.Conflict, "id_reused",
			"这个编号已经用于另一家单位，本次内容没有写入。", "This id belongs to another record; nothing was stored.")
	}
	rec, err := recordOf(ctx, tx, old)
	return rec, true, err
}

// refuseTwin names the record that has the same identity already.
func refuseTwin(ctx context.Context, tx *db.Tx, r row) error {
	twin, ok, err := twinOf(ctx, tx, r)
	if err != nil || !ok || twin.ID == r.ID {
		return err
	}
	what, en := "名称和地址", "name and address"
	if r.CreditCode != "" && r.CreditCode == twin.CreditCode {
		what, en = "信用代码", "credit code"
	}
	f := fault.New(fault.Conflict, "company_exists",
		"资源库里已有“"+twin.Name+"”，"+what+"相同。请打开那一条补充，不必再录。",
		"“"+twin.Name+"” with the same "+en+" is in the library already. Open that record instead.")
	f.Fields = []fault.Field{{Name: "id", Code: "company_exists", Words: f.Words, Fix: twin.ID}}
	return f
}

// prepare checks facts and derives what is stored beside them.
func (f Facts) prepare(d *org.Directory, today string) (row, error) {
	var c fault.Checks
	f.Name = strings.TrimSpace(f.Name)
	c.Require("name", f.Name, "名称", "The name")
	if f.Kind == "" {
		f.Kind = Enterprise
	}
	oneOf(&c, "kind", f.Kind, []string{Enterprise, Association})
	if f.CreditCode != "" {
		code, bad := CreditCode(f.CreditCode)
		if bad != nil {
			c.AddField(*bad)
		}
		f.CreditCode = code
	}
	if f.Status != "" {
		oneOf(&c, "status", f.Status, Statuses)
	}
	f.checkPlaces(&c, d)
	f.checkCapital(&c)
	if f.RegisteredOn != "" {
		day, bad := sheet.Date(f.RegisteredOn, false)
		switch {
		case bad != nil:
			c.Add("registered_on", bad.Code, bad.Words.ZH, bad.Words.EN)
		case day > today:
			c.Add("registered_on", "in_future", "注册日期不能晚于今天（"+today+"）。", "The registration date cannot be later than today ("+today+").")
		}
		f.RegisteredOn = day
	}
	f.Former = cleanNames(f.Former, f.Name)
	r := row{Company: Company{Facts: f}}
	for name, text := range map[string]struct {
		s    string
		most int
	}{"name": {f.Name, 200}, "address": {f.Address, 300}, "reg_type": {f.RegType, 80}, "business": {f.Business, 6000}} {
		if len([]rune(text.s)) > text.most {
			c.Add(name, "too_long", "最多 "+itoa(text.most)+" 字。", "At most "+itoa(text.most)+" characters.")
		}
	}
	r.Section = d.Section(f.Industry)
	r.Province, r.City = d.RegionAt(f.Region, "province"), d.RegionAt(f.Region, "city")
	r.NameKey, r.NameSort, r.Ident = nameKey(d, f.Name), sortKey(f.Name), identOf(f.Name, f.Address)
	return r, c.Err()
}

func (f *Facts) checkPlaces(c *fault.Checks, d *org.Directory) {
	if f.Industry != "" {
		if _, ok := d.Industry(f.Industry); !ok {
			c.Add("industry", "industry_unknown", "没有行业代码 "+f.Industry+"。请填 GB/T 4754 的代码，如 C 或 39。", "There is no industry "+f.Industry+". Use a code of GB/T 4754, e.g. C or 39.")
		}
	}
	if f.Region == "" {
		f.Region = d.Locate("", "", f.Address)
	} else if _, ok := d.Region(f.Region); !ok {
		c.Add("region", "region_unknown", "没有区划代码 "+f.Region+"。请填 GB/T 2260 的代码，如 440305。", "There is no region "+f.Region+". Use a code of GB/T 2260, e.g. 440305.")
	}
}

func (f *Facts) checkCapital(c *fault.Checks) {
	if f.Currency == "" {
		f.Currency = "CNY"
	}
	if !slices.ContainsFunc(currencies, func(x currency) bool { return x.code == f.Currency }) {
		c.Add("currency", "currency_unknown", "没有币种 "+f.Currency+"。", "There is no currency "+f.Currency+".")
	}
	if f.Capital == nil {
		f.Currency = ""
	} else if *f.Capital < 0 {
		c.Add("capital", "negative", "注册资本不能为负。", "Registered capital cannot be negative.")
	}
}

func oneOf(c *fault.Checks, name, value string, allowed []string) {
	for _, a := range allowed {
		if a == value {
			return
		}
	}
	c.Add(name, "not_allowed_value", "“"+value+"”不在可选范围："+strings.Join(allowed, "、")+"。", "“"+value+"” is not one of "+strings.Join(allowed, ", ")+".")
}

func cleanNames(list []string, current string) []string {
	var out []string
	for _, n := range list {
		n = strings.TrimSpace(n)
		if n != "" && fullKey(n) != fullKey(current) {
			out = append(out, n)
		}
	}
	return uniq(out)
}

// forAudit is what the trail keeps of a record: registry facts without the long text.
func (c Company) forAudit() any {
	f := c.Facts
	f.Business = ""
	return struct {
		Facts
		Tags string `json:"tags,omitempty"`
	}{f, c.TagCodes}
}

func sameFacts(a, b Facts) bool {
	capital := a.Capital == nil && b.Capital == nil || a.Capital != nil && b.Capital != nil && *a.Capital == *b.Capital
	return capital && a.Kind == b.Kind && a.Name == b.Name && a.CreditCode == b.CreditCode && a.Industry == b.Industry && a.Region == b.Region &&
		a.Address == b.Address && a.Currency == b.Currency && a.Status == b.Status && a.RegisteredOn == b.RegisteredOn && a.RegType == b.RegType &&
		a.Business == b.Business && strings.Join(a.Former, "\n") == strings.Join(b.Former, "\n")
}
