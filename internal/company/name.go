package company

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"zhudian/internal/hanzi"
	"zhudian/internal/org"
	"zhudian/internal/sheet"
)

func itoa(n int) string { return strconv.Itoa(n) }

// absent are the ways tables say "nothing here".
var absent = map[string]bool{"": true, "N/A": true, "NA": true, "-": true, "--": true, "—": true, "——": true, "/": true, "无": true, "暂无": true, "NULL": true, "null": true, "n/a": true, "未公示": true}

// given gives a cell's text, "" when it says that there is none.
func given(s string) string {
	s = sheet.Fold(s)
	if absent[s] {
		return ""
	}
	return s
}

var noBrackets = strings.NewReplacer("(", "", ")", "")

var brackets = strings.NewReplacer("（", "(", "）", ")", "[", "(", "]", ")", "【", "(", "】", ")", "〔", "(", "〕", ")", " ", "", "。", "", "·", "", "・", "", "“", "", "”", "", "\"", "", "'", "")

// fullKey folds width, case, brackets and blanks, and keeps every word: two records with one fullKey carry
// the same registered name.
func fullKey(name string) string { return strings.ToUpper(brackets.Replace(sheet.Fold(name))) }

// forms are the endings that say what a company is, not which; longest first.
var forms = []string{
	"股份有限责任公司", "有限责任公司", "股份有限公司", "集团有限公司", "控股有限公司", "(有限合伙)", "(普通合伙)", "(特殊普通合伙)", "有限合伙",
	"股份合作公司", "CO.,LTD.", "CO.,LTD", "COMPANYLIMITED", "CORPORATION", "LIMITED", "有限公司", "分公司", "总公司", "集团", "公司", "INC.", "INC", "LTD.", "LTD", "CO.",
}

// nameKey is the part of a name that tells a company from others: without place, form, width and case.
// It finds likely duplicates; it never decides that two are one.
func nameKey(d *org.Directory, name string) string {
	s := hanzi.Simple(fullKey(name))
	s = dropNote(dropPlaceNotes(d, s))
	for range 3 { // 集团 behind 有限公司
		before := s
		for _, f := range forms {
			if t, ok := strings.CutSuffix(s, f); ok && len([]rune(t)) >= 2 {
				s = t
				break
			}
		}
		if s == before {
			break
		}
	}
	for range 3 { // 广东省 深圳市 南山区
		t := d.TrimPlace(s)
		if t == s || len([]rune(t)) < 2 {
			break
		}
		s = t
	}
	return noBrackets.Replace(s)
}

// dropPlaceNotes removes bracketed places: 凌汐科技(深圳)有限公司.
func dropPlaceNotes(d *org.Directory, s string) string {
	for from := 0; from < len(s); {
		i := strings.IndexByte(s[from:], '(')
		if i < 0 {
			return s
		}
		i += from
		j := strings.IndexByte(s[i:], ')')
		if j < 0 {
			return s
		}
		inside := s[i+1 : i+j]
		if rest := d.TrimPlace(inside); inside == "中国" || inside != "" && rest == "" {
			s = s[:i] + s[i+j+1:]
			from = i
			continue
		}
		from = i + j + 1
	}
	return s
}

// dropNote removes what people write in brackets behind a whole name: 凌汐科技有限公司(总部). A branch is another record.
func dropNote(s string) string {
	at := strings.LastIndexByte(s, '(')
	if at < 0 || !strings.HasSuffix(s, ")") || strings.Contains(s[at:], "分") {
		return s
	}
	for _, f := range forms {
		if strings.HasSuffix(s[:at], f) {
			return s[:at]
		}
	}
	return s
}

// identOf is the identity of a record without a credit code: its registered name and address.
func identOf(name, address string) string {
	sum := sha256.Sum256([]byte(fullKey(name) + "\n" + fullKey(address)))
	return hex.EncodeToString(sum[:16])
}

// likeness compares two keys, in per cent.
func likeness(a, b string) int64 {
	if a == b {
		return 100
	}
	return hanzi.Alike(a, b)
}
