package company

import (
	"context"
	"encoding/json"
	"io"
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
	Policy    string         `json:"policy,omitempty" enum:",both,create,update"`
	Head      []string       `json:"head,omitempty"`     // the table's own heads
	Index     map[string]int `json:"index,omitempty"`    // key → column
	Encoding  string         `json:"encoding,omitempty"` // of a CSV
	Total     int64          `json:"total"`              // rows, 0 while not known
	Tally     sheet.Tally    `json:"tally"`
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
	Chosen   map[int]string `json:"chosen,omitempty"` // by hand, now or for an earlier table with the same heads; nil = by the heads
	Policy   string         `json:"policy,omitempty"`
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
	j := Job{
		ID: r.ID, Name: r.Name, State: r.State, Mapping: how.Chosen, Policy: how.Policy, Head: how.Head, Index: how.Index, Encoding: how.Encoding, Total: r.Total,
		Tally:     sheet.Tally{Done: r.Done, Created: r.Created, Updated: r.Updated, Unchanged: r.Unchanged, Refused: r.Refused},
		CreatedAt: r.CreatedAt, StartedAt: r.StartedAt, EndedAt: r.EndedAt,
	}
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
		j := jobRow{
			ID: tx.ID(), Name: meta.Name, File: meta.Digest, Size: meta.Size, State: Checking, Mapping: "{}", Actor: string(actor),
			Person: who.Person, Node: who.Node, CreatedAt: db.Micros(tx.Now()),
		}
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

// Recheck is the input of the use case of that name: which column means what, chosen by hand, and
// what the import may do.
type Recheck struct {
	ID      string         `path:"id" json:"id" maxLength:"36"`
	Mapping map[int]string `json:"mapping"`
	Policy  string         `json:"policy,omitempty" enum:",both,create,update"`
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
	_ = c.Merge("", checkPolicy(in.Policy))
	if err := c.Err(); err != nil {
		return Job{}, err
	}
	return s.turn(ctx, in.ID, func(j *jobRow) error {
		if j.State != Ready && j.State != Failed {
			return wrongState(j.State)
		}
		raw, err := json.Marshal(reading{Chosen: in.Mapping, Policy: in.Policy})
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
