package field

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/web"
)

// mountSweeps serves the pages of sweeps.
func (s *Service) mountSweeps(m *web.Mux) {
	m.Page("GET /sweeps", "sweep.read", s.sweepsPage)
	m.Page("GET /sweeps/coverage", "sweep.read", s.coveragePage)
	m.Page("GET /sweeps/new", "building.edit", s.newBuildingPage)
	m.Page("POST /sweeps", "building.edit", s.newBuildingPosted)
	m.Page("GET /sweeps/import", "building.import", s.importPage)
	m.Page("POST /sweeps/import", "building.import", s.importPosted, web.MaxBody(21<<20))
	m.Page("POST /sweeps/import/store", "building.import", s.importStored)
	m.Raw("GET /sweeps/template", "building.import", s.importTemplate(m))
	m.Page("GET /sweeps/{id}", "sweep.read", s.buildingPage)
	m.Page("GET /sweeps/edit/{id}", "building.edit", s.editBuildingPage)
	m.Page("POST /sweeps/edit/{id}", "building.edit", s.editBuildingPosted)
	m.Page("POST /sweeps/take/{id}", "sweep.work", s.takePosted)
	m.Page("POST /sweeps/end/{id}", "sweep.work", s.endPosted)
	m.Page("POST /sweeps/doors", "sweep.work", s.newDoorPosted)
	m.Page("GET /sweeps/doors/{id}", "sweep.read", s.doorPage)
	m.Page("POST /sweeps/doors/{id}", "sweep.work", s.doorPosted)
	m.Page("POST /sweeps/knock/{id}", "sweep.work", s.knockPosted)
	m.Nav(web.NavItem{Key: "sweeps", Icon: "building-skyscraper", URL: "/sweeps", Perm: "sweep.read", Group: web.GroupField, Order: 2})
}

func buildingURL(id string) string { return "/sweeps/" + url.PathEscape(id) }
func doorURL(id string) string     { return "/sweeps/doors/" + url.PathEscape(id) }

// place is a district or block where buildings are.
type place struct {
	City     string `db:"city"`
	District string `db:"district"`
	Block    string `db:"block"`
}

func placesOf(ctx context.Context, tx *db.Tx) ([]place, error) {
	return db.All[place](ctx, tx, `SELECT DISTINCT city, district, block FROM field_building ORDER BY city, district, block`)
}

// sweepList is the list of buildings as a page.
type sweepList struct {
	*sight
	in     BuildingFilter
	list   Buildings
	places []place
}

func (s *Service) sweepsPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Query[BuildingFilter](r)
	if err != nil {
		return nil, err
	}
	v := &sweepList{in: in}
	if v.list, err = s.ListBuildings(ctx, in); err != nil {
		return nil, err
	}
	if v.sight, err = s.sight(ctx, named{}); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		v.places, err = placesOf(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return sweepsPage(v), nil
}

// district names a district as the people of its city do.
func districtName(dir *org.Directory, code string) string {
	if r, ok := dir.Region(code); ok {
		return r.Name
	}
	return code
}

func districtChoices(ctx context.Context, dir *org.Directory, places []place) []web.Choice {
	out := []web.Choice{anyChoice(ctx)}
	for _, p := range places {
		if out[len(out)-1].Value != p.District {
			out = append(out, web.Choice{Value: p.District, Text: districtName(dir, p.District)})
		}
	}
	return out
}

func blockChoices(ctx context.Context, places []place, district string) []web.Choice {
	out := []web.Choice{anyChoice(ctx)}
	for _, p := range places {
		if p.District == district && p.Block != "" {
			out = append(out, web.Choice{Value: p.Block, Text: p.Block})
		}
	}
	return out
}

func (v *sweepList) props(ctx context.Context) web.ListProps {
	in := v.in
	q := web.Values("city", in.City, "district", in.District, "block", in.Block, "kind", in.Kind, "lease", in.Lease, "q", in.Q)
	p := web.ListProps{
		Action: "/sweeps", Unit: web.T(ctx, "sweep.unit"), Loaded: len(v.list.Items), Total: -1, Query: q.Encode(), Filters: []web.FilterProps{
			{Name: "q", Label: web.T(ctx, "sweep.name_or_address"), Kind: "search", Value: in.Q},
			{Name: "district", Label: web.T(ctx, "sweep.district"), Value: in.District, Choices: districtChoices(ctx, v.dir, v.places)},
		},
	}
	if blocks := blockChoices(ctx, v.places, in.District); len(blocks) > 1 {
		p.Filters = append(p.Filters, web.FilterProps{Name: "block", Label: web.T(ctx, "sweep.block"), Value: in.Block, Choices: blocks})
	}
	p.Filters = append(p.Filters,
		web.FilterProps{Name: "lease", Label: web.T(ctx, "sweep.lease"), Value: in.Lease, Choices: web.Coded(ctx, web.T(ctx, "field.any"), "sweep.lease", "mine", "free", "held")},
		web.FilterProps{Name: "kind", Label: web.T(ctx, "sweep.kind"), Value: in.Kind, Choices: web.Coded(ctx, web.T(ctx, "field.any"), "sweep.kind", buildingKinds...)},
		web.FilterProps{Name: "city", Kind: "hidden", Value: in.City})
	if len(q) > 0 {
		p.ClearURL = "/sweeps"
	}
	p.Next = next("/sweeps", q, v.list.Next)
	if len(v.list.Items) == 0 {
		p.Empty = noBuildings(p.ClearURL != "")
	}
	return p
}

