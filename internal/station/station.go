// Package station keeps the stations in other cities: the teams that units send there, the batches in which
// people go, and the deployments, each of which counts once when verified.
package station

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/verify"
)

// Station is a place of work in another city. Its id is a short code, e.g. shenzhen.
type Station struct {
	ID       string `db:"id" json:"id" maxLength:"32"`
	Name     string `db:"name" json:"name" maxLength:"60"`
	NameEN   string `db:"name_en" json:"name_en,omitempty" maxLength:"60"`
	Region   string `db:"region" json:"region" doc:"GB/T 2260 code of the city"`
	Unit     string `db:"unit_id" json:"unit" doc:"unit that runs it"`
	OpenedOn string `db:"opened_on" json:"opened_on"`
	ClosedOn string `db:"closed_on" json:"closed_on,omitempty"`
}

// Team is the people one unit sends to one station: a node with two parents in the scope graph.
type Team struct {
	ID      string `db:"id" json:"id"` // station.unit, e.g. shenzhen.520602
	Station string `db:"station_id" json:"station"`
	Unit    string `db:"unit_id" json:"unit"`
	Name    string `db:"name" json:"name" maxLength:"60"`
	Since   string `db:"since" json:"since"`
}

// Batch is one wave of people at a station.
type Batch struct {
	ID       string `db:"id" json:"id"` // station.number, e.g. shenzhen.1
	Station  string `db:"station_id" json:"station"`
	Number   int64  `db:"number" json:"number" minimum:"1" maximum:"999"`
	Name     string `db:"name" json:"name" maxLength:"60"`
	StartsOn string `db:"starts_on" json:"starts_on"`
	EndsOn   string `db:"ends_on" json:"ends_on,omitempty"`
}

// Service runs stations.
type Service struct {
	DB     *db.DB
	Verify *verify.Service
	Work   Work // what people leave behind
	Papers Papers
}

var code = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)

// Add opens a station. Faults: Invalid, Conflict "exists".
func (s *Service) Add(ctx context.Context, in Station) (out Station, err error) {
	who, err := audit.Require(ctx, "station.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := org.Require(ctx, tx, who.Node, in.Unit); err != nil {
			return fault.BadField("unit", "not_your_unit", "主管单位不在您的范围内。", "The unit that runs it is outside your scope.")
		}
		out, err = AddIn(ctx, tx, in)
		return err
	})
	return out, err
}

// AddIn is Add inside the caller's transaction; the caller has checked the permission.
func AddIn(ctx context.Context, tx *db.Tx, in Station) (Station, error) {
	var c fault.Checks
	in.Name = strings.TrimSpace(in.Name)
	c.Require("name", in.Name, "驻点名称", "The name")
	if !code.MatchString(in.ID) {
		c.Add("id", "bad_code", "编码用小写字母、数字和连字符，字母开头。", "Use lower-case letters, digits and hyphens, a letter first.")
	}
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return in, err
	}
	if _, ok := dir.Region(in.Region); !ok {
		c.Add("region", "unknown_region", "没有这个行政区划代码。", "There is no such region.")
	}
	if _, err := dir.Unit(in.Unit); err != nil {
		c.Add("unit", "unknown_unit", "没有这个单位。", "There is no such unit.")
	}
	checkDay(&c, "opened_on", in.OpenedOn, true)
	checkDay(&c, "closed_on", in.ClosedOn, false)
	if in.ClosedOn != "" && in.ClosedOn < in.OpenedOn {
		c.Add("closed_on", "before_start", "关闭日期早于开设日期。", "It closes before it opens.")
	}
	if err := c.Err(); err != nil {
		return in, err
	}
	if err := db.Insert(ctx, tx, "station_station", in); err != nil {
		return in, err
	}
	if err := org.AddNode(ctx, tx, in.ID, "station", org.Link{Parent: in.Unit}); err != nil {
		return in, err
	}
	return in, audit.Note(ctx, tx, "station.add", "station/"+in.ID, nil, in)
}

