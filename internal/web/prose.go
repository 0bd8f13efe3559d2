package web

import (
	"context"
	"io"

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
