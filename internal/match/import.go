package match

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/sheet"
)

// ImportOffers reads a table into the offers of sites of one's scope. Every row ends as one of: created, updated,
// unchanged, or refused with its reasons. A value in the table replaces what stood; an empty cell leaves it. The same
// file a second time changes nothing. Which offer a row means: its site, its kind and its name.
type ImportOffers struct {
	Table    io.ReaderAt
	Size     int64
	Name     string        // file name, for its kind
	Limits   sheet.Options // the command line may lift them
	DryRun   bool          // look, but write nothing
	Report   func(sheet.Refused) error
	Progress func(sheet.Tally) // after each batch
}

// ImportedOffers is what an import did, and how it read the table.
type ImportedOffers struct {
	sheet.Tally
	Head sheet.Head `json:"head"`
}

// importBatch is how many rows share one transaction.
const importBatch = 500

// ImportOffers runs one import to its end. Faults: those of sheet.Open and File.Head; not_allowed.
func (s *Service) ImportOffers(ctx context.Context, in ImportOffers) (out ImportedOffers, err error) {
	who, err := audit.Require(ctx, "site.edit")
	if err != nil {
		return out, err
	}
	f, err := sheet.Open(in.Table, in.Size, in.Name, in.Limits)
	if err != nil {
		return out, err
	}
	defer func() { _ = f.Close() }()
	if out.Head, err = f.Head(OfferColumns, nil); err != nil {
		return out, err
	}
	reader := offerReader{out.Head, f.Date1904}
	run := &offerImport{s: s, in: in, who: who, head: out.Head, rows: map[string]int{}}
	for more := true; more; {
		var rows []offerRow
		for len(rows) < importBatch {
			line, err := f.Next()
			if errors.Is(err, io.EOF) {
				more = false
				break
			}
			if err != nil {
				return out, err
			}
			rows = append(rows, reader.read(line))
		}
		if err := run.batch(ctx, rows); err != nil {
			return out, err
		}
		out.Tally = run.tally
		if in.Progress != nil {
			in.Progress(out.Tally)
		}
	}
	return out, ctx.Err()
}

// offerImport is one import under way.
type offerImport struct {
	s     *Service
	in    ImportOffers
	who   audit.Actor
	head  sheet.Head
	tally sheet.Tally
	rows  map[string]int // offer → row of the file that named it
}

// offerPlan is what a batch will do.
type offerPlan struct {
	tally   sheet.Tally
	create  []Offer
	update  []Offer
	before  []Offer // of those to update
	refused []sheet.Refused
	rows    map[string]int
}

func (r *offerImport) batch(ctx context.Context, rows []offerRow) error {
	var pl offerPlan
	run := r.s.DB.Write
	if r.in.DryRun {
		run = r.s.DB.Read
	}
	err := run(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if pl, err = r.plan(ctx, tx, rows); err != nil || r.in.DryRun {
			return err
		}
		return pl.store(ctx, tx)
	})
	if err != nil {
		return err
	}
	r.tally = pl.tally
	for key, n := range pl.rows {
		r.rows[key] = n
	}
	for _, x := range pl.refused {
		if r.in.Report == nil {
			break
		}
		if err := r.in.Report(x); err != nil {
			return err
		}
	}
	return nil
}

// plan decides what becomes of each row, against the offers as this transaction sees them.
func (r *offerImport) plan(ctx context.Context, tx *db.Tx, rows []offerRow) (offerPlan, error) {
	pl := offerPlan{tally: r.tally, rows: map[string]int{}}
	known, err := r.sites(ctx, tx, rows)
	if err != nil {
		return pl, err
	}
	for _, p := range rows {
		site := known.find(&p)
		n := Offer{Site: site.ID, Kind: p.kind, Title: p.title}
		var old Offer
		if len(p.problems) == 0 {
			old = known.offer(&p, n)
		}
		key := n.Site + "/" + n.Kind + "/" + n.Title
		if first := max(r.rows[key], pl.rows[key]); first > 0 && len(p.problems) == 0 {
			at := strconv.Itoa(first)
			p.problem("title", "duplicate_row", "与第 "+at+" 行是同一条供给，只取了前一行。", "The same offer as row "+at+"; only that row was taken.")
		}
		if old.ID != "" {
			n = old
		}
		for _, set := range p.set {
			set(&n)
		}
		if len(p.problems) == 0 {
			p.refuse(r.head, n.check(tx.Today()))
		}
		pl.add(p, key, old, n)
	}
	return pl, nil
}

func (pl *offerPlan) add(p offerRow, key string, old, n Offer) {
	pl.tally.Done++
	switch {
	case len(p.problems) > 0:
		pl.tally.Refused++
		pl.refused = append(pl.refused, sheet.Refused{Row: p.line.N, Problems: p.problems, Cells: p.line.Cells})
		return
	case old.ID == "":
		pl.tally.Created++
		pl.create = append(pl.create, n)
	case old != n:
		pl.tally.Updated++
		pl.update, pl.before = append(pl.update, n), append(pl.before, old)
	default:
		pl.tally.Unchanged++
	}
	pl.rows[key] = p.line.N
}

