package offline

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/org"
	"zhudian/internal/station"
)

// How far back and ahead a phone carries visits, and how far back what its owner typed in.
const (
	carryDays   = 30
	carryVisits = 300
	carryTyped  = 90
	carryPlan   = 14
)

// Since asks for what changed of what a phone carries; 0 asks for all.
type Since struct {
	Since int64 `json:"since,omitempty" minimum:"0" doc:"the cursor of the last answer"`
}

// Firm is an organisation as a phone carries it.
type Firm struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Code     string `json:"code,omitempty"`
	Address  string `json:"address,omitempty"`
	Industry string `json:"industry,omitempty"`
	Day      string `json:"day,omitempty" doc:"of the last visit one may see"`
	Intent   string `json:"intent,omitempty"`
	Level    string `json:"level,omitempty"`
}

// Known is a person at an organisation as a phone carries them: the number is masked.
type Known struct {
	ID      string `json:"id"`
	Company string `json:"company"`
	Name    string `json:"name"`
	Post    string `json:"post,omitempty"`
	Phone   string `json:"phone,omitempty"`
}

// Trip is a visit as a phone carries it.
type Trip struct {
	ID       string `json:"id"`
	Version  int64  `json:"version"`
	Mine     bool   `json:"mine"`
	Company  string `json:"company"`
	Name     string `json:"name"`
	Day      string `json:"day"`
	Way      string `json:"way"`
	Level    string `json:"met_level,omitempty"`
	Said     string `json:"said,omitempty"`
	Intent   string `json:"intent"`
	Wants    string `json:"wants,omitempty"`
	NextStep string `json:"next_step,omitempty"`
	NextOn   string `json:"next_on,omitempty"`
}

// Tower is a building that the team holds, as a phone carries it.
type Tower struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Place string `json:"place"`
	Until string `json:"until"`
	Since string `json:"since" doc:"what was found before this day is history"`
}

// Door is a door of such a building.
type Door struct {
	ID       string `json:"id"`
	Building string `json:"building"`
	Floor    int64  `json:"floor"`
	Room     string `json:"room"`
	Occupant string `json:"occupant,omitempty"`
	Company  string `json:"company,omitempty"`
	State    string `json:"state,omitempty"`
	On       string `json:"on,omitempty"`
	Quiet    string `json:"quiet,omitempty"`
	Intent   string `json:"intent,omitempty"`
}

// Errand is a line of the plan as a phone carries it: an organisation to visit or a building to sweep.
type Errand struct {
	ID      string `json:"id"`
	Company string `json:"company,omitempty"`
	Tower   string `json:"tower,omitempty"`
	Name    string `json:"name"`
	Day     string `json:"day"`
	At      string `json:"at,omitempty"`
	Purpose string `json:"purpose,omitempty"`
}

// Crew is a team one may record for.
type Crew struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Load is what a phone is to carry: what is new or changed since its cursor, and what it is to forget. With Reset it forgets
// all it carries first.
type Load struct {
	Seq    int64    `json:"seq" doc:"the cursor for the next time"`
	Reset  bool     `json:"reset,omitempty"`
	Now    int64    `json:"now"`
	Today  string   `json:"today"`
	Person string   `json:"person"`
	Lease  int64    `json:"lease" doc:"for how many seconds the phone opens without hearing of the server"`
	Full   bool     `json:"full,omitempty" doc:"there is more than a phone carries; the latest are here"`
	Teams  []Crew   `json:"teams"`
	Firms  []Firm   `json:"firms"`
	People []Known  `json:"people"`
	Trips  []Trip   `json:"trips"`
	Plan   []Errand `json:"plan"`
	Towers []Tower  `json:"towers"`
	Doors  []Door   `json:"doors"`
	Gone   []string `json:"gone"`
}

