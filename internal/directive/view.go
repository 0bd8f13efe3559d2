package directive

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/web"
)

// sight is what the pages show beside their records: names and choices.
type sight struct {
	lang      string
	dir       *org.Directory
	people    map[string]string
	companies map[string]company.Brief
	stations  map[string]station.Station
	leaders   []auth.Holder
}

func (s *Service) sight(ctx context.Context, people []string, firms ...string) (*sight, error) {
	v := &sight{lang: web.Lang(ctx), stations: map[string]station.Station{}}
	who, _ := audit.Who(ctx)
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if v.dir, err = org.Open(ctx, tx); err != nil {
			return err
		}
		if v.people, err = auth.Names(ctx, tx, people); err != nil {
			return err
		}
		if v.companies, err = company.Briefs(ctx, tx, firms); err != nil {
			return err
		}
		if v.leaders, err = leadersIn(ctx, tx, who.Node); err != nil {
			return err
		}
		stations, err := station.All(ctx, tx)
		if err != nil {
			return err
		}
		for _, st := range stations {
			v.stations[st.ID] = st
		}
		return nil
	})
}

// node is the name of a unit or a station.
func (v *sight) node(id string) string {
	if st, ok := v.stations[id]; ok {
		if v.lang == "en" && st.NameEN != "" {
			return st.NameEN
		}
		return st.Name
	}
	return v.dir.UnitName(id, v.lang)
}

func (v *sight) person(id string) string {
	if n := v.people[id]; n != "" {
		return n
	}
	return web.Nil
}

func (v *sight) leaderChoices(anybody string) []web.Choice {
	out := []web.Choice{{Text: anybody}}
	for _, l := range v.leaders {
		out = append(out, web.Choice{Value: l.Person, Text: l.Name})
	}
	return out
}

// chosen are the units and stations that a form holds already, for its picker.
func (v *sight) chosen(state web.FormState, name string) []web.Choice {
	out := []web.Choice{}
	for _, id := range state.Values[name] {
		if id != "" {
			out = append(out, web.Choice{Value: id, Text: v.node(id)})
		}
	}
	return out
}

// listView is the list of directives as a page.
type listView struct {
	*sight
	in   Filter
	list Directives
}

func (v *listView) props(ctx context.Context) web.ListProps {
	in := v.in
	state := in.State
	if state == "live" {
		state = ""
	}
	q := web.Values("q", in.Q, "state", state, "light", in.Light, "leader", in.Leader, "owner", in.Owner, "subject", in.Subject)
	states := web.Coded(ctx, web.T(ctx, "directive.any"), "directive.state", "reported", "closed", "cancelled", "all")
	states[0].Text = web.T(ctx, "directive.state.live")
	p := web.ListProps{Action: base, Unit: web.T(ctx, "directive.item"), Loaded: len(v.list.Items), Total: -1, Query: q.Encode(), Filters: []web.FilterProps{
		{Name: "q", Label: web.T(ctx, "directive.matter"), Kind: "search", Value: in.Q},
		{Name: "light", Label: web.T(ctx, "directive.light"), Value: in.Light, Choices: web.Coded(ctx, web.T(ctx, "directive.any"), "directive.light", "red", "yellow", "green")},
		{Name: "state", Label: web.T(ctx, "directive.state"), Value: state, Choices: states},
		{Name: "owner", Kind: "hidden", Value: in.Owner},
		{Name: "subject", Kind: "hidden", Value: in.Subject},
	}}
	if len(v.leaders) > 0 {
		p.Filters = append(p.Filters, web.FilterProps{Name: "leader", Label: web.T(ctx, "directive.leader"), Value: in.Leader, Choices: v.leaderChoices(web.T(ctx, "directive.any"))})
	}
	if len(q) > 0 {
		p.ClearURL = base
	}
	if v.list.Next != "" {
		q.Set("after", v.list.Next)
		p.Next = base + "?" + q.Encode()
	}
	if len(v.list.Items) == 0 {
		p.Empty = noDirectives(p.ClearURL != "")
	}
	return p
}

// tone is the colour of a light.
func tone(light string) string {
	return map[string]string{"red": "alarm", "yellow": "due", "green": "act"}[light]
}

// pageView is one directive as a page.
type pageView struct {
	*sight
	rec  Dossier
	form web.FormState
}

func (v *pageView) facts(ctx context.Context) []web.Fact {
	d := v.rec
	out := []web.Fact{
		{Label: web.T(ctx, "directive.leader"), Text: v.person(d.Leader), URL: base + "?" + web.Values("leader", d.Leader, "state", "all").Encode()},
		{Label: web.T(ctx, "directive.issued_on"), Text: d.IssuedOn},
		{Label: web.T(ctx, "directive.due_on"), Comp: dueLine(d.Directive)},
	}
	for _, o := range d.Owners {
		label := "directive.with"
		if o.Leads {
			label = "directive.lead"
		}
		out = append(out, web.Fact{Label: web.T(ctx, label), Text: v.node(o.Node)})
	}
	switch {
	case d.Hidden:
		out = append(out, web.Fact{Label: web.T(ctx, "directive.subject"), Text: web.T(ctx, "directive.hidden")})
	case d.Subject != "":
		out = append(out, web.Fact{Label: web.T(ctx, "directive.subject"), Text: d.About.Title, URL: d.About.URL})
	}
	if d.ReportedOn != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "directive.reported_on"), Text: d.ReportedOn + " · " + v.person(d.ReportedBy)})
	}
	if d.ClosedOn != "" {
		out = append(out, web.Fact{Label: web.T(ctx, "directive.closed_on"), Text: d.ClosedOn + " · " + v.person(d.ClosedBy)})
	}
	return out
}

