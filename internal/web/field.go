package web

import (
	"strings"

	"github.com/a-h/templ"
)

// FieldProps is one input with its label.
type FieldProps struct {
	Name, Label string
	Hint        string // right of the label, or under a long one
	Required    bool
	Type        string // of a text field: text (default), password, email, tel, search, url, time, month
	Value       string // when the form state has none
	Placeholder string
	Unit        string // behind the input
	Autofill    string // autocomplete token
	MaxLen      int
	Min, Max    string // of dates
	Rows        int    // of a textarea
	Mono        bool   // codes
	Right       string // link at the right of the label, as text
	RightURL    string
	Source      string // address answering [{value,text}] to ?q=, for PickField
	Multiple    bool
	Accept      string // of a file
	Attrs       templ.Attributes
}

// id is the id of the input in its form.
func (p FieldProps) id(s FormState) string { return s.id(p.Name) }

// id is the id of an input, a legal one for names like rows[0].amount.
func (s FormState) id(name string) string {
	id := "f-" + strings.NewReplacer("[", "-", "]", "", ".", "-").Replace(name)
	if s.Part != "" {
		id += "--" + s.Part
	}
	return id
}

func (p FieldProps) typ() string { return first(p.Type, "text") }

func (p FieldProps) value(s FormState) string {
	if s.Values.Has(p.Name) {
		return s.Value(p.Name)
	}
	return p.Value
}

// checked is for choices: the posted ones, else the preset.
func (p FieldProps) checked(s FormState, v string) bool {
	if s.Values.Has(p.Name) {
		return s.Has(p.Name, v)
	}
	return p.Value == v
}

// describedBy names the hint and the error of an input.
func (p FieldProps) describedBy(s FormState) string {
	var ids []string
	if s.Field(p.Name) != nil {
		ids = append(ids, p.id(s)+"-e")
	}
	if p.Hint != "" {
		ids = append(ids, p.id(s)+"-h")
	}
	return strings.Join(ids, " ")
}

// FormProps frames a form.
type FormProps struct {
	Action    string
	State     FormState
	Multipart bool
	Get       bool
	Wide      bool // two columns of fields; else one column of at most 480
	Attrs     templ.Attributes
}

func (p FormProps) method() string {
	if p.Get {
		return "get"
	}
	return "post"
}

func (p FormProps) enc() string {
	if p.Multipart {
		return "multipart/form-data"
	}
	return "application/x-www-form-urlencoded"
}
