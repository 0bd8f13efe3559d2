package apptest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/field/offline"
)

// cutter ends a body in the middle, as a lost network does.
type cutter struct {
	r    io.Reader
	left int
}

func (c *cutter) Read(b []byte) (int, error) {
	if c.left == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.r.Read(b[:min(len(b), c.left)])
	c.left -= n
	return n, err
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// arrived asks how much of a file is there.
func arrived(t *testing.T, w *apptest.World, c *http.Client, sum string) (int64, bool) {
	t.Helper()
	res, err := c.Do(w.Request("HEAD", "/api/v1/field/files/"+sum, ""))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	n, err := strconv.ParseInt(res.Header.Get("Upload-Offset"), 10, 64)
	if err != nil {
		t.Fatal(res.Status, res.Header)
	}
	return n, res.Header.Get("Upload-Complete") == "?1"
}

// piece sends a part; with a cut only so many bytes of it leave the phone.
func piece(t *testing.T, w *apptest.World, c *http.Client, data []byte, name string, from, size, cut int64) (int, string) {
	t.Helper()
	part := data[from:min(from+size, int64(len(data)))]
	r := w.Request("PATCH", "/api/v1/field/files/"+digestOf(data)+"?name="+url.QueryEscape(name), "x")
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(part)), int64(len(part))
	if cut >= 0 {
		r.Body = io.NopCloser(&cutter{bytes.NewReader(part), int(cut)})
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Upload-Offset", strconv.FormatInt(from, 10))
	r.Header.Set("Upload-Length", strconv.Itoa(len(data)))
	res, err := c.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(text)
}

// picture is a photo of at least so many bytes, unlike any other.
func picture(t testing.TB, seed uint64, atLeast int) []byte {
	t.Helper()
	dice := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test that repeats
	img := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: uint8(dice.UintN(256))}.Y //nolint:gosec // below 256
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	whole := b.Len()
	for b.Len() < atLeast { // cameras append data of their own behind the picture
		chunk := make([]byte, 1<<16)
		for i := range chunk {
			chunk[i] = byte(dice.UintN(256)) //nolint:gosec // below 256
		}
		b.Write(chunk)
	}
	return b.Bytes()[:max(atLeast, whole)]
}

// TestFiles_everyByte: a file whose sending is cut off every few bytes goes on from where it was cut, byte by byte if need be, and is
// whole at the end.
func TestFiles_everyByte(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	c := w.Client("officer")
	data := picture(t, 3, 0)
	sum := digestOf(data)
	for last, cut := int64(0), int64(1); ; cut = cut%13 + 1 {
		at, whole := arrived(t, w, c, sum)
		if whole {
			break
		}
		if at < last {
			t.Fatalf("%d had arrived, now %d", last, at)
		}
		last = at
		piece(t, w, c, data, "名片.jpg", at, 4096, cut)
		if next, _ := arrived(t, w, c, sum); next == at { // the cut came before anything was stored: send one byte for certain
			if status, text := piece(t, w, c, data, "名片.jpg", at, 1, -1); status != http.StatusOK && status != http.StatusConflict { // or the bytes of before came in meanwhile
				t.Fatalf("%d %s", status, text)
			}
		}
	}
	if at, whole := arrived(t, w, c, sum); !whole || at != int64(len(data)) {
		t.Fatalf("%d, whole %v", at, whole)
	}
	if at, whole := arrived(t, w, w.Client("stranger"), sum); whole || at != 0 {
		t.Error("somebody else learns of the file")
	}
	f, err := w.Files.Open(t.Context(), sum)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(f)
	_ = f.Close()
	if err != nil || !bytes.Equal(got, data) {
		t.Error("the file is not what was sent", err)
	}
	if status, text := piece(t, w, c, data, "名片.jpg", 0, 4096, -1); status != http.StatusOK || !strings.Contains(text, `"complete":true`) {
		t.Errorf("again: %d %s", status, text)
	}
}

