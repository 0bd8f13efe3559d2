package org

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/fault"
	"zhudian/internal/hanzi"
	"zhudian/internal/web"
)

// Mount serves the places and lists: JSON under /api/v1, choices for pickers under /pick, the tree under /admin/units.
func (s *Service) Mount(m *web.Mux) {
	web.Get(m, "/api/v1/units", web.AnyPerson, s.Units, web.Doc("Units that exist on a day"))
	web.Post(m, "/api/v1/units", "org.edit", s.SaveUnit, web.Doc("Add or change a unit"))
	web.Get(m, "/api/v1/regions", web.AnyPerson, s.Regions, web.Doc("Regions of GB/T 2260, by parent or by name"))
	web.Get(m, "/api/v1/industries", web.AnyPerson, s.Industries, web.Doc("Industries of GB/T 4754, level by level"))
	web.Get(m, "/api/v1/codes", web.AnyPerson, s.Codes, web.Doc("A short code list: wheel, chain, farm_line, cooperation, standing"))
	m.Raw("GET /pick/regions", web.AnyPerson, s.pickRegions(m))
	m.Raw("GET /pick/units", web.AnyPerson, s.pickUnits(m))
	m.Page("GET /admin/units", "org.read", s.treePage)
	m.Page("GET /admin/units/{code}", "org.edit", s.unitPage)
	m.Page("POST /admin/units", "org.edit", s.unitForm)
	m.Page("POST /admin/units/{code}", "org.edit", s.unitForm)
	m.Page("POST /admin/units/import", "org.import", s.importForm, web.MaxBody(21<<20))
	m.Search("units", "hierarchy-2", "org.edit", s.find)
	m.Nav(web.NavItem{Key: "units", Icon: "hierarchy-2", URL: "/admin/units", Perm: "org.read", Group: web.GroupAdmin, Order: 2})
}

// find answers the search box of the top bar by a unit's name, pinyin or code.
func (s *Service) find(ctx context.Context, text string, limit int) (web.Hits, error) {
	list, err := s.Units(ctx, UnitQuery{})
	var found []Unit
	for _, u := range list.Items {
		if len(found) < limit && (strings.EqualFold(u.Code, text) || hanzi.Holds(u.Name, text)) {
			found = append(found, u)
		}
	}
	return web.HitsOf(found, func(u Unit) web.Hit {
		return web.Hit{Title: u.Name, Meta: u.Code, URL: "/admin/units/" + url.PathEscape(u.Code)}
	}), err
}

// choice is one answer to a picker.
type choice struct {
	Value string `json:"value"`
	Text  string `json:"text"`
}

func answer(w http.ResponseWriter, list []choice) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list)
}

func (s *Service) pickRegions(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		d, today, err := s.directory(r.Context())
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		out := []choice{}
		if q := strings.TrimSpace(r.URL.Query().Get("q")); q != "" {
			for _, x := range d.findRegions(q, today) {
				out = append(out, choice{x.Code, d.RegionName(x.Code)})
			}
		}
		answer(w, out)
	}
}

func (s *Service) pickUnits(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		d, today, err := s.directory(r.Context())
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		out := []choice{}
		q := strings.ToUpper(strings.TrimSpace(r.URL.Query().Get("q")))
		for _, u := range d.Units(today) {
			if len(out) < maxFound && (strings.Contains(u.Name, q) || strings.Contains(strings.ToUpper(u.EN), q) || strings.HasPrefix(u.Code, q)) {
				out = append(out, choice{u.Code, u.Title(web.Lang(r.Context()))})
			}
		}
		answer(w, out)
	}
}

// treeLine is one unit in the tree, with how deep it stands.
type treeLine struct {
	Unit
	Depth int
}

func (s *Service) tree(r *http.Request, day string) ([]treeLine, error) {
	d, today, err := s.directory(r.Context())
	if err != nil {
		return nil, err
	}
	day = orElse(day, today)
	var out []treeLine
	var walk func(code string, depth int)
	walk = func(code string, depth int) {
		for _, u := range d.Children(code, day) {
			out = append(out, treeLine{u, depth})
			if depth < 8 {
				walk(u.Code, depth+1)
			}
		}
	}
	walk("", 0)
	return out, nil
}

func (s *Service) treePage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		Day string `json:"day" format:"date"`
	}](r)
	if err != nil {
		return nil, err
	}
	list, err := s.tree(r, in.Day)
	return treeView(list, in.Day, web.FormOf()), err
}

func (s *Service) importForm(r *http.Request) (templ.Component, error) {
	tally, err := s.importUpload(r)
	if err == nil {
		return web.RedirectToast("/admin/units", web.Toast{Text: web.T(r.Context(), "org.imported", tally.Created, tally.Updated, tally.Unchanged)}), nil
	}
	list, lerr := s.tree(r, "")
	if lerr != nil {
		return nil, lerr
	}
	return web.Retry(treeView(list, "", web.NewForm(r, err)), err)
}

func (s *Service) importUpload(r *http.Request) (Tally, error) {
	files, err := web.Files(r, "file")
	if err != nil {
		return Tally{}, err
	}
	if len(files) != 1 {
		return Tally{}, fault.BadField("file", "required", "请选一个 xlsx 或 csv 文件。", "Choose one xlsx or csv file.")
	}
	f, err := files[0].Open()
	if err != nil {
		return Tally{}, fault.Wrap(err, "open the upload")
	}
	defer func() { _ = f.Close() }()
	return s.ImportUnits(r.Context(), Table{File: f, Size: files[0].Size, Name: files[0].Filename})
}

func (s *Service) unitPage(r *http.Request) (templ.Component, error) {
	d, _, err := s.directory(r.Context())
	if err != nil {
		return nil, err
	}
	code := r.PathValue("code")
	if code == "new" {
		return unitView(unitProps{New: true, State: web.FormOf("kind", string(Park), "valid_from", First, "valid_to", Last), D: d}), nil
	}
	u, err := d.Unit(code)
	if err != nil {
		return nil, err
	}
	state := web.FormOf("code", u.Code, "kind", string(u.Kind), "parent", u.Parent, "name", u.Name, "short", u.Short, "agency", u.Agency, "en", u.EN,
		"region", u.Region, "valid_from", u.ValidFrom, "valid_to", u.ValidTo, "successor", u.Successor, "version", itoa(u.Version))
	return unitView(unitProps{Unit: u, State: state, D: d}), nil
}

func (s *Service) unitForm(r *http.Request) (templ.Component, error) {
	in, err := web.Form[SaveUnit](r)
	if err == nil {
		_, err = s.SaveUnit(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast("/admin/units", web.Toast{Text: web.T(r.Context(), "org.saved", in.Name)}), nil
	}
	d, _, derr := s.directory(r.Context())
	if derr != nil {
		return nil, derr
	}
	return web.Retry(unitView(unitProps{New: in.Version == 0, Unit: in.Unit, State: web.NewForm(r, err), D: d}), err)
}
