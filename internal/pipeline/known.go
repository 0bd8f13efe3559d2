package pipeline

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/verify"
)

func know(ctx context.Context, tx *db.Tx, in []Register) (*known, error) {
	var firms, teams, events []string
	for _, r := range in {
		firms = append(firms, r.Investors...)
		teams = append(teams, r.Team)
		events = append(events, r.Event)
	}
	return learn(ctx, tx, firms, teams, events)
}

func knowProjects(ctx context.Context, tx *db.Tx, list []Project) (*known, error) {
	var firms, teams, events []string
	for _, p := range list {
		firms = append(firms, p.Investors...)
		teams = append(teams, p.Team)
		events = append(events, p.Event)
	}
	return learn(ctx, tx, firms, teams, events)
}

func learn(ctx context.Context, tx *db.Tx, firms, teams, events []string) (*known, error) {
	k := &known{teams: map[string]station.Team{}, batches: map[string][]station.Batch{}}
	var err error
	if k.dir, err = org.Open(ctx, tx); err != nil {
		return nil, err
	}
	if k.companies, err = company.Briefs(ctx, tx, firms); err != nil {
		return nil, err
	}
	for _, id := range teams {
		if _, seen := k.teams[id]; seen || id == "" {
			continue
		}
		t, err := station.TeamByID(ctx, tx, id)
		if fault.Is(err, fault.NotFound) {
			continue // checkCounted says so
		} else if err != nil {
			return nil, err
		}
		k.teams[id] = t
		if k.batches[t.Station] == nil {
			if k.batches[t.Station], err = station.BatchesOf(ctx, tx, t.Station); err != nil {
				return nil, err
			}
		}
	}
	k.events, err = field.EventKinds(ctx, tx, slices.Compact(slices.Sorted(slices.Values(events))))
	return k, err
}

// batchOn gives the batch that was at the team's station on a day.
func (k *known) batchOn(team, day string) (string, bool) {
	out := ""
	for _, b := range k.batches[k.teams[team].Station] {
		if b.StartsOn <= day {
			out = b.ID
		}
	}
	return out, out != ""
}

// checkCounted notes what is wrong with the fields that count.
func (k *known) checkCounted(c *fault.Checks, x Counted, today string) {
	checkDay(c, "registered_on", x.RegisteredOn, today, "登记日期", "The day of registration")
	if _, err := k.dir.Unit(x.Unit); err != nil {
		c.Add("unit", "unknown_unit", "请选择落地的县区、开发区或平台。", "Choose the county, park or platform where it lands.")
	}
	if x.Industry == "" || k.lettered(x.Industry) == "" {
		c.Add("industry", "unknown_industry", "请选择国民经济行业。", "Choose an industry of GB/T 4754.")
	}
	for _, l := range []struct{ field, list, code, zh string }{
		{"wheel", "wheel", x.Wheel, "四化"}, {"chain", "chain", x.Chain, "产业链"}, {"mode", "cooperation", x.Mode, "协作模式"},
	} {
		if l.code == "" && l.field != "wheel" {
			continue
		}
		if k.dir.CodeName(l.list, l.code, "zh") == l.code {
			c.Add(l.field, "unknown_code", "请从列表中选择"+l.zh+"。", "Choose a value of the list.")
		}
	}
	if x.Team != "" && k.teams[x.Team].ID == "" {
		c.Add("team", "unknown_team", "没有这支驻点队伍。", "There is no such team.")
	}
	if x.Event != "" && k.events[x.Event] == "" {
		c.Add("event", "unknown_event", "没有这场活动。", "There is no such event.")
	}
}

// lettered writes an industry with its section in front, 39 → C39, the way the ledger groups by it; "" when there
// is no such industry.
func (k *known) lettered(code string) string {
	if len(code) > 1 && code[0] >= 'A' {
		code = code[1:]
	}
	if _, ok := k.dir.Industry(code); !ok {
		return ""
	}
	if section := k.dir.Section(code); section != code {
		return section + code
	}
	return code
}

