package verify

import (
	"strings"
	"testing"
	"time"
)

const yi = 10_000_000_000 // fen

// synthetic is one false claim for each rule, and beside it the nearest honest one.
var synthetic = []struct {
	rule, kind string
	bad, good  Case
}{
	{"R01", "funds", Case{Payment: &PaymentCase{SameNumber: 1}}, Case{Payment: &PaymentCase{}}},
	{"R02", "funds", Case{Proof: ProofCase{SameFile: 1}}, Case{}},
	{"R02", "stage", Case{Proof: ProofCase{Pictures: []PictureCase{{Name: "a", Alike: []int64{5}}}}}, Case{Proof: ProofCase{Pictures: []PictureCase{{Name: "a", Alike: []int64{6}}}}}},
	{
		"R03", "funds",
		Case{Payment: &PaymentCase{Amount: yi, ReceivedOn: "2020-06-01", Back: yi / 10 * 8, BackOn: "2020-06-06"}},
		Case{Payment: &PaymentCase{Amount: yi, ReceivedOn: "2020-06-01", Back: yi / 10 * 8, BackOn: "2020-06-07"}},
	},
	{
		"R03", "funds",
		Case{Payment: &PaymentCase{Amount: yi, ReceivedOn: "2020-06-01", Back: yi, BackOn: "2020-06-02"}},
		Case{Payment: &PaymentCase{Amount: yi, ReceivedOn: "2020-06-01", Back: yi / 10 * 7, BackOn: "2020-06-02"}},
	},
	{"R04", "funds", Case{Payment: &PaymentCase{Payer: "某县城投公司"}}, Case{Payment: &PaymentCase{Payer: "某科技公司"}}},
	{"R04", "funds", Case{Payment: &PaymentCase{Payer: "甲", Payee: "甲"}}, Case{Payment: &PaymentCase{Payer: "甲", Payee: "乙"}}},
	{"R05", "funds", Case{Payment: &PaymentCase{Contract: yi, Total: yi/100*120 + 100}}, Case{Payment: &PaymentCase{Contract: yi, Total: yi / 100 * 120}}},
	{"R06", "funds", Case{Payment: &PaymentCase{ReceivedOn: "2020-06-02", EndedOn: "2020-06-01"}}, Case{Payment: &PaymentCase{ReceivedOn: "2020-06-01", EndedOn: "2020-06-01"}}},
	{"R07", "funds", Case{Payment: &PaymentCase{ReceivedOn: "2020-05-31", SignedOn: "2020-06-01"}}, Case{Payment: &PaymentCase{ReceivedOn: "2020-06-01", SignedOn: "2020-06-01"}}},
	{"R07", "funds", Case{Payment: &PaymentCase{ReceivedOn: "2020-06-02", SignedOn: "2020-06-01", Registered: "2020-06-03"}}, Case{Payment: &PaymentCase{ReceivedOn: "2020-06-03", SignedOn: "2020-06-01", Registered: "2020-06-03"}}},
	{"R08", "stage", Case{Proof: ProofCase{On: "2020-12-01", Pictures: []PictureCase{{TakenOn: "2020-10-31"}}}}, Case{Proof: ProofCase{On: "2020-12-01", Pictures: []PictureCase{{TakenOn: "2020-11-01"}, {}}}}},
	{"R09", "funds", Case{Payment: &PaymentCase{Amounts: []int64{yi, yi, 2 * yi, yi}}}, Case{Payment: &PaymentCase{Amounts: []int64{yi, yi, 2*yi + 1, yi}}}},
	{"R10", "funds", Case{Payment: &PaymentCase{ReceivedOn: "2020-12-30", Payments: 3, Year: yi, December: yi / 10 * 4}}, Case{Payment: &PaymentCase{ReceivedOn: "2020-12-30", Payments: 3, Year: yi, December: yi / 10 * 3}}},
	{"R11", "funds", Case{Payment: &PaymentCase{Amount: yi, Target: 10 * yi, UnitYear: 10 * yi}}, Case{Payment: &PaymentCase{Amount: yi, Target: 10 * yi, UnitYear: 10*yi + yi/2}}},
	{"R12", "funds", Case{Payment: &PaymentCase{PowerFlat: true}}, Case{Payment: &PaymentCase{}}},
	{"R13", "contract", Case{Contract: &ContractCase{SameName: 1}}, Case{Contract: &ContractCase{}}},
	{
		"R13", "contract",
		Case{Contract: &ContractCase{Amount: yi, SignedOn: "2020-06-01", Alike: []AlikeContract{{yi / 10 * 8, "2018-07-01"}}}},
		Case{Contract: &ContractCase{Amount: yi, SignedOn: "2020-06-01", Alike: []AlikeContract{{yi / 10 * 7, "2018-07-01"}, {yi, "2018-01-01"}}}},
	},
	{"R14", "contract", Case{Contract: &ContractCase{Amount: yi, Capital: yi / 100}}, Case{Contract: &ContractCase{Amount: yi, Capital: yi / 99}}},
	{"R15", "contract", Case{Contract: &ContractCase{SignedOn: "2020-06-30", FoundedOn: "2020-06-01"}}, Case{Contract: &ContractCase{SignedOn: "2020-07-01", FoundedOn: "2020-06-01"}}},
	{"R15", "contract", Case{Contract: &ContractCase{SameDoor: 11}}, Case{Contract: &ContractCase{SameDoor: 10}}},
	{"R16", "visit", Case{Visit: &VisitCase{SameDay: 13}}, Case{Visit: &VisitCase{SameDay: 12}}},
	{"R16", "visit", Case{Visit: &VisitCase{At: &Stop{114_057_868, 22_543_099, 600}, Near: []Stop{{114_085_947, 22_747_000, 609}}}}, // 福田 to 龙华, 22 km
		Case{Visit: &VisitCase{At: &Stop{114_057_868, 22_543_099, 600}, Near: []Stop{{114_085_947, 22_747_000, 611}, {114_06_0000, 22_540_000, 605}}}}},
	{
		"R17", "visit",
		Case{Visit: &VisitCase{Said: "介绍了我县的厂房和电价，对方表示有意向年内来看。", Texts: []string{"介绍了我县的厂房和电价，对方表示有意向年内来看看。"}}},
		Case{Visit: &VisitCase{Said: "介绍了我县的厂房和电价，对方表示有意向年内来看。", Texts: []string{"对方主营连接器，租约明年到期，想在西南设第二工厂。"}}},
	},
	{"R18", "visit", Case{Visit: &VisitCase{Phone: 4}}, Case{Visit: &VisitCase{Phone: 3}}},
	{
		"R19", "visit",
		Case{Visit: &VisitCase{Day: "2020-06-08", IsFirst: true, ByTeamOf: "520602", Firsts: []FirstVisit{{"520603", "2020-06-02"}}}},
		Case{Visit: &VisitCase{Day: "2020-06-08", IsFirst: true, ByTeamOf: "520602", Firsts: []FirstVisit{{"520603", "2020-06-01"}, {"520602", "2020-06-08"}}}},
	},
	{"R20", "funds", Case{Payment: &PaymentCase{Contract: yi, Total: yi / 2, Built: 20, HasBuilt: true}}, Case{Payment: &PaymentCase{Contract: yi, Total: yi / 2, Built: 21, HasBuilt: true}}},
	{"R21", "contract", Case{Contract: &ContractCase{Amount: 10_000 * yi, Capital: yi}}, Case{Contract: &ContractCase{Amount: 4_999 * yi, Capital: yi}}},
	{"R22", "funds", Case{Pace: 61}, Case{Pace: 60}},
	{"R30", "visit", Case{Visit: &VisitCase{Skew: -600}}, Case{Visit: &VisitCase{Skew: 599}}},
}

