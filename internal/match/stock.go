package match

import (
	"context"
	"slices"

	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
)

// stock is every site with its offers, in memory and never changed. Nothing is ever deleted and every change raises a
// version, so the sum of the versions tells whether a stock is still the present one.
type stock struct {
	sum         int64
	day         string
	sites       []Site
	offers      map[string][]Offer // by site
	rent, power int64              // middle prices
}

const stockSum = `SELECT CAST((SELECT coalesce(sum(version), 0) FROM match_site) + (SELECT coalesce(sum(version), 0) FROM match_offer) AS BIGINT)`

// stock gives the present stock, read anew only when something changed.
func (s *Service) stock(ctx context.Context, tx *db.Tx) (*stock, error) {
	sum, err := db.One[int64](ctx, tx, stockSum)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	kept := s.kept
	s.mu.Unlock()
	if kept != nil && kept.sum == sum && kept.day == tx.Today() {
		return kept, nil
	}
	out, err := readStock(ctx, tx)
	if err != nil {
		return nil, err
	}
	out.sum = sum
	s.mu.Lock()
	s.kept = out
	s.mu.Unlock()
	return out, nil
}

// readStock reads all sites, and of the offers what a match needs.
func readStock(ctx context.Context, tx *db.Tx) (*stock, error) {
	out := &stock{day: tx.Today(), offers: map[string][]Offer{}}
	var err error
	if out.sites, err = db.All[Site](ctx, tx, `SELECT `+siteColumns+` FROM match_site s ORDER BY s.id`); err != nil {
		return nil, err
	}
	for i := range out.sites {
		out.sites[i].read()
	}
	var rents, powers []int64
	err = db.Each(ctx, tx, `SELECT o.id, o.site_id, o.kind, o.title, o.hall, o.height, o.load, o.power, o.steam, o.land, o.workers, o.sewage, o.price, o.distance, o.reviewed, o.free_from, o.as_of
		FROM match_offer o WHERE o.valid_until = '' OR o.valid_until >= ? ORDER BY o.site_id, o.id`, []any{out.day}, func(o Offer) error {
		out.offers[o.Site] = append(out.offers[o.Site], o)
		switch {
		case o.Price == 0:
		case o.Kind == "hall":
			rents = append(rents, o.Price)
		case o.Kind == "energy":
			powers = append(powers, o.Price)
		}
		return nil
	})
	out.rent, out.power = middle(rents), middle(powers)
	return out, err
}

func middle(xs []int64) int64 {
	if len(xs) == 0 {
		return 0
	}
	slices.Sort(xs)
	return xs[len(xs)/2]
}

// around is what is known beside the offers, by unit and place.
type around struct {
	dir       *org.Directory
	today     string
	wanted    map[string]bool  // unit and chain
	gap       map[string]bool  // chain
	firms     map[string]int64 // prefecture and chain
	contract  map[string]int64 // county, prefecture
	received  map[string]int64
	accepted  map[string]int64 // unit
	most      int64
	place     map[string]org.Place
	partner   map[string]string
	rent, pow int64
}

