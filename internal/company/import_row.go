package company

import (
	"slices"
	"strings"

	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/sheet"
)

// Columns are what the library reads from a table and writes to one.
var Columns = []sheet.Column{
	{Key: "name", Words: fault.Words{ZH: "企业名称", EN: "Name"}, Names: []string{"公司名称", "单位名称", "名称", "商会名称", "协会名称", "机构名称", "企业名", "company"}, Required: true},
	{Key: "credit_code", Words: fault.Words{ZH: "统一社会信用代码", EN: "Credit code"}, Names: []string{"信用代码", "社会信用代码", "统一信用代码", "统一代码", "uscc"}},
	{Key: "kind", Words: fault.Words{ZH: "类别", EN: "Kind"}, Names: []string{"单位类别"}},
	{Key: "former", Words: fault.Words{ZH: "曾用名", EN: "Former names"}, Names: []string{"原名", "曾用名称"}},
	{Key: "industry", Words: fault.Words{ZH: "行业", EN: "Industry"}, Names: []string{"行业代码", "所属行业", "国标行业", "行业门类", "行业大类"}},
	{Key: "province", Words: fault.Words{ZH: "省份", EN: "Province"}, Names: []string{"所在省份", "所属省份", "省", "所在省"}},
	{Key: "city", Words: fault.Words{ZH: "城市", EN: "City"}, Names: []string{"地区", "所属城市", "所在城市", "市", "地市"}},
	{Key: "region", Words: fault.Words{ZH: "区划代码", EN: "Region code"}, Names: []string{"行政区划代码", "区域代码"}},
	{Key: "address", Words: fault.Words{ZH: "注册地址", EN: "Address"}, Names: []string{"地址", "住所", "企业地址", "经营地址", "联系地址"}},
	{Key: "capital", Words: fault.Words{ZH: "注册资本", EN: "Registered capital"}, Names: []string{"注册资金", "认缴资本"}},
	{Key: "status", Words: fault.Words{ZH: "登记状态", EN: "Status"}, Names: []string{"经营状态", "状态", "企业状态"}},
	{Key: "registered_on", Words: fault.Words{ZH: "注册日期", EN: "Registered on"}, Names: []string{"成立日期", "成立时间", "注册时间", "登记日期"}},
	{Key: "reg_type", Words: fault.Words{ZH: "企业类型", EN: "Registry type"}, Names: []string{"公司类型", "市场主体类型", "类型"}},
	{Key: "business", Words: fault.Words{ZH: "经营范围", EN: "Business"}, Names: []string{"业务范围", "主营业务"}},
	{Key: "tags", Words: fault.Words{ZH: "资质", EN: "Standing"}, Names: []string{"标签", "资质标签", "荣誉"}},
}

// parsed is one row of a table, ready to be stored or refused.
type parsed struct {
	line     sheet.Row
	row      row
	given    map[string]bool // the keys the table had a value for
	tags     []string
	problems []sheet.Problem
}

// rowReader turns rows into companies by one table's head.
type rowReader struct {
	dir        *org.Directory
	head       sheet.Head
	from1904   bool
	today      string
	industries map[string]string // title → code
	tagNames   map[string]string // any name → code
}

func newRowReader(d *org.Directory, h sheet.Head, from1904 bool, today string) *rowReader {
	r := &rowReader{dir: d, head: h, from1904: from1904, today: today, industries: map[string]string{}, tagNames: map[string]string{}}
	for _, section := range d.IndustriesIn("") {
		r.industry(section)
	}
	for _, c := range d.Codes("standing", "") {
		for _, n := range []string{c.Code, c.ZH, c.EN} {
			r.tagNames[tagKey(n)] = c.Code
		}
	}
	return r
}

func tagKey(s string) string {
	return strings.ToLower(strings.ReplaceAll(sheet.Fold(s), " ", ""))
}

func (r *rowReader) industry(i org.Industry) {
	r.industries[i.ZH] = i.Code
	if i.EN != "" {
		r.industries[i.EN] = i.Code
	}
	for _, below := range r.dir.IndustriesIn(i.Code) {
		r.industry(below)
	}
}

// read makes a company of a row and notes everything that is wrong with it.
func (r *rowReader) read(line sheet.Row) parsed {
	p := parsed{line: line, given: map[string]bool{}}
	if line.Fault != nil {
		p.problems = append(p.problems, *line.Fault)
		return p
	}
	cell := func(key string) string {
		v := given(sheet.Unsafe(r.head.Value(line, key)))
		if v != "" {
			p.given[key] = true
		}
		return v
	}
	bad := func(key, value string, f *fault.Field) {
		x := sheet.Of(line.N, value, *f)
		x.Column = key
		p.problems = append(p.problems, x)
	}
	f := Facts{Name: cell("name"), Address: cell("address"), RegType: cell("reg_type"), Business: cell("business")}
	f.Kind = r.kind(cell("kind"), f.Name)
	if v := cell("credit_code"); v != "" {
		code, wrong := CreditCode(v)
		if wrong != nil {
			bad("credit_code", v, wrong)
		}
		f.CreditCode = code
	}
	if v := cell("former"); v != "" {
		f.Former = cleanNames(splitList(v), f.Name)
	}
	if v := cell("industry"); v != "" {
		code, wrong := r.industryCode(v)
		if wrong != nil {
			bad("industry", v, wrong)
		}
		f.Industry = code
	}
	if v := cell("capital"); v != "" {
		amount, currency, wrong := Capital(v, r.head.Unit("capital"))
		if wrong != nil {
			bad("capital", v, wrong)
		} else {
			f.Capital, f.Currency = &amount, currency
		}
	}
	if v := cell("status"); v != "" {
		f.Status = statusOf(v)
	}
	if v := cell("registered_on"); v != "" {
		day, wrong := sheet.Date(v, r.from1904)
		if wrong != nil {
			bad("registered_on", v, wrong)
		}
		f.RegisteredOn = day
	}
	if f.Region = cell("region"); f.Region == "" {
		if f.Region = r.dir.Locate(cell("province"), cell("city"), f.Address); f.Region != "" {
			p.given["region"] = true
		}
	}
	r.tags(&p, cell("tags"), bad)
	r.finish(&p, f)
	return p
}

