package company

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/web"
)

func importSteps(ctx context.Context) []string {
	return []string{web.T(ctx, "company.step.file"), web.T(ctx, "company.step.check"), web.T(ctx, "company.step.store"), web.T(ctx, "company.step.result")}
}

// step is where the import stands among importSteps.
func (v jobView) step() int {
	switch v.Job.State {
	case Checking, Ready, Failed:
		return 1
	case Queued, Running:
		return 2
	}
	return 3
}

// polling makes the part ask for itself while the import moves.
func (v jobView) polling() templ.Attributes {
	switch v.Job.State {
	case Checking, Queued, Running:
		return templ.Attributes{"hx-get": jobURL(v.Job.ID) + "/part", "hx-trigger": "every 1s", "hx-swap": "outerHTML"}
	}
	return nil
}

// heads are the columns one can give a meaning: the table's own, or their numbers when no head was found.
func (v jobView) heads() []string {
	if len(v.Job.Head) > 0 {
		return v.Job.Head
	}
	out := make([]string, 12)
	for i := range out {
		out[i] = "# " + strconv.Itoa(i+1)
	}
	return out
}

func (v jobView) means(column int) string {
	for key, at := range v.Job.Index {
		if at == column {
			return key
		}
	}
	return v.Job.Mapping[column]
}

// work is the import as a row of long work.
func (j Job) work(ctx context.Context) web.WorkProps {
	t := j.Tally
	p := web.WorkProps{Name: j.Name, Done: t.Done, Total: j.Total, Unit: web.T(ctx, "company.rows"), Step: web.T(ctx, "company.state."+j.State), LinkText: web.T(ctx, "company.open"), LinkURL: jobURL(j.ID)}
	switch j.State {
	case Checking, Queued, Running:
		p.State, p.CancelURL, p.Cancel = "running", jobURL(j.ID)+"/cancel", web.T(ctx, "company.import_stop")
		if t.Refused > 0 && j.State == Running {
			p.Problems = web.T(ctx, "company.import_seen", web.Int(t.Refused))
		}
	case Failed, Cancelled:
		p.State, p.Result = "failed", web.T(ctx, "company.state."+j.State)
	default:
		p.State = "done"
		p.Result = web.T(ctx, "company.import_done", web.T(ctx, "company.state."+j.State), web.Int(t.Created), web.Int(t.Updated), web.Int(t.Unchanged), web.Int(t.Refused))
	}
	return p
}
