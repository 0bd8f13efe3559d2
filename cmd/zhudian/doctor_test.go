package main

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
)

// TestNaming: every table that names files is known, so that no file is swept away under a record.
func TestNaming(t *testing.T) {
	d := dbtest.Open(t, db.SQLite)
	derived := map[string]bool{"verify_picture": true, "verify_picture_band": true} // what was read from files
	err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		type column struct {
			Table string `db:"tbl"`
			Name  string `db:"name"`
		}
		list, err := db.All[column](ctx, tx, `SELECT m.name AS tbl, p.name AS name FROM sqlite_master m JOIN pragma_table_info(m.name) p
			WHERE m.type = 'table' AND p.name IN ('blob', 'sha256') ORDER BY m.name`)
		for _, c := range list {
			if naming[c.Table] != c.Name && !derived[c.Table] {
				t.Errorf("%s.%s names files", c.Table, c.Name)
			}
		}
		if len(list) < len(naming) {
			t.Errorf("%d columns, %d are expected", len(list), len(naming))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSweep: only old uploads without a record go.
func TestSweep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if code := run(t.Context(), []string{"migrate", "--data=" + dir}); code != 0 {
		t.Fatal(code)
	}
	store, err := blob.Open(filepath.Join(dir, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-31 * 24 * time.Hour)
	var digests []string
	for _, name := range []string{"old", "new"} {
		m, err := store.Put(t.Context(), picture(t, len(digests)+1), name+".png")
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, m.Digest)
	}
	if err := os.Chtimes(filepath.Join(dir, "blobs", digests[0][:2], digests[0]), old, old); err != nil {
		t.Fatal(err)
	}
	if code := run(t.Context(), []string{"doctor", "--sweep", "--data=" + dir}); code != 0 {
		t.Fatal(code)
	}
	if store.Verify(t.Context(), digests[0]) == nil || store.Verify(t.Context(), digests[1]) != nil {
		t.Error("the old one stays, or the new one went")
	}
}

func picture(t *testing.T, size int) io.Reader {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, size, size))); err != nil {
		t.Fatal(err)
	}
	return &out
}
