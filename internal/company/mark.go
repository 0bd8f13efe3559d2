package company

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/hanzi"
	"zhudian/internal/org"
)

// mark is a key by which a record may be the same organisation as another: see company_mark. Marks are made of
// registry facts alone, so that who finds two records alike learns nothing of a county's work.
type mark struct {
	Value string `db:"value"`
	Bare  bool   `db:"bare"`
	Num   int64  `db:"num"`
}

// The beginnings of marks: what tells a name from others, and how that is read.
const (
	markName  = "n:"
	markSound = "p:"
)

// marks gives the keys of a company and of the other names it has or had.
func (c Company) marks(d *org.Directory, key string, names ...string) []mark {
	keys := []string{key}
	for _, n := range names {
		keys = append(keys, nameKey(d, n))
	}
	var values []string
	for _, k := range keys {
		if len([]rune(k)) < 2 {
			continue
		}
		values = append(values, markName+k)
		if s := sound(k); s != "" {
			values = append(values, markSound+s)
		}
	}
	var out []mark
	for _, v := range uniq(values) {
		out = append(out, mark{v, c.CreditCode == "", c.Number})
	}
	return out
}

// sound is how a key is usually read, "" when it holds no Chinese.
func sound(key string) string {
	if !hanzi.Any(key) {
		return ""
	}
	var b strings.Builder
	for _, r := range key {
		if list := hanzi.Readings(r); len(list) > 0 {
			b.WriteString(list[0])
		}
	}
	return b.String()
}

func putMarks(ctx context.Context, tx *db.Tx, list []mark) error {
	for part := range slices.Chunk(list, 1000) {
		if err := db.Insert(ctx, tx, "company_mark", part); err != nil {
			return err
		}
	}
	return nil
}

// dropMarks takes the marks of a company away.
func dropMarks(ctx context.Context, tx *db.Tx, num int64) error {
	_, err := db.Exec(ctx, tx, `DELETE FROM company_mark WHERE num = ?`, num)
	return err
}

// againMarks replaces the marks of a company, and where they changed looks again for what may be the same.
func againMarks(ctx context.Context, tx *db.Tx, num int64, now []mark) error {
	had, err := db.All[mark](ctx, tx, `SELECT value, bare, num FROM company_mark WHERE num = ? ORDER BY value`, num)
	if err != nil {
		return err
	}
	slices.SortFunc(now, func(x, y mark) int { return strings.Compare(x.Value, y.Value) })
	slices.SortFunc(had, func(x, y mark) int { return strings.Compare(x.Value, y.Value) })
	if slices.Equal(had, now) {
		return nil
	}
	if err := dropMarks(ctx, tx, num); err != nil {
		return err
	}
	if err := putMarks(ctx, tx, now); err != nil {
		return err
	}
	if err := dropPairs(ctx, tx, num); err != nil {
		return err
	}
	list, err := alikeTo(ctx, tx, num)
	if err != nil {
		return err
	}
	return putPairs(ctx, tx, list)
}
