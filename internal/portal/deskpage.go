package portal

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/auth"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

const inboxPath = "/admin/inbox"

func itemURL(id string) string { return inboxPath + "/" + url.PathEscape(id) }

// Mount serves the desk that decides what becomes of what the public sent.
func (s *Inbox) Mount(m *web.Mux) {
	m.Nav(web.NavItem{Key: "inbox", Icon: "mail", URL: inboxPath, Perm: "inbox.read", Group: web.GroupService, Order: 25})
	web.Get(m, "/api/v1/inbox", "inbox.read", s.List, web.Doc("What the public sent to one's units; the nearest deadline first"))
	web.Get(m, "/api/v1/inbox/{id}", "inbox.read", s.Get, web.Doc("One of them, its sender masked"))
	web.Post(m, "/api/v1/inbox/{id}/reveal", "inbox.decide", s.Reveal, web.Doc("The sender in full; recorded, and limited by the day"))
	web.Post(m, "/api/v1/inbox/{id}/accept", "inbox.decide", s.Accept, web.Doc("Make a lead or a request of it"))
	web.Post(m, "/api/v1/inbox/{id}/refuse", "inbox.decide", s.Refuse, web.Doc("Refuse it with a reason that its sender reads"))
	web.Post(m, "/api/v1/inbox/{id}/erase", "inbox.erase", s.Erase, web.Doc("Destroy the key of what its sender wrote"))
	m.Page("GET "+inboxPath, "inbox.read", s.listPage)
	m.Page("GET "+inboxPath+"/waiting", "inbox.read", s.waitingBlock)
	m.Page("GET "+inboxPath+"/{id}", "inbox.read", s.page)
	m.Page("POST "+inboxPath+"/{id}/reveal", "inbox.decide", s.revealPosted)
	m.Page("POST "+inboxPath+"/{id}/accept", "inbox.decide", s.acceptPosted)
	m.Page("POST "+inboxPath+"/{id}/refuse", "inbox.decide", s.refusePosted)
	m.Page("POST "+inboxPath+"/{id}/erase", "inbox.erase", s.erasePosted)
}

// deskView is a page of the desk.
type deskView struct {
	in    DeskFilter
	list  Desk
	dir   *org.Directory
	lang  string
	names map[string]string
	firms map[string]company.Brief

	item  Received
	form  web.FormState
	which string // the form that is shown again
	keep  int64  // days after a refusal
}

func (v *deskView) unit(code string) string { return v.dir.UnitName(code, v.lang) }

func (s *Inbox) view(ctx context.Context, v *deskView, people []string, firms ...string) error {
	v.lang = web.Lang(ctx)
	return s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if v.dir, err = org.Open(ctx, tx); err != nil {
			return err
		}
		if v.names, err = auth.Names(ctx, tx, people); err != nil {
			return err
		}
		if v.keep, err = KeepDays.Of(ctx, tx); err != nil {
			return err
		}
		v.firms, err = company.Briefs(ctx, tx, firms)
		return err
	})
}

func (s *Inbox) listPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[DeskFilter](r)
	if err != nil {
		return nil, err
	}
	v := &deskView{in: in}
	if v.list, err = s.List(r.Context(), in); err != nil {
		return nil, err
	}
	if err := s.view(r.Context(), v, nil); err != nil {
		return nil, err
	}
	return deskPage(v), nil
}

// waitingBlock is what the workbench shows of this desk.
func (s *Inbox) waitingBlock(r *http.Request) (templ.Component, error) {
	v := &deskView{}
	var err error
	if v.list, err = s.List(r.Context(), DeskFilter{Page: db.Page{Limit: 6}}); err != nil {
		return nil, err
	}
	if err := s.view(r.Context(), v, nil); err != nil {
		return nil, err
	}
	return deskWaiting(v), nil
}

func (v *deskView) props(ctx context.Context) web.ListProps {
	q := url.Values{}
	for k, x := range map[string]string{"state": strings.TrimPrefix(v.in.State, "new"), "kind": v.in.Kind} {
		if x != "" {
			q.Set(k, x)
		}
	}
	states := []web.Choice{{Text: web.T(ctx, "inbox.state.new")}}
	for _, x := range []string{"accepted", "refused", "all"} {
		states = append(states, web.Choice{Value: x, Text: web.T(ctx, "inbox.state."+x)})
	}
	kinds := []web.Choice{{Text: web.T(ctx, "inbox.any")}}
	for _, k := range sendKinds {
		kinds = append(kinds, web.Choice{Value: k, Text: web.T(ctx, "inbox.kind."+k)})
	}
	p := web.ListProps{Action: inboxPath, Unit: web.T(ctx, "inbox.item"), Loaded: len(v.list.Items), Total: -1, Filters: []web.FilterProps{
		{Name: "state", Label: web.T(ctx, "inbox.state"), Value: q.Get("state"), Choices: states},
		{Name: "kind", Label: web.T(ctx, "inbox.kind"), Value: v.in.Kind, Choices: kinds},
	}}
	if len(q) > 0 {
		p.ClearURL = inboxPath
	}
	if v.list.Next != "" {
		q.Set("after", v.list.Next)
		p.Next = inboxPath + "?" + q.Encode()
	}
	if len(v.list.Items) == 0 {
		p.Empty = noItems(p.ClearURL != "")
	}
	return p
}

