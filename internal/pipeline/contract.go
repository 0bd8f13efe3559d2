package pipeline

import (
	"context"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
)

// maxAmount bounds one contract or payment: ten thousand 亿 yuan, in fen.
const maxAmount = 100_000_000_000_000

// Sign is what a formal contract adds to a project. A framework agreement is none and is not recorded here.
type Sign struct {
	Project    string            `json:"project"`
	SignedOn   string            `json:"signed_on"`
	Amount     int64             `json:"amount" doc:"agreed investment in fen"`
	ContractNo string            `json:"contract_no,omitempty" maxLength:"60"`
	Event      string            `json:"event,omitempty" doc:"the event at which it was first signed"`
	Shares     []Share           `json:"shares,omitempty" maxItems:"10" doc:"credit; default what was agreed, else all to the project's team"`
	Evidence   []verify.Evidence `json:"evidence,omitempty"`
	Late       string            `json:"late_reason,omitempty"`
	Version    int64             `json:"version,omitempty" doc:"of the project as last seen"`
}

// Sign records the formal contract of a project and claims it.
// Faults: Invalid, not_found, already_signed, stale, period_closed.
func (s *Service) Sign(ctx context.Context, in Sign) (out Project, err error) {
	who, err := audit.Require(ctx, "project.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := inScope(ctx, tx, who.Node, in.Project); err != nil {
			return err
		}
		list, err := SignIn(ctx, tx, []Sign{in})
		if err != nil {
			return err
		}
		out = list[0]
		return nil
	})
	return out, err
}

// SignIn is Sign for many, inside the caller's transaction; the caller has checked permission and scope.
func SignIn(ctx context.Context, tx *db.Tx, in []Sign) ([]Project, error) {
	ids := make([]string, len(in))
	for i, x := range in {
		ids[i] = x.Project
	}
	projects, err := byIDs(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	for i := range projects {
		if in[i].Event != "" {
			projects[i].Event = in[i].Event
		}
	}
	k, err := knowProjects(ctx, tx, projects)
	if err != nil {
		return nil, err
	}
	ways, err := courses(ctx, tx, projects)
	if err != nil {
		return nil, err
	}
	filings := make([]verify.Filing, len(in))
	for i, x := range in {
		if filings[i], err = k.sign(ctx, tx, &projects[i], ways[x.Project], x); err != nil {
			return nil, prefixed(err, i, len(in))
		}
	}
	_, err = verify.File(ctx, tx, filings)
	return projects, err
}

func (k *known) sign(ctx context.Context, tx *db.Tx, p *Project, way *course, in Sign) (verify.Filing, error) {
	var none verify.Filing
	if p.Signed() {
		return none, fault.New(fault.Conflict, "already_signed", "这个项目已签正式合同；要改金额或日期，请用“更正”。", "The project is signed already; use a correction to change it.")
	}
	if in.Version != 0 && in.Version != p.Version {
		return none, stale()
	}
	var c fault.Checks
	checkDay(&c, "signed_on", in.SignedOn, tx.Today(), "签约日期", "The day of signing")
	if err := way.admitContract(&c, in.SignedOn); err != nil {
		return none, err
	}
	checkAmount(&c, "amount", in.Amount)
	if in.Event != "" && k.events[in.Event] == "" {
		c.Add("event", "unknown_event", "没有这场活动。", "There is no such event.")
	}
	if err := c.Err(); err != nil {
		return none, err
	}
	p.Stage, p.SignedOn, p.Amount, p.ContractNo = signedQ, in.SignedOn, in.Amount, strings.TrimSpace(in.ContractNo)
	if len(in.Shares) > 0 {
		if err := saveCredit(ctx, tx, p.ID, "", in.Shares); err != nil {
			return none, err
		}
	}
	shares, err := k.credit(ctx, tx, p.ID, "contract", in.SignedOn)
	if err != nil {
		return none, err
	}
	if err := save(ctx, tx, p); err != nil {
		return none, err
	}
	f, err := k.signing(*p, shares, in.Late)
	if err != nil {
		return none, err
	}
	f.Evidence = in.Evidence
	return f, nil
}

func stale() error {
	return fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改；您填的内容还在。", "Somebody changed this meanwhile; reload and try again.")
}

func checkAmount(c *fault.Checks, field string, fen int64) {
	switch {
	case fen <= 0:
		c.Add(field, "not_positive", "金额须大于 0。", "The amount must be above zero.")
	case fen > maxAmount:
		c.Add(field, "too_large", "金额超过 10,000 亿元，请检查单位。", "The amount is above a million million yuan; check its unit.")
	}
}
