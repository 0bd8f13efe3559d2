package pipeline

import (
	"context"
	"slices"
	"strconv"

	"zhudian/internal/db"
	"zhudian/internal/field"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// recordView is a project's page.
type recordView struct {
	Record
	dir    *org.Directory
	chips  map[string]web.FigProps
	booked map[string]string // month in which each claim was booked
	team   string
	event  string
	lang   string
	tab    string // of the page; "" is the overview

	state   web.FormState     // of a confirmation that was refused
	changes []change          // of the correction being checked
	teams   map[string]string // names of the teams that share the credit
}

func (s *Service) record(ctx context.Context, id string) (v recordView, err error) {
	if v.Record, err = s.Get(ctx, ByID{id}); err != nil {
		return v, err
	}
	v.lang = web.Lang(ctx)
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if v.dir, err = org.Open(ctx, tx); err != nil {
			return err
		}
		if v.chips, err = ledger.Chips(ctx, tx, ledger.FiguresIn{Measure: []string{"contract.amount", "funds.received", "funds.rate"}, Where: []string{"project:" + id}}); err != nil {
			return err
		}
		var claims []string
		for _, c := range v.Claims {
			claims = append(claims, c.ID)
		}
		if v.booked, err = ledger.BookedIn(ctx, tx, claims); err != nil {
			return err
		}
		if err := v.proposed(ctx, tx); err != nil {
			return err
		}
		return v.around(ctx, tx)
	})
	return v, err
}

// around names the team and the event.
func (v *recordView) around(ctx context.Context, tx *db.Tx) error {
	v.teams = map[string]string{}
	for _, x := range slices.Concat(v.Shares, v.FundShare) {
		if x.Team == "" {
			continue
		}
		t, err := station.TeamByID(ctx, tx, x.Team)
		if err != nil {
			return err
		}
		v.teams[x.Team] = t.Name
	}
	if v.Project.Team != "" {
		t, err := station.TeamByID(ctx, tx, v.Project.Team)
		if err != nil {
			return err
		}
		v.team = t.Name
	}
	if v.Project.Event != "" {
		names, err := field.EventNames(ctx, tx, []string{v.Project.Event})
		v.event = names[v.Project.Event]
		return err
	}
	return nil
}

// about says beside a line of the timeline which claim it speaks of.
func (r *Record) about(ctx context.Context) func(string) string {
	words := map[string]string{r.Project.registration(): web.T(ctx, "project.about.registration"), r.Project.contract(): web.T(ctx, "project.about.contract")}
	for _, m := range r.Moves {
		words[m.Subject()] = web.T(ctx, "project.stage."+m.Stage)
	}
	for i, f := range r.Funds {
		words[f.Subject()] = web.T(ctx, "project.about.funds", strconv.Itoa(i+1), web.Money(ctx, f.Amount, web.Wan).String())
	}
	return func(subject string) string { return words[subject] }
}

// claim is the one that speaks for the project now.
func (r *Record) claim() verify.Claim {
	if r.Project.Signed() {
		return r.Claims[r.Project.contract()]
	}
	return r.Claims[r.Project.registration()]
}

// stages of a project: those it reached with the days it stayed, then those to come. What was passed over is left out.
func (v recordView) stages(ctx context.Context) []web.Stage {
	today, now := web.Today(ctx), v.way.stage()
	var out []web.Stage
	for _, s := range Stages {
		x := web.Stage{Name: web.T(ctx, "project.stage."+s), Note: web.Nil}
		switch {
		case s == now:
			x.State, x.Note = "now", web.T(ctx, "project.day_n", v.way.daysIn(s, today)+1)
			due := v.way.dueOn(s)
			x.Late = due != "" && due < today && v.Project.Status == Normal
		case v.way.reached(s) != "":
			x.State, x.Note = "done", web.T(ctx, "project.days", v.way.daysIn(s, today))
		case order(s) < order(now):
			continue
		case s == v.Next && v.way.dueOn(now) != "":
			x.Note = web.T(ctx, "project.until", shortNote(ctx, v.way.dueOn(now)))
		}
		out = append(out, x)
	}
	return out
}

// shortNote is a date that fits a stage on a phone: 07-14 in the current year, else 19-12-04.
func shortNote(ctx context.Context, date string) string {
	if d := web.ShortDate(ctx, date); len(d) < len(date) || len(date) < 10 {
		return d
	}
	return date[2:]
}

func (v recordView) facts(ctx context.Context) []web.Fact {
	p := v.Project
	t := func(key string) string { return web.T(ctx, "project."+key) }
	out := []web.Fact{}
	for i, id := range p.Investors {
		label := t("investor")
		if i > 0 {
			label = ""
		}
		out = append(out, web.Fact{Label: label, Text: v.Companies[id], URL: "/companies/" + id})
	}
	if f, ok := v.chips["contract.amount"]; ok && p.Signed() {
		out = append(out, web.Fact{Label: t("contract"), Comp: web.Fig(f)})
	}
	if f, ok := v.chips["funds.received"]; ok && len(v.Funds) > 0 {
		out = append(out, web.Fact{Label: t("funds"), Comp: web.Fig(f)})
	}
	if f, ok := v.chips["funds.rate"]; ok && len(v.Funds) > 0 {
		out = append(out, web.Fact{Label: t("rate"), Comp: web.Fig(f)})
	}
	out = append(out, web.Fact{Label: t("place"), Text: v.dir.UnitName(p.Unit, v.lang)}, web.Fact{Label: t("industry"), Text: industryName(v.dir, p.Industry, v.lang)},
		web.Fact{Label: t("wheel"), Text: v.dir.CodeName("wheel", p.Wheel, v.lang)})
	for _, x := range []struct{ label, text, link string }{
		{"chain", v.dir.CodeName("chain", p.Chain, v.lang), ""},
		{"mode", v.dir.CodeName("cooperation", p.Mode, v.lang), ""},
		{"event", v.event, "/events/" + p.Event},
		{"team", v.team, ""},
		{"origin", v.dir.RegionName(p.Origin), ""},
		{"contract_no", p.ContractNo, ""},
	} {
		if x.text != "" && x.text != web.Nil {
			out = append(out, web.Fact{Label: t(x.label), Text: x.text, URL: x.link})
		}
	}
	for _, k := range []string{"local_name", "national_code", "site", "start_due", "produce_due"} {
		if x := v.way.details[k]; x != "" {
			out = append(out, web.Fact{Label: t("detail." + k), Text: x})
		}
	}
	return append(out, web.Fact{Label: t("nature"), Text: t("nature." + p.Nature)}, web.Fact{Label: t("by"), Text: v.names[p.CreatedBy]})
}

// holder names who is credited: the team, else the unit.
func (v recordView) holder(s Share) string {
	if n := v.teams[s.Team]; n != "" && v.lang != "en" {
		return n
	}
	return v.dir.UnitName(s.Unit, v.lang)
}

// fundsApart reports that the money received is shared otherwise than the contract.
func (v recordView) fundsApart() bool { return !slices.Equal(v.Shares, v.FundShare) }

func (v recordView) shares(of []Share) []web.SharePart {
	if len(of) == 0 {
		who := v.team
		if who == "" {
			who = v.dir.UnitName(v.Project.Unit, v.lang)
		}
		return []web.SharePart{{Text: who, Millionths: ledger.Whole}}
	}
	out := make([]web.SharePart, len(of))
	for i, s := range of {
		out[i] = web.SharePart{Text: v.holder(s), Millionths: s.Share}
	}
	return out
}
