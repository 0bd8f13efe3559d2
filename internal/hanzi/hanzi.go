// Package hanzi knows Chinese letters: the simplified form of each, how each is read, and where in a text a
// person sees what they typed, be it characters, pinyin or initials.
package hanzi

import (
	_ "embed"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// pairs holds traditional letters, each followed by its simplified form. From OpenCC (Apache-2.0), one to one.
//
//go:embed simple.txt
var pairs string

var simple = sync.OnceValue(func() map[rune]rune {
	out := make(map[rune]rune, 3300)
	var old rune
	for _, r := range pairs {
		switch {
		case r == '\n':
		case old == 0:
			old = r
		default:
			out[old], old = r, 0
		}
	}
	return out
})

// Simple gives a text with every traditional letter in its simplified form. It is for comparing, not for showing:
// a few letters that simplified writing keeps apart become one.
func Simple(s string) string {
	table := simple()
	for _, r := range s {
		if _, ok := table[r]; ok {
			return strings.Map(SimpleRune, s)
		}
	}
	return s
}

// SimpleRune is Simple of one letter.
func SimpleRune(r rune) rune {
	if r < 0x3400 {
		return r
	}
	if to, ok := simple()[r]; ok {
		return to
	}
	return r
}

// Any tells whether a text holds a Chinese letter.
func Any(s string) bool { return strings.ContainsFunc(s, Is) }

// Is tells whether a rune is a Chinese letter.
func Is(r rune) bool { return r > 0x2E00 && unicode.Is(unicode.Han, r) }

var readingCache sync.Map // rune → []string

// usual puts the reading that names use first; the dictionary's first one is often another.
var usual = map[rune]string{
	'长': "chang", '厦': "xia", '重': "chong", '行': "hang", '都': "du", '乐': "le", '会': "hui", '单': "dan",
	'朝': "chao", '藏': "zang", '番': "pan", '地': "di", '得': "de", '大': "da", '车': "che", '石': "shi", '万': "wan", '区': "qu",
	'什': "shi", '盛': "sheng", '传': "chuan", '南': "nan", '曾': "zeng", '宿': "su", '六': "liu", '便': "bian", '参': "can", '和': "he", '广': "guang",
}

// Readings gives the spellings of a letter without tones, the usual one first; a Latin letter or digit is its own.
func Readings(r rune) []string {
	if r < 0x80 {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return []string{strings.ToLower(string(r))}
		}
		return nil
	}
	r = SimpleRune(r)
	if v, ok := readingCache.Load(r); ok {
		return v.([]string)
	}
	args := pinyin.NewArgs()
	args.Heteronym = true
	var list []string
	for _, s := range pinyin.SinglePinyin(r, args) {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	if u, ok := usual[r]; ok {
		sort.SliceStable(list, func(i, j int) bool { return list[i] == u && list[j] != u })
	}
	readingCache.Store(r, list)
	return list
}
