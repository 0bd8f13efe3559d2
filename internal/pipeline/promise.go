package pipeline

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
)

// promiseKinds are what contracts promise, of either side. An instalment is the investor's and has an amount.
var (
	promiseSides = []string{"government", "investor"}
	promiseKinds = []string{"site", "utility", "policy", "labour", "permit", "instalment", "start", "produce", "output", "other"}
)

// Promise is something one side of a contract owes the other (双方承诺).
type Promise struct {
	ID        string `db:"id" json:"id"`
	Project   string `db:"project_id" json:"project"`
	Side      string `db:"side" json:"side" enum:"government,investor"`
	Kind      string `db:"kind" json:"kind"`
	Title     string `db:"title" json:"title"`
	Owner     string `db:"owner" json:"owner"`
	Amount    int64  `db:"amount" json:"amount,omitempty" doc:"fen"`
	Breach    string `db:"breach" json:"breach,omitempty"`
	DueOn     string `db:"due_on" json:"due_on"`
	State     string `db:"state" json:"state" enum:"open,met,broken,waived"`
	SettledOn string `db:"settled_on" json:"settled_on,omitempty"`
	Reason    string `db:"reason" json:"reason,omitempty"`
	Blob      string `db:"blob" json:"sha256,omitempty"`
	Name      string `db:"name" json:"name,omitempty"`
	Type      string `db:"type" json:"type,omitempty"`
	Size      int64  `db:"size" json:"size,omitempty"`
	CreatedBy string `db:"created_by" json:"created_by"`
	CreatedAt int64  `db:"created_at" json:"created_at"`
	SettledBy string `db:"settled_by" json:"settled_by,omitempty"`
	SettledAt int64  `db:"settled_at" json:"settled_at,omitempty"`
}

const promiseColumns = `r.id, r.project_id, r.side, r.kind, r.title, r.owner, r.amount, r.breach, r.due_on, r.state, r.settled_on, r.reason, r.blob, r.name, r.type, r.size,
	r.created_by, r.created_at, r.settled_by, r.settled_at`

// Standing says how a promise stands on a day: open, late, met, met_late, broken or waived. Late is computed.
func (r Promise) Standing(day string) string {
	switch {
	case r.State == "open" && r.DueOn < day:
		return "late"
	case r.State == "met" && r.SettledOn > r.DueOn:
		return "met_late"
	}
	return r.State
}

// NewPromise is what one side owes.
type NewPromise struct {
	Project string `json:"project"`
	Side    string `json:"side" enum:"government,investor"`
	Kind    string `json:"kind" enum:"site,utility,policy,labour,permit,instalment,start,produce,output,other"`
	Title   string `json:"title" maxLength:"200"`
	Owner   string `json:"owner" maxLength:"120" doc:"who has to do it: an office, or the company"`
	Amount  int64  `json:"amount,omitempty" minimum:"0" doc:"fen; an instalment needs it"`
	Breach  string `json:"breach,omitempty" maxLength:"300" doc:"what the contract says when it is not kept"`
	DueOn   string `json:"due_on"`
}

// AddPromise writes down what one side of the contract owes, with its owner and day.
// Faults: not_found, not_signed; Invalid.
func (s *Service) AddPromise(ctx context.Context, in NewPromise) (out Promise, err error) {
	who, err := audit.Require(ctx, "project.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := inScope(ctx, tx, who.Node, in.Project); err != nil {
			return err
		}
		out, err = AddPromiseIn(ctx, tx, in)
		return err
	})
	return out, err
}

