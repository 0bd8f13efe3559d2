package field

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/web"
)

// doorView is one door as a page: what was found, and what to say of it.
type doorView struct {
	*sight
	building Swept
	door     Door
	knocks   []Knock // of the teams in scope
	form     web.FormState
	edit     web.FormState
}

func (s *Service) doorPage(r *http.Request) (templ.Component, error) {
	v, err := s.openDoor(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return doorPage(v), nil
}

func (s *Service) openDoor(ctx context.Context, id string) (*doorView, error) {
	v := &doorView{edit: web.FormState{}}
	list, err := s.ListKnocks(ctx, KnockFilter{Door: id, Page: db.Page{Limit: 20}})
	if err != nil {
		return nil, err
	}
	v.knocks = list.Items
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		v.door, err = doorByID(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if v.building, err = s.GetBuilding(ctx, ByID{v.door.Building}); err != nil {
		return nil, err
	}
	n := named{companies: []string{v.door.Company}}
	for _, k := range v.knocks {
		n.people = append(n.people, k.Person)
	}
	knock, err := s.newID(ctx)
	if err != nil {
		return nil, err
	}
	v.form = web.FormOf("knock", knock)
	v.sight, err = s.sight(ctx, n)
	return v, err
}

func (v *doorView) mayWork() bool {
	l := v.building.Lease
	return l != nil && l.Own() && v.who.May("sweep.work")
}

func (v *doorView) title() string { return v.building.Name + " " + v.door.Room }

// visitURL is the form of a visit with what the door says filled in.
func (v *doorView) visitURL() string {
	return "/visits/new?" + web.Values("company", v.door.Company, "door", v.door.ID).Encode()
}

func (v *doorView) facts(ctx context.Context) []web.Fact {
	d := v.door
	out := []web.Fact{
		{Label: web.T(ctx, "sweep.building"), Text: v.building.Name, URL: buildingURL(d.Building)},
		{Label: web.T(ctx, "sweep.floor_label"), Text: floorText(ctx, d.Floor)},
	}
	if d.Company != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "field.company"), Comp: companyLink(v.sight, d.Company)})
	} else if d.Occupant != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "sweep.occupant"), Text: d.Occupant})
	}
	state := web.T(ctx, "sweep.state.none")
	if d.State != "" {
		state = web.T(ctx, "sweep.state."+d.State) + " · " + d.StateOn
	}
	return append(out, web.Fact{Label: web.T(ctx, "sweep.state"), Text: state})
}

func (s *Service) doorPosted(r *http.Request) (templ.Component, error) {
	ctx, id := r.Context(), r.PathValue("id")
	v, err := s.openDoor(ctx, id)
	if err != nil {
		return nil, err
	}
	in, err := web.Form[struct {
		ID       string `json:"id"`
		Version  int64  `json:"version"`
		Floor    int64  `json:"floor"`
		Room     string `json:"room" maxLength:"20"`
		Occupant string `json:"occupant" maxLength:"120"`
		Company  string `json:"company"`
	}](r)
	if err == nil {
		_, err = s.SaveDoor(ctx, NewDoor{ID: id, Version: max(in.Version, 1), Building: v.door.Building, Floor: in.Floor, Room: in.Room, Occupant: in.Occupant, Company: in.Company})
	}
	if err == nil {
		return web.RedirectToast(doorURL(id), web.Toast{Text: web.T(ctx, "field.saved")}), nil
	}
	v.edit = web.NewForm(r, err)
	return web.Retry(doorPage(v), err)
}

func (s *Service) knockPosted(r *http.Request) (templ.Component, error) {
	ctx, id := r.Context(), r.PathValue("id")
	in, err := web.Form[struct {
		ID       string `json:"id"`
		Knock    string `json:"knock" maxLength:"40"`
		State    string `json:"state"`
		Occupant string `json:"occupant" maxLength:"120"`
		Note     string `json:"note" maxLength:"200"`
	}](r)
	var k Knock
	if err == nil {
		k, err = s.RecordKnock(ctx, NewKnock{ID: in.Knock, Door: id, State: in.State, Occupant: in.Occupant, Note: in.Note})
	}
	if err == nil {
		return web.RedirectToast(buildingURL(k.Building), web.Toast{Text: web.T(ctx, "sweep.knocked", web.T(ctx, "sweep.state."+k.State))}), nil
	}
	v, bad := s.openDoor(ctx, id)
	if bad != nil {
		return nil, bad
	}
	fresh := v.form.Value("knock")
	v.form = web.NewForm(r, err)
	v.form.Values.Set("knock", fresh) // what is said next is another knock
	return web.Retry(doorPage(v), err)
}

// editState is the form of a door as it stands.
func (v *doorView) editState() web.FormState {
	if v.edit.Fault != nil {
		return v.edit
	}
	d := v.door
	return web.FormOf("version", strconv.FormatInt(d.Version, 10), "floor", strconv.FormatInt(d.Floor, 10), "room", d.Room, "occupant", d.Occupant, "company", d.Company)
}

// atDoor fills the form of a visit with what its door says, and with the team that holds the building.
func (s *Service) atDoor(ctx context.Context, state web.FormState, id string) error {
	v, err := s.openDoor(ctx, id)
	if err != nil {
		return err
	}
	state.Values.Set("door", id)
	state.Values.Set("address", v.title())
	if state.Value("company") == "" {
		state.Values.Set("company", v.door.Company)
	}
	if l := v.building.Lease; l != nil && l.Own() {
		state.Values.Set("team", l.Team)
	}
	return nil
}
