package match

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/fault"
	"zhudian/internal/sheet"
	"zhudian/internal/web"
)

func importSteps(ctx context.Context) []string {
	return []string{web.T(ctx, "company.step.file"), web.T(ctx, "company.step.check"), web.T(ctx, "company.step.result")}
}

func (s *Service) importsPage(r *http.Request) (templ.Component, error) {
	list, err := s.OfferImports(r.Context(), struct{}{})
	if err != nil {
		return nil, err
	}
	return importsView(list.Items, web.FormState{}), nil
}

// upload hands the file of a form to the use case.
func (s *Service) upload(r *http.Request) (out OfferImport, err error) {
	files, err := web.Files(r, "file")
	if err != nil {
		return out, err
	}
	if len(files) != 1 {
		return out, fault.BadField("file", "required", "请选一个 xlsx 或 csv 文件。", "Choose one xlsx or csv file.")
	}
	f, err := files[0].Open()
	if err != nil {
		return out, fault.Wrap(err, "open the upload")
	}
	defer func() { _ = f.Close() }()
	return s.UploadOffers(r.Context(), files[0].Filename, f)
}

func (s *Service) importPosted(r *http.Request) (templ.Component, error) {
	m, err := s.upload(r)
	if err == nil {
		return web.Redirect(importURL(m.ID)), nil
	}
	list, bad := s.OfferImports(r.Context(), struct{}{})
	if bad != nil {
		return nil, bad
	}
	return web.Retry(importsView(list.Items, web.NewForm(r, err)), err)
}

func (s *Service) uploadRaw(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		out, err := s.upload(r)
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(out) // the reader may have gone
	}
}

func (s *Service) importPage(r *http.Request) (templ.Component, error) {
	check, err := s.CheckOffers(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	return importView(check), nil
}

func (s *Service) importStarted(r *http.Request) (templ.Component, error) {
	m, err := s.StoreOffers(r.Context(), ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	return web.Redirect(importURL(m.ID)), nil
}

func (s *Service) importReport(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		format := sheet.XLSX
		if r.URL.Query().Get("format") == "csv" {
			format = sheet.CSV
		}
		file := &web.Download{W: w, Format: format, Name: "not-imported." + string(format)}
		file.Done(m, r, s.ReportOffers(r.Context(), ByID{r.PathValue("id")}, format, file))
	}
}

// importTemplate sends an empty table with our heads.
func (s *Service) importTemplate(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		file := &web.Download{W: w, Format: sheet.XLSX, Name: "offers-template.xlsx"}
		out, err := sheet.NewWriter(file, sheet.XLSX, web.T(r.Context(), "site.offers"))
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		heads := make([]string, len(OfferColumns))
		for i, c := range OfferColumns {
			heads[i] = c.Words.In(web.Lang(r.Context()))
		}
		if err = out.Head(heads...); err == nil {
			err = out.Close()
		}
		file.Done(m, r, err)
	}
}

// work is a table as a row of work done.
func (m OfferImport) work(ctx context.Context) web.WorkProps {
	p := web.WorkProps{Name: m.Name, State: "done", Result: web.T(ctx, "site.import_waits"), LinkText: web.T(ctx, "company.open"), LinkURL: importURL(m.ID)}
	if m.StoredAt > 0 {
		p.Result = web.T(ctx, "company.import_done", web.T(ctx, "site.import_stored"), web.Int(m.Created), web.Int(m.Updated), web.Int(m.Unchanged), web.Int(m.Refused))
	}
	return p
}
