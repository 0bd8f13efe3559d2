package station

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

const (
	parties  = base + "/parties"
	meetings = base + "/meetings"
)

// Minutes is a meeting as it is written down: headings with their texts.
type Minutes struct {
	Title, Agency, Date string
	Parts               [][2]string
}

// Papers writes Word files.
type Papers interface {
	Minutes(w io.Writer, m Minutes) error
}

func (s *Service) mountParties(m *web.Mux) {
	web.Get(m, "/api/v1/parties", "party.read", s.Parties, web.Doc("Temporary party branches in one's scope"))
	web.Post(m, "/api/v1/parties", "party.edit", s.FoundParty, web.Status(http.StatusCreated), web.Doc("Found a temporary party branch"))
	web.Get(m, "/api/v1/parties/{id}", "party.read", s.Party, web.Doc("One party branch with its members"))
	web.Post(m, "/api/v1/parties/{party}/members", "party.edit", s.AddMember, web.Status(http.StatusCreated), web.Doc("Enter a member of a party branch"))
	web.Post(m, "/api/v1/parties/{party}/members/{member}/end", "party.edit", s.EndMember, web.Doc("Enter that a member left"))
	web.Get(m, "/api/v1/parties/{id}/meetings", "party.read", s.Meetings, web.Doc("Meetings of a party branch, the last first"))
	web.Post(m, "/api/v1/parties/{party}/meetings", "party.edit", s.WriteMeeting, web.Status(http.StatusCreated), web.Doc("Write down a meeting, or mend what was written"))
	web.Get(m, "/api/v1/meetings/{id}", "party.read", s.Meeting, web.Doc("One meeting with who was there and what was decided"))

	m.Page("GET "+parties, "party.read", s.partiesPage)
	m.Page("GET "+parties+"/new", "party.edit", s.newPartyPage)
	m.Page("POST "+parties, "party.edit", s.partyPosted)
	m.Raw("GET "+parties+"/claims", "party.edit", s.pickClaims(m))
	m.Page("GET "+parties+"/{id}", "party.read", s.partyPage)
	m.Page("POST "+parties+"/{party}/members", "party.edit", s.memberPosted)
	m.Page("POST "+parties+"/{party}/members/{member}/end", "party.edit", s.memberEnded)
	m.Page("GET "+parties+"/{party}/meetings/new", "party.edit", s.newMeetingPage)
	m.Page("POST "+parties+"/{party}/meetings", "party.edit", s.meetingPosted)
	m.Page("GET "+meetings+"/{id}", "party.read", s.meetingPage)
	m.Page("GET "+meetings+"/{id}/edit", "party.edit", s.editMeetingPage)
	m.Raw("GET "+meetings+"/{id}/word", "party.read", s.meetingWord(m))
}

func partyURL(id string) string { return parties + "/" + url.PathEscape(id) }

func meetingURL(id string) string { return meetings + "/" + url.PathEscape(id) }

// partiesView is the list, and the form of a new one.
type partiesView struct {
	list     []Party
	stations []Station
	dir      *org.Directory
	form     web.FormState
	lang     string
	today    string
}

func (s *Service) openParties(ctx context.Context, form web.FormState) (*partiesView, error) {
	v := &partiesView{form: form, lang: web.Lang(ctx), today: web.Today(ctx)}
	list, err := s.Parties(ctx, TeamFilter{})
	if err != nil {
		return nil, err
	}
	v.list = list.Items
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if v.stations, err = All(ctx, tx); err != nil {
			return err
		}
		v.dir, err = org.Open(ctx, tx)
		return err
	})
}

func (v *partiesView) station(id string) string {
	for _, s := range v.stations {
		if s.ID == id {
			return stationName(s, v.lang)
		}
	}
	return id
}

func (v *partiesView) unit(ctx context.Context, p Party) string {
	if p.Unit == "" {
		return web.T(ctx, "party.general")
	}
	return v.dir.UnitName(p.Unit, v.lang)
}

