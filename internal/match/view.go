package match

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

// sight is what the pages show beside their records: names and choices.
type sight struct {
	lang   string
	who    audit.Actor
	dir    *org.Directory
	people map[string]string
	firms  map[string]company.Brief
	sites  map[string]Site
}

// seen names what a page needs names of.
type seen struct{ people, firms, sites []string }

func (s *Service) sight(ctx context.Context, x seen) (*sight, error) {
	v := &sight{lang: web.Lang(ctx), sites: map[string]Site{}}
	v.who, _ = audit.Who(ctx)
	return v, s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if v.dir, err = org.Open(ctx, tx); err != nil {
			return err
		}
		if v.people, err = auth.Names(ctx, tx, x.people); err != nil {
			return err
		}
		if v.firms, err = company.Briefs(ctx, tx, x.firms); err != nil {
			return err
		}
		x.sites = slices.DeleteFunc(x.sites, func(id string) bool { return id == "" })
		if len(x.sites) == 0 {
			return nil
		}
		return db.Each(ctx, tx, `SELECT `+siteColumns+` FROM match_site s WHERE s.id IN `+db.In(len(x.sites)), db.Args(x.sites), func(site Site) error {
			site.read()
			v.sites[site.ID] = site
			return nil
		})
	})
}

func (v *sight) unit(code string) string  { return v.dir.UnitName(code, v.lang) }
func (v *sight) firm(id string) string    { return v.firms[id].Name }
func (v *sight) chain(code string) string { return v.dir.CodeName("chain", code, v.lang) }

func (v *sight) person(id string) string { return cmp.Or(v.people[id], web.Nil) }

func (v *sight) industry(code string) string {
	return v.dir.IndustryName(strings.TrimLeft(code, "ABCDEFGHIJKLMNOPQRST"), v.lang)
}

func (v *sight) chains(codes []string) string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = v.chain(c)
	}
	return strings.Join(out, web.Text(v.lang, "site.and"))
}

// chainChoices are the chains in force, under a first choice of none.
func (v *sight) chainChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "site.any")}}
	for _, c := range v.dir.Codes("chain", web.Today(ctx)) {
		out = append(out, web.Choice{Value: c.Code, Text: c.Title(v.lang)})
	}
	return out
}

// cityChoices are the prefectures, under a first choice of all.
func (v *sight) cityChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "site.any")}}
	for _, u := range v.dir.Units(web.Today(ctx)) {
		if u.Kind == org.City {
			out = append(out, web.Choice{Value: u.Code, Text: u.Title(v.lang)})
		}
	}
	return out
}

// unitChoice is the unit that a form holds already, for its picker.
func (v *sight) unitChoice(state web.FormState) []web.Choice {
	if code := state.Value("unit"); code != "" {
		return []web.Choice{{Value: code, Text: v.unit(code)}}
	}
	return nil
}

// Count shows a number, and nothing said as such.
func Count(n int64) string {
	if n == 0 {
		return web.Nil
	}
	return web.Int(n)
}

// Rent shows fen per m² and month in yuan.
func Rent(fen int64) string {
	if fen == 0 {
		return web.Nil
	}
	return web.Fixed(fen, 2, 2)
}

// tenths shows points.
func tenths(n int64) string { return web.Fixed(n, 1, 1) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// PriceOf words the price of an offer in the unit of its kind.
func PriceOf(ctx context.Context, o Offer) string {
	if o.Price == 0 {
		return web.Nil
	}
	p := prices[o.Kind]
	return web.Fixed(o.Price, p.scale, max(2, p.scale%6)) + " " + web.T(ctx, "site.price_unit."+o.Kind)
}

// NumbersOf words what an offer holds, one part for each number.
func NumbersOf(ctx context.Context, o Offer) string {
	var out []string
	for _, b := range bounds {
		if v := *b.of(&o); v > 0 {
			key := "lead.need."
			unit := "lead.need_unit."
			if b.field == "distance" {
				key, unit = "site.", "site.unit."
			}
			out = append(out, web.T(ctx, key+b.field)+" "+web.Int(v)+" "+web.T(ctx, unit+b.field))
		}
	}
	if o.Sewage != "" {
		out = append(out, web.T(ctx, "lead.sewage."+o.Sewage))
	}
	if o.Kind == "policy" {
		key := "site.unreviewed"
		if o.Reviewed {
			key = "site.reviewed"
		}
		out = append(out, web.T(ctx, key))
	}
	return strings.Join(out, " · ")
}

// SpanOf words the days on which an offer stands.
func SpanOf(ctx context.Context, o Offer) string {
	switch {
	case o.FreeFrom == "" && o.ValidUntil == "":
		return web.Nil
	case o.ValidUntil == "":
		return web.T(ctx, "site.from_day", o.FreeFrom)
	case o.FreeFrom == "":
		return web.T(ctx, "site.until_day", o.ValidUntil)
	}
	return o.FreeFrom + " – " + o.ValidUntil
}

// say words a note of a match; codes of lists are put into words first.
func (v *sight) say(ctx context.Context, n Note) string {
	args := make([]any, len(n.Args))
	for i, a := range n.Args {
		switch {
		case strings.HasPrefix(n.Code, "chain."):
			a = v.chain(a)
		case n.Code == "fail.industry":
			a = v.industry(a)
		case n.Code == "fail.sewage":
			a = web.T(ctx, "lead.sewage."+a)
		case strings.HasPrefix(n.Code, "rent."):
			a = scaled(a, 2, 2)
		case n.Code == "power.price":
			a = scaled(a, 4, 4)
		case n.Code != "old":
			a = scaled(a, 0, 0)
		}
		args[i] = a
	}
	return web.T(ctx, "match.say."+n.Code, args...)
}

func scaled(text string, scale, decimals int) string {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return text
	}
	return web.Fixed(n, scale, decimals)
}

func (v *sight) sayAll(ctx context.Context, list []Note) string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = v.say(ctx, n)
	}
	return strings.Join(out, web.T(ctx, "match.also"))
}
