package field

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// named are the ids whose names a page shows.
type named struct {
	companies, people, subjects []string
}

// sight is what a page shows beside its records: names, claims, choices and figures.
type sight struct {
	lang      string
	today     string
	who       audit.Actor
	dir       *org.Directory
	companies map[string]company.Brief
	people    map[string]string
	claims    map[string]verify.Claim
	mine      []station.Team // in scope
	teams     map[string]station.Team
	stations  []station.Station
	chips     map[string]web.FigProps
}

// sight reads the names of one page in one snapshot.
func (s *Service) sight(ctx context.Context, n named, ask ...ledger.FiguresIn) (*sight, error) {
	v := &sight{lang: web.Lang(ctx), today: web.Today(ctx), teams: map[string]station.Team{}, chips: map[string]web.FigProps{}}
	v.who, _ = audit.Who(ctx)
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if v.dir, err = org.Open(ctx, tx); err != nil {
			return err
		}
		if v.companies, err = company.Briefs(ctx, tx, n.companies); err != nil {
			return err
		}
		if v.people, err = auth.Names(ctx, tx, n.people); err != nil {
			return err
		}
		if v.claims, err = verify.ClaimsOf(ctx, tx, n.subjects); err != nil {
			return err
		}
		if err := v.places(ctx, tx); err != nil {
			return err
		}
		for _, in := range ask {
			chips, err := ledger.Chips(ctx, tx, in)
			if err != nil {
				return err
			}
			for k, c := range chips {
				v.chips[k] = c
			}
		}
		return nil
	})
}

func (v *sight) places(ctx context.Context, tx *db.Tx) (err error) {
	if v.stations, err = station.All(ctx, tx); err != nil {
		return err
	}
	if v.mine, err = station.TeamsInScope(ctx, tx, v.who.Node); err != nil {
		return err
	}
	all, err := station.EveryTeam(ctx, tx)
	for _, t := range all {
		v.teams[t.ID] = t
	}
	return err
}

func (v *sight) company(id string) string {
	if b, ok := v.companies[id]; ok {
		return b.Name
	}
	return id
}

func (v *sight) person(id string) string {
	if n := v.people[id]; n != "" {
		return n
	}
	return web.Nil
}

// team is the name of a team; in English its station and unit, which have English names.
func (v *sight) team(id string) string {
	t, ok := v.teams[id]
	if !ok {
		return id
	}
	if v.lang == "en" {
		return v.station(t.Station) + " · " + v.dir.UnitName(t.Unit, v.lang)
	}
	return t.Name
}

// sender is the unit of a team, short enough for a list.
func (v *sight) sender(id string) string {
	if t, ok := v.teams[id]; ok {
		return v.dir.UnitName(t.Unit, v.lang)
	}
	return id
}

func (v *sight) station(id string) string {
	for _, s := range v.stations {
		if s.ID == id {
			if v.lang == "en" && s.NameEN != "" {
				return s.NameEN
			}
			return s.Name
		}
	}
	return id
}

func (v *sight) unit(code string) string { return v.dir.UnitName(code, v.lang) }

func (v *sight) seals(subject string) web.Seals { return v.claims[subject].Seals() }

func anyChoice(ctx context.Context) web.Choice { return web.Choice{Text: web.T(ctx, "field.any")} }

// stationChoices are the stations where the person has teams.
func (v *sight) stationChoices(ctx context.Context) []web.Choice {
	seen := map[string]bool{}
	for _, t := range v.mine {
		seen[t.Station] = true
	}
	out := []web.Choice{anyChoice(ctx)}
	for _, s := range v.stations {
		if seen[s.ID] {
			out = append(out, web.Choice{Value: s.ID, Text: v.station(s.ID)})
		}
	}
	return out
}

func (v *sight) teamChoices(ctx context.Context, at string) []web.Choice {
	out := []web.Choice{anyChoice(ctx)}
	for _, t := range v.mine {
		if at == "" || t.Station == at {
			out = append(out, web.Choice{Value: t.ID, Text: v.team(t.ID)})
		}
	}
	return out
}

var claimStates = []string{"filed", "reviewed", "recognised", "returned", "correcting", "withdrawn", "none"}

// monthSpan bounds a question to a month: from and through.
func monthSpan(month string) (from, through string) {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return "", ""
	}
	return month + "-01", t.AddDate(0, 1, -1).Format(time.DateOnly)
}

// figuresOf asks for measures of a list's station, team and month.
func figuresOf(ctx context.Context, at, team, month string, measures ...string) ledger.FiguresIn {
	in := ledger.FiguresIn{Measure: measures, Station: at}
	if team != "" {
		in.Where = append(in.Where, "team:"+team)
	}
	from, through := monthSpan(month)
	in.From = from
	if asOf := web.ShellOf(ctx).AsOf.Date; through != "" && (asOf == "" || through < asOf) {
		in.Through = through
	}
	return in
}

// next is the address of the following part of a list.
func next(path string, q url.Values, after string) string {
	if after == "" {
		return ""
	}
	q.Set("after", after)
	return path + "?" + q.Encode()
}

func count(values ...string) int {
	n := 0
	for _, v := range values {
		if v != "" {
			n++
		}
	}
	return n
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return ""
}

// words splits a list of names as people write it.
func words(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、,，;；\n\t", r) }) {
		if w = clean(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// intentTone colours the grade of intent.
func intentTone(grade string) string {
	if grade == "A" {
		return "act"
	}
	return ""
}

// claimText says where a claim is, for the side of a record.
func claimText(ctx context.Context, c *verify.Claim, counts bool) string {
	switch {
	case c == nil && counts:
		return web.T(ctx, "field.claim.none")
	case c == nil:
		return web.T(ctx, "field.not_counted")
	case c.Correcting():
		return web.T(ctx, "field.claim.correcting")
	}
	return web.T(ctx, "field.claim."+string(c.State))
}

func sortedTeams(teams map[string]station.Team, at string) []string {
	var out []string
	for id, t := range teams {
		if t.Station == at {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}
