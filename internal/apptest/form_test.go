package apptest_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"zhudian/internal/apptest"
)

// control is one field of a form as the page shows it.
type control struct {
	name, kind, value string
	required          bool
	most              int // characters; 0 when the page says nothing
}

// form is one form that posts.
type form struct {
	action, enc string
	inputs      []control
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// formsOf reads the forms of a page that a person fills in: those with more than hidden fields.
func formsOf(t *testing.T, page string) (out []form) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Data != "form" {
			continue
		}
		if method, _ := attr(n, "method"); !strings.EqualFold(method, "post") {
			continue
		}
		f := form{}
		f.action, _ = attr(n, "action")
		f.enc, _ = attr(n, "enctype")
		for x := range n.Descendants() {
			if in, ok := inputOf(x); ok {
				f.inputs = append(f.inputs, in)
			}
		}
		if slices.ContainsFunc(f.inputs, func(in control) bool { return in.kind != "hidden" }) {
			out = append(out, f)
		}
	}
	return out
}

func inputOf(n *html.Node) (in control, ok bool) {
	if n.Type != html.ElementNode || n.Data != "input" && n.Data != "textarea" && n.Data != "select" {
		return in, false
	}
	in.name, _ = attr(n, "name")
	in.kind, _ = attr(n, "type")
	in.value, _ = attr(n, "value")
	_, in.required = attr(n, "required")
	_, off := attr(n, "disabled")
	if most, has := attr(n, "maxlength"); has {
		in.most, _ = strconv.Atoi(most)
	}
	if mode, _ := attr(n, "inputmode"); mode == "numeric" || mode == "decimal" {
		in.kind = "number"
	}
	if n.Data != "input" {
		in.kind = n.Data
	}
	if n.Data == "select" {
		in.value = chosenOf(n)
	}
	if n.Data == "textarea" && n.FirstChild != nil {
		in.value = n.FirstChild.Data
	}
	return in, in.name != "" && !off && !strings.HasPrefix(in.name, "_") && !slices.Contains([]string{"file", "submit", "password"}, in.kind)
}

func chosenOf(n *html.Node) string {
	first, seen := "", false
	for o := range n.Descendants() {
		if o.Data != "option" {
			continue
		}
		v, _ := attr(o, "value")
		if _, on := attr(o, "selected"); on {
			return v
		}
		if !seen {
			first, seen = v, true
		}
	}
	return first
}

// values are what the browser would send of an untouched form.
func (f form) values() url.Values {
	v := url.Values{}
	for _, in := range f.inputs {
		switch in.kind {
		case "radio", "checkbox":
		default:
			v.Add(in.name, in.value)
		}
	}
	return v
}

const long = 4000

// wrong gives values that a field must refuse, by what is wrong with them.
func (in control) wrong() map[string]string {
	out := map[string]string{}
	switch in.kind {
	case "", "text", "textarea", "search", "url", "email", "tel":
		if in.most > 0 && in.most < long {
			out["too long"] = strings.Repeat("长", long)
		}
		if in.required {
			out["empty"] = "  "
		}
	case "date", "month", "number":
		out["not a value of its kind"] = "abc"
	case "select":
		out["not a choice"] = "nonsense-choice"
	}
	return out
}

// skipForms are forms that this walk leaves alone: they end the session or carry a list chosen on the page.
var skipForms = []string{"/login", "/logout", "/prefs", "/shell/", "/admin/units/import", "/companies/bulk"}

// TestForms_wrongValues puts a wrong value into each field of each form: the form comes back with a 4xx that names the field and
// with everything else that was typed, and never with a failure.
func TestForms_wrongValues(t *testing.T) {
	if testing.Short() {
		t.Skip("sends every form many times")
	}
	t.Parallel()
	w := livedIn(t)
	fill := filler(w)
	clients := map[string]*http.Client{}
	seen := map[string]bool{}
	sent := 0
	for _, s := range stops() {
		if s.status != 0 || s.login == "" {
			continue
		}
		c := clients[s.login]
		if c == nil {
			c = w.Client(s.login)
			clients[s.login] = c
		}
		path, _, _ := strings.Cut(fill.Replace(s.path), "#")
		r := w.Request("GET", path, "")
		r.Header.Set("Accept", "text/html")
		_, page := w.Do(c, r)
		for _, id := range repeatedIDs(page) {
			t.Errorf("%s %s: two elements have the id %s", s.login, s.path, id)
		}
		for _, f := range formsOf(t, page) {
			key := f.action + strings.Join(names(f), ",")
			if seen[key] || f.action == "" || slices.ContainsFunc(skipForms, func(p string) bool { return strings.HasPrefix(f.action, p) }) {
				continue
			}
			seen[key] = true
			sent += f.try(t, w, c, s.login+" "+s.path)
		}
	}
	if sent < 150 {
		t.Errorf("only %d wrong values were sent: are the forms still read?", sent)
	}
}

var idOf = regexp.MustCompile(` id="([^"]+)"`)

// repeatedIDs: a label, a hint and an error find their input by its id, so no two may share one.
func repeatedIDs(page string) (out []string) {
	seen := map[string]int{}
	for _, m := range idOf.FindAllStringSubmatch(page, -1) {
		if seen[m[1]]++; seen[m[1]] == 2 {
			out = append(out, m[1])
		}
	}
	return out
}

func names(f form) (out []string) {
	for _, in := range f.inputs {
		out = append(out, in.name)
	}
	return out
}

// try sends the form once for each wrong value.
func (f form) try(t *testing.T, w *apptest.World, c *http.Client, where string) (sent int) {
	t.Helper()
	for _, in := range f.inputs {
		if strings.HasPrefix(in.name, "slot[") { // a row without a key is an empty row
			continue
		}
		for what, bad := range in.wrong() {
			sent++
			v := f.values()
			v.Set(in.name, bad)
			kept := ""
			for _, other := range f.inputs {
				if kept == "" && other.name != in.name && (other.kind == "textarea" || other.kind == "text" || other.kind == "") && (other.most == 0 || other.most >= 20) {
					kept = other.name
					v.Set(kept, "留住这句话")
				}
			}
			r := w.Request("POST", f.action, v.Encode())
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Accept", "text/html")
			status, body := w.Do(c, r)
			at := where + " → " + f.action + " " + in.name + " " + what
			id := regexp.MustCompile(`id="f-` + strings.NewReplacer("[", "-", "]", "", ".", "-").Replace(in.name) + `(--[\w-]+)?-e"`)
			switch {
			case status < 400 || status >= 500:
				t.Errorf("%s: %d", at, status)
			case !id.MatchString(body) && !strings.Contains(body, "data-summary") && !strings.Contains(body, "zd-faultlist"):
				t.Errorf("%s: %d does not say what is wrong", at, status)
			case kept != "" && !strings.Contains(body, "留住这句话"):
				t.Errorf("%s: what was typed into %s is lost", at, kept)
			}
		}
	}
	return sent
}
