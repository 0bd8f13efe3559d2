package pipeline_test

import (
	"strings"
	"sync"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/fault"
	"zhudian/internal/pipeline"
)

var thirds = []pipeline.Share{{Unit: "520602", Team: "shenzhen.520602", Share: 700_000}, {Unit: "520603", Share: 300_000}}

func propose(t *testing.T, w *apptest.World, measure string) pipeline.Split {
	t.Helper()
	x, err := w.Pipeline.ProposeSplit(w.As("county"), pipeline.NewSplit{Project: w.ID["project"], Measure: measure, Shares: thirds, Reason: "万山引荐"})
	if err != nil || x.State != "open" || len(x.Parties) != 2 {
		t.Fatalf("%+v %v", x, err)
	}
	return x
}

func answer(w *apptest.World, login, id, state string) error {
	_, err := w.Pipeline.AnswerSplit(w.As(login), pipeline.AnswerSplit{ID: id, State: state, Said: "看过"})
	return err
}

// credited compares the contract credited to units in the filed book.
func credited(t *testing.T, w *apptest.World, want map[string]string) {
	t.Helper()
	for unit, sum := range want {
		if got := figure(t, w, "contract.amount", "filed", "credit", unit); got != sum {
			t.Errorf("credited to %s: %s, want %s", unit, got, sum)
		}
	}
}

// TestSplit_agreed: nothing moves before the last signature; then the entries are posted again at the same total.
func TestSplit_agreed(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		x := propose(t, w, "")
		credited(t, w, map[string]string{"520602": "1850000000", "520603": "0"})
		if err := answer(w, "county", x.ID, "signed"); !fault.Has(err, "not_a_party") {
			t.Errorf("one's own party again: %v", err)
		}
		if err := answer(w, "city", x.ID, "signed"); !fault.Has(err, "not_a_party") {
			t.Errorf("the city for a county: %v", err)
		}
		if err := answer(w, "neighbour", x.ID, "signed"); err != nil {
			t.Fatal(err)
		}
		credited(t, w, map[string]string{"520602": "1295000000", "520603": "555000000", "": "1850000000"})
		if err := answer(w, "neighbour", x.ID, "refused"); !fault.Has(err, "split_closed") {
			t.Errorf("after it was agreed: %v", err)
		}
		if got := figure(t, w, "contract.amount", "filed", "location", "520602"); got != "1850000000" {
			t.Errorf("the place keeps the whole: %s", got)
		}
	})
}

// TestSplit_byMeasure: an agreement about the money leaves the contract as it was, and what arrives later follows it.
func TestSplit_byMeasure(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		x := propose(t, w, "funds")
		if err := answer(w, "neighbour", x.ID, "signed"); err != nil {
			t.Fatal(err)
		}
		in := pipeline.Receive{Project: w.ID["project"], Amount: 1_000_001, ReceivedOn: "2020-12-15", VoucherKind: "bank_slip", VoucherNo: "V9", Evidence: slip()}
		if _, err := w.Pipeline.Receive(w.As("county"), in); err != nil {
			t.Fatal(err)
		}
		credited(t, w, map[string]string{"520602": "1850000000", "520603": "0"})
		for unit, want := range map[string]string{"520602": "700001", "520603": "300000"} {
			if got := figure(t, w, "funds.received", "filed", "credit", unit); got != want {
				t.Errorf("funds of %s: %s, want %s", unit, got, want)
			}
		}
	})
}

