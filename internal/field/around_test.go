package field_test

import (
	"context"
	"testing"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/field"
	"zhudian/internal/org"
)

// The library shows of visits only what the person may see.
func TestAround(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			if err := org.Load(ctx, tx); err != nil {
				return err
			}
			for _, v := range []field.Visit{
				{ID: "1", Node: "520602", Company: "a", Day: "2020-12-01", Intent: "B"},
				{ID: "2", Node: "520602", Company: "a", Day: "2020-12-09", Intent: "A"},
				{ID: "3", Node: "520603", Company: "a", Day: "2020-12-10", Intent: "D"},
				{ID: "4", Node: "520603", Company: "b", Day: "2020-11-10", Intent: "C"},
			} {
				v.Kind, v.Way = "enterprise", "onsite"
				if err := db.Insert(ctx, tx, "field_visit", v); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		s := &field.Service{DB: d}
		for _, c := range []struct {
			node, deny string
			a, b       int64
			last       string
		}{{"520602", "", 2, 0, "2020-12-09"}, {"520600", "", 3, 1, "2020-12-10"}, {"520100", "", 0, 0, ""}, {"520600", "visit.read", 0, 0, ""}} {
			ctx := audit.With(context.Background(), audit.Actor{Person: "p", Node: c.node, Can: func(p string) bool { return p != c.deny }})
			got, err := s.Around(ctx, []string{"a", "b", "nobody"})
			if err != nil || got["a"].Visits != c.a || got["b"].Visits != c.b || got["a"].Last != c.last {
				t.Errorf("%+v: %+v %v", c, got, err)
			}
		}
	})
}
