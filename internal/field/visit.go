// Package field keeps what happens outside the office: visits, tours of companies to Guizhou, and events.
package field

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/blob"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/station"
	"zhudian/internal/verify"
)

// Visit is one delegation meeting one organisation on one day.
type Visit struct {
	ID        string `db:"id" json:"id"`
	Node      string `db:"node_id" json:"-"`
	Team      string `db:"team_id" json:"team"`
	Station   string `db:"station_id" json:"station"`
	Batch     string `db:"batch_id" json:"batch,omitempty"`
	Company   string `db:"company_id" json:"company"`
	Kind      string `db:"kind" json:"kind" enum:"enterprise,association"`
	Day       string `db:"day" json:"day"`
	From      string `db:"from_time" json:"from,omitempty"`
	To        string `db:"to_time" json:"to,omitempty"`
	Way       string `db:"way" json:"way" enum:"onsite,received,meeting,phone,video"`
	Purpose   string `db:"purpose" json:"purpose,omitempty"`
	First     bool   `db:"first" json:"first"`
	Visited   string `db:"visited" json:"visited"` // region where they met
	Address   string `db:"address" json:"address,omitempty"`
	Contact   string `db:"contact_id" json:"contact,omitempty"`
	MetLevel  string `db:"met_level" json:"met_level,omitempty"`
	Said      string `db:"said" json:"said"`
	Intent    string `db:"intent" json:"intent" enum:"A,B,C,D"`
	Wants     string `db:"wants" json:"wants,omitempty"`
	NextStep  string `db:"next_step" json:"next_step,omitempty"`
	NextOn    string `db:"next_on" json:"next_on,omitempty"`
	DeviceAt  int64  `db:"device_at" json:"device_at,omitempty"`
	Skew      int64  `db:"skew" json:"skew,omitempty" doc:"seconds by which the phone's clock was off when it sent this"`
	BodyHash  string `db:"body_hash" json:"-"`
	CreatedBy string `db:"created_by" json:"created_by"`
	CreatedAt int64  `db:"created_at" json:"created_at"`
	Version   int64  `db:"version" json:"version"`
}

const visitColumns = `v.id, v.node_id, v.team_id, v.station_id, v.batch_id, v.company_id, v.kind, v.day, v.from_time, v.to_time, v.way, v.purpose, v.first, v.visited,
	v.address, v.contact_id, v.met_level, v.said, v.intent, v.wants, v.next_step, v.next_on, v.device_at, v.skew, v.body_hash, v.created_by, v.created_at, v.version`

// Subject is how the claim of the visit is named.
func (v Visit) Subject() string { return "visit/" + v.ID }

// Counts reports whether the visit is claimed: only meetings in person at one side's place count.
func (v Visit) Counts() bool { return v.Way == "onsite" || v.Way == "received" }

// Record is what recording a visit needs.
type Record struct {
	ID       string            `json:"id,omitempty" maxLength:"40" doc:"made by the client, for safe repeats"`
	Team     string            `json:"team"`
	With     []Share           `json:"with,omitempty" maxItems:"5" doc:"other teams of a joint visit, with their credit"`
	Officers []Officer         `json:"officers,omitempty" maxItems:"12" doc:"who came along"`
	Company  string            `json:"company" doc:"company or association of the resource library"`
	Day      string            `json:"day"`
	From     string            `json:"from,omitempty" doc:"HH:MM"`
	To       string            `json:"to,omitempty"`
	Way      string            `json:"way" enum:"onsite,received,meeting,phone,video"`
	Purpose  string            `json:"purpose,omitempty" maxLength:"200"`
	Visited  string            `json:"visited,omitempty" doc:"region, default the station's city"`
	Address  string            `json:"address,omitempty" maxLength:"200"`
	Door     string            `json:"door,omitempty" doc:"the door of a building the team holds, where they met: it is knocked at with this visit"`
	Contact  string            `json:"contact,omitempty"`
	MetLevel string            `json:"met_level,omitempty" enum:"chair,general,deputy,department,other,"`
	Said     string            `json:"said" maxLength:"4000"`
	Intent   string            `json:"intent" enum:"A,B,C,D"`
	Wants    string            `json:"wants,omitempty" maxLength:"2000"`
	NextStep string            `json:"next_step,omitempty" maxLength:"200"`
	NextOn   string            `json:"next_on,omitempty"`
	DeviceAt int64             `json:"device_at,omitempty"`
	Evidence []verify.Evidence `json:"evidence,omitempty"`
	Late     string            `json:"late_reason,omitempty"`
	Skew     int64             `json:"-"` // found out by the server, not said by a client
}

// Share is another team's part of a joint visit, in millionths.
type Share struct {
	Team  string `json:"team"`
	Share int64  `json:"share"`
}

