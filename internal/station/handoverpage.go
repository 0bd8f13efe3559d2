package station

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/web"
)

const handovers = base + "/handovers"

func (s *Service) mountHandovers(m *web.Mux) {
	web.Get(m, "/api/v1/handovers", "handover.read", s.Handovers, web.Doc("What those who left passed on, newest first"))
	web.Post(m, "/api/v1/handovers", "handover.write", s.BeginHandover, web.Status(http.StatusCreated), web.Doc("Draft a handover of one's own companies in a team"))
	web.Get(m, "/api/v1/handovers/{id}", "handover.read", s.Handover, web.Doc("One handover with its companies"))
	web.Post(m, "/api/v1/handovers/{id}", "handover.write", s.WriteHandover, web.Doc("Write notes and next steps, and pass it on"))
	web.Post(m, "/api/v1/handovers/{id}/answer", "handover.write", s.AnswerHandover, web.Doc("Accept a handover, or give it back with a reason"))

	m.Page("GET "+handovers, "handover.read", s.handoversPage)
	m.Page("GET "+handovers+"/waiting", "handover.read", s.handoversWaiting)
	m.Page("GET "+handovers+"/new", "handover.write", s.newHandoverPage)
	m.Page("POST "+handovers, "handover.write", s.handoverPosted)
	m.Page("GET "+handovers+"/{id}", "handover.read", s.handoverPage)
	m.Page("POST "+handovers+"/{id}", "handover.write", s.handoverWritten)
	m.Page("POST "+handovers+"/{id}/answer", "handover.write", s.handoverAnswered)
	m.Command(web.Command{Key: "handover_new", Icon: "transfer", URL: handovers + "/new", Perm: "handover.write"})
}

func handoverURL(id string) string { return handovers + "/" + url.PathEscape(id) }

func handoverTone(state string) string {
	return map[string]string{"draft": "hollow", "handed": "due", "accepted": "act"}[state]
}

// day is the day of the last step.
func (h Handover) day() string {
	return db.FromMicros(max(h.MadeAt, h.HandedAt, h.AcceptedAt)).In(db.Zone()).Format(time.DateOnly)
}

func (x HandoverItem) company() string { return strings.TrimPrefix(x.Subject, "company/") }

// handoversView is the list, and the form of a new one.
type handoversView struct {
	list  HandoverList
	form  web.FormState
	names map[string]string // people
	teams []Team
	heirs []auth.Holder
}

func (v *handoversView) person(id string) string {
	if n := v.names[id]; n != "" {
		return n
	}
	return web.Nil
}

func (v *handoversView) team(id string) string {
	for _, t := range v.teams {
		if t.ID == id {
			return t.Name
		}
	}
	return id
}

func (v *handoversView) teamChoices() []web.Choice {
	var out []web.Choice
	for _, t := range v.teams {
		out = append(out, web.Choice{Value: t.ID, Text: t.Name})
	}
	return out
}

func (v *handoversView) heirChoices() []web.Choice {
	out := []web.Choice{{}}
	for _, h := range v.heirs { // a person may stand in several teams
		if slices.ContainsFunc(out, func(c web.Choice) bool { return c.Value == h.Person }) {
			continue
		}
		out = append(out, web.Choice{Value: h.Person, Text: h.Name})
	}
	return out
}

func (s *Service) listHandovers(ctx context.Context, in HandoverFilter) (*handoversView, error) {
	v := &handoversView{}
	var err error
	if v.list, err = s.Handovers(ctx, in); err != nil {
		return nil, err
	}
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		var people []string
		for _, h := range v.list.Items {
			people = append(people, h.From, h.To)
		}
		if v.names, err = auth.Names(ctx, tx, people); err != nil {
			return err
		}
		v.teams, err = EveryTeam(ctx, tx)
		return err
	})
}

func (s *Service) handoversPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[HandoverFilter](r)
	if err != nil {
		return nil, err
	}
	v, err := s.listHandovers(r.Context(), in)
	if err != nil {
		return nil, err
	}
	return handoversPage(v), nil
}

