package blob

import (
	"bytes"
	"encoding/binary"
	"image"
	_ "image/jpeg" // header only
	_ "image/png"  // header only
	"io"
	"path"
	"strings"

	"zhudian/internal/fault"
)

// Type is one of the accepted kinds of file.
type Type string

// The closed list of kinds an officer may attach.
const (
	PDF  Type = "pdf"
	JPEG Type = "jpg"
	PNG  Type = "png"
	XLSX Type = "xlsx"
	DOCX Type = "docx"
	WEBM Type = "webm" // what was said, as most phones record it
	M4A  Type = "m4a"  // and as the others do
	CSV  Type = "csv"  // tables on their way into an import only
)

// MaxPixels bounds a picture, so that nothing downstream unpacks a flood.
const MaxPixels = 50_000_000

// MIME gives the media type to serve the file with; always beside nosniff, and as an attachment unless it is a picture.
func (t Type) MIME() string {
	switch t {
	case PDF:
		return "application/pdf"
	case JPEG:
		return "image/jpeg"
	case PNG:
		return "image/png"
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case DOCX:
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case WEBM:
		return "audio/webm"
	case M4A:
		return "audio/mp4"
	case CSV:
		return "text/csv"
	}
	return "application/octet-stream"
}

func typeOfName(name string) (Type, error) {
	switch strings.ToLower(path.Ext(name)) {
	case ".pdf":
		return PDF, nil
	case ".jpg", ".jpeg":
		return JPEG, nil
	case ".png":
		return PNG, nil
	case ".xlsx":
		return XLSX, nil
	case ".docx":
		return DOCX, nil
	case ".webm":
		return WEBM, nil
	case ".m4a", ".mp4":
		return M4A, nil
	}
	return "", refuse("file_type",
		"“"+name+"”不是可收的类型。请用 pdf、jpg、png、xlsx 或 docx；录音用 webm 或 m4a。",
		"“"+name+"” is not an accepted type. Use pdf, jpg, png, xlsx or docx; recordings webm or m4a.")
}

func typeOfTable(name string) (Type, error) {
	switch strings.ToLower(path.Ext(name)) {
	case ".xlsx":
		return XLSX, nil
	case ".csv", ".txt", ".tsv":
		return CSV, nil
	}
	return "", refuse("file_type", "请用 xlsx 或 csv 文件导入。", "Import an xlsx or csv file.")
}

// inspect finds out what the bytes are and whether they agree with the name.
func inspect(f io.ReaderAt, size int64, want Type) (Type, error) {
	if size == 0 {
		return "", refuse("file_empty", "文件是空的，请重新选择。", "The file is empty; choose it again.")
	}
	if want == CSV {
		return want, nil // any bytes may be a table; package sheet reads it line by line
	}
	head := make([]byte, 16)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return "", fault.Wrap(err, "read the upload")
	}
	head = head[:n]
	if bytes.HasPrefix(head, oleMagic) && (want == XLSX || want == DOCX) {
		return "", encrypted()
	}
	if magic(head) != string(want) && (magic(head) != "zip" || want != XLSX && want != DOCX) {
		return "", refuse("file_content",
			"文件内容与扩展名 ."+string(want)+" 不符。请用原来的软件另存后再上传。",
			"The content does not match the extension ."+string(want)+". Save it again in its own program and upload that.")
	}
	switch want {
	case PDF:
		return want, inspectPDF(f, size)
	case PNG, JPEG:
		return want, inspectPicture(f, size, want)
	case WEBM, M4A:
		return want, inspectVoice(f, size, want)
	default:
		return want, ScanOffice(f, size, want)
	}
}

func magic(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return "pdf"
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return "png"
	case bytes.HasPrefix(head, []byte{0xFF, 0xD8, 0xFF}):
		return "jpg"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "zip"
	case bytes.HasPrefix(head, []byte{0x1A, 0x45, 0xDF, 0xA3}):
		return "webm"
	case len(head) > 8 && string(head[4:8]) == "ftyp":
		return "m4a"
	}
	return ""
}

// inspectPDF asks for the frame of a PDF and refuses an encrypted one. It does not judge the pages: a PDF is
// only ever given out as an attachment.
func inspectPDF(f io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, 2048))
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return fault.Wrap(err, "read the upload")
	}
	if !bytes.Contains(tail, []byte("%%EOF")) || !bytes.Contains(tail, []byte("startxref")) {
		return broken("PDF")
	}
	has, err := contains(io.NewSectionReader(f, 0, size), []byte("/Encrypt"))
	if err != nil {
		return fault.Wrap(err, "read the upload")
	}
	if has {
		return encrypted()
	}
	return nil
}

// contains searches a stream in small memory.
func contains(r io.Reader, what []byte) (bool, error) {
	buf := make([]byte, 64<<10)
	keep := 0
	for {
		n, err := r.Read(buf[keep:])
		if bytes.Contains(buf[:keep+n], what) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		total := keep + n
		keep = min(total, len(what)-1)
		copy(buf, buf[total-keep:total])
	}
}

func inspectPicture(f io.ReaderAt, size int64, want Type) error {
	c, _, err := image.DecodeConfig(io.NewSectionReader(f, 0, size))
	if err != nil || c.Width <= 0 || c.Height <= 0 {
		return broken(strings.ToUpper(string(want)))
	}
	if int64(c.Width)*int64(c.Height) > MaxPixels {
		return refuse("file_pixels",
			"图片超过 5000 万像素。请缩小后再上传。",
			"The picture has more than 50 million pixels. Make it smaller and upload again.")
	}
	whole := wholeJPEG
	if want == PNG {
		whole = wholePNG
	}
	ok, err := whole(f, size)
	if err != nil {
		return fault.Wrap(err, "read the upload")
	}
	if !ok {
		return broken(strings.ToUpper(string(want)))
	}
	return nil
}

// wholePNG walks the chunks: they must reach IEND exactly at the end of the file.
func wholePNG(f io.ReaderAt, size int64) (bool, error) {
	var head [8]byte
	data := false
	for at := int64(8); at+12 <= size; {
		if _, err := f.ReadAt(head[:], at); err != nil {
			return false, err
		}
		n := int64(binary.BigEndian.Uint32(head[:4]))
		at += 12 + n
		switch string(head[4:]) {
		case "IDAT":
			data = true
		case "IEND":
			return data && n == 0 && at == size, nil
		}
	}
	return false, nil
}

// wholeJPEG wants the end mark; cameras may append data of their own behind it.
func wholeJPEG(f io.ReaderAt, size int64) (bool, error) {
	return contains(io.NewSectionReader(f, 0, size), []byte{0xFF, 0xD9})
}

func refuse(code, zh, en string) error { return fault.BadField("file", code, zh, en) }

func broken(kind string) error {
	return refuse("file_broken",
		"这个 "+kind+" 文件不完整或已损坏。请重新导出后再上传。",
		"This "+kind+" file is incomplete or damaged. Export it again and upload that.")
}

func encrypted() error {
	return refuse("file_encrypted",
		"文件加了密码（或是旧版 Office 格式）。请去掉密码，另存为 xlsx 或 docx 后再上传。",
		"The file is password-protected or in an old Office format. Remove the password and save it as xlsx or docx.")
}

func tooLarge() error {
	return fault.New(fault.TooLarge, "file_too_large",
		"文件超过 20 MB。请压缩或拆分后再上传。",
		"The file is larger than 20 MB. Make it smaller or split it.")
}

func unknown() error {
	return fault.New(fault.NotFound, "file_unknown", "没有这个附件。", "There is no such file.")
}
