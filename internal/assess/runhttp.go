package assess

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/web"
)

const base = "/assess"

func (s *Service) mountRuns(m *web.Mux) {
	web.Get(m, "/api/v1/assess/schemes", "assess.read", s.Schemes, web.Doc("Schemes of assessment, every version"))
	web.Post(m, "/api/v1/assess/schemes", "assess.scheme", s.SaveScheme, web.Status(http.StatusCreated), web.Doc("Write a new version of a scheme as a draft"))
	web.Get(m, "/api/v1/assess/schemes/{id}", "assess.read", s.Scheme, web.Doc("One version of a scheme"))
	web.Post(m, "/api/v1/assess/schemes/{id}/approve", "assess.publish", s.Approve, web.Doc("Put a draft in force, by another person"))
	web.Get(m, "/api/v1/assess/runs", "assess.read", s.Runs, web.Doc("Assessments, newest first"))
	web.Post(m, "/api/v1/assess/runs", "assess.run", s.Assess, web.Status(http.StatusCreated), web.Doc("Work a scheme out for a period"))
	web.Get(m, "/api/v1/assess/runs/{id}", "assess.read", s.Report, web.Doc("One assessment; of one subject with every line, or under other weights"))
	web.Get(m, "/api/v1/assess/runs/{id}/{subject}/counted/{tally}", "assess.read", s.Counted, web.Doc("The records that an assessment counted beside the ledger, for one subject"))
	web.Get(m, "/api/v1/assess/runs/{id}/replay", "assess.read", s.Replay, web.Doc("Work an assessment out again from what it kept, and compare"))
	web.Post(m, "/api/v1/assess/runs/{id}/steps", "assess.read", s.Take, web.Doc("Open it to appeals, publish it, take it back"))
	web.Post(m, "/api/v1/assess/runs/{id}/appeals", "assess.appeal", s.Appeal, web.Status(http.StatusCreated), web.Doc("Doubt a score of one's own"))
	web.Post(m, "/api/v1/assess/appeals/{id}/answer", "assess.answer", s.Answer, web.Doc("Answer an appeal"))

	m.Page("GET "+base, "assess.read", s.runsPage)
	m.Page("GET "+base+"/runs/new", "assess.run", s.newRunPage)
	m.Page("POST "+base+"/runs", "assess.run", s.runPosted)
	m.Page("GET "+base+"/runs/{id}", "assess.read", s.runPage)
	m.Page("POST "+base+"/runs/{id}/steps", "assess.read", s.stepPosted)
	m.Page("GET "+base+"/runs/{id}/{subject}", "assess.read", s.subjectPage)
	m.Page("GET "+base+"/runs/{id}/{subject}/{tally}", "assess.read", s.countedPage)
	m.Page("POST "+base+"/runs/{id}/{subject}", "assess.appeal", s.appealPosted)
	m.Page("POST "+base+"/appeals/{id}", "assess.answer", s.answerPosted)
	m.Page("GET "+base+"/schemes/{id}", "assess.read", s.schemePage)
	m.Page("POST "+base+"/schemes/{id}", "assess.scheme", s.schemePosted)
	m.Page("GET "+base+"/schemes/{id}/edit", "assess.scheme", s.editPage)
	m.Page("POST "+base+"/schemes/{id}/edit", "assess.scheme", s.editPosted)
	m.Page("POST "+base+"/schemes/{id}/approve", "assess.publish", s.approvePosted)

	m.Command(web.Command{Key: "assess_new", Icon: "gavel", URL: base + "/runs/new", Perm: "assess.run"})
	m.Nav(web.NavItem{Key: "assess", Icon: "gavel", URL: base, Perm: "assess.read", Group: web.GroupResult, Order: 30})
}

func runURL(id string) string { return base + "/runs/" + url.PathEscape(id) }

func subjectURL(id, subject string) string { return runURL(id) + "/" + url.PathEscape(subject) }

func schemeURL(id string) string { return base + "/schemes/" + url.PathEscape(id) }

func (s *Service) see(r *http.Request, people ...string) (v *sight, err error) {
	err = s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		v, err = see(ctx, tx)
		if err == nil {
			err = v.meet(ctx, tx, people)
		}
		return err
	})
	return v, err
}

