package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

// claimInScope reads one claim that the actor may see; out of scope and absent look alike.
func (s *Service) claimInScope(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Claim, error) {
	return db.One[Claim](ctx, tx, `SELECT `+claimColumns+` FROM verify_claim c
		JOIN org_scope o ON o.node_id = c.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? WHERE c.id = ?`,
		who.Node, tx.Today(), tx.Today(), id)
}

// Queue asks for claims: those that wait for the actor's level unless State says otherwise.
type Queue struct {
	db.Page
	State string `query:"state" json:"state,omitempty" enum:"waiting,returned,mine,filed,reviewed,recognised,withdrawn,doubt,all" default:"waiting"`
	Kind  string `query:"kind" json:"kind,omitempty"`
	Late  bool   `query:"late" json:"late,omitempty" doc:"only what is past its day"`
	Flag  bool   `query:"flag" json:"flag,omitempty" doc:"only what a rule noticed"`
	Big   bool   `query:"big" json:"big,omitempty" doc:"only money of 100 million yuan and more"`
	Team  string `query:"team" json:"team,omitempty" doc:"only the records of this team, unit or other node"`
	Day   string `query:"day" json:"day,omitempty" doc:"only what happened on this day"`
	Order string `query:"order" json:"order,omitempty" enum:"risk,due" default:"risk" doc:"the most doubtful first, or the most urgent"`

	single bool // leave out the kinds that are judged in groups
	live   bool // leave out what is recognised or withdrawn
}

// Queued is a claim in a list, with the number of findings of its round.
type Queued struct {
	Claim
	Findings int64 `db:"findings" json:"findings"`
}

// Claims is one part of a list; Next is the cursor of the part after it, empty at the end.
type Claims struct {
	Items []Queued `json:"items"`
	Next  string   `json:"next,omitempty"`
}

// Inbox lists claims, the most doubtful first and then by deadline. Nothing outside the actor's scope is in it.
func (s *Service) Inbox(ctx context.Context, in Queue) (out Claims, err error) {
	who, err := audit.Require(ctx, "claim.read")
	if err != nil {
		return out, err
	}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(3)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Items, err = in.read(ctx, tx, who, key, size)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		last := out.Items[size-1]
		out.Next = in.order().cursor(last.Claim)
	}
	return out, err
}

// read gives up to size claims after a key, and one more when there are more.
func (in Queue) read(ctx context.Context, tx *db.Tx, who audit.Actor, key []string, size int) ([]Queued, error) {
	where, args := in.where(who, tx.Today())
	if key != nil {
		after, more, err := in.order().after(key)
		if err != nil {
			return nil, err
		}
		where = append(where, after)
		args = append(args, more...)
	}
	return db.All[Queued](ctx, tx, `SELECT `+claimColumns+`,
		(SELECT count(*) FROM verify_finding f WHERE f.claim_id = c.id AND f.round = c.round) AS findings
		FROM verify_claim c `+inScope+` WHERE `+strings.Join(where, " AND ")+` ORDER BY `+in.order().by()+` LIMIT ?`,
		append(append([]any{who.Node, tx.Today(), tx.Today()}, args...), size+1)...)
}

const inScope = `JOIN org_scope o ON o.node_id = c.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?`

// count gives the length of a queue, up to a bound that no page shows exactly.
func (in Queue) count(ctx context.Context, tx *db.Tx, who audit.Actor) (int64, error) {
	where, args := in.where(who, tx.Today())
	return db.One[int64](ctx, tx, `SELECT count(*) FROM (SELECT c.id FROM verify_claim c `+inScope+` WHERE `+strings.Join(where, " AND ")+` LIMIT 1000) d`,
		append([]any{who.Node, tx.Today(), tx.Today()}, args...)...)
}

// money is the sum of the money in a queue, in fen.
func (in Queue) money(ctx context.Context, tx *db.Tx, who audit.Actor) (int64, error) {
	where, args := in.where(who, tx.Today())
	return db.One[int64](ctx, tx, `SELECT CAST(COALESCE(sum(c.delta), 0) AS BIGINT) FROM verify_claim c `+inScope+`
		WHERE c.measure IN ('contract.amount', 'funds.received') AND `+strings.Join(where, " AND "),
		append([]any{who.Node, tx.Today(), tx.Today()}, args...)...)
}

// where gives the conditions of a queue for a person on a day.
func (in Queue) where(who audit.Actor, today string) ([]string, []any) {
	where, args := []string{"1 = 1"}, []any{}
	add := func(cond string, more ...any) {
		where = append(where, cond)
		args = append(args, more...)
	}
	switch in.State {
	case "", "waiting":
		cond, more := waitingFor(who)
		add(cond, more...)
	case "mine":
		add("c.filed_by = ?", who.Person)
	case "returned":
		add("c.state = 'returned'")
	case "doubt":
		add("c.doubt <> ''")
	case "all":
	default:
		add("c.state = ?", in.State)
	}
	if in.Kind != "" {
		add("c.kind = ?", in.Kind)
	}
	if in.Late {
		add("c.due_on <> '' AND c.due_on < ?", today)
	}
	if in.Flag {
		add("EXISTS (SELECT 1 FROM verify_finding f WHERE f.claim_id = c.id AND f.round = c.round)")
	}
	if in.Big {
		add("c.measure IN ('contract.amount', 'funds.received') AND c.delta >= 10000000000")
	}
	if in.Team != "" {
		add("c.node_id = ?", in.Team)
	}
	if in.Day != "" {
		add("c.occurred_on = ?", in.Day)
	}
	if in.live {
		add("c.state IN ('filed', 'reviewed', 'returned')")
	}
	if in.single {
		add("c.kind <> 'visit'")
	}
	return where, args
}

