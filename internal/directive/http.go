package directive

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

const (
	base      = "/directives"
	tripsPath = "/directives/trips"
	upload    = 5*blob.Limit + 1<<20
)

// Mount serves directives and trips: JSON under /api/v1, pages under /directives.
func (s *Service) Mount(m *web.Mux) {
	web.Get(m, "/api/v1/directives", "directive.read", s.List, web.Doc("Directives one's units carry out or one's leaders gave, the nearest deadline first"))
	web.Post(m, "/api/v1/directives", "directive.issue", s.Issue, web.Status(http.StatusCreated), web.Doc("Write a leader's instruction down"))
	web.Get(m, "/api/v1/directives/{id}", "directive.read", s.Get, web.Doc("One directive with its owners and steps"))
	web.Post(m, "/api/v1/directives/{id}/steps", "directive.read", s.Take, web.Doc("Report progress, report it done, accept, return, extend, remind or cancel"))
	web.Get(m, "/api/v1/trips", "directive.read", s.ListTrips, web.Doc("Leaders' own trips and meetings, newest first"))
	web.Post(m, "/api/v1/trips", "directive.issue", s.SaveTrip, web.Doc("Record a trip, or change one by its id"))
	web.Get(m, "/api/v1/trips/{id}", "directive.read", s.GetTrip, web.Doc("One trip"))

	m.Page("GET "+base, "directive.read", s.listPage)
	m.Page("GET "+base+"/new", "directive.issue", s.newPage)
	m.Page("POST "+base, "directive.issue", s.newPosted)
	m.Page("GET "+base+"/waiting", "directive.read", s.waitingBlock)
	m.Page("GET "+base+"/about", "directive.read", s.aboutPart)
	m.Page("GET "+base+"/{id}", "directive.read", s.page)
	m.Page("POST "+base+"/{id}/steps", "directive.read", s.stepPosted, web.MaxBody(upload))
	m.Raw("GET "+base+"/files/{file}", "directive.read", s.file(m))
	m.Raw("GET "+base+"/owners", "directive.issue", s.pickOwners(m))
	m.Page("GET "+tripsPath, "directive.read", s.tripsPage)
	m.Page("GET "+tripsPath+"/new", "directive.issue", s.newTripPage)
	m.Page("POST "+tripsPath, "directive.issue", s.tripPosted)
	m.Page("GET "+tripsPath+"/{id}", "directive.issue", s.editTripPage)

	m.Nav(web.NavItem{Key: "directives", Icon: "clipboard-list", URL: base, Perm: "directive.read", Group: web.GroupService, Order: 40})
	m.Search("directives", "clipboard-list", "directive.read", s.find)
	m.Command(web.Command{Key: "directive_new", Icon: "clipboard-list", URL: base + "/new", Perm: "directive.issue"})
}

// find answers the search box of the top bar by title and number.
func (s *Service) find(ctx context.Context, text string, limit int) (web.Hits, error) {
	list, err := s.List(ctx, Filter{State: "all", Q: text, Page: db.Page{Limit: limit}})
	return web.HitsOf(list.Items, func(d Listed) web.Hit { return web.Hit{Title: d.Title, Meta: d.Number, URL: directiveURL(d.ID)} }), err
}

func directiveURL(id string) string { return base + "/" + url.PathEscape(id) }

func (s *Service) listPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[Filter](r)
	if err != nil {
		return nil, err
	}
	v := &listView{in: in}
	if v.list, err = s.List(r.Context(), in); err != nil {
		return nil, err
	}
	if v.sight, err = s.sight(r.Context(), peopleOf(v.list.Items)); err != nil {
		return nil, err
	}
	return directivesPage(v), nil
}

// waitingBlock is what the workbench shows of this package: what is late or due soon.
func (s *Service) waitingBlock(r *http.Request) (templ.Component, error) {
	v := &listView{}
	for _, light := range []string{"red", "yellow"} {
		part, err := s.List(r.Context(), Filter{State: "live", Light: light})
		if err != nil {
			return nil, err
		}
		v.list.Items = append(v.list.Items, part.Items...)
	}
	v.list.Items = v.list.Items[:min(len(v.list.Items), 6)]
	var err error
	if v.sight, err = s.sight(r.Context(), peopleOf(v.list.Items)); err != nil {
		return nil, err
	}
	return waitingPart(v), nil
}

// aboutPart is what the record of another package shows: the directives about it, and how to give one.
func (s *Service) aboutPart(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		Subject string `json:"subject" maxLength:"80"`
	}](r)
	if err != nil {
		return nil, err
	}
	v := &listView{in: Filter{Subject: in.Subject}}
	if v.list, err = s.List(r.Context(), Filter{Subject: in.Subject, State: "all"}); err != nil {
		return nil, err
	}
	if v.sight, err = s.sight(r.Context(), peopleOf(v.list.Items)); err != nil {
		return nil, err
	}
	return aboutPart(v), nil
}

func (s *Service) page(r *http.Request) (templ.Component, error) {
	v, err := s.open(r, web.FormState{})
	if err != nil {
		return nil, err
	}
	return directivePage(v), nil
}

func (s *Service) open(r *http.Request, form web.FormState) (*pageView, error) {
	v := &pageView{form: form}
	var err error
	if v.rec, err = s.Get(r.Context(), ByID{r.PathValue("id")}); err != nil {
		return nil, err
	}
	people := []string{v.rec.Leader, v.rec.ReportedBy, v.rec.ClosedBy}
	for _, st := range v.rec.Steps {
		people = append(people, st.Person)
	}
	v.sight, err = s.sight(r.Context(), people)
	return v, err
}