func checkDay(c *fault.Checks, field, value string, needed bool) {
	if value == "" && !needed {
		return
	}
	if _, err := time.Parse(time.DateOnly, value); err != nil {
		c.Add(field, "not_a_date", "日期写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
	}
}

// NewTeam is what letting a unit send people to a station needs.
type NewTeam struct {
	Station string `json:"station"`
	Unit    string `json:"unit"`
	Name    string `json:"name,omitempty" maxLength:"60" doc:"default: the station's and the unit's names"`
	Since   string `json:"since,omitempty" format:"date" doc:"default: the day the station opened"`
}

// AddTeam lets a unit send people to a station. Its records are seen by the unit and by the station, by nobody beside.
// Faults: Invalid, not_found (station out of scope), Conflict "exists".
func (s *Service) AddTeam(ctx context.Context, in NewTeam) (out Team, err error) {
	who, err := audit.Require(ctx, "station.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		var c fault.Checks
		checkDay(&c, "since", in.Since, false)
		if err := c.Err(); err != nil {
			return err
		}
		if err := ownStation(ctx, tx, who, in.Station); err != nil {
			return err
		}
		out, err = AddTeamIn(ctx, tx, Team{Station: in.Station, Unit: in.Unit, Name: strings.TrimSpace(in.Name), Since: in.Since})
		if fault.Has(err, "unit_unknown") {
			err = fault.BadField("unit", "unknown_unit", "没有这个单位。", "There is no such unit.")
		}
		if fault.Has(err, "exists") {
			err = fault.BadField("unit", "exists", "这个单位在这个驻点已有队伍。", "This unit has a team at the station already.")
		}
		return err
	})
	return out, err
}

// AddTeamIn is AddTeam inside the caller's transaction; the caller has checked the permission.
func AddTeamIn(ctx context.Context, tx *db.Tx, in Team) (Team, error) {
	st, err := ByID(ctx, tx, in.Station)
	if err != nil {
		return in, err
	}
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return in, err
	}
	u, err := dir.Unit(in.Unit)
	if err != nil {
		return in, err
	}
	in.ID = in.Station + "." + in.Unit
	if in.Name == "" {
		in.Name = st.Name + u.Title("zh") + "组"
	}
	if in.Since == "" {
		in.Since = st.OpenedOn
	}
	if err := db.Insert(ctx, tx, "station_team", in); err != nil {
		return in, err
	}
	if err := db.Settle(ctx, tx); err != nil { // one that is there already is told here, to name its field
		return in, err
	}
	if err := org.AddNode(ctx, tx, in.ID, "team", org.Link{Parent: in.Unit}, org.Link{Parent: in.Station}); err != nil {
		return in, err
	}
	return in, audit.Note(ctx, tx, "team.add", "team/"+in.ID, nil, in)
}

// NewBatch is what planning a wave of people needs.
type NewBatch struct {
	Station  string `json:"station"`
	Number   int64  `json:"number" minimum:"1" maximum:"999"`
	Name     string `json:"name,omitempty" maxLength:"60" doc:"default: 第 N 批"`
	StartsOn string `json:"starts_on" format:"date"`
	EndsOn   string `json:"ends_on,omitempty" format:"date"`
}

// AddBatch plans a wave of people. Faults: Invalid, not_found (station out of scope), exists.
func (s *Service) AddBatch(ctx context.Context, in NewBatch) (out Batch, err error) {
	who, err := audit.Require(ctx, "station.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := ownStation(ctx, tx, who, in.Station); err != nil {
			return err
		}
		out, err = AddBatchIn(ctx, tx, Batch{Station: in.Station, Number: in.Number, Name: strings.TrimSpace(in.Name), StartsOn: in.StartsOn, EndsOn: in.EndsOn})
		if fault.Has(err, "exists") {
			err = fault.BadField("number", "exists", "这个驻点已有这一批。", "The station has this batch already.")
		}
		return err
	})
	return out, err
}

