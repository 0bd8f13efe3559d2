package demo

import (
	"math"
	"math/rand/v2"
	"sort"
	"strconv"
	"strings"
)

// wan is 10,000 yuan in fen, the grain of the demo's money.
const wan = 1_000_000

// spread splits total (in any unit) into n parts of at least one that sum to it exactly, uneven the way contracts
// are: most small, a few large. sigma is the width of the log-normal they are drawn from.
func spread(rng *rand.Rand, n int, total int64, sigma float64) []int64 {
	weights := make([]float64, n)
	var sum float64
	for i := range weights {
		weights[i] = math.Exp(rng.NormFloat64() * sigma)
		sum += weights[i]
	}
	out := make([]int64, n)
	left := total - int64(n) // each part has its one
	type rest struct {
		at   int
		part float64
	}
	rests := make([]rest, n)
	var given int64
	for i, w := range weights {
		exact := float64(left) * w / sum
		out[i] = 1 + int64(exact)
		given += int64(exact)
		rests[i] = rest{i, exact - math.Floor(exact)}
	}
	sort.SliceStable(rests, func(a, b int) bool { return rests[a].part > rests[b].part })
	for i := int64(0); i < left-given; i++ {
		out[rests[i%int64(n)].at]++
	}
	return out
}

// share cuts n things into groups in proportion to weights, exactly.
func share(n int, weights []int) []int {
	total := 0
	for _, w := range weights {
		total += w
	}
	out := make([]int, len(weights))
	left := n
	for i, w := range weights {
		out[i] = n * w / total
		left -= out[i]
	}
	for i := 0; left > 0; i, left = (i+1)%len(out), left-1 {
		out[i]++
	}
	return out
}

// pick takes one of a list.
func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// shuffled is a list in another order.
func shuffled[T any](rng *rand.Rand, list []T) []T {
	out := append([]T(nil), list...)
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }

// pad writes n with leading zeros.
func pad(n, width int) string {
	s := itoa(n)
	return strings.Repeat("0", max(0, width-len(s))) + s
}
