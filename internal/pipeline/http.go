package pipeline

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

const (
	listPath  = "/projects"
	fundsPath = "/funds"
)

// Mount serves projects and money.
func (s *Service) Mount(m *web.Mux) {
	m.Nav(web.NavItem{Key: "projects", Icon: "briefcase", URL: listPath, Perm: "project.read", Group: web.GroupLibrary, Order: 30, Go: "p", Phone: true})
	m.Nav(web.NavItem{Key: "funds", Icon: "coin-yuan", URL: fundsPath, Perm: "funds.read", Group: web.GroupLibrary, Order: 40, Go: "m"})
	web.Get(m, "/api/v1/projects", "project.read", s.List, web.Doc("Projects in scope"))
	web.Get(m, "/api/v1/projects/board", "project.read", s.Board, web.Doc("Projects in scope by stage"))
	web.Post(m, "/api/v1/projects", "project.create", s.Register, web.Status(http.StatusCreated), web.Doc("Register a project"))
	web.Get(m, "/api/v1/projects/{id}", "project.read", s.Get, web.Doc("A project with its money and claims"))
	web.Put(m, "/api/v1/projects/{project}", "project.edit", s.Edit, web.Doc("Change a project; after recognition a correction"))
	web.Post(m, "/api/v1/projects/{project}/sign", "project.edit", s.signStored, web.Doc("Record the formal contract"))
	web.Post(m, "/api/v1/projects/{project}/credit", "credit.edit", s.SetCredit, web.Doc("Change who is credited"))
	web.Get(m, "/api/v1/funds", "funds.read", s.ListFunds, web.Doc("Payments in scope"))
	web.Post(m, "/api/v1/funds", "funds.create", s.receiveStored, web.Status(http.StatusCreated), web.Doc("Report a payment with its voucher"))
	web.Get(m, "/api/v1/funds/{id}", "funds.read", s.GetFunds, web.Doc("One payment"))
	web.Put(m, "/api/v1/funds/{funds}", "funds.edit", s.correctStored, web.Doc("Change a payment; after recognition a correction"))

	m.Page("GET "+listPath, "project.read", s.listPage)
	m.Page("GET "+listPath+"/new", "project.create", s.newPage)
	m.Page("POST "+listPath, "project.create", s.newPosted)
	m.Page("GET "+listPath+"/{id}", "project.read", s.page)
	m.Page("GET "+listPath+"/{id}/edit", "project.edit", s.editPage)
	m.Page("POST "+listPath+"/{id}/edit", "project.edit", s.editPosted)
	m.Page("GET "+listPath+"/{id}/sign", "project.edit", s.signPage)
	m.Page("POST "+listPath+"/{id}/sign", "project.edit", s.signPosted, web.MaxBody(maxUpload))
	m.Page("GET "+listPath+"/{id}/funds", "funds.create", s.fundsFormPage)
	m.Page("POST "+listPath+"/{id}/funds", "funds.create", s.fundsPosted, web.MaxBody(maxUpload))
	m.Page("GET "+listPath+"/{id}/credit", "credit.edit", s.creditPage)
	m.Page("POST "+listPath+"/{id}/credit", "credit.edit", s.creditPosted)
	m.Page("GET "+fundsPath, "funds.read", s.fundsPage)
	m.Page("GET "+fundsPath+"/{id}", "funds.read", s.fundsRecord)
	m.Page("GET "+fundsPath+"/{id}/edit", "funds.edit", s.correctPage)
	m.Page("POST "+fundsPath+"/{id}", "funds.edit", s.correctPosted, web.MaxBody(maxUpload))
	for _, api := range []string{"", "/api/v1"} {
		m.Raw("GET "+api+listPath+"/export", "project.export", s.exportProjects(m))
		m.Raw("GET "+api+fundsPath+"/export", "project.export", s.exportFunds(m))
	}
	s.mountStages(m)
	s.mountHealth(m)
	s.mountPromises(m)
	s.mountLeads(m)
	s.mountSplits(m)
	s.mountBriefs(m)
	m.Search("projects", "briefcase", "project.read", s.find)
	m.Command(web.Command{Key: "project", Icon: "briefcase", URL: listPath + "/new", Perm: "project.create"})
}

// maxUpload bounds a form with evidence files.
const maxUpload = 64 << 20

func projectURL(id string) string { return listPath + "/" + url.PathEscape(id) }

// The JSON endpoints name files that were uploaded before; a file nobody has would prove nothing.
func (s *Service) signStored(ctx context.Context, in Sign) (Project, error) {
	if err := verify.Stored(ctx, s.Files, in.Evidence); err != nil {
		return Project{}, err
	}
	return s.Sign(ctx, in)
}

