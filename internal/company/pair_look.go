package company

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhudian/internal/db"
)

// pairSetting keeps how far the library was compared: every company up to this number with every older one.
const pairSetting = "company.pairs"

// Bounds of comparing: so many companies a step; of each the likeliest few others, from a score on.
const (
	pairStep   = 2_000
	pairMost   = 5
	pairEnough = 60
)

// RunPairs compares new companies with the older ones until ctx ends, and rests when there are none.
func (s *Service) RunPairs(ctx context.Context, log *slog.Logger) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	for ctx.Err() == nil {
		more, err := s.ComparePairs(ctx)
		if err != nil && ctx.Err() == nil {
			log.Error("compare companies", "err", err)
		}
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
		}
	}
}

// ComparePairs compares the next companies with all older ones and reports whether there were any. It reads before it
// writes, so that nobody waits for it; of two servers one counts.
func (s *Service) ComparePairs(ctx context.Context) (more bool, err error) {
	var list []pairLine
	var from, to int64
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		form, err := db.Setting(ctx, tx, searchSetting)
		if err != nil || form != searchForm { // a load is under way: its companies have no marks yet
			return err
		}
		if from, err = looked(ctx, tx); err != nil {
			return err
		}
		if to, err = db.One[int64](ctx, tx, `SELECT coalesce(max(num), 0) FROM (SELECT num FROM company_company WHERE num > ? ORDER BY num LIMIT ?) n`, from, pairStep); err != nil || to == 0 {
			return err
		}
		list, err = alike(ctx, tx, from, to)
		return err
	})
	if err != nil || to == 0 {
		return false, err
	}
	return true, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := looked(ctx, tx)
		if err != nil || now != from {
			return err
		}
		if err := putPairs(ctx, tx, list); err != nil {
			return err
		}
		return db.SetSetting(ctx, tx, pairSetting, strconv.FormatInt(to, 10))
	})
}

func looked(ctx context.Context, tx *db.Tx) (n int64, err error) {
	raw, err := db.Setting(ctx, tx, pairSetting)
	if err != nil || raw == "" {
		return 0, err
	}
	return strconv.ParseInt(raw, 10, 64)
}

// sharing is a mark that two companies have in common; num is the one that is looked at.
type sharing struct {
	Num   int64  `db:"num"`
	Other int64  `db:"other"`
	Value string `db:"value"`
}

// Two records with a credit code each are never a pair, so of two at least one is bare: a bare one is compared with
// all others, one with a code with the bare ones alone. Both ask the key of the table.
const (
	withBare  = `SELECT m.num, o.num AS other, m.value FROM company_mark m JOIN company_mark o ON o.value = m.value AND o.bare = ? WHERE `
	withCoded = `SELECT m.num, o.num AS other, m.value FROM company_mark m JOIN company_mark o ON o.value = m.value AND o.bare = ? WHERE m.bare = ? AND `
)

// alike gives the pairs of the companies above one number up to another with all older ones.
func alike(ctx context.Context, tx *db.Tx, from, to int64) ([]pairLine, error) {
	const where = `m.num > ? AND m.num <= ? AND o.num < m.num`
	return weighPairs(ctx, tx, where, from, to)
}

// alikeTo gives the pairs of one company, but none that waits to be compared anyway.
func alikeTo(ctx context.Context, tx *db.Tx, num int64) ([]pairLine, error) {
	last, err := looked(ctx, tx)
	if err != nil || num > last {
		return nil, err
	}
	return weighPairs(ctx, tx, `m.num = ? AND o.num <> m.num AND o.num <= ?`, num, last)
}

func weighPairs(ctx context.Context, tx *db.Tx, where string, args ...any) ([]pairLine, error) {
	shared := map[[2]int64][]string{}
	var nums []int64
	take := func(x sharing) error {
		key := [2]int64{x.Num, x.Other}
		if shared[key] == nil {
			nums = append(nums, x.Num, x.Other)
		}
		shared[key] = append(shared[key], x.Value)
		return nil
	}
	if err := db.Each(ctx, tx, withBare+where, append([]any{true}, args...), take); err != nil {
		return nil, err
	}
	if err := db.Each(ctx, tx, withCoded+where, append([]any{false, true}, args...), take); err != nil {
		return nil, err
	}
	all, err := byNumber(ctx, tx, nums)
	if err != nil {
		return nil, err
	}
	var out []pairLine
	for key, values := range shared {
		if score, why := weighPair(all[key[0]], all[key[1]], values); score >= pairEnough {
			out = append(out, pairLine{A: min(key[0], key[1]), B: max(key[0], key[1]), Score: score, Why: why, State: PairOpen, At: key[0]})
		}
	}
	return likeliest(out), nil
}

// likeliest keeps the best few pairs of each company that was looked at, whose number is in At until then.
func likeliest(list []pairLine) []pairLine {
	slices.SortFunc(list, func(x, y pairLine) int {
		return cmp.Or(cmp.Compare(x.At, y.At), cmp.Compare(y.Score, x.Score), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	out := list[:0]
	last, n := int64(0), 0
	for _, l := range list {
		if l.At != last {
			last, n = l.At, 0
		}
		if n++; n <= pairMost {
			l.At = 0
			out = append(out, l)
		}
	}
	return out
}

// weighPair says in per cent how likely two records that share marks are one, and why.
func weighPair(x, y Company, shared []string) (score int64, why string) {
	reasons := []string{"same_sound"}
	score = 60
	for _, v := range shared {
		if strings.HasPrefix(v, markName) {
			score, reasons[0] = 80, "same_key"
			if !strings.Contains(fullKey(x.Name), strings.TrimPrefix(v, markName)) || !strings.Contains(fullKey(y.Name), strings.TrimPrefix(v, markName)) {
				score, reasons[0] = 75, "former_name"
			}
			break
		}
	}
	if fullKey(x.Name) == fullKey(y.Name) {
		score, reasons[0] = 95, "same_name"
	}
	switch {
	case x.home() != "" && x.home() == y.home():
		score, reasons = score+10, append(reasons, "same_city")
	case x.home() != "" && y.home() != "":
		score, reasons = score-25, append(reasons, "other_city")
	}
	if x.Address != "" && fullKey(x.Address) == fullKey(y.Address) {
		score, reasons = score+15, append(reasons, "same_address")
	}
	switch {
	case x.Kind != y.Kind:
		score -= 15
	case x.Kind == Association && reasons[0] != "same_name": // its place is what tells an association from others
		score -= 40
	}
	return max(0, min(100, score)), strings.Join(reasons, " ")
}

// home is the city of a company, "" when it is not known; four provinces are cities.
func (c Company) home() string {
	if slices.Contains([]string{"110000", "120000", "310000", "500000"}, c.Province) {
		return c.Province
	}
	return c.City
}
