package bulletin

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/station"
)

// State is where a document is.
type State string

// The states: written, handed in for signature, signed. A signed document never changes; a correction is a new one.
const (
	Draft     State = "draft"
	Submitted State = "submitted"
	Signed    State = "signed"
)

// Document is a text with figure slots.
type Document struct {
	ID          string `db:"id" json:"id"`
	Title       string `db:"title" json:"title"`
	Kind        string `db:"kind" json:"kind" enum:"press,brief,report"`
	Unit        string `db:"unit_id" json:"unit"`
	Node        string `db:"node_id" json:"-"`
	IssueNo     string `db:"issue_no" json:"issue_no,omitempty"`
	Station     string `db:"station_id" json:"station,omitempty"`
	From        string `db:"from_on" json:"from,omitempty"`
	Through     string `db:"through" json:"through"`
	Book        string `db:"book" json:"book"`
	Body        string `db:"body" json:"body"`
	State       State  `db:"state" json:"state"`
	DraftedBy   string `db:"drafted_by" json:"drafted_by"`
	SubmittedBy string `db:"submitted_by" json:"submitted_by,omitempty"`
	SignedBy    string `db:"signed_by" json:"signed_by,omitempty"`
	CreatedAt   int64  `db:"created_at" json:"created_at"`
	UpdatedAt   int64  `db:"updated_at" json:"updated_at"`
	SubmittedAt int64  `db:"submitted_at" json:"submitted_at,omitempty"`
	SignedAt    int64  `db:"signed_at" json:"signed_at,omitempty"`
	TraceCode   string `db:"trace_code" json:"trace_code,omitempty"`
	Replaces    string `db:"replaces" json:"replaces,omitempty"` // document this one corrects
	Version     int64  `db:"version" json:"version"`

	Slots []Slot `db:"-" json:"slots"`
}

const documentColumns = `d.id, d.title, d.kind, d.unit_id, d.node_id, d.issue_no, d.station_id, d.from_on, d.through, d.book, d.body, d.state, d.drafted_by,
	d.submitted_by, d.signed_by, d.created_at, d.updated_at, d.submitted_at, d.signed_at, d.trace_code, d.replaces, d.version`

// Service composes, signs and renders documents.
type Service struct {
	DB *db.DB
}

// Compose is what a document is made of.
type Compose struct {
	Title    string `json:"title" maxLength:"120"`
	Kind     string `json:"kind,omitempty" enum:"press,brief,report" default:"press"`
	IssueNo  string `json:"issue_no,omitempty" maxLength:"40"`
	Station  string `json:"station,omitempty"`
	From     string `json:"from,omitempty"`
	Through  string `json:"through"`
	Book     string `json:"book,omitempty" enum:"filed,reviewed,recognised" default:"recognised"`
	Body     string `json:"body" maxLength:"60000"`
	Slots    []Slot `json:"slots" maxItems:"200"`
	Replaces string `json:"replaces,omitempty" doc:"signed document that this one corrects"`
}

// Draft starts a document. Faults: Invalid (also slots that cannot be answered), not_allowed.
func (s *Service) Draft(ctx context.Context, in Compose) (out Document, err error) {
	who, err := audit.Require(ctx, "bulletin.draft")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		unit, err := unitOf(ctx, tx, who)
		if err != nil {
			return err
		}
		out = Document{ID: tx.ID(), Unit: unit, Node: who.Node, State: Draft, DraftedBy: who.Person, CreatedAt: db.Micros(tx.Now()), Version: 1}
		if err := out.take(ctx, tx, in); err != nil {
			return err
		}
		if err := db.Insert(ctx, tx, "bulletin_document", out); err != nil {
			return err
		}
		return keep(ctx, tx, out, who)
	})
	return out, err
}

// unitOf is the unit a document speaks for: a captain's is the unit that runs the station.
func unitOf(ctx context.Context, tx *db.Tx, who audit.Actor) (string, error) {
	u, err := org.UnitByCode(ctx, tx, who.Unit)
	return u.Code, err
}

