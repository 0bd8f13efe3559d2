package company

import (
	"context"
	"strconv"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// Query asks for part of the library. Filters that are left out do not limit.
type Query struct {
	Q        string `query:"q" json:"q,omitempty" maxLength:"100"` // names, pinyin, initials, credit code; 4 or 11 digits also find phones in scope
	Kind     string `query:"kind" json:"kind,omitempty"`
	Province string `query:"province" json:"province,omitempty"`
	City     string `query:"city" json:"city,omitempty"`
	Region   string `query:"region" json:"region,omitempty"`   // exactly this county
	Section  string `query:"section" json:"section,omitempty"` // a letter of GB/T 4754
	Industry string `query:"industry" json:"industry,omitempty"`
	Tag      string `query:"tag" json:"tag,omitempty"`
	Status   string `query:"status" json:"status,omitempty"`
	Source   string `query:"source" json:"source,omitempty"`
	Sort     string `query:"sort" json:"sort,omitempty"` // best (default of a search), recent (else the default) or name; a search sorts its best 10,000 by these two
	Total    bool   `query:"total" json:"total,omitempty"`
	db.Page
}

// List is a part of the library. Next is the cursor of the following part, "" at the end. Total is counted
// only when asked for, and not beyond MaxTotal ("2,000+").
type List struct {
	Items []Company `json:"items"`
	Next  string    `json:"next,omitempty"`
	Total *int64    `json:"total,omitempty"`
}

// MaxTotal is where counting stops: a total that says MaxTotal+1 means "more than MaxTotal".
const MaxTotal = 2_000

// List gives companies by the query: the best of a search first, else the newest, or by name. Faults: Malformed for an unknown filter value,
// sort or cursor.
func (s *Service) List(ctx context.Context, in Query) (out List, err error) {
	who, err := audit.Require(ctx, "company.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = list(ctx, tx, who, in)
		return err
	})
	return out, err
}

// selection is a query as SQL.
type selection struct {
	from   string
	where  []string
	args   []any
	none   bool // the search can match nothing
	ranked bool // from is the search index, in the order of weight
}

func (s *selection) and(text string, args ...any) {
	s.where = append(s.where, text)
	s.args = append(s.args, args...)
}

func (s *selection) sql() string {
	return " FROM " + s.from + " WHERE " + strings.Join(s.where, " AND ")
}

func list(ctx context.Context, tx *db.Tx, who audit.Actor, in Query) (List, error) {
	out := List{Items: []Company{}}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	sel, err := in.selection(ctx, tx, who)
	if err != nil || sel.none {
		return out, err
	}
	if in.Total {
		n, err := db.One[int64](ctx, tx, `SELECT count(*) FROM (SELECT 1`+sel.sql()+` LIMIT `+strconv.Itoa(MaxTotal+1)+`) t`, sel.args...)
		if err != nil {
			return out, err
		}
		out.Total = &n
	}
	order, err := in.keyset(&sel, tx.Engine())
	if err != nil {
		return out, err
	}
	type line struct {
		Company
		NameSort string `db:"name_sort"`
		Weight   int64  `db:"weight"`
	}
	rows, err := db.All[line](ctx, tx, `SELECT `+companyColumns+`, c.name_sort, c.weight`+sel.sql()+` ORDER BY `+order+` LIMIT `+strconv.Itoa(size+1), sel.args...)
	if err != nil {
		return out, err
	}
	if len(rows) > size {
		rows = rows[:size]
		last := rows[size-1]
		by := last.NameSort
		if in.sorted(&sel) == "best" {
			by = strconv.FormatInt(last.Weight, 10)
		}
		out.Next = db.Cursor(in.sorted(&sel), by, strconv.FormatInt(last.Number, 10))
	}
	for _, r := range rows {
		r.Business = "" // long, and no list shows it
		out.Items = append(out.Items, r.Company)
	}
	return out, nil
}

// keyset adds where the page starts and gives the order.
func (in Query) keyset(sel *selection, engine db.Engine) (string, error) {
	key, err := in.Keys(3)
	if err != nil {
		return "", err
	}
	num := int64(0)
	if key != nil {
		if num, err = strconv.ParseInt(key[2], 10, 64); err != nil || key[0] != in.sorted(sel) {
			_, err = db.Page{After: "x"}.Keys(1)
			return "", err
		}
	}
	switch in.sorted(sel) {
	case "best":
		if key != nil {
			weight, err := strconv.ParseInt(key[1], 10, 64)
			if err != nil {
				_, err = db.Page{After: "x"}.Keys(1)
				return "", err
			}
			sel.and(slotColumn(engine)+" > ?", slotOf(weight, num))
		}
		return slotColumn(engine), nil
	case "recent":
		if key != nil {
			sel.and("c.num < ?", num)
		}
		return "c.num DESC", nil
	case "name":
		if key != nil {
			sel.and("(c.name_sort, c.num) > (?, ?)", key[1], num)
		}
		return "c.name_sort, c.num", nil
	}
	return "", malformed("sort", in.Sort, "best, recent, name")
}

