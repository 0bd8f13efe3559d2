package verify

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// ruleRow is one version of a rule that a person made.
type ruleRow struct {
	Code    string `db:"code"`
	Version int64  `db:"version"`
	Enabled bool   `db:"enabled"`
	Risk    int64  `db:"risk"`
	Limits  string `db:"limits"` // {"percent":120}
	Words   string `db:"words"`  // one a line
	Reason  string `db:"reason"`
	MadeBy  string `db:"made_by"`
	MadeAt  int64  `db:"made_at"`
}

const ruleColumns = `code, version, enabled, risk, limits, words, reason, made_by, made_at`

// RuleInForce is a rule with its current version.
type RuleInForce struct {
	Code    string           `json:"code"`
	NameZH  string           `json:"name_zh"`
	NameEN  string           `json:"name_en"`
	AboutZH string           `json:"about_zh"`
	AboutEN string           `json:"about_en"`
	Kinds   []string         `json:"kinds"`
	Version int64            `json:"version" doc:"0 is as the program came"`
	Enabled bool             `json:"enabled"`
	Risk    int64            `json:"risk"`
	Limits  map[string]int64 `json:"limits,omitempty"`
	Words   []string         `json:"words,omitempty"`
	Recent  int64            `json:"recent" doc:"claims of the last 90 days whose current round it noticed"`
}

// RuleList is every rule.
type RuleList struct {
	Items []RuleInForce `json:"items"`
}

// RulesInForce lists every rule with its current version.
func (s *Service) RulesInForce(ctx context.Context, _ struct{}) (out RuleList, err error) {
	who, err := audit.Require(ctx, "claim.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := inForce(ctx, tx)
		if err != nil {
			return err
		}
		hits, err := recentHits(ctx, tx, who)
		for _, r := range list {
			x := r.shown()
			x.Recent = hits[r.Code]
			out.Items = append(out.Items, x)
		}
		return err
	})
	return out, err
}

func (r setting) shown() RuleInForce {
	return RuleInForce{
		Code: r.Code, NameZH: r.Name.ZH, NameEN: r.Name.EN, AboutZH: r.About.ZH, AboutEN: r.About.EN, Kinds: r.Kinds, Version: r.version,
		Enabled: r.on, Risk: r.Risk, Limits: r.at.n, Words: r.at.words,
	}
}

// recentHits counts what each rule noticed of late, in the actor's scope.
func recentHits(ctx context.Context, tx *db.Tx, who audit.Actor) (map[string]int64, error) {
	type row struct {
		Rule string `db:"rule"`
		N    int64  `db:"n"`
	}
	out := map[string]int64{}
	err := db.Each(ctx, tx, `SELECT f.rule, count(*) AS n FROM verify_finding f JOIN verify_claim c ON c.id = f.claim_id AND c.round = f.round `+inScope+`
		WHERE c.filed_at >= ? GROUP BY f.rule`, []any{who.Node, tx.Today(), tx.Today(), db.Micros(tx.Now().AddDate(0, 0, -90))}, func(r row) error {
		out[r.Rule] = r.N
		return nil
	})
	return out, err
}

