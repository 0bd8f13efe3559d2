package portal

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// writing is the editor of one article; id is "" while it is new.
type writing struct {
	id   string
	form web.FormState
}

func (v writing) title() string {
	if v.id == "" {
		return "article.new"
	}
	return "article.edit_title"
}

func (v writing) action() string {
	if v.id == "" {
		return articlesPath
	}
	return articlesPath + "/" + v.id + "/edit"
}

// formOf shows an article in the editor.
func formOf(a Article) web.FormState {
	return web.FormOf("document", a.Document, "channel", a.Channel, "lang", a.Lang, "title", a.Title, "summary", a.Summary, "body", a.Body, "replaces", a.Replaces,
		"version", strconv.FormatInt(a.Version, 10))
}

func (s *Service) newPage(r *http.Request) (templ.Component, error) {
	q := r.URL.Query()
	if q.Get("replaces") == "" {
		return writeView(writing{form: web.FormOf("document", q.Get("bulletin"), "channel", "results", "lang", "zh")}), nil
	}
	old, err := s.article(r.Context(), q.Get("replaces"))
	if err != nil {
		return nil, err
	}
	old.Replaces, old.Document = old.ID, ""
	return writeView(writing{form: formOf(old)}), nil
}

func (s *Service) article(ctx context.Context, id string) (a Article, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, err = articleByID(ctx, tx, id)
		return err
	})
	return a, err
}

// writeForm is the editor's form.
type writeForm struct {
	Version int64 `json:"version"`
	Write
}

func (s *Service) newPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[writeForm](r)
	if err == nil {
		_, err = s.Prepare(r.Context(), in.Write)
	}
	if err == nil {
		return web.RedirectToast(articlesPath, web.Toast{Text: web.T(r.Context(), "article.written_toast")}), nil
	}
	return web.Retry(writeView(writing{form: web.NewForm(r, err)}), err)
}

func (s *Service) editPage(r *http.Request) (templ.Component, error) {
	a, err := s.article(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if a.State != "draft" {
		return nil, fault.New(fault.Conflict, "not_draft", "这篇文章已发布或已撤下；要改，请写一篇替换它。", "This article was published or withdrawn; write one that replaces it.")
	}
	return writeView(writing{a.ID, formOf(a)}), nil
}

func (s *Service) editPosted(r *http.Request) (templ.Component, error) {
	id := r.PathValue("id")
	in, err := web.Form[writeForm](r)
	if err == nil {
		_, err = s.Edit(r.Context(), Rewrite{ID: id, Version: in.Version, Write: in.Write})
	}
	if err == nil {
		return web.RedirectToast(articlesPath, web.Toast{Text: web.T(r.Context(), "article.written_toast")}), nil
	}
	return web.Retry(writeView(writing{id, web.NewForm(r, err)}), err)
}