// finish applies the rules of the form and derives the stored columns.
func (r *rowReader) finish(p *parsed, f Facts) {
	out, err := f.prepare(r.dir, r.today)
	for _, x := range fault.Of(err).Fields {
		if err == nil {
			break
		}
		if !slices.ContainsFunc(p.problems, func(q sheet.Problem) bool { return q.Column == x.Name }) {
			p.problems = append(p.problems, sheet.Of(p.line.N, r.head.Value(p.line, x.Name), x))
		}
	}
	p.row = out
}

func (r *rowReader) tags(p *parsed, text string, bad func(string, string, *fault.Field)) {
	for _, t := range splitList(text) {
		code, ok := r.tagNames[tagKey(t)]
		if !ok {
			bad("tags", t, &fault.Field{Code: "tag_unknown", Words: fault.Words{ZH: "没有资质标签“" + t + "”。", EN: "There is no standing “" + t + "”."}})
			continue
		}
		if !slices.Contains(p.tags, code) {
			p.tags = append(p.tags, code)
		}
	}
}

func splitList(s string) []string {
	var out []string
	for _, t := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、,，;；|/\n", r) }) {
		if t = strings.TrimSpace(t); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// kind reads the kind, or sees it in the name: chambers and associations are called so.
func (r *rowReader) kind(text, name string) string {
	switch strings.ToLower(text) {
	case "商会", "协会", "商协会", "社会团体", Association:
		return Association
	case "":
		for _, end := range []string{"商会", "协会", "联合会", "促进会"} {
			if strings.HasSuffix(name, end) {
				return Association
			}
		}
	}
	return Enterprise
}

// industryCode reads C, 39, C39, 3911 or a title of GB/T 4754.
func (r *rowReader) industryCode(text string) (string, *fault.Field) {
	s := strings.ToUpper(strings.ReplaceAll(text, " ", ""))
	for _, try := range []string{s, strings.TrimLeft(s, "ABCDEFGHIJKLMNOPQRST")} {
		if _, ok := r.dir.Industry(try); ok && try != "" {
			return try, nil
		}
	}
	if code, ok := r.industries[strings.TrimLeft(strings.TrimSpace(text), "ABCDEFGHIJKLMNOPQRST0123456789 ")]; ok {
		return code, nil
	}
	if code, ok := r.industries[text]; ok {
		return code, nil
	}
	return "", &fault.Field{Code: "industry_unknown", Words: fault.Words{
		ZH: "国标行业分类里没有“" + text + "”。请填代码（如 C39）或标准名称。",
		EN: "GB/T 4754 has no “" + text + "”. Use a code, e.g. C39, or the standard's title.",
	}}
}

var statusNames = []struct {
	code  string
	names []string
}{
	{"cancelled", []string{"注销", "cancelled"}},
	{"revoked", []string{"吊销", "撤销", "revoked"}},
	{"moved", []string{"迁出", "moved"}},
	{"suspended", []string{"停业", "歇业", "清算", "suspended"}},
	{"active", []string{"存续", "在业", "在营", "开业", "正常", "登记成立", "迁入", "active"}},
}

func statusOf(text string) string {
	for _, s := range statusNames {
		for _, n := range s.names {
			if strings.Contains(strings.ToLower(text), n) {
				return s.code
			}
		}
	}
	return "other"
}

// exportCells writes a company so that read understands it again, column by column as in Columns.
func exportCells(d *org.Directory, c Company) []any {
	kind := "企业"
	if c.Kind == Association {
		kind = "商协会"
	}
	status := ""
	for _, s := range statusNames {
		if s.code == c.Status {
			status = s.names[0]
		}
	}
	if c.Status == "other" {
		status = "其他"
	}
	industry := c.Industry
	if industry != "" && industry != c.Section {
		industry = c.Section + industry
	}
	tags := make([]string, 0, 4)
	for _, t := range c.Tags() {
		tags = append(tags, d.CodeName("standing", t, "zh"))
	}
	prov, _ := d.Region(c.Province)
	city, _ := d.Region(c.City)
	return []any{
		c.Name, c.CreditCode, kind, strings.Join(c.Former, "；"), industry, prov.Name, city.Name, c.Region, c.Address,
		capitalCell(c.Facts), status, c.RegisteredOn, c.RegType, c.Business, strings.Join(tags, "、"),
	}
}

// capitalCell writes registered capital in the form registries use: 5000万人民币, 300万美元.
func capitalCell(f Facts) string {
	if f.Capital == nil {
		return ""
	}
	name := "人民币"
	for _, c := range currencies {
		if c.code == f.Currency {
			name = c.names[0]
		}
	}
	return trimZeros(sheet.Fixed{N: *f.Capital, Digits: 6}.String()) + "万" + name
}
