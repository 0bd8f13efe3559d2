package bulletin

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/station"
	"zhudian/internal/web"
)

const listPath = "/bulletins"

// Mount serves the documents.
func (s *Service) Mount(m *web.Mux) {
	m.Nav(web.NavItem{Key: "bulletins", Icon: "file-text", URL: listPath, Perm: "bulletin.read", Group: web.GroupResult, Order: 20, Go: "b"})
	web.Get(m, "/api/v1/bulletins", "bulletin.read", s.List, web.Doc("Documents in scope"))
	web.Post(m, "/api/v1/bulletins", "bulletin.draft", s.Draft, web.Status(http.StatusCreated), web.Doc("Start a document"))
	web.Get(m, "/api/v1/bulletins/{id}", "bulletin.read", s.Get, web.Doc("A document with its slots answered"))
	web.Put(m, "/api/v1/bulletins/{id}", "bulletin.draft", s.Edit, web.Doc("Rewrite a draft"))
	web.Get(m, "/api/v1/bulletins/{id}/versions", "bulletin.read", s.History, web.Doc("Saved texts of a document"))
	web.Post(m, "/api/v1/bulletins/{id}/submit", "bulletin.draft", s.Submit, web.Doc("Hand in for signature"))
	web.Post(m, "/api/v1/bulletins/{id}/return", "bulletin.sign", s.Return, web.Doc("Give back with a reason"))
	web.Post(m, "/api/v1/bulletins/{id}/sign", "bulletin.sign", s.Sign, web.Doc("Sign: the slots freeze into a manifest"))
	web.Get(m, "/api/v1/citations", "bulletin.read", s.ListCitations, web.Doc("Facts from outside"))
	web.Post(m, "/api/v1/citations", "citation.create", s.AddCitation, web.Status(http.StatusCreated), web.Doc("Record a fact from outside"))
	web.Post(m, "/api/v1/citations/{id}/check", "citation.check", s.CheckCitation, web.Doc("Check a citation against its source"))
	web.Get(m, "/api/v1/manifests/{code}", "bulletin.read", s.Manifest, web.Doc("What a signature froze"))

	m.Page("GET "+listPath, "bulletin.read", s.listPage)
	m.Page("GET "+listPath+"/new", "bulletin.draft", s.newPage)
	m.Page("POST "+listPath, "bulletin.draft", s.newPosted)
	m.Page("GET "+listPath+"/{id}", "bulletin.read", s.page)
	m.Page("GET "+listPath+"/{id}/edit", "bulletin.draft", s.editPage)
	m.Page("POST "+listPath+"/{id}/edit", "bulletin.draft", s.editPosted)
	m.Page("POST "+listPath+"/{id}/submit", "bulletin.draft", s.stepPosted(s.Submit, "bulletin.submitted_toast"))
	m.Page("POST "+listPath+"/{id}/return", "bulletin.sign", s.stepPosted(s.Return, "bulletin.returned_toast"))
	m.Page("POST "+listPath+"/{id}/sign", "bulletin.sign", s.stepPosted(s.Sign, "bulletin.signed_toast"))
	m.Page("POST "+listPath+"/{id}/citations", "citation.create", s.citePosted)
	m.Page("POST "+listPath+"/{id}/citations/{citation}/check", "citation.check", s.checkPosted)
	m.Raw("GET "+listPath+"/{id}/word", "bulletin.read", s.word(m))
}

// Manifest gives what a signature froze. Fault: not_found.
func (s *Service) Manifest(ctx context.Context, in ByCode) (out SignedFigures, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = ManifestOf(ctx, tx, in.Code)
		return err
	})
	return out, err
}

func docURL(id string) string { return listPath + "/" + url.PathEscape(id) }

func (s *Service) listPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[Filter](r)
	if err != nil {
		return nil, err
	}
	out, err := s.List(r.Context(), in)
	if err != nil {
		return nil, err
	}
	p := listProps{in: in, list: out}
	if p.names, err = s.names(r.Context(), out.Items); err != nil {
		return nil, err
	}
	if web.IsFragment(r) {
		return documentRows(p), nil
	}
	return documentsPage(p), nil
}

type listProps struct {
	in    Filter
	list  List
	names map[string]string
}

