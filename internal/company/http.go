package company

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/sheet"
	"zhudian/internal/web"
)

// uploadBody is the largest request with a table in it: the file and the form around it.
const uploadBody = blob.Limit + 1<<20

// Mount serves the library: JSON under /api/v1, pages under /companies and /contacts.
func (s *Service) Mount(m *web.Mux) {
	web.Get(m, "/api/v1/companies", "company.read", s.List, web.Doc("Companies and associations, by filters, page by page"))
	web.Post(m, "/api/v1/companies", "company.create", s.Create, web.Doc("Add a company or association"), web.Status(http.StatusCreated))
	web.Get(m, "/api/v1/companies/suggest", "company.read", s.Suggest, web.Doc("Likely duplicates of a name or credit code"))
	web.Post(m, "/api/v1/companies/merge", "company.merge", s.Merge, web.Doc("Make one record of two"))
	web.Get(m, "/api/v1/companies/duplicates", "company.merge", s.Pairs, web.Doc("Records that may be one organisation, the likeliest first"))
	web.Post(m, "/api/v1/companies/duplicates", "company.merge", s.JudgePair, web.Doc("Say that two records are not the same, or put it off"))
	web.Get(m, "/api/v1/imports", "company.import", s.Jobs, web.Doc("One's own imports"))
	web.Get(m, "/api/v1/imports/{id}", "company.import", s.Job, web.Doc("One import"))
	web.Post(m, "/api/v1/imports/{id}/check", "company.import", s.Recheck, web.Doc("Look at the table again with columns chosen by hand"))
	web.Post(m, "/api/v1/imports/{id}/start", "company.import", s.Start, web.Doc("Store a checked table"))
	web.Post(m, "/api/v1/imports/{id}/cancel", "company.import", s.Cancel, web.Doc("Stop an import"))
	m.Raw("POST /api/v1/imports", "company.import", s.uploadRaw(m), web.MaxBody(uploadBody))
	m.Raw("GET /api/v1/imports/{id}/report", "company.import", s.reportRaw(m))
	m.Raw("GET /api/v1/companies/export", "company.export", s.exportRaw(m))
	web.Get(m, "/api/v1/companies/{id}", "company.read", s.Get, web.Doc("One company; a merged one gives the record it became"))
	web.Put(m, "/api/v1/companies/{id}", "company.edit", s.Edit, web.Doc("Change a company"))
	web.Post(m, "/api/v1/companies/{id}/silence/break", "company.edit", s.BreakSilence, web.Doc("Let a company be contacted again, with a reason"))
	web.Get(m, "/api/v1/contacts", "contact.read", s.Contacts, web.Doc("People in one's scope, phones masked"))
	web.Post(m, "/api/v1/contacts", "contact.create", s.AddContact, web.Doc("Add a person"), web.Status(http.StatusCreated))
	web.Put(m, "/api/v1/contacts/{id}", "contact.edit", s.EditContact, web.Doc("Change a person's data"))
	web.Post(m, "/api/v1/contacts/{id}/reveal", "contact.reveal", s.Reveal, web.Doc("One person's data in full; recorded and counted"))
	web.Post(m, "/api/v1/contacts/{id}/erase", "contact.erase", s.Erase, web.Doc("Destroy a person's data for good"))
	s.mountPages(m)
	s.mountReferrals(m)
}

