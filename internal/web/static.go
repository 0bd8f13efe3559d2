package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"sort"
	"strings"
	"sync"
)

//go:embed static
var staticFiles embed.FS

// asset is one file as served: as it is and, when that is smaller, gzipped.
type asset struct {
	kind    string
	plain   []byte
	zipOnce sync.Once
	zipped  []byte
}

type assetSet struct {
	build string // digest of all files; part of every address, so relative addresses inside them hold
	files map[string]*asset
}

var assets = sync.OnceValue(func() assetSet {
	set := assetSet{files: map[string]*asset{}}
	var names []string
	_ = fs.WalkDir(staticFiles, "static", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, p)
		}
		return err
	})
	sort.Strings(names)
	h := sha256.New()
	for _, p := range names {
		b, err := staticFiles.ReadFile(p)
		if err != nil {
			panic(err)
		}
		h.Write([]byte(p))
		h.Write(b)
		set.files[strings.TrimPrefix(p, "static/")] = &asset{kind: kindOf(p), plain: b}
	}
	set.build = hex.EncodeToString(h.Sum(nil))[:10]
	return set
})

func kindOf(name string) string {
	switch path.Ext(name) {
	case ".woff2":
		return "font/woff2"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".webmanifest":
		return "application/manifest+json"
	}
	if k := mime.TypeByExtension(path.Ext(name)); k != "" {
		return k
	}
	return "application/octet-stream"
}

// Asset is the address of a file under internal/web/static, e.g. "zd.css". It changes with the build, so
// browsers keep it for ever.
func Asset(name string) string { return "/static/" + assets().build + "/" + name }

// BuildID identifies the build of the assets, for the offline page's cache.
func BuildID() string { return assets().build }

func (m *Mux) mountStatic() {
	m.Raw("GET /static/{build}/{name...}", "", func(w http.ResponseWriter, r *http.Request) {
		a, ok := assets().files[r.PathValue("name")]
		if !ok {
			m.fail(w, r, notFound())
			return
		}
		if r.PathValue("build") == assets().build {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			w.Header().Set("Cache-Control", "no-cache")
		}
		a.serve(w, r)
	}, Public)
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	tag := `"` + assets().build + `"`
	h.Set("Etag", tag)
	h.Set("Content-Type", a.kind)
	h.Add("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	b := a.plain
	if compressible(a.kind) && acceptsGzip(r) {
		if z := a.zip(); len(z) < len(b) {
			h.Set("Content-Encoding", "gzip")
			b = z
		}
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(b)
	}
}

// zip compresses once, on first use, as hard as it goes.
func (a *asset) zip() []byte {
	a.zipOnce.Do(func() {
		var buf bytes.Buffer
		z, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression)
		_, _ = z.Write(a.plain)
		_ = z.Close()
		a.zipped = buf.Bytes()
	})
	return a.zipped
}

// AssetBytes gives a file under internal/web/static as it is.
func AssetBytes(name string) ([]byte, bool) {
	a, ok := assets().files[name]
	if !ok {
		return nil, false
	}
	return a.plain, true
}
