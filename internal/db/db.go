// Package db is the one door to SQL. It opens SQLite or PostgreSQL, runs one portable SQL text on both,
// and gives every transaction one fixed time and sortable ids. Nothing outside a *Tx can run SQL.
package db

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"zhudian/internal/fault"
)

// Engine names a database product.
type Engine string

// The two engines that pass the same tests.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Options say where the database is and where time and chance come from.
type Options struct {
	DSN      string           // a file path means SQLite; postgres://… means PostgreSQL
	Now      func() time.Time // the clock of the records; default time.Now
	Rand     io.Reader        // the chance in ids; default crypto/rand
	Grouped  func(writes int) // is told how many writes shared a commit
	ReadOnly bool             // Write is refused with the code read_only
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine   Engine
	now      func() time.Time
	ids      idSource
	grouped  func(writes int)
	readOnly bool
	path     string // of the file, SQLite only

	readers *sql.DB
	stmts   stmtCache // of the readers, SQLite only

	writer *writer       // SQLite: the one connection that writes
	pg     *pgxpool.Pool // PostgreSQL: writes and reads share the pool
}

// Open connects and checks the connection. It does not migrate.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // where the clock enters
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Grouped == nil {
		o.Grouped = func(int) {}
	}
	d := &DB{grouped: o.Grouped, now: o.Now, ids: idSource{rand: o.Rand}, readOnly: o.ReadOnly, path: o.DSN}
	var err error
	if IsPostgres(o.DSN) {
		d.engine = Postgres
		err = d.openPostgres(ctx, o)
	} else {
		d.engine = SQLite
		err = d.openSQLite(ctx, o)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// IsPostgres tells whether a DSN means PostgreSQL.
func IsPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// Engine names the product behind d.
func (d *DB) Engine() Engine { return d.engine }

// Now is the clock of the records, in UTC and whole microseconds.
func (d *DB) Now() time.Time { return d.now().UTC().Truncate(time.Microsecond) }

// Close waits for the running writes and lets go of every connection. The readers go first: on SQLite the last
// connection folds the write-ahead log into the file, and only the writer may.
func (d *DB) Close() error {
	var err error
	d.stmts.close()
	if d.readers != nil {
		err = d.readers.Close()
	}
	if d.pg != nil {
		d.pg.Close()
	}
	if d.writer != nil {
		err = errors.Join(err, d.writer.close())
	}
	return err
}

// Read runs fn on one snapshot that cannot write.
func (d *DB) Read(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if txIn(ctx) != nil {
		panic("db: Read inside a transaction; pass its *Tx on instead")
	}
	if d.engine == Postgres {
		return d.pgRead(ctx, fn)
	}
	conn, err := d.readers.BeginTx(ctx, nil)
	if err != nil {
		return asFault(err)
	}
	defer conn.Rollback() //nolint:errcheck // a read has nothing to lose
	tx := &Tx{db: d, now: d.Now(), run: &cachedRunner{cache: &d.stmts, pool: d.readers, tx: conn}}
	return asFault(tx.call(ctx, fn))
}

// Write runs fn in one transaction and returns after it is durable. An error, or a panic, undoes all of fn.
// fn may run again after a lost race, so it must not change anything outside the transaction.
// On SQLite writes that wait at the same time share one commit, each still its own unit of success.
// Faults of its own: read_only, busy (Unavailable).
func (d *DB) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if txIn(ctx) != nil {
		panic("db: Write inside a transaction; pass its *Tx on instead")
	}
	if d.readOnly {
		return fault.New(fault.Unavailable, "read_only", "当前以只读方式打开，不能写入。", "The database is open read-only.")
	}
	fn, settled := preceded(ctx, fn)
	var err error
	if d.engine == Postgres {
		err = d.pgWrite(ctx, fn)
	} else {
		err = d.writer.do(ctx, fn)
	}
	if err == nil {
		settled()
	}
	return err
}

// Hasty lets go of durability until the returned function has run: for filling a new database that is thrown away
// if the program dies meanwhile. It matters for SQLite alone. Nobody may be answered in between.
func (d *DB) Hasty(ctx context.Context) (settle func() error, err error) {
	if d.writer == nil {
		return func() error { return nil }, nil
	}
	return d.writer.hasty(ctx)
}

// CopyTo writes a consistent copy of a SQLite database to a new file while others read and write.
func (d *DB) CopyTo(ctx context.Context, file string) error {
	if d.engine != SQLite {
		return fault.New(fault.Invalid, "not_sqlite", "只有 SQLite 数据库可以这样复制。", "Only a SQLite database can be copied this way.")
	}
	// a connection of its own: the readers' promise to write nothing covers the copy as well
	own, err := sql.Open("sqlite", sqliteDSN(d.path, false)+"&mode=ro")
	if err != nil {
		return fault.Wrap(err, "open "+d.path)
	}
	_, err = own.ExecContext(ctx, "VACUUM INTO ?", file)
	return asFault(errors.Join(err, own.Close()))
}

type txKey struct{}

func txIn(ctx context.Context) *Tx {
	tx, _ := ctx.Value(txKey{}).(*Tx)
	return tx
}

// Tx is one transaction: a snapshot, a fixed time, and the only way to run SQL.
type Tx struct {
	db    *DB
	now   time.Time
	run   runner
	ends  []ending
	after []func()
}

type ending struct {
	key any
	Finisher
}

// Finisher has something left to write when everything else of a transaction is done.
type Finisher interface {
	Foresee(ctx context.Context, tx *Tx) // may ask for what Finish needs
	Finish(ctx context.Context, tx *Tx) error
}

