package company

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/hanzi"
	"zhudian/internal/org"
	"zhudian/internal/sheet"
)

// Bounds of a search: so many of the heaviest hits are ranked, and counting stops there.
const (
	rankedHits = 1_000
	MaxHits    = 10_000
)

// Find is the input of the use case of that name.
type Find struct {
	Q     string `query:"q" json:"q" maxLength:"100"` // as in Query
	Limit int    `query:"limit" json:"limit,omitempty" minimum:"0" maximum:"50"`
}

// FoundCompany is one hit of a search: registry facts.
type FoundCompany struct {
	Num        int64  `db:"num" json:"number"`
	ID         string `db:"id" json:"id"`
	Kind       string `db:"kind" json:"kind"`
	Name       string `db:"name" json:"name"`
	CreditCode string `db:"credit_code" json:"credit_code,omitempty"`
	Region     string `db:"region" json:"region,omitempty"`
	Tags       string `db:"tags" json:"standing,omitempty"`
	Weight     int64  `db:"weight" json:"-"`
	score      int64
}

// FoundCompanies are the hits of a search, best first. Total stops at MaxHits+1: "more than MaxHits".
type FoundCompanies struct {
	Items []FoundCompany `json:"items"`
	Total int64          `json:"total"`
}

const foundColumns = `c.num, c.id, c.kind, c.name, c.credit_code, c.region, c.tags, c.weight`

// Find ranks what a search finds: the name itself before a name that begins so before one that holds it, and among
// equals the heavier. Of more than rankedHits hits the heaviest are ranked, with the names that are just so.
func (s *Service) Find(ctx context.Context, in Find) (out FoundCompanies, err error) {
	who, err := audit.Require(ctx, "company.read")
	if err != nil {
		return out, err
	}
	if in.Limit == 0 {
		in.Limit = 20
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = find(ctx, tx, who, in.Q)
		return err
	})
	rank(out.Items, in.Q)
	out.Items = out.Items[:min(len(out.Items), in.Limit)]
	return out, err
}

func find(ctx context.Context, tx *db.Tx, who audit.Actor, q string) (out FoundCompanies, err error) {
	out.Items = []FoundCompany{}
	l, ok := lookFor(tx.Engine(), q)
	if !ok {
		return out, nil
	}
	out.Items, err = db.All[FoundCompany](ctx, tx, `SELECT `+foundColumns+` FROM (`+l.best(tx.Engine(), "1000")+`) f JOIN company_company c ON c.num = f.num`, l.args...)
	if err != nil {
		return out, err
	}
	if out.Total = int64(len(out.Items)); out.Total == rankedHits {
		if out.Total, err = db.One[int64](ctx, tx, `SELECT count(*) FROM (`+l.some()+`) t`, l.args...); err != nil {
			return out, err
		}
		if err := out.addExact(ctx, tx, q); err != nil {
			return out, err
		}
	}
	byPhone, err := companiesByPhone(ctx, tx, who, q)
	if err != nil || len(byPhone) == 0 {
		return out, err
	}
	err = out.add(ctx, tx, `SELECT `+foundColumns+` FROM company_company c WHERE c.merged_into = '' AND c.id IN `+db.In(len(byPhone)), db.Args(byPhone), true)
	return out, err
}

// addExact adds the companies whose name, or what tells it from others, is what was typed: of a common word they
// may be too light to be among the ranked.
func (out *FoundCompanies) addExact(ctx context.Context, tx *db.Tx, q string) error {
	d, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	return out.add(ctx, tx, `SELECT `+foundColumns+` FROM company_company c WHERE c.merged_into = '' AND c.name_key = ? LIMIT 50`, []any{nameKey(d, q)}, false)
}

func (out *FoundCompanies) add(ctx context.Context, tx *db.Tx, text string, args []any, count bool) error {
	have := map[int64]bool{}
	for _, c := range out.Items {
		have[c.Num] = true
	}
	return db.Each(ctx, tx, text, args, func(c FoundCompany) error {
		if !have[c.Num] {
			out.Items = append(out.Items, c)
			if count {
				out.Total++
			}
		}
		return nil
	})
}

// rank sorts hits, best first.
func rank(list []FoundCompany, q string) {
	typed := searchFold(q)
	code := strings.ToUpper(typed)
	spelled := typed != "" && isASCII(typed)
	for i := range list {
		c := &list[i]
		c.score = c.Weight
		name := searchFold(c.Name)
		at := strings.Index(name, typed)
		switch {
		case name == typed || c.CreditCode != "" && c.CreditCode == code:
			c.score += 1000
		case at == 0:
			c.score += 500
		case at > 0:
			c.score += 400 - int64(min(at, 90))
		case spelled:
			c.score += spelledAs(name, typed)
		}
		c.score = c.score<<8 - int64(min(200, len(name))) // of two alike the shorter name
	}
	slices.SortFunc(list, func(a, b FoundCompany) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.Num, a.Num))
	})
}

func searchFold(s string) string {
	return strings.ReplaceAll(strings.ToLower(hanzi.Simple(sheet.Fold(s))), " ", "")
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

// spelledAs adds for a name in which what was typed is read, the more the more of it that is.
func spelledAs(name, typed string) int64 {
	for _, p := range hanzi.Mark(name, typed) {
		if p.Hit {
			return 200 + int64(min(len(typed), 20))
		}
	}
	return 0
}