// checkInvestors notes missing or repeated investors and gives the lead.
func (k *known) checkInvestors(c *fault.Checks, ids []string) company.Brief {
	if len(ids) == 0 {
		c.Add("investors", "required", "请至少选择一家投资企业。", "Choose at least one investor.")
		return company.Brief{}
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if _, ok := k.companies[id]; !ok {
			c.Add("investors", "unknown_company", "资源库里没有这家企业。", "The resource library has no such company.")
		} else if seen[id] {
			c.Add("investors", "repeated", "同一家企业写了两次。", "The same company is named twice.")
		}
		seen[id] = true
	}
	return k.companies[ids[0]]
}

// dims freezes what a project counts by on a day.
func (k *known) dims(p Project, day string) (ledger.Dims, error) {
	place, err := k.dir.Path(p.Unit, day)
	if err != nil {
		return ledger.Dims{}, err
	}
	lead := k.companies[p.Lead]
	tags := strings.Trim(lead.Tags, "|")
	for _, t := range []string{strings.Trim(p.Tags, "|"), k.eventTag(p.Event), p.Nature} {
		if t != "" {
			tags += "|" + t
		}
	}
	return ledger.Dims{
		Province: place.Province, City: place.City, County: place.County, Unit: p.Unit, Team: p.Team, Station: k.teams[p.Team].Station,
		Batch: p.Batch, Company: p.Lead, Project: p.ID, Event: p.Event, Industry: p.Industry, Wheel: p.Wheel, IndustryChain: p.Chain, Mode: p.Mode,
		Origin: p.Origin, Pairing: k.pairing(p.Origin, place.City, day), Tags: "|" + strings.Trim(tags, "|") + "|",
	}, nil
}

func (k *known) eventTag(event string) string {
	if kind := k.events[event]; kind != "" {
		return "event:" + kind
	}
	return ""
}

// pairing names the east–west pairing a project falls under: the landing prefecture's partner city of the day,
// when the investor comes from there.
func (k *known) pairing(origin, city, day string) string {
	partner := k.dir.Partner(city, day)
	if partner != "" && len(origin) >= 4 && len(partner) >= 4 && origin[:4] == partner[:4] {
		return partner + ">" + city
	}
	return ""
}

func (k *known) parties(p Project) []ledger.Party {
	out := make([]ledger.Party, len(p.Investors))
	for i, id := range p.Investors {
		out[i] = ledger.Party{Company: id, Industry: k.companies[id].Industry}
	}
	return out
}

// filing is what a project's claims have in common.
func (k *known) filing(p Project, kind, subject, day, late string) (verify.Filing, ledger.Dims, error) {
	d, err := k.dims(p, day)
	return verify.Filing{
		Kind: kind, Subject: subject, Title: p.Name, Route: verify.ProjectRoute, Node: p.Node, Unit: p.Unit, City: d.City, Late: late,
		Content: content{Counted: p.Counted, Investors: p.Investors, Nature: p.Nature},
	}, d, err
}

// content is what a verdict on a project binds, and what a recognised correction writes back.
type content struct {
	Counted
	Investors []string `json:"investors"`
	Nature    string   `json:"nature"`
}

func (k *known) registration(p Project, late string) (verify.Filing, error) {
	f, d, err := k.filing(p, "project", p.registration(), p.RegisteredOn, late)
	f.Facts = []ledger.Fact{{Measure: "project.registered", Delta: 1, OccurredOn: p.RegisteredOn, Dims: d, Parties: k.parties(p)}}
	return f, err
}

func (k *known) signing(p Project, shares []ledger.Share, late string) (verify.Filing, error) {
	f, d, err := k.filing(p, "contract", p.contract(), p.SignedOn, late)
	f.Facts = []ledger.Fact{
		{Measure: "project.signed", Delta: 1, OccurredOn: p.SignedOn, Dims: d, Parties: k.parties(p), Shares: shares},
		{Measure: "contract.amount", Delta: p.Amount, OccurredOn: p.SignedOn, Dims: d, Shares: shares},
	}
	return f, err
}
