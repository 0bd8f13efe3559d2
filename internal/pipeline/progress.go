package pipeline

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// Progress is a month's sheet of the works (形象进度). It counts in no figure: health tests compare it with the money.
type Progress struct {
	ID       string `db:"id" json:"id"`
	Project  string `db:"project_id" json:"-"`
	Month    string `db:"month" json:"month"`
	Percent  int64  `db:"percent" json:"percent" doc:"of the works, so far"`
	Invested int64  `db:"invested" json:"invested" doc:"in the month, fen"`
	Note     string `db:"note" json:"note,omitempty"`
	Blob     string `db:"blob" json:"sha256"`
	Name     string `db:"name" json:"name"`
	Type     string `db:"type" json:"type"`
	Size     int64  `db:"size" json:"size"`
	FiledBy  string `db:"filed_by" json:"filed_by"`
	FiledAt  int64  `db:"filed_at" json:"filed_at"`
}

const progressColumns = `id, project_id, month, percent, invested, note, blob, name, type, size, filed_by, filed_at`

// NewProgress is a month's sheet.
type NewProgress struct {
	Project  string          `json:"project"`
	Month    string          `json:"month" doc:"2020-12"`
	Percent  int64           `json:"percent" minimum:"0" maximum:"100"`
	Invested int64           `json:"invested" minimum:"0" doc:"fen"`
	Note     string          `json:"note,omitempty" maxLength:"500"`
	Sheet    verify.Evidence `json:"sheet" doc:"sealed by builder, contractor and supervisor"`
}

// FileProgress records a month's sheet of the works; filing a month again replaces it. Works only go forward: a later month
// is never below an earlier one. Faults: not_found, not_started; Invalid.
func (s *Service) FileProgress(ctx context.Context, in NewProgress) (out Progress, err error) {
	who, err := audit.Require(ctx, "project.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := inScope(ctx, tx, who.Node, in.Project); err != nil {
			return err
		}
		out, err = FileProgressIn(ctx, tx, in)
		return err
	})
	return out, err
}

// FileProgressIn is FileProgress inside the caller's transaction; the caller has checked permission and scope.
func FileProgressIn(ctx context.Context, tx *db.Tx, in NewProgress) (out Progress, err error) {
	who, _ := audit.Who(ctx)
	list, err := byIDs(ctx, tx, []string{in.Project})
	if err != nil {
		return out, err
	}
	way, err := courseOf(ctx, tx, list[0])
	if err != nil {
		return out, err
	}
	if err := in.check(ctx, tx, way); err != nil {
		return out, err
	}
	out = Progress{
		ID: tx.ID(), Project: in.Project, Month: in.Month, Percent: in.Percent, Invested: in.Invested, Note: strings.TrimSpace(in.Note),
		Blob: in.Sheet.Blob, Name: in.Sheet.Name, Type: in.Sheet.Type, Size: in.Sheet.Size, FiledBy: who.Person, FiledAt: db.Micros(tx.Now()),
	}
	if _, err := db.Exec(ctx, tx, `DELETE FROM pipeline_progress WHERE project_id = ? AND month = ?`, in.Project, in.Month); err != nil {
		return out, err
	}
	if err := db.Insert(ctx, tx, "pipeline_progress", out); err != nil {
		return out, err
	}
	return out, audit.Note(ctx, tx, "project.progress", "project/"+in.Project, nil, map[string]any{"month": in.Month, "percent": in.Percent, "invested": in.Invested})
}

func (s *Service) progressStored(ctx context.Context, in NewProgress) (Progress, error) {
	if in.Sheet.Blob != "" {
		if err := verify.Stored(ctx, s.Files, []verify.Evidence{in.Sheet}); err != nil {
			return Progress{}, err
		}
	}
	return s.FileProgress(ctx, in)
}

