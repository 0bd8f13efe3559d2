package audit

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// Change is one field of a record before and after; "" when it was not there.
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Changes lists what a record changed, by name of field, personal data masked.
func Changes(r Record) []Change {
	var sides struct {
		Before, After map[string]any
	}
	out := []Change{}
	if decode(r.Change, &sides) != nil {
		return out
	}
	names := map[string]bool{}
	for _, side := range []map[string]any{sides.Before, sides.After} {
		for k := range side {
			names[k] = true
		}
	}
	for k := range names {
		out = append(out, Change{k, text(k, sides.Before[k]), text(k, sides.After[k])})
	}
	slices.SortFunc(out, func(a, b Change) int { return strings.Compare(a.Field, b.Field) })
	return out
}

// Edited is Changes of an edit; nothing for what only added.
func Edited(r Record) []Change {
	list := Changes(r)
	if !slices.ContainsFunc(list, func(c Change) bool { return c.Before != "" }) {
		return nil
	}
	return list
}

func decode(raw string, into any) error {
	d := json.NewDecoder(strings.NewReader(raw))
	d.UseNumber()
	return d.Decode(into)
}

func text(field string, v any) string {
	v = mask(field, v)
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return hidden
		}
		return string(b)
	}
}

// hidden stands for a value that is nobody's business here.
const hidden = "•••"

// personal are the fields of persons. The trail is written without them; should one slip in, it is not shown.
var personal = regexp.MustCompile(`(?i)(^|_)(phone|mobile|tel|email|mail|wechat|id_number|id_card|birthday|password|secret|token)$`)

// What looks like personal data inside a text: a mobile number, an identity number, an address of electronic mail.
var (
	mobile   = regexp.MustCompile(`\b(1[3-9]\d)\d{4}(\d{4})\b`)
	identity = regexp.MustCompile(`\b(\d{6})(?:19|20)\d{2}(?:0[1-9]|1[0-2])\d{5}[\dXx]\b`)
	mail     = regexp.MustCompile(`[\w.+-]+@([\w-]+\.)+[\w-]+`)
)

// mask hides personal data in a value of a field, whatever its shape. Numbers are amounts and times.
func mask(field string, v any) any {
	switch v := v.(type) {
	case string:
		if v != "" && personal.MatchString(field) {
			return hidden
		}
		v = mobile.ReplaceAllString(v, "$1****$2")
		v = identity.ReplaceAllString(v, "$1************")
		return mail.ReplaceAllString(v, hidden)
	case []any:
		for i := range v {
			v[i] = mask(field, v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = mask(k, v[k])
		}
	}
	return v
}

// masked is a change as JSON without personal data.
func masked(change string) string {
	var v any
	if decode(change, &v) != nil {
		return hidden
	}
	b, err := json.Marshal(mask("", v))
	if err != nil {
		return hidden
	}
	return string(b)
}
