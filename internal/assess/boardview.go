package assess

import (
	"context"
	"net/url"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// sight names units, stations, teams and projects.
type sight struct {
	lang     string
	dir      *org.Directory
	stations []station.Station
	projects map[string]string
	root     string // node of the person
	today    string
	people   map[string]string
}

func see(ctx context.Context, tx *db.Tx, projects ...string) (*sight, error) {
	who, _ := audit.Who(ctx)
	v := &sight{lang: web.Lang(ctx), projects: map[string]string{}, root: who.Node, today: tx.Today()}
	var err error
	if v.dir, err = org.Open(ctx, tx); err != nil {
		return nil, err
	}
	if v.stations, err = station.All(ctx, tx); err != nil {
		return nil, err
	}
	subjects := make([]string, len(projects))
	for i, p := range projects {
		subjects[i] = "project/" + p
	}
	claims, err := verify.ClaimsOf(ctx, tx, subjects)
	for subject, c := range claims {
		v.projects[strings.TrimPrefix(subject, "project/")] = c.Title
	}
	return v, err
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

// node is the name of a unit, a station or a team.
func (v *sight) node(id string) string {
	if at, unit, team := strings.Cut(id, "."); team {
		return v.station(at) + " · " + v.dir.UnitName(unit, v.lang)
	}
	if _, err := v.dir.Unit(id); err != nil {
		return v.station(id)
	}
	return v.dir.UnitName(id, v.lang)
}

// word names a value of a dimension.
func (v *sight) word(ctx context.Context, by, key string) string {
	if key == "" {
		return web.T(ctx, "board.other")
	}
	switch by {
	case "city", "county":
		return v.dir.UnitName(key, v.lang)
	case "wheel":
		return v.dir.CodeName("wheel", key, v.lang)
	case "section":
		return v.dir.IndustryName(key, v.lang)
	case "origin_city":
		if r, ok := v.dir.Region(key + "00"); ok {
			return r.Name
		}
		return v.dir.RegionName(key + "00")
	case "project":
		if name := v.projects[key]; name != "" {
			return name
		}
	}
	return key
}

// boardView is the dashboard as a page.
type boardView struct {
	*sight
	Board
	in BoardIn
}

func (s *Service) viewBoard(ctx context.Context, in BoardIn) (*boardView, error) {
	v := &boardView{in: in}
	var err error
	if v.Board, err = s.Board(ctx, in); err != nil {
		return nil, err
	}
	if v.in.Measure == "" {
		v.in.Measure = v.Measure
	}
	var ids []string
	for _, p := range append(v.Projects[:len(v.Projects):len(v.Projects)], v.Unfunded...) {
		ids = append(ids, p.Key)
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		v.sight, err = see(ctx, tx, ids...)
		return err
	})
	return v, err
}

// figure finds a figure of the board.
func (v *boardView) figure(code string) Compared {
	for _, f := range v.Figures {
		if f.Code == code {
			return f
		}
	}
	return Compared{Figure: ledger.Figure{Code: code, Value: ledger.Number{None: true}}}
}

func (v *boardView) chip(ctx context.Context, code string) web.FigProps {
	return ledger.Chip(ctx, v.Question, v.figure(code).Figure)
}

func unitOf(code string) ledger.Unit {
	if m, err := ledger.MeasureByCode(code); err == nil {
		return m.Unit
	}
	f, _ := ledger.FormulaByCode(code)
	return f.Unit
}

// partChip is the chip of one share, in the unit of its column.
func (v *boardView) partChip(ctx context.Context, q ledger.FiguresIn, measure, by string, p Part) web.FigProps {
	c := ledger.Chip(ctx, narrow(q, measure, by, p.Key), ledger.Figure{Code: measure, Unit: string(unitOf(measure)), Value: ledger.Number{N: p.Value}, N: p.N})
	if unitOf(measure) == ledger.Fen {
		c.Value = web.MoneyCell(ctx, p.Value, web.Yi)
	}
	c.Unit = ""
	return c
}

// headUnit is the unit of such a column.
func headUnit(ctx context.Context, measure string) string {
	if unitOf(measure) == ledger.Fen {
		return web.MoneyUnit(ctx, web.Yi)
	}
	return ledger.UnitName(ctx, unitOf(measure))
}

// change says how a figure compares with before.
func (v *boardView) change(ctx context.Context, f Compared) string {
	if f.Value.None || f.Before.None {
		return ""
	}
	if v.Question.From == "" {
		diff := ledger.Number{N: f.Value.N - f.Before.N, Places: f.Value.Places}
		a := ledger.Show(ctx, ledger.Unit(f.Unit), diff)
		return web.T(ctx, "board.since", v.Base[5:], web.Signed(a.Value)+map[bool]string{true: "%"}[f.Unit == string(ledger.Percent)])
	}
	if f.Unit == string(ledger.Percent) {
		diff := ledger.Show(ctx, ledger.Percent, ledger.Number{N: f.Value.N - f.Before.N, Places: f.Value.Places})
		return web.T(ctx, "board.points", web.Signed(diff.Value))
	}
	if f.Before.N == 0 {
		return web.T(ctx, "board.no_base")
	}
	return web.T(ctx, "board.growth", web.Growth(f.Value.N, f.Before.N, 1))
}

func (v *boardView) strip(ctx context.Context, codes []string) []web.StripCell {
	var out []web.StripCell
	for _, code := range codes {
		f := v.figure(code)
		out = append(out, web.StripCell{Label: ledger.NameOf(ctx, code), Fig: v.chip(ctx, code), Meta: web.Plain(v.change(ctx, f))})
	}
	return out
}

// scope names what the figures are about.
func (v *boardView) scope() string {
	out := v.node(v.root)
	if v.in.Unit != "" {
		out = v.node(v.in.Unit)
	}
	if v.in.Station != "" && v.in.Station != v.root {
		out += " · " + v.station(v.in.Station)
	}
	return out
}

func (v *boardView) facts(ctx context.Context) []string {
	span := web.T(ctx, "ledger.span_through", v.Question.Through)
	if v.Question.From != "" {
		span = web.T(ctx, "ledger.span", v.Question.From, v.Question.Through)
	}
	return []string{v.scope(), span}
}

func (v *boardView) measures(ctx context.Context) []web.Choice {
	var out []web.Choice
	for _, m := range []string{"contract.amount", "funds.received", "project.signed", "project.started", "project.produced", "tour", "visit.enterprise"} {
		out = append(out, web.Choice{Value: m, Text: ledger.NameOf(ctx, m)})
	}
	return out
}

// units offers what lies below the person, two levels down.
func (v *sight) units(first string, counties bool) []web.Choice {
	out := []web.Choice{{Text: first}}
	if _, err := v.dir.Unit(v.root); err != nil {
		return out
	}
	for _, u := range v.dir.Children(v.root, v.today) {
		if u.Kind != org.City && u.Kind != org.County {
			continue
		}
		out = append(out, web.Choice{Value: u.Code, Text: u.Title(v.lang)})
		for _, c := range v.dir.Children(u.Code, v.today) {
			if counties && c.Kind == org.County {
				out = append(out, web.Choice{Value: c.Code, Text: "\u3000" + c.Title(v.lang)})
			}
		}
	}
	return out
}

func (v *boardView) stationChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "ledger.all")}}
	for _, s := range v.stations {
		out = append(out, web.Choice{Value: s.ID, Text: v.station(s.ID)})
	}
	return out
}

