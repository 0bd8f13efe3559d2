package verify

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"zhudian/internal/audit"
	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// maxUpload is the most one request may carry: a few files of the largest size.
const maxUpload = 5*blob.Limit + 1<<20

// maxFiles is how many files one form may attach.
const maxFiles = 20

// Take stores the files of one field of a form and gives them as evidence to be named in a filing. The files stay when
// the filing fails: nothing points at them. Faults: those of blob.Put, as the field; too_many.
func (s *Service) Take(r *http.Request, field string) ([]Evidence, error) {
	if _, err := audit.Require(r.Context(), "evidence.add"); err != nil {
		return nil, err
	}
	files, err := web.Files(r, field)
	if err != nil {
		return nil, err
	}
	if len(files) > maxFiles {
		return nil, fault.BadField(field, "too_many", "一次最多 20 个文件。", "At most 20 files at a time.")
	}
	out := make([]Evidence, 0, len(files))
	for _, h := range files {
		e, err := s.take(r.Context(), h.Filename, h.Open)
		if err != nil {
			return nil, aboutField(field, err)
		}
		out = append(out, e)
	}
	return out, nil
}

// aboutField names the form's own field where the store says "file".
func aboutField(field string, err error) error {
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	var c fault.Checks
	for _, f := range fault.Of(err).Fields {
		f.Name = field
		c.AddField(f)
	}
	return c.Err()
}

// take stores one file.
func (s *Service) take(ctx context.Context, name string, open func() (multipart.File, error)) (Evidence, error) {
	f, err := open()
	if err != nil {
		return Evidence{}, fault.Wrap(err, "read an upload")
	}
	defer func() { _ = f.Close() }()
	m, err := s.Files.Put(ctx, f, name)
	return Evidence{Blob: m.Digest, Name: m.Name, Type: m.Type.MIME(), Size: m.Size}, err
}

// Attached says again what evidence a later call names: it must be in the store. Faults: file_unknown.
func (s *Service) Attached(ctx context.Context, e Evidence) (Evidence, error) {
	e.Name = blob.CleanName(e.Name)
	return e, s.Files.Verify(ctx, e.Blob)
}

// upload is POST /api/v1/evidence: multipart files under "file", answered with what to name in a filing.
func (s *Service) upload(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		list, err := s.Take(r, "file")
		if err == nil && len(list) == 0 {
			err = fault.BadField("file", "required", "请选择文件。", "Choose a file.")
		}
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		type stored struct {
			SHA256 string `json:"sha256"`
			Name   string `json:"name"`
			Type   string `json:"type"`
			Size   int64  `json:"size"`
		}
		out := struct {
			Files []stored `json:"files"`
		}{}
		for _, e := range list {
			out.Files = append(out.Files, stored{e.Blob, e.Name, e.Type, e.Size})
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(out)
	}
}

// evidenceOf gives a file of a claim the actor may see; absent and out of scope look alike.
func (s *Service) evidenceOf(ctx context.Context, id string) (out Evidence, err error) {
	who, err := audit.Require(ctx, "evidence.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = db.One[Evidence](ctx, tx, `SELECT id, claim_id, round, blob, name, type, size, added_by, added_at FROM verify_evidence WHERE id = ?`, id)
		if err != nil {
			return err
		}
		_, err = s.claimInScope(ctx, tx, who, out.Claim)
		return err
	})
	return out, err
}

// download is GET /evidence/{id}.
func (s *Service) download(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		e, err := s.evidenceOf(r.Context(), r.PathValue("id"))
		if err == nil {
			err = s.give(w, r, e)
		}
		if err != nil {
			m.Fail(w, r, err)
		}
	}
}

// give serves evidence: the file, or with ?copy what to look at. A copy of a file that was swapped since is not shown.
func (s *Service) give(w http.ResponseWriter, r *http.Request, e Evidence) error {
	if !r.URL.Query().Has("copy") {
		return ServeFile(w, r, s.Files, e)
	}
	if err := s.Files.Verify(r.Context(), e.Blob); err != nil {
		return err
	}
	return ServeCopy(w, r, s.Files, e)
}

// ServeFile gives out the bytes of a file that somebody sent in, proved against their digest; the caller has checked
// that the person may see it. Pictures and PDF show in place, the rest is saved; nothing in them runs, and only our
// own pages may frame them. Nothing was written when it gives an error.
func ServeFile(w http.ResponseWriter, r *http.Request, store *blob.Store, e Evidence) error {
	f, err := store.Open(r.Context(), e.Blob)
	if err != nil {
		return err
	}
	serve(w, r, f, e)
	return nil
}

// ServeCopy gives out a picture drawn anew, without what the camera wrote into the file; any other file as ServeFile does.
func ServeCopy(w http.ResponseWriter, r *http.Request, store *blob.Store, e Evidence) error {
	kind := map[string]blob.Type{blob.PNG.MIME(): blob.PNG, blob.JPEG.MIME(): blob.JPEG}[e.Type]
	if kind == "" {
		return ServeFile(w, r, store, e)
	}
	f, err := store.Copy(r.Context(), e.Blob, kind)
	if err != nil {
		return err
	}
	serve(w, r, f, e)
	return nil
}

// serve writes a file and closes it.
func serve(w http.ResponseWriter, r *http.Request, f io.ReadSeekCloser, e Evidence) {
	defer func() { _ = f.Close() }()
	h := w.Header()
	how, policy := "attachment", "default-src 'none'; frame-ancestors 'self'; sandbox"
	switch e.Type {
	case blob.PDF.MIME():
		// a browser's own viewer does not open in a sandbox; without one nothing of ours is reachable either
		how, policy = "inline", "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
	case blob.PNG.MIME(), blob.JPEG.MIME():
		how = "inline"
	}
	h.Set("Content-Type", e.Type)
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": e.Name}))
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", db.FromMicros(e.AddedAt), f)
}
