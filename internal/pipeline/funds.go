package pipeline

import (
	"context"
	"fmt"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/verify"
)

// Funds is one payment that arrived, proven by a voucher.
type Funds struct {
	ID          string `db:"id" json:"id"`
	Project     string `db:"project_id" json:"project"`
	Node        string `db:"node_id" json:"-"`
	Amount      int64  `db:"amount" json:"amount" doc:"fen; what counts"`
	Paid        int64  `db:"paid" json:"paid" doc:"fen; what the voucher says"`
	ReceivedOn  string `db:"received_on" json:"received_on"`
	VoucherKind string `db:"voucher_kind" json:"voucher_kind" enum:"bank_slip,capital_report,invoice,equipment_list,other"`
	VoucherNo   string `db:"voucher_no" json:"voucher_no"`
	Payer       string `db:"payer" json:"payer,omitempty"`
	Payee       string `db:"payee" json:"payee,omitempty"`
	UseOf       string `db:"use_of" json:"use_of,omitempty"`
	CreatedBy   string `db:"created_by" json:"created_by"`
	CreatedAt   int64  `db:"created_at" json:"created_at"`
	Version     int64  `db:"version" json:"version"`
	Money

	Invoices []string `db:"-" json:"invoices,omitempty"`
}

// Subject is how the claim of the payment is named.
func (f Funds) Subject() string { return "funds/" + f.ID }

const fundsColumns = `f.id, f.project_id, f.node_id, f.amount, f.received_on, f.voucher_kind, f.voucher_no, f.payer, f.payee, f.use_of, f.created_by, f.created_at, f.version,
	f.paid, f.kind, f.outside, f.currency, f.original, f.rate, f.rate_on`

// Receive is what recording a payment needs.
type Receive struct {
	ID          string            `json:"id,omitempty" doc:"made by the client, for safe repeats"`
	Project     string            `json:"project"`
	Amount      int64             `json:"amount,omitempty" doc:"fen, as the voucher says; of foreign money it may be left out"`
	ReceivedOn  string            `json:"received_on" doc:"business date of the voucher"`
	VoucherKind string            `json:"voucher_kind" enum:"bank_slip,capital_report,invoice,equipment_list,other"`
	VoucherNo   string            `json:"voucher_no" maxLength:"60"`
	Payer       string            `json:"payer,omitempty" maxLength:"120"`
	Payee       string            `json:"payee,omitempty" maxLength:"120"`
	UseOf       string            `json:"use_of,omitempty" maxLength:"200"`
	Evidence    []verify.Evidence `json:"evidence,omitempty"`
	Late        string            `json:"late_reason,omitempty"`
	Money
	Invoices []string `json:"invoices,omitempty" maxItems:"50" doc:"code and number of the invoices that prove it, each for one payment only"`
}

// Receive records a payment with its voucher and claims it.
// Faults: Invalid, not_found, not_signed, voucher_used, invoice_used, evidence required, period_closed.
func (s *Service) Receive(ctx context.Context, in Receive) (out Funds, err error) {
	who, err := audit.Require(ctx, "funds.create")
	if err != nil {
		return out, err
	}
	if len(in.Evidence) == 0 {
		return out, fault.BadField("evidence", "required", "请附上凭证文件（进账单、验资报告或发票）。", "Attach the voucher: bank slip, capital report or invoice.")
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := inScope(ctx, tx, who.Node, in.Project); err != nil {
			return err
		}
		if again, err := repeated(ctx, tx, in.ID, in); err != nil {
			return err
		} else if again {
			out, err = fundsInScope(ctx, tx, who.Node, in.ID)
			return err
		}
		list, err := ReceiveIn(ctx, tx, []Receive{in})
		if err != nil {
			return err
		}
		out = list[0]
		return nil
	})
	return out, err
}