// AtEnd gives the Finisher that the transaction keeps under key, made by fresh when there is none yet. It finishes
// before the commit, and its error undoes the transaction: for what must happen once, or must hold a lock briefly.
func (tx *Tx) AtEnd(key any, fresh func() Finisher) Finisher {
	for _, e := range tx.ends {
		if e.key == key {
			return e.Finisher
		}
	}
	tx.ends = append(tx.ends, ending{key, fresh()})
	return tx.ends[len(tx.ends)-1].Finisher
}

// NearEnd tells the Finishers that a lock is about to be taken that others wait for: what they need is asked with it.
func (tx *Tx) NearEnd(ctx context.Context) {
	for _, e := range tx.ends {
		e.Foresee(ctx, tx)
	}
}

// call runs fn and then what it left for the end.
func (tx *Tx) call(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	ctx = context.WithValue(ctx, txKey{}, tx)
	if err := fn(ctx, tx); err != nil {
		return err
	}
	for _, e := range tx.ends {
		if err := e.Finish(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// Now is the fixed time of the transaction: UTC, whole microseconds.
func (tx *Tx) Now() time.Time { return tx.now }

// Today is the business date of the transaction in Asia/Shanghai.
func (tx *Tx) Today() string { return Today(tx.now) }

// ID makes a new sortable id (UUID version 7 on the clock of the records).
func (tx *Tx) ID() string { return tx.db.ids.next(tx.now) }

// Engine names the product behind tx, for the few texts that have a twin.
func (tx *Tx) Engine() Engine { return tx.db.engine }

// AfterCommit runs fn once the transaction is durable; it does not run when the transaction is undone.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

func (tx *Tx) committed() {
	for _, fn := range tx.after {
		fn()
	}
}

// runner is what a transaction needs of a driver.
type runner interface {
	exec(ctx context.Context, text string, args []any) (int64, error)
	later(ctx context.Context, text string, args []any) error // its own error may come with a later statement
	query(ctx context.Context, text string, args []any) (rows, error)
	ask(ctx context.Context, text string, args []any, read func(rows) error) error // read runs at the latest in flush
	flush(ctx context.Context) error
}

// rows are the answer of a query, read one by one.
type rows interface {
	Columns() ([]string, error)
	Next() bool
	Scan(targets ...any) error
	Err() error
	Close() error
}

// stmtCache keeps prepared statements by text; a full cache stops growing rather than churn.
type stmtCache struct {
	mu      sync.RWMutex
	byQ     map[string]*sql.Stmt
	asked   map[string]bool // prepared, or about to be
	closed  bool
	pending sync.WaitGroup
}

const stmtCacheLimit = 600

func (c *stmtCache) get(ctx context.Context, p preparer, text string) (*sql.Stmt, error) {
	c.mu.RLock()
	s := c.byQ[text]
	full := len(c.byQ) >= stmtCacheLimit
	c.mu.RUnlock()
	if s != nil || full {
		return s, nil
	}
	s, err := p.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.byQ[text]; old != nil {
		_ = s.Close() // somebody prepared the same text meanwhile
		return old, nil
	}
	if c.byQ == nil {
		c.byQ = map[string]*sql.Stmt{}
	}
	c.byQ[text] = s
	return s, nil
}

// ready gives the statement if it is prepared; if not, it has it prepared for the next time. Preparing takes a
// connection of the pool, so whoever holds one must not wait for it: all of them doing that would wait for ever.
func (c *stmtCache) ready(ctx context.Context, p preparer, text string) *sql.Stmt {
	c.mu.RLock()
	s, asked := c.byQ[text], c.asked[text]
	c.mu.RUnlock()
	if s != nil || asked {
		return s
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked[text] || c.closed {
		return nil
	}
	if c.asked == nil {
		c.asked = map[string]bool{}
	}
	c.asked[text] = true
	c.pending.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := c.get(ctx, p, text); err != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.asked, text)
		}
	})
	return nil
}

// close lets go of the statements; SQLite does not really close a connection that still has some.
func (c *stmtCache) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.pending.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.byQ {
		_ = s.Close()
	}
	c.byQ = nil
}

type preparer interface {
	PrepareContext(ctx context.Context, text string) (*sql.Stmt, error)
}

// cachedRunner runs prepared statements of a pool inside one of its transactions.
type cachedRunner struct {
	cache *stmtCache
	pool  *sql.DB
	tx    *sql.Tx
}

func (r *cachedRunner) exec(ctx context.Context, text string, args []any) (int64, error) {
	return 0, r.later(ctx, text, args)
}

func (r *cachedRunner) later(_ context.Context, text string, _ []any) error {
	return fmt.Errorf("write in a read transaction: %.80s", text)
}

func (r *cachedRunner) ask(ctx context.Context, text string, args []any, read func(rows) error) error {
	return readNow(ctx, r, text, args, read)
}

func (r *cachedRunner) flush(context.Context) error { return nil }

// readNow is ask where there is no way to the database that would be worth saving.
func readNow(ctx context.Context, r runner, text string, args []any, read func(rows) error) error {
	found, err := r.query(ctx, text, args)
	if err != nil {
		return explain(err, text)
	}
	defer found.Close() //nolint:errcheck // a failed read shows in Err
	return explain(read(found), text)
}

func (r *cachedRunner) query(ctx context.Context, text string, args []any) (rows, error) {
	s := r.cache.ready(ctx, r.pool, text)
	if s == nil {
		return r.tx.QueryContext(ctx, text, args...) //nolint:rowserrcheck // whoever reads the rows does
	}
	return r.tx.StmtContext(ctx, s).QueryContext(ctx, args...) //nolint:rowserrcheck // as above
}
