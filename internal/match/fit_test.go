package match

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/org"
	"zhudian/internal/pipeline"
)

const today = "2020-12-16"

func rich() Place {
	return Place{
		Site: &Site{ID: "s", Unit: "520602", Chains: []string{"data"}},
		Offers: []Offer{
			{ID: "hall", Kind: "hall", Hall: 5000, Height: 900, Load: 1500, Price: 800, Sewage: "industrial", AsOf: "2020-12-01"},
			{ID: "energy", Kind: "energy", Power: 2000, Price: 4500, AsOf: "2020-12-01"},
			{ID: "labour", Kind: "labour", Workers: 400, AsOf: "2020-12-01"},
			{ID: "rail", Kind: "logistics", Distance: 20, AsOf: "2020-12-01"},
			{ID: "policy", Kind: "policy", Reviewed: true, AsOf: "2020-12-01"},
		},
		Facts: Facts{Gap: true, Wanted: true, Neighbours: 3, Contract: 1_000_000, Received: 500_000, Partner: "320500", MostLeads: 4, Accepted: 1, Rent: 1000, Power: 5000},
	}
}

func lead() Case {
	return Case{Needs: pipeline.Needs{Hall: 4000, Height: 800, Load: 1000, Power: 1500, Workers: 200, Sewage: "industrial"}, Industry: "C39", Chain: "data", Origin: "320500", Today: today}
}

func codes(list []Note) []string {
	out := []string{}
	for _, n := range list {
		out = append(out, n.Code)
	}
	return out
}

// TestMatch_filters: each hard filter, failed alone, is named alone; what the site does not say fails nothing.
func TestMatch_filters(t *testing.T) {
	for name, x := range map[string]struct {
		edit func(*Case, *Place)
		want []string
	}{
		"all pass":              {func(*Case, *Place) {}, []string{}},
		"chemical":              {func(c *Case, _ *Place) { c.Needs.Chemical = true }, []string{"fail.chemical"}},
		"qualified":             {func(c *Case, p *Place) { c.Needs.Chemical, p.Site.Chemical = true, true }, []string{}},
		"banned industry":       {func(_ *Case, p *Place) { p.Site.Banned = []string{"26", "39"} }, []string{"fail.industry"}},
		"another banned":        {func(_ *Case, p *Place) { p.Site.Banned = []string{"26", "391"} }, []string{}},
		"area":                  {func(c *Case, _ *Place) { c.Needs.Hall = 5001 }, []string{"fail.hall"}},
		"exactly the area":      {func(c *Case, _ *Place) { c.Needs.Hall = 5000 }, []string{}},
		"power":                 {func(c *Case, _ *Place) { c.Needs.Power = 2001 }, []string{"fail.power"}},
		"steam nobody mentions": {func(c *Case, _ *Place) { c.Needs.Steam = 5 }, []string{}},
		"land nobody mentions":  {func(c *Case, _ *Place) { c.Needs.Land = 50 }, []string{}},
		"too little land": {func(c *Case, p *Place) {
			c.Needs.Land, p.Offers = 50, append(p.Offers, Offer{ID: "land", Kind: "land", Land: 30})
		}, []string{"fail.land"}},
		"sewage": {func(c *Case, _ *Place) { c.Needs.Sewage = "heavy" }, []string{"fail.sewage"}},
		"two low halls do not make a high one": {func(c *Case, p *Place) {
			c.Needs.Height = 1000
			p.Offers = append(p.Offers, Offer{ID: "low", Kind: "hall", Hall: 9000, Height: 400})
		}, []string{"fail.height", "fail.hall"}},
		"high here, strong there": {func(c *Case, p *Place) {
			c.Needs.Load = 3000
			p.Offers = append(p.Offers, Offer{ID: "strong", Kind: "hall", Hall: 9000, Height: 400, Load: 3000})
		}, []string{"fail.hall"}},
		"an offer that ended": {func(_ *Case, p *Place) { p.Offers[1].ValidUntil = "2020-12-15" }, []string{}},
		"no offers at all":    {func(_ *Case, p *Place) { p.Offers = nil }, []string{}},
	} {
		c, p := lead(), rich()
		x.edit(&c, &p)
		if got := codes(Match(c, p, Default()).Fails); !slices.Equal(got, x.want) {
			t.Errorf("%s: %v, want %v", name, got, x.want)
		}
	}
}