// AddBatchIn is AddBatch inside the caller's transaction; the caller has checked the permission.
func AddBatchIn(ctx context.Context, tx *db.Tx, in Batch) (Batch, error) {
	if _, err := ByID(ctx, tx, in.Station); err != nil {
		return in, err
	}
	var c fault.Checks
	checkDay(&c, "starts_on", in.StartsOn, true)
	checkDay(&c, "ends_on", in.EndsOn, false)
	if in.Number < 1 || in.Number > 999 {
		c.Add("number", "out_of_range", "批次从 1 到 999。", "Batches are numbered 1 to 999.")
	}
	if in.EndsOn != "" && in.EndsOn < in.StartsOn {
		c.Add("ends_on", "before_start", "结束日期早于开始日期。", "It ends before it starts.")
	}
	if err := c.Err(); err != nil {
		return in, err
	}
	in.ID = fmt.Sprintf("%s.%d", in.Station, in.Number)
	if in.Name == "" {
		in.Name = fmt.Sprintf("第%d批", in.Number)
	}
	if err := db.Insert(ctx, tx, "station_batch", in); err != nil {
		return in, err
	}
	if err := db.Settle(ctx, tx); err != nil { // one that is there already is told here, to name its field
		return in, err
	}
	return in, audit.Note(ctx, tx, "batch.add", "batch/"+in.ID, nil, in)
}

// ownStation: a captain plans at their own station, the province at every one.
func ownStation(ctx context.Context, tx *db.Tx, who audit.Actor, station string) error {
	if err := org.Require(ctx, tx, who.Node, station); err != nil {
		return fault.BadField("station", "not_your_station", "请选择您管的驻点。", "Choose a station of yours.")
	}
	return nil
}

func itoa(i int) string { return fmt.Sprint(i) }

// Filter narrows a list of deployments.
type Filter struct {
	db.Page
	Station string `query:"station" json:"station,omitempty"`
	Batch   string `query:"batch" json:"batch,omitempty"`
	Team    string `query:"team" json:"team,omitempty"`
}

// ListDeployments gives the deployments of the teams in scope, newest first.
func (s *Service) ListDeployments(ctx context.Context, in Filter) (out Deployments, err error) {
	who, err := audit.Require(ctx, "deployment.read")
	if err != nil {
		return out, err
	}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(2)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		where, args := "1 = 1", []any{who.Node, tx.Today(), tx.Today()}
		for col, v := range map[string]string{"d.batch_id": in.Batch, "d.team_id": in.Team} {
			if v != "" {
				where += " AND " + col + " = ?"
				args = append(args, v)
			}
		}
		if in.Station != "" {
			where += " AND substr(d.team_id, 1, ?) = ?"
			args = append(args, len(in.Station)+1, in.Station+".")
		}
		if key != nil {
			where += " AND (d.starts_on, d.id) < (?, ?)"
			args = append(args, key[0], key[1])
		}
		out.Items, err = db.All[Deployment](ctx, tx, `SELECT `+deploymentColumns+` FROM station_deployment d`+inScope+`d.node_id
			WHERE `+where+` ORDER BY d.starts_on DESC, d.id DESC LIMIT ?`, append(args, size+1)...)
		if err == nil {
			err = countAll(ctx, tx, out.Items)
		}
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].StartsOn, out.Items[size-1].ID)
	}
	return out, err
}

// Overview is a station with its teams in scope and its batches.
type Overview struct {
	Station Station `json:"station"`
	Batches []Batch `json:"batches"`
	Teams   []Team  `json:"teams"`
}

// Overviews lists them.
type Overviews struct {
	Stations []Overview `json:"stations"`
}

// List gives every station; of its teams those in scope.
func (s *Service) List(ctx context.Context, _ struct{}) (out Overviews, err error) {
	who, err := audit.Require(ctx, "station.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		stations, err := All(ctx, tx)
		if err != nil {
			return err
		}
		teams, err := TeamsInScope(ctx, tx, who.Node)
		if err != nil {
			return err
		}
		for _, st := range stations {
			o := Overview{Station: st, Teams: []Team{}}
			if o.Batches, err = BatchesOf(ctx, tx, st.ID); err != nil {
				return err
			}
			for _, t := range teams {
				if t.Station == st.ID {
					o.Teams = append(o.Teams, t)
				}
			}
			out.Stations = append(out.Stations, o)
		}
		return nil
	})
	return out, err
}
