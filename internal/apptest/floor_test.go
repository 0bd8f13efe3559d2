package apptest_test

import (
	"bytes"
	"context"
	"database/sql" //nolint:depguard // the floor is what one writes without package db
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The floor is what the same machine does when an import, a list and a visit are written by hand for nothing else: SQLite
// as safe as ours, a token, unique names, an index of character pairs to search in, one visit a day. No checks of the
// cells, no scope, no audit, no claim, no ledger. A bound, not a product.
type floor struct {
	db     *sql.DB
	visits chan *floorVisit
}

type floorVisit struct {
	ID, Company, Day, Said string
	done                   chan error
}

func newFloor(b *testing.B) *floor {
	b.Helper()
	d, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "floor.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })
	for _, text := range []string{
		`CREATE TABLE firm (id INTEGER PRIMARY KEY, name TEXT UNIQUE, capital TEXT, province TEXT, city TEXT, address TEXT, county TEXT)`,
		`CREATE INDEX firm_county ON firm (county, id)`,
		`CREATE VIRTUAL TABLE firm_find USING fts5 (tok, content = '', columnsize = 0)`,
		`CREATE TABLE visit (id TEXT PRIMARY KEY, company TEXT, day TEXT, said TEXT, UNIQUE (company, day))`,
		`CREATE TABLE token (secret TEXT PRIMARY KEY, county TEXT)`, `INSERT INTO token VALUES ('secret', '520602')`,
	} {
		if _, err := d.Exec(text); err != nil {
			b.Fatal(err)
		}
	}
	return &floor{db: d, visits: make(chan *floorVisit, 1024)}
}

func (f *floor) load(b *testing.B, raw []byte) {
	b.Helper()
	tx, err := f.db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	put, err := tx.Prepare(`INSERT INTO firm (name, capital, province, city, address, county) VALUES (?,?,?,?,?,'520602') ON CONFLICT DO NOTHING`)
	if err != nil {
		b.Fatal(err)
	}
	find, err := tx.Prepare(`INSERT INTO firm_find (rowid, tok) VALUES (?, ?)`)
	if err != nil {
		b.Fatal(err)
	}
	rows := csv.NewReader(bytes.NewReader(raw))
	for n := 0; ; n++ {
		r, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && n > 0 {
			_, err = put.Exec(r[0], r[1], r[2], r[3], r[4])
			var pairs strings.Builder
			for name := []rune(r[0]); len(name) > 1; name = name[1:] {
				pairs.WriteString(string(name[:2]) + " ")
			}
			if err == nil {
				_, err = find.Exec(n, pairs.String())
			}
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}

// write commits together what waits together.
func (f *floor) write(ctx context.Context) {
	for {
		var group []*floorVisit
		select {
		case <-ctx.Done():
			return
		case v := <-f.visits:
			group = append(group, v)
		}
		for more := true; more; {
			select {
			case v := <-f.visits:
				group = append(group, v)
			default:
				more = false
			}
		}
		tx, err := f.db.Begin()
		for _, v := range group {
			if err == nil {
				_, err = tx.Exec(`INSERT INTO visit (id, company, day, said) VALUES (?,?,?,?)`, v.ID, v.Company, v.Day, v.Said)
			}
		}
		if err == nil {
			err = tx.Commit()
		}
		for _, v := range group {
			v.done <- err
		}
	}
}

func (f *floor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var county string
	if err := f.db.QueryRowContext(r.Context(), `SELECT county FROM token WHERE secret = ?`, r.Header.Get("Authorization")).Scan(&county); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodPost {
		v := &floorVisit{done: make(chan error, 1)}
		if err := json.NewDecoder(r.Body).Decode(v); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		f.visits <- v
		if err := <-v.done; err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(map[string]string{"id": v.ID})
		return
	}
	rows, err := f.db.QueryContext(r.Context(), `SELECT id, name, capital, province, city, address FROM firm WHERE county = ? ORDER BY id DESC LIMIT 50`, county)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer func() { _ = rows.Close() }()
	type firm struct {
		ID                                     int64
		Name, Capital, Province, City, Address string
	}
	var out []firm
	for rows.Next() {
		var x firm
		if err := rows.Scan(&x.ID, &x.Name, &x.Capital, &x.Province, &x.City, &x.Address); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		out = append(out, x)
	}
	if rows.Err() == nil {
		_ = json.NewEncoder(w).Encode(out)
	}
}

// BenchmarkFloor measures the floor beside which the other numbers stand.
func BenchmarkFloor(b *testing.B) {
	f := newFloor(b)
	ctx, stop := context.WithCancel(context.Background())
	b.Cleanup(stop)
	go f.write(ctx)
	server := httptest.NewServer(f)
	b.Cleanup(server.Close)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchClients}}
	ask := func(b *testing.B, method, body string, want int) {
		r, _ := http.NewRequest(method, server.URL, strings.NewReader(body))
		r.Header.Set("Authorization", "secret")
		res, err := client.Do(r)
		if err != nil {
			b.Error(err)
			return
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.StatusCode != want {
			b.Error(res.Status)
		}
	}
	b.Run("import", func(b *testing.B) {
		raw := thousands(100_000)
		for b.Loop() {
			begin := time.Now()
			newFloor(b).load(b, raw)
			b.ReportMetric(100_000/time.Since(begin).Seconds(), "rows/s")
		}
	})
	f.load(b, thousands(100_000))
	b.Run("list", func(b *testing.B) {
		together(b, func(_, _ int) { ask(b, "GET", "", http.StatusOK) })
	})
	var next atomic.Int64
	b.Run("visit", func(b *testing.B) {
		together(b, func(_, _ int) {
			ask(b, "POST", fmt.Sprintf(`{"ID":"%d","Company":"%[1]d","Day":"2020-12-15","Said":"谈了厂房和用电"}`, next.Add(1)), http.StatusCreated)
		})
	})
}
