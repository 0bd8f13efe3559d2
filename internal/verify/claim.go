// Package verify takes what officers say and has it checked: filed, reviewed, recognised, by three different
// persons, each verdict bound to the exact content and evidence it saw. Only here are ledger entries made.
package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sort"
	"strings"
	"time"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

// State is where the current round of a claim is.
type State string

// The states. Filed, Reviewed and Recognised are also the book the round has reached.
const (
	Filed      State = "filed"
	Reviewed   State = "reviewed"
	Recognised State = "recognised"
	Returned   State = "returned"
	Withdrawn  State = "withdrawn"
)

// Route says who verifies: field work goes officer → 支部 → 总支, projects and money 县 → 市 → 省.
type Route string

// The routes.
const (
	FieldRoute   Route = "field"
	ProjectRoute Route = "project"
)

// Claim is one thing that somebody says counts.
type Claim struct {
	ID         string `db:"id" json:"id"`
	Kind       string `db:"kind" json:"kind"`       // visit, tour, deployment, project, contract, funds, event
	Subject    string `db:"subject" json:"subject"` // "funds/0192…"
	Title      string `db:"title" json:"title"`
	Route      Route  `db:"route" json:"route"`
	Node       string `db:"node_id" json:"-"`
	Unit       string `db:"unit_id" json:"unit"`
	City       string `db:"city" json:"city,omitempty"`
	Measure    string `db:"measure" json:"measure"` // of its main fact
	Delta      int64  `db:"delta" json:"delta"`
	OccurredOn string `db:"occurred_on" json:"occurred_on"`
	State      State  `db:"state" json:"state"`
	Round      int64  `db:"round" json:"round"`
	Standing   int64  `db:"standing_round" json:"standing_round,omitempty"` // recognised round that counts, 0 if none
	Doubt      string `db:"doubt" json:"doubt,omitempty"`                   // why a verifier set it aside
	FiledBy    string `db:"filed_by" json:"filed_by"`
	FiledAt    int64  `db:"filed_at" json:"filed_at"`
	MovedAt    int64  `db:"moved_at" json:"moved_at"`
	DueOn      string `db:"due_on" json:"due_on"`
	Risk       int64  `db:"risk" json:"risk"` // what the findings of the round add up to
	Looked     int64  `db:"looked" json:"-"`  // the round that the rules saw last

	VouchedRound int64 `db:"vouched_round" json:"vouched_round,omitempty"` // that the other side confirmed

	AppealedAgainst string `db:"appealed_against" json:"-"` // who returned what the round appeals; "" when it is no appeal
}

const claimColumns = `c.id, c.kind, c.subject, c.title, c.route, c.node_id, c.unit_id, c.city, c.measure, c.delta, c.occurred_on, c.state, c.round,
	c.standing_round, c.doubt, c.filed_by, c.filed_at, c.moved_at, c.due_on, c.risk, c.looked, c.vouched_round, c.appealed_against`

// Correcting reports whether a recognised fact stands while a new version of it is being checked.
func (c Claim) Correcting() bool {
	return c.Standing > 0 && c.Standing != c.Round && (c.State == Filed || c.State == Reviewed)
}

// Level gives the verdict the claim waits for, and false when it waits for none.
func (c Claim) Level() (ledger.Book, bool) {
	switch c.State {
	case Filed:
		return ledger.Reviewed, true
	case Reviewed:
		return ledger.Recognised, true
	default:
		return "", false
	}
}

// Filing is what a feature files: the facts that would count, the content a verdict binds, and the evidence.
type Filing struct {
	Kind     string
	Subject  string
	Title    string
	Route    Route
	Node     string // scope node of the record: whoever may see it may see the claim
	Unit     string
	City     string
	Content  any // what is being said, without personal data and free text (those as digests)
	Facts    []ledger.Fact
	Evidence []Evidence
	Late     string // reason, when the month of a fact is closed
	By       *Filer // who says so, when it is not the acting person: a tour is its officer's claim, filed once the county confirms
}

// Filer is a person and the account they used.
type Filer struct{ Person, Account string }

// Evidence is a file that proves a claim; Blob is its SHA-256.
type Evidence struct {
	ID      string `db:"id" json:"id"`
	Claim   string `db:"claim_id" json:"claim"`
	Round   int64  `db:"round" json:"round"`
	Blob    string `db:"blob" json:"sha256"`
	Name    string `db:"name" json:"name"`
	Type    string `db:"type" json:"type"`
	Size    int64  `db:"size" json:"size"`
	AddedBy string `db:"added_by" json:"added_by"`
	AddedAt int64  `db:"added_at" json:"added_at"`
}

// Finding is what a rule noticed: a reason to look, never a verdict.
type Finding struct {
	Claim    string `db:"claim_id" json:"-"`
	Round    int64  `db:"round" json:"-"`
	Rule     string `db:"rule" json:"rule"`
	Version  int64  `db:"version" json:"version"` // of the rule
	Risk     int64  `db:"risk" json:"risk"`
	TitleZH  string `db:"title_zh" json:"title_zh"`
	TitleEN  string `db:"title_en" json:"title_en"`
	DetailZH string `db:"detail_zh" json:"detail_zh"`
	DetailEN string `db:"detail_en" json:"detail_en"`
}

