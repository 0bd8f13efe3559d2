package bulletin

import (
	"regexp"
	"strings"
)

var (
	slotKey  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)
	slotMark = regexp.MustCompile(`\{\{([a-z][a-z0-9_]{0,30})\}\}`)
)

// Block is a piece of a document: a heading of level 1 to 3, a paragraph (level 0), or a table.
type Block struct {
	Level int
	Runs  []Run
	Rows  [][][]Run // of a table: rows, cells, runs; the first row is its head
}

// Run is a stretch of text, or a slot's value.
type Run struct {
	Text string
	Slot *Value
}

// marksIn lists the slots a text names, in order, each once.
func marksIn(text string) []string {
	var out []string
	seen := map[string]bool{}
	for _, m := range slotMark.FindAllStringSubmatch(text, -1) {
		if !seen[m[1]] {
			seen[m[1]] = true
			out = append(out, m[1])
		}
	}
	return out
}

// blocksOf reads the light marking of a body: blank lines part paragraphs, #, ## and ### head sections, lines in
// bars are rows of a table, {{key}} is a slot.
func blocksOf(body string, values map[string]*Value) []Block {
	var out []Block
	var para []string
	flush := func() {
		if len(para) > 0 {
			out = append(out, Block{Runs: runsOf(strings.Join(para, ""), values)})
			para = nil
		}
	}
	for _, line := range strings.Split(body, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			flush()
		case strings.HasPrefix(line, "#"):
			flush()
			level := len(line) - len(strings.TrimLeft(line, "#"))
			out = append(out, Block{Level: min(level, 3), Runs: runsOf(strings.TrimSpace(line[level:]), values)})
		case strings.HasPrefix(line, "|"):
			flush()
			out = addRow(out, line, values)
		default:
			para = append(para, line)
		}
	}
	flush()
	return out
}

func addRow(out []Block, line string, values map[string]*Value) []Block {
	var cells [][]Run
	for _, cell := range strings.Split(strings.Trim(line, "|"), "|") {
		cells = append(cells, runsOf(strings.TrimSpace(cell), values))
	}
	if n := len(out); n > 0 && out[n-1].Rows != nil {
		out[n-1].Rows = append(out[n-1].Rows, cells)
		return out
	}
	return append(out, Block{Rows: [][][]Run{cells}})
}

func runsOf(text string, values map[string]*Value) []Run {
	var out []Run
	at := 0
	for _, m := range slotMark.FindAllStringSubmatchIndex(text, -1) {
		v := values[text[m[2]:m[3]]]
		if v == nil {
			continue
		}
		if m[0] > at {
			out = append(out, Run{Text: text[at:m[0]]})
		}
		out = append(out, Run{Slot: v})
		at = m[1]
	}
	if at < len(text) {
		out = append(out, Run{Text: text[at:]})
	}
	return out
}

// plain writes runs without marks.
func plain(runs []Run) string {
	var b strings.Builder
	for _, r := range runs {
		if r.Slot != nil {
			b.WriteString(r.Slot.Text)
		} else {
			b.WriteString(r.Text)
		}
	}
	return b.String()
}

func byKey(values []Value) map[string]*Value {
	out := map[string]*Value{}
	for i := range values {
		out[values[i].Key] = &values[i]
	}
	return out
}

// TextBlocks reads a body that has no slots.
func TextBlocks(body string) []Block { return blocksOf(body, nil) }

// PlainText writes blocks without marks, for searching.
func PlainText(list []Block) string {
	var b strings.Builder
	for _, x := range list {
		b.WriteString(plain(x.Runs))
		for _, row := range x.Rows {
			for _, cell := range row {
				b.WriteString(plain(cell) + " ")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
