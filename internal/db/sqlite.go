package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"runtime"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the pure-Go driver, registered as "sqlite"

	"zhudian/internal/fault"
)

// groupLimit and groupTime bound how many waiting writes share one commit, so that the first never waits long.
const (
	groupLimit = 256
	groupTime  = 4 * time.Millisecond
	queueLimit = 4096
)

func sqliteDSN(path string, readOnly bool) string {
	q := url.Values{"_pragma": {
		"busy_timeout(5000)", "foreign_keys(1)", "cache_size(-32000)", "temp_store(MEMORY)",
	}}
	if readOnly {
		q.Add("_pragma", "query_only(1)")
	} else { // secure_delete: what is deleted, such as the key of an erased person, leaves no bytes behind
		q["_pragma"] = append([]string{"journal_mode(WAL)", "synchronous(FULL)", "secure_delete(1)"}, q["_pragma"]...)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func (d *DB) openSQLite(ctx context.Context, o Options) error {
	if !o.ReadOnly {
		w, err := newWriter(ctx, d, o.DSN)
		if err != nil {
			return err
		}
		d.writer = w
	}
	readers, err := sql.Open("sqlite", sqliteDSN(o.DSN, true))
	if err != nil {
		return fault.Wrap(err, "open "+o.DSN)
	}
	readers.SetMaxOpenConns(max(4, runtime.NumCPU()))
	readers.SetMaxIdleConns(max(4, runtime.NumCPU()))
	d.readers = readers
	return fault.Wrap(readers.PingContext(ctx), "open "+o.DSN)
}

// writer owns the one SQLite connection that writes. Requests queue; the loop takes those that wait
// together into one BEGIN IMMEDIATE … COMMIT, each under its own savepoint, and answers them all after
// the commit is on disk. One fsync then serves many callers, which is what keeps synchronous=FULL affordable.
type writer struct {
	db    *DB
	pool  *sql.DB
	conn  *sql.Conn
	stmts stmtCache
	queue chan *writeRequest
	done  chan struct{}

	mu     sync.RWMutex // held for reading while a request enters the queue, so close never races a send
	closed bool
}

type writeRequest struct {
	ctx  context.Context
	fn   func(ctx context.Context, tx *Tx) error
	tx   *Tx
	err  error
	boom any // a panic of fn, handed back to its caller
	done chan struct{}
}

func (r *writeRequest) failed() bool { return r.err != nil || r.boom != nil }

func newWriter(ctx context.Context, d *DB, path string) (*writer, error) {
	pool, err := sql.Open("sqlite", sqliteDSN(path, false))
	if err != nil {
		return nil, fault.Wrap(err, "open "+path)
	}
	pool.SetMaxOpenConns(1)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, fault.Wrap(err, "open "+path)
	}
	w := &writer{db: d, pool: pool, conn: conn, queue: make(chan *writeRequest, queueLimit), done: make(chan struct{})}
	if err := w.assertDurable(ctx); err != nil {
		_ = pool.Close()
		return nil, err
	}
	go w.loop()
	return w, nil
}

// assertDurable refuses to run on settings that could lose an acknowledged write.
func (w *writer) assertDurable(ctx context.Context) error {
	var mode string
	var sync int
	if err := w.conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return fault.Wrap(err, "read journal_mode")
	}
	if err := w.conn.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&sync); err != nil {
		return fault.Wrap(err, "read synchronous")
	}
	if mode != "wal" || sync != 2 {
		return fault.Wrap(fmt.Errorf("journal_mode %s, synchronous %d", mode, sync), "need WAL and synchronous FULL; is the folder on a network drive?")
	}
	return nil
}

// hasty switches syncing off; settling writes everything to the file, syncs it and switches it on again.
func (w *writer) hasty(ctx context.Context) (func() error, error) {
	if _, err := w.conn.ExecContext(ctx, "PRAGMA synchronous = OFF"); err != nil {
		return nil, fault.Wrap(err, "switch syncing off")
	}
	return func() error {
		ctx := context.WithoutCancel(ctx)
		for _, p := range []string{"PRAGMA synchronous = FULL", "PRAGMA wal_checkpoint(TRUNCATE)"} {
			if _, err := w.conn.ExecContext(ctx, p); err != nil {
				return fault.Wrap(err, "switch syncing on")
			}
		}
		return w.assertDurable(ctx)
	}, nil
}

// Roomy gives the writer of SQLite memory for a load until the returned function has run. Nobody may write as it begins or ends.
func (d *DB) Roomy(ctx context.Context) (settle func() error, err error) {
	if d.writer == nil {
		return func() error { return nil }, nil
	}
	return d.writer.roomy(ctx)
}

// roomy is Roomy. Sorting for an index goes to a file, or it would hold every key at once.
func (w *writer) roomy(ctx context.Context) (func() error, error) {
	set := func(ctx context.Context, kib, pages, temp string) error {
		for _, p := range []string{"cache_size = -" + kib, "wal_autocheckpoint = " + pages, "temp_store = " + temp} {
			if _, err := w.conn.ExecContext(ctx, "PRAGMA "+p); err != nil {
				return fault.Wrap(err, "give the writer room")
			}
		}
		return nil
	}
	if err := set(ctx, "48000", "8000", "FILE"); err != nil {
		return nil, err
	}
	return func() error { return set(context.WithoutCancel(ctx), "32000", "1000", "MEMORY") }, nil
}

