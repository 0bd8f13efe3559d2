package company

import (
	"cmp"
	"context"
	"math"
	"regexp"
	"slices"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/org"
)

// The search index holds one line of tokens for each live company. Its key, the slot, sorts the heavier company
// before the lighter and the newer before the older, so that an engine that walks its index in order meets the
// best first and need not look at a million others.
const (
	numBits   = 40
	numMask   = 1<<numBits - 1
	mostWeigh = 255
)

func slotOf(weight, num int64) int64 { return (mostWeigh-weight)<<numBits | (numMask - num) }

// slotNum is the number of the company in a slot, as SQL.
func slotNum(engine db.Engine) string {
	return `1099511627775 - (` + slotColumn(engine) + ` & 1099511627775)`
}

func slotColumn(engine db.Engine) string {
	if engine == db.Postgres {
		return "company_search.slot"
	}
	return "company_search.rowid"
}

// standingWeight is what a standing adds to a company's weight.
var standingWeight = map[string]int64{
	"world500": 60, "china500": 50, "private500": 40, "central": 40, "listed": 30, "leading": 25, "chain_master": 25, "champion": 20,
	"little_giant": 18, "unicorn": 18, "specialised": 10, "high_tech": 8, "gazelle": 10, "farm_leader": 12, "in_guizhou": 10, "discredited": -20,
}

// weigh gives how likely a company is the one meant among many of like name. It knows registry facts alone: what
// people do with a company must not show in what others find.
func (c Company) weigh() int64 {
	w := int64(40)
	for _, t := range c.Tags() {
		w += standingWeight[t]
	}
	switch c.Status {
	case "active":
		w += 10
	case "cancelled", "revoked":
		w -= 20
	}
	if c.CreditCode != "" {
		w += 5
	}
	if c.Kind == Association {
		w += 10
	}
	if c.Capital != nil && *c.Capital > 0 {
		w += min(40, int64(4*max(0, math.Log10(float64(*c.Capital))-6))) // 1 万 adds nothing, 100 亿 24
	}
	return max(0, min(mostWeigh, w))
}

// searchRow is what is derived of one company for being found: its search text and its marks.
type searchRow struct {
	Num    int64
	Weight int64
	Tok    string
	Marks  []mark
}

func (c Company) searchRow(d *org.Directory, key string, names ...string) searchRow {
	return searchRow{c.Number, c.weigh(), tokens(uniq(append([]string{c.Name}, names...)), []string{key}, c.CreditCode), c.marks(d, key, names...)}
}

// indexBatch is how many rows one statement adds to the index: SQLite writes it out after each.
const indexBatch = 5000

// putSearch adds search text: with dropSearch the one place where the engines' full-text tables are written.
func putSearch(ctx context.Context, tx *db.Tx, rows []searchRow) error {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b searchRow) int { return cmp.Compare(slotOf(a.Weight, a.Num), slotOf(b.Weight, b.Num)) })
	for part := range slices.Chunk(rows, indexBatch) {
		head, one, foot := `INSERT INTO company_search (rowid, tok) VALUES `, `(?, ?)`, ``
		if tx.Engine() == db.Postgres {
			head, one, foot = `INSERT INTO company_search (slot, tok) VALUES `, `(?, to_tsvector('simple', ?))`, ` ON CONFLICT (slot) DO UPDATE SET tok = excluded.tok`
		}
		args := make([]any, 0, 2*len(part))
		for _, r := range part {
			args = append(args, slotOf(r.Weight, r.Num), r.Tok)
		}
		if _, err := db.Exec(ctx, tx, head+strings.TrimSuffix(strings.Repeat(one+", ", len(part)), ", ")+foot, args...); err != nil {
			return err
		}
	}
	return nil
}

// againSearch replaces the search text and the marks of a company, which may have moved to another slot.
func againSearch(ctx context.Context, tx *db.Tx, r searchRow) error {
	if err := dropSearch(ctx, tx, r.Num); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, tx, `UPDATE company_company SET weight = ? WHERE num = ?`, r.Weight, r.Num); err != nil {
		return err
	}
	if err := againMarks(ctx, tx, r.Num, r.Marks); err != nil {
		return err
	}
	return putSearch(ctx, tx, []searchRow{r})
}

