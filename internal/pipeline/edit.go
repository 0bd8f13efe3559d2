package pipeline

import (
	"context"
	"encoding/json"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
)

// Edit changes a project. Fields that count follow the rules of claims: before recognition the project changes
// and checking starts again; after it, the recognised version stands until the correction is recognised.
type Edit struct {
	Project    string   `json:"project"`
	Version    int64    `json:"version" doc:"as last seen"`
	Name       string   `json:"name" maxLength:"120"`
	Summary    string   `json:"summary,omitempty" maxLength:"2000"`
	NextStep   string   `json:"next_step,omitempty" maxLength:"200"`
	NextOn     string   `json:"next_on,omitempty"`
	Industry   string   `json:"industry"`
	Wheel      string   `json:"wheel"`
	Chain      string   `json:"chain,omitempty"`
	Mode       string   `json:"mode,omitempty"`
	Investors  []string `json:"investors" minItems:"1" maxItems:"20"`
	SignedOn   string   `json:"signed_on,omitempty"`
	Amount     int64    `json:"amount,omitempty"`
	ContractNo string   `json:"contract_no,omitempty" maxLength:"60"`
	Late       string   `json:"late_reason,omitempty"`
}

// Edit applies a change. Faults: not_found, stale, Invalid, under_correction, period_closed.
func (s *Service) Edit(ctx context.Context, in Edit) (out Project, err error) {
	who, err := audit.Require(ctx, "project.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		old, err := inScope(ctx, tx, who.Node, in.Project)
		if err != nil {
			return err
		}
		if old.Version != in.Version {
			return stale()
		}
		out, err = edit(ctx, tx, old, in)
		return err
	})
	return out, err
}

func edit(ctx context.Context, tx *db.Tx, old Project, in Edit) (Project, error) {
	next := old
	next.Name, next.Summary, next.NextStep, next.NextOn = strings.TrimSpace(in.Name), strings.TrimSpace(in.Summary), strings.TrimSpace(in.NextStep), in.NextOn
	next.Wheel, next.Chain, next.Mode, next.Investors = in.Wheel, in.Chain, in.Mode, in.Investors
	next.Industry, next.ContractNo = in.Industry, strings.TrimSpace(in.ContractNo)
	if old.Signed() {
		next.SignedOn, next.Amount = in.SignedOn, in.Amount
	}
	k, err := knowProjects(ctx, tx, []Project{next})
	if err != nil {
		return old, err
	}
	if err := k.checkEdit(&next, tx.Today()); err != nil {
		return old, err
	}
	counts := next.Counted != old.Counted || strings.Join(next.Investors, " ") != strings.Join(old.Investors, " ")
	shown := next
	if counts {
		if shown, err = k.refile(ctx, tx, old, next, in.Late); err != nil {
			return old, err
		}
	}
	if err := save(ctx, tx, &shown); err != nil {
		return old, err
	}
	if err := saveInvestors(ctx, tx, shown.ID, shown.Investors); err != nil {
		return old, err
	}
	return shown, audit.Note(ctx, tx, "project.edit", "project/"+old.ID, old.Counted, next.Counted)
}

func (k *known) checkEdit(p *Project, today string) error {
	var c fault.Checks
	c.Require("name", p.Name, "项目名称", "The project's name")
	k.checkCounted(&c, p.Counted, today)
	lead := k.checkInvestors(&c, p.Investors)
	if p.Signed() {
		checkDay(&c, "signed_on", p.SignedOn, today, "签约日期", "The day of signing")
		checkAmount(&c, "amount", p.Amount)
	}
	p.Lead, p.Origin, p.Industry = lead.ID, lead.Origin, k.lettered(p.Industry)
	return c.Err()
}

// refile files the claims that the change touches and gives the project as it is to be shown: the new version, or
// where a claim is recognised, the old counted fields until the correction is.
func (k *known) refile(ctx context.Context, tx *db.Tx, old, next Project, late string) (Project, error) {
	claims, err := verify.ClaimsOf(ctx, tx, []string{old.registration(), old.contract()})
	if err != nil {
		return old, err
	}
	var filings []verify.Filing
	first, err := k.registration(next, late)
	if err != nil {
		return old, err
	}
	filings = append(filings, first)
	if old.Signed() {
		shares, err := k.credit(ctx, tx, old.ID, "contract", next.SignedOn)
		if err != nil {
			return old, err
		}
		second, err := k.signing(next, shares, late)
		if err != nil {
			return old, err
		}
		filings = append(filings, second)
	}
	if _, err := verify.File(ctx, tx, filings); err != nil {
		return old, err
	}
	shown := next
	if claims[old.registration()].Standing > 0 || claims[old.contract()].Standing > 0 {
		shown.Counted, shown.Investors, shown.Lead, shown.Nature = old.Counted, old.Investors, old.Lead, old.Nature
	}
	return shown, nil
}

