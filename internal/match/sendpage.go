package match

import (
	"cmp"
	"context"
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

func tabsOf(ctx context.Context, on string) []web.Tab {
	var out []web.Tab
	for _, t := range []struct{ key, url, perm string }{{"match", matchPath, "match.read"}, {"sendings", sendingsPath, "sending.read"}, {"tally", tallyPath, "sending.read"}, {"weights", weightsPath, "match.read"}} {
		if web.May(ctx, t.perm) {
			out = append(out, web.Tab{Text: web.T(ctx, "match.tab."+t.key), URL: t.url, On: t.key == on})
		}
	}
	return out
}

func wordsOf(ctx context.Context, w Weights) string {
	text := ""
	for i, c := range partCodes {
		if i > 0 {
			text += " · "
		}
		text += web.T(ctx, "match.part."+c) + " " + itoa(w.Parts[c])
	}
	return text
}

// maySend: the lead is valid and no place has it.
func (v *matchView) maySend(ctx context.Context) bool {
	return web.May(ctx, "sending.send") && v.lead.Lead.State == "qualified" && v.lead.Lead.Landing == ""
}

// formFor is the state of the form that sends to one site: the one that was refused, or an empty one.
func (v *matchView) formFor(site *Site) web.FormState {
	if v.form.Value("site") == site.ID {
		return v.form
	}
	return web.FormOf("unit", site.Unit)
}

// sendingList is the list of sendings as a page.
type sendingList struct {
	*sight
	in   SendingFilter
	list Sendings
}

func (s *Service) sendingsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[SendingFilter](r)
	if err != nil {
		return nil, err
	}
	v := &sendingList{in: in}
	if v.list, err = s.ListSendings(r.Context(), in); err != nil {
		return nil, err
	}
	if v.sight, err = s.sight(r.Context(), namesIn(v.list.Items)); err != nil {
		return nil, err
	}
	return sendingsView(v), nil
}

func namesIn(list []Sending) (x seen) {
	for _, s := range list {
		x.people, x.sites = append(x.people, s.SentBy, s.AnsweredBy), append(x.sites, s.Site)
		if s.Company != "" {
			x.firms = append(x.firms, s.Company)
		}
	}
	return x
}

func (v *sendingList) props(ctx context.Context) web.ListProps {
	in := v.in
	q := web.Values("state", in.State, "side", in.Side, "unit", in.Unit, "lead", in.Lead)
	p := web.ListProps{Action: sendingsPath, Unit: web.T(ctx, "match.sending_item"), Loaded: len(v.list.Items), Total: -1, Query: q.Encode(), Filters: []web.FilterProps{
		{Name: "state", Label: web.T(ctx, "match.state"), Value: in.State, Choices: web.Coded(ctx, web.T(ctx, "site.any"), "match.state", "sent", "accepted", "returned", "lapsed")},
		{Name: "side", Label: web.T(ctx, "match.side"), Value: in.Side, Choices: web.Coded(ctx, web.T(ctx, "site.any"), "match.side", "in", "out")},
		{Name: "unit", Kind: "hidden", Value: in.Unit},
		{Name: "lead", Kind: "hidden", Value: in.Lead},
	}}
	if len(q) > 0 {
		p.ClearURL = sendingsPath
	}
	if v.list.Next != "" {
		q.Set("after", v.list.Next)
		p.Next = sendingsPath + "?" + q.Encode()
	}
	if len(v.list.Items) == 0 {
		p.Empty = noSendings(p.ClearURL != "")
	}
	return p
}

// what names a sending: the lead to those who see it, else its industry and chain.
func (v *sight) what(x Sending) string {
	if x.LeadOf != nil {
		return x.LeadOf.Title
	}
	text := v.industry(x.Industry)
	if x.Chain != "" {
		text += " · " + v.chain(x.Chain)
	}
	return text
}

func stateTone(state string) string {
	return map[string]string{"sent": "due", "accepted": "act", "lapsed": "alarm", "returned": ""}[state]
}

// sendingView is one sending as a page.
type sendingView struct {
	*sight
	rec  SendingRecord
	form web.FormState
}

func (s *Service) sendingPage(r *http.Request) (templ.Component, error) {
	v, err := s.openSending(r.Context(), r.PathValue("id"), web.FormState{})
	if err != nil {
		return nil, err
	}
	return sendingRecordView(v), nil
}

func (s *Service) openSending(ctx context.Context, id string, form web.FormState) (*sendingView, error) {
	v := &sendingView{form: form}
	var err error
	if v.rec, err = s.GetSending(ctx, ByID{id}); err != nil {
		return nil, err
	}
	v.sight, err = s.sight(ctx, namesIn([]Sending{v.rec.Sending}))
	return v, err
}

