package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"zhudian/cmd/zhudian/wire"
	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

type exportCmd struct {
	File string `arg:"" help:"File to write, - for standard output." placeholder:"FILE"`
}

// Run writes everything as JSON lines; it reads beside a running server.
func (c *exportCmd) Run(ctx context.Context, g *Globals) error {
	a, err := g.openRead(ctx)
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // nothing was written
	out, done, err := create(c.File)
	if err != nil {
		return err
	}
	n, err := exportAll(ctx, a, out)
	if err != nil {
		return err
	}
	if err := done(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "已导出 %d 行。Exported %d rows.\n", n, n)
	return nil
}

// create opens a file that must not exist yet, or standard output.
func create(name string) (io.Writer, func() error, error) {
	if name == "-" {
		return os.Stdout, func() error { return nil }, nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fault.New(fault.Conflict, "cannot_create", "不能新建 "+name+"（已存在或不可写）。", "Cannot create "+name+"; it exists or is not writable.").Because(err)
	}
	return f, func() error {
		if err := f.Sync(); err != nil {
			return fault.Wrap(err, "write "+name)
		}
		return fault.Wrap(f.Close(), "write "+name)
	}, nil
}

// exportAll writes the rows of every table and then the evidence files.
func exportAll(ctx context.Context, a *wire.App, w io.Writer) (n int64, err error) {
	err = a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err = db.Dump(ctx, tx, w)
		return err
	})
	if err != nil {
		return n, err
	}
	enc := json.NewEncoder(w)
	return n, a.Files.Each(ctx, func(digest string, _ int64) error {
		f, err := a.Files.Open(ctx, digest)
		if err != nil {
			return err
		}
		defer f.Close() //nolint:errcheck // read to its end below
		raw, err := io.ReadAll(f)
		if err != nil {
			return fault.Wrap(err, "read evidence "+digest)
		}
		return fault.Wrap(enc.Encode(db.Line{Kind: "blob", Data: map[string]string{"sha256": digest, "base64": base64.StdEncoding.EncodeToString(raw)}}), "write the export")
	})
}

type importAllCmd struct {
	File string `arg:"" help:"File that export wrote." placeholder:"FILE"`
}

// Run reads an export into an empty database and proves the result.
func (c *importAllCmd) Run(ctx context.Context, g *Globals) error {
	a, done, err := g.openWrite(ctx)
	if err != nil {
		return err
	}
	defer done.Close() //nolint:errcheck // every acknowledged write is on disk already
	f, err := os.Open(c.File)
	if err != nil {
		return fault.Wrap(err, "open "+c.File)
	}
	defer f.Close() //nolint:errcheck // only read
	if err := a.DB.Migrate(ctx); err != nil {
		return err
	}
	n, err := importAll(ctx, a, f)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "已导入 %d 行，台账和操作记录核对无误。Imported %d rows; ledger and audit trail are whole.\n", n, n)
	return nil
}

func importAll(ctx context.Context, a *wire.App, r io.Reader) (n int64, err error) {
	err = a.DB.Write(audit.With(ctx, audit.System("root")), func(ctx context.Context, tx *db.Tx) error {
		n, err = db.Undump(ctx, tx, r, func(l db.Line) error { return takeBlob(ctx, a, l) })
		if err != nil {
			return err
		}
		if err := company.Reindex(ctx, tx); err != nil {
			return err
		}
		return prove(ctx, tx)
	})
	return n, err
}

func takeBlob(ctx context.Context, a *wire.App, l db.Line) error {
	if l.Kind != "blob" {
		return fault.New(fault.Invalid, "bad_dump", "导出文件里有不认识的内容，什么也没有写入。", "The export holds something unknown; nothing was stored.")
	}
	raw, err := base64.StdEncoding.DecodeString(l.Data["base64"])
	if err != nil {
		return fault.Wrap(err, "read evidence of the export")
	}
	return a.Files.Restore(ctx, l.Data["sha256"], raw)
}

// prove refuses a copy whose chains do not hold.
func prove(ctx context.Context, tx *db.Tx) error {
	p, err := ledger.Check(ctx, tx)
	if err != nil {
		return err
	}
	if len(p.Broken) > 0 {
		return fault.New(fault.Conflict, "ledger_broken", "台账不完整："+p.Broken[0], "The ledger is not whole: "+p.Broken[0])
	}
	_, broken, err := audit.Verify(ctx, tx)
	if err != nil {
		return err
	}
	if len(broken) > 0 {
		return fault.New(fault.Conflict, "audit_broken", "操作记录不完整。", "The audit trail is not whole.")
	}
	return nil
}
