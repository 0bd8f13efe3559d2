package db

import (
	"strconv"
	"strings"
	"sync"
)

var bound sync.Map // ? text → $n text

// bind turns each ? outside quotes and comments into PostgreSQL's $1, $2 …
func bind(text string) string {
	if v, ok := bound.Load(text); ok {
		return v.(string)
	}
	out := rebind(text)
	if len(text) < 4096 { // the long ones are batch inserts of one size; they need no keeping
		bound.Store(text, out)
	}
	return out
}

func rebind(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 16)
	n := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '?':
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
			continue
		case c == '\'' || c == '"':
			end := skipQuoted(text, i, c)
			b.WriteString(text[i:end])
			i = end - 1
			continue
		case c == '-' && i+1 < len(text) && text[i+1] == '-':
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				end = len(text) - i
			}
			b.WriteString(text[i : i+end])
			i += end - 1
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// skipQuoted gives the index after a literal that starts at i; a doubled quote stays inside it.
func skipQuoted(text string, i int, quote byte) int {
	for j := i + 1; j < len(text); j++ {
		if text[j] != quote {
			continue
		}
		if j+1 < len(text) && text[j+1] == quote {
			j++
			continue
		}
		return j + 1
	}
	return len(text)
}

// In gives n placeholders in brackets for an IN list; with n = 0 a list that holds nothing.
func In(n int) string {
	if n == 0 {
		return "(NULL)"
	}
	return "(?" + strings.Repeat(",?", n-1) + ")"
}

// Args turns a slice into arguments.
func Args[T any](xs []T) []any {
	out := make([]any, len(xs))
	for i, x := range xs {
		out[i] = x
	}
	return out
}
