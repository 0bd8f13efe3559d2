package db_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
)

// own are the tables that an engine makes again from the rest.
func own(table string) bool {
	return strings.HasPrefix(table, "sqlite_") || strings.HasPrefix(table, "company_search") || table == "db_migration"
}

// TestDump_wholeSchema: every column of every table is in a dump, in either engine, so that nothing is lost on the way to another place.
func TestDump_wholeSchema(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		type column struct {
			Table string `db:"t"`
			Name  string `db:"c"`
		}
		query := `SELECT m.name AS t, p.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'`
		if d.Engine() == db.Postgres {
			query = `SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = current_schema()`
		}
		err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			var text bytes.Buffer
			if _, err := db.Dump(ctx, tx, &text); err != nil {
				return err
			}
			dumped := map[string][]string{}
			for dec := json.NewDecoder(&text); dec.More(); {
				var l db.Line
				if err := dec.Decode(&l); err != nil {
					return err
				}
				if l.Columns != nil {
					dumped[l.Table] = l.Columns
				}
			}
			made, err := db.All[column](ctx, tx, query)
			for _, c := range made {
				if !own(c.Table) && !slices.Contains(dumped[c.Table], c.Name) {
					t.Errorf("%s.%s is not in the dump", c.Table, c.Name)
				}
			}
			if len(made) < 500 {
				t.Errorf("only %d columns in the schema", len(made))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
