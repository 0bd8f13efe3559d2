package ledger

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Basis says whose an amount is: where it landed, or who is credited. The two are never added.
type Basis string

// The bases.
const (
	Location Basis = "location"
	ByCredit Basis = "credit"
)

// Question is one figure: the sum, or the number of distinct companies, of a measure in a book over business
// dates From to Through inclusive, as known at some moment, filtered and grouped by dimensions.
type Question struct {
	Measure string   `json:"measure"`
	Book    Book     `json:"book"`
	From    string   `json:"from,omitempty"` // YYYY-MM-DD; empty: from the beginning
	Through string   `json:"through"`
	Known   Known    `json:"known"`
	Where   []Filter `json:"where,omitempty"`
	By      []string `json:"by,omitempty"`
	Basis   Basis    `json:"basis"`
	Count   string   `json:"count,omitempty"` // "" sums deltas; "company", "project" or "investor" counts distinct ones
}

// Filter keeps the entries whose dimension has one of the values, or none of them.
type Filter struct {
	Dim    string   `json:"dim"`
	Values []string `json:"values"`
	Not    bool     `json:"not,omitempty"`
}

// Known is what the ledger knew: one number per chain. A nil Heads means everything known now.
type Known struct {
	At    int64            `json:"at,omitempty"` // microseconds; for people, the heads decide
	Heads map[string]int64 `json:"heads,omitempty"`
}

// Cell is one group of an answer.
type Cell struct {
	Key   []string `json:"key"`
	Value int64    `json:"value"`
	N     int64    `json:"n"` // entries behind it
}

// dimension tells where a dimension lives and how a value matches.
type dimension struct {
	column string
	prefix bool // regions and industries match by the front of their code
	place  bool // kept on credit lines as well, and in the rollups
}

var dimensions = map[string]dimension{
	"province": {column: "province", place: true},
	"city":     {column: "city", place: true},
	"county":   {column: "county", place: true},
	"unit":     {column: "unit_id", place: true},
	"team":     {column: "team_id", place: true},
	"station":  {column: "station_id", place: true},
	"batch":    {column: "batch_id"},
	"company":  {column: "company_id"},
	"project":  {column: "project_id"},
	"event":    {column: "event_id"},
	"industry": {column: "industry", prefix: true},
	"wheel":    {column: "wheel"},
	"chain":    {column: "industry_chain"},
	"mode":     {column: "mode"},
	"origin":   {column: "origin", prefix: true},
	"visited":  {column: "visited", prefix: true},
	"pairing":  {column: "pairing"},
	"tag":      {column: "tags"},
	"period":   {column: "period"},
	"month":    {}, "year": {}, "date": {},
}

// Dimensions lists what a question may filter and group by.
func Dimensions() []string {
	return []string{
		"province", "city", "county", "unit", "team", "station", "batch", "company", "project", "event", "industry", "section",
		"wheel", "chain", "mode", "origin", "origin_city", "visited", "pairing", "tag", "period", "date", "month", "year",
	}
}

// check refuses a question that cannot be answered.
func (q Question) check() error {
	if _, err := MeasureByCode(q.Measure); err != nil {
		return err
	}
	bad := func(code, zh, en string) error { return fault.New(fault.Malformed, code, zh, en) }
	if !q.Book.Valid() {
		return bad("unknown_book", "账本只有 filed、reviewed、recognised 三种。", "The books are filed, reviewed and recognised.")
	}
	if q.Basis != Location && q.Basis != ByCredit {
		return bad("unknown_basis", "口径只有 location（属地）和 credit（贡献份额）。", "The bases are location and credit.")
	}
	for i, d := range []string{q.From, q.Through} {
		if d == "" && i == 0 { // from the beginning
			continue
		}
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			return bad("bad_date", "日期写作 2020-12-15 这样。", "Write dates like 2020-12-15.")
		}
	}
	if q.From > q.Through {
		return bad("bad_span", "起始日期晚于截止日期。", "The first day is later than the last.")
	}
	for _, f := range q.Where {
		if _, ok := dimensions[f.Dim]; !ok {
			return bad("unknown_dimension", "没有“"+f.Dim+"”这个维度。", "There is no dimension "+f.Dim+".")
		}
	}
	for _, by := range q.By {
		if !slices.Contains(Dimensions(), by) {
			return bad("unknown_dimension", "没有“"+by+"”这个维度。", "There is no dimension "+by+".")
		}
	}
	return nil
}

