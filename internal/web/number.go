package web

import (
	"context"
	"math/bits"
	"strconv"
	"strings"
)

// Nil is what stands where there is no value.
const Nil = "—"

// minus is U+2212, the minus sign of printed figures.
const minus = "−"

// Unit is the unit an amount of money is shown or typed in.
type Unit int

// The units of money; the value is the power of ten of 分 in one unit.
const (
	Fen  Unit = 0
	Yuan Unit = 2
	Wan  Unit = 6  // 万元
	Yi   Unit = 10 // 亿元
)

// million and billion yuan are shown in English only.
const (
	million Unit = 8
	billion Unit = 11
)

func (u Unit) key() string {
	switch u {
	case Yuan:
		return "unit.yuan"
	case Wan:
		return "unit.wan"
	case Yi:
		return "unit.yi"
	case million:
		return "unit.million"
	case billion:
		return "unit.billion"
	default:
		return "unit.fen"
	}
}

func unitByTag(tag string) Unit {
	switch tag {
	case "yuan":
		return Yuan
	case "wan":
		return Wan
	case "yi":
		return Yi
	case "fen":
		return Fen
	}
	panic("web: money tag must be fen, yuan, wan or yi: " + tag)
}

// Amount is a figure ready for the page: its digits and its unit.
type Amount struct{ Value, Unit string }

// String joins digits and unit, for titles and plain text: no space before a Chinese unit.
func (a Amount) String() string {
	if a.Unit == "" {
		return a.Value
	}
	if a.Unit[0] < 0x80 && a.Unit != "%" {
		return a.Value + " " + a.Unit
	}
	return a.Value + a.Unit
}

// Money shows fen in a unit, two decimals. In English 万元 and 亿元 become million yuan, from a thousand
// million on billion yuan.
func Money(ctx context.Context, fen int64, u Unit) Amount {
	if Lang(ctx) == "en" && u >= Wan {
		u = million
		if fen >= 1e11 || fen <= -1e11 {
			u = billion
		}
	}
	return Amount{Fixed(fen, int(u), 2), T(ctx, u.key())}
}

// MoneyCell is the digits of an amount in a column whose head carries MoneyUnit.
func MoneyCell(ctx context.Context, fen int64, u Unit) string {
	return Fixed(fen, int(columnUnit(ctx, u)), 2)
}

// MoneyCellOr is MoneyCell, with Nil for no value.
func MoneyCellOr(ctx context.Context, fen *int64, u Unit) string {
	if fen == nil {
		return Nil
	}
	return MoneyCell(ctx, *fen, u)
}

// MoneyUnit names the unit of a column of MoneyCell.
func MoneyUnit(ctx context.Context, u Unit) string { return T(ctx, columnUnit(ctx, u).key()) }

func columnUnit(ctx context.Context, u Unit) Unit {
	if Lang(ctx) == "en" && u >= Wan {
		return million
	}
	return u
}

// Power is the power of ten of fen in one of the units that MoneyCell shows in: the scale of a chart's values.
func (u Unit) Power(ctx context.Context) int { return int(columnUnit(ctx, u)) }

// MoneyInput is an amount as it stands in an input: no separators, no needless zeros.
func MoneyInput(fen int64, u Unit) string {
	s := Fixed(fen, int(u), int(u))
	s = strings.ReplaceAll(strings.ReplaceAll(s, ",", ""), minus, "-")
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Int shows a count with separators: 30,076.
func Int(n int64) string { return Fixed(n, 0, 0) }

// IntOr is Int, with Nil for no value.
func IntOr(n *int64) string {
	if n == nil {
		return Nil
	}
	return Int(*n)
}

// Signed puts a plus before a positive figure; the minus is there already.
func Signed(s string) string {
	if s == "" || s == Nil || strings.HasPrefix(s, minus) || strings.Trim(s, "0.,") == "" {
		return s
	}
	return "+" + s
}

// Fixed shows n / 10^scale with the given decimals, separators and U+2212, rounding halves away from zero.
// It is exact: no floating point.
func Fixed(n int64, scale, decimals int) string {
	neg := n < 0
	u := uint64(n)
	if neg {
		u = -u
	}
	if scale > decimals {
		d := pow10(scale - decimals)
		q, r := u/d, u%d
		if r >= d-r {
			q++
		}
		u, scale = q, decimals
	}
	digits := strconv.FormatUint(u, 10)
	digits += strings.Repeat("0", decimals-scale)
	if len(digits) <= decimals {
		digits = strings.Repeat("0", decimals-len(digits)+1) + digits
	}
	whole, frac := digits[:len(digits)-decimals], digits[len(digits)-decimals:]
	var b strings.Builder
	if neg && strings.Trim(digits, "0") != "" {
		b.WriteString(minus)
	}
	for i, c := range []byte(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(c)
	}
	if decimals > 0 {
		b.WriteString("." + frac)
	}
	return b.String()
}

func pow10(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

// Rate shows part ÷ whole in percent with the given decimals, or Nil when the whole is zero. The unit % is
// the caller's.
func Rate(part, whole int64, decimals int) string {
	n, ok := ratio(part, whole, decimals+2)
	if !ok {
		return Nil
	}
	return Fixed(n, decimals, decimals)
}

// Growth shows the change from before to now in percent, signed; Nil when before is zero.
func Growth(now, before int64, decimals int) string {
	if before <= 0 {
		return Nil
	}
	return Signed(Rate(now-before, before, decimals))
}

// Share shows millionths of a whole as 0.70.
func Share(millionths int64) string { return Fixed(millionths, 6, 2) }

// ratio is part × 10^places ÷ whole, rounded half away from zero, in 128 bits.
func ratio(part, whole int64, places int) (int64, bool) {
	if whole == 0 {
		return 0, false
	}
	neg := (part < 0) != (whole < 0)
	p, w := magnitude(part), magnitude(whole)
	hi, lo := bits.Mul64(p, pow10(places))
	if hi >= w {
		return 0, false // more than an int64 can show
	}
	q, r := bits.Div64(hi, lo, w)
	if r >= w-r {
		q++
	}
	if q > 1<<63-1 {
		return 0, false
	}
	if neg {
		return -int64(q), true
	}
	return int64(q), true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// bytesText shows a size in KB or MB.
func bytesText(n int64) string {
	if n >= 1<<20 {
		return Fixed(n*10>>20, 1, 1) + " MB"
	}
	return Int((n+1023)>>10) + " KB"
}

// Bytes shows the size of a file: 1.8 MB.
func Bytes(n int64) string { return bytesText(n) }
