package field

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// EditEvent changes an event: what it is to say, and the version it was read at. Who holds it stays.
type EditEvent struct {
	ID        string `json:"id" maxLength:"40"`
	Version   int64  `json:"version" doc:"as last seen"`
	Name      string `json:"name" maxLength:"120"`
	Kind      string `json:"kind" enum:"promotion,signing,poverty,visit,other"`
	Day       string `json:"day" format:"date"`
	Place     string `json:"place,omitempty" maxLength:"120"`
	Summary   string `json:"summary,omitempty" maxLength:"2000"`
	Programme string `json:"programme,omitempty" maxLength:"2000"`
	Guests    string `json:"guests,omitempty" maxLength:"2000"`
	Late      string `json:"late_reason,omitempty" maxLength:"200"`
}

// EditEvent applies a change. Name, kind and day are what is verified: before recognition checking starts again; after
// it the recognised version stands until the correction is recognised. Place, summary, programme and guests change at once.
// Faults: not_found, stale, Invalid, under_correction, period_closed.
func (s *Service) EditEvent(ctx context.Context, in EditEvent) (out EventRecord, err error) {
	who, err := audit.Require(ctx, "event.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		old, err := eventInScope(ctx, tx, who.Node, in.ID)
		if err != nil {
			return err
		}
		out, err = editEvent(ctx, tx, old, in)
		return err
	})
	return out, err
}

func editEvent(ctx context.Context, tx *db.Tx, old Event, in EditEvent) (out EventRecord, err error) {
	if in.Version != old.Version {
		return out, staleEvent()
	}
	next := old
	next.Name, next.Kind, next.Day, next.Place, next.Summary = clean(in.Name), in.Kind, in.Day, clean(in.Place), strings.TrimSpace(in.Summary)
	next.Programme, next.Guests = lines(in.Programme), lines(in.Guests)
	if err := next.check(tx.Today()); err != nil {
		return out, err
	}
	shown := next
	if next.Name != old.Name || next.Kind != old.Kind || next.Day != old.Day {
		claim, known, err := verify.ClaimOf(ctx, tx, old.Subject())
		if err != nil {
			return out, err
		}
		f, err := next.filing(ctx, tx, in.Late)
		if err != nil {
			return out, err
		}
		if known {
			if f.Evidence, err = verify.EvidenceOf(ctx, tx, claim); err != nil {
				return out, err
			}
		}
		if _, err := verify.File(ctx, tx, []verify.Filing{f}); err != nil {
			return out, err
		}
		if known && claim.Standing > 0 {
			shown.Name, shown.Kind, shown.Day = old.Name, old.Kind, old.Day
		}
	}
	if err := saveEvent(ctx, tx, shown); err != nil {
		return out, err
	}
	if err := audit.Note(ctx, tx, "event.edit", old.Subject(), old.forAudit(), next.forAudit()); err != nil {
		return out, err
	}
	shown.Version++
	out.Event = shown
	if c, ok, err := verify.ClaimOf(ctx, tx, old.Subject()); err != nil {
		return out, err
	} else if ok {
		out.Claim = &c
	}
	return out, nil
}

func staleEvent() error {
	return fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改。", "Somebody changed this meanwhile; reload and try again.")
}

// forAudit is what the trail keeps; the summary only as a digest.
func (e Event) forAudit() map[string]any {
	return map[string]any{"name": e.Name, "kind": e.Kind, "day": e.Day, "place": e.Place, "summary": verify.Digest(e.Summary), "programme": verify.Digest(e.Programme), "guests": verify.Digest(e.Guests)}
}

// check looks at what an event says of itself.
func (e Event) check(today string) error {
	var c fault.Checks
	c.Require("name", e.Name, "活动名称", "The event's name")
	checkDay(&c, "day", e.Day, today, "活动日期", "The day of the event")
	c.AtMost("programme", e.Programme, 2000).AtMost("guests", e.Guests, 2000)
	if !slices.Contains(eventKinds, e.Kind) {
		c.Add("kind", "unknown", "请选择活动类型。", "Choose the kind of event.")
	}
	return c.Err()
}

// saveEvent writes an event over the version it was read at. Fault: stale.
func saveEvent(ctx context.Context, tx *db.Tx, e Event) error {
	n, err := db.Exec(ctx, tx, `UPDATE field_event SET name = ?, kind = ?, day = ?, place = ?, summary = ?, programme = ?, guests = ?, version = version + 1 WHERE id = ? AND version = ?`,
		e.Name, e.Kind, e.Day, e.Place, e.Summary, e.Programme, e.Guests, e.ID, e.Version)
	if err == nil && n == 0 {
		err = staleEvent()
	}
	return err
}

// applyEvent makes a recognised correction of an event the record's content.
func applyEvent(ctx context.Context, tx *db.Tx, id, text string) error {
	var said struct{ Name, Kind, Day string }
	if err := json.Unmarshal([]byte(text), &said); err != nil {
		return fault.Wrap(err, "read a recognised correction")
	}
	old, err := db.One[Event](ctx, tx, `SELECT `+eventColumns+` FROM field_event e WHERE e.id = ?`, id)
	if err != nil {
		return err
	}
	next := old
	next.Name, next.Kind, next.Day = said.Name, said.Kind, said.Day
	if err := saveEvent(ctx, tx, next); err != nil {
		return err
	}
	return audit.Note(ctx, tx, "event.applied", old.Subject(), old.forAudit(), next.forAudit())
}

func (s *Service) editEventPage(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	rec, err := s.GetEvent(ctx, ByID{r.PathValue("id")})
	if err != nil {
		return nil, err
	}
	e := rec.Event
	v, err := s.eventForm(ctx, web.FormOf("version", strconv.FormatInt(e.Version, 10), "name", e.Name, "kind", e.Kind, "day", e.Day, "place", e.Place, "summary", e.Summary, "programme", e.Programme, "guests", e.Guests))
	if err != nil {
		return nil, err
	}
	return eventEditPage(v, rec), nil
}

func (s *Service) editEventPosted(r *http.Request) (templ.Component, error) {
	ctx := r.Context()
	in, err := web.Form[EditEvent](r)
	in.ID = r.PathValue("id")
	if err == nil {
		_, err = s.EditEvent(ctx, in)
	}
	if err == nil {
		return web.RedirectToast(eventURL(in.ID), web.Toast{Text: web.T(ctx, "field.event_saved")}), nil
	}
	rec, bad := s.GetEvent(ctx, ByID{in.ID})
	if bad != nil {
		return nil, bad
	}
	v, bad := s.eventForm(ctx, web.NewForm(r, err))
	if bad != nil {
		return nil, bad
	}
	return web.Retry(eventEditPage(v, rec), err)
}
