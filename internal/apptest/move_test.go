package apptest_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/field"
	"zhudian/internal/verify"
)

// said is what a place says of itself: its figures from every book and the heads of its chains. Two places with the
// same records say the same bytes.
func said(t *testing.T, p place, flags ...string) string {
	t.Helper()
	var b strings.Builder
	for _, book := range []string{"filed", "reviewed", "recognised"} {
		for _, by := range []string{"", "county,team,industry"} {
			args := append([]string{"figures", "--through", "2020-12-31", "--format", "json", "--book", book}, flags...)
			if by != "" {
				args = append(args, "--by", by)
			}
			b.WriteString(zhudian(t, p, args...))
		}
	}
	return b.String()
}

// saidAll adds the heads of the chains of ledger and audit trail.
func saidAll(t *testing.T, p place) string {
	t.Helper()
	return said(t, p, "--known", "2026-01-01") + zhudian(t, p, "ledger", "verify") + zhudian(t, p, "audit", "verify")
}

func newPlace(t *testing.T, engine db.Engine) place {
	t.Helper()
	return place{dir: t.TempDir(), dsn: dbtest.EmptyDSN(t, engine)}
}

// worldWithEvidence is a world with a visit whose picture is its evidence, and a contract that passed two reviews.
func worldWithEvidence(t testing.TB, engine db.Engine) (w *apptest.World, digest string) {
	t.Helper()
	w = apptest.Open(t, engine)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	meta, err := w.Files.Put(t.Context(), &picture, "现场.png")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Field.RecordVisit(w.As("officer"), field.Record{
		Team: "shenzhen.520602", Company: w.ID["company"], Day: "2020-12-14", Way: "onsite", Said: "看了车间和装配线，谈了用地。", Intent: "B",
		Evidence: []verify.Evidence{{Blob: meta.Digest, Name: meta.Name, Type: meta.Type.MIME(), Size: meta.Size}},
	})
	if err != nil {
		t.Fatal(err)
	}
	pass(t, w, "contract/", "city", "province")
	return w, meta.Digest
}

// pass lets reviewers pass the claim of the project.
func pass(t testing.TB, w *apptest.World, kind string, reviewers ...string) {
	t.Helper()
	for _, login := range reviewers {
		var c verify.Claim
		var hash string
		err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) (err error) {
			if c, _, err = verify.ClaimOf(ctx, tx, kind+w.ID["project"]); err == nil {
				hash, err = db.One[string](ctx, tx, `SELECT content_hash FROM verify_round WHERE claim_id = ? AND round = ?`, c.ID, c.Round)
			}
			return err
		})
		if err == nil {
			_, err = w.Verify.Decide(w.As(login), verify.Decision{Claim: c.ID, Verdict: "pass", ContentHash: hash})
		}
		if err != nil {
			t.Fatalf("%s passes the claim: %v", login, err)
		}
	}
}

// TestMove_engines carries everything from each engine to each, the other and itself: figures and chain heads are the same bytes,
// search finds what it found, and the evidence is there.
func TestMove_engines(t *testing.T) {
	for _, from := range dbtest.Engines {
		t.Run("from "+string(from), func(t *testing.T) { moves(t, from) })
	}
}

func moves(t *testing.T, from db.Engine) {
	w, digest := worldWithEvidence(t, from)
	want := saidAll(t, placeOf(w))
	if !strings.Contains(want, "1850000000") {
		t.Fatalf("the contract is not among the figures:\n%.2000s", want)
	}
	file := filepath.Join(t.TempDir(), "all.jsonl")
	zhudian(t, placeOf(w), "export", file)
	for _, to := range dbtest.Engines {
		t.Run("to "+string(to), func(t *testing.T) {
			p := newPlace(t, to)
			zhudian(t, p, "import", "all", file)
			if got := saidAll(t, p); got != want {
				t.Errorf("the copy says\n%.3000s\nwant\n%.3000s", got, want)
			}
			raw, err := os.ReadFile(filepath.Join(p.dir, "blobs", digest[:2], digest))
			if err != nil || len(raw) == 0 {
				t.Errorf("the evidence is not there: %v", err)
			}
			again := filepath.Join(t.TempDir(), "again.jsonl")
			zhudian(t, p, "export", again)
			if a, b := read(t, file), read(t, again); a != b {
				t.Error("an export of the copy differs from the export it came from")
			}
			zhudian(t, p, "doctor")
			refused(t, p, "not_empty", "import", "all", file)
			found(t, p, "测试精密")
		})
	}
}

