package pipeline

import (
	"context"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// moneyKinds are what a payment is (资金类别): investment in fixed assets, working capital, equipment in kind at its appraised
// value, foreign money.
var moneyKinds = []string{"fixed", "working", "in_kind", "foreign"}

// currencies that foreign money comes in.
var currencies = []string{"USD", "HKD", "EUR", "JPY", "GBP", "SGD", "TWD", "MOP"}

// Money says what a payment is made of. What counts is the outside investor's part of what the voucher says (domain
// practice: verified amount × outside share).
type Money struct {
	Kind     string `db:"kind" json:"kind,omitempty" enum:"fixed,working,in_kind,foreign" default:"fixed"`
	Outside  int64  `db:"outside" json:"outside,omitempty" minimum:"1" maximum:"1000000" doc:"the outside investor's share, millionths; default all"`
	Currency string `db:"currency" json:"currency,omitempty" enum:"USD,HKD,EUR,JPY,GBP,SGD,TWD,MOP," doc:"of foreign money"`
	Original int64  `db:"original" json:"original,omitempty" minimum:"0" doc:"hundredths of the currency"`
	Rate     int64  `db:"rate" json:"rate,omitempty" minimum:"0" maximum:"1000000000" doc:"millionths of a yuan for one of the currency"`
	RateOn   string `db:"rate_on" json:"rate_on,omitempty" doc:"day of the rate"`
}

const (
	wholeShare  = 1_000_000
	mostInvoice = 50
)

// settle fills in what was left out, and gives what the voucher says in fen and how much of that counts.
func (m *Money) settle(paid int64) (int64, int64) {
	if m.Kind == "" {
		m.Kind = "fixed"
	}
	if m.Outside == 0 {
		m.Outside = wholeShare
	}
	if m.Kind == "foreign" && paid == 0 {
		paid = times(m.Original, m.Rate)
	}
	return paid, times(paid, m.Outside)
}

// tell adds to what a verdict binds what is not said of every payment.
func (f Funds) tell(content map[string]any) {
	if f.Outside != wholeShare {
		content["paid"], content["outside"] = f.Paid, f.Outside
	}
	if f.Kind == "foreign" {
		content["currency"], content["original"], content["rate"], content["rate_on"] = f.Currency, f.Original, f.Rate, f.RateOn
	}
	if len(f.Invoices) > 0 {
		content["invoices"] = f.Invoices
	}
}

// times gives a × millionths, rounded half up.
func times(a, millionths int64) int64 {
	n := new(big.Int).Mul(big.NewInt(a), big.NewInt(millionths))
	n.Add(n, big.NewInt(wholeShare/2)).Quo(n, big.NewInt(wholeShare))
	if !n.IsInt64() {
		return maxAmount + 1
	}
	return n.Int64()
}

// check refuses money whose parts do not agree. Paid is what the voucher says, in fen.
func (m *Money) check(c *fault.Checks, paid int64, receivedOn, today string) {
	if !slices.Contains(moneyKinds, m.Kind) {
		c.Add("kind", "not_a_choice", "请选择资金类别。", "Choose the kind of money.")
	}
	if m.Outside < 1 || m.Outside > wholeShare {
		c.Add("outside", "out_of_range", "外来投资占比大于 0，不超过 100%。", "The outside share is above 0 and at most 100%.")
	}
	foreign := m.Kind == "foreign"
	if !foreign && (m.Currency != "" || m.Original != 0 || m.Rate != 0 || m.RateOn != "") {
		c.Add("currency", "not_foreign", "只有外资填币种、原币金额和汇率。", "Currency, original sum and rate are of foreign money alone.")
	}
	if !foreign {
		return
	}
	if !slices.Contains(currencies, m.Currency) {
		c.Add("currency", "not_a_choice", "请选择币种。", "Choose the currency.")
	}
	if m.Original <= 0 {
		c.Add("original", "required", "请填原币金额。", "Give the sum in its currency.")
	}
	if m.Rate <= 0 {
		c.Add("rate", "required", "请填汇率。", "Give the rate.")
	}
	checkDay(c, "rate_on", m.RateOn, today, "汇率日期", "The day of the rate")
	if m.RateOn > receivedOn {
		c.Add("rate_on", "after_receipt", "汇率日期晚于到账日期。", "The rate is of a day after the receipt.")
	}
	if want := times(m.Original, m.Rate); m.Original > 0 && m.Rate > 0 && paid != want {
		c.Add("amount", "rate_mismatch", "金额与原币金额乘汇率不符，可留空由系统折算。", "The amount is not the sum times the rate; leave it empty to have it computed.")
	}
}

// invoiceKey is a code of 10 or 12 digits and a number of 8, or the 20 digits of an electronic invoice.
var invoiceKey = regexp.MustCompile(`^(\d{10}|\d{12})[-\s]?(\d{8})$|^\d{20}$`)

// invoiceKeys reads the invoices of a payment, each once.
func invoiceKeys(c *fault.Checks, list []string) []string {
	var out []string
	for _, text := range list {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		if !invoiceKey.MatchString(text) {
			c.Add("invoices", "bad_invoice", "发票写作“代码 号码”（10 或 12 位 + 8 位），数电票写 20 位号码："+text, "Write an invoice as code and number (10 or 12 digits and 8), an electronic one as its 20 digits: "+text)
			continue
		}
		key := strings.NewReplacer("-", "", " ", "", "\t", "").Replace(text)
		if slices.Contains(out, key) {
			c.Add("invoices", "invoice_twice", "同一张发票写了两次："+text, "An invoice stands here twice: "+text)
			continue
		}
		out = append(out, key)
	}
	if len(out) > mostInvoice {
		c.Add("invoices", "too_many", "一笔最多 50 张发票。", "At most 50 invoices to a payment.")
	}
	return out
}

type invoice struct {
	Key   string `db:"key"`
	Funds string `db:"funds_id"`
}

// saveInvoices writes the invoices of payments, and refuses one that proves another. It does not say which: that may be
// another county's.
func saveInvoices(ctx context.Context, tx *db.Tx, rows []Funds) error {
	for i, f := range rows {
		if _, err := db.Exec(ctx, tx, `DELETE FROM pipeline_invoice WHERE funds_id = ?`, f.ID); err != nil {
			return err
		}
		if len(f.Invoices) == 0 {
			continue
		}
		used, err := db.All[string](ctx, tx, `SELECT key FROM pipeline_invoice WHERE key IN `+db.In(len(f.Invoices))+` ORDER BY key`, db.Args(f.Invoices)...)
		if err != nil {
			return err
		}
		if len(used) > 0 {
			return prefixed(fault.BadField("invoices", "invoice_used", "这张发票已经报过："+used[0]+"。如认为有误，请找共同的上级核对。",
				"This invoice was reported before: "+used[0]+". If that is wrong, ask your common superior."), i, len(rows))
		}
		var list []invoice
		for _, k := range f.Invoices {
			list = append(list, invoice{k, f.ID})
		}
		if err := db.Insert(ctx, tx, "pipeline_invoice", list); err != nil {
			return err
		}
	}
	return nil
}

// invoicesOf gives the invoices of payments, by payment.
func invoicesOf(ctx context.Context, tx *db.Tx, ids []string) (map[string][]string, error) {
	out := map[string][]string{}
	for part := range slices.Chunk(ids, 500) {
		err := db.Each(ctx, tx, `SELECT key, funds_id FROM pipeline_invoice WHERE funds_id IN `+db.In(len(part))+` ORDER BY key`, db.Args(part), func(x invoice) error {
			out[x.Funds] = append(out[x.Funds], x.Key)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
