package web

import (
	"encoding/json"
	"reflect"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"zhudian/internal/fault"
)

// tagSchema is the schema of one input type with a registry of its own, so that no two requests share one.
type tagSchema struct {
	reg    huma.Registry
	schema *huma.Schema
}

var tagSchemas sync.Map // reflect.Type → *tagSchema

func tagSchemaOf(t reflect.Type) *tagSchema {
	if s, ok := tagSchemas.Load(t); ok {
		return s.(*tagSchema)
	}
	a := &apiDoc{reg: huma.NewMapRegistry(schemaPrefix, schemaName)}
	s := &tagSchema{reg: a.reg, schema: a.reg.Schema(t, false, "in")}
	a.loosen(t, map[reflect.Type]bool{})
	tagSchemas.Store(t, s)
	return s
}

// tagFaults checks what a form or query gave against the rules in the tags (enum, minimum, maxLength,
// pattern…) that a JSON body meets too. A blank value is an absent one: whether it may be absent is for the
// use case to say.
func tagFaults(v any) []fault.Field {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var m any
	if json.Unmarshal(b, &m) != nil {
		return nil
	}
	t := tagSchemaOf(reflect.TypeOf(v))
	res := &huma.ValidateResult{}
	huma.Validate(t.reg, t.schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, pruned(m), res)
	var out []fault.Field
	for _, e := range res.Errors {
		if f := humaField(e); f.Code != "unknown_field" && f.Code != "required" {
			out = append(out, f)
		}
	}
	return out
}

// pruned drops blank values from objects, all the way down.
func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			switch x := pruned(x).(type) {
			case nil:
				delete(v, k)
			case string:
				if x == "" {
					delete(v, k)
				}
			case float64:
				if x == 0 {
					delete(v, k)
				}
			case bool:
				if !x {
					delete(v, k)
				}
			}
		}
	case []any:
		for i := range v {
			v[i] = pruned(v[i])
		}
	}
	return v
}

// checkTags adds to c the faults of fields that have none yet.
func checkTags(c *fault.Checks, v any) {
	has := map[string]bool{}
	if err := c.Err(); err != nil {
		for _, f := range fault.Of(err).Fields {
			has[f.Name] = true
		}
	}
	for _, f := range tagFaults(v) {
		if !has[f.Name] {
			c.AddField(f)
		}
	}
}
