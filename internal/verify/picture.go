package verify

import (
	"context"
	"image"
	_ "image/jpeg" // pictures of evidence are JPEG or PNG
	_ "image/png"
	"io"
	"math/bits"
	"time"

	"github.com/bep/imagemeta"

	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Nearly the same picture, saved again, smaller or compressed, differs in few of 64 bits. The bits are looked up by
// bands: two pictures that differ in at most nearBits bits agree in one of nearBits+1 bands.
const (
	nearBits = 5
	bands    = nearBits + 1
)

type pictureRow struct {
	Blob     string `db:"blob"`
	TakenOn  string `db:"taken_on"`
	Bits     int64  `db:"bits"`
	Readable bool   `db:"readable"`
}

type bandRow struct {
	Band int64  `db:"band"`
	Bits int64  `db:"bits"`
	Blob string `db:"blob"`
}

// bandsOf cuts 64 bits into bands of ten or eleven.
func bandsOf(p pictureRow) []bandRow {
	out := make([]bandRow, bands)
	v, left := uint64(p.Bits), 64 //nolint:gosec // the same 64 bits
	for i := range out {
		width := left / (bands - i)
		out[i] = bandRow{int64(i), int64(v & (1<<width - 1)), p.Blob} //nolint:gosec // at most eleven bits
		v, left = v>>width, left-width
	}
	return out
}

// readPicture reads what a picture says of itself and how it looks.
func readPicture(f io.ReadSeeker, e Evidence) (pictureRow, error) {
	p := pictureRow{Blob: e.Blob}
	format := imagemeta.JPEG
	if e.Type == blob.PNG.MIME() {
		format = imagemeta.PNG
	}
	var tags imagemeta.Tags
	_, err := imagemeta.Decode(imagemeta.Options{
		R: f, ImageFormat: format, Sources: imagemeta.EXIF, Timeout: 5 * time.Second,
		ShouldHandleTag: func(imagemeta.TagInfo) bool { return true }, HandleTag: func(t imagemeta.TagInfo) error { tags.Add(t); return nil },
	})
	if err == nil {
		if taken, err := tags.GetDateTime(); err == nil && !taken.IsZero() {
			p.TakenOn = taken.Format(time.DateOnly)
		}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return p, fault.Wrap(err, "read a picture again")
	}
	img, _, err := image.Decode(f)
	if err != nil {
		return p, nil // a picture that no reader opens is seen by a person
	}
	p.Bits, p.Readable = int64(looks(img)), true //nolint:gosec // the same 64 bits
	return p, nil
}

// looks gives the difference hash of a picture: 9×8 mean greys, each bit says whether the next to the right is lighter.
func looks(img image.Image) uint64 {
	const cols, rows = 9, 8
	var grey [rows][cols]uint64
	b := img.Bounds()
	for y := range rows {
		for x := range cols {
			grey[y][x] = mean(img, image.Rect(
				b.Min.X+b.Dx()*x/cols, b.Min.Y+b.Dy()*y/rows, b.Min.X+b.Dx()*(x+1)/cols, b.Min.Y+b.Dy()*(y+1)/rows))
		}
	}
	var out uint64
	for y := range rows {
		for x := range cols - 1 {
			out <<= 1
			if grey[y][x] < grey[y][x+1] {
				out |= 1
			}
		}
	}
	return out
}

// mean is the mean grey of a part, of at most 32×32 of its points.
func mean(img image.Image, r image.Rectangle) uint64 {
	stepX, stepY := max(r.Dx()/32, 1), max(r.Dy()/32, 1)
	var sum, n uint64
	for y := r.Min.Y; y < r.Max.Y; y += stepY {
		for x := r.Min.X; x < r.Max.X; x += stepX {
			red, green, blue, _ := img.At(x, y).RGBA()
			sum += uint64(299*red+587*green+114*blue) / 1000
			n++
		}
	}
	return sum / max(n, 1)
}

// pictureCases says of each picture when it was taken and how near those of others come.
func pictureCases(ctx context.Context, tx *db.Tx, files []Evidence, what string) ([]PictureCase, error) {
	var out []PictureCase
	for _, e := range files {
		p, known, err := db.Maybe[pictureRow](ctx, tx, `SELECT blob, taken_on, bits, readable FROM verify_picture WHERE blob = ?`, e.Blob)
		if err != nil {
			return nil, err
		}
		if !known {
			continue
		}
		c := PictureCase{Name: e.Name, TakenOn: p.TakenOn}
		if p.Readable {
			if c.Alike, err = nearTo(ctx, tx, p, what); err != nil {
				return nil, err
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// flat says that a picture shows so little (a white page, one colour) that its bits mean nothing.
func flat(v uint64) bool { n := bits.OnesCount64(v); return n < 6 || n > 58 }

// nearTo gives in how many bits the nearest pictures of other records differ.
func nearTo(ctx context.Context, tx *db.Tx, p pictureRow, what string) ([]int64, error) {
	if flat(uint64(p.Bits)) { //nolint:gosec // the same 64 bits
		return nil, nil
	}
	var out []int64
	seen := map[string]bool{p.Blob: true}
	for _, b := range bandsOf(p) {
		list, err := db.All[pictureRow](ctx, tx, `SELECT p.blob, p.taken_on, p.bits, p.readable FROM verify_picture_band b JOIN verify_picture p ON p.blob = b.blob
			WHERE b.band = ? AND b.bits = ? LIMIT 500`, b.Band, b.Bits)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			far := int64(bits.OnesCount64(uint64(x.Bits ^ p.Bits))) //nolint:gosec // the same 64 bits
			if seen[x.Blob] || far > nearBits {
				continue
			}
			seen[x.Blob] = true
			at, err := places(ctx, tx, []string{x.Blob})
			if err != nil {
				return nil, err
			}
			if elsewhere(at, []string{x.Blob}, what) > 0 {
				out = append(out, far)
			}
		}
	}
	return out, nil
}

// picturesAtOnce bounds what one turn reads, so that it never holds the database for long.
const picturesAtOnce = 20

// lookAtPictures reads some of the pictures that were not read yet; the rules then look again at the claims that show
// them. It reports how many it read.
func (s *Service) lookAtPictures(ctx context.Context) (int, error) {
	var fresh []Evidence
	err := s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		fresh, err = db.All[Evidence](ctx, tx, `SELECT min(e.id) AS id, min(e.claim_id) AS claim_id, min(e.round) AS round, e.blob, min(e.name) AS name, e.type, min(e.size) AS size,
			min(e.added_by) AS added_by, min(e.added_at) AS added_at FROM verify_evidence e WHERE e.type IN (?, ?)
			AND NOT EXISTS (SELECT 1 FROM verify_picture p WHERE p.blob = e.blob) GROUP BY e.blob, e.type LIMIT ?`, blob.JPEG.MIME(), blob.PNG.MIME(), picturesAtOnce)
		return err
	})
	if err != nil || len(fresh) == 0 {
		return 0, err
	}
	rows := make([]pictureRow, len(fresh))
	for i, e := range fresh {
		if rows[i], err = s.readPicture(ctx, e); err != nil {
			return 0, err
		}
	}
	return len(rows), s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		var cut []bandRow
		for _, p := range rows {
			if p.Readable {
				cut = append(cut, bandsOf(p)...)
			}
		}
		if err := db.Insert(ctx, tx, "verify_picture", rows); err != nil {
			return err
		}
		if err := db.Insert(ctx, tx, "verify_picture_band", cut); err != nil {
			return err
		}
		return unlook(ctx, tx, fresh)
	})
}

// readPicture opens a file of the store; one that is missing or was swapped is found by the proof of the ledger.
func (s *Service) readPicture(ctx context.Context, e Evidence) (pictureRow, error) {
	f, err := s.Files.Open(ctx, e.Blob)
	if err != nil {
		return pictureRow{Blob: e.Blob}, nil //nolint:nilerr // as above
	}
	defer func() { _ = f.Close() }()
	return readPicture(f, e)
}

// unlook has the rules look again at the claims that show files.
func unlook(ctx context.Context, tx *db.Tx, files []Evidence) error {
	_, err := db.Exec(ctx, tx, `UPDATE verify_claim SET looked = 0 WHERE id IN (SELECT claim_id FROM verify_evidence WHERE blob IN `+db.In(len(files))+`)`, db.Args(blobsOf(files))...)
	return err
}
