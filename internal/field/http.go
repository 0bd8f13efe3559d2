package field

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"zhudian/internal/blob"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/web"
)

// upload is the largest form with evidence in it.
const upload = 5*blob.Limit + 1<<20

// Mount serves visits, tours and events: JSON under /api/v1, pages under /visits, /tours and /events.
func (s *Service) Mount(m *web.Mux) {
	web.Get(m, "/api/v1/visits", "visit.read", s.ListVisits, web.Doc("Visits of the teams in one's scope, newest first"))
	web.Post(m, "/api/v1/visits", "visit.create", s.RecordVisit, web.Status(http.StatusCreated), web.Doc("Record a visit; one that counts is claimed"))
	web.Get(m, "/api/v1/visits/{id}", "visit.read", s.GetVisit, web.Doc("One visit with its claim"))
	web.Put(m, "/api/v1/visits/{id}", "visit.edit", s.EditVisit, web.Doc("Change a visit; a recognised one by a correction"))
	web.Post(m, "/api/v1/visits/{id}/retract", "visit.edit", s.RetractVisit, web.Doc("Take one's own filing back before it is recognised"))
	web.Get(m, "/api/v1/tours", "tour.read", s.ListTours, web.Doc("Tours that one's teams bring or one's units receive"))
	web.Post(m, "/api/v1/tours", "tour.create", s.PlanTour, web.Status(http.StatusCreated), web.Doc("Plan a tour"))
	web.Post(m, "/api/v1/tours/confirm", "tour.confirm", s.ConfirmTour, web.Doc("The receiving unit says whether the tour took place; it is then claimed"))
	web.Get(m, "/api/v1/tours/{id}", "tour.read", s.GetTour, web.Doc("One tour with its claim"))
	web.Put(m, "/api/v1/tours/{id}", "tour.edit", s.EditTour, web.Doc("Change a plan"))
	web.Post(m, "/api/v1/tours/{id}/cancel", "tour.edit", s.CancelTour, web.Doc("Cancel a plan"))
	web.Post(m, "/api/v1/tours/{id}/correct", "tour.confirm", s.CorrectTour, web.Doc("The receiving unit corrects what it confirmed"))
	web.Post(m, "/api/v1/tours/{id}/arrange", "tour.confirm", s.ArrangeTour, web.Doc("The receiving unit plans the reception"))
	web.Post(m, "/api/v1/tours/{id}/close", "tour.confirm", s.CloseTour, web.Doc("The receiving unit closes a confirmed tour with its sheet"))
	web.Get(m, "/api/v1/events", "event.read", s.ListEvents, web.Doc("Events in one's scope"))
	web.Post(m, "/api/v1/events", "event.create", s.HoldEvent, web.Status(http.StatusCreated), web.Doc("Record an event that was held"))
	web.Get(m, "/api/v1/events/{id}", "event.read", s.GetEvent, web.Doc("One event with its claim"))
	web.Put(m, "/api/v1/events/{id}", "event.edit", s.EditEvent, web.Doc("Change an event; a recognised one by a correction"))
	s.mountSweepData(m)
	s.mountSweeps(m)
	s.mountPlan(m)
	s.mountReports(m)
	s.mountVouches(m)
	s.mountVisits(m)
	s.mountTours(m)
	s.mountEvents(m)
}

func (s *Service) mountVisits(m *web.Mux) {
	m.Page("GET /visits", "visit.read", s.visitsPage)
	m.Page("GET /visits/new", "visit.create", s.newVisitPage)
	m.Page("POST /visits", "visit.create", s.newVisitPosted, web.MaxBody(upload))
	m.Raw("GET /visits/companies", "company.read", s.pickCompanies(m))
	m.Page("GET /visits/{id}", "visit.read", s.visitPage)
	m.Page("GET /visits/{id}/edit", "visit.edit", s.editVisitPage)
	m.Page("POST /visits/{id}", "visit.edit", s.editVisitPosted, web.MaxBody(upload))
	m.Page("POST /visits/{id}/retract", "visit.edit", s.retractPosted)
	m.Nav(web.NavItem{Key: "visits", Icon: "walk", URL: "/visits", Perm: "visit.read", Group: web.GroupField, Order: 1, Go: "v", Phone: true})
	m.Command(web.Command{Key: "visit_new", Icon: "plus", URL: "/visits/new", Perm: "visit.create"})
	m.Search("visits", "walk", "visit.read", s.findVisits)
}

