package station

import (
	"context"
	"net/url"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// TeamFilter narrows a list of teams.
type TeamFilter struct {
	Station string `query:"station" json:"station,omitempty"`
}

// Teams gives the teams in scope.
func (s *Service) Teams(ctx context.Context, in TeamFilter) (out struct {
	Teams []Team `json:"teams"`
}, err error,
) {
	who, err := audit.Require(ctx, "station.read")
	if err != nil {
		return out, err
	}
	out.Teams = []Team{}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := TeamsInScope(ctx, tx, who.Node)
		for _, t := range list {
			if in.Station == "" || t.Station == in.Station {
				out.Teams = append(out.Teams, t)
			}
		}
		return err
	})
	return out, err
}

// Batches gives the batches of a station, or of all.
func (s *Service) Batches(ctx context.Context, in TeamFilter) (out struct {
	Batches []Batch `json:"batches"`
}, err error,
) {
	all, err := s.List(ctx, struct{}{})
	out.Batches = []Batch{}
	for _, o := range all.Stations {
		if in.Station == "" || o.Station.ID == in.Station {
			out.Batches = append(out.Batches, o.Batches...)
		}
	}
	return out, err
}

// view is everything the page of a station shows.
type view struct {
	in       Filter
	all      []Overview
	at       Overview // the station in view
	list     Deployments
	claims   map[string]verify.Claim
	chips    map[string]web.FigProps
	byBatch  map[string]web.FigProps
	byTeam   map[string]web.FigProps
	dir      *org.Directory
	lang     string
	readable bool // deployments
}

func (s *Service) view(ctx context.Context, in Filter) (*view, error) {
	all, err := s.List(ctx, struct{}{})
	if err != nil {
		return nil, err
	}
	v := &view{in: in, all: all.Stations, lang: web.Lang(ctx), readable: web.May(ctx, "deployment.read")}
	for i, o := range v.all {
		if o.Station.ID == in.Station || in.Station == "" && (v.at.Station.ID == "" || len(o.Teams) > len(v.at.Teams)) {
			v.at = v.all[i]
		}
	}
	v.in.Station = v.at.Station.ID
	if v.readable && v.at.Station.ID != "" {
		if v.list, err = s.ListDeployments(ctx, v.in); err != nil {
			return nil, err
		}
	}
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error { return v.fill(ctx, tx) })
}

func (v *view) fill(ctx context.Context, tx *db.Tx) (err error) {
	if v.dir, err = org.Open(ctx, tx); err != nil {
		return err
	}
	subjects := make([]string, len(v.list.Items))
	for i, d := range v.list.Items {
		subjects[i] = d.Subject()
	}
	if v.claims, err = verify.ClaimsOf(ctx, tx, subjects); err != nil || v.at.Station.ID == "" {
		return err
	}
	about := ledger.FiguresIn{Station: v.at.Station.ID, Measure: []string{"deployment", "visit.enterprise", "visit.association", "tour", "project.signed", "contract.amount"}}
	if v.chips, err = ledger.Chips(ctx, tx, about); err != nil {
		return err
	}
	about.Measure = []string{"deployment"}
	if v.byBatch, err = ledger.GroupChips(ctx, tx, about, "batch"); err != nil {
		return err
	}
	v.byTeam, err = ledger.GroupChips(ctx, tx, about, "team")
	return err
}

func (v *view) strip(ctx context.Context) []web.StripCell {
	var out []web.StripCell
	for _, code := range []string{"deployment", "visit.enterprise", "visit.association", "tour", "project.signed", "contract.amount"} {
		if f, ok := v.chips[code]; ok {
			out = append(out, web.StripCell{Label: ledger.NameOf(ctx, code), Fig: f})
		}
	}
	return out
}

func (v *view) asOf(ctx context.Context) web.AsOfProps {
	a := web.ShellOf(ctx).AsOf
	return web.AsOfProps{Book: a.Book, Facts: []string{stationName(v.at.Station, v.lang), web.T(ctx, "fig.through", a.Date)}, Hint: web.T(ctx, "station.strip_hint")}
}

func stationName(s Station, lang string) string {
	if lang == "en" && s.NameEN != "" {
		return s.NameEN
	}
	return s.Name
}

func (v *view) tabs() []web.Tab {
	var out []web.Tab
	for _, o := range v.all {
		out = append(out, web.Tab{Text: stationName(o.Station, v.lang), URL: here(o.Station.ID), On: o.Station.ID == v.at.Station.ID})
	}
	return out
}

func (v *view) batch(id string) string { return batchName(v.at.Batches, id) }

func batchName(list []Batch, id string) string {
	for _, b := range list {
		if b.ID == id {
			return b.Name
		}
	}
	return id
}

func (v *view) team(id string) string {
	for _, t := range v.at.Teams {
		if t.ID == id {
			return v.teamName(t)
		}
	}
	return id
}