// dropSearch takes a company out of the index.
func dropSearch(ctx context.Context, tx *db.Tx, num int64) error {
	weight, err := db.One[int64](ctx, tx, `SELECT weight FROM company_company WHERE num = ?`, num)
	if err != nil {
		return err
	}
	text := `DELETE FROM company_search WHERE rowid = ?`
	if tx.Engine() == db.Postgres {
		text = `DELETE FROM company_search WHERE slot = ?`
	}
	_, err = db.Exec(ctx, tx, text, slotOf(weight, num))
	return err
}

const searchTables = `company_search JOIN company_company c ON c.num = `

// lookup is a search as SQL: a condition on company_search, or for the start of a code a query for numbers.
type lookup struct {
	where string
	codes string
	args  []any
}

// lookFor reads what a person typed; ok is false when it can find nothing.
func lookFor(engine db.Engine, text string) (l lookup, ok bool) {
	list := phrases(text)
	if len(list) == 0 {
		return l, false
	}
	if len(list) == 1 && len(list[0].tokens) == 1 && codeStart.MatchString(list[0].tokens[0]) {
		code := strings.ToUpper(list[0].tokens[0])
		exact, arg := matching(engine, []phrase{{tokens: []string{codeMark + list[0].tokens[0]}}})
		return lookup{codes: `SELECT x.num FROM (SELECT c.num FROM company_company c WHERE c.merged_into = '' AND c.credit_code <> '' AND c.credit_code >= ? AND c.credit_code < ?
			ORDER BY c.credit_code LIMIT 10001) x UNION SELECT ` + slotNum(engine) + ` FROM company_search WHERE ` + exact, args: []any{code, code + "~", arg}}, true
	}
	where, arg := matching(engine, list)
	return lookup{where: where, args: []any{arg}}, true
}

// codeStart is a word that can only be a credit code, an organisation code, or the start of one.
var codeStart = regexp.MustCompile(`^([0-9][0-9a-z]{5,17}|[0-9a-z]{2}[0-9]{6}[0-9a-z])$`)

// best gives a query for the numbers of the best hits.
func (l lookup) best(engine db.Engine, limit string) string {
	if l.codes != "" {
		return `SELECT k.num FROM (` + l.codes + `) k LIMIT ` + limit
	}
	return `SELECT ` + slotNum(engine) + ` AS num FROM company_search WHERE ` + l.where + ` ORDER BY ` + slotColumn(engine) + ` LIMIT ` + limit
}

// some gives a query with a line for each hit, until there are more than are counted.
func (l lookup) some() string {
	if l.codes != "" {
		return `SELECT 1 FROM (` + l.codes + `) k LIMIT 10001`
	}
	return `SELECT 1 FROM company_search WHERE ` + l.where + ` LIMIT 10001`
}

// matching gives the condition under which company_search holds what is looked for, and its argument.
func matching(engine db.Engine, list []phrase) (where, arg string) {
	var parts []string
	for _, p := range list {
		if engine == db.Postgres {
			quoted := make([]string, len(p.tokens))
			for i, t := range p.tokens {
				quoted[i] = "'" + strings.ReplaceAll(t, "'", "''") + "'"
			}
			text := strings.Join(quoted, " <-> ")
			if p.prefix {
				text += ":*"
			}
			parts = append(parts, "("+text+")")
			continue
		}
		text := `"` + strings.Join(p.tokens, " ") + `"`
		if p.prefix {
			text += " *"
		}
		parts = append(parts, text)
	}
	if engine == db.Postgres {
		return `company_search.tok @@ to_tsquery('simple', ?)`, strings.Join(parts, " & ")
	}
	return `company_search MATCH ?`, strings.Join(parts, " AND ")
}

// Named gives a query for the ids of the companies that a search finds, the best thousand at most, for the lists
// of records that belong to companies. ok is false when the text can find nothing.
func Named(engine db.Engine, text string) (query string, args []any, ok bool) {
	l, ok := lookFor(engine, text)
	if !ok {
		return "", nil, false
	}
	return `SELECT c.id FROM (` + l.best(engine, "1000") + `) f JOIN company_company c ON c.num = f.num`, l.args, true
}

// searchForm is the form of what is derived from a company for search. Another number makes Refresh derive it anew.
const (
	searchForm    = "3"
	searchSetting = "company.search"
)

