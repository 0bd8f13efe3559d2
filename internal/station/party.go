package station

import (
	"cmp"
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// Party is a temporary party branch (临时党支部) of a unit at a station, or the general branch there.
type Party struct {
	ID       string   `db:"id" json:"id"`
	Station  string   `db:"station_id" json:"station"`
	Unit     string   `db:"unit_id" json:"unit,omitempty" doc:"none: the general branch of the station"`
	Name     string   `db:"name" json:"name"`
	From     string   `db:"from_on" json:"from"`
	Until    string   `db:"until_on" json:"until,omitempty" doc:"the last day of its term"`
	Version  int64    `db:"version" json:"version"`
	Members  []Member `db:"-" json:"members"`
	Meetings int64    `db:"-" json:"meetings" doc:"how many were held"`
	LastMet  string   `db:"-" json:"last_met,omitempty"`
}

// Member is somebody in a party branch. The name is written there alone: a member need not have an account.
type Member struct {
	ID    string `db:"id" json:"id"`
	Party string `db:"party_id" json:"-"`
	Name  string `db:"name" json:"name"`
	Duty  string `db:"duty" json:"duty" enum:"secretary,deputy,committee,member"`
	From  string `db:"from_on" json:"from"`
	Until string `db:"until_on" json:"until,omitempty"`
}

// on reports whether somebody is a member on a day.
func (m Member) on(day string) bool { return m.From <= day && (m.Until == "" || m.Until >= day) }

const (
	partyColumns  = `p.id, p.station_id, p.unit_id, p.name, p.from_on, p.until_on, p.version`
	memberColumns = `m.id, m.party_id, m.name, m.duty, m.from_on, m.until_on`
	// who leads the station sees every branch there, a unit its own
	partyInScope = ` WHERE EXISTS (SELECT 1 FROM org_scope o WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
		AND (o.node_id = p.station_id OR o.node_id = p.unit_id))`
)

// Parties is a list of them.
type Parties struct {
	Items []Party `json:"items"`
}

// Parties lists the party branches in scope, at most 500.
func (s *Service) Parties(ctx context.Context, in TeamFilter) (out Parties, err error) {
	who, err := audit.Require(ctx, "party.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		where, args := partyInScope, []any{who.Node, tx.Today(), tx.Today()}
		if in.Station != "" {
			where, args = where+" AND p.station_id = ?", append(args, in.Station)
		}
		if out.Items, err = db.All[Party](ctx, tx, `SELECT `+partyColumns+` FROM station_party p`+where+` ORDER BY p.station_id, p.unit_id, p.id LIMIT 500`, args...); err != nil {
			return err
		}
		return fillParties(ctx, tx, out.Items)
	})
	return out, err
}

// PartyID names one.
type PartyID struct {
	ID string `path:"id" json:"id" maxLength:"40"`
}

// Party gives one party branch with everybody who ever was in it. Fault: not_found.
func (s *Service) Party(ctx context.Context, in PartyID) (out Party, err error) {
	who, err := audit.Require(ctx, "party.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = partyByID(ctx, tx, who, in.ID)
		return err
	})
	return out, err
}

func partyByID(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Party, error) {
	p, err := db.One[Party](ctx, tx, `SELECT `+partyColumns+` FROM station_party p`+partyInScope+` AND p.id = ?`, who.Node, tx.Today(), tx.Today(), id)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "not_found", "没有这个党支部。", "There is no such party branch.")
	}
	if err != nil {
		return p, err
	}
	one := []Party{p}
	err = fillParties(ctx, tx, one)
	return one[0], err
}

func fillParties(ctx context.Context, tx *db.Tx, list []Party) error {
	if len(list) == 0 {
		return nil
	}
	at, ids := map[string]int{}, []string{}
	for i, p := range list {
		at[p.ID], ids = i, append(ids, p.ID)
	}
	members, err := db.All[Member](ctx, tx, `SELECT `+memberColumns+` FROM station_party_member m WHERE m.party_id IN `+db.In(len(ids))+`
		ORDER BY CASE m.duty WHEN 'secretary' THEN 1 WHEN 'deputy' THEN 2 WHEN 'committee' THEN 3 ELSE 4 END, m.from_on, m.id`, db.Args(ids)...)
	if err != nil {
		return err
	}
	for _, m := range members {
		list[at[m.Party]].Members = append(list[at[m.Party]].Members, m)
	}
	type met struct {
		Party string `db:"party_id"`
		Count int64  `db:"n"`
		Last  string `db:"last_on"`
	}
	held, err := db.All[met](ctx, tx, `SELECT party_id, COUNT(*) AS n, MAX(held_on) AS last_on FROM station_meeting WHERE party_id IN `+db.In(len(ids))+` GROUP BY party_id`, db.Args(ids)...)
	for _, h := range held {
		list[at[h.Party]].Meetings, list[at[h.Party]].LastMet = h.Count, h.Last
	}
	return err
}

// secretary is the one in office on a day, if any.
func (p Party) secretary(day string) string {
	for _, m := range p.Members {
		if m.Duty == "secretary" && m.on(day) {
			return m.Name
		}
	}
	return ""
}

// now are the members on a day.
func (p Party) now(day string) []Member {
	var out []Member
	for _, m := range p.Members {
		if m.on(day) {
			out = append(out, m)
		}
	}
	return out
}

// NewParty is what founding a party branch needs.
type NewParty struct {
	Station string `json:"station" maxLength:"32"`
	Unit    string `json:"unit,omitempty" maxLength:"12" doc:"none: the general branch of the station"`
	Name    string `json:"name" maxLength:"60"`
	From    string `json:"from" format:"date"`
	Until   string `json:"until,omitempty" format:"date" doc:"the last day of its term"`
}

