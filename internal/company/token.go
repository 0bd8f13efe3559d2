package company

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"zhudian/internal/hanzi"
	"zhudian/internal/sheet"
)

// Search works on tokens of our own, because neither engine's full text knows words of Chinese: every pair of
// neighbouring characters, the last character of each run alone (so that one character finds any name that
// holds it, by prefix), Latin words and numbers whole, and the pinyin of the distinctive part of a name.

// codeMark begins the tokens of codes: no name and no query holds it, so that the start of a word never means the
// million codes that begin alike. The start of a code is looked for in the column.
const codeMark = "\uA000"

// tokens gives the search text of a company: its names, its code, and the pinyin of its keys.
func tokens(names, keys []string, code string) string {
	var out []string
	for _, n := range names {
		out = append(out, runs(n, true)...)
	}
	if code != "" {
		code = strings.ToLower(code)
		out = append(out, codeMark+code)
		if len(code) == 18 {
			out = append(out, codeMark+code[8:17]) // the organisation code in it
		}
	}
	var spelled []string
	for _, k := range keys {
		spelled = append(spelled, spell(k)...)
	}
	out = append(out, uniq(spelled)...)
	return strings.Join(out, " ")
}

// runs cuts a text into tokens; last adds each run's final character.
func runs(s string, last bool) []string {
	var out []string
	var run []rune
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			out = append(out, word.String())
			word.Reset()
		}
		for i := 0; i+1 < len(run); i++ {
			out = append(out, ascii(run[i])+ascii(run[i+1]))
		}
		if n := len(run); n > 0 && (last || n == 1) {
			out = append(out, ascii(run[n-1]))
		}
		run = run[:0]
	}
	for _, r := range strings.ToLower(hanzi.Simple(sheet.Fold(s))) {
		switch {
		case r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			if len(run) > 0 {
				flush()
			}
			word.WriteRune(r)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if word.Len() > 0 {
				flush()
			}
			run = append(run, r)
		default:
			flush()
		}
	}
	flush()
	return out
}

// ascii keeps a character, but spells out those beyond the basic plane, which the engines' own cutters of
// words take for punctuation.
func ascii(r rune) string {
	if r > 0xFFFF {
		return fmt.Sprintf("x%x", r)
	}
	return string(r)
}

// query is a search in the engines' common terms: every phrase must occur; the last token of a phrase may be
// the start of a longer one when prefix is set.
type phrase struct {
	tokens []string
	prefix bool
}

// phrases turns what a person typed into phrases, one for each run of one script.
func phrases(s string) []phrase {
	var out []phrase
	for _, part := range strings.Fields(hanzi.Simple(sheet.Fold(s))) {
		var han []rune
		var word strings.Builder
		flush := func() {
			if word.Len() > 0 {
				out = append(out, phrase{tokens: []string{word.String()}, prefix: true})
				word.Reset()
			}
			if len(han) == 1 {
				out = append(out, phrase{tokens: []string{ascii(han[0])}, prefix: true})
			} else if len(han) > 1 {
				out = append(out, phrase{tokens: runs(string(han), false)})
			}
			han = han[:0]
		}
		for _, r := range strings.ToLower(part) {
			switch {
			case r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
				if len(han) > 0 {
					flush()
				}
				word.WriteRune(r)
			case unicode.IsLetter(r) || unicode.IsDigit(r):
				if word.Len() > 0 {
					flush()
				}
				han = append(han, r)
			default:
				flush()
			}
		}
		flush()
	}
	const most = 8 // more words than a person types
	return out[:min(len(out), most)]
}

// maxSpellings bounds the combinations of characters with several readings.
const maxSpellings = 4

// spell gives the pinyin tokens of a key: each whole spelling, and its initials from every position, so that
// jtljq, ljq and jiatai find 佳泰连接器.
func spell(key string) []string {
	whole, initials := []string{""}, []string{""}
	n := 0
	for _, r := range key {
		if n++; n > 12 {
			break
		}
		readings := hanzi.Readings(r)
		if len(readings) == 0 {
			continue
		}
		whole = extend(whole, readings)
		var first []string
		for _, x := range readings {
			first = append(first, x[:1])
		}
		initials = extend(initials, uniq(first))
	}
	var out []string
	if !hanzi.Any(key) {
		return nil
	}
	for _, w := range whole {
		if w != "" {
			out = append(out, w)
		}
	}
	for _, i := range initials {
		for from := 0; from+2 <= len(i); from++ {
			out = append(out, i[from:])
		}
	}
	return uniq(out)
}

func extend(heads, tails []string) []string {
	if len(heads)*len(tails) > maxSpellings {
		tails = tails[:1]
	}
	out := make([]string, 0, len(heads)*len(tails))
	for _, h := range heads {
		for _, t := range tails {
			out = append(out, h+t)
		}
	}
	return out
}

func uniq(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// sortKey orders Chinese names as a dictionary does: by the usual pinyin, then by the characters.
func sortKey(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(sheet.Fold(name)) {
		if list := hanzi.Readings(r); len(list) > 0 {
			b.WriteString(list[0])
			b.WriteByte(' ')
		}
		if b.Len() > 80 {
			break
		}
	}
	return b.String() + "~" + name
}
