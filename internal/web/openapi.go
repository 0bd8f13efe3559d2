package web

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"zhudian/internal/fault"
)

// apiDoc collects the endpoints into one OpenAPI 3.1 document and checks bodies against its schemas. Only
// huma's schema, validator and document model are used: the transport is ours, so that JSON, forms and
// queries share one binder.
type apiDoc struct {
	doc  *huma.OpenAPI
	reg  huma.Registry
	once sync.Once
	body []byte
}

const schemaPrefix = "#/components/schemas/"

func newAPIDoc(version string) *apiDoc {
	huma.ValidateStrictCasing = true // {"NAME":…} is unknown, as for encoding/json's strictness elsewhere
	reg := huma.NewMapRegistry(schemaPrefix, schemaName)
	return &apiDoc{reg: reg, doc: &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Zhudian 驻点", Version: first(version, "dev"),
			Description: "Every published number is a sum over an append-only ledger of verified facts, as of a date. " +
				"Money is an integer in 分 (fen). Errors are RFC 9457 problem documents.",
		},
		Paths: map[string]*huma.PathItem{},
		Components: &huma.Components{Schemas: reg, SecuritySchemes: map[string]*huma.SecurityScheme{
			"token":   {Type: "http", Scheme: "bearer"},
			"session": {Type: "apiKey", In: "cookie", Name: "__Host-zd"},
		}},
	}}
}

var nameParts = regexp.MustCompile(`[A-Za-z0-9_./\-]+`)

// schemaName joins package and type, so that company.Create and site.Create stay apart.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return hint
	}
	pkg := t.PkgPath()
	pkg = pkg[strings.LastIndexByte(pkg, '/')+1:]
	var b strings.Builder
	for i, part := range nameParts.FindAllString(t.Name(), -1) {
		if i > 0 { // a type argument, spelled with its whole path
			part = part[strings.LastIndexByte(part, '/')+1:]
		}
		for _, w := range strings.Split(part, ".") {
			if w != "" {
				b.WriteString(strings.ToUpper(w[:1]) + w[1:])
			}
		}
	}
	if pkg == "" {
		return b.String()
	}
	return strings.ToUpper(pkg[:1]) + pkg[1:] + b.String()
}

// add writes one endpoint into the document and returns the schema of its body, or nil.
func (a *apiDoc) add(rt Route, in, out reflect.Type, hasBody bool) *huma.Schema {
	op := &huma.Operation{
		Method: rt.Method, Path: rt.Pattern, OperationID: operationID(rt),
		Summary: rt.summary, Tags: []string{tagOf(rt.Pattern)},
		Responses: map[string]*huma.Response{},
	}
	if !rt.Public {
		op.Security = []map[string][]string{{"token": {}}, {"session": {}}}
		op.Extensions = map[string]any{"x-permission": rt.Perm}
	}
	name := strings.ReplaceAll(op.OperationID, "-", "_")
	var body *huma.Schema
	if hasBody {
		body = a.reg.Schema(in, true, name+"_in")
		a.loosen(in, map[reflect.Type]bool{})
		op.RequestBody = &huma.RequestBody{
			Required: in.NumField() > 0,
			Content:  map[string]*huma.MediaType{"application/json": {Schema: body}},
		}
		a.params(op, in, rt, false)
	} else {
		a.params(op, in, rt, true)
	}
	if rt.repeats() {
		one, most := 1, maxKey
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: onceHeader, In: "header",
			Description: "Makes the request safe to repeat for 24 hours: the same key and content get the same answer, other content 409",
			Schema:      &huma.Schema{Type: "string", MinLength: &one, MaxLength: &most},
		})
	}
	op.Responses[strconv.Itoa(rt.status)] = &huma.Response{
		Description: http.StatusText(rt.status),
		Content:     map[string]*huma.MediaType{"application/json": {Schema: a.reg.Schema(out, true, name+"_out")}},
	}
	problem := a.reg.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for _, status := range errorsOf(rt, hasBody) {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status),
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: problem}},
		}
	}
	a.doc.AddOperation(op)
	return body
}

