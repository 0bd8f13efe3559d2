package dbtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Install is the command that makes the PostgreSQL half run where it is skipped.
const Install = "apt-get install -y postgresql   # or put initdb and postgres of PostgreSQL 15+ on the PATH"

const template = "zhudian_template"

// cluster is a running PostgreSQL server with a socket in its own directory and no network port.
type cluster struct {
	dir    string // data/, log and the socket live here
	stop   io.Closer
	admin  *pgx.Conn
	lock   sync.Mutex // guards admin
	serial atomic.Int64
}

var errMissing = errors.New("PostgreSQL is not installed")

// The servers of this process: a careless one for tests, and one for benchmarks that keeps what it acknowledged.
var (
	started = sync.OnceValues(func() (*cluster, error) { return start(careless) })
	lasting = sync.OnceValues(func() (*cluster, error) { return start(careful) })
)

// server returns the cluster for a test, or for a benchmark, or ends it: a skip where PostgreSQL is missing, a
// failure in CI.
func server(t testing.TB) *cluster {
	t.Helper()
	get := started
	if _, measured := t.(*testing.B); measured {
		get = lasting
	}
	c, err := get()
	switch {
	case errors.Is(err, errMissing) && os.Getenv("CI") != "true":
		t.Skip("NOT RUN: no PostgreSQL here. To run it: " + Install)
	case err != nil:
		t.Fatalf("dbtest: start PostgreSQL: %v", err)
	}
	return c
}

// clone makes a database from a template and returns its address.
func (c *cluster) clone(t testing.TB, from string) string {
	t.Helper()
	to := fmt.Sprintf("t%d", c.serial.Add(1))
	if err := c.create(t.Context(), to, from); err != nil {
		t.Fatalf("dbtest: create database: %v", err)
	}
	t.Cleanup(func() { c.drop(to) })
	return c.dsn(to)
}

func (c *cluster) create(ctx context.Context, name, from string) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	_, err := c.admin.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+from)
	return err
}

// drop frees the disk of a finished test; a failure only leaves it to the end of the process.
func (c *cluster) drop(name string) {
	c.lock.Lock()
	defer c.lock.Unlock()
	_, _ = c.admin.Exec(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

func (c *cluster) dsn(database string) string {
	return "postgres://postgres@/" + database + "?host=" + url.QueryEscape(c.dir)
}

// start makes a cluster from nothing, about 0.7 s, and migrates its template database.
func start(settings []string) (_ *cluster, err error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	c := &cluster{}
	if c.dir, err = os.MkdirTemp("", "zhudian-pg-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil && c.stop == nil {
			_ = os.RemoveAll(c.dir)
		}
	}()
	as, err := osUser(c.dir)
	if err != nil {
		return nil, err
	}
	if err := as.run(c.dir, filepath.Join(bin, "initdb"), "--no-sync", "--auth=trust", "--username=postgres",
		"--encoding=UTF8", "--locale=C.UTF-8", "--pgdata="+filepath.Join(c.dir, "data")); err != nil {
		return nil, err
	}
	if err := c.serve(as, bin, settings); err != nil {
		return nil, err
	}
	if err := c.connect(); err != nil {
		return nil, err
	}
	if err := c.create(context.Background(), template, "template0"); err != nil {
		return nil, err
	}
	return c, migrate(c.dsn(template))
}

// keeper runs the server and watches its standard input, a pipe held by the test process. The pipe closes
// when that process ends, however it ends; then the server is stopped and its directory removed.
const keeper = `trap '' INT
"$@" >log 2>&1 </dev/null & server=$!
while read -r _; do :; done
kill -QUIT $server 2>/dev/null; wait $server; cd /; rm -rf "$0"`

// careless are the settings of a server whose data nobody will miss: fast and small.
var careless = []string{
	"fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=256MB", "shared_buffers=32MB", "autovacuum=off",
}

// careful are the settings of a server one would trust: PostgreSQL's own for safety, a little more memory.
var careful = []string{
	"fsync=on", "synchronous_commit=on", "full_page_writes=on", "max_wal_size=4GB", "shared_buffers=512MB", "autovacuum=on",
}

func (c *cluster) serve(as account, bin string, settings []string) error {
	args := []string{
		"-c", keeper, c.dir, filepath.Join(bin, "postgres"),
		"-D", filepath.Join(c.dir, "data"), "-k", c.dir,
	}
	settings = append([]string{"max_connections=100", "jit=off", "listen_addresses=", "timezone=UTC", "log_min_messages=warning"}, settings...)
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	cmd := as.command(c.dir, "/bin/sh", args...)
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.stop = pipe
	go func() { _ = cmd.Wait() }()
	return nil
}

func (c *cluster) connect() (err error) {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if c.admin, err = pgx.Connect(context.Background(), c.dsn("postgres")); err == nil {
			return nil
		}
	}
	log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
	_ = c.stop.Close()
	return fmt.Errorf("%w\n%s", err, log)
}

// programs finds the folder of initdb and postgres: on the PATH, else the newest of the usual places.
func programs() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p), nil
		}
	}
	var found []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb",
		"/opt/homebrew/opt/postgresql@*/bin/initdb", "/usr/local/opt/postgresql@*/bin/initdb",
	} {
		some, _ := filepath.Glob(pattern)
		found = append(found, some...)
	}
	if len(found) == 0 {
		return "", errMissing
	}
	sort.Strings(found)
	return filepath.Dir(found[len(found)-1]), nil
}

func (a account) run(dir, program string, args ...string) error {
	cmd := a.command(dir, program, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(program), err, out.Bytes())
	}
	return nil
}
