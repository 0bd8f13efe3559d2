package main

import (
	"context"
	"fmt"
	"os"

	"zhudian/internal/bulletin"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

type bulletinCmd struct {
	Through  string `help:"Last business date, inclusive." required:"" placeholder:"YYYY-MM-DD"`
	Station  string `help:"Station; default all." placeholder:"CODE"`
	Unit     string `help:"Unit that speaks." default:"520000" placeholder:"CODE"`
	Template string `help:"press or brief." default:"press" placeholder:"NAME"`
	Output   string `short:"o" help:"File to write." required:"" placeholder:"FILE.docx"`
}

// Run writes an unsigned draft; it reads beside a running server.
func (c *bulletinCmd) Run(ctx context.Context, g *Globals) error {
	t, err := bulletin.TemplateNamed(c.Template)
	if err != nil {
		return err
	}
	a, err := g.openRead(ctx)
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // nothing was written
	var sheet bulletin.Sheet
	err = a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		sheet, err = bulletin.Unsigned(ctx, tx, c.Unit, t, c.Station, c.Through)
		return err
	})
	if err != nil {
		return err
	}
	f, err := os.Create(c.Output)
	if err != nil {
		return fault.Wrap(err, "create "+c.Output)
	}
	if err := sheet.WriteWord(f); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return fault.Wrap(err, "write "+c.Output)
	}
	fmt.Fprintf(os.Stderr, "已写 %s（草稿，未签发）。Wrote an unsigned draft.\n", c.Output)
	return nil
}
