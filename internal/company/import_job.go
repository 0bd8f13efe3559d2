package company

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strconv"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/sheet"
)

// The states of an import. It is looked at first (checking → ready), and stored when a person says so
// (queued → running → done). cancelled leaves what was stored until then; a second run takes up the rest.
const (
	Checking  = "checking"
	Ready     = "ready"
	Queued    = "queued"
	Running   = "running"
	Done      = "done"
	Failed    = "failed"
	Cancelled = "cancelled"
)

// Bounds of the queue.
const (
	maxQueue  = 50
	staleBeat = 60 * time.Second // a run that has not stirred for so long is taken over
)

// Job is one import of a file.
type Job struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	State     string         `json:"state"`
	Mapping   map[int]string `json:"mapping,omitempty"`
	Head      []string       `json:"head,omitempty"`     // the table's own heads
	Index     map[string]int `json:"index,omitempty"`    // key → column
	Encoding  string         `json:"encoding,omitempty"` // of a CSV
	Total     int64          `json:"total"`              // rows, 0 while not known
	Tally     Tally          `json:"tally"`
	Problem   *fault.Words   `json:"problem,omitempty"` // why it failed
	Code      string         `json:"code,omitempty"`
	CreatedAt int64          `json:"created_at"`
	StartedAt int64          `json:"started_at,omitempty"`
	EndedAt   int64          `json:"ended_at,omitempty"`
}

// jobRow is a job as stored. reading is what the check found out about the table, as JSON.
type jobRow struct {
	ID        string `db:"id"`
	Name      string `db:"name"`
	File      string `db:"file"`
	Size      int64  `db:"size"`
	State     string `db:"state"`
	Mapping   string `db:"mapping"`
	Actor     string `db:"actor"`
	Person    string `db:"person_id"`
	Node      string `db:"node_id"`
	Total     int64  `db:"total"`
	Done      int64  `db:"done"`
	Created   int64  `db:"created"`
	Updated   int64  `db:"updated"`
	Unchanged int64  `db:"unchanged"`
	Refused   int64  `db:"refused"`
	Problem   string `db:"problem"`
	StopAsked bool   `db:"stop_asked"`
	CreatedAt int64  `db:"created_at"`
	StartedAt int64  `db:"started_at"`
	EndedAt   int64  `db:"ended_at"`
	BeatAt    int64  `db:"beat_at"`
}

// reading is how the table was understood, kept in the mapping column.
type reading struct {
	Chosen   map[int]string `json:"chosen,omitempty"` // by hand; nil = by the heads
	Head     []string       `json:"head,omitempty"`
	Index    map[string]int `json:"index,omitempty"`
	Encoding string         `json:"encoding,omitempty"`
}

type trouble struct {
	Code  string      `json:"code"`
	Words fault.Words `json:"words"`
}

func (r jobRow) job() Job {
	var how reading
	_ = json.Unmarshal([]byte(r.Mapping), &how) // our own text
	j := Job{ID: r.ID, Name: r.Name, State: r.State, Mapping: how.Chosen, Head: how.Head, Index: how.Index, Encoding: how.Encoding, Total: r.Total,
		Tally:     Tally{Done: r.Done, Created: r.Created, Updated: r.Updated, Unchanged: r.Unchanged, Refused: r.Refused},
		CreatedAt: r.CreatedAt, StartedAt: r.StartedAt, EndedAt: r.EndedAt}
	var t trouble
	if json.Unmarshal([]byte(r.Problem), &t) == nil && t.Code != "" {
		j.Problem, j.Code = &t.Words, t.Code
	}
	return j
}

// Upload takes a table and starts to look at it. Nothing is stored in the library yet. Faults: those of
// blob.PutTable; TooMany "import_running" while the person has one under way; Unavailable "import_queue_full".
func (s *Service) Upload(ctx context.Context, name string, r io.Reader) (out Job, err error) {
	who, err := audit.Require(ctx, "company.import")
	if err != nil {
		return out, err
	}
	meta, err := s.Files.PutTable(ctx, r, name)
	if err != nil {
		return out, err
	}
	actor, err := json.Marshal(who)
	if err != nil {
		return out, fault.Wrap(err, "keep the acting person")
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := roomForJob(ctx, tx, who.Person); err != nil {
			return err
		}
		j := jobRow{ID: tx.ID(), Name: meta.Name, File: meta.Digest, Size: meta.Size, State: Checking, Mapping: "{}", Actor: string(actor),
			Person: who.Person, Node: who.Node, CreatedAt: db.Micros(tx.Now())}
		out = j.job()
		tx.AfterCommit(s.wake)
		return db.Insert(ctx, tx, "company_import", j)
	})
	return out, err
}

