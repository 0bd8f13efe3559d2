package field

import (
	"cmp"
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/station"
)

// reportMeasures are the numbers of a report, in the order they are shown.
var reportMeasures = []string{"visit.enterprise", "visit.association", "tour", "event.held", "lead.qualified", "project.signed", "contract.amount"}

// ReportFigure is one number of a report: as filed, reviewed and recognised for the period, and as filed for the one before.
type ReportFigure struct {
	Measure    string        `json:"measure"`
	Unit       string        `json:"unit"`
	Filed      ledger.Number `json:"filed"`
	Reviewed   ledger.Number `json:"reviewed"`
	Recognised ledger.Number `json:"recognised"`
	Before     ledger.Number `json:"before" doc:"filed in the period before"`
}

// WorkDone is one thing that was done in a period: a visit, a tour, an event or a lead.
type WorkDone struct {
	Kind    string `db:"kind" json:"kind" enum:"visit,tour,event,lead"`
	ID      string `db:"id" json:"id"`
	Day     string `db:"day" json:"day"`
	Company string `db:"company_id" json:"company,omitempty"`
	Name    string `db:"name" json:"name,omitempty" doc:"of an event or a lead"`
	Intent  string `db:"intent" json:"intent,omitempty"`
	Next    string `db:"next_step" json:"next_step,omitempty"`
	NextOn  string `db:"next_on" json:"next_on,omitempty"`
	State   string `db:"state" json:"state,omitempty" doc:"of a tour"`
}

// Subject is how the claim of the thing is named.
func (w WorkDone) Subject() string { return w.Kind + "/" + w.ID }

// Due is a next step that was promised for a day of the period.
type Due struct {
	Visit   string `db:"id" json:"visit"`
	Company string `db:"company_id" json:"company"`
	Step    string `db:"next_step" json:"step,omitempty"`
	On      string `db:"next_on" json:"on"`
	Kept    bool   `db:"kept" json:"kept" doc:"the team was there again since"`
}

// ReportRecord is a report with what the books say of its period.
type ReportRecord struct {
	Report
	Figures []ReportFigure `json:"figures"`
	Work    []WorkDone     `json:"work"`
	Due     []Due          `json:"due"`
	Planned []Errand       `json:"planned" doc:"of the period that follows"`
	Draft   Lines          `json:"draft" doc:"what the books suggest to say"`
}

// Lines are the three lines of a report.
type Lines struct {
	Results  string `json:"results"`
	Problems string `json:"problems"`
	Plans    string `json:"plans"`
}

// maxWork is how many things of a period are listed; sixty officers do fewer in a month.
const maxWork = 5000

// GetReport gives the report of a team in scope with its numbers and work. Fault: not_found.
func (s *Service) GetReport(ctx context.Context, in ByID) (out ReportRecord, err error) {
	who, err := audit.Require(ctx, "report.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out.Report, err = reportInScope(ctx, tx, who.Node, in.ID); err != nil {
			return err
		}
		if out.Figures, err = out.figures(ctx, tx, who.Node); err != nil {
			return err
		}
		if out.Work, err = s.workOf(ctx, tx, who, out.Team, out.Span); err != nil {
			return err
		}
		if out.Due, err = dueIn(ctx, tx, out.Team, out.Span); err != nil {
			return err
		}
		next := out.step(1)
		out.Planned, err = db.All[Errand](ctx, tx, `SELECT `+errandColumns+` FROM field_errand p WHERE p.team_id = ? AND p.state = 'planned' AND p.day >= ? AND p.day <= ? ORDER BY p.day, p.at_time, p.id LIMIT ?`,
			out.Team, next.From, next.Until, maxErrands)
		if err != nil {
			return err
		}
		out.Draft, err = out.draft(ctx, tx)
		return err
	})
	return out, err
}

// ask is the question of a report's numbers in a book: of its team and span, as the ledger knew them when it was handed in.
func (r Report) ask(book ledger.Book, span Span, today string) ledger.FiguresIn {
	in := ledger.FiguresIn{From: span.From, Through: min(span.Until, today), Book: string(book), Measure: reportMeasures, Where: []string{"team:" + r.Team}}
	if r.HandedAt > 0 {
		in.Known = db.FromMicros(r.HandedAt).Format("2006-01-02T15:04:05.999999Z07:00")
	}
	return in
}

// figures asks the ledger; a period that has not begun has none.
func (r Report) figures(ctx context.Context, tx *db.Tx, root string) ([]ReportFigure, error) {
	out := make([]ReportFigure, len(reportMeasures))
	if r.From > tx.Today() {
		return out[:0], nil
	}
	for _, x := range []struct {
		book ledger.Book
		span Span
		at   func(*ReportFigure) *ledger.Number
	}{
		{ledger.Filed, r.Span, func(f *ReportFigure) *ledger.Number { return &f.Filed }},
		{ledger.Reviewed, r.Span, func(f *ReportFigure) *ledger.Number { return &f.Reviewed }},
		{ledger.Recognised, r.Span, func(f *ReportFigure) *ledger.Number { return &f.Recognised }},
		{ledger.Filed, r.step(-1), func(f *ReportFigure) *ledger.Number { return &f.Before }},
	} {
		got, err := ledger.FiguresOf(ctx, tx, root, r.ask(x.book, x.span, tx.Today()))
		if err != nil {
			return nil, err
		}
		for i, f := range got.Figures {
			out[i].Measure, out[i].Unit = f.Code, f.Unit
			*x.at(&out[i]) = f.Value
		}
	}
	return out, nil
}

