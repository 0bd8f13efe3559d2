package portal

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/bulletin"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// Pack names a press conference and the version that was seen.
type Pack struct {
	ID      string `path:"id" json:"id"`
	Version int64  `json:"version,omitempty"`
}

// Packed is a press conference whose pack is public.
type Packed struct {
	Conference bulletin.Conference `json:"conference"`
	Articles   []Article           `json:"articles"`
}

// PublishPack makes the pack of a press conference public, all of it or none: each document becomes an article, unless
// it is one already. It is refused when a figure has moved since it was signed.
// Faults: not_found, published, no_papers, not_signed, moved; same_person (who signed does not publish).
func (s *Service) PublishPack(ctx context.Context, in Pack) (out Packed, err error) {
	who, err := audit.Require(ctx, "bulletin.publish")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		c, papers, err := bulletin.PublishIn(ctx, tx, in.ID, in.Version)
		if err != nil {
			return err
		}
		out = Packed{Conference: c}
		for _, p := range papers {
			a, found, err := db.Maybe[Article](ctx, tx, `SELECT `+articleColumns+` FROM portal_article a WHERE a.document_id = ? AND a.state <> 'withdrawn'`, p.ID)
			if err != nil {
				return err
			}
			if !found {
				if a, err = s.prepare(ctx, tx, who, Write{Document: p.ID, Channel: channelOf(p.Kind)}); err != nil {
					return err
				}
			}
			if a.State == "draft" {
				if a, err = s.changeIn(ctx, tx, who, Step{ID: a.ID, Version: a.Version}, "publish", publish); err != nil {
					return err
				}
			}
			out.Articles = append(out.Articles, a)
		}
		return s.stir(ctx, tx)
	})
	return out, err
}

// channelOf is the column that a kind of document goes to.
func channelOf(kind string) string {
	if kind == "answers" {
		return "news"
	}
	return "results"
}

func (s *Service) packPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[struct {
		Version int64 `json:"version"`
	}](r)
	if err != nil {
		return nil, err
	}
	id := r.PathValue("id")
	if _, err := s.PublishPack(r.Context(), Pack{ID: id, Version: in.Version}); err != nil {
		return nil, err
	}
	return web.RedirectToast("/conferences/"+url.PathEscape(id), web.Toast{Text: web.T(r.Context(), "conference.published_toast")}), nil
}

func conferenceURL(id string) string { return "/portal/conferences/" + url.PathEscape(id) }

// held is a press conference as the public sees it.
type held struct {
	bulletin.Conference
	names    map[string]string
	articles []Article
}

func (s *Service) conferencePage(r *http.Request) (templ.Component, error) {
	var h held
	err := s.DB.Read(r.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		if h.Conference, h.names, err = bulletin.PublishedConference(ctx, tx, r.PathValue("id")); err != nil {
			return err
		}
		for _, p := range h.Papers {
			list, err := db.All[Article](ctx, tx, `SELECT `+articleColumns+` FROM portal_article a WHERE a.document_id = ? AND a.state <> 'draft' ORDER BY a.published_at DESC LIMIT 1`, p)
			if err != nil {
				return err
			}
			h.articles = append(h.articles, list...)
		}
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		return nil, absent()
	} else if err != nil {
		return nil, err
	}
	return heldView(s, h), nil
}
