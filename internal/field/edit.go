package field

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
)

// EditVisit changes a visit: the whole record as it is to be, and the version it was read at. Its team stays.
type EditVisit struct {
	Record
	Version int64 `json:"version" doc:"as last seen"`
}

// EditVisit applies a change. What a claim binds follows the rules of claims: before recognition the record changes and
// checking starts again; after it, the recognised version stands until the correction is recognised. Evidence given
// before goes along with what is added.
// Faults: not_found, stale, Invalid, already_visited, under_correction, recognised_counts, period_closed.
func (s *Service) EditVisit(ctx context.Context, in EditVisit) (out VisitRecord, err error) {
	who, err := audit.Require(ctx, "visit.edit")
	if err != nil {
		return out, err
	}
	if err := verify.Stored(ctx, s.Files, in.Evidence); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		old, err := visitRecord(ctx, tx, who.Node, in.ID)
		if err != nil {
			return err
		}
		in.Team = old.Team
		if in.Version != old.Version {
			return staleVisit(old, in.Record)
		}
		if err := editVisit(ctx, tx, old, in.Record); err != nil {
			return err
		}
		out, err = visitRecord(ctx, tx, who.Node, in.ID)
		return err
	})
	return out, err
}

// staleVisit names the fields in which what somebody else saved differs from what is being saved.
func staleVisit(old VisitRecord, in Record) error {
	f := fault.New(fault.Conflict, "stale", "别人刚改过这条记录，没有写入。下面标出了现在的内容；核对后再保存。",
		"Somebody changed this record meanwhile; nothing was written. The present values stand below; compare and save again.")
	for _, x := range []struct{ name, have, want string }{
		{"day", old.Day, in.Day},
		{"way", old.Way, in.Way},
		{"intent", old.Intent, in.Intent},
		{"said", old.Said, in.Said},
		{"wants", old.Wants, in.Wants},
		{"next_step", old.NextStep, in.NextStep},
		{"next_on", old.NextOn, in.NextOn},
		{"purpose", old.Purpose, in.Purpose},
		{"address", old.Address, in.Address},
		{"from", old.From, in.From},
		{"to", old.To, in.To},
		{"company", old.Company, in.Company},
	} {
		if strings.TrimSpace(x.have) != strings.TrimSpace(x.want) {
			f.Fields = append(f.Fields, fault.Field{
				Name: x.name, Code: "changed", Fix: x.have,
				Words: fault.Words{ZH: "现在是“" + x.have + "”。", EN: "Now it says “" + x.have + "”."},
			})
		}
	}
	return f
}

func editVisit(ctx context.Context, tx *db.Tx, old VisitRecord, in Record) error {
	k, err := knowVisits(ctx, tx, []Record{in})
	if err != nil {
		return err
	}
	if err := k.checkVisit(in, tx.Today()); err != nil {
		return err
	}
	next := k.changed(old.Visit, in)
	teams := teamsOf(next, in)
	if err := freeDay(ctx, tx, next, teams); err != nil {
		return err
	}
	counts := !slices.Equal(bound(old.Visit), bound(next)) || !slices.Equal(old.With, in.With) || len(in.Evidence) > 0
	shown, shownTeams := next, teams
	if counts && (old.Claim != nil || next.Counts()) {
		stands, err := k.refile(ctx, tx, old, next, teams, in)
		if err != nil {
			return err
		}
		if stands {
			shown = keepBound(next, old.Visit)
			shownTeams = nil
		}
	}
	if err := saveVisit(ctx, tx, shown, shownTeams); err != nil {
		return err
	}
	if err := saveOfficers(ctx, tx, next.ID, in.Officers); err != nil {
		return err
	}
	return audit.Note(ctx, tx, "visit.edit", old.Subject(), digestOf(old.Visit), digestOf(next))
}

// changed is the visit as the edit wants it.
func (k *known) changed(v Visit, in Record) Visit {
	firm := k.companies[in.Company]
	v.Company, v.Kind, v.Day, v.Way, v.Visited = firm.ID, firm.Kind, in.Day, in.Way, in.Visited
	v.Batch = k.batchOn(v.Station, in.Day)
	if v.Visited == "" {
		v.Visited = k.stations[v.Station].Region
	}
	v.From, v.To, v.Purpose, v.Address, v.Contact, v.MetLevel = in.From, in.To, clean(in.Purpose), clean(in.Address), in.Contact, in.MetLevel
	v.Said, v.Intent, v.Wants = strings.TrimSpace(in.Said), in.Intent, strings.TrimSpace(in.Wants)
	v.NextStep, v.NextOn = clean(in.NextStep), in.NextOn
	return v
}