func (v *partiesView) stationChoices() []web.Choice {
	out := []web.Choice{{}}
	for _, s := range v.stations {
		out = append(out, web.Choice{Value: s.ID, Text: stationName(s, v.lang)})
	}
	return out
}

func (v *partiesView) unitChoices() []web.Choice {
	out := []web.Choice{{}}
	if at := v.form.Value("unit"); at != "" {
		out = append(out, web.Choice{Value: at, Text: v.dir.UnitName(at, v.lang)})
	}
	return out
}

func (s *Service) partiesPage(r *http.Request) (templ.Component, error) {
	v, err := s.openParties(r.Context(), web.FormState{})
	if err != nil {
		return nil, err
	}
	return partiesPage(v), nil
}

func (s *Service) newPartyPage(r *http.Request) (templ.Component, error) {
	v, err := s.openParties(r.Context(), web.FormOf("from", web.Today(r.Context())))
	if err != nil {
		return nil, err
	}
	return newPartyPage(v), nil
}

func (s *Service) partyPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[NewParty](r)
	var out Party
	if err == nil {
		out, err = s.FoundParty(r.Context(), in)
	}
	if err == nil {
		return s.done(r, partyURL(out.ID), "party.founded"), nil
	}
	v, bad := s.openParties(r.Context(), web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(newPartyPage(v), err)
}

// partyView is one branch as a page.
type partyView struct {
	partiesView
	rec    Party
	met    []Meeting
	member string // whose form came back
}

func (s *Service) openParty(ctx context.Context, id string, form web.FormState) (*partyView, error) {
	base, err := s.openParties(ctx, form)
	if err != nil {
		return nil, err
	}
	v := &partyView{partiesView: *base}
	if v.rec, err = s.Party(ctx, PartyID{id}); err != nil {
		return nil, err
	}
	list, err := s.Meetings(ctx, PartyID{id})
	v.met = list.Items
	return v, err
}

func (v *partyView) facts(ctx context.Context) []web.Fact {
	return []web.Fact{
		{Label: web.T(ctx, "station.station"), Text: v.station(v.rec.Station)},
		{Label: web.T(ctx, "party.unit"), Text: v.unit(ctx, v.rec)},
		{Label: web.T(ctx, "party.secretary"), Text: web.DateOr(v.rec.secretary(v.today))},
		{Label: web.T(ctx, "party.term"), Text: span(v.rec.From, v.rec.Until)},
	}
}

// state is the form of one member, or that of a new one, when it came back.
func (v *partyView) state(member string) web.FormState {
	if v.member == member {
		return v.form.For(member)
	}
	return web.FormState{}.For(member)
}

func (s *Service) partyPage(r *http.Request) (templ.Component, error) {
	v, err := s.openParty(r.Context(), r.PathValue("id"), web.FormState{})
	if err != nil {
		return nil, err
	}
	return partyPage(v), nil
}

func (s *Service) partyDone(r *http.Request, member, said string, err error) (templ.Component, error) {
	if err == nil {
		return s.done(r, partyURL(r.PathValue("party")), said), nil
	}
	v, bad := s.openParty(r.Context(), r.PathValue("party"), web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	v.member = member
	return web.Retry(partyPage(v), err)
}

func (s *Service) memberPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[NewMember](r)
	in.Party = r.PathValue("party")
	if err == nil {
		_, err = s.AddMember(r.Context(), in)
	}
	return s.partyDone(r, "", "party.joined", err)
}

func (s *Service) memberEnded(r *http.Request) (templ.Component, error) {
	in, err := web.Form[EndMember](r)
	in.Party, in.Member = r.PathValue("party"), r.PathValue("member")
	if err == nil {
		_, err = s.EndMember(r.Context(), in)
	}
	return s.partyDone(r, in.Member, "party.left", err)
}
