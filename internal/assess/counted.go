package assess

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// tallyParam names the tally in the address of a score's top or bottom.
const tallyParam = "tally"

// CountedIn names a run, one of its subjects, and a tally.
type CountedIn struct {
	ID      string `path:"id" json:"id"`
	Subject string `path:"subject" json:"subject"`
	Tally   string `path:"tally" json:"tally" doc:"e.g. promise.due"`
}

// CountedList is what a run counted of a subject, as it stood then.
type CountedList struct {
	Tally string    `json:"tally"`
	N     int64     `json:"n"`
	Items []Counted `json:"items"`
}

// Counted gives the records behind a score that is not a sum over the ledger. Fault: not_found.
func (s *Service) Counted(ctx context.Context, in CountedIn) (out CountedList, err error) {
	rep, err := s.Report(ctx, RunIn{ID: in.ID, Subject: in.Subject})
	if err != nil {
		return out, err
	}
	if _, ok := tallyOf(in.Tally); !ok {
		return out, absent(fault.New(fault.NotFound, "not_found", "", ""))
	}
	out.Tally = in.Tally
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Items, err = keptBy(ctx, tx, rep.ID, in.Subject, in.Tally)
		return err
	})
	for _, c := range out.Items {
		out.N += c.N
	}
	return out, err
}

type countedView struct {
	*runView
	tally Tally
	list  CountedList
}

func (s *Service) countedPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	if _, err := audit.Require(ctx, "assess.read"); err != nil {
		return nil, err
	}
	in := CountedIn{r.PathValue("id"), r.PathValue("subject"), r.PathValue("tally")}
	list, err := s.Counted(ctx, in)
	if err != nil {
		return nil, err
	}
	v := &countedView{runView: &runView{}, list: list}
	v.tally, _ = tallyOf(in.Tally)
	if v.rec, err = s.Report(ctx, RunIn{ID: in.ID, Subject: in.Subject}); err != nil {
		return nil, err
	}
	v.sight, err = s.see(r)
	return countedPage(v), err
}

// title of a record: as it was called when it was counted, else what it is.
func (v *countedView) title(ctx context.Context, c Counted) string {
	if c.Title != "" {
		return c.Title
	}
	kind, _, _ := strings.Cut(c.Record, "/")
	return web.T(ctx, "assess.record."+kind)
}

// address of a record; "" for what stands for several.
func (c Counted) address() string {
	kind, id, _ := strings.Cut(c.Record, "/")
	switch kind {
	case "claim":
		return "/verify/of?" + web.Values("claim", id).Encode()
	case "project":
		return "/projects/" + url.PathEscape(id)
	case "handover":
		return "/stations/handovers/" + url.PathEscape(id)
	case "sending":
		return "/match/sendings/" + url.PathEscape(id)
	}
	return ""
}

func countedURL(run, subject, tally string) string {
	return subjectURL(run, subject) + "/" + url.PathEscape(tally)
}