func (p *offerRow) problem(column, code, zh, en string) {
	p.problems = append(p.problems, sheet.Problem{Row: p.line.N, Column: column, Code: code, Words: fault.Words{ZH: zh, EN: en}})
}

// store writes a plan.
func (pl *offerPlan) store(ctx context.Context, tx *db.Tx) error {
	var notes []audit.Entry
	for i := range pl.create {
		o := &pl.create[i]
		o.ID, o.Version, o.UpdatedAt = tx.ID(), 1, db.Micros(tx.Now())
		notes = append(notes, audit.Entry{Action: "offer.add", Object: "site/" + o.Site, After: *o})
	}
	if err := db.Insert(ctx, tx, "match_offer", pl.create); err != nil {
		return err
	}
	for i := range pl.update {
		o := &pl.update[i]
		o.Version, o.UpdatedAt = o.Version+1, db.Micros(tx.Now())
		if err := updateOffer(ctx, tx, *o); err != nil {
			return err
		}
		notes = append(notes, audit.Entry{Action: "offer.edit", Object: "site/" + o.Site, Before: pl.before[i], After: *o})
	}
	if len(notes) == 0 {
		return nil
	}
	if err := stir(ctx, tx); err != nil {
		return err
	}
	return audit.Notes(ctx, tx, notes)
}

// importSites are the sites of one's scope with the offers of those that a batch names.
type importSites struct {
	byName map[string][]Site // by any name and by id
	own    map[string]bool   // unit
	offers map[string][]Offer
}

func (r *offerImport) sites(ctx context.Context, tx *db.Tx, rows []offerRow) (k importSites, err error) {
	k = importSites{byName: map[string][]Site{}, own: map[string]bool{}, offers: map[string][]Offer{}}
	named := map[string]bool{}
	for _, p := range rows {
		named[nameKey(p.site)] = true
	}
	var ids []string
	err = db.Each(ctx, tx, `SELECT `+siteColumns+` FROM match_site s ORDER BY s.id`, nil, func(x Site) error {
		for _, name := range []string{x.ID, x.Name, x.NameEN} {
			key := nameKey(name)
			if last := k.byName[key]; named[key] && key != "" && (len(last) == 0 || last[len(last)-1].ID != x.ID) {
				k.byName[key], ids = append(k.byName[key], x), append(ids, x.ID)
			}
		}
		return nil
	})
	if err != nil || len(ids) == 0 {
		return k, err
	}
	for _, list := range k.byName {
		for _, x := range list {
			if _, done := k.own[x.Unit]; done {
				continue
			}
			if k.own[x.Unit], err = org.InScope(ctx, tx, r.who.Node, x.Unit); err != nil {
				return k, err
			}
		}
	}
	return k, db.Each(ctx, tx, `SELECT `+offerColumns+` FROM match_offer o WHERE o.site_id IN `+db.In(len(ids))+` ORDER BY o.id`, db.Args(ids), func(o Offer) error {
		k.offers[o.Site] = append(k.offers[o.Site], o)
		return nil
	})
}

func nameKey(s string) string { return strings.ToLower(sheet.Fold(s)) }

// find gives the one site of one's scope that a row names, or says what is wrong.
func (k importSites) find(p *offerRow) (out Site) {
	if p.line.Fault != nil {
		return out
	}
	var own []Site
	all := k.byName[nameKey(p.site)]
	for _, x := range all {
		if k.own[x.Unit] {
			own = append(own, x)
		}
	}
	switch {
	case len(own) == 1:
		return own[0]
	case len(own) > 1:
		p.problem("site", "ambiguous", "有几处载体叫这个名字，请填载体编号（页面地址里的）。", "Several sites have this name; give the id of the one meant, as in the address of its page.")
	case len(all) > 0:
		p.problem("site", "not_your_unit", "这处载体不归您的单位管。", "This site is not of your unit.")
	default:
		p.problem("site", "unknown_site", "没有叫这个名字的载体，请先在“载体”页录入。", "There is no site of this name; enter it first under “Sites”.")
	}
	return out
}

// offer gives the offer that a row means, if there is one.
func (k importSites) offer(p *offerRow, n Offer) (out Offer) {
	for _, o := range k.offers[n.Site] {
		if o.Kind != n.Kind || o.Title != n.Title {
			continue
		}
		if out.ID != "" {
			p.problem("title", "ambiguous", "这处载体有几条同类同名的供给，请先在页面上改名。", "The site has several offers of this kind and name; rename them on its page first.")
		}
		out = o
	}
	return out
}
