package audit

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/web"
)

const auditPath = "/admin/audit"

// Mount serves the trail.
func (s *Service) Mount(m *web.Mux) {
	m.Nav(web.NavItem{Key: "audit", Icon: "history", URL: auditPath, Perm: "audit.read", Group: web.GroupAdmin, Order: 30})
	web.Get(m, "/api/v1/audit", "audit.read", s.List, web.Doc("The audit trail, newest first"))
	web.Get(m, "/api/v1/audit/verify", "audit.verify", s.Prove, web.Doc("Recompute every chain of the trail"))
	web.Get(m, "/api/v1/audit/{chain}/{seq}", "audit.read", s.Get, web.Doc("One record of the trail, before and after"))

	m.Page("GET "+auditPath, "audit.read", s.listPage)
	m.Page("GET "+auditPath+"/chains", "audit.verify", s.chainsPage)
	m.Page("GET "+auditPath+"/{chain}/{seq}", "audit.read", s.recordPage)
	m.Raw("GET "+auditPath+"/export", "audit.read", s.export(m))
}

type listProps struct {
	in  Filter
	out Trail
}

func (s *Service) listPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[Filter](r)
	if err != nil {
		return nil, err
	}
	out, err := s.List(r.Context(), in)
	if err != nil {
		return nil, err
	}
	return trailPage(listProps{in, out}), nil
}

func (s *Service) recordPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[ByLink](r)
	if err != nil {
		return nil, err
	}
	out, err := s.Get(r.Context(), in)
	return recordPage(out), err
}

func (s *Service) chainsPage(r *http.Request) (templ.Component, error) {
	p, err := s.Prove(r.Context(), struct{}{})
	return chainsPage(p), err
}

func (s *Service) export(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in, err := web.Query[Filter](r)
		late := &download{w: w}
		if err == nil {
			err = s.Export(r.Context(), in, late)
		}
		if err != nil && !late.begun {
			m.Fail(w, r, err)
		}
	}
}

// download sends its header with the first byte, so that a fault before it is still a page.
type download struct {
	w     http.ResponseWriter
	begun bool
}

func (d *download) Write(b []byte) (int, error) {
	if !d.begun {
		d.begun = true
		d.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		d.w.Header().Set("Content-Disposition", `attachment; filename="audit.csv"`)
	}
	return d.w.Write(b)
}

var _ io.Writer = (*download)(nil)

func linkURL(r Record) string {
	return auditPath + "/" + url.PathEscape(r.Chain) + "/" + strconv.FormatInt(r.Seq, 10)
}

// query is the filter as an address has it.
func (p listProps) query() url.Values {
	q := url.Values{}
	for k, v := range map[string]string{"person": p.in.Person, "action": p.in.Action, "object": p.in.Object, "from": p.in.From, "through": p.in.Through} {
		if v != "" {
			q.Set(k, v)
		}
	}
	return q
}

func (p listProps) next() string {
	if p.out.Next == "" {
		return ""
	}
	q := p.query()
	q.Set("after", p.out.Next)
	return auditPath + "?" + q.Encode()
}

func (p listProps) clear() string {
	if len(p.query()) == 0 {
		return ""
	}
	return auditPath
}

// areas are the first words of actions, for the filter.
var areas = []string{
	"account", "article", "audit", "batch", "bulletin", "citation", "claim", "company", "contact", "credit", "deployment", "event", "figures",
	"funds", "org", "period", "project", "session", "setting", "station", "team", "tour", "unit", "user", "visit",
}

// shortObject is the kind of a record and the end of its id.
func shortObject(object string) string {
	kind, id, ok := strings.Cut(object, "/")
	if !ok || len(id) <= 12 {
		return object
	}
	return kind + "/…" + id[len(id)-8:]
}

func when(us int64) string { return web.MomentFull(db.FromMicros(us)) }
