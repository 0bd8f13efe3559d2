package pipeline

import (
	"context"
	"io"
	"net/http"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/org"
	"zhudian/internal/sheet"
	"zhudian/internal/station"
	"zhudian/internal/web"
)

// Export asks for the whole list of a filter as a table; the page in it is ignored.
type Export struct {
	Filter
	Format sheet.Format `json:"format,omitempty" enum:"csv,xlsx"`
}

// FundsExport is Export for payments.
type FundsExport struct {
	FundsFilter
	Format sheet.Format `json:"format,omitempty" enum:"csv,xlsx"`
}

// naming gives names to codes while rows are written.
type naming struct {
	dir   *org.Directory
	lang  string
	teams map[string]station.Team
}

func startNaming(ctx context.Context, tx *db.Tx) (*naming, error) {
	n := &naming{lang: web.Lang(ctx), teams: map[string]station.Team{}}
	var err error
	if n.dir, err = org.Open(ctx, tx); err != nil {
		return nil, err
	}
	teams, err := station.EveryTeam(ctx, tx)
	for _, t := range teams {
		n.teams[t.ID] = t
	}
	return n, err
}

// Export writes the projects of a filter as a table, row by row, and notes in the trail who took how many by which
// filter. Texts never become formulas.
func (s *Service) Export(ctx context.Context, in Export, w io.Writer) error {
	who, err := audit.Require(ctx, "project.export")
	if err != nil {
		return err
	}
	heads := []string{"code", "name", "nature", "stage", "unit", "investor", "industry", "wheel", "chain", "mode", "team", "registered_on", "signed_on", "amount", "contract_no"}
	return s.export(ctx, in.Format, "project", heads, in.Filter, w, func(ctx context.Context, tx *db.Tx, n *naming, out *sheet.Writer) (int64, error) {
		where, args, err := in.where(tx, nil)
		if err != nil {
			return 0, err
		}
		list, err := db.All[Item](ctx, tx, `SELECT `+projectColumns+`, l.name AS lead_name FROM pipeline_project p`+scopeJoin+` JOIN company_company l ON l.id = p.lead_company
			WHERE `+where+` ORDER BY p.updated_at DESC, p.id DESC`, append([]any{who.Node, tx.Today(), tx.Today()}, args...)...)
		if err != nil {
			return 0, err
		}
		for _, p := range list {
			var amount any = ""
			if p.Signed() {
				amount = sheet.Fixed{N: p.Amount, Digits: 6}
			}
			if err := out.Row(p.Code, p.Name, web.T(ctx, "project.nature."+p.Nature), web.T(ctx, "project.stage."+p.Stage), n.dir.UnitName(p.Unit, n.lang),
				p.LeadName, p.Industry, n.dir.CodeName("wheel", p.Wheel, n.lang), codeName(n.dir, "chain", p.Chain, n.lang),
				codeName(n.dir, "cooperation", p.Mode, n.lang), n.teams[p.Team].Name, p.RegisteredOn, p.SignedOn, amount, p.ContractNo); err != nil {
				return 0, err
			}
		}
		return int64(len(list)), nil
	})
}

// ExportFunds is Export for payments.
func (s *Service) ExportFunds(ctx context.Context, in FundsExport, w io.Writer) error {
	who, err := audit.Require(ctx, "project.export")
	if err != nil {
		return err
	}
	heads := []string{"received_on", "project_code", "project", "unit", "voucher_kind", "voucher_no", "received", "money", "paid", "outside", "payer", "payee", "use_of"}
	return s.export(ctx, in.Format, "funds", heads, in.FundsFilter, w, func(ctx context.Context, tx *db.Tx, n *naming, out *sheet.Writer) (int64, error) {
		type payment struct {
			Funds
			Name string `db:"project_name"`
			Code string `db:"project_code"`
			Unit string `db:"unit_id"`
		}
		conds, args := in.where()
		var rows int64
		err := db.Each(ctx, tx, `SELECT `+fundsColumns+`, p.name AS project_name, p.code AS project_code, p.unit_id `+fundsFrom+` WHERE `+strings.Join(conds, " AND ")+
			` ORDER BY f.received_on DESC, f.id DESC`, append([]any{who.Node, tx.Today(), tx.Today()}, args...), func(f payment) error {
			rows++
			return out.Row(f.ReceivedOn, f.Code, f.Name, n.dir.UnitName(f.Unit, n.lang), web.T(ctx, "project.voucher."+f.VoucherKind), f.VoucherNo,
				sheet.Fixed{N: f.Amount, Digits: 6}, web.T(ctx, "project.money."+f.Kind), sheet.Fixed{N: f.Paid, Digits: 6}, sheet.Fixed{N: f.Outside, Digits: 6}, f.Payer, f.Payee, f.UseOf)
		})
		return rows, err
	})
}

type rowWriter func(context.Context, *db.Tx, *naming, *sheet.Writer) (int64, error)

func (s *Service) export(ctx context.Context, format sheet.Format, what string, heads []string, filter any, w io.Writer, rows rowWriter) error {
	if format != sheet.CSV {
		format = sheet.XLSX
	}
	out, err := sheet.NewWriter(w, format, web.T(ctx, "project.sheet."+what))
	if err != nil {
		return err
	}
	names := make([]string, len(heads))
	for i, h := range heads {
		names[i] = web.T(ctx, "project.col."+h)
	}
	var n int64
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := out.Head(names...); err != nil {
			return err
		}
		k, err := startNaming(ctx, tx)
		if err == nil {
			n, err = rows(ctx, tx, k, out)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return audit.Note(ctx, tx, what+".export", what, nil, map[string]any{"filter": filter, "rows": n, "format": format})
	})
}

func (s *Service) exportProjects(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in, err := web.Query[Export](r)
		send(m, w, r, err, in.Format, "projects", func(out io.Writer) error { return s.Export(r.Context(), in, out) })
	}
}

func (s *Service) exportFunds(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in, err := web.Query[FundsExport](r)
		send(m, w, r, err, in.Format, "funds", func(out io.Writer) error { return s.ExportFunds(r.Context(), in, out) })
	}
}

// send writes a download; a fault before its first byte is still a page.
func send(m *web.Mux, w http.ResponseWriter, r *http.Request, err error, format sheet.Format, name string, write func(io.Writer) error) {
	if format != sheet.CSV {
		format = sheet.XLSX
	}
	late := &web.Download{W: w, Format: format, Name: name + "." + string(format)}
	if err == nil {
		err = write(late)
	}
	late.Done(m, r, err)
}

func codeName(dir *org.Directory, list, code, lang string) string {
	if code == "" {
		return ""
	}
	return dir.CodeName(list, code, lang)
}
