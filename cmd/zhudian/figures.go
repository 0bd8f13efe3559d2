package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

type figuresCmd struct {
	Through string   `help:"Last business date, inclusive." required:"" placeholder:"YYYY-MM-DD"`
	From    string   `help:"First business date." placeholder:"YYYY-MM-DD"`
	Known   string   `help:"What the ledger knew at that time." placeholder:"TIME"`
	Book    string   `help:"filed, reviewed or recognised." default:"recognised" placeholder:"BOOK"`
	Measure []string `help:"Measure or named figure; default all." placeholder:"CODE"`
	Station string   `help:"Station." placeholder:"CODE"`
	Unit    string   `help:"Unit, with everything under it." placeholder:"CODE"`
	Where   []string `help:"Filter, repeatable." placeholder:"DIM=VALUE" sep:"none"`
	By      []string `help:"Dimensions to group by." placeholder:"DIM"`
	Basis   string   `help:"location or credit." default:"location" placeholder:"BASIS"`
	Format  string   `help:"table, json or csv." default:"table" enum:"table,json,csv"`
}

// Run prints the figures; it reads beside a running server.
func (c *figuresCmd) Run(ctx context.Context, g *Globals) error {
	a, err := g.openRead(ctx)
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // nothing was written
	in := ledger.FiguresIn{From: c.From, Through: c.Through, Known: c.Known, Book: c.Book, Measure: c.Measure, Station: c.Station, Unit: c.Unit, By: c.By, Basis: c.Basis}
	for _, w := range c.Where {
		in.Where = append(in.Where, strings.Replace(w, "=", ":", 1))
	}
	root := ""
	if ctx, err = g.acting(ctx, a); err != nil {
		return err
	}
	if who, ok := audit.Who(ctx); ok {
		root = who.Node
	}
	var out ledger.Figures
	err = a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = ledger.FiguresOf(ctx, tx, root, in)
		return err
	})
	if err != nil {
		return err
	}
	switch c.Format {
	case "json":
		enc := json.NewEncoder(os.Stdout)
		enc.SetEscapeHTML(false)
		return fault.Wrap(enc.Encode(out), "print")
	case "csv":
		return printCSV(os.Stdout, out, in.By)
	}
	return printTable(os.Stdout, out)
}

// shown gives a figure as people read it: money in yuan, the rest as it is.
func shown(v ledger.Number, unit string) (string, string) {
	if v.None {
		return "—", unit
	}
	if unit == string(ledger.Fen) {
		return web.Int(v.N/100) + cents(v.N%100), "元"
	}
	if v.Places == 0 {
		return web.Int(v.N), unit
	}
	return v.String(), unit
}

func cents(fen int64) string {
	if fen == 0 {
		return ""
	}
	return fmt.Sprintf(".%02d", max(fen, -fen))
}

func printTable(w io.Writer, out ledger.Figures) error {
	line := "截至 " + out.Through
	if out.From != "" {
		line = out.From + " 至 " + out.Through
	}
	fmt.Fprintf(w, "%s · %s · %s\n", line, out.Book, out.Basis)
	for _, f := range out.Figures {
		value, unit := shown(f.Value, f.Unit)
		fmt.Fprintf(w, "%-24s %22s %s\n", f.Code, value, unit)
		for _, gr := range f.Groups {
			value, unit := shown(gr.Value, f.Unit)
			fmt.Fprintf(w, "  %-22s %22s %s\n", keyOf(gr.Key), value, unit)
		}
	}
	return nil
}

func keyOf(key map[string]string) string {
	names := make([]string, 0, len(key))
	for k := range key {
		names = append(names, k)
	}
	sort.Strings(names)
	var out []string
	for _, k := range names {
		v := key[k]
		if v == "" {
			v = "—"
		}
		out = append(out, v)
	}
	return strings.Join(out, " ")
}

func printCSV(w io.Writer, out ledger.Figures, by []string) error {
	c := csv.NewWriter(w)
	var dims []string
	for _, list := range by {
		dims = append(dims, strings.Split(list, ",")...)
	}
	_ = c.Write(append(append([]string{"code"}, dims...), "value", "unit", "entries"))
	for _, f := range out.Figures {
		if len(dims) == 0 {
			_ = c.Write([]string{f.Code, f.Value.String(), f.Unit, fmt.Sprint(f.N)})
		}
		for _, gr := range f.Groups {
			row := []string{f.Code}
			for _, d := range dims {
				row = append(row, gr.Key[d])
			}
			_ = c.Write(append(row, gr.Value.String(), f.Unit, fmt.Sprint(gr.N)))
		}
	}
	c.Flush()
	return fault.Wrap(c.Error(), "print")
}