// TestMatch_parts follows each part of the score through what raises and lowers it; points are tenths.
func TestMatch_parts(t *testing.T) {
	for name, x := range map[string]struct {
		part    string
		edit    func(*Case, *Place)
		points  int64
		missing string
		against string
	}{
		"chain, all of it":          {"chain", func(*Case, *Place) {}, 250, "", ""},
		"chain leads, no gap":       {"chain", func(_ *Case, p *Place) { p.Facts.Gap, p.Facts.Wanted = false, false }, 150, "", ""},
		"another chain":             {"chain", func(_ *Case, p *Place) { p.Site.Chains, p.Facts.Wanted = nil, false }, 0, "", "chain.other"},
		"no chain said":             {"chain", func(c *Case, _ *Place) { c.Chain = "" }, 0, "no_chain", ""},
		"room to spare":             {"space", func(*Case, *Place) {}, 100, "", ""},
		"tight":                     {"space", func(c *Case, _ *Place) { c.Needs.Hall = 4500 }, 80, "", "tight"},
		"free next year":            {"space", func(_ *Case, p *Place) { p.Offers[0].FreeFrom = "2021-10-01" }, 80, "", "later"},
		"no halls known":            {"space", func(_ *Case, p *Place) { p.Offers = p.Offers[1:] }, 0, "no_offer.hall", ""},
		"nothing said of space":     {"space", func(c *Case, _ *Place) { c.Needs.Hall = 0 }, 0, "not_said.space", ""},
		"old data":                  {"space", func(_ *Case, p *Place) { p.Offers[0].AsOf = "2020-01-01" }, 100, "", "old"},
		"enough power":              {"energy", func(*Case, *Place) {}, 60, "", ""},
		"no data on power":          {"energy", func(_ *Case, p *Place) { p.Offers = p.Offers[:1] }, 0, "no_offer.power", ""},
		"half of the workers":       {"labour", func(c *Case, _ *Place) { c.Needs.Workers = 800 }, 25, "", "few_workers"},
		"near the rails":            {"logistics", func(*Case, *Place) {}, 40, "", ""},
		"far from the rails":        {"logistics", func(_ *Case, p *Place) { p.Offers[3].Distance = 290 }, 1, "", "far"},
		"below the middle":          {"cost", func(*Case, *Place) {}, 115, "", ""},
		"above the company's limit": {"cost", func(c *Case, _ *Place) { c.Needs.Rent = 700 }, 28, "", "rent.over"},
		"no prices":                 {"cost", func(_ *Case, p *Place) { p.Offers[0].Price, p.Offers[1].Price = 0, 0 }, 0, "no_offer.price", ""},
		"three neighbours":          {"neighbours", func(*Case, *Place) {}, 100, "", ""},
		"alone":                     {"neighbours", func(_ *Case, p *Place) { p.Facts.Neighbours = 0 }, 0, "", "alone"},
		"one reviewed policy":       {"policy", func(*Case, *Place) {}, 30, "", ""},
		"an unreviewed one":         {"policy", func(_ *Case, p *Place) { p.Offers[4].Reviewed = false }, 0, "", "unreviewed"},
		"half paid in":              {"record", func(*Case, *Place) {}, 49, "", ""},
		"no contracts":              {"record", func(_ *Case, p *Place) { p.Facts.Contract = 0 }, 0, "no_contracts", ""},
		"paired":                    {"tie", func(*Case, *Place) {}, 50, "", ""},
		"from elsewhere":            {"tie", func(c *Case, _ *Place) { c.Origin = "440300" }, 0, "", ""},
		"one of four":               {"fairness", func(*Case, *Place) {}, 37, "", ""},
		"the most of all":           {"fairness", func(_ *Case, p *Place) { p.Facts.Accepted = 4 }, 0, "", ""},
	} {
		c, p := lead(), rich()
		x.edit(&c, &p)
		r := Match(c, p, Default())
		i := slices.IndexFunc(r.Parts, func(p Part) bool { return p.Code == x.part })
		got := r.Parts[i]
		if got.Points != x.points || x.missing != "" && !slices.Contains(codes(got.Missing), x.missing) || x.against != "" && !slices.Contains(codes(got.Against), x.against) {
			t.Errorf("%s: %+v", name, got)
		}
		var sum, known int64
		for _, part := range r.Parts {
			sum += part.Points
			if len(part.Missing) == 0 {
				known += part.Of
			}
			if part.Points < 0 || part.Points > part.Of {
				t.Errorf("%s: %s gives %d of %d", name, part.Code, part.Points, part.Of)
			}
		}
		if sum != r.Points || r.Points > r.Known || known > r.Known {
			t.Errorf("%s: %d points of %d known do not add up from the parts", name, r.Points, r.Known)
		}
	}
}

