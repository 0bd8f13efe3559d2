package demo

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sort"
	"time"

	"zhudian/internal/assess"
	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/blob"
	"zhudian/internal/bulletin"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/directive"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/ledger"
	"zhudian/internal/match"
	"zhudian/internal/org"
	"zhudian/internal/pipeline"
	"zhudian/internal/portal"
	"zhudian/internal/station"
	"zhudian/internal/ticket"
	"zhudian/internal/verify"
)

// Province is what the demo works on: an empty, migrated database and the use cases on it.
type Province struct {
	DB      *db.DB
	Clock   *Clock
	Auth    *auth.Service
	Company *company.Service
	Verify  *verify.Service
	Ledger  *ledger.Service
	Files   *blob.Store

	Bulletin *bulletin.Service
	Portal   *portal.Service

	Station   *station.Service
	Field     *field.Service
	Pipeline  *pipeline.Service
	Match     *match.Service
	Ticket    *ticket.Service
	Directive *directive.Service
	Assess    *assess.Service
}

// Progress hears how far the work is; it may be nil.
type Progress func(done, total int, step string)

// Make fills an empty database with the demo province and lets its clock run from Opening.
func (v *Province) Make(ctx context.Context, tell Progress) error {
	m := &maker{Province: v, tell: tell, people: map[string]string{}, requests: map[int]string{}, leads: map[int]found{}}
	if m.tell == nil {
		m.tell = func(int, int, string) {}
	}
	settle, err := v.DB.Hasty(ctx) // a demo that was cut short is made again from nothing
	if err != nil {
		return err
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"units and plan", m.prepare}, {"stations and people", m.staff}, {"resource library", m.library}, {"work", m.work}, {"live work", m.live}, {"requests and instructions", m.mission}, {"targets and assessments", m.assessed}, {"publishing", m.publish}, {"checking rules", m.look},
	} {
		m.step = step.name
		m.tell(m.done, m.total, m.step)
		if err := step.do(ctx); err != nil {
			return fault.Wrap(fmt.Errorf("%s: %w", step.name, err), "make the demo province")
		}
	}
	if err := settle(); err != nil {
		return err
	}
	return m.startClock(ctx)
}

// Source makes the ids of a demo from a seed, so that two demos are alike.
func Source(seed uint64) *rand.ChaCha8 {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

type maker struct {
	*Province
	tell        Progress
	step        string
	done, total int

	p        *plan
	dir      *org.Directory
	teams    map[string][]string // team ids by station
	people   map[string]string   // person id by what they do: "officer shenzhen.520602", "county 520602" …
	events   []string            // ids
	accts    map[string]audit.Actor
	requests map[int]string // ids of investors' requests by their order
	leads    map[int]found  // by their order
	pending  pending
	sweeps   sweeps
	paper    string // the press text
}

// seed of everything that is drawn.
const seed = 843

func (m *maker) add(n int) {
	m.done += n
	m.tell(m.done, m.total, m.step)
}

// at sets the demo's clock.
func (m *maker) at(date string, hour, minute int) {
	m.Clock.Set(day(date).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute))
}

// as makes an invented officer act: a person, the unit they belong to, the node they see, their roles.
func (m *maker) as(ctx context.Context, person, node string, roles ...auth.Role) context.Context {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return audit.With(ctx, audit.Actor{
		Person: m.people[person], Account: "demo", Login: "demo", Unit: node, Node: node, Chain: m.chain(node), Roles: names,
		Source: "demo", Lang: "zh", Can: func(p string) bool { return auth.May(roles, p) },
	})
}

func (m *maker) chain(node string) string {
	if c, err := m.dir.ChainOf(node); err == nil {
		return c
	}
	return "520000"
}

// system acts for what the installation itself does.
func (m *maker) system(ctx context.Context) context.Context {
	return audit.With(ctx, audit.System("520000"))
}

// prepare loads the reference data and draws the plan.
func (m *maker) prepare(ctx context.Context) error {
	m.at("2019-01-02", 9, 0)
	err := m.DB.Write(m.system(ctx), func(ctx context.Context, tx *db.Tx) (err error) {
		if err := org.Load(ctx, tx); err != nil {
			return err
		}
		m.dir, err = org.Open(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	at := places{counties: map[string][]string{}, parks: map[string][]string{}, names: map[string]string{}}
	for _, u := range m.dir.Units(end) {
		if !u.On("2019-03-01") { // a county that changed its code on the way would need two teams
			continue
		}
		path, err := m.dir.Path(u.Code, end)
		if err != nil {
			return err
		}
		at.names[u.Code] = u.Title("zh")
		switch u.Kind {
		case org.County:
			at.counties[path.City] = append(at.counties[path.City], u.Code)
		case org.Platform, org.Park:
			at.parks[path.City] = append(at.parks[path.City], u.Code)
		default: // the province and its cities receive through the places below them
		}
	}
	for _, list := range []map[string][]string{at.counties, at.parks} {
		for k := range list {
			sort.Strings(list[k])
		}
	}
	m.p = newPlan(seed, at)
	m.total = len(m.p.firms) + len(m.p.halls) + len(m.p.eastern) + enterprisesEnd + associationsEnd + toursEnd + len(m.p.deals)
	return nil
}

// startClock lets the demo's time run on from its opening and keeps the offset with the data.
func (m *maker) startClock(ctx context.Context) error {
	offset := m.Clock.Run(Opening)
	return m.DB.Write(m.system(ctx), func(ctx context.Context, tx *db.Tx) error { return SaveOffset(ctx, tx, offset) })
}