// Group is the visits of one team on one day that wait together.
type Group struct {
	Team     string `db:"node_id" json:"team"`
	Day      string `db:"occurred_on" json:"day"`
	DueOn    string `db:"due_on" json:"due_on"`
	N        int64  `db:"n" json:"visits"`
	Findings int64  `db:"findings" json:"findings"` // visits that a rule noticed
}

// maxGroups is how many groups of visits an inbox shows.
const maxGroups = 60

// groups gathers the waiting visits by team and day, the most urgent first.
func (in Queue) groups(ctx context.Context, tx *db.Tx, who audit.Actor) ([]Group, error) {
	in.Kind = "visit"
	where, args := in.where(who, tx.Today())
	return db.All[Group](ctx, tx, `SELECT c.node_id, c.occurred_on, min(c.due_on) AS due_on, count(*) AS n,
		CAST(sum(CASE WHEN EXISTS (SELECT 1 FROM verify_finding f WHERE f.claim_id = c.id AND f.round = c.round) THEN 1 ELSE 0 END) AS BIGINT) AS findings
		FROM verify_claim c JOIN org_scope o ON o.node_id = c.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
		WHERE `+strings.Join(where, " AND ")+` GROUP BY c.node_id, c.occurred_on ORDER BY max(c.risk) DESC, min(c.due_on), c.occurred_on, c.node_id LIMIT ?`,
		append(append([]any{who.Node, tx.Today(), tx.Today()}, args...), maxGroups)...)
}

// waitingFor: the claims whose next level the person's permissions cover, not filed or judged by that person.
func waitingFor(who audit.Actor) (string, []any) {
	var either []string
	for _, route := range []Route{FieldRoute, ProjectRoute} {
		for state, level := range map[State]ledger.Book{Filed: ledger.Reviewed, Reviewed: ledger.Recognised} {
			if who.May(permission(level, route)) {
				either = append(either, fmt.Sprintf("(c.state = '%s' AND c.route = '%s')", state, route))
			}
		}
	}
	for _, route := range []Route{FieldRoute, ProjectRoute} {
		if who.May(permission(ledger.Recognised, route)) {
			either = append(either, fmt.Sprintf("(c.state = 'filed' AND c.route = '%s' AND c.appealed_against <> '')", route))
		}
	}
	if who.May(permission(ledger.Recognised, ProjectRoute)) {
		either = append(either, "(c.state = 'filed' AND c.route = 'project' AND (c.city = '' OR c.city = c.unit_id))")
	}
	if len(either) == 0 {
		return "1 = 0", nil
	}
	slices.Sort(either)
	return "(" + strings.Join(either, " OR ") + `) AND c.filed_by <> ? AND c.appealed_against <> ?
		AND NOT EXISTS (SELECT 1 FROM verify_step x WHERE x.claim_id = c.id AND x.round = c.round AND x.verdict = 'pass' AND x.person_id = ?)`,
		[]any{who.Person, who.Person, who.Person}
}

// Waiting counts what waits for the person, up to a bound that no page shows exactly, and what of it is late.
func (s *Service) Waiting(ctx context.Context, tx *db.Tx, who audit.Actor) (waiting, late int64, err error) {
	cond, args := waitingFor(who)
	type row struct {
		N    int64 `db:"n"`
		Late int64 `db:"late"`
	}
	r, err := db.One[row](ctx, tx, `SELECT count(*) AS n, CAST(COALESCE(sum(CASE WHEN d.due_on < ? THEN 1 ELSE 0 END), 0) AS BIGINT) AS late FROM (
		SELECT c.due_on FROM verify_claim c JOIN org_scope o ON o.node_id = c.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?
		WHERE `+cond+` LIMIT 1000) d`, append([]any{tx.Today(), who.Node, tx.Today(), tx.Today()}, args...)...)
	return r.N, r.Late, err
}

// Dossier is a claim with everything a verdict needs to see.
type Dossier struct {
	Claim    Claim      `json:"claim"`
	Round    Round      `json:"round"`
	Steps    []Step     `json:"steps"` // of every round, oldest first
	Rounds   []Round    `json:"rounds"`
	Evidence []Evidence `json:"evidence"` // of the current round
	Findings []Finding  `json:"findings"`
	Appeal   *Appeal    `json:"appeal,omitempty"` // that opened the current round
	MayJudge bool       `json:"may_judge"`
	WhyNot   string     `json:"why_not,omitempty"` // code of the reason there are no buttons
}

