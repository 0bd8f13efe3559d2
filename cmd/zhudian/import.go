package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"zhudian/cmd/zhudian/wire"
	"zhudian/internal/company"
	"zhudian/internal/fault"
	"zhudian/internal/field"
	"zhudian/internal/match"
	"zhudian/internal/org"
	"zhudian/internal/sheet"
)

type importCmd struct {
	Companies  importCompaniesCmd  `cmd:"" help:"Import companies and associations into the library."`
	Offers     importOffersCmd     `cmd:"" help:"Import what sites offer."`
	Units      importUnitsCmd      `cmd:"" help:"Import the agency's own units: all rows or none."`
	Industries importIndustriesCmd `cmd:"" help:"Import finer levels of GB/T 4754: all rows or none."`
	Buildings  importBuildingsCmd  `cmd:"" help:"Import buildings and their doors, for sweeps."`
	All        importAllCmd        `cmd:"" help:"Everything that export wrote, into an empty database."`
}

// tableArg is the file of an import.
type tableArg struct {
	File   string `arg:"" type:"existingfile" help:"An xlsx, csv or tsv file."`
	DryRun bool   `help:"Check every row and store nothing."`
}

// open gives the file and its size.
func (t tableArg) open() (*os.File, int64, error) {
	f, err := os.Open(t.File)
	if err != nil {
		return nil, 0, fault.Wrap(err, "open "+t.File)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(fault.Wrap(err, "look at "+t.File), f.Close())
	}
	return f, info.Size(), nil
}

// run opens the data for writing, or beside a running server for a dry run, and acts for --as.
func (t tableArg) run(ctx context.Context, g *Globals, fn func(ctx context.Context, a *wire.App) error) error {
	if !t.DryRun {
		return g.write(ctx, fn)
	}
	a, err := g.openRead(ctx)
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // nothing was written
	if ctx, err = g.acting(ctx, a); err != nil {
		return err
	}
	return fn(ctx, a)
}

// rowsArg is an import whose rows are stored or reported one by one.
type rowsArg struct {
	tableArg
	Report string `help:"Where to write the rows that were not stored; default FILE.not-imported.csv." placeholder:"FILE"`
	Sheet  string `help:"Sheet of an xlsx; default the first." placeholder:"NAME"`
}

type importCompaniesCmd struct {
	rowsArg
	Policy string `enum:"both,create,update" default:"both" help:"What to do: ${enum}. update refuses rows the library does not know; create leaves what it knows."`
	Whole  bool   `help:"Store nothing when one row is refused."`
}

// Run imports companies. Every row is stored or reported; the exit code is 0 when that is so.
func (c *importCompaniesCmd) Run(ctx context.Context, g *Globals) error {
	return c.rows(ctx, g, company.Columns, func(ctx context.Context, a *wire.App, t rowsTable) (sheet.Tally, sheet.Head, error) {
		out, err := a.Company.Import(ctx, company.Import{
			Table: t.file, Size: t.size, Name: c.File, Source: "import/" + filepath.Base(c.File), DryRun: c.DryRun, Limits: t.limits, Report: t.report, Progress: t.progress,
			Policy: c.Policy, Whole: c.Whole, Bulk: true, Indexing: t.indexing,
		})
		return out.Tally, out.Head, err
	})
}

type importOffersCmd struct{ rowsArg }

// Run imports offers of sites. Every row is stored or reported; the exit code is 0 when that is so.
func (c *importOffersCmd) Run(ctx context.Context, g *Globals) error {
	return c.rows(ctx, g, match.OfferColumns, func(ctx context.Context, a *wire.App, t rowsTable) (sheet.Tally, sheet.Head, error) {
		out, err := a.Match.ImportOffers(ctx, match.ImportOffers{
			Table: t.file, Size: t.size, Name: c.File, DryRun: c.DryRun, Limits: t.limits, Report: t.report, Progress: t.progress,
		})
		return out.Tally, out.Head, err
	})
}

// rowsTable is an open table with what its import tells.
type rowsTable struct {
	file     *os.File
	size     int64
	limits   sheet.Options
	report   func(sheet.Refused) error
	progress func(sheet.Tally)
	indexing func(int64)
}

func (c *rowsArg) rows(ctx context.Context, g *Globals, columns []sheet.Column, do func(context.Context, *wire.App, rowsTable) (sheet.Tally, sheet.Head, error)) error {
	f, size, err := c.open()
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	total, err := countLines(f, c.File)
	if err != nil {
		return err
	}
	const heap = 100 << 20 // a load of any size keeps within it
	debug.SetMemoryLimit(heap)
	rep := &refusals{path: c.reportPath(), columns: columns}
	defer rep.drop()
	var out sheet.Tally
	var head sheet.Head
	err = c.run(ctx, g, func(ctx context.Context, a *wire.App) error {
		b := newBar(os.Stderr)
		out, head, err = do(ctx, a, rowsTable{
			file: f, size: size, limits: sheet.Options{Bytes: max(size, sheet.MaxBytes), Rows: -1, Sheet: c.Sheet}, report: rep.add,
			progress: func(t sheet.Tally) { b.tell(int(t.Done), total, "rows") }, indexing: func(n int64) { b.tell(int(n), total, "in the search") },
		})
		b.clear()
		return err
	})
	if err == nil {
		err = rep.close(head.Cells)
	}
	if err != nil {
		return err
	}
	fmt.Printf("rows %d: created %d, updated %d, unchanged %d, refused %d\n", out.Done, out.Created, out.Updated, out.Unchanged, out.Refused)
	if c.DryRun {
		fmt.Fprintln(os.Stderr, "只核对，未写入。A dry run; nothing was stored.")
	}
	if out.Refused > 0 {
		fmt.Fprintf(os.Stderr, "没写入的行和原因在 %s。The rows not stored, with their reasons, are in that file.\n", rep.path)
	}
	return nil
}

