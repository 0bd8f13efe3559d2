package pipeline

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

func (s *Service) mountPromises(m *web.Mux) {
	web.Post(m, "/api/v1/projects/{project}/promises", "project.edit", s.AddPromise, web.Status(http.StatusCreated), web.Doc("Write down what one side of the contract owes"))
	web.Post(m, "/api/v1/projects/{project}/settle", "promise.settle", s.settleStored, web.Doc("Say what became of a promise"))
	m.Page("GET "+listPath+"/{id}/promise", "project.edit", s.promisePage)
	m.Page("POST "+listPath+"/{id}/promise", "project.edit", s.promisePosted)
	m.Page("GET "+listPath+"/{id}/settle", "promise.settle", s.settlePage)
	m.Page("POST "+listPath+"/{id}/settle", "promise.settle", s.settlePosted, web.MaxBody(maxUpload))
	m.Raw("GET "+listPath+"/{id}/promises/{promise}/file", "evidence.read", s.proof(m))
}

func (s *Service) promisePage(r *http.Request) (templ.Component, error) {
	v, err := s.record(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	f, err := s.form(r.Context(), web.FormOf("side", "government", "kind", "site"))
	if err != nil {
		return nil, err
	}
	return promisePage(v, f), nil
}

func (s *Service) promisePosted(r *http.Request) (templ.Component, error) {
	return s.posted(r, func(ctx context.Context, id string) error {
		in, err := web.Form[struct {
			Side   string `json:"side" maxLength:"20"`
			Kind   string `json:"kind" maxLength:"20"`
			Title  string `json:"title" maxLength:"200"`
			Owner  string `json:"owner" maxLength:"120"`
			Amount int64  `json:"amount" money:"wan"`
			Breach string `json:"breach" maxLength:"300"`
			DueOn  string `json:"due_on" format:"date"`
		}](r)
		if err != nil {
			return err
		}
		_, err = s.AddPromise(ctx, NewPromise{Project: id, Side: in.Side, Kind: in.Kind, Title: in.Title, Owner: in.Owner, Amount: in.Amount, Breach: in.Breach, DueOn: in.DueOn})
		return err
	}, "project.promise_toast", promisePage)
}

func (s *Service) settlePage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		ID      string `json:"id"`
		Promise string `json:"promise" maxLength:"40"`
	}](r)
	if err != nil {
		return nil, err
	}
	v, err := s.record(r.Context(), in.ID)
	if err != nil {
		return nil, err
	}
	if _, ok := v.promise(in.Promise); !ok {
		return nil, fault.New(fault.NotFound, "not_found", "没有这项承诺。", "There is no such promise.")
	}
	f, err := s.form(r.Context(), web.FormOf("promise", in.Promise, "state", "met", "on", web.Today(r.Context())))
	if err != nil {
		return nil, err
	}
	return settlePage(v, f), nil
}

func (s *Service) settlePosted(r *http.Request) (templ.Component, error) {
	return s.posted(r, func(ctx context.Context, id string) error {
		in, err := web.Form[struct {
			Promise string `json:"promise" maxLength:"40"`
			State   string `json:"state" maxLength:"20"`
			On      string `json:"on" format:"date"`
			Reason  string `json:"reason" maxLength:"500"`
		}](r)
		if err != nil {
			return err
		}
		headers, err := web.Files(r, "evidence")
		if err != nil {
			return err
		}
		files, err := verify.Attach(ctx, s.Files, headers, "evidence")
		if err != nil {
			return err
		}
		out := Settle{Project: id, Promise: in.Promise, State: in.State, On: in.On, Reason: in.Reason}
		if len(files) > 0 {
			out.Evidence = files[0]
		}
		_, err = s.SettlePromise(ctx, out)
		return err
	}, "project.settled_toast", settlePage)
}

// proof gives out what proves that a promise was kept.
func (s *Service) proof(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		e, err := s.proofInScope(r.Context(), r.PathValue("id"), r.PathValue("promise"))
		if err == nil {
			err = verify.ServeFile(w, r, s.Files, e)
		}
		if err != nil {
			m.Fail(w, r, err)
		}
	}
}

func (s *Service) proofInScope(ctx context.Context, project, id string) (out verify.Evidence, err error) {
	who, err := audit.Require(ctx, "evidence.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := inScope(ctx, tx, who.Node, project); err != nil {
			return err
		}
		r, err := promiseOf(ctx, tx, project, id)
		if err == nil && r.Blob == "" {
			err = fault.New(fault.NotFound, "not_found", "没有附件。", "There is no file.")
		}
		out = verify.Evidence{Blob: r.Blob, Name: r.Name, Type: r.Type, Size: r.Size}
		return err
	})
	return out, err
}

func (v recordView) promise(id string) (Promise, bool) {
	i := slices.IndexFunc(v.Promises, func(r Promise) bool { return r.ID == id })
	if i < 0 {
		return Promise{}, false
	}
	return v.Promises[i], true
}

// kept says how many of the promises were kept.
func (v recordView) kept() string {
	n := 0
	for _, r := range v.Promises {
		if r.State == "met" {
			n++
		}
	}
	return web.Int(int64(n)) + " / " + web.Int(int64(len(v.Promises)))
}

func promiseTone(standing string) string {
	switch standing {
	case "met":
		return "act"
	case "late", "broken":
		return "alarm"
	case "open", "met_late":
		return "due"
	}
	return ""
}

// sideOf is the side of a promise, the government's for none.
func sideOf(r Promise) string {
	if r.Side == "" {
		return promiseSides[0]
	}
	return r.Side
}