// Ask answers a question inside the caller's snapshot. Without groups it gives exactly one cell.
// Faults: unknown_measure, unknown_book, unknown_dimension, bad_date, bad_span (all Malformed).
func Ask(ctx context.Context, tx *db.Tx, q Question) ([]Cell, error) {
	if q.Basis == "" {
		q.Basis = Location
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	compute := func() ([]Cell, error) { return q.compute(ctx, tx) }
	var cells []Cell
	var err error
	if q.Known.Heads == nil {
		cells, err = q.askKept(ctx, tx, compute)
	} else {
		cells, err = compute()
	}
	if err != nil {
		return nil, err
	}
	if q.Count != "" {
		if cells, err = q.countDistinct(ctx, tx, cells); err != nil {
			return nil, err
		}
	}
	if len(q.By) > 0 {
		return slices.Clone(cells), nil
	}
	if len(cells) == 0 {
		return []Cell{{}}, nil
	}
	return []Cell{{Value: cells[0].Value, N: cells[0].N}}, nil
}

// compute sums what is known up to q.Known, by key; a question for distinct ones is summed by them too.
func (q Question) compute(ctx context.Context, tx *db.Tx) ([]Cell, error) {
	switch {
	case q.Count != "" || !q.rolledUp():
		return gather(ctx, tx, []part{q.fromEntries("", nil)})
	case q.Known.Heads == nil:
		return gather(ctx, tx, q.fromRollups())
	}
	days, err := knownDays(ctx, tx, q.Known.Heads)
	if err != nil {
		return nil, err
	}
	return gather(ctx, tx, q.fromRollupsKnown(days))
}

// rolledUp reports whether the sums that are kept can answer.
func (q Question) rolledUp() bool {
	if q.Basis != Location {
		return false
	}
	for _, f := range q.Where {
		if !dimensions[f.Dim].place {
			return false
		}
	}
	for _, by := range q.By {
		if d := dimensions[by]; !d.place && by != "month" && by != "year" && by != "date" {
			return false
		}
	}
	return true
}

// part is one statement of an answer; the cells of all parts are added up.
type part struct {
	text string
	args []any
}

type cellRow struct {
	Key   string `db:"k"`
	Value int64  `db:"v"`
	N     int64  `db:"n"`
}

// gather adds up the cells of all parts, and leaves out those without an entry.
func gather(ctx context.Context, tx *db.Tx, parts []part) ([]Cell, error) {
	sums := map[string]*Cell{}
	var order []string
	for _, p := range parts {
		err := db.Each(ctx, tx, p.text, p.args, func(r cellRow) error {
			c := sums[r.Key]
			if c == nil {
				c = &Cell{Key: strings.Split(r.Key, "\x1f")}
				sums[r.Key] = c
				order = append(order, r.Key)
			}
			c.Value += r.Value
			c.N += r.N
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(order)
	out := make([]Cell, 0, len(order))
	for _, k := range order {
		if sums[k].N != 0 {
			out = append(out, *sums[k])
		}
	}
	return out, nil
}

// groupKey is the SQL of the key of a cell.
func (q Question) groupKey(entry, place, date string) string {
	if len(q.By) == 0 {
		return "''"
	}
	var cols []string
	for _, by := range q.By {
		d := dimensions[by]
		switch {
		case by == "date":
			cols = append(cols, date)
		case by == "month":
			cols = append(cols, "substr("+date+", 1, 7)")
		case by == "year":
			cols = append(cols, "substr("+date+", 1, 4)")
		case by == "section":
			cols = append(cols, "substr("+entry+"industry, 1, 1)")
		case by == "origin_city":
			cols = append(cols, "substr("+entry+"origin, 1, 4)")
		case d.place && by != "province":
			cols = append(cols, place+d.column)
		default:
			cols = append(cols, entry+d.column)
		}
	}
	return strings.Join(cols, " || '\x1f' || ")
}

// fromRollups answers "as known now": whole months from the monthly sums, the days at the ends from the daily ones.
func (q Question) fromRollups() []part {
	span := splitSpan(q.From, q.Through)
	if slices.Contains(q.By, "date") {
		span = months{edges: [][2]string{{q.From, q.Through}}}
	}
	var out []part
	if span.first <= span.last && span.last != "" {
		w := where{}
		w.add("r.measure = ? AND r.book = ? AND r.month >= ? AND r.month <= ?", q.Measure, string(q.Book), span.first, span.last)
		q.filters(&w, "r.", "r.")
		key := q.groupKey("r.", "r.", "r.month")
		out = append(out, part{`SELECT ` + key + ` AS k, CAST(sum(r.total) AS BIGINT) AS v, CAST(sum(r.n) AS BIGINT) AS n FROM ledger_rollup_month r WHERE ` + w.text() + groupBy(q.By, key), w.args})
	}
	for _, e := range span.edges {
		w := where{}
		w.add("r.measure = ? AND r.book = ? AND r.occurred_on >= ? AND r.occurred_on <= ?", q.Measure, string(q.Book), e[0], e[1])
		q.filters(&w, "r.", "r.")
		out = append(out, q.dailyPart(w))
	}
	return out
}

func (q Question) dailyPart(w where) part {
	key := q.groupKey("r.", "r.", "r.occurred_on")
	return part{`SELECT ` + key + ` AS k, CAST(sum(r.total) AS BIGINT) AS v, CAST(sum(r.n) AS BIGINT) AS n FROM ledger_rollup r WHERE ` + w.text() + groupBy(q.By, key), w.args}
}

// groupBy leaves out groups without a sum; without groups, an empty set must still give no row rather than NULL.
func groupBy(by []string, key string) string {
	if len(by) == 0 {
		return " HAVING count(*) > 0"
	}
	return " GROUP BY " + key
}

// fromRollupsKnown answers a past state: the daily sums of the days that were complete by then, chain by chain,
// and the entries of the day on which the chain then ended.
func (q Question) fromRollupsKnown(days map[string]knownDay) []part {
	var out []part
	for _, chain := range sortedChains(days) {
		k := days[chain]
		w := where{}
		w.add("r.measure = ? AND r.book = ? AND r.occurred_on >= ? AND r.occurred_on <= ? AND r.chain = ? AND r.recorded_on < ?",
			q.Measure, string(q.Book), q.From, q.Through, chain, k.day)
		q.filters(&w, "r.", "r.")
		out = append(out, q.dailyPart(w), q.fromEntries("e.chain = ? AND e.seq >= ? AND e.seq <= ?", []any{chain, k.first, k.last}))
	}
	return out
}

// fromEntries answers from the entries themselves, those known.
func (q Question) fromEntries(extra string, args []any) part {
	w := where{}
	if extra != "" {
		w.add(extra, args...)
	} else if q.Known.Heads != nil {
		q.Known.limit(&w)
	}
	return q.sum("ledger_entry e", w)
}

// sum adds up the entries of a table under the name e, by key and, where they are counted, by the distinct ones.
func (q Question) sum(table string, w where) part {
	w.add("e.measure = ? AND e.book = ? AND e.occurred_on >= ? AND e.occurred_on <= ?", q.Measure, string(q.Book), q.From, q.Through)
	place, delta, n := "e.", "e.delta", "count(*)"
	if q.Basis == ByCredit {
		table += " JOIN ledger_credit c ON c.entry_id = e.id"
		place, delta = "c.", "c.delta"
		n = "count(DISTINCT e.id)" // several lines may credit one entry
	}
	q.filters(&w, "e.", place)
	key, by := q.groupKey("e.", place, "e.occurred_on"), q.By
	if q.Count != "" {
		var who string
		table, who = q.counted(table, &w)
		if len(by) > 0 {
			key += " || '\x1f' || "
		} else {
			key = ""
		}
		key, by = key+who, append(slices.Clone(by), q.Count)
	}
	return part{`SELECT ` + key + ` AS k, CAST(sum(` + delta + `) AS BIGINT) AS v, ` + n + ` AS n FROM ` + table + ` WHERE ` + w.text() + groupBy(by, key), w.args}
}

// limit keeps what the chains held at their known heads.
func (k Known) limit(w *where) {
	var either []string
	var args []any
	for _, chain := range sortedChains(k.Heads) {
		either = append(either, "(e.chain = ? AND e.seq <= ?)")
		args = append(args, chain, k.Heads[chain])
	}
	if len(either) == 0 {
		either = []string{"1 = 0"}
	}
	w.add("("+strings.Join(either, " OR ")+")", args...)
}

func sortedChains[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for c := range m {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}