func (c *rowsArg) reportPath() string {
	if c.Report != "" {
		return c.Report
	}
	return strings.TrimSuffix(c.File, filepath.Ext(c.File)) + ".not-imported.csv"
}

// countLines gives the rows of a CSV for the progress bar; other files have no count before they are read.
func countLines(f *os.File, name string) (int, error) {
	if strings.EqualFold(filepath.Ext(name), ".xlsx") {
		return 0, nil
	}
	n, buf := 0, make([]byte, 256<<10)
	for {
		k, err := f.Read(buf)
		n += bytes.Count(buf[:k], []byte("\n"))
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, fault.Wrap(err, "read "+name)
		}
	}
}

// refusals keeps the rows that were not stored in a file of its own until the table's head is known, then writes them.
type refusals struct {
	path    string
	columns []sheet.Column
	spool   *os.File
	lines   *json.Encoder
}

func (r *refusals) add(x sheet.Refused) error {
	if r.spool == nil {
		f, err := os.CreateTemp("", "zhudian-refused-*")
		if err != nil {
			return fault.Wrap(err, "keep the refused rows")
		}
		r.spool, r.lines = f, json.NewEncoder(f)
	}
	return fault.Wrap(r.lines.Encode(x), "keep the refused rows")
}

// drop takes the file of refused rows away.
func (r *refusals) drop() {
	if r.spool != nil {
		_ = r.spool.Close()
		_ = os.Remove(r.spool.Name())
	}
}

func (r *refusals) close(head []string) error {
	if r.spool == nil {
		return nil
	}
	if _, err := r.spool.Seek(0, io.SeekStart); err != nil {
		return fault.Wrap(err, "read the refused rows")
	}
	f, err := os.Create(r.path)
	if err != nil {
		return fault.Wrap(err, "create "+r.path)
	}
	format := sheet.CSV
	if strings.EqualFold(filepath.Ext(r.path), ".xlsx") {
		format = sheet.XLSX
	}
	rep, err := sheet.NewReport(f, format, "zh", r.columns, head)
	for rows := json.NewDecoder(r.spool); err == nil; {
		var x sheet.Refused
		if err = rows.Decode(&x); err == nil {
			err = rep.Add(x)
		}
	}
	if errors.Is(err, io.EOF) {
		err = rep.Close()
	}
	return errors.Join(err, f.Close())
}

type importBuildingsCmd struct {
	tableArg
	Sheet string `help:"Sheet of an xlsx; default the first." placeholder:"NAME"`
}

// Run imports buildings and doors. Every row is stored or reported; the exit code is 0 when that is so.
func (c *importBuildingsCmd) Run(ctx context.Context, g *Globals) error {
	f, size, err := c.open()
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	return c.run(ctx, g, func(ctx context.Context, a *wire.App) error {
		out, err := a.Field.ImportBuildings(ctx, field.ImportBuildings{
			Table: f, Size: size, Name: filepath.Base(c.File), DryRun: c.DryRun, Limits: sheet.Options{Bytes: max(size, sheet.MaxBytes), Rows: -1, Sheet: c.Sheet},
		})
		if err != nil {
			return err
		}
		for _, p := range out.Problems {
			fmt.Fprintf(os.Stderr, "%d: %s %s\n", p.Row, p.Words.ZH, p.Words.EN)
		}
		fmt.Printf("rows %d: buildings %d, doors %d, changed %d, unchanged %d, refused %d\n", out.Rows, out.Buildings, out.Doors, out.Changed, out.Unchanged, out.Refused)
		if c.DryRun {
			fmt.Fprintln(os.Stderr, "只核对，未写入。A dry run; nothing was stored.")
		}
		return nil
	})
}

type importUnitsCmd struct{ tableArg }

// Run imports units.
func (c *importUnitsCmd) Run(ctx context.Context, g *Globals) error {
	return c.tree(ctx, g, (*org.Service).ImportUnits)
}

type importIndustriesCmd struct{ tableArg }

// Run imports industries.
func (c *importIndustriesCmd) Run(ctx context.Context, g *Globals) error {
	return c.tree(ctx, g, (*org.Service).ImportIndustries)
}

// tree runs an import that stores all rows or none.
func (t tableArg) tree(ctx context.Context, g *Globals, do func(*org.Service, context.Context, org.Table) (org.Tally, error)) error {
	f, size, err := t.open()
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	return g.write(ctx, func(ctx context.Context, a *wire.App) error {
		out, err := do(&org.Service{DB: a.DB}, ctx, org.Table{File: f, Size: size, Name: t.File, DryRun: t.DryRun})
		if err != nil {
			return err
		}
		for _, p := range out.Refused {
			fmt.Fprintf(os.Stderr, "%d: %s %s\n", p.Row, p.Words.ZH, p.Words.EN)
		}
		fmt.Printf("rows %d: created %d, updated %d, unchanged %d, refused %d\n", out.Done(), out.Created, out.Updated, out.Unchanged,
			out.Done()-out.Created-out.Updated-out.Unchanged)
		return nil
	})
}

// clear takes the bar off the terminal.
func (b *bar) clear() {
	if b.tty {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}
