package ticket

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

const base = "/tickets"

// Mount serves requests: JSON under /api/v1/tickets, pages under /tickets.
func (s *Service) Mount(m *web.Mux) {
	web.Get(m, "/api/v1/tickets", "ticket.read", s.List, web.Doc("Requests one's units handle, or an investor's own; the nearest deadline first"))
	web.Post(m, "/api/v1/tickets", "ticket.create", s.File, web.Status(http.StatusCreated), web.Doc("Take an investor's request in"))
	web.Get(m, "/api/v1/tickets/{id}", "ticket.read", s.Get, web.Doc("One request with its steps"))
	web.Post(m, "/api/v1/tickets/{id}/steps", "ticket.read", s.Take, web.Doc("Answer, hand over, escalate, settle, rate, close or reopen"))

	m.Page("GET "+base, "ticket.read", s.listPage)
	m.Page("GET "+base+"/new", "ticket.create", s.newPage)
	m.Page("POST "+base, "ticket.create", s.newPosted)
	m.Page("GET "+base+"/waiting", "ticket.read", s.waitingBlock)
	m.Page("GET "+base+"/about", "ticket.read", s.aboutPart)
	m.Page("GET "+base+"/{id}", "ticket.read", s.page)
	m.Page("POST "+base+"/{id}/steps", "ticket.read", s.stepPosted)

	m.Nav(web.NavItem{Key: "tickets", Icon: "headset", URL: base, Perm: "ticket.read", Group: web.GroupService, Order: 30, Phone: true})
	m.Command(web.Command{Key: "ticket_new", Icon: "headset", URL: base + "/new", Perm: "ticket.create"})
	m.Search("tickets", "headset", "ticket.read", s.find)
}

func ticketURL(id string) string { return base + "/" + url.PathEscape(id) }

// find answers the search box of the top bar by subject and receipt number.
func (s *Service) find(ctx context.Context, text string, limit int) (web.Hits, error) {
	list, err := s.List(ctx, Filter{State: "all", Q: text, Page: db.Page{Limit: limit}})
	return web.HitsOf(list.Items, func(t Ticket) web.Hit { return web.Hit{Title: t.Title, Meta: t.Receipt, URL: ticketURL(t.ID)} }), err
}

// sight is what the pages show beside their records: names and choices.
type sight struct {
	lang     string
	investor bool
	dir      *org.Directory
	people   map[string]string
	firms    map[string]company.Brief
	chips    map[string]web.FigProps
}

func (s *Service) sight(ctx context.Context, list []Ticket, people []string) (*sight, error) {
	who, _ := audit.Who(ctx)
	v := &sight{lang: web.Lang(ctx), investor: investor(who)}
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if v.dir, err = org.Open(ctx, tx); err != nil {
			return err
		}
		if v.people, err = auth.Names(ctx, tx, people); err != nil {
			return err
		}
		if v.firms, err = firms(ctx, tx, list); err != nil || !who.May("figures.read") {
			return err
		}
		v.chips, err = ledger.Chips(ctx, tx, ledger.FiguresIn{Measure: []string{"ticket.closed", "ticket.in_time", "ticket.satisfied"}})
		return err
	})
}

func (s *Service) listPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[Filter](r)
	if err != nil {
		return nil, err
	}
	v := &listView{in: in}
	if v.list, err = s.List(r.Context(), in); err != nil {
		return nil, err
	}
	if v.sight, err = s.sight(r.Context(), v.list.Items, nil); err != nil {
		return nil, err
	}
	return ticketsPage(v), nil
}

