package main

import (
	"context"
	"fmt"

	"zhudian/internal/audit"
	"zhudian/internal/bulletin"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

type ledgerCmd struct {
	Verify ledgerVerifyCmd `cmd:"" help:"Recompute every chain, sum and credit."`
	Export ledgerExportCmd `cmd:"" help:"Write all an outside verifier needs for a signed document."`
}

type ledgerExportCmd struct {
	Manifest string `help:"Trace code of the document." required:"" placeholder:"CODE"`
	Output   string `short:"o" help:"File to write." default:"-" placeholder:"FILE"`
}

// Run writes the export; it reads beside a running server.
func (c *ledgerExportCmd) Run(ctx context.Context, g *Globals) error {
	a, err := g.openRead(ctx)
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // nothing was written
	out, done, err := create(c.Output)
	if err != nil {
		return err
	}
	err = a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error { return bulletin.Export(ctx, tx, c.Manifest, out) })
	if err != nil {
		return err
	}
	return done()
}

type ledgerVerifyCmd struct{}

// Run proves the ledger; it reads beside a running server.
func (ledgerVerifyCmd) Run(ctx context.Context, g *Globals) error {
	a, err := g.openRead(ctx)
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // nothing was written
	var p ledger.Proof
	err = a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err = ledger.Check(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	for _, h := range p.Chains {
		fmt.Printf("chain %s: %d entries, head %s\n", h.Chain, h.Seq, h.Hash)
	}
	if len(p.Broken) > 0 {
		for _, b := range p.Broken {
			fmt.Println("BROKEN", b)
		}
		return fault.New(fault.Conflict, "ledger_broken", "台账不完整，见上。", "The ledger is not whole; see above.")
	}
	fmt.Printf("%d entries: chains, sums and credits are whole\n", p.Entries)
	return nil
}

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Recompute the audit trail."`
}

type auditVerifyCmd struct{}

// Run proves the audit trail; it reads beside a running server.
func (auditVerifyCmd) Run(ctx context.Context, g *Globals) error {
	a, err := g.openRead(ctx)
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // nothing was written
	return a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, broken, err := audit.Verify(ctx, tx)
		if err != nil {
			return err
		}
		for _, b := range broken {
			fmt.Printf("BROKEN chain %s, record %d: %s\n", b.Chain, b.Seq, b.Why)
		}
		if len(broken) > 0 {
			return fault.New(fault.Conflict, "audit_broken", "操作记录不完整，见上。", "The audit trail is not whole; see above.")
		}
		fmt.Printf("%d records: the trail is whole\n", n)
		return nil
	})
}

type periodCmd struct {
	Close periodCloseCmd `cmd:"" help:"Close a month that has ended."`
}

type periodCloseCmd struct {
	Month  string `arg:"" placeholder:"YYYY-MM"`
	Reason string `help:"Remark."`
}

// Run closes a month.
func (c *periodCloseCmd) Run(ctx context.Context, g *Globals) error {
	a, done, err := g.openWrite(ctx)
	if err != nil {
		return err
	}
	defer done.Close() //nolint:errcheck // every acknowledged write is on disk already
	if ctx, err = g.acting(ctx, a); err != nil {
		return err
	}
	out, err := a.Ledger.ClosePeriod(ctx, ledger.Close{Period: c.Month, Reason: c.Reason})
	if err != nil {
		return err
	}
	fmt.Printf("closed %s (%s)\n", out.Period, out.ID)
	return nil
}