// sweepTabs lead from the buildings to how far they were swept.
func sweepTabs(ctx context.Context, on string) []web.Tab {
	return []web.Tab{
		{Text: web.T(ctx, "sweep.buildings"), URL: "/sweeps", On: on == "buildings"},
		{Text: web.T(ctx, "sweep.coverage"), URL: "/sweeps/coverage", On: on == "coverage"},
	}
}

// leaseText says who holds a building, as far as the reader may know.
func (v *sight) leaseText(ctx context.Context, l *Lease) string {
	switch {
	case l == nil:
		return web.T(ctx, "sweep.free")
	case l.Own():
		return web.T(ctx, "sweep.held_by", v.sender(l.Team), web.ShortDate(ctx, l.Until))
	}
	return web.T(ctx, "sweep.held", web.ShortDate(ctx, l.Until))
}

func leaseTone(l *Lease) string {
	switch {
	case l == nil:
		return "hollow"
	case l.Own():
		return "act"
	}
	return ""
}

// buildingView is one building as a page: its floors and doors.
type buildingView struct {
	*sight
	rec    Swept
	doors  Doors
	past   []Lease // of the teams in scope
	take   web.FormState
	door   web.FormState
	open   bool // only the doors that were not reached
	floors []floorRow
}

type floorRow struct {
	floor int64
	doors []Door
}

func (s *Service) buildingPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		ID   string `json:"id"`
		Open bool   `json:"open"`
	}](r)
	if err != nil {
		return nil, err
	}
	v, err := s.openBuilding(r.Context(), in.ID, in.Open)
	if err != nil {
		return nil, err
	}
	return buildingPage(v), nil
}

func (s *Service) openBuilding(ctx context.Context, id string, open bool) (*buildingView, error) {
	v := &buildingView{open: open, take: web.FormState{}, door: web.FormState{}}
	var err error
	if v.rec, err = s.GetBuilding(ctx, ByID{id}); err != nil {
		return nil, err
	}
	if v.doors, err = s.Doors(ctx, ByID{id}); err != nil {
		return nil, err
	}
	past, err := s.ListLeases(ctx, LeaseFilter{Building: id, Page: db.Page{Limit: 5}})
	if err != nil {
		return nil, err
	}
	v.past = past.Items
	if v.sight, err = s.sight(ctx, named{}); err != nil {
		return nil, err
	}
	for _, d := range v.doors.Items {
		if open && (v.reached(d) || v.quiet(d)) {
			continue
		}
		if n := len(v.floors); n == 0 || v.floors[n-1].floor != d.Floor {
			v.floors = append(v.floors, floorRow{floor: d.Floor})
		}
		v.floors[len(v.floors)-1].doors = append(v.floors[len(v.floors)-1].doors, d)
	}
	return v, nil
}

// reached reports whether a door was dealt with in the present batch.
func (v *buildingView) reached(d Door) bool { return d.State != "" && d.StateOn >= v.doors.Since }

func (v *buildingView) quiet(d Door) bool { return d.Quiet(v.today) }

// class is how the cell of a door looks.
func (v *buildingView) class(d Door) string {
	switch {
	case v.quiet(d):
		return "no"
	case !v.reached(d):
		return ""
	}
	return map[string]string{"met": "met", "nobody": "again", "refused": "no"}[d.State] + map[bool]string{true: "none"}[d.State == "moved" || d.State == "vacant" || d.State == "not_a_target"]
}

// word is what a cell says of its door.
func (v *buildingView) word(ctx context.Context, d Door) string {
	switch {
	case v.quiet(d):
		return web.T(ctx, "sweep.quiet", web.ShortDate(ctx, d.QuietUntil))
	case v.reached(d):
		return web.T(ctx, "sweep.state."+d.State)
	case d.State != "":
		return web.T(ctx, "sweep.before", web.T(ctx, "sweep.state."+d.State))
	}
	return web.T(ctx, "sweep.state.none")
}