// FoundParty founds a temporary party branch: that of a unit in one's scope, or the general branch of a station in one's scope.
// Fault: Invalid (not_your_station, not_your_unit).
func (s *Service) FoundParty(ctx context.Context, in NewParty) (out Party, err error) {
	who, err := audit.Require(ctx, "party.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		var c fault.Checks
		in.Name = strings.TrimSpace(in.Name)
		c.Require("name", in.Name, "名称", "The name")
		c.AtMost("name", in.Name, 60)
		checkTerm(&c, in.From, in.Until)
		if _, err := ByID(ctx, tx, in.Station); fault.Is(err, fault.NotFound) {
			c.Add("station", "unknown_station", "没有这个驻点。", "There is no such station.")
		} else if err != nil {
			return err
		}
		if err := org.Require(ctx, tx, who.Node, cmp.Or(in.Unit, in.Station)); err != nil {
			field := "station"
			if in.Unit != "" {
				field = "unit"
			}
			c.Add(field, "not_yours", "总支由驻点设；支部请选您范围内的单位。", "The station founds the general branch; for another one choose a unit of yours.")
		}
		if err := c.Err(); err != nil {
			return err
		}
		out = Party{ID: tx.ID(), Station: in.Station, Unit: in.Unit, Name: in.Name, From: in.From, Until: in.Until, Version: 1, Members: []Member{}}
		if err := db.Insert(ctx, tx, "station_party", out); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "party.found", "party/"+out.ID, nil, map[string]string{"station": out.Station, "unit": out.Unit})
	})
	return out, err
}

func checkTerm(c *fault.Checks, from, until string) {
	checkDay(c, "from", from, true)
	checkDay(c, "until", until, false)
	if until != "" && until < from {
		c.Add("until", "before_start", "结束日期早于开始日期。", "It ends before it starts.")
	}
}

// NewMember is somebody who joins a party branch.
type NewMember struct {
	Party string `json:"party" maxLength:"40"`
	Name  string `json:"name" maxLength:"40"`
	Duty  string `json:"duty" enum:"secretary,deputy,committee,member"`
	From  string `json:"from" format:"date"`
}

// AddMember enters a member; a branch has one secretary at a time.
// Faults: not_found; Invalid (one_secretary).
func (s *Service) AddMember(ctx context.Context, in NewMember) (Party, error) {
	return s.stepParty(ctx, in.Party, "party.join", func(ctx context.Context, tx *db.Tx, p Party) error {
		var c fault.Checks
		m := Member{ID: tx.ID(), Party: p.ID, Name: strings.TrimSpace(in.Name), Duty: in.Duty, From: in.From}
		c.Require("name", m.Name, "姓名", "The name")
		c.AtMost("name", m.Name, 40)
		checkDay(&c, "from", in.From, true)
		switch in.Duty {
		case "secretary":
			for _, x := range p.Members {
				if x.Duty == "secretary" && (x.Until == "" || x.Until >= in.From) {
					c.Add("duty", "one_secretary", "这时已有书记，先为其办离任。", "There is a secretary at that time; end that office first.")
				}
			}
		case "deputy", "committee", "member":
		default:
			c.Add("duty", "not_a_choice", "请选择党内职务。", "Choose the office.")
		}
		if err := c.Err(); err != nil {
			return err
		}
		return db.Insert(ctx, tx, "station_party_member", m)
	})
}

// EndMember is the last day of somebody in a party branch.
type EndMember struct {
	Party  string `json:"party" maxLength:"40"`
	Member string `json:"member" maxLength:"40"`
	Until  string `json:"until" format:"date" doc:"the last day"`
}

// EndMember enters that somebody left a party branch.
// Faults: not_found; Invalid (before_start).
func (s *Service) EndMember(ctx context.Context, in EndMember) (Party, error) {
	return s.stepParty(ctx, in.Party, "party.leave", func(ctx context.Context, tx *db.Tx, p Party) error {
		for _, m := range p.Members {
			if m.ID != in.Member || m.Until != "" {
				continue
			}
			var c fault.Checks
			checkDay(&c, "until", in.Until, true)
			if in.Until < m.From {
				c.Add("until", "before_start", "结束日期早于开始日期。", "It ends before it starts.")
			}
			if err := c.Err(); err != nil {
				return err
			}
			return db.Do(ctx, tx, `UPDATE station_party_member SET until_on = ? WHERE id = ?`, in.Until, m.ID)
		}
		return fault.New(fault.NotFound, "not_found", "没有这名在任党员。", "There is no such member in office.")
	})
}

// stepParty changes a party branch; the trail says that, never who.
func (s *Service) stepParty(ctx context.Context, id, action string, do func(context.Context, *db.Tx, Party) error) (out Party, err error) {
	who, err := audit.Require(ctx, "party.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		// locks the branch, so that two who appoint a secretary see each other
		if err := db.Do(ctx, tx, `UPDATE station_party SET version = version + 1 WHERE id = ?`, id); err != nil {
			return err
		}
		if out, err = partyByID(ctx, tx, who, id); err != nil {
			return err
		}
		if err := do(ctx, tx, out); err != nil {
			return err
		}
		if out, err = partyByID(ctx, tx, who, id); err != nil {
			return err
		}
		return audit.Note(ctx, tx, action, "party/"+id, nil, map[string]int{"members": len(out.now(tx.Today()))})
	})
	return out, err
}