// sorted is the order asked for, or the usual one: the best of a search first, else the newest.
func (in Query) sorted(sel *selection) string {
	switch {
	case sel.ranked && in.Sort == "":
		return "best"
	case in.Sort == "" || in.Sort == "best" && !sel.ranked:
		return "recent"
	}
	return in.Sort
}

func malformed(name, value, allowed string) error {
	f := fault.New(fault.Malformed, "bad_filter", "筛选条件 "+name+" 不能是“"+value+"”，可用："+allowed+"。", "The filter "+name+" cannot be “"+value+"”; use "+allowed+".")
	f.Fields = []fault.Field{{Name: name, Code: "bad_filter", Words: f.Words}}
	return f
}

func (in Query) selection(ctx context.Context, tx *db.Tx, who audit.Actor) (selection, error) {
	sel := selection{from: "company_company c"}
	d, err := org.Open(ctx, tx)
	if err != nil {
		return sel, err
	}
	if err := in.check(d); err != nil {
		return sel, err
	}
	if q := strings.TrimSpace(in.Q); q != "" {
		if err := in.search(ctx, tx, who, &sel); err != nil || sel.none {
			return sel, err
		}
	}
	for _, f := range []struct{ column, value string }{
		{"c.kind", in.Kind},
		{"c.province", in.Province},
		{"c.city", in.City},
		{"c.region", in.Region},
		{"c.section", in.Section},
		{"c.status", in.Status},
		{"c.source", in.Source},
	} {
		if f.value != "" {
			sel.and(f.column+" = ?", f.value)
		}
	}
	if in.Industry != "" {
		sel.and("c.industry >= ? AND c.industry < ?", in.Industry, in.Industry+"~")
	}
	if in.Tag != "" {
		sel.and("c.id IN (SELECT company_id FROM company_tag WHERE tag = ?)", in.Tag)
	}
	sel.and("c.merged_into = ''")
	return sel, nil
}

// check refuses filter values that mean nothing, so that a typing error is not an empty list.
func (in Query) check(d *org.Directory) error {
	if in.Kind != "" && in.Kind != Enterprise && in.Kind != Association {
		return malformed("kind", in.Kind, Enterprise+", "+Association)
	}
	for _, f := range []struct{ name, level, code string }{{"province", "province", in.Province}, {"city", "city", in.City}, {"region", "", in.Region}} {
		r, ok := d.Region(f.code)
		if f.code != "" && (!ok || f.level != "" && r.Level != f.level) {
			return malformed(f.name, f.code, "GB/T 2260")
		}
	}
	for name, code := range map[string]string{"section": in.Section, "industry": in.Industry} {
		if i, ok := d.Industry(code); code != "" && (!ok || name == "section" && i.Level != 1) {
			return malformed(name, code, "GB/T 4754")
		}
	}
	if in.Tag != "" && d.CodeName("standing", in.Tag, "zh") == in.Tag {
		return malformed("tag", in.Tag, "standing")
	}
	if in.Status != "" {
		var c fault.Checks
		if oneOf(&c, "status", in.Status, Statuses); c.Err() != nil {
			return malformed("status", in.Status, strings.Join(Statuses, ", "))
		}
	}
	return nil
}

// search limits the selection to what the typed text finds.
func (in Query) search(ctx context.Context, tx *db.Tx, who audit.Actor, sel *selection) error {
	l, ok := lookFor(tx.Engine(), in.Q)
	if sel.none = !ok; sel.none {
		return nil
	}
	byPhone, err := companiesByPhone(ctx, tx, who, in.Q)
	if err != nil {
		return err
	}
	switch {
	case len(byPhone) > 0:
		sel.and(`(c.num IN (`+l.best(tx.Engine(), "10000")+`) OR c.id IN `+db.In(len(byPhone))+`)`, append(l.args, db.Args(byPhone)...)...)
	case l.codes == "" && (in.Sort == "" || in.Sort == "best"):
		sel.ranked, sel.from = true, searchTables+slotNum(tx.Engine())
		sel.and(l.where, l.args...)
	default: // another order than the index has is made of its best part
		sel.from = `(` + l.best(tx.Engine(), "10000") + `) f JOIN company_company c ON c.num = f.num`
		sel.args = append(sel.args, l.args...)
	}
	return nil
}

// isDigits reports whether a folded text is n digits.
func isDigits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}