func (s *Service) mountPages(m *web.Mux) {
	m.Page("GET /companies", "company.read", s.listPage)
	m.Page("GET /companies/new", "company.create", s.newPage)
	m.Page("POST /companies", "company.create", s.createForm)
	m.Page("GET /companies/hints", "company.read", s.hintsPart)
	m.Page("POST /companies/merge/choose", "company.merge", s.chooseMerge)
	m.Page("GET "+pairsPath, "company.merge", s.pairsPage)
	m.Page("POST "+pairsPath, "company.merge", s.pairPosted)
	m.Page("GET /companies/merge", "company.merge", s.mergePage)
	m.Page("POST /companies/merge", "company.merge", s.mergeForm)
	m.Raw("GET /companies/export", "company.export", s.exportRaw(m))
	m.Raw("POST /companies/export", "company.export", s.exportChosen(m))
	m.Page("GET /imports", "company.import", s.importPage)
	m.Page("POST /imports", "company.import", s.uploadForm, web.MaxBody(uploadBody))
	m.Raw("GET /imports/template", "company.import", s.templateRaw(m))
	m.Page("GET /imports/{id}", "company.import", s.jobPage)
	m.Page("GET /imports/{id}/part", "company.import", s.jobPart)
	m.Page("POST /imports/{id}/check", "company.import", s.recheckForm)
	m.Page("POST /imports/{id}/start", "company.import", s.startForm)
	m.Page("POST /imports/{id}/cancel", "company.import", s.cancelForm)
	m.Raw("GET /imports/{id}/report", "company.import", s.reportRaw(m))
	m.Page("GET /companies/{id}", "company.read", s.recordPage)
	m.Page("GET /companies/{id}/edit", "company.edit", s.editPage)
	m.Page("POST /companies/{id}", "company.edit", s.editForm)
	m.Page("POST /companies/{id}/silence", "company.edit", s.breakSilenceForm)
	m.Page("GET /companies/{id}/contacts", "contact.read", s.contactsPart)
	m.Page("POST /companies/{id}/contacts", "contact.create", s.addContactForm)
	m.Page("GET /contacts", "contact.read", s.contactsPage)
	m.Page("POST /contacts/{id}/reveal", "contact.reveal", s.revealPart)
	m.Page("POST /contacts/{id}/erase", "contact.erase", s.eraseForm)
	m.Nav(web.NavItem{Key: "companies", Icon: "building-factory-2", URL: "/companies", Perm: "company.read", Group: web.GroupLibrary, Order: 1, Phone: true, Go: "c"})
	m.Nav(web.NavItem{Key: "contacts", Icon: "address-book", URL: "/contacts", Perm: "contact.read", Group: web.GroupLibrary, Order: 2})
	m.Command(web.Command{Key: "company_new", Icon: "plus", URL: "/companies/new", Perm: "company.create"})
	m.Command(web.Command{Key: "company_import", Icon: "file-import", URL: "/imports", Perm: "company.import"})
	web.Get(m, "/api/v1/companies/find", "company.read", s.Find, web.Doc("What a search finds in the library, best first"))
	m.Search("companies", "building-factory-2", "company.read", s.findCompanies)
	m.Search("contacts", "address-book", "contact.read", s.findContacts)
}

// findCompanies answers the search box of the top bar.
func (s *Service) findCompanies(ctx context.Context, text string, limit int) (out web.Hits, err error) {
	l, err := s.Find(ctx, Find{Q: text, Limit: limit})
	if err != nil || len(l.Items) == 0 {
		return out, err
	}
	p, err := s.pickers(ctx)
	out = web.HitsOf(l.Items, func(c FoundCompany) web.Hit {
		return web.Hit{Title: c.Name, Meta: strings.Trim(c.CreditCode+" · "+p.d.RegionName(c.Region), " ·"), URL: recordURL(c.ID)}
	})
	out.Total, out.All = l.Total, "/companies?"+web.Values("q", text).Encode()
	return out, err
}

// findContacts finds people by their whole name, phone or its last four digits.
func (s *Service) findContacts(ctx context.Context, text string, limit int) (web.Hits, error) {
	l, err := s.Contacts(ctx, Contacts{Q: text, Page: pageOf(limit)})
	return web.HitsOf(l.Items, func(c Contact) web.Hit {
		return web.Hit{Title: c.Name, Meta: strings.Trim(c.Phone+" · "+c.CompanyName, " ·"), URL: recordURL(c.Company)}
	}), err
}

func recordURL(id string) string { return "/companies/" + url.PathEscape(id) }
func jobURL(id string) string    { return "/imports/" + url.PathEscape(id) }

// listPage shows the library by the filters of its address.
func (s *Service) listPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[Query](r)
	if err != nil {
		return nil, err
	}
	v, err := s.listView(r.Context(), in)
	if err != nil {
		return nil, err
	}
	return listView(v), nil
}

func (s *Service) newPage(r *http.Request) (templ.Component, error) {
	p, err := s.pickers(r.Context())
	return formView(formProps{New: true, Action: "/companies", State: web.FormOf("kind", Enterprise, "currency", "CNY"), pickers: p}), err
}

// form is a company as the form posts it: capital in 万, former names line by line.
type form struct {
	Version      int64    `json:"version"`
	Kind         string   `json:"kind"`
	Name         string   `json:"name"`
	CreditCode   string   `json:"credit_code"`
	Former       string   `json:"former"`
	Industry     string   `json:"industry"`
	Region       string   `json:"region"`
	Address      string   `json:"address"`
	Capital      *int64   `json:"capital" money:"wan"`
	Currency     string   `json:"currency"`
	Status       string   `json:"status"`
	RegisteredOn string   `json:"registered_on" format:"date"`
	RegType      string   `json:"reg_type"`
	Business     string   `json:"business"`
	Tags         []string `json:"tags"`
}

func (f form) facts() Facts {
	return Facts{
		Kind: f.Kind, Name: f.Name, CreditCode: f.CreditCode, Former: splitLines(f.Former), Industry: f.Industry, Region: f.Region,
		Address: f.Address, Capital: f.Capital, Currency: f.Currency, Status: f.Status, RegisteredOn: f.RegisteredOn, RegType: f.RegType, Business: f.Business,
	}
}

