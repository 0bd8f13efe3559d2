package auth

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"zhudian/internal/fault"
)

// Names nobody may take, because they pass for the house itself.
var reserved = []string{"admin", "administrator", "root", "system", "zhudian", "管理员", "系统管理员", "系统"}

// Limits of names, in characters.
const (
	loginMin, loginMax = 2, 64
	nameMax            = 60
)

// fold is the form in which logins are compared: one width, one composition, lower case.
func fold(s string) string {
	return strings.ToLower(norm.NFKC.String(width.Fold.String(strings.TrimSpace(s))))
}

// checkLogin gives a login as it is kept. Letters, digits and Han characters with . _ - @ between them are taken,
// so that no two logins look alike. Faults: required, invisible, bad_character, length, reserved.
func checkLogin(c *fault.Checks, login string) string {
	const field = "login"
	if i := invisibleAt(login); i > 0 {
		c.AddField(invisible(field, i, login))
		return login
	}
	key := fold(login)
	if n := utf8.RuneCountInString(key); n < loginMin || n > loginMax {
		c.Add(field, "length", "账号须是 2 至 64 个字符。", "A login has 2 to 64 characters.")
		return key
	}
	for _, r := range key {
		if !loginRune(r) {
			c.Add(field, "bad_character",
				"账号里不能有“"+string(r)+"”。可用汉字、英文字母、数字和 . _ - @。",
				"A login cannot hold “"+string(r)+"”. Use Han characters, letters a–z, digits and . _ - @.")
			return key
		}
	}
	if slices.Contains(reserved, key) {
		c.Add(field, "reserved", "“"+key+"”是系统保留的名称，请换一个。", "“"+key+"” is reserved; choose another.")
	}
	return key
}

func loginRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._-@", r) || unicode.Is(unicode.Han, r)
}

// checkName gives a person's name as it is kept: composed, one width for letters and digits, single spaces.
// Faults: required, invisible, length.
func checkName(c *fault.Checks, field, name string) string {
	if i := invisibleAt(name); i > 0 {
		c.AddField(invisible(field, i, name))
		return name
	}
	name = strings.Join(strings.Fields(foldLetters(norm.NFC.String(name))), " ")
	c.Require(field, name, "姓名", "A name")
	if utf8.RuneCountInString(name) > nameMax {
		c.Add(field, "length", "姓名最多 60 个字符。", "A name has at most 60 characters.")
	}
	return name
}

// foldLetters brings full-width letters and digits to their usual width and leaves punctuation as it is.
func foldLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			if n := r - 0xfee0; unicode.IsLetter(n) || unicode.IsDigit(n) {
				return n
			}
		}
		return r
	}, s)
}

// invisibleAt gives the place, from 1, of the first character nobody can see, or 0.
func invisibleAt(s string) int {
	for i, r := range []rune(s) {
		if r == utf8.RuneError || !unicode.IsGraphic(r) || unicode.Is(hidden, r) || unicode.IsSpace(r) && r != ' ' && r != '\u3000' {
			return i + 1
		}
	}
	return 0
}

// hidden are characters that count as letters, marks or symbols and still show nothing.
var hidden = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x034f, 0x034f, 1},                                           // grapheme joiner
		{0x115f, 0x1160, 1},                                           // Hangul fillers
		{0x17b4, 0x17b5, 1},                                           // Khmer inherent vowels
		{0x180b, 0x180f, 1},                                           // Mongolian selectors
		{0x2800, 0x2800, 1},                                           // Braille blank
		{0x3164, 0x3164, 1}, {0xfe00, 0xfe0f, 1}, {0xffa0, 0xffa0, 1}, // filler, variation selectors, filler
	},
	R32: []unicode.Range32{{0xe0100, 0xe01ef, 1}}, // more variation selectors
}

func invisible(field string, at int, text string) fault.Field {
	n := strconv.Itoa(at)
	return fault.Field{
		Name: field, Code: "invisible",
		Words: fault.Words{
			ZH: "第 " + n + " 个字符看不见，请删去后重填。",
			EN: "Character " + n + " is invisible; remove it.",
		},
		Fix: visible(text),
	}
}

func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if invisibleAt(string(r)) > 0 {
			return -1
		}
		return r
	}, s)
}