// Download gives what somebody's phone is to carry, as the difference to what it has. It never gives more than a phone may
// carry, nor anything outside the person's scope today: what left it is named under Gone.
func (s *Service) Download(ctx context.Context, in Since) (out Load, err error) {
	who, err := audit.Require(ctx, "field.sync")
	if err != nil {
		return out, err
	}
	holder := who.Account
	if who.Source == "phone" {
		holder = who.Session
	}
	var had string
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := s.carry(ctx, tx, who, &out); err != nil {
			return err
		}
		if in.Since > 0 {
			had, _, err = manifestAt(ctx, tx, holder, in.Since)
		}
		return err
	})
	if err != nil {
		return out, err
	}
	out.Person, out.Seq, out.Reset = who.Person, in.Since, had == ""
	out.Lease = int64(auth.Lease / time.Second)
	next, changed, err := out.since(had)
	if err != nil || !changed {
		return out, err
	}
	return out, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Seq, err = saveManifest(ctx, tx, holder, in.Since, next)
		return err
	})
}

// carry gathers all that somebody's phone is to carry.
func (s *Service) carry(ctx context.Context, tx *db.Tx, who audit.Actor, out *Load) error {
	out.Now, out.Today, out.Gone = db.Micros(tx.Now()), tx.Today(), []string{}
	teams, err := station.TeamsInScope(ctx, tx, who.Node)
	if err != nil {
		return err
	}
	out.Teams = make([]Crew, len(teams))
	for i, t := range teams {
		out.Teams[i] = Crew{t.ID, t.Name}
	}
	day := func(days int) string { return db.Today(tx.Now().Add(time.Duration(days) * 24 * time.Hour)) }
	visits, err := field.Carried(ctx, tx, who, day(-carryDays), day(carryDays), carryVisits)
	if err != nil {
		return err
	}
	if err := out.errands(ctx, tx, who, day(-carryPlan), day(carryPlan)); err != nil {
		return err
	}
	met, err := field.MetBy(ctx, tx, who, MaxCarried)
	if err != nil {
		return err
	}
	typed, err := company.EnteredBy(ctx, tx, who.Person, db.Micros(tx.Now().Add(-carryTyped*24*time.Hour)), MaxUnsent)
	if err != nil {
		return err
	}
	if err := out.doors(ctx, tx, who); err != nil {
		return err
	}
	ids := typed
	for _, e := range out.Plan {
		if e.Company != "" {
			ids = append(ids, e.Company)
		}
	}
	for _, d := range out.Doors {
		if d.Company != "" {
			ids = append(ids, d.Company)
		}
	}
	for _, v := range visits {
		ids = append(ids, v.Company)
	}
	for _, m := range met {
		ids = append(ids, m.Company)
	}
	return out.fill(ctx, tx, who, firsts(ids, out.room()-len(visits)), visits, met)
}

// room is how many records more a phone carries.
func (l *Load) room() int {
	return MaxCarried - len(l.Towers) - len(l.Doors) - len(l.Firms) - len(l.People) - len(l.Trips) - len(l.Plan)
}

// errands puts the plan in, each line with the name of where it leads.
func (l *Load) errands(ctx context.Context, tx *db.Tx, who audit.Actor, since, until string) error {
	l.Plan = []Errand{}
	if !who.May("plan.read") {
		return nil
	}
	list, err := field.ErrandsDue(ctx, tx, who, since, until, carryVisits)
	if err != nil {
		return err
	}
	var firms []string
	for _, e := range list {
		firms = append(firms, e.Company)
	}
	names, err := company.Briefs(ctx, tx, firms)
	if err != nil {
		return err
	}
	for _, e := range list {
		name := names[e.Company].Name
		if e.Building != "" {
			if name, err = field.BuildingName(ctx, tx, e.Building); err != nil {
				return err
			}
		}
		l.Plan = append(l.Plan, Errand{e.ID, e.Company, e.Building, name, e.Day, e.At, e.Purpose})
	}
	return nil
}

// maxDoors leaves room for what else is carried.
const maxDoors = MaxCarried * 3 / 5

