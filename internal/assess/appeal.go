package assess

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Appeal is a doubt about a score, with its reason and the answer of another assessor.
type Appeal struct {
	ID         string `db:"id" json:"id"`
	Run        string `db:"run_id" json:"run"`
	Subject    string `db:"subject" json:"subject"`
	Item       string `db:"item" json:"item"`
	Reason     string `db:"reason" json:"reason"`
	FiledBy    string `db:"filed_by" json:"filed_by"`
	FiledOn    string `db:"filed_on" json:"filed_on"`
	State      string `db:"state" json:"state" enum:"open,upheld,dismissed"`
	Answer     string `db:"answer" json:"answer,omitempty"`
	AnsweredBy string `db:"answered_by" json:"answered_by,omitempty"`
	AnsweredOn string `db:"answered_on" json:"answered_on,omitempty"`
}

// appealDays is how many working days a run stands open to appeals before it is published.
const appealDays = 5

// workingDays gives the last of n working days after a day. Saturdays and Sundays are none; holidays are not known here.
func workingDays(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	for n > 0 {
		t = t.AddDate(0, 0, 1)
		if t.Weekday() != time.Saturday && t.Weekday() != time.Sunday {
			n--
		}
	}
	return t.Format(time.DateOnly)
}

// Move is what somebody does about a run.
type Move struct {
	ID      string `path:"id" json:"id"`
	Kind    string `json:"kind" enum:"notice,publish,withdraw"`
	Version int64  `json:"version,omitempty" doc:"the version that was seen; another one in the meantime is a conflict"`
}

// Take opens a run to appeals, publishes it after five working days, or takes it back. Nothing is published by itself.
// Faults: not_found, not_allowed, recused, same_person, wrong_state, appeals_open, too_early, stale.
func (s *Service) Take(ctx context.Context, in Move) (out Run, err error) {
	perm := "assess.publish"
	if in.Kind == "notice" {
		perm = "assess.run"
	}
	if !slices.Contains([]string{"notice", "publish", "withdraw"}, in.Kind) {
		return out, fault.BadField("kind", "not_a_choice", "没有这种操作。", "There is no such step.")
	}
	who, err := audit.Require(ctx, perm)
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = runInScope(ctx, tx, who, in.ID); err != nil {
			return err
		}
		if in.Version != 0 && in.Version != out.Version {
			return fault.New(fault.Conflict, "stale", "这次考评刚被别人改过，请看过新的状态再办。", "Somebody changed this assessment meanwhile; look at its new state first.")
		}
		if err := move(ctx, tx, who, &out, in.Kind); err != nil {
			return err
		}
		out.Version++
		n, err := db.Exec(ctx, tx, `UPDATE assess_run SET state = ?, notice_on = ?, appeal_until = ?, published_on = ?, published_by = ?, row_version = ? WHERE id = ? AND row_version = ?`,
			out.State, out.NoticeOn, out.AppealUntil, out.PublishedOn, out.PublishedBy, out.Version, out.ID, out.Version-1)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "stale", "这次考评刚被别人改过，请看过新的状态再办。", "Somebody changed this assessment meanwhile; look at its new state first.")
		}
		if err != nil {
			return err
		}
		return audit.Note(ctx, tx, "assess."+in.Kind, "assess/"+out.ID, nil, map[string]any{"state": out.State})
	})
	return out, err
}

func move(ctx context.Context, tx *db.Tx, who audit.Actor, r *Run, kind string) error {
	if err := aside(ctx, tx, who, r.ID); err != nil {
		return err
	}
	wrong := fault.New(fault.Conflict, "wrong_state", "考评现在的状态不能这样办。", "The state of the assessment does not allow this.")
	switch kind {
	case "notice":
		if r.State != "internal" {
			return wrong
		}
		r.State, r.NoticeOn, r.AppealUntil = "notice", tx.Today(), workingDays(tx.Today(), appealDays)
		return nil
	case "withdraw":
		if r.State == "withdrawn" {
			return wrong
		}
		r.State = "withdrawn"
		return nil
	}
	open, err := db.One[int64](ctx, tx, `SELECT count(*) FROM assess_appeal WHERE run_id = ? AND state = 'open'`, r.ID)
	switch {
	case err != nil:
		return err
	case r.State != "notice":
		return wrong
	case tx.Today() <= r.AppealUntil:
		return fault.New(fault.Conflict, "too_early", "申诉期到 "+r.AppealUntil+" 为止，之后才能公布。", "Appeals are open until "+r.AppealUntil+"; it can be published after that.")
	case open > 0:
		return fault.New(fault.Conflict, "appeals_open", "还有申诉没有答复。", "There are appeals without an answer.")
	case who.Person == r.MadeBy:
		return fault.New(fault.Forbidden, "same_person", "考评和公布须由两人。", "Whoever assessed does not publish.")
	}
	r.State, r.PublishedOn, r.PublishedBy = "published", tx.Today(), who.Person
	return nil
}

