package field

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/fault"
	"zhudian/internal/sheet"
	"zhudian/internal/web"
)

// importView is the import of buildings as a page: the file, then what it would do.
type importView struct {
	state  web.FormState
	looked *ImportedBuildings // nil before a file was looked at
	digest string             // of the file, kept for the storing
	name   string
}

// shownProblems is how many reasons the page shows.
const shownProblems = 50

func (s *Service) importPage(*http.Request) (templ.Component, error) {
	return importPage(importView{state: web.FormState{}}), nil
}

// importPosted looks at a file and stores nothing yet.
func (s *Service) importPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	v := importView{}
	digest, name, err := s.keepTable(r)
	if err == nil {
		v.digest, v.name = digest, name
		v.looked, err = s.importKept(ctx, digest, name, true)
	}
	v.state = web.NewForm(r, err)
	if err != nil && !fault.Is(err, fault.TooLarge) {
		return web.Retry(importPage(v), err)
	}
	return importPage(v), err
}

func (s *Service) keepTable(r *http.Request) (digest, name string, err error) {
	if _, err := audit.Require(r.Context(), "building.import"); err != nil {
		return "", "", err
	}
	files, err := web.Files(r, "file")
	if err != nil {
		return "", "", err
	}
	if len(files) != 1 {
		return "", "", fault.BadField("file", "required", "请选一个 xlsx 或 csv 文件。", "Choose one xlsx or csv file.")
	}
	f, err := files[0].Open()
	if err != nil {
		return "", "", fault.Wrap(err, "open the upload")
	}
	defer func() { _ = f.Close() }()
	meta, err := s.Files.PutTable(r.Context(), f, files[0].Filename)
	return meta.Digest, meta.Name, err
}

func (s *Service) importKept(ctx context.Context, digest, name string, dry bool) (*ImportedBuildings, error) {
	f, err := s.Files.Open(ctx, digest)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	raw, err := io.ReadAll(io.LimitReader(f, sheet.MaxBytes+1))
	if err != nil {
		return nil, fault.Wrap(err, "read the table")
	}
	out, err := s.ImportBuildings(ctx, ImportBuildings{Table: bytes.NewReader(raw), Size: int64(len(raw)), Name: name, DryRun: dry})
	return &out, err
}

// importStored stores the file that was looked at.
func (s *Service) importStored(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[struct {
		File string `json:"file" maxLength:"64"`
		Name string `json:"name" maxLength:"200"`
	}](r)
	if err != nil {
		return nil, err
	}
	out, err := s.importKept(ctx, in.File, in.Name, false)
	if err != nil {
		return nil, err
	}
	return web.RedirectToast("/sweeps", web.Toast{Text: web.T(ctx, "sweep.imported", web.Int(out.Buildings), web.Int(out.Doors), web.Int(out.Changed), web.Int(out.Refused))}), nil
}

func (v importView) counts(ctx context.Context) []web.CountCell {
	x := v.looked
	out := []web.CountCell{
		{Text: web.T(ctx, "sweep.new_buildings"), N: x.Buildings},
		{Text: web.T(ctx, "sweep.new_doors"), N: x.Doors},
		{Text: web.T(ctx, "sweep.changed_rows"), N: x.Changed},
		{Text: web.T(ctx, "sweep.unchanged_rows"), N: x.Unchanged},
	}
	if x.Refused > 0 {
		out = append(out, web.CountCell{Text: web.T(ctx, "sweep.refused_rows"), N: x.Refused, Tone: "alarm"})
	}
	return out
}

func columnTitle(ctx context.Context, key string) string {
	for _, c := range BuildingColumns {
		if c.Key == key {
			return c.Words.In(web.Lang(ctx))
		}
	}
	return web.Nil
}

// importTemplate sends an empty table with our heads.
func (s *Service) importTemplate(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var buf bytes.Buffer
		out, err := sheet.NewWriter(&buf, sheet.XLSX, web.T(r.Context(), "sweep.buildings"))
		if err == nil {
			heads := make([]string, len(BuildingColumns))
			for i, c := range BuildingColumns {
				heads[i] = c.Words.In(web.Lang(r.Context()))
			}
			if err = out.Head(heads...); err == nil {
				err = out.Close()
			}
		}
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", sheet.XLSX.MIME())
		w.Header().Set("Content-Disposition", `attachment; filename="buildings-template.xlsx"`)
		_, _ = w.Write(buf.Bytes())
	}
}
