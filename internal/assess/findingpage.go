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
	findingsPath = base + "/findings"
	upload       = blob.Limit + 1<<20
)

func (s *Service) mountFindings(m *web.Mux) {
	web.Get(m, "/api/v1/assess/findings", "assess.read", s.Findings, web.Doc("What was established about units and teams beside the ledger, newest first"))
	web.Post(m, "/api/v1/assess/findings", "assess.run", s.Find, web.Status(http.StatusCreated), web.Doc("Write a finding down; another person confirms it"))
	web.Get(m, "/api/v1/assess/findings/{id}", "assess.read", s.Finding, web.Doc("One finding"))
	web.Post(m, "/api/v1/assess/findings/{id}/confirm", "assess.publish", s.Confirm, web.Doc("Make a finding count, by another person"))
	web.Post(m, "/api/v1/assess/findings/{id}/withdraw", "assess.publish", s.Withdraw, web.Doc("Take a finding back"))

	m.Page("GET "+findingsPath, "assess.read", s.findingsPage)
	m.Page("GET "+findingsPath+"/new", "assess.run", s.newFindingPage)
	m.Page("POST "+findingsPath, "assess.run", s.findingPosted, web.MaxBody(upload))
	m.Page("GET "+findingsPath+"/{id}", "assess.read", s.findingPage)
	m.Raw("GET "+findingsPath+"/{id}/file", "assess.read", s.findingFile(m))
	m.Page("POST "+findingsPath+"/{id}/confirm", "assess.publish", s.confirmPosted)
	m.Page("POST "+findingsPath+"/{id}/withdraw", "assess.publish", s.withdrawPosted)
}

func findingURL(id string) string { return findingsPath + "/" + url.PathEscape(id) }

type findingsView struct {
	*sight
	in    FindingIn
	list  FindingList
	form  web.FormState
	below []string // counties and teams that one may name
}

func (v *findingsView) more() string {
	q := web.Values("kind", v.in.Kind, "state", v.in.State, "node", v.in.Node, "after", v.list.Next)
	return findingsPath + "?" + q.Encode()
}

func (v *findingsView) nodes() []web.Choice {
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
	for _, k := range FindingKinds {
		out = append(out, web.Choice{Value: k.Code, Text: k.Name.In(web.Lang(ctx))})
	}
	return out
}

func findingStates(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "finding.any_state")}}
	for _, s := range []string{"waiting", "confirmed", "withdrawn"} {
		out = append(out, web.Choice{Value: s, Text: web.T(ctx, "finding.state."+s)})
	}
	return out
}

func findingTone(f Finding) string {
	return map[string]string{"waiting": "due", "confirmed": "act", "withdrawn": "hollow"}[f.State()]
}

func (s *Service) findingsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[FindingIn](r)
	if err != nil {
		return nil, err
	}
	v := &findingsView{in: in}
	if v.list, err = s.Findings(r.Context(), in); err != nil {
		return nil, err
	}
	if v.sight, err = s.see(r); err != nil {
		return nil, err
	}
	return findingsPage(v), nil
}

func (s *Service) newFindingPage(r *http.Request) (templ.Component, error) {
	return s.findingForm(r, web.FormOf("found_on", web.Today(r.Context())))
}

func (s *Service) findingForm(r *http.Request, state web.FormState) (templ.Component, error) {
	v := &findingsView{form: state}
	var err error
	if v.sight, err = s.see(r); err != nil {
		return nil, err
	}
	err = s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		who, _ := audit.Who(ctx)
		v.below, err = nodesAssessed(ctx, tx, who)
		return err
	})
	return newFindingPage(v), err
}

func (s *Service) findingPosted(r *http.Request) (templ.Component, error) {
	f, err := web.Form[struct {
		Kind    string `json:"kind"`
		Node    string `json:"node"`
		FoundOn string `json:"found_on"`
		Source  string `json:"source" maxLength:"200"`
		Reason  string `json:"reason" maxLength:"2000"`
	}](r)
	in := NewFinding{Kind: f.Kind, Node: f.Node, FoundOn: f.FoundOn, Source: f.Source, Reason: f.Reason}
	if err == nil {
		files, bad := web.Files(r, "files")
		if err = bad; err == nil && len(files) > 0 {
			in.Evidence, err = verify.Attach(r.Context(), s.Files, files, "files")
		}
	}
	var out Finding
	if err == nil {
		out, err = s.Find(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(findingURL(out.ID), web.Toast{Text: web.T(r.Context(), "finding.saved")}), nil
	}
	page, bad := s.findingForm(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(page, err)
}

type findingView struct {
	*sight
	rec  Finding
	form web.FormState
}

func (v *findingView) facts(ctx context.Context) []web.Fact {
	f := v.rec
	out := []web.Fact{
		{Label: web.T(ctx, "finding.kind"), Text: findingName(f.Kind).In(v.lang)},
		{Label: web.T(ctx, "finding.found_on"), Text: f.FoundOn},
		{Label: web.T(ctx, "finding.source"), Text: f.Source},
		{Label: web.T(ctx, "finding.made_by"), Text: v.person(f.MadeBy)},
	}
	if f.ConfirmedAt > 0 {
		out = append(out, web.Fact{Label: web.T(ctx, "finding.confirmed_by"), Text: v.person(f.ConfirmedBy) + " · " + web.MomentFull(db.FromMicros(f.ConfirmedAt))})
	}
	if f.WithdrawnAt > 0 {
		out = append(out, web.Fact{Label: web.T(ctx, "finding.withdrawn_by"), Text: v.person(f.WithdrawnBy) + " · " + web.MomentFull(db.FromMicros(f.WithdrawnAt))})
	}
	return out
}

func (s *Service) findingPage(r *http.Request) (templ.Component, error) {
	v, err := s.viewFinding(r, web.FormState{})
	if err != nil {
		return nil, err
	}
	return findingPage(v), nil
}

func (s *Service) viewFinding(r *http.Request, form web.FormState) (*findingView, error) {
	v := &findingView{form: form}
	var err error
	if v.rec, err = s.Finding(r.Context(), ByID{r.PathValue("id")}); err != nil {
		return nil, err
	}
	v.sight, err = s.see(r, v.rec.MadeBy, v.rec.ConfirmedBy, v.rec.WithdrawnBy)
	return v, err
}

func (s *Service) findingFile(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, err := s.Finding(r.Context(), ByID{r.PathValue("id")})
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
	return s.findingDone(r, "finding.confirmed", err)
}

func (s *Service) withdrawPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[struct {
		Why string `json:"why" maxLength:"1000"`
	}](r)
	if err == nil {
		_, err = s.Withdraw(r.Context(), Withdrawal{ID: r.PathValue("id"), Why: in.Why})
	}
	return s.findingDone(r, "finding.taken_back", err)
}

func (s *Service) findingDone(r *http.Request, said string, err error) (templ.Component, error) {
	if err == nil {
		return web.RedirectToast(findingURL(r.PathValue("id")), web.Toast{Text: web.T(r.Context(), said)}), nil
	}
	v, bad := s.viewFinding(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(findingPage(v), err)
}
