package match

import (
	"strings"
	"time"
)

const unknown = -1 // share of a part of which nothing is known

func (p *Part) why(code string, args ...string) { p.Why = append(p.Why, Note{code, args}) }
func (p *Part) missing(code string)             { p.Missing = append(p.Missing, Note{Code: code}) }

func (p *Part) against(code string, args ...string) { p.Against = append(p.Against, Note{code, args}) }

// chain: 60 when the chain leads here, 20 when the county asks for it, 20 when it has a gap to fill.
func (f *fitting) chain(p *Part) int64 {
	if f.c.Chain == "" {
		p.missing("no_chain")
		return unknown
	}
	var share int64
	leads := false
	for _, c := range f.p.Site.Chains {
		leads = leads || c == f.c.Chain
	}
	if leads {
		share += 60
		p.why("chain.leads", f.c.Chain)
	} else {
		p.against("chain.other", f.c.Chain)
	}
	if f.p.Facts.Wanted {
		share += 20
		p.why("chain.wanted")
	}
	if f.p.Facts.Gap && (leads || f.p.Facts.Wanted) {
		share += 20
		p.why("chain.gap")
	}
	return share
}

// space: 60 when halls and land suffice, 20 when there is a fifth to spare, 20 when they are free within three months.
func (f *fitting) space(p *Part) int64 {
	n := f.c.Needs
	if n.Hall == 0 && n.Land == 0 {
		p.missing("not_said.space")
		return unknown
	}
	var share int64 = 100
	if n.Hall > 0 {
		share = min(share, f.room(p, "hall", n.Hall))
	}
	if n.Land > 0 {
		share = min(share, f.room(p, "land", n.Land))
	}
	return share
}

func (f *fitting) room(p *Part, kind string, need int64) int64 {
	if !f.has(kind) {
		p.missing("no_offer." + kind)
		return unknown
	}
	var have int64
	soon, free, old := dayFrom(f.c.Today, 90), false, ""
	for i := range f.offers {
		o := &f.offers[i]
		if o.Kind != kind {
			continue
		}
		size := o.Hall
		if kind == "land" {
			size = o.Land
		} else if o.Height > 0 && o.Height < f.c.Needs.Height || o.Load > 0 && o.Load < f.c.Needs.Load {
			continue
		}
		have += size
		free = free || o.FreeFrom <= soon
		p.Evidence = append(p.Evidence, o.ID)
		if o.AsOf < dayFrom(f.c.Today, -oldDays) {
			old = o.AsOf
		}
	}
	if old != "" {
		p.against("old", old)
	}
	if have < need {
		p.against("room."+kind, num(need), num(have))
		return 0
	}
	p.why("room."+kind, num(need), num(have))
	share := int64(60)
	if have*5 >= need*6 {
		share += 20
	} else {
		p.against("tight")
	}
	if free {
		share += 20
	} else {
		p.against("later")
	}
	return share
}

// energy: power and steam that suffice, the poorer of the two.
func (f *fitting) energy(p *Part) int64 {
	n := f.c.Needs
	if n.Power == 0 && n.Steam == 0 {
		p.missing("not_said.energy")
		return unknown
	}
	share := int64(100)
	for _, x := range []struct {
		code  string
		need  int64
		value func(*Offer) int64
	}{{"power", n.Power, func(o *Offer) int64 { return o.Power }}, {"steam", n.Steam, func(o *Offer) int64 { return o.Steam }}} {
		if x.need == 0 {
			continue
		}
		have, id := f.most("hall energy", x.value)
		if id == "" {
			p.missing("no_offer." + x.code)
			return unknown
		}
		p.Evidence = append(p.Evidence, id)
		p.why("has."+x.code, num(x.need), num(have))
		share = min(share, have*100/x.need)
	}
	return min(share, 100)
}

func (f *fitting) labour(p *Part) int64 {
	if f.c.Needs.Workers == 0 {
		p.missing("not_said.labour")
		return unknown
	}
	have, id := f.most("labour", func(o *Offer) int64 { return o.Workers })
	if id == "" {
		p.missing("no_offer.labour")
		return unknown
	}
	p.Evidence = append(p.Evidence, id)
	p.why("has.labour", num(f.c.Needs.Workers), num(have))
	if have < f.c.Needs.Workers {
		p.against("few_workers")
	}
	return min(100, have*100/f.c.Needs.Workers)
}

