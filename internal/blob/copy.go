package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"path"
	"time"

	"github.com/bep/imagemeta"
	"golang.org/x/image/draw"

	"zhudian/internal/fault"
)

// CopyWidth is how many points a copy is wide at most: enough to read a voucher.
const CopyWidth = 1600

// copyQuality is that of a JPEG copy, in per cent.
const copyQuality = 85

const copyDir = "copies"

// Copy gives a picture drawn anew: upright, at most CopyWidth wide, with nothing of what the camera or a hostile hand wrote
// beside the points. The original stays as it came in; a copy is what others see. Its faults are Open's, and
// Invalid "file_broken" for what cannot be drawn.
func (s *Store) Copy(ctx context.Context, digest string, t Type) (io.ReadSeekCloser, error) {
	if t != PNG && t != JPEG {
		return nil, broken("PNG, JPEG")
	}
	if !isDigest(digest) {
		return nil, unknown()
	}
	if f, err := s.copies.Open(digest); err == nil {
		return f, nil
	}
	s.drawing.Lock() // one at a time: a large picture takes 200 MB while it is drawn
	defer s.drawing.Unlock()
	if f, err := s.copies.Open(digest); err == nil {
		return f, nil
	}
	f, err := s.Open(ctx, digest)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	raw, err := redraw(f, t)
	if err != nil {
		return nil, err
	}
	if err := s.copies.keep(digest, raw); err != nil {
		return nil, fault.Wrap(err, "keep a copy of a picture")
	}
	return nopCloser{bytes.NewReader(raw)}, nil
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

// redraw reads a picture and writes its points.
func redraw(f io.ReadSeeker, t Type) ([]byte, error) {
	turn := orientation(f, t)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fault.Wrap(err, "read a picture again")
	}
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, broken(string(t))
	}
	img = turned(smaller(img, turn), turn)
	var out bytes.Buffer
	if t == PNG {
		err = png.Encode(&out, img)
	} else {
		err = jpeg.Encode(&out, img, &jpeg.Options{Quality: copyQuality})
	}
	return out.Bytes(), fault.Wrap(err, "draw a picture anew")
}

// orientation is how the camera was held, by EXIF: 1 upright … 8. What says nothing is upright.
func orientation(f io.ReadSeeker, t Type) int {
	format := imagemeta.JPEG
	if t == PNG {
		format = imagemeta.PNG
	}
	turn := 1
	_, err := imagemeta.Decode(imagemeta.Options{
		R: f, ImageFormat: format, Sources: imagemeta.EXIF, Timeout: 5 * time.Second,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Tag == "Orientation" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if n, ok := tag.Value.(uint16); ok && n >= 1 && n <= 8 {
				turn = int(n)
			}
			return nil
		},
	})
	if err != nil {
		return 1
	}
	return turn
}

// smaller scales a picture down so that, once turned, it is at most CopyWidth wide.
func smaller(img image.Image, turn int) image.Image {
	size := img.Bounds().Size()
	wide := size.X
	if turn >= 5 {
		wide = size.Y
	}
	if wide > CopyWidth {
		size.X, size.Y = max(size.X*CopyWidth/wide, 1), max(size.Y*CopyWidth/wide, 1)
	}
	out := image.NewRGBA(image.Rectangle{Max: size})
	draw.ApproxBiLinear.Scale(out, out.Bounds(), img, img.Bounds(), draw.Src, nil)
	return out
}

// turned sets a picture upright. EXIF numbers the eight ways to hold a camera: 2 to 4 are mirrored or upside down, 5 to 8 lie
// on a side.
func turned(img image.Image, turn int) image.Image {
	if turn == 1 {
		return img
	}
	in := img.(*image.RGBA) //nolint:forcetypeassert // smaller makes one
	w, h := in.Rect.Dx(), in.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if turn >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			toX, toY := x, y
			if turn == 2 || turn == 3 || turn == 7 || turn == 8 {
				toX = w - 1 - x
			}
			if turn == 3 || turn == 4 || turn == 6 || turn == 7 {
				toY = h - 1 - y
			}
			if turn >= 5 {
				toX, toY = toY, toX
			}
			out.SetRGBA(toX, toY, in.RGBAAt(x, y))
		}
	}
	return out
}

// copies keeps what was drawn: it can be drawn again at any time and is in no backup.
type copies struct{ *folder }

func (c copies) Open(digest string) (io.ReadSeekCloser, error) {
	if c.folder == nil {
		return nil, fs.ErrNotExist
	}
	return c.root.Open(path.Join(copyDir, digest))
}

func (c copies) keep(digest string, raw []byte) error {
	if c.folder == nil {
		return nil
	}
	if err := c.root.MkdirAll(copyDir, 0o750); err != nil {
		return err
	}
	aside := path.Join(tempDir, fmt.Sprintf("copy-%s-%s", digest, rand.Text()))
	err := c.root.WriteFile(aside, raw, 0o640)
	if err == nil {
		err = c.root.Rename(aside, path.Join(copyDir, digest))
	}
	if err != nil {
		return errors.Join(err, c.root.Remove(aside))
	}
	return nil
}