// teamName is the name of a team's unit in English, the team's own name in Chinese.
func (v *view) teamName(t Team) string {
	if v.lang == "en" {
		return v.dir.UnitName(t.Unit, v.lang)
	}
	return t.Name
}

func (v *view) address(with url.Values) string {
	q := url.Values{"station": {v.at.Station.ID}}
	for k, x := range map[string]string{"batch": v.in.Batch, "team": v.in.Team} {
		if x != "" {
			q.Set(k, x)
		}
	}
	for k, x := range with {
		q[k] = x
	}
	return base + "?" + q.Encode()
}

func (v *view) listProps(ctx context.Context) web.ListProps {
	batches, teams := []web.Choice{{Text: web.T(ctx, "station.any")}}, []web.Choice{{Text: web.T(ctx, "station.any")}}
	for _, b := range v.at.Batches {
		batches = append(batches, web.Choice{Value: b.ID, Text: b.Name})
	}
	for _, t := range v.at.Teams {
		teams = append(teams, web.Choice{Value: t.ID, Text: v.teamName(t)})
	}
	p := web.ListProps{Action: base, Unit: web.T(ctx, "station.persons"), Loaded: len(v.list.Items), Total: -1, Filters: []web.FilterProps{
		{Name: "station", Kind: "hidden", Value: v.at.Station.ID},
		{Name: "batch", Label: web.T(ctx, "station.batch"), Value: v.in.Batch, Choices: batches},
		{Name: "team", Label: web.T(ctx, "station.team"), Value: v.in.Team, Choices: teams},
	}}
	if v.list.Next != "" {
		p.Next = v.address(url.Values{"after": {v.list.Next}})
	}
	if v.in.Batch != "" || v.in.Team != "" {
		p.ClearURL = here(v.at.Station.ID)
	}
	if len(v.list.Items) == 0 {
		p.Empty = noDeployments(v)
	}
	return p
}

func (v *view) facts(ctx context.Context) []web.Fact {
	s := v.at.Station
	out := []web.Fact{
		{Label: web.T(ctx, "station.region"), Text: v.dir.RegionName(s.Region)},
		{Label: web.T(ctx, "station.unit"), Text: v.dir.UnitName(s.Unit, v.lang)},
		{Label: web.T(ctx, "station.opened_on"), Text: s.OpenedOn},
	}
	if s.ClosedOn != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "station.closed_on"), Text: s.ClosedOn})
	}
	return append(out, web.Fact{Label: web.T(ctx, "station.code"), Text: s.ID})
}

func span(from, to string) string {
	if to == "" {
		return from + " –"
	}
	return from + " – " + to
}

// formProps are the choices of this package's forms.
type formProps struct {
	state    web.FormState
	stations []Overview
	lang     string
}

func (p formProps) stationChoices() []web.Choice {
	out := []web.Choice{{}}
	for _, o := range p.stations {
		out = append(out, web.Choice{Value: o.Station.ID, Text: stationName(o.Station, p.lang)})
	}
	return out
}

// chosen are the stations a form speaks of: the one that is set, or all.
func (p formProps) chosen() []Overview {
	at := p.state.Value("station")
	for _, o := range p.stations {
		if o.Station.ID == at {
			return []Overview{o}
		}
	}
	return p.stations
}

func (p formProps) batchChoices() []web.Choice {
	out := []web.Choice{{}}
	for _, o := range p.chosen() {
		for i := len(o.Batches) - 1; i >= 0; i-- {
			b := o.Batches[i]
			out = append(out, web.Choice{Value: b.ID, Text: stationName(o.Station, p.lang) + " · " + b.Name + " · " + span(b.StartsOn, b.EndsOn)})
		}
	}
	return out
}

func (p formProps) teamChoices() []web.Choice {
	out := []web.Choice{{}}
	for _, o := range p.chosen() {
		for _, t := range o.Teams {
			out = append(out, web.Choice{Value: t.ID, Text: t.Name})
		}
	}
	return out
}

// preset chooses the team and the batch when there is only one that can be meant.
func (p formProps) preset() {
	if c := p.teamChoices(); len(c) == 2 && p.state.Value("team") == "" {
		p.state.Values.Set("team", c[1].Value)
	}
	if c := p.batchChoices(); len(p.chosen()) == 1 && len(c) > 1 && p.state.Value("batch") == "" {
		p.state.Values.Set("batch", c[1].Value)
	}
}

func (p formProps) nextNumber() int64 {
	var n int64
	if list := p.chosen(); len(list) == 1 {
		for _, b := range list[0].Batches {
			n = max(n, b.Number)
		}
		n++
	}
	return n
}

func unitChoice(s web.FormState, field string) []web.Choice {
	return []web.Choice{{}, {Value: s.Value(field), Text: s.Value(field)}}
}
