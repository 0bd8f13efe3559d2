package main

import (
	"archive/tar"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"zhudian/cmd/zhudian/wire"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// A backup is a .tar.gz: the database as SQLite writes it, or as JSON lines from PostgreSQL; the evidence files; and
// the secret key when it lies in the folder, without which second factors and contacts cannot be read again.

type backupCmd struct {
	File string `arg:"" help:"File to write." placeholder:"FILE"`
}

// Run writes a backup; it reads beside a running server.
func (c *backupCmd) Run(ctx context.Context, g *Globals) error {
	a, err := g.openRead(ctx)
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // nothing was written
	out, done, err := create(c.File)
	if err != nil {
		return err
	}
	zipped := gzip.NewWriter(out)
	t := tar.NewWriter(zipped)
	if err := writeBackup(ctx, a, t); err != nil {
		_ = os.Remove(c.File) // half a backup is none
		return err
	}
	for _, step := range []func() error{t.Close, zipped.Close, done} {
		if err := step(); err != nil {
			return fault.Wrap(err, "write the backup")
		}
	}
	fmt.Fprintf(os.Stderr, "备份已写入 %s。请妥善保管：其中有密钥。The backup is in %s; keep it safe, it holds the secret key.\n", c.File, c.File)
	return nil
}

func writeBackup(ctx context.Context, a *wire.App, t *tar.Writer) error {
	temp, err := os.MkdirTemp("", "zhudian-backup-")
	if err != nil {
		return fault.Wrap(err, "make a temporary folder")
	}
	defer os.RemoveAll(temp) //nolint:errcheck // a leftover harms nobody
	name, file := "zhudian.db", filepath.Join(temp, "zhudian.db")
	if a.DB.Engine() == db.SQLite {
		err = a.DB.CopyTo(ctx, file)
	} else {
		name, file = "rows.jsonl", filepath.Join(temp, "rows.jsonl")
		err = dumpTo(ctx, a, file)
	}
	if err != nil {
		return err
	}
	if err := addFile(t, name, file); err != nil {
		return err
	}
	key := filepath.Join(a.Config.Data, "secret.key")
	if _, err := os.Stat(key); err == nil {
		if err := addFile(t, "secret.key", key); err != nil {
			return err
		}
	}
	return a.Files.Each(ctx, func(digest string, size int64) error {
		f, err := a.Files.Open(ctx, digest)
		if err != nil {
			return err
		}
		defer f.Close() //nolint:errcheck // only read
		return addStream(t, "blobs/"+digest, f, size)
	})
}

func dumpTo(ctx context.Context, a *wire.App, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return fault.Wrap(err, "write the dump")
	}
	err = a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := db.Dump(ctx, tx, f)
		return err
	})
	return errors.Join(err, f.Close())
}

func addFile(t *tar.Writer, name, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return fault.Wrap(err, "read "+file)
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return fault.Wrap(err, "read "+file)
	}
	return addStream(t, name, f, info.Size())
}

func addStream(t *tar.Writer, name string, r io.Reader, size int64) error {
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: time.Unix(0, 0)}); err != nil {
		return fault.Wrap(err, "write the backup")
	}
	_, err := io.Copy(t, r)
	return fault.Wrap(err, "write the backup")
}

type restoreCmd struct {
	File string `arg:"" help:"File that backup wrote." placeholder:"FILE"`
}

// Run puts a backup into an empty folder (or, from PostgreSQL, an empty database) and proves it.
func (c *restoreCmd) Run(ctx context.Context, g *Globals) error {
	cfg, err := g.config()
	if err != nil {
		return err
	}
	lock, err := lockFolder(cfg.Data)
	if err != nil {
		return err
	}
	defer lock.Close() //nolint:errcheck // the lock goes with the process
	if entries, err := os.ReadDir(cfg.Data); err != nil || len(entries) > 1 {
		return fault.New(fault.Conflict, "not_empty", cfg.Data+" 不是空文件夹，没有动它。请用 --data 指明一个空的。", cfg.Data+" is not empty and was left alone; name an empty one with --data.")
	}
	if err := restore(ctx, cfg, c.File); err != nil {
		return errors.Join(err, empty(cfg.Data)) // half a restored folder is none
	}
	fmt.Fprintln(os.Stderr, "已恢复，台账和操作记录核对无误。Restored; ledger and audit trail are whole.")
	return nil
}

// empty takes everything but the lock out of a folder that was empty before.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.Name() != "lock" {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return fault.Wrap(err, "empty the data folder")
}

func restore(ctx context.Context, cfg wire.Config, file string) error {
	rows, err := unpack(file, cfg.Data)
	if err != nil {
		return err
	}
	if rows == "" && cfg.DSN != "" {
		return fault.New(fault.Conflict, "backup_of_sqlite", "这是 SQLite 的备份，恢复时不带 --db；要搬到别的数据库，恢复后用 export 和 import all。",
			"This is a backup of SQLite: restore it without --db, then move it with export and import all.")
	}
	a, err := wire.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // every write is on disk
	if rows != "" {
		if err := a.DB.Migrate(ctx); err != nil {
			return err
		}
		f, err := os.Open(rows)
		if err != nil {
			return fault.Wrap(err, "read the backup")
		}
		_, err = importAll(ctx, a, f)
		if err := errors.Join(err, f.Close(), os.Remove(rows)); err != nil {
			return err
		}
		return nil
	}
	return a.DB.Read(ctx, prove)
}

// unpack writes a backup's files into the folder; rows is set when the database came as JSON lines.
func unpack(file, dir string) (rows string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", fault.Wrap(err, "open the backup")
	}
	defer f.Close() //nolint:errcheck // only read
	zipped, err := gzip.NewReader(f)
	if err != nil {
		return "", notBackup(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fault.Wrap(err, "open the data folder")
	}
	defer root.Close() //nolint:errcheck // holds nothing back
	t := tar.NewReader(zipped)
	whole := false
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			if _, err = io.Copy(io.Discard, zipped); err == nil && !whole { // the checksum stands at the very end
				err = errors.New("there is no database in it")
			}
			if err != nil {
				return "", notBackup(err)
			}
			return rows, nil
		}
		if err != nil {
			return "", notBackup(err)
		}
		name := h.Name
		if filepath.Dir(name) == "blobs" { // two levels of folders, as package blob lays them
			digest := filepath.Base(name)
			if len(digest) != 64 {
				return "", notBackup(fmt.Errorf("odd file %s", name))
			}
			name = filepath.Join("blobs", digest[:2], digest)
		}
		if err := writeOne(root, name, t); err != nil {
			return "", err
		}
		whole = whole || name == "zhudian.db" || name == "rows.jsonl"
		if name == "rows.jsonl" {
			rows = filepath.Join(dir, name)
		}
	}
}

func writeOne(root *os.Root, name string, r io.Reader) error {
	if err := root.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return fault.Wrap(err, "write "+name)
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fault.Wrap(err, "write "+name)
	}
	_, err = io.Copy(f, r) //nolint:gosec // a backup of our own making, into a folder of its own
	if damaged(err) {
		return errors.Join(notBackup(err), f.Close())
	}
	return fault.Wrap(errors.Join(err, f.Sync(), f.Close()), "write "+name)
}

// damaged tells a file that cannot be unpacked from a disk that cannot be written.
func damaged(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, tar.ErrHeader) || errors.As(err, &corrupt)
}

func notBackup(err error) error {
	return fault.New(fault.Invalid, "bad_backup", "这不是完整的备份文件。", "This is not a whole backup file.").Because(err)
}