// take checks what was composed and puts it into the document.
func (d *Document) take(ctx context.Context, tx *db.Tx, in Compose) error {
	d.Title, d.Kind, d.IssueNo, d.Station = strings.TrimSpace(in.Title), in.Kind, strings.TrimSpace(in.IssueNo), in.Station
	d.From, d.Through, d.Book, d.Body, d.Slots, d.Replaces = in.From, in.Through, in.Book, strings.TrimSpace(in.Body), in.Slots, in.Replaces
	d.UpdatedAt = db.Micros(tx.Now())
	if d.Kind == "" {
		d.Kind = "press"
	}
	if d.Book == "" {
		d.Book = string(ledger.Recognised)
	}
	var c fault.Checks
	c.Require("title", d.Title, "标题", "The title").Require("body", d.Body, "正文", "The text")
	checkChoices(&c, *d)
	checkSlots(&c, *d)
	if d.Station != "" {
		if _, err := station.ByID(ctx, tx, d.Station); err != nil {
			c.Add("station", "unknown_station", "没有这个驻点。", "There is no such station.")
		}
	}
	if err := checkReplaces(ctx, tx, &c, *d); err != nil {
		return err
	}
	if err := c.Err(); err != nil {
		return err
	}
	_, err := answer(ctx, tx, d.Node, *d, d.Slots, ledger.Known{}, false)
	return err
}

// checkReplaces: what is corrected is a signed document under the same place.
func checkReplaces(ctx context.Context, tx *db.Tx, c *fault.Checks, d Document) error {
	if d.Replaces == "" {
		return nil
	}
	old, err := inScope(ctx, tx, d.Node, d.Replaces)
	switch {
	case fault.Is(err, fault.NotFound):
		c.Add("replaces", "unknown_document", "没有要更正的稿件。", "There is no such document to correct.")
		return nil
	case err == nil && old.State != Signed:
		c.Add("replaces", "not_signed", "要更正的稿件还没有签发，直接改它即可。", "The document to correct is not signed; change it instead.")
	}
	return err
}

// checkChoices: the kind and the book are among the known ones, the dates are days in their order.
func checkChoices(c *fault.Checks, d Document) {
	if !slices.Contains([]string{"press", "brief", "report"}, d.Kind) {
		c.Add("kind", "not_a_choice", "没有这种稿件。", "There is no such kind of document.")
	}
	if !slices.Contains([]string{string(ledger.Filed), string(ledger.Reviewed), string(ledger.Recognised)}, d.Book) {
		c.Add("book", "not_a_choice", "口径只有报、审、认三种。", "The books are filed, reviewed and recognised.")
	}
	if _, err := time.Parse(time.DateOnly, d.Through); err != nil {
		c.Add("through", "not_a_date", "数据截至日期写作 2020-12-15 这样。", "Write the as-of date like 2020-12-15.")
	}
	if _, err := time.Parse(time.DateOnly, d.From); err != nil && d.From != "" {
		c.Add("from", "not_a_date", "起始日期写作 2020-01-01 这样，或留空。", "Write the first day like 2020-01-01, or leave it empty.")
	} else if d.From > d.Through {
		c.Add("through", "before_from", "截至日期早于起始日期。", "The as-of date lies before the first day.")
	}
}

// checkSlots: each slot once, each mark in the text a slot.
func checkSlots(c *fault.Checks, d Document) {
	known := map[string]bool{}
	for _, s := range d.Slots {
		switch {
		case !slotKey.MatchString(s.Key):
			c.Add("slots", "bad_key", "数字槽的代号用小写字母、数字和下划线。", "Slot keys use lower-case letters, digits and underscores.")
		case known[s.Key]:
			c.Add("slots", "repeated", "数字槽“"+s.Key+"”出现了两次。", "The slot "+s.Key+" appears twice.")
		}
		known[s.Key] = true
	}
	for _, key := range marksIn(d.Title + "\n" + d.Body) {
		if !known[key] {
			c.Add("body", "unknown_slot", "正文里的 {{"+key+"}} 没有对应的数字槽。", "{{"+key+"}} in the text has no slot.")
		}
	}
}

