package web

import (
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"zhudian/internal/fault"
)

// humaRule says one message of huma's validator in our words; $1 and $2 are what the pattern captured.
type humaRule struct {
	match        *regexp.Regexp
	code, zh, en string
}

func rule(match, code, zh, en string) humaRule {
	return humaRule{regexp.MustCompile("^" + match + "$"), code, zh, en}
}

var humaRules = []humaRule{
	rule(`unexpected property`, "unknown_field", "没有这一项。", "No such field."),
	rule(`expected required property (.+) to be present`, "required", "缺少这一项。", "This value is required."),
	rule(`expected property (.+) to be present when (.+) is present`, "required", "填了 $2 就要填 $1。", "$1 is required with $2."),
	rule(`expected value to be one of "(.*)"`, "not_a_choice", "只能是其中之一：$1。", "Must be one of: $1."),
	rule(`expected boolean`, "not_boolean", "只能是 true 或 false。", "Must be true or false."),
	rule(`expected integer`, "not_integer", "须是整数。", "Must be a whole number."),
	rule(`expected number`, "not_number", "须是数字。", "Must be a number."),
	rule(`expected string`, "not_text", "须是文字。", "Must be text."),
	rule(`expected array`, "not_list", "须是列表。", "Must be a list."),
	rule(`expected object`, "not_object", "须是对象。", "Must be an object."),
	rule(`expected number >= (.+)`, "too_small", "不能小于 $1。", "Must be at least $1."),
	rule(`expected number > (.+)`, "too_small", "须大于 $1。", "Must be more than $1."),
	rule(`expected number <= (.+)`, "too_large", "不能大于 $1。", "Must be at most $1."),
	rule(`expected number < (.+)`, "too_large", "须小于 $1。", "Must be less than $1."),
	rule(`expected number to be a multiple of (.+)`, "not_multiple", "须是 $1 的倍数。", "Must be a multiple of $1."),
	rule(`expected length >= (.+)`, "too_short", "至少 $1 个字。", "At least $1 characters."),
	rule(`expected length <= (.+)`, "too_long", "最多 $1 个字。", "At most $1 characters."),
	rule(`expected array length >= (.+)`, "too_few", "至少 $1 项。", "At least $1 items."),
	rule(`expected array length <= (.+)`, "too_many", "最多 $1 项。", "At most $1 items."),
	rule(`expected array items to be unique`, "repeated", "有重复的项。", "Items must differ."),
	rule(`expected object with at least (.+) properties`, "too_few", "至少 $1 项。", "At least $1 entries."),
	rule(`expected object with at most (.+) properties`, "too_many", "最多 $1 项。", "At most $1 entries."),
	rule(`expected string to be RFC 3339 date-time.*`, "not_time", "须是时间，如 2020-12-15T10:05:00+08:00。", "Must be a time like 2020-12-15T10:05:00+08:00."),
	rule(`expected string to be RFC 3339 date.*`, "not_date", "须是日期，如 2020-12-15。", "Must be a date like 2020-12-15."),
	rule(`expected string to be RFC 3339 time.*`, "not_time", "须是时刻，如 10:05:00。", "Must be a time like 10:05:00."),
	rule(`expected string to be RFC 5322 email.*`, "not_email", "不是邮箱地址。", "Not an e-mail address."),
	rule(`expected string to be RFC 4122 uuid.*`, "not_id", "不是编号。", "Not an id."),
	rule(`expected string to be RFC 3986 uri.*`, "not_url", "不是网址。", "Not an address."),
	rule(`expected string to be base64.*`, "not_base64", "不是 base64。", "Not base64."),
	rule(`expected string to (?:match pattern|be) (.+)`, "bad_format", "格式不对。", "The format is not right."),
}

// humaField turns one finding of huma's validator into ours.
func humaField(err error) fault.Field {
	f := fault.Field{Code: "bad_value", Words: fault.Words{ZH: "这个值不合要求。", EN: "This value does not fit."}}
	d, ok := err.(huma.ErrorDetailer)
	if !ok {
		return f
	}
	msg := d.ErrorDetail().Message
	f.Name = strings.TrimPrefix(strings.TrimPrefix(d.ErrorDetail().Location, "body"), ".")
	for _, r := range humaRules {
		m := r.match.FindStringSubmatch(msg)
		if m == nil {
			continue
		}
		f.Code, f.Words = r.code, fault.Words{ZH: r.zh, EN: r.en}
		for i, g := range m[1:] {
			v := "$" + string(rune('1'+i))
			f.Words.ZH = strings.ReplaceAll(f.Words.ZH, v, g)
			f.Words.EN = strings.ReplaceAll(f.Words.EN, v, g)
		}
		if r.code == "required" && len(m) == 2 { // the location is the object; name what is missing in it
			f.Name = strings.TrimPrefix(f.Name+"."+m[1], ".")
		}
		break
	}
	return f
}