func roomForJob(ctx context.Context, tx *db.Tx, person string) error {
	own, err := countJobs(ctx, tx, person)
	if err != nil {
		return err
	}
	if own > 0 {
		return fault.New(fault.TooMany, "import_running", "您有一个导入正在进行，完成或取消后再开始下一个。", "One of your imports is under way. Start the next when it is done or cancelled.")
	}
	all, err := countJobs(ctx, tx, "")
	if err == nil && all >= maxQueue {
		err = fault.New(fault.Unavailable, "import_queue_full", "排队的导入已满，请稍后再试。", "The import queue is full; try again later.")
	}
	return err
}

// Recheck is the input of the use case of that name: which column means what, chosen by hand.
type Recheck struct {
	ID      string         `path:"id" json:"id" maxLength:"36"`
	Mapping map[int]string `json:"mapping"`
}

// Recheck looks at the table again with another meaning of its columns. Faults: NotFound, Conflict "import_state".
func (s *Service) Recheck(ctx context.Context, in Recheck) (Job, error) {
	var c fault.Checks
	for _, key := range in.Mapping {
		known := key == ""
		for _, col := range Columns {
			known = known || col.Key == key
		}
		if !known {
			c.Add("mapping", "column_unknown", "没有“"+key+"”这一项。", "There is no column “"+key+"”.")
		}
	}
	if err := c.Err(); err != nil {
		return Job{}, err
	}
	return s.turn(ctx, in.ID, func(j *jobRow) error {
		if j.State != Ready && j.State != Failed {
			return wrongState(j.State)
		}
		raw, err := json.Marshal(reading{Chosen: in.Mapping})
		j.State, j.Mapping, j.Problem, j.BeatAt = Checking, string(raw), "", 0
		j.Total, j.Done, j.Created, j.Updated, j.Unchanged, j.Refused = 0, 0, 0, 0, 0, 0
		return fault.Wrap(err, "keep the mapping")
	})
}

// Start stores a table that was looked at. Faults: NotFound, Conflict "import_state".
func (s *Service) Start(ctx context.Context, in ByID) (Job, error) {
	return s.turn(ctx, in.ID, func(j *jobRow) error {
		if j.State != Ready {
			return wrongState(j.State)
		}
		j.Total = j.Done
		j.State, j.BeatAt = Queued, 0
		j.Done, j.Created, j.Updated, j.Unchanged, j.Refused = 0, 0, 0, 0, 0
		return nil
	})
}

// Cancel stops an import. What was stored stays stored and counted. Faults: NotFound, Conflict "import_state".
func (s *Service) Cancel(ctx context.Context, in ByID) (Job, error) {
	who, err := audit.Require(ctx, "company.import")
	if err != nil {
		return Job{}, err
	}
	var out Job
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := stopJob(ctx, tx, who.Person, in.ID); err != nil {
			return err
		}
		j, err := jobByID(ctx, tx, who.Person, in.ID)
		if err != nil {
			return err
		}
		if j.State == Done || j.State == Cancelled && j.EndedAt != db.Micros(tx.Now()) {
			return wrongState(j.State)
		}
		out = j.job()
		return nil
	})
	return out, err
}

func wrongState(state string) error {
	return fault.New(fault.Conflict, "import_state", "这次导入已是“"+state+"”状态，不能这样做。", "This import is “"+state+"” already.")
}

// turn changes the state of one's own job and forgets the rows an earlier look refused.
func (s *Service) turn(ctx context.Context, id string, change func(*jobRow) error) (out Job, err error) {
	who, err := audit.Require(ctx, "company.import")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		j, err := jobByID(ctx, tx, who.Person, id)
		if err != nil {
			return err
		}
		seen := j
		if err := change(&j); err != nil {
			return err
		}
		if err := dropRefused(ctx, tx, id); err != nil {
			return err
		}
		if err := saveJob(ctx, tx, j, seen); err != nil {
			return err
		}
		out = j.job()
		tx.AfterCommit(s.wake)
		return nil
	})
	return out, err
}

// Job gives one of one's own imports. Fault: NotFound.
func (s *Service) Job(ctx context.Context, in ByID) (out Job, err error) {
	who, err := audit.Require(ctx, "company.import")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		j, err := jobByID(ctx, tx, who.Person, in.ID)
		out = j.job()
		return err
	})
	return out, err
}

// Jobs are one's own imports, newest first.
type Jobs struct {
	Items []Job `json:"items"`
}

// Jobs lists one's last 20 imports.
func (s *Service) Jobs(ctx context.Context, _ struct{}) (out Jobs, err error) {
	who, err := audit.Require(ctx, "company.import")
	if err != nil {
		return out, err
	}
	out.Items = []Job{}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		return db.Each(ctx, tx, jobSelect+` WHERE person_id = ? ORDER BY created_at DESC, id DESC LIMIT 20`, []any{who.Person}, func(j jobRow) error {
			out.Items = append(out.Items, j.job())
			return nil
		})
	})
	return out, err
}