// step is one stage of the funnel and the part of the stage before that reached it.
type step struct {
	f    Compared
	rate string
}

func (v *boardView) steps() []step {
	var out []step
	for i, code := range v.Funnel {
		s := step{f: v.figure(code), rate: ""}
		if i > 0 {
			if before := v.figure(v.Funnel[i-1]); before.Value.N > 0 {
				s.rate = web.Rate(s.f.Value.N, before.Value.N, 1)
			}
		}
		out = append(out, s)
	}
	return out
}

// widest is the largest number of a list, for its bars.
func widest(list []Part) (out int64) {
	for _, p := range list {
		out = max(out, p.Value)
	}
	return out
}

// tableURL is the page of figures with the same question by a dimension.
func (v *boardView) tableURL(measure, by string) string {
	q := v.Question
	q.Measure, q.By = []string{measure}, []string{by}
	return "/figures?view=table&" + q.Query().Encode() + "#by"
}

// address is the dashboard itself with other choices.
func (v *boardView) address(path string, pairs ...string) string {
	q := url.Values{}
	for k, x := range map[string]string{"unit": v.in.Unit, "station": v.in.Station, "span": v.in.Span, "measure": v.in.Measure} {
		if x != "" {
			q.Set(k, x)
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return path + "?" + q.Encode()
}

// sinceEver is the question from the beginning.
func (v *boardView) sinceEver() ledger.FiguresIn {
	q := v.Question
	q.From = ""
	return q
}

// chip is what was reached of a target.
func (p Progress) chip(ctx context.Context) web.FigProps {
	dim := "unit"
	if strings.Contains(p.Node, ".") {
		dim = "team"
	}
	q := ledger.FiguresIn{From: p.Year + "-01-01", Through: p.Through}.AsShown(ctx)
	return ledger.Chip(ctx, narrow(towards(q, p.Measure), p.Done.Code, dim, p.Node), p.Done)
}

// tone warns of what is behind the days that have passed.
func (p Progress) tone() string {
	if p.Done.Value.N < p.due() {
		return "due"
	}
	return ""
}