// TestRules: every rule sees its false claim, and is silent about the honest one beside it. None is without a case.
func TestRules(t *testing.T) {
	have := map[string]bool{}
	for _, x := range synthetic {
		have[x.rule] = true
		r, err := ruleByCode(x.rule)
		if err != nil {
			t.Fatal(err)
		}
		one := []setting{r.asShipped()}
		got := findings(one, x.kind, &x.bad)
		if len(got) != 1 || got[0].DetailZH == "" || got[0].DetailEN == "" || got[0].Risk != r.Risk {
			t.Errorf("%s of %s: %+v of the false claim", x.rule, x.kind, got)
		}
		if got := findings(one, x.kind, &x.good); len(got) != 0 {
			t.Errorf("%s of %s: %+v of the honest claim", x.rule, x.kind, got)
		}
		one[0].on = false
		if got := findings(one, x.kind, &x.bad); len(got) != 0 {
			t.Errorf("%s is off and says %+v", x.rule, got)
		}
	}
	for _, r := range Rules {
		if !have[r.Code] {
			t.Errorf("%s has no case", r.Code)
		}
		for _, l := range r.Limits {
			if l.Default < l.Min || l.Default > l.Max {
				t.Errorf("%s %s: %d", r.Code, l.Key, l.Default)
			}
		}
		if strings.TrimSpace(r.Name.EN) == "" || r.About.EN == "" || r.Risk < 1 || r.Risk > 9 {
			t.Errorf("%s: %+v", r.Code, r)
		}
	}
}

// BenchmarkRules: all rules over one claim take far less than a page may.
func BenchmarkRules(b *testing.B) {
	var all []setting
	for _, r := range Rules {
		all = append(all, r.asShipped())
	}
	start := time.Now()
	for range b.N {
		for _, x := range synthetic {
			findings(all, x.kind, &x.bad)
		}
	}
	b.ReportMetric(float64(time.Since(start).Microseconds())/float64(b.N*len(synthetic)), "µs/claim")
}