func (s *Service) around(ctx context.Context, tx *db.Tx, st *stock) (*around, error) {
	a := &around{
		today: tx.Today(), wanted: map[string]bool{}, gap: map[string]bool{}, firms: map[string]int64{}, contract: map[string]int64{}, received: map[string]int64{},
		accepted: map[string]int64{}, place: map[string]org.Place{}, partner: map[string]string{}, rent: st.rent, pow: st.power,
	}
	var err error
	if a.dir, err = org.Open(ctx, tx); err != nil {
		return nil, err
	}
	for _, site := range st.sites {
		if _, done := a.place[site.Unit]; done {
			continue
		}
		p, err := a.dir.Path(site.Unit, a.today)
		if err != nil {
			p = org.Place{} // a unit that ended leaves its sites without a place
		}
		a.place[site.Unit], a.partner[site.Unit] = p, a.dir.Partner(site.Unit, a.today)
	}
	for _, read := range []func(context.Context, *db.Tx) error{a.readChains, a.readMoney, a.readAccepted} {
		if err := read(ctx, tx); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *around) readChains(ctx context.Context, tx *db.Tx) error {
	type item struct {
		Unit  string `db:"unit_id"`
		Chain string `db:"chain"`
	}
	err := db.Each(ctx, tx, `SELECT DISTINCT unit_id, chain FROM match_chain_item WHERE list = 'wanted'`, nil, func(x item) error {
		a.wanted[x.Unit+" "+x.Chain] = true
		return nil
	})
	if err != nil {
		return err
	}
	gaps, err := db.All[string](ctx, tx, `SELECT DISTINCT n.chain FROM match_chain_node n WHERE NOT n.dropped
		AND NOT EXISTS (SELECT 1 FROM match_chain_firm f WHERE f.node_id = n.id AND f.standing = 'present')`)
	if err != nil {
		return err
	}
	for _, c := range gaps {
		a.gap[c] = true
	}
	type firm struct {
		Unit  string `db:"unit_id"`
		Chain string `db:"chain"`
		N     int64  `db:"n"`
	}
	return db.Each(ctx, tx, `SELECT f.unit_id, n.chain, CAST(count(DISTINCT f.company_id) AS BIGINT) AS n FROM match_chain_firm f JOIN match_chain_node n ON n.id = f.node_id AND NOT n.dropped
		WHERE f.standing = 'present' GROUP BY f.unit_id, n.chain`, nil, func(x firm) error {
		if p, err := a.dir.Path(x.Unit, a.today); err == nil {
			a.firms[p.City+" "+x.Chain] += x.N
		}
		return nil
	})
}

// readMoney asks the ledger for recognised contracts and funds by place, of the whole province: the comparison of
// places is the same for everybody, and shown as a share only.
func (a *around) readMoney(ctx context.Context, tx *db.Tx) error {
	for _, u := range a.dir.Units(a.today) {
		if u.Kind != org.Province {
			continue
		}
		f, err := ledger.FiguresOf(ctx, tx, u.Code, ledger.FiguresIn{Measure: []string{"contract.amount", "funds.received"}, By: []string{"city", "county"}})
		if err != nil {
			return err
		}
		for i, into := range []map[string]int64{a.contract, a.received} {
			for _, g := range f.Figures[i].Groups {
				n := g.Value.N
				into[g.Key["county"]] += n
				into[g.Key["city"]] += n
			}
		}
	}
	return nil
}

func (a *around) readAccepted(ctx context.Context, tx *db.Tx) error {
	type count struct {
		Unit string `db:"unit_id"`
		N    int64  `db:"n"`
	}
	year := db.Micros(tx.Now().AddDate(-1, 0, 0))
	return db.Each(ctx, tx, `SELECT unit_id, CAST(count(*) AS BIGINT) AS n FROM match_sending WHERE state = 'accepted' AND answered_at >= ? GROUP BY unit_id`, []any{year}, func(x count) error {
		a.accepted[x.Unit], a.most = x.N, max(a.most, x.N)
		return nil
	})
}

// of gives the facts around one site for one chain.
func (a *around) of(site *Site, chain string) Facts {
	p := a.place[site.Unit]
	f := Facts{
		Gap: a.gap[chain], Wanted: chain != "" && (a.wanted[site.Unit+" "+chain] || a.wanted[p.County+" "+chain]), Neighbours: a.firms[p.City+" "+chain],
		Partner: a.partner[site.Unit], Accepted: a.accepted[site.Unit], MostLeads: a.most, Rent: a.rent, Power: a.pow,
	}
	at := p.County
	if at == "" {
		at = p.City
	}
	f.Contract, f.Received = a.contract[at], a.received[at]
	return f
}
