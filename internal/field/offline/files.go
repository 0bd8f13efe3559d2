package offline

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"zhudian/internal/audit"
	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// A file comes in pieces, each at the place where the last ended, under the digest of the whole. These names of headers are
// those of the draft on resumable uploads.
const (
	headerOffset   = "Upload-Offset"
	headerLength   = "Upload-Length"
	headerComplete = "Upload-Complete"
)

// Arrived tells how much of a file of the acting person is here, and whether it is whole.
func (s *Service) Arrived(ctx context.Context, digest string) (n int64, whole bool, err error) {
	who, err := audit.Require(ctx, "field.sync")
	if err != nil {
		return 0, false, err
	}
	var have map[string]fileRow
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		have, err = filesOf(ctx, tx, who.Person, []string{digest})
		return err
	})
	if f, ok := have[digest]; err != nil || ok {
		return f.Size, ok, err
	}
	n, err = s.Files.Arrived(ctx, blob.Part{Owner: who.Person, Digest: digest})
	return n, false, err
}

// Progress says how far a file has come.
type Progress struct {
	Offset   int64  `json:"offset"`
	Complete bool   `json:"complete"`
	Type     string `json:"type,omitempty"`
	Name     string `json:"name,omitempty"`
}

func (s *Service) headFile(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, whole, err := s.Arrived(r.Context(), r.PathValue("sha256"))
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		w.Header().Set(headerOffset, strconv.FormatInt(n, 10))
		w.Header().Set(headerComplete, map[bool]string{true: "?1", false: "?0"}[whole])
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Service) patchFile(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		out, err := s.piece(r)
		w.Header().Set(headerOffset, strconv.FormatInt(out.Offset, 10))
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out)
	}
}

// piece takes in a part of a file.
func (s *Service) piece(r *http.Request) (out Progress, err error) {
	ctx := r.Context()
	who, err := audit.Require(ctx, "field.sync")
	if err != nil {
		return out, err
	}
	digest := r.PathValue("sha256")
	offset, err := number(r, headerOffset)
	if err != nil {
		return out, err
	}
	length, err := number(r, headerLength)
	if err != nil {
		return out, err
	}
	if n, whole, err := s.Arrived(ctx, digest); err != nil || whole {
		return Progress{Offset: n, Complete: whole}, err
	}
	p := blob.Part{Owner: who.Person, Digest: digest, Length: length, Name: r.URL.Query().Get("name")}
	_, n, whole, err := s.Files.Append(ctx, p, offset, r.Body, func(m blob.Meta) error {
		out.Type, out.Name = m.Type.MIME(), m.Name
		return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			return saveFile(ctx, tx, fileRow{Person: who.Person, SHA256: m.Digest, Name: m.Name, Type: m.Type.MIME(), Size: m.Size})
		})
	})
	out.Offset, out.Complete = n, whole
	return out, err
}

func number(r *http.Request, header string) (int64, error) {
	n, err := strconv.ParseInt(r.Header.Get(header), 10, 64)
	if err != nil || n < 0 {
		return 0, fault.New(fault.Malformed, "bad_header", header+" 须是不小于 0 的整数。", header+" must be an integer of 0 or more.")
	}
	return n, nil
}
