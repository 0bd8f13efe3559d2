package hanzi

import (
	"slices"
	"strings"
	"unicode"
)

// Part is a piece of a text; Hit tells that it is what was looked for.
type Part struct {
	Text string
	Hit  bool
}

// Mark cuts a text where it holds what a person typed: the same letters in any width, case or form, or letters
// that are read so ("yyt", "yiyatong"). The parts together are the text.
func Mark(text, typed string) []Part {
	shown := []rune(text)
	hit := make([]bool, len(shown))
	folded := make([]rune, len(shown))
	for i, r := range shown {
		folded[i] = fold(r)
	}
	for _, word := range words(typed) {
		if !markAll(folded, hit, word) && word[0] < 0x80 {
			markSpelled(folded, hit, string(word))
		}
	}
	return cut(shown, hit)
}

// Holds tells whether a text holds everything that was typed.
func Holds(text, typed string) bool {
	list := words(typed)
	folded := []rune(text)
	for i, r := range folded {
		folded[i] = fold(r)
	}
	for _, word := range list {
		hit := make([]bool, len(folded))
		if !markAll(folded, hit, word) {
			if markSpelled(folded, hit, string(word)); !slices.Contains(hit, true) {
				return false
			}
		}
	}
	return len(list) > 0
}

func cut(shown []rune, hit []bool) []Part {
	var out []Part
	for from := 0; from < len(shown); {
		to := from + 1
		for to < len(shown) && hit[to] == hit[from] {
			to++
		}
		out = append(out, Part{string(shown[from:to]), hit[from]})
		from = to
	}
	return out
}

// fold makes letters equal that a reader takes for the same.
func fold(r rune) rune {
	if r >= 0xFF01 && r <= 0xFF5E {
		r -= 0xFEE0
	}
	return SimpleRune(unicode.ToLower(r))
}

// words cuts what was typed at blanks and signs, and where one script meets another.
func words(typed string) [][]rune {
	const most = 8
	var out [][]rune
	var now []rune
	end := func() {
		if len(now) > 0 && len(out) < most {
			out = append(out, now)
		}
		now = nil
	}
	for _, r := range typed {
		r = fold(r)
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			end()
			continue
		}
		if len(now) > 0 && (now[0] < 0x80) != (r < 0x80) {
			end()
		}
		now = append(now, r)
	}
	end()
	return out
}

func markAll(text []rune, hit []bool, word []rune) (found bool) {
	for i := 0; i+len(word) <= len(text); i++ {
		if string(text[i:i+len(word)]) != string(word) {
			continue
		}
		found = true
		for j := range word {
			hit[i+j] = true
		}
	}
	return found
}

// markSpelled marks the first letters whose reading is what was typed.
func markSpelled(text []rune, hit []bool, word string) {
	const longest = 40 // more than anybody types
	if len(word) < 2 || len(word) > longest {
		return
	}
	for i := range text {
		if n := spelled(text[i:], word, 0); n > 0 {
			for j := range n {
				hit[i+j] = true
			}
			return
		}
	}
}

// spelled gives how many letters at the start of a text read as word, 0 when they do not. The last letter may be
// typed in part.
func spelled(text []rune, word string, n int) int {
	if word == "" {
		return n
	}
	if n >= len(text) {
		return 0
	}
	for _, s := range Readings(text[n]) {
		if rest, ok := strings.CutPrefix(word, s); ok {
			if k := spelled(text, rest, n+1); k > 0 {
				return k
			}
		}
		if strings.HasPrefix(s, word) {
			return n + 1
		}
	}
	for _, s := range Readings(text[n]) {
		if s[0] == word[0] && len(s) > 1 {
			if k := spelled(text, word[1:], n+1); k > 0 {
				return k
			}
		}
	}
	return 0
}