// workOf lists what a team did in a span, the newest first.
func (s *Service) workOf(ctx context.Context, tx *db.Tx, who audit.Actor, team string, span Span) ([]WorkDone, error) {
	out, err := db.All[WorkDone](ctx, tx, `SELECT 'visit' AS kind, id, day, company_id, '' AS name, intent, next_step, next_on, '' AS state FROM field_visit WHERE node_id = ? AND day >= ? AND day <= ?
		UNION ALL SELECT 'tour' AS kind, id, day, company_id, '' AS name, '' AS intent, '' AS next_step, '' AS next_on, state FROM field_tour WHERE node_id = ? AND state IN ('planned', 'confirmed') AND day >= ? AND day <= ?
		UNION ALL SELECT 'event' AS kind, id, day, '' AS company_id, name, '' AS intent, '' AS next_step, '' AS next_on, '' AS state FROM field_event WHERE node_id = ? AND day >= ? AND day <= ?
		ORDER BY day DESC, id DESC LIMIT ?`, team, span.From, span.Until, team, span.From, span.Until, team, span.From, span.Until, maxWork)
	if err != nil || s.Follow == nil {
		return out, err
	}
	leads, err := s.Follow.Found(ctx, tx, who, team, span.From, span.Until, maxWork)
	for _, l := range leads {
		out = append(out, WorkDone{Kind: "lead", ID: l.Lead, Day: l.Day, Company: l.Company, Name: l.Text})
	}
	return out, err
}

// dueIn lists the next steps that a team promised for a day of a span.
func dueIn(ctx context.Context, tx *db.Tx, team string, span Span) ([]Due, error) {
	return db.All[Due](ctx, tx, `SELECT v.id, v.company_id, v.next_step, v.next_on,
			EXISTS (SELECT 1 FROM field_visit l WHERE l.node_id = v.node_id AND l.company_id = v.company_id AND l.day > v.day) AS kept
		FROM field_visit v WHERE v.node_id = ? AND v.next_on >= ? AND v.next_on <= ? ORDER BY v.next_on, v.id LIMIT ?`, team, span.From, span.Until, maxWork)
}

// ReportFilter asks for the reports of a period.
type ReportFilter struct {
	Period  string `json:"period,omitempty" maxLength:"10" doc:"the Monday of a week, or a month; default this week"`
	Station string `json:"station,omitempty"`
}

// ReportLine is one team's report in the list of a period.
type ReportLine struct {
	Report
	Work map[string]ledger.Number `json:"filed" doc:"numbers as filed so far, by measure"`
}

// ReportList are the reports of a period, one for every team in scope.
type ReportList struct {
	Span
	Items []ReportLine `json:"items"`
}

// ListReports gives the reports of a period. Fault: Invalid.
func (s *Service) ListReports(ctx context.Context, in ReportFilter) (out ReportList, err error) {
	who, err := audit.Require(ctx, "report.read")
	if err != nil {
		return out, err
	}
	out.Items = []ReportLine{}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		span, ok := spanOf(cmp.Or(in.Period, monday(tx.Today())))
		if !ok {
			return fault.BadField("period", "not_a_period", "写作某周的周一（2020-12-14）或月份（2020-12）。", "Write the Monday of a week (2020-12-14) or a month (2020-12).")
		}
		out.Span = span
		teams, err := station.TeamsInScope(ctx, tx, who.Node)
		if err != nil {
			return err
		}
		said := map[string]Report{}
		err = db.Each(ctx, tx, `SELECT `+reportColumns+` FROM field_report r`+scoped+`r.node_id WHERE r.id = r.node_id || ?`, []any{who.Node, tx.Today(), tx.Today(), "." + span.period()}, func(r Report) error {
			said[r.Node] = r
			return nil
		})
		if err != nil {
			return err
		}
		sums, err := filedBy(ctx, tx, who.Node, span)
		for _, t := range teams {
			if in.Station != "" && t.Station != in.Station {
				continue
			}
			r, ok := said[t.ID]
			if !ok {
				r = Report{ID: t.ID + "." + span.period(), Node: t.ID, State: "draft"}
			}
			r.Team, r.Span = t.ID, span
			out.Items = append(out.Items, ReportLine{r, sums[t.ID]})
		}
		return err
	})
	return out, err
}

// filedBy gives the numbers of a span as filed so far, by team and measure.
func filedBy(ctx context.Context, tx *db.Tx, root string, span Span) (map[string]map[string]ledger.Number, error) {
	out := map[string]map[string]ledger.Number{}
	if span.From > tx.Today() {
		return out, nil
	}
	got, err := ledger.FiguresOf(ctx, tx, root, ledger.FiguresIn{From: span.From, Through: min(span.Until, tx.Today()), Book: string(ledger.Filed), Measure: reportMeasures, By: []string{"team"}})
	for _, f := range got.Figures {
		for _, g := range f.Groups {
			team := g.Key["team"]
			if out[team] == nil {
				out[team] = map[string]ledger.Number{}
			}
			out[team][f.Code] = g.Value
		}
	}
	return out, err
}
