package offline

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// workers take records in side by side, so that on SQLite they share commits.
const workers = 24

// Sync takes in what a phone recorded, each record by itself: one that is refused stops no other. A record is stored with its
// receipt in one transaction. What builds on something that has not come is held, and taken in when it comes.
// Fault: that of the machinery, when no record could be taken in because of it.
func (s *Service) Sync(ctx context.Context, in Batch) (out Answers, err error) {
	who, err := audit.Require(ctx, "field.sync")
	if err != nil {
		return out, err
	}
	t := &taker{s: s, who: who, now: db.Micros(s.DB.Now()), receipts: map[string]Receipt{}}
	clock := db.Micros(s.Clock())
	t.shift = clock - t.now
	t.skew = (in.Now - clock) / 1_000_000
	if max(t.skew, -t.skew) <= maxSkew/1_000_000 {
		t.skew = 0
	}
	list := t.entries(in.Records)
	if err := t.learn(ctx, list); err != nil {
		return out, err
	}
	for _, level := range levels(list) {
		t.side(ctx, level)
	}
	if err := t.free(ctx); err != nil {
		t.fail(err)
	}
	out = Answers{Now: t.now, Receipts: []Receipt{}}
	for _, e := range list {
		if r, ok := t.receipts[e.ID+" "+e.Hash]; ok {
			out.Receipts = append(out.Receipts, r)
		}
	}
	if len(out.Receipts) == 0 && len(list) > 0 {
		return out, t.err
	}
	return out, nil
}

// entry is a record on its way in.
type entry struct {
	Record
	skew int64  // seconds, 0 when the phone's clock was right
	sent string // the hash the phone gave
}

// taker takes in one batch.
type taker struct {
	s         *Service
	who       audit.Actor
	now, skew int64
	shift     int64 // of the real clock against that of the records: 0 but in a demo

	mu       sync.Mutex
	rows     map[string]inboxRow // what was taken in, of the ids the batch speaks of
	files    map[string]fileRow
	receipts map[string]Receipt // by id and hash
	stored   int
	err      error // of the machinery
}

// entries gives the records with the hash as it is understood here.
func (t *taker) entries(records []Record) []entry {
	out := make([]entry, len(records))
	for i, r := range records {
		out[i] = entry{Record: r, skew: t.skew, sent: r.Hash}
		hash, err := r.seal()
		if err != nil {
			t.fail(err)
		}
		out[i].Hash = hash
	}
	return out
}

// learn reads, once for all, what came before and which files are here.
func (t *taker) learn(ctx context.Context, list []entry) error {
	var ids, files []string
	for _, e := range list {
		ids = append(append(ids, e.ID), e.After...)
		files = append(files, digestsOf(e.Body)...)
	}
	slices.Sort(ids)
	return t.s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if t.rows, err = inboxByID(ctx, tx, slices.Compact(ids)); err != nil {
			return err
		}
		t.files, err = filesOf(ctx, tx, t.who.Person, files)
		return err
	})
}

// levels orders records so that each comes after those it builds on; what comes twice comes again at the end.
func levels(list []entry) [][]entry {
	depth, at := map[string]int{}, map[string]entry{}
	var twice []entry
	for _, e := range list {
		if _, seen := at[e.ID]; seen {
			twice = append(twice, e)
			continue
		}
		at[e.ID] = e
	}
	var deep func(id string, way int) int
	deep = func(id string, way int) int {
		e, here := at[id]
		if d, known := depth[id]; known || !here || way > len(at) { // a ring has no bottom: its records are held
			return d
		}
		d := 0
		for _, a := range e.After {
			if _, here := at[a]; here && a != id {
				d = max(d, deep(a, way+1)+1)
			}
		}
		depth[id] = min(d, len(at))
		return depth[id]
	}
	out := [][]entry{}
	done := map[string]bool{}
	for _, e := range list {
		if done[e.ID] {
			continue
		}
		done[e.ID] = true
		d := deep(e.ID, 0)
		for len(out) <= d {
			out = append(out, nil)
		}
		out[d] = append(out[d], e)
	}
	for _, e := range twice {
		out = append(out, []entry{e})
	}
	return out
}

// side takes records in side by side.
func (t *taker) side(ctx context.Context, list []entry) {
	var all sync.WaitGroup
	slots := make(chan struct{}, workers)
	for _, e := range list {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			t.keep(e, t.take(ctx, e))
		})
	}
	all.Wait()
}

// keep notes the answer; a record that the machinery failed has none.
func (t *taker) keep(e entry, r *Receipt) {
	if r == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.receipts[e.ID+" "+e.Hash] = *r
}