// Apply writes a recognised correction back: to the project for its registration and contract, to the payment for funds.
func (s *Service) Apply(ctx context.Context, tx *db.Tx, subject, text string) error {
	kind, id, _ := strings.Cut(subject, "/")
	if kind == "funds" {
		return applyFunds(ctx, tx, id, text)
	}
	var c content
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return fault.Wrap(err, "read a recognised correction")
	}
	list, err := byIDs(ctx, tx, []string{id})
	if err != nil {
		return err
	}
	p := list[0]
	p.Nature, p.Investors, p.Lead = c.Nature, c.Investors, c.Investors[0]
	signed, amount := p.SignedOn, p.Amount
	p.Counted = c.Counted
	if kind == "project" { // what the contract says is the contract's to correct
		p.SignedOn, p.Amount = signed, amount
	}
	if err := saveInvestors(ctx, tx, p.ID, p.Investors); err != nil {
		return err
	}
	return save(ctx, tx, &p)
}

func applyFunds(ctx context.Context, tx *db.Tx, id, text string) error {
	var f Funds
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return fault.Wrap(err, "read a recognised correction")
	}
	f.ID = id
	if f.Paid == 0 {
		f.Paid = f.Amount
	}
	f.settle(f.Paid)
	_, err := db.Exec(ctx, tx, `UPDATE pipeline_funds SET amount = ?, paid = ?, received_on = ?, voucher_kind = ?, voucher_no = ?, payer = ?, payee = ?, use_of = ?,
		kind = ?, outside = ?, currency = ?, original = ?, rate = ?, rate_on = ?, version = version + 1 WHERE id = ?`,
		f.Amount, f.Paid, f.ReceivedOn, f.VoucherKind, f.VoucherNo, f.Payer, f.Payee, f.UseOf, f.Kind, f.Outside, f.Currency, f.Original, f.Rate, f.RateOn, id)
	if err != nil {
		return err
	}
	return saveInvoices(ctx, tx, []Funds{f})
}

// Correct changes a payment: before recognition at once, after it by a correction.
type Correct struct {
	Funds   string `json:"funds"`
	Version int64  `json:"version"`
	Receive
}

// CorrectFunds applies a change to a payment. Evidence must be given anew: verdicts bind what they saw.
// Faults: as Receive, and stale, under_correction.
func (s *Service) CorrectFunds(ctx context.Context, in Correct) (out Funds, err error) {
	who, err := audit.Require(ctx, "funds.edit")
	if err != nil {
		return out, err
	}
	if len(in.Evidence) == 0 {
		return out, fault.BadField("evidence", "required", "请附上凭证文件（进账单、验资报告或发票）。", "Attach the voucher: bank slip, capital report or invoice.")
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		old, err := fundsInScope(ctx, tx, who.Node, in.Funds)
		if err != nil {
			return err
		}
		if old.Version != in.Version {
			return stale()
		}
		out, err = correctFunds(ctx, tx, who, old, in.Receive)
		return err
	})
	return out, err
}

func correctFunds(ctx context.Context, tx *db.Tx, who audit.Actor, old Funds, in Receive) (Funds, error) {
	projects, err := byIDs(ctx, tx, []string{old.Project})
	if err != nil {
		return old, err
	}
	k, err := knowProjects(ctx, tx, projects)
	if err != nil {
		return old, err
	}
	next, err := in.row(tx, who, projects[0])
	if err != nil {
		return old, err
	}
	next.ID, next.CreatedBy, next.CreatedAt, next.Version = old.ID, old.CreatedBy, old.CreatedAt, old.Version
	claim, _, err := verify.ClaimOf(ctx, tx, old.Subject())
	if err != nil {
		return old, err
	}
	filing, err := k.payment(ctx, tx, projects[0], next, in)
	if err != nil {
		return old, err
	}
	if _, err := verify.File(ctx, tx, []verify.Filing{filing}); err != nil {
		return old, err
	}
	if claim.Standing > 0 {
		return old, nil // the recognised version stands until the correction is recognised
	}
	raw, err := json.Marshal(next)
	if err != nil {
		return old, fault.Wrap(err, "encode a payment")
	}
	return next, applyFunds(ctx, tx, old.ID, string(raw))
}