func (p listProps) next() string {
	if p.list.Next == "" {
		return ""
	}
	q := url.Values{"after": {p.list.Next}}
	for k, v := range map[string]string{"state": p.in.State, "kind": p.in.Kind} {
		if v != "" {
			q.Set(k, v)
		}
	}
	return listPath + "?" + q.Encode()
}

// names gives the people of documents by id.
func (s *Service) names(ctx context.Context, list []Document) (out map[string]string, err error) {
	var ids []string
	for _, d := range list {
		ids = append(ids, d.DraftedBy, d.SubmittedBy, d.SignedBy)
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = auth.Names(ctx, tx, ids)
		return err
	})
	return out, err
}

// start is the form that begins a document from a template.
type start struct {
	Template string `json:"template" required:"true"`
	Station  string `json:"station"`
	Through  string `json:"through" format:"date" required:"true"`
	IssueNo  string `json:"issue_no" maxLength:"40"`
}

func (s *Service) newPage(r *http.Request) (templ.Component, error) {
	stations, err := s.stations(r.Context())
	if err != nil {
		return nil, err
	}
	return newDocumentPage(web.FormOf("through", web.ShellOf(r.Context()).AsOf.Date, "template", "press"), stations), nil
}

func (s *Service) stations(ctx context.Context) (out []web.Choice, err error) {
	out = []web.Choice{{Value: "", Text: web.T(ctx, "bulletin.all_stations")}}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := station.All(ctx, tx)
		for _, x := range list {
			out = append(out, web.Choice{Value: x.ID, Text: x.Name})
		}
		return err
	})
	return out, err
}

func (s *Service) newPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[start](r)
	var d Document
	if err == nil {
		d, err = s.begin(r.Context(), in)
	}
	if err == nil {
		return web.Redirect(docURL(d.ID) + "/edit"), nil
	}
	stations, e := s.stations(r.Context())
	if e != nil {
		return nil, e
	}
	return web.Retry(newDocumentPage(web.NewForm(r, err), stations), err)
}

// begin drafts a document from a template; slots that cite start without a citation and wait for one.
func (s *Service) begin(ctx context.Context, in start) (Document, error) {
	t, err := TemplateNamed(in.Template)
	if fault.Has(err, "unknown_template") {
		err = fault.BadField("template", "unknown_template", "请选择模板。", "Choose a template.")
	}
	if err != nil {
		return Document{}, err
	}
	c := Compose{Title: t.Title, Kind: t.Kind, IssueNo: in.IssueNo, Station: in.Station, Through: in.Through, Body: t.Body}
	for _, slot := range t.Slots {
		if slot.Citation == "?" {
			if slot.Citation, err = s.citationNamed(ctx, slot.Title); err != nil {
				return Document{}, err
			}
			if slot.Citation == "" {
				c.Body = strings.ReplaceAll(c.Body, "{{"+slot.Key+"}}", "（待补引用）")
				continue
			}
		}
		c.Slots = append(c.Slots, slot)
	}
	return s.Draft(ctx, c)
}

func (s *Service) citationNamed(ctx context.Context, name string) (id string, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		id, _, err = db.Maybe[string](ctx, tx, `SELECT id FROM bulletin_citation WHERE name = ? ORDER BY checked_at DESC LIMIT 1`, name)
		return err
	})
	return id, err
}

type docProps struct {
	View
	names     map[string]string
	citations []Citation
	form      web.FormState
	typed     []row // in the editor, when it is shown again
}

func (s *Service) props(ctx context.Context, id string) (p docProps, err error) {
	if p.View, err = s.Get(ctx, ByID{id}); err != nil {
		return p, err
	}
	if p.names, err = s.names(ctx, []Document{p.Document}); err != nil {
		return p, err
	}
	list, err := s.ListCitations(ctx, struct{}{})
	p.citations = list.Citations
	return p, err
}