func TestSplit_refusals(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id := w.ID["project"]
		for _, bad := range []struct {
			login string
			in    pipeline.NewSplit
			want  string
		}{
			{"officer", pipeline.NewSplit{Project: id, Shares: thirds, Reason: "好"}, "not_allowed"},
			{"neighbour", pipeline.NewSplit{Project: id, Shares: thirds, Reason: "好"}, "not_found"},
			{"county", pipeline.NewSplit{Project: id, Shares: thirds, Reason: " "}, "required"},
			{"county", pipeline.NewSplit{Project: id, Reason: "好"}, "required"},
			{"county", pipeline.NewSplit{Project: id, Reason: "好", Shares: []pipeline.Share{{Unit: "520602", Share: 333_300}, {Unit: "520603", Share: 666_600}}}, "share_total"},
			{"county", pipeline.NewSplit{Project: id, Reason: "好", Shares: []pipeline.Share{{Unit: "520602", Share: 500_000}, {Unit: "520602", Share: 500_000}}}, "repeated"},
			{"county", pipeline.NewSplit{Project: id, Reason: "好", Shares: []pipeline.Share{{Unit: "520602", Share: 1_500_000}, {Unit: "520603", Share: -500_000}}}, "share_range"},
			{"county", pipeline.NewSplit{Project: id, Reason: "好", Shares: []pipeline.Share{{Unit: "nowhere", Share: 1_000_000}}}, "unknown_unit"},
			{"county", pipeline.NewSplit{Project: id, Reason: "好", Shares: []pipeline.Share{{Unit: "520602", Team: "shenzhen.520602", Share: 1_000_000}}}, "same_shares"},
		} {
			if _, err := w.Pipeline.ProposeSplit(w.As(bad.login), bad.in); !fault.Has(err, bad.want) {
				t.Errorf("%s %+v: %v, want %s", bad.login, bad.in.Shares, err, bad.want)
			}
		}
		x := propose(t, w, "")
		if _, err := w.Pipeline.ProposeSplit(w.As("county"), pipeline.NewSplit{Project: id, Shares: thirds, Reason: "再来"}); !fault.Has(err, "split_open") {
			t.Errorf("a second one: %v", err)
		}
		if _, err := w.Pipeline.SetCredit(w.As("province"), pipeline.Credit{Project: id, Shares: thirds, Reason: "裁定"}); !fault.Has(err, "split_open") {
			t.Errorf("a ruling in between: %v", err)
		}
		if _, err := w.Pipeline.AnswerSplit(w.As("neighbour"), pipeline.AnswerSplit{ID: x.ID, State: "refused"}); !fault.Has(err, "required") {
			t.Errorf("refused without a word: %v", err)
		}
		if err := answer(w, "neighbour", x.ID, "perhaps"); !fault.Has(err, "not_a_choice") {
			t.Errorf("no answer: %v", err)
		}
		if _, err := w.Pipeline.WithdrawSplit(w.As("neighbour"), pipeline.ByID{ID: x.ID}); !fault.Has(err, "not_allowed") {
			t.Errorf("withdrawn by the other party: %v", err)
		}
		if err := answer(w, "neighbour", x.ID, "refused"); err != nil {
			t.Fatal(err)
		}
		credited(t, w, map[string]string{"520602": "1850000000", "520603": "0"})
		y := propose(t, w, "contract")
		if _, err := w.Pipeline.WithdrawSplit(w.As("county"), pipeline.ByID{ID: y.ID}); err != nil {
			t.Fatal(err)
		}
		if err := answer(w, "neighbour", y.ID, "signed"); !fault.Has(err, "split_closed") {
			t.Errorf("signed after it was withdrawn: %v", err)
		}
	})
}

// TestSplit_together: of twenty signatures at once exactly one counts.
func TestSplit_together(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		x := propose(t, w, "")
		ctx := w.As("neighbour")
		var all sync.WaitGroup
		errs := make([]error, 20)
		for i := range errs {
			all.Go(func() {
				_, errs[i] = w.Pipeline.AnswerSplit(ctx, pipeline.AnswerSplit{ID: x.ID, State: "signed"})
			})
		}
		all.Wait()
		done := 0
		for _, err := range errs {
			if err == nil {
				done++
			} else if !fault.Has(err, "split_closed") && !fault.Has(err, "not_a_party") {
				t.Errorf("%v", err)
			}
		}
		if done != 1 {
			t.Errorf("%d signatures counted", done)
		}
		credited(t, w, map[string]string{"520602": "1295000000", "520603": "555000000", "": "1850000000"})
	})
}

