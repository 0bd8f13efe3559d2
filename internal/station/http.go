package station

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/fault"
	"zhudian/internal/web"
)

const base = "/stations"

// Mount serves stations, teams, batches and deployments.
func (s *Service) Mount(m *web.Mux) {
	web.Get(m, "/api/v1/stations", "station.read", s.List, web.Doc("Stations with their batches and one's teams there"))
	web.Post(m, "/api/v1/stations", "station.edit", s.Add, web.Status(http.StatusCreated), web.Doc("Open a station"))
	web.Get(m, "/api/v1/teams", "station.read", s.Teams, web.Doc("Teams in one's scope"))
	web.Post(m, "/api/v1/teams", "station.edit", s.AddTeam, web.Status(http.StatusCreated), web.Doc("Let a unit send people to a station"))
	web.Get(m, "/api/v1/batches", "station.read", s.Batches, web.Doc("Batches of a station, or of all"))
	web.Post(m, "/api/v1/batches", "station.edit", s.AddBatch, web.Status(http.StatusCreated), web.Doc("Plan a wave of people"))
	web.Get(m, "/api/v1/deployments", "deployment.read", s.ListDeployments, web.Doc("Who was sent, newest first"))
	web.Post(m, "/api/v1/deployments", "deployment.create", s.Deploy, web.Status(http.StatusCreated), web.Doc("Send people with a batch; each is claimed"))
	web.Post(m, "/api/v1/deployments/{id}/end", "deployment.edit", s.EndDeployment, web.Doc("End a deployment early; no figure changes"))

	m.Page("GET "+base, "station.read", s.page)
	m.Page("GET "+base+"/new", "station.edit", s.newStationPage)
	m.Page("POST "+base+"/new", "station.edit", s.newStationPosted)
	m.Page("GET "+base+"/batches/new", "station.edit", s.newBatchPage)
	m.Page("POST "+base+"/batches/new", "station.edit", s.newBatchPosted)
	m.Page("GET "+base+"/teams/new", "station.edit", s.newTeamPage)
	m.Page("POST "+base+"/teams/new", "station.edit", s.newTeamPosted)
	m.Page("GET "+base+"/deployments/new", "deployment.create", s.deployPage)
	m.Page("POST "+base+"/deployments/new", "deployment.create", s.deployPosted)
	m.Page("GET "+base+"/deployments/{id}/end", "deployment.edit", s.endPage)
	m.Page("POST "+base+"/deployments/{id}/end", "deployment.edit", s.endPosted)

	s.mountHandovers(m)
	s.mountLeaves(m)
	s.mountParties(m)

	m.Nav(web.NavItem{Key: "stations", Icon: "map-pin", URL: base, Perm: "station.read", Group: web.GroupField, Order: 5})
	m.Command(web.Command{Key: "deploy", Icon: "users-group", URL: base + "/deployments/new", Perm: "deployment.create"})
}

// here is the page of a station.
func here(station string) string { return base + "?" + url.Values{"station": {station}}.Encode() }

func (s *Service) page(r *http.Request) (templ.Component, error) {
	in, err := web.Query[Filter](r)
	if err != nil {
		return nil, err
	}
	v, err := s.view(r.Context(), in)
	if err != nil {
		return nil, err
	}
	return stationsPage(v), nil
}

// forms are what the forms of this package choose from.
func (s *Service) formOf(ctx context.Context, state web.FormState) (formProps, error) {
	list, err := s.List(ctx, struct{}{})
	p := formProps{state: state, stations: list.Stations, lang: web.Lang(ctx)}
	return p, err
}

func (s *Service) newStationPage(r *http.Request) (templ.Component, error) {
	p, err := s.formOf(r.Context(), web.FormOf("opened_on", web.Today(r.Context())))
	if err != nil {
		return nil, err
	}
	return newStationPage(p), nil
}

func (s *Service) newStationPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[Station](r)
	if err == nil {
		_, err = s.Add(r.Context(), in)
	}
	if err == nil {
		return s.done(r, here(in.ID), "station.added", in.Name), nil
	}
	if fault.Has(err, "exists") {
		err = fault.BadField("id", "exists", "已有这个编码的驻点。", "A station has this code already.")
	}
	return s.retry(r, err, newStationPage)
}

// retry shows a form again with what was wrong.
func (s *Service) retry(r *http.Request, err error, page func(formProps) templ.Component) (templ.Component, error) {
	p, bad := s.formOf(r.Context(), web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(page(p), err)
}

func (s *Service) done(r *http.Request, to, key string, args ...any) templ.Component {
	return web.RedirectToast(to, web.Toast{Text: web.T(r.Context(), key, args...)})
}

// fresh is the state of a form for one station of the address.
func fresh(r *http.Request, pairs ...string) (web.FormState, error) {
	in, err := web.Query[struct {
		Station string `json:"station"`
		Batch   string `json:"batch"`
		Team    string `json:"team"`
	}](r)
	state := web.FormOf(pairs...)
	for name, v := range map[string]string{"station": in.Station, "batch": in.Batch, "team": in.Team} {
		if v != "" {
			state.Values.Set(name, v)
		}
	}
	return state, err
}

func (s *Service) newBatchPage(r *http.Request) (templ.Component, error) {
	state, err := fresh(r)
	if err != nil {
		return nil, err
	}
	p, err := s.formOf(r.Context(), state)
	if next := p.nextNumber(); next > 0 {
		p.state.Values.Set("number", strconv.FormatInt(next, 10))
	}
	if err != nil {
		return nil, err
	}
	return newBatchPage(p), nil
}

func (s *Service) newBatchPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[NewBatch](r)
	var out Batch
	if err == nil {
		out, err = s.AddBatch(r.Context(), in)
	}
	if err != nil {
		return s.retry(r, err, newBatchPage)
	}
	return s.done(r, here(out.Station), "station.batch_added", out.Name), nil
}

