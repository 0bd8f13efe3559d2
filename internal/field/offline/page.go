package offline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// files are what the page needs besides itself; the worker keeps all of them before it takes over.
var files = []string{
	"tokens.css", "field/field.css", "vendor/idb.js", "vendor/inter-latin.woff2", "icons.svg", "mark.svg", "field/icon-192.png", "field/icon-512.png",
	"field/app.js", "field/words.js", "field/vault.js", "field/store.js", "field/net.js", "field/sync.js", "field/view.js", "field/media.js",
	"field/unlock.js", "field/today.js", "field/firms.js", "field/visit.js", "field/forms.js", "field/outbox.js", "field/phone.js", "field/sweep.js",
}

// offlinePage is the page as everybody gets it: it knows nobody, so that it can be kept on the phone.
type offlinePage struct {
	html  []byte
	build string
}

var thePage = sync.OnceValues(func() (offlinePage, error) {
	words, err := json.Marshal(map[string]map[string]string{"zh": web.Texts("zh", "offline."), "en": web.Texts("en", "offline.")})
	if err != nil {
		return offlinePage{}, fault.Wrap(err, "write the words of the offline page")
	}
	var b bytes.Buffer
	if err := shellPage(string(words)).Render(context.Background(), &b); err != nil { //nolint:forbidigo // made once, for everybody
		return offlinePage{}, fault.Wrap(err, "render the offline page")
	}
	sum := sha256.Sum256(b.Bytes())
	return offlinePage{b.Bytes(), web.BuildID() + "-" + hex.EncodeToString(sum[:4])}, nil
})

// permissions of the page beyond those of the others: it records the voice.
const permissions = "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()"

func (s *Service) shell(w http.ResponseWriter, r *http.Request) {
	page, err := thePage()
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Permissions-Policy", permissions)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Zhudian-Build", page.build)
	send(w, r, page.html)
}

// worker serves the service worker with the names of what it keeps: another build is another worker.
func (s *Service) worker(w http.ResponseWriter, r *http.Request) {
	page, err := thePage()
	script, ok := web.AssetBytes("field/sw.js")
	if err != nil || !ok {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	keep := []string{"/field", "/field/app.webmanifest"}
	for _, f := range files {
		keep = append(keep, web.Asset(f))
	}
	head, err := json.Marshal(map[string]any{"build": page.build, "keep": keep})
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Service-Worker-Allowed", "/field")
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	send(w, r, append([]byte("const SHELL = "+string(head)+";\n"), script...))
}

func (s *Service) manifest(w http.ResponseWriter, r *http.Request) {
	lang := web.Lang(r.Context())
	raw, err := json.Marshal(map[string]any{
		"id": "/field", "start_url": "/field", "scope": "/field", "display": "standalone", "orientation": "portrait",
		"name": web.T(r.Context(), "offline.app"), "short_name": web.T(r.Context(), "offline.short"), "lang": lang,
		"background_color": "#ffffff", "theme_color": "#0f5c63",
		"icons": []map[string]string{
			{"src": web.Asset("field/icon-192.png"), "sizes": "192x192", "type": "image/png", "purpose": "any maskable"},
			{"src": web.Asset("field/icon-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any maskable"},
		},
	})
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/manifest+json")
	send(w, r, raw)
}

func send(w http.ResponseWriter, r *http.Request, body []byte) {
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// unitOf is the unit of a node of the scope graph: a team is its station and its unit.
func unitOf(node string) string {
	if _, unit, ok := strings.Cut(node, "."); ok {
		return unit
	}
	return node
}

// safeJSON keeps a JSON text from ending the element it stands in.
func safeJSON(s string) string { return strings.ReplaceAll(s, "<", `\u003c`) }

// reason is what was typed for a record before its form came back.
func (v heldView) reason(id string) string {
	if v.at == id {
		return v.form.Value("reason")
	}
	return ""
}
