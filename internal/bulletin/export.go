package bulletin

import (
	"bufio"
	"context"
	"encoding/json"
	"io"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
)

// ExportLine is one line of an export for outside verifiers. The first holds the manifest, then come the companies
// that turned out to be others, then every entry of every chain up to its head, oldest first within a chain.
type ExportLine struct {
	Manifest *SignedFigures  `json:"manifest,omitempty"`
	Alias    *ledger.Alias   `json:"alias,omitempty"`
	Entry    *ledger.Entry   `json:"entry,omitempty"`
	Credits  []ledger.Credit `json:"credits,omitempty"`
	Parties  []ledger.Party  `json:"parties,omitempty"`
}

// Export writes all an outside verifier needs to recompute a signed document: its manifest and every entry known
// when it was signed. Fault: not_found.
func Export(ctx context.Context, tx *db.Tx, code string, w io.Writer) error {
	m, err := ManifestOf(ctx, tx, code)
	if err != nil {
		return err
	}
	buf := bufio.NewWriterSize(w, 1<<20)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	line := func(l ExportLine) error { return fault.Wrap(enc.Encode(l), "write the export") }
	if err := line(ExportLine{Manifest: &m}); err != nil {
		return err
	}
	err = ledger.EachAlias(ctx, tx, m.Manifest.Known, func(a ledger.Alias) error { return line(ExportLine{Alias: &a}) })
	if err != nil {
		return err
	}
	err = ledger.EachEntry(ctx, tx, m.Manifest.Heads, func(e ledger.Entry, c []ledger.Credit, p []ledger.Party) error {
		return line(ExportLine{Entry: &e, Credits: c, Parties: p})
	})
	if err != nil {
		return err
	}
	return fault.Wrap(buf.Flush(), "write the export")
}