// ReceiveIn is Receive for many, inside the caller's transaction; the caller has checked permission and scope.
func ReceiveIn(ctx context.Context, tx *db.Tx, in []Receive) ([]Funds, error) {
	who, _ := audit.Who(ctx)
	ids := make([]string, len(in))
	for i, x := range in {
		ids[i] = x.Project
	}
	projects, err := byIDs(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	k, err := knowProjects(ctx, tx, projects)
	if err != nil {
		return nil, err
	}
	rows := make([]Funds, len(in))
	for i, x := range in {
		if rows[i], err = x.row(tx, who, projects[i]); err != nil {
			return nil, prefixed(err, i, len(in))
		}
	}
	if err := freeVouchers(ctx, tx, rows); err != nil {
		return nil, err
	}
	if err := db.Insert(ctx, tx, "pipeline_funds", rows); err != nil {
		return nil, err
	}
	if err := saveInvoices(ctx, tx, rows); err != nil {
		return nil, err
	}
	filings := make([]verify.Filing, len(in))
	for i, row := range rows {
		if filings[i], err = k.payment(ctx, tx, projects[i], row, in[i]); err != nil {
			return nil, err
		}
	}
	_, err = verify.File(ctx, tx, filings)
	return rows, err
}

var voucherKinds = map[string]bool{"bank_slip": true, "capital_report": true, "invoice": true, "equipment_list": true, "other": true}

func (in Receive) row(tx *db.Tx, who audit.Actor, p Project) (Funds, error) {
	f := Funds{
		ID: in.ID, Project: p.ID, Node: p.Node, Money: in.Money, ReceivedOn: in.ReceivedOn, VoucherKind: in.VoucherKind,
		VoucherNo: strings.TrimSpace(in.VoucherNo), Payer: strings.TrimSpace(in.Payer), Payee: strings.TrimSpace(in.Payee), UseOf: strings.TrimSpace(in.UseOf),
		CreatedBy: who.Person, CreatedAt: db.Micros(tx.Now()), Version: 1,
	}
	if f.ID == "" {
		f.ID = tx.ID()
	}
	if !p.Signed() {
		return f, fault.New(fault.Conflict, "not_signed", "项目还没有签正式合同，不能报到位资金。", "The project has no formal contract yet; funds cannot be reported.")
	}
	var c fault.Checks
	checkDay(&c, "received_on", f.ReceivedOn, tx.Today(), "到账日期", "Received date")
	f.Paid, f.Amount = f.settle(in.Amount)
	checkAmount(&c, "amount", f.Paid)
	f.check(&c, f.Paid, f.ReceivedOn, tx.Today())
	f.Invoices = invoiceKeys(&c, in.Invoices)
	c.Require("voucher_no", f.VoucherNo, "凭证号", "The voucher number")
	if !voucherKinds[f.VoucherKind] {
		c.Add("voucher_kind", "unknown", "请选择凭证种类。", "Choose the kind of voucher.")
	}
	return f, c.Err()
}

// freeVouchers refuses a voucher that was reported before. It does not say where: that may be another county's.
func freeVouchers(ctx context.Context, tx *db.Tx, rows []Funds) error {
	for i, f := range rows {
		_, used, err := db.Maybe[string](ctx, tx, `SELECT id FROM pipeline_funds WHERE voucher_no = ? AND paid = ? AND received_on = ?`, f.VoucherNo, f.Paid, f.ReceivedOn)
		if err != nil {
			return err
		}
		if used {
			return prefixed(fault.BadField("voucher_no", "voucher_used", "这张凭证（同号、同额、同日）已经报过。如认为有误，请找共同的上级核对。",
				"This voucher (same number, amount and date) was reported before. If that is wrong, ask your common superior."), i, len(rows))
		}
	}
	return nil
}

func (k *known) payment(ctx context.Context, tx *db.Tx, p Project, f Funds, in Receive) (verify.Filing, error) {
	filing, d, err := k.filing(p, "funds", f.Subject(), f.ReceivedOn, in.Late)
	if err != nil {
		return filing, err
	}
	shares, err := k.credit(ctx, tx, p.ID, "funds", f.ReceivedOn)
	if err != nil {
		return filing, err
	}
	filing.Title = fmt.Sprintf("%s · %s", p.Name, f.VoucherNo)
	filing.Evidence = in.Evidence
	filing.Content = map[string]any{
		"project": p.ID, "amount": f.Amount, "received_on": f.ReceivedOn, "voucher_kind": f.VoucherKind, "voucher_no": f.VoucherNo,
		"payer": f.Payer, "payee": f.Payee, "use_of": f.UseOf, "kind": f.Kind,
	}
	f.tell(filing.Content.(map[string]any)) //nolint:forcetypeassert // made above
	d.Tags += "fund:" + f.Kind + "|signed:" + p.SignedOn[:len("2006")] + "|"
	filing.Facts = []ledger.Fact{{Measure: "funds.received", Delta: f.Amount, OccurredOn: f.ReceivedOn, Dims: d, Shares: shares}}
	return filing, nil
}
