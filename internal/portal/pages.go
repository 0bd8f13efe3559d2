package portal

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/match"
	"zhudian/internal/web"
)

// pages keeps public pages as they were last drawn, until something public changes. Every page is asked for again and
// again by people who are all shown the same, and what they see must not wait for the work inside.
type pages struct {
	lock       sync.Mutex
	generation string
	drawn      map[string][]byte
	size       int
}

// What is kept stays small: a portal has some hundred pages of some ten kilobytes.
const (
	pagesMost = 500
	pagesSize = 16 << 20
)

const generationSetting = "portal.generation"

// stir says, in the transaction of the change, that public pages are no longer what they were.
func (s *Service) stir(ctx context.Context, tx *db.Tx) error {
	return db.SetSetting(ctx, tx, generationSetting, strconv.FormatInt(db.Micros(tx.Now()), 10)+tx.ID())
}

// now reads what decides whether a drawn page still holds: the last change of texts and of sites, the name of the office, the day.
func (s *Service) now(ctx context.Context) (out string, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := db.All[string](ctx, tx, `SELECT value FROM db_setting WHERE key IN (?, ?, ?) ORDER BY key`, generationSetting, AgencyKnob.Key, match.StirredSetting)
		out = strings.Join(list, "\n") + "\n" + tx.Today()
		return err
	})
	return out, err
}

// keyOf names a page by all that it is drawn from. Addresses with anything unusual in them are drawn each time.
func keyOf(r *http.Request) (string, bool) {
	if _, err := r.Cookie("zd_toast"); err == nil || len(r.URL.RawQuery) > 120 {
		return "", false
	}
	for name := range r.URL.Query() {
		if !slices.Contains([]string{"channel", "size", "lang", "code", "key", "unit", "chain", "kind"}, name) {
			return "", false
		}
	}
	ctx := r.Context()
	sh := web.ShellOf(ctx)
	if sh.Person != nil {
		return "", false
	}
	return strings.Join([]string{r.URL.RequestURI(), web.Lang(ctx), sh.Density, sh.Theme, strconv.FormatBool(web.LargeType(ctx)), strconv.FormatBool(web.IsFragment(r))}, "\n"), true
}

// kept serves a page from the ones that were drawn, and draws it when it is not there.
func (s *Service) kept(draw func(*http.Request) (templ.Component, error)) func(*http.Request) (templ.Component, error) {
	return func(r *http.Request) (templ.Component, error) {
		key, ok := keyOf(r)
		if !ok {
			return draw(r)
		}
		generation, err := s.now(r.Context())
		if err != nil {
			return nil, err
		}
		if page, ok := s.pages.get(generation, key); ok {
			return page, nil
		}
		c, err := draw(r)
		if err != nil || c == nil || web.IsRedirect(c) {
			return c, err
		}
		var b bytes.Buffer
		if err := c.Render(r.Context(), &b); err != nil {
			return nil, err
		}
		s.pages.put(generation, key, b.Bytes())
		return drawn(b.Bytes()), nil
	}
}

// drawn is a page that is ready.
type drawn []byte

// Render writes it.
func (d drawn) Render(_ context.Context, w io.Writer) error {
	_, err := w.Write(d)
	return err
}

func (p *pages) get(generation, key string) (drawn, bool) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.generation != generation {
		return nil, false
	}
	page, ok := p.drawn[key]
	return page, ok
}

func (p *pages) put(generation, key string, page []byte) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.generation != generation || len(p.drawn) >= pagesMost || p.size+len(page) > pagesSize {
		p.generation, p.drawn, p.size = generation, map[string][]byte{}, 0
	}
	p.drawn[key], p.size = page, p.size+len(page)
}
