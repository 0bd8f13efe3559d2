package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"zhudian/internal/demo"
	"zhudian/internal/fault"
)

type demoCmd struct {
	Listen
	NoServe bool `help:"Make the province and stop."`
}

// marker names a folder whose content is a demo's, and may be made again.
const marker = "demo"

// Run makes a fresh demo province and serves it, on loopback alone.
func (c *demoCmd) Run(ctx context.Context, g *Globals) error {
	for _, addr := range []string{c.Addr, c.PortalAddr} {
		if addr != "" && !loopback(addr) {
			return fault.New(fault.Invalid, "demo_loopback", "演示数据的密码人人知道，只能在本机地址上打开。", "Everybody knows the demo's passwords; it listens on loopback only.")
		}
	}
	if err := clearDemo(g.Data); err != nil {
		return err
	}
	cfg, err := g.config()
	if err != nil {
		return err
	}
	cfg.Demo, cfg.DSN, cfg.Rand = true, "", demo.Source(1)
	a, done, err := openLocked(ctx, cfg)
	if err != nil {
		return err
	}
	defer done.Close() //nolint:errcheck // every acknowledged write is on disk already
	if err := a.Prepare(ctx); err != nil {
		return err
	}
	bar := newBar(os.Stderr)
	if err := a.MakeDemo(ctx, bar.tell); err != nil {
		return err
	}
	bar.end()
	fmt.Fprintf(os.Stderr, "演示账号（密码 %s）：leader province city county captain branch officer assessor editor service investor sysadmin secadmin auditor\n", demo.Password)
	if c.NoServe {
		return nil
	}
	return c.serve(ctx, a)
}

// clearDemo empties a folder that an earlier demo made. Anything else in it is not ours to delete.
func clearDemo(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		return fault.Wrap(err, "look into the demo folder")
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return err
	}
	defer lock.Close() //nolint:errcheck // the lock goes with the file
	if _, err := os.Stat(filepath.Join(dir, marker)); err != nil && len(entries) > 0 {
		return fault.New(fault.Conflict, "not_a_demo", dir+" 不是空的，也不是演示文件夹，没有动它。请换一个 --data。",
			dir+" is neither empty nor a demo's folder; it was left alone. Choose another --data.")
	}
	for _, e := range entries {
		if e.Name() == "lock" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fault.Wrap(err, "clear the demo folder")
		}
	}
	return fault.Wrap(os.WriteFile(filepath.Join(dir, marker), []byte("made by zhudian demo; safe to delete\n"), 0o600), "mark the demo folder")
}

// bar is a progress bar on a terminal, or a line now and then elsewhere.
type bar struct {
	out     *os.File
	tty     bool
	last    time.Time
	started time.Time
	step    string
}

func newBar(out *os.File) *bar {
	info, err := out.Stat()
	now := time.Now()
	return &bar{out: out, tty: err == nil && info.Mode()&os.ModeCharDevice != 0, started: now}
}

const barWidth = 30

func (b *bar) tell(done, total int, step string) {
	now := time.Now()
	if step == b.step && now.Sub(b.last) < 100*time.Millisecond {
		return
	}
	changed := step != b.step
	b.last, b.step = now, step
	if !b.tty {
		if changed {
			fmt.Fprintf(b.out, "%s …\n", step)
		}
		return
	}
	filled := 0
	if total > 0 {
		filled = min(barWidth, done*barWidth/total)
	}
	fmt.Fprintf(b.out, "\r\x1b[K[%s%s] %d/%d %s", stars(filled, '='), stars(barWidth-filled, ' '), done, total, step)
}

func (b *bar) end() {
	if b.tty {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
	fmt.Fprintf(b.out, "演示省已建好，用时 %.0f 秒。The demo province is ready after %.0f s.\n", time.Since(b.started).Seconds(), time.Since(b.started).Seconds())
}

func stars(n int, c byte) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = c
	}
	return string(out)
}

type migrateCmd struct{}

// Run migrates and loads the reference data.
func (migrateCmd) Run(ctx context.Context, g *Globals) error {
	a, done, err := g.openWrite(ctx)
	if err != nil {
		return err
	}
	defer done.Close() //nolint:errcheck // the migration is on disk
	if err := a.Prepare(ctx); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "数据库已是本程序的版本。The database is at this program's version.")
	return nil
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run() error {
	fmt.Println("zhudian", version)
	return nil
}
