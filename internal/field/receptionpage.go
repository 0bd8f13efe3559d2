package field

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// stages are the way of a tour, with where it stands.
func (v *tourView) stages(ctx context.Context) []web.Stage {
	at := 0
	r := v.rec.Reception
	switch {
	case v.rec.State == "refused" || v.rec.State == "cancelled":
		return nil
	case r != nil && r.ClosedBy != "":
		at = 4
	case v.rec.State == "confirmed":
		at = 3
	case r != nil:
		at = 2
	default:
		at = 1
	}
	notes := [4]string{web.ShortDate(ctx, db.Today(db.FromMicros(v.rec.CreatedAt)))}
	if r != nil {
		notes[1] = web.ShortDate(ctx, db.Today(db.FromMicros(r.ArrangedAt)))
		if r.ClosedBy != "" {
			notes[3] = web.ShortDate(ctx, db.Today(db.FromMicros(r.ClosedAt)))
		}
	}
	if v.rec.State == "confirmed" {
		notes[2] = web.ShortDate(ctx, db.Today(db.FromMicros(v.rec.ConfirmedAt)))
	}
	out := make([]web.Stage, 4)
	for i, name := range []string{"invited", "arranged", "confirmed", "closed"} {
		out[i] = web.Stage{Name: web.T(ctx, "reception.stage."+name), Note: notes[i]}
		switch {
		case i < at:
			out[i].State = "done"
		case i == at:
			out[i].State = "now"
		}
	}
	return out
}

// mayReceive: the receiving side, until the sheet has closed the tour.
func (v *tourView) mayReceive() bool {
	open := v.rec.Reception == nil || v.rec.Reception.ClosedBy == ""
	return v.receives && open && v.who.May("tour.confirm")
}

func (v *tourView) mayArrange() bool { return v.mayReceive() && v.rec.State == "planned" }
func (v *tourView) mayClose() bool   { return v.mayReceive() && v.rec.State == "confirmed" }

// said is what the reception says so far; all empty when there is none.
func (v *tourView) said() Reception {
	if v.rec.Reception == nil {
		return Reception{}
	}
	return *v.rec.Reception
}

func (v *tourView) receptionFacts(ctx context.Context) []web.Fact {
	r := v.said()
	var out []web.Fact
	for _, f := range []struct{ key, text string }{
		{"reception.sites", r.Sites},
		{"reception.leaders", r.Leaders},
		{"reception.cost_centre", r.CostCentre},
		{"field.next_step", r.NextStep},
	} {
		if f.text != "" {
			out = append(out, web.Fact{Label: web.T(ctx, f.key), Text: f.text})
		}
	}
	if r.ArrangedBy != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "reception.by"), Text: v.person(r.ArrangedBy)})
	}
	return out
}

func (s *Service) arrangePosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[Arrange](r)
	if err == nil {
		_, err = s.ArrangeTour(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(tourURL(in.ID), web.Toast{Text: web.T(r.Context(), "reception.arranged")}), nil
	}
	v, bad := s.openTour(r.Context(), r.PathValue("id"))
	if bad != nil {
		return nil, bad
	}
	v.arrange = web.NewForm(r, err)
	return web.Retry(tourPage(v), err)
}

func (s *Service) closePosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[CloseTour](r)
	if err == nil {
		_, err = s.CloseTour(r.Context(), in)
	}
	if err == nil {
		return web.RedirectToast(tourURL(in.ID), web.Toast{Text: web.T(r.Context(), "reception.closed")}), nil
	}
	v, bad := s.openTour(r.Context(), r.PathValue("id"))
	if bad != nil {
		return nil, bad
	}
	v.close = web.NewForm(r, err)
	return web.Retry(tourPage(v), err)
}

// sheetRows are the lines of the reception sheet.
func (v *tourView) sheetRows(ctx context.Context) [][]string {
	t, r := v.rec.Tour, v.said()
	teams := v.team(t.Team)
	for _, w := range v.rec.With {
		teams += web.T(ctx, "field.comma") + v.team(w.Team)
	}
	day := t.Day
	if t.Until != "" && t.Until != t.Day {
		day += " – " + t.Until
	}
	level := web.Nil
	if t.Level != "" {
		level = web.T(ctx, "field.level."+t.Level)
	}
	return [][]string{
		{web.T(ctx, "reception.item"), web.T(ctx, "reception.content")},
		{web.T(ctx, "reception.inviter"), teams},
		{web.T(ctx, "field.enterprise"), v.company(t.Company)},
		{web.T(ctx, "field.heads"), strconv.FormatInt(t.Heads, 10)},
		{web.T(ctx, "field.met_tour"), level},
		{web.T(ctx, "field.day"), day},
		{web.T(ctx, "field.receiver"), v.unit(t.Receiver)},
		{web.T(ctx, "reception.sites"), cmp.Or(r.Sites, cmp.Or(t.Route, web.Nil))},
		{web.T(ctx, "reception.leaders"), cmp.Or(r.Leaders, cmp.Or(t.Host, web.Nil))},
		{web.T(ctx, "reception.cost_centre"), cmp.Or(r.CostCentre, web.Nil)},
		{web.T(ctx, "field.outcome"), cmp.Or(t.Outcome, web.Nil)},
		{web.T(ctx, "field.next_step"), cmp.Or(r.NextStep, web.Nil)},
		{web.T(ctx, "field.confirmed_by"), v.person(t.ConfirmedBy) + " " + db.Today(db.FromMicros(t.ConfirmedAt))},
	}
}

// sheet sends the reception sheet of a confirmed tour as a Word file.
func (s *Service) sheet(m *web.Mux) http.HandlerFunc {
	return s.sendPaper(m, "reception", "考察接待单", func(r *http.Request) (Paper, error) {
		ctx := r.Context()
		v, err := s.openTour(ctx, r.PathValue("id"))
		if err != nil {
			return Paper{}, err
		}
		if v.rec.State != "confirmed" {
			return Paper{}, fault.New(fault.Conflict, "not_confirmed", "确认成行后才有接待单。", "There is a sheet once the tour is confirmed.")
		}
		return Paper{
			Title: web.T(ctx, "reception.sheet_title"), Agency: v.unit(v.rec.Receiver), Date: web.LongDate(ctx, v.today), Parts: []PaperPart{{Rows: v.sheetRows(ctx)}},
		}, nil
	})
}
