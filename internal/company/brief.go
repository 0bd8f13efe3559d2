package company

import (
	"context"
	"slices"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/sheet"
)

// Brief is what other packages need to know of a company or association: registry facts alone.
type Brief struct {
	ID       string `db:"id" json:"id"`
	Kind     string `db:"kind" json:"kind"` // enterprise or association
	Name     string `db:"name" json:"name"`
	Industry string `db:"industry" json:"industry,omitempty"` // GB/T 4754 with its section letter, e.g. C39
	Origin   string `db:"origin" json:"origin,omitempty"`     // GB/T 2260 code of the city it comes from, of the province when that is all one knows
	Region   string `db:"region" json:"region,omitempty"`     // GB/T 2260 code of where it is, as fine as known
	Tags     string `db:"tags" json:"tags,omitempty"`         // standing, "|listed|china500|", "" when none
	Capital  int64  `db:"capital" json:"capital,omitempty"`   // registered capital in fen, 0 when unknown or in another currency
}

const briefColumns = `c.id, c.kind, c.name, CASE WHEN c.industry = c.section THEN c.industry ELSE c.section || c.industry END AS industry,
	CASE WHEN c.city = '' THEN c.province ELSE c.city END AS origin, c.region, c.tags,
	CASE WHEN c.currency = 'CNY' THEN COALESCE(c.capital, 0) ELSE 0 END AS capital`

// Briefs gives the registry facts of many companies by the id asked for; the id of a merged company gives the
// record it became. Unknown ids are left out.
func Briefs(ctx context.Context, tx *db.Tx, ids []string) (map[string]Brief, error) {
	type merged struct {
		Brief
		Into string `db:"merged_into"`
	}
	out := map[string]Brief{}
	asked := map[string][]string{} // record to read → ids it answers
	for _, id := range ids {
		asked[id] = append(asked[id], id)
	}
	for range 8 { // merges of merges
		next := map[string][]string{}
		var list []string
		for id := range asked {
			list = append(list, id)
		}
		slices.Sort(list)
		for part := range slices.Chunk(list, 500) {
			err := db.Each(ctx, tx, `SELECT `+briefColumns+`, c.merged_into FROM company_company c WHERE c.id IN `+db.In(len(part)), db.Args(part), func(m merged) error {
				if m.Into != "" {
					next[m.Into] = append(next[m.Into], asked[m.ID]...)
					return nil
				}
				for _, id := range asked[m.ID] {
					out[id] = m.Brief
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
		if asked = next; len(asked) == 0 {
			break
		}
	}
	return out, nil
}

// capitalText gives registered capital for people: 5000 万元, 300 万美元 as "300 USD 万".
func (f Facts) capitalText() string {
	if f.Capital == nil {
		return ""
	}
	text := trimZeros(sheet.Fixed{N: *f.Capital, Digits: 6}.String()) + "万"
	if f.Currency != "CNY" {
		text += " " + f.Currency
	}
	return text
}

func trimZeros(s string) string {
	for len(s) > 0 && s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if len(s) > 0 && s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}

// Cards gives the registry facts of live records, by id; those that were merged away are left out.
func Cards(ctx context.Context, tx *db.Tx, ids []string) (map[string]Company, error) {
	out := map[string]Company{}
	for part := range slices.Chunk(ids, 500) {
		err := db.Each(ctx, tx, `SELECT `+companyColumns+` FROM company_company c WHERE c.merged_into = '' AND c.id IN `+db.In(len(part)), db.Args(part), func(c Company) error {
			out[c.ID] = c
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// EnteredBy lists the records somebody typed in since an instant, the latest first; what they imported is left out.
func EnteredBy(ctx context.Context, tx *db.Tx, person string, since int64, most int) ([]string, error) {
	return db.All[string](ctx, tx, `SELECT c.id FROM company_company c WHERE c.created_by = ? AND c.created_at >= ? AND c.source = '' AND c.merged_into = '' ORDER BY c.created_at DESC, c.id LIMIT ?`,
		person, since, most)
}

// ContactsAt lists the people in somebody's scope at some companies, masked, the latest first.
func ContactsAt(ctx context.Context, tx *db.Tx, who audit.Actor, companies []string, most int) ([]Contact, error) {
	var out []Contact
	for part := range slices.Chunk(companies, 500) {
		args := append([]any{who.Node, tx.Today(), tx.Today()}, db.Args(part)...)
		rows, err := db.All[contactLine](ctx, tx, `SELECT `+contactColumns+contactTables+` WHERE k.erased_at = 0 AND k.company_id IN `+db.In(len(part))+
			` ORDER BY k.id DESC LIMIT ?`, append(args, most-len(out))...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			c, err := r.contact(false)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
		if len(out) >= most {
			break
		}
	}
	return out, nil
}
