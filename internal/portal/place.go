package portal

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/match"
	"zhudian/internal/org"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// mountPlaces serves where one can invest, and in what: the sites and the chains that the public may see.
func (s *Service) mountPlaces(m *web.Mux) {
	m.Page("GET "+sitesPath, "", s.kept(s.sitesPage), web.Public)
	m.Page("GET "+sitesPath+"/{id}", "", s.kept(s.sitePage), web.Public)
	m.Page("GET "+chainsPath, "", s.kept(s.chainsPage), web.Public)
	m.Page("GET "+chainsPath+"/{code}", "", s.kept(s.chainPage), web.Public)
	m.Raw("GET /portal/photos/{id}", "", s.photo(m), web.Public, web.Cache("public, max-age=3600"))
}

const (
	sitesPath  = "/portal/sites"
	chainsPath = "/portal/chains"
)

func siteURL(id string) string    { return sitesPath + "/" + url.PathEscape(id) }
func chainURL(code string) string { return chainsPath + "/" + url.PathEscape(code) }
func photoURL(id string) string   { return "/portal/photos/" + url.PathEscape(id) }

// sitesURL is the address of a narrowed list of sites.
func sitesURL(pairs ...string) string {
	if q := web.Values(pairs...); len(q) > 0 {
		return sitesPath + "?" + q.Encode()
	}
	return sitesPath
}

// placeView names what the pages of places show.
type placeView struct {
	dir    *org.Directory
	lang   string
	today  string
	places []match.Site // all public ones
	chains []match.PublicChain
}

func (s *Service) placeView(ctx context.Context, tx *db.Tx) (v placeView, err error) {
	v.lang, v.today = web.Lang(ctx), tx.Today()
	if v.dir, err = org.Open(ctx, tx); err != nil {
		return v, err
	}
	if v.places, err = match.PublicPlaces(ctx, tx, match.SiteFilter{}); err != nil {
		return v, err
	}
	var codes []string
	for _, c := range v.dir.Codes("chain", v.today) {
		codes = append(codes, c.Code)
	}
	v.chains, err = match.PublicChains(ctx, tx, codes, v.places)
	return v, err
}

func (v *placeView) unit(code string) string  { return v.dir.UnitName(code, v.lang) }
func (v *placeView) chain(code string) string { return v.dir.CodeName("chain", code, v.lang) }

// led counts the public sites that a chain leads.
func (v *placeView) led(chain string) (n int) {
	for _, x := range v.places {
		if slices.Contains(x.Chains, chain) {
			n++
		}
	}
	return n
}

// region is a prefecture with the counties that have a public site.
type region struct {
	code     string
	sites    int
	counties []county
}

type county struct {
	code  string
	sites int
}

// regions counts the public sites by prefecture and county, the prefectures in their order.
func (v *placeView) regions() (out []region) {
	at := map[string]int{}
	for _, u := range v.dir.Units(v.today) {
		if u.Kind == org.City {
			at[u.Code] = len(out)
			out = append(out, region{code: u.Code})
		}
	}
	counts := map[string]int{}
	for _, x := range v.places {
		p, err := v.dir.Path(x.Unit, v.today)
		i, known := at[p.City]
		if err != nil || !known {
			continue
		}
		out[i].sites++
		if c := match.CountyOf(v.dir, x, v.today); c != "" {
			counts[c]++
		}
	}
	for i := range out {
		for _, u := range v.dir.Children(out[i].code, v.today) {
			if n := counts[u.Code]; n > 0 {
				out[i].counties = append(out[i].counties, county{u.Code, n})
			}
		}
		slices.SortStableFunc(out[i].counties, func(a, b county) int { return cmp.Compare(b.sites, a.sites) })
	}
	return slices.DeleteFunc(out, func(r region) bool { return r.sites == 0 })
}

// sitesView is the list of sites and the map of where they are.
type sitesView struct {
	placeView
	in    siteQuery
	list  match.Sites
	found []match.Site // all of the filter
}

// siteQuery narrows the public list; its names are those of the staff list.
type siteQuery struct {
	Unit  string `json:"unit" maxLength:"12"`
	Chain string `json:"chain" maxLength:"40"`
	Kind  string `json:"kind" enum:"park,platform,town,county,"`
	Hall  int64  `json:"hall" minimum:"0"`
	Q     string `json:"q" maxLength:"60"`
	After string `json:"after" maxLength:"200"`
}

const sitesShown = 30

func (s *Service) sitesPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[siteQuery](r)
	if err != nil {
		return nil, err
	}
	v := &sitesView{in: in}
	err = s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		if v.placeView, err = s.placeView(ctx, tx); err != nil {
			return err
		}
		f := match.SiteFilter{Unit: in.Unit, Chain: in.Chain, Kind: in.Kind, Hall: in.Hall, Q: in.Q, Page: db.Page{Limit: sitesShown, After: in.After}}
		if v.found, err = match.PublicPlaces(ctx, tx, f); err != nil {
			return err
		}
		v.list, err = match.PublicSites(ctx, tx, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	return sitesPageView(s, v), nil
}

