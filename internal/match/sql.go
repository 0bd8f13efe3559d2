package match

import (
	"context"
	"strings"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

func absent(err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "not_found", "没有这一页，或不在您的范围内。", "No such page, or it is outside your scope.")
	}
	return err
}

func siteByID(ctx context.Context, tx *db.Tx, id string) (Site, error) {
	s, err := db.One[Site](ctx, tx, `SELECT `+siteColumns+` FROM match_site s WHERE s.id = ?`, id)
	s.read()
	return s, absent(err)
}

func offerByID(ctx context.Context, tx *db.Tx, id string) (Offer, error) {
	o, err := db.One[Offer](ctx, tx, `SELECT `+offerColumns+` FROM match_offer o WHERE o.id = ?`, id)
	return o, absent(err)
}

func offersOf(ctx context.Context, tx *db.Tx, site string) ([]Offer, error) {
	return db.All[Offer](ctx, tx, `SELECT `+offerColumns+` FROM match_offer o WHERE o.site_id = ? ORDER BY o.kind, o.id`, site)
}

func photosOf(ctx context.Context, tx *db.Tx, site string) ([]Photo, error) {
	return db.All[Photo](ctx, tx, `SELECT id, site_id, blob, name, type, size, caption, at FROM match_photo WHERE site_id = ? ORDER BY at, id`, site)
}

func sites(ctx context.Context, tx *db.Tx, in SiteFilter, at int64, id string, size int) ([]Site, error) {
	where, args := []string{"1 = 1"}, []any{}
	add := func(text string, vs ...any) { where, args = append(where, text), append(args, vs...) }
	if in.Kind != "" {
		add("s.kind = ?", in.Kind)
	}
	if in.Unit != "" {
		add(`EXISTS (SELECT 1 FROM org_scope o WHERE o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ? AND o.node_id = s.unit_id)`, in.Unit, tx.Today(), tx.Today())
	}
	if in.Chain != "" {
		add(`',' || s.chains || ',' LIKE ? ESCAPE '\'`, db.Like(","+in.Chain+","))
	}
	if in.Chemical {
		add("s.chemical")
	}
	if in.Published {
		add("s.published")
	}
	if in.Hall > 0 {
		add(`EXISTS (SELECT 1 FROM match_offer h WHERE h.site_id = s.id AND h.kind = 'hall' AND h.hall >= ? AND (h.valid_until = '' OR h.valid_until >= ?))`, in.Hall, tx.Today())
	}
	if q := strings.TrimSpace(in.Q); q != "" {
		like := db.Like(q)
		add(`(s.name LIKE ? ESCAPE '\' OR s.name_en LIKE ? ESCAPE '\' OR s.product LIKE ? ESCAPE '\')`, like, like, like)
	}
	if id != "" {
		add("(s.updated_at, s.id) < (?, ?)", at, id)
	}
	out, err := db.All[Site](ctx, tx, `SELECT `+siteColumns+` FROM match_site s WHERE `+strings.Join(where, " AND ")+` ORDER BY s.updated_at DESC, s.id DESC LIMIT ?`, append(args, size)...)
	for i := range out {
		out[i].read()
	}
	return out, err
}
