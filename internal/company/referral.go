package company

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
)

// Referral says that one company introduced another. What came of it is not written here: the ledger knows.
type Referral struct {
	ID        string `db:"id" json:"id"`
	From      string `db:"from_id" json:"from" doc:"who introduced"`
	To        string `db:"to_id" json:"to" doc:"who was introduced"`
	Node      string `db:"node_id" json:"-"`
	Day       string `db:"day" json:"day"`
	Subject   string `db:"subject" json:"subject,omitempty" doc:"the record it came up at: visit/0192… or lead/0192…"`
	Note      string `db:"note" json:"note,omitempty"`
	ThankedOn string `db:"thanked_on" json:"thanked_on,omitempty"`
	Thanks    string `db:"thanks" json:"thanks,omitempty"`
	CreatedBy string `db:"created_by" json:"created_by"`
	CreatedAt int64  `db:"created_at" json:"created_at"`
	Version   int64  `db:"version" json:"version"`
}

const referralColumns = `f.id, f.from_id, f.to_id, f.node_id, f.day, f.subject, f.note, f.thanked_on, f.thanks, f.created_by, f.created_at, f.version`

const referralScope = ` JOIN org_scope o ON o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = f.node_id`

// NewReferral is what recording one needs.
type NewReferral struct {
	ID      string `json:"id,omitempty" maxLength:"40" doc:"made by the client, for safe repeats"`
	From    string `json:"from"`
	To      string `json:"to"`
	Day     string `json:"day" format:"date"`
	Subject string `json:"subject,omitempty" maxLength:"80"`
	Note    string `json:"note,omitempty" maxLength:"200"`
}

var referralSubject = regexp.MustCompile(`^(visit|lead)/[0-9a-f-]{36}$`)

// Refer records that a company introduced another; the first who did so counts.
// Faults: Invalid (unknown_company, referred_already, referral_circle), id_reused.
func (s *Service) Refer(ctx context.Context, in NewReferral) (out Referral, err error) {
	who, err := audit.Require(ctx, "referral.write")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out = Referral{
			ID: in.ID, Node: who.Node, From: in.From, To: in.To, Day: in.Day, Subject: in.Subject, Note: strings.TrimSpace(in.Note),
			CreatedBy: who.Person, CreatedAt: db.Micros(tx.Now()), Version: 1,
		}
		if out.ID == "" {
			out.ID = tx.ID()
		}
		old, known, err := db.Maybe[Referral](ctx, tx, `SELECT `+referralColumns+` FROM company_referral f WHERE f.id = ?`, out.ID)
		if err != nil {
			return err
		}
		if known {
			if old.From != in.From || old.To != in.To || old.Day != in.Day || old.CreatedBy != who.Person {
				return fault.New(fault.Conflict, "id_reused", "这个编号已记过另一内容，没有写入；请刷新后重新填写。", "This id was stored before with other content; nothing was written.")
			}
			out = old
			return nil
		}
		if err := out.check(ctx, tx); err != nil {
			return err
		}
		if err := db.Insert(ctx, tx, "company_referral", out); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "referral.record", "referral/"+out.ID, nil, map[string]string{"from": out.From, "to": out.To, "day": out.Day})
	})
	return out, err
}

// check resolves both companies to the records they are now.
func (f *Referral) check(ctx context.Context, tx *db.Tx) error {
	var c fault.Checks
	if _, err := time.Parse(time.DateOnly, f.Day); err != nil {
		c.Add("day", "not_a_date", "日期写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
	} else if f.Day > tx.Today() {
		c.Add("day", "future_date", "日期不能晚于今天（"+tx.Today()+"）。", "The day cannot be later than today ("+tx.Today()+").")
	}
	c.AtMost("note", f.Note, 200)
	if f.Subject != "" && !referralSubject.MatchString(f.Subject) {
		c.Add("subject", "unknown", "请从走访或线索页进入。", "Come from the page of a visit or lead.")
	}
	found, err := Briefs(ctx, tx, []string{f.From, f.To})
	if err != nil {
		return err
	}
	f.From, f.To = found[f.From].ID, found[f.To].ID
	for _, x := range [][2]string{{"from", f.From}, {"to", f.To}} {
		if x[1] == "" {
			c.Add(x[0], "unknown_company", "请从资源库中选择；没有的先录入。", "Choose one of the library; enter it first if it is missing.")
		}
	}
	if err := c.Err(); err != nil {
		return err
	}
	up, err := introducers(ctx, tx, f.From)
	if err != nil {
		return err
	}
	if f.From == f.To || slices.Contains(up, f.To) {
		return fault.BadField("to", "referral_circle", "引荐不能绕回自己。", "A chain of referrals cannot lead back to its beginning.")
	}
	_, again, err := db.Maybe[string](ctx, tx, `SELECT id FROM company_referral WHERE to_id = ?`, f.To)
	if err == nil && again {
		err = fault.BadField("to", "referred_already", "这家企业已记过由谁引荐，以第一次为准。", "Who introduced this company is recorded already; the first counts.")
	}
	return err
}

// referralDepth is how long a chain of referrals is followed.
const referralDepth = 12

// introducers are those above a company: who introduced it, who introduced that one, and so on.
func introducers(ctx context.Context, tx *db.Tx, id string) (out []string, err error) {
	for range referralDepth {
		from, ok, err := db.Maybe[string](ctx, tx, `SELECT from_id FROM company_referral WHERE to_id = ?`, id)
		if err != nil || !ok {
			return out, err
		}
		out, id = append(out, from), from
	}
	return out, nil
}

// Thank says when and how the introducer was thanked.
type Thank struct {
	ID      string `json:"id"`
	Version int64  `json:"version" doc:"as last seen"`
	Day     string `json:"day" format:"date"`
	Thanks  string `json:"thanks" maxLength:"200" doc:"how: a letter, a visit, an award"`
}

// ThankReferral records the thanks. Faults: not_found, stale, Invalid.
func (s *Service) ThankReferral(ctx context.Context, in Thank) (out Referral, err error) {
	who, err := audit.Require(ctx, "referral.write")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = referralInScope(ctx, tx, who.Node, in.ID); err != nil {
			return err
		}
		var c fault.Checks
		in.Thanks = strings.TrimSpace(in.Thanks)
		c.Require("thanks", in.Thanks, "怎样答谢", "How").AtMost("thanks", in.Thanks, 200)
		if _, err := time.Parse(time.DateOnly, in.Day); err != nil || in.Day < out.Day || in.Day > tx.Today() {
			c.Add("day", "out_of_range", "答谢日期在引荐之后、今天之前。", "The day lies between the referral and today.")
		}
		if err := c.Err(); err != nil {
			return err
		}
		n, err := db.Exec(ctx, tx, `UPDATE company_referral SET thanked_on = ?, thanks = ?, version = version + 1 WHERE id = ? AND version = ?`, in.Day, in.Thanks, out.ID, in.Version)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改。", "Somebody changed this meanwhile; reload and try again.")
		}
		if err != nil {
			return err
		}
		out.ThankedOn, out.Thanks, out.Version = in.Day, in.Thanks, in.Version+1
		return audit.Note(ctx, tx, "referral.thank", "referral/"+out.ID, nil, map[string]string{"day": in.Day, "thanks": verify.Digest(in.Thanks)})
	})
	return out, err
}

