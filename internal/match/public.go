package match

import (
	"context"
	"slices"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// StirredSetting is the setting that becomes another with every change of a site, an offer, a picture or a chain. The
// public pages and the stock in memory hold as long as it stays.
const StirredSetting = "match.stirred"

// stir says, in the transaction of the change, that sites or chains are no longer what they were.
func stir(ctx context.Context, tx *db.Tx) error {
	return db.SetSetting(ctx, tx, StirredSetting, tx.ID())
}

// PublicSites gives a part of the sites that the public may see, what changed last first. Nobody needs to be signed in.
func PublicSites(ctx context.Context, tx *db.Tx, in SiteFilter) (Sites, error) {
	in.Published = true
	return partOf(ctx, tx, in)
}

// PublicPlaces gives all of them at once, for a map and for counting.
func PublicPlaces(ctx context.Context, tx *db.Tx, in SiteFilter) ([]Site, error) {
	in.Published = true
	return sites(ctx, tx, in, 0, "", maxOnMap)
}

// PublicSite gives one site of the public ones with what it offers today. A policy is left out until it has passed the
// fair-competition review. Fault: not_found, also for a site that is not public.
func PublicSite(ctx context.Context, tx *db.Tx, id string) (out SiteRecord, err error) {
	if out.Site, err = siteByID(ctx, tx, id); err != nil {
		return out, err
	}
	if !out.Published {
		return SiteRecord{}, absent(fault.New(fault.NotFound, "", "", ""))
	}
	if out.Offers, err = offersOf(ctx, tx, id); err != nil {
		return out, err
	}
	out.Offers = slices.DeleteFunc(valid(out.Offers, tx.Today()), func(o Offer) bool { return o.Kind == "policy" && !o.Reviewed })
	out.Photos, err = photosOf(ctx, tx, id)
	return out, err
}

// PublicPhoto gives a picture of a public site. Fault: not_found.
func PublicPhoto(ctx context.Context, tx *db.Tx, id string) (Photo, error) {
	p, err := db.One[Photo](ctx, tx, `SELECT p.id, p.site_id, p.blob, p.name, p.type, p.size, p.caption, p.at FROM match_photo p JOIN match_site s ON s.id = p.site_id
		WHERE p.id = ? AND s.published`, id)
	return p, absent(err)
}

// PublicNode is a node of a chain that the public may see; Wanted says that no firm stands there yet.
type PublicNode struct {
	Node
	Wanted bool `db:"wanted"`
}

// PublicChain is a chain with its public nodes in their order.
type PublicChain struct {
	Code  string
	Nodes []PublicNode
}

// Wanted counts the nodes where firms are wanted.
func (c PublicChain) Wanted() (n int) {
	for _, x := range c.Nodes {
		if x.Wanted {
			n++
		}
	}
	return n
}

// PublicChains gives the chains in force that have a public node or are led by a public site; in their order.
func PublicChains(ctx context.Context, tx *db.Tx, codes []string, places []Site) ([]PublicChain, error) {
	nodes, err := db.All[PublicNode](ctx, tx, `SELECT `+nodeColumns+`, NOT EXISTS (SELECT 1 FROM match_chain_firm f WHERE f.node_id = n.id AND f.standing = 'present') AS wanted
		FROM match_chain_node n WHERE n.published AND NOT n.dropped ORDER BY n.sort_key, n.id`)
	if err != nil {
		return nil, err
	}
	out := []PublicChain{}
	for _, code := range codes {
		c := PublicChain{Code: code}
		for _, n := range nodes {
			if n.Chain == code {
				c.Nodes = append(c.Nodes, n)
			}
		}
		if len(c.Nodes) > 0 || slices.ContainsFunc(places, func(s Site) bool { return slices.Contains(s.Chains, code) }) {
			out = append(out, c)
		}
	}
	return out, nil
}