func (l *Load) doors(ctx context.Context, tx *db.Tx, who audit.Actor) error {
	l.Towers, l.Doors = []Tower{}, []Door{}
	if !who.May("sweep.read") {
		return nil
	}
	held, doors, full, err := field.HeldNow(ctx, tx, who, maxDoors)
	if err != nil {
		return err
	}
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	l.Full = full
	for _, h := range held {
		l.Towers = append(l.Towers, Tower{h.ID, h.Name, dir.RegionName(h.District), h.Until, h.Since})
	}
	for _, d := range doors {
		l.Doors = append(l.Doors, Door{d.ID, d.Building, d.Floor, d.Room, d.Occupant, d.Company, d.State, d.StateOn, d.QuietUntil, d.Intent})
	}
	return nil
}

// firsts are the first ids of a list, each once.
func firsts(ids []string, most int) []string {
	seen := map[string]bool{}
	out := []string{}
	for _, id := range ids {
		if !seen[id] && len(out) < most {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

func (l *Load) fill(ctx context.Context, tx *db.Tx, who audit.Actor, ids []string, visits []field.Visit, met []field.Met) error {
	cards, err := company.Cards(ctx, tx, ids)
	if err != nil {
		return err
	}
	last := map[string]field.Met{}
	for _, m := range met {
		last[m.Company] = m
	}
	l.Full = l.Full || len(ids) == l.room()-len(visits)
	l.Firms, l.People, l.Trips = []Firm{}, []Known{}, []Trip{}
	for _, id := range ids {
		c, ok := cards[id]
		if !ok {
			continue
		}
		m := last[id]
		l.Firms = append(l.Firms, Firm{c.ID, c.Kind, c.Name, c.CreditCode, c.Address, c.Section + c.Industry, m.Day, m.Intent, m.Level})
	}
	for _, v := range visits {
		t := Trip{v.ID, v.Version, v.CreatedBy == who.Person, v.Company, cards[v.Company].Name, v.Day, v.Way, v.MetLevel, v.Said, v.Intent, v.Wants, v.NextStep, v.NextOn}
		l.Trips = append(l.Trips, t)
	}
	room := l.room()
	if room <= 0 || !who.May("contact.read") {
		return nil
	}
	people, err := company.ContactsAt(ctx, tx, who, ids, room)
	for _, p := range people {
		l.People = append(l.People, Known{p.ID, p.Company, p.Name, p.Post, p.Phone})
	}
	return err
}

// since leaves in a load what differs from what the phone had, and gives the manifest of the whole.
func (l *Load) since(had string) (manifest string, changed bool, err error) {
	old, now := map[string]string{}, map[string]string{}
	if had != "" {
		if err := json.Unmarshal([]byte(had), &old); err != nil {
			return "", false, fault.Wrap(err, "read what a phone carries")
		}
	}
	differs := func(id string, v any) bool {
		raw, err := json.Marshal(v)
		if err != nil {
			return true
		}
		sum := sha256.Sum256(raw)
		now[id] = base64.RawStdEncoding.EncodeToString(sum[:9])
		return old[id] != now[id]
	}
	l.Firms = slices.DeleteFunc(l.Firms, func(x Firm) bool { return !differs(x.ID, x) })
	l.People = slices.DeleteFunc(l.People, func(x Known) bool { return !differs(x.ID, x) })
	l.Trips = slices.DeleteFunc(l.Trips, func(x Trip) bool { return !differs(x.ID, x) })
	l.Towers = slices.DeleteFunc(l.Towers, func(x Tower) bool { return !differs(x.ID, x) })
	l.Doors = slices.DeleteFunc(l.Doors, func(x Door) bool { return !differs(x.ID, x) })
	l.Plan = slices.DeleteFunc(l.Plan, func(x Errand) bool { return !differs(x.ID, x) })
	for id := range old {
		if now[id] == "" {
			l.Gone = append(l.Gone, id)
		}
	}
	slices.Sort(l.Gone)
	raw, err := json.Marshal(now)
	return string(raw), had == "" || len(l.Firms)+len(l.People)+len(l.Trips)+len(l.Plan)+len(l.Towers)+len(l.Doors)+len(l.Gone) > 0, fault.Wrap(err, "write what a phone carries")
}
