package match

import (
	"context"
	"reflect"
	"testing"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
)

// TestStock: the stock in memory is brought up to date by reading what changed alone, and is then what a fresh reading
// gives; one that somebody still works with does not change under them.
func TestStock(t *testing.T) {
	site := func(id string) Site {
		return Site{ID: id, Kind: "park", Unit: "520602", Name: id, ChainsText: "data", Source: "x", AsOf: today, Version: 1}
	}
	offer := func(id, site string, price int64) Offer {
		return Offer{ID: id, Site: site, Kind: "hall", Hall: 100, Price: price, Source: "x", AsOf: today, Version: 1}
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		kept := &Service{DB: d}
		read := func(s *Service) (out *stock) {
			t.Helper()
			if err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
				out, err = s.stock(ctx, tx)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return out
		}
		var before *stock
		for _, x := range []struct {
			name   string
			change func(ctx context.Context, tx *db.Tx) error
			sites  int
			rent   int64
		}{
			{"the first ones", func(ctx context.Context, tx *db.Tx) error {
				if err := db.Insert(ctx, tx, "match_site", []Site{site("b"), site("d")}); err != nil {
					return err
				}
				return db.Insert(ctx, tx, "match_offer", []Offer{offer("b1", "b", 100), offer("b2", "b", 200), offer("d1", "d", 300)})
			}, 2, 200},
			{"a site between the others", func(ctx context.Context, tx *db.Tx) error { return db.Insert(ctx, tx, "match_site", site("c")) }, 3, 200},
			{"a dearer offer", func(ctx context.Context, tx *db.Tx) error {
				return db.Do(ctx, tx, `UPDATE match_offer SET price = 900, version = version + 1 WHERE id = 'b2'`)
			}, 3, 300},
			{"an offer that ended at a site that was renamed", func(ctx context.Context, tx *db.Tx) error {
				if err := db.Do(ctx, tx, `UPDATE match_offer SET valid_until = '2020-01-01', version = version + 1 WHERE id = 'd1'`); err != nil {
					return err
				}
				return db.Do(ctx, tx, `UPDATE match_site SET name = 'other', version = version + 1 WHERE id = 'd'`)
			}, 3, 900},
			{"nothing", func(context.Context, *db.Tx) error { return nil }, 3, 900},
		} {
			if err := d.Write(audit.With(context.Background(), audit.System("520000")), func(ctx context.Context, tx *db.Tx) error {
				if err := x.change(ctx, tx); err != nil {
					return err
				}
				return stir(ctx, tx)
			}); err != nil {
				t.Fatal(err)
			}
			got, want := read(kept), read(&Service{DB: d})
			if !reflect.DeepEqual(got, want) || len(got.sites) != x.sites || got.rent != x.rent {
				t.Errorf("%s: %d sites at %d\n%+v, read anew\n%+v", x.name, len(got.sites), got.rent, got, want)
			}
			if before != nil && &before.sites[0] == &got.sites[0] && x.name != "nothing" {
				t.Errorf("%s: the old stock was changed in place", x.name)
			}
			before = got
		}
		if read(kept) != before {
			t.Error("nothing changed, and yet it was read again")
		}
	})
}