func (s *Service) handoversWaiting(r *http.Request) (templ.Component, error) {
	v, err := s.listHandovers(r.Context(), HandoverFilter{Waiting: true})
	if err != nil {
		return nil, err
	}
	return waitingHandovers(v), nil
}

func (s *Service) newHandoverPage(r *http.Request) (templ.Component, error) {
	return s.handoverForm(r, web.FormState{})
}

func (s *Service) handoverForm(r *http.Request, form web.FormState) (templ.Component, error) {
	v := &handoversView{form: form}
	err := s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		who, _ := audit.Who(ctx)
		list, err := TeamsInScope(ctx, tx, who.Node)
		for _, t := range list {
			heirs, bad := heirsOf(ctx, tx, t, who.Person)
			if bad != nil {
				return bad
			}
			if len(heirs) > 0 {
				v.teams = append(v.teams, t)
				v.heirs = append(v.heirs, heirs...)
			}
		}
		return err
	})
	return newHandoverPage(v), err
}

func (s *Service) handoverPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[NewHandover](r)
	var out Handover
	if err == nil {
		out, err = s.BeginHandover(r.Context(), in)
	}
	if err == nil {
		return s.done(r, handoverURL(out.ID), "handover.begun", out.Count), nil
	}
	page, bad := s.handoverForm(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(page, err)
}

// handoverView is one handover as a page.
type handoverView struct {
	handoversView
	rec  Handover
	self string
}

func (v *handoverView) writes() bool { return v.rec.State == "draft" && v.rec.From == v.self }

func (v *handoverView) accepts() bool { return v.rec.State == "handed" && v.rec.To == v.self }

func (v *handoverView) facts(ctx context.Context) []web.Fact {
	h := v.rec
	out := []web.Fact{
		{Label: web.T(ctx, "station.team"), Text: v.team(h.Team)},
		{Label: web.T(ctx, "handover.from"), Text: v.person(h.From)},
		{Label: web.T(ctx, "handover.to"), Text: v.person(h.To)},
	}
	for _, at := range []struct {
		key string
		us  int64
	}{{"handover.state.draft", h.MadeAt}, {"handover.state.handed", h.HandedAt}, {"handover.state.accepted", h.AcceptedAt}} {
		if at.us > 0 {
			out = append(out, web.Fact{Label: web.T(ctx, at.key), Text: web.MomentFull(db.FromMicros(at.us))})
		}
	}
	return out
}

func (s *Service) viewHandover(r *http.Request, form web.FormState) (*handoverView, error) {
	v := &handoverView{handoversView: handoversView{form: form}}
	var err error
	if v.rec, err = s.Handover(r.Context(), HandoverID{r.PathValue("id")}); err != nil {
		return nil, err
	}
	return v, s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		who, _ := audit.Who(ctx)
		v.self = who.Person
		if v.names, err = auth.Names(ctx, tx, []string{v.rec.From, v.rec.To}); err != nil {
			return err
		}
		v.teams, err = EveryTeam(ctx, tx)
		return err
	})
}

func (s *Service) handoverPage(r *http.Request) (templ.Component, error) {
	v, err := s.viewHandover(r, web.FormState{})
	if err != nil {
		return nil, err
	}
	return handoverPage(v), nil
}

func (s *Service) handoverWritten(r *http.Request) (templ.Component, error) {
	in, err := web.Form[WriteHandover](r)
	if err == nil {
		in.ID = r.PathValue("id")
		_, err = s.WriteHandover(r.Context(), in)
	}
	said := "handover.saved"
	if in.Hand {
		said = "handover.handed"
	}
	return s.handoverDone(r, said, err)
}

func (s *Service) handoverAnswered(r *http.Request) (templ.Component, error) {
	in, err := web.Form[AnswerHandover](r)
	if err == nil {
		in.ID = r.PathValue("id")
		_, err = s.AnswerHandover(r.Context(), in)
	}
	said := "handover.given_back"
	if in.Accept {
		said = "handover.accepted"
	}
	return s.handoverDone(r, said, err)
}

func (s *Service) handoverDone(r *http.Request, said string, err error) (templ.Component, error) {
	if err == nil {
		return s.done(r, handoverURL(r.PathValue("id")), said), nil
	}
	v, bad := s.viewHandover(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(handoverPage(v), err)
}
