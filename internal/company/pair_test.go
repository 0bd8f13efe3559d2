package company

import (
	"context"
	"slices"
	"strings"
	"testing"

	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// compare runs the comparison of the library to its end.
func compare(t testing.TB, s *Service) {
	t.Helper()
	for {
		more, err := s.ComparePairs(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return
		}
	}
}

func TestPairs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		add := func(f Facts) Record {
			t.Helper()
			return must[Record](t)(s.Create(ctx, Create{Facts: f}))
		}
		coded := add(Facts{Name: "深圳市怡亚通供应链有限公司", CreditCode: madeCode(1), Address: "深圳市宝安区1号", Former: []string{"深圳市老字号货运有限公司"}})
		form := add(Facts{Name: "怡亚通供应链（深圳）股份有限公司", Address: "深圳市宝安区2号"})
		sound := add(Facts{Name: "深圳市宜亚通供应链有限公司", Address: "深圳市南山区3号"})
		former := add(Facts{Name: "老字号货运", Address: "深圳市南山区4号"})
		add(Facts{Name: "深圳市怡亚通供应链有限责任公司", CreditCode: madeCode(2), Address: "深圳市宝安区5号"}) // another code: another organisation
		add(Facts{Name: "贵阳怡亚通供应链有限公司", Address: "贵阳市观山湖区6号"})                            // another city
		for _, place := range []string{"福田区", "坪山区"} {                                    // the place tells associations apart
			add(Facts{Kind: Association, Name: "深圳市" + place + "五金协会", Address: "深圳市" + place})
		}
		if l := must[PairList](t)(s.Pairs(ctx, Pairs{})); len(l.Items) != 0 || l.Looked != 0 || l.Last != 8 {
			t.Fatalf("before comparing: %+v", l)
		}
		compare(t, s)
		l := must[PairList](t)(s.Pairs(ctx, Pairs{}))
		if l.Looked != 8 {
			t.Errorf("looked at %d", l.Looked)
		}
		find := func(x, y Record) *Pair {
			for i, p := range l.Items {
				if p.One.ID == x.ID && p.Other.ID == y.ID {
					return &l.Items[i]
				}
			}
			t.Errorf("%s and %s are no pair in %+v", x.Name, y.Name, l.Items)
			return &Pair{}
		}
		for _, c := range []struct {
			x, y Record
			why  string
		}{{coded, form, "same_key same_city"}, {coded, sound, "same_sound same_city"}, {coded, former, "former_name same_city"}} {
			if p := find(c.x, c.y); strings.Join(p.Why, " ") != c.why {
				t.Errorf("%s: %+v", c.y.Name, p)
			}
		}
		for _, p := range l.Items {
			if p.One.CreditCode != "" && p.Other.CreditCode != "" || strings.Contains(p.One.Name+p.Other.Name, "贵阳") || p.One.Kind == Association {
				t.Errorf("a pair of two organisations: %+v", p)
			}
		}
		if !slices.IsSortedFunc(l.Items, func(x, y Pair) int { return int(y.Score - x.Score) }) {
			t.Errorf("order %+v", l.Items)
		}
		first := must[PairList](t)(s.Pairs(ctx, Pairs{Page: db.Page{Limit: 1}}))
		second := must[PairList](t)(s.Pairs(ctx, Pairs{Page: db.Page{Limit: 1, After: first.Next}}))
		if first.Items[0].ID != l.Items[0].ID || second.Items[0].ID != l.Items[1].ID {
			t.Errorf("page by page: %+v %+v", first, second)
		}
	})
}

// What was decided is kept: through edits, new comparisons and merges.
func TestJudgePair(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		a := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "深圳市凌汐电子有限公司", CreditCode: madeCode(1), Address: "深圳市南山区1号"}}))
		b := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "凌汐电子有限公司", Address: "深圳市宝安区2号"}}))
		compare(t, s)
		open := must[PairList](t)(s.Pairs(ctx, Pairs{})).Items
		if len(open) != 1 {
			t.Fatalf("%+v", open)
		}
		p := must[Pair](t)(s.JudgePair(ctx, JudgePair{ID: open[0].ID, State: PairApart}))
		if p.State != PairApart || p.By != "zhang" || p.At == 0 {
			t.Errorf("%+v", p)
		}
		if out := must[Suggested](t)(s.Suggest(ctx, Suggest{Name: b.Name, Except: b.ID})); len(out.Hints) != 0 {
			t.Errorf("asked again: %+v", out.Hints)
		}
		edited := must[Record](t)(s.Edit(ctx, Edit{ID: b.ID, Version: 1, Facts: Facts{Name: "凌汐电子股份有限公司", Address: "深圳市宝安区2号"}}))
		c := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "凌汐电子", Address: "深圳市宝安区3号"}}))
		compare(t, s)
		count := func(state string, want int) []Pair {
			t.Helper()
			l := must[PairList](t)(s.Pairs(ctx, Pairs{State: state})).Items
			if len(l) != want {
				t.Errorf("%s: %+v", state, l)
			}
			return l
		}
		count(PairApart, 1)
		count(PairOpen, 2) // the new one with both
		must[Merged](t)(s.Merge(ctx, Merge{Keep: c.ID, KeepSeen: 1, Gone: b.ID, GoneSeen: edited.Version}))
		left := count(PairApart, 1) // what is one with b is not the same as a either
		if len(left) == 1 && (left[0].One.ID != a.ID || left[0].Other.ID != c.ID) {
			t.Errorf("%+v", left)
		}
		count(PairOpen, 0)
		for _, id := range []string{open[0].ID, "1-x", "", "7-9"} {
			if _, err := s.JudgePair(ctx, JudgePair{ID: id, State: PairOpen}); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
		if _, err := s.JudgePair(ctx, JudgePair{ID: "1-3", State: "merged"}); !fault.Has(err, "not_allowed_value") {
			t.Errorf("an unknown state: %v", err)
		}
		if _, err := s.Pairs(as("wu", "520602", "company.merge"), Pairs{}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("without the right: %v", err)
		}
	})
}