// inForce gives every rule as it is now.
func inForce(ctx context.Context, tx *db.Tx) ([]setting, error) {
	rows, err := db.All[ruleRow](ctx, tx, `SELECT `+ruleColumns+` FROM verify_rule r
		WHERE version = (SELECT max(x.version) FROM verify_rule x WHERE x.code = r.code)`)
	if err != nil {
		return nil, err
	}
	out := make([]setting, len(Rules))
	for i, r := range Rules {
		out[i] = r.asShipped()
		for _, row := range rows {
			if row.Code != r.Code {
				continue
			}
			if out[i], err = row.setting(r); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// setting reads a version; a limit that came to the rule later has its default.
func (row ruleRow) setting(r Rule) (setting, error) {
	s := r.asShipped()
	s.version, s.on, s.Risk = row.Version, row.Enabled, row.Risk
	if err := json.Unmarshal([]byte(row.Limits), &s.at.n); err != nil {
		return s, fault.Wrap(err, "read the limits of a rule")
	}
	if r.List != nil {
		s.at.words = strings.Fields(row.Words)
	}
	return s, nil
}

// ChangeRule is a new version of a rule.
type ChangeRule struct {
	Code    string           `path:"code" json:"code"`
	Enabled bool             `json:"enabled"`
	Risk    int64            `json:"risk" minimum:"1" maximum:"9"`
	Limits  map[string]int64 `json:"limits,omitempty"`
	Words   []string         `json:"words,omitempty" maxItems:"200"`
	Reason  string           `json:"reason" maxLength:"500"`
	Version int64            `json:"version" doc:"the version that was read"`
}

// Change makes a new version of a rule. It holds for what is filed from now on; what was noticed stays.
// Faults: not_allowed, not_found, Invalid, stale.
func (s *Service) Change(ctx context.Context, in ChangeRule) (out RuleInForce, err error) {
	who, err := audit.Require(ctx, "rule.edit")
	if err != nil {
		return out, err
	}
	r, err := ruleByCode(in.Code)
	if err != nil {
		return out, err
	}
	next, err := in.applied(r)
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := inForce(ctx, tx)
		if err != nil {
			return err
		}
		now := list[slices.IndexFunc(list, func(x setting) bool { return x.Code == r.Code })]
		if now.version != in.Version {
			return fault.New(fault.Conflict, "stale", "这条规则刚被别人改过，请重新打开再改。", "Somebody changed the rule meanwhile; open it again.")
		}
		next.version = now.version + 1
		raw, err := json.Marshal(next.at.n)
		if err != nil {
			return fault.Wrap(err, "write the limits of a rule")
		}
		row := ruleRow{
			Code: r.Code, Version: next.version, Enabled: next.on, Risk: next.Risk, Limits: string(raw), Words: strings.Join(next.at.words, "\n"),
			Reason: strings.TrimSpace(in.Reason), MadeBy: who.Person, MadeAt: db.Micros(tx.Now()),
		}
		if err := db.Insert(ctx, tx, "verify_rule", row); err != nil {
			return err
		}
		out = next.shown()
		return audit.Note(ctx, tx, "rule.change", "rule/"+r.Code, ruleNote(now), ruleNote(next))
	})
	return out, err
}

func ruleNote(s setting) map[string]any {
	return map[string]any{"version": s.version, "enabled": s.on, "risk": s.Risk, "limits": s.at.n, "words": s.at.words}
}

// applied checks the numbers and words against the rule.
func (in ChangeRule) applied(r Rule) (setting, error) {
	s := r.asShipped()
	var c fault.Checks
	c.Require("reason", in.Reason, "改动理由", "A reason for the change")
	if in.Risk < 1 || in.Risk > 9 {
		c.Add("risk", "out_of_range", "风险请填 1 到 9。", "The risk is 1 to 9.")
	}
	s.on, s.Risk = in.Enabled, in.Risk
	for key, n := range in.Limits {
		i := slices.IndexFunc(r.Limits, func(l Limit) bool { return l.Key == key })
		if i < 0 {
			c.Add("limits."+key, "unknown", "这条规则没有这个限值。", "The rule has no such limit.")
			continue
		}
		if l := r.Limits[i]; n < l.Min || n > l.Max {
			c.Add("limits."+key, "out_of_range", l.Name.ZH+"：请填 "+strconv.FormatInt(l.Min, 10)+" 到 "+strconv.FormatInt(l.Max, 10)+"。", l.Name.EN+": "+strconv.FormatInt(l.Min, 10)+" to "+strconv.FormatInt(l.Max, 10)+".")
			continue
		}
		s.at.n[key] = n
	}
	if r.List != nil && in.Words != nil {
		s.at.words = nil
		for _, w := range in.Words {
			if w = strings.TrimSpace(w); w != "" {
				s.at.words = append(s.at.words, w)
			}
			c.AtMost("words", w, 20)
		}
	} else if len(in.Words) > 0 {
		c.Add("words", "unknown", "这条规则没有词表。", "The rule has no list of words.")
	}
	return s, c.Err()
}

// versions gives the changes of a rule, the latest first.
func (s *Service) versions(ctx context.Context, tx *db.Tx, code string) ([]ruleRow, error) {
	return db.All[ruleRow](ctx, tx, `SELECT `+ruleColumns+` FROM verify_rule WHERE code = ? ORDER BY version DESC`, code)
}
