package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/fault"
)

var (
	bijiang = Dims{Province: "520000", City: "520600", County: "520602", Unit: "520602", Team: "shenzhen.520602", Station: "shenzhen"}
	wanshan = Dims{Province: "520000", City: "520600", County: "520603", Unit: "520603", Team: "shenzhen.520603", Station: "shenzhen"}
	gaoxin  = Dims{Province: "520000", City: "520100", Unit: "GY-GX", Team: "shanghai.520100", Station: "shanghai"}
	office  = Dims{Province: "520000", Unit: "520000", Team: "shenzhen.520000", Station: "shenzhen"}
)

func acting(person string) context.Context {
	return audit.With(context.Background(), audit.Actor{Person: person, Account: person, Chain: "520000", Can: func(string) bool { return true }})
}

func write(t interface{ Fatal(...any) }, d *db.DB, fn func(ctx context.Context, tx *db.Tx) error) {
	if err := d.Write(acting("test"), fn); err != nil {
		t.Fatal(err)
	}
}

func ask(t interface{ Fatal(...any) }, d *db.DB, q Question) (out []Cell) {
	err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = Ask(ctx, tx, q)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func checkWhole(t interface{ Fatal(...any) }, d *db.DB) {
	err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		p, err := Check(ctx, tx)
		if err == nil && len(p.Broken) > 0 {
			err = fmt.Errorf("broken: %v", p.Broken)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func contract(d Dims, fen int64, day string) Fact {
	return Fact{Measure: "contract.amount", Delta: fen, OccurredOn: day, Dims: d}
}

func TestPost_booksAreCumulativeAndReversalIsZero(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := Round{"claim1", 1}
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			f := contract(bijiang, 1_850_000_001, "2020-12-14")
			f.Shares = []Share{{Unit: "520602", County: "520602", City: "520600", PPM: 700_000}, {Unit: "520603", County: "520603", City: "520600", PPM: 300_000}}
			if err := Post(ctx, tx, Filed, []Posting{{ID: tx.ID(), Claim: r.Claim, Round: 1, Fact: f}}); err != nil {
				return err
			}
			if err := Advance(ctx, tx, []Round{r}, Filed, ""); err != nil {
				return err
			}
			return Advance(ctx, tx, []Round{r}, Reviewed, "")
		})
		for _, b := range Books {
			if got := ask(t, d, Question{Measure: "contract.amount", Book: b, Through: "2020-12-31"}); got[0].Value != 1_850_000_001 {
				t.Errorf("%s: %+v", b, got)
			}
		}
		credit := ask(t, d, Question{Measure: "contract.amount", Book: Recognised, Through: "2020-12-31", Basis: ByCredit, By: []string{"county"}})
		if len(credit) != 2 || credit[0].Value != 1_295_000_001 || credit[1].Value != 555_000_000 {
			t.Errorf("credit %+v", credit)
		}
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			if err := Reverse(ctx, tx, []Round{r}, Books, "void"); err != nil {
				return err
			}
			return Reverse(ctx, tx, []Round{r}, Books, "again: takes nothing")
		})
		for _, b := range Books {
			if got := ask(t, d, Question{Measure: "contract.amount", Book: b, Through: "2020-12-31"}); got[0].Value != 0 || got[0].N != 2 {
				t.Errorf("%s after reversal: %+v", b, got)
			}
		}
		checkWhole(t, d)
	})
}

func TestPost_sameIDSameContentOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		post := func(fen int64) error {
			return d.Write(acting("a"), func(ctx context.Context, tx *db.Tx) error {
				return Post(ctx, tx, Filed, []Posting{{ID: "fixed", Claim: "c", Round: 1, Fact: contract(bijiang, fen, "2020-12-01")}})
			})
		}
		for range 2 {
			if err := post(100); err != nil {
				t.Fatal(err)
			}
		}
		if err := post(101); !fault.Has(err, "id_reused") {
			t.Fatalf("other content: %v", err)
		}
		if got := ask(t, d, Question{Measure: "contract.amount", Book: Filed, Through: "2020-12-31"}); got[0].N != 1 {
			t.Fatalf("%+v", got)
		}
	})
}