// logistics: full points within 30 km of a goods station, port or airport, none beyond 300.
func (f *fitting) logistics(p *Part) int64 {
	var near int64
	for i := range f.offers {
		if o := &f.offers[i]; o.Kind == "logistics" && o.Distance > 0 && (near == 0 || o.Distance < near) {
			near, p.Evidence = o.Distance, []string{o.ID}
		}
	}
	if near == 0 {
		p.missing("no_offer.logistics")
		return unknown
	}
	p.why("near", num(near))
	if near > farKM/2 {
		p.against("far", num(near))
	}
	return max(0, min(100, (farKM-near)*100/(farKM-nearKM)))
}

// cost: seven tenths the rent against what the company pays at most, or against the middle of all sites; three tenths
// the price of electricity against the middle.
func (f *fitting) cost(p *Part) int64 {
	rent, rentID := f.least("hall")
	power, powerID := f.least("energy")
	if rentID == "" && powerID == "" {
		p.missing("no_offer.price")
		return unknown
	}
	var share int64
	if rentID == "" {
		p.missing("no_offer.rent")
	} else {
		p.Evidence = append(p.Evidence, rentID)
		most := f.c.Needs.Rent
		if most == 0 {
			most = f.p.Facts.Rent
			p.why("rent.middle", num(rent), num(most))
		} else {
			p.why("rent.most", num(rent), num(most))
		}
		if f.c.Needs.Rent > 0 && rent > most {
			p.against("rent.over", num(rent), num(most))
		} else {
			share += cheapness(rent, most) * 7 / 10
		}
	}
	if powerID == "" {
		p.missing("no_offer.power_price")
	} else {
		p.Evidence = append(p.Evidence, powerID)
		p.why("power.price", num(power), num(f.p.Facts.Power))
		share += cheapness(power, f.p.Facts.Power) * 3 / 10
	}
	return share
}

// least gives the lowest price among the offers of a kind.
func (f *fitting) least(kind string) (price int64, id string) {
	for i := range f.offers {
		if o := &f.offers[i]; o.Kind == kind && o.Price > 0 && (price == 0 || o.Price < price) {
			price, id = o.Price, o.ID
		}
	}
	return price, id
}

// cheapness is 100 at seven tenths of a mark or less, 50 at the mark, 0 at 1.3 of it or more.
func cheapness(price, mark int64) int64 {
	if mark <= 0 {
		return 50
	}
	return max(0, min(100, (13*mark-10*price)*100/(6*mark)))
}

func (f *fitting) neighbours(p *Part) int64 {
	if f.c.Chain == "" {
		p.missing("no_chain")
		return unknown
	}
	n := f.p.Facts.Neighbours
	if n == 0 {
		p.against("alone")
		return 0
	}
	p.why("neighbours", num(n))
	return min(100, n*100/3)
}

// policy counts reviewed policies alone: 60 for one, 100 for two.
func (f *fitting) policy(p *Part) int64 {
	var reviewed, other int64
	for i := range f.offers {
		o := &f.offers[i]
		switch {
		case o.Kind != "policy":
		case o.Reviewed:
			reviewed++
			p.Evidence = append(p.Evidence, o.ID)
		default:
			other++
		}
	}
	if reviewed+other == 0 {
		p.missing("no_offer.policy")
		return unknown
	}
	if other > 0 {
		p.against("unreviewed", num(other))
	}
	if reviewed == 0 {
		return 0
	}
	p.why("reviewed", num(reviewed))
	return min(100, 20+40*reviewed)
}

// record: the share of recognised contracts that was paid in.
func (f *fitting) record(p *Part) int64 {
	c, r := f.p.Facts.Contract, f.p.Facts.Received
	if c <= 0 {
		p.missing("no_contracts")
		return unknown
	}
	share := min(100, max(0, r/(c/100+1)))
	p.why("received", num(share))
	if share < 30 {
		p.against("slow_money", num(share))
	}
	return share
}

// tie: the company comes from the eastern city that is paired with the prefecture.
func (f *fitting) tie(p *Part) int64 {
	if f.c.Origin == "" {
		p.missing("no_origin")
		return unknown
	}
	if f.p.Facts.Partner != "" && strings.HasPrefix(f.c.Origin, f.p.Facts.Partner[:min(4, len(f.p.Facts.Partner))]) {
		p.why("paired")
		return 100
	}
	return 0
}

// fairness: places that accepted few leads come before those that accepted many.
func (f *fitting) fairness(p *Part) int64 {
	n, most := f.p.Facts.Accepted, f.p.Facts.MostLeads
	p.why("accepted", num(n))
	if most == 0 {
		return 100
	}
	return 100 - n*100/most
}

func dayFrom(day string, days int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, days).Format(time.DateOnly)
}
