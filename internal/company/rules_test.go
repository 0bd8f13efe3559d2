package company

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCreditCode(t *testing.T) {
	for _, c := range []struct{ in, out, code, fix string }{
		{"91310000MA0000015F", "91310000MA0000015F", "", ""},
		{" ９１３１００００ma0000015f ", "91310000MA0000015F", "", ""},
		{"91310000-MA000001-5F", "91310000MA0000015F", "", ""},
		{"91310000MA0000105F", "", "check_digit", ""},
		{"9131OO00MA0000015F", "", "credit_code_letter", "91310000MA0000015F"},
		{"9I310000MA0000015F", "", "credit_code_letter", "91310000MA0000015F"},
		{"91310000MA00000I5Z", "", "credit_code_letter", ""},
		{"9131000?MA0000015F", "", "credit_code_letter", ""},
		{"9.1310000E+17", "", "credit_code_number", ""},
		{"914401017142610000", "", "credit_code_number", ""},
		{"440301103121234", "", "credit_code_length", ""},
		{"91310000MA0000015", "", "credit_code_length", ""},
		{"", "", "credit_code_length", ""},
	} {
		out, bad := CreditCode(c.in)
		code, fix := "", ""
		if bad != nil {
			code, fix = bad.Code, bad.Fix
		}
		if out != c.out || code != c.code || fix != c.fix {
			t.Errorf("%q: %q %s %q", c.in, out, code, fix)
		}
	}
	for letter, digit := range map[string]string{"I": "数字 1", "O": "数字 0", "S": "数字 5", "V": "字母 U", "Z": "数字 2"} {
		_, bad := CreditCode("9131" + letter + "000MA0000015F")
		if bad == nil || !strings.Contains(bad.Words.ZH, "字母 "+letter) || !strings.Contains(bad.Words.ZH, digit) {
			t.Errorf("%s: %+v", letter, bad)
		}
	}
}

// One wrong character is always noticed.
func TestCreditCode_catchesOneError(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := make([]byte, 17)
		for i := range b {
			b[i] = rapid.SampledFrom([]byte(codeAlphabet)).Draw(rt, "c")
		}
		good := string(b) + string(codeAlphabet[checkValue(string(b))])
		if _, bad := CreditCode(good); bad != nil {
			rt.Fatalf("%s: %s", good, bad.Code)
		}
		at := rapid.IntRange(0, 17).Draw(rt, "at")
		other := rapid.SampledFrom([]byte(codeAlphabet)).Draw(rt, "other")
		if other == good[at] {
			return
		}
		wrong := good[:at] + string(other) + good[at+1:]
		if _, bad := CreditCode(wrong); bad == nil {
			rt.Fatalf("%s passed for %s", wrong, good)
		}
	})
}

func TestCapital(t *testing.T) {
	for _, c := range []struct {
		in, unit string
		amount   int64
		currency string
		code     string
	}{
		{"50(万人民币元)", "", 50_0000_00, "CNY", ""},
		{"2000（万元）", "", 2000_0000_00, "CNY", ""},
		{"50(万元人民币)", "", 50_0000_00, "CNY", ""},
		{"100(万元(人民币))", "", 100_0000_00, "CNY", ""},
		{"12.5万美元", "", 125000_00, "USD", ""},
		{"1,000(万香港元)", "", 1000_0000_00, "HKD", ""},
		{"600(万元(港币))", "", 600_0000_00, "HKD", ""},
		{"3000(万日元)", "", 3000_0000_00, "JPY", ""},
		{"1.2亿元", "", 1_2000_0000_00, "CNY", ""},
		{"30(万)", "", 30_0000_00, "CNY", ""},
		{"500美元", "", 500_00, "USD", ""},
		{"５００", "万元", 500_0000_00, "CNY", ""},
		{"500", "元", 500_00, "CNY", ""},
		{"33.33333333万", "", 333333_33, "CNY", ""},
		{"0", "万元", 0, "CNY", ""},
		{"500", "", 0, "", "unit_missing"},
		{"面议", "", 0, "", "not_a_number"},
		{"500只羊", "", 0, "", "not_a_number"},
		{"9999999999999999亿", "", 0, "", "too_large"},
		{"-5万", "", 0, "", "not_a_number"},
		{"1e9万", "", 0, "", "not_a_number"},
	} {
		amount, currency, bad := Capital(c.in, c.unit)
		code := ""
		if bad != nil {
			code = bad.Code
		}
		if amount != c.amount || currency != c.currency || code != c.code {
			t.Errorf("%q in %q: %d %s %s", c.in, c.unit, amount, currency, code)
		}
	}
}

func TestTokens(t *testing.T) {
	if got := strings.Join(runs("凌汐ABC科技𬭎 5G", true), " "); got != "凌汐 汐 abc 科技 技x2cb4e x2cb4e 5g" {
		t.Errorf("got %q", got)
	}
	got := " " + strings.Join(spell("佳泰连接器"), " ") + " "
	for _, want := range []string{" jiatailianjieqi ", " jtljq ", " ljq ", " jq "} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if got := " " + strings.Join(spell("长安"), " ") + " "; !strings.Contains(got, " ca ") || !strings.Contains(got, " za ") || !strings.Contains(got, " changan ") {
		t.Errorf("both readings of 长: %q", got)
	}
	if a, b := sortKey("长安公司"), sortKey("重庆公司"); a > b || !strings.HasPrefix(b, "chong ") {
		t.Errorf("%q %q", a, b)
	}
}
