package bulletin

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"zhudian/internal/fault"
)

// A Sheet is a document ready to be written as a Word file in the manner of GB/T 9704-2012.
type Sheet struct {
	Masthead string // red head of a brief: 驻点招商简报; "" for none
	IssueNo  string
	Agency   string
	Date     string // 2020年12月16日
	Title    string
	Blocks   []Block
	Notes    []string // small print at the end: as-of, book, trace code
	Draft    bool     // marks every page 草稿
}

// Measures of the standard, in twentieths of a point unless said otherwise: A4; margins 37, 35, 28 and 26 mm leave
// the block of 156 × 225 mm; 28.95 pt is the line that gives 22 of them on a page.
const (
	pageWidth, pageHeight            = 11906, 16838
	topMargin, bottomMargin          = 2098, 1984
	leftMargin, rightMargin          = 1588, 1474
	linePitch                        = 579
	sizeTitle, sizeText, sizeSmall   = 44, 32, 28 // half points: 2 号, 3 号, 4 号
	sizeTable                        = 24
	fontTitle, fontText              = "方正小标宋简体", "仿宋_GB2312"
	fontLevel1, fontLevel2, fontSong = "黑体", "楷体_GB2312", "宋体"
	red                              = "C00000"
)

// WriteWord writes the sheet as a .docx file. Fonts are named, never embedded: the standard's are licensed.
func (s Sheet) WriteWord(w io.Writer) error {
	z := zip.NewWriter(w)
	parts := []struct{ name, text string }{
		{"[Content_Types].xml", contentTypes},
		{"_rels/.rels", packageRels},
		{"docProps/core.xml", fmt.Sprintf(coreProps, escape(s.Title), escape(s.Agency))},
		{"word/_rels/document.xml.rels", documentRels},
		{"word/styles.xml", styles()},
		{"word/settings.xml", settings},
		{"word/header1.xml", s.header()},
		{"word/footer1.xml", footer("right")},
		{"word/footer2.xml", footer("left")},
		{"word/document.xml", s.document()},
	}
	for _, p := range parts {
		// a fixed time keeps two writings of one document byte for byte alike
		f, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return fault.Wrap(err, "write a Word file")
		}
		if _, err := io.WriteString(f, p.text); err != nil {
			return fault.Wrap(err, "write a Word file")
		}
	}
	return fault.Wrap(z.Close(), "write a Word file")
}

func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return b.String()
}

const wordNS = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

func (s Sheet) document() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document ` + wordNS + `><w:body>`)
	if s.Masthead != "" {
		s.masthead(&b)
	}
	para(&b, paraProps{align: "center", before: 240, after: 240}, run(s.Title, fontTitle, sizeTitle, ""))
	for _, block := range s.Blocks {
		writeBlock(&b, block)
	}
	if s.Agency != "" && s.Masthead == "" {
		para(&b, paraProps{align: "right", before: linePitch, right: 640}, run(s.Agency, fontText, sizeText, ""))
		para(&b, paraProps{align: "right", right: 640}, run(s.Date, fontText, sizeText, ""))
	}
	for i, n := range s.Notes {
		p := paraProps{}
		if i == 0 {
			p.before, p.rule = linePitch, "top"
		}
		para(&b, p, run(n, fontText, sizeSmall, ""))
	}
	fmt.Fprintf(&b, `<w:sectPr><w:headerReference w:type="default" r:id="rId3"/><w:headerReference w:type="even" r:id="rId3"/>`+
		`<w:footerReference w:type="default" r:id="rId4"/><w:footerReference w:type="even" r:id="rId5"/>`+
		`<w:pgSz w:w="%d" w:h="%d"/><w:pgMar w:top="%d" w:right="%d" w:bottom="%d" w:left="%d" w:header="851" w:footer="1400" w:gutter="0"/>`+
		`<w:docGrid w:type="lines" w:linePitch="%d"/></w:sectPr></w:body></w:document>`,
		pageWidth, pageHeight, topMargin, rightMargin, bottomMargin, leftMargin, linePitch)
	return b.String()
}

// masthead is the red head of a brief: its name, its number, who issues it and when, and the red rule.
func (s Sheet) masthead(b *strings.Builder) {
	para(b, paraProps{align: "center", after: 120}, run(s.Masthead, fontTitle, 72, red))
	if s.IssueNo != "" {
		para(b, paraProps{align: "center"}, run(s.IssueNo, fontText, sizeText, ""))
	}
	para(b, paraProps{rule: "red", tab: true}, run(s.Agency, fontText, sizeText, "")+`<w:r><w:tab/></w:r>`+run(s.Date, fontText, sizeText, ""))
}

type paraProps struct {
	align                string
	before, after, right int
	indent               bool   // two characters on the first line
	rule                 string // "red" below, "top" above
	tab                  bool   // a tab stop at the right edge
	table                bool   // single line height of its own
}

func para(b *strings.Builder, p paraProps, runs string) {
	b.WriteString(`<w:p><w:pPr>`)
	switch p.rule {
	case "red":
		b.WriteString(`<w:pBdr><w:bottom w:val="single" w:sz="18" w:space="4" w:color="` + red + `"/></w:pBdr>`)
	case "top":
		b.WriteString(`<w:pBdr><w:top w:val="single" w:sz="6" w:space="6" w:color="000000"/></w:pBdr>`)
	}
	if p.tab {
		fmt.Fprintf(b, `<w:tabs><w:tab w:val="right" w:pos="%d"/></w:tabs>`, pageWidth-leftMargin-rightMargin)
	}
	if p.before > 0 {
		b.WriteString(`<w:snapToGrid w:val="0"/>`)
	}
	if p.table {
		b.WriteString(`<w:spacing w:line="400" w:lineRule="exact"/>`)
	} else {
		fmt.Fprintf(b, `<w:spacing w:before="%d" w:after="%d" w:line="%d" w:lineRule="exact"/>`, p.before, p.after, lineOf(p))
	}
	if p.indent {
		b.WriteString(`<w:ind w:firstLineChars="200" w:firstLine="640"/>`)
	} else if p.right > 0 {
		fmt.Fprintf(b, `<w:ind w:right="%d"/>`, p.right)
	}
	align := p.align
	if align == "" {
		align = "both"
	}
	b.WriteString(`<w:jc w:val="` + align + `"/></w:pPr>` + runs + `</w:p>`)
}

// lineOf: the large letters of a masthead need a higher line.
func lineOf(p paraProps) int {
	if p.after == 120 {
		return 2 * linePitch
	}
	return linePitch
}

func run(text, font string, size int, colour string) string {
	c := ""
	if colour != "" {
		c = `<w:color w:val="` + colour + `"/>`
	}
	return fmt.Sprintf(`<w:r><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman" w:eastAsia="`+font+`"/>%s<w:sz w:val="%d"/><w:szCs w:val="%d"/></w:rPr><w:t xml:space="preserve">%s</w:t></w:r>`,
		c, size, size, escape(text))
}