func TestEntries_cannotBeChangedBySQL(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			return Post(ctx, tx, Filed, []Posting{{ID: "e", Claim: "c", Round: 1, Fact: contract(bijiang, 5, "2020-12-01")}})
		})
		for _, text := range []string{
			`UPDATE ledger_entry SET delta = 6`, `DELETE FROM ledger_entry`, `UPDATE ledger_credit SET delta = 6`, `DELETE FROM ledger_credit`,
			`UPDATE ledger_party SET industry = 'C'`, `DELETE FROM ledger_period_event`,
		} {
			err := d.Write(acting("a"), func(ctx context.Context, tx *db.Tx) error {
				n, err := db.Exec(ctx, tx, text)
				if err == nil && n == 0 {
					return fault.New(fault.Internal, "nothing_there", "", "")
				}
				return err
			})
			if err == nil {
				t.Errorf("%s went through", text)
			}
		}
		checkWhole(t, d)
	})
}

func TestCheck_findsWhatATamperedFileHides(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	write(t, d, func(ctx context.Context, tx *db.Tx) error {
		for i := range 5 {
			if err := Post(ctx, tx, Filed, []Posting{{ID: tx.ID(), Claim: "c", Round: 1, Fact: contract(bijiang, int64(i+1)*100, "2020-12-01")}}); err != nil {
				return err
			}
		}
		for _, text := range []string{`DROP TRIGGER ledger_entry_no_update`, `UPDATE ledger_entry SET delta = 250 WHERE seq = 2`} {
			if _, err := db.Exec(ctx, tx, text); err != nil {
				return err
			}
		}
		return nil
	})
	err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		p, err := Check(ctx, tx)
		if len(p.Broken) < 2 || !strings.Contains(p.Broken[0], "entry 2: its content was changed") {
			t.Errorf("%v", p.Broken)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestClose_lateFactsGoToTheOpenMonthWithAReason(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d}
		month := time.Now().AddDate(0, -2, 0).Format("2006-01")
		if twice(month) {
			month = time.Now().AddDate(0, -3, 0).Format("2006-01")
		}
		day := month + "-10"
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			return Post(ctx, tx, Filed, []Posting{{ID: "a", Claim: "c", Round: 1, Fact: contract(bijiang, 5, day)}})
		})
		if _, err := s.ClosePeriod(acting("a"), Close{Period: month}); err != nil {
			t.Fatal(err)
		}
		late := func(reason string) error {
			return d.Write(acting("a"), func(ctx context.Context, tx *db.Tx) error {
				return Post(ctx, tx, Filed, []Posting{{ID: "b", Claim: "d", Round: 1, Reason: reason, Fact: contract(bijiang, 7, day)}})
			})
		}
		if err := late(""); !fault.Is(err, fault.Closed) || !fault.Has(err, "period_closed") {
			t.Fatalf("late without a reason: %v", err)
		}
		if err := late("voucher came later"); err != nil {
			t.Fatal(err)
		}
		if got := ask(t, d, Question{Measure: "contract.amount", Book: Filed, Through: day}); got[0].Value != 12 {
			t.Errorf("as of its own date: %+v", got)
		}
		if got := ask(t, d, Question{Measure: "contract.amount", Book: Filed, Through: day, Where: []Filter{{Dim: "period", Values: []string{month}}}}); got[0].Value != 5 {
			t.Errorf("the closed month changed: %+v", got)
		}
		again := Close{Period: month, Reason: "wrong amounts"}
		if _, err := s.Reopen(acting("a"), again); !fault.Has(err, "not_asked") {
			t.Errorf("reopen unasked: %v", err)
		}
		if _, err := s.AskReopen(acting("a"), again); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Reopen(acting("a"), again); !fault.Has(err, "same_person") {
			t.Errorf("reopen alone: %v", err)
		}
		if _, err := s.Reopen(acting("b"), again); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSplit(t *testing.T) {
	third := []Share{{Unit: "a", PPM: 333_334}, {Unit: "b", PPM: 333_333}, {Unit: "c", PPM: 333_333}}
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64Range(-maxDelta, maxDelta).Filter(func(n int64) bool { return n != 0 }).Draw(t, "fen")
		got, err := split(measureByCode["contract.amount"], fen, bijiang, third)
		if err != nil {
			t.Fatal(err)
		}
		if sum := got[0].Delta + got[1].Delta + got[2].Delta; sum != fen {
			t.Fatalf("%d split to %d", fen, sum)
		}
	})
	for name, shares := range map[string][]Share{
		"99.99": {{Unit: "a", PPM: 333_300}, {Unit: "b", PPM: 333_300}, {Unit: "c", PPM: 333_300}},
		"101":   {{Unit: "a", PPM: 1_000_000}, {Unit: "b", PPM: 10_000}},
		"none":  {{Unit: "a", PPM: 1_000_000}, {Unit: "b", PPM: 0}},
	} {
		if _, err := split(measureByCode["contract.amount"], 100, bijiang, shares); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRatio(t *testing.T) {
	for _, c := range []struct{ a, b, scale, want int64 }{
		{6392100000000, 17770200000000, 10000, 3597},
		{1, 2, 1, 1},
		{-1, 2, 1, -1},
		{1, 3, 100, 33},
		{2, 3, 100, 67},
		{5, -2, 1, -3},
		{9_000_000_000_000_000, 9_000_000_000_000_000, 10000, 10000},
	} {
		if got, ok := ratio(c.a, c.b, c.scale); !ok || got != c.want {
			t.Errorf("%d/%d×%d = %d, want %d", c.a, c.b, c.scale, got, c.want)
		}
	}
	if _, ok := ratio(1, 0, 1); ok {
		t.Error("a rate over nothing has no value")
	}
}

func TestSplitSpan(t *testing.T) {
	for _, c := range []struct {
		from, through, first, last string
		edges                      [][2]string
	}{
		{"", "2020-12-15", "0000-01", "2020-11", [][2]string{{"2020-12-01", "2020-12-15"}}},
		{"", "2020-11-30", "0000-01", "2020-11", nil},
		{"2020-03-01", "2020-08-31", "2020-03", "2020-08", nil},
		{"2019-11-20", "2020-12-15", "2019-12", "2020-11", [][2]string{{"2019-11-20", "2019-11-31"}, {"2020-12-01", "2020-12-15"}}},
		{"2020-12-02", "2020-12-15", "1", "0", [][2]string{{"2020-12-02", "2020-12-15"}}},
		{"2020-11-20", "2020-12-15", "1", "0", [][2]string{{"2020-11-20", "2020-12-15"}}},
		{"2020-02-01", "2020-02-29", "2020-02", "2020-02", nil},
	} {
		got := splitSpan(c.from, c.through)
		if got.first != c.first || got.last != c.last || fmt.Sprint(got.edges) != fmt.Sprint(c.edges) {
			t.Errorf("%s…%s: %+v", c.from, c.through, got)
		}
	}
}

// model is the ledger as a list, against which the real one is held.
type model struct {
	now     time.Time
	entries []modelEntry
	rounds  map[Round]map[Book]bool // standing
}

type modelEntry struct {
	measure string
	book    Book
	day     string
	at      time.Time
	dims    Dims
	delta   int64
	round   Round
}

func (m *model) sum(q Question, known time.Time) (sum int64) {
	for _, e := range m.entries {
		if e.measure == q.Measure && e.book == q.Book && e.day >= q.From && e.day <= q.Through && !e.at.After(known) && m.matches(e, q) {
			sum += e.delta
		}
	}
	return sum
}

func (m *model) matches(e modelEntry, q Question) bool {
	for _, f := range q.Where {
		v := f.Values[0]
		switch f.Dim {
		case "unit":
			if e.dims.Unit != v && e.dims.County != v && e.dims.City != v && e.dims.Province != v {
				return false
			}
		case "station":
			if e.dims.Station != v {
				return false
			}
		case "origin":
			if !strings.HasPrefix(e.dims.Origin, codePrefix(v)) {
				return false
			}
		}
	}
	return true
}

// TestLedger_againstModel drives random posts, advances, reversals and days, and asks random questions, present
// and past: sums match, places add up to their parent, past answers never move, and everything proves whole.
func TestLedger_againstModel(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		engine := d.Engine()
		left := 1000
		if engine == db.Postgres {
			left = 30 // a fresh database costs fifty times as much there
		}
		rapid.Check(t, func(rt *rapid.T) {
			if left--; left >= 0 {
				walk(t, rt, engine)
			}
		})
	})
}