// AddPromiseIn is AddPromise inside the caller's transaction; the caller has checked permission and scope.
func AddPromiseIn(ctx context.Context, tx *db.Tx, in NewPromise) (out Promise, err error) {
	who, _ := audit.Who(ctx)
	list, err := byIDs(ctx, tx, []string{in.Project})
	if err != nil {
		return out, err
	}
	if err := in.check(list[0]); err != nil {
		return out, err
	}
	out = Promise{
		ID: tx.ID(), Project: in.Project, Side: in.Side, Kind: in.Kind, Title: strings.TrimSpace(in.Title), Owner: strings.TrimSpace(in.Owner), Amount: in.Amount,
		Breach: strings.TrimSpace(in.Breach), DueOn: in.DueOn, State: "open", CreatedBy: who.Person, CreatedAt: db.Micros(tx.Now()),
	}
	if err := db.Insert(ctx, tx, "pipeline_promise", out); err != nil {
		return out, err
	}
	return out, audit.Note(ctx, tx, "promise.add", "project/"+in.Project, nil, map[string]any{"promise": out.ID, "side": out.Side, "kind": out.Kind, "due_on": out.DueOn, "amount": out.Amount})
}

func (in NewPromise) check(p Project) error {
	if !p.Signed() {
		return fault.New(fault.Conflict, "not_signed", "项目还没有签正式合同，没有可记的承诺。", "The project has no formal contract yet; there is nothing to promise.")
	}
	var c fault.Checks
	if !slices.Contains(promiseSides, in.Side) {
		c.Add("side", "not_a_choice", "请选择是哪一方的承诺。", "Choose whose promise it is.")
	}
	if !slices.Contains(promiseKinds, in.Kind) {
		c.Add("kind", "not_a_choice", "请选择承诺的类别。", "Choose the kind of promise.")
	}
	c.Require("title", in.Title, "承诺内容", "What is promised").AtMost("title", in.Title, 200)
	c.Require("owner", in.Owner, "责任人", "Who has to do it").AtMost("owner", in.Owner, 120)
	c.AtMost("breach", in.Breach, 300)
	if _, err := time.Parse(time.DateOnly, in.DueOn); err != nil {
		c.Add("due_on", "not_a_date", "期限写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
	} else if in.DueOn < p.SignedOn {
		c.Add("due_on", "before_contract", "期限早于签约日期 "+p.SignedOn+"。", "It is before the contract, "+p.SignedOn+".")
	}
	switch {
	case in.Amount < 0 || in.Amount > maxAmount:
		c.Add("amount", "out_of_range", "金额不能是负数，也不能超过 10,000 亿元。", "The amount cannot be negative or above a million million yuan.")
	case in.Kind == "instalment" && in.Amount == 0:
		c.Add("amount", "required", "分期出资要写金额。", "An instalment needs its amount.")
	case in.Kind == "instalment" && in.Side == "government":
		c.Add("side", "not_theirs", "分期出资是投资方的承诺。", "An instalment is the investor's promise.")
	}
	return c.Err()
}

// Settle says what became of a promise.
type Settle struct {
	Project  string          `json:"project"`
	Promise  string          `json:"promise"`
	State    string          `json:"state" enum:"met,broken,waived"`
	On       string          `json:"on"`
	Reason   string          `json:"reason,omitempty" maxLength:"500" doc:"needed when it was broken or waived"`
	Evidence verify.Evidence `json:"evidence,omitempty" doc:"needed when it was met"`
}

// SettlePromise says that a promise was kept, broken or given up. Kept needs proof; what is given up another person than the
// one who wrote it down gives up. Faults: not_found, settled, same_person; Invalid.
func (s *Service) SettlePromise(ctx context.Context, in Settle) (out Promise, err error) {
	who, err := audit.Require(ctx, "promise.settle")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := inScope(ctx, tx, who.Node, in.Project); err != nil {
			return err
		}
		out, err = SettlePromiseIn(ctx, tx, in)
		return err
	})
	return out, err
}

