package pipeline_test

import (
	"context"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/pipeline"
	"zhudian/internal/verify"
)

func figure(t *testing.T, w *apptest.World, code, book, basis, unit string) string {
	t.Helper()
	var out ledger.Figures
	err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = ledger.FiguresOf(ctx, tx, "", ledger.FiguresIn{Measure: []string{code}, Book: book, Basis: basis, Unit: unit, Through: "2020-12-31"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Figures[0].Value.String()
}

func decide(t *testing.T, w *apptest.World, subject string, verdict verify.Verdict, logins ...string) {
	t.Helper()
	w.Look()
	for _, login := range logins {
		var c verify.Claim
		var hash string
		err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
			if c, _, err = verify.ClaimOf(ctx, tx, subject); err == nil {
				hash, err = verify.CurrentHash(ctx, tx, c.ID)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Verify.Decide(w.As(login), verify.Decision{Claim: c.ID, Verdict: verdict, Reason: "reason", ContentHash: hash}); err != nil {
			t.Fatalf("%s on %s: %v", login, subject, err)
		}
	}
}

func claimOf(t *testing.T, w *apptest.World, subject string) (out verify.Claim) {
	t.Helper()
	err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
		out, _, err = verify.ClaimOf(ctx, tx, subject)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func slip() []verify.Evidence {
	return []verify.Evidence{{Blob: "0000000000000000000000000000000000000000000000000000000000000000", Name: "进账单.pdf", Type: "application/pdf", Size: 9}}
}

// TestProject_fromRegistrationToMoney walks a project through every level and corrects its amount afterwards: the
// recognised figure stands until each level has passed the new version.
func TestProject_fromRegistrationToMoney(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id := w.ID["project"]
		decide(t, w, "project/"+id, verify.Pass, "city", "province")
		decide(t, w, "contract/"+id, verify.Pass, "city", "province")
		funds, err := w.Pipeline.Receive(w.As("county"), pipeline.Receive{Project: id, Amount: 500_000_00, ReceivedOn: "2020-12-15", VoucherKind: "bank_slip", VoucherNo: "1215-00001", Evidence: slip()})
		if err != nil {
			t.Fatal(err)
		}
		decide(t, w, funds.Subject(), verify.Pass, "city", "province")
		for code, want := range map[string]string{"project.registered": "1", "project.signed": "1", "contract.amount": "1850000000", "funds.received": "50000000"} {
			if got := figure(t, w, code, "recognised", "location", "520602"); got != want {
				t.Errorf("%s %s, want %s", code, got, want)
			}
		}
		p := project(t, w, id)
		edit := pipeline.Edit{Project: id, Version: p.Version, Name: p.Name, Industry: p.Industry, Wheel: p.Wheel, Investors: p.Investors, SignedOn: p.SignedOn, Amount: 1_700_000_000}
		shown, err := w.Pipeline.Edit(w.As("county"), edit)
		if err != nil {
			t.Fatal(err)
		}
		if shown.Amount != 1_850_000_000 {
			t.Errorf("the record shows %d while its correction is checked", shown.Amount)
		}
		decide(t, w, "contract/"+id, verify.Pass, "city")
		if got := figure(t, w, "contract.amount", "recognised", "location", ""); got != "1850000000" {
			t.Errorf("recognised before its level passed: %s", got)
		}
		decide(t, w, "contract/"+id, verify.Pass, "province")
		if got := figure(t, w, "contract.amount", "recognised", "location", ""); got != "1700000000" || project(t, w, id).Amount != 1_700_000_000 {
			t.Errorf("after the correction: figure %s, record %d", got, project(t, w, id).Amount)
		}
	})
}

func project(t *testing.T, w *apptest.World, id string) pipeline.Project {
	t.Helper()
	out, err := w.Pipeline.Get(w.As("county"), pipeline.ByID{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return out.Project
}

// TestCredit_splitsWithoutCountingTwice: the location keeps the whole, the holders share it to the fen.
func TestCredit_splitsWithoutCountingTwice(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id := w.ID["project"]
		shares := []pipeline.Share{{Unit: "520602", Team: "shenzhen.520602", Share: 700_000}, {Unit: "520603", Share: 300_000}}
		if _, err := w.Pipeline.SetCredit(w.As("province"), pipeline.Credit{Project: id, Shares: shares, Reason: "agreed"}); err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct{ basis, unit, want string }{
			{"location", "520602", "1850000000"}, {"location", "520603", "0"}, {"credit", "520602", "1295000000"}, {"credit", "520603", "555000000"}, {"credit", "", "1850000000"},
		} {
			if got := figure(t, w, "contract.amount", "filed", x.basis, x.unit); got != x.want {
				t.Errorf("%s of %s: %s, want %s", x.basis, x.unit, got, x.want)
			}
		}
		bad := pipeline.Credit{Project: id, Reason: "x", Shares: []pipeline.Share{{Unit: "520602", Share: 333_300}, {Unit: "520603", Share: 666_600}}}
		if _, err := w.Pipeline.SetCredit(w.As("province"), bad); !fault.Has(err, "share_total") {
			t.Errorf("99.99%%: %v", err)
		}
	})
}

func TestRefusals(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id, firm := w.ID["project"], w.ID["company"]
		good := pipeline.Receive{Project: id, Amount: 100_00, ReceivedOn: "2020-12-15", VoucherKind: "bank_slip", VoucherNo: "V1", Evidence: slip()}
		if _, err := w.Pipeline.Receive(w.As("county"), good); err != nil {
			t.Fatal(err)
		}
		change := func(fn func(*pipeline.Receive)) pipeline.Receive {
			in := good
			in.VoucherNo = "V2"
			fn(&in)
			return in
		}
		for name, x := range map[string]struct {
			in   pipeline.Receive
			who  string
			code string
		}{
			"the same voucher": {change(func(r *pipeline.Receive) { r.VoucherNo = "V1" }), "county", "voucher_used"},
			"tomorrow":         {change(func(r *pipeline.Receive) { r.ReceivedOn = "2020-12-31" }), "county", "future_date"},
			"30 February":      {change(func(r *pipeline.Receive) { r.ReceivedOn = "2020-02-30" }), "county", "not_a_date"},
			"nothing":          {change(func(r *pipeline.Receive) { r.Amount = 0 }), "county", "not_positive"},
			"far too much":     {change(func(r *pipeline.Receive) { r.Amount = 1 << 62 }), "county", "too_large"},
			"no file":          {change(func(r *pipeline.Receive) { r.Evidence = nil }), "county", "required"},
			"the neighbour":    {change(func(*pipeline.Receive) {}), "neighbour", "not_found"},
			"an officer":       {change(func(*pipeline.Receive) {}), "officer", "not_allowed"},
		} {
			if _, err := w.Pipeline.Receive(w.As(x.who), x.in); !fault.Has(err, x.code) {
				t.Errorf("%s: %v, want %s", name, err, x.code)
			}
		}
		if _, err := w.Pipeline.Sign(w.As("county"), pipeline.Sign{Project: id, SignedOn: "2020-12-11", Amount: 1}); !fault.Has(err, "already_signed") {
			t.Errorf("signed twice: %v", err)
		}
		register := pipeline.Register{Name: "x", Unit: "520603", Investors: []string{firm}, Industry: "39", Wheel: "industry", RegisteredOn: "2020-12-01"}
		if _, err := w.Pipeline.Register(w.As("county"), register); !fault.Has(err, "not_your_unit") {
			t.Errorf("in the county next door: %v", err)
		}
		p := project(t, w, id)
		stale := pipeline.Edit{Project: id, Version: p.Version - 1, Name: "y", Industry: "39", Wheel: "industry", Investors: p.Investors, SignedOn: p.SignedOn, Amount: p.Amount}
		if _, err := w.Pipeline.Edit(w.As("county"), stale); !fault.Has(err, "stale") {
			t.Errorf("an edit of an old version: %v", err)
		}
	})
}
