package web

import (
	"bytes"
	"encoding/json"
	"reflect"

	"zhudian/internal/fault"
)

// Decoder reads values of one type from JSON as the body of an endpoint is read: unknown fields and values that break the
// schema are refused, each by its name. For use cases whose input comes inside something larger.
func Decoder[In any]() func(raw []byte) (In, error) {
	a, in := newAPIDoc(""), reflect.TypeFor[In]()
	schema := a.reg.Schema(in, true, "body")
	a.loosen(in, map[reflect.Type]bool{})
	return func(raw []byte) (v In, err error) {
		if err := a.check(schema, raw); err != nil {
			return v, err
		}
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&v); err != nil {
			return v, jsonFault(err)
		}
		return v, nil
	}
}

// ProblemFields puts the fields of a fault into one language.
func ProblemFields(f *fault.Error, lang string) []ProblemField {
	var out []ProblemField
	for _, x := range f.Fields {
		out = append(out, ProblemField{Field: x.Name, Code: x.Code, Detail: x.Words.In(lang), Fix: x.Fix})
	}
	return out
}