type pastAnswer struct {
	q    Question
	want int64
}

func walk(t *testing.T, rt *rapid.T, engine db.Engine) {
	m := &model{now: time.Date(2020, 11, 28, 3, 0, 0, 0, time.UTC), rounds: map[Round]map[Book]bool{}}
	d := dbtest.Open(t, engine, dbtest.Clock(func() time.Time { return m.now }))
	defer func() { _ = d.Close() }()
	var past []pastAnswer
	claims := 0
	steps := rapid.IntRange(3, 14).Draw(rt, "steps")
	for range steps {
		m.now = m.now.Add(time.Duration(rapid.SampledFrom([]int{1, 3600, 86400, -50}).Draw(rt, "seconds")) * time.Second)
		switch rapid.SampledFrom([]string{"post", "post", "advance", "reverse", "ask"}).Draw(rt, "do") {
		case "post":
			claims++
			m.post(rt, d, Round{fmt.Sprintf("c%d", claims), 1})
		case "advance":
			m.advance(rt, d)
		case "reverse":
			m.reverse(rt, d)
		case "ask":
			past = append(past, m.ask(rt, d))
		}
	}
	for _, p := range past {
		if got := ask(rt, d, p.q); got[0].Value != p.want {
			rt.Fatalf("a past answer moved: %+v was %d, is %d", p.q, p.want, got[0].Value)
		}
	}
	m.askPlaces(rt, d)
	checkWhole(rt, d)
}

