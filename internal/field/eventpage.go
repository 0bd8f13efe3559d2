package field

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// eventKinds are the kinds of event, in the order they are shown.
var eventKinds = []string{"promotion", "signing", "poverty", "visit", "other"}

// eventList is the list of events as a page.
type eventList struct {
	*sight
	in                EventFilter
	list              Events
	projects, amounts map[string]web.FigProps
}

func eventsOf(list []Event) named {
	var n named
	for _, e := range list {
		n.people, n.subjects = append(n.people, e.CreatedBy), append(n.subjects, e.Subject())
	}
	return n
}

func (s *Service) eventsPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Query[EventFilter](r)
	if err != nil {
		return nil, err
	}
	v := &eventList{in: in}
	if v.list, err = s.ListEvents(ctx, in); err != nil {
		return nil, err
	}
	if v.sight, err = s.sight(ctx, eventsOf(v.list.Items), figuresOf(ctx, in.Station, "", in.Month, "event.held")); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		ask := ledger.FiguresIn{}
		for _, e := range v.list.Items {
			ask.Where = append(ask.Where, "event:"+e.ID)
		}
		if len(ask.Where) == 0 {
			return nil
		}
		ask.Measure = []string{"project.signed"}
		if v.projects, err = ledger.GroupChips(ctx, tx, ask, "event"); err != nil {
			return err
		}
		ask.Measure = []string{"contract.amount"}
		v.amounts, err = ledger.GroupChips(ctx, tx, ask, "event")
		return err
	})
	if err != nil {
		return nil, err
	}
	return eventsPage(v), nil
}

func (v *eventList) props(ctx context.Context) web.ListProps {
	in := v.in
	q := web.Values("station", in.Station, "kind", in.Kind, "month", in.Month, "state", in.State, "q", in.Q)
	p := web.ListProps{Action: "/events", Unit: web.T(ctx, "field.event_unit"), Loaded: len(v.list.Items), Total: -1, Query: q.Encode(), Foot: eventTotals(v), Filters: []web.FilterProps{
		{Name: "q", Label: web.T(ctx, "field.event_name"), Kind: "search", Value: in.Q},
		{Name: "kind", Label: web.T(ctx, "field.event_kind"), Value: in.Kind, Choices: web.Coded(ctx, web.T(ctx, "field.any"), "field.event", eventKinds...)},
		{Name: "state", Label: web.T(ctx, "field.state"), Value: in.State, Choices: web.Coded(ctx, web.T(ctx, "field.any"), "field.claim", claimStates...)},
		{Name: "month", Label: web.T(ctx, "field.month"), Kind: "month", Value: in.Month},
	}}
	if c := v.stationChoices(ctx); len(c) > 2 {
		p.Filters = append(p.Filters, web.FilterProps{Name: "station", Label: web.T(ctx, "field.station"), Value: in.Station, Choices: c})
	}
	if len(q) > 0 {
		p.ClearURL = "/events"
	}
	p.Next = next("/events", q, v.list.Next)
	if len(v.list.Items) == 0 {
		p.Empty = noEvents(p.ClearURL != "")
	}
	return p
}

// eventView is one event as a page.
type eventView struct {
	*sight
	rec   EventRecord
	trail []verify.TrailLine
}

var eventMeasures = []string{"project.signed", "contract.amount", "funds.received"}

func (s *Service) eventPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	rec, err := s.GetEvent(ctx, ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	v := &eventView{rec: rec}
	if v.sight, err = s.sight(ctx, eventsOf([]Event{rec.Event}), ledger.FiguresIn{Measure: eventMeasures, Where: []string{"event:" + rec.ID}}); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		v.trail, err = verify.Trail(ctx, tx, []string{rec.Subject()}, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	return eventPage(v), nil
}

func (v *eventView) strip(ctx context.Context) []web.StripCell {
	var out []web.StripCell
	for _, code := range eventMeasures {
		if f, ok := v.chips[code]; ok {
			out = append(out, web.StripCell{Label: ledger.NameOf(ctx, code), Fig: f})
		}
	}
	return out
}

func (v *eventView) facts(ctx context.Context) []web.Fact {
	e := v.rec.Event
	out := []web.Fact{
		{Label: web.T(ctx, "field.event_kind"), Text: web.T(ctx, "field.event."+e.Kind)},
		{Label: web.T(ctx, "field.day"), Text: e.Day},
		{Label: web.T(ctx, "field.place"), Text: e.Place},
		{Label: web.T(ctx, "field.held_by"), Text: v.unit(e.Unit)},
	}
	if e.Team != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "field.team"), Text: v.team(e.Team)})
	}
	if e.Guests != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "field.guests"), Text: web.Int(int64(len(strings.Split(e.Guests, "\n"))))})
	}
	return append(out, web.Fact{Label: web.T(ctx, "field.officer"), Text: v.person(e.CreatedBy)})
}

type eventFormView struct {
	*sight
	state web.FormState
}

func (s *Service) eventForm(ctx context.Context, state web.FormState) (*eventFormView, error) {
	v, err := s.sight(ctx, named{})
	return &eventFormView{v, state}, err
}

func (v *eventFormView) holder() []web.Choice {
	out := []web.Choice{{}}
	if code := v.state.Value("unit"); code != "" {
		out = append(out, web.Choice{Value: code, Text: v.unit(code)})
	}
	return out
}

func (s *Service) newEventPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	id, err := s.newID(ctx)
	if err != nil {
		return nil, err
	}
	v, err := s.eventForm(ctx, web.FormOf("id", id, "day", web.Today(ctx)))
	if err == nil {
		v.state.Values.Set("unit", v.who.Unit)
	}
	if err != nil {
		return nil, err
	}
	return eventFormPage(v), nil
}

// heldForm is an event as the form posts it.
type heldForm struct {
	ID        string `json:"id" maxLength:"40"`
	Unit      string `json:"unit"`
	Team      string `json:"team"`
	Name      string `json:"name" maxLength:"120"`
	Kind      string `json:"kind"`
	Day       string `json:"day" format:"date"`
	Place     string `json:"place" maxLength:"120"`
	Summary   string `json:"summary" maxLength:"2000"`
	Programme string `json:"programme" maxLength:"2000"`
	Guests    string `json:"guests" maxLength:"2000"`
	Late      string `json:"late_reason" maxLength:"200"`
}

func (s *Service) newEventPosted(r *http.Request) (templ.Component, error) {
	f, err := web.Form[heldForm](r)
	var out Event
	if err == nil {
		out, err = s.HoldEvent(r.Context(), Hold(f))
	}
	if err == nil {
		return web.RedirectToast(eventURL(out.ID), web.Toast{Text: web.T(r.Context(), "field.event_recorded")}), nil
	}
	v, bad := s.eventForm(r.Context(), web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(eventFormPage(v), err)
}
