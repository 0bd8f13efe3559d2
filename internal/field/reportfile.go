package field

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/sheet"
	"zhudian/internal/web"
)

// reportWord sends a report as a Word file.
func (s *Service) reportWord(m *web.Mux) http.HandlerFunc {
	return s.sendPaper(m, "report", "驻点工作报告", func(r *http.Request) (Paper, error) {
		v, err := s.openReport(r.Context(), r.PathValue("id"))
		if err != nil {
			return Paper{}, err
		}
		return v.paper(r.Context()), s.noteExport(r.Context(), v.rec.Subject(), len(v.rec.Work))
	})
}

// wordWork is how many things the Word file lists; the table has them all.
const wordWork = 60

func (v *reportView) paper(ctx context.Context) Paper {
	figures := [][]string{{web.T(ctx, "report.measure"), web.T(ctx, "book.filed"), web.T(ctx, "book.reviewed"), web.T(ctx, "book.recognised"), web.T(ctx, "report.before."+v.rec.Kind)}}
	for _, f := range v.rec.Figures {
		row := []string{ledger.NameOf(ctx, f.Measure)}
		for _, n := range []ledger.Number{f.Filed, f.Reviewed, f.Recognised, f.Before} {
			row = append(row, ledger.Show(ctx, ledger.Unit(f.Unit), n).String())
		}
		figures = append(figures, row)
	}
	work := [][]string{{web.T(ctx, "field.day"), web.T(ctx, "report.what"), web.T(ctx, "report.kind"), web.T(ctx, "field.next_step")}}
	for _, w := range v.rec.Work[:min(len(v.rec.Work), wordWork)] {
		work = append(work, []string{w.Day, v.what(w), web.T(ctx, "report.kind."+w.Kind), w.Next + " " + w.NextOn})
	}
	said := v.said()
	p := Paper{
		Title: v.title(ctx), Agency: v.team(v.rec.Team), Date: web.LongDate(ctx, v.today), Parts: []PaperPart{
			{Text: v.rec.From + " – " + v.rec.Until},
			{Heading: web.T(ctx, "report.figures"), Rows: figures},
			{Heading: web.T(ctx, "report.results"), Text: said.Results},
			{Heading: web.T(ctx, "report.problems"), Text: said.Problems},
			{Heading: web.T(ctx, "report.plans."+v.rec.Kind), Text: said.Plans},
		},
	}
	if len(work) > 1 {
		p.Parts = append(p.Parts, PaperPart{Heading: web.T(ctx, "report.work"), Rows: work})
	}
	return p
}

// reportExcel sends the work of a report as a table.
func (s *Service) reportExcel(m *web.Mux) http.HandlerFunc {
	return s.sendTable(m, "report", func(r *http.Request, out *sheet.Writer) (subject string, rows int, err error) {
		ctx := r.Context()
		v, err := s.openReport(ctx, r.PathValue("id"))
		if err != nil {
			return "", 0, err
		}
		if err := out.Head(web.T(ctx, "field.day"), web.T(ctx, "report.kind"), web.T(ctx, "report.what"), web.T(ctx, "field.intent"), web.T(ctx, "field.next_step"), web.T(ctx, "field.next_on"), web.T(ctx, "field.state")); err != nil {
			return "", 0, err
		}
		for _, w := range v.rec.Work {
			if err := out.Row(w.Day, web.T(ctx, "report.kind."+w.Kind), v.what(w), w.Intent, w.Next, w.NextOn, v.claimed(ctx, w)); err != nil {
				return "", 0, err
			}
		}
		return v.rec.Subject(), len(v.rec.Work), nil
	})
}

// claimed words how far a thing is verified.
func (v *reportView) claimed(ctx context.Context, w WorkDone) string {
	c, ok := v.claims[w.Subject()]
	if !ok {
		return claimText(ctx, nil, false)
	}
	return claimText(ctx, &c, true)
}

// reportsExcel sends the numbers of a period, team by team.
func (s *Service) reportsExcel(m *web.Mux) http.HandlerFunc {
	return s.sendTable(m, "reports", func(r *http.Request, out *sheet.Writer) (subject string, rows int, err error) {
		ctx := r.Context()
		in, err := web.Query[ReportFilter](r)
		if err != nil {
			return "", 0, err
		}
		v, err := s.listedReports(ctx, in)
		if err != nil {
			return "", 0, err
		}
		heads := []string{web.T(ctx, "field.team"), web.T(ctx, "report.period")}
		for _, code := range reportMeasures {
			heads = append(heads, headOf(ctx, code))
		}
		heads = append(heads, web.T(ctx, "report.state"), web.T(ctx, "report.results"), web.T(ctx, "report.problems"), web.T(ctx, "report.plans."+v.list.Kind))
		if err := out.Head(heads...); err != nil {
			return "", 0, err
		}
		for _, l := range v.list.Items {
			cells := []any{v.team(l.Team), l.From + " – " + l.Until}
			for _, code := range reportMeasures {
				cells = append(cells, number(code, l.Work[code]))
			}
			if err := out.Row(append(cells, web.T(ctx, "report.state."+l.stage()), l.Results, l.Problems, l.Plans)...); err != nil {
				return "", 0, err
			}
		}
		return "report/" + v.list.period(), len(v.list.Items), nil
	})
}

func inMoney(code string) bool {
	m, err := ledger.MeasureByCode(code)
	return err == nil && m.Unit == ledger.Fen
}

// headOf names the column of a measure.
func headOf(ctx context.Context, code string) string {
	if inMoney(code) {
		return ledger.NameOf(ctx, code) + web.T(ctx, "report.wan")
	}
	return ledger.NameOf(ctx, code)
}

// number is a figure as a cell: money in 万元.
func number(code string, n ledger.Number) any {
	if inMoney(code) {
		return sheet.Fixed{N: n.N, Digits: 6}
	}
	return sheet.Fixed{N: n.N, Digits: n.Places}
}

// sendTable answers with a table, and notes in the trail who took how many rows. The table is whole before its first byte.
func (s *Service) sendTable(m *web.Mux, name string, fill func(*http.Request, *sheet.Writer) (subject string, rows int, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var buf bytes.Buffer
		out, err := sheet.NewWriter(&buf, sheet.XLSX, web.T(r.Context(), "report.title"))
		var subject string
		var rows int
		if err == nil {
			subject, rows, err = fill(r, out)
		}
		if err == nil {
			err = out.Close()
		}
		if err == nil {
			err = s.noteExport(r.Context(), subject, rows)
		}
		file := &web.Download{W: w, Format: sheet.XLSX, Name: name + ".xlsx"}
		if err == nil {
			_, err = io.Copy(file, &buf)
		}
		file.Done(m, r, err)
	}
}

func (s *Service) noteExport(ctx context.Context, subject string, rows int) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return audit.Note(ctx, tx, "report.export", subject, nil, map[string]any{"rows": rows})
	})
}
