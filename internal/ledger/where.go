package ledger

import (
	"fmt"
	"strings"
)

// where gathers conditions and their arguments.
type where struct {
	conds []string
	args  []any
}

func (w *where) add(cond string, args ...any) {
	w.conds = append(w.conds, cond)
	w.args = append(w.args, args...)
}

func (w *where) text() string { return strings.Join(w.conds, " AND ") }

// filters adds the question's own conditions; place is the alias of the table that holds the places.
func (q Question) filters(w *where, entry, place string) {
	for _, f := range q.Where {
		d := dimensions[f.Dim]
		table := entry
		if d.place && f.Dim != "province" { // credit lines do not repeat the province
			table = place
		}
		var either []string
		var args []any
		for _, v := range f.Values {
			cond, arg := match(table, entry, f.Dim, d, v)
			either = append(either, cond)
			args = append(args, arg...)
		}
		if len(either) == 0 {
			either = []string{"1 = 0"}
		}
		not := ""
		if f.Not {
			not = "NOT "
		}
		w.add(not+"("+strings.Join(either, " OR ")+")", args...)
	}
}

func match(table, entry, dim string, d dimension, v string) (string, []any) {
	col := table + d.column
	switch {
	case dim == "tag":
		return col + ` LIKE ? ESCAPE '\'`, []any{"%|" + escapeLike(v) + "|%"}
	case dim == "month" || dim == "year" || dim == "date":
		return fmt.Sprintf("substr(%soccurred_on, 1, %d) = ?", table, len(v)), []any{v}
	case dim == "unit":
		return fmt.Sprintf("(%[1]sunit_id = ? OR %[1]scounty = ? OR %[1]scity = ? OR %[2]sprovince = ?)", table, entry), []any{v, v, v, v}
	case d.prefix && v != "":
		p := codePrefix(v)
		return fmt.Sprintf("substr(%s, 1, %d) = ?", col, len(p)), []any{p}
	}
	return col + " = ?", []any{v}
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// codePrefix makes a province or city code match everything below it: 440000 → 44, 440300 → 4403.
func codePrefix(code string) string {
	for len(code) == 6 && strings.HasSuffix(code, "00") || len(code) == 4 && strings.HasSuffix(code, "00") {
		code = code[:len(code)-2]
	}
	return code
}
