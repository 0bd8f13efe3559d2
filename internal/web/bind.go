package web

import (
	"encoding"
	"net/url"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"zhudian/internal/fault"
)

// binder fills a struct from url-encoded values by its json tags. Keys may reach into lists and objects:
// "shares[0].unit". Two tags help forms: money:"wan" reads an amount in 万元 into fen (also "yuan", "yi"),
// format:"date" reads a date in any of the accepted spellings into YYYY-MM-DD.
type binder struct {
	checks  fault.Checks
	unknown []string
}

const maxList = 2000 // elements of one list in a form

// bind sets dst (a pointer to struct) from values.
func (b *binder) bind(dst any, values url.Values) {
	keys := make([]string, 0, len(values))
	for k := range values {
		keys = append(keys, k)
	}
	sort.Strings(keys) // faults in a stable order
	for _, k := range keys {
		if !b.set(reflect.ValueOf(dst).Elem(), splitKey(k), k, values[k], "") {
			b.unknown = append(b.unknown, k)
		}
	}
}

// splitKey turns "rows[3].amount" into rows, 3, amount.
func splitKey(k string) []string {
	return strings.FieldsFunc(k, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// set walks one key; it is false when no field has that name.
func (b *binder) set(v reflect.Value, path []string, key string, raw []string, tag reflect.StructTag) bool {
	for v.Kind() == reflect.Pointer {
		if len(path) == 0 && len(raw) == 1 && strings.TrimSpace(raw[0]) == "" {
			return true // an empty input leaves a pointer nil
		}
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	if len(path) == 0 {
		return b.value(v, key, raw, tag)
	}
	switch v.Kind() {
	case reflect.Struct:
		f, t, ok := fieldByJSON(v, path[0])
		return ok && b.set(f, path[1:], key, raw, t)
	case reflect.Slice:
		i, err := strconv.Atoi(path[0])
		if err != nil || i < 0 || i >= maxList {
			return false
		}
		for v.Len() <= i {
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		}
		return b.set(v.Index(i), path[1:], key, raw, tag)
	case reflect.Map:
		if v.Type().Key().Kind() != reflect.String || len(path) != 1 {
			return false
		}
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		e := reflect.New(v.Type().Elem()).Elem()
		ok := b.value(e, key, raw, tag)
		v.SetMapIndex(reflect.ValueOf(path[0]).Convert(v.Type().Key()), e)
		return ok
	}
	return false
}

// value converts text into one value, a list taking every repetition of the key.
func (b *binder) value(v reflect.Value, key string, raw []string, tag reflect.StructTag) bool {
	if v.Kind() == reflect.Slice && !isText(v) {
		for _, s := range raw {
			e := reflect.New(v.Type().Elem()).Elem()
			if strings.TrimSpace(s) != "" && b.scalar(e, key, s, tag) {
				v.Set(reflect.Append(v, e))
			}
		}
		return true
	}
	if v.Kind() == reflect.Struct && !isText(v) || v.Kind() == reflect.Map {
		return false
	}
	if len(raw) != 1 && !(v.Kind() == reflect.Bool && len(raw) == 2) { // a checkbox follows its hidden "0"
		b.checks.Add(key, "repeated", "这一项只能填一次。", "Give this value once only.")
		return true
	}
	b.scalar(v, key, raw[len(raw)-1], tag)
	return true
}

func isText(v reflect.Value) bool {
	return v.CanAddr() && v.Addr().Type().Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// scalar converts one text; it notes a fault and returns false when the text will not do.
func (b *binder) scalar(v reflect.Value, key, s string, tag reflect.StructTag) bool {
	if !utf8.ValidString(s) {
		b.checks.Add(key, "not_utf8", "这里有认不出的字符，请重新输入。", "Some characters cannot be read; type them again.")
		return false
	}
	if v.Kind() == reflect.Pointer {
		p := reflect.New(v.Type().Elem())
		v.Set(p)
		v = p.Elem()
	}
	if isText(v) {
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
			b.note(key, err, "unreadable", "这个值读不懂。", "This value cannot be read.")
			return false
		}
		return true
	}
	switch v.Kind() {
	case reflect.String:
		return b.text(v, key, s, tag)
	case reflect.Bool:
		x, ok := parseBool(s)
		if !ok {
			b.checks.Add(key, "not_boolean", "只能是“是”或“否”。", "Must be yes or no.")
		}
		v.SetBool(x)
		return ok
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return b.integer(v, key, s, tag)
	case reflect.Float64, reflect.Float32:
		x, f := ParseDecimal(s, 6)
		if f != nil {
			b.add(key, f)
			return false
		}
		v.SetFloat(float64(x) / 1e6)
		return true
	}
	return false
}

func (b *binder) text(v reflect.Value, key, s string, tag reflect.StructTag) bool {
	if tag.Get("format") == "date" {
		d, f := ParseDate(s)
		if f != nil {
			b.add(key, f)
			return false
		}
		s = d
	}
	if bad := invisible(s); bad >= 0 {
		b.checks.Add(key, "invisible_character", "第 "+strconv.Itoa(bad+1)+" 个字符看不见，请删去。",
			"Character "+strconv.Itoa(bad+1)+" is invisible; remove it.")
		return false
	}
	v.SetString(s)
	return true
}

func (b *binder) integer(v reflect.Value, key, s string, tag reflect.StructTag) bool {
	if strings.TrimSpace(s) == "" {
		return true
	}
	var x int64
	var f *fault.Field
	if u := tag.Get("money"); u != "" {
		x, f = ParseMoney(s, unitByTag(u))
	} else {
		x, f = ParseInt(s)
	}
	if f == nil && v.OverflowInt(x) {
		f = tooLarge()
	}
	if f != nil {
		b.add(key, f)
		return false
	}
	v.SetInt(x)
	return true
}

func (b *binder) add(key string, f *fault.Field) {
	x := *f
	x.Name = key
	b.checks.AddField(x)
}

func (b *binder) note(key string, err error, code, zh, en string) {
	if fault.Is(err, fault.Invalid) {
		f := fault.Of(err)
		if len(f.Fields) > 0 {
			b.add(key, &f.Fields[0])
			return
		}
		b.checks.Add(key, f.Code, f.Words.ZH, f.Words.EN)
		return
	}
	b.checks.Add(key, code, zh, en)
}

func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "1", "true", "on", "yes":
		return true, true
	case "", "0", "false", "off", "no":
		return false, true
	}
	return false, false
}

// fieldByJSON finds a struct field by the name it has in JSON, through embedded structs.
func fieldByJSON(v reflect.Value, name string) (reflect.Value, reflect.StructTag, bool) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() && !(f.Anonymous && f.Type.Kind() == reflect.Struct) {
			continue
		}
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && tag == "" && f.Type.Kind() == reflect.Struct {
			if x, xt, ok := fieldByJSON(v.Field(i), name); ok {
				return x, xt, true
			}
			continue
		}
		if tag == "" {
			tag = f.Name
		}
		if tag == name && tag != "-" {
			return v.Field(i), f.Tag, true
		}
	}
	return reflect.Value{}, "", false
}

// invisible is the place of the first control, bidirectional or zero-width character, or -1. Line breaks
// and tabs are welcome.
func invisible(s string) int {
	i := 0
	for _, r := range s {
		switch {
		case r == '\n', r == '\r', r == '\t':
		case r < 0x20, r == 0x7f, r >= 0x80 && r < 0xa0,
			r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
			r == 0xfeff, r == 0xfffd, r == 0x00ad, r >= 0xe0000 && r <= 0xe007f:
			return i
		}
		i++
	}
	return -1
}