func (in NewProgress) check(ctx context.Context, tx *db.Tx, way *course) error {
	began := way.reached("C1")
	if began == "" {
		return fault.New(fault.Conflict, "not_started", "项目还没有开工，不能报形象进度。", "Works have not begun; there is no progress to report.")
	}
	var c fault.Checks
	if _, err := time.Parse("2006-01", in.Month); err != nil {
		c.Add("month", "not_a_month", "月份写作 2020-12 这样。", "Write the month like 2020-12.")
	} else if in.Month < began[:7] || in.Month > tx.Today()[:7] {
		c.Add("month", "out_of_range", "应在开工的 "+began[:7]+" 与本月之间。", "Between "+began[:7]+", when works began, and this month.")
	}
	if in.Percent < 0 || in.Percent > 100 {
		c.Add("percent", "out_of_range", "应在 0 与 100 之间。", "Between 0 and 100.")
	}
	if in.Invested < 0 || in.Invested > maxAmount {
		c.Add("invested", "out_of_range", "金额不能是负数，也不能超过 10,000 亿元。", "The amount cannot be negative or above a million million yuan.")
	}
	c.AtMost("note", in.Note, 500)
	if in.Sheet.Blob == "" {
		c.Add("sheet", "required", "请附建设、施工、监理三方盖章的确认单。", "Attach the sheet sealed by builder, contractor and supervisor.")
	}
	if err := c.Err(); err != nil {
		return err
	}
	low, err := db.One[int64](ctx, tx, `SELECT CAST(coalesce(max(percent), 0) AS BIGINT) FROM pipeline_progress WHERE project_id = ? AND month < ?`, way.project.ID, in.Month)
	if err != nil {
		return err
	}
	high, err := db.One[int64](ctx, tx, `SELECT CAST(coalesce(min(percent), 100) AS BIGINT) FROM pipeline_progress WHERE project_id = ? AND month > ?`, way.project.ID, in.Month)
	if err == nil && (in.Percent < low || in.Percent > high) {
		err = fault.BadField("percent", "goes_back", "进度只进不退：应在前后两月之间。", "Works only go forward: the percentage lies between the months before and after.")
	}
	return err
}

// sheet gives out a month's sheet.
func (s *Service) sheet(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := s.sheetInScope(r.Context(), r.PathValue("id"), r.PathValue("month"))
		if err == nil {
			err = verify.ServeFile(w, r, s.Files, verify.Evidence{Blob: p.Blob, Name: p.Name, Type: p.Type, Size: p.Size})
		}
		if err != nil {
			m.Fail(w, r, err)
		}
	}
}

func (s *Service) sheetInScope(ctx context.Context, project, month string) (out Progress, err error) {
	who, err := audit.Require(ctx, "evidence.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := inScope(ctx, tx, who.Node, project); err != nil {
			return err
		}
		out, err = db.One[Progress](ctx, tx, `SELECT `+progressColumns+` FROM pipeline_progress WHERE project_id = ? AND month = ?`, project, month)
		return err
	})
	return out, err
}

func (s *Service) progressPage(r *http.Request) (templ.Component, error) {
	v, err := s.record(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	f, err := s.form(r.Context(), web.FormOf("month", web.Today(r.Context())[:7]))
	if err != nil {
		return nil, err
	}
	return progressPage(v, f), nil
}

func (s *Service) progressPosted(r *http.Request) (templ.Component, error) {
	return s.posted(r, func(ctx context.Context, id string) error {
		in, err := web.Form[struct {
			Month    string `json:"month" maxLength:"7"`
			Percent  int64  `json:"percent"`
			Invested int64  `json:"invested" money:"wan"`
			Note     string `json:"note" maxLength:"500"`
		}](r)
		if err != nil {
			return err
		}
		headers, err := web.Files(r, "sheet")
		if err != nil {
			return err
		}
		files, err := verify.Attach(ctx, s.Files, headers, "sheet")
		if err != nil {
			return err
		}
		sheet := NewProgress{Project: id, Month: in.Month, Percent: in.Percent, Invested: in.Invested, Note: in.Note}
		if len(files) > 0 {
			sheet.Sheet = files[0]
		}
		_, err = s.FileProgress(ctx, sheet)
		return err
	}, "project.progress_toast", progressPage)
}
