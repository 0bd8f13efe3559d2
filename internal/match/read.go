package match

import (
	"context"
	"strconv"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// SiteFilter narrows a list of sites.
type SiteFilter struct {
	Q         string `json:"q,omitempty" maxLength:"100" doc:"in the name or the single product"`
	Kind      string `json:"kind,omitempty" enum:"park,platform,town,county"`
	Unit      string `json:"unit,omitempty" maxLength:"32" doc:"of this unit or one under it"`
	Chain     string `json:"chain,omitempty" maxLength:"40" doc:"leading industry chain"`
	Chemical  bool   `json:"chemical,omitempty" doc:"only qualified chemical parks"`
	Published bool   `json:"published,omitempty" doc:"only what the public may see"`
	Hall      int64  `json:"hall,omitempty" minimum:"0" doc:"with a hall of at least so many m²"`
	db.Page
}

// Sites is a part of a list; Next is the cursor of the following part.
type Sites struct {
	Items []Listed `json:"items"`
	Next  string   `json:"next,omitempty"`
}

// Listed is a site in a list, with the sums of its valid offers.
type Listed struct {
	Site
	Offers int64 `json:"offers"`
	Hall   int64 `json:"hall,omitempty"`  // m² in all halls
	Rent   int64 `json:"rent,omitempty"`  // lowest, fen per m² and month
	Land   int64 `json:"land,omitempty"`  // mu
	Power  int64 `json:"power,omitempty"` // largest, kVA
}

// ListSites gives the sites, what changed last first. Every member of the staff sees all of them.
func (s *Service) ListSites(ctx context.Context, in SiteFilter) (out Sites, err error) {
	if _, err := audit.Require(ctx, "site.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = partOf(ctx, tx, in)
		return err
	})
	return out, err
}

// partOf gives the part of a list that its page asks for.
func partOf(ctx context.Context, tx *db.Tx, in SiteFilter) (out Sites, err error) {
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	at, id, err := microsKey(in.Page)
	if err != nil {
		return out, err
	}
	found, err := sites(ctx, tx, in, at, id, size+1)
	if err != nil {
		return out, err
	}
	if len(found) > size {
		found = found[:size]
		out.Next = db.Cursor(strconv.FormatInt(found[size-1].UpdatedAt, 10), found[size-1].ID)
	}
	out.Items, err = listed(ctx, tx, found)
	return out, err
}

// microsKey reads the cursor of a list ordered by an instant and an id.
func microsKey(p db.Page) (at int64, id string, err error) {
	key, err := p.Keys(2)
	if err != nil || key == nil {
		return 0, "", err
	}
	if at, err = strconv.ParseInt(key[0], 10, 64); err != nil {
		return 0, "", fault.New(fault.Malformed, "bad_cursor", "翻页位置无效。", "The cursor is not valid.").Because(err)
	}
	return at, key[1], nil
}

// listed adds the sums of the valid offers.
func listed(ctx context.Context, tx *db.Tx, found []Site) ([]Listed, error) {
	out, at, ids := []Listed{}, map[string]int{}, []string{}
	for i, s := range found {
		out, ids = append(out, Listed{Site: s}), append(ids, s.ID)
		at[s.ID] = i
	}
	if len(ids) == 0 {
		return out, nil
	}
	type sum struct {
		Site  string `db:"site_id"`
		N     int64  `db:"n"`
		Hall  int64  `db:"hall"`
		Rent  int64  `db:"rent"`
		Land  int64  `db:"land"`
		Power int64  `db:"power"`
	}
	err := db.Each(ctx, tx, `SELECT o.site_id, CAST(count(*) AS BIGINT) AS n, CAST(sum(o.hall) AS BIGINT) AS hall,
		CAST(coalesce(min(CASE WHEN o.kind = 'hall' AND o.price > 0 THEN o.price END), 0) AS BIGINT) AS rent, CAST(sum(o.land) AS BIGINT) AS land, CAST(max(o.power) AS BIGINT) AS power
		FROM match_offer o WHERE o.site_id IN `+db.In(len(ids))+` AND (o.valid_until = '' OR o.valid_until >= ?) GROUP BY o.site_id`, append(db.Args(ids), tx.Today()), func(x sum) error {
		l := &out[at[x.Site]]
		l.Offers, l.Hall, l.Rent, l.Land, l.Power = x.N, x.Hall, x.Rent, x.Land, x.Power
		return nil
	})
	return out, err
}

// ByID names a record.
type ByID struct {
	ID string `path:"id" json:"id"`
}

// SiteRecord is a site with everything about it.
type SiteRecord struct {
	Site
	Offers []Offer `json:"offers"`
	Photos []Photo `json:"photos"`
	Own    bool    `json:"own"` // the actor may change it
}

// GetSite gives one site. Fault: not_found.
func (s *Service) GetSite(ctx context.Context, in ByID) (out SiteRecord, err error) {
	who, err := audit.Require(ctx, "site.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out.Site, err = siteByID(ctx, tx, in.ID); err != nil {
			return err
		}
		if out.Offers, err = offersOf(ctx, tx, in.ID); err != nil {
			return err
		}
		if out.Photos, err = photosOf(ctx, tx, in.ID); err != nil {
			return err
		}
		if who.May("site.edit") {
			out.Own, err = org.InScope(ctx, tx, who.Node, out.Unit)
		}
		return err
	})
	return out, err
}

// OfferFilter asks for the offers of a site.
type OfferFilter struct {
	Site string `json:"site" maxLength:"40"`
}

// Offers are the offers of a site.
type Offers struct {
	Items []Offer `json:"items"`
}

// ListOffers gives the offers of one site. Fault: not_found.
func (s *Service) ListOffers(ctx context.Context, in OfferFilter) (out Offers, err error) {
	rec, err := s.GetSite(ctx, ByID{in.Site})
	return Offers{Items: rec.Offers}, err
}

// GetOffer gives one offer. Fault: not_found.
func (s *Service) GetOffer(ctx context.Context, in ByID) (out Offer, err error) {
	if _, err := audit.Require(ctx, "site.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = offerByID(ctx, tx, in.ID)
		return err
	})
	return out, err
}
