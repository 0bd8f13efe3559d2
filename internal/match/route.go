package match

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/pipeline"
	"zhudian/internal/web"
)

func newSendingURL(lead string) string {
	return sendingsPath + "/new?" + url.Values{"lead": {lead}}.Encode()
}

// leadQuery names a lead.
type leadQuery struct {
	Lead string `json:"lead" maxLength:"40"`
}

// ofLead are the sendings of one lead, as a part of its page.
type ofLead struct {
	*sight
	lead pipeline.Lead
	list []Sending
	form web.FormState
}

func (s *Service) openLead(ctx context.Context, id string, form web.FormState) (*ofLead, error) {
	who, err := audit.Require(ctx, "sending.read")
	if err != nil {
		return nil, err
	}
	v := &ofLead{form: form}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		v.lead, err = pipeline.LeadInScope(ctx, tx, who, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	list, err := s.ListSendings(ctx, SendingFilter{Lead: id})
	if err != nil {
		return nil, err
	}
	v.list = list.Items
	v.sight, err = s.sight(ctx, namesIn(v.list))
	return v, err
}

// leadPart is the fragment GET /match/sendings/of?lead=… that the page of a lead includes.
func (s *Service) leadPart(r *http.Request) (templ.Component, error) {
	in, err := web.Query[leadQuery](r)
	if err != nil {
		return nil, err
	}
	v, err := s.openLead(r.Context(), in.Lead, web.FormState{})
	if err != nil {
		return nil, err
	}
	return leadSendings(v), nil
}

// newSendingPage sends a lead to a unit that is chosen by name and not by a match.
func (s *Service) newSendingPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[leadQuery](r)
	if err != nil {
		return nil, err
	}
	v, err := s.openLead(r.Context(), in.Lead, web.FormState{})
	if err != nil {
		return nil, err
	}
	return newSendingView(v), nil
}

// sendRefused shows the form again on the page that it came from.
func (s *Service) sendRefused(r *http.Request, cause error) (templ.Component, error) {
	form := web.NewForm(r, cause)
	v, err := s.openLead(r.Context(), form.Value("lead"), form)
	if err != nil {
		return nil, err
	}
	return web.Retry(newSendingView(v), cause)
}

// maySend: the lead is valid, and no unit has it or is thinking about it.
func (v *ofLead) maySend(ctx context.Context) bool {
	thinking := len(v.list) > 0 && v.list[0].State == "sent"
	return web.May(ctx, "sending.send") && v.lead.State == "qualified" && v.lead.Landing == "" && !thinking
}

// said is how a unit answered: until when it may, or its reason.
func (v *ofLead) said(ctx context.Context, x Sending) string {
	switch {
	case x.State == "sent":
		return web.T(ctx, "match.due_at") + " " + web.Moment(ctx, db.FromMicros(x.DueAt))
	case x.Reason != "":
		return web.T(ctx, "match.reason."+x.Reason) + " · " + x.Words
	}
	return x.Words
}

// when a unit answered, or was asked.
func when(x Sending) int64 {
	if x.AnsweredAt > 0 {
		return x.AnsweredAt
	}
	return x.SentAt
}

var sendingIcons = map[string]string{"sent": "hourglass", "accepted": "circle-check", "returned": "arrow-back-up", "lapsed": "clock"}