// with is the address of the list with another condition.
func (v *sitesView) with(pairs ...string) string {
	return sitesURL(append([]string{"unit", v.in.Unit, "chain", v.in.Chain, "kind", v.in.Kind, "hall", v.hall(), "q", v.in.Q}, pairs...)...)
}

func (v *sitesView) hall() string {
	if v.in.Hall == 0 {
		return ""
	}
	return strconv.FormatInt(v.in.Hall, 10)
}

// placeMap draws where the sites are; the table below it says the same without scripts.
func (v *sitesView) placeMap(ctx context.Context) web.ChartProps {
	p := match.MapOf(ctx, match.MapProps{Dir: v.dir, Sites: v.found, Site: siteURL, County: func(code string) string { return sitesURL("unit", code) }, Table: "#sites"})
	p.Later = true
	return p
}

// cityChoices are the prefectures that have public sites; a county that was chosen on the map is one more.
func (v *sitesView) cityChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "portal.all_prefectures")}}
	known := v.in.Unit == ""
	for _, r := range v.regions() {
		out = append(out, web.Choice{Value: r.code, Text: v.unit(r.code)})
		known = known || r.code == v.in.Unit
	}
	if !known {
		out = append(out, web.Choice{Value: v.in.Unit, Text: v.unit(v.in.Unit)})
	}
	return out
}

func (v *sitesView) chainChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "portal.all_chains")}}
	for _, c := range v.chains {
		out = append(out, web.Choice{Value: c.Code, Text: v.chain(c.Code)})
	}
	return out
}

func (v *sitesView) kindChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "portal.all_kinds")}}
	for _, k := range match.SiteKinds {
		out = append(out, web.Choice{Value: k, Text: web.T(ctx, "site.kind."+k)})
	}
	return out
}

func (v *sitesView) hallChoices(ctx context.Context) []web.Choice {
	out := match.HallChoices(ctx)
	out[0].Text = web.T(ctx, "portal.any_hall")
	for i := range out[1:] {
		out[i+1].Text = web.T(ctx, "portal.hall_from", out[i+1].Text)
	}
	return out
}

// siteView is the page of one site.
type siteView struct {
	placeView
	rec match.SiteRecord
}

func (s *Service) sitePage(r *http.Request) (templ.Component, error) {
	v := &siteView{}
	err := s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		if v.rec, err = match.PublicSite(ctx, tx, r.PathValue("id")); err != nil {
			return err
		}
		v.placeView, err = s.placeView(ctx, tx)
		return err
	})
	if err != nil {
		return nil, noPage(err)
	}
	return sitePageView(s, v), nil
}

func (v *siteView) facts(ctx context.Context) []web.Fact {
	x := v.rec.Site
	out := []web.Fact{{Label: web.T(ctx, "site.kind"), Text: web.T(ctx, "site.kind."+x.Kind)}, {Label: web.T(ctx, "site.unit"), Text: v.unit(x.Unit), URL: sitesURL("unit", x.Unit)}}
	for _, c := range x.Chains {
		out = append(out, web.Fact{Label: web.T(ctx, "site.chain"), Text: v.chain(c), URL: chainURL(c)})
	}
	if x.Product != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "site.product"), Text: x.Product})
	}
	if x.Chemical {
		out = append(out, web.Fact{Label: web.T(ctx, "portal.qualified"), Text: web.T(ctx, "site.chemical")})
	}
	return append(out, web.Fact{Label: web.T(ctx, "site.source"), Text: x.Source}, web.Fact{Label: web.T(ctx, "site.as_of"), Text: x.AsOf})
}

func (s *Service) chainsPage(r *http.Request) (templ.Component, error) {
	var v placeView
	err := s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		v, err = s.placeView(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return chainsView(s, &v), nil
}

// chainView is the page of one chain.
type chainView struct {
	placeView
	chain match.PublicChain
	list  match.Sites // that it leads, what changed last first
}

func (s *Service) chainPage(r *http.Request) (templ.Component, error) {
	v := &chainView{}
	err := s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		if v.placeView, err = s.placeView(ctx, tx); err != nil {
			return err
		}
		code := r.PathValue("code")
		i := slices.IndexFunc(v.chains, func(c match.PublicChain) bool { return c.Code == code })
		if i < 0 {
			return absent()
		}
		v.chain = v.chains[i]
		v.list, err = match.PublicSites(ctx, tx, match.SiteFilter{Chain: code, Page: db.Page{Limit: sitesShown}})
		return err
	})
	if err != nil {
		return nil, err
	}
	return chainPageView(s, v), nil
}

// photo serves a picture of a public site.
func (s *Service) photo(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var p match.Photo
		err := s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
			p, err = match.PublicPhoto(ctx, tx, r.PathValue("id"))
			return err
		})
		if err == nil {
			err = verify.ServeCopy(w, r, s.Files, verify.Evidence{Blob: p.Blob, Name: p.Name, Type: p.Type, Size: p.Size, AddedAt: p.At})
		}
		if err != nil {
			m.Fail(w, r, noPage(err))
		}
	}
}