// aside keeps those out who belong to what a run assesses.
func aside(ctx context.Context, tx *db.Tx, who audit.Actor, run string) error {
	results, err := resultsOf(ctx, tx, run)
	if err != nil {
		return err
	}
	var list []subject
	for _, x := range results {
		list = append(list, subject{id: x.Subject})
	}
	return keepOut(ctx, tx, who, list)
}

// NewAppeal is what an appeal needs.
type NewAppeal struct {
	Run     string `path:"id" json:"run"`
	Subject string `json:"subject" maxLength:"64"`
	Item    string `json:"item" maxLength:"40" doc:"key of the indicator, bonus or deduction"`
	Reason  string `json:"reason" maxLength:"1000"`
}

// Appeal doubts a score of one's own unit or team while the run is open to appeals. Faults: not_found, too_late; Invalid.
func (s *Service) Appeal(ctx context.Context, in NewAppeal) (out Appeal, err error) {
	who, err := audit.Require(ctx, "assess.appeal")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := runInScope(ctx, tx, who, in.Run)
		if err != nil {
			return err
		}
		mine, err := inView(ctx, tx, who, r.ID)
		if err != nil {
			return err
		}
		var c fault.Checks
		in.Reason = strings.TrimSpace(in.Reason)
		c.Require("reason", in.Reason, "理由", "The reason")
		if !mine[in.Subject] {
			c.Add("subject", "not_yours", "只能为本单位或本队伍申诉。", "One appeals for one's own unit or team.")
		}
		scores, err := scoresOf(ctx, tx, r.ID, in.Subject)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(scores, func(x Score) bool { return x.Item == in.Item }) {
			c.Add("item", "not_a_choice", "没有这个指标。", "There is no such indicator.")
		}
		if err := c.Err(); err != nil {
			return err
		}
		if r.State != "notice" || tx.Today() > r.AppealUntil {
			return fault.New(fault.Closed, "too_late", "申诉期已过。", "The time for appeals is over.")
		}
		out = Appeal{ID: tx.ID(), Run: r.ID, Subject: in.Subject, Item: in.Item, Reason: in.Reason, FiledBy: who.Person, FiledOn: tx.Today(), State: "open"}
		if err := db.Insert(ctx, tx, "assess_appeal", out); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "assess.appeal", "assess/"+r.ID, nil, map[string]any{"subject": in.Subject, "item": in.Item})
	})
	return out, err
}

// Reply answers an appeal.
type Reply struct {
	ID     string `path:"id" json:"id"`
	Upheld bool   `json:"upheld,omitempty" doc:"the score is wrong: the run is withdrawn and made again"`
	Answer string `json:"answer" maxLength:"1000"`
}

// Answer answers an appeal, by another person than the one who assessed. Faults: not_found, same_person, recused,
// wrong_state; Invalid.
func (s *Service) Answer(ctx context.Context, in Reply) (out Appeal, err error) {
	who, err := audit.Require(ctx, "assess.answer")
	if err != nil {
		return out, err
	}
	in.Answer = strings.TrimSpace(in.Answer)
	var c fault.Checks
	c.Require("answer", in.Answer, "答复", "The answer")
	if err := c.Err(); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = db.One[Appeal](ctx, tx, `SELECT `+appealColumns+` FROM assess_appeal a WHERE a.id = ?`, in.ID); err != nil {
			return absent(err)
		}
		r, err := runInScope(ctx, tx, who, out.Run)
		if err != nil {
			return err
		}
		if err := aside(ctx, tx, who, r.ID); err != nil {
			return err
		}
		if who.Person == r.MadeBy || who.Person == out.FiledBy {
			return fault.New(fault.Forbidden, "same_person", "申诉由另一名考评人员答复。", "Another assessor answers an appeal.")
		}
		out.State, out.Answer, out.AnsweredBy, out.AnsweredOn = "dismissed", in.Answer, who.Person, tx.Today()
		if in.Upheld {
			out.State = "upheld"
		}
		n, err := db.Exec(ctx, tx, `UPDATE assess_appeal SET state = ?, answer = ?, answered_by = ?, answered_on = ? WHERE id = ? AND state = 'open'`,
			out.State, out.Answer, out.AnsweredBy, out.AnsweredOn, out.ID)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "wrong_state", "这条申诉已经答复。", "This appeal has been answered.")
		}
		if err != nil {
			return err
		}
		return audit.Note(ctx, tx, "assess.answer", "assess/"+r.ID, nil, map[string]any{"appeal": out.ID, "state": out.State})
	})
	return out, err
}
