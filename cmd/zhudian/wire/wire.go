// Package wire puts the program together: it opens the data folder and makes every service from the ones it needs.
// The commands and the tests of the whole share it; it decides nothing.
package wire

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"zhudian/internal/assess"
	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/blob"
	"zhudian/internal/bulletin"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/demo"
	"zhudian/internal/directive"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/field/offline"
	"zhudian/internal/ledger"
	"zhudian/internal/match"
	"zhudian/internal/org"
	"zhudian/internal/pipeline"
	"zhudian/internal/portal"
	"zhudian/internal/station"
	"zhudian/internal/ticket"
	"zhudian/internal/verify"
)

// Config says where the data is and how the program behaves. Zero values are the defaults.
type Config struct {
	Data     string // folder with zhudian.db, blobs/ and secret.key
	DSN      string // a postgres:// address or another SQLite file; default zhudian.db in the folder
	ReadOnly bool
	Key      []byte // the installation's secret; default secret.key in the folder
	Demo     bool   // opened to be filled as a demo: the clock stands still until then
	Rand     io.Reader
	Logger   *slog.Logger
}

// App is the program, put together.
type App struct {
	Config   Config
	Clock    *demo.Clock
	IsDemo   bool
	DB       *db.DB
	Files    *blob.Store
	Auth     *auth.Service
	Audit    *audit.Service
	Ledger   *ledger.Service
	Verify   *verify.Service
	Company  *company.Service
	Station  *station.Service
	Field    *field.Service
	Offline  *offline.Service
	Pipeline *pipeline.Service
	Bulletin *bulletin.Service
	Portal   *portal.Service

	Match     *match.Service
	Ticket    *ticket.Service
	Directive *directive.Service
	Assess    *assess.Service

	meters      *meters
	version     string
	publicURL   string
	portalApart bool   // the public pages have a listener of their own
	public      *db.DB // which they read through
}

// Open opens the data folder and makes the services. It does not migrate: Prepare does.
func Open(ctx context.Context, c Config) (*App, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.DSN == "" {
		c.DSN = filepath.Join(c.Data, "zhudian.db")
	}
	a := &App{Config: c, Clock: demo.NewClock(time.Now)}
	a.meters = newMeters(a)
	if !c.ReadOnly {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return nil, fault.Wrap(err, "make the data folder")
		}
	}
	var err error
	if a.DB, err = db.Open(ctx, db.Options{DSN: c.DSN, Now: a.Clock.Now, Rand: c.Rand, Grouped: a.meters.committed, ReadOnly: c.ReadOnly}); err != nil {
		return nil, err
	}
	if err := a.readClock(ctx); err != nil {
		_ = a.DB.Close()
		return nil, err
	}
	if err := a.make(); err != nil {
		_ = a.DB.Close()
		return nil, err
	}
	return a, nil
}

// readClock sets the clock of the records: the machine's, or a demo's own.
func (a *App) readClock(ctx context.Context) error {
	a.Clock.Resume(0)
	pending, err := a.DB.Pending(ctx)
	if err != nil || pending > 0 {
		return err
	}
	return a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		offset, is, err := demo.Offset(ctx, tx)
		if is {
			a.IsDemo = true
			a.Clock.Resume(offset)
		}
		return err
	})
}

