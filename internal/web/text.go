package web

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
)

//go:embed text
var textFiles embed.FS

var catalogue = loadText(textFiles)

// loadText reads text/<lang>/*.json; the files of one language share one flat space of keys.
func loadText(files fs.FS) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, lang := range []string{"zh", "en"} {
		out[lang] = map[string]string{}
		names, err := fs.Glob(files, "text/"+lang+"/*.json")
		if err != nil {
			panic(err)
		}
		for _, name := range names {
			b, err := fs.ReadFile(files, name)
			if err != nil {
				panic(err)
			}
			var m map[string]string
			if err := json.Unmarshal(b, &m); err != nil {
				panic(fmt.Sprintf("web: %s: %v", name, err))
			}
			for k, v := range m {
				if _, dup := out[lang][k]; dup {
					panic("web: " + name + " repeats the key " + k)
				}
				out[lang][k] = v
			}
		}
	}
	return out
}

// Named are arguments of a text by name: T(ctx, "x", web.Named{"n": 3}) fills {n}.
type Named map[string]any

// T is the text of the catalogue in the language of ctx. {0}, {1}… stand for args in order, {name} for the
// values of a Named. An unknown key shows itself, so that it is seen.
func T(ctx context.Context, key string, args ...any) string { return Text(Lang(ctx), key, args...) }

// Text is T in a given language.
func Text(lang, key string, args ...any) string {
	s, ok := catalogue[lang][key]
	if !ok {
		if s, ok = catalogue["zh"][key]; !ok {
			return key
		}
	}
	return fill(s, args)
}

// HasText reports whether the catalogue holds the key.
func HasText(key string) bool { _, ok := catalogue["zh"][key]; return ok }

func fill(s string, args []any) string {
	if len(args) == 0 || !strings.Contains(s, "{") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '{')
		j := strings.IndexByte(s[max(i, 0):], '}')
		if i < 0 || j < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		name := s[i+1 : i+j]
		if v, ok := argument(name, args); ok {
			fmt.Fprint(&b, v)
		} else {
			b.WriteString(s[i : i+j+1])
		}
		s = s[i+j+1:]
	}
}

func argument(name string, args []any) (any, bool) {
	if n, err := strconv.Atoi(name); err == nil {
		if n >= 0 && n < len(args) {
			return args[n], true
		}
		return nil, false
	}
	for _, a := range args {
		if m, ok := a.(Named); ok {
			if v, ok := m[name]; ok {
				return v, true
			}
		}
	}
	return nil, false
}

// Lang is the language of ctx, zh or en.
func Lang(ctx context.Context) string {
	if l := frameOf(ctx).lang; l != "" {
		return l
	}
	return "zh"
}

// langOf decides the language: the URL, the person's own choice, the cookie, the browser, Chinese.
func langOf(r *http.Request, own string) string {
	for _, v := range []string{r.URL.Query().Get("lang"), own, cookie(r, "zd_lang")} {
		if v == "zh" || v == "en" {
			return v
		}
	}
	return accepted(r.Header.Get("Accept-Language"))
}

// accepted picks zh or en from an Accept-Language header by weight; the earlier wins a tie.
func accepted(header string) string {
	best, lang := 0.0, "zh"
	for _, part := range strings.Split(header, ",") {
		tag, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		weight := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(q), "q="); ok {
			weight, _ = strconv.ParseFloat(v, 64)
		}
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if (base == "zh" || base == "en") && weight > best {
			best, lang = weight, base
		}
	}
	return lang
}

// Texts are the texts of a language whose keys begin with a prefix, by the rest of the key: for scripts that word pages themselves.
func Texts(lang, prefix string) map[string]string {
	out := map[string]string{}
	for k, v := range catalogue[lang] {
		if rest, ok := strings.CutPrefix(k, prefix); ok {
			out[rest] = v
		}
	}
	return out
}
