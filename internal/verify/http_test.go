package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
	"zhudian/internal/web"
)

// site is the mounted pages over a small real world: three levels of the province, each a person.
type site struct {
	d     *db.DB
	s     *Service
	mux   *web.Mux
	roles map[string]audit.Actor
	cases map[string]Case // what stands around each subject
}

func actor(person, node string, roles ...auth.Role) audit.Actor {
	return audit.Actor{
		Person: person, Account: person + ".1", Unit: node, Node: node, Chain: "520000", Lang: "zh",
		Can: func(p string) bool { return auth.May(roles, p) },
	}
}

func newSite(t *testing.T, d *db.DB) *site {
	t.Helper()
	if err := d.Write(audit.With(context.Background(), audit.System("520000")), org.Load); err != nil {
		t.Fatal(err)
	}
	files, err := blob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	x := &site{d: d, s: &Service{DB: d, Files: files}, roles: map[string]audit.Actor{
		"county": actor("county", "520602", auth.County), "city": actor("city", "520600", auth.City), "province": actor("province", "520000", auth.Province),
		"neighbour": actor("neighbour", "520603", auth.County), "branch": actor("branch", "520600", auth.Branch),
		"service": actor("service", "520000", auth.ServiceDesk), "sysadmin": actor("sysadmin", "520000", auth.SysAdmin),
	}}
	x.cases = map[string]Case{}
	for _, kind := range []string{"contract", "visit"} {
		x.s.Register(kind, Kind{Cases: func(_ context.Context, _ *db.Tx, list []Claim, into map[string]*Case) error {
			for _, c := range list {
				*into[c.ID] = x.cases[c.Subject]
			}
			return nil
		}})
	}
	who := func(r *http.Request) (audit.Actor, bool) {
		name := r.Header.Get("X-As")
		if c, err := r.Cookie("as"); err == nil {
			name = c.Value
		}
		a, ok := x.roles[name]
		return a, ok
	}
	x.mux = web.New(web.Options{
		Guard: func(r *http.Request, perm string) (*http.Request, error) {
			a, ok := who(r)
			if !ok {
				_, err := audit.Require(r.Context(), perm)
				return r, err
			}
			r = r.WithContext(audit.With(r.Context(), a))
			if perm == web.AnyPerson {
				return r, nil
			}
			_, err := audit.Require(r.Context(), perm)
			return r, err
		},
		Shell: func(r *http.Request) web.Shell {
			a, _ := who(r)
			return web.Shell{Person: &web.Person{Name: a.Person}, Lang: "zh", Can: a.May, Now: time.Now(), AsOf: web.AsOf{Date: db.Today(time.Now()), Book: "filed"}}
		},
	})
	(&ledger.Service{DB: d, Claims: x.s}).Mount(x.mux)
	x.s.Mount(x.mux)
	return x
}

// manyTimes is a contract of a hundred times the investor's capital.
var manyTimes = Case{Contract: &ContractCase{Amount: 12_000_000_000, Capital: 120_000_000}}

// file files one contract of the county, with a PNG as evidence and what a rule noticed.
func (x *site) file(t *testing.T, n string, fen int64, c Case) Claim {
	t.Helper()
	var pic bytes.Buffer
	if err := png.Encode(&pic, image.NewGray(image.Rect(0, 0, 2, len(x.cases)+1))); err != nil {
		t.Fatal(err)
	}
	m, err := x.s.Files.Put(t.Context(), &pic, "签章页.png")
	if err != nil {
		t.Fatal(err)
	}
	f := Filing{
		Kind: "contract", Subject: "contract/" + n, Title: "项目" + n, Route: ProjectRoute, Node: "520602", Unit: "520602", City: "520600",
		Content:  map[string]any{"amount": fen, "signed_on": "2020-12-01", "unit": "520602", "nature": "introduced"},
		Facts:    []ledger.Fact{{Measure: "contract.amount", Delta: fen, OccurredOn: "2020-12-01", Dims: ledger.Dims{Province: "520000", City: "520600", County: "520602", Unit: "520602"}}},
		Evidence: []Evidence{{Blob: m.Digest, Name: m.Name, Type: m.Type.MIME(), Size: m.Size}},
	}
	x.cases[f.Subject] = c
	defer x.look(t)
	return file(t, x.d, audit.With(t.Context(), x.roles["county"]), f)
}

