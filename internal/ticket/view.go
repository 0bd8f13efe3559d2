package ticket

import (
	"context"
	"net/url"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// listView is the list of requests as a page.
type listView struct {
	*sight
	in   Filter
	list Tickets
}

func kindChoices(ctx context.Context) []web.Choice {
	var out []web.Choice
	for _, k := range Kinds {
		out = append(out, web.Choice{Value: k.Code, Text: web.T(ctx, "ticket.kind."+k.Code), Hint: web.T(ctx, "ticket.days", k.Days)})
	}
	return out
}

func (v *listView) props(ctx context.Context) web.ListProps {
	in := v.in
	state := strings.TrimPrefix(in.State, "live")
	q := web.Values("q", in.Q, "state", state, "clock", in.Clock, "kind", in.Kind, "unit", in.Unit, "company", in.Company)
	states := web.Coded(ctx, web.T(ctx, "ticket.any"), "ticket.state", "open", "answered", "closed", "all")
	states[0].Text = web.T(ctx, "ticket.state.live")
	p := web.ListProps{Action: base, Unit: web.T(ctx, "ticket.item"), Loaded: len(v.list.Items), Total: -1, Query: q.Encode(), Filters: []web.FilterProps{
		{Name: "q", Label: web.T(ctx, "ticket.search"), Kind: "search", Value: in.Q},
		{Name: "clock", Label: web.T(ctx, "ticket.clock"), Value: in.Clock, Choices: web.Coded(ctx, web.T(ctx, "ticket.any"), "ticket.clock", "late", "unanswered", "soon")},
		{Name: "state", Label: web.T(ctx, "ticket.state"), Value: state, Choices: states},
		{Name: "kind", Label: web.T(ctx, "ticket.kind"), Value: in.Kind, Choices: append([]web.Choice{{Text: web.T(ctx, "ticket.any")}}, kindChoices(ctx)...)},
		{Name: "unit", Kind: "hidden", Value: in.Unit},
		{Name: "company", Kind: "hidden", Value: in.Company},
	}}
	if len(q) > 0 {
		p.ClearURL = base
	}
	if v.list.Next != "" {
		q.Set("after", v.list.Next)
		p.Next = base + "?" + q.Encode()
	}
	if len(v.list.Items) == 0 {
		p.Empty = noTickets(p.ClearURL != "")
	}
	return p
}

// strip are the figures of the requests closed in one's scope.
func (v *listView) strip(ctx context.Context) []web.StripCell {
	var out []web.StripCell
	for _, code := range []string{"ticket.closed", "ticket.in_time", "ticket.satisfied"} {
		if f, ok := v.chips[code]; ok {
			out = append(out, web.StripCell{Label: ledger.NameOf(ctx, code), Fig: f})
		}
	}
	return out
}

func (v *sight) unit(code string) string { return v.dir.UnitName(code, v.lang) }

func (v *sight) person(id string) string { return v.people[id] }

func (v *sight) firm(id string) string {
	if n := v.firms[id].Name; n != "" {
		return n
	}
	return web.Nil
}

// pageView is one request as a page.
type pageView struct {
	*sight
	rec  Dossier
	form web.FormState
}

func (v *pageView) facts(ctx context.Context) []web.Fact {
	t := v.rec.Ticket
	out := []web.Fact{
		{Label: web.T(ctx, "ticket.kind"), Text: web.T(ctx, "ticket.kind."+t.Kind)},
		{Label: web.T(ctx, "ticket.unit"), Text: v.unit(t.Unit)},
		{Label: web.T(ctx, "ticket.filed_on"), Text: web.MomentFull(db.FromMicros(t.FiledAt))},
		{Label: web.T(ctx, "ticket.first"), Comp: firstLine(t)},
		{Label: web.T(ctx, "ticket.due_on"), Comp: dueLine(t)},
	}
	if t.Company != "" {
		f := web.Fact{Label: web.T(ctx, "ticket.company"), Text: v.firm(t.Company)}
		if !v.investor {
			f.URL = "/companies/" + url.PathEscape(t.Company)
		}
		out = append(out, f)
	}
	if t.Project != "" && !v.investor {
		out = append(out, web.Fact{Label: web.T(ctx, "ticket.project"), Text: web.T(ctx, "ticket.open_project"), URL: "/projects/" + url.PathEscape(t.Project)})
	}
	if !v.investor {
		out = append(out, web.Fact{Label: web.T(ctx, "ticket.source"), Text: web.T(ctx, "ticket.source."+t.Source)})
	}
	if t.ClosedOn != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "ticket.closed_on"), Text: t.ClosedOn})
	}
	if t.Rating > 0 {
		out = append(out, web.Fact{Label: web.T(ctx, "ticket.rating"), Text: web.T(ctx, "ticket.points", t.Rating)})
	}
	if t.Follows != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "ticket.follows"), Text: web.T(ctx, "ticket.earlier"), URL: ticketURL(t.Follows)})
	}
	return out
}

