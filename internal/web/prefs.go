package web

import (
	"context"
	"net/http"

	"github.com/a-h/templ"
)

const year = 365 * 24 * 3600

// mountShell serves the choices of the top bar: language, row height, theme, as-of.
func (m *Mux) mountShell() {
	m.Page("POST /shell/prefs", "", m.savePrefs, Public)
	m.Page("POST /shell/as-of", AnyPerson, m.saveAsOf)
}

type prefsForm struct {
	Lang    string `json:"lang"`
	Density string `json:"density"`
	Theme   string `json:"theme"`
	Type    string `json:"type"` // of the public pages: normal or large
	Next    string `json:"next"`
}

func (m *Mux) savePrefs(r *http.Request) (templ.Component, error) {
	in, err := Form[prefsForm](r)
	if err != nil {
		return nil, err
	}
	p := Prefs{Lang: in.Lang, Density: in.Density, Theme: in.Theme}
	var set []pair
	for _, c := range []struct{ name, value, a, b, c string }{
		{"zd_lang", p.Lang, "zh", "en", "zh"},
		{"zd_density", p.Density, "compact", "normal", "roomy"},
		{"zd_theme", p.Theme, "light", "dark", "light"},
		{typeCookie, in.Type, "normal", "large", "normal"},
	} {
		if c.value == "" {
			continue
		}
		if c.value != c.a && c.value != c.b && c.value != c.c {
			return nil, badChoice(c.name)
		}
		set = append(set, pair{c.name, c.value})
	}
	if m.opt.SavePrefs != nil {
		if m.opt.Identify == nil && m.opt.Guard != nil { // the route is public; the person may be signed in
			if in, err := m.opt.Guard(r, AnyPerson); err == nil && in != nil {
				r = in
			}
		}
		if err := m.opt.SavePrefs(r.Context(), p); err != nil {
			return nil, err
		}
	}
	return setCookies{redirect{to: SafePath(in.Next)}, set}, nil
}

type asOfForm struct {
	Date string `json:"date" format:"date"`
	Book string `json:"book"`
	Next string `json:"next"`
}

func (m *Mux) saveAsOf(r *http.Request) (templ.Component, error) {
	in, err := Form[asOfForm](r)
	if err != nil {
		return nil, err
	}
	if in.Date == "" { // back to the default
		return setCookies{redirect{to: SafePath(in.Next)}, []pair{{"zd_asof", ""}}}, nil
	}
	a := AsOf{}.with(in.Date, in.Book, "")
	if a.Date == "" || a.Book == "" {
		return nil, badChoice("zd_asof")
	}
	return setCookies{redirect{to: SafePath(in.Next)}, []pair{{"zd_asof", a.Date + "." + a.Book}}}, nil
}

type pair struct{ name, value string }

// setCookies is a redirect that also keeps a choice.
type setCookies struct {
	redirect
	set []pair
}

func (s setCookies) write(w http.ResponseWriter, r *http.Request) {
	for _, p := range s.set {
		age := year
		if p.value == "" {
			age = -1
		}
		setCookie(w, r, p.name, p.value, age)
	}
	s.redirect.write(w, r)
}

const typeCookie = "zd_type"

// LargeType reports whether the reader asked for large type on the public pages.
func LargeType(ctx context.Context) bool {
	r := frameOf(ctx).request
	return r != nil && cookie(r, typeCookie) == "large"
}
