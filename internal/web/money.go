package web

import (
	"strconv"
	"strings"

	"zhudian/internal/fault"
)

// MaxFen is the largest amount a person may enter: a hundred trillion yuan.
const MaxFen = int64(1e16)

// typedUnits are the units people write behind a number, longest first.
var typedUnits = []struct {
	text string
	unit Unit
}{{"亿元", Yi}, {"万元", Wan}, {"亿", Yi}, {"万", Wan}, {"元", Yuan}}

// ParseMoney reads an amount typed into a field whose unit is u and returns fen. Full-width digits and
// well-placed separators are fine; another unit is refused with the converted value offered, never taken
// silently; so are exponents, hex, NaN, more decimals than 分 and anything above MaxFen.
func ParseMoney(s string, u Unit) (int64, *fault.Field) {
	t := strings.TrimLeft(narrow(s), "¥")
	for _, x := range typedUnits {
		if rest, ok := strings.CutSuffix(t, x.text); ok {
			fen, f := parseScaled(strings.TrimSpace(rest), int(x.unit), uint64(MaxFen))
			if f != nil || x.unit == u {
				return fen, f
			}
			fix := MoneyInput(fen, u)
			return 0, &fault.Field{Code: "other_unit", Fix: fix, Words: fault.Words{
				ZH: "这一栏的单位是" + Text("zh", u.key()) + "，“" + clip(s) + "”合 " + fix + "。",
				EN: "This field is in " + unitEN(u) + "; “" + clip(s) + "” is " + fix + ".",
			}}
		}
	}
	return parseScaled(t, int(u), uint64(MaxFen))
}

func unitEN(u Unit) string {
	switch u {
	case Wan:
		return "ten thousand yuan (万元)"
	case Yi:
		return "hundred million yuan (亿元)"
	default:
		return Text("en", u.key())
	}
}

// ParseInt reads a whole number: full-width digits and well-placed separators are fine.
func ParseInt(s string) (int64, *fault.Field) {
	n, f := parseScaled(narrow(s), 0, 1<<63-1)
	if f != nil && f.Code == "too_precise" {
		f = &fault.Field{Code: "not_integer", Words: fault.Words{ZH: "须是整数。", EN: "Must be a whole number."}}
	}
	return n, f
}

// ParseDecimal reads a number with at most places decimals and returns it times 10^places.
func ParseDecimal(s string, places int) (int64, *fault.Field) {
	return parseScaled(narrow(s), places, 1<<63-1)
}

// parseScaled reads a plain decimal number times 10^scale; it must come out whole and within limit.
func parseScaled(s string, scale int, limit uint64) (int64, *fault.Field) {
	neg := strings.HasPrefix(s, "-")
	body := strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	if neg && strings.HasPrefix(s, "-+") {
		return 0, notNumber(s)
	}
	whole, frac, dot := strings.Cut(body, ".")
	whole, ok := ungroup(whole)
	if !ok || !digitsOnly(frac) || whole == "" && frac == "" || dot && frac == "" {
		return 0, notNumber(s)
	}
	frac = strings.TrimRight(frac, "0")
	if len(frac) > scale {
		return 0, &fault.Field{Code: "too_precise", Words: fault.Words{
			ZH: "小数最多 " + strconv.Itoa(scale) + " 位。", EN: "At most " + strconv.Itoa(scale) + " decimals.",
		}}
	}
	digits := strings.TrimLeft(whole+frac+strings.Repeat("0", scale-len(frac)), "0")
	if digits == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n > limit {
		return 0, tooLarge()
	}
	if neg {
		return -int64(n), nil
	}
	return int64(n), nil
}

// ungroup removes thousands separators when they stand where they should.
func ungroup(s string) (string, bool) {
	if !strings.Contains(s, ",") {
		return s, digitsOnly(s)
	}
	groups := strings.Split(s, ",")
	for i, g := range groups {
		if !digitsOnly(g) || i > 0 && len(g) != 3 || i == 0 && (len(g) < 1 || len(g) > 3) {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

func digitsOnly(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// narrow trims, and turns full-width ASCII, the ideographic space and the minus signs into their plain forms.
func narrow(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e:
			return r - 0xfee0
		case r == 0x3000 || r == 0xa0:
			return ' '
		case r == 0x2212 || r == 0x2013:
			return '-'
		case r == 0xffe5:
			return '¥'
		}
		return r
	}, s))
}

func notNumber(s string) *fault.Field {
	if s == "" {
		return &fault.Field{Code: "required", Words: fault.Words{ZH: "请填一个数。", EN: "Enter a number."}}
	}
	return &fault.Field{Code: "not_number", Words: fault.Words{
		ZH: "“" + clip(s) + "”不是数。请写成 1234.56。", EN: "“" + clip(s) + "” is not a number. Write it like 1234.56.",
	}}
}

func tooLarge() *fault.Field {
	return &fault.Field{Code: "too_large", Words: fault.Words{ZH: "这个数超过上限，请核对单位和位数。", EN: "Above the maximum; check unit and digits."}}
}