func writeBlock(b *strings.Builder, x Block) {
	if x.Rows != nil {
		writeTable(b, x.Rows)
		return
	}
	font := map[int]string{0: fontText, 1: fontLevel1, 2: fontLevel2, 3: fontText}[x.Level]
	para(b, paraProps{indent: true}, runs(x.Runs, font, sizeText))
}

// runs writes text and slots. A citation carries its mark; a figure is plain text, its trace code stands at the end.
func runs(list []Run, font string, size int) string {
	var b strings.Builder
	for _, r := range list {
		text := r.Text
		if r.Slot != nil {
			text = r.Slot.Text
		}
		b.WriteString(run(text, font, size, ""))
	}
	return b.String()
}

// writeTable draws a grid whose first row repeats on every page.
func writeTable(b *strings.Builder, rows [][][]Run) {
	width := (pageWidth - leftMargin - rightMargin) / max(1, len(rows[0]))
	b.WriteString(`<w:tbl><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>`)
	for _, side := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
		b.WriteString(`<w:` + side + ` w:val="single" w:sz="4" w:space="0" w:color="000000"/>`)
	}
	b.WriteString(`</w:tblBorders></w:tblPr><w:tblGrid>`)
	for range rows[0] {
		fmt.Fprintf(b, `<w:gridCol w:w="%d"/>`, width)
	}
	b.WriteString(`</w:tblGrid>`)
	for i, row := range rows {
		b.WriteString(`<w:tr><w:trPr><w:cantSplit/>`)
		font := fontText
		if i == 0 {
			b.WriteString(`<w:tblHeader/>`)
			font = fontLevel1
		}
		b.WriteString(`</w:trPr>`)
		for _, cell := range row {
			fmt.Fprintf(b, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>`, width)
			para(b, paraProps{align: "center", table: true}, runs(cell, font, sizeTable))
			b.WriteString(`</w:tc>`)
		}
		b.WriteString(`</w:tr>`)
	}
	b.WriteString(`</w:tbl>`)
	para(b, paraProps{}, "")
}

func (s Sheet) header() string {
	text := ""
	if s.Draft {
		text = run("草稿 未经签发，数字随台账变动", fontLevel1, sizeSmall, red)
	}
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:hdr ` + wordNS + `><w:p><w:pPr><w:jc w:val="center"/></w:pPr>` + text + `</w:p></w:hdr>`
}

// footer is the page number between dashes, one character in from the outer edge: odd right, even left.
func footer(side string) string {
	song := `<w:rPr><w:rFonts w:ascii="宋体" w:hAnsi="宋体" w:eastAsia="` + fontSong + `"/><w:sz w:val="28"/></w:rPr>`
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:ftr ` + wordNS + `><w:p><w:pPr><w:ind w:left="280" w:right="280"/><w:jc w:val="` + side + `"/></w:pPr>` +
		`<w:r>` + song + `<w:t xml:space="preserve">— </w:t></w:r><w:r>` + song + `<w:fldChar w:fldCharType="begin"/></w:r><w:r>` + song +
		`<w:instrText xml:space="preserve"> PAGE </w:instrText></w:r><w:r>` + song + `<w:fldChar w:fldCharType="separate"/></w:r><w:r>` + song + `<w:t>1</w:t></w:r><w:r>` + song +
		`<w:fldChar w:fldCharType="end"/></w:r><w:r>` + song + `<w:t xml:space="preserve"> —</w:t></w:r></w:p></w:ftr>`
}

func styles() string {
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:styles ` + wordNS + `><w:docDefaults><w:rPrDefault><w:rPr>` +
		`<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="` + fontText + `"/><w:sz w:val="32"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults>` +
		`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style></w:styles>`
}

const (
	contentTypes = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>` +
		`<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>` +
		`<Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/>` +
		`<Override PartName="/word/header1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/>` +
		`<Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>` +
		`<Override PartName="/word/footer2.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>` +
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`
	packageRels = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`
	documentRels = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings" Target="settings.xml"/>` +
		`<Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/header" Target="header1.xml"/>` +
		`<Relationship Id="rId4" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/>` +
		`<Relationship Id="rId5" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer2.xml"/></Relationships>`
	coreProps = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" ` +
		`xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>%s</dc:title><dc:creator>%s</dc:creator></cp:coreProperties>`
	settings = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:settings ` + wordNS + `><w:evenAndOddHeaders/><w:characterSpacingControl w:val="doNotCompress"/></w:settings>`
)
