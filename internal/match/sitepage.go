package match

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// siteList is the list of sites as a table or on the map.
type siteList struct {
	*sight
	in   SiteFilter
	view string
	list Sites
	all  []Site // on the map
}

type siteQuery struct {
	SiteFilter
	View string `json:"view" enum:"map,"`
}

func (s *Service) sitesPage(r *http.Request) (templ.Component, error) {
	q, err := web.Query[siteQuery](r)
	if err != nil {
		return nil, err
	}
	v := &siteList{in: q.SiteFilter, view: q.View}
	if q.View == "map" {
		v.all, err = s.onMap(r.Context(), q.SiteFilter)
	} else {
		v.list, err = s.ListSites(r.Context(), q.SiteFilter)
	}
	if err != nil {
		return nil, err
	}
	if v.sight, err = s.sight(r.Context(), seen{}); err != nil {
		return nil, err
	}
	return sitesView(v), nil
}

// maxOnMap is how many sites a map shows.
const maxOnMap = 2000

// onMap gives every site of a filter at once.
func (s *Service) onMap(ctx context.Context, in SiteFilter) (out []Site, err error) {
	if _, err := audit.Require(ctx, "site.read"); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = sites(ctx, tx, in, 0, "", maxOnMap)
		return err
	})
	return out, err
}

func (v *siteList) props(ctx context.Context) web.ListProps {
	in := v.in
	hall := ""
	if in.Hall > 0 {
		hall = itoa(in.Hall)
	}
	q := web.Values("q", in.Q, "kind", in.Kind, "unit", in.Unit, "chain", in.Chain, "hall", hall)
	if in.Chemical {
		q.Set("chemical", "true")
	}
	set := len(q) > 0
	table := sitesPath + "?" + q.Encode()
	q.Set("view", "map")
	chart := sitesPath + "?" + q.Encode()
	if v.view == "" {
		q.Del("view")
	}
	p := web.ListProps{
		Action: sitesPath, Unit: web.T(ctx, "site.item"), Loaded: len(v.list.Items) + len(v.all), Total: -1, Query: q.Encode(),
		Filters: []web.FilterProps{
			{Name: "q", Label: web.T(ctx, "site.search"), Kind: "search", Value: in.Q},
			{Name: "kind", Label: web.T(ctx, "site.kind"), Value: in.Kind, Choices: web.Coded(ctx, web.T(ctx, "site.any"), "site.kind", SiteKinds...)},
			{Name: "unit", Label: web.T(ctx, "site.city"), Value: in.Unit, Choices: v.cityChoices(ctx)},
			{Name: "chain", Label: web.T(ctx, "site.chain"), Value: in.Chain, Choices: v.chainChoices(ctx)},
			{Name: "hall", Label: web.T(ctx, "site.hall_least"), Value: hall, Choices: HallChoices(ctx)},
			{Name: "view", Kind: "hidden", Value: v.view},
		},
		Views: []web.ViewSwitch{{Icon: "table", Text: web.T(ctx, "site.as_table"), URL: table, On: v.view == ""}, {Icon: "map-2", Text: web.T(ctx, "site.as_map"), URL: chart, On: v.view == "map"}},
	}
	if set {
		p.ClearURL = sitesPath
	}
	if v.list.Next != "" {
		q.Set("after", v.list.Next)
		p.Next = sitesPath + "?" + q.Encode()
	}
	if p.Loaded == 0 {
		p.Empty = noSites(set)
	}
	return p
}

// HallChoices are the areas of halls that lists of sites are narrowed by.
func HallChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "site.any")}}
	for _, n := range []int64{1000, 5000, 10000, 20000} {
		out = append(out, web.Choice{Value: itoa(n), Text: web.Int(n) + " " + web.T(ctx, "lead.need_unit.hall")})
	}
	return out
}

// siteMap draws the sites; the lines under it say the same without scripts.
func (v *siteList) siteMap(ctx context.Context) web.ChartProps {
	county := func(code string) string {
		return sitesPath + "?" + web.Values("view", "map", "unit", code, "kind", v.in.Kind, "chain", v.in.Chain).Encode()
	}
	return MapOf(ctx, MapProps{Dir: v.dir, Sites: v.all, Site: siteURL, County: county, Table: v.props(ctx).Views[0].URL})
}

// siteView is one site as a page.
type siteView struct {
	*sight
	rec  SiteRecord
	form web.FormState // of the pictures
}

func (s *Service) sitePage(r *http.Request) (templ.Component, error) {
	v, err := s.openSite(r.Context(), r.PathValue("id"), web.FormState{})
	if err != nil {
		return nil, err
	}
	return siteRecordView(v), nil
}

func (s *Service) openSite(ctx context.Context, id string, form web.FormState) (*siteView, error) {
	v := &siteView{form: form}
	var err error
	if v.rec, err = s.GetSite(ctx, ByID{id}); err != nil {
		return nil, err
	}
	v.sight, err = s.sight(ctx, seen{})
	return v, err
}

