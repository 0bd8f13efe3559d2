package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/fault"
)

// Form reads a posted form (url-encoded or multipart) and the path wildcards into a T by its json tags.
// Names starting with "_" belong to the page and are skipped; files are read by Files. An unknown name or a
// value that cannot be read is a fault naming the field. The returned T holds what could be read, so that
// the form can be shown again.
func Form[T any](r *http.Request) (T, error) {
	var in T
	values, err := posted(r)
	if err != nil {
		return in, err
	}
	var b binder
	b.bind(&in, values)
	for _, k := range b.unknown {
		if r.MultipartForm != nil && strings.Join(values[k], "") == "" {
			continue // a file input that was left empty comes as an empty value
		}
		b.checks.Add(k, "unknown_field", "没有这一项。", "No such field.")
	}
	bindPath(&in, r)
	checkTags(&b.checks, in)
	if err := b.checks.Err(); err != nil {
		return in, sortedFields(err)
	}
	return in, nil
}

// Query reads the query and the path wildcards into a T by its json tags. An unknown name is refused with
// 400 unknown_filter.
func Query[T any](r *http.Request) (T, error) {
	var in T
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return in, fault.New(fault.Malformed, "bad_query", "网址里的条件读不懂。", "The query of the address cannot be read.").Because(err)
	}
	for k := range q {
		if reserved[k] || strings.HasPrefix(k, "_") {
			delete(q, k)
		}
	}
	var b binder
	b.bind(&in, q)
	if len(b.unknown) > 0 {
		f := fault.New(fault.Malformed, "unknown_filter", "没有这个筛选条件："+clip(b.unknown[0]), "No such filter: "+clip(b.unknown[0]))
		for _, k := range b.unknown {
			f.Fields = append(f.Fields, fault.Field{
				Name: clip(k), Code: "unknown_filter",
				Words: fault.Words{ZH: "没有这个筛选条件。", EN: "No such filter."},
			})
		}
		return in, f
	}
	bindPath(&in, r)
	checkTags(&b.checks, in)
	if err := b.checks.Err(); err != nil {
		f := fault.Of(sortedFields(err))
		f.Kind, f.Code = fault.Malformed, "bad_filter"
		return in, f
	}
	return in, nil
}

// clip keeps a name a stranger made short enough to be shown.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// bindPath lets the wildcards of the pattern override fields of the same name.
func bindPath(dst any, r *http.Request) {
	for _, name := range wildcards(r.Pattern) {
		var b binder
		b.bind(dst, url.Values{name: {r.PathValue(name)}})
	}
}

// wildcards lists the names in braces of a pattern.
func wildcards(pattern string) []string {
	var out []string
	for {
		i := strings.IndexByte(pattern, '{')
		if i < 0 {
			return out
		}
		j := strings.IndexByte(pattern[i:], '}')
		if j < 0 {
			return out
		}
		if name := strings.TrimSuffix(pattern[i+1:i+j], "..."); name != "$" {
			out = append(out, name)
		}
		pattern = pattern[i+j+1:]
	}
}

// posted gives the values of the body alone, never of the query.
func posted(r *http.Request) (url.Values, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/x-www-form-urlencoded", "multipart/form-data":
	case "":
		if r.ContentLength == 0 {
			return url.Values{}, nil
		}
		fallthrough
	default:
		return nil, fault.New(fault.Malformed, "bad_content_type", "表单的内容类型不对。", "The content type is not that of a form.")
	}
	var err error
	if kind == "multipart/form-data" {
		err = r.ParseMultipartForm(8 << 20)
	} else {
		err = r.ParseForm()
	}
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return nil, ordinary(err)
	case err != nil:
		return nil, fault.New(fault.Malformed, "bad_form", "表单读不懂。", "The form cannot be read.").Because(err)
	}
	out := url.Values{}
	for k, v := range r.PostForm {
		if !strings.HasPrefix(k, "_") {
			out[k] = v
		}
	}
	return out, nil
}

// Files gives the uploaded files of one field. Their names are the sender's and not to be trusted.
func Files(r *http.Request, field string) ([]*multipart.FileHeader, error) {
	if r.MultipartForm == nil {
		if _, err := posted(r); err != nil {
			return nil, err
		}
	}
	if r.MultipartForm == nil {
		return nil, nil
	}
	var out []*multipart.FileHeader
	for _, h := range r.MultipartForm.File[field] {
		if h.Size > 0 || h.Filename != "" {
			out = append(out, h)
		}
	}
	return out, nil
}

// ReadFile reads an uploaded file of at most limit bytes.
func ReadFile(h *multipart.FileHeader, limit int64) ([]byte, error) {
	if h.Size > limit {
		return nil, fault.New(fault.TooLarge, "file_too_large", "文件超过 "+bytesText(limit)+"。", "The file is larger than "+bytesText(limit)+".")
	}
	f, err := h.Open()
	if err != nil {
		return nil, fault.Wrap(err, "open upload")
	}
	defer f.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	return b, fault.Wrap(err, "read upload")
}

// FormState is what a form shows: the texts in its inputs and the faults of the last try.
type FormState struct {
	Values url.Values
	Fault  *fault.Error // nil at first
	Part   string       // tells the form's inputs from those of the same names in other forms of the page; "" when there are none
}

// For is the state of the form of one part of a page that has the same form for each.
func (s FormState) For(part string) FormState {
	s.Part = part
	return s
}

// NewForm is the state of a form after a try: the texts as posted and the fault, if err is one. For a form
// not yet posted pass a nil request body's values with FormOf.
func NewForm(r *http.Request, err error) FormState {
	s := FormState{Values: url.Values{}}
	if v, perr := posted(r); perr == nil {
		s.Values = v
	}
	if err != nil {
		s.Fault = fault.Of(err)
	}
	return s
}

// FormOf is the state of a form before the first try: name, value, name, value…
func FormOf(pairs ...string) FormState {
	s := FormState{Values: url.Values{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		s.Values.Add(pairs[i], pairs[i+1])
	}
	return s
}

// Value is the text in the input.
func (s FormState) Value(name string) string { return s.Values.Get(name) }

// Has reports whether one of the values of the name is v (for checkboxes and multiple selects).
func (s FormState) Has(name, v string) bool {
	for _, x := range s.Values[name] {
		if x == v {
			return true
		}
	}
	return false
}

// Field is the fault of one input, or nil.
func (s FormState) Field(name string) *fault.Field {
	if s.Fault == nil {
		return nil
	}
	for i := range s.Fault.Fields {
		if s.Fault.Fields[i].Name == name {
			return &s.Fault.Fields[i]
		}
	}
	return nil
}

// Retry answers a form that broke a rule with the form again: the component and the fault, when the fault
// is about the values; any other fault alone.
func Retry(c templ.Component, err error) (templ.Component, error) {
	if err == nil || fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Closed) {
		return c, err
	}
	return nil, err
}

func badChoice(field string) error {
	return fault.BadField(field, "not_a_choice", "没有这个选项。", "No such choice.")
}