// ByID names a claim.
type ByID struct {
	ID string `path:"id" json:"id"`
}

// Open gives a claim with its rounds, verdicts, evidence and findings.
func (s *Service) Open(ctx context.Context, in ByID) (out Dossier, err error) {
	who, err := audit.Require(ctx, "claim.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = s.dossier(ctx, tx, who, in.ID)
		return err
	})
	return out, err
}

func (s *Service) dossier(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (out Dossier, err error) {
	if out.Claim, err = s.claimInScope(ctx, tx, who, id); err != nil {
		return out, err
	}
	if out.Rounds, err = db.All[Round](ctx, tx, `SELECT claim_id, round, content, content_hash, evidence_hash, filed_by, filed_account, filed_at
		FROM verify_round WHERE claim_id = ? ORDER BY round`, id); err != nil {
		return out, err
	}
	out.Round = out.Rounds[len(out.Rounds)-1]
	if out.Steps, err = db.All[Step](ctx, tx, stepQuery+` WHERE claim_id = ? ORDER BY round, seq`, id); err != nil {
		return out, err
	}
	if out.Evidence, err = db.All[Evidence](ctx, tx, `SELECT id, claim_id, round, blob, name, type, size, added_by, added_at
		FROM verify_evidence WHERE claim_id = ? AND round = ? ORDER BY id`, id, out.Claim.Round); err != nil {
		return out, err
	}
	if out.Findings, err = db.All[Finding](ctx, tx, `SELECT claim_id, round, rule, version, risk, title_zh, title_en, detail_zh, detail_en
		FROM verify_finding WHERE claim_id = ? AND round = ? ORDER BY risk DESC, rule`, id, out.Claim.Round); err != nil {
		return out, err
	}
	out.MayJudge, out.WhyNot = judgeable(who, out)
	out.Appeal, err = appealOf(ctx, tx, out.Claim)
	return out, err
}

func judgeable(who audit.Actor, d Dossier) (bool, string) {
	if err := atLevel(who, d.Claim); err != nil {
		return false, fault.Of(err).Code
	}
	var current []Step
	for _, s := range d.Steps {
		if s.Round == d.Claim.Round {
			current = append(current, s)
		}
	}
	if err := fourEyes(who.Person, d.Claim, current); err != nil {
		return false, fault.Of(err).Code
	}
	return true, ""
}

// ClaimOf gives the claim of a subject, for features that show its seals; false when nothing was filed.
// The caller has checked that the actor may see the subject.
func ClaimOf(ctx context.Context, tx *db.Tx, subject string) (Claim, bool, error) {
	return db.Maybe[Claim](ctx, tx, `SELECT `+claimColumns+` FROM verify_claim c WHERE c.subject = ?`, subject)
}

// ClaimsOf gives the claims of many subjects, by subject.
func ClaimsOf(ctx context.Context, tx *db.Tx, subjects []string) (map[string]Claim, error) {
	out := map[string]Claim{}
	for part := range slices.Chunk(subjects, 500) {
		err := db.Each(ctx, tx, `SELECT `+claimColumns+` FROM verify_claim c WHERE c.subject IN `+db.In(len(part)), db.Args(part), func(c Claim) error {
			out[c.Subject] = c
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// StepsOf gives the verdicts on a claim's rounds, oldest first.
func StepsOf(ctx context.Context, tx *db.Tx, claim string) ([]Step, error) {
	return db.All[Step](ctx, tx, stepQuery+` WHERE claim_id = ? ORDER BY round, seq`, claim)
}

// CurrentHash gives the content hash of a claim's current round, which a decision must name.
func CurrentHash(ctx context.Context, tx *db.Tx, claim string) (string, error) {
	return db.One[string](ctx, tx, `SELECT r.content_hash FROM verify_round r JOIN verify_claim c ON c.id = r.claim_id AND c.round = r.round WHERE c.id = ?`, claim)
}

// Subjects tells what claims are about, for those that lie under root.
func (s *Service) Subjects(ctx context.Context, tx *db.Tx, root string, ids []string) (map[string]ledger.Subject, error) {
	out := map[string]ledger.Subject{}
	for part := range slices.Chunk(ids, 500) {
		args := append([]any{root, tx.Today(), tx.Today()}, db.Args(part)...)
		err := db.Each(ctx, tx, `SELECT c.id, c.subject, c.title, c.state FROM verify_claim c
			JOIN org_scope o ON o.node_id = c.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? WHERE c.id IN `+db.In(len(part)), args,
			func(x ledger.Subject) error {
				out[x.Claim] = x
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// HashesOf gives the content hashes of the current rounds of many claims, by claim.
func HashesOf(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error) {
	type row struct {
		Claim string `db:"claim_id"`
		Hash  string `db:"content_hash"`
	}
	out := map[string]string{}
	for part := range slices.Chunk(ids, 500) {
		err := db.Each(ctx, tx, `SELECT r.claim_id, r.content_hash FROM verify_round r JOIN verify_claim c ON c.id = r.claim_id AND c.round = r.round
			WHERE c.id IN `+db.In(len(part)), db.Args(part), func(r row) error {
			out[r.Claim] = r.Hash
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
