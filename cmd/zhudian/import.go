package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"zhudian/cmd/zhudian/wire"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/sheet"
)

type importCmd struct {
	Companies  importCompaniesCmd  `cmd:"" help:"Companies and associations from XLSX or CSV."`
	Units      importUnitsCmd      `cmd:"" help:"Units from XLSX or CSV."`
	Industries importIndustriesCmd `cmd:"" help:"Finer levels of GB/T 4754 from XLSX or CSV."`
	All        importAllCmd        `cmd:"" help:"Everything that export wrote, into an empty database."`
}

type importCompaniesCmd struct {
	File   string `arg:"" help:"XLSX or CSV (UTF-8, UTF-16 or GB18030)." placeholder:"FILE"`
	DryRun bool   `help:"Look, but write nothing."`
	Report string `help:"File for the rows that were not stored; default beside the input." placeholder:"FILE.csv"`
}

// cliRows is what the command line lifts the limit of rows to.
const cliRows = 5_000_000

// Run imports companies. It succeeds when every row is stored or reported.
func (c *importCompaniesCmd) Run(ctx context.Context, g *Globals) error {
	return g.write(ctx, func(ctx context.Context, a *wire.App) error {
		f, err := os.Open(c.File)
		if err != nil {
			return fault.Wrap(err, "open "+c.File)
		}
		defer f.Close() //nolint:errcheck // only read
		info, err := f.Stat()
		if err != nil {
			return fault.Wrap(err, "open "+c.File)
		}
		report, err := c.report()
		if err != nil {
			return err
		}
		bar := newBar(os.Stderr)
		out, err := a.Company.Import(ctx, company.Import{Table: f, Size: info.Size(), Name: filepath.Base(c.File), Source: "import/" + filepath.Base(c.File), DryRun: c.DryRun,
			Limits: sheet.Options{Rows: cliRows, Bytes: info.Size() + 1}, Report: report.add,
			Step: func(_ context.Context, _ *db.Tx, so company.Tally) error {
				bar.tell(int(so.Done), 0, fmt.Sprintf("导入 %d 行", so.Done))
				return nil
			}})
		if err := report.close(); err != nil {
			return err
		}
		if err != nil {
			return err
		}
		fmt.Printf("rows %d: created %d, updated %d, unchanged %d, refused %d\n", out.Done, out.Created, out.Updated, out.Unchanged, out.Refused)
		if out.Refused > 0 {
			fmt.Fprintf(os.Stderr, "没写入的行和原因见 %s。Rows that were not stored are in %s.\n", report.name, report.name)
		}
		return nil
	})
}

func (c *importCompaniesCmd) report() (*problemFile, error) {
	name := c.Report
	if name == "" {
		name = strings.TrimSuffix(filepath.Base(c.File), filepath.Ext(c.File)) + ".problems.csv"
	}
	return &problemFile{name: name}, nil
}

// problemFile is made when the first row is refused.
type problemFile struct {
	name string
	file *os.File
	buf  *bufio.Writer
	csv  *csv.Writer
}

func (p *problemFile) add(r company.Refused) error {
	if p.file == nil {
		f, err := os.Create(p.name)
		if err != nil {
			return fault.Wrap(err, "create "+p.name)
		}
		p.file, p.buf = f, bufio.NewWriter(f)
		p.csv = csv.NewWriter(p.buf)
		_, _ = p.buf.WriteString("\ufeff")
		_ = p.csv.Write([]string{"行 row", "原因 reasons"})
	}
	var why []string
	for _, x := range r.Problems {
		why = append(why, x.Words.ZH)
	}
	return p.csv.Write(append([]string{strconv.Itoa(r.Row), strings.Join(why, " ")}, r.Cells...))
}

func (p *problemFile) close() error {
	if p.file == nil {
		return nil
	}
	p.csv.Flush()
	if err := p.csv.Error(); err != nil {
		return fault.Wrap(err, "write "+p.name)
	}
	if err := p.buf.Flush(); err != nil {
		return fault.Wrap(err, "write "+p.name)
	}
	return fault.Wrap(p.file.Close(), "write "+p.name)
}

type importTable struct {
	File   string `arg:"" help:"XLSX or CSV." placeholder:"FILE"`
	DryRun bool   `help:"Look, but write nothing."`
}

type importUnitsCmd struct{ importTable }

// Run imports units: all rows or none.
func (c *importUnitsCmd) Run(ctx context.Context, g *Globals) error {
	return c.run(ctx, g, (*org.Service).ImportUnits)
}

type importIndustriesCmd struct{ importTable }

// Run imports industries: all rows or none.
func (c *importIndustriesCmd) Run(ctx context.Context, g *Globals) error {
	return c.run(ctx, g, (*org.Service).ImportIndustries)
}

func (c *importTable) run(ctx context.Context, g *Globals, use func(*org.Service, context.Context, org.Table) (org.Tally, error)) error {
	return g.write(ctx, func(ctx context.Context, a *wire.App) error {
		f, err := os.Open(c.File)
		if err != nil {
			return fault.Wrap(err, "open "+c.File)
		}
		defer f.Close() //nolint:errcheck // only read
		info, err := f.Stat()
		if err != nil {
			return fault.Wrap(err, "open "+c.File)
		}
		out, err := use(&org.Service{DB: a.DB}, ctx, org.Table{File: f, Size: info.Size(), Name: filepath.Base(c.File), DryRun: c.DryRun})
		for _, p := range out.Refused {
			fmt.Fprintf(os.Stderr, "%d %s: %s %s\n", p.Row, p.Column, p.Words.ZH, p.Words.EN)
		}
		if err != nil {
			return err
		}
		fmt.Printf("rows %d: created %d, updated %d, unchanged %d\n", out.Done(), out.Created, out.Updated, out.Unchanged)
		return nil
	})
}