func (a *App) make() error {
	key := a.Config.Key
	var err error
	if key == nil {
		if key, err = auth.LoadKey(filepath.Join(a.Config.Data, "secret.key")); err != nil {
			return err
		}
	}
	if a.Files, err = blob.Open(filepath.Join(a.Config.Data, "blobs")); err != nil {
		return err
	}
	a.Auth = auth.New(a.DB, auth.Options{
		Key: key, Clock: time.Now, DemandSecondFactor: !a.IsDemo && !a.Config.Demo, Place: place, UnitName: a.unitName, Logger: a.Config.Logger,
		Front: a.front, Facts: a.facts, Knobs: slices.Concat([]db.Knob{
			portal.AgencyKnob, auth.SessionIdle, auth.SessionStrict, auth.SessionWhole, auth.SessionMost, verify.FieldDays, verify.ProjectDays, portal.KeepDays,
		}, ledger.CalendarKnobs), UnitSource: "/pick/units",
	})
	a.Audit = &audit.Service{DB: a.DB, People: people{}}
	a.Verify = &verify.Service{DB: a.DB, Files: a.Files, Names: names{}}
	a.Ledger = &ledger.Service{DB: a.DB, Claims: a.Verify, Names: names{}}
	a.Company = &company.Service{DB: a.DB, Files: a.Files}
	a.Station = &station.Service{DB: a.DB, Papers: papers{}}
	a.Field = &field.Service{DB: a.DB, Files: a.Files, Follow: followUps{}, Papers: papers{}, Key: keyFor(key, "visit vouch")}
	a.Station.Work = a.Field
	a.Company.Work = a.Field
	a.Offline = &offline.Service{DB: a.DB, Files: a.Files, Field: a.Field, Company: a.Company, Key: keyFor(key, "field inbox"), Clock: time.Now, As: a.Auth.PhoneOf}
	a.Pipeline = &pipeline.Service{DB: a.DB, Files: a.Files, Papers: papers{}}
	a.Match = &match.Service{DB: a.DB, Files: a.Files}
	a.Ticket = &ticket.Service{DB: a.DB}
	a.Assess = &assess.Service{DB: a.DB, Files: a.Files}
	a.Pipeline.Targets = a.Assess
	a.Directive = &directive.Service{DB: a.DB, Files: a.Files, Records: records{}}
	a.Company.Panels = append(a.Company.Panels, company.Panel{Title: "referral.tree", URL: "/referrals/about?company={id}", Perm: "referral.read"})
	a.Company.Panels = append(a.Company.Panels, company.Panel{Title: "directive.title", URL: "/directives/about?subject=company/{id}", Perm: "directive.read"})
	a.Company.Panels = append(a.Company.Panels, company.Panel{Title: "ticket.title", URL: "/tickets/about?company={id}", Perm: "ticket.read"})
	a.Verify.Blocks = append(a.Verify.Blocks, verify.Block{URL: "/directives/waiting", Perm: "directive.read"}, verify.Block{URL: "/tickets/waiting", Perm: "ticket.read"}, verify.Block{URL: "/match/waiting", Perm: "sending.read"}, verify.Block{URL: "/stations/handovers/waiting", Perm: "handover.read"}, verify.Block{URL: "/stations/leaves/waiting", Perm: "leave.answer"})
	a.Bulletin = &bulletin.Service{DB: a.DB}
	a.Portal = &portal.Service{DB: a.DB, Files: a.Files, Agency: a.agency(), Inbox: &portal.Inbox{DB: a.DB, Key: keyFor(key, "portal form")}}
	a.Verify.Blocks = append(a.Verify.Blocks, verify.Block{URL: "/admin/inbox/waiting", Perm: "inbox.read"}, verify.Block{URL: "/visits/vouches/waiting", Perm: "visit.edit"})
	a.Verify.Register("visit", verify.Kind{Apply: a.Field.Apply, Cases: a.Field.VisitCases})
	a.Verify.Register("tour", verify.Kind{Apply: a.Field.Apply})
	a.Verify.Register("event", verify.Kind{Apply: a.Field.Apply})
	a.Verify.Register("project", verify.Kind{Apply: a.Pipeline.Apply})
	a.Verify.Register("contract", verify.Kind{Apply: a.Pipeline.Apply, Cases: a.Pipeline.ContractCases})
	a.Verify.Register("lead", verify.Kind{})
	a.Verify.Register("ticket", verify.Kind{})
	a.Verify.Register("funds", verify.Kind{Apply: a.Pipeline.Apply, Cases: a.Pipeline.FundsCases})
	a.Verify.Register("stage", verify.Kind{Apply: a.Pipeline.ApplyStage, Changed: a.Pipeline.StageChanged, Cases: a.Pipeline.StageCases})
	a.Verify.Blocks = append(a.Verify.Blocks, verify.Block{URL: "/projects/waiting", Perm: "stage.confirm"}, verify.Block{URL: "/leads/waiting", Perm: "lead.read"},
		verify.Block{URL: "/splits/waiting", Perm: "credit.sign"})
	return nil
}