func (s *Service) mountTours(m *web.Mux) {
	m.Page("GET /tours", "tour.read", s.toursPage)
	m.Page("GET /tours/new", "tour.create", s.newTourPage)
	m.Page("POST /tours", "tour.create", s.newTourPosted)
	m.Page("GET /tours/{id}", "tour.read", s.tourPage)
	m.Page("GET /tours/{id}/edit", "tour.edit", s.editTourPage)
	m.Page("POST /tours/{id}", "tour.edit", s.editTourPosted)
	m.Page("POST /tours/{id}/cancel", "tour.edit", s.cancelTourPosted)
	m.Page("POST /tours/{id}/confirm", "tour.confirm", s.confirmTourPosted)
	m.Page("POST /tours/{id}/correct", "tour.confirm", s.correctTourPosted)
	m.Page("POST /tours/{id}/arrange", "tour.confirm", s.arrangePosted)
	m.Page("POST /tours/{id}/close", "tour.confirm", s.closePosted)
	m.Raw("GET /tours/{id}/sheet", "tour.read", s.sheet(m))
	m.Nav(web.NavItem{Key: "tours", Icon: "bus", URL: "/tours", Perm: "tour.read", Group: web.GroupField, Order: 3, Go: "t"})
	m.Search("tours", "bus", "tour.read", s.findTours)
	m.Command(web.Command{Key: "tour_new", Icon: "bus", URL: "/tours/new", Perm: "tour.create"})
}

func (s *Service) mountEvents(m *web.Mux) {
	m.Page("GET /events", "event.read", s.eventsPage)
	m.Page("GET /events/new", "event.create", s.newEventPage)
	m.Page("POST /events", "event.create", s.newEventPosted)
	m.Page("GET /events/{id}", "event.read", s.eventPage)
	m.Page("GET /events/{id}/edit", "event.edit", s.editEventPage)
	m.Page("POST /events/{id}", "event.edit", s.editEventPosted)
	m.Nav(web.NavItem{Key: "events", Icon: "calendar-event", URL: "/events", Perm: "event.read", Group: web.GroupField, Order: 4})
	m.Search("events", "calendar-event", "event.read", s.findEvents)
	m.Search("sweeps", "building-skyscraper", "sweep.read", s.findBuildings)
	m.Command(web.Command{Key: "event_new", Icon: "calendar-event", URL: "/events/new", Perm: "event.create"})
}

func visitURL(id string) string { return "/visits/" + url.PathEscape(id) }
func tourURL(id string) string  { return "/tours/" + url.PathEscape(id) }
func eventURL(id string) string { return "/events/" + url.PathEscape(id) }

// maxPicks is how many companies the picker offers.
const maxPicks = 20

// pickCompanies answers the company picker of the forms: registry facts alone, whoever asks.
func (s *Service) pickCompanies(m *web.Mux) http.HandlerFunc {
	type choice struct {
		Value string `json:"value"`
		Text  string `json:"text"`
	}
	return func(w http.ResponseWriter, r *http.Request) {
		out := []choice{}
		if q := r.URL.Query().Get("q"); q != "" {
			list, err := (&company.Service{DB: s.DB}).List(r.Context(), company.Query{Q: q, Page: db.Page{Limit: maxPicks}})
			if err != nil {
				m.Fail(w, r, err)
				return
			}
			for _, c := range list.Items {
				text := c.Name
				if c.Address != "" {
					text += " · " + clip(c.Address, 14)
				}
				out = append(out, choice{c.ID, text})
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out)
	}
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// findVisits answers the search box of the top bar by the company.
func (s *Service) findVisits(ctx context.Context, text string, limit int) (web.Hits, error) {
	list, err := s.ListVisits(ctx, VisitFilter{Q: text, Page: db.Page{Limit: limit}})
	if err != nil || len(list.Items) == 0 {
		return web.Hits{}, err
	}
	v, err := s.sight(ctx, visitsOf(list.Items))
	if err != nil {
		return web.Hits{}, err
	}
	return web.HitsOf(list.Items, func(x Visit) web.Hit {
		return web.Hit{Title: v.company(x.Company), Meta: x.Day + " · " + v.team(x.Team), URL: visitURL(x.ID)}
	}), nil
}

// findTours is findVisits for tours.
func (s *Service) findTours(ctx context.Context, text string, limit int) (web.Hits, error) {
	list, err := s.ListTours(ctx, TourFilter{Q: text, Page: db.Page{Limit: limit}})
	if err != nil || len(list.Items) == 0 {
		return web.Hits{}, err
	}
	v, err := s.sight(ctx, toursOf(list.Items))
	if err != nil {
		return web.Hits{}, err
	}
	return web.HitsOf(list.Items, func(x Tour) web.Hit {
		return web.Hit{Title: v.company(x.Company), Meta: x.Day + " · " + v.team(x.Team), URL: tourURL(x.ID)}
	}), nil
}

func (s *Service) findEvents(ctx context.Context, text string, limit int) (web.Hits, error) {
	list, err := s.ListEvents(ctx, EventFilter{Q: text, Page: db.Page{Limit: limit}})
	return web.HitsOf(list.Items, func(x Event) web.Hit { return web.Hit{Title: x.Name, Meta: x.Day, URL: eventURL(x.ID)} }), err
}

func (s *Service) findBuildings(ctx context.Context, text string, limit int) (web.Hits, error) {
	list, err := s.ListBuildings(ctx, BuildingFilter{Q: text, Page: db.Page{Limit: limit}})
	return web.HitsOf(list.Items, func(x Swept) web.Hit { return web.Hit{Title: x.Name, Meta: x.Address, URL: buildingURL(x.ID)} }), err
}
