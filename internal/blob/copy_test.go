package blob

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"

	"zhudian/internal/fault"
)

// halves is red on the left and blue on the right.
func halves(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{R: 255, A: 255}
			if x >= w/2 {
				c = color.RGBA{B: 255, A: 255}
			}
			img.Set(x, y, c)
		}
	}
	return img
}

// photo is a JPEG with an orientation and a secret in its EXIF.
func photo(t *testing.T, w, h int, turn uint16) []byte {
	t.Helper()
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, halves(w, h), nil); err != nil {
		t.Fatal(err)
	}
	const secret = "SECRET-GPS-26.57N-106.71E\x00"
	exif := []byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x02")
	exif = append(exif, 0x01, 0x12, 0, 3, 0, 0, 0, 1) // orientation, one short
	exif = binary.BigEndian.AppendUint16(exif, turn)
	exif = append(exif, 0, 0, 0x01, 0x0e, 0, 2) // description, text
	exif = binary.BigEndian.AppendUint32(exif, uint32(len(secret)))
	exif = binary.BigEndian.AppendUint32(exif, 8+2+24+4)
	exif = append(append(exif, 0, 0, 0, 0), secret...)
	head := []byte{0xff, 0xd8, 0xff, 0xe1}
	head = binary.BigEndian.AppendUint16(head, uint16(len(exif)+2)) //nolint:gosec // short
	return append(append(head, exif...), plain.Bytes()[2:]...)
}

// TestCopy: a copy stands upright, is small enough, and has nothing of what the camera wrote; the original stays as it was.
func TestCopy(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		turn       uint16
		w, h       int // of the copy
		redX, redY int // where it is red
	}{
		"upright":     {1, 1600, 800, 10, 400},
		"mirrored":    {2, 1600, 800, 1590, 400},
		"upside down": {3, 1600, 800, 1590, 400},
		"on its side": {6, 1000, 2000, 500, 10},
		"other side":  {8, 1000, 2000, 500, 1990},
	} {
		raw := photo(t, 2000, 1000, x.turn)
		m, err := s.Put(t.Context(), bytes.NewReader(raw), "现场.jpg")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // drawn, then kept
			f, err := s.Copy(t.Context(), m.Digest, m.Type)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(f)
			if err != nil || bytes.Contains(got, []byte("SECRET")) || bytes.Contains(got, []byte("Exif")) {
				t.Errorf("%s: %v, or the copy says what the camera wrote", name, err)
			}
			img, err := jpeg.Decode(bytes.NewReader(got))
			if err != nil || img.Bounds().Dx() != x.w || img.Bounds().Dy() != x.h {
				t.Fatalf("%s: %v %v", name, img.Bounds(), err)
			}
			if r, _, b, _ := img.At(x.redX, x.redY).RGBA(); r < 0xc000 || b > 0x4000 {
				t.Errorf("%s: not red at %d,%d", name, x.redX, x.redY)
			}
			_ = f.Close()
		}
		if err := s.Verify(t.Context(), m.Digest); err != nil {
			t.Errorf("%s: the original: %v", name, err)
		}
	}
	n := 0
	if err := s.Each(t.Context(), func(string, int64) error { n++; return nil }); err != nil || n != 5 {
		t.Errorf("%d files, %v: copies are no files of their own", n, err)
	}
}

// TestCopy_refusals: what is no picture, is not there, or was swapped, is not shown.
func TestCopy_refusals(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var small bytes.Buffer
	if err := png.Encode(&small, halves(40, 20)); err != nil {
		t.Fatal(err)
	}
	m, err := s.Put(t.Context(), &small, "图.png")
	if err != nil {
		t.Fatal(err)
	}
	if f, err := s.Copy(t.Context(), m.Digest, PNG); err != nil {
		t.Errorf("a small picture: %v", err)
	} else {
		_ = f.Close()
	}
	if _, err := s.Copy(t.Context(), m.Digest, PDF); !fault.Is(err, fault.Invalid) {
		t.Errorf("a PDF: %v", err)
	}
	if _, err := s.Copy(t.Context(), "../../etc/passwd", PNG); !fault.Is(err, fault.NotFound) {
		t.Errorf("no digest: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, copyDir, m.Digest)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, m.Digest[:2], m.Digest), []byte("swapped"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Copy(t.Context(), m.Digest, PNG); !fault.Has(err, "file_altered") {
		t.Errorf("a swapped file: %v", err)
	}
}
