package portal

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"zhudian/internal/bulletin"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Page is an article as the public sees it.
type Page struct {
	Article  Article
	View     *bulletin.View // of the document behind it, nil when there is none
	Before   *Article       // published before it
	After    *Article
	Related  []Article
	Corrects *Article // that this one takes the place of
	Newer    *Article // that takes the place of this one
	Changes  []Change // of figures, against Corrects
}

// Change is a figure that a correction prints otherwise.
type Change struct{ Title, Was, Is, Unit string }

// Read gives a public article with its neighbours. Unpublished ones look absent.
func (s *Service) Read(ctx context.Context, id string) (out Page, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, err := articleByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if a.State == "draft" {
			return absent()
		}
		out.Article = a
		if a.Document != "" {
			v, err := bulletin.SignedByID(ctx, tx, a.Document)
			if err != nil {
				return err
			}
			out.View = &v
		}
		if err := succession(ctx, tx, &out); err != nil {
			return err
		}
		return neighbours(ctx, tx, &out)
	})
	return out, err
}

func absent() error {
	return fault.New(fault.NotFound, "not_found", "没有这一页。", "No such page.")
}

// noPage words what a package inside calls absent the way the public pages do.
func noPage(err error) error {
	if fault.Is(err, fault.NotFound) {
		return absent()
	}
	return err
}

// succession finds what an article replaced, with the figures that changed, and what replaced it.
func succession(ctx context.Context, tx *db.Tx, p *Page) error {
	for _, x := range []struct {
		id string
		to **Article
	}{{p.Article.Replaces, &p.Corrects}, {p.Article.ReplacedBy, &p.Newer}} {
		if x.id == "" {
			continue
		}
		a, err := articleByID(ctx, tx, x.id)
		if err != nil {
			return err
		}
		*x.to = &a
	}
	if p.Corrects == nil || p.Corrects.Document == "" || p.View == nil {
		return nil
	}
	old, err := bulletin.FrozenOf(ctx, tx, p.Corrects.Document)
	if err != nil {
		return err
	}
	for _, was := range old.Manifest.Slots {
		for _, is := range p.View.Frozen {
			if is.Key == was.Key && is.Text != was.Text {
				p.Changes = append(p.Changes, Change{is.Title, was.Text, is.Text, is.Suffix})
			}
		}
	}
	return nil
}

func neighbours(ctx context.Context, tx *db.Tx, p *Page) error {
	for _, n := range []struct {
		to    **Article
		where string
	}{{&p.Before, `(a.published_at, a.id) < (?, ?) ORDER BY a.published_at DESC, a.id DESC`}, {&p.After, `(a.published_at, a.id) > (?, ?) ORDER BY a.published_at, a.id`}} {
		a, ok, err := db.Maybe[Article](ctx, tx, `SELECT `+articleColumns+` FROM portal_article a WHERE `+standing+` AND a.lang = ? AND `+n.where+` LIMIT 1`, p.Article.Lang, p.Article.PublishedAt, p.Article.ID)
		if err != nil {
			return err
		}
		if ok {
			*n.to = &a
		}
	}
	var err error
	p.Related, err = db.All[Article](ctx, tx, `SELECT `+articleColumns+` FROM portal_article a WHERE `+standing+` AND a.lang = ? AND a.id <> ?
		ORDER BY CASE WHEN a.channel = ? THEN 0 ELSE 1 END, a.published_at DESC LIMIT 5`, p.Article.Lang, p.Article.ID, p.Article.Channel)
	return err
}

// standing is what lists show: published, and not replaced by a newer text.
const standing = `a.state = 'published' AND a.replaced_by = ''`

// Front lists the newest public articles, of one channel or of all.
func (s *Service) Front(ctx context.Context, channel string, limit int) (out []Article, err error) {
	list, err := s.News(ctx, NewsFilter{Channel: channel, Page: db.Page{Limit: limit}})
	return list.Items, err
}

// NewsFilter narrows the public list.
type NewsFilter struct {
	Channel string `json:"channel,omitempty" enum:"results,news,advantage,policy,notice,"`
	Lang    string `json:"-"` // "" is all
	Q       string `json:"q,omitempty" maxLength:"60"`
	db.Page
}

// News is a part of the public list, newest first; Next is the cursor of the following part.
type News struct {
	Items []Article
	Next  string
}

// News lists public articles.
func (s *Service) News(ctx context.Context, in NewsFilter) (out News, err error) {
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(2)
	if err != nil {
		return out, err
	}
	where, args := []string{standing}, []any{}
	and := func(text string, more ...any) { where, args = append(where, text), append(args, more...) }
	if in.Channel != "" {
		and("a.channel = ?", in.Channel)
	}
	if in.Lang != "" {
		and("a.lang = ?", in.Lang)
	}
	for _, word := range strings.Fields(strings.ToLower(in.Q)) {
		and(`(a.words LIKE ? ESCAPE '\' OR lower(a.title) LIKE ? ESCAPE '\')`, db.Like(word), db.Like(word))
	}
	if key != nil {
		at, err := strconv.ParseInt(key[0], 10, 64)
		if err != nil {
			return out, fault.New(fault.Malformed, "bad_cursor", "翻页位置无效，请从第一页重新开始。", "The page cursor is not valid; start again from the first page.")
		}
		and("(a.published_at, a.id) < (?, ?)", at, key[1])
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Items, err = db.All[Article](ctx, tx, `SELECT `+articleColumns+` FROM portal_article a WHERE `+strings.Join(where, " AND ")+
			` ORDER BY a.published_at DESC, a.id DESC LIMIT ?`, append(args, size+1)...)
		return err
	})
	if len(out.Items) > size {
		out.Items = slices.Clip(out.Items[:size])
		last := out.Items[size-1]
		out.Next = db.Cursor(strconv.FormatInt(last.PublishedAt, 10), last.ID)
	}
	return out, err
}