func (s *Service) page(r *http.Request) (templ.Component, error) {
	p, err := s.props(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return documentPage(p), nil
}

func (s *Service) editPage(r *http.Request) (templ.Component, error) {
	p, err := s.props(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if err := p.Document.open(p.Document.Version); err != nil {
		return nil, err
	}
	stations, err := s.stations(r.Context())
	if err != nil {
		return nil, err
	}
	return editorPage(p, stations), nil
}

func (s *Service) editPosted(r *http.Request) (templ.Component, error) {
	id := r.PathValue("id")
	in, err := web.Form[text](r)
	if err == nil {
		_, err = s.Edit(r.Context(), Rewrite{ID: id, Version: in.Version, Compose: in.compose()})
	}
	if err == nil {
		return web.RedirectToast(docURL(id), web.Toast{Text: web.T(r.Context(), "bulletin.saved")}), nil
	}
	p, e := s.props(r.Context(), id)
	if e != nil {
		return nil, e
	}
	stations, e := s.stations(r.Context())
	if e != nil {
		return nil, e
	}
	p.form, p.typed = web.NewForm(r, err), in.Slot
	return web.Retry(editorPage(p, stations), err)
}

// stepForm is what the buttons of a document send.
type stepForm struct {
	Version int64  `json:"version"`
	Reason  string `json:"reason" maxLength:"500"`
}

func (s *Service) stepPosted(do func(context.Context, Step) (Document, error), toast string) func(*http.Request) (templ.Component, error) {
	return func(r *http.Request) (templ.Component, error) {
		id := r.PathValue("id")
		in, err := web.Form[stepForm](r)
		if err == nil {
			_, err = do(r.Context(), Step{ID: id, Version: in.Version, Reason: in.Reason})
		}
		if err == nil {
			return web.RedirectToast(docURL(id), web.Toast{Text: web.T(r.Context(), toast)}), nil
		}
		p, e := s.props(r.Context(), id)
		if e != nil {
			return nil, e
		}
		p.form = web.NewForm(r, err)
		return web.Retry(documentPage(p), err)
	}
}

func (s *Service) citePosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[Cite](r)
	if err == nil {
		_, err = s.AddCitation(r.Context(), in)
	}
	id := r.PathValue("id")
	if err == nil {
		return web.RedirectToast(docURL(id), web.Toast{Text: web.T(r.Context(), "bulletin.cited")}), nil
	}
	p, e := s.props(r.Context(), id)
	if e != nil {
		return nil, e
	}
	p.form = web.NewForm(r, err)
	return web.Retry(documentPage(p), err)
}

func (s *Service) checkPosted(r *http.Request) (templ.Component, error) {
	if _, err := s.CheckCitation(r.Context(), CitationID{r.PathValue("citation")}); err != nil {
		return nil, err
	}
	return web.RedirectToast(docURL(r.PathValue("id")), web.Toast{Text: web.T(r.Context(), "bulletin.checked")}), nil
}

func (s *Service) word(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var file bytes.Buffer
		if err := s.Word(r.Context(), r.PathValue("id"), &file); err != nil {
			m.Fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
		w.Header().Set("Content-Disposition", `attachment; filename="bulletin.docx"; filename*=UTF-8''`+url.PathEscape("专报.docx"))
		_, _ = file.WriteTo(w) // the reader may have gone
	}
}

// chip is a slot's value as a figure that opens; a citation is plain text with its mark.
func chip(ctx context.Context, d Document, v Value, moved bool) templ.Component {
	if v.Cited != nil {
		return cited(v)
	}
	f := figOf(ctx, d, v, moved)
	f.Unit = "" // the text says it
	return web.Fig(f)
}

func figOf(_ context.Context, d Document, v Value, moved bool) web.FigProps {
	q := url.Values{"measure": {v.Code}, "through": {v.Asked.Through}, "book": {v.Asked.Book}, "basis": {v.Asked.Basis}}
	for k, x := range map[string]string{"from": v.Asked.From, "station": v.Asked.Station, "unit": v.Asked.Unit} {
		if x != "" {
			q.Set(k, x)
		}
	}
	q["where"] = v.Asked.Where
	if d.State == Signed {
		q.Set("known", db.FromMicros(d.SignedAt).Format("2006-01-02T15:04:05.999999Z07:00"))
	}
	return web.FigProps{Value: v.Text, Unit: v.Suffix, Title: v.Title, Query: q, Moved: moved}
}

func figureChoices(ctx context.Context) []web.Choice {
	var out []web.Choice
	for _, m := range ledger.Measures {
		out = append(out, web.Choice{Value: m.Code, Text: m.Name.In(web.Lang(ctx))})
	}
	for _, f := range ledger.Formulas {
		out = append(out, web.Choice{Value: f.Code, Text: f.Name.In(web.Lang(ctx))})
	}
	return out
}
