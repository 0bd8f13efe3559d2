package verify

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
)

// Verdict is what a verifier says.
type Verdict string

// The verdicts. A doubt sets the claim aside with a reason; it still waits for its level.
const (
	Pass     Verdict = "pass"
	Return   Verdict = "return"
	Doubt    Verdict = "doubt"
	withdraw Verdict = "withdraw"
)

// Decision is a verdict on the content the verifier saw.
type Decision struct {
	Claim       string  `json:"claim"`
	Verdict     Verdict `json:"verdict" enum:"pass,return,doubt"`
	Reason      string  `json:"reason,omitempty"`
	ContentHash string  `json:"content_hash" doc:"of the round that was read; another round in the meantime is a conflict"`
}

// Decided is a claim after its verdict.
type Decided struct {
	Claims []Claim `json:"claims"`
}

// Kind tells package verify about one kind of record.
type Kind struct {
	// Apply makes the recognised content of a correction the content of the record. It may be nil when the
	// kind cannot be corrected.
	Apply func(ctx context.Context, tx *db.Tx, subject, content string) error
	// Changed hears of each new state of a claim, in the same transaction. It may be nil.
	Changed func(ctx context.Context, tx *db.Tx, c Claim) error
	// Cases fills in what stands around claims of the kind, for the rules to look at again. It may be nil.
	Cases func(ctx context.Context, tx *db.Tx, list []Claim, into map[string]*Case) error
}

// Service decides claims.
type Service struct {
	DB    *db.DB
	Files *blob.Store  // evidence
	Names ledger.Names // nil shows codes
	// Blocks are what other packages put on the workbench, loaded by address.
	Blocks []Block

	kinds map[string]Kind
}

// Register adds a kind; features call it once when they are wired.
func (s *Service) Register(name string, k Kind) {
	if s.kinds == nil {
		s.kinds = map[string]Kind{}
	}
	s.kinds[name] = k
}

// Decide gives one verdict.
// Faults: not_allowed, not_found (also out of scope), same_person, changed_meanwhile, not_waiting, reason required.
func (s *Service) Decide(ctx context.Context, in Decision) (Claim, error) {
	out, err := s.DecideAll(ctx, Decisions{Decisions: []Decision{in}})
	if err != nil {
		return Claim{}, err
	}
	return out.Claims[0], nil
}

// Decisions are verdicts that succeed or fail together.
type Decisions struct {
	Decisions []Decision `json:"decisions" minItems:"1" maxItems:"5000"`
}

// DecideAll gives many verdicts in one transaction: all of them or none.
func (s *Service) DecideAll(ctx context.Context, in Decisions) (out Decided, err error) {
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Claims, err = s.DecideIn(ctx, tx, in.Decisions)
		return err
	})
	return out, err
}

// DecideIn is DecideAll inside the caller's transaction.
func (s *Service) DecideIn(ctx context.Context, tx *db.Tx, in []Decision) ([]Claim, error) {
	who, err := audit.Require(ctx, "claim.read")
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(in))
	for i, d := range in {
		ids[i] = d.Claim
		if err := d.check(); err != nil {
			return nil, err
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(ids)))) != len(ids) {
		return nil, fault.BadField("decisions", "repeated", "同一项在这一批里出现了两次。", "The same claim appears twice in this batch.")
	}
	if err := hold(ctx, tx, ids); err != nil {
		return nil, err
	}
	list, err := claims(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	if err := s.lookFirst(ctx, tx, list, in); err != nil {
		return nil, err
	}
	rounds, steps, err := history(ctx, tx, list)
	if err != nil {
		return nil, err
	}
	b := batch{who: who}
	if b.days, err = paceOf(ctx, tx); err != nil {
		return nil, err
	}
	seen := map[string]bool{} // nodes found to be in scope: a batch is mostly one team's
	for i, d := range in {
		if err := b.admit(ctx, tx, list[i], seen); err != nil {
			return nil, err
		}
		if err := b.judge(tx, d, list[i], rounds[list[i].ID], steps[list[i].ID]); err != nil {
			return nil, err
		}
	}
	return s.carryOut(ctx, tx, &b)
}

func (d Decision) check() error {
	var c fault.Checks
	switch d.Verdict {
	case Pass:
	case Return, Doubt:
		c.Require("reason", d.Reason, "理由，让申报人知道怎么改", "A reason, so that the filer knows what to mend")
	default:
		c.Add("verdict", "unknown", "结论只有通过、退回、存疑。", "The verdicts are pass, return and doubt.")
	}
	return c.Err()
}

