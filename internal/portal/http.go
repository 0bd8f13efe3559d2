package portal

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"
	qrcode "github.com/skip2/go-qrcode"

	"zhudian/internal/bulletin"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// MountPublic serves the public pages; they need nobody to be signed in.
func (s *Service) MountPublic(m *web.Mux) {
	m.Page("GET /portal/{$}", "", s.kept(s.homePage), web.Public)
	m.Page("GET /portal/news", "", s.kept(s.newsPage), web.Public)
	m.Page("GET /portal/articles/{id}", "", s.kept(s.articlePage), web.Public)
	m.Page("GET /portal/conferences/{id}", "", s.kept(s.conferencePage), web.Public)
	m.Page("GET /portal/trace/{code}", "", s.kept(s.tracePage), web.Public)
	m.Page("GET /portal/trace", "", s.traceAsked, web.Public)
	m.Page("GET /portal/figures", "", s.kept(s.figurePage), web.Public)
	m.Page("GET /portal/figures/drawer", "", s.kept(s.figureDrawer), web.Public)
	m.Raw("GET /portal/rss.xml", "", s.rss(m), web.Public, web.Cache("public, max-age=300"))
	m.Raw("GET /portal/sitemap.xml", "", s.sitemap(m), web.Public, web.Cache("public, max-age=3600"))
	m.Raw("GET /robots.txt", "", s.robots, web.Public, web.Cache("public, max-age=86400"))
	s.mountSend(m)
	s.mountPlaces(m)
	s.mountAnswers(m)
	m.Raw("GET /portal/articles/{id}/qr.png", "", s.qr(m), web.Public, web.Cache("public, max-age=3600"))
}

// Mount serves the editors' side.
func (s *Service) Mount(m *web.Mux) {
	s.Inbox.Mount(m)
	m.Nav(web.NavItem{Key: "articles", Icon: "world", URL: articlesPath, Perm: "bulletin.publish", Group: web.GroupResult, Order: 40})
	web.Get(m, "/api/v1/articles", "bulletin.publish", s.List, web.Doc("Articles of the portal"))
	web.Post(m, "/api/v1/articles", "bulletin.publish", s.Prepare, web.Status(http.StatusCreated), web.Doc("Write an article"))
	web.Put(m, "/api/v1/articles/{id}", "bulletin.publish", s.Edit, web.Doc("Rewrite an article that is not public yet"))
	web.Post(m, "/api/v1/articles/{id}/publish", "bulletin.publish", s.Publish, web.Doc("Make an article public"))
	web.Post(m, "/api/v1/articles/{id}/withdraw", "bulletin.publish", s.Withdraw, web.Doc("Take an article back with a remark"))
	m.Page("GET "+articlesPath, "bulletin.publish", s.articlesPage)
	m.Page("GET "+articlesPath+"/new", "bulletin.publish", s.newPage)
	m.Page("POST "+articlesPath, "bulletin.publish", s.newPosted)
	m.Page("GET "+articlesPath+"/{id}/edit", "bulletin.publish", s.editPage)
	m.Page("POST "+articlesPath+"/{id}/edit", "bulletin.publish", s.editPosted)
	web.Post(m, "/api/v1/conferences/{id}/publish", "bulletin.publish", s.PublishPack, web.Doc("Make the pack of a press conference public, unless a figure has moved"))
	m.Page("POST /admin/packs/{id}", "bulletin.publish", s.packPosted)
	m.Page("POST "+articlesPath+"/{id}/publish", "bulletin.publish", s.stepPosted(s.Publish, "article.published_toast"))
	m.Page("POST "+articlesPath+"/{id}/withdraw", "bulletin.publish", s.stepPosted(s.Withdraw, "article.withdrawn_toast"))
}

const articlesPath = "/admin/articles"

func articleURL(id string) string { return "/portal/articles/" + url.PathEscape(id) }

// Filter narrows the editors' list.
type Filter struct {
	State string `query:"state" json:"state,omitempty" enum:"draft,published,withdrawn,"`
}

// Articles is the editors' list, newest change first, at most 200.
type Articles struct {
	Articles []Article `json:"articles"`
}