func (v *siteView) facts(ctx context.Context) []web.Fact {
	x := v.rec.Site
	out := []web.Fact{
		{Label: web.T(ctx, "site.unit"), Text: v.unit(x.Unit)},
		{Label: web.T(ctx, "site.region"), Text: v.dir.RegionName(x.Region)},
		{Label: web.T(ctx, "site.chains"), Text: v.chains(x.Chains)},
	}
	if x.Product != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "site.product"), Text: x.Product})
	}
	if len(x.Banned) > 0 {
		text := ""
		for i, b := range x.Banned {
			if i > 0 {
				text += web.T(ctx, "site.and")
			}
			text += v.industry(b)
		}
		out = append(out, web.Fact{Label: web.T(ctx, "site.banned"), Text: text})
	}
	if x.Lng != 0 {
		out = append(out, web.Fact{Label: web.T(ctx, "site.place"), Text: web.Fixed(x.LngMicro, 6, 4) + "°E " + web.Fixed(x.LatMicro, 6, 4) + "°N"})
	}
	return append(out, web.Fact{Label: web.T(ctx, "site.source"), Text: x.Source}, web.Fact{Label: web.T(ctx, "site.as_of"), Text: x.AsOf})
}

func (v *siteView) tags(ctx context.Context) []web.Tag {
	out := []web.Tag{{Text: web.T(ctx, "site.kind."+v.rec.Kind)}}
	if v.rec.Chemical {
		out = append(out, web.Tag{Text: web.T(ctx, "site.chemical"), Tone: "due"})
	}
	if v.rec.Published {
		out = append(out, web.Tag{Text: web.T(ctx, "site.published"), Tone: "act"})
	}
	return out
}

// ended reports whether an offer is over.
func ended(ctx context.Context, o Offer) bool {
	return o.ValidUntil != "" && o.ValidUntil < web.Today(ctx)
}

// formView is the form of a site or an offer.
type formView struct {
	*sight
	state web.FormState
	title string
	back  string
}

func (s *Service) siteForm(ctx context.Context, state web.FormState) (*formView, error) {
	v := &formView{state: state, title: web.T(ctx, "site.new"), back: sitesPath}
	if id := state.Value("id"); id != "" {
		v.title, v.back = web.T(ctx, "site.edit"), siteURL(id)
	}
	var err error
	v.sight, err = s.sight(ctx, seen{})
	return v, err
}

func (s *Service) newSitePage(r *http.Request) (templ.Component, error) {
	who, _ := audit.Who(r.Context())
	v, err := s.siteForm(r.Context(), web.FormOf("kind", "park", "unit", who.Unit, "as_of", web.Today(r.Context())))
	if err != nil {
		return nil, err
	}
	return siteFormView(v), nil
}

func (s *Service) editSitePage(r *http.Request) (templ.Component, error) {
	x, err := s.GetSite(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	state := web.FormOf("id", x.ID, "version", itoa(x.Version), "kind", x.Kind, "unit", x.Unit, "name", x.Name, "name_en", x.NameEN, "region", x.Region, "product", x.Product,
		"summary", x.Summary, "summary_en", x.SummaryEN, "source", x.Source, "as_of", x.AsOf)
	if x.Lng != 0 {
		state.Values.Set("lng", web.Fixed(x.LngMicro, 6, 4))
		state.Values.Set("lat", web.Fixed(x.LatMicro, 6, 4))
	}
	state.Values["chains"] = x.Chains
	for _, b := range x.Banned {
		state.Values.Set("banned", state.Value("banned")+b+" ")
	}
	for name, on := range map[string]bool{"chemical": x.Chemical, "published": x.Published} {
		if on {
			state.Values.Set(name, "true")
		}
	}
	v, err := s.siteForm(r.Context(), state)
	if err != nil {
		return nil, err
	}
	return siteFormView(v), nil
}

func (s *Service) sitePosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[NewSite](r)
	var out Site
	if err == nil {
		out, err = s.SaveSite(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(siteURL(out.ID), web.Toast{Text: web.T(r.Context(), "site.saved")}), nil
	}
	v, bad := s.siteForm(r.Context(), web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(siteFormView(v), err)
}

func (s *Service) photosPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[struct {
		Site    string `json:"site"`
		Caption string `json:"caption" maxLength:"80"`
	}](r)
	add := AddPhotos{Site: in.Site, Caption: in.Caption}
	if err == nil {
		files, ferr := web.Files(r, "files")
		if err = ferr; err == nil {
			add.Files, err = verify.Attach(ctx, s.Files, files, "files")
		}
	}
	if err == nil {
		_, err = s.AddPhotos(ctx, add)
	}
	if err == nil {
		return web.RedirectToast(siteURL(in.Site), web.Toast{Text: web.T(ctx, "site.photos_saved")}), nil
	}
	if fault.Is(err, fault.NotFound) {
		return nil, err
	}
	v, bad := s.openSite(ctx, in.Site, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(siteRecordView(v), err)
}

func (s *Service) findSites(ctx context.Context, text string, limit int) (web.Hits, error) {
	list, err := s.ListSites(ctx, SiteFilter{Q: text, Page: db.Page{Limit: limit}})
	return web.HitsOf(list.Items, func(x Listed) web.Hit {
		return web.Hit{Title: x.Title(web.Lang(ctx)), Meta: web.T(ctx, "site.kind."+x.Kind), URL: siteURL(x.ID)}
	}), err
}

func (v *formView) regionChoice() []web.Choice {
	if code := v.state.Value("region"); code != "" {
		return []web.Choice{{Value: code, Text: v.dir.RegionName(code)}}
	}
	return nil
}