func (v *sendingView) facts(ctx context.Context) []web.Fact {
	x := v.rec.Sending
	firm := web.Fact{Label: web.T(ctx, "lead.company"), Text: web.T(ctx, "match.unnamed")}
	if x.Company != "" {
		firm.Text, firm.URL = v.firm(x.Company), firmURL(x.Company)
	}
	out := []web.Fact{
		firm,
		{Label: web.T(ctx, "lead.industry"), Text: v.industry(x.Industry)},
		{Label: web.T(ctx, "lead.chain"), Text: v.chainOr(x.Chain)},
		{Label: web.T(ctx, "lead.amount"), Text: web.Money(ctx, x.Amount, web.Wan).String()},
		{Label: web.T(ctx, "match.origin"), Text: v.dir.RegionName(x.Origin)},
		{Label: web.T(ctx, "match.from"), Text: v.unit(x.LeadUnit)},
		{Label: web.T(ctx, "match.to"), Text: v.unit(x.Unit)},
		{Label: web.T(ctx, "match.turn"), Text: web.T(ctx, "match.turn_n", itoa(x.Turn))},
		{Label: web.T(ctx, "match.sent_at"), Text: web.MomentFull(db.FromMicros(x.SentAt))},
		{Label: web.T(ctx, "match.due_at"), Text: web.MomentFull(db.FromMicros(x.DueAt))},
	}
	if site, ok := v.sites[x.Site]; ok {
		out = append(out, web.Fact{Label: web.T(ctx, "match.site"), Text: site.Title(v.lang), URL: siteURL(site.ID)})
	}
	if x.LeadOf != nil {
		out = append(out, web.Fact{Label: web.T(ctx, "lead.title"), Text: x.LeadOf.Code, URL: leadURL(x.LeadOf.ID)})
	}
	if x.AnsweredAt > 0 {
		out = append(out, web.Fact{Label: web.T(ctx, "match.answered"), Text: web.MomentFull(db.FromMicros(x.AnsweredAt)) + " · " + v.person(x.AnsweredBy)})
	}
	return out
}

func (v *sight) chainOr(code string) string {
	if code == "" {
		return web.Nil
	}
	return v.chain(code)
}

// formOf is the state of one of the forms of the page: the refused one, or an empty one.
func (v *sendingView) formOf(which string) web.FormState {
	accept := v.form.Value("accept")
	if v.form.Fault != nil && (which == "again" && accept == "" || which == "accept" && accept == "true" || which == "return" && accept == "false") {
		return v.form.For(which)
	}
	return web.FormOf().For(which)
}

func (s *Service) answerPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[Answer](r)
	var out Sending
	if err == nil {
		out, err = s.AnswerSending(ctx, in)
	}
	if err == nil {
		return web.RedirectToast(sendingURL(out.ID), web.Toast{Text: web.T(ctx, "match.done."+out.State)}), nil
	}
	v, bad := s.openSending(ctx, r.PathValue("id"), web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(sendingRecordView(v), err)
}

// sendPosted takes the form of a match, or of a sending that came back.
func (s *Service) sendPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[struct {
		Send
		Back   string `json:"back" maxLength:"40"` // the sending that came back
		Choose bool   `json:"choose"`              // the unit was chosen by name
	}](r)
	var out Sending
	if err == nil {
		out, err = s.Send(ctx, in.Send)
	}
	if err == nil {
		return web.RedirectToast(sendingURL(out.ID), web.Toast{Text: web.T(ctx, "match.done.sent")}), nil
	}
	if fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if in.Choose {
		return s.sendRefused(r, err)
	}
	form := web.NewForm(r, err)
	if back := form.Value("back"); back != "" {
		v, bad := s.openSending(ctx, back, form)
		if bad != nil {
			return nil, bad
		}
		return web.Retry(sendingRecordView(v), err)
	}
	v, bad := s.openMatch(ctx, matchQuery{Lead: form.Value("lead")})
	if bad != nil || v.lead == nil {
		return nil, err
	}
	v.form = form
	return web.Retry(leadMatchView(v), err)
}

// tallyView is how the units answered.
type tallyView struct {
	*sight
	list Tallies
}

func (s *Service) tallyPage(r *http.Request) (templ.Component, error) {
	v := &tallyView{}
	var err error
	if v.list, err = s.SendingTally(r.Context(), struct{}{}); err != nil {
		return nil, err
	}
	if v.sight, err = s.sight(r.Context(), seen{}); err != nil {
		return nil, err
	}
	return tallyPageView(v), nil
}

// said words the reasons of the returns, in the order of the reasons.
func (v *tallyView) said(ctx context.Context, t Tally) string {
	text := ""
	for _, code := range reasons {
		if n := t.Reasons[code]; n > 0 {
			if text != "" {
				text += " · "
			}
			text += web.T(ctx, "match.reason."+code) + " " + itoa(n)
		}
	}
	return cmp.Or(text, web.Nil)
}

// waitingBlock is what the workbench shows of this package: what one's unit is to answer, and what came back.
func (s *Service) waitingBlock(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	v := &sendingList{}
	var parts []SendingFilter
	if web.May(ctx, "sending.answer") {
		parts = append(parts, SendingFilter{State: "sent", Side: "in", Page: db.Page{Limit: 6}})
	}
	if web.May(ctx, "sending.send") {
		parts = append(parts, SendingFilter{State: "returned", Side: "out", Page: db.Page{Limit: 20}}, SendingFilter{State: "lapsed", Side: "out", Page: db.Page{Limit: 20}})
	}
	known := map[string]bool{}
	for _, f := range parts {
		part, err := s.ListSendings(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, x := range part.Items {
			open := f.Side == "in" || x.LeadOf != nil && x.LeadOf.State == "qualified" && x.LeadOf.Landing == ""
			if open && !known[x.ID] && len(v.list.Items) < 6 {
				known[x.ID] = true
				v.list.Items = append(v.list.Items, x)
			}
		}
	}
	var err error
	if v.sight, err = s.sight(ctx, namesIn(v.list.Items)); err != nil {
		return nil, err
	}
	return waitingPart(v), nil
}