// Problems gives the first refused rows of one's import, at most limit.
func (s *Service) Problems(ctx context.Context, id string, limit int) (out []Refused, err error) {
	who, err := audit.Require(ctx, "company.import")
	if err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := jobByID(ctx, tx, who.Person, id); err != nil {
			return err
		}
		return eachRefused(ctx, tx, id, limit, func(r Refused) error {
			out = append(out, r)
			return nil
		})
	})
	return out, err
}

// WriteReport writes the refused rows of one's import as a table: row, reasons, and the row as it was, so that
// it can be mended and imported again.
func (s *Service) WriteReport(ctx context.Context, id string, format sheet.Format, w io.Writer) error {
	who, err := audit.Require(ctx, "company.import")
	if err != nil {
		return err
	}
	return s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		j, err := jobByID(ctx, tx, who.Person, id)
		if err != nil {
			return err
		}
		rep, err := NewReport(w, format, who.Lang, j.job().Head)
		if err != nil {
			return err
		}
		if err := eachRefused(ctx, tx, id, -1, rep.Add); err != nil {
			return err
		}
		return rep.Close()
	})
}

// Report is a table of refused rows under way.
type Report struct {
	out  *sheet.Writer
	lang string
}

// NewReport starts a report; head is the head of the imported table.
func NewReport(w io.Writer, format sheet.Format, lang string, head []string) (*Report, error) {
	out, err := sheet.NewWriter(w, format, "未导入")
	if err != nil {
		return nil, err
	}
	names := fault.Words{ZH: "行号", EN: "Row"}
	why := fault.Words{ZH: "没有导入的原因", EN: "Why it was not imported"}
	return &Report{out, lang}, out.Head(append([]string{names.In(lang), why.In(lang)}, head...)...)
}

// Add writes one row.
func (r *Report) Add(x Refused) error {
	why := ""
	for i, p := range x.Problems {
		if i > 0 {
			why += "\n"
		}
		if name := columnName(p.Column, r.lang); name != "" {
			why += name + "："
		}
		why += p.Words.In(r.lang)
	}
	cells := []any{int64(x.Row), why}
	for _, c := range x.Cells {
		cells = append(cells, c)
	}
	return r.out.Row(cells...)
}

// Close finishes the report.
func (r *Report) Close() error { return r.out.Close() }

func columnName(key, lang string) string {
	for _, c := range Columns {
		if c.Key == key {
			return c.Words.In(lang)
		}
	}
	return ""
}

// RunImports does the waiting imports, one at a time, until ctx ends. Each server runs one; a job left behind
// by a dead server is taken over where it stopped.
func (s *Service) RunImports(ctx context.Context, log *slog.Logger) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	for ctx.Err() == nil {
		did, err := s.RunOneImport(ctx)
		if err != nil && ctx.Err() == nil {
			log.Error("import", "err", err)
		}
		if did {
			continue
		}
		select {
		case <-ctx.Done():
		case <-s.bell():
		case <-time.After(5 * time.Second):
		}
	}
}

// bell rings when there may be work.
func (s *Service) bell() chan struct{} {
	s.once.Do(func() { s.ring = make(chan struct{}, 1) })
	return s.ring
}

func (s *Service) wake() {
	select {
	case s.bell() <- struct{}{}:
	default:
	}
}

// RunOneImport does the next waiting import, if there is one, and reports whether there was.
func (s *Service) RunOneImport(ctx context.Context) (bool, error) {
	var j jobRow
	var ok bool
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		j, ok, err = claimJob(ctx, tx, staleBeat)
		return err
	})
	if err != nil || !ok {
		return false, err
	}
	return true, s.runJob(ctx, j)
}

