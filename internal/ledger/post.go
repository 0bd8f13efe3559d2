package ledger

import (
	"context"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Posting asks for one entry: a fact of a claim's round. ID may be made by the caller; posting the same id
// again with the same content changes nothing, with other content it is a Conflict (id_reused).
type Posting struct {
	ID     string
	Claim  string
	Round  int64
	Reason string // needed when the month of the fact is closed
	Fact   Fact
}

// Post appends facts to a book, each with its credit lines, to the chains of their places.
// Faults: invalid facts, future_date, period_closed (a late fact without a reason), id_reused.
// Only package verify calls it: an approved claim is the only source of entries.
func Post(ctx context.Context, tx *db.Tx, book Book, postings []Posting) error {
	drafts := make([]*draft, 0, len(postings))
	for _, p := range postings {
		if err := p.Fact.check(); err != nil {
			return err
		}
		m := measureByCode[p.Fact.Measure]
		credits, err := split(m, p.Fact.Delta, p.Fact.Dims, p.Fact.Shares)
		if err != nil {
			return err
		}
		d := &draft{credits: credits, Entry: Entry{
			ID: p.ID, Form: 1, Chain: chainOf(p.Fact.Dims), Measure: p.Fact.Measure, Book: book,
			Delta: p.Fact.Delta, OccurredOn: p.Fact.OccurredOn, Dims: p.Fact.Dims, Claim: p.Claim, Round: p.Round, Reason: oneLine(p.Reason),
		}}
		for _, party := range p.Fact.Parties {
			d.parties = append(d.parties, partyRow{Company: party.Company, Industry: party.Industry})
		}
		slices.SortFunc(d.parties, func(a, b partyRow) int { return strings.Compare(a.Company, b.Company) })
		drafts = append(drafts, d)
	}
	drafts, err := skipKnown(ctx, tx, drafts)
	if err != nil {
		return err
	}
	for _, d := range drafts {
		if d.ID == "" {
			d.ID = tx.ID()
		}
	}
	return appendAll(ctx, tx, drafts, false)
}

// chainOf: one chain for each prefecture-level unit at or above the entry's unit, else the province's.
func chainOf(d Dims) string {
	if d.City != "" {
		return d.City
	}
	return d.Province
}

// oneLine keeps a reason inside one line of the canonical form.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// skipKnown drops postings that are in the ledger already, word for word.
func skipKnown(ctx context.Context, tx *db.Tx, drafts []*draft) ([]*draft, error) {
	known := map[string]Entry{}
	var made []string // by the caller
	for _, d := range drafts {
		if d.ID != "" {
			made = append(made, d.ID)
		}
	}
	for ids := range slices.Chunk(made, 500) {
		rows, err := db.All[Entry](ctx, tx, `SELECT `+entryColumns+` FROM ledger_entry WHERE id IN `+db.In(len(ids)), db.Args(ids)...)
		if err != nil {
			return nil, err
		}
		for _, e := range rows {
			known[e.ID] = e
		}
	}
	if len(known) == 0 {
		return drafts, nil
	}
	var fresh []*draft
	for _, d := range drafts {
		old, ok := known[d.ID]
		if !ok {
			fresh = append(fresh, d)
			continue
		}
		if old.Measure != d.Measure || old.Book != d.Book || old.Delta != d.Delta || old.OccurredOn != d.OccurredOn ||
			old.Dims != d.Dims || old.Claim != d.Claim || old.Round != d.Round || old.Reverses != d.Reverses {
			return nil, fault.New(fault.Conflict, "id_reused", "同一编号已记过另一内容，没有写入。", "This id was posted before with other content; nothing was stored.")
		}
	}
	return fresh, nil
}

// Round names one round of a claim.
type Round struct {
	Claim string
	Round int64
}

// Advance copies the standing entries of the rounds from one book into the next, dimensions and credit as they were.
func Advance(ctx context.Context, tx *db.Tx, rounds []Round, from Book, reason string) error {
	to, ok := from.Next()
	if !ok {
		return fault.New(fault.Conflict, "no_next_book", "认定之后没有下一级。", "There is no book after recognition.")
	}
	drafts, err := standing(ctx, tx, rounds, from)
	if err != nil {
		return err
	}
	for _, d := range drafts {
		d.ID, d.Book, d.Reason = tx.ID(), to, oneLine(reason)
	}
	return appendAll(ctx, tx, drafts, true)
}

// Reverse takes back the standing entries of the rounds in the given books, by entries of the opposite sign.
// What stands nowhere is left alone, so reversing twice takes nothing back twice.
func Reverse(ctx context.Context, tx *db.Tx, rounds []Round, books []Book, reason string) error {
	var drafts []*draft
	for _, b := range books {
		found, err := standing(ctx, tx, rounds, b)
		if err != nil {
			return err
		}
		drafts = append(drafts, found...)
	}
	for _, d := range drafts {
		d.Reverses, d.ID, d.Delta, d.Reason = d.ID, tx.ID(), -d.Delta, oneLine(reason)
		for i := range d.credits {
			d.credits[i].Delta = -d.credits[i].Delta
		}
	}
	return appendAll(ctx, tx, drafts, true)
}

// Restore posts again, in the given books, what the rounds once said there: for a correction that was returned
// after it had replaced them.
func Restore(ctx context.Context, tx *db.Tx, round Round, books []Book, reason string) error {
	var drafts []*draft
	for _, b := range books {
		found, err := lastSaid(ctx, tx, round, b)
		if err != nil {
			return err
		}
		for _, d := range found {
			d.ID, d.Reason = tx.ID(), oneLine(reason)
		}
		drafts = append(drafts, found...)
	}
	return appendAll(ctx, tx, drafts, true)
}

// Again posts in the filed book, as another round of the claim, what a round said there: for what was returned and is judged
// again as it was.
func Again(ctx context.Context, tx *db.Tx, old Round, round int64, reason string) error {
	drafts, err := lastSaid(ctx, tx, old, Filed)
	if err != nil {
		return err
	}
	for _, d := range drafts {
		d.ID, d.Round, d.Reason = tx.ID(), round, oneLine(reason)
	}
	return appendAll(ctx, tx, drafts, true)
}

// appendAll writes drafts to their chains. It takes the chains in one fixed order, each by writing its head,
// and only then looks at the periods: whoever closes a period holds every head, so the two cannot pass each other.
func appendAll(ctx context.Context, tx *db.Tx, drafts []*draft, late bool) error {
	if len(drafts) == 0 {
		return nil
	}
	byChain := map[string][]*draft{}
	for _, d := range drafts {
		byChain[d.Chain] = append(byChain[d.Chain], d)
	}
	chains := slices.Sorted(maps.Keys(byChain))
	heads, open, err := takeHeads(ctx, tx, chains, byChain)
	if err != nil {
		return err
	}
	for _, chain := range chains {
		if err := link(byChain[chain], heads[chain], open, late); err != nil {
			return err
		}
	}
	return store(ctx, tx, chains, byChain)
}

// link numbers, dates, books and hashes the drafts of one chain.
func link(drafts []*draft, h Head, open books, late bool) error {
	seq, prev := h.Seq-int64(len(drafts))+1, h.Hash
	today := db.Today(db.FromMicros(h.RecordedAt))
	for i, d := range drafts {
		if _, err := time.Parse(time.DateOnly, d.OccurredOn); err != nil {
			return fault.BadField("occurred_on", "not_a_date", "业务日期不是有效日期。", "The business date is not a date.")
		}
		if d.OccurredOn > today {
			return fault.BadField("occurred_on", "future_date", "业务日期不能晚于今天（"+today+"）。", "The business date cannot be later than today ("+today+").")
		}
		period, isLate := open.periodFor(d.OccurredOn)
		if isLate && d.Reason == "" && !late {
			return closedFault(d.OccurredOn[:7], period)
		}
		if isLate && d.Reason == "" {
			d.Reason = "late: " + d.OccurredOn[:7] + " closed"
		}
		d.Period, d.RecordedAt = period, h.RecordedAt
		d.Seq, d.Prev = seq+int64(i), prev
		d.Hash = d.digest()
		prev = d.Hash
	}
	return nil
}

func store(ctx context.Context, tx *db.Tx, chains []string, byChain map[string][]*draft) error {
	var entries []Entry
	var credits []Credit
	var parties []partyRow
	for _, chain := range chains {
		drafts := byChain[chain]
		for _, d := range drafts {
			entries = append(entries, d.Entry)
			for _, c := range d.credits {
				c.Entry = d.ID
				credits = append(credits, c)
			}
			for _, p := range d.parties {
				p.Entry = d.ID
				parties = append(parties, p)
			}
		}
		last := drafts[len(drafts)-1]
		if err := db.Do(ctx, tx, `UPDATE ledger_head SET hash = ? WHERE chain = ?`, last.Hash, chain); err != nil {
			return err
		}
		if err := db.Do(ctx, tx, `INSERT INTO ledger_day (chain, day, first_seq, last_seq) VALUES (?, ?, ?, ?)
			ON CONFLICT (chain, day) DO UPDATE SET last_seq = excluded.last_seq`,
			chain, db.Today(db.FromMicros(last.RecordedAt)), drafts[0].Seq, last.Seq); err != nil {
			return err
		}
	}
	if err := db.Insert(ctx, tx, "ledger_entry", entries); err != nil {
		return err
	}
	if err := db.Insert(ctx, tx, "ledger_credit", credits); err != nil {
		return err
	}
	if err := db.Insert(ctx, tx, "ledger_party", parties); err != nil {
		return err
	}
	return roll(ctx, tx, entries)
}

// standing gives the entries of rounds that are in a book and not reversed, with what hangs on them, oldest first.
func standing(ctx context.Context, tx *db.Tx, rounds []Round, book Book) ([]*draft, error) {
	var out []*draft
	for part := range slices.Chunk(rounds, 400) {
		ids := make([]string, len(part))
		want := map[Round]bool{}
		for i, r := range part {
			ids[i] = r.Claim
			want[r] = true
		}
		args := append(db.Args(ids), string(book))
		rows, err := db.All[Entry](ctx, tx, `SELECT `+entryColumns+` FROM ledger_entry WHERE claim_id IN `+db.In(len(ids))+` AND book = ? ORDER BY chain, seq`, args...)
		if err != nil {
			return nil, err
		}
		gone := map[string]bool{}
		for _, e := range rows {
			gone[e.Reverses] = true
		}
		for _, e := range rows {
			if e.Reverses == "" && !gone[e.ID] && want[Round{e.Claim, e.Round}] {
				out = append(out, &draft{Entry: e})
			}
		}
	}
	return out, attach(ctx, tx, out)
}

// lastSaid gives the newest set of entries a round ever had in a book, standing or not.
func lastSaid(ctx context.Context, tx *db.Tx, r Round, book Book) ([]*draft, error) {
	rows, err := db.All[Entry](ctx, tx, `SELECT `+entryColumns+` FROM ledger_entry
		WHERE claim_id = ? AND round = ? AND book = ? AND reverses = '' ORDER BY recorded_at, chain, seq`, r.Claim, r.Round, string(book))
	if err != nil {
		return nil, err
	}
	type slot struct{ measure, unit string }
	newest := map[slot]*draft{}
	for _, e := range rows {
		newest[slot{e.Measure, e.Unit}] = &draft{Entry: e}
	}
	out := slices.Collect(maps.Values(newest))
	sort.Slice(out, func(i, j int) bool {
		return out[i].Chain+out[i].Measure < out[j].Chain+out[j].Measure
	})
	return out, attach(ctx, tx, out)
}

// attach reads the credit lines and parties of drafts that were read from the ledger.
func attach(ctx context.Context, tx *db.Tx, drafts []*draft) error {
	byID := map[string]*draft{}
	for _, d := range drafts {
		byID[d.ID] = d
	}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(byID)), 500) {
		err := db.Each(ctx, tx, `SELECT entry_id, line, city, county, unit_id, team_id, station_id, share, delta FROM ledger_credit
			WHERE entry_id IN `+db.In(len(part))+` ORDER BY entry_id, line`, db.Args(part), func(c Credit) error {
			byID[c.Entry].credits = append(byID[c.Entry].credits, c)
			return nil
		})
		if err != nil {
			return err
		}
		err = db.Each(ctx, tx, `SELECT entry_id, company_id, industry FROM ledger_party
			WHERE entry_id IN `+db.In(len(part))+` ORDER BY entry_id, company_id`, db.Args(part), func(p partyRow) error {
			byID[p.Entry].parties = append(byID[p.Entry].parties, p)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Reshare replaces the credit of standing entries in every book: each is reversed and posted again at the same
// total under the new shares.
func Reshare(ctx context.Context, tx *db.Tx, r Round, shares []Share, reason string) error {
	var fresh []*draft
	for _, b := range Books {
		found, err := standing(ctx, tx, []Round{r}, b)
		if err != nil {
			return err
		}
		fresh = append(fresh, found...)
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := Reverse(ctx, tx, []Round{r}, Books, reason); err != nil {
		return err
	}
	for _, d := range fresh {
		credits, err := split(measureByCode[d.Measure], d.Delta, d.Dims, shares)
		if err != nil {
			return err
		}
		d.ID, d.Reason, d.credits = tx.ID(), oneLine(reason), credits
	}
	return appendAll(ctx, tx, fresh, true)
}
