package portal

import (
	"context"
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"zhudian/internal/db"
	"zhudian/internal/web"
)

type rssFeed struct {
	XMLName xml.Name   `xml:"rss"`
	Version string     `xml:"version,attr"`
	Channel rssChannel `xml:"channel"`
}

type rssChannel struct {
	Title       string    `xml:"title"`
	Link        string    `xml:"link"`
	Description string    `xml:"description"`
	Language    string    `xml:"language"`
	Items       []rssItem `xml:"item"`
}

type rssItem struct {
	Title       string `xml:"title"`
	Link        string `xml:"link"`
	GUID        string `xml:"guid"`
	Category    string `xml:"category"`
	Description string `xml:"description,omitempty"`
	Published   string `xml:"pubDate"`
}

// rss serves the newest articles in the reader's language as RSS 2.0.
func (s *Service) rss(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, base := r.Context(), s.base(r)
		list, err := s.inLanguage(ctx, NewsFilter{Page: db.Page{Limit: 50}})
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		feed := rssFeed{Version: "2.0", Channel: rssChannel{Title: web.T(ctx, "portal.site"), Link: base + "/portal/", Description: s.AgencyName(ctx), Language: htmlLang(web.Lang(ctx))}}
		for _, a := range list.Items {
			link := base + articleURL(a.ID)
			feed.Channel.Items = append(feed.Channel.Items, rssItem{
				Title: a.Title, Link: link, GUID: link, Category: web.T(ctx, "portal.channel."+a.Channel), Description: a.Summary,
				Published: db.FromMicros(a.PublishedAt).In(db.Zone()).Format(time.RFC1123Z),
			})
		}
		w.Header().Add("Vary", "Accept-Language, Cookie")
		writeXML(w, "application/rss+xml", feed)
	}
}

type siteMap struct {
	XMLName xml.Name   `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []mapEntry `xml:"url"`
}

type mapEntry struct {
	Loc     string `xml:"loc"`
	Changed string `xml:"lastmod,omitempty"`
}

// sitemap lists the public pages for search engines: the fixed ones, up to 2,000 articles, chains and sites.
func (s *Service) sitemap(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		base := s.base(r)
		var out siteMap
		for _, path := range s.fixedPages() {
			out.URLs = append(out.URLs, mapEntry{Loc: base + path})
		}
		in := NewsFilter{Page: db.Page{Limit: db.PageMax}}
		for range 2000 / db.PageMax {
			list, err := s.News(r.Context(), in)
			if err != nil {
				m.Fail(w, r, err)
				return
			}
			for _, a := range list.Items {
				out.URLs = append(out.URLs, mapEntry{base + articleURL(a.ID), short(a.UpdatedAt)})
			}
			if in.After = list.Next; in.After == "" {
				break
			}
		}
		places, err := s.placeURLs(r.Context())
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		for _, x := range places {
			out.URLs = append(out.URLs, mapEntry{base + x.Loc, x.Changed})
		}
		writeXML(w, "application/xml", out)
	}
}

// placeURLs are the pages of the public chains and sites.
func (s *Service) placeURLs(ctx context.Context) (out []mapEntry, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		v, err := s.placeView(ctx, tx)
		for _, c := range v.chains {
			out = append(out, mapEntry{Loc: chainURL(c.Code)})
		}
		for _, x := range v.places {
			out = append(out, mapEntry{siteURL(x.ID), short(x.UpdatedAt)})
		}
		return err
	})
	return out, err
}

// fixedPages are the addresses that are always there.
func (s *Service) fixedPages() []string {
	out := []string{"/portal/", "/portal/news", "/portal/service", "/portal/trace", "/portal/receipt"}
	for _, c := range channels {
		out = append(out, channelURL(c))
	}
	for _, k := range sendKinds {
		out = append(out, sendURL(k))
	}
	return append(out, sitesPath, chainsPath)
}

func writeXML(w http.ResponseWriter, kind string, v any) {
	raw, err := xml.Marshal(v)
	if err != nil { // the types above can all be written
		panic(err)
	}
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	_, _ = w.Write([]byte(xml.Header + string(raw))) // the reader may have gone
}

// robots lets search engines read the public pages and nothing else; the forms are of no use to them.
func (s *Service) robots(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(strings.Join([]string{
		"User-agent: *", "Allow: /portal/", "Allow: /static/", "Disallow: /portal/send/", "Disallow: /portal/receipt", "Disallow: /", "", "Sitemap: " + s.base(r) + "/portal/sitemap.xml", "",
	}, "\n")))
}
