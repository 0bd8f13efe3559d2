package field

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// buildingForm is a building as its form posts it.
type buildingForm struct {
	ID       string `json:"id" maxLength:"40"`
	Version  int64  `json:"version"`
	District string `json:"district"`
	Block    string `json:"block" maxLength:"40"`
	Name     string `json:"name" maxLength:"80"`
	Kind     string `json:"kind"`
	Address  string `json:"address" maxLength:"200"`
	Floors   int64  `json:"floors"`
	Lng      string `json:"lng"`
	Lat      string `json:"lat"`
	Source   string `json:"source" maxLength:"120"`
}

func (f buildingForm) building() (NewBuilding, error) {
	var c fault.Checks
	in := NewBuilding{
		ID: f.ID, Version: f.Version, District: f.District, Block: f.Block, Name: f.Name, Kind: f.Kind, Address: f.Address, Floors: f.Floors, Source: f.Source,
		Lng: degrees(&c, "lng", clean(f.Lng)), Lat: degrees(&c, "lat", clean(f.Lat)),
	}
	return in, c.Err()
}

type buildingFormView struct {
	*sight
	state  web.FormState
	rec    *Building
	near   []web.Choice // the districts of the cities where the stations are
	action string
}

func (s *Service) buildingForm(ctx context.Context, state web.FormState, rec *Building) (*buildingFormView, error) {
	v := &buildingFormView{state: state, rec: rec, action: "/sweeps"}
	if rec != nil {
		v.action = "/sweeps/edit/" + rec.ID
	}
	var err error
	if v.sight, err = s.sight(ctx, named{}); err != nil {
		return nil, err
	}
	v.near = []web.Choice{{}}
	seen := map[string]bool{}
	for _, st := range v.stations {
		if seen[st.Region] {
			continue
		}
		seen[st.Region] = true
		for _, r := range v.dir.RegionsIn(st.Region) {
			v.near = append(v.near, web.Choice{Value: r.Code, Text: districtName(v.dir, st.Region) + r.Name})
		}
	}
	return v, nil
}

func (s *Service) newBuildingPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	id, err := s.newID(ctx)
	if err != nil {
		return nil, err
	}
	v, err := s.buildingForm(ctx, web.FormOf("id", id, "kind", "tower"), nil)
	if err != nil {
		return nil, err
	}
	return buildingFormPage(v), nil
}

func (s *Service) newBuildingPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	f, err := web.Form[buildingForm](r)
	var in NewBuilding
	var out Building
	if err == nil {
		if in, err = f.building(); err == nil {
			out, err = s.SaveBuilding(ctx, in)
		}
	}
	if err == nil {
		return web.RedirectToast(buildingURL(out.ID), web.Toast{Text: web.T(ctx, "sweep.building_saved")}), nil
	}
	v, bad := s.buildingForm(ctx, web.NewForm(r, err), nil)
	if bad != nil {
		return nil, bad
	}
	return web.Retry(buildingFormPage(v), err)
}

func (s *Service) oneBuilding(ctx context.Context, id string) (b Building, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		b, err = buildingByID(ctx, tx, id)
		return err
	})
	return b, err
}

func (s *Service) editBuildingPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	b, err := s.oneBuilding(ctx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	state := web.FormOf("version", strconv.FormatInt(b.Version, 10), "district", b.District, "block", b.Block, "name", b.Name, "kind", b.Kind, "address", b.Address,
		"floors", strconv.FormatInt(b.Floors, 10), "source", b.Source)
	if b.LngMicro != 0 {
		state.Values.Set("lng", web.Fixed(b.LngMicro, 6, 4))
		state.Values.Set("lat", web.Fixed(b.LatMicro, 6, 4))
	}
	v, err := s.buildingForm(ctx, state, &b)
	if err != nil {
		return nil, err
	}
	return buildingFormPage(v), nil
}

func (s *Service) editBuildingPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	b, err := s.oneBuilding(ctx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	f, err := web.Form[buildingForm](r)
	if err == nil {
		var in NewBuilding
		if in, err = f.building(); err == nil {
			in.ID, in.Version = b.ID, max(in.Version, 1)
			_, err = s.SaveBuilding(ctx, in)
		}
	}
	if err == nil {
		return web.RedirectToast(buildingURL(b.ID), web.Toast{Text: web.T(ctx, "sweep.building_saved")}), nil
	}
	v, bad := s.buildingForm(ctx, web.NewForm(r, err), &b)
	if bad != nil {
		return nil, bad
	}
	return web.Retry(buildingFormPage(v), err)
}
