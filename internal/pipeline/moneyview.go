package pipeline

import (
	"context"
	"strings"

	"zhudian/internal/fault"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// fundsIn is the form of a payment.
type fundsIn struct {
	Funds       string `json:"funds" maxLength:"40"` // id of the payment to be, so that sending the form twice is safe
	Amount      int64  `json:"amount" money:"wan"`
	ReceivedOn  string `json:"received_on" format:"date"`
	VoucherKind string `json:"voucher_kind"`
	VoucherNo   string `json:"voucher_no" maxLength:"60"`
	Payer       string `json:"payer" maxLength:"120"`
	Payee       string `json:"payee" maxLength:"120"`
	UseOf       string `json:"use_of" maxLength:"200"`
	Late        string `json:"late_reason" maxLength:"200"`
	Kind        string `json:"kind"`
	Outside     string `json:"outside" maxLength:"12"` // per cent
	Currency    string `json:"currency"`
	Original    string `json:"original" maxLength:"24"`
	Rate        string `json:"rate" maxLength:"16"`
	RateOn      string `json:"rate_on" maxLength:"10"`
	Invoices    string `json:"invoices" maxLength:"2000"` // one to a line
}

// receive reads the form as what the use case takes.
func (in fundsIn) receive(project string, files []verify.Evidence) (Receive, error) {
	out := Receive{
		ID: in.Funds, Project: project, Amount: in.Amount, ReceivedOn: in.ReceivedOn, VoucherKind: in.VoucherKind, VoucherNo: in.VoucherNo, Payer: in.Payer, Payee: in.Payee,
		UseOf: in.UseOf, Evidence: files, Late: in.Late, Money: Money{Kind: in.Kind, Currency: in.Currency, RateOn: in.RateOn},
	}
	if strings.TrimSpace(in.Invoices) != "" {
		out.Invoices = strings.Split(strings.TrimSpace(in.Invoices), "\n")
	}
	var c fault.Checks
	for _, n := range []struct {
		name, text string
		places     int
		into       *int64
	}{{"outside", in.Outside, 4, &out.Outside}, {"original", in.Original, 2, &out.Original}, {"rate", in.Rate, 6, &out.Rate}} {
		if n.text == "" {
			continue
		}
		v, bad := web.ParseDecimal(n.text, n.places)
		if bad != nil {
			bad.Name = n.name
			c.AddField(*bad)
		}
		*n.into = v
	}
	return out, c.Err()
}

// made says what a payment is made of, where it is not simply the investor's money: the kind, the part that counts, the sum in
// its currency.
func (f Funds) made(ctx context.Context) string {
	out := web.T(ctx, "project.money."+f.Kind)
	if f.Kind == "foreign" {
		out += web.T(ctx, "project.made_foreign", f.Currency, web.Fixed(f.Original, 2, 2), web.Fixed(f.Rate, 6, 4), f.RateOn)
	}
	if f.Outside != wholeShare {
		out += web.T(ctx, "project.made_outside", web.MoneyCell(ctx, f.Paid, web.Wan), web.Fixed(f.Outside, 4, 2))
	}
	return out
}

func currencyChoices() []web.Choice {
	out := []web.Choice{{Text: web.Nil}}
	for _, c := range currencies {
		out = append(out, web.Choice{Value: c, Text: c})
	}
	return out
}

// someDecimal is a number as it is typed; "" for none.
func someDecimal(n int64, scale int) string {
	if n == 0 {
		return ""
	}
	return web.Fixed(n, scale, scale)
}