func read(t testing.TB, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// found asks a server on the place for a company by part of its name.
func found(t *testing.T, p place, part string) {
	t.Helper()
	secret := strings.TrimSpace(zhudian(t, p, "user", "token", "officer"))
	s := serve(t, p)
	defer s.kill()
	r, err := http.NewRequest("GET", s.url+"/api/v1/companies?q="+apptest.Path(part), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	_, _ = body.ReadFrom(res.Body)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || !strings.Contains(body.String(), part) {
		t.Errorf("search for %s: %d %s", part, res.StatusCode, &body)
	}
}

// TestBackup_whileWriting backs up beside writers and restores: whatever was acknowledged before the backup began is in it, and
// the copy says of that moment what the original says.
func TestBackup_whileWriting(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		stop, stopped := make(chan struct{}), make(chan error, 1)
		began := make(chan struct{})
		go func() { stopped <- visits(w, began, stop) }()
		select {
		case <-began:
		case err := <-stopped:
			t.Fatal(err)
		}
		known := w.Clock.Now().Add(-time.Second).Format(time.RFC3339) // recorded before the backup began
		file := filepath.Join(t.TempDir(), "backup.tar.gz")
		zhudian(t, placeOf(w), "backup", file)
		close(stop)
		if err := <-stopped; err != nil {
			t.Fatal(err)
		}
		want := said(t, placeOf(w), "--known", known)
		if strings.Contains(want, `"value":0,"n":0`) && !strings.Contains(want, "visit") {
			t.Fatalf("nothing to compare:\n%.1000s", want)
		}

		p := newPlace(t, w.DB.Engine())
		if p.dsn != "" && !db.IsPostgres(p.dsn) {
			p.dsn = "" // the folder's own file
		}
		zhudian(t, p, "restore", file)
		if got := said(t, p, "--known", known); got != want {
			t.Errorf("the copy says\n%.3000s\nwant\n%.3000s", got, want)
		}
		zhudian(t, p, "doctor")
		refused(t, p, "not_empty", "restore", file)
		damage(t, file)
	})
}

// TestRestore_elsewhere: a backup of SQLite is no backup of PostgreSQL, and says so; a database that was migrated and is
// empty takes what is brought in.
func TestRestore_elsewhere(t *testing.T) {
	w, _ := worldWithEvidence(t, db.SQLite)
	file := filepath.Join(t.TempDir(), "backup.tar.gz")
	zhudian(t, placeOf(w), "backup", file)
	refused(t, newPlace(t, db.Postgres), "backup_of_sqlite", "restore", file)

	pg, digest := worldWithEvidence(t, db.Postgres)
	want := saidAll(t, placeOf(pg))
	file = filepath.Join(t.TempDir(), "other.tar.gz")
	zhudian(t, placeOf(pg), "backup", file)
	p := newPlace(t, db.Postgres)
	zhudian(t, p, "migrate")
	p.dir = t.TempDir() // restore wants a folder of its own
	zhudian(t, p, "restore", file)
	if got := saidAll(t, p); got != want {
		t.Errorf("the copy says\n%.2000s\nwant\n%.2000s", got, want)
	}
	if _, err := os.Stat(filepath.Join(p.dir, "blobs", digest[:2], digest)); err != nil {
		t.Errorf("the evidence is not there: %v", err)
	}
}

