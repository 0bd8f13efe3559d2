package auth

import (
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/web"
)

const settingsPath = "/admin/settings"

func (s *Service) mountSettings(m *web.Mux) {
	m.Nav(web.NavItem{Key: "settings", Icon: "settings", URL: settingsPath, Perm: "system.read", Group: web.GroupAdmin, Order: 40})
	web.Get(m, "/api/v1/settings", "system.read", s.Settings, web.Doc("Settings of the installation, in force"))
	web.Put(m, "/api/v1/settings", "system.edit", s.ChangeSettings, web.Doc("Change settings, all named or none; an empty value takes the default back"))
	m.Page("GET "+settingsPath, "system.read", s.settingsPage)
	m.Page("POST "+settingsPath, "system.edit", s.settingsPosted)
}

func (s *Service) settingsPage(r *http.Request) (templ.Component, error) {
	list, err := s.Settings(r.Context(), struct{}{})
	if err != nil {
		return nil, err
	}
	var pairs []string
	for _, x := range list.Items {
		pairs = append(pairs, "values."+x.Key, x.Value)
	}
	return settingsPage(list, web.FormOf(pairs...), s.facts()), nil
}

func (s *Service) facts() [][2]string {
	if s.opt.Facts == nil {
		return nil
	}
	return s.opt.Facts()
}

func (s *Service) settingsPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[ChangeSettings](r)
	var list Settings
	if err == nil {
		list, err = s.ChangeSettings(r.Context(), in)
	}
	if err == nil {
		return s.toast(r, settingsPath, "setting.saved"), nil
	}
	if list, bad := s.Settings(r.Context(), struct{}{}); bad == nil {
		return web.Retry(settingsPage(list, web.NewForm(r, err), s.facts()), err)
	}
	return settingsPage(list, web.NewForm(r, err), s.facts()), err
}