// TestSplit_alone: within one unit another person than the proposer signs.
func TestSplit_alone(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		x, err := w.Pipeline.ProposeSplit(w.As("county"), pipeline.NewSplit{Project: w.ID["project"], Reason: "归县里", Shares: []pipeline.Share{{Unit: "520602", Share: 1_000_000}}})
		if err != nil || len(x.Parties) != 1 || x.Parties[0].State != "" {
			t.Fatalf("%+v %v", x, err)
		}
		if err := answer(w, "county", x.ID, "signed"); !fault.Has(err, "same_person") {
			t.Errorf("one's own proposal: %v", err)
		}
	})
}

// TestTransferLead: the receiver learns no name before it signs; then the lead is its own, and the project that comes of it
// is credited as agreed.
func TestTransferLead(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		in := newLead(w)
		l, err := w.Pipeline.RecordLead(w.As("officer"), in)
		if err != nil {
			t.Fatal(err)
		}
		move := pipeline.Transfer{ID: l.ID, To: "520603", Reason: "万山有化工园", Shares: []pipeline.Share{{Unit: "520602", Team: "shenzhen.520602", Share: 400_000}, {Unit: "520603", Share: 600_000}}}
		for _, bad := range []struct{ to, want string }{{"520602", "unknown_unit"}, {"nowhere", "unknown_unit"}} {
			x := move
			if x.To = bad.to; x.To != "" {
				if _, err := w.Pipeline.TransferLead(w.As("county"), x); !fault.Has(err, bad.want) {
					t.Errorf("to %s: %v", bad.to, err)
				}
			}
		}
		x, err := w.Pipeline.TransferLead(w.As("county"), move)
		if err != nil {
			t.Fatal(err)
		}
		status, body := w.Do(w.Client("neighbour"), w.Request("GET", "/splits/"+x.ID, ""))
		if status != 200 || strings.Contains(body, in.Title) || !strings.Contains(body, l.Code) {
			t.Errorf("before it signs: %d, names the lead: %t", status, strings.Contains(body, in.Title))
		}
		if _, err := w.Pipeline.GetLead(w.As("neighbour"), pipeline.ByID{ID: l.ID}); !fault.Is(err, fault.NotFound) {
			t.Errorf("the lead before it signs: %v", err)
		}
		if err := answer(w, "neighbour", x.ID, "signed"); err != nil {
			t.Fatal(err)
		}
		got, err := w.Pipeline.GetLead(w.As("neighbour"), pipeline.ByID{ID: l.ID})
		if err != nil || got.Unit != "520603" {
			t.Fatalf("%+v %v", got.Lead, err)
		}
		if _, err := w.Pipeline.GetLead(w.As("officer"), pipeline.ByID{ID: l.ID}); err != nil {
			t.Errorf("its team no longer sees it: %v", err)
		}
		if _, err := w.Pipeline.JudgeLead(w.As("neighbour"), pipeline.Judge{ID: l.ID, Valid: true, Opinion: apptest.Favourable, Reason: "好"}); err != nil {
			t.Fatal(err)
		}
		p, err := w.Pipeline.Register(w.As("neighbour"), pipeline.Register{Name: "万山化工", Unit: "520603", Investors: []string{in.Company}, Industry: "39", Wheel: "industry", RegisteredOn: "2020-12-15"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Pipeline.LandLead(w.As("neighbour"), pipeline.Landed{ID: l.ID, Project: p.ID}); err != nil {
			t.Fatal(err)
		}
		rec, err := w.Pipeline.Get(w.As("neighbour"), pipeline.ByID{ID: p.ID})
		if err != nil || len(rec.Shares) != 2 || rec.Shares[1].Share != 600_000 || len(rec.FundShare) != 2 {
			t.Errorf("%+v %v", rec.Shares, err)
		}
	})
}