// keyFor derives a key from the installation's for one use; nothing else can be made with it.
func keyFor(key []byte, use string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("zhudian " + use))
	return h.Sum(nil)
}

// place checks a unit and a scope node for package auth, and gives the audit chain of their area.
func place(ctx context.Context, tx *db.Tx, unit, node string) (string, error) {
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return "", err
	}
	if _, err := dir.Unit(unit); err != nil {
		return "", err
	}
	if err := org.NodeExists(ctx, tx, node); err != nil {
		return "", err
	}
	return dir.ChainOf(unit)
}

func (a *App) unitName(ctx context.Context, unit, lang string) (name string) {
	name = unit
	_ = a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error { // a name that cannot be read is shown as its code
		dir, err := org.Open(ctx, tx)
		if err == nil {
			name = dir.UnitName(unit, lang)
		}
		return err
	})
	return name
}

// front is what the sign-in page shows: whose program it is, and what was published last.
func (a *App) front(ctx context.Context) auth.Front {
	f := auth.Front{Agency: a.Portal.AgencyName(ctx), Version: a.version}
	if a.IsDemo {
		f.Map = auth.OutlineOfGuizhou()
	}
	figures, err := a.Portal.Headline(ctx, a.portalApart)
	if err != nil { // people must get in even when the public side is not well
		a.Config.Logger.LogAttrs(ctx, slog.LevelError, "figures of the sign-in page", slog.String("cause", err.Error()))
		return f
	}
	f.Figures = figures
	return f
}

// facts are what the server was started with.
func (a *App) facts() [][2]string {
	return [][2]string{{"version", a.version}, {"engine", string(a.DB.Engine())}, {"public_url", a.publicURL}}
}

// agency names the office whose installation this is: the first province's.
func (a *App) agency() (name string) {
	name = "投资促进局"
	_ = a.DB.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error { // read once, when the program starts; an empty database has no name yet
		dir, err := org.Open(ctx, tx)
		if err != nil {
			return err
		}
		for _, u := range dir.Units(tx.Today()) {
			if u.Kind == org.Province && u.Agency != "" {
				name = u.Agency
				return nil
			}
		}
		return nil
	})
	return name
}

// Prepare migrates the database and loads the reference data. Running it again changes nothing.
func (a *App) Prepare(ctx context.Context) error {
	if err := a.DB.Migrate(ctx); err != nil {
		return err
	}
	if a.Config.Demo {
		return nil // the demo loads it at its own date
	}
	if err := a.wake(ctx); err != nil {
		return err
	}
	if err := a.DB.Write(audit.With(ctx, audit.System("root")), org.Load); err != nil {
		return err
	}
	a.Portal.Agency = a.agency()
	return a.Company.Refresh(ctx)
}

// wake asks a database that was behind, and could not be asked when it was opened, whether it is a demo.
func (a *App) wake(ctx context.Context) error {
	if a.IsDemo {
		return nil
	}
	if err := a.readClock(ctx); err != nil || !a.IsDemo {
		return err
	}
	return a.make()
}

// LoadReference loads the reference data: places, industries, code lists.
func LoadReference(ctx context.Context, tx *db.Tx) error { return org.Load(ctx, tx) }

// Close lets go of everything.
func (a *App) Close() error {
	var err error
	if a.public != nil {
		err = a.public.Close()
	}
	return errors.Join(err, a.DB.Close())
}

// MakeDemo fills the empty database with the demo province.
func (a *App) MakeDemo(ctx context.Context, tell demo.Progress) error {
	p := &demo.Province{
		DB: a.DB, Clock: a.Clock, Auth: a.Auth, Company: a.Company, Verify: a.Verify, Ledger: a.Ledger, Files: a.Files,
		Bulletin: a.Bulletin, Portal: a.Portal, Station: a.Station, Field: a.Field, Pipeline: a.Pipeline, Match: a.Match, Ticket: a.Ticket, Directive: a.Directive, Assess: a.Assess,
	}
	if err := p.Make(ctx, tell); err != nil {
		return err
	}
	a.IsDemo = true
	a.Portal.Agency = a.agency()
	return nil
}
