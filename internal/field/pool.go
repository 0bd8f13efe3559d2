package field

import (
	"context"
	"slices"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/station"
)

// FollowUp is a lead, as this package shows it.
type FollowUp struct{ Lead, Company, Text, Day string }

// FollowUps tells which leads call for visits to the acting person, and which ones a team found.
type FollowUps interface {
	FollowUps(ctx context.Context, tx *db.Tx, who audit.Actor, most int) ([]FollowUp, error)
	Found(ctx context.Context, tx *db.Tx, who audit.Actor, team, from, until string, most int) ([]FollowUp, error)
}

// Candidate is a company that calls for a visit, and why.
type Candidate struct {
	Company string  `db:"company_id" json:"company"`
	Source  string  `db:"-" json:"source" enum:"due,warm,lead,new"`
	Day     string  `db:"day" json:"day,omitempty" doc:"of the last visit, or until when the next step was promised"`
	Intent  string  `db:"intent" json:"intent,omitempty"`
	Text    string  `db:"text" json:"text,omitempty" doc:"the promised step, or the lead"`
	Clashes []Clash `db:"-" json:"clashes,omitempty"`
}

// Pool are the candidates of a team: promised next steps that fall due, warm companies not seen for a month, leads to
// follow, and companies of the city that nobody has visited.
type Pool struct {
	Items []Candidate `json:"items"`
}

// PoolFilter asks for the pool of a team.
type PoolFilter struct {
	Team string `json:"team"`
}

// The size of each part of the pool, and after how many days a warm company calls for another visit.
const (
	poolPart = 8
	warmDays = 30
)

// TaskPool gives the candidates for a team's plan; what the team has in its plan already is left out. Fault: not_found.
func (s *Service) TaskPool(ctx context.Context, in PoolFilter) (out Pool, err error) {
	who, err := audit.Require(ctx, "plan.read")
	if err != nil {
		return out, err
	}
	out.Items = []Candidate{}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		team, err := station.TeamInScope(ctx, tx, who.Node, in.Team)
		if err != nil {
			return absent(err)
		}
		taken, err := plannedFor(ctx, tx, team.ID)
		if err != nil {
			return err
		}
		for _, part := range []struct {
			source string
			read   func(context.Context, *db.Tx, audit.Actor, station.Team) ([]Candidate, error)
		}{{"due", dueSteps}, {"lead", s.leadsToFollow}, {"warm", warmFirms}, {"new", neverVisited}} {
			list, err := part.read(ctx, tx, who, team)
			if err != nil {
				return err
			}
			n := 0
			firms := make([]string, len(list))
			for i, c := range list {
				firms[i] = c.Company
			}
			silent, err := company.Silent(ctx, tx, firms)
			if err != nil {
				return err
			}
			for _, c := range list {
				if c.Source = part.source; taken[c.Company] || silent[c.Company].Since != "" || n == poolPart {
					continue
				}
				taken[c.Company] = true
				out.Items = append(out.Items, c)
				n++
			}
		}
		firms := make([]string, len(out.Items))
		for i, c := range out.Items {
			firms[i] = c.Company
		}
		found, err := clashes(ctx, tx, who, team.ID, firms)
		for i := range out.Items {
			out.Items[i].Clashes = found[out.Items[i].Company]
		}
		return err
	})
	return out, err
}

func plannedFor(ctx context.Context, tx *db.Tx, team string) (map[string]bool, error) {
	list, err := db.All[string](ctx, tx, `SELECT p.company_id FROM field_errand p WHERE p.team_id = ? AND p.state = 'planned' AND p.day >= ?`, team, tx.Today())
	out := map[string]bool{}
	for _, id := range list {
		out[id] = true
	}
	return out, err
}

// lastVisits are the last visits of a team to each company; arguments: the team.
const lastVisits = `SELECT v.company_id, v.day, v.intent, v.next_on, v.next_step, row_number() OVER (PARTITION BY v.company_id ORDER BY v.day DESC, v.id DESC) AS place
	FROM field_visit v WHERE v.node_id = ?`

