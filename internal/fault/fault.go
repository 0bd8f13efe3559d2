// Package fault holds the one error type of Zhudian: what kind of failure it is, a stable code that
// clients and tests match on, words for people in Chinese and English, and the fields at fault.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says whose turn it is after a failure. The zero value is Internal: it is logged and never shown.
type Kind int

// The closed list of kinds. package web maps each to one HTTP status.
const (
	Internal        Kind = iota // 500 a defect or a broken machine
	Malformed                   // 400 the request itself cannot be read: unknown filter, bad cursor
	Invalid                     // 422 the values break a rule
	Unauthenticated             // 401 sign in first
	Forbidden                   // 403 signed in, but not allowed
	NotFound                    // 404 absent, or out of the person's scope
	Conflict                    // 409 somebody else was first, or the same id with other content
	Closed                      // 409 the period or record is closed
	TooLarge                    // 413 over a stated limit
	TooMany                     // 429 slow down
	Unavailable                 // 503 try again; the outcome is unknown or nothing was stored
)

// Words is one text in the languages of the product.
type Words struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// In returns the text in lang ("zh" or "en"); Chinese where there is no English.
func (w Words) In(lang string) string {
	if lang == "en" && w.EN != "" {
		return w.EN
	}
	return w.ZH
}

// Field is one value at fault: which one, why, and the value that would be accepted, if known.
type Field struct {
	Name  string // the JSON name of the field, e.g. "credit_code" or "rows[3].amount"
	Code  string // stable, e.g. "check_digit"
	Words Words
	Fix   string // a value to offer, or ""
}

// Error is every failure that leaves a package. Err, the cause, is logged and never shown.
type Error struct {
	Kind   Kind
	Code   string
	Words  Words
	Fields []Field
	Err    error
}

// New makes a fault with its words in Chinese and English.
func New(kind Kind, code, zh, en string) *Error {
	return &Error{Kind: kind, Code: code, Words: Words{ZH: zh, EN: en}}
}

// BadField makes an Invalid fault about one field.
func BadField(name, code, zh, en string) *Error {
	return Of((&Checks{}).Add(name, code, zh, en).Err())
}

// Wrap marks err as an Internal fault that happened while doing what; nil stays nil and a fault stays itself.
func Wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	var f *Error
	if errors.As(err, &f) {
		return err
	}
	return &Error{Kind: Internal, Code: "internal", Words: broken, Err: fmt.Errorf("%s: %w", doing, err)}
}

var broken = Words{
	ZH: "系统出错，数据没有丢。请稍后再试；仍不行，把编号发给系统管理员。",
	EN: "Something broke; no data is lost. Try again, and if it persists send the reference to your administrator.",
}

// Error is for logs and developers.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	if e.Words.EN != "" {
		b.WriteString(": " + e.Words.EN)
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s (%s)", f.Name, f.Words.EN, f.Code)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Because attaches a cause and returns e.
func (e *Error) Because(err error) *Error { e.Err = err; return e }

// Of returns err as a fault; an error of any other type becomes an Internal one.
func Of(err error) *Error {
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	return &Error{Kind: Internal, Code: "internal", Words: broken, Err: err}
}

// Is reports whether err is a fault of that kind.
func Is(err error, kind Kind) bool { return err != nil && Of(err).Kind == kind }

// Has reports whether err is a fault with that code, on the whole or on a field.
func Has(err error, code string) bool {
	if err == nil {
		return false
	}
	f := Of(err)
	if f.Code == code {
		return true
	}
	for _, x := range f.Fields {
		if x.Code == code {
			return true
		}
	}
	return false
}

// Checks gathers the faults of one input, so that a person sees all of them at once.
type Checks struct{ fields []Field }

// Add notes that a field breaks a rule.
func (c *Checks) Add(name, code, zh, en string) *Checks {
	return c.AddField(Field{Name: name, Code: code, Words: Words{ZH: zh, EN: en}})
}

// AddField notes a field fault that is already made.
func (c *Checks) AddField(f Field) *Checks {
	c.fields = append(c.fields, f)
	return c
}

// Require notes a missing value; label names the field to the person.
func (c *Checks) Require(name, value, labelZH, labelEN string) *Checks {
	if strings.TrimSpace(value) == "" {
		c.Add(name, "required", "请填写"+labelZH+"。", labelEN+" is required.")
	}
	return c
}

// AtMost notes a text of more than most characters.
func (c *Checks) AtMost(name, text string, most int) *Checks {
	if len([]rune(text)) > most {
		c.Add(name, "too_long", fmt.Sprintf("最多 %d 个字。", most), fmt.Sprintf("At most %d characters.", most))
	}
	return c
}

// Merge takes over the fields of an Invalid fault under a prefix, and hands any other error back.
func (c *Checks) Merge(prefix string, err error) error {
	if err == nil {
		return nil
	}
	if !Is(err, Invalid) {
		return err
	}
	for _, f := range Of(err).Fields {
		f.Name = prefix + f.Name
		c.fields = append(c.fields, f)
	}
	return nil
}

// Err is nil when nothing was noted, else one Invalid fault with every field.
func (c *Checks) Err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "invalid", Fields: c.fields, Words: Words{
		ZH: "有内容需要修改，见各栏说明。",
		EN: "Some values need a change; see each field.",
	}}
}
