package match

import (
	"slices"
	"strconv"
	"strings"

	"zhudian/internal/pipeline"
)

// A match is made of rules that anybody can read. First the hard filters: a site that fails one is out, and the filter
// is named. Then the parts of the score, each worth what the weights say: how many points of how many, the offers that
// prove it, what is not known, and what speaks against it. What is not known gives no points and is never taken as a no.

// Case is what is to be placed: a lead, without its company.
type Case struct {
	Needs    pipeline.Needs
	Industry string // with its section letter: C39
	Chain    string
	Origin   string // GB/T 2260 of the city the company comes from
	Today    string
}

// Facts are what is known around a site beside its offers.
type Facts struct {
	Gap        bool   // the chain has a node without a firm
	Wanted     bool   // the county asks for projects of the chain
	Neighbours int64  // firms of the chain that stand in the same prefecture
	Contract   int64  // fen of recognised contracts in its unit
	Received   int64  // fen of recognised funds
	Partner    string // eastern partner of its prefecture
	Accepted   int64  // leads its unit accepted within a year
	MostLeads  int64  // most that any unit accepted
	Rent       int64  // middle of all rents, fen per m² and month
	Power      int64  // middle of all prices of electricity
}

// Place is a site with its valid offers and the facts around it.
type Place struct {
	Site   *Site
	Offers []Offer
	Facts  Facts
}

// Note is a sentence: a key of the catalogue under "match." and what goes into it.
type Note struct {
	Code string   `json:"code"`
	Args []string `json:"args,omitempty"`
}

// Part is one part of the score. Points and Of are tenths of a point.
type Part struct {
	Code     string   `json:"code"`
	Points   int64    `json:"points" doc:"tenths of a point"`
	Of       int64    `json:"of" doc:"tenths of a point"`
	Why      []Note   `json:"why,omitempty"`
	Evidence []string `json:"evidence,omitempty" doc:"ids of offers"`
	Missing  []Note   `json:"missing,omitempty"`
	Against  []Note   `json:"against,omitempty"`
}

// Result is how well a site fits.
type Result struct {
	Site   *Site  `json:"site"`
	Fails  []Note `json:"fails,omitempty"` // hard filters that it does not pass
	Parts  []Part `json:"parts"`
	Points int64  `json:"points" doc:"tenths of a point"`
	Known  int64  `json:"known" doc:"tenths of a point that could be judged at all"`
}

// sewageRank orders the classes of sewage by how much treatment they need.
var sewageRank = map[string]int{"": 0, "domestic": 1, "industrial": 2, "heavy": 3}

const (
	nearKM, farKM = 30, 300 // logistics: full points within, none beyond
	oldDays       = 180     // data older than this is a counter-argument
)

// Match judges one site for one case. It reads nothing but its arguments.
func Match(c Case, p Place, w Weights) Result {
	f := fitting{c: c, p: p, offers: valid(p.Offers, c.Today)}
	out := Result{Site: p.Site, Fails: f.fails(), Parts: make([]Part, 0, len(partCodes))}
	for i, judge := range judges {
		part := Part{Code: partCodes[i], Of: w.Parts[partCodes[i]] * 10}
		share := judge(&f, &part)
		if share < 0 {
			share = 0
		} else {
			out.Known += part.Of
		}
		part.Points = part.Of * share / 100
		out.Points += part.Points
		out.Parts = append(out.Parts, part)
	}
	return out
}

// partCodes are the parts of the score, in the order in which they are shown; judges gives the share of each in per
// cent, below zero when nothing is known.
var (
	partCodes = []string{"chain", "space", "energy", "labour", "logistics", "cost", "neighbours", "policy", "record", "tie", "fairness"}
	judges    = []func(*fitting, *Part) int64{
		(*fitting).chain, (*fitting).space, (*fitting).energy, (*fitting).labour, (*fitting).logistics, (*fitting).cost, (*fitting).neighbours, (*fitting).policy,
		(*fitting).record, (*fitting).tie, (*fitting).fairness,
	}
)