func (s *Inbox) page(r *http.Request) (templ.Component, error) {
	v, err := s.open(r, web.FormState{}, "")
	if err != nil {
		return nil, err
	}
	return itemPage(v), nil
}

func (s *Inbox) open(r *http.Request, form web.FormState, which string) (*deskView, error) {
	v := &deskView{form: form, which: which}
	var err error
	if v.item, err = s.Get(r.Context(), ItemID{r.PathValue("id")}); err != nil {
		return nil, err
	}
	return v, s.view(r.Context(), v, []string{v.item.DecidedBy}, form.Value("company"))
}

// again shows the page with the form that was at fault.
func (s *Inbox) again(r *http.Request, which string, err error) (templ.Component, error) {
	v, bad := s.open(r, web.NewForm(r, err), which)
	if bad != nil {
		return nil, bad
	}
	return web.Retry(itemPage(v), err)
}

func (s *Inbox) revealPosted(r *http.Request) (templ.Component, error) {
	full, err := s.Reveal(r.Context(), ItemID{r.PathValue("id")})
	if err != nil {
		return s.again(r, "reveal", err)
	}
	v, err := s.open(r, web.FormState{}, "")
	if err != nil {
		return nil, err
	}
	v.item = full
	return itemPage(v), nil
}

type acceptForm struct {
	Version  int64  `json:"version"`
	Unit     string `json:"unit"`
	Company  string `json:"company"`
	NewName  string `json:"new_name" maxLength:"120"`
	Title    string `json:"title" maxLength:"120"`
	Text     string `json:"text" maxLength:"2000"`
	Industry string `json:"industry"`
	Kind     string `json:"kind"`
	Keep     bool   `json:"keep"`
}

func (s *Inbox) acceptPosted(r *http.Request) (templ.Component, error) {
	f, err := web.Form[acceptForm](r)
	if err == nil {
		_, err = s.Accept(r.Context(), Accept{
			ID: r.PathValue("id"), Version: f.Version, Unit: f.Unit, Company: f.Company, NewName: f.NewName, Title: f.Title, Text: f.Text, Industry: f.Industry, Kind: f.Kind, Keep: f.Keep,
		})
	}
	if err != nil {
		return s.again(r, "accept", err)
	}
	return web.RedirectToast(itemURL(r.PathValue("id")), web.Toast{Text: web.T(r.Context(), "inbox.accepted_toast")}), nil
}

type reasonForm struct {
	Version int64  `json:"version"`
	Reason  string `json:"reason" maxLength:"300"`
}

func (s *Inbox) refusePosted(r *http.Request) (templ.Component, error) {
	f, err := web.Form[reasonForm](r)
	if err == nil {
		_, err = s.Refuse(r.Context(), Refuse{ID: r.PathValue("id"), Version: f.Version, Reason: f.Reason})
	}
	if err != nil {
		return s.again(r, "refuse", err)
	}
	return web.RedirectToast(itemURL(r.PathValue("id")), web.Toast{Text: web.T(r.Context(), "inbox.refused_toast")}), nil
}

func (s *Inbox) erasePosted(r *http.Request) (templ.Component, error) {
	f, err := web.Form[reasonForm](r)
	if err == nil {
		_, err = s.Erase(r.Context(), Erase{ID: r.PathValue("id"), Reason: f.Reason})
	}
	if err != nil {
		return s.again(r, "erase", err)
	}
	return web.RedirectToast(itemURL(r.PathValue("id")), web.Toast{Text: web.T(r.Context(), "inbox.erased_toast")}), nil
}

// formFor is the state of one of the forms: the others stay as they were at first.
func (v *deskView) formFor(which string) web.FormState {
	if v.which == which {
		return v.form
	}
	if which == "accept" {
		kind := ""
		if v.item.Kind == "complaint" {
			kind = "complaint"
		}
		return web.FormOf("title", v.item.Title, "text", v.item.Text, "unit", v.item.Unit, "new_name", v.item.Firm, "kind", kind)
	}
	return web.FormOf()
}

func (v *deskView) chosenUnit(f web.FormState) []web.Choice {
	if code := f.Value("unit"); code != "" {
		return []web.Choice{{Value: code, Text: v.unit(code)}}
	}
	return nil
}

func (v *deskView) chosenFirm(f web.FormState) []web.Choice {
	if id := f.Value("company"); id != "" {
		return []web.Choice{{Value: id, Text: v.firms[id].Name}}
	}
	return nil
}

func kindsOfRequest(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "inbox.choose")}}
	for _, k := range ticketKinds() {
		out = append(out, web.Choice{Value: k, Text: web.T(ctx, "ticket.kind."+k)})
	}
	return out
}

func (v *deskView) industries(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "inbox.choose")}}
	for _, section := range v.dir.IndustriesIn("") {
		for _, d := range v.dir.IndustriesIn(section.Code) {
			out = append(out, web.Choice{Value: section.Code + d.Code, Text: section.Code + d.Code + " " + d.Title(v.lang)})
		}
	}
	return out
}

// outcomeURL is where what became of an item stands.
func (i Item) outcomeURL() string {
	kind, id, _ := strings.Cut(i.Outcome, "/")
	return "/" + kind + "s/" + url.PathEscape(id)
}