// keep stores the slots and the version of a document as it now is.
func keep(ctx context.Context, tx *db.Tx, d Document, who audit.Actor) error {
	if _, err := db.Exec(ctx, tx, `DELETE FROM bulletin_slot WHERE document_id = ?`, d.ID); err != nil {
		return err
	}
	rows := make([]slotRow, len(d.Slots))
	for i, s := range d.Slots {
		raw, err := json.Marshal(s.Question)
		if err != nil {
			return fault.Wrap(err, "encode a slot")
		}
		rows[i] = slotRow{d.ID, s.Key, int64(i), s.Title, string(raw), s.Citation}
	}
	if err := db.Insert(ctx, tx, "bulletin_slot", rows); err != nil {
		return err
	}
	version := struct {
		Document string `db:"document_id"`
		Version  int64  `db:"version"`
		Title    string `db:"title"`
		Body     string `db:"body"`
		By       string `db:"by_person"`
		At       int64  `db:"at"`
	}{d.ID, d.Version, d.Title, d.Body, who.Person, d.UpdatedAt}
	if err := db.Insert(ctx, tx, "bulletin_version", version); err != nil {
		return err
	}
	return audit.Note(ctx, tx, "bulletin.save", "bulletin/"+d.ID, nil, map[string]any{"version": d.Version, "title": d.Title, "body_hash": textHash(d.Body)})
}

// Rewrite changes a draft. A change after handing in voids the submission.
type Rewrite struct {
	ID      string `json:"id"`
	Version int64  `json:"version" doc:"as last seen"`
	Compose
}

// Edit rewrites a document that is not signed. Faults: not_found, stale, signed, Invalid.
func (s *Service) Edit(ctx context.Context, in Rewrite) (out Document, err error) {
	who, err := audit.Require(ctx, "bulletin.draft")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = inScope(ctx, tx, who.Node, in.ID); err != nil {
			return err
		}
		if err := out.open(in.Version); err != nil {
			return err
		}
		if err := out.take(ctx, tx, in.Compose); err != nil {
			return err
		}
		out.State, out.SubmittedBy, out.SubmittedAt = Draft, "", 0
		if err := save(ctx, tx, &out); err != nil {
			return err
		}
		return keep(ctx, tx, out, who)
	})
	return out, err
}

// open refuses to change a document that is signed or was changed by somebody else.
func (d Document) open(seen int64) error {
	if d.State == Signed {
		return fault.New(fault.Conflict, "signed", "已签发的稿件不能改；要更正，请另起一稿并注明更正。", "A signed document does not change; write a correction instead.")
	}
	if seen != d.Version {
		return fault.New(fault.Conflict, "stale", "别人刚改过这份稿件，请刷新后再改；您填的内容还在。", "Somebody changed this document meanwhile; reload and try again.")
	}
	return nil
}

// Step names a document and the version that was seen.
type Step struct {
	ID      string `json:"id"`
	Version int64  `json:"version" doc:"as last seen"`
	Reason  string `json:"reason,omitempty"`
}

// Submit hands a draft in for signature. Faults: not_found, stale, signed.
func (s *Service) Submit(ctx context.Context, in Step) (Document, error) {
	return s.step(ctx, "bulletin.draft", in, func(_ context.Context, tx *db.Tx, who audit.Actor, d *Document) error {
		d.State, d.SubmittedBy, d.SubmittedAt = Submitted, who.Person, db.Micros(tx.Now())
		return nil
	}, "submit")
}

// Return gives a submitted document back with a reason. Faults: not_found, stale, not_submitted, reason required.
func (s *Service) Return(ctx context.Context, in Step) (Document, error) {
	return s.step(ctx, "bulletin.sign", in, func(_ context.Context, _ *db.Tx, _ audit.Actor, d *Document) error {
		if d.State != Submitted {
			return notSubmitted()
		}
		var c fault.Checks
		d.State = Draft
		return c.Require("reason", in.Reason, "退回理由", "A reason").Err()
	}, "return")
}

func notSubmitted() error {
	return fault.New(fault.Conflict, "not_submitted", "这份稿件还没有提请签发。", "This document has not been handed in for signature.")
}

func (s *Service) step(ctx context.Context, perm string, in Step, do func(context.Context, *db.Tx, audit.Actor, *Document) error, verb string) (out Document, err error) {
	who, err := audit.Require(ctx, perm)
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = inScope(ctx, tx, who.Node, in.ID); err != nil {
			return err
		}
		if err := out.open(in.Version); err != nil {
			return err
		}
		if err := do(ctx, tx, who, &out); err != nil {
			return err
		}
		if err := save(ctx, tx, &out); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "bulletin."+verb, "bulletin/"+out.ID, nil, map[string]any{"version": out.Version, "trace_code": out.TraceCode})
	})
	return out, err
}