// Refresh makes what search needs anew when it is of an older form, or a load was cut short before it.
func (s *Service) Refresh(ctx context.Context) error {
	form := ""
	if err := s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		form, err = db.Setting(ctx, tx, searchSetting)
		return err
	}); err != nil || form == searchForm {
		return err
	}
	if err := s.DB.Write(ctx, buildIndexes); err != nil {
		return err
	}
	if err := s.DB.Write(ctx, clearSearch); err != nil {
		return err
	}
	return s.index(ctx, "", 0, nil)
}

// index makes search text for the companies above a number, of a source or of all, in transactions of its own, and
// says that the index is whole.
func (s *Service) index(ctx context.Context, source string, last int64, tell func(int64)) error {
	done := int64(0)
	for more := true; more; {
		err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			const parts = 6 // the fewer transactions, the fewer pieces of index to merge
			at, sum := last, int64(0)
			for range parts {
				n, to, err := indexPart(ctx, tx, source, at)
				if err != nil {
					return err
				}
				at, sum = to, sum+int64(n)
			}
			if more = sum > 0; !more {
				return db.SetSetting(ctx, tx, searchSetting, searchForm)
			}
			tx.AfterCommit(func() { last, done = at, done+sum })
			return nil
		})
		if err != nil {
			return err
		}
		if tell != nil {
			tell(done)
		}
	}
	return nil
}

// Reindex makes the search index of every company anew inside the caller's transaction: after the records came
// from an export, which leaves out what an engine keeps for itself.
func Reindex(ctx context.Context, tx *db.Tx) error {
	if err := clearSearch(ctx, tx); err != nil {
		return err
	}
	for last, n := int64(0), 1; n > 0; {
		var err error
		if n, last, err = indexPart(ctx, tx, "", last); err != nil {
			return err
		}
	}
	return db.SetSetting(ctx, tx, searchSetting, searchForm)
}

func clearSearch(ctx context.Context, tx *db.Tx) error {
	text := `INSERT INTO company_search (company_search) VALUES ('delete-all')`
	if tx.Engine() == db.Postgres {
		text = `DELETE FROM company_search`
	}
	if _, err := db.Exec(ctx, tx, text); err != nil {
		return err
	}
	_, err := db.Exec(ctx, tx, `DELETE FROM company_mark`)
	return err
}

// indexPart makes search text and marks for the next companies above a number.
func indexPart(ctx context.Context, tx *db.Tx, source string, last int64) (n int, at int64, err error) {
	type line struct {
		Company
		Key    string `db:"name_key"`
		Weight int64  `db:"weight"`
	}
	where, args := `c.num > ? AND c.merged_into = ''`, []any{last}
	if source != "" {
		where, args = where+` AND c.source = ?`, append(args, source)
	}
	list, err := db.All[line](ctx, tx, `SELECT `+companyColumns+`, c.name_key, c.weight FROM company_company c WHERE `+where+` ORDER BY c.num LIMIT ?`, append(args, indexBatch)...)
	if err != nil || len(list) == 0 {
		return 0, last, err
	}
	d, err := org.Open(ctx, tx)
	if err != nil {
		return 0, last, err
	}
	names, err := otherNames(ctx, tx, list[0].Number, list[len(list)-1].Number)
	if err != nil {
		return 0, last, err
	}
	find := make([]searchRow, len(list))
	var marks []mark
	for i, r := range list {
		key := nameKey(d, r.Name)
		find[i] = r.searchRow(d, key, names[r.ID]...)
		if key != r.Key || find[i].Weight != r.Weight {
			if _, err := db.Exec(ctx, tx, `UPDATE company_company SET name_key = ?, weight = ? WHERE num = ?`, key, find[i].Weight, r.Number); err != nil {
				return 0, last, err
			}
		}
		marks = append(marks, find[i].Marks...)
	}
	if err := putMarks(ctx, tx, marks); err != nil {
		return 0, last, err
	}
	return len(list), list[len(list)-1].Number, putSearch(ctx, tx, find)
}

// otherNames gives the further names of the companies with numbers between two.
func otherNames(ctx context.Context, tx *db.Tx, from, to int64) (map[string][]string, error) {
	type line struct {
		Company string `db:"company_id"`
		Name    string `db:"name"`
	}
	out := map[string][]string{}
	return out, db.Each(ctx, tx, `SELECT n.company_id, n.name FROM company_company c JOIN company_name n ON n.company_id = c.id WHERE c.num >= ? AND c.num <= ? ORDER BY n.name`,
		[]any{from, to}, func(l line) error {
			out[l.Company] = append(out[l.Company], l.Name)
			return nil
		})
}
