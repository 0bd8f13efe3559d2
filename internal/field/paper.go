package field

import (
	"bytes"
	"io"
	"net/http"
	"net/url"

	"zhudian/internal/web"
)

// Paper is what is written as a Word file.
type Paper struct {
	Title, Agency, Date string
	Parts               []PaperPart
}

// PaperPart is a heading with a text, a table or both; what is empty is left out. The first row of a table is its head.
type PaperPart struct {
	Heading, Text string
	Rows          [][]string
}

// Papers writes Word files.
type Papers interface {
	Write(w io.Writer, p Paper) error
}

// SendPaper answers with a Word file; a fault before its first byte is still a page.
func SendPaper(papers Papers, m *web.Mux, name, nameZH string, read func(*http.Request) (Paper, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := read(r)
		var file bytes.Buffer
		if err == nil {
			err = papers.Write(&file, p)
		}
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.docx"; filename*=UTF-8''`+url.PathEscape(nameZH+".docx"))
		_, _ = file.WriteTo(w) // the reader may have gone
	}
}

func (s *Service) sendPaper(m *web.Mux, name, nameZH string, read func(*http.Request) (Paper, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { SendPaper(s.Papers, m, name, nameZH, read)(w, r) }
}
