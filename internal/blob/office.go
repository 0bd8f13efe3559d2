package blob

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"
)

// Bounds of an Office file, checked on the zip directory before anything is unpacked.
const (
	maxEntries  = 2_000
	maxUnpacked = 200 << 20
	maxRatio    = 100
	// small parts of pure markup may pack better than the ratio and harm nobody
	ratioFrom = 1 << 20
	prolog    = 64 << 10
)

var oleMagic = []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}

// ScanOffice judges an xlsx or docx by its zip directory and the first bytes of each part: no bomb, no lying
// sizes, no path tricks, no DOCTYPE, no macros, not encrypted. It holds a few hundred kilobytes at most.
// Its faults are Invalid: file_encrypted, file_broken, file_bomb, file_entries, file_doctype, file_macro, file_content.
func ScanOffice(f io.ReaderAt, size int64, want Type) error {
	head := make([]byte, len(oleMagic))
	if n, _ := f.ReadAt(head, 0); n == len(head) && bytes.Equal(head, oleMagic) {
		return encrypted()
	}
	z, err := zip.NewReader(f, size)
	if err != nil {
		return broken(strings.ToUpper(string(want)))
	}
	if err := scanDirectory(z.File); err != nil {
		return err
	}
	buf := make([]byte, prolog)
	main := map[Type]string{XLSX: "xl/workbook.xml", DOCX: "word/document.xml"}[want]
	found := 0
	for _, e := range z.File {
		name := strings.ToLower(e.Name)
		if name == main || name == "[content_types].xml" {
			found++
		}
		if err := scanPart(e, name, buf); err != nil {
			return err
		}
	}
	if found != 2 {
		return refuse("file_content",
			"文件内容与扩展名 ."+string(want)+" 不符。",
			"The content does not match the extension ."+string(want)+".")
	}
	return nil
}

func scanDirectory(list []*zip.File) error {
	bomb := func() error {
		return refuse("file_bomb",
			"文件解开后过大（上限 200 MB、2000 个部件、压缩比 100）。请拆成较小的文件。",
			"The file unpacks to too much (limits: 200 MB, 2,000 parts, ratio 100). Split it.")
	}
	if len(list) > maxEntries {
		return bomb()
	}
	var packed, unpacked uint64
	seen := make(map[string]bool, len(list))
	for _, e := range list {
		if e.UncompressedSize64 > maxUnpacked || tooDense(e.CompressedSize64, e.UncompressedSize64) {
			return bomb()
		}
		packed, unpacked = packed+e.CompressedSize64, unpacked+e.UncompressedSize64
		key := strings.ToLower(e.Name)
		if seen[key] || badEntry(e) {
			return refuse("file_entries",
				"文件内部结构不正常（重复、越界或加密的部件）。请用 Office 或 WPS 另存后再上传。",
				"The file's inside is not in order (duplicate, escaping or encrypted parts). Save it again in Office or WPS.")
		}
		seen[key] = true
	}
	if unpacked > maxUnpacked || tooDense(packed, unpacked) {
		return bomb()
	}
	return nil
}

func tooDense(packed, unpacked uint64) bool {
	return unpacked > ratioFrom && unpacked > packed*maxRatio
}

func badEntry(e *zip.File) bool {
	if e.Method != zip.Store && e.Method != zip.Deflate || e.Flags&1 != 0 || !utf8.ValidString(e.Name) {
		return true
	}
	if e.Mode()&(fs.ModeSymlink|fs.ModeDevice|fs.ModeNamedPipe|fs.ModeSocket) != 0 {
		return true
	}
	return strings.ContainsAny(e.Name, "\\\x00:") || !fs.ValidPath(strings.TrimSuffix(e.Name, "/"))
}

func scanPart(e *zip.File, name string, buf []byte) error {
	macro := func() error {
		return refuse("file_macro",
			"文件带有宏、控件或动态数据链接，不收。请另存为不含宏的 xlsx 或 docx。",
			"The file holds macros, controls or live data links. Save it as a plain xlsx or docx.")
	}
	if strings.Contains(name, "vbaproject") || strings.Contains(name, "/activex/") || strings.Contains(name, "macrosheets/") {
		return macro()
	}
	text, err := firstBytes(e, buf)
	if err != nil {
		return broken("Office")
	}
	if !strings.HasSuffix(name, ".xml") && !strings.HasSuffix(name, ".rels") && !strings.HasSuffix(name, ".vml") {
		return nil
	}
	if bytes.Contains(text, []byte("macroEnabled")) && name == "[content_types].xml" || bytes.Contains(text, []byte("ddeLink")) {
		return macro()
	}
	if !plainProlog(text) {
		return refuse("file_doctype",
			"文件内含 DOCTYPE 声明或不是 UTF-8 的 XML，不收。请用 Office 或 WPS 另存后再上传。",
			"The file holds a DOCTYPE or XML that is not UTF-8. Save it again in Office or WPS.")
	}
	return nil
}

// firstBytes reads the start of a part; a part that holds more than its header says is an error of the zip reader.
func firstBytes(e *zip.File, buf []byte) ([]byte, error) {
	r, err := e.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	n := 0
	for n < len(buf) {
		var k int
		k, err = r.Read(buf[n:])
		n += k
		if errors.Is(err, io.EOF) {
			return buf[:n], nil
		}
		if err != nil {
			return nil, err // also a part cut short, which io.ReadFull would not tell from a short part
		}
	}
	return buf, nil
}

// plainProlog accepts the start of an XML part when its root element is in sight and no DOCTYPE stands before it.
func plainProlog(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF"))
	for {
		b = bytes.TrimLeft(b, " \t\r\n")
		var end string
		switch {
		case len(b) == 0:
			return true // an empty part declares nothing
		case bytes.HasPrefix(b, []byte("<?")):
			if bytes.IndexByte(b, 0) >= 0 {
				return false
			}
			end = "?>"
		case bytes.HasPrefix(b, []byte("<!--")):
			end = "-->"
		default:
			return len(b) > 1 && b[0] == '<' && b[1] != '!' && b[1] != 0
		}
		i := bytes.Index(b, []byte(end))
		if i < 0 {
			return false
		}
		b = b[i+len(end):]
	}
}
