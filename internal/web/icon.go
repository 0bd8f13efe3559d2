package web

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/a-h/templ"
)

// Icon draws an icon of the sprite at 16 px beside a word; it is hidden from screen readers. The names are
// in static/icons.txt.
func Icon(name string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		if !HasIcon(name) {
			return fmt.Errorf("web: no icon %q in the sprite", name)
		}
		_, err := io.WriteString(w, `<svg class="icon" aria-hidden="true"><use href="`+Asset("icons.svg")+`#`+name+`"></use></svg>`)
		return err
	})
}

var iconNames = sync.OnceValue(func() map[string]bool {
	b, err := staticFiles.ReadFile("static/icons.txt")
	if err != nil {
		panic(err)
	}
	out := map[string]bool{}
	for _, n := range strings.Fields(string(b)) {
		out[n] = true
	}
	return out
})

// HasIcon reports whether the sprite holds the icon.
func HasIcon(name string) bool { return iconNames()[name] }