// fitting is one site being judged.
type fitting struct {
	c      Case
	p      Place
	offers []Offer
}

// valid leaves out the offers that have ended.
func valid(offers []Offer, today string) []Offer {
	for _, o := range offers {
		if o.ValidUntil != "" && o.ValidUntil < today {
			return slices.DeleteFunc(slices.Clone(offers), func(o Offer) bool { return o.ValidUntil != "" && o.ValidUntil < today })
		}
	}
	return offers
}

// most gives the largest value of the offers of some kinds, and whether any says one.
func (f *fitting) most(kinds string, value func(*Offer) int64) (best int64, id string) {
	for i := range f.offers {
		o := &f.offers[i]
		if strings.Contains(kinds, o.Kind) && value(o) > best {
			best, id = value(o), o.ID
		}
	}
	return best, id
}

func (f *fitting) has(kind string) bool {
	for i := range f.offers {
		if f.offers[i].Kind == kind {
			return true
		}
	}
	return false
}

// fails names every hard filter that the site does not pass. What the site does not say fails nothing.
func (f *fitting) fails() []Note {
	n, s := f.c.Needs, f.p.Site
	var out []Note
	fail := func(filter string, need, have int64) {
		out = append(out, Note{"fail." + filter, []string{num(need), num(have)}})
	}
	if n.Chemical && !s.Chemical {
		out = append(out, Note{Code: "fail.chemical"})
	}
	if f.banned() {
		out = append(out, Note{"fail.industry", []string{f.c.Industry}})
	}
	for _, x := range []struct {
		filter, kinds string
		need          int64
		value         func(*Offer) int64
	}{
		{"height", "hall", n.Height, func(o *Offer) int64 { return o.Height }},
		{"load", "hall", n.Load, func(o *Offer) int64 { return o.Load }},
		{"power", "hall energy", n.Power, func(o *Offer) int64 { return o.Power }},
		{"steam", "hall energy", n.Steam, func(o *Offer) int64 { return o.Steam }},
		{"land", "land", n.Land, func(o *Offer) int64 { return o.Land }},
	} {
		if have, id := f.most(x.kinds, x.value); x.need > 0 && id != "" && have < x.need {
			fail(x.filter, x.need, have)
		}
	}
	if area, named := f.halls(); n.Hall > 0 && named && area < n.Hall {
		fail("hall", n.Hall, area)
	}
	if class, said := f.sewage(); n.Sewage != "" && said && sewageRank[class] < sewageRank[n.Sewage] {
		out = append(out, Note{"fail.sewage", []string{n.Sewage, class}})
	}
	return out
}

// banned reports whether the site must not take the industry, or a wider one above it.
func (f *fitting) banned() bool {
	bare := strings.TrimLeft(f.c.Industry, "ABCDEFGHIJKLMNOPQRST")
	for _, b := range f.p.Site.Banned {
		if bare != "" && strings.HasPrefix(bare, b) {
			return true
		}
	}
	return false
}

// halls sums the floor of the halls that are high and strong enough, as far as they say so; named is false when the
// site names no hall.
func (f *fitting) halls() (area int64, named bool) {
	n := f.c.Needs
	for i := range f.offers {
		o := &f.offers[i]
		if o.Kind != "hall" {
			continue
		}
		named = true
		if (o.Height == 0 || o.Height >= n.Height) && (o.Load == 0 || o.Load >= n.Load) {
			area += o.Hall
		}
	}
	return area, named
}

// sewage is the worst class the site takes.
func (f *fitting) sewage() (class string, said bool) {
	for i := range f.offers {
		if o := &f.offers[i]; sewageRank[o.Sewage] > sewageRank[class] {
			class, said = o.Sewage, true
		}
	}
	return class, said
}

func num(n int64) string { return strconv.FormatInt(n, 10) }
