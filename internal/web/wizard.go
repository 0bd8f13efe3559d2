package web

import (
	"context"
	"net/http"

	"zhudian/internal/sheet"
)

// CountCell is one plain count of a check.
type CountCell struct {
	Text string
	N    int64
	Tone string // "", due or alarm
}

func wizardState(i, now int) string {
	if i == now {
		return "now"
	}
	return ""
}

// TallyCells are the counts of an import.
func TallyCells(ctx context.Context, t sheet.Tally) []CountCell {
	out := []CountCell{{Text: T(ctx, "import.created"), N: t.Created}, {Text: T(ctx, "import.updated"), N: t.Updated}, {Text: T(ctx, "import.unchanged"), N: t.Unchanged}, {Text: T(ctx, "import.refused"), N: t.Refused}}
	if t.Refused > 0 {
		out[3].Tone = "due"
	}
	return out
}

// Download is a table sent as a file. Its head is written with its first byte, so that a fault before that can still
// be answered as one, see Done.
type Download struct {
	W      http.ResponseWriter
	Format sheet.Format
	Name   string
	begun  bool
}

// Write sends a part of the file.
func (d *Download) Write(p []byte) (int, error) {
	if !d.begun {
		d.begun = true
		h := d.W.Header()
		h.Set("Content-Type", d.Format.MIME())
		h.Set("Content-Disposition", `attachment; filename="`+d.Name+`"`)
		h.Set("X-Content-Type-Options", "nosniff")
	}
	return d.W.Write(p)
}

// Done answers what went wrong. When half a table is out, the connection is cut so that nobody takes it for whole.
func (d *Download) Done(m *Mux, r *http.Request, err error) {
	switch {
	case err == nil:
	case d.begun:
		panic(http.ErrAbortHandler)
	default:
		m.Fail(d.W, r, err)
	}
}
