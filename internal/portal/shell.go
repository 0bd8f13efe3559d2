package portal

import (
	"context"

	"zhudian/internal/db"
	"zhudian/internal/web"
)

// shell is the frame of the public pages; on names the entry of the menu that one is under.
func shell(ctx context.Context, s *Service, title string, crumbs []web.Crumb, on string) web.PortalProps {
	var nav []web.Tab
	add := func(key, text, url string) { nav = append(nav, web.Tab{Text: text, URL: url, On: on == key}) }
	add("home", web.T(ctx, "portal.home"), "/portal/")
	for _, c := range channels {
		add(c, web.T(ctx, "portal.channel."+c), channelURL(c))
	}
	add("sites", web.T(ctx, "portal.sites"), sitesPath)
	add("service", web.T(ctx, "portal.service"), "/portal/service")
	add("plan", web.T(ctx, "portal.plan"), sendURL("plan"))
	add("trace", web.T(ctx, "portal.trace"), "/portal/trace")
	p := web.PortalProps{
		Title: title, Site: web.T(ctx, "portal.site"), Mark: "黔", Sub: s.AgencyName(ctx) + " · Invest Guizhou", DateLine: dateLine(ctx, web.ShellOf(ctx).Now),
		Nav: nav, Crumbs: crumbs, Search: "/portal/news", Foot: []web.Crumb{{Text: web.T(ctx, "portal.receipt"), URL: "/portal/receipt"}, {Text: "RSS", URL: "/portal/rss.xml"}, {Text: web.T(ctx, "portal.sitemap"), URL: "/portal/sitemap.xml"}},
	}
	if !s.Apart {
		p.Links = []web.Crumb{{Text: web.T(ctx, "portal.sign_in"), URL: "/"}}
	}
	return p
}

func channelURL(channel string) string { return "/portal/news?channel=" + channel }

func day(us int64) string { return db.FromMicros(us).In(db.Zone()).Format("2006-01-02 15:04") }

func short(us int64) string { return db.FromMicros(us).In(db.Zone()).Format("2006-01-02") }

func htmlLang(lang string) string {
	if lang == "zh" {
		return "zh-CN"
	}
	return lang
}
