package pipeline

import (
	"context"
	"strconv"

	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/field"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/web"
)

// formView is what the forms choose from.
type formView struct {
	state     web.FormState
	dir       *org.Directory
	teams     []station.Team
	all       []station.Team // credit may go to any of them
	events    []field.Event
	companies map[string]string
	lang      string
}

func (s *Service) form(ctx context.Context, state web.FormState) (f formView, err error) {
	f = formView{state: state, lang: web.Lang(ctx), companies: map[string]string{}}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if f.dir, err = org.Open(ctx, tx); err != nil {
			return err
		}
		if f.teams, err = visibleTeams(ctx, tx); err != nil {
			return err
		}
		if f.all, err = station.EveryTeam(ctx, tx); err != nil {
			return err
		}
		if f.events, err = field.RecentEvents(ctx, tx, 60); err != nil {
			return err
		}
		briefs, err := company.Briefs(ctx, tx, state.Values["investors"])
		for id, b := range briefs {
			f.companies[id] = b.Name
		}
		return err
	})
	return f, err
}

func (f formView) teamChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "project.no_team")}}
	for _, t := range f.teams {
		out = append(out, web.Choice{Value: t.ID, Text: t.Name})
	}
	return out
}

func (f formView) everyTeam(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "project.no_team")}}
	for _, t := range f.all {
		out = append(out, web.Choice{Value: t.ID, Text: t.Name})
	}
	return out
}

// unitAt is the unit chosen in an input; the others are found by typing.
func (f formView) unitAt(name string) []web.Choice {
	out := []web.Choice{{}}
	if code := f.state.Value(name); code != "" {
		out = append(out, web.Choice{Value: code, Text: f.dir.UnitName(code, f.lang)})
	}
	return out
}

func (f formView) eventChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "project.no_event")}}
	for _, e := range f.events {
		out = append(out, web.Choice{Value: e.ID, Text: e.Day + " " + e.Name})
	}
	return out
}

// chosen are the investors picked so far.
func (f formView) chosen() []web.Choice {
	var out []web.Choice
	for _, id := range f.state.Values["investors"] {
		if name := f.companies[id]; name != "" {
			out = append(out, web.Choice{Value: id, Text: name})
		}
	}
	return out
}

func (f formView) place() []web.Choice {
	code := f.state.Value("unit")
	if code == "" {
		return nil
	}
	return []web.Choice{{Value: code, Text: f.dir.UnitName(code, f.lang)}}
}

// editForm fills the form of a change with what stands.
func editForm(p Project) web.FormState {
	s := web.FormOf("version", strconv.FormatInt(p.Version, 10), "name", p.Name, "summary", p.Summary, "next_step", p.NextStep, "next_on", p.NextOn, "industry", p.Industry,
		"wheel", p.Wheel, "chain", p.Chain, "mode", p.Mode, "signed_on", p.SignedOn, "contract_no", p.ContractNo)
	if p.Amount > 0 {
		s.Values.Set("amount", web.MoneyInput(p.Amount, web.Wan))
	}
	s.Values["investors"] = p.Investors
	return s
}

func noneFirst(ctx context.Context, list []web.Choice) []web.Choice {
	return append([]web.Choice{{Text: web.T(ctx, "project.none_chosen")}}, list...)
}

// stripOf shows some figures side by side, those there are.
func stripOf(ctx context.Context, chips map[string]web.FigProps, wanted ...string) []web.StripCell {
	var out []web.StripCell
	for _, code := range wanted {
		if f, ok := chips[code]; ok {
			out = append(out, web.StripCell{Label: ledger.NameOf(ctx, code), Fig: f})
		}
	}
	return out
}