func splitLines(s string) []string {
	var out []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// standing keeps source and date of the tags a record has already.
func (f form) standing(have []Tag) []Tag {
	out := []Tag{}
	for _, code := range f.Tags {
		t := Tag{Code: code}
		for _, h := range have {
			if h.Code == code {
				t = h
			}
		}
		out = append(out, t)
	}
	return out
}

func (s *Service) createForm(r *http.Request) (templ.Component, error) {
	f, err := web.Form[form](r)
	if err == nil {
		var rec Record
		if rec, err = s.Create(r.Context(), Create{Facts: f.facts(), Tags: f.standing(nil)}); err == nil {
			return web.RedirectToast(recordURL(rec.ID), web.Toast{Text: web.T(r.Context(), "company.created", rec.Name)}), nil
		}
	}
	p, perr := s.pickers(r.Context())
	if perr != nil {
		return nil, perr
	}
	return web.Retry(formView(formProps{New: true, Action: "/companies", State: web.NewForm(r, err), Twin: twinFix(err), pickers: p}), err)
}

// twinFix is the id of the record that a refused creation would repeat.
func twinFix(err error) string {
	if !fault.Has(err, "company_exists") {
		return ""
	}
	for _, f := range fault.Of(err).Fields {
		if f.Code == "company_exists" {
			return f.Fix
		}
	}
	return ""
}

func (s *Service) editPage(r *http.Request) (templ.Component, error) {
	rec, err := s.Get(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	if rec.Asked != "" {
		return web.Redirect(recordURL(rec.ID) + "/edit"), nil
	}
	p, err := s.pickers(r.Context())
	return formView(formProps{ID: rec.ID, Name: rec.Name, Action: recordURL(rec.ID), State: formOf(rec), pickers: p}), err
}

func (s *Service) editForm(r *http.Request) (templ.Component, error) {
	id := r.PathValue("id")
	f, err := web.Form[struct {
		form
		ID string `json:"id"`
	}](r)
	rec, gerr := s.Get(r.Context(), ByID{id})
	if gerr != nil {
		return nil, gerr
	}
	if err == nil {
		if _, err = s.Edit(r.Context(), Edit{ID: id, Version: f.Version, Facts: f.facts(), Tags: f.standing(rec.Standing)}); err == nil {
			return web.RedirectToast(recordURL(id), web.Toast{Text: web.T(r.Context(), "company.saved")}), nil
		}
	}
	p, perr := s.pickers(r.Context())
	if perr != nil {
		return nil, perr
	}
	state := web.NewForm(r, err)
	if fault.Has(err, "stale") { // having compared, the next save is meant
		state.Values.Set("version", strconv.FormatInt(rec.Version, 10))
	}
	return web.Retry(formView(formProps{ID: rec.ID, Name: rec.Name, Action: recordURL(id), State: state, Twin: twinFix(err), pickers: p}), err)
}

func (s *Service) hintsPart(r *http.Request) (templ.Component, error) {
	in, err := web.Query[Suggest](r)
	if err != nil {
		return nil, err
	}
	out, err := s.Suggest(r.Context(), in)
	if err != nil {
		return nil, err
	}
	if in.CreditCode != "" {
		_, out.Code = CreditCode(in.CreditCode)
	}
	p, err := s.pickers(r.Context())
	return hintList(out, p), err
}

func (s *Service) recordPage(r *http.Request) (templ.Component, error) {
	rec, err := s.Get(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	if rec.Asked != "" {
		return web.RedirectToast(recordURL(rec.ID), web.Toast{Text: web.T(r.Context(), "company.was_merged", rec.Name)}), nil
	}
	v, err := s.recordView(r.Context(), rec)
	if err != nil {
		return nil, err
	}
	return recordView(v), nil
}

// exportRaw sends the list of the address as a file.
func (s *Service) exportRaw(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in, err := web.Query[Export](r)
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		s.sendExport(m, w, r, in)
	}
}

// exportChosen sends the chosen rows of a list, or all of it.
func (s *Service) exportChosen(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in, err := chosen(r)
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		s.sendExport(m, w, r, in)
	}
}

// chosen reads what a selection bar posts: ids, or the query of the list for "all".
func chosen(r *http.Request) (Export, error) {
	f, err := web.Form[struct {
		IDs []string `json:"ids"`
		All string   `json:"all"`
	}](r)
	if err != nil {
		return Export{}, err
	}
	out := Export{Format: sheet.XLSX, IDs: f.IDs}
	if f.All == "" {
		return out, nil
	}
	q := new(http.Request)
	q.URL = &url.URL{RawQuery: f.All}
	in, err := web.Query[Query](q)
	return Export{Query: in, Format: sheet.XLSX}, err
}

func (s *Service) sendExport(m *web.Mux, w http.ResponseWriter, r *http.Request, in Export) {
	if in.Format == "" {
		in.Format = sheet.XLSX
	}
	late := &web.Download{W: w, Format: in.Format, Name: "companies." + string(in.Format)}
	_, err := s.Export(r.Context(), in, late)
	late.Done(m, r, err)
}

func pageOf(limit int) db.Page { return db.Page{Limit: limit} }
