package match

import (
	"slices"
	"strconv"
	"strings"

	"zhudian/internal/fault"
	"zhudian/internal/sheet"
	"zhudian/internal/web"
)

// OfferColumns are what a table of offers is read by.
var OfferColumns = []sheet.Column{
	{Key: "site", Words: fault.Words{ZH: "载体", EN: "Site"}, Names: []string{"园区", "载体名称", "园区名称"}, Required: true},
	{Key: "kind", Words: fault.Words{ZH: "供给类别", EN: "Kind"}, Names: []string{"类别", "供给"}, Required: true},
	{Key: "title", Words: fault.Words{ZH: "供给名称", EN: "Offer"}, Names: []string{"名称", "title", "name"}, Required: true},
	{Key: "hall", Words: fault.Words{ZH: "厂房面积（平方米）", EN: "Hall (m²)"}, Names: []string{"面积"}},
	{Key: "height", Words: fault.Words{ZH: "层高（厘米）", EN: "Clear height (cm)"}},
	{Key: "load", Words: fault.Words{ZH: "楼面荷载（千克/平方米）", EN: "Floor load (kg/m²)"}, Names: []string{"荷载", "承重"}},
	{Key: "power", Words: fault.Words{ZH: "用电（千伏安）", EN: "Power (kVA)"}, Names: []string{"供电", "电力"}},
	{Key: "steam", Words: fault.Words{ZH: "蒸汽（吨/小时）", EN: "Steam (t/h)"}},
	{Key: "land", Words: fault.Words{ZH: "用地（亩）", EN: "Land (mu)"}, Names: []string{"土地"}},
	{Key: "workers", Words: fault.Words{ZH: "用工（人）", EN: "Workers"}, Names: []string{"劳动力"}},
	{Key: "sewage", Words: fault.Words{ZH: "可接纳污水", EN: "Sewage"}, Names: []string{"污水", "排水"}},
	{Key: "price", Words: fault.Words{ZH: "价格", EN: "Price"}, Names: []string{"租金", "单价"}},
	{Key: "distance", Words: fault.Words{ZH: "到货运站场、港口或机场（公里）", EN: "Distance (km)"}, Names: []string{"距离"}},
	{Key: "reviewed", Words: fault.Words{ZH: "已过公平竞争审查", EN: "Reviewed"}, Names: []string{"公平竞争审查"}},
	{Key: "text", Words: fault.Words{ZH: "说明", EN: "Note"}, Names: []string{"备注"}},
	{Key: "free_from", Words: fault.Words{ZH: "可用日期", EN: "Free from"}},
	{Key: "valid_until", Words: fault.Words{ZH: "截止日期", EN: "Valid until"}},
	{Key: "source", Words: fault.Words{ZH: "资料来源", EN: "Source"}, Names: []string{"来源"}, Required: true},
	{Key: "as_of", Words: fault.Words{ZH: "资料日期", EN: "As of"}, Required: true},
}

// offerRow is a row of a table of offers as it was read: what it sets, and what is wrong with it.
type offerRow struct {
	line     sheet.Row
	site     string
	kind     string
	title    string
	set      []func(*Offer) // one for each cell that holds something
	problems []sheet.Problem
}

// offerReader turns rows into offers by one table's head.
type offerReader struct {
	head     sheet.Head
	from1904 bool
}