// formFor is the state of the form of one kind of step: the others stay as they were at first.
func (v *pageView) formFor(kind string) web.FormState {
	if v.form.Value("kind") == kind {
		return v.form
	}
	state := web.FormOf("version", strconv.FormatInt(v.rec.Version, 10))
	if kind == "progress" {
		state.Values.Set("progress", strconv.FormatInt(v.rec.Progress, 10))
	}
	return state
}

// icons of the steps.
var icons = map[string]string{
	"issue": "clipboard-list", "progress": "activity", "report": "flag", "accept": "circle-check", "return": "rotate", "extend": "calendar", "remind": "bell", "cancel": "circle-x",
}

func stamp(ctx context.Context, at int64) (short, full string) {
	t := db.FromMicros(at)
	return web.Moment(ctx, t), web.MomentFull(t)
}

// formView is a form with its choices.
type formView struct {
	*sight
	state web.FormState
	self  bool // a leader writes in their own name
	about Record
}

func (s *Service) formOf(r *http.Request, state web.FormState) (*formView, error) {
	ctx := r.Context()
	v := &formView{state: state}
	var err error
	if v.sight, err = s.sight(ctx, nil, state.Values["companies"]...); err != nil {
		return nil, err
	}
	var ids []string
	for _, l := range v.leaders {
		ids = append(ids, l.Person)
	}
	v.self = self(r, ids)
	if subject := state.Value("subject"); subject != "" {
		who, _ := audit.Who(ctx)
		err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
			v.about, err = s.Records.Record(ctx, tx, who, subject)
			return absentOnly(err) // the form says so when it is sent
		})
	}
	return v, err
}

func (v *formView) firms() []web.Choice {
	out := []web.Choice{}
	for _, id := range v.state.Values["companies"] {
		out = append(out, web.Choice{Value: id, Text: v.companies[id].Name})
	}
	return out
}

func (v *formView) region() []web.Choice {
	if code := v.state.Value("region"); code != "" {
		return []web.Choice{{Value: code, Text: v.dir.RegionName(code)}}
	}
	return nil
}

// tripList is the list of trips as a page.
type tripList struct {
	*sight
	in   TripFilter
	list Trips
}

func (v *tripList) props(ctx context.Context) web.ListProps {
	in := v.in
	q := web.Values("leader", in.Leader, "kind", in.Kind, "year", in.Year)
	p := web.ListProps{Action: tripsPath, Unit: web.T(ctx, "directive.trip_item"), Loaded: len(v.list.Items), Total: -1, Query: q.Encode(), Filters: []web.FilterProps{
		{Name: "leader", Label: web.T(ctx, "directive.leader"), Value: in.Leader, Choices: v.leaderChoices(web.T(ctx, "directive.any"))},
		{Name: "kind", Label: web.T(ctx, "directive.trip_kind"), Value: in.Kind, Choices: web.Coded(ctx, web.T(ctx, "directive.any"), "directive.trip", tripKinds...)},
		{Name: "year", Label: web.T(ctx, "directive.year"), Value: in.Year, Choices: years(ctx)},
	}}
	if len(q) > 0 {
		p.ClearURL = tripsPath
	}
	if v.list.Next != "" {
		q.Set("after", v.list.Next)
		p.Next = tripsPath + "?" + q.Encode()
	}
	if len(v.list.Items) == 0 {
		p.Empty = noTrips(p.ClearURL != "")
	}
	return p
}

// years are this one and the four before it.
func years(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "directive.any")}}
	t, err := time.Parse(time.DateOnly, web.Today(ctx))
	for i := 0; i < 5 && err == nil; i++ {
		y := strconv.Itoa(t.Year() - i)
		out = append(out, web.Choice{Value: y, Text: y})
	}
	return out
}

func span(day, until string) string {
	if until == "" || until == day {
		return day
	}
	return day + " – " + until[5:]
}

func (v *tripList) firms(t Trip) string {
	out := ""
	for i, id := range t.Companies {
		if i > 0 {
			out += "、"
		}
		out += v.companies[id].Name
	}
	return out
}

// tripRow is where a row of the list of trips leads: to the form, for those who may change it.
func tripRow(ctx context.Context, t Trip) string {
	if web.May(ctx, "directive.issue") {
		return tripsPath + "/" + t.ID
	}
	return ""
}

func headTags(ctx context.Context, d Dossier) []web.Tag {
	out := []web.Tag{{Text: web.T(ctx, "directive.state."+d.State)}}
	if d.Light != "none" {
		out = append(out, web.Tag{Text: web.T(ctx, "directive.light."+d.Light), Tone: tone(d.Light)})
	}
	return out
}

func actKind(kind string) web.ButtonKind {
	if kind == "cancel" {
		return web.Warning
	}
	return web.Primary
}

func stepWords(ctx context.Context, st Step) string {
	switch st.Kind {
	case "progress":
		return web.T(ctx, "directive.did.progress", st.Progress)
	case "extend", "issue":
		return web.T(ctx, "directive.did."+st.Kind, st.DueOn)
	}
	return web.T(ctx, "directive.did."+st.Kind)
}
