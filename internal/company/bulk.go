package company

import (
	"context"
	"encoding/json"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// bulk is a load that has the library to itself: what only readers need is made after the last row.
type bulk struct {
	s      *Service
	in     Import
	first  int64 // the last number before it
	settle func() error
}

// indexSetting keeps the indexes that a load took away, as the statements that make them.
const indexSetting = "company.indexes"

// beginBulk marks the search index as behind and, where the file is larger than the library, takes the indexes away
// that a load does not ask; nil when the import is no such load. A load that is cut short leaves both marks, and
// Refresh makes everything whole.
func (s *Service) beginBulk(ctx context.Context, in Import) (*bulk, error) {
	if !in.Bulk || in.DryRun {
		return nil, nil
	}
	b := &bulk{s: s, in: in}
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if b.first, err = db.One[int64](ctx, tx, `SELECT last FROM company_number`); err != nil {
			return err
		}
		const rowBytes = 400 // of a table, about
		if many := int64(20_000); in.Size/rowBytes > max(many, b.first) {
			if err := dropIndexes(ctx, tx); err != nil {
				return err
			}
		}
		return db.SetSetting(ctx, tx, searchSetting, "behind")
	})
	if err != nil {
		return nil, err
	}
	b.settle, err = s.DB.Roomy(ctx)
	return b, err
}

// end makes what the load left for later.
func (b *bulk) end(ctx context.Context) error {
	if b == nil {
		return nil
	}
	if err := b.s.index(ctx, b.in.Source, b.first, b.in.Indexing); err != nil {
		return err
	}
	if err := b.s.DB.Write(ctx, buildIndexes); err != nil {
		return err
	}
	return b.settle()
}

func dropIndexes(ctx context.Context, tx *db.Tx) error {
	text := `SELECT name, sql AS text FROM sqlite_master WHERE type = 'index' AND name IN `
	if tx.Engine() == db.Postgres {
		text = `SELECT indexname AS name, indexdef AS text FROM pg_indexes WHERE schemaname = current_schema() AND indexname IN `
	}
	type index struct {
		Name string `db:"name"`
		Text string `db:"text"`
	}
	idle := []string{"company_company_key", "company_company_sort", "company_company_city", "company_company_section", "company_company_typed", "company_company_address"}
	list, err := db.All[index](ctx, tx, text+db.In(len(idle)), db.Args(idle)...)
	if err != nil || len(list) == 0 {
		return err
	}
	var texts []string
	for _, x := range list {
		texts = append(texts, x.Text)
		if _, err := db.Exec(ctx, tx, `DROP INDEX `+x.Name); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(texts)
	if err != nil {
		return fault.Wrap(err, "keep the indexes")
	}
	return db.SetSetting(ctx, tx, indexSetting, string(raw))
}

// buildIndexes makes the indexes again that a load took away.
func buildIndexes(ctx context.Context, tx *db.Tx) error {
	raw, err := db.Setting(ctx, tx, indexSetting)
	if err != nil || raw == "" {
		return err
	}
	var list []string
	if err := json.Unmarshal([]byte(raw), &list); err != nil {
		return fault.Wrap(err, "read the indexes")
	}
	for _, text := range list {
		if _, err := db.Exec(ctx, tx, text); err != nil {
			return err
		}
	}
	return db.SetSetting(ctx, tx, indexSetting, "")
}
