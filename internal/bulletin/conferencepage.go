package bulletin

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/web"
)

const conferencesPath = "/conferences"

func conferenceURL(id string) string { return conferencesPath + "/" + url.PathEscape(id) }

func (s *Service) mountConferences(m *web.Mux) {
	m.Nav(web.NavItem{Key: "conferences", Icon: "presentation", URL: conferencesPath, Perm: "bulletin.read", Group: web.GroupResult, Order: 30})
	web.Get(m, "/api/v1/conferences", "bulletin.read", s.Conferences, web.Doc("Press conferences, the latest first"))
	web.Post(m, "/api/v1/conferences", "bulletin.draft", s.Plan, web.Status(http.StatusCreated), web.Doc("Plan a press conference"))
	web.Get(m, "/api/v1/conferences/{id}", "bulletin.read", s.Conference, web.Doc("A press conference, its pack checked against the ledger"))
	web.Put(m, "/api/v1/conferences/{id}", "bulletin.draft", s.Change, web.Doc("Change a conference that is not published"))
	m.Page("GET "+conferencesPath, "bulletin.read", s.conferencesPage)
	m.Page("GET "+conferencesPath+"/new", "bulletin.draft", s.newConferencePage)
	m.Page("POST "+conferencesPath, "bulletin.draft", s.newConferencePosted)
	m.Page("GET "+conferencesPath+"/{id}", "bulletin.read", s.conferencePage)
	m.Page("GET "+conferencesPath+"/{id}/edit", "bulletin.draft", s.editConferencePage)
	m.Page("POST "+conferencesPath+"/{id}/edit", "bulletin.draft", s.editConferencePosted)
}

type conferencesView struct {
	in   ConferenceFilter
	list ConferenceList
}

func (s *Service) conferencesPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[ConferenceFilter](r)
	if err != nil {
		return nil, err
	}
	list, err := s.Conferences(r.Context(), in)
	if err != nil {
		return nil, err
	}
	return conferencesList(conferencesView{in, list}), nil
}

func (v conferencesView) props(ctx context.Context) web.ListProps {
	p := web.ListProps{Action: conferencesPath, Unit: web.T(ctx, "conference.item"), Loaded: len(v.list.Items), Total: -1, Filters: []web.FilterProps{
		{Name: "state", Label: web.T(ctx, "conference.state"), Value: v.in.State, Choices: append([]web.Choice{{Text: web.T(ctx, "conference.any")}}, words(ctx, "conference.state.", "planned", "published")...)},
	}}
	q := url.Values{}
	if v.in.State != "" {
		q.Set("state", v.in.State)
		p.ClearURL = conferencesPath
	}
	if v.list.Next != "" {
		q.Set("after", v.list.Next)
		p.Next = conferencesPath + "?" + q.Encode()
	}
	if len(v.list.Items) == 0 {
		p.Empty = noConferences()
	}
	return p
}

func (s *Service) conferencePage(r *http.Request) (templ.Component, error) {
	h, err := s.Conference(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	return conferenceView(h), nil
}

// conferenceForm is the editor of a conference; id is "" while it is new.
type conferenceForm struct {
	id     string
	form   web.FormState
	papers []web.Choice
	guests []web.Choice
}

func (v conferenceForm) action() string {
	if v.id == "" {
		return conferencesPath
	}
	return conferenceURL(v.id) + "/edit"
}

func (v conferenceForm) title() string {
	if v.id == "" {
		return "conference.new"
	}
	return "conference.edit"
}

func (s *Service) conferenceForm(ctx context.Context, id string, form web.FormState) (v conferenceForm, err error) {
	v = conferenceForm{id: id, form: form}
	docs, err := s.List(ctx, Filter{Page: db.Page{Limit: 100}})
	if err != nil {
		return v, err
	}
	for _, d := range docs.Items {
		v.papers = append(v.papers, web.Choice{Value: d.ID, Text: web.T(ctx, "bulletin.kind."+d.Kind) + " · " + shortTitle(d.Title) + " · " + d.Through + " · " + web.T(ctx, "bulletin.state."+string(d.State))})
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		names, err := guestNames(ctx, tx, form.Values["guests"])
		for _, g := range form.Values["guests"] {
			v.guests = append(v.guests, web.Choice{Value: g, Text: names[g]})
		}
		return err
	})
	return v, err
}

func (s *Service) newConferencePage(r *http.Request) (templ.Component, error) {
	v, err := s.conferenceForm(r.Context(), "", web.FormOf("held_on", web.ShellOf(r.Context()).Today, "held_at", "10:00"))
	if err != nil {
		return nil, err
	}
	return conferenceEditor(v), nil
}

func (s *Service) newConferencePosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[arrangeForm](r)
	var c Conference
	if err == nil {
		c, err = s.Plan(r.Context(), in.Arrange)
	}
	if err == nil {
		return web.RedirectToast(conferenceURL(c.ID), web.Toast{Text: web.T(r.Context(), "conference.created")}), nil
	}
	return s.conferenceAgain(r, "", err)
}

// arrangeForm is the editor's form.
type arrangeForm struct {
	Version int64 `json:"version"`
	Arrange
}

func (s *Service) conferenceAgain(r *http.Request, id string, err error) (templ.Component, error) {
	v, bad := s.conferenceForm(r.Context(), id, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(conferenceEditor(v), err)
}

func (s *Service) editConferencePage(r *http.Request) (templ.Component, error) {
	h, err := s.Conference(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	c := h.Conference
	form := web.FormOf("title", c.Title, "held_on", c.HeldOn, "held_at", c.HeldAt, "place", c.Place, "speakers", c.Speakers, "version", strconv.FormatInt(c.Version, 10))
	form.Values["guests"], form.Values["papers"] = c.Guests, c.Papers
	v, err := s.conferenceForm(r.Context(), c.ID, form)
	if err != nil {
		return nil, err
	}
	return conferenceEditor(v), nil
}

func (s *Service) editConferencePosted(r *http.Request) (templ.Component, error) {
	id := r.PathValue("id")
	in, err := web.Form[arrangeForm](r)
	if err == nil {
		_, err = s.Change(r.Context(), Rearrange{ID: id, Version: in.Version, Arrange: in.Arrange})
	}
	if err == nil {
		return web.RedirectToast(conferenceURL(id), web.Toast{Text: web.T(r.Context(), "conference.saved")}), nil
	}
	return s.conferenceAgain(r, id, err)
}

// open counts what stands against publishing the pack.
func (h Held) open() (n int) {
	if len(h.Papers) == 0 {
		return 1
	}
	for _, p := range h.Papers {
		if p.State != Signed {
			n++
		}
		n += len(p.Moved)
	}
	return n
}

// SpeakerLines are the speakers, one by one.
func (c Conference) SpeakerLines() []string { return strings.Split(c.Speakers, "\n") }