// look has the rules see what was filed.
func (x *site) look(t *testing.T) {
	t.Helper()
	for n := 1; n > 0; {
		var err error
		if n, err = x.s.LookOver(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (x *site) do(t *testing.T, as, method, path string, body io.Reader, kind string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, body)
	r.Header.Set("X-As", as)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w := httptest.NewRecorder()
	x.mux.ServeHTTP(w, r)
	return w
}

func (x *site) get(t *testing.T, as, path string) *httptest.ResponseRecorder {
	t.Helper()
	return x.do(t, as, "GET", path, nil, "")
}

func (x *site) form(t *testing.T, as, path string, v url.Values) *httptest.ResponseRecorder {
	t.Helper()
	return x.do(t, as, "POST", path, strings.NewReader(v.Encode()), "application/x-www-form-urlencoded")
}

func (x *site) hash(t *testing.T, claim string) string {
	t.Helper()
	w := x.get(t, "city", "/api/v1/claims/"+claim)
	var d Dossier
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != 200 {
		t.Fatalf("dossier %d %v %s", w.Code, err, w.Body)
	}
	return d.Round.ContentHash
}

func status(t *testing.T, w *httptest.ResponseRecorder, code int, holds ...string) {
	t.Helper()
	if w.Code != code {
		t.Fatalf("status %d, want %d: %s", w.Code, code, w.Body)
	}
	for _, s := range holds {
		if !strings.Contains(w.Body.String(), s) {
			t.Errorf("no %q in %s", s, w.Body)
		}
	}
}

// TestPages_verdictGoesToTheNext: a flagged claim cannot be approved before its findings are read; a reason is needed
// to send back; a verdict leads to the next claim of the same queue and moves the books.
func TestPages_verdictGoesToTheNext(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newSite(t, d)
		one, two := x.file(t, "1", 12_000_000_000, manyTimes), x.file(t, "2", 300, Case{})
		hash := x.hash(t, one.ID)
		w := x.get(t, "city", "/verify?big=true")
		status(t, w, 200, "项目1", "注册资本远小于合同额", "12,000.00", "提示已看", "disabled")
		if strings.Contains(w.Body.String(), "项目2") {
			t.Error("300 fen count as more than 100 million yuan")
		}
		verdict := url.Values{"claim": {one.ID}, "hash": {hash}, "verdict": {"approve"}}
		status(t, x.form(t, "city", "/verify/decide", verdict), 409, "规则提示还没有看")
		status(t, x.form(t, "city", "/verify/decide", url.Values{"claim": {two.ID}, "hash": {x.hash(t, two.ID)}, "verdict": {"return"}}), 422, "理由")
		w = x.form(t, "city", "/verify/decide?read="+hash[:16], verdict)
		status(t, w, 303)
		if to := w.Header().Get("Location"); to != "/verify?claim="+two.ID {
			t.Errorf("goes to %s", to)
		}
		status(t, x.get(t, "city", "/verify?state=all&claim="+one.ID), 200, web.Text("zh", "verify.why.not_your_level"))
		want(t, d, "after one verdict", "12000000300 12000000000 0")
		status(t, x.get(t, "neighbour", "/verify?claim="+one.ID), 404)
		status(t, x.get(t, "service", "/verify"), 403)
		status(t, x.get(t, "city", "/verify?nonsense=1"), 400)
	})
}

