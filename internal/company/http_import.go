package company

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/fault"
	"zhudian/internal/sheet"
	"zhudian/internal/web"
)

func (s *Service) importPage(r *http.Request) (templ.Component, error) {
	jobs, err := s.Jobs(r.Context(), struct{}{})
	return importView(jobs.Items, web.FormOf()), err
}

// upload hands the file of a form to the use case.
func (s *Service) upload(r *http.Request) (Job, error) {
	files, err := web.Files(r, "file")
	if err != nil {
		return Job{}, err
	}
	if len(files) != 1 {
		return Job{}, fault.BadField("file", "required", "请选一个 xlsx 或 csv 文件。", "Choose one xlsx or csv file.")
	}
	f, err := files[0].Open()
	if err != nil {
		return Job{}, fault.Wrap(err, "open the upload")
	}
	defer func() { _ = f.Close() }()
	return s.Upload(r.Context(), files[0].Filename, f)
}

func (s *Service) uploadForm(r *http.Request) (templ.Component, error) {
	j, err := s.upload(r)
	if err == nil {
		return web.Redirect(jobURL(j.ID)), nil
	}
	jobs, jerr := s.Jobs(r.Context(), struct{}{})
	if jerr != nil {
		return nil, jerr
	}
	if k := fault.Of(err).Kind; k == fault.TooLarge || k == fault.TooMany || k == fault.Unavailable {
		return importView(jobs.Items, web.NewForm(r, err)), err
	}
	return web.Retry(importView(jobs.Items, web.NewForm(r, err)), err)
}

func (s *Service) uploadRaw(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		j, err := s.upload(r)
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		_ = json.NewEncoder(w).Encode(j)
	}
}

func (s *Service) reportRaw(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		format := sheet.XLSX
		if r.URL.Query().Get("format") == "csv" {
			format = sheet.CSV
		}
		late := &web.Download{W: w, Format: format, Name: "not-imported." + string(format)}
		late.Done(m, r, s.WriteReport(r.Context(), r.PathValue("id"), format, late))
	}
}

// templateRaw sends an empty table with our heads and one row that shows the forms.
func (s *Service) templateRaw(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		late := &web.Download{W: w, Format: sheet.XLSX, Name: "companies-template.xlsx"}
		out, err := sheet.NewWriter(late, sheet.XLSX, web.T(r.Context(), "company.title"))
		if err != nil {
			m.Fail(w, r, err)
			return
		}
		heads := make([]string, len(Columns))
		for i, c := range Columns {
			heads[i] = c.Words.In(web.Lang(r.Context()))
		}
		if err = out.Head(heads...); err == nil {
			err = out.Close()
		}
		late.Done(m, r, err)
	}
}

func (s *Service) jobPage(r *http.Request) (templ.Component, error) {
	v, err := s.jobView(r)
	if err != nil {
		return nil, err
	}
	return jobPageView(v), nil
}

func (s *Service) jobPart(r *http.Request) (templ.Component, error) {
	v, err := s.jobView(r)
	if err != nil {
		return nil, err
	}
	return jobBody(v), nil
}

// jobView is an import as its page shows it.
type jobView struct {
	Job      Job
	Problems []sheet.Refused
	State    web.FormState
}

const shownProblems = 50

func (s *Service) jobView(r *http.Request) (v jobView, err error) {
	if v.Job, err = s.Job(r.Context(), ByID{r.PathValue("id")}); err != nil {
		return v, err
	}
	if v.Job.Tally.Refused > 0 && v.Job.State != Checking {
		v.Problems, err = s.Problems(r.Context(), v.Job.ID, shownProblems)
	}
	return v, err
}

func (s *Service) recheckForm(r *http.Request) (templ.Component, error) {
	f, err := web.Form[struct {
		ID      string            `json:"id"`
		Mapping map[string]string `json:"mapping"`
		Policy  string            `json:"policy"`
	}](r)
	if err != nil {
		return nil, err
	}
	in := Recheck{ID: r.PathValue("id"), Policy: f.Policy, Mapping: map[int]string{}}
	for at, key := range f.Mapping {
		i, err := strconv.Atoi(at)
		if err != nil || i < 0 || i >= sheet.MaxColumns {
			return nil, fault.BadField("mapping", "column_unknown", "没有这一列。", "There is no such column.")
		}
		in.Mapping[i] = key
	}
	return s.turned(in.ID, func() error { _, err := s.Recheck(r.Context(), in); return err })
}

func (s *Service) startForm(r *http.Request) (templ.Component, error) {
	return s.turned(r.PathValue("id"), func() error { _, err := s.Start(r.Context(), ByID{r.PathValue("id")}); return err })
}

func (s *Service) cancelForm(r *http.Request) (templ.Component, error) {
	return s.turned(r.PathValue("id"), func() error { _, err := s.Cancel(r.Context(), ByID{r.PathValue("id")}); return err })
}

func (s *Service) turned(id string, do func() error) (templ.Component, error) {
	if err := do(); err != nil {
		return nil, err
	}
	return web.Redirect(jobURL(id)), nil
}