// Officer is somebody who came along.
type Officer struct {
	Person string `json:"person,omitempty"`
	Name   string `json:"name" maxLength:"40"`
}

// Service keeps field work.
type Service struct {
	DB    *db.DB
	Files *blob.Store // evidence

	Follow FollowUps // leads that call for visits; nil for none
	Papers Papers    // writes the reception sheet
	Key    []byte    // of the links by which companies vouch for visits

	PublicURL string // where those links lead; the address of the request when empty
}

// RecordVisit stores a visit and, if it counts, claims it. The same id with the same content gives the first
// answer; with other content it is a Conflict. Faults: Invalid, not_found (team), already_visited, id_reused,
// period_closed, and those of RecordKnock when a door is named.
func (s *Service) RecordVisit(ctx context.Context, in Record) (out Visit, err error) {
	who, err := audit.Require(ctx, "visit.create")
	if err != nil {
		return out, err
	}
	hash := bodyHash(in)
	if err := verify.Stored(ctx, s.Files, in.Evidence); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := station.TeamInScope(ctx, tx, who.Node, in.Team); err != nil {
			return fault.BadField("team", "not_your_team", "请选择您所在的队伍。", "Choose a team of yours.")
		}
		if in.ID != "" {
			old, known, err := db.Maybe[Visit](ctx, tx, `SELECT `+visitColumns+` FROM field_visit v WHERE v.id = ?`, in.ID)
			if err != nil {
				return err
			}
			if known {
				out = old
				return sameBody(old.BodyHash, hash)
			}
		}
		list, err := RecordVisitsIn(ctx, tx, []Record{in})
		if err != nil {
			return err
		}
		out = list[0]
		return nil
	})
	return out, err
}

