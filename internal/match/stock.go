package match

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
)

// stock is every site with its offers, in memory and never changed: what is different makes another stock.
type stock struct {
	mark        string
	day         string
	sites       []Site             // by id
	offers      map[string][]Offer // by site
	stamps      map[string]int64   // by site: the sum of the versions of the site and its offers
	rent, power int64              // middle prices
}

// stock gives the present stock. Nothing is ever deleted and every change raises a version, so only the sites whose
// stamp is another are read again.
func (s *Service) stock(ctx context.Context, tx *db.Tx) (*stock, error) {
	mark, err := db.Setting(ctx, tx, StirredSetting)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	kept := s.kept
	s.mu.Unlock()
	if kept != nil && kept.mark == mark && kept.day == tx.Today() {
		return kept, nil
	}
	out := &stock{mark: mark, day: tx.Today(), offers: map[string][]Offer{}}
	if kept != nil && kept.day == out.day {
		out.sites, out.offers, out.stamps = kept.sites, maps.Clone(kept.offers), kept.stamps
	}
	if err := out.read(ctx, tx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.kept = out
	s.mu.Unlock()
	return out, nil
}

// read brings a stock up to date.
func (st *stock) read(ctx context.Context, tx *db.Tx) error {
	type stamp struct {
		Site string `db:"site_id"`
		Sum  int64  `db:"sum"`
	}
	now, other := make(map[string]int64, len(st.stamps)), []string{}
	err := db.Each(ctx, tx, `SELECT site_id, CAST(sum(version) AS BIGINT) AS sum FROM (
		SELECT id AS site_id, version FROM match_site UNION ALL SELECT site_id, version FROM match_offer) v GROUP BY site_id`, nil, func(x stamp) error {
		now[x.Site] = x.Sum
		if st.stamps[x.Site] != x.Sum {
			other = append(other, x.Site)
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch {
	case len(other) == 0:
	case len(other) <= fewChanged:
		err = st.readSites(ctx, tx, " IN "+db.In(len(other)), db.Args(other))
	default:
		st.sites, st.offers = nil, map[string][]Offer{}
		err = st.readSites(ctx, tx, " <> ''", nil)
	}
	st.stamps = now
	st.price()
	return err
}

// fewChanged is up to how many sites are read by their ids; when more changed, all are read.
const fewChanged = 200

// readSites reads the sites whose id fulfils a condition, and of their valid offers what a match needs.
func (st *stock) readSites(ctx context.Context, tx *db.Tx, condition string, args []any) error {
	found, err := db.All[Site](ctx, tx, `SELECT `+siteColumns+` FROM match_site s WHERE s.id`+condition+` ORDER BY s.id`, args...)
	if err != nil {
		return err
	}
	st.sites = slices.Clone(st.sites)
	for _, x := range found {
		x.read()
		delete(st.offers, x.ID)
		i, there := slices.BinarySearchFunc(st.sites, x.ID, func(s Site, id string) int { return cmp.Compare(s.ID, id) })
		if there {
			st.sites[i] = x
		} else {
			st.sites = slices.Insert(st.sites, i, x)
		}
	}
	return db.Each(ctx, tx, `SELECT o.id, o.site_id, o.kind, o.title, o.hall, o.height, o.load, o.power, o.steam, o.land, o.workers, o.sewage, o.price, o.distance, o.reviewed, o.free_from, o.as_of
		FROM match_offer o WHERE o.site_id`+condition+` AND (o.valid_until = '' OR o.valid_until >= ?) ORDER BY o.site_id, o.id`, append(args, st.day), func(o Offer) error {
		st.offers[o.Site] = append(st.offers[o.Site], o)
		return nil
	})
}

// price finds the middle prices.
func (st *stock) price() {
	var rents, powers []int64
	for _, list := range st.offers {
		for i := range list {
			switch o := &list[i]; {
			case o.Price == 0:
			case o.Kind == "hall":
				rents = append(rents, o.Price)
			case o.Kind == "energy":
				powers = append(powers, o.Price)
			}
		}
	}
	st.rent, st.power = middle(rents), middle(powers)
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
