package station

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
)

// Meeting is one meeting of a party branch: who was there, what was on the agenda, what was decided.
type Meeting struct {
	ID        string     `db:"id" json:"id"`
	Party     string     `db:"party_id" json:"party"`
	Kind      string     `db:"kind" json:"kind" enum:"members,committee,group,lecture,day"`
	Day       string     `db:"held_on" json:"day"`
	Place     string     `db:"place" json:"place"`
	Agenda    string     `db:"agenda" json:"agenda"`
	Minutes   string     `db:"minutes" json:"minutes,omitempty"`
	MadeBy    string     `db:"made_by" json:"made_by"`
	MadeAt    int64      `db:"made_at" json:"made_at"`
	Version   int64      `db:"version" json:"version"`
	Present   []string   `db:"-" json:"present" doc:"ids of members"`
	Decisions []Decision `db:"-" json:"decisions"`
}

// Decision is one thing that a meeting decided; one on verifying data names the claims it speaks of.
type Decision struct {
	Words  string   `json:"words" maxLength:"1000"`
	Claims []string `json:"claims,omitempty" maxItems:"50"`
}

const meetingColumns = `g.id, g.party_id, g.kind, g.held_on, g.place, g.agenda, g.minutes, g.made_by, g.made_at, g.version`

// Meetings is a list of them.
type Meetings struct {
	Items []Meeting `json:"items"`
}

// Meetings lists those of a party branch without their decisions, the last first, at most 500. Fault: not_found.
func (s *Service) Meetings(ctx context.Context, in PartyID) (out Meetings, err error) {
	who, err := audit.Require(ctx, "party.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := partyByID(ctx, tx, who, in.ID); err != nil {
			return err
		}
		out.Items, err = db.All[Meeting](ctx, tx, `SELECT `+meetingColumns+` FROM station_meeting g WHERE g.party_id = ? ORDER BY g.held_on DESC, g.id DESC LIMIT 500`, in.ID)
		return err
	})
	return out, err
}

// Meeting gives one. Fault: not_found.
func (s *Service) Meeting(ctx context.Context, in PartyID) (out Meeting, err error) {
	who, err := audit.Require(ctx, "party.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = meetingByID(ctx, tx, who, in.ID)
		return err
	})
	return out, err
}

func meetingByID(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Meeting, error) {
	g, err := db.One[Meeting](ctx, tx, `SELECT `+meetingColumns+` FROM station_meeting g WHERE g.id = ?`, id)
	if err == nil {
		_, err = partyByID(ctx, tx, who, g.Party)
	}
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "not_found", "没有这次会议。", "There is no such meeting.")
	}
	if err != nil {
		return g, err
	}
	err = g.fill(ctx, tx)
	return g, err
}

// fill reads who was there and what was decided.
func (g *Meeting) fill(ctx context.Context, tx *db.Tx) error {
	type line struct {
		Seq  int    `db:"seq"`
		Text string `db:"text"`
	}
	there, err := db.All[line](ctx, tx, `SELECT 0 AS seq, member_id AS text FROM station_meeting_present WHERE meeting_id = ? ORDER BY member_id`, g.ID)
	if err != nil {
		return err
	}
	for _, l := range there {
		g.Present = append(g.Present, l.Text)
	}
	words, err := db.All[line](ctx, tx, `SELECT seq, words AS text FROM station_meeting_decision WHERE meeting_id = ? ORDER BY seq`, g.ID)
	if err != nil {
		return err
	}
	for _, l := range words {
		g.Decisions = append(g.Decisions, Decision{Words: l.Text})
	}
	links, err := db.All[line](ctx, tx, `SELECT seq, claim_id AS text FROM station_meeting_claim WHERE meeting_id = ? ORDER BY seq, claim_id`, g.ID)
	for _, l := range links {
		g.Decisions[l.Seq].Claims = append(g.Decisions[l.Seq].Claims, l.Text)
	}
	return err
}

// WriteMeeting is a meeting as it is to stand.
type WriteMeeting struct {
	ID        string     `json:"id,omitempty" maxLength:"40" doc:"of one that was written before"`
	Party     string     `json:"party" maxLength:"40"`
	Version   int64      `json:"version,omitempty" doc:"as last seen"`
	Kind      string     `json:"kind" enum:"members,committee,group,lecture,day"`
	Day       string     `json:"day" format:"date"`
	Place     string     `json:"place,omitempty" maxLength:"60"`
	Agenda    string     `json:"agenda" maxLength:"2000"`
	Minutes   string     `json:"minutes,omitempty" maxLength:"5000"`
	Present   []string   `json:"present" maxItems:"500" doc:"ids of members"`
	Decisions []Decision `json:"decisions,omitempty" maxItems:"20"`
}

// WriteMeeting writes down a meeting, or mends what was written.
// Faults: not_found, stale; Invalid (future_date, not_a_member, unknown_claim).
func (s *Service) WriteMeeting(ctx context.Context, in WriteMeeting) (out Meeting, err error) {
	who, err := audit.Require(ctx, "party.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := partyByID(ctx, tx, who, in.Party)
		if err != nil {
			return err
		}
		out = Meeting{ID: in.ID, MadeBy: who.Person, MadeAt: db.Micros(tx.Now())}
		if in.ID != "" {
			if out, err = meetingByID(ctx, tx, who, in.ID); err != nil {
				return err
			}
			if out.Party != p.ID || out.Version != in.Version {
				return fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改。", "Somebody changed this meanwhile; reload and try again.")
			}
		}
		before := claimsOf(out.Decisions)
		out.Party, out.Kind, out.Day, out.Place = p.ID, in.Kind, in.Day, strings.TrimSpace(in.Place)
		out.Agenda, out.Minutes, out.Present, out.Decisions = strings.TrimSpace(in.Agenda), strings.TrimSpace(in.Minutes), in.Present, kept(in.Decisions)
		if err := out.check(ctx, tx, who, p, before); err != nil {
			return err
		}
		return out.store(ctx, tx)
	})
	return out, err
}

