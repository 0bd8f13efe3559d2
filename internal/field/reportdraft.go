package field

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// namesMost is how many companies a drafted line names.
const namesMost = 5

// draft words the three lines from what the books say; whoever writes the report changes them.
func (r ReportRecord) draft(ctx context.Context, tx *db.Tx) (out Lines, err error) {
	var ids []string
	for _, w := range r.Work {
		ids = append(ids, w.Company)
	}
	for _, d := range r.Due {
		ids = append(ids, d.Company)
	}
	for _, e := range r.Planned {
		ids = append(ids, e.Company)
	}
	slices.Sort(ids)
	firms, err := company.Briefs(ctx, tx, slices.Compact(ids))
	if err != nil {
		return out, err
	}
	name := func(list []string) string { return namesOf(ctx, firms, list) }
	var done, warm, open, planned []string
	for _, f := range r.Figures {
		if f.Filed.N != 0 {
			done = append(done, ledger.NameOf(ctx, f.Measure)+" "+ledger.Show(ctx, ledger.Unit(f.Unit), f.Filed).String())
		}
	}
	for _, w := range r.Work {
		if w.Intent == "A" {
			warm = append(warm, w.Company)
		}
	}
	for _, d := range r.Due {
		if !d.Kept {
			open = append(open, d.Company)
		}
	}
	for _, e := range r.Planned {
		planned = append(planned, e.Company)
	}
	comma, stop := web.T(ctx, "field.comma"), web.T(ctx, "report.stop")
	if len(done) > 0 {
		out.Results = strings.Join(done, comma) + stop
	}
	if len(warm) > 0 {
		out.Results += web.T(ctx, "report.draft_warm", name(warm))
	}
	if len(open) > 0 {
		out.Problems = web.T(ctx, "report.draft_open", len(r.Due), len(open), name(open))
	}
	if len(planned) > 0 {
		out.Plans = web.T(ctx, "report.draft_plan", len(planned), name(planned))
	}
	return out, nil
}

// namesOf joins the names of companies, each once, the first few of them.
func namesOf(ctx context.Context, firms map[string]company.Brief, ids []string) string {
	var names []string
	for _, id := range ids {
		if n := cmp.Or(firms[id].Name, id); n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	text := strings.Join(names[:min(len(names), namesMost)], web.T(ctx, "field.comma"))
	if len(names) > namesMost {
		text += web.T(ctx, "report.and_more")
	}
	return text
}
