package web

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"zhudian/internal/fault"
)

// zone is where business dates are reckoned; Asia/Shanghai has had no summer time since 1991.
var zone = time.FixedZone("CST", 8*3600)

// Zone is the time zone pages show times in.
func Zone() *time.Location { return zone }

// SetZone changes it once, at start.
func SetZone(l *time.Location) { zone = l }

var dateShapes = regexp.MustCompile(`^(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]|(\d{2})(\d{2}))$`)

// ParseDate reads a business date in the spellings people use (2020-12-15, 2020/12/15, 2020.12.15,
// 2020年12月15日, 20201215, full-width digits too) and returns YYYY-MM-DD. Blank stays blank. A day that does
// not exist is refused, never shifted.
func ParseDate(s string) (string, *fault.Field) {
	t := narrow(s)
	if t == "" {
		return "", nil
	}
	m := dateShapes.FindStringSubmatch(t)
	if m == nil {
		return "", &fault.Field{Code: "not_date", Words: fault.Words{
			ZH: "“" + clip(s) + "”不是日期。请写成 2020-12-15。", EN: "“" + clip(s) + "” is not a date. Write it like 2020-12-15.",
		}}
	}
	var parts []int
	for _, g := range m[1:] {
		if g != "" {
			n, _ := strconv.Atoi(g)
			parts = append(parts, n)
		}
	}
	y, mo, d := parts[0], parts[1], parts[2]
	day := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
	if day.Year() != y || int(day.Month()) != mo || day.Day() != d {
		return "", &fault.Field{Code: "no_such_day", Words: fault.Words{
			ZH: "没有 " + t + " 这一天。", EN: "There is no " + t + ".",
		}}
	}
	if y < 1900 || y > 2199 {
		return "", &fault.Field{Code: "year_out_of_range", Words: fault.Words{ZH: "年份须在 1900 到 2199 之间。", EN: "The year must be 1900 to 2199."}}
	}
	return day.Format(time.DateOnly), nil
}

// ParseDateCell reads a date from a spreadsheet cell: the spellings of ParseDate, or the day number a
// spreadsheet keeps (45747 is 2025-03-31); guessed tells that it was a number, to be shown before storing.
// Day 60 is refused: it stands for 1900-02-29, which never was.
func ParseDateCell(s string) (date string, guessed bool, f *fault.Field) {
	t := narrow(s)
	n, err := strconv.Atoi(t)
	if err != nil || len(t) == 8 {
		date, f = ParseDate(s)
		return date, false, f
	}
	if n < 1 || n == 60 || n > 109574 { // 2199-12-31
		return "", false, &fault.Field{Code: "not_date", Words: fault.Words{
			ZH: "“" + clip(s) + "”不是日期的序号。请写成 2020-12-15。", EN: "“" + clip(s) + "” is not a day number. Write it like 2020-12-15.",
		}}
	}
	if n < 60 {
		n++
	}
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n).Format(time.DateOnly), true, nil
}

// now is the moment the page is shown at: the shell's clock, which in the demo is not the machine's.
func now(ctx context.Context) time.Time { return ShellOf(ctx).Now.In(zone) }

// Today is the business date of the page.
func Today(ctx context.Context) string {
	s := ShellOf(ctx)
	if s.Today != "" {
		return s.Today
	}
	if s.Now.IsZero() {
		return ""
	}
	return now(ctx).Format(time.DateOnly)
}

// ShortDate is a date in a list: 12-15 in the current year, else whole. Nil for none.
func ShortDate(ctx context.Context, date string) string {
	if date == "" {
		return Nil
	}
	if today := Today(ctx); len(date) == 10 && len(today) == 10 && date[:4] == today[:4] {
		return date[5:]
	}
	return date
}

// DateOr is a date, or Nil.
func DateOr(date string) string { return first(date, Nil) }

// Tone is the colour a word takes, by its job: "", "due" or "alarm".
type Tone string

// The tones of a deadline.
const (
	Calm  Tone = ""
	Due   Tone = "due"
	Alarm Tone = "alarm"
)

// Deadline is a deadline in words with its tone.
type Deadline struct {
	Text string
	Tone Tone
	Full string // the date itself, for the title
}

// Left words a business date as a deadline: 逾期 2 天, 今天, 明天, 剩 46 天.
func Left(ctx context.Context, date string) Deadline {
	n, ok := daysUntil(Today(ctx), date)
	switch {
	case date == "":
		return Deadline{Text: Nil}
	case !ok:
		return Deadline{Text: date, Full: date}
	case n < 0:
		return Deadline{T(ctx, "due.overdue", -n), Alarm, date}
	case n == 0:
		return Deadline{T(ctx, "due.today"), Due, date}
	case n == 1:
		return Deadline{T(ctx, "due.tomorrow"), Calm, date}
	}
	return Deadline{T(ctx, "due.left", n), Calm, date}
}

// LeftAt words a moment as a deadline: 今天 18:00, else as Left.
func LeftAt(ctx context.Context, t time.Time) Deadline {
	t = t.In(zone)
	d := Left(ctx, t.Format(time.DateOnly))
	d.Full = t.Format("2006-01-02 15:04")
	if t.Format(time.DateOnly) == Today(ctx) {
		d.Text, d.Tone = T(ctx, "due.today_at", t.Format("15:04")), Due
		if t.Before(now(ctx)) {
			d.Text, d.Tone = T(ctx, "due.passed_at", t.Format("15:04")), Alarm
		}
	}
	return d
}

// DueCell is a deadline in a queue: words when near, else the short date.
func DueCell(ctx context.Context, date string) Deadline {
	d := Left(ctx, date)
	if n, ok := daysUntil(Today(ctx), date); ok && n > 1 {
		d.Text = ShortDate(ctx, date)
	}
	return d
}

func daysUntil(today, date string) (int, bool) {
	a, err := time.Parse(time.DateOnly, today)
	b, err2 := time.Parse(time.DateOnly, date)
	if err != nil || err2 != nil {
		return 0, false
	}
	return int(b.Sub(a).Hours() / 24), true
}

// Moment is a time in a feed: 09:42 today, 昨 17:31, 12-07 10:08, or with the year.
func Moment(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return Nil
	}
	t = t.In(zone)
	n, ok := daysUntil(Today(ctx), t.Format(time.DateOnly))
	switch {
	case ok && n == 0:
		return t.Format("15:04")
	case ok && n == -1:
		return T(ctx, "time.yesterday", t.Format("15:04"))
	case ok && t.Format("2006") == Today(ctx)[:4]:
		return t.Format("01-02 15:04")
	}
	return t.Format("2006-01-02 15:04")
}

// MomentFull is a time in full, for titles: 2020-12-16 09:42.
func MomentFull(t time.Time) string {
	if t.IsZero() {
		return Nil
	}
	return t.In(zone).Format("2006-01-02 15:04")
}

// LongDate is a date with its weekday, for heads: 2020-12-16 周三.
func LongDate(ctx context.Context, date string) string {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return date + " " + T(ctx, fmt.Sprintf("weekday.%d", int(d.Weekday())))
}