// errorsOf lists the error answers every endpoint of that shape may give.
func errorsOf(rt Route, hasBody bool) []int {
	out := []int{400, 404, 429, 500, 503}
	if !rt.Public {
		out = append(out, 401, 403)
	}
	if hasBody || rt.Method == http.MethodDelete {
		out = append(out, 409, 413, 422)
	}
	sort.Ints(out)
	return out
}

// params documents path wildcards, and with query the other fields of in as query parameters.
func (a *apiDoc) params(op *huma.Operation, in reflect.Type, rt Route, query bool) {
	inPath := map[string]bool{}
	for _, w := range wildcards(rt.Pattern) {
		inPath[w] = true
	}
	done := map[string]bool{}
	for _, f := range reflect.VisibleFields(in) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || f.Anonymous && name == "" {
			continue
		}
		name = first(name, f.Name)
		if inPath[name] || query {
			p := &huma.Param{Name: name, In: "query", Description: f.Tag.Get("doc"), Schema: huma.SchemaFromField(a.reg, f, name)}
			if inPath[name] {
				p.In, p.Required = "path", true
			}
			done[name] = true
			op.Parameters = append(op.Parameters, p)
		}
	}
	for _, w := range wildcards(rt.Pattern) {
		if !done[w] {
			op.Parameters = append(op.Parameters, &huma.Param{Name: w, In: "path", Required: true, Schema: &huma.Schema{Type: "string"}})
		}
	}
}

// loosen makes the fields of input types optional unless tagged required:"true": the use case says what is
// missing, in words that name the field, for JSON, forms and imports alike.
func (a *apiDoc) loosen(t reflect.Type, seen map[reflect.Type]bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return
	}
	seen[t] = true
	s, ok := a.reg.Map()[schemaName(t, "")]
	var required []string
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Tag.Get("required") == "true" {
			required = append(required, first(name, f.Name))
		}
		a.loosen(f.Type, seen)
	}
	if ok {
		s.Required = required
		s.PrecomputeMessages()
	}
}

func operationID(rt Route) string {
	p := strings.TrimPrefix(rt.Pattern, "/api/v1/")
	p = strings.NewReplacer("{", "", "}", "", "/", "-", "_", "-", ".", "-").Replace(strings.Trim(p, "/"))
	return strings.ToLower(rt.Method) + "-" + p
}

func tagOf(pattern string) string {
	p, _, _ := strings.Cut(strings.TrimPrefix(pattern, "/api/v1/"), "/")
	return p
}

// check validates a JSON body against a schema and words what is wrong.
func (a *apiDoc) check(s *huma.Schema, body []byte) error {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return jsonFault(err)
	}
	res := &huma.ValidateResult{}
	huma.Validate(a.reg, s, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, v, res)
	if len(res.Errors) == 0 {
		return nil
	}
	var c fault.Checks
	for _, e := range res.Errors {
		c.AddField(humaField(e))
	}
	return sortedFields(c.Err())
}

// sortedFields puts the fields in order of name: huma walks maps.
func sortedFields(err error) error {
	f := fault.Of(err)
	sort.SliceStable(f.Fields, func(i, j int) bool { return f.Fields[i].Name < f.Fields[j].Name })
	return err
}

// OpenAPI is the document of every endpoint registered so far, indented, the same for the same routes.
func (m *Mux) OpenAPI() ([]byte, error) {
	b, err := json.Marshal(m.api.doc)
	if err != nil {
		return nil, fault.Wrap(err, "write openapi")
	}
	var v any // maps marshal in order of key
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, fault.Wrap(err, "read openapi")
	}
	b, err = json.MarshalIndent(v, "", "  ")
	return append(b, '\n'), fault.Wrap(err, "indent openapi")
}

func (m *Mux) mountAPIDoc() {
	m.Raw("GET /api/openapi.json", "", func(w http.ResponseWriter, r *http.Request) {
		var err error
		m.api.once.Do(func() { m.api.body, err = m.OpenAPI() })
		if err != nil {
			m.fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(m.api.body)
	}, Public)
	m.Page("GET /api/docs", "", m.docsPage, Public)
}
