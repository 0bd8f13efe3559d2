package company

import (
	"strings"

	"zhudian/internal/fault"
	"zhudian/internal/sheet"
)

// The characters of GB 32100-2015, in the order of their values: without I, O, S, V, Z.
const codeAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// codeWeights are the powers of 3 modulo 31.
var codeWeights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// codeGaps are what people write between the characters.
var codeGaps = strings.NewReplacer(" ", "", "-", "")

// lookalikes are the letters the standard leaves out and what was probably meant.
var lookalikes = map[byte]string{'I': "1", 'O': "0", 'S': "5", 'V': "U", 'Z': "2"}

// CreditCode reads a unified social credit code as people write it (any width or case, with blanks or dashes)
// and checks it by GB 32100-2015. A nil field means that it is good. Codes: credit_code_number,
// credit_code_length, credit_code_letter, check_digit.
func CreditCode(text string) (string, *fault.Field) {
	s := strings.ToUpper(codeGaps.Replace(sheet.Fold(text)))
	if sheet.NumberLost(text) {
		return "", codeFault("credit_code_number",
			"代码被表格软件改成了数字，后几位已经丢失。请把这一列设为“文本”格式，重新填写。",
			"The spreadsheet turned the code into a number and its last digits are lost. Format the column as text and enter it again.", "")
	}
	if len(s) == 15 && strings.Trim(s, "0123456789") == "" {
		return "", codeFault("credit_code_length",
			"这是 15 位的旧注册号。请填 18 位统一社会信用代码，没有就留空。",
			"This is an old 15-digit registration number. Enter the 18-character credit code, or leave it empty.", "")
	}
	var c [18]int
	for i := 0; i < len(s); i++ {
		at := strings.IndexByte(codeAlphabet, s[i])
		if at < 0 {
			return "", letterFault(s, i)
		}
		if i < len(c) {
			c[i] = at
		}
	}
	if len(s) != len(c) {
		return "", codeFault("credit_code_length", "统一社会信用代码应为 18 位，现在是 "+itoa(len(s))+" 位。",
			"A credit code has 18 characters; this has "+itoa(len(s))+".", "")
	}
	if checkValue(s) != c[17] {
		if strings.HasSuffix(s, "000") && strings.Trim(s, "0123456789") == "" {
			return "", codeFault("credit_code_number",
				"代码末尾是 000 而且校验不符，像是被表格软件当作数字丢了后三位。请把这一列设为“文本”格式，重新填写。",
				"The code ends in 000 and its check digit is wrong: a spreadsheet seems to have dropped its last digits. Format the column as text and enter it again.", "")
		}
		return "", codeFault("check_digit", "校验位不对，至少有一位抄错了。请对照营业执照再看一遍。",
			"The check digit is wrong: at least one character is mistyped. Compare it with the business licence.", "")
	}
	return s, nil
}

// checkValue computes the value the 18th character must have; s holds at least 17 good characters.
func checkValue(s string) int {
	sum := 0
	for i, w := range codeWeights {
		sum += w * strings.IndexByte(codeAlphabet, s[i])
	}
	return (31 - sum%31) % 31
}

func letterFault(s string, at int) *fault.Field {
	probable, known := lookalikes[s[at]]
	if !known {
		return codeFault("credit_code_letter", "第 "+itoa(at+1)+" 位不是数字或大写字母。", "Character "+itoa(at+1)+" is not a digit or capital letter.", "")
	}
	letter := string(s[at])
	fix := s
	for from, to := range lookalikes {
		fix = strings.ReplaceAll(fix, string(from), to)
	}
	if _, bad := CreditCode(fix); bad != nil {
		fix = ""
	}
	what := "字母 " + probable
	if probable < "A" {
		what = "数字 " + probable
	}
	return codeFault("credit_code_letter", "第 "+itoa(at+1)+" 位是字母 "+letter+"，代码里没有这个字母。是"+what+"吗？",
		"Character "+itoa(at+1)+" is the letter "+letter+", which no code contains. Is it "+probable+"?", fix)
}

func codeFault(code, zh, en, fix string) *fault.Field {
	return &fault.Field{Name: "credit_code", Code: code, Words: fault.Words{ZH: zh, EN: en}, Fix: fix}
}
