package hanzi

// Alike says how far two texts share their pairs of neighbouring letters, in per cent of all their pairs; blanks do
// not count.
func Alike(a, b string) int64 {
	count := map[[2]rune]int{}
	whole := neighbours(a, func(p [2]rune) { count[p]++ })
	same := 0
	whole += neighbours(b, func(p [2]rune) {
		if count[p] > 0 {
			count[p]--
			same += 2
		}
	})
	if whole == 0 {
		return 0
	}
	return int64(same * 100 / whole)
}

func neighbours(s string, each func([2]rune)) (n int) {
	last := rune(0)
	for _, r := range s {
		if r == ' ' || r == '\n' {
			continue
		}
		if last != 0 {
			each([2]rune{last, r})
			n++
		}
		last = r
	}
	return n
}