// bound are the fields that a verdict binds.
func bound(v Visit) []string {
	return []string{v.Company, v.Kind, v.Batch, v.Day, v.Way, v.Visited, v.Intent, v.Said, v.Wants}
}

// keepBound is next with the fields that a verdict binds as they are now.
func keepBound(next, now Visit) Visit {
	next.Company, next.Kind, next.Batch, next.Day, next.Way, next.Visited = now.Company, now.Kind, now.Batch, now.Day, now.Way, now.Visited
	next.Intent, next.Said, next.Wants = now.Intent, now.Said, now.Wants
	return next
}

// digestOf is what the trail keeps of a visit: what was said only as a digest.
func digestOf(v Visit) map[string]any {
	return map[string]any{
		"company": v.Company, "day": v.Day, "way": v.Way, "visited": v.Visited, "intent": v.Intent,
		"said": verify.Digest(v.Said), "wants": verify.Digest(v.Wants), "next_on": v.NextOn,
	}
}

// refile files the changed visit. It reports true when the recognised version stands meanwhile.
func (k *known) refile(ctx context.Context, tx *db.Tx, old VisitRecord, next Visit, teams []visitTeam, in Record) (bool, error) {
	standing := old.Claim != nil && old.Claim.Standing > 0
	if !next.Counts() {
		if standing {
			return false, fault.BadField("way", "recognised_counts", "这次走访已经认定，不能改成不计入的方式；要撤销请找认定一级。",
				"This visit is recognised; it cannot become one that does not count. Ask the recognising level to withdraw it.")
		}
		who, _ := audit.Who(ctx)
		if old.Claim.State == verify.Withdrawn {
			return false, nil
		}
		_, err := verify.TakeBack(ctx, tx, who, next.Subject(), "does not count")
		return false, err
	}
	f, err := k.filing(next, teams, in)
	if err != nil {
		return false, err
	}
	if old.Claim != nil {
		before, err := verify.EvidenceOf(ctx, tx, *old.Claim)
		if err != nil {
			return false, err
		}
		f.Evidence = append(before, f.Evidence...)
	}
	if _, err := verify.File(ctx, tx, []verify.Filing{f}); err != nil {
		return false, err
	}
	if !standing {
		return false, nil
	}
	return true, keepPending(ctx, tx, next.ID, in)
}

// freeDay refuses another visit of the same organisation by the same team on the same day.
func freeDay(ctx context.Context, tx *db.Tx, v Visit, teams []visitTeam) error {
	for _, t := range teams {
		_, taken, err := db.Maybe[string](ctx, tx, `SELECT visit_id FROM field_visit_team WHERE company_id = ? AND day = ? AND team_id = ? AND visit_id <> ?`,
			t.Company, t.Day, t.Team, v.ID)
		if err != nil {
			return err
		}
		if taken {
			return alreadyVisited()
		}
	}
	return nil
}

// saveVisit writes a visit over the version it was read at, and its teams unless they are nil. Fault: stale.
func saveVisit(ctx context.Context, tx *db.Tx, v Visit, teams []visitTeam) error {
	n, err := db.Exec(ctx, tx, `UPDATE field_visit SET batch_id = ?, company_id = ?, kind = ?, day = ?, from_time = ?, to_time = ?, way = ?, purpose = ?, visited = ?,
		address = ?, contact_id = ?, met_level = ?, said = ?, intent = ?, wants = ?, next_step = ?, next_on = ?, version = version + 1 WHERE id = ? AND version = ?`,
		v.Batch, v.Company, v.Kind, v.Day, v.From, v.To, v.Way, v.Purpose, v.Visited, v.Address, v.Contact, v.MetLevel, v.Said, v.Intent, v.Wants,
		v.NextStep, v.NextOn, v.ID, v.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改。", "Somebody changed this meanwhile; reload and try again.")
	}
	if teams == nil {
		return nil
	}
	if _, err := db.Exec(ctx, tx, `DELETE FROM field_visit_team WHERE visit_id = ?`, v.ID); err != nil {
		return err
	}
	return db.Insert(ctx, tx, "field_visit_team", teams)
}

func saveOfficers(ctx context.Context, tx *db.Tx, id string, officers []Officer) error {
	if _, err := db.Exec(ctx, tx, `DELETE FROM field_visit_person WHERE visit_id = ?`, id); err != nil {
		return err
	}
	return db.Insert(ctx, tx, "field_visit_person", officerRows(id, officers))
}

