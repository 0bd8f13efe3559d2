package station

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// meetingView is one meeting as a page or a form.
type meetingView struct {
	partyView
	meet   Meeting
	claims map[string]verify.Claim // those of its decisions that one may see
}

func (s *Service) openMeeting(ctx context.Context, party, id string, form web.FormState) (*meetingView, error) {
	v := &meetingView{claims: map[string]verify.Claim{}}
	var err error
	if id != "" {
		if v.meet, err = s.Meeting(ctx, PartyID{id}); err != nil {
			return nil, err
		}
		party = v.meet.Party
	}
	at, err := s.openParty(ctx, party, form)
	if err != nil {
		return nil, err
	}
	v.partyView = *at
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		who, _ := audit.Who(ctx)
		ids := claimsOf(v.meet.Decisions)
		for i := range decisionLines {
			ids = append(ids, form.Values[decisionAt(i)+"claims"]...)
		}
		seen, err := verify.Seen(ctx, tx, who.Node, ids)
		for _, c := range seen {
			v.claims[c.ID] = c
		}
		return err
	})
}

// decisionLines is how many decisions the form takes; the API takes as many.
const decisionLines = 20

func decisionAt(i int) string { return "decisions[" + itoa(i) + "]." }

// lines is how many are shown: what stands there and three more.
func (v *meetingView) lines() int {
	n := len(v.meet.Decisions)
	for i := n; i < decisionLines; i++ {
		if v.form.Value(decisionAt(i)+"words") != "" {
			n = i + 1
		}
	}
	return min(n+3, decisionLines)
}

func (v *meetingView) claimChoices(i int) []web.Choice {
	ids := v.form.Values[decisionAt(i)+"claims"]
	var out []web.Choice
	for _, id := range ids {
		if c, ok := v.claims[id]; ok {
			out = append(out, web.Choice{Value: id, Text: c.Title + " · " + c.OccurredOn})
		}
	}
	return out
}

func (v *meetingView) memberChoices() []web.Choice {
	var out []web.Choice
	for _, m := range v.rec.Members {
		out = append(out, web.Choice{Value: m.ID, Text: m.Name})
	}
	return out
}

// present and absent are names of those who were members on that day.
func (v *meetingView) present(there bool) []string {
	var out []string
	for _, m := range v.rec.Members {
		if m.on(v.meet.Day) && slices.Contains(v.meet.Present, m.ID) == there {
			out = append(out, m.Name)
		}
	}
	return out
}

func (v *meetingView) names(ctx context.Context, there bool) string {
	return web.DateOr(strings.Join(v.present(there), web.T(ctx, "party.and")))
}

func (v *meetingView) meetingFacts(ctx context.Context) []web.Fact {
	return []web.Fact{
		{Label: web.T(ctx, "party.day"), Text: v.meet.Day},
		{Label: web.T(ctx, "party.place"), Text: web.DateOr(v.meet.Place)},
		{Label: web.T(ctx, "party.present"), Text: v.names(ctx, true)},
		{Label: web.T(ctx, "party.absent"), Text: v.names(ctx, false)},
	}
}

func (s *Service) newMeetingPage(r *http.Request) (templ.Component, error) {
	v, err := s.openMeeting(r.Context(), r.PathValue("party"), "", web.FormOf("day", web.Today(r.Context())))
	if err != nil {
		return nil, err
	}
	return meetingForm(v), nil
}

func (s *Service) editMeetingPage(r *http.Request) (templ.Component, error) {
	g, err := s.Meeting(r.Context(), PartyID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	form := web.FormOf("id", g.ID, "version", itoa(int(g.Version)), "kind", g.Kind, "day", g.Day, "place", g.Place, "agenda", g.Agenda, "minutes", g.Minutes)
	form.Values["present"] = g.Present
	for i, d := range g.Decisions {
		form.Values.Set(decisionAt(i)+"words", d.Words)
		form.Values[decisionAt(i)+"claims"] = d.Claims
	}
	v, err := s.openMeeting(r.Context(), "", g.ID, form)
	if err != nil {
		return nil, err
	}
	return meetingForm(v), nil
}

func (s *Service) meetingPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[WriteMeeting](r)
	in.Party = r.PathValue("party")
	var out Meeting
	if err == nil {
		out, err = s.WriteMeeting(r.Context(), in)
	}
	if err == nil {
		return s.done(r, meetingURL(out.ID), "party.written"), nil
	}
	v, bad := s.openMeeting(r.Context(), in.Party, in.ID, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(meetingForm(v), err)
}

func (s *Service) meetingPage(r *http.Request) (templ.Component, error) {
	v, err := s.openMeeting(r.Context(), "", r.PathValue("id"), web.FormState{})
	if err != nil {
		return nil, err
	}
	return meetingPage(v), nil
}

// meetingWord sends the minutes as a Word file; a fault before its first byte is still a page.
func (s *Service) meetingWord(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var file bytes.Buffer
		v, err := s.openMeeting(r.Context(), "", r.PathValue("id"), web.FormState{})
		if err == nil {
			err = s.Papers.Minutes(&file, v.minutes(r.Context()))
		}
		if err == nil {
			err = s.DB.Write(r.Context(), func(ctx context.Context, tx *db.Tx) error {
				return audit.Note(ctx, tx, "meeting.export", "meeting/"+v.meet.ID, nil, nil)
			})
		}
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
		w.Header().Set("Content-Disposition", `attachment; filename="minutes.docx"; filename*=UTF-8''`+url.PathEscape("会议记录.docx"))
		_, _ = file.WriteTo(w) // the reader may have gone
	}
}

func (v *meetingView) minutes(ctx context.Context) Minutes {
	out := Minutes{Title: web.T(ctx, "party.kind."+v.meet.Kind), Agency: v.rec.Name, Date: web.LongDate(ctx, v.meet.Day), Parts: [][2]string{
		{web.T(ctx, "party.present"), v.names(ctx, true)},
		{web.T(ctx, "party.absent"), v.names(ctx, false)},
		{web.T(ctx, "party.place"), v.meet.Place},
		{web.T(ctx, "party.agenda"), v.meet.Agenda},
		{web.T(ctx, "party.minutes"), v.meet.Minutes},
	}}
	out.Parts = slices.DeleteFunc(out.Parts, func(p [2]string) bool { return p[1] == "" })
	for i, d := range v.meet.Decisions {
		out.Parts = append(out.Parts, [2]string{web.T(ctx, "party.decision", i+1), d.Words})
		for _, id := range d.Claims {
			if c, ok := v.claims[id]; ok {
				out.Parts = append(out.Parts, [2]string{"", c.Title + " " + c.OccurredOn})
			}
		}
	}
	return out
}

// pickClaims answers the picker of a decision: claims of field work in scope by a part of their title.
func (s *Service) pickClaims(m *web.Mux) http.HandlerFunc {
	type choice struct {
		Value string `json:"value"`
		Text  string `json:"text"`
	}
	return func(w http.ResponseWriter, r *http.Request) {
		out := []choice{}
		err := s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
			who, err := audit.Require(ctx, "party.edit")
			q := strings.TrimSpace(r.URL.Query().Get("q"))
			if err != nil || q == "" {
				return err
			}
			list, err := verify.Titled(ctx, tx, who.Node, q, 20)
			for _, c := range list {
				out = append(out, choice{c.ID, c.Title + " · " + c.OccurredOn})
			}
			return err
		})
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out) // the reader may have gone
	}
}
