package portal

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

// Places tells where one can invest, and in what: the part of the sites and chains that the public may see, in the
// language of the context.
type Places interface {
	Sites(ctx context.Context, in SiteFilter) ([]Site, error)
	Site(ctx context.Context, id string) (Site, error) // fault not_found for one that is not public
	Chains(ctx context.Context) ([]Chain, error)
}

// SiteFilter narrows the list of sites.
type SiteFilter struct {
	Unit  string `json:"unit,omitempty" maxLength:"12" doc:"prefecture or county"`
	Chain string `json:"chain,omitempty" maxLength:"40"`
	Q     string `json:"q,omitempty" maxLength:"60"`
}

// Site is a park, a hall or a piece of land.
type Site struct {
	ID      string
	Name    string
	Unit    string // county
	Kind    string // in words
	Summary string
	Offers  [][2]string // what it has: name and value with its unit
	Text    string      // longer, in paragraphs
}

// Chain is a line of industry that the province looks for.
type Chain struct {
	Code    string
	Name    string
	Summary string
	Sites   int
}

// mountPlaces serves where one can invest.
func (s *Service) mountPlaces(m *web.Mux) {
	if s.Places == nil {
		return
	}
	m.Page("GET /portal/sites", "", s.sitesPage, web.Public)
	m.Page("GET /portal/sites/{id}", "", s.sitePage, web.Public)
	m.Page("GET /portal/chains", "", s.chainsPage, web.Public)
}

func siteURL(id string) string { return "/portal/sites/" + url.PathEscape(id) }

// sitesView is the list of sites and the map of where they are.
type sitesView struct {
	in     SiteFilter
	list   []Site
	chains []Chain
	cities []org.Unit
	counts map[string]int // by county
	dir    *org.Directory
	lang   string
	today  string
}

func (s *Service) sitesPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[SiteFilter](r)
	if err != nil {
		return nil, err
	}
	v := &sitesView{in: in, counts: map[string]int{}, lang: web.Lang(r.Context())}
	if v.list, err = s.Places.Sites(r.Context(), in); err != nil {
		return nil, err
	}
	if v.chains, err = s.Places.Chains(r.Context()); err != nil {
		return nil, err
	}
	for _, x := range v.list {
		v.counts[x.Unit]++
	}
	if err := v.learn(r.Context(), s.DB); err != nil {
		return nil, err
	}
	return sitesPageView(s, v), nil
}

func (v *sitesView) learn(ctx context.Context, d *db.DB) error {
	return d.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if v.dir, err = org.Open(ctx, tx); err != nil {
			return err
		}
		v.today = tx.Today()
		for _, u := range v.dir.Units(v.today) {
			if u.Kind == org.City {
				v.cities = append(v.cities, u)
			}
		}
		return nil
	})
}

func (v *sitesView) unit(code string) string { return v.dir.UnitName(code, v.lang) }

// placeMap draws where the sites are; the list below says the same without scripts.
func (v *sitesView) placeMap(ctx context.Context) web.ChartProps {
	d := web.ChartData{Kind: "map", Open: -1, Geo: web.Asset("guizhou-counties.json"), NoData: web.T(ctx, "portal.no_sites"), Breaks: []float64{0, 1, 2, 5, 10}}
	s := web.ChartSeries{Name: web.T(ctx, "portal.sites")}
	for _, u := range v.dir.Units(v.today) {
		if u.Kind != org.County {
			continue
		}
		d.X = append(d.X, u.Code)
		var n *float64
		text := u.Title(v.lang) + " · " + d.NoData
		if c := v.counts[u.Code]; c > 0 {
			n, text = web.Value(int64(c), 0), u.Title(v.lang)+" "+web.T(ctx, "portal.n_sites", c)
		}
		s.Values, s.Text, s.Link = append(s.Values, n), append(s.Text, text), append(s.Link, "")
	}
	d.Series = []web.ChartSeries{s}
	return web.ChartProps{ID: "c-sites", Title: web.T(ctx, "portal.map"), Meta: web.T(ctx, "ledger.map_schematic"), Height: "l", Data: d, TableURL: "#sites", Label: web.T(ctx, "portal.n_sites", len(v.list))}
}

func (s *Service) sitePage(r *http.Request) (templ.Component, error) {
	x, err := s.Places.Site(r.Context(), r.PathValue("id"))
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.NotFound, "not_found", "没有这一页。", "No such page.")
	} else if err != nil {
		return nil, err
	}
	v := &sitesView{lang: web.Lang(r.Context())}
	if err := v.learn(r.Context(), s.DB); err != nil {
		return nil, err
	}
	return sitePageView(s, v, x), nil
}

func (s *Service) chainsPage(r *http.Request) (templ.Component, error) {
	list, err := s.Places.Chains(r.Context())
	if err != nil {
		return nil, err
	}
	return chainsView(s, list), nil
}