// recorded is the time the ledger must have used: its own never runs backwards.
func (m *model) recorded(chain string) time.Time {
	at := m.now
	for _, e := range m.entries {
		if chainOf(e.dims) == chain && e.at.After(at) {
			at = e.at
		}
	}
	return at
}

func (m *model) post(rt *rapid.T, d *db.DB, r Round) {
	dims := rapid.SampledFrom([]Dims{bijiang, wanshan, gaoxin, office}).Draw(rt, "place")
	dims.Origin = rapid.SampledFrom([]string{"440300", "440305", "440100", "310000"}).Draw(rt, "origin")
	day := m.now.AddDate(0, 0, -rapid.IntRange(0, 70).Draw(rt, "daysAgo")).In(db.Zone()).Format(time.DateOnly)
	measure := rapid.SampledFrom([]string{"contract.amount", "visit.enterprise"}).Draw(rt, "measure")
	f := Fact{Measure: measure, Delta: rapid.Int64Range(1, 1_000_000).Draw(rt, "delta"), OccurredOn: day, Dims: dims}
	at := m.recorded(chainOf(dims))
	write(rt, d, func(ctx context.Context, tx *db.Tx) error {
		return Post(ctx, tx, Filed, []Posting{{ID: tx.ID(), Claim: r.Claim, Round: 1, Fact: f}})
	})
	m.entries = append(m.entries, modelEntry{measure, Filed, day, at, dims, f.Delta, r})
	m.rounds[r] = map[Book]bool{Filed: true}
}

func (m *model) pick(rt *rapid.T, ok func(map[Book]bool) bool) (Round, bool) {
	var all []Round
	for r, b := range m.rounds {
		if ok(b) {
			all = append(all, r)
		}
	}
	if len(all) == 0 {
		return Round{}, false
	}
	slices.SortFunc(all, func(a, b Round) int { return strings.Compare(a.Claim, b.Claim) })
	return rapid.SampledFrom(all).Draw(rt, "round"), true
}

func (m *model) copyOf(r Round, from Book) modelEntry {
	for _, e := range m.entries {
		if e.round == r && e.book == from && e.delta > 0 {
			return e
		}
	}
	panic("no such entry in the model")
}

