package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"zhudian/cmd/zhudian/wire"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

type doctorCmd struct {
	Fast bool `help:"Leave out what reads everything: ledger, audit trail, evidence."`
}

// check is one thing the doctor looks at; it gives what it found, and an error when that is bad.
type check struct {
	name string
	look func(ctx context.Context, a *wire.App) (string, error)
	slow bool
}

// Run looks at an installation and says what is wrong; it reads beside a running server.
func (c *doctorCmd) Run(ctx context.Context, g *Globals) error {
	a, err := g.openRead(ctx)
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // nothing was written
	bad := 0
	for _, x := range []check{
		{"database", engineFound, false},
		{"migrations", migrationsFound, false},
		{"secret key", keyFound, false},
		{"disk", diskFound, false},
		{"clock", clockFound, false},
		{"ledger and audit trail", wholeFound, true},
		{"evidence files", evidenceFound, true},
	} {
		if x.slow && c.Fast {
			fmt.Printf("%-24s NOT RUN (--fast)\n", x.name)
			continue
		}
		found, err := x.look(ctx, a)
		if err != nil {
			bad++
			fmt.Printf("%-24s BAD  %s\n", x.name, fault.Of(err).Error())
			continue
		}
		fmt.Printf("%-24s ok   %s\n", x.name, found)
	}
	if bad > 0 {
		return fault.New(fault.Conflict, "unwell", fmt.Sprintf("有 %d 处不对，见上。", bad), fmt.Sprintf("%d checks failed; see above.", bad))
	}
	return nil
}

func engineFound(ctx context.Context, a *wire.App) (string, error) {
	text := `SELECT sqlite_version()`
	if a.DB.Engine() == db.Postgres {
		text = `SHOW server_version`
	}
	var version string
	err := a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		version, err = db.One[string](ctx, tx, text)
		return err
	})
	return string(a.DB.Engine()) + " " + version, err
}

func migrationsFound(ctx context.Context, a *wire.App) (string, error) {
	n, err := a.DB.Pending(ctx)
	if err == nil && n > 0 {
		err = fault.New(fault.Conflict, "pending", "请运行 zhudian migrate。", fmt.Sprintf("%d migrations have not run; run zhudian migrate", n))
	}
	return "all have run", err
}

func keyFound(_ context.Context, a *wire.App) (string, error) {
	if a.Config.Key != nil {
		return "given from outside", nil
	}
	info, err := os.Stat(filepath.Join(a.Config.Data, "secret.key"))
	if err != nil {
		return "", fault.Wrap(err, "look at secret.key")
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fault.New(fault.Conflict, "key_open", "secret.key 别人可读，请改为 0600。", "secret.key can be read by others; chmod 600 it")
	}
	return "readable by its owner alone", nil
}

// leastFree is the share of the disk below which the doctor warns.
const leastFree = 5

func diskFound(_ context.Context, a *wire.App) (string, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(a.Config.Data, &s); err != nil {
		return "", fault.Wrap(err, "look at the disk")
	}
	percent := s.Bavail * 100 / max(1, s.Blocks)
	found := fmt.Sprintf("%d %% free", percent)
	if percent < leastFree {
		return "", fault.New(fault.Conflict, "disk_full", "磁盘快满了。", "the disk is nearly full: "+found)
	}
	return found, nil
}

func clockFound(_ context.Context, a *wire.App) (string, error) {
	if a.IsDemo {
		return "a demo's, now " + a.Clock.Now().In(db.Zone()).Format("2006-01-02 15:04"), nil
	}
	return "the machine's", nil
}

func wholeFound(ctx context.Context, a *wire.App) (string, error) {
	return "whole", a.DB.Read(ctx, prove)
}

func evidenceFound(ctx context.Context, a *wire.App) (string, error) {
	n := 0
	err := a.Files.Each(ctx, func(digest string, _ int64) error {
		n++
		return a.Files.Verify(ctx, digest)
	})
	if err != nil {
		return "", err
	}
	var missing int64
	err = a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		return db.Each(ctx, tx, `SELECT DISTINCT blob FROM verify_evidence`, nil, func(digest string) error {
			if a.Files.Verify(ctx, digest) != nil {
				missing++
			}
			return nil
		})
	})
	if err == nil && missing > 0 {
		err = fault.New(fault.Conflict, "evidence_missing", "有证据文件缺失。", fmt.Sprintf("%d evidence files are missing or changed", missing))
	}
	return fmt.Sprintf("%d files, all unchanged", n), err
}