func (s *Service) receiveStored(ctx context.Context, in Receive) (Funds, error) {
	if err := verify.Stored(ctx, s.Files, in.Evidence); err != nil {
		return Funds{}, err
	}
	return s.Receive(ctx, in)
}

func (s *Service) correctStored(ctx context.Context, in Correct) (Funds, error) {
	if err := verify.Stored(ctx, s.Files, in.Evidence); err != nil {
		return Funds{}, err
	}
	return s.CorrectFunds(ctx, in)
}

func micros(n int64) string { return strconv.FormatInt(n, 10) }

func parseMicros(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, errCursor
	}
	return n, nil
}

func (s *Service) listPage(r *http.Request) (templ.Component, error) {
	q, err := web.Query[struct {
		Filter
		View string `json:"view,omitempty" enum:"board,"`
	}](r)
	if err != nil {
		return nil, err
	}
	in := q.Filter
	if q.View == "board" {
		return s.boardPage(r, in)
	}
	out, err := s.List(r.Context(), in)
	if err != nil {
		return nil, err
	}
	v := listView{in: in, list: out}
	if err := s.DB.Read(r.Context(), v.fill); err != nil {
		return nil, err
	}
	if web.IsFragment(r) {
		return projectRows(v), nil
	}
	return projectsPage(v), nil
}

func (s *Service) fundsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[FundsFilter](r)
	if err != nil {
		return nil, err
	}
	out, err := s.ListFunds(r.Context(), in)
	if err != nil {
		return nil, err
	}
	v := fundsView{in: in, list: out}
	err = s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		v.chips, err = ledger.Chips(ctx, tx, ledger.FiguresIn{Measure: []string{"funds.received"}})
		return err
	})
	if err != nil {
		return nil, err
	}
	if web.IsFragment(r) {
		return fundsRows(v), nil
	}
	return fundsListPage(v), nil
}

// fundsRecord leads to the payment on its project's page.
func (s *Service) fundsRecord(r *http.Request) (templ.Component, error) {
	f, err := s.GetFunds(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	return web.Redirect(projectURL(f.Project) + "#f-" + f.ID), nil
}

func (s *Service) page(r *http.Request) (templ.Component, error) {
	in, err := web.Query[struct {
		ID  string `json:"id"`
		Tab string `json:"tab,omitempty" enum:"stages,promises,funds,verdicts,history"`
	}](r)
	if err != nil {
		return nil, err
	}
	v, err := s.record(r.Context(), in.ID)
	v.tab = in.Tab
	if err != nil {
		return nil, err
	}
	return projectPage(v), nil
}

func (s *Service) newPage(r *http.Request) (templ.Component, error) {
	id, err := s.newID(r.Context())
	if err != nil {
		return nil, err
	}
	f, err := s.form(r.Context(), web.FormOf("id", id, "registered_on", web.Today(r.Context()), "nature", "introduced", "investors", r.URL.Query().Get("company")))
	if err != nil {
		return nil, err
	}
	return registerPage(f), nil
}

func (s *Service) newPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[Register](r)
	var p Project
	if err == nil {
		p, err = s.Register(r.Context(), in)
	}
	if err == nil {
		to := projectURL(p.ID)
		if _, err := s.Get(r.Context(), ByID{p.ID}); fault.Is(err, fault.NotFound) { // a team registers what its county then keeps
			to = listPath
		}
		return web.RedirectToast(to, web.Toast{Text: web.T(r.Context(), "project.registered_toast")}), nil
	}
	f, e := s.form(r.Context(), web.NewForm(r, err))
	if e != nil {
		return nil, e
	}
	return web.Retry(registerPage(f), err)
}

