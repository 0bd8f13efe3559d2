package company

import (
	"context"
	"slices"

	"zhudian/internal/db"
	"zhudian/internal/org"
)

const companyColumns = `c.num, c.id, c.kind, c.name, c.credit_code, c.industry, c.section, c.region, c.city, c.province, c.address,
	c.capital, c.currency, c.status, c.tags, c.registered_on, c.reg_type, c.source, c.merged_into, c.version, c.created_at,
	c.updated_at, c.created_by, c.business`

// companyByID gives a company with its former names, merged or not.
func companyByID(ctx context.Context, tx *db.Tx, id string) (Company, bool, error) {
	c, ok, err := db.Maybe[Company](ctx, tx, `SELECT `+companyColumns+` FROM company_company c WHERE c.id = ?`, id)
	if err != nil || !ok {
		return c, ok, err
	}
	c.Former, err = formerNames(ctx, tx, id)
	return c, true, err
}

func formerNames(ctx context.Context, tx *db.Tx, id string) ([]string, error) {
	list, err := db.All[string](ctx, tx, `SELECT name FROM company_name WHERE company_id = ? AND kind = 'former' ORDER BY name`, id)
	if len(list) == 0 {
		list = nil
	}
	return list, err
}

// twinOf finds the live record with the same identity.
func twinOf(ctx context.Context, tx *db.Tx, r row) (Company, bool, error) {
	if r.CreditCode != "" {
		return db.Maybe[Company](ctx, tx, `SELECT `+companyColumns+` FROM company_company c WHERE c.credit_code = ? AND c.credit_code <> '' AND c.merged_into = ''`, r.CreditCode)
	}
	return db.Maybe[Company](ctx, tx, `SELECT `+companyColumns+` FROM company_company c WHERE c.ident = ? AND c.merged_into = '' ORDER BY c.num`, r.Ident)
}

// takeNumbers reserves n numbers in a row and gives the first.
func takeNumbers(ctx context.Context, tx *db.Tx, n int) (int64, error) {
	if n == 0 {
		return 0, nil
	}
	last, err := db.One[int64](ctx, tx, `UPDATE company_number SET last = last + ? WHERE id = 1 RETURNING last`, int64(n))
	return last - int64(n) + 1, err
}

type nameRow struct {
	Company string `db:"company_id"`
	Name    string `db:"name"`
	Key     string `db:"name_key"`
	Kind    string `db:"kind"`
}

// insertCompanies writes new rows with their names and search text.
func insertCompanies(ctx context.Context, tx *db.Tx, rows []row) error {
	d, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	var names []nameRow
	var find []searchRow
	var marks []mark
	for _, r := range rows {
		for _, n := range r.Former {
			names = append(names, nameRow{r.ID, n, fullKey(n), "former"})
		}
		one := r.searchRow(d, r.NameKey, r.Former...)
		find, marks = append(find, one), append(marks, one.Marks...)
	}
	for part := range slices.Chunk(rows, 500) {
		if err := db.Insert(ctx, tx, "company_company", part); err != nil {
			return err
		}
	}
	if err := db.Insert(ctx, tx, "company_name", names); err != nil {
		return err
	}
	if err := putMarks(ctx, tx, marks); err != nil {
		return err
	}
	return putSearch(ctx, tx, find)
}

// saveCompany writes everything that may change; false when somebody saved since seen.
func saveCompany(ctx context.Context, tx *db.Tx, r row, seen int64) (bool, error) {
	n, err := db.Exec(ctx, tx, `UPDATE company_company SET kind = ?, name = ?, name_key = ?, name_sort = ?, ident = ?, credit_code = ?,
			industry = ?, section = ?, region = ?, city = ?, province = ?, address = ?, capital = ?, currency = ?, status = ?, tags = ?,
			registered_on = ?, reg_type = ?, business = ?, merged_into = ?, version = version + 1, updated_at = ?
		WHERE id = ? AND version = ?`,
		r.Kind, r.Name, r.NameKey, r.NameSort, r.Ident, r.CreditCode, r.Industry, r.Section, r.Region, r.City, r.Province, r.Address,
		r.Capital, r.Currency, r.Status, r.TagCodes, r.RegisteredOn, r.RegType, r.Business, r.MergedInto, db.Micros(tx.Now()), r.ID, seen)
	return n == 1, err
}

// saveNames replaces the former names and the search text of a company.
func saveNames(ctx context.Context, tx *db.Tx, r row) error {
	if _, err := db.Exec(ctx, tx, `DELETE FROM company_name WHERE company_id = ? AND kind = 'former'`, r.ID); err != nil {
		return err
	}
	others, err := db.All[string](ctx, tx, `SELECT name FROM company_name WHERE company_id = ? ORDER BY name`, r.ID)
	if err != nil {
		return err
	}
	var names []nameRow
	for _, n := range r.Former {
		if !slices.Contains(others, n) {
			names = append(names, nameRow{r.ID, n, fullKey(n), "former"})
		}
	}
	if err := db.Insert(ctx, tx, "company_name", names); err != nil {
		return err
	}
	d, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	return againSearch(ctx, tx, r.searchRow(d, r.NameKey, append(slices.Clone(r.Former), others...)...))
}

type tagRow struct {
	Company string `db:"company_id"`
	Tag     string `db:"tag"`
	Source  string `db:"source"`
	On      string `db:"on_date"`
	Note    string `db:"note"`
	At      int64  `db:"created_at"`
	By      string `db:"created_by"`
}

func insertTags(ctx context.Context, tx *db.Tx, company, by string, tags []Tag) error {
	rows := make([]tagRow, 0, len(tags))
	for _, t := range tags {
		rows = append(rows, tagRow{company, t.Code, t.Source, t.On, t.Note, db.Micros(tx.Now()), by})
	}
	return db.Insert(ctx, tx, "company_tag", rows)
}

func tagsOf(ctx context.Context, tx *db.Tx, company string) ([]Tag, error) {
	return db.All[Tag](ctx, tx, `SELECT tag, source, on_date, note FROM company_tag WHERE company_id = ? ORDER BY tag`, company)
}

func deleteTags(ctx context.Context, tx *db.Tx, company string) error {
	_, err := db.Exec(ctx, tx, `DELETE FROM company_tag WHERE company_id = ?`, company)
	return err
}

// moveParts hands standing, contacts and names of one company to another.
func moveParts(ctx context.Context, tx *db.Tx, keep, gone Record) (tags, contacts, names int64, err error) {
	if tags, err = db.Exec(ctx, tx, `UPDATE company_tag SET company_id = ? WHERE company_id = ?
		AND tag NOT IN (SELECT tag FROM company_tag WHERE company_id = ?)`, keep.ID, gone.ID, keep.ID); err != nil {
		return tags, contacts, names, err
	}
	if contacts, err = db.Exec(ctx, tx, `UPDATE company_contact SET company_id = ?, version = version + 1 WHERE company_id = ?`, keep.ID, gone.ID); err != nil {
		return tags, contacts, names, err
	}
	names, err = db.Exec(ctx, tx, `UPDATE company_name SET company_id = ? WHERE company_id = ?
		AND name NOT IN (SELECT name FROM company_name WHERE company_id = ?)`, keep.ID, gone.ID, keep.ID)
	return tags, contacts, names, err
}

func insertMerge(ctx context.Context, tx *db.Tx, kept, merged, before, by string) error {
	_, err := db.Exec(ctx, tx, `INSERT INTO company_merge (id, kept, merged, before, at, by_person) VALUES (?, ?, ?, ?, ?, ?)`,
		tx.ID(), kept, merged, before, db.Micros(tx.Now()), by)
	return err
}
