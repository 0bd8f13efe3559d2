package sheet

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"zhudian/internal/fault"
)

// Fold turns full-width letters, digits and signs into plain ones, drops invisible characters, and makes every
// blank one space. Chinese punctuation that has no plain twin stays.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := true
	for _, r := range s {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			r -= 0xFEE0
		case r == '\u3000' || r == '\u00A0' || r == '\t' || r == '\n' || r == '\r' || r >= 0x2000 && r <= 0x200A || r == '\u202F':
			r = ' '
		case r == '\u200B' || r == '\u200C' || r == '\u200D' || r == '\u2060' || r == '\uFEFF' || r == '\u00AD' || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r < 0x20:
			continue
		}
		if r == ' ' {
			if space {
				continue
			}
			space = true
		} else {
			space = false
		}
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " ")
}

var scientific = regexp.MustCompile(`^\d(\.\d+)?[eE]\+?\d{2}$`)

// NumberLost reports whether a code was turned into a number by a spreadsheet: 9.131E+17. Its digits are
// gone and are never guessed.
func NumberLost(s string) bool { return scientific.MatchString(Fold(s)) }

// Money units a column or a cell may name, in fen.
var moneyUnits = []struct {
	name string
	fen  int64
}{{"亿元", 1_0000_0000_00}, {"万元", 1_0000_00}, {"元", 100}, {"亿", 1_0000_0000_00}, {"万", 1_0000_00}}

// unitFen gives the fen in one unit; "" counts as 元.
func unitFen(unit string) int64 {
	for _, u := range moneyUnits {
		if u.name == unit {
			return u.fen
		}
	}
	return 100
}

var plainNumber = regexp.MustCompile(`^[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$`)

// Money reads an amount in a unit ("元", "万元", "亿元") exactly, as fen. Full-width digits and thousands
// commas are read; a cell that names another unit is refused with the value in the right one, never converted
// silently. A nil field means that it worked; codes: not_a_number, unit_mismatch, too_large, too_precise.
func Money(text, unit string) (int64, *fault.Field) {
	s := strings.TrimLeft(strings.ReplaceAll(Fold(text), "，", ","), "¥￥$ ")
	own := ""
	for _, u := range moneyUnits {
		if t, ok := strings.CutSuffix(s, u.name); ok {
			s, own = strings.TrimSpace(t), u.name
			break
		}
	}
	if !plainNumber.MatchString(s) {
		return 0, field("not_a_number", "“"+text+"”不是数字。请只填数字，如 1234.56。", "“"+text+"” is not a number. Enter digits only, e.g. 1234.56.", "")
	}
	v, ok := new(big.Rat).SetString(strings.ReplaceAll(s, ",", ""))
	if !ok {
		return 0, field("not_a_number", "“"+text+"”不是数字。", "“"+text+"” is not a number.", "")
	}
	if own != "" && unitFen(own) != unitFen(unit) {
		v.Mul(v, big.NewRat(unitFen(own), unitFen(unit)))
		fix := strings.TrimRight(strings.TrimRight(v.FloatString(8), "0"), ".")
		return 0, field("unit_mismatch", "这一栏的单位是"+unit+"，“"+text+"”应写作 "+fix+"。", "This column is in "+unit+"; write “"+text+"” as "+fix+".", fix)
	}
	v.Mul(v, big.NewRat(unitFen(unit), 1))
	if !v.IsInt() {
		return 0, field("too_precise", "金额最多精确到分。", "Amounts are exact to the fen (0.01 yuan) at most.", "")
	}
	if !v.Num().IsInt64() {
		return 0, field("too_large", "金额超过上限 92233720368547758.07 元。", "The amount is above the maximum of 92,233,720,368,547,758.07 yuan.", "")
	}
	return v.Num().Int64(), nil
}

func field(code, zh, en, fix string) *fault.Field {
	return &fault.Field{Code: code, Words: fault.Words{ZH: zh, EN: en}, Fix: fix}
}

var (
	dateParts = regexp.MustCompile(`^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?([ T]\d{1,2}:\d{2}(:\d{2})?(\.\d+)?)?$`)
	dateSolid = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})$`)
	dayNumber = regexp.MustCompile(`^\d{1,7}(\.\d+)?$`)
)

// Date reads a day in the ways people and spreadsheets write it, as YYYY-MM-DD. A bare number is a
// spreadsheet's day count (from 1904 when the book says so). A nil field means that it worked; code: not_a_date.
func Date(text string, from1904 bool) (string, *fault.Field) {
	s := Fold(text)
	m := dateParts.FindStringSubmatch(s)
	if m == nil {
		m = dateSolid.FindStringSubmatch(s)
	}
	if m != nil {
		day := m[1] + "-" + pad(m[2]) + "-" + pad(m[3])
		if _, err := time.Parse(time.DateOnly, day); err == nil && day >= "1600" {
			return day, nil
		}
		return "", field("not_a_date", "没有 "+s+" 这一天。请按 2020-12-15 的样子填写。", "There is no day "+s+". Write it like 2020-12-15.", "")
	}
	if dayNumber.MatchString(s) {
		if day, ok := fromDayNumber(s, from1904); ok {
			return day, nil
		}
	}
	return "", field("not_a_date", "“"+text+"”不是日期。请按 2020-12-15 的样子填写。", "“"+text+"” is not a date. Write it like 2020-12-15.", "")
}

func pad(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

// fromDayNumber knows that spreadsheets believe in 1900-02-29, day 60, which never was.
func fromDayNumber(s string, from1904 bool) (string, bool) {
	whole, _, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(whole)
	const lastDay = 2_958_465 // 9999-12-31
	if err != nil || n < 1 || n > lastDay {
		return "", false
	}
	base := time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)
	switch {
	case from1904:
		base = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case n == 60:
		return "", false
	case n > 60:
		n--
	}
	return base.AddDate(0, 0, n).Format(time.DateOnly), true
}