func (s *Service) runJob(ctx context.Context, j jobRow) error {
	var who audit.Actor
	if err := json.Unmarshal([]byte(j.Actor), &who); err != nil {
		return s.endJob(ctx, j, Failed, fault.Wrap(err, "read the acting person"))
	}
	who.Can = func(p string) bool { return p == "company.import" }
	ctx = audit.With(ctx, who)
	f, err := s.Files.Open(ctx, j.File)
	if err != nil {
		return s.endJob(ctx, j, Failed, err)
	}
	defer f.Close()
	var how reading
	_ = json.Unmarshal([]byte(j.Mapping), &how)
	run := &jobRun{s: s, j: j}
	in := Import{Table: readerAt(f), Size: j.Size, Name: j.Name, Source: "import/" + j.ID, Mapping: how.Chosen, DryRun: j.State == Checking, Stop: run.stopped}
	if in.DryRun {
		in.Report = run.collect
	} else {
		in.Skip, in.Step = j.Done, run.step
		run.base = Tally{Done: j.Done, Created: j.Created, Updated: j.Updated, Unchanged: j.Unchanged, Refused: j.Refused}
	}
	out, err := s.Import(ctx, in)
	switch {
	case err != nil && ctx.Err() != nil:
		return err // stopping: the job stays and is taken up again
	case err != nil:
		return s.endJob(ctx, run.j, Failed, err)
	case out.Stopped:
		return s.endJob(ctx, run.j, Cancelled, nil)
	case in.DryRun:
		how.Head, how.Index, how.Encoding = out.Head.Cells, out.Head.Index, out.Encoding
		return s.endCheck(ctx, run.j, how, out.Tally, run.refused)
	}
	return s.endJob(ctx, run.j, Done, nil)
}

// jobRun is the work on one job.
type jobRun struct {
	s       *Service
	j       jobRow
	base    Tally // what an interrupted run had done
	refused []Refused
	asked   time.Time
}

// collect keeps the refused rows of a check, in bounds.
func (r *jobRun) collect(x Refused) error {
	const most = 20_000
	if len(r.refused) < most {
		r.refused = append(r.refused, x)
	}
	return nil
}

// step notes how far it is, in the same transaction as the rows themselves.
func (r *jobRun) step(ctx context.Context, tx *db.Tx, so Tally) error {
	j := r.j
	j.Done, j.Created, j.Updated = r.base.Done+so.Done, r.base.Created+so.Created, r.base.Updated+so.Updated
	j.Unchanged, j.Refused = r.base.Unchanged+so.Unchanged, r.base.Refused+so.Refused
	beat, err := beatJob(ctx, tx, j)
	if err != nil {
		return err
	}
	j.BeatAt = beat
	tx.AfterCommit(func() { r.j = j })
	return nil
}

// stopped looks now and then whether the person wants no more, and shows that a check is alive.
func (r *jobRun) stopped() bool {
	if time.Since(r.asked) < time.Second { //nolint:forbidigo // how often to look, not a time of record
		return false
	}
	r.asked = time.Now() //nolint:forbidigo // as above
	var stop bool
	err := r.s.DB.Write(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) { //nolint:forbidigo // outlives the request
		stop, r.j.BeatAt, err = stirJob(ctx, tx, r.j)
		return err
	})
	return err != nil || stop
}

func (s *Service) endJob(ctx context.Context, j jobRow, state string, cause error) error {
	problem := ""
	if cause != nil {
		f := fault.Of(cause)
		t := trouble{Code: f.Code, Words: f.Words}
		if len(f.Fields) > 0 {
			t = trouble{Code: f.Fields[0].Code, Words: f.Fields[0].Words}
		}
		raw, err := json.Marshal(t)
		if err != nil {
			return fault.Wrap(err, "note why the import failed")
		}
		problem = string(raw)
	}
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := finishJob(ctx, tx, j, state, problem); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "company.import", "import/"+j.ID, nil, map[string]any{"state": state, "file": j.File, "done": j.Done, "created": j.Created,
			"updated": j.Updated, "unchanged": j.Unchanged, "refused": j.Refused})
	})
	if err != nil {
		return err
	}
	if fault.Is(cause, fault.Internal) {
		return cause
	}
	return nil
}

func (s *Service) endCheck(ctx context.Context, j jobRow, how reading, so Tally, refused []Refused) error {
	raw, err := json.Marshal(how)
	if err != nil {
		return fault.Wrap(err, "keep how the table was read")
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := dropRefused(ctx, tx, j.ID); err != nil {
			return err
		}
		if err := saveRefused(ctx, tx, "import/"+j.ID, refused); err != nil {
			return err
		}
		seen := j
		j.State, j.Mapping, j.Total = Ready, string(raw), so.Done
		j.Done, j.Created, j.Updated, j.Unchanged, j.Refused = so.Done, so.Created, so.Updated, so.Unchanged, so.Refused
		return saveJob(ctx, tx, j, seen)
	})
}

// readerAt reads at places of a stored file.
func readerAt(f io.ReadSeekCloser) io.ReaderAt {
	if r, ok := f.(io.ReaderAt); ok {
		return r
	}
	return &seekReader{f}
}

type seekReader struct{ f io.ReadSeeker }

func (s *seekReader) ReadAt(p []byte, at int64) (int, error) {
	if _, err := s.f.Seek(at, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(s.f, p)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return n, err
}

func limitText(n int) string {
	if n < 0 {
		return ""
	}
	return ` LIMIT ` + strconv.Itoa(n)
}