func officerRows(id string, officers []Officer) []visitPerson {
	var out []visitPerson
	for i, o := range officers {
		person := o.Person
		if person == "" {
			person = fmt.Sprintf("name %d", i)
		}
		out = append(out, visitPerson{id, person, clean(o.Name)})
	}
	return out
}

type pending struct {
	Visit   string `db:"visit_id"`
	Body    string `db:"body"`
	FiledBy string `db:"filed_by"`
	FiledAt int64  `db:"filed_at"`
}

func keepPending(ctx context.Context, tx *db.Tx, id string, in Record) error {
	who, _ := audit.Who(ctx)
	in.Evidence, in.Late = nil, ""
	raw, err := json.Marshal(in)
	if err != nil {
		return fault.Wrap(err, "encode a correction")
	}
	return db.Upsert(ctx, tx, "field_visit_pending", pending{id, string(raw), who.Person, db.Micros(tx.Now())},
		"ON CONFLICT (visit_id) DO UPDATE SET body = excluded.body, filed_by = excluded.filed_by, filed_at = excluded.filed_at")
}

func pendingOf(ctx context.Context, tx *db.Tx, id string) (*Record, error) {
	p, ok, err := db.Maybe[pending](ctx, tx, `SELECT visit_id, body, filed_by, filed_at FROM field_visit_pending WHERE visit_id = ?`, id)
	if err != nil || !ok {
		return nil, err
	}
	var in Record
	return &in, fault.Wrap(json.Unmarshal([]byte(p.Body), &in), "read a correction")
}

// Apply makes a recognised correction of a visit, tour or event the record's content. What was said comes from what the filer stored,
// and must be what the verdicts were bound to.
func (s *Service) Apply(ctx context.Context, tx *db.Tx, subject, text string) error {
	kind, id, _ := strings.Cut(subject, "/")
	if kind == "tour" {
		return applyTour(ctx, tx, id, text)
	}
	if kind == "event" {
		return applyEvent(ctx, tx, id, text)
	}
	in, err := pendingOf(ctx, tx, id)
	if err != nil {
		return err
	}
	var bound struct{ Said, Wants, Company, Day string }
	if err := json.Unmarshal([]byte(text), &bound); err != nil {
		return fault.Wrap(err, "read a recognised correction")
	}
	if in == nil || verify.Digest(strings.TrimSpace(in.Said)) != bound.Said || verify.Digest(strings.TrimSpace(in.Wants)) != bound.Wants || in.Company != bound.Company || in.Day != bound.Day {
		return fault.Wrap(fmt.Errorf("the correction of %s is not what was verified", subject), "apply a correction")
	}
	old, err := db.One[Visit](ctx, tx, `SELECT `+visitColumns+` FROM field_visit v WHERE v.id = ?`, id)
	if err != nil {
		return err
	}
	k, err := knowVisits(ctx, tx, []Record{*in})
	if err != nil {
		return err
	}
	next := k.changed(old, *in)
	next.NextStep, next.NextOn = old.NextStep, old.NextOn // may have moved on since
	if err := saveVisit(ctx, tx, next, teamsOf(next, *in)); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, tx, `DELETE FROM field_visit_pending WHERE visit_id = ?`, id); err != nil {
		return err
	}
	return audit.Note(ctx, tx, "visit.applied", subject, digestOf(old), digestOf(next))
}

// Retract is taking back one's own filing.
type Retract struct {
	ID     string `json:"id"`
	Reason string `json:"reason" maxLength:"200"`
}

// RetractVisit takes back the claim of a visit that was not recognised: the record stays and no longer counts.
// Faults: not_found, not_yours, already_recognised, not_waiting, reason required.
func (s *Service) RetractVisit(ctx context.Context, in Retract) (out VisitRecord, err error) {
	who, err := audit.Require(ctx, "visit.edit")
	if err != nil {
		return out, err
	}
	var c fault.Checks
	if err := c.Require("reason", in.Reason, "撤回理由", "A reason").Err(); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		v, err := visitInScope(ctx, tx, who.Node, in.ID)
		if err != nil {
			return err
		}
		if _, err := verify.TakeBack(ctx, tx, who, v.Subject(), in.Reason); err != nil {
			return err
		}
		out, err = visitRecord(ctx, tx, who.Node, in.ID)
		return err
	})
	return out, err
}