// A code that is filled in makes two organisations of a pair; a name that is corrected makes a pair.
func TestPairs_followEdits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "深圳市凌汐电子有限公司", CreditCode: madeCode(1), Address: "深圳市南山区1号"}}))
		b := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "深圳市零昔科技有限公司", Address: "深圳市宝安区2号"}}))
		compare(t, s)
		open := func() int { return len(must[PairList](t)(s.Pairs(ctx, Pairs{})).Items) }
		if n := open(); n != 0 {
			t.Fatalf("%d pairs at first", n)
		}
		must[Record](t)(s.Edit(ctx, Edit{ID: b.ID, Version: 1, Facts: Facts{Name: "深圳市凌汐电子公司", Address: "深圳市宝安区2号"}}))
		if n := open(); n != 1 {
			t.Errorf("%d pairs once the name is corrected", n)
		}
		must[Record](t)(s.Edit(ctx, Edit{ID: b.ID, Version: 2, Facts: Facts{Name: "深圳市凌汐电子公司", CreditCode: madeCode(2), Address: "深圳市宝安区2号"}}))
		if n := open(); n != 0 {
			t.Errorf("%d pairs of two codes", n)
		}
	})
}

// What only a county knows makes no pair: the same phone at two companies shows nothing.
func TestPairs_registryFactsAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		mine, neighbour := as("zhang", "520602"), as("wu", "520603")
		a := must[Record](t)(s.Create(mine, Create{Facts: Facts{Name: "深圳市甲乙电子有限公司"}}))
		b := must[Record](t)(s.Create(neighbour, Create{Facts: Facts{Name: "深圳市丙丁食品有限公司"}}))
		for c, ctx := range map[string]context.Context{a.ID: mine, b.ID: neighbour} {
			must[Contact](t)(s.AddContact(ctx, AddContact{Company: c, Person: Person{Name: "李四", Phone: "13800138000"}, Basis: "card"}))
		}
		compare(t, s)
		if l := must[PairList](t)(s.Pairs(mine, Pairs{})); len(l.Items) != 0 {
			t.Errorf("%+v", l.Items)
		}
	})
}

// Neither comparing nor the queue reads a whole table.
func TestPairs_plans(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	world(t, d)
	list, args, err := pairQuery(PairOpen, []string{"90", "1", "2"}, 51)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text string
		args []any
	}{
		{list, args},
		{withBare + `m.num > ? AND m.num <= ? AND o.num < m.num`, []any{true, 0, 2000}},
		{withCoded + `m.num > ? AND m.num <= ? AND o.num < m.num`, []any{false, true, 0, 2000}},
		{byMark, []any{"n:x", "x"}},
	} {
		if plan := planOf(t, d, c.text, c.args...); strings.Contains(plan, "SCAN") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s\n%s", c.text, plan)
		}
	}
}

func TestNameKey(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	world(t, d)
	err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		dir, err := org.Open(ctx, tx)
		for name, want := range map[string]string{
			"深圳市凌汐科技有限公司": "凌汐科技", "凌汐科技（深圳）股份有限公司": "凌汐科技", "凌汐科技(深圳)有限公司（深圳总部）": "凌汐科技", "凌汐电子公司": "凌汐电子", "ＬＩＮＧＸＩ Ltd.": "LINGXI",
			"凌汐科技有限公司（南山分公司）": "凌汐科技有限公司南山分公司", "凌汐基金（有限合伙）": "凌汐基金", "凌汐（集团）有限公司": "凌汐集团",
		} {
			if got := nameKey(dir, name); got != want {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
