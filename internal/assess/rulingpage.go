package assess

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

const (
	rulingsPath = base + "/rulings"
	upload      = blob.Limit + 1<<20
)

func (s *Service) mountRulings(m *web.Mux) {
	web.Get(m, "/api/v1/assess/rulings", "assess.read", s.Rulings, web.Doc("What was established about units and teams beside the ledger, newest first"))
	web.Post(m, "/api/v1/assess/rulings", "assess.run", s.MakeRuling, web.Status(http.StatusCreated), web.Doc("Write a ruling down; another person confirms it"))
	web.Get(m, "/api/v1/assess/rulings/{id}", "assess.read", s.Ruling, web.Doc("One ruling"))
	web.Post(m, "/api/v1/assess/rulings/{id}/confirm", "assess.publish", s.Confirm, web.Doc("Make a ruling count, by another person"))
	web.Post(m, "/api/v1/assess/rulings/{id}/withdraw", "assess.publish", s.Withdraw, web.Doc("Take a ruling back"))

	m.Page("GET "+rulingsPath, "assess.read", s.rulingsPage)
	m.Page("GET "+rulingsPath+"/new", "assess.run", s.newRulingPage)
	m.Page("POST "+rulingsPath, "assess.run", s.rulingPosted, web.MaxBody(upload))
	m.Page("GET "+rulingsPath+"/{id}", "assess.read", s.rulingPage)
	m.Raw("GET "+rulingsPath+"/{id}/file", "assess.read", s.rulingFile(m))
	m.Page("POST "+rulingsPath+"/{id}/confirm", "assess.publish", s.confirmPosted)
	m.Page("POST "+rulingsPath+"/{id}/withdraw", "assess.publish", s.withdrawPosted)
}

func rulingURL(id string) string { return rulingsPath + "/" + url.PathEscape(id) }

type rulingsView struct {
	*sight
	in    RulingIn
	list  RulingList
	form  web.FormState
	below []string // counties and teams that one may name
}

func (v *rulingsView) more() string {
	q := web.Values("kind", v.in.Kind, "state", v.in.State, "node", v.in.Node, "after", v.list.Next)
	return rulingsPath + "?" + q.Encode()
}

func (v *rulingsView) nodes() []web.Choice {
	out := []web.Choice{{}}
	for _, id := range v.below {
		out = append(out, web.Choice{Value: id, Text: v.node(id)})
	}
	return out
}

func kindChoices(ctx context.Context, none string) []web.Choice {
	var out []web.Choice
	if none != "" {
		out = append(out, web.Choice{Text: none})
	}
	for _, k := range RulingKinds {
		out = append(out, web.Choice{Value: k.Code, Text: k.Name.In(web.Lang(ctx))})
	}
	return out
}

func rulingStates(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "ruling.any_state")}}
	for _, s := range []string{"waiting", "confirmed", "withdrawn"} {
		out = append(out, web.Choice{Value: s, Text: web.T(ctx, "ruling.state."+s)})
	}
	return out
}

func rulingTone(f Ruling) string {
	return map[string]string{"waiting": "due", "confirmed": "act", "withdrawn": "hollow"}[f.State()]
}

func (s *Service) rulingsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[RulingIn](r)
	if err != nil {
		return nil, err
	}
	v := &rulingsView{in: in}
	if v.list, err = s.Rulings(r.Context(), in); err != nil {
		return nil, err
	}
	if v.sight, err = s.see(r); err != nil {
		return nil, err
	}
	return rulingsPage(v), nil
}

func (s *Service) newRulingPage(r *http.Request) (templ.Component, error) {
	return s.rulingForm(r, web.FormOf("found_on", web.Today(r.Context())))
}

func (s *Service) rulingForm(r *http.Request, state web.FormState) (templ.Component, error) {
	v := &rulingsView{form: state}
	var err error
	if v.sight, err = s.see(r); err != nil {
		return nil, err
	}
	err = s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		who, _ := audit.Who(ctx)
		v.below, err = nodesAssessed(ctx, tx, who)
		return err
	})
	return newRulingPage(v), err
}