func (w *writer) close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	close(w.queue)
	w.mu.Unlock()
	<-w.done
	w.stmts.close()
	_ = w.conn.Close()
	return w.pool.Close()
}

func (w *writer) do(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	r := &writeRequest{ctx: ctx, fn: fn, done: make(chan struct{})}
	if err := w.enter(r); err != nil {
		return err
	}
	<-r.done
	if r.boom != nil {
		panic(r.boom)
	}
	if r.err == nil {
		r.tx.committed()
	}
	return asFault(r.err)
}

var errBusy = fault.New(fault.Unavailable, "busy", "系统正忙，这次没有写入，请再试一次。", "The system is busy and nothing was stored; try again.")

func (w *writer) enter(r *writeRequest) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return fault.New(fault.Unavailable, "stopping", "系统正在停止，这次没有写入。", "The system is stopping; nothing was stored.")
	}
	select {
	case w.queue <- r:
		return nil
	case <-r.ctx.Done():
		return asFault(r.ctx.Err())
	default:
		return errBusy
	}
}

func (w *writer) loop() {
	defer close(w.done)
	for first := range w.queue {
		w.group(first)
	}
}

// group runs first and whatever else is waiting, commits once, and answers all of them.
func (w *writer) group(first *writeRequest) {
	ctx := context.Background() //nolint:forbidigo // a group outlives any single caller
	members := []*writeRequest{first}
	defer func() {
		for _, r := range members {
			close(r.done)
		}
	}()
	fail := func(err error) {
		for _, r := range members {
			if r.err == nil {
				r.err = err
			}
		}
	}
	if _, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		fail(err)
		return
	}
	started := time.Now() //nolint:forbidigo // a latency bound, not a time of record
	w.run(first)          // it needs no savepoint, whose journal a large write would fill: if it fails, the group ends with it
	if first.failed() {
		w.rollback(ctx)
		return
	}
	for len(members) < groupLimit && time.Since(started) < groupTime { //nolint:forbidigo // as above
		r := w.next()
		if r == nil {
			break
		}
		members = append(members, r)
		if err := w.member(ctx, r); err != nil {
			fail(err)
			w.rollback(ctx)
			return
		}
	}
	if _, err := w.conn.ExecContext(ctx, "COMMIT"); err != nil {
		fail(err)
		w.rollback(ctx)
		return
	}
	w.db.grouped(len(members))
}

func (w *writer) next() *writeRequest {
	select {
	case r := <-w.queue:
		return r
	default:
		return nil
	}
}

func (w *writer) rollback(ctx context.Context) {
	_, _ = w.conn.ExecContext(ctx, "ROLLBACK") // fails when the engine already rolled back by itself
}

// member runs one request under a savepoint. Its error is the request's own; the returned error means
// that the whole group is lost (disk full, I/O error).
func (w *writer) member(ctx context.Context, r *writeRequest) error {
	if _, err := w.exec(ctx, "SAVEPOINT member", nil); err != nil {
		return err
	}
	w.run(r)
	if r.failed() {
		if _, err := w.exec(ctx, "ROLLBACK TO member", nil); err != nil {
			return err
		}
	}
	_, err := w.exec(ctx, "RELEASE member", nil)
	return err
}

// run runs the caller's function, unless the caller has left. Its context loses its cancellation: SQLite answers an interrupted
// statement by undoing the whole transaction, which would take the other members with it.
func (w *writer) run(r *writeRequest) {
	if r.err = r.ctx.Err(); r.err != nil {
		return
	}
	r.tx = &Tx{db: w.db, now: w.db.Now(), run: w}
	defer func() {
		if p := recover(); p != nil {
			r.boom = p
		}
	}()
	r.err = r.tx.call(context.WithoutCancel(r.ctx), r.fn)
}

func (w *writer) exec(ctx context.Context, text string, args []any) (int64, error) {
	s, err := w.stmts.get(ctx, w.conn, text)
	if err != nil {
		return 0, err
	}
	var done sql.Result
	if s == nil {
		done, err = w.conn.ExecContext(ctx, text, args...)
	} else {
		done, err = s.ExecContext(ctx, args...)
	}
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// later does it at once, and so does ask.
func (w *writer) later(ctx context.Context, text string, args []any) error {
	_, err := w.exec(ctx, text, args)
	return err
}

func (w *writer) ask(ctx context.Context, text string, args []any, read func(rows) error) error {
	return readNow(ctx, w, text, args, read)
}

func (w *writer) flush(context.Context) error { return nil }

func (w *writer) query(ctx context.Context, text string, args []any) (rows, error) {
	s, err := w.stmts.get(ctx, w.conn, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return w.conn.QueryContext(ctx, text, args...) //nolint:rowserrcheck // whoever reads the rows does
	}
	return s.QueryContext(ctx, args...) //nolint:rowserrcheck // as above
}