// TestFiles_set: fifty megabytes of photos arrive over a line that breaks at chance bytes, and the visit with them.
func TestFiles_set(t *testing.T) {
	if testing.Short() {
		t.Skip("sends 50 MB")
	}
	w := apptest.Open(t, db.SQLite)
	c := w.Client("officer")
	dice := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // a test that repeats
	r := visitOf(w, 10, "谈了厂房和用电，愿来看看。")
	var named []any
	cuts := 0
	for k := range 5 {
		data := picture(t, uint64(k), 10<<20) //nolint:gosec // small
		sum := digestOf(data)
		named = append(named, map[string]any{"sha256": sum, "name": "照片.jpg"})
		for {
			at, whole := arrived(t, w, c, sum)
			if whole {
				break
			}
			cut := int64(-1)
			if dice.IntN(3) == 0 {
				cut, cuts = dice.Int64N(1<<20), cuts+1
			}
			piece(t, w, c, data, "照片.jpg", at, 1<<20, cut)
		}
	}
	r.Body["evidence"] = named
	if x := one(w.As("officer"), t, w, sealedBy(t, r)); x.State != offline.Stored || cuts < 10 {
		t.Errorf("%d cuts, %+v", cuts, x)
	}
	if n := rowsOf(t, w, "verify_evidence"); n != 5 {
		t.Errorf("%d files of evidence", n)
	}
}

// TestFiles_hostile: names are cleaned, types are found out, digests are recomputed; what is refused leaves nothing that a record
// could name, and a record that names a file which never came waits for it.
func TestFiles_hostile(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	c := w.Client("officer")
	good := picture(t, 9, 0)
	for _, x := range []struct {
		name, code string
		data       []byte
	}{
		{"发票\u202efdp.exe", "file_type", good},
		{"a.png", "file_content", []byte(`<svg onload="alert(1)">`)},
		{"录音.webm", "file_content", good},
		{"录音.webm", "file_broken", append([]byte{0x1A, 0x45, 0xDF, 0xA3}, bytes.Repeat([]byte{0}, 100)...)},
		{"film.webm", "file_film", append([]byte{0x1A, 0x45, 0xDF, 0xA3}, []byte("....webm....A_OPUS....V_VP8....")...)},
		{"page.html", "file_type", []byte("<script>alert(1)</script>")},
		{"empty.jpg", "file_broken", []byte{0xFF, 0xD8, 0xFF}},
	} {
		status, text := piece(t, w, c, x.data, x.name, 0, int64(len(x.data)), -1)
		if status != http.StatusUnprocessableEntity || !strings.Contains(text, x.code) {
			t.Errorf("%s: %d %s, want %s", x.name, status, text, x.code)
		}
	}
	r := w.Request("PATCH", "/api/v1/field/files/"+strings.Repeat("0", 64)+"?name=a.jpg", string(good))
	r.Header.Set("Upload-Offset", "0")
	r.Header.Set("Upload-Length", strconv.Itoa(len(good)))
	if status, text := w.Do(c, r); status != http.StatusUnprocessableEntity || !strings.Contains(text, "file_altered") {
		t.Errorf("another digest: %d %s", status, text)
	}
	for _, path := range []string{"..%2f..%2fetc%2fpasswd", strings.Repeat("A", 64), "x"} {
		r := w.Request("PATCH", "/api/v1/field/files/"+path+"?name=a.jpg", "x")
		r.Header.Set("Upload-Offset", "0")
		r.Header.Set("Upload-Length", "1")
		if status, _ := w.Do(c, r); status != http.StatusBadRequest && status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	visit := visitOf(w, 10, "谈了厂房和用电，愿来看看。")
	visit.Body["evidence"] = []any{map[string]any{"sha256": digestOf(good), "name": "x"}}
	visit = sealedBy(t, visit)
	if x := one(w.As("officer"), t, w, visit); x.State != offline.Held || x.Code != "files" {
		t.Errorf("a file that never came: %+v", x)
	}
	status, text := piece(t, w, c, good, "../../etc/CON\u202e.jpg", 0, int64(len(good)), -1)
	var got offline.Progress
	if err := json.Unmarshal([]byte(text), &got); err != nil || status != http.StatusOK || strings.ContainsAny(got.Name, "/\u202e") || got.Type != "image/jpeg" {
		t.Errorf("%d %s", status, text)
	}
	if x := one(w.As("officer"), t, w, visit); x.State != offline.Stored {
		t.Errorf("with its file: %+v", x)
	}
}