// visits records visits, a second of the world's clock apart, until it is told to stop; began closes after the tenth.
func visits(w *apptest.World, began, stop chan struct{}) error {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return nil
		default:
		}
		w.Clock.Set(w.Clock.Now().Add(time.Second))
		firm, err := w.Company.Create(w.As("officer"), company.Create{Facts: company.Facts{Name: fmt.Sprintf("备份试验第%d有限公司", n), Region: "440305"}})
		if err == nil {
			_, err = w.Field.RecordVisit(w.As("officer"), field.Record{Team: "shenzhen.520602", Company: firm.ID, Day: "2020-12-15", Way: "onsite", Said: "谈了搬迁的时间和条件。", Intent: "C"})
		}
		if err != nil {
			return err
		}
		if n == 10 {
			close(began)
		}
	}
}

// damage restores hurt copies of a backup: each is refused and leaves the folder as empty as it was.
func damage(t *testing.T, file string) {
	t.Helper()
	whole := []byte(read(t, file))
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 0x10
	for name, raw := range map[string][]byte{"cut": whole[:len(whole)*2/3], "without its end": whole[:len(whole)-4], "one bit flipped": flipped, "empty": {}, "something else": []byte("backup")} {
		hurt := filepath.Join(t.TempDir(), "hurt.tar.gz")
		if err := os.WriteFile(hurt, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		p := place{dir: t.TempDir()}
		t.Log(name)
		refused(t, p, "bad_backup", "restore", hurt)
		if left, err := os.ReadDir(p.dir); err != nil || len(left) > 1 {
			t.Errorf("%s: the folder holds %v (%v) after a refused restore", name, left, err)
		}
	}
}

// TestFolder_inUse: beside a running server the reading commands work and the writing ones are refused.
func TestFolder_inUse(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := placeOf(w)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		s := serve(t, p)
		defer s.kill()
		for _, args := range [][]string{{"serve", "--addr", "127.0.0.1:0"}, {"user", "add", "second", "--name", "第二个"}, {"period", "close", "2020-11"}, {"migrate"}, {"user", "token", "officer"}} {
			refused(t, p, "folder_in_use", args...)
		}
		zhudian(t, p, "figures", "--through", "2020-12-15")
		zhudian(t, p, "backup", filepath.Join(t.TempDir(), "backup.tar.gz"))
		zhudian(t, p, "export", filepath.Join(t.TempDir(), "all.jsonl"))
		zhudian(t, p, "doctor")
		zhudian(t, p, "user", "list")
	})
}

// TestErase_keepsChains erases a person: both chains hold, and neither the database's files nor an export hold what it takes to
// read the person's data.
func TestErase_keepsChains(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := placeOf(w)
		c, err := w.Company.AddContact(w.As("captain"), company.AddContact{
			Company: w.ID["company"], Node: "shenzhen.520602", Basis: "card",
			Person: company.Person{Name: "欧阳试验", Phone: "13800138000", Email: "ouyang@example.com"},
		})
		if err != nil {
			t.Fatal(err)
		}
		type sealed struct {
			Secret string `db:"secret"`
			Sealed string `db:"sealed"`
		}
		var was sealed
		err = w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
			was, err = db.One[sealed](ctx, tx, `SELECT k.secret, c.sealed FROM company_contact c JOIN company_key k ON k.contact_id = c.id WHERE c.id = ?`, c.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Company.Erase(w.As("captain"), company.Erase{ID: c.ID, Reason: "本人要求"}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		zhudian(t, p, "ledger", "verify")
		zhudian(t, p, "audit", "verify")
		file := filepath.Join(t.TempDir(), "all.jsonl")
		zhudian(t, p, "export", file)
		texts := map[string]string{"export": read(t, file)}
		if !db.IsPostgres(p.dsn) {
			for _, end := range []string{"", "-wal"} {
				if raw, err := os.ReadFile(p.dsn + end); err == nil {
					texts["zhudian.db"+end] = string(raw)
				}
			}
		}
		for name, text := range texts {
			for what, secret := range map[string]string{"name": "欧阳试验", "phone": "13800138000", "mail": "ouyang@", "key": was.Secret, "sealed data": was.Sealed} {
				if strings.Contains(text, secret) {
					t.Errorf("%s still holds the %s of an erased person", name, what)
				}
			}
		}
	})
}
