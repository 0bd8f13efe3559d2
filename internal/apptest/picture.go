package apptest

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"slices"
	"strings"

	"zhudian/internal/match"
	"zhudian/internal/verify"
)

// pictures put one on the page of the site, and a table of offers beside it that is not stored yet.
func (w *World) pictures() {
	var picture bytes.Buffer
	w.must(png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 40, 30))))
	m, err := w.Files.Put(context.Background(), noted(picture.Bytes(), "Author\x00Camera of Zhang San"), "园区.png")
	w.must(err)
	rec, err := w.Match.AddPhotos(w.As("county"), match.AddPhotos{Site: w.ID["site"], Caption: "园区全景", Files: []verify.Evidence{{Blob: m.Digest, Name: m.Name, Type: m.Type.MIME(), Size: m.Size}}})
	w.must(err)
	w.ID["photo"] = rec.Photos[0].ID
	table, err := w.Match.UploadOffers(w.As("county"), "offers.csv", strings.NewReader("载体,供给类别,供给名称,厂房面积,资料来源,资料日期\n碧江测试园区,厂房,二号厂房,3000,园区管委会,2020-12-01\n碧江测试园区,厂房,三号厂房,3,园区管委会,2020-12-01\n"))
	w.must(err)
	w.ID["offers"] = table.ID
}

// noted is a PNG with a note beside its points, such as a camera writes.
func noted(raw []byte, note string) io.Reader {
	const head = 8 + 25 // signature and IHDR
	chunk := append([]byte("tEXt"), note...)
	out := binary.BigEndian.AppendUint32(slices.Clone(raw[:head]), uint32(len(note))) //nolint:gosec // short
	out = binary.BigEndian.AppendUint32(append(out, chunk...), crc32.ChecksumIEEE(chunk))
	return bytes.NewReader(append(out, raw[head:]...))
}