// kept are the decisions without the lines that nobody filled in.
func kept(list []Decision) []Decision {
	out := []Decision{}
	for _, d := range list {
		d.Words = strings.TrimSpace(d.Words)
		d.Claims = slices.Compact(slices.Sorted(slices.Values(d.Claims)))
		d.Claims = slices.DeleteFunc(d.Claims, func(id string) bool { return id == "" })
		if d.Words != "" || len(d.Claims) > 0 {
			out = append(out, d)
		}
	}
	return out
}

func claimsOf(list []Decision) []string {
	var out []string
	for _, d := range list {
		out = append(out, d.Claims...)
	}
	return out
}

func (g *Meeting) check(ctx context.Context, tx *db.Tx, who audit.Actor, p Party, before []string) error {
	var c fault.Checks
	checkDay(&c, "day", g.Day, true)
	if g.Day > tx.Today() {
		c.Add("day", "future_date", "会还没有开，日期不能在今天之后。", "It has not been held yet.")
	}
	if !slices.Contains(meetingKinds, g.Kind) {
		c.Add("kind", "not_a_choice", "请选择会议类别。", "Choose the kind of meeting.")
	}
	c.Require("agenda", g.Agenda, "议题", "The agenda")
	c.AtMost("place", g.Place, 60)
	c.AtMost("agenda", g.Agenda, 2000)
	c.AtMost("minutes", g.Minutes, 5000)
	g.Present = slices.Compact(slices.Sorted(slices.Values(g.Present)))
	if len(g.Present) == 0 {
		c.Require("present", "", "到会党员", "Who was there")
	}
	for _, id := range g.Present {
		if !slices.ContainsFunc(p.Members, func(m Member) bool { return m.ID == id && m.on(g.Day) }) {
			c.Add("present", "not_a_member", "到会的人里有人那天不在这个支部。", "Somebody present was not a member on that day.")
			break
		}
	}
	seen, err := verify.Seen(ctx, tx, who.Node, claimsOf(g.Decisions))
	if err != nil {
		return err
	}
	for i, d := range g.Decisions {
		at := "decisions[" + itoa(i) + "]."
		c.Require(at+"words", d.Words, "决定", "The decision")
		c.AtMost(at+"words", d.Words, 1000)
		for _, id := range d.Claims {
			known := slices.Contains(before, id) || slices.ContainsFunc(seen, func(x verify.Claim) bool { return x.ID == id })
			if !known {
				c.Add(at+"claims", "unknown_claim", "没有这条申报。", "There is no such claim.")
			}
		}
	}
	return c.Err()
}

var meetingKinds = []string{"members", "committee", "group", "lecture", "day"}

// store writes a meeting with what hangs on it. The trail has neither names nor words.
func (g *Meeting) store(ctx context.Context, tx *db.Tx) error {
	g.Version++
	action := "meeting.mend"
	if g.ID == "" {
		g.ID, action = tx.ID(), "meeting.hold"
		if err := db.Insert(ctx, tx, "station_meeting", *g); err != nil {
			return err
		}
	} else {
		n, err := db.Exec(ctx, tx, `UPDATE station_meeting SET kind = ?, held_on = ?, place = ?, agenda = ?, minutes = ?, version = ? WHERE id = ? AND version = ?`,
			g.Kind, g.Day, g.Place, g.Agenda, g.Minutes, g.Version, g.ID, g.Version-1)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改。", "Somebody changed this meanwhile; reload and try again.")
		}
		if err != nil {
			return err
		}
		for _, table := range []string{"station_meeting_present", "station_meeting_decision", "station_meeting_claim"} {
			if err := db.Do(ctx, tx, `DELETE FROM `+table+` WHERE meeting_id = ?`, g.ID); err != nil {
				return err
			}
		}
	}
	for _, id := range g.Present {
		if err := db.Do(ctx, tx, `INSERT INTO station_meeting_present (meeting_id, member_id) VALUES (?, ?)`, g.ID, id); err != nil {
			return err
		}
	}
	for i, d := range g.Decisions {
		if err := db.Do(ctx, tx, `INSERT INTO station_meeting_decision (meeting_id, seq, words) VALUES (?, ?, ?)`, g.ID, i, d.Words); err != nil {
			return err
		}
		for _, id := range d.Claims {
			if err := db.Do(ctx, tx, `INSERT INTO station_meeting_claim (meeting_id, seq, claim_id) VALUES (?, ?, ?)`, g.ID, i, id); err != nil {
				return err
			}
		}
	}
	return audit.Note(ctx, tx, action, "meeting/"+g.ID, nil, map[string]any{"party": g.Party, "day": g.Day, "present": len(g.Present), "decisions": len(g.Decisions), "claims": len(claimsOf(g.Decisions))})
}
