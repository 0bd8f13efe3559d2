package wire

import (
	"io"

	"zhudian/internal/bulletin"
	"zhudian/internal/field"
	"zhudian/internal/station"
)

// papers writes the forms and reports of other packages in the manner of the documents.
type papers struct{}

func (papers) Write(w io.Writer, p field.Paper) error {
	var blocks []bulletin.Block
	for _, part := range p.Parts {
		if part.Heading != "" {
			blocks = append(blocks, bulletin.Block{Level: 1, Runs: text(part.Heading)})
		}
		if part.Text != "" {
			blocks = append(blocks, bulletin.Block{Runs: text(part.Text)})
		}
		if len(part.Rows) > 0 {
			blocks = append(blocks, table(part.Rows))
		}
	}
	return bulletin.Sheet{Title: p.Title, Agency: p.Agency, Date: p.Date, Blocks: blocks}.WriteWord(w)
}

// Minutes writes those of a meeting.
func (p papers) Minutes(w io.Writer, m station.Minutes) error {
	paper := field.Paper{Title: m.Title, Agency: m.Agency, Date: m.Date}
	for _, part := range m.Parts {
		paper.Parts = append(paper.Parts, field.PaperPart{Heading: part[0], Text: part[1]})
	}
	return p.Write(w, paper)
}

func text(s string) []bulletin.Run { return []bulletin.Run{{Text: s}} }

func table(rows [][]string) bulletin.Block {
	out := make([][][]bulletin.Run, len(rows))
	for i, r := range rows {
		for _, cell := range r {
			out[i] = append(out[i], text(cell))
		}
	}
	return bulletin.Block{Rows: out}
}
