package web

import (
	"context"
	"io"
	"net/http"

	"github.com/a-h/templ"
)

// Plain is text as a component, escaped.
func Plain(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(s))
		return err
	})
}

// Prose sets words and figures in a row without the blanks a template would put between them, as Chinese
// text needs: Prose(Plain("已有"), Fig(p), Plain("个项目")).
func Prose(parts ...templ.Component) templ.Component { return templ.Join(parts...) }

// Part is a whole page for a browser, and for htmx only the templ.Fragment of that name in it, so that the
// two never differ.
func Part(r *http.Request, page templ.Component, name string) templ.Component {
	if !isHTMX(r) {
		return page
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return templ.RenderFragments(ctx, w, page, name)
	})
}