// SettlePromiseIn is SettlePromise inside the caller's transaction; the caller has checked permission and scope.
func SettlePromiseIn(ctx context.Context, tx *db.Tx, in Settle) (out Promise, err error) {
	who, _ := audit.Who(ctx)
	list, err := byIDs(ctx, tx, []string{in.Project})
	if err != nil {
		return out, err
	}
	if out, err = promiseOf(ctx, tx, in.Project, in.Promise); err != nil {
		return out, err
	}
	if err := in.check(out, list[0], who.Person, tx.Today()); err != nil {
		return out, err
	}
	out.State, out.SettledOn, out.Reason, out.SettledBy, out.SettledAt = in.State, in.On, strings.TrimSpace(in.Reason), who.Person, db.Micros(tx.Now())
	out.Blob, out.Name, out.Type, out.Size = in.Evidence.Blob, in.Evidence.Name, in.Evidence.Type, in.Evidence.Size
	n, err := db.Exec(ctx, tx, `UPDATE pipeline_promise SET state = ?, settled_on = ?, reason = ?, blob = ?, name = ?, type = ?, size = ?, settled_by = ?, settled_at = ?
		WHERE id = ? AND state = 'open'`, out.State, out.SettledOn, out.Reason, out.Blob, out.Name, out.Type, out.Size, out.SettledBy, out.SettledAt, out.ID)
	if err == nil && n == 0 {
		err = settled()
	}
	if err != nil {
		return out, err
	}
	return out, audit.Note(ctx, tx, "promise.settle", "project/"+in.Project, map[string]any{"promise": out.ID, "state": "open"}, map[string]any{"promise": out.ID, "state": out.State, "on": out.SettledOn})
}

func (s *Service) settleStored(ctx context.Context, in Settle) (Promise, error) {
	if in.Evidence.Blob != "" {
		if err := verify.Stored(ctx, s.Files, []verify.Evidence{in.Evidence}); err != nil {
			return Promise{}, err
		}
	}
	return s.SettlePromise(ctx, in)
}

func settled() error {
	return fault.New(fault.Conflict, "settled", "这项承诺已有结果，不能再改。", "This promise is settled already.")
}

func (in Settle) check(r Promise, p Project, person, today string) error {
	switch {
	case r.State != "open":
		return settled()
	case in.State == "waived" && r.CreatedBy == person:
		return fault.New(fault.Conflict, "same_person", "是您记下的承诺，免除须由另一人办。", "You wrote this promise down; another person must waive it.")
	}
	var c fault.Checks
	checkDay(&c, "on", in.On, today, "日期", "The day")
	if in.On != "" && in.On < p.SignedOn {
		c.Add("on", "before_contract", "早于签约日期 "+p.SignedOn+"。", "It is before the contract, "+p.SignedOn+".")
	}
	c.AtMost("reason", in.Reason, 500)
	switch in.State {
	case "met":
		if in.Evidence.Blob == "" {
			c.Add("evidence", "required", "请附履行的证明。", "Attach what proves it.")
		}
	case "broken", "waived":
		c.Require("reason", in.Reason, "原因", "The reason")
	default:
		c.Add("state", "not_a_choice", "请选择结果。", "Choose what became of it.")
	}
	return c.Err()
}

func promiseOf(ctx context.Context, tx *db.Tx, project, id string) (Promise, error) {
	return db.One[Promise](ctx, tx, `SELECT `+promiseColumns+` FROM pipeline_promise r WHERE r.project_id = ? AND r.id = ?`, project, id)
}

// soonDays is how early a promise is called to mind.
const soonDays = 14

// duePromises are the open promises in scope that are late or due soon, the most urgent first.
func duePromises(ctx context.Context, tx *db.Tx, root string, most int) ([]promiseLine, error) {
	return db.All[promiseLine](ctx, tx, `SELECT `+promiseColumns+`, p.name AS project_name FROM pipeline_promise r JOIN pipeline_project p ON p.id = r.project_id`+scopeJoin+`
		WHERE r.state = 'open' AND r.due_on <= ? AND p.status = 'normal' ORDER BY r.due_on, r.id LIMIT ?`, root, tx.Today(), tx.Today(), back(tx.Today(), -soonDays), most)
}

// promiseLine is a promise with the name of its project.
type promiseLine struct {
	Promise
	ProjectName string `db:"project_name"`
}
