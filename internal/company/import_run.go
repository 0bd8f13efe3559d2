package company

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/sheet"
)

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
	defer func() { _ = f.Close() }()
	var how reading
	_ = json.Unmarshal([]byte(j.Mapping), &how)
	run := &jobRun{s: s, j: j}
	in := Import{Table: sheet.ReaderAt(f), Size: j.Size, Name: j.Name, Source: "import/" + j.ID, Mapping: how.Chosen, Policy: how.Policy, DryRun: j.State == Checking, Stop: run.stopped}
	if in.DryRun {
		in.Report = run.collect
	} else {
		in.Skip, in.Step = j.Done, run.step
		run.base = sheet.Tally{Done: j.Done, Created: j.Created, Updated: j.Updated, Unchanged: j.Unchanged, Refused: j.Refused}
	}
	out, err := s.Import(ctx, in)
	if in.DryRun && how.Chosen == nil && ctx.Err() == nil {
		if past := s.chosenBefore(ctx, j, out.Head.Cells); past != nil {
			how.Chosen, in.Mapping, run.refused = past, past, nil
			out, err = s.Import(ctx, in)
		}
	}
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

// chosenBefore gives the meaning of columns that the person chose by hand for an earlier table with the same heads,
// the latest; nil when there is none.
func (s *Service) chosenBefore(ctx context.Context, j jobRow, heads []string) (chosen map[int]string) {
	if len(heads) == 0 {
		return nil
	}
	_ = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error { // without it one chooses again
		list, err := db.All[string](ctx, tx, `SELECT mapping FROM company_import WHERE person_id = ? AND id <> ? ORDER BY created_at DESC, id DESC LIMIT 50`, j.Person, j.ID)
		for _, raw := range list {
			var how reading
			if json.Unmarshal([]byte(raw), &how) == nil && how.Chosen != nil && slices.Equal(how.Head, heads) {
				chosen = how.Chosen
				break
			}
		}
		return err
	})
	return chosen
}

// jobRun is the work on one job.
type jobRun struct {
	s       *Service
	j       jobRow
	base    sheet.Tally // what an interrupted run had done
	refused []sheet.Refused
	asked   time.Time
}

// collect keeps the refused rows of a check, in bounds.
func (r *jobRun) collect(x sheet.Refused) error {
	const most = 20_000
	if len(r.refused) < most {
		r.refused = append(r.refused, x)
	}
	return nil
}

// step notes how far it is, in the same transaction as the rows themselves.
func (r *jobRun) step(ctx context.Context, tx *db.Tx, so sheet.Tally, refused []sheet.Refused) error {
	if err := saveRefused(ctx, tx, r.j.ID, refused); err != nil {
		return err
	}
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
		return audit.Note(ctx, tx, "company.import", "import/"+j.ID, nil, map[string]any{
			"state": state, "file": j.File, "done": j.Done, "created": j.Created,
			"updated": j.Updated, "unchanged": j.Unchanged, "refused": j.Refused,
		})
	})
	if err != nil {
		return err
	}
	if fault.Is(cause, fault.Internal) {
		return cause
	}
	return nil
}

func (s *Service) endCheck(ctx context.Context, j jobRow, how reading, so sheet.Tally, refused []sheet.Refused) error {
	raw, err := json.Marshal(how)
	if err != nil {
		return fault.Wrap(err, "keep how the table was read")
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := dropRefused(ctx, tx, j.ID); err != nil {
			return err
		}
		if err := saveRefused(ctx, tx, j.ID, refused); err != nil {
			return err
		}
		seen := j
		j.State, j.Mapping, j.Total = Ready, string(raw), so.Done
		j.Done, j.Created, j.Updated, j.Unchanged, j.Refused = so.Done, so.Created, so.Updated, so.Unchanged, so.Refused
		return saveJob(ctx, tx, j, seen)
	})
}

func limitText(n int) string {
	if n < 0 {
		return ""
	}
	return ` LIMIT ` + strconv.Itoa(n)
}