func (s *Service) rulingPosted(r *http.Request) (templ.Component, error) {
	f, err := web.Form[struct {
		Kind    string `json:"kind"`
		Node    string `json:"node"`
		FoundOn string `json:"found_on"`
		Source  string `json:"source" maxLength:"200"`
		Reason  string `json:"reason" maxLength:"2000"`
	}](r)
	in := NewRuling{Kind: f.Kind, Node: f.Node, FoundOn: f.FoundOn, Source: f.Source, Reason: f.Reason}
	if err == nil {
		files, bad := web.Files(r, "files")
		if err = bad; err == nil && len(files) > 0 {
			in.Evidence, err = verify.Attach(r.Context(), s.Files, files, "files")
		}
	}
	var out Ruling
	if err == nil {
		out, err = s.MakeRuling(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(rulingURL(out.ID), web.Toast{Text: web.T(r.Context(), "ruling.saved")}), nil
	}
	page, bad := s.rulingForm(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(page, err)
}

type rulingView struct {
	*sight
	rec  Ruling
	form web.FormState
}

func (v *rulingView) facts(ctx context.Context) []web.Fact {
	f := v.rec
	out := []web.Fact{
		{Label: web.T(ctx, "ruling.kind"), Text: rulingName(f.Kind).In(v.lang)},
		{Label: web.T(ctx, "ruling.found_on"), Text: f.FoundOn},
		{Label: web.T(ctx, "ruling.source"), Text: f.Source},
		{Label: web.T(ctx, "ruling.made_by"), Text: v.person(f.MadeBy)},
	}
	if f.ConfirmedAt > 0 {
		out = append(out, web.Fact{Label: web.T(ctx, "ruling.confirmed_by"), Text: v.person(f.ConfirmedBy) + " · " + web.MomentFull(db.FromMicros(f.ConfirmedAt))})
	}
	if f.WithdrawnAt > 0 {
		out = append(out, web.Fact{Label: web.T(ctx, "ruling.withdrawn_by"), Text: v.person(f.WithdrawnBy) + " · " + web.MomentFull(db.FromMicros(f.WithdrawnAt))})
	}
	return out
}

func (s *Service) rulingPage(r *http.Request) (templ.Component, error) {
	v, err := s.viewRuling(r, web.FormState{})
	if err != nil {
		return nil, err
	}
	return rulingPage(v), nil
}

func (s *Service) viewRuling(r *http.Request, form web.FormState) (*rulingView, error) {
	v := &rulingView{form: form}
	var err error
	if v.rec, err = s.Ruling(r.Context(), ByID{r.PathValue("id")}); err != nil {
		return nil, err
	}
	v.sight, err = s.see(r, v.rec.MadeBy, v.rec.ConfirmedBy, v.rec.WithdrawnBy)
	return v, err
}

func (s *Service) rulingFile(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, err := s.Ruling(r.Context(), ByID{r.PathValue("id")})
		if err == nil && f.Blob == "" {
			err = absent(fault.New(fault.NotFound, "not_found", "", ""))
		}
		if err == nil {
			err = verify.ServeFile(w, r, s.Files, verify.Evidence{Blob: f.Blob, Name: f.Name, Type: f.Type, Size: f.Size})
		}
		if err != nil {
			m.Fail(w, r, err)
		}
	}
}

func (s *Service) confirmPosted(r *http.Request) (templ.Component, error) {
	_, err := s.Confirm(r.Context(), ByID{r.PathValue("id")})
	return s.rulingDone(r, "ruling.confirmed", err)
}

func (s *Service) withdrawPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[struct {
		Why string `json:"why" maxLength:"1000"`
	}](r)
	if err == nil {
		_, err = s.Withdraw(r.Context(), Withdrawal{ID: r.PathValue("id"), Why: in.Why})
	}
	return s.rulingDone(r, "ruling.taken_back", err)
}

func (s *Service) rulingDone(r *http.Request, said string, err error) (templ.Component, error) {
	if err == nil {
		return web.RedirectToast(rulingURL(r.PathValue("id")), web.Toast{Text: web.T(r.Context(), said)}), nil
	}
	v, bad := s.viewRuling(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(rulingPage(v), err)
}