// formFor is the state of the form of one kind of step: the others stay as they were at first.
func (v *pageView) formFor(kind string) web.FormState {
	if v.form.Value("kind") == kind {
		return v.form
	}
	return web.FormOf()
}

// chosen is the unit that the form of a handover holds already.
func (v *sight) chosen(state web.FormState) []web.Choice {
	if code := state.Value("unit"); code != "" {
		return []web.Choice{{Value: code, Text: v.unit(code)}}
	}
	return nil
}

var icons = map[string]string{
	"file": "headset", "answer": "message", "note": "pencil", "handover": "arrow-right", "escalate": "arrow-up", "resolve": "flag", "rate": "star", "close": "circle-check", "reopen": "rotate",
}

// stateTone colours the state of a request: late, running, settled.
func stateTone(ctx context.Context, t Ticket) string {
	switch {
	case t.State == "open" && late(ctx, t):
		return "alarm"
	case t.State == "open":
		return "due"
	case t.State == "closed":
		return "act"
	}
	return ""
}

func titleMeta(ctx context.Context, investor bool) string {
	if investor {
		return web.T(ctx, "ticket.title_own")
	}
	return web.T(ctx, "ticket.title_meta")
}

func waitingKey(investor bool) string {
	if investor {
		return "ticket.waiting_own"
	}
	return "ticket.waiting_meta"
}

// withDays are the kinds with the days each may take.
func withDays(ctx context.Context) []web.Choice {
	out := kindChoices(ctx)
	for i := range out {
		out[i].Text += " · " + out[i].Hint
	}
	return out
}

func tagsOf(ctx context.Context, t Ticket) []web.Tag {
	out := []web.Tag{{Text: web.T(ctx, "ticket.state."+t.State), Tone: stateTone(ctx, t)}}
	if t.Escalated {
		out = append(out, web.Tag{Text: web.T(ctx, "ticket.escalated"), Tone: "alarm"})
	}
	if t.Reopened > 0 {
		out = append(out, web.Tag{Text: web.T(ctx, "ticket.reopened", t.Reopened)})
	}
	return out
}

// late reports whether a deadline of an open request has passed.
func late(ctx context.Context, t Ticket) bool {
	return t.DueOn < web.Today(ctx) || t.FirstAt == 0 && t.FirstDueAt < db.Micros(web.ShellOf(ctx).Now)
}

func (v *pageView) actor(ctx context.Context, st Step) string {
	name := v.person(st.Person)
	switch {
	case v.investor && (st.Kind == "file" || st.Kind == "rate" || st.Kind == "reopen"):
		return web.T(ctx, "ticket.you")
	case v.investor || name == "":
		return v.unit(st.Unit)
	}
	return name
}

func (v *pageView) words(ctx context.Context, st Step) string {
	switch st.Kind {
	case "handover", "escalate":
		return web.T(ctx, "ticket.did."+st.Kind, v.unit(st.From), v.unit(st.To))
	case "rate":
		return web.T(ctx, "ticket.did.rate", st.Rating)
	}
	return web.T(ctx, "ticket.did."+st.Kind)
}

// formView is the form of a new request.
type formView struct {
	*sight
	state web.FormState
}

func (v *formView) firmChoice() []web.Choice {
	if id := v.state.Value("company"); id != "" {
		return []web.Choice{{Value: id, Text: v.firm(id)}}
	}
	return nil
}

func points(ctx context.Context) []web.Choice {
	out := []web.Choice{}
	for _, n := range []string{"5", "4", "3", "2", "1"} {
		out = append(out, web.Choice{Value: n, Text: web.T(ctx, "ticket.points_of."+n)})
	}
	return out
}
