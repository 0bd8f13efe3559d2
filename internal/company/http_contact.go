package company

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"zhudian/internal/fault"
	"zhudian/internal/web"
)

func (s *Service) contactsPart(r *http.Request) (templ.Component, error) {
	l, err := s.Contacts(r.Context(), Contacts{Company: r.PathValue("id"), Page: pageOf(100)})
	if err != nil {
		return nil, err
	}
	return contactTable(r.PathValue("id"), l.Items, web.FormOf("basis", "card")), nil
}

// personForm is a contact as the form posts it.
type personForm struct {
	Person
	Basis  string `json:"basis"`
	Source string `json:"source"`
	ID     string `json:"id"` // of the company, from the path
}

func (s *Service) addContactForm(r *http.Request) (templ.Component, error) {
	id := r.PathValue("id")
	f, err := web.Form[personForm](r)
	if err == nil {
		_, err = s.AddContact(r.Context(), AddContact{Company: id, Person: f.Person, Basis: f.Basis, Source: f.Source})
	}
	if err == nil {
		return web.RedirectToast(recordURL(id)+"#contacts", web.Toast{Text: web.T(r.Context(), "company.contact_added")}), nil
	}
	rec, gerr := s.Get(r.Context(), ByID{id})
	if gerr != nil {
		return nil, gerr
	}
	return web.Retry(contactForm(rec, web.NewForm(r, err)), err)
}

func (s *Service) contactsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[Contacts](r)
	if err != nil {
		return nil, err
	}
	l, err := s.Contacts(r.Context(), in)
	if err != nil {
		return nil, err
	}
	next := ""
	if l.Next != "" {
		q := url.Values{"after": {l.Next}}
		if in.Q != "" {
			q.Set("q", in.Q)
		}
		next = "/contacts?" + q.Encode()
	}
	return contactsView(in, l.Items, next), nil
}

func (s *Service) revealPart(r *http.Request) (templ.Component, error) {
	c, err := s.Reveal(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	return contactFull(c), nil
}

func (s *Service) eraseForm(r *http.Request) (templ.Component, error) {
	f, err := web.Form[Erase](r)
	if err != nil {
		return nil, err
	}
	c, err := s.Erase(r.Context(), f)
	if err != nil {
		return nil, err
	}
	return web.RedirectToast(recordURL(c.Company)+"#contacts", web.Toast{Text: web.T(r.Context(), "company.erased")}), nil
}

// chooseMerge takes the selection of the list to the merge page.
func (s *Service) chooseMerge(r *http.Request) (templ.Component, error) {
	in, err := chosen(r)
	if err != nil {
		return nil, err
	}
	if len(in.IDs) != 2 {
		return nil, fault.BadField("ids", "choose_two", "请恰好选两条再合并。", "Choose exactly two records to merge.")
	}
	return web.Redirect("/companies/merge?" + url.Values{"keep": {in.IDs[0]}, "gone": {in.IDs[1]}}.Encode()), nil
}

// pair names the two records of a merge.
type pair struct {
	Keep string `json:"keep"`
	Gone string `json:"gone"`
}

func (s *Service) mergePage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[pair](r)
	if err != nil {
		return nil, err
	}
	v, err := s.mergeView(r.Context(), in)
	if err != nil {
		return nil, err
	}
	return mergeView(v), nil
}

// mergePost is the merge form: each field says whose value stays.
type mergePost struct {
	pair
	KeepSeen int64             `json:"keep_version"`
	GoneSeen int64             `json:"gone_version"`
	Pick     map[string]string `json:"pick"`
}

func (s *Service) mergeForm(r *http.Request) (templ.Component, error) {
	f, err := web.Form[mergePost](r)
	if err != nil {
		return nil, err
	}
	in := Merge{Keep: f.Keep, Gone: f.Gone, KeepSeen: f.KeepSeen, GoneSeen: f.GoneSeen}
	for name, who := range f.Pick {
		if who == "gone" {
			in.Take = append(in.Take, name)
		}
	}
	out, err := s.Merge(r.Context(), in)
	if err == nil {
		return web.RedirectToast(recordURL(out.Record.ID), web.Toast{Text: web.T(r.Context(), "company.merged", out.Record.Name)}), nil
	}
	v, verr := s.mergeView(r.Context(), f.pair)
	if verr != nil {
		return nil, verr
	}
	v.State = web.NewForm(r, err)
	return web.Retry(mergeView(v), err)
}