// List gives the articles whatever their state.
func (s *Service) List(ctx context.Context, in Filter) (out Articles, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		where, args := "1 = 1", []any{}
		if in.State != "" {
			where, args = "a.state = ?", append(args, in.State)
		}
		out.Articles, err = db.All[Article](ctx, tx, `SELECT `+articleColumns+` FROM portal_article a WHERE `+where+` ORDER BY a.updated_at DESC LIMIT 200`, args...)
		return err
	})
	return out, err
}

func (s *Service) articlesPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[Filter](r)
	if err != nil {
		return nil, err
	}
	out, err := s.List(r.Context(), in)
	if err != nil {
		return nil, err
	}
	return articlesView(in, out.Articles, web.FormState{}), nil
}

type stepForm struct {
	Version int64  `json:"version"`
	Remark  string `json:"remark" maxLength:"300"`
}

func (s *Service) stepPosted(do func(context.Context, Step) (Article, error), toast string) func(*http.Request) (templ.Component, error) {
	return func(r *http.Request) (templ.Component, error) {
		in, err := web.Form[stepForm](r)
		if err == nil {
			_, err = do(r.Context(), Step{ID: r.PathValue("id"), Version: in.Version, Remark: in.Remark})
		}
		if err == nil {
			return web.RedirectToast(articlesPath, web.Toast{Text: web.T(r.Context(), toast)}), nil
		}
		out, e := s.List(r.Context(), Filter{})
		if e != nil {
			return nil, e
		}
		return web.Retry(articlesView(Filter{}, out.Articles, web.NewForm(r, err)), err)
	}
}

func (s *Service) articlePage(r *http.Request) (templ.Component, error) {
	p, err := s.Read(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return articleView(s, p, r.URL.Query().Get("size")), nil
}

// base is where readers find the site.
func (s *Service) base(r *http.Request) string {
	switch {
	case s.PublicURL != "":
		return strings.TrimSuffix(s.PublicURL, "/")
	case web.Secure(r.Context()):
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// qr draws the address of an article.
func (s *Service) qr(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		png, err := qrcode.Encode(s.base(r)+articleURL(r.PathValue("id")), qrcode.Medium, 256)
		if err != nil {
			m.Fail(w, r, fault.Wrap(err, "draw a QR code"))
			return
		}
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(png) // the reader may have gone
	}
}

func (s *Service) traceAsked(r *http.Request) (templ.Component, error) {
	code := r.URL.Query().Get("code")
	if code == "" {
		return traceForm(s, web.FormState{}), nil
	}
	return web.Redirect("/portal/trace/" + url.PathEscape(code)), nil
}

func (s *Service) tracePage(r *http.Request) (templ.Component, error) {
	m, err := s.manifest(r.Context(), r.PathValue("code"))
	if err != nil {
		return nil, err
	}
	return traceView(s, m), nil
}

// manifest gives the manifest of a published article; a document that was signed but not published stays inside.
func (s *Service) manifest(ctx context.Context, code string) (out bulletin.SignedFigures, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = bulletin.ManifestOf(ctx, tx, code); err != nil {
			return err
		}
		return isPublic(ctx, tx, out.Manifest.Document)
	})
	return out, err
}

func isPublic(ctx context.Context, tx *db.Tx, document string) error {
	_, err := db.One[string](ctx, tx, `SELECT id FROM portal_article WHERE document_id = ? AND state <> 'draft'`, document)
	return err
}

// Figure is one published number as the public may see it: what it means, what it is made of by prefecture, and
// how many entries stand behind it; never an entry.
type Figure struct {
	Code  string
	Value bulletin.Value
	Known int64
	Parts []Part
}

// Part is one prefecture's share of a figure. Shares made of fewer than three entries are folded into the last one.
type Part struct {
	Name  string
	Value ledger.Number
	N     int64
}

func (s *Service) figurePage(r *http.Request) (templ.Component, error) {
	f, err := s.figure(r.Context(), r.URL.Query().Get("code"), r.URL.Query().Get("key"))
	if err != nil {
		return nil, err
	}
	return figureView(s, f), nil
}

func (s *Service) figureDrawer(r *http.Request) (templ.Component, error) {
	f, err := s.figure(r.Context(), r.URL.Query().Get("code"), r.URL.Query().Get("key"))
	if err != nil {
		return nil, err
	}
	return drawerView(f), nil
}

func dateLine(ctx context.Context, t time.Time) string {
	return web.LongDate(ctx, t.In(db.Zone()).Format(time.DateOnly))
}
