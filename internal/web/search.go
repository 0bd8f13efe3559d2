package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"
)

// Hit is one record found by the search box.
type Hit struct {
	Title string
	Meta  string // e.g. credit code · county
	URL   string
}

type searcher struct {
	key, icon, perm string
	find            func(ctx context.Context, text string, limit int) ([]Hit, error)
}

// Search adds a source to the search box: find returns at most limit records the person may see, best
// first. The heading of its hits is the catalogue key "nav.<key>".
func (m *Mux) Search(key, icon, perm string, find func(ctx context.Context, text string, limit int) ([]Hit, error)) {
	m.search = append(m.search, searcher{key, icon, perm, find})
}

func (m *Mux) mountSearch() {
	m.Page("GET /search", AnyPerson, m.searchPage)
}

type searchIn struct {
	Text string `json:"q"`
}

type hitGroup struct {
	Key, Icon string
	Hits      []Hit
}

func (m *Mux) searchPage(r *http.Request) (templ.Component, error) {
	in, err := Query[searchIn](r)
	if err != nil {
		return nil, err
	}
	text := strings.TrimSpace(in.Text)
	limit := 20
	if isHTMX(r) {
		limit = 5
	}
	var groups []hitGroup
	if text != "" && len([]rune(text)) <= 100 {
		for _, s := range m.search {
			if !May(r.Context(), s.perm) {
				continue
			}
			hits, err := s.find(r.Context(), text, limit)
			if err != nil {
				return nil, err
			}
			if len(hits) > 0 {
				groups = append(groups, hitGroup{s.key, s.icon, hits})
			}
		}
	}
	if isHTMX(r) {
		return searchHits(groups, text), nil
	}
	return searchResults(groups, text), nil
}