func (s *Service) runsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[db.Page](r)
	if err != nil {
		return nil, err
	}
	v := &runsView{}
	if v.list, err = s.Runs(r.Context(), in); err != nil {
		return nil, err
	}
	schemes, err := s.Schemes(r.Context(), struct{}{})
	if err != nil {
		return nil, err
	}
	v.schemes = schemes.Items
	var people []string
	for _, x := range v.list.Items {
		people = append(people, x.MadeBy)
	}
	if v.sight, err = s.see(r, people...); err != nil {
		return nil, err
	}
	return runsPage(v), nil
}

func (s *Service) newRunPage(r *http.Request) (templ.Component, error) {
	today := web.Today(r.Context())
	return s.startForm(r, web.FormOf("from", today[:4]+"-01-01", "through", today))
}

func (s *Service) startForm(r *http.Request, state web.FormState) (templ.Component, error) {
	schemes, err := s.Schemes(r.Context(), struct{}{})
	if err != nil {
		return nil, err
	}
	v := &runsView{schemes: schemes.Items, form: state}
	if v.sight, err = s.see(r); err != nil {
		return nil, err
	}
	return newRunPage(v), nil
}

func (s *Service) runPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[Start](r)
	var out Run
	if err == nil {
		out, err = s.Assess(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(runURL(out.ID), web.Toast{Text: web.T(r.Context(), "assess.made")}), nil
	}
	page, bad := s.startForm(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(page, err)
}

func (s *Service) runPage(r *http.Request) (templ.Component, error) {
	v, err := s.viewRun(r, web.FormState{})
	if err != nil {
		return nil, err
	}
	return runPage(v), nil
}

func (s *Service) viewRun(r *http.Request, form web.FormState) (*runView, error) {
	in := RunIn{}
	var err error
	if r.Method == http.MethodGet {
		if in, err = web.Query[RunIn](r); err != nil {
			return nil, err
		}
	}
	in.ID, in.Subject = r.PathValue("id"), r.PathValue("subject")
	v := &runView{form: form, tried: map[string]string{}}
	for i, k := range in.Key {
		if i < len(in.Weight) {
			v.tried[k] = in.Weight[i]
		}
	}
	if v.rec, err = s.Report(r.Context(), in); err != nil {
		return nil, err
	}
	people := []string{v.rec.MadeBy, v.rec.PublishedBy}
	for _, a := range v.rec.Appeals {
		people = append(people, a.FiledBy, a.AnsweredBy)
	}
	v.sight, err = s.see(r, people...)
	return v, err
}

func (s *Service) stepPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[struct {
		Kind    string `json:"kind"`
		Version int64  `json:"version"`
	}](r)
	id := r.PathValue("id")
	if err == nil {
		_, err = s.Take(r.Context(), Move{ID: id, Kind: in.Kind, Version: in.Version})
	}
	if err == nil {
		return web.RedirectToast(runURL(id), web.Toast{Text: web.T(r.Context(), "assess.done."+in.Kind)}), nil
	}
	return s.runAgain(r, err)
}

// runAgain shows the page of the run with what went wrong.
func (s *Service) runAgain(r *http.Request, err error) (templ.Component, error) {
	v, bad := s.viewRun(r, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	if r.PathValue("subject") != "" {
		return web.Retry(subjectPage(v), err)
	}
	return web.Retry(runPage(v), err)
}

func (s *Service) subjectPage(r *http.Request) (templ.Component, error) {
	v, err := s.viewRun(r, web.FormState{})
	if err != nil {
		return nil, err
	}
	return subjectPage(v), nil
}

func (s *Service) appealPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[struct {
		Item   string `json:"item"`
		Reason string `json:"reason" maxLength:"1000"`
	}](r)
	id, subject := r.PathValue("id"), r.PathValue("subject")
	if err == nil {
		_, err = s.Appeal(r.Context(), NewAppeal{Run: id, Subject: subject, Item: in.Item, Reason: in.Reason})
	}
	if err == nil {
		return web.RedirectToast(subjectURL(id, subject), web.Toast{Text: web.T(r.Context(), "assess.appealed")}), nil
	}
	return s.runAgain(r, err)
}

func (s *Service) answerPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[struct {
		Upheld bool   `json:"upheld"`
		Answer string `json:"answer" maxLength:"1000"`
	}](r)
	if err != nil {
		return nil, err
	}
	out, err := s.Answer(r.Context(), Reply{ID: r.PathValue("id"), Upheld: in.Upheld, Answer: in.Answer})
	if err != nil {
		return nil, err
	}
	return web.RedirectToast(subjectURL(out.Run, out.Subject), web.Toast{Text: web.T(r.Context(), "assess.answered")}), nil
}