// bodyHash identifies what a client sent, whatever the order of its JSON.
func bodyHash(v any) string {
	raw, _ := json.Marshal(v) // plain fields always marshal
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

func sameBody(old, now string) error {
	if old == now {
		return nil
	}
	return fault.New(fault.Conflict, "id_reused", "这个编号已记过另一内容，没有写入；请刷新后重新填写。",
		"This id was stored before with other content; nothing was written.")
}

// RecordVisitsIn is RecordVisit for many, inside the caller's transaction; the caller has checked permission and scope.
func RecordVisitsIn(ctx context.Context, tx *db.Tx, in []Record) ([]Visit, error) {
	k, err := knowVisits(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	var b visitBatch
	for i, r := range in {
		if err := k.visit(ctx, tx, &b, r); err != nil {
			return nil, prefixed(err, i, len(in))
		}
	}
	if err := b.store(ctx, tx); err != nil {
		return nil, err
	}
	if err := doErrands(ctx, tx, b.visits); err != nil {
		return nil, err
	}
	for i, r := range in {
		if r.Door == "" {
			continue
		}
		v := b.visits[i]
		if _, err := recordKnock(ctx, tx, NewKnock{Door: r.Door, Day: v.Day, State: "met", Visit: v.ID, DeviceAt: r.DeviceAt}, v.Team); err != nil {
			return nil, prefixed(err, i, len(in))
		}
	}
	return b.visits, nil
}

// visitBatch gathers the rows of many visits.
type visitBatch struct {
	visits  []Visit
	teams   []visitTeam
	people  []visitPerson
	filings []verify.Filing
	notes   []audit.Entry
}

type visitTeam struct {
	Visit   string `db:"visit_id"`
	Team    string `db:"team_id"`
	Line    int64  `db:"line"`
	Company string `db:"company_id"`
	Day     string `db:"day"`
	Share   int64  `db:"share"`
}

func (t visitTeam) key() string { return t.Company + " " + t.Day + " " + t.Team }

type visitPerson struct {
	Visit  string `db:"visit_id"`
	Person string `db:"person_id"`
	Name   string `db:"name"`
}

func (b *visitBatch) store(ctx context.Context, tx *db.Tx) error {
	for _, x := range []struct {
		table string
		rows  any
	}{{"field_visit", b.visits}, {"field_visit_team", b.teams}, {"field_visit_person", b.people}} {
		if err := db.Insert(ctx, tx, x.table, x.rows); err != nil {
			return err
		}
	}
	if err := audit.Notes(ctx, tx, b.notes); err != nil {
		return err
	}
	_, err := verify.File(ctx, tx, b.filings)
	return err
}

func prefixed(err error, i, n int) error {
	if n == 1 || !fault.Is(err, fault.Invalid) {
		return err
	}
	f := fault.Of(err)
	for j := range f.Fields {
		f.Fields[j].Name = fmt.Sprintf("items[%d].%s", i, f.Fields[j].Name)
	}
	return f
}

// visit checks one input and adds its rows.
func (k *known) visit(ctx context.Context, tx *db.Tx, b *visitBatch, in Record) error {
	who, _ := audit.Who(ctx)
	firm := k.companies[in.Company]
	team := k.teams[in.Team]
	if err := k.checkVisit(in, tx.Today()); err != nil {
		return err
	}
	v := Visit{
		ID: in.ID, Node: team.ID, Team: team.ID, Station: team.Station, Batch: k.batchOn(team.Station, in.Day), Company: firm.ID, Kind: firm.Kind,
		Day: in.Day, From: in.From, To: in.To, Way: in.Way, Purpose: clean(in.Purpose), Visited: in.Visited, Address: clean(in.Address), Contact: in.Contact,
		MetLevel: in.MetLevel, Said: strings.TrimSpace(in.Said), Intent: in.Intent, Wants: strings.TrimSpace(in.Wants), NextStep: clean(in.NextStep), NextOn: in.NextOn,
		DeviceAt: in.DeviceAt, Skew: in.Skew, BodyHash: bodyHash(in), CreatedBy: who.Person, CreatedAt: db.Micros(tx.Now()), Version: 1,
	}
	if v.ID == "" {
		v.ID = tx.ID()
	}
	if v.Visited == "" {
		v.Visited = k.stations[team.Station].Region
	}
	teams := teamsOf(v, in)
	if err := k.firstOfDay(teams); err != nil {
		return err
	}
	v.First = !k.visitedBefore[firm.ID]
	k.visitedBefore[firm.ID] = true
	b.visits = append(b.visits, v)
	b.teams = append(b.teams, teams...)
	b.people = append(b.people, officerRows(v.ID, in.Officers)...)
	b.notes = append(b.notes, audit.Entry{Action: "visit.record", Object: v.Subject(), After: map[string]any{"team": v.Team, "company": v.Company, "day": v.Day, "way": v.Way}})
	if !v.Counts() {
		return nil
	}
	f, err := k.filing(v, teams, in)
	b.filings = append(b.filings, f)
	return err
}

func clean(s string) string { return strings.Join(strings.Fields(s), " ") }

// teamsOf: the lead team holds what the others do not.
func teamsOf(v Visit, in Record) []visitTeam {
	rest := int64(ledger.Whole)
	out := []visitTeam{{v.ID, v.Team, 0, v.Company, v.Day, 0}}
	for i, w := range in.With {
		out = append(out, visitTeam{v.ID, w.Team, int64(i + 1), v.Company, v.Day, w.Share})
		rest -= w.Share
	}
	out[0].Share = rest
	return out
}

// firstOfDay refuses a second visit of the same organisation by the same team on the same day.
func (k *known) firstOfDay(teams []visitTeam) error {
	for _, t := range teams {
		if k.takenHere[t.key()] {
			return alreadyVisited()
		}
		k.takenHere[t.key()] = true
	}
	return nil
}

// filing is the visit's claim. The text of the talk is bound by its digest alone.
func (k *known) filing(v Visit, teams []visitTeam, in Record) (verify.Filing, error) {
	firm := k.companies[v.Company]
	d, err := k.dims(v.Team, v.Day)
	if err != nil {
		return verify.Filing{}, err
	}
	d.Batch, d.Company, d.Industry, d.Origin, d.Visited, d.Tags = v.Batch, v.Company, firm.Industry, firm.Origin, v.Visited, firm.Tags
	f := ledger.Fact{Measure: "visit." + v.Kind, Delta: 1, OccurredOn: v.Day, Dims: d}
	if len(teams) > 1 {
		for _, t := range teams {
			x, err := k.dims(t.Team, v.Day)
			if err != nil {
				return verify.Filing{}, err
			}
			f.Shares = append(f.Shares, ledger.Share{City: x.City, County: x.County, Unit: x.Unit, Team: x.Team, Station: x.Station, PPM: t.Share})
		}
	}
	return verify.Filing{
		Kind: "visit", Subject: v.Subject(), Title: firm.Name, Route: verify.FieldRoute, Node: v.Node, Unit: d.Unit, City: d.City,
		Content: map[string]any{
			"company": v.Company, "day": v.Day, "way": v.Way, "team": v.Team, "visited": v.Visited, "intent": v.Intent,
			"said": verify.Digest(v.Said), "wants": verify.Digest(v.Wants), "teams": teams,
		},
		Facts: []ledger.Fact{f}, Evidence: in.Evidence, Late: in.Late,
	}, nil
}

// known is what checking field records reads, once for many.
type known struct {
	dir           *org.Directory
	companies     map[string]company.Brief
	teams         map[string]station.Team
	stations      map[string]station.Station
	batches       map[string][]station.Batch
	visitedBefore map[string]bool
	takenHere     map[string]bool
	joint         map[string][]tourTeam // teams of joint tours
	by            string
}
