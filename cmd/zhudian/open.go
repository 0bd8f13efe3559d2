package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"zhudian/cmd/zhudian/wire"
	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// config turns the flags into the program's configuration.
func (g *Globals) config() (wire.Config, error) {
	c := wire.Config{Data: g.Data, DSN: g.DB}
	if g.DBFile != "" {
		text, err := os.ReadFile(g.DBFile)
		if err != nil {
			return c, fault.Wrap(err, "read --db-file")
		}
		c.DSN = strings.TrimSpace(string(text))
	}
	text := g.Key
	if g.KeyFile != "" {
		raw, err := os.ReadFile(g.KeyFile)
		if err != nil {
			return c, fault.Wrap(err, "read --key-file")
		}
		text = string(raw)
	}
	if text != "" {
		key, err := auth.ParseKey(text)
		if err != nil {
			return c, err
		}
		c.Key = key
	}
	return c, nil
}

// openRead opens the data beside a running server; nothing can be written.
func (g *Globals) openRead(ctx context.Context) (*wire.App, error) {
	c, err := g.config()
	if err != nil {
		return nil, err
	}
	c.ReadOnly = true
	if err := g.mustExist(c); err != nil {
		return nil, err
	}
	return wire.Open(ctx, c)
}

func (g *Globals) mustExist(c wire.Config) error {
	file := c.DSN
	if file == "" {
		file = filepath.Join(c.Data, "zhudian.db")
	}
	if db.IsPostgres(file) {
		return nil
	}
	if _, err := os.Stat(file); err != nil {
		return fault.New(fault.NotFound, "no_data", "这里没有数据："+file+"。先运行 zhudian migrate 或 zhudian demo，或用 --data 指明文件夹。",
			"There is no data at "+file+". Run zhudian migrate or zhudian demo first, or name the folder with --data.")
	}
	return nil
}

// openWrite opens the data for itself alone. The returned closer gives the folder back.
func (g *Globals) openWrite(ctx context.Context) (*wire.App, io.Closer, error) {
	c, err := g.config()
	if err != nil {
		return nil, nil, err
	}
	return openLocked(ctx, c)
}

func openLocked(ctx context.Context, c wire.Config) (*wire.App, io.Closer, error) {
	lock, err := lockFolder(c.Data)
	if err != nil {
		return nil, nil, err
	}
	a, err := wire.Open(ctx, c)
	if err != nil {
		_ = lock.Close()
		return nil, nil, err
	}
	return a, closers{a, lock}, nil
}

type closers []io.Closer

func (c closers) Close() error {
	var err error
	for _, x := range c {
		err = errors.Join(err, x.Close())
	}
	return err
}

// lockFolder takes the folder's lock, which the system gives back when the process ends, however it ends.
func lockFolder(dir string) (io.Closer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(err, "make the data folder")
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.Wrap(err, "open the folder's lock")
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil { //nolint:gosec // a file descriptor is small
		_ = f.Close()
		return nil, fault.New(fault.Unavailable, "folder_in_use",
			"数据文件夹 "+dir+" 正被另一个 zhudian 使用（多半是 serve）。请先停下它，或在它的网页、接口上做这件事。",
			"The data folder "+dir+" is in use by another zhudian, most likely serve. Stop it first, or do this on its pages or its API.")
	}
	return f, nil
}

// acting gives the account named by --as, or the installation itself.
func (g *Globals) acting(ctx context.Context, a *wire.App) (context.Context, error) {
	if g.As == "" {
		who := audit.System("root")
		who.Source = "cli"
		who.Node = ""
		return audit.With(ctx, who), nil
	}
	who, err := a.Auth.ActorFor(ctx, g.As, "cli")
	if err != nil {
		return ctx, err
	}
	return audit.With(ctx, who), nil
}