// waitingBlock is what the workbench shows of this package: what is late, unanswered or due soon, or an investor's own.
func (s *Service) waitingBlock(r *http.Request) (templ.Component, error) {
	who, _ := audit.Who(r.Context())
	v := &listView{}
	clocks := []string{"late", "unanswered", "soon"}
	if investor(who) {
		clocks = []string{""}
	}
	seen := map[string]bool{}
	for _, clock := range clocks {
		part, err := s.List(r.Context(), Filter{Clock: clock, Page: db.Page{Limit: 6}})
		if err != nil {
			return nil, err
		}
		for _, t := range part.Items {
			if !seen[t.ID] && len(v.list.Items) < 6 {
				seen[t.ID] = true
				v.list.Items = append(v.list.Items, t)
			}
		}
	}
	var err error
	if v.sight, err = s.sight(r.Context(), v.list.Items, nil); err != nil {
		return nil, err
	}
	return waitingPart(v), nil
}

// aboutPart is what a company's page shows: its requests.
func (s *Service) aboutPart(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		Company string `json:"company" maxLength:"60"`
	}](r)
	if err != nil {
		return nil, err
	}
	v := &listView{in: Filter{Company: in.Company}}
	if v.list, err = s.List(r.Context(), Filter{Company: in.Company, State: "all"}); err != nil {
		return nil, err
	}
	if v.sight, err = s.sight(r.Context(), v.list.Items, nil); err != nil {
		return nil, err
	}
	return aboutPart(v), nil
}

func (s *Service) page(r *http.Request) (templ.Component, error) {
	v, err := s.open(r, web.FormState{})
	if err != nil {
		return nil, err
	}
	return ticketPage(v), nil
}

func (s *Service) open(r *http.Request, form web.FormState) (*pageView, error) {
	v := &pageView{form: form}
	var err error
	if v.rec, err = s.Get(r.Context(), ByID{r.PathValue("id")}); err != nil {
		return nil, err
	}
	var people []string
	for _, st := range v.rec.Steps {
		people = append(people, st.Person)
	}
	v.sight, err = s.sight(r.Context(), []Ticket{v.rec.Ticket}, people)
	return v, err
}

type stepForm struct {
	Kind    string `json:"kind"`
	Text    string `json:"text" maxLength:"2000"`
	Unit    string `json:"unit"`
	Rating  int64  `json:"rating" minimum:"0" maximum:"5"`
	Version int64  `json:"version"`
}

func (s *Service) stepPosted(r *http.Request) (templ.Component, error) {
	f, err := web.Form[stepForm](r)
	in := Act{ID: r.PathValue("id"), Kind: f.Kind, Text: f.Text, Unit: f.Unit, Rating: f.Rating, Version: f.Version}
	if err == nil {
		_, err = s.Take(r.Context(), in)
	}
	if err == nil {
		to := ticketURL(in.ID)
		if in.Kind == "handover" || in.Kind == "escalate" { // it may lie outside the actor's scope now
			to = base
		}
		return web.RedirectToast(to, web.Toast{Text: web.T(r.Context(), "ticket.done."+in.Kind)}), nil
	}
	v, bad := s.open(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(ticketPage(v), err)
}

func (s *Service) newPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		Company string `json:"company"`
		Project string `json:"project"`
		Follows string `json:"follows"`
	}](r)
	if err != nil {
		return nil, err
	}
	who, _ := audit.Who(r.Context())
	v, err := s.formOf(r.Context(), web.FormOf("company", in.Company, "project", in.Project, "follows", in.Follows, "unit", who.Unit, "source", "phone"))
	if err != nil {
		return nil, err
	}
	return newTicketPage(v), nil
}

func (s *Service) newPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[File](r)
	var out Ticket
	if err == nil {
		out, err = s.File(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(ticketURL(out.ID), web.Toast{Text: web.T(r.Context(), "ticket.filed", out.Receipt)}), nil
	}
	if fault.Is(err, fault.NotFound) {
		return nil, err
	}
	v, bad := s.formOf(r.Context(), web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(newTicketPage(v), err)
}

func (s *Service) formOf(ctx context.Context, state web.FormState) (*formView, error) {
	v := &formView{state: state}
	var err error
	v.sight, err = s.sight(ctx, []Ticket{{Company: state.Value("company")}}, nil)
	return v, err
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
