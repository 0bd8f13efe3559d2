package wire

import (
	"io"

	"zhudian/internal/bulletin"
)

// papers writes forms of other packages in the manner of the documents.
type papers struct{}

func (papers) Form(w io.Writer, title, agency, date string, rows [][2]string) error {
	table := make([][][]bulletin.Run, len(rows))
	for i, r := range rows {
		table[i] = [][]bulletin.Run{{{Text: r[0]}}, {{Text: r[1]}}}
	}
	return bulletin.Sheet{Title: title, Agency: agency, Date: date, Blocks: []bulletin.Block{{Rows: table}}}.WriteWord(w)
}
