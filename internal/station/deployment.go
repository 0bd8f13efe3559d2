package station

import (
	"cmp"
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/verify"
)

// Deployment is one person on one wave: one 人次 once it is recognised.
type Deployment struct {
	ID        string `db:"id" json:"id"`
	Batch     string `db:"batch_id" json:"batch"`
	Team      string `db:"team_id" json:"team"`
	Node      string `db:"node_id" json:"-"`
	Person    string `db:"person_id" json:"person"`
	Name      string `db:"name" json:"name"`
	Duty      string `db:"duty" json:"duty,omitempty"`
	Kind      string `db:"kind" json:"kind" enum:"rotation,posting" doc:"posting: stays on when the batch goes"`
	StartsOn  string `db:"starts_on" json:"starts_on"`
	EndsOn    string `db:"ends_on" json:"ends_on,omitempty"`
	CreatedBy string `db:"created_by" json:"created_by"`
	Version   int64  `db:"version" json:"version"`
	OnDuty    int64  `db:"-" json:"days_on_duty" doc:"days through today without leave"`
	OnLeave   int64  `db:"-" json:"days_of_leave"`
}

// Subject is how the claim of the deployment is named.
func (d Deployment) Subject() string { return "deployment/" + d.ID }

// Deploy sends people with a batch; each is claimed separately.
type Deploy struct {
	Batch  string   `json:"batch"`
	Team   string   `json:"team"`
	People []Person `json:"people" minItems:"1" maxItems:"500"`
	Late   string   `json:"late_reason,omitempty"`
}

// Person is somebody who goes. ID is that of the register of people; without one, a new person is meant.
type Person struct {
	ID       string `json:"id,omitempty"`
	Name     string `json:"name" maxLength:"40"`
	Duty     string `json:"duty,omitempty" maxLength:"40"`
	Kind     string `json:"kind,omitempty" enum:"rotation,posting" doc:"default: rotation"`
	StartsOn string `json:"starts_on,omitempty" doc:"default: the first day of the batch"`
	EndsOn   string `json:"ends_on,omitempty"`
}

// Deployments is a list of them.
type Deployments struct {
	Items []Deployment `json:"items"`
	Next  string       `json:"next,omitempty"`
}

// Deploy records deployments and files a claim for each.
// Faults: Invalid, not_your_team, unknown_batch, other_station, Conflict "exists" (a person twice in a batch), period_closed.
func (s *Service) Deploy(ctx context.Context, in Deploy) (out Deployments, err error) {
	who, err := audit.Require(ctx, "deployment.create")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := TeamInScope(ctx, tx, who.Node, in.Team); fault.Is(err, fault.NotFound) {
			return fault.BadField("team", "not_your_team", "请选择您范围内的驻点队伍。", "Choose a stationed team of yours.")
		} else if err != nil {
			return err
		}
		out.Items, err = DeployIn(ctx, tx, in)
		return err
	})
	return out, err
}

// DeployIn is Deploy inside the caller's transaction; the caller has checked permission and scope.
func DeployIn(ctx context.Context, tx *db.Tx, in Deploy) ([]Deployment, error) {
	who, _ := audit.Who(ctx)
	if len(in.People) == 0 {
		return nil, fault.BadField("people", "required", "请填人员名单。", "Say who goes.")
	}
	b, err := batchByID(ctx, tx, in.Batch)
	if fault.Is(err, fault.NotFound) {
		return nil, fault.BadField("batch", "unknown_batch", "没有这一批。", "There is no such batch.")
	} else if err != nil {
		return nil, err
	}
	team, err := TeamByID(ctx, tx, in.Team)
	if err != nil {
		return nil, err
	}
	if b.Station != team.Station {
		return nil, fault.BadField("batch", "other_station", "这一批不在这支队伍的驻点。", "That batch is at another station than the team.")
	}
	place, err := org.Path(ctx, tx, team.Unit, b.StartsOn)
	if err != nil {
		return nil, err
	}
	var rows []Deployment
	var filings []verify.Filing
	for i, p := range in.People {
		d, err := deploymentOf(tx, b, team, p, i)
		if err != nil {
			return nil, err
		}
		d.CreatedBy = who.Person
		if p.ID != "" {
			if err := elsewhere(ctx, tx, d, b, i); err != nil {
				return nil, err
			}
		}
		rows = append(rows, d)
		filings = append(filings, d.filing(team, place, in.Late))
	}
	if err := db.Insert(ctx, tx, "station_deployment", rows); err != nil {
		return nil, err
	}
	_, err = verify.File(ctx, tx, filings)
	return rows, err
}

func deploymentOf(tx *db.Tx, b Batch, team Team, p Person, i int) (Deployment, error) {
	d := Deployment{
		ID: tx.ID(), Batch: b.ID, Team: team.ID, Node: team.ID, Person: p.ID, Name: strings.TrimSpace(p.Name), Duty: strings.TrimSpace(p.Duty),
		Kind: cmp.Or(p.Kind, "rotation"), StartsOn: p.StartsOn, EndsOn: p.EndsOn, Version: 1,
	}
	if d.Person == "" {
		d.Person = tx.ID()
	}
	if d.StartsOn == "" {
		d.StartsOn = b.StartsOn
	}
	var c fault.Checks
	c.Require("name", d.Name, "姓名", "The name")
	if d.Kind != "rotation" && d.Kind != "posting" {
		c.Add("kind", "not_a_choice", "请选择轮换或长期派驻。", "Choose rotation or long-term posting.")
	}
	checkDay(&c, "starts_on", d.StartsOn, true)
	checkDay(&c, "ends_on", d.EndsOn, false)
	if d.StartsOn < b.StartsOn || (b.EndsOn != "" && d.StartsOn > b.EndsOn) {
		c.Add("starts_on", "outside_batch", "到点日期不在这一批的起止之内。", "The first day lies outside the batch.")
	}
	if d.EndsOn != "" && d.EndsOn < d.StartsOn {
		c.Add("ends_on", "before_start", "离点日期早于到点日期。", "It ends before it starts.")
	}
	if err := c.Err(); err != nil {
		f := fault.Of(err)
		for j := range f.Fields {
			f.Fields[j].Name = "people[" + itoa(i) + "]." + f.Fields[j].Name
		}
		return d, f
	}
	return d, nil
}

func (d Deployment) filing(team Team, p org.Place, late string) verify.Filing {
	content := map[string]any{"batch": d.Batch, "team": d.Team, "person": d.Person, "starts_on": d.StartsOn}
	if d.Kind == "posting" {
		content["kind"] = d.Kind
	}
	return verify.Filing{
		Kind: "deployment", Subject: d.Subject(), Title: d.Name + " · " + team.Name, Route: verify.FieldRoute,
		Node: d.Node, Unit: team.Unit, City: p.City, Late: late,
		Content: content,
		Facts: []ledger.Fact{{Measure: "deployment", Delta: 1, OccurredOn: d.StartsOn, Dims: ledger.Dims{
			Province: p.Province, City: p.City,
			County: p.County, Unit: team.Unit, Team: team.ID, Station: team.Station, Batch: d.Batch,
		}}},
	}
}
