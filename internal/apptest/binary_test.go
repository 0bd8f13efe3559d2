package apptest_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zhudian/internal/apptest"
)

// built holds the folder of the program that binary made; TestMain throws it away.
var built string

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// program builds the command line once per test process.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "zhudian-bin-")
	if err != nil {
		return "", err
	}
	built = dir
	file := filepath.Join(dir, "zhudian")
	out, err := exec.Command("go", "build", "-o", file, root+"/cmd/zhudian").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return file, nil
})

func builtProgram(t testing.TB) string {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// place is where a program finds its data.
type place struct{ dir, dsn string }

func placeOf(w *apptest.World) place { return place{w.Config.Data, w.Config.DSN} }

// args adds the flags that name the place.
func (p place) args(args ...string) []string {
	args = append(args, "--data", p.dir)
	if p.dsn != "" {
		args = append(args, "--db", p.dsn)
	}
	return args
}

// command runs the program to its end and gives what it printed; a command that takes a minute is killed.
func command(t testing.TB, p place, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, builtProgram(t), p.args(args...)...) //nolint:gosec // the program under test
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	err = cmd.Run()
	return out.String(), bad.String(), err
}

// zhudian runs a command that must succeed and gives its output.
func zhudian(t testing.TB, p place, args ...string) string {
	t.Helper()
	out, bad, err := command(t, p, args...)
	if err != nil {
		t.Fatalf("zhudian %s: %v\n%s%s", strings.Join(args, " "), err, out, bad)
	}
	return out
}

// refused runs a command that must fail with a fault's code in its words.
func refused(t testing.TB, p place, code string, args ...string) {
	t.Helper()
	out, bad, err := command(t, p, args...)
	if err == nil || !strings.Contains(bad, "("+code+")") {
		t.Errorf("zhudian %s: %v, want %s\n%s%s", strings.Join(args, " "), err, code, out, bad)
	}
}

// process is a running server.
type process struct {
	url   string
	cmd   *exec.Cmd
	log   *bytes.Buffer
	ready time.Duration // from the start of the process to the first answer of /readyz
}

// serve starts a server on a free port of loopback and waits until it is ready. It dies with the test at the latest.
func serve(t testing.TB, p place) *process {
	t.Helper()
	addr := freeAddr(t)
	s := &process{url: "http://" + addr, log: &bytes.Buffer{}}
	s.cmd = exec.Command(builtProgram(t), p.args("serve", "--addr", addr)...) //nolint:gosec // the program under test
	s.cmd.Stderr = s.log
	begin := time.Now()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	for time.Since(begin) < 20*time.Second {
		res, err := http.Get(s.url + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				s.ready = time.Since(begin)
				return s
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	s.kill()
	t.Fatalf("the server is not ready after 20 s\n%s", s.log)
	return nil
}

// kill ends the process as a power cut would; killing twice does nothing.
func (s *process) kill() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // only its number was wanted
	return l.Addr().String()
}