func (r offerReader) read(line sheet.Row) offerRow {
	p := offerRow{line: line}
	if line.Fault != nil {
		p.problems = append(p.problems, *line.Fault)
		return p
	}
	cell := func(key string) string { return sheet.Unsafe(r.head.Value(line, key)) }
	p.site, p.title = cell("site"), cell("title")
	var c fault.Checks
	if p.kind = wordOf("site.offer.", cell("kind"), offerKinds); p.kind == "" {
		c.Add("kind", "not_a_choice", "供给类别应为厂房、土地、用能、用工、物流、政策、资源之一。", "The kind is one of halls, land, energy, labour, logistics, policy, resources.")
	}
	p.texts(cell)
	p.choices(&c, cell)
	for _, b := range bounds {
		p.number(&c, b.field, cell(b.field), 0, b.of)
	}
	if price, has := prices[p.kind]; has || cell("price") != "" {
		p.number(&c, "price", cell("price"), price.scale, func(o *Offer) *int64 { return &o.Price })
	}
	for _, d := range []struct {
		key string
		of  func(*Offer) *string
	}{{"free_from", func(o *Offer) *string { return &o.FreeFrom }}, {"valid_until", func(o *Offer) *string { return &o.ValidUntil }}, {"as_of", func(o *Offer) *string { return &o.AsOf }}} {
		v := cell(d.key)
		if v == "" {
			continue
		}
		day, bad := sheet.Date(v, r.from1904)
		if bad != nil {
			bad.Name = d.key
			c.AddField(*bad)
		}
		p.set = append(p.set, func(o *Offer) { *d.of(o) = day })
	}
	p.refuse(r.head, c.Err())
	return p
}

// refuse notes the fields of a fault, each once.
func (p *offerRow) refuse(head sheet.Head, err error) {
	if err == nil {
		return
	}
	for _, f := range fault.Of(err).Fields {
		if !slices.ContainsFunc(p.problems, func(x sheet.Problem) bool { return x.Column == f.Name }) {
			p.problems = append(p.problems, sheet.Of(p.line.N, head.Value(p.line, f.Name), f))
		}
	}
}

func (p *offerRow) texts(cell func(string) string) {
	for _, t := range []struct {
		key string
		of  func(*Offer) *string
	}{{"text", func(o *Offer) *string { return &o.Text }}, {"source", func(o *Offer) *string { return &o.Source }}} {
		if v := cell(t.key); v != "" {
			p.set = append(p.set, func(o *Offer) { *t.of(o) = v })
		}
	}
}

func (p *offerRow) choices(c *fault.Checks, cell func(string) string) {
	if v := cell("sewage"); v != "" {
		class := wordOf("lead.sewage.", v, []string{"domestic", "industrial", "heavy"})
		if class == "" {
			c.Add("sewage", "not_a_choice", "可接纳污水应为生活污水、一般工业废水、重污染废水之一。", "Sewage is one of domestic, industrial, heavily polluted.")
		}
		p.set = append(p.set, func(o *Offer) { o.Sewage = class })
	}
	if v := strings.ToLower(cell("reviewed")); v != "" {
		yes := slices.Contains([]string{"是", "已过", "已审", "√", "yes", "true", "1"}, v)
		if !yes && !slices.Contains([]string{"否", "未过", "未审", "no", "false", "0"}, v) {
			c.Add("reviewed", "not_a_choice", "请填是或否。", "Write yes or no.")
		}
		p.set = append(p.set, func(o *Offer) { o.Reviewed = yes })
	}
}

func (p *offerRow) number(c *fault.Checks, key, text string, scale int, of func(*Offer) *int64) {
	if text == "" {
		return
	}
	n, bad := web.ParseDecimal(sheet.Fold(text), scale)
	if bad != nil || n < 0 {
		c.Add(key, "not_a_number", "“"+text+"”不是这里能填的数，只填数字，最多 "+strconv.Itoa(scale)+" 位小数。", "“"+text+"” is no number for this column: digits only, at most "+strconv.Itoa(scale)+" decimals.")
	}
	p.set = append(p.set, func(o *Offer) { *of(o) = n })
}

// wordOf finds the code that a word stands for: the code itself, or its name in either language.
func wordOf(key, word string, codes []string) string {
	for _, code := range codes {
		for _, name := range []string{code, web.Text("zh", key+code), web.Text("en", key+code)} {
			if strings.EqualFold(sheet.Fold(word), name) {
				return code
			}
		}
	}
	return ""
}