func referralInScope(ctx context.Context, tx *db.Tx, root, id string) (Referral, error) {
	f, err := db.One[Referral](ctx, tx, `SELECT `+referralColumns+` FROM company_referral f`+referralScope+` WHERE f.id = ?`, root, tx.Today(), tx.Today(), id)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "not_found", "没有这一页，或不在您的范围内。", "No such page, or it is outside your scope.")
	}
	return f, err
}

// GetReferral gives one referral in scope. Fault: not_found.
func (s *Service) GetReferral(ctx context.Context, in ByID) (out Referral, err error) {
	who, err := audit.Require(ctx, "referral.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = referralInScope(ctx, tx, who.Node, in.ID)
		return err
	})
	return out, err
}

// ReferralFilter narrows the list of referrals.
type ReferralFilter struct {
	Thanked string `json:"thanked,omitempty" enum:"yes,no"`
	Month   string `json:"month,omitempty" pattern:"^[0-9]{4}-[0-9]{2}$"`
	Q       string `json:"q,omitempty" maxLength:"100" doc:"in the name of either company"`
	db.Page
}

// Referrals is a part of a list.
type Referrals struct {
	Items []Referral `json:"items"`
	Next  string     `json:"next,omitempty"`
}

// ListReferrals gives the referrals in scope, newest first.
func (s *Service) ListReferrals(ctx context.Context, in ReferralFilter) (out Referrals, err error) {
	who, err := audit.Require(ctx, "referral.read")
	if err != nil {
		return out, err
	}
	out.Items = []Referral{}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(2)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		where, args := "1 = 1", []any{who.Node, tx.Today(), tx.Today()}
		add := func(text string, vs ...any) { where, args = where+" AND "+text, append(args, vs...) }
		switch in.Thanked {
		case "yes":
			add("f.thanked_on <> ''")
		case "no":
			add("f.thanked_on = ''")
		}
		if in.Month != "" {
			add("f.day >= ? AND f.day <= ?", in.Month+"-01", in.Month+"-31")
		}
		if q := strings.TrimSpace(in.Q); q != "" {
			like := db.Like(q)
			add(`EXISTS (SELECT 1 FROM company_company c WHERE c.id IN (f.from_id, f.to_id) AND c.name LIKE ? ESCAPE '\')`, like)
		}
		if key != nil {
			add("(f.day, f.id) < (?, ?)", key[0], key[1])
		}
		out.Items, err = db.All[Referral](ctx, tx, `SELECT `+referralColumns+` FROM company_referral f`+referralScope+` WHERE `+where+` ORDER BY f.day DESC, f.id DESC LIMIT ?`, append(args, size+1)...)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].Day, out.Items[size-1].ID)
	}
	return out, err
}

// mergeReferrals gives the referrals of a merged record to the one that is kept; what would lead a company to itself, or
// introduce it twice, goes.
func mergeReferrals(ctx context.Context, tx *db.Tx, keep, gone string) error {
	if _, err := db.Exec(ctx, tx, `DELETE FROM company_referral WHERE from_id = ? AND to_id = ? OR from_id = ? AND to_id = ?`, keep, gone, gone, keep); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, tx, `UPDATE company_referral SET from_id = ? WHERE from_id = ?`, keep, gone); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, tx, `DELETE FROM company_referral WHERE to_id = ? AND EXISTS (SELECT 1 FROM company_referral k WHERE k.to_id = ?)`, gone, keep); err != nil {
		return err
	}
	_, err := db.Exec(ctx, tx, `UPDATE company_referral SET to_id = ? WHERE to_id = ?`, keep, gone)
	return err
}

// Introduced gives the companies that another company had introduced by a day, inclusive.
func Introduced(ctx context.Context, tx *db.Tx, day string) (map[string]bool, error) {
	list, err := db.All[string](ctx, tx, `SELECT to_id FROM company_referral WHERE day <= ?`, day)
	out := map[string]bool{}
	for _, id := range list {
		out[id] = true
	}
	return out, err
}
