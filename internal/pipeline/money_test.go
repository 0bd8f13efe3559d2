package pipeline_test

import (
	"fmt"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/pipeline"
)

// TestMoney: what counts is the outside part, foreign money by its rate; what does not agree is refused by field; figures are
// asked for by kind and by the year of signing.
func TestMoney(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Live()
		n := 0
		receive := func(edit func(*pipeline.Receive)) (pipeline.Funds, error) {
			n++
			in := pipeline.Receive{Project: w.ID["project"], Amount: 10_000_001, ReceivedOn: "2020-12-14", VoucherKind: "bank_slip", VoucherNo: fmt.Sprint("M-", n), Evidence: slip()}
			edit(&in)
			return w.Pipeline.Receive(w.As("county"), in)
		}
		for name, x := range map[string]struct {
			edit   func(*pipeline.Receive)
			counts int64
		}{
			"all of it":         {func(*pipeline.Receive) {}, 10_000_001},
			"half, rounded up":  {func(in *pipeline.Receive) { in.Outside = 500_000 }, 5_000_001},
			"working capital":   {func(in *pipeline.Receive) { in.Kind = "working" }, 10_000_001},
			"dollars":           {func(in *pipeline.Receive) { in.Amount, in.Money = 0, dollars }, 65_480_000},
			"dollars, computed": {func(in *pipeline.Receive) { in.Amount, in.Money = 65_480_000, dollars }, 65_480_000},
			"with invoices":     {func(in *pipeline.Receive) { in.Invoices = []string{"044001900111 12345678", "24442000000012345678"} }, 10_000_001},
		} {
			f, err := receive(x.edit)
			if err != nil || f.Amount != x.counts {
				t.Errorf("%s: counts %d, want %d: %v", name, f.Amount, x.counts, err)
			}
		}
		for name, x := range map[string]struct {
			edit func(*pipeline.Receive)
			want string
		}{
			"no such kind":      {func(in *pipeline.Receive) { in.Kind = "gold" }, "not_a_choice"},
			"more than all":     {func(in *pipeline.Receive) { in.Outside = 1_000_001 }, "out_of_range"},
			"a rate at home":    {func(in *pipeline.Receive) { in.Rate = 1 }, "not_foreign"},
			"no currency":       {func(in *pipeline.Receive) { in.Kind = "foreign" }, "not_a_choice"},
			"another sum":       {func(in *pipeline.Receive) { in.Money = dollars }, "rate_mismatch"},
			"tomorrow's rate":   {func(in *pipeline.Receive) { in.Amount, in.Money, in.RateOn = 0, dollars, "2020-12-15" }, "after_receipt"},
			"no invoice":        {func(in *pipeline.Receive) { in.Invoices = []string{"123"} }, "bad_invoice"},
			"one invoice twice": {func(in *pipeline.Receive) { in.Invoices = []string{"044001900111-87654321", "04400190011187654321"} }, "invoice_twice"},
			"used before":       {func(in *pipeline.Receive) { in.Invoices = []string{"04400190011112345678"} }, "invoice_used"},
			"nothing":           {func(in *pipeline.Receive) { in.Amount = 0 }, ""},
		} {
			if _, err := receive(x.edit); !fault.Is(err, fault.Invalid) || x.want != "" && !fault.Has(err, x.want) {
				t.Errorf("%s: %v, want %s", name, err, x.want)
			}
		}
		for where, want := range map[string]int64{"tag:fund:working": 10_000_001, "tag:fund:foreign": 2 * 65_480_000, "tag:signed:2020": 500_000_000 + 10_000_001*3 + 5_000_001 + 2*65_480_000, "tag:signed:2019": 0} {
			out, err := w.Ledger.Figures(w.As("county"), ledger.FiguresIn{Measure: []string{"funds.received"}, From: "2020-12-14", Through: "2020-12-14", Book: "filed", Where: []string{where}})
			if err != nil || out.Figures[0].Value.N != want {
				t.Errorf("%s: %+v %v, want %d", where, out.Figures, err, want)
			}
		}
	})
}

// dollars are 100,000.00 at 6.548.
var dollars = pipeline.Money{Kind: "foreign", Currency: "USD", Original: 10_000_000, Rate: 6_548_000, RateOn: "2020-12-14"}

// TestMoney_corrected: a correction takes the invoices along, and frees those it drops.
func TestMoney_corrected(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Live()
		in := pipeline.Receive{
			Project: w.ID["project"], Amount: 10_000_000, ReceivedOn: "2020-12-14", VoucherKind: "bank_slip", VoucherNo: "C-1", Evidence: slip(), Invoices: []string{"24442000000012345678"},
		}
		f, err := w.Pipeline.Receive(w.As("county"), in)
		if err != nil {
			t.Fatal(err)
		}
		in.Invoices, in.Outside = []string{"24442000000012345679"}, 600_000
		got, err := w.Pipeline.CorrectFunds(w.As("county"), pipeline.Correct{Funds: f.ID, Version: f.Version, Receive: in})
		if err != nil || got.Amount != 6_000_000 {
			t.Fatalf("%+v %v", got, err)
		}
		now, err := w.Pipeline.GetFunds(w.As("county"), pipeline.ByID{ID: f.ID})
		if err != nil || now.Amount != 6_000_000 || now.Paid != 10_000_000 || len(now.Invoices) != 1 || now.Invoices[0] != "24442000000012345679" {
			t.Errorf("%+v %v", now, err)
		}
		in.VoucherNo, in.Invoices = "C-2", []string{"24442000000012345678"}
		if _, err := w.Pipeline.Receive(w.As("county"), in); err != nil {
			t.Errorf("the invoice that was dropped: %v", err)
		}
	})
}
