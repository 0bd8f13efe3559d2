package web

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/hanzi"
)

// Hit is one record found by the search box.
type Hit struct {
	Title string `json:"title"`
	Meta  string `json:"meta,omitempty"` // e.g. credit code · county
	URL   string `json:"url"`
}

// HitsOf are hits that nobody counted.
func HitsOf[T any](list []T, hit func(T) Hit) Hits {
	out := Hits{Items: make([]Hit, len(list))}
	for i, x := range list {
		out.Items[i] = hit(x)
	}
	return out
}

// marked shows a title with what was typed picked out.
func marked(title, typed string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		b.WriteString("<span>")
		for _, p := range hanzi.Mark(title, typed) {
			text := templ.EscapeString(p.Text)
			if p.Hit {
				text = "<mark>" + text + "</mark>"
			}
			b.WriteString(text)
		}
		b.WriteString("</span>")
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// Hits are what one source found, best first. Total is how many there are in all, where the source counted: above
// MostHits it only says "more". All is the address of the whole list, "" when there is none.
type Hits struct {
	Items []Hit
	Total int64
	All   string
}

// MostHits is where counting stops.
const MostHits = 10_000

// Finder finds at most limit records that the person may see, best first.
type Finder func(ctx context.Context, text string, limit int) (Hits, error)

type searcher struct {
	key, icon, perm string
	find            Finder
}

// Search adds a source to the search box. The heading of its hits is the catalogue key "nav.<key>".
func (m *Mux) Search(key, icon, perm string, find Finder) {
	m.search = append(m.search, searcher{key, icon, perm, find})
}

func (m *Mux) mountSearch() {
	m.Page("GET /search", AnyPerson, m.searchPage)
	Get(m, "/api/v1/search", AnyPerson, m.found, Doc("Everything one may see that a text finds, by kind, best first"))
}

type searchIn struct {
	Text  string `query:"q" json:"q" maxLength:"100" doc:"names, pinyin, initials, codes, the tail of a phone number"`
	Limit int    `query:"limit" json:"limit,omitempty" minimum:"0" maximum:"50" doc:"of each kind; 5 when left out"`
}

// hitGroup is what was found of one kind.
type hitGroup struct {
	Key   string `json:"kind"`
	Icon  string `json:"-"`
	Items []Hit  `json:"items"`
	Total int64  `json:"total,omitempty" doc:"in all, where counted; 10001 means more than 10000"`
	All   string `json:"all,omitempty" doc:"address of the whole list"`
}

// total says how many there are, "" when the hits shown are all or nobody counted.
func (g hitGroup) total() string {
	switch {
	case g.Total > MostHits:
		return Int(MostHits) + "+"
	case g.Total > int64(len(g.Items)):
		return Int(g.Total)
	}
	return ""
}

type searchOut struct {
	Groups []hitGroup `json:"groups"`
}

// found asks every source whose records the person may read.
func (m *Mux) found(ctx context.Context, in searchIn) (searchOut, error) {
	out := searchOut{Groups: []hitGroup{}}
	text := strings.TrimSpace(in.Text)
	if in.Limit == 0 {
		in.Limit = 5
	}
	if text == "" || len([]rune(text)) > 100 {
		return out, nil
	}
	for _, s := range m.search {
		if !May(ctx, s.perm) {
			continue
		}
		hits, err := s.find(ctx, text, in.Limit)
		if err != nil {
			return out, err
		}
		if len(hits.Items) > 0 {
			out.Groups = append(out.Groups, hitGroup{s.key, s.icon, hits.Items, hits.Total, hits.All})
		}
	}
	return out, nil
}

func (m *Mux) searchPage(r *http.Request) (templ.Component, error) {
	in, err := Query[searchIn](r)
	if err != nil {
		return nil, err
	}
	in.Text = strings.TrimSpace(in.Text)
	if in.Limit = 20; isHTMX(r) {
		in.Limit = 5
	}
	out, err := m.found(r.Context(), in)
	if err != nil {
		return nil, err
	}
	if isHTMX(r) {
		return searchHits(out.Groups, in.Text), nil
	}
	return searchResults(out.Groups, in.Text), nil
}