// hold locks the claims by writing them, in one order.
func hold(ctx context.Context, tx *db.Tx, ids []string) error {
	sorted := slices.Sorted(slices.Values(ids))
	for part := range slices.Chunk(sorted, 500) {
		if _, err := db.Exec(ctx, tx, `UPDATE verify_claim SET round = round WHERE id IN `+db.In(len(part)), db.Args(part)...); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) admit(ctx context.Context, tx *db.Tx, c Claim, seen map[string]bool) error {
	if !seen[c.Node] {
		if err := org.Require(ctx, tx, b.who.Node, c.Node); err != nil {
			return err
		}
		seen[c.Node] = true
	}
	return atLevel(b.who, c)
}

// atLevel checks that the claim waits, and that its level is the person's.
func atLevel(who audit.Actor, c Claim) error {
	level, waiting := c.Level()
	if !waiting {
		return fault.New(fault.Conflict, "not_waiting", "这一项已有结论，不在等待核实。", "This claim is not waiting for a verdict.")
	}
	if !mayJudge(who, c, level) {
		return fault.New(fault.Forbidden, "not_your_level", "这一级核实不由您的角色办。", "This level is not your role's to decide.")
	}
	return nil
}

// permission names what a level of a route demands: claim.review.field, claim.recognise.project …
func permission(level ledger.Book, r Route) string {
	verb := "review"
	if level == ledger.Recognised {
		verb = "recognise"
	}
	return "claim." + verb + "." + string(r)
}

// mayJudge: the permission of the level, or of the next higher one where the claim's place has no unit at the level, or
// somebody of the level returned what is appealed.
func mayJudge(who audit.Actor, c Claim, level ledger.Book) bool {
	if who.May(permission(level, c.Route)) {
		return true
	}
	noCity := c.Route == ProjectRoute && (c.City == "" || c.City == c.Unit)
	return level == ledger.Reviewed && (noCity || c.Appealed()) && who.May(permission(ledger.Recognised, c.Route))
}

func history(ctx context.Context, tx *db.Tx, list []Claim) (map[string]Round, map[string][]Step, error) {
	rounds, steps := map[string]Round{}, map[string][]Step{}
	for part := range slices.Chunk(list, 500) {
		ids := make([]string, len(part))
		current := map[string]int64{}
		for i, c := range part {
			ids[i] = c.ID
			current[c.ID] = c.Round
		}
		err := db.Each(ctx, tx, `SELECT claim_id, round, content, content_hash, evidence_hash, filed_by, filed_account, filed_at
			FROM verify_round WHERE claim_id IN `+db.In(len(ids)), db.Args(ids), func(r Round) error {
			if current[r.Claim] == r.Round {
				rounds[r.Claim] = r
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		err = db.Each(ctx, tx, stepQuery+` WHERE claim_id IN `+db.In(len(ids))+` ORDER BY claim_id, round, seq`, db.Args(ids), func(x Step) error {
			if current[x.Claim] == x.Round {
				steps[x.Claim] = append(steps[x.Claim], x)
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return rounds, steps, nil
}

const stepQuery = `SELECT claim_id, round, seq, level, verdict, person_id, account_id, unit_id, at, reason, content_hash, evidence_hash, filed_by FROM verify_step`

// batch is what a set of verdicts comes to.
type batch struct {
	who     audit.Actor
	days    pace
	steps   []Step
	moved   []Claim
	content map[string]string // of corrections that were recognised
}

// judge applies the rules of one verdict; it is pure but for the clock.
func (b *batch) judge(tx *db.Tx, d Decision, c Claim, r Round, before []Step) error {
	level, _ := c.Level()
	if d.ContentHash != r.ContentHash {
		return fault.New(fault.Conflict, "changed_meanwhile", "您看过之后内容有了改动，请重新查看再下结论。",
			"The content changed after you opened it; look again before you decide.")
	}
	if err := fourEyes(b.who.Person, c, before); err != nil {
		return err
	}
	b.steps = append(b.steps, Step{
		Claim: c.ID, Round: c.Round, Seq: int64(len(before) + 1), Level: level, Verdict: d.Verdict,
		Person: b.who.Person, Account: b.who.Account, Unit: b.who.Unit, At: db.Micros(tx.Now()), Reason: strings.TrimSpace(d.Reason),
		ContentHash: r.ContentHash, EvidenceHash: r.EvidenceHash, FiledBy: c.FiledBy,
	})
	c.MovedAt, c.Doubt = db.Micros(tx.Now()), ""
	switch d.Verdict {
	case Pass:
		c.State = State(level)
		c.DueOn = ""
		if level == ledger.Reviewed {
			c.DueOn = b.days.due(tx.Now(), c.Route, c.OccurredOn, ledger.Recognised)
		}
		if level == ledger.Recognised && c.Standing > 0 {
			if b.content == nil {
				b.content = map[string]string{}
			}
			b.content[c.ID] = r.Content
		}
	case Return:
		c.State, c.DueOn = Returned, ""
	default: // Doubt: decide takes no other verdict
		c.Doubt = strings.TrimSpace(d.Reason)
	}
	b.moved = append(b.moved, c)
	return nil
}

// fourEyes compares persons, never accounts.
func fourEyes(person string, c Claim, before []Step) error {
	if person == c.FiledBy {
		return fault.New(fault.Conflict, "same_person", "您是申报人，须由另一人核实。", "You filed this; another person must verify it.")
	}
	if c.Appealed() && person == c.AppealedAgainst {
		return fault.New(fault.Conflict, "returned_it", "这一项是您退回的，申诉须由另一人核实。", "You returned this; another person must judge the appeal.")
	}
	for _, s := range before {
		if s.Verdict == Pass && s.Person == person {
			return fault.New(fault.Conflict, "same_person", "您已在上一级核实过，这一级须由另一人办。", "You verified the level before; another person must decide this one.")
		}
	}
	return nil
}

// carryOut writes the steps, moves the books and the claims, and tells the features.
func (s *Service) carryOut(ctx context.Context, tx *db.Tx, b *batch) ([]Claim, error) {
	if err := db.Insert(ctx, tx, "verify_step", b.steps); err != nil {
		return nil, err
	}
	if err := moveBooks(ctx, tx, b); err != nil {
		return nil, err
	}
	var notes []audit.Entry
	for i := range b.moved {
		c := &b.moved[i]
		if b.steps[i].Verdict == Pass && c.State == Recognised {
			c.Standing = c.Round
		}
		notes = append(notes, audit.Entry{Action: "claim." + string(b.steps[i].Verdict), Object: c.Subject, After: map[string]any{
			"claim": c.ID, "round": c.Round, "level": b.steps[i].Level, "content_hash": b.steps[i].ContentHash, "evidence_hash": b.steps[i].EvidenceHash,
		}})
	}
	if err := saveMoved(ctx, tx, b.moved); err != nil {
		return nil, err
	}
	if err := b.pace(ctx, tx); err != nil {
		return nil, err
	}
	for _, c := range b.moved {
		if err := s.tell(ctx, tx, c, b.content[c.ID]); err != nil {
			return nil, err
		}
	}
	return b.moved, audit.Notes(ctx, tx, notes)
}

func (s *Service) tell(ctx context.Context, tx *db.Tx, c Claim, content string) error {
	k := s.kinds[c.Kind]
	if content != "" && k.Apply != nil {
		if err := k.Apply(ctx, tx, c.Subject, content); err != nil {
			return err
		}
	}
	if k.Changed != nil {
		return k.Changed(ctx, tx, c)
	}
	return nil
}

// saveMoved writes the claims, those that came out alike in one statement.
func saveMoved(ctx context.Context, tx *db.Tx, moved []Claim) error {
	type same struct {
		state   State
		doubt   string
		due     string
		at      int64
		counted bool
	}
	groups := map[same][]string{}
	var order []same
	for _, c := range moved {
		k := same{c.State, c.Doubt, c.DueOn, c.MovedAt, c.State == Recognised}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], c.ID)
	}
	for _, k := range order {
		for ids := range slices.Chunk(groups[k], 500) {
			_, err := db.Exec(ctx, tx, `UPDATE verify_claim SET state = ?, doubt = ?, due_on = ?, moved_at = ?,
				standing_round = CASE WHEN ? THEN round ELSE standing_round END WHERE id IN `+db.In(len(ids)),
				append([]any{string(k.state), k.doubt, k.due, k.at, k.counted}, db.Args(ids)...)...)
			if err != nil {
				return err
			}
		}
	}
	return nil
}