func TestDefault_is100(t *testing.T) {
	var sum int64
	for _, c := range partCodes {
		sum += Default().Parts[c]
	}
	if sum != 100 || len(Default().Parts) != len(partCodes) || len(judges) != len(partCodes) {
		t.Errorf("%d points in %d parts", sum, len(partCodes))
	}
}

// BenchmarkMatchLead judges 2,000 sites with 20,000 offers for one lead, on each engine: "kept" as a server does it,
// "changed" as the first request after a change of an offer does, "started" as the first one of all.
func BenchmarkMatchLead(b *testing.B) {
	for _, engine := range dbtest.Engines {
		s, id := benchStock(b, engine)
		ctx := audit.With(context.Background(), audit.Actor{Person: "p", Node: "520000", Unit: "520000", Chain: "520000", Lang: "zh", Can: func(string) bool { return true }})
		for name, before := range map[string]func(){
			"kept":    func() {},
			"changed": func() { touchOffer(b, s.DB) },
			"started": func() { s.kept = nil },
		} {
			b.Run(fmt.Sprintf("%s/%s", engine, name), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					before()
					b.StartTimer()
					m, err := s.MatchLead(ctx, ByID{id})
					if err != nil || m.Sites != 2000 || len(m.Fits) != shown {
						b.Fatal(m.Sites, len(m.Fits), err)
					}
				}
			})
		}
	}
}

// touchOffer changes one offer.
func touchOffer(b *testing.B, d *db.DB) {
	b.Helper()
	if err := d.Write(audit.With(context.Background(), audit.System("520000")), func(ctx context.Context, tx *db.Tx) error {
		if _, err := db.Exec(ctx, tx, `UPDATE match_offer SET hall = hall + 1, version = version + 1 WHERE id = 's0007-0'`); err != nil {
			return err
		}
		return stir(ctx, tx)
	}); err != nil {
		b.Fatal(err)
	}
}

func benchStock(b *testing.B, engine db.Engine) (*Service, string) {
	b.Helper()
	ctx := audit.With(context.Background(), audit.System("520000"))
	d := dbtest.Open(b, engine)
	var units []string
	err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := org.Load(ctx, tx); err != nil {
			return err
		}
		dir, err := org.Open(ctx, tx)
		if err != nil {
			return err
		}
		for _, u := range dir.Units(tx.Today()) {
			if u.Kind == org.County || u.Kind == org.Park {
				units = append(units, u.Code)
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	lead := pipeline.Lead{ID: "lead", Code: "XS", Title: "x", Company: "c", Source: "other", Node: "520000", Unit: "520000", Industry: "C39", Chain: "data", NeedsText: `{"hall":4000,"height":700,"power":1500,"workers":200}`, State: "qualified", CreatedBy: "a", JudgedBy: "b", FoundOn: today, Version: 1}
	err = d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		var sites []Site
		var offers []Offer
		for i := range 2000 {
			site := fmt.Sprintf("s%04d", i)
			sites = append(sites, Site{ID: site, Kind: "park", Unit: units[i%len(units)], Name: "园区" + site, Region: "520602", ChainsText: []string{"data", "food,data", "health"}[i%3], Source: "x", AsOf: today, Version: 1})
			for k := range 10 {
				o := Offer{ID: fmt.Sprintf("%s-%d", site, k), Site: site, Kind: offerKinds[k%len(offerKinds)], Title: "供给", Source: "x", AsOf: today, Version: 1}
				switch o.Kind {
				case "hall":
					o.Hall, o.Height, o.Load, o.Price = int64(1000+i*7%9000), int64(500+i%9*100), 1500, int64(600+i%900)
				case "land":
					o.Land, o.Price = int64(20+i%300), 15_000_000
				case "energy":
					o.Power, o.Price = int64(500+i%30*200), int64(4000+i%1500)
				case "labour":
					o.Workers = int64(100 + i%2000)
				case "logistics":
					o.Distance = int64(5 + i%200)
				case "policy":
					o.Reviewed = i%2 == 0
				}
				offers = append(offers, o)
			}
		}
		if err := db.Insert(ctx, tx, "match_site", sites); err != nil {
			return err
		}
		if err := db.Insert(ctx, tx, "match_offer", offers); err != nil {
			return err
		}
		return db.Insert(ctx, tx, "pipeline_lead", lead)
	})
	if err != nil {
		b.Fatal(err)
	}
	return &Service{DB: d}, lead.ID
}
