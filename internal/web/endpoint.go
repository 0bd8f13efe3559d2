package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"zhudian/internal/fault"
)

// Use is a use case: one action of one feature.
type Use[In, Out any] func(context.Context, In) (Out, error)

// Get serves a use case as GET: In comes from the query and the path; an unknown name is 400 unknown_filter.
func Get[In, Out any](m *Mux, path, perm string, use Use[In, Out], opts ...Option) {
	serve(m, http.MethodGet, path, perm, use, opts)
}

// Post serves a use case as POST: In comes from the JSON body; path wildcards fill fields of their name; an
// unknown field is 422.
func Post[In, Out any](m *Mux, path, perm string, use Use[In, Out], opts ...Option) {
	serve(m, http.MethodPost, path, perm, use, opts)
}

// Put is Post for PUT.
func Put[In, Out any](m *Mux, path, perm string, use Use[In, Out], opts ...Option) {
	serve(m, http.MethodPut, path, perm, use, opts)
}

// Delete serves a use case as DELETE: In comes from the query and the path.
func Delete[In, Out any](m *Mux, path, perm string, use Use[In, Out], opts ...Option) {
	serve(m, http.MethodDelete, path, perm, use, opts)
}

func serve[In, Out any](m *Mux, method, path, perm string, use Use[In, Out], opts []Option) {
	rt := newRoute(method+" "+path, perm, opts)
	rt.JSON = true
	in, out := reflect.TypeFor[In](), reflect.TypeFor[Out]()
	if in.Kind() != reflect.Struct {
		panic("web: the input of " + path + " must be a struct")
	}
	hasBody := method == http.MethodPost || method == http.MethodPut
	schema := m.api.add(rt, in, out, hasBody)
	m.handle(rt, func(w http.ResponseWriter, r *http.Request) {
		var v In
		var err error
		if hasBody {
			v, err = bodyOf[In](m, r, schema)
		} else {
			v, err = Query[In](r)
		}
		if err != nil {
			m.fail(w, r, err)
			return
		}
		if key := r.Header.Values(onceHeader); len(key) > 0 && rt.repeats() && m.opt.Once != nil {
			m.repeatable(w, r, key, v, func(ctx context.Context) (Answer, error) {
				res, err := use(ctx, v)
				return Answer{Status: rt.status, Body: jsonOf(res)}, err
			})
			return
		}
		res, err := use(r.Context(), v)
		if err != nil {
			m.fail(w, r, err)
			return
		}
		writeJSON(w, rt.status, "application/json", res)
	})
}

// bodyOf reads the JSON body strictly: one value, no unknown or repeated meaning, types as in the schema.
func bodyOf[In any](m *Mux, r *http.Request, schema *huma.Schema) (In, error) {
	var v In
	if len(r.URL.RawQuery) > 0 {
		if _, err := Query[struct{}](withoutPath(r)); err != nil {
			return v, err
		}
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" &&
		(kind != "" || r.ContentLength != 0) {
		return v, fault.New(fault.Malformed, "bad_content_type", "请求正文须是 application/json。", "The body must be application/json.")
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			return v, err
		}
		return v, fault.New(fault.Malformed, "bad_body", "请求正文没有收全。", "The body did not arrive whole.").Because(err)
	}
	if !utf8.Valid(b) { // the decoder would put U+FFFD in its place
		return v, fault.New(fault.Malformed, "not_utf8", "请求正文不是 UTF-8 编码，没有写入；请改用 UTF-8。", "The body is not UTF-8; nothing was stored. Send it as UTF-8.")
	}
	if len(bytes.TrimSpace(b)) == 0 {
		b = []byte("{}")
	}
	if err := m.api.check(schema, b); err != nil {
		return v, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, jsonFault(err)
	}
	for _, name := range wildcards(r.Pattern) {
		if err := pathValue(&v, name, r.PathValue(name)); err != nil {
			return v, err
		}
	}
	return v, nil
}

// withoutPath is the request without wildcards, to check that its query is empty.
func withoutPath(r *http.Request) *http.Request {
	c := new(http.Request)
	*c = *r
	c.Pattern = ""
	return c
}

// pathValue sets a field from the path; a body naming another value contradicts the address.
func pathValue(dst any, name, value string) error {
	f, _, ok := fieldByJSON(reflect.ValueOf(dst).Elem(), name)
	if !ok {
		return nil
	}
	if f.Kind() == reflect.String && f.String() != "" && f.String() != value {
		return fault.BadField(name, "path_mismatch", "与网址里的不一致。", "Differs from the one in the address.")
	}
	var b binder
	b.bind(dst, url.Values{name: {value}})
	return b.checks.Err()
}

// jsonFault words what encoding/json refuses after the schema was content.
func jsonFault(err error) error {
	var typ *json.UnmarshalTypeError
	if errors.As(err, &typ) {
		return fault.BadField(typ.Field, "wrong_type", "类型不对，或数太大。", "Wrong type, or the number is too large.")
	}
	return fault.New(fault.Malformed, "bad_json", "请求正文不是正确的 JSON。", "The body is not valid JSON.").Because(err)
}