// Round is what was said in one round.
type Round struct {
	Claim        string `db:"claim_id" json:"claim"`
	Round        int64  `db:"round" json:"round"`
	Content      string `db:"content" json:"content"` // canonical JSON
	ContentHash  string `db:"content_hash" json:"content_hash"`
	EvidenceHash string `db:"evidence_hash" json:"evidence_hash"`
	FiledBy      string `db:"filed_by" json:"filed_by"`
	FiledAccount string `db:"filed_account" json:"-"`
	FiledAt      int64  `db:"filed_at" json:"filed_at"`
}

// Step is one verdict.
type Step struct {
	Claim        string      `db:"claim_id" json:"claim"`
	Round        int64       `db:"round" json:"round"`
	Seq          int64       `db:"seq" json:"seq"`
	Level        ledger.Book `db:"level" json:"level"`
	Verdict      Verdict     `db:"verdict" json:"verdict"`
	Person       string      `db:"person_id" json:"person"`
	Account      string      `db:"account_id" json:"-"`
	Unit         string      `db:"unit_id" json:"unit"`
	At           int64       `db:"at" json:"at"`
	Reason       string      `db:"reason" json:"reason,omitempty"`
	ContentHash  string      `db:"content_hash" json:"content_hash"`
	EvidenceHash string      `db:"evidence_hash" json:"evidence_hash"`
	FiledBy      string      `db:"filed_by" json:"-"`
}

// contentOf gives the canonical JSON of a content (object keys sorted, no white space) and its SHA-256.
func contentOf(v any) (text, hash string, err error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", "", fault.Wrap(err, "encode a claim")
	}
	var generic any
	if err := json.Unmarshal(raw, &generic); err != nil {
		return "", "", fault.Wrap(err, "encode a claim")
	}
	if raw, err = json.Marshal(generic); err != nil { // maps are written in key order
		return "", "", fault.Wrap(err, "encode a claim")
	}
	sum := sha256.Sum256(raw)
	return string(raw), hex.EncodeToString(sum[:]), nil
}

// Digest stands in a claim's content for a text that may hold personal data.
func Digest(text string) string {
	if text == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// evidenceHash binds a set of files, whatever their order.
func evidenceHash(files []Evidence) string {
	if len(files) == 0 {
		return ""
	}
	blobs := make([]string, len(files))
	for i, f := range files {
		blobs[i] = f.Blob
	}
	sort.Strings(blobs)
	return Digest(strings.Join(blobs, "\n"))
}

// How long each level has, in days from the step before.
var (
	FieldDays   = db.Knob{Key: "due_field", Min: 1, Max: 30, Default: 2}
	ProjectDays = db.Knob{Key: "due_project", Min: 1, Max: 30, Default: 5}
)

// pace is how many days a level has, by route.
type pace struct {
	days     map[Route]int64
	calendar ledger.Calendar
}

func paceOf(ctx context.Context, tx *db.Tx) (pace, error) {
	got, err := db.Knobs(ctx, tx, FieldDays, ProjectDays)
	if err != nil {
		return pace{}, err
	}
	calendar, err := ledger.CalendarOf(ctx, tx)
	return pace{map[Route]int64{FieldRoute: got[FieldDays.Key], ProjectRoute: got[ProjectDays.Key]}, calendar}, err
}

// due is the day by which a level judges a claim: so many days from now, or sooner when the monthly calendar wants the fact
// in the level's book before. A day of the calendar that has passed does not hurry anybody.
func (p pace) due(now time.Time, r Route, occurredOn string, level ledger.Book) string {
	day := db.Today(now.AddDate(0, 0, int(p.days[r])))
	if r != ProjectRoute || len(occurredOn) < len(time.DateOnly) {
		return day
	}
	if by := p.calendar.Due(p.calendar.Month(occurredOn), level); by >= db.Today(now) {
		day = min(day, by)
	}
	return day
}

// claims reads claims by id inside a transaction, in the order asked; one that is absent is NotFound.
func claims(ctx context.Context, tx *db.Tx, ids []string) ([]Claim, error) {
	byID := map[string]Claim{}
	for from := 0; from < len(ids); from += 500 {
		part := ids[from:min(from+500, len(ids))]
		err := db.Each(ctx, tx, `SELECT `+claimColumns+` FROM verify_claim c WHERE c.id IN `+db.In(len(part)), db.Args(part), func(c Claim) error {
			byID[c.ID] = c
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	out := make([]Claim, len(ids))
	for i, id := range ids {
		c, ok := byID[id]
		if !ok {
			return nil, fault.New(fault.NotFound, "not_found", "没有这一项，或不在您的范围内。", "No such claim, or it is outside your scope.")
		}
		out[i] = c
	}
	return out, nil
}