func (t *taker) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
}

func (t *taker) row(id string) (inboxRow, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.rows[id]
	return r, ok
}

func (t *taker) note(r inboxRow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows[r.ID] = r
	if r.State == string(Stored) {
		t.stored++
	}
}

// take takes one record in; nil when nobody knows what became of it.
func (t *taker) take(ctx context.Context, e entry) *Receipt {
	r := &Receipt{ID: e.ID, Hash: e.Hash, Skewed: e.skew != 0}
	if bad := e.check(t.who); bad != nil {
		return r.refuse(bad, t.who.Lang)
	}
	row, before := t.row(e.ID)
	if before && (row.Person != t.who.Person || row.State != string(Held) && row.Hash != e.Hash) {
		return r.conflict()
	}
	if before && row.State != string(Held) {
		return t.earlier(row)
	}
	if code := t.waits(e); code != "" {
		return t.hold(ctx, e, r, code)
	}
	out := t.apply(ctx, e, r)
	if out != nil && before && (out.State == Refused || out.State == Conflict) { // its phone has it back
		t.write(ctx, func(ctx context.Context, tx *db.Tx) error { return release(ctx, tx, t.who.Person, e.ID) })
	}
	return out
}

// earlier is what was answered before.
func (t *taker) earlier(row inboxRow) *Receipt {
	var r Receipt
	if err := json.Unmarshal([]byte(row.Receipt), &r); err != nil {
		t.fail(fault.Wrap(err, "read a receipt"))
		return nil
	}
	return &r
}

// waits says what a record waits for: "chain" for others that did not come, "files" for its files.
func (t *taker) waits(e entry) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range e.After {
		if r := t.rows[id]; r.State != string(Stored) || r.Person != t.who.Person {
			return "chain"
		}
	}
	for _, d := range digestsOf(e.Body) {
		if t.files[d].SHA256 == "" {
			return "files"
		}
	}
	return ""
}

// rowOf is how a record is kept.
func (t *taker) rowOf(e entry) inboxRow {
	return inboxRow{
		ID: e.ID, Person: t.who.Person, Account: t.who.Account, Node: t.who.Node, Kind: e.Kind, Hash: e.Hash, Waits: strings.Join(e.After, " "),
		DeviceAt: e.At - t.shift, Skew: e.skew, ReceivedAt: t.now,
	}
}

func (t *taker) hold(ctx context.Context, e entry, r *Receipt, code string) *Receipt {
	row := t.rowOf(e)
	row.State, row.Code = string(Held), code
	var err error
	if row.Body, err = t.s.lock(e.ID, e.Record); err != nil {
		t.fail(err)
		return nil
	}
	if !t.write(ctx, func(ctx context.Context, tx *db.Tx) error { return hold(ctx, tx, row) }) {
		return nil
	}
	t.note(row)
	r.State, r.Code = Held, code
	return r
}

func (t *taker) write(ctx context.Context, fn func(context.Context, *db.Tx) error) bool {
	err := t.s.DB.Write(ctx, fn)
	if err != nil {
		t.fail(err)
	}
	return err == nil
}

// check refuses what no use case needs to see. Faults: bad_id, unknown_kind, not_yours, altered.
func (e entry) check(who audit.Actor) error {
	switch {
	case !isID(e.ID):
		return fault.BadField("id", "bad_id", "记录编号须是 UUID。", "The id of a record must be a UUID.")
	case kinds[e.Kind] == nil:
		return fault.BadField("kind", "unknown_kind", "没有这种记录。", "There is no such kind of record.")
	case e.By != who.Person:
		return fault.New(fault.Forbidden, "not_yours", "这条记录是另一个人记的，须由其本人发送。", "Somebody else recorded this; they must send it themselves.")
	case e.sent != e.Hash:
		return fault.New(fault.Invalid, "altered", "内容在路上变了，没有写入；请再发一次。", "The content changed on its way; nothing was stored. Send it again.")
	}
	return nil
}

func isID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdef", rune(c)) {
			return false
		}
	}
	return true
}

// refuse words a fault as a receipt.
func (r *Receipt) refuse(err error, lang string) *Receipt {
	f := fault.Of(err)
	r.State, r.Code, r.Detail, r.Errors = Refused, f.Code, f.Words.In(lang), web.ProblemFields(f, lang)
	return r
}

func (r *Receipt) conflict() *Receipt {
	r.State, r.Code = Conflict, "id_reused"
	return r
}
