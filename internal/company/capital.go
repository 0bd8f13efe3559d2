package company

import (
	"math/big"
	"regexp"
	"strings"

	"zhudian/internal/fault"
	"zhudian/internal/sheet"
)

// currency is one that capital may be in, by the names it goes under.
type currency struct {
	code  string
	names []string
}

var currencies = []currency{
	{"USD", []string{"美元", "美金", "usd"}},
	{"HKD", []string{"香港元", "港元", "港币", "hkd"}},
	{"EUR", []string{"欧元", "eur"}},
	{"JPY", []string{"日元", "日圆", "jpy"}},
	{"GBP", []string{"英镑", "gbp"}},
	{"TWD", []string{"新台币", "台币", "twd"}},
	{"MOP", []string{"澳门元", "澳门币", "mop"}},
	{"SGD", []string{"新加坡元", "sgd"}},
	{"AUD", []string{"澳大利亚元", "澳元", "aud"}},
	{"CAD", []string{"加拿大元", "加元", "cad"}},
	{"KRW", []string{"韩元", "韩圆", "krw"}},
	{"CNY", []string{"人民币", "rmb", "cny"}},
}

var (
	capitalForm = regexp.MustCompile(`^[¥$]?\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*(.*)$`)
	capitalRest = strings.NewReplacer("(", "", ")", "", " ", "", "整", "", "圆", "元")
)

// Capital reads registered capital as registries write it: 50(万人民币元), 2000（万元）, 500万美元. The amount
// is in hundredths of the currency's unit. unit is what the column's head names, for cells that hold a bare
// number. Codes: not_a_number, unit_missing, too_large.
func Capital(text, unit string) (amount int64, currency string, bad *fault.Field) {
	m := capitalForm.FindStringSubmatch(sheet.Fold(text))
	if m == nil {
		return 0, "", capitalFault("not_a_number", "“"+text+"”看不出金额。请写成 500 或 500万美元 的样子。", "“"+text+"” is not an amount. Write it like 500 or 500万美元.")
	}
	rest := strings.ToLower(capitalRest.Replace(m[3]))
	currency = "CNY"
	for _, c := range currencies {
		for _, n := range c.names {
			if strings.Contains(rest, n) {
				currency, rest = c.code, strings.Replace(rest, n, "", 1)
			}
		}
	}
	rest = strings.Trim(rest, "元")
	scale := int64(0)
	switch {
	case rest == "万":
		scale = 1_0000
	case rest == "亿":
		scale = 1_0000_0000
	case rest == "" && strings.Trim(capitalRest.Replace(m[3]), " ") != "":
		scale = 1 // a currency alone: 500美元
	case rest == "":
		scale = map[string]int64{"元": 1, "万元": 1_0000, "亿元": 1_0000_0000}[unit]
	default:
		return 0, "", capitalFault("not_a_number", "“"+text+"”的单位看不懂。请写成 500万人民币 或 500万美元 的样子。", "The unit of “"+text+"” is not known. Write it like 500万人民币 or 500万美元.")
	}
	if scale == 0 {
		return 0, "", capitalFault("unit_missing", "“"+text+"”没有单位。请在表头写明，如“注册资本（万元）”。", "“"+text+"” has no unit. Name it in the column's head, e.g. 注册资本（万元）.")
	}
	v, _ := new(big.Rat).SetString(strings.ReplaceAll(m[1], ",", "") + m[2])
	v.Mul(v, big.NewRat(scale*100, 1))
	v.Add(v, big.NewRat(1, 2)) // registries print fractions of a fen; round half up
	n := new(big.Int).Quo(v.Num(), v.Denom())
	if !n.IsInt64() {
		return 0, "", capitalFault("too_large", "金额超过上限。", "The amount is above the maximum.")
	}
	return n.Int64(), currency, nil
}

func capitalFault(code, zh, en string) *fault.Field {
	return &fault.Field{Name: "capital", Code: code, Words: fault.Words{ZH: zh, EN: en}}
}