// dueSteps are next steps that the team promised at its last visit until the end of next week.
func dueSteps(ctx context.Context, tx *db.Tx, _ audit.Actor, team station.Team) ([]Candidate, error) {
	return db.All[Candidate](ctx, tx, `SELECT company_id, next_on AS day, intent, next_step AS text FROM (`+lastVisits+`) t
		WHERE place = 1 AND next_on <> '' AND next_on <= ? AND next_on >= ? ORDER BY next_on, company_id LIMIT ?`,
		team.ID, daysAfter(monday(tx.Today()), 13), daysAfter(tx.Today(), -warmDays), 4*poolPart)
}

// warmFirms are companies with intent A or B that the team has not seen for a month.
func warmFirms(ctx context.Context, tx *db.Tx, _ audit.Actor, team station.Team) ([]Candidate, error) {
	return db.All[Candidate](ctx, tx, `SELECT company_id, day, intent, '' AS text FROM (`+lastVisits+`) t
		WHERE place = 1 AND intent IN ('A', 'B') AND day <= ? ORDER BY intent, day DESC, company_id LIMIT ?`, team.ID, daysAfter(tx.Today(), -warmDays), 4*poolPart)
}

// neverVisited are enterprises of the station's city that no team has visited, the last entered first.
func neverVisited(ctx context.Context, tx *db.Tx, _ audit.Actor, team station.Team) ([]Candidate, error) {
	home, err := station.ByID(ctx, tx, team.Station)
	if err != nil {
		return nil, err
	}
	return db.All[Candidate](ctx, tx, `SELECT c.id AS company_id, '' AS day, '' AS intent, '' AS text FROM company_company c WHERE c.city = ? AND c.merged_into = '' AND c.kind = 'enterprise'
		AND NOT EXISTS (SELECT 1 FROM field_visit v WHERE v.company_id = c.id) ORDER BY c.num DESC LIMIT ?`, home.Region, 4*poolPart)
}

func (s *Service) leadsToFollow(ctx context.Context, tx *db.Tx, who audit.Actor, _ station.Team) ([]Candidate, error) {
	if s.Follow == nil {
		return nil, nil
	}
	list, err := s.Follow.FollowUps(ctx, tx, who, 4*poolPart)
	out := make([]Candidate, 0, len(list))
	for _, f := range list {
		out = append(out, Candidate{Company: f.Company, Text: f.Text})
	}
	return out, err
}

// clashes finds, for companies, the plans of other teams from today on and their visits of the last two weeks. Which
// team it is, one learns only of teams in one's scope.
func clashes(ctx context.Context, tx *db.Tx, who audit.Actor, team string, firms []string) (map[string][]Clash, error) {
	type line struct {
		Company string `db:"company_id"`
		Kind    string `db:"kind"`
		Day     string `db:"day"`
		Team    string `db:"team_id"`
	}
	out := map[string][]Clash{}
	firms = slices.DeleteFunc(slices.Clone(firms), func(id string) bool { return id == "" })
	if len(firms) == 0 {
		return out, nil
	}
	mine, err := station.TeamsInScope(ctx, tx, who.Node)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, t := range mine {
		seen[t.ID] = true
	}
	for part := range slices.Chunk(firms, 500) {
		in, ids := db.In(len(part)), db.Args(part)
		args := slices.Concat([]any{team, tx.Today()}, ids, []any{team, daysAfter(tx.Today(), -clashDays)}, ids)
		err := db.Each(ctx, tx, `SELECT p.company_id, 'planned' AS kind, p.day, p.team_id FROM field_errand p WHERE p.team_id <> ? AND p.state = 'planned' AND p.day >= ? AND p.company_id IN `+in+`
			UNION ALL SELECT v.company_id, 'visited' AS kind, v.day, v.team_id FROM field_visit v WHERE v.team_id <> ? AND v.day >= ? AND v.company_id IN `+in+` ORDER BY 3, 4`, args, func(l line) error {
			c := Clash{Kind: l.Kind, Day: l.Day, Team: l.Team}
			if !seen[l.Team] {
				c.Team = ""
			}
			if !slices.Contains(out[l.Company], c) {
				out[l.Company] = append(out[l.Company], c)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// buildingNames gives the names of buildings by id.
func buildingNames(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error) {
	type row struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	err := db.Each(ctx, tx, `SELECT id, name FROM field_building WHERE id IN `+db.In(len(ids)), db.Args(ids), func(r row) error {
		out[r.ID] = r.Name
		return nil
	})
	return out, fault.Wrap(err, "read the names of buildings")
}