func (s *Service) editPage(r *http.Request) (templ.Component, error) {
	v, err := s.record(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	f, err := s.form(r.Context(), editForm(v.Project))
	if err != nil {
		return nil, err
	}
	return editPage(v, f), nil
}

func (s *Service) editPosted(r *http.Request) (templ.Component, error) {
	return s.posted(r, func(ctx context.Context, id string) error {
		in, err := web.Form[editIn](r)
		if err != nil {
			return err
		}
		_, err = s.Edit(ctx, in.edit(id))
		return err
	}, "project.saved", editPage)
}

// posted runs a form of a project's page and shows it again with its faults.
func (s *Service) posted(r *http.Request, do func(ctx context.Context, id string) error, toast string, again func(recordView, formView) templ.Component) (templ.Component, error) {
	id := r.PathValue("id")
	err := do(r.Context(), id)
	if err == nil {
		return web.RedirectToast(projectURL(id), web.Toast{Text: web.T(r.Context(), toast)}), nil
	}
	v, e := s.record(r.Context(), id)
	if e != nil {
		return nil, e
	}
	f, e := s.form(r.Context(), web.NewForm(r, err))
	if e != nil {
		return nil, e
	}
	return web.Retry(again(v, f), err)
}

// editIn is the form of a change.
type editIn struct {
	Version    int64    `json:"version"`
	Name       string   `json:"name" maxLength:"120"`
	Summary    string   `json:"summary" maxLength:"2000"`
	NextStep   string   `json:"next_step" maxLength:"200"`
	NextOn     string   `json:"next_on" format:"date"`
	Industry   string   `json:"industry"`
	Wheel      string   `json:"wheel"`
	Chain      string   `json:"chain"`
	Mode       string   `json:"mode"`
	Investors  []string `json:"investors"`
	SignedOn   string   `json:"signed_on" format:"date"`
	Amount     int64    `json:"amount" money:"wan"`
	ContractNo string   `json:"contract_no" maxLength:"60"`
	Late       string   `json:"late_reason" maxLength:"200"`
}

func (in editIn) edit(id string) Edit {
	return Edit{
		Project: id, Version: in.Version, Name: in.Name, Summary: in.Summary, NextStep: in.NextStep, NextOn: in.NextOn, Industry: in.Industry, Wheel: in.Wheel,
		Chain: in.Chain, Mode: in.Mode, Investors: in.Investors, SignedOn: in.SignedOn, Amount: in.Amount, ContractNo: in.ContractNo, Late: in.Late,
	}
}

func (s *Service) signPage(r *http.Request) (templ.Component, error) {
	v, err := s.record(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	f, err := s.form(r.Context(), web.FormOf("signed_on", web.Today(r.Context())))
	if err != nil {
		return nil, err
	}
	return signPage(v, f), nil
}

// signIn is the form of a contract.
type signIn struct {
	Version    int64     `json:"version"`
	SignedOn   string    `json:"signed_on" format:"date"`
	Amount     int64     `json:"amount" money:"wan"`
	ContractNo string    `json:"contract_no" maxLength:"60"`
	Event      string    `json:"event"`
	Shares     []shareIn `json:"shares"`
	Late       string    `json:"late_reason" maxLength:"200"`
}

func (s *Service) signPosted(r *http.Request) (templ.Component, error) {
	return s.posted(r, func(ctx context.Context, id string) error {
		in, err := web.Form[signIn](r)
		if err != nil {
			return err
		}
		files, err := s.attached(r)
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return fault.BadField("files", "required", "请附上合同扫描件。", "Attach the scanned contract.")
		}
		shares, err := sharesFrom(in.Shares)
		if err != nil {
			return err
		}
		_, err = s.Sign(ctx, Sign{Shares: shares, Project: id, Version: in.Version, SignedOn: in.SignedOn, Amount: in.Amount, ContractNo: in.ContractNo, Event: in.Event, Evidence: files, Late: in.Late})
		return err
	}, "project.signed_toast", signPage)
}

func (s *Service) attached(r *http.Request) ([]verify.Evidence, error) {
	files, err := web.Files(r, "files")
	if err != nil {
		return nil, err
	}
	return verify.Attach(r.Context(), s.Files, files, "files")
}

func (s *Service) fundsFormPage(r *http.Request) (templ.Component, error) {
	v, err := s.record(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	funds, err := s.newID(r.Context())
	if err != nil {
		return nil, err
	}
	f, err := s.form(r.Context(), web.FormOf("funds", funds, "kind", "fixed", "outside", "100", "voucher_kind", "bank_slip", "received_on", web.Today(r.Context())))
	if err != nil {
		return nil, err
	}
	return fundsFormPage(v, f), nil
}

func (s *Service) fundsPosted(r *http.Request) (templ.Component, error) {
	return s.posted(r, func(ctx context.Context, id string) error {
		in, err := web.Form[fundsIn](r)
		if err != nil {
			return err
		}
		files, err := s.attached(r)
		if err != nil {
			return err
		}
		receive, err := in.receive(id, files)
		if err != nil {
			return err
		}
		_, err = s.Receive(ctx, receive)
		return filesField(err)
	}, "project.funds_toast", fundsFormPage)
}

// filesField names the input of the page instead of the field of the use case.
func filesField(err error) error {
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	f := fault.Of(err)
	for i := range f.Fields {
		if f.Fields[i].Name == "evidence" {
			f.Fields[i].Name = "files"
		}
	}
	return f
}
