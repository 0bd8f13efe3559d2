package bulletin

import (
	"slices"
	"strings"
)

// text is the form of the editor.
type text struct {
	Version int64  `json:"version"`
	Title   string `json:"title" maxLength:"120"`
	Kind    string `json:"kind" enum:"press,brief,report"`
	IssueNo string `json:"issue_no" maxLength:"40"`
	Station string `json:"station"`
	From    string `json:"from" format:"date"`
	Through string `json:"through" format:"date"`
	Book    string `json:"book" enum:"filed,reviewed,recognised"`
	Body    string `json:"body" maxLength:"60000"`
	Slot    []row  `json:"slot"`
}

// row is one slot in the editor.
type row struct {
	Key      string `json:"key" maxLength:"31"`
	Name     string `json:"name" maxLength:"60"`
	Measure  string `json:"measure" maxLength:"60"`
	Station  string `json:"station" maxLength:"32"`
	From     string `json:"from" format:"date"`
	Through  string `json:"through" format:"date"`
	Where    string `json:"where" maxLength:"400"`
	Show     string `json:"show" enum:"yi,wan,yuan,"`
	Citation string `json:"citation" maxLength:"36"`
}

// rows are the slots as the editor shows them: as typed if they were, else the document's, and some room for more.
func (p docProps) rows() []row {
	out := slices.Clone(p.typed)
	if p.form.Fault == nil {
		for _, s := range p.Document.Slots {
			q := s.Question
			out = append(out, row{s.Key, s.Title, q.Measure, q.Station, q.From, q.Through, strings.Join(q.Where, " "), q.Show, s.Citation})
		}
		out = append(out, row{}, row{}, row{})
	}
	return out
}

func (t text) compose() Compose {
	c := Compose{Title: t.Title, Kind: t.Kind, IssueNo: t.IssueNo, Station: t.Station, From: t.From, Through: t.Through, Book: t.Book, Body: strings.ReplaceAll(t.Body, "\r", "")}
	for _, r := range t.Slot {
		if r.Key == "" {
			continue // an emptied key removes its slot
		}
		s := Slot{Key: r.Key, Title: r.Name, Citation: r.Citation}
		if s.Title == "" {
			s.Title = r.Key
		}
		if s.Citation == "" {
			s.Question = Question{Measure: r.Measure, Station: r.Station, From: r.From, Through: r.Through, Where: strings.Fields(r.Where), Show: r.Show}
		}
		c.Slots = append(c.Slots, s)
	}
	return c
}
