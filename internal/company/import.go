package company

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/sheet"
)

// Import reads a table into the library. Every row ends as one of: created, updated, unchanged, or refused with
// its reasons. A value in the table replaces what stood; an empty cell leaves it. The same file a second time
// changes nothing. Which company a row means: its credit code, else its name and address.
type Import struct {
	Table    io.ReaderAt
	Size     int64
	Name     string            // file name, for its kind
	Source   string            // kept with what is created, e.g. "import/0192…"
	Mapping  map[int]string    // column → key chosen by hand, "" = leave out; nil = by the heads alone
	Limits   sheet.Options     // the command line may lift them
	DryRun   bool              // look, but write nothing
	Policy   string            // one of Policies; "" = both
	Whole    bool              // look at every row first, and store nothing when one is refused
	Bulk     bool              // make the search text after all rows are stored: for the command line, which has the library to itself
	Skip     int64             // rows that an interrupted run has done already
	Progress func(sheet.Tally) // after each batch
	Indexing func(int64)       // of a bulk load: how many rows have their search text
	Report   func(sheet.Refused) error
	Step     func(ctx context.Context, tx *db.Tx, so sheet.Tally, refused []sheet.Refused) error // in each batch's transaction, with its refused rows
	Stop     func() bool                                                                         // asked between batches
}

// Imported is what an import did, and how it read the table.
type Imported struct {
	sheet.Tally
	Encoding string     `json:"encoding,omitempty"`
	Sheets   []string   `json:"sheets,omitempty"`
	Head     sheet.Head `json:"head"`
	Stopped  bool       `json:"stopped,omitempty"`
}

// Policies say what an import may do: add what the library lacks, change what it has, or both. What it may not add is
// refused; what it may not change is left as it is.
var Policies = []string{"both", "create", "update"}

func checkPolicy(policy string) error {
	var c fault.Checks
	oneOf(&c, "policy", cmp.Or(policy, "both"), Policies)
	return c.Err()
}

// importBatch is how many rows share one transaction; a bulk load makes nobody wait and takes more.
const importBatch = 1000

func (in Import) batch() int {
	if in.Bulk {
		return 4 * importBatch
	}
	return importBatch
}

// Import runs one import to its end. Faults: those of sheet.Open and File.Head; Forbidden.
func (s *Service) Import(ctx context.Context, in Import) (out Imported, err error) {
	who, err := audit.Require(ctx, "company.import")
	if err != nil {
		return out, err
	}
	if err := checkPolicy(in.Policy); err != nil {
		return out, err
	}
	f, err := sheet.Open(in.Table, in.Size, in.Name, in.Limits)
	if err != nil {
		return out, err
	}
	defer func() { _ = f.Close() }()
	if out.Head, err = f.Head(Columns, in.Mapping); err != nil {
		return out, err
	}
	if in.Whole && !in.DryRun {
		look := in
		look.Whole, look.DryRun, look.Progress = false, true, nil
		if seen, err := s.Import(ctx, look); err != nil || seen.Refused > 0 {
			seen.Tally = sheet.Tally{Done: seen.Refused, Refused: seen.Refused}
			return seen, err
		}
	}
	out.Encoding, out.Sheets = f.Encoding, f.Sheets
	reader, err := s.rowReader(ctx, f, out.Head)
	if err != nil {
		return out, err
	}
	load, err := s.beginBulk(ctx, in)
	if err != nil {
		return out, err
	}
	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan batch, 1)
	go readBatches(reading, f, reader, in.batch(), batches)
	run := &importRun{s: s, in: in, who: who, byKey: map[rowKey]int32{}, byRecord: map[rowKey]int32{}}
	for b := range batches {
		if b.err != nil {
			return out, b.err
		}
		if in.Stop != nil && in.Stop() {
			out.Stopped = true
			break
		}
		if err := run.batch(ctx, b.rows); err != nil {
			return out, err
		}
		out.Tally = run.tally
		if in.Progress != nil {
			in.Progress(out.Tally)
		}
	}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	return out, load.end(ctx)
}

func (s *Service) rowReader(ctx context.Context, f *sheet.File, h sheet.Head) (r *rowReader, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		d, err := org.Open(ctx, tx)
		r = newRowReader(d, h, f.Date1904, tx.Today())
		return err
	})
	return r, err
}

type batch struct {
	rows []parsed
	err  error
}

// readBatches reads ahead of the writer: reading and writing each keep one core busy.
func readBatches(ctx context.Context, f *sheet.File, r *rowReader, size int, out chan<- batch) {
	defer close(out)
	send := func(b batch) bool {
		select {
		case out <- b:
			return true
		case <-ctx.Done():
			return false
		}
	}
	rows := make([]parsed, 0, size)
	for {
		line, err := f.Next()
		if err != nil {
			if len(rows) > 0 && !send(batch{rows: rows}) {
				return
			}
			if !errors.Is(err, io.EOF) {
				send(batch{err: err})
			}
			return
		}
		if rows = append(rows, r.read(line)); len(rows) == size {
			if !send(batch{rows: rows}) {
				return
			}
			rows = make([]parsed, 0, size)
		}
	}
}

// importRun is one import under way.
type importRun struct {
	s        *Service
	in       Import
	who      audit.Actor
	tally    sheet.Tally
	seen     int64
	byKey    map[rowKey]int32 // identity → row of the file that had it
	byRecord map[rowKey]int32 // record → row of the file that touched it
}