func floorText(ctx context.Context, n int64) string {
	if n < 0 {
		return "B" + strconv.FormatInt(-n, 10)
	}
	return web.T(ctx, "sweep.floor", n)
}

// mayTake: nobody holds it, and the person has a team that could.
func (v *buildingView) mayTake() bool {
	return v.rec.Lease == nil && len(v.hereTeams()) > 0 && v.who.May("sweep.work")
}

func (v *buildingView) mayWork() bool {
	return v.rec.Lease != nil && v.rec.Lease.Own() && v.who.May("sweep.work")
}

// hereTeams are the person's teams at the stations of the building's city.
func (v *buildingView) hereTeams() []station.Team {
	var out []station.Team
	for _, t := range v.mine {
		for _, st := range v.stations {
			if st.ID == t.Station && st.Region == v.rec.City {
				out = append(out, t)
			}
		}
	}
	return out
}

func (v *buildingView) takeTeams() []web.Choice {
	var out []web.Choice
	for _, t := range v.hereTeams() {
		out = append(out, web.Choice{Value: t.ID, Text: v.team(t.ID)})
	}
	return out
}

func (v *buildingView) facts(ctx context.Context) []web.Fact {
	b := v.rec.Building
	out := []web.Fact{
		{Label: web.T(ctx, "sweep.district"), Text: v.dir.RegionName(b.District)},
		{Label: web.T(ctx, "sweep.kind"), Text: web.T(ctx, "sweep.kind."+b.Kind)},
		{Label: web.T(ctx, "sweep.floors"), Text: web.Int(b.Floors)},
	}
	for _, f := range []struct{ key, text string }{{"sweep.block", b.Block}, {"sweep.address", b.Address}, {"sweep.source", b.Source}} {
		if f.text != "" {
			out = append(out, web.Fact{Label: web.T(ctx, f.key), Text: f.text})
		}
	}
	if b.LngMicro != 0 {
		out = append(out, web.Fact{Label: web.T(ctx, "sweep.position"), Text: web.Fixed(b.LngMicro, 6, 4) + "°E " + web.Fixed(b.LatMicro, 6, 4) + "°N"})
	}
	return out
}

// tallyFacts are the counts of a place in words.
func tallyFacts(ctx context.Context, t Tally) []web.Fact {
	return []web.Fact{
		{Label: web.T(ctx, "sweep.doors"), Text: web.Int(t.Doors)},
		{Label: web.T(ctx, "sweep.reached"), Text: web.T(ctx, "sweep.of", web.Int(t.Reached), web.Rate(t.Reached, t.Doors, 0))},
		{Label: web.T(ctx, "sweep.state.met"), Text: web.T(ctx, "sweep.of", web.Int(t.Met), web.Rate(t.Met, t.Doors, 0))},
		{Label: web.T(ctx, "sweep.state.nobody"), Text: web.Int(t.Nobody)},
		{Label: web.T(ctx, "sweep.quiet_doors"), Text: web.Int(t.Quiet)},
		{Label: web.T(ctx, "sweep.away"), Text: web.Int(t.Away)},
	}
}

func (s *Service) takePosted(r *http.Request) (templ.Component, error) {
	ctx, id := r.Context(), r.PathValue("id")
	in, err := web.Form[struct {
		ID    string `json:"id"`
		Team  string `json:"team"`
		Until string `json:"until" format:"date"`
	}](r)
	if err == nil {
		_, err = s.TakeBuilding(ctx, NewLease{Building: id, Team: in.Team, Until: in.Until})
	}
	if err == nil {
		return web.RedirectToast(buildingURL(id), web.Toast{Text: web.T(ctx, "sweep.taken")}), nil
	}
	v, bad := s.openBuilding(ctx, id, false)
	if bad != nil {
		return nil, bad
	}
	v.take = web.NewForm(r, err)
	return web.Retry(buildingPage(v), err)
}

func (s *Service) endPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	l, err := s.EndLease(ctx, ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	return web.RedirectToast(buildingURL(l.Building), web.Toast{Text: web.T(ctx, "sweep.handed_back")}), nil
}

func (s *Service) newDoorPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[NewDoor](r)
	if err == nil {
		_, err = s.SaveDoor(ctx, in)
	}
	if err == nil {
		return web.RedirectToast(buildingURL(in.Building), web.Toast{Text: web.T(ctx, "sweep.door_added", in.Room)}), nil
	}
	if fault.Is(err, fault.NotFound) || in.Building == "" {
		return nil, err
	}
	v, bad := s.openBuilding(ctx, in.Building, false)
	if bad != nil {
		return nil, bad
	}
	v.door = web.NewForm(r, err)
	return web.Retry(buildingPage(v), err)
}
