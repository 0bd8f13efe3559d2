package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"zhudian/cmd/zhudian/wire"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

type doctorCmd struct {
	Fast  bool `help:"Leave out what reads everything: ledger, audit trail, evidence."`
	Sweep bool `help:"Remove uploads of more than 30 days ago that no record names."`
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
	if c.Sweep {
		return sweep(ctx, a)
	}
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
	var missing, unnamed int64
	err = a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		named, err := namedFiles(ctx, tx)
		if err != nil {
			return err
		}
		unnamed = int64(n)
		for digest := range named {
			if a.Files.Verify(ctx, digest) != nil {
				missing++
			} else {
				unnamed--
			}
		}
		return nil
	})
	if err == nil && missing > 0 {
		err = fault.New(fault.Conflict, "evidence_missing", "有证据文件缺失。", fmt.Sprintf("%d evidence files are missing or changed", missing))
	}
	return fmt.Sprintf("%d files, all unchanged; %d that no record names", n, unnamed), err
}

// naming are the columns that name files. Every table that has one stands here.
var naming = map[string]string{
	"verify_evidence": "blob", "match_photo": "blob", "directive_file": "blob", "assess_ruling": "blob", "field_file": "sha256",
	"pipeline_paper": "blob", "pipeline_progress": "blob", "pipeline_promise": "blob",
}

// namedFiles are the digests of all files that a record names.
func namedFiles(ctx context.Context, tx *db.Tx) (map[string]bool, error) {
	out := map[string]bool{}
	for table, column := range naming {
		err := db.Each(ctx, tx, `SELECT DISTINCT `+column+` FROM `+table+` WHERE `+column+` <> ''`, nil, func(digest string) error {
			out[digest] = true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// unnamedFor is how long an upload may wait for its record.
const unnamedFor = 30 * 24 * time.Hour

func sweep(ctx context.Context, a *wire.App) error {
	var named map[string]bool
	err := a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		named, err = namedFiles(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	n, size, err := a.Files.Sweep(ctx, func(digest string) bool { return named[digest] }, time.Now().Add(-unnamedFor))
	fmt.Printf("%d files removed, %d MB\n", n, size>>20)
	return err
}