type stepForm struct {
	Kind     string `json:"kind"`
	Text     string `json:"text" maxLength:"2000"`
	Progress int64  `json:"progress" minimum:"0" maximum:"100"`
	DueOn    string `json:"due_on" format:"date"`
	Version  int64  `json:"version"`
}

func (s *Service) stepPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	f, err := web.Form[stepForm](r)
	in := Act{ID: r.PathValue("id"), Kind: f.Kind, Text: f.Text, Progress: f.Progress, DueOn: f.DueOn, Version: f.Version}
	if err == nil {
		in.Evidence, err = s.attached(r)
	}
	if err == nil {
		_, err = s.Take(ctx, in)
	}
	if err == nil {
		return web.RedirectToast(directiveURL(in.ID), web.Toast{Text: web.T(ctx, "directive.done."+in.Kind)}), nil
	}
	v, bad := s.open(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	v.form.Values.Set("version", strconv.FormatInt(v.rec.Version, 10)) // having seen the new state, the next try is meant
	return web.Retry(directivePage(v), err)
}

// attached stores the files of a form.
func (s *Service) attached(r *http.Request) ([]verify.Evidence, error) {
	files, err := web.Files(r, "files")
	if err != nil || len(files) == 0 {
		return nil, err
	}
	return verify.Attach(r.Context(), s.Files, files, "files")
}

// file gives out what proves a step.
func (s *Service) file(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, err := s.fileInScope(r.Context(), r.PathValue("file"))
		if err == nil {
			err = verify.ServeFile(w, r, s.Files, verify.Evidence{Blob: f.Blob, Name: f.Name, Type: f.Type, Size: f.Size})
		}
		if err != nil {
			m.Fail(w, r, err)
		}
	}
}

func (s *Service) newPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		Subject string `json:"subject" maxLength:"80"`
	}](r)
	if err != nil {
		return nil, err
	}
	v, err := s.formOf(r, web.FormOf("subject", in.Subject))
	if err != nil {
		return nil, err
	}
	return newDirectivePage(v), nil
}

func (s *Service) newPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[Issue](r)
	var out Directive
	if err == nil {
		out, err = s.Issue(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(directiveURL(out.ID), web.Toast{Text: web.T(r.Context(), "directive.issued", out.Number)}), nil
	}
	v, bad := s.formOf(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(newDirectivePage(v), err)
}

func (s *Service) tripsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[TripFilter](r)
	if err != nil {
		return nil, err
	}
	v := &tripList{in: in}
	if v.list, err = s.ListTrips(r.Context(), in); err != nil {
		return nil, err
	}
	var people, firms []string
	for _, t := range v.list.Items {
		people, firms = append(people, t.Leader), append(firms, t.Companies...)
	}
	if v.sight, err = s.sight(r.Context(), people, firms...); err != nil {
		return nil, err
	}
	return tripsPage(v), nil
}

func (s *Service) newTripPage(r *http.Request) (templ.Component, error) {
	v, err := s.formOf(r, web.FormOf("day", web.Today(r.Context()), "kind", "trip"))
	if err != nil {
		return nil, err
	}
	return tripPage(v), nil
}

func (s *Service) editTripPage(r *http.Request) (templ.Component, error) {
	t, err := s.GetTrip(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	state := web.FormOf("id", t.ID, "version", strconv.FormatInt(t.Version, 10), "leader", t.Leader, "kind", t.Kind, "title", t.Title, "day", t.Day, "until", t.Until,
		"region", t.Region, "place", t.Place, "outcome", t.Outcome, "next_step", t.NextStep)
	state.Values["companies"] = t.Companies
	v, err := s.formOf(r, state)
	if err != nil {
		return nil, err
	}
	return tripPage(v), nil
}

func (s *Service) tripPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[NewTrip](r)
	if err == nil {
		_, err = s.SaveTrip(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(tripsPath, web.Toast{Text: web.T(r.Context(), "directive.trip_saved")}), nil
	}
	if fault.Is(err, fault.NotFound) {
		return nil, err
	}
	v, bad := s.formOf(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(tripPage(v), err)
}

func peopleOf(list []Listed) []string {
	out := make([]string, len(list))
	for i, d := range list {
		out[i] = d.Leader
	}
	return out
}

// self reports whether the actor is a leader, who gives instructions in their own name.
func self(r *http.Request, leaders []string) bool {
	who, _ := audit.Who(r.Context())
	for _, l := range leaders {
		if l == who.Person {
			return true
		}
	}
	return false
}

// maxPicks is how many units a picker offers.
const maxPicks = 20

// pickOwners answers the picker of who carries a directive out: units and stations in scope, by name or code.
func (s *Service) pickOwners(m *web.Mux) http.HandlerFunc {
	type choice struct {
		Value string `json:"value"`
		Text  string `json:"text"`
	}
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := s.sight(r.Context(), nil)
		var ids []string
		if err == nil {
			ids, err = s.nodesInScope(r.Context())
		}
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		out, q := []choice{}, strings.TrimSpace(r.URL.Query().Get("q"))
		for _, id := range ids {
			if name := v.node(id); len(out) < maxPicks && (strings.Contains(name, q) || strings.HasPrefix(id, q)) {
				out = append(out, choice{id, name})
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out) // the asker may have gone
	}
}