func (s *Service) newTeamPage(r *http.Request) (templ.Component, error) {
	state, err := fresh(r)
	if err != nil {
		return nil, err
	}
	p, err := s.formOf(r.Context(), state)
	if err != nil {
		return nil, err
	}
	return newTeamPage(p), nil
}

func (s *Service) newTeamPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[NewTeam](r)
	var out Team
	if err == nil {
		out, err = s.AddTeam(r.Context(), in)
	}
	if err != nil {
		return s.retry(r, err, newTeamPage)
	}
	return s.done(r, here(out.Station), "station.team_added", out.Name), nil
}

func (s *Service) deployPage(r *http.Request) (templ.Component, error) {
	state, err := fresh(r)
	if err != nil {
		return nil, err
	}
	p, err := s.formOf(r.Context(), state)
	p.preset()
	if err != nil {
		return nil, err
	}
	return deployPage(p), nil
}

// roster is the form of a deployment: several people at once, one a line.
type roster struct {
	Batch    string `json:"batch"`
	Team     string `json:"team"`
	People   string `json:"people"`
	StartsOn string `json:"starts_on" format:"date"`
	EndsOn   string `json:"ends_on" format:"date"`
	Kind     string `json:"kind" enum:"rotation,posting"`
	Late     string `json:"late_reason" maxLength:"200"`
}

// maxRoster is how many people one form sends.
const maxRoster = 500

func (s *Service) deployPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[roster](r)
	var out Deployments
	if err == nil {
		var d Deploy
		if d, err = in.deploy(); err == nil {
			out, err = s.Deploy(r.Context(), d)
		}
	}
	if err != nil {
		return s.retry(r, byLine(err), deployPage)
	}
	station, _, _ := strings.Cut(in.Team, ".")
	return s.done(r, here(station)+"&"+url.Values{"batch": {in.Batch}}.Encode(), "station.deployed", len(out.Items)), nil
}

// deploy reads the lines: a name and a duty, between them a tab as a spreadsheet copies it, a comma or blanks.
func (in roster) deploy() (Deploy, error) {
	out := Deploy{Batch: in.Batch, Team: in.Team, Late: in.Late}
	var c fault.Checks
	if in.Batch == "" {
		c.Require("batch", "", "批次", "The batch")
	}
	if in.Team == "" {
		c.Require("team", "", "队伍", "The team")
	}
	for line := range strings.Lines(in.People) {
		name, duty := cutLine(line)
		if name == "" && duty == "" {
			continue
		}
		out.People = append(out.People, Person{Name: name, Duty: duty, Kind: in.Kind, StartsOn: in.StartsOn, EndsOn: in.EndsOn})
	}
	switch n := len(out.People); {
	case n == 0:
		c.Require("people", "", "人员名单", "The list of people")
	case n > maxRoster:
		c.Add("people", "too_many", "一次最多 500 人。", "At most 500 people at a time.")
	}
	for i, p := range out.People {
		if len([]rune(p.Name)) > 40 || len([]rune(p.Duty)) > 40 {
			c.Add("people["+strconv.Itoa(i)+"].name", "too_long", "姓名和职务各最多 40 个字。", "Name and duty have at most 40 characters each.")
		}
	}
	return out, c.Err()
}

func cutLine(line string) (name, duty string) {
	line = strings.Trim(line, "\r\n 　")
	for _, sep := range []string{"\t", ",", "，", ";", "；"} {
		if a, b, ok := strings.Cut(line, sep); ok {
			return strings.TrimSpace(a), strings.TrimSpace(strings.ReplaceAll(b, "\t", " "))
		}
	}
	if f := strings.Fields(line); len(f) > 1 && !latin(f[0]) {
		return f[0], strings.Join(f[1:], " ")
	}
	return line, ""
}

func latin(s string) bool { return s != "" && s[0] < 0x80 }

var personField = regexp.MustCompile(`^people\[(\d+)\]\.`)

// byLine says of a person's fault in which line of the list it is.
func byLine(err error) error {
	if !fault.Is(err, fault.Invalid) {
		if fault.Has(err, "exists") {
			return fault.BadField("people", "exists", "名单里有人已在这一批。", "Somebody of the list is in this batch already.")
		}
		return err
	}
	f := fault.Of(err)
	for i, x := range f.Fields {
		m := personField.FindStringSubmatch(x.Name)
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[1]) // digits, by the pattern
		field := "people"
		if strings.HasSuffix(x.Name, "_on") {
			field = strings.TrimPrefix(x.Name, m[0])
		}
		f.Fields[i].Name = field
		f.Fields[i].Words = fault.Words{ZH: "第 " + strconv.Itoa(n+1) + " 行：" + x.Words.ZH, EN: "Line " + strconv.Itoa(n+1) + ": " + x.Words.EN}
	}
	return f
}
