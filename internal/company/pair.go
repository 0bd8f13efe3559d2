package company

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// States of a pair of records that may be one: nobody decided, put off, or decided to be two.
const (
	PairOpen  = "open"
	PairLater = "later"
	PairApart = "apart"
)

// Pair are two records that may be one organisation: registry facts alone, whoever asks. Two records with different
// credit codes are two organisations and no pair.
type Pair struct {
	ID    string   `json:"id"` // the numbers of both, the older first: 12-3456
	One   Hint     `json:"one"`
	Other Hint     `json:"other"`
	Score int64    `json:"score"` // percent
	Why   []string `json:"why"`   // same_name, former_name, same_key or same_sound; same_address, same_city, other_city
	State string   `json:"state" enum:"open,later,apart"`
	By    string   `json:"by,omitempty"` // who decided
	At    int64    `json:"at,omitempty"` // µs UTC
}

// Pairs is the input of the use case of that name.
type Pairs struct {
	State string `query:"state" json:"state,omitempty" enum:",open,later,apart"`
	db.Page
}

// PairList is a part of the review queue. Looked says how far the library was compared: the companies up to a number.
type PairList struct {
	Items  []Pair `json:"items"`
	Next   string `json:"next,omitempty"`
	Looked int64  `json:"looked"`
	Last   int64  `json:"last"`
}

type pairLine struct {
	A     int64  `db:"a"`
	B     int64  `db:"b"`
	Score int64  `db:"score"`
	Why   string `db:"why"`
	State string `db:"state"`
	By    string `db:"by_person"`
	At    int64  `db:"at"`
}

func (l pairLine) id() string { return fmt.Sprintf("%d-%d", l.A, l.B) }

// Pairs lists the records that may be one organisation, the likeliest first.
func (s *Service) Pairs(ctx context.Context, in Pairs) (out PairList, err error) {
	if _, err := audit.Require(ctx, "company.merge"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = listPairs(ctx, tx, in)
		return err
	})
	return out, err
}

func listPairs(ctx context.Context, tx *db.Tx, in Pairs) (out PairList, err error) {
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(3)
	if err != nil {
		return out, err
	}
	text, args, err := pairQuery(cmp.Or(in.State, PairOpen), key, size+1)
	if err != nil {
		return out, err
	}
	lines, err := db.All[pairLine](ctx, tx, text, args...)
	if err != nil {
		return out, err
	}
	if len(lines) > size {
		lines = lines[:size]
		last := lines[size-1]
		out.Next = db.Cursor(strconv.FormatInt(last.Score, 10), strconv.FormatInt(last.A, 10), strconv.FormatInt(last.B, 10))
	}
	if out.Items, err = showPairs(ctx, tx, lines); err != nil {
		return out, err
	}
	if out.Looked, err = looked(ctx, tx); err != nil {
		return out, err
	}
	out.Last, err = db.One[int64](ctx, tx, `SELECT last FROM company_number`)
	return out, err
}

func pairQuery(state string, key []string, most int) (text string, args []any, err error) {
	text, args = `SELECT p.a, p.b, p.score, p.why, p.state, p.by_person, p.at FROM company_pair p WHERE p.state = ?`, []any{state}
	if key != nil {
		for _, k := range key {
			n, err := strconv.ParseInt(k, 10, 64)
			if err != nil {
				return "", nil, fault.New(fault.Malformed, "bad_cursor", "翻页位置不对。", "This is no place in the list.")
			}
			args = append(args, n)
		}
		text += ` AND (p.score, p.a, p.b) < (?, ?, ?)`
	}
	return text + ` ORDER BY p.score DESC, p.a DESC, p.b DESC` + limitText(most), args, nil
}

// showPairs adds the registry facts of both sides.
func showPairs(ctx context.Context, tx *db.Tx, lines []pairLine) ([]Pair, error) {
	nums := make([]int64, 0, 2*len(lines))
	for _, l := range lines {
		nums = append(nums, l.A, l.B)
	}
	all, err := byNumber(ctx, tx, nums)
	out := make([]Pair, 0, len(lines))
	for _, l := range lines {
		out = append(out, Pair{
			ID: l.id(), One: all[l.A].hint(), Other: all[l.B].hint(), Score: l.Score, Why: strings.Fields(l.Why), State: l.State, By: l.By, At: l.At,
		})
	}
	return out, err
}

func (c Company) hint() Hint {
	return Hint{ID: c.ID, Name: c.Name, Kind: c.Kind, CreditCode: c.CreditCode, Region: c.Region, Address: c.Address, Status: c.Status}
}