func (r *importRun) batch(ctx context.Context, rows []parsed) error {
	from := r.seen
	r.seen += int64(len(rows))
	if r.seen <= r.in.Skip { // done before an interruption; only remember what was in them
		for _, p := range rows {
			r.remember(p)
		}
		return nil
	}
	for from < r.in.Skip {
		r.remember(rows[0])
		rows, from = rows[1:], from+1
	}
	var pl plan
	work := func(ctx context.Context, tx *db.Tx) (err error) {
		if pl, err = r.plan(ctx, tx, rows); err != nil {
			return err
		}
		so := pl.add(r.tally)
		if r.in.DryRun {
			return nil
		}
		if err := r.write(ctx, tx, pl); err != nil {
			return err
		}
		if r.in.Step != nil {
			return r.in.Step(ctx, tx, so, pl.refused)
		}
		return nil
	}
	run := r.s.DB.Write
	if r.in.DryRun {
		run = r.s.DB.Read
	}
	err := run(ctx, work)
	if fault.Has(err, "exists") { // somebody stored one of these between our look and our write
		err = run(ctx, work)
	}
	if err != nil {
		return err
	}
	r.tally = pl.add(r.tally)
	for k, n := range pl.keys {
		r.byKey[k] = n
	}
	for k, n := range pl.records {
		r.byRecord[k] = n
	}
	for _, x := range pl.refused {
		if r.in.Report != nil {
			if err := r.in.Report(x); err != nil {
				return err
			}
		}
	}
	return nil
}

// write stores a plan.
func (r *importRun) write(ctx context.Context, tx *db.Tx, pl plan) error {
	if err := r.insert(ctx, tx, pl.create); err != nil {
		return err
	}
	d, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	var notes []audit.Entry
	for _, c := range pl.update {
		n, err := r.save(ctx, tx, d, c)
		if err != nil {
			return err
		}
		notes = append(notes, n)
	}
	if len(pl.create) > 0 {
		notes = append(notes, audit.Entry{Action: "company.import", Object: r.in.Source, After: digestOf(pl.create)})
	}
	return audit.Notes(ctx, tx, notes)
}

func (r *importRun) insert(ctx context.Context, tx *db.Tx, list []parsed) error {
	first, err := takeNumbers(ctx, tx, len(list))
	if err != nil {
		return err
	}
	d, err := org.Open(ctx, tx)
	if err != nil {
		return err
	}
	now := db.Micros(tx.Now())
	rows := make([]row, len(list))
	find := make([]searchRow, len(list))
	var names []nameRow
	var tags []tagRow
	var marks []mark
	for i, p := range list {
		x := p.row
		x.ID, x.Number, x.Version, x.Source, x.CreatedBy = tx.ID(), first+int64(i), 1, r.in.Source, r.who.Person
		x.CreatedAt, x.UpdatedAt = now, now
		var standing []Tag
		for _, t := range p.tags {
			standing = append(standing, Tag{Code: t, Source: r.in.Name})
			tags = append(tags, tagRow{x.ID, t, r.in.Name, "", "", now, r.who.Person})
		}
		x.TagCodes = joinTags(standing)
		for _, n := range x.Former {
			names = append(names, nameRow{x.ID, n, fullKey(n), "former"})
		}
		x.Weight = x.weigh()
		rows[i] = x
		if !r.in.Bulk {
			find[i] = x.searchRow(d, x.NameKey, x.Former...)
			marks = append(marks, find[i].Marks...)
		}
	}
	if err := insertMany(ctx, tx, rows, names, tags); err != nil || r.in.Bulk {
		return err
	}
	if err := putMarks(ctx, tx, marks); err != nil {
		return err
	}
	return putSearch(ctx, tx, find)
}

func (r *importRun) save(ctx context.Context, tx *db.Tx, d *org.Directory, c change) (audit.Entry, error) {
	out, err := c.row.prepare(d, tx.Today())
	if err != nil {
		return audit.Entry{}, err
	}
	keep(&out, c.old)
	if len(c.add) > 0 {
		var standing []Tag
		for _, t := range c.add {
			standing = append(standing, Tag{Code: t, Source: r.in.Name})
		}
		if err := insertTags(ctx, tx, out.ID, r.who.Person, standing); err != nil {
			return audit.Entry{}, err
		}
		out.TagCodes = joinTags(append(standing, c.old.Standing...))
	}
	if ok, err := saveCompany(ctx, tx, out, c.old.Version); err != nil || !ok {
		return audit.Entry{}, orStale(err, c.old.Facts, out.Facts)
	}
	return audit.Entry{Action: "company.edit", Object: "company/" + out.ID, Before: c.old.forAudit(), After: out.forAudit()}, saveNames(ctx, tx, out)
}

func saveRefused(ctx context.Context, tx *db.Tx, id string, list []sheet.Refused) error {
	type refusedRow struct {
		Import   string `db:"import_id"`
		Row      int64  `db:"row_no"`
		Problems string `db:"problems"`
		Cells    string `db:"cells"`
	}
	var rows []refusedRow
	for _, x := range list {
		problems, err := json.Marshal(x.Problems)
		if err != nil {
			return fault.Wrap(err, "write the report")
		}
		cells, err := json.Marshal(x.Cells)
		if err != nil {
			return fault.Wrap(err, "write the report")
		}
		rows = append(rows, refusedRow{id, int64(x.Row), string(problems), string(cells)})
	}
	return db.Insert(ctx, tx, "company_import_row", rows)
}