func (m *model) advance(rt *rapid.T, d *db.DB) {
	r, ok := m.pick(rt, func(b map[Book]bool) bool { return b[Filed] && !b[Recognised] })
	if !ok {
		return
	}
	from := Filed
	if m.rounds[r][Reviewed] {
		from = Reviewed
	}
	to, _ := from.Next()
	e := m.copyOf(r, from)
	e.book, e.at = to, m.recorded(chainOf(e.dims))
	write(rt, d, func(ctx context.Context, tx *db.Tx) error { return Advance(ctx, tx, []Round{r}, from, "") })
	m.entries = append(m.entries, e)
	m.rounds[r][to] = true
}

func (m *model) reverse(rt *rapid.T, d *db.DB) {
	r, ok := m.pick(rt, func(b map[Book]bool) bool { return b[Filed] })
	if !ok {
		return
	}
	at := m.recorded(chainOf(m.copyOf(r, Filed).dims))
	write(rt, d, func(ctx context.Context, tx *db.Tx) error { return Reverse(ctx, tx, []Round{r}, Books, "void") })
	for _, b := range Books {
		if m.rounds[r][b] {
			e := m.copyOf(r, b)
			e.delta, e.at = -e.delta, at
			m.entries = append(m.entries, e)
		}
	}
	m.rounds[r] = map[Book]bool{}
}

// ask compares a random question now and at a random earlier moment, and remembers the earlier one.
func (m *model) ask(rt *rapid.T, d *db.DB) pastAnswer {
	q := Question{
		Measure: rapid.SampledFrom([]string{"contract.amount", "visit.enterprise"}).Draw(rt, "qm"), Book: rapid.SampledFrom(Books).Draw(rt, "qb"),
		Through: m.now.AddDate(0, 0, -rapid.IntRange(0, 40).Draw(rt, "through")).Format(time.DateOnly),
	}
	if rapid.Bool().Draw(rt, "bounded") {
		q.From = m.now.AddDate(0, 0, -rapid.IntRange(41, 90).Draw(rt, "from")).Format(time.DateOnly)
	}
	if f := rapid.SampledFrom([]Filter{{}, {Dim: "unit", Values: []string{"520600"}}, {Dim: "unit", Values: []string{"520602"}}, {Dim: "station", Values: []string{"shenzhen"}}, {Dim: "origin", Values: []string{"440000"}}}).Draw(rt, "where"); f.Dim != "" {
		q.Where = []Filter{f}
	}
	if got, want := ask(rt, d, q)[0].Value, m.sum(q, m.now.AddDate(1, 0, 0)); got != want {
		rt.Fatalf("%+v: got %d, want %d", q, got, want)
	}
	known := m.now.Add(-time.Duration(rapid.IntRange(0, 200_000).Draw(rt, "knownAgo")) * time.Second)
	err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		q.Known, err = KnownAt(ctx, tx, known)
		return err
	})
	if err != nil {
		rt.Fatal(err)
	}
	want := m.sum(q, known)
	if got := ask(rt, d, q)[0].Value; got != want {
		rt.Fatalf("known at %s %+v: got %d, want %d", known, q, got, want)
	}
	return pastAnswer{q, want}
}

// askPlaces: what the counties and the city itself have adds up to the city, the cities to the province.
func (m *model) askPlaces(rt *rapid.T, d *db.DB) {
	for _, book := range Books {
		q := Question{Measure: "contract.amount", Book: book, Through: "2021-12-31"}
		whole := ask(rt, d, q)[0].Value
		for _, by := range []string{"city", "county", "unit", "team", "month", "origin", "date"} {
			q.By = []string{by}
			var sum int64
			for _, c := range ask(rt, d, q) {
				sum += c.Value
			}
			if sum != whole {
				rt.Fatalf("%s by %s: parts %d, whole %d", book, by, sum, whole)
			}
		}
		q.By = nil
		q.Basis = ByCredit
		if got := ask(rt, d, q)[0].Value; got != whole {
			rt.Fatalf("%s: credit %d, location %d", book, got, whole)
		}
	}
}