func byNumber(ctx context.Context, tx *db.Tx, nums []int64) (map[int64]Company, error) {
	out := map[int64]Company{}
	slices.Sort(nums)
	for part := range slices.Chunk(slices.Compact(nums), 500) {
		err := db.Each(ctx, tx, `SELECT `+companyColumns+` FROM company_company c WHERE c.num IN `+db.In(len(part)), db.Args(part), func(c Company) error {
			out[c.Number] = c
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// JudgePair is the input of the use case of that name.
type JudgePair struct {
	ID    string `json:"id" maxLength:"41"`
	State string `json:"state" enum:"open,later,apart"`
}

// JudgePair says that two records are not the same, which is kept and never asked again; puts the question off; or
// opens it again. That they are one is said by Merge. Fault: NotFound.
func (s *Service) JudgePair(ctx context.Context, in JudgePair) (out Pair, err error) {
	who, err := audit.Require(ctx, "company.merge")
	if err != nil {
		return out, err
	}
	var c fault.Checks
	oneOf(&c, "state", in.State, []string{PairOpen, PairLater, PairApart})
	if err := c.Err(); err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = judgePair(ctx, tx, who, in)
		return err
	})
	return out, err
}

func judgePair(ctx context.Context, tx *db.Tx, who audit.Actor, in JudgePair) (Pair, error) {
	left, right, _ := strings.Cut(in.ID, "-")
	a, bad := strconv.ParseInt(left, 10, 64)
	b, worse := strconv.ParseInt(right, 10, 64)
	absent := fault.New(fault.NotFound, "pair_unknown", "没有这一对单位，可能已经合并或改过。请刷新清单。", "There is no such pair; it may have been merged or changed. Reload the list.")
	if bad != nil || worse != nil {
		return Pair{}, absent
	}
	line, ok, err := db.Maybe[pairLine](ctx, tx, `UPDATE company_pair SET state = ?, by_person = ?, at = ? WHERE a = ? AND b = ?
		RETURNING a, b, score, why, state, by_person, at`, in.State, who.Person, db.Micros(tx.Now()), a, b)
	if err != nil {
		return Pair{}, err
	}
	if !ok {
		return Pair{}, absent
	}
	list, err := showPairs(ctx, tx, []pairLine{line})
	if err != nil {
		return Pair{}, err
	}
	p := list[0]
	return p, audit.Notes(ctx, tx, []audit.Entry{
		{Action: "company.pair", Object: "company/" + p.One.ID, After: map[string]string{"state": p.State, "other": p.Other.ID}},
		{Action: "company.pair", Object: "company/" + p.Other.ID, After: map[string]string{"state": p.State, "other": p.One.ID}},
	})
}

// putPairs adds pairs; what was decided of one stays.
func putPairs(ctx context.Context, tx *db.Tx, list []pairLine) error {
	for part := range slices.Chunk(list, 500) {
		if err := db.Upsert(ctx, tx, "company_pair", part, `ON CONFLICT (a, b) DO NOTHING`); err != nil {
			return err
		}
	}
	return nil
}

// dropPairs forgets what may be the same as a company, but not what was decided.
func dropPairs(ctx context.Context, tx *db.Tx, num int64) error {
	if _, err := db.Exec(ctx, tx, `DELETE FROM company_pair WHERE a = ? AND state <> 'apart'`, num); err != nil {
		return err
	}
	_, err := db.Exec(ctx, tx, `DELETE FROM company_pair WHERE b = ? AND state <> 'apart'`, num)
	return err
}

// apartFrom gives the records that were decided to be others than one.
func apartFrom(ctx context.Context, tx *db.Tx, id string) (map[string]bool, error) {
	list, err := db.All[string](ctx, tx, `SELECT o.id FROM company_company c JOIN company_pair p ON p.a = c.num JOIN company_company o ON o.num = p.b WHERE c.id = ? AND p.state = 'apart'
		UNION ALL SELECT o.id FROM company_company c JOIN company_pair p ON p.b = c.num JOIN company_company o ON o.num = p.a WHERE c.id = ? AND p.state = 'apart'`, id, id)
	out := map[string]bool{}
	for _, other := range list {
		out[other] = true
	}
	return out, err
}

// mergePairs hands what was decided of a merged record to the one that is kept.
func mergePairs(ctx context.Context, tx *db.Tx, keep, gone int64) error {
	lines, err := db.All[pairLine](ctx, tx, `SELECT a, b, score, why, state, by_person, at FROM company_pair WHERE a = ? AND state = 'apart'
		UNION ALL SELECT a, b, score, why, state, by_person, at FROM company_pair WHERE b = ? AND state = 'apart'`, gone, gone)
	if err != nil {
		return err
	}
	for _, l := range lines {
		other := l.A + l.B - gone
		if other == keep {
			continue
		}
		l.A, l.B = min(keep, other), max(keep, other)
		if err := db.Upsert(ctx, tx, "company_pair", l, `ON CONFLICT (a, b) DO UPDATE SET state = excluded.state, by_person = excluded.by_person, at = excluded.at`); err != nil {
			return err
		}
	}
	if _, err := db.Exec(ctx, tx, `DELETE FROM company_pair WHERE a = ?`, gone); err != nil {
		return err
	}
	_, err = db.Exec(ctx, tx, `DELETE FROM company_pair WHERE b = ?`, gone)
	return err
}
