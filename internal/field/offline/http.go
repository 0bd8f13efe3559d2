package offline

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/auth"
	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

const heldPath = "/field/held"

// Mount serves the offline page, what it carries and takes in, and the page of what is held.
func (s *Service) Mount(m *web.Mux) {
	web.Post(m, "/api/v1/field/sync", "field.sync", s.Sync, web.MaxBody(4<<20), web.Doc("Take in what was recorded on a phone: a receipt per record, safe to repeat"))
	web.Get(m, "/api/v1/field/delta", "field.sync", s.Download, web.Doc("What a phone is to carry, as the difference to what it has"))
	web.Get(m, "/api/v1/field/held", "field.held", s.HeldList, web.Doc("Records of phones that wait for what they build on"))
	web.Post(m, "/api/v1/field/held/apply", "field.held", s.ApplyHeld, web.Doc("Take a held record in without waiting for more"))
	web.Post(m, "/api/v1/field/held/drop", "field.held", s.DropHeld, web.Doc("Let a held record go, with a reason"))
	m.Raw("HEAD /api/v1/field/files/{sha256}", "field.sync", s.headFile(m))
	m.Raw("PATCH /api/v1/field/files/{sha256}", "field.sync", s.patchFile(m), web.MaxBody(blob.Limit+1<<20))

	m.Raw("GET /field", "", s.shell, web.Public)
	m.Raw("GET /field/sw.js", "", s.worker, web.Public)
	m.Raw("GET /field/app.webmanifest", "", s.manifest, web.Public)
	m.Page("GET "+heldPath, "field.held", s.heldPage)
	m.Page("POST "+heldPath+"/apply", "field.held", s.applyPosted)
	m.Page("POST "+heldPath+"/drop", "field.held", s.dropPosted)
	m.Nav(web.NavItem{Key: "field", Icon: "device-mobile", URL: "/field", Perm: "field.sync", Group: web.GroupField, Order: 0})
	m.Nav(web.NavItem{Key: "held", Icon: "hourglass", URL: heldPath, Perm: "field.held", Group: web.GroupField, Order: 9})
}

// heldView is the page of what is held.
type heldView struct {
	list   []HeldRecord
	people map[string]string
	nodes  map[string]string
	form   web.FormState
	at     string // the record the form speaks of
}

func (s *Service) held(ctx context.Context) (v heldView, err error) {
	out, err := s.HeldList(ctx, struct{}{})
	if err != nil {
		return v, err
	}
	v.list, v.nodes = out.Items, map[string]string{}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		var ids []string
		for _, h := range v.list {
			ids = append(ids, h.Person)
		}
		if v.people, err = auth.Names(ctx, tx, ids); err != nil {
			return err
		}
		dir, err := org.Open(ctx, tx)
		if err != nil {
			return err
		}
		for _, h := range v.list {
			v.nodes[h.Node] = dir.UnitName(unitOf(h.Node), web.Lang(ctx))
		}
		return nil
	})
	return v, err
}

func (s *Service) heldPage(r *http.Request) (templ.Component, error) {
	v, err := s.held(r.Context())
	return heldPage(v), err
}

func (s *Service) applyPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[ByID](r)
	if err == nil {
		_, err = s.ApplyHeld(r.Context(), in)
	}
	return s.answer(r, err, in.ID, "offline.applied")
}

func (s *Service) dropPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[DropHeld](r)
	if err == nil {
		_, err = s.DropHeld(r.Context(), in)
	}
	return s.answer(r, err, in.ID, "offline.dropped")
}

func (s *Service) answer(r *http.Request, err error, id, done string) (templ.Component, error) {
	if err == nil {
		return web.RedirectToast(heldPath, web.Toast{Text: web.T(r.Context(), done)}), nil
	}
	if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
		return nil, err
	}
	v, bad := s.held(r.Context())
	if bad != nil {
		return nil, bad
	}
	v.form, v.at = web.NewForm(r, err), id
	return heldPage(v), err
}