// TestEvidence: files come back as they were stored, inside scope alone, and nothing in them can run.
func TestEvidence(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newSite(t, d)
		c := x.file(t, "1", 500, Case{})
		w := x.get(t, "city", "/api/v1/claims/"+c.ID)
		var dos Dossier
		if err := json.Unmarshal(w.Body.Bytes(), &dos); err != nil || len(dos.Evidence) != 1 {
			t.Fatalf("%v %s", err, w.Body)
		}
		path := "/evidence/" + dos.Evidence[0].ID
		w = x.get(t, "city", path)
		status(t, w, 200)
		h := w.Header()
		if h.Get("Content-Type") != "image/png" || !strings.HasPrefix(h.Get("Content-Disposition"), "inline") || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'self'") {
			t.Errorf("headers %v", h)
		}
		status(t, x.get(t, "neighbour", path), 404)
		status(t, x.get(t, "service", path), 403)
		status(t, x.get(t, "county", "/verify/of?claim="+c.ID+"&round=1"), 200, "签章页.png", "项目1", path)

		var body bytes.Buffer
		mw := multipart.NewWriter(&body)
		part, _ := mw.CreateFormFile("file", "../../x.png")
		_ = png.Encode(part, image.NewGray(image.Rect(0, 0, 3, 3)))
		_ = mw.Close()
		status(t, x.do(t, "county", "POST", "/api/v1/evidence", &body, mw.FormDataContentType()), 201, `"name":"x.png"`, `"type":"image/png"`)
		body.Reset()
		mw = multipart.NewWriter(&body)
		part, _ = mw.CreateFormFile("file", "x.png")
		_, _ = part.Write([]byte("<script>"))
		_ = mw.Close()
		status(t, x.do(t, "county", "POST", "/api/v1/evidence", &body, mw.FormDataContentType()), 422, "file")
	})
}

// TestPages_batch: the visits of a team and day pass together; one that a rule noticed never in a batch.
func TestPages_batch(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newSite(t, d)
		var pairs []string
		for _, n := range []string{"1", "2", "3"} {
			f := Filing{
				Kind: "visit", Subject: "visit/" + n, Title: "企业" + n, Route: FieldRoute, Node: "520602", Unit: "520602", City: "520600", Content: map[string]any{"intent": n},
				Facts: []ledger.Fact{{Measure: "visit.enterprise", Delta: 1, OccurredOn: "2020-12-01", Dims: ledger.Dims{Province: "520000", City: "520600", County: "520602", Unit: "520602"}}},
			}
			if n == "3" {
				x.cases[f.Subject] = Case{Visit: &VisitCase{Day: "2020-12-01", SameDay: 20}}
			}
			c := file(t, d, audit.With(t.Context(), x.roles["county"]), f)
			pairs = append(pairs, c.ID+"."+x.hash(t, c.ID))
		}
		x.look(t)
		w := x.get(t, "branch", "/verify")
		status(t, w, 200, "企业1", "企业2", "企业3", "<b title=\"碧江区 · 2020-12-01\">")
		if n := strings.Count(w.Body.String(), `name="ids"`); n != 2 {
			t.Errorf("%d boxes, want the two without findings", n)
		}
		status(t, x.form(t, "branch", "/verify/batch", url.Values{"ids": pairs}), 409)
		status(t, x.form(t, "branch", "/verify/batch", url.Values{"ids": pairs[:2]}), 303)
		status(t, x.get(t, "branch", "/api/v1/claims"), 200, "企业3")
		status(t, x.get(t, "county", "/api/v1/figures?measure=visit.enterprise&book=reviewed"), 200, `"value":2`)
		stale := strings.Split(pairs[2], ".")[0] + "." + strings.Repeat("0", 64)
		status(t, x.form(t, "branch", "/verify/batch", url.Values{"ids": {stale}}), 409)
	})
}

// TestWorkbench: everyone has one; administrators see duties and no figures.
func TestWorkbench(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newSite(t, d)
		x.file(t, "1", 500_000_000, Case{})
		status(t, x.get(t, "city", "/"), 200, "待我核实", "项目1", "500.00", "合同投资额")
		status(t, x.get(t, "county", "/?tab=mine"), 200, "项目1")
		w := x.get(t, "sysadmin", "/")
		status(t, w, 200, "您的职责")
		if slices.ContainsFunc([]string{"合同投资额", "项目1", "500.00"}, func(s string) bool { return strings.Contains(w.Body.String(), s) }) {
			t.Error("an administrator sees business data")
		}
		status(t, x.get(t, "nobody", "/"), 303)
	})
}
