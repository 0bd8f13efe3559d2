package portal

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/bulletin"
	"zhudian/internal/db"
	"zhudian/internal/web"
)

// home is the first page: the newest result with its figures, then the columns.
type home struct {
	lead    *Article
	code    string           // trace code of the lead's document
	figures []bulletin.Value // of the lead
	columns []column

	conferences []bulletin.Conference
	places      placeView
}

// column is the newest of one channel.
type column struct {
	channel string
	list    []Article
}

func (s *Service) homePage(r *http.Request) (templ.Component, error) {
	if c := r.URL.Query().Get("channel"); c != "" { // as older pages linked
		return web.Redirect(channelURL(c)), nil
	}
	h, err := s.home(r.Context())
	if err != nil {
		return nil, err
	}
	return homeView(s, h), nil
}

func (s *Service) home(ctx context.Context) (h home, err error) {
	for _, c := range channels {
		list, err := s.inLanguage(ctx, NewsFilter{Channel: c, Page: db.Page{Limit: 6}})
		if err != nil {
			return h, err
		}
		if len(list.Items) > 0 {
			h.columns = append(h.columns, column{c, list.Items})
		}
		if c == "results" && len(list.Items) > 0 {
			h.lead = &list.Items[0]
		}
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if h.places, err = s.placeView(ctx, tx); err != nil {
			return err
		}
		if h.conferences, err = bulletin.PublishedConferences(ctx, tx, 3); err != nil || h.lead == nil || h.lead.Document == "" {
			return err
		}
		m, err := bulletin.FrozenOf(ctx, tx, h.lead.Document)
		h.code, h.figures = m.Code, pickHeadlines(m.Manifest.Slots)
		return err
	})
	return h, err
}

// inLanguage lists what is written in the reader's language; a column that has nothing in it shows the Chinese texts.
func (s *Service) inLanguage(ctx context.Context, in NewsFilter) (News, error) {
	in.Lang = web.Lang(ctx)
	out, err := s.News(ctx, in)
	if err == nil && len(out.Items) == 0 && in.Lang != "zh" && in.After == "" {
		in.Lang = "zh"
		return s.News(ctx, in)
	}
	return out, err
}

func (s *Service) newsPage(r *http.Request) (templ.Component, error) {
	in, err := web.Query[NewsFilter](r)
	if err != nil {
		return nil, err
	}
	if in.Limit == 0 {
		in.Limit = 20
	}
	list, err := s.inLanguage(r.Context(), in)
	if err != nil {
		return nil, err
	}
	return newsView(s, in, list), nil
}
