package web

import (
	"encoding/json"
	"net/http"
	"sort"
	"strings"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"
)

// endpointDoc is one endpoint as the documentation page shows it.
type endpointDoc struct {
	Method, Path, Summary, Perm string
	Params                      []paramDoc
	Body, Answer                string // indented schema
}

type paramDoc struct {
	Name, In, Type, Text string
	Required             bool
}

type tagDoc struct {
	Name      string
	Endpoints []endpointDoc
}

// docsPage lists the endpoints without any script or foreign host.
func (m *Mux) docsPage(*http.Request) (templ.Component, error) {
	byTag := map[string][]endpointDoc{}
	for path, item := range m.api.doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if op != nil {
				byTag[op.Tags[0]] = append(byTag[op.Tags[0]], m.docOf(path, op))
			}
		}
	}
	var tags []tagDoc
	for name, list := range byTag {
		sort.Slice(list, func(i, j int) bool {
			if list[i].Path != list[j].Path {
				return list[i].Path < list[j].Path
			}
			return list[i].Method < list[j].Method
		})
		tags = append(tags, tagDoc{name, list})
	}
	sort.Slice(tags, func(i, j int) bool { return tags[i].Name < tags[j].Name })
	return docsList(tags), nil
}

func (m *Mux) docOf(path string, op *huma.Operation) endpointDoc {
	d := endpointDoc{Method: op.Method, Path: path, Summary: op.Summary}
	if p, ok := op.Extensions["x-permission"].(string); ok {
		d.Perm = p
	}
	for _, p := range op.Parameters {
		d.Params = append(d.Params, paramDoc{p.Name, p.In, p.Schema.Type, p.Description, p.Required})
	}
	if op.RequestBody != nil {
		d.Body = m.schemaText(op.RequestBody.Content["application/json"].Schema)
	}
	for code, r := range op.Responses {
		if strings.HasPrefix(code, "2") {
			d.Answer = m.schemaText(r.Content["application/json"].Schema)
		}
	}
	return d
}

func (m *Mux) schemaText(s *huma.Schema) string {
	if s == nil {
		return ""
	}
	if s.Ref != "" {
		s = m.api.reg.SchemaFromRef(s.Ref)
	}
	b, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	var v any
	if json.Unmarshal(b, &v) != nil {
		return ""
	}
	b, _ = json.MarshalIndent(v, "", "  ")
	return string(b)
}
